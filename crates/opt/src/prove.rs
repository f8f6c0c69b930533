//! Removes checks that cannot fail and branches that go one way only.
//!
//! One walk over the dominator tree collects what conditions, checks and definitions say about integers (see
//! [`facts`]) and pointers; a check that follows from it goes, a comparison that does becomes a constant.
//!
//! **Induction.** A loop-carried value that starts at `a` and grows by a positive constant is at least `a`, if the step cannot
//! wrap. For a step of 1 that follows from any condition `i < n` that dominates the step; for other steps a
//! bound by a number is needed. The same holds downwards.
//!
//! **Lengths.** Whenever a `bounds_check` is executed, its length operand is not negative: `lower` passes lengths, capacities and
//! bounds that were checked before. That says nothing about the same value at places where no check is executed.

mod facts;

use crate::loops::Loops;
use crate::pass::Scratch;
use crate::rules::is_non_nil;
use facts::{Facts, Term, type_range};
use ir::eval::zero_extend;
use ir::{BlockId, Cfg, DomTree, Function, Inst, InstId, IntCond, Op, Type, ValueId};

/// Accesses at offsets up to here fault when the pointer is nil.
const FAULTING_BYTES: i64 = 4096;

/// Removes what is proven.
pub fn prove(func: &mut Function, scratch: &mut Scratch) -> bool {
    if !has_work(func) {
        return false;
    }
    let flow = scratch.flow(func);
    let (cfg, dom, loops) = (&flow.cfg, &flow.dom, flow.loops(func));
    let facts = Facts::new(func);
    let is_non_nil = vec![false; func.n_values()];
    let constants = [make_constant(func, 0), make_constant(func, 1)];
    let mut prover = Prover {
        facts,
        non_nil: is_non_nil,
        non_nil_log: Vec::new(),
        constants,
        n_changes: 0,
        func,
        cfg,
        dom,
        loops,
    };
    prover.walk();
    prover.n_changes > 0
}

fn has_work(func: &Function) -> bool {
    func.layout.iter().any(|&block| {
        func.block_insts(block)
            .any(|inst| matches!(func.inst(inst).op, Op::BoundsCheck | Op::NilCheck | Op::PanicIf | Op::BrIf))
    })
}

/// A boolean constant at the start of the function.
fn make_constant(func: &mut Function, value: i64) -> ValueId {
    let first = func.first_inst(func.entry()).expect("a block has a terminator");
    crate::rules::constant_before(func, first, Type::I8, value)
}

struct Prover<'f> {
    func: &'f mut Function,
    cfg: &'f Cfg,
    dom: &'f DomTree,
    loops: &'f Loops,
    facts: Facts,
    non_nil: Vec<bool>,
    non_nil_log: Vec<ValueId>,
    /// False and true.
    constants: [ValueId; 2],
    n_changes: usize,
}

impl Prover<'_> {
    fn walk(&mut self) {
        let order = self.dom.preorder().to_vec();
        // Marks of the blocks on the way down to the current one.
        let mut open: Vec<(BlockId, usize, usize)> = Vec::new();
        for block in order {
            while let Some(&(above, mark, log_mark)) = open.last()
                && !self.dom.dominates(above, block)
            {
                self.facts.forget_to(mark);
                for value in self.non_nil_log.drain(log_mark..) {
                    self.non_nil[value.index()] = false;
                }
                open.pop();
            }
            open.push((block, self.facts.mark(), self.non_nil_log.len()));
            self.enter(block);
            let mut next = self.func.first_inst(block);
            while let Some(inst) = next {
                next = self.func.next_inst(inst);
                self.inst(inst);
            }
        }
    }

    // ---- what is known at the start of a block

    fn enter(&mut self, block: BlockId) {
        if let [edge] = self.cfg.preds(block) {
            let last = self.func.terminator(edge.from);
            let index = edge.target.index() - self.func.first_target(last).index();
            self.learn_edge(last, index);
        }
        let is_header = self
            .loops
            .innermost(block)
            .is_some_and(|index| self.loops.loops[index as usize].header == block && self.loops.is_reducible);
        if self.cfg.preds(block).is_empty() {
            // Nothing is known of the function's own parameters.
            return;
        }
        for index in 0..self.func.params(block).len() {
            let param = self.func.params(block)[index];
            if self.func.ty(param).is_int() {
                if is_header { self.learn_induction(block, index) } else { self.learn_join(block, index) }
            }
        }
    }

    fn learn_edge(&mut self, last: InstId, target: usize) {
        let data = self.func.inst(last);
        match data.op {
            Op::BrIf => {
                let cond = self.func.args(last)[0];
                self.learn_condition(cond, target == 0);
            }
            Op::Switch if target > 0 => {
                let value = self.facts.term(self.func, self.func.args(last)[0]);
                let case = self.facts.constant(self.func.targets(last)[target].case);
                self.facts.learn_equal(value, case);
            }
            _ => {}
        }
    }

    /// At a join, a value is at least 0, and below a bound, if all that come are.
    fn learn_join(&mut self, block: BlockId, index: usize) {
        let zero = self.facts.constant(0);
        let args = self.cfg.preds(block).iter().map(|edge| self.func.target(edge.target).args[index]);
        let is_positive = |arg| self.facts.holds(self.func, zero, self.facts.term(self.func, arg));
        if args.into_iter().all(is_positive) {
            let param = self.facts.term(self.func, self.func.params(block)[index]);
            self.facts.learn(zero, param);
        }
    }

    fn learn_induction(&mut self, header: BlockId, index: usize) {
        let param = self.func.params(header)[index];
        let Some((start, step)) = self.induction(header, index, param) else { return };
        let (start, value) = (self.facts.term(self.func, start), self.facts.term(self.func, param));
        if step > 0 {
            self.facts.learn(start, value);
        } else {
            self.facts.learn(value, start);
        }
    }

    /// The first value and the step of a loop-carried value whose steps go one way and do not wrap.
    fn induction(&self, header: BlockId, index: usize, param: ValueId) -> Option<(ValueId, i64)> {
        let (mut start, mut step) = (None, None);
        for edge in self.cfg.preds(header) {
            let arg = self.func.target(edge.target).args[index];
            if !self.dom.dominates(header, edge.from) {
                if start.is_some_and(|known| known != arg) {
                    return None;
                }
                start = Some(arg);
                continue;
            }
            let (constant, at) = self.step(param, arg)?;
            if step.is_some_and(|known: i64| (known > 0) != (constant > 0))
                || !self.step_cannot_wrap(param, constant, at)
            {
                return None;
            }
            step = Some(constant);
        }
        Some((start?, step?))
    }

    /// `arg` as `param + constant`, and the block of the addition.
    fn step(&self, param: ValueId, arg: ValueId) -> Option<(i64, BlockId)> {
        let inst = self.func.def_inst(arg).filter(|&inst| self.func.inst(inst).op == Op::Iadd)?;
        let &[x, y] = self.func.args(inst) else { return None };
        let constant = self.func.as_iconst(y).filter(|&constant| x == param && constant != 0)?;
        Some((constant, self.func.inst_block(inst)?))
    }

    /// Whether some condition that dominates the step bounds the value well enough.
    fn step_cannot_wrap(&self, param: ValueId, step: i64, at: BlockId) -> bool {
        let (min, max) = type_range(self.func.ty(param));
        let mut block = at;
        loop {
            if let [edge] = self.cfg.preds(block) {
                let last = self.func.terminator(edge.from);
                let is_first = edge.target == self.func.first_target(last);
                if self.func.inst(last).op == Op::BrIf
                    && let Some((cond, bound)) = self.bound_of(self.func.args(last)[0], param, is_first)
                {
                    let constant = self.func.as_iconst(bound).map(i128::from);
                    let is_safe = match cond {
                        IntCond::Slt if step > 0 => {
                            step == 1 || constant.is_some_and(|n| n - 1 + i128::from(step) <= max)
                        }
                        IntCond::Sle if step > 0 => constant.is_some_and(|n| n + i128::from(step) <= max),
                        IntCond::Sgt if step < 0 => {
                            step == -1 || constant.is_some_and(|n| n + 1 + i128::from(step) >= min)
                        }
                        IntCond::Sge if step < 0 => constant.is_some_and(|n| n + i128::from(step) >= min),
                        _ => false,
                    };
                    if is_safe {
                        return true;
                    }
                }
            }
            match self.dom.idom(block) {
                Some(up) if !self.func.params(block).contains(&param) => block = up,
                _ => return false,
            }
        }
    }

    /// The comparison of `param` that a branch condition is, as `param cond bound`.
    fn bound_of(&self, cond: ValueId, param: ValueId, holds: bool) -> Option<(IntCond, ValueId)> {
        let inst = self.func.def_inst(cond).filter(|&inst| self.func.inst(inst).op == Op::Icmp)?;
        let &[x, y] = self.func.args(inst) else { return None };
        let code = self.func.inst(inst).int_cond();
        let code = if holds { code } else { code.negate() };
        match param {
            _ if param == x => Some((code, y)),
            _ if param == y => Some((code.swap(), x)),
            _ => None,
        }
    }

    // ---- learning

    fn learn_condition(&mut self, cond: ValueId, holds: bool) {
        let Some(inst) = self.func.def_inst(cond) else { return };
        let data = *self.func.inst(inst);
        let args = self.func.args(inst);
        match (data.op, args) {
            (Op::Icmp, &[x, y]) => {
                let code = if holds { data.int_cond() } else { data.int_cond().negate() };
                if data.ty == Type::Ptr {
                    self.learn_pointer(code, x, y)
                } else {
                    self.learn_compare(code, x, y)
                }
            }
            // Both sides of a conjunction hold, neither of a failed disjunction does.
            (Op::And, &[x, y]) if holds && data.ty == Type::I8 => {
                self.learn_condition(x, true);
                self.learn_condition(y, true);
            }
            (Op::Or, &[x, y]) if !holds && data.ty == Type::I8 => {
                self.learn_condition(x, false);
                self.learn_condition(y, false);
            }
            _ => {}
        }
    }

    fn learn_pointer(&mut self, cond: IntCond, x: ValueId, y: ValueId) {
        if cond == IntCond::Ne && self.func.as_iconst(y) == Some(0) {
            self.learn_non_nil(x);
        }
    }

    fn learn_non_nil(&mut self, value: ValueId) {
        if !std::mem::replace(&mut self.non_nil[value.index()], true) {
            self.non_nil_log.push(value);
        }
    }

    fn learn_compare(&mut self, cond: IntCond, x: ValueId, y: ValueId) {
        let (a, b) = (self.facts.term(self.func, x), self.facts.term(self.func, y));
        match cond {
            IntCond::Slt => self.facts.learn(a, b.plus(-1)),
            IntCond::Sle => self.facts.learn(a, b),
            IntCond::Sgt => self.facts.learn(b, a.plus(-1)),
            IntCond::Sge => self.facts.learn(b, a),
            IntCond::Eq => self.facts.learn_equal(a, b),
            IntCond::Ne => self.learn_different(a, b),
            IntCond::Ult => self.learn_unsigned(a, b, -1),
            IntCond::Ule => self.learn_unsigned(a, b, 0),
            IntCond::Ugt => self.learn_unsigned(b, a, -1),
            IntCond::Uge => self.learn_unsigned(b, a, 0),
        }
    }

    /// `a != b` sharpens what is known.
    fn learn_different(&mut self, a: Term, b: Term) {
        if self.facts.holds(self.func, a, b) {
            self.facts.learn(a, b.plus(-1));
        } else if self.facts.holds(self.func, b, a) {
            self.facts.learn(b, a.plus(-1));
        }
    }

    /// `a <= b + slack` unsigned: if b is not negative, neither is a.
    fn learn_unsigned(&mut self, a: Term, b: Term, slack: i128) {
        let zero = self.facts.constant(0);
        if self.facts.holds(self.func, zero, b) {
            self.facts.learn(zero, a);
            self.facts.learn(a, b.plus(slack));
        }
    }

    // ---- instructions

    fn inst(&mut self, inst: InstId) {
        let data = *self.func.inst(inst);
        match data.op {
            Op::BoundsCheck => self.bounds_check(inst, &data),
            Op::NilCheck => self.nil_check(inst),
            Op::PanicIf => self.panic_if(inst),
            Op::Load | Op::Store | Op::StoreWb if (0..FAULTING_BYTES).contains(&data.imm) => {
                let addr = self.func.args(inst)[0];
                self.learn_non_nil(addr);
            }
            Op::BrIf => {
                let cond = self.func.args(inst)[0];
                if let Some(decided) = self.decide(cond) {
                    self.func.args_mut(inst)[0] = self.constants[usize::from(decided)];
                    self.n_changes += 1;
                }
            }
            Op::Select => self.select(inst),
            _ if data.ty.is_int() && data.n_results() == 1 => self.learn_definition(inst, &data),
            _ => {}
        }
    }

    fn remove(&mut self, inst: InstId) {
        self.func.unlink_inst(inst);
        self.n_changes += 1;
    }

    fn bounds_check(&mut self, inst: InstId, data: &Inst) {
        let &[idx, len] = self.func.args(inst) else { return };
        let slack = if data.bounds_kind().is_strict() { -1 } else { 0 };
        let (zero, idx, len) =
            (self.facts.constant(0), self.facts.term(self.func, idx), self.facts.term(self.func, len));
        self.facts.learn(zero, len);
        let is_proven =
            self.facts.holds(self.func, zero, idx) && self.facts.holds(self.func, idx, len.plus(slack));
        if is_proven {
            return self.remove(inst);
        }
        self.facts.learn(zero, idx);
        self.facts.learn(idx, len.plus(slack));
    }

    fn nil_check(&mut self, inst: InstId) {
        let ptr = self.func.args(inst)[0];
        if self.non_nil[ptr.index()] || is_non_nil(self.func, ptr) {
            return self.remove(inst);
        }
        self.learn_non_nil(ptr);
    }

    fn panic_if(&mut self, inst: InstId) {
        let cond = self.func.args(inst)[0];
        if self.decide(cond) == Some(false) {
            return self.remove(inst);
        }
        self.learn_condition(cond, false);
    }

    fn select(&mut self, inst: InstId) {
        let cond = self.func.args(inst)[0];
        if let Some(decided) = self.decide(cond) {
            self.func.args_mut(inst)[0] = self.constants[usize::from(decided)];
            self.n_changes += 1;
        }
    }

    /// Whether a condition is known here.
    fn decide(&self, cond: ValueId) -> Option<bool> {
        let inst = self.func.def_inst(cond).filter(|&inst| self.func.inst(inst).op == Op::Icmp)?;
        let data = self.func.inst(inst);
        let &[x, y] = self.func.args(inst) else { return None };
        if data.ty == Type::Ptr {
            let is_known =
                self.func.as_iconst(y) == Some(0) && (self.non_nil[x.index()] || is_non_nil(self.func, x));
            return match data.int_cond() {
                IntCond::Eq if is_known => Some(false),
                IntCond::Ne if is_known => Some(true),
                _ => None,
            };
        }
        let (a, b) = (self.facts.term(self.func, x), self.facts.term(self.func, y));
        if self.is_implied(data.int_cond(), a, b) {
            Some(true)
        } else if self.is_implied(data.int_cond().negate(), a, b) {
            Some(false)
        } else {
            None
        }
    }

    fn is_implied(&self, cond: IntCond, a: Term, b: Term) -> bool {
        let holds = |x, y| self.facts.holds(self.func, x, y);
        let zero = self.facts.constant(0);
        match cond {
            IntCond::Slt => holds(a, b.plus(-1)),
            IntCond::Sle => holds(a, b),
            IntCond::Sgt => holds(b, a.plus(-1)),
            IntCond::Sge => holds(b, a),
            IntCond::Eq => holds(a, b) && holds(b, a),
            IntCond::Ne => holds(a, b.plus(-1)) || holds(b, a.plus(-1)),
            IntCond::Ult => holds(zero, a) && holds(a, b.plus(-1)),
            IntCond::Ule => holds(zero, a) && holds(a, b),
            IntCond::Ugt => holds(zero, b) && holds(b, a.plus(-1)),
            IntCond::Uge => holds(zero, b) && holds(b, a),
        }
    }

    /// What the definition of a value says about it.
    fn learn_definition(&mut self, inst: InstId, data: &Inst) {
        let result = self.facts.term(self.func, self.func.result(inst));
        let zero = self.facts.constant(0);
        let terms: Vec<Term> =
            self.func.args(inst).iter().map(|&arg| self.facts.term(self.func, arg)).collect();
        let positive = |term: Term| self.facts.holds(self.func, zero, term);
        match (data.op, terms.as_slice()) {
            (Op::Iadd, &[x, y]) => self.learn_sum(inst, result, x, y),
            (Op::Isub, &[x, y]) if positive(y) && self.facts.holds(self.func, y, x) => {
                self.facts.learn(zero, result);
                self.facts.learn(result, x);
            }
            (Op::Sextend, &[x]) => self.facts.learn_equal(result, x),
            (Op::Uextend, &[x]) => self.learn_extension(inst, result, x),
            (Op::Ireduce, &[x]) => {
                let (min, max) = type_range(data.ty);
                let fits = self.facts.holds(self.func, zero.plus(min), x)
                    && self.facts.holds(self.func, x, zero.plus(max));
                if fits {
                    self.facts.learn_equal(result, x);
                }
            }
            (Op::And, &[x, y]) => {
                let bounds = [x, y].map(|term| positive(term).then_some(term));
                for bound in bounds.into_iter().flatten() {
                    self.facts.learn(zero, result);
                    self.facts.learn(result, bound);
                }
            }
            (Op::Ushr | Op::Sshr | Op::Udiv | Op::Sdiv, &[x, y]) => {
                self.learn_quotient(inst, data, result, x, y)
            }
            (Op::Urem | Op::Srem, &[x, y]) if positive(x) && positive(y) => {
                self.facts.learn(zero, result);
                self.facts.learn(result, x);
                self.facts.learn(result, y.plus(-1));
            }
            (Op::Smin, &[x, y]) => {
                self.facts.learn(result, x);
                self.facts.learn(result, y);
            }
            (Op::Smax, &[x, y]) => {
                self.facts.learn(x, result);
                self.facts.learn(y, result);
            }
            (Op::Clz | Op::Ctz | Op::Popcnt, _) => {
                self.facts.learn(zero, result);
                self.facts.learn(result, zero.plus(i128::from(data.ty.n_bits())));
            }
            _ => {}
        }
    }

    /// A sum with a constant that does not wrap.
    fn learn_sum(&mut self, inst: InstId, result: Term, x: Term, y: Term) {
        let zero = self.facts.constant(0);
        let (min, max) = type_range(self.func.inst(inst).ty);
        let Some(constant) = self.func.as_iconst(self.func.args(inst)[1]) else {
            // Both at least 0 and the sum below a bound is too rare; an addend that is not negative says something only if
            // the sum cannot wrap.
            let is_small = |term| self.facts.holds(self.func, term, zero.plus(max / 2));
            let is_positive = |term| self.facts.holds(self.func, zero, term);
            if is_positive(x) && is_positive(y) && is_small(x) && is_small(y) {
                self.facts.learn(x, result);
                self.facts.learn(y, result);
            }
            return;
        };
        let constant = i128::from(constant);
        let fits = if constant > 0 {
            self.facts.holds(self.func, x, zero.plus(max - constant))
                || self.facts.has_greater(self.func, x, constant)
        } else {
            self.facts.holds(self.func, zero.plus(min - constant), x)
        };
        if fits {
            self.facts.learn_equal(result, x.plus(constant));
        }
    }

    fn learn_extension(&mut self, inst: InstId, result: Term, x: Term) {
        let zero = self.facts.constant(0);
        if self.facts.holds(self.func, zero, x) {
            return self.facts.learn_equal(result, x);
        }
        let from = self.func.ty(self.func.args(inst)[0]);
        self.facts.learn(zero, result);
        self.facts.learn(result, zero.plus(i128::from(zero_extend(from, -1))));
    }

    fn learn_quotient(&mut self, inst: InstId, data: &Inst, result: Term, x: Term, y: Term) {
        let zero = self.facts.constant(0);
        let is_division = matches!(data.op, Op::Udiv | Op::Sdiv);
        if self.facts.holds(self.func, zero, x)
            && (!is_division || self.facts.holds(self.func, zero.plus(1), y))
        {
            self.facts.learn(zero, result);
            self.facts.learn(result, x);
        }
        let amount = self.func.as_iconst(self.func.args(inst)[1]);
        if let (Op::Ushr, Some(amount)) = (data.op, amount)
            && amount > 0
            && amount < i64::from(data.ty.n_bits())
        {
            self.facts.learn(zero, result);
            self.facts.learn(result, zero.plus(i128::from(zero_extend(data.ty, -1) >> amount)));
        }
    }
}
