//! Type descriptors: the common head that upstream's `internal/abi.Type` prescribes.
//!
//! The tails (element types, fields, methods) are read by Go code only; the runtime needs the head alone.

use core::mem::offset_of;

/// The head of every type descriptor; upstream's `internal/abi.Type`, 48 bytes.
#[repr(C)]
#[derive(Debug)]
pub struct Type {
    /// Size of a value.
    pub size: usize,
    /// Bytes of the prefix that can contain pointers.
    pub ptr_bytes: usize,
    /// Hash of the type.
    pub hash: u32,
    /// Bits of [`TFlag`].
    pub tflag: u8,
    /// Alignment of a variable.
    pub align: u8,
    /// Alignment of a struct field.
    pub field_align: u8,
    /// A [`Kind`].
    pub kind: u8,
    /// Func value `func(p, q unsafe.Pointer) bool`, null when not comparable.
    pub equal: usize,
    /// Pointer mask, one bit per word of `ptr_bytes`; or, with [`TFlag::GC_MASK_ON_DEMAND`], a slot for it.
    pub gc_data: usize,
    /// Offset of the name, from [`crate::ProgramInfo::types`].
    pub str_off: i32,
    /// Offset of the type of pointers to this type, or 0.
    pub ptr_to_this: i32,
}

impl Type {
    /// Offset of [`Type::size`].
    pub const SIZE: i32 = offset_of!(Type, size) as i32;
    /// Offset of [`Type::hash`].
    pub const HASH: i32 = offset_of!(Type, hash) as i32;
    /// Offset of [`Type::kind`].
    pub const KIND: i32 = offset_of!(Type, kind) as i32;
    /// Offset of the element type that follows the head of arrays, channels, pointers and slices.
    pub const ELEM: i32 = size_of::<Type>() as i32;
    /// Offset of [`Type::equal`].
    pub const EQUAL: i32 = offset_of!(Type, equal) as i32;
}

const _: () = {
    assert!(size_of::<Type>() == 48);
    assert!(Type::HASH == 16 && Type::KIND == 23 && Type::EQUAL == 24);
};

/// Bits of [`Type::tflag`].
#[derive(Debug)]
pub struct TFlag;

impl TFlag {
    /// An `UncommonType` follows the kind's structure.
    pub const UNCOMMON: u8 = 1;
    /// The name carries a leading `*` that is not part of it.
    pub const EXTRA_STAR: u8 = 2;
    /// A named type.
    pub const NAMED: u8 = 4;
    /// Equality and hash treat it as one piece of memory.
    pub const REGULAR_MEMORY: u8 = 8;
    /// `gc_data` is a slot that is filled on first use.
    pub const GC_MASK_ON_DEMAND: u8 = 16;
    /// The value itself is the interface's data word.
    pub const DIRECT_IFACE: u8 = 32;
}

/// `reflect.Kind`, as [`Type::kind`] stores it.
#[repr(u8)]
#[expect(missing_docs, reason = "the names are Go's")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Invalid = 0,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Array,
    Chan,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
    UnsafePointer,
}
