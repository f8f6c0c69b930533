//! Raw system calls: the instruction, error numbers, and the numbers used by this crate.

use core::arch::asm;

/// A kernel error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Interrupted by a signal.
    pub const EINTR: Errno = Errno(4);
    /// Try again.
    pub const EAGAIN: Errno = Errno(11);
    /// Out of memory.
    pub const ENOMEM: Errno = Errno(12);
    /// Not permitted.
    pub const EPERM: Errno = Errno(1);
    /// Exists already.
    pub const EEXIST: Errno = Errno(17);
    /// Timed out.
    pub const ETIMEDOUT: Errno = Errno(110);
}

macro_rules! numbers {
    ($($name:ident = $number:literal),* $(,)?) => {
        /// System call numbers.
        #[expect(missing_docs, reason = "the names are the kernel's")]
        pub mod nr {
            $(pub const $name: usize = $number;)*
        }
    };
}

numbers! {
    READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, MMAP = 9, MPROTECT = 10, MUNMAP = 11, RT_SIGACTION = 13,
    RT_SIGPROCMASK = 14, RT_SIGRETURN = 15, SCHED_YIELD = 24, MINCORE = 27, MADVISE = 28, NANOSLEEP = 35, SETITIMER = 38,
    GETPID = 39,     CLONE = 56, EXIT = 60, FCNTL = 72, SIGALTSTACK = 131, ARCH_PRCTL = 158, GETTID = 186, FUTEX = 202, SCHED_GETAFFINITY = 204,
    CLOCK_GETTIME = 228, EXIT_GROUP = 231, EPOLL_WAIT = 232, EPOLL_CTL = 233, TGKILL = 234, EVENTFD2 = 290,
    EPOLL_CREATE1 = 291, SCHED_SETATTR = 314, SCHED_GETATTR = 315, GETRANDOM = 318,
}

/// The instruction itself: the kernel's answer, negative errors included.
///
/// # Safety
/// - The arguments must be what system call `number` demands, for as long as it demands.
#[inline(always)]
pub unsafe fn syscall6(number: usize, args: [usize; 6]) -> isize {
    let result: isize;
    // SAFETY: the kernel preserves everything but rax, rcx and r11; memory effects are the caller's duty.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") args[0],
            in("rsi") args[1],
            in("rdx") args[2],
            in("r10") args[3],
            in("r8") args[4],
            in("r9") args[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// A system call with up to six arguments, as a `Result`.
///
/// # Safety
/// - As for [`syscall6`].
#[inline(always)]
pub unsafe fn call<const N: usize>(number: usize, args: [usize; N]) -> Result<usize, Errno> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&args);
    // SAFETY: passed on to the caller.
    let result = unsafe { syscall6(number, all) };
    if (-4095..0).contains(&result) { Err(Errno(-result as i32)) } else { Ok(result as usize) }
}
