//! Terminators and choice.

use cranelift_codegen::ir::{BlockCall, InstBuilder as _, JumpTableData, Value, condcodes::IntCC, types};
use ir::InstId;

use super::{check::no_return_trap, side};
use crate::{
    signature::{Place, result_places},
    translate::{OwnRegion, Translator, Values},
};
use abi::GHead;

/// Fewer cases than this are compared one by one.
const MIN_TABLE_CASES: usize = 5;
/// A jump table has at most this many entries per case.
const MAX_TABLE_SPARSENESS: u64 = 3;
/// Runs of cases up to this long are compared one by one.
const MAX_LINEAR_CASES: usize = 4;

pub(super) fn select(t: &mut Translator<'_>, inst: InstId) {
    let (condition, x, y) = (t.arg(inst, 0), t.arg(inst, 1), t.arg(inst, 2));
    let result = t.ins().select(condition, x, y);
    t.set_result(inst, result);
}

pub(super) fn jump(t: &mut Translator<'_>, inst: InstId) {
    let target = &t.ir.targets(inst)[0];
    let (block, args) = (t.block(target.block), t.target_args(target));
    t.ins().jump(block, &args);
}

pub(super) fn br_if(t: &mut Translator<'_>, inst: InstId) {
    let condition = t.arg(inst, 0);
    let [then, otherwise] = t.ir.targets(inst) else { unreachable!("br_if has two targets") };
    let (then_block, then_args) = (t.block(then.block), t.target_args(then));
    let (else_block, else_args) = (t.block(otherwise.block), t.target_args(otherwise));
    t.ins().brif(condition, then_block, &then_args, else_block, &else_args);
}

/// Results beyond the registers go to `G.retbuf`.
pub(super) fn return_(t: &mut Translator<'_>, inst: InstId) {
    side::leave(t);
    let operands = t.ir.args(inst);
    let places = result_places(operands.iter().map(|&value| t.ir.ty(value)));
    let mut registers = Values::new();
    let mut buffer = None;
    for (&operand, place) in operands.iter().zip(places) {
        let value = t.value(operand);
        match place {
            Place::Register(_) => registers.push(value),
            Place::Retbuf(word) => {
                let buffer = *buffer.get_or_insert_with(|| t.g_load(types::I64, GHead::RETBUF));
                let flags = t.own_flags(OwnRegion::Retbuf);
                t.ins().store(flags, value, buffer, word as i32 * 8);
            }
        }
    }
    t.ins().return_(&registers);
}

pub(super) fn unreachable(t: &mut Translator<'_>, _inst: InstId) {
    t.ins().trap(no_return_trap());
}

// ---- switch

/// A case: its value, as an unsigned number of the operand's width, and its number among the targets.
type Case = (u64, usize);

pub(super) fn switch(t: &mut Translator<'_>, inst: InstId) {
    let operand = t.arg(inst, 0);
    let mask = u64::MAX >> (64 - t.ty(inst).bits());
    let targets = t.ir.targets(inst);
    let mut cases: Vec<Case> = targets
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, target)| (target.case as u64 & mask, index))
        .collect();
    cases.sort_unstable();
    search(t, inst, operand, &cases);
}

/// Goes to the target of the case that `operand` equals, else to the default.
fn search(t: &mut Translator<'_>, inst: InstId, operand: Value, cases: &[Case]) {
    if is_dense(cases) {
        jump_table(t, inst, operand, cases);
    } else if cases.len() <= MAX_LINEAR_CASES {
        compare_each(t, inst, operand, cases);
    } else {
        let (low, high) = cases.split_at(cases.len() / 2);
        let pivot = constant(t, inst, high[0].0);
        let is_high = t.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, operand, pivot);
        let (low_block, high_block) = (t.next_block(), t.next_block());
        t.branch(is_high, high_block, low_block);
        t.switch_to(low_block);
        search(t, inst, operand, low);
        t.switch_to(high_block);
        search(t, inst, operand, high);
    }
}

fn is_dense(cases: &[Case]) -> bool {
    let [(first, _), .., (last, _)] = cases else { return false };
    cases.len() >= MIN_TABLE_CASES && (last - first) / MAX_TABLE_SPARSENESS < cases.len() as u64
}

fn constant(t: &mut Translator<'_>, inst: InstId, bits: u64) -> Value {
    let ty = t.ty(inst);
    t.ins().iconst(ty, bits as i64)
}

fn compare_each(t: &mut Translator<'_>, inst: InstId, operand: Value, cases: &[Case]) {
    for &(case, index) in cases {
        let wanted = constant(t, inst, case);
        let is_equal = t.ins().icmp(IntCC::Equal, operand, wanted);
        let target = &t.ir.targets(inst)[index];
        let (block, args) = (t.block(target.block), t.target_args(target));
        let next = t.next_block();
        t.ins().brif(is_equal, block, &args, next, &[]);
        t.switch_to(next);
    }
    go_to(t, inst, 0);
}

fn go_to(t: &mut Translator<'_>, inst: InstId, index: usize) {
    let target = &t.ir.targets(inst)[index];
    let (block, args) = (t.block(target.block), t.target_args(target));
    t.ins().jump(block, &args);
}

/// Table indices are 32 bits wide in CLIF: wider operands are checked against the table's length first.
fn jump_table(t: &mut Translator<'_>, inst: InstId, operand: Value, cases: &[Case]) {
    let (first, last) = (cases[0].0, cases[cases.len() - 1].0);
    let start = constant(t, inst, first);
    let index = t.ins().isub(operand, start);
    let index = match t.ty(inst).bits() {
        64 => {
            let limit = t.iconst((last - first) as i64);
            let is_outside = t.ins().icmp(IntCC::UnsignedGreaterThan, index, limit);
            let default = &t.ir.targets(inst)[0];
            let (block, args) = (t.block(default.block), t.target_args(default));
            let inside = t.next_block();
            t.ins().brif(is_outside, block, &args, inside, &[]);
            t.switch_to(inside);
            t.ins().ireduce(types::I32, index)
        }
        32 => index,
        _ => t.ins().uextend(types::I32, index),
    };
    let default = table_entry(t, inst, 0);
    let mut entries = vec![default; (last - first + 1) as usize];
    for &(case, target) in cases {
        entries[(case - first) as usize] = table_entry(t, inst, target);
    }
    let table = t.cursor.func.create_jump_table(JumpTableData::new(default, &entries));
    t.ins().br_table(index, table);
}

fn table_entry(t: &mut Translator<'_>, inst: InstId, index: usize) -> BlockCall {
    let target = &t.ir.targets(inst)[index];
    let (block, args) = (t.block(target.block), t.target_args(target));
    BlockCall::new(block, args, &mut t.cursor.func.dfg.value_lists)
}
