//! Instantiating generic functions. Spec: "Instantiations".

use base::{Pos, Span};
use diag::Code;
use syntax::{ExprId, ExprKind};
use types::{Param, Signature, Substitution, Type, TypeId};

use crate::{
    GoVersion,
    checker::Checker,
    expr::FuncTarget,
    infer::Inference,
    operand::{Mode, Operand, Source},
};

/// Type arguments as they are written.
#[derive(Debug, Default)]
pub(crate) struct WrittenTypeArgs {
    pub(crate) args: Vec<TypeId>,
    pub(crate) exprs: Vec<ExprId>,
}

/// A type argument was in error, or there are too many; that was reported.
pub(crate) struct InvalidTypeArgs;

impl<'a> Checker<'a> {
    /// The type arguments of the index expression `instance` for a function of type `signature`.
    pub(super) fn written_type_args(
        &mut self,
        instance: Option<ExprId>,
        signature: TypeId,
    ) -> Result<Option<WrittenTypeArgs>, InvalidTypeArgs> {
        let Some(instance) = instance else { return Ok(None) };
        let file = self.file();
        let ExprKind::Index { indices, .. } = file[instance].kind else { return Ok(None) };
        let exprs = file[indices].to_vec();
        let args: Vec<TypeId> = exprs.iter().map(|&expr| self.var_type(expr)).collect();
        if args.iter().any(|&arg| !self.types.is_valid(arg)) {
            return Err(InvalidTypeArgs);
        }
        let (n_have, n_want) = (args.len(), self.n_type_params(signature));
        if n_have > n_want {
            let message = format!("got {n_have} type arguments but want {n_want}");
            self.error(self.at(exprs[n_want]), Code::WrongTypeArgCount, message);
            return Err(InvalidTypeArgs);
        }
        Ok(Some(WrittenTypeArgs { args, exprs }))
    }

    /// Instantiates the generic function `x`, with the type arguments of the index expression `instance` and those that
    /// follow from `target`.
    pub(crate) fn instantiate_function(
        &mut self,
        target: Option<&FuncTarget>,
        pos: Pos,
        x: &mut Operand,
        instance: Option<ExprId>,
    ) {
        let Some(written) = self.begin_instance(pos, x, instance) else { return };
        let signature = x.ty;
        let args = if written.args.len() == self.n_type_params(signature) {
            written.args
        } else {
            match self.infer_from_target(target, pos, x, instance, &written.args) {
                Some(args) => args,
                None => return x.invalidate(),
            }
        };
        x.ty = self.instantiate_signature(self.token_pos(x), &x.source, signature, &args, &written.exprs);
        x.mode = Mode::Value;
    }

    /// As [`Checker::instantiate_function`] if all type arguments are written; otherwise returns those that are, for the
    /// call that `x` is an argument of.
    pub(super) fn instantiate_or_postpone(
        &mut self,
        x: &mut Operand,
        instance: ExprId,
    ) -> Option<Vec<TypeId>> {
        let pos = self.file()[instance].pos;
        let written = self.begin_instance(pos, x, Some(instance))?;
        if written.args.len() < self.n_type_params(x.ty) {
            return Some(written.args);
        }
        x.ty = self.instantiate_signature(pos, &x.source, x.ty, &written.args, &written.exprs);
        x.mode = Mode::Value;
        None
    }

    fn begin_instance(
        &mut self,
        pos: Pos,
        x: &mut Operand,
        instance: Option<ExprId>,
    ) -> Option<WrittenTypeArgs> {
        if let Some(instance) = instance {
            x.source = instance.into();
        }
        self.require(Span::at(pos), GoVersion::new(18), "function instantiation");
        match self.written_type_args(instance, x.ty) {
            Ok(written) => Some(written.unwrap_or_default()),
            Err(InvalidTypeArgs) => {
                x.invalidate();
                None
            }
        }
    }

    /// Treats the assignment of a generic function like a call of a function that takes such a function, with a value
    /// of the type wanted as argument.
    fn infer_from_target(
        &mut self,
        target: Option<&FuncTarget>,
        pos: Pos,
        x: &Operand,
        instance: Option<ExprId>,
        written: &[TypeId],
    ) -> Option<Vec<TypeId>> {
        let Type::Signature(generic) = self.types.get(x.ty) else { return None };
        let fresh = self.rename_type_params(&generic.type_params);
        let mut params = Vec::new();
        let mut args = Vec::new();
        if let Some(target) = target {
            let partially = if instance.is_some() { "partially" } else { "implicitly" };
            if self.allows(GoVersion::new(18)) {
                let what = format!("{partially} instantiated function in assignment");
                self.require(Span::at(pos), GoVersion::new(21), &what);
            }
            let param = self.types.instantiate_signature(x.ty, &fresh);
            params.push(Param { name: base::sym::EMPTY, ty: param });
            let source = Source::Described(self.token_pos(x), target.description.as_str().into());
            args.push(Operand::new(Mode::Value, target.signature, source));
        }
        let type_args: Vec<Option<TypeId>> = written.iter().copied().map(Some).collect();
        let inference = Inference {
            pos,
            type_params: &fresh,
            type_args: &type_args,
            params: &params,
            args: &args,
            reverse: target.is_some(),
        };
        match self.infer(&inference) {
            Ok(args) => Some(args),
            Err(error) => {
                if let Some(error) = error {
                    self.report(error);
                }
                None
            }
        }
    }

    /// The function type `signature` with these type arguments, which are checked against the constraints later.
    /// `exprs` are the arguments that are written.
    pub(crate) fn instantiate_signature(
        &mut self,
        pos: Pos,
        source: &Source,
        signature: TypeId,
        args: &[TypeId],
        exprs: &[ExprId],
    ) -> TypeId {
        let Type::Signature(generic) = self.types.get(signature) else { return TypeId::INVALID };
        let instance = self.types.instantiate_signature(signature, args);
        if let Source::Expr(expr) = *source {
            self.record_instance(expr, args, instance);
        }
        let params = &generic.type_params;
        let places: Vec<Pos> = exprs.iter().map(|&expr| self.file().start_of(expr)).collect();
        let args = args.to_vec();
        self.later(move |check| match check.verify(params, &args) {
            Ok(()) => check.record_instantiation(pos, params, &args, &places),
            Err((index, cause)) => {
                let at = places.get(index).copied().unwrap_or(pos);
                check.error(Span::at(at), Code::InvalidTypeArg, cause);
            }
        });
        instance
    }

    /// A generic function type with fresh type parameters.
    pub(super) fn with_fresh_params(&mut self, signature: TypeId) -> (TypeId, Vec<TypeId>) {
        let Type::Signature(generic) = self.types.get(signature) else { return (signature, Vec::new()) };
        let fresh = self.rename_type_params(&generic.type_params);
        let Type::Signature(renamed) = self.types.get(self.types.instantiate_signature(signature, &fresh))
        else {
            unreachable!("an instance of a function type is a function type")
        };
        let renamed = Signature {
            type_params: fresh.clone().into(),
            params: renamed.params.clone(),
            results: renamed.results.clone(),
            variadic: renamed.variadic,
        };
        (self.types.signature(renamed), fresh)
    }

    /// Parameters with type parameters replaced.
    pub(super) fn substitute_params(&self, params: &[Param], from: &[TypeId], to: &[TypeId]) -> Vec<Param> {
        let substitution = Substitution::new(from, to);
        params
            .iter()
            .map(|&param| Param { ty: self.types.substitute(param.ty, &substitution), ..param })
            .collect()
    }
}
