//! Instantiation cycles that would need infinitely many instances: `func f[P any]() { f[*P]() }`.
//!
//! A graph has a vertex for each type parameter and for each local type of a generic function; an edge says that what the
//! source stands for flows into the destination, with weight 1 when it is wrapped into something. A cycle of positive
//! weight grows without end.

use base::Pos;
use diag::{Code, Diagnostic};
use rustc_hash::{FxHashMap, FxHashSet};
use types::{ObjectId, Type, TypeId, Types};

use crate::checker::Checker;

/// The graph of a package.
#[derive(Debug, Default)]
pub(crate) struct MonoGraph {
    vertices: Vec<Vertex>,
    edges: Vec<Edge>,
    /// The type parameters of receiver base types, by the receiver's own.
    canonical: FxHashMap<TypeId, TypeId>,
    /// The vertex of a type parameter; of a local type, if it has one.
    indices: FxHashMap<TypeId, Option<usize>>,
}

#[derive(Debug)]
struct Vertex {
    object: ObjectId,
    is_type_param: bool,
    /// The weight of the heaviest known path here, its last edge and its length.
    weight: u32,
    last_edge: usize,
    n_edges: usize,
}

#[derive(Debug)]
struct Edge {
    to: usize,
    from: usize,
    weight: u32,
    pos: Pos,
    ty: TypeId,
}

impl MonoGraph {
    /// Says that a receiver's type parameter stands for that of the base type.
    pub(crate) fn record_canonical(&mut self, own: TypeId, of_base: TypeId) {
        self.canonical.insert(own, of_base);
    }

    fn type_param(&mut self, types: &Types, param: TypeId) -> Option<usize> {
        let param = self.canonical.get(&param).copied().unwrap_or(param);
        if let Some(&known) = self.indices.get(&param) {
            return known;
        }
        let Type::TypeParam(data) = types.get(param) else { return None };
        let index = self.add_vertex(data.object, true);
        self.indices.insert(param, Some(index));
        Some(index)
    }

    fn add_vertex(&mut self, object: ObjectId, is_type_param: bool) -> usize {
        self.vertices.push(Vertex { object, is_type_param, weight: 0, last_edge: 0, n_edges: 0 });
        self.vertices.len() - 1
    }

    /// The vertex of a local type of a generic function; other declared types have none.
    fn local_type(&mut self, types: &Types, named: TypeId) -> Option<usize> {
        let origin = types.origin(named);
        if let Some(&known) = self.indices.get(&origin) {
            return known;
        }
        let Type::Named(data) = types.get(origin) else { return None };
        if data.outer_args.is_empty() {
            return None;
        }
        let index = self.add_vertex(data.object, false);
        self.indices.insert(origin, Some(index));
        for &param in &data.outer_args {
            if let Some(from) = self.type_param(types, param) {
                let pos = types.object(data.object).pos;
                self.edges.push(Edge { to: index, from, weight: 1, pos, ty: param });
            }
        }
        Some(index)
    }

    /// Records that `arg` flows into `param`.
    fn assign(&mut self, types: &Types, pos: Pos, param: TypeId, arg: TypeId) {
        let Some(to) = self.type_param(types, param) else { return };
        let mut pending = vec![arg];
        let mut seen = FxHashSet::default();
        while let Some(ty) = pending.pop() {
            if !seen.insert(ty) {
                continue;
            }
            if !types.may_mention_type_params(ty)
                && types.as_named(ty).is_none()
                && !may_hold_local(types, ty)
            {
                continue;
            }
            let ty = types.unalias(ty);
            let from = match types.get(ty) {
                Type::TypeParam(_) => self.type_param(types, ty),
                Type::Named(_) => self.local_type(types, ty),
                _ => None,
            };
            if let Some(from) = from {
                let weight = u32::from(ty != types.unalias(arg));
                self.edges.push(Edge { to, from, weight, pos, ty: arg });
            }
            push_components(types, ty, &mut pending);
        }
    }

    /// Searches for a path with as many edges as there are vertices: it must have a cycle. The result is its end.
    fn find_loop(&mut self) -> Option<usize> {
        let mut again = true;
        while again {
            again = false;
            for (index, edge) in self.edges.iter().enumerate() {
                let (weight, n_edges) =
                    (self.vertices[edge.from].weight + edge.weight, self.vertices[edge.from].n_edges + 1);
                let to = &mut self.vertices[edge.to];
                if weight <= to.weight {
                    continue;
                }
                to.last_edge = index;
                to.n_edges = n_edges;
                if n_edges == self.vertices.len() {
                    return Some(edge.to);
                }
                self.vertices[edge.to].weight = weight;
                again = true;
            }
        }
        None
    }

    /// The vertices of the cycle that leads to `end`, in reverse order.
    fn cycle(&self, end: usize) -> Vec<usize> {
        let mut stack: Vec<usize> = Vec::new();
        let mut vertex = end;
        loop {
            if let Some(start) = stack.iter().position(|&seen| seen == vertex) {
                return stack.split_off(start);
            }
            stack.push(vertex);
            vertex = self.edges[self.vertices[vertex].last_edge].from;
        }
    }
}

/// Whether a type that mentions no type parameter may still mention a local type.
fn may_hold_local(types: &Types, ty: TypeId) -> bool {
    !matches!(types.get(ty), Type::Basic(_))
}

fn push_components(types: &Types, ty: TypeId, out: &mut Vec<TypeId>) {
    match types.get(ty) {
        Type::Named(named) => out.extend(&named.args),
        Type::Pointer(elem) | Type::Slice(elem) | Type::Array { elem, .. } | Type::Chan { elem, .. } => {
            out.push(*elem)
        }
        Type::Map { key, elem } => out.extend([*key, *elem]),
        Type::Struct(struct_) => out.extend(struct_.fields.iter().map(|field| field.ty)),
        Type::Signature(signature) => {
            out.extend(signature.params.iter().chain(&signature.results).map(|param| param.ty));
        }
        Type::Interface(_) => out.extend(types.type_set(ty).methods.iter().map(|method| method.ty)),
        _ => {}
    }
}

impl Checker<'_> {
    /// Records an instantiation in the source. `places` are those of the type arguments as far as they are written.
    pub(crate) fn record_instantiation(
        &mut self,
        pos: Pos,
        params: &[TypeId],
        args: &[TypeId],
        places: &[Pos],
    ) {
        for (index, (&param, &arg)) in params.iter().zip(args).enumerate() {
            let Type::TypeParam(data) = self.types.get(param) else { continue };
            // An instantiation cycle is always within one package.
            if self.types.object(data.object).package != Some(self.package) {
                continue;
            }
            let pos = places.get(index).copied().unwrap_or(pos);
            self.mono.assign(self.types, pos, param, arg);
        }
    }

    /// Reports an instantiation cycle that never ends.
    pub(crate) fn check_mono(&mut self) {
        let Some(end) = self.mono.find_loop() else { return };
        let cycle = self.mono.cycle(end);
        let first = self.mono.vertices[cycle[0]].object;
        let mut error =
            Diagnostic::error(Code::InvalidInstanceCycle, self.object_span(first), "instantiation cycle:");
        for vertex in cycle {
            let edge = &self.mono.edges[self.mono.vertices[vertex].last_edge];
            let to = &self.mono.vertices[edge.to];
            let name = self.types.object(to.object).name;
            let ty = self.ty(edge.ty);
            let message = if to.is_type_param {
                format!("{name} instantiated as {ty}")
            } else {
                format!("{name} implicitly parameterized by {ty}")
            };
            error = error.with_note(edge.pos, message);
        }
        self.report(error);
    }
}
