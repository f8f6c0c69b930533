//! `for` with a `range` clause. Spec: "For statements with range clause".

use constant::Value;
use diag::Code;
use syntax::{ExprId, StmtId, StmtKind};
use types::{BasicInfo, ChanDir, ObjectId, ObjectKind, Type, TypeId, VarKind};

use super::Context;
use crate::{
    GoVersion,
    checker::Checker,
    operand::{Mode, Operand, Source},
};

/// What ranging over something gives: the types of the iteration values, as far as there are any.
#[derive(Copy, Clone, Default)]
struct Iteration {
    key: Option<TypeId>,
    value: Option<TypeId>,
}

/// The iteration variables as they are written.
#[derive(Copy, Clone)]
struct Variables {
    key: Option<ExprId>,
    value: Option<ExprId>,
    extra: Option<ExprId>,
}

impl Checker<'_> {
    pub(super) fn range_stmt(&mut self, inner: Context, stmt: StmtId) {
        let file = self.file();
        let StmtKind::Range { lhs, is_define, x: range_expr, body, .. } = file[stmt].kind else { return };
        let nth = |n: usize| file[lhs].get(n).copied();
        let variables = Variables { key: nth(0), value: nth(1), extra: nth(2) };
        self.env.has_call_or_receive = false;
        let mut x = self.expr(None, range_expr);
        if x.is_valid() && variables.value.is_none() && !self.env.has_call_or_receive {
            self.range_over_length(&x, range_expr);
        }
        let iteration = if x.is_valid() { self.iteration(&x, variables) } else { Iteration::default() };
        // The variables are not in scope in the range expression.
        self.in_scope(|check| {
            let is_over_integer = x.is_valid() && check.types.is_basic(x.ty, BasicInfo::INTEGER);
            let source = is_over_integer.then_some(&mut x);
            if is_define {
                check.define_iteration_variables(stmt, variables, iteration, source);
            } else if variables.key.is_some() {
                check.assign_iteration_variables(variables, iteration, source);
            } else if let Some(x) = source {
                // As in _ = x: an untyped integer gets a type.
                check.assignment(x, None, "range clause");
            }
            check.stmt(inner, body);
        });
    }

    /// Spec: "if at most one iteration variable is present and x or len(x) is constant, the range expression is not
    /// evaluated": for an array only the length counts then.
    fn range_over_length(&mut self, x: &Operand, expr: ExprId) {
        if let Type::Array { n_elems, .. } = self.types.get(self.array_behind(self.types.underlying(x.ty))) {
            let expr = self.file().unparen(expr);
            self.record_expr(expr, &Mode::Constant(Value::i64(*n_elems)), TypeId::INT);
        }
    }

    fn iteration(&mut self, x: &Operand, variables: Variables) -> Iteration {
        let invalid = Iteration { key: Some(TypeId::INVALID), value: Some(TypeId::INVALID) };
        let (iteration, at, code, message) = match self.iteration_types(x.ty) {
            Err(cause) => {
                let cause = if cause.is_empty() { cause } else { format!(": {cause}") };
                let message = format!("cannot range over {}{cause}", self.describe(x));
                (invalid, self.at_operand(x), Code::InvalidRangeExpr, message)
            }
            Ok(iteration) => {
                let (at, message) = match (variables.key, variables.value, variables.extra) {
                    (Some(key), _, _) if iteration.key.is_none() => {
                        (key, format!("range over {} permits no iteration variables", self.describe(x)))
                    }
                    (_, Some(value), _) if iteration.value.is_none() => (
                        value,
                        format!("range over {} permits only one iteration variable", self.describe(x)),
                    ),
                    (_, _, Some(extra)) => {
                        (extra, "range clause permits at most two iteration variables".to_owned())
                    }
                    _ => return iteration,
                };
                (iteration, self.at(at), Code::InvalidIterVar, message)
            }
        };
        self.error(at, code, message);
        iteration
    }

    /// The types of the iteration values, or why there are none.
    fn iteration_types(&self, ty: TypeId) -> Result<Iteration, String> {
        let types = self.types;
        let common = self.common_under_if(ty, |specific| match specific {
            Some((t, u)) if matches!(types.get(u), Type::Chan { dir: ChanDir::SendOnly, .. }) => {
                Err(format!("receive from send-only channel {}", self.ty(t)))
            }
            _ => Ok(()),
        })?;
        let over = |key, value| Ok(Iteration { key: Some(key), value });
        match types.get(self.array_behind(common)) {
            Type::Basic(basic) if basic.info().intersects(BasicInfo::STRING) => {
                over(TypeId::INT, Some(TypeId::RUNE))
            }
            Type::Basic(basic) if basic.info().intersects(BasicInfo::INTEGER) => {
                if self.allows(GoVersion::new(22)) {
                    over(ty, None)
                } else {
                    Err("requires go1.22 or later".into())
                }
            }
            Type::Array { elem, .. } | Type::Slice(elem) => over(TypeId::INT, Some(*elem)),
            Type::Map { key, elem } => over(*key, Some(*elem)),
            Type::Chan { elem, .. } => over(*elem, None),
            Type::Signature(signature) => {
                if !self.allows(GoVersion::new(23)) {
                    return Err("requires go1.23 or later".into());
                }
                self.iterator_types(signature)
            }
            _ => Err(String::new()),
        }
    }

    /// The iteration values of a function, which must be `func(yield func(...) bool)`.
    fn iterator_types(&self, signature: &types::Signature) -> Result<Iteration, String> {
        let wrong = |what: &str| Err(format!("func must be func(yield func(...) bool): {what}"));
        let [param] = signature.params[..] else { return wrong("wrong argument count") };
        if !signature.results.is_empty() {
            return wrong("unexpected results");
        }
        let yield_type = match self.common_under(param.ty) {
            Ok(ty) => ty,
            Err(cause) => return wrong(&format!("in yield type, {cause}")),
        };
        let Type::Signature(yield_) = self.types.get(yield_type) else {
            return wrong("argument is not func");
        };
        if yield_.params.len() > 2 {
            return wrong("yield func has too many parameters");
        }
        match yield_.results[..] {
            [result] if self.types.identical(result.ty, TypeId::BOOL) => {}
            [result] if self.types.is_basic(result.ty, BasicInfo::BOOLEAN) => {
                return wrong("yield func returns user-defined boolean, not bool");
            }
            _ => return wrong("yield func does not return bool"),
        }
        if yield_.variadic {
            return Err(format!("yield func of type {} cannot be variadic", self.ty(yield_type)));
        }
        let nth = |n: usize| yield_.params.get(n).map(|param| param.ty);
        Ok(Iteration { key: nth(0), value: nth(1) })
    }

    /// `for key, value := range`. `integer` is the range expression if it is an integer: it is assigned to the key.
    fn define_iteration_variables(
        &mut self,
        stmt: StmtId,
        variables: Variables,
        iteration: Iteration,
        mut integer: Option<&mut Operand>,
    ) {
        let file = self.file();
        let mut declared = Vec::new();
        for (lhs, ty) in [(variables.key, iteration.key), (variables.value, iteration.value)] {
            let Some(lhs) = lhs else { continue };
            let object = match file.as_name(lhs) {
                Some(ident) => {
                    let object = self.new_object(ident, false, ObjectKind::Var(VarKind::Local));
                    self.record_object(ident, object);
                    if !file.name(ident).is_blank() {
                        declared.push(object);
                    }
                    object
                }
                None => {
                    let message = format!("cannot declare {}", self.expr_text(lhs));
                    self.error(self.at(lhs), Code::InvalidSyntaxTree, message);
                    let kind = ObjectKind::Var(VarKind::Local);
                    self.types.declare(base::sym::BLANK, self.package, file.start_of(lhs), false, kind)
                }
            };
            self.init_iteration_variable(object, lhs, ty, integer.as_deref_mut());
        }
        if declared.is_empty() {
            let at = self.at_stmt(stmt);
            self.error(at, Code::NoNewVar, "no new variables on left side of :=");
        }
        for object in declared {
            self.declare(self.env.scope, None, object);
        }
    }

    fn init_iteration_variable(
        &mut self,
        object: ObjectId,
        lhs: ExprId,
        ty: Option<TypeId>,
        integer: Option<&mut Operand>,
    ) {
        match (ty.filter(|&ty| ty != TypeId::INVALID), integer) {
            (None, _) => {
                self.types.object(object).ty.set(TypeId::INVALID);
                self.used.insert(object);
            }
            (Some(_), Some(x)) => self.init_var(object, x, "range clause"),
            (Some(ty), None) => {
                let mut x = Operand::new(Mode::Value, ty, Source::Expr(lhs));
                self.init_var(object, &mut x, "assignment");
            }
        }
    }

    /// `for key, value = range`.
    fn assign_iteration_variables(
        &mut self,
        variables: Variables,
        iteration: Iteration,
        mut integer: Option<&mut Operand>,
    ) {
        for (lhs, ty) in [(variables.key, iteration.key), (variables.value, iteration.value)] {
            let (Some(lhs), Some(ty)) = (lhs, ty.filter(|&ty| ty != TypeId::INVALID)) else { continue };
            match integer.as_deref_mut() {
                Some(x) => {
                    self.assign_operand(lhs, x, "range clause");
                    if x.is_valid() && !self.types.is_basic(x.ty, BasicInfo::INTEGER) {
                        let message = format!("cannot use iteration variable of type {}", self.ty(x.ty));
                        self.error(self.at(lhs), Code::InvalidRangeExpr, message);
                    }
                }
                None => {
                    let mut x = Operand::new(Mode::Value, ty, Source::Expr(lhs));
                    self.assign_operand(lhs, &mut x, "assignment");
                }
            }
        }
    }
}
