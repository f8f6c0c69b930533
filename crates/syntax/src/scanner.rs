//! Text to tokens: one token of lookahead, semicolons inserted, every malformed literal reported.
//!
//! Errors and directives are queued as [`Event`]s, in the order met, for the parser to take after each token.
//! Spec: "Lexical elements"; the messages are those of cmd/compile/internal/syntax.

mod literal;
mod quoting;

pub(crate) use quoting::describe_char;

use crate::token::{Op, Payload, SemiKind, Token};
use crate::tree::{BinaryOp, LitKind};
use crate::unicode;
use base::{SourceText, Symbol, sym};

/// What the scanner met besides tokens.
#[derive(Debug)]
pub(crate) enum Event {
    /// Something is wrong at this offset.
    Error(u32, String),
    /// A `//go:` comment.
    Directive {
        /// The offset of the first slash.
        start: u32,
        /// The offset after the text.
        end: u32,
        /// Whether nothing precedes it on its line.
        is_alone: bool,
    },
    /// A comment `//line ...` at the start of a line, or `/*line ...*/`.
    Line {
        /// The offset of the text after `line `.
        start: u32,
        /// The offset after the text.
        end: u32,
        /// The first offset that the directive speaks about.
        effective: u32,
    },
}

const LETTER: u8 = 1;
const DIGIT: u8 = 2;

/// What ASCII characters are.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut c = 0;
    while c < 128 {
        let byte = c as u8;
        if byte.is_ascii_alphabetic() || byte == b'_' {
            class[c] = LETTER;
        } else if byte.is_ascii_digit() {
            class[c] = DIGIT;
        }
        c += 1;
    }
    class
};

/// The longest identifier, in bytes. Go has no limit, but a name goes several times into the symbols, the type names and the
/// tables of an executable, and this is a thousand times what a generator of code writes.
const MAX_NAME: usize = 1 << 20;

/// What is said about a NUL.
pub(crate) const NUL: &str = "invalid NUL character";

/// What is said about a byte order mark.
pub(crate) const BOM_IN_THE_MIDDLE: &str = "invalid BOM in the middle of the file";

const BOM: &[u8] = "\u{feff}".as_bytes();

pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Where NULs, byte order marks and broken UTF-8 are, which are reported as they are passed.
    blemishes: std::vec::IntoIter<(u32, &'static str)>,
    next_blemish: u32,
    /// The first byte that belongs to no token yet.
    offset: usize,
    /// Whether a newline or the end of the file here is a semicolon.
    newline_is_semi: bool,
    /// The current token.
    pub(crate) token: Token,
    pub(crate) payload: Payload,
    /// Where the current token starts.
    pub(crate) start: usize,
    pub(crate) events: Vec<Event>,
}

impl<'a> Scanner<'a> {
    /// A scanner before the first token: call [`Scanner::next`].
    pub(crate) fn new(source: &'a SourceText) -> Self {
        let text = source.as_str();
        let mut blemishes = find_blemishes(source).into_iter();
        if text.as_bytes().starts_with(BOM) {
            blemishes.next(); // Only in the middle of a file is it one.
        }
        let next_blemish = blemishes.as_slice().first().map_or(u32::MAX, |blemish| blemish.0);
        Self {
            text,
            bytes: text.as_bytes(),
            blemishes,
            next_blemish,
            offset: 0,
            newline_is_semi: false,
            token: Token::Eof,
            payload: Payload {
                name: sym::EMPTY,
                op: Op::Not,
                lit_kind: LitKind::Int,
                lit_is_bad: false,
                semi: SemiKind::Written,
            },
            start: 0,
            events: Vec::new(),
        }
    }

    /// The offset after the current token.
    pub(crate) fn end(&self) -> usize {
        self.offset
    }

    /// The text of the current token.
    pub(crate) fn token_text(&self) -> &'a str {
        &self.text[self.start..self.offset]
    }

    /// The text between two offsets.
    pub(crate) fn text(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// The byte `n` ahead; a NUL at the end of the text.
    #[inline]
    fn peek_at(&self, n: usize) -> u8 {
        self.bytes.get(self.offset + n).copied().unwrap_or(0)
    }

    fn is_at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    fn peek_char(&self) -> Option<char> {
        self.text[self.offset..].chars().next()
    }

    fn error_at(&mut self, offset: usize, message: impl Into<String>) {
        self.events.push(Event::Error(offset as u32, message.into()));
    }

    fn error(&mut self, message: impl Into<String>) {
        self.error_at(self.offset, message);
    }

    /// Steps to the next token.
    #[inline]
    pub(crate) fn next(&mut self) {
        let newline_is_semi = std::mem::take(&mut self.newline_is_semi);
        self.token = self.scan(newline_is_semi);
        if self.offset as u32 >= self.next_blemish {
            self.report_blemishes();
        }
    }

    #[cold]
    fn report_blemishes(&mut self) {
        while self.next_blemish as usize <= self.offset {
            let (offset, message) = self.blemishes.next().expect("there is a next one");
            self.events.push(Event::Error(offset, message.to_owned()));
            self.next_blemish = self.blemishes.as_slice().first().map_or(u32::MAX, |blemish| blemish.0);
        }
    }

    fn scan(&mut self, newline_is_semi: bool) -> Token {
        loop {
            self.skip_blanks(newline_is_semi);
            self.start = self.offset;
            let first = self.peek();
            if CLASS[first as usize] == LETTER {
                return self.name();
            }
            self.offset += 1;
            return match first {
                b'\n' => self.semi(SemiKind::Newline),
                b'0'..=b'9' => self.number(),
                b'"' => self.string(),
                b'`' => self.raw_string(),
                b'\'' => self.rune(),
                b'(' => Token::Lparen,
                b'[' => Token::Lbrack,
                b'{' => Token::Lbrace,
                b',' => Token::Comma,
                b';' => self.semi(SemiKind::Written),
                b')' => self.closing(Token::Rparen),
                b']' => self.closing(Token::Rbrack),
                b'}' => self.closing(Token::Rbrace),
                b':' => self.either(b'=', Token::Define, Token::Colon),
                b'.' => self.dot(),
                b'=' if self.eat(b'=') => self.operator(BinaryOp::Eql),
                b'=' => Token::Assign,
                b'/' if matches!(self.peek(), b'/' | b'*') => {
                    if self.comment() && newline_is_semi {
                        return self.semi(SemiKind::Newline);
                    }
                    continue;
                }
                _ => match self.symbol(first) {
                    Some(token) => token,
                    None => {
                        self.offset = self.start;
                        match self.rare(newline_is_semi) {
                            Some(token) => token,
                            None => continue,
                        }
                    }
                },
            };
        }
    }

    /// Skips what separates tokens.
    #[inline]
    fn skip_blanks(&mut self, newline_is_semi: bool) {
        loop {
            match self.peek() {
                b' ' | b'\t' | b'\r' => self.offset += 1,
                b'\n' if !newline_is_semi => self.offset += 1,
                _ => return,
            }
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == byte;
        self.offset += usize::from(is_next);
        is_next
    }

    fn either(&mut self, byte: u8, with: Token, without: Token) -> Token {
        if self.eat(byte) { with } else { without }
    }

    fn semi(&mut self, kind: SemiKind) -> Token {
        self.payload.semi = kind;
        Token::Semi
    }

    fn closing(&mut self, token: Token) -> Token {
        self.newline_is_semi = true;
        token
    }

    fn dot(&mut self) -> Token {
        if self.peek().is_ascii_digit() {
            return self.number();
        }
        if self.peek() == b'.' && self.peek_at(1) == b'.' {
            self.offset += 2;
            return Token::DotDotDot;
        }
        Token::Dot
    }

    fn operator(&mut self, op: BinaryOp) -> Token {
        self.payload.op = Op::Binary(op);
        Token::Operator
    }

    /// `op` or `op=`.
    fn assignable(&mut self, op: BinaryOp) -> Token {
        self.payload.op = Op::Binary(op);
        self.either(b'=', Token::AssignOp, Token::Operator)
    }

    /// `op`, `op=` or `opop`; `byte` is the operator.
    fn countable(&mut self, byte: u8, op: BinaryOp) -> Token {
        if self.eat(byte) {
            self.payload.op = Op::Binary(op);
            return self.closing(Token::IncOp);
        }
        self.assignable(op)
    }

    /// The rest of an operator that starts with `first`.
    fn symbol(&mut self, first: u8) -> Option<Token> {
        Some(match first {
            b'+' => self.countable(b'+', BinaryOp::Add),
            b'-' => self.countable(b'-', BinaryOp::Sub),
            b'*' => {
                self.payload.op = Op::Binary(BinaryOp::Mul);
                self.either(b'=', Token::AssignOp, Token::Star)
            }
            b'/' => self.assignable(BinaryOp::Div),
            b'%' => self.assignable(BinaryOp::Rem),
            b'&' if self.eat(b'&') => self.operator(BinaryOp::AndAnd),
            b'&' if self.eat(b'^') => self.assignable(BinaryOp::AndNot),
            b'&' => self.assignable(BinaryOp::And),
            b'|' if self.eat(b'|') => self.operator(BinaryOp::OrOr),
            b'|' => self.assignable(BinaryOp::Or),
            b'^' => self.assignable(BinaryOp::Xor),
            b'<' if self.eat(b'=') => self.operator(BinaryOp::Leq),
            b'<' if self.eat(b'<') => self.assignable(BinaryOp::Shl),
            b'<' if self.eat(b'-') => Token::Arrow,
            b'<' => self.operator(BinaryOp::Lss),
            b'>' if self.eat(b'=') => self.operator(BinaryOp::Geq),
            b'>' if self.eat(b'>') => self.assignable(BinaryOp::Shr),
            b'>' => self.operator(BinaryOp::Gtr),
            b'!' if self.eat(b'=') => self.operator(BinaryOp::Neq),
            b'!' => {
                self.payload.op = Op::Not;
                Token::Operator
            }
            b'~' => {
                self.payload.op = Op::Tilde;
                Token::Operator
            }
            _ => return None,
        })
    }

    /// What is neither blank, letter, digit nor ASCII punctuation. `None`: it was skipped.
    #[cold]
    fn rare(&mut self, newline_is_semi: bool) -> Option<Token> {
        let Some(c) = self.peek_char() else {
            return Some(if newline_is_semi { self.semi(SemiKind::Eof) } else { Token::Eof });
        };
        if c == '\0' || c == '\u{feff}' {
            self.offset += c.len_utf8();
            return None;
        }
        if c >= '\u{80}' {
            return Some(self.name());
        }
        self.error(format!("invalid character {}", describe_char(c)));
        self.offset += c.len_utf8();
        None
    }

    /// A name or keyword.
    #[inline]
    fn name(&mut self) -> Token {
        let mut offset = self.offset;
        while let Some(&byte) = self.bytes.get(offset)
            && CLASS[byte as usize] != 0
        {
            offset += 1;
        }
        self.offset = offset;
        if self.peek() >= 0x80 || (self.peek() == 0 && !self.is_at_end()) {
            return self.name_with_rare_chars();
        }
        if offset - self.start > MAX_NAME {
            return self.long_name();
        }
        let symbol = Symbol::intern(&self.text[self.start..offset]);
        if let Some(keyword) = Token::keyword(symbol) {
            self.newline_is_semi =
                matches!(keyword, Token::Break | Token::Continue | Token::Fallthrough | Token::Return);
            return keyword;
        }
        self.payload.name = symbol;
        self.closing(Token::Name)
    }

    #[cold]
    fn name_with_rare_chars(&mut self) -> Token {
        let mut is_first = self.offset == self.start;
        while let Some(c) = self.peek_char() {
            let belongs = c == '\0' || c == '\u{feff}' || self.is_name_char(c, is_first && c >= '\u{80}');
            if !belongs {
                break;
            }
            is_first = false;
            self.offset += c.len_utf8();
        }
        if self.offset - self.start > MAX_NAME {
            return self.long_name();
        }
        self.payload.name = Symbol::intern(self.token_text());
        self.closing(Token::Name)
    }

    /// A name beyond the limit: it is reported, and blank for the rest.
    #[cold]
    fn long_name(&mut self) -> Token {
        self.error_at(self.start, format!("identifier is longer than {MAX_NAME} bytes"));
        self.payload.name = sym::BLANK;
        self.closing(Token::Name)
    }

    /// Whether `c` continues a name. Whatever is not ASCII does, and is reported when it must not.
    fn is_name_char(&mut self, c: char, is_first: bool) -> bool {
        if c < '\u{80}' {
            return CLASS[c as usize] != 0;
        }
        if unicode::is_letter(c) {
            return true;
        }
        if !unicode::is_digit(c) {
            self.error(format!("invalid character {} in identifier", describe_char(c)));
        } else if is_first {
            self.error(format!("identifier cannot begin with digit {}", describe_char(c)));
        }
        true
    }

    /// Skips a comment of which the first slash is consumed. True: it contains a newline and ends in none.
    fn comment(&mut self) -> bool {
        if self.eat(b'/') {
            self.line_comment();
            return false;
        }
        self.offset += 1;
        let body = self.offset;
        let end = memchr::memmem::find(&self.bytes[body..], b"*/").map(|length| body + length);
        let Some(end) = end else {
            self.offset = self.bytes.len();
            self.error_at(self.start, "comment not terminated");
            return memchr::memchr(b'\n', &self.bytes[body..]).is_some();
        };
        self.offset = end + 2;
        let has_newline = memchr::memchr(b'\n', &self.bytes[body..end]).is_some();
        if self.bytes[body..end].starts_with(b"line ") && !has_newline {
            let event =
                Event::Line { start: body as u32 + 5, end: end as u32, effective: self.offset as u32 };
            self.events.push(event);
        }
        has_newline
    }

    fn line_comment(&mut self) {
        let body = self.offset;
        let length = memchr::memchr(b'\n', &self.bytes[body..]).unwrap_or(self.bytes.len() - body);
        self.offset += length;
        let text = &self.bytes[body..self.offset];
        if !text.starts_with(b"go:") && !text.starts_with(b"line ") {
            return;
        }
        let end = (self.offset - usize::from(text.ends_with(b"\r"))) as u32;
        let line_start = memchr::memrchr(b'\n', &self.bytes[..self.start]).map_or(0, |newline| newline + 1);
        if text.starts_with(b"go:") {
            let is_alone = self.bytes[line_start..self.start].iter().all(|byte| b" \t\r".contains(byte));
            self.events.push(Event::Directive { start: self.start as u32, end, is_alone });
        } else if line_start == self.start {
            let effective = (self.offset + 1).min(self.bytes.len()) as u32;
            self.events.push(Event::Line { start: body as u32 + 5, end, effective });
        }
    }
}

/// Every NUL, byte order mark and byte that was not UTF-8, with its message, in order.
pub(crate) fn find_blemishes(source: &SourceText) -> Vec<(u32, &'static str)> {
    let bytes = source.as_str().as_bytes();
    let mut invalid = source.invalid_offsets().iter().copied().peekable();
    let mut blemishes: Vec<(u32, &'static str)> = memchr::memchr_iter(0, bytes)
        .map(|offset| match invalid.next_if_eq(&(offset as u32)) {
            Some(offset) => (offset, "invalid UTF-8 encoding"),
            None => (offset as u32, NUL),
        })
        .collect();
    let boms = memchr::memmem::find_iter(bytes, BOM);
    blemishes.extend(boms.map(|offset| (offset as u32, BOM_IN_THE_MIDDLE)));
    blemishes.sort_unstable();
    blemishes
}

#[cfg(test)]
mod tests;
