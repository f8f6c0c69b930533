//! What an interface means: its methods, and which types may implement it.
//!
//! The set of an interface is the intersection of its elements' sets. Errors in interfaces (duplicate methods, too many
//! terms) are reported by the checker where the interface is written; here they are simply survived.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{Interface, MemberName, Method, Term, TermList, Type, TypeId, Types};

thread_local! {
    /// The interfaces whose sets this thread is computing. Empty except during a call of [`Types::try_type_set`], so that
    /// no result depends on it but that of a recursive call.
    static ACTIVE: RefCell<Vec<TypeId>> = const { RefCell::new(Vec::new()) };
}

/// The longest union that is computed. As types2/union.go, `maxTermCount`.
const MAX_TERMS: usize = 100;

/// The types that an interface describes: those that have all the methods and are in the terms, and are comparable if
/// that is asked.
#[derive(Clone, Debug)]
pub struct TypeSet {
    /// All methods, those of embedded interfaces included: exported ones first, then by name, then by package path.
    pub methods: Vec<Method>,
    /// The terms.
    pub terms: TermList,
    /// Whether only comparable types are meant. Never set when there are specific terms.
    pub comparable: bool,
}

/// The types of a set that can be told one by one, each with its underlying type; [`SpecificTypes::None`] when the set is
/// not described by terms.
pub enum SpecificTypes {
    /// There are no specific terms.
    None,
    /// The type of every term with its underlying type.
    Each(Vec<(TypeId, TypeId)>),
}

impl TypeSet {
    pub(crate) const TOP: Self = Self { methods: Vec::new(), terms: TermList::All, comparable: false };

    /// Whether no type is in the set.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the interface is nothing but methods, so that it can be the type of a variable.
    pub fn is_method_set(&self) -> bool {
        !self.comparable && self.terms.is_all()
    }

    /// Whether all types are in the set.
    pub fn is_all(&self) -> bool {
        self.is_method_set() && self.methods.is_empty()
    }

    /// The terms, if the set is described by any.
    pub fn specific_terms(&self) -> Option<&[Term]> {
        self.terms.specific()
    }

    /// The method with this name, and its index.
    pub fn method(&self, name: MemberName) -> Option<(u32, &Method)> {
        self.methods
            .iter()
            .enumerate()
            .find(|(_, method)| method.name == name)
            .map(|(i, method)| (i as u32, method))
    }
}

impl Types {
    /// The type set of an interface type. As long as something embedded is incomplete, the set of all types.
    pub fn type_set(&self, interface: TypeId) -> &TypeSet {
        self.try_type_set(interface).unwrap_or(const { &TypeSet::TOP })
    }

    /// As [`Types::type_set`], but `None` as long as something embedded is incomplete.
    pub fn try_type_set(&self, interface: TypeId) -> Option<&TypeSet> {
        let Type::Interface(data) = self.get(interface) else { return None };
        if let Some(known) = data.type_set.get() {
            return Some(known);
        }
        // Comparing terms may ask for the set again, when an interface erroneously embeds a type that mentions it.
        if ACTIVE.with_borrow(|active| active.contains(&interface)) {
            return None;
        }
        ACTIVE.with_borrow_mut(|active| active.push(interface));
        let mut computation = Computation::new(self);
        let set = computation.interface(interface, data);
        ACTIVE.with_borrow_mut(Vec::pop);
        if !computation.complete {
            return None;
        }
        Some(data.type_set.get_or_init(|| Box::new(set)))
    }

    /// The (type, underlying type) pairs of a type: of a type parameter, those of its constraint's terms; of any other
    /// type, the type itself.
    pub fn specific_types(&self, ty: TypeId) -> SpecificTypes {
        if !self.is_type_param(ty) {
            return SpecificTypes::Each(vec![(ty, self.underlying(ty))]);
        }
        match self.type_set(self.underlying(ty)).specific_terms() {
            None => SpecificTypes::None,
            Some(terms) => SpecificTypes::Each(
                terms
                    .iter()
                    .map(|term| {
                        (term.ty, if term.tilde { self.unalias(term.ty) } else { self.underlying(term.ty) })
                    })
                    .collect(),
            ),
        }
    }

    /// Whether `test` holds for the underlying type of every type in `ty`'s set. For a type parameter without specific
    /// types, `test(None)`.
    pub fn all_underlying(&self, ty: TypeId, mut test: impl FnMut(Option<TypeId>) -> bool) -> bool {
        match self.specific_types(ty) {
            SpecificTypes::None => test(None),
            SpecificTypes::Each(pairs) => pairs.into_iter().all(|(_, underlying)| test(Some(underlying))),
        }
    }

    /// Sorts methods as Go orders them: exported first, then by name, then by package path.
    pub fn sort_methods(&self, methods: &mut [Method]) {
        methods.sort_by(|a, b| self.compare_names(a.name, b.name));
    }

    /// The order of member names in method sets and itabs.
    pub fn compare_names(&self, a: MemberName, b: MemberName) -> std::cmp::Ordering {
        let path = |name: MemberName| name.package.map(|package| self.package(package).path);
        (a.package.is_some(), a.symbol)
            .cmp(&(b.package.is_some(), b.symbol))
            .then_with(|| path(a).cmp(&path(b)))
    }

    /// The type set of a union; `None` when it is too long or something in it is incomplete.
    pub fn union_terms(&self, terms: &[Term]) -> Option<TermList> {
        let mut computation = Computation::new(self);
        let list = computation.union(terms);
        if computation.complete { list } else { None }
    }
}

struct Computation<'a> {
    types: &'a Types,
    /// The interfaces that are being computed: an interface that embeds itself is an error reported elsewhere.
    active: SmallVec<[TypeId; 8]>,
    complete: bool,
    /// The sets inside, while nothing has embedded itself: declarations may mention each other so often that computing them
    /// each time would take time exponential in their number.
    inner: FxHashMap<TypeId, TypeSet>,
    is_acyclic: bool,
}

impl<'a> Computation<'a> {
    fn new(types: &'a Types) -> Self {
        let (active, inner) = (SmallVec::new(), FxHashMap::default());
        Computation { types, active, complete: true, inner, is_acyclic: true }
    }

    fn inner(&mut self, id: TypeId, interface: &Interface) -> TypeSet {
        if let Some(known) = self.inner.get(&id) {
            return known.clone();
        }
        let set = self.interface(id, interface);
        if self.is_acyclic {
            self.inner.insert(id, set.clone());
        }
        set
    }

    fn interface(&mut self, id: TypeId, interface: &Interface) -> TypeSet {
        if self.active.contains(&id) {
            self.is_acyclic = false;
            return TypeSet::TOP;
        }
        self.active.push(id);
        let mut set = TypeSet {
            methods: Vec::with_capacity(interface.methods.len()),
            terms: TermList::All,
            comparable: interface.comparable,
        };
        for method in &interface.methods {
            set.add_method(*method);
        }
        for &element in &interface.embedded {
            self.embed(&mut set, element);
        }
        self.types.sort_methods(&mut set.methods);
        self.active.pop();
        set
    }

    fn embed(&mut self, set: &mut TypeSet, element: TypeId) {
        let Some(underlying) = self.types.try_underlying(element) else {
            self.complete = false;
            return;
        };
        let (terms, comparable) = match self.types.get(underlying) {
            Type::Interface(embedded) => self.embedded_interface(set, underlying, embedded),
            Type::Union(terms) => match self.union(terms) {
                Some(terms) => (terms, false),
                None => return,
            },
            _ if underlying == TypeId::INVALID => return,
            _ => (TermList::Of(vec![Term { tilde: false, ty: element }]), false),
        };
        set.intersect(&terms, comparable, self.types);
    }

    fn embedded_interface(
        &mut self,
        set: &mut TypeSet,
        id: TypeId,
        embedded: &Interface,
    ) -> (TermList, bool) {
        let computed;
        let inner = match embedded.type_set.get() {
            Some(known) => known.as_ref(),
            None => {
                computed = self.inner(id, embedded);
                &computed
            }
        };
        for method in &inner.methods {
            set.add_method(*method);
        }
        (inner.terms.clone(), inner.comparable)
    }

    /// `None` when the union is longer than allowed.
    fn union(&mut self, terms: &[Term]) -> Option<TermList> {
        let mut all = TermList::EMPTY;
        for term in terms {
            let Some(underlying) = self.types.try_underlying(term.ty) else {
                self.complete = false;
                continue;
            };
            let set = match self.types.get(underlying) {
                Type::Interface(interface) => self.inner(underlying, interface).terms,
                _ if underlying == TypeId::INVALID => continue,
                // No type has this underlying type, because it is not one.
                _ if term.tilde && !self.types.identical(term.ty, underlying) => TermList::EMPTY,
                _ => TermList::Of(vec![*term]),
            };
            all = all.union(&set, self.types);
            if matches!(&all, TermList::Of(terms) if terms.len() > MAX_TERMS) {
                return None;
            }
        }
        Some(all)
    }
}

impl TypeSet {
    fn add_method(&mut self, method: Method) {
        if self.method(method.name).is_none() {
            self.methods.push(method);
        }
    }

    fn intersect(&mut self, terms: &TermList, comparable: bool, types: &Types) {
        self.terms = self.terms.intersect(terms, types);
        self.comparable |= comparable;
        if self.comparable
            && let TermList::Of(terms) = &mut self.terms
        {
            terms.retain(|term| types.is_strictly_comparable(term.ty));
            self.comparable = false;
        }
    }
}
