//! Unary operators. Spec: "Operators", "Address operators", "Receive operator".

use base::Span;
use constant::Value;
use diag::Code;
use syntax::{ExprId, ExprKind, UnaryOp};
use types::{BasicInfo, ChanDir, Type, TypeId};

use crate::{
    checker::Checker,
    message::INVALID_OP,
    operand::{Mode, Operand},
};

/// Which way a value goes through a channel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    Send,
    Receive,
}

impl Checker<'_> {
    pub(super) fn unary(&mut self, expr: ExprId, op: UnaryOp, inner: ExprId) -> Operand {
        let x = self.expr(None, inner);
        if !x.is_valid() {
            return Operand::invalid(expr);
        }
        match op {
            UnaryOp::Addr => self.address(expr, inner, &x),
            UnaryOp::Recv => self.receive(expr, &x),
            UnaryOp::Tilde => self.tilde(expr, x),
            UnaryOp::Add | UnaryOp::Sub => self.arithmetic_unary(expr, op, x, BasicInfo::NUMERIC),
            UnaryOp::Xor => self.arithmetic_unary(expr, op, x, BasicInfo::INTEGER),
            UnaryOp::Not => self.arithmetic_unary(expr, op, x, BasicInfo::BOOLEAN),
            UnaryOp::Deref => unreachable!("dereferences have their own function"),
        }
    }

    fn address(&mut self, expr: ExprId, inner: ExprId, x: &Operand) -> Operand {
        let file = self.file();
        // Spec: "As an exception to the addressability requirement, x may also be a composite literal."
        let is_literal = matches!(file[file.unparen(inner)].kind, ExprKind::CompositeLit { .. });
        if !is_literal && !x.is_variable() {
            let message = format!("{INVALID_OP}cannot take address of {}", self.describe(x));
            self.error(self.at_operand(x), Code::UnaddressableOperand, message);
            return Operand::invalid(expr);
        }
        Operand::new(Mode::Value, self.types.pointer(x.ty), expr)
    }

    fn receive(&mut self, expr: ExprId, x: &Operand) -> Operand {
        match self.channel_elem(self.at_operand(x), x, Transfer::Receive) {
            Some(elem) if self.is_complete(elem) => {
                self.env.has_call_or_receive = true;
                Operand::new(Mode::CommaOk, elem, expr)
            }
            _ => Operand::invalid(expr),
        }
    }

    /// The parser accepts `~x` because constraints have it.
    fn tilde(&mut self, expr: ExprId, x: Operand) -> Operand {
        let message = "cannot use ~ outside of interface or type constraint";
        if !self.all(x.ty, BasicInfo::INTEGER) {
            self.error(self.at(expr), Code::UndefinedOp, message);
            return Operand::invalid(expr);
        }
        self.error(self.at(expr), Code::UndefinedOp, format!("{message} (use ^ for bitwise complement)"));
        self.arithmetic_unary(expr, UnaryOp::Xor, x, BasicInfo::INTEGER)
    }

    fn arithmetic_unary(&mut self, expr: ExprId, op: UnaryOp, mut x: Operand, needed: BasicInfo) -> Operand {
        if !self.all(x.ty, needed) {
            let message = format!("{INVALID_OP}operator {op} not defined on {}", self.describe(&x));
            self.error(self.at_operand(&x), Code::UndefinedOp, message);
            return Operand::invalid(expr);
        }
        let Some(value) = x.value().filter(|value| !value.is_unknown()) else {
            if !x.is_constant() {
                x.mode = Mode::Value;
            }
            return x;
        };
        x.mode = Mode::Constant(self.fold_unary(op, value, x.ty));
        x.source = expr.into();
        self.check_overflow(&mut x, expr);
        x
    }

    fn fold_unary(&self, op: UnaryOp, value: &Value, ty: TypeId) -> Value {
        let op = match op {
            UnaryOp::Add => constant::UnaryOp::Plus,
            UnaryOp::Sub => constant::UnaryOp::Neg,
            UnaryOp::Not => constant::UnaryOp::Not,
            _ => {
                // The complement of an unsigned number has its type's bits, not infinitely many.
                let is_unsigned = self.is(ty, BasicInfo::UNSIGNED);
                let n_bits = self.types.size_of(ty).filter(|_| is_unsigned).map(|n_bytes| n_bytes as u32 * 8);
                constant::UnaryOp::Complement(n_bits)
            }
        };
        constant::unary(op, value)
    }

    /// The element type of the channel `x`, which must allow the transfer; reports it if not.
    pub(crate) fn channel_elem(&mut self, at: Span, x: &Operand, transfer: Transfer) -> Option<TypeId> {
        let common = self.common_under_if(x.ty, |specific| {
            let Some((t, under)) = specific else { return Err("no specific channel type".to_owned()) };
            let &Type::Chan { dir, .. } = self.types.get(under) else {
                return Err(format!("non-channel {}", self.ty(t)));
            };
            match (transfer, dir) {
                (Transfer::Receive, ChanDir::SendOnly) => Err(format!("send-only channel {}", self.ty(t))),
                (Transfer::Send, ChanDir::ReceiveOnly) => Err(format!("receive-only channel {}", self.ty(t))),
                _ => Ok(()),
            }
        });
        let cause = match common {
            Ok(channel) => match self.types.get(channel) {
                Type::Chan { elem, .. } => return Some(*elem),
                _ => unreachable!("the condition admits only channels"),
            },
            Err(cause) => cause,
        };
        let (code, action) = match transfer {
            Transfer::Receive => (Code::InvalidReceive, "receive from"),
            Transfer::Send => (Code::InvalidSend, "send to"),
        };
        let described = self.describe(x);
        let message = if self.types.is_type_param(x.ty) {
            format!("{INVALID_OP}cannot {action} {described}: {cause}")
        } else {
            format!("{INVALID_OP}cannot {action} {cause} {described}")
        };
        self.error(at, code, message);
        None
    }
}
