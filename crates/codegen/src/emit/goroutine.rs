//! The goroutine and its frames.

use abi::{GHead, RtFn};
use cranelift_codegen::ir::{InstBuilder as _, MemFlagsData, types};
use ir::InstId;

use super::call::{call_helper, call_runtime};
use crate::{
    support::{CALLER_SP, OWN_FRAME, PARENT_FRAME},
    translate::Translator,
};

/// The flag is read atomically, which costs nothing here and keeps Cranelift from reusing the value of an earlier poll.
pub(super) fn poll(t: &mut Translator<'_>, _inst: InstId) {
    let g = t.g();
    let flag = t.ins().iadd_imm_s(g, i64::from(GHead::PREEMPT));
    let is_wanted = t.ins().atomic_load(types::I32, MemFlagsData::trusted(), flag);
    let (cold, next) = (t.cold_block(), t.next_block());
    t.branch(is_wanted, cold, next);

    t.switch_to(cold);
    call_runtime(t, RtFn::poll, &[]);
    t.jump(next, &[]);

    t.switch_to(next);
}

pub(super) fn get_g(t: &mut Translator<'_>, inst: InstId) {
    let g = t.g();
    t.set_result(inst, g);
}

pub(super) fn g_load(t: &mut Translator<'_>, inst: InstId) {
    let (ty, offset) = (t.ty(inst), field_offset(t, inst));
    let result = t.g_load(ty, offset);
    t.set_result(inst, result);
}

pub(super) fn g_store(t: &mut Translator<'_>, inst: InstId) {
    let (value, offset) = (t.arg(inst, 0), field_offset(t, inst));
    t.g_store(value, offset);
}

fn field_offset(t: &Translator<'_>, inst: InstId) -> i32 {
    i32::try_from(t.inst(inst).imm).expect("a field of G")
}

pub(super) fn caller_pc(t: &mut Translator<'_>, inst: InstId) {
    let result = t.ins().get_return_address(types::I64);
    t.set_result(inst, result);
}

pub(super) fn caller_sp(t: &mut Translator<'_>, inst: InstId) {
    let result = call_helper(t, CALLER_SP, &[], 1)[0];
    t.set_result(inst, result);
}

pub(super) fn own_frame(t: &mut Translator<'_>, inst: InstId) {
    let result = call_helper(t, OWN_FRAME, &[], 1)[0];
    t.set_result(inst, result);
}

pub(super) fn parent_frame(t: &mut Translator<'_>, inst: InstId) {
    let result = call_helper(t, PARENT_FRAME, &[], 1)[0];
    t.set_result(inst, result);
}

/// A use that Cranelift cannot remove: roots are found conservatively, so being in a register or spill slot until here
/// is being alive until here.
pub(super) fn keep_alive(t: &mut Translator<'_>, inst: InstId) {
    let value = t.arg(inst, 0);
    t.g_store(value, GHead::SCRATCH);
}
