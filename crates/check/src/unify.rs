//! Unification: finding the type arguments that make two types match. Spec: "Type unification".
//!
//! **Terms.** A *bound* type parameter is one that is being solved for. *Joined* type parameters share a *cell*: what is
//! inferred for one is inferred for all.

use rustc_hash::FxHashSet;
use types::{Lookup, Member, Param, Term, TermList, Type, TypeId};

use crate::checker::Checker;

/// Unification that nests deeper has gone astray. As types2/unify.go, `unificationDepthLimit`.
const MAX_DEPTH: u32 = 100;

/// How closely types must match.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Closeness {
    /// The types are those of an assignment: at the top they may differ as assignability allows, inside they must not.
    pub(crate) assign: bool,
    /// The types must become identical. Otherwise a declared type matches its underlying type, channel directions do not
    /// count, and of two types one may be an interface that the other implements.
    pub(crate) exact: bool,
}

impl Closeness {
    pub(crate) const INEXACT: Self = Self { assign: false, exact: false };
    pub(crate) const ASSIGN: Self = Self { assign: true, exact: false };
    pub(crate) const EXACT: Self = Self { assign: false, exact: true };

    /// How closely the parts of types must match.
    fn of_elements(self) -> Self {
        Self { exact: self.exact || self.assign, ..self }
    }
}

/// What is known about the type parameters.
pub(crate) struct Unifier {
    params: Vec<TypeId>,
    /// The cell of each parameter.
    cells: Vec<usize>,
    inferred: Vec<Option<TypeId>>,
    depth: u32,
    /// What has matched, and so matches again: what is inferred is only replaced by what matches it.
    matched: FxHashSet<(TypeId, TypeId, Closeness)>,
    /// Whether interfaces unify with types that implement them: since Go 1.21.
    through_interfaces: bool,
}

/// The pairs of interfaces whose methods are being compared: an interface may contain itself.
type Pairs = Vec<(TypeId, TypeId)>;

impl Unifier {
    pub(crate) fn new(params: &[TypeId], args: &[Option<TypeId>], through_interfaces: bool) -> Self {
        let mut inferred = args.to_vec();
        inferred.resize(params.len(), None);
        Self {
            params: params.to_vec(),
            cells: (0..params.len()).collect(),
            inferred,
            depth: 0,
            matched: FxHashSet::default(),
            through_interfaces,
        }
    }

    /// What is inferred for the parameter at `index`.
    pub(crate) fn at(&self, index: usize) -> Option<TypeId> {
        self.inferred[self.cells[index]]
    }

    /// Infers `ty` for the parameter at `index`.
    pub(crate) fn set(&mut self, index: usize, ty: TypeId) {
        self.inferred[self.cells[index]] = Some(ty);
    }

    /// How many parameters are without a type.
    pub(crate) fn n_unknown(&self) -> usize {
        (0..self.params.len()).filter(|&index| self.at(index).is_none()).count()
    }

    /// What is inferred for each parameter.
    pub(crate) fn all(&self) -> Vec<Option<TypeId>> {
        (0..self.params.len()).map(|index| self.at(index)).collect()
    }

    /// Tries to make `x` and `y` match, and remembers what that needs.
    pub(crate) fn unify(
        &mut self,
        check: &mut Checker<'_>,
        x: TypeId,
        y: TypeId,
        closeness: Closeness,
    ) -> bool {
        self.match_types(check, x, y, closeness, &mut Pairs::new())
    }

    fn bound(&self, check: &Checker<'_>, ty: TypeId) -> Option<usize> {
        let ty = check.types.unalias(ty);
        self.params.iter().position(|&param| param == ty)
    }

    /// Makes two parameters share a cell; false when both have a type already.
    fn join(&mut self, x: usize, y: usize) -> bool {
        let (cell_x, cell_y) = (self.cells[x], self.cells[y]);
        if cell_x == cell_y {
            return true;
        }
        let (from, to) = match (self.inferred[cell_x], self.inferred[cell_y]) {
            (Some(_), Some(_)) => return false,
            (Some(_), None) => (cell_y, cell_x),
            (None, _) => (cell_x, cell_y),
        };
        for cell in self.cells.iter_mut().filter(|cell| **cell == from) {
            *cell = to;
        }
        true
    }

    fn match_types(
        &mut self,
        check: &mut Checker<'_>,
        x: TypeId,
        y: TypeId,
        closeness: Closeness,
        pairs: &mut Pairs,
    ) -> bool {
        let (x_id, y_id) = (check.types.unalias(x), check.types.unalias(y));
        if x_id == y_id || self.matched.contains(&(x_id, y_id, closeness)) {
            return true;
        }
        if self.depth >= MAX_DEPTH {
            return false;
        }
        self.depth += 1;
        let matches = self.match_distinct(check, x, y, closeness, pairs);
        self.depth -= 1;
        if matches && pairs.is_empty() {
            self.matched.insert((x_id, y_id, closeness));
        }
        matches
    }

    fn match_distinct(
        &mut self,
        check: &mut Checker<'_>,
        mut x: TypeId,
        mut y: TypeId,
        closeness: Closeness,
        pairs: &mut Pairs,
    ) -> bool {
        let types = check.types;
        // From here on a declared type is in y if there is one, and a bound parameter in x.
        if types.as_named(x).is_some() || self.bound(check, y).is_some() {
            std::mem::swap(&mut x, &mut y);
        }
        if !closeness.exact
            && types.as_named(y).is_some()
            && is_literal(check, x)
            && !(self.through_interfaces && types.is_interface(x))
        {
            y = types.underlying(y);
            if types.unalias(x) == types.unalias(y) {
                return true;
            }
        }
        match (self.bound(check, x), self.bound(check, y)) {
            (Some(px), Some(py)) => {
                if self.join(px, py) {
                    return true;
                }
                let (Some(x), Some(y)) = (self.at(px), self.at(py)) else { return false };
                return self.match_types(check, x, y, closeness, pairs);
            }
            (Some(px), None) => return self.match_bound(check, px, y, closeness, pairs),
            _ => {}
        }
        if self.through_interfaces && !closeness.exact {
            let xi = interface_value(check, x);
            let yi = interface_value(check, y);
            match (xi, yi) {
                (Some(xi), Some(yi)) => return self.match_common_methods(check, xi, yi, pairs),
                (Some(xi), None) => return self.match_implementation(check, xi, y, pairs),
                (None, Some(yi)) => return self.match_implementation(check, yi, x, pairs),
                (None, None) => {}
            }
        }
        if types.is_type_param(y) {
            std::mem::swap(&mut x, &mut y);
        }
        self.match_structure(check, x, y, closeness, pairs)
    }

    /// Matches a bound parameter with a type that is not one.
    fn match_bound(
        &mut self,
        check: &mut Checker<'_>,
        param: usize,
        y: TypeId,
        closeness: Closeness,
        pairs: &mut Pairs,
    ) -> bool {
        let Some(x) = self.at(param) else {
            self.set(param, y);
            return true;
        };
        if !self.match_types(check, x, y, closeness, pairs) {
            return false;
        }
        let types = check.types;
        let x_is_named = types.as_named(x).is_some();
        let y_is_named = types.as_named(y).is_some();
        match (interface_value(check, x), interface_value(check, y)) {
            (Some(xi), Some(yi)) => {
                // Unification cannot know which of two names is right.
                if x_is_named && y_is_named {
                    return types.identical(x, y);
                }
                if types.type_set(xi).methods.len() != types.type_set(yi).methods.len() {
                    return false;
                }
            }
            // Either would do, so the choice would depend on the order of arguments.
            (Some(_), None) | (None, Some(_)) => return false,
            (None, None) => {}
        }
        // Prefer a declared type to a literal, and a directed channel to another, whatever the order of arguments.
        if !closeness.exact && !x_is_named {
            let is_directed =
                matches!(types.under(y), Type::Chan { dir, .. } if *dir != types::ChanDir::Both);
            if y_is_named || is_directed {
                self.set(param, y);
            }
        }
        true
    }

    /// Matches the methods that two interfaces have in common; those of one must be a subset of the other's.
    fn match_common_methods(
        &mut self,
        check: &mut Checker<'_>,
        x: TypeId,
        y: TypeId,
        pairs: &mut Pairs,
    ) -> bool {
        let types = check.types;
        let (xset, yset) = (types.type_set(x), types.type_set(y));
        if xset.comparable != yset.comparable || !xset.terms.equals(&yset.terms, types) {
            return false;
        }
        if is_active(pairs, x, y) {
            return true;
        }
        let (few, many) = if xset.methods.len() > yset.methods.len() { (yset, xset) } else { (xset, yset) };
        pairs.push((x, y));
        let matches = few.methods.iter().all(|method| {
            many.method(method.name).is_some_and(|(_, other)| {
                self.match_types(check, method.ty, other.ty, Closeness::EXACT, pairs)
            })
        });
        pairs.pop();
        matches
    }

    /// Matches the methods of an interface with those of a type that is none.
    fn match_implementation(
        &mut self,
        check: &mut Checker<'_>,
        interface: TypeId,
        y: TypeId,
        pairs: &mut Pairs,
    ) -> bool {
        let types = check.types;
        types.type_set(interface).methods.iter().all(|method| {
            let found = types.lookup(y, false, method.name.package, method.name.symbol);
            let Lookup::Found(selected) = found else { return false };
            if let Member::Method { object, .. } = selected.member {
                check.obj_decl(object);
            }
            match (selected.member, types.member_type(selected.member)) {
                (Member::Field { .. }, _) | (_, None) => false,
                // A generic method never implements a method of an interface.
                (_, Some(ty)) => {
                    let is_generic =
                        matches!(types.get(ty), Type::Signature(signature) if !signature.type_params.is_empty());
                    !is_generic && self.match_types(check, method.ty, ty, Closeness::EXACT, pairs)
                }
            }
        })
    }

    fn match_structure(
        &mut self,
        check: &mut Checker<'_>,
        x: TypeId,
        y: TypeId,
        closeness: Closeness,
        pairs: &mut Pairs,
    ) -> bool {
        let types = check.types;
        let inner = closeness.of_elements();
        let (x_id, y_id) = (types.unalias(x), types.unalias(y));
        match (types.get(x_id), types.get(y_id)) {
            (Type::Basic(_), Type::Basic(_)) => types.identical(x_id, y_id),
            (Type::Array { n_elems: n, elem: a }, Type::Array { n_elems: m, elem: b }) => {
                n == m && self.match_types(check, *a, *b, inner, pairs)
            }
            (Type::Slice(a), Type::Slice(b)) | (Type::Pointer(a), Type::Pointer(b)) => {
                self.match_types(check, *a, *b, inner, pairs)
            }
            (Type::Struct(a), Type::Struct(b)) => {
                a.fields.len() == b.fields.len()
                    && a.fields.iter().zip(&b.fields).all(|(f, g)| {
                        (f.embedded, f.tag, f.name) == (g.embedded, g.tag, g.name)
                            && self.match_types(check, f.ty, g.ty, inner, pairs)
                    })
            }
            (Type::Signature(a), Type::Signature(b)) => {
                a.variadic == b.variadic
                    && self.match_params(check, &a.params, &b.params, inner, pairs)
                    && self.match_params(check, &a.results, &b.results, inner, pairs)
            }
            (Type::Interface(_), Type::Interface(_)) => self.match_interfaces(check, x_id, y_id, pairs),
            (Type::Map { key: k, elem: a }, Type::Map { key: l, elem: b }) => {
                self.match_types(check, *k, *l, inner, pairs) && self.match_types(check, *a, *b, inner, pairs)
            }
            (Type::Chan { dir: d, elem: a }, Type::Chan { dir: e, elem: b }) => {
                (!closeness.exact || d == e) && self.match_types(check, *a, *b, inner, pairs)
            }
            (Type::Named(a), Type::Named(b)) => {
                // Arguments first: they unify even when the origins differ, which makes for better messages.
                a.args.len() == b.args.len()
                    && a.args
                        .iter()
                        .zip(&b.args)
                        .all(|(&a, &b)| self.match_types(check, a, b, closeness, pairs))
                    && types.origin(x_id) == types.origin(y_id)
            }
            // A type parameter that is not being solved for has at least the structure of its core type.
            (Type::TypeParam(_), _) => match check.common_under(x_id) {
                Ok(core) => self.match_types(check, core, y, Closeness::ASSIGN, pairs),
                Err(_) => false,
            },
            _ => false,
        }
    }

    fn match_params(
        &mut self,
        check: &mut Checker<'_>,
        x: &[Param],
        y: &[Param],
        closeness: Closeness,
        pairs: &mut Pairs,
    ) -> bool {
        x.len() == y.len()
            && x.iter().zip(y).all(|(a, b)| self.match_types(check, a.ty, b.ty, closeness, pairs))
    }

    fn match_interfaces(&mut self, check: &mut Checker<'_>, x: TypeId, y: TypeId, pairs: &mut Pairs) -> bool {
        let types = check.types;
        let (xset, yset) = (types.type_set(x), types.type_set(y));
        if xset.comparable != yset.comparable
            || xset.methods.len() != yset.methods.len()
            || !xset.terms.equals(&yset.terms, types)
        {
            return false;
        }
        if is_active(pairs, x, y) {
            return true;
        }
        pairs.push((x, y));
        let matches =
            xset.methods.iter().zip(&yset.methods).all(|(a, b)| {
                a.name == b.name && self.match_types(check, a.ty, b.ty, Closeness::EXACT, pairs)
            });
        pairs.pop();
        matches
    }
}

fn is_active(pairs: &Pairs, x: TypeId, y: TypeId) -> bool {
    pairs.contains(&(x, y)) || pairs.contains(&(y, x))
}

/// Whether a type is neither declared nor a type parameter.
fn is_literal(check: &Checker<'_>, ty: TypeId) -> bool {
    !matches!(check.types.resolved(ty), Type::Named(_) | Type::TypeParam(_))
}

/// The interface of a type of interface values.
fn interface_value(check: &Checker<'_>, ty: TypeId) -> Option<TypeId> {
    if check.types.is_type_param(ty) {
        return None;
    }
    check.types.as_interface(ty).map(|(id, _)| id)
}

impl Checker<'_> {
    /// The single specific type of a type parameter, and true; or its core type with whether any term had a tilde, and
    /// false.
    pub(crate) fn core_term(&self, param: TypeId) -> Option<(Term, bool)> {
        let interface = self.types.underlying(param);
        let TermList::Of(terms) = &self.types.type_set(interface).terms else { return None };
        match terms[..] {
            [] => None,
            [single] => Some((single, true)),
            _ => {
                let ty = self.common_under(param).ok()?;
                Some((Term { tilde: terms.iter().any(|term| term.tilde), ty }, false))
            }
        }
    }
}
