//! Global value numbering: in one walk over the dominator tree, each instruction is simplified by the rules, and replaced
//! by an equal one that dominates it.

use crate::pass::Scratch;
use crate::rules::{Outcome, simplify};
use ir::{DomTree, Effects, Function, InstId, Op};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// An open-addressing table of instructions by what they compute.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    slots: Vec<Option<InstId>>,
}

/// Simplifies and merges.
pub fn gvn(func: &mut Function, scratch: &mut Scratch) -> bool {
    let flow = scratch.flow(func);
    let dom = &flow.dom;
    scratch.gvn.reset(func.n_insts());
    let mut has_changed = false;
    for &block in dom.preorder() {
        let mut next = func.first_inst(block);
        while let Some(inst) = next {
            next = func.next_inst(inst);
            has_changed |= visit(func, dom, &mut scratch.gvn, inst);
        }
    }
    if has_changed {
        func.resolve_aliases();
        // A rule may have exchanged the targets of a branch.
        scratch.graph_changed();
    }
    has_changed
}

fn visit(func: &mut Function, dom: &DomTree, numbers: &mut Numbers, inst: InstId) -> bool {
    resolve_operands(func, inst);
    let mut has_changed = false;
    loop {
        match simplify(func, inst) {
            Outcome::Same => break,
            Outcome::Rewritten => has_changed = true,
            Outcome::Value(value) => {
                func.replace_value(func.result(inst), value);
                func.unlink_inst(inst);
                return true;
            }
            Outcome::Nothing => {
                func.unlink_inst(inst);
                return true;
            }
        }
    }
    if !is_numbered(func, inst) {
        return has_changed;
    }
    match numbers.leader(func, dom, inst) {
        Some(leader) => {
            for (result, with) in func.results(inst).zip(func.results(leader)) {
                func.replace_value(result, with);
            }
            func.unlink_inst(inst);
            true
        }
        None => has_changed,
    }
}

fn resolve_operands(func: &mut Function, inst: InstId) {
    for index in 0..func.args(inst).len() {
        let value = func.resolve(func.args(inst)[index]);
        func.args_mut(inst)[index] = value;
    }
    for target in 0..func.targets(inst).len() {
        for index in 0..func.targets(inst)[target].args.len() {
            let value = func.resolve(func.targets(inst)[target].args[index]);
            func.targets_mut(inst)[target].args[index] = value;
        }
    }
}

/// Whether equal instructions have equal results, and may be merged when one dominates the other. Checks are: if the first
/// did not panic, the second does not.
fn is_numbered(func: &Function, inst: InstId) -> bool {
    let data = func.inst(inst);
    data.is_pure()
        || matches!(data.op, Op::NilCheck | Op::BoundsCheck | Op::PanicIf)
        || (data.op == Op::Load && !data.effects().contains(Effects::READS))
}

impl Numbers {
    fn reset(&mut self, n_insts: usize) {
        self.slots.clear();
        self.slots.resize((n_insts * 2).next_power_of_two().max(16), None);
    }

    /// An equal instruction that dominates this one; else this one becomes the leader of its class.
    fn leader(&mut self, func: &Function, dom: &DomTree, inst: InstId) -> Option<InstId> {
        let block = func.inst_block(inst).expect("visited instructions are in a block");
        let mask = self.slots.len() - 1;
        let mut at = hash(func, inst) as usize & mask;
        while let Some(other) = self.slots[at] {
            if is_equal(func, inst, other) {
                if func.inst_block(other).is_some_and(|home| dom.dominates(home, block)) {
                    return Some(other);
                }
                break;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = Some(inst);
        None
    }
}

fn hash(func: &Function, inst: InstId) -> u64 {
    let data = func.inst(inst);
    let mut hasher = FxHasher::default();
    hasher.write_u32(u32::from_le_bytes([data.op as u8, data.ty as u8, data.sub, data.flags]));
    hasher.write_u32(data.sym.as_u32());
    hasher.write_u64(data.imm as u64);
    for &arg in func.args(inst) {
        hasher.write_u64(arg.index() as u64);
    }
    // The low bits of the product that this hash ends with are the weak ones.
    hasher.finish() >> 20
}

fn is_equal(func: &Function, a: InstId, b: InstId) -> bool {
    let (x, y) = (func.inst(a), func.inst(b));
    (x.op, x.ty, x.sub, x.flags, x.sym, x.imm) == (y.op, y.ty, y.sub, y.flags, y.sym, y.imm)
        && func.args(a) == func.args(b)
        && func.results(a).map(|v| func.ty(v)).eq(func.results(b).map(|v| func.ty(v)))
}
