//! Bubbles of `testing/synctest`: goroutines with a clock of their own, which advances when all of them are blocked.
//!
//! **Terms.** The *root* is the goroutine that started the bubble. A goroutine is *durably* blocked when only another
//! goroutine of its bubble, or the bubble's clock, can wake it.
//!
//! **Protocol.** `n_active` counts goroutines of the bubble that are not durably blocked, the root included. Whoever
//! brings it to 0 readies the goroutine in `synctest.Wait`, else the root, which advances the clock to the next timer.

use crate::{
    fatal,
    g::{G, GRef},
    heap,
    m::{MRef, current_g},
    print::Printer,
    sched, seam,
    timer::{self, Timers},
    trampoline::Verdict,
};
use abi::WaitReason;
use alloc::{boxed::Box, vec::Vec};
use core::{
    ptr,
    sync::atomic::{AtomicI32, AtomicI64, AtomicU64, AtomicUsize, Ordering},
};
use rt_sync::{Lock, Rank};
use rt_sys::clock::Timespec;

/// 2000-01-01 00:00:00 UTC: when every bubble begins.
const EPOCH: i64 = 946_684_800_000_000_000;

/// A bubble.
#[derive(Debug)]
pub struct Bubble {
    id: u64,
    now: AtomicI64,
    n_total: AtomicI32,
    n_active: AtomicI32,
    root: GRef,
    waiter: AtomicUsize,
    timers: Timers,
}

/// Numbers of bubbles; owned by this module.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// All bubbles that have not ended; owned by this module.
static BUBBLES: Lock<Vec<Listed>> = Lock::new(Rank::Bubble, Vec::new());

/// A bubble in the list.
struct Listed(*mut Bubble);

// SAFETY: bubbles are shared between threads; the list is only a list.
unsafe impl Send for Listed {}

/// Calls `f` with the timers of every bubble. The world is stopped.
pub fn for_each_timers(mut f: impl FnMut(&Timers)) {
    // SAFETY: a bubble leaves the list before it ends.
    BUBBLES.lock().iter().for_each(|listed| f(unsafe { (*listed.0).timers() }));
}

impl Bubble {
    /// The heap of the bubble's timers.
    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// The number, for reports.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The number by which what belongs to the bubble knows it, even when it has ended.
    fn number(&self) -> usize {
        self.id as usize
    }

    /// One goroutine less is active.
    fn one_blocked(&self) {
        if self.n_active.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        let waiter = self.waiter.swap(0, Ordering::SeqCst);
        // SAFETY: `bubble_wait` stored a goroutine.
        let next = unsafe { GRef::from_addr(waiter) }.unwrap_or(self.root);
        sched::ready(next);
    }
}

/// The bubble of a goroutine.
pub fn of(g: &G) -> Option<&'static Bubble> {
    // SAFETY: a bubble lives until its root has left it, after all of its goroutines.
    unsafe { g.bubble().as_ref() }
}

fn is_durable(reason: WaitReason) -> bool {
    matches!(
        reason,
        WaitReason::ChanReceiveNil
            | WaitReason::ChanSendNil
            | WaitReason::SelectNoCases
            | WaitReason::Sleep
            | WaitReason::SyncCondWait
            | WaitReason::Coroutine
            | WaitReason::SynctestRun
            | WaitReason::SynctestWait
            | WaitReason::SynctestChanReceive
            | WaitReason::SynctestChanSend
            | WaitReason::SynctestSelect
            | WaitReason::SynctestWaitGroupWait
    )
}

/// The reason of a wait on a channel: durable when the channel belongs to the goroutine's bubble.
pub fn durable(g: GRef, chan_bubble: usize, reason: WaitReason) -> WaitReason {
    match reason {
        _ if of(&g).is_none_or(|bubble| chan_bubble != bubble.number()) => reason,
        WaitReason::ChanSend => WaitReason::SynctestChanSend,
        WaitReason::ChanReceive => WaitReason::SynctestChanReceive,
        _ => reason,
    }
}

/// The goroutine has just parked.
#[inline]
pub fn parked(g: GRef, reason: WaitReason) {
    if let Some(bubble) = of(&g)
        && is_durable(reason)
    {
        bubble.one_blocked();
    }
}

/// The goroutine is about to become runnable.
#[inline]
pub fn unparked(g: GRef) {
    if let Some(bubble) = of(&g)
        && is_durable(g.wait_reason.get())
    {
        bubble.n_active.fetch_add(1, Ordering::SeqCst);
    }
}

/// The current goroutine is about to wake `g` from a `sync.Cond`: both must belong to the same bubble, if any.
pub fn check_wake(g: GRef) {
    if g.bubble().is_null() || MRef::current().cur_g().is_some_and(|by| by.bubble() == g.bubble()) {
        return;
    }
    let mut printer = Printer::stderr();
    printer.text("semaphore wake of synctest goroutine ").uint(g.goid()).text(" from outside bubble\n");
    drop(printer);
    fatal::fatal_under_lock("semaphore wake of synctest goroutine from outside bubble")
}

/// A new goroutine belongs to its parent's bubble.
pub fn adopt(parent: GRef, g: GRef) {
    g.set_bubble(parent.bubble());
    joined(g);
}

/// The goroutine's bubble has been set.
pub fn joined(g: GRef) {
    if let Some(bubble) = of(&g) {
        bubble.n_total.fetch_add(1, Ordering::SeqCst);
        bubble.n_active.fetch_add(1, Ordering::SeqCst);
    }
}

/// The goroutine ends.
pub fn leave(g: GRef) {
    if let Some(bubble) = of(&g) {
        bubble.n_total.fetch_sub(1, Ordering::SeqCst);
        g.set_bubble(ptr::null_mut());
        bubble.one_blocked();
    }
}

/// Monotonic time as the goroutine sees it.
pub fn nanotime(g: GRef) -> i64 {
    of(&g).map_or_else(seam::nanotime, |bubble| bubble.now.load(Ordering::Relaxed))
}

/// Wall and monotonic clocks of a bubble, or of the world. Times of a bubble have no monotonic reading (as runtime/time.go,
/// time_now): differences to times from outside would be neither of the one clock nor of the other.
pub fn clocks(bubble: *mut Bubble) -> (Timespec, Option<i64>) {
    match now_of(bubble) {
        Some(now) => (Timespec::from_nanos(now), None),
        None => (seam::walltime(), Some(seam::nanotime())),
    }
}

/// The clock of a bubble, if it is one.
pub fn now_of(bubble: *mut Bubble) -> Option<i64> {
    // SAFETY: null, or a bubble that lives as long as its timers and goroutines.
    unsafe { bubble.as_ref() }.map(|bubble| bubble.now.load(Ordering::Relaxed))
}

/// The current bubble as a number for channels, or 0.
pub fn current_id() -> usize {
    MRef::current().cur_g().and_then(|g| of(&g)).map_or(0, Bubble::number)
}

/// Starts a bubble; 1 when the goroutine is in one.
pub(crate) extern "C" fn bubble_enter() -> usize {
    let g = current_g();
    if !g.bubble().is_null() {
        return 1;
    }
    let bubble = Box::new(Bubble {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        now: AtomicI64::new(EPOCH),
        n_total: AtomicI32::new(1),
        n_active: AtomicI32::new(1),
        root: g,
        waiter: AtomicUsize::new(0),
        timers: Timers::with_random_ties(),
    });
    let bubble = Box::into_raw(bubble);
    BUBBLES.lock().push(Listed(bubble));
    g.set_bubble(bubble);
    0
}

/// Called by the root in a loop: `ret[0]` is 0 when it is alone, 1 on deadlock, 2 to call again. Time stops when the
/// first goroutine has set `*returned`.
pub(crate) extern "C" fn bubble_run(returned: *const bool) -> Verdict {
    const DONE: u64 = 0;
    const DEADLOCK: u64 = 1;
    const AGAIN: u64 = 2;
    let g = current_g();
    let bubble = of(&g).expect("the root is in its bubble");
    // A waiter was there before the last of the others blocked, and is woken when the root parks.
    while bubble.n_active.load(Ordering::SeqCst) == 1 && bubble.waiter.load(Ordering::SeqCst) == 0 {
        if bubble.n_total.load(Ordering::SeqCst) == 1 {
            g.set_ret(0, DONE);
            return Verdict::Continue;
        }
        let next = bubble.timers.first();
        // SAFETY: a variable of the overlay. All goroutines that could set it have parked or ended.
        if next == 0 || unsafe { returned.read_volatile() } {
            g.set_ret(0, DEADLOCK);
            return Verdict::Continue;
        }
        bubble.now.fetch_max(next, Ordering::SeqCst);
        timer::run_heap(&bubble.timers, next);
    }
    g.set_ret(0, AGAIN);
    sched::park_current(g, WaitReason::SynctestRun, 0)
}

/// The root leaves; the bubble ends.
pub(crate) extern "C" fn bubble_leave() {
    let g = current_g();
    let bubble = g.replace_bubble(ptr::null_mut());
    BUBBLES.lock().retain(|listed| listed.0 != bubble);
    // SAFETY: made by `bubble_enter`; only the root was left in it.
    let bubble = unsafe { Box::from_raw(bubble) };
    bubble.timers.abandon();
}

/// `synctest.Wait`: `ret[0]` is 0, 1 outside of a bubble, 2 when another goroutine waits already.
pub(crate) extern "C" fn bubble_wait() -> Verdict {
    let g = current_g();
    let Some(bubble) = of(&g) else {
        g.set_ret(0, 1);
        return Verdict::Continue;
    };
    g.set_ret(0, 0);
    if bubble.n_active.load(Ordering::SeqCst) == 1 {
        return Verdict::Continue;
    }
    if bubble.waiter.compare_exchange(0, g.addr(), Ordering::SeqCst, Ordering::Relaxed).is_err() {
        g.set_ret(0, 2);
        return Verdict::Continue;
    }
    sched::park_current(g, WaitReason::SynctestWait, 0)
}

/// The current bubble, or null.
pub(crate) extern "C" fn bubble_current() -> *mut Bubble {
    current_g().bubble()
}

/// Makes `bubble` current without joining it; answers the old one.
pub(crate) extern "C" fn bubble_set(bubble: *mut Bubble) -> *mut Bubble {
    current_g().replace_bubble(bubble)
}

/// Associates an object: 0 not in a bubble or not in the heap, 1 associated, 2 belongs to another bubble.
pub(crate) extern "C" fn bubble_associate(object: usize) -> usize {
    let bubble = current_id();
    if bubble == 0 {
        return 0;
    }
    match heap::adopt(object, bubble) {
        None => 0,
        Some(owner) if owner == bubble => 1,
        Some(_) => 2,
    }
}

/// Removes an association.
pub(crate) extern "C" fn bubble_disassociate(object: usize) {
    heap::disown(object);
}

/// Whether an object belongs to the current bubble.
pub(crate) extern "C" fn bubble_is_associated(object: usize) -> usize {
    let bubble = current_id();
    usize::from(bubble != 0 && heap::owner(object) == Some(bubble))
}

/// Keeps the bubble from being idle; answers it.
pub(crate) extern "C" fn bubble_acquire() -> *mut Bubble {
    let g = current_g();
    if let Some(bubble) = of(&g) {
        bubble.n_active.fetch_add(1, Ordering::SeqCst);
    }
    g.bubble()
}

/// Pairs with `bubble_acquire`.
pub(crate) extern "C" fn bubble_release(bubble: *mut Bubble) -> Verdict {
    // SAFETY: what `bubble_acquire` answered; it cannot have ended since.
    if let Some(bubble) = unsafe { bubble.as_ref() } {
        bubble.one_blocked();
    }
    Verdict::Continue
}
