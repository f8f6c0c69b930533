//! The types of generated programs.

use super::random::Random;

/// A type of a value in a generated program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ty {
    Int(Int),
    /// `float32` or `float64`.
    Float(u32),
    Bool,
    String,
    /// `[]T`
    Slice(Int),
    /// `[4]T`
    Array(Int),
    /// Struct type number n of the program.
    Struct(usize),
    /// A pointer to one.
    Pointer(usize),
    /// `map[K]int64` with an integer key.
    Map(Int),
    /// The interface that all structs implement.
    Shape,
}

/// An integer type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Int {
    pub(super) name: &'static str,
    pub(super) n_bits: u32,
    pub(super) is_signed: bool,
}

const fn int(name: &'static str, n_bits: u32, is_signed: bool) -> Int {
    Int { name, n_bits, is_signed }
}

pub(super) const INT: Int = int("int", 64, true);
pub(super) const INT64: Int = int("int64", 64, true);
pub(super) const INTS: [Int; 11] = [
    INT,
    int("int8", 8, true),
    int("int16", 16, true),
    int("int32", 32, true),
    INT64,
    int("uint", 64, false),
    int("uint8", 8, false),
    int("uint16", 16, false),
    int("uint32", 32, false),
    int("uint64", 64, false),
    int("uintptr", 64, false),
];

/// Number of struct types in a program.
pub(super) const N_STRUCTS: usize = 4;

impl Ty {
    /// As it is written.
    pub(super) fn text(self) -> String {
        match self {
            Ty::Int(int) => int.name.to_owned(),
            Ty::Float(n_bits) => format!("float{n_bits}"),
            Ty::Bool => "bool".to_owned(),
            Ty::String => "string".to_owned(),
            Ty::Slice(elem) => format!("[]{}", elem.name),
            Ty::Array(elem) => format!("[4]{}", elem.name),
            Ty::Struct(n) => format!("S{n}"),
            Ty::Pointer(n) => format!("*S{n}"),
            Ty::Map(key) => format!("map[{}]int64", key.name),
            Ty::Shape => "Shape".to_owned(),
        }
    }

    /// Any type.
    pub(super) fn any(random: &mut Random) -> Ty {
        match random.below(20) {
            0..=7 => Ty::Int(random.pick(&INTS)),
            8 | 9 => Ty::Float(random.pick(&[32, 64])),
            10 => Ty::Bool,
            11 | 12 => Ty::String,
            13 => Ty::Slice(random.pick(&INTS)),
            14 => Ty::Array(random.pick(&INTS)),
            15 | 16 => Ty::Struct(random.below(N_STRUCTS)),
            17 => Ty::Pointer(random.below(N_STRUCTS)),
            18 => Ty::Map(random.pick(&INTS)),
            _ => Ty::Shape,
        }
    }

    /// A type of one word or so.
    pub(super) fn simple(random: &mut Random) -> Ty {
        match random.below(10) {
            0..=6 => Ty::Int(random.pick(&INTS)),
            7 => Ty::Float(random.pick(&[32, 64])),
            8 => Ty::Bool,
            _ => Ty::String,
        }
    }
}
