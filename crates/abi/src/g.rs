//! The head of a goroutine: the part of G that compiled code and assembly address through r15.
//!
//! **Terms.** *Native stack*: contiguous, `[stack_lo, stack_hi)`, grows down, is moved when it grows; nothing points
//! into it but saved frame pointers. *Side stack*: chunks that never move, bump-allocated upwards from `side_ptr`;
//! address-taken locals live there. *Verdict*: what a `may_park` runtime function returns to its trampoline.
//!
//! **Invariants.**
//! 1. While Go code runs on a thread, r15 is the address of the `GHead` of the goroutine that runs.
//! 2. `stack_guard` is `stack_lo + STACK_GUARD`, or [`STACK_PREEMPT`] when a safe point is requested.
//! 3. `sys_sp`, `retbuf`, `alloc_cache` and `m` belong to the thread or processor that runs the goroutine; they are
//!    rewritten whenever it is resumed, so compiled code never keeps them across a safe point.
//! 4. A function with a side frame of `n` bytes (a multiple of 16) does, at entry: `p = side_ptr; new = p + n; if new >
//!    side_limit { gh_side_grow(n); p = ret[0] } else { side_ptr = new }`; at every exit: `if p == side_base {
//!    gh_side_release(p) } else { side_ptr = p }`. The frame is not zeroed.
//! 5. `saved_sp` and `saved_bp` are valid exactly while the goroutine is not executing Go code.

use core::mem::offset_of;

/// Bytes between the end of a native stack and its guard. A checked function may use [`FRAME_SMALL`] bytes below the
/// guard; then there must be room for one unchecked leaf (144), an injected call of `sigpanic`, and the register save
/// area of `gh_morestack` or `gh_poll` (400).
pub const STACK_GUARD: usize = 704;

/// Frames up to this size (frame size + 16) compare `rsp` itself with the guard; larger ones compare `rsp - size`.
pub const FRAME_SMALL: usize = 128;

/// The size of a new goroutine's native stack.
pub const STACK_MIN: usize = 2048;

/// The value of `stack_guard` that sends every prologue to `gh_morestack`: larger than any stack address.
pub const STACK_PREEMPT: usize = 0xffff_ffff_ffff_fade;

/// The value of `stack_guard` that no prologue fails; for code that must not be interrupted (a forked child).
pub const NO_PREEMPT_GUARD: usize = 0;

/// Words in the buffer behind [`GHead::retbuf`]: no function has more result words beyond the registers.
pub const RETBUF_WORDS: usize = 256;

/// Usable bytes in a side stack chunk of ordinary size; a larger frame gets a chunk of its own.
pub const SIDE_CHUNK: usize = 4096 - 32;

/// The part of a goroutine that compiled code knows.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct GHead {
    /// Prologues compare with this: `cmp rsp, [r15 + 0]; jbe`.
    pub stack_guard: usize,
    /// Non-zero when call-free loops must call `gh_poll`. Written by other threads; read with a plain load.
    pub preempt: u32,
    /// Non-zero while preemption is suppressed (`procPin`, locks held by the overlay).
    pub pinned: u32,
    /// Lowest address of the native stack.
    pub stack_lo: usize,
    /// One past the highest address of the native stack.
    pub stack_hi: usize,
    /// `rsp` when the goroutine left Go code.
    pub saved_sp: usize,
    /// `rbp` when the goroutine left Go code.
    pub saved_bp: usize,
    /// The system stack of the thread that runs this goroutine, 16-byte aligned.
    pub sys_sp: usize,
    /// Where to continue (an assembly label of the runtime) when the goroutine is resumed.
    pub resume_pc: usize,
    /// First free byte of the side stack, 16-byte aligned.
    pub side_ptr: usize,
    /// End of the current side stack chunk.
    pub side_limit: usize,
    /// First usable byte of the current side stack chunk.
    pub side_base: usize,
    /// Innermost [`crate::DeferFrame`], or null.
    pub defer_frame: usize,
    /// Innermost panic record of the overlay, or null.
    pub panics: usize,
    /// Results of functions that may park, and of `Cold` functions.
    pub ret: [u64; 4],
    /// Result words beyond the registers; at least [`RETBUF_WORDS`] words.
    pub retbuf: usize,
    /// The allocation cache of the processor: what inline allocation addresses.
    pub alloc_cache: usize,
    /// The thread that runs this goroutine, or null.
    pub m: usize,
    /// The goroutine's number, from 1.
    pub goid: u64,
    /// The faulting pc of an injected `sigpanic`, else 0.
    pub sig_pc: usize,
    /// The faulting address (`si_addr`).
    pub sig_addr: usize,
    /// The signal's number.
    pub sig: u32,
    /// The signal's code (`si_code`).
    pub sig_code: i32,
    /// A word for the overlay: the goroutine's pprof labels.
    pub labels: usize,
    /// A word for the overlay: the FIPS indicator and bypass bytes.
    pub fips: usize,
    /// A word for the overlay: the closure that started the goroutine (a root).
    pub start_fn: usize,
    /// A word for the overlay: the coroutine that this goroutine executes, else 0.
    pub coro: usize,
    /// Scratch for assembly (never live across a safe point).
    pub scratch: u64,
    /// Non-zero when a memory fault of this goroutine panics (`debug.SetPanicOnFault`).
    pub panic_on_fault: u32,
    /// Bits for the overlay (`Goexit` in progress and the like).
    pub overlay_flags: u32,
    /// The synctest bubble that the goroutine belongs to, or 0.
    pub bubble: usize,
}

impl GHead {
    /// Offset of [`GHead::stack_guard`].
    pub const STACK_GUARD: i32 = offset_of!(GHead, stack_guard) as i32;
    /// Offset of [`GHead::preempt`].
    pub const PREEMPT: i32 = offset_of!(GHead, preempt) as i32;
    /// Offset of [`GHead::stack_lo`].
    pub const STACK_LO: i32 = offset_of!(GHead, stack_lo) as i32;
    /// Offset of [`GHead::stack_hi`].
    pub const STACK_HI: i32 = offset_of!(GHead, stack_hi) as i32;
    /// Offset of [`GHead::saved_sp`].
    pub const SAVED_SP: i32 = offset_of!(GHead, saved_sp) as i32;
    /// Offset of [`GHead::saved_bp`].
    pub const SAVED_BP: i32 = offset_of!(GHead, saved_bp) as i32;
    /// Offset of [`GHead::sys_sp`].
    pub const SYS_SP: i32 = offset_of!(GHead, sys_sp) as i32;
    /// Offset of [`GHead::resume_pc`].
    pub const RESUME_PC: i32 = offset_of!(GHead, resume_pc) as i32;
    /// Offset of [`GHead::side_ptr`].
    pub const SIDE_PTR: i32 = offset_of!(GHead, side_ptr) as i32;
    /// Offset of [`GHead::side_limit`].
    pub const SIDE_LIMIT: i32 = offset_of!(GHead, side_limit) as i32;
    /// Offset of [`GHead::side_base`].
    pub const SIDE_BASE: i32 = offset_of!(GHead, side_base) as i32;
    /// Offset of [`GHead::defer_frame`].
    pub const DEFER_FRAME: i32 = offset_of!(GHead, defer_frame) as i32;
    /// Offset of [`GHead::panics`].
    pub const PANICS: i32 = offset_of!(GHead, panics) as i32;
    /// Offset of [`GHead::ret`]; word `i` is at `RET + 8 * i`.
    pub const RET: i32 = offset_of!(GHead, ret) as i32;
    /// Offset of [`GHead::retbuf`].
    pub const RETBUF: i32 = offset_of!(GHead, retbuf) as i32;
    /// Offset of [`GHead::alloc_cache`].
    pub const ALLOC_CACHE: i32 = offset_of!(GHead, alloc_cache) as i32;
    /// Offset of [`GHead::m`].
    pub const M: i32 = offset_of!(GHead, m) as i32;
    /// Offset of [`GHead::goid`].
    pub const GOID: i32 = offset_of!(GHead, goid) as i32;
    /// Offset of [`GHead::start_fn`].
    pub const START_FN: i32 = offset_of!(GHead, start_fn) as i32;
    /// Offset of [`GHead::scratch`].
    pub const SCRATCH: i32 = offset_of!(GHead, scratch) as i32;
}

// Codegen's spliced prologue has the guard's offset in its encoding; the overlay mirrors this struct in Go.
const _: () = {
    assert!(GHead::STACK_GUARD == 0);
    assert!(GHead::PREEMPT == 8);
    assert!(GHead::STACK_LO == 16);
    assert!(GHead::STACK_HI == 24);
    assert!(GHead::SAVED_SP == 32);
    assert!(GHead::SAVED_BP == 40);
    assert!(GHead::SYS_SP == 48);
    assert!(GHead::RESUME_PC == 56);
    assert!(GHead::SIDE_PTR == 64);
    assert!(GHead::SIDE_LIMIT == 72);
    assert!(GHead::SIDE_BASE == 80);
    assert!(GHead::DEFER_FRAME == 88);
    assert!(GHead::PANICS == 96);
    assert!(GHead::RET == 104);
    assert!(GHead::RETBUF == 136);
    assert!(GHead::ALLOC_CACHE == 144);
    assert!(GHead::M == 152);
    assert!(GHead::GOID == 160);
    assert!(offset_of!(GHead, sig_pc) == 168);
    assert!(offset_of!(GHead, labels) == 192);
    assert!(offset_of!(GHead, coro) == 216);
    assert!(size_of::<GHead>() == 256);
    assert!(STACK_GUARD < STACK_MIN / 2);
};
