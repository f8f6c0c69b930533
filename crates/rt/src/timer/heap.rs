//! The heap of a processor's timers: four children per node, the times beside the pointers.

use super::Timer;
use crate::seam;
use alloc::vec::Vec;
use core::{
    ptr,
    sync::atomic::{AtomicI64, Ordering},
};
use rt_sync::{Lock, Rank};

const CHILDREN: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Entry {
    when: i64,
    timer: *const Timer,
}

// SAFETY: timers are shared between threads by design; see the protocol in `timer`.
unsafe impl Send for Entry {}

/// A heap of timers with its lock.
#[derive(Debug)]
pub struct Timers {
    entries: Lock<Vec<Entry>>,
    /// When the first is due, or 0; written under the lock.
    first: AtomicI64,
    ties: Ties,
}

/// In which order timers of the same instant are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ties {
    /// As it comes.
    Any,
    /// Now this way, now that: a clock that stands still makes many of them.
    Random,
}

impl Default for Timers {
    fn default() -> Self {
        Self::new()
    }
}

impl Timers {
    /// No timers.
    pub const fn new() -> Timers {
        Timers { entries: Lock::new(Rank::Timers, Vec::new()), first: AtomicI64::new(0), ties: Ties::Any }
    }

    /// No timers; those of the same instant will be due in random order.
    pub fn with_random_ties() -> Timers {
        Timers { ties: Ties::Random, ..Self::new() }
    }

    /// When the first is due, or 0.
    #[inline]
    pub fn first(&self) -> i64 {
        self.first.load(Ordering::SeqCst)
    }

    fn publish(&self, entries: &[Entry]) {
        self.first.store(entries.first().map_or(0, |entry| entry.when), Ordering::SeqCst);
    }

    /// Adds a timer that is in no heap.
    pub(super) fn insert(&self, timer: &Timer, when: i64) {
        let mut entries = self.entries.lock();
        entries.push(Entry { when, timer });
        timer.is_firing.set(false);
        // Release pairs with the Acquire in `remove` of the timer.
        timer.owner.store(ptr::from_ref(self).cast_mut(), Ordering::Release);
        let last = entries.len() - 1;
        let goes_first = self.ties == Ties::Random && seam::random_below(2) == 0;
        // One nanosecond is the least that could be before it.
        let key = when - i64::from(goes_first);
        sift_up(&mut entries, last, key);
        self.publish(&entries);
    }

    /// Removes a timer; false when it is not here any more.
    pub(super) fn remove(&self, timer: &Timer) -> bool {
        let mut entries = self.entries.lock();
        if !ptr::eq(timer.owner.load(Ordering::Relaxed), self) {
            return false;
        }
        remove_at(&mut entries, timer.idx.get());
        timer.owner.store(ptr::null_mut(), Ordering::Release);
        self.publish(&entries);
        true
    }

    /// Takes the first timer if it is due at `now`, with its sequence number.
    pub(super) fn pop_due(&self, now: i64) -> Option<(*const Timer, u64)> {
        if self.first() == 0 || self.first() > now {
            return None;
        }
        let mut entries = self.entries.lock();
        let first = *entries.first()?;
        if first.when > now {
            return None;
        }
        remove_at(&mut entries, 0);
        self.publish(&entries);
        // SAFETY: a timer in a heap is alive.
        let timer = unsafe { &*first.timer };
        let seq = timer.seq.get();
        timer.is_firing.set(true);
        // Release pairs with the Acquire in `remove` of the timer, which then changes both.
        timer.owner.store(ptr::null_mut(), Ordering::Release);
        Some((first.timer, seq))
    }

    /// Lets all timers go: the heap ends before they do.
    pub fn abandon(&self) {
        while let Some((timer, _)) = self.pop_due(i64::MAX) {
            // SAFETY: a timer in a heap is alive.
            unsafe { (*timer).is_firing.set(false) };
        }
    }

    /// Calls `f` with every timer.
    pub(super) fn for_each(&self, mut f: impl FnMut(*const Timer)) {
        self.entries.lock().iter().for_each(|entry| f(entry.timer));
    }
}

/// Stores an entry and tells its timer where it is.
fn place(entries: &mut [Entry], idx: usize, entry: Entry) {
    entries[idx] = entry;
    // SAFETY: a timer in a heap is alive; its index belongs to the heap.
    unsafe { (*entry.timer).idx.set(idx) };
}

/// Moves an entry up, past those that are due after `key`.
fn sift_up(entries: &mut [Entry], mut idx: usize, key: i64) {
    let entry = entries[idx];
    while idx > 0 {
        let parent = (idx - 1) / CHILDREN;
        if entries[parent].when <= key {
            break;
        }
        place(entries, idx, entries[parent]);
        idx = parent;
    }
    place(entries, idx, entry);
}

fn sift_down(entries: &mut [Entry], mut idx: usize) {
    let entry = entries[idx];
    loop {
        let first = idx * CHILDREN + 1;
        let end = (first + CHILDREN).min(entries.len());
        let Some(child) = (first..end).min_by_key(|&child| entries[child].when) else { break };
        if entries[child].when >= entry.when {
            break;
        }
        place(entries, idx, entries[child]);
        idx = child;
    }
    place(entries, idx, entry);
}

fn remove_at(entries: &mut Vec<Entry>, idx: usize) {
    let last = entries.pop().expect("the heap holds the timer");
    if idx < entries.len() {
        entries[idx] = last;
        sift_down(entries, idx);
        // SAFETY: as in `place`.
        sift_up(entries, unsafe { (*last.timer).idx.get() }, last.when);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::seam::Rng;
    use std::vec;

    #[test]
    fn timers_come_out_in_order_whatever_was_removed() {
        let mut rng = Rng::new(3);
        let timers: Vec<Timer> = (0..500).map(|_| Timer::new()).collect();
        let heap = Timers::new();
        let mut times = vec![];
        for timer in &timers {
            let when = 1 + i64::from(rng.below(1000));
            timer.when.set(when);
            heap.insert(timer, when);
        }
        for (idx, timer) in timers.iter().enumerate() {
            if idx % 3 == 0 {
                assert!(heap.remove(timer));
                assert!(!heap.remove(timer), "it is gone");
            } else {
                times.push(timer.when.get());
            }
        }
        times.sort_unstable();
        assert_eq!(heap.first(), times[0]);
        let mut popped = vec![];
        while let Some((timer, _)) = heap.pop_due(i64::MAX) {
            // SAFETY: it is one of `timers`.
            popped.push(unsafe { (*timer).when.get() });
        }
        assert_eq!(popped, times);
        assert_eq!(heap.first(), 0);
    }

    #[test]
    fn a_timer_that_is_stopped_before_it_fires_was_armed() {
        let (heap, timer) = (Timers::new(), Timer::new());
        heap.insert(&timer, 100);
        let (_, seq) = heap.pop_due(100).unwrap();
        assert!(timer.disarm());
        assert_ne!(timer.seq.get(), seq, "it does not fire");
        assert!(!timer.disarm());
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let (heap, timer) = (Timers::new(), Timer::new());
        heap.insert(&timer, 100);
        assert!(heap.pop_due(99).is_none());
        assert!(heap.pop_due(100).is_some());
        assert!(heap.pop_due(100).is_none());
    }
}
