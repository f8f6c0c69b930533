//! Escape analysis: which allocations may live in the side-stack frame of the function that makes them.
//!
//! The model is gc's (`cmd/compile/internal/escape`): a graph of *places* with weighted edges. A place is a pointer value, the
//! contents of an allocated object, a result of the function, or the heap. An edge `to <- from, derefs` says that
//! `from`, dereferenced so many times (-1: its address), flows to `to`. An object must be on the heap if its address
//! flows to a place that outlives it: the heap, a result, an object that is itself on the heap, or something that belongs to
//! an outer loop iteration. What a call does with its arguments is the [`Summary`] of the callee, computed callees first;
//! within a cycle of calls by iteration from the optimistic end.
//!
//! **What counts as storing into an object** is a store whose address is the object's allocation, moved by constants or
//! indices. A store through any other pointer counts as a store to the heap.
//!
//! **Buffers.** An `optional` allocation is memory for what a callee makes, small strings above all. It is nil, and the
//! callee's memory comes from the heap, when the frame cannot hold it.
//!
//! **Deferred calls.** The record of a deferring function, and what is kept behind it, are in the frame of the function's
//! wrapper. Its body gets the address, and what it stores there outlives the body's frame but not the wrapper's: to the
//! wrapper, that leaks nothing.
//!
//! **Closures.** Calling an unknown closure does not leak it; instead, whoever makes a closure object pays for what its code
//! does with captured variables, when the code address is stored in word 0.

mod graph;
mod known;

use crate::{Facts, callgraph::CallGraph, rules::become_constant};
use graph::Analysis;
pub use graph::{How, Step};
use ir::inst::AllocFlags;
use ir::{FnAttrs, FuncId, Function, InstId, Module, SrcLoc, Type};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The biggest object that is put into a frame. As gc's limit for implicit variables.
pub const MAX_SIDE_BYTES: i64 = 64 << 10;

/// What a function does with the pointers it is given, by parameter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Where each parameter flows.
    pub params: Vec<Leak>,
}

/// Where a parameter flows, each with the number of dereferences on the way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leak {
    /// To the heap.
    pub heap: Option<u8>,
    /// To results, by index.
    pub results: SmallVec<[(u16, u8); 2]>,
}

impl Leak {
    /// The value itself goes to the heap.
    pub fn everything() -> Leak {
        Leak { heap: Some(0), results: SmallVec::new() }
    }

    /// What is read through the pointer goes to the heap.
    pub fn contents(n_derefs: u8) -> Leak {
        Leak { heap: Some(n_derefs), results: SmallVec::new() }
    }

    fn leak_to_heap(&mut self, derefs: u8) {
        self.heap = Some(self.heap.map_or(derefs, |known| known.min(derefs)));
    }

    fn leak_to_result(&mut self, result: u16, derefs: u8) {
        match self.results.iter_mut().find(|(known, _)| *known == result) {
            Some((_, known)) => *known = (*known).min(derefs),
            None => self.results.push((result, derefs)),
        }
    }
}

/// What was decided about one allocation, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The allocation.
    pub alloc: InstId,
    /// Where it is in the source.
    pub loc: SrcLoc,
    /// Why it is on the heap; none if it is in the frame.
    pub cause: Option<Cause>,
}

/// Why an object is on the heap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// It is too big for a frame.
    TooBig,
    /// The function has jumps into loops, which we do not follow.
    Irreducible,
    /// Its address flows along this path, from the end that outlives it back to the allocation.
    Flows(Vec<Step>),
}

/// Moves allocations that do not escape to the side stack.
pub fn place_allocations(module: &Module, funcs: &mut [Function]) {
    let known: Vec<Option<Facts>> = vec![None; funcs.len()];
    place_the_rest(module, funcs, &known);
}

/// As [`place_allocations`], for the functions of which nothing is known; gives the summaries of all.
pub(crate) fn place_the_rest(
    module: &Module,
    funcs: &mut [Function],
    known: &[Option<Facts>],
) -> Vec<Summary> {
    let summaries = summarize(module, funcs, known);
    funcs.par_iter_mut().filter(|func| func.has_body()).for_each(|func| {
        for verdict in verdicts(module, &summaries, func) {
            let mut flags = func.inst(verdict.alloc).alloc_flags();
            if verdict.cause.is_none() {
                flags |= AllocFlags::SIDE;
                flags -= AllocFlags::OPTIONAL;
                func.inst_mut(verdict.alloc).flags = flags.bits();
            } else if flags.contains(AllocFlags::OPTIONAL) {
                become_constant(func, verdict.alloc, Type::Ptr, 0);
            }
        }
    });
    summaries
}

/// The decision on each heap allocation of a function, in block order.
fn verdicts(module: &Module, summaries: &[Summary], func: &Function) -> Vec<Verdict> {
    Analysis::new(module, Summaries::all(summaries), func).verdicts()
}

/// The summaries as one analysis sees them.
#[derive(Clone, Copy)]
struct Summaries<'a> {
    all: &'a [Summary],
    /// Those that are better known by now.
    newer: Option<&'a FxHashMap<FuncId, Summary>>,
}

impl<'a> Summaries<'a> {
    fn all(all: &'a [Summary]) -> Self {
        Summaries { all, newer: None }
    }

    fn of(self, func: FuncId) -> &'a Summary {
        self.newer.and_then(|newer| newer.get(&func)).unwrap_or(&self.all[func.index()])
    }
}

/// The decisions on the heap allocations of every function.
pub fn explain(module: &Module) -> Vec<(FuncId, Vec<Verdict>)> {
    let funcs = module.funcs.as_slice();
    let summaries = summarize(module, funcs, &vec![None; funcs.len()]);
    let with_body = module.funcs.iter_enumerated().filter(|(_, func)| func.has_body());
    with_body.map(|(id, func)| (id, verdicts(module, &summaries, func))).collect()
}

/// The summaries of all functions, callees first; those that are known need no body.
fn summarize(module: &Module, funcs: &[Function], known: &[Option<Facts>]) -> Vec<Summary> {
    let graph = CallGraph::with_fixed(module, funcs, |id| known[id.index()].as_ref().map(|_| 0));
    let start = |(func, known): (&Function, &Option<Facts>)| match known {
        Some(facts) => facts.summary.clone(),
        None => assumed(func),
    };
    let mut summaries: Vec<Summary> = funcs.iter().zip(known).map(start).collect();
    for level in 0..graph.levels.len() {
        let components = graph.components(level);
        let results: Vec<Vec<(FuncId, Summary)>> = components
            .par_iter()
            .map(|component| summarize_component(module, &summaries, funcs, &graph, component))
            .collect();
        for (id, summary) in results.into_iter().flatten() {
            summaries[id.index()] = summary;
        }
    }
    summaries
}

/// What is assumed of a function before, or instead of, looking at it.
fn assumed(func: &Function) -> Summary {
    let leaks_nothing = func.has_body() || func.attrs.contains(FnAttrs::NOESCAPE);
    let leak = if leaks_nothing { Leak::default() } else { Leak::everything() };
    Summary { params: vec![leak; func.sig.params.len()] }
}

fn summarize_component(
    module: &Module,
    summaries: &[Summary],
    funcs: &[Function],
    graph: &CallGraph,
    component: &[FuncId],
) -> Vec<(FuncId, Summary)> {
    let is_looked_at = |id: &FuncId| {
        let func = &funcs[id.index()];
        func.has_body() && !func.attrs.contains(FnAttrs::NOESCAPE)
    };
    let members: Vec<FuncId> = component.iter().copied().filter(is_looked_at).collect();
    let func = |id: FuncId| &funcs[id.index()];
    if !members.iter().any(|&id| graph.is_recursive(id)) {
        return members
            .into_iter()
            .map(|id| (id, Analysis::new(module, Summaries::all(summaries), func(id)).summary()))
            .collect();
    }
    let mut current = FxHashMap::default();
    loop {
        let mut has_changed = false;
        for &id in &members {
            let known = Summaries { all: summaries, newer: Some(&current) };
            let better = Analysis::new(module, known, func(id)).summary();
            has_changed |= *known.of(id) != better;
            current.insert(id, better);
        }
        if !has_changed {
            return members.into_iter().filter_map(|id| current.remove_entry(&id)).collect();
        }
    }
}
