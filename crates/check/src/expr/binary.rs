//! Binary operators. Spec: "Operators", "Arithmetic operators", "Constant expressions".

use constant::Value;
use diag::Code;
use syntax::{BinaryOp, ExprId};
use types::BasicInfo;

use crate::{
    checker::Checker,
    message::INVALID_OP,
    operand::{Mode, Operand},
};

/// The types that an arithmetic or logical operator takes.
fn operand_types(op: BinaryOp) -> BasicInfo {
    match op {
        // Strings have an order, and complex numbers are numbers: together all that can be added.
        BinaryOp::Add => BasicInfo::NUMERIC_OR_STRING,
        BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => BasicInfo::NUMERIC,
        BinaryOp::Rem | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::AndNot => BasicInfo::INTEGER,
        BinaryOp::AndAnd | BinaryOp::OrOr => BasicInfo::BOOLEAN,
        _ => unreachable!("comparisons and shifts have their own rules"),
    }
}

impl Checker<'_> {
    /// `lhs op rhs`. `expr` is the expression, or `None` for the operation in `lhs op= rhs`.
    pub(crate) fn binary(&mut self, expr: Option<ExprId>, lhs: ExprId, rhs: ExprId, op: BinaryOp) -> Operand {
        let mut x = self.expr(None, lhs);
        let mut y = self.expr(None, rhs);
        if !x.is_valid() {
            return x;
        }
        if !y.is_valid() {
            x.invalidate();
            x.source = y.source;
            return x;
        }
        if op.is_shift() {
            self.shift(&mut x, &mut y, expr, op);
            return x;
        }
        self.match_types(&mut x, &mut y);
        if !x.is_valid() {
            return x;
        }
        if op.is_comparison() {
            self.comparison(&mut x, &y, op, false);
            return x;
        }
        if !self.have_identical_types(&x, &y, expr, (lhs, rhs), op)
            || !self.takes(op, &x)
            || self.divides_by_zero(&x, &y, op)
        {
            x.invalidate();
            return x;
        }
        self.fold_binary(&mut x, &y, expr, op);
        x
    }

    fn have_identical_types(
        &mut self,
        x: &Operand,
        y: &Operand,
        expr: Option<ExprId>,
        (lhs, rhs): (ExprId, ExprId),
        op: BinaryOp,
    ) -> bool {
        if self.types.identical(x.ty, y.ty) {
            return true;
        }
        if self.types.is_valid(x.ty) && self.types.is_valid(y.ty) {
            let operation = match expr {
                Some(expr) => self.expr_text(expr),
                None => format!("{} {op}= {}", self.expr_text(lhs), self.expr_text(rhs)),
            };
            let (x_type, y_type) = (self.ty(x.ty), self.ty(y.ty));
            let message = format!("{INVALID_OP}{operation} (mismatched types {x_type} and {y_type})");
            self.error(self.at_operand(x), Code::MismatchedTypes, message);
        }
        false
    }

    fn takes(&mut self, op: BinaryOp, x: &Operand) -> bool {
        let takes = self.all(x.ty, operand_types(op));
        if !takes {
            let message = format!("{INVALID_OP}operator {op} not defined on {}", self.describe(x));
            self.error(self.at_operand(x), Code::UndefinedOp, message);
        }
        takes
    }

    fn divides_by_zero(&mut self, x: &Operand, y: &Operand, op: BinaryOp) -> bool {
        let (BinaryOp::Div | BinaryOp::Rem, Some(divisor)) = (op, y.value()) else { return false };
        let is_zero = if divisor.signum() == 0 {
            x.is_constant() || self.all(x.ty, BasicInfo::INTEGER)
        } else {
            // A complex divisor may be so small that its norm is zero.
            let square = |part: Value| constant::binary(&part, constant::BinaryOp::Mul, &part).signum();
            x.is_constant()
                && self.is(x.ty, BasicInfo::COMPLEX)
                && square(divisor.real()) == 0
                && square(divisor.imag()) == 0
        };
        if is_zero {
            self.error(self.at_operand(y), Code::DivByZero, format!("{INVALID_OP}division by zero"));
        }
        is_zero
    }

    fn fold_binary(&mut self, x: &mut Operand, y: &Operand, expr: Option<ExprId>, op: BinaryOp) {
        let (Some(a), Some(b)) = (x.value(), y.value()) else {
            x.mode = Mode::Value;
            return;
        };
        if a.is_unknown() || b.is_unknown() {
            x.mode = Mode::Constant(Value::UNKNOWN);
            return;
        }
        let op = match op {
            BinaryOp::Div if self.is(x.ty, BasicInfo::INTEGER) => constant::BinaryOp::IntQuo,
            op => constant_op(op),
        };
        x.mode = Mode::Constant(constant::binary(a, op, b));
        if let Some(expr) = expr {
            x.source = expr.into();
            self.check_overflow(x, expr);
        }
    }
}

fn constant_op(op: BinaryOp) -> constant::BinaryOp {
    match op {
        BinaryOp::Add => constant::BinaryOp::Add,
        BinaryOp::Sub => constant::BinaryOp::Sub,
        BinaryOp::Mul => constant::BinaryOp::Mul,
        BinaryOp::Div => constant::BinaryOp::Quo,
        BinaryOp::Rem => constant::BinaryOp::Rem,
        BinaryOp::And => constant::BinaryOp::And,
        BinaryOp::Or => constant::BinaryOp::Or,
        BinaryOp::Xor => constant::BinaryOp::Xor,
        BinaryOp::AndNot => constant::BinaryOp::AndNot,
        BinaryOp::AndAnd => constant::BinaryOp::LogicalAnd,
        BinaryOp::OrOr => constant::BinaryOp::LogicalOr,
        _ => unreachable!("comparisons and shifts have their own functions"),
    }
}
