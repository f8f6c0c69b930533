//! The tokens, divided as Go's compiler divides them, because its messages do.

use crate::tree::{BinaryOp, LitKind, UnaryOp};
use base::{Symbol, sym};

macro_rules! tokens {
    ($($name:ident = $text:literal,)+) => {
        /// A token without what it carries.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Token {
            $($name,)+
        }

        impl Token {
            const ALL: &[Self] = &[$(Self::$name,)+];

            /// The token as it is written.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

tokens! {
    Eof = "EOF",
    Name = "name", Literal = "literal",
    // `Operator` is all binary and unary operators but `*` and `<-`.
    Operator = "op", AssignOp = "op=", IncOp = "opop", Assign = "=", Define = ":=", Arrow = "<-", Star = "*",
    Lparen = "(", Lbrack = "[", Lbrace = "{", Rparen = ")", Rbrack = "]", Rbrace = "}",
    Comma = ",", Semi = ";", Colon = ":", Dot = ".", DotDotDot = "...",
    // In the order of the symbols.
    Break = "break", Case = "case", Chan = "chan", Const = "const", Continue = "continue", Default = "default",
    Defer = "defer", Else = "else", Fallthrough = "fallthrough", For = "for", Func = "func", Go = "go", Goto = "goto",
    If = "if", Import = "import", Interface = "interface", Map = "map", Package = "package", Range = "range",
    Return = "return", Select = "select", Struct = "struct", Switch = "switch", Type = "type", Var = "var",
}

impl Token {
    /// The keyword that `symbol` is.
    #[inline]
    pub(crate) fn keyword(symbol: Symbol) -> Option<Self> {
        let index = symbol.as_u32().wrapping_sub(sym::BREAK.as_u32());
        let is_keyword = index <= sym::VAR.as_u32() - sym::BREAK.as_u32();
        is_keyword.then(|| Self::ALL[Self::Break as usize + index as usize])
    }

    /// The token in an error message.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Comma => "comma".to_owned(),
            Self::Semi => "semicolon or newline".to_owned(),
            _ if self as u8 >= Self::Break as u8 => format!("keyword {}", self.as_str()),
            _ => self.as_str().to_owned(),
        }
    }
}

/// A set of tokens.
#[derive(Clone, Copy)]
pub(crate) struct TokenSet(u64);

impl TokenSet {
    pub(crate) const fn of(tokens: &[Token]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < tokens.len() {
            bits |= 1 << tokens[i] as u64;
            i += 1;
        }
        Self(bits)
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn contains(self, token: Token) -> bool {
        self.0 >> token as u64 & 1 != 0
    }
}

/// Why there is a semicolon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SemiKind {
    Written,
    Newline,
    Eof,
}

impl SemiKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "semicolon",
            Self::Newline => "newline",
            Self::Eof => "EOF",
        }
    }
}

/// What an operator token is: usable with two operands, with one, or both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Not,
    Tilde,
    Binary(BinaryOp),
}

impl Op {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Not => "!",
            Self::Tilde => "~",
            Self::Binary(op) => op.as_str(),
        }
    }

    pub(crate) const fn unary(self) -> Option<UnaryOp> {
        match self {
            Self::Not => Some(UnaryOp::Not),
            Self::Tilde => Some(UnaryOp::Tilde),
            Self::Binary(BinaryOp::Mul) => Some(UnaryOp::Deref),
            Self::Binary(BinaryOp::Add) => Some(UnaryOp::Add),
            Self::Binary(BinaryOp::Sub) => Some(UnaryOp::Sub),
            Self::Binary(BinaryOp::Xor) => Some(UnaryOp::Xor),
            Self::Binary(BinaryOp::And) => Some(UnaryOp::Addr),
            Self::Binary(_) => None,
        }
    }
}

/// What a token carries beyond its kind; each part is meaningful for the tokens that it is named for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload {
    /// Of `Name`.
    pub(crate) name: Symbol,
    /// Of `Operator`, `Star`, `AssignOp`, `IncOp`.
    pub(crate) op: Op,
    /// Of `Literal`.
    pub(crate) lit_kind: LitKind,
    /// Of `Literal`: whether it was reported.
    pub(crate) lit_is_bad: bool,
    /// Of `Semi`.
    pub(crate) semi: SemiKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_by_their_symbols() {
        for &token in &Token::ALL[Token::Break as usize..] {
            assert_eq!(Token::keyword(Symbol::intern(token.as_str())), Some(token));
        }
        assert_eq!(Token::keyword(sym::EMBED), None);
        assert_eq!(Token::keyword(sym::ANY), None);
    }

    #[test]
    fn all_tokens_fit_a_set() {
        assert!(Token::ALL.len() <= 64);
    }
}
