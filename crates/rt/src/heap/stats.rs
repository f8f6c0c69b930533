//! Settings and numbers: GOGC, GOMEMLIMIT, `runtime.MemStats`, pauses, `GODEBUG=gctrace=1`.

use super::HEAP;
use crate::{
    m::current_g,
    print::Printer,
    sched::{self, StopReason},
    seam, stack, start_config,
    trampoline::Verdict,
};
use core::sync::atomic::{
    AtomicI64, AtomicUsize,
    Ordering::{Relaxed, Release},
};
use rt_heap::MemStats;

/// Pauses that are remembered.
const N_PAUSES: usize = 256;

/// The stops of the world of one cycle.
struct Pause {
    /// Wall clock at its end.
    end: AtomicI64,
    nanos: AtomicI64,
}

/// The last pauses, in a ring; owned by this module.
static PAUSES: [Pause; N_PAUSES] =
    [const { Pause { end: AtomicI64::new(0), nanos: AtomicI64::new(0) } }; N_PAUSES];
/// Pauses ever; owned by this module.
static N_EVER: AtomicUsize = AtomicUsize::new(0);
/// Nanoseconds of the pauses of the current cycle; owned by this module.
static PAUSED: AtomicI64 = AtomicI64::new(0);
/// Cycles that the program asked for; owned by this module.
static N_FORCED: AtomicUsize = AtomicUsize::new(0);
/// Nanoseconds of all pauses; owned by this module.
static TOTAL_PAUSE: AtomicI64 = AtomicI64::new(0);
/// Processor time of all marking; owned by this module.
static SHARED_EVER: AtomicI64 = AtomicI64::new(0);
/// When the heap was set up; owned by this module.
static HEAP_STARTED: AtomicI64 = AtomicI64::new(0);

/// GOGC at start: a number, or "off".
pub(super) fn gc_percent_from_env() -> i32 {
    match start_config::env(b"GOGC") {
        Some(b"off") => -1,
        _ => {
            start_config::number(b"GOGC").map_or(100, |percent| percent.clamp(-1, i64::from(i32::MAX)) as i32)
        }
    }
}

/// GOMEMLIMIT at start: bytes with an optional unit, or "off".
pub(super) fn memory_limit_from_env() -> i64 {
    let Some(text) = start_config::env(b"GOMEMLIMIT") else { return i64::MAX };
    let (digits, shift) = match text {
        [digits @ .., b'K', b'i', b'B'] => (digits, 10),
        [digits @ .., b'M', b'i', b'B'] => (digits, 20),
        [digits @ .., b'G', b'i', b'B'] => (digits, 30),
        [digits @ .., b'T', b'i', b'B'] => (digits, 40),
        [digits @ .., b'B'] => (digits, 0),
        digits => (digits, 0),
    };
    let number = core::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i64>().ok());
    number.and_then(|number| number.checked_shl(shift)).filter(|limit| *limit > 0).unwrap_or(i64::MAX)
}

/// Whether growth triggers collections.
pub(super) fn gc_is_on() -> bool {
    HEAP.gc_percent() >= 0
}

/// `debug.SetGCPercent`.
pub(crate) extern "C" fn set_gc_percent(percent: i64) -> Verdict {
    let old = HEAP.set_gc_percent(percent.clamp(-1, i64::from(i32::MAX)) as i32);
    current_g().set_ret(0, i64::from(old) as u64);
    Verdict::Continue
}

/// `debug.SetMemoryLimit`.
pub(crate) extern "C" fn set_memory_limit(limit: i64) -> Verdict {
    current_g().set_ret(0, HEAP.set_memory_limit(limit) as u64);
    Verdict::Continue
}

/// What the overlay's `runtime.ReadMemStats` copies from.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Snapshot {
    heap: MemStats,
    stack_inuse: u64,
    pause_total: u64,
    n_pauses: u64,
    n_forced: u64,
    /// Part of the processors' time since the start that went into collections.
    cpu_fraction: f64,
    gc_percent: i64,
    memory_limit: i64,
    global_bytes: u64,
    /// Nanoseconds since the start.
    elapsed: i64,
}

/// `runtime.ReadMemStats`.
pub(crate) extern "C" fn read_memstats(out: *mut Snapshot) -> Verdict {
    sched::with_world_stopped(StopReason::Statistics, |_| {
        // SAFETY: the scheduler's witness says the same.
        let world = unsafe { rt_heap::WorldStopped::assume() };
        let snapshot = Snapshot {
            heap: HEAP.mem_stats(&world),
            stack_inuse: stack::mapped_bytes() as u64,
            pause_total: TOTAL_PAUSE.load(Relaxed) as u64,
            n_pauses: N_EVER.load(Relaxed) as u64,
            n_forced: N_FORCED.load(Relaxed) as u64,
            cpu_fraction: cpu_fraction(seam::nanotime()),
            gc_percent: i64::from(HEAP.gc_percent()),
            memory_limit: HEAP.set_memory_limit(-1),
            global_bytes: super::roots::global_bytes() as u64,
            elapsed: seam::nanotime() - HEAP_STARTED.load(Relaxed),
        };
        // SAFETY: the overlay passes a record of this type.
        unsafe { out.write(snapshot) };
    });
    Verdict::Continue
}

/// Counts a pause of the current cycle.
pub(super) fn add_pause(nanos: i64) {
    PAUSED.fetch_add(nanos, Relaxed);
}

/// Counts a cycle that the program asked for.
pub(super) fn add_forced() {
    N_FORCED.fetch_add(1, Relaxed);
}

/// Remembers the pauses of a cycle that ends just now, with the processor time that went into its marking.
pub(super) fn end_cycle(shared: i64) {
    SHARED_EVER.fetch_add(shared, Relaxed);
    let nanos = PAUSED.swap(0, Relaxed);
    let idx = N_EVER.load(Relaxed);
    let pause = &PAUSES[idx % N_PAUSES];
    pause.end.store(seam::walltime().as_nanos(), Relaxed);
    pause.nanos.store(nanos, Relaxed);
    TOTAL_PAUSE.fetch_add(nanos, Relaxed);
    N_EVER.store(idx + 1, Release);
}

/// Fills `out` with the last pauses, newest first: nanoseconds, then ends; at most `n_words` in all. How many pauses.
pub(crate) extern "C" fn read_gc_stats(out: *mut i64, n_words: usize) -> usize {
    let n_ever = N_EVER.load(Relaxed);
    let n = n_ever.min(N_PAUSES).min(n_words / 2);
    for idx in 0..n {
        let pause = &PAUSES[(n_ever - 1 - idx) % N_PAUSES];
        // SAFETY: the overlay passes room for `n_words`.
        unsafe { out.add(idx).write(pause.nanos.load(Relaxed)) };
        // SAFETY: as above.
        unsafe { out.add(n + idx).write(pause.end.load(Relaxed)) };
    }
    n
}

/// When the parts of a cycle began and ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct CycleTimes {
    /// The first pause began.
    pub(super) start: i64,
    /// It ended: marking beside the program began.
    pub(super) mark: i64,
    /// The second pause began.
    pub(super) finish: i64,
    /// It ended.
    pub(super) end: i64,
    /// Processor time that went into marking.
    pub(super) shared: i64,
}

/// Go's line per cycle when `GODEBUG=gctrace=1`. Go divides the processor time of marking into assists, dedicated and
/// idle workers; here all of it is shared by the processors, and is shown in the second place.
pub(super) fn trace_cycle(times: CycleTimes) {
    if start_config::godebug_number(b"gctrace").unwrap_or(0) <= 0 {
        return;
    }
    let cycle = HEAP.cycle_stats();
    let n_procs = i64::from(sched::n_procs());
    let (first, marking, last) =
        (times.mark - times.start, times.finish - times.mark, times.end - times.finish);
    let mut out = Printer::stderr();
    out.text("gc ").uint(u64::from(cycle.n_cycles)).text(" @");
    seconds(&mut out, times.start - HEAP_STARTED.load(Relaxed));
    out.text("s ").int((cpu_fraction(times.end) * 100.0) as i64).text("%: ");
    for (idx, nanos) in [first, marking, last].into_iter().enumerate() {
        millis(out.text(if idx == 0 { "" } else { "+" }), nanos);
    }
    out.text(" ms clock, ");
    millis(&mut out, first * n_procs);
    out.text("+0/");
    millis(&mut out, times.shared);
    out.text("/0+");
    millis(&mut out, last * n_procs);
    let mib = |n_bytes: usize| (n_bytes >> 20) as u64;
    out.text(" ms cpu, ").uint(mib(cycle.live_at_start)).text("->").uint(mib(cycle.live_at_end));
    out.text("->").uint(mib(cycle.marked)).text(" MB, ").uint(mib(cycle.goal_before)).text(" MB goal, ");
    out.uint(mib(stack::mapped_bytes())).text(" MB stacks, ").uint(mib(super::roots::global_bytes()));
    out.text(" MB globals, ").int(n_procs).text(" P\n");
}

/// The part of the processors' time until `now` that went into collections.
fn cpu_fraction(now: i64) -> f64 {
    let busy = SHARED_EVER.load(Relaxed) + TOTAL_PAUSE.load(Relaxed) * i64::from(sched::n_procs());
    let all = (now - HEAP_STARTED.load(Relaxed)).max(1) * i64::from(sched::n_procs());
    busy as f64 / all as f64
}

/// Seconds with three decimals.
fn seconds(out: &mut Printer, nanos: i64) {
    decimal(out, nanos / 1_000_000, 1000);
}

/// Milliseconds as Go prints them: whole from 10 up, below that two significant digits.
fn millis(out: &mut Printer, nanos: i64) {
    match nanos {
        ..100_000 => decimal(out, nanos / 1_000, 1000),
        100_000..1_000_000 => decimal(out, nanos / 10_000, 100),
        1_000_000..10_000_000 => decimal(out, nanos / 100_000, 10),
        _ => drop(out.int(nanos / 1_000_000)),
    }
}

/// `value / scale` with as many decimals as `scale` has zeros.
fn decimal(out: &mut Printer, value: i64, scale: i64) {
    out.int(value / scale).text(".");
    let mut rest = scale / 10;
    while rest > 0 {
        out.int(value / rest % 10);
        rest /= 10;
    }
}

/// Remembers when the program began.
pub(super) fn init() {
    HEAP_STARTED.store(seam::nanotime(), Relaxed);
}
