//! The memory routines that compiled code calls directly, and that Rust calls in the image.

use core::arch::global_asm;

global_asm!(include_str!("x86_64/memops.s"));

#[cfg(rt_image)]
global_asm!(
    ".globl memmove, memcpy, memset, memcmp, bcmp, strlen",
    "memmove:",
    "memcpy:",
    "jmp gh_memmove",
    "memset:",
    "jmp gh_memset",
    "memcmp:",
    "bcmp:",
    "jmp gh_memcmp",
    "strlen:",
    "xor eax, eax",
    "2: cmp byte ptr [rdi + rax], 0",
    "je 3f",
    "inc rax",
    "jmp 2b",
    "3: ret",
);

unsafe extern "C" {
    /// Copies `n` bytes between ranges that may overlap; each aligned word is stored once.
    pub fn gh_memmove(dst: *mut u8, src: *const u8, n: usize) -> *mut u8;
    /// Zeroes `n` bytes.
    pub fn gh_memclr(dst: *mut u8, n: usize);
    /// 1 when the ranges are equal.
    pub fn gh_memequal(p: *const u8, q: *const u8, n: usize) -> usize;
    /// -1, 0 or 1.
    pub fn gh_cmpstring(p: *const u8, p_len: usize, q: *const u8, q_len: usize) -> isize;
    /// Index of the first `c`, or -1.
    pub fn gh_index_byte(p: *const u8, n: usize, c: usize) -> isize;
    /// How many bytes are `c`.
    pub fn gh_count_byte(p: *const u8, n: usize, c: usize) -> usize;
    /// Index of the `m` bytes at `q`, at least 2, or -1.
    pub fn gh_index(p: *const u8, n: usize, q: *const u8, m: usize) -> isize;
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::{vec, vec::Vec};

    fn pattern(n: usize) -> Vec<u8> {
        (0..n).map(|idx| (idx * 7 + idx / 251) as u8).collect()
    }

    const SIZES: [usize; 24] =
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 1000, 5000];

    #[test]
    fn memmove_agrees_with_copy_within() {
        for n in SIZES {
            for (from, to) in [(0, 0), (0, 1), (1, 0), (0, 8), (8, 0), (3, 64), (64, 3), (0, 6000), (6000, 0)]
            {
                let mut expected = pattern(n + 6100);
                let mut actual = expected.clone();
                expected.copy_within(from..from + n, to);
                let base = actual.as_mut_ptr();
                // SAFETY: both ranges are inside the vector.
                unsafe { gh_memmove(base.add(to), base.add(from), n) };
                assert!(expected == actual, "{n} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn memclr_zeroes_the_range_only() {
        for n in SIZES {
            let mut bytes = vec![0xaa; n + 32];
            // SAFETY: inside the vector.
            unsafe { gh_memclr(bytes.as_mut_ptr().add(16), n) };
            assert!(bytes[..16].iter().chain(&bytes[16 + n..]).all(|&byte| byte == 0xaa), "{n}");
            assert!(bytes[16..16 + n].iter().all(|&byte| byte == 0), "{n}");
        }
    }

    #[test]
    fn comparisons_find_every_difference() {
        for n in SIZES {
            let p = pattern(n);
            // SAFETY: inside the vectors.
            unsafe {
                assert_eq!(gh_memequal(p.as_ptr(), p.clone().as_ptr(), n), 1);
                assert_eq!(gh_cmpstring(p.as_ptr(), n, p.clone().as_ptr(), n), 0);
            }
            for at in 0..n.min(300) {
                let mut q = p.clone();
                q[at] = q[at].wrapping_add(1);
                let order = p.cmp(&q) as isize;
                // SAFETY: inside the vectors.
                unsafe {
                    assert_eq!(gh_memequal(p.as_ptr(), q.as_ptr(), n), 0, "{n} at {at}");
                    assert_eq!(gh_cmpstring(p.as_ptr(), n, q.as_ptr(), n), order, "{n} at {at}");
                }
            }
        }
        // SAFETY: literals.
        unsafe {
            assert_eq!(gh_cmpstring(b"abc".as_ptr(), 3, b"ab".as_ptr(), 2), 1);
            assert_eq!(gh_cmpstring(b"ab".as_ptr(), 2, b"abc".as_ptr(), 3), -1);
            assert_eq!(gh_cmpstring(b"".as_ptr(), 0, b"".as_ptr(), 0), 0);
        }
    }

    #[test]
    fn bytes_are_found_and_counted() {
        for n in SIZES {
            let mut bytes = vec![1u8; n];
            // SAFETY: inside the vector.
            unsafe {
                assert_eq!(gh_index_byte(bytes.as_ptr(), n, 9), -1);
                assert_eq!(gh_count_byte(bytes.as_ptr(), n, 9), 0);
            }
            for at in (0..n).rev().step_by(3) {
                bytes[at] = 9;
                let count = bytes.iter().filter(|&&byte| byte == 9).count();
                // SAFETY: inside the vector.
                unsafe {
                    assert_eq!(gh_index_byte(bytes.as_ptr(), n, 9), at as isize);
                    assert_eq!(gh_count_byte(bytes.as_ptr(), n, 9), count);
                }
            }
        }
    }

    #[test]
    fn texts_are_found_at_every_place() {
        let mut seed = 1u32;
        let mut next = |n: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % n
        };
        for _ in 0..20_000 {
            let n = next(100);
            let text: Vec<u8> = (0..n).map(|_| b'a' + next(2) as u8).collect();
            let max = if next(2) == 0 { 6 } else { 40 };
            let m = 2 + next(max);
            let needle: Vec<u8> = match n.checked_sub(m) {
                Some(last) if next(3) != 0 => {
                    let at = next(last + 1);
                    text[at..at + m].to_vec()
                }
                _ => (0..m).map(|_| b'a' + next(2) as u8).collect(),
            };
            let expected = text.windows(m).position(|window| window == needle).map_or(-1, |at| at as isize);
            // SAFETY: inside the vectors.
            let found = unsafe { gh_index(text.as_ptr(), n, needle.as_ptr(), m) };
            assert_eq!(found, expected, "{needle:?} in {text:?}");
        }
    }
}
