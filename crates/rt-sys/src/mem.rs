//! Address space: reserving, committing and giving back pages.

use crate::sys::{Errno, call, nr};

const PROT_NONE: usize = 0;
const PROT_RW: usize = 3;
const MAP_PRIVATE_ANON: usize = 0x22;
const MAP_NORESERVE: usize = 0x4000;
const MAP_FIXED_NOREPLACE: usize = 0x10_0000;
const MADV_DONTNEED: usize = 4;
const MADV_FREE: usize = 8;
const MADV_HUGEPAGE: usize = 14;
const MADV_NOHUGEPAGE: usize = 15;
const MADV_COLLAPSE: usize = 25;

/// Bytes in a page of the hardware.
pub const OS_PAGE: usize = 4096;

/// Maps `n_bytes` of zeroed read-write memory.
pub fn map(n_bytes: usize) -> Result<*mut u8, Errno> {
    mmap(0, n_bytes, PROT_RW, MAP_PRIVATE_ANON)
}

/// Reserves `n_bytes` of address space without memory, near `hint` when possible (0: anywhere).
pub fn reserve(hint: usize, n_bytes: usize) -> Result<*mut u8, Errno> {
    mmap(hint, n_bytes, PROT_NONE, MAP_PRIVATE_ANON | MAP_NORESERVE)
}

/// Reserves exactly `[addr, addr + n_bytes)`; an error when something is there.
pub fn reserve_at(addr: usize, n_bytes: usize) -> Result<*mut u8, Errno> {
    mmap(addr, n_bytes, PROT_NONE, MAP_PRIVATE_ANON | MAP_NORESERVE | MAP_FIXED_NOREPLACE)
}

fn mmap(addr: usize, n_bytes: usize, prot: usize, flags: usize) -> Result<*mut u8, Errno> {
    // SAFETY: without MAP_FIXED the kernel replaces no existing mapping.
    unsafe { call(nr::MMAP, [addr, n_bytes, prot, flags, usize::MAX, 0]) }.map(|addr| addr as *mut u8)
}

/// Makes reserved pages readable and writable; they are zero when first touched.
///
/// # Safety
/// - The range was reserved by this module and belongs to the caller.
pub unsafe fn commit(addr: *mut u8, n_bytes: usize) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    unsafe { call(nr::MPROTECT, [addr as usize, n_bytes, PROT_RW]) }.map(drop)
}

/// Makes pages inaccessible (guard pages, poisoned stacks).
///
/// # Safety
/// - The range belongs to the caller, and nothing refers into it.
pub unsafe fn protect_none(addr: *mut u8, n_bytes: usize) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    unsafe { call(nr::MPROTECT, [addr as usize, n_bytes, PROT_NONE]) }.map(drop)
}

/// Gives the memory of pages back at once; they read as zero afterwards.
///
/// # Safety
/// - The range belongs to the caller, who does not need its content.
pub unsafe fn decommit(addr: *mut u8, n_bytes: usize) {
    // SAFETY: passed on to the caller. The advice cannot fail on a mapped range.
    let _ = unsafe { call(nr::MADVISE, [addr as usize, n_bytes, MADV_DONTNEED]) };
}

/// Lets the kernel take the memory of pages when it needs it; content is lost then.
///
/// # Safety
/// - The range belongs to the caller, who does not need its content.
pub unsafe fn decommit_lazily(addr: *mut u8, n_bytes: usize) {
    // SAFETY: passed on to the caller.
    let _ = unsafe { call(nr::MADVISE, [addr as usize, n_bytes, MADV_FREE]) };
}

/// What to tell the kernel about huge pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HugePages {
    /// Back the range with huge pages when possible.
    Yes,
    /// Never.
    No,
    /// Now, by copying.
    Collapse,
}

/// Advises about huge pages; a refusal is of no consequence.
pub fn advise_huge_pages(addr: *mut u8, n_bytes: usize, advice: HugePages) {
    let advice = match advice {
        HugePages::Yes => MADV_HUGEPAGE,
        HugePages::No => MADV_NOHUGEPAGE,
        HugePages::Collapse => MADV_COLLAPSE,
    };
    // SAFETY: this advice does not change the content of memory.
    let _ = unsafe { call(nr::MADVISE, [addr as usize, n_bytes, advice]) };
}

/// Unmaps.
///
/// # Safety
/// - The range was mapped by this module, belongs to the caller, and nothing refers into it.
pub unsafe fn unmap(addr: *mut u8, n_bytes: usize) {
    // SAFETY: passed on to the caller.
    let _ = unsafe { call(nr::MUNMAP, [addr as usize, n_bytes]) };
}

/// Whether the page at `addr` is mapped.
pub fn is_mapped(addr: usize) -> bool {
    let mut residency = 0u8;
    // SAFETY: writes one byte to `residency`, for one page.
    unsafe { call(nr::MINCORE, [addr & !(OS_PAGE - 1), 1, &raw mut residency as usize]) }.is_ok()
}
