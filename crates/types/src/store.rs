//! The store: one entry per type, object and package, and the constructors that intern.
//!
//! **Invariants**
//! 1. Entries never move and never go away. What may change in an entry are its cells, and only until the package that
//!    declares it is complete.
//! 2. Two interned entries never have equal spellings.
//!
//! **Rejected.** A store per package with ids made of package and index: types of a package under construction must be
//! visible to the type operations before that package is complete, so every operation would need the checker's table too.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use base::{Pos, Symbol};
use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;

use crate::{
    Alias, ChanDir, Field, Interface, MemberName, Method, Named, Object, ObjectId, ObjectKind, Package,
    PackageId, Param, Receiver, Scope, Signature, Struct, Term, Type, TypeCell, TypeId, TypeParam,
    table::Table, universe::Universe,
};

const N_SHARDS: usize = 64;

/// The process-wide store of types, objects and packages.
pub struct Types {
    types: Table<Entry>,
    objects: Table<Object>,
    packages: Table<Package>,
    interned: [Mutex<HashTable<TypeId>>; N_SHARDS],
    package_ids: Mutex<FxHashMap<Symbol, PackageId>>,
    universe: OnceLock<Universe>,
    /// Where each package declares types inside functions.
    local_types: Mutex<FxHashMap<PackageId, Vec<Pos>>>,
    /// Whether an anonymous interface was seen that contains itself: see `canonical`.
    has_cyclic_interfaces: AtomicBool,
}

/// A type with what is remembered about it.
pub(crate) struct Entry {
    pub(crate) ty: Type,
    pub(crate) mentions: Mentions,
    pub(crate) canonical: TypeCell,
}

/// What a substitution may find inside a type. Conservative: an alias that is not resolved yet may mention anything.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mentions(u8);

impl Mentions {
    pub(crate) const NOTHING: Self = Self(0);
    /// A type parameter.
    pub(crate) const TYPE_PARAMS: Self = Self(1);
    /// A type that is declared inside a generic function.
    pub(crate) const LOCAL_TYPES: Self = Self(2);
    pub(crate) const ANYTHING: Self = Self(3);

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Default for Types {
    fn default() -> Self {
        Self::new()
    }
}

impl Types {
    /// A store with the universe and package `unsafe`.
    pub fn new() -> Self {
        let types = Self {
            types: Table::new(),
            objects: Table::new(),
            packages: Table::new(),
            interned: std::array::from_fn(|_| Mutex::default()),
            package_ids: Mutex::default(),
            local_types: Mutex::default(),
            universe: OnceLock::new(),
            has_cyclic_interfaces: AtomicBool::new(false),
        };
        let universe = Universe::declare(&types);
        if types.universe.set(universe).is_err() {
            unreachable!("the store was made just now");
        }
        types
    }

    /// The universe scope: what is predeclared.
    pub fn universe(&self) -> &Scope {
        &self.declared_universe().scope
    }

    /// Package `unsafe`.
    pub fn unsafe_package(&self) -> PackageId {
        self.declared_universe().unsafe_package
    }

    pub(crate) fn has_cyclic_interfaces(&self) -> bool {
        // A thread that needs the answer has set it itself, by looking at the same interface.
        self.has_cyclic_interfaces.load(Ordering::Relaxed)
    }

    pub(crate) fn set_cyclic_interfaces(&self) {
        self.has_cyclic_interfaces.store(true, Ordering::Relaxed);
    }

    pub(crate) fn declared_universe(&self) -> &Universe {
        self.universe.get().expect("set by new")
    }

    /// The type that `id` names.
    #[inline]
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types.get(id.index()).ty
    }

    pub(crate) fn entry(&self, id: TypeId) -> &Entry {
        self.types.get(id.index())
    }

    /// How many types there are, for statistics.
    pub fn n_types(&self) -> u32 {
        self.types.len()
    }

    /// The object that `id` names.
    #[inline]
    pub fn object(&self, id: ObjectId) -> &Object {
        self.objects.get(id.index())
    }

    /// The package that `id` names.
    pub fn package(&self, id: PackageId) -> &Package {
        self.packages.get(id.index())
    }
}

/// Packages and objects.
impl Types {
    /// Adds a package. The path of one that is not made up must be new.
    pub fn add_package(&self, path: Symbol, name: Symbol, fake: bool) -> PackageId {
        let (scope, imports, start) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let package = Package { path, name, fake, scope, imports, start };
        let id = PackageId::from_index(self.packages.push(package));
        if !fake {
            self.package_ids.lock().unwrap_or_else(PoisonError::into_inner).insert(path, id);
        }
        id
    }

    /// Publishes which packages a package imports. The first call counts.
    pub fn set_imports(&self, package: PackageId, imports: Vec<PackageId>) {
        let _ = self.package(package).imports.set(imports.into());
    }

    /// Publishes a position in the first file of a package. The first call counts.
    pub fn set_start(&self, package: PackageId, start: Pos) {
        let _ = self.package(package).start.set(start);
    }

    /// The package with this path, if it was added.
    pub fn package_by_path(&self, path: Symbol) -> Option<PackageId> {
        self.package_ids.lock().unwrap_or_else(PoisonError::into_inner).get(&path).copied()
    }

    /// Publishes the package-level objects of a checked package. The first call counts.
    pub fn set_scope(&self, package: PackageId, scope: Scope) {
        let _ = self.package(package).scope.set(scope);
    }

    /// Adds an object.
    pub fn add_object(&self, object: Object) -> ObjectId {
        ObjectId::from_index(self.objects.push(object))
    }

    /// Adds an object declared inside a package, with its type still unset.
    pub fn declare(
        &self,
        name: Symbol,
        package: PackageId,
        pos: Pos,
        package_level: bool,
        kind: ObjectKind,
    ) -> ObjectId {
        self.add_object(Object {
            name,
            package: Some(package),
            pos,
            package_level,
            ty: TypeCell::unset(),
            kind,
        })
    }

    /// The name of a member declared in `package`.
    pub fn member_name(&self, symbol: Symbol, package: Option<PackageId>) -> MemberName {
        MemberName { symbol, package: if symbol.is_exported() { None } else { package } }
    }
}

/// Declared types: every call makes a new one.
impl Types {
    /// Adds a declared type for a type name, without right-hand side. `outer` are the type parameters of the functions
    /// around the declaration.
    pub fn new_named(&self, object: ObjectId, outer: Box<[TypeId]>) -> TypeId {
        let mentions = if outer.is_empty() { Mentions::NOTHING } else { Mentions::LOCAL_TYPES };
        let named = Named {
            object,
            origin: None,
            args: Box::default(),
            outer_args: outer,
            rhs: TypeCell::unset(),
            underlying: TypeCell::unset(),
            type_params: OnceLock::new(),
            methods: OnceLock::new(),
            method_types: OnceLock::new(),
        };
        let declared = self.object(object);
        if let (Some(package), false) = (declared.package, declared.package_level) {
            let mut locals = self.local_types.lock().unwrap_or_else(PoisonError::into_inner);
            locals.entry(package).or_default().push(declared.pos);
        }
        self.push_canonical(Type::Named(Box::new(named)), mentions)
    }

    /// Which of its package's types inside functions this one is, in the order of declaration, from 1.
    pub fn local_number(&self, object: ObjectId) -> usize {
        let object = self.object(object);
        let locals = self.local_types.lock().unwrap_or_else(PoisonError::into_inner);
        let before = object.package.and_then(|package| locals.get(&package));
        1 + before.map_or(0, |all| all.iter().filter(|&&pos| pos < object.pos).count())
    }

    /// Adds an alias for a type name, without right-hand side.
    pub fn new_alias(&self, object: ObjectId) -> TypeId {
        let alias = Alias {
            object,
            origin: None,
            args: Box::default(),
            rhs: TypeCell::unset(),
            type_params: OnceLock::new(),
        };
        self.push(Type::Alias(Box::new(alias)), Mentions::ANYTHING)
    }

    /// Adds a type parameter for a type name, with an invalid bound until `bound` is set.
    pub fn new_type_param(&self, object: ObjectId, index: u32) -> TypeId {
        let param = TypeParam {
            object,
            index,
            bound: TypeCell::new(Some(TypeId::INVALID)),
            interface: TypeCell::unset(),
        };
        self.push_canonical(Type::TypeParam(Box::new(param)), Mentions::TYPE_PARAMS)
    }

    /// Sets, or corrects, the right-hand side of a declared type or alias.
    pub fn set_rhs(&self, declared: TypeId, rhs: TypeId) {
        match self.get(declared) {
            Type::Named(named) => {
                named.underlying.clear();
                named.rhs.set(rhs);
            }
            Type::Alias(alias) => alias.rhs.set(rhs),
            other => unreachable!("no right-hand side in {other:?}"),
        }
    }

    /// Sets the type parameters of a declared type or alias, before their bounds are known. The first call counts.
    pub fn set_type_params(&self, declared: TypeId, params: Box<[TypeId]>) {
        let cell = match self.get(declared) {
            Type::Named(named) => &named.type_params,
            Type::Alias(alias) => &alias.type_params,
            other => unreachable!("no type parameters in {other:?}"),
        };
        let _ = cell.set(params);
    }

    /// Sets the bound of a type parameter.
    pub fn set_bound(&self, param: TypeId, bound: TypeId) {
        match self.get(param) {
            Type::TypeParam(param) => {
                param.interface.clear();
                param.bound.set(bound);
            }
            other => unreachable!("no bound in {other:?}"),
        }
    }

    /// Sets the methods of a declared type, in source order. The first call counts.
    pub fn set_methods(&self, declared: TypeId, methods: Box<[ObjectId]>) {
        match self.get(declared) {
            Type::Named(named) => {
                let _ = named.methods.set(methods);
            }
            other => unreachable!("no methods in {other:?}"),
        }
    }

    /// Sets the receiver of a method. The first call counts.
    pub fn set_receiver(&self, method: ObjectId, receiver: Receiver) {
        if let Some(func) = self.object(method).as_func() {
            let _ = func.receiver.set(receiver);
        }
    }

    fn push(&self, ty: Type, mentions: Mentions) -> TypeId {
        TypeId::from_index(self.types.push(Entry { ty, mentions, canonical: TypeCell::unset() }))
    }

    fn push_canonical(&self, ty: Type, mentions: Mentions) -> TypeId {
        let id = self.push(ty, mentions);
        self.entry(id).canonical.set(id);
        id
    }
}

/// Interned types.
impl Types {
    /// A basic type's entry; only the universe calls this.
    pub(crate) fn add_basic(&self, basic: crate::Basic) {
        let id = self.push(Type::Basic(basic), Mentions::NOTHING);
        let canonical = match basic {
            crate::Basic::Byte => TypeId::UINT8,
            crate::Basic::Rune => TypeId::INT32,
            _ => id,
        };
        self.entry(id).canonical.set(canonical);
    }

    /// `*elem`.
    pub fn pointer(&self, elem: TypeId) -> TypeId {
        self.intern(Type::Pointer(elem))
    }

    /// `[]elem`.
    pub fn slice(&self, elem: TypeId) -> TypeId {
        self.intern(Type::Slice(elem))
    }

    /// `[n_elems]elem`.
    pub fn array(&self, n_elems: i64, elem: TypeId) -> TypeId {
        debug_assert!(n_elems >= 0);
        self.intern(Type::Array { n_elems, elem })
    }

    /// `map[key]elem`.
    pub fn map(&self, key: TypeId, elem: TypeId) -> TypeId {
        self.intern(Type::Map { key, elem })
    }

    /// A channel type.
    pub fn chan(&self, dir: ChanDir, elem: TypeId) -> TypeId {
        self.intern(Type::Chan { dir, elem })
    }

    /// A struct type.
    pub fn struct_type(&self, fields: impl Into<Box<[Field]>>) -> TypeId {
        self.intern(Type::Struct(Box::new(Struct { fields: fields.into(), layout: OnceLock::new() })))
    }

    /// The type of a call with no or several results.
    pub fn tuple(&self, elems: impl Into<Box<[TypeId]>>) -> TypeId {
        self.intern(Type::Tuple(elems.into()))
    }

    /// A function type.
    pub fn signature(&self, signature: Signature) -> TypeId {
        self.intern(Type::Signature(Box::new(signature)))
    }

    /// A function type without names and type parameters.
    pub fn func(&self, params: &[TypeId], results: &[TypeId], variadic: bool) -> TypeId {
        let unnamed =
            |types: &[TypeId]| types.iter().map(|&ty| Param { name: base::sym::EMPTY, ty }).collect();
        self.signature(Signature {
            type_params: Box::default(),
            params: unnamed(params),
            results: unnamed(results),
            variadic,
        })
    }

    /// An interface type.
    pub fn interface(&self, methods: impl Into<Box<[Method]>>, embedded: impl Into<Box<[TypeId]>>) -> TypeId {
        self.interface_with(methods.into(), embedded.into(), false, false)
    }

    /// The interface that a constraint without `interface{}` around it stands for.
    pub fn implicit_interface(&self, embedded: TypeId) -> TypeId {
        self.interface_with(Box::default(), Box::new([embedded]), true, false)
    }

    pub(crate) fn interface_with(
        &self,
        methods: Box<[Method]>,
        embedded: Box<[TypeId]>,
        implicit: bool,
        comparable: bool,
    ) -> TypeId {
        let interface = Interface { methods, embedded, implicit, comparable, type_set: OnceLock::new() };
        self.intern(Type::Interface(Box::new(interface)))
    }

    /// A union of terms.
    pub fn union(&self, terms: impl Into<Box<[Term]>>) -> TypeId {
        self.intern(Type::Union(terms.into()))
    }

    /// The instance of a generic declared type or alias with these arguments. Not expanded until somebody looks.
    pub fn instance(&self, origin: TypeId, args: &[TypeId]) -> TypeId {
        self.instance_with_outer(origin, args, &[])
    }

    pub(crate) fn instance_with_outer(
        &self,
        origin: TypeId,
        args: &[TypeId],
        outer_args: &[TypeId],
    ) -> TypeId {
        match self.get(origin) {
            Type::Named(named) => self.intern(Type::Named(Box::new(Named {
                object: named.object,
                origin: Some(origin),
                args: args.into(),
                outer_args: outer_args.into(),
                rhs: TypeCell::unset(),
                underlying: TypeCell::unset(),
                type_params: OnceLock::new(),
                methods: OnceLock::new(),
                method_types: OnceLock::new(),
            }))),
            Type::Alias(alias) => self.intern(Type::Alias(Box::new(Alias {
                object: alias.object,
                origin: Some(origin),
                args: args.into(),
                rhs: TypeCell::unset(),
                type_params: OnceLock::new(),
            }))),
            other => unreachable!("no instance of {other:?}"),
        }
    }

    fn intern(&self, ty: Type) -> TypeId {
        let mut hasher = FxHasher::default();
        hash_spelling(&ty, &mut hasher);
        let hash = hasher.finish();
        // The table uses the high and low bits; take the shard from the middle.
        let shard = &self.interned[(hash >> 32) as usize % N_SHARDS];
        let mut ids = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = ids.find(hash, |&id| same_spelling(self.get(id), &ty)) {
            return id;
        }
        let (mentions, canonical) = self.classify(&ty);
        let id = self.push(ty, mentions);
        if canonical {
            self.entry(id).canonical.set(id);
        }
        ids.insert_unique(hash, id, |&id| {
            let mut hasher = FxHasher::default();
            hash_spelling(self.get(id), &mut hasher);
            hasher.finish()
        });
        id
    }

    /// What a new interned type mentions, and whether it is its own canonical type for sure.
    fn classify(&self, ty: &Type) -> (Mentions, bool) {
        let mut mentions = Mentions::NOTHING;
        let mut canonical = true;
        let mut visit = |id: TypeId| {
            let entry = self.entry(id);
            mentions = mentions.with(entry.mentions);
            canonical &= entry.canonical.get() == Some(id);
        };
        match ty {
            Type::Basic(_) | Type::TypeParam(_) => {}
            Type::Named(named) => {
                named.args.iter().chain(&named.outer_args).for_each(|&arg| visit(arg));
                // The outer arguments of an instance that has none yet are still those of the declaration.
                if let (Some(origin), true) = (named.origin, named.outer_args.is_empty()) {
                    mentions = mentions.with(self.entry(origin).mentions);
                }
            }
            Type::Alias(alias) => {
                alias.args.iter().for_each(|&arg| visit(arg));
                canonical = false;
            }
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array { elem, .. } | Type::Chan { elem, .. } => {
                visit(*elem)
            }
            Type::Map { key, elem } => {
                visit(*key);
                visit(*elem);
            }
            Type::Struct(struct_) => struct_.fields.iter().for_each(|field| visit(field.ty)),
            Type::Tuple(elems) => elems.iter().for_each(|&elem| visit(elem)),
            Type::Signature(signature) => {
                signature.params.iter().chain(&signature.results).for_each(|param| visit(param.ty));
                canonical &=
                    signature.params.iter().chain(&signature.results).all(|p| p.name == base::sym::EMPTY);
                if !signature.type_params.is_empty() {
                    mentions = mentions.with(Mentions::TYPE_PARAMS);
                }
            }
            Type::Interface(interface) => {
                interface.methods.iter().for_each(|method| visit(method.ty));
                interface.embedded.iter().for_each(|&elem| visit(elem));
                canonical = interface.methods.is_empty()
                    && interface.embedded.is_empty()
                    && !interface.implicit
                    && !interface.comparable;
            }
            Type::Union(terms) => {
                terms.iter().for_each(|term| visit(term.ty));
                canonical = false;
            }
        }
        (mentions, canonical)
    }
}

fn hash_spelling(ty: &Type, hasher: &mut FxHasher) {
    std::mem::discriminant(ty).hash(hasher);
    match ty {
        Type::Basic(basic) => basic.hash(hasher),
        Type::Named(named) => (named.origin, &named.args, &named.outer_args).hash(hasher),
        Type::Alias(alias) => (alias.origin, &alias.args).hash(hasher),
        Type::TypeParam(param) => param.object.hash(hasher),
        Type::Pointer(elem) | Type::Slice(elem) => elem.hash(hasher),
        Type::Array { n_elems, elem } => (n_elems, elem).hash(hasher),
        Type::Map { key, elem } => (key, elem).hash(hasher),
        Type::Chan { dir, elem } => (dir, elem).hash(hasher),
        Type::Struct(struct_) => struct_.fields.hash(hasher),
        Type::Tuple(elems) => elems.hash(hasher),
        Type::Signature(signature) => signature.hash(hasher),
        Type::Interface(interface) => interface.spelling().hash(hasher),
        Type::Union(terms) => terms.hash(hasher),
    }
}

/// Whether two interned types are spelled the same. Declared types are not interned, so they do not come here.
fn same_spelling(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Basic(a), Type::Basic(b)) => a == b,
        (Type::Named(a), Type::Named(b)) => {
            (a.origin, &a.args, &a.outer_args) == (b.origin, &b.args, &b.outer_args)
        }
        (Type::Alias(a), Type::Alias(b)) => (a.origin, &a.args) == (b.origin, &b.args),
        (Type::Pointer(a), Type::Pointer(b)) | (Type::Slice(a), Type::Slice(b)) => a == b,
        (Type::Array { n_elems: n, elem: a }, Type::Array { n_elems: m, elem: b }) => n == m && a == b,
        (Type::Map { key: k, elem: a }, Type::Map { key: l, elem: b }) => k == l && a == b,
        (Type::Chan { dir: d, elem: a }, Type::Chan { dir: e, elem: b }) => d == e && a == b,
        (Type::Struct(a), Type::Struct(b)) => a.fields == b.fields,
        (Type::Tuple(a), Type::Tuple(b)) => a == b,
        (Type::Signature(a), Type::Signature(b)) => a == b,
        (Type::Interface(a), Type::Interface(b)) => a.spelling() == b.spelling(),
        (Type::Union(a), Type::Union(b)) => a == b,
        _ => false,
    }
}

/// A short list of type ids; most lists of types are short.
pub(crate) type TypeList = SmallVec<[TypeId; 4]>;
