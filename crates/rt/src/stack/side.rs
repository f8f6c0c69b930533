//! The side stack: chunks that never move, for locals whose address is taken.
//!
//! ```text
//!   chunk 0 (oldest)                 chunk 1                      chunk 2 = current
//!   ┌────────┬───────────────┐      ┌────────┬──────────────┐    ┌────────┬──────────────┐
//!   │ header │ frames . free │ <─── │ header │ frames . free│ <──│ header │ frames . free│
//!   └────────┴───────────────┘      └────────┴──────────────┘    └────────┴──────────────┘
//!             saved in header 1 ^             saved in header 2 ^  side_base ^   side_ptr ^  ^ side_limit
//! ```
//!
//! **Invariants.** 1. The header before `side_base` describes the chunk and remembers `side_ptr`, `side_limit` and
//! `side_base` of the one before. 2. A frame that starts a chunk is the one whose entry called `side_grow`, and its exit
//! calls `side_release`, which leaves the chunk. The oldest chunk is kept; its first frame starts `FIRST_FRAME` bytes behind
//! `side_base`, so that it takes neither call once the chunk is there.
//!
//! A function that is called in a loop and crosses the end of a chunk calls both each time. With the spare chunk that is done in
//! assembly, with two registers (`trampoline.rs`); here is the rest.

use crate::{g::GRef, m::current_g, trampoline::Verdict};
use abi::SIDE_CHUNK;
use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::{alloc::Layout, ptr};

const FIRST_CHUNK: usize = 512 - HEADER;
const HEADER: usize = size_of::<SideChunk>();
/// Where frames begin in the oldest chunk.
const FIRST_FRAME: usize = 16;

/// What the assembly must know.
pub(crate) mod layout {
    use super::SideChunk;
    use core::mem::offset_of;

    pub(crate) const HEADER: usize = super::HEADER;
    pub(crate) const N_BYTES: usize = offset_of!(SideChunk, n_bytes);
    pub(crate) const SAVED_PTR: usize = offset_of!(SideChunk, saved_ptr);
    pub(crate) const SAVED_LIMIT: usize = offset_of!(SideChunk, saved_limit);
    pub(crate) const SAVED_BASE: usize = offset_of!(SideChunk, saved_base);
}

/// A chunk's header; the usable bytes follow.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct SideChunk {
    n_bytes: usize,
    saved_ptr: usize,
    saved_limit: usize,
    saved_base: usize,
}

impl SideChunk {
    fn layout(n_bytes: usize) -> Layout {
        Layout::from_size_align(HEADER + n_bytes, 16)
            .expect("a side stack frame is far below the address space")
    }

    fn new(n_bytes: usize) -> *mut SideChunk {
        let layout = Self::layout(n_bytes);
        // SAFETY: the size is not zero.
        let chunk = unsafe { alloc(layout) }.cast::<SideChunk>();
        if chunk.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: freshly allocated.
        unsafe { (*chunk).n_bytes = n_bytes };
        chunk
    }

    /// # Safety
    /// - The chunk was made by `new`, and nothing uses it.
    unsafe fn free(chunk: *mut SideChunk) {
        // SAFETY: passed on to the caller.
        unsafe { dealloc(chunk.cast(), Self::layout((*chunk).n_bytes)) };
    }
}

fn header_of(base: usize) -> *mut SideChunk {
    (base - HEADER) as *mut SideChunk
}

/// Enters a new chunk with a first frame of `n_bytes`; its address goes to `ret[0]`.
pub(crate) extern "C" fn side_grow(n_bytes: usize) -> Verdict {
    let g = current_g();
    let base = enter_chunk(g, n_bytes);
    g.set_ret(0, base as u64);
    Verdict::Continue
}

fn enter_chunk(g: GRef, n_bytes: usize) -> usize {
    let n_before = if g.side_base() == 0 { FIRST_FRAME } else { 0 };
    let chunk = take_chunk(g, n_before + n_bytes);
    let base = chunk as usize + HEADER;
    // SAFETY: the chunk has so many bytes, and nothing else uses it; the collector will look at all of them.
    unsafe { ptr::write_bytes(base as *mut u8, 0, n_before) };
    // SAFETY: the chunk is this goroutine's, and not in use yet.
    unsafe {
        (*chunk).saved_ptr = g.side_ptr();
        (*chunk).saved_limit = g.side_limit();
        (*chunk).saved_base = g.side_base();
        g.set_side_limit(base + (*chunk).n_bytes);
    }
    g.set_side_base(base);
    g.set_side_ptr(base + n_before + n_bytes);
    base + n_before
}

/// The spare chunk if it is large enough, else a new one.
fn take_chunk(g: GRef, n_bytes: usize) -> *mut SideChunk {
    let spare = g.spare_chunk.replace(ptr::null_mut());
    // SAFETY: a spare chunk is valid and unused.
    unsafe {
        if !spare.is_null() && (*spare).n_bytes >= n_bytes {
            return spare;
        }
        if !spare.is_null() {
            SideChunk::free(spare);
        }
    }
    let usual = if g.side_base() == 0 { FIRST_CHUNK } else { SIDE_CHUNK };
    SideChunk::new(usual.max(n_bytes))
}

/// The exit of the frame at the start of the current chunk.
pub(crate) extern "C" fn side_release(frame: usize) {
    let g = current_g();
    debug_assert_eq!(frame, g.side_base());
    leave_chunk(g);
}

fn leave_chunk(g: GRef) {
    let chunk = header_of(g.side_base());
    // SAFETY: by (1), the header of the current chunk.
    let (saved_ptr, saved_limit, saved_base) =
        unsafe { ((*chunk).saved_ptr, (*chunk).saved_limit, (*chunk).saved_base) };
    if saved_base == 0 {
        return g.set_side_ptr(g.side_base() + FIRST_FRAME);
    }
    g.set_side_ptr(saved_ptr);
    g.set_side_limit(saved_limit);
    g.set_side_base(saved_base);
    let older_spare = g.spare_chunk.replace(chunk);
    if !older_spare.is_null() {
        // SAFETY: a spare chunk is unused.
        unsafe { SideChunk::free(older_spare) };
    }
}

/// Leaves chunks until `side_ptr` lies in the current one, and makes it the first free byte. After a recovered panic.
pub fn unwind_to(g: GRef, side_ptr: usize) {
    while side_ptr != 0 && !(g.side_base()..=g.side_limit()).contains(&side_ptr) {
        leave_chunk(g);
    }
    if side_ptr != 0 {
        g.set_side_ptr(side_ptr);
    } else if g.side_base() != 0 {
        release_newer(g);
        g.set_side_ptr(g.side_base() + FIRST_FRAME);
    }
}

fn release_newer(g: GRef) {
    // SAFETY: by (1).
    while unsafe { (*header_of(g.side_base())).saved_base } != 0 {
        leave_chunk(g);
    }
}

/// Gives everything but the oldest chunk back, when the goroutine ends.
pub fn release_all(g: GRef) {
    if g.side_base() != 0 {
        release_newer(g);
        g.set_side_ptr(g.side_base() + FIRST_FRAME);
    }
    let spare = g.spare_chunk.replace(ptr::null_mut());
    if !spare.is_null() {
        // SAFETY: a spare chunk is unused.
        unsafe { SideChunk::free(spare) };
    }
}

/// The used parts of the chunks, newest first, as `(start, end)`.
pub fn side_ranges(g: GRef) -> impl Iterator<Item = (usize, usize)> {
    let mut base = g.side_base();
    let mut end = g.side_ptr();
    core::iter::from_fn(move || {
        let range = (base != 0).then_some((base, end))?;
        // SAFETY: by (1).
        let chunk = unsafe { &*header_of(base) };
        (base, end) = (chunk.saved_base, chunk.saved_ptr);
        Some(range)
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn frames_that_start_chunks_give_them_back() {
        let g = GRef::new();
        let first = enter_chunk(g, 64);
        assert_eq!(g.side_ptr(), first + 64);
        let before = (g.side_ptr(), g.side_limit());
        let second = enter_chunk(g, 10_000);
        assert_eq!(g.side_limit(), second + 10_000);
        assert_eq!(
            side_ranges(g).collect::<Vec<_>>(),
            [(second, second + 10_000), (first - FIRST_FRAME, first + 64)]
        );
        leave_chunk(g);
        assert_eq!((g.side_ptr(), g.side_limit()), before);
        assert_eq!(enter_chunk(g, 9_000), second, "the spare chunk is used again");
        leave_chunk(g);
        leave_chunk(g);
        assert_eq!(g.side_ptr(), first, "the oldest chunk is kept");
        release_all(g);
    }

    #[test]
    fn recovery_leaves_all_chunks_above_the_frame() {
        let g = GRef::new();
        let first = enter_chunk(g, 64);
        enter_chunk(g, 5_000);
        enter_chunk(g, 50_000);
        unwind_to(g, first + 32);
        assert_eq!((g.side_base(), g.side_ptr()), (first - FIRST_FRAME, first + 32));
        release_all(g);
    }
}
