//! Data objects: the global variables, constants and descriptors of a program.

use crate::{Reloc, Symbol};

/// Which part of the address space an object belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Never written.
    ReadOnly,
    /// Written by the program.
    Writable,
}

/// The initial content of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DataContent {
    /// These bytes, with relocations applied.
    Bytes(Vec<u8>),
    /// This many zero bytes, which take no space in the file.
    Zero(u64),
}

impl DataContent {
    /// The object's size.
    #[must_use]
    pub fn n_bytes(&self) -> u64 {
        match self {
            DataContent::Bytes(bytes) => bytes.len() as u64,
            DataContent::Zero(n_bytes) => *n_bytes,
        }
    }
}

/// Which words of an object may point into the heap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum PointerMap {
    /// None of them: the collector never looks at the object.
    #[default]
    None,
    /// Bit `i % period` of the little-endian mask speaks for word `i`; `period` words repeat to the end of the object.
    Repeat {
        /// One bit per word.
        mask: Vec<u8>,
        /// How many words the mask describes.
        period: u32,
    },
}

/// One data object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Data {
    /// The name that relocations use.
    pub symbol: Symbol,
    /// Where it belongs.
    pub section: Section,
    /// Alignment in bytes, a power of two.
    pub align: u32,
    /// What is in it at the start.
    pub content: DataContent,
    /// Places to patch.
    pub relocs: Vec<Reloc>,
    /// What the collector scans.
    pub pointers: PointerMap,
    /// Several equal definitions may exist; the first is taken.
    pub dup_ok: bool,
}
