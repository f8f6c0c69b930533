//! When to collect, and how much an allocating program must help.
//!
//! **Terms.** *Live*: bytes handed out and not known to be garbage. *Marked*: what the last cycle found alive. *Goal*:
//! the size the heap may have when the next cycle ends. *Trigger*: the size at which that cycle begins. *Work*: bytes
//! of objects that must be scanned.
//!
//! ```text
//!    bytes │                                   goal = marked + (marked + roots) * GOGC / 100
//!          │                          ________ (at least 4 MB * GOGC / 100, lowered for GOMEMLIMIT)
//!          │                    _____/ assists make marking finish before the goal
//!          │ marked ___________/ <- trigger
//!          └──────────────────────────────────── time
//! ```
//!
//! The distance from trigger to goal is what the program allocated during the last marking, and a quarter more; an
//! *assist* makes the program scan in proportion to what it allocates, so that the rest of the work is done when the
//! rest of the distance is used up. Work done by the background markers beyond that is credit, which assists use first.
//!
//! **Rejected.** Credit per goroutine (Go): it lets a goroutine with many short bursts cheat less, but the debt would be
//! read and written at every refill through G; debt per processor gives the same totals.

use core::sync::atomic::{
    AtomicI32, AtomicI64, AtomicUsize,
    Ordering::{AcqRel, Relaxed},
};

/// The smallest goal at GOGC=100.
const MIN_HEAP: usize = 4 << 20;
/// At most this many bytes of work per byte allocated.
const MAX_RATIO: f64 = 32.0;

/// The heap's clock: it counts bytes.
pub(crate) struct Pacer {
    /// GOGC; negative means off.
    percent: AtomicI32,
    /// GOMEMLIMIT.
    limit: AtomicI64,
    live: AtomicUsize,
    marked: AtomicUsize,
    roots: AtomicUsize,
    trigger: AtomicUsize,
    goal: AtomicUsize,
    live_at_start: AtomicUsize,
    live_at_end: AtomicUsize,
    /// The goal of the last cycle.
    goal_before: AtomicUsize,
    /// What the program allocates while marking is on, estimated.
    runway: AtomicUsize,
    expected_work: AtomicUsize,
    work_done: AtomicUsize,
    credit: AtomicI64,
}

impl Pacer {
    pub(crate) const fn new() -> Self {
        Pacer {
            percent: AtomicI32::new(100),
            limit: AtomicI64::new(i64::MAX),
            live: AtomicUsize::new(0),
            marked: AtomicUsize::new(0),
            roots: AtomicUsize::new(0),
            trigger: AtomicUsize::new(MIN_HEAP * 7 / 8),
            goal: AtomicUsize::new(MIN_HEAP),
            live_at_start: AtomicUsize::new(0),
            live_at_end: AtomicUsize::new(0),
            goal_before: AtomicUsize::new(0),
            runway: AtomicUsize::new(MIN_HEAP / 8),
            expected_work: AtomicUsize::new(0),
            work_done: AtomicUsize::new(0),
            credit: AtomicI64::new(0),
        }
    }

    /// GOGC, or -1.
    pub(crate) fn percent(&self) -> i32 {
        self.percent.load(Relaxed)
    }

    pub(crate) fn set_percent(&self, percent: i32) -> i32 {
        self.percent.swap(percent.max(-1), AcqRel)
    }

    pub(crate) fn limit(&self) -> i64 {
        self.limit.load(Relaxed)
    }

    pub(crate) fn set_limit(&self, limit: i64) -> i64 {
        self.limit.swap(limit, AcqRel)
    }

    pub(crate) fn live(&self) -> usize {
        self.live.load(Relaxed)
    }

    pub(crate) fn marked(&self) -> usize {
        self.marked.load(Relaxed)
    }

    pub(crate) fn goal(&self) -> usize {
        self.goal.load(Relaxed)
    }

    pub(crate) fn trigger(&self) -> usize {
        self.trigger.load(Relaxed)
    }

    pub(crate) fn live_at_start(&self) -> usize {
        self.live_at_start.load(Relaxed)
    }

    pub(crate) fn live_at_end(&self) -> usize {
        self.live_at_end.load(Relaxed)
    }

    pub(crate) fn goal_before(&self) -> usize {
        self.goal_before.load(Relaxed)
    }

    pub(crate) fn work_done(&self) -> usize {
        self.work_done.load(Relaxed)
    }

    /// Counts `n_bytes` as live; true when the trigger is reached.
    pub(crate) fn add_live(&self, n_bytes: usize) -> bool {
        self.live.fetch_add(n_bytes, Relaxed) + n_bytes >= self.trigger.load(Relaxed)
    }

    /// Scan work that allocating `n_bytes` while marking costs.
    pub(crate) fn price(&self, n_bytes: usize) -> i64 {
        let work_left = self.expected_work.load(Relaxed).saturating_sub(self.work_done.load(Relaxed));
        let room = self.goal.load(Relaxed).saturating_sub(self.live.load(Relaxed)).max(1);
        let ratio = (work_left as f64 / room as f64).min(MAX_RATIO);
        (n_bytes as f64 * ratio) as i64
    }

    /// Takes up to `wanted` bytes of credit.
    pub(crate) fn take_credit(&self, wanted: i64) -> i64 {
        let available = self.credit.load(Relaxed);
        if available <= 0 {
            return 0;
        }
        // Two takers may overdraw the account by what both saw: the next markers repay it.
        let taken = wanted.min(available);
        self.credit.fetch_sub(taken, Relaxed);
        taken
    }

    /// Counts scan work. `spare`: nobody owed it.
    pub(crate) fn add_work(&self, n_bytes: usize, spare: bool) {
        self.work_done.fetch_add(n_bytes, Relaxed);
        if spare {
            self.credit.fetch_add(n_bytes as i64, Relaxed);
        }
    }

    /// A cycle begins. `root_bytes`: stacks and globals.
    pub(crate) fn start_cycle(&self, root_bytes: usize) {
        self.roots.store(root_bytes, Relaxed);
        self.live_at_start.store(self.live(), Relaxed);
        // The last cycle's work, scaled to what is live now: the program may have grown.
        let last = self.work_done.swap(0, Relaxed);
        let scale = self.live() as f64 / self.marked().max(1) as f64;
        let expected = if last == 0 { self.live() } else { (last as f64 * scale.clamp(0.5, 2.0)) as usize };
        self.expected_work.store(expected, Relaxed);
        self.credit.store(0, Relaxed);
    }

    /// A cycle ended with `marked` bytes alive. `overhead`: bytes of memory in use beyond live objects.
    pub(crate) fn end_cycle(&self, marked: usize, overhead: usize) {
        let allocated = self.live().saturating_sub(self.live_at_start.load(Relaxed));
        self.runway.store(allocated + allocated / 4, Relaxed);
        self.live_at_end.store(self.live(), Relaxed);
        self.goal_before.store(self.goal(), Relaxed);
        self.marked.store(marked, Relaxed);
        self.live.store(marked, Relaxed);
        self.update(overhead);
    }

    /// Computes goal and trigger from the settings and what the last cycle found.
    pub(crate) fn update(&self, overhead: usize) {
        let marked = self.marked();
        let goal = self.goal_by_percent(marked).min(self.goal_by_limit(overhead).max(marked));
        let room = goal.saturating_sub(marked);
        let runway = self.runway.load(Relaxed).clamp(room / 20, room / 10 * 3);
        self.goal.store(goal, Relaxed);
        self.trigger.store(goal - runway, Relaxed);
    }

    fn goal_by_percent(&self, marked: usize) -> usize {
        let Ok(percent) = usize::try_from(self.percent()) else { return usize::MAX };
        let growth = (marked + self.roots.load(Relaxed)) as u128 * percent as u128 / 100;
        let floor = MIN_HEAP as u128 * percent as u128 / 100;
        (marked as u128 + growth).max(floor).min(usize::MAX as u128) as usize
    }

    fn goal_by_limit(&self, overhead: usize) -> usize {
        let limit = self.limit();
        if limit == i64::MAX {
            return usize::MAX;
        }
        // As Go: keep 3 %, at least 1 MB, for what cannot be foreseen.
        let limit = usize::try_from(limit).unwrap_or(0);
        let goal = limit.saturating_sub(overhead);
        goal.saturating_sub((goal / 100 * 3).max(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goal_follows_gogc_and_has_a_floor() {
        let pacer = Pacer::new();
        pacer.end_cycle(100 << 20, 0);
        assert_eq!(pacer.goal(), 200 << 20);
        assert!(pacer.trigger() > 170 << 20 && pacer.trigger() < 200 << 20);
        pacer.end_cycle(1 << 20, 0);
        assert_eq!(pacer.goal(), MIN_HEAP);
    }

    #[test]
    fn the_limit_lowers_the_goal_but_not_below_what_is_alive() {
        let pacer = Pacer::new();
        pacer.set_limit(150 << 20);
        pacer.end_cycle(100 << 20, 10 << 20);
        assert!(pacer.goal() < 140 << 20 && pacer.goal() > 130 << 20);
        pacer.end_cycle(160 << 20, 10 << 20);
        assert_eq!(pacer.goal(), 160 << 20);
    }

    #[test]
    fn without_gogc_and_limit_nothing_triggers() {
        let pacer = Pacer::new();
        pacer.set_percent(-1);
        pacer.update(0);
        assert!(!pacer.add_live(1 << 40));
    }

    #[test]
    fn work_per_byte_rises_as_the_room_shrinks() {
        let pacer = Pacer::new();
        pacer.end_cycle(100 << 20, 0);
        pacer.add_live(80 << 20);
        pacer.start_cycle(0);
        let relaxed = pacer.price(1024);
        pacer.add_live(19 << 20);
        assert!(pacer.price(1024) > 2 * relaxed && relaxed > 0);
    }
}
