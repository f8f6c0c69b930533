//! The value of a constant expression: its forms, how to make one, and how to read it.

use std::{fmt, sync::Arc};

use dashu_base::BitTest;
use dashu_int::IBig;
use dashu_ratio::RBig;

use crate::{
    float::Float,
    ieee::{self, FLOAT32, FLOAT64},
    int::Int,
    text::Text,
};

/// Fractions whose parts have this many bits, and numbers whose binary exponent is this large, become floating-point.
pub(crate) const MAX_RATIO_BITS: usize = 4096;

/// A constant. Cloning is cheap; values are shared between threads.
#[derive(Clone)]
pub struct Value(pub(crate) Repr);

/// The forms, ordered: an operation on two numbers happens in the later of their two forms.
#[derive(Clone)]
pub(crate) enum Repr {
    Unknown,
    Bool(bool),
    Text(Text),
    Int(Int),
    Ratio(Arc<RBig>),
    Float(Arc<Float>),
    Complex(Arc<(Value, Value)>),
}

/// What sort of constant a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The value of an erroneous expression.
    Unknown,
    /// `true` or `false`.
    Bool,
    /// A string of bytes.
    String,
    /// An integer.
    Int,
    /// A real number, integral or not.
    Float,
    /// A complex number.
    Complex,
}

impl Value {
    /// The value of an erroneous expression.
    pub const UNKNOWN: Value = Value(Repr::Unknown);

    /// `true` or `false`.
    pub fn bool(x: bool) -> Value {
        Value(Repr::Bool(x))
    }

    /// An integer constant.
    pub fn i64(x: i64) -> Value {
        Value(Repr::Int(Int::Small(x)))
    }

    /// An integer constant.
    pub fn u64(x: u64) -> Value {
        Value(Repr::Int(Int::new(IBig::from(x))))
    }

    /// A string constant with these bytes.
    pub fn string(bytes: impl AsRef<[u8]>) -> Value {
        Value(Repr::Text(Text::new(bytes.as_ref())))
    }

    /// The number `x` as a `Float`; unknown when it is not finite. Negative zero becomes zero.
    pub fn float64(x: f64) -> Value {
        if !x.is_finite() {
            return Value::UNKNOWN;
        }
        Value(Repr::Ratio(Arc::new(ieee::ratio_from_f64(x))))
    }

    /// `re + im*i`; both parts must be real.
    pub fn complex(re: Value, im: Value) -> Value {
        if re.is_unknown() || im.is_unknown() {
            return Value::UNKNOWN;
        }
        debug_assert!(re.kind() != Kind::Complex && im.kind() != Kind::Complex);
        Value(Repr::Complex(Arc::new((re, im))))
    }

    pub(crate) fn int(x: Int) -> Value {
        Value(Repr::Int(x))
    }

    /// A fraction, or the floating-point number nearest to it when its parts grew too large.
    pub(crate) fn ratio(x: RBig) -> Value {
        let n_bits = Int::new(x.numerator().clone()).bit_len().max(x.denominator().bit_len());
        if n_bits < MAX_RATIO_BITS {
            Value(Repr::Ratio(Arc::new(x)))
        } else {
            Value::float(Float::from_ratio(&x))
        }
    }

    /// A floating-point number; an infinite one (`None`) is unknown.
    pub(crate) fn float(x: Option<Float>) -> Value {
        x.map_or(Value::UNKNOWN, |x| Value(Repr::Float(Arc::new(x))))
    }

    /// What sort of constant this is.
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Repr::Unknown => Kind::Unknown,
            Repr::Bool(_) => Kind::Bool,
            Repr::Text(_) => Kind::String,
            Repr::Int(_) => Kind::Int,
            Repr::Ratio(_) | Repr::Float(_) => Kind::Float,
            Repr::Complex(_) => Kind::Complex,
        }
    }

    /// Whether this is the value of an erroneous expression.
    pub fn is_unknown(&self) -> bool {
        matches!(self.0, Repr::Unknown)
    }

    /// The truth value of a `Bool`.
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Repr::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The bytes of a `String`.
    pub fn as_bytes(&self) -> Option<Arc<[u8]>> {
        match &self.0 {
            Repr::Text(text) => Some(text.bytes()),
            _ => None,
        }
    }

    /// The number of bytes of a `String`, found without building it.
    pub fn string_len(&self) -> Option<u64> {
        match &self.0 {
            Repr::Text(text) => Some(text.len()),
            _ => None,
        }
    }

    /// An `Int` that fits `i64`.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(Int::Small(x)) => Some(x),
            _ => None,
        }
    }

    /// An `Int` that fits `u64`.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Int(x) => x.to_u64(),
            _ => None,
        }
    }

    /// The low 64 bits of an `Int` in two's complement: what the compiler stores.
    pub fn low_bits(&self) -> Option<u64> {
        match &self.0 {
            Repr::Int(Int::Small(x)) => Some(*x as u64),
            Repr::Int(Int::Big(x)) => u64::try_from(IBig::clone(x) & IBig::from(u64::MAX)).ok(),
            _ => None,
        }
    }

    /// The nearest `f64` of an `Int` or `Float`; infinite when it overflows.
    pub fn to_f64(&self) -> Option<f64> {
        self.round_to(FLOAT64)
    }

    /// The nearest `f32` of an `Int` or `Float`; infinite when it overflows.
    pub fn to_f32(&self) -> Option<f32> {
        self.round_to(FLOAT32).map(|x| x as f32)
    }

    pub(crate) fn round_to(&self, format: ieee::Format) -> Option<f64> {
        match &self.0 {
            Repr::Int(x) => Some(format.round_int(x)),
            Repr::Ratio(x) => Some(format.round_ratio(x)),
            Repr::Float(x) => Some(format.round_float(x)),
            _ => None,
        }
    }

    /// The real part of a number; unknown for anything else.
    pub fn real(&self) -> Value {
        match &self.0 {
            Repr::Complex(parts) => parts.0.clone(),
            Repr::Int(_) | Repr::Ratio(_) | Repr::Float(_) => self.clone(),
            _ => Value::UNKNOWN,
        }
    }

    /// The imaginary part of a number; unknown for anything else.
    pub fn imag(&self) -> Value {
        match &self.0 {
            Repr::Complex(parts) => parts.1.clone(),
            Repr::Int(_) | Repr::Ratio(_) | Repr::Float(_) => Value::i64(0),
            _ => Value::UNKNOWN,
        }
    }

    /// -1, 0 or 1 for a real number; for a complex one 0 exactly when it is zero. Everything else, the unknown value
    /// included, counts as 1, so that it never looks like a zero divisor.
    pub fn signum(&self) -> i32 {
        match &self.0 {
            Repr::Int(x) => x.signum(),
            Repr::Ratio(x) if x.is_zero() => 0,
            Repr::Ratio(x) => {
                if x.numerator() < &IBig::ZERO {
                    -1
                } else {
                    1
                }
            }
            Repr::Float(x) if x.is_zero() => 0,
            Repr::Float(x) => {
                if x.is_negative() {
                    -1
                } else {
                    1
                }
            }
            Repr::Complex(parts) => parts.0.signum() | parts.1.signum(),
            Repr::Unknown | Repr::Bool(_) | Repr::Text(_) => 1,
        }
    }

    /// The number of bits of the absolute value of an `Int`; 0 for anything else.
    pub fn bit_len(&self) -> usize {
        match &self.0 {
            Repr::Int(x) => x.bit_len(),
            _ => 0,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind(), self.exact_string())
    }
}
