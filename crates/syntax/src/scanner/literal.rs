//! Numbers, runes and strings, and everything that can be wrong with them.

use super::Scanner;
use super::quoting::{describe_code, quote_char};
use crate::token::Token;
use crate::tree::LitKind;

/// What a run of digits had.
#[derive(Clone, Copy, Default)]
struct Digits {
    has_digit: bool,
    has_separator: bool,
    /// The offset of the first digit that the base does not have.
    invalid: Option<usize>,
}

impl Digits {
    fn then(self, next: Self) -> Self {
        Self {
            has_digit: self.has_digit || next.has_digit,
            has_separator: self.has_separator || next.has_separator,
            invalid: self.invalid.or(next.invalid),
        }
    }
}

/// How a number starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    /// `0` before further digits: octal, unless it turns out to be a float.
    Zero,
    Binary,
    Octal,
    Hex,
}

impl Prefix {
    const fn base(self) -> u32 {
        match self {
            Self::None => 10,
            Self::Zero | Self::Octal => 8,
            Self::Binary => 2,
            Self::Hex => 16,
        }
    }
}

const fn base_name(base: u32) -> &'static str {
    match base {
        2 => "binary",
        8 => "octal",
        10 => "decimal",
        _ => "hexadecimal",
    }
}

impl Scanner<'_> {
    fn literal(&mut self, kind: LitKind, is_ok: bool) -> Token {
        self.payload.lit_kind = kind;
        self.payload.lit_is_bad = !is_ok;
        self.closing(Token::Literal)
    }

    /// Reports only the first mistake of a literal.
    fn fail(&mut self, is_ok: &mut bool, offset: usize, message: impl FnOnce() -> String) {
        if std::mem::replace(is_ok, false) {
            self.error_at(offset, message());
        }
    }

    fn digits(&mut self, base: u32) -> Digits {
        let mut digits = Digits::default();
        loop {
            let byte = self.peek();
            match byte {
                b'_' => digits.has_separator = true,
                b'0'..=b'9' => {
                    digits.has_digit = true;
                    if u32::from(byte - b'0') >= base && digits.invalid.is_none() {
                        digits.invalid = Some(self.offset);
                    }
                }
                b'a'..=b'f' | b'A'..=b'F' if base == 16 => digits.has_digit = true,
                _ => return digits,
            }
            self.offset += 1;
        }
    }

    /// A number of which the first byte, a digit or the point before one, is consumed.
    pub(super) fn number(&mut self) -> Token {
        self.offset = self.start;
        let mut is_ok = true;
        let mut kind = LitKind::Int;
        let prefix = self.number_prefix();
        let base = prefix.base();
        let mut digits = Digits { has_digit: prefix == Prefix::Zero, ..Digits::default() };
        if self.peek() != b'.' {
            digits = digits.then(self.digits(base));
        }
        if self.peek() == b'.' {
            if matches!(prefix, Prefix::Octal | Prefix::Binary) {
                self.fail(&mut is_ok, self.offset, || {
                    format!("invalid radix point in {} literal", base_name(base))
                });
            }
            self.offset += 1;
            kind = LitKind::Float;
            digits = digits.then(self.digits(base));
        }
        if !digits.has_digit {
            self.fail(&mut is_ok, self.offset, || format!("{} literal has no digits", base_name(base)));
        }
        if matches!(self.peek(), b'e' | b'E' | b'p' | b'P') {
            kind = LitKind::Float;
            digits.has_separator |= self.exponent(prefix, &mut is_ok);
        } else if prefix == Prefix::Hex && kind == LitKind::Float {
            self.fail(&mut is_ok, self.offset, || "hexadecimal mantissa requires a 'p' exponent".to_owned());
        }
        if self.eat(b'i') {
            kind = LitKind::Imag;
        }
        if let (LitKind::Int, Some(offset)) = (kind, digits.invalid) {
            let digit = quote_char(char::from(self.bytes[offset]));
            self.fail(&mut is_ok, offset, || format!("invalid digit {digit} in {} literal", base_name(base)));
        }
        if digits.has_separator
            && let Some(index) = misplaced_separator(self.token_text().as_bytes())
        {
            self.fail(&mut is_ok, self.start + index, || "'_' must separate successive digits".to_owned());
        }
        self.literal(kind, is_ok)
    }

    fn number_prefix(&mut self) -> Prefix {
        if self.peek() != b'0' {
            return Prefix::None;
        }
        let prefix = match self.peek_at(1).to_ascii_lowercase() {
            b'x' => Prefix::Hex,
            b'o' => Prefix::Octal,
            b'b' => Prefix::Binary,
            _ => Prefix::Zero,
        };
        self.offset += if prefix == Prefix::Zero { 1 } else { 2 };
        prefix
    }

    /// Returns whether the exponent has separators.
    fn exponent(&mut self, prefix: Prefix, is_ok: &mut bool) -> bool {
        let letter = char::from(self.peek());
        let quoted = quote_char(letter);
        match letter {
            'e' | 'E' if !matches!(prefix, Prefix::None | Prefix::Zero) => {
                self.fail(is_ok, self.offset, || format!("{quoted} exponent requires decimal mantissa"));
            }
            'p' | 'P' if prefix != Prefix::Hex => {
                self.fail(is_ok, self.offset, || format!("{quoted} exponent requires hexadecimal mantissa"));
            }
            _ => {}
        }
        self.offset += 1;
        if matches!(self.peek(), b'+' | b'-') {
            self.offset += 1;
        }
        let digits = self.digits(10);
        if !digits.has_digit {
            self.fail(is_ok, self.offset, || "exponent has no digits".to_owned());
        }
        digits.has_separator
    }

    /// A rune literal of which the quote is consumed.
    pub(super) fn rune(&mut self) -> Token {
        let mut is_ok = true;
        let mut n_chars = 0;
        loop {
            match self.peek_char() {
                Some('\'') => {
                    if n_chars == 0 {
                        self.fail(&mut is_ok, self.offset, || "empty rune literal or unescaped '".to_owned());
                    } else if n_chars > 1 {
                        self.fail(&mut is_ok, self.start, || {
                            "more than one character in rune literal".to_owned()
                        });
                    }
                    self.offset += 1;
                    break;
                }
                Some('\\') => {
                    self.offset += 1;
                    is_ok &= self.escape(b'\'');
                }
                Some('\n') => {
                    self.fail(&mut is_ok, self.offset, || "newline in rune literal".to_owned());
                    break;
                }
                None => {
                    self.fail(&mut is_ok, self.start, || "rune literal not terminated".to_owned());
                    break;
                }
                // The scanner reports these by itself; they count for nothing.
                Some(blemish @ ('\0' | '\u{feff}')) => {
                    self.offset += blemish.len_utf8();
                    continue;
                }
                Some(c) => self.offset += c.len_utf8(),
            }
            n_chars += 1;
        }
        self.literal(LitKind::Rune, is_ok)
    }

    /// An interpreted string of which the quote is consumed.
    pub(super) fn string(&mut self) -> Token {
        let mut is_ok = true;
        loop {
            let rest = &self.bytes[self.offset..];
            let Some(length) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                self.offset = self.bytes.len();
                self.error_at(self.start, "string not terminated");
                is_ok = false;
                break;
            };
            self.offset += length;
            match rest[length] {
                b'"' => {
                    self.offset += 1;
                    break;
                }
                b'\\' => {
                    self.offset += 1;
                    is_ok &= self.escape(b'"');
                }
                _ => {
                    self.error("newline in string");
                    is_ok = false;
                    break;
                }
            }
        }
        self.literal(LitKind::String, is_ok)
    }

    /// A raw string of which the quote is consumed.
    pub(super) fn raw_string(&mut self) -> Token {
        let rest = &self.bytes[self.offset..];
        let end = memchr::memchr(b'`', rest);
        self.offset += end.map_or(rest.len(), |length| length + 1);
        if end.is_none() {
            self.error_at(self.start, "string not terminated");
        }
        self.literal(LitKind::String, end.is_some())
    }

    /// An escape of which the backslash is consumed. At the end of the file, the caller complains.
    fn escape(&mut self, quote: u8) -> bool {
        let (n_digits, base, max) = match self.peek() {
            byte if byte == quote || b"abfnrtv\\".contains(&byte) => {
                self.offset += 1;
                return true;
            }
            b'0'..=b'7' => (3, 8, 255),
            b'x' => (2, 16, 255),
            b'u' => (4, 16, u32::from(char::MAX)),
            b'U' => (8, 16, u32::from(char::MAX)),
            _ if self.is_at_end() => return true,
            _ => {
                self.error("unknown escape");
                return false;
            }
        };
        self.offset += usize::from(base == 16);
        let mut value = 0_u32;
        for _ in 0..n_digits {
            let Some(c) = self.peek_char() else { return true };
            let Some(digit) = c.to_digit(base) else {
                self.error(format!("invalid character {} in {} escape", quote_char(c), base_name(base)));
                return false;
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.offset += c.len_utf8();
        }
        if value > max && base == 8 {
            self.error(format!("octal escape value {value} > 255"));
            return false;
        }
        if value > max || (0xD800..0xE000).contains(&value) {
            self.error(format!("escape is invalid Unicode code point {}", describe_code(value)));
            return false;
        }
        true
    }
}

/// The index of the first `_` in `number` that is not between two digits; a prefix counts as a digit.
fn misplaced_separator(number: &[u8]) -> Option<usize> {
    let has_prefix =
        number[0] == b'0' && matches!(number.get(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
    let is_hex = has_prefix && number[1].eq_ignore_ascii_case(&b'x');
    let is_digit = |byte: u8| byte.is_ascii_digit() || (is_hex && byte.is_ascii_hexdigit());
    let first = if has_prefix { 2 } else { 0 };
    (first..number.len()).find(|&index| {
        let before_is_ok = match index {
            0 => false,
            _ if index == first && has_prefix => true,
            _ => is_digit(number[index - 1]),
        };
        // Of two in a row, the second is the culprit.
        let after_is_ok = number.get(index + 1).is_some_and(|&byte| byte == b'_' || is_digit(byte));
        number[index] == b'_' && !(before_is_ok && after_is_ok)
    })
}
