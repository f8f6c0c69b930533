//! One compiled function with its tables.

use crate::{Reloc, Symbol};

/// An inlined call of a function: index into [`Function::sites`] plus one; zero is the function itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(pub u32);

impl SiteId {
    /// Code that was written in the function itself.
    pub const OUTERMOST: SiteId = SiteId(0);
}

/// Where control came from: one inlined call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InlineSite {
    /// The site that contains the call.
    pub parent: SiteId,
    /// The inlined function's name, as tracebacks show it.
    pub callee: Symbol,
    /// The line on which the inlined function is declared.
    pub callee_line: u32,
    /// The file of the call.
    pub call_file: u32,
    /// The line of the call.
    pub call_line: u32,
    /// What tracebacks do with the inlined function.
    pub callee_flags: FunctionFlags,
}

/// From `start` up to the next row's start, the code belongs to this line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LineRow {
    /// Offset of the first byte, from the function's entry.
    pub start: u32,
    /// The inlined call that the code belongs to.
    pub site: SiteId,
    /// Index into [`Function::files`].
    pub file: u32,
    /// The line, counted from 1.
    pub line: u32,
}

/// What a function is in the eyes of tracebacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// Written by the user: shown.
    #[default]
    Ordinary,
    /// A generated method wrapper or thunk: hidden.
    Wrapper,
    /// The outer half of a function that defers: shown.
    DeferWrapper,
    /// The inner half of a function that defers: shares its name with the outer half, hidden.
    DeferBody,
}

/// Properties of a function that the runtime wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FunctionFlags {
    /// What it is in the eyes of tracebacks.
    pub kind: FunctionKind,
    /// It belongs to package runtime.
    pub is_runtime: bool,
    /// It has no stack check.
    pub is_nosplit: bool,
    /// It has no parameters in Go: tracebacks show `()` for them.
    pub is_niladic: bool,
}

/// One compiled function with its tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name that relocations use.
    pub symbol: Symbol,
    /// The name that tracebacks and debuggers show.
    pub name: Symbol,
    /// Prefix, body and cold stubs. The entry is the first byte.
    pub bytes: Vec<u8>,
    /// Offset of the body. The *body* is aligned to 16 bytes (it may load aligned constants behind it relative to
    /// itself), the entry is wherever the prefix then begins.
    pub body_offset: u32,
    /// Places to patch.
    pub relocs: Vec<Reloc>,
    /// `rbp - rsp` while the body runs.
    pub frame_size: u32,
    /// What of the frame is needed behind each call, as `abi::framemap` encodes it; empty when that is not known.
    pub frame_map: Vec<u8>,
    /// What the runtime wants to know about it.
    pub flags: FunctionFlags,
    /// The line of the declaration.
    pub line: u32,
    /// Names of the files that the rows and sites mention; the first is the file of the declaration.
    pub files: Vec<Symbol>,
    /// Inlined calls, parents first.
    pub sites: Vec<InlineSite>,
    /// Positions, ascending by `start`, the first at 0.
    pub rows: Vec<LineRow>,
}
