//! Stopping the world: every processor stops at a safe point.
//!
//! **Protocol.** The stopper holds `WORLD`, sets `STOPPING`, asks every processor to preempt, takes the ones in system
//! calls and idle ones itself, and waits until `stop_wait` is 0. A thread that holds a processor meets `STOPPING` in the
//! scheduler, marks its processor stopped, and sleeps. Starting clears `STOPPING` and gives processors with work to
//! threads. A thread that wants to stop the world while another does stops its own processor first (`stop_here`), or
//! the two would wait for each other.

use super::{SCHED, STOPPING, procs, queues::STOPPED, threads};
use crate::{
    m::{MRef, current_g},
    metrics::{self, Times},
    p::PStatus,
    seam,
    trace::event,
};
use abi::TraceKind;
use core::{marker::PhantomData, sync::atomic::Ordering};
use rt_sync::{Rank, RawLock, Unparked};
use rt_sys::thread;

/// Held while the world is stopped; owned by this module.
static WORLD: RawLock = RawLock::new();

/// Witness: every processor is stopped, so no goroutine runs and all have their registers in memory.
#[derive(Clone, Copy, Debug)]
pub struct WorldStopped<'w>(PhantomData<(&'w (), *mut ())>);

/// What the world is stopped for, as the event trace numbers it.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The program asks, or the number of processors changes.
    Program = 0,
    /// A collection begins.
    MarkStart = 1,
    /// It ends.
    MarkEnd = 2,
    /// Statistics are read.
    Statistics = 3,
    /// Stacks of goroutines are read.
    Stacks = 4,
}

/// Whether the world is stopping: who works in slices should come to a safe point.
pub fn is_stopping() -> bool {
    STOPPING.load(Ordering::SeqCst) != 0
}

/// Stops the world, calls `f`, and starts it again. The caller holds a processor before and after.
pub fn with_world_stopped<R>(reason: StopReason, f: impl FnOnce(&WorldStopped<'_>) -> R) -> R {
    let asked = seam::nanotime();
    stop(reason);
    let stopped = seam::nanotime();
    let result = f(&WorldStopped(PhantomData));
    start();
    let (stopping, pause) = match reason {
        StopReason::MarkStart | StopReason::MarkEnd => (Times::CollectorStopping, Times::CollectorPause),
        _ => (Times::OtherStopping, Times::OtherPause),
    };
    metrics::count(stopping, stopped - asked);
    metrics::count(pause, seam::nanotime() - asked);
    result
}

/// Stops the world for Go code that runs alone until `start_world`.
pub(crate) extern "C" fn stop_world() {
    stop(StopReason::Program);
    let g = current_g();
    g.set_pinned(g.pinned() + 1);
}

/// Pairs with `stop_world`.
pub(crate) extern "C" fn start_world() {
    let g = current_g();
    g.set_pinned(g.pinned() - 1);
    start();
}

/// Stops the world for good: the process is about to print and die. Does not wait for those who do not stop in time.
pub fn stop_the_world_for(nanos: i64) {
    STOPPING.store(1, Ordering::SeqCst);
    preempt_all();
    let _ = STOPPED.park_for(nanos);
}

/// In a runtime function that runs for long: lets somebody else stop the world. The thread keeps its processor, or no
/// goroutine that never blocks would let it go on; only when processors were retired it may come out with another.
pub fn stop_point() {
    let m = MRef::current();
    let p = m.p();
    {
        let mut sched = SCHED.lock();
        if !sched.is_stopping() {
            drop(sched);
            return threads::take_turns(m, p);
        }
        debug_assert_eq!(p.m(), Some(m), "a processor belongs to who holds it");
        p.preempt.store(0, Ordering::SeqCst);
        p.set_status(PStatus::Stopped);
        sched.one_stopped();
    }
    while p.status() == PStatus::Stopped {
        thread::yield_now();
    }
    // `procs::retire` gives processors away.
    if p.m() != Some(m) {
        m.set_p(None);
        threads::acquire_displaced(m);
    }
}

fn stop(reason: StopReason) {
    let m = MRef::current();
    while !WORLD.try_lock(Rank::World) {
        stop_point();
        thread::yield_now();
    }
    STOPPED.clear();
    let must_wait = {
        let mut sched = SCHED.lock();
        sched.stop_wait = sched.n_procs as i32;
        STOPPING.store(1, Ordering::SeqCst);
        preempt_all();
        m.p().set_status(PStatus::Stopped);
        sched.stop_wait -= 1;
        for &p in procs::all_procs() {
            if p.try_status(PStatus::Syscall, PStatus::Stopped) {
                p.set_m(None);
                p.syscall_tick.fetch_add(1, Ordering::Relaxed);
                sched.stop_wait -= 1;
            }
        }
        while let Some(p) = sched.get_idle_p() {
            p.set_status(PStatus::Stopped);
            sched.stop_wait -= 1;
        }
        sched.stop_wait > 0
    };
    if must_wait {
        while STOPPED.park_for(100_000) == Unparked::TimedOut {
            // A request can be lost when a goroutine is switched at that moment.
            preempt_all();
        }
    }
    event(TraceKind::StopWorld, 0, 0, reason as u8);
}

fn start() {
    let m = MRef::current();
    let own = m.p();
    event(TraceKind::StartWorld, 0, 0, 0);
    let mut sched = SCHED.lock();
    let n_procs = sched.n_procs;
    STOPPING.store(0, Ordering::SeqCst);
    own.set_status(PStatus::Running);
    let mut busy = alloc::vec::Vec::new();
    for &p in procs::all_procs().iter().take(n_procs as usize).filter(|&&p| p != own) {
        if p.m().is_some() {
            // Its thread waits in `stop_point`.
            p.set_status(PStatus::Running);
        } else if p.queue.is_empty() {
            sched.put_idle_p(p);
        } else {
            busy.push(p);
        }
    }
    drop(sched);
    // SAFETY: `stop` took it.
    unsafe { WORLD.unlock(Rank::World) };
    busy.into_iter().for_each(|p| threads::start_m(p, false));
    super::wake_p();
}

/// Asks every running goroutine to come to a safe point.
pub(super) fn preempt_all() {
    for &p in procs::all_procs() {
        if p.status() != PStatus::Running {
            continue;
        }
        // SeqCst pairs with `execute`: either it sees the request, or this sees the goroutine.
        p.preempt.store(1, Ordering::SeqCst);
        if let Some(g) = p.m().and_then(|m| m.cur_g()) {
            g.request_preemption();
        }
    }
}

/// The world is stopping: stops this thread's processor and waits for one to be given.
pub(super) fn stop_here(m: MRef) {
    let p = m.p();
    {
        let mut sched = SCHED.lock();
        if !sched.is_stopping() {
            return;
        }
        p.preempt.store(0, Ordering::SeqCst);
        m.set_p(None);
        p.set_m(None);
        p.set_status(PStatus::Stopped);
        sched.one_stopped();
    }
    threads::stop_m(m);
}
