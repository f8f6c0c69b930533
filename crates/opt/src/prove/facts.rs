//! What is known about integers at one point of the program: inequalities `x <= y + c`.
//!
//! Values are mathematical integers, each in the signed range of its type, so an inequality says nothing about wrapping:
//! who adds one has made sure that nothing wrapped. Constants are offsets of one node, zero. Facts are scoped: a mark
//! taken before adding some lets one forget them.
//!
//! A question is answered by a search with a budget from x along known inequalities to y. It may fail to prove something
//! true; it never proves something false.

use ir::{Function, Op, Type, ValueId};

/// How many inequalities one question may look at.
const BUDGET: u32 = 96;
const MAX_DEPTH: u32 = 10;
const NONE: u32 = u32::MAX;

/// A value plus a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Term {
    node: u32,
    plus: i128,
}

impl Term {
    /// This plus a constant.
    pub(super) fn plus(self, constant: i128) -> Term {
        Term { node: self.node, plus: self.plus + constant }
    }
}

#[derive(Clone, Copy)]
struct Fact {
    of: u32,
    to: u32,
    plus: i128,
    /// The fact known before about the same node.
    next: u32,
}

/// The facts.
pub(super) struct Facts {
    zero: u32,
    heads: Vec<u32>,
    facts: Vec<Fact>,
}

impl Facts {
    pub(super) fn new(func: &Function) -> Facts {
        Facts { zero: func.n_values() as u32, heads: vec![NONE; func.n_values() + 1], facts: Vec::new() }
    }

    /// A constant.
    pub(super) fn constant(&self, value: i64) -> Term {
        Term { node: self.zero, plus: i128::from(value) }
    }

    /// A value, which must have been made before the facts were.
    pub(super) fn term(&self, func: &Function, value: ValueId) -> Term {
        match func.as_iconst(value) {
            Some(constant) => self.constant(constant),
            None => Term { node: value.index() as u32, plus: 0 },
        }
    }

    pub(super) fn mark(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn forget_to(&mut self, mark: usize) {
        while self.facts.len() > mark {
            let fact = self.facts.pop().expect("longer than the mark");
            self.heads[fact.of as usize] = fact.next;
        }
    }

    /// Learns `x <= y`.
    pub(super) fn learn(&mut self, x: Term, y: Term) {
        if x.node == y.node {
            return;
        }
        let next = std::mem::replace(&mut self.heads[x.node as usize], self.facts.len() as u32);
        self.facts.push(Fact { of: x.node, to: y.node, plus: y.plus - x.plus, next });
    }

    /// Learns `x == y`.
    pub(super) fn learn_equal(&mut self, x: Term, y: Term) {
        self.learn(x, y);
        self.learn(y, x);
    }

    /// Whether a value of the same type is known that is greater than `x` by at least `by`: then adding that much to `x` does
    /// not wrap.
    pub(super) fn has_greater(&self, func: &Function, x: Term, by: i128) -> bool {
        if x.node == self.zero {
            return false;
        }
        let n_bits = func.ty(ValueId::new(x.node as usize)).n_bits();
        let mut at = self.heads[x.node as usize];
        while at != NONE {
            let fact = self.facts[at as usize];
            // x <= to - by, and `to` is at most its type's largest value.
            let is_wide_enough =
                fact.to != self.zero && func.ty(ValueId::new(fact.to as usize)).n_bits() <= n_bits;
            if is_wide_enough && fact.plus <= -by {
                return true;
            }
            at = fact.next;
        }
        false
    }

    /// Whether `x <= y` for sure.
    pub(super) fn holds(&self, func: &Function, x: Term, y: Term) -> bool {
        let mut search =
            Search { facts: self, func, goal: y.node, budget: BUDGET, path: [NONE; MAX_DEPTH as usize] };
        search.reaches(x.node, y.plus - x.plus, 0)
    }
}

struct Search<'a> {
    facts: &'a Facts,
    func: &'a Function,
    goal: u32,
    budget: u32,
    path: [u32; MAX_DEPTH as usize],
}

impl Search<'_> {
    /// Whether `node <= goal + slack`.
    fn reaches(&mut self, node: u32, slack: i128, depth: u32) -> bool {
        if node == self.goal {
            return slack >= 0;
        }
        if self.by_types(node, slack) {
            return true;
        }
        if depth == MAX_DEPTH || self.path[..depth as usize].contains(&node) {
            return false;
        }
        self.path[depth as usize] = node;
        if let Some((x, constant)) = self.sum(node, depth)
            && self.reaches(x, slack - constant, depth + 1)
        {
            return true;
        }
        let mut at = self.facts.heads[node as usize];
        while at != NONE && self.budget > 0 {
            self.budget -= 1;
            let Fact { to, plus, next, .. } = self.facts.facts[at as usize];
            if self.reaches(to, slack - plus, depth + 1) {
                return true;
            }
            at = next;
        }
        false
    }

    /// The node as another one plus a constant, if by what is known here that sum did not wrap.
    fn sum(&mut self, node: u32, depth: u32) -> Option<(u32, i128)> {
        if depth > MAX_DEPTH / 2 || node == self.facts.zero || self.budget == 0 {
            return None;
        }
        let func = self.func;
        let inst =
            func.def_inst(ValueId::new(node as usize)).filter(|&inst| func.inst(inst).op == Op::Iadd)?;
        let &[x, y] = func.args(inst) else { return None };
        let constant = i128::from(func.as_iconst(y)?);
        let (min, max) = type_range(func.inst(inst).ty);
        let (x, zero) = (self.facts.term(func, x), self.facts.constant(0));
        self.budget = self.budget.saturating_sub(BUDGET / 8);
        let (low, high) =
            if constant < 0 { (zero.plus(min - constant), x) } else { (x, zero.plus(max - constant)) };
        let mut search =
            Search { goal: high.node, budget: BUDGET / 8, path: [NONE; MAX_DEPTH as usize], ..*self };
        let is_exact = search.reaches(low.node, high.plus - low.plus, MAX_DEPTH / 2 + 1);
        is_exact.then_some((x.node, constant + x.plus))
    }

    /// Whether the ranges of the types are enough.
    fn by_types(&self, node: u32, slack: i128) -> bool {
        let (_, max) = self.range(node);
        let (min, _) = self.range(self.goal);
        max <= min + slack
    }

    fn range(&self, node: u32) -> (i128, i128) {
        if node == self.facts.zero {
            return (0, 0);
        }
        type_range(self.func.ty(ValueId::new(node as usize)))
    }
}

/// The smallest and largest signed value of an integer type.
pub(super) fn type_range(ty: Type) -> (i128, i128) {
    let half = 1_i128 << (ty.n_bits().min(64) - 1);
    (-half, half - 1)
}
