//! The runtime shown to the program that runs on it: the functions behind the overlay's package `groundhog/inspect`.
//!
//! Each fills a record of words that the package has a twin of. They only read, allocate nothing and take no lock for
//! longer than a few loads, so that looking changes as little as possible. Words of goroutines and processors that run
//! on other threads are hints, as in `GODEBUG=schedtrace`.

use crate::{
    g::{G, Status},
    heap,
    m::{MRef, current_g},
    sched::{self, N_IDLE_P, N_SPINNING, SCHED},
    stack, trace,
};
use core::sync::atomic::Ordering;

/// A goroutine in words; twin of `goroutine` in the overlay.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Goroutine {
    id: u64,
    parent: u64,
    status: usize,
    /// Why it waits: Go's words.
    reason: *const u8,
    n_reason: usize,
    stack_size: usize,
    stack_used: usize,
    side_chunks: usize,
    side_used: usize,
    /// A [`sched::Source`].
    source: usize,
    thread: usize,
    processor: usize,
}

/// The scheduler in words; twin of `scheduler` in the overlay.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Scheduler {
    n_procs: usize,
    n_idle_procs: usize,
    n_threads: usize,
    n_idle_threads: usize,
    n_spinning: usize,
    n_global: usize,
}

/// Fills `out` with the goroutine of this number (0: the caller); 0 when there is none.
pub(crate) extern "C" fn inspect_goroutine(id: u64, out: *mut Goroutine) -> usize {
    let me = current_g();
    if id == 0 || id == me.goid() {
        // SAFETY: the overlay passes a record of this type.
        unsafe { out.write(of_current(&me)) };
        return 1;
    }
    let mut n_found = 0;
    sched::for_each_g(|g| {
        if g.goid() == id && g.status() != Status::Dead {
            // SAFETY: as above.
            unsafe { out.write(of_other(&g)) };
            n_found = 1;
        }
    });
    n_found
}

/// What may be read of a goroutine that another thread may be running.
fn of_other(g: &G) -> Goroutine {
    let reason = if g.status() == Status::Waiting { g.wait_reason.get().text() } else { "" };
    Goroutine {
        id: g.goid(),
        parent: g.parent.get(),
        status: g.status() as usize,
        reason: reason.as_ptr(),
        n_reason: reason.len(),
        stack_size: g.stack.get().size(),
        stack_used: 0,
        side_chunks: 0,
        side_used: 0,
        source: g.source.get() as usize,
        thread: 0,
        processor: 0,
    }
}

fn of_current(me: &crate::g::GRef) -> Goroutine {
    let m = MRef::current();
    let (side_chunks, side_used) =
        stack::side_ranges(*me).fold((0, 0), |(n, used), (start, end)| (n + 1, used + (end - start)));
    Goroutine {
        stack_used: me.stack.get().hi - me.saved_sp(),
        side_chunks,
        side_used,
        thread: m.id as usize,
        processor: m.p().id as usize,
        ..of_other(me)
    }
}

/// Fills `out`, and `queues` with the lengths of the first `n` processors' run queues; how many processors there are.
pub(crate) extern "C" fn inspect_scheduler(out: *mut Scheduler, queues: *mut usize, n: usize) -> usize {
    let (n_threads, n_idle_threads, n_global) = {
        let sched = SCHED.lock();
        (sched.n_m as usize, sched.n_idle_m as usize, sched.len() as usize)
    };
    let procs = sched::all_procs();
    let scheduler = Scheduler {
        n_procs: sched::n_procs() as usize,
        n_idle_procs: N_IDLE_P.load(Ordering::Relaxed) as usize,
        n_threads,
        n_idle_threads,
        n_spinning: N_SPINNING.load(Ordering::Relaxed) as usize,
        n_global,
    };
    // SAFETY: the overlay passes a record of this type.
    unsafe { out.write(scheduler) };
    for (idx, p) in procs.iter().take(n).enumerate() {
        // SAFETY: the overlay passes room for `n` words.
        unsafe { queues.add(idx).write(p.queue.len()) };
    }
    procs.len()
}

/// Fills `out` with what the heap knows about an address; 0 when no object is there.
pub(crate) extern "C" fn inspect_object(addr: usize, out: *mut rt_heap::Description) -> usize {
    let Some(description) = heap::describe(addr) else { return 0 };
    // SAFETY: the overlay passes a record of this type.
    unsafe { out.write(description) };
    1
}

/// Fills `out` with the collector's numbers: cycles, marking or not, live bytes, the next cycle's trigger and goal.
pub(crate) extern "C" fn inspect_collector(out: *mut [usize; 5]) {
    // SAFETY: the overlay passes room for these words.
    unsafe { out.write(heap::collector_words()) };
}

/// Turns the recording of events on or off; whether it was on.
pub(crate) extern "C" fn trace_enable(on: usize) -> usize {
    usize::from(trace::enable(on != 0))
}
