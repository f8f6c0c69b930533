//! Checking a loaded program: every package after its imports, as many at once as there are threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use base::{IdxVec, Symbol, sym};
use check::{CheckedPackage, GoVersion, ImportError, Importer};
use diag::{Code, Diagnostic, Severity};
use load::{Package, PackageId, Program, Variant};
use rayon::Scope;

use crate::Session;
use crate::compiler_rules;
use crate::session::{Bodies, Rules};

/// The outcome of checking.
#[derive(Debug)]
pub struct CheckedProgram {
    /// The packages that could be checked, wrong or not.
    pub packages: IdxVec<PackageId, Option<CheckedPackage>>,
    /// The diagnostics of each package that has any, in import order.
    pub diagnostics: Vec<(PackageId, Vec<Diagnostic>)>,
}

/// Checks every package of `program`.
pub(crate) fn check_program(session: &Session<'_>, program: &Program) -> CheckedProgram {
    let jobs = Jobs::new(session, program);
    // Listed before any is started: a package that becomes ready later is started by its last import.
    let ready: Vec<_> = program.order.iter().filter(|&&id| program.packages[id].imports.is_empty()).collect();
    rayon::scope(|scope| ready.into_iter().for_each(|&id| jobs.spawn(scope, id)));
    jobs.finish()
}

/// What is done and what waits for what.
struct Jobs<'a> {
    session: &'a Session<'a>,
    program: &'a Program,
    /// How many imports of each package are not checked yet. Whoever brings it to zero starts the package.
    n_missing: IdxVec<PackageId, AtomicUsize>,
    importers: IdxVec<PackageId, Vec<PackageId>>,
    results: IdxVec<PackageId, OnceLock<Outcome>>,
    n_done: AtomicUsize,
}

/// What checking one package gave.
#[derive(Default)]
struct Outcome {
    /// The package in the store of types, when importers can use it.
    usable: Option<types::PackageId>,
    checked: Option<CheckedPackage>,
    /// In the order reported.
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Jobs<'a> {
    fn new(session: &'a Session<'a>, program: &'a Program) -> Self {
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
        Self { session, program, n_missing, importers, results, n_done: AtomicUsize::new(0) }
    }

    fn spawn<'s>(&'s self, scope: &Scope<'s>, id: PackageId) {
        scope.spawn(move |scope| {
            let is_first = self.results[id].set(self.check(id)).is_ok();
            debug_assert!(is_first, "a package is started once");
            let n_done = self.n_done.fetch_add(1, Ordering::Relaxed) as u64 + 1;
            self.session.progress.report("checking packages", n_done, self.program.order.len() as u64);
            for &importer in &self.importers[id] {
                // Releases this result to whoever starts the importer, who acquires those of all its imports.
                if self.n_missing[importer].fetch_sub(1, Ordering::AcqRel) == 1 {
                    self.spawn(scope, importer);
                }
            }
        });
    }

    fn check(&self, id: PackageId) -> Outcome {
        let package = &self.program.packages[id];
        let types = &self.session.types;
        if package.is_unsafe() {
            return Outcome { usable: Some(types.unsafe_package()), ..Outcome::default() };
        }
        if package.is_broken {
            return Outcome::default();
        }
        let is_checker_test = self.session.settings.rules == Rules::CheckerTest;
        let syntax: Vec<_> = package.files.iter().flat_map(|unit| unit.diagnostics.iter().cloned()).collect();
        if syntax.iter().any(is_syntax_error) && !is_checker_test {
            // A file that is not Go stops its package: what the checker would say about the rest helps nobody.
            return Outcome { diagnostics: syntax, ..Outcome::default() };
        }
        if !is_checker_test && !self.are_imports_usable(package) {
            return Outcome { diagnostics: syntax, ..Outcome::default() };
        }
        self.check_types(id, package, syntax)
    }

    /// Whether every import was checked without error; one that could not be loaded is the checker's to work around.
    fn are_imports_usable(&self, package: &Package) -> bool {
        let is_usable = |&id: &PackageId| {
            self.program.packages[id].is_broken
                || self.results[id].get().is_some_and(|outcome| outcome.usable.is_some())
        };
        package.imports.values().all(is_usable)
    }

    fn check_types(&self, id: PackageId, package: &Package, mut diagnostics: Vec<Diagnostic>) -> Outcome {
        let Session { types, sources, settings, .. } = self.session;
        let is_checker_test = settings.rules == Rules::CheckerTest;
        let is_root = self.program.roots.contains(&id);
        let path = if is_checker_test && is_root { package.name } else { link_path(package) };
        let added = types.add_package(path, package.name, false);
        let config = check::Config {
            types,
            sources,
            go_version: self.go_version(id, package),
            importer: &Imports { jobs: self, package },
            test_builtins: is_checker_test,
            fake_import_c: is_checker_test,
            check_branches: is_checker_test,
        };
        let trees = package.files.iter().map(|unit| Arc::clone(&unit.tree)).collect();
        let mut checked = check::check_package(&config, added, trees);
        diagnostics.append(&mut checked.diagnostics);
        if !is_checker_test {
            if settings.bodies == Bodies::Required {
                // Loading has said what is wrong with the import.
                let is_said = |code| matches!(code, Code::BrokenImport | Code::BadImportPath);
                diagnostics.retain(|diagnostic| !is_said(diagnostic.code));
            }
            compiler_rules::apply(self.session, package, &checked, config.go_version, &mut diagnostics);
        }
        let is_whole = package.imports.values().all(|&import| !self.program.packages[import].is_broken);
        let is_usable = is_whole && !has_errors(&diagnostics);
        Outcome { usable: is_usable.then_some(added), checked: Some(checked), diagnostics }
    }

    fn go_version(&self, id: PackageId, package: &Package) -> GoVersion {
        let flag = self.session.settings.lang_minor.filter(|_| self.program.roots.contains(&id));
        let minor = flag.unwrap_or(package.go_minor);
        u16::try_from(minor).map_or(GoVersion::LATEST, GoVersion::new)
    }

    fn finish(mut self) -> CheckedProgram {
        let mut diagnostics = Vec::new();
        let mut packages = IdxVec::new();
        for result in self.results.iter_mut() {
            packages.push(result.get_mut().and_then(|outcome| outcome.checked.take()));
        }
        for &id in &self.program.order {
            let Some(outcome) = self.results[id].take() else { continue };
            if !outcome.diagnostics.is_empty() {
                diagnostics.push((id, outcome.diagnostics));
            }
        }
        CheckedProgram { packages, diagnostics }
    }
}

/// The path by which a package's symbols are known: all programs are package `main`, unless they are under test.
fn link_path(package: &Package) -> Symbol {
    match package.variant {
        Variant::Plain | Variant::TestMain if package.name == sym::MAIN => sym::MAIN,
        _ => package.path,
    }
}

/// Whether a diagnostic of the parser says that a file is not Go. Its others (misplaced branches, missing indices) leave
/// something to check; gc tells them apart by this word, too.
fn is_syntax_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error && diagnostic.message.starts_with("syntax error")
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The imports of one package.
struct Imports<'a> {
    jobs: &'a Jobs<'a>,
    package: &'a Package,
}

impl Importer for Imports<'_> {
    fn import(&self, path: &str) -> Result<types::PackageId, ImportError> {
        let id = self.package.imports.get(&Symbol::intern(path));
        let outcome = id.and_then(|&id| self.jobs.results[id].get());
        let usable = outcome.and_then(|outcome| outcome.usable);
        usable.ok_or_else(|| ImportError { reason: why_not_imported(path) })
    }
}

/// What the compiler says about an import path that it was given no file for. As cmd/compile/internal/noder, importfile.
fn why_not_imported(path: &str) -> String {
    let elements = path.split('/').filter(|element| !matches!(*element, "" | "."));
    let canonical = elements.collect::<Vec<_>>().join("/");
    if path.starts_with('/') {
        "import path cannot be absolute path".to_owned()
    } else if canonical != path {
        format!("non-canonical import path {path:?} (should be {canonical:?})")
    } else {
        "file not found".to_owned()
    }
}
