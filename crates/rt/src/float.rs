//! Floating-point operations that not every processor has.

use core::sync::atomic::{AtomicU32, Ordering};

const SIGN: u64 = 1 << 63;
const FRACTION_BITS: u32 = 52;
const BIAS: i32 = 1023;

/// `x * y + z`, rounded once.
pub(crate) extern "C" fn fma(x: f64, y: f64, z: f64) -> f64 {
    if has_fma() {
        // SAFETY: the processor has the instruction.
        unsafe { fma_instruction(x, y, z) }
    } else {
        fma_software(x, y, z)
    }
}

/// Whether the processor has FMA3, asked once. Owned by this module: 0 unknown, 1 no, 2 yes.
fn has_fma() -> bool {
    static KNOWN: AtomicU32 = AtomicU32::new(0);
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            let has = core::arch::x86_64::__cpuid(1).ecx & 1 << 12 != 0;
            KNOWN.store(1 + u32::from(has), Ordering::Relaxed);
            has
        }
        known => known == 2,
    }
}

#[target_feature(enable = "fma")]
fn fma_instruction(x: f64, y: f64, z: f64) -> f64 {
    use core::arch::x86_64::{_mm_cvtsd_f64, _mm_fmadd_sd, _mm_set_sd};
    _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(x), _mm_set_sd(y), _mm_set_sd(z)))
}

/// A finite non-zero number as `mantissa * 2^exponent`, the mantissa having its top bit at 52.
fn split(value: f64) -> (i32, u64) {
    let bits = value.to_bits() & !SIGN;
    let biased = (bits >> FRACTION_BITS) as i32;
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    if biased != 0 {
        return (biased - BIAS - FRACTION_BITS as i32, fraction | 1 << FRACTION_BITS);
    }
    let shift = fraction.leading_zeros() - (63 - FRACTION_BITS);
    (1 - BIAS - FRACTION_BITS as i32 - shift as i32, fraction << shift)
}

/// Shifts right, keeping in the last bit whether anything was lost.
fn shift_sticky(value: u128, n: u32) -> u128 {
    match n {
        0 => value,
        1..128 => value >> n | u128::from(value << (128 - n) != 0),
        _ => u128::from(value != 0),
    }
}

fn fma_software(x: f64, y: f64, z: f64) -> f64 {
    if x == 0.0 || y == 0.0 || z == 0.0 || !x.is_finite() || !y.is_finite() || !z.is_finite() {
        // With a zero or a special value, one of the two steps is exact.
        return if z == 0.0 && x.is_finite() && y.is_finite() && x != 0.0 && y != 0.0 {
            x * y
        } else {
            x * y + z
        };
    }
    let ((x_exp, x_man), (y_exp, y_man), (z_exp, z_man)) = (split(x), split(y), split(z));
    let product_sign = (x.to_bits() ^ y.to_bits()) & SIGN;
    let z_sign = z.to_bits() & SIGN;
    // Both with 20 bits to spare above and the top bit near 106, so that the sum is exact but for a sticky bit.
    let (mut product, product_exp) = (u128::from(x_man) * u128::from(y_man), x_exp + y_exp);
    let (mut addend, addend_exp) = (u128::from(z_man) << FRACTION_BITS, z_exp - FRACTION_BITS as i32);
    product <<= 20;
    addend <<= 20;
    let exp = product_exp.max(addend_exp);
    product = shift_sticky(product, (exp - product_exp) as u32);
    addend = shift_sticky(addend, (exp - addend_exp) as u32);
    let (sign, sum) = match () {
        () if product_sign == z_sign => (product_sign, product + addend),
        () if product >= addend => (product_sign, product - addend),
        () => (z_sign, addend - product),
    };
    if sum == 0 {
        return if product_sign == z_sign { f64::from_bits(product_sign) } else { 0.0 };
    }
    round(sign, exp - 20, sum)
}

/// `mantissa * 2^exp` with the last bit sticky, rounded to nearest even.
fn round(sign: u64, exp: i32, mantissa: u128) -> f64 {
    let top = 127 - mantissa.leading_zeros() as i32;
    // The exponent of the last bit of the result; subnormals stop at the smallest.
    let last = (top - FRACTION_BITS as i32).max(1 - BIAS - FRACTION_BITS as i32 - exp);
    if last <= 0 {
        return assemble(sign, exp + last, (mantissa << -last) as u64);
    }
    if last > 127 {
        return f64::from_bits(sign);
    }
    let quotient = (mantissa >> last) as u64;
    let half = 1u128 << (last - 1);
    let rest = mantissa & (2 * half - 1);
    let is_up = rest > half || (rest == half && quotient & 1 == 1);
    assemble(sign, exp + last, quotient + u64::from(is_up))
}

/// `mantissa * 2^exp`, where the mantissa fits 53 bits (or is 2^53 after rounding).
fn assemble(sign: u64, exp: i32, mantissa: u64) -> f64 {
    let (mantissa, exp) =
        if mantissa >> (FRACTION_BITS + 1) != 0 { (mantissa >> 1, exp + 1) } else { (mantissa, exp) };
    let biased = exp + BIAS + FRACTION_BITS as i32;
    if mantissa >> FRACTION_BITS == 0 {
        return f64::from_bits(sign | mantissa);
    }
    if biased > 2 * BIAS {
        return f64::from_bits(sign | f64::INFINITY.to_bits());
    }
    f64::from_bits(sign | (biased as u64) << FRACTION_BITS | mantissa & ((1 << FRACTION_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::Rng;

    #[test]
    fn software_agrees_with_the_instruction() {
        if !has_fma() {
            return;
        }
        let mut rng = Rng::new(11);
        for round in 0..200_000 {
            let mut number = || {
                let bits = rng.next();
                // Every other round keeps exponents close, where cancellation happens.
                if round % 2 == 0 {
                    f64::from_bits(bits)
                } else {
                    f64::from_bits(bits & !(0x7f0 << 52) | 0x3f0 << 52)
                }
            };
            let (x, y, z) = (number(), number(), number());
            // SAFETY: the processor has the instruction.
            let expected = unsafe { fma_instruction(x, y, z) };
            let actual = fma_software(x, y, z);
            let is_same = expected.to_bits() == actual.to_bits() || (expected.is_nan() && actual.is_nan());
            assert!(is_same, "{x:e} * {y:e} + {z:e}: {expected:e}, not {actual:e}");
        }
    }
}
