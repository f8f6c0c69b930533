//! Work on all functions of a program: in parallel, or level by level of the call graph. The result does not depend on the
//! number of threads: a function sees only functions of lower levels, which are finished.

use crate::callgraph::CallGraph;
use crate::devirt::devirt;
use crate::inline::{Library, cost_if_inlinable, inline_calls, unroll_recursion};
use crate::pass::{self, EARLY, Scratch};
use crate::polls::{checks_stack, place_polls};
use base::Symbol;
use ir::{FuncId, Function, Module, Signature};
use rayon::prelude::*;

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

fn placeholder() -> Function {
    Function::new(base::sym::EMPTY, Signature::default())
}

/// A function that may be copied, and what a copy costs.
type Body = Option<Box<(Function, u32)>>;

struct Bodies<'a> {
    module: &'a Module,
    graph: &'a CallGraph,
    bodies: &'a [Body],
    caller: FuncId,
}

impl Library for Bodies<'_> {
    fn body(&self, callee: Symbol) -> Option<(&Function, u32)> {
        let id = self.module.func_id(callee)?;
        let body = self.bodies[id.index()].as_deref()?;
        (!self.graph.are_mutual(id, self.caller)).then_some((&body.0, body.1))
    }
}

/// How often calls that came with a copied body are looked at again.
const N_INLINE_ROUNDS: usize = 3;

/// Makes calls direct and replaces them by bodies, callees first.
pub(crate) fn inline_everywhere(module: &Module, funcs: &mut [Function]) {
    let graph = CallGraph::new(module, funcs);
    let mut bodies: Vec<Body> = (0..funcs.len()).map(|_| None).collect();
    let work = |scratch: &mut Scratch, bodies: &[Body], id: FuncId, func: &mut Function| {
        let library = Bodies { module, graph: &graph, bodies, caller: id };
        for _ in 0..N_INLINE_ROUNDS {
            let is_direct = devirt(func, module);
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
    };
    by_level(funcs, &graph, work, &mut bodies, |bodies, id, func| {
        bodies[id.index()] = cost_if_inlinable(func).map(|cost| Box::new((func.clone(), cost)));
    });
}

/// Puts preemption points into loops.
pub(crate) fn place_polls_everywhere(module: &Module, funcs: &mut [Function]) {
    let checks: Vec<bool> = funcs.par_iter().map(checks_stack).collect();
    let has_check = |callee: Symbol| module.func_id(callee).is_some_and(|id| checks[id.index()]);
    funcs.par_iter_mut().filter(|func| func.has_body()).for_each(|func| {
        place_polls(func, &has_check);
        pass::verify(func, "polls");
    });
}
