//! Local simplification: constant folding, identities, canonical forms. One instruction at a time; a rule looks at the
//! instruction and at the definitions of its operands.
//!
//! **Rules for writing rules.** A rule never makes more instructions than it removes, except constants. It leaves a
//! canonical form that no other rule undoes: constants on the right, subtraction of a constant as addition, multiplication by
//! a power of two as a shift, comparisons with the smaller id first. A rule must not create a pointer outside the object of
//! its base (amendment 6).

use ir::builder::normalize;
use ir::eval::{eval, zero_extend};
use ir::{AllocFlags, Function, Inst, InstId, IntCond, Op, SrcLoc, Type, ValueId};
use smallvec::SmallVec;

/// What a rule did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// No rule applies.
    Same,
    /// The instruction is another one now; ask again.
    Rewritten,
    /// The only result is this value, and the instruction has no effect.
    Value(ValueId),
    /// The instruction does nothing.
    Nothing,
}

/// What an operation gives when one operand is special.
enum Gives {
    Left,
    Zero,
    AllOnes,
}

/// `x op constant`.
const WITH_CONSTANT: &[(Op, i64, Gives)] = &[
    (Op::Iadd, 0, Gives::Left),
    (Op::Isub, 0, Gives::Left),
    (Op::Imul, 0, Gives::Zero),
    (Op::Imul, 1, Gives::Left),
    (Op::Sdiv, 1, Gives::Left),
    (Op::Udiv, 1, Gives::Left),
    (Op::Srem, 1, Gives::Zero),
    (Op::Srem, -1, Gives::Zero),
    (Op::Urem, 1, Gives::Zero),
    (Op::And, 0, Gives::Zero),
    (Op::And, -1, Gives::Left),
    (Op::Or, 0, Gives::Left),
    (Op::Or, -1, Gives::AllOnes),
    (Op::Xor, 0, Gives::Left),
    (Op::Shl, 0, Gives::Left),
    (Op::Ushr, 0, Gives::Left),
    (Op::Sshr, 0, Gives::Left),
    (Op::Rotl, 0, Gives::Left),
    (Op::PtrAdd, 0, Gives::Left),
    (Op::Umin, 0, Gives::Zero),
    (Op::Umin, -1, Gives::Left),
    (Op::Umax, 0, Gives::Left),
    (Op::Umax, -1, Gives::AllOnes),
];

/// `x op x`.
const WITH_ITSELF: &[(Op, Gives)] = &[
    (Op::Isub, Gives::Zero),
    (Op::Xor, Gives::Zero),
    (Op::And, Gives::Left),
    (Op::Or, Gives::Left),
    (Op::Smin, Gives::Left),
    (Op::Smax, Gives::Left),
    (Op::Umin, Gives::Left),
    (Op::Umax, Gives::Left),
];

/// Tries the rules on an instruction.
pub fn simplify(func: &mut Function, inst: InstId) -> Outcome {
    let data = *func.inst(inst);
    match data.op {
        Op::Iconst | Op::Fconst | Op::CodeAddr | Op::DataAddr => Outcome::Same,
        Op::Load | Op::Store | Op::StoreWb | Op::AtomicLoad | Op::AtomicStore => fold_address(func, inst),
        Op::NilCheck => drop_if(is_non_nil(func, func.args(inst)[0])),
        Op::PanicIf => drop_if(func.as_iconst(func.args(inst)[0]) == Some(0)),
        Op::BoundsCheck => drop_if(is_in_bounds(func, &data, inst)),
        Op::MemCopy | Op::MemMove => drop_if(func.as_iconst(func.args(inst)[2]) == Some(0)),
        Op::MemZero => drop_if(func.as_iconst(func.args(inst)[1]) == Some(0)),
        Op::BrIf => simplify_branch(func, inst),
        _ if data.is_pure() && data.n_results() > 0 => simplify_pure(func, inst, &data),
        _ => Outcome::Same,
    }
}

fn drop_if(is_useless: bool) -> Outcome {
    if is_useless { Outcome::Nothing } else { Outcome::Same }
}

fn simplify_pure(func: &mut Function, inst: InstId, data: &Inst) -> Outcome {
    if let Some(outcome) = fold(func, inst, data) {
        return outcome;
    }
    let args: SmallVec<[ValueId; 4]> = SmallVec::from_slice(func.args(inst));
    let outcome = match (data.op, args.as_slice()) {
        (Op::Select, &[cond, yes, no]) => simplify_select(func, inst, cond, yes, no),
        (Op::Icmp, &[x, y]) => simplify_icmp(func, inst, x, y),
        (Op::PtrAdd, &[base, offset]) => simplify_ptr_add(func, inst, base, offset),
        (Op::Uextend | Op::Sextend | Op::Ireduce, &[x]) => simplify_resize(func, inst, x),
        (Op::PtrToInt | Op::IntToPtr, &[x]) => simplify_pointer_cast(func, data.op, x),
        (Op::Ineg | Op::Inot | Op::Fneg, &[x]) => match defined_by(func, x, data.op) {
            Some(inner) => Outcome::Value(func.args(inner)[0]),
            None => Outcome::Same,
        },
        (op, &[x, y]) if data.n_results() == 1 && !data.ty.is_float() && data.ty != Type::V128 => {
            simplify_binary(func, inst, op, x, y)
        }
        _ => Outcome::Same,
    };
    if outcome == Outcome::Same { order_operands(func, inst, data) } else { outcome }
}

/// Constant folding.
fn fold(func: &mut Function, inst: InstId, data: &Inst) -> Option<Outcome> {
    if data.n_results() != 1 {
        return None;
    }
    let mut constants: SmallVec<[i64; 4]> = SmallVec::new();
    for &arg in func.args(inst) {
        constants.push(as_constant(func, arg)?);
    }
    let arg_ty = func.args(inst).first().map_or(data.ty, |&arg| func.ty(arg));
    let result = eval(data, arg_ty, &constants)?[0];
    let ty = func.ty(func.result(inst));
    become_constant(func, inst, ty, result);
    Some(Outcome::Rewritten)
}

fn as_constant(func: &Function, value: ValueId) -> Option<i64> {
    let data = func.inst(func.def_inst(value)?);
    matches!(data.op, Op::Iconst | Op::Fconst).then_some(data.imm)
}

pub(crate) fn become_constant(func: &mut Function, inst: InstId, ty: Type, value: i64) {
    let op = if ty.is_float() { Op::Fconst } else { Op::Iconst };
    rewrite(func, inst, Inst::new(op, ty).imm(normalize(ty, value)), &[]);
}

/// Makes the instruction another one with the same result.
fn rewrite(func: &mut Function, inst: InstId, new: Inst, args: &[ValueId]) {
    func.set_args(inst, args);
    let slot = func.inst_mut(inst);
    (slot.op, slot.ty, slot.sub, slot.flags) = (new.op, new.ty, new.sub, new.flags);
    (slot.sym, slot.imm) = (new.sym, new.imm);
}

/// A constant placed right before an instruction.
pub(crate) fn constant_before(func: &mut Function, inst: InstId, ty: Type, value: i64) -> ValueId {
    let loc: SrcLoc = func.loc(inst);
    let constant = func.make_inst(Inst::new(Op::Iconst, ty).imm(normalize(ty, value)), &[], &[ty], loc);
    func.insert_before(inst, constant);
    func.result(constant)
}

/// The instruction that defines the value, if it has this opcode.
pub(crate) fn defined_by(func: &Function, value: ValueId, op: Op) -> Option<InstId> {
    func.def_inst(value).filter(|&inst| func.inst(inst).op == op)
}

/// Constants go right, else the older value goes left.
fn order_operands(func: &mut Function, inst: InstId, data: &Inst) -> Outcome {
    let commutes = data.op.info().effects.contains(ir::Effects::COMMUTES);
    let &[x, y] = func.args(inst) else { return Outcome::Same };
    if !commutes && data.op != Op::Icmp {
        return Outcome::Same;
    }
    let rank = |value: ValueId| (as_constant(func, value).is_some(), value.index());
    if rank(x) <= rank(y) {
        return Outcome::Same;
    }
    func.set_args(inst, &[y, x]);
    if data.op == Op::Icmp {
        func.inst_mut(inst).sub = data.int_cond().swap() as u8;
    }
    Outcome::Rewritten
}

fn simplify_binary(func: &mut Function, inst: InstId, op: Op, x: ValueId, y: ValueId) -> Outcome {
    let ty = func.inst(inst).ty;
    if x == y
        && let Some((_, gives)) = WITH_ITSELF.iter().find(|(rule_op, _)| *rule_op == op)
    {
        return give(func, inst, ty, x, gives);
    }
    let Some(constant) = func.as_iconst(y) else { return Outcome::Same };
    if let Some((_, _, gives)) = WITH_CONSTANT.iter().find(|rule| rule.0 == op && rule.1 == constant) {
        return give(func, inst, ty, x, gives);
    }
    match op {
        Op::Isub => {
            let negated = constant_before(func, inst, ty, constant.wrapping_neg());
            rewrite(func, inst, Inst::new(Op::Iadd, ty), &[x, negated]);
            Outcome::Rewritten
        }
        Op::Iadd | Op::And | Op::Or | Op::Xor | Op::Imul => reassociate(func, inst, op, x, constant),
        Op::Udiv | Op::Urem => divide_by_power(func, inst, op, x, constant),
        _ => Outcome::Same,
    }
}

fn give(func: &mut Function, inst: InstId, ty: Type, left: ValueId, gives: &Gives) -> Outcome {
    match gives {
        Gives::Left => return Outcome::Value(left),
        Gives::Zero => become_constant(func, inst, ty, 0),
        Gives::AllOnes => become_constant(func, inst, ty, -1),
    }
    Outcome::Rewritten
}

/// `(x op c1) op c2` is `x op (c1 op c2)`; and multiplication by a power of two is a shift.
fn reassociate(func: &mut Function, inst: InstId, op: Op, x: ValueId, constant: i64) -> Outcome {
    let ty = func.inst(inst).ty;
    if let Some(inner) = defined_by(func, x, op)
        && let &[inner_x, inner_y] = func.args(inner)
        && let Some(inner_constant) = func.as_iconst(inner_y)
        && let Some(folded) = eval(&Inst::new(op, ty), ty, &[inner_constant, constant])
    {
        let folded = constant_before(func, inst, ty, folded[0]);
        func.set_args(inst, &[inner_x, folded]);
        return Outcome::Rewritten;
    }
    let bits = zero_extend(ty, constant);
    if op == Op::Imul && bits.is_power_of_two() {
        let amount = constant_before(func, inst, ty, i64::from(bits.trailing_zeros()));
        rewrite(func, inst, Inst::new(Op::Shl, ty), &[x, amount]);
        return Outcome::Rewritten;
    }
    Outcome::Same
}

fn divide_by_power(func: &mut Function, inst: InstId, op: Op, x: ValueId, constant: i64) -> Outcome {
    let ty = func.inst(inst).ty;
    let bits = zero_extend(ty, constant);
    if !bits.is_power_of_two() {
        return Outcome::Same;
    }
    let (op, operand) = match op {
        Op::Udiv => (Op::Ushr, i64::from(bits.trailing_zeros())),
        _ => (Op::And, (bits - 1) as i64),
    };
    let operand = constant_before(func, inst, ty, operand);
    rewrite(func, inst, Inst::new(op, ty), &[x, operand]);
    Outcome::Rewritten
}

fn simplify_select(func: &mut Function, inst: InstId, cond: ValueId, yes: ValueId, no: ValueId) -> Outcome {
    if yes == no {
        return Outcome::Value(yes);
    }
    if let Some(cond) = func.as_iconst(cond) {
        return Outcome::Value(if cond != 0 { yes } else { no });
    }
    let ty = func.inst(inst).ty;
    if ty == Type::I8
        && is_bool(func, cond)
        && func.as_iconst(yes) == Some(1)
        && func.as_iconst(no) == Some(0)
    {
        return Outcome::Value(cond);
    }
    if let Some(inner) = negated_condition(func, cond) {
        func.set_args(inst, &[inner, no, yes]);
        return Outcome::Rewritten;
    }
    Outcome::Same
}

/// Whether the value is known to be 0 or 1.
pub(crate) fn is_bool(func: &Function, value: ValueId) -> bool {
    let Some(inst) = func.def_inst(value) else { return false };
    let data = func.inst(inst);
    match data.op {
        Op::Icmp | Op::Fcmp | Op::AtomicCas | Op::AtomicCasWb | Op::MemEqual => true,
        Op::Iconst => matches!(data.imm, 0 | 1),
        Op::And => func.args(inst).iter().any(|&arg| func.as_iconst(arg) == Some(1)),
        _ => false,
    }
}

/// The x of a condition `x == 0` or `x ^ 1`, for a boolean x.
fn negated_condition(func: &Function, cond: ValueId) -> Option<ValueId> {
    let inst = func.def_inst(cond)?;
    let data = func.inst(inst);
    let &[x, y] = func.args(inst) else { return None };
    let constant = func.as_iconst(y)?;
    let is_negation = match data.op {
        Op::Icmp => data.int_cond() == IntCond::Eq && constant == 0 && data.ty == Type::I8,
        Op::Xor => constant == 1 && is_bool(func, x),
        _ => false,
    };
    is_negation.then_some(x)
}

fn simplify_branch(func: &mut Function, inst: InstId) -> Outcome {
    let cond = func.args(inst)[0];
    if let Some(inner) = negated_condition(func, cond) {
        func.set_args(inst, &[inner]);
        func.targets_mut(inst).swap(0, 1);
        return Outcome::Rewritten;
    }
    if let Some(def) = defined_by(func, cond, Op::Icmp)
        && func.inst(def).int_cond() == IntCond::Ne
        && func.inst(def).ty == Type::I8
        && func.as_iconst(func.args(def)[1]) == Some(0)
    {
        let inner = func.args(def)[0];
        func.set_args(inst, &[inner]);
        return Outcome::Rewritten;
    }
    Outcome::Same
}

fn simplify_icmp(func: &mut Function, inst: InstId, x: ValueId, y: ValueId) -> Outcome {
    use IntCond::*;
    let data = *func.inst(inst);
    let cond = data.int_cond();
    if x == y {
        become_constant(func, inst, Type::I8, i64::from(matches!(cond, Eq | Sle | Sge | Ule | Uge)));
        return Outcome::Rewritten;
    }
    let Some(constant) = func.as_iconst(y) else { return Outcome::Same };
    if constant == 0 {
        let decided = match cond {
            Ult => Some(0),
            Uge => Some(1),
            Eq | Ule if data.ty == Type::Ptr && is_non_nil(func, x) => Some(0),
            Ne | Ugt if data.ty == Type::Ptr && is_non_nil(func, x) => Some(1),
            _ => None,
        };
        if let Some(result) = decided {
            become_constant(func, inst, Type::I8, result);
            return Outcome::Rewritten;
        }
    }
    if data.ty == Type::I8
        && is_bool(func, x)
        && let Some(outcome) = compare_bool(func, inst, cond, x, constant)
    {
        return outcome;
    }
    compare_extended(func, inst, cond, x, constant)
}

/// A boolean compared with 0 or 1 is the boolean or its negation.
fn compare_bool(
    func: &mut Function,
    inst: InstId,
    cond: IntCond,
    x: ValueId,
    constant: i64,
) -> Option<Outcome> {
    let is_same = match (cond, constant) {
        (IntCond::Ne, 0) | (IntCond::Eq, 1) => true,
        (IntCond::Eq, 0) | (IntCond::Ne, 1) => false,
        _ => return None,
    };
    if is_same {
        return Some(Outcome::Value(x));
    }
    let compare = defined_by(func, x, Op::Icmp)?;
    let (ty, negated) = (func.inst(compare).ty, func.inst(compare).int_cond().negate());
    let args: SmallVec<[ValueId; 2]> = SmallVec::from_slice(func.args(compare));
    rewrite(func, inst, Inst::new(Op::Icmp, ty).sub(negated as u8), &args);
    Some(Outcome::Rewritten)
}

/// Equality of an extended value with a constant is equality before extension, if the constant survives the way back.
fn compare_extended(func: &mut Function, inst: InstId, cond: IntCond, x: ValueId, constant: i64) -> Outcome {
    let Some(extend) = func.def_inst(x) else { return Outcome::Same };
    let op = func.inst(extend).op;
    if !matches!(cond, IntCond::Eq | IntCond::Ne) || !matches!(op, Op::Uextend | Op::Sextend) {
        return Outcome::Same;
    }
    let inner = func.args(extend)[0];
    let inner_ty = func.ty(inner);
    let narrow = normalize(inner_ty, constant);
    let back = if op == Op::Sextend { narrow } else { zero_extend(inner_ty, narrow) as i64 };
    if back != constant {
        become_constant(func, inst, Type::I8, i64::from(cond == IntCond::Ne));
        return Outcome::Rewritten;
    }
    let narrow = constant_before(func, inst, inner_ty, narrow);
    rewrite(func, inst, Inst::new(Op::Icmp, inner_ty).sub(cond as u8), &[inner, narrow]);
    Outcome::Rewritten
}

fn simplify_resize(func: &mut Function, inst: InstId, x: ValueId) -> Outcome {
    let data = *func.inst(inst);
    let Some(def) = func.def_inst(x) else { return Outcome::Same };
    let def_op = func.inst(def).op;
    if !matches!(def_op, Op::Uextend | Op::Sextend | Op::Ireduce) {
        return Outcome::Same;
    }
    let inner = func.args(def)[0];
    let inner_ty = func.ty(inner);
    let op = match (data.op, def_op) {
        (Op::Ireduce, Op::Ireduce) => Op::Ireduce,
        (Op::Ireduce, _) if inner_ty == data.ty => return Outcome::Value(inner),
        (Op::Ireduce, extend) if inner_ty.n_bits() < data.ty.n_bits() => extend,
        (Op::Ireduce, _) => Op::Ireduce,
        (outer, middle) if outer == middle => outer,
        // A zero-extended value has a clear sign bit.
        (Op::Sextend, Op::Uextend) => Op::Uextend,
        _ => return Outcome::Same,
    };
    rewrite(func, inst, Inst::new(op, data.ty), &[inner]);
    Outcome::Rewritten
}

fn simplify_pointer_cast(func: &Function, op: Op, x: ValueId) -> Outcome {
    let inverse = if op == Op::PtrToInt { Op::IntToPtr } else { Op::PtrToInt };
    match defined_by(func, x, inverse) {
        Some(inner) => Outcome::Value(func.args(inner)[0]),
        None => Outcome::Same,
    }
}

fn simplify_ptr_add(func: &mut Function, inst: InstId, base: ValueId, offset: ValueId) -> Outcome {
    let Some(constant) = func.as_iconst(offset) else { return Outcome::Same };
    if constant == 0 {
        return Outcome::Value(base);
    }
    if let Some(inner) = defined_by(func, base, Op::PtrAdd)
        && let &[inner_base, inner_offset] = func.args(inner)
        && let Some(inner_constant) = func.as_iconst(inner_offset)
    {
        let sum = constant_before(func, inst, Type::I64, inner_constant.wrapping_add(constant));
        func.set_args(inst, &[inner_base, sum]);
        return Outcome::Rewritten;
    }
    if let Some(inner) = defined_by(func, base, Op::DataAddr) {
        let data = *func.inst(inner);
        let moved = Inst::new(Op::DataAddr, Type::Ptr).sym(data.sym).imm(data.imm.wrapping_add(constant));
        rewrite(func, inst, moved, &[]);
        return Outcome::Rewritten;
    }
    Outcome::Same
}

/// Constant pointer offsets move into the immediate of the access.
fn fold_address(func: &mut Function, inst: InstId) -> Outcome {
    let addr = func.args(inst)[0];
    let Some(add) = defined_by(func, addr, Op::PtrAdd) else { return Outcome::Same };
    let &[base, offset] = func.args(add) else { return Outcome::Same };
    let Some(constant) = func.as_iconst(offset) else { return Outcome::Same };
    let Some(moved) = func.inst(inst).imm.checked_add(constant).filter(|&imm| i32::try_from(imm).is_ok())
    else {
        return Outcome::Same;
    };
    func.inst_mut(inst).imm = moved;
    func.args_mut(inst)[0] = base;
    Outcome::Rewritten
}

/// Whether the pointer is known not to be nil by its definition alone.
pub(crate) fn is_non_nil(func: &Function, value: ValueId) -> bool {
    let Some(inst) = func.def_inst(value) else { return false };
    match func.inst(inst).op {
        Op::Alloc => !func.inst(inst).alloc_flags().contains(AllocFlags::OPTIONAL),
        Op::DataAddr | Op::CodeAddr | Op::GetG => true,
        // Inside the object of its base, so nil only if the base is.
        Op::PtrAdd => is_non_nil(func, func.args(inst)[0]),
        _ => false,
    }
}

fn is_in_bounds(func: &Function, data: &Inst, inst: InstId) -> bool {
    let &[idx, len] = func.args(inst) else { return false };
    if idx == len && !data.bounds_kind().is_strict() {
        return true;
    }
    let (Some(idx), Some(len)) = (func.as_iconst(idx), func.as_iconst(len)) else {
        return func.as_iconst(idx) == Some(0) && !data.bounds_kind().is_strict();
    };
    if data.bounds_kind().is_strict() { (idx as u64) < len as u64 } else { idx as u64 <= len as u64 }
}
