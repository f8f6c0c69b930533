//! The checked program as lowering reads it.

use base::Symbol;
use check::{CheckedFile, CheckedPackage, Info};
use rustc_hash::FxHashMap;
use syntax::{DeclId, DeclKind, DirectiveKind, ExprId, FieldId, File, StmtId};
use types::{ObjectId, PackageId, Types};

use crate::{Preset, aliases::aliases, names, unit::Shared};

/// All packages of a program, each after those that it imports.
pub struct Program<'p> {
    /// The store that all packages were checked with.
    pub types: &'p Types,
    /// The packages, in an order in which every import comes before its importer.
    pub packages: &'p [CheckedPackage],
    /// The package with the program's `main` function.
    pub main: PackageId,
    /// Variables whose contents come from outside; their initialisers, if any, do not run.
    pub presets: FxHashMap<ObjectId, Preset>,
}

/// A file and what is known about it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'p> {
    pub(crate) tree: &'p File,
    pub(crate) info: &'p Info,
    pub(crate) package: PackageId,
}

/// A function or method declaration.
#[derive(Clone, Copy)]
pub(crate) struct FuncDecl {
    /// The index of the package in [`Program::packages`].
    pub(crate) package: usize,
    /// The index of the file in the package.
    pub(crate) file: usize,
    pub(crate) decl: DeclId,
    /// Whether it has a body here.
    pub(crate) has_body: bool,
    /// The symbol that `//go:linkname` gives it.
    pub(crate) link_name: Option<Symbol>,
    /// Of an `init` function: how many the package has before it.
    pub(crate) init_number: Option<u32>,
}

/// A package-level variable.
#[derive(Clone, Copy)]
pub(crate) struct VarDecl {
    /// The symbol that `//go:linkname` gives it.
    pub(crate) link_name: Option<Symbol>,
    /// The package and the initialiser among its `init_order`, if there is one.
    pub(crate) init: Option<(usize, usize)>,
}

/// The parts of a function declaration.
#[derive(Clone, Copy)]
pub(crate) struct FuncParts {
    pub(crate) recv: Option<FieldId>,
    /// The function type.
    pub(crate) ty: ExprId,
    pub(crate) body: Option<StmtId>,
}

impl<'p> Program<'p> {
    /// The file of a declaration.
    pub(crate) fn source(&self, package: usize, file: usize) -> Source<'p> {
        let checked = &self.packages[package];
        let CheckedFile { tree, info } = &checked.files[file];
        Source { tree, info, package: checked.id }
    }
}

impl Source<'_> {
    /// The parts of a function declaration in this file.
    pub(crate) fn func_parts(&self, decl: DeclId) -> FuncParts {
        match self.tree[decl].kind {
            DeclKind::Func { recv, ty, body, .. } => FuncParts { recv, ty, body },
            _ => unreachable!("the checker lists only functions"),
        }
    }

    /// Whether the declaration carries a directive.
    pub(crate) fn has_directive(&self, decl: DeclId, wanted: &DirectiveKind) -> bool {
        self.tree[self.tree[decl].directives].iter().any(|directive| directive.kind == *wanted)
    }
}

/// The `//go:linkname` lines of one package: local name to symbol.
type LinkNames = FxHashMap<Symbol, Symbol>;

fn link_names(package: &CheckedPackage) -> LinkNames {
    let mut names = LinkNames::default();
    for file in &package.files {
        for directive in &file.tree.directives {
            if let DirectiveKind::Linkname { local, remote: Some(remote), .. } = directive.kind {
                names.insert(local, remote);
            }
        }
    }
    names
}

impl<'p> Shared<'p> {
    /// Indexes the declarations of a program.
    pub(crate) fn new(program: &'p Program<'p>) -> Self {
        let mut shared = Shared {
            program,
            types: program.types,
            funcs: FxHashMap::default(),
            defs: FxHashMap::default(),
            links: FxHashMap::default(),
            vars: FxHashMap::default(),
            var_defs: FxHashMap::default(),
        };
        shared.links.extend(aliases());
        for idx in 0..program.packages.len() {
            let names = link_names(&program.packages[idx]);
            shared.index_funcs(idx, &names);
            shared.index_vars(idx, &names);
        }
        shared
    }

    fn index_funcs(&mut self, package: usize, names: &LinkNames) {
        let mut init_numbers = 0..;
        for func in &self.program.packages[package].functions {
            let file = func.file as usize;
            let source = self.program.source(package, file);
            let has_body = source.func_parts(func.decl).body.is_some();
            let object = self.types.object(func.object);
            let is_method = object.as_func().is_some_and(|func| func.is_method);
            // A linkname without body refers to another package's symbol; with one, it defines the symbol.
            let link_name = names.get(&object.name).copied().filter(|_| !is_method);
            let is_init = object.name.as_str() == "init" && !is_method;
            let init_number = if is_init { init_numbers.next() } else { None };
            let decl = FuncDecl { package, file, decl: func.decl, has_body, link_name, init_number };
            self.funcs.insert(func.object, decl);
            if let (false, Some(link_name)) = (has_body, link_name) {
                self.links.insert(names::function_symbol(self.types, func.object, &[]), link_name);
            }
            if has_body {
                let symbol =
                    link_name.unwrap_or_else(|| names::function_symbol(self.types, func.object, &[]));
                self.defs.insert(symbol, func.object);
                if link_name.is_some() {
                    // The plain name works too: compiled code and other linknames may use it.
                    let plain = names::function_symbol(self.types, func.object, &[]);
                    self.defs.entry(plain).or_insert(func.object);
                }
            }
        }
    }

    fn index_vars(&mut self, package: usize, names: &LinkNames) {
        let checked = &self.program.packages[package];
        let mut inits = FxHashMap::default();
        for (idx, init) in checked.init_order.iter().enumerate() {
            inits.extend(init.variables.iter().map(|&variable| (variable, (package, idx))));
        }
        let Some(scope) = self.types.package(checked.id).scope() else { return };
        for (name, object) in scope.sorted() {
            if self.types.object(object).var_kind().is_none() {
                continue;
            }
            let link_name = names.get(&name).copied();
            let init = inits.get(&object).copied();
            self.vars.insert(object, VarDecl { link_name, init });
            // A linknamed variable without value is the other package's, unless there is none.
            let symbol = link_name.unwrap_or_else(|| {
                let prefix = names::package_prefix(self.types, checked.id);
                Symbol::intern(&format!("{prefix}.{name}", name = name.as_str()))
            });
            if link_name.is_none() || init.is_some() {
                self.var_defs.insert(symbol, object);
            }
        }
    }
}
