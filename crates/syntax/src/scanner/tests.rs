//! Tokens and messages for texts good and bad.

use super::{Event, MAX_NAME, Scanner};
use crate::token::Token;
use base::SourceText;
use expect_test::{Expect, expect};
use std::fmt::Write as _;

/// One line per token, literals and names with their text, and one per event, in the order met.
/// A NUL shows as `␀`.
fn check(text: impl AsRef<[u8]>, expect: &Expect) {
    let source = SourceText::new(text.as_ref().to_vec());
    let mut scanner = Scanner::new(&source);
    let mut out = String::new();
    loop {
        scanner.next();
        for event in scanner.events.drain(..) {
            match event {
                Event::Error(offset, message) => writeln!(out, "{offset}: {message}").unwrap(),
                other => writeln!(out, "{other:?}").unwrap(),
            }
        }
        let payload = scanner.payload;
        match scanner.token {
            Token::Eof => break,
            Token::Semi => writeln!(out, "; {}", payload.semi.as_str()),
            Token::Literal if payload.lit_is_bad => writeln!(out, "bad {:?}", payload.lit_kind),
            Token::Literal => writeln!(out, "{:?} {}", payload.lit_kind, scanner.token_text()),
            Token::Name => writeln!(out, "name {}", payload.name),
            Token::Operator | Token::AssignOp | Token::IncOp => {
                writeln!(out, "{} {}", scanner.token.as_str(), payload.op.as_str())
            }
            token => writeln!(out, "{}", token.as_str()),
        }
        .unwrap();
    }
    expect.assert_eq(&out.replace('\0', "␀"));
}

#[test]
fn newlines_end_statements_behind_some_tokens() {
    check(
        "x\n)\nreturn\nx++ /* a\nb */ + // c\n1\n{\n}",
        &expect![[r#"
            name x
            ; newline
            )
            ; newline
            return
            ; newline
            name x
            opop +
            ; newline
            op +
            Int 1
            ; newline
            {
            }
            ; EOF
        "#]],
    );
}

#[test]
fn operators_take_the_longest_match() {
    check(
        "&^= &^ && & <<= <- <= ... .. :=: ~! != *= *",
        &expect![[r#"
        op= &^
        op &^
        op &&
        op &
        op= <<
        <-
        op <=
        ...
        .
        .
        :=
        :
        op ~
        op !
        op !=
        op= *
        *
    "#]],
    );
}

#[test]
fn numbers_of_all_kinds() {
    check(
        "0 0b1_0 0o17 017 0x_Fp-2 1.5e3 .5 08.5 1i 0x1i 089i 1_000",
        &expect![[r#"
        Int 0
        Int 0b1_0
        Int 0o17
        Int 017
        Float 0x_Fp-2
        Float 1.5e3
        Float .5
        Float 08.5
        Imag 1i
        Imag 0x1i
        Imag 089i
        Int 1_000
        ; EOF
    "#]],
    );
}

#[test]
fn numbers_that_are_wrong() {
    check(
        "08 0b12 0b 0x 1e 1p2 0x1.0 0b1.0 1__0 0_ 0x1e+ 0xp1 1_.5 0b1e1",
        &expect![[r#"
        1: invalid digit '8' in octal literal
        bad Int
        6: invalid digit '2' in binary literal
        bad Int
        10: binary literal has no digits
        bad Int
        13: hexadecimal literal has no digits
        bad Int
        16: exponent has no digits
        bad Float
        18: 'p' exponent requires hexadecimal mantissa
        bad Float
        26: hexadecimal mantissa requires a 'p' exponent
        bad Float
        30: invalid radix point in binary literal
        bad Float
        35: '_' must separate successive digits
        bad Int
        39: '_' must separate successive digits
        bad Int
        Int 0x1e
        op +
        49: hexadecimal literal has no digits
        bad Float
        53: '_' must separate successive digits
        bad Float
        60: 'e' exponent requires decimal mantissa
        bad Float
        ; EOF
    "#]],
    );
}

#[test]
fn runes_and_strings() {
    check(
        r#"'a' '\'' '\x41' '世' "a\"b\u00e9" `raw\` '"'"#,
        &expect![[r#"
        Rune 'a'
        Rune '\''
        Rune '\x41'
        Rune '世'
        String "a\"b\u00e9"
        String `raw\`
        Rune '"'
        ; EOF
    "#]],
    );
}

#[test]
fn runes_and_strings_that_are_wrong() {
    check(
        "'' 'ab' '\\q' \"\\400\" \"\\ud800\" \"\\U00110000\" \"\\xg\" '\\\"' \"a\n'b\n`open",
        &expect![[r#"
            1: empty rune literal or unescaped '
            bad Rune
            3: more than one character in rune literal
            bad Rune
            10: unknown escape
            bad Rune
            18: octal escape value 256 > 255
            bad String
            27: escape is invalid Unicode code point U+D800
            bad String
            40: escape is invalid Unicode code point U+110000
            bad String
            45: invalid character 'g' in hexadecimal escape
            bad String
            50: unknown escape
            bad Rune
            55: newline in string
            bad String
            ; newline
            58: newline in rune literal
            bad Rune
            ; newline
            59: string not terminated
            bad String
            ; EOF
        "#]],
    );
}

#[test]
fn what_is_not_utf8_and_what_may_not_be_there() {
    check(
        b"\xef\xbb\xbfa \xff b\x00c \xef\xbb\xbf \"\xc2\" // \x00\n#",
        &expect![[r#"
        name a
        5: invalid UTF-8 encoding
        8: invalid NUL character
        name b␀c
        11: invalid BOM in the middle of the file
        16: invalid UTF-8 encoding
        String "␀"
        22: invalid NUL character
        ; newline
        24: invalid character U+0023 '#'
    "#]],
    );
}

#[test]
fn names_are_letters_and_digits_of_any_script() {
    check(
        "αβγ _1 x٣ ٣x a€b é",
        &expect![[r#"
        name αβγ
        name _1
        name x٣
        14: identifier cannot begin with digit U+0663 '٣'
        name ٣x
        19: invalid character U+20AC '€' in identifier
        name a€b
        name é
        ; EOF
    "#]],
    );
}

#[test]
fn a_name_has_a_longest_length() {
    let name = |length| "a".repeat(length);
    let message = |text: String| {
        let source = SourceText::new(text.into_bytes());
        let mut scanner = Scanner::new(&source);
        scanner.next();
        assert!(matches!(scanner.token, Token::Name));
        scanner.events.drain(..).map(|event| format!("{event:?}")).collect::<String>()
    };
    assert_eq!(message(name(MAX_NAME)), "");
    assert_eq!(message(name(MAX_NAME + 1)), "Error(0, \"identifier is longer than 1048576 bytes\")");
    assert_eq!(message(name(MAX_NAME) + "é"), "Error(0, \"identifier is longer than 1048576 bytes\")");
}

#[test]
fn comments_with_directives_are_events() {
    check(
        "//go:build x\n//line a.go:1\n /*line b.go:2:3*/ x //go:noinline\n  //go:nosplit\r\n //line no:1\n// go:no",
        &expect![[r#"
            Directive { start: 0, end: 12, is_alone: true }
            Line { start: 20, end: 26, effective: 27 }
            Line { start: 35, end: 43, effective: 45 }
            name x
            Directive { start: 48, end: 61, is_alone: false }
            ; newline
            Directive { start: 64, end: 76, is_alone: true }
        "#]],
    );
}

#[test]
fn a_comment_that_does_not_end() {
    check(
        "x /* a\n",
        &expect![[r#"
        name x
        2: comment not terminated
        ; newline
    "#]],
    );
}
