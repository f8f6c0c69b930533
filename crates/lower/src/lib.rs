//! Checked trees to IR: after this crate there is no sugar, and no error path.
//!
//! **Purpose.** [`lower`] takes a checked program and gives an [`ir::Module`] with every function and data object that its
//! `main` and initialisers can reach. Generic functions are copied for each list of type arguments; everything that the
//! language leaves implicit (conversions to interfaces, wrappers for promoted methods, type descriptors, equality and hash
//! functions, initialisation order) is explicit afterwards.
//!
//! **Must not know**: errors (the program was checked), machine code, files.
//!
//! **Reading order.** `program` (input), `unit` (items by demand), `shape` and `value` (how values are held), `func` (the state
//! of one function), `entry` (frames, defer), then one file per family: `expr`, `place`, `order`, `ops`, `compare`, `convert`, `assert`,
//! `call`, `builtin`, `container`, `literal`, `closure`, `deferred`; `stmt`, `loops`, `clauses`, `rangefunc`; and what the program
//! needs besides code: `rtype`, `wrapper`, `algorithm`, `staticinit`, `init`, `names`, `data`. `intrinsics` lists the functions
//! that are instructions.
//!
//! **Allocation.** Whatever may outlive its function, or has its address taken, is allocated in the heap here; moving it to
//! the frame is the optimiser's business. Only temporaries of calls go to the side stack at once.
#![forbid(unsafe_code)]

mod algorithm;
mod aliases;
mod assert;
mod builtin;
mod call;
mod clauses;
mod closure;
mod compare;
mod container;
mod convert;
mod data;
mod deferred;
mod entry;
mod expr;
mod facts;
mod flow;
mod func;
mod init;
mod intrinsics;
mod literal;
mod loops;
mod methods;
mod names;
mod ops;
mod order;
mod place;
mod preset;
mod program;
mod rangefunc;
mod rtype;
mod shape;
mod staticinit;
mod stmt;
mod unit;
mod value;
mod visit;
mod worklist;
mod wrapper;

pub use crate::{
    preset::Preset,
    program::Program,
    worklist::{Lowered, lower},
};
