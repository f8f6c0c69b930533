//! The predeclared functions. Spec: "Built-in functions", "Package unsafe".
//!
//! [`table`] says what each takes; then there is one function for each in the modules below. They get the operands of
//! the arguments, return the operand of the call, or `None` after an error was reported.

mod collections;
mod numbers;
mod others;
mod unsafe_package;

use diag::Code;
use types::{Builtin, TypeId};

use crate::{
    call::Call,
    checker::Checker,
    message::INVALID_OP,
    operand::{ExprKind, Mode, Operand},
};

/// What a predeclared function takes.
struct Entry {
    name: &'static str,
    n_args: usize,
    is_variadic: bool,
    /// Whether its arguments include types, or are not evaluated like others: then it evaluates them itself.
    evaluates: bool,
    kind: ExprKind,
}

const fn entry(name: &'static str, n_args: usize, kind: ExprKind) -> Entry {
    Entry { name, n_args, is_variadic: false, evaluates: false, kind }
}

const fn variadic(name: &'static str, n_args: usize, kind: ExprKind) -> Entry {
    Entry { is_variadic: true, ..entry(name, n_args, kind) }
}

fn table(builtin: Builtin) -> Entry {
    use ExprKind::{Expression, Statement};
    match builtin {
        Builtin::Append => variadic("append", 1, Expression),
        Builtin::Cap => entry("cap", 1, Expression),
        Builtin::Clear => entry("clear", 1, Statement),
        Builtin::Close => entry("close", 1, Statement),
        Builtin::Complex => entry("complex", 2, Expression),
        Builtin::Copy => entry("copy", 2, Statement),
        Builtin::Delete => entry("delete", 2, Statement),
        Builtin::Imag => entry("imag", 1, Expression),
        Builtin::Len => entry("len", 1, Expression),
        Builtin::Make => Entry { evaluates: true, ..variadic("make", 1, Expression) },
        Builtin::Max => variadic("max", 1, Expression),
        Builtin::Min => variadic("min", 1, Expression),
        Builtin::New => Entry { evaluates: true, ..entry("new", 1, Expression) },
        Builtin::Panic => entry("panic", 1, Statement),
        Builtin::Print => variadic("print", 0, Statement),
        Builtin::Println => variadic("println", 0, Statement),
        Builtin::Real => entry("real", 1, Expression),
        Builtin::Recover => entry("recover", 0, Statement),
        Builtin::UnsafeAdd => entry("Add", 2, Expression),
        Builtin::UnsafeAlignof => entry("Alignof", 1, Expression),
        Builtin::UnsafeOffsetof => Entry { evaluates: true, ..entry("Offsetof", 1, Expression) },
        Builtin::UnsafeSizeof => entry("Sizeof", 1, Expression),
        Builtin::UnsafeSlice => entry("Slice", 2, Expression),
        Builtin::UnsafeSliceData => entry("SliceData", 1, Expression),
        Builtin::UnsafeString => entry("String", 2, Expression),
        Builtin::UnsafeStringData => entry("StringData", 1, Expression),
        Builtin::Assert => entry("assert", 1, Statement),
        Builtin::Trace => Entry { evaluates: true, ..variadic("trace", 0, Expression) },
    }
}

/// What role a call of the function may play as a statement.
pub(crate) fn statement_kind(builtin: Builtin) -> ExprKind {
    table(builtin).kind
}

/// The name of a predeclared function, without its package.
pub(crate) fn name(builtin: Builtin) -> &'static str {
    table(builtin).name
}

impl Checker<'_> {
    /// Checks the call of a predeclared function.
    pub(crate) fn builtin(&mut self, call: Call, builtin: Builtin) -> Option<Operand> {
        let entry = table(builtin);
        let exprs = &self.file()[call.args];
        if call.has_dots && builtin != Builtin::Append {
            let message = format!("{INVALID_OP}invalid use of ... with built-in {}", entry.name);
            self.error(self.at(call.expr), Code::InvalidDotDotDot, message);
            self.use_exprs(exprs);
            return None;
        }
        // The length of an array is constant unless the argument calls or receives something.
        let outer = self.env.has_call_or_receive;
        if matches!(builtin, Builtin::Len | Builtin::Cap) {
            self.env.has_call_or_receive = false;
        }
        let args = if entry.evaluates { Vec::new() } else { self.expr_list(exprs) };
        let result = if args.iter().all(Operand::is_valid) {
            let n_args = if entry.evaluates { exprs.len() } else { args.len() };
            self.builtin_with(call, builtin, &entry, n_args, args)
        } else {
            None
        };
        if matches!(builtin, Builtin::Len | Builtin::Cap) {
            self.env.has_call_or_receive = outer;
        }
        result
    }

    fn builtin_with(
        &mut self,
        call: Call,
        builtin: Builtin,
        entry: &Entry,
        n_args: usize,
        args: Vec<Operand>,
    ) -> Option<Operand> {
        let quantity = if n_args < entry.n_args {
            "not enough"
        } else if n_args > entry.n_args && !entry.is_variadic {
            "too many"
        } else {
            return self.dispatch(call, builtin, args);
        };
        let text = self.expr_text(call.expr);
        let message = format!(
            "{INVALID_OP}{quantity} arguments for {text} (expected {}, found {n_args})",
            entry.n_args
        );
        self.error(self.at(call.expr), Code::WrongArgCount, message);
        None
    }

    fn dispatch(&mut self, call: Call, builtin: Builtin, mut args: Vec<Operand>) -> Option<Operand> {
        let args = args.as_mut_slice();
        match builtin {
            Builtin::Append => self.builtin_append(call, args),
            Builtin::Cap | Builtin::Len => self.builtin_len(call, builtin, args),
            Builtin::Clear => self.builtin_clear(call, args),
            Builtin::Close => self.builtin_close(call, args),
            Builtin::Complex => self.builtin_complex(call, args),
            Builtin::Copy => self.builtin_copy(call, args),
            Builtin::Delete => self.builtin_delete(call, args),
            Builtin::Imag | Builtin::Real => self.builtin_part(call, builtin, args),
            Builtin::Make => self.builtin_make(call),
            Builtin::Max | Builtin::Min => self.builtin_extremum(call, builtin, args),
            Builtin::New => self.builtin_new(call),
            Builtin::Panic => self.builtin_panic(call, args),
            Builtin::Print | Builtin::Println => self.builtin_print(call, builtin, args),
            Builtin::Recover => Some(self.builtin_recover(call)),
            Builtin::UnsafeAdd => self.unsafe_add(call, args),
            Builtin::UnsafeAlignof => self.unsafe_alignof(call, args),
            Builtin::UnsafeOffsetof => self.unsafe_offsetof(call),
            Builtin::UnsafeSizeof => self.unsafe_sizeof(call, args),
            Builtin::UnsafeSlice => self.unsafe_slice(call, args),
            Builtin::UnsafeSliceData => self.unsafe_slice_data(call, args),
            Builtin::UnsafeString => self.unsafe_string(call, args),
            Builtin::UnsafeStringData => self.unsafe_string_data(call, args),
            Builtin::Assert => self.builtin_assert(call, args),
            Builtin::Trace => self.builtin_trace(call),
        }
    }

    /// The result of a call that computes a value, with its signature recorded.
    fn computed(&mut self, call: Call, params: &[TypeId], result: TypeId) -> Operand {
        self.record_builtin(call.fun, params, Some(result), false);
        Operand::new(Mode::Value, result, call.expr)
    }

    /// The result of a call without a value, with its signature recorded.
    fn done(&mut self, call: Call, params: &[TypeId]) -> Operand {
        self.record_builtin(call.fun, params, None, false);
        Operand::new(Mode::NoValue, TypeId::INVALID, call.expr)
    }
}
