//! The native stack of a goroutine, frame by frame: only what is needed behind the calls that the frames are in.
//!
//! ```text
//!   hi ┌──────────────────────────────┐
//!      │ gh_gostart                   │
//!      │ frame of f  (map of f at the │ ◄── words that f needs when g returns, and words of arguments that f
//!      │ return address that g has)   │     itself may still read, above its return address
//!      │ frame of g                   │ ◄── among them slots that keep f's rbx, r12, r13, r14
//!      │ trampoline: saved registers  │
//!   sp └──────────────────────────────┘
//! ```
//!
//! **Registers.** What a function has in a register that calls preserve is where the nearest frame below put it that uses
//! the register; the walk remembers for each where that is. The slot counts if the function needs the register, not
//! because the frame below will restore it.
//!
//! **When in doubt** the words count: a frame whose function has no map, or that is not in a call (a fault), is looked at
//! whole, and so are all registers that it may have saved.

use crate::{
    g::{GRef, Status},
    metadata,
};
use abi::framemap::{FrameMap, N_SAVED};
use rt_heap::Scan;

const WORD: usize = size_of::<usize>();

/// Bytes that the trampolines leave below the frame pointer, and where the saved registers are among them.
struct Layout {
    n_bytes: usize,
    saved: [usize; N_SAVED],
}

/// Of calls; pointers that are arguments follow.
const CALL: Layout = Layout { n_bytes: 32, saved: [8, 16, 24, 32] };
const MAX_ARGUMENTS: usize = 6;
/// Of cold calls: all registers.
const COLD: Layout = Layout { n_bytes: 368, saved: [16, 88, 96, 104] };
/// Of stack checks: the retry address and argument registers, too.
const MORESTACK: Layout = Layout { n_bytes: 216, saved: [64, 72, 80, 88] };
/// The retry address of a stack check lies below the frame pointer.
const RETRY_PC: usize = 8;

/// What may read the words above a frame's return address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callee {
    /// Nobody, or one whose map has told.
    Settled,
    /// A function with so many words of arguments.
    Arguments(usize),
    Unknown,
}

/// A walk over frames, from the innermost outwards.
struct Walk<'a> {
    scan: &'a mut dyn Scan,
    hi: usize,
    /// Frame pointer of the frame that has been looked at.
    bp: usize,
    callee: Callee,
    /// Where the saved registers' contents are; 0 where they have been looked at.
    saved: [usize; N_SAVED],
}

/// Shows what the native stack of a goroutine holds. It does not run.
pub(super) fn scan_stack(g: GRef, scan: &mut dyn Scan) {
    let (sp, hi) = (g.saved_sp(), g.stack.get().hi);
    let mut walk = Walk { scan, hi, bp: g.saved_bp(), callee: Callee::Settled, saved: [0; N_SAVED] };
    if g.status() == Status::Syscall {
        walk.start_in_syscall(g, sp);
    } else if (sp..hi).contains(&walk.bp) {
        walk.start_in_trampoline(sp);
    } else {
        return walk.range(sp, hi);
    }
    while walk.step() {}
}

impl Walk<'_> {
    /// A word that the program will read.
    fn needed(&mut self, addr: usize) {
        self.scan.word(load(addr));
    }

    /// A word that may be left over.
    fn word(&mut self, addr: usize) {
        self.range(addr, addr + WORD);
    }

    fn range(&mut self, start: usize, end: usize) {
        debug_assert!(start <= end);
        // SAFETY: a part of the used stack, or the registers that the goroutine left.
        unsafe { self.scan.range(start, (end - start) / WORD) };
    }

    /// The goroutine's thread is in the kernel, and the goroutine's innermost frame in use.
    fn start_in_syscall(&mut self, g: GRef, sp: usize) {
        let registers = g.syscall_registers.as_ptr() as usize;
        self.range(registers, registers + N_SAVED * WORD);
        self.bp = g.syscall_frame.get();
        self.callee = Callee::Unknown;
        self.range(sp, self.bp);
    }

    /// The goroutine has called the runtime.
    fn start_in_trampoline(&mut self, sp: usize) {
        let n_bytes = self.bp - sp;
        let calls = CALL.n_bytes..=CALL.n_bytes + MAX_ARGUMENTS * WORD;
        let layout = match n_bytes {
            n if calls.contains(&n) => CALL,
            n if n == COLD.n_bytes => COLD,
            n if n == MORESTACK.n_bytes => MORESTACK,
            _ => Layout { n_bytes: 0, saved: [0; N_SAVED] },
        };
        self.saved = layout.saved.map(|distance| if distance == 0 { 0 } else { self.bp - distance });
        for addr in (sp..self.bp).step_by(WORD) {
            if !self.saved.contains(&addr) {
                self.word(addr);
            }
        }
        if n_bytes == MORESTACK.n_bytes {
            // The frame stands for the function's that is being entered.
            self.callee = arguments_of(load(self.bp - RETRY_PC));
        }
    }

    /// Looks at the next frame; whether there was one.
    fn step(&mut self) -> bool {
        let (caller_bp, return_address) = (load(self.bp), load(self.bp + WORD));
        let low = self.bp + 2 * WORD;
        if caller_bp < low || caller_bp > self.hi - 2 * WORD {
            self.range(low, self.hi);
            self.show_saved();
            return false;
        }
        match known_frame(caller_bp, return_address) {
            Some(frame) => self.known(low, caller_bp, &frame),
            None => {
                self.range(low, caller_bp);
                self.show_saved();
                self.callee = arguments_of(return_address);
            }
        }
        self.bp = caller_bp;
        true
    }

    /// A frame with a map.
    fn known(&mut self, low: usize, caller_bp: usize, frame: &Frame) {
        match self.callee {
            Callee::Settled => {}
            Callee::Arguments(n_words) => self.range(low, caller_bp.min(low + n_words * WORD)),
            Callee::Unknown => self.range(low, caller_bp),
        }
        for word in frame.site.words() {
            let addr = frame.sp + word * WORD;
            debug_assert!(addr < self.hi);
            self.needed(addr);
        }
        for register in 0..N_SAVED {
            let Some(word) = frame.map.kept[register] else { continue };
            if frame.site.needs_register(register) && self.saved[register] != 0 {
                self.needed(self.saved[register]);
            }
            self.saved[register] = frame.sp + word * WORD;
        }
        self.callee = Callee::Settled;
    }

    /// What is in the saved registers may be needed by anybody.
    fn show_saved(&mut self) {
        for addr in core::mem::take(&mut self.saved) {
            if addr != 0 {
                self.word(addr);
            }
        }
    }
}

/// A frame of a function with a map, in a call.
struct Frame {
    sp: usize,
    map: FrameMap<'static>,
    site: abi::framemap::Site<'static>,
}

fn known_frame(bp: usize, return_address: usize) -> Option<Frame> {
    let func = metadata::find_func(return_address.wrapping_sub(1))?;
    let map = func.frame_map()?;
    let site = map.site((return_address - func.start()) as u32)?;
    Some(Frame { sp: bp - func.entry().frame as usize, map, site })
}

/// What the function around `pc` may read of its arguments.
fn arguments_of(pc: usize) -> Callee {
    let map = metadata::find_func(pc).and_then(metadata::Func::frame_map);
    map.map_or(Callee::Unknown, |map| Callee::Arguments(map.n_arguments))
}

fn load(addr: usize) -> usize {
    // SAFETY: callers pass addresses of words in the used part of the goroutine's stack. Volatile: in a system call the
    // goroutine writes to its innermost frame.
    unsafe { (addr as *const usize).read_volatile() }
}
