//! A diagnostic as data, and its renderers.
//!
//! Phases make [`Diagnostic`]s and know nothing of how they look; this crate does not know who reports.

#![forbid(unsafe_code)]

mod code;
mod diagnostic;

pub use code::Code;
pub use diagnostic::{Diagnostic, Note, Severity};
