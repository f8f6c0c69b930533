//! Floats: arithmetic, rounding, comparison, conversion.

use abi::RtFn;
use cranelift_codegen::ir::{
    Endianness, InstBuilder as _, MemFlagsData, Type as ClifType, Value,
    condcodes::FloatCC,
    immediates::{Ieee32, Ieee64},
    types,
};
use ir::{FloatCond, InstId};

use super::int::{binary, conversion, unary};
use crate::translate::Translator;

// CLIF's fmin and fmax are Go's: NaN wins, -0 is below +0.
binary! { fadd fsub fmul fdiv fcopysign fmin fmax }
unary! { fneg fabs sqrt floor ceil trunc nearest }
conversion! { fpromote fdemote }

pub(super) fn fconst(t: &mut Translator<'_>, inst: InstId) {
    let bits = t.inst(inst).imm;
    let result = if t.ty(inst) == types::F32 {
        t.ins().f32const(Ieee32::with_bits(bits as u32))
    } else {
        t.ins().f64const(Ieee64::with_bits(bits as u64))
    };
    t.set_result(inst, result);
}

pub(super) fn fcmp(t: &mut Translator<'_>, inst: InstId) {
    let cc = match t.inst(inst).float_cond() {
        FloatCond::Eq => FloatCC::Equal,
        FloatCond::Ne => FloatCC::NotEqual,
        FloatCond::Lt => FloatCC::LessThan,
        FloatCond::Le => FloatCC::LessThanOrEqual,
        FloatCond::Gt => FloatCC::GreaterThan,
        FloatCond::Ge => FloatCC::GreaterThanOrEqual,
    };
    let (x, y) = (t.arg(inst, 0), t.arg(inst, 1));
    let result = t.ins().fcmp(cc, x, y);
    t.set_result(inst, result);
}

/// The instruction where the target has it, else the runtime's exact function.
pub(super) fn fma(t: &mut Translator<'_>, inst: InstId) {
    let (x, y, z) = (t.arg(inst, 0), t.arg(inst, 1), t.arg(inst, 2));
    let result = if t.has_fma {
        t.ins().fma(x, y, z)
    } else {
        debug_assert_eq!(t.ty(inst), types::F64, "lower fuses float64 only, as package math does");
        super::call::call_runtime(t, RtFn::fma, &[x, y, z])[0]
    };
    t.set_result(inst, result);
}

pub(super) fn bitcast(t: &mut Translator<'_>, inst: InstId) {
    let (ty, x) = (t.ty(inst), t.arg(inst, 0));
    let result = cast(t, ty, x);
    t.set_result(inst, result);
}

/// The bits of `value` as another type of the same size.
pub(super) fn cast(t: &mut Translator<'_>, ty: ClifType, value: Value) -> Value {
    if t.cursor.func.dfg.value_type(value) == ty {
        return value;
    }
    let flags = MemFlagsData::new().with_endianness(Endianness::Little);
    t.ins().bitcast(ty, flags, value)
}

pub(super) fn from_sint(t: &mut Translator<'_>, inst: InstId) {
    let (ty, x) = (t.ty(inst), t.arg(inst, 0));
    let result = t.ins().fcvt_from_sint(ty, x);
    t.set_result(inst, result);
}

pub(super) fn from_uint(t: &mut Translator<'_>, inst: InstId) {
    let (ty, x) = (t.ty(inst), t.arg(inst, 0));
    let result = t.ins().fcvt_from_uint(ty, x);
    t.set_result(inst, result);
}

pub(super) fn to_sint(t: &mut Translator<'_>, inst: InstId) {
    let (ty, x) = (t.ty(inst), t.arg(inst, 0));
    let result = truncate(t, ty, x);
    t.set_result(inst, result);
}

/// `uint32` is what is left of the 64-bit conversion; `uint64` halves its range by hand.
pub(super) fn to_uint(t: &mut Translator<'_>, inst: InstId) {
    let (ty, x) = (t.ty(inst), t.arg(inst, 0));
    let result = if ty == types::I64 {
        let limit = float_constant(t, x, 63);
        let is_small = t.ins().fcmp(FloatCC::LessThan, x, limit);
        let above = t.ins().fsub(x, limit);
        let in_range = t.ins().select(is_small, x, above);
        let converted = truncate(t, types::I64, in_range);
        let top = t.iconst(i64::MIN);
        let with_top = t.ins().bor(converted, top);
        t.ins().select(is_small, converted, with_top)
    } else {
        let wide = truncate(t, types::I64, x);
        t.ins().ireduce(ty, wide)
    };
    t.set_result(inst, result);
}

/// `cvttss2si` and `cvttsd2si`: the least integer when out of range or NaN. CLIF's saturating conversion begins with
/// that instruction; what it does to large values and NaN is undone.
fn truncate(t: &mut Translator<'_>, ty: ClifType, x: Value) -> Value {
    let saturated = t.ins().fcvt_to_sint_sat(ty, x);
    let limit = float_constant(t, x, ty.bits() - 1);
    let is_below = t.ins().fcmp(FloatCC::LessThan, x, limit);
    let mask = u64::MAX >> (64 - ty.bits());
    let least = t.ins().iconst(ty, ((i64::MIN >> (64 - ty.bits())) as u64 & mask) as i64);
    t.ins().select(is_below, saturated, least)
}

/// 2 to the power of `exponent`, in the type of `like`.
fn float_constant(t: &mut Translator<'_>, like: Value, exponent: u32) -> Value {
    let value = (exponent as f64).exp2();
    if t.cursor.func.dfg.value_type(like) == types::F32 {
        t.ins().f32const(Ieee32::with_float(value as f32))
    } else {
        t.ins().f64const(Ieee64::with_float(value))
    }
}
