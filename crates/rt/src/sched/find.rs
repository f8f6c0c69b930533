//! Finding the next goroutine: Go's `findRunnable`.

use super::{
    GLOBAL_TICK, LAST_POLL, N_IDLE_P, N_SPINNING, POLL_UNTIL, SCHED, STOPPING, Source, queues,
    queues::{N_DISPLACED, get_global, put_global_batch},
    threads, world,
};
use crate::{
    g::{GRef, Status},
    heap,
    m::MRef,
    netpoll::{self, ReadyList, Wait},
    p::{PRef, PStatus},
    seam, timer,
    trace::event,
};
use abi::TraceKind;
use core::sync::atomic::Ordering;
use rt_sync::Next;
use rt_sys::thread;

/// Rounds of stealing; timers and `next` slots are taken in the last.
const STEAL_ROUNDS: u32 = 4;
/// Nanoseconds (more, by the kernel's slack) that a thief leaves a running processor to come to its `next` slot: who
/// readies another goroutine often parks at once, and moving the other to a second processor costs more than waiting.
const NEXT_GRACE: i64 = 3_000;

/// Blocks until there is a goroutine for this thread, which holds a processor before and after.
pub(super) fn find_runnable(m: MRef) -> (GRef, Source) {
    loop {
        let p = m.p();
        if STOPPING.load(Ordering::SeqCst) != 0 {
            world::stop_here(m);
            continue;
        }
        if N_DISPLACED.load(Ordering::Relaxed) != 0 && threads::give_to_displaced(m, p) {
            continue;
        }
        heap::share(m, p);
        // Who stops the world, or waits for it, may come out with another processor.
        let p = m.p();
        let deadline = timer::run_due(p);
        if let Some(found) = look_around(m, p) {
            return found;
        }
        if heap::help_idle(m, p) || m.p() != p {
            continue;
        }
        match steal(m, p) {
            Loot::Found(g) => return (g, Source::Stolen),
            Loot::Later => continue,
            Loot::Nothing => {}
        }
        if let Some(found) = give_up(m, p, deadline) {
            return found;
        }
    }
}

/// Own queue, global queue, poller.
fn look_around(m: MRef, p: PRef) -> Option<(GRef, Source)> {
    let tick = p.sched_tick.load(Ordering::Relaxed);
    if tick.is_multiple_of(GLOBAL_TICK)
        && let Some(g) = get_global(p, 1)
    {
        return Some((g, Source::GlobalTick));
    }
    if let Some(found) = local(p) {
        return Some(found);
    }
    if let Some(g) = get_global(p, u32::MAX) {
        return Some((g, Source::Global));
    }
    if netpoll::has_waiters() && LAST_POLL.load(Ordering::Relaxed) != 0 {
        let mut list = netpoll::poll(Wait::No);
        if let Some(g) = list.pop() {
            inject(Some(m), list);
            return Some((make_runnable(g), Source::Poller));
        }
    }
    None
}

/// The processor's own queue, in the order that the seam wants.
fn local(p: PRef) -> Option<(GRef, Source)> {
    if seam::is_simulated() {
        let item = p.queue.take_next().or_else(|| p.queue.take_nth(seam::pick(p.queue.len())));
        return to_g(item).map(|g| (g, Source::Local));
    }
    if let Some(g) = to_g(p.queue.take_next()) {
        return Some((g, Source::Next));
    }
    to_g(p.queue.get()).map(|g| (g, Source::Local))
}

fn to_g(item: Option<usize>) -> Option<GRef> {
    // SAFETY: run queues hold addresses of goroutines.
    item.and_then(|item| unsafe { GRef::from_addr(item) })
}

fn make_runnable(g: GRef) -> GRef {
    g.set_status(Status::Waiting, Status::Runnable);
    event(TraceKind::PollReady, 0, g.goid(), 0);
    g
}

/// Queues goroutines that the poller found ready, and wakes threads for them.
pub(super) fn inject(m: Option<MRef>, mut list: ReadyList) {
    let own = m.and_then(|m| m.try_p());
    let mut n_queued = 0;
    while let Some(g) = list.pop() {
        make_runnable(g);
        match own {
            Some(p) => put_local(p, g, Next::Tail),
            None => queues::put_global(g),
        }
        n_queued += 1;
    }
    for _ in 0..n_queued.min(N_IDLE_P.load(Ordering::SeqCst)) {
        threads::start_idle();
    }
}

/// Queues on the own processor; half of a full ring goes to the global queue.
pub(super) fn put_local(p: PRef, g: GRef, place: Next) {
    let place = if seam::is_simulated() { Next::Tail } else { place };
    if let rt_sync::Put::Overflow(batch) = p.queue.put(g.addr(), place) {
        put_global_batch(batch.as_slice());
    }
}

/// What a thief finds.
enum Loot {
    Found(GRef),
    /// A processor has work in its `next` slot, and comes to it by itself: look again.
    Later,
    Nothing,
}

/// Becomes a spinning thread, unless half of the busy processors spin already, and steals.
fn steal(m: MRef, p: PRef) -> Loot {
    let n_busy = super::n_procs().saturating_sub(N_IDLE_P.load(Ordering::SeqCst));
    if !m.spinning.get() {
        if 2 * N_SPINNING.load(Ordering::SeqCst) >= n_busy {
            return Loot::Nothing;
        }
        m.spinning.set(true);
        N_SPINNING.fetch_add(1, Ordering::SeqCst);
    }
    for _ in 1..STEAL_ROUNDS {
        if let Some(g) = visit(m, p, |victim| steal_from(victim, p, false)) {
            return Loot::Found(g);
        }
    }
    let mut is_later = false;
    let last = visit(m, p, |victim| {
        if timer::run_due_of(victim)
            && let Some(g) = to_g(p.queue.take_next().or_else(|| p.queue.get()))
        {
            return Some(g);
        }
        if comes_to_next(victim) {
            is_later = true;
            return None;
        }
        steal_from(victim, p, true)
    });
    match last {
        Some(g) => Loot::Found(g),
        None if is_later => Loot::Later,
        None => Loot::Nothing,
    }
}

/// Whether `victim` only has work in its `next` slot, and has switched goroutines while this thread slept a little.
fn comes_to_next(victim: PRef) -> bool {
    if !victim.queue.has_only_next() || victim.status() != PStatus::Running {
        return false;
    }
    let before = victim.n_switches.load(Ordering::Relaxed);
    thread::sleep(NEXT_GRACE);
    victim.n_switches.load(Ordering::Relaxed) != before
}

fn steal_from(victim: PRef, p: PRef, takes_next: bool) -> Option<GRef> {
    let g = to_g(victim.queue.steal_into(&p.queue, takes_next))?;
    event(TraceKind::Steal, 0, 1 + p.queue.len() as u64, victim.id as u8);
    Some(g)
}

/// Visits all other processors once, from a random one in steps of a random number coprime to their count, until `take`
/// finds something.
fn visit(m: MRef, p: PRef, mut take: impl FnMut(PRef) -> Option<GRef>) -> Option<GRef> {
    let procs = super::all_procs();
    let n = procs.len() as u32;
    if n <= 1 {
        return None;
    }
    let mut step = 1 + m.rng().below(n);
    while !are_coprime(step, n) {
        step = step % n + 1;
    }
    let mut at = m.rng().below(n);
    for _ in 0..n {
        let victim = procs[at as usize];
        at = (at + step) % n;
        if victim == p || STOPPING.load(Ordering::Relaxed) != 0 {
            continue;
        }
        if let Some(g) = take(victim) {
            return Some(g);
        }
    }
    None
}

fn are_coprime(mut a: u32, mut b: u32) -> bool {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a == 1
}

/// Gives the processor up, looks everywhere once more, then blocks. `None`: look again with the processor then held.
fn give_up(m: MRef, p: PRef, deadline: i64) -> Option<(GRef, Source)> {
    {
        let mut sched = SCHED.lock();
        if sched.is_stopping() || !sched.is_empty() || !p.queue.is_empty() {
            return None;
        }
        m.set_p(None);
        sched.put_idle_p(p);
    }
    if m.spinning.replace(false) {
        N_SPINNING.fetch_sub(1, Ordering::SeqCst);
        // See the protocol: after the decrement, look at everything again.
        if let Some(p) = look_again() {
            threads::acquire(m, p);
            m.spinning.set(true);
            N_SPINNING.fetch_add(1, Ordering::SeqCst);
            return None;
        }
    }
    block(m, timer::earliest_of_all(deadline));
    None
}

/// An idle processor, when there is work for it.
fn look_again() -> Option<PRef> {
    let has_work = || {
        super::all_procs().iter().any(|p| !p.queue.is_empty())
            || queues::GLOBAL_LEN.load(Ordering::SeqCst) != 0
    };
    if !has_work() {
        return None;
    }
    SCHED.lock().get_idle_p()
}

/// Sleeps in the poller until `deadline` (0: none) or an event, or as an idle thread; ends holding a processor.
fn block(m: MRef, deadline: i64) {
    if deadline != 0 && seam::skip_to(deadline) {
        return threads::acquire_idle_or_stop(m);
    }
    let may_poll = netpoll::is_initialised() && (netpoll::has_waiters() || deadline != 0);
    if may_poll && LAST_POLL.swap(0, Ordering::SeqCst) != 0 {
        return block_in_poll(m, deadline);
    }
    if may_poll && deadline != 0 {
        netpoll::wake_for(deadline);
    }
    threads::stop_m(m);
}

fn block_in_poll(m: MRef, deadline: i64) {
    POLL_UNTIL.store(deadline, Ordering::SeqCst);
    m.blocked_in_poll.store(true, Ordering::Relaxed);
    let list = netpoll::poll(if deadline == 0 { Wait::ForEver } else { Wait::Until(deadline) });
    m.blocked_in_poll.store(false, Ordering::Relaxed);
    POLL_UNTIL.store(0, Ordering::SeqCst);
    LAST_POLL.store(seam::nanotime(), Ordering::SeqCst);
    let idle = SCHED.lock().get_idle_p();
    if let Some(p) = idle {
        threads::acquire(m, p);
        inject(Some(m), list);
    } else {
        inject(None, list);
        threads::stop_m(m);
    }
}
