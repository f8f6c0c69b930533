//! 128-bit vectors. A value is sixteen bytes; each operation casts it to its lanes, which is free.

use cranelift_codegen::ir::{InstBuilder as _, Type as ClifType, Value, condcodes::IntCC, types};
use ir::{InstId, Lanes};

use super::float::cast;
use crate::translate::Translator;

fn lanes_type(lanes: Lanes) -> ClifType {
    match lanes {
        Lanes::I8x16 => types::I8X16,
        Lanes::I16x8 => types::I16X8,
        Lanes::I32x4 => types::I32X4,
        Lanes::I64x2 => types::I64X2,
        Lanes::F32x4 => types::F32X4,
        Lanes::F64x2 => types::F64X2,
    }
}

/// Operand `index` as lanes.
fn lanes_arg(t: &mut Translator<'_>, inst: InstId, index: usize) -> Value {
    let (ty, value) = (lanes_type(t.inst(inst).lanes()), t.arg(inst, index));
    cast(t, ty, value)
}

fn set_vector(t: &mut Translator<'_>, inst: InstId, value: Value) {
    let bytes = cast(t, types::I8X16, value);
    t.set_result(inst, bytes);
}

fn is_float(t: &Translator<'_>, inst: InstId) -> bool {
    t.inst(inst).lanes().lane_type().is_float()
}

fn lane_number(t: &Translator<'_>, inst: InstId) -> u8 {
    u8::try_from(t.inst(inst).imm).expect("a lane number")
}

pub(super) fn splat(t: &mut Translator<'_>, inst: InstId) {
    let (ty, lane) = (lanes_type(t.inst(inst).lanes()), t.arg(inst, 0));
    let result = t.ins().splat(ty, lane);
    set_vector(t, inst, result);
}

pub(super) fn extract(t: &mut Translator<'_>, inst: InstId) {
    let vector = lanes_arg(t, inst, 0);
    let number = lane_number(t, inst);
    let result = t.ins().extractlane(vector, number);
    t.set_result(inst, result);
}

pub(super) fn insert(t: &mut Translator<'_>, inst: InstId) {
    let (vector, lane) = (lanes_arg(t, inst, 0), t.arg(inst, 1));
    let number = lane_number(t, inst);
    let result = t.ins().insertlane(vector, lane, number);
    set_vector(t, inst, result);
}

/// Lane-wise operations with one CLIF instruction for integers and one for floats.
macro_rules! lane_wise {
    ($($name:ident: $int:ident $float:ident;)*) => {$(
        pub(super) fn $name(t: &mut Translator<'_>, inst: InstId) {
            let (x, y) = (lanes_arg(t, inst, 0), lanes_arg(t, inst, 1));
            let result = if is_float(t, inst) { t.ins().$float(x, y) } else { t.ins().$int(x, y) };
            set_vector(t, inst, result);
        }
    )*};
}

lane_wise! {
    add: iadd fadd;
    sub: isub fsub;
    mul: imul fmul;
}

pub(super) fn div(t: &mut Translator<'_>, inst: InstId) {
    let (x, y) = (lanes_arg(t, inst, 0), lanes_arg(t, inst, 1));
    let result = t.ins().fdiv(x, y);
    set_vector(t, inst, result);
}

pub(super) fn eq(t: &mut Translator<'_>, inst: InstId) {
    let (x, y) = (lanes_arg(t, inst, 0), lanes_arg(t, inst, 1));
    let result = t.ins().icmp(IntCC::Equal, x, y);
    set_vector(t, inst, result);
}

pub(super) fn high_bits(t: &mut Translator<'_>, inst: InstId) {
    let vector = lanes_arg(t, inst, 0);
    let result = t.ins().vhigh_bits(types::I32, vector);
    t.set_result(inst, result);
}
