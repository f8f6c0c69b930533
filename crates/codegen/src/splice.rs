//! The stack check in front of a body, and the stub behind it that grows the stack.
//!
//! ```text
//! entry:  cmp rsp, [r15 + STACK_GUARD]        small frames
//!         jbe stub
//! body:   push rbp; mov rbp, rsp; ...
//! stub:   call gh_morestack                   finds the frame's size by its return address
//!         jmp entry
//! ```
//!
//! A frame that could reach below the guard's slack compares `lea r11, [rsp - size]` instead. At entry all live values
//! are argument registers, r11 is free, nothing of the frame has been written: the stack can be moved and the function
//! started again. Leaf functions with small frames need no check, because the slack below the guard is theirs.
//!
//! **Rejected** (measured, see `facts/backend.md`): a check in CLIF (8 % slower calls, runs after the frame's first
//! writes), Cranelift's own stack limit with its trap (9 microseconds per growth under virtualisation).

use abi::{FRAME_SMALL, GHead};
use code::{Reloc, RelocKind, Symbol};

/// The runtime's entry for growing the stack.
const MORESTACK: &str = "gh_morestack";

/// Return address and saved frame pointer, which lie above the frame proper.
const LINKAGE: u32 = 16;

/// Bytes of stack that a function uses below its caller's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StackUse {
    /// `rbp - rsp` in the body, plus what its tail calls add.
    pub(crate) frame: u32,
    /// The body contains calls (tail calls do not count).
    pub(crate) has_calls: bool,
}

/// A function with its stack check.
#[derive(Debug)]
pub(crate) struct Spliced {
    pub(crate) bytes: Vec<u8>,
    /// How far the body moved.
    pub(crate) shift: u32,
    /// The call of the stub.
    pub(crate) reloc: Option<Reloc>,
}

/// Puts the check that `stack_use` asks for around `body`.
pub(crate) fn splice(body: &[u8], stack_use: StackUse) -> Spliced {
    let size = stack_use.frame + LINKAGE;
    let is_small = size as usize <= FRAME_SMALL;
    if is_small && !stack_use.has_calls {
        return Spliced { bytes: body.to_vec(), shift: 0, reloc: None };
    }
    let compare = if is_small { compare_rsp() } else { compare_lowest(size) };
    // The short form of the jump reaches over most functions.
    let is_near = body.len() < 0x80;
    let n_jump = if is_near { 2 } else { 6 };
    let shift = compare.len() + n_jump;
    let mut bytes = Vec::with_capacity(shift + body.len() + 16);
    bytes.extend_from_slice(&compare);
    if is_near {
        bytes.extend_from_slice(&[0x76, body.len() as u8]); // jbe rel8
    } else {
        bytes.extend_from_slice(&[0x0f, 0x86]); // jbe rel32
        bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    }
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(&[0xe8, 0, 0, 0, 0]); // call rel32
    let target = Symbol::intern(MORESTACK);
    let reloc = Reloc { offset: bytes.len() as u32 - 4, kind: RelocKind::Pc32, target, addend: -4 };
    let back = -(bytes.len() as i32 + 5);
    bytes.push(0xe9); // jmp rel32
    bytes.extend_from_slice(&back.to_le_bytes());
    Spliced { bytes, shift: shift as u32, reloc: Some(reloc) }
}

// The encodings below have no displacement.
const _: () = assert!(GHead::STACK_GUARD == 0);

fn compare_rsp() -> Vec<u8> {
    vec![0x49, 0x3b, 0x27] // cmp rsp, [r15]
}

fn compare_lowest(size: u32) -> Vec<u8> {
    let mut bytes = vec![0x4c, 0x8d, 0x9c, 0x24]; // lea r11, [rsp + disp32]
    bytes.extend_from_slice(&(-i64::from(size) as i32).to_le_bytes());
    bytes.extend_from_slice(&[0x4d, 0x3b, 0x1f]); // cmp r11, [r15]
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const RET: [u8; 1] = [0xc3];

    #[test]
    fn a_small_leaf_needs_no_check() {
        let spliced = splice(&RET, StackUse { frame: 112, has_calls: false });
        assert_eq!((spliced.bytes, spliced.shift), (RET.to_vec(), 0));
    }

    #[test]
    fn a_leaf_that_outgrows_the_slack_is_checked() {
        let spliced = splice(&RET, StackUse { frame: 128, has_calls: false });
        assert_eq!(spliced.bytes[..4], [0x4c, 0x8d, 0x9c, 0x24]);
        assert_eq!(spliced.bytes[4..8], (-144_i32).to_le_bytes());
        assert_eq!(spliced.shift, 13);
    }

    #[test]
    fn the_stub_calls_morestack_and_starts_again() {
        let spliced = splice(&RET, StackUse { frame: 16, has_calls: true });
        // cmp, jbe over the body, body, call, jmp to the start.
        let mut expected = vec![0x49, 0x3b, 0x27, 0x76, 1, 0xc3, 0xe8, 0, 0, 0, 0, 0xe9];
        expected.extend_from_slice(&(-16_i32).to_le_bytes());
        assert_eq!(spliced.bytes, expected);
        assert_eq!(spliced.reloc.unwrap().offset, 7);
    }

    #[test]
    fn the_jump_to_a_far_stub_is_long() {
        let spliced = splice(&[0x90; 200], StackUse { frame: 16, has_calls: true });
        assert_eq!(spliced.bytes[3..9], [0x0f, 0x86, 200, 0, 0, 0]);
        assert_eq!(spliced.shift, 9);
    }
}
