//! Assignability. Spec: "Assignability".

use diag::Code;
use types::{ChanDir, Type, TypeId};

use crate::{checker::Checker, operand::Operand};

impl Checker<'_> {
    /// Whether `x` can be assigned to a variable of type `ty`. If not, the kind of error, and the reason in `cause` if
    /// there is more to say.
    pub(crate) fn assignable(
        &mut self,
        x: &Operand,
        ty: TypeId,
        cause: Option<&mut String>,
    ) -> Result<(), Code> {
        let types = self.types;
        if !x.is_valid() || !types.is_valid(ty) || types.identical(x.ty, ty) {
            return Ok(());
        }
        if types.is_untyped(x.ty) {
            return self.untyped_assignable(x, ty);
        }
        let (v, t) = (types.unalias(x.ty), types.unalias(ty));
        let (v_param, t_param) = (types.is_type_param(v), types.is_type_param(t));
        let one_is_unnamed = !types.has_name(v) || !types.has_name(t);
        let (under_v, under_t) = (types.underlying(v), types.underlying(t));
        if types.identical(under_v, under_t) && one_is_unnamed && !v_param && !t_param {
            return Ok(());
        }
        let mut cause = cause;
        if (types.is_interface(under_t) && !t_param) || self.is_interface_pointer(under_t) {
            if self.implements(v, t, false, cause.as_deref_mut()) {
                return Ok(());
            }
            // The types of a type set may still be assignable.
            if !v_param {
                return Err(Code::InvalidIfaceAssign);
            }
            if let Some(cause) = &mut cause {
                cause.clear();
            }
        }
        if types.is_interface(under_v) && !v_param && self.implements(t, v, false, None) {
            if let Some(cause) = cause {
                *cause = "need type assertion".to_owned();
            }
            return Err(Code::IncompatibleAssign);
        }
        if let (&Type::Chan { dir: ChanDir::Both, elem: from }, &Type::Chan { elem: to, .. }) =
            (types.get(under_v), types.get(under_t))
            && types.identical(from, to)
        {
            return if one_is_unnamed { Ok(()) } else { Err(Code::InvalidChanAssign) };
        }
        if t_param && !types.has_name(v) {
            self.assignable_to_all(x, t, cause)
        } else if v_param && !types.has_name(t) {
            self.all_assignable(x, v, ty, cause)
        } else {
            Err(Code::IncompatibleAssign)
        }
    }

    /// As [`Checker::assignable`], for those who do not ask why.
    pub(crate) fn assignable_to(&mut self, x: &Operand, ty: TypeId) -> Result<(), Code> {
        self.assignable(x, ty, None)
    }

    fn untyped_assignable(&self, x: &Operand, ty: TypeId) -> Result<(), Code> {
        let fits = if self.types.is_type_param(ty) {
            self.specific(ty)
                .into_iter()
                .all(|specific| specific.is_some_and(|(t, _)| self.implicit_type(x, t).is_ok()))
        } else {
            self.implicit_type(x, ty).is_ok()
        };
        if fits { Ok(()) } else { Err(Code::IncompatibleAssign) }
    }

    /// `x`, whose type is not named, to a type parameter: it must be assignable to each type of the type set.
    fn assignable_to_all(
        &mut self,
        x: &Operand,
        param: TypeId,
        mut cause: Option<&mut String>,
    ) -> Result<(), Code> {
        for specific in self.specific(param) {
            let Some((t, _)) = specific else { return Err(Code::IncompatibleAssign) };
            if let Err(code) = self.assignable(x, t, cause.as_deref_mut()) {
                let reason =
                    || format!("cannot assign {} to {} (in {})", self.ty(x.ty), self.ty(t), self.ty(param));
                prepend(cause, reason);
                return Err(code);
            }
        }
        Ok(())
    }

    /// A value of a type parameter to a type that is not named: each type of the type set must be assignable.
    fn all_assignable(
        &mut self,
        x: &Operand,
        param: TypeId,
        ty: TypeId,
        mut cause: Option<&mut String>,
    ) -> Result<(), Code> {
        let mut x = x.clone();
        for specific in self.specific(param) {
            let Some((v, _)) = specific else { return Err(Code::IncompatibleAssign) };
            x.ty = v;
            if let Err(code) = self.assignable(&x, ty, cause.as_deref_mut()) {
                let reason =
                    || format!("cannot assign {} (in {}) to {}", self.ty(v), self.ty(param), self.ty(ty));
                prepend(cause, reason);
                return Err(code);
            }
        }
        Ok(())
    }
}

/// Puts a reason before the one that caused it.
pub(crate) fn prepend(cause: Option<&mut String>, reason: impl FnOnce() -> String) {
    if let Some(cause) = cause {
        let inner = std::mem::take(cause);
        *cause = reason();
        if !inner.is_empty() {
            cause.push_str("\n\t");
            cause.push_str(&inner);
        }
    }
}
