//! Literals of basic types and functions. Spec: "Constants", "Function literals". Composite literals are in
//! [`composite`].

mod composite;

use constant::{Literal, Value};
use diag::Code;
use syntax::{BasicLit, ExprId, LitKind, StmtId};
use types::TypeId;

use crate::{
    GoVersion,
    checker::Checker,
    operand::{Mode, Operand},
    signature::FuncOwner,
};

/// Longer numbers take more time than they can be worth.
const MAX_NUMBER_LEN: usize = 10_000;

impl<'a> Checker<'a> {
    pub(super) fn basic_literal(&mut self, expr: ExprId, literal: BasicLit) -> Operand {
        if literal.is_bad {
            return Operand::invalid(expr);
        }
        let text = self.file().literal_text(expr);
        let (kind, ty) = match literal.kind {
            LitKind::Int => (Literal::Int, TypeId::UNTYPED_INT),
            LitKind::Float => (Literal::Float, TypeId::UNTYPED_FLOAT),
            LitKind::Imag => (Literal::Imaginary, TypeId::UNTYPED_COMPLEX),
            LitKind::Rune => (Literal::Rune, TypeId::UNTYPED_RUNE),
            LitKind::String => (Literal::String, TypeId::UNTYPED_STRING),
        };
        if matches!(literal.kind, LitKind::Int | LitKind::Float | LitKind::Imag) {
            self.require_number_form(expr, literal.kind, text);
            if text.len() > MAX_NUMBER_LEN {
                let message = format!("excessively long constant: {}... ({} chars)", &text[..10], text.len());
                self.error(self.at(expr), Code::InvalidConstVal, message);
                return Operand::invalid(expr);
            }
        }
        let value = constant::parse_literal(kind, text);
        if value.is_unknown() {
            self.error(self.at(expr), Code::InvalidConstVal, format!("malformed constant: {text}"));
            return Operand::invalid(expr);
        }
        let mut x = Operand::new(Mode::Constant(value), ty, expr);
        self.check_overflow(&mut x, expr);
        x
    }

    /// Some forms of numbers came with Go 1.13.
    fn require_number_form(&mut self, expr: ExprId, kind: LitKind, text: &str) {
        let version = GoVersion::new(13);
        if text.len() <= 2 || self.allows(version) {
            return;
        }
        let what = match text.as_bytes() {
            bytes if bytes.contains(&b'_') => "underscore in numeric literal",
            [b'0', b'b' | b'B', ..] => "binary literal",
            [b'0', b'o' | b'O', ..] => "0o/0O-style octal literal",
            [b'0', b'x' | b'X', ..] if kind != LitKind::Int => "hexadecimal floating-point literal",
            _ => return,
        };
        self.version_error(self.at(expr), version, what);
    }

    pub(super) fn func_literal(&mut self, expr: ExprId, ty: ExprId, body: StmtId) -> Operand {
        let function = self.func_type(FuncOwner::Literal(expr), ty);
        let signature = function.signature;
        // The literal may be part of a type declaration that its body refers to, so the body waits until that is done;
        // but not longer than the scope around it stays as it is.
        self.later(move |check| check.func_body(function, body));
        Operand::new(Mode::Value, signature, expr)
    }

    /// The constant `true`, as the tag of a switch without one.
    pub(crate) fn constant_true() -> (Mode, TypeId) {
        (Mode::Constant(Value::bool(true)), TypeId::BOOL)
    }
}
