//! The state of checking one package.
//!
//! **Terms.** The *environment* is what depends on where we are: file, scope, function. It is saved and restored when
//! the checker leaves one declaration to check another that it depends on. *Delayed* actions run at the end of the
//! current statement or declaration, in the environment that they were put off in.

use std::{rc::Rc, sync::Arc};

use base::{Pos, Symbol};
use constant::Value;
use diag::Diagnostic;
use rustc_hash::{FxHashMap, FxHashSet};
use syntax::{ExprId, File};
use types::{ObjectId, PackageId, TypeId, Types};

use crate::{
    Config, GoVersion, Info,
    declaration::DeclarationId,
    scope::{ScopeId, Scopes},
    untyped::Untyped,
};

/// The checker of one package.
pub(crate) struct Checker<'a> {
    pub(crate) types: &'a Types,
    pub(crate) config: &'a Config<'a>,
    pub(crate) package: PackageId,
    pub(crate) files: &'a [Arc<File>],
    /// The results, one entry per file.
    pub(crate) infos: Vec<Info>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) scopes: Scopes,
    pub(crate) env: Environment,
    /// The expressions of each file that do not have their final type yet.
    pub(crate) untyped: Vec<FxHashMap<ExprId, Untyped>>,
    /// The variables that are used.
    pub(crate) used: FxHashSet<ObjectId>,
    pub(crate) delayed: Vec<Action<'a>>,
}

/// Something put off, with the environment that it needs.
pub(crate) struct Action<'a> {
    pub(crate) env: Environment,
    pub(crate) run: Box<dyn FnOnce(&mut Checker<'a>) + 'a>,
}

/// Where the checker is.
#[derive(Clone)]
pub(crate) struct Environment {
    /// The index of the current file.
    pub(crate) file: usize,
    /// The innermost scope.
    pub(crate) scope: ScopeId,
    /// The language version of the file.
    pub(crate) version: GoVersion,
    /// The package-level declaration that is being checked, for initialisation order.
    pub(crate) declaration: Option<DeclarationId>,
    /// The value of `iota` in a constant declaration.
    pub(crate) iota: Option<Value>,
    /// In a constant declaration that repeats the expressions of an earlier one: where errors are reported.
    pub(crate) error_pos: Option<Pos>,
    /// Whether a list of type parameters is being checked.
    pub(crate) in_type_params: bool,
    /// The function whose body is being checked.
    pub(crate) function: Option<Rc<Function>>,
    /// Whether the function uses labels.
    pub(crate) has_label: bool,
    /// Whether the current expression contains a call or a receive: then `len` of an array is no constant.
    pub(crate) has_call_or_receive: bool,
}

/// A function whose body is being checked.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its signature.
    pub(crate) signature: TypeId,
    /// The variables of its results, in order. Unnamed ones have the empty name.
    pub(crate) results: Vec<ObjectId>,
}

impl<'a> Checker<'a> {
    /// The current file.
    pub(crate) fn file(&self) -> &'a File {
        &self.files[self.env.file]
    }

    /// The tables of the current file.
    pub(crate) fn info(&mut self) -> &mut Info {
        &mut self.infos[self.env.file]
    }

    /// Whether the current file's language version has what `version` brought.
    pub(crate) fn allows(&self, version: GoVersion) -> bool {
        self.env.version >= version
    }

    /// Finds `name` in the current scope or one around it.
    pub(crate) fn lookup(&self, name: Symbol) -> Option<ObjectId> {
        self.scopes.lookup(self.env.scope, name).map(|(_, object)| object)
    }

    /// Puts `run` off until the end of the current statement or declaration.
    pub(crate) fn later(&mut self, run: impl FnOnce(&mut Checker<'a>) + 'a) {
        let env = self.env.clone();
        self.delayed.push(Action { env, run: Box::new(run) });
    }
}
