//! Goroutine stacks: the contiguous native stack that is copied when it grows, and the side stack that never moves.
//!
//! **Invariants.** 1. Nothing points into a native stack but the chain of saved frame pointers and the words of `G`;
//! so moving it is copying bytes and adding a delta to the chain. 2. A stack is moved only by the thread that owns the
//! goroutine, or by the collector while it holds the parked goroutine (`heap::roots`).

mod copy;
mod pool;
mod side;
mod stress;

pub use copy::relocate;
pub use pool::{Stack, allocate, free, mapped_bytes};
pub use side::{SideChunk, release_all, side_ranges, unwind_to};
pub(crate) use side::{layout as chunk_layout, side_grow, side_release};
pub use stress::start as start_stress;

use crate::{
    fatal,
    g::{GRef, Status},
    m::current_g,
    metadata,
    sched::{self, SafePoint},
    trace::event,
    trampoline::Verdict,
};
use abi::{DeferFrame, STACK_GUARD, STACK_MIN, STACK_PREEMPT, TraceKind};
use core::{
    ptr,
    sync::atomic::{AtomicUsize, Ordering},
};

/// `debug.SetMaxStack`; owned by this module.
static MAX_STACK: AtomicUsize = AtomicUsize::new(1_000_000_000);

/// Bytes that a stack must have free beyond what is used, or it is not shrunk.
const SHRINK_FRACTION: usize = 4;

/// The value of the guard while nobody asks for a safe point.
pub fn guard_of(stack: Stack) -> usize {
    if stress::is_on() { STACK_PREEMPT } else { stack.lo + STACK_GUARD }
}

/// A function's stack check failed: preempt, or grow.
pub(crate) extern "C" fn morestack() -> Verdict {
    let g = current_g();
    if stress::is_on() {
        return stress::enter_function(g);
    }
    let stack = g.stack.get();
    let was_requested = g.stack_guard() == STACK_PREEMPT;
    g.clear_preemption();
    // After a request the function's check is repeated, and grows the stack if that is needed, too.
    if was_requested {
        return if g.pinned() == 0 { sched::preempt_point(g, SafePoint::Entry) } else { Verdict::Continue };
    }
    grow(g, stack.size() * 2);
    Verdict::Continue
}

/// Moves the stack to one of `n_bytes`.
fn grow(g: GRef, n_bytes: usize) {
    if n_bytes > MAX_STACK.load(Ordering::Relaxed) {
        overflow(g);
    }
    move_to(g, n_bytes);
    event(TraceKind::StackGrow, g.goid(), n_bytes as u64, 0);
}

/// Makes sure that `n_bytes` are free below the frame that called the runtime.
pub fn reserve(g: GRef, n_bytes: usize) {
    let stack = g.stack.get();
    if g.saved_sp() - stack.lo >= n_bytes + STACK_GUARD {
        return;
    }
    let used = stack.hi - g.saved_sp();
    grow(g, (used + n_bytes + STACK_GUARD).next_power_of_two());
}

fn overflow(g: GRef) -> ! {
    let limit = MAX_STACK.load(Ordering::Relaxed);
    crate::print::Printer::stderr()
        .text("runtime: goroutine stack exceeds ")
        .uint(limit as u64)
        .text("-byte limit\nruntime: sp=")
        .hex(g.saved_sp() as u64)
        .text(" stack=[")
        .hex(g.stack.get().lo as u64)
        .text(", ")
        .hex(g.stack.get().hi as u64)
        .text("]\n");
    fatal::throw("stack overflow")
}

/// Copies the used part to a new stack and frees the old one.
fn move_to(g: GRef, n_bytes: usize) {
    let old = g.stack.get();
    let new = allocate(n_bytes);
    if stress::is_on() {
        stress::poison(new);
    }
    let used = old.hi - g.saved_sp();
    debug_assert!(used + STACK_GUARD <= n_bytes || n_bytes > old.size(), "the used part fits");
    let delta = new.hi.wrapping_sub(old.hi);
    // SAFETY: both stacks are mapped, disjoint and at least `used` bytes; by (2) nobody else uses them.
    unsafe {
        ptr::copy_nonoverlapping(g.saved_sp() as *const u8, (new.hi - used) as *mut u8, used);
        relocate(g.saved_bp().wrapping_add(delta), new.hi - used, new.hi, delta);
    }
    g.set_saved_sp(g.saved_sp().wrapping_add(delta));
    g.set_saved_bp(g.saved_bp().wrapping_add(delta));
    g.set_stack(new);
    if stress::is_on() {
        stress::poison(old);
    }
    free(old);
}

/// Halves the stack of a parked goroutine that uses less than a quarter of it. The caller has made sure that it is not
/// resumed meanwhile.
pub fn shrink_if_parked(g: GRef) {
    if !matches!(g.status(), Status::Waiting | Status::Runnable) {
        return;
    }
    let stack = g.stack.get();
    let used = stack.hi - g.saved_sp();
    if stack.size() <= STACK_MIN || (used + STACK_GUARD) * SHRINK_FRACTION > stack.size() {
        return;
    }
    move_to(g, stack.size() / 2);
    event(TraceKind::StackShrink, g.goid(), (stack.size() / 2) as u64, 0);
}

/// A safe point in a loop.
pub(crate) extern "C" fn poll() -> Verdict {
    let g = current_g();
    g.clear_preemption();
    if g.pinned() != 0 { Verdict::Continue } else { sched::preempt_point(g, SafePoint::Loop) }
}

/// Prepares the resumption of a deferring wrapper; answers its frame size.
pub(crate) extern "C" fn resume_handler(record: *const DeferFrame) -> usize {
    let g = current_g();
    // SAFETY: the overlay passes a record of this goroutine.
    let (handler, side_ptr) = unsafe { ((*record).handler, (*record).side_ptr) };
    unwind_to(g, side_ptr);
    match metadata::find_func(handler) {
        Some(func) => func.entry().frame as usize,
        None => fatal::throw("handler outside of the program"),
    }
}

/// `debug.SetMaxStack`.
pub(crate) extern "C" fn set_max_stack(n_bytes: usize) -> usize {
    MAX_STACK.swap(n_bytes, Ordering::Relaxed)
}

/// Gives a new goroutine its stack, and the frame from which it starts.
pub fn prepare(g: GRef) {
    if g.stack.get() == Stack::EMPTY {
        g.set_stack(allocate(STACK_MIN));
    } else {
        g.clear_preemption();
    }
    if stress::is_on() {
        stress::poison(g.stack.get());
    }
    let hi = g.stack.get().hi;
    g.set_saved_sp(hi);
    g.set_saved_bp(0);
    g.set_resume_pc(crate::trampoline::gh_gostart as *const () as usize);
    g.set_pinned(0);
    g.sim_budget.set(0);
}
