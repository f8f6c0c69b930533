//! `new`, `panic`, `print`, `println`, `recover`; and `assert` and `trace`, which only the checker's tests have.

use diag::Code;
use types::{BasicInfo, Builtin, TypeId};

use crate::{
    GoVersion,
    call::Call,
    checker::Checker,
    message::INVALID_ARG,
    operand::{Mode, Operand},
};

impl Checker<'_> {
    /// `new(T)`, and since Go 1.26 `new(x)`.
    pub(super) fn builtin_new(&mut self, call: Call) -> Option<Operand> {
        let arg = self.file()[call.args][0];
        let mut x = self.expr_or_type(arg, false);
        match x.mode {
            Mode::Invalid => return None,
            Mode::TypeExpr => self.valid_var_type(arg, x.ty),
            Mode::Builtin(_) => {
                self.exclude_all_but_values(&mut x);
                return None;
            }
            _ => {
                if self.types.is_untyped(x.ty) {
                    self.assignment(&mut x, None, "argument to new");
                    if !x.is_valid() {
                        return None;
                    }
                }
                let what = format!("new({})", self.expr_text(arg));
                self.require(self.at(call.fun), GoVersion::new(26), &what);
            }
        }
        Some(self.computed(call, &[x.ty], self.types.pointer(x.ty)))
    }

    /// `panic(x)`.
    pub(super) fn builtin_panic(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        // A function that ends in a panic need not return.
        self.assignment(&mut args[0], Some(TypeId::EMPTY_INTERFACE), "argument to panic");
        if !args[0].is_valid() {
            return None;
        }
        Some(self.done(call, &[TypeId::EMPTY_INTERFACE]))
    }

    /// `print(x, ...)`, `println(x, ...)`.
    pub(super) fn builtin_print(
        &mut self,
        call: Call,
        builtin: Builtin,
        args: &mut [Operand],
    ) -> Option<Operand> {
        let context = format!("argument to built-in {}", super::name(builtin));
        for arg in args.iter_mut() {
            self.assignment(arg, None, &context);
            if !arg.is_valid() {
                return None;
            }
        }
        let params: Vec<TypeId> = args.iter().map(|arg| arg.ty).collect();
        Some(self.done(call, &params))
    }

    /// `recover() any`.
    pub(super) fn builtin_recover(&mut self, call: Call) -> Operand {
        self.computed(call, &[], TypeId::EMPTY_INTERFACE)
    }

    /// `assert(pred)` reports a constant that is not true; its value is that constant.
    pub(super) fn builtin_assert(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let x = args[0].clone();
        let value = x.value().filter(|_| self.is(x.ty, BasicInfo::BOOLEAN));
        let Some(value) = value else {
            let message = format!("{INVALID_ARG}{} is not a boolean constant", self.describe(&x));
            self.error(self.at_operand(&x), Code::InvalidCall, message);
            return None;
        };
        if value.as_bool() == Some(false) {
            let message = format!("{} failed", self.expr_text(call.expr));
            self.error(self.at(call.expr), Code::InvalidCall, message);
        }
        Some(x)
    }

    /// `trace(x, ...)` has the value of its first argument, which may be a type.
    pub(super) fn builtin_trace(&mut self, call: Call) -> Option<Operand> {
        let exprs = &self.file()[call.args];
        let mut operands =
            exprs.iter().map(|&expr| self.raw_expr(None, expr, None, false).0).collect::<Vec<_>>();
        if operands.is_empty() {
            return Some(Operand::new(Mode::NoValue, TypeId::INVALID, call.expr));
        }
        Some(operands.swap_remove(0)).filter(Operand::is_valid)
    }
}
