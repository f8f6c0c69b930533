//! Language versions: `go1.N`.

use std::fmt;

/// A language version. There has been no major version but 1.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GoVersion {
    /// The `N` of `go1.N`.
    pub minor: u16,
}

impl GoVersion {
    /// The version that this compiler implements.
    pub const LATEST: Self = Self { minor: 27 };

    /// `go1.N`.
    pub const fn new(minor: u16) -> Self {
        Self { minor }
    }

    /// Parses `go1`, `go1.N`, `go1.N.P`, `go1.NrcP` and the same without `go`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("go").unwrap_or(text);
        let rest = text.strip_prefix('1')?;
        if rest.is_empty() {
            return Some(Self::new(0));
        }
        let rest = rest.strip_prefix('.')?;
        let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..n_digits].parse().ok().map(Self::new)
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go1.{}", self.minor)
    }
}

/// The lowest version that a build constraint asks for. As go/build/constraint, GoVersion.
///
/// `None` when the constraint can hold without any `go1.N` tag, or is malformed.
pub(crate) fn of_build_line(line: &str) -> Option<GoVersion> {
    let expr = line.strip_prefix("//go:build")?;
    let mut parser = Constraint { rest: expr, pending: None };
    let implied = parser.or()?;
    if parser.peek().is_some() { None } else { implied }
}

/// A parser of build constraints that computes implied versions; `None` from a method is a syntax error.
struct Constraint<'a> {
    rest: &'a str,
    /// The token that was looked at and not yet taken.
    pending: Option<&'a str>,
}

type Implied = Option<GoVersion>;

impl<'a> Constraint<'a> {
    fn peek(&mut self) -> Option<&'a str> {
        if self.pending.is_none() {
            self.rest = self.rest.trim_start();
            let len = match self.rest.as_bytes() {
                [] => return None,
                [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
                [b'(' | b')' | b'!', ..] => 1,
                _ => self.rest.find([' ', '\t', '&', '|', '(', ')', '!']).unwrap_or(self.rest.len()),
            };
            let (token, rest) = self.rest.split_at(len);
            self.pending = Some(token);
            self.rest = rest;
        }
        self.pending
    }

    fn take(&mut self) -> Option<&'a str> {
        self.peek();
        self.pending.take()
    }

    fn or(&mut self) -> Option<Implied> {
        let mut implied = self.and()?;
        while self.peek() == Some("||") {
            self.take();
            implied = implied.min(self.and()?);
        }
        Some(implied)
    }

    fn and(&mut self) -> Option<Implied> {
        let mut implied = self.not()?;
        while self.peek() == Some("&&") {
            self.take();
            implied = implied.max(self.not()?);
        }
        Some(implied)
    }

    fn not(&mut self) -> Option<Implied> {
        match self.take()? {
            "!" => self.not().map(|_| None),
            "(" => {
                let implied = self.or()?;
                (self.take()? == ")").then_some(implied)
            }
            tag => Some(GoVersion::parse(tag).filter(|_| tag.starts_with("go1"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_parse_and_order() {
        assert_eq!(GoVersion::parse("go1.21"), Some(GoVersion::new(21)));
        assert_eq!(GoVersion::parse("1.22.3"), Some(GoVersion::new(22)));
        assert_eq!(GoVersion::parse("go2"), None);
        assert!(GoVersion::new(9) < GoVersion::new(21));
    }

    #[test]
    fn a_build_line_implies_the_version_without_which_it_cannot_hold() {
        let of = |line| of_build_line(line).map(|version| version.minor);
        assert_eq!(of("//go:build go1.21"), Some(21));
        assert_eq!(of("//go:build go1.18 && linux"), Some(18));
        assert_eq!(of("//go:build go1.18 || linux"), None);
        assert_eq!(of("//go:build !go1.18"), None);
        assert_eq!(of("//go:build (go1.17 || go1.20) && linux"), Some(17));
    }
}
