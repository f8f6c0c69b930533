//! IR to machine code and metadata tables; the only crate that names Cranelift.
//!
//! [`compile_all`] turns functions of [`ir`] into functions of [`code`]: bytes, relocations, frame size, frame map, line
//! table and inline tree. Each function is compiled alone and in parallel; its result depends on nothing but the function,
//! the [`Target`] and what the [`base::SourceMap`] says about its positions, so it may be cached and the output does not
//! depend on the number of threads. [`text`] shows the intermediate forms.
//!
//! The crate must not know files, Go, or how a program is linked. It knows the runtime through `abi` only.
//!
//! **Terms.** The *prefix* is the stack check in front of the body that Cranelift compiled; the *stub* behind the body
//! grows the stack and starts the function again. A *cold call* preserves all registers and leaves results in `G.ret`.
//! The *side frame* is the function's part of the goroutine's side stack.
//!
//! **Invariants** (what makes a goroutine's stack movable by copying)
//! 1. No address of the native stack is in a register or in memory across a call, except in the chain of saved frame
//!    pointers. No Cranelift stack slots are used; the one use of `get_frame_pointer` is consumed before the next call.
//! 2. Results beyond 8 integers and 8 floats go through `G.retbuf`, never through a return area.
//! 3. The stack check precedes every write to the frame.
//! 4. Calls on cold paths that return use the PreserveAll convention, so they cost the hot path no register.
//!
//! **Reading order:** `compile`, `translate`, then `emit` (one module per family of opcodes), `splice`, `liveness`.
#![forbid(unsafe_code)]

mod compile;
mod data;
mod emit;
mod liveness;
mod names;
mod positions;
mod signature;
mod splice;
mod support;
mod target;
pub mod text;
mod translate;

pub use crate::{
    compile::{Compiler, Error, compile_all},
    data::data_object,
    support::support_functions,
    target::{Effort, Level, Target},
};
