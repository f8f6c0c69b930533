//! Work on all functions of a program: in parallel, or level by level of the call graph. The result does not depend on the
//! number of threads: a function sees only functions of lower levels, which are finished.

use crate::callgraph::CallGraph;
use crate::devirt::devirt;
use crate::inline::{Library, cost_if_inlinable, inline_calls, unroll_recursion};
use crate::pass::{self, EARLY, Scratch};
use crate::polls::{checks_stack, place_polls};
use crate::reuse::{Facts, placeholder};
use base::Symbol;
use ir::{FuncId, Function, Module};
use rayon::prelude::*;
use std::sync::OnceLock;

/// Runs a list of passes over every function.
pub(crate) fn run_everywhere(funcs: &mut [Function], order: &[&str], clean: &[&str]) {
    funcs
        .par_iter_mut()
        .filter(|func| func.has_body())
        .for_each_init(Scratch::default, |scratch, func| pass::run(order, clean, func, scratch));
}

/// Runs `work` on the functions of each level, lowest first; `publish` sees the results of a level before the next one starts.
pub(crate) fn by_level<T: Send + Sync>(
    funcs: &mut [Function],
    graph: &CallGraph,
    work: impl Fn(&mut Scratch, &[T], FuncId, &mut Function) + Sync,
    shared: &mut Vec<T>,
    publish: impl Fn(&mut Vec<T>, FuncId, &Function),
) {
    for level in &graph.levels {
        let take = |id: &FuncId| (*id, std::mem::replace(&mut funcs[id.index()], placeholder()));
        let mut batch: Vec<(FuncId, Function)> = level.iter().map(take).collect();
        let done: &[T] = shared;
        batch
            .par_iter_mut()
            .filter(|(_, func)| func.has_body())
            .for_each_init(Scratch::default, |scratch, (id, func)| work(scratch, done, *id, func));
        for (id, func) in batch {
            publish(shared, id, &func);
            funcs[id.index()] = func;
        }
    }
}

/// A function that may be copied, and what a copy costs.
type Body = Option<Box<(Function, u32)>>;

/// The functions of a program while calls are replaced by bodies.
struct Inlining<'a> {
    module: &'a Module,
    graph: &'a CallGraph,
    known: &'a [Option<Facts>],
    /// The known functions as they were lowered.
    lowered: &'a [Option<Function>],
    /// The bodies of known functions that were asked for.
    remade: Vec<OnceLock<Body>>,
}

/// What one function may copy.
struct Bodies<'a> {
    inlining: &'a Inlining<'a>,
    /// Those of lower levels that are worked on.
    bodies: &'a [Body],
    caller: FuncId,
}

impl Library for Bodies<'_> {
    fn body(&self, callee: Symbol) -> Option<(&Function, u32)> {
        let Inlining { module, graph, known, .. } = self.inlining;
        let id = module.func_id(callee)?;
        if graph.are_mutual(id, self.caller) {
            return None;
        }
        let body = match &known[id.index()] {
            Some(facts) if !facts.is_inlinable || facts.level >= graph.level(self.caller) => return None,
            Some(_) => self.inlining.remade[id.index()].get_or_init(|| self.inlining.remake(self.bodies, id)),
            None => &self.bodies[id.index()],
        };
        body.as_deref().map(|(body, cost)| (body, *cost))
    }
}

impl Inlining<'_> {
    /// The body of a known function, which lower levels suffice to make.
    fn remake(&self, bodies: &[Body], id: FuncId) -> Body {
        let mut func = self.lowered[id.index()].clone()?;
        let mut scratch = Scratch::default();
        pass::run(EARLY, &[], &mut func, &mut scratch);
        self.inline(&mut scratch, bodies, id, &mut func);
        body(func)
    }

    fn inline(&self, scratch: &mut Scratch, bodies: &[Body], id: FuncId, func: &mut Function) {
        let library = Bodies { inlining: self, bodies, caller: id };
        for _ in 0..N_INLINE_ROUNDS {
            let is_direct = devirt(func, self.module);
            if !inline_calls(func, &library, &mut scratch.inline_map) && !is_direct {
                break;
            }
            pass::verify(func, "inline");
            pass::run(EARLY, &[], func, scratch);
        }
        if unroll_recursion(func, &mut scratch.inline_map) {
            pass::verify(func, "inline");
            pass::run(EARLY, &[], func, scratch);
        }
    }
}

fn body(func: Function) -> Body {
    let cost = cost_if_inlinable(&func)?;
    Some(Box::new((func, cost)))
}

/// How often calls that came with a copied body are looked at again.
const N_INLINE_ROUNDS: usize = 3;

/// Makes calls direct and replaces them by bodies, callees first. Known functions are copied, but not worked on.
pub(crate) fn inline_everywhere(
    module: &Module,
    funcs: &mut [Function],
    known: &[Option<Facts>],
    lowered: &[Option<Function>],
) -> Vec<Facts> {
    let fixed = |id: FuncId| known[id.index()].as_ref().map(|facts| facts.level);
    let graph = CallGraph::with_fixed(module, funcs, fixed);
    let mut bodies: Vec<Body> = (0..funcs.len()).map(|_| None).collect();
    let remade = (0..funcs.len()).map(|_| OnceLock::new()).collect();
    let inlining = Inlining { module, graph: &graph, known, lowered, remade };
    let work = |scratch: &mut Scratch, bodies: &[Body], id: FuncId, func: &mut Function| {
        inlining.inline(scratch, bodies, id, func);
    };
    by_level(funcs, &graph, work, &mut bodies, |bodies, id, func| {
        bodies[id.index()] = cost_if_inlinable(func).map(|cost| Box::new((func.clone(), cost)));
    });
    let facts = |(index, known): (usize, &Option<Facts>)| match known {
        Some(facts) => facts.clone(),
        None => Facts {
            level: graph.level(FuncId::new(index)),
            is_inlinable: bodies[index].is_some(),
            ..Facts::default()
        },
    };
    known.iter().enumerate().map(facts).collect()
}

/// Puts preemption points into loops, when it is known which functions check their stacks.
pub(crate) fn place_polls_everywhere(
    module: &Module,
    funcs: &mut [Function],
    facts: &mut [Facts],
    known: &[Option<Facts>],
) {
    let rest = funcs.par_iter().zip(facts.par_iter_mut()).zip(known).filter(|(_, known)| known.is_none());
    rest.for_each(|((func, facts), _)| facts.checks_stack = checks_stack(func));
    let has_check = |callee: Symbol| module.func_id(callee).is_some_and(|id| facts[id.index()].checks_stack);
    funcs.par_iter_mut().filter(|func| func.has_body()).for_each(|func| {
        place_polls(func, &has_check);
        pass::verify(func, "polls");
    });
}
