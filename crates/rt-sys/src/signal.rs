//! Signal plumbing: dispositions, masks, alternate stacks, and the layout of an interrupted context.

use crate::sys::{Errno, call, nr};
use core::arch::naked_asm;

/// Highest signal number plus one.
pub const N_SIGNALS: usize = 65;

#[expect(missing_docs, reason = "the names are the kernel's")]
pub mod number {
    pub const SIGHUP: i32 = 1;
    pub const SIGINT: i32 = 2;
    pub const SIGQUIT: i32 = 3;
    pub const SIGILL: i32 = 4;
    pub const SIGTRAP: i32 = 5;
    pub const SIGABRT: i32 = 6;
    pub const SIGBUS: i32 = 7;
    pub const SIGFPE: i32 = 8;
    pub const SIGKILL: i32 = 9;
    pub const SIGUSR1: i32 = 10;
    pub const SIGSEGV: i32 = 11;
    pub const SIGUSR2: i32 = 12;
    pub const SIGPIPE: i32 = 13;
    pub const SIGALRM: i32 = 14;
    pub const SIGTERM: i32 = 15;
    pub const SIGSTKFLT: i32 = 16;
    pub const SIGCHLD: i32 = 17;
    pub const SIGCONT: i32 = 18;
    pub const SIGSTOP: i32 = 19;
    pub const SIGTSTP: i32 = 20;
    pub const SIGTTIN: i32 = 21;
    pub const SIGTTOU: i32 = 22;
    pub const SIGURG: i32 = 23;
    pub const SIGXCPU: i32 = 24;
    pub const SIGXFSZ: i32 = 25;
    pub const SIGVTALRM: i32 = 26;
    pub const SIGPROF: i32 = 27;
    pub const SIGIO: i32 = 29;
    pub const SIGPWR: i32 = 30;
    pub const SIGSYS: i32 = 31;
}

/// The general registers of an interrupted context (`ucontext.uc_mcontext.gregs`), in the kernel's order.
#[repr(C)]
#[expect(missing_docs, reason = "the names are the registers'")]
#[derive(Debug)]
pub struct Registers {
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rdi: u64,
    pub rsi: u64,
    pub rbp: u64,
    pub rbx: u64,
    pub rdx: u64,
    pub rax: u64,
    pub rcx: u64,
    pub rsp: u64,
    pub rip: u64,
    pub eflags: u64,
    pub segments: u64,
    pub err: u64,
    pub trapno: u64,
    pub oldmask: u64,
    pub cr2: u64,
}

/// The kernel's `ucontext`, up to the registers.
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    flags: u64,
    link: usize,
    stack: AltStack,
    /// The registers; changes take effect when the handler returns.
    pub registers: Registers,
}

/// The kernel's `siginfo`, as far as faults need it.
#[repr(C)]
#[derive(Debug)]
pub struct Info {
    /// The signal.
    pub signal: i32,
    /// Error number.
    pub errno: i32,
    /// Why: positive for faults, 0 or negative when a process sent it.
    pub code: i32,
    padding: i32,
    /// The faulting address.
    pub addr: usize,
}

/// The kernel's `stack_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AltStack {
    base: usize,
    flags: i32,
    size: usize,
}

/// A handler.
pub type Handler = extern "C" fn(i32, *mut Info, *mut Context);

/// What a signal does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// The kernel's default.
    Default,
    /// Nothing.
    Ignore,
    /// Calls a handler on the alternate stack, with all signals blocked.
    Handle(Handler),
}

#[repr(C)]
struct KernelAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

const SA_SIGINFO: usize = 4;
const SA_RESTORER: usize = 0x0400_0000;
const SA_ONSTACK: usize = 0x0800_0000;
const SA_RESTART: usize = 0x1000_0000;

#[unsafe(naked)]
unsafe extern "C" fn restorer() {
    naked_asm!("mov eax, {sigreturn}", "syscall", sigreturn = const nr::RT_SIGRETURN)
}

/// Sets what `signal` does.
pub fn set_action(signal: i32, action: Action) -> Result<(), Errno> {
    let handler = match action {
        Action::Default => 0,
        Action::Ignore => 1,
        Action::Handle(handler) => handler as usize,
    };
    let action = KernelAction {
        handler,
        flags: SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART,
        restorer: restorer as *const () as usize,
        mask: u64::MAX,
    };
    // SAFETY: the structure is readable; handlers obey the rules of `Handler`.
    unsafe { call(nr::RT_SIGACTION, [signal as usize, &raw const action as usize, 0, 8]) }.map(drop)
}

/// Whether `signal` is ignored now.
pub fn is_ignored(signal: i32) -> bool {
    let mut action = KernelAction { handler: 0, flags: 0, restorer: 0, mask: 0 };
    // SAFETY: the structure is writable.
    let result = unsafe { call(nr::RT_SIGACTION, [signal as usize, 0, &raw mut action as usize, 8]) };
    result.is_ok() && action.handler == 1
}

/// Blocks all signals of this thread; answers the old mask.
pub fn block_all() -> u64 {
    set_mask(u64::MAX)
}

/// Sets this thread's mask; answers the old one.
pub fn set_mask(mask: u64) -> u64 {
    const SETMASK: usize = 2;
    let mut old = 0u64;
    // SAFETY: both words are valid.
    let _ =
        unsafe { call(nr::RT_SIGPROCMASK, [SETMASK, &raw const mask as usize, &raw mut old as usize, 8]) };
    old
}

/// Makes `[base, base + size)` this thread's signal stack.
///
/// # Safety
/// - The memory belongs to the thread for its lifetime.
pub unsafe fn set_alt_stack(base: *mut u8, size: usize) {
    let stack = AltStack { base: base as usize, flags: 0, size };
    // SAFETY: the structure is readable; the rest is the caller's duty.
    let _ = unsafe { call(nr::SIGALTSTACK, [&raw const stack as usize, 0]) };
}
