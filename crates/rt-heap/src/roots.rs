//! How the heap sees the program: where its pointers are.

use crate::mem::{self, WORD};

/// The program's roots: everything outside of the heap that can point into it.
///
/// The roots are divided into *jobs*, which several threads may run at the same time, each job once per cycle. While a
/// job looks at a goroutine's stack, that goroutine must not run; how it is stopped is the implementor's business.
pub trait Roots: Sync {
    /// The number of jobs of the cycle that begins. Called while the world is stopped.
    fn n_jobs(&self) -> usize;

    /// The size of what the jobs will look at, in bytes, for the pacing.
    fn n_bytes(&self) -> usize;

    /// Shows everything that belongs to job `job` to `scan`.
    fn scan(&self, job: usize, scan: &mut dyn Scan);

    /// Shows job `job` again, at the end of the cycle, to the second marker (a debug mode). The world is stopped.
    fn scan_again(&self, job: usize, scan: &mut dyn Scan) {
        self.scan(job, scan);
    }
}

/// Looks at words that may be pointers. Any number may be shown: what is not the address of an object is ignored.
pub trait Scan {
    /// Looks at one word.
    fn word(&mut self, word: usize);

    /// Looks at everything that the object at `addr` points to, but not at the object itself.
    fn inside(&mut self, addr: usize);

    /// Looks at `n_words` words of memory from `start`: a native stack, or globals without a mask.
    ///
    /// # Safety
    /// - The words are readable.
    unsafe fn range(&mut self, start: usize, n_words: usize) {
        for addr in (start..start + n_words * WORD).step_by(WORD) {
            // SAFETY: inside the range.
            self.word(unsafe { mem::load(addr) });
        }
    }

    /// Looks at those of `n_words` words from `start` whose bit in `mask` is set.
    ///
    /// # Safety
    /// - The words are readable; `mask` points to `n_words` bits.
    unsafe fn masked(&mut self, start: usize, n_words: usize, mask: *const u8) {
        for byte_idx in 0..n_words.div_ceil(8) {
            // SAFETY: inside the mask.
            let mut byte = unsafe { *mask.add(byte_idx) };
            while byte != 0 {
                let idx = byte_idx * 8 + byte.trailing_zeros() as usize;
                if idx < n_words {
                    // SAFETY: inside the range.
                    self.word(unsafe { mem::load(start + idx * WORD) });
                }
                byte &= byte - 1;
            }
        }
    }
}
