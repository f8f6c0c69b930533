//! Profiles of allocations, of waiting, and of contention: counts by call stack.
//!
//! ```text
//!   heap's sample ──> allocated ──┐                       ┌── freed (sweep, through the object's record)
//!   resumed after a wait ─────────┼──> Record of (kind, size, stack) <── profile_read (runtime.MemProfile, ...)
//!   unlock that wakes somebody ───┘
//! ```
//!
//! **Invariants.** 1. Records are never freed; a chain only grows at its head. So no lock is needed, and events may be
//! counted wherever the runtime stands. 2. The stack that is walked belongs to the current goroutine, or to one that this
//! thread is about to run.

pub mod cpu;

use crate::{g::GRef, heap, m::current_g, metadata, metrics, seam, traceback::Frames};
use abi::WaitReason;
use alloc::boxed::Box;
use core::{
    iter, ptr,
    sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering},
};

/// Frames of a record, as many as Go keeps.
const DEPTH: usize = 128;
const N_CHAINS: usize = 1024;
/// Counts of waits are kept in this fraction: samples stand for more than one wait, but seldom for a whole number.
const COUNT_SCALE: u64 = 1 << 16;

/// What is counted.
#[repr(usize)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sampled allocations: objects and bytes allocated, objects and bytes freed.
    Memory = 0,
    /// Waits: scaled number, nanoseconds.
    Block = 1,
    /// Waits for locks, by who unlocked: scaled number, nanoseconds.
    Mutex = 2,
}

impl Kind {
    fn from_number(number: usize) -> Kind {
        match number {
            0 => Kind::Memory,
            1 => Kind::Block,
            _ => Kind::Mutex,
        }
    }
}

/// The counts of one call stack.
struct Record {
    next: *const Record,
    kind: Kind,
    /// Bytes of an object; 0 for waits.
    size: usize,
    stack: [usize; DEPTH],
    counts: [AtomicU64; 4],
}

/// All records, by hash; owned by this module.
static CHAINS: [AtomicPtr<Record>; N_CHAINS] = [const { AtomicPtr::new(ptr::null_mut()) }; N_CHAINS];
/// Nanoseconds of waiting per sample; 0: waits are not counted. Owned by this module.
static BLOCK_RATE: AtomicI64 = AtomicI64::new(0);
/// One of this many contentions is counted; 0: none. Owned by this module.
static MUTEX_FRACTION: AtomicI64 = AtomicI64::new(0);
/// Either was set once: parking goroutines look at the clock. Owned by this module.
static TIMES_WAITS: AtomicBool = AtomicBool::new(false);

/// Begins to sample allocations, if the program contains what could tell of them.
pub fn init() {
    let rate = metadata::program().mem_profile_rate;
    if rate != 0 {
        // SAFETY: the linker writes the address of a variable of one word.
        heap::sample_allocations(unsafe { &*(rate as *const AtomicI64) });
    }
}

/// Counts an allocation of the current goroutine.
#[cold]
pub fn allocated(addr: usize, size: usize) {
    let record = record(Kind::Memory, size, current_g());
    record.count(1, size as u64);
    heap::add_profile_record(addr, ptr::from_ref(record) as usize);
}

/// An object whose allocation was counted is no more.
pub fn freed(record: usize) {
    // SAFETY: `allocated` gave it to the heap; records live for ever.
    let record = unsafe { &*(record as *const Record) };
    record.counts[2].fetch_add(1, Ordering::Relaxed);
    record.counts[3].fetch_add(record.size as u64, Ordering::Relaxed);
}

/// Whether a goroutine that parks must look at the clock.
#[inline]
pub fn times_waits() -> bool {
    TIMES_WAITS.load(Ordering::Relaxed)
}

/// Goroutines that park look at the clock from now on.
pub fn time_waits() {
    TIMES_WAITS.store(true, Ordering::Relaxed);
}

/// Counts a wait that ended: this thread is about to run the goroutine.
#[cold]
pub fn waited(g: GRef) {
    let (rate, since) = (BLOCK_RATE.load(Ordering::Relaxed), g.wait_since.get());
    if since != 0 && metrics::measures() && is_lock(g.wait_reason.get()) {
        metrics::add_lock_wait(seam::nanotime() - since);
    }
    if rate == 0 || since == 0 || !counts_as_blocking(g.wait_reason.get()) {
        return;
    }
    let nanos = (seam::nanotime() - since).max(1);
    if nanos >= rate {
        record(Kind::Block, 0, g).count(COUNT_SCALE, nanos as u64);
    } else if (seam::random() % rate as u64) < nanos as u64 {
        // A short wait is seen seldom, and stands for those that were not.
        record(Kind::Block, 0, g).count(rate as u64 * COUNT_SCALE / nanos as u64, rate as u64);
    }
}

/// Counts that the current goroutine's unlocking ends the wait of `g`.
#[inline]
pub fn unlocked(g: GRef) {
    let fraction = MUTEX_FRACTION.load(Ordering::Relaxed);
    if fraction != 0 {
        contended(g, fraction as u64);
    }
}

#[cold]
fn contended(g: GRef, fraction: u64) {
    if is_lock(g.wait_reason.get()) && g.wait_since.get() != 0 && seam::random().is_multiple_of(fraction) {
        let nanos = (seam::nanotime() - g.wait_since.get()).max(0);
        record(Kind::Mutex, 0, current_g()).count(fraction * COUNT_SCALE, fraction * nanos as u64);
    }
}

fn is_lock(reason: WaitReason) -> bool {
    matches!(reason, WaitReason::SyncMutexLock | WaitReason::SyncRWMutexLock | WaitReason::SyncRWMutexRLock)
}

fn counts_as_blocking(reason: WaitReason) -> bool {
    matches!(
        reason,
        WaitReason::ChanReceive
            | WaitReason::ChanSend
            | WaitReason::Select
            | WaitReason::SyncCondWait
            | WaitReason::SyncMutexLock
            | WaitReason::SyncRWMutexLock
            | WaitReason::SyncRWMutexRLock
            | WaitReason::SyncWaitGroupWait
            | WaitReason::SemAcquire
            | WaitReason::SynctestChanReceive
            | WaitReason::SynctestChanSend
            | WaitReason::SynctestSelect
            | WaitReason::SynctestWaitGroupWait
    )
}

impl Record {
    fn count(&self, n: u64, amount: u64) {
        self.counts[0].fetch_add(n, Ordering::Relaxed);
        self.counts[1].fetch_add(amount, Ordering::Relaxed);
    }

    fn is(&self, kind: Kind, size: usize, stack: &[usize; DEPTH]) -> bool {
        self.kind == kind && self.size == size && self.stack == *stack
    }
}

/// The record of a goroutine's stack, by (2).
fn record(kind: Kind, size: usize, g: GRef) -> &'static Record {
    let mut stack = [0; DEPTH];
    stack
        .iter_mut()
        .zip(Frames::of(g).filter(|frame| !frame.is_hidden()))
        .for_each(|(slot, frame)| *slot = frame.pc);
    let chain = &CHAINS[hash(kind, size, &stack) as usize % N_CHAINS];
    // Acquire pairs with the Release below.
    let mut first = chain.load(Ordering::Acquire);
    if let Some(known) = records(first).find(|record| record.is(kind, size, &stack)) {
        return known;
    }
    let fresh = Box::new(Record { next: first, kind, size, stack, counts: [const { AtomicU64::new(0) }; 4] });
    let fresh = Box::into_raw(fresh);
    // Two threads may add the same stack at once: readers do not mind that it is there twice.
    while let Err(now) = chain.compare_exchange(first, fresh, Ordering::AcqRel, Ordering::Acquire) {
        first = now;
        // SAFETY: nobody else knows the record yet.
        unsafe { (*fresh).next = first };
    }
    // SAFETY: by (1).
    unsafe { &*fresh }
}

/// The records of a chain.
fn records(first: *const Record) -> impl Iterator<Item = &'static Record> {
    // SAFETY: by (1).
    let at = |record: *const Record| unsafe { record.as_ref() };
    iter::successors(at(first), move |record| at(record.next))
}

fn hash(kind: Kind, size: usize, stack: &[usize; DEPTH]) -> u64 {
    let words = stack.iter().copied().chain([kind as usize, size]);
    words.fold(0, |hash: u64, word| (hash.rotate_left(5) ^ word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        >> 32
}

/// A record as the overlay reads it.
#[repr(C)]
pub(crate) struct Line {
    counts: [u64; 4],
    stack: [usize; DEPTH],
}

/// Copies records of a kind, at most `n`; how many there are.
pub(crate) extern "C" fn profile_read(kind: usize, out: *mut Line, n: usize) -> usize {
    let kind = Kind::from_number(kind);
    let mut n_found = 0;
    for record in CHAINS.iter().flat_map(|chain| records(chain.load(Ordering::Acquire))) {
        if record.kind != kind {
            continue;
        }
        if n_found < n {
            let mut counts = record.counts.each_ref().map(|count| count.load(Ordering::Relaxed));
            if kind != Kind::Memory {
                counts[0] /= COUNT_SCALE;
            }
            // SAFETY: the overlay passes room for `n` records.
            unsafe { out.add(n_found).write(Line { counts, stack: record.stack }) };
        }
        n_found += 1;
    }
    n_found
}

/// Sets the sampling of waits (1) or of contention (2); answers the old value. A negative rate only asks.
pub(crate) extern "C" fn profile_rate(kind: usize, rate: i64) -> i64 {
    if rate > 0 {
        time_waits();
    }
    let setting = if kind == Kind::Block as usize { &BLOCK_RATE } else { &MUTEX_FRACTION };
    match rate {
        ..0 => setting.load(Ordering::Relaxed),
        _ => setting.swap(rate, Ordering::Relaxed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_of_different_kinds_and_sizes_hash_apart() {
        let stack = [7; DEPTH];
        let hashes = [
            hash(Kind::Memory, 8, &stack),
            hash(Kind::Memory, 16, &stack),
            hash(Kind::Block, 0, &stack),
            hash(Kind::Mutex, 0, &stack),
        ];
        for (at, one) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(one));
        }
    }
}
