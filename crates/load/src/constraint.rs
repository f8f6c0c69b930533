//! Build constraints: `//go:build` lines, the older `// +build` lines, and tags hidden in file names.
//!
//! **Terms.** A *tag* is a word that is on or off for one build (`linux`, `amd64`, `go1.27`, `purego`). A *constraint*
//! is a boolean expression over tags. A file whose constraint is false does not exist for the compiler.
//!
//! This module only reads constraints; which tags are on is the caller's knowledge ([`TagSet`](crate::TagSet)).

use std::ops::ControlFlow;

/// A boolean expression over build tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// A tag.
    Tag(Box<str>),
    /// `!x`
    Not(Box<Constraint>),
    /// `x && y`
    And(Box<Constraint>, Box<Constraint>),
    /// `x || y`
    Or(Box<Constraint>, Box<Constraint>),
}

impl Constraint {
    /// The value of the expression when `is_on` says which tags hold.
    pub(crate) fn eval(&self, is_on: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Constraint::Tag(tag) => is_on(tag),
            Constraint::Not(x) => !x.eval(is_on),
            Constraint::And(x, y) => x.eval(is_on) && y.eval(is_on),
            Constraint::Or(x, y) => x.eval(is_on) || y.eval(is_on),
        }
    }
}

/// Why a `//go:build` line cannot be read; the text is the go command's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConstraintError {
    /// The expression is malformed.
    #[error("parsing //go:build line: {0}")]
    Syntax(String),
    /// A file may have one `//go:build` line only.
    #[error("multiple //go:build comments")]
    Multiple,
}

/// The constraint written at the head of a Go or assembly file, if there is one.
///
/// A `//go:build` line counts anywhere before the first text that is not a comment. Without one, the `// +build`
/// lines of the leading comment block (which must be followed by a blank line) are taken together.
pub(crate) fn of_source(source: &[u8]) -> Result<Option<Constraint>, ConstraintError> {
    let header = scan_header(source)?;
    match header.go_build {
        Some(line) => parse_go_build(line).map(Some).map_err(ConstraintError::Syntax),
        None => Ok(plus_build(header.leading)),
    }
}

struct Header<'a> {
    /// The text of the `//go:build` line after the marker.
    go_build: Option<&'a str>,
    /// The leading run of `//` comments and blank lines, up to the last blank line.
    leading: &'a [u8],
}

fn scan_header(source: &[u8]) -> Result<Header<'_>, ConstraintError> {
    let mut scanner = HeaderScanner { go_build: None, leading_end: 0, leading_over: false, in_block: false };
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    let mut at = 0;
    while at < source.len() {
        let len = source[at..].iter().position(|&byte| byte == b'\n').map_or(source.len() - at, |i| i + 1);
        let line = source[at..at + len].trim_ascii();
        at += len;
        if line.is_empty() && !scanner.leading_over {
            scanner.leading_end = at;
        } else if scanner.line(line)?.is_break() {
            break;
        }
    }
    Ok(Header { go_build: scanner.go_build, leading: &source[..scanner.leading_end] })
}

struct HeaderScanner<'a> {
    go_build: Option<&'a str>,
    leading_end: usize,
    leading_over: bool,
    in_block: bool,
}

impl<'a> HeaderScanner<'a> {
    /// Takes one trimmed line; breaks at the first text outside comments.
    fn line(&mut self, line: &'a [u8]) -> Result<ControlFlow<()>, ConstraintError> {
        self.leading_over |= !line.starts_with(b"//");
        if !self.in_block
            && let Some(expr) = go_build_expr(line)
            && self.go_build.replace(expr).is_some()
        {
            return Err(ConstraintError::Multiple);
        }
        Ok(self.skip_comments(line))
    }

    fn skip_comments(&mut self, mut line: &[u8]) -> ControlFlow<()> {
        loop {
            if self.in_block {
                let Some(end) = find(line, b"*/") else { return ControlFlow::Continue(()) };
                self.in_block = false;
                line = line[end + 2..].trim_ascii();
            }
            if line.is_empty() || line.starts_with(b"//") {
                return ControlFlow::Continue(());
            }
            match line.strip_prefix(b"/*") {
                Some(rest) => {
                    self.in_block = true;
                    line = rest;
                }
                None => return ControlFlow::Break(()),
            }
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The expression of a `//go:build` comment: the marker is followed by a blank or the end of the line.
fn go_build_expr(line: &[u8]) -> Option<&str> {
    let rest = line.strip_prefix(b"//go:build")?;
    let rest = std::str::from_utf8(rest).ok()?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

/// All `// +build` lines of the leading comments: lines are joined by "and", words by "or", commas by "and".
fn plus_build(leading: &[u8]) -> Option<Constraint> {
    let text = String::from_utf8_lossy(leading);
    text.lines().filter_map(plus_build_line).reduce(and)
}

fn plus_build_line(line: &str) -> Option<Constraint> {
    let words = line.trim().strip_prefix("//")?.trim_start().strip_prefix("+build")?;
    if !words.is_empty() && !words.starts_with([' ', '\t']) {
        return None;
    }
    let alternatives = words
        .split_ascii_whitespace()
        .filter_map(|word| word.split(',').map(plus_build_term).reduce(|x, y| Some(and(x?, y?))).flatten());
    // A line without any valid word is never satisfied.
    Some(alternatives.reduce(or).unwrap_or_else(|| Constraint::Tag("ignore".into())))
}

fn plus_build_term(term: &str) -> Option<Constraint> {
    let (is_negated, tag) = match term.strip_prefix('!') {
        Some(tag) => (true, tag),
        None => (false, term),
    };
    let tag = Constraint::Tag(valid_tag(tag)?.into());
    Some(if is_negated { Constraint::Not(Box::new(tag)) } else { tag })
}

fn valid_tag(tag: &str) -> Option<&str> {
    (!tag.is_empty() && tag.chars().all(is_tag_char)).then_some(tag)
}

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

fn and(x: Constraint, y: Constraint) -> Constraint {
    Constraint::And(Box::new(x), Box::new(y))
}

fn or(x: Constraint, y: Constraint) -> Constraint {
    Constraint::Or(Box::new(x), Box::new(y))
}

/// Parses the expression of a `//go:build` line. Grammar: `or = and {"||" and}`, `and = not {"&&" not}`,
/// `not = "!" not | "(" or ")" | tag`.
pub(crate) fn parse_go_build(text: &str) -> Result<Constraint, String> {
    let mut parser = Parser { rest: text };
    let expr = parser.or()?;
    parser.skip_blanks();
    if parser.rest.is_empty() { Ok(expr) } else { Err(parser.unexpected()) }
}

const END: &str = "unexpected end of expression";
const MISSING: &str = "missing close paren";

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn or(&mut self) -> Result<Constraint, String> {
        let mut expr = self.and()?;
        while self.eat("||") {
            expr = or(expr, self.and()?);
        }
        Ok(expr)
    }

    fn and(&mut self) -> Result<Constraint, String> {
        let mut expr = self.not()?;
        while self.eat("&&") {
            expr = and(expr, self.not()?);
        }
        Ok(expr)
    }

    fn not(&mut self) -> Result<Constraint, String> {
        if self.eat("!") {
            if self.eat("!") {
                return Err("double negation not allowed".to_owned());
            }
            return Ok(Constraint::Not(Box::new(self.not()?)));
        }
        if self.eat("(") {
            let expr = match self.or() {
                Err(error) if error == END => Err(MISSING.to_owned()),
                result => result,
            }?;
            return if self.eat(")") { Ok(expr) } else { Err(MISSING.to_owned()) };
        }
        self.tag()
    }

    fn tag(&mut self) -> Result<Constraint, String> {
        self.skip_blanks();
        let end = self.rest.find(|c: char| !is_tag_char(c)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.unexpected());
        }
        let (tag, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Constraint::Tag(tag.into()))
    }

    /// What is wrong with the next token. As go/build/constraint, exprParser.
    fn unexpected(&mut self) -> String {
        self.skip_blanks();
        let Some(first) = self.rest.chars().next() else { return END.to_owned() };
        let n_tag = self.rest.find(|c: char| !is_tag_char(c)).unwrap_or(self.rest.len());
        match first {
            '(' | ')' | '!' => format!("unexpected token {first}"),
            '&' | '|' if self.rest[1..].starts_with(first) => format!("unexpected token {first}{first}"),
            _ if n_tag > 0 => format!("unexpected token {}", &self.rest[..n_tag]),
            _ => format!("invalid syntax at {first}"),
        }
    }
}

/// The tags that a file name implies: `name_GOOS.go`, `name_GOARCH.go`, `name_GOOS_GOARCH.go`, with `_test` left out.
///
/// Text before the first `_` never counts, so that `linux.go` is an ordinary file.
pub(crate) fn tags_of_file_name(name: &str) -> impl Iterator<Item = &str> {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let mut words = stem.split('_').skip(1).collect::<Vec<_>>();
    if words.last() == Some(&"test") {
        words.pop();
    }
    let tail = &words[words.len().saturating_sub(2)..];
    let n_tags = match *tail {
        [os, arch] if is_known_os(os) && is_known_arch(arch) => 2,
        [.., last] if is_known_os(last) || is_known_arch(last) => 1,
        _ => 0,
    };
    words.into_iter().rev().take(n_tags)
}

/// Whether `word` is a past, present or announced GOOS.
pub(crate) fn is_known_os(word: &str) -> bool {
    KNOWN_OS.contains(&word)
}

/// Whether `word` is a past, present or announced GOARCH.
pub(crate) fn is_known_arch(word: &str) -> bool {
    KNOWN_ARCH.contains(&word)
}

// As internal/syslist: these lists may only ever grow.
const KNOWN_OS: [&str; 18] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

const KNOWN_ARCH: [&str; 24] = [
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(source: &str, tags: &[&str]) -> bool {
        of_source(source.as_bytes()).unwrap().is_none_or(|c| c.eval(&|tag| tags.contains(&tag)))
    }

    #[test]
    fn go_build_lines_follow_precedence() {
        let source = "// Copyright\n\n//go:build linux && !purego || (a && (b || c))\n\npackage p\n";
        assert!(holds(source, &["linux"]));
        assert!(!holds(source, &["linux", "purego"]));
        assert!(holds(source, &["a", "c", "purego"]));
        assert!(!holds(source, &["a"]));
    }

    #[test]
    fn constraints_count_only_before_the_package_clause() {
        assert!(holds("package p\n//go:build never\n", &[]));
        assert!(!holds("/* a\n*/ /* b */\n//go:build never\npackage p\n", &[]));
        assert!(holds("/*\n//go:build never\n*/\npackage p\n", &[]));
        assert!(!holds("\u{feff}//go:build never\npackage p\n", &[]));
    }

    #[test]
    fn plus_build_lines_need_a_blank_line_after_them() {
        assert!(!holds("// +build a,!b c\n// +build d\n\npackage p\n", &["a", "b", "d"]));
        assert!(holds("// +build a,!b c\n// +build d\n\npackage p\n", &["c", "d"]));
        assert!(holds("// +build never\npackage p\n", &[]));
    }

    #[test]
    fn malformed_lines_are_reported_in_gos_words() {
        let error = |text: &str| of_source(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error("//go:build a &&\n"), "parsing //go:build line: unexpected end of expression");
        assert_eq!(error("//go:build (a\n"), "parsing //go:build line: missing close paren");
        assert_eq!(error("//go:build a b\n"), "parsing //go:build line: unexpected token b");
        assert_eq!(error("//go:build && a\n"), "parsing //go:build line: unexpected token &&");
        assert_eq!(error("//go:build a & b\n"), "parsing //go:build line: invalid syntax at &");
        assert_eq!(error("//go:build (\n"), "parsing //go:build line: missing close paren");
        assert_eq!(error("//go:build !!a\n"), "parsing //go:build line: double negation not allowed");
        assert_eq!(error("//go:build a\n//go:build b\n"), "multiple //go:build comments");
    }

    #[test]
    fn file_names_carry_tags_after_the_first_underscore() {
        let tags = |name| tags_of_file_name(name).collect::<Vec<_>>();
        assert_eq!(tags("a_linux_amd64_test.go"), ["amd64", "linux"]);
        assert_eq!(tags("a_windows.go"), ["windows"]);
        assert_eq!(tags("a_amd64_linux.go"), ["linux"]);
        assert!(tags("linux.go").is_empty() && tags("amd64_test.go").is_empty());
        assert!(tags("a_unix.go").is_empty());
    }
}
