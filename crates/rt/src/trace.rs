//! Observing the scheduler: a ring of events per processor, and Go's `schedtrace` lines.
//!
//! An event is one 32-byte store when `GODEBUG=eventtrace=1` or the program wants it, else the test of a flag. The newest
//! `RING` events of each processor can be read.

use crate::{
    m::MRef,
    print::Printer,
    sched::{self, N_IDLE_P, N_SPINNING, SCHED},
    seam, start_config,
};
use abi::{TraceEvent, TraceKind};
use core::{
    cell::{Cell, UnsafeCell},
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
};

/// Events per processor.
pub const RING: usize = 1024;

/// Whether events are recorded. Owned by this module.
static ENABLED: AtomicBool = AtomicBool::new(false);
/// Period of `schedtrace` in nanoseconds, or 0; when the next line is due; when the first was possible.
static PERIOD: AtomicI64 = AtomicI64::new(0);
static NEXT: AtomicI64 = AtomicI64::new(0);
static START: AtomicI64 = AtomicI64::new(0);

/// A processor's events; written by its thread alone, read while the world is stopped.
#[derive(Debug)]
pub struct Ring {
    events: UnsafeCell<[TraceEvent; RING]>,
    n: Cell<usize>,
}

const EMPTY: TraceEvent = TraceEvent { time: 0, g: 0, arg: 0, pc: 0, p: 0, kind: 0, detail: 0 };

impl Ring {
    /// No events.
    pub fn new() -> Ring {
        Ring { events: UnsafeCell::new([EMPTY; RING]), n: Cell::new(0) }
    }

    fn push(&self, event: TraceEvent) {
        let n = self.n.get();
        // SAFETY: only the processor's thread writes.
        unsafe { (*self.events.get())[n % RING] = event };
        self.n.set(n + 1);
    }

    /// The events, oldest first.
    fn for_each(&self, mut f: impl FnMut(&TraceEvent)) {
        let n = self.n.get();
        // SAFETY: the world is stopped, or this is the processor's thread.
        let events = unsafe { &*self.events.get() };
        (n.saturating_sub(RING)..n).for_each(|idx| f(&events[idx % RING]));
    }
}

/// Reads the settings.
pub fn init() {
    ENABLED.store(start_config::godebug_number(b"eventtrace") == Some(1), Ordering::Relaxed);
    let period = start_config::godebug_number(b"schedtrace").unwrap_or(0).max(0) * 1_000_000;
    PERIOD.store(period, Ordering::Relaxed);
    if period != 0 {
        START.store(seam::nanotime(), Ordering::Relaxed);
        NEXT.store(START.load(Ordering::Relaxed) + period, Ordering::Relaxed);
    }
}

/// Turns the recording on or off; whether it was on.
pub fn enable(on: bool) -> bool {
    ENABLED.swap(on, Ordering::Relaxed)
}

/// Records an event on this thread's processor.
#[inline]
pub fn event(kind: TraceKind, g: u64, arg: u64, detail: u8) {
    if ENABLED.load(Ordering::Relaxed) {
        record(kind, g, arg, detail);
    }
}

#[cold]
fn record(kind: TraceKind, g: u64, arg: u64, detail: u8) {
    if let Some(p) = MRef::current().try_p() {
        let time = seam::nanotime() as u64;
        p.ring.push(TraceEvent { time, g, arg, pc: 0, p: p.id as u16, kind: kind as u8, detail });
    }
}

/// Copies all processors' events; how many there were.
pub(crate) extern "C" fn trace_read(out: *mut TraceEvent, n: usize) -> usize {
    let mut n_read = 0;
    for p in sched::all_procs() {
        p.ring.for_each(|event| {
            if n_read < n {
                // SAFETY: the overlay passes room for `n` records.
                unsafe { out.add(n_read).write(*event) };
            }
            n_read += 1;
        });
    }
    n_read
}

/// How long until the next `schedtrace` line can be due.
pub fn schedtrace_period() -> Option<i64> {
    Some(PERIOD.load(Ordering::Relaxed)).filter(|&period| period != 0)
}

/// Prints a `SCHED` line when it is due.
pub fn schedtrace(now: i64) {
    let Some(period) = schedtrace_period() else { return };
    if now < NEXT.load(Ordering::Relaxed) {
        return;
    }
    NEXT.store(now + period, Ordering::Relaxed);
    let (n_m, n_idle_m, n_global) = {
        let sched = SCHED.lock();
        (sched.n_m, sched.n_idle_m, sched.len())
    };
    let mut printer = Printer::stderr();
    printer.text("SCHED ").int((now - START.load(Ordering::Relaxed)) / 1_000_000);
    printer.text("ms: gomaxprocs=").uint(u64::from(sched::n_procs()));
    printer.text(" idleprocs=").uint(u64::from(N_IDLE_P.load(Ordering::Relaxed)));
    printer.text(" threads=").uint(u64::from(n_m));
    printer.text(" spinningthreads=").uint(u64::from(N_SPINNING.load(Ordering::Relaxed)));
    printer.text(" needspinning=0 idlethreads=").uint(u64::from(n_idle_m));
    printer.text(" runqueue=").uint(u64::from(n_global)).text(" [");
    for p in sched::all_procs() {
        printer.text(" ").uint(p.queue.len() as u64);
    }
    printer.text(" ] schedticks=[");
    for p in sched::all_procs() {
        printer.text(" ").uint(u64::from(p.sched_tick.load(Ordering::Relaxed)));
    }
    printer.text(" ]\n");
}

/// A user's region or log entry.
pub(crate) extern "C" fn trace_user(kind: usize, id: u64, arg: u64) {
    if let Some(g) = MRef::current().cur_g() {
        event(TraceKind::User, g.goid() ^ id << 32, arg, kind as u8);
    }
}
