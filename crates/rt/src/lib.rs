//! The runtime of a Go program: scheduler, stacks, channels, timers, poller, values, panics.
//!
//! **Purpose.** Everything that runs inside a Go program and is not Go. It is linked once, as a static executable at a
//! fixed address (the *image*, `src/bin/rt-image.rs`), behind which `link` puts the program.
//!
//! **Must not know.** The compiler; it meets compiled code only at `abi`. Rust never calls Go: Go calls Rust through
//! the trampolines of `trampoline`, always on the system stack.
//!
//! **The way in.** `_start` of the image calls [`main`]; compiled code calls the functions that `imp`
//! lists. `sched` decides what runs; `seam` makes every choice that could differ between two runs.
//!
//! **Statics.** Each is private to the module that declares it, which is its owner, and says so in its comment; the
//! exceptions are `sched`'s counters, which the poller and the trace read, and `gh_program` (`metadata`), which the
//! linker patches.
//!
//! **Tests.** Pure parts (queues, heaps, stack copying, cgroups, tables) are tested on the host, beside the code; the
//! rest by programs (`tests/` of `link` and the fixtures), because it needs `%fs` and `r15`.
#![no_std]
#![expect(
    unreachable_pub,
    reason = "one item is public; inside of the crate `pub` means: for the other modules"
)]

extern crate alloc;

mod bubble;
mod chan;
mod clock;
mod coro;
mod fatal;
mod float;
mod g;
mod heap;
mod imp;
mod inspect;
mod m;
mod metadata;
mod metrics;
mod netpoll;
mod p;
mod print;
mod profile;
mod sched;
mod seam;
mod sema;
mod signal;
mod stack;
mod start_config;
mod timer;
mod trace;
mod traceback;
mod trampoline;

pub use sched::start::main;
