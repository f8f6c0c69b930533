//! Functions without a body that gc implements in assembly, and that are here other functions of the same signature.
//!
//! A linkname cannot say this, because it renames the function that it stands at. What needs more than another name is
//! Go code in the overlay.

use base::Symbol;

/// Where the standard library and its programs keep copies of modules.
const COPIES: [&str; 3] = ["", "vendor/", "cmd/vendor/"];

/// Symbol, and the function that it means.
const ALIASES: &[(&str, &str)] = &[
    ("internal/runtime/syscall/linux.Syscall6", "gh_syscall6"),
    // A wrapper in Go would not do: the child returns from it before the parent, on the same stack.
    ("syscall.rawVforkSyscall", "gh_vfork_syscall"),
    ("internal/cpu.cpuid", "gh_cpuid"),
    ("internal/cpu.xgetbv", "gh_xgetbv"),
    ("golang.org/x/sys/cpu.cpuid", "gh_cpuid"),
    ("golang.org/x/sys/cpu.xgetbv", "gh_xgetbv"),
    ("internal/chacha8rand.block", "internal/chacha8rand.block_generic"),
    ("golang.org/x/sys/unix.Syscall", "syscall.Syscall"),
    ("golang.org/x/sys/unix.Syscall6", "syscall.Syscall6"),
    ("golang.org/x/sys/unix.RawSyscall", "syscall.RawSyscall"),
    ("golang.org/x/sys/unix.RawSyscall6", "syscall.RawSyscall6"),
    ("golang.org/x/sys/unix.SyscallNoError", "syscall.rawSyscallNoError"),
    ("golang.org/x/sys/unix.RawSyscallNoError", "syscall.rawSyscallNoError"),
    ("golang.org/x/sys/unix.gettimeofday", "syscall.gettimeofday"),
];

/// All of them, also for copies of modules.
pub(crate) fn aliases() -> impl Iterator<Item = (Symbol, Symbol)> {
    let intern = Symbol::intern;
    COPIES.iter().flat_map(move |copy| {
        let of_copy =
            ALIASES.iter().filter(move |(symbol, _)| copy.is_empty() || symbol.starts_with("golang.org/"));
        of_copy.map(move |(symbol, meant)| (intern(&format!("{copy}{symbol}")), intern(meant)))
    })
}
