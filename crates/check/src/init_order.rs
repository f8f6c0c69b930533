//! The order in which package-level variables are initialised. Spec: "Package initialization".
//!
//! A variable depends on the constants and variables that its initialisation refers to, directly or through functions.
//! Repeatedly, the first declared variable that depends on nothing uninitialised is next. Constants take part because
//! their cycles are reported here.

use std::{cmp::Reverse, collections::BinaryHeap};

use diag::{Code, Diagnostic};
use rustc_hash::FxHashSet;
use types::{ObjectId, ObjectKind};

use crate::{
    Initializer,
    checker::Checker,
    declaration::{DeclarationId, DeclarationKind},
};

/// The references between package-level objects. Numbers are places in source order.
struct Graph {
    /// What each object refers to, in source order.
    references: Vec<Vec<usize>>,
    is_func: Vec<bool>,
}

impl Graph {
    /// The constants and variables that `start` depends on, directly or through functions; itself only in a cycle.
    fn dependencies(&self, start: usize, seen: &mut [usize], round: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut pending = vec![start];
        while let Some(from) = pending.pop() {
            for &to in &self.references[from] {
                if seen[to] == round {
                    continue;
                }
                seen[to] = round;
                if self.is_func[to] {
                    pending.push(to);
                } else {
                    found.push(to);
                }
            }
        }
        found
    }

    /// A way of references from `from` to `to`, without `from`.
    fn path(&self, from: usize, to: usize, seen: &mut FxHashSet<usize>) -> Option<Vec<usize>> {
        if !seen.insert(from) {
            return None;
        }
        for &next in &self.references[from] {
            if next == to {
                return Some(vec![next]);
            }
            if let Some(mut path) = self.path(next, to, seen) {
                path.push(next);
                return Some(path);
            }
        }
        None
    }
}

impl Checker<'_> {
    /// Computes the order, and reports cycles.
    pub(crate) fn init_order(&mut self) -> Vec<Initializer> {
        let objects: Vec<(ObjectId, DeclarationId)> = self
            .declarations
            .objects()
            .iter()
            .copied()
            .filter(|&(object, _)| self.is_dependency(object))
            .collect();
        let graph = self.dependency_graph(&objects);
        let n = objects.len();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); n];
        let mut n_pending = vec![0usize; n];
        let mut seen = vec![usize::MAX; n];
        for node in (0..n).filter(|&node| !graph.is_func[node]) {
            let dependencies = graph.dependencies(node, &mut seen, node);
            n_pending[node] = dependencies.len();
            for dependency in dependencies {
                users[dependency].push(node);
            }
        }
        let is_const = |node: usize| matches!(self.types.object(objects[node].0).kind, ObjectKind::Const(_));
        let key = |node: usize, n_pending: &[usize]| Reverse((!is_const(node), n_pending[node], node));
        let mut queue: BinaryHeap<_> =
            (0..n).filter(|&node| !graph.is_func[node]).map(|node| key(node, &n_pending)).collect();
        let mut is_done = vec![false; n];
        let mut emitted = FxHashSet::default();
        let mut order = Vec::new();
        let mut cycles = Vec::new();
        while let Some(Reverse((_, n_then, node))) = queue.pop() {
            if is_done[node] || n_then != n_pending[node] {
                continue; // An entry from before its number of dependencies changed.
            }
            is_done[node] = true;
            if n_pending[node] > 0
                && let Some(cycle) = graph.path(node, node, &mut FxHashSet::default())
            {
                cycles.push(cycle);
            }
            for &user in &users[node] {
                n_pending[user] = n_pending[user].saturating_sub(1);
                if !is_done[user] {
                    queue.push(key(user, &n_pending));
                }
            }
            let (object, declaration) = objects[node];
            if let Some(initializer) = self.initializer(object, declaration)
                && emitted.insert(declaration)
            {
                order.push(initializer);
            }
        }
        for cycle in cycles {
            let cycle: Vec<ObjectId> = cycle.into_iter().map(|node| objects[node].0).collect();
            self.report_init_cycle(&cycle);
        }
        order
    }

    /// Whether something can depend on the object's initialisation.
    fn is_dependency(&self, object: ObjectId) -> bool {
        matches!(
            self.types.object(object).kind,
            ObjectKind::Const(_) | ObjectKind::Var(_) | ObjectKind::Func(_)
        )
    }

    fn dependency_graph(&self, objects: &[(ObjectId, DeclarationId)]) -> Graph {
        // Places among `objects`, from places among all declarations.
        let mut places = vec![usize::MAX; self.declarations.objects().len()];
        for (place, &(object, _)) in objects.iter().enumerate() {
            if let Some(order) = self.declarations.order(object) {
                places[order as usize] = place;
            }
        }
        let references = objects.iter().map(|&(_, declaration)| {
            let dependencies = &self.declarations.get(declaration).dependencies;
            let mut list: Vec<usize> = dependencies
                .iter()
                .filter_map(|&object| self.declarations.order(object))
                .map(|order| places[order as usize])
                .filter(|&place| place != usize::MAX)
                .collect();
            list.sort_unstable();
            list
        });
        let is_func = objects
            .iter()
            .map(|&(object, _)| matches!(self.types.object(object).kind, ObjectKind::Func(_)))
            .collect();
        Graph { references: references.collect(), is_func }
    }

    /// What initialises a variable, if anything does.
    fn initializer(&self, object: ObjectId, declaration: DeclarationId) -> Option<Initializer> {
        let declaration = self.declarations.get(declaration);
        let DeclarationKind::Var { group, init, .. } = &declaration.kind else { return None };
        let variables =
            if group.is_empty() { [object].into_iter().collect() } else { group.iter().copied().collect() };
        Some(Initializer { variables, file: declaration.file as u32, value: (*init)? })
    }

    /// Reports a cycle; its objects come in reverse order of reference.
    fn report_init_cycle(&mut self, cycle: &[ObjectId]) {
        let name = |object: ObjectId| self.types.object(object).name;
        let first = cycle[0];
        let at = self.object_span(first);
        if let [only] = cycle {
            let message = format!("initialization cycle: {} refers to itself", name(*only));
            self.error(at, Code::InvalidInitCycle, message);
            return;
        }
        let message = format!("initialization cycle for {}", name(first));
        let mut error = Diagnostic::error(Code::InvalidInitCycle, at, message);
        let mut from = first;
        for &to in cycle.iter().rev() {
            error = error.with_note(self.object_span(from), format!("{} refers to {}", name(from), name(to)));
            from = to;
        }
        self.report(error);
    }
}
