//! The tokens of the text form.

use crate::print::is_plain;
use std::fmt;

/// A token; texts are slices of the input, but for symbols, whose quotes are undone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token<'t> {
    /// A word: mnemonic, type, keyword, `v3`, `block1`, `r2`.
    Word(&'t str),
    /// `@name` or `@"name"`.
    Name(String),
    /// A decimal or hexadecimal number.
    Number(i64),
    /// `#` and hexadecimal digits: bytes.
    Bytes(Vec<u8>),
    /// `->` or one of `()[]{}:,=+-!/`.
    Punct(&'t str),
    /// The end of the text.
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(word) | Token::Punct(word) => write!(f, "`{word}`"),
            Token::Name(name) => write!(f, "symbol `{name}`"),
            Token::Number(number) => write!(f, "number {number}"),
            Token::Bytes(_) => f.write_str("bytes"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// Splits a text into tokens with their line numbers; an unknown character becomes a word that nothing expects.
pub(super) fn tokens(text: &str) -> Vec<(Token<'_>, u32)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let n_bytes = match c {
            '\n' => {
                line += 1;
                1
            }
            ' ' | '\t' | '\r' => 1,
            ';' => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                let (token, n_bytes) = token(rest, c);
                tokens.push((token, line));
                n_bytes
            }
        };
        rest = &rest[n_bytes..];
    }
    tokens.push((Token::End, line));
    tokens
}

fn token(rest: &str, first: char) -> (Token<'_>, usize) {
    match first {
        '@' => name(rest),
        '#' => bytes(rest),
        '0'..='9' => number(rest),
        '-' if rest.starts_with("->") => (Token::Punct("->"), 2),
        '(' | ')' | '[' | ']' | '{' | '}' | ':' | ',' | '=' | '+' | '-' | '!' | '/' => {
            (Token::Punct(&rest[..1]), 1)
        }
        _ => {
            let word = take_while(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            let n_bytes = word.len().max(first.len_utf8());
            (Token::Word(&rest[..n_bytes]), n_bytes)
        }
    }
}

fn name(rest: &str) -> (Token<'_>, usize) {
    let Some(quoted) = rest.strip_prefix("@\"") else {
        let word = take_while(&rest[1..], is_plain);
        return (Token::Name(word.to_owned()), 1 + word.len());
    };
    let mut name = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (Token::Name(name), 2 + at + 1),
            '\\' => match chars.next() {
                Some((_, 'n')) => name.push('\n'),
                Some((_, escaped)) => name.push(escaped),
                None => break,
            },
            _ => name.push(c),
        }
    }
    (Token::Name(name), rest.len())
}

fn bytes(rest: &str) -> (Token<'_>, usize) {
    let digits = take_while(&rest[1..], |c| c.is_ascii_hexdigit());
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2).unwrap_or("0"), 16).unwrap_or(0);
    (Token::Bytes((0..digits.len()).step_by(2).map(pair).collect()), 1 + digits.len())
}

fn number(rest: &str) -> (Token<'_>, usize) {
    let word = take_while(rest, |c| c.is_ascii_alphanumeric());
    let value = match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => word.parse(),
    };
    // Numbers are parsed as unsigned so that `-9223372036854775808` is the negation of one.
    match value {
        Ok(value) => (Token::Number(value as i64), word.len()),
        Err(_) => (Token::Word(word), word.len()),
    }
}

fn take_while(text: &str, mut keep: impl FnMut(char) -> bool) -> &str {
    let end = text.find(|c| !keep(c)).unwrap_or(text.len());
    &text[..end]
}
