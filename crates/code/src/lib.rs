//! Machine code and data as values: what `codegen` produces, what caches keep and what `link` consumes.
//!
//! The crate holds definitions only. It must not know the IR, Cranelift, ELF or the runtime. Everything in it is
//! position independent and free of process-local ids except [`Symbol`]s, so that a function compiled yesterday and
//! read back from a cache is the same value as one compiled now.
//!
//! **Terms.** A *body* is what the compiler back end emitted; the *prefix* is the stack check that `codegen` puts in
//! front of it. A *site* is one inlined call: the tree of sites of a function says which calls stand between it and
//! an instruction.
#![forbid(unsafe_code)]

mod data;
mod function;

pub use base::Symbol;

pub use crate::{
    data::{Data, DataContent, PointerMap, Section},
    function::{Function, FunctionFlags, FunctionKind, InlineSite, LineRow, SiteId},
};

/// How the bytes at a [`Reloc`]'s offset depend on its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelocKind {
    /// The address, in 8 bytes.
    Abs64,
    /// The address, in 4 bytes; programs live in the low 2 GB, so this is also what Go calls a type or name offset.
    Abs32,
    /// The address minus the address of the relocated bytes, in 4 bytes.
    Pc32,
    /// As `Pc32`, of a number instead of an address: the offset, in the table of allocation kinds, of the kind of
    /// objects of this size. The target is their type descriptor.
    AllocKind {
        /// The size that the program asks for.
        n_bytes: u32,
    },
}

impl RelocKind {
    /// The number of bytes that the relocation overwrites.
    #[must_use]
    pub fn n_bytes(self) -> usize {
        match self {
            RelocKind::Abs64 => 8,
            RelocKind::Abs32 | RelocKind::Pc32 | RelocKind::AllocKind { .. } => 4,
        }
    }
}

/// One place to patch once addresses are known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reloc {
    /// Where the patched bytes begin, from the start of the function or data object.
    pub offset: u32,
    /// How the value is formed.
    pub kind: RelocKind,
    /// Whose address it is.
    pub target: Symbol,
    /// Added to the address.
    pub addend: i64,
}

/// Everything that goes into an executable besides the runtime image.
#[derive(Clone, Debug)]
pub struct Program {
    /// The functions, in the order in which they are laid out.
    pub functions: Vec<Function>,
    /// The data objects, in the order in which they are laid out within their section.
    pub data: Vec<Data>,
    /// The func value (closure object) that the first goroutine calls.
    pub main: Symbol,
    /// The function that a memory fault in Go code calls.
    pub sigpanic: Symbol,
    /// Type descriptors that `reflect` may look up, sorted by the type's string.
    pub typelinks: Vec<Symbol>,
    /// Interface tables that exist at the start.
    pub itabs: Vec<Symbol>,
    /// What the runtime reads before it reads the environment.
    pub defaults: Defaults,
}

/// Settings that a program carries in itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// `GODEBUG` settings as `k=v,k=v`.
    pub godebug: String,
    /// The module information of `debug.ReadBuildInfo`.
    pub build_info: String,
    /// What `runtime.Version` answers.
    pub version: String,
    /// What `runtime.GOROOT` answers when the environment says nothing.
    pub goroot: String,
}

impl Program {
    /// A program without functions and data, with the overlay's entry points.
    #[must_use]
    pub fn new() -> Program {
        Program {
            functions: Vec::new(),
            data: Vec::new(),
            main: Symbol::intern("runtime.main·f"),
            sigpanic: Symbol::intern("runtime.sigpanic"),
            typelinks: Vec::new(),
            itabs: Vec::new(),
            defaults: Defaults::default(),
        }
    }
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}
