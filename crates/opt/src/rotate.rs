//! Turns loops that test at the top into loops that test at the bottom: the header's test is copied to the end of the
//! only latch, so that an iteration has one jump less, and what the loop does first is executed whenever the loop is entered.

use crate::loops::Loops;
use crate::pass::Scratch;
use crate::simplify_cfg::{for_each_use, merge_params};
use crate::ssa::Variables;
use ir::function::ValueDef;
use ir::{BlockId, Cfg, Effects, Function, Inst, InstId, Op, SrcLoc, Target, ValueId};
use smallvec::SmallVec;

/// The most instructions that are copied.
const MAX_HEADER: usize = 16;

/// Rotates all loops that can be.
pub fn rotate(func: &mut Function, scratch: &mut Scratch) -> bool {
    let flow = scratch.flow(func);
    let (cfg, loops) = (&flow.cfg, flow.loops(func));
    if loops.loops.is_empty() || !loops.is_reducible {
        return false;
    }
    let mut has_changed = false;
    for index in (0..loops.loops.len()).rev() {
        if let Some(candidate) = candidate(func, cfg, loops, index) {
            rotate_loop(func, &candidate);
            has_changed = true;
        }
    }
    if has_changed {
        scratch.graph_changed();
    }
    has_changed
}

struct Candidate {
    header: BlockId,
    latch: BlockId,
}

fn candidate(func: &Function, cfg: &Cfg, loops: &Loops, index: usize) -> Option<Candidate> {
    let found = &loops.loops[index];
    let header = found.header;
    let &[latch] = found.latches.as_slice() else { return None };
    let last = func.terminator(header);
    // A loop of one block is rotated already.
    if latch == header || func.inst(last).op != Op::BrIf || func.inst(func.terminator(latch)).op != Op::Jump {
        return None;
    }
    let is_inside = |target: &Target| loops.contains(index as u32, target.block);
    let n_inside = func.targets(last).iter().filter(|target| is_inside(target)).count();
    // One way out; and the way in leads to a block of its own, which becomes the new header.
    let body = func.targets(last).iter().find(|target| is_inside(target))?.block;
    let can_copy = |inst: InstId| {
        let effects = func.inst(inst).effects();
        !effects.intersects(Effects::FRESH | Effects::PINNED) && !func.inst(inst).op.is_call()
    };
    let is_small = func.block_insts(header).take(MAX_HEADER + 1).count() <= MAX_HEADER;
    let is_candidate = n_inside == 1 && is_small && body != header && cfg.preds(body).len() == 1;
    (is_candidate && func.block_insts(header).all(can_copy)).then_some(Candidate { header, latch })
}

fn rotate_loop(func: &mut Function, &Candidate { header, latch }: &Candidate) {
    let jump = func.terminator(latch);
    let args = func.targets(jump)[0].args.clone();
    func.unlink_inst(jump);
    // Each value of the header and its copy at the end of the latch.
    let mut pairs: Vec<(ValueId, ValueId)> = func.params(header).iter().copied().zip(args).collect();
    let insts: Vec<InstId> = func.block_insts(header).collect();
    for inst in insts {
        copy_inst(func, inst, latch, &mut pairs);
    }
    rejoin(func, header, latch, &pairs);
}

fn copied(pairs: &[(ValueId, ValueId)], value: ValueId) -> ValueId {
    pairs.iter().find(|pair| pair.0 == value).map_or(value, |pair| pair.1)
}

fn copy_inst(func: &mut Function, inst: InstId, to: BlockId, pairs: &mut Vec<(ValueId, ValueId)>) {
    let data = *func.inst(inst);
    let args: SmallVec<[ValueId; 4]> = func.args(inst).iter().map(|&arg| copied(pairs, arg)).collect();
    let types: SmallVec<[ir::Type; 2]> = func.results(inst).map(|result| func.ty(result)).collect();
    let targets: SmallVec<[Target; 2]> = func.targets(inst).iter().cloned().collect();
    let copy = func.make_inst(data, &args, &types, func.loc(inst));
    func.append_inst(to, copy);
    pairs.extend(func.results(inst).zip(func.results(copy)));
    if !targets.is_empty() {
        let substitute = |mut target: Target| {
            target.args.iter_mut().for_each(|arg| *arg = copied(pairs, *arg));
            target
        };
        let targets: SmallVec<[Target; 2]> = targets.into_iter().map(substitute).collect();
        func.set_targets(copy, targets);
    }
}

/// Uses of the header's values elsewhere see the value of whichever test was executed last.
fn rejoin(func: &mut Function, header: BlockId, latch: BlockId, pairs: &[(ValueId, ValueId)]) {
    let cfg = Cfg::new(func);
    let mut vars = Variables::default();
    // A value of the header may be what another one becomes in the next round (`a, b = b, a`): then it is a use in the
    // latch like any other, and a stand-in until all definitions are known.
    let mut stand_ins: Vec<(ValueId, usize)> = Vec::new();
    let mut numbers = Vec::with_capacity(pairs.len());
    for &(old, new) in pairs {
        let var = vars.declare(func.ty(old));
        vars.define_end(var, header, old);
        let end = match pairs.iter().position(|pair| pair.0 == new) {
            Some(index) => {
                let detached =
                    func.make_inst(Inst::new(Op::Iconst, func.ty(old)), &[], &[func.ty(old)], SrcLoc::NONE);
                stand_ins.push((func.result(detached), index));
                func.result(detached)
            }
            None => new,
        };
        vars.define_end(var, latch, end);
        numbers.push(var);
    }
    let mut uses: Vec<(InstId, BlockId, ValueId)> = Vec::new();
    for &block in &cfg.rpo {
        if block == header {
            continue;
        }
        for inst in func.block_insts(block) {
            for_each_use(func, inst, |value| {
                if is_defined_in(func, value, header) {
                    uses.push((inst, block, value));
                }
            });
        }
    }
    for (inst, block, value) in uses {
        let Some(index) = pairs.iter().position(|pair| pair.0 == value) else { continue };
        let new = vars.at_start(func, &cfg, numbers[index], block);
        replace_uses(func, inst, value, new);
    }
    for (stand_in, index) in stand_ins {
        let value = vars.at_start(func, &cfg, numbers[index], latch);
        func.replace_value(stand_in, value);
    }
    func.resolve_aliases();
    merge_params(func, &cfg);
}

fn is_defined_in(func: &Function, value: ValueId, block: BlockId) -> bool {
    match func.value_def(value) {
        ValueDef::Param(home, _) => home == block,
        ValueDef::Result(inst, _) => func.inst_block(inst) == Some(block),
        ValueDef::Alias(_) => false,
    }
}

fn replace_uses(func: &mut Function, inst: InstId, old: ValueId, new: ValueId) {
    let replace = |value: &mut ValueId| {
        if *value == old {
            *value = new;
        }
    };
    func.args_mut(inst).iter_mut().for_each(replace);
    func.targets_mut(inst).iter_mut().flat_map(|target| target.args.iter_mut()).for_each(replace);
}
