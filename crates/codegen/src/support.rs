//! Helpers that compiled code calls and that are too small, or too strange, for Rust or CLIF: a few instructions each.
//!
//! They run on the goroutine's stack without a frame of their own. In all of them r15 is G.

use abi::{GHead, heap::AllocCache};
use code::{Function, FunctionFlags, FunctionKind, LineRow, Reloc, RelocKind, SiteId, Symbol};

/// Notes the old content of the slot in rdi and its new content in rsi for the collector. Preserves all registers.
pub(crate) const WRITE_BARRIER: &str = "gh.wb";
/// Quotient and remainder of rdi:rsi by rdx, in rax and rcx.
pub(crate) const DIVIDE_WIDE: &str = "gh.udiv_wide";
/// `stack_hi - fp` of the calling function.
pub(crate) const OWN_FRAME: &str = "gh.own_frame";
/// `stack_hi - fp` of the function that called the calling function.
pub(crate) const PARENT_FRAME: &str = "gh.parent_frame";
/// The stack pointer before the calling function was called.
pub(crate) const CALLER_SP: &str = "gh.caller_sp";

/// `panicBounds` of the index and the length in `G.ret`, with the code in rdi.
pub(crate) const PANIC_BOUNDS: &str = "gh.panic_bounds";

/// `runtime.panicBounds(index, length, code)`.
const RUNTIME_PANIC_BOUNDS: &str = "runtime.panicBounds";

/// The helpers, to be linked into every program.
#[must_use]
pub fn support_functions() -> Vec<Function> {
    vec![
        write_barrier(),
        panic_bounds(),
        // mov rcx, rdx; mov rdx, rdi; mov rax, rsi; div rcx; mov rcx, rdx; ret
        helper(
            DIVIDE_WIDE,
            vec![
                0x48, 0x89, 0xd1, 0x48, 0x89, 0xfa, 0x48, 0x89, 0xf0, 0x48, 0xf7, 0xf1, 0x48, 0x89, 0xd1,
                0xc3,
            ],
        ),
        // mov rax, [r15 + STACK_HI]; sub rax, rbp; ret
        helper(OWN_FRAME, [&load_from_g(RAX, GHead::STACK_HI)[..], &[0x48, 0x29, 0xe8, 0xc3]].concat()),
        // mov rax, [r15 + STACK_HI]; sub rax, [rbp]; ret
        helper(
            PARENT_FRAME,
            [&load_from_g(RAX, GHead::STACK_HI)[..], &[0x48, 0x2b, 0x45, 0x00, 0xc3]].concat(),
        ),
        // lea rax, [rbp + 16]; ret
        helper(CALLER_SP, vec![0x48, 0x8d, 0x45, 0x10, 0xc3]),
    ]
}

const RAX: u8 = 0;
const RSI: u8 = 6;
const RDI: u8 = 7;

/// `mov reg, [r15 + offset]`.
fn load_from_g(reg: u8, offset: i32) -> [u8; 7] {
    let [a, b, c, d] = offset.to_le_bytes();
    [0x49, 0x8b, 0x87 | reg << 3, a, b, c, d]
}

fn write_barrier() -> Function {
    let next = i8::try_from(AllocCache::WB_NEXT).expect("a short displacement") as u8;
    let end = i8::try_from(AllocCache::WB_END).expect("a short displacement") as u8;
    let mut bytes = vec![0x50, 0x51, 0x52]; // push rax; push rcx; push rdx
    bytes.extend_from_slice(&load_from_g(RAX, GHead::ALLOC_CACHE));
    bytes.extend_from_slice(&[0x48, 0x8b, 0x48, next]); // mov rcx, [rax + WB_NEXT]
    bytes.extend_from_slice(&[0x48, 0x8b, 0x17]); // mov rdx, [rdi]
    bytes.extend_from_slice(&[0x48, 0x89, 0x11]); // mov [rcx], rdx
    bytes.extend_from_slice(&[0x48, 0x89, 0x71, 0x08]); // mov [rcx + 8], rsi
    bytes.extend_from_slice(&[0x48, 0x83, 0xc1, 0x10]); // add rcx, 16
    bytes.extend_from_slice(&[0x48, 0x89, 0x48, next]); // mov [rax + WB_NEXT], rcx
    bytes.extend_from_slice(&[0x48, 0x3b, 0x48, end]); // cmp rcx, [rax + WB_END]
    bytes.extend_from_slice(&[0x5a, 0x59, 0x58]); // pop rdx; pop rcx; pop rax
    bytes.extend_from_slice(&[0x0f, 0x84, 0, 0, 0, 0]); // je gh_wb_flush, which returns to our caller
    let target = Symbol::intern(abi::RtFn::wb_flush.symbol());
    let reloc = Reloc { offset: bytes.len() as u32 - 4, kind: RelocKind::Pc32, target, addend: -4 };
    bytes.push(0xc3); // ret
    Function { relocs: vec![reloc], ..helper(WRITE_BARRIER, bytes) }
}

fn panic_bounds() -> Function {
    let mut bytes = vec![0x48, 0x89, 0xfa]; // mov rdx, rdi
    bytes.extend_from_slice(&load_from_g(RDI, GHead::RET));
    bytes.extend_from_slice(&load_from_g(RSI, GHead::RET + 8));
    bytes.push(0xe9); // jmp runtime.panicBounds
    let target = Symbol::intern(RUNTIME_PANIC_BOUNDS);
    let reloc = Reloc { offset: bytes.len() as u32, kind: RelocKind::Pc32, target, addend: -4 };
    bytes.extend_from_slice(&[0; 4]);
    Function { relocs: vec![reloc], ..helper(PANIC_BOUNDS, bytes) }
}

fn helper(name: &str, bytes: Vec<u8>) -> Function {
    Function {
        symbol: Symbol::intern(name),
        name: Symbol::intern(name),
        bytes,
        body_offset: 0,
        relocs: Vec::new(),
        frame_size: 0,
        frame_map: Vec::new(),
        flags: FunctionFlags {
            kind: FunctionKind::Wrapper,
            is_runtime: true,
            is_nosplit: true,
            is_niladic: true,
        },
        line: 0,
        files: vec![Symbol::intern("<compiler>")],
        sites: Vec::new(),
        rows: vec![LineRow { start: 0, site: SiteId::OUTERMOST, file: 0, line: 0 }],
    }
}
