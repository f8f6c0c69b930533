//! What a phase reports.

use crate::Code;
use base::{Pos, Span};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The program is not Go.
    Error,
    /// The program is Go, and probably not what was meant.
    Warning,
}

/// One thing to tell the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What kind of mistake it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Where. `span.start` is the position that Go would print; the extent may be empty.
    pub span: Span,
    /// Go's words: one line that stands alone, or several when Go's message has several (`\n` before each further one).
    pub message: String,
    /// What else belongs to it.
    pub notes: Vec<Note>,
}

/// A further place or fact that explains a [`Diagnostic`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Where; unknown when the note is about no place.
    pub span: Span,
    /// What.
    pub message: String,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(code: Code, at: impl Into<Span>, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, span: at.into(), message: message.into(), notes: Vec::new() }
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, at: impl Into<Span>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, message) }
    }

    /// The same, with a note about a place: Go prints `\tfile:line:col: message` below the error.
    #[must_use]
    pub fn with_note(mut self, at: impl Into<Span>, message: impl Into<String>) -> Self {
        self.notes.push(Note { span: at.into(), message: message.into() });
        self
    }

    /// The position that Go prints.
    #[must_use]
    pub const fn pos(&self) -> Pos {
        self.span.start
    }
}
