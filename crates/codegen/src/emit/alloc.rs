//! Allocation: in the side frame, or in the heap by bumping the processor's run of free slots.

use abi::{
    GHead, RtFn,
    heap::{AllocCache, AllocKind, MAX_INLINE_SIZE},
    size_class::{CLASS_SIZES, size_class},
};
use code::Symbol;
use cranelift_codegen::ir::{InstBuilder as _, Value, condcodes::IntCC, types};
use ir::{AllocFlags, InstId};

use super::{bulk, call, side};
use crate::{
    names::Referent,
    translate::{OwnRegion, Translator},
};

/// The variable that all objects of size 0 are.
const ZERO_BASE: &str = "runtime.zerobase";

pub(super) fn alloc(t: &mut Translator<'_>, inst: InstId) {
    let flags = t.inst(inst).alloc_flags();
    let n_bytes = t.inst(inst).imm;
    let result = if flags.contains(AllocFlags::SIDE) {
        side_object(t, inst, n_bytes, flags)
    } else if n_bytes == 0 {
        t.address_of(Referent::Symbol(Symbol::intern(ZERO_BASE)), 0)
    } else if n_bytes as usize <= MAX_INLINE_SIZE {
        heap_inline(t, inst, n_bytes as u32, flags)
    } else {
        heap_call(t, inst, n_bytes, flags)
    };
    t.set_result(inst, result);
}

fn side_object(t: &mut Translator<'_>, inst: InstId, n_bytes: i64, flags: AllocFlags) -> Value {
    let (base, offset) = side::slot(t, inst);
    if !flags.contains(AllocFlags::UNINIT) {
        bulk::zero_constant(t, base, offset, n_bytes);
    }
    t.ins().iadd_imm_s(base, i64::from(offset))
}

fn heap_call(t: &mut Translator<'_>, inst: InstId, n_bytes: i64, flags: AllocFlags) -> Value {
    if flags.contains(AllocFlags::NOSCAN) {
        let is_zeroed = t.iconst(i64::from(!flags.contains(AllocFlags::UNINIT)));
        let (n_bytes, no_type) = (t.iconst(n_bytes), t.iconst(0));
        call::call_runtime(t, RtFn::malloc, &[n_bytes, no_type, is_zeroed])[0]
    } else {
        let descriptor = t.address_of(Referent::Symbol(t.inst(inst).sym), 0);
        call::call_runtime(t, RtFn::new_object, &[descriptor])[0]
    }
}

/// As drawn in `abi::heap`: take the run's next slot, or ask the runtime for one.
fn heap_inline(t: &mut Translator<'_>, inst: InstId, n_bytes: u32, flags: AllocFlags) -> Value {
    let class = size_class(n_bytes as usize);
    let kind = if flags.contains(AllocFlags::NOSCAN) {
        // The pointer-free kinds are numbered by size class in every program.
        t.iconst(i64::from(class) * size_of::<AllocKind>() as i64)
    } else {
        t.address_of(Referent::AllocKind { n_bytes, descriptor: t.inst(inst).sym }, 0)
    };
    let cache = t.g_load(types::I64, GHead::ALLOC_CACHE);
    let run = t.ins().iadd(cache, kind);
    let run_flags = t.own_flags(OwnRegion::Runs);
    let current = t.ins().load(types::I64, run_flags, run, AllocCache::RUNS);
    let next = t.ins().iadd_imm_s(current, i64::from(CLASS_SIZES[usize::from(class)]));
    let end = t.ins().load(types::I64, run_flags, run, AllocCache::RUNS + 8);
    let is_full = t.ins().icmp(IntCC::UnsignedGreaterThan, next, end);
    let (slow, fast) = (t.cold_block(), t.next_block());
    t.branch(is_full, slow, fast);

    t.switch_to(fast);
    t.ins().store(run_flags, next, run, AllocCache::RUNS);
    let done = t.next_block();
    let object = t.block_param(done, types::I64);
    t.jump(done, &[current]);

    t.switch_to(slow);
    let allocated = call::call_cold(t, RtFn::alloc, &[kind]);
    t.jump(done, &[allocated]);

    t.switch_to(done);
    object
}
