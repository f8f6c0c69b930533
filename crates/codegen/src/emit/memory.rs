//! Addresses, loads and stores.

use abi::heap::WB_FLAG_SYMBOL;
use code::Symbol;
use cranelift_codegen::{
    ir::{AbiParam, InstBuilder as _, MemFlagsData, Signature, Value, types},
    isa::CallConv,
};
use ir::{InstId, MemFlags, Region};

use crate::{
    names::Referent,
    support::WRITE_BARRIER,
    translate::{OwnRegion, Translator},
};

pub(super) fn code_addr(t: &mut Translator<'_>, inst: InstId) {
    let symbol = t.inst(inst).sym;
    let offset = t.inst(inst).imm;
    let result = t.address_of(Referent::Symbol(symbol), offset);
    t.set_result(inst, result);
}

pub(super) fn data_addr(t: &mut Translator<'_>, inst: InstId) {
    let symbol = t.inst(inst).sym;
    let offset = t.inst(inst).imm;
    let result = t.address_of(Referent::Symbol(symbol), offset);
    t.set_result(inst, result);
}

/// The flags of an access: those of the IR, but one that stands for a nil check may fault and must stay.
pub(super) fn access_flags(t: &mut Translator<'_>, inst: InstId) -> MemFlagsData {
    let known = t.inst(inst).mem_flags();
    let mut flags = MemFlagsData::new();
    if !t.faulting.contains_key(&inst) {
        if known.contains(MemFlags::NOTRAP) {
            flags.set_notrap();
        }
        if known.contains(MemFlags::CAN_MOVE) {
            flags.set_can_move();
        }
    }
    if known.contains(MemFlags::READONLY) {
        flags.set_readonly();
    }
    let region = t.inst(inst).region();
    if region != Region::ANY {
        let region = t.alias_region(u32::from(region.0));
        flags.set_alias_region(Some(region));
    }
    flags
}

/// Base and displacement of `[arg0 + imm]`.
pub(super) fn address(t: &mut Translator<'_>, inst: InstId) -> (Value, i32) {
    let (base, offset) = (t.arg(inst, 0), t.inst(inst).imm);
    match i32::try_from(offset) {
        Ok(offset) => (base, offset),
        Err(_) => {
            let offset = t.iconst(offset);
            (t.ins().iadd(base, offset), 0)
        }
    }
}

/// The whole address of `[arg0 + imm]`.
pub(super) fn full_address(t: &mut Translator<'_>, inst: InstId) -> Value {
    let (base, offset) = (t.arg(inst, 0), t.inst(inst).imm);
    if offset == 0 { base } else { t.ins().iadd_imm_s(base, offset) }
}

pub(super) fn load(t: &mut Translator<'_>, inst: InstId) {
    let flags = access_flags(t, inst);
    let (ty, (base, offset)) = (t.ty(inst), address(t, inst));
    let result = t.ins().load(ty, flags, base, offset);
    t.set_result(inst, result);
}

pub(super) fn store(t: &mut Translator<'_>, inst: InstId) {
    let flags = access_flags(t, inst);
    let ((base, offset), value) = (address(t, inst), t.arg(inst, 1));
    t.ins().store(flags, value, base, offset);
}

pub(super) fn store_wb(t: &mut Translator<'_>, inst: InstId) {
    let slot = full_address(t, inst);
    let value = t.arg(inst, 1);
    barrier(t, slot, value);
    store(t, inst);
}

/// Tells the collector that `slot` is about to hold `value`, if it wants to know.
pub(super) fn barrier(t: &mut Translator<'_>, slot: Value, value: Value) {
    let flag = t.address_of(Referent::Symbol(Symbol::intern(WB_FLAG_SYMBOL)), 0);
    let flags = t.own_flags(OwnRegion::BarrierFlag);
    let is_on = t.ins().load(types::I32, flags, flag, 0);
    let (cold, next) = (t.cold_block(), t.next_block());
    t.branch(is_on, cold, next);

    t.switch_to(cold);
    let mut signature = Signature::new(CallConv::PreserveAll);
    signature.params = vec![AbiParam::new(types::I64); 2];
    let signature = t.signature(signature);
    let helper = t.function(Symbol::intern(WRITE_BARRIER), signature);
    t.ins().call(helper, &[slot, value]);
    t.jump(next, &[]);

    t.switch_to(next);
}
