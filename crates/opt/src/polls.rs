//! Puts a preemption point into each loop that could otherwise run for long without one.
//!
//! A call of a function with a stack check is a preemption point, since a request poisons the limit that the check compares
//! with; it counts if it is executed in every iteration. Leaf functions have no check. Loops known to end soon need none, and
//! counted loops with short work have theirs between strips of iterations (`strip.rs`).

use crate::loops::{Loop, Loops};
use crate::strip::{counted, strip};
use base::Symbol;
use ir::{BlockId, Cfg, DomTree, FnAttrs, Function, Inst, InstId, IntCond, Op, SrcLoc, Type, ValueId};

/// A counted loop without calls that ends within so many iterations gets no poll: some microseconds.
const MAX_ITERATIONS: i64 = 4096;

/// Places polls. `has_check` says whether a function is sure to check its stack.
pub fn place_polls(func: &mut Function, has_check: &dyn Fn(Symbol) -> bool) -> bool {
    if func.attrs.intersects(FnAttrs::NOSPLIT | FnAttrs::NOPOLL) {
        return false;
    }
    let cfg = Cfg::new(func);
    let dom = DomTree::new(func, &cfg);
    let loops = Loops::new(func, &cfg, &dom);
    let mut headers = irreducible_entries(&cfg, &loops, &dom);
    let mut strips = Vec::new();
    for found in &loops.loops {
        if !always_checks(func, &dom, found, has_check) && !ends_soon(func, &cfg, &loops, found) {
            match counted(func, &loops, found).filter(|_| loops.is_reducible) {
                Some(counted) => strips.push((found.header, counted)),
                None => headers.push(found.header),
            }
        }
    }
    for &header in &headers {
        add_poll(func, &loops, header);
    }
    for (header, counted) in &strips {
        if !strip(func, counted) {
            add_poll(func, &loops, *header);
        }
    }
    !headers.is_empty() || !strips.is_empty()
}

/// In a graph that is not reducible, the targets of all backward edges.
fn irreducible_entries(cfg: &Cfg, loops: &Loops, dom: &DomTree) -> Vec<BlockId> {
    let is_entry = |&block: &BlockId| {
        let mut edges = cfg.preds(block).iter();
        edges.any(|edge| cfg.order(edge.from) >= cfg.order(block) && !dom.dominates(block, edge.from))
    };
    if loops.is_reducible { Vec::new() } else { cfg.rpo.iter().copied().filter(is_entry).collect() }
}

/// Whether a function is sure to have a stack check: it makes calls itself.
pub fn checks_stack(func: &Function) -> bool {
    let is_call = |inst: InstId| matches!(func.inst(inst).op, Op::Call | Op::CallIndirect | Op::CallClosure);
    !func.attrs.contains(FnAttrs::NOSPLIT)
        && func.layout.iter().any(|&block| func.block_insts(block).any(is_call))
}

fn always_checks(func: &Function, dom: &DomTree, found: &Loop, has_check: &dyn Fn(Symbol) -> bool) -> bool {
    let is_check = |inst: InstId| match func.inst(inst).op {
        Op::Poll => true,
        Op::Call => has_check(func.inst(inst).sym),
        _ => false,
    };
    let is_on_every_way = |&block: &BlockId| found.latches.iter().all(|&latch| dom.dominates(block, latch));
    found
        .blocks
        .iter()
        .filter(|block| is_on_every_way(block))
        .any(|&block| func.block_insts(block).any(is_check))
}

/// Whether the loop has no loop inside, and counts from a constant to a constant that is near.
fn ends_soon(func: &Function, cfg: &Cfg, loops: &Loops, found: &Loop) -> bool {
    let index = loops.innermost(found.header);
    let is_innermost = found.blocks.iter().all(|&block| loops.innermost(block) == index);
    let has_call =
        found.blocks.iter().any(|&block| func.block_insts(block).any(|inst| func.inst(inst).op.is_call()));
    let params = func.params(found.header);
    is_innermost && !has_call && (0..params.len()).any(|index| is_short_count(func, cfg, found, index))
}

fn is_short_count(func: &Function, cfg: &Cfg, found: &Loop, index: usize) -> bool {
    let param = func.params(found.header)[index];
    let &[latch] = found.latches.as_slice() else { return false };
    let (mut start, mut next) = (None, None);
    for edge in cfg.preds(found.header) {
        let arg = func.target(edge.target).args[index];
        if edge.from == latch {
            next = Some(arg);
        } else if start.replace(arg).is_some() {
            return false;
        }
    }
    let (Some(start), Some(next)) = (start.and_then(|start| func.as_iconst(start)), next) else {
        return false;
    };
    let is_step = func.def_inst(next).is_some_and(|inst| {
        let args = func.args(inst);
        func.inst(inst).op == Op::Iadd
            && args[0] == param
            && func.as_iconst(args[1]).is_some_and(|step| step >= 1)
    });
    // The test is at the top or, after rotation, at the bottom.
    let exits =
        [found.header, latch].into_iter().filter_map(|block| exit_bound(func, found, block, &[param, next]));
    let is_near = |bound: i64| (bound as i128 - i128::from(start)) <= i128::from(MAX_ITERATIONS);
    is_step && exits.into_iter().any(is_near)
}

/// The constant that one of the values must be below for the loop to go on.
fn exit_bound(func: &Function, found: &Loop, block: BlockId, values: &[ValueId]) -> Option<i64> {
    let last = func.terminator(block);
    if func.inst(last).op != Op::BrIf || !found.blocks.contains(&func.targets(last)[0].block) {
        return None;
    }
    if found.blocks.contains(&func.targets(last)[1].block) {
        return None;
    }
    let compare = func.def_inst(func.args(last)[0])?;
    let &[x, y] = func.args(compare) else { return None };
    let is_below = func.inst(compare).op == Op::Icmp && func.inst(compare).int_cond() == IntCond::Slt;
    (is_below && values.contains(&x)).then(|| func.as_iconst(y)).flatten()
}

fn add_poll(func: &mut Function, loops: &Loops, header: BlockId) {
    let found = loops.loops.iter().find(|found| found.header == header);
    let before = match found.map(|found| found.latches.as_slice()) {
        // At the end of the iteration, where the fewest values are live.
        Some(&[latch]) => func.terminator(latch),
        _ => func.first_inst(header).expect("a block has a terminator"),
    };
    let loc = SrcLoc { ..func.loc(before) };
    let poll = func.make_inst(Inst::new(Op::Poll, Type::Ptr), &[], &[], loc);
    func.insert_before(before, poll);
}
