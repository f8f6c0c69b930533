//! A processor (P): the right to run Go code, and the caches that go with it.
//!
//! **States** (Go's names), changed under the scheduler's lock unless drawn otherwise:
//!
//! ```text
//!   Idle <──────────> Running ──── entersyscall (cas-free store by the owner) ───> Syscall
//!    ^                  ^  └───────────────── exitsyscall: cas Syscall -> Running ──┘ │
//!    │                  │                                                            │ sysmon, stop-the-world:
//!    └── start / stop ──┘                                          Idle, Stopped <───┘ cas Syscall -> Idle
//! ```
//!
//! **Invariants.** 1. A `P` is never freed. 2. In `Running` it belongs to thread `m`, which alone uses its cells.

use crate::{chan::Waiter, g::GRef, heap::HeapProc, m::MRef, timer::Timers, trace::Ring};
use core::{
    cell::Cell,
    ops::Deref,
    ptr::{self, NonNull},
    sync::atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering},
};
use rt_sync::RunQueue;

/// The state of a processor.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PStatus {
    /// In the idle list.
    Idle = 0,
    /// Held by a thread.
    Running = 1,
    /// Its thread is in a system call; anybody may take it.
    Syscall = 2,
    /// Stopped with the world.
    Stopped = 3,
    /// Beyond GOMAXPROCS.
    Dead = 4,
}

/// A processor.
#[repr(align(128))]
pub struct P {
    /// Number, from 0.
    pub id: u32,
    status: AtomicU32,
    /// Link of the idle list.
    pub link: Cell<Option<PRef>>,
    m: AtomicUsize,
    /// Counts goroutines started: sysmon sees whether one runs for long.
    pub sched_tick: AtomicU32,
    /// Counts all switches: thieves see whether the owner will come to its `next` slot.
    pub n_switches: AtomicU32,
    /// Counts system calls.
    pub syscall_tick: AtomicU32,
    /// Runnable goroutines.
    pub queue: RunQueue,
    /// Timers.
    pub timers: Timers,
    /// Dead goroutines with stacks.
    pub free_g: Cell<Option<GRef>>,
    /// How many.
    pub n_free_g: Cell<u32>,
    /// The number of the next goroutine made here; the first of a batch: take a new batch.
    pub next_goid: Cell<u64>,
    /// Goroutines of the program made here less those that ended here.
    pub n_user: AtomicI64,
    /// Unused waiters.
    pub free_waiters: Cell<*mut Waiter>,
    /// How many.
    pub n_free_waiters: Cell<u32>,
    /// The heap's part.
    pub heap: HeapProc,
    /// The event trace's part.
    pub ring: Ring,
    /// Non-zero: the scheduler is asked to run at the next safe point.
    pub preempt: AtomicU32,
}

// SAFETY: by (2).
unsafe impl Sync for P {}

impl core::fmt::Debug for P {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("P").field("id", &self.id).field("status", &self.status()).finish_non_exhaustive()
    }
}

/// A processor's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PRef(NonNull<P>);

impl Deref for PRef {
    type Target = P;
    #[inline]
    fn deref(&self) -> &P {
        // SAFETY: by (1).
        unsafe { self.0.as_ref() }
    }
}

impl PRef {
    /// A stopped processor.
    pub fn new(id: u32) -> PRef {
        let p = alloc::boxed::Box::new(P {
            id,
            status: AtomicU32::new(PStatus::Stopped as u32),
            link: Cell::new(None),
            m: AtomicUsize::new(0),
            sched_tick: AtomicU32::new(0),
            n_switches: AtomicU32::new(0),
            syscall_tick: AtomicU32::new(0),
            queue: RunQueue::new(),
            timers: Timers::new(),
            free_g: Cell::new(None),
            n_free_g: Cell::new(0),
            next_goid: Cell::new(1),
            n_user: AtomicI64::new(0),
            free_waiters: Cell::new(ptr::null_mut()),
            n_free_waiters: Cell::new(0),
            heap: HeapProc::new(),
            ring: Ring::new(),
            preempt: AtomicU32::new(0),
        });
        PRef(NonNull::from(alloc::boxed::Box::leak(p)))
    }

    /// From [`PRef::addr`].
    ///
    /// # Safety
    /// - It came from there, or is 0.
    pub unsafe fn from_addr(addr: usize) -> Option<PRef> {
        NonNull::new(addr as *mut P).map(PRef)
    }

    /// The address.
    pub fn addr(self) -> usize {
        self.0.as_ptr() as usize
    }
}

impl P {
    /// The state.
    pub fn status(&self) -> PStatus {
        match self.status.load(Ordering::SeqCst) {
            0 => PStatus::Idle,
            1 => PStatus::Running,
            2 => PStatus::Syscall,
            3 => PStatus::Stopped,
            _ => PStatus::Dead,
        }
    }

    /// Sets the state. SeqCst: `entersyscall` stores it and then reads the stop request, the stopper the other way round.
    pub fn set_status(&self, status: PStatus) {
        self.status.store(status as u32, Ordering::SeqCst);
    }

    /// Changes the state unless somebody else did.
    #[must_use]
    pub fn try_status(&self, from: PStatus, to: PStatus) -> bool {
        self.status.compare_exchange(from as u32, to as u32, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    /// The thread that holds it, for requests from other threads.
    pub fn m(&self) -> Option<MRef> {
        let addr = self.m.load(Ordering::Relaxed);
        // SAFETY: only `set_m` writes it; an `M` begins with its thread head.
        (addr != 0).then(|| unsafe { core::mem::transmute::<usize, MRef>(addr) })
    }

    /// Sets it.
    pub fn set_m(&self, m: Option<MRef>) {
        self.m.store(m.map_or(0, MRef::addr), Ordering::Relaxed);
    }
}
