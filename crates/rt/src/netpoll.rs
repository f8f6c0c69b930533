//! The network poller: goroutines wait for descriptors, one thread waits for all of them.
//!
//! **States** of each direction of a descriptor (Go's `rg` and `wg`), a word changed by compare-and-swap:
//!
//! ```text
//!            poll_wait                   park
//!   NOTHING ───────────> WAITING ────────────────> address of the goroutine
//!      ^  ^                 │                         │
//!      │  └── consumed ── READY <──── epoll event ────┘ (and the goroutine is readied)
//!      └───────────────────────────── deadline, close ┘ (readied without READY)
//! ```
//!
//! Edge-triggered: an event that finds nobody leaves READY behind.

use crate::{
    fatal,
    g::GRef,
    m::current_g,
    sched, seam,
    timer::{Kind, Timer},
    trampoline::Verdict,
};
use abi::{PollStatus, WaitReason};
use alloc::boxed::Box;
use core::{
    cell::Cell,
    sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicUsize, Ordering},
};
use rt_sync::{Lock, Rank, RawLock};
use rt_sys::{
    Errno,
    epoll::{self, ERR, ET, Event, HUP, IN, OUT, RDHUP},
};

const NOTHING: usize = 0;
const READY: usize = 1;
const WAITING: usize = 2;

/// A deadline that has passed.
const PASSED: i64 = -1;

/// The epoll instance, or -1; the event descriptor that interrupts it. Owned by this module.
static EPOLL: AtomicI32 = AtomicI32::new(-1);
static WAKE_FD: AtomicI32 = AtomicI32::new(-1);
/// Initialisation happens once.
static INIT: Lock<bool> = Lock::new(Rank::Leaf, false);
/// Goroutines that wait for descriptors.
static N_WAITERS: AtomicU32 = AtomicU32::new(0);
/// An interrupt is under way.
static WAKE_PENDING: AtomicBool = AtomicBool::new(false);
/// Unused descriptors' records.
static FREE: Lock<AtomicPtr<PollDesc>> = Lock::new(Rank::Leaf, AtomicPtr::new(core::ptr::null_mut()));

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// Until a time.
    Until(i64),
    /// Until something happens.
    ForEver,
}

/// Goroutines to be readied, linked by `link`.
#[derive(Debug, Default)]
pub struct ReadyList(Option<GRef>);

impl ReadyList {
    fn push(&mut self, g: GRef) {
        g.link.set(self.0.replace(g));
    }

    /// Takes one.
    pub fn pop(&mut self) -> Option<GRef> {
        let g = self.0?;
        self.0 = g.link.take();
        Some(g)
    }
}

/// One direction of a descriptor.
struct Direction {
    state: AtomicUsize,
    deadline: AtomicI64,
    timer: Timer,
}

impl Direction {
    const fn new() -> Direction {
        Direction { state: AtomicUsize::new(NOTHING), deadline: AtomicI64::new(0), timer: Timer::new() }
    }

    /// Makes it ready, or only wakes the waiter; answers a goroutine to ready.
    fn unblock(&self, becomes_ready: bool) -> Option<GRef> {
        loop {
            let old = self.state.load(Ordering::SeqCst);
            if old == READY || (old == NOTHING && !becomes_ready) {
                return None;
            }
            let new = if becomes_ready { READY } else { NOTHING };
            if self.state.compare_exchange(old, new, Ordering::SeqCst, Ordering::Relaxed).is_err() {
                continue;
            }
            if old == NOTHING || old == WAITING {
                return None;
            }
            N_WAITERS.fetch_sub(1, Ordering::SeqCst);
            // SAFETY: any other value is the address of the goroutine that waits.
            return unsafe { GRef::from_addr(old) };
        }
    }
}

/// A descriptor's record; never freed, only reused. `generation` tells stale events of the last use apart.
pub struct PollDesc {
    lock: RawLock,
    fd: Cell<i32>,
    generation: AtomicU32,
    is_closing: AtomicBool,
    has_error: AtomicBool,
    read: Direction,
    write: Direction,
    next: AtomicPtr<PollDesc>,
}

// SAFETY: cells are used under `lock`.
unsafe impl Sync for PollDesc {}

impl core::fmt::Debug for PollDesc {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PollDesc").field("fd", &self.fd).finish_non_exhaustive()
    }
}

/// Mode of reading.
pub const READ: u32 = b'r' as u32;
/// Mode of writing.
pub const WRITE: u32 = b'w' as u32;

impl PollDesc {
    fn direction(&self, mode: u32) -> &Direction {
        if mode == READ { &self.read } else { &self.write }
    }

    fn status(&self, mode: u32) -> PollStatus {
        if self.is_closing.load(Ordering::SeqCst) {
            return PollStatus::Closing;
        }
        if self.direction(mode).deadline.load(Ordering::SeqCst) == PASSED {
            return PollStatus::Timeout;
        }
        if mode == READ && self.has_error.load(Ordering::SeqCst) {
            return PollStatus::NotPollable;
        }
        PollStatus::Ok
    }

    fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        self.lock.lock(Rank::Poll);
        let result = f();
        // SAFETY: locked above.
        unsafe { self.lock.unlock(Rank::Poll) };
        result
    }
}

/// Whether there is a poller.
pub fn is_initialised() -> bool {
    EPOLL.load(Ordering::Acquire) >= 0
}

/// Makes one; timers need it, too.
pub fn ensure_initialised() {
    if is_initialised() {
        return;
    }
    let mut is_done = INIT.lock();
    if *is_done {
        return;
    }
    let (Ok(poller), Ok(wake_fd)) = (epoll::create(), epoll::event_fd()) else {
        fatal::throw("runtime: netpollinit failed")
    };
    if epoll::add(poller, wake_fd, Event { events: IN, data: 0 }).is_err() {
        fatal::throw("runtime: netpollinit failed");
    }
    WAKE_FD.store(wake_fd, Ordering::Relaxed);
    EPOLL.store(poller, Ordering::Release);
    *is_done = true;
}

/// Whether goroutines wait for descriptors.
pub fn has_waiters() -> bool {
    N_WAITERS.load(Ordering::SeqCst) != 0
}

/// Whether somebody must sit in the poller and nobody does.
pub fn needs_poller() -> bool {
    has_waiters() && sched::LAST_POLL.load(Ordering::SeqCst) != 0
}

/// Interrupts the thread in the poller when it would sleep past `deadline`.
pub fn wake_for(deadline: i64) {
    if sched::LAST_POLL.load(Ordering::SeqCst) != 0 {
        return sched::wake_p();
    }
    let until = sched::POLL_UNTIL.load(Ordering::SeqCst);
    if (until == 0 || until > deadline) && !WAKE_PENDING.swap(true, Ordering::SeqCst) {
        epoll::signal_event_fd(WAKE_FD.load(Ordering::Relaxed));
    }
}

/// Asks for events; answers the goroutines that they make runnable (still in state `Waiting`).
pub fn poll(wait: Wait) -> ReadyList {
    const MAX_EVENTS: usize = 128;
    let mut list = ReadyList::default();
    let poller = EPOLL.load(Ordering::Acquire);
    if poller < 0 {
        return list;
    }
    let timeout_ms = match wait {
        Wait::No => 0,
        Wait::ForEver => -1,
        Wait::Until(when) => millis_until(when),
    };
    let mut events = [Event::default(); MAX_EVENTS];
    let n = match epoll::wait(poller, &mut events, timeout_ms) {
        Ok(n) => n,
        Err(Errno::EINTR) => return list,
        Err(_) => fatal::throw("runtime: netpoll failed"),
    };
    for event in &events[..n] {
        match event.data {
            0 if wait != Wait::No => {
                epoll::drain_event_fd(WAKE_FD.load(Ordering::Relaxed));
                WAKE_PENDING.store(false, Ordering::SeqCst);
            }
            0 => {}
            data => deliver(data, event.events, &mut list),
        }
    }
    list
}

fn millis_until(when: i64) -> i32 {
    const NANOS: i64 = 1_000_000;
    let rest = when - seam::nanotime();
    if rest <= 0 { 0 } else { (rest.div_euclid(NANOS) + i64::from(rest % NANOS != 0)).min(1_000_000) as i32 }
}

fn deliver(data: u64, events: u32, list: &mut ReadyList) {
    const ADDRESS_BITS: u32 = 48;
    let pd = (data & ((1 << ADDRESS_BITS) - 1)) as *const PollDesc;
    // SAFETY: records are never freed.
    let pd = unsafe { &*pd };
    if pd.generation.load(Ordering::SeqCst) as u16 != (data >> ADDRESS_BITS) as u16 {
        return;
    }
    pd.has_error.store(events == ERR, Ordering::SeqCst);
    if events & (IN | RDHUP | HUP | ERR) != 0 {
        pd.read.unblock(true).into_iter().for_each(|g| list.push(g));
    }
    if events & (OUT | HUP | ERR) != 0 {
        pd.write.unblock(true).into_iter().for_each(|g| list.push(g));
    }
}

fn take_record() -> &'static PollDesc {
    let free = FREE.lock();
    let first = free.load(Ordering::Relaxed);
    if !first.is_null() {
        // SAFETY: records are never freed.
        let pd = unsafe { &*first };
        free.store(pd.next.load(Ordering::Relaxed), Ordering::Relaxed);
        return pd;
    }
    drop(free);
    Box::leak(Box::new(PollDesc {
        lock: RawLock::new(),
        fd: Cell::new(-1),
        generation: AtomicU32::new(0),
        is_closing: AtomicBool::new(false),
        has_error: AtomicBool::new(false),
        read: Direction::new(),
        write: Direction::new(),
        next: AtomicPtr::new(core::ptr::null_mut()),
    }))
}

/// A record and an errno.
#[repr(C)]
#[derive(Debug)]
pub struct Opened {
    pd: *const PollDesc,
    errno: usize,
}

/// Registers a descriptor.
pub(crate) extern "C" fn poll_open(fd: i32) -> Opened {
    ensure_initialised();
    let pd = take_record();
    let generation = pd.locked(|| {
        pd.fd.set(fd);
        pd.is_closing.store(false, Ordering::SeqCst);
        pd.has_error.store(false, Ordering::SeqCst);
        for direction in [&pd.read, &pd.write] {
            direction.state.store(NOTHING, Ordering::SeqCst);
            direction.deadline.store(0, Ordering::SeqCst);
        }
        pd.generation.fetch_add(1, Ordering::SeqCst) + 1
    });
    let data = core::ptr::from_ref(pd) as u64 | u64::from(generation as u16) << 48;
    match epoll::add(EPOLL.load(Ordering::Relaxed), fd, Event { events: IN | OUT | RDHUP | ET, data }) {
        Ok(()) => Opened { pd, errno: 0 },
        Err(error) => {
            release(pd);
            Opened { pd: core::ptr::null(), errno: error.0 as usize }
        }
    }
}

fn release(pd: &'static PollDesc) {
    pd.generation.fetch_add(1, Ordering::SeqCst);
    let free = FREE.lock();
    pd.next.store(free.load(Ordering::Relaxed), Ordering::Relaxed);
    free.store(core::ptr::from_ref(pd).cast_mut(), Ordering::Relaxed);
}

/// Unregisters.
pub(crate) extern "C" fn poll_close(pd: &'static PollDesc) {
    let _ = epoll::delete(EPOLL.load(Ordering::Relaxed), pd.fd.get());
    release(pd);
}

/// Prepares a wait.
pub(crate) extern "C" fn poll_reset(pd: &'static PollDesc, mode: u32) -> PollStatus {
    let status = pd.status(mode);
    if status == PollStatus::Ok {
        pd.direction(mode).state.store(NOTHING, Ordering::SeqCst);
    }
    status
}

/// Waits; `ret[0]` is the status. The overlay calls again while the status is Ok and nothing became ready.
pub(crate) extern "C" fn poll_wait(pd: &'static PollDesc, mode: u32) -> Verdict {
    let status = pd.status(mode);
    current_g().set_ret(0, status as u64);
    if status == PollStatus::Ok { block(pd, mode) } else { Verdict::Continue }
}

/// Waits whatever the deadline says.
pub(crate) extern "C" fn poll_wait_canceled(pd: &'static PollDesc, mode: u32) -> Verdict {
    block(pd, mode)
}

/// Parks unless it is ready. Whoever unparks before it is ready puts the reason into `ret[0]`.
fn block(pd: &'static PollDesc, mode: u32) -> Verdict {
    let g = current_g();
    let direction = pd.direction(mode);
    loop {
        if direction.state.compare_exchange(READY, NOTHING, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
            return Verdict::Continue;
        }
        if direction.state.compare_exchange(NOTHING, WAITING, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
            break;
        }
        if direction.state.load(Ordering::SeqCst) == WAITING {
            fatal::throw("runtime: double wait");
        }
    }
    // The wait is announced: a deadline or close from now on sees it, an earlier one is seen here.
    if pd.status(mode) != PollStatus::Ok {
        let old = direction.state.swap(NOTHING, Ordering::SeqCst);
        let status = if old == READY { PollStatus::Ok } else { pd.status(mode) };
        g.set_ret(0, status as u64);
        return Verdict::Continue;
    }
    N_WAITERS.fetch_add(1, Ordering::SeqCst);
    let verdict = sched::park_current(g, WaitReason::IoWait, pd.fd.get() as usize);
    if direction.state.compare_exchange(WAITING, g.addr(), Ordering::SeqCst, Ordering::Relaxed).is_err() {
        // An event came in between (READY, or NOTHING after a deadline): nobody else knows this goroutine.
        direction.state.store(NOTHING, Ordering::SeqCst);
        N_WAITERS.fetch_sub(1, Ordering::SeqCst);
        g.set_ret(0, pd.status(mode) as u64);
        sched::ready(g);
    }
    verdict
}

/// Sets deadlines; `mode` is 'r', 'w' or their sum.
pub(crate) extern "C" fn poll_set_deadline(pd: &'static PollDesc, deadline: i64, mode: u32) {
    const BOTH: u32 = READ + WRITE;
    let when = match deadline {
        0 => 0,
        d if d > 0 => seam::nanotime().saturating_add(d),
        _ => PASSED,
    };
    let woken = pd.locked(|| {
        let mut woken = [None, None];
        if pd.is_closing.load(Ordering::SeqCst) {
            return woken;
        }
        if mode == BOTH || mode == READ {
            woken[0] = set_one(pd, &pd.read, Kind::PollRead, when);
        }
        if mode == BOTH || mode == WRITE {
            woken[1] = set_one(pd, &pd.write, Kind::PollWrite, when);
        }
        woken
    });
    woken.into_iter().flatten().for_each(|(g, status)| wake_with(g, status));
}

type Woken = Option<(GRef, PollStatus)>;

fn set_one(pd: &PollDesc, direction: &Direction, kind: Kind, when: i64) -> Woken {
    direction.timer.disarm();
    direction.deadline.store(when, Ordering::SeqCst);
    if when > 0 {
        direction.timer.set_action(kind, core::ptr::from_ref(pd) as usize);
        direction.timer.arm(when, 0);
        return None;
    }
    if when == 0 {
        return None;
    }
    direction.unblock(false).map(|g| (g, PollStatus::Timeout))
}

fn wake_with(g: GRef, status: PollStatus) {
    g.set_ret(0, status as u64);
    sched::ready(g);
}

/// A deadline's timer fired. The timer's lock is held, so the record's is not taken: the words are atomic, and a
/// deadline that has been moved has disarmed this timer.
pub fn deadline_passed(pd: usize, mode: u32) {
    // SAFETY: records are never freed.
    let direction = unsafe { &*(pd as *const PollDesc) }.direction(mode);
    direction.deadline.store(PASSED, Ordering::SeqCst);
    direction.unblock(false).into_iter().for_each(|g| wake_with(g, PollStatus::Timeout));
}

/// The descriptor is being closed: waiters return.
pub(crate) extern "C" fn poll_unblock(pd: &'static PollDesc) {
    let woken = pd.locked(|| {
        pd.is_closing.store(true, Ordering::SeqCst);
        [&pd.read, &pd.write].map(|direction| {
            direction.timer.disarm();
            direction.unblock(false)
        })
    });
    woken.into_iter().flatten().for_each(|g| wake_with(g, PollStatus::Closing));
}

/// Whether `fd` is the poller's own.
pub(crate) extern "C" fn poll_is_descriptor(fd: i32) -> usize {
    let is_own = fd >= 0 && (fd == EPOLL.load(Ordering::Relaxed) || fd == WAKE_FD.load(Ordering::Relaxed));
    usize::from(is_own)
}
