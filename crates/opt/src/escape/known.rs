//! What the runtime's own functions do with pointers: the ones that are written in Rust, by linker name.

use super::Leak;

/// How the argument `index` of a runtime function leaks. A function that is not listed leaks everything.
pub(super) fn leak_of(callee: &str, index: usize) -> Leak {
    match (callee, index) {
        // What is copied may end up anywhere; the destination is only written to.
        ("gh_memmove", 1) | ("gh_typed_memmove" | "gh_typed_slice_move", 2) | ("gh_chansend", 1) => {
            Leak::contents(1)
        }
        ("gh_selectgo", 0) => Leak::contents(2),
        _ if keeps_nothing(callee) => Leak::default(),
        _ => Leak::everything(),
    }
}

fn keeps_nothing(callee: &str) -> bool {
    const NAMES: &[&str] = &[
        "gh_memmove",
        "gh_memclr",
        "gh_memequal",
        "gh_cmpstring",
        "gh_index_byte",
        "gh_count_byte",
        "gh_index",
        "gh_add_vv",
        "gh_sub_vv",
        "gh_shl_vu",
        "gh_shr_vu",
        "gh_mul_add_vww",
        "gh_add_mul_vvww",
        "gh_new_object",
        "gh_new_array",
        "gh_malloc",
        "gh_typed_memmove",
        "gh_typed_memclr",
        "gh_typed_slice_move",
        "gh_typed_slice_clear",
        "gh_bulk_barrier",
        "gh_read_memstats",
        "gh_read_gc_stats",
        "gh_makechan",
        "gh_chansend",
        "gh_chanrecv",
        "gh_closechan",
        "gh_chanlen",
        "gh_chancap",
        "gh_selectgo",
        "gh_semacquire",
        "gh_semrelease",
        "gh_notify_add",
        "gh_notify_wait",
        "gh_notify_one",
        "gh_notify_all",
        "gh_write",
        "gh_print_string",
        "gh_throw",
        "gh_fatal",
        "gh_callers",
        "gh_stack_text",
        "gh_trace_read",
        "gh_find_object",
        "gh_inspect_goroutine",
        "gh_inspect_scheduler",
        "gh_inspect_object",
        "gh_inspect_collector",
    ];
    NAMES.contains(&callee)
}
