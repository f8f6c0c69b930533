//! Threads, memory, futex, clocks, signals, epoll and the assembly: the only crate that talks to the kernel.
//!
//! **Purpose.** Thin safe faces over Linux on x86-64, without libc: raw system calls, `clone`, futexes, the vDSO clock,
//! signal plumbing, and the memory routines that both compiled code and Rust use.
//!
//! **Must not know.** Goroutines. A thread has one word of identity here ([`tls`]), nothing more.
//!
//! **Two builds.** With `--cfg rt_image` this is part of the runtime image: no libc, `%fs` is ours, and `memcpy` and
//! its like are defined here. Without it (host tests) libc owns those, and [`tls`] uses std's thread locals.
#![no_std]

pub mod alloc;
pub mod bignum;
pub mod clock;
pub mod epoll;
pub mod futex;
pub mod io;
pub mod mem;
pub mod memops;
pub mod signal;
pub mod start;
pub mod sys;
pub mod thread;
pub mod tls;

pub use sys::Errno;
