//! The life of a goroutine: created, readied, parked, preempted, ended.

use super::{find::put_local, procs, queues, threads, wake_p};
use crate::{
    bubble,
    g::{GRef, Role, Status},
    m::{MRef, current_g},
    p::PRef,
    profile, seam, stack,
    trace::event,
    trampoline::Verdict,
};
use abi::{TraceKind, WaitReason};
use core::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use rt_sync::Next;

/// Numbers of goroutines; processors take `GOIDS` at a time. Owned by this module.
static NEXT_GOID: AtomicU64 = AtomicU64::new(1);
const GOIDS: u64 = 16;
/// The program's goroutines that exist, beside what processors have counted (`P::n_user`); owned by this module.
static N_USER: AtomicI64 = AtomicI64::new(0);
/// Dead goroutines of all processors; owned by this module.
static FREE: rt_sync::Lock<Option<GRef>> = rt_sync::Lock::new(rt_sync::Rank::Pools, None);

/// A processor keeps at most this many dead goroutines.
const MAX_FREE: u32 = 64;

/// The `go` statement.
pub(crate) extern "C" fn newproc(closure: usize, pc: usize) {
    let parent = current_g();
    let g = create(closure, pc, parent.goid());
    g.set_labels(parent.labels());
    bubble::adopt(parent, g);
    launch(g);
}

/// A goroutine on behalf of the runtime (a timer's function, a service), to be launched.
pub fn spawn(closure: usize, role: Role) -> GRef {
    let g = create(closure, 0, 0);
    if role == Role::System {
        mark_system(g);
    }
    g
}

/// A goroutine that waits for its first switch (a coroutine's).
pub fn spawn_parked(closure: usize, pc: usize, parent: GRef) -> GRef {
    let g = create(closure, pc, parent.goid());
    bubble::adopt(parent, g);
    g.wait_reason.set(WaitReason::Coroutine);
    g.set_status(Status::Runnable, Status::Waiting);
    bubble::parked(g, WaitReason::Coroutine);
    g
}

/// A runnable goroutine that nobody knows yet.
fn create(closure: usize, pc: usize, parent: u64) -> GRef {
    let g = take_dead().unwrap_or_else(register_new);
    stack::prepare(g);
    g.set_goid(next_goid());
    g.set_start_fn(closure);
    g.created_at.set(pc);
    g.parent.set(parent);
    g.role.set(Role::User);
    count_user(1);
    event(TraceKind::Create, parent, g.goid(), 0);
    g.set_status(Status::Dead, Status::Runnable);
    g
}

fn next_goid() -> u64 {
    let Some(p) = MRef::current().try_p() else { return NEXT_GOID.fetch_add(1, Ordering::Relaxed) };
    let next = p.next_goid.get();
    let goid = if next % GOIDS == 1 { NEXT_GOID.fetch_add(GOIDS, Ordering::Relaxed) } else { next };
    p.next_goid.set(goid + 1);
    goid
}

/// Counts the program's goroutines, with a plain store where this thread holds a processor.
fn count_user(change: i64) {
    match MRef::current().try_p() {
        Some(p) => p.n_user.store(p.n_user.load(Ordering::Relaxed) + change, Ordering::Relaxed),
        None => drop(N_USER.fetch_add(change, Ordering::Relaxed)),
    }
}

fn register_new() -> GRef {
    let g = GRef::new();
    let mut all = queues::ALL_G.lock();
    g.index.set(all.len() as u32);
    all.push(g);
    g
}

fn take_dead() -> Option<GRef> {
    if let Some(p) = MRef::current().try_p()
        && let Some(g) = p.free_g.get()
    {
        p.free_g.set(g.link.take());
        p.n_free_g.set(p.n_free_g.get() - 1);
        return Some(g);
    }
    let mut free = FREE.lock();
    let g = (*free)?;
    *free = g.link.take();
    Some(g)
}

/// Queues a new goroutine and wakes a thread for it.
pub fn launch(g: GRef) {
    match MRef::current().try_p() {
        Some(p) => put_local(p, g, Next::Front),
        None => queues::put_global(g),
    }
    wake_p();
}

/// What the end of a goroutine means for its thread.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// It schedules.
    Usable,
    /// The goroutine was locked to it: it must end, too.
    Locked,
}

/// The end of the current goroutine; the caller then schedules.
pub fn goexit_current() -> Leaves {
    let m = MRef::current();
    let g = current_g();
    if g.role.get() == Role::User {
        count_user(-1);
    }
    event(TraceKind::End, g.goid(), 0, 0);
    bubble::leave(g);
    let was_locked = g.locked_m.take().is_some();
    if was_locked {
        m.locked_g.set(None);
        g.lock_depth.set(0);
    }
    stack::release_all(g);
    g.clear_overlay_words();
    g.syscall_registers.set([0; 4]);
    if g.stack.get().size() != abi::STACK_MIN {
        stack::free(g.stack.replace(stack::Stack::EMPTY));
    }
    m.set_cur_g(None);
    g.set_status(Status::Running, Status::Dead);
    put_dead(m, g);
    if was_locked { Leaves::Locked } else { Leaves::Usable }
}

fn put_dead(m: MRef, g: GRef) {
    let p = m.p();
    if p.n_free_g.get() < MAX_FREE {
        g.link.set(p.free_g.get());
        p.free_g.set(Some(g));
        p.n_free_g.set(p.n_free_g.get() + 1);
        return;
    }
    let mut free = FREE.lock();
    g.link.set(*free);
    *free = Some(g);
}

/// `gh_goexit`.
pub(crate) extern "C" fn goexit() -> ! {
    if goexit_current() == Leaves::Locked {
        threads::end(MRef::current());
    }
    // SAFETY: `schedule` answers a goroutine bound to this thread.
    unsafe { crate::trampoline::gh_resume(super::schedule()) }
}

/// Makes the current goroutine wait. The caller holds the lock of what it waits for (or has otherwise made sure that
/// nobody readies it before), has recorded it there, and answers `Verdict::Park` after releasing the lock.
pub fn park_current(g: GRef, reason: WaitReason, object: usize) -> Verdict {
    g.wait_reason.set(reason);
    g.wait_since.set(if profile::times_waits() { seam::nanotime() } else { 0 });
    g.waits_for.store(object, Ordering::Relaxed);
    event(TraceKind::Block, g.goid(), object as u64, reason as u8);
    MRef::current().set_cur_g(None);
    g.set_status(Status::Running, Status::Waiting);
    bubble::parked(g, reason);
    Verdict::Park
}

/// What a collection does with every goroutine: notes since when it waits (reading the clock at every park would cost
/// more than parking), and shrinks its stack. The goroutine does not run, and cannot be resumed meanwhile.
pub fn visit_at_collection(g: GRef) {
    if g.status() == Status::Waiting && g.wait_since.get() == 0 {
        g.wait_since.set(seam::nanotime());
    }
    stack::shrink_if_parked(g);
}

/// Makes a waiting goroutine runnable, next in line on this processor.
#[inline]
pub fn ready(g: GRef) {
    event(TraceKind::Unblock, MRef::current().cur_g().map_or(0, |by| by.goid()), g.goid(), 0);
    bubble::unparked(g);
    g.set_status(Status::Waiting, Status::Runnable);
    launch(g);
}

/// Readies a list linked by `link`.
pub fn ready_all(mut list: Option<GRef>) {
    while let Some(g) = list {
        list = g.link.take();
        ready(g);
    }
}

/// Puts the current goroutine at the end of the global queue.
pub fn yield_current(g: GRef) -> Verdict {
    MRef::current().set_cur_g(None);
    g.set_status(Status::Running, Status::Runnable);
    queues::put_global(g);
    Verdict::Park
}

/// Puts the current goroutine at the end of its processor's queue (Go's `goyield`).
pub fn yield_locally(g: GRef) -> Verdict {
    let m = MRef::current();
    m.set_cur_g(None);
    g.set_status(Status::Running, Status::Runnable);
    put_local(m.p(), g, Next::Tail);
    Verdict::Park
}

/// Where a goroutine reached a safe point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafePoint {
    /// At a function's entry: the stack check is repeated afterwards, and must pass then.
    Entry,
    /// In a loop.
    Loop,
}

/// A safe point that somebody asked for.
pub fn preempt_point(g: GRef, at: SafePoint) -> Verdict {
    if let Some(p) = MRef::current().try_p() {
        p.preempt.store(0, Ordering::SeqCst);
    }
    let budget = g.sim_budget.get();
    if budget > 1 {
        g.sim_budget.set(budget - 1);
        match at {
            SafePoint::Entry => g.request_poll(),
            SafePoint::Loop => g.request_preemption(),
        }
        return Verdict::Continue;
    }
    seam::slice_used();
    event(TraceKind::Preempt, g.goid(), 0, 0);
    yield_current(g)
}

/// `runtime.Gosched`.
pub(crate) extern "C" fn gosched() -> Verdict {
    let g = current_g();
    event(TraceKind::Yield, g.goid(), 0, 0);
    yield_current(g)
}

/// Parks for the overlay.
pub(crate) extern "C" fn park(reason: usize) -> Verdict {
    let reason = WaitReason::ALL.get(reason).copied().unwrap_or(WaitReason::None);
    park_current(current_g(), reason, 0)
}

/// Readies for the overlay.
pub(crate) extern "C" fn ready_entry(g: usize) {
    // SAFETY: the overlay passes what `getg` answered.
    if let Some(g) = unsafe { GRef::from_addr(g) } {
        ready(g);
    }
}

/// `runtime.NumGoroutine`.
pub(crate) extern "C" fn num_goroutine() -> usize {
    let counted = procs::all_procs().iter().map(|p| p.n_user.load(Ordering::Relaxed)).sum::<i64>();
    (N_USER.load(Ordering::Relaxed) + counted).max(0) as usize
}

/// How many goroutines are in system calls, runnable, running and waiting, and how many have been created.
pub(crate) extern "C" fn sched_counts(out: *mut [u64; 5]) {
    let mut counts = [0; 5];
    queues::for_each_g(|g| {
        match g.status() {
            Status::Syscall => counts[0] += 1,
            Status::Runnable => counts[1] += 1,
            Status::Running => counts[2] += 1,
            Status::Waiting if g.role.get() == Role::User => counts[3] += 1,
            Status::Waiting | Status::Dead => {}
        };
    });
    let unused = |p: &PRef| (GOIDS - (p.next_goid.get() - 1) % GOIDS) % GOIDS;
    let n_unused = procs::all_procs().iter().map(unused).sum::<u64>();
    counts[4] = NEXT_GOID.load(Ordering::Relaxed) - 1 - n_unused;
    // SAFETY: the overlay passes five words.
    unsafe { out.write(counts) };
}

/// A processor is retired: what it has counted remains.
pub(super) fn keep_count(p: PRef) {
    N_USER.fetch_add(p.n_user.swap(0, Ordering::Relaxed), Ordering::Relaxed);
}

/// Excludes the current goroutine from counts and deadlock detection.
pub(crate) extern "C" fn set_system_goroutine() {
    mark_system(current_g());
}

fn mark_system(g: GRef) {
    if g.role.replace(Role::System) == Role::User {
        count_user(-1);
    }
}

/// `runtime.LockOSThread`.
pub(crate) extern "C" fn lock_os_thread() {
    let (m, g) = (MRef::current(), current_g());
    g.lock_depth.set(g.lock_depth.get() + 1);
    g.locked_m.set(Some(m));
    m.locked_g.set(Some(g));
}

/// `runtime.UnlockOSThread`.
pub(crate) extern "C" fn unlock_os_thread() {
    let (m, g) = (MRef::current(), current_g());
    match g.lock_depth.get() {
        0 => {}
        1 => {
            g.lock_depth.set(0);
            g.locked_m.set(None);
            m.locked_g.set(None);
        }
        depth => g.lock_depth.set(depth - 1),
    }
}

/// Suppresses preemption; answers the processor's number.
pub(crate) extern "C" fn proc_pin() -> usize {
    let g = current_g();
    g.set_pinned(g.pinned() + 1);
    MRef::current().p().id as usize
}

/// Pairs with `proc_pin`.
pub(crate) extern "C" fn proc_unpin() {
    let g = current_g();
    g.set_pinned(g.pinned() - 1);
    if g.pinned() == 0 && MRef::current().p().preempt.load(Ordering::Relaxed) != 0 {
        g.request_preemption();
    }
}

/// Whether a mutex should spin: several processors, few rounds, another one running, nothing else to do here.
pub(crate) extern "C" fn can_spin(round: usize) -> usize {
    let n_others = super::N_IDLE_P.load(Ordering::Relaxed) + super::N_SPINNING.load(Ordering::Relaxed) + 1;
    let spins = round < 4
        && !seam::is_simulated()
        && super::n_procs() > n_others
        && MRef::current().try_p().is_some_and(|p| p.queue.is_empty());
    usize::from(spins)
}
