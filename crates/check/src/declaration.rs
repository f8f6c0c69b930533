//! What is known about the package-level declarations before and while they are checked.

use rustc_hash::{FxHashMap, FxHashSet};
use syntax::{DeclId, ExprId};
use types::ObjectId;

use crate::{GoVersion, checker::Checker, scope::ScopeId};

/// A package-level declaration, by its place in the source order of the package.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct DeclarationId(u32);

/// A package-level constant, variable, type or function, or a method, with where and how it is declared.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// The index of its file.
    pub(crate) file: usize,
    /// The scope of the file.
    pub(crate) scope: ScopeId,
    /// The language version of the file.
    pub(crate) version: GoVersion,
    pub(crate) kind: DeclarationKind,
    /// The package-level objects and methods that its initialisation or body refers to.
    pub(crate) dependencies: FxHashSet<ObjectId>,
}

#[derive(Clone, Debug)]
pub(crate) enum DeclarationKind {
    Const {
        ty: Option<ExprId>,
        init: Option<ExprId>,
        /// Whether type and value are those of an earlier constant of the group.
        inherited: bool,
        iota: i64,
    },
    Var {
        /// All the variables when one expression initialises several.
        group: Vec<ObjectId>,
        ty: Option<ExprId>,
        init: Option<ExprId>,
    },
    Type(DeclId),
    Func(DeclId),
}

/// All package-level declarations.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    all: Vec<Declaration>,
    /// The objects in source order, with their declarations. Several variables may share one.
    objects: Vec<(ObjectId, DeclarationId)>,
    /// For each object its place in `objects`.
    places: FxHashMap<ObjectId, u32>,
}

impl Declarations {
    pub(crate) fn add(&mut self, declaration: Declaration) -> DeclarationId {
        self.all.push(declaration);
        DeclarationId(self.all.len() as u32 - 1)
    }

    /// Says which declaration an object has. Objects come in source order.
    pub(crate) fn bind(&mut self, object: ObjectId, declaration: DeclarationId) {
        self.places.insert(object, self.objects.len() as u32);
        self.objects.push((object, declaration));
    }

    pub(crate) fn of(&self, object: ObjectId) -> Option<DeclarationId> {
        self.order(object).map(|place| self.objects[place as usize].1)
    }

    /// The object's place in source order; `None` if it is not of this package's level.
    pub(crate) fn order(&self, object: ObjectId) -> Option<u32> {
        self.places.get(&object).copied()
    }

    pub(crate) fn get(&self, id: DeclarationId) -> &Declaration {
        &self.all[id.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, id: DeclarationId) -> &mut Declaration {
        &mut self.all[id.0 as usize]
    }

    /// The objects in source order, with their declarations.
    pub(crate) fn objects(&self) -> &[(ObjectId, DeclarationId)] {
        &self.objects
    }
}

impl Checker<'_> {
    /// Remembers that the declaration being checked refers to `object`, for the order of initialisation.
    pub(crate) fn add_dependency(&mut self, object: ObjectId) {
        if let Some(from) = self.env.declaration
            && self.declarations.order(object).is_some()
        {
            self.declarations.get_mut(from).dependencies.insert(object);
        }
    }

    /// The type declaration of a type name of this package.
    pub(crate) fn type_declaration(&self, object: ObjectId) -> Option<(&Declaration, DeclId)> {
        let declaration = self.declarations.get(self.declarations.of(object)?);
        match declaration.kind {
            DeclarationKind::Type(decl) => Some((declaration, decl)),
            _ => None,
        }
    }
}
