//! The scheduler: which goroutine runs on which thread, and when.
//!
//! **Terms** (Go's). *M* is a thread, *P* the right to run Go code, *G* a goroutine. A *spinning* M holds a P and looks
//! for work. *Ready* makes a waiting goroutine runnable.
//!
//! **Search order.** Every 61st time the global queue first; then the processor's `next` slot and ring, the global
//! queue, the poller without blocking, stealing (four rounds in random order; timers and `next` in the last), and
//! finally blocking in the poller or sleeping.
//!
//! **Protocol of spinning** (as runtime/proc.go, "Worker thread parking/unparking"). Whoever submits work and finds an
//! idle processor and no spinning thread wakes one (`wake_p`). A thread that stops spinning first decrements
//! `N_SPINNING`, then looks at all queues once more; the submitter first queues, then reads `N_SPINNING`. Both use
//! SeqCst, so one of the two sees the other's write, and no work is left behind.
//!
//! **Rejected.** A scheduler goroutine per thread (Go's g0 as a context): Rust never runs on goroutine stacks, so the
//! system stack is empty whenever Go code runs, and scheduling is a plain function that returns a goroutine.

pub mod cgroup;
mod deadlock;
mod find;
mod goroutine;
mod procs;
mod queues;
pub mod start;
mod syscall;
mod sysmon;
mod threads;
mod world;

pub use deadlock::check_dead;
pub use goroutine::{
    SafePoint, goexit_current, launch, park_current, preempt_point, ready, ready_all, spawn, spawn_parked,
    visit_at_collection, yield_current, yield_locally,
};
pub(crate) use goroutine::{
    can_spin, goexit, gosched, lock_os_thread, newproc, num_goroutine, park, proc_pin, proc_unpin,
    ready_entry, sched_counts, set_system_goroutine, unlock_os_thread,
};
pub use procs::{all_procs, n_procs};
pub(crate) use procs::{gomaxprocs, num_cpu};
pub use queues::{ALL_G, SCHED, for_each_g};
pub(crate) use syscall::{
    after_exec, after_fork, after_fork_in_child, all_threads_syscall, before_exec, before_fork, entersyscall,
    exitsyscall, num_threads, set_max_threads,
};
pub use threads::{for_each_m, wake_p};
pub use world::{StopReason, is_stopping, stop_point, stop_the_world_for, with_world_stopped};
pub(crate) use world::{start_world, stop_world};

use crate::{
    chan,
    g::{GRef, Status},
    heap,
    m::MRef,
    metrics, profile, seam,
    trace::event,
};
use abi::{GHead, TraceKind};
use core::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Every this many goroutines the global queue comes first.
const GLOBAL_TICK: u32 = 61;

/// Threads that spin, or are being woken to spin.
pub(crate) static N_SPINNING: AtomicU32 = AtomicU32::new(0);
/// Processors in the idle list; written under the scheduler's lock.
pub(crate) static N_IDLE_P: AtomicU32 = AtomicU32::new(0);
/// Non-zero while the world is stopped or stopping; written under the scheduler's lock.
pub(crate) static STOPPING: AtomicU32 = AtomicU32::new(0);
/// When the poller was last asked; 0 while a thread blocks in it.
pub(crate) static LAST_POLL: AtomicI64 = AtomicI64::new(0);
/// Until when the thread in the poller sleeps; 0 when none does or for ever.
pub(crate) static POLL_UNTIL: AtomicI64 = AtomicI64::new(0);

/// Finds the next goroutine for this thread. Called by the assembly on the system stack.
pub(crate) extern "C" fn schedule() -> *mut GHead {
    let m = MRef::current();
    loop {
        if let Some(g) = m.locked_g.get() {
            threads::wait_for_locked(m);
            return execute(m, g, Source::None);
        }
        if m.try_p().is_none() {
            threads::stop_m(m);
            continue;
        }
        let (g, source) = find::find_runnable(m);
        if m.spinning.get() {
            threads::stop_spinning(m);
        }
        if g.locked_m.get().is_some() {
            threads::hand_to_locked(m, g);
            continue;
        }
        return execute(m, g, source);
    }
}

/// Where a goroutine was found, in the order of the search. The overlay's package `groundhog/inspect` has the same numbers.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Not found by searching: its thread waited for it, or it never ran.
    None = 0,
    /// The global queue, because it was its turn.
    GlobalTick = 1,
    /// The processor's `next` slot. It uses up the time slice of who readied it: a pair that readies each other cannot
    /// starve the rest.
    Next = 2,
    /// The processor's own queue.
    Local = 3,
    /// The global queue, because the own one was empty.
    Global = 4,
    /// The network poller.
    Poller = 5,
    /// Another processor's queue.
    Stolen = 6,
}

/// Counts one more; only the owner of the processor writes the word.
#[inline]
fn count(tick: &AtomicU32) {
    tick.store(tick.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Binds `g` to this thread and processor.
fn execute(m: MRef, g: GRef, source: Source) -> *mut GHead {
    let p = m.p();
    if !g.waiters.get().is_null() {
        chan::cleanup(g);
    }
    heap::before_run(g);
    if profile::times_waits() {
        profile::waited(g);
    }
    g.set_status(Status::Runnable, Status::Running);
    if g.runnable_since.get() != 0 {
        metrics::runs_after(g.runnable_since.take());
    }
    g.wait_since.set(0);
    m.set_cur_g(Some(g));
    g.source.set(source);
    count(&p.n_switches);
    if source != Source::Next {
        count(&p.sched_tick);
    }
    g.bind(m, m.sys_sp.get(), m.retbuf.as_ptr() as usize, p.heap.alloc_cache());
    g.clear_preemption();
    // A request that came between goroutines is passed on; SeqCst pairs with `preempt_all`.
    if p.preempt.load(Ordering::SeqCst) != 0 {
        g.request_preemption();
    }
    let budget = seam::budget();
    if budget != 0 {
        g.sim_budget.set(budget);
        g.request_preemption();
    }
    event(TraceKind::Start, g.goid(), 0, source as u8);
    g.head()
}
