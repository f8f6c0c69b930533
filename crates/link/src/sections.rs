//! The program's own segments as relocated bytes.

use code::{DataContent, Program};

use crate::{
    LinkError,
    kinds::Kinds,
    layout::{Layout, Span},
    resolve::Symbols,
};

/// Between functions: `int3`, so that a stray jump stops at once.
const TEXT_FILL: u8 = 0xcc;

/// The program's own segments as relocated bytes.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) text: Vec<u8>,
    pub(crate) rodata: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

/// Copies all functions and data to their places and applies their relocations.
pub(crate) fn build(
    program: &Program,
    layout: &Layout,
    symbols: &mut Symbols<'_>,
    kinds: &Kinds,
) -> Result<Content, LinkError> {
    let mut text = Segment::new(&layout.text, TEXT_FILL);
    for (function, &address) in program.functions.iter().zip(&layout.functions) {
        let bytes = text.place(address, &function.bytes);
        symbols.relocate(bytes, address, function.symbol, &function.relocs, kinds)?;
    }
    let mut rodata = Segment::new(&layout.rodata, 0);
    let mut data = Segment::new(&layout.data_span, 0);
    for (object, &address) in program.data.iter().zip(&layout.data) {
        let DataContent::Bytes(content) = &object.content else { continue };
        let segment = if layout.rodata.contains(&address) { &mut rodata } else { &mut data };
        let bytes = segment.place(address, content);
        symbols.relocate(bytes, address, object.symbol, &object.relocs, kinds)?;
    }
    Ok(Content { text: text.bytes, rodata: rodata.bytes, data: data.bytes })
}

struct Segment {
    start: u64,
    bytes: Vec<u8>,
}

impl Segment {
    fn new(span: &Span, fill: u8) -> Segment {
        Segment { start: span.start, bytes: vec![fill; (span.end - span.start) as usize] }
    }

    fn place(&mut self, address: u64, content: &[u8]) -> &mut [u8] {
        let offset = (address - self.start) as usize;
        let bytes = &mut self.bytes[offset..offset + content.len()];
        bytes.copy_from_slice(content);
        bytes
    }
}
