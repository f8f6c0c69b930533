//! One file's text to a tree; never fails.
//!
//! The way in is [`parse`]. It returns a [`File`] for any input, and what is wrong with it as diagnostics in the words of
//! Go's compiler. This crate does not know packages, types or the outside world.

#![forbid(unsafe_code)]

mod branches;
mod directive;
pub mod fuzzing;
mod header;
mod parser;
mod printer;
mod scanner;
mod token;
pub mod tree;
mod unicode;
mod unquote;
mod walk;

pub use header::{HeaderError, header_error};
pub use parser::{parse, parse_grammar};
pub use tree::*;
pub use unquote::{unquote, unquote_rune};
pub use walk::{Descend, Node, walk, walk_file};
