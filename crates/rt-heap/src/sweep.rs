//! Sweeping: what was not marked is free.
//!
//! Sweeping is lazy. It happens when a processor wants a span of the kind, when a large object needs pages, in the
//! background, and for whatever is left when the next cycle begins. A span is taken out of its kind's list of unswept
//! spans, swept, and filed again; or, when nothing in it is alive, its pages are freed.
//!
//! A span that a weak pointer or a new finalizer asks about is swept in place and stays in its list; whoever pops it
//! later finds it swept.

use core::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use crate::{
    Heap, Os,
    kind::{KindId, Lists},
    mem,
    span::{Span, SweepClaim},
};

/// How far the sweep of this cycle is.
pub(crate) struct SweepState {
    /// The kind whose list is worked on, as an index into [`crate::kind::Kinds::ids`].
    cursor: AtomicUsize,
    /// Spans that were popped and are not filed yet.
    n_busy: AtomicUsize,
}

impl SweepState {
    pub(crate) const fn new() -> Self {
        SweepState { cursor: AtomicUsize::new(usize::MAX), n_busy: AtomicUsize::new(0) }
    }

    pub(crate) fn start(&self) {
        self.cursor.store(0, Relaxed);
    }
}

impl<O: Os> Heap<O> {
    /// Sweeps one span; false when none is left to take. For the background.
    pub fn sweep_one(&self) -> bool {
        self.sweep_next().is_some()
    }

    /// Sweeps everything, and waits for what others are sweeping. To be called before a cycle is started.
    pub fn sweep_all(&self) {
        while self.sweep_one() {}
        let mut attempt = 0;
        while !self.is_swept() {
            O::relax(attempt);
            attempt += 1;
        }
    }

    /// Whether the sweep of the last cycle is over.
    #[must_use]
    pub fn is_swept(&self) -> bool {
        // Pairs with the AcqRel of those who finish.
        self.sweep.cursor.load(Acquire) == usize::MAX && self.sweep.n_busy.load(Acquire) == 0
    }

    /// Sweeps until `n_pages` were freed or nothing is left.
    pub(crate) fn reclaim(&self, n_pages: usize) {
        let mut n_freed = 0;
        while n_freed < n_pages
            && let Some(n_more) = self.sweep_next()
        {
            n_freed += n_more;
        }
    }

    /// Takes an unswept span out of the lists of its kind, which the caller has locked. It must be given to
    /// [`Heap::sweep_popped`].
    pub(crate) fn pop_unswept(&self, lists: &mut Lists) -> Option<&'static Span> {
        let span = lists.pop_unswept(self.generation())?;
        self.sweep.n_busy.fetch_add(1, AcqRel);
        Some(span)
    }

    /// Sweeps a span that was popped. Afterwards it is in no list and belongs to the caller.
    pub(crate) fn sweep_popped(&self, span: &'static Span) {
        self.ensure_swept(span);
        self.sweep.n_busy.fetch_sub(1, AcqRel);
    }

    /// Returns when the span is swept, by this thread or another.
    pub(crate) fn ensure_swept(&self, span: &'static Span) {
        let (generation, mut attempt) = (self.generation(), 0);
        loop {
            match span.claim_sweep(generation) {
                SweepClaim::Swept => return,
                SweepClaim::Sweep => {
                    self.sweep_span(span);
                    return span.set_swept(generation);
                }
                SweepClaim::Busy => {
                    O::relax(attempt);
                    attempt += 1;
                }
            }
        }
    }

    /// Sweeps the next span and files it; the number of pages that became free.
    fn sweep_next(&self) -> Option<usize> {
        loop {
            let cursor = self.sweep.cursor.load(Acquire);
            if cursor == usize::MAX {
                return None;
            }
            let Some(id) = self.kinds.ids().nth(cursor) else {
                let _ = self.sweep.cursor.compare_exchange(cursor, usize::MAX, AcqRel, Relaxed);
                return None;
            };
            let popped = self.pop_unswept(&mut self.kinds.get(id).lists.lock());
            match popped {
                Some(span) => return Some(self.sweep_and_file(id, span)),
                None => {
                    let _ = self.sweep.cursor.compare_exchange(cursor, cursor + 1, AcqRel, Relaxed);
                }
            }
        }
    }

    fn sweep_and_file(&self, id: KindId, span: &'static Span) -> usize {
        self.ensure_swept(span);
        let n_freed = if span.n_free() == span.n_slots() {
            let n_pages = span.n_pages();
            self.free_span(span);
            n_pages
        } else {
            self.kinds.get(id).lists.lock().put(span, self.generation());
            0
        };
        self.sweep.n_busy.fetch_sub(1, AcqRel);
        n_freed
    }

    /// Makes the unmarked slots free and the marks clear. The caller has claimed the span.
    fn sweep_span(&self, span: &'static Span) {
        if !span.specials.load(Relaxed).is_null() {
            self.sweep_specials(span);
        }
        let (mut n_live, mut n_freed) = (0, 0);
        for (idx, group) in span.bits().iter().enumerate() {
            let (alloc, mark) = (group.alloc.load(Relaxed), group.mark.load(Relaxed));
            debug_assert!(mark & !alloc == 0, "only allocated slots are marked");
            let freed = alloc & !mark;
            n_live += mark.count_ones() as usize;
            n_freed += freed.count_ones() as usize;
            if freed != 0 && self.poisons() {
                poison(span, idx, freed);
            }
            group.alloc.store(mark, Relaxed);
            group.mark.store(0, Relaxed);
            group.scanned.store(0, Relaxed);
            group.second.store(0, Relaxed);
        }
        if n_freed != 0 {
            span.set_dirty();
            self.totals.count_freed(span, n_freed);
        }
        span.set_n_free(span.n_slots() - n_live);
        span.rewind();
    }
}

#[cold]
fn poison(span: &Span, group_idx: usize, mut freed: u64) {
    while freed != 0 {
        let slot = group_idx * 64 + freed.trailing_zeros() as usize;
        // SAFETY: the slot is free from this moment on, and its span is claimed by the caller.
        unsafe { mem::poison(span.addr(slot), span.size()) };
        freed &= freed - 1;
    }
}
