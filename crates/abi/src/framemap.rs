//! Frame maps: which words of a function's frame, and which registers, are needed after each of its calls.
//!
//! **Terms.** Word `i` of a frame is at `rsp + 8 * i` in the body, so the words behind the saved frame pointer and the
//! return address are arguments that were passed on the stack. The *saved registers* are rbx, r12, r13 and r14: what a
//! caller leaves in them survives a call. A *site* is the return address of a call, as an offset from the function's
//! entry.
//!
//! **Format**, all numbers varints: the number of argument words; for each saved register, one more than the word in
//! which the function keeps its caller's value, or 0; the number of words that are needed anywhere, and the distances
//! between them; the number of maps, and the maps; the number of sites, and for each in ascending order the distance
//! from the one before and the number of its map. A map is a row of bits, lowest first: one per saved register, then one
//! per listed word.

use crate::pctab::{get_varint, put_varint};

/// rbx, r12, r13, r14.
pub const N_SAVED: usize = 4;

/// What is needed after one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needed<'a> {
    /// Bit `i` stands for the saved register `i`.
    pub registers: u8,
    /// The words, ascending.
    pub words: &'a [u32],
}

/// Encodes the map of a function. `maps` are distinct; `sites` are pairs of return address and number of a map, ascending.
pub fn encode(
    n_arguments: u32,
    kept: [Option<u32>; N_SAVED],
    listed: &[u32],
    maps: &[Needed<'_>],
    sites: &[(u32, u32)],
    mut sink: impl FnMut(u8),
) {
    put_varint(n_arguments.into(), &mut sink);
    kept.iter().for_each(|word| put_varint(word.map_or(0, |word| u64::from(word) + 1), &mut sink));
    put_varint(listed.len() as u64, &mut sink);
    let mut last = 0;
    for &word in listed {
        put_varint(u64::from(word - last), &mut sink);
        last = word;
    }
    put_varint(maps.len() as u64, &mut sink);
    maps.iter().for_each(|map| put_map(listed, map, &mut sink));
    put_varint(sites.len() as u64, &mut sink);
    let mut last = 0;
    for &(pc, map) in sites {
        put_varint((pc - last).into(), &mut sink);
        put_varint(map.into(), &mut sink);
        last = pc;
    }
}

fn put_map(listed: &[u32], map: &Needed<'_>, sink: &mut impl FnMut(u8)) {
    let mut byte = map.registers;
    let mut n_bits = N_SAVED;
    let mut rest = map.words;
    for word in listed {
        if n_bits == 8 {
            sink(byte);
            (byte, n_bits) = (0, 0);
        }
        if rest.first() == Some(word) {
            byte |= 1 << n_bits;
            rest = &rest[1..];
        }
        n_bits += 1;
    }
    debug_assert!(rest.is_empty(), "every needed word is listed");
    sink(byte);
}

/// The map of a function.
#[derive(Clone, Copy, Debug)]
pub struct FrameMap<'a> {
    bytes: &'a [u8],
    /// Words of arguments on the stack that the function may read.
    pub n_arguments: usize,
    /// Where the function keeps what its caller had in each saved register.
    pub kept: [Option<usize>; N_SAVED],
    n_listed: usize,
    listed_at: usize,
}

/// What a [`FrameMap`] says about one site.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    map: FrameMap<'a>,
    bits_at: usize,
}

impl<'a> FrameMap<'a> {
    /// The map that starts at `bytes[0]`; `None` when it makes no sense.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<FrameMap<'a>> {
        let mut at = 0;
        let mut number = || get_varint(bytes, &mut at).map(|number| number as usize);
        let n_arguments = number()?;
        let mut kept = [None; N_SAVED];
        for word in &mut kept {
            *word = number()?.checked_sub(1);
        }
        let n_listed = number()?;
        Some(FrameMap { bytes, n_arguments, kept, n_listed, listed_at: at })
    }

    /// What is needed behind the call that returns to `pc`; `None` when there is no such call.
    #[must_use]
    pub fn site(self, pc: u32) -> Option<Site<'a>> {
        let mut at = self.listed_at;
        for _ in 0..self.n_listed {
            get_varint(self.bytes, &mut at)?;
        }
        let n_maps = get_varint(self.bytes, &mut at)? as usize;
        let n_map_bytes = (N_SAVED + self.n_listed).div_ceil(8);
        let maps_at = at;
        at += n_maps * n_map_bytes;
        let n_sites = get_varint(self.bytes, &mut at)?;
        let mut site = 0;
        for _ in 0..n_sites {
            site += get_varint(self.bytes, &mut at)?;
            let map = get_varint(self.bytes, &mut at)? as usize;
            if site == u64::from(pc) {
                return Some(Site { map: self, bits_at: maps_at + map * n_map_bytes });
            }
            if site > u64::from(pc) {
                return None;
            }
        }
        None
    }
}

impl<'a> Site<'a> {
    fn bit(&self, bit: usize) -> bool {
        self.map.bytes.get(self.bits_at + bit / 8).is_none_or(|byte| byte >> (bit % 8) & 1 == 1)
    }

    /// Whether the function itself needs what it has in a saved register.
    #[must_use]
    pub fn needs_register(&self, register: usize) -> bool {
        self.bit(register)
    }

    /// The needed words of the frame, ascending.
    pub fn words(self) -> impl Iterator<Item = usize> + 'a {
        let mut at = self.map.listed_at;
        let mut word = 0;
        let listed = (0..self.map.n_listed).map_while(move |idx| {
            word += get_varint(self.map.bytes, &mut at)? as usize;
            Some((idx, word))
        });
        listed.filter(move |&(idx, _)| self.bit(N_SAVED + idx)).map(|(_, word)| word)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::{vec, vec::Vec};

    #[test]
    fn what_was_encoded_is_found_by_return_address() {
        let listed = [0, 3, 200, 201, 1000, 1001];
        let maps = [
            Needed { registers: 0b1010, words: &[3, 1001] },
            Needed::default(),
            Needed { registers: 0, words: &listed },
        ];
        let mut bytes = Vec::new();
        let sites = [(7, 1), (300, 0), (301, 2), (9000, 1)];
        encode(2, [None, Some(0), None, Some(500)], &listed, &maps, &sites, |byte| bytes.push(byte));
        bytes.extend([0xff; 4]);
        let map = FrameMap::read(&bytes).unwrap();
        assert_eq!((map.n_arguments, map.kept), (2, [None, Some(0), None, Some(500)]));
        let words = |pc| map.site(pc).map(|site| site.words().collect::<Vec<_>>());
        assert_eq!(words(7), Some(vec![]));
        assert_eq!(words(300), Some(vec![3, 1001]));
        assert_eq!(words(301), Some(vec![0, 3, 200, 201, 1000, 1001]));
        assert_eq!(words(302), None);
        assert_eq!(words(9001), None);
        let registers = (0..N_SAVED).map(|register| map.site(300).unwrap().needs_register(register));
        assert_eq!(registers.collect::<Vec<_>>(), [false, true, false, true]);
    }
}
