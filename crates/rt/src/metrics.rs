//! Times for `runtime/metrics`: stops of the world, how long goroutines wait for a processor, and for locks.
//!
//! **Cost.** Stops are always counted. The rest needs the clock at every switch, so it begins when somebody first asks.

use crate::{profile, seam};
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// Times below this many bits of nanoseconds share a bucket; above, each power of two has `PARTS` of them.
const LOWEST_LOG2: u32 = 6;
/// So do times of more bits.
const HIGHEST_LOG2: u32 = 42;
const PARTS_LOG2: u32 = 2;
const PARTS: usize = 1 << PARTS_LOG2;
/// Buckets of a histogram; the overlay knows their limits.
pub const N_BUCKETS: usize = 2 + (HIGHEST_LOG2 - LOWEST_LOG2) as usize * PARTS;

/// What is counted; the overlay's `times` constants.
#[repr(usize)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Stops of the world for the collector.
    CollectorPause = 0,
    /// Until it stood still.
    CollectorStopping = 1,
    /// Other stops of the world.
    OtherPause = 2,
    /// Until it stood still.
    OtherStopping = 3,
    /// From runnable to running.
    Runnable = 4,
}

const N_HISTOGRAMS: usize = 5;

/// Counts by length; owned by this module, as all statics here.
static HISTOGRAMS: [[AtomicU64; N_BUCKETS]; N_HISTOGRAMS] =
    [const { [const { AtomicU64::new(0) }; N_BUCKETS] }; N_HISTOGRAMS];
/// Somebody has asked for what costs time.
static MEASURES: AtomicBool = AtomicBool::new(false);
/// Nanoseconds that goroutines waited for locks.
static LOCK_WAITS: AtomicI64 = AtomicI64::new(0);

/// Whether the time between runnable and running is wanted.
#[inline]
pub fn measures() -> bool {
    MEASURES.load(Relaxed)
}

/// Counts a time.
pub fn count(what: Times, nanos: i64) {
    HISTOGRAMS[what as usize][bucket_of(nanos.max(0) as u64)].fetch_add(1, Relaxed);
}

/// Counts a wait for a lock.
pub fn add_lock_wait(nanos: i64) {
    LOCK_WAITS.fetch_add(nanos, Relaxed);
}

fn bucket_of(nanos: u64) -> usize {
    let log2 = nanos.checked_ilog2().unwrap_or(0);
    match log2 {
        0..LOWEST_LOG2 => 0,
        LOWEST_LOG2..HIGHEST_LOG2 => {
            let part = (nanos >> (log2 - PARTS_LOG2)) as usize % PARTS;
            1 + (log2 - LOWEST_LOG2) as usize * PARTS + part
        }
        _ => N_BUCKETS - 1,
    }
}

/// Copies a histogram.
pub(crate) extern "C" fn metrics_times(what: usize, out: *mut [u64; N_BUCKETS]) {
    let histogram = &HISTOGRAMS[what % N_HISTOGRAMS];
    // SAFETY: the overlay passes room for one.
    unsafe { out.write(core::array::from_fn(|idx| histogram[idx].load(Relaxed))) };
}

/// Begins to measure what costs time; answers how long goroutines have waited for locks since.
pub(crate) extern "C" fn metrics_measure() -> i64 {
    if !MEASURES.swap(true, Relaxed) {
        profile::time_waits();
    }
    LOCK_WAITS.load(Relaxed)
}

/// The time now, if the time between runnable and running is wanted; else 0.
#[inline]
pub fn runnable_since() -> i64 {
    if measures() { seam::nanotime() } else { 0 }
}

/// A goroutine that was runnable since then begins to run.
#[cold]
pub fn runs_after(since: i64) {
    count(Times::Runnable, seam::nanotime() - since);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_quarters_of_powers_of_two() {
        let edges = [0, 63, 64, 79, 80, 95, 96, 112, 128, 159, 160, (1 << 42) - 1, 1 << 42, u64::MAX];
        let buckets = edges.map(bucket_of);
        assert_eq!(buckets, [0, 0, 1, 1, 2, 2, 3, 4, 5, 5, 6, 144, 145, 145]);
        assert_eq!(N_BUCKETS, 146);
    }
}
