//! The heap as a whole: its parts, its settings, and how spans come and go.

use core::sync::atomic::{
    AtomicI64, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use abi::{
    heap::AllocKind,
    size_class::{CLASS_PAGES, PAGE_SIZE},
};
use rt_sync::{Lock, Rank};

use crate::{
    Os, ProcRef,
    cycle::Phase,
    kind::{KindId, Kinds},
    layout::{LayoutId, Layouts},
    mark::MarkState,
    pacer::Pacer,
    pages::PageHeap,
    persistent::Persistent,
    proc::ProcHeap,
    span::{BitGroup, ScanKind, Slot, Span, SpanPlan},
    special::Specials,
    stats::Totals,
    sweep::SweepState,
};

/// Processors that a program can have.
pub(crate) const MAX_PROCS: usize = 1024;

/// Where the first arena goes: as Go, so that addresses in crash reports look familiar.
pub const DEFAULT_BASE: usize = 0xc0_0000_0000;

/// What the heap is told once, at the start.
#[derive(Debug)]
pub struct Config {
    /// Address of the first arena.
    pub base: usize,
    /// The linker's table of allocation kinds.
    pub kinds: &'static [AllocKind],
    /// The word that compiled code tests before it stores a pointer.
    pub barrier_flag: &'static AtomicU32,
    /// GOGC, or -1 for off.
    pub gc_percent: i32,
    /// GOMEMLIMIT in bytes; `i64::MAX` for none.
    pub memory_limit: i64,
    /// Seed of the choice of profiled allocations.
    pub seed: u64,
    /// Debug modes.
    pub debug: DebugConfig,
}

/// Debug modes, all off by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct DebugConfig {
    /// Fill freed slots with a pattern that faults when it is used as an address.
    pub poison: bool,
    /// Ask for a collection at every n-th allocation of a processor; every allocation takes the slow path. 0 is off.
    pub collect_every: u32,
    /// At the end of each marking, mark again by the simplest means and compare.
    pub second_marker: bool,
}

/// The heap. One static per program; tests make as many as they like.
pub struct Heap<O: Os> {
    pub(crate) persistent: Persistent<O>,
    pub(crate) pages: PageHeap<O>,
    pub(crate) layouts: Layouts,
    pub(crate) kinds: Kinds,
    pub(crate) specials: Specials,
    pub(crate) pacer: Pacer,
    pub(crate) totals: Totals,
    pub(crate) mark: MarkState,
    pub(crate) sweep: SweepState,
    /// Raised by one when a marking ends. Changes only while the world is stopped.
    generation: AtomicU32,
    phase: AtomicU8,
    barrier_flag: AtomicPtr<AtomicU32>,
    unused: Lock<Unused>,
    n_procs: AtomicUsize,
    procs: [AtomicPtr<ProcRef>; MAX_PROCS],
    /// Where the program says how many bytes are between samples of the heap profile; null is off.
    pub(crate) sample_rate: AtomicPtr<AtomicI64>,
    seed: AtomicU64,
    poison: AtomicU8,
    second_marker: AtomicU8,
    pub(crate) collect_every: AtomicU32,
}

/// Span structures without pages, by number of bit groups, with and without a layout per slot.
struct Unused {
    spans: [[Option<&'static Span>; 17]; 2],
}

/// A span structure with its bits and layouts, ready for [`Span::init`].
struct Blank {
    span: &'static Span,
    bits: &'static [BitGroup],
    slots: *mut AtomicU16,
}

impl<O: Os> Heap<O> {
    /// A heap that must be given its [`Config`] by [`Heap::init`] before anything else.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a heap is a static")]
    pub const fn new() -> Self {
        Heap {
            persistent: Persistent::new(),
            pages: PageHeap::new(),
            layouts: Layouts::new(),
            kinds: Kinds::new(),
            specials: Specials::new(),
            pacer: Pacer::new(),
            totals: Totals::new(),
            mark: MarkState::new(),
            sweep: SweepState::new(),
            generation: AtomicU32::new(1),
            phase: AtomicU8::new(Phase::Off as u8),
            barrier_flag: AtomicPtr::new(core::ptr::null_mut()),
            unused: Lock::new(Rank::Pages, Unused { spans: [[None; 17]; 2] }),
            n_procs: AtomicUsize::new(0),
            procs: [const { AtomicPtr::new(core::ptr::null_mut()) }; MAX_PROCS],
            sample_rate: AtomicPtr::new(core::ptr::null_mut()),
            seed: AtomicU64::new(1),
            poison: AtomicU8::new(0),
            second_marker: AtomicU8::new(0),
            collect_every: AtomicU32::new(0),
        }
    }

    /// Makes the heap usable.
    pub fn init(&'static self, config: &Config) {
        self.pages.init(&self.persistent, config.base);
        self.layouts.init(&self.persistent);
        self.kinds.init(&self.persistent, &self.layouts, config.kinds);
        self.barrier_flag.store(core::ptr::from_ref(config.barrier_flag).cast_mut(), Relaxed);
        self.pacer.set_percent(config.gc_percent);
        self.pacer.set_limit(config.memory_limit);
        self.seed.store(config.seed, Relaxed);
        self.poison.store(u8::from(config.debug.poison), Relaxed);
        self.second_marker.store(u8::from(config.debug.second_marker), Relaxed);
        self.collect_every.store(config.debug.collect_every, Relaxed);
        self.pacer.update(0);
    }

    /// State for a new processor. Processors are never destroyed; one that is idle costs only what it touched.
    ///
    /// # Panics
    /// When there are 1024 already.
    pub fn new_processor(&self) -> ProcRef {
        let idx = self.n_procs.load(Relaxed);
        assert!(idx < MAX_PROCS, "too many processors");
        let proc = ProcRef::new(&self.persistent, self.seed.load(Relaxed) + idx as u64);
        let kept = self.persistent.place::<ProcRef>().cast::<ProcRef>();
        // SAFETY: fresh memory of the right size.
        unsafe { kept.write(proc) };
        // Both pair with the Acquires in `procs`.
        self.procs[idx].store(kept, Release);
        self.n_procs.store(idx + 1, Release);
        proc
    }

    pub(crate) fn procs(&self) -> impl Iterator<Item = ProcRef> + '_ {
        self.procs[..self.n_procs.load(Acquire)].iter().map(|proc| {
            // SAFETY: published by `new_processor`.
            unsafe { *proc.load(Acquire) }
        })
    }

    /// Every processor's state. The world is stopped.
    pub(crate) fn each_proc(&self, _world: &crate::WorldStopped<'_>, mut f: impl FnMut(&mut ProcHeap)) {
        for proc in self.procs() {
            // SAFETY: the witness; the reference ends with each call of `f`.
            f(unsafe { proc.stopped() });
        }
    }

    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Relaxed)
    }

    pub(crate) fn next_generation(&self, _world: &crate::WorldStopped<'_>) {
        self.generation.fetch_add(1, Relaxed);
    }

    /// What the collector is doing.
    #[inline]
    pub fn phase(&self) -> Phase {
        Phase::from_u8(self.phase.load(Relaxed))
    }

    /// Changes the phase and, with it, the flag that compiled code tests.
    pub(crate) fn set_phase(&self, _world: &crate::WorldStopped<'_>, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        // SAFETY: `init` stored a static.
        let flag = unsafe { &*self.barrier_flag.load(Relaxed) };
        flag.store(u32::from(phase == Phase::Mark), Relaxed);
    }

    /// Whether stores need the write barrier and allocation is black.
    #[inline]
    #[must_use]
    pub fn is_marking(&self) -> bool {
        self.phase() == Phase::Mark
    }

    pub(crate) fn poisons(&self) -> bool {
        self.poison.load(Relaxed) != 0
    }

    pub(crate) fn has_second_marker(&self) -> bool {
        self.second_marker.load(Relaxed) != 0
    }

    /// The slot that contains `addr`, which may be any number. The slot need not be allocated.
    #[inline]
    pub(crate) fn find(&self, addr: usize) -> Option<Slot> {
        self.pages.span_of(addr)?.slot_of(addr)
    }

    /// The object that contains `addr`: its address, size and layout.
    #[must_use]
    pub fn object_at(&self, addr: usize) -> Option<(usize, usize, LayoutId)> {
        let slot = self.find(addr)?;
        slot.is_allocated().then(|| (slot.addr(), slot.span.size(), slot.span.layout(slot.idx)))
    }

    /// Pages that hold no objects: stacks and the scheduler's own structures. The flag says whether they are zero.
    pub fn alloc_pages(&self, n_pages: usize) -> (usize, bool) {
        let run = self.pages.alloc(&self.persistent, n_pages);
        self.totals.n_manual_pages.fetch_add(n_pages, Relaxed);
        (run.addr, run.zeroed)
    }

    /// Gives pages of [`Heap::alloc_pages`] back.
    pub fn free_pages(&self, addr: usize, n_pages: usize) {
        self.totals.n_manual_pages.fetch_sub(n_pages, Relaxed);
        self.pages.free(addr, n_pages);
    }

    /// Returns the memory behind up to `n_bytes` of free pages to the system.
    pub fn scavenge(&self, n_bytes: usize) -> usize {
        self.pages.scavenge(n_bytes)
    }

    /// Free memory beyond what the heap is likely to need again before the next cycle ends; to be scavenged at leisure.
    #[must_use]
    pub fn scavengeable(&self) -> usize {
        let goal = self.pacer.goal();
        let resident =
            (self.pages.counts.used.load(Relaxed) + self.pages.counts.dirty.load(Relaxed)) * PAGE_SIZE;
        // As Go: 10 % above the goal is kept.
        let excess = resident.saturating_sub(goal.saturating_add(goal / 10));
        excess.min(self.pages.counts.dirty.load(Relaxed) * PAGE_SIZE)
    }

    /// A span of the kind, with all slots free, owned by the caller.
    pub(crate) fn new_span(&self, id: KindId) -> &'static Span {
        let kind = self.kinds.get(id);
        let n_pages = usize::from(CLASS_PAGES[kind.class() as usize]);
        let run = self.pages.alloc(&self.persistent, n_pages);
        let n_slots = n_pages * PAGE_SIZE / kind.size();
        let mixed = kind.scan() == ScanKind::Mixed;
        let blank = self.blank(n_slots, mixed);
        blank.span.init(&SpanPlan {
            base: run.addr,
            n_pages,
            size: kind.size(),
            n_slots,
            class: kind.class(),
            layout: kind.layout(),
            scan: kind.scan(),
            slot_mask: kind.slot_mask(),
            dirty: !run.zeroed,
            generation: self.generation(),
            bits: blank.bits,
            slots: blank.slots,
        });
        self.pages.set_span(run.addr, n_pages, Some(blank.span));
        blank.span
    }

    /// A span of one slot for a large object, allocated.
    pub(crate) fn new_large_span(&self, n_bytes: usize, layout: LayoutId, black: bool) -> &'static Span {
        let n_pages = n_bytes.div_ceil(PAGE_SIZE);
        let run = self.pages.alloc(&self.persistent, n_pages);
        let blank = self.blank(1, false);
        blank.span.init(&SpanPlan {
            base: run.addr,
            n_pages,
            size: n_pages * PAGE_SIZE,
            n_slots: 1,
            class: 0,
            layout,
            scan: if layout == LayoutId::NOSCAN { ScanKind::No } else { ScanKind::Repeat },
            slot_mask: 0,
            dirty: !run.zeroed,
            generation: self.generation(),
            bits: blank.bits,
            slots: blank.slots,
        });
        blank.span.set_allocated(0, 1, black);
        self.pages.set_span(run.addr, n_pages, Some(blank.span));
        let lists = &self.kinds.get(KindId::LARGE).lists;
        lists.lock().put(blank.span, self.generation());
        blank.span
    }

    /// Takes back a span in which nothing is allocated and which is in no list.
    pub(crate) fn free_span(&self, span: &'static Span) {
        self.pages.set_span(span.base(), span.n_pages(), None);
        self.pages.free(span.base(), span.n_pages());
        let mixed = !span.slots_ptr().is_null();
        let list = &mut self.unused.lock().spans[usize::from(mixed)][span.bits().len()];
        let next = list.map_or(core::ptr::null_mut(), |next| core::ptr::from_ref(next).cast_mut());
        span.next.store(next, Relaxed);
        *list = Some(span);
    }

    fn blank(&self, n_slots: usize, mixed: bool) -> Blank {
        let n_groups = n_slots.div_ceil(64);
        let mut unused = self.unused.lock();
        let list = &mut unused.spans[usize::from(mixed)][n_groups];
        if let Some(span) = *list {
            // SAFETY: `free_span` stored null or a persistent span.
            *list = unsafe { span.next.load(Relaxed).as_ref() };
            return Blank { span, bits: span.bits(), slots: span.slots_ptr() };
        }
        drop(unused);
        let slots: &'static [SlotLayout] = self.persistent.slice(if mixed { n_groups * 64 } else { 0 });
        Blank {
            span: self.persistent.one(),
            bits: self.persistent.slice(n_groups),
            slots: if mixed { slots.as_ptr().cast::<AtomicU16>().cast_mut() } else { core::ptr::null_mut() },
        }
    }

    pub(crate) fn profile_freed(&self, record: usize) {
        self.totals.profile_freed(record);
    }
}

#[repr(transparent)]
struct SlotLayout(AtomicU16);

// SAFETY: an integer.
unsafe impl crate::persistent::Zeroed for SlotLayout {}

impl<O: Os> core::fmt::Debug for Heap<O> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Heap")
            .field("phase", &self.phase())
            .field("live", &self.pacer.live())
            .finish_non_exhaustive()
    }
}
