//! Threads by `clone`, with stacks and control blocks that the caller provides.

use crate::{
    clock::Timespec,
    sys::{Errno, call, nr},
    tls::ThreadHead,
};
use core::arch::naked_asm;

/// What a thread runs; it never returns.
pub type Entry = extern "C" fn(*mut ThreadHead) -> !;

const VM: usize = 0x100;
const FS: usize = 0x200;
const FILES: usize = 0x400;
const SIGHAND: usize = 0x800;
const THREAD: usize = 0x1_0000;
const SYSVSEM: usize = 0x4_0000;
const SETTLS: usize = 0x8_0000;

/// Starts a thread on the stack that ends at `stack_top`; `%fs` will be `head`, which is passed to `entry`.
///
/// # Safety
/// - `stack_top` is 16-aligned, and the stack below it belongs to the thread for its lifetime, as does `head`.
/// - Signals are blocked while this runs, when their handlers need what the thread has not set up yet.
pub unsafe fn spawn(stack_top: *mut u8, head: *mut ThreadHead, entry: Entry) -> Result<u32, Errno> {
    let flags = VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS;
    // SAFETY: the duties are the caller's.
    let result = unsafe { clone_thread(flags, stack_top, head, entry) };
    if result < 0 { Err(Errno(-result as i32)) } else { Ok(result as u32) }
}

/// `clone`; the child calls `entry(head)` on its new stack.
#[unsafe(naked)]
unsafe extern "C" fn clone_thread(
    flags: usize,
    stack: *mut u8,
    head: *mut ThreadHead,
    entry: Entry,
) -> isize {
    naked_asm!(
        "mov r8, rdx", // tls, and the argument in the child
        "mov r9, rcx", // the kernel clobbers rcx, and keeps r9
        "xor edx, edx",
        "xor r10d, r10d",
        "mov eax, {clone}",
        "syscall",
        "test eax, eax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",
        "mov rdi, r8",
        "call r9",
        "hlt",
        clone = const nr::CLONE,
    )
}

/// The current thread's number.
pub fn id() -> u32 {
    // SAFETY: no arguments.
    unsafe { call(nr::GETTID, []) }.unwrap_or(0) as u32
}

/// The process's number.
pub fn process_id() -> u32 {
    // SAFETY: no arguments.
    unsafe { call(nr::GETPID, []) }.unwrap_or(0) as u32
}

/// Ends the current thread, leaving its stack to whoever owns it.
pub fn exit() -> ! {
    loop {
        // SAFETY: does not return.
        let _ = unsafe { call(nr::EXIT, [0]) };
    }
}

/// Ends the current thread after storing 1 to `done` and waking its waiters, without touching its stack in between.
///
/// # Safety
/// - `done` stays valid after the store; the owner may free the stack as soon as it is 1.
#[unsafe(naked)]
pub unsafe extern "C" fn exit_and_signal(done: *const core::sync::atomic::AtomicU32) -> ! {
    naked_asm!(
        "mov dword ptr [rdi], 1",
        "mov esi, 129", // FUTEX_WAKE_PRIVATE
        "mov edx, 1",
        "mov eax, {futex}",
        "syscall",
        "2: xor edi, edi",
        "mov eax, {exit}",
        "syscall",
        "jmp 2b",
        futex = const nr::FUTEX,
        exit = const nr::EXIT,
    )
}

/// Gives the processor to another thread.
pub fn yield_now() {
    // SAFETY: no arguments.
    let _ = unsafe { call(nr::SCHED_YIELD, []) };
}

/// Asks the kernel to run the current thread soon after it wakes: it needs little time. Kernels that do not give slices
/// on request (before 6.12) ignore it.
pub fn wake_quickly() {
    const SLICE_NS: u64 = 100_000;
    let mut attr = SchedAttr { size: size_of::<SchedAttr>() as u32, ..SchedAttr::default() };
    let attr = &raw mut attr;
    // SAFETY: the kernel writes at most the size given.
    if unsafe { call(nr::SCHED_GETATTR, [0, attr as usize, size_of::<SchedAttr>(), 0]) }.is_ok() {
        // SAFETY: the variable above, to which nothing else refers.
        unsafe { (*attr).runtime = SLICE_NS };
        // SAFETY: the kernel reads what it has written, but for the slice.
        let _ = unsafe { call(nr::SCHED_SETATTR, [0, attr as usize, 0]) };
    }
}

/// The kernel's `sched_attr`, version 0.
#[repr(C)]
#[derive(Default)]
struct SchedAttr {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Sleeps for about `nanos`, which are below a second.
pub fn sleep(nanos: i64) {
    let time = Timespec::from_nanos(nanos);
    // SAFETY: the kernel reads one timespec.
    let _ = unsafe { call(nr::NANOSLEEP, [(&raw const time) as usize, 0]) };
}

/// Sends `signal` to thread `tid` of this process.
pub fn kill(tid: u32, signal: i32) {
    // SAFETY: no memory is involved.
    let _ = unsafe { call(nr::TGKILL, [process_id() as usize, tid as usize, signal as usize]) };
}

/// The number of processors this process may run on.
pub fn affinity_count() -> usize {
    let mut mask = [0u64; 1024];
    // SAFETY: the mask is writable.
    let n_bytes = unsafe { call(nr::SCHED_GETAFFINITY, [0, size_of_val(&mask), mask.as_mut_ptr() as usize]) }
        .unwrap_or(0);
    let count = mask[..n_bytes / 8].iter().map(|word| word.count_ones() as usize).sum::<usize>();
    count.max(1)
}

/// Tells the processor that this is a spin loop, `n` times.
#[inline]
pub fn spin(n: u32) {
    for _ in 0..n {
        core::hint::spin_loop();
    }
}
