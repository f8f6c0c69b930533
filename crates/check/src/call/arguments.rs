//! The arguments of a call. Spec: "Calls", "Passing arguments to ... parameters", "Type inference".

use base::{Pos, Span};
use diag::{Code, Diagnostic};
use syntax::{ExprId, ExprKind};
use types::{Param, Signature, Type, TypeId};

use crate::{
    GoVersion,
    call::{Call, function_instance::WrittenTypeArgs},
    checker::Checker,
    expr::Indexed,
    infer::Inference,
    message::Dots,
    operand::{Mode, Operand},
};

/// Evaluated arguments.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) operands: Vec<Operand>,
    /// The type arguments that are written for an argument that is a generic function; empty for all others.
    partial: Vec<Vec<TypeId>>,
}

impl From<Vec<Operand>> for Arguments {
    fn from(operands: Vec<Operand>) -> Self {
        let partial = vec![Vec::new(); operands.len()];
        Self { operands, partial }
    }
}

impl<'a> Checker<'a> {
    /// Checks expressions. A single one may have several values.
    pub(crate) fn expr_list(&mut self, exprs: &[ExprId]) -> Vec<Operand> {
        match *exprs {
            [single] => self.multi_expr(single, false).0,
            _ => exprs.iter().map(|&expr| self.expr(None, expr)).collect(),
        }
    }

    /// As [`Checker::expr_list`], but values may be generic functions whose type arguments the call tells.
    pub(super) fn generic_expr_list(&mut self, exprs: &[ExprId]) -> Arguments {
        // Before Go 1.21 a call told nothing about them.
        let postpone = self.allows(GoVersion::new(21));
        if let [single] = *exprs
            && !matches!(self.file()[single].kind, ExprKind::Index { .. })
        {
            return self.generic_multi_expr(single);
        }
        let mut arguments = Arguments::default();
        for &expr in exprs {
            let (operand, partial) = self.generic_argument(expr, postpone);
            // An index expression is never a call, but what it indexes may still be in error.
            arguments.operands.push(operand);
            arguments.partial.push(partial);
        }
        arguments
    }

    fn generic_multi_expr(&mut self, expr: ExprId) -> Arguments {
        let (mut x, _) = self.raw_expr(None, expr, None, true);
        self.exclude_all_but_values(&mut x);
        match self.types.get(x.ty) {
            Type::Tuple(elems) if x.is_valid() => {
                let results = elems.iter().map(|&ty| Operand::new(Mode::Value, ty, expr));
                results.collect::<Vec<_>>().into()
            }
            _ => vec![x].into(),
        }
    }

    fn generic_argument(&mut self, expr: ExprId, postpone: bool) -> (Operand, Vec<TypeId>) {
        if !matches!(self.file()[expr].kind, ExprKind::Index { .. }) {
            return (self.generic_expr(expr, None), Vec::new());
        }
        match self.index_expr(expr) {
            Indexed::Operand(mut x) => {
                x.source = expr.into();
                self.record(&x);
                self.exclude_all_but_values(&mut x);
                self.require_single(&mut x);
                (x, Vec::new())
            }
            Indexed::GenericFunction(mut x) => {
                let partial = if postpone {
                    self.instantiate_or_postpone(&mut x, expr)
                } else {
                    let pos = self.file()[expr].pos;
                    self.instantiate_function(None, pos, &mut x, Some(expr));
                    None
                };
                if partial.is_none() {
                    self.record(&x);
                }
                (x, partial.unwrap_or_default())
            }
        }
    }

    /// Checks the arguments of a call against a function type and returns that, instantiated if it was generic. In case
    /// of an error the type is returned as it came.
    pub(crate) fn arguments(
        &mut self,
        call: Call,
        signature: TypeId,
        written: WrittenTypeArgs,
        mut args: Arguments,
    ) -> TypeId {
        let Type::Signature(data) = self.types.get(signature) else { return signature };
        let Some(params) = self.match_params(call, data, &args.operands) else { return signature };
        let Some(inferred) = self.infer_arguments(call, signature, data, params, written, &mut args) else {
            return signature;
        };
        if !args.operands.is_empty() {
            let context = format!("argument to {}", self.expr_text(call.fun));
            for (x, param) in args.operands.iter_mut().zip(&inferred.params) {
                self.assignment(x, Some(param.ty), &context);
            }
        }
        inferred.signature
    }

    /// One parameter for each argument, those of `...T` included; reports when the numbers do not fit.
    fn match_params(&mut self, call: Call, signature: &Signature, args: &[Operand]) -> Option<Vec<Param>> {
        let mut params = signature.params.to_vec();
        if !signature.variadic && call.has_dots {
            let message = format!("cannot use ... in call to non-variadic {}", self.expr_text(call.fun));
            self.error(self.at(call.expr), Code::NonVariadicDotDotDot, message);
            return None;
        }
        let mut n_wanted = params.len();
        if signature.variadic && call.has_dots {
            if let [only] = self.file()[call.args]
                && args.len() > 1
            {
                let message = format!("cannot use ... with {}-valued {}", args.len(), self.expr_text(only));
                self.error(self.at(call.expr), Code::InvalidDotDotDot, message);
                return None;
            }
        } else if signature.variadic {
            let Some(last) = params.pop() else { unreachable!("a variadic function has a parameter") };
            let &Type::Slice(elem) = self.types.get(last.ty) else { unreachable!("`...T` is a slice") };
            while params.len() < args.len() {
                params.push(Param { ty: elem, ..last });
            }
            n_wanted = params.len();
        }
        if args.len() != n_wanted {
            self.report_argument_count(call, signature, args, n_wanted);
            return None;
        }
        Some(params)
    }

    fn report_argument_count(
        &mut self,
        call: Call,
        signature: &Signature,
        args: &[Operand],
        n_wanted: usize,
    ) {
        let (at, quantity) = match args.last() {
            _ if args.len() > n_wanted => (self.at_operand(&args[n_wanted]), "too many"),
            Some(last) => (self.at_operand(last), "not enough"),
            None => (self.at(call.expr), "not enough"),
        };
        let have: Vec<TypeId> = args.iter().map(|arg| arg.ty).collect();
        let want: Vec<TypeId> = signature.params.iter().map(|param| param.ty).collect();
        let have = self.types_summary(&have, if call.has_dots { Dots::Argument } else { Dots::None });
        let want = self.types_summary(&want, if signature.variadic { Dots::Parameter } else { Dots::None });
        let message = format!("{quantity} arguments in call to {}", self.expr_text(call.fun));
        self.report(
            Diagnostic::error(Code::WrongArgCount, at, message)
                .with_note(Span::at(Pos::NONE), format!("have {have}"))
                .with_note(Span::at(Pos::NONE), format!("want {want}")),
        );
    }

    /// Finds the type arguments of the callee and of arguments that are generic functions, all at once.
    fn infer_arguments(
        &mut self,
        call: Call,
        signature: TypeId,
        data: &Signature,
        params: Vec<Param>,
        written: WrittenTypeArgs,
        args: &mut Arguments,
    ) -> Option<Inferred> {
        let n_callee = data.type_params.len();
        let mut type_args: Vec<Option<TypeId>> = written.args.iter().copied().map(Some).collect();
        let mut type_params = Vec::new();
        let mut infer_params = params.clone();
        if n_callee > 0 {
            self.require_generic_calls(call);
            type_params = self.rename_type_params(&data.type_params);
            infer_params = self.substitute_params(&params, &data.type_params, &type_params);
            type_args.resize(n_callee, None);
        }
        let generic_args = self.add_generic_arguments(args, &mut type_params, &mut type_args);
        if type_params.is_empty() {
            return Some(Inferred { signature, params });
        }
        let pos = self.file()[call.expr].pos;
        let inference = Inference {
            pos,
            type_params: &type_params,
            type_args: &type_args,
            params: &infer_params,
            args: &args.operands,
            reverse: false,
        };
        let solved = match self.infer(&inference) {
            Ok(solved) => solved,
            Err(error) => {
                if let Some(error) = error {
                    let message = format!("in call to {}, {}", self.expr_text(call.fun), error.message);
                    self.error(error.span, Code::CannotInferTypeArgs, message);
                }
                return None;
            }
        };
        let mut inferred = Inferred { signature, params };
        if n_callee > 0 {
            let callee_args = &solved[..n_callee];
            let source = call.fun.into();
            inferred.signature =
                self.instantiate_signature(pos, &source, signature, callee_args, &written.exprs);
            inferred.params = self.substitute_params(&inferred.params, &data.type_params, callee_args);
        }
        let mut rest = &solved[n_callee..];
        for index in generic_args {
            let x = &mut args.operands[index];
            let (own, others) = rest.split_at(self.n_type_params(x.ty));
            x.ty = self.instantiate_signature(pos, &x.source, x.ty, own, &[]);
            self.record(x);
            rest = others;
        }
        Some(inferred)
    }

    fn require_generic_calls(&mut self, call: Call) {
        let version = GoVersion::new(18);
        if self.allows(version) {
            return;
        }
        match self.file()[call.fun].kind {
            ExprKind::Index { .. } => {
                self.version_error(self.at(call.fun), version, "function instantiation")
            }
            _ => self.version_error(self.at(call.expr), version, "implicit function instantiation"),
        }
    }

    /// Adds the type parameters of arguments that are generic functions to those to be solved for, each argument's under
    /// fresh names; returns the places of these arguments.
    fn add_generic_arguments(
        &mut self,
        args: &mut Arguments,
        type_params: &mut Vec<TypeId>,
        type_args: &mut Vec<Option<TypeId>>,
    ) -> Vec<usize> {
        let mut places = Vec::new();
        for (index, x) in args.operands.iter_mut().enumerate() {
            if !x.is_valid() || self.n_type_params(x.ty) == 0 {
                continue;
            }
            let (renamed, fresh) = self.with_fresh_params(x.ty);
            x.ty = renamed;
            type_params.extend(fresh);
            type_args.extend(args.partial[index].iter().copied().map(Some));
            type_args.resize(type_params.len(), None);
            places.push(index);
        }
        if let Some(&first) = places.first() {
            let at = self.at_operand(&args.operands[first]);
            self.require(at, GoVersion::new(21), "implicitly instantiated function as argument");
        }
        places
    }
}

/// A function type with one parameter for each argument.
struct Inferred {
    signature: TypeId,
    params: Vec<Param>,
}
