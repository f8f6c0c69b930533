//! Where everything goes.

use std::ops::Range;

use code::{Data, DataContent, Function, PointerMap, Program, Section};

use crate::{
    LinkError,
    elf::{PAGE, align_up},
    error::MAX_SYMBOL_BYTES,
    image::Image,
};

/// Function bodies are aligned so.
const BODY_ALIGN: u64 = 16;

/// A range of addresses.
pub(crate) type Span = Range<u64>;

/// The part of the writable segment that a data object lies in, in address order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Zone {
    ReadOnly,
    PlainData,
    PointerData,
    PointerBss,
    PlainBss,
}

impl Zone {
    fn of(data: &Data) -> Zone {
        let has_pointers = data.pointers != PointerMap::None;
        match (data.section, &data.content) {
            (Section::ReadOnly, _) => Zone::ReadOnly,
            (Section::Writable, DataContent::Bytes(_)) if has_pointers => Zone::PointerData,
            (Section::Writable, DataContent::Bytes(_)) => Zone::PlainData,
            (Section::Writable, DataContent::Zero(_)) if has_pointers => Zone::PointerBss,
            (Section::Writable, DataContent::Zero(_)) => Zone::PlainBss,
        }
    }
}

/// Where everything goes.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Entry address of each function.
    pub(crate) functions: Vec<u64>,
    /// Address of each data object.
    pub(crate) data: Vec<u64>,
    pub(crate) text: Span,
    pub(crate) rodata: Span,
    /// Initialised writable data, pointerless objects first.
    pub(crate) data_span: Span,
    /// Zero-initialised data, pointerless objects last.
    pub(crate) bss: Span,
    /// The end of `data_span` and the start of `bss`: what the pointer map describes.
    pub(crate) pointers: Span,
    /// Where the runtime's tables start; they come last because their size follows from everything else.
    pub(crate) tables_start: u64,
}

/// Assigns addresses.
pub(crate) fn lay_out(program: &Program, image: &Image<'_>) -> Result<Layout, LinkError> {
    let text_start = abi::PROGRAM_BASE as u64;
    if image.end() > text_start {
        return Err(LinkError::Image("it reaches into the program's part of the address space"));
    }
    check_sizes(program)?;
    let (functions, text) = place_functions(&program.functions, text_start);
    let mut data = vec![0; program.data.len()];
    let mut place = |zone: Zone, start: u64| -> u64 {
        let mut end = start;
        for (object, address) in program.data.iter().zip(&mut data) {
            if Zone::of(object) == zone {
                *address = align_up(end, u64::from(object.align));
                end = *address + object.content.n_bytes().max(1);
            }
        }
        end
    };
    let rodata_start = align_up(text.end, PAGE);
    let rodata_end = place(Zone::ReadOnly, rodata_start);
    let data_start = align_up(rodata_end, PAGE);
    let pointers_start = align_up(place(Zone::PlainData, data_start), 64);
    let data_end = place(Zone::PointerData, pointers_start);
    let bss_start = align_up(data_end, 64);
    let pointers_end = align_up(place(Zone::PointerBss, bss_start), 64);
    let bss_end = place(Zone::PlainBss, pointers_end);
    check_end(bss_end)?;
    Ok(Layout {
        functions,
        data,
        text,
        rodata: rodata_start..rodata_end,
        data_span: data_start..bss_start,
        bss: bss_start..bss_end,
        pointers: pointers_start..pointers_end,
        tables_start: align_up(bss_end, PAGE),
    })
}

fn check_sizes(program: &Program) -> Result<(), LinkError> {
    let sizes = program.data.iter().map(|data| (data, data.content.n_bytes()));
    match sizes.into_iter().find(|(_, n_bytes)| *n_bytes > MAX_SYMBOL_BYTES) {
        Some((data, n_bytes)) => Err(LinkError::SymbolTooLarge { symbol: data.symbol.to_string(), n_bytes }),
        None => Ok(()),
    }
}

/// Fails when a segment that ends at `end` is out of reach of 32-bit relocations.
pub(crate) fn check_end(end: u64) -> Result<(), LinkError> {
    if end > abi::PROGRAM_LIMIT as u64 { Err(LinkError::TooLarge { end }) } else { Ok(()) }
}

/// Lays functions out in order so that bodies are aligned and prefixes fill the gaps.
fn place_functions(functions: &[Function], start: u64) -> (Vec<u64>, Span) {
    let mut end = start;
    let addresses = functions.iter().map(|function| {
        let prefix = u64::from(function.body_offset);
        let entry = align_up(end + prefix, BODY_ALIGN) - prefix;
        end = entry + function.bytes.len() as u64;
        entry
    });
    let addresses = addresses.collect();
    (addresses, start..end)
}
