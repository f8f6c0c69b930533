//! One file's text to a tree; never fails.
//!
//! The tree is [`File`]. This crate does not know packages, types or the outside world.

#![forbid(unsafe_code)]

pub mod tree;

pub use tree::*;
