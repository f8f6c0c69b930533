//! Spans: pages that hold objects of one allocation kind, and the bits that say what the objects are.
//!
//! ```text
//!   Span (out of line)              pages
//!   ┌─────────────────────┐        ┌────────┬────────┬────────┬─ ─┬──────┐
//!   │ base, limit, size ──┼──────> │ slot 0 │ slot 1 │ slot 2 │   │ tail │
//!   │ scan, slot_mask     │        └────────┴────────┴────────┴─ ─┴──────┘
//!   │ bits ───────┐       │         interior pointer -> slot: (addr - base) * magic >> 32
//!   └─────────────┼───────┘
//!                 v  one group per 64 slots
//!         ┌───────┬──────┬─────────┬────────┐   allocated  handed to a processor or to the program
//!         │ alloc │ mark │ scanned │ second │   mark       reached in this cycle (grey or black)
//!         └───────┴──────┴─────────┴────────┘   scanned    its pointers were looked at (black)
//!                                               second     reached by the second marker (debug mode)
//! ```
//!
//! **Life.** A span is made by the page heap's client, published in the page table, owned by a processor or kept in a
//! list of its kind, swept once per cycle, and recycled when nothing in it is alive. `Span` structures are persistent:
//! a stale reference reads an old or a newer span, never garbage.
//!
//! **Invariants.**
//! 1. `base` .. `slots` are written before the span is published and not again until it is recycled, which happens
//!    only outside of marking.
//! 2. `alloc` bits are set by the processor that owns the span, and replaced by the one thread that sweeps it.
//! 3. `mark` bits are only ever set, until the sweep moves them into `alloc`. `scanned` is a subset of `mark`.
//! 4. A slot that is allocated holds zeros, or what the program wrote.
//!
//! **Protocol of `queued`** (a span is in at most one mark queue). The marker sets a `mark` bit, then makes `queued` 1;
//! it enqueues the span when it was 0. The scanner makes `queued` 0, then reads `mark`. All four accesses are SeqCst:
//! either the scanner sees the bit, or the marker sees 0 and enqueues the span again. (A large object turns grey once
//! per cycle; its `queued` stays 1 until the sweep.)
//!
//! **Protocol of `generation`.** Each cycle raises the heap's generation by one. `generation` is the cycle in which the
//! span was last swept; whoever brings it from the old number to [`SWEEPING`] sweeps, then stores the new number.

use core::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
};

use crate::{layout::LayoutId, pages::each_word, persistent::Zeroed, special::Special};

/// The value of `generation` while some thread sweeps the span.
const SWEEPING: u32 = u32::MAX;

/// How the marker finds the pointers in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ScanKind {
    /// There are none.
    No = 0,
    /// `slot_mask` has a bit per word of the slot.
    Mask = 1,
    /// The layout's pattern repeats over the object.
    Repeat = 2,
    /// Every slot has a layout of its own, in `slots`.
    Mixed = 3,
}

/// The state of 64 slots.
#[repr(C)]
pub(crate) struct BitGroup {
    pub(crate) alloc: AtomicU64,
    pub(crate) mark: AtomicU64,
    pub(crate) scanned: AtomicU64,
    pub(crate) second: AtomicU64,
}

// SAFETY: integers.
unsafe impl Zeroed for BitGroup {}

/// See the module.
#[repr(C, align(64))]
pub(crate) struct Span {
    // The first cache line is all that marking an object reads.
    base: AtomicUsize,
    limit: AtomicUsize,
    size: AtomicUsize,
    bits: AtomicPtr<BitGroup>,
    slot_mask: AtomicU64,
    magic: AtomicU32,
    n_slots: AtomicU16,
    layout: AtomicU16,
    scan: AtomicU8,
    class: AtomicU8,
    queued: AtomicU32,

    generation: AtomicU32,
    n_free: AtomicU32,
    n_pages: AtomicUsize,
    /// Free slots may hold old content.
    dirty: AtomicU8,
    slots: AtomicPtr<AtomicU16>,
    /// Links the span into a list of its kind, or into the list of unused structures.
    pub(crate) next: AtomicPtr<Span>,
    /// Links the span into the global mark queue.
    pub(crate) next_queued: AtomicPtr<Span>,
    /// How far a large object has been scanned.
    cursor: AtomicUsize,
    /// Guarded by the lock of the specials.
    pub(crate) specials: AtomicPtr<Special>,
    /// Links the spans that have specials; guarded by the lock of the specials. Survives recycling.
    pub(crate) next_special: AtomicPtr<Span>,
    /// The span is in that list.
    pub(crate) in_special_list: AtomicU8,
}

// SAFETY: integers and null pointers.
unsafe impl Zeroed for Span {}

/// What a new span is to be.
pub(crate) struct SpanPlan {
    pub(crate) base: usize,
    pub(crate) n_pages: usize,
    /// Bytes per slot.
    pub(crate) size: usize,
    pub(crate) n_slots: usize,
    pub(crate) class: u8,
    pub(crate) layout: LayoutId,
    pub(crate) scan: ScanKind,
    pub(crate) slot_mask: u64,
    pub(crate) dirty: bool,
    pub(crate) generation: u32,
    pub(crate) bits: &'static [BitGroup],
    pub(crate) slots: *mut AtomicU16,
}

/// One object: a slot of a span.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) span: &'static Span,
    pub(crate) idx: usize,
}

/// The outcome of trying to become the sweeper of a span.
#[must_use]
pub(crate) enum SweepClaim {
    /// The caller sweeps, then calls [`Span::set_swept`].
    Sweep,
    /// Somebody else sweeps right now.
    Busy,
    /// Nothing to do.
    Swept,
}

impl Span {
    /// Writes a span that nobody else can see yet.
    pub(crate) fn init(&self, plan: &SpanPlan) {
        self.base.store(plan.base, Relaxed);
        self.limit.store(plan.base + plan.size * plan.n_slots, Relaxed);
        self.size.store(plan.size, Relaxed);
        self.bits.store(plan.bits.as_ptr().cast_mut(), Relaxed);
        self.slot_mask.store(plan.slot_mask, Relaxed);
        // A large object is slot 0 for every offset.
        let magic = if plan.n_slots == 1 { 0 } else { (1_u64 << 32).div_ceil(plan.size as u64) };
        self.magic.store(magic as u32, Relaxed);
        self.n_slots.store(plan.n_slots as u16, Relaxed);
        self.layout.store(plan.layout.0, Relaxed);
        self.scan.store(plan.scan as u8, Relaxed);
        self.class.store(plan.class, Relaxed);
        self.queued.store(0, Relaxed);
        self.generation.store(plan.generation, Relaxed);
        self.n_free.store(plan.n_slots as u32, Relaxed);
        self.n_pages.store(plan.n_pages, Relaxed);
        self.dirty.store(u8::from(plan.dirty), Relaxed);
        self.slots.store(plan.slots, Relaxed);
        self.cursor.store(0, Relaxed);
    }

    #[inline]
    pub(crate) fn base(&self) -> usize {
        self.base.load(Relaxed)
    }

    /// Bytes per slot.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.size.load(Relaxed)
    }

    #[inline]
    pub(crate) fn n_slots(&self) -> usize {
        self.n_slots.load(Relaxed) as usize
    }

    pub(crate) fn n_pages(&self) -> usize {
        self.n_pages.load(Relaxed)
    }

    pub(crate) fn class(&self) -> u8 {
        self.class.load(Relaxed)
    }

    #[inline]
    pub(crate) fn slot_mask(&self) -> u64 {
        self.slot_mask.load(Relaxed)
    }

    #[inline]
    pub(crate) fn scan(&self) -> ScanKind {
        match self.scan.load(Relaxed) {
            0 => ScanKind::No,
            1 => ScanKind::Mask,
            2 => ScanKind::Repeat,
            _ => ScanKind::Mixed,
        }
    }

    /// Free slots may hold old content.
    #[inline]
    pub(crate) fn is_dirty(&self) -> bool {
        self.dirty.load(Relaxed) != 0
    }

    pub(crate) fn set_dirty(&self) {
        self.dirty.store(1, Relaxed);
    }

    /// The address of a slot.
    #[inline]
    pub(crate) fn addr(&self, idx: usize) -> usize {
        self.base() + idx * self.size()
    }

    /// The slot that contains `addr`, which lies in the span's pages; nothing when it is in the tail.
    #[inline]
    pub(crate) fn slot_of(&'static self, addr: usize) -> Option<Slot> {
        if addr >= self.limit.load(Relaxed) {
            return None;
        }
        let offset = (addr - self.base()) as u64;
        let idx = (offset.wrapping_mul(u64::from(self.magic.load(Relaxed))) >> 32) as usize;
        Some(Slot { span: self, idx })
    }

    #[inline]
    pub(crate) fn bits(&self) -> &'static [BitGroup] {
        // SAFETY: `init` stored a persistent slice of this length.
        unsafe { core::slice::from_raw_parts(self.bits.load(Relaxed), self.n_slots().div_ceil(64)) }
    }

    /// The layout of a slot.
    #[inline]
    pub(crate) fn layout(&self, idx: usize) -> LayoutId {
        match self.slot_layout(idx) {
            Some(slot) => LayoutId(slot.load(Relaxed)),
            None => LayoutId(self.layout.load(Relaxed)),
        }
    }

    /// Where the layout of a slot is kept, in a span of mixed layouts.
    #[inline]
    pub(crate) fn slot_layout(&self, idx: usize) -> Option<&AtomicU16> {
        let slots = self.slots.load(Relaxed);
        debug_assert!(idx < self.n_slots());
        // SAFETY: null, or the `n_slots` numbers that `init` got.
        unsafe { slots.wrapping_add(if slots.is_null() { 0 } else { idx }).as_ref() }
    }

    pub(crate) fn slots_ptr(&self) -> *mut AtomicU16 {
        self.slots.load(Relaxed)
    }

    /// The first row of free slots at or behind `from`, at most `max` slots of it.
    pub(crate) fn free_run(&self, from: usize, max: usize) -> Option<(usize, usize)> {
        let (n_slots, bits) = (self.n_slots(), self.bits());
        let first = next_slot(bits, from, n_slots, false)?;
        let end = next_slot(bits, first, n_slots, true).unwrap_or(n_slots);
        Some((first, end.min(first + max)))
    }

    /// Makes free slots allocated, and black when `black`.
    pub(crate) fn set_allocated(&self, first: usize, end: usize, black: bool) {
        self.n_free.fetch_sub((end - first) as u32, Relaxed);
        let bits = self.bits();
        each_word(first, end, |word, mask| {
            let group = &bits[word];
            if black {
                group.mark.fetch_or(mask, Relaxed);
                group.scanned.fetch_or(mask, Relaxed);
            }
            // Pairs with the Acquire in `Slot::is_allocated`: the slots' zeros come first.
            group.alloc.fetch_or(mask, Release);
        });
    }

    /// Makes allocated slots black; the number that were white.
    pub(crate) fn blacken(&self, first: usize, end: usize) -> usize {
        let (bits, mut n_white) = (self.bits(), 0);
        each_word(first, end, |word, mask| {
            n_white += (mask & !bits[word].mark.fetch_or(mask, Relaxed)).count_ones() as usize;
            bits[word].scanned.fetch_or(mask, Relaxed);
        });
        n_white
    }

    /// Slots that are not allocated.
    #[inline]
    pub(crate) fn n_free(&self) -> usize {
        self.n_free.load(Relaxed) as usize
    }

    pub(crate) fn set_n_free(&self, n_free: usize) {
        self.n_free.store(n_free as u32, Relaxed);
    }

    /// Says that the span has grey objects; true when the caller must put it into a mark queue.
    #[inline]
    pub(crate) fn set_queued(&self) -> bool {
        self.queued.load(SeqCst) == 0 && self.queued.swap(1, SeqCst) == 0
    }

    /// The span was taken out of a mark queue and its grey objects will be scanned now.
    #[inline]
    pub(crate) fn clear_queued(&self) {
        self.queued.swap(0, SeqCst);
    }

    /// The span is one object with pages of its own.
    #[inline]
    pub(crate) fn is_large(&self) -> bool {
        self.class() == 0
    }

    /// Takes the next `n_bytes` of a large object for scanning: (start, end) offsets.
    pub(crate) fn next_chunk(&self, n_bytes: usize) -> (usize, usize) {
        let start = self.cursor.fetch_add(n_bytes, Relaxed).min(self.size());
        (start, (start + n_bytes).min(self.size()))
    }

    /// Makes a large object scannable again, in the next cycle.
    pub(crate) fn rewind(&self) {
        self.cursor.store(0, Relaxed);
        self.queued.store(0, Relaxed);
    }

    pub(crate) fn claim_sweep(&self, generation: u32) -> SweepClaim {
        // Pairs with the Release in `set_swept`.
        match self.generation.load(Acquire) {
            SWEEPING => SweepClaim::Busy,
            seen if seen == generation => SweepClaim::Swept,
            seen => match self.generation.compare_exchange(seen, SWEEPING, AcqRel, Acquire) {
                Ok(_) => SweepClaim::Sweep,
                Err(_) => SweepClaim::Busy,
            },
        }
    }

    pub(crate) fn set_swept(&self, generation: u32) {
        // Pairs with the Acquire in `claim_sweep`.
        self.generation.store(generation, Release);
    }
}

impl BitGroup {
    /// Turns the grey slots black; which they were.
    #[inline]
    pub(crate) fn take_grey(&self) -> u64 {
        // SeqCst: the protocol of `queued`.
        let grey = self.mark.load(SeqCst) & !self.scanned.load(Relaxed);
        if grey == 0 {
            return 0;
        }
        // Another scanner may have come first for some: the span can have been queued again meanwhile.
        grey & !self.scanned.fetch_or(grey, AcqRel)
    }
}

impl Slot {
    #[inline]
    fn group(&self) -> (&'static BitGroup, u64) {
        (&self.span.bits()[self.idx / 64], 1 << (self.idx % 64))
    }

    #[inline]
    pub(crate) fn addr(&self) -> usize {
        self.span.addr(self.idx)
    }

    #[inline]
    pub(crate) fn is_allocated(&self) -> bool {
        let (group, bit) = self.group();
        // Pairs with the Release in `set_allocated`.
        group.alloc.load(Acquire) & bit != 0
    }

    #[inline]
    pub(crate) fn is_marked(&self) -> bool {
        let (group, bit) = self.group();
        group.mark.load(Relaxed) & bit != 0
    }

    /// Sets the mark; true when it was clear. SeqCst: the protocol of `queued`.
    #[inline]
    pub(crate) fn mark(&self) -> bool {
        let (group, bit) = self.group();
        group.mark.load(Relaxed) & bit == 0 && group.mark.fetch_or(bit, SeqCst) & bit == 0
    }

    /// Sets the second marker's mark; true when it was clear.
    pub(crate) fn mark_second(&self) -> bool {
        let (group, bit) = self.group();
        group.second.fetch_or(bit, Relaxed) & bit == 0
    }
}

/// The first slot at or behind `from` whose `alloc` bit is as asked.
fn next_slot(bits: &[BitGroup], from: usize, n_slots: usize, allocated: bool) -> Option<usize> {
    let mut keep = !0 << (from % 64);
    for (idx, group) in bits.iter().enumerate().skip(from / 64) {
        let alloc = group.alloc.load(Relaxed);
        let hits = if allocated { alloc } else { !alloc } & keep;
        if hits != 0 {
            let slot = idx * 64 + hits.trailing_zeros() as usize;
            return (slot < n_slots).then_some(slot);
        }
        keep = !0;
    }
    None
}
