//! Data objects of the IR as data objects for the linker.

use code::{Data, DataContent, PointerMap, Reloc, RelocKind, Section};
use ir::{Contents, DataObject};

/// The linker's form of `object`.
#[must_use]
pub fn data_object(object: &DataObject) -> Data {
    let content = match &object.contents {
        Contents::Bytes(bytes) => DataContent::Bytes(bytes.clone()),
        Contents::Zero(n_bytes) => DataContent::Zero(*n_bytes),
    };
    let pointers = if object.pointer_mask.is_empty() {
        PointerMap::None
    } else {
        let period =
            u32::try_from(content.n_bytes().div_ceil(8)).expect("lower bounds the size of variables");
        PointerMap::Repeat { mask: object.pointer_mask.clone(), period }
    };
    let relocs = object.relocs.iter().map(|reloc| Reloc {
        offset: reloc.offset,
        kind: match reloc.kind {
            ir::RelocKind::Abs64 => RelocKind::Abs64,
            ir::RelocKind::Abs32 => RelocKind::Abs32,
        },
        target: reloc.symbol,
        addend: reloc.addend,
    });
    Data {
        symbol: object.name,
        section: if object.readonly { Section::ReadOnly } else { Section::Writable },
        align: object.align,
        relocs: relocs.collect(),
        content,
        pointers,
        dup_ok: object.dup_ok,
    }
}
