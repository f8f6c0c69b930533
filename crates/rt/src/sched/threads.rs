//! Threads: starting, stopping, waking, and handing processors between them.
//!
//! ```text
//!             start_m (takes from the idle list, or clones)
//!   idle ────────────────────────────────────────────────────> holds a P, in schedule()
//!    ^                                                           │
//!    └───────────── stop_m (gives nothing: has no P) <───────────┘ P given up, taken in a system call, or handed over
//! ```

use super::{N_IDLE_P, N_SPINNING, SCHED, queues, schedule};
use crate::{
    fatal,
    g::GRef,
    m::{MRef, SIGNAL_STACK, SYSTEM_STACK},
    netpoll,
    p::{PRef, PStatus},
    print::Printer,
    seam, signal, timer, trampoline,
};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use rt_sys::{mem, signal as sys_signal, thread, tls::ThreadHead};

/// The kernel's "try again": too many threads.
const EAGAIN: i32 = 11;

/// Numbers of threads; owned by this module.
static NEXT_ID: AtomicU32 = AtomicU32::new(0);
/// `debug.SetMaxThreads`; owned by this module.
pub(super) static MAX_THREADS: AtomicU32 = AtomicU32::new(10_000);
/// All threads; owned by this module.
static ALL_M: rt_sync::Lock<alloc::vec::Vec<MRef>> =
    rt_sync::Lock::new(rt_sync::Rank::AllGoroutines, alloc::vec::Vec::new());
/// Seed of the threads' generators; owned by this module.
pub(super) static SEED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: threads are shared by design.
unsafe impl Send for MRef {}
// SAFETY: as above, for goroutines.
unsafe impl Send for GRef {}

/// Calls `f` for every thread ever started.
pub fn for_each_m(mut f: impl FnMut(MRef)) {
    ALL_M.lock().iter().copied().for_each(&mut f);
}

/// Descriptors of threads that have ended or are about to; owned by this module.
static ENDED: rt_sync::Lock<alloc::vec::Vec<MRef>> =
    rt_sync::Lock::new(rt_sync::Rank::Pools, alloc::vec::Vec::new());

/// The descriptor of a thread that has ended.
fn take_ended() -> Option<MRef> {
    let mut ended = ENDED.lock();
    // Acquire: the thread stored 1 when it had left its stack.
    let at = ended.iter().position(|m| m.has_ended.load(Ordering::Acquire) != 0)?;
    let m = ended.swap_remove(at);
    m.has_ended.store(0, Ordering::Relaxed);
    m.parker.clear();
    Some(m)
}

/// The end of a thread whose locked goroutine has ended: what the goroutine did to the thread ends with it. The first
/// thread is the process's face to the kernel, and sleeps for ever instead.
pub(super) fn end(m: MRef) -> ! {
    let p = m.p();
    m.set_p(None);
    hand_off(p);
    {
        let mut sched = SCHED.lock();
        sched.n_m -= 1;
        super::check_dead(&mut sched);
    }
    if m.id == 0 {
        loop {
            m.parker.park();
        }
    }
    {
        // Who sends a signal to all threads holds this lock.
        let _all = ALL_M.lock();
        m.tid.store(0, Ordering::Relaxed);
    }
    // A signal that was sent before is delivered at the latest when this call returns.
    thread::yield_now();
    let _ = sys_signal::block_all();
    ENDED.lock().push(m);
    // SAFETY: an `M` is never freed, and its stack is used again only when the word is 1.
    unsafe { thread::exit_and_signal(&m.has_ended) }
}

/// A descriptor with stacks.
pub(super) fn new_m() -> MRef {
    if let Some(m) = take_ended() {
        return m;
    }
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let seed = (SEED.load(Ordering::Relaxed) as u64).wrapping_add(u64::from(id) << 32);
    let m = MRef::new(id, seed);
    let Ok(stacks) = mem::map(SYSTEM_STACK + SIGNAL_STACK + mem::OS_PAGE) else {
        fatal::throw("out of memory (thread stack)")
    };
    // SAFETY: the first page of the fresh mapping is the guard.
    let _ = unsafe { mem::protect_none(stacks, mem::OS_PAGE) };
    m.sys_sp.set(stacks as usize + mem::OS_PAGE + SYSTEM_STACK);
    ALL_M.lock().push(m);
    m
}

/// What every thread does first: identity, signal stack.
pub(super) fn enter(m: MRef) {
    m.tid.store(thread::id(), Ordering::Relaxed);
    // SAFETY: `new_m` mapped the signal stack above the system stack.
    unsafe { sys_signal::set_alt_stack(m.sys_sp.get() as *mut u8, SIGNAL_STACK) };
}

extern "C" fn thread_main(head: *mut ThreadHead) -> ! {
    let m = MRef::current();
    debug_assert_eq!(head, m.thread_head());
    enter(m);
    sys_signal::set_mask(signal::thread_mask());
    if let Some(p) = m.next_p.take() {
        acquire(m, p);
    }
    // SAFETY: `schedule` answers a goroutine bound to this thread.
    unsafe { trampoline::gh_resume(schedule()) }
}

/// Starts a thread at `entry`, with signals blocked until it has set itself up.
pub(super) fn clone(m: MRef, entry: thread::Entry) {
    let mask = sys_signal::block_all();
    // SAFETY: the stack and the control block are the thread's for ever.
    let result = unsafe { thread::spawn(m.sys_sp.get() as *mut u8, m.thread_head(), entry) };
    sys_signal::set_mask(mask);
    if let Err(error) = result {
        let details = |printer: &mut Printer| {
            printer.text("runtime: failed to create new OS thread (have ").uint(u64::from(m.id));
            printer.text(" already; errno=").uint(error.0 as u64).text(")\n");
            if error.0 == EAGAIN {
                printer.text("runtime: may need to increase max user processes (ulimit -u)\n");
            }
        };
        fatal::throw_with(details, "newosproc");
    }
}

/// Gives `p` to an idle or new thread; `spinning` when the caller has counted it in `N_SPINNING`.
pub(super) fn start_m(p: PRef, spinning: bool) {
    let mut sched = SCHED.lock();
    let idle = sched.get_idle_m();
    if idle.is_none() {
        sched.n_m += 1;
    }
    let n_m = sched.n_m;
    drop(sched);
    let is_new = idle.is_none();
    let m = idle.unwrap_or_else(|| {
        if n_m > MAX_THREADS.load(Ordering::Relaxed) {
            too_many();
        }
        new_m()
    });
    m.spinning.set(spinning);
    m.next_p.set(Some(p));
    if is_new { clone(m, thread_main) } else { m.parker.unpark() }
}

fn too_many() -> ! {
    let limit = MAX_THREADS.load(Ordering::Relaxed);
    let details = |printer: &mut Printer| {
        printer.text("runtime: program exceeds ").uint(u64::from(limit)).text("-thread limit\n");
    };
    fatal::throw_with(details, "thread exhaustion")
}

/// Sleeps until somebody gives this thread a processor.
pub(super) fn stop_m(m: MRef) {
    debug_assert!(m.try_p().is_none());
    if m.spinning.replace(false) {
        N_SPINNING.fetch_sub(1, Ordering::SeqCst);
    }
    SCHED.lock().put_idle_m(m);
    m.parker.park();
    if let Some(p) = m.next_p.take() {
        acquire(m, p);
    }
}

/// Takes an idle processor, or sleeps until one is given.
pub(super) fn acquire_idle_or_stop(m: MRef) {
    let idle = SCHED.lock().get_idle_p();
    match idle {
        Some(p) => acquire(m, p),
        None => stop_m(m),
    }
}

/// Takes the first processor that is idle or comes to the scheduler, without sleeping: this thread has a goroutine to go
/// on with.
pub(super) fn acquire_displaced(m: MRef) {
    SCHED.lock().one_displaced();
    loop {
        let given = SCHED.lock().take_given_p();
        if let Some(p) = given {
            acquire(m, p);
            return change_caches(m, p);
        }
        thread::yield_now();
    }
}

/// In a runtime function that waits for another thread, which may be a displaced one: lets that go first.
pub(super) fn take_turns(m: MRef, p: PRef) {
    if !SCHED.lock().give_p(p) {
        return;
    }
    m.set_p(None);
    while SCHED.lock().has_given_p() {
        thread::yield_now();
    }
    acquire_displaced(m);
}

/// The goroutine that is in a runtime function goes on with the caches of `p`.
pub(super) fn change_caches(m: MRef, p: PRef) {
    if let Some(g) = m.cur_g() {
        g.bind(m, m.sys_sp.get(), m.retbuf.as_ptr() as usize, p.heap.alloc_cache());
    }
}

/// Gives this thread's processor to one that has been displaced, if there is one; then waits for another.
pub(super) fn give_to_displaced(m: MRef, p: PRef) -> bool {
    if !SCHED.lock().give_p(p) {
        return false;
    }
    m.set_p(None);
    stop_m(m);
    true
}

/// Makes this thread hold `p`, which nobody holds.
pub(super) fn acquire(m: MRef, p: PRef) {
    debug_assert!(m.try_p().is_none());
    p.set_m(Some(m));
    m.set_p(Some(p));
    p.set_status(PStatus::Running);
}

/// This thread has found work: another may have to look for more.
pub(super) fn stop_spinning(m: MRef) {
    m.spinning.set(false);
    N_SPINNING.fetch_sub(1, Ordering::SeqCst);
    wake_p();
}

/// After work was queued: starts a spinning thread if a processor is idle and none spins.
#[inline]
pub fn wake_p() {
    if N_IDLE_P.load(Ordering::SeqCst) != 0 && N_SPINNING.load(Ordering::SeqCst) == 0 {
        wake_slow();
    }
}

#[cold]
fn wake_slow() {
    if N_SPINNING.compare_exchange(0, 1, Ordering::SeqCst, Ordering::Relaxed).is_err() {
        return;
    }
    let idle = SCHED.lock().get_idle_p();
    match idle {
        Some(p) => start_m(p, true),
        None => drop(N_SPINNING.fetch_sub(1, Ordering::SeqCst)),
    }
}

/// Starts a thread on an idle processor, if there is one.
pub(super) fn start_idle() {
    let idle = SCHED.lock().get_idle_p();
    if let Some(p) = idle {
        start_m(p, false);
    }
}

/// Finds use for a processor whose thread has left it (system call, locked goroutine).
pub(super) fn hand_off(p: PRef) {
    // Under simulation there is no other thread: this one would advance the time when everything waits.
    if seam::is_simulated() {
        return start_m(p, false);
    }
    if !p.queue.is_empty() || queues::GLOBAL_LEN.load(Ordering::SeqCst) != 0 || crate::heap::wants_help() {
        return start_m(p, false);
    }
    let nobody_looks = N_SPINNING.load(Ordering::SeqCst) + N_IDLE_P.load(Ordering::SeqCst) == 0;
    if nobody_looks && N_SPINNING.compare_exchange(0, 1, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
        return start_m(p, true);
    }
    let mut sched = SCHED.lock();
    if sched.is_stopping() {
        p.set_m(None);
        p.set_status(PStatus::Stopped);
        return sched.one_stopped();
    }
    if !sched.is_empty() {
        drop(sched);
        return start_m(p, false);
    }
    // The last running processor must leave a thread in the poller.
    if N_IDLE_P.load(Ordering::SeqCst) == sched.n_procs - 1 && netpoll::needs_poller() {
        drop(sched);
        return start_m(p, false);
    }
    let deadline = timer::first_of(p);
    sched.put_idle_p(p);
    drop(sched);
    if deadline != 0 {
        netpoll::wake_for(deadline);
    }
}

/// This thread is locked to a goroutine that is not running: gives its processor away and waits for the goroutine.
pub(super) fn wait_for_locked(m: MRef) {
    if let Some(p) = m.try_p() {
        m.set_p(None);
        hand_off(p);
    }
    {
        let mut sched = SCHED.lock();
        sched.n_idle_locked += 1;
        super::check_dead(&mut sched);
    }
    m.parker.park();
    let p = m.next_p.take().expect("a locked thread is woken with a processor");
    acquire(m, p);
}

/// `g` is runnable but locked to another thread: gives it this thread's processor, and sleeps.
pub(super) fn hand_to_locked(m: MRef, g: GRef) {
    let other = g.locked_m.get().expect("the caller has checked");
    let p = m.p();
    m.set_p(None);
    SCHED.lock().n_idle_locked -= 1;
    other.next_p.set(Some(p));
    other.parker.unpark();
    stop_m(m);
}
