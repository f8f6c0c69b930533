//! An append-only table that many threads read without locks while others append.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

/// Entries of the first segment; each further segment doubles the capacity.
const LOG2_FIRST: u32 = 10;
const N_SEGMENTS: usize = (32 - LOG2_FIRST) as usize;

type Segment<T> = Box<[OnceLock<T>]>;

/// A table whose entries never move and never change.
pub(crate) struct Table<T> {
    n_entries: AtomicU32,
    segments: [OnceLock<Segment<T>>; N_SEGMENTS],
}

impl<T> Table<T> {
    pub(crate) fn new() -> Self {
        Self { n_entries: AtomicU32::new(0), segments: [const { OnceLock::new() }; N_SEGMENTS] }
    }

    /// Appends an entry and returns its index.
    pub(crate) fn push(&self, entry: T) -> u32 {
        // Only the uniqueness of the index matters here: the entry itself is published by OnceLock::set.
        let index = self.n_entries.fetch_add(1, Ordering::Relaxed);
        let (segment, offset) = locate(index);
        let slots = self.segments[segment].get_or_init(|| new_segment(segment));
        if slots[offset].set(entry).is_err() {
            unreachable!("an index is handed out once");
        }
        index
    }

    /// The entry at `index`, which `push` returned.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> &T {
        let (segment, offset) = locate(index);
        self.segments[segment]
            .get()
            .and_then(|slots| slots[offset].get())
            .expect("an id is only known after its entry was written")
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> u32 {
        self.n_entries.load(Ordering::Relaxed)
    }
}

fn new_segment<T>(segment: usize) -> Segment<T> {
    let n_slots = if segment == 0 { 1 << LOG2_FIRST } else { 1usize << (LOG2_FIRST as usize + segment - 1) };
    (0..n_slots).map(|_| OnceLock::new()).collect()
}

/// Segment and offset of an index: segment 0 holds the first 2^LOG2_FIRST entries, segment s > 0 those whose highest bit
/// is bit LOG2_FIRST + s - 1.
fn locate(index: u32) -> (usize, usize) {
    let high = (index >> LOG2_FIRST).checked_ilog2().map_or(0, |log2| log2 + 1);
    if high == 0 {
        (0, index as usize)
    } else {
        (high as usize, index as usize - (1usize << (LOG2_FIRST + high - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stay_where_push_said() {
        let table = Table::new();
        for i in 0..5000u32 {
            assert_eq!(table.push(i * 3), i);
        }
        for i in 0..5000u32 {
            assert_eq!(*table.get(i), i * 3);
        }
        assert_eq!(table.len(), 5000);
    }
}
