//! Arenas and pages: where spans, large objects and stacks get their memory.
//!
//! **Terms.** An *arena* is 64 MB of address space at a multiple of 64 MB above the heap's base; arena `i` lies at
//! `base + i * 64 MB`. A *page* is 8 KB. A page is *used* or free; a free page is *dirty* (resident, content unknown)
//! or clean (never touched, or given back: reads as zero and occupies nothing).
//!
//! ```text
//!   base = 0xc000000000
//!   │ arena 0 (64 MB)      │ arena 1              │ ...                Arena (out of line):
//!   ├──┬──┬──┬──┬─ ─ ─┬────┼──┬─ ─                                      spans[8192]  page -> span
//!   │p0│p1│p2│p3│     │8191│                                            used[8192 bits], dirty[8192 bits]
//! ```
//!
//! **Invariants.**
//! 1. Used pages are not dirty. `used`, `dirty`, `max_free`, `first_free` and `n_committed` change only under `PageHeap::state`.
//! 2. `max_free` is at least the length of the longest free row of the arena; `first_free` at most its first free page.
//! 3. Pages below `n_committed` are committed; used pages are.
//! 4. `spans[p]` is the span that contains page `p`, or null for free pages and for pages that hold no objects. It is
//!    written by the owner of the page and read by anyone.
//!
//! Placement is first fit by address: it keeps the heap dense at its low end, so that the high end can be given back,
//! and it depends on nothing but the sequence of requests.
//!
//! **Rejected.** A radix tree of summaries (as Go): with one bound per arena a search reads 12 bytes per 64 MB, which is
//! less than the tree's levels up to heaps of 100 GB. A cache of pages per processor: in the steady state spans are
//! swept and reused, not allocated.

use core::{
    marker::PhantomData,
    sync::atomic::{
        AtomicPtr, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use abi::size_class::PAGE_SIZE;
use rt_sync::{Lock, Rank};

use crate::{
    Os,
    persistent::{Persistent, Zeroed},
    span::Span,
};

/// Bytes in an arena.
pub(crate) const ARENA_SIZE: usize = 64 << 20;
/// Pages in an arena.
const ARENA_PAGES: usize = ARENA_SIZE / PAGE_SIZE;
/// 4 TB of address space.
const MAX_ARENAS: usize = 1 << 16;
/// Pages are committed in steps of 4 MB.
const COMMIT_PAGES: usize = (4 << 20) / PAGE_SIZE;

/// A heap of 32 MB gets huge pages for what it grows by: they save a good part of the cache misses of maps and of marking,
/// and leave at most 2 MB unused.
const HUGE_FROM_PAGES: usize = (32 << 20) / PAGE_SIZE;

/// What is known about the pages of one arena.
#[repr(C)]
pub(crate) struct Arena {
    spans: [AtomicPtr<Span>; ARENA_PAGES],
    used: [AtomicU64; ARENA_PAGES / 64],
    dirty: [AtomicU64; ARENA_PAGES / 64],
    start: AtomicUsize,
    max_free: AtomicU32,
    first_free: AtomicU32,
    n_committed: AtomicU32,
}

// SAFETY: null pointers and zero integers.
unsafe impl Zeroed for Arena {}

#[repr(transparent)]
struct ArenaEntry(AtomicPtr<Arena>);

// SAFETY: a null pointer.
unsafe impl Zeroed for ArenaEntry {}

/// Consecutive pages, fresh from the page heap.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct PageRun {
    pub(crate) addr: usize,
    /// The memory is known to read as zero.
    pub(crate) zeroed: bool,
}

/// All arenas.
pub(crate) struct PageHeap<O> {
    base: AtomicUsize,
    /// `MAX_ARENAS` entries. Half a megabyte of address space: not part of the structure, or every executable would
    /// carry it in its data.
    arenas: AtomicPtr<ArenaEntry>,
    state: Lock<State>,
    os: PhantomData<O>,
    pub(crate) counts: PageCounts,
}

struct State {
    /// One past the last arena.
    n_arenas: usize,
    /// No arena below has a free page.
    first: usize,
}

/// Pages by condition.
#[derive(Debug)]
pub(crate) struct PageCounts {
    pub(crate) reserved: AtomicUsize,
    pub(crate) committed: AtomicUsize,
    pub(crate) used: AtomicUsize,
    /// Free but resident.
    pub(crate) dirty: AtomicUsize,
}

impl<O: Os> PageHeap<O> {
    pub(crate) const fn new() -> Self {
        PageHeap {
            base: AtomicUsize::new(0),
            arenas: AtomicPtr::new(core::ptr::null_mut()),
            state: Lock::new(Rank::Pages, State { n_arenas: 0, first: 0 }),
            os: PhantomData,
            counts: PageCounts {
                reserved: AtomicUsize::new(0),
                committed: AtomicUsize::new(0),
                used: AtomicUsize::new(0),
                dirty: AtomicUsize::new(0),
            },
        }
    }

    /// Says where the first arena goes; before any other call.
    pub(crate) fn init(&self, persistent: &Persistent<O>, base: usize) {
        self.base.store(base, Relaxed);
        let table: &'static [ArenaEntry] = persistent.slice(MAX_ARENAS);
        self.arenas.store(table.as_ptr().cast_mut(), Relaxed);
    }

    #[inline]
    fn entry(&self, idx: usize) -> Option<&'static AtomicPtr<Arena>> {
        if idx >= MAX_ARENAS {
            return None;
        }
        // SAFETY: `init` made a persistent table of this many entries.
        let entry = unsafe { &*self.arenas.load(Relaxed).add(idx) };
        Some(&entry.0)
    }

    /// The lowest address that can belong to the heap, and the number of bytes that can.
    #[inline]
    pub(crate) fn range(&self) -> (usize, usize) {
        (self.base.load(Relaxed), MAX_ARENAS * ARENA_SIZE)
    }

    #[inline]
    fn arena(&self, idx: usize) -> Option<&'static Arena> {
        let ptr = self.entry(idx)?.load(Acquire);
        // SAFETY: published by `grow` (Release), persistent from then on.
        unsafe { ptr.as_ref() }
    }

    /// The span that contains `addr`, which may be any number at all.
    #[inline]
    pub(crate) fn span_of(&self, addr: usize) -> Option<&'static Span> {
        let offset = addr.wrapping_sub(self.base.load(Relaxed));
        let arena = self.arena(offset / ARENA_SIZE)?;
        // Pairs with the Release in `set_span`.
        let span = arena.spans[offset / PAGE_SIZE % ARENA_PAGES].load(Acquire);
        // SAFETY: `spans` holds pointers to spans only, and spans are persistent.
        unsafe { span.as_ref() }
    }

    /// Makes `span` (or nothing) the owner of pages.
    pub(crate) fn set_span(&self, addr: usize, n_pages: usize, span: Option<&'static Span>) {
        let ptr = span.map_or(core::ptr::null_mut(), |span| core::ptr::from_ref(span).cast_mut());
        self.each_piece(addr, n_pages, |arena, first, end| {
            for page in &arena.spans[first..end] {
                // Pairs with the Acquire in `span_of`: whoever sees the span sees it initialised.
                page.store(ptr, Release);
            }
        });
    }

    /// Consecutive free pages, now used. Ends the program when there is no memory.
    pub(crate) fn alloc(&self, persistent: &Persistent<O>, n_pages: usize) -> PageRun {
        let mut state = self.state.lock();
        let start = match self.find(&mut state, n_pages) {
            Some(page) => page,
            None => self.grow(&mut state, persistent, n_pages),
        };
        let addr = self.base.load(Relaxed) + start * PAGE_SIZE;
        let mut zeroed = true;
        self.each_piece(addr, n_pages, |arena, first, end| zeroed &= self.take(arena, first, end));
        self.counts.used.fetch_add(n_pages, Relaxed);
        PageRun { addr, zeroed }
    }

    /// Gives pages back. They are dirty now.
    pub(crate) fn free(&self, addr: usize, n_pages: usize) {
        let mut state = self.state.lock();
        self.release(&mut state, addr, n_pages, true);
    }

    /// Returns the memory behind up to `n_bytes` of free pages to the system, highest addresses first. The number of
    /// bytes that were returned.
    pub(crate) fn scavenge(&self, n_bytes: usize) -> usize {
        let mut done = 0;
        while done < n_bytes {
            // While the system works, the pages count as used, so the lock need not be held.
            let Some((addr, n_pages)) = self.take_dirty(n_bytes - done) else { break };
            O::decommit(addr, n_pages * PAGE_SIZE);
            let mut state = self.state.lock();
            self.release(&mut state, addr, n_pages, false);
            done += n_pages * PAGE_SIZE;
        }
        done
    }

    /// The first fitting free row, by address.
    fn find(&self, state: &mut State, n_pages: usize) -> Option<usize> {
        if n_pages > ARENA_PAGES {
            return self.find_across(state, n_pages);
        }
        let mut all_full = true;
        for idx in state.first..state.n_arenas {
            let Some(arena) = self.arena(idx) else { continue };
            if all_full && arena.max_free.load(Relaxed) == 0 {
                state.first = idx;
                continue;
            }
            all_full = false;
            if arena.max_free.load(Relaxed) as usize >= n_pages
                && let Some(page) = arena.find(n_pages)
            {
                return Some(idx * ARENA_PAGES + page);
            }
        }
        None
    }

    /// A free row that is longer than an arena: the end of one, whole ones, the beginning of another.
    fn find_across(&self, state: &State, n_pages: usize) -> Option<usize> {
        let mut len = 0;
        for idx in 0..state.n_arenas {
            let Some(arena) = self.arena(idx) else {
                len = 0;
                continue;
            };
            let n_first = arena.next(0, true);
            if len + n_first >= n_pages {
                return Some(idx * ARENA_PAGES - len);
            }
            len = if n_first == ARENA_PAGES { len + ARENA_PAGES } else { arena.n_free_at_end() };
        }
        None
    }

    /// Reserves arenas for `n_pages`; the first page of them.
    fn grow(&self, state: &mut State, persistent: &Persistent<O>, n_pages: usize) -> usize {
        let n_new = n_pages.div_ceil(ARENA_PAGES);
        let n_bytes = n_new * ARENA_SIZE;
        let base = self.base.load(Relaxed);
        let mut idx = state.n_arenas;
        // Somebody else's mapping may lie in the way: step over it.
        while idx + n_new <= MAX_ARENAS {
            let wanted = base + idx * ARENA_SIZE;
            match O::reserve(wanted, n_bytes) {
                Some(addr) if addr == wanted => {
                    for new in idx..idx + n_new {
                        let arena: &'static Arena = persistent.one();
                        arena.start.store(base + new * ARENA_SIZE, Relaxed);
                        arena.max_free.store(ARENA_PAGES as u32, Relaxed);
                        // Pairs with the Acquire in `arena`.
                        let entry = self.entry(new).expect("below MAX_ARENAS");
                        entry.store(core::ptr::from_ref(arena).cast_mut(), Release);
                    }
                    state.n_arenas = idx + n_new;
                    self.counts.reserved.fetch_add(n_new * ARENA_PAGES, Relaxed);
                    return idx * ARENA_PAGES;
                }
                Some(elsewhere) => O::unreserve(elsewhere, n_bytes),
                None => break,
            }
            idx += 1;
        }
        O::out_of_memory(n_pages * PAGE_SIZE)
    }

    /// Marks pages of one arena as used and commits them; true when all of them read as zero.
    fn take(&self, arena: &Arena, first: usize, end: usize) -> bool {
        let committed = arena.n_committed.load(Relaxed) as usize;
        if end > committed {
            let target = end.next_multiple_of(COMMIT_PAGES);
            let n_bytes = (target - committed) * PAGE_SIZE;
            let start = arena.start.load(Relaxed) + committed * PAGE_SIZE;
            if !O::commit(start, n_bytes) {
                O::out_of_memory(n_bytes);
            }
            if self.counts.committed.load(Relaxed) >= HUGE_FROM_PAGES {
                O::advise_huge_pages(start, n_bytes);
            }
            arena.n_committed.store(target as u32, Relaxed);
            self.counts.committed.fetch_add(target - committed, Relaxed);
        }
        let mut n_dirty = 0;
        each_word(first, end, |word, mask| {
            arena.used[word].fetch_or(mask, Relaxed);
            n_dirty += (arena.dirty[word].fetch_and(!mask, Relaxed) & mask).count_ones() as usize;
        });
        self.counts.dirty.fetch_sub(n_dirty, Relaxed);
        if arena.first_free.load(Relaxed) as usize == first {
            arena.first_free.store(end as u32, Relaxed);
        }
        n_dirty == 0
    }

    /// Makes used pages free.
    fn release(&self, state: &mut State, addr: usize, n_pages: usize, dirty: bool) {
        state.first = state.first.min((addr - self.base.load(Relaxed)) / ARENA_SIZE);
        self.each_piece(addr, n_pages, |arena, first, end| {
            each_word(first, end, |word, mask| {
                arena.used[word].fetch_and(!mask, Relaxed);
                if dirty {
                    arena.dirty[word].fetch_or(mask, Relaxed);
                }
            });
            arena.max_free.store(ARENA_PAGES as u32, Relaxed);
            arena.first_free.fetch_min(first as u32, Relaxed);
        });
        self.counts.used.fetch_sub(n_pages, Relaxed);
        if dirty {
            self.counts.dirty.fetch_add(n_pages, Relaxed);
        }
    }

    /// Takes the highest row of free dirty pages, at most `n_bytes` (but at least a page) of it.
    fn take_dirty(&self, n_bytes: usize) -> Option<(usize, usize)> {
        let state = self.state.lock();
        for idx in (0..state.n_arenas).rev() {
            let Some(arena) = self.arena(idx) else { continue };
            let Some((first, end)) = arena.last_dirty() else { continue };
            let first = first.max(end.saturating_sub(n_bytes.div_ceil(PAGE_SIZE)));
            self.take(arena, first, end);
            self.counts.used.fetch_add(end - first, Relaxed);
            return Some((arena.start.load(Relaxed) + first * PAGE_SIZE, end - first));
        }
        None
    }

    /// Calls `f` with the part of the pages that lies in each arena.
    fn each_piece(&self, addr: usize, n_pages: usize, mut f: impl FnMut(&'static Arena, usize, usize)) {
        let mut page = (addr - self.base.load(Relaxed)) / PAGE_SIZE;
        let end = page + n_pages;
        while page < end {
            let first = page % ARENA_PAGES;
            let len = (end - page).min(ARENA_PAGES - first);
            let arena = self.arena(page / ARENA_PAGES).expect("used pages lie in arenas");
            f(arena, first, first + len);
            page += len;
        }
    }
}

impl Arena {
    /// First fit. Improves both bounds of invariant 2 on the way.
    fn find(&self, n_pages: usize) -> Option<usize> {
        let mut longest = 0;
        let mut page = self.next(self.first_free.load(Relaxed) as usize, false);
        self.first_free.store(page as u32, Relaxed);
        while page < ARENA_PAGES {
            let end = self.next(page, true);
            if end - page >= n_pages {
                return Some(page);
            }
            longest = longest.max(end - page);
            page = self.next(end, false);
        }
        self.max_free.store(longest as u32, Relaxed);
        None
    }

    /// The first page from `page` on that is used (or free), else the end of the arena.
    fn next(&self, page: usize, used: bool) -> usize {
        let mut word = page / 64;
        let mut keep = !0 << (page % 64);
        while word < self.used.len() {
            let bits = self.used[word].load(Relaxed);
            let hits = if used { bits } else { !bits } & keep;
            if hits != 0 {
                return word * 64 + hits.trailing_zeros() as usize;
            }
            keep = !0;
            word += 1;
        }
        ARENA_PAGES
    }

    /// Free pages behind the last used one.
    fn n_free_at_end(&self) -> usize {
        let last = self.used.iter().rposition(|word| word.load(Relaxed) != 0);
        last.map_or(ARENA_PAGES, |word| {
            ARENA_PAGES - 64 * (word + 1) + self.used[word].load(Relaxed).leading_zeros() as usize
        })
    }

    /// The last row of free dirty pages, within one word of the bitmaps.
    fn last_dirty(&self) -> Option<(usize, usize)> {
        for word in (0..self.used.len()).rev() {
            let bits = self.dirty[word].load(Relaxed) & !self.used[word].load(Relaxed);
            if bits != 0 {
                let end = 64 - bits.leading_zeros() as usize;
                let len = (bits << (64 - end)).leading_ones() as usize;
                return Some((word * 64 + end - len, word * 64 + end));
            }
        }
        None
    }
}

/// Calls `f` with each 64-bit word that the bits `[first, end)` touch and the mask of those bits in it.
pub(crate) fn each_word(first: usize, end: usize, mut f: impl FnMut(usize, u64)) {
    let mut bit = first;
    while bit < end {
        let low = bit % 64;
        let len = (end - bit).min(64 - low);
        f(bit / 64, (!0 >> (64 - len)) << low);
        bit += len;
    }
}
