//! Every computing opcode, at every type, on edge values: machine code agrees with the IR's interpreter.

use std::fmt::Write as _;

use codegen::Effort;
use ir::{
    FloatCond, IntCond, Op, Type, interp,
    op::{Field, Slot},
};

use crate::machine::{Outcome, parse, run};

/// A function that executes one opcode.
struct Sample {
    op: Op,
    name: String,
    params: Vec<Type>,
    results: Vec<Type>,
    text: String,
}

/// The opcodes that only compute, each at each of its types.
fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for &op in Op::ALL {
        let info = op.info();
        let computes = info.effects.difference(ir::Effects::COMMUTES).is_empty()
            && matches!(info.field, Field::None | Field::IntCond | Field::FloatCond)
            && op != Op::Bitcast
            && !info.types.has(Type::V128) | matches!(op, Op::And | Op::Or | Op::Xor | Op::Inot | Op::Select);
        if !computes {
            continue;
        }
        for &ty in Type::ALL.iter().filter(|&&ty| info.types.has(ty) && ty != Type::V128) {
            let words: Vec<String> = match info.field {
                Field::IntCond => IntCond::ALL.iter().map(|cond| format!(" {cond}")).collect(),
                Field::FloatCond => FloatCond::ALL.iter().map(|cond| format!(" {cond}")).collect(),
                _ => vec![String::new()],
            };
            for word in words {
                for params in param_types(op, ty) {
                    samples.push(sample(samples.len(), op, ty, &word, params));
                }
            }
        }
    }
    samples
}

/// All choices of operand types of `op` at `ty` that mean something.
fn param_types(op: Op, ty: Type) -> Vec<Vec<Type>> {
    let mut choices = vec![Vec::new()];
    for slot in op.info().args {
        let types: Vec<Type> = match *slot {
            Slot::T => vec![ty],
            Slot::Is(exact) => vec![exact],
            Slot::In(set) => Type::ALL.iter().copied().filter(|&other| set.has(other)).collect(),
            Slot::Many | Slot::Lane => unreachable!("computing opcodes have fixed operands"),
        };
        choices = choices
            .iter()
            .flat_map(|choice| types.iter().map(move |&ty| [&choice[..], &[ty]].concat()))
            .collect();
    }
    choices.retain(|params| match op {
        Op::Sextend | Op::Uextend => params[0].n_bytes() < ty.n_bytes(),
        Op::Ireduce => params[0].n_bytes() > ty.n_bytes(),
        // The IR converts between floats and integers of 32 and 64 bits only.
        Op::FcvtFromSint | Op::FcvtFromUint => params[0].n_bytes() >= 4,
        Op::FcvtToSint | Op::FcvtToUint => ty.n_bytes() >= 4,
        Op::Fma => ty == Type::F64 && cfg!(target_feature = "fma"),
        _ => true,
    });
    choices
}

fn sample(number: usize, op: Op, ty: Type, word: &str, params: Vec<Type>) -> Sample {
    let results: Vec<Type> = op
        .info()
        .results
        .iter()
        .map(|slot| match *slot {
            Slot::Is(exact) => exact,
            _ => ty,
        })
        .collect();
    let name = format!("sample{number}.{}.{ty}", op.text());
    let suffix = if op.info().types.only().is_some() { String::new() } else { format!(".{ty}") };
    let list = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    let typed: Vec<String> = params.iter().enumerate().map(|(i, ty)| format!("v{i}: {ty}")).collect();
    let operands: Vec<String> = (0..params.len()).map(|i| format!("v{i}")).collect();
    let defined: Vec<String> = (0..results.len()).map(|i| format!("v{}", params.len() + i)).collect();
    let (operands, defined) = (operands.join(", "), defined.join(", "));
    let text = format!(
        "func @\"{name}\"({}) -> {} {{\nblock0({}):\n    {defined} = {}{suffix}{word} {operands}\n    return {defined}\n}}\n",
        list(&params),
        list(&results),
        typed.join(", "),
        op.text(),
    );
    Sample { op, name, params, results, text }
}

/// Values at which arithmetic changes its mind.
fn edge_values(ty: Type) -> Vec<u64> {
    let mask = u64::MAX >> (64 - ty.n_bits().min(64));
    match ty {
        Type::F64 => FLOATS.iter().map(|value| value.to_bits()).collect(),
        Type::F32 => FLOATS.iter().map(|&value| u64::from((value as f32).to_bits())).collect(),
        _ => {
            let top = (mask >> 1) + 1;
            [0, 1, 2, 7, 63, 0x55, top - 1, top, top + 1, mask - 1, mask].map(|value| value & mask).into()
        }
    }
}

const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.5,
    2.5,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    2147483647.0,
    2147483648.0,
    -2147483649.0,
    9.2e18,
    9223372036854775808.0,
    -9223372036854775808.0,
    1.8e19,
    1e300,
    -1e300,
    1e-310,
];

/// Up to a limit, all combinations of edge values.
fn argument_lists(params: &[Type]) -> Vec<Vec<u64>> {
    let mut lists = vec![Vec::new()];
    for &ty in params {
        let values = edge_values(ty);
        lists = lists
            .iter()
            .flat_map(|list| values.iter().map(move |&value| [&list[..], &[value]].concat()))
            .collect();
    }
    // Three operands give thousands of combinations: a stride coprime to the number of values keeps all values in.
    let stride = lists.len().div_ceil(200) | 1;
    lists.into_iter().step_by(stride).collect()
}

/// One call of a sample with the results that the interpreter expects.
struct Case {
    sample: usize,
    args: Vec<u64>,
    expected: Vec<u64>,
}

fn cases(samples: &[Sample], module: &ir::Module) -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        let function =
            module.func_id(base::Symbol::intern(&sample.name)).expect("the sample is in the module");
        for args in argument_lists(&sample.params) {
            if is_excluded(sample, &args) {
                continue;
            }
            let wide: Vec<u128> = args.iter().map(|&arg| u128::from(arg)).collect();
            // What the interpreter refuses (division by zero and the like) lower never lets happen.
            let Ok(expected) = interp::run(module, function, &wide, 100).outcome else { continue };
            let expected = expected.into_iter().map(|word| word as u64).collect();
            cases.push(Case { sample: number, args, expected });
        }
    }
    cases
}

/// What lower never lets happen, and the interpreter allows: signed division of the least number by -1, and a carry
/// that is neither 0 nor 1.
fn is_excluded(sample: &Sample, args: &[u64]) -> bool {
    let ty = sample.params[0];
    match sample.op {
        Op::Sdiv | Op::Srem => {
            sign_extended(args[1], ty) == -1 && sign_extended(args[0], ty) == i64::MIN >> (64 - ty.n_bits())
        }
        Op::AddCarry | Op::SubBorrow => args[2] > 1,
        _ => false,
    }
}

/// A program that makes all calls and writes all results.
fn driver(samples: &[Sample], cases: &[Case]) -> String {
    let mut text = String::from("func @main(ptr) -> i64 {\nblock0(v0: ptr):\n");
    let groups: Vec<&[Case]> = cases.chunk_by(|a, b| a.sample == b.sample).collect();
    for (group, _) in groups.iter().enumerate() {
        let _ = writeln!(text, "    call @drive{group}()");
    }
    text.push_str("    v1 = iconst.i64 0\n    return v1\n}\n");
    let mut offset = 0;
    for (group, cases) in groups.iter().enumerate() {
        let _ = writeln!(text, "func @drive{group}() {{\nblock0:");
        let mut next = 0;
        let mut value = || {
            next += 1;
            format!("v{}", next - 1)
        };
        for case in *cases {
            let sample = &samples[case.sample];
            let mut operands = Vec::new();
            for (&arg, &ty) in case.args.iter().zip(&sample.params) {
                let name = value();
                let _ = match ty {
                    Type::F32 | Type::F64 => writeln!(text, "    {name} = fconst.{ty} {arg:#x}"),
                    _ => writeln!(text, "    {name} = iconst.{ty} {}", sign_extended(arg, ty)),
                };
                operands.push(name);
            }
            let results: Vec<String> = sample.results.iter().map(|_| value()).collect();
            let types: Vec<String> = sample.results.iter().map(Type::to_string).collect();
            let (joined, operands) = (results.join(", "), operands.join(", "));
            let _ = writeln!(
                text,
                "    {joined} = call @\"{}\"({operands}) -> {}",
                sample.name,
                types.join(", ")
            );
            for (result, ty) in results.iter().zip(&sample.results) {
                let address = value();
                let _ = writeln!(text, "    {address} = data_addr @out+{offset}");
                let _ = writeln!(text, "    store.{ty} [{address}], {result}");
                offset += 8;
            }
        }
        text.push_str("    return\n}\n");
    }
    text
}

fn sign_extended(bits: u64, ty: Type) -> i64 {
    let unused = 64 - ty.n_bits();
    (bits << unused) as i64 >> unused
}

/// Compares one call of the function `@f` of a module.
pub(crate) fn check_one(text: &str, args: &[u64]) {
    let module = parse(text);
    let function = module.func_id(base::Symbol::intern("f")).expect("the module defines @f");
    let wide: Vec<u128> = args.iter().map(|&arg| u128::from(arg)).collect();
    let expected = interp::run(&module, function, &wide, 1000).outcome.expect("the function returns");
    let sig = &module.funcs[function].sig;
    let sample = Sample {
        op: Op::Call,
        name: String::from("f"),
        params: sig.params.clone(),
        results: sig.results.clone(),
        text: text.to_owned(),
    };
    let expected: Vec<u64> = expected.into_iter().map(|word| word as u64).collect();
    let case = Case { sample: 0, args: args.to_vec(), expected: expected.clone() };
    let outcome = run(&parse(&(driver(&[sample], &[case]) + text)), Effort::Speed);
    assert_eq!(outcome.status, Ok(0));
    assert_eq!(outcome.words[..expected.len()], expected);
}

fn check_all(effort: Effort) {
    let samples = samples();
    let texts: String = samples.iter().map(|sample| sample.text.as_str()).collect();
    let cases = cases(&samples, &parse(&texts));
    assert!(samples.len() > 200 && cases.len() > 10_000, "{} samples, {} cases", samples.len(), cases.len());
    let Outcome { words, status } = run(&parse(&(driver(&samples, &cases) + &texts)), effort);
    assert_eq!(status, Ok(0));
    let mut words = words.into_iter();
    let mut wrong = Vec::new();
    for case in &cases {
        let sample = &samples[case.sample];
        for (&expected, &ty) in case.expected.iter().zip(&sample.results) {
            let found = words.next().expect("a word per result");
            if expected != found && !(is_nan(expected, ty) && is_nan(found, ty)) {
                wrong.push(format!("{} {:x?}: {found:#x}, expected {expected:#x}", sample.name, case.args));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// Which NaN an operation makes is not specified.
fn is_nan(bits: u64, ty: Type) -> bool {
    match ty {
        Type::F32 => f32::from_bits(bits as u32).is_nan(),
        Type::F64 => f64::from_bits(bits).is_nan(),
        _ => false,
    }
}

#[test]
fn optimised_code_computes_what_the_interpreter_computes() {
    check_all(Effort::Speed);
}

#[test]
fn quick_code_computes_what_the_interpreter_computes() {
    check_all(Effort::Quick);
}
