//! The order of blocks in memory: loops in one piece, the likely way straight on, cold blocks last.

use crate::loops::Loops;
use crate::pass::Scratch;
use base::IdxVec;
use ir::{BlockId, Cfg, Function, InstId, Op, RtEffect};

/// Marks cold blocks and orders all.
pub fn layout(func: &mut Function, scratch: &mut Scratch) -> bool {
    let flow = scratch.flow(func);
    mark_cold(func, &flow.cfg);
    let order = straight_order(func, flow.loops(func));
    let (hot, cold): (Vec<BlockId>, Vec<BlockId>) =
        order.into_iter().partition(|&block| block == func.entry() || !func.is_cold(block));
    let new: Vec<BlockId> = hot.into_iter().chain(cold).collect();
    let has_changed = new != func.layout;
    func.layout = new;
    has_changed
}

/// A block is cold when it ends in a panic, or when all it can go to is cold.
fn mark_cold(func: &mut Function, cfg: &Cfg) {
    for &block in cfg.rpo.iter().rev() {
        let last = func.terminator(block);
        let ends_badly = func.inst(last).op == Op::Unreachable
            && func.prev_inst(last).is_some_and(|inst| panics(func, inst));
        let targets = func.targets(last);
        if ends_badly || (!targets.is_empty() && targets.iter().all(|target| func.is_cold(target.block))) {
            func.set_cold(block);
        }
    }
}

fn panics(func: &Function, inst: InstId) -> bool {
    let data = func.inst(inst);
    match data.op {
        Op::CallRt => data.rt_effect() == RtEffect::NoReturn,
        op => op.is_call(),
    }
}

/// A reverse post-order in which, of the ways on, those that stay in the loop come first.
fn straight_order(func: &Function, loops: &Loops) -> Vec<BlockId> {
    let mut is_seen = IdxVec::<BlockId, bool>::from_elem(false, func.n_blocks());
    let mut order = Vec::with_capacity(func.layout.len());
    let mut stack: Vec<(BlockId, Vec<BlockId>)> = vec![(func.entry(), ways_on(func, loops, func.entry()))];
    is_seen[func.entry()] = true;
    while let Some((block, ways)) = stack.last_mut() {
        match ways.pop() {
            None => {
                order.push(*block);
                stack.pop();
            }
            Some(next) if !is_seen[next] => {
                is_seen[next] = true;
                stack.push((next, ways_on(func, loops, next)));
            }
            Some(_) => {}
        }
    }
    order.reverse();
    order
}

/// The successors; what is popped first ends up last in the order.
fn ways_on(func: &Function, loops: &Loops, block: BlockId) -> Vec<BlockId> {
    let mut ways: Vec<BlockId> = func.successors(block).iter().map(|target| target.block).collect();
    let depth = loops.depth(block);
    ways.sort_by_key(|&next| (func.is_cold(next), loops.depth(next) < depth));
    ways
}
