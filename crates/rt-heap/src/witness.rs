//! The facts that the scheduler vouches for, as values.

use core::marker::PhantomData;

/// Proves that every thread which could touch the heap or run Go code, except this one, stands at a safe point.
#[derive(Debug)]
pub struct WorldStopped<'w> {
    not_send: PhantomData<(&'w (), *const ())>,
}

impl WorldStopped<'_> {
    /// The witness.
    ///
    /// # Safety
    /// While the value lives:
    /// - no other thread is inside a method of the heap, and none runs compiled code;
    /// - no [`crate::OwnsP`] exists.
    #[must_use]
    pub unsafe fn assume() -> Self {
        WorldStopped { not_send: PhantomData }
    }
}
