//! Sleeping on a word until somebody wakes it.

use crate::{
    clock::Timespec,
    sys::{Errno, call, nr},
};
use core::{ptr, sync::atomic::AtomicU32};

const WAIT_PRIVATE: usize = 128;
const WAKE_PRIVATE: usize = 129;

/// Why a wait ended.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Woken, interrupted, or the word had changed already: look again.
    LookAgain,
    /// The time is over.
    TimedOut,
}

/// Sleeps while `*word == expected`, at most `timeout_ns` when that is not negative.
pub fn wait(word: &AtomicU32, expected: u32, timeout_ns: i64) -> Woken {
    let timeout = Timespec::from_nanos(timeout_ns.max(0));
    let timeout_ptr = if timeout_ns < 0 { ptr::null() } else { &raw const timeout };
    // SAFETY: both pointers are valid for the duration of the call.
    let result = unsafe {
        call(nr::FUTEX, [word.as_ptr() as usize, WAIT_PRIVATE, expected as usize, timeout_ptr as usize])
    };
    if result == Err(Errno::ETIMEDOUT) { Woken::TimedOut } else { Woken::LookAgain }
}

/// Wakes up to `n` sleepers.
pub fn wake(word: &AtomicU32, n: u32) {
    // SAFETY: the kernel only uses the address as a key.
    let _ = unsafe { call(nr::FUTEX, [word.as_ptr() as usize, WAKE_PRIVATE, n as usize]) };
}
