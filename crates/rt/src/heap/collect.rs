//! Who does the collector's work, and when.
//!
//! ```text
//!   trigger reached, runtime.GC, sysmon (2 minutes)
//!        │ start_cycle: the world stops, barrier on, running goroutines are scanned
//!        v
//!   marking ── share: at scheduling points each processor marks for a quarter of its time
//!        │  ── help_idle: processors without goroutines do nothing else
//!        │  ── after_alloc: allocating goroutines pay their debt
//!        v
//!   nobody finds work: finish_cycle: the world stops, barrier off ─> sweeping: idle processors, allocation
//! ```
//!
//! Nothing here is a goroutine: marking runs on system stacks at points where a thread holds a processor and no
//! goroutine of it runs, or in a runtime function that a goroutine called.
//!
//! **Rejected.** Dedicated mark workers (Go: a quarter of the processors): with two processors a quarter is half a
//! worker, and a worker that runs for 10 ms delays goroutines by as much. Slices at scheduling points give the same
//! quarter in pieces of a millisecond.

use super::{
    HEAP, own,
    roots::{self, ProgramRoots},
    specials,
    stats::{self, CycleTimes},
};
use crate::{
    g::Role,
    m::{MRef, current_g},
    p::PRef,
    sched::{self, StopReason},
    seam,
    trampoline::Verdict,
};
use core::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use rt_heap::{Events, Finish, MarkStep, Phase};

/// Bytes that are marked between two looks at the scheduler: about 0.2 ms.
const SLICE: usize = 256 << 10;
/// A processor marks this part of its time while there are goroutines to run.
const SHARE: i64 = 4;
/// The longest that marking delays a goroutine at one scheduling point.
const MAX_DELAY: i64 = 1_000_000;
/// Spans that are swept between two looks at the scheduler.
const SWEEP_BATCH: usize = 32;
/// A collection happens at least this often.
const FORCED_PERIOD: i64 = 120_000_000_000;
/// The result word of a goroutine in which allocation keeps what it has made: no function here has so many results.
const KEEPER: usize = 3;
/// Free memory given back per call of `periodic`.
const SCAVENGE_BATCH: usize = 1 << 20;

/// One thread starts a cycle at a time; owned by this module.
static STARTING: AtomicBool = AtomicBool::new(false);
/// When the current or last cycle began; owned by this module.
static STARTED_AT: AtomicI64 = AtomicI64::new(0);
/// When its marking began; owned by this module.
static MARKING_SINCE: AtomicI64 = AtomicI64::new(0);
/// Nanoseconds of marking at scheduling points in this cycle, all processors; owned by this module.
static SHARED_TIME: AtomicI64 = AtomicI64::new(0);
/// The two-minute timer wants a cycle; owned by this module.
static FORCED: AtomicBool = AtomicBool::new(false);
/// Pools were emptied on behalf of a cycle that has not ended; owned by this module.
static POOLS_ARE_EMPTY: AtomicBool = AtomicBool::new(false);
/// Cycles completed; owned by this module.
static N_CYCLES: AtomicU32 = AtomicU32::new(0);

/// Does what an allocation called for. `addr` is the new object; no `OwnsP` exists. The goroutine is in a runtime
/// function whose trampoline has saved its registers.
pub(super) fn after_alloc(events: Events, addr: usize) {
    if !events.collect && !HEAP.is_marking() {
        return;
    }
    // The object is known to nobody yet: its goroutine's head keeps it. While this thread waits for its turn to stop the
    // world, others may end a cycle and start the next one.
    keeping(addr, || {
        if events.collect {
            start_cycle(|| HEAP.should_collect());
        }
        if HEAP.is_marking() {
            HEAP.assist(&mut own(), &ProgramRoots);
            finish_if_done();
        }
    });
}

/// Calls `f`, which may collect, while the current goroutine's head holds `addr`.
pub(super) fn keeping<R>(addr: usize, f: impl FnOnce() -> R) -> R {
    let g = current_g();
    let kept = g.ret(KEEPER);
    g.set_ret(KEEPER, addr as u64);
    let result = f();
    g.set_ret(KEEPER, kept);
    result
}

/// Starts a cycle if none is on its way and it is still wanted when the world has stopped.
fn start_cycle(is_wanted: impl Fn() -> bool) {
    if HEAP.phase() != Phase::Off || !is_wanted() || STARTING.swap(true, AcqRel) {
        return;
    }
    HEAP.sweep_all();
    sched::with_world_stopped(StopReason::MarkStart, |_| {
        if HEAP.phase() == Phase::Off && is_wanted() {
            let before = seam::nanotime();
            STARTED_AT.store(before, Relaxed);
            SHARED_TIME.store(0, Relaxed);
            // SAFETY: the scheduler's witness says the same.
            let world = unsafe { rt_heap::WorldStopped::assume() };
            roots::next_cycle();
            HEAP.start(&world, &ProgramRoots);
            HEAP.show_stopped(&world, roots::begin);
            MARKING_SINCE.store(seam::nanotime(), Relaxed);
            stats::add_pause(seam::nanotime() - before);
        }
    });
    STARTING.store(false, Release);
    sched::wake_p();
}

/// Ends the cycle if nothing seems to be left to mark; true when it ended.
fn finish_if_done() -> bool {
    if !HEAP.looks_finished() {
        return false;
    }
    let mut finished = None;
    sched::with_world_stopped(StopReason::MarkEnd, |_| {
        if HEAP.is_marking() {
            let before = seam::nanotime();
            // SAFETY: the scheduler's witness says the same.
            let world = unsafe { rt_heap::WorldStopped::assume() };
            let outcome = HEAP.try_finish(&world, &ProgramRoots);
            let now = seam::nanotime();
            stats::add_pause(now - before);
            finished = (outcome == Finish::Done).then_some((before, now));
        }
    });
    let Some((finish, end)) = finished else { return false };
    stats::end_cycle(SHARED_TIME.load(Relaxed));
    N_CYCLES.fetch_add(1, Release);
    stats::trace_cycle(CycleTimes {
        start: STARTED_AT.load(Relaxed),
        mark: MARKING_SINCE.load(Relaxed),
        finish,
        end,
        shared: SHARED_TIME.load(Relaxed),
    });
    if !POOLS_ARE_EMPTY.swap(false, AcqRel) && roots::kept() != 0 {
        let g = sched::spawn(roots::kept(), Role::System);
        sched::launch(g);
    }
    true
}

/// Marks or sweeps a little, on a processor that has no goroutine to run; true when the caller should look again.
pub fn help_idle(_m: MRef, _p: PRef) -> bool {
    if HEAP.is_marking() {
        let step = HEAP.mark(&mut own(), &ProgramRoots, SLICE);
        return finish_if_done() || step == MarkStep::Progress;
    }
    let swept = (0..SWEEP_BATCH).any(|_| HEAP.sweep_one());
    specials::wake_finalizers();
    swept
}

/// Whether an idle processor would be of use.
pub fn wants_help() -> bool {
    HEAP.is_marking() && !HEAP.looks_finished()
}

/// Marks until a quarter of the processors' time since the start of the cycle went into marking, or for a millisecond.
/// To be called at scheduling points.
pub fn share(_m: MRef, _p: PRef) {
    if FORCED.load(Relaxed) && FORCED.swap(false, AcqRel) {
        start_cycle(|| true);
    }
    if !HEAP.is_marking() {
        return;
    }
    let start = seam::nanotime();
    let budget = (start - STARTED_AT.load(Relaxed)) * i64::from(sched::n_procs()) / SHARE;
    let owed = (budget - SHARED_TIME.load(Relaxed)).min(MAX_DELAY);
    let mut now = start;
    while now - start < owed
        && !sched::is_stopping()
        && HEAP.mark(&mut own(), &ProgramRoots, SLICE) == MarkStep::Progress
    {
        now = seam::nanotime();
    }
    SHARED_TIME.fetch_add(seam::nanotime() - start, Relaxed);
    finish_if_done();
}

/// Called by sysmon: gives free memory back, and sees to it that a program that stopped allocating is collected too.
pub fn periodic(now: i64) {
    let excess = HEAP.scavengeable();
    if excess != 0 {
        HEAP.scavenge(excess.min(SCAVENGE_BATCH));
    }
    let last = STARTED_AT.load(Relaxed);
    if now - last > FORCED_PERIOD
        && HEAP.phase() == Phase::Off
        && stats::gc_is_on()
        && !FORCED.swap(true, AcqRel)
    {
        sched::wake_p();
    }
}

/// A whole cycle that begins after this call, sweep included.
fn collect_now() {
    stats::add_forced();
    // A cycle that is under way may have passed what the caller dropped.
    let n_before = N_CYCLES.load(Acquire) + u32::from(HEAP.is_marking());
    while N_CYCLES.load(Acquire) <= n_before {
        if HEAP.is_marking() {
            let _ = HEAP.mark(&mut own(), &ProgramRoots, SLICE);
            finish_if_done();
        } else {
            start_cycle(|| true);
        }
        sched::stop_point();
    }
    HEAP.sweep_all();
    specials::wake_finalizers();
}

/// `runtime.GC`.
pub(crate) extern "C" fn gc(has_emptied_pools: usize) -> Verdict {
    note_pools(has_emptied_pools);
    current_g().forget_results();
    collect_now();
    Verdict::Continue
}

/// `debug.FreeOSMemory`.
pub(crate) extern "C" fn free_os_memory(has_emptied_pools: usize) -> Verdict {
    note_pools(has_emptied_pools);
    collect_now();
    HEAP.scavenge(usize::MAX);
    Verdict::Continue
}

/// Completed cycles.
pub(crate) extern "C" fn gc_cycles() -> usize {
    N_CYCLES.load(Acquire) as usize
}

fn note_pools(has_emptied: usize) {
    POOLS_ARE_EMPTY.fetch_or(has_emptied != 0, AcqRel);
}

/// Remembers the function that empties the `sync.Pool`s. It runs as a goroutine after each cycle, unless the program
/// asked for the cycle: then it has run before, and the cycle takes what was in the pools.
pub(crate) extern "C" fn register_pool_cleanup(closure: usize) {
    roots::keep(closure);
}
