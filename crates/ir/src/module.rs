//! A whole program, or the part of it that one compilation sees: functions and data objects by linker symbol.

use crate::entity::{DataId, FuncId};
use crate::function::Function;
use base::{IdxVec, Symbol};
use rustc_hash::FxHashMap;

/// Functions and data objects, each under one symbol.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The functions, in the order in which they were added.
    pub funcs: IdxVec<FuncId, Function>,
    /// The data objects, in the order in which they were added.
    pub data: IdxVec<DataId, DataObject>,
    defs: FxHashMap<Symbol, Def>,
}

/// What a symbol stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Def {
    /// Code.
    Func(FuncId),
    /// Data.
    Data(DataId),
}

/// A piece of initialised, zeroed or read-only memory of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataObject {
    /// Linker symbol.
    pub name: Symbol,
    /// Alignment in bytes, a power of two.
    pub align: u32,
    /// What is in it.
    pub contents: Contents,
    /// Addresses to fill in.
    pub relocs: Vec<Reloc>,
    /// Never written: goes to a read-only segment.
    pub readonly: bool,
    /// One bit per word, lowest first: whether the collector must look at it. Empty when there are no pointers.
    pub pointer_mask: Vec<u8>,
    /// Equal definitions from several places are one.
    pub dup_ok: bool,
}

/// The bytes of a data object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Contents {
    /// These.
    Bytes(Vec<u8>),
    /// This many zeros.
    Zero(u64),
}

impl Contents {
    /// Size in bytes.
    pub fn n_bytes(&self) -> u64 {
        match self {
            Contents::Bytes(bytes) => bytes.len() as u64,
            Contents::Zero(n_bytes) => *n_bytes,
        }
    }
}

/// A place in a data object that holds the address of a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reloc {
    /// Where in the object.
    pub offset: u32,
    /// How it is written.
    pub kind: RelocKind,
    /// Whose address.
    pub symbol: Symbol,
    /// Added to the address.
    pub addend: i64,
}

/// How an address is written into data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocKind {
    /// 8 bytes, absolute.
    Abs64,
    /// 4 bytes, absolute: everything is linked below 2 GB, so this serves for the offsets in type descriptors.
    Abs32,
}

impl Module {
    /// An empty module.
    pub fn new() -> Module {
        Module::default()
    }

    /// Adds a function, or replaces the one of the same name.
    pub fn add_func(&mut self, func: Function) -> FuncId {
        if let Some(id) = self.func_id(func.name) {
            self.funcs[id] = func;
            return id;
        }
        let name = func.name;
        let id = self.funcs.push(func);
        self.defs.insert(name, Def::Func(id));
        id
    }

    /// Adds a data object, or keeps the equal-named one that is there.
    pub fn add_data(&mut self, object: DataObject) -> DataId {
        if let Some(Def::Data(id)) = self.def(object.name) {
            return id;
        }
        let name = object.name;
        let id = self.data.push(object);
        self.defs.insert(name, Def::Data(id));
        id
    }

    /// What the symbol stands for here; nothing if it is the runtime's.
    pub fn def(&self, name: Symbol) -> Option<Def> {
        self.defs.get(&name).copied()
    }

    /// The function with this symbol.
    pub fn func_id(&self, name: Symbol) -> Option<FuncId> {
        match self.def(name) {
            Some(Def::Func(id)) => Some(id),
            _ => None,
        }
    }

    /// The function with this symbol.
    pub fn func(&self, name: Symbol) -> Option<&Function> {
        self.func_id(name).map(|id| &self.funcs[id])
    }
}
