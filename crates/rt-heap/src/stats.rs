//! What `runtime.MemStats`, `runtime/metrics` and the trace of collections need to know.

use core::sync::atomic::{
    AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use abi::size_class::{CLASS_SIZES, N_SIZE_CLASSES, PAGE_SIZE};

use crate::{Heap, Os, WorldStopped, span::Span};

/// Counters that belong to no processor.
pub(crate) struct Totals {
    /// Objects freed by size class; 0 is large ones.
    freed: [AtomicU64; N_SIZE_CLASSES],
    large_freed_bytes: AtomicU64,
    pub(crate) n_manual_pages: AtomicUsize,
    n_cycles: AtomicU32,
    cycle_start: AtomicU64,
    last_end: AtomicU64,
    profile_hook: AtomicPtr<()>,
}

/// The heap's numbers at one moment. Names are those of `runtime.MemStats`; the overlay's `heapSnapshot` begins with it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Go's")]
pub struct MemStats {
    pub total_alloc: u64,
    pub heap_alloc: u64,
    pub mallocs: u64,
    pub frees: u64,
    pub heap_sys: u64,
    pub heap_idle: u64,
    pub heap_inuse: u64,
    pub heap_released: u64,
    /// Pages of [`Heap::alloc_pages`], in bytes.
    pub manual_inuse: u64,
    /// The heap's own tables.
    pub gc_sys: u64,
    pub next_gc: u64,
    pub num_gc: u32,
    /// By size class: slot size, objects allocated, objects freed. Entry 0 is unused.
    pub by_size: BySize,
}

/// Counts by size class.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Go's")]
pub struct BySize {
    pub mallocs: [u64; N_SIZE_CLASSES],
    pub frees: [u64; N_SIZE_CLASSES],
}

impl Default for BySize {
    fn default() -> Self {
        BySize { mallocs: [0; N_SIZE_CLASSES], frees: [0; N_SIZE_CLASSES] }
    }
}

/// The last cycle in numbers, for `GODEBUG=gctrace=1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CycleStats {
    /// Cycles finished.
    pub n_cycles: u32,
    /// Live bytes when the cycle began.
    pub live_at_start: usize,
    /// Live bytes when its marking ended.
    pub live_at_end: usize,
    /// Bytes found alive.
    pub marked: usize,
    /// The goal that the cycle had.
    pub goal_before: usize,
    /// The goal that the next one has.
    pub goal: usize,
    /// The live size that starts the next cycle.
    pub trigger: usize,
    /// Bytes scanned.
    pub scanned: usize,
    /// When marking began and ended, by [`Os::nanotime`].
    pub started: u64,
    /// See `started`.
    pub ended: u64,
}

impl Totals {
    pub(crate) const fn new() -> Self {
        Totals {
            freed: [const { AtomicU64::new(0) }; N_SIZE_CLASSES],
            large_freed_bytes: AtomicU64::new(0),
            n_manual_pages: AtomicUsize::new(0),
            n_cycles: AtomicU32::new(0),
            cycle_start: AtomicU64::new(0),
            last_end: AtomicU64::new(0),
            profile_hook: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    pub(crate) fn count_freed(&self, span: &Span, n_freed: usize) {
        self.freed[span.class() as usize].fetch_add(n_freed as u64, Relaxed);
        if span.is_large() {
            self.large_freed_bytes.fetch_add(span.size() as u64, Relaxed);
        }
    }

    pub(crate) fn cycle_started(&self, now: u64) {
        self.cycle_start.store(now, Relaxed);
    }

    pub(crate) fn cycle_ended(&self, now: u64) {
        self.last_end.store(now, Relaxed);
        self.n_cycles.fetch_add(1, Relaxed);
    }

    pub(crate) fn profile_freed(&self, record: usize) {
        // Pairs with the Release in `set_profile`.
        let hook = self.profile_hook.load(Acquire);
        if !hook.is_null() {
            // SAFETY: `set_profile` stored a function of this type.
            let hook = unsafe { core::mem::transmute::<*mut (), fn(usize)>(hook) };
            hook(record);
        }
    }
}

impl<O: Os> Heap<O> {
    /// Turns the heap profile on: about one allocation per `rate` bytes sets `Events::sample`, and `freed` is called
    /// with the record of every object that was given one and died. It must not call the heap. While the rate is not
    /// above 0, nothing is sampled; the program may change it.
    pub fn set_profile(&self, rate: &'static AtomicI64, freed: fn(record: usize)) {
        // Pairs with the Acquire in `profile_freed`.
        self.totals.profile_hook.store(freed as *mut (), Release);
        self.sample_rate.store(core::ptr::from_ref(rate).cast_mut(), Relaxed);
    }

    /// Exact numbers.
    #[must_use]
    pub fn mem_stats(&self, world: &WorldStopped<'_>) -> MemStats {
        let mut stats = MemStats::default();
        self.each_proc(world, |proc| {
            for id in self.kinds.ids().skip(1) {
                let kind = self.kinds.get(id);
                if kind.size() != 0 {
                    stats.by_size.mallocs[kind.class() as usize] += proc.n_allocated(id, kind.size());
                }
            }
            stats.mallocs += proc.counts.n_large + proc.counts.n_tiny;
            // As Go: a tiny object is never seen to be freed, so it counts as freed at once.
            stats.frees += proc.counts.n_tiny;
            stats.total_alloc += proc.counts.large_bytes;
        });
        let mut freed_bytes = self.totals.large_freed_bytes.load(Relaxed);
        stats.frees += self.totals.freed[0].load(Relaxed);
        for (class, size) in CLASS_SIZES.iter().enumerate().skip(1) {
            let (size, n_freed) = (u64::from(*size), self.totals.freed[class].load(Relaxed));
            stats.by_size.frees[class] = n_freed;
            stats.mallocs += stats.by_size.mallocs[class];
            stats.total_alloc += stats.by_size.mallocs[class] * size;
            stats.frees += n_freed;
            freed_bytes += n_freed * size;
        }
        stats.heap_alloc = stats.total_alloc - freed_bytes;
        self.count_pages(&mut stats);
        stats.next_gc = self.pacer.goal() as u64;
        stats.num_gc = self.totals.n_cycles.load(Relaxed);
        stats
    }

    fn count_pages(&self, stats: &mut MemStats) {
        let bytes = |n_pages: usize| (n_pages * PAGE_SIZE) as u64;
        let counts = &self.pages.counts;
        let (committed, used) = (counts.committed.load(Relaxed), counts.used.load(Relaxed));
        let (dirty, manual) = (counts.dirty.load(Relaxed), self.totals.n_manual_pages.load(Relaxed));
        stats.heap_sys = bytes(committed - manual);
        stats.heap_inuse = bytes(used - manual);
        stats.heap_idle = bytes(committed - used);
        stats.heap_released = bytes(committed - used - dirty);
        stats.manual_inuse = bytes(manual);
        stats.gc_sys = self.persistent.n_bytes() as u64;
    }

    /// The last cycle in numbers.
    #[must_use]
    pub fn cycle_stats(&self) -> CycleStats {
        CycleStats {
            n_cycles: self.totals.n_cycles.load(Relaxed),
            live_at_start: self.pacer.live_at_start(),
            live_at_end: self.pacer.live_at_end(),
            marked: self.pacer.marked(),
            goal_before: self.pacer.goal_before(),
            goal: self.pacer.goal(),
            trigger: self.pacer.trigger(),
            scanned: self.pacer.work_done(),
            started: self.totals.cycle_start.load(Relaxed),
            ended: self.totals.last_end.load(Relaxed),
        }
    }

    /// Bytes handed out and not known to be garbage, at this moment.
    #[must_use]
    pub fn live_bytes(&self) -> usize {
        self.pacer.live()
    }
}
