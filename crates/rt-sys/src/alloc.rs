//! The runtime's own memory: small blocks by size class from chunks that are never given back, large ones by `mmap`.
//!
//! The runtime allocates little: goroutine descriptors, waiters, poll descriptors, tables. Blocks are recycled within
//! their class; nothing here is seen by the collector.

use crate::mem;
use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering},
};

const CHUNK: usize = 256 << 10;
const MIN_SHIFT: u32 = 4;
const N_CLASSES: usize = 12;
/// Blocks of more than this are mapped one by one.
const MAX_SMALL: usize = 1 << (MIN_SHIFT as usize + N_CLASSES - 1);

struct Free {
    next: *mut Free,
}

struct State {
    free: [*mut Free; N_CLASSES],
    cur: usize,
    end: usize,
}

/// The allocator; one static of it is the image's `#[global_allocator]`.
///
/// **Invariants.** 1. `state` is touched only between `lock` and `unlock`. 2. Every block on `free[i]` is `16 << i`
/// bytes, aligned to its size up to a page, and belongs to nobody.
pub struct SystemAlloc {
    lock: AtomicU32,
    mapped: AtomicUsize,
    state: UnsafeCell<State>,
}

// SAFETY: by (1).
unsafe impl Sync for SystemAlloc {}

impl core::fmt::Debug for SystemAlloc {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SystemAlloc").field("mapped", &self.mapped).finish_non_exhaustive()
    }
}

impl Default for SystemAlloc {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemAlloc {
    /// An allocator without memory.
    pub const fn new() -> SystemAlloc {
        let state = State { free: [ptr::null_mut(); N_CLASSES], cur: 0, end: 0 };
        SystemAlloc { lock: AtomicU32::new(0), mapped: AtomicUsize::new(0), state: UnsafeCell::new(state) }
    }

    /// Bytes mapped from the system.
    pub fn mapped(&self) -> usize {
        self.mapped.load(Ordering::Relaxed)
    }

    fn with_state<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        // Acquire pairs with the Release below.
        while self.lock.compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            crate::thread::yield_now();
        }
        // SAFETY: by (1), the lock is held.
        let result = f(unsafe { &mut *self.state.get() });
        self.lock.store(0, Ordering::Release);
        result
    }

    fn map(&self, n_bytes: usize) -> *mut u8 {
        self.mapped.fetch_add(n_bytes, Ordering::Relaxed);
        mem::map(n_bytes).unwrap_or(ptr::null_mut())
    }

    fn small(&self, class: usize) -> *mut u8 {
        let size = 1 << (class as u32 + MIN_SHIFT);
        self.with_state(|state| {
            let block = state.free[class];
            if !block.is_null() {
                // SAFETY: by (2).
                state.free[class] = unsafe { (*block).next };
                return block.cast();
            }
            let mut start = state.cur.next_multiple_of(size);
            if start + size > state.end {
                let chunk = self.map(CHUNK) as usize;
                if chunk == 0 {
                    return ptr::null_mut();
                }
                state.end = chunk + CHUNK;
                start = chunk;
            }
            state.cur = start + size;
            start as *mut u8
        })
    }
}

/// The class of a layout, or `None` when it is large.
fn class_of(layout: Layout) -> Option<usize> {
    let size = layout.size().max(layout.align()).max(1 << MIN_SHIFT).next_power_of_two();
    (size <= MAX_SMALL).then(|| (size.trailing_zeros() - MIN_SHIFT) as usize)
}

// SAFETY: blocks are disjoint by (2), and large ones are the kernel's; alignments up to a page are kept.
unsafe impl GlobalAlloc for SystemAlloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        debug_assert!(layout.align() <= mem::OS_PAGE, "page alignment is the most that is offered");
        match class_of(layout) {
            Some(class) => self.small(class),
            None => self.map(layout.size().next_multiple_of(mem::OS_PAGE)),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class_of(layout) else {
            let n_bytes = layout.size().next_multiple_of(mem::OS_PAGE);
            self.mapped.fetch_sub(n_bytes, Ordering::Relaxed);
            // SAFETY: it was mapped with this size, and the caller gives it up.
            return unsafe { mem::unmap(block, n_bytes) };
        };
        self.with_state(|state| {
            let block = block.cast::<Free>();
            // SAFETY: the block is the caller's to give, and large enough for a link.
            unsafe { (*block).next = state.free[class] };
            state.free[class] = block;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_block_is_used_again() {
        let alloc = SystemAlloc::new();
        let layout = Layout::from_size_align(100, 8).unwrap();
        // SAFETY: blocks are freed once, with their layout.
        unsafe {
            let first = alloc.alloc(layout);
            let second = alloc.alloc(layout);
            assert_ne!(first, second);
            assert_eq!(first as usize % 128, 0);
            alloc.dealloc(first, layout);
            assert_eq!(alloc.alloc(layout), first);
        }
        assert_eq!(alloc.mapped(), CHUNK);
    }

    #[test]
    fn large_blocks_go_back_to_the_system() {
        let alloc = SystemAlloc::new();
        let layout = Layout::from_size_align(100_000, 8).unwrap();
        // SAFETY: freed once.
        unsafe {
            let block = alloc.alloc(layout);
            block.add(99_999).write(1);
            assert_eq!(alloc.mapped(), 102_400);
            alloc.dealloc(block, layout);
        }
        assert_eq!(alloc.mapped(), 0);
    }
}
