//! Scopes: which names mean what where. Spec: "Declarations and scope".
//!
//! A local object enters its scope only when its declaration ends, and function literals are checked before the scope
//! around them changes; so a lookup needs no positions.

use base::Symbol;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use types::ObjectId;

use crate::signature::FuncIndex;

/// A scope of the package that is being checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ScopeId(u32);

/// All scopes of a package.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    all: Vec<Scope>,
}

#[derive(Debug)]
struct Scope {
    parent: Option<ScopeId>,
    children: Vec<ScopeId>,
    /// The function that the scope is in; `None` outside functions.
    function: Option<FuncIndex>,
    /// Whether this is the scope of a function's parameters and body.
    is_function: bool,
    /// In order of declaration.
    objects: IndexMap<Symbol, ObjectId, FxBuildHasher>,
}

impl Scopes {
    /// Adds an empty scope. `function` is the function that it is in, if any; when the scope around it is not in that
    /// function, the new one is the function's own.
    pub(crate) fn add(&mut self, parent: Option<ScopeId>, function: Option<FuncIndex>) -> ScopeId {
        let id = ScopeId(self.all.len() as u32);
        let is_function = function.is_some() && parent.and_then(|parent| self.function(parent)) != function;
        let objects = IndexMap::default();
        self.all.push(Scope { parent, children: Vec::new(), function, is_function, objects });
        if let Some(parent) = parent {
            self.all[parent.0 as usize].children.push(id);
        }
        id
    }

    fn get(&self, id: ScopeId) -> &Scope {
        &self.all[id.0 as usize]
    }

    /// The function that this scope is in.
    pub(crate) fn function(&self, id: ScopeId) -> Option<FuncIndex> {
        self.get(id).function
    }

    /// The object that this scope itself has under `name`.
    pub(crate) fn own(&self, id: ScopeId, name: Symbol) -> Option<ObjectId> {
        self.get(id).objects.get(&name).copied()
    }

    /// The object that `name` means in this scope, and the scope that declares it.
    pub(crate) fn lookup(&self, id: ScopeId, name: Symbol) -> Option<(ScopeId, ObjectId)> {
        let mut scope = Some(id);
        while let Some(id) = scope {
            if let Some(object) = self.own(id, name) {
                return Some((id, object));
            }
            scope = self.get(id).parent;
        }
        None
    }

    /// Declares `object`. When the name is taken, changes nothing and returns the object that has it.
    pub(crate) fn insert(&mut self, id: ScopeId, name: Symbol, object: ObjectId) -> Option<ObjectId> {
        match self.all[id.0 as usize].objects.entry(name) {
            indexmap::map::Entry::Occupied(taken) => Some(*taken.get()),
            indexmap::map::Entry::Vacant(free) => {
                free.insert(object);
                None
            }
        }
    }

    /// The names of this scope with their objects, in order of declaration.
    pub(crate) fn names(&self, id: ScopeId) -> impl Iterator<Item = (Symbol, ObjectId)> + '_ {
        self.get(id).objects.iter().map(|(&name, &object)| (name, object))
    }

    /// The objects of this scope in order of declaration.
    pub(crate) fn objects(&self, id: ScopeId) -> impl Iterator<Item = ObjectId> + '_ {
        self.get(id).objects.values().copied()
    }

    /// The objects of this scope and of the blocks in it, but not those of function literals.
    pub(crate) fn objects_of_function(&self, id: ScopeId) -> Vec<ObjectId> {
        let mut objects = Vec::new();
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            objects.extend(self.objects(id));
            pending.extend(self.get(id).children.iter().filter(|&&child| !self.get(child).is_function));
        }
        objects
    }
}
