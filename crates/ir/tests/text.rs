//! The text form of modules: what is printed is what was read, and every opcode has a place in it.

use ir::{Op, parse_function, parse_module, verify, verify_module};

const EVERY_OP: &str = include_str!("text/every_op.ir");

#[test]
fn printing_undoes_parsing() {
    let module = parse_module(EVERY_OP).expect("the fixture is IR");
    let printed = module.to_string();
    let without_comments = EVERY_OP.lines().filter(|line| !line.starts_with(';') && !line.is_empty());
    let lines = printed.lines().filter(|line| !line.is_empty());
    assert_eq!(lines.collect::<Vec<_>>(), without_comments.collect::<Vec<_>>());
    let again = parse_module(&printed).expect("what is printed is IR");
    assert_eq!(again.to_string(), printed);
}

#[test]
fn the_fixture_uses_every_opcode_and_is_valid() {
    let module = parse_module(EVERY_OP).expect("the fixture is IR");
    verify_module(&module).expect("the fixture is valid");
    let mut is_used = [false; 256];
    for func in module.funcs.iter() {
        for &block in &func.layout {
            func.block_insts(block).for_each(|inst| is_used[func.inst(inst).op as usize] = true);
        }
    }
    let missing: Vec<_> = Op::ALL.iter().filter(|&&op| !is_used[op as usize]).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[track_caller]
fn check_parse_error(text: &str, message: &str) {
    assert_eq!(parse_function(text).expect_err("broken text").to_string(), message);
}

#[test]
fn broken_texts_are_refused_with_their_line() {
    check_parse_error("func @f() {\nblock0:\n    retrun\n}", "line 3: no instruction `retrun`");
    check_parse_error("func @f() {\nblock0:\n    return v1\n}", "line 3: v1 is not defined");
    check_parse_error("func @f() {\nblock0:\n    jump block7\n}", "line 3: block7 is not defined");
    check_parse_error(
        "func @f() {\nblock0:\n    v0 = iconst 1\n}",
        "line 3: `iconst` with a wrong or missing type",
    );
    check_parse_error("func @f() {\nblock0:\n    v0 = poll\n}", "line 3: 1 results are named, 0 are made");
}

/// The body of `func @f(i64, ptr) -> i64` is refused for this reason.
#[track_caller]
fn check_invalid(body: &str, reason: &str) {
    let func = parse_function(&format!("func @f(i64, ptr) -> i64 {{\n{body}\n}}")).expect("well-formed text");
    let error = verify(&func).expect_err("invalid IR").to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn the_verifier_refuses_what_breaks_an_invariant() {
    check_invalid("block0(v0: i64):\n return v0", "not those of the signature");
    check_invalid("block0(v0: i64, v1: ptr):\n v2 = iadd.i64 v0, v0", "only terminator");
    check_invalid("block0(v0: i64, v1: ptr):\n return v0\n return v0", "only terminator");
    check_invalid("block0(v0: i64, v1: ptr):\n jump block0(v0, v1)", "branch to the entry");
    check_invalid(
        "block0(v0: i64, v1: ptr):\n jump block1(v1)\nblock1(v2: i64):\n return v2",
        "parameters of a target",
    );
    check_invalid("block0(v0: i64, v1: ptr):\n return v1", "operands, targets or attributes");
    check_invalid(
        "block0(v0: i64, v1: ptr):\n v2 = iadd.i64 v0, v1\n return v2",
        "operands do not have the types",
    );
    check_invalid("block0(v0: i64, v1: ptr):\n v2 = iconst.i8 200\n return v0", "immediate out of range");
    check_invalid(
        "block0(v0: i64, v1: ptr):\n v2 = sextend.i32 v0\n return v0",
        "operands, targets or attributes",
    );
    check_invalid(
        "block0(v0: i64, v1: ptr):\n v2 = iadd.i64 v3, v0\n v3 = iadd.i64 v0, v0\n return v2",
        "before it is defined",
    );
}

#[test]
fn a_value_must_dominate_its_uses_across_blocks() {
    check_invalid(
        "block0(v0: i64, v1: ptr):
            v2 = iconst.i8 0
            br_if v2, block1, block2
        block1:
            v3 = iconst.i64 1
            jump block2
        block2:
            return v3",
        "before it is defined",
    );
}

#[test]
fn calls_fit_their_callees() {
    let module = parse_module("func @g(i64)\nfunc @f(ptr) {\nblock0(v0: ptr):\n call @g(v0)\n return\n}")
        .expect("text");
    let error = verify_module(&module).expect_err("a wrong call").to_string();
    assert!(error.contains("does not fit the signature"), "{error}");
}
