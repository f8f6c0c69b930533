//! Memory for native stacks: powers of two from 2 KB, small ones carved from slabs and recycled, large ones mapped.

use crate::fatal;
use abi::STACK_MIN;
use core::sync::atomic::{AtomicUsize, Ordering};
use rt_sync::{Lock, Rank};
use rt_sys::mem;

/// Sizes 2 KB, 4 KB, ... 32 KB come from slabs.
const N_ORDERS: usize = 5;
const SLAB: usize = 256 << 10;

/// A native stack's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Lowest address.
    pub lo: usize,
    /// One past the highest address.
    pub hi: usize,
}

impl Stack {
    /// No stack.
    pub const EMPTY: Stack = Stack { lo: 0, hi: 0 };

    /// Bytes.
    pub fn size(self) -> usize {
        self.hi - self.lo
    }
}

struct Pool {
    /// First free stack of each order; its first word links to the next.
    free: [usize; N_ORDERS],
    slab: [Stack; N_ORDERS],
}

/// Owned by this module.
static POOL: Lock<Pool> =
    Lock::new(Rank::Pools, Pool { free: [0; N_ORDERS], slab: [Stack::EMPTY; N_ORDERS] });

/// Bytes of address space obtained for stacks; owned by this module.
static MAPPED: AtomicUsize = AtomicUsize::new(0);

/// Bytes obtained from the system for native stacks.
pub fn mapped_bytes() -> usize {
    MAPPED.load(Ordering::Relaxed)
}

fn order_of(n_bytes: usize) -> Option<usize> {
    let order = (n_bytes / STACK_MIN).trailing_zeros() as usize;
    (order < N_ORDERS).then_some(order)
}

fn map(n_bytes: usize) -> usize {
    MAPPED.fetch_add(n_bytes, Ordering::Relaxed);
    match mem::map(n_bytes) {
        Ok(addr) => addr as usize,
        Err(_) => fatal::throw("out of memory (stack allocation)"),
    }
}

/// A stack of `n_bytes`, a power of two of at least `STACK_MIN`. Its content is undefined.
pub fn allocate(n_bytes: usize) -> Stack {
    debug_assert!(n_bytes.is_power_of_two() && n_bytes >= STACK_MIN);
    let Some(order) = order_of(n_bytes) else {
        let lo = map(n_bytes);
        return Stack { lo, hi: lo + n_bytes };
    };
    let mut pool = POOL.lock();
    let lo = pool.free[order];
    if lo != 0 {
        // SAFETY: a free stack holds its link in its first word.
        pool.free[order] = unsafe { *(lo as *const usize) };
        return Stack { lo, hi: lo + n_bytes };
    }
    let slab = &mut pool.slab[order];
    if slab.lo == slab.hi {
        let lo = map(SLAB);
        *slab = Stack { lo, hi: lo + SLAB };
    }
    let lo = slab.lo;
    slab.lo += n_bytes;
    Stack { lo, hi: lo + n_bytes }
}

/// Takes a stack back.
pub fn free(stack: Stack) {
    let n_bytes = stack.size();
    if n_bytes == 0 {
        return;
    }
    let Some(order) = order_of(n_bytes) else {
        MAPPED.fetch_sub(n_bytes, Ordering::Relaxed);
        // SAFETY: it was mapped by `allocate`, and its owner gives it up.
        return unsafe { mem::unmap(stack.lo as *mut u8, n_bytes) };
    };
    let mut pool = POOL.lock();
    // SAFETY: the stack is unused now.
    unsafe { *(stack.lo as *mut usize) = pool.free[order] };
    pool.free[order] = stack.lo;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_stacks_are_recycled_and_large_ones_returned() {
        let first = allocate(4096);
        let second = allocate(4096);
        assert_eq!((first.size(), second.size()), (4096, 4096));
        assert!(first.hi <= second.lo || second.hi <= first.lo);
        free(first);
        assert_eq!(allocate(4096), first);
        let large = allocate(1 << 20);
        assert_eq!(large.size(), 1 << 20);
        free(large);
    }
}
