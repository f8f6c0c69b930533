//! Collecting the objects of a package: imports, package-level declarations, and the methods of each type.

use base::{Pos, Span, Symbol, sym};
use diag::{Code, Diagnostic};
use rustc_hash::FxHashSet;
use syntax::{DeclId, DeclKind, ExprId, ExprKind, File, GroupId, IdentId, List, UnaryOp};
use types::{Func, ObjectId, ObjectKind, VarKind};

use crate::{
    GoVersion,
    checker::Checker,
    declaration::{Declaration, DeclarationKind},
    info::FuncDecl,
    scope::ScopeId,
};

/// The file whose declarations are being collected.
pub(crate) struct FileScope {
    pub(crate) index: usize,
    pub(crate) id: ScopeId,
}

/// The constant declaration that later ones of its group repeat.
#[derive(Default)]
pub(crate) struct ConstGroup {
    group: Option<GroupId>,
    iota: i64,
    ty: Option<ExprId>,
    values: Option<List<ExprId>>,
}

/// A method whose receiver names a type.
struct PendingMethod {
    object: ObjectId,
    is_pointer: bool,
    receiver: Symbol,
}

/// A receiver type taken apart: `*Base[Params]`.
pub(crate) struct ReceiverParts {
    pub(crate) is_pointer: bool,
    pub(crate) base: ExprId,
    pub(crate) type_params: Option<List<ExprId>>,
}

/// Takes a receiver type apart. The base need not be a name in erroneous programs.
pub(crate) fn receiver_parts(file: &File, receiver: ExprId) -> ReceiverParts {
    let mut base = file.unparen(receiver);
    let mut is_pointer = false;
    if let ExprKind::Unary { op: UnaryOp::Deref, x } = file[base].kind {
        is_pointer = true;
        base = file.unparen(x);
    }
    match file[base].kind {
        ExprKind::Index { x, indices } => ReceiverParts { is_pointer, base: x, type_params: Some(indices) },
        _ => ReceiverParts { is_pointer, base, type_params: None },
    }
}

impl ConstGroup {
    /// Goes on to the next constant declaration. The result says what initialises it: type, values, whether they are those
    /// of an earlier one, and the value of `iota`.
    pub(crate) fn next(
        &mut self,
        group: Option<GroupId>,
        ty: Option<ExprId>,
        values: List<ExprId>,
    ) -> (Option<ExprId>, List<ExprId>, bool, i64) {
        if self.group.is_none() || self.group != group {
            *self = Self { group, iota: 0, ty: None, values: None };
        } else {
            self.iota += 1;
        }
        let inherited = if ty.is_some() || !values.is_empty() {
            self.ty = ty;
            self.values = Some(values);
            false
        } else {
            self.values.is_some()
        };
        (self.ty, self.values.unwrap_or(List::EMPTY), inherited, self.iota)
    }
}

impl Checker<'_> {
    /// Collects the objects of all files.
    pub(crate) fn collect_objects(&mut self) {
        let mut methods = Vec::new();
        let mut scopes = Vec::new();
        for index in 0..self.files.len() {
            let id = self.scopes.add(Some(self.package_scope), None);
            let scope = FileScope { index, id };
            self.env = self.file_environment(index, id);
            self.collect_file(&scope, &mut methods);
            scopes.push(scope);
        }
        self.check_file_names(&scopes);
        for method in methods {
            if let Some((is_pointer, base)) = self.base_type_name(method.is_pointer, method.receiver) {
                if let Some(func) = self.types.object(method.object).as_func() {
                    func.set_pointer_receiver(is_pointer);
                }
                self.methods.entry(base).or_default().push(method.object);
            }
        }
    }

    fn collect_file(&mut self, scope: &FileScope, methods: &mut Vec<PendingMethod>) {
        let file = self.file();
        let mut consts = ConstGroup::default();
        for &decl in &file[file.decls] {
            if !matches!(file[decl].kind, DeclKind::Const { .. }) {
                consts = ConstGroup::default();
            }
            match file[decl].kind {
                DeclKind::Import { .. } => self.import_decl(decl, scope),
                DeclKind::Const { .. } => self.collect_const(decl, scope, &mut consts),
                DeclKind::Var { .. } => self.collect_var(decl, scope),
                DeclKind::Type { name, .. } => self.collect_type(decl, name, scope),
                DeclKind::Func { .. } => self.collect_func(decl, scope, methods),
            }
        }
    }

    fn declaration(&self, scope: &FileScope, kind: DeclarationKind) -> Declaration {
        Declaration {
            file: scope.index,
            scope: scope.id,
            version: self.env.version,
            kind,
            dependencies: FxHashSet::default(),
        }
    }

    fn collect_const(&mut self, decl: DeclId, scope: &FileScope, consts: &mut ConstGroup) {
        let file = self.file();
        let DeclKind::Const { names, ty, values } = file[decl].kind else { return };
        let (ty, values, inherited, iota) = consts.next(file[decl].group, ty, values);
        for (i, &name) in file[names].iter().enumerate() {
            let object = self.new_object(name, true, ObjectKind::Const(Default::default()));
            let init = file[values].get(i).copied();
            let kind = DeclarationKind::Const { ty, init, inherited, iota };
            let declaration = self.declaration(scope, kind);
            self.declare_in_package(name, &[object], declaration);
        }
        self.check_arity(file[decl].pos, names, values, Arity::Const { inherited });
    }

    fn collect_var(&mut self, decl: DeclId, scope: &FileScope) {
        let file = self.file();
        let DeclKind::Var { names, ty, values } = file[decl].kind else { return };
        let objects: Vec<_> = file[names]
            .iter()
            .map(|&name| self.new_object(name, true, ObjectKind::Var(VarKind::Package)))
            .collect();
        if values.len() <= 1 {
            // One expression, or none, initialises all the variables: they share the declaration.
            let group = if objects.len() > 1 { objects.clone() } else { Vec::new() };
            let init = file[values].first().copied();
            let declaration = self.declaration(scope, DeclarationKind::Var { group, ty, init });
            let id = self.declarations.add(declaration);
            for (&name, &object) in file[names].iter().zip(&objects) {
                if self.may_declare(name) {
                    self.declare(self.package_scope, Some(name), object);
                    self.declarations.bind(object, id);
                }
            }
        } else {
            for (i, (&name, &object)) in file[names].iter().zip(&objects).enumerate() {
                let init = file[values].get(i).copied();
                let kind = DeclarationKind::Var { group: Vec::new(), ty, init };
                let declaration = self.declaration(scope, kind);
                self.declare_in_package(name, &[object], declaration);
            }
        }
        if ty.is_none() || !values.is_empty() {
            self.check_arity(file[decl].pos, names, values, Arity::Var);
        }
    }

    fn collect_type(&mut self, decl: DeclId, name: IdentId, scope: &FileScope) {
        let object = self.new_object(name, true, ObjectKind::TypeName);
        let declaration = self.declaration(scope, DeclarationKind::Type(decl));
        self.declare_in_package(name, &[object], declaration);
    }

    fn declare_in_package(&mut self, name: IdentId, objects: &[ObjectId], declaration: Declaration) {
        if !self.may_declare(name) {
            return;
        }
        let id = self.declarations.add(declaration);
        for &object in objects {
            self.declare(self.package_scope, Some(name), object);
            self.declarations.bind(object, id);
        }
    }

    /// Spec: "init" may only be a function; so may "main" in package main.
    fn may_declare(&mut self, ident: IdentId) -> bool {
        let (code, name) = match self.file().name(ident) {
            sym::INIT => (Code::InvalidInitDecl, "init"),
            sym::MAIN if self.package_name == sym::MAIN => (Code::InvalidMainDecl, "main"),
            _ => return true,
        };
        self.error(self.file().ident_span(ident), code, format!("cannot declare {name} - must be func"));
        false
    }

    fn collect_func(&mut self, decl: DeclId, scope: &FileScope, methods: &mut Vec<PendingMethod>) {
        let file = self.file();
        let DeclKind::Func { recv, name, tparams, .. } = file[decl].kind else { return };
        let func = Func::new(recv.is_some());
        let object = self.new_object(name, recv.is_none(), ObjectKind::Func(Box::new(func)));
        let first_type_param = file[tparams].first().map(|&field| file[field].pos);
        match recv {
            None => self.declare_func(decl, object, first_type_param),
            Some(field) => {
                let parts = receiver_parts(file, file[field].ty);
                if let Some(base) = file.as_name(parts.base)
                    && !file.name(name).is_blank()
                {
                    let receiver = file.name(base);
                    methods.push(PendingMethod { object, is_pointer: parts.is_pointer, receiver });
                }
                if let Some(pos) = first_type_param {
                    self.require(pos, GoVersion::new(27), "generic method");
                }
                self.record_object(name, object);
            }
        }
        self.functions_declared.push(FuncDecl { object, file: scope.index as u32, decl });
        let declaration = self.declaration(scope, DeclarationKind::Func(decl));
        let id = self.declarations.add(declaration);
        self.declarations.bind(object, id);
    }

    fn declare_func(&mut self, decl: DeclId, object: ObjectId, first_type_param: Option<Pos>) {
        let file = self.file();
        let DeclKind::Func { name, ty, body, .. } = file[decl].kind else { return };
        let symbol = file.name(name);
        let special = match symbol {
            sym::INIT => Some(Code::InvalidInitDecl),
            sym::MAIN if self.package_name == sym::MAIN => Some(Code::InvalidMainDecl),
            _ => None,
        };
        if let Some(code) = special {
            if let Some(pos) = first_type_param {
                self.error(pos, code, format!("func {symbol} must have no type parameters"));
            }
            if let ExprKind::FuncType { params, results } = file[ty].kind
                && (!params.is_empty() || !results.is_empty())
            {
                let message = format!("func {symbol} must have no arguments and no return values");
                self.error(file.ident_span(name), code, message);
            }
        } else if let Some(pos) = first_type_param {
            self.require(pos, GoVersion::new(18), "type parameter");
        }
        if symbol == sym::INIT {
            // An init function cannot be referred to, so it is in no scope.
            self.record_object(name, object);
            if body.is_none() {
                self.error(file.ident_span(name), Code::MissingInitBody, "func init must have a body");
            }
        } else {
            self.declare(self.package_scope, Some(name), object);
        }
    }

    /// Spec: no identifier may be declared in both the file and package block.
    fn check_file_names(&mut self, scopes: &[FileScope]) {
        for scope in scopes {
            let names: Vec<_> = self.scopes.names(scope.id).collect();
            for (name, object) in names {
                let Some(other) = self.scopes.own(self.package_scope, name) else { continue };
                let data = self.types.object(object);
                let message = match data.imported() {
                    Some(package) => {
                        format!("{name} already declared through import of {}", self.package_text(package))
                    }
                    None => {
                        let package =
                            data.package.map(|package| self.package_text(package)).unwrap_or_default();
                        format!("{name} already declared through dot-import of {package}")
                    }
                };
                let at = self.object_span(other);
                let error =
                    self.with_other_declaration(Diagnostic::error(Code::DuplicateDecl, at, message), object);
                self.report(error);
            }
        }
    }

    /// A package as Go's messages describe it.
    fn package_text(&self, package: types::PackageId) -> String {
        let package = self.types.package(package);
        format!("package {} ({})", package.name, constant::quote(package.path.as_str().as_bytes()))
    }

    /// The declared type that a receiver's base name leads to through aliases, and whether there is a pointer on the way.
    fn base_type_name(&self, mut is_pointer: bool, mut name: Symbol) -> Option<(bool, ObjectId)> {
        let mut seen = Vec::new();
        loop {
            let object = self.scopes.own(self.package_scope, name)?;
            if !self.types.object(object).is_type_name() || seen.contains(&object) {
                return None;
            }
            seen.push(object);
            let (declaration, decl) = self.type_declaration(object)?;
            let file = &self.files[declaration.file];
            let DeclKind::Type { tparams, is_alias, ty, .. } = file[decl].kind else { return None };
            if !is_alias {
                return Some((is_pointer, object));
            }
            if !tparams.is_empty() {
                return None;
            }
            let mut target = file.unparen(ty);
            if let ExprKind::Unary { op: UnaryOp::Deref, x } = file[target].kind {
                if is_pointer {
                    return None;
                }
                is_pointer = true;
                target = file.unparen(x);
            }
            name = file.name(file.as_name(target)?);
        }
    }

    /// Checks that there are as many names as values.
    pub(crate) fn check_arity(&mut self, pos: Pos, names: List<IdentId>, values: List<ExprId>, arity: Arity) {
        let file = self.file();
        let (n_names, n_values) = (names.len(), values.len());
        if n_names < n_values {
            let extra = file[values][n_names];
            if let Arity::Const { inherited: true } = arity {
                let message = format!("extra init expr at {}", self.position_text(file[extra].pos));
                self.error(pos, Code::WrongAssignCount, message);
            } else {
                let message = format!("extra init expr {}", self.expr_text(extra));
                self.error(self.at(extra), Code::WrongAssignCount, message);
            }
        } else if n_names > n_values && (matches!(arity, Arity::Const { .. }) || n_values != 1) {
            let missing = file[names][n_values];
            let message = format!("missing init expr for {}", file.name(missing));
            self.error(file.ident_span(missing), Code::WrongAssignCount, message);
        }
    }

    /// A new object of this package for an identifier that declares it.
    pub(crate) fn new_object(&self, ident: IdentId, package_level: bool, kind: ObjectKind) -> ObjectId {
        let ident = self.file()[ident];
        self.types.declare(ident.name, self.package, ident.pos, package_level, kind)
    }

    /// Puts an object into a scope, unless its name is blank or taken.
    pub(crate) fn declare(&mut self, scope: ScopeId, ident: Option<IdentId>, object: ObjectId) {
        let name = self.types.object(object).name;
        if !name.is_blank()
            && let Some(other) = self.scopes.insert(scope, name, object)
        {
            let at = self.object_span(object);
            let error =
                Diagnostic::error(Code::DuplicateDecl, at, format!("{name} redeclared in this block"));
            let error = self.with_other_declaration(error, other);
            self.report(error);
            return;
        }
        if let Some(ident) = ident {
            self.record_object(ident, object);
        }
    }

    /// Adds where `other` is declared.
    pub(crate) fn with_other_declaration(&self, error: Diagnostic, other: ObjectId) -> Diagnostic {
        let data = self.types.object(other);
        if !data.pos.is_known() {
            return error;
        }
        error.with_note(self.object_span(other), format!("other declaration of {}", data.name))
    }

    /// Where an object is declared.
    pub(crate) fn object_span(&self, object: ObjectId) -> Span {
        let data = self.types.object(object);
        match data.kind {
            ObjectKind::PackageName { .. } => Span::at(data.pos),
            _ if data.pos.is_known() => Span::new(data.pos, data.pos.plus(data.name.as_str().len() as u32)),
            _ => Span::at(data.pos),
        }
    }
}

/// What kind of declaration has names and values.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Arity {
    Const {
        /// Whether the values are those of an earlier constant.
        inherited: bool,
    },
    /// A variable declaration: one call may have several results.
    Var,
}
