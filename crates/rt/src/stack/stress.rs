//! The stress mode: `GROUNDHOG_STACKMOVE=1` makes every stack check fail and moves the stack at every function entry.
//!
//! It proves invariant (1) of `stack` on the program at hand: the old stack is poisoned, and the words of the new one
//! and of the side stack are searched for addresses of the old one. The guard is never satisfied in this mode, so the
//! function is not started again but entered behind its check, whose code is decoded here.
//!
//! Poison is also what a new stack is filled with: a frame's unwritten slots must not hold what a former owner of the
//! memory left there, or they would look like strays. Links of frames are left there all the same: the frame
//! pointer that a function pushed stays behind when it returns, and a later frame may not write to that slot. It is
//! copied along, and after some moves its address is in use again. So a word with a return address above it is a dead
//! link, or one of the chain, and not a stray.

use super::{Stack, grow, move_to, side_ranges};
use crate::{
    fatal,
    g::GRef,
    metadata,
    print::Printer,
    sched::{self, SafePoint},
    trampoline::Verdict,
};
use abi::{STACK_GUARD, STACK_MIN};
use core::{
    ptr,
    sync::atomic::{AtomicBool, Ordering},
};

/// Written once at start, before other threads exist; owned by this module.
static ON: AtomicBool = AtomicBool::new(false);

/// Not an address, not a small number, not a plausible float.
const POISON: u8 = 0xd5;
/// Deeper stacks are left in place: moving them at every call would take quadratic time.
const MAX_MOVED: usize = 32 << 10;

/// Bytes between the frame pointer that `gh_morestack` pushed and what it saved: the retry pc directly below, then the
/// argument registers, then rbx, r12, r13 and r14.
const RETRY_PC: usize = 8;
const ARGUMENTS: [usize; 6] = [16, 24, 32, 40, 48, 56];
const CALLEE_SAVED: [usize; 4] = [64, 72, 80, 88];

/// Switches the mode on.
pub fn start() {
    ON.store(true, Ordering::Relaxed);
}

/// Whether the mode is on.
#[inline]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// A function is being entered: preempt if asked to, move the stack, go on behind the check.
pub fn enter_function(g: GRef) -> Verdict {
    if g.is_preemption_requested() {
        g.clear_preemption();
        if g.pinned() == 0 && sched::preempt_point(g, SafePoint::Entry) == Verdict::Park {
            return Verdict::Park;
        }
    }
    // SAFETY: `gh_morestack` left the address of the jump to the function's entry there.
    let check = unsafe { Check::before(*retry_pc(g)) };
    let stack = g.stack.get();
    let used = stack.hi - g.saved_sp();
    // Always the smallest stack: poisoning a large one at every call would take long, and a small one grows often.
    let n_bytes = (used + check.n_bytes + STACK_GUARD).next_power_of_two().max(STACK_MIN);
    if g.saved_bp() + 8 - check.n_bytes <= stack.lo + STACK_GUARD {
        checked(g, || grow(g, n_bytes.max(stack.size() * 2)));
    } else if used <= MAX_MOVED {
        checked(g, || move_to(g, n_bytes));
    }
    // SAFETY: as above; the frame has moved with the stack.
    unsafe { *retry_pc(g) = check.body };
    Verdict::Continue
}

fn retry_pc(g: GRef) -> *mut usize {
    (g.saved_bp() - RETRY_PC) as *mut usize
}

/// A function's stack check, as `codegen::splice` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Check {
    /// The first instruction behind it.
    body: usize,
    /// What it subtracts from rsp.
    n_bytes: usize,
}

impl Check {
    /// The check at the target of the jump at `retry`.
    ///
    /// # Safety
    /// - `retry` is the return address of a call of `gh_morestack`.
    unsafe fn before(retry: usize) -> Check {
        // SAFETY: `jmp rel32` is there.
        let distance = unsafe { ((retry + 1) as *const i32).read_unaligned() };
        let entry = retry.wrapping_add(5).wrapping_add_signed(distance as isize);
        // SAFETY: the check is longer than 8 bytes together with the body and the stub.
        let head = unsafe { (entry as *const [u8; 8]).read() };
        let (compared, n_bytes) = match head {
            [0x49, 0x3b, 0x27, ..] => (entry + 3, 0),
            [0x4c, 0x8d, 0x9c, 0x24, rest @ ..] => {
                (entry + 11, i32::from_le_bytes(rest).unsigned_abs() as usize)
            }
            _ => fatal::throw("stack check of an unknown form"),
        };
        // SAFETY: the conditional jump follows.
        let is_near = unsafe { *(compared as *const u8) == 0x76 };
        Check { body: compared + if is_near { 2 } else { 6 }, n_bytes }
    }
}

/// Fills a stack that is not used.
pub fn poison(stack: Stack) {
    // SAFETY: the caller owns the stack, and nothing is on it.
    unsafe { ptr::write_bytes(stack.lo as *mut u8, POISON, stack.size()) };
}

/// Looks for pointers into the stack that `g` leaves in `relocate`.
fn checked(g: GRef, relocate: impl FnOnce()) {
    let old = g.stack.get();
    relocate();
    for (start, end) in side_ranges(g) {
        (start..end).step_by(8).for_each(|cell| check_word(g, cell, old));
    }
    let end = g.stack.get().hi;
    let frames = (g.saved_bp()..end).step_by(8);
    frames.filter(|&cell| !is_frame_link(cell, end)).for_each(|cell| check_word(g, cell, old));
    for distance in CALLEE_SAVED {
        check_word(g, g.saved_bp() - distance, old);
    }
    for distance in ARGUMENTS {
        poison_argument(g.saved_bp() - distance, old);
    }
}

/// Argument registers that the function does not have may be dead, and hold anything; where they were saved are slots of
/// its frame that it need not write. So an address of the old stack is no stray there, but may not stay, nor be used.
fn poison_argument(cell: usize, old: Stack) {
    // SAFETY: the cell is where `gh_morestack` saved a register.
    let word = unsafe { &mut *(cell as *mut usize) };
    if (old.lo..old.hi).contains(word) {
        *word = usize::from_ne_bytes([POISON; 8]);
    }
}

fn check_word(g: GRef, cell: usize, old: Stack) {
    // SAFETY: the cell is in the goroutine's native or side stack.
    let word = unsafe { *(cell as *const usize) };
    // The end of the stack below is one of the numbers that distances of frames are computed with.
    if word <= old.lo || word >= old.hi {
        return;
    }
    Printer::stderr()
        .text("runtime: stray pointer ")
        .hex(word as u64)
        .text(" at ")
        .hex((g.stack.get().hi.wrapping_sub(cell)) as u64)
        .text(" bytes below the end of a moved stack\n");
    fatal::throw("stray pointer into a moved stack")
}

/// Whether a cell of a stack that ends at `end` and the cell above it look like what a call and `push rbp` left.
fn is_frame_link(cell: usize, end: usize) -> bool {
    let above = cell + 8;
    // SAFETY: the cell above is in the same stack, by the comparison.
    above < end && metadata::is_code(unsafe { *(above as *const usize) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function's code up to the jump back, at a fixed place.
    fn check_of(code: &[u8]) -> (usize, Check) {
        let entry = code.as_ptr() as usize;
        // SAFETY: the jump is the last instruction.
        (entry, unsafe { Check::before(entry + code.len() - 5) })
    }

    #[test]
    fn the_body_follows_the_check_of_a_small_frame() {
        let code = [0x49, 0x3b, 0x27, 0x76, 1, 0xc3, 0xe8, 0, 0, 0, 0, 0xe9, 0xf0, 0xff, 0xff, 0xff];
        let (entry, check) = check_of(&code);
        assert_eq!(check, Check { body: entry + 5, n_bytes: 0 });
    }

    #[test]
    fn the_check_of_a_large_frame_tells_its_size() {
        let mut code = [0x90; 13 + 1 + 5 + 5];
        code[..4].copy_from_slice(&[0x4c, 0x8d, 0x9c, 0x24]);
        code[4..8].copy_from_slice(&(-4096_i32).to_le_bytes());
        code[8..13].copy_from_slice(&[0x4d, 0x3b, 0x1f, 0x76, 1]);
        code[19] = 0xe9;
        code[20..].copy_from_slice(&(-24_i32).to_le_bytes());
        let (entry, check) = check_of(&code);
        assert_eq!(check, Check { body: entry + 13, n_bytes: 4096 });
    }
}
