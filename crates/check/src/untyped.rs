//! Untyped values: how they get a type from where they are used.
//!
//! **Terms.** An expression is *untyped* until something asks for a type: an assignment, a typed operand, or nothing at
//! all, which gives the default type. Until then it is listed in [`Checker::untyped`]; when its type becomes known,
//! [`Checker::update_expr_type`] walks down to its operands and settles them too. This is what makes
//! `var f float64 = 1 << s` an error: the type arrives at the `1` only after the shift was checked.

use constant::{Target, Value};
use diag::Code;
use syntax::{ExprId, ExprKind};
use types::{Basic, BasicInfo, Type, TypeId};

use crate::{
    checker::Checker,
    message::INVALID_OP,
    operand::{Mode, Operand},
};

/// An expression that does not have its final type yet.
#[derive(Clone, Debug)]
pub(crate) struct Untyped {
    /// Whether it is the left operand of a shift whose right operand is not constant: its type must be an integer.
    pub(crate) is_shift_lhs: bool,
    pub(crate) mode: Mode,
    pub(crate) ty: TypeId,
}

/// The type that an untyped operand gets, and its value in that type if that changed.
pub(crate) struct Implicit {
    pub(crate) ty: TypeId,
    pub(crate) value: Option<Value>,
}

/// Why an operand cannot be converted implicitly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unrepresentable {
    Truncated,
    Overflow,
    Other,
}

impl Unrepresentable {
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Truncated => Code::TruncatedFloat,
            Self::Overflow => Code::NumericOverflow,
            Self::Other => Code::InvalidUntypedConversion,
        }
    }
}

/// The limits that a basic type sets to constants; `None` for types without constants.
pub(crate) fn constant_target(basic: Basic) -> Option<Target> {
    Some(match basic {
        Basic::Bool | Basic::UntypedBool => Target::Bool,
        Basic::String | Basic::UntypedString => Target::String,
        Basic::Int8 => Target::Signed { n_bits: 8 },
        Basic::Int16 => Target::Signed { n_bits: 16 },
        Basic::Int32 | Basic::Rune => Target::Signed { n_bits: 32 },
        Basic::Int | Basic::Int64 => Target::Signed { n_bits: 64 },
        Basic::Uint8 | Basic::Byte => Target::Unsigned { n_bits: 8 },
        Basic::Uint16 => Target::Unsigned { n_bits: 16 },
        Basic::Uint32 => Target::Unsigned { n_bits: 32 },
        Basic::Uint | Basic::Uint64 | Basic::Uintptr => Target::Unsigned { n_bits: 64 },
        Basic::UntypedInt | Basic::UntypedRune => Target::UntypedInt,
        Basic::Float32 => Target::Float32,
        Basic::Float64 => Target::Float64,
        Basic::UntypedFloat => Target::UntypedFloat,
        Basic::Complex64 => Target::Complex64,
        Basic::Complex128 => Target::Complex128,
        Basic::UntypedComplex => Target::UntypedComplex,
        Basic::Invalid | Basic::UnsafePointer | Basic::UntypedNil => return None,
    })
}

/// `value` as `basic` represents it.
pub(crate) fn represent(value: &Value, basic: Basic) -> Option<Value> {
    if value.is_unknown() {
        return Some(Value::UNKNOWN);
    }
    value.represent(constant_target(basic)?)
}

/// Representing constants.
impl Checker<'_> {
    /// The value of a constant operand as `basic` represents it.
    pub(crate) fn representation(&self, x: &Operand, basic: Basic) -> Result<Value, Unrepresentable> {
        let value = x.value().expect("the caller has a constant");
        represent(value, basic).ok_or_else(|| {
            let is = |info| self.types.is_basic(x.ty, info);
            if !is(BasicInfo::NUMERIC) || !basic.info().intersects(BasicInfo::NUMERIC) {
                Unrepresentable::Other
            } else if !is(BasicInfo::INTEGER) && basic.info().intersects(BasicInfo::INTEGER) {
                Unrepresentable::Truncated
            } else {
                Unrepresentable::Overflow
            }
        })
    }

    /// Makes a constant operand a value of `basic`, or reports why it is none.
    pub(crate) fn represent_operand(&mut self, x: &mut Operand, basic: Basic, target: TypeId) {
        match self.representation(x, basic) {
            Ok(value) => x.mode = Mode::Constant(value),
            Err(why) => {
                let code = if why == Unrepresentable::Other { Code::InvalidConstVal } else { why.code() };
                self.invalid_conversion(x, target, why, code);
                x.invalidate();
            }
        }
    }

    fn invalid_conversion(&mut self, x: &Operand, target: TypeId, why: Unrepresentable, code: Code) {
        let (x_text, target) = (self.describe(x), self.ty(target));
        let message = match why {
            Unrepresentable::Truncated => format!("{x_text} truncated to {target}"),
            Unrepresentable::Overflow => format!("{x_text} overflows {target}"),
            Unrepresentable::Other => format!("cannot convert {x_text} to type {target}"),
        };
        self.error(self.at_operand(x), code, message);
    }
}

/// Conversions that happen without being written.
impl Checker<'_> {
    /// The type of `x` where a `target` is expected.
    pub(crate) fn implicit_type(&self, x: &Operand, target: TypeId) -> Result<Implicit, Unrepresentable> {
        let as_is = |ty| Ok(Implicit { ty, value: None });
        if !x.is_valid() || !self.types.is_untyped(x.ty) || !self.types.is_valid(target) {
            return as_is(x.ty);
        }
        if self.types.is_untyped(target) {
            return self.larger_untyped(x.ty, target).map_or(Err(Unrepresentable::Other), as_is);
        }
        if x.is_nil() {
            return if self.types.has_nil(target) { as_is(target) } else { Err(Unrepresentable::Other) };
        }
        match self.types.under(target) {
            Type::Basic(basic) => self.implicit_basic(x, target, *basic),
            Type::Interface(_) if self.types.is_type_param(target) => {
                let fits = self.types.all_underlying(target, |under| {
                    under.is_some_and(|under| self.implicit_type(x, under).is_ok())
                });
                if fits { as_is(target) } else { Err(Unrepresentable::Other) }
            }
            // An interface holds concrete types, so the value gets its default one.
            Type::Interface(_) if self.types.type_set(self.types.underlying(target)).is_all() => {
                as_is(self.types.default_type(x.ty))
            }
            _ => Err(Unrepresentable::Other),
        }
    }

    fn implicit_basic(&self, x: &Operand, target: TypeId, basic: Basic) -> Result<Implicit, Unrepresentable> {
        if x.is_constant() {
            return self.representation(x, basic).map(|value| Implicit { ty: target, value: Some(value) });
        }
        // Untyped values that are not constant are comparisons and shifts that wait for their type.
        let needed = match x.ty {
            TypeId::UNTYPED_BOOL => BasicInfo::BOOLEAN,
            TypeId::UNTYPED_STRING => BasicInfo::STRING,
            TypeId::UNTYPED_NIL => return Err(Unrepresentable::Other),
            _ => BasicInfo::NUMERIC,
        };
        if basic.info().intersects(needed) {
            Ok(Implicit { ty: target, value: None })
        } else {
            Err(Unrepresentable::Other)
        }
    }

    /// The type that holds values of both untyped types. Of numbers: integer, rune, float, complex.
    pub(crate) fn larger_untyped(&self, x: TypeId, y: TypeId) -> Option<TypeId> {
        if x == y {
            return Some(x);
        }
        // The ids of the untyped types are in this order.
        let numeric = self.types.is_untyped_numeric(x) && self.types.is_untyped_numeric(y);
        numeric.then(|| x.max(y))
    }

    /// Gives an untyped operand the type that `target` asks for; reports when that cannot be.
    pub(crate) fn convert_untyped(&mut self, x: &mut Operand, target: TypeId) {
        match self.implicit_type(x, target) {
            Ok(implicit) => self.apply_implicit(x, implicit),
            Err(why) => {
                let shown =
                    if self.types.is_type_param(target) { target } else { self.types.underlying(target) };
                self.invalid_conversion(x, shown, why, why.code());
                x.invalidate();
            }
        }
    }

    /// Gives an operand the type that was found for it.
    pub(crate) fn apply_implicit(&mut self, x: &mut Operand, implicit: Implicit) {
        if let Some(value) = implicit.value {
            x.mode = Mode::Constant(value);
            if let Some(untyped) = x.expr().and_then(|expr| self.untyped[self.env.file].get_mut(&expr)) {
                untyped.mode = x.mode.clone();
            }
        }
        if implicit.ty != x.ty {
            x.ty = implicit.ty;
            if let Some(expr) = x.expr() {
                self.update_expr_type(expr, implicit.ty, false);
            }
        }
    }

    /// Converts untyped operands of a binary operation to each other's types.
    pub(crate) fn match_types(&mut self, x: &mut Operand, y: &mut Operand) {
        if !self.may_convert(x, y) {
            return;
        }
        self.convert_untyped(x, y.ty);
        if !x.is_valid() {
            return;
        }
        self.convert_untyped(y, x.ty);
        if !y.is_valid() {
            x.invalidate();
        }
    }

    /// Whether converting one of the operands could make their types equal. If not, the mismatch is the better error.
    fn may_convert(&self, x: &Operand, y: &Operand) -> bool {
        let types = self.types;
        let agree = |info| types.all_basic(x.ty, info) == types.all_basic(y.ty, info);
        if !types.is_untyped(x.ty) && !types.is_untyped(y.ty) {
            return false;
        }
        if !agree(BasicInfo::NUMERIC) {
            return false;
        }
        if types.is_interface_value(x.ty) || types.is_interface_value(y.ty) {
            return true;
        }
        if !agree(BasicInfo::BOOLEAN) || !agree(BasicInfo::STRING) {
            return false;
        }
        if x.is_nil() {
            return types.has_nil(y.ty);
        }
        if y.is_nil() {
            return types.has_nil(x.ty);
        }
        types.as_pointer(x.ty).is_none() && types.as_pointer(y.ty).is_none()
    }

    /// Settles the type of an untyped expression and of the operands that it takes its type from. While `ty` is itself
    /// untyped and not `is_final`, only remembers it.
    pub(crate) fn update_expr_type(&mut self, expr: ExprId, ty: TypeId, is_final: bool) {
        let Some(old) = self.untyped[self.env.file].get(&expr).cloned() else { return };
        let is_constant = matches!(old.mode, Mode::Constant(_));
        match self.file()[expr].kind {
            ExprKind::Paren(x) => self.update_expr_type(x, ty, is_final),
            // The operands of constants are never evaluated; they keep their untyped types.
            ExprKind::Unary { .. } | ExprKind::Binary { .. } if is_constant => {}
            ExprKind::Unary { x, .. } => self.update_expr_type(x, ty, is_final),
            // The operands of a comparison have their own types.
            ExprKind::Binary { op, .. } if op.is_comparison() => {}
            ExprKind::Binary { op, x, .. } if op.is_shift() => self.update_expr_type(x, ty, is_final),
            ExprKind::Binary { x, y, .. } => {
                self.update_expr_type(x, ty, is_final);
                self.update_expr_type(y, ty, is_final);
            }
            _ => {}
        }
        if !is_final && self.types.is_untyped(ty) {
            let ty = self.types.underlying(ty);
            if let Some(untyped) = self.untyped[self.env.file].get_mut(&expr) {
                untyped.ty = ty;
            }
            return;
        }
        self.untyped[self.env.file].remove(&expr);
        self.settle(expr, old, ty);
    }

    fn settle(&mut self, expr: ExprId, old: Untyped, ty: TypeId) {
        if old.is_shift_lhs && !self.types.all_basic(ty, BasicInfo::INTEGER) {
            let message = format!(
                "{INVALID_OP}shifted operand {} (type {}) must be integer",
                self.expr_text(expr),
                self.ty(ty)
            );
            self.error(self.at(expr), Code::InvalidShiftOperand, message);
            return;
        }
        let mut operand = Operand::new(old.mode, old.ty, expr);
        if operand.is_constant() {
            self.convert_untyped(&mut operand, ty);
            if !operand.is_valid() {
                return;
            }
        }
        self.record_expr(expr, &operand.mode, ty);
    }
}
