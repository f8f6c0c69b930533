//! Constants that grow too large. Spec: "Constant expressions".

use constant::{Kind, MAX_INT_BITS, Value};
use diag::Code;
use syntax::{BinaryOp, ExprId, ExprKind, UnaryOp};

use crate::{
    checker::Checker,
    operand::{Mode, Operand},
};

/// The longest string constant. As cmd/internal/obj, `MaxSymSize`.
const MAX_STRING_LEN: u64 = 2_000_000_000;

impl Checker<'_> {
    /// Reports a constant that its type cannot represent, or that is too large to go on with. `expr` is the expression
    /// that made it.
    pub(super) fn check_overflow(&mut self, x: &mut Operand, expr: ExprId) {
        let Some(value) = x.value().cloned() else { return };
        let at = self.operator_span(expr);
        if value.is_unknown() {
            self.error(at, Code::InvalidConstVal, "constant result is not representable");
            return;
        }
        if !self.types.is_untyped(x.ty) {
            let basic = self.types.as_basic(x.ty).expect("the types of constants are basic");
            self.represent_operand(x, basic, self.types.underlying(x.ty));
            return;
        }
        if value.kind() == Kind::Int && value.bit_len() > MAX_INT_BITS {
            let message = match self.operation_name(expr) {
                Some(name) => format!("constant {name} overflow"),
                None => "constant overflow".to_owned(),
            };
            self.error(at, Code::InvalidConstVal, message);
            x.mode = Mode::Constant(Value::UNKNOWN);
        } else if let Some(n_bytes) = value.string_len()
            && n_bytes > MAX_STRING_LEN
        {
            let message = format!("constant string too long ({n_bytes} bytes > {MAX_STRING_LEN} bytes)");
            self.error(at, Code::InvalidConstVal, message);
            x.mode = Mode::Constant(Value::UNKNOWN);
        }
    }

    /// The name of an operation that may overflow.
    fn operation_name(&self, expr: ExprId) -> Option<&'static str> {
        match self.file()[expr].kind {
            ExprKind::Unary { op: UnaryOp::Xor, .. } => Some("bitwise complement"),
            ExprKind::Binary { op, .. } => match op {
                BinaryOp::Add => Some("addition"),
                BinaryOp::Sub => Some("subtraction"),
                BinaryOp::Xor => Some("bitwise XOR"),
                BinaryOp::Mul => Some("multiplication"),
                BinaryOp::Shl => Some("shift"),
                _ => None,
            },
            _ => None,
        }
    }
}
