//! A thread (M) and how code on it finds itself.
//!
//! **Invariants.** 1. An `M` is never freed, only reused by a later thread. 2. Its cells are touched by its own thread,
//! or by another one that has just taken it from an idle list (before unparking it).

use crate::{g::GRef, p::PRef, seam::Rng};
use alloc::boxed::Box;
use core::{
    cell::{Cell, UnsafeCell},
    ops::Deref,
    ptr::{self, NonNull},
    sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
};
use rt_sync::Parker;
use rt_sys::tls::{self, ThreadHead};

/// Bytes of a system stack.
pub const SYSTEM_STACK: usize = 256 << 10;
/// Bytes of a signal stack.
pub const SIGNAL_STACK: usize = 64 << 10;

/// A thread of the scheduler.
#[repr(C)]
pub struct M {
    thread: UnsafeCell<ThreadHead>,
    /// Number, from 0.
    pub id: u32,
    /// The kernel's number.
    pub tid: AtomicU32,
    /// Top of the system stack.
    pub sys_sp: Cell<usize>,
    /// The goroutine that runs, if any.
    cur_g: AtomicUsize,
    /// The processor held.
    p: AtomicUsize,
    /// The processor to take when unparked.
    pub next_p: Cell<Option<PRef>>,
    /// The processor held before the system call.
    pub old_p: Cell<Option<PRef>>,
    /// Searching for work.
    pub spinning: Cell<bool>,
    /// In the poller.
    pub blocked_in_poll: AtomicBool,
    /// Where it sleeps.
    pub parker: Parker,
    /// The goroutine that is locked to it.
    pub locked_g: Cell<Option<GRef>>,
    /// Link of the idle list.
    pub link: Cell<Option<MRef>>,
    /// Random numbers for scheduling decisions.
    pub rng: UnsafeCell<Rng>,
    /// Overflow result words of Go functions.
    pub retbuf: Box<[u64; abi::RETBUF_WORDS]>,
    /// Nesting of `print_lock`.
    pub print_depth: Cell<u32>,
    /// 0 alive; 1 dying of a fatal error; 2 died while dying.
    pub dying: Cell<u32>,
    /// 1 when its thread has ended, and left the stacks.
    pub has_ended: AtomicU32,
    /// Runs `after_exec` or another request of all threads when signalled.
    pub work: AtomicUsize,
}

// SAFETY: by (2).
unsafe impl Sync for M {}

impl core::fmt::Debug for M {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("M").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A thread's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MRef(NonNull<M>);

impl Deref for MRef {
    type Target = M;
    #[inline]
    fn deref(&self) -> &M {
        // SAFETY: by (1).
        unsafe { self.0.as_ref() }
    }
}

impl MRef {
    /// A thread to be; its system stack is mapped by [`MRef::map_stacks`].
    pub fn new(id: u32, seed: u64) -> MRef {
        let m = Box::leak(Box::new(M {
            thread: UnsafeCell::new(ThreadHead { this: ptr::null_mut(), held_ranks: 0 }),
            id,
            tid: AtomicU32::new(0),
            sys_sp: Cell::new(0),
            cur_g: AtomicUsize::new(0),
            p: AtomicUsize::new(0),
            next_p: Cell::new(None),
            old_p: Cell::new(None),
            spinning: Cell::new(false),
            blocked_in_poll: AtomicBool::new(false),
            parker: Parker::new(),
            locked_g: Cell::new(None),
            link: Cell::new(None),
            rng: UnsafeCell::new(Rng::new(seed)),
            retbuf: Box::new([0; abi::RETBUF_WORDS]),
            print_depth: Cell::new(0),
            dying: Cell::new(0),
            has_ended: AtomicU32::new(0),
            work: AtomicUsize::new(0),
        }));
        m.thread.get_mut().this = m.thread.get();
        MRef(NonNull::from(m))
    }

    /// The thread that executes this.
    #[inline]
    pub fn current() -> MRef {
        // SAFETY: the control block of every thread of the image is the head of its `M`.
        unsafe { MRef(NonNull::new_unchecked(tls::current().cast())) }
    }

    /// The control block for `%fs`.
    pub fn thread_head(self) -> *mut ThreadHead {
        self.thread.get()
    }

    /// The address.
    pub fn addr(self) -> usize {
        self.0.as_ptr() as usize
    }
}

impl M {
    /// The goroutine that runs on this thread, or is in a system call.
    #[inline]
    pub fn cur_g(&self) -> Option<GRef> {
        // SAFETY: only `set_cur_g` writes it.
        unsafe { GRef::from_addr(self.cur_g.load(Ordering::Relaxed)) }
    }

    /// Sets it; other threads read it only to request a preemption.
    #[inline]
    pub fn set_cur_g(&self, g: Option<GRef>) {
        self.cur_g.store(g.map_or(0, GRef::addr), Ordering::Relaxed);
    }

    /// The processor held.
    #[inline]
    pub fn try_p(&self) -> Option<PRef> {
        // SAFETY: only `set_p` writes it.
        unsafe { PRef::from_addr(self.p.load(Ordering::Relaxed)) }
    }

    /// The processor held; callers know that there is one.
    #[inline]
    pub fn p(&self) -> PRef {
        self.try_p().expect("a running thread holds a processor")
    }

    /// Sets it.
    pub fn set_p(&self, p: Option<PRef>) {
        self.p.store(p.map_or(0, PRef::addr), Ordering::Relaxed);
    }

    /// This thread's random numbers.
    #[expect(clippy::mut_from_ref, reason = "only the thread itself draws, never re-entrantly")]
    pub fn rng(&self) -> &mut Rng {
        // SAFETY: by (2).
        unsafe { &mut *self.rng.get() }
    }
}

/// The goroutine that called into the runtime.
#[inline]
pub fn current_g() -> GRef {
    MRef::current().cur_g().expect("a goroutine called the runtime")
}
