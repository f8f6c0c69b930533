//! Strip-mining: a counted loop without calls runs in strips of some hundred iterations and asks for preemption between two
//! strips, so that the iterations themselves need no poll.
//!
//! ```text
//!   header(.., i, limit):  ...; next = i + step; br_if next < limit, header(.., next, limit), strip
//!   strip:                 br_if next < bound, again, exit
//!   again:                 poll; jump header(.., next, limit after next)
//! ```
//!
//! A count that goes by 1 to a bound that is not included is at the limit itself when a strip ends before the bound. Then
//! `limit` stands for `next` in `strip` and `again`: so `i` is dead once `next` is there, and both can have one register. (A sum with
//! a constant is computed anew in each block that uses it.)
//!
//! The limit is `min(bound, i + strip)`. It is never beyond the bound, so the loop ends when it did before, also when it is entered
//! with a count that is at the bound already. Near the end of the type's range, where a sum could wrap, the limit is one that is
//! always reached: then each iteration asks, and so does a loop that only ends by wrapping, or never. Where `limit` stands for `next` it is
//! the bound, which is near.

use crate::loops::{Loop, Loops};
use ir::function::ValueDef;
use ir::{BlockId, Cfg, Function, Inst, InstId, IntCond, Op, RtEffect, SrcLoc, Target, Type, ValueId};

/// Iterations between two polls.
const N_ITERATIONS: i64 = 1024;
/// A loop with more instructions keeps its poll, which is then a small part of an iteration.
const MAX_INSTS: usize = 256;

/// What is known about a loop that can be cut.
pub(crate) struct Counted {
    header: BlockId,
    latch: BlockId,
    /// Which parameter of the header counts.
    index: usize,
    /// What it becomes.
    next: ValueId,
    step: i64,
    /// The loop goes on while this holds between `next` and the bound.
    cond: IntCond,
    bound: ValueId,
}

/// Whether the loop counts by a constant to a bound that is known before it starts, and does only short work.
pub(crate) fn counted(func: &Function, loops: &Loops, found: &Loop) -> Option<Counted> {
    let &[latch] = found.latches.as_slice() else { return None };
    let number = loops.innermost(found.header);
    let is_innermost = found.blocks.iter().all(|&block| loops.innermost(block) == number);
    let insts = || found.blocks.iter().flat_map(|&block| func.block_insts(block));
    let is_small = insts().take(MAX_INSTS + 1).count() <= MAX_INSTS;
    if !is_innermost || !is_small || !insts().all(|inst| is_short(func, inst)) {
        return None;
    }
    let last = func.terminator(latch);
    if func.inst(last).op != Op::BrIf {
        return None;
    }
    let back = func.targets(last).iter().position(|target| target.block == found.header)?;
    if found.blocks.contains(&func.targets(last)[1 - back].block) {
        return None;
    }
    let compare = func.def_inst(func.args(last)[0]).filter(|&inst| func.inst(inst).op == Op::Icmp)?;
    let cond = func.inst(compare).int_cond();
    let cond = if back == 0 { cond } else { cond.negate() };
    let &[x, y] = func.args(compare) else { return None };
    let args = &func.targets(last)[back].args;
    let found_as = |next: ValueId, bound: ValueId, cond: IntCond| {
        let index = args.iter().position(|&arg| arg == next)?;
        let step = step(func, func.params(found.header)[index], next)?;
        let is_towards = match cond {
            IntCond::Slt | IntCond::Sle | IntCond::Ult | IntCond::Ule => step > 0,
            IntCond::Sgt | IntCond::Sge | IntCond::Ugt | IntCond::Uge => step < 0,
            IntCond::Eq | IntCond::Ne => false,
        };
        let is_usable = is_towards && is_before(func, found, bound);
        is_usable.then_some(Counted { header: found.header, latch, index, next, step, cond, bound })
    };
    found_as(x, y, cond).or_else(|| found_as(y, x, cond.swap()))
}

/// No calls, and nothing whose time depends on a length.
fn is_short(func: &Function, inst: InstId) -> bool {
    let data = func.inst(inst);
    match data.op {
        Op::CallRt => data.rt_effect() == RtEffect::NoReturn,
        Op::MemCopy | Op::MemMove | Op::MemZero | Op::MemEqual | Op::Alloc | Op::Poll => false,
        op => !op.is_call(),
    }
}

/// The constant that is added, if it is small enough for a strip to be far from overflow by itself.
fn step(func: &Function, param: ValueId, next: ValueId) -> Option<i64> {
    let add = func.def_inst(next).filter(|&inst| func.inst(inst).op == Op::Iadd)?;
    let &[base, step] = func.args(add) else { return None };
    let step = func.as_iconst(step)?;
    let is_wide = matches!(func.ty(param), Type::I32 | Type::I64);
    (base == param && is_wide && (-64..=64).contains(&step)).then_some(step)
}

fn is_before(func: &Function, found: &Loop, value: ValueId) -> bool {
    let home = match func.value_def(value) {
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Result(inst, _) => func.inst_block(inst),
        ValueDef::Alias(_) => None,
    };
    func.as_iconst(value).is_some() || home.is_some_and(|home| !found.blocks.contains(&home))
}

/// Cuts the loop; false if a way into it cannot compute a limit.
pub(crate) fn strip(func: &mut Function, counted: &Counted) -> bool {
    let cfg = Cfg::new(func);
    let is_plain = |block| matches!(func.inst(func.terminator(block)).op, Op::Jump | Op::BrIf);
    if !cfg.preds(counted.header).iter().all(|edge| is_plain(edge.from)) {
        return false;
    }
    for edge in cfg.preds(counted.header).iter().filter(|edge| edge.from != counted.latch) {
        let start = func.target(edge.target).args[counted.index];
        let limit = counted.limit(func, func.terminator(edge.from), start);
        func.target_mut(edge.target).args.push(limit);
    }
    counted.cut_latch(func);
    true
}

impl Counted {
    fn cut_latch(&self, func: &mut Function) {
        let last = func.terminator(self.latch);
        let loc = func.loc(last);
        let limit = func.append_param(self.header, func.ty(self.next));
        let is_back = func.targets(last)[0].block == self.header;
        let (back, exit) = if is_back { (0, 1) } else { (1, 0) };
        let (mut back, exit) = (func.targets(last)[back].clone(), func.targets(last)[exit].clone());
        let (strip, again) = (func.make_block(), func.make_block());

        let goes_on = self.compare(func, last, self.next, limit);
        func.set_args(last, &[goes_on]);
        let into_strip = Target { block: strip, args: [].into_iter().collect(), case: 0 };
        let mut round = back.clone();
        round.args.push(limit);
        func.set_targets(last, [Target { case: 0, ..round }, into_strip]);

        let jump = end(func, again, Op::Jump, &[], loc);
        let poll = func.make_inst(Inst::new(Op::Poll, Type::Ptr), &[], &[], loc);
        func.insert_before(jump, poll);
        let count = if self.meets_limit() { limit } else { self.next };
        if self.meets_limit() {
            back.args.iter_mut().filter(|arg| **arg == self.next).for_each(|arg| *arg = limit);
        }
        let limit = self.limit(func, jump, count);
        back.args.push(limit);
        func.set_targets(jump, [Target { case: 0, ..back }]);

        let branch = end(func, strip, Op::BrIf, &[self.next], loc);
        let bound = self.bound_before(func, branch);
        let has_more = self.compare(func, branch, count, bound);
        func.set_args(branch, &[has_more]);
        let into_again = Target { block: again, args: [].into_iter().collect(), case: 0 };
        func.set_targets(branch, [into_again, Target { case: 0, ..exit }]);

        let at = func.layout.iter().position(|&block| block == self.latch);
        func.layout.insert(at.expect("the latch is in the layout") + 1, strip);
        func.layout.push(again);
        func.set_cold(again);
    }

    /// Whether a strip that does not end at the bound ends with a count that equals the limit.
    fn meets_limit(&self) -> bool {
        match self.cond {
            IntCond::Slt | IntCond::Ult => self.step == 1,
            IntCond::Sgt | IntCond::Ugt => self.step == -1,
            _ => false,
        }
    }

    fn compare(&self, func: &mut Function, before: InstId, x: ValueId, y: ValueId) -> ValueId {
        let inst = Inst::new(Op::Icmp, func.ty(self.next)).sub(self.cond as u8);
        insert(func, before, inst, &[x, y], Type::I8)
    }

    fn bound_before(&self, func: &mut Function, before: InstId) -> ValueId {
        match func.as_iconst(self.bound) {
            Some(value) => constant(func, before, func.ty(self.next), value),
            None => self.bound,
        }
    }

    /// The limit of a strip that starts with the count `start`.
    fn limit(&self, func: &mut Function, before: InstId, start: ValueId) -> ValueId {
        let ty = func.ty(self.next);
        let (nearer, is_further, reached) = match self.cond {
            IntCond::Slt | IntCond::Sle => (Op::Smin, IntCond::Sgt, i64::MIN),
            IntCond::Ult | IntCond::Ule => (Op::Umin, IntCond::Ugt, 0),
            IntCond::Sgt | IntCond::Sge => (Op::Smax, IntCond::Slt, i64::MAX),
            _ => (Op::Umax, IntCond::Ult, -1),
        };
        let reached = if ty == Type::I32 { reached >> 32 } else { reached };
        let bound = self.bound_before(func, before);
        let length = constant(func, before, ty, self.step * N_ITERATIONS);
        let end = insert(func, before, Inst::new(Op::Iadd, ty), &[start, length], ty);
        let beyond = insert(func, before, Inst::new(Op::Iadd, ty), &[end, length], ty);
        let near = insert(func, before, Inst::new(nearer, ty), &[bound, end], ty);
        let compare = Inst::new(Op::Icmp, ty).sub(is_further as u8);
        let is_exact = insert(func, before, compare, &[beyond, start], Type::I8);
        let reached = if self.meets_limit() { bound } else { constant(func, before, ty, reached) };
        insert(func, before, Inst::new(Op::Select, ty), &[is_exact, near, reached], ty)
    }
}

fn constant(func: &mut Function, before: InstId, ty: Type, value: i64) -> ValueId {
    insert(func, before, Inst::new(Op::Iconst, ty).imm(value), &[], ty)
}

fn insert(func: &mut Function, before: InstId, inst: Inst, args: &[ValueId], ty: Type) -> ValueId {
    let loc = func.loc(before);
    let made = func.make_inst(inst, args, &[ty], loc);
    func.insert_before(before, made);
    func.result(made)
}

fn end(func: &mut Function, block: BlockId, op: Op, args: &[ValueId], loc: SrcLoc) -> InstId {
    let ty = if op == Op::BrIf { Type::I8 } else { Type::Ptr };
    let inst = func.make_inst(Inst::new(op, ty), args, &[], loc);
    func.append_inst(block, inst);
    inst
}
