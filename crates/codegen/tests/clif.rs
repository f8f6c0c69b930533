//! The CLIF of small functions: one per decision that translation takes. `UPDATE_EXPECT=1` writes the expectations.

use codegen::{Effort, Level, Target, text};
use expect_test::{Expect, expect};

fn check(function: &str, expected: Expect) {
    let function = ir::parse_function(function).unwrap_or_else(|error| panic!("{error}"));
    ir::verify(&function).unwrap_or_else(|error| panic!("{error}"));
    let target = Target::new(Level::V2, Effort::Speed);
    let clif = text::clif(&function, &target);
    // Cranelift indents for line numbers that are not there.
    let lines: Vec<&str> = clif.lines().map(|line| line.trim_start_matches("@0000").trim()).collect();
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn a_nil_check_becomes_the_next_access() {
    check(
        "func @f(ptr) -> i64 { block0(v0: ptr):
             nil_check v0
             v1 = load.i64 [v0+16] notrap
             v2 = load.i64 [v0+24] notrap
             v3 = iadd.i64 v1, v2
             return v3 }",
        expect![[r#"
            function u0:0(i64) -> i64 tail {
            block0(v0: i64):
            v1 = load.i64 v0+16
            v2 = load.i64 notrap v0+24
            v3 = iadd v1, v2
            return v3
            }
        "#]],
    );
}

#[test]
fn a_nil_check_does_not_wait_beyond_a_store() {
    check(
        "func @f(ptr, ptr) -> i64 { block0(v0: ptr, v1: ptr):
             nil_check v0
             v2 = iconst.i64 1
             store.i64 [v1], v2 notrap
             v3 = load.i64 [v0] notrap
             return v3 }",
        expect![[r#"
            function u0:0(i64, i64) -> i64 tail {
            block0(v0: i64, v1: i64):
            v2 = load.i8 v0
            v3 = iconst.i64 1
            store notrap v3, v1  ; v3 = 1
            v4 = load.i64 notrap v0
            return v4
            }
        "#]],
    );
}

#[test]
fn a_nil_check_of_a_far_field_touches_the_page() {
    check(
        "func @f(ptr) -> i64 { block0(v0: ptr):
             nil_check v0
             v1 = load.i64 [v0+4096] notrap
             return v1 }",
        expect![[r#"
            function u0:0(i64) -> i64 tail {
            block0(v0: i64):
            v1 = load.i8 v0
            v2 = load.i64 notrap v0+4096
            return v2
            }
        "#]],
    );
}

#[test]
fn a_bounds_check_branches_to_a_cold_call() {
    check(
        "func @f(i64, i64) { block0(v0: i64, v1: i64):
             bounds_check slice_cap unsigned v0, v1
             return }",
        expect![[r#"
            ; u0:0 = Symbol("gh.panic_bounds")
            function u0:0(i64, i64) tail {
            region0 = 256 ""
            sig0 = (i64) tail
            fn0 = colocated u0:0 sig0

            block0(v0: i64, v1: i64):
            v2 = icmp ule v0, v1
            brif v2, block2, block1

            block2:
            return

            block1 cold:
            v3 = get_pinned_reg.i64
            store.i64 notrap aligned region0 v0, v3+104
            v4 = get_pinned_reg.i64
            store.i64 notrap aligned region0 v1, v4+112
            v5 = iconst.i64 18
            call fn0(v5)  ; v5 = 18
            trap user1
            }
        "#]],
    );
}

#[test]
fn a_poll_reads_its_flag_anew() {
    check(
        "func @f() { block0: poll return }",
        expect![[r#"
        ; u0:0 = Symbol("gh_poll")
        function u0:0() tail {
        sig0 = () preserve_all
        fn0 = colocated u0:0 sig0

        block0:
        v0 = get_pinned_reg.i64
        v1 = iconst.i64 8
        v2 = iadd v0, v1  ; v1 = 8
        v3 = atomic_load.i32 notrap aligned v2
        brif v3, block1, block2

        block2:
        return

        block1 cold:
        call fn0()
        jump block2
        }
    "#]],
    );
}

#[test]
fn a_runtime_call_widens_and_narrows() {
    check(
        "func @f(i32, ptr) -> i8 { block0(v0: i32, v1: ptr):
             v2 = call_rt leaf @gh_index_byte(v1, v0, v0) -> i8
             return v2 }",
        expect![[r#"
            ; u0:0 = Symbol("gh_index_byte")
            function u0:0(i32, i64) -> i8 tail {
            sig0 = (i64, i64, i64) -> i64 tail
            fn0 = colocated u0:0 sig0

            block0(v0: i32, v1: i64):
            v2 = uextend.i64 v0
            v3 = uextend.i64 v0
            v4 = call fn0(v1, v2, v3)
            v5 = ireduce.i8 v4
            return v5
            }
        "#]],
    );
}

#[test]
fn a_protected_call_fills_its_record() {
    check(
        "func @f(ptr) defers { block0(v0: ptr):
             protected_call @body(v0) block1, block2
         block1: return
         block2: return }",
        expect![[r#"
            ; u0:0 = Symbol("body")
            function u0:0(i64) tail {
            region0 = 256 ""
            sig0 = (i64) tail
            fn0 = colocated u0:0 sig0

            block0(v0: i64):
            v1 = get_pinned_reg.i64
            v2 = load.i64 notrap aligned region0 v1+24
            v3 = get_frame_pointer.i64
            v4 = isub v2, v3
            v5 = get_exception_handler_address.i64 block0, 0
            v6 = get_pinned_reg.i64
            v7 = load.i64 notrap aligned region0 v6+64
            store notrap aligned v4, v0+8
            store notrap aligned v5, v0+16
            store notrap aligned v7, v0+24
            try_call fn0(v0), sig0, block1, [ default: block2 ]

            block1:
            return

            block2:
            return
            }
        "#]],
    );
}
