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
    Config, FuncDecl, GoVersion, Info,
    cycles::ObjectPath,
    declaration::{DeclarationId, Declarations},
    imports::ImportName,
    mono::MonoGraph,
    scope::{ScopeId, Scopes},
    signature::FuncState,
    untyped::Untyped,
};

/// The checker of one package.
pub(crate) struct Checker<'a> {
    pub(crate) types: &'a Types,
    pub(crate) config: &'a Config<'a>,
    pub(crate) package: PackageId,
    pub(crate) package_name: Symbol,
    pub(crate) files: &'a [Arc<File>],
    /// The results, one entry per file.
    pub(crate) infos: Vec<Info>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) scopes: Scopes,
    pub(crate) package_scope: ScopeId,
    pub(crate) env: Environment,

    /// The package-level objects and methods with their declarations.
    pub(crate) declarations: Declarations,
    /// The functions and methods in source order.
    pub(crate) functions_declared: Vec<FuncDecl>,
    /// The methods of each type name whose declaration is not checked yet.
    pub(crate) methods: FxHashMap<ObjectId, Vec<ObjectId>>,
    /// The objects whose declarations are being checked.
    pub(crate) path: ObjectPath,
    /// The packages imported, in order of first import.
    pub(crate) imports: Vec<PackageId>,
    /// The package for each path that was imported, made-up ones included.
    pub(crate) imported: FxHashMap<Symbol, PackageId>,
    /// The package names that the files declare.
    pub(crate) import_names: Vec<ImportName>,
    /// The package name through which a file got an object by a dot-import.
    pub(crate) dot_imported: FxHashMap<(ScopeId, Symbol), ObjectId>,

    /// The functions, declared ones and literals.
    pub(crate) functions: Vec<FuncState>,
    /// The variables and package names that are used.
    pub(crate) used: FxHashSet<ObjectId>,
    /// The expressions of each file that do not have their final type yet.
    pub(crate) untyped: Vec<FxHashMap<ExprId, Untyped>>,
    pub(crate) delayed: Vec<Action<'a>>,
    /// The bodies of the declared functions: no other package has to wait for them.
    pub(crate) bodies: Vec<Action<'a>>,

    /// Where fields of struct types are declared.
    pub(crate) field_positions: FxHashMap<(TypeId, Symbol), Pos>,
    /// Where each instance is first written.
    pub(crate) instance_positions: FxHashMap<TypeId, Pos>,
    /// The declared types that are known not to contain themselves.
    pub(crate) finite_types: FxHashSet<TypeId>,
    /// Declared types of which no instance contains itself.
    pub(crate) surely_finite: FxHashSet<TypeId>,
    /// Whether the size of a declared type depends on type parameters.
    pub(crate) var_sizes: FxHashMap<TypeId, bool>,
    pub(crate) mono: MonoGraph,
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
    /// Whether we are in a list of type parameters.
    pub(crate) in_type_params: bool,
    /// The function whose body is being checked.
    pub(crate) function: Option<Rc<Function>>,
    /// Whether the function uses labels.
    pub(crate) has_label: bool,
    /// Whether the current expression contains a call or a receive: then `len` of an array is no constant.
    pub(crate) has_call_or_receive: bool,
}

impl Environment {
    /// The environment at package level in a file.
    pub(crate) fn of_file(file: usize, scope: ScopeId, version: GoVersion) -> Self {
        Self {
            file,
            scope,
            version,
            declaration: None,
            iota: None,
            error_pos: None,
            in_type_params: false,
            function: None,
            has_label: false,
            has_call_or_receive: false,
        }
    }
}

/// A function whose body is being checked.
#[derive(Debug)]
pub(crate) struct Function {
    /// The variables of its results, in order. Unnamed ones have the empty name.
    pub(crate) results: Vec<ObjectId>,
}

impl<'a> Checker<'a> {
    /// A checker that has done nothing yet.
    pub(crate) fn new(
        config: &'a Config<'a>,
        package: PackageId,
        package_name: Symbol,
        files: &'a [Arc<File>],
        versions: &[GoVersion],
    ) -> Self {
        let mut scopes = Scopes::default();
        let universe = scopes.add(None, None);
        let package_scope = scopes.add(Some(universe), None);
        for (name, object) in config.types.universe().sorted() {
            scopes.insert(universe, name, object);
        }
        if config.test_builtins {
            for (name, builtin) in config.types.test_builtins() {
                scopes.insert(universe, name, config.types.declare_builtin(name, builtin));
            }
        }
        let version = versions.first().copied().unwrap_or(config.go_version);
        Self {
            types: config.types,
            config,
            package,
            package_name,
            files,
            infos: files.iter().zip(versions).map(|(file, &version)| Info::new(file, version)).collect(),
            diagnostics: Vec::new(),
            scopes,
            package_scope,
            env: Environment::of_file(0, package_scope, version),
            declarations: Declarations::default(),
            functions_declared: Vec::new(),
            methods: FxHashMap::default(),
            path: ObjectPath::default(),
            imports: Vec::new(),
            imported: FxHashMap::default(),
            import_names: Vec::new(),
            dot_imported: FxHashMap::default(),
            functions: Vec::new(),
            used: FxHashSet::default(),
            untyped: files.iter().map(|_| FxHashMap::default()).collect(),
            delayed: Vec::new(),
            bodies: Vec::new(),
            field_positions: FxHashMap::default(),
            instance_positions: FxHashMap::default(),
            finite_types: FxHashSet::default(),
            surely_finite: FxHashSet::default(),
            var_sizes: FxHashMap::default(),
            mono: MonoGraph::default(),
        }
    }

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

    /// Opens a block scope; the caller restores `env.scope`.
    pub(crate) fn open_scope(&mut self) {
        let function = self.scopes.function(self.env.scope);
        self.env.scope = self.scopes.add(Some(self.env.scope), function);
    }

    /// Puts `run` off until the end of the current statement or declaration.
    pub(crate) fn later(&mut self, run: impl FnOnce(&mut Checker<'a>) + 'a) {
        let env = self.env.clone();
        self.delayed.push(Action { env, run: Box::new(run) });
    }

    /// Checks the bodies of the declared functions.
    pub(crate) fn process_bodies(&mut self) {
        for body in std::mem::take(&mut self.bodies) {
            self.env = body.env;
            (body.run)(self);
        }
        self.process_delayed(0);
    }

    /// Runs what was put off since there were `mark` delayed actions, and what those put off.
    pub(crate) fn process_delayed(&mut self, mark: usize) {
        if self.delayed.len() == mark {
            return;
        }
        let mut pending = self.delayed.split_off(mark);
        let outer = self.env.clone();
        while !pending.is_empty() {
            for action in pending {
                self.env = action.env;
                (action.run)(self);
            }
            pending = self.delayed.split_off(mark);
        }
        self.env = outer;
    }
}
