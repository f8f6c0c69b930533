//! How a linked program describes itself to the runtime.
//!
//! `link` writes one [`ProgramInfo`] and patches its address into the image's `gh_program`. All pointers are absolute
//! addresses below 2 GB. The tables are read by the runtime (tracebacks, roots) and, through runtime calls, by the
//! overlay (`runtime.Callers`, `FuncForPC`, `reflect`).

/// A pointer and a length, in bytes or in elements.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Address of the first element.
    pub ptr: usize,
    /// Number of elements.
    pub len: usize,
}

/// An offset into [`ProgramInfo::strings`]: a varint length, then the bytes.
pub type StrOff = u32;

/// Everything that the runtime must know about the program that it runs.
#[repr(C)]
#[derive(Debug)]
pub struct ProgramInfo {
    /// [`ProgramInfo::MAGIC`]; changes with every change of the format.
    pub magic: u64,
    /// Func value (closure object) of the overlay's `runtime.main`: the body of goroutine 1.
    pub main: usize,
    /// Code of the overlay's `runtime.sigpanic`, entered as if called by the faulting instruction.
    pub sigpanic: usize,
    /// The program's code.
    pub text: Slice,
    /// [`FuncEntry`]s in ascending order of `entry`.
    pub funcs: Slice,
    /// Strings, addressed by [`StrOff`].
    pub strings: Slice,
    /// Line tables, inline trees and frame maps, addressed by offsets in [`FuncEntry`]; offset 0 is never used.
    pub tables: Slice,
    /// File names as `StrOff`s (u32); the file numbers of line tables index it.
    pub files: Slice,
    /// Bytes of read-only type data: base of every `NameOff` and `TypeOff`.
    pub types: Slice,
    /// `TypeOff`s (i32) of the types that `reflect` may look up, sorted by type string.
    pub typelinks: Slice,
    /// Addresses of all itabs that the linker built.
    pub itabs: Slice,
    /// The program's [`crate::heap::AllocKind`]s.
    pub kinds: Slice,
    /// [`RootRange`]s: data and bss that can hold heap pointers.
    pub roots: Slice,
    /// The whole of writable data and bss, for "is this address a global" questions.
    pub data: Slice,
    /// The variable `runtime.MemProfileRate` if the program contains what reads the profile of memory, else 0.
    pub mem_profile_rate: usize,
    /// What the program was built with.
    pub defaults: crate::Defaults,
}

impl ProgramInfo {
    /// The value of [`ProgramInfo::magic`]: "ghog" and the format's number.
    pub const MAGIC: u64 = 0x676f_6867_0000_0003;
}

/// One function of the program.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FuncEntry {
    /// Offset of the first byte (the spliced prologue) from the start of the text.
    pub entry: u32,
    /// Size in bytes.
    pub size: u32,
    /// Go's name of it, as `runtime.Func.Name` gives it.
    pub name: StrOff,
    /// `rbp - rsp` in the body: `rsp = fp - frame` when control resumes at a handler.
    pub frame: u32,
    /// Offset of the line table in [`ProgramInfo::tables`], or 0.
    pub lines: u32,
    /// Offset of the inline tree (4-aligned [`InlineNode`]s) in [`ProgramInfo::tables`], or 0.
    pub inlines: u32,
    /// File of the declaration.
    pub file: u32,
    /// Line of the declaration.
    pub line: u32,
    /// Bits of [`FuncFlags`].
    pub flags: u32,
    /// Offset of the frame map ([`crate::framemap`]) in [`ProgramInfo::tables`], or 0 when there is none.
    pub map: u32,
}

const _: () = assert!(size_of::<FuncEntry>() == 40);

/// Bits of [`FuncEntry::flags`].
#[derive(Debug)]
pub struct FuncFlags;

impl FuncFlags {
    /// A compiler-made wrapper or thunk: hidden in tracebacks.
    pub const WRAPPER: u32 = 1;
    /// The outer half of a deferring function: shown, while its body is hidden, in tracebacks.
    pub const DEFER_WRAPPER: u32 = 2;
    /// The inner half of a deferring function: shares name and position with its wrapper.
    pub const DEFER_BODY: u32 = 4;
    /// Belongs to the overlay's runtime: hidden in tracebacks unless it is exported.
    pub const RUNTIME: u32 = 8;
    /// No stack check in the prologue.
    pub const NO_SPLIT: u32 = 16;
    /// No parameters in Go: `f()` in tracebacks, where others are `f(...)`.
    pub const NILADIC: u32 = 32;
}

/// One inlined call. Node `n`'s callers are `parent`, its parent, ..., the function itself.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlineNode {
    /// The node of the call that contains this one, or -1 when it is in the function itself.
    pub parent: i32,
    /// Go's name of the inlined function.
    pub name: StrOff,
    /// File of the call.
    pub call_file: u32,
    /// Line of the call.
    pub call_line: u32,
    /// Line of the inlined function's declaration.
    pub start_line: u32,
    /// Bits of [`FuncFlags`] of the inlined function.
    pub flags: u32,
}

/// Writable memory that can hold heap pointers.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootRange {
    /// First word, 8-aligned.
    pub start: usize,
    /// Number of words.
    pub n_words: usize,
    /// Bit `i` (byte `i / 8`, bit `i % 8`) is set when word `i` is a pointer; null when all words must be looked at.
    pub mask: usize,
}
