//! Conversions between kinds, and the question whether a basic type can represent a constant.

use std::sync::Arc;

use dashu_ratio::RBig;

use crate::{
    float::{Float, PRECISION, Rounding},
    ieee::{FLOAT32, FLOAT64, Format},
    int::Int,
    value::{Kind, MAX_RATIO_BITS, Repr, Value},
};

/// A basic type, as far as the representation of constants depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own types")]
pub enum Target {
    Bool,
    String,
    Signed { n_bits: u32 },
    Unsigned { n_bits: u32 },
    UntypedInt,
    Float32,
    Float64,
    UntypedFloat,
    Complex64,
    Complex128,
    UntypedComplex,
}

impl Value {
    /// The value as an `Int`, if it is integral; unknown otherwise.
    ///
    /// A floating-point number within a few bits of an integer is taken for that integer, as gc does: the difference
    /// stems from earlier rounding.
    pub fn to_int(&self) -> Value {
        match &self.0 {
            Repr::Int(_) => self.clone(),
            Repr::Ratio(x) if x.is_int() => Value::int(Int::new(x.numerator().clone())),
            Repr::Float(x) => nearly_integer(x).map_or(Value::UNKNOWN, Value::int),
            Repr::Complex(_) => self.to_float().to_int(),
            Repr::Ratio(_) | Repr::Unknown | Repr::Bool(_) | Repr::Text(_) => Value::UNKNOWN,
        }
    }

    /// The value as a `Float`, if it is real; unknown otherwise.
    pub fn to_float(&self) -> Value {
        match &self.0 {
            Repr::Int(x) if x.bit_len() < MAX_RATIO_BITS => {
                Value(Repr::Ratio(Arc::new(RBig::from(x.to_big()))))
            }
            Repr::Int(x) => Value::float(Float::from_int(x.to_big())),
            Repr::Ratio(_) | Repr::Float(_) => self.clone(),
            Repr::Complex(parts) if parts.1.signum() == 0 => parts.0.to_float(),
            Repr::Complex(_) | Repr::Unknown | Repr::Bool(_) | Repr::Text(_) => Value::UNKNOWN,
        }
    }

    /// The value as a `Complex`, if it is a number; unknown otherwise.
    pub fn to_complex(&self) -> Value {
        match &self.0 {
            Repr::Int(_) | Repr::Ratio(_) | Repr::Float(_) => Value::complex(self.clone(), Value::i64(0)),
            Repr::Complex(_) => self.clone(),
            Repr::Unknown | Repr::Bool(_) | Repr::Text(_) => Value::UNKNOWN,
        }
    }

    /// The value as `target` represents it (floating-point numbers are rounded), or `None` if it cannot.
    /// An unknown value is representable everywhere: its error has been reported.
    pub fn represent(&self, target: Target) -> Option<Value> {
        if self.is_unknown() {
            return Some(Value::UNKNOWN);
        }
        match target {
            Target::Bool => (self.kind() == Kind::Bool).then(|| self.clone()),
            Target::String => (self.kind() == Kind::String).then(|| self.clone()),
            Target::Signed { .. } | Target::Unsigned { .. } | Target::UntypedInt => {
                self.represent_int(target)
            }
            Target::Float32 => self.to_float().represent_ieee(FLOAT32),
            Target::Float64 => self.to_float().represent_ieee(FLOAT64),
            Target::UntypedFloat => known(self.to_float()),
            Target::Complex64 => self.to_complex().represent_parts(FLOAT32),
            Target::Complex128 => self.to_complex().represent_parts(FLOAT64),
            Target::UntypedComplex => known(self.to_complex()),
        }
    }

    fn represent_int(&self, target: Target) -> Option<Value> {
        let value = self.to_int();
        let Repr::Int(x) = &value.0 else { return None };
        let fits = match target {
            // The most negative number needs one bit more than the others: count the bits of its complement.
            Target::Signed { n_bits } if x.signum() < 0 => x.not(None).bit_len() < n_bits as usize,
            Target::Signed { n_bits } => x.bit_len() < n_bits as usize,
            Target::Unsigned { n_bits } => x.signum() >= 0 && x.bit_len() <= n_bits as usize,
            _ => true,
        };
        fits.then_some(value)
    }

    fn represent_ieee(&self, format: Format) -> Option<Value> {
        let rounded = self.round_to(format)?;
        rounded.is_finite().then(|| Value::float64(rounded))
    }

    fn represent_parts(&self, format: Format) -> Option<Value> {
        let re = self.real().represent_ieee(format)?;
        let im = self.imag().represent_ieee(format)?;
        Some(Value::complex(re, im))
    }
}

fn known(value: Value) -> Option<Value> {
    (!value.is_unknown()).then_some(value)
}

fn nearly_integer(x: &Float) -> Option<Int> {
    /// How many of the last bits may be wrong.
    const DELTA: usize = 4;
    if !x.has_small_exponent(MAX_RATIO_BITS as i64) {
        return None;
    }
    let shortened = |rounding| x.shortened(PRECISION - DELTA, rounding).and_then(|f| f.to_int());
    x.to_int()
        .or_else(|| shortened(Rounding::ToZero))
        .or_else(|| shortened(Rounding::AwayFromZero))
        .map(Int::new)
}
