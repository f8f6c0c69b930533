//! A processor's queue of runnable goroutines: a ring of 256 with one producer and many consumers, and a slot in front.
//!
//! **Terms.** The *owner* is the thread that holds the processor: it alone puts. *Thieves* take from the head.
//!
//! **Protocol.** `head` and `tail` only grow (wrapping); `tail - head` items are queued, at `ring[i % 256]`.
//! - Put: the owner writes the slot, then stores `tail` with Release.
//! - Get and steal: read `head` (Acquire), `tail` (Acquire), read slots, then compare-and-swap `head` with Release; a
//!   failure means that another consumer was faster, and the slots read are forgotten.
//! - A slot is rewritten only after `head` has passed it: the owner reads `head` with Acquire before it puts.
//! - `next` (Go's `runnext`) holds the goroutine readied last; only the owner sets it non-zero; thieves take it last.

use crate::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Slots of the ring.
#[cfg(not(loom))]
pub const CAPACITY: usize = 256;
/// Small, so that loom can explore wrap-around and overflow.
#[cfg(loom)]
pub const CAPACITY: usize = 4;

const HALF: usize = CAPACITY / 2;

/// Where `put` places an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// In the slot in front; what was there goes to the tail.
    Front,
    /// At the tail.
    Tail,
}

/// Items that did not fit or were stolen.
#[derive(Debug)]
pub struct Batch {
    items: [usize; HALF + 1],
    len: usize,
}

impl Batch {
    /// The items, oldest first.
    pub fn as_slice(&self) -> &[usize] {
        &self.items[..self.len]
    }
}

/// What became of an item.
#[must_use]
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the batch lives on the stack for a moment; there is no allocator below the heap"
)]
pub enum Put {
    /// It is queued.
    Queued,
    /// The ring was full: half of it and the item must go to the global queue.
    Overflow(Batch),
}

/// The queue; items are non-zero words.
#[derive(Debug)]
pub struct RunQueue {
    head: AtomicU32,
    tail: AtomicU32,
    next: AtomicUsize,
    ring: [AtomicUsize; CAPACITY],
}

impl Default for RunQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl RunQueue {
    /// An empty queue.
    pub fn new() -> RunQueue {
        RunQueue {
            head: AtomicU32::new(0),
            tail: AtomicU32::new(0),
            next: AtomicUsize::new(0),
            ring: core::array::from_fn(|_| AtomicUsize::new(0)),
        }
    }

    fn slot(&self, position: u32) -> &AtomicUsize {
        &self.ring[position as usize % CAPACITY]
    }

    /// Queues an item. Owner only.
    pub fn put(&self, item: usize, place: Next) -> Put {
        let item = match place {
            Next::Tail => item,
            // AcqRel: the item's content is published to a thief of `next`; pairs with the Acquire in `steal`.
            Next::Front => match self.next.swap(item, Ordering::AcqRel) {
                0 => return Put::Queued,
                kicked_out => kicked_out,
            },
        };
        loop {
            let head = self.head.load(Ordering::Acquire); // pairs with the Release of consumers
            let tail = self.tail.load(Ordering::Relaxed); // only the owner writes it
            if (tail.wrapping_sub(head) as usize) < CAPACITY {
                self.slot(tail).store(item, Ordering::Relaxed);
                self.tail.store(tail.wrapping_add(1), Ordering::Release); // pairs with the Acquire of consumers
                return Put::Queued;
            }
            if let Some(batch) = self.overflow(item, head) {
                return Put::Overflow(batch);
            }
        }
    }

    /// Takes half of a full ring; `None` when a thief made room meanwhile.
    #[cold]
    fn overflow(&self, item: usize, head: u32) -> Option<Batch> {
        let mut batch = Batch { items: [0; HALF + 1], len: HALF + 1 };
        for idx in 0..HALF {
            batch.items[idx] = self.slot(head.wrapping_add(idx as u32)).load(Ordering::Relaxed);
        }
        batch.items[HALF] = item;
        let new_head = head.wrapping_add(HALF as u32);
        let is_ours =
            self.head.compare_exchange(head, new_head, Ordering::Release, Ordering::Relaxed).is_ok();
        is_ours.then_some(batch)
    }

    /// Takes the item in front. Owner only.
    pub fn take_next(&self) -> Option<usize> {
        // A plain zero needs no swap: thieves only ever clear the slot.
        if self.next.load(Ordering::Relaxed) == 0 {
            return None;
        }
        match self.next.swap(0, Ordering::AcqRel) {
            0 => None,
            item => Some(item),
        }
    }

    /// Takes the oldest item of the ring. Owner only.
    pub fn get(&self) -> Option<usize> {
        loop {
            let head = self.head.load(Ordering::Acquire); // pairs with the Release of consumers
            let tail = self.tail.load(Ordering::Relaxed); // the owner wrote it
            if head == tail {
                return None;
            }
            let item = self.slot(head).load(Ordering::Relaxed);
            let new_head = head.wrapping_add(1);
            if self.head.compare_exchange(head, new_head, Ordering::Release, Ordering::Relaxed).is_ok() {
                return Some(item);
            }
        }
    }

    /// Whether nothing is queued. Exact for the owner; for others, true means that it was so at one moment.
    pub fn is_empty(&self) -> bool {
        loop {
            let head = self.head.load(Ordering::Acquire);
            let tail = self.tail.load(Ordering::Acquire);
            let next = self.next.load(Ordering::Acquire);
            // An item that moves from `next` to the ring between the loads changes `tail`.
            if tail == self.tail.load(Ordering::Acquire) {
                return head == tail && next == 0;
            }
        }
    }

    /// Whether the slot in front holds the only item, approximately.
    pub fn has_only_next(&self) -> bool {
        let head = self.head.load(Ordering::Relaxed);
        head == self.tail.load(Ordering::Relaxed) && self.next.load(Ordering::Relaxed) != 0
    }

    /// Items queued, approximately.
    pub fn len(&self) -> usize {
        let head = self.head.load(Ordering::Relaxed);
        let tail = self.tail.load(Ordering::Relaxed);
        let n_front = usize::from(self.next.load(Ordering::Relaxed) != 0);
        (tail.wrapping_sub(head) as i32).max(0) as usize + n_front
    }

    /// Position of the tail: it changes with every item that goes through the ring.
    pub fn position(&self) -> u32 {
        self.tail.load(Ordering::Relaxed)
    }

    /// Item `idx` of the ring, counted from the oldest, and how many there are. Owner only, without thieves.
    pub fn take_nth(&self, idx: usize) -> Option<usize> {
        let head = self.head.load(Ordering::Relaxed);
        let tail = self.tail.load(Ordering::Relaxed);
        let position = head.wrapping_add(idx as u32);
        if idx >= tail.wrapping_sub(head) as usize {
            return None;
        }
        let item = self.slot(position).load(Ordering::Relaxed);
        let mut at = position;
        while at != head {
            let before = self.slot(at.wrapping_sub(1)).load(Ordering::Relaxed);
            self.slot(at).store(before, Ordering::Relaxed);
            at = at.wrapping_sub(1);
        }
        self.head.store(head.wrapping_add(1), Ordering::Release);
        Some(item)
    }

    /// Moves half of this queue to the empty ring of `thief`, and answers the newest of them; `steal_next` allows to
    /// take the item in front when there is nothing else. Called by the owner of `thief`.
    pub fn steal_into(&self, thief: &RunQueue, steal_next: bool) -> Option<usize> {
        let tail = thief.tail.load(Ordering::Relaxed);
        let n_stolen = self.grab(thief, tail, steal_next);
        if n_stolen == 0 {
            return None;
        }
        let last = thief.slot(tail.wrapping_add(n_stolen - 1)).load(Ordering::Relaxed);
        if n_stolen > 1 {
            // Release publishes the slots written by `grab` to the next thief.
            thief.tail.store(tail.wrapping_add(n_stolen - 1), Ordering::Release);
        }
        Some(last)
    }

    fn grab(&self, thief: &RunQueue, at: u32, steal_next: bool) -> u32 {
        loop {
            let head = self.head.load(Ordering::Acquire); // pairs with the Release of other consumers
            let tail = self.tail.load(Ordering::Acquire); // pairs with the Release in `put`
            let n_queued = tail.wrapping_sub(head);
            let n = n_queued - n_queued / 2;
            if n == 0 {
                return self.grab_next(thief, at, steal_next);
            }
            if n as usize > HALF {
                continue; // head and tail were read at different moments
            }
            for idx in 0..n {
                let item = self.slot(head.wrapping_add(idx)).load(Ordering::Relaxed);
                thief.slot(at.wrapping_add(idx)).store(item, Ordering::Relaxed);
            }
            let new_head = head.wrapping_add(n);
            if self.head.compare_exchange(head, new_head, Ordering::Release, Ordering::Relaxed).is_ok() {
                return n;
            }
        }
    }

    fn grab_next(&self, thief: &RunQueue, at: u32, steal_next: bool) -> u32 {
        let next = self.next.load(Ordering::Relaxed);
        // Acquire pairs with the AcqRel in `put`.
        let is_ours = steal_next
            && next != 0
            && self.next.compare_exchange(next, 0, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if is_ours {
            thief.slot(at).store(next, Ordering::Relaxed);
        }
        u32::from(is_ours)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;
    use super::*;
    use core::sync::atomic::AtomicUsize as Counter;
    use std::vec::Vec;

    fn put(queue: &RunQueue, item: usize) {
        assert!(matches!(queue.put(item, Next::Tail), Put::Queued));
    }

    #[test]
    fn items_come_out_in_order() {
        let queue = RunQueue::new();
        (1..=10).for_each(|item| put(&queue, item));
        assert_eq!(core::iter::from_fn(|| queue.get()).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
        assert!(queue.is_empty());
    }

    #[test]
    fn a_new_front_kicks_the_old_one_to_the_tail() {
        let queue = RunQueue::new();
        put(&queue, 1);
        let _ = queue.put(2, Next::Front);
        let _ = queue.put(3, Next::Front);
        assert_eq!(queue.take_next(), Some(3));
        assert_eq!((queue.get(), queue.get(), queue.get()), (Some(1), Some(2), None));
    }

    #[test]
    fn a_full_ring_gives_half_of_itself_away() {
        let queue = RunQueue::new();
        (1..=CAPACITY).for_each(|item| put(&queue, item));
        let Put::Overflow(batch) = queue.put(999, Next::Tail) else { unreachable!("the ring is full") };
        assert_eq!(batch.as_slice()[0], 1);
        assert_eq!(*batch.as_slice().last().unwrap(), 999);
        assert_eq!(batch.as_slice().len(), HALF + 1);
        assert_eq!(queue.len(), HALF);
    }

    #[test]
    fn a_thief_takes_half_and_the_front_only_when_allowed() {
        let (victim, thief) = (RunQueue::new(), RunQueue::new());
        (1..=5).for_each(|item| put(&victim, item));
        assert_eq!(victim.steal_into(&thief, false), Some(3));
        assert_eq!((thief.get(), thief.get(), thief.get()), (Some(1), Some(2), None));
        let lonely = RunQueue::new();
        let _ = lonely.put(7, Next::Front);
        assert_eq!(lonely.steal_into(&thief, false), None);
        assert_eq!(lonely.steal_into(&thief, true), Some(7));
    }

    #[test]
    fn any_position_can_be_taken() {
        let queue = RunQueue::new();
        (1..=4).for_each(|item| put(&queue, item));
        assert_eq!(queue.take_nth(2), Some(3));
        assert_eq!(queue.take_nth(3), None);
        assert_eq!((queue.get(), queue.get(), queue.get()), (Some(1), Some(2), Some(4)));
    }

    #[test]
    fn nothing_is_lost_or_doubled_between_an_owner_and_thieves() {
        const N: usize = 50_000;
        let queue = RunQueue::new();
        let (sum, count) = (Counter::new(0), Counter::new(0));
        let take = |item: usize| {
            sum.fetch_add(item, Ordering::Relaxed);
            count.fetch_add(1, Ordering::Relaxed);
        };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let own = RunQueue::new();
                    while count.load(Ordering::Relaxed) < N {
                        if let Some(item) = queue.steal_into(&own, true) {
                            take(item);
                        }
                        core::iter::from_fn(|| own.get()).for_each(take);
                    }
                });
            }
            for item in 1..=N {
                let place = if item % 3 == 0 { Next::Front } else { Next::Tail };
                if let Put::Overflow(batch) = queue.put(item, place) {
                    batch.as_slice().iter().copied().for_each(take);
                }
            }
            queue.take_next().map(take);
            core::iter::from_fn(|| queue.get()).for_each(take);
        });
        assert_eq!(sum.into_inner(), N * (N + 1) / 2);
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::{sync::Arc, thread};

    /// An owner puts and gets while a thief steals: every item is seen exactly once.
    #[test]
    fn an_owner_and_a_thief_share_without_loss() {
        loom::model(|| {
            let queue = Arc::new(RunQueue::new());
            let stolen = {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    let own = RunQueue::new();
                    let first = queue.steal_into(&own, true);
                    first.into_iter().chain(core::iter::from_fn(|| own.get())).sum::<usize>()
                })
            };
            let mut sum = 0;
            for item in 1..=3 {
                let place = if item == 2 { Next::Front } else { Next::Tail };
                if let Put::Overflow(batch) = queue.put(item, place) {
                    sum += batch.as_slice().iter().sum::<usize>();
                }
            }
            sum += queue.take_next().unwrap_or(0);
            sum += core::iter::from_fn(|| queue.get()).sum::<usize>();
            assert_eq!(sum + stolen.join().unwrap(), 6);
        });
    }

    /// The ring overflows while a thief steals from it.
    #[test]
    fn overflow_races_with_a_thief() {
        loom::model(|| {
            let queue = Arc::new(RunQueue::new());
            (1..=CAPACITY).for_each(|item| assert!(matches!(queue.put(item, Next::Tail), Put::Queued)));
            let stolen = {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    let own = RunQueue::new();
                    let first = queue.steal_into(&own, false);
                    first.into_iter().chain(core::iter::from_fn(|| own.get())).sum::<usize>()
                })
            };
            let mut sum = match queue.put(5, Next::Tail) {
                Put::Queued => 0,
                Put::Overflow(batch) => batch.as_slice().iter().sum(),
            };
            sum += core::iter::from_fn(|| queue.get()).sum::<usize>();
            assert_eq!(sum + stolen.join().unwrap(), 15);
        });
    }
}
