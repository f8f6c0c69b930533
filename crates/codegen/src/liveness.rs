//! Which words of a frame are needed behind each call: found in the machine code, so that the collector may forget the
//! others.
//!
//! **Why machine code.** Where values are is decided by the register allocator, and nothing in Cranelift's interface
//! tells. But a frame is simple: `rbp` and `rsp` do not change in a body, no address of the frame is ever formed (the
//! invariants of this crate), so every word is named by the instructions that use it. Liveness is the usual backward
//! flow over them, of the words and of the four registers that calls preserve. What a function keeps of its caller's
//! registers is left out: whether that is needed is for the caller's map to say (`abi::framemap`).
//!
//! **When in doubt** there is no map, and the collector looks at the whole frame: [`analyse`] answers nothing for code
//! with any use of the frame or of `rsp` that it does not expect.

mod code;
mod flow;

use abi::framemap::{self, N_SAVED, Needed};
use cranelift_codegen::{CompiledCode, FinalizedMachExceptionHandler};
use rustc_hash::FxHashMap;

use self::{code::Code, flow::Site};

/// What the analysis must know besides the bytes.
#[derive(Debug, Default)]
struct Input<'a> {
    body: &'a [u8],
    frame_size: u32,
    /// Starts of blocks, ascending.
    blocks: &'a [u32],
    /// Offsets of the bytes that the linker patches, ascending.
    relocs: Vec<u32>,
    /// Where control may continue instead of returning: return address and handler.
    handlers: Vec<(u32, u32)>,
}

/// The encoded frame map of a compiled function whose body starts `shift` bytes behind its entry; empty when there is
/// no call, or none that is understood.
pub(crate) fn frame_map(compiled: &CompiledCode, shift: u32) -> Vec<u8> {
    let buffer = &compiled.buffer;
    if buffer.call_sites().next().is_none() {
        return Vec::new();
    }
    let Some(layout) = buffer.frame_layout() else { return Vec::new() };
    let mut relocs: Vec<u32> = buffer.relocs().iter().map(|reloc| reloc.offset).collect();
    relocs.sort_unstable();
    let mut handlers = Vec::new();
    for site in buffer.call_sites() {
        for handler in site.exception_handlers {
            match handler {
                FinalizedMachExceptionHandler::Tag(_, at) | FinalizedMachExceptionHandler::Default(at) => {
                    handlers.push((site.ret_addr, *at));
                }
                FinalizedMachExceptionHandler::Context(_) => return Vec::new(),
            }
        }
    }
    let input = Input {
        body: buffer.data(),
        frame_size: layout.frame_to_fp_offset,
        blocks: &compiled.bb_starts,
        relocs,
        handlers,
    };
    analyse(&input).map_or_else(Vec::new, |map| map.encode(shift))
}

/// The map of a function.
#[derive(Debug)]
struct Map {
    n_arguments: u32,
    kept: [Option<u32>; N_SAVED],
    sites: Vec<Site>,
}

fn analyse(input: &Input<'_>) -> Option<Map> {
    let code = Code::read(input)?;
    let mut sites = flow::sites(&code);
    sites.sort_unstable_by_key(|site| site.return_address);
    Some(Map { n_arguments: code.n_arguments, kept: code.kept, sites })
}

impl Map {
    fn encode(&self, shift: u32) -> Vec<u8> {
        let mut listed: Vec<u32> = self.sites.iter().flat_map(|site| site.words.iter().copied()).collect();
        listed.sort_unstable();
        listed.dedup();
        let mut numbers = FxHashMap::default();
        let mut maps = Vec::new();
        let mut sites = Vec::with_capacity(self.sites.len());
        for site in &self.sites {
            let number = *numbers.entry((site.registers, &site.words)).or_insert_with(|| {
                maps.push(Needed { registers: site.registers, words: &site.words });
                maps.len() as u32 - 1
            });
            sites.push((site.return_address + shift, number));
        }
        let mut bytes = Vec::new();
        framemap::encode(self.n_arguments, self.kept, &listed, &maps, &sites, |byte| bytes.push(byte));
        bytes
    }
}

#[cfg(test)]
mod tests;
