//! Loads become the value that was last stored to or loaded from the same place; stores of what a place already holds
//! disappear, as two of the three do in `s = s[:n]`, and so do objects that are only written.
//!
//! What memory holds is known along blocks with one predecessor (extended basic blocks); at joins all is forgotten, since
//! what is worth more is a value after `sroa`, or moved out of the loop by `licm`.

use crate::alias::{Access, Private, access, roots_read};
use crate::flow::Flow;
use crate::pass::Scratch;
use ir::{BlockId, Cfg, Function, InstId, MemFlags, Op, ValueId};

/// How many places are remembered: older ones are forgotten first.
const MAX_KNOWN: usize = 24;

#[derive(Clone)]
struct Known {
    access: Access,
    ty: ir::Type,
    value: ValueId,
}

impl Known {
    /// Whether the place is known to hold the value already.
    fn holds(&self, func: &Function, place: &Access, ty: ir::Type, value: ValueId) -> bool {
        self.ty == ty && self.access.is_same(place) && func.resolve(self.value) == value
    }
}

/// Forwards and removes.
pub fn forward(func: &mut Function, scratch: &mut Scratch) -> bool {
    if !touches_memory(func) {
        return false;
    }
    let private = Private::new(func);
    let mut has_changed = forward_loads(func, &scratch.flow(func), &private);
    if has_changed {
        func.resolve_aliases();
    }
    has_changed |= drop_unread(func, &private);
    has_changed
}

fn touches_memory(func: &Function) -> bool {
    func.layout.iter().any(|&block| {
        func.block_insts(block).any(|inst| matches!(func.inst(inst).op, Op::Load | Op::Store | Op::StoreWb))
    })
}

fn forward_loads(func: &mut Function, flow: &Flow, private: &Private) -> bool {
    let (cfg, dom) = (&flow.cfg, &flow.dom);
    let mut at_end: Vec<Vec<Known>> = vec![Vec::new(); func.n_blocks()];
    let mut has_changed = false;
    for &block in dom.preorder() {
        let mut known = match cfg.preds(block) {
            [edge] => at_end[edge.from.index()].clone(),
            _ => Vec::new(),
        };
        let mut next = func.first_inst(block);
        while let Some(inst) = next {
            next = func.next_inst(inst);
            has_changed |= visit(func, private, &mut known, inst);
        }
        if has_heir(func, cfg, block) {
            at_end[block.index()] = known;
        }
    }
    has_changed
}

fn has_heir(func: &Function, cfg: &Cfg, block: BlockId) -> bool {
    func.successors(block).iter().any(|target| cfg.preds(target.block).len() == 1)
}

fn visit(func: &mut Function, private: &Private, known: &mut Vec<Known>, inst: InstId) -> bool {
    for index in 0..func.args(inst).len() {
        let arg = func.resolve(func.args(inst)[index]);
        func.args_mut(inst)[index] = arg;
    }
    let data = *func.inst(inst);
    match data.op {
        Op::Load => {
            let read = access(func, inst);
            let found = known.iter().rev().find(|known| known.ty == data.ty && known.access.is_same(&read));
            if let Some(value) = found.map(|known| func.resolve(known.value)) {
                func.replace_value(func.result(inst), value);
                func.unlink_inst(inst);
                return true;
            }
            if !data.mem_flags().contains(MemFlags::READONLY) {
                remember(known, Known { access: read, ty: data.ty, value: func.result(inst) });
            }
        }
        Op::Store | Op::StoreWb => {
            let written = access(func, inst);
            let value = func.args(inst)[1];
            if known.iter().any(|known| known.holds(func, &written, data.ty, value)) {
                func.unlink_inst(inst);
                return true;
            }
            known.retain(|known| !known.access.may_overlap(&written, private));
            remember(known, Known { access: written, ty: data.ty, value });
        }
        _ if data.op.is_terminator() && !data.op.is_call() => {}
        _ => known.retain(|known| !known.access.may_be_written_by(func, inst, private)),
    }
    false
}

fn remember(known: &mut Vec<Known>, new: Known) {
    if known.len() == MAX_KNOWN {
        known.remove(0);
    }
    known.push(new);
}

/// Objects that nobody else can see and that are never read: what is written to them goes, and so the object can.
fn drop_unread(func: &mut Function, private: &Private) -> bool {
    let mut is_read = vec![false; func.n_insts()];
    for &block in &func.layout {
        for inst in func.block_insts(block) {
            roots_read(func, inst, |alloc| is_read[alloc.index()] = true);
        }
    }
    let mut has_changed = false;
    for index in 0..func.layout.len() {
        let mut next = func.first_inst(func.layout[index]);
        while let Some(inst) = next {
            next = func.next_inst(inst);
            let is_write = matches!(
                func.inst(inst).op,
                Op::Store | Op::StoreWb | Op::MemZero | Op::MemCopy | Op::MemMove
            );
            if is_write && private.target(func, inst).is_some_and(|alloc| !is_read[alloc.index()]) {
                func.unlink_inst(inst);
                has_changed = true;
            }
        }
    }
    has_changed
}
