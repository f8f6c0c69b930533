//! The SSA form: data, builder, printer, parser, verifier.
//!
//! A [`Module`] holds functions and data objects, named by interned linker symbols. A [`Function`] is a control-flow graph of
//! blocks with parameters; instructions, values and branch targets live in dense arenas and are named by 32-bit ids.
//! Everything that is true of an opcode (operand types, immediates, effects, spelling) is said once, in the table of
//! [`op`]; printer, parser, verifier and optimiser read it from there.
//!
//! The way in: `lower` writes functions with [`FuncBuilder`], `opt` edits them through [`Function`], `codegen` reads them.
//! This crate knows neither Go's syntax nor a machine, and it does not depend on `abi`: the effect of a runtime function is
//! written on each call by whoever builds it.
//!
//! Tests: unit tests beside the code, and `tests/` with one `.ir` text per case; `parse(print(f)) == f` holds for all of them.
#![forbid(unsafe_code)]

pub mod builder;
pub mod cfg;
pub mod dom;
pub mod entity;
pub mod eval;
pub mod function;
pub mod inst;
pub mod interp;
pub mod module;
pub mod op;
pub mod parse;
pub mod print;
pub mod types;
pub mod verify;

pub use builder::{FuncBuilder, Variable};
pub use cfg::Cfg;
pub use dom::DomTree;
pub use entity::{BlockId, DataId, FuncId, InlineSiteId, InstId, TargetId, ValueId};
pub use function::{FnAttrs, Function, InlineSite, Signature, SrcLoc, Target, ValueDef};
pub use inst::{AllocFlags, Inst, MemFlags, Region};
pub use module::{Contents, DataObject, Def, Module, Reloc, RelocKind};
pub use op::{Effects, Op};
pub use parse::{ParseError, parse_function, parse_module};
pub use types::{BoundsKind, FloatCond, IntCond, Lanes, PanicKind, RmwOp, RtEffect, Type};
pub use verify::{VerifyError, verify, verify_module};
