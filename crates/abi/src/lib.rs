//! What compiled code and the runtime agree on.
//!
//! **Purpose.** The compiler (`codegen`, `lower`, `link`) and the runtime (`rt`, `rt-heap`) never see each other's
//! code; they meet here. Every layout, offset, symbol name, table format and number that both sides must know is
//! written once in this crate and expanded on both sides.
//!
//! **Must not know.** Anything: `no_std`, no dependencies, no logic beyond encoding and decoding its own formats.
//!
//! **The way in.** [`GHead`] is the head of a goroutine (r15 in Go code). [`RtFn`] lists the runtime's functions;
//! [`runtime_functions!`] is the table itself. [`ProgramInfo`] is how a linked program describes itself to the
//! runtime. [`pctab`] and [`FuncEntry`] are the function and line tables; [`framemap`] says what of a frame is needed; [`heap`] is the heap as
//! compiled code sees it.
//!
//! **Conventions of compiled code.** All Go functions use Cranelift's `Tail` convention: integers and pointers in rdi,
//! rsi, rdx, rcx, r8, r9, floats in xmm0-7, the rest on the stack (popped by the callee); results in rax, rcx, rdx,
//! rsi, rdi, r8, r9, r10 and xmm0-7, further result words in [`GHead::retbuf`]. rbx, r12, r13, r14 and rbp are
//! callee-saved; r15 holds the goroutine; r11 is free at entry. `rbp` always holds the frame pointer.
#![no_std]

mod addr;
mod bounds;
mod chan;
mod config;
mod deferframe;
pub mod framemap;
mod g;
pub mod heap;
pub mod pctab;
mod program;
mod rtfn;
pub mod size_class;
mod table;
mod timer;
mod trace;
mod types;
mod wait;

pub use addr::{IMAGE_BASE, PROGRAM_BASE, PROGRAM_LIMIT, PROGRAM_SYMBOL};
pub use bounds::BoundsKind;
pub use chan::{Chan, ChanStatus, SelectCase, SelectStatus};
pub use config::Defaults;
pub use deferframe::{DeferEntry, DeferFrame};
pub use g::{
    FRAME_SMALL, GHead, NO_PREEMPT_GUARD, RETBUF_WORDS, SIDE_CHUNK, STACK_GUARD, STACK_MIN, STACK_PREEMPT,
};
pub use program::{FuncEntry, FuncFlags, InlineNode, ProgramInfo, RootRange, Slice, StrOff};
pub use rtfn::{Conv, Effect, RtFn, Signature, Word};
pub use timer::{PollStatus, TimerKind};
pub use trace::{TraceEvent, TraceKind};
pub use types::{Kind, TFlag, Type};
pub use wait::WaitReason;
