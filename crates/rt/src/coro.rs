//! Coroutines for `iter.Pull`: two goroutines of which one runs, switching directly.
//!
//! **Protocol.** A `Coro` holds the side that does not run. Switching swaps it for the current goroutine and runs it on
//! this thread at once, without a queue.

use crate::{
    g::{GRef, Status},
    heap,
    m::{MRef, current_g},
    sched,
    trampoline::Verdict,
};
use abi::WaitReason;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A coroutine: a heap object of the program, so that a forgotten one is collected.
#[repr(C)]
pub(crate) struct Coro {
    other: AtomicUsize,
}

/// A coroutine whose goroutine will run `closure`.
pub(crate) extern "C" fn coro_new(closure: usize, pc: usize) -> usize {
    let coro = heap::alloc_noscan(size_of::<Coro>());
    let g = sched::spawn_parked(closure, pc, current_g());
    g.set_coro(coro);
    // SAFETY: fresh memory of this size.
    unsafe { (*(coro as *const Coro)).other.store(g.addr(), Ordering::Release) };
    coro
}

/// Runs the other side; `ret[0]` is 1 when there is none (a wrong use).
pub(crate) extern "C" fn coro_switch(coro: *const Coro) -> Verdict {
    let g = current_g();
    g.set_ret(0, 0);
    // SAFETY: the overlay passes a coroutine.
    let other = unsafe { (*coro).other.swap(g.addr(), Ordering::AcqRel) };
    // SAFETY: only goroutines are stored there.
    let Some(other) = (unsafe { GRef::from_addr(other) }) else {
        // SAFETY: as above.
        unsafe { (*coro).other.store(0, Ordering::Release) };
        g.set_ret(0, 1);
        return Verdict::Continue;
    };
    let verdict = sched::park_current(g, WaitReason::Coroutine, coro as usize);
    run(other);
    verdict
}

/// The coroutine's goroutine has ended: runs the other side; the caller then exits.
pub(crate) extern "C" fn coro_exit(coro: *const Coro) -> Verdict {
    // SAFETY: the overlay passes a coroutine.
    let other = unsafe { (*coro).other.swap(0, Ordering::AcqRel) };
    sched::goexit_current();
    // SAFETY: only goroutines are stored there.
    if let Some(other) = unsafe { GRef::from_addr(other) } {
        run(other);
    }
    Verdict::Park
}

/// Makes the other side the next goroutine of this thread.
fn run(other: GRef) {
    debug_assert_eq!(other.status(), Status::Waiting);
    debug_assert!(MRef::current().try_p().is_some());
    sched::ready(other);
}
