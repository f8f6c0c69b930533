//! Ids and indexed tables, interned symbols, source positions, and the System trait for all input and output.
//!
//! The floor of the compiler: every other crate stands on it, and it stands on nothing of ours. It does not know Go,
//! except that the words of the language are interned at fixed ids ([`sym`]).
//!
//! | to do | use |
//! | --- | --- |
//! | refer to a row of a table | [`newtype_index!`], [`IdxVec`] |
//! | compare or hash a name | [`Symbol`] |
//! | say where something is | [`Pos`], [`Span`]; [`SourceMap`] turns it into `file:line:col` |
//! | touch the outside world | [`System`]: [`SystemOs`] in production, [`SystemMem`] in tests |

#![forbid(unsafe_code)]

mod idx;
mod source;
mod symbol;
mod system;

pub use idx::{Idx, IdxVec};
pub use source::{FileId, LineDirective, Location, Pos, SourceFile, SourceMap, SourceText, Span};
pub use symbol::{Symbol, sym};
pub use system::{DirEntry, FileKind, FileMode, Metadata, Stamp, System, SystemMem, SystemOs};
