//! Checking a loaded program: every package after its imports, as many at once as there are threads.
//!
//! A package can be imported as soon as what it has at package level is declared; the bodies of its functions are checked
//! beside its importers. So no thread is left alone with the last packages, which are the largest.
//!
//! ```text
//!   fmt       | declarations | bodies           |
//!   net/http                 | declarations | bodies                  |
//!   main                                    | declarations | bodies |
//! ```
//!
//! A package whose import turns out to have an error in a body was checked for nothing: what was said about it is dropped
//! in the end, as if it had waited.

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
    /// The packages in the store of types, as soon as importers can use them.
    declared: IdxVec<PackageId, OnceLock<types::PackageId>>,
    results: IdxVec<PackageId, OnceLock<Outcome>>,
    n_done: AtomicUsize,
}

/// What checking one package gave.
#[derive(Default)]
struct Outcome {
    /// Whether importers can use the package, as far as it depends on the package itself.
    is_usable: bool,
    checked: Option<CheckedPackage>,
    /// In the order reported.
    diagnostics: Vec<Diagnostic>,
    /// How many of the diagnostics are the parser's. They come first.
    n_syntax: usize,
}

impl Outcome {
    /// What is left of it when an import has an error: what the parser said.
    fn without_check(self) -> Self {
        let mut diagnostics = self.diagnostics;
        diagnostics.truncate(self.n_syntax);
        Self { diagnostics, n_syntax: self.n_syntax, ..Self::default() }
    }
}

impl<'a> Jobs<'a> {
    fn new(session: &'a Session<'a>, program: &'a Program) -> Self {
        let mut n_missing = IdxVec::new();
        let mut importers = IdxVec::new();
        let mut results = IdxVec::new();
        let mut declared = IdxVec::new();
        for package in program.packages.iter() {
            n_missing.push(AtomicUsize::new(package.imports.len()));
            importers.push(Vec::new());
            results.push(OnceLock::new());
            declared.push(OnceLock::new());
        }
        for &id in &program.order {
            for &import in program.packages[id].imports.values() {
                importers[import].push(id);
            }
        }
        Self { session, program, n_missing, importers, declared, results, n_done: AtomicUsize::new(0) }
    }

    fn spawn<'s>(&'s self, scope: &Scope<'s>, id: PackageId) {
        scope.spawn(move |scope| {
            let outcome = self.check(scope, id);
            let is_first = self.results[id].set(outcome).is_ok();
            debug_assert!(is_first, "a package is started once");
            if self.declared[id].get().is_none() {
                self.start_importers(scope, id);
            }
            let n_done = self.n_done.fetch_add(1, Ordering::Relaxed) as u64 + 1;
            self.session.progress.report("checking packages", n_done, self.program.order.len() as u64);
        });
    }

    /// Starts the packages that wait for `id` alone. Called once for each package, from its own job.
    fn start_importers<'s>(&'s self, scope: &Scope<'s>, id: PackageId) {
        for &importer in &self.importers[id] {
            // Releases what is known of this package to whoever starts the importer, who acquires it of all imports.
            if self.n_missing[importer].fetch_sub(1, Ordering::AcqRel) == 1 {
                self.spawn(scope, importer);
            }
        }
    }

    fn declare<'s>(&'s self, scope: &Scope<'s>, id: PackageId, package: types::PackageId) {
        if self.declared[id].set(package).is_ok() {
            self.start_importers(scope, id);
        }
    }

    fn check<'s>(&'s self, scope: &Scope<'s>, id: PackageId) -> Outcome {
        let package = &self.program.packages[id];
        if package.is_unsafe() {
            self.declare(scope, id, self.session.types.unsafe_package());
            return Outcome { is_usable: true, ..Outcome::default() };
        }
        if package.is_broken {
            return Outcome::default();
        }
        let is_checker_test = self.session.settings.rules == Rules::CheckerTest;
        let syntax: Vec<_> = package.files.iter().flat_map(|unit| unit.diagnostics.iter().cloned()).collect();
        let parsed = Outcome { n_syntax: syntax.len(), diagnostics: syntax, ..Outcome::default() };
        if parsed.diagnostics.iter().any(is_syntax_error) && !is_checker_test {
            // A file that is not Go stops its package: what the checker would say about the rest helps nobody.
            return parsed;
        }
        if !is_checker_test && !self.are_imports_declared(package) {
            return parsed;
        }
        self.check_types(scope, id, parsed)
    }

    /// Whether every import is declared; one that could not be loaded is the checker's to work around.
    fn are_imports_declared(&self, package: &Package) -> bool {
        let is_declared =
            |&id: &PackageId| self.program.packages[id].is_broken || self.declared[id].get().is_some();
        package.imports.values().all(is_declared)
    }

    fn check_types<'s>(&'s self, scope: &Scope<'s>, id: PackageId, parsed: Outcome) -> Outcome {
        let Outcome { mut diagnostics, n_syntax, .. } = parsed;
        let package = &self.program.packages[id];
        let Session { types, sources, settings, .. } = self.session;
        let is_checker_test = settings.rules == Rules::CheckerTest;
        let is_root = self.program.roots.contains(&id);
        let path = if is_checker_test && is_root { package.name } else { link_path(package) };
        let added = types.add_package(path, package.name, false);
        let can_declare = self.is_whole(package) && !has_errors(&diagnostics);
        let imports = Imports { jobs: self, package, scope, declares: can_declare.then_some((id, added)) };
        let config = check::Config {
            types,
            sources,
            go_version: self.go_version(id, package),
            importer: &imports,
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
        let is_usable = can_declare && !has_errors(&diagnostics);
        if is_usable {
            // Not done before when there was something to say that is no error.
            self.declare(scope, id, added);
        }
        Outcome { is_usable, checked: Some(checked), diagnostics, n_syntax }
    }

    /// Whether all imports could be loaded.
    fn is_whole(&self, package: &Package) -> bool {
        package.imports.values().all(|&import| !self.program.packages[import].is_broken)
    }

    fn go_version(&self, id: PackageId, package: &Package) -> GoVersion {
        let flag = self.session.settings.lang_minor.filter(|_| self.program.roots.contains(&id));
        let minor = flag.unwrap_or(package.go_minor);
        u16::try_from(minor).map_or(GoVersion::LATEST, GoVersion::new)
    }

    fn finish(mut self) -> CheckedProgram {
        self.drop_importers_of_unusable();
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

    /// Takes back what was found about packages whose imports, seen as a whole, they could not use.
    fn drop_importers_of_unusable(&mut self) {
        if self.session.settings.rules == Rules::CheckerTest {
            return;
        }
        for &id in &self.program.order {
            let package = &self.program.packages[id];
            let is_usable = |&import: &PackageId| {
                self.program.packages[import].is_broken
                    || self.results[import].get().is_some_and(|outcome| outcome.is_usable)
            };
            if package.imports.values().all(is_usable) {
                continue;
            }
            if let Some(outcome) = self.results[id].take() {
                self.results[id] = OnceLock::from(outcome.without_check());
            }
        }
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

/// The imports of one package, and who waits for it.
struct Imports<'a, 's, 'p> {
    jobs: &'s Jobs<'a>,
    package: &'p Package,
    scope: &'p Scope<'s>,
    /// The package itself, here and in the store of types, if nothing before the check keeps others from importing it.
    declares: Option<(PackageId, types::PackageId)>,
}

impl Importer for Imports<'_, '_, '_> {
    fn import(&self, path: &str) -> Result<types::PackageId, ImportError> {
        let id = self.package.imports.get(&Symbol::intern(path));
        let declared = id.and_then(|&id| self.jobs.declared[id].get().copied());
        declared.ok_or_else(|| ImportError { reason: why_not_imported(path) })
    }

    fn declared(&self) {
        if let Some((id, package)) = self.declares {
            self.jobs.declare(self.scope, id, package);
        }
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
