//! Rounding to the machine's floating-point formats, to nearest even, subnormal numbers included.

use dashu_base::BitTest;
use dashu_int::UBig;
use dashu_ratio::RBig;

use crate::{
    float::{self, Float, Rounding},
    int::Int,
};

/// A binary interchange format of IEEE 754.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    /// Bits of the significand, the hidden one included.
    precision: usize,
    /// The exponent of the smallest subnormal number.
    min_exponent: i64,
    /// Numbers of `2**max_exponent` and above are infinite.
    max_exponent: i64,
}

pub(crate) const FLOAT32: Format = Format { precision: 24, min_exponent: -149, max_exponent: 128 };
pub(crate) const FLOAT64: Format = Format { precision: 53, min_exponent: -1074, max_exponent: 1024 };

impl Format {
    pub(crate) fn round_int(self, x: &Int) -> f64 {
        let (negative, magnitude) = x.to_parts();
        self.round(negative, magnitude, 0, false)
    }

    pub(crate) fn round_ratio(self, x: &RBig) -> f64 {
        let (sign, numerator) = x.numerator().clone().into_parts();
        let (quotient, exponent, sticky) = float::divide(numerator, x.denominator(), self.precision + 2);
        self.round(sign == dashu_base::Sign::Negative, quotient, exponent, sticky)
    }

    pub(crate) fn round_float(self, x: &Float) -> f64 {
        self.round(x.is_negative(), x.mantissa().clone(), x.exponent(), false)
    }

    /// The nearest number of this format, which every format here lets us hold in an `f64`.
    fn round(self, negative: bool, mantissa: UBig, exponent: i64, sticky: bool) -> f64 {
        let by_precision = mantissa.bit_len() as i64 - self.precision as i64;
        let by_exponent = self.min_exponent.saturating_sub(exponent);
        let n_dropped = by_precision.max(by_exponent).max(0);
        // Everything is below half of the smallest number.
        let magnitude = if n_dropped > mantissa.bit_len() as i64 {
            0.0
        } else {
            let kept = float::drop_bits(mantissa, n_dropped as usize, sticky, Rounding::NearestEven);
            self.assemble(kept, exponent.saturating_add(n_dropped))
        };
        if negative { -magnitude } else { magnitude }
    }

    fn assemble(self, mantissa: UBig, exponent: i64) -> f64 {
        if mantissa.is_zero() {
            return 0.0;
        }
        if exponent.saturating_add(mantissa.bit_len() as i64) > self.max_exponent {
            return f64::INFINITY;
        }
        let mantissa = u64::try_from(&mantissa).expect("a rounded mantissa has at most 53 bits");
        // Two exact steps, because the power alone may be subnormal.
        let half = exponent / 2;
        mantissa as f64 * power_of_two(half) * power_of_two(exponent - half)
    }
}

/// `2**n` for the exponents of normal numbers.
fn power_of_two(n: i64) -> f64 {
    debug_assert!((-1022..=1023).contains(&n));
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// The exact fraction that `x` is; `x` must be finite.
pub(crate) fn ratio_from_f64(x: f64) -> RBig {
    let bits = x.to_bits();
    let biased = (bits >> 52) & 0x7ff;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) =
        if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased as i64 - 1075) };
    Float::rounded(x < 0.0, UBig::from(mantissa), exponent, false).map_or(RBig::ZERO, |f| f.to_ratio())
}
