//! A goroutine (G): its head for compiled code, its state, and its stacks.
//!
//! **States** (Go's names). Only the transitions drawn exist; each is one method of [`GRef`] or a comment beside it.
//!
//! ```text
//!            newproc              execute              gosched, preempted
//!   Dead ─────────────> Runnable ─────────> Running ───────────────────────> Runnable
//!    ^                     ^                 │  │ │
//!    │      goexit         │ ready           │  │ └── entersyscall ──> Syscall ── exitsyscall ──> Running
//!    └─────────────────────┼─────────────────┘  │                        └── no processor ──> Runnable
//!                          └──── Waiting <──────┘ park (under the lock of what it waits for)
//! ```
//!
//! **Invariants.** 1. A `G` is never freed, only reused; so a `GRef` is always valid to dereference. 2. `Running` and
//! `Syscall`: owned by the thread `m`. `Waiting`: owned by whoever will call `ready`. `Runnable`: owned by the queue.

use crate::{
    bubble::Bubble,
    chan::Waiter,
    m::MRef,
    metrics,
    sched::Source,
    stack::{SideChunk, Stack},
    timer::Timer,
};
use abi::{GHead, WaitReason};
use core::{
    cell::{Cell, UnsafeCell},
    ops::Deref,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, AtomicUsize, Ordering},
};

/// The state of a goroutine.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Unused, or ended.
    Dead = 0,
    /// In a run queue.
    Runnable = 1,
    /// On a thread with a processor.
    Running = 2,
    /// On a thread, in a system call.
    Syscall = 3,
    /// Parked.
    Waiting = 4,
}

/// What kind of goroutine this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The program's.
    User,
    /// The runtime's own: hidden from counts, deadlock detection and tracebacks.
    System,
}

/// A goroutine.
#[repr(C)]
pub struct G {
    head: UnsafeCell<GHead>,
    status: AtomicU32,
    /// Why it waits; valid while `Waiting`.
    pub wait_reason: Cell<WaitReason>,
    /// When it began to wait, or 0.
    pub wait_since: Cell<i64>,
    /// Link of the one queue that it is in.
    pub link: Cell<Option<GRef>>,
    /// The thread that it is locked to.
    pub locked_m: Cell<Option<MRef>>,
    /// Nesting of `LockOSThread`.
    pub lock_depth: Cell<u32>,
    /// Kind.
    pub role: Cell<Role>,
    /// The waiter that woke it, set by the waker.
    pub woken_by: Cell<*mut Waiter>,
    /// Waiters of the operation that it is parked in, linked by `of_g`.
    pub waiters: Cell<*mut Waiter>,
    /// 1 as soon as one case of its select has been chosen.
    pub select_done: AtomicU32,
    /// Where the scheduler found it when it last began to run.
    pub source: Cell<Source>,
    /// Where it was created.
    pub created_at: Cell<usize>,
    /// Who created it.
    pub parent: Cell<u64>,
    /// The native stack.
    pub stack: Cell<Stack>,
    /// A side stack chunk kept for the next overflow.
    pub spare_chunk: Cell<*mut SideChunk>,
    /// Callee-saved registers at `entersyscall`: roots during the system call.
    pub syscall_registers: Cell<[usize; 4]>,
    /// The frame pointer of the function that called `entersyscall`.
    pub syscall_frame: Cell<usize>,
    /// When the system call began.
    pub syscall_tick: Cell<u32>,
    /// The timer of `time.Sleep`.
    pub sleep_timer: UnsafeCell<Timer>,
    /// Index in the table of all goroutines.
    pub index: Cell<u32>,
    /// Scheduling ticks left until a simulated preemption.
    pub sim_budget: Cell<u32>,
    /// The object that it waits for, for reports.
    pub waits_for: AtomicUsize,
    /// Since when it is runnable, if that is measured; else 0.
    pub runnable_since: Cell<i64>,
    /// When the collector looked at its stacks; see `heap::roots`.
    pub scanned_in: AtomicU32,
}

/// Where the spare chunk is from r15 on.
pub(crate) const SPARE_CHUNK: usize = core::mem::offset_of!(G, spare_chunk);
const _: () = assert!(core::mem::offset_of!(G, head) == 0);

// SAFETY: by (2), the owner alone uses the cells.
unsafe impl Sync for G {}

/// A goroutine's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GRef(NonNull<G>);

impl Deref for GRef {
    type Target = G;
    #[inline]
    fn deref(&self) -> &G {
        // SAFETY: by (1).
        unsafe { self.0.as_ref() }
    }
}

impl core::fmt::Debug for G {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("G")
            .field("goid", &self.goid())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

macro_rules! head_fields {
    ($($(#[$doc:meta])* $get:ident, $set:ident: $field:ident $ty:ty;)*) => {
        impl G {
            $(
                $(#[$doc])*
                #[inline]
                pub fn $get(&self) -> $ty {
                    // SAFETY: a word that only the owner writes (2), or that is read for a hint.
                    unsafe { (&raw const (*self.head.get()).$field).read_volatile() }
                }

                /// Sets the field.
                #[inline]
                pub fn $set(&self, value: $ty) {
                    // SAFETY: as above.
                    unsafe { (&raw mut (*self.head.get()).$field).write_volatile(value) }
                }
            )*
        }
    };
}

head_fields! {
    /// The prologues' limit.
    stack_guard, set_stack_guard: stack_guard usize;
    /// Nesting of suppressed preemption.
    pinned, set_pinned: pinned u32;
    /// `rsp` when it left Go code.
    saved_sp, set_saved_sp: saved_sp usize;
    /// `rbp` when it left Go code.
    saved_bp, set_saved_bp: saved_bp usize;
    /// Where it continues.
    resume_pc, set_resume_pc: resume_pc usize;
    /// Side stack: first free byte.
    side_ptr, set_side_ptr: side_ptr usize;
    /// Side stack: end of chunk.
    side_limit, set_side_limit: side_limit usize;
    /// Side stack: start of chunk.
    side_base, set_side_base: side_base usize;
    /// The number.
    goid, set_goid: goid u64;
    /// The closure that it runs.
    start_fn, set_start_fn: start_fn usize;
    /// Profile labels.
    labels, set_labels: labels usize;
    /// Pc of a fault.
    sig_pc, set_sig_pc: sig_pc usize;
    /// Address of a fault.
    sig_addr, set_sig_addr: sig_addr usize;
    /// Signal of a fault.
    sig, set_sig: sig u32;
    /// Code of a fault.
    sig_code, set_sig_code: sig_code i32;
}

impl G {
    /// Forgets what the last life left in the words of the overlay.
    pub fn clear_overlay_words(&self) {
        // SAFETY: the owner alone uses the head of a goroutine that does not run.
        let head = unsafe { &mut *self.head.get() };
        head.start_fn = 0;
        head.labels = 0;
        head.defer_frame = 0;
        head.panics = 0;
        head.coro = 0;
        head.fips = 0;
        head.sig = 0;
        head.panic_on_fault = 0;
        head.overlay_flags = 0;
        head.ret = [0; 4];
    }

    /// The bubble that it belongs to, or null.
    #[inline]
    pub fn bubble(&self) -> *mut Bubble {
        // SAFETY: a word that only the owner writes (2), or that is read for a report.
        unsafe { (&raw const (*self.head.get()).bubble).read_volatile() as *mut Bubble }
    }

    /// Sets it.
    pub fn set_bubble(&self, bubble: *mut Bubble) {
        // SAFETY: as above.
        unsafe { (&raw mut (*self.head.get()).bubble).write_volatile(bubble as usize) };
    }

    /// Sets it; answers the old one.
    pub fn replace_bubble(&self, bubble: *mut Bubble) -> *mut Bubble {
        let old = self.bubble();
        self.set_bubble(bubble);
        old
    }

    /// Sets the coroutine that it executes.
    pub fn set_coro(&self, coro: usize) {
        // SAFETY: as above.
        unsafe { (*self.head.get()).coro = coro };
    }

    /// Whether somebody asked for a safe point.
    pub fn is_preemption_requested(&self) -> bool {
        // SAFETY: a hint, written by any thread and reset by the owner.
        unsafe { (&raw const (*self.head.get()).preempt).read_volatile() != 0 }
    }

    fn set_preempt_flag(&self, flag: u32) {
        // SAFETY: a hint, written by any thread and reset by the owner.
        unsafe { (&raw mut (*self.head.get()).preempt).write_volatile(flag) };
    }
}

impl GRef {
    /// A new dead goroutine.
    pub fn new() -> GRef {
        // SAFETY: all-zero is a valid GHead: integers only.
        let head = UnsafeCell::new(unsafe { core::mem::zeroed::<GHead>() });
        let g = alloc::boxed::Box::new(G {
            head,
            status: AtomicU32::new(Status::Dead as u32),
            wait_reason: Cell::new(WaitReason::None),
            wait_since: Cell::new(0),
            link: Cell::new(None),
            locked_m: Cell::new(None),
            lock_depth: Cell::new(0),
            role: Cell::new(Role::User),
            woken_by: Cell::new(ptr::null_mut()),
            waiters: Cell::new(ptr::null_mut()),
            select_done: AtomicU32::new(0),
            source: Cell::new(Source::None),
            created_at: Cell::new(0),
            parent: Cell::new(0),
            stack: Cell::new(Stack::EMPTY),
            spare_chunk: Cell::new(ptr::null_mut()),
            syscall_registers: Cell::new([0; 4]),
            syscall_frame: Cell::new(0),
            syscall_tick: Cell::new(0),
            sleep_timer: UnsafeCell::new(Timer::new()),
            index: Cell::new(0),
            sim_budget: Cell::new(0),
            waits_for: AtomicUsize::new(0),
            runnable_since: Cell::new(0),
            scanned_in: AtomicU32::new(0),
        });
        GRef(NonNull::from(alloc::boxed::Box::leak(g)))
    }

    /// From the address that compiled code or a queue holds.
    ///
    /// # Safety
    /// - It came from [`GRef::addr`] or [`GRef::head`].
    pub unsafe fn from_addr(addr: usize) -> Option<GRef> {
        NonNull::new(addr as *mut G).map(GRef)
    }

    /// The address.
    pub fn addr(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// What r15 holds.
    pub fn head(self) -> *mut GHead {
        self.head.get()
    }
}

impl Default for GRef {
    fn default() -> Self {
        Self::new()
    }
}

impl G {
    /// The state.
    pub fn status(&self) -> Status {
        match self.status.load(Ordering::Acquire) {
            0 => Status::Dead,
            1 => Status::Runnable,
            2 => Status::Running,
            3 => Status::Syscall,
            _ => Status::Waiting,
        }
    }

    /// Changes the state; `from` is what the owner knows it to be.
    #[inline]
    pub fn set_status(&self, from: Status, to: Status) {
        debug_assert_eq!(self.status(), from, "goroutine {} to {to:?}", self.goid());
        if to == Status::Runnable {
            self.runnable_since.set(metrics::runnable_since());
        }
        // Release pairs with the Acquire in `status`: what was written before is seen by the next owner.
        self.status.store(to as u32, Ordering::Release);
    }

    /// Result words of the call that the goroutine is in.
    #[inline]
    pub fn set_ret(&self, idx: usize, value: u64) {
        // SAFETY: the goroutine's owner delivers results before it makes it runnable.
        unsafe { (*self.head.get()).ret[idx] = value };
    }

    /// The goroutine has read its results: they would stay behind, and be roots.
    pub fn forget_results(&self) {
        (0..4).for_each(|idx| self.set_ret(idx, 0));
    }

    /// Reads a result word.
    pub fn ret(&self, idx: usize) -> u64 {
        // SAFETY: as above.
        unsafe { (*self.head.get()).ret[idx] }
    }

    /// Writes the words of the thread and processor that will run it.
    #[inline]
    pub fn bind(&self, m: MRef, sys_sp: usize, retbuf: usize, alloc_cache: usize) {
        // SAFETY: the thread that is about to run it owns it.
        let head = unsafe { &mut *self.head.get() };
        head.m = m.addr();
        head.sys_sp = sys_sp;
        head.retbuf = retbuf;
        head.alloc_cache = alloc_cache;
    }

    /// Makes `stack` the native stack.
    pub fn set_stack(&self, stack: Stack) {
        self.stack.set(stack);
        // SAFETY: the owner changes its stack.
        let head = unsafe { &mut *self.head.get() };
        head.stack_lo = stack.lo;
        head.stack_hi = stack.hi;
        head.stack_guard = crate::stack::guard_of(stack);
    }

    /// Requests a safe point. Callable by any thread: the words are only hints, reset when it is next resumed.
    pub fn request_preemption(&self) {
        self.set_preempt_flag(1);
        self.set_stack_guard(abi::STACK_PREEMPT);
    }

    /// Requests a safe point in loops only.
    pub fn request_poll(&self) {
        self.set_preempt_flag(1);
    }

    /// Takes the request back.
    pub fn clear_preemption(&self) {
        self.set_preempt_flag(0);
        self.set_stack_guard(crate::stack::guard_of(self.stack.get()));
    }
}
