//! Timers: a heap per processor, and what happens when one is due.
//!
//! **States of a timer**, under its lock:
//!
//! ```text
//!            arm                      due (popped under the heap's lock)
//!   idle ──────────> in a heap ─────────────────────────────> firing ──> idle, or in a heap again (periodic)
//!    ^   <────────── stop, reset                                 │ stop or reset meanwhile: `seq` differs, not fired,
//!    │                                                           │ and it counts as having been armed
//! ```
//!
//! **Invariants.** 1. `owner` is the heap that holds the timer, or null; it and `idx` change under that heap's lock.
//! 2. Lock order: timer, then heap; the heap's lock is released before a due timer's own lock is taken. 3. A timer that
//! is a heap object of the program is a root while it is in a heap (`for_each_root`). 4. A timer with a channel is in a
//! heap only while a goroutine waits for the channel; otherwise whoever looks at the channel runs it if it is due. So
//! one that nobody can look at any more is garbage. 5. `when` of such a timer is 0 when it is not armed.

mod heap;

pub use heap::Timers;

use crate::{
    bubble::{self, Bubble},
    chan, fatal,
    g::{GRef, Role},
    m::{MRef, current_g},
    netpoll,
    p::PRef,
    sched, seam,
    trace::event,
    trampoline::Verdict,
};
use abi::{TraceKind, WaitReason};
use core::{
    cell::Cell,
    ptr,
    sync::atomic::{AtomicI64, AtomicPtr, AtomicUsize, Ordering},
};
use rt_sync::{Rank, RawLock};
use rt_sys::clock::Timespec;

/// What a due timer does.
#[repr(usize)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `TimerKind::Spawn`: `arg` is a closure.
    Spawn = 0,
    /// `TimerKind::Send`: `arg` is a channel.
    Send = 1,
    /// Readies goroutine `arg`.
    Wake = 2,
    /// The read deadline of poll descriptor `arg`.
    PollRead = 3,
    /// Its write deadline.
    PollWrite = 4,
}

/// A timer; embedded in the overlay's timer objects (ten words), goroutines and poll descriptors.
#[repr(C)]
pub struct Timer {
    arg: Cell<usize>,
    when: Cell<i64>,
    period: Cell<i64>,
    kind: Cell<Kind>,
    owner: AtomicPtr<Timers>,
    idx: Cell<usize>,
    seq: Cell<u64>,
    bubble: Cell<*mut Bubble>,
    lock: RawLock,
    /// Due and out of its heap, but not fired yet.
    is_firing: Cell<bool>,
    reserved: [u8; 3],
    /// Goroutines that wait for its channel; under its lock.
    n_waiting: Cell<usize>,
}

const _: () = assert!(size_of::<Timer>() == 80);

/// Address of the location that `time.Time` values in channels carry; owned by this module.
static LOCATION: AtomicUsize = AtomicUsize::new(0);
/// The moment from which package `time` counts monotonic time; owned by this module.
static START: AtomicI64 = AtomicI64::new(0);

impl Default for Timer {
    fn default() -> Self {
        Self::new()
    }
}

impl Timer {
    /// An idle timer.
    pub const fn new() -> Timer {
        Timer {
            arg: Cell::new(0),
            when: Cell::new(0),
            period: Cell::new(0),
            kind: Cell::new(Kind::Wake),
            owner: AtomicPtr::new(ptr::null_mut()),
            idx: Cell::new(0),
            seq: Cell::new(0),
            bubble: Cell::new(ptr::null_mut()),
            lock: RawLock::new(),
            is_firing: Cell::new(false),
            reserved: [0; 3],
            n_waiting: Cell::new(0),
        }
    }

    /// Sets what it does; it is idle.
    pub fn set_action(&self, kind: Kind, arg: usize) {
        self.kind.set(kind);
        self.arg.set(arg);
    }

    fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        self.lock.lock(Rank::Timer);
        let result = f();
        // SAFETY: locked above.
        unsafe { self.lock.unlock(Rank::Timer) };
        result
    }

    /// Arms an idle timer, or moves an armed one; whether it was armed.
    pub fn arm(&self, when: i64, period: i64) -> bool {
        self.locked(|| {
            let was_armed = self.remove();
            self.start(when, period);
            was_armed
        })
    }

    /// Disarms; whether it was armed.
    pub fn disarm(&self) -> bool {
        self.locked(|| self.remove())
    }

    /// Takes it out of its heap. Its lock is held.
    fn remove(&self) -> bool {
        let was_queued = self.unqueue();
        // Only now: who popped it before has the old number.
        self.seq.set(self.seq.get() + 1);
        let was_armed = was_queued | self.is_firing.replace(false);
        match self.kind.get() {
            Kind::Send => self.when.replace(0) != 0,
            _ => was_armed,
        }
    }

    /// Takes it out of its heap, if it is in one. Its lock is held.
    fn unqueue(&self) -> bool {
        loop {
            let owner = self.owner.load(Ordering::Acquire);
            if owner.is_null() {
                return false;
            }
            // SAFETY: heaps belong to processors, or to bubbles that empty them before they end.
            if unsafe { (*owner).remove(self) } {
                return true;
            }
        }
    }

    /// Sets when it is due, and sees to it. Its lock is held; it is idle.
    fn start(&self, when: i64, period: i64) {
        self.period.set(period);
        // The far future cannot overflow when periods are added.
        self.when.set(when.clamp(1, i64::MAX / 2));
        if self.kind.get() != Kind::Send || self.n_waiting.get() > 0 {
            self.queue();
        }
    }

    /// Puts it into a heap. Its lock is held.
    fn queue(&self) {
        let when = self.when.get();
        let bubble = self.bubble.get();
        if !bubble.is_null() {
            // SAFETY: a bubble outlives its timers.
            return unsafe { (*bubble).timers().insert(self, when) };
        }
        netpoll::ensure_initialised();
        match MRef::current().try_p() {
            Some(p) => p.timers.insert(self, when),
            None => sched::all_procs()[0].timers.insert(self, when),
        }
        netpoll::wake_for(when);
    }

    /// Runs it if nobody has touched it since it was popped with `seq`.
    fn fire(&self, seq: u64, now: i64) {
        self.locked(|| {
            if self.seq.get() != seq {
                return;
            }
            self.fire_now(now);
        });
    }

    /// Runs it if it is in no heap and due.
    fn fire_if_due(&self, now: i64) {
        self.locked(|| {
            let is_queued = !self.owner.load(Ordering::Acquire).is_null() || self.is_firing.get();
            if !is_queued && self.is_due(now) {
                self.fire_now(now);
            }
        });
    }

    fn is_due(&self, now: i64) -> bool {
        (1..=now).contains(&self.when.get())
    }

    /// Runs it. It is in no heap; its lock is held.
    fn fire_now(&self, now: i64) {
        self.is_firing.set(false);
        let (when, period) = (self.when.get(), self.period.get());
        let late = now - when;
        if self.kind.get() == Kind::Send {
            self.when.set(0);
        }
        event(TraceKind::Timer, 0, self.arg.get() as u64, self.kind.get() as u8);
        self.act(when, late);
        if period > 0 {
            let delta = period.saturating_mul(1 + late / period);
            self.start(when.saturating_add(delta), period);
        }
    }

    fn act(&self, when: i64, late: i64) {
        let arg = self.arg.get();
        match self.kind.get() {
            Kind::Spawn => {
                let g = sched::spawn(arg, Role::User);
                g.set_bubble(self.bubble.get());
                bubble::joined(g);
                sched::launch(g);
            }
            Kind::Send => {
                if chan::send_time(arg, &time_value(self.bubble.get(), when, late)) == Receiver::Waited {
                    self.n_waiting.set(self.n_waiting.get() - 1);
                }
            }
            // SAFETY: the argument is what `sleep` stored.
            Kind::Wake => sched::ready(unsafe { GRef::from_addr(arg) }.expect("a sleeping goroutine")),
            Kind::PollRead => netpoll::deadline_passed(arg, netpoll::READ),
            Kind::PollWrite => netpoll::deadline_passed(arg, netpoll::WRITE),
        }
    }
}

/// The `time.Time` at which a timer was due: wall seconds and nanoseconds, with a monotonic reading if there is one;
/// location.
///
/// How late it is now is found out here: `late` may have been right a while ago, and ticks must not come out of order. The
/// clock of a bubble stands still.
fn time_value(bubble: *mut Bubble, when: i64, late: i64) -> [usize; 3] {
    /// Seconds from 1885 to 1970: the base of wall times that carry a monotonic reading.
    const WALL_BASE: i64 = 2_682_288_000;
    const HAS_MONOTONIC: usize = 1 << 63;
    /// From the year 1: the base of the others.
    const SECONDS_TO_1970: i64 = 62_135_596_800;
    let (wall, monotonic) = bubble::clocks(bubble);
    let late = monotonic.map_or(late, |now| now - when);
    let wall = Timespec::from_nanos(wall.as_nanos() - late);
    let Some(monotonic) = monotonic else {
        let seconds = wall.sec + SECONDS_TO_1970;
        return [wall.nsec as usize, seconds as usize, LOCATION.load(Ordering::Relaxed)];
    };
    let wall_word = HAS_MONOTONIC | ((wall.sec + WALL_BASE) as usize) << 30 | wall.nsec as usize;
    let since_start = monotonic - late - START.load(Ordering::Relaxed);
    [wall_word, since_start as usize, LOCATION.load(Ordering::Relaxed)]
}

/// Runs the due timers of `p`; answers when the next is due, or 0.
#[inline]
pub fn run_due(p: PRef) -> i64 {
    let first = p.timers.first();
    if first == 0 {
        return 0;
    }
    run_heap(&p.timers, seam::nanotime())
}

/// Runs the due timers of a heap at time `now`; answers when the next is due, or 0.
pub fn run_heap(timers: &Timers, now: i64) -> i64 {
    while let Some((timer, seq)) = timers.pop_due(now) {
        // SAFETY: the timer was in a heap, so it is alive; this thread holds a processor, so no collection can end
        // before the timer has run.
        unsafe { (*timer).fire(seq, now) };
    }
    timers.first()
}

/// Runs the timer of a channel, or its heap, if it is due.
pub fn run_if_due(timer: usize) {
    let timer = of_chan(timer);
    let owner = timer.owner.load(Ordering::Acquire);
    let now = match bubble::now_of(timer.bubble.get()) {
        Some(_) if !owner.is_null() => return,
        Some(now) => now,
        None => seam::nanotime(),
    };
    if !timer.is_due(now) {
        return;
    }
    match owner.is_null() {
        true => timer.fire_if_due(now),
        // SAFETY: heaps of processors are never freed.
        false => drop(run_heap(unsafe { &*owner }, now)),
    }
}

/// A goroutine will wait for the channel of the timer. No channel is locked.
pub fn begin_wait(timer: usize) {
    let timer = of_chan(timer);
    timer.locked(|| {
        timer.n_waiting.set(timer.n_waiting.get() + 1);
        let is_queued = !timer.owner.load(Ordering::Acquire).is_null() || timer.is_firing.get();
        if timer.when.get() != 0 && !is_queued {
            timer.queue();
        }
    });
}

/// A goroutine no longer waits, though the timer did not send to it alone. No channel is locked.
pub fn end_wait(timer: usize) {
    let timer = of_chan(timer);
    timer.locked(|| {
        timer.n_waiting.set(timer.n_waiting.get() - 1);
        if timer.n_waiting.get() == 0 {
            timer.unqueue();
        }
    });
}

/// The timer that stands behind a channel.
fn of_chan<'a>(timer: usize) -> &'a Timer {
    // SAFETY: the channel in front of the timer keeps it alive.
    unsafe { &*(timer as *const Timer) }
}

/// What became of a value that a timer sent.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// It went to a goroutine that waits for this channel alone, and does so no longer.
    Waited,
    /// It went elsewhere, or nowhere.
    Other,
}

/// Runs another processor's due timers; whether there were any.
pub fn run_due_of(p: PRef) -> bool {
    let first = p.timers.first();
    if first == 0 {
        return false;
    }
    let now = seam::nanotime();
    if first > now {
        return false;
    }
    run_heap(&p.timers, now);
    true
}

/// When the first timer of `p` is due, or 0.
pub fn first_of(p: PRef) -> i64 {
    p.timers.first()
}

/// When the first timer of any processor is due, given `deadline` of one; 0: none.
pub fn earliest_of_all(deadline: i64) -> i64 {
    let firsts = sched::all_procs().iter().map(|p| p.timers.first());
    firsts.chain([deadline]).filter(|&when| when != 0).min().unwrap_or(0)
}

/// Whether any timer is armed.
pub fn any() -> bool {
    earliest_of_all(0) != 0
}

/// Moves all timers of a processor that is retired. The world is stopped.
pub fn move_all(from: PRef, to: PRef) {
    while let Some((timer, _)) = from.timers.pop_due(i64::MAX) {
        // SAFETY: as in `run_heap`.
        unsafe { to.timers.insert(&*timer, (*timer).when.get()) };
    }
}

/// Calls `f` with the address of every timer in a heap. The world is stopped.
pub fn for_each_root(mut f: impl FnMut(usize)) {
    for p in sched::all_procs() {
        p.timers.for_each(|timer| f(timer as usize));
    }
    bubble::for_each_timers(|timers| timers.for_each(|timer| f(timer as usize)));
}

/// `time.Sleep`.
pub(crate) extern "C" fn sleep(nanos: i64) -> Verdict {
    let g = current_g();
    if nanos <= 0 {
        return Verdict::Continue;
    }
    // SAFETY: the goroutine's own timer, idle while it runs.
    let timer = unsafe { &*g.sleep_timer.get() };
    timer.set_action(Kind::Wake, g.addr());
    timer.bubble.set(g.bubble());
    let when = bubble::nanotime(g).saturating_add(nanos);
    // The root of a bubble must see the timer when it sees that all have parked; it is what fires it, and not before.
    let is_armed = !g.bubble().is_null();
    if is_armed {
        timer.arm(when, 0);
    }
    let verdict = sched::park_current(g, WaitReason::Sleep, 0);
    if !is_armed {
        timer.arm(when, 0);
    }
    verdict
}

/// Arms a new timer of the overlay.
pub(crate) extern "C" fn timer_init(timer: *const Timer, kind: usize, arg: usize, when: i64, period: i64) {
    // SAFETY: the overlay passes a zeroed timer that only it knows.
    let timer = unsafe { &*timer };
    timer.set_action(if kind == 0 { Kind::Spawn } else { Kind::Send }, arg);
    timer.bubble.set(current_g().bubble());
    if timer.kind.get() == Kind::Send {
        chan::set_timer(arg, timer as *const Timer as usize);
    }
    timer.arm(when, period);
    timer.run_if_due_in_bubble();
}

/// `(*time.Timer).Stop`.
pub(crate) extern "C" fn timer_stop(timer: *const Timer) -> usize {
    // SAFETY: the overlay passes an initialised timer.
    let timer = unsafe { &*timer };
    timer.check_bubble("stop of synctest timer from outside bubble");
    let was_armed = timer.locked(|| timer.remove() | timer.discard_value());
    usize::from(was_armed)
}

/// `(*time.Timer).Reset`.
pub(crate) extern "C" fn timer_reset(timer: *const Timer, when: i64, period: i64) -> usize {
    // SAFETY: as above.
    let timer = unsafe { &*timer };
    timer.check_bubble("reset of synctest timer from outside bubble");
    let was_armed = timer.locked(|| {
        let was_armed = timer.remove() | timer.discard_value();
        if !timer.bubble.get().is_null() {
            timer.bubble.set(current_g().bubble()); // That of its beginning may have ended.
        }
        timer.start(when, period);
        was_armed
    });
    timer.run_if_due_in_bubble();
    usize::from(was_armed)
}

impl Timer {
    /// The clock of a bubble stands still: a timer that is due already must not wait for the bubble to be idle.
    fn run_if_due_in_bubble(&self) {
        let Some(now) = bubble::now_of(self.bubble.get()) else { return };
        if !self.is_due(now) {
            return;
        }
        self.fire_if_due(now);
        // SAFETY: a bubble outlives its goroutines, one of which is running.
        run_heap(unsafe { (*self.bubble.get()).timers() }, now);
    }

    /// A timer of a bubble may be used in a bubble only.
    fn check_bubble(&self, text: &str) {
        if !self.bubble.get().is_null() && current_g().bubble().is_null() {
            fatal::fatal_under_lock(text);
        }
    }

    /// A value that nobody has received counts as not sent: no stale value is seen after Stop or Reset.
    fn discard_value(&self) -> bool {
        self.kind.get() == Kind::Send && chan::discard(self.arg.get())
    }
}

/// The address of `time.Local`'s location, and what package `time` counts monotonic time from.
pub(crate) extern "C" fn timer_set_origin(location: usize, start: i64) {
    LOCATION.store(location, Ordering::Relaxed);
    START.store(start, Ordering::Relaxed);
}
