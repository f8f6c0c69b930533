//! What is wrong with the head of a file, the package clause and the imports, in the words of the go command.
//!
//! The go command reads the head of a file, by rules and with messages of its own, before the compiler sees any of it. As
//! go/build, readGoInfo, and go/parser, parseFile; only the first mistake is told.

use base::SourceText;

use crate::scanner::{BOM_IN_THE_MIDDLE, Event, NUL, Scanner, find_blemishes};
use crate::token::{SemiKind, Token};
use crate::tree::LitKind;

/// The first thing that is wrong with the head of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// There is a NUL in it.
    Nul,
    /// At this offset, which may be the end of the text.
    At(u32, String),
}

/// The first mistake in the head of a file, if there is any.
///
/// A file of which [`crate::parse`] has nothing to say has none.
pub fn header_error(source: &SourceText) -> Option<HeaderError> {
    let mut scanner = Scanner::new(source);
    let result = head(&mut scanner);
    // After a mistake the go command reads the file to its end.
    let n_read = if result.is_ok() { scanner.start } else { source.as_str().len() };
    let blemishes = find_blemishes(source);
    if blemishes.iter().any(|&(offset, message)| message == NUL && (offset as usize) < n_read) {
        return Some(HeaderError::Nul);
    }
    result.err().map(|(offset, message)| HeaderError::At(offset as u32, message))
}

type Parsed = Result<(), (usize, String)>;

fn head(scanner: &mut Scanner<'_>) -> Parsed {
    step(scanner)?;
    expect(scanner, Token::Package, "package")?;
    expect(scanner, Token::Name, "IDENT")?;
    end_of_clause(scanner)?;
    while scanner.token == Token::Import {
        step(scanner)?;
        if scanner.token == Token::Lparen {
            group(scanner)?;
        } else {
            spec(scanner)?;
        }
        end_of_clause(scanner)?;
    }
    Ok(())
}

/// The imports between parentheses.
fn group(scanner: &mut Scanner<'_>) -> Parsed {
    step(scanner)?;
    while !matches!(scanner.token, Token::Rparen | Token::Eof) {
        spec(scanner)?;
        match scanner.token {
            Token::Rparen | Token::Rbrace => {}
            Token::Semi => step(scanner)?,
            _ => return Err(expected(scanner, ";")),
        }
    }
    expect(scanner, Token::Rparen, ")")
}

/// One import, up to its path.
fn spec(scanner: &mut Scanner<'_>) -> Parsed {
    if matches!(scanner.token, Token::Name | Token::Dot) {
        step(scanner)?;
    }
    match scanner.token {
        Token::Literal if scanner.payload.lit_kind == LitKind::String => step_or_end(scanner),
        Token::Literal | Token::Name => Err((scanner.start, "import path must be a string".to_owned())),
        _ => Err((scanner.start, "missing import path".to_owned())),
    }
}

/// What follows a clause. Only what looks like one more import counts: before anything else the head is over.
fn end_of_clause(scanner: &mut Scanner<'_>) -> Parsed {
    if scanner.token == Token::Semi {
        return step_or_end(scanner);
    }
    if scanner.token_text().starts_with('i') { Err(expected(scanner, ";")) } else { Ok(()) }
}

fn expect(scanner: &mut Scanner<'_>, token: Token, name: &str) -> Parsed {
    if scanner.token != token {
        return Err(expected(scanner, name));
    }
    if token == Token::Package { step(scanner) } else { step_or_end(scanner) }
}

fn expected(scanner: &Scanner<'_>, what: &str) -> (usize, String) {
    let found = match scanner.token {
        Token::Semi if scanner.payload.semi != SemiKind::Written => "newline".to_owned(),
        Token::Name | Token::Literal => scanner.token_text().to_owned(),
        Token::Eof => "'EOF'".to_owned(),
        _ => format!("'{}'", scanner.token_text()),
    };
    (scanner.start, format!("expected '{what}', found {found}"))
}

/// Steps to a token that belongs to the head, and so must be good. What is wrong behind it waits for the next step.
fn step(scanner: &mut Scanner<'_>) -> Parsed {
    scanner.next();
    let end = scanner.end();
    let mut errors = Vec::new();
    for event in std::mem::take(&mut scanner.events) {
        match event {
            // Blemishes are reported when the token before them is.
            Event::Error(offset, ref message) if offset as usize >= end && is_blemish(message) => {
                scanner.events.push(event);
            }
            Event::Error(offset, message) => errors.push((offset as usize, message)),
            _ => {}
        }
    }
    // A second byte order mark in front of the file does no harm there.
    errors.retain(|(offset, message)| message != BOM_IN_THE_MIDDLE || *offset != '\u{feff}'.len_utf8());
    let first = errors.into_iter().min_by_key(|(offset, _)| *offset);
    match first {
        // They are looked for by themselves.
        Some((_, message)) if message == NUL => Ok(()),
        Some((offset, message)) => Err(translated(scanner, offset, &message)),
        None => Ok(()),
    }
}

/// Whether the message is about a character that may be nowhere.
fn is_blemish(message: &str) -> bool {
    matches!(message, NUL | BOM_IN_THE_MIDDLE | "invalid UTF-8 encoding")
}

/// Steps to a token that may be the first behind the head: what is wrong with that one is for the compiler to say.
fn step_or_end(scanner: &mut Scanner<'_>) -> Parsed {
    let behind = scanner.end();
    match step(scanner) {
        Err((offset, _)) if offset >= scanner.start => Ok(()),
        // What is no character at all is skipped, but it ends the head like a token.
        Err((offset, _)) if scanner.text(behind, offset).trim().is_empty() => Ok(()),
        result => result,
    }
}

/// The scanner's message as go/scanner has it.
fn translated(scanner: &Scanner<'_>, offset: usize, message: &str) -> (usize, String) {
    match message {
        "invalid UTF-8 encoding" => (offset, "illegal UTF-8 encoding".to_owned()),
        BOM_IN_THE_MIDDLE => (offset, "illegal byte order mark".to_owned()),
        "unknown escape" => (offset, "unknown escape sequence".to_owned()),
        "newline in string" | "string not terminated" => {
            let is_raw = scanner.token_text().starts_with('`');
            let kind = if is_raw { "raw string" } else { "string" };
            (scanner.start, format!("{kind} literal not terminated"))
        }
        _ => match message.strip_prefix("invalid character ") {
            Some(rest) => (offset, format!("illegal character {}", rest.trim_end_matches(" in identifier"))),
            None => (offset, message.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_go_command_has_its_own_words_for_the_head_of_a_file() {
        let check = |text: &[u8]| match header_error(&SourceText::new(text.to_vec())) {
            None => "good".to_owned(),
            Some(HeaderError::Nul) => "NUL".to_owned(),
            Some(HeaderError::At(offset, message)) => format!("{offset}: {message}"),
        };
        assert_eq!(check(b"package m\nimport (\"a\"\n. \"b\")\nimport x `c`\nfunc #"), "good");
        assert_eq!(check(b"// only a comment\n"), "18: expected 'package', found 'EOF'");
        assert_eq!(check(b"func main() {}"), "0: expected 'package', found 'func'");
        assert_eq!(check(b"x"), "0: expected 'package', found x");
        assert_eq!(check(b"package 1"), "8: expected 'IDENT', found 1");
        assert_eq!(check(b"package += m"), "8: expected 'IDENT', found '+='");
        assert_eq!(check(b"package m import \"a\""), "10: expected ';', found 'import'");
        assert_eq!(check(b"package m.x"), "good");
        assert_eq!(check(b"package m\nimport (\"a\" \"b\")"), "22: expected ';', found \"b\"");
        assert_eq!(check(b"package m\nimport \"a\" \"b\""), "good");
        assert_eq!(check(b"package m\nimport (\"a\""), "21: expected ')', found 'EOF'");
        assert_eq!(check(b"package m\nimport 1"), "17: import path must be a string");
        assert_eq!(check(b"package m\nimport fmt\n"), "20: missing import path");
        assert_eq!(check(b"package m\nimport \"a\n"), "17: string literal not terminated");
        assert_eq!(check(b"package m\nimport `a\n"), "17: raw string literal not terminated");
        assert_eq!(check(b"package #m"), "8: illegal character U+0023 '#'");
        assert_eq!(check(b"// \xff\npackage m"), "3: illegal UTF-8 encoding");
        assert_eq!(check("package m\nimport \u{feff}\"a\"".as_bytes()), "17: illegal byte order mark");
        assert_eq!(check(b"package m\xff"), "9: illegal UTF-8 encoding");
        assert_eq!(check(b"package m\n\xff\xfe"), "good");
        assert_eq!(check(b"package m\n// \xff"), "13: illegal UTF-8 encoding");
        assert_eq!(check("\u{feff}\u{feff}package m".as_bytes()), "good");
        assert_eq!(check(b"package m\n\0"), "NUL");
        assert_eq!(check(b"package m\nvar x\0y int"), "good");
        assert_eq!(check(b"pakage m\nvar x = \"\0\""), "NUL");
    }
}
