//! What a command has to tell the user, as data.

use std::path::PathBuf;

use diag::{Diagnostic, Severity};
use load::{LoadError, Program};

use crate::session::{Bodies, Rules};
use crate::{CheckedProgram, Session};

/// Everything that is wrong.
#[derive(Debug, Default)]
pub struct Report {
    /// What could not be found or read.
    pub load_errors: Vec<LoadError>,
    /// What is wrong in packages, in the order in which they are compiled.
    pub packages: Vec<PackageReport>,
}

/// The diagnostics of one package.
#[derive(Debug)]
pub struct PackageReport {
    /// The name in the header line.
    pub title: String,
    /// The directory, which messages are shortened by.
    pub dir: PathBuf,
    /// In the order reported.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        self.load_errors.is_empty()
            && !self.packages.iter().any(|package| package.diagnostics.iter().any(is_error))
    }

    /// Collects what loading and checking found.
    pub(crate) fn of_check(session: &Session<'_>, program: &Program, checked: &mut CheckedProgram) -> Self {
        let mut packages = Vec::new();
        for (id, diagnostics) in std::mem::take(&mut checked.diagnostics) {
            let package = &program.packages[id];
            let report =
                PackageReport { title: package.display_name(), dir: package.dir.clone(), diagnostics };
            packages.push(report);
        }
        let is_loaders = |error: &&LoadError| {
            // Without the go command, an import that leads nowhere gets the checker's words.
            let has_go_command =
                session.settings.rules == Rules::Compiler && session.settings.bodies == Bodies::Required;
            has_go_command || error.location.is_none()
        };
        let load_errors = program.errors.iter().filter(is_loaders).cloned().collect();
        Self { load_errors, packages }
    }
}
