//! Marking: finding everything that the program can reach.
//!
//! An object is *white* (no mark), *grey* (marked, not scanned) or *black* (scanned). Grey objects are found through
//! their spans: a span with grey objects is in one mark queue, and scanning a span scans all its grey objects.
//!
//! ```text
//!   root jobs ──┐
//!   barrier   ──┼─> mark_word: address -> slot, set mark ──> span has pointers? ──> queue of the processor
//!   objects   ──┘                                                                       │ oldest first
//!        ^                                                                              v
//!        └──────────────── pointers of the grey objects <── scan_span <── own ring, global queue, other rings
//! ```
//!
//! **The barrier** is Go's hybrid: before a pointer is overwritten, the old and the new one turn grey. So what was
//! reachable when marking began is found (Yuasa), and a stack that was scanned need not be scanned again (Dijkstra).
//!
//! **The end.** Marking may end when all root jobs have run, all barrier buffers are flushed, and all queues are empty.
//! [`Heap::looks_finished`] says so without certainty; [`Heap::try_finish`] stops guessing: the world is stopped.

use core::sync::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use abi::heap::BarrierEntry;

use crate::{
    Heap, Os, OwnsP, Roots, Scan,
    mem::{self, WORD},
    proc::ProcHeap,
    queue::GlobalQueue,
    span::{ScanKind, Slot, Span},
};

/// Large objects are scanned in pieces of this size, so that several processors can share one.
const CHUNK: usize = 128 << 10;
/// The smallest amount of work that is worth starting.
const MIN_WORK: usize = 16 << 10;

/// What is shared by all who mark.
pub(crate) struct MarkState {
    pub(crate) queue: GlobalQueue,
    pub(crate) n_jobs: AtomicUsize,
    pub(crate) next_job: AtomicUsize,
    pub(crate) jobs_done: AtomicUsize,
    /// Processors that are inside `drain`.
    n_active: AtomicU32,
}

impl MarkState {
    pub(crate) const fn new() -> Self {
        MarkState {
            queue: GlobalQueue::new(),
            n_jobs: AtomicUsize::new(0),
            next_job: AtomicUsize::new(0),
            jobs_done: AtomicUsize::new(0),
            n_active: AtomicU32::new(0),
        }
    }

    /// Sets out the root jobs of a new cycle.
    pub(crate) fn start(&self, n_jobs: usize) {
        debug_assert!(self.queue.is_empty(), "a cycle ends with empty queues");
        self.jobs_done.store(0, Relaxed);
        self.next_job.store(0, Relaxed);
        self.n_jobs.store(n_jobs, Relaxed);
    }

    pub(crate) fn jobs_are_done(&self) -> bool {
        // Pairs with the AcqRel in `run_job`.
        self.jobs_done.load(Acquire) == self.n_jobs.load(Relaxed)
    }
}

/// What a slice of marking achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum MarkStep {
    /// The budget is used up; there may be more to do.
    Progress,
    /// There is nothing to do at the moment. Others may still find something.
    NoWork,
}

/// Marks on behalf of one processor.
pub(crate) struct Marker<'m, O: Os> {
    heap: &'m Heap<O>,
    proc: &'m mut ProcHeap,
    /// The heap's addresses, kept here for the filter that nearly every word meets.
    low: usize,
    n_bytes: usize,
}

impl<O: Os> Heap<O> {
    /// Marks for about `budget` bytes of scanned objects on a background worker. Root jobs come first.
    pub fn mark(&self, p: &mut OwnsP<'_>, roots: &dyn Roots, budget: usize) -> MarkStep {
        let before = p.heap.counts.scanned_bytes;
        let step = self.drain(p, roots, budget.max(MIN_WORK));
        self.pacer.add_work((p.heap.counts.scanned_bytes - before) as usize, true);
        step
    }

    /// Marks for about `owed` bytes on behalf of an allocating program; what was done.
    pub(crate) fn mark_owed(&self, p: &mut OwnsP<'_>, roots: &dyn Roots, owed: usize) -> usize {
        if !self.is_marking() {
            return 0;
        }
        let before = p.heap.counts.scanned_bytes;
        let _ = self.drain(p, roots, owed.max(MIN_WORK));
        let done = (p.heap.counts.scanned_bytes - before) as usize;
        self.pacer.add_work(done, false);
        done
    }

    /// Marks what the write barrier buffer of the processor holds: when it is full, and when a processor goes idle.
    pub fn flush_barrier(&self, p: &mut OwnsP<'_>) {
        self.flush(p.heap);
    }

    /// The write barrier for stores that the runtime makes: call it before `new` replaces what `slot` holds.
    ///
    /// # Safety
    /// - `slot` is the address of a word that the collector scans.
    pub unsafe fn write_barrier(&self, p: &mut OwnsP<'_>, slot: usize, new: usize) {
        if self.is_marking() {
            // SAFETY: the caller's promise.
            let old = unsafe { mem::load(slot) };
            if p.heap.push_barrier(BarrierEntry { old, new }) {
                self.flush(p.heap);
            }
        }
    }

    /// The write barrier for a bulk copy: call it before the `n_bytes` from `src` (0: zeros) replace those at `dst`.
    /// Both addresses are aligned to words. Words that are no pointers do no harm, so the types do not matter.
    ///
    /// # Safety
    /// - Both ranges are readable.
    pub unsafe fn bulk_barrier(&self, p: &mut OwnsP<'_>, dst: usize, src: usize, n_bytes: usize) {
        if !self.is_marking() {
            return;
        }
        let mut marker = self.marker(p);
        // SAFETY: the caller's promise.
        unsafe { marker.range(dst, n_bytes / WORD) };
        if src != 0 {
            // SAFETY: the caller's promise.
            unsafe { marker.range(src, n_bytes / WORD) };
        }
    }

    /// Marks what `roots` shows, on a thread that holds a processor: for roots that cannot wait for their job.
    pub fn show(&self, p: &mut OwnsP<'_>, roots: impl FnOnce(&mut dyn Scan)) {
        if self.is_marking() {
            roots(&mut self.marker(p));
        }
    }

    /// [`Heap::show`] on the thread that stopped the world.
    pub fn show_stopped(&self, world: &crate::WorldStopped<'_>, roots: impl FnOnce(&mut dyn Scan)) {
        let mut roots = Some(roots);
        self.each_proc(world, |proc| {
            if let Some(roots) = roots.take() {
                roots(&mut self.marker_of(proc));
            }
        });
    }

    /// Scans up to about `budget` bytes on the thread that stopped the world.
    pub(crate) fn drain_stopped(&self, world: &crate::WorldStopped<'_>, mut budget: u64) {
        self.each_proc(world, |proc| {
            let target = proc.counts.scanned_bytes + budget;
            let mut marker = self.marker_of(proc);
            while marker.proc.counts.scanned_bytes < target
                && let Some(span) = marker.next_span()
            {
                marker.scan_span(span);
            }
            budget = target.saturating_sub(proc.counts.scanned_bytes);
        });
    }

    /// Marks the object at `addr`, if marking is on: for pointers that the runtime takes from where no barrier guards
    /// them.
    pub fn shade(&self, p: &mut OwnsP<'_>, addr: usize) {
        if self.is_marking() {
            self.marker(p).word(addr);
        }
    }

    /// Whether marking seems to be over, so that it is worth stopping the world for [`Heap::try_finish`].
    #[must_use]
    pub fn looks_finished(&self) -> bool {
        self.is_marking()
            && self.mark.jobs_are_done()
            && self.mark.queue.is_empty()
            // Pairs with the AcqRel in `drain`.
            && self.mark.n_active.load(Acquire) == 0
            && self.procs().all(|proc| proc.queue().len() == 0)
    }

    pub(crate) fn marker<'m>(&'m self, p: &'m mut OwnsP<'_>) -> Marker<'m, O> {
        self.marker_of(p.heap)
    }

    pub(crate) fn marker_of<'m>(&'m self, proc: &'m mut ProcHeap) -> Marker<'m, O> {
        let (low, n_bytes) = self.pages.range();
        Marker { heap: self, proc, low, n_bytes }
    }

    /// Marks what the barrier buffer of a processor holds.
    pub(crate) fn flush(&self, proc: &mut ProcHeap) {
        let entries = proc.take_barrier();
        let mut marker = self.marker_of(proc);
        for entry in entries {
            marker.mark_word(entry.old);
            marker.mark_word(entry.new);
        }
    }

    fn drain(&self, p: &mut OwnsP<'_>, roots: &dyn Roots, budget: usize) -> MarkStep {
        self.mark.n_active.fetch_add(1, AcqRel);
        let mut marker = self.marker(p);
        let target = marker.proc.counts.scanned_bytes + budget as u64;
        let step = loop {
            if marker.run_job(roots) {
                continue;
            }
            if marker.proc.counts.scanned_bytes >= target {
                break MarkStep::Progress;
            }
            match marker.next_span() {
                Some(span) => marker.scan_span(span),
                None => break MarkStep::NoWork,
            }
        };
        // Pairs with the Acquire in `looks_finished`.
        self.mark.n_active.fetch_sub(1, AcqRel);
        step
    }

    /// The queues are empty and no root job is left. Only certain while the world is stopped.
    pub(crate) fn has_work(&self) -> bool {
        !self.mark.jobs_are_done()
            || !self.mark.queue.is_empty()
            || self.procs().any(|proc| proc.queue().len() != 0)
    }
}

impl<O: Os> Marker<'_, O> {
    /// Runs one root job; false when none is left. The heap's own is number 0.
    fn run_job(&mut self, roots: &dyn Roots) -> bool {
        let mark = &self.heap.mark;
        if mark.next_job.load(Relaxed) >= mark.n_jobs.load(Relaxed) {
            return false;
        }
        let job = mark.next_job.fetch_add(1, Relaxed);
        if job >= mark.n_jobs.load(Relaxed) {
            return false;
        }
        match job {
            0 => self.heap.scan_specials(self),
            _ => roots.scan(job - 1, self),
        }
        mark.jobs_done.fetch_add(1, AcqRel);
        true
    }

    /// The next span with grey objects: our own, then anybody's.
    fn next_span(&mut self) -> Option<&'static Span> {
        let own = self.proc.queue();
        own.pop().or_else(|| self.heap.mark.queue.pop_via(own)).or_else(|| {
            self.heap
                .procs()
                .filter(|victim| !core::ptr::eq(victim.queue(), own))
                .find_map(|victim| own.steal_from(victim.queue()))
        })
    }

    /// Turns the object that contains `word` grey, if `word` is the address of one and it is white.
    #[inline]
    fn mark_word(&mut self, word: usize) {
        if word.wrapping_sub(self.low) >= self.n_bytes {
            return;
        }
        let Some(slot) = self.heap.find(word) else { return };
        if !slot.is_allocated() || !slot.mark() {
            return;
        }
        self.proc.counts.marked_bytes += slot.span.size() as u64;
        if slot.span.scan() != ScanKind::No && slot.span.set_queued() {
            self.heap.mark.queue.push_via(self.proc.queue(), slot.span);
        }
    }

    /// Scans all grey objects of a span that was taken from a queue.
    fn scan_span(&mut self, span: &'static Span) {
        if span.is_large() {
            return self.scan_large(span);
        }
        span.clear_queued();
        for (group_idx, group) in span.bits().iter().enumerate() {
            let mut grey = group.take_grey();
            self.proc.counts.scanned_bytes += u64::from(grey.count_ones()) * span.size() as u64;
            // Scattered objects come from memory: ask for all before reading the first (a quarter less time, measured).
            each_bit(grey, |bit| mem::prefetch(span.addr(group_idx * 64 + bit)));
            while grey != 0 {
                let idx = group_idx * 64 + grey.trailing_zeros() as usize;
                self.scan_slot(span, idx);
                grey &= grey - 1;
            }
        }
    }

    #[inline]
    fn scan_slot(&mut self, span: &'static Span, idx: usize) {
        let addr = span.addr(idx);
        match span.scan() {
            ScanKind::Mask => {
                let mut mask = span.slot_mask();
                while mask != 0 {
                    // SAFETY: a word of an allocated slot.
                    let word = unsafe { mem::load(addr + mask.trailing_zeros() as usize * WORD) };
                    self.mark_word(word);
                    mask &= mask - 1;
                }
            }
            ScanKind::Repeat | ScanKind::Mixed => {
                let layout = self.heap.layouts.get(span.layout(idx));
                self.scan_piece(layout, addr, addr + span.size(), 0);
            }
            ScanKind::No => {}
        }
    }

    /// Scans one piece of a large object; the rest goes back into the queue first, where others can take it.
    fn scan_large(&mut self, span: &'static Span) {
        let (start, end) = span.next_chunk(CHUNK);
        if end < span.size() {
            self.heap.mark.queue.push_via(self.proc.queue(), span);
        }
        self.proc.counts.scanned_bytes += (end - start) as u64;
        let layout = self.heap.layouts.get(span.layout(0));
        self.scan_piece(layout, span.base() + start, span.base() + end, start / WORD);
    }

    fn scan_piece(&mut self, layout: &'static crate::layout::Layout, addr: usize, end: usize, phase: usize) {
        layout.each_pointer(addr, end, phase, |word| {
            // SAFETY: a word of an allocated object.
            let word = unsafe { mem::load(word) };
            self.mark_word(word);
        });
    }
}

/// Calls `f` with the number of every bit that is set.
#[inline]
fn each_bit(mut bits: u64, mut f: impl FnMut(usize)) {
    while bits != 0 {
        f(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

impl<O: Os> Scan for Marker<'_, O> {
    fn word(&mut self, word: usize) {
        self.mark_word(word);
    }

    fn inside(&mut self, addr: usize) {
        if let Some(slot) = self.heap.find(addr) {
            self.heap.each_pointer_of(&slot, |word| self.mark_word(word));
        }
    }
}

impl<O: Os> Heap<O> {
    /// Whether marking looks at the word at `addr`; false where there is no object.
    #[must_use]
    pub fn may_hold_pointer(&self, addr: usize) -> bool {
        let Some(slot) = self.find(addr).filter(|slot| slot.span.scan() != ScanKind::No) else {
            return false;
        };
        let n_words = (addr - slot.addr()) / WORD;
        let word = slot.addr() + n_words * WORD;
        let mut is_pointer = false;
        let layout = self.layouts.get(slot.span.layout(slot.idx));
        layout.each_pointer(word, word + WORD, n_words, |_| is_pointer = true);
        is_pointer
    }

    /// Calls `f` with the content of every pointer word of an object.
    pub(crate) fn each_pointer_of(&self, slot: &Slot, mut f: impl FnMut(usize)) {
        let layout = self.layouts.get(slot.span.layout(slot.idx));
        if slot.span.scan() != ScanKind::No {
            let addr = slot.addr();
            layout.each_pointer(addr, addr + slot.span.size(), 0, |word| {
                // SAFETY: a word of an allocated object.
                f(unsafe { mem::load(word) });
            });
        }
    }
}
