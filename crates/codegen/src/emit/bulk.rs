//! Copying, clearing and comparing ranges: short constant lengths in line, others by the runtime's routines.

use abi::RtFn;
use cranelift_codegen::ir::{
    InstBuilder as _, MemFlagsData, Type as ClifType, Value, condcodes::IntCC, types,
};
use ir::InstId;
use smallvec::SmallVec;

use super::call::call_runtime;
use crate::translate::Translator;

/// Longest range that is copied or cleared in line.
const MAX_INLINE: i64 = 128;
/// Longest range that is loaded completely before it is stored: half of the vector registers.
const MAX_INLINE_MOVE: i64 = 64;
/// Longest range that is compared in line.
const MAX_INLINE_EQUAL: i64 = 32;

/// One access of an in-line operation.
#[derive(Clone, Copy)]
struct Piece {
    ty: ClifType,
    offset: i32,
}

/// Pieces that cover `n_bytes`, the widest first and the last ones narrower, none overlapping.
fn pieces(n_bytes: i64, widest: ClifType) -> SmallVec<[Piece; 12]> {
    let mut pieces = SmallVec::new();
    let mut offset = 0;
    for ty in [types::I8X16, types::I64, types::I32, types::I16, types::I8] {
        if ty.bytes() > widest.bytes() {
            continue;
        }
        while n_bytes - i64::from(offset) >= i64::from(ty.bytes()) {
            pieces.push(Piece { ty, offset });
            offset += ty.bytes() as i32;
        }
    }
    pieces
}

/// The length operand, when it is a constant up to `max`.
fn short_length(t: &Translator<'_>, inst: InstId, operand: usize, max: i64) -> Option<i64> {
    t.ir.as_iconst(t.ir.args(inst)[operand]).filter(|n_bytes| (0..=max).contains(n_bytes))
}

pub(super) fn copy(t: &mut Translator<'_>, inst: InstId) {
    let Some(n_bytes) = short_length(t, inst, 2, MAX_INLINE) else { return call_memmove(t, inst) };
    let (to, from) = (t.arg(inst, 0), t.arg(inst, 1));
    for piece in pieces(n_bytes, types::I8X16) {
        let value = t.ins().load(piece.ty, MemFlagsData::new(), from, piece.offset);
        t.ins().store(MemFlagsData::new(), value, to, piece.offset);
    }
}

pub(super) fn move_(t: &mut Translator<'_>, inst: InstId) {
    let Some(n_bytes) = short_length(t, inst, 2, MAX_INLINE_MOVE) else { return call_memmove(t, inst) };
    let (to, from) = (t.arg(inst, 0), t.arg(inst, 1));
    let pieces = pieces(n_bytes, types::I8X16);
    let values: SmallVec<[Value; 12]> =
        pieces.iter().map(|piece| t.ins().load(piece.ty, MemFlagsData::new(), from, piece.offset)).collect();
    for (piece, value) in pieces.iter().zip(values) {
        t.ins().store(MemFlagsData::new(), value, to, piece.offset);
    }
}

fn call_memmove(t: &mut Translator<'_>, inst: InstId) {
    let args = t.args(inst);
    call_runtime(t, RtFn::memmove, &args);
}

pub(super) fn zero(t: &mut Translator<'_>, inst: InstId) {
    let args = t.args(inst);
    match short_length(t, inst, 1, MAX_INLINE) {
        Some(n_bytes) => zero_inline(t, args[0], 0, n_bytes),
        None => {
            call_runtime(t, RtFn::memclr, &args);
        }
    }
}

/// Clears a constant number of bytes from `base + offset` on.
pub(super) fn zero_constant(t: &mut Translator<'_>, base: Value, offset: i32, n_bytes: i64) {
    if n_bytes <= MAX_INLINE {
        return zero_inline(t, base, offset, n_bytes);
    }
    let start = t.ins().iadd_imm_s(base, i64::from(offset));
    let n_bytes = t.iconst(n_bytes);
    call_runtime(t, RtFn::memclr, &[start, n_bytes]);
}

fn zero_inline(t: &mut Translator<'_>, base: Value, offset: i32, n_bytes: i64) {
    for piece in pieces(n_bytes, types::I8X16) {
        let zero = if piece.ty.is_vector() {
            let byte = t.ins().iconst(types::I8, 0);
            t.ins().splat(types::I8X16, byte)
        } else {
            t.ins().iconst(piece.ty, 0)
        };
        t.ins().store(MemFlagsData::new(), zero, base, offset + piece.offset);
    }
}

pub(super) fn equal(t: &mut Translator<'_>, inst: InstId) {
    let result = match short_length(t, inst, 2, MAX_INLINE_EQUAL) {
        Some(n_bytes) => equal_inline(t, inst, n_bytes),
        None => {
            let args = t.args(inst);
            let word = call_runtime(t, RtFn::memequal, &args)[0];
            t.ins().ireduce(types::I8, word)
        }
    };
    t.set_result(inst, result);
}

/// All differences or-ed together are zero.
fn equal_inline(t: &mut Translator<'_>, inst: InstId, n_bytes: i64) -> Value {
    let (p, q) = (t.arg(inst, 0), t.arg(inst, 1));
    let pieces = pieces(n_bytes, types::I64);
    let load = |t: &mut Translator<'_>, base: Value, piece: &Piece| {
        t.ins().load(piece.ty, MemFlagsData::new(), base, piece.offset)
    };
    if let [piece] = &pieces[..] {
        let (x, y) = (load(t, p, piece), load(t, q, piece));
        return t.ins().icmp(IntCC::Equal, x, y);
    }
    let mut differences = t.iconst(0);
    for piece in &pieces {
        let (x, y) = (load(t, p, piece), load(t, q, piece));
        let difference = t.ins().bxor(x, y);
        let wide = if piece.ty == types::I64 { difference } else { t.ins().uextend(types::I64, difference) };
        differences = t.ins().bor(differences, wide);
    }
    let zero = t.iconst(0);
    t.ins().icmp(IntCC::Equal, differences, zero)
}
