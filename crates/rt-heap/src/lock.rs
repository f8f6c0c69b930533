//! A lock that can lie in zeroed metadata: [`rt_sync::Lock`] stores its rank, this one has it in its type.

use core::{
    cell::UnsafeCell,
    ops::{Deref, DerefMut},
};
use rt_sync::{Rank, RawLock};

/// A value of a central list. All-zero bytes are an unlocked lock around an all-zero value.
#[repr(C)]
pub(crate) struct CentralLock<T> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: `raw` admits one thread at a time to the value, so sharing the lock only ever sends the value.
unsafe impl<T: Send> Sync for CentralLock<T> {}

impl<T> CentralLock<T> {
    #[inline]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.raw.lock(Rank::Central);
        Guard { lock: self }
    }
}

/// Proof that the lock is held; gives the value.
#[must_use]
pub(crate) struct Guard<'l, T> {
    lock: &'l CentralLock<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread alone holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard exists, so this thread alone holds the lock; `&mut self` excludes a second reference.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard was made by taking the lock with this rank.
        unsafe { self.lock.raw.unlock(Rank::Central) };
    }
}
