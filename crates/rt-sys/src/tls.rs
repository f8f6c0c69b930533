//! The one word that identifies a thread: in the image it is `%fs`, the address of the thread's control block.

/// The head of a thread's control block; `%fs` points to it in the image.
#[repr(C)]
#[derive(Debug)]
pub struct ThreadHead {
    /// Its own address: what `mov rax, fs:[0]` reads.
    pub this: *mut ThreadHead,
    /// Bit `n` is set while the thread holds a lock of rank `n` (kept with debug assertions only).
    pub held_ranks: u64,
}

/// The current thread's control block.
#[cfg(rt_image)]
#[inline(always)]
pub fn current() -> *mut ThreadHead {
    let this;
    // SAFETY: every thread of the image has `%fs` at a `ThreadHead` whose first word is its own address.
    unsafe {
        core::arch::asm!("mov {}, fs:[0]", out(reg) this, options(nostack, preserves_flags, readonly, pure));
    }
    this
}

#[cfg(not(rt_image))]
mod host {
    extern crate std;
    use super::ThreadHead;
    use core::{cell::UnsafeCell, ptr};

    std::thread_local! {
        static HEAD: UnsafeCell<ThreadHead> =
            const { UnsafeCell::new(ThreadHead { this: ptr::null_mut(), held_ranks: 0 }) };
    }

    /// The current thread's control block.
    pub fn current() -> *mut ThreadHead {
        HEAD.with(UnsafeCell::get)
    }
}

#[cfg(not(rt_image))]
pub use host::current;

/// Makes `head` the current thread's control block.
///
/// # Safety
/// - `head` lives as long as the thread, and its first word is its own address.
pub unsafe fn set_current(head: *mut ThreadHead) {
    const ARCH_SET_FS: usize = 0x1002;
    // SAFETY: only the thread's own segment base changes; the rest is the caller's duty.
    let _ = unsafe { crate::sys::call(crate::sys::nr::ARCH_PRCTL, [ARCH_SET_FS, head as usize]) };
}
