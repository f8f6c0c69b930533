//! Comparisons. Spec: "Comparison operators".

use constant::{CompareOp, Value};
use diag::Code;
use syntax::BinaryOp;
use types::{BasicInfo, Incomparable, Type, TypeId};

use crate::{
    checker::Checker,
    message::INVALID_OP,
    operand::{Mode, Operand},
};

/// Which of the two operands is to blame.
#[derive(Clone, Copy)]
enum Blame {
    X,
    Y,
}

/// What is wrong with a comparison; without a cause, the operator is not defined on the operand's type.
struct Problem {
    code: Code,
    blame: Blame,
    cause: Option<String>,
}

impl Checker<'_> {
    /// `x op y`, with the result in `x`. In a switch `x` is the case and `y` the tag, and `op` is `==`.
    pub(crate) fn comparison(&mut self, x: &mut Operand, y: &Operand, op: BinaryOp, is_case: bool) {
        if !self.types.is_valid(x.ty) || !self.types.is_valid(y.ty) {
            x.invalidate();
            return;
        }
        if let Err(problem) = self.comparable_operands(x, y, op) {
            self.report_comparison(x, y, op, is_case, problem);
            x.invalidate();
            return;
        }
        if let (Some(a), Some(b)) = (x.value(), y.value()) {
            x.mode = Mode::Constant(Value::bool(constant::compare(a, compare_op(op), b)));
        } else {
            x.mode = Mode::Value;
            // The operands are evaluated, so they need final types.
            for operand in [&*x, y] {
                if let Some(expr) = operand.expr() {
                    self.update_expr_type(expr, self.types.default_type(operand.ty), true);
                }
            }
        }
        x.ty = TypeId::UNTYPED_BOOL;
    }

    fn comparable_operands(&mut self, x: &Operand, y: &Operand, op: BinaryOp) -> Result<(), Problem> {
        if self.assignable_to(x, y.ty).is_err() && self.assignable_to(y, x.ty).is_err() {
            let cause = format!("mismatched types {} and {}", self.ty(x.ty), self.ty(y.ty));
            return Err(Problem { code: Code::MismatchedTypes, blame: Blame::Y, cause: Some(cause) });
        }
        let undefined = |blame, cause| Err(Problem { code: Code::UndefinedOp, blame, cause });
        if !matches!(op, BinaryOp::Eql | BinaryOp::Neq) {
            return if !self.all(x.ty, BasicInfo::ORDERED) {
                undefined(Blame::X, None)
            } else if !self.all(y.ty, BasicInfo::ORDERED) {
                undefined(Blame::Y, None)
            } else {
                Ok(())
            };
        }
        if x.is_nil() || y.is_nil() {
            let other = if x.is_nil() { y.ty } else { x.ty };
            return if self.types.has_nil(other) { Ok(()) } else { undefined(Blame::Y, None) };
        }
        for (operand, blame) in [(x, Blame::X), (y, Blame::Y)] {
            if let Some(why) = self.types.why_incomparable(operand.ty) {
                return undefined(blame, self.incomparable_cause(operand.ty, why));
            }
        }
        Ok(())
    }

    fn incomparable_cause(&self, ty: TypeId, why: Incomparable) -> Option<String> {
        if let Type::Slice(_) | Type::Signature(_) | Type::Map { .. } = self.types.under(ty) {
            return Some(format!("{} can only be compared to nil", self.composite_kind(ty)));
        }
        self.incomparable_text(why)
    }

    /// The reason in words, if there are any.
    pub(crate) fn incomparable_text(&self, why: Incomparable) -> Option<String> {
        match why {
            Incomparable::Kind => None,
            Incomparable::Field(ty) => Some(format!("struct containing {} cannot be compared", self.ty(ty))),
            Incomparable::Array(ty) => Some(format!("{} cannot be compared", self.ty(ty))),
            Incomparable::EmptyTypeSet => Some("empty type set".to_owned()),
            Incomparable::TypeSet => Some("incomparable types in type set".to_owned()),
        }
    }

    fn report_comparison(&mut self, x: &Operand, y: &Operand, op: BinaryOp, is_case: bool, problem: Problem) {
        let mut culprit = match problem.blame {
            Blame::X => x,
            Blame::Y => y,
        };
        let cause = problem.cause.unwrap_or_else(|| {
            if self.types.is_type_param(x.ty) || self.types.is_type_param(y.ty) {
                if !self.types.is_type_param(x.ty) {
                    culprit = y;
                }
                return format!("type parameter {} cannot use operator {op}", self.ty(culprit.ty));
            }
            match self.composite_kind(culprit.ty) {
                "" => format!("operator {op} not defined on {}", self.ty(culprit.ty)),
                kind => format!("operator {op} not defined on {kind}"),
            }
        });
        let (x_text, y_text) = (self.source_text(x), self.source_text(y));
        let (at, message) = if is_case {
            (self.at_operand(x), format!("invalid case {x_text} in switch on {y_text} ({cause})"))
        } else {
            (self.at_operand(culprit), format!("{INVALID_OP}{x_text} {op} {y_text} ({cause})"))
        };
        self.error(at, problem.code, message);
    }
}

fn compare_op(op: BinaryOp) -> CompareOp {
    match op {
        BinaryOp::Eql => CompareOp::Equal,
        BinaryOp::Neq => CompareOp::NotEqual,
        BinaryOp::Lss => CompareOp::Less,
        BinaryOp::Leq => CompareOp::LessEqual,
        BinaryOp::Gtr => CompareOp::Greater,
        BinaryOp::Geq => CompareOp::GreaterEqual,
        _ => unreachable!("the caller has a comparison"),
    }
}
