//! Checking a loaded program: every package after its imports, as many at once as there are threads.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::IdxVec;
use diag::{Diagnostic, Severity};
use load::{Package, PackageId, Program};
use rayon::Scope;

use crate::Session;

/// The outcome of checking.
#[derive(Debug)]
pub struct CheckedProgram {
    /// The diagnostics of each package that has any, in import order.
    pub diagnostics: Vec<(PackageId, Vec<Diagnostic>)>,
}

/// Checks every package of `program`.
pub(crate) fn check_program(_session: &Session<'_>, program: &Program) -> CheckedProgram {
    let jobs = Jobs::new(program);
    // Listed before any is started: a package that becomes ready later is started by its last import.
    let ready: Vec<_> = program.order.iter().filter(|&&id| program.packages[id].imports.is_empty()).collect();
    rayon::scope(|scope| ready.into_iter().for_each(|&id| jobs.spawn(scope, id)));
    jobs.finish()
}

/// What is done and what waits for what.
struct Jobs<'a> {
    program: &'a Program,
    /// How many imports of each package are not checked yet. Whoever brings it to zero starts the package.
    n_missing: IdxVec<PackageId, AtomicUsize>,
    importers: IdxVec<PackageId, Vec<PackageId>>,
    results: IdxVec<PackageId, OnceLock<Outcome>>,
}

/// What checking one package gave.
struct Outcome {
    /// In the order reported.
    diagnostics: Vec<Diagnostic>,
    /// Whether importers can be checked.
    is_usable: bool,
}

impl<'a> Jobs<'a> {
    fn new(program: &'a Program) -> Self {
        let mut n_missing = IdxVec::new();
        let mut importers = IdxVec::new();
        let mut results = IdxVec::new();
        for package in program.packages.iter() {
            n_missing.push(AtomicUsize::new(package.imports.len()));
            importers.push(Vec::new());
            results.push(OnceLock::new());
        }
        for &id in &program.order {
            for &import in program.packages[id].imports.values() {
                importers[import].push(id);
            }
        }
        Self { program, n_missing, importers, results }
    }

    fn spawn<'s>(&'s self, scope: &Scope<'s>, id: PackageId) {
        scope.spawn(move |scope| {
            let outcome = self.check(id);
            let is_first = self.results[id].set(outcome).is_ok();
            debug_assert!(is_first, "a package is started once");
            for &importer in &self.importers[id] {
                // Acquire the results of the other imports, release this one's.
                if self.n_missing[importer].fetch_sub(1, Ordering::AcqRel) == 1 {
                    self.spawn(scope, importer);
                }
            }
        });
    }

    fn check(&self, id: PackageId) -> Outcome {
        let package = &self.program.packages[id];
        let syntax = syntax_errors(package);
        if !syntax.is_empty() {
            return Outcome { diagnostics: syntax, is_usable: false };
        }
        let is_usable = !package.is_broken && package.imports.values().all(|&import| self.is_usable(import));
        Outcome { diagnostics: Vec::new(), is_usable }
    }

    fn is_usable(&self, id: PackageId) -> bool {
        self.results[id].get().is_some_and(|outcome| outcome.is_usable)
    }

    fn finish(mut self) -> CheckedProgram {
        let mut diagnostics = Vec::new();
        for &id in &self.program.order {
            if let Some(outcome) = self.results[id].take()
                && !outcome.diagnostics.is_empty()
            {
                diagnostics.push((id, outcome.diagnostics));
            }
        }
        CheckedProgram { diagnostics }
    }
}

/// A file that is not Go stops its package: what the checker would say about the rest helps nobody.
fn syntax_errors(package: &Package) -> Vec<Diagnostic> {
    let all = package.files.iter().flat_map(|unit| &unit.diagnostics);
    let errors: Vec<_> = all.cloned().collect();
    if errors.iter().any(|diagnostic| diagnostic.severity == Severity::Error) { errors } else { Vec::new() }
}
