//! `select`: several channel operations, of which one happens.
//!
//! **Protocol** (as runtime/select.go). The cases are tried in random order with all channels locked, in address order.
//! When none can proceed, the goroutine queues a waiter on every channel and parks; the first to dequeue one of them
//! wins `select_done` and delivers the result. The other waiters are removed by the thread that resumes the goroutine
//! (`cleanup`, before it runs).
//!
//! **Rejected.** Removing them in the winner: it holds one channel's lock and would need the others' out of order.

use super::{Attempt, ChanRef, Waiter, acquire_waiter, release_waiter, try_receive, try_send};
use crate::{g::GRef, m::current_g, sched, seam, timer, trampoline::Verdict};
use abi::{ChanStatus, SelectCase, SelectStatus, WaitReason};
use core::{ptr, slice, sync::atomic::Ordering};

/// The cases of one `select`, with scratch for two orders.
struct Select<'s> {
    cases: &'s [SelectCase],
    n_sends: usize,
    poll_order: &'s mut [u16],
    lock_order: &'s mut [u16],
}

impl Select<'_> {
    fn chan(&self, idx: u16) -> ChanRef {
        // SAFETY: nil channels are left out of the orders; the caller holds the others.
        unsafe { ChanRef::from_addr(self.cases[idx as usize].chan) }.expect("nil channels are left out")
    }

    fn is_send(&self, idx: u16) -> bool {
        (idx as usize) < self.n_sends
    }

    /// Fills both orders; answers how many cases have a channel.
    fn order(&mut self) -> usize {
        let mut n = 0;
        for idx in 0..self.cases.len() {
            if self.cases[idx].chan == 0 {
                continue;
            }
            // An insertion at a random place: a uniformly random order.
            let at = seam::random_below(n as u32 + 1) as usize;
            self.poll_order[n] = self.poll_order[at];
            self.poll_order[at] = idx as u16;
            self.lock_order[n] = idx as u16;
            n += 1;
        }
        let cases = self.cases;
        self.lock_order[..n].sort_unstable_by_key(|&idx| cases[idx as usize].chan);
        n
    }

    /// Channels to lock, each once, in address order.
    fn distinct(&self, n: usize) -> impl DoubleEndedIterator<Item = ChanRef> + '_ {
        let order = &self.lock_order[..n];
        (0..n).filter_map(move |at| {
            let chan = self.chan(order[at]);
            (at == 0 || self.chan(order[at - 1]) != chan).then_some(chan)
        })
    }

    fn unlock(&self, n: usize) {
        self.distinct(n).rev().for_each(ChanRef::unlock);
    }

    fn attempt(&self, idx: u16) -> Attempt {
        let elem = self.cases[idx as usize].elem;
        if self.is_send(idx) { try_send(self.chan(idx), elem) } else { try_receive(self.chan(idx), elem) }
    }
}

/// Selects; `ret[0]` is the index of the case or -1, `ret[1]` a `SelectStatus`.
pub(crate) extern "C" fn selectgo(
    cases: *const SelectCase,
    order: *mut u16,
    n_sends: usize,
    n_recvs: usize,
    block: usize,
) -> Verdict {
    let n_cases = n_sends + n_recvs;
    // SAFETY: the compiler passes this many cases, and scratch of two u16 for each.
    let mut select = unsafe {
        Select {
            cases: if n_cases == 0 { &[] } else { slice::from_raw_parts(cases, n_cases) },
            n_sends,
            poll_order: if n_cases == 0 { &mut [] } else { slice::from_raw_parts_mut(order, n_cases) },
            lock_order: if n_cases == 0 {
                &mut []
            } else {
                slice::from_raw_parts_mut(order.add(n_cases), n_cases)
            },
        }
    };
    let n = select.order();
    let g = current_g();
    let mut has_timer = false;
    for at in 0..n {
        let chan = select.chan(select.poll_order[at]);
        chan.check_bubble("select on synctest channel from outside bubble");
        chan.run_timer();
        has_timer |= chan.get().timer != 0;
    }
    select.distinct(n).for_each(ChanRef::lock);
    if let Some(verdict) = proceed(g, &select, n) {
        return verdict;
    }
    if block == 0 {
        select.unlock(n);
        return answer(g, -1, SelectStatus::NotReceived);
    }
    if has_timer { wait_with_timers(g, &select, n) } else { wait(g, &select, n) }
}

/// Does the first operation that can be done, if any, and unlocks then.
#[inline]
fn proceed(g: GRef, select: &Select<'_>, n: usize) -> Option<Verdict> {
    for &idx in &select.poll_order[..n] {
        if let Attempt::Done(status, woken) = select.attempt(idx) {
            select.unlock(n);
            woken.into_iter().for_each(sched::ready);
            return Some(answer(g, i64::from(idx), select_status(select.is_send(idx), status)));
        }
    }
    None
}

/// Puts the timers behind the channels into heaps before it parks.
#[cold]
fn wait_with_timers(g: GRef, select: &Select<'_>, n: usize) -> Verdict {
    let timers =
        || select.lock_order[..n].iter().map(|&idx| select.chan(idx).get().timer).filter(|&timer| timer != 0);
    select.unlock(n);
    timers().for_each(timer::begin_wait);
    select.distinct(n).for_each(ChanRef::lock);
    if let Some(verdict) = proceed(g, select, n) {
        timers().for_each(timer::end_wait);
        return verdict;
    }
    wait(g, select, n)
}

fn select_status(is_send: bool, status: ChanStatus) -> SelectStatus {
    match (is_send, status) {
        (true, ChanStatus::Closed) => SelectStatus::SendOnClosed,
        (false, ChanStatus::Done) => SelectStatus::Received,
        _ => SelectStatus::NotReceived,
    }
}

fn answer(g: GRef, idx: i64, status: SelectStatus) -> Verdict {
    g.set_ret(0, idx as u64);
    g.set_ret(1, status as u64);
    if seam::yields_here() { sched::yield_current(g) } else { Verdict::Continue }
}

/// Queues a waiter per case and parks.
fn wait(g: GRef, select: &Select<'_>, n: usize) -> Verdict {
    g.select_done.store(0, Ordering::Relaxed);
    let mut list: *mut Waiter = ptr::null_mut();
    let mut all_durable = true;
    for &idx in &select.lock_order[..n] {
        let chan = select.chan(idx);
        let waiter = acquire_waiter(g);
        waiter.elem = select.cases[idx as usize].elem;
        waiter.chan = chan.addr();
        waiter.case = i32::from(idx);
        waiter.is_receiver = !select.is_send(idx);
        waiter.of_g = list;
        list = waiter;
        all_durable &= chan.get().bubble != 0;
        if select.is_send(idx) { chan.senders().enqueue(waiter) } else { chan.receivers().enqueue(waiter) }
    }
    g.waiters.set(list);
    let reason = match (n, all_durable && !g.bubble().is_null()) {
        (0, _) => WaitReason::SelectNoCases,
        (_, true) => WaitReason::SynctestSelect,
        (_, false) => WaitReason::Select,
    };
    g.forget_results();
    let verdict = sched::park_current(g, reason, 0);
    select.unlock(n);
    verdict
}

/// A case of `g`'s select was chosen by `waiter`: leaves the result in `G.ret`, and the cleanup to the goroutine.
pub(super) fn deliver(g: GRef, waiter: &Waiter, status: ChanStatus) {
    g.set_ret(0, waiter.case as u64);
    g.set_ret(1, select_status(!waiter.is_receiver, status) as u64);
}

/// Removes and releases the waiters of a select that is over; called when the goroutine is resumed.
pub(crate) fn cleanup(g: GRef) {
    let mut next = g.waiters.replace(ptr::null_mut());
    while !next.is_null() {
        // SAFETY: the waiters belong to this goroutine; each is valid until released below.
        let waiter = unsafe { &mut *next };
        next = waiter.of_g;
        // SAFETY: the channel is held by the goroutine's select statement.
        if let Some(chan) = unsafe { ChanRef::from_addr(waiter.chan) } {
            chan.lock();
            let queue = if waiter.is_receiver { chan.receivers() } else { chan.senders() };
            queue.remove(waiter);
            chan.unlock();
            if chan.get().timer != 0 {
                timer::end_wait(chan.get().timer);
            }
        }
        release_waiter(waiter);
    }
}
