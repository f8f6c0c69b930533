//! Queues of spans that have grey objects.
//!
//! Each processor has a ring from which others may steal ([`SpanRing`]); what does not fit goes to one global list. Both
//! are first in, first out: the longer a span waits, the more of its objects turn grey, and they are then scanned
//! together, in address order (the idea of Go's "Green Tea" collector).

use core::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use rt_sync::{Lock, Rank};

use crate::{
    ring::{RING, SpanRing},
    span::Span,
};

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
        GlobalQueue {
            list: Lock::new(Rank::Central, List { head: None, last: None }),
            len: AtomicUsize::new(0),
        }
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::ring::tests::{ring, spans};

    #[test]
    fn what_does_not_fit_goes_through_the_global_queue_and_comes_back_once() {
        let (ring, spans, global) = (ring(), spans(1000), GlobalQueue::new());
        spans.iter().for_each(|span| global.push_via(&ring, span));
        let mut seen: Vec<usize> = core::iter::from_fn(|| ring.pop().or_else(|| global.pop_via(&ring)))
            .map(|span| core::ptr::from_ref(span) as usize)
            .collect();
        seen.sort_unstable();
        let all: Vec<usize> = spans.iter().map(|span| core::ptr::from_ref(span) as usize).collect();
        assert_eq!(seen, all);
        assert!(global.is_empty());
    }
}
