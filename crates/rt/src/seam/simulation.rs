//! Simulation: all choices from one seed, and a clock that only this module moves.

use super::{Rng, Seam};
use rt_sync::{Lock, Rank};
use rt_sys::clock::Timespec;

/// 2000-01-01 00:00:00 UTC, as in synctest bubbles.
const EPOCH_SECONDS: i64 = 946_684_800;
/// What a look at the clock costs, so that waiting for it by looping ends.
const TICK: i64 = 50;
/// What a goroutine that is preempted has used of the time, so that one that never blocks does not stop the clock.
const SLICE: i64 = 1_000_000;
/// A goroutine runs for 1 to this many safe points before it is preempted: mostly soon, sometimes late.
const SOON: u32 = 200;
const LATE: u32 = 20_000;

struct State {
    rng: Rng,
    now: i64,
}

/// Owned by this module. The lock is never contended (2); it only satisfies the compiler and debug checks.
static STATE: Lock<State> = Lock::new(Rank::Leaf, State { rng: Rng::new(0), now: 0 });

pub(super) struct Simulation;

pub(super) fn start(seed: u64) {
    *STATE.lock() = State { rng: Rng::new(seed), now: 1_000_000_000 };
}

impl Seam for Simulation {
    fn nanotime() -> i64 {
        let mut state = STATE.lock();
        state.now += TICK;
        state.now
    }

    fn walltime() -> Timespec {
        let since_start = Timespec::from_nanos(Self::nanotime());
        Timespec { sec: EPOCH_SECONDS + since_start.sec, nsec: since_start.nsec }
    }

    fn random() -> u64 {
        STATE.lock().rng.next()
    }

    fn pick(n: usize) -> usize {
        if n <= 1 { 0 } else { STATE.lock().rng.below(n as u32) as usize }
    }

    fn budget() -> u32 {
        let mut state = STATE.lock();
        let limit = if state.rng.below(2) == 0 { LATE } else { SOON };
        1 + state.rng.below(limit)
    }

    fn yields_here() -> bool {
        STATE.lock().rng.below(4) == 0
    }

    fn slice_used() {
        STATE.lock().now += SLICE;
    }

    fn skip_to(deadline: i64) -> bool {
        let mut state = STATE.lock();
        state.now = state.now.max(deadline);
        true
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_seed_determines_choices_and_time() {
        let run = |seed| {
            start(seed);
            let choices = (0..20).map(|_| Simulation::pick(5) as u64 + u64::from(Simulation::budget()));
            let choices: Vec<u64> = choices.collect();
            assert!(Simulation::skip_to(5_000_000_000));
            (choices, Simulation::nanotime(), Simulation::random())
        };
        let first = run(42);
        assert_eq!(first.1, 5_000_000_000 + TICK);
        assert_eq!(first, run(42));
        assert_ne!(first, run(43));
    }
}
