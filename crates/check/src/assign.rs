//! Assignments and initialisations. Spec: "Assignment statements", "Variable declarations", "Return statements".

use base::Span;
use diag::{Code, Diagnostic};
use rustc_hash::FxHashSet;
use syntax::{ExprId, ExprKind, StmtId};
use types::{ObjectId, ObjectKind, Type, TypeId, VarKind};

use crate::{
    checker::Checker,
    message::{Dots, measure},
    operand::{Mode, Operand},
    untyped::Unrepresentable,
};

impl<'a> Checker<'a> {
    /// Checks that `x` can be assigned to a variable of type `ty`, and gives it that type if it is untyped. Without `ty`
    /// the variable is the blank identifier. `context` says what the assignment is part of.
    pub(crate) fn assignment(&mut self, x: &mut Operand, ty: Option<TypeId>, context: &str) {
        self.require_single(x);
        match x.mode {
            Mode::Invalid => return,
            Mode::NoValue | Mode::Builtin(_) | Mode::TypeExpr => {
                let target = ty.map_or_else(|| "nil".to_owned(), |ty| self.ty(ty));
                let message = format!("cannot assign {} to {target} in {context}", self.describe(x));
                self.error(self.at_operand(x), Code::IncompatibleAssign, message);
                x.invalidate();
                return;
            }
            _ => {}
        }
        if self.types.is_untyped(x.ty) && !self.assign_untyped(x, ty, context) {
            return;
        }
        let target = self.func_target(ty, |_| context.to_owned());
        self.require_instantiated(target.as_ref(), x);
        let (true, Some(ty)) = (x.is_valid(), ty) else { return };
        let mut cause = String::new();
        if let Err(code) = self.assignable(x, ty, Some(&mut cause)) {
            let mut message =
                format!("cannot use {} as {} value in {context}", self.describe(x), self.ty(ty));
            if !cause.is_empty() {
                message = format!("{message}: {cause}");
            }
            self.error(self.at_operand(x), code, message);
            x.invalidate();
        }
    }

    /// Gives an untyped operand the type of the variable, or its default type where the variable takes any.
    fn assign_untyped(&mut self, x: &mut Operand, ty: Option<TypeId>, context: &str) -> bool {
        let target = match ty {
            None if x.is_nil() => {
                self.error(
                    self.at_operand(x),
                    Code::UntypedNilUse,
                    format!("use of untyped nil in {context}"),
                );
                x.invalidate();
                return false;
            }
            Some(ty) if x.is_nil() || !self.types.is_interface_value(ty) => ty,
            _ => self.types.default_type(x.ty),
        };
        match self.implicit_type(x, target) {
            Ok(implicit) => {
                self.apply_implicit(x, implicit);
                true
            }
            Err(why) => {
                let (suffix, code) = match why {
                    Unrepresentable::Truncated => (" (truncated)", Code::TruncatedFloat),
                    Unrepresentable::Overflow => (" (overflows)", Code::NumericOverflow),
                    Unrepresentable::Other => ("", Code::IncompatibleAssign),
                };
                let (x_text, target) = (self.describe(x), self.ty(target));
                let message = format!("cannot use {x_text} as {target} value in {context}{suffix}");
                self.error(self.at_operand(x), code, message);
                x.invalidate();
                false
            }
        }
    }

    /// The initialisation of a constant, which is in error without a value.
    pub(crate) fn init_const(&mut self, object: ObjectId, x: Option<Operand>) {
        let data = self.types.object(object);
        let declared = data.ty.get();
        let fail = |check: &Self| {
            if declared.is_none() {
                check.types.object(object).ty.set(TypeId::INVALID);
            }
        };
        let Some(mut x) = x.filter(|x| x.is_valid() && self.types.is_valid(x.ty)) else { return fail(self) };
        if declared.is_some_and(|ty| !self.types.is_valid(ty)) {
            return;
        }
        if !x.is_constant() {
            let message = format!("{} is not constant", self.describe(&x));
            self.error(self.at_operand(&x), Code::InvalidConstInit, message);
            return fail(self);
        }
        let ty = declared.unwrap_or(x.ty);
        data.ty.set(ty);
        self.assignment(&mut x, Some(ty), "constant declaration");
        if let (Mode::Constant(value), ObjectKind::Const(cell)) = (x.mode, &data.kind) {
            // A declaration cycle may have set it before.
            let _ = cell.set(value);
        }
    }

    /// The initialisation of a variable; without a declared type it gets the type of `x`.
    pub(crate) fn init_var(&mut self, object: ObjectId, x: &mut Operand, context: &str) {
        let cell = &self.types.object(object).ty;
        let declared = cell.get();
        if !x.is_valid() || !self.types.is_valid(x.ty) || declared.is_some_and(|ty| !self.types.is_valid(ty))
        {
            if declared.is_none() {
                cell.set(TypeId::INVALID);
            }
            x.invalidate();
            return;
        }
        let ty = match declared {
            Some(ty) => ty,
            None if x.ty == TypeId::UNTYPED_NIL => {
                self.error(
                    self.at_operand(x),
                    Code::UntypedNilUse,
                    format!("use of untyped nil in {context}"),
                );
                cell.set(TypeId::INVALID);
                x.invalidate();
                return;
            }
            None => self.types.default_type(x.ty),
        };
        cell.set(ty);
        self.assignment(x, Some(ty), context);
    }

    /// The local variable of this package that `name` means here.
    pub(crate) fn local_variable(&self, name: base::Symbol) -> Option<ObjectId> {
        self.lookup(name).filter(|&object| {
            let data = self.types.object(object);
            data.var_kind().is_some() && data.package == Some(self.package)
        })
    }

    /// The type of a destination; `None` for the blank identifier. Assigning to a variable is no use of it.
    fn destination(&mut self, lhs: ExprId) -> Option<TypeId> {
        let file = self.file();
        let name = file.as_name(file.unparen(lhs)).map(|ident| file.name(ident));
        if name.is_some_and(|name| name.is_blank()) {
            return None;
        }
        let variable = name.and_then(|name| self.local_variable(name));
        let was_used = variable.is_some_and(|variable| self.used.contains(&variable));
        let x = self.expr(None, lhs);
        if let Some(variable) = variable
            && !was_used
        {
            self.used.remove(&variable);
        }
        if !x.is_valid() || !self.types.is_valid(x.ty) {
            return Some(TypeId::INVALID);
        }
        if !matches!(x.mode, Mode::Variable | Mode::MapIndex) {
            self.report_unassignable(&x);
            return Some(TypeId::INVALID);
        }
        Some(x.ty)
    }

    fn report_unassignable(&mut self, x: &Operand) {
        if let Some(expr) = x.expr()
            && let ExprKind::Selector { x: inner, .. } = self.file()[expr].kind
            && matches!(self.expr(None, inner).mode, Mode::MapIndex)
        {
            let message = format!("cannot assign to struct field {} in map", self.source_text(x));
            self.error(self.at_operand(x), Code::UnaddressableFieldAssign, message);
            return;
        }
        let message = format!(
            "cannot assign to {} (neither addressable nor a map index expression)",
            self.source_text(x)
        );
        self.error(self.at_operand(x), Code::UnassignableOperand, message);
    }

    /// `lhs = x`, where `x` is checked already.
    pub(crate) fn assign_operand(&mut self, lhs: ExprId, x: &mut Operand, context: &str) {
        match self.destination(lhs) {
            Some(ty) if !self.types.is_valid(ty) => x.invalidate(),
            ty => self.assignment(x, ty, context_of(ty, context)),
        }
    }

    fn assign_expr(&mut self, lhs: ExprId, rhs: ExprId, context: &str) {
        let ty = self.destination(lhs);
        if ty.is_some_and(|ty| !self.types.is_valid(ty)) {
            self.use_exprs(&[rhs]);
            return;
        }
        let is_function = ty.is_some_and(|ty| matches!(self.types.under(ty), Type::Signature(_)));
        let target = if is_function { self.func_target(ty, |check| check.expr_text(lhs)) } else { None };
        let mut x = self.expr(target.as_ref(), rhs);
        self.assignment(&mut x, ty, context_of(ty, context));
    }

    fn is_call(&self, expr: ExprId) -> bool {
        let file = self.file();
        matches!(file[file.unparen(expr)].kind, ExprKind::Call { .. })
    }

    fn assignment_mismatch(&mut self, rhs: &[ExprId], n_left: usize, n_right: usize) {
        let (variables, values) = (measure(n_left, "variable"), measure(n_right, "value"));
        let file = self.file();
        let message = match file[file.unparen(rhs[0])].kind {
            ExprKind::Call { fun, .. } if rhs.len() == 1 => {
                format!("assignment mismatch: {variables} but {} returns {values}", self.expr_text(fun))
            }
            _ => format!("assignment mismatch: {variables} but {values}"),
        };
        self.error(self.at(rhs[0]), Code::WrongAssignCount, message);
    }

    fn result_mismatch(&mut self, at: Span, lhs: &[ObjectId], rhs: &[Operand]) {
        let (at, quantity) = match rhs.get(lhs.len()).or(rhs.last()) {
            Some(x) if rhs.len() > lhs.len() => (self.at_operand(x), "too many"),
            Some(x) => (self.at_operand(x), "not enough"),
            None => (at, "not enough"),
        };
        let have: Vec<TypeId> = rhs.iter().map(|x| x.ty).collect();
        let want: Vec<TypeId> =
            lhs.iter().map(|&object| self.types.object(object).type_or_invalid()).collect();
        let have = format!("have {}", self.types_summary(&have, Dots::None));
        let want = format!("want {}", self.types_summary(&want, Dots::None));
        self.report(
            Diagnostic::error(Code::WrongResultCount, at, format!("{quantity} return values"))
                .with_note(Span::at(base::Pos::NONE), have)
                .with_note(Span::at(base::Pos::NONE), want),
        );
    }

    /// The initialisation of variables, or of results when it belongs to a return statement.
    pub(crate) fn init_vars(&mut self, lhs: &[ObjectId], rhs: &[ExprId], return_stmt: Option<StmtId>) {
        let context = match return_stmt {
            Some(_) => "return statement",
            None if lhs.len() > 1 => "multiple assignment",
            None => "assignment",
        };
        // A single call is not taken apart here: there are better words for it below.
        if lhs.len() == rhs.len() && !(rhs.len() == 1 && self.is_call(rhs[0])) {
            for (&object, &value) in lhs.iter().zip(rhs) {
                let data = self.types.object(object);
                let is_unnamed_result = return_stmt.is_some() && data.name == base::sym::EMPTY;
                let description = if is_unnamed_result { "result variable" } else { data.name.as_str() };
                let target = self.func_target(data.ty.get(), |_| description.to_owned());
                let mut x = self.expr(target.as_ref(), value);
                self.init_var(object, &mut x, context);
            }
            return;
        }
        if rhs.len() != 1 {
            if self.use_exprs(rhs) {
                match return_stmt {
                    Some(stmt) => {
                        let values = self.expr_list(rhs);
                        self.result_mismatch(self.at_stmt(stmt), lhs, &values);
                    }
                    None => self.assignment_mismatch(rhs, lhs.len(), rhs.len()),
                }
            }
            self.invalidate_variables(lhs);
            return;
        }
        let (mut values, is_ok) = self.multi_expr(rhs[0], lhs.len() == 2 && return_stmt.is_none());
        if lhs.len() == values.len() {
            for (&object, x) in lhs.iter().zip(&mut values) {
                self.init_var(object, x, context);
            }
            self.record_if_ok(rhs[0], &values, is_ok);
            return;
        }
        if values[0].is_valid() {
            match return_stmt {
                Some(stmt) => self.result_mismatch(self.at_stmt(stmt), lhs, &values),
                None => self.assignment_mismatch(rhs, lhs.len(), values.len()),
            }
        }
        self.invalidate_variables(lhs);
    }

    fn record_if_ok(&mut self, expr: ExprId, values: &[Operand], is_ok: bool) {
        if let [value, ok] = values
            && is_ok
            && value.is_valid()
            && ok.is_valid()
        {
            self.record_comma_ok(expr, value.ty, ok.ty);
        }
    }

    /// Variables without a type get the invalid one.
    fn invalidate_variables(&self, variables: &[ObjectId]) {
        for &object in variables {
            let cell = &self.types.object(object).ty;
            if cell.get().is_none() {
                cell.set(TypeId::INVALID);
            }
        }
    }

    /// `lhs = rhs`.
    pub(crate) fn assign_vars(&mut self, lhs: &[ExprId], rhs: &[ExprId]) {
        let context = if lhs.len() > 1 { "multiple assignment" } else { "assignment" };
        if lhs.len() == rhs.len() && !(rhs.len() == 1 && self.is_call(rhs[0])) {
            for (&lhs, &rhs) in lhs.iter().zip(rhs) {
                self.assign_expr(lhs, rhs, context);
            }
            return;
        }
        if rhs.len() != 1 {
            let left_valid = self.use_destinations(lhs);
            let right_valid = self.use_exprs(rhs);
            if left_valid && right_valid {
                self.assignment_mismatch(rhs, lhs.len(), rhs.len());
            }
            return;
        }
        let (mut values, is_ok) = self.multi_expr(rhs[0], lhs.len() == 2);
        if lhs.len() == values.len() {
            for (&lhs, x) in lhs.iter().zip(&mut values) {
                self.assign_operand(lhs, x, context);
            }
            self.record_if_ok(rhs[0], &values, is_ok);
            return;
        }
        if values[0].is_valid() {
            self.assignment_mismatch(rhs, lhs.len(), values.len());
        }
        self.use_destinations(lhs);
    }

    /// `lhs := rhs`.
    pub(crate) fn short_var_decl(&mut self, at: Span, lhs: &[ExprId], rhs: &[ExprId]) {
        let n_delayed = self.delayed.len();
        let scope = self.env.scope;
        let mut seen = FxHashSet::default();
        let mut new_variables = Vec::new();
        let mut has_error = false;
        let mut variables = Vec::with_capacity(lhs.len());
        for &expr in lhs {
            let variable = self.short_variable(expr, &mut seen, &mut new_variables);
            has_error |= variable.is_none();
            variables.push(variable.unwrap_or_else(|| self.dummy_variable(expr)));
        }
        self.init_vars(&variables, rhs, None);
        // Function literals on the right do not see the new variables.
        self.process_delayed(n_delayed);
        if new_variables.is_empty() && !has_error {
            self.error(at, Code::NoNewVar, "no new variables on left side of :=");
            return;
        }
        for object in new_variables {
            self.scopes.insert(scope, self.types.object(object).name, object);
        }
    }

    /// The variable that a name on the left of `:=` stands for; `None` if it is in error.
    fn short_variable(
        &mut self,
        expr: ExprId,
        seen: &mut FxHashSet<base::Symbol>,
        new_variables: &mut Vec<ObjectId>,
    ) -> Option<ObjectId> {
        let file = self.file();
        let Some(ident) = file.as_name(expr) else {
            self.use_destinations(&[expr]);
            let message = format!("non-name {} on left side of :=", self.expr_text(expr));
            self.error(self.at(expr), Code::BadDecl, message);
            return None;
        };
        let name = file.name(ident);
        if !name.is_blank() && !seen.insert(name) {
            self.error(self.at(expr), Code::RepeatedDecl, format!("{name} repeated on left side of :="));
            return None;
        }
        if let Some(object) = self.scopes.own(self.env.scope, name) {
            self.record_object(ident, object);
            if self.types.object(object).var_kind().is_some() {
                return Some(object);
            }
            self.error(self.at(expr), Code::UnassignableOperand, format!("cannot assign to {name}"));
            return None;
        }
        let object = self.new_local(name, file[ident].pos);
        if !name.is_blank() {
            new_variables.push(object);
        }
        self.record_object(ident, object);
        Some(object)
    }

    /// A local variable without a type, not in any scope yet.
    pub(crate) fn new_local(&self, name: base::Symbol, pos: base::Pos) -> ObjectId {
        self.types.declare(name, self.package, pos, false, ObjectKind::Var(VarKind::Local))
    }

    /// A variable to go on with where the source has none.
    pub(crate) fn dummy_variable(&self, expr: ExprId) -> ObjectId {
        self.new_local(base::sym::BLANK, self.file()[expr].pos)
    }
}

fn context_of(ty: Option<TypeId>, context: &str) -> &str {
    if ty.is_none() && context == "assignment" { "assignment to _ identifier" } else { context }
}
