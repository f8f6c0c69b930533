//! Building data objects: bytes with addresses in them.

use base::Symbol;
use ir::{Contents, DataObject, Reloc, RelocKind};
use rustc_hash::FxHashMap;

/// A data object being written, at any offset in any order.
pub(crate) struct DataBuilder {
    bytes: Vec<u8>,
    relocs: Vec<Reloc>,
    align: u32,
}

impl DataBuilder {
    /// An object of this many zero bytes.
    pub(crate) fn new(n_bytes: usize, align: u32) -> Self {
        DataBuilder { bytes: vec![0; n_bytes], relocs: Vec::new(), align }
    }

    /// The size so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends zeros, and says where they start.
    pub(crate) fn extend(&mut self, n_bytes: usize) -> usize {
        let start = self.bytes.len();
        self.bytes.resize(start + n_bytes, 0);
        start
    }

    /// Writes the low bytes of a number.
    pub(crate) fn int(&mut self, offset: usize, value: u64, n_bytes: usize) {
        self.bytes[offset..offset + n_bytes].copy_from_slice(&value.to_le_bytes()[..n_bytes]);
    }

    /// Writes bytes.
    pub(crate) fn slice(&mut self, offset: usize, bytes: &[u8]) {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// Writes the 64-bit address of a symbol.
    pub(crate) fn addr(&mut self, offset: usize, symbol: Symbol, addend: i64) {
        self.relocs.push(Reloc { offset: offset as u32, kind: RelocKind::Abs64, symbol, addend });
    }

    /// Writes the 32-bit address of a symbol: an offset of a type descriptor.
    pub(crate) fn addr32(&mut self, offset: usize, symbol: Symbol) {
        self.relocs.push(Reloc { offset: offset as u32, kind: RelocKind::Abs32, symbol, addend: 0 });
    }

    /// Whether nothing but zeros was written.
    pub(crate) fn is_zero(&self) -> bool {
        self.relocs.is_empty() && self.bytes.iter().all(|&byte| byte == 0)
    }

    /// The read-only object.
    pub(crate) fn finish_readonly(self, name: Symbol) -> DataObject {
        self.finish(name, true, Vec::new())
    }

    /// The writable object; `pointer_mask` tells the collector which words to follow.
    pub(crate) fn finish_writable(self, name: Symbol, pointer_mask: Vec<u8>) -> DataObject {
        self.finish(name, false, pointer_mask)
    }

    fn finish(mut self, name: Symbol, readonly: bool, pointer_mask: Vec<u8>) -> DataObject {
        let is_zero = self.is_zero();
        self.relocs.sort_by_key(|reloc| reloc.offset);
        let contents = if is_zero && !readonly {
            Contents::Zero(self.bytes.len() as u64)
        } else {
            Contents::Bytes(self.bytes)
        };
        DataObject {
            name,
            align: self.align,
            contents,
            relocs: self.relocs,
            readonly,
            pointer_mask,
            dup_ok: true,
        }
    }
}

/// The bytes of strings, each sequence once. Short ones are named by what they are, long ones by their digest, so that
/// equal strings of different units are one object in the executable.
#[derive(Default)]
pub(crate) struct StringPool {
    symbols: FxHashMap<Box<[u8]>, Symbol>,
}

impl StringPool {
    pub(crate) fn intern(&mut self, bytes: &[u8], out: &mut Vec<DataObject>) -> Symbol {
        if let Some(&symbol) = self.symbols.get(bytes) {
            return symbol;
        }
        let name = Symbol::intern(&format!(
            "go:string.{:016x}{:016x}.{}",
            fnv(bytes, 0),
            fnv(bytes, 1),
            bytes.len()
        ));
        self.symbols.insert(bytes.into(), name);
        let mut data = DataBuilder::new(bytes.len(), 1);
        data.slice(0, bytes);
        out.push(data.finish_readonly(name));
        name
    }
}

/// FNV-1a with a salt: two of them are a 128-bit name.
pub(crate) fn fnv(bytes: &[u8], salt: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}
