//! Relocating the frame pointer chain of a copied stack.

/// Adds `delta` to every saved frame pointer of the stack `[sp, hi)`, which has just been copied there from `delta`
/// bytes below; `bp` is the innermost frame pointer, already relocated. Frame pointers are the only self references.
///
/// # Safety
/// - `[sp, hi)` is mapped and belongs to the caller; it holds a copy of a stack whose chain, starting at `bp - delta`,
///   ends with 0.
pub unsafe fn relocate(bp: usize, sp: usize, hi: usize, delta: usize) {
    let mut cell = bp;
    while cell.wrapping_sub(sp) < hi.wrapping_sub(sp) {
        // SAFETY: the cell is inside the stack, by the loop's condition.
        let saved = unsafe { *(cell as *const usize) };
        if saved == 0 {
            return;
        }
        let moved = saved.wrapping_add(delta);
        // SAFETY: as above.
        unsafe { *(cell as *mut usize) = moved };
        cell = moved;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec;

    /// Builds a stack of frames of the given sizes (in words), outermost first, and answers the innermost frame pointer.
    fn fabricate(words: &mut [usize], frames: &[usize]) -> usize {
        let base = words.as_ptr() as usize;
        let mut at = words.len();
        let mut bp = 0;
        for size in frames {
            at -= size;
            words[at] = bp;
            bp = base + at * 8;
        }
        bp
    }

    #[test]
    fn every_link_of_the_chain_points_into_the_copy() {
        let mut old = vec![0xdead_usize; 64];
        let bp = fabricate(&mut old, &[4, 10, 3, 20]);
        let mut new = old.clone();
        let delta = (new.as_ptr() as usize).wrapping_sub(old.as_ptr() as usize);
        let (lo, hi) = (new.as_mut_ptr() as usize, new.as_mut_ptr() as usize + 512);
        // SAFETY: `new` is a copy of `old`, `delta` bytes away.
        unsafe { relocate(bp.wrapping_add(delta), lo, hi, delta) };
        let mut cell = bp.wrapping_add(delta);
        let mut n_frames = 0;
        while cell != 0 {
            assert!((lo..hi).contains(&cell), "frame {n_frames}");
            cell = new[(cell - lo) / 8];
            n_frames += 1;
        }
        assert_eq!(n_frames, 4);
        assert_eq!(new.iter().filter(|&&word| word == 0xdead).count(), 60);
    }

    #[test]
    fn an_empty_stack_has_no_chain() {
        // SAFETY: an empty range is never touched.
        unsafe { relocate(0, 4096, 4096, 64) };
    }
}
