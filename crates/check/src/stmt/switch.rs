//! Expression switches and type switches. Spec: "Switch statements".

use std::rc::Rc;

use base::Span;
use constant::{Kind, Value};
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;
use syntax::{BinaryOp, ClauseGuard, ClauseId, ExprId, ExprKind as Syntax, IdentId, List, StmtId};
use types::{ObjectId, ObjectKind, TypeId, VarKind};

use super::Context;
use crate::{
    checker::Checker,
    operand::{Operand, Source},
};

/// The constant cases of a switch so far, by a text that is equal exactly for equal values.
type SeenValues = FxHashMap<String, Vec<(Span, TypeId)>>;
/// The types of a type switch so far; `None` is `nil`.
type SeenTypes = Vec<(Option<TypeId>, ExprId)>;

impl Checker<'_> {
    pub(super) fn switch_stmt(
        &mut self,
        inner: Context,
        stmt: StmtId,
        tag: Option<ExprId>,
        clauses: List<ClauseId>,
    ) {
        let file = self.file();
        let clauses = &file[clauses];
        let mut x = match tag {
            Some(tag) => self.switch_tag(tag),
            None => {
                // Spec: "A missing switch expression is equivalent to the boolean value true."
                let pos = clauses.first().map_or(self.closing_brace(stmt).start, |&clause| file[clause].pos);
                let (mode, ty) = Self::constant_true();
                Operand::new(mode, ty, Source::Described(pos, Rc::from("true")))
            }
        };
        self.report_several_defaults(clauses);
        let mut seen = SeenValues::default();
        for (i, &clause) in clauses.iter().enumerate() {
            let is_last = i + 1 == clauses.len();
            let inner = Context { allows_fallthrough: !is_last, is_final_case: is_last, ..inner };
            if let ClauseGuard::Cases(values) = file[clause].guard {
                for &value in &file[values] {
                    self.case_value(&mut x, value, &mut seen);
                }
            }
            self.in_scope(|check| check.stmt_list(inner, file[clause].body));
        }
    }

    fn switch_tag(&mut self, tag: ExprId) -> Operand {
        let mut x = self.expr(None, tag);
        // As if it were assigned to a variable that cannot be seen.
        self.assignment(&mut x, None, "switch expression");
        if x.is_valid() && !self.types.is_comparable(x.ty) && !self.types.has_nil(x.ty) {
            let message =
                format!("cannot switch on {} ({} is not comparable)", self.describe(&x), self.ty(x.ty));
            self.error(self.at_operand(&x), Code::InvalidExprSwitch, message);
            x.invalidate();
        }
        x
    }

    fn case_value(&mut self, x: &mut Operand, expr: ExprId, seen: &mut SeenValues) {
        let mut v = self.expr(None, expr);
        if !x.is_valid() || !v.is_valid() {
            return;
        }
        self.convert_untyped(&mut v, x.ty);
        if !v.is_valid() {
            return;
        }
        // The case comes first, so that errors are reported there.
        let mut result = v.clone();
        self.comparison(&mut result, x, BinaryOp::Eql, true);
        let Some(key) = v.value().filter(|_| result.is_valid()).and_then(value_key) else { return };
        let same_value = seen.entry(key).or_default();
        match same_value.iter().find(|(_, ty)| self.types.identical(*ty, v.ty)) {
            Some(&(other, _)) => {
                let message = format!("duplicate case {} in expression switch", self.describe(&v));
                let error = Diagnostic::error(Code::DuplicateCase, self.at_operand(&v), message);
                self.report(error.with_note(other, "previous case"));
            }
            None => same_value.push((self.at_operand(&v), v.ty)),
        }
    }

    pub(super) fn type_switch_stmt(&mut self, inner: Context, guard: ExprId, clauses: List<ClauseId>) {
        let file = self.file();
        let Syntax::TypeSwitchGuard { lhs, x: inner_expr } = file[guard].kind else {
            unreachable!("the parser puts a guard here")
        };
        let lhs = lhs.filter(|&lhs| self.is_new_variable(lhs));
        let x = self.type_switch_operand(inner_expr);
        let clauses = &file[clauses];
        self.report_several_defaults(clauses);
        let mut seen = SeenTypes::new();
        let mut variables = Vec::new();
        for &clause in clauses {
            let cases = match file[clause].guard {
                ClauseGuard::Cases(cases) => &file[cases],
                ClauseGuard::Default | ClauseGuard::Comm(_) => &[],
            };
            let ty = self.case_types(x.as_ref(), cases, &mut seen);
            self.in_scope(|check| {
                if let Some(lhs) = lhs {
                    variables.push(check.clause_variable(clause, lhs, ty));
                }
                check.stmt_list(inner, file[clause].body);
            });
        }
        if let Some(lhs) = lhs {
            self.report_unused_guard(lhs, &variables);
        }
    }

    fn is_new_variable(&mut self, lhs: IdentId) -> bool {
        let is_new = !self.file().name(lhs).is_blank();
        if !is_new {
            let at = self.file().ident_span(lhs);
            self.error(at, Code::NoNewVar, "no new variable on left side of :=");
        }
        is_new
    }

    /// The operand whose dynamic type is asked for; `None` after an error.
    fn type_switch_operand(&mut self, expr: ExprId) -> Option<Operand> {
        let x = self.expr(None, expr);
        if !x.is_valid() {
            return None;
        }
        let message = if self.types.is_type_param(x.ty) {
            format!("cannot use type switch on type parameter value {}", self.describe(&x))
        } else if !self.types.is_interface(x.ty) {
            format!("{} is not an interface", self.describe(&x))
        } else {
            return Some(x);
        };
        self.error(self.at_operand(&x), Code::InvalidTypeSwitch, message);
        None
    }

    /// Checks the types of a case. The result is the type of the clause's variable: that of a single type, else that of
    /// the operand.
    fn case_types(&mut self, x: Option<&Operand>, cases: &[ExprId], seen: &mut SeenTypes) -> TypeId {
        let mut last = None;
        for &expr in cases {
            last = if self.is_nil_expr(expr) {
                self.expr(None, expr);
                None
            } else {
                let ty = self.var_type(expr);
                if !self.types.is_valid(ty) {
                    last = Some(ty);
                    continue;
                }
                Some(ty)
            };
            self.case_type(x, last, expr, seen);
        }
        match last {
            Some(ty) if cases.len() == 1 => ty,
            _ => x.map_or(TypeId::INVALID, |x| x.ty),
        }
    }

    fn case_type(&mut self, x: Option<&Operand>, ty: Option<TypeId>, expr: ExprId, seen: &mut SeenTypes) {
        let is_same = |other: &Option<TypeId>| match (ty, *other) {
            (Some(ty), Some(other)) => self.types.identical(ty, other),
            (ty, other) => ty.is_none() && other.is_none(),
        };
        if let Some(&(_, other)) = seen.iter().find(|(other, _)| is_same(other)) {
            let name = ty.map_or_else(|| "nil".to_owned(), |ty| self.ty(ty));
            let message = format!("duplicate case {name} in type switch");
            let error = Diagnostic::error(Code::DuplicateCase, self.at(expr), message);
            self.report(error.with_note(self.at(other), "previous case"));
            return;
        }
        seen.push((ty, expr));
        if let (Some(x), Some(ty)) = (x, ty) {
            self.type_assertion(expr, x, ty, true);
        }
    }

    /// Whether an expression is the predeclared `nil`.
    fn is_nil_expr(&self, expr: ExprId) -> bool {
        let file = self.file();
        file.as_name(file.unparen(expr))
            .and_then(|ident| self.lookup(file.name(ident)))
            .is_some_and(|object| matches!(self.types.object(object).kind, ObjectKind::Nil))
    }

    fn clause_variable(&mut self, clause: ClauseId, lhs: IdentId, ty: TypeId) -> ObjectId {
        let object = self.new_object(lhs, false, ObjectKind::Var(VarKind::Local));
        self.types.object(object).ty.set(ty);
        self.declare(self.env.scope, None, object);
        self.info().clause_variables.insert(clause, object);
        object
    }

    /// The variables of all clauses count as one.
    fn report_unused_guard(&mut self, lhs: IdentId, variables: &[ObjectId]) {
        let is_used = variables.iter().any(|variable| self.used.contains(variable));
        self.used.extend(variables);
        if !is_used {
            let message = format!("{} declared and not used", self.file().name(lhs));
            self.error(self.file().ident_span(lhs), Code::UnusedVar, message);
        }
    }
}

/// A text that is equal for equal constants; `None` for kinds whose duplicates the official compiler ignores.
fn value_key(value: &Value) -> Option<String> {
    match value.kind() {
        Kind::Int => Some(value.exact_string()),
        Kind::Float => Some(format!("f{:?}", value.to_f64())),
        Kind::String => value.as_bytes().map(|bytes| format!("s{}", constant::quote(&bytes))),
        _ => None,
    }
}
