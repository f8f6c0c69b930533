//! Allocation.
//!
//! ```text
//!   compiled code ── inline bump ──┐ run is empty: gh_alloc(kind)
//!                                  v
//!   make, append, reflect ───> malloc ──> alloc(kind) ──> refill ──> the owned span's next free run
//!                                │                          │  ──> a partly free span of the kind (swept on the way)
//!                                │                          │  ──> a new span
//!                                │                          └─ rents: one slot of a mixed span
//!                                ├── below 16 bytes, no pointers ──> the tiny block
//!                                └── above 32 KB ──> pages of its own
//! ```
//!
//! A refill is where everything happens that must not slow down a bump: sweeping, black marks, debt for assists, the
//! trigger, profile samples, forced collections.

use core::sync::atomic::Ordering::Relaxed;

use abi::{
    heap::{MAX_INLINE_SIZE, Run},
    size_class::{MAX_SMALL_SIZE, PAGE_SIZE, size_class},
};

use crate::{
    Heap, Os, OwnsP, Roots,
    kind::{Kind, KindId},
    layout::LayoutId,
    mem,
    proc::{NextSample, Owned, ProcHeap},
    span::Span,
};

/// Whether the caller needs zeroed memory, or will overwrite all of a pointer-free object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    /// Zero it.
    Yes,
    /// Do not, if that saves time. Objects with pointers are zero all the same.
    No,
}

/// Bytes in a tiny block.
const TINY_BLOCK: usize = 16;
/// Full, unswept spans that one refill sweeps in the hope of a free slot, before it asks for a new span.
const MAX_SWEEPS: usize = 16;

/// A slot, and whether it is zero.
#[derive(Clone, Copy)]
struct Fresh {
    addr: usize,
    zeroed: bool,
}

impl<O: Os> Heap<O> {
    /// One object of a kind of at most [`MAX_INLINE_SIZE`] bytes, zeroed: the slow half of inline allocation.
    pub fn alloc(&self, p: &mut OwnsP<'_>, kind: KindId) -> usize {
        debug_assert!(self.kinds.get(kind).size() <= MAX_INLINE_SIZE);
        self.alloc_kind(p.heap, kind).addr
    }

    /// One object of `n_bytes` and a layout. `n_bytes` is not 0.
    ///
    /// The caller ends the program properly for sizes that no address space can hold; this function asks the system
    /// for whatever it is told.
    pub fn malloc(&self, p: &mut OwnsP<'_>, n_bytes: usize, layout: LayoutId, zero: Zero) -> usize {
        debug_assert!(n_bytes != 0);
        if n_bytes > MAX_SMALL_SIZE {
            return self.alloc_large(p.heap, n_bytes, layout, zero);
        }
        if n_bytes < TINY_BLOCK && layout == LayoutId::NOSCAN {
            return self.alloc_tiny(p.heap, n_bytes);
        }
        let kind = self.kinds.of(&self.persistent, &self.layouts, size_class(n_bytes), layout);
        let fresh = self.alloc_kind(p.heap, kind);
        if zero == Zero::Yes && !fresh.zeroed {
            // SAFETY: the slot was just handed to us; it is at least this big.
            unsafe { mem::zero(fresh.addr, n_bytes) };
        }
        fresh.addr
    }

    /// The number of a layout that the compiler wrote.
    #[inline]
    pub fn layout_of(&self, layout: &'static abi::heap::PtrLayout) -> LayoutId {
        self.layouts.of(&self.persistent, layout)
    }

    /// The number of a layout that the program made (`reflect`): `n_bits` mask bits, then none up to `period` words.
    ///
    /// # Safety
    /// - `mask` points to `n_bits` bits.
    pub unsafe fn intern_layout(&self, mask: *const u8, n_bits: usize, period: usize) -> LayoutId {
        // SAFETY: the caller's promise.
        unsafe { self.layouts.intern(&self.persistent, mask, n_bits, period) }
    }

    /// Scans for as long as this processor owes for its allocations. To be called by the scheduler after a slow
    /// allocation while marking is on, where a mark worker could run.
    pub fn assist(&self, p: &mut OwnsP<'_>, roots: &dyn Roots) {
        if p.heap.debt > 0 {
            p.heap.debt -= self.pacer.take_credit(p.heap.debt);
        }
        if p.heap.debt > 0 {
            let done = self.mark_owed(p, roots, p.heap.debt as usize);
            // Whatever could not be done now is not there to be done.
            p.heap.debt = (p.heap.debt - done as i64).min(0);
        }
    }

    #[inline]
    fn alloc_kind(&self, proc: &mut ProcHeap, kind: KindId) -> Fresh {
        let size = self.kinds.get(kind).size();
        let run = &mut proc.runs[kind.idx()];
        let next = run.cur + size;
        if next <= run.end {
            let addr = core::mem::replace(&mut run.cur, next);
            // Only kinds that zero their runs have runs of more than one slot.
            return Fresh { addr, zeroed: true };
        }
        self.refill(proc, kind)
    }

    /// Allocates one object when the run is used up.
    #[cold]
    #[inline(never)]
    fn refill(&self, proc: &mut ProcHeap, id: KindId) -> Fresh {
        let kind = self.kinds.get(id);
        proc.retire_run(id, kind.size());
        self.count_forced(proc);
        if kind.rents() {
            return self.rent(proc, kind);
        }
        let max = self.max_run(proc, id);
        loop {
            let Owned { span, next, .. } = proc.owned[id.idx()];
            if let Some(span) = span {
                if let Some((first, end)) = span.free_run(next as usize, max) {
                    return self.hand_out(proc, id, span, first, end);
                }
                proc.owned[id.idx()].span = None;
                kind.lists.lock().put(span, self.generation());
            }
            let span = self.acquire(proc, id);
            proc.owned[id.idx()].span = Some(span);
            proc.owned[id.idx()].next = 0;
        }
    }

    /// Makes `[first, end)` the processor's run and takes its first slot.
    fn hand_out(
        &self,
        proc: &mut ProcHeap,
        id: KindId,
        span: &'static Span,
        first: usize,
        end: usize,
    ) -> Fresh {
        let kind = self.kinds.get(id);
        let (addr, n_bytes) = (span.addr(first), (end - first) * span.size());
        let zeroed = !span.is_dirty() || kind.zeroes_runs();
        if span.is_dirty() && zeroed {
            // SAFETY: free slots of a span that this processor owns.
            unsafe { mem::zero(addr, n_bytes) };
        }
        let marking = self.is_marking();
        span.set_allocated(first, end, marking);
        if marking {
            proc.counts.marked_bytes += n_bytes as u64;
            proc.debt += self.pacer.price(n_bytes);
        }
        proc.samples[id.idx()].n_bytes -= n_bytes as i64;
        let owned = &mut proc.owned[id.idx()];
        owned.next = end as u32;
        owned.start = addr;
        proc.runs[id.idx()] = Run { cur: addr + span.size(), end: addr + n_bytes };
        Fresh { addr, zeroed }
    }

    /// One slot of the mixed span of the size class, with its layout written beside it.
    fn rent(&self, proc: &mut ProcHeap, kind: &Kind) -> Fresh {
        let mixed = KindId::mixed(kind.class());
        let fresh = self.alloc_kind(proc, mixed);
        if let Some(slot) = self.find(fresh.addr)
            && let Some(layout) = slot.span.slot_layout(slot.idx)
        {
            layout.store(kind.layout().0, Relaxed);
        }
        fresh
    }

    /// A swept span of the kind with at least one free slot, in no list.
    fn acquire(&self, proc: &mut ProcHeap, id: KindId) -> &'static Span {
        let span = self.find_span(id);
        // All its free slots count as live at once: one atomic addition per span.
        if self.pacer.add_live(span.n_free() * span.size()) {
            proc.events.collect = true;
        }
        span
    }

    fn find_span(&self, id: KindId) -> &'static Span {
        let (kind, generation) = (self.kinds.get(id), self.generation());
        for _ in 0..MAX_SWEEPS {
            let (span, swept) = {
                let mut lists = kind.lists.lock();
                match lists.partial[generation as usize % 2].pop() {
                    Some(span) => (span, true),
                    None => match self.pop_unswept(&mut lists) {
                        Some(span) => (span, false),
                        None => break,
                    },
                }
            };
            if !swept {
                self.sweep_popped(span);
            }
            if span.n_free() != 0 {
                return span;
            }
            kind.lists.lock().put(span, generation);
        }
        self.reclaim(1);
        self.new_span(id)
    }

    /// An object that has pages of its own.
    #[cold]
    fn alloc_large(&self, proc: &mut ProcHeap, n_bytes: usize, layout: LayoutId, zero: Zero) -> usize {
        self.count_forced(proc);
        let Some(rounded) = n_bytes.checked_next_multiple_of(PAGE_SIZE) else { O::out_of_memory(n_bytes) };
        // Sweep as much as this will take, so that the heap does not grow while it holds garbage.
        self.reclaim(rounded / PAGE_SIZE);
        let marking = self.is_marking();
        let span = self.new_large_span(n_bytes, layout, marking);
        if span.is_dirty() && (zero == Zero::Yes || layout != LayoutId::NOSCAN) {
            // SAFETY: the object is new; if marking is on it is black, so that nobody scans it.
            unsafe { mem::zero(span.base(), span.size()) };
        }
        proc.counts.n_large += 1;
        proc.counts.large_bytes += span.size() as u64;
        if marking {
            proc.counts.marked_bytes += span.size() as u64;
            proc.debt += self.pacer.price(span.size());
        }
        let mut next = proc.large_sample;
        proc.events.sample |= self.sampled(proc, &mut next, span.size());
        next.n_bytes -= span.size() as i64;
        proc.large_sample = next;
        proc.events.collect |= self.pacer.add_live(span.size());
        span.base()
    }

    /// A pointer-free object below 16 bytes: several share a slot. As Go: aligned to what its size allows, and it dies
    /// when its block does.
    fn alloc_tiny(&self, proc: &mut ProcHeap, n_bytes: usize) -> usize {
        let align = match n_bytes {
            n if n % 8 == 0 => 8,
            n if n % 4 == 0 => 4,
            n if n % 2 == 0 => 2,
            _ => 1,
        };
        let addr = proc.tiny.cur.next_multiple_of(align);
        if addr + n_bytes <= proc.tiny.end {
            proc.tiny.cur = addr + n_bytes;
            // The block counts as an object; this is one more.
            proc.counts.n_tiny += 1;
            return addr;
        }
        let block = self.alloc_kind(proc, KindId::noscan(size_class(TINY_BLOCK))).addr;
        // Keep whichever block has more room left.
        if TINY_BLOCK - n_bytes > proc.tiny.end - proc.tiny.cur {
            proc.tiny = Run { cur: block + n_bytes, end: block + TINY_BLOCK };
        }
        block
    }

    /// How many slots the next run of a kind may have.
    fn max_run(&self, proc: &mut ProcHeap, id: KindId) -> usize {
        let kind = self.kinds.get(id);
        let mut next = proc.samples[id.idx()];
        let is_sample = self.sampled(proc, &mut next, kind.size());
        proc.samples[id.idx()] = next;
        proc.events.sample |= is_sample;
        if is_sample || kind.size() > MAX_INLINE_SIZE || self.collect_every.load(Relaxed) != 0 {
            return 1;
        }
        match next.rate {
            ..=0 => usize::MAX / 2,
            // The run ends before the object that the next sample is due in: that one is the first of another refill.
            _ => ((next.n_bytes - 1).max(0) as usize / kind.size()).max(1),
        }
    }

    /// Whether the next object, of this size and still to be counted, is one for the heap profile; if so, draws the
    /// distance from its end to the next sample. So an object's chance follows from its own size, whatever comes before.
    fn sampled(&self, proc: &mut ProcHeap, next: &mut NextSample, n_bytes: usize) -> bool {
        // SAFETY: null or a variable that lives for ever.
        let Some(rate) = (unsafe { self.sample_rate.load(Relaxed).as_ref() }) else { return false };
        let rate = rate.load(Relaxed);
        let is_new = next.rate != rate;
        next.rate = rate;
        if rate <= 0 {
            return false;
        }
        if is_new {
            next.n_bytes = distance(proc, rate);
        }
        if next.n_bytes > n_bytes as i64 {
            return false;
        }
        next.n_bytes = n_bytes as i64 + distance(proc, rate);
        true
    }

    fn count_forced(&self, proc: &mut ProcHeap) {
        let every = self.collect_every.load(Relaxed);
        if every == 0 {
            return;
        }
        if proc.until_forced == 0 {
            proc.until_forced = every;
            proc.events.collect = true;
        }
        proc.until_forced -= 1;
    }
}

/// The bytes from one sample of the heap profile to the next. At a rate of 1 every object is a sample.
fn distance(proc: &mut ProcHeap, rate: i64) -> i64 {
    if rate == 1 { 0 } else { exponential(proc.random(), rate as u64) }
}

/// A sample of the exponential distribution with the given mean, from 64 random bits.
fn exponential(random: u64, mean: u64) -> i64 {
    // -ln(u) = (64 - log2(random)) * ln 2; the mantissa's logarithm by a parabola (error below 0.01).
    let bits = random | 1;
    let exponent = 63 - bits.leading_zeros();
    let mantissa = ((bits << (63 - exponent)) as f64) / (1_u64 << 63) as f64 - 1.0;
    let log2 = f64::from(exponent) + mantissa * (1.344_8 - 0.344_8 * mantissa);
    ((64.0 - log2) * core::f64::consts::LN_2 * mean as f64) as i64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_has_the_mean_that_was_asked_for() {
        let mut state = 1_u64;
        let n = 100_000;
        let sum: i64 = (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                exponential(state ^ state >> 29, 1000)
            })
            .sum();
        let mean = sum / n;
        assert!((970..1030).contains(&mean), "{mean}");
    }
}
