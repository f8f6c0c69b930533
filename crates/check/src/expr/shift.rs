//! Shifts. Spec: "Operators", the rules about shift expressions.

use constant::{Kind, ShiftOp, Value};
use diag::Code;
use syntax::{BinaryOp, ExprId};
use types::{Basic, BasicInfo, TypeId};

use crate::{
    GoVersion,
    checker::Checker,
    message::INVALID_OP,
    operand::{Mode, Operand},
};

/// The largest constant shift: enough to write the smallest `float64` as a shifted constant.
const MAX_SHIFT: u64 = 1023 - 1 + 52;

impl Checker<'_> {
    /// `x op y`, with the result in `x`. `expr` is the expression, or `None` for `x op= y`.
    pub(super) fn shift(&mut self, x: &mut Operand, y: &mut Operand, expr: Option<ExprId>, op: BinaryOp) {
        // An untyped constant may be shifted if its value is an integer, whatever its kind.
        let shifted = x.value().map(Value::to_int);
        let is_int_constant =
            self.types.is_untyped(x.ty) && shifted.as_ref().is_some_and(|value| value.kind() == Kind::Int);
        if !self.all(x.ty, BasicInfo::INTEGER) && !is_int_constant {
            self.report_shifted(x);
            return;
        }
        let valid_count =
            if y.is_constant() { self.constant_shift_count(y) } else { self.variable_shift_count(y) };
        if !valid_count {
            x.invalidate();
            return;
        }
        match (x.is_constant(), y.is_constant()) {
            (true, true) => self.fold_shift(x, y, shifted.unwrap_or(Value::UNKNOWN), expr, op),
            (true, false) if self.types.is_untyped(x.ty) => self.delay_shift(x),
            _ if self.all(x.ty, BasicInfo::INTEGER) => x.mode = Mode::Value,
            _ => self.report_shifted(x),
        }
    }

    fn report_shifted(&mut self, x: &mut Operand) {
        let message = format!("{INVALID_OP}shifted operand {} must be integer", self.describe(x));
        self.error(self.at_operand(x), Code::InvalidShiftOperand, message);
        x.invalidate();
    }

    /// Spec: "The right operand must have integer type or be an untyped constant representable by a value of type uint."
    fn constant_shift_count(&mut self, y: &mut Operand) -> bool {
        let count = y.value().map_or(Value::UNKNOWN, Value::to_int);
        if count.kind() == Kind::Int && count.signum() < 0 {
            let message = format!("{INVALID_OP}negative shift count {}", self.describe(y));
            self.error(self.at_operand(y), Code::InvalidShiftCount, message);
            return false;
        }
        if self.types.is_untyped(y.ty) {
            self.represent_operand(y, Basic::Uint, TypeId::UINT);
        }
        y.is_valid()
    }

    fn variable_shift_count(&mut self, y: &mut Operand) -> bool {
        let at = self.at_operand(y);
        if self.all(y.ty, BasicInfo::INTEGER) {
            let what = format!("{INVALID_OP}signed shift count {}", self.describe(y));
            return self.all(y.ty, BasicInfo::UNSIGNED) || self.require(at, GoVersion::new(13), &what);
        }
        if self.types.is_untyped(y.ty) {
            self.convert_untyped(y, TypeId::UINT);
            return y.is_valid();
        }
        let message = format!("{INVALID_OP}shift count {} must be integer", self.describe(y));
        self.error(at, Code::InvalidShiftCount, message);
        false
    }

    fn fold_shift(
        &mut self,
        x: &mut Operand,
        y: &Operand,
        shifted: Value,
        expr: Option<ExprId>,
        op: BinaryOp,
    ) {
        let count = y.value().map_or(Value::UNKNOWN, Value::to_int);
        let is_unknown = x.value().is_some_and(Value::is_unknown) || y.value().is_some_and(Value::is_unknown);
        let amount = count.as_u64().filter(|&amount| amount <= MAX_SHIFT);
        if !is_unknown && amount.is_none() {
            let message = format!("{INVALID_OP}invalid shift count {}", self.describe(y));
            self.error(self.at_operand(y), Code::InvalidShiftCount, message);
            x.invalidate();
            return;
        }
        // The left operand may be an untyped float such as 2.0; the result is an integer.
        if !self.is(x.ty, BasicInfo::INTEGER) {
            x.ty = TypeId::UNTYPED_INT;
        }
        let op = if op == BinaryOp::Shl { ShiftOp::Left } else { ShiftOp::Right };
        match amount {
            Some(amount) if !is_unknown => {
                x.mode = Mode::Constant(constant::shift(&shifted, op, amount as usize));
                if let Some(expr) = expr {
                    x.source = expr.into();
                    self.check_overflow(x, expr);
                }
            }
            _ => x.mode = Mode::Constant(Value::UNKNOWN),
        }
    }

    /// Spec: "If the left operand of a non-constant shift expression is an untyped constant, it is first implicitly
    /// converted to the type it would assume if the shift expression were replaced by its left operand alone." That type
    /// is not known yet.
    fn delay_shift(&mut self, x: &mut Operand) {
        if let Some(untyped) = x.expr().and_then(|expr| self.untyped[self.env.file].get_mut(&expr)) {
            untyped.is_shift_lhs = true;
        }
        x.mode = Mode::Value;
    }
}
