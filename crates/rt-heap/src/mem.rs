//! Raw access to the program's memory: the only place where the heap reads or writes objects.
//!
//! The collector reads words that the program may be writing. Both sides use whole, aligned words; ours are relaxed
//! atomic loads, the program's are plain machine stores, which on every supported machine are the same instruction.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes in a machine word.
pub(crate) const WORD: usize = size_of::<usize>();

/// What freed memory is filled with in the poison mode: as an address it is not canonical, so using it faults.
const POISON: usize = 0xdead_dead_dead_dead;

/// The word at `addr`.
///
/// # Safety
/// - `addr` is aligned and lies in readable memory.
#[inline]
pub(crate) unsafe fn load(addr: usize) -> usize {
    // SAFETY: the caller's promise; concurrent stores are of whole words.
    unsafe { (*(addr as *const AtomicUsize)).load(Relaxed) }
}

/// Stores a word at `addr`.
///
/// # Safety
/// - `addr` is aligned and lies in writable memory that the heap owns.
#[inline]
pub(crate) unsafe fn store(addr: usize, word: usize) {
    // SAFETY: the caller's promise.
    unsafe { (*(addr as *const AtomicUsize)).store(word, Relaxed) }
}

/// Zeroes `[addr, addr + n_bytes)`.
///
/// # Safety
/// - The range is committed heap memory that no one else uses.
#[inline]
pub(crate) unsafe fn zero(addr: usize, n_bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe { core::ptr::write_bytes(addr as *mut u8, 0, n_bytes) }
}

/// Fills `[addr, addr + n_bytes)` with [`POISON`].
///
/// # Safety
/// - The range is committed heap memory that no one else uses; both ends are aligned to words.
pub(crate) unsafe fn poison(addr: usize, n_bytes: usize) {
    for word in (addr..addr + n_bytes).step_by(WORD) {
        // SAFETY: inside the caller's range.
        unsafe { store(word, POISON) }
    }
}

/// Asks the processor to fetch the cache line of `addr`, which may be any address.
#[inline]
pub(crate) fn prefetch(addr: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults and changes nothing that a program can see.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(addr as *const i8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = addr;
}
