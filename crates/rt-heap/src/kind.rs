//! Allocation kinds at run time, and the spans of each that no processor owns.
//!
//! ```text
//!   kind ids   0 .. 67                  no pointers, by size class; 0 is for large objects of any layout
//!              68 .. n_static           the program's own (size class, layout) pairs, numbered by the linker
//!              n_static .. MAX_KINDS    pairs that turn up at run time (make, append, reflect)
//!              MAX_KINDS .. + 68        mixed, by size class: every slot has a layout of its own
//! ```
//!
//! **Renting.** A kind does not get spans of its own for its first few objects: they are *rented* slots in the mixed span
//! of the size class, which cost a number per slot and a slower allocation. A program with a thousand kinds of which
//! most have a handful of objects then needs a few hundred spans less. Pointer-free kinds never rent: there is one per
//! size class.
//!
//! **Lists.** Spans with free slots and full ones are kept apart, and of each those already swept in the current cycle
//! from the others. Which list is which follows from the parity of the heap's generation, so a new cycle turns "swept"
//! into "to be swept" without touching a span.

use core::sync::atomic::{
    AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use abi::{
    heap::{AllocKind, MAX_INLINE_SIZE, MAX_KINDS, N_NOSCAN_KINDS},
    size_class::{CLASS_PAGES, CLASS_SIZES, N_SIZE_CLASSES, PAGE_SIZE, size_class},
};
use rt_sync::{Lock, Rank};

use crate::{
    Os,
    layout::{LayoutId, Layouts},
    lock::CentralLock,
    persistent::{Persistent, Zeroed},
    span::{ScanKind, Span},
};

/// The number of an allocation kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindId(pub(crate) u16);

impl KindId {
    /// Large objects.
    pub(crate) const LARGE: KindId = KindId(0);

    /// The kind at a byte offset of the kinds table: what compiled code passes to `gh_alloc`.
    #[must_use]
    pub fn from_offset(offset: usize) -> KindId {
        debug_assert!(offset < MAX_KINDS * size_of::<AllocKind>());
        KindId((offset / size_of::<AllocKind>()) as u16)
    }

    /// Pointer-free objects of a size class.
    pub(crate) fn noscan(class: u8) -> KindId {
        KindId(u16::from(class))
    }

    /// Objects of a size class with a layout each.
    pub(crate) fn mixed(class: u8) -> KindId {
        KindId(MAX_KINDS as u16 + u16::from(class))
    }

    #[inline]
    pub(crate) fn idx(self) -> usize {
        self.0 as usize
    }
}

/// Kinds, and entries in every processor's table of runs.
pub(crate) const N_KINDS: usize = MAX_KINDS + N_SIZE_CLASSES;

/// A kind stops renting after this many objects, or after a quarter of a span if that is less.
const MAX_RENTED: u32 = 16;

/// One allocation kind.
#[repr(C, align(64))]
pub(crate) struct Kind {
    size: AtomicU32,
    layout: AtomicU16,
    class: AtomicU8,
    scan: AtomicU8,
    slot_mask: AtomicU64,
    /// Objects that may still be rented.
    rentable: AtomicU32,
    pub(crate) lists: CentralLock<Lists>,
}

// SAFETY: integers, and a lock around null references.
unsafe impl Zeroed for Kind {}

/// The spans of a kind that nobody owns, indexed by the parity of the generation in which they were swept last.
#[repr(C)]
pub(crate) struct Lists {
    pub(crate) partial: [SpanList; 2],
    pub(crate) full: [SpanList; 2],
}

/// A stack of spans, linked by [`Span::next`].
#[repr(transparent)]
pub(crate) struct SpanList {
    head: Option<&'static Span>,
}

impl SpanList {
    pub(crate) fn push(&mut self, span: &'static Span) {
        let next = self.head.map_or(core::ptr::null_mut(), |head| core::ptr::from_ref(head).cast_mut());
        span.next.store(next, Relaxed);
        self.head = Some(span);
    }

    pub(crate) fn pop(&mut self) -> Option<&'static Span> {
        let span = self.head?;
        // SAFETY: `push` stored null or a persistent span.
        self.head = unsafe { span.next.load(Relaxed).as_ref() };
        Some(span)
    }
}

impl Lists {
    /// Files a span that was swept in `generation`.
    pub(crate) fn put(&mut self, span: &'static Span, generation: u32) {
        let lists = if span.n_free() == 0 { &mut self.full } else { &mut self.partial };
        lists[generation as usize % 2].push(span);
    }

    /// Takes a span that was not swept yet in `generation`.
    pub(crate) fn pop_unswept(&mut self, generation: u32) -> Option<&'static Span> {
        let unswept = (generation as usize + 1) % 2;
        self.partial[unswept].pop().or_else(|| self.full[unswept].pop())
    }
}

impl Kind {
    fn fill(&self, class: u8, layout: LayoutId, scan: ScanKind, slot_mask: u64) {
        let size = CLASS_SIZES[class as usize];
        let n_slots = CLASS_PAGES[class as usize] as usize * PAGE_SIZE / usize::from(size.max(1));
        self.size.store(u32::from(size), Relaxed);
        self.layout.store(layout.0, Relaxed);
        self.class.store(class, Relaxed);
        self.scan.store(scan as u8, Relaxed);
        self.slot_mask.store(slot_mask, Relaxed);
        let rents = matches!(scan, ScanKind::Mask | ScanKind::Repeat) && class != 0;
        self.rentable.store(if rents { MAX_RENTED.min(n_slots as u32 / 4) } else { 0 }, Relaxed);
    }

    /// Bytes per object.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.size.load(Relaxed) as usize
    }

    pub(crate) fn class(&self) -> u8 {
        self.class.load(Relaxed)
    }

    pub(crate) fn layout(&self) -> LayoutId {
        LayoutId(self.layout.load(Relaxed))
    }

    pub(crate) fn slot_mask(&self) -> u64 {
        self.slot_mask.load(Relaxed)
    }

    pub(crate) fn scan(&self) -> ScanKind {
        match self.scan.load(Relaxed) {
            0 => ScanKind::No,
            1 => ScanKind::Mask,
            2 => ScanKind::Repeat,
            _ => ScanKind::Mixed,
        }
    }

    /// Free slots are zeroed when they are handed to a processor; otherwise by the allocation that needs it.
    pub(crate) fn zeroes_runs(&self) -> bool {
        self.size() <= MAX_INLINE_SIZE || self.scan() != ScanKind::No
    }

    /// Whether the next object lives in a mixed span. Counts it.
    pub(crate) fn rents(&self) -> bool {
        let left = self.rentable.load(Relaxed);
        if left != 0 {
            // Two processors may both take the last one: then one object more is rented.
            self.rentable.store(left - 1, Relaxed);
        }
        left != 0
    }
}

/// All kinds.
pub(crate) struct Kinds {
    table: AtomicUsize,
    n_kinds: AtomicU32,
    adding: Lock<()>,
}

impl Kinds {
    pub(crate) const fn new() -> Self {
        Kinds { table: AtomicUsize::new(0), n_kinds: AtomicU32::new(0), adding: Lock::new(Rank::Special, ()) }
    }

    /// Sets up the kinds that the linker numbered; before any other call. An empty table stands for a program without
    /// kinds of its own.
    pub(crate) fn init<O: Os>(
        &self,
        persistent: &Persistent<O>,
        layouts: &Layouts,
        program: &'static [AllocKind],
    ) {
        self.table.store(persistent.slice::<Kind>(N_KINDS).as_ptr() as usize, Relaxed);
        for class in 0..N_SIZE_CLASSES as u8 {
            self.get(KindId::noscan(class)).fill(class, LayoutId::NOSCAN, ScanKind::No, 0);
            self.get(KindId::mixed(class)).fill(class, LayoutId::DENSE, ScanKind::Mixed, 0);
        }
        self.n_kinds.store(N_NOSCAN_KINDS as u32, Relaxed);
        for kind in program.iter().skip(N_NOSCAN_KINDS) {
            // SAFETY: the linker stores null or the address of a layout in the program's data.
            let layout = unsafe { (kind.layout as *const abi::heap::PtrLayout).as_ref() };
            let id = layout.map_or(LayoutId::NOSCAN, |layout| layouts.of(persistent, layout));
            self.add(persistent, layouts, size_class(kind.size as usize), id);
        }
    }

    #[inline]
    pub(crate) fn get(&self, id: KindId) -> &'static Kind {
        debug_assert!(id.idx() < N_KINDS);
        let table = self.table.load(Relaxed) as *const Kind;
        // SAFETY: `init` made a table of N_KINDS entries; ids are below that.
        unsafe { &*table.add(id.idx()) }
    }

    /// Every kind that can have spans.
    pub(crate) fn ids(&self) -> impl Iterator<Item = KindId> + use<> {
        // Pairs with the Release in `add`.
        let n_kinds = self.n_kinds.load(Acquire) as u16;
        (0..n_kinds).chain(MAX_KINDS as u16..N_KINDS as u16).map(KindId)
    }

    /// The kind of objects of a size class and a layout.
    #[inline]
    pub(crate) fn of<O: Os>(
        &self,
        persistent: &Persistent<O>,
        layouts: &Layouts,
        class: u8,
        layout: LayoutId,
    ) -> KindId {
        if layout == LayoutId::NOSCAN {
            return KindId::noscan(class);
        }
        match layouts.get(layout).kind(class) {
            Some(kind) => KindId(kind),
            None => self.find_or_add(persistent, layouts, class, layout),
        }
    }

    #[cold]
    fn find_or_add<O: Os>(
        &self,
        persistent: &Persistent<O>,
        layouts: &Layouts,
        class: u8,
        layout: LayoutId,
    ) -> KindId {
        let _adding = self.adding.lock();
        match layouts.get(layout).kind(class) {
            Some(kind) => KindId(kind),
            None if self.n_kinds.load(Relaxed) as usize == MAX_KINDS => KindId::mixed(class),
            None => self.add(persistent, layouts, class, layout),
        }
    }

    /// Appends a kind. The caller holds `adding` or is alone.
    fn add<O: Os>(
        &self,
        persistent: &Persistent<O>,
        layouts: &Layouts,
        class: u8,
        layout: LayoutId,
    ) -> KindId {
        let id = KindId(self.n_kinds.load(Relaxed) as u16);
        let n_words = CLASS_SIZES[class as usize] as usize / 8;
        let (scan, slot_mask) = match layout {
            LayoutId::NOSCAN => (ScanKind::No, 0),
            _ if n_words <= 64 => (ScanKind::Mask, layouts.get(layout).slot_mask(n_words)),
            _ => (ScanKind::Repeat, 0),
        };
        self.get(id).fill(class, layout, scan, slot_mask);
        // Pairs with the Acquire in `ids`.
        self.n_kinds.store(u32::from(id.0) + 1, Release);
        if layout != LayoutId::NOSCAN && layouts.get(layout).kind(class).is_none() {
            layouts.get(layout).set_kind(persistent, class, id.0);
        }
        id
    }
}
