//! Constants as text: the short form for people and the exact form, both as gc's messages show them.

use std::fmt::{self, Write as _};

use dashu_base::BitTest;

use crate::{
    float::Float,
    ieee::FLOAT64,
    value::{Repr, Value},
};

/// The length beyond which the short form of a string is cut.
const MAX_SHORT_STRING: usize = 72;

impl fmt::Display for Value {
    /// The short form: real numbers are approximate, long strings are cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Unknown => f.write_str("unknown"),
            Repr::Bool(b) => write!(f, "{b}"),
            // A character has at most four bytes, so what follows these is cut in any case.
            Repr::Text(text) => f.write_str(&shorten(quote(&text.prefix(4 * (MAX_SHORT_STRING + 1))))),
            Repr::Int(x) => write!(f, "{}", x.to_big()),
            Repr::Ratio(x) => match Float::from_ratio(x) {
                Some(x) => f.write_str(&short_float(&x)),
                None => unreachable!("a fraction has a small exponent"),
            },
            Repr::Float(x) => f.write_str(&short_float(x)),
            Repr::Complex(parts) => write!(f, "({} + {}i)", parts.0, parts.1),
        }
    }
}

impl Value {
    /// The exact form: fractions as `a/b`, large floating-point numbers with a hexadecimal mantissa.
    pub fn exact_string(&self) -> String {
        match &self.0 {
            Repr::Unknown | Repr::Bool(_) | Repr::Int(_) => self.to_string(),
            Repr::Text(text) => quote(&text.bytes()),
            Repr::Ratio(x) if x.is_int() => x.numerator().to_string(),
            Repr::Ratio(x) => format!("{}/{}", x.numerator(), x.denominator()),
            Repr::Float(x) => exact_float(x),
            Repr::Complex(parts) => format!("({} + {}i)", parts.0.exact_string(), parts.1.exact_string()),
        }
    }
}

fn shorten(quoted: String) -> String {
    // Quoting leaves invalid UTF-8 behind as escapes, so characters are what there is to count.
    if quoted.chars().count() <= MAX_SHORT_STRING {
        return quoted;
    }
    let mut short: String = quoted.chars().take(MAX_SHORT_STRING - 3).collect();
    short.push_str("...");
    short
}

/// `bytes` as a Go string literal in double quotes, everything that does not print escaped.
pub fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| quote_char(&mut quoted, c));
        for byte in chunk.invalid() {
            push(&mut quoted, format_args!("\\x{byte:02x}"));
        }
    }
    quoted.push('"');
    quoted
}

fn quote_char(quoted: &mut String, c: char) {
    match c {
        '"' | '\\' => quoted.extend(['\\', c]),
        '\x07' => quoted.push_str("\\a"),
        '\x08' => quoted.push_str("\\b"),
        '\x0c' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\x0b' => quoted.push_str("\\v"),
        c if is_printable(c) => quoted.push(c),
        c if c < ' ' || c == '\x7f' => push(quoted, format_args!("\\x{:02x}", u32::from(c))),
        c if u32::from(c) < 0x1_0000 => push(quoted, format_args!("\\u{:04x}", u32::from(c))),
        c => push(quoted, format_args!("\\U{:08x}", u32::from(c))),
    }
}

fn push(text: &mut String, args: fmt::Arguments<'_>) {
    text.write_fmt(args).expect("writing to a string cannot fail");
}

/// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the space.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    // The standard library keeps its table of printable characters private, but shows it in `escape_debug`. Marks that
    // extend a character are escaped only at the start of a string, hence the letter in front.
    let mut buffer = String::with_capacity(5);
    buffer.push('a');
    buffer.push(c);
    buffer.escape_debug().nth(1) == Some(c)
}

fn short_float(x: &Float) -> String {
    let near = FLOAT64.round_float(x);
    if near.is_finite() && x.is_zero() == (near == 0.0) {
        let short = format_g(near, Some(6));
        let is_integer = x.exponent() >= 0;
        return if is_integer || short.contains('.') { short } else { format_g(near, None) };
    }
    beyond_f64(x)
}

/// A decimal approximation of a number that `f64` cannot hold.
fn beyond_f64(x: &Float) -> String {
    let fraction_bits = x.mantissa().bit_len() as i64;
    let fraction = Float::rounded(x.is_negative(), x.mantissa().clone(), -fraction_bits, false)
        .map_or(0.0, |f| FLOAT64.round_float(&f));
    let log10 = x.top_exponent() as f64 * std::f64::consts::LOG10_2;
    let mut exponent = log10.trunc();
    let mut mantissa = fraction * 10f64.powf(log10 - exponent);
    // The first bound leaves room for the digits that the format below rounds away.
    if mantissa.abs() < 1.0 - 0.5e-6 {
        mantissa *= 10.0;
        exponent -= 1.0;
    } else if mantissa.abs() >= 10.0 {
        mantissa /= 10.0;
        exponent += 1.0;
    }
    format!("{}e{:+}", format_g(mantissa, Some(6)), exponent as i64)
}

/// Go's `%g` with a number of significant digits, or with as many as it takes to read the same number back.
fn format_g(x: f64, precision: Option<usize>) -> String {
    let scientific = match precision {
        Some(n) => format!("{:.*e}", n - 1, x.abs()),
        None => format!("{:e}", x.abs()),
    };
    let (mantissa, exponent) = scientific.split_once('e').expect("`e` formats have an exponent");
    let exponent: i32 = exponent.parse().expect("`e` formats have a decimal exponent");
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let n_digits = digits.len() as i32;
    let sign = if x < 0.0 { "-" } else { "" };
    if digits.is_empty() {
        return "0".to_owned();
    }

    let n_whole = exponent + 1;
    let limit = match precision {
        Some(n) if n as i32 > n_digits && n_digits >= n_whole => n_digits,
        Some(n) => n as i32,
        None => 6,
    };
    if exponent < -4 || exponent >= limit {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        format!("{sign}{first}{point}{rest}e{exponent_sign}{:02}", exponent.abs())
    } else if n_whole <= 0 {
        format!("{sign}0.{}{digits}", "0".repeat(-n_whole as usize))
    } else if n_digits <= n_whole {
        format!("{sign}{digits}{}", "0".repeat((n_whole - n_digits) as usize))
    } else {
        let (whole, fraction) = digits.split_at(n_whole as usize);
        format!("{sign}{whole}.{fraction}")
    }
}

/// The form `0x.8p+1`: a hexadecimal mantissa in `[0.5, 1)` and a binary exponent.
fn exact_float(x: &Float) -> String {
    if x.is_zero() {
        return "0".to_owned();
    }
    let n_bits = x.mantissa().bit_len();
    let aligned = x.mantissa().clone() << (n_bits.next_multiple_of(4) - n_bits);
    let digits = aligned.in_radix(16).to_string();
    let sign = if x.is_negative() { "-" } else { "" };
    format!("{sign}0x.{}p{:+}", digits.trim_end_matches('0'), x.top_exponent())
}
