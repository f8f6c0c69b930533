//! Checking declarations. Spec: "Declarations and scope".
//!
//! **Terms.** An object is *white* when its type is not known, *grey* while its declaration is being checked, *black* when
//! its type is known. Grey objects are on the object path; a reference to a grey object is a cycle, which may be valid.

use base::{Pos, sym};
use constant::Value;
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;
use syntax::{BinaryOp, DeclId, DeclKind, ExprId, ExprKind, FieldId, List, UnaryOp};
use types::{BasicInfo, ObjectId, ObjectKind, Type, TypeId, VarKind};

use crate::{
    GoVersion,
    checker::{Action, Checker, Environment},
    collect::{Arity, ConstGroup},
    cycles::Step,
    declaration::{DeclarationId, DeclarationKind},
    scope::ScopeId,
    signature::FuncOwner,
};

impl<'a> Checker<'a> {
    /// Checks the declarations of all package-level objects, but not the bodies of functions.
    ///
    /// Types come first, then aliases, then the rest: so an alias is rarely needed before it is known.
    pub(crate) fn package_objects(&mut self) {
        let objects = self.declarations.objects().to_vec();
        let phase = |check: &Self, object| match check.type_declaration(object) {
            Some((declaration, decl)) => match check.files[declaration.file][decl].kind {
                DeclKind::Type { is_alias: true, .. } => 1,
                _ => 0,
            },
            None => 2,
        };
        for wanted in 0..3 {
            for &(object, _) in &objects {
                if phase(self, object) == wanted {
                    self.obj_decl(object);
                }
            }
        }
        self.methods.clear();
    }

    /// Makes sure that an object's type is known, checking its declaration if necessary.
    pub(crate) fn obj_decl(&mut self, object: ObjectId) {
        if self.path.contains(Step::Object(object)) {
            self.grey_object(object);
            return;
        }
        if self.types.object(object).ty.get().is_some() {
            return;
        }
        let Some(id) = self.declarations.of(object) else {
            // Declared by an erroneous declaration, or a field's or foreign object's: nothing more will be known.
            self.types.object(object).ty.set(TypeId::INVALID);
            return;
        };
        self.path.push(Step::Object(object));
        let declaration = self.declarations.get(id);
        let (kind, mut env) =
            (declaration.kind.clone(), self.file_environment(declaration.file, declaration.scope));
        env.version = declaration.version;
        let outer = std::mem::replace(&mut self.env, env);
        self.white_object(object, id, kind);
        self.env = outer;
        self.path.pop();
    }

    fn white_object(&mut self, object: ObjectId, id: DeclarationId, kind: DeclarationKind) {
        match kind {
            DeclarationKind::Const { ty, init, inherited, iota } => {
                self.env.declaration = Some(id);
                self.const_decl(object, ty, init, inherited, iota);
            }
            DeclarationKind::Var { group, ty, init } => {
                self.env.declaration = Some(id);
                self.var_decl(object, &group, ty, init);
            }
            DeclarationKind::Type(decl) => {
                self.type_decl(object, decl);
                self.collect_methods(object);
            }
            DeclarationKind::Func(decl) => self.func_decl(object, id, decl),
        }
    }

    /// A reference to an object whose declaration is being checked.
    fn grey_object(&mut self, object: ObjectId) {
        let data = self.types.object(object);
        let is_valid = self.is_valid_cycle(object);
        match data.kind {
            ObjectKind::Const(_) | ObjectKind::Var(_) if !is_valid || data.ty.get().is_none() => {
                data.ty.set(TypeId::INVALID);
            }
            ObjectKind::TypeName if !is_valid => data.ty.set(TypeId::INVALID),
            ObjectKind::Func(_) if data.ty.get().is_none() => {
                // An empty signature: nothing can be initialised with such a function.
                data.ty.set(self.types.func(&[], &[], false));
            }
            _ => {}
        }
    }
}

/// Constants and variables.
impl Checker<'_> {
    pub(crate) fn const_decl(
        &mut self,
        object: ObjectId,
        ty: Option<ExprId>,
        init: Option<ExprId>,
        inherited: bool,
        iota: i64,
    ) {
        let outer_iota = self.env.iota.replace(Value::i64(iota));
        let outer_pos = self.env.error_pos.take();
        self.const_value(object, ty, init, inherited);
        self.env.iota = outer_iota;
        self.env.error_pos = outer_pos;
    }

    fn const_value(&mut self, object: ObjectId, ty: Option<ExprId>, init: Option<ExprId>, inherited: bool) {
        if let Some(expr) = ty {
            let ty = self.typ(expr);
            if !self.types.all_basic(ty, BasicInfo::CONST) || self.types.is_type_param(ty) {
                if self.types.is_valid(self.types.underlying(ty)) {
                    let message = format!("invalid constant type {}", self.ty(ty));
                    self.error(self.at(expr), Code::InvalidConstType, message);
                }
                self.types.object(object).ty.set(TypeId::INVALID);
                return;
            }
            self.types.object(object).ty.set(ty);
        }
        let x = init.map(|init| {
            if inherited {
                // The expression is that of an earlier constant: report errors at this one's name.
                self.env.error_pos = Some(self.types.object(object).pos);
            }
            self.expr(None, init)
        });
        self.init_const(object, x);
    }

    pub(crate) fn var_decl(
        &mut self,
        object: ObjectId,
        group: &[ObjectId],
        ty: Option<ExprId>,
        init: Option<ExprId>,
    ) {
        let data = self.types.object(object);
        let declared = ty.map(|expr| self.var_type(expr));
        if let Some(ty) = declared {
            data.ty.set(ty);
        }
        let Some(init) = init else {
            if declared.is_none() {
                data.ty.set(TypeId::INVALID); // Reported as a missing expression.
            }
            return;
        };
        if group.len() <= 1 {
            let target = self.func_target(declared, |_| data.name.as_str().to_owned());
            let mut x = self.expr(target.as_ref(), init);
            self.init_var(object, &mut x, "variable declaration");
            return;
        }
        if let Some(ty) = declared {
            for &other in group {
                self.types.object(other).ty.set(ty);
            }
        }
        self.init_vars(group, &[init], None);
    }
}

/// Types.
impl<'a> Checker<'a> {
    pub(crate) fn type_decl(&mut self, object: ObjectId, decl: DeclId) {
        let file = self.file();
        let DeclKind::Type { tparams, is_alias, ty, .. } = file[decl].kind else { return };
        let first_type_param = file[tparams].first().map(|&field| file[field].pos);
        let at = self.at(ty);
        let (declared, is_allowed) = if is_alias {
            let is_allowed = first_type_param
                .is_none_or(|pos| self.require(pos, GoVersion::new(23), "generic type alias"))
                && self.require(file[decl].pos, GoVersion::new(9), "type alias");
            (self.types.new_alias(object), is_allowed)
        } else {
            let is_allowed =
                first_type_param.is_none_or(|pos| self.require(pos, GoVersion::new(18), "type parameter"));
            let outer = self.outer_type_params();
            (self.types.new_named(object, outer), is_allowed)
        };
        self.types.object(object).ty.set(declared);
        let mark = self.delayed.len();
        self.later(move |check| {
            if check.types.object(object).ty.get() == Some(declared) && !is_alias {
                check.valid_type(declared);
            }
            let rhs = check.rhs(declared);
            if is_allowed && let Some(rhs) = rhs.filter(|&rhs| check.is_imported_constraint(rhs)) {
                let what = format!("using type constraint {}", check.ty(rhs));
                check.require(at, GoVersion::new(18), &what);
            }
        });
        debug_assert!(self.delayed.len() > mark);
        let outer_scope = self.env.scope;
        if !tparams.is_empty() {
            self.open_scope();
            self.collect_type_params(tparams, |check, params| check.types.set_type_params(declared, params));
        }
        let rhs = self.typ(ty);
        self.set_declared_rhs(declared, rhs, ty, is_alias);
        self.env.scope = outer_scope;
    }

    fn set_declared_rhs(&mut self, declared: TypeId, rhs: TypeId, expr: ExprId, is_alias: bool) {
        let is_invalid_param = if is_alias {
            // Spec: "In an alias declaration the given type cannot be a type parameter declared in the same declaration."
            let is_own = self.types.type_params(declared).contains(&rhs);
            if is_own {
                let message = "cannot use type parameter declared in alias declaration as RHS";
                self.error(self.at(expr), Code::MisplacedTypeParam, message);
            }
            is_own
        } else {
            // Spec: "In a type definition the given type cannot be a type parameter."
            let is_param = self.types.is_type_param(rhs);
            if is_param {
                let message = "cannot use a type parameter as RHS in type declaration";
                self.error(self.at(expr), Code::MisplacedTypeParam, message);
            }
            is_param
        };
        // A cycle that was found meanwhile has made the alias invalid; it stays so.
        if is_alias && self.rhs(declared) == Some(TypeId::INVALID) {
            return;
        }
        self.types.set_rhs(declared, if is_invalid_param { TypeId::INVALID } else { rhs });
    }

    /// The right-hand side of a declared type or alias, once known.
    pub(crate) fn rhs(&self, declared: TypeId) -> Option<TypeId> {
        match self.types.get(declared) {
            Type::Named(named) => self.types.named_rhs(named),
            Type::Alias(alias) => self.types.alias_rhs(alias),
            _ => Some(declared),
        }
    }

    /// Whether a type is a constraint interface declared in another package.
    pub(crate) fn is_imported_constraint(&self, ty: TypeId) -> bool {
        let Some((_, named)) = self.types.as_named(ty) else { return false };
        let package = self.types.object(named.object).package;
        package.is_some_and(|package| package != self.package)
            && self.types.as_interface(ty).is_some_and(|(id, _)| !self.types.type_set(id).is_method_set())
    }

    /// Declares type parameters in the current scope. `bind` gets them before their constraints are checked, because those
    /// may use the type that is being declared.
    pub(crate) fn collect_type_params(
        &mut self,
        list: List<FieldId>,
        bind: impl FnOnce(&Self, Box<[TypeId]>),
    ) -> Vec<TypeId> {
        let file = self.file();
        let fields = &file[list];
        let params: Vec<TypeId> = fields
            .iter()
            .enumerate()
            .map(|(index, &field)| self.declare_type_param(file[field].name, file[field].pos, index as u32))
            .collect();
        bind(self, params.clone().into());
        let outer = std::mem::replace(&mut self.env.in_type_params, true);
        let mut previous: Option<(ExprId, TypeId)> = None;
        for (&field, &param) in fields.iter().zip(&params) {
            let expr = file[field].ty;
            let bound = match previous {
                Some((same, bound)) if same == expr => bound,
                _ => self.checked_bound(expr),
            };
            previous = Some((expr, bound));
            self.types.set_bound(param, bound);
        }
        self.env.in_type_params = outer;
        params
    }

    fn checked_bound(&mut self, expr: ExprId) -> TypeId {
        let file = self.file();
        let bound = match file[expr].kind {
            // A constraint literal stands for the interface that embeds it.
            ExprKind::Unary { op: UnaryOp::Tilde, .. } | ExprKind::Binary { op: BinaryOp::Or, .. } => {
                self.implicit_constraint(expr)
            }
            _ => self.typ(expr),
        };
        if self.types.is_type_param(bound) {
            self.error(self.at(expr), Code::MisplacedTypeParam, "cannot use a type parameter as constraint");
            return TypeId::INVALID;
        }
        bound
    }

    pub(crate) fn declare_type_param(
        &mut self,
        ident: Option<syntax::IdentId>,
        pos: Pos,
        index: u32,
    ) -> TypeId {
        let name = ident.map_or(sym::BLANK, |ident| self.file().name(ident));
        let object = self.types.declare(name, self.package, pos, false, ObjectKind::TypeName);
        let param = self.types.new_type_param(object, index);
        self.types.object(object).ty.set(param);
        self.declare(self.env.scope, ident, object);
        param
    }

    /// Gives a declared type its methods.
    fn collect_methods(&mut self, object: ObjectId) {
        let Some(methods) = self.methods.remove(&object) else { return };
        let Some((base, _)) = self.types.as_named(self.types.object(object).type_or_invalid()) else {
            return;
        };
        self.later(move |check| check.check_field_uniqueness(base));
        let mut seen = FxHashMap::default();
        let mut kept = Vec::with_capacity(methods.len());
        for method in methods {
            let data = self.types.object(method);
            match seen.entry(data.name) {
                std::collections::hash_map::Entry::Occupied(other) => {
                    let other: ObjectId = *other.get();
                    let place = self.position_text(self.types.object(other).pos);
                    let type_name = self.types.object(object).name;
                    let message = format!("method {type_name}.{} already declared at {place}", data.name);
                    self.error(self.object_span(method), Code::DuplicateMethod, message);
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(method);
                    kept.push(method);
                }
            }
        }
        self.types.set_methods(base, kept.into());
    }

    /// Spec: "If the base type is a struct type, the non-blank method and field names must be distinct."
    fn check_field_uniqueness(&mut self, base: TypeId) {
        let types = self.types;
        let Some((id, struct_)) = types.as_struct(base) else { return };
        for field in &struct_.fields {
            let name = field.name.symbol;
            let clash = types.methods(base).iter().find(|&&method| types.object(method).name == name);
            if let Some(&method) = clash.filter(|_| !name.is_blank()) {
                let message = format!("field and method with the same name {name}");
                let mut error =
                    Diagnostic::error(Code::DuplicateFieldAndMethod, self.object_span(method), message);
                if let Some(&pos) = self.field_positions.get(&(id, name)) {
                    error = error.with_note(pos, format!("other declaration of {name}"));
                }
                self.report(error);
            }
        }
    }
}

/// Functions.
impl<'a> Checker<'a> {
    fn func_decl(&mut self, object: ObjectId, id: DeclarationId, decl: DeclId) {
        let file = self.file();
        let DeclKind::Func { recv, tparams, ty, body, .. } = file[decl].kind else { return };
        let func = self.func_type(FuncOwner::Declaration { object, recv, tparams }, ty);
        self.types.object(object).ty.set(func.signature);
        if body.is_none() && !tparams.is_empty() {
            self.error(file[decl].pos, Code::BadDecl, "generic function is missing function body");
        }
        if let Some(body) = body {
            let mut env = self.env.clone();
            env.declaration = Some(id);
            self.bodies.push(Action { env, run: Box::new(move |check| check.func_body(func, body)) });
        }
    }
}

/// Declarations inside functions.
impl<'a> Checker<'a> {
    /// Checks the declarations of one statement.
    pub(crate) fn decl_stmt(&mut self, decls: &[DeclId]) {
        let file = self.file();
        let mut consts = ConstGroup::default();
        for &decl in decls {
            match file[decl].kind {
                DeclKind::Const { .. } => self.local_const(decl, &mut consts),
                DeclKind::Var { .. } => self.local_var(decl),
                DeclKind::Type { .. } => self.local_type(decl),
                DeclKind::Import { .. } | DeclKind::Func { .. } => {}
            }
        }
    }

    fn local_const(&mut self, decl: DeclId, consts: &mut ConstGroup) {
        let file = self.file();
        let DeclKind::Const { names, ty, values } = file[decl].kind else { return };
        let (ty, values, inherited, iota) = consts.next(file[decl].group, ty, values);
        let mark = self.delayed.len();
        let mut objects = Vec::with_capacity(names.len());
        for (i, &name) in file[names].iter().enumerate() {
            let object = self.new_object(name, false, ObjectKind::Const(Default::default()));
            self.const_decl(object, ty, file[values].get(i).copied(), inherited, iota);
            objects.push(object);
        }
        self.check_arity(file[decl].pos, names, values, Arity::Const { inherited });
        // Function literals in the values still see the scope without the new constants.
        self.process_delayed(mark);
        for (&name, object) in file[names].iter().zip(objects) {
            self.declare(self.env.scope, Some(name), object);
        }
    }

    fn local_var(&mut self, decl: DeclId) {
        let file = self.file();
        let DeclKind::Var { names, ty, values } = file[decl].kind else { return };
        let mark = self.delayed.len();
        let objects: Vec<_> = file[names]
            .iter()
            .map(|&name| self.new_object(name, false, ObjectKind::Var(VarKind::Local)))
            .collect();
        for (i, &object) in objects.iter().enumerate() {
            let (group, init) = match values.len() {
                n if n == names.len() => (&[][..], Some(file[values][i])),
                1 => (&objects[..], Some(file[values][0])),
                _ => (&[][..], file[values].get(i).copied()),
            };
            self.var_decl(object, group, ty, init);
            if values.len() == 1 {
                break; // The call that initialises all has given all their types.
            }
        }
        if ty.is_none() || !values.is_empty() {
            self.check_arity(file[decl].pos, names, values, Arity::Var);
        }
        self.process_delayed(mark);
        for (&name, &object) in file[names].iter().zip(&objects) {
            self.declare(self.env.scope, Some(name), object);
        }
    }

    fn local_type(&mut self, decl: DeclId) {
        let DeclKind::Type { name, .. } = self.file()[decl].kind else { return };
        let object = self.new_object(name, false, ObjectKind::TypeName);
        // Spec: the scope of a type begins at its identifier, so that it can refer to itself.
        self.declare(self.env.scope, Some(name), object);
        self.path.push(Step::Object(object));
        self.type_decl(object, decl);
        self.path.pop();
    }

    /// The environment at the start of a package-level declaration.
    pub(crate) fn file_environment(&self, file: usize, scope: ScopeId) -> Environment {
        Environment::of_file(file, scope, self.infos[file].go_version)
    }
}
