//! Which diagnostics of a package are shown, and in which order.

use crate::{Diagnostic, Severity};
use base::{FileId, Pos, SourceMap};

/// How many errors of a package are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Ten, as Go's compiler does.
    Ten,
    /// All: the flag `-e`.
    None,
    /// All, and those that repeat the line before them too: for the tests of the type checker alone.
    Nothing,
}

/// What is shown of a package's diagnostics.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// In order of position; of one position, in the order reported.
    pub diagnostics: Vec<Diagnostic>,
    /// There were more, and this is where Go says so.
    pub too_many_at: Option<Pos>,
}

const MAX_ERRORS: usize = 10;

/// Selects from `reported`, which is in the order reported: what repeats the line before it is dropped, the first ten
/// errors are kept, and these are sorted. As cmd/compile/internal/base, ErrorfAt and FlushErrors.
#[must_use]
pub fn select(sources: &SourceMap, reported: Vec<Diagnostic>, limit: Limit) -> Selection {
    let mut selection = Selection::default();
    let mut last_line: [Option<(FileId, u32)>; 2] = [None, None];
    let mut last_message = String::new();
    let mut n_errors = 0;
    for diagnostic in reported {
        let line = physical_line(sources, diagnostic.pos());
        let is_syntax = diagnostic.message.starts_with("syntax error");
        let repeats = limit != Limit::Nothing && line.is_some() && last_line[usize::from(is_syntax)] == line;
        if repeats && (is_syntax || last_message == diagnostic.message) {
            continue;
        }
        last_line[usize::from(is_syntax)] = line;
        if !is_syntax {
            last_message.clone_from(&diagnostic.message);
        }
        let (severity, pos) = (diagnostic.severity, diagnostic.pos());
        selection.diagnostics.push(diagnostic);
        n_errors += usize::from(severity == Severity::Error);
        if n_errors == MAX_ERRORS && limit == Limit::Ten {
            selection.too_many_at = Some(pos);
            break;
        }
    }
    selection.diagnostics.sort_by_key(Diagnostic::pos);
    if limit != Limit::Nothing {
        let place = |diagnostic: &Diagnostic| sources.location(diagnostic.pos());
        selection.diagnostics.dedup_by(|b, a| a.message == b.message && place(a) == place(b));
    }
    selection
}

fn physical_line(sources: &SourceMap, pos: Pos) -> Option<(FileId, u32)> {
    let id = sources.file_of(pos)?;
    let file = sources.file(id);
    Some((id, file.line_column(file.offset(pos)).0))
}
