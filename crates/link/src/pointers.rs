//! The bitmap that tells the collector which words of the writable segment may hold pointers.

use code::{PointerMap, Program};

use crate::layout::Layout;

const WORD: u64 = 8;

/// One bit per word of [`Layout::pointers`], little-endian.
pub(crate) fn pointer_map(program: &Program, layout: &Layout) -> Vec<u8> {
    let n_words = (layout.pointers.end - layout.pointers.start) / WORD;
    let mut bitmap = vec![0; n_words.div_ceil(8) as usize];
    for (object, &address) in program.data.iter().zip(&layout.data) {
        let PointerMap::Repeat { mask, period } = &object.pointers else { continue };
        if !layout.pointers.contains(&address) {
            continue;
        }
        debug_assert!(address.is_multiple_of(WORD), "an object with pointers is word-aligned");
        let first = (address - layout.pointers.start) / WORD;
        set_repeated(&mut bitmap, first, object.content.n_bytes() / WORD, mask, u64::from(*period));
    }
    bitmap
}

fn set_repeated(bitmap: &mut [u8], first: u64, n_words: u64, mask: &[u8], period: u64) {
    for word in 0..n_words {
        let in_mask = word % period;
        // A mask may end with its last pointer.
        let bits = mask.get((in_mask / 8) as usize).copied().unwrap_or(0);
        if bits >> (in_mask % 8) & 1 != 0 {
            let bit = first + word;
            bitmap[(bit / 8) as usize] |= 1 << (bit % 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_repeats_to_the_end_of_its_object() {
        let mut bitmap = vec![0; 2];
        set_repeated(&mut bitmap, 3, 7, &[0b101], 3);
        // Words 0, 2, 3, 5 and 6 of the object, from bit 3 on.
        assert_eq!(bitmap, [0b0110_1000, 0b0000_0011]);
    }
}
