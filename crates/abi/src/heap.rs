//! The heap as compiled code sees it: allocation kinds, the allocation cache, pointer layouts, the write barrier.
//!
//! **Terms.** A *pointer layout* says which words of a value can hold heap pointers. An *allocation kind* is a pair of
//! size class and pointer layout; all objects of a heap span are of one kind, so an object needs no header. A *run* is
//! a row of free, already zeroed slots of one kind that belongs to one processor.
//!
//! ```text
//!   GHead.alloc_cache ──> AllocCache                     kinds table of the program (made by link)
//!                         ┌──────────────────────┐       ┌─────────────────────────────┐
//!                         │ wb_next, wb_end, ..  │       │ AllocKind 0  size, layout   │
//!              RUNS (64) ─┼──────────────────────┤       ├─────────────────────────────┤
//!                         │ Run 0   cur, end     │       │ AllocKind 1                 │
//!                         │ Run 1   cur, end     │       │   ...                       │
//!                         │   ...                │       └─────────────────────────────┘
//!                         └──────────────────────┘        both tables have 16-byte entries:
//!                                                         offset of the kind == offset of its run
//! ```
//!
//! **Inline allocation.** For an object of statically known size up to [`MAX_INLINE_SIZE`], with `K` = offset of its
//! [`AllocKind`] in the kinds table (a relocation) and `SIZE` = [`AllocKind::size`]:
//!
//! ```text
//!     mov  c, [r15 + GHead::ALLOC_CACHE]
//!     mov  p, [c + AllocCache::RUNS + K]          ; Run.cur
//!     lea  n, [p + SIZE]
//!     cmp  n, [c + AllocCache::RUNS + K + 8]      ; Run.end
//!     ja   slow                                   ; PreserveAll call of gh_alloc(K): object in GHead.ret[0]
//!     mov  [c + AllocCache::RUNS + K], n
//! ```
//!
//! The object at `p` is zero. No safe point may lie between the load of `cur` and the store of the new `cur`.
//!
//! **The write barrier.** While the 32-bit word at symbol [`WB_FLAG_SYMBOL`] is non-zero, every store of a pointer to
//! memory that the collector scans precisely (heap, globals) is preceded by appending *the old content of the slot* and
//! *the new pointer* to the buffer: two words at `wb_next`, which then advances by 16; when it reaches `wb_end`,
//! `gh_wb_flush` empties the buffer. Stores to the side stack and to the native stack need no barrier. A store to an
//! object that was allocated since the last safe point may append 0 for the old content, but must append the new
//! pointer: the object is black, and the stack that holds the pointer may not have been scanned yet.

use core::{mem::offset_of, sync::atomic::AtomicU32};

/// The largest object that compiled code allocates inline. Larger ones are `gh_malloc`'s: there a call costs little
/// beside the zeroing.
pub const MAX_INLINE_SIZE: usize = 1024;

/// Most allocation kinds a program can have, those found at run time included. The linker gives excess kinds to
/// `gh_malloc`.
pub const MAX_KINDS: usize = 1 << 15;

/// The first kinds of every kinds table: pointer-free, one per size class, in the order of the classes (kind 0 has no
/// run), so that compiled code knows their offsets without a relocation. `link` emits them; the program's own kinds
/// follow.
pub const N_NOSCAN_KINDS: usize = crate::size_class::N_SIZE_CLASSES;

/// Symbol of the image: a 32-bit word, non-zero while stores need the write barrier.
pub const WB_FLAG_SYMBOL: &str = "gh_wb_enabled";

/// Which words of a value can hold heap pointers. The mask's bytes follow the structure; a type descriptor's `gc_data`
/// points to them, so that the layout of a type that the compiler made is at `gc_data - size_of::<PtrLayout>()`.
///
/// The pattern repeats: an array has the layout of its element, whatever its length. `period` and mask need not be
/// minimal (the runtime reduces them), but equal kinds share spans from the start when the compiler reduces them.
#[repr(C)]
#[derive(Debug)]
pub struct PtrLayout {
    /// The runtime's number of the layout; 0 in the file. Written by the runtime on first use.
    pub id: AtomicU32,
    /// Words after which the pattern repeats: the size of the (element) type in words, rounded up. At least 1.
    pub period: u32,
    /// Bits in the mask; the words from there to `period` hold no pointers.
    pub n_bits: u32,
    /// Zero.
    pub reserved: u32,
    // The mask: bit `i` is bit `i % 8` of byte `i / 8`; at least `n_bits` bits.
}

/// One allocation kind, as the linker writes it.
#[repr(C)]
#[derive(Debug)]
pub struct AllocKind {
    /// Address of a [`PtrLayout`]; null when objects hold no pointers.
    pub layout: usize,
    /// Bytes per object: a size of [`crate::size_class::CLASS_SIZES`].
    pub size: u32,
    /// Zero.
    pub reserved: u32,
}

/// A row of free slots: allocation takes the first and advances `cur`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Address of the next object.
    pub cur: usize,
    /// End of the last object.
    pub end: usize,
}

/// The part of a processor's heap state that compiled code and assembly address; [`Run`]s follow it.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct AllocCache {
    /// Where the next write barrier entry goes.
    pub wb_next: usize,
    /// End of the write barrier buffer.
    pub wb_end: usize,
    /// Start of the write barrier buffer.
    pub wb_start: usize,
    /// Zero.
    pub reserved: [usize; 5],
}

/// One entry of the write barrier buffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct BarrierEntry {
    /// What the slot held before.
    pub old: usize,
    /// What the slot will hold.
    pub new: usize,
}

impl AllocCache {
    /// Offset of [`AllocCache::wb_next`].
    pub const WB_NEXT: i32 = offset_of!(AllocCache, wb_next) as i32;
    /// Offset of [`AllocCache::wb_end`].
    pub const WB_END: i32 = offset_of!(AllocCache, wb_end) as i32;
    /// Offset of the first [`Run`].
    pub const RUNS: i32 = size_of::<AllocCache>() as i32;
}

const _: () = {
    assert!(size_of::<PtrLayout>() == 16);
    assert!(size_of::<AllocKind>() == size_of::<Run>());
    assert!(size_of::<Run>() == 16 && offset_of!(Run, cur) == 0 && offset_of!(Run, end) == 8);
    assert!(AllocCache::WB_NEXT == 0 && AllocCache::WB_END == 8 && AllocCache::RUNS == 64);
    assert!(size_of::<BarrierEntry>() == 16);
};
