//! Runs every fixture: `tests/passes/PASS/NAME.ir` (`program` is the whole pipeline) holds a module, a line `; ==>`, and the module after the pass
//! (`UPDATE_EXPECT=1` writes that part). Functions with scalar parameters are also executed before and after the pass on a
//! few arguments, and must have the same outcome and the same trace.

use ir::interp::{Stop, run};
use ir::{FuncId, Module, Type, parse_module, verify_module};
use opt::pass::{Scratch, pass};
use std::path::{Path, PathBuf};

const MARKER: &str = "; ==>\n";

fn fixtures(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the folder of fixtures exists");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_pass_does_what_its_fixtures_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/passes");
    let mut failures = Vec::new();
    for folder in fixtures(&root) {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a pass name").to_owned();
        for path in fixtures(&folder) {
            if let Err(failure) = check(&name, &path) {
                failures.push(format!("{}: {failure}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "fixtures are read and updated in place")]
fn check(pass_name: &str, path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).expect("readable");
    let (input, expected) = text.split_once(MARKER).unwrap_or((&text, ""));
    let before = parse_module(input).map_err(|error| error.to_string())?;
    verify_module(&before).map_err(|error| error.to_string())?;
    let mut after = before.clone();
    transform(pass_name, &mut after);
    verify_module(&after).map_err(|error| format!("{error}\n{after}"))?;
    same_behaviour(&before, &after)?;
    let printed = after.to_string();
    if printed.trim() == expected.trim() {
        return Ok(());
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, format!("{input}{MARKER}{}\n", printed.trim_end())).expect("writable");
        return Ok(());
    }
    Err(format!("expected\n{expected}\nfound\n{printed}"))
}

fn transform(pass_name: &str, module: &mut Module) {
    if pass_name == "program" {
        return opt::optimize(module);
    }
    if pass_name == "escape" {
        let mut funcs = std::mem::take(&mut module.funcs).into_raw();
        opt::escape::place_allocations(module, &mut funcs);
        module.funcs = base::IdxVec::from_raw(funcs);
        return;
    }
    if pass_name == "polls" {
        let has_check = |name: base::Symbol| name.as_str() == "checked";
        module.funcs.iter_mut().filter(|func| func.has_body()).for_each(|func| {
            opt::polls::place_polls(func, &has_check);
        });
        return;
    }
    let pass = pass(pass_name).expect("folders are named for passes");
    let mut scratch = Scratch::default();
    for func in module.funcs.iter_mut().filter(|func| func.has_body()) {
        scratch.graph_changed();
        (pass.run)(func, &mut scratch);
    }
}

fn same_behaviour(before: &Module, after: &Module) -> Result<(), String> {
    for func in before.funcs.ids() {
        for seed in 0..4 {
            same_run(before, after, func, seed)?;
        }
    }
    Ok(())
}

fn same_run(before: &Module, after: &Module, func: FuncId, seed: u64) -> Result<(), String> {
    let callee = &before.funcs[func];
    let Some(after_id) = after.func_id(callee.name) else { return Ok(()) };
    let small = [0, 3, 10, u64::MAX];
    let arg = |index: usize, ty: Type| match ty {
        // Nil, so that functions with pointers are executed up to their first access.
        Type::Ptr => 0,
        Type::I8 => u128::from(seed & 1),
        Type::F32 => u128::from((seed as f32 + 0.5).to_bits()),
        Type::F64 => u128::from((seed as f64 + 0.5).to_bits()),
        _ => ir::eval::zero_extend(ty, small[(seed as usize + index) % small.len()] as i64).into(),
    };
    let args: Vec<u128> = callee.sig.params.iter().enumerate().map(|(index, &ty)| arg(index, ty)).collect();
    let (old, new) = (run(before, func, &args, 20_000), run(after, after_id, &args, 20_000));
    if [&old, &new].iter().any(|run| run.outcome == Err(Stop::OutOfFuel)) {
        return Ok(());
    }
    let has_pointer = callee.sig.results.contains(&Type::Ptr);
    let is_same = old.trace == new.trace && (has_pointer || old.outcome == new.outcome);
    is_same.then_some(()).ok_or_else(|| format!("{} on {args:?}: {old:?} became {new:?}", callee.name))
}

#[test]
fn an_escape_is_explained_from_its_end() {
    let module = parse_module(
        "func @f(ptr) {\nblock0(v0: ptr):\n v1 = alloc heap 8 align 8 !1\n v2 = alloc heap 8 align 8 !2\n store_wb [v2], v1 !3\n v3 = load.ptr [v2] !4\n store_wb [v0], v3 !5\n return\n}",
    )
    .expect("text");
    let explained = opt::escape::explain(&module);
    let [(_, verdicts)] = explained.as_slice() else { unreachable!("one function") };
    let Some(opt::escape::Cause::Flows(steps)) = &verdicts[0].cause else {
        unreachable!("the first object escapes")
    };
    let places: Vec<u32> = steps.iter().map(|step| step.loc.pos.as_u32()).collect();
    assert_eq!(
        places,
        [5, 4, 2, 3, 1],
        "stored through the parameter, loaded from the second object, stored there, made"
    );
    assert_eq!(verdicts[1].cause, None);
}
