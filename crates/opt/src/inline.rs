//! Replaces calls by the bodies of their callees.
//!
//! Callees are worked on before their callers, so what is copied is already small. A function is *inlinable* when its cost
//! is within a budget in the spirit of gc's 80 nodes; cost counts instructions that become machine code, and calls several
//! times. Positions keep the chain of calls that led to them: each copied call adds a node to the inline tree.

use ir::function::FnAttrs;
use ir::{
    BlockId, Cfg, Function, InlineSite, InlineSiteId, Inst, InstId, Op, RtEffect, SrcLoc, Target, Type,
    ValueId,
};
use smallvec::SmallVec;

/// The most that an inlinable function may cost.
const BUDGET: u32 = 60;
/// As `BUDGET`, for closures, whose calls are found only where they were made: range-over-func bodies, callbacks.
const CLOSURE_BUDGET: u32 = 160;
/// The most that is copied to where it is rarely executed, or into a caller that is big already.
const SMALL_BUDGET: u32 = 12;
/// A caller with more instructions is big.
const BIG_CALLER: usize = 4000;
const CALL_COST: u32 = 20;
/// As `BUDGET`, for one copy of a function into itself.
const RECURSION_BUDGET: u32 = 100;

/// Functions with one of these are not copied.
const NEVER_COPIED: FnAttrs = FnAttrs::NOINLINE
    .union(FnAttrs::RECOVERS)
    .union(FnAttrs::DEFERS)
    .union(FnAttrs::COLD)
    .union(FnAttrs::INIT)
    .union(FnAttrs::NORETURN);

/// Whether copies of this function may be made, and what one costs.
pub fn cost_if_inlinable(func: &Function) -> Option<u32> {
    if !func.has_body() || func.attrs.intersects(NEVER_COPIED) {
        return None;
    }
    let budget = match func.attrs {
        attrs if attrs.contains(FnAttrs::INLINE_ALWAYS) => u32::MAX,
        attrs if attrs.contains(FnAttrs::CLOSURE) => CLOSURE_BUDGET,
        _ => BUDGET,
    };
    cost_within(func, budget)
}

fn cost_within(func: &Function, budget: u32) -> Option<u32> {
    let mut cost = 0;
    for &block in &func.layout {
        for inst in func.block_insts(block) {
            cost += inst_cost(func.inst(inst))?;
        }
        if cost > budget {
            return None;
        }
    }
    Some(cost)
}

/// A small function that calls itself gets one copy of itself at each such call: half of its calls are gone.
pub fn unroll_recursion(func: &mut Function, map: &mut Vec<Option<ValueId>>) -> bool {
    let calls_itself = |func: &Function| {
        let mut insts = func.layout.iter().flat_map(|&block| func.block_insts(block));
        insts.any(|inst| func.inst(inst).op == Op::Call && func.inst(inst).sym == func.name)
    };
    if func.attrs.intersects(NEVER_COPIED) || !calls_itself(func) {
        return false;
    }
    let Some(cost) = cost_within(func, RECURSION_BUDGET) else { return false };
    let own = Own { body: func.clone(), cost };
    inline_calls(func, &own, map)
}

/// Only the function itself.
struct Own {
    body: Function,
    cost: u32,
}

impl Library for Own {
    fn body(&self, callee: base::Symbol) -> Option<(&Function, u32)> {
        (callee == self.body.name).then_some((&self.body, self.cost))
    }
}

/// None for what only makes sense in its own frame.
fn inst_cost(inst: &Inst) -> Option<u32> {
    Some(match inst.op {
        Op::CallerPc | Op::CallerSp | Op::OwnFrame | Op::ParentFrame | Op::ProtectedCall => return None,
        Op::Iconst
        | Op::Fconst
        | Op::CodeAddr
        | Op::DataAddr
        | Op::Jump
        | Op::Return
        | Op::NilCheck
        | Op::KeepAlive => 0,
        Op::CallRt if inst.rt_effect() == RtEffect::NoReturn => 2,
        op if op.is_call() => CALL_COST,
        _ => 1,
    })
}

/// The bodies that may be copied.
pub trait Library {
    /// The callee of a direct call and the cost of a copy, if it may be copied into the function being worked on.
    fn body(&self, callee: base::Symbol) -> Option<(&Function, u32)>;
}

/// Copies callees into `func`; calls that come with them are left for the next round.
pub fn inline_calls(func: &mut Function, library: &dyn Library, map: &mut Vec<Option<ValueId>>) -> bool {
    let mut calls = Vec::new();
    for &block in &func.layout {
        let is_direct = |&inst: &InstId| matches!(func.inst(inst).op, Op::Call | Op::TailCall);
        calls.extend(func.block_insts(block).filter(is_direct).map(|inst| (inst, func.is_cold(block))));
    }
    let mut has_changed = false;
    for (call, is_cold) in calls {
        let Some((callee, cost)) = library.body(func.inst(call).sym) else { continue };
        let is_worth_it = cost <= SMALL_BUDGET || (!is_cold && func.n_insts() < BIG_CALLER);
        if is_worth_it || callee.attrs.contains(FnAttrs::INLINE_ALWAYS) {
            let call =
                if func.inst(call).op == Op::TailCall { return_after(func, call, callee) } else { call };
            Copier { func, callee, call, map, first_site: 0 }.copy();
            has_changed = true;
        }
    }
    if has_changed {
        func.resolve_aliases();
    }
    has_changed
}

/// Makes a call and a return of a tail call. A function without results may end in a call of one that has some.
fn return_after(func: &mut Function, tail_call: InstId, callee: &Function) -> InstId {
    let loc = func.loc(tail_call);
    let args: SmallVec<[ValueId; 8]> = SmallVec::from_slice(func.args(tail_call));
    let mut data = *func.inst(tail_call);
    data.op = Op::Call;
    let call = func.make_inst(data, &args, &callee.sig.results, loc);
    let results: SmallVec<[ValueId; 4]> = func.results(call).take(func.sig.results.len()).collect();
    let back = func.make_inst(Inst::new(Op::Return, Type::Ptr), &results, &[], loc);
    func.insert_before(tail_call, call);
    func.insert_before(tail_call, back);
    func.unlink_inst(tail_call);
    call
}

struct Copier<'a> {
    func: &'a mut Function,
    callee: &'a Function,
    call: InstId,
    /// Values of the caller by value of the callee.
    map: &'a mut Vec<Option<ValueId>>,
    /// The inline site of the call; those of the callee follow.
    first_site: usize,
}

impl Copier<'_> {
    fn copy(mut self) {
        self.first_site = self.copy_sites();
        let from = self.func.inst_block(self.call).expect("the call is in a block");
        let after = self.split_after_call(from);
        let cfg = Cfg::new(self.callee);
        let blocks = self.make_blocks(&cfg, from);
        for (index, &block) in cfg.rpo.iter().enumerate() {
            for inst in self.callee.block_insts(block) {
                self.copy_inst(inst, blocks[index], after, &blocks, &cfg);
            }
        }
        self.place_blocks(from, &blocks[1..], after);
    }

    /// Adds the call and the callee's own sites to the inline tree.
    fn copy_sites(&mut self) -> usize {
        let first = self.func.inline_sites.len();
        let call = self.func.loc(self.call);
        let (callee, attrs) = (self.callee.display, self.callee.attrs);
        self.func.inline_sites.push(InlineSite { callee, call, attrs });
        for site in self.callee.inline_sites.iter() {
            let call = relocate(site.call, first);
            self.func.inline_sites.push(InlineSite { call, ..*site });
        }
        first
    }

    /// What follows the call goes to a block of its own, with the results as parameters.
    fn split_after_call(&mut self, from: BlockId) -> BlockId {
        let func = &mut *self.func;
        let after = func.make_block();
        if func.is_cold(from) {
            func.set_cold(after);
        }
        let next = func.next_inst(self.call).expect("a call does not end its block");
        func.split_block_at(next, after);
        for result in func.results(self.call) {
            let param = func.append_param(after, func.ty(result));
            func.replace_value(result, param);
        }
        after
    }

    /// The callee's entry continues the caller's block; its parameters are the arguments.
    fn make_blocks(&mut self, cfg: &Cfg, from: BlockId) -> Vec<BlockId> {
        self.map.clear();
        self.map.resize(self.callee.n_values(), None);
        let args: SmallVec<[ValueId; 8]> = SmallVec::from_slice(self.func.args(self.call));
        for (&param, arg) in self.callee.params(cfg.rpo[0]).iter().zip(args) {
            self.map[param.index()] = Some(self.func.resolve(arg));
        }
        self.func.unlink_inst(self.call);
        let is_cold = self.func.is_cold(from);
        let mut blocks = vec![from];
        for &block in &cfg.rpo[1..] {
            let copy = self.func.make_block();
            for &param in self.callee.params(block) {
                self.map[param.index()] = Some(self.func.append_param(copy, self.callee.ty(param)));
            }
            if is_cold || self.callee.is_cold(block) {
                self.func.set_cold(copy);
            }
            blocks.push(copy);
        }
        blocks
    }

    fn value(&self, value: ValueId) -> ValueId {
        self.map[value.index()].expect("definitions are copied before uses")
    }

    fn copy_inst(&mut self, inst: InstId, to: BlockId, after: BlockId, blocks: &[BlockId], cfg: &Cfg) {
        let callee = self.callee;
        let data = *callee.inst(inst);
        let args: SmallVec<[ValueId; 8]> = callee.args(inst).iter().map(|&arg| self.value(arg)).collect();
        let loc = relocate(callee.loc(inst), self.first_site);
        match data.op {
            Op::Return => self.jump(to, after, &args, loc),
            Op::TailCall | Op::TailCallIndirect | Op::TailCallClosure => {
                self.end_tail_call(data, &args, to, after, loc)
            }
            _ => {
                let types: SmallVec<[Type; 4]> =
                    callee.results(inst).map(|result| callee.ty(result)).collect();
                let copy = self.func.make_inst(data, &args, &types, loc);
                self.func.append_inst(to, copy);
                for (old, new) in callee.results(inst).zip(self.func.results(copy)) {
                    self.map[old.index()] = Some(new);
                }
                if data.op.is_terminator() && !callee.targets(inst).is_empty() {
                    let targets = callee.targets(inst).iter().map(|target| Target {
                        block: blocks[cfg.order(target.block) as usize],
                        args: target.args.iter().map(|&arg| self.value(arg)).collect(),
                        case: target.case,
                    });
                    let targets: SmallVec<[Target; 2]> = targets.collect();
                    self.func.set_targets(copy, targets);
                }
            }
        }
    }

    fn jump(&mut self, from: BlockId, to: BlockId, args: &[ValueId], loc: SrcLoc) {
        let jump = self.func.make_inst(Inst::new(Op::Jump, Type::Ptr), &[], &[], loc);
        self.func.append_inst(from, jump);
        self.func.set_targets(jump, [Target { block: to, args: SmallVec::from_slice(args), case: 0 }]);
    }

    /// The frame that a tail call would replace is now the caller's: it becomes a call.
    fn end_tail_call(&mut self, mut data: Inst, args: &[ValueId], to: BlockId, after: BlockId, loc: SrcLoc) {
        data.op = match data.op {
            Op::TailCall => Op::Call,
            Op::TailCallIndirect => Op::CallIndirect,
            _ => Op::CallClosure,
        };
        let call = self.func.make_inst(data, args, &self.callee.sig.results, loc);
        self.func.append_inst(to, call);
        let results: SmallVec<[ValueId; 4]> = self.func.results(call).collect();
        self.jump(to, after, &results, loc);
    }

    fn place_blocks(&mut self, from: BlockId, blocks: &[BlockId], after: BlockId) {
        let place =
            self.func.layout.iter().position(|&block| block == from).expect("the block is in the layout") + 1;
        let new = blocks.iter().copied().chain([after]);
        self.func.layout.splice(place..place, new);
    }
}

/// A position of the callee in the caller.
fn relocate(loc: SrcLoc, first_site: usize) -> SrcLoc {
    let site = loc.site.map_or(first_site, |site| first_site + 1 + site.index());
    SrcLoc { pos: loc.pos, site: Some(InlineSiteId::new(site)) }
}
