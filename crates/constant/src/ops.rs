//! Operations on constants.
//!
//! The caller has checked that the operator applies to the kinds of its operands and that no divisor is zero; an
//! operation that does not apply gives the unknown value.

use std::{cmp::Ordering, sync::Arc};

use dashu_ratio::RBig;

use crate::{
    float::Float,
    int::Int,
    value::{Repr, Value},
};

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+x`.
    Plus,
    /// `-x`.
    Neg,
    /// `!x`.
    Not,
    /// `^x`, of the low bits only when a number of bits is given: the size of an unsigned type.
    Complement(Option<u32>),
}

/// An operator with two operands and a result of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own operators")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    /// The exact quotient; of two integers it is a `Float`.
    Quo,
    /// The quotient of two integers, rounded towards zero.
    IntQuo,
    Rem,
    And,
    Or,
    Xor,
    AndNot,
    LogicalAnd,
    LogicalOr,
}

/// The direction of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own operators")]
pub enum ShiftOp {
    Left,
    Right,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own operators")]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// `op x`.
pub fn unary(op: UnaryOp, x: &Value) -> Value {
    match (op, &x.0) {
        (UnaryOp::Plus, Repr::Int(_) | Repr::Ratio(_) | Repr::Float(_) | Repr::Complex(_)) => x.clone(),
        (UnaryOp::Neg, _) => negate(x),
        (UnaryOp::Not, Repr::Bool(b)) => Value::bool(!b),
        (UnaryOp::Complement(n_bits), Repr::Int(x)) => Value::int(x.not(n_bits)),
        _ => Value::UNKNOWN,
    }
}

fn negate(x: &Value) -> Value {
    match &x.0 {
        Repr::Int(x) => Value::int(x.neg()),
        Repr::Ratio(x) => Value(Repr::Ratio(Arc::new(-RBig::clone(x)))),
        Repr::Float(x) => Value::float(Some(x.neg())),
        Repr::Complex(parts) => Value::complex(negate(&parts.0), negate(&parts.1)),
        Repr::Unknown | Repr::Bool(_) | Repr::Text(_) => Value::UNKNOWN,
    }
}

/// Two operands in a common form.
enum Pair {
    Bool(bool, bool),
    Text(crate::text::Text, crate::text::Text),
    Int(Int, Int),
    Ratio(RBig, RBig),
    Float(Float, Float),
    Complex(Arc<(Value, Value)>, Arc<(Value, Value)>),
}

/// Brings both operands to the simplest form that holds both; `None` when one is unknown or they do not go together.
fn pair(x: &Value, y: &Value) -> Option<Pair> {
    Some(match (&x.0, &y.0) {
        (Repr::Bool(a), Repr::Bool(b)) => Pair::Bool(*a, *b),
        (Repr::Text(a), Repr::Text(b)) => Pair::Text(a.clone(), b.clone()),
        (Repr::Int(a), Repr::Int(b)) => Pair::Int(a.clone(), b.clone()),
        (Repr::Complex(_), _) | (_, Repr::Complex(_)) => Pair::Complex(complex_parts(x)?, complex_parts(y)?),
        (Repr::Float(_), _) | (_, Repr::Float(_)) => Pair::Float(float(x)?, float(y)?),
        _ => Pair::Ratio(ratio(x)?, ratio(y)?),
    })
}

fn ratio(x: &Value) -> Option<RBig> {
    match &x.0 {
        Repr::Int(x) => Some(RBig::from(x.to_big())),
        Repr::Ratio(x) => Some(RBig::clone(x)),
        _ => None,
    }
}

fn float(x: &Value) -> Option<Float> {
    match &x.0 {
        Repr::Int(x) => Float::from_int(x.to_big()),
        Repr::Ratio(x) => Float::from_ratio(x),
        Repr::Float(x) => Some(Float::clone(x)),
        _ => None,
    }
}

fn complex_parts(x: &Value) -> Option<Arc<(Value, Value)>> {
    match &x.0 {
        Repr::Complex(parts) => Some(Arc::clone(parts)),
        Repr::Int(_) | Repr::Ratio(_) | Repr::Float(_) => Some(Arc::new((x.clone(), Value::i64(0)))),
        _ => None,
    }
}

/// `x op y`.
pub fn binary(x: &Value, op: BinaryOp, y: &Value) -> Value {
    let result = match pair(x, y) {
        Some(Pair::Bool(a, b)) => binary_bool(a, op, b),
        Some(Pair::Text(a, b)) => (op == BinaryOp::Add).then(|| Value(Repr::Text(a.concat(&b)))),
        Some(Pair::Int(a, b)) => binary_int(&a, op, &b),
        Some(Pair::Ratio(a, b)) => binary_ratio(a, op, b),
        Some(Pair::Float(a, b)) => binary_float(&a, op, &b),
        Some(Pair::Complex(a, b)) => binary_complex(&a, op, &b),
        None => None,
    };
    result.unwrap_or(Value::UNKNOWN)
}

fn binary_bool(a: bool, op: BinaryOp, b: bool) -> Option<Value> {
    match op {
        BinaryOp::LogicalAnd => Some(Value::bool(a && b)),
        BinaryOp::LogicalOr => Some(Value::bool(a || b)),
        _ => None,
    }
}

fn binary_int(a: &Int, op: BinaryOp, b: &Int) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a.add(b),
        BinaryOp::Sub => a.sub(b),
        BinaryOp::Mul => a.mul(b),
        BinaryOp::Quo => return binary_ratio(RBig::from(a.to_big()), op, RBig::from(b.to_big())),
        BinaryOp::IntQuo => a.quo(b)?,
        BinaryOp::Rem => a.rem(b)?,
        BinaryOp::And => a.and(b),
        BinaryOp::Or => a.or(b),
        BinaryOp::Xor => a.xor(b),
        BinaryOp::AndNot => a.and_not(b),
        BinaryOp::LogicalAnd | BinaryOp::LogicalOr => return None,
    };
    Some(Value::int(result))
}

fn binary_ratio(a: RBig, op: BinaryOp, b: RBig) -> Option<Value> {
    match op {
        BinaryOp::Add => Some(Value::ratio(a + b)),
        BinaryOp::Sub => Some(Value::ratio(a - b)),
        BinaryOp::Mul => Some(Value::ratio(a * b)),
        BinaryOp::Quo if !b.is_zero() => Some(Value::ratio(a / b)),
        _ => None,
    }
}

fn binary_float(a: &Float, op: BinaryOp, b: &Float) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a.add(b),
        BinaryOp::Sub => a.sub(b),
        BinaryOp::Mul => a.mul(b),
        BinaryOp::Quo => a.quo(b),
        _ => None,
    };
    Some(Value::float(result))
}

fn binary_complex(x: &(Value, Value), op: BinaryOp, y: &(Value, Value)) -> Option<Value> {
    let ((a, b), (c, d)) = (x, y);
    let add = |x: &Value, y: &Value| binary(x, BinaryOp::Add, y);
    let sub = |x: &Value, y: &Value| binary(x, BinaryOp::Sub, y);
    let mul = |x: &Value, y: &Value| binary(x, BinaryOp::Mul, y);
    let quo = |x: &Value, y: &Value| binary(x, BinaryOp::Quo, y);
    let (re, im) = match op {
        BinaryOp::Add => (add(a, c), add(b, d)),
        BinaryOp::Sub => (sub(a, c), sub(b, d)),
        BinaryOp::Mul => (sub(&mul(a, c), &mul(b, d)), add(&mul(b, c), &mul(a, d))),
        BinaryOp::Quo => {
            let norm = add(&mul(c, c), &mul(d, d));
            let re = add(&mul(a, c), &mul(b, d));
            let im = sub(&mul(b, c), &mul(a, d));
            (quo(&re, &norm), quo(&im, &norm))
        }
        _ => return None,
    };
    Some(Value::complex(re, im))
}

/// `x << amount` or `x >> amount` of an `Int`.
pub fn shift(x: &Value, op: ShiftOp, amount: usize) -> Value {
    match &x.0 {
        Repr::Int(x) if op == ShiftOp::Left => Value::int(x.shl(amount)),
        Repr::Int(x) => Value::int(x.shr(amount)),
        _ => Value::UNKNOWN,
    }
}

/// `x op y`; false when one of them is unknown.
pub fn compare(x: &Value, op: CompareOp, y: &Value) -> bool {
    let ordering = match pair(x, y) {
        None => return false,
        Some(Pair::Complex(a, b)) => return compare_complex(&a, op, &b),
        Some(Pair::Bool(a, b)) => a.cmp(&b),
        Some(Pair::Text(a, b)) => a.bytes().cmp(&b.bytes()),
        Some(Pair::Int(a, b)) => a.cmp(&b),
        Some(Pair::Ratio(a, b)) => a.cmp(&b),
        Some(Pair::Float(a, b)) => a.cmp(&b),
    };
    holds(ordering, op)
}

fn compare_complex(x: &(Value, Value), op: CompareOp, y: &(Value, Value)) -> bool {
    let equal = compare(&x.0, CompareOp::Equal, &y.0) && compare(&x.1, CompareOp::Equal, &y.1);
    match op {
        CompareOp::Equal => equal,
        CompareOp::NotEqual => !equal,
        _ => false,
    }
}

fn holds(ordering: Ordering, op: CompareOp) -> bool {
    match op {
        CompareOp::Equal => ordering.is_eq(),
        CompareOp::NotEqual => ordering.is_ne(),
        CompareOp::Less => ordering.is_lt(),
        CompareOp::LessEqual => ordering.is_le(),
        CompareOp::Greater => ordering.is_gt(),
        CompareOp::GreaterEqual => ordering.is_ge(),
    }
}
