//! Functions without a body that gc implements in assembly, and that are here other functions of the same signature.
//!
//! A linkname cannot say this, because it renames the function that it stands at. What needs more than another name is
//! Go code in the overlay.

/// Symbol, and the function that it means.
pub(crate) const ALIASES: &[(&str, &str)] = &[
    ("internal/runtime/syscall/linux.Syscall6", "gh_syscall6"),
    // A wrapper in Go would not do: the child returns from it before the parent, on the same stack.
    ("syscall.rawVforkSyscall", "gh_vfork_syscall"),
    ("internal/cpu.cpuid", "gh_cpuid"),
    ("internal/cpu.xgetbv", "gh_xgetbv"),
    ("golang.org/x/sys/cpu.cpuid", "gh_cpuid"),
    ("golang.org/x/sys/cpu.xgetbv", "gh_xgetbv"),
    ("vendor/golang.org/x/sys/cpu.cpuid", "gh_cpuid"),
    ("vendor/golang.org/x/sys/cpu.xgetbv", "gh_xgetbv"),
    ("internal/chacha8rand.block", "internal/chacha8rand.block_generic"),
    ("golang.org/x/sys/unix.Syscall", "syscall.Syscall"),
    ("golang.org/x/sys/unix.Syscall6", "syscall.Syscall6"),
    ("golang.org/x/sys/unix.RawSyscall", "syscall.RawSyscall"),
    ("golang.org/x/sys/unix.RawSyscall6", "syscall.RawSyscall6"),
    ("golang.org/x/sys/unix.SyscallNoError", "syscall.rawSyscallNoError"),
    ("golang.org/x/sys/unix.RawSyscallNoError", "syscall.rawSyscallNoError"),
    ("golang.org/x/sys/unix.gettimeofday", "syscall.gettimeofday"),
];
