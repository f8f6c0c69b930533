//! What Go's compiler adds to its type checker: rules about directives, bodies and sizes, and hints about versions.
//!
//! The checker does not know them, because they are about how a package is built and not about the language. They come in
//! stages, as in cmd/compile: a stage says nothing when one before it found an error. The standard library is known to
//! obey them.

mod directives;
mod recursion;
mod sizes;

use check::{CheckedFile, CheckedPackage, GoVersion};
use diag::{Diagnostic, Severity};
use load::Package;

use crate::Session;
use crate::session::Bodies;

/// What a stage may look at.
struct Subject<'a> {
    session: &'a Session<'a>,
    package: &'a Package,
    checked: &'a CheckedPackage,
    version: GoVersion,
}

/// One stage: what is wrong.
type Stage = fn(&Subject<'_>, &mut Vec<Diagnostic>);

/// The stages after the type checker, in order.
const STAGES: [Stage; 3] = [recursion::check, directives::check_uses, sizes::check];

/// Adds to `diagnostics` what the compiler would have said about a checked package.
pub(crate) fn apply(
    session: &Session<'_>,
    package: &Package,
    checked: &CheckedPackage,
    version: GoVersion,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let subject = Subject { session, package, checked, version };
    for diagnostic in &mut *diagnostics {
        explain_version(&subject, diagnostic);
    }
    if package.is_standard() {
        return;
    }
    directives::check_words(&subject, diagnostics);
    for stage in STAGES {
        if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return;
        }
        stage(&subject, diagnostics);
    }
}

impl Subject<'_> {
    /// Whether functions without a body are errors here.
    fn requires_bodies(&self) -> bool {
        self.session.settings.bodies == Bodies::Required && !self.package.has_assembly
    }
}

/// A feature that is too new: says who asked for the older version. As cmd/compile/internal/noder, checkFiles.
fn explain_version(subject: &Subject<'_>, diagnostic: &mut Diagnostic) {
    let is_about_version =
        diagnostic.message.contains("requires go1.") && diagnostic.message.ends_with("or later");
    if !is_about_version {
        return;
    }
    let id = subject.session.sources.file_of(diagnostic.pos());
    let file = subject.checked.files.iter().find(|file| Some(file.tree.id) == id);
    let file_version = file.map_or(subject.version, |file: &CheckedFile| file.info.go_version);
    let says_so = |file: &CheckedFile| {
        file.tree.build_lines.iter().any(|line| line.text.ends_with(&format!(" {file_version}")))
    };
    diagnostic.message += &if file.is_some_and(says_so) {
        format!(" (file declares //go:build {file_version})")
    } else {
        format!(" (-lang was set to {}; check go.mod)", subject.version)
    };
}
