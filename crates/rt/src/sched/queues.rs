//! What the scheduler's lock protects: the global run queue and the lists of idle threads and processors.

use super::{N_IDLE_P, STOPPING};
use crate::{
    g::GRef,
    m::MRef,
    p::{PRef, PStatus},
};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use rt_sync::{Guard, Lock, Parker, Rank};

/// The scheduler's state; owned by `sched`.
pub static SCHED: Lock<Sched> = Lock::new(Rank::Sched, Sched::new());

/// Length of the global queue, readable without the lock; written under it, so plain stores do. Who sleeps on a stale
/// value has looked at the queue under the lock before (`give_up`).
pub(super) static GLOBAL_LEN: AtomicU32 = AtomicU32::new(0);

/// `Sched::n_displaced`, readable without the lock.
pub(super) static N_DISPLACED: AtomicU32 = AtomicU32::new(0);

/// Where a thread that stops the world waits for the last processor.
pub(super) static STOPPED: Parker = Parker::new();

/// Every goroutine ever created, in order; owned by `sched`.
pub static ALL_G: Lock<Vec<GRef>> = Lock::new(Rank::AllGoroutines, Vec::new());

/// Calls `f` for every goroutine that exists, dead ones included.
pub fn for_each_g(mut f: impl FnMut(GRef)) {
    let mut idx = 0;
    loop {
        // The lock is not held during `f`: goroutines are only appended.
        let Some(g) = ALL_G.lock().get(idx).copied() else { return };
        f(g);
        idx += 1;
    }
}

/// Queues and lists.
#[derive(Debug)]
pub struct Sched {
    head: Option<GRef>,
    tail: Option<GRef>,
    idle_m: Option<MRef>,
    idle_p: Option<PRef>,
    /// Idle threads.
    pub n_idle_m: u32,
    /// Threads that are locked to a goroutine and wait for it.
    pub n_idle_locked: u32,
    /// Threads that exist.
    pub n_m: u32,
    /// Threads that never run goroutines (sysmon).
    pub n_system_m: u32,
    /// Processors that have yet to stop.
    pub stop_wait: i32,
    /// Processors in use.
    pub n_procs: u32,
    /// Threads that lost their processor in `stop_point`, and have not been given one yet.
    n_displaced: u32,
    /// Processors given to them.
    given_p: Option<PRef>,
    /// No threads may be created (`before_exec`).
    pub exec_lock: bool,
}

// SAFETY: goroutines, threads and processors are shared by design; the lock orders the list's uses.
unsafe impl Send for Sched {}

impl Sched {
    const fn new() -> Sched {
        Sched {
            head: None,
            tail: None,
            idle_m: None,
            idle_p: None,
            n_idle_m: 0,
            n_idle_locked: 0,
            n_m: 0,
            n_system_m: 0,
            stop_wait: 0,
            n_procs: 0,
            n_displaced: 0,
            given_p: None,
            exec_lock: false,
        }
    }

    /// Appends to the global queue.
    pub fn put(&mut self, g: GRef) {
        g.link.set(None);
        match self.tail.replace(g) {
            Some(tail) => tail.link.set(Some(g)),
            None => self.head = Some(g),
        }
        GLOBAL_LEN.store(self.len() + 1, Ordering::Release);
    }

    /// Takes the oldest of the global queue.
    pub fn get(&mut self) -> Option<GRef> {
        let g = self.head?;
        self.head = g.link.take();
        if self.head.is_none() {
            self.tail = None;
        }
        GLOBAL_LEN.store(self.len() - 1, Ordering::Release);
        Some(g)
    }

    /// Goroutines in the global queue.
    pub fn len(&self) -> u32 {
        GLOBAL_LEN.load(Ordering::Relaxed)
    }

    /// Whether the global queue is empty.
    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Puts a processor into the idle list.
    pub fn put_idle_p(&mut self, p: PRef) {
        p.set_m(None);
        p.set_status(PStatus::Idle);
        p.link.set(self.idle_p);
        self.idle_p = Some(p);
        N_IDLE_P.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes one from it.
    pub fn get_idle_p(&mut self) -> Option<PRef> {
        let p = self.idle_p?;
        self.idle_p = p.link.take();
        N_IDLE_P.fetch_sub(1, Ordering::SeqCst);
        super::sysmon::wake();
        Some(p)
    }

    /// A thread has lost its processor.
    pub fn one_displaced(&mut self) {
        self.n_displaced += 1;
        N_DISPLACED.store(self.n_displaced, Ordering::Relaxed);
    }

    fn one_served(&mut self) {
        self.n_displaced -= 1;
        N_DISPLACED.store(self.n_displaced, Ordering::Relaxed);
    }

    /// Gives up `p`, held by the caller, if a displaced thread needs one; whether it did.
    pub fn give_p(&mut self, p: PRef) -> bool {
        if self.n_displaced == 0 {
            return false;
        }
        self.one_served();
        p.set_m(None);
        p.link.set(self.given_p.replace(p));
        true
    }

    /// Whether a processor that was given up has not been taken yet.
    pub fn has_given_p(&self) -> bool {
        self.given_p.is_some()
    }

    /// A processor for a displaced thread: given up for it, or idle.
    pub fn take_given_p(&mut self) -> Option<PRef> {
        if let Some(p) = self.given_p {
            self.given_p = p.link.take();
            return Some(p);
        }
        let p = self.get_idle_p()?;
        self.one_served();
        Some(p)
    }

    /// Puts a thread into the idle list.
    pub fn put_idle_m(&mut self, m: MRef) {
        m.link.set(self.idle_m);
        self.idle_m = Some(m);
        self.n_idle_m += 1;
        super::check_dead(self);
    }

    /// Takes one from it.
    pub fn get_idle_m(&mut self) -> Option<MRef> {
        let m = self.idle_m?;
        self.idle_m = m.link.take();
        self.n_idle_m -= 1;
        Some(m)
    }

    /// A processor has stopped for the world's sake.
    pub fn one_stopped(&mut self) {
        self.stop_wait -= 1;
        if self.stop_wait == 0 {
            STOPPED.unpark();
        }
    }

    /// Whether the world is stopping.
    pub fn is_stopping(&self) -> bool {
        STOPPING.load(Ordering::SeqCst) != 0
    }
}

/// Appends to the global queue, from any thread.
pub(super) fn put_global(g: GRef) {
    SCHED.lock().put(g);
}

/// Appends several, in order.
pub(super) fn put_global_batch(items: &[usize]) {
    let mut sched: Guard<'_, Sched> = SCHED.lock();
    for &item in items {
        // SAFETY: run queues hold addresses of goroutines.
        if let Some(g) = unsafe { GRef::from_addr(item) } {
            sched.put(g);
        }
    }
}

/// Moves a fair share of the global queue (at most half a ring) to `p`, and answers the first.
pub(super) fn get_global(p: PRef, max: u32) -> Option<GRef> {
    if GLOBAL_LEN.load(Ordering::SeqCst) == 0 {
        return None;
    }
    let mut sched = SCHED.lock();
    let share = sched.len() / sched.n_procs.max(1) + 1;
    let n = share.min(max).min(sched.len()).min(rt_sync::RUN_QUEUE_CAPACITY as u32 / 2);
    let first = sched.get()?;
    for _ in 1..n {
        let Some(g) = sched.get() else { break };
        if let rt_sync::Put::Overflow(batch) = p.queue.put(g.addr(), rt_sync::Next::Tail) {
            drop(sched);
            put_global_batch(batch.as_slice());
            break;
        }
    }
    Some(first)
}
