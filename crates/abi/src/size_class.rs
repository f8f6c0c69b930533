//! The size classes of the heap: both sides round sizes with this table.
//!
//! The 67 non-empty classes are Go's (Spec of record: the comment table of `internal/runtime/gc/sizeclasses.go`), so
//! that capacities after `append` are the same as with gc. Class 0 stands for large objects, which have pages of
//! their own.

/// Number of size classes, class 0 included.
pub const N_SIZE_CLASSES: usize = 68;

/// The largest object that lives in a size class; larger ones get whole pages.
pub const MAX_SMALL_SIZE: usize = 32 << 10;

/// Bytes in a heap page.
pub const PAGE_SIZE: usize = 8 << 10;

/// The slot size of each class in bytes; class 0 has none.
pub const CLASS_SIZES: [u16; N_SIZE_CLASSES] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384,
    416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072,
    3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568,
    14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/// The pages of a span of each class.
pub const CLASS_PAGES: [u8; N_SIZE_CLASSES] = [
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    2, 1, 2, 1, 2, 1, 3, 2, 3, 1, 3, 2, 3, 4, 5, 6, 1, 7, 6, 5, 4, 3, 5, 7, 2, 9, 7, 5, 8, 3, 10, 7, 4,
];

/// Class by size in units of 8 bytes, rounded up. 4 KB, hot only at its beginning.
static CLASS_OF_WORDS: [u8; MAX_SMALL_SIZE / 8 + 1] = class_of_words();

const fn class_of_words() -> [u8; MAX_SMALL_SIZE / 8 + 1] {
    let mut table = [0; MAX_SMALL_SIZE / 8 + 1];
    let mut class = 1;
    let mut words = 0;
    while words < table.len() {
        if words * 8 > CLASS_SIZES[class] as usize {
            class += 1;
        }
        table[words] = class as u8;
        words += 1;
    }
    table
}

/// The class of an object of `n_bytes`, which is at most [`MAX_SMALL_SIZE`]. Zero bytes count as one.
#[inline]
#[must_use]
pub const fn size_class(n_bytes: usize) -> u8 {
    CLASS_OF_WORDS[n_bytes.div_ceil(8)]
}

/// The number of bytes that an allocation of `n_bytes` really gets (what `append` may use). Saturates near the end of
/// the address space; such a request fails when it is made.
#[must_use]
pub const fn rounded_size(n_bytes: usize) -> usize {
    if n_bytes <= MAX_SMALL_SIZE {
        CLASS_SIZES[size_class(n_bytes) as usize] as usize
    } else {
        match n_bytes.checked_next_multiple_of(PAGE_SIZE) {
            Some(rounded) => rounded,
            None => n_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_the_smallest_class_that_holds_it() {
        for n_bytes in 1..=MAX_SMALL_SIZE {
            let class = size_class(n_bytes) as usize;
            assert!(CLASS_SIZES[class] as usize >= n_bytes, "{n_bytes}");
            assert!((CLASS_SIZES[class - 1] as usize) < n_bytes, "{n_bytes}");
        }
        assert_eq!(size_class(0), 1);
    }

    #[test]
    fn a_span_wastes_at_most_an_eighth_at_its_end() {
        for class in 1..N_SIZE_CLASSES {
            let (size, bytes) = (CLASS_SIZES[class] as usize, CLASS_PAGES[class] as usize * PAGE_SIZE);
            assert!(bytes % size <= bytes / 8, "class {class}");
        }
    }

    #[test]
    fn large_sizes_round_to_pages_and_never_wrap() {
        assert_eq!(rounded_size(MAX_SMALL_SIZE + 1), 5 * PAGE_SIZE);
        assert_eq!(rounded_size(usize::MAX), usize::MAX);
        assert_eq!(rounded_size(33), 48);
    }
}
