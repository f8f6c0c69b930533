//! Semaphores and notify lists: what `sync` and `internal/poll` sleep on.
//!
//! **Terms.** A *sleeper* is a goroutine in a bucket of the table, with the address that it waits for. A *ticket* is a
//! grant: the waker has taken the semaphore's unit on the sleeper's behalf.
//!
//! **Protocol** (as runtime/sema.go). Acquire: try to decrement; else lock the bucket, announce itself in `n_waiting`,
//! try again, queue, park. Release: increment; if nobody is announced, done; else lock the bucket and wake the first for
//! the address. Both sides use SeqCst on the semaphore and on `n_waiting`, so one of them sees the other.

use crate::{
    bubble,
    g::GRef,
    m::{MRef, current_g},
    profile, sched, seam,
    trampoline::Verdict,
};
use abi::WaitReason;
use alloc::collections::VecDeque;
use core::{
    iter,
    sync::atomic::{AtomicU32, Ordering},
};
use rt_sync::{Lock, Rank};

const N_BUCKETS: usize = 251;

/// Queue in front of the others.
const LIFO: usize = 1;

struct Sleeper {
    addr: usize,
    g: GRef,
}

struct Bucket {
    sleepers: Lock<VecDeque<Sleeper>>,
    n_waiting: AtomicU32,
}

/// The table; owned by this module.
static TABLE: [Bucket; N_BUCKETS] =
    [const { Bucket { sleepers: Lock::new(Rank::Sema, VecDeque::new()), n_waiting: AtomicU32::new(0) } };
        N_BUCKETS];

fn bucket(addr: usize) -> &'static Bucket {
    &TABLE[(addr >> 3) % N_BUCKETS]
}

/// # Safety
/// - `addr` is a semaphore of the program.
unsafe fn word<'a>(addr: usize) -> &'a AtomicU32 {
    // SAFETY: passed on to the caller.
    unsafe { AtomicU32::from_ptr(addr as *mut u32) }
}

fn try_take(semaphore: &AtomicU32) -> bool {
    semaphore.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

/// Takes a unit, or parks until one is granted.
pub(crate) extern "C" fn semacquire(addr: usize, flags: usize, reason: usize) -> Verdict {
    // SAFETY: the overlay passes a semaphore.
    let semaphore = unsafe { word(addr) };
    if try_take(semaphore) {
        return Verdict::Continue;
    }
    let bucket = bucket(addr);
    let mut sleepers = bucket.sleepers.lock();
    bucket.n_waiting.fetch_add(1, Ordering::SeqCst);
    if try_take(semaphore) {
        bucket.n_waiting.fetch_sub(1, Ordering::SeqCst);
        return Verdict::Continue;
    }
    let g = current_g();
    let sleeper = Sleeper { addr, g };
    if flags & LIFO != 0 {
        sleepers.push_front(sleeper)
    } else {
        sleepers.push_back(sleeper)
    }
    let reason = WaitReason::ALL.get(reason).copied().unwrap_or(WaitReason::SemAcquire);
    g.forget_results();
    sched::park_current(g, reason, addr)
}

/// Gives a unit; the first sleeper gets it at once. With `handoff` it also runs at once.
pub(crate) extern "C" fn semrelease(addr: usize, handoff: usize) -> Verdict {
    // SAFETY: the overlay passes a semaphore.
    let semaphore = unsafe { word(addr) };
    semaphore.fetch_add(1, Ordering::SeqCst);
    let bucket = bucket(addr);
    if bucket.n_waiting.load(Ordering::SeqCst) == 0 {
        return Verdict::Continue;
    }
    let Some(woken) = take_sleeper(bucket, addr, semaphore) else { return Verdict::Continue };
    profile::unlocked(woken);
    sched::ready(woken);
    let g = current_g();
    let is_calm = MRef::current().dying.get() == 0 && g.pinned() == 0;
    if handoff != 0 && is_calm {
        // The woken goroutine is next on this processor, and inherits the time slice.
        return sched::yield_locally(g);
    }
    if seam::yields_here() { sched::yield_current(g) } else { Verdict::Continue }
}

/// The first sleeper for `addr`, with the unit that was just given; `None` when somebody else has taken it.
fn take_sleeper(bucket: &Bucket, addr: usize, semaphore: &AtomicU32) -> Option<GRef> {
    let mut sleepers = bucket.sleepers.lock();
    let at = sleepers.iter().position(|sleeper| sleeper.addr == addr)?;
    if !try_take(semaphore) {
        return None;
    }
    bucket.n_waiting.fetch_sub(1, Ordering::SeqCst);
    sleepers.remove(at).map(|sleeper| sleeper.g)
}

/// Upstream's `sync.notifyList`.
#[repr(C)]
pub(crate) struct NotifyList {
    wait: AtomicU32,
    notify: AtomicU32,
    lock: usize,
    head: usize,
    tail: usize,
}

struct NotifySleeper {
    list: usize,
    ticket: u32,
    g: GRef,
}

/// Goroutines in `sync.Cond.Wait`; owned by this module. The lists in the program only count.
static NOTIFY: [Lock<VecDeque<NotifySleeper>>; N_BUCKETS] =
    [const { Lock::new(Rank::Notify, VecDeque::new()) }; N_BUCKETS];

fn notify_bucket(list: *const NotifyList) -> &'static Lock<VecDeque<NotifySleeper>> {
    &NOTIFY[(list as usize >> 3) % N_BUCKETS]
}

/// A ticket.
pub(crate) extern "C" fn notify_add(list: *const NotifyList) -> u32 {
    // SAFETY: the overlay passes a notify list.
    unsafe { (*list).wait.fetch_add(1, Ordering::SeqCst) }
}

fn is_before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

/// Waits until the ticket is notified.
pub(crate) extern "C" fn notify_wait(list: *const NotifyList, ticket: u32) -> Verdict {
    let mut sleepers = notify_bucket(list).lock();
    // SAFETY: as above.
    if is_before(ticket, unsafe { (*list).notify.load(Ordering::SeqCst) }) {
        return Verdict::Continue;
    }
    let g = current_g();
    sleepers.push_back(NotifySleeper { list: list as usize, ticket, g });
    g.forget_results();
    sched::park_current(g, WaitReason::SyncCondWait, list as usize)
}

/// Notifies the lowest ticket that has not been notified.
pub(crate) extern "C" fn notify_one(list: *const NotifyList) -> Verdict {
    // SAFETY: as above.
    let counters = unsafe { &*list };
    if counters.wait.load(Ordering::SeqCst) == counters.notify.load(Ordering::SeqCst) {
        return Verdict::Continue;
    }
    let woken = {
        let mut sleepers = notify_bucket(list).lock();
        let ticket = counters.notify.load(Ordering::SeqCst);
        if ticket == counters.wait.load(Ordering::SeqCst) {
            return Verdict::Continue;
        }
        counters.notify.store(ticket.wrapping_add(1), Ordering::SeqCst);
        // A goroutine that has the ticket but is not here yet will see that it is notified.
        let at =
            sleepers.iter().position(|sleeper| sleeper.list == list as usize && sleeper.ticket == ticket);
        at.and_then(|at| sleepers.remove(at))
    };
    if let Some(sleeper) = woken {
        bubble::check_wake(sleeper.g);
        sched::ready(sleeper.g);
    }
    Verdict::Continue
}

/// Notifies all tickets.
pub(crate) extern "C" fn notify_all(list: *const NotifyList) -> Verdict {
    // SAFETY: as above.
    let counters = unsafe { &*list };
    if counters.wait.load(Ordering::SeqCst) == counters.notify.load(Ordering::SeqCst) {
        return Verdict::Continue;
    }
    let mut woken: Option<GRef> = None;
    let mut last: Option<GRef> = None;
    {
        let mut sleepers = notify_bucket(list).lock();
        counters.notify.store(counters.wait.load(Ordering::SeqCst), Ordering::SeqCst);
        sleepers.retain(|sleeper| {
            let is_other = sleeper.list != list as usize;
            if !is_other {
                sleeper.g.link.set(None);
                match last.replace(sleeper.g) {
                    Some(before) => before.link.set(Some(sleeper.g)),
                    None => woken = Some(sleeper.g),
                }
            }
            is_other
        });
    }
    // Without the lock: this may be the end, which looks at all goroutines.
    iter::successors(woken, |g| g.link.get()).for_each(bubble::check_wake);
    sched::ready_all(woken);
    Verdict::Continue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_taken_once() {
        let semaphore = AtomicU32::new(1);
        assert!(try_take(&semaphore));
        assert!(!try_take(&semaphore));
    }

    #[test]
    fn tickets_are_ordered_across_the_wrap() {
        assert!(is_before(1, 2));
        assert!(is_before(u32::MAX, 0));
        assert!(!is_before(5, 5));
    }
}
