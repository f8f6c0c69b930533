//! Removes instructions and block parameters that nothing needs.

use crate::pass::Scratch;
use crate::simplify_cfg::remove_params;
use ir::function::ValueDef;
use ir::{Cfg, Function, InstId, ValueId};
use smallvec::SmallVec;

/// Marks what effects need, backwards, and drops the rest.
pub fn dce(func: &mut Function, scratch: &mut Scratch) -> bool {
    let flow = scratch.flow(func);
    let live = &mut scratch.live;
    live.clear();
    live.resize(func.n_values(), false);
    mark(func, &flow.cfg, live);
    sweep(func, &flow.cfg, live)
}

fn mark(func: &Function, cfg: &Cfg, live: &mut [bool]) {
    let mut work: Vec<ValueId> = Vec::new();
    for &block in &cfg.rpo {
        for inst in func.block_insts(block) {
            if !func.inst(inst).is_removable() {
                work.extend_from_slice(func.args(inst));
            }
        }
    }
    while let Some(value) = work.pop() {
        if std::mem::replace(&mut live[value.index()], true) {
            continue;
        }
        match func.value_def(value) {
            ValueDef::Result(inst, _) if func.inst(inst).is_removable() => {
                work.extend_from_slice(func.args(inst))
            }
            ValueDef::Param(block, index) => {
                let args =
                    cfg.preds(block).iter().map(|edge| func.target(edge.target).args[usize::from(index)]);
                work.extend(args);
            }
            _ => {}
        }
    }
}

fn sweep(func: &mut Function, cfg: &Cfg, live: &[bool]) -> bool {
    let mut has_changed = false;
    for &block in &cfg.rpo {
        let keep: SmallVec<[bool; 8]> = func.params(block).iter().map(|param| live[param.index()]).collect();
        if block != func.entry() && keep.contains(&false) {
            remove_params(func, cfg, block, &keep);
            has_changed = true;
        }
        let mut next = func.first_inst(block);
        while let Some(inst) = next {
            next = func.next_inst(inst);
            if is_dead(func, inst, live) {
                func.unlink_inst(inst);
                has_changed = true;
            }
        }
    }
    has_changed
}

fn is_dead(func: &Function, inst: InstId, live: &[bool]) -> bool {
    func.inst(inst).is_removable() && func.results(inst).all(|result| !live[result.index()])
}
