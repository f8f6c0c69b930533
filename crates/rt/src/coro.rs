//! Coroutines for `iter.Pull`: two goroutines of which one runs, switching directly.
//!
//! **Protocol.** A `Coro` holds the side that does not run. Switching swaps it for the current goroutine and runs it on
//! this thread at once, without a queue.

use crate::{
    fatal,
    g::{GRef, Status},
    heap,
    m::{MRef, current_g},
    print::Printer,
    sched,
    trampoline::Verdict,
};
use abi::WaitReason;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// A coroutine: a heap object of the program, so that a forgotten one is collected.
#[repr(C)]
pub(crate) struct Coro {
    other: AtomicUsize,
    /// The thread that the creator was locked to, or 0.
    m: AtomicUsize,
    /// How often it was.
    depth: AtomicU32,
}

/// A coroutine whose goroutine will run `closure`.
pub(crate) extern "C" fn coro_new(closure: usize, pc: usize) -> usize {
    let coro = heap::alloc_noscan(size_of::<Coro>());
    let creator = current_g();
    let g = sched::spawn_parked(closure, pc, current_g());
    g.set_coro(coro);
    // SAFETY: fresh memory of this size.
    let object = unsafe { &*(coro as *const Coro) };
    object.m.store(creator.locked_m.get().map_or(0, MRef::addr), Ordering::Relaxed);
    object.depth.store(creator.lock_depth.get(), Ordering::Relaxed);
    object.other.store(g.addr(), Ordering::Release);
    coro
}

/// Runs the other side; `ret[0]` is 1 when there is none (a wrong use).
pub(crate) extern "C" fn coro_switch(coro: *const Coro) -> Verdict {
    let g = current_g();
    g.set_ret(0, 0);
    // SAFETY: the overlay passes a coroutine.
    unsafe { check_thread(&*coro, g) };
    // SAFETY: the overlay passes a coroutine.
    let other = unsafe { (*coro).other.swap(g.addr(), Ordering::AcqRel) };
    // SAFETY: only goroutines are stored there.
    let Some(other) = (unsafe { GRef::from_addr(other) }) else {
        // SAFETY: as above.
        unsafe { (*coro).other.store(0, Ordering::Release) };
        g.set_ret(0, 1);
        return Verdict::Continue;
    };
    let lock = detach_thread(g);
    let verdict = sched::park_current(g, WaitReason::Coroutine, coro as usize);
    attach_thread(other, lock);
    run(other);
    verdict
}

/// The coroutine's goroutine has ended: runs the other side; the caller then exits.
pub(crate) extern "C" fn coro_exit(coro: *const Coro) -> Verdict {
    // SAFETY: the overlay passes a coroutine.
    let other = unsafe {
        check_thread(&*coro, current_g());
        (*coro).other.swap(0, Ordering::AcqRel)
    };
    let lock = detach_thread(current_g());
    let _ = sched::goexit_current();
    // SAFETY: only goroutines are stored there.
    if let Some(other) = unsafe { GRef::from_addr(other) } {
        attach_thread(other, lock);
        run(other);
    }
    Verdict::Park
}

/// Both sides run on the same thread if either is locked to one: that of the creator, locked as often.
fn check_thread(coro: &Coro, g: GRef) {
    let (wanted, wanted_depth) = (coro.m.load(Ordering::Relaxed), coro.depth.load(Ordering::Relaxed));
    if wanted == 0 && g.locked_m.get().is_none() {
        return;
    }
    let (m, depth) = (MRef::current().addr(), g.lock_depth.get());
    if m == wanted && depth == wanted_depth {
        return;
    }
    let mut printer = Printer::stderr();
    printer.text("coro: got thread ").hex(m as u64).text(", want ").hex(wanted as u64).text("\n");
    printer.text("coro: got lock internal 0, want 0\ncoro: got lock external ").uint(depth.into());
    printer.text(", want ").uint(wanted_depth.into()).text("\n");
    drop(printer);
    fatal::throw("coro: OS thread locking must match locking at coroutine creation")
}

/// The thread that a goroutine is locked to, and how often.
type ThreadLock = Option<(MRef, u32)>;

fn detach_thread(g: GRef) -> ThreadLock {
    let m = g.locked_m.take()?;
    m.locked_g.set(None);
    Some((m, g.lock_depth.replace(0)))
}

fn attach_thread(g: GRef, lock: ThreadLock) {
    if let Some((m, depth)) = lock {
        g.locked_m.set(Some(m));
        g.lock_depth.set(depth);
        m.locked_g.set(Some(g));
    }
}

/// Makes the other side the next goroutine of this thread.
fn run(other: GRef) {
    debug_assert_eq!(other.status(), Status::Waiting);
    debug_assert!(MRef::current().try_p().is_some());
    sched::ready(other);
}
