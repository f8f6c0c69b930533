//! The heads of files, which the go command reads before the compiler: what is wrong there stops a package from being loaded.

use std::path::Path;

use base::SourceMap;
use diag::Code;
use syntax::{HeaderError, header_error};

use super::{Fault, Pending, import_paths};
use crate::error::{ShowStack, short_path};
use crate::program::{Origin, SourceUnit};
use crate::resolve;

/// What it takes to say where a mistake is.
#[derive(Clone, Copy)]
pub(super) struct Heads<'a> {
    pub(super) sources: &'a SourceMap,
    /// The directory that positions are relative to.
    pub(super) dir: &'a Path,
}

impl Heads<'_> {
    /// What is wrong with the head of a file.
    pub(super) fn fault(self, pending: &Pending, unit: &SourceUnit) -> Option<Fault> {
        if !unit.diagnostics.is_empty()
            && let Some(error) = header_error(self.sources.file(unit.id).text())
        {
            return Some(match error {
                HeaderError::Nul => self.nul(pending, unit),
                HeaderError::At(offset, message) => self.mistake(unit, offset, message),
            });
        }
        if pending.place.origin == Origin::Standard { None } else { self.bad_import(unit) }
    }

    fn nul(self, pending: &Pending, unit: &SourceUnit) -> Fault {
        let verb = if pending.named_files.is_some() { "go: reading" } else { "read" };
        let path = match pending.named_files {
            Some(_) => short_path(&unit.path, self.dir),
            None => unit.path.display().to_string(),
        };
        Fault::new(Code::FileAccess, format!("{verb} {path}: unexpected NUL in input"))
    }

    fn mistake(self, unit: &SourceUnit, offset: u32, message: String) -> Fault {
        let file = self.sources.file(unit.id);
        // As go/token: a newline at the very end starts no line.
        let is_behind_newline =
            offset as usize == file.text().as_str().len() && file.text().as_str().ends_with('\n');
        let shift = u32::from(is_behind_newline);
        let location = self.sources.location(file.pos(offset - shift)).map(|location| base::Location {
            name: short_path(Path::new(&*location.name), self.dir).into(),
            column: location.column + shift,
            ..location
        });
        Fault { location, ..Fault::new(Code::Syntax, message) }
    }

    /// An import path that could be none anywhere. The position is part of the message, as in Go.
    fn bad_import(self, unit: &SourceUnit) -> Option<Fault> {
        let (path, pos) = import_paths(&unit.tree).find(|(path, _)| resolve::is_invalid(path))?;
        let location = self.sources.location(pos)?;
        let fault = Fault::new(Code::BadImportPath, format!("{location}: invalid import path: {path}"));
        Some(Fault { show: ShowStack::WithoutLocation, ..fault })
    }
}
