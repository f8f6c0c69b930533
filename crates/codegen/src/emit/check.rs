//! Run-time checks. The failing side is a cold call that does not return.

use abi::GHead;
use code::Symbol;
use cranelift_codegen::{
    ir::{
        AbiParam, Block, InstBuilder as _, MemFlagsData, Signature, TrapCode, Value, condcodes::IntCC, types,
    },
    isa::CallConv,
};
use ir::{Effects, InstId, MemFlags, Op, PanicKind};

use crate::{support::PANIC_BOUNDS, translate::Translator};

/// Addresses below this fault and are reported as nil dereferences.
const NIL_PAGE: i64 = 4096;

/// Behind a call that does not return.
pub(super) fn no_return_trap() -> TrapCode {
    TrapCode::unwrap_user(1)
}

/// A nil check is an access to the page of nil: the next access through the pointer if there is one soon enough, else
/// an extra one.
pub(super) fn nil_check(t: &mut Translator<'_>, inst: InstId) {
    match standing_access(t, inst) {
        Some(access) => {
            t.faulting.entry(access).or_insert(t.ir.loc(inst));
        }
        None => {
            let pointer = t.arg(inst, 0);
            t.ins().load(types::I8, MemFlagsData::new(), pointer, 0);
        }
    }
}

/// The access that can stand for the nil check: through the same pointer, close enough to its start, and with nothing
/// in between that could be observed.
fn standing_access(t: &Translator<'_>, check: InstId) -> Option<InstId> {
    let pointer = t.ir.args(check)[0];
    let mut next = t.ir.next_inst(check);
    while let Some(inst) = next {
        let data = t.ir.inst(inst);
        let is_access =
            matches!(data.op, Op::Load | Op::Store | Op::AtomicLoad | Op::AtomicStore | Op::AtomicCas);
        if is_access && t.ir.args(inst)[0] == pointer {
            let end = data.imm + i64::from(data.ty.n_bytes());
            return (data.imm >= 0 && end <= NIL_PAGE).then_some(inst);
        }
        // Which of two nil pointers panics first makes no difference but the line.
        let is_check = data.op == Op::NilCheck;
        let may_fault = data.op == Op::Load && !data.mem_flags().contains(MemFlags::NOTRAP);
        let observable = Effects::WRITES
            | Effects::PANICS
            | Effects::GC
            | Effects::PARKS
            | Effects::PINNED
            | Effects::TERMINATOR;
        if !is_check && (may_fault || data.effects().intersects(observable)) {
            return None;
        }
        next = t.ir.next_inst(inst);
    }
    None
}

pub(super) fn bounds_check(t: &mut Translator<'_>, inst: InstId) {
    let (index, len) = (t.arg(inst, 0), t.arg(inst, 1));
    let data = t.inst(inst);
    let in_bounds =
        if data.bounds_kind().is_strict() { IntCC::UnsignedLessThan } else { IntCC::UnsignedLessThanOrEqual };
    let is_ok = t.ins().icmp(in_bounds, index, len);
    let unsigned = if data.is_unsigned() { abi::BoundsKind::UNSIGNED } else { 0 };
    let code = data.bounds_kind() as u8 | unsigned;
    let (cold, next) = (t.cold_block(), t.next_block());
    t.branch(is_ok, next, cold);
    t.switch_to(cold);
    // Operands of calls are bound to registers, and a value that is bound to several is moved to the stack by Cranelift's
    // allocator wherever it lives. So index and length, which hot loops use, go by memory.
    t.g_store(index, GHead::RET);
    t.g_store(len, GHead::RET + 8);
    let code = t.iconst(i64::from(code));
    call_panic(t, PANIC_BOUNDS, &[code]);
    t.switch_to(next);
}

pub(super) fn panic_if(t: &mut Translator<'_>, inst: InstId) {
    let condition = t.arg(inst, 0);
    let (cold, next): (Block, Block) = (t.cold_block(), t.next_block());
    // The second target ends up behind the function in the allocator's order, out of all loops.
    let is_ok = t.ins().icmp_imm_s(IntCC::Equal, condition, 0);
    t.branch(is_ok, next, cold);
    t.switch_to(cold);
    call_panic(t, panic_function(t.inst(inst).panic_kind()), &[]);
    t.switch_to(next);
}

/// The function of the overlay's runtime; the names are upstream's.
fn panic_function(kind: PanicKind) -> &'static str {
    match kind {
        PanicKind::Divide => "runtime.panicdivide",
        PanicKind::Shift => "runtime.panicshift",
        PanicKind::MakeSliceLen => "runtime.panicmakeslicelen",
        PanicKind::MakeSliceCap => "runtime.panicmakeslicecap",
        PanicKind::UnsafeSliceLen => "runtime.panicunsafeslicelen",
        PanicKind::UnsafeSliceNil => "runtime.panicunsafeslicenilptr",
        PanicKind::UnsafeStringLen => "runtime.panicunsafestringlen",
        PanicKind::UnsafeStringNil => "runtime.panicunsafestringnilptr",
    }
}

/// Calls a function of integers that does not return, and ends the block.
fn call_panic(t: &mut Translator<'_>, function: &str, args: &[Value]) {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params = vec![AbiParam::new(types::I64); args.len()];
    let signature = t.signature(signature);
    let function = t.function(Symbol::intern(function), signature);
    t.ins().call(function, args);
    t.ins().trap(no_return_trap());
}
