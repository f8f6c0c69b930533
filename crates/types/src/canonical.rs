//! Identity: the one representative of all spellings of a type.
//!
//! A canonical type has no aliases, no parameter names, no `byte` or `rune`; a canonical interface lists its whole method
//! set in order and its terms as one union. So canonical types are identical exactly when their ids are equal.
//!
//! The exception are *cyclic* interfaces: anonymous ones that contain themselves through a declared interface, as in
//! `type T interface { m() interface{ T } }`. They have a representative for each place where the cycle can be entered, so
//! once the store has seen one, types whose ids differ are compared part by part. No real program contains one.

use base::sym;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    Field, Interface, Method, Named, Param, Signature, Substitution, Term, TermList, Type, TypeId, Types,
};

impl Types {
    /// The representative of all types identical to `ty`.
    #[inline]
    pub fn canonical(&self, ty: TypeId) -> TypeId {
        match self.entry(ty).canonical.get() {
            Some(canonical) => canonical,
            None => Canonicaliser::new(self, true).visit(ty),
        }
    }

    /// Whether two types are identical. Spec: "Type identity".
    #[inline]
    pub fn identical(&self, a: TypeId, b: TypeId) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (self.canonical(a), self.canonical(b));
        a == b
            || self.identical_generic(a, b)
            || self.has_cyclic_interfaces() && Comparison::new(self).types(a, b)
    }

    /// Whether two types are identical when struct tags are ignored, as for conversions.
    pub fn identical_ignoring_tags(&self, a: TypeId, b: TypeId) -> bool {
        self.identical(a, b) || self.identical(self.without_tags(a), self.without_tags(b))
    }

    fn without_tags(&self, ty: TypeId) -> TypeId {
        Canonicaliser::new(self, false).visit(ty)
    }

    /// Whether two generic signatures are the same but for the names of their type parameters.
    fn identical_generic(&self, a: TypeId, b: TypeId) -> bool {
        let (Type::Signature(x), Type::Signature(y)) = (self.get(a), self.get(b)) else { return false };
        if x.type_params.is_empty() || x.type_params.len() != y.type_params.len() {
            return false;
        }
        let rename = Substitution::new(&y.type_params, &x.type_params);
        let bounds_agree = x
            .type_params
            .iter()
            .zip(&y.type_params)
            .all(|(&p, &q)| self.identical(self.bound(p), self.substitute(self.bound(q), &rename)));
        bounds_agree
            && self.identical(
                self.instantiate_signature(a, &x.type_params),
                self.instantiate_signature(b, &x.type_params),
            )
    }

    /// The constraint of a type parameter as written; the invalid type for anything else.
    pub fn bound(&self, param: TypeId) -> TypeId {
        match self.get(param) {
            Type::TypeParam(param) => param.bound.get().unwrap_or(TypeId::INVALID),
            _ => TypeId::INVALID,
        }
    }
}

struct Canonicaliser<'a> {
    types: &'a Types,
    /// Interfaces on the way here.
    active: SmallVec<[TypeId; 8]>,
    /// Whether everything seen since the caller reset it was complete, so that results may be remembered.
    complete: bool,
    /// Whether struct tags count.
    tags: bool,
    /// The results without tags, which types do not remember.
    untagged: FxHashMap<TypeId, TypeId>,
}

impl<'a> Canonicaliser<'a> {
    fn new(types: &'a Types, tags: bool) -> Self {
        let (active, untagged) = (SmallVec::new(), FxHashMap::default());
        Canonicaliser { types, active, complete: true, tags, untagged }
    }

    fn visit(&mut self, ty: TypeId) -> TypeId {
        let entry = self.types.entry(ty);
        if self.tags
            && let Some(canonical) = entry.canonical.get()
        {
            return canonical;
        }
        if !self.tags
            && let Some(&untagged) = self.untagged.get(&ty)
        {
            return untagged;
        }
        let outer = std::mem::replace(&mut self.complete, true);
        let canonical = self.compute(ty, &entry.ty);
        if self.complete && self.tags {
            self.types.entry(canonical).canonical.set(canonical);
            entry.canonical.set(canonical);
        } else if self.complete {
            self.untagged.insert(ty, canonical);
        }
        self.complete &= outer;
        canonical
    }

    fn compute(&mut self, id: TypeId, ty: &Type) -> TypeId {
        let types = self.types;
        match ty {
            Type::Basic(_) | Type::TypeParam(_) => types.canonical(id),
            Type::Named(named) => self.named(id, named),
            Type::Alias(_) => match types.try_unalias(id) {
                Some(actual) => self.visit(actual),
                None => {
                    self.complete = false;
                    TypeId::INVALID
                }
            },
            Type::Pointer(elem) => types.pointer(self.visit(*elem)),
            Type::Slice(elem) => types.slice(self.visit(*elem)),
            Type::Array { n_elems, elem } => types.array(*n_elems, self.visit(*elem)),
            Type::Map { key, elem } => types.map(self.visit(*key), self.visit(*elem)),
            Type::Chan { dir, elem } => types.chan(*dir, self.visit(*elem)),
            Type::Struct(struct_) => self.struct_(&struct_.fields),
            Type::Tuple(elems) => {
                let elems: Vec<_> = elems.iter().map(|&elem| self.visit(elem)).collect();
                types.tuple(elems)
            }
            Type::Signature(signature) => self.signature(signature),
            Type::Interface(interface) => self.interface(id, interface),
            Type::Union(terms) => match types.union_terms(terms) {
                Some(list) => self.terms(&list).unwrap_or(TypeId::EMPTY_INTERFACE),
                None => {
                    self.complete = false;
                    id
                }
            },
        }
    }

    fn named(&mut self, id: TypeId, named: &Named) -> TypeId {
        let Some(origin) = named.origin else { return id };
        // Tags inside type arguments always count.
        let tags = std::mem::replace(&mut self.tags, true);
        let args: Vec<_> = named.args.iter().map(|&arg| self.visit(arg)).collect();
        let outer: Vec<_> = named.outer_args.iter().map(|&arg| self.visit(arg)).collect();
        self.tags = tags;
        self.types.instance_with_outer(origin, &args, &outer)
    }

    fn struct_(&mut self, fields: &[Field]) -> TypeId {
        let mut canonical = fields.to_vec();
        for field in &mut canonical {
            field.ty = self.visit(field.ty);
            if !self.tags {
                field.tag = sym::EMPTY;
            }
        }
        self.types.struct_type(canonical)
    }

    fn params(&mut self, params: &[Param]) -> SmallVec<[Param; 2]> {
        params.iter().map(|param| Param { name: sym::EMPTY, ty: self.visit(param.ty) }).collect()
    }

    fn signature(&mut self, signature: &Signature) -> TypeId {
        let params = self.params(&signature.params);
        let results = self.params(&signature.results);
        self.types.signature(Signature {
            type_params: signature.type_params.clone(),
            params,
            results,
            variadic: signature.variadic,
        })
    }

    fn interface(&mut self, id: TypeId, interface: &Interface) -> TypeId {
        if interface.comparable {
            return id;
        }
        if self.active.contains(&id) {
            self.types.set_cyclic_interfaces();
            self.complete = false;
            return id;
        }
        let Some(set) = self.types.try_type_set(id) else {
            self.complete = false;
            return id;
        };
        self.active.push(id);
        let methods: Vec<_> = set
            .methods
            .iter()
            .map(|method| Method { name: method.name, ty: self.visit(method.ty) })
            .collect();
        let terms = self.terms(&set.terms);
        self.active.pop();
        let elements: Vec<_> = terms.into_iter().collect();
        self.types.interface_with(methods.into(), elements.into(), false, set.comparable)
    }

    /// One union for a list of terms, in an order that does not depend on the spelling; `None` for the set of all types.
    fn terms(&mut self, list: &TermList) -> Option<TypeId> {
        let TermList::Of(terms) = list else { return None };
        let mut terms: Vec<_> =
            terms.iter().map(|term| Term { tilde: term.tilde, ty: self.visit(term.ty) }).collect();
        terms.sort_by_key(|term| term.ty);
        Some(self.types.union(terms))
    }
}

/// Compares types part by part. Pairs of interfaces that are being compared count as identical: were they not, another part
/// would tell.
struct Comparison<'a> {
    types: &'a Types,
    active: Vec<(TypeId, TypeId)>,
}

impl<'a> Comparison<'a> {
    fn new(types: &'a Types) -> Self {
        Self { types, active: Vec::new() }
    }

    fn types(&mut self, a: TypeId, b: TypeId) -> bool {
        let types = self.types;
        let (a, b) = (types.unalias(a), types.unalias(b));
        if a == b {
            return true;
        }
        match (types.get(a), types.get(b)) {
            (Type::Basic(_), Type::Basic(_)) => types.canonical(a) == types.canonical(b),
            (Type::Pointer(a), Type::Pointer(b)) | (Type::Slice(a), Type::Slice(b)) => self.types(*a, *b),
            (Type::Array { n_elems: n, elem: a }, Type::Array { n_elems: m, elem: b }) => {
                n == m && self.types(*a, *b)
            }
            (Type::Map { key: k, elem: a }, Type::Map { key: l, elem: b }) => {
                self.types(*k, *l) && self.types(*a, *b)
            }
            (Type::Chan { dir: d, elem: a }, Type::Chan { dir: e, elem: b }) => d == e && self.types(*a, *b),
            (Type::Struct(a), Type::Struct(b)) => {
                a.fields.len() == b.fields.len()
                    && a.fields.iter().zip(&b.fields).all(|(f, g)| {
                        (f.name, f.embedded, f.tag) == (g.name, g.embedded, g.tag) && self.types(f.ty, g.ty)
                    })
            }
            (Type::Tuple(a), Type::Tuple(b)) => self.lists(a, b),
            (Type::Signature(a), Type::Signature(b)) => {
                a.type_params.is_empty()
                    && b.type_params.is_empty()
                    && a.variadic == b.variadic
                    && self.params(&a.params, &b.params)
                    && self.params(&a.results, &b.results)
            }
            (Type::Interface(_), Type::Interface(_)) => self.interfaces(a, b),
            (Type::Named(x), Type::Named(y)) => {
                types.origin(a) == types.origin(b) && self.lists(&x.args, &y.args)
            }
            _ => false,
        }
    }

    fn lists(&mut self, a: &[TypeId], b: &[TypeId]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| self.types(a, b))
    }

    fn params(&mut self, a: &[Param], b: &[Param]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.types(a.ty, b.ty))
    }

    fn interfaces(&mut self, a: TypeId, b: TypeId) -> bool {
        if self.active.contains(&(a, b)) || self.active.contains(&(b, a)) {
            return true;
        }
        let (x, y) = (self.types.type_set(a), self.types.type_set(b));
        if x.comparable != y.comparable || x.methods.len() != y.methods.len() {
            return false;
        }
        self.active.push((a, b));
        let methods = x.methods.iter().zip(&y.methods);
        let are_identical = methods.into_iter().all(|(m, n)| m.name == n.name && self.types(m.ty, n.ty))
            && self.terms(&x.terms, &y.terms);
        self.active.pop();
        are_identical
    }

    fn terms(&mut self, a: &TermList, b: &TermList) -> bool {
        match (a, b) {
            (TermList::All, TermList::All) => true,
            (TermList::Of(a), TermList::Of(b)) => {
                a.len() == b.len()
                    && a.iter().all(|x| b.iter().any(|y| x.tilde == y.tilde && self.types(x.ty, y.ty)))
            }
            _ => false,
        }
    }
}
