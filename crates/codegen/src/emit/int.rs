//! Integers: arithmetic, bits, comparison, width.

use cranelift_codegen::ir::{InstBuilder as _, Value, condcodes::IntCC, types};
use ir::{InstId, IntCond};

use crate::{support::DIVIDE_WIDE, translate::Translator};

/// Emitters that are one CLIF instruction of two operands.
macro_rules! binary {
    ($($name:ident)*) => {$(
        pub(super) fn $name(t: &mut Translator<'_>, inst: InstId) {
            let (x, y) = (t.arg(inst, 0), t.arg(inst, 1));
            let result = t.ins().$name(x, y);
            t.set_result(inst, result);
        }
    )*};
}

/// Emitters that are one CLIF instruction of one operand.
macro_rules! unary {
    ($($name:ident)*) => {$(
        pub(super) fn $name(t: &mut Translator<'_>, inst: InstId) {
            let x = t.arg(inst, 0);
            let result = t.ins().$name(x);
            t.set_result(inst, result);
        }
    )*};
}

/// Emitters that are one CLIF instruction from one type to another.
macro_rules! conversion {
    ($($name:ident)*) => {$(
        pub(super) fn $name(t: &mut Translator<'_>, inst: InstId) {
            let (ty, x) = (t.ty(inst), t.arg(inst, 0));
            let result = t.ins().$name(ty, x);
            t.set_result(inst, result);
        }
    )*};
}

pub(super) use {binary, conversion, unary};

// CLIF takes shift amounts modulo the width, as the IR does.
binary! { iadd isub imul sdiv udiv srem urem band bor bxor ishl ushr sshr rotl smin smax umin umax umulhi smulhi }
unary! { ineg bnot clz ctz popcnt bitrev }
conversion! { sextend uextend ireduce }

pub(super) fn iconst(t: &mut Translator<'_>, inst: InstId) {
    let ty = t.ty(inst);
    // CLIF wants the bits of a narrow constant, not its sign.
    let mask = u64::MAX >> (64 - ty.bits());
    let bits = (t.inst(inst).imm as u64 & mask) as i64;
    let result = t.ins().iconst(ty, bits);
    t.set_result(inst, result);
}

/// The bytes reversed; a single byte is itself.
pub(super) fn bswap(t: &mut Translator<'_>, inst: InstId) {
    let x = t.arg(inst, 0);
    let result = if t.ty(inst) == types::I8 { x } else { t.ins().bswap(x) };
    t.set_result(inst, result);
}

/// Pointers are 64-bit integers to the machine.
pub(super) fn same_bits(t: &mut Translator<'_>, inst: InstId) {
    let x = t.arg(inst, 0);
    t.set_result(inst, x);
}

pub(super) fn icmp(t: &mut Translator<'_>, inst: InstId) {
    let (x, y) = (t.arg(inst, 0), t.arg(inst, 1));
    let cc = int_cc(t.inst(inst).int_cond());
    let result = t.ins().icmp(cc, x, y);
    t.set_result(inst, result);
}

fn int_cc(cond: IntCond) -> IntCC {
    match cond {
        IntCond::Eq => IntCC::Equal,
        IntCond::Ne => IntCC::NotEqual,
        IntCond::Slt => IntCC::SignedLessThan,
        IntCond::Sle => IntCC::SignedLessThanOrEqual,
        IntCond::Sgt => IntCC::SignedGreaterThan,
        IntCond::Sge => IntCC::SignedGreaterThanOrEqual,
        IntCond::Ult => IntCC::UnsignedLessThan,
        IntCond::Ule => IntCC::UnsignedLessThanOrEqual,
        IntCond::Ugt => IntCC::UnsignedGreaterThan,
        IntCond::Uge => IntCC::UnsignedGreaterThanOrEqual,
    }
}

/// At most one of the two additions carries.
pub(super) fn add_carry(t: &mut Translator<'_>, inst: InstId) {
    let (x, y, carry) = (t.arg(inst, 0), t.arg(inst, 1), t.arg(inst, 2));
    let carry = widen_bit(t, inst, carry);
    let (partial, first) = t.ins().uadd_overflow(x, y);
    let (sum, second) = t.ins().uadd_overflow(partial, carry);
    let out = t.ins().bor(first, second);
    t.set_results(inst, &[sum, out]);
}

/// At most one of the two subtractions borrows.
pub(super) fn sub_borrow(t: &mut Translator<'_>, inst: InstId) {
    let (x, y, borrow) = (t.arg(inst, 0), t.arg(inst, 1), t.arg(inst, 2));
    let borrow = widen_bit(t, inst, borrow);
    let (partial, first) = t.ins().usub_overflow(x, y);
    let (difference, second) = t.ins().usub_overflow(partial, borrow);
    let out = t.ins().bor(first, second);
    t.set_results(inst, &[difference, out]);
}

/// An `i8` carry as a number of the instruction's type.
fn widen_bit(t: &mut Translator<'_>, inst: InstId, bit: Value) -> Value {
    let ty = t.ty(inst);
    if ty == types::I8 { bit } else { t.ins().uextend(ty, bit) }
}

/// High and low half, from two multiplications: Cranelift has no instruction with both results.
pub(super) fn umul_wide(t: &mut Translator<'_>, inst: InstId) {
    let (x, y) = (t.arg(inst, 0), t.arg(inst, 1));
    let high = t.ins().umulhi(x, y);
    let low = t.ins().imul(x, y);
    t.set_results(inst, &[high, low]);
}

pub(super) fn udiv_wide(t: &mut Translator<'_>, inst: InstId) {
    let args = t.args(inst);
    let results = super::call::call_helper(t, DIVIDE_WIDE, &args, 2);
    t.set_results(inst, &results);
}
