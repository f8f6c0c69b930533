//! The second marker: a debug mode that checks the first one.
//!
//! With the world stopped and marking complete, everything is marked again by the simplest means: one thread, one stack
//! of objects, one object at a time. Whatever the second marker reaches must be marked. (The first one may have marked
//! more: what died while it was at work.)
//!
//! Words of stacks lead to marked objects, but accuse nobody: a frame still has words that an earlier frame left there,
//! which may be the address of an object that was garbage when the cycle began.

use crate::{
    Heap, Os, Roots, Scan, WorldStopped,
    mem::{self, WORD},
    span::Slot,
};

/// Room for as many objects as a debug run will have, of which only the used part costs memory.
const STACK_BYTES: usize = 1 << 30;

struct SecondMarker<'m, O: Os> {
    heap: &'m Heap<O>,
    /// Addresses of objects whose pointers were not looked at yet: `stack[..n_grey]`.
    stack: usize,
    n_grey: usize,
}

impl<O: Os> Heap<O> {
    /// Marks again and compares.
    ///
    /// # Panics
    /// When a reachable object is not marked.
    pub(crate) fn mark_again(&self, _world: &WorldStopped<'_>, roots: &dyn Roots) {
        let Some(stack) = O::reserve(0, STACK_BYTES) else { O::out_of_memory(STACK_BYTES) };
        if !O::commit(stack, STACK_BYTES) {
            O::out_of_memory(STACK_BYTES);
        }
        let mut marker = SecondMarker { heap: self, stack, n_grey: 0 };
        self.scan_specials(&mut marker);
        marker.finish();
        for job in 0..roots.n_jobs() {
            roots.scan_again(job, &mut marker);
            marker.finish();
        }
        O::decommit(stack, STACK_BYTES);
        O::unreserve(stack, STACK_BYTES);
    }
}

impl<O: Os> SecondMarker<'_, O> {
    fn finish(&mut self) {
        while self.n_grey != 0 {
            self.n_grey -= 1;
            // SAFETY: below what `word` stored.
            let addr = unsafe { mem::load(self.stack + self.n_grey * WORD) };
            self.inside(addr);
        }
    }

    fn check(&self, slot: &Slot) {
        assert!(
            slot.is_marked(),
            "the collector missed object {:#x} of {} bytes (class {})",
            slot.addr(),
            slot.span.size(),
            slot.span.class()
        );
    }
}

impl<O: Os> Scan for SecondMarker<'_, O> {
    fn word(&mut self, word: usize) {
        let Some(slot) = self.heap.find(word) else { return };
        if !slot.is_allocated() {
            return;
        }
        self.check(&slot);
        if slot.mark_second() {
            assert!(self.n_grey < STACK_BYTES / WORD, "too many objects for the second marker");
            // SAFETY: inside the stack.
            unsafe { mem::store(self.stack + self.n_grey * WORD, slot.addr()) };
            self.n_grey += 1;
        }
    }

    unsafe fn range(&mut self, start: usize, n_words: usize) {
        for addr in (start..start + n_words * WORD).step_by(WORD) {
            // SAFETY: inside the range, which the caller may read.
            let word = unsafe { mem::load(addr) };
            if self.heap.find(word).is_some_and(|slot| slot.is_allocated() && slot.is_marked()) {
                self.word(word);
            }
        }
    }

    fn inside(&mut self, addr: usize) {
        if let Some(slot) = self.heap.find(addr) {
            let heap = self.heap;
            heap.each_pointer_of(&slot, |word| self.word(word));
        }
    }
}
