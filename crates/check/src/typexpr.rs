//! Checking identifiers and type expressions. Spec: "Types".

use base::sym;
use diag::Code;
use syntax::{ChanDir, ExprId, ExprKind, IdentId, List, UnaryOp};
use types::{Basic, ObjectKind, Type, TypeId, VarKind};

use crate::{
    GoVersion, Instance,
    checker::Checker,
    operand::{Mode, Operand},
    signature::FuncOwner,
};

/// Identifiers.
impl Checker<'_> {
    /// Checks the identifier that `expr` is. `want_type`: anything but a type is an error.
    pub(crate) fn ident(&mut self, ident: IdentId, expr: ExprId, want_type: bool) -> Operand {
        let name = self.file().name(ident);
        let invalid = Operand::invalid(expr);
        let Some((scope, object)) = self.scopes.lookup(self.env.scope, name) else {
            self.undeclared(ident);
            return invalid;
        };
        let data = self.types.object(object);
        if (name == sym::ANY || name == sym::COMPARABLE)
            && data.package.is_none()
            && !self.require(
                self.file().ident_span(ident),
                GoVersion::new(18),
                &format!("predeclared {name}"),
            )
        {
            return invalid;
        }
        self.record_object(ident, object);
        let is_type = data.is_type_name();
        if want_type && !is_type {
            let message = format!("{name} ({}) is not a type", object_kind(&data.kind));
            self.error(self.file().ident_span(ident), Code::NotAType, message);
            if data.package == Some(self.package) && data.var_kind().is_some() {
                self.used.insert(object);
            }
            return invalid;
        }
        // Of a type name of this package that is used as a type, check the declaration again: it may be on the path, which
        // is a cycle.
        if data.ty.get().is_none() || is_type && want_type && data.package == Some(self.package) {
            self.obj_decl(object);
        }
        if let Some(&import) = self.dot_imported.get(&(scope, name)) {
            self.used.insert(import);
        }
        let ty = data.type_or_invalid();
        let mode = match &data.kind {
            ObjectKind::PackageName { .. } => {
                let message = format!("use of package {name} not in selector");
                self.error(self.file().ident_span(ident), Code::InvalidPkgUse, message);
                return invalid;
            }
            ObjectKind::Const(value) => {
                self.add_dependency(object);
                if !self.types.is_valid(ty) {
                    return invalid;
                }
                if object == self.types.iota() {
                    let Some(iota) = self.env.iota.clone() else {
                        let message = "cannot use iota outside constant declaration";
                        self.error(self.file().ident_span(ident), Code::InvalidIota, message);
                        return invalid;
                    };
                    Mode::Constant(iota)
                } else {
                    Mode::Constant(value.get().cloned().unwrap_or(constant::Value::UNKNOWN))
                }
            }
            ObjectKind::TypeName => Mode::TypeExpr,
            ObjectKind::Var(_) => {
                if data.package == Some(self.package) {
                    self.used.insert(object);
                }
                self.add_dependency(object);
                self.capture(scope, object);
                if !self.types.is_valid(ty) {
                    return invalid;
                }
                Mode::Variable
            }
            ObjectKind::Func(_) => {
                self.add_dependency(object);
                Mode::Value
            }
            ObjectKind::Builtin(builtin) => Mode::Builtin(*builtin),
            ObjectKind::Nil => Mode::Nil,
            ObjectKind::Label => unreachable!("labels are in no scope"),
        };
        Operand::new(mode, ty, expr)
    }

    fn undeclared(&mut self, ident: IdentId) {
        let name = self.file().name(ident);
        let at = self.file().ident_span(ident);
        if name.is_blank() {
            self.error(at, Code::InvalidBlank, "cannot use _ as value or type");
        } else if name.as_str().chars().all(|c| c.is_alphanumeric() || c == '_') {
            self.error(at, Code::UndeclaredName, format!("undefined: {name}"));
        }
    }
}

/// What kind of thing an object is, in words; types never come here.
fn object_kind(kind: &ObjectKind) -> &'static str {
    match kind {
        ObjectKind::PackageName { .. } => "package name",
        ObjectKind::Const(_) => "constant",
        ObjectKind::TypeName => "type",
        ObjectKind::Var(VarKind::Package) => "package-level variable",
        ObjectKind::Var(VarKind::Local) => "local variable",
        ObjectKind::Var(VarKind::Receiver) => "receiver",
        ObjectKind::Var(VarKind::Param) => "parameter",
        ObjectKind::Var(VarKind::Result) => "result variable",
        ObjectKind::Func(func) if func.is_method => "method",
        ObjectKind::Func(_) => "function",
        ObjectKind::Label => "label",
        ObjectKind::Builtin(_) => "built-in function",
        ObjectKind::Nil => "untyped nil",
    }
}

/// Types.
impl<'a> Checker<'a> {
    /// Checks a type, which must not be a generic one without arguments.
    pub(crate) fn typ(&mut self, expr: ExprId) -> TypeId {
        let mut ty = self.type_expr(expr);
        if self.types.is_generic(ty) {
            let message = format!("cannot use generic type {} without instantiation", self.ty(ty));
            self.error(self.at(expr), Code::WrongTypeArgCount, message);
            ty = TypeId::INVALID;
        }
        self.record_type(expr, ty);
        ty
    }

    /// Checks the type of a variable: not a constraint interface.
    pub(crate) fn var_type(&mut self, expr: ExprId) -> TypeId {
        let ty = self.typ(expr);
        self.valid_var_type(expr, ty);
        ty
    }

    /// Reports a type that may only be used as a constraint.
    pub(crate) fn valid_var_type(&mut self, expr: ExprId, ty: TypeId) {
        // Declared types may not be complete yet; of the rest, only interfaces matter.
        if !matches!(self.types.get(ty), Type::Named(_) | Type::Alias(_) | Type::Interface(_))
            || ty == TypeId::ANY
        {
            return;
        }
        if self.types.is_type_param(ty) {
            return;
        }
        if let Some(underlying) = self.types.try_underlying(ty)
            && !matches!(self.types.get(underlying), Type::Interface(_))
        {
            return;
        }
        self.later(move |check| check.report_constraint(expr, ty));
    }

    fn report_constraint(&mut self, expr: ExprId, ty: TypeId) {
        let Some((id, _)) = self.types.as_interface(ty) else { return };
        let set = self.types.type_set(id);
        if set.is_method_set() {
            return;
        }
        let why = if set.comparable {
            "interface is (or embeds) comparable"
        } else {
            "interface contains type constraints"
        };
        let message = format!("cannot use type {} outside a type constraint: {why}", self.ty(ty));
        self.error(self.at(expr), Code::MisplacedConstraintIface, message);
    }

    /// Checks a generic type without its arguments. If the expression is a type but not generic, says so in `cause`.
    pub(crate) fn generic_type(&mut self, expr: ExprId, cause: &mut String) -> TypeId {
        let mut ty = self.type_expr(expr);
        if self.types.is_valid(ty) && !self.types.is_generic(ty) {
            *cause = format!("{} is not a generic type", self.ty(ty));
            ty = TypeId::INVALID;
        }
        self.record_type(expr, ty);
        ty
    }

    fn type_expr(&mut self, expr: ExprId) -> TypeId {
        let file = self.file();
        match file[expr].kind {
            ExprKind::Bad => TypeId::INVALID,
            ExprKind::Name(ident) => {
                let x = self.ident(ident, expr, true);
                self.operand_type(&x)
            }
            ExprKind::Selector { x, sel } => {
                let x = self.selector(expr, x, sel, true);
                self.operand_type(&x)
            }
            ExprKind::Index { x, indices } => {
                self.require(self.at(expr), GoVersion::new(18), "type instantiation");
                self.instantiated_type(x, indices)
            }
            ExprKind::Paren(x) => self.typ(x),
            ExprKind::ArrayType { len, elem } => self.array_type(expr, len, elem),
            ExprKind::SliceType { elem } => {
                let elem = self.var_type(elem);
                self.types.slice(elem)
            }
            ExprKind::DotsType { .. } => {
                self.error(self.at(expr), Code::InvalidSyntaxTree, "invalid use of ...");
                TypeId::INVALID
            }
            ExprKind::StructType { fields } => self.struct_type(fields),
            ExprKind::Unary { op: UnaryOp::Deref, x } => {
                let elem = self.var_type(x);
                if self.types.is_valid(elem) { self.types.pointer(elem) } else { TypeId::INVALID }
            }
            ExprKind::FuncType { .. } => self.func_type(FuncOwner::Type, expr).signature,
            ExprKind::InterfaceType { elems } => self.interface_type(expr, elems),
            ExprKind::MapType { key, value } => self.map_type(key, value),
            ExprKind::ChanType { dir, elem } => {
                let elem = self.var_type(elem);
                let dir = match dir {
                    ChanDir::Both => types::ChanDir::Both,
                    ChanDir::SendOnly => types::ChanDir::SendOnly,
                    ChanDir::RecvOnly => types::ChanDir::ReceiveOnly,
                };
                self.types.chan(dir, elem)
            }
            _ => {
                let message = format!("{} is not a type", self.expr_text(expr));
                self.error(self.at(expr), Code::NotAType, message);
                self.use_exprs(&[expr]);
                TypeId::INVALID
            }
        }
    }

    /// The type that an operand is; reports anything else.
    fn operand_type(&mut self, x: &Operand) -> TypeId {
        match x.mode {
            Mode::TypeExpr => return x.ty,
            Mode::Invalid => {}
            Mode::NoValue => {
                let message = format!("{} used as type", self.describe(x));
                self.error(self.at_operand(x), Code::NotAType, message);
            }
            _ => {
                let message = format!("{} is not a type", self.describe(x));
                self.error(self.at_operand(x), Code::NotAType, message);
            }
        }
        TypeId::INVALID
    }

    fn array_type(&mut self, expr: ExprId, len: Option<ExprId>, elem: ExprId) -> TypeId {
        let n_elems = match len {
            Some(len) => self.array_length(len),
            None => {
                let message = "invalid use of [...] array (outside a composite literal)";
                self.error(self.at(expr), Code::BadDotDotDotSyntax, message);
                None
            }
        };
        let elem = self.var_type(elem);
        n_elems.map_or(TypeId::INVALID, |n_elems| self.types.array(n_elems, elem))
    }

    /// The length of an array type; `None` after an error.
    pub(crate) fn array_length(&mut self, expr: ExprId) -> Option<i64> {
        // A name that is no constant may be meant as a type parameter whose constraint is missing.
        if let Some(ident) = self.file().as_name(expr) {
            let name = self.file().name(ident);
            let problem = match self.lookup(name).map(|object| &self.types.object(object).kind) {
                None => Some(format!("undefined array length {name} or missing type constraint")),
                Some(ObjectKind::Const(_)) => None,
                Some(_) => Some(format!("invalid array length {name}")),
            };
            if let Some(message) = problem {
                self.error(self.file().ident_span(ident), Code::InvalidArrayLen, message);
                return None;
            }
        }
        let x = self.expr(None, expr);
        let Mode::Constant(value) = &x.mode else {
            if x.is_valid() {
                let message = format!("array length {} must be constant", self.describe(&x));
                self.error(self.at_operand(&x), Code::InvalidArrayLen, message);
            }
            return None;
        };
        let is_integer = self.types.is_basic(x.ty, types::BasicInfo::INTEGER);
        if (self.types.is_untyped(x.ty) || is_integer)
            && let Some(n) = value.to_int().as_i64().filter(|&n| n >= 0)
        {
            return Some(n);
        }
        let description = self.describe(&x);
        let message = if is_integer {
            format!("invalid array length {description}")
        } else {
            format!("array length {description} must be integer")
        };
        self.error(self.at_operand(&x), Code::InvalidArrayLen, message);
        None
    }

    fn map_type(&mut self, key_expr: ExprId, value: ExprId) -> TypeId {
        let key = self.var_type(key_expr);
        let elem = self.var_type(value);
        // Spec: "The comparison operators == and != must be fully defined for operands of the key type."
        if !matches!(self.types.get(key), Type::Basic(basic) if *basic != Basic::UntypedNil) {
            self.later(move |check| {
                if !check.types.is_comparable(key) {
                    let why =
                        if check.types.is_type_param(key) { " (missing comparable constraint)" } else { "" };
                    let message = format!("invalid map key type {}{why}", check.ty(key));
                    check.error(check.at(key_expr), Code::IncomparableMapKey, message);
                }
            });
        }
        self.types.map(key, elem)
    }

    /// Checks `x[indices]` where a type is expected.
    pub(crate) fn instantiated_type(&mut self, x: ExprId, indices: List<ExprId>) -> TypeId {
        let mut cause = String::new();
        let generic = self.generic_type(x, &mut cause);
        if !cause.is_empty() {
            let list: Vec<_> = self.file()[indices].iter().map(|&index| self.expr_text(index)).collect();
            let message = format!("invalid operation: {}[{}] ({cause})", self.expr_text(x), list.join(", "));
            self.error(self.at(x), Code::NotAGenericType, message);
        }
        if !self.types.is_valid(generic) {
            return TypeId::INVALID;
        }
        let Some(args) = self.type_list(indices) else { return TypeId::INVALID };
        let name = self.type_name_text(generic);
        let is_alias = matches!(self.types.get(generic), Type::Alias(_));
        // The parameters of a declared type may not be known yet, and need not be.
        if is_alias {
            let n_params = self.types.type_params(generic).len();
            let at = base::Span::at(self.file()[x].pos);
            if !self.check_type_arg_count(at, name, n_params, args.len()) {
                return TypeId::INVALID;
            }
        }
        let instance = self.types.instance(generic, &args);
        let pos = self.file()[x].pos;
        self.instance_positions.entry(instance).or_insert(pos);
        self.later(move |check| check.verify_instance(x, indices, generic, instance));
        instance
    }

    /// Checks the arguments of an instance that is written in the source.
    fn verify_instance(&mut self, x: ExprId, indices: List<ExprId>, generic: TypeId, instance: TypeId) {
        let types = self.types;
        let args = types.type_args(instance);
        self.record_type_instance(x, args, instance);
        let params = types.type_params(generic);
        let name = self.type_name_text(generic);
        let at = base::Span::at(self.file()[x].pos);
        if !self.check_type_arg_count(at, name, params.len(), args.len()) {
            return;
        }
        match self.verify(params, args) {
            Err((index, cause)) => {
                let at = self.file()[indices].get(index).map_or(at, |&arg| self.at(arg));
                self.error(at, Code::InvalidTypeArg, cause);
            }
            Ok(()) => {
                let file = self.file();
                let places: Vec<_> = file[indices].iter().map(|&arg| file.start_of(arg)).collect();
                self.record_instantiation(at.start, params, args, &places);
            }
        }
    }

    fn record_type_instance(&mut self, x: ExprId, args: &[TypeId], instance: TypeId) {
        let file = self.file();
        let ident = match file[file.unparen(x)].kind {
            ExprKind::Name(ident) => ident,
            ExprKind::Selector { sel, .. } => sel,
            _ => return,
        };
        self.info().instances.insert(ident, Instance { args: args.into(), ty: instance });
    }

    /// The name of a declared type or alias.
    fn type_name_text(&self, ty: TypeId) -> &'static str {
        match self.types.get(ty) {
            Type::Named(named) => self.types.object(named.object).name.as_str(),
            Type::Alias(alias) => self.types.object(alias.object).name.as_str(),
            _ => "",
        }
    }

    /// Checks a list of types; `None` when one of them is invalid, but all are checked.
    pub(crate) fn type_list(&mut self, list: List<ExprId>) -> Option<Vec<TypeId>> {
        let types: Vec<_> = self.file()[list].iter().map(|&expr| self.var_type(expr)).collect();
        types.iter().all(|&ty| self.types.is_valid(ty)).then_some(types)
    }
}
