//! Small programs, one per thing that codegen arranges with its surroundings.

use crate::machine::{Outcome, run_text};

/// Runs a module and compares the first words of `@out`.
fn check(text: &str, expected: &[u64]) {
    let Outcome { words, status } = run_text(text);
    assert_eq!(status, Ok(0));
    assert_eq!(words[..expected.len()], *expected);
}

#[test]
fn results_beyond_eight_registers_arrive() {
    let ints: Vec<String> = (0..12).map(|i| format!("v{i} = iconst.i64 {}\n", i * 3)).collect();
    let names: Vec<String> = (0..12).map(|i| format!("v{i}")).collect();
    let sums: Vec<String> = (12..23)
        .map(|i| format!("v{i} = iadd.i64 v{}, v{}\n", if i == 12 { 0 } else { i - 1 }, i - 11))
        .collect();
    let types = ["i64"; 12].join(", ");
    let names = names.join(", ");
    let text = format!(
        "func @many() -> {types} {{ block0: {} return {names} }}
         func @main(ptr) -> i64 {{ block0(v30: ptr):
             {names} = call @many() -> {types}
             {}
             v40 = data_addr @out
             store.i64 [v40], v22
             v41 = iconst.i64 0
             return v41 }}",
        ints.concat(),
        sums.concat()
    );
    check(&text, &[(0..12).map(|i| i * 3).sum()]);
}

#[test]
fn a_switch_finds_each_of_its_cases() {
    for cases in [vec![5], vec![1, 2, 3, 4, 5, 6, 9], vec![-1, 0, 1, 7, 100, 1000, i64::MIN, i64::MAX]] {
        for ty in ["i64", "i32", "i8"] {
            check_switch(ty, &cases);
        }
    }
}

fn check_switch(ty: &str, cases: &[i64]) {
    let bits = match ty {
        "i64" => 64,
        "i32" => 32,
        _ => 8,
    };
    let cases: Vec<i64> =
        cases.iter().copied().filter(|case| case << (64 - bits) >> (64 - bits) == *case).collect();
    let targets: Vec<String> =
        cases.iter().enumerate().map(|(i, case)| format!("{case}: block{}", i + 2)).collect();
    let mut text = format!(
        "func @pick({ty}) -> i64 {{ block0(v0: {ty}): switch.{ty} v0, block1, {}\n",
        targets.join(", ")
    );
    for i in 0..=cases.len() {
        text += &format!("block{}: v{} = iconst.i64 {} return v{}\n", i + 1, i + 1, i, i + 1);
    }
    text += "}\nfunc @main(ptr) -> i64 { block0(v0: ptr):\n";
    let probes: Vec<i64> = cases.iter().copied().chain([42, -7]).collect();
    for (i, probe) in probes.iter().enumerate() {
        let v = 10 * i;
        text += &format!(
            "v{} = iconst.{ty} {probe}\nv{} = call @pick(v{}) -> i64\nv{} = data_addr @out+{}\nstore.i64 [v{}], v{}\n",
            v + 1,
            v + 2,
            v + 1,
            v + 3,
            8 * i,
            v + 3,
            v + 2
        );
    }
    text += "v9999 = iconst.i64 0\nreturn v9999 }";
    let expected: Vec<u64> = (1..=cases.len() as u64).chain([0, 0]).collect();
    check(&text, &expected);
}

#[test]
fn side_objects_are_zeroed_on_each_turn_and_given_back() {
    check(
        "func @f(i64) -> i64, ptr { block0(v0: i64):
             v1 = alloc side 24 align 8 noscan @none
             v2 = load.i64 [v1+16]
             v3 = iadd.i64 v2, v0
             store.i64 [v1+16], v3
             return v3, v1 }
         func @main(ptr) -> i64 { block0(v0: ptr):
             v1 = iconst.i64 5
             v2, v3 = call @f(v1) -> i64, ptr
             v4, v5 = call @f(v1) -> i64, ptr
             v6 = icmp.ptr eq v3, v5
             v7 = uextend.i64 v6
             v8 = data_addr @out
             store.i64 [v8], v2
             store.i64 [v8+8], v4
             store.i64 [v8+16], v7
             v9 = iconst.i64 0
             return v9 }",
        &[5, 5, 1],
    );
}

#[test]
fn a_full_chunk_asks_the_runtime_and_its_first_frame_gives_it_back() {
    // The chunk ends at once; the stand-ins of the runtime hand out another area and count.
    check(
        "data @other align 16 zero 4096
         func @f() -> ptr { block0:
             v0 = alloc side 64 align 16 noscan uninit @none
             return v0 }
         func @main(ptr) -> i64 { block0(v0: ptr):
             v1 = g_load.ptr 64
             g_store.ptr 72, v1
             v2 = call @f() -> ptr
             v3 = data_addr @other
             v4 = icmp.ptr eq v2, v3
             v5 = uextend.i64 v4
             v6 = data_addr @out
             store.i64 [v6], v5
             v7 = iconst.i64 0
             return v7 }
         func @gh_side_grow(i64) { block0(v0: i64):
             v1 = data_addr @other
             g_store.ptr 80, v1
             g_store.ptr 104, v1
             return }
         func @gh_side_release(ptr) { block0(v0: ptr):
             v1 = data_addr @out
             v2 = iconst.i64 7
             store.i64 [v1+8], v2
             return }",
        &[1, 7],
    );
}

#[test]
fn closures_get_themselves_as_first_argument() {
    check(
        "data @closure align 8 bytes #00000000000000002a00000000000000
             abs64 0 = @code
         func @code(ptr, i64) -> i64 { block0(v0: ptr, v1: i64):
             v2 = load.i64 [v0+8]
             v3 = iadd.i64 v2, v1
             return v3 }
         func @thunk(ptr, i64) -> i64 { block0(v0: ptr, v1: i64):
             tail_call_closure v0(v1) }
         func @main(ptr) -> i64 { block0(v0: ptr):
             v1 = data_addr @closure
             v2 = iconst.i64 100
             v3 = call_closure v1(v2) -> i64
             v4 = call @thunk(v1, v2) -> i64
             v5 = data_addr @out
             store.i64 [v5], v3
             store.i64 [v5+8], v4
             v6 = iconst.i64 0
             return v6 }",
        &[142, 142],
    );
}

#[test]
fn ranges_are_copied_cleared_and_compared() {
    for n_bytes in [0, 1, 3, 8, 15, 16, 31, 64, 65, 128] {
        check_ranges(n_bytes);
    }
}

fn check_ranges(n_bytes: usize) {
    let content: String = (0..160).map(|i| format!("{:02x}", i + 1)).collect();
    let text = format!(
        "data @from align 16 bytes #{content}
         data @to align 16 zero 160
         func @main(ptr) -> i64 {{ block0(v0: ptr):
             v1 = data_addr @from
             v2 = data_addr @to
             v3 = iconst.i64 {n_bytes}
             mem_copy v2, v1, v3
             v4 = load.i8 [v2+{n_bytes}]
             v5 = mem_equal v1, v2, v3
             mem_zero v2, v3
             v6 = load.i8 [v2]
             v10 = uextend.i64 v4
             v11 = uextend.i64 v5
             v12 = uextend.i64 v6
             v13 = data_addr @out
             store.i64 [v13], v10
             store.i64 [v13+8], v11
             store.i64 [v13+16], v12
             v14 = iconst.i64 0
             return v14 }}
         func @gh_memmove(ptr, ptr, i64) {{ block0(v0: ptr, v1: ptr, v2: i64):
             v3 = iconst.i64 0
             jump block1(v3)
         block1(v4: i64):
             v5 = icmp.i64 eq v4, v2
             br_if v5, block2, block3
         block3:
             v6 = ptr_add v0, v4
             v7 = ptr_add v1, v4
             v8 = load.i8 [v7]
             store.i8 [v6], v8
             v9 = iconst.i64 1
             v10 = iadd.i64 v4, v9
             jump block1(v10)
         block2:
             return }}
         func @gh_memequal(ptr, ptr, i64) -> i64 {{ block0(v0: ptr, v1: ptr, v2: i64):
             v3 = iconst.i64 1
             return v3 }}"
    );
    check(&text, &[0, 1, 0]);
}

#[test]
fn nil_dereferences_fault() {
    let fault =
        |body: &str| run_text(&format!("func @main(ptr) -> i64 {{ block0(v0: ptr):\n{body}\n}}")).status;
    let sigsegv = Err(11);
    let zero = "v1 = iconst.ptr 0\nnil_check v1\n";
    assert_eq!(fault(&format!("{zero} v2 = iconst.i64 0\nreturn v2")), sigsegv, "without an access");
    assert_eq!(fault(&format!("{zero} v2 = load.i64 [v1+8] notrap\nreturn v2")), sigsegv, "at a load");
    // The load's result is not used; the check must stay.
    let unused = format!("{zero} v2 = load.i64 [v1+8] notrap\nv3 = iconst.i64 0\nreturn v3");
    assert_eq!(fault(&unused), sigsegv, "at an unused load");
}

#[test]
fn failed_checks_call_the_runtime() {
    let sigtrap = Err(5);
    let bounds = |index: i64| {
        let text = format!(
            "func @main(ptr) -> i64 {{ block0(v0: ptr):
                 v1 = iconst.i64 {index}
                 v2 = iconst.i64 10
                 bounds_check index v1, v2
                 v3 = iconst.i64 3
                 return v3 }}"
        );
        run_text(&text).status
    };
    assert_eq!(bounds(9), Ok(3));
    assert_eq!(bounds(10), sigtrap);
    assert_eq!(bounds(-1), sigtrap);
}

#[test]
fn objects_come_from_the_run_of_their_kind() {
    // The type descriptor's gc_data is at offset 32; the linker numbers its kind behind the 68 pointer-free ones.
    check(
        "data @mask align 8 readonly bytes #0000000001000000010000000000000001
         data @type align 8 readonly bytes #000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
             abs64 32 = @mask+16
         data @heap align 16 zero 256
         func @main(ptr) -> i64 { block0(v0: ptr):
             v1 = data_addr @cache
             v2 = data_addr @heap
             v3 = data_addr @heap+128
             store.ptr [v1+1152], v2
             store.ptr [v1+1160], v3
             store.ptr [v1+96], v3
             v4 = data_addr @heap+256
             store.ptr [v1+104], v4
             v5 = alloc heap 8 align 8 @type
             v6 = alloc heap 8 align 8 @type
             v7 = alloc heap 16 align 8 noscan @type
             v8 = ptr_to_int v5
             v9 = ptr_to_int v6
             v10 = isub.i64 v9, v8
             v11 = ptr_to_int v7
             v12 = isub.i64 v11, v8
             v13 = data_addr @out
             store.i64 [v13], v10
             store.i64 [v13+8], v12
             v14 = iconst.i64 0
             return v14 }",
        &[8, 128],
    );
}

#[test]
fn the_write_barrier_notes_old_and_new_content() {
    check(
        "data @slot align 8 ptrs #01 zero 8
         func @main(ptr) -> i64 { block0(v0: ptr):
             v1 = data_addr @cache
             v2 = data_addr @out+64
             store.ptr [v1], v2
             v3 = data_addr @slot
             v4 = int_to_ptr v20
             v5 = int_to_ptr v21
             store_wb [v3], v4
             v6 = data_addr @gh_wb_enabled
             v7 = iconst.i32 1
             store.i32 [v6], v7
             store_wb [v3], v5
             v8 = load.ptr [v3]
             v9 = ptr_to_int v8
             v10 = load.i64 [v2]
             v11 = load.i64 [v2+8]
             v12 = load.ptr [v1]
             v13 = ptr_to_int v12
             v14 = ptr_to_int v2
             v15 = isub.i64 v13, v14
             v16 = data_addr @out
             store.i64 [v16], v9
             store.i64 [v16+8], v10
             store.i64 [v16+16], v11
             store.i64 [v16+24], v15
             v17 = iconst.i64 0
             return v17 }"
            .replace(
                "block0(v0: ptr):\n             v1 = data_addr @cache",
                "block0(v0: ptr):\n v20 = iconst.i64 1111\n v21 = iconst.i64 2222\n v1 = data_addr @cache",
            )
            .as_str(),
        &[2222, 1111, 2222, 16],
    );
}

#[test]
fn a_protected_call_continues_at_its_handler_when_it_is_resumed() {
    // `@resume` is what `gh_resume_handler` does, with the frame size of `@guarded` built in.
    check(
        "func @body(ptr, i64) { block0(v0: ptr, v1: i64):
             v2 = load.i64 [v0+8]
             v3 = parent_frame
             v4 = isub.i64 v2, v3
             v5 = data_addr @out
             store.i64 [v5], v4
             v6 = iconst.i64 3
             v7 = icmp.i64 eq v1, v6
             br_if v7, block1, block2
         block1:
             call @resume(v0)
             unreachable
         block2:
             return }
         func @guarded(i64, i64, f64) -> i64 defers { block0(v0: i64, v1: i64, v2: f64):
             v3 = alloc side 48 align 8 noscan @none
             v4 = imul.i64 v0, v1
             protected_call @body(v3, v0) block1, block2
         block1:
             v5 = iconst.i64 0
             return v5
         block2:
             v6 = fcvt_to_sint.i64 v2
             v7 = iadd.i64 v4, v6
             v8 = load.i64 [v3+24]
             v9 = ptr_to_int v3
             v10 = isub.i64 v8, v9
             v11 = iadd.i64 v7, v10
             return v11 }
         func @main(ptr) -> i64 { block0(v0: ptr):
             v1 = iconst.i64 3
             v2 = iconst.i64 4
             v3 = iconst.i64 5
             v4 = fconst.f64 0x4059000000000000
             v5 = call @guarded(v1, v3, v4) -> i64
             v6 = call @guarded(v2, v3, v4) -> i64
             v7 = data_addr @out
             store.i64 [v7+8], v5
             store.i64 [v7+16], v6
             v8 = iconst.i64 0
             return v8 }",
        // The record knows the frame that called the body; 15 and 100 were kept across, 48 is the side frame.
        &[0, 15 + 100 + 48, 0],
    );
}

#[test]
fn every_opcode_compiles_with_either_effort() {
    // The text gives two runtime functions signatures of its own.
    let text = include_str!("../../../ir/tests/text/every_op.ir");
    let text = text.replace("@gh_throw()", "@gh_goexit()");
    let module = crate::machine::parse(
        &text.replace("call_rt may_gc @gh_alloc(v1)", "call_rt may_gc @gh_new_object(v0)"),
    );
    for effort in [codegen::Effort::Speed, codegen::Effort::Quick] {
        let target = codegen::Target::new(codegen::Level::V2, effort);
        for function in module.funcs.iter().filter(|function| function.has_body()) {
            let asm = codegen::text::asm(function, &target);
            assert!(
                asm.is_ok_and(|asm| asm.contains("retq") || asm.contains("return_call")),
                "{}",
                function.name
            );
        }
    }
}

#[test]
fn memory_atomics_and_vectors_do_what_the_interpreter_does() {
    crate::agree::check_one(
        "data @cell align 16 zero 64
         func @f(i64, i64, f64) -> i64, i64, i64, i64, i64, i32, i64 { block0(v0: i64, v1: i64, v2: f64):
             v90 = iconst.i64 8
             v3 = data_addr @cell
             atomic_store.i64 [v3+8], v0
             v4 = atomic_load.i64 [v3+8]
             v5 = ptr_add v3, v90
             v6 = atomic_rmw.i64 add v5, v1
             v7 = atomic_rmw.i64 xchg v5, v0
             v8 = atomic_cas.i64 [v3+8], v0, v1
             v9 = atomic_cas.i64 [v3+8], v0, v1
             v10 = uextend.i64 v8
             v11 = uextend.i64 v9
             v12 = shl.i64 v10, v90
             v13 = or.i64 v12, v11
             v14 = vsplat i64x2 v0
             v15 = vinsert i64x2 1, v14, v1
             v16 = vadd i64x2 v14, v15
             v17 = vextract i64x2 1, v16
             v18 = vsplat f64x2 v2
             v19 = vmul f64x2 v18, v18
             v20 = vextract f64x2 0, v19
             v21 = bitcast.i64 v20
             v22 = veq i64x2 v14, v15
             v23 = vhigh_bits i8x16 v22
             store.v128 [v3+16], v16
             v24 = load.i64 [v3+24]
             return v4, v7, v13, v17, v21, v23, v24 }",
        &[7, 35, 2.5f64.to_bits()],
    );
}
