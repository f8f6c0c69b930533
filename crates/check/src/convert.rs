//! Conversions. Spec: "Conversions".

use constant::{Kind, Value};
use diag::Code;
use types::{Basic, BasicInfo, Type, TypeId};

use crate::{
    GoVersion,
    assignable::prepend,
    checker::Checker,
    operand::{Mode, Operand},
    untyped::represent,
};

impl Checker<'_> {
    /// `T(x)`, with the result in `x`.
    pub(crate) fn conversion(&mut self, x: &mut Operand, ty: TypeId) {
        let is_constant = x.is_constant();
        let is_constant_type = self.is(ty, BasicInfo::CONST);
        let mut cause = String::new();
        let valid = if is_constant && is_constant_type {
            match self.convert_constant(x, self.types.underlying(ty)) {
                Some(value) => {
                    x.mode = Mode::Constant(value);
                    true
                }
                // Between integers only the size can be wrong: say so in fewer words.
                None if self.is(x.ty, BasicInfo::INTEGER) && self.is(ty, BasicInfo::INTEGER) => {
                    let value = x.value().map_or_else(String::new, ToString::to_string);
                    let message = format!("constant {value} overflows {}", self.ty(ty));
                    self.error(self.at_operand(x), Code::InvalidConversion, message);
                    x.invalidate();
                    return;
                }
                None => false,
            }
        } else if is_constant && self.types.is_type_param(ty) {
            let valid = self.constant_converts_to_all(x, ty, &mut cause);
            x.mode = Mode::Value; // A type parameter has no constants.
            valid
        } else {
            let valid = self.convertible(x, ty, &mut cause);
            if valid {
                x.mode = Mode::Value;
            }
            valid
        };
        if !valid {
            let mut message = format!("cannot convert {} to type {}", self.describe(x), self.ty(ty));
            if !cause.is_empty() {
                message = format!("{message}: {cause}");
            }
            self.error(self.at_operand(x), Code::InvalidConversion, message);
            x.invalidate();
            return;
        }
        self.settle_converted(x, ty, is_constant, is_constant_type);
        x.ty = ty;
    }

    /// The argument of a conversion gets its final type from it.
    fn settle_converted(&mut self, x: &Operand, ty: TypeId, was_constant: bool, is_constant_type: bool) {
        if !self.types.is_untyped(x.ty) {
            return;
        }
        let settled = if x.ty == TypeId::UNTYPED_NIL {
            ty
        } else if self.types.is_interface_value(ty) || was_constant && !is_constant_type {
            // The constant in []byte("foo") is a string.
            self.types.default_type(x.ty)
        } else if x.is_constant() && self.is(x.ty, BasicInfo::INTEGER) && self.all(ty, BasicInfo::STRING) {
            x.ty
        } else {
            ty
        };
        if let Some(expr) = x.expr() {
            self.update_expr_type(expr, settled, true);
        }
    }

    /// The value of a constant converted to a basic type.
    fn convert_constant(&self, x: &Operand, target: TypeId) -> Option<Value> {
        let Type::Basic(basic) = *self.types.get(target) else { return None };
        let value = x.value()?;
        if let Some(converted) = represent(value, basic) {
            return Some(converted);
        }
        if !self.is(x.ty, BasicInfo::INTEGER) || !basic.info().intersects(BasicInfo::STRING) {
            return None;
        }
        // Spec: "Values outside the range of valid Unicode code points are converted to "\uFFFD"."
        let code = if value.kind() == Kind::Int { value.as_u64() } else { None };
        let code = code.and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
        Some(Value::string(code.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4])))
    }

    /// Whether a constant converts to each type of a type parameter's type set.
    fn constant_converts_to_all(&self, x: &Operand, param: TypeId, cause: &mut String) -> bool {
        self.types.all_underlying(param, |under| {
            let Some(under) = under else {
                *cause = format!("{} does not contain specific types", self.ty(param));
                return false;
            };
            if self.is(x.ty, BasicInfo::STRING) && self.is_bytes_or_runes(under) {
                return true;
            }
            if self.convert_constant(x, under).is_some() {
                return true;
            }
            let (under_text, param) = (self.ty(under), self.ty(param));
            *cause = if self.is(x.ty, BasicInfo::INTEGER) && self.is(under, BasicInfo::INTEGER) {
                let value = x.value().map_or_else(String::new, ToString::to_string);
                format!("constant {value} overflows {under_text} (in {param})")
            } else {
                format!("cannot convert {} to type {under_text} (in {param})", self.describe(x))
            };
            false
        })
    }

    /// Whether a value converts to `ty`.
    fn convertible(&mut self, x: &Operand, ty: TypeId, cause: &mut String) -> bool {
        if self.assignable(x, ty, Some(cause)).is_ok() {
            return true;
        }
        let types = self.types;
        let (v, t) = (types.unalias(x.ty), types.unalias(ty));
        let (v_param, t_param) = (types.is_type_param(v), types.is_type_param(t));
        if !v_param && !t_param && types.identical_ignoring_tags(types.underlying(v), types.underlying(t)) {
            return true;
        }
        if let (&Type::Pointer(from), &Type::Pointer(to)) = (types.get(v), types.get(t))
            && types.identical_ignoring_tags(types.underlying(from), types.underlying(to))
            && !types.is_type_param(from)
            && !types.is_type_param(to)
        {
            return true;
        }
        if self.converts_basic(v, t) {
            return true;
        }
        if let Some(allowed) = self.slice_to_array(v, t, cause) {
            return allowed;
        }
        match (v_param, t_param) {
            (false, false) => false,
            (true, true) => self.all_convert_to_all(x, v, t, cause),
            (true, false) => self.all_convert(x, v, ty, cause),
            (false, true) => self.converts_to_all(x, t, cause),
        }
    }

    /// Conversions between numbers, between strings and slices, and those of package unsafe.
    fn converts_basic(&self, v: TypeId, t: TypeId) -> bool {
        let both = |info| self.is(v, info) && self.is(t, info);
        let is_pointer_like = |ty| self.types.as_pointer(ty).is_some() || self.is_kind(ty, Basic::Uintptr);
        let is_unsafe = |ty| self.is_kind(ty, Basic::UnsafePointer);
        both(BasicInfo::REAL)
            || both(BasicInfo::COMPLEX)
            || (self.is(v, BasicInfo::INTEGER) || self.is_bytes_or_runes(v)) && self.is(t, BasicInfo::STRING)
            || self.is(v, BasicInfo::STRING) && self.is_bytes_or_runes(t)
            || is_pointer_like(v) && is_unsafe(t)
            || is_unsafe(v) && is_pointer_like(t)
    }

    fn is_kind(&self, ty: TypeId, basic: Basic) -> bool {
        self.types.as_basic(ty) == Some(basic)
    }

    fn is_bytes_or_runes(&self, ty: TypeId) -> bool {
        let Type::Slice(elem) = self.types.under(ty) else { return false };
        matches!(self.types.as_basic(*elem), Some(Basic::Uint8 | Basic::Byte | Basic::Int32 | Basic::Rune))
    }

    /// Whether a slice converts to an array or to a pointer to one; `None` if it is not about these.
    fn slice_to_array(&self, v: TypeId, t: TypeId, cause: &mut String) -> Option<bool> {
        let &Type::Slice(from) = self.types.under(v) else { return None };
        let (array, since, what) = match *self.types.under(t) {
            Type::Array { .. } => (t, GoVersion::new(20), "array"),
            Type::Pointer(base) => (base, GoVersion::new(17), "array pointer"),
            _ => return None,
        };
        let &Type::Array { elem: to, .. } = self.types.under(array) else { return None };
        if !self.types.identical(from, to) {
            return None;
        }
        let allowed = self.allows(since);
        if !allowed {
            *cause = format!("conversion of slice to {what} requires {since} or later");
        }
        Some(allowed)
    }

    fn all_convert_to_all(
        &mut self,
        x: &Operand,
        v_param: TypeId,
        t_param: TypeId,
        cause: &mut String,
    ) -> bool {
        let mut x = x.clone();
        for v in self.specific(v_param) {
            let Some((v, _)) = v else { return false };
            x.ty = v;
            for t in self.specific(t_param) {
                let Some((t, _)) = t else { return false };
                if !self.convertible(&x, t, cause) {
                    prepend(Some(cause), || {
                        let (v, v_param) = (self.ty(v), self.ty(v_param));
                        let (t, t_param) = (self.ty(t), self.ty(t_param));
                        format!("cannot convert {v} (in {v_param}) to type {t} (in {t_param})")
                    });
                    return false;
                }
            }
        }
        true
    }

    fn all_convert(&mut self, x: &Operand, v_param: TypeId, ty: TypeId, cause: &mut String) -> bool {
        let mut x = x.clone();
        for v in self.specific(v_param) {
            let Some((v, _)) = v else { return false };
            x.ty = v;
            if !self.convertible(&x, ty, cause) {
                prepend(Some(cause), || {
                    format!("cannot convert {} (in {}) to type {}", self.ty(v), self.ty(v_param), self.ty(ty))
                });
                return false;
            }
        }
        true
    }

    fn converts_to_all(&mut self, x: &Operand, t_param: TypeId, cause: &mut String) -> bool {
        for t in self.specific(t_param) {
            let Some((t, _)) = t else { return false };
            if !self.convertible(x, t, cause) {
                prepend(Some(cause), || {
                    format!(
                        "cannot convert {} to type {} (in {})",
                        self.ty(x.ty),
                        self.ty(t),
                        self.ty(t_param)
                    )
                });
                return false;
            }
        }
        true
    }
}
