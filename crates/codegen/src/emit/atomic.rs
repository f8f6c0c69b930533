//! Atomic operations: sequentially consistent, on naturally aligned words.

use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder as _, condcodes::IntCC};
use ir::{InstId, RmwOp};

use super::memory::{access_flags, barrier, full_address};
use crate::translate::Translator;
use cranelift_codegen::ir::MemFlagsData;

pub(super) fn load(t: &mut Translator<'_>, inst: InstId) {
    let flags = access_flags(t, inst);
    let (ty, address) = (t.ty(inst), full_address(t, inst));
    let result = t.ins().atomic_load(ty, flags, address);
    t.set_result(inst, result);
}

pub(super) fn store(t: &mut Translator<'_>, inst: InstId) {
    let flags = access_flags(t, inst);
    let (address, value) = (full_address(t, inst), t.arg(inst, 1));
    t.ins().atomic_store(flags, value, address);
}

pub(super) fn store_wb(t: &mut Translator<'_>, inst: InstId) {
    let (address, value) = (full_address(t, inst), t.arg(inst, 1));
    barrier(t, address, value);
    store(t, inst);
}

pub(super) fn rmw(t: &mut Translator<'_>, inst: InstId) {
    let op = match t.inst(inst).rmw_op() {
        RmwOp::Add => AtomicRmwOp::Add,
        RmwOp::And => AtomicRmwOp::And,
        RmwOp::Or => AtomicRmwOp::Or,
        RmwOp::Xchg => AtomicRmwOp::Xchg,
    };
    let (ty, address, value) = (t.ty(inst), t.arg(inst, 0), t.arg(inst, 1));
    let result = t.ins().atomic_rmw(ty, MemFlagsData::new(), op, address, value);
    t.set_result(inst, result);
}

pub(super) fn xchg_wb(t: &mut Translator<'_>, inst: InstId) {
    let (address, value) = (full_address(t, inst), t.arg(inst, 1));
    barrier(t, address, value);
    let (ty, flags) = (t.ty(inst), access_flags(t, inst));
    let result = t.ins().atomic_rmw(ty, flags, AtomicRmwOp::Xchg, address, value);
    t.set_result(inst, result);
}

pub(super) fn cas(t: &mut Translator<'_>, inst: InstId) {
    let flags = access_flags(t, inst);
    let (address, expected, new) = (full_address(t, inst), t.arg(inst, 1), t.arg(inst, 2));
    let old = t.ins().atomic_cas(flags, address, expected, new);
    let result = t.ins().icmp(IntCC::Equal, old, expected);
    t.set_result(inst, result);
}

/// The barrier may note a pointer that is then not stored: that costs the collector a little and loses nothing.
pub(super) fn cas_wb(t: &mut Translator<'_>, inst: InstId) {
    let (address, new) = (full_address(t, inst), t.arg(inst, 2));
    barrier(t, address, new);
    cas(t, inst);
}
