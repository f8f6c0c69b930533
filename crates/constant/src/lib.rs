//! Exact Go constants: values, literals, operations, conversions, and their text.
//!
//! A [`Value`] is what a constant expression evaluates to. The arithmetic is that of the official compiler: integers are
//! exact, fractions are exact as long as numerator and denominator stay below 4096 bits, everything beyond is a binary
//! floating-point number with a mantissa of 512 bits. The limits that produce Go's "constant overflow" errors are the
//! caller's to enforce; [`Value::bit_len`] and [`MAX_INT_BITS`] are what it needs.
//!
//! **Must not know**: types, syntax, positions. An operator or a target type is named by an enum of this crate.
//!
//! **Terms.** *Unknown*: the value of an expression that already failed; every operation on it is unknown, so that one
//! mistake is reported once. *Kind*: what go/constant calls Kind; a `Float` of integral value is still a `Float` until
//! [`Value::to_int`].
//!
//! **The way in**: [`Value`], [`parse_literal`], [`unary`], [`binary`], [`shift`], [`compare`], [`Value::represent`].
//!
//! **Tests**: properties in `tests/properties.rs`, the published behaviour of go/constant in `tests/behaviour.rs`.

#![forbid(unsafe_code)]

mod convert;
mod float;
mod format;
mod ieee;
mod int;
mod literal;
mod ops;
mod text;
mod value;

pub use crate::{
    convert::Target,
    format::quote,
    literal::{Literal, parse_literal},
    ops::{BinaryOp, CompareOp, ShiftOp, UnaryOp, binary, compare, shift, unary},
    value::{Kind, Value},
};

/// The number of bits beyond which an untyped integer constant is an overflow.
pub const MAX_INT_BITS: usize = 512;
