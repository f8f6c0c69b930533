//! Packages and their scopes.

use std::sync::OnceLock;

use base::{Pos, Symbol};
use rustc_hash::FxHashMap;

use crate::{ObjectId, PackageId};

/// A package as other packages see it.
#[derive(Debug)]
pub struct Package {
    /// The import path, unique in the store; a test variant is `path [variant]` here and `path` in `import_path`.
    pub path: Symbol,
    /// The name in the package clause.
    pub name: Symbol,
    /// Whether this stands for a package that could not be imported; nothing is reported about its members.
    pub fake: bool,
    /// The package-level objects, set once when the package is checked.
    pub(crate) scope: OnceLock<Scope>,
    /// The packages imported, set once when the package is checked.
    pub(crate) imports: OnceLock<Box<[PackageId]>>,
    /// A position in its first file, set once when the package is checked.
    pub(crate) start: OnceLock<Pos>,
}

impl Package {
    /// The package-level objects; `None` until the package is checked.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.get()
    }

    /// The packages that this one imports; none until it is checked.
    pub fn imports(&self) -> &[PackageId] {
        self.imports.get().map_or(&[], |imports| imports)
    }

    /// A number for a position in this package: unique there, and the same whatever else is in the program.
    pub fn number_of(&self, pos: Pos) -> u32 {
        let start = self.start.get().map_or(0, |start| start.as_u32());
        pos.as_u32().wrapping_sub(start)
    }
}

/// The objects of one block by name.
#[derive(Debug, Default)]
pub struct Scope {
    objects: FxHashMap<Symbol, ObjectId>,
}

impl Scope {
    /// The object with this name.
    pub fn get(&self, name: Symbol) -> Option<ObjectId> {
        self.objects.get(&name).copied()
    }

    /// Adds an object. When the name is taken, changes nothing and returns the object that has it.
    pub fn insert(&mut self, name: Symbol, object: ObjectId) -> Option<ObjectId> {
        match self.objects.entry(name) {
            std::collections::hash_map::Entry::Occupied(taken) => Some(*taken.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(object);
                None
            }
        }
    }

    /// All names with their objects, sorted by name.
    pub fn sorted(&self) -> Vec<(Symbol, ObjectId)> {
        let mut all: Vec<_> = self.objects.iter().map(|(&name, &object)| (name, object)).collect();
        all.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        all
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}
