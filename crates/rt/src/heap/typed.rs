//! Copies and clears of memory that can hold pointers, and the write barrier's slow half.
//!
//! The barrier of a bulk operation shades every word of both ranges, whatever the type: a word that is no pointer is
//! found to be none. So only "has it pointers" is asked of the type, and only while marking is on: the assembly in front
//! of these functions (`gh_typed_memmove` and its like) calls them only then, and copies itself at other times.

use super::{HEAP, own};
use abi::Type;
use rt_sys::memops::{gh_memclr, gh_memmove};

const WORD: usize = size_of::<usize>();

/// The buffer of the write barrier is full.
pub(crate) extern "C" fn wb_flush() {
    HEAP.flush_barrier(&mut own());
}

/// Shades what a copy of `n_bytes` from `src` (0: zeros) to `dst` overwrites and what it copies.
fn barrier(dst: usize, src: usize, n_bytes: usize) {
    if !HEAP.is_marking() || n_bytes < WORD {
        return;
    }
    // Values with pointers are aligned to words; what is not has none.
    if (dst | src).is_multiple_of(WORD) {
        // SAFETY: the caller is about to read and write these ranges.
        unsafe { HEAP.bulk_barrier(&mut own(), dst, src, n_bytes) };
    }
}

fn type_has_pointers(ty: *const Type) -> bool {
    // SAFETY: the overlay passes null or a descriptor.
    unsafe { ty.as_ref() }.is_some_and(|ty| ty.ptr_bytes != 0)
}

fn copy(ty: *const Type, dst: usize, src: usize, n_bytes: usize) {
    if type_has_pointers(ty) {
        barrier(dst, src, n_bytes);
    }
    // SAFETY: the caller owns a value at `dst` and may read one at `src`.
    unsafe { gh_memmove(dst as *mut u8, src as *const u8, n_bytes) };
}

fn clear(ty: *const Type, dst: usize, n_bytes: usize) {
    if type_has_pointers(ty) {
        barrier(dst, 0, n_bytes);
    }
    // SAFETY: the caller owns a value at `dst`.
    unsafe { gh_memclr(dst as *mut u8, n_bytes) };
}

fn size_of_type(ty: *const Type) -> usize {
    // SAFETY: callers of the functions below pass a descriptor.
    unsafe { (*ty).size }
}

/// Copies a value.
pub(crate) extern "C" fn typed_memmove_marking(ty: *const Type, dst: usize, src: usize) {
    copy(ty, dst, src, size_of_type(ty));
}

/// Zeroes a value.
pub(crate) extern "C" fn typed_memclr_marking(ty: *const Type, dst: usize) {
    clear(ty, dst, size_of_type(ty));
}

/// Copies elements; the ranges may overlap.
pub(crate) extern "C" fn typed_slice_move_marking(ty: *const Type, dst: usize, src: usize, n_bytes: usize) {
    copy(ty, dst, src, n_bytes);
}

/// Zeroes elements.
pub(crate) extern "C" fn typed_slice_clear_marking(ty: *const Type, dst: usize, n_bytes: usize) {
    clear(ty, dst, n_bytes);
}

/// Barriers alone, for a copy that the caller makes.
pub(crate) extern "C" fn bulk_barrier(ty: *const Type, dst: usize, src: usize, _off: usize, n_bytes: usize) {
    if type_has_pointers(ty) {
        barrier(dst, src, n_bytes);
    }
}

/// Copies a value, for the runtime; a single word needs no loop.
#[inline]
pub fn typed_move(ty: usize, dst: usize, src: usize) {
    let ty = ty as *const Type;
    if size_of_type(ty) == WORD && !HEAP.is_marking() {
        // SAFETY: as in `copy`; the values need not be aligned.
        unsafe { (dst as *mut usize).write_unaligned((src as *const usize).read_unaligned()) };
        return;
    }
    typed_memmove_marking(ty, dst, src);
}

/// Whether values of a type can hold pointers, for the runtime.
#[inline]
pub fn has_pointers(ty: usize) -> bool {
    type_has_pointers(ty as *const Type)
}

/// Zeroes a value, for the runtime.
pub fn typed_clear(ty: usize, dst: usize) {
    typed_memclr_marking(ty as *const Type, dst);
}
