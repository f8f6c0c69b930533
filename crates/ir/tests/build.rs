//! The builder: SSA construction and the interpreter on what it builds.

use base::Symbol;
use expect_test::{Expect, expect};
use ir::interp::{Stop, run};
use ir::{BoundsKind, FuncBuilder, Function, IntCond, MemFlags, Module, Op, Region, Signature, Type, verify};

fn function(params: &[Type], results: &[Type], write: impl FnOnce(&mut FuncBuilder<'_>)) -> Function {
    let sig = Signature { params: params.to_vec(), results: results.to_vec() };
    let mut func = Function::new(Symbol::intern("f"), sig);
    let mut builder = FuncBuilder::new(&mut func);
    write(&mut builder);
    builder.finish();
    verify(&func).expect("the builder makes valid IR");
    func
}

#[track_caller]
fn check(func: &Function, expect: Expect) {
    expect.assert_eq(&func.to_string());
}

/// `for i := 0; i < n; i++ { sum += i }`, with a variable that the loop only carries.
fn sum_loop(b: &mut FuncBuilder<'_>) {
    let (i, sum, carried) = (b.declare_var(Type::I64), b.declare_var(Type::I64), b.declare_var(Type::I64));
    let n = b.params(b.func.entry())[0];
    let zero = b.iconst(Type::I64, 0);
    b.def_var(i, zero);
    b.def_var(sum, zero);
    b.def_var(carried, n);
    let (head, body, done) = (b.create_block(), b.create_block(), b.create_block());
    b.jump(head, &[]);
    b.switch_to(head);
    let i_now = b.use_var(i);
    let limit = b.use_var(carried);
    let cond = b.icmp(IntCond::Slt, i_now, limit);
    b.br_if(cond, body, done);
    b.seal(body);
    b.seal(done);
    b.switch_to(body);
    let (sum_now, i_now) = (b.use_var(sum), b.use_var(i));
    let next_sum = b.binary(Op::Iadd, sum_now, i_now);
    b.def_var(sum, next_sum);
    let one = b.iconst(Type::I64, 1);
    let next_i = b.binary(Op::Iadd, i_now, one);
    b.def_var(i, next_i);
    b.jump(head, &[]);
    b.seal(head);
    b.switch_to(done);
    let result = b.use_var(sum);
    b.ret(&[result]);
}

#[test]
fn a_loop_gets_parameters_for_what_it_changes_only() {
    check(
        &function(&[Type::I64], &[Type::I64], sum_loop),
        expect![[r#"
            func @f(i64) -> i64 {
            block0(v0: i64):
                v1 = iconst.i64 0
                jump block1(v1, v1)
            block1(v2: i64, v3: i64):
                v4 = icmp.i64 slt v2, v0
                br_if v4, block2, block3
            block2:
                v5 = iadd.i64 v3, v2
                v6 = iconst.i64 1
                v7 = iadd.i64 v2, v6
                jump block1(v7, v5)
            block3:
                return v3
            }
        "#]],
    );
}

#[test]
fn many_joins_in_a_row_need_no_recursion_and_no_parameters() {
    let func = function(&[Type::I8], &[Type::I64], |b| {
        let var = b.declare_var(Type::I64);
        let cond = b.params(b.func.entry())[0];
        let start = b.iconst(Type::I64, 5);
        b.def_var(var, start);
        for _ in 0..50_000 {
            let (then, join) = (b.create_block(), b.create_block());
            b.br_if(cond, then, join);
            b.seal(then);
            b.switch_to(then);
            b.jump(join, &[]);
            b.seal(join);
            b.switch_to(join);
        }
        let value = b.use_var(var);
        b.ret(&[value]);
    });
    assert!(func.layout.iter().skip(1).all(|&block| func.params(block).is_empty()));
}

#[test]
fn a_variable_without_a_value_is_zero() {
    check(
        &function(&[], &[Type::F64], |b| {
            let var = b.declare_var(Type::F64);
            let value = b.use_var(var);
            b.ret(&[value]);
        }),
        expect![[r#"
            func @f() -> f64 {
            block0:
                v0 = fconst.f64 0x0
                return v0
            }
        "#]],
    );
}

#[test]
fn the_interpreter_runs_loops_and_stops_at_panics() {
    let mut module = Module::new();
    let sum = module.add_func(function(&[Type::I64], &[Type::I64], sum_loop));
    assert_eq!(run(&module, sum, &[10], 1000).outcome, Ok(vec![45]));
    assert_eq!(run(&module, sum, &[1000], 1000).outcome, Err(Stop::OutOfFuel));

    let index = function(&[Type::Ptr, Type::I64, Type::I64], &[Type::I8], |b| {
        let &[ptr, idx, len] = b.params(b.func.entry()) else { unreachable!("three parameters") };
        b.bounds_check(BoundsKind::Index, false, idx, len);
        let addr = b.ptr_add(ptr, idx);
        let value = b.load(Type::I8, addr, 0, MemFlags::empty(), Region::ANY);
        b.ret(&[value]);
    });
    let index = module.add_func(index);
    let stop = |args: &[u128]| run(&module, index, args, 1000).outcome.expect_err("a panic");
    assert_eq!(stop(&[0, 3, 3]), Stop::Panic("index 3 3".to_owned()));
    assert_eq!(stop(&[0, 0, 3]), Stop::Panic("nil dereference".to_owned()));
}
