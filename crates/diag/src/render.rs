//! Diagnostics as text.

use crate::{Diagnostic, Note, Selection, Severity};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use base::{Pos, SourceFile, SourceMap, Span};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

/// Go's lines: `file:line:col: message`, and below it notes and further lines, each after a tab.
#[must_use]
pub fn render_go(sources: &SourceMap, selection: &Selection) -> String {
    let mut out = String::new();
    for diagnostic in &selection.diagnostics {
        out.push_str(&place(sources, diagnostic.pos()));
        out.push_str(&diagnostic.message);
        for note in &diagnostic.notes {
            out.push_str("\n\t");
            out.push_str(&place(sources, note.span.start));
            out.push_str(&note.message);
        }
        out.push('\n');
    }
    if let Some(pos) = selection.too_many_at {
        out.push_str(&place(sources, pos));
        out.push_str("too many errors\n");
    }
    out
}

/// `file:line:col: `, or nothing when `pos` is unknown.
fn place(sources: &SourceMap, pos: Pos) -> String {
    sources.location(pos).map_or_else(String::new, |location| format!("{location}: "))
}

/// One JSON object per line: `{"code", "severity", "file", "line", "column", "message", "notes"}`.
#[must_use]
pub fn render_json(sources: &SourceMap, selection: &Selection) -> String {
    let mut out = String::new();
    for diagnostic in &selection.diagnostics {
        let mut object = json_place(sources, diagnostic.pos(), &diagnostic.message);
        let notes = diagnostic.notes.iter();
        let notes = notes.map(|Note { span, message }| json_place(sources, span.start, message)).collect();
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        object["code"] = diagnostic.code.as_str().into();
        object["severity"] = severity.into();
        object["notes"] = serde_json::Value::Array(notes);
        // Writing to a string does not fail.
        let _ = writeln!(out, "{object}");
    }
    out
}

fn json_place(sources: &SourceMap, pos: Pos, message: &str) -> serde_json::Value {
    let mut object = serde_json::json!({ "message": message });
    if let Some(location) = sources.location(pos) {
        object["file"] = (*location.name).into();
        object["line"] = location.line.into();
        object["column"] = location.column.into();
    }
    object
}

/// Whether the terminal shows colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// The source around each diagnostic, with the spot underlined and the notes where they belong.
#[must_use]
pub fn render_snippets(sources: &SourceMap, selection: &Selection, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Yes => Renderer::styled(),
        Colour::No => Renderer::plain(),
    };
    let mut out = String::new();
    for diagnostic in &selection.diagnostics {
        let places = Places::of(sources, diagnostic);
        out.push_str(&renderer.render(&[report(diagnostic, &places)]));
        out.push_str("\n\n");
    }
    if selection.too_many_at.is_some() {
        let group = Group::with_title(Level::ERROR.primary_title("too many errors"));
        out.push_str(&renderer.render(&[group]));
        out.push('\n');
    }
    out
}

/// Where a diagnostic and its notes are, as files and ranges of bytes.
struct Places {
    main: Option<(Arc<SourceFile>, Range<usize>)>,
    notes: Vec<Option<(Arc<SourceFile>, Range<usize>)>>,
}

impl Places {
    fn of(sources: &SourceMap, diagnostic: &Diagnostic) -> Self {
        let notes = diagnostic.notes.iter().map(|note| byte_range(sources, note.span)).collect();
        Self { main: byte_range(sources, diagnostic.span), notes }
    }
}

/// The bytes of `span`: at least the character that it starts at, and at most the line.
fn byte_range(sources: &SourceMap, span: Span) -> Option<(Arc<SourceFile>, Range<usize>)> {
    let file = sources.file(sources.file_of(span.start)?);
    let text = file.text().as_str();
    let start = text.floor_char_boundary(file.offset(span.start) as usize);
    let line = file.line_range(file.line_column(start as u32).0);
    let end = (start + (span.end.as_u32().saturating_sub(span.start.as_u32())) as usize).min(line.end);
    let end = text.ceil_char_boundary(end.max((start + 1).min(line.end)).max(start));
    Some((file, start..end))
}

fn report<'a>(diagnostic: &'a Diagnostic, places: &'a Places) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut lines = diagnostic.message.lines();
    let mut group = Group::with_title(level.primary_title(lines.next().unwrap_or_default()));
    if let Some((file, range)) = &places.main {
        group = group.element(snippet(file, range, AnnotationKind::Primary, None));
    }
    for line in lines {
        group = group.element(Level::NOTE.message(line.trim_start_matches('\t')));
    }
    for (note, place) in diagnostic.notes.iter().zip(&places.notes) {
        group = match place {
            Some((file, range)) => {
                group.element(snippet(file, range, AnnotationKind::Context, Some(&note.message)))
            }
            None => group.element(Level::NOTE.message(&note.message)),
        };
    }
    group
}

fn snippet<'a>(
    file: &'a SourceFile,
    range: &Range<usize>,
    kind: AnnotationKind,
    label: Option<&'a str>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let annotation = kind.span(range.clone()).label(label);
    Snippet::source(file.text().as_str()).path(file.name()).annotation(annotation)
}

#[cfg(test)]
mod tests;
