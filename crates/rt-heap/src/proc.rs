//! What one processor (P) has of the heap: runs to allocate from, the write barrier buffer, a mark queue, counters.
//!
//! **Invariants.**
//! 1. A `ProcHeap` is used through its [`OwnsP`], of which at most one exists, or by whoever stopped the world. The
//!    mark queue is the exception: other processors steal from it, so it lives elsewhere.
//! 2. The slots of a run are allocated (their `alloc` bits are set), zero where [`Kind::zeroes_runs`] says so, and while
//!    marking is on also black. So a run survives any number of cycles in its processor.
//! 3. `owned[k].span` is swept and in no list.
//!
//! [`Kind::zeroes_runs`]: crate::kind::Kind::zeroes_runs

use abi::heap::{AllocCache, BarrierEntry, Run};

use crate::{
    Os,
    kind::{KindId, N_KINDS},
    persistent::Persistent,
    ring::SpanRing,
    span::Span,
};

/// Entries of the write barrier buffer.
const BARRIER_ENTRIES: usize = 256;

/// The state of one processor. All-zero bytes are a processor that has nothing.
#[repr(C)]
pub(crate) struct ProcHeap {
    cache: AllocCache,
    pub(crate) runs: [Run; N_KINDS],
    pub(crate) owned: [Owned; N_KINDS],
    barrier: [BarrierEntry; BARRIER_ENTRIES],
    queue: Option<&'static SpanRing>,
    /// The rest of a 16-byte block for objects below 16 bytes.
    pub(crate) tiny: Run,
    pub(crate) events: Events,
    pub(crate) counts: ProcCounts,
    /// Scan work that this processor owes for what it allocated, in bytes; negative when it has credit.
    pub(crate) debt: i64,
    /// The next sample of the heap profile in the objects of each kind. One for all would favour whatever kind comes when
    /// another one's run ends.
    pub(crate) samples: [NextSample; N_KINDS],
    /// The next one in objects with pages of their own.
    pub(crate) large_sample: NextSample,
    pub(crate) random: u64,
    /// Refills until a collection is forced (debug mode).
    pub(crate) until_forced: u32,
}

const _: () = assert!(core::mem::offset_of!(ProcHeap, runs) == AllocCache::RUNS as usize);

/// The span from which a processor takes its runs of one kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Owned {
    pub(crate) span: Option<&'static Span>,
    /// Start of the current run.
    pub(crate) start: usize,
    /// Objects allocated from finished runs.
    pub(crate) n_objects: u64,
    /// Where to look for the next run.
    pub(crate) next: u32,
}

/// How far it is to the next sample of the heap profile.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct NextSample {
    /// Bytes from here to the object that it is in.
    pub(crate) n_bytes: i64,
    /// The rate for which that was drawn; 0: nothing was.
    pub(crate) rate: i64,
}

/// What the scheduler should do after an allocation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events {
    /// The heap has reached its trigger: start a cycle.
    pub collect: bool,
    /// The last allocation is one for the heap profile.
    pub sample: bool,
}

/// Counts of one processor since it was made.
#[derive(Clone, Copy, Default)]
pub(crate) struct ProcCounts {
    pub(crate) n_tiny: u64,
    pub(crate) n_large: u64,
    pub(crate) large_bytes: u64,
    /// Bytes found alive since the cycle began, black allocation included.
    pub(crate) marked_bytes: u64,
    /// Bytes scanned since the cycle began.
    pub(crate) scanned_bytes: u64,
}

/// A processor's heap state, to be kept by the scheduler in its P.
#[derive(Debug)]
pub struct ProcRef {
    heap: *mut ProcHeap,
    queue: &'static SpanRing,
}

// SAFETY: the pointer is only turned into a reference by `own` and under a stopped world.
unsafe impl Send for ProcRef {}
// SAFETY: as above.
unsafe impl Sync for ProcRef {}

impl Clone for ProcRef {
    fn clone(&self) -> Self {
        *self
    }
}
impl Copy for ProcRef {}

/// Proves that this thread holds the processor.
pub struct OwnsP<'p> {
    pub(crate) heap: &'p mut ProcHeap,
}

impl ProcRef {
    /// A new processor with an empty state.
    pub(crate) fn new<O: Os>(persistent: &Persistent<O>, seed: u64) -> ProcRef {
        let heap = persistent.place::<ProcHeap>().cast::<ProcHeap>();
        // SAFETY: fresh zeroed memory is a valid `ProcHeap` that nobody else knows.
        let proc = unsafe { &mut *heap };
        proc.cache.wb_start = proc.barrier.as_ptr() as usize;
        proc.cache.wb_next = proc.cache.wb_start;
        proc.cache.wb_end = proc.cache.wb_start + size_of_val(&proc.barrier);
        let queue = persistent.one();
        proc.queue = Some(queue);
        proc.random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        ProcRef { heap, queue }
    }

    /// What [`abi::GHead::alloc_cache`] must hold while a goroutine runs on this processor.
    #[must_use]
    pub fn alloc_cache(self) -> *mut AllocCache {
        self.heap.cast()
    }

    /// The witness.
    ///
    /// # Safety
    /// - The calling thread holds the processor for `'p`; no other `OwnsP` of it exists; the world is not stopped.
    /// - No compiled code runs on the processor for `'p`.
    #[must_use]
    pub unsafe fn own<'p>(self) -> OwnsP<'p> {
        // SAFETY: the caller's promise.
        OwnsP { heap: unsafe { &mut *self.heap } }
    }

    /// The state, for whoever stopped the world.
    ///
    /// # Safety
    /// - The world is stopped, and no other reference from this function is alive.
    pub(crate) unsafe fn stopped<'w>(self) -> &'w mut ProcHeap {
        // SAFETY: the caller's promise; `WorldStopped` says that no `OwnsP` exists.
        unsafe { &mut *self.heap }
    }
}

impl ProcRef {
    /// The mark queue, which anyone may steal from.
    #[inline]
    pub(crate) fn queue(self) -> &'static SpanRing {
        self.queue
    }
}

impl OwnsP<'_> {
    /// What the last allocations asked for; asking clears it.
    pub fn take_events(&mut self) -> Events {
        core::mem::take(&mut self.heap.events)
    }
}

impl ProcHeap {
    #[inline]
    pub(crate) fn queue(&self) -> &'static SpanRing {
        self.queue.expect("set by ProcRef::new")
    }

    /// Counts the objects taken from the current run of a kind and forgets the run.
    pub(crate) fn retire_run(&mut self, kind: KindId, size: usize) {
        let (run, owned) = (&mut self.runs[kind.idx()], &mut self.owned[kind.idx()]);
        owned.n_objects += ((run.cur - owned.start) / size) as u64;
        owned.start = 0;
        *run = Run { cur: 0, end: 0 };
    }

    /// Objects allocated so far of a kind.
    pub(crate) fn n_allocated(&self, kind: KindId, size: usize) -> u64 {
        let (run, owned) = (&self.runs[kind.idx()], &self.owned[kind.idx()]);
        owned.n_objects + ((run.cur - owned.start) / size) as u64
    }

    /// Empties the write barrier buffer.
    pub(crate) fn take_barrier(&mut self) -> impl Iterator<Item = BarrierEntry> + use<> {
        let n_entries = (self.cache.wb_next - self.cache.wb_start) / size_of::<BarrierEntry>();
        self.cache.wb_next = self.cache.wb_start;
        // By value: marking uses the rest of `self`. The copy is 4 KB, once per 256 stores.
        let entries = self.barrier;
        entries.into_iter().take(n_entries)
    }

    /// Appends to the write barrier buffer, as compiled code does; true when it is full now.
    pub(crate) fn push_barrier(&mut self, entry: BarrierEntry) -> bool {
        let idx = (self.cache.wb_next - self.cache.wb_start) / size_of::<BarrierEntry>();
        self.barrier[idx] = entry;
        self.cache.wb_next += size_of::<BarrierEntry>();
        self.cache.wb_next == self.cache.wb_end
    }

    /// A random number (xorshift64*), from the seed that the processor was made with.
    pub(crate) fn random(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
