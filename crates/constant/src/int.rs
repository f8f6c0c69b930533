//! Integers: a machine word while they fit, a shared big integer beyond.
//!
//! **Invariant**: a `Big` never holds a number that fits `i64`, so that equality of numbers is equality of variants.

use std::{cmp::Ordering, sync::Arc};

use dashu_base::Sign;
use dashu_int::{IBig, UBig};

/// An integer of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Int {
    Small(i64),
    Big(Arc<IBig>),
}

impl Int {
    /// Wraps `x` in its canonical form.
    pub(crate) fn new(x: IBig) -> Int {
        match i64::try_from(&x) {
            Ok(small) => Int::Small(small),
            Err(_) => Int::Big(Arc::new(x)),
        }
    }

    /// The number as a big integer.
    pub(crate) fn to_big(&self) -> IBig {
        match self {
            Int::Small(x) => IBig::from(*x),
            Int::Big(x) => IBig::clone(x),
        }
    }

    /// Whether the number is negative, and its absolute value.
    pub(crate) fn to_parts(&self) -> (bool, UBig) {
        let (sign, magnitude) = self.to_big().into_parts();
        (sign == Sign::Negative, magnitude)
    }

    /// The number of bits of the absolute value.
    pub(crate) fn bit_len(&self) -> usize {
        match self {
            Int::Small(x) => (u64::BITS - x.unsigned_abs().leading_zeros()) as usize,
            Int::Big(x) => {
                let (_, words) = x.as_sign_words();
                let top = words.last().map_or(0, |w| w.leading_zeros() as usize);
                words.len() * size_of_val(&words[0]) * 8 - top
            }
        }
    }

    /// -1, 0 or 1.
    pub(crate) fn signum(&self) -> i32 {
        match self {
            Int::Small(x) => x.signum() as i32,
            Int::Big(x) if x.sign() == Sign::Negative => -1,
            Int::Big(_) => 1,
        }
    }

    pub(crate) fn to_u64(&self) -> Option<u64> {
        match self {
            Int::Small(x) => u64::try_from(*x).ok(),
            Int::Big(x) => u64::try_from(&**x).ok(),
        }
    }

    pub(crate) fn neg(&self) -> Int {
        match self {
            Int::Small(x) if *x != i64::MIN => Int::Small(-x),
            _ => Int::new(-self.to_big()),
        }
    }

    /// The bitwise complement; of the low `n_bits` only when `n_bits` is given, as for an unsigned type of that size.
    pub(crate) fn not(&self, n_bits: Option<u32>) -> Int {
        let complement = match self {
            Int::Small(x) => IBig::from(!x),
            Int::Big(x) => !IBig::clone(x),
        };
        match n_bits {
            None => Int::new(complement),
            Some(n) => Int::new(complement & ((IBig::ONE << n as usize) - IBig::ONE)),
        }
    }

    pub(crate) fn shl(&self, amount: usize) -> Int {
        match self {
            Int::Small(0) => Int::Small(0),
            _ => Int::new(self.to_big() << amount),
        }
    }

    /// Shifts right, rounding towards negative infinity.
    pub(crate) fn shr(&self, amount: usize) -> Int {
        match self {
            Int::Small(x) => Int::Small(x >> amount.min(63)),
            Int::Big(x) => Int::new(IBig::clone(x) >> amount),
        }
    }

    pub(crate) fn add(&self, y: &Int) -> Int {
        self.arithmetic(y, i64::checked_add, |a, b| a + b)
    }

    pub(crate) fn sub(&self, y: &Int) -> Int {
        self.arithmetic(y, i64::checked_sub, |a, b| a - b)
    }

    pub(crate) fn mul(&self, y: &Int) -> Int {
        self.arithmetic(y, i64::checked_mul, |a, b| a * b)
    }

    /// The quotient rounded towards zero; `None` when `y` is zero.
    ///
    /// The smallest `i64` divided by -1 wraps, because gc's constants do: two words are divided as words.
    pub(crate) fn quo(&self, y: &Int) -> Option<Int> {
        (y.signum() != 0).then(|| self.arithmetic(y, |a, b| Some(a.wrapping_div(b)), |a, b| a / b))
    }

    /// The remainder with the sign of `self`; `None` when `y` is zero.
    pub(crate) fn rem(&self, y: &Int) -> Option<Int> {
        (y.signum() != 0).then(|| self.arithmetic(y, |a, b| Some(a.wrapping_rem(b)), |a, b| a % b))
    }

    pub(crate) fn and(&self, y: &Int) -> Int {
        self.arithmetic(y, |a, b| Some(a & b), |a, b| a & b)
    }

    pub(crate) fn or(&self, y: &Int) -> Int {
        self.arithmetic(y, |a, b| Some(a | b), |a, b| a | b)
    }

    pub(crate) fn xor(&self, y: &Int) -> Int {
        self.arithmetic(y, |a, b| Some(a ^ b), |a, b| a ^ b)
    }

    pub(crate) fn and_not(&self, y: &Int) -> Int {
        self.arithmetic(y, |a, b| Some(a & !b), |a, b| a & !b)
    }

    fn arithmetic(
        &self,
        y: &Int,
        small: impl Fn(i64, i64) -> Option<i64>,
        big: impl Fn(IBig, IBig) -> IBig,
    ) -> Int {
        if let (Int::Small(a), Int::Small(b)) = (self, y)
            && let Some(c) = small(*a, *b)
        {
            return Int::Small(c);
        }
        Int::new(big(self.to_big(), y.to_big()))
    }
}

impl Ord for Int {
    fn cmp(&self, y: &Int) -> Ordering {
        match (self, y) {
            (Int::Small(a), Int::Small(b)) => a.cmp(b),
            (Int::Big(a), Int::Big(b)) => a.cmp(b),
            // By the invariant a big number lies outside the range of the small ones, on the side of its sign.
            (Int::Small(_), Int::Big(_)) => 0.cmp(&y.signum()),
            (Int::Big(_), Int::Small(_)) => self.signum().cmp(&0),
        }
    }
}

impl PartialOrd for Int {
    fn partial_cmp(&self, y: &Int) -> Option<Ordering> {
        Some(self.cmp(y))
    }
}
