//! One thread sleeps, another wakes it; a wake before the sleep is not lost (Go's `note`).
//!
//! **Protocol.** The word is `0` (nothing happened) or `1` (unparked). Only the owner clears it.

use core::sync::atomic::{AtomicU32, Ordering};
use rt_sys::{clock, futex};

/// A thread's place to sleep.
#[derive(Debug, Default)]
pub struct Parker {
    word: AtomicU32,
}

/// How a sleep with a limit ended.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unparked {
    /// Somebody called `unpark`.
    Woken,
    /// Time is up.
    TimedOut,
}

impl Parker {
    /// Nothing happened yet.
    pub const fn new() -> Parker {
        Parker { word: AtomicU32::new(0) }
    }

    /// Sleeps until `unpark`, and forgets it.
    pub fn park(&self) {
        // Acquire pairs with the Release in `unpark`.
        while self.word.swap(0, Ordering::Acquire) == 0 {
            let _ = futex::wait(&self.word, 0, -1);
        }
    }

    /// Sleeps at most `nanos`.
    pub fn park_for(&self, nanos: i64) -> Unparked {
        let deadline = clock::monotonic().saturating_add(nanos);
        loop {
            if self.word.swap(0, Ordering::Acquire) == 1 {
                return Unparked::Woken;
            }
            let rest = deadline - clock::monotonic();
            if rest <= 0 {
                return Unparked::TimedOut;
            }
            let _ = futex::wait(&self.word, 0, rest);
        }
    }

    /// Wakes the owner, now or when it goes to sleep.
    pub fn unpark(&self) {
        if self.word.swap(1, Ordering::Release) == 0 {
            futex::wake(&self.word, 1);
        }
    }

    /// Forgets a wake.
    pub fn clear(&self) {
        self.word.store(0, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn a_wake_before_the_sleep_is_not_lost() {
        let parker = Parker::new();
        parker.unpark();
        parker.park();
        assert_eq!(parker.park_for(1000), Unparked::TimedOut);
    }

    #[test]
    fn another_thread_wakes_the_owner() {
        let parker = Parker::new();
        std::thread::scope(|scope| {
            scope.spawn(|| parker.unpark());
            parker.park();
        });
    }
}
