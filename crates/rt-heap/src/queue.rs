//! Queues of spans that have grey objects.
//!
//! Each processor has a ring from which others may steal; what does not fit goes to one global list. Both are first in,
//! first out: the longer a span waits, the more of its objects turn grey, and they are then scanned together, in
//! address order (the idea of Go's "Green Tea" collector).
//!
//! **Protocol of the ring.** `tail` is written by the owner only, `head` by whoever takes an item. An item is taken by
//! moving `head` with a compare-exchange; the slot was read before, and cannot have been overwritten if the exchange
//! succeeds, because the owner never lets `tail` come within [`RING`] of `head`. Both counters only grow (and wrap).

use core::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use rt_sync::{Lock, Rank};

use crate::{persistent::Zeroed, span::Span};

/// Items in a ring.
const RING: u32 = 256;

/// A processor's queue.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct SpanRing {
    head: AtomicU32,
    tail: AtomicU32,
    items: [AtomicPtr<Span>; RING as usize],
}

// SAFETY: integers and null pointers.
unsafe impl Zeroed for SpanRing {}

impl SpanRing {
    /// Appends a span; false when there is no room. Only for the owner of the ring.
    #[inline]
    #[must_use]
    pub(crate) fn push(&self, span: &'static Span) -> bool {
        let tail = self.tail.load(Relaxed);
        // Pairs with the exchange in `pop`: the slot was read before it may be overwritten.
        if tail.wrapping_sub(self.head.load(Acquire)) == RING {
            return false;
        }
        self.items[(tail % RING) as usize].store(core::ptr::from_ref(span).cast_mut(), Relaxed);
        // Pairs with the Acquire of `tail` in `pop`.
        self.tail.store(tail.wrapping_add(1), Release);
        true
    }

    /// Takes the oldest span. For anyone.
    #[inline]
    pub(crate) fn pop(&self) -> Option<&'static Span> {
        let mut head = self.head.load(Acquire);
        loop {
            // Pairs with the Release in `push`.
            if head == self.tail.load(Acquire) {
                return None;
            }
            let span = self.items[(head % RING) as usize].load(Relaxed);
            // Pairs with the Acquire of `head` in `push`.
            match self.head.compare_exchange(head, head.wrapping_add(1), AcqRel, Acquire) {
                // SAFETY: the slot held the span that `push` stored for this value of `head`; spans are persistent.
                Ok(_) => return unsafe { span.as_ref() },
                Err(seen) => head = seen,
            }
        }
    }

    /// Spans in the ring; exact when nobody else uses it.
    pub(crate) fn len(&self) -> u32 {
        self.tail.load(Acquire).wrapping_sub(self.head.load(Acquire)).min(RING)
    }

    /// Half of the spans of another ring: one is returned, the others are put into this one. For the owner of this ring.
    pub(crate) fn steal_from(&self, victim: &SpanRing) -> Option<&'static Span> {
        let n_more = victim.len() / 2;
        let first = victim.pop()?;
        for _ in 1..n_more {
            let Some(span) = victim.pop() else { break };
            let fits = self.push(span);
            debug_assert!(fits, "a processor steals when its ring is empty");
        }
        Some(first)
    }
}

/// The queue of the spans that did not fit into a ring.
pub(crate) struct GlobalQueue {
    list: Lock<List>,
    len: AtomicUsize,
}

struct List {
    head: Option<&'static Span>,
    last: Option<&'static Span>,
}

impl GlobalQueue {
    pub(crate) const fn new() -> Self {
        GlobalQueue { list: Lock::new(Rank::Central, List { head: None, last: None }), len: AtomicUsize::new(0) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len.load(Acquire) == 0
    }

    /// Appends a span to `ring`; when it is full, moves half of it here first. For the owner of the ring.
    #[inline]
    pub(crate) fn push_via(&self, ring: &SpanRing, span: &'static Span) {
        if !ring.push(span) {
            self.spill(ring, span);
        }
    }

    #[cold]
    fn spill(&self, ring: &SpanRing, span: &'static Span) {
        let mut list = self.list.lock();
        let mut n_moved = 0;
        while n_moved < RING as usize / 2 {
            let Some(oldest) = ring.pop() else { break };
            list.push(oldest);
            n_moved += 1;
        }
        list.push(span);
        self.len.fetch_add(n_moved + 1, Release);
    }

    /// Takes a span, and moves some more to `ring`, which is empty. For the owner of the ring.
    pub(crate) fn pop_via(&self, ring: &SpanRing) -> Option<&'static Span> {
        if self.is_empty() {
            return None;
        }
        let mut list = self.list.lock();
        let first = list.pop()?;
        let mut n_taken = 1;
        let wanted = (self.len.load(Relaxed) / 2).min(RING as usize / 4);
        while n_taken < wanted {
            let Some(span) = list.pop() else { break };
            let fits = ring.push(span);
            debug_assert!(fits, "the ring was empty");
            n_taken += 1;
        }
        self.len.fetch_sub(n_taken, Release);
        Some(first)
    }
}

impl List {
    fn push(&mut self, span: &'static Span) {
        span.next_queued.store(core::ptr::null_mut(), Relaxed);
        let ptr = core::ptr::from_ref(span).cast_mut();
        match self.last {
            Some(last) => last.next_queued.store(ptr, Relaxed),
            None => self.head = Some(span),
        }
        self.last = Some(span);
    }

    fn pop(&mut self) -> Option<&'static Span> {
        let span = self.head?;
        // SAFETY: `push` stored null or a persistent span.
        self.head = unsafe { span.next_queued.load(Relaxed).as_ref() };
        if self.head.is_none() {
            self.last = None;
        }
        Some(span)
    }
}
