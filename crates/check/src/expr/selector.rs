//! Selectors, qualified identifiers, method values and method expressions. Spec: "Selectors", "Method expressions".

use base::{Symbol, sym};
use diag::Code;
use syntax::{ExprId, IdentId};
use types::{Lookup, Member, ObjectId, ObjectKind, PackageId, Param, Selected, Signature, Type, TypeId};

use crate::{
    Selection, SelectionKind,
    checker::Checker,
    operand::{Mode, Operand},
};

impl<'a> Checker<'a> {
    /// `x.sel`. With `want_type`, only a type will do.
    pub(crate) fn selector(&mut self, expr: ExprId, inner: ExprId, sel: IdentId, want_type: bool) -> Operand {
        let file = self.file();
        if let Some(ident) = file.as_name(inner)
            && let Some(object) = self.lookup(file.name(ident))
            && let Some(package) = self.types.object(object).imported()
        {
            self.record_object(ident, object);
            self.used.insert(object);
            return self.qualified(expr, package, sel);
        }
        let x = self.expr_or_type(inner, false);
        if let Mode::Builtin(_) = x.mode {
            let message = format!("invalid use of {} in selector expression", self.describe(&x));
            self.error(self.at_token(expr), Code::UncalledBuiltin, message);
            return Operand::invalid(expr);
        }
        if !x.is_valid() || !self.is_complete(x.ty) {
            return Operand::invalid(expr);
        }
        if want_type {
            let message = format!("{} is not a type", self.expr_text(expr));
            self.error(file.ident_span(sel), Code::NotAType, message);
            return Operand::invalid(expr);
        }
        if self.types.as_pointer(x.ty).is_some_and(|base| !self.is_complete(base)) {
            return Operand::invalid(expr);
        }
        match self.types.lookup(x.ty, x.is_variable(), Some(self.package), file.name(sel)) {
            Lookup::Found(selected) => self.select(expr, inner, sel, &x, selected),
            failed => {
                self.report_failed_selection(sel, &x, &failed);
                Operand::invalid(expr)
            }
        }
    }

    /// `package.Name`.
    fn qualified(&mut self, expr: ExprId, package: PackageId, sel: IdentId) -> Operand {
        let file = self.file();
        let name = file.name(sel);
        let data = self.types.package(package);
        let Some(object) = data.scope().and_then(|scope| scope.get(name)) else {
            if !data.fake && is_valid_name(name.as_str()) {
                let mut message = format!("undefined: {}", self.expr_text(expr));
                if let Some(other) = self.exported_ignoring_case(package, name.as_str()) {
                    message = format!("{message} (but have {other})");
                }
                self.error(file.ident_span(sel), Code::UndeclaredImportedName, message);
            }
            return Operand::invalid(expr);
        };
        if !name.is_exported() {
            let message = format!("name {name} not exported by package {}", data.name);
            self.error(file.ident_span(sel), Code::UnexportedName, message);
        }
        self.record_object(sel, object);
        self.imported_operand(expr, object)
    }

    fn imported_operand(&self, expr: ExprId, object: ObjectId) -> Operand {
        let data = self.types.object(object);
        let mode = match &data.kind {
            ObjectKind::Const(value) => {
                Mode::Constant(value.get().cloned().unwrap_or(constant::Value::UNKNOWN))
            }
            ObjectKind::TypeName => Mode::TypeExpr,
            ObjectKind::Var(_) => Mode::Variable,
            ObjectKind::Func(_) => Mode::Value,
            ObjectKind::Builtin(builtin) => Mode::Builtin(*builtin),
            ObjectKind::PackageName { .. } | ObjectKind::Label | ObjectKind::Nil => {
                unreachable!("packages do not export such objects")
            }
        };
        Operand::new(mode, data.type_or_invalid(), expr)
    }

    /// The first exported name of a package that differs only in case.
    fn exported_ignoring_case(&self, package: PackageId, name: &str) -> Option<&'static str> {
        let folded = name.to_lowercase();
        self.types
            .package(package)
            .scope()?
            .sorted()
            .into_iter()
            .map(|(symbol, _)| symbol)
            .find(|symbol| symbol.is_exported() && symbol.as_str().to_lowercase() == folded)
            .map(|symbol| symbol.as_str())
    }

    fn select(
        &mut self,
        expr: ExprId,
        inner: ExprId,
        sel: IdentId,
        x: &Operand,
        selected: Selected,
    ) -> Operand {
        let (kind, mode, ty) = match selected.member {
            Member::Field { .. } if x.is_type() => {
                let name = self.file().name(sel);
                let message =
                    format!("operand for field selector {name} must be value of type {}", self.ty(x.ty));
                self.error(self.at(inner), Code::MissingFieldOrMethod, message);
                return Operand::invalid(expr);
            }
            Member::Field { .. } => {
                let addressable = x.is_variable() || selected.indirect;
                let ty = self.types.member_type(selected.member);
                (SelectionKind::Field, if addressable { Mode::Variable } else { Mode::Value }, ty)
            }
            Member::Method { .. } | Member::InterfaceMethod { .. } => {
                let signature = self.type_of_member(selected.member);
                if let Member::Method { object, .. } = selected.member {
                    self.record_object(sel, object);
                    self.add_dependency(object);
                }
                if x.is_type() {
                    let ty = signature
                        .and_then(|signature| self.method_expression(x.ty, selected.member, signature));
                    (SelectionKind::MethodExpr, Mode::Value, ty)
                } else {
                    (SelectionKind::MethodValue, Mode::Value, signature)
                }
            }
        };
        let Some(ty) = ty else {
            // The method's declaration is being checked, and its own signature needs it.
            self.error(self.at(expr), Code::InvalidDeclCycle, "illegal cycle in method declaration");
            return Operand::invalid(expr);
        };
        self.record_selection(expr, Selection { kind, receiver: x.ty, selected, ty });
        Operand::new(mode, ty, expr)
    }

    /// The type of `T.m`: that of the method with the receiver as first parameter.
    fn method_expression(&self, receiver: TypeId, member: Member, signature: TypeId) -> Option<TypeId> {
        let Type::Signature(method) = self.types.get(signature) else { return None };
        // Parameters are all named or none is.
        let is_named = method.params.first().is_some_and(|param| param.name != sym::EMPTY);
        let own_name = match member {
            Member::Method { object, .. } => {
                let func = self.types.object(object).as_func();
                func.and_then(|func| func.receiver.get()).map(|receiver| receiver.name)
            }
            Member::Field { .. } | Member::InterfaceMethod { .. } => None,
        };
        let name = match own_name {
            _ if !is_named => sym::EMPTY,
            Some(name) if name != sym::EMPTY => name,
            _ => sym::BLANK,
        };
        let params = std::iter::once(Param { name, ty: receiver }).chain(method.params.iter().copied());
        Some(self.types.signature(Signature {
            type_params: method.type_params.clone(),
            params: params.collect(),
            results: method.results.clone(),
            variadic: method.variadic,
        }))
    }

    fn report_failed_selection(&mut self, sel: IdentId, x: &Operand, failed: &Lookup) {
        if !self.types.is_valid(self.types.underlying(x.ty)) {
            return;
        }
        let file = self.file();
        let name = file.name(sel);
        let (code, message) = match failed {
            Lookup::Ambiguous => {
                (Code::AmbiguousSelector, format!("ambiguous selector {}.{name}", self.source_text(x)))
            }
            Lookup::NeedsPointer if x.is_type() => {
                let ty = self.ty(x.ty);
                let message =
                    format!("invalid method expression {ty}.{name} (needs pointer receiver (*{ty}).{name})");
                (Code::InvalidMethodExpr, message)
            }
            Lookup::NeedsPointer => {
                (Code::InvalidMethodExpr, format!("cannot call pointer method {name} on {}", self.ty(x.ty)))
            }
            Lookup::Missing | Lookup::Found(_) => {
                let why = if self.is_interface_pointer(x.ty) {
                    self.interface_pointer_error(x.ty)
                } else {
                    let similar = self.types.lookup_folding_case(x.ty, x.is_variable(), name);
                    self.lookup_error(x.ty, name, &similar, false)
                };
                (Code::MissingFieldOrMethod, format!("{}.{name} undefined ({why})", self.source_text(x)))
            }
        };
        self.error(file.ident_span(sel), code, message);
    }

    /// Why there is no `name` in `ty`, given what differs from it only in case or package.
    pub(super) fn lookup_error(
        &self,
        ty: TypeId,
        name: Symbol,
        similar: &Lookup,
        in_literal: bool,
    ) -> String {
        let similar = match similar {
            Lookup::Found(selected) => self.classify_similar(ty, name, selected.member),
            _ => None,
        };
        let ty = self.ty(ty);
        let Some((similarity, what, other)) = similar else {
            return if in_literal {
                format!("unknown field {name} in struct literal of type {ty}")
            } else {
                format!("type {ty} has no field or method {name}")
            };
        };
        match (similarity, in_literal) {
            (Similarity::Misspelled, true) => {
                format!("unknown field {name} in struct literal of type {ty}, but does have {other}")
            }
            (Similarity::Unexported, true) => {
                format!(
                    "unknown field {name} in struct literal of type {ty}, but does have unexported {other}"
                )
            }
            (Similarity::Inaccessible, true) => {
                format!("cannot refer to unexported field {other} in struct literal of type {ty}")
            }
            (Similarity::Misspelled, false) => {
                format!("type {ty} has no field or method {name}, but does have {what} {other}")
            }
            (Similarity::Unexported, false) => {
                format!("type {ty} has no field or method {name}, but does have unexported {what} {other}")
            }
            (Similarity::Inaccessible, false) => format!("cannot refer to unexported {what} {other}"),
        }
    }

    /// How the name of a member resembles the one looked for; `None` when it does not help to mention it.
    fn classify_similar(
        &self,
        ty: TypeId,
        wanted: Symbol,
        member: Member,
    ) -> Option<(Similarity, &'static str, Symbol)> {
        let what = if matches!(member, Member::Field { .. }) { "field" } else { "method" };
        let other = self.types.member_symbol(member)?;
        let tails_agree = tail(wanted.as_str()) == tail(other.as_str());
        let similarity = if self.package_of_member(ty, member) == Some(self.package) {
            Similarity::Misspelled
        } else {
            match (wanted.is_exported(), other.is_exported()) {
                (true, true) => Similarity::Misspelled,
                (true, false) if tails_agree => Similarity::Unexported,
                (false, true) if tails_agree => Similarity::Misspelled,
                (false, false) if wanted == other => Similarity::Inaccessible,
                _ => return None,
            }
        };
        Some((similarity, what, other))
    }

    /// The package that declares a member of `ty`. Exported names do not say; then it is the one that declares the type.
    fn package_of_member(&self, ty: TypeId, member: Member) -> Option<PackageId> {
        let own = match member {
            Member::Field { owner, index } => match self.types.get(owner) {
                Type::Struct(struct_) => struct_.fields[index as usize].name.package,
                _ => None,
            },
            Member::Method { object, .. } => self.types.object(object).package,
            Member::InterfaceMethod { owner, index } => {
                self.types.type_set(owner).methods[index as usize].name.package
            }
        };
        own.or_else(|| {
            let (base, _) = self.types.dereference(ty);
            match self.types.as_named(base) {
                Some((_, named)) => self.types.object(named.object).package,
                None => Some(self.package),
            }
        })
    }
}

/// How the name of a member resembles the one that was looked for.
#[derive(Clone, Copy)]
enum Similarity {
    /// It is spelled differently.
    Misspelled,
    /// It differs in the first letter, which makes it unexported.
    Unexported,
    /// It is the same, but of another package.
    Inaccessible,
}

/// A name without its first character.
fn tail(name: &str) -> &str {
    let mut chars = name.chars();
    chars.next();
    chars.as_str()
}

/// Whether a name is an identifier, and not what the parser made up.
fn is_valid_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphabetic() || c.is_numeric())
}
