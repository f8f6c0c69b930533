//! Expressions. Spec: "Expressions".
//!
//! Each kind of expression has a function that returns an [`Operand`]; an operand in error is invalid, was reported, and
//! silences what depends on it. [`Checker::raw_expr`] dispatches; the functions after it say what the place where the
//! expression stands accepts: a value, a type, several values.

mod binary;
mod compare;
mod constants;
mod index;
mod literal;
mod selector;
mod shift;
mod slice;
pub(crate) mod unary;

use std::rc::Rc;

use base::Span;
use diag::Code;
use syntax::{ExprId, ExprKind as Syntax, UnaryOp};
use types::{Type, TypeId};

use crate::{
    checker::Checker,
    message::INVALID_OP,
    operand::{ExprKind, Mode, Operand, Source},
};

/// The function type that the place of a generic function asks for, from which its type arguments are inferred.
#[derive(Clone, Debug)]
pub(crate) struct FuncTarget {
    pub(crate) signature: TypeId,
    /// What has that type, for messages.
    pub(crate) description: String,
}

/// What else an operand may be besides a single value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Also {
    /// Nothing.
    Nothing,
    /// A type or a predeclared function.
    TypeOrBuiltin,
}

impl<'a> Checker<'a> {
    /// The target for a value of type `ty`, if that is a function type.
    pub(crate) fn func_target(
        &self,
        ty: Option<TypeId>,
        description: impl FnOnce(&Self) -> String,
    ) -> Option<FuncTarget> {
        let signature = self.common_under(ty?).ok()?;
        matches!(self.types.get(signature), Type::Signature(_))
            .then(|| FuncTarget { signature, description: description(self) })
    }

    /// Checks any expression and records it. `hint` is the type of a composite literal that does not say its own.
    pub(crate) fn raw_expr(
        &mut self,
        target: Option<&FuncTarget>,
        expr: ExprId,
        hint: Option<TypeId>,
        allow_generic: bool,
    ) -> (Operand, ExprKind) {
        let (mut x, kind) = self.expr_by_kind(target, expr, hint);
        x.source = Source::Expr(expr);
        if !allow_generic {
            self.require_instantiated(target, &mut x);
        }
        self.record(&x);
        (x, kind)
    }

    fn expr_by_kind(
        &mut self,
        target: Option<&FuncTarget>,
        expr: ExprId,
        hint: Option<TypeId>,
    ) -> (Operand, ExprKind) {
        let x = match self.file()[expr].kind {
            Syntax::Bad => Operand::invalid(expr),
            Syntax::Name(ident) => self.ident(ident, expr, false),
            Syntax::DotsType { .. } => self.syntax_error(expr, "invalid use of ..."),
            Syntax::BasicLit(literal) => self.basic_literal(expr, literal),
            Syntax::FuncLit { ty, body } => self.func_literal(expr, ty, body),
            Syntax::CompositeLit { ty, elems } => self.composite_literal(expr, ty, elems, hint),
            Syntax::Paren(x) => return self.raw_expr(None, x, None, false),
            Syntax::Selector { x, sel } => self.selector(expr, x, sel, false),
            Syntax::Index { .. } => self.index_or_instance(target, expr),
            Syntax::Slice { x, low, high, max } => self.slice_expr(expr, x, [low, high, max]),
            Syntax::Assert { x, ty } => self.type_assertion_expr(expr, x, ty),
            Syntax::TypeSwitchGuard { x, .. } => {
                let message = "invalid syntax tree: use of .(type) outside type switch";
                self.error(self.at(expr), Code::BadTypeKeyword, message);
                self.use_exprs(&[x]);
                Operand::invalid(expr)
            }
            Syntax::Call { .. } => return self.call_expr(expr),
            Syntax::Unary { op: UnaryOp::Deref, x } => self.dereference(expr, x),
            Syntax::Unary { op, x } => {
                let x = self.unary(expr, op, x);
                let kind = if op == UnaryOp::Recv { ExprKind::Statement } else { ExprKind::Expression };
                return if x.is_valid() { (x, kind) } else { (x, ExprKind::Statement) };
            }
            Syntax::Binary { op, x, y } => self.binary(Some(expr), x, y, op),
            Syntax::KeyValue { .. } => self.syntax_error(expr, "no key:value expected"),
            Syntax::ArrayType { .. }
            | Syntax::SliceType { .. }
            | Syntax::StructType { .. }
            | Syntax::FuncType { .. }
            | Syntax::InterfaceType { .. }
            | Syntax::MapType { .. }
            | Syntax::ChanType { .. } => Operand::new(Mode::TypeExpr, self.typ(expr), expr),
        };
        // What is in error counts as a statement, so that nobody complains that it is not one.
        let is_error =
            !x.is_valid() && !matches!(self.file()[expr].kind, Syntax::Name(_) | Syntax::Selector { .. });
        (x, if is_error { ExprKind::Statement } else { ExprKind::Expression })
    }

    fn syntax_error(&mut self, expr: ExprId, message: &str) -> Operand {
        self.error(self.at(expr), Code::InvalidSyntaxTree, format!("invalid syntax tree: {message}"));
        Operand::invalid(expr)
    }

    fn index_or_instance(&mut self, target: Option<&FuncTarget>, expr: ExprId) -> Operand {
        match self.index_expr(expr) {
            Indexed::Operand(x) => x,
            Indexed::GenericFunction(mut x) => {
                self.instantiate_function(target, self.file()[expr].pos, &mut x, Some(expr));
                x
            }
        }
    }

    /// Reports an operand that is a generic type or function without type arguments, unless they follow from `target`.
    pub(crate) fn require_instantiated(&mut self, target: Option<&FuncTarget>, x: &mut Operand) {
        if !x.is_valid() || x.is_no_value() {
            return;
        }
        let what = match self.types.get(x.ty) {
            Type::Alias(_) | Type::Named(_) if self.types.is_generic(x.ty) => "type",
            Type::Signature(signature) if !signature.type_params.is_empty() => {
                if target.is_some() {
                    let pos = self.token_pos(x);
                    self.instantiate_function(target, pos, x, None);
                    return;
                }
                "function"
            }
            _ => return,
        };
        let message = format!("cannot use generic {what} {} without instantiation", self.source_text(x));
        self.error(self.at_operand(x), Code::WrongTypeArgCount, message);
        x.invalidate();
        x.ty = TypeId::INVALID;
    }

    /// Checks an expression that must be a single value.
    pub(crate) fn expr(&mut self, target: Option<&FuncTarget>, expr: ExprId) -> Operand {
        let (mut x, _) = self.raw_expr(target, expr, None, false);
        self.exclude(&mut x, Also::Nothing);
        self.require_single(&mut x);
        x
    }

    /// As [`Checker::expr`], but the value may be a generic function.
    pub(crate) fn generic_expr(&mut self, expr: ExprId, hint: Option<TypeId>) -> Operand {
        let (mut x, _) = self.raw_expr(None, expr, hint, true);
        self.exclude(&mut x, Also::Nothing);
        self.require_single(&mut x);
        x
    }

    /// Checks an expression that must be a single value, a type, or a predeclared function.
    pub(crate) fn expr_or_type(&mut self, expr: ExprId, allow_generic: bool) -> Operand {
        let (mut x, _) = self.raw_expr(None, expr, None, allow_generic);
        self.exclude(&mut x, Also::TypeOrBuiltin);
        self.require_single(&mut x);
        x
    }

    /// Checks an expression that may have several values. With `allow_ok`, a map element, receive or type assertion has
    /// two; the second result says that this is so.
    pub(crate) fn multi_expr(&mut self, expr: ExprId, allow_ok: bool) -> (Vec<Operand>, bool) {
        let (mut x, _) = self.raw_expr(None, expr, None, false);
        self.exclude(&mut x, Also::Nothing);
        if x.is_valid()
            && let Type::Tuple(elems) = self.types.get(x.ty)
        {
            let results = elems.iter().enumerate().map(|(i, &ty)| {
                let source = self.described(expr, &format!("{} function result", ordinal(i + 1)));
                Operand::new(Mode::Value, ty, source)
            });
            return (results.collect(), false);
        }
        if allow_ok && matches!(x.mode, Mode::MapIndex | Mode::CommaOk) {
            let source = self.described(expr, "ok value of (comma, ok) expression");
            return (vec![x, Operand::new(Mode::Value, TypeId::UNTYPED_BOOL, source)], true);
        }
        (vec![x], false)
    }

    /// Something without an expression of its own, at the place of one that has.
    pub(crate) fn described(&self, expr: ExprId, text: &str) -> Source {
        Source::Described(self.file().start_of(expr), Rc::from(text))
    }

    /// Reports an operand that is no value.
    fn exclude(&mut self, x: &mut Operand, also: Also) {
        let (code, what) = match x.mode {
            Mode::NoValue if also == Also::TypeOrBuiltin => (Code::TooManyValues, "used as value or type"),
            Mode::NoValue => (Code::TooManyValues, "used as value"),
            Mode::Builtin(_) if also == Also::Nothing => (Code::UncalledBuiltin, "must be called"),
            Mode::TypeExpr if also == Also::Nothing => (Code::NotAnExpr, "is not an expression"),
            _ => return,
        };
        let message = format!("{} {what}", self.describe(x));
        self.error(self.at_operand(x), code, message);
        x.invalidate();
    }

    /// Reports an operand that may only be a single value or type.
    pub(crate) fn exclude_all_but_values(&mut self, x: &mut Operand) {
        self.exclude(x, Also::Nothing);
    }

    /// Reports the results of a call where a single value is needed.
    pub(crate) fn require_single(&mut self, x: &mut Operand) {
        if matches!(x.mode, Mode::Value) && matches!(self.types.get(x.ty), Type::Tuple(_)) {
            let message = format!("multiple-value {} in single-value context", self.describe(x));
            self.error(self.at_operand(x), Code::TooManyValues, message);
            x.invalidate();
        }
    }

    /// `*x`: a pointer type, or what a pointer points to.
    fn dereference(&mut self, expr: ExprId, inner: ExprId) -> Operand {
        let x = self.expr_or_type(inner, false);
        if !x.is_valid() {
            return Operand::invalid(expr);
        }
        if x.is_type() {
            self.valid_var_type(inner, x.ty);
            return Operand::new(Mode::TypeExpr, self.types.pointer(x.ty), expr);
        }
        let mut base: Option<TypeId> = None;
        for specific in self.specific(x.ty) {
            let pointee = specific.and_then(|(_, under)| self.types.as_pointer(under));
            let message = match (pointee, base) {
                (None, _) => format!("{INVALID_OP}cannot indirect {}", self.describe(&x)),
                (Some(pointee), Some(base)) if !self.types.identical(pointee, base) => {
                    format!("{INVALID_OP}pointers of {} must have identical base types", self.describe(&x))
                }
                (Some(_), _) => {
                    base = pointee;
                    continue;
                }
            };
            self.error(self.at_operand(&x), Code::InvalidIndirection, message);
            return Operand::invalid(expr);
        }
        match base {
            Some(base) if self.is_complete(base) => Operand::new(Mode::Variable, base, expr),
            _ => Operand::invalid(expr),
        }
    }

    /// `x.(T)`.
    fn type_assertion_expr(&mut self, expr: ExprId, inner: ExprId, ty: ExprId) -> Operand {
        let x = self.expr(None, inner);
        if !x.is_valid() {
            return Operand::invalid(expr);
        }
        let problem = if self.types.is_type_param(x.ty) {
            format!("{INVALID_OP}cannot use type assertion on type parameter value {}", self.describe(&x))
        } else if !self.types.is_interface(x.ty) {
            format!("{INVALID_OP}{} is not an interface", self.describe(&x))
        } else {
            let asserted = self.var_type(ty);
            if !self.types.is_valid(asserted) || !self.is_complete(asserted) {
                return Operand::invalid(expr);
            }
            self.type_assertion(expr, &x, asserted, false);
            return Operand::new(Mode::CommaOk, asserted, expr);
        };
        self.error(self.at_operand(&x), Code::InvalidAssert, problem);
        Operand::invalid(expr)
    }

    /// Reports a type assertion or a case of a type switch that cannot hold. `expr` is the assertion or the case.
    pub(crate) fn type_assertion(&mut self, expr: ExprId, x: &Operand, asserted: TypeId, in_switch: bool) {
        let Err(cause) = self.assertable_to(x.ty, asserted) else { return };
        let (text, asserted) = (self.expr_text(expr), self.ty(asserted));
        let message = if in_switch {
            let x = self.describe(x);
            format!("impossible type switch case: {text}\n\t{x} cannot have dynamic type {asserted} {cause}")
        } else {
            let interface = self.ty(x.ty);
            format!("impossible type assertion: {text}\n\t{asserted} does not implement {interface} {cause}")
        };
        self.error(self.at(expr), Code::ImpossibleAssert, message);
    }

    /// Checks expressions only for their own errors and so that what they name counts as used. Whether all were valid.
    pub(crate) fn use_exprs(&mut self, exprs: &[ExprId]) -> bool {
        let n_invalid = exprs.iter().filter(|&&expr| !self.use_expr(expr, false)).count();
        n_invalid == 0
    }

    /// As [`Checker::use_exprs`] for the left side of an assignment, where naming a variable is no use of it.
    pub(crate) fn use_destinations(&mut self, exprs: &[ExprId]) -> bool {
        let n_invalid = exprs.iter().filter(|&&expr| !self.use_expr(expr, true)).count();
        n_invalid == 0
    }

    fn use_expr(&mut self, expr: ExprId, is_destination: bool) -> bool {
        let file = self.file();
        let Some(ident) = file.as_name(file.unparen(expr)) else {
            return self.raw_expr(None, expr, None, true).0.is_valid();
        };
        let name = file.name(ident);
        if name.is_blank() {
            return true;
        }
        let variable = if is_destination { self.local_variable(name) } else { None };
        let was_used = variable.is_some_and(|variable| self.used.contains(&variable));
        let valid = self.expr_or_type(file.unparen(expr), true).is_valid();
        if let Some(variable) = variable
            && !was_used
        {
            self.used.remove(&variable);
        }
        valid
    }

    /// Where an operand's own token is: what Go calls the position of a node, as opposed to its start.
    pub(crate) fn token_pos(&self, x: &Operand) -> base::Pos {
        match x.source {
            Source::Expr(expr) => self.file()[expr].pos,
            Source::Described(pos, _) => pos,
        }
    }

    /// The place of an operation's operator; of any other expression, its start.
    pub(crate) fn operator_span(&self, expr: ExprId) -> Span {
        match self.file()[expr].kind {
            Syntax::Unary { .. } | Syntax::Binary { .. } => self.at_token(expr),
            _ => self.at(expr),
        }
    }
}

/// What an index expression turned out to be.
pub(crate) enum Indexed {
    /// An element, or an instantiated type.
    Operand(Operand),
    /// A generic function whose type arguments are the indices; not instantiated yet.
    GenericFunction(Operand),
}

/// `1st`, `2nd`, `3rd`, `4th`.
fn ordinal(n: usize) -> String {
    let suffix = match n {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}
