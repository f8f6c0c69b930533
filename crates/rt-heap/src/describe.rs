//! What the heap knows about an address, in numbers: for programs that look at their own runtime.

use abi::size_class::PAGE_SIZE;

use crate::{
    Heap, Os,
    pages::ARENA_SIZE,
    span::{ScanKind, Slot, Span},
};

/// An object and the span, pages and arena that it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Description {
    /// Address of the object.
    pub addr: usize,
    /// Bytes of its slot.
    pub size: usize,
    /// Its size class; 0 for a large object.
    pub class: usize,
    /// Its place in the span.
    pub slot: usize,
    /// 1 when the collector need not look inside.
    pub noscan: usize,
    /// Address of the span's first page.
    pub span: usize,
    /// Pages of the span.
    pub n_pages: usize,
    /// Objects that fit into the span.
    pub n_slots: usize,
    /// Number of the page in its arena.
    pub page: usize,
    /// Number of the arena.
    pub arena: usize,
}

impl<O: Os> Heap<O> {
    /// The object that contains `addr`, which may be any number.
    #[must_use]
    pub fn describe(&self, addr: usize) -> Option<Description> {
        let slot = self.find(addr)?;
        slot.is_allocated().then(|| self.description_of(slot))
    }

    fn description_of(&self, slot: Slot) -> Description {
        let span: &Span = slot.span;
        let offset = slot.addr() - self.pages.range().0;
        Description {
            addr: slot.addr(),
            size: span.size(),
            class: usize::from(span.class()),
            slot: slot.idx,
            noscan: usize::from(span.scan() == ScanKind::No),
            span: span.base(),
            n_pages: span.n_pages(),
            n_slots: span.n_slots(),
            page: offset % ARENA_SIZE / PAGE_SIZE,
            arena: offset / ARENA_SIZE,
        }
    }
}
