//! Names and types: turns trees into checked packages.
//!
//! **Purpose.** Decides what Go 1.27 accepts, says about the rest what the official compiler says, and tells `lower` all that
//! it found out: what every identifier stands for, the type and value of every expression, every selection, instance and
//! capture, and the order of initialisation.
//!
//! **What this crate must not know.** Machine code, IR, files and directories: what to import is asked of an [`Importer`].
//!
//! **The way in.** [`check_package`] checks one package whose imports are checked; the driver calls it in parallel along the
//! import graph. The result is a [`CheckedPackage`], together with what the shared [`types::Types`] store then holds.
//!
//! | chapter | modules |
//! | --- | --- |
//! | the course of a check | `package`, `checker` (state, environment, delayed actions), `scope`, `declaration` |
//! | what is declared | `collect`, `imports`, `decl`, `cycles`, `valid_type`, `init_order`, `mono` |
//! | types | `typexpr`, `struct_type`, `interface_type`, `signature` |
//! | generics | `instantiate`, `infer`, `unify`, `type_sets`, `implements` |
//! | expressions | `operand`, `expr`, `call`, `builtins`, `convert`, `untyped`, `assign`, `assignable` |
//! | statements | `stmt` |
//! | what is said and written down | `report`, `message`, `expr_text`, `record`, `info` |
//!
//! **Tests.** `tests/check.rs` has one example of each kind of result; Go's own corpora are compared by
//! `cargo xtask conformance check`; `examples/mutated.rs` looks for inputs that
//! [`fuzzing::survive`] does not survive, and so does `fuzz/`.
#![forbid(unsafe_code)]

mod config;
pub mod fuzzing;
mod info;
mod package;
mod version;

mod checker;
mod declaration;
mod message;
mod operand;
mod record;
mod report;
mod scope;

mod collect;
mod cycles;
mod decl;
mod imports;
mod init_order;
mod interface_type;
mod mono;
mod signature;
mod struct_type;
mod typexpr;
mod valid_type;

mod infer;
mod instantiate;
mod unify;

mod assign;
mod assignable;
mod builtins;
mod call;
mod convert;
mod expr;
mod expr_text;
mod implements;
mod stmt;
mod type_sets;
mod untyped;

pub use crate::{
    config::{Config, ImportError, Importer},
    info::{
        CheckedFile, CheckedPackage, ExprInfo, FuncDecl, Info, Initializer, Instance, Mode, Selection,
        SelectionKind,
    },
    package::check_package,
    version::GoVersion,
};
