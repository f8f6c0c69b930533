//! The order of the passes over one function, as data with reasons.
//!
//! [`check_order`] refuses an order that breaks a constraint; [`run`] executes a list of passes and, in debug builds,
//! verifies the function before the first and after each.

use crate::flow::Flow;
use crate::{combine, dce, forward, gvn, layout, licm, prove, rotate, simplify_cfg, sroa};
use ir::{Function, ValueId};
use smallvec::SmallVec;
use std::rc::Rc;

/// A transformation of one function that needs nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// The name, a verb or the usual abbreviation; also of its folder of fixtures.
    pub name: &'static str,
    /// Does it; returns whether something changed.
    pub run: fn(&mut Function, &mut Scratch) -> bool,
}

/// Memory that passes keep between functions, and what they know about the graph of the current one.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The table of value numbers.
    pub(crate) gvn: gvn::Numbers,
    /// Marks by value.
    pub(crate) live: Vec<bool>,
    /// Values of a caller by value of a callee.
    pub(crate) inline_map: Vec<Option<ValueId>>,
    flow: Option<Rc<Flow>>,
}

impl Scratch {
    /// The graph of the function.
    pub(crate) fn flow(&mut self, func: &Function) -> Rc<Flow> {
        Rc::clone(self.flow.get_or_insert_with(|| Rc::new(Flow::new(func))))
    }

    /// Says that blocks or edges changed, or that another function comes next. Whoever adds or exchanges targets must call this:
    /// edges are known by their numbers.
    pub fn graph_changed(&mut self) {
        self.flow = None;
    }
}

/// Every pass, for lookup by name.
pub const PASSES: &[Pass] = &[
    Pass { name: "simplify_cfg", run: simplify_cfg::simplify_cfg },
    Pass { name: "gvn", run: gvn::gvn },
    Pass { name: "dce", run: dce::dce },
    Pass { name: "sroa", run: sroa::sroa },
    Pass { name: "forward", run: forward::forward },
    Pass { name: "prove", run: prove::prove },
    Pass { name: "rotate", run: rotate::rotate },
    Pass { name: "licm", run: licm::licm },
    Pass { name: "combine", run: combine::combine },
    Pass { name: "layout", run: layout::layout },
];

/// What is done to each function before it is considered for inlining.
pub const EARLY: &[&str] = &["simplify_cfg", "gvn", "simplify_cfg", "dce"];

/// What is done to each function when escape analysis has placed its allocations.
pub const LATE: &[&str] = &[
    "sroa",
    "gvn",
    "simplify_cfg",
    "forward",
    "licm",
    "gvn",
    "prove",
    "simplify_cfg",
    "rotate",
    "licm",
    "gvn",
    "simplify_cfg",
    "forward",
    "combine",
    "dce",
];

/// As `LATE`, when compile time counts: also removes the write barriers of frames.
pub const LATE_QUICK: &[&str] = &["sroa", "gvn", "dce"];

/// What is done to each function when polls are in place.
pub const LAST: &[&str] = &["layout"];

/// A rule that an order of passes must obey.
#[derive(Debug)]
pub struct Constraint {
    /// This pass ...
    pub first: &'static str,
    /// ... has an instance somewhere before the first instance of this one.
    pub then: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The rules.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        first: "prove",
        then: "rotate",
        reason: "induction looks for the test at the top of the loop, on a way that dominates the body",
    },
    Constraint {
        first: "sroa",
        then: "prove",
        reason: "lengths and indices in memory are a different value at each load",
    },
    Constraint {
        first: "licm",
        then: "prove",
        reason: "a slice header that is loaded in the loop has a new length in each iteration",
    },
    Constraint {
        first: "gvn",
        then: "licm",
        reason: "operands that are equal but not the same are not seen to be invariant",
    },
    Constraint { first: "prove", then: "combine", reason: "a check between two stores keeps them apart" },
    Constraint {
        first: "gvn",
        then: "prove",
        reason: "facts are about values: equal ones must be the same one",
    },
];

/// The pass with this name.
pub fn pass(name: &str) -> Option<&'static Pass> {
    PASSES.iter().find(|pass| pass.name == name)
}

/// Says which constraint an order breaks, if any.
pub fn check_order(order: &[&str]) -> Result<(), String> {
    let place = |name: &str| order.iter().position(|pass| *pass == name);
    for name in order {
        pass(name).ok_or_else(|| format!("there is no pass {name}"))?;
    }
    for Constraint { first, then, reason } in CONSTRAINTS {
        if let Some(then_at) = place(then)
            && place(first).is_none_or(|first_at| first_at > then_at)
        {
            return Err(format!("{first} must come before {then}: {reason}"));
        }
    }
    Ok(())
}

/// Runs passes over a function. A pass is skipped when nothing has changed since it ran last; `clean` names the passes
/// that ran on the function as it is, before this list.
pub fn run(order: &[&str], clean: &[&str], func: &mut Function, scratch: &mut Scratch) {
    verify(func, "the caller");
    scratch.graph_changed();
    let mut version = 0;
    let mut clean: SmallVec<[(&str, u32); 16]> = clean.iter().map(|&name| (name, 0)).collect();
    for &name in order {
        if clean.contains(&(name, version)) {
            continue;
        }
        let pass = pass(name).expect("the order was checked");
        version += u32::from((pass.run)(func, scratch));
        clean.retain(|(other, _)| *other != name);
        clean.push((name, version));
        verify(func, name);
    }
}

/// In debug builds, stops at the pass that broke the function.
pub(crate) fn verify(func: &Function, after: &str) {
    if cfg!(debug_assertions)
        && let Err(error) = ir::verify(func)
    {
        unreachable!("after {after}: {error}\n{func}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orders_obey_the_constraints() {
        for order in [EARLY, LATE, LATE_QUICK, LAST] {
            check_order(order).unwrap();
        }
        let error = check_order(&["sroa", "gvn", "licm", "rotate", "prove"]).unwrap_err();
        assert!(error.starts_with("prove must come before rotate"), "{error}");
    }
}
