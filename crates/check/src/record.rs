//! Writing down what was found out.

use syntax::{ExprId, ExprKind, IdentId};
use types::{ObjectId, TypeId};

use crate::{
    ExprInfo, Instance, Mode as Recorded, Selection,
    checker::Checker,
    operand::{Mode, Operand},
    untyped::Untyped,
};

impl Mode {
    fn recorded(&self) -> Recorded {
        match self {
            Self::Invalid => Recorded::Invalid,
            Self::NoValue => Recorded::NoValue,
            Self::Builtin(_) => Recorded::Builtin,
            Self::TypeExpr => Recorded::Type,
            Self::Constant(_) => Recorded::Constant,
            Self::Variable => Recorded::Variable,
            Self::MapIndex => Recorded::MapIndex,
            Self::Value => Recorded::Value,
            Self::Nil => Recorded::Nil,
            Self::CommaOk => Recorded::CommaOk,
        }
    }
}

impl Checker<'_> {
    /// Records an operand for its expression; of an untyped one the type is recorded later, when it is known.
    pub(crate) fn record(&mut self, x: &Operand) {
        let Some(expr) = x.expr() else { return };
        if x.is_no_value() {
            self.record_expr(expr, &x.mode, self.types.tuple([]));
        } else if x.is_valid() && self.types.is_untyped(x.ty) {
            let untyped = Untyped { is_shift_lhs: false, mode: x.mode.clone(), ty: x.ty };
            self.untyped[self.env.file].insert(expr, untyped);
        } else {
            self.record_expr(expr, &x.mode, x.ty);
        }
    }

    /// Records the final mode and type of an expression.
    pub(crate) fn record_expr(&mut self, expr: ExprId, mode: &Mode, ty: TypeId) {
        let recorded = mode.recorded();
        if recorded == Recorded::Invalid {
            return;
        }
        let info = self.info();
        info.exprs[expr] = ExprInfo { mode: recorded, ty: Some(ty) };
        if let Mode::Constant(value) = mode {
            info.values.insert(expr, value.clone());
        }
    }

    /// Records a type expression.
    pub(crate) fn record_type(&mut self, expr: ExprId, ty: TypeId) {
        self.record_expr(expr, &Mode::TypeExpr, ty);
    }

    /// Records the signature of a predeclared function in one call.
    pub(crate) fn record_builtin(
        &mut self,
        mut fun: ExprId,
        params: &[TypeId],
        result: Option<TypeId>,
        variadic: bool,
    ) {
        let params: Vec<TypeId> = params.iter().map(|&ty| self.types.default_type(ty)).collect();
        let results: &[TypeId] = result.as_slice();
        let signature = self.types.func(&params, results, variadic);
        loop {
            self.info().exprs[fun] = ExprInfo { mode: Recorded::Builtin, ty: Some(signature) };
            match self.file()[fun].kind {
                ExprKind::Paren(x) => fun = x,
                _ => return,
            }
        }
    }

    /// Records that both values of a two-value expression are used.
    pub(crate) fn record_comma_ok(&mut self, mut expr: ExprId, value: TypeId, ok: TypeId) {
        let tuple = self.types.tuple([value, ok]);
        loop {
            self.info().exprs[expr].ty = Some(tuple);
            match self.file()[expr].kind {
                ExprKind::Paren(x) => expr = x,
                _ => return,
            }
        }
    }

    /// Records the object that an identifier declares or uses.
    pub(crate) fn record_object(&mut self, ident: IdentId, object: ObjectId) {
        self.info().idents[ident] = Some(object);
    }

    /// Records what a selector expression selects.
    pub(crate) fn record_selection(&mut self, expr: ExprId, selection: Selection) {
        self.info().selections.insert(expr, selection);
    }

    /// Records the type arguments of the function that `expr` names: an identifier, a selector, or an index expression
    /// of one.
    pub(crate) fn record_instance(&mut self, expr: ExprId, type_args: &[TypeId], ty: TypeId) {
        let file = self.file();
        let ident = match file[file.unparen(expr)].kind {
            ExprKind::Name(ident) => ident,
            ExprKind::Selector { sel, .. } => sel,
            ExprKind::Index { x, .. } => return self.record_instance(x, type_args, ty),
            _ => return,
        };
        self.info().instances.insert(ident, Instance { args: type_args.into(), ty });
    }

    /// Records the expressions that never got a type: they keep their untyped one.
    pub(crate) fn record_untyped(&mut self) {
        for file in 0..self.files.len() {
            self.env.file = file;
            #[expect(clippy::iter_over_hash_type, reason = "each entry goes to its own row")]
            for (expr, untyped) in std::mem::take(&mut self.untyped[file]) {
                self.record_expr(expr, &untyped.mode, untyped.ty);
            }
        }
    }
}
