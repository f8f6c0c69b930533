//! A diagnostic as data, and its renderers.
//!
//! Phases make [`Diagnostic`]s and know nothing of how they look; this crate does not know who reports.
//!
//! The way out: [`select`] takes a package's diagnostics, in the order reported, and keeps what is shown; then
//! [`render_go`] makes Go's `file:line:col: message` lines of it, [`render_snippets`] annotated source for terminals, and
//! [`render_json`] lines for programs.

#![forbid(unsafe_code)]

mod code;
mod diagnostic;
mod render;
mod select;

pub use code::Code;
pub use diagnostic::{Diagnostic, Note, Severity};
pub use render::{Colour, render_go, render_json, render_snippets};
pub use select::{Limit, Selection, select};
