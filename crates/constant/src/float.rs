//! Binary floating-point numbers with a mantissa of 512 bits, rounded to nearest even.
//!
//! They behave as Go's `big.Float` with precision 512: the exponent is limited to 32 bits, an overflow is an infinity
//! (here: `None`) and an underflow is zero. There is no negative zero, because constants have none.
//!
//! **Invariants** of [`Float`]: (1) the mantissa is odd or zero; (2) zero has exponent 0 and is not negative;
//! (3) the mantissa has at most [`PRECISION`] bits, except in the intermediate values of literal parsing.
//!
//! **Rejected**: `dashu-float`. Its exponents are not limited as Go's are and its precision travels with every value;
//! the four operations on top of big integers are shorter than the adapters would be.

use std::cmp::Ordering;

use dashu_base::{BitTest, DivRem};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// The number of bits of a mantissa.
pub(crate) const PRECISION: usize = 512;

/// The exponents of numbers written as `0.1xxx * 2**exponent` lie between these.
const MIN_EXPONENT: i64 = i32::MIN as i64;
const MAX_EXPONENT: i64 = i32::MAX as i64;

/// The number `±mantissa * 2**exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Float {
    negative: bool,
    mantissa: UBig,
    exponent: i64,
}

/// How to drop bits that do not fit.
#[derive(Clone, Copy)]
pub(crate) enum Rounding {
    NearestEven,
    ToZero,
    AwayFromZero,
}

impl Float {
    pub(crate) const ZERO: Float = Float { negative: false, mantissa: UBig::ZERO, exponent: 0 };

    /// `±mantissa * 2**exponent`, rounded to [`PRECISION`] bits. `sticky` says that the true magnitude is a little
    /// larger than the mantissa shows; then the mantissa must have more bits than the precision.
    pub(crate) fn rounded(negative: bool, mantissa: UBig, exponent: i64, sticky: bool) -> Option<Float> {
        Float::rounded_to(PRECISION, Rounding::NearestEven, negative, mantissa, exponent, sticky)
    }

    /// As [`Float::rounded`], for another precision.
    pub(crate) fn rounded_to(
        precision: usize,
        rounding: Rounding,
        negative: bool,
        mantissa: UBig,
        exponent: i64,
        sticky: bool,
    ) -> Option<Float> {
        debug_assert!(!sticky || mantissa.bit_len() > precision, "nothing to round");
        let drop = mantissa.bit_len().saturating_sub(precision);
        let kept = drop_bits(mantissa, drop, sticky, rounding);
        Float::normalized(negative, kept, exponent.saturating_add(drop as i64))
    }

    /// Makes the mantissa odd and applies the limits of the exponent.
    fn normalized(negative: bool, mantissa: UBig, exponent: i64) -> Option<Float> {
        let Some(zeros) = mantissa.trailing_zeros() else { return Some(Float::ZERO) };
        let top = exponent.saturating_add(mantissa.bit_len() as i64);
        if top > MAX_EXPONENT {
            return None;
        }
        if top < MIN_EXPONENT {
            return Some(Float::ZERO);
        }
        Some(Float { negative, mantissa: mantissa >> zeros, exponent: exponent + zeros as i64 })
    }

    pub(crate) fn from_int(x: IBig) -> Option<Float> {
        let (sign, magnitude) = x.into_parts();
        Float::rounded(sign == dashu_base::Sign::Negative, magnitude, 0, false)
    }

    pub(crate) fn from_ratio(x: &RBig) -> Option<Float> {
        let (sign, numerator) = x.numerator().clone().into_parts();
        let negative = sign == dashu_base::Sign::Negative;
        let (quotient, exponent, sticky) = divide(numerator, x.denominator(), PRECISION + 2);
        Float::rounded(negative, quotient, exponent, sticky)
    }

    /// The exact value as a fraction; only for small exponents (see [`Float::has_small_exponent`]).
    pub(crate) fn to_ratio(&self) -> RBig {
        let scale = UBig::ONE << self.exponent.unsigned_abs() as usize;
        if self.exponent >= 0 {
            RBig::from(self.signed(self.mantissa.clone() * scale))
        } else {
            RBig::from_parts(self.signed(self.mantissa.clone()), scale)
        }
    }

    /// The integer that this number is, if it is one; only for small exponents.
    pub(crate) fn to_int(&self) -> Option<IBig> {
        // By (1) a negative exponent means a fraction.
        (self.exponent >= 0).then(|| self.signed(self.mantissa.clone() << self.exponent as usize))
    }

    fn signed(&self, magnitude: UBig) -> IBig {
        if self.negative { -IBig::from(magnitude) } else { IBig::from(magnitude) }
    }

    /// Whether a fraction for this number would have a reasonable size.
    pub(crate) fn has_small_exponent(&self, limit: i64) -> bool {
        self.top_exponent().abs() < limit
    }

    /// The exponent of the number when written with a mantissa in `[0.5, 1)`.
    pub(crate) fn top_exponent(&self) -> i64 {
        if self.is_zero() { 0 } else { self.exponent + self.mantissa.bit_len() as i64 }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(crate) fn mantissa(&self) -> &UBig {
        &self.mantissa
    }

    pub(crate) fn exponent(&self) -> i64 {
        self.exponent
    }

    /// The same number with fewer bits.
    pub(crate) fn shortened(&self, precision: usize, rounding: Rounding) -> Option<Float> {
        Float::rounded_to(precision, rounding, self.negative, self.mantissa.clone(), self.exponent, false)
    }

    pub(crate) fn neg(&self) -> Float {
        Float { negative: !self.negative && !self.is_zero(), ..self.clone() }
    }

    pub(crate) fn add(&self, y: &Float) -> Option<Float> {
        let (big, small) = if self.top_exponent() >= y.top_exponent() { (self, y) } else { (y, self) };
        if small.is_zero() {
            return Some(big.clone());
        }
        if big.is_zero() {
            return Some(small.clone());
        }
        // Far below the last bit that counts, all that matters of the smaller number is that it is there: a single
        // bit at a safe distance stands for it.
        let far = 2 * PRECISION as i64 + 4;
        let speck =
            Float { negative: small.negative, mantissa: UBig::ONE, exponent: big.top_exponent() - far };
        let small = if small.top_exponent() < speck.exponent { &speck } else { small };
        let exponent = big.exponent.min(small.exponent);
        let align = |f: &Float| f.signed(f.mantissa.clone() << (f.exponent - exponent) as usize);
        let (sign, magnitude) = (align(big) + align(small)).into_parts();
        Float::rounded(sign == dashu_base::Sign::Negative, magnitude, exponent, false)
    }

    pub(crate) fn sub(&self, y: &Float) -> Option<Float> {
        self.add(&y.neg())
    }

    pub(crate) fn mul(&self, y: &Float) -> Option<Float> {
        self.mul_to(PRECISION, y)
    }

    pub(crate) fn mul_to(&self, precision: usize, y: &Float) -> Option<Float> {
        let negative = self.negative != y.negative;
        let mantissa = &self.mantissa * &y.mantissa;
        let exponent = self.exponent + y.exponent;
        Float::rounded_to(precision, Rounding::NearestEven, negative, mantissa, exponent, false)
    }

    /// The quotient; `None` when it overflows or `y` is zero.
    pub(crate) fn quo(&self, y: &Float) -> Option<Float> {
        if y.is_zero() {
            return None;
        }
        let (quotient, exponent, sticky) = divide(self.mantissa.clone(), &y.mantissa, PRECISION + 2);
        Float::rounded(self.negative != y.negative, quotient, exponent + self.exponent - y.exponent, sticky)
    }
}

impl Ord for Float {
    fn cmp(&self, y: &Float) -> Ordering {
        let signum = |f: &Float| if f.is_zero() { 0 } else { 1 - 2 * i32::from(f.negative) };
        let by_sign = signum(self).cmp(&signum(y));
        if by_sign.is_ne() || self.is_zero() {
            return by_sign;
        }
        let by_magnitude = self.top_exponent().cmp(&y.top_exponent()).then_with(|| {
            // The same top exponent: the exponents differ by less than the precision.
            let exponent = self.exponent.min(y.exponent);
            let align = |f: &Float| f.mantissa.clone() << (f.exponent - exponent) as usize;
            align(self).cmp(&align(y))
        });
        if self.negative { by_magnitude.reverse() } else { by_magnitude }
    }
}

impl PartialOrd for Float {
    fn partial_cmp(&self, y: &Float) -> Option<Ordering> {
        Some(self.cmp(y))
    }
}

/// Divides with at least `n_bits` bits of quotient: `(quotient, exponent, whether there was a remainder)`.
pub(crate) fn divide(numerator: UBig, denominator: &UBig, n_bits: usize) -> (UBig, i64, bool) {
    let shift = (n_bits + denominator.bit_len()).saturating_sub(numerator.bit_len());
    let (quotient, remainder) = (numerator << shift).div_rem(denominator);
    (quotient, -(shift as i64), !remainder.is_zero())
}

/// Drops the low `n` bits of `mantissa`. `sticky` says that there are more non-zero bits below them.
pub(crate) fn drop_bits(mantissa: UBig, n: usize, sticky: bool, rounding: Rounding) -> UBig {
    if n == 0 {
        return mantissa;
    }
    let lowest = mantissa.trailing_zeros().unwrap_or(usize::MAX);
    let inexact = sticky || lowest < n;
    let half = mantissa.bit(n - 1);
    let above_half = sticky || lowest < n - 1;
    let kept = mantissa >> n;
    let up = match rounding {
        Rounding::ToZero => false,
        Rounding::AwayFromZero => inexact,
        Rounding::NearestEven => half && (above_half || kept.bit(0)),
    };
    if up { kept + UBig::ONE } else { kept }
}
