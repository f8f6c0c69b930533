//! Memory for the heap's own tables: bump-allocated, zeroed, never returned.
//!
//! **Rejected.** A general allocator: every table of the heap is either as old as the heap or kept in a free list of its
//! own type, so that a stale reference always finds a value of the type it expects.

use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use rt_sync::{Lock, Rank};

use crate::Os;

/// Small requests are carved from chunks of this size.
const CHUNK: usize = 64 << 10;

/// The source of the heap's metadata.
pub(crate) struct Persistent<O> {
    chunk: Lock<Chunk>,
    os: PhantomData<O>,
    n_bytes: AtomicUsize,
}

struct Chunk {
    cur: usize,
    end: usize,
}

/// Types whose all-zero bytes are a valid value, so that fresh metadata needs no constructor.
///
/// # Safety
/// - All-zero bytes are a valid value of the type.
pub(crate) unsafe trait Zeroed: Sync + 'static {}

impl<O: Os> Persistent<O> {
    pub(crate) const fn new() -> Self {
        Persistent {
            chunk: Lock::new(Rank::Leaf, Chunk { cur: 0, end: 0 }),
            os: PhantomData,
            n_bytes: AtomicUsize::new(0),
        }
    }

    /// Bytes handed out so far.
    pub(crate) fn n_bytes(&self) -> usize {
        self.n_bytes.load(Relaxed)
    }

    /// One zeroed `T` that lives for ever.
    pub(crate) fn one<T: Zeroed>(&self) -> &'static T {
        // SAFETY: `bytes` gives zeroed memory of this size and alignment that nobody else has; zeros are a valid `T`.
        unsafe { &*(self.bytes(size_of::<T>(), align_of::<T>()) as *const T) }
    }

    /// `len` zeroed `T`s that live for ever.
    pub(crate) fn slice<T: Zeroed>(&self, len: usize) -> &'static [T] {
        let addr = self.bytes(size_of::<T>() * len, align_of::<T>());
        // SAFETY: as in `one`, `len` times.
        unsafe { core::slice::from_raw_parts(addr as *const T, len) }
    }

    /// Room for one `T`, zeroed, to be owned by the caller.
    pub(crate) fn place<T>(&self) -> *mut MaybeUninit<T> {
        self.bytes(size_of::<T>(), align_of::<T>()) as *mut MaybeUninit<T>
    }

    /// The address of fresh zeroed memory. Requests of a chunk or more have a reservation of their own, of which only
    /// touched pages cost anything.
    fn bytes(&self, n_bytes: usize, align: usize) -> usize {
        if n_bytes >= CHUNK {
            return map::<O>(n_bytes.next_multiple_of(CHUNK));
        }
        self.n_bytes.fetch_add(n_bytes, Relaxed);
        let mut chunk = self.chunk.lock();
        let mut addr = chunk.cur.next_multiple_of(align);
        if addr + n_bytes > chunk.end {
            addr = map::<O>(CHUNK);
            chunk.end = addr + CHUNK;
        }
        chunk.cur = addr + n_bytes;
        addr
    }
}

fn map<O: Os>(n_bytes: usize) -> usize {
    match O::reserve(0, n_bytes) {
        Some(addr) if O::commit(addr, n_bytes) => addr,
        _ => O::out_of_memory(n_bytes),
    }
}
