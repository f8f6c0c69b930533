//! `complex`, `imag`, `real`, `max`, `min`.

use constant::{CompareOp, Value};
use diag::Code;
use types::{Basic, BasicInfo, Builtin, ObjectKind, Term, Type, TypeId};

use crate::{
    GoVersion,
    call::Call,
    checker::Checker,
    message::{INVALID_ARG, INVALID_OP},
    operand::{Mode, Operand},
};

impl Checker<'_> {
    /// `complex(x, y floatT) complexT`.
    pub(super) fn builtin_complex(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let [x, y] = args else { return None };
        match (self.types.is_untyped(x.ty), self.types.is_untyped(y.ty)) {
            (false, false) => {}
            (true, false) => self.convert_untyped(x, y.ty),
            (false, true) => self.convert_untyped(y, x.ty),
            (true, true) if x.is_constant() && y.is_constant() => {
                for operand in [&mut *x, &mut *y] {
                    let is_real = operand.value().is_some_and(|value| value.imag().signum() == 0);
                    if is_real && self.is(operand.ty, BasicInfo::NUMERIC) {
                        operand.ty = TypeId::UNTYPED_FLOAT;
                    }
                }
            }
            // One is a shift that waits for its type; it gets one that cannot be shifted.
            (true, true) => {
                self.convert_untyped(x, TypeId::FLOAT64);
                self.convert_untyped(y, TypeId::FLOAT64);
            }
        }
        if !x.is_valid() || !y.is_valid() {
            return None;
        }
        if !self.types.identical(x.ty, y.ty) {
            let (text, x_type, y_type) = (self.expr_text(call.expr), self.ty(x.ty), self.ty(y.ty));
            let message = format!("{INVALID_OP}{text} (mismatched types {x_type} and {y_type})");
            self.error(self.at_operand(x), Code::InvalidComplex, message);
            return None;
        }
        let complex_of = |basic| match basic {
            Basic::Float32 => Some(TypeId::COMPLEX64),
            Basic::Float64 => Some(TypeId::COMPLEX128),
            Basic::UntypedFloat => Some(TypeId::UNTYPED_COMPLEX),
            _ => None,
        };
        let Some(result) = self.map_basic(x, Builtin::Complex, Code::InvalidComplex, complex_of) else {
            let message =
                format!("{INVALID_ARG}arguments have type {}, expected floating-point", self.ty(x.ty));
            self.error(self.at_operand(x), Code::InvalidComplex, message);
            return None;
        };
        if let (Some(re), Some(im)) = (x.value(), y.value()) {
            let value = Value::complex(re.to_float(), im.to_float());
            return Some(Operand::new(Mode::Constant(value), result, call.expr));
        }
        Some(self.computed(call, &[x.ty, x.ty], result))
    }

    /// `imag(complexT) floatT`, `real(complexT) floatT`.
    pub(super) fn builtin_part(
        &mut self,
        call: Call,
        builtin: Builtin,
        args: &mut [Operand],
    ) -> Option<Operand> {
        let x = &mut args[0];
        if self.types.is_untyped(x.ty) {
            if !x.is_constant() {
                self.convert_untyped(x, TypeId::COMPLEX128);
                if !x.is_valid() {
                    return None;
                }
            } else if self.is(x.ty, BasicInfo::NUMERIC) {
                x.ty = TypeId::UNTYPED_COMPLEX;
            }
        }
        let code = if builtin == Builtin::Real { Code::InvalidReal } else { Code::InvalidImag };
        let part_of = |basic| match basic {
            Basic::Complex64 => Some(TypeId::FLOAT32),
            Basic::Complex128 => Some(TypeId::FLOAT64),
            Basic::UntypedComplex => Some(TypeId::UNTYPED_FLOAT),
            _ => None,
        };
        let Some(result) = self.map_basic(x, builtin, code, part_of) else {
            let message = format!("{INVALID_ARG}argument has type {}, expected complex type", self.ty(x.ty));
            self.error(self.at_operand(x), code, message);
            return None;
        };
        if let Some(value) = x.value() {
            let part = if builtin == Builtin::Real { value.real() } else { value.imag() };
            return Some(Operand::new(Mode::Constant(part), result, call.expr));
        }
        let ty = x.ty;
        Some(self.computed(call, &[ty], result))
    }

    /// The type that belongs to `x`'s. For a type parameter, a new one whose constraint has those that belong to the
    /// types of its type set; Go's compiler cannot do that yet and says so.
    fn map_basic(
        &mut self,
        x: &Operand,
        builtin: Builtin,
        code: Code,
        map: impl Fn(Basic) -> Option<TypeId>,
    ) -> Option<TypeId> {
        if !self.types.is_type_param(x.ty) {
            return self.types.as_basic(x.ty).and_then(map);
        }
        let constraint = self.types.underlying(x.ty);
        let terms = self.types.type_set(constraint).specific_terms()?;
        let mapped = terms.iter().map(|term| {
            let ty = self.types.as_basic(term.ty).and_then(&map)?;
            Some(Term { tilde: term.tilde, ty })
        });
        let mapped: Vec<Term> = mapped.collect::<Option<_>>()?;
        let message = format!(
            "{} not supported as argument to built-in {} for go1.18 (see go.dev/issue/50937)",
            self.describe(x),
            super::name(builtin)
        );
        self.error(self.at_operand(x), code, message);
        let Type::TypeParam(param) = self.types.get(self.types.unalias(x.ty)) else { return None };
        let name = self.types.object(param.object).name;
        let object = self.types.declare(name, self.package, base::Pos::NONE, false, ObjectKind::TypeName);
        let result = self.types.new_type_param(object, param.index);
        self.types.object(object).ty.set(result);
        self.types.set_bound(result, self.types.implicit_interface(self.types.union(mapped)));
        Some(result)
    }

    /// `max(x, ...)`, `min(x, ...)`.
    pub(super) fn builtin_extremum(
        &mut self,
        call: Call,
        builtin: Builtin,
        args: &mut [Operand],
    ) -> Option<Operand> {
        let name = super::name(builtin);
        self.require(self.at(call.fun), GoVersion::new(21), &format!("built-in {name}"));
        let op = if builtin == Builtin::Max { CompareOp::Greater } else { CompareOp::Less };
        let (first, rest) = args.split_first_mut()?;
        let mut x = first.clone();
        self.require_ordered(&x)?;
        for arg in rest {
            self.require_ordered(arg)?;
            self.match_types(&mut x, arg);
            if !x.is_valid() {
                return None;
            }
            if !self.types.identical(x.ty, arg.ty) {
                let message = format!(
                    "{INVALID_ARG}mismatched types {} (previous argument) and {} (type of {})",
                    self.ty(x.ty),
                    self.ty(arg.ty),
                    self.source_text(arg)
                );
                self.error(self.at_operand(arg), Code::MismatchedTypes, message);
                return None;
            }
            match (x.value(), arg.value()) {
                (Some(best), Some(value)) => {
                    if constant::compare(value, op, best) {
                        x = arg.clone();
                    }
                }
                _ => x.mode = Mode::Value,
            }
        }
        if !x.is_constant() {
            x.mode = Mode::Value;
            // A value that is not constant must have a type.
            self.assignment(&mut x, Some(TypeId::EMPTY_INTERFACE), &format!("argument to built-in {name}"));
            if !x.is_valid() {
                return None;
            }
        }
        for arg in args.iter() {
            if let Some(expr) = arg.expr() {
                self.update_expr_type(expr, x.ty, true);
            }
        }
        if !x.is_constant() {
            let params = vec![x.ty; args.len()];
            self.record_builtin(call.fun, &params, Some(x.ty), false);
        }
        Some(x)
    }

    fn require_ordered(&mut self, x: &Operand) -> Option<()> {
        if self.all(x.ty, BasicInfo::ORDERED) {
            return Some(());
        }
        let message = format!("{INVALID_ARG}{} cannot be ordered", self.describe(x));
        self.error(self.at_operand(x), Code::InvalidMinMaxOperand, message);
        None
    }
}
