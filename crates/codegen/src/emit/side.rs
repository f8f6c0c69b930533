//! The side frame: memory for objects that have an address but do not outlive the call.
//!
//! The protocol of chunks is in `abi`'s description of G: bump at entry, give back at every exit.

use abi::{GHead, RtFn};
use base::IdxVec;
use cranelift_codegen::ir::{InstBuilder as _, Value, condcodes::IntCC, types};
use cranelift_entity::packed_option::ReservedValue as _;
use ir::{AllocFlags, Cfg, InstId, Op};

use super::call::{call_cold, call_runtime};
use crate::translate::Translator;

/// Frames and the larger objects in them are aligned so.
const ALIGN: u32 = 16;

/// The layout of a function's side frame.
#[derive(Debug)]
pub(crate) struct SideFrame {
    offsets: IdxVec<InstId, u32>,
    n_bytes: u32,
    base: Value,
}

impl SideFrame {
    /// Gives each side allocation of the function its place; nothing when there is none.
    pub(crate) fn plan(function: &ir::Function, cfg: &Cfg) -> Option<SideFrame> {
        let mut offsets = IdxVec::new();
        let mut end = 0;
        for inst in side_objects(function, cfg) {
            let data = function.inst(inst);
            if offsets.is_empty() {
                offsets = IdxVec::from_elem(0, function.n_insts());
            }
            let start = u32::next_multiple_of(end, data.align().clamp(1, ALIGN));
            offsets[inst] = start;
            end = start + u32::try_from(data.imm).expect("opt leaves huge objects in the heap");
        }
        // Even objects without bytes need a frame that gives them an address.
        let n_bytes = end.max(1).next_multiple_of(ALIGN);
        (!offsets.is_empty()).then(|| SideFrame { offsets, n_bytes, base: Value::reserved_value() })
    }

    /// The number of objects, and the frame's size in bytes.
    pub(crate) fn extent(&self, function: &ir::Function) -> (usize, u32) {
        (side_objects(function, &Cfg::new(function)).count(), self.n_bytes)
    }
}

/// The allocations of a function that live in its side frame.
fn side_objects<'a>(function: &'a ir::Function, cfg: &'a Cfg) -> impl Iterator<Item = InstId> + 'a {
    let insts = cfg.rpo.iter().flat_map(|&block| function.block_insts(block));
    insts.filter(|&inst| {
        let data = function.inst(inst);
        data.op == Op::Alloc && data.alloc_flags().contains(AllocFlags::SIDE)
    })
}

/// Base and offset of the slot of a side allocation.
pub(super) fn slot(t: &Translator<'_>, inst: InstId) -> (Value, i32) {
    let frame = t.side.as_ref().expect("a function with side allocations has a side frame");
    (frame.base, frame.offsets[inst] as i32)
}

/// At entry: takes the frame from the chunk, or from a new one.
pub(crate) fn enter(t: &mut Translator<'_>) {
    let Some(n_bytes) = t.side.as_ref().map(|frame| i64::from(frame.n_bytes)) else { return };
    let start = t.g_load(types::I64, GHead::SIDE_PTR);
    let end = t.ins().iadd_imm_s(start, n_bytes);
    let limit = t.g_load(types::I64, GHead::SIDE_LIMIT);
    let is_full = t.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
    let (slow, fast) = (t.cold_block(), t.next_block());
    t.branch(is_full, slow, fast);

    t.switch_to(fast);
    t.g_store(end, GHead::SIDE_PTR);
    let done = t.next_block();
    let base = t.block_param(done, types::I64);
    t.jump(done, &[start]);

    t.switch_to(slow);
    let n_bytes = t.iconst(n_bytes);
    let fresh = call_cold(t, RtFn::side_grow, &[n_bytes]);
    t.jump(done, &[fresh]);

    t.switch_to(done);
    if let Some(frame) = &mut t.side {
        frame.base = base;
    }
}

/// At an exit: gives the frame back, and the chunk if the frame was the first in it.
pub(super) fn leave(t: &mut Translator<'_>) {
    let Some(base) = t.side.as_ref().map(|frame| frame.base) else { return };
    t.g_store(base, GHead::SIDE_PTR);
    let chunk = t.g_load(types::I64, GHead::SIDE_BASE);
    let is_first = t.ins().icmp(IntCC::Equal, base, chunk);
    let (release, done) = (t.cold_block(), t.next_block());
    t.branch(is_first, release, done);

    t.switch_to(release);
    call_runtime(t, RtFn::side_release, &[base]);
    t.jump(done, &[]);

    t.switch_to(done);
}
