//! Cleans the control-flow graph: decided branches, unreachable blocks, blocks that only jump, chains of blocks, and
//! parameters that have one value.

use crate::pass::Scratch;
use base::IdxVec;
use ir::function::ValueDef;
use ir::{BlockId, Cfg, Function, Inst, InstId, Op, Target, Type, ValueId};
use smallvec::SmallVec;

/// Cleans the graph until nothing changes (at most a few rounds: each enables less).
pub fn simplify_cfg(func: &mut Function, scratch: &mut Scratch) -> bool {
    let mut has_changed = false;
    for _ in 0..4 {
        let mut enables_more = decide_branches(func);
        enables_more |= thread_jumps(func);
        let cfg = Cfg::new(func);
        has_changed |= drop_unreachable(func, &cfg);
        enables_more |= merge_params(func, &cfg);
        has_changed |= join_chains(func, &cfg) | enables_more;
        if !enables_more {
            break;
        }
    }
    if has_changed {
        scratch.graph_changed();
    }
    has_changed
}

/// Branches with a constant condition, or with only one way to go, become jumps.
fn decide_branches(func: &mut Function) -> bool {
    let mut has_changed = false;
    for index in 0..func.layout.len() {
        let inst = func.terminator(func.layout[index]);
        let Some(chosen) = decided_target(func, inst) else { continue };
        let target = Target { case: 0, ..func.targets(inst)[chosen].clone() };
        make_jump(func, inst, target);
        has_changed = true;
    }
    has_changed
}

fn decided_target(func: &Function, inst: InstId) -> Option<usize> {
    let data = func.inst(inst);
    if !matches!(data.op, Op::BrIf | Op::Switch) {
        return None;
    }
    let targets = func.targets(inst);
    let same = |target: &Target| target.block == targets[0].block && target.args == targets[0].args;
    if targets.iter().all(same) {
        return Some(0);
    }
    let value = func.as_iconst(func.args(inst)[0])?;
    match data.op {
        Op::BrIf => Some(usize::from(value == 0)),
        _ => Some(targets.iter().skip(1).position(|target| target.case == value).map_or(0, |case| case + 1)),
    }
}

pub(crate) fn make_jump(func: &mut Function, inst: InstId, target: Target) {
    *func.inst_mut(inst) = jump_like(func.inst(inst));
    func.set_args(inst, &[]);
    func.set_targets(inst, [target]);
}

/// A jump in the place of another terminator.
fn jump_like(old: &Inst) -> Inst {
    let mut inst = *old;
    (inst.op, inst.ty, inst.sub, inst.flags, inst.sym) = (Op::Jump, Type::Ptr, 0, 0, base::sym::EMPTY);
    inst
}

/// Edges to a block that only jumps on go to its destination directly. Also decides a branch that follows from the edge's
/// own argument: `jump b(1)` to `b(x): br_if x, ..`.
fn thread_jumps(func: &mut Function) -> bool {
    let is_short = |&block: &BlockId| {
        let first = func.first_inst(block).map(|inst| func.inst(inst).op);
        matches!(first, Some(Op::Jump | Op::BrIf))
    };
    if !func.layout.iter().skip(1).any(is_short) {
        return false;
    }
    let is_exposed = exposed_params(func);
    let mut has_changed = false;
    for index in 0..func.layout.len() {
        let inst = func.terminator(func.layout[index]);
        if func.inst(inst).op == Op::ProtectedCall {
            // Both edges keep a block of their own.
            continue;
        }
        for target_idx in 0..func.targets(inst).len() {
            // A cycle of empty blocks would never end.
            for _ in 0..8 {
                let target = &func.targets(inst)[target_idx];
                if target.block == func.layout[index] || is_exposed[target.block] {
                    break;
                }
                let Some(next) = threaded(func, target) else { break };
                func.targets_mut(inst)[target_idx] = next;
                has_changed = true;
            }
        }
    }
    has_changed
}

/// Blocks whose parameters are used in other blocks: going around them would leave those uses without a definition.
fn exposed_params(func: &Function) -> IdxVec<BlockId, bool> {
    let mut is_exposed = IdxVec::from_elem(false, func.n_blocks());
    for &block in &func.layout {
        for inst in func.block_insts(block) {
            for_each_use(func, inst, |value| {
                if let ValueDef::Param(home, _) = func.value_def(value)
                    && home != block
                {
                    is_exposed[home] = true;
                }
            });
        }
    }
    is_exposed
}

/// Calls `visit` for each operand and each edge argument.
pub(crate) fn for_each_use(func: &Function, inst: InstId, mut visit: impl FnMut(ValueId)) {
    func.args(inst).iter().copied().for_each(&mut visit);
    func.targets(inst).iter().flat_map(|target| target.args.iter().copied()).for_each(visit);
}

fn threaded(func: &Function, target: &Target) -> Option<Target> {
    let through = target.block;
    let last = func.first_inst(through)?;
    let substitute = |value: ValueId| match func.value_def(value) {
        ValueDef::Param(block, index) if block == through => target.args[usize::from(index)],
        _ => value,
    };
    let next = match func.inst(last).op {
        Op::Jump => &func.targets(last)[0],
        Op::BrIf => {
            let cond = func.as_iconst(substitute(func.args(last)[0]))?;
            &func.targets(last)[usize::from(cond == 0)]
        }
        _ => return None,
    };
    if next.block == through {
        return None;
    }
    let args: SmallVec<[ValueId; 4]> = next.args.iter().map(|&arg| substitute(arg)).collect();
    Some(Target { block: next.block, args, case: target.case })
}

fn drop_unreachable(func: &mut Function, cfg: &Cfg) -> bool {
    let n_before = func.layout.len();
    func.layout.retain(|&block| cfg.is_reachable(block));
    func.layout.len() != n_before
}

/// Parameters that get the same value on every edge (or themselves) become that value.
pub(crate) fn merge_params(func: &mut Function, cfg: &Cfg) -> bool {
    let mut has_changed = false;
    for &block in &cfg.rpo[1..] {
        let mut keep: SmallVec<[bool; 8]> = SmallVec::from_elem(true, func.params(block).len());
        for (index, is_kept) in keep.iter_mut().enumerate() {
            let param = func.params(block)[index];
            if let Some(value) = only_argument(func, cfg, block, index, param) {
                func.replace_value(param, value);
                *is_kept = false;
            }
        }
        if keep.contains(&false) {
            remove_params(func, cfg, block, &keep);
            has_changed = true;
        }
    }
    if has_changed {
        func.resolve_aliases();
    }
    has_changed
}

fn only_argument(
    func: &Function,
    cfg: &Cfg,
    block: BlockId,
    index: usize,
    param: ValueId,
) -> Option<ValueId> {
    let mut only = None;
    for edge in cfg.preds(block) {
        let arg = func.resolve(func.target(edge.target).args[index]);
        if arg != param && *only.get_or_insert(arg) != arg {
            return None;
        }
    }
    only
}

/// Removes the parameters that are not kept, and their arguments.
pub(crate) fn remove_params(func: &mut Function, cfg: &Cfg, block: BlockId, keep: &[bool]) {
    for edge in cfg.preds(block) {
        let mut kept = keep.iter();
        func.target_mut(edge.target).args.retain(|_| *kept.next().expect("one argument per parameter"));
    }
    let mut kept = keep.iter();
    func.retain_params(block, |_| *kept.next().expect("one flag per parameter"));
}

/// A block whose only way in is a jump is appended to where the jump was.
fn join_chains(func: &mut Function, cfg: &Cfg) -> bool {
    let mut is_gone = IdxVec::<BlockId, bool>::from_elem(false, func.n_blocks());
    let mut has_changed = false;
    for &block in &cfg.rpo {
        if is_gone[block] {
            continue;
        }
        while let Some(next) = sole_successor(func, cfg, block) {
            let jump = func.terminator(block);
            let args = func.targets(jump)[0].args.clone();
            func.unlink_inst(jump);
            for (index, arg) in args.into_iter().enumerate() {
                func.replace_value(func.params(next)[index], arg);
            }
            let first = func.first_inst(next).expect("a block has a terminator");
            func.split_block_at(first, block);
            is_gone[next] = true;
            has_changed = true;
        }
    }
    if has_changed {
        func.layout.retain(|&block| !is_gone[block]);
        func.resolve_aliases();
    }
    has_changed
}

fn sole_successor(func: &Function, cfg: &Cfg, block: BlockId) -> Option<BlockId> {
    let last = func.terminator(block);
    if func.inst(last).op != Op::Jump {
        return None;
    }
    let next = func.targets(last)[0].block;
    (next != block && next != func.entry() && cfg.preds(next).len() == 1).then_some(next)
}
