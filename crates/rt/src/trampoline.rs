//! The assembly between Go code and Rust: one trampoline per row of the runtime function table, and the switches.
//!
//! A trampoline saves where the goroutine is, moves to the system stack and calls the Rust function; see
//! `asm/x86_64.s` for the picture. Results: one in rax or xmm0 as it is; the second moves from rdx (System V) to rcx
//! (Tail); three and more come from `G.ret`.

use crate::stack::chunk_layout as chunk;
use abi::{DeferFrame, GHead};
use core::arch::global_asm;

/// What a function that may park tells its trampoline.
#[must_use]
#[repr(u64)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The goroutine goes on; its results are in `G.ret`.
    Continue = 0,
    /// The goroutine is queued somewhere, or another thread runs it already: find another one.
    Park = 1,
}

global_asm!(
    include_str!("asm/x86_64.s"),
    schedule = sym crate::sched::schedule,
    morestack = sym crate::stack::morestack,
    resume_handler = sym crate::stack::resume_handler,
    barrier_flag = sym crate::heap::gh_wb_enabled,
    TYPE_SIZE = const core::mem::offset_of!(abi::Type, size),
    RESUME_PC = const GHead::RESUME_PC,
    SAVED_SP = const GHead::SAVED_SP,
    SAVED_BP = const GHead::SAVED_BP,
    SYS_SP = const GHead::SYS_SP,
    STACK_HI = const GHead::STACK_HI,
    START_FN = const GHead::START_FN,
    RET = const GHead::RET,
    FP_OFFSET = const DeferFrame::FP_OFFSET,
    HANDLER = const DeferFrame::HANDLER,
);

unsafe extern "C" {
    /// Continues a goroutine; the Rust frames below are forgotten.
    pub(crate) fn gh_resume(g: *mut GHead) -> !;
    /// Where a new goroutine starts.
    pub(crate) fn gh_gostart();
    /// The return address of a goroutine's first function.
    pub(crate) fn gh_gostart_end();
    /// Where a goroutine continues whose stack check failed.
    pub(crate) fn gh_resume_morestack();
}

macro_rules! enter {
    () => {
        concat!(
            "mov [r15 + {SAVED_SP}], rsp\n",
            "mov [r15 + {SAVED_BP}], rbp\n",
            "mov rsp, [r15 + {SYS_SP}]\n",
            "call {function}\n",
        )
    };
}

macro_rules! save_callee_saved {
    () => {
        "push rbx\n push r12\n push r13\n push r14\n"
    };
}

/// Pushes those of a call's arguments that are pointers: they are needed as long as the function runs or waits.
macro_rules! save_pointers {
    ([$register:literal $($registers:literal)*] ptr $($rest:ident)*) => {
        concat!("push ", $register, "\n", save_pointers!([$($registers)*] $($rest)*))
    };
    ([$register:literal $($registers:literal)*] int $($rest:ident)*) => {
        save_pointers!([$($registers)*] $($rest)*)
    };
    ([$($registers:literal)*]) => {
        ""
    };
}

macro_rules! save_all {
    () => {
        concat!(
            "push rax\n push rbx\n push rcx\n push rdx\n push rsi\n push rdi\n push r8\n push r9\n push r10\n",
            "push r11\n push r12\n push r13\n push r14\n sub rsp, 264\n",
            "movups [rsp], xmm0\n movups [rsp + 16], xmm1\n movups [rsp + 32], xmm2\n movups [rsp + 48], xmm3\n",
            "movups [rsp + 64], xmm4\n movups [rsp + 80], xmm5\n movups [rsp + 96], xmm6\n",
            "movups [rsp + 112], xmm7\n movups [rsp + 128], xmm8\n movups [rsp + 144], xmm9\n",
            "movups [rsp + 160], xmm10\n movups [rsp + 176], xmm11\n movups [rsp + 192], xmm12\n",
            "movups [rsp + 208], xmm13\n movups [rsp + 224], xmm14\n movups [rsp + 240], xmm15\n",
        )
    };
}

/// What `side_grow` does when there is a spare chunk that is large enough; else goes on behind.
macro_rules! enter_spare_chunk {
    () => {
        concat!(
            "push rax\n push rcx\n",
            "mov rax, [r15 + {SPARE}]\n test rax, rax\n jz 2f\n",
            "cmp rdi, [rax + {N_BYTES}]\n ja 2f\n",
            "mov qword ptr [r15 + {SPARE}], 0\n",
            "mov rcx, [r15 + {SIDE_PTR}]\n mov [rax + {SAVED_PTR}], rcx\n",
            "mov rcx, [r15 + {SIDE_LIMIT}]\n mov [rax + {SAVED_LIMIT}], rcx\n",
            "mov rcx, [r15 + {SIDE_BASE}]\n mov [rax + {SAVED_BASE}], rcx\n",
            "mov rcx, [rax + {N_BYTES}]\n add rax, {HEADER}\n add rcx, rax\n",
            "mov [r15 + {SIDE_LIMIT}], rcx\n mov [r15 + {SIDE_BASE}], rax\n mov [r15 + {RET}], rax\n",
            "add rax, rdi\n mov [r15 + {SIDE_PTR}], rax\n",
            "pop rcx\n pop rax\n pop rbp\n ret\n",
            "2: pop rcx\n pop rax\n",
        )
    };
}

/// What `side_release` does when the chunk can become the spare one and is not the oldest; else goes on behind.
macro_rules! leave_to_spare_chunk {
    () => {
        concat!(
            "push rax\n",
            "cmp qword ptr [r15 + {SPARE}], 0\n jne 2f\n",
            "mov rax, [rdi - {HEADER} + {SAVED_BASE}]\n test rax, rax\n jz 2f\n",
            "mov [r15 + {SIDE_BASE}], rax\n",
            "mov rax, [rdi - {HEADER} + {SAVED_PTR}]\n mov [r15 + {SIDE_PTR}], rax\n",
            "mov rax, [rdi - {HEADER} + {SAVED_LIMIT}]\n mov [r15 + {SIDE_LIMIT}], rax\n",
            "lea rax, [rdi - {HEADER}]\n mov [r15 + {SPARE}], rax\n",
            "pop rax\n pop rbp\n ret\n",
            "2: pop rax\n",
        )
    };
}

macro_rules! results {
    ($a:ident, $b:ident, $c:ident $(, $d:ident)?) => {
        concat!(
            "mov rax, [r15 + {RET}]\n mov rcx, [r15 + {RET} + 8]\n",
            "mov rdx, [r15 + {RET} + 16]\n mov rsi, [r15 + {RET} + 24]\n",
        )
    };
    ($a:ident, $b:ident) => {
        "mov rcx, rdx\n"
    };
    ($($one:ident)?) => {
        ""
    };
}

macro_rules! emit {
    ($name:ident, $($body:expr),+) => {
        global_asm!(
            ".section .text.gh_entry, \"ax\", @progbits",
            ".p2align 4",
            concat!(".globl gh_", stringify!($name)),
            concat!(".type gh_", stringify!($name), ", @function"),
            concat!("gh_", stringify!($name), ":"),
            "push rbp",
            "mov rbp, rsp",
            $($body,)+
            ".text",
            "/* {SAVED_SP} {SAVED_BP} {SYS_SP} {RESUME_PC} {RET} {SIDE_PTR} {SIDE_LIMIT} {SIDE_BASE} {SPARE} */",
            "/* {HEADER} {N_BYTES} {SAVED_PTR} {SAVED_LIMIT} {SAVED_BASE} */",
            function = sym crate::imp::$name,
            SAVED_SP = const GHead::SAVED_SP,
            SAVED_BP = const GHead::SAVED_BP,
            SYS_SP = const GHead::SYS_SP,
            RESUME_PC = const GHead::RESUME_PC,
            RET = const GHead::RET,
            SIDE_PTR = const GHead::SIDE_PTR,
            SIDE_LIMIT = const GHead::SIDE_LIMIT,
            SIDE_BASE = const GHead::SIDE_BASE,
            SPARE = const crate::g::SPARE_CHUNK,
            HEADER = const chunk::HEADER,
            N_BYTES = const chunk::N_BYTES,
            SAVED_PTR = const chunk::SAVED_PTR,
            SAVED_LIMIT = const chunk::SAVED_LIMIT,
            SAVED_BASE = const chunk::SAVED_BASE,
        );
    };
}

macro_rules! trampoline {
    (asm $name:ident $params:tt $results:tt) => {};
    (asm_noreturn $name:ident $params:tt $results:tt) => {};
    (leaf $name:ident $params:tt ($($result:ident),*)) => {
        emit!($name, enter!(), "mov rsp, [r15 + {SAVED_SP}]", results!($($result),*), "pop rbp", "ret");
    };
    (may_gc $name:ident ($($param:ident)*) ($($result:ident),*)) => {
        emit!(
            $name, save_callee_saved!(), save_pointers!(["rdi" "rsi" "rdx" "rcx" "r8" "r9"] $($param)*), enter!(),
            "mov rsp, [r15 + {SAVED_BP}]", "sub rsp, 32", results!($($result),*), "pop r14", "pop r13", "pop r12",
            "pop rbx", "pop rbp", "ret"
        );
    };
    (may_park $name:ident ($($param:ident)*) $results:tt) => {
        emit!(
            $name, save_callee_saved!(), save_pointers!(["rdi" "rsi" "rdx" "rcx" "r8" "r9"] $($param)*),
            "lea r11, [rip + gh_resume_call]", "mov [r15 + {RESUME_PC}], r11", enter!(),
            "test eax, eax", "jne gh_switch", "jmp gh_resume_call"
        );
    };
    (cold side_grow $params:tt $results:tt) => {
        emit!(
            side_grow, enter_spare_chunk!(), save_all!(), "lea r11, [rip + gh_resume_cold]",
            "mov [r15 + {RESUME_PC}], r11", enter!(), "test eax, eax", "jne gh_switch", "jmp gh_resume_cold"
        );
    };
    (cold_leaf side_release $params:tt $results:tt) => {
        emit!(side_release, leave_to_spare_chunk!(), save_all!(), enter!(), "jmp gh_resume_cold");
    };
    (cold $name:ident $params:tt $results:tt) => {
        emit!(
            $name, save_all!(), "lea r11, [rip + gh_resume_cold]", "mov [r15 + {RESUME_PC}], r11", enter!(),
            "test eax, eax", "jne gh_switch", "jmp gh_resume_cold"
        );
    };
    (cold_leaf $name:ident $params:tt $results:tt) => {
        emit!($name, save_all!(), enter!(), "jmp gh_resume_cold");
    };
    (noreturn $name:ident $params:tt $results:tt) => {
        emit!($name, enter!(), "hlt");
    };
}

macro_rules! trampolines {
    ($($(#[$doc:meta])* $kind:ident $name:ident($($param:ident: $pty:ident),*) $(-> ($($rty:ident),*))?;)*) => {
        $(trampoline!($kind $name ($($pty)*) ($($($rty),*)?));)*

        unsafe extern "C" {
            $(
                #[link_name = concat!("gh_", stringify!($name))]
                fn $name();
            )*
        }

        /// Every function of the table: keeps them all in the image.
        #[used]
        static ENTRIES: [unsafe extern "C" fn(); abi::RtFn::ALL.len()] = [$($name),*];
    };
}

abi::runtime_functions!(trampolines);
