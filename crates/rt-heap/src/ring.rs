//! The queue of a processor: a ring of spans from which others may steal.
//!
//! **Protocol.** `tail` is written by the owner only, `head` by whoever takes an item. An item is taken by moving `head`
//! with a compare-exchange; the slot was read before, and cannot have been overwritten if the exchange succeeds, because
//! the owner never lets `tail` come further than [`RING`] beyond `head`. Both counters only grow (and wrap). The test
//! under loom is the proof.

use rt_sync::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::{persistent::Zeroed, span::Span};

/// Items in a ring. (loom explores every interleaving: there, two.)
pub(crate) const RING: u32 = if cfg!(loom) { 2 } else { 256 };

/// A processor's queue.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct SpanRing {
    head: AtomicU32,
    tail: AtomicU32,
    /// Addresses of spans.
    items: [AtomicUsize; RING as usize],
}

// SAFETY: integers.
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
        self.items[(tail % RING) as usize].store(core::ptr::from_ref(span) as usize, Relaxed);
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
                Ok(_) => return unsafe { (span as *const Span).as_ref() },
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn ring() -> SpanRing {
        SpanRing {
            head: AtomicU32::new(u32::MAX - 1),
            tail: AtomicU32::new(u32::MAX - 1),
            items: core::array::from_fn(|_| AtomicUsize::new(0)),
        }
    }

    /// Spans that are only compared by address.
    pub(crate) fn spans(n: usize) -> &'static [Span] {
        let zeros = vec![0_u64; n * size_of::<Span>() / 8 + 8].leak();
        let start = (zeros.as_ptr() as usize).next_multiple_of(align_of::<Span>());
        // SAFETY: zeros are a valid `Span`, and there is room for `n` behind the first aligned address.
        unsafe { core::slice::from_raw_parts(start as *const Span, n) }
    }

    #[cfg(not(loom))]
    #[test]
    fn a_ring_gives_its_spans_in_order_and_says_when_it_is_full() {
        let (ring, spans) = (ring(), spans(RING as usize + 1));
        assert!(spans[..RING as usize].iter().all(|span| ring.push(span)));
        assert!(!ring.push(&spans[RING as usize]));
        for span in &spans[..RING as usize] {
            assert!(ring.pop().is_some_and(|popped| core::ptr::eq(popped, span)));
        }
        assert!(ring.pop().is_none());
    }

    #[cfg(loom)]
    #[test]
    fn every_span_is_taken_once_whoever_takes_it() {
        let spans = spans(3);
        loom::model(move || {
            let ring = loom::sync::Arc::new(ring());
            let thief = {
                let ring = ring.clone();
                loom::thread::spawn(move || [ring.pop(), ring.pop()])
            };
            let mut taken = Vec::new();
            for span in spans {
                if !ring.push(span) {
                    taken.extend(ring.pop());
                    assert!(ring.push(span), "there was room after a pop, and only the owner pushes");
                }
            }
            taken.extend(core::iter::from_fn(|| ring.pop()));
            taken.extend(thief.join().unwrap().into_iter().flatten());
            taken.extend(core::iter::from_fn(|| ring.pop()));
            let mut seen: Vec<usize> =
                taken.into_iter().map(|span| core::ptr::from_ref(span) as usize).collect();
            seen.sort_unstable();
            assert_eq!(seen, spans.iter().map(|span| core::ptr::from_ref(span) as usize).collect::<Vec<_>>());
        });
    }
}
