//! Tracebacks: walking frame pointers, and Go's text for what is found.
//!
//! **Terms.** A *call pc* is a return address: the call that it belongs to is at `pc - 1`.

use crate::{
    bubble,
    g::{G, GRef, Role, Status},
    m::{MRef, current_g},
    metadata::{self, Func, Position},
    print::Printer,
    sched::{self, StopReason},
    seam,
    trampoline::{self, Verdict},
};
use abi::{FuncFlags, WaitReason};
use rt_sys::signal::Registers;

/// Go prints at most this many frames of one goroutine, half from each end.
const MAX_FRAMES: usize = 100;

/// How much of a traceback is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// The program's frames.
    User,
    /// The runtime's, too, and its goroutines.
    System,
}

/// The frames of a goroutine that is in the runtime: code addresses, innermost first.
#[derive(Clone, Copy, Debug)]
pub struct Frames {
    /// The next pc, and whether it is a call pc.
    next: Option<(usize, bool)>,
    bp: usize,
    lo: usize,
    hi: usize,
}

/// A code address of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePc {
    /// The address as `runtime.Callers` gives it: behind the call.
    pub pc: usize,
    /// An address inside of the instruction.
    pub lookup: usize,
}

impl FramePc {
    /// Whether users are not to see anything here: a wrapper that the compiler made.
    pub fn is_hidden(self) -> bool {
        const HIDDEN: u32 = FuncFlags::WRAPPER | FuncFlags::DEFER_WRAPPER;
        let func = metadata::find_func(self.lookup);
        func.is_none_or(|func| func.positions(self.lookup).all(|position| position.flags & HIDDEN != 0))
    }
}

impl Frames {
    /// The frames of `g`, which a signal interrupted on this thread, perhaps while it was in the runtime.
    pub fn interrupted(g: GRef, registers: &Registers, in_memory_routine: bool) -> Frames {
        let (pc, sp) = (registers.rip as usize, registers.rsp as usize);
        let stack = g.stack.get();
        let mut frames = Frames { next: None, bp: registers.rbp as usize, lo: stack.lo, hi: stack.hi };
        let is_on_stack = registers.r15 == g.head() as u64 && (stack.lo..stack.hi).contains(&sp);
        if !is_on_stack {
            return Frames::of(g);
        }
        if metadata::is_code(pc) {
            frames.next = Some((pc, false));
        } else if in_memory_routine {
            // It has no frame: its return address is on top of the stack.
            frames.next = frames.word(sp).filter(|&pc| metadata::is_code(pc)).map(|pc| (pc, true));
        } else {
            frames.step();
        }
        frames
    }

    /// The frames of `g`, which has left Go code through a trampoline or has parked.
    pub fn of(g: GRef) -> Frames {
        let stack = g.stack.get();
        let mut frames = Frames { next: None, bp: g.saved_bp(), lo: stack.lo, hi: stack.hi };
        let is_parked = matches!(g.status(), Status::Waiting | Status::Runnable);
        let resume_pc = if is_parked { g.resume_pc() } else { 0 };
        if resume_pc == trampoline::gh_gostart as *const () as usize {
            // SAFETY: the closure's first word is its code; the goroutine keeps it alive.
            let code = unsafe { *(g.start_fn() as *const usize) };
            frames.next = Some((code, false));
            frames.bp = 0;
        } else if resume_pc == trampoline::gh_resume_morestack as *const () as usize {
            // The stub's return address lies below the saved frame pointer: inside the function being entered.
            frames.next = frames.word(frames.bp.wrapping_sub(8)).map(|pc| (pc, false));
        } else {
            frames.step();
        }
        frames
    }

    fn word(&self, addr: usize) -> Option<usize> {
        let is_inside = addr >= self.lo && addr < self.hi && addr.is_multiple_of(8);
        // SAFETY: inside the goroutine's stack.
        is_inside.then(|| unsafe { *(addr as *const usize) })
    }

    /// Moves to the frame's caller.
    fn step(&mut self) {
        let pc = self.word(self.bp.wrapping_add(8));
        let caller_bp = self.word(self.bp).unwrap_or(0);
        self.bp = if caller_bp > self.bp { caller_bp } else { 0 };
        let end = trampoline::gh_gostart_end as *const () as usize;
        self.next = pc.filter(|&pc| pc != 0 && pc != end && metadata::is_code(pc)).map(|pc| (pc, true));
    }
}

impl Iterator for Frames {
    type Item = FramePc;

    fn next(&mut self) -> Option<FramePc> {
        let (pc, is_call) = self.next?;
        self.step();
        // `sigpanic` is entered as if called by the faulting instruction: that address is not behind a call.
        let is_injected =
            metadata::find_func(pc).is_some_and(|func| func.start() == metadata::program().sigpanic);
        if is_injected {
            self.next = self.next.map(|(pc, _)| (pc, false));
        }
        Some(if is_call { FramePc { pc, lookup: pc - 1 } } else { FramePc { pc: pc + 1, lookup: pc } })
    }
}

/// Return addresses of the current goroutine from `skip` logical frames up (0: the caller of `callers`).
pub(crate) extern "C" fn callers(skip: usize, out: *mut usize, n: usize) -> usize {
    let mut n_stored = 0;
    for frame in Frames::of(current_g()).skip(skip).take(n) {
        // SAFETY: the overlay passes room for `n` words.
        unsafe { out.add(n_stored).write(frame.pc) };
        n_stored += 1;
    }
    n_stored
}

/// Text of the current goroutine's, or of all goroutines' tracebacks; `ret[0]` is its length.
pub(crate) extern "C" fn stack_text(out: *mut u8, n: usize, all: usize) -> Verdict {
    let g = current_g();
    let print = || {
        // SAFETY: the overlay passes a buffer.
        let mut printer = unsafe { Printer::memory(out, n) };
        print_header(&mut printer, g);
        // But for the frame of `runtime.Stack`.
        print_frames(&mut printer, Frames::of(g).skip(1), Detail::User);
        print_creator(&mut printer, g);
        if all != 0 {
            print_others(&mut printer, Some(g), Detail::User);
        }
        printer.written()
    };
    let n_written =
        if all == 0 { print() } else { sched::with_world_stopped(StopReason::Stacks, |_| print()) };
    g.set_ret(0, n_written as u64);
    Verdict::Continue
}

/// Records of up to 32 return addresses of all goroutines; `ret[0]` is how many there are, `out` holds `n` records.
pub(crate) extern "C" fn goroutine_profile(out: *mut [usize; 32], n: usize, labels: *mut usize) -> Verdict {
    let mut n_found = 0;
    sched::with_world_stopped(StopReason::Stacks, |_| {
        sched::for_each_g(|g| {
            if g.status() == Status::Dead || g.role.get() == Role::System {
                return;
            }
            if n_found < n {
                let mut record = [0; 32];
                let shown = Frames::of(g).filter(|frame| !frame.is_hidden());
                record.iter_mut().zip(shown).for_each(|(slot, frame)| *slot = frame.pc);
                // SAFETY: the overlay passes `n` records, and as many labels or null.
                unsafe {
                    out.add(n_found).write(record);
                    if !labels.is_null() {
                        labels.add(n_found).write(g.labels());
                    }
                }
            }
            n_found += 1;
        });
    });
    current_g().set_ret(0, n_found as u64);
    Verdict::Continue
}

/// Prints all goroutines but `except`.
pub fn print_others(printer: &mut Printer, except: Option<GRef>, detail: Detail) {
    sched::for_each_g(|g| {
        let is_hidden = g.role.get() == Role::System && detail < Detail::System;
        if Some(g) == except || g.status() == Status::Dead || is_hidden {
            return;
        }
        printer.text("\n");
        print_goroutine(printer, g, detail);
    });
}

/// Prints `goroutine N [state]:` and its frames.
pub fn print_goroutine(printer: &mut Printer, g: GRef, detail: Detail) {
    print_header(printer, g);
    let is_elsewhere = matches!(g.status(), Status::Running) && MRef::current().cur_g() != Some(g);
    if is_elsewhere {
        printer.text("\tgoroutine running on other thread; stack unavailable\n");
    } else {
        print_frames(printer, Frames::of(g), detail);
    }
    print_creator(printer, g);
}

fn print_header(printer: &mut Printer, g: GRef) {
    let minutes = match g.wait_since.get() {
        0 => 0,
        since => (seam::nanotime() - since) / 60_000_000_000,
    };
    printer.text("goroutine ").uint(g.goid()).text(" [").text(state(&g));
    if minutes >= 1 && matches!(g.status(), Status::Waiting | Status::Syscall) {
        printer.text(", ").int(minutes).text(" minutes");
    }
    if g.locked_m.get().is_some() {
        printer.text(", locked to thread");
    }
    if let Some(bubble) = bubble::of(&g) {
        printer.text(", synctest bubble ").uint(bubble.id());
    }
    printer.text("]:\n");
}

fn state(g: &G) -> &'static str {
    match g.status() {
        Status::Dead => "dead",
        Status::Runnable => "runnable",
        Status::Running => "running",
        Status::Syscall => "syscall",
        Status::Waiting if g.wait_reason.get() == WaitReason::None => "waiting",
        Status::Waiting => g.wait_reason.get().text(),
    }
}

/// Prints the frames that are shown; in the middle of very long stacks, how many are left out.
fn print_frames(printer: &mut Printer, frames: impl Iterator<Item = FramePc> + Clone, detail: Detail) {
    let n_shown = shown(frames.clone(), detail).count();
    let n_elided = n_shown.saturating_sub(MAX_FRAMES);
    for (idx, (func, position, frame)) in shown(frames, detail).enumerate() {
        if n_elided > 0 && idx == MAX_FRAMES / 2 {
            printer.text("...").uint(n_elided as u64).text(" frames elided...\n");
        }
        if idx >= MAX_FRAMES / 2 && idx < MAX_FRAMES / 2 + n_elided {
            continue;
        }
        print_frame(printer, func, position, frame);
    }
}

fn shown(
    frames: impl Iterator<Item = FramePc>,
    detail: Detail,
) -> impl Iterator<Item = (Func, Position, FramePc)> {
    let mut seen_user = false;
    frames
        .filter_map(|frame| metadata::find_func(frame.lookup).map(|func| (func, frame)))
        .flat_map(|(func, frame)| func.positions(frame.lookup).map(move |position| (func, position, frame)))
        .filter(move |(_, position, _)| {
            let is_shown = detail == Detail::System || is_visible(position, seen_user);
            seen_user |= is_shown;
            is_shown
        })
}

/// Whether a frame is the user's, or one of the runtime that users know.
fn is_visible(position: &Position, seen_user: bool) -> bool {
    let name = metadata::string(position.name);
    if position.flags & (FuncFlags::WRAPPER | FuncFlags::DEFER_WRAPPER) != 0 {
        return false;
    }
    match name.strip_prefix(b"runtime.") {
        Some(b"gopanic") => seen_user,
        Some(rest) => rest.first().is_some_and(u8::is_ascii_uppercase),
        // Map operations, which the compiler calls under names of package runtime.
        None => !name.starts_with(b"internal/runtime/maps.runtime_"),
    }
}

fn print_frame(printer: &mut Printer, func: Func, position: Position, frame: FramePc) {
    print_name(printer, metadata::string(position.name));
    let has_no_arguments = position.flags & FuncFlags::NILADIC != 0 && !position.is_inlined;
    printer
        .text(if has_no_arguments { "()\n\t" } else { "(...)\n\t" })
        .bytes(metadata::file_name(position.file))
        .text(":")
        .uint(u64::from(position.line));
    if !position.is_inlined {
        printer.text(" +").hex((frame.pc - func.start()) as u64);
    }
    printer.text("\n");
}

fn print_name(printer: &mut Printer, name: &[u8]) {
    match name {
        b"runtime.gopanic" => printer.text("panic"),
        _ => printer.bytes(name),
    };
}

fn print_creator(printer: &mut Printer, g: GRef) {
    let pc = g.created_at.get();
    let Some(func) = metadata::find_func(pc.wrapping_sub(1)) else { return };
    let Some(position) = func.positions(pc - 1).next() else { return };
    printer.text("created by ");
    print_name(printer, metadata::string(position.name));
    if g.parent.get() != 0 {
        printer.text(" in goroutine ").uint(g.parent.get());
    }
    printer.text("\n\t").bytes(metadata::file_name(position.file)).text(":").uint(u64::from(position.line));
    printer.text(" +").hex((pc - func.start()) as u64).text("\n");
}
