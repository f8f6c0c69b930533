//! Laws that hold for all constants, with the machine's own arithmetic as the judge where it has one.

use constant::{
    BinaryOp, CompareOp, Literal, ShiftOp, Target, UnaryOp, Value, binary, compare, parse_literal, shift,
    unary,
};
use proptest::prelude::*;

fn equal(x: &Value, y: &Value) -> bool {
    compare(x, CompareOp::Equal, y)
}

/// Integers of up to 400 bits, many of them at the edges of the machine words.
fn integers() -> impl Strategy<Value = Value> {
    let edges = prop_oneof![Just(0), Just(i64::MAX), Just(i64::MIN), any::<i64>()];
    (edges, 0usize..340, any::<i64>()).prop_map(|(high, amount, low)| {
        binary(&shift(&Value::i64(high), ShiftOp::Left, amount), BinaryOp::Add, &Value::i64(low))
    })
}

/// Reals: exact fractions and numbers beyond them.
fn reals() -> impl Strategy<Value = Value> {
    (any::<i64>(), 1i64..i64::MAX, -6000i32..6000).prop_map(|(numerator, denominator, exponent)| {
        let ratio = binary(&Value::i64(numerator), BinaryOp::Quo, &Value::i64(denominator));
        binary(&ratio, BinaryOp::Mul, &parse_literal(Literal::Float, &format!("0x1p{exponent}")))
    })
}

proptest! {
    #[test]
    fn small_integers_agree_with_the_machine(a: i64, b: i64) {
        let (x, y) = (Value::i64(a), Value::i64(b));
        let (a, b) = (i128::from(a), i128::from(b));
        let text = |op| binary(&x, op, &y).to_string();
        prop_assert_eq!(text(BinaryOp::Add), (a + b).to_string());
        prop_assert_eq!(text(BinaryOp::Sub), (a - b).to_string());
        prop_assert_eq!(text(BinaryOp::Mul), (a * b).to_string());
        prop_assert_eq!(text(BinaryOp::AndNot), (a & !b).to_string());
        if b != 0 {
            prop_assert_eq!(text(BinaryOp::Rem), (a % b).to_string());
        }
        prop_assert_eq!(compare(&x, CompareOp::Less, &y), a < b);
    }

    #[test]
    fn quotient_and_remainder_rebuild_the_dividend(a in integers(), b in integers()) {
        // Two words at the edge wrap as in gc; the law is about everything else.
        prop_assume!(b.signum() != 0 && !(a.as_i64() == Some(i64::MIN) && b.as_i64() == Some(-1)));
        let product = binary(&binary(&a, BinaryOp::IntQuo, &b), BinaryOp::Mul, &b);
        let sum = binary(&product, BinaryOp::Add, &binary(&a, BinaryOp::Rem, &b));
        prop_assert!(equal(&sum, &a), "{sum:?} {a:?}");
    }

    #[test]
    fn shifting_left_and_right_is_the_identity(a in integers(), amount in 0usize..600) {
        let there = shift(&a, ShiftOp::Left, amount);
        prop_assert!(equal(&shift(&there, ShiftOp::Right, amount), &a));
    }

    #[test]
    fn complement_is_minus_x_minus_one(a in integers()) {
        let negated = binary(&unary(UnaryOp::Neg, &a), BinaryOp::Sub, &Value::i64(1));
        prop_assert!(equal(&unary(UnaryOp::Complement(None), &a), &negated));
    }

    #[test]
    fn low_bits_are_the_number_modulo_the_word(a in integers()) {
        let modulus = shift(&Value::i64(1), ShiftOp::Left, 64);
        let mask = binary(&modulus, BinaryOp::Sub, &Value::i64(1));
        prop_assert_eq!(a.low_bits(), binary(&a, BinaryOp::And, &mask).as_u64());
    }

    #[test]
    fn text_reads_back_as_the_same_integer(a in integers()) {
        let text = a.exact_string();
        let magnitude = parse_literal(Literal::Int, text.trim_start_matches('-'));
        let back = if text.starts_with('-') { unary(UnaryOp::Neg, &magnitude) } else { magnitude };
        prop_assert!(equal(&back, &a));
    }

    #[test]
    fn bit_len_is_the_first_power_of_two_above(a in integers()) {
        let magnitude = if a.signum() < 0 { unary(UnaryOp::Neg, &a) } else { a.clone() };
        let above = shift(&Value::i64(1), ShiftOp::Left, a.bit_len());
        prop_assert!(compare(&magnitude, CompareOp::Less, &above));
        prop_assert!(a.signum() == 0 || compare(&shift(&magnitude, ShiftOp::Left, 1), CompareOp::GreaterEqual, &above));
    }

    #[test]
    fn comparison_agrees_with_the_sign_of_the_difference(a in reals(), b in reals()) {
        let difference = binary(&a, BinaryOp::Sub, &b).signum();
        prop_assert_eq!(compare(&a, CompareOp::Less, &b), difference < 0);
        prop_assert_eq!(compare(&a, CompareOp::GreaterEqual, &b), difference >= 0);
    }

    #[test]
    fn every_finite_f64_survives(bits: u64) {
        let x = f64::from_bits(bits);
        prop_assume!(x.is_finite() && x != 0.0);
        let value = Value::float64(x);
        prop_assert_eq!(value.to_f64(), Some(x));
        prop_assert_eq!(value.to_f32(), Some(x as f32));
    }

    #[test]
    fn decimal_literals_round_as_the_standard_library_does(whole: u64, fraction: u64, exponent in -400i32..400) {
        let text = format!("{whole}.{fraction}e{exponent}");
        let value = parse_literal(Literal::Float, &text);
        prop_assert_eq!(value.to_f64(), text.parse::<f64>().ok(), "{}", text);
        prop_assert_eq!(value.to_f32(), text.parse::<f32>().ok(), "{}", text);
    }

    #[test]
    fn representation_is_idempotent(a in reals()) {
        for target in [Target::Float32, Target::Float64, Target::Complex64] {
            if let Some(once) = a.represent(target) {
                let twice = once.represent(target).expect("a rounded number is representable");
                prop_assert!(equal(&once, &twice));
            }
        }
    }

    #[test]
    fn complex_division_inverts_multiplication(a: i32, b: i32, c: i32, d: i32) {
        prop_assume!((c, d) != (0, 0));
        let complex = |re: i32, im: i32| Value::complex(Value::i64(re.into()), Value::i64(im.into()));
        let (x, y) = (complex(a, b), complex(c, d));
        prop_assert!(equal(&binary(&binary(&x, BinaryOp::Mul, &y), BinaryOp::Quo, &y), &x));
    }

    #[test]
    fn literals_never_panic(text in "[0-9a-fA-FxXoObBpPeEi._+-]{0,12}|['\"`\\\\nxuU0-7a]{0,12}") {
        for kind in [Literal::Int, Literal::Float, Literal::Imaginary, Literal::Rune, Literal::String] {
            let value = parse_literal(kind, &text);
            prop_assert!(!value.to_string().is_empty());
        }
    }
}
