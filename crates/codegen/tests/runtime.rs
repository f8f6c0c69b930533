//! Programs in IR on the real runtime: stacks that grow, goroutines, the heap, faults, recovery.

use base::{SourceMap, Symbol};
use code::Program;
use codegen::{Effort, Level, Target};
use link::{Image, Keep, Options};

/// What the programs share: writing a number as a decimal line, and the overlay's entry points.
const PRELUDE: &str = "
data @\"runtime.main·f\" align 8 readonly bytes #0000000000000000
    abs64 0 = @runtime.main
data @\"runtime.zerobase\" align 8 zero 8
data @digits align 8 zero 32
func @runtime.main(ptr) {
block0(v0: ptr):
    call @main()
    v1 = iconst.i64 0
    call_rt noreturn @gh_exit(v1)
    unreachable
}
func @runtime.sigpanic() {
block0:
    v0 = iconst.i64 7777
    call @print(v0)
    v1 = iconst.i64 2
    call_rt noreturn @gh_exit(v1)
    unreachable
}
func @runtime.panicBounds(i64, i64, i64) {
block0(v0: i64, v1: i64, v2: i64):
    call @print(v0)
    call @print(v1)
    v3 = iconst.i64 2
    call_rt noreturn @gh_exit(v3)
    unreachable
}
func @print(i64) {
block0(v0: i64):
    v1 = alloc side 32 align 8 noscan uninit @none
    v2 = iconst.i64 31
    v3 = iconst.i8 10
    v4 = ptr_add v1, v2
    store.i8 [v4], v3
    jump block1(v0, v2)
block1(v5: i64, v6: i64):
    v7 = iconst.i64 10
    v8 = urem.i64 v5, v7
    v9 = udiv.i64 v5, v7
    v10 = ireduce.i8 v8
    v11 = iconst.i8 48
    v12 = iadd.i8 v10, v11
    v13 = iconst.i64 -1
    v14 = iadd.i64 v6, v13
    v15 = ptr_add v1, v14
    store.i8 [v15], v12
    v16 = iconst.i64 0
    v17 = icmp.i64 ne v9, v16
    br_if v17, block1(v9, v14), block2
block2:
    v18 = iconst.i64 32
    v19 = isub.i64 v18, v14
    v20 = iconst.i64 1
    v21 = call_rt leaf @gh_write(v20, v15, v19) -> i64
    return
}
";

/// Runs a program whose function `@main` prints numbers, and compares what it prints.
fn check(text: &str, expected: &str) {
    let (output, status) = run(text);
    assert_eq!((output.as_str(), status), (expected, Some(0)));
}

fn run(text: &str) -> (String, Option<i32>) {
    let module = ir::parse_module(&format!("{PRELUDE}{text}")).unwrap_or_else(|error| panic!("{error}"));
    ir::verify_module(&module).unwrap_or_else(|error| panic!("{error}"));
    let functions: Vec<&ir::Function> = module.funcs.iter().filter(|function| function.has_body()).collect();
    let target = Target::new(Level::V2, Effort::Speed);
    let mut program = Program::new();
    program.main = Symbol::intern("runtime.main·f");
    program.functions =
        codegen::compile_all(&functions, &target, &SourceMap::new()).expect("every function compiles");
    program.functions.extend(codegen::support_functions());
    program.data = module.data.iter().map(codegen::data_object).collect();
    let image = Image::parse(link::runtime_image()).expect("the runtime is an image");
    let options = Options { symbols: Keep::Yes, debug_info: Keep::Yes };
    let executable = link::link(&program, &image, options).unwrap_or_else(|error| panic!("{error}"));
    let output = link::execute(&executable).expect("the executable starts");
    let text = [&output.stdout[..], &output.stderr].concat();
    (String::from_utf8(text).expect("the program prints text"), output.status.code())
}

#[test]
fn a_program_prints() {
    check("func @main() { block0: v0 = iconst.i64 1234567890123 call @print(v0) return }", "1234567890123\n");
}

#[test]
fn deep_recursion_grows_the_stack() {
    // Values in callee-saved registers, on the stack and in side frames survive every move.
    check(
        "func @down(i64, i64, f64) -> i64, f64 { block0(v0: i64, v1: i64, v2: f64):
             v3 = iconst.i64 0
             v4 = alloc side 16 align 8 noscan uninit @none
             store.i64 [v4+8], v0
             v5 = icmp.i64 eq v0, v3
             br_if v5, block1, block2
         block1:
             return v1, v2
         block2:
             v6 = iconst.i64 -1
             v7 = iadd.i64 v0, v6
             v8 = iconst.i64 3
             v9 = iadd.i64 v1, v8
             v10 = fconst.f64 0x3fe0000000000000
             v11 = fadd.f64 v2, v10
             v12, v13 = call @down(v7, v9, v11) -> i64, f64
             v14 = load.i64 [v4+8]
             v15 = isub.i64 v14, v7
             v16 = iadd.i64 v12, v15
             v17 = fadd.f64 v13, v2
             v18 = fsub.f64 v17, v2
             return v16, v18 }
         func @main() { block0:
             v0 = iconst.i64 300000
             v1 = iconst.i64 0
             v2 = fconst.f64 0x0
             v3, v4 = call @down(v0, v1, v2) -> i64, f64
             call @print(v3)
             v5 = fcvt_to_sint.i64 v4
             call @print(v5)
             return }",
        "1200000\n150000\n",
    );
}

#[test]
fn goroutines_take_turns_and_loops_can_be_interrupted() {
    // Main spins on a flag that only the goroutine sets: with one processor, the poll must let it run.
    check(
        "data @flag align 8 zero 8
         data @closure align 8 readonly bytes #0000000000000000
             abs64 0 = @work
         func @work(ptr) { block0(v0: ptr):
             v1 = data_addr @flag
             v2 = iconst.i64 5
             atomic_store.i64 [v1], v2
             return }
         func @main() { block0:
             v0 = iconst.i64 1
             v1 = call_rt may_park @gh_gomaxprocs(v0) -> i64
             v2 = data_addr @closure
             v3 = code_addr @main
             call_rt may_gc @gh_newproc(v2, v3)
             v4 = data_addr @flag
             jump block1
         block1:
             poll
             v5 = atomic_load.i64 [v4]
             v6 = iconst.i64 0
             v7 = icmp.i64 eq v5, v6
             br_if v7, block1, block2
         block2:
             call @print(v5)
             return }",
        "5\n",
    );
}

/// A list node's descriptor: two words, the first a pointer. The layout stands in front of the mask.
const NODE: &str = "
    data @layout align 8 bytes #0000000002000000020000000000000001
    data @node align 8 readonly bytes #100000000000000008000000000000000000000000080819000000000000000000000000000000000000000000000000
        abs64 32 = @layout+16
";

#[test]
fn a_list_survives_collections() {
    check(
        &format!(
            "{NODE}
         func @main() {{ block0:
             v0 = iconst.ptr 0
             v1 = iconst.i64 0
             jump block1(v1, v0)
         block1(v2: i64, v3: ptr):
             v4 = alloc heap 16 align 8 @node
             v5 = alloc heap 16 align 8 @node
             store.ptr [v5], v4
             store.i64 [v5+8], v2
             store.ptr [v4], v3
             store.i64 [v4+8], v2
             v6 = iconst.i64 1
             v7 = iadd.i64 v2, v6
             poll
             v8 = iconst.i64 1000000
             v9 = icmp.i64 slt v7, v8
             br_if v9, block1(v7, v4), block2
         block2:
             call_rt may_park @gh_gc(v1)
             jump block3(v4, v1)
         block3(v10: ptr, v11: i64):
             v12 = load.i64 [v10+8]
             v13 = iadd.i64 v11, v12
             v14 = load.ptr [v10]
             v15 = icmp.ptr ne v14, v0
             br_if v15, block3(v14, v13), block4
         block4:
             call @print(v13)
             v16 = call_rt leaf @gh_gc_cycles() -> i64
             v17 = icmp.i64 ugt v16, v6
             v18 = uextend.i64 v17
             call @print(v18)
             return }}"
        ),
        "499999500000\n1\n",
    );
}

#[test]
fn a_nil_dereference_calls_sigpanic() {
    let (output, status) = run("func @main() { block0: v0 = iconst.ptr 8 nil_check v0 return }");
    assert_eq!((output.as_str(), status), ("7777\n", Some(2)));
}

#[test]
fn a_failed_bounds_check_passes_index_and_length() {
    let (output, status) = run("func @main() { block0:
             v0 = iconst.i64 12
             v1 = iconst.i64 10
             bounds_check index v0, v1
             return }");
    assert_eq!((output.as_str(), status), ("12\n10\n", Some(2)));
}

#[test]
fn the_runtime_resumes_a_handler_below_a_grown_stack() {
    check(
        "func @body(ptr, i64) { block0(v0: ptr, v1: i64):
             v2 = iconst.i64 0
             v3 = icmp.i64 eq v1, v2
             br_if v3, block1, block2
         block1:
             call_rt noreturn @gh_resume_handler(v0)
             unreachable
         block2:
             v4 = iconst.i64 -1
             v5 = iadd.i64 v1, v4
             v6 = alloc side 64 align 8 noscan @none
             call @body(v0, v5)
             keep_alive v6
             return }
         func @guarded(i64) -> i64 defers { block0(v0: i64):
             v1 = alloc side 48 align 8 noscan @none
             v2 = imul.i64 v0, v0
             v3 = iconst.i64 10000
             protected_call @body(v1, v3) block1, block2
         block1:
             v4 = iconst.i64 1
             return v4
         block2:
             return v2 }
         func @main() { block0:
             v0 = iconst.i64 9
             v1 = call @guarded(v0) -> i64
             call @print(v1)
             v2 = call @guarded(v1) -> i64
             call @print(v2)
             return }",
        "81\n6561\n",
    );
}
