//! Literals to values.
//!
//! The scanner has already checked the form of a literal and reported what is wrong; here a malformed one gives the
//! unknown value, as does a number whose exponent is out of all range.

use std::sync::Arc;

use dashu_base::BitTest;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use crate::{
    float::{Float, PRECISION, Rounding},
    int::Int,
    value::{MAX_RATIO_BITS, Repr, Value},
};

/// What the scanner took a literal for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own literals")]
pub enum Literal {
    Int,
    Float,
    Imaginary,
    Rune,
    String,
}

/// The value of a literal as it stands in the source.
pub fn parse_literal(kind: Literal, text: &str) -> Value {
    let value = match kind {
        Literal::Int => parse_int(text),
        Literal::Float => parse_real(text),
        Literal::Imaginary => parse_imaginary(text),
        Literal::Rune => parse_rune(text),
        Literal::String => parse_string(text),
    };
    value.unwrap_or(Value::UNKNOWN)
}

fn parse_int(text: &str) -> Option<Value> {
    if let Ok(small) = text.parse::<i64>()
        && (!text.starts_with('0') || text == "0")
    {
        return Some(Value::i64(small));
    }
    let (radix, digits) = match split_prefix(text) {
        (10, digits) if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        other => other,
    };
    let magnitude = UBig::from_str_radix(&without_underscores(digits), radix).ok()?;
    Some(Value::int(Int::new(IBig::from(magnitude))))
}

fn parse_imaginary(text: &str) -> Option<Value> {
    // For the sake of old programs, `0123i` is decimal: exactly what the syntax of real numbers makes of it.
    let im = parse_real(text.strip_suffix('i')?)?;
    Some(Value::complex(Value::i64(0), im))
}

/// The radix of a number and what follows its prefix. A plain leading zero is no prefix here.
fn split_prefix(text: &str) -> (u32, &str) {
    match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', ..] => (2, &text[2..]),
        _ => (10, text),
    }
}

fn without_underscores(text: &str) -> String {
    text.chars().filter(|&c| c != '_').collect()
}

/// A number taken apart: `mantissa * 2**exp2 * 5**exp5`.
struct Scaled {
    mantissa: UBig,
    exp2: i64,
    exp5: i64,
}

fn parse_real(text: &str) -> Option<Value> {
    let scaled = scan_real(&without_underscores(text))?;
    // The limits of gc's literals: they look at the power of two alone, so that even tiny numbers can be out of range.
    let top = scaled.exp2.saturating_add(scaled.mantissa.bit_len() as i64);
    if !scaled.mantissa.is_zero() && i32::try_from(top).is_err() {
        return None;
    }
    let float = scaled.to_float();
    if let Some(f) = &float {
        if f.is_zero() {
            // Zero, or so small that the exact fraction would fill the memory.
            return Some(Value(Repr::Ratio(Arc::new(RBig::ZERO))));
        }
        if f.has_small_exponent(MAX_RATIO_BITS as i64) {
            return Some(Value(Repr::Ratio(Arc::new(scaled.to_ratio()))));
        }
    }
    Some(Value::float(float))
}

fn scan_real(text: &str) -> Option<Scaled> {
    let (radix, rest) = split_prefix(text);
    let markers: &[char] = if radix == 10 { &['e', 'E', 'p', 'P'] } else { &['p', 'P'] };
    let (digits, exponent) = match rest.find(markers) {
        Some(at) => (&rest[..at], rest[at + 1..].parse::<i64>().ok()?),
        None => (rest, 0),
    };
    let is_decimal_exponent = rest.contains(['e', 'E']) && radix == 10;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = UBig::from_str_radix(&format!("0{whole}{fraction}"), radix).ok()?;

    let n_fraction = fraction.len() as i64;
    let (mut exp2, mut exp5) = match radix {
        10 => (-n_fraction, -n_fraction),
        16 => (-4 * n_fraction, 0),
        8 => (-3 * n_fraction, 0),
        _ => (-n_fraction, 0),
    };
    exp2 = exp2.checked_add(exponent)?;
    if is_decimal_exponent {
        exp5 = exp5.checked_add(exponent)?;
    }
    Some(Scaled { mantissa, exp2, exp5 })
}

impl Scaled {
    /// The nearest floating-point number, or `None` if it is too large.
    fn to_float(&self) -> Option<Float> {
        /// More bits for the power than for the result.
        const POWER_PRECISION: usize = PRECISION + 64;
        let mantissa = Float::rounded(false, self.mantissa.clone(), self.exp2, false)?;
        if self.exp5 == 0 || mantissa.is_zero() {
            return Some(mantissa);
        }
        match power_of_five(self.exp5.unsigned_abs(), POWER_PRECISION) {
            Some(power) if self.exp5 < 0 => mantissa.quo(&power),
            Some(power) => mantissa.mul(&power),
            // The power itself is beyond all range.
            None if self.exp5 < 0 => Some(Float::ZERO),
            None => None,
        }
    }

    /// The exact value; only when it is known to be of reasonable size.
    fn to_ratio(&self) -> RBig {
        let power = |base: u8, exponent: i64| UBig::from(base).pow(exponent.unsigned_abs() as usize);
        let (mut numerator, mut denominator) = (self.mantissa.clone(), UBig::ONE);
        for (base, exponent) in [(2, self.exp2), (5, self.exp5)] {
            if exponent >= 0 {
                numerator *= power(base, exponent);
            } else {
                denominator *= power(base, exponent);
            }
        }
        RBig::from_parts(IBig::from(numerator), denominator)
    }
}

/// `5**n`, by repeated squaring.
fn power_of_five(mut n: u64, precision: usize) -> Option<Float> {
    let five = |mantissa: u8| {
        Float::rounded_to(precision, Rounding::NearestEven, false, UBig::from(mantissa), 0, false)
    };
    let (mut result, mut square) = (five(1)?, five(5)?);
    while n > 0 {
        if n & 1 == 1 {
            result = result.mul_to(precision, &square)?;
        }
        n >>= 1;
        if n > 0 {
            square = square.mul_to(precision, &square)?;
        }
    }
    Some(result)
}

fn parse_rune(text: &str) -> Option<Value> {
    let body = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let (unit, rest) = unquote_unit(body)?;
    if !rest.is_empty() {
        return None;
    }
    Some(Value::i64(match unit {
        Unit::Char(c) => i64::from(u32::from(c)),
        Unit::Byte(b) => i64::from(b),
    }))
}

fn parse_string(text: &str) -> Option<Value> {
    if let Some(raw) = text.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(Value::string(raw.replace('\r', "")));
    }
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    if !rest.contains('\\') {
        return Some(Value::string(rest));
    }
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (unit, tail) = unquote_unit(rest)?;
        match unit {
            Unit::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Unit::Byte(b) => bytes.push(b),
        }
        rest = tail;
    }
    Some(Value::string(bytes))
}

/// What one character or escape stands for: `\xff` and `\377` are bytes, all else is a code point.
enum Unit {
    Char(char),
    Byte(u8),
}

fn unquote_unit(text: &str) -> Option<(Unit, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first != '\\' {
        return Some((Unit::Char(first), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let simple = |c: char| Some((Unit::Char(c), rest));
    match escape {
        'a' => simple('\x07'),
        'b' => simple('\x08'),
        'f' => simple('\x0c'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\x0b'),
        '\\' | '\'' | '"' => simple(escape),
        'x' => numeric_escape(rest, 2, 16).map(|(code, rest)| (Unit::Byte(code as u8), rest)),
        'u' => unicode_escape(rest, 4),
        'U' => unicode_escape(rest, 8),
        '0'..='7' => {
            let (code, rest) = numeric_escape(&text[1..], 3, 8)?;
            Some((Unit::Byte(u8::try_from(code).ok()?), rest))
        }
        _ => None,
    }
}

fn unicode_escape(text: &str, n_digits: usize) -> Option<(Unit, &str)> {
    let (code, rest) = numeric_escape(text, n_digits, 16)?;
    Some((Unit::Char(char::from_u32(code)?), rest))
}

fn numeric_escape(text: &str, n_digits: usize, radix: u32) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(n_digits)?;
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some((u32::from_str_radix(digits, radix).ok()?, rest))
}
