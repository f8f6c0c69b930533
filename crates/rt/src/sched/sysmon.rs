//! The monitor thread: it needs no processor, and so sees when the others are stuck.

use super::{LAST_POLL, N_IDLE_P, N_SPINNING, find, procs, threads};
use crate::{
    heap,
    netpoll::{self, Wait},
    p::{PRef, PStatus},
    seam, trace,
};
use core::sync::atomic::{AtomicU32, Ordering};
use rt_sync::Parker;
use rt_sys::{clock, thread, tls::ThreadHead};

const MILLISECOND: i64 = 1_000_000;
/// A goroutine may run this long before it is preempted.
const SLICE: i64 = 10 * MILLISECOND;
/// The shortest sleep; doubled after a second without work for sysmon.
const MIN_SLEEP: i64 = 20_000;
/// The longest sleep while something runs. When a slice began is known to half of this; its end is not slept over.
const MAX_SLEEP: i64 = 2 * MILLISECOND;

/// Non-zero while sysmon sleeps because everything is idle.
static ASLEEP: AtomicU32 = AtomicU32::new(0);
/// Where it sleeps then.
static PARKER: Parker = Parker::new();

/// Something runs again.
#[inline]
pub(super) fn wake() {
    if ASLEEP.load(Ordering::SeqCst) != 0 && ASLEEP.swap(0, Ordering::SeqCst) != 0 {
        PARKER.unpark();
    }
}

/// Starts the thread.
pub(super) fn start() {
    super::start::start_service(main);
}

/// What it remembers of a processor.
#[derive(Clone, Copy, Default)]
struct Seen {
    sched_tick: u32,
    sched_when: i64,
    syscall_tick: u32,
    syscall_when: i64,
}

extern "C" fn main(_head: *mut ThreadHead) -> ! {
    let m = crate::m::MRef::current();
    super::start::enter_service(m);
    thread::wake_quickly();
    let mut monitor = Monitor::default();
    let mut n_idle_rounds = 0;
    let mut delay = MIN_SLEEP;
    loop {
        delay = match n_idle_rounds {
            0 => MIN_SLEEP,
            _ if n_idle_rounds > 50 => (delay * 2).min(MAX_SLEEP),
            _ => delay,
        };
        let _ = PARKER.park_for(monitor.until_slice_ends(delay));
        let now = clock::monotonic();
        trace::schedtrace(now);
        if sleep_when_idle() {
            n_idle_rounds = 0;
            continue;
        }
        let last_poll = LAST_POLL.load(Ordering::Relaxed);
        if netpoll::is_initialised() && last_poll != 0 && last_poll + SLICE < now {
            LAST_POLL.store(now, Ordering::Relaxed);
            find::inject(None, netpoll::poll(Wait::No));
        }
        n_idle_rounds = if monitor.retake(now) { 0 } else { n_idle_rounds + 1 };
        heap::periodic(now);
    }
}

/// Sleeps while no processor runs and the world is not about to start; true when it slept.
fn sleep_when_idle() -> bool {
    if N_IDLE_P.load(Ordering::SeqCst) != procs::n_procs() {
        return false;
    }
    ASLEEP.store(1, Ordering::SeqCst);
    // Whoever takes a processor from the idle list reads ASLEEP afterwards.
    if N_IDLE_P.load(Ordering::SeqCst) == procs::n_procs() {
        let _ = PARKER.park_for(trace::schedtrace_period().unwrap_or(60_000 * MILLISECOND));
    }
    ASLEEP.store(0, Ordering::SeqCst);
    true
}

/// What it remembers between two looks.
#[derive(Default)]
struct Monitor {
    seen: alloc::vec::Vec<Seen>,
    /// When it looked last.
    last_look: i64,
    /// When the first of the running slices ends; `i64::MAX` if none does.
    slice_end: i64,
}

impl Monitor {
    /// How long to sleep: `delay`, unless a slice ends before.
    fn until_slice_ends(&self, delay: i64) -> i64 {
        delay.min(self.slice_end - self.last_look).max(MIN_SLEEP)
    }

    /// Preempts goroutines that run for too long, and takes processors from threads that stay in the kernel.
    fn retake(&mut self, now: i64) -> bool {
        self.seen.resize(procs::all_procs().len(), Seen::default());
        // A slice that is seen for the first time began between the looks.
        let began = now - (now - self.last_look).min(MAX_SLEEP) / 2;
        (self.last_look, self.slice_end) = (now, i64::MAX);
        let mut did_something = false;
        for (&p, seen) in procs::all_procs().iter().zip(&mut self.seen) {
            let status = p.status();
            if matches!(status, PStatus::Running | PStatus::Syscall) {
                self.slice_end = self.slice_end.min(preempt_if_long(p, seen, began, now));
            }
            if status == PStatus::Syscall {
                did_something |= take_from_syscall(p, seen, now);
            }
        }
        did_something
    }
}

/// When the slice of `p` ends; `i64::MAX` if it has, and `p` has been asked to yield.
fn preempt_if_long(p: PRef, seen: &mut Seen, began: i64, now: i64) -> i64 {
    let tick = p.sched_tick.load(Ordering::Relaxed);
    if tick != seen.sched_tick {
        (seen.sched_tick, seen.sched_when) = (tick, began);
    }
    let end = seen.sched_when + SLICE;
    if end > now {
        return end;
    }
    if !seam::is_simulated() {
        p.preempt.store(1, Ordering::SeqCst);
        if let Some(g) = p.m().and_then(|m| m.cur_g()) {
            g.request_preemption();
        }
    }
    i64::MAX
}

fn take_from_syscall(p: PRef, seen: &mut Seen, now: i64) -> bool {
    let tick = p.syscall_tick.load(Ordering::Relaxed);
    if tick != seen.syscall_tick {
        (seen.syscall_tick, seen.syscall_when) = (tick, now);
        return false;
    }
    // Leave it when nothing waits for it and others are free, but not for ever: it keeps sysmon awake.
    let is_needless = p.queue.is_empty()
        && N_SPINNING.load(Ordering::SeqCst) + N_IDLE_P.load(Ordering::SeqCst) > 0
        && seen.syscall_when + SLICE > now;
    if is_needless || !p.try_status(PStatus::Syscall, PStatus::Idle) {
        return false;
    }
    p.syscall_tick.fetch_add(1, Ordering::Relaxed);
    p.set_m(None);
    threads::hand_off(p);
    true
}
