//! What constants look like and where their limits lie, case by case.

use constant::{
    BinaryOp, CompareOp, Kind, Literal, ShiftOp, Target, UnaryOp, Value, binary, compare, parse_literal,
    shift, unary,
};
use expect_test::{Expect, expect};

/// Guesses the kind of a literal as a scanner would.
fn literal(text: &str) -> Value {
    let is_hex = text.starts_with("0x");
    let kind = match text.as_bytes() {
        [b'\'', ..] => Literal::Rune,
        [b'"' | b'`', ..] => Literal::String,
        [.., b'i'] => Literal::Imaginary,
        _ if text.contains(['.', 'p']) || (!is_hex && text.contains('e')) => Literal::Float,
        _ => Literal::Int,
    };
    parse_literal(kind, text)
}

/// One line per literal: kind, short form, exact form.
fn check(literals: &[&str], expect: Expect) {
    let lines: Vec<String> = literals
        .iter()
        .map(|text| {
            let value = literal(text);
            format!("{} => {:?} {value} = {}\n", text.escape_debug(), value.kind(), value.exact_string())
        })
        .collect();
    expect.assert_eq(&lines.concat());
}

#[test]
fn number_literals_have_all_forms_of_the_language() {
    check(
        &[
            "0",
            "1_000",
            "0777",
            "0o17",
            "0b101",
            "0xFF_FF",
            "18446744073709551616",
            "08.5",
            "1.5e-3",
            ".5",
            "0x1.8p1",
            "0123i",
            "0x10i",
            "1e-2i",
        ],
        expect![[r#"
            0 => Int 0 = 0
            1_000 => Int 1000 = 1000
            0777 => Int 511 = 511
            0o17 => Int 15 = 15
            0b101 => Int 5 = 5
            0xFF_FF => Int 65535 = 65535
            18446744073709551616 => Int 18446744073709551616 = 18446744073709551616
            08.5 => Float 8.5 = 17/2
            1.5e-3 => Float 0.0015 = 3/2000
            .5 => Float 0.5 = 1/2
            0x1.8p1 => Float 3 = 3
            0123i => Complex (0 + 123i) = (0 + 123i)
            0x10i => Complex (0 + 16i) = (0 + 16i)
            1e-2i => Complex (0 + 0.01i) = (0 + 1/100i)
        "#]],
    );
}

#[test]
fn large_numbers_are_approximated_in_the_short_form() {
    check(
        &[
            "1e6",
            "123456.7",
            "1234567.8",
            "0.00001",
            "1e400",
            "1e-400",
            "1e5000",
            "1e-5000",
            "1e4000000000",
            "1e-4000000000",
        ],
        expect![[r#"
            1e6 => Float 1e+06 = 1000000
            123456.7 => Float 123456.7 = 1234567/10
            1234567.8 => Float 1.23457e+06 = 6172839/5
            0.00001 => Float 1e-05 = 1/100000
            1e400 => Float 1e+400 = 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
            1e-400 => Float 1e-400 = 1/10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
            1e5000 => Float 1e+5000 = 0x.c78820040d9443cf1647f794d877186661e259c03d11478721738640a451aba2200ffeaefaac52e8fcf82b4d9d0d238a8cf9db72407cfb4f87703844a2663acp+16610
            1e-5000 => Float 1e-5000 = 0x.a43978d593b68f3f4485e2694f9f29eef41ea50773490ef5ac03cff6c6119dedf2ed54c69b87c3c8c6d5bad7346db47a5775f81ca189fb11fea6418033cf435bp-16609
            1e4000000000 => Unknown unknown = unknown
            1e-4000000000 => Unknown unknown = unknown
        "#]],
    );
}

#[test]
fn text_literals_decode_every_escape() {
    check(
        &[
            r"'a'",
            r"'\n'",
            r"'\''",
            r"'\377'",
            r"'\xff'",
            r"'\u00e9'",
            r"'\U0001F600'",
            r"'\ud800'",
            r#""\xff\u00e9\000\"é""#,
            "`a\r\\n`",
            "\"a\u{300}\u{2028}\u{feff}\"",
        ],
        expect![[r#"
            \'a\' => Int 97 = 97
            \'\\n\' => Int 10 = 10
            \'\\\'\' => Int 39 = 39
            \'\\377\' => Int 255 = 255
            \'\\xff\' => Int 255 = 255
            \'\\u00e9\' => Int 233 = 233
            \'\\U0001F600\' => Int 128512 = 128512
            \'\\ud800\' => Unknown unknown = unknown
            \"\\xff\\u00e9\\000\\\"é\" => String "\xffé\x00\"é" = "\xffé\x00\"é"
            `a\r\\n` => String "a\\n" = "a\\n"
            \"à\u{2028}\u{feff}\" => String "à\u2028\ufeff" = "à\u2028\ufeff"
        "#]],
    );
}

#[test]
fn unknown_operands_give_unknown_results() {
    let one = Value::i64(1);
    assert!(binary(&one, BinaryOp::Add, &Value::UNKNOWN).is_unknown());
    assert!(unary(UnaryOp::Neg, &Value::UNKNOWN).is_unknown());
    assert!(shift(&Value::UNKNOWN, ShiftOp::Left, 3).is_unknown());
    assert!(!compare(&one, CompareOp::NotEqual, &Value::UNKNOWN));
    assert_eq!(Value::UNKNOWN.represent(Target::Bool).map(|v| v.kind()), Some(Kind::Unknown));
    assert_eq!(Value::UNKNOWN.signum(), 1, "an unknown divisor is not zero");
}

#[test]
fn division_by_zero_is_unknown() {
    let (one, zero) = (Value::i64(1), Value::i64(0));
    for op in [BinaryOp::Quo, BinaryOp::IntQuo, BinaryOp::Rem] {
        assert!(binary(&one, op, &zero).is_unknown(), "{op:?}");
    }
    assert!(binary(&literal("1e5000"), BinaryOp::Quo, &zero).is_unknown());
}

#[test]
fn complement_of_an_unsigned_type_keeps_its_size() {
    let complement = |n_bits| unary(UnaryOp::Complement(n_bits), &Value::i64(5)).to_string();
    assert_eq!(complement(None), "-6");
    assert_eq!(complement(Some(8)), "250");
    assert_eq!(complement(Some(64)), "18446744073709551610");
}

#[test]
fn integer_types_represent_exactly_their_range() {
    let signed = Target::Signed { n_bits: 8 };
    let unsigned = Target::Unsigned { n_bits: 64 };
    for (text, target, fits) in [
        ("127", signed, true),
        ("128", signed, false),
        ("3.0", signed, true),
        ("3.5", signed, false),
        ("18446744073709551615", unsigned, true),
        ("18446744073709551616", unsigned, false),
    ] {
        assert_eq!(literal(text).represent(target).is_some(), fits, "{text}");
    }
    assert!(Value::i64(-128).represent(signed).is_some());
    assert!(Value::i64(-129).represent(signed).is_none());
    assert!(Value::i64(-1).represent(unsigned).is_none());
}

#[test]
fn floating_point_types_round_and_overflow() {
    let round = |text: &str, target| literal(text).represent(target).map(|v| v.exact_string());
    assert_eq!(round("0.1", Target::Float32).as_deref(), Some("13421773/134217728"));
    assert_eq!(round("16777217", Target::Float32).as_deref(), Some("16777216"));
    assert_eq!(round("1e-400", Target::Float64).as_deref(), Some("0"));
    assert_eq!(round("3.5e38", Target::Float32), None);
    // The largest float64 and half a unit more: the tie rounds to infinity.
    assert!(round("0x1.fffffffffffff7p1023", Target::Float64).is_some());
    assert_eq!(round("0x1.fffffffffffff8p1023", Target::Float64), None);
    assert_eq!(round("1i", Target::Float64), None);
    assert_eq!(round("2", Target::Complex64).as_deref(), Some("(2 + 0i)"));
}

#[test]
fn nearly_integral_floats_convert_to_integers() {
    let tenth = binary(&literal("1e-3000"), BinaryOp::Mul, &literal("1e2999"));
    assert!(!tenth.exact_string().contains('/'), "beyond the size of fractions");
    let one = binary(&tenth, BinaryOp::Mul, &Value::i64(10));
    assert_eq!(one.to_int().to_string(), "1");
    assert!(literal("1.5").to_int().is_unknown());
    assert!(literal("1e5000").to_int().is_unknown(), "too large to write out");
}

#[test]
fn long_concatenations_are_lazy_and_neither_overflow_the_stack() {
    let mut text = Value::string("");
    for _ in 0..200_000 {
        text = binary(&text, BinaryOp::Add, &Value::string("ab"));
    }
    assert_eq!(text.string_len(), Some(400_000));
    assert_eq!(text.as_bytes().map(|b| b.len()), Some(400_000));

    let mut doubled = Value::string("x");
    for _ in 0..50 {
        doubled = binary(&doubled, BinaryOp::Add, &doubled);
    }
    assert_eq!(doubled.string_len(), Some(1 << 50), "counted, not built");
}

#[test]
fn long_strings_are_cut_in_the_short_form() {
    let value = Value::string("é".repeat(100));
    let short = value.to_string();
    assert_eq!(short.chars().count(), 72);
    assert!(short.ends_with("é..."));
    assert_eq!(value.exact_string().chars().count(), 102);
}
