//! Vectors of 64-bit words, least significant first: the inner loops of `math/big`.

use core::arch::global_asm;

global_asm!(include_str!("x86_64/bignum.s"));

unsafe extern "C" {
    /// `z = x + y`: the carry.
    pub fn gh_add_vv(z: *mut u64, x: *const u64, y: *const u64, n: usize) -> u64;
    /// `z = x - y`: the borrow.
    pub fn gh_sub_vv(z: *mut u64, x: *const u64, y: *const u64, n: usize) -> u64;
    /// `z = x << s` for `n >= 1`, `1 <= s <= 63`: the bits that were shifted out.
    pub fn gh_shl_vu(z: *mut u64, x: *const u64, n: usize, s: usize) -> u64;
    /// `z = x >> s`, as `gh_shl_vu`.
    pub fn gh_shr_vu(z: *mut u64, x: *const u64, n: usize, s: usize) -> u64;
    /// `z = x * m + a`: the carry.
    pub fn gh_mul_add_vww(z: *mut u64, x: *const u64, n: usize, m: u64, a: u64) -> u64;
    /// `z = x + y * m + a`: the carry.
    pub fn gh_add_mul_vvww(z: *mut u64, x: *const u64, y: *const u64, n: usize, m: u64, a: u64) -> u64;
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::{vec, vec::Vec};

    /// Words with many ones and zeros, so that carries run far.
    fn words(n: usize, seed: &mut u64) -> Vec<u64> {
        let mut word = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match *seed >> 62 {
                0 => 0,
                1 => u64::MAX,
                _ => *seed,
            }
        };
        (0..n).map(|_| word()).collect()
    }

    /// Checks a routine against `step`, which maps a pair of words and a carry to a word and a carry.
    fn check(
        run: impl Fn(*mut u64, *const u64, *const u64, usize) -> u64,
        first_carry: u64,
        step: impl Fn(u64, u64, u64) -> (u64, u64),
    ) {
        let mut seed = 7;
        for n in (0..40).chain([100, 1000]) {
            let (x, y) = (words(n, &mut seed), words(n, &mut seed));
            let (mut expected, mut carry) = (Vec::new(), first_carry);
            for (&a, &b) in x.iter().zip(&y) {
                let (word, next) = step(a, b, carry);
                expected.push(word);
                carry = next;
            }
            let mut z = vec![0; n];
            let out = run(z.as_mut_ptr(), x.as_ptr(), y.as_ptr(), n);
            assert_eq!((out, &z), (carry, &expected), "{n} words");
            let mut z = x.clone();
            let in_place = z.as_mut_ptr();
            let out = run(in_place, in_place, y.as_ptr(), n);
            assert_eq!((out, &z), (carry, &expected), "{n} words in place");
        }
    }

    #[test]
    fn sums_and_differences_carry() {
        // SAFETY: all vectors have n words; a word is read before it is written, so two may be the same.
        let add = |z, x, y, n| unsafe { gh_add_vv(z, x, y, n) };
        check(add, 0, |a, b, carry| {
            let sum = u128::from(a) + u128::from(b) + u128::from(carry);
            (sum as u64, (sum >> 64) as u64)
        });
        // SAFETY: as above.
        let sub = |z, x, y, n| unsafe { gh_sub_vv(z, x, y, n) };
        check(sub, 0, |a, b, borrow| {
            let difference = i128::from(a) - i128::from(b) - i128::from(borrow);
            (difference as u64, u64::from(difference < 0))
        });
    }

    #[test]
    fn products_carry() {
        for m in [0, 1, 3, u64::MAX, 0x1234_5678_9abc_def1] {
            for first in [0, 5, u64::MAX] {
                // SAFETY: all vectors have n words; a word is read before it is written, so two may be the same.
                let mul = |z, x, _, n| unsafe { gh_mul_add_vww(z, x, n, m, first) };
                check(mul, first, |a, _, carry| {
                    let sum = u128::from(a) * u128::from(m) + u128::from(carry);
                    (sum as u64, (sum >> 64) as u64)
                });
                // SAFETY: as above.
                let add_mul = |z, x, y, n| unsafe { gh_add_mul_vvww(z, x, y, n, m, first) };
                check(add_mul, first, |a, b, carry| {
                    let sum = u128::from(b) * u128::from(m) + u128::from(a) + u128::from(carry);
                    (sum as u64, (sum >> 64) as u64)
                });
            }
        }
    }

    #[test]
    fn shifts_move_bits_between_words() {
        let mut seed = 3;
        for n in 1..20 {
            for s in [1, 7, 32, 63] {
                let x = words(n, &mut seed);
                let word = |at: usize| x.get(at).copied().unwrap_or(0);
                let left: Vec<u64> =
                    (0..n).map(|at| x[at] << s | if at == 0 { 0 } else { x[at - 1] >> (64 - s) }).collect();
                let right: Vec<u64> = (0..n).map(|at| x[at] >> s | word(at + 1) << (64 - s)).collect();
                let mut z = x.clone();
                // SAFETY: both vectors have n words; the result may be the operand.
                let out = unsafe { gh_shl_vu(z.as_mut_ptr(), z.as_ptr(), n, s) };
                assert_eq!((out, &z), (x[n - 1] >> (64 - s), &left));
                let mut z = x.clone();
                // SAFETY: both vectors have n words; the result may be the operand.
                let out = unsafe { gh_shr_vu(z.as_mut_ptr(), z.as_ptr(), n, s) };
                assert_eq!((out, &z), (x[0] << (64 - s), &right));
            }
        }
    }
}
