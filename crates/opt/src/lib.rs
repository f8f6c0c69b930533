//! The optimiser: passes over the IR, and their order as data.
//!
//! [`optimize`] is the pipeline. [`pass`] has the table of the passes that look at one function, and the constraints on
//! their order; [`program`] runs work over all functions in parallel or in the order of the call graph. Every pass takes valid IR
//! and leaves valid IR; debug builds check that. The crate knows nothing of Go's syntax or of machines.
//!
//! Tests: `tests/passes/PASS/*.ir`, each with input and expected output; both are also executed by the interpreter and must
//! do the same.
#![forbid(unsafe_code)]

pub mod callgraph;
pub mod pass;
pub mod program;

mod alias;
pub mod combine;
pub mod dce;
pub mod devirt;
pub mod escape;
mod flow;
pub mod forward;
pub mod gvn;
pub mod inline;
pub mod layout;
pub mod licm;
pub mod loops;
pub mod polls;
pub mod prove;
mod reuse;
pub mod rotate;
pub mod rules;
pub mod simplify_cfg;
pub mod sroa;
mod ssa;
mod strip;
pub mod unreferenced;

use ir::Module;

pub use reuse::Facts;

/// How much to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// What a program needs to run, and what makes it smaller: for quick builds, and to find out who is to blame.
    Quick,
    /// Everything.
    Full,
}

/// Optimises a whole program in place.
pub fn optimize(module: &mut Module) {
    optimize_with(module, Effort::Full);
}

/// As [`optimize`], with a choice.
pub fn optimize_with(module: &mut Module, effort: Effort) {
    let known = vec![None; module.funcs.len()];
    optimize_rest(module, effort, known);
}

/// As [`optimize_with`], for the functions of which nothing is known, by [`ir::FuncId`]; gives the facts about all. The others
/// are given up: nobody needs them but the callers that copy them.
pub fn optimize_rest(module: &mut Module, effort: Effort, known: Vec<Option<Facts>>) -> Vec<Facts> {
    let mut funcs = std::mem::take(&mut module.funcs).into_raw();
    let lowered = reuse::set_aside(&mut funcs, &known);
    let mut facts = simplify_and_inline(module, &mut funcs, effort, &known, &lowered);
    drop(lowered);
    reuse::set_summaries(&mut facts, escape::place_the_rest(module, &mut funcs, &known));
    let late = if effort == Effort::Full { pass::LATE } else { pass::LATE_QUICK };
    program::run_everywhere(&mut funcs, late, pass::EARLY);
    program::place_polls_everywhere(module, &mut funcs, &mut facts, &known);
    program::run_everywhere(&mut funcs, pass::LAST, &[]);
    module.funcs = base::IdxVec::from_raw(funcs);
    facts
}

/// What [`optimize_with`] would decide about every allocation, by function. The module is left as far optimised as it then is.
pub fn explain_allocations(module: &mut Module, effort: Effort) -> Vec<(ir::FuncId, Vec<escape::Verdict>)> {
    let mut funcs = std::mem::take(&mut module.funcs).into_raw();
    let nothing = vec![None; funcs.len()];
    simplify_and_inline(module, &mut funcs, effort, &nothing, &[]);
    module.funcs = base::IdxVec::from_raw(funcs);
    escape::explain(module)
}

/// Everything that comes before allocations are placed. What it finds out about each function is added to what is known.
fn simplify_and_inline(
    module: &Module,
    funcs: &mut [ir::Function],
    effort: Effort,
    known: &[Option<Facts>],
    lowered: &[Option<ir::Function>],
) -> Vec<Facts> {
    program::run_everywhere(funcs, pass::EARLY, &[]);
    match effort {
        Effort::Full => program::inline_everywhere(module, funcs, known, lowered),
        Effort::Quick => known.iter().map(|known| known.clone().unwrap_or_default()).collect(),
    }
}
