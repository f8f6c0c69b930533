//! Calls and conversions. Spec: "Calls", "Conversions", "Instantiations".

mod arguments;
mod function_instance;

use diag::Code;
use syntax::{ExprId, ExprKind as Syntax, List};
use types::{Builtin, Type, TypeId};

use crate::{
    GoVersion,
    checker::Checker,
    expr::Indexed,
    message::INVALID_OP,
    operand::{ExprKind, Mode, Operand},
};

/// A call in the source.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) expr: ExprId,
    pub(crate) fun: ExprId,
    pub(crate) args: List<ExprId>,
    pub(crate) has_dots: bool,
}

impl<'a> Checker<'a> {
    pub(crate) fn call_expr(&mut self, expr: ExprId) -> (Operand, ExprKind) {
        let Syntax::Call { fun, args, has_dots } = self.file()[expr].kind else {
            unreachable!("the dispatcher has seen a call")
        };
        let call = Call { expr, fun, args, has_dots };
        // A generic function is instantiated together with the check of its arguments, which tell type arguments too.
        let (x, instance) = match self.file()[fun].kind {
            Syntax::Index { .. } => {
                let (mut x, instance) = match self.index_expr(fun) {
                    Indexed::Operand(x) => (x, None),
                    Indexed::GenericFunction(x) => (x, Some(fun)),
                };
                x.source = fun.into();
                self.record(&x);
                (x, instance)
            }
            _ => (self.expr_or_type(fun, true), None),
        };
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(&self.file()[args]);
                (Operand::invalid(expr), ExprKind::Statement)
            }
            Mode::TypeExpr => (self.conversion_call(call, x), ExprKind::Conversion),
            Mode::Builtin(builtin) => self.builtin_call(call, builtin),
            _ => (self.function_call(call, x, instance), ExprKind::Statement),
        }
    }

    /// `T(x)`.
    fn conversion_call(&mut self, call: Call, mut type_operand: Operand) -> Operand {
        self.require_instantiated(None, &mut type_operand);
        let ty = type_operand.ty;
        if !type_operand.is_valid() || !self.is_complete(ty) {
            return Operand::invalid(call.expr);
        }
        let args = &self.file()[call.args];
        let mut x = match *args {
            [] => {
                let message = format!("missing argument in conversion to {}", self.ty(ty));
                // At the closing parenthesis there is nothing to see; Go reports the call.
                self.error(self.at(call.expr), Code::WrongArgCount, message);
                Operand::invalid(call.expr)
            }
            [arg] => self.convert_argument(call, arg, ty),
            [.., last] => {
                self.use_exprs(args);
                let message = format!("too many arguments in conversion to {}", self.ty(ty));
                self.error(self.at(last), Code::WrongArgCount, message);
                Operand::invalid(call.expr)
            }
        };
        x.source = call.expr.into();
        x
    }

    fn convert_argument(&mut self, call: Call, arg: ExprId, ty: TypeId) -> Operand {
        let target = self.func_target(Some(ty), |_| "conversion".to_owned());
        let mut x = self.expr(target.as_ref(), arg);
        if !x.is_valid() {
            return x;
        }
        if self.types.is_interface_value(ty)
            && !self.types.type_set(self.types.underlying(ty)).is_method_set()
        {
            let message = format!(
                "cannot use interface {} in conversion (contains specific type constraints or is comparable)",
                self.ty(ty)
            );
            self.error(self.at(call.expr), Code::MisplacedConstraintIface, message);
            x.invalidate();
        } else if call.has_dots {
            let message = format!("invalid use of ... in conversion to {}", self.ty(ty));
            self.error(self.at(arg), Code::BadDotDotDotSyntax, message);
            x.invalidate();
        } else {
            self.conversion(&mut x, ty);
        }
        x
    }

    fn builtin_call(&mut self, call: Call, builtin: Builtin) -> (Operand, ExprKind) {
        let mut x = self.builtin(call, builtin).unwrap_or_else(|| Operand::invalid(call.expr));
        x.source = call.expr.into();
        // What is not constant is computed by a call.
        if x.is_valid() && !x.is_constant() {
            self.env.has_call_or_receive = true;
        }
        (x, crate::builtins::statement_kind(builtin))
    }

    /// `f(args)` where `f` is a value.
    fn function_call(&mut self, call: Call, x: Operand, instance: Option<ExprId>) -> Operand {
        let common = self.common_under_if(x.ty, |specific| match specific {
            Some((t, under)) if !matches!(self.types.get(under), Type::Signature(_)) => {
                Err(format!("{} is not a function", self.ty(t)))
            }
            _ => Ok(()),
        });
        let signature = match common {
            Ok(signature) => signature,
            Err(cause) => {
                let message = format!("{INVALID_OP}cannot call {}: {cause}", self.describe(&x));
                self.error(self.at_operand(&x), Code::InvalidCall, message);
                self.use_exprs(&self.file()[call.args]);
                return Operand::invalid(call.expr);
            }
        };
        let was_generic = self.n_type_params(signature) > 0;
        let Ok(written) = self.written_type_args(instance, signature) else {
            self.use_exprs(&self.file()[call.args]);
            return Operand::invalid(call.expr);
        };
        let (signature, written) = match (instance, written) {
            // With all type arguments given, instantiate at once: what is recorded is right even if arguments are wrong.
            (Some(instance), Some(written)) if written.args.len() == self.n_type_params(signature) => {
                self.require(self.at_token(instance), GoVersion::new(18), "function instantiation");
                let pos = self.file()[instance].pos;
                let source = instance.into();
                (self.instantiate_signature(pos, &source, signature, &written.args, &written.exprs), None)
            }
            (_, written) => (signature, written),
        };
        let args = self.generic_expr_list(&self.file()[call.args]);
        let signature = self.arguments(call, signature, written.unwrap_or_default(), args);
        if was_generic && self.n_type_params(signature) == 0 {
            self.record_expr(call.fun, &Mode::Value, signature);
        }
        self.call_result(call, signature)
    }

    fn call_result(&mut self, call: Call, signature: TypeId) -> Operand {
        let Type::Signature(data) = self.types.get(signature) else {
            unreachable!("the callee is a function")
        };
        let x = match data.results.as_slice() {
            // Should somebody take it for a value, messages show the type of the function.
            [] => Operand::new(Mode::NoValue, signature, call.expr),
            [result] => {
                if !self.is_complete(result.ty) {
                    return Operand::invalid(call.expr);
                }
                Operand::new(Mode::Value, result.ty, call.expr)
            }
            results => {
                let results: Vec<TypeId> = results.iter().map(|result| result.ty).collect();
                Operand::new(Mode::Value, self.types.tuple(results), call.expr)
            }
        };
        self.env.has_call_or_receive = true;
        // Inference failed: a result that mentions the type parameters means nothing.
        if matches!(x.mode, Mode::Value)
            && !data.type_params.is_empty()
            && self.is_parameterized(&data.type_params, x.ty)
        {
            return Operand::invalid(call.expr);
        }
        x
    }

    /// How many type parameters a function type has.
    pub(crate) fn n_type_params(&self, signature: TypeId) -> usize {
        match self.types.get(signature) {
            Type::Signature(signature) => signature.type_params.len(),
            _ => 0,
        }
    }
}
