//! Mutual exclusion between threads, by futex, with ranks.
//!
//! **Protocol** of the word: `0` free, `1` held, `2` held and somebody may sleep on it.
//!
//! ```text
//!        lock: 0 -> 1                unlock: 1 -> 0
//!   0 ────────────────> 1          2 ────────────────> 0, wake one
//!                       │ another lock: swap 2, sleep while 2
//!                       └──────────> 2
//! ```

use core::{
    cell::UnsafeCell,
    fmt,
    ops::{Deref, DerefMut},
    sync::atomic::{AtomicU32, Ordering},
};
use rt_sys::{futex, thread, tls};

/// The order in which a thread may take locks: each lock's rank is above those of all locks it already holds (equal
/// ranks are allowed for [`Rank::Chan`], which `select` takes in address order).
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Serialises stop-the-world requests.
    World = 0,
    /// The collector's phase.
    Gc,
    /// The list of synctest bubbles.
    Bubble,
    /// Poll descriptors.
    Poll,
    /// One timer.
    Timer,
    /// A bucket of the semaphore table.
    Sema,
    /// A notify list.
    Notify,
    /// A channel.
    Chan,
    /// Timers of a processor.
    Timers,
    /// Signal delivery.
    Signal,
    /// The scheduler: queues and idle lists.
    Sched,
    /// The list of all goroutines.
    AllGoroutines,
    /// Free goroutines, waiters, stacks.
    Pools,
    /// Finalizers and other special records of the heap.
    Special,
    /// A central list of spans.
    Central,
    /// The page heap.
    Pages,
    /// Layout tables, itab-like caches.
    Tables,
    /// Traces.
    Trace,
    /// Printing.
    Print,
    /// Nothing may be taken while it is held.
    Leaf,
}

/// A lock without data: for words inside other structures.
#[repr(transparent)]
pub struct RawLock(AtomicU32);

impl fmt::Debug for RawLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawLock").field(&self.0.load(Ordering::Relaxed)).finish()
    }
}

impl Default for RawLock {
    fn default() -> Self {
        Self::new()
    }
}

impl RawLock {
    /// A free lock.
    pub const fn new() -> RawLock {
        RawLock(AtomicU32::new(0))
    }

    /// The lock whose word is at `word`.
    ///
    /// # Safety
    /// - The word is used only as a lock, and outlives the reference.
    pub unsafe fn at<'a>(word: *mut u32) -> &'a RawLock {
        // SAFETY: `RawLock` is a transparent atomic word.
        unsafe { &*word.cast::<RawLock>() }
    }

    /// Takes the lock.
    #[inline]
    pub fn lock(&self, rank: Rank) {
        push_rank(rank);
        // Acquire pairs with the Release in `unlock`.
        if self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.lock_slow();
        }
    }

    /// As [`RawLock::lock`], without telling other threads: none can want the lock before [`RawLock::unlock_alone`].
    #[inline]
    pub fn lock_alone(&self, rank: Rank) {
        push_rank(rank);
        debug_assert_eq!(self.0.load(Ordering::Relaxed), 0, "somebody else holds the lock");
        self.0.store(1, Ordering::Relaxed);
    }

    /// Releases it.
    ///
    /// # Safety
    /// - The caller took it with [`RawLock::lock_alone`], with this rank.
    #[inline]
    pub unsafe fn unlock_alone(&self, rank: Rank) {
        pop_rank(rank);
        self.0.store(0, Ordering::Relaxed);
    }

    /// Takes the lock if it is free.
    #[must_use]
    pub fn try_lock(&self, rank: Rank) -> bool {
        let is_free = self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if is_free {
            push_rank(rank);
        }
        is_free
    }

    #[cold]
    fn lock_slow(&self) {
        // Spinning pays only while the holder runs; sections are short, so a few rounds tell.
        for round in 0..6 {
            thread::spin(1 << round);
            if self.0.load(Ordering::Relaxed) == 0
                && self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                return;
            }
        }
        while self.0.swap(2, Ordering::Acquire) != 0 {
            let _ = futex::wait(&self.0, 2, -1);
        }
    }

    /// Releases the lock.
    ///
    /// # Safety
    /// - The caller took it, with this rank.
    #[inline]
    pub unsafe fn unlock(&self, rank: Rank) {
        pop_rank(rank);
        // Release pairs with the Acquire in `lock`.
        if self.0.swap(0, Ordering::Release) == 2 {
            futex::wake(&self.0, 1);
        }
    }
}

#[inline]
fn push_rank(rank: Rank) {
    if cfg!(debug_assertions) {
        // SAFETY: the control block belongs to this thread alone.
        let held = unsafe { &mut (*tls::current()).held_ranks };
        let bit = 1u64 << rank as u8;
        let limit = if rank == Rank::Chan { bit << 1 } else { bit };
        assert!(*held < limit, "a lock of rank {rank:?} is taken below a higher one");
        *held |= bit;
    }
}

/// With several channels held, the first release clears their bit, which only weakens the check.
#[inline]
fn pop_rank(rank: Rank) {
    if cfg!(debug_assertions) {
        // SAFETY: as above.
        unsafe { (*tls::current()).held_ranks &= !(1u64 << rank as u8) };
    }
}

/// A lock around data.
pub struct Lock<T> {
    raw: RawLock,
    rank: Rank,
    data: UnsafeCell<T>,
}

// SAFETY: the data is reachable only through a guard, of which one exists at a time.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("raw", &self.raw).field("rank", &self.rank).finish_non_exhaustive()
    }
}

impl<T> Lock<T> {
    /// A free lock.
    pub const fn new(rank: Rank, data: T) -> Lock<T> {
        Lock { raw: RawLock::new(), rank, data: UnsafeCell::new(data) }
    }

    /// Takes the lock.
    #[inline]
    pub fn lock(&self) -> Guard<'_, T> {
        self.raw.lock(self.rank);
        Guard { lock: self }
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.raw.try_lock(self.rank).then(|| Guard { lock: self })
    }

    /// The data without locking.
    ///
    /// # Safety
    /// - No other thread uses it: the world is stopped, or the process is dying.
    #[expect(clippy::mut_from_ref, reason = "the caller vouches for exclusion")]
    pub unsafe fn get_unlocked(&self) -> &mut T {
        // SAFETY: passed on to the caller.
        unsafe { &mut *self.data.get() }
    }
}

/// The right to use a lock's data; the witness that the lock is held.
#[must_use]
pub struct Guard<'l, T> {
    lock: &'l Lock<T>,
}

impl<T> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.lock.rank).finish()
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so the lock is held.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed uniquely.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard was made by taking the lock.
        unsafe { self.lock.raw.unlock(self.lock.rank) };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;
    use super::*;
    use std::thread;

    #[test]
    fn increments_under_the_lock_are_not_lost() {
        let counter = Lock::new(Rank::Leaf, 0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        *counter.lock() += 1;
                    }
                });
            }
        });
        assert_eq!(*counter.lock(), 40_000);
    }

    #[test]
    fn a_lower_rank_above_a_higher_one_is_refused() {
        let (low, high) = (Lock::new(Rank::Sched, ()), Lock::new(Rank::Pages, ()));
        let result = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let _high = high.lock();
                    let _low = low.lock();
                })
                .join()
        });
        assert!(result.is_err());
    }

    #[test]
    fn a_held_lock_is_not_taken_by_trying() {
        let lock = Lock::new(Rank::Leaf, 1);
        let guard = lock.lock();
        assert!(lock.try_lock().is_none());
        drop(guard);
        assert!(lock.try_lock().is_some());
    }
}
