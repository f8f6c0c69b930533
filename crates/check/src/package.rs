//! Checking one package, from start to end.

use std::sync::Arc;

use base::{Pos, Span};
use diag::{Code, Diagnostic};
use syntax::File;
use types::{PackageId, Scope};

use crate::{CheckedFile, CheckedPackage, Config, GoVersion, checker::Checker, version};

/// Checks the files of one package. The packages that they import are in the store already, and complete.
///
/// `package` was added to the store by the caller, with the name that the files should have.
pub fn check_package(config: &Config<'_>, package: PackageId, files: Vec<Arc<File>>) -> CheckedPackage {
    let name = config.types.package(package).name;
    if let Some(ident) = files.first().and_then(|file| file.package) {
        config.types.set_start(package, files[0].ident_span(ident).start);
    }
    let mut problems = Vec::new();
    let versions: Vec<GoVersion> =
        files.iter().map(|file| file_version(config, file, &mut problems)).collect();
    let trees = files.clone();
    let mut check = Checker::new(config, package, name, &trees, &versions);
    if config.go_version > GoVersion::LATEST
        && let Some(file) = files.first()
    {
        let message = format!(
            "package requires newer Go version {} (application built with {})",
            config.go_version,
            GoVersion::LATEST
        );
        problems.push(Diagnostic::error(Code::TooNew, file_start(file), message));
    }
    for problem in problems {
        check.report(problem);
    }
    check.check_package_names();
    check.collect_objects();
    check.direct_cycles();
    check.package_objects();
    check.process_delayed(0);
    check.publish();
    if check.diagnostics.is_empty() {
        config.importer.declared();
    }
    check.process_bodies();
    let init_order = check.init_order();
    check.unused_imports();
    check.record_untyped();
    if check.diagnostics.is_empty() {
        check.check_mono();
    }
    drop(check.delayed.split_off(0));
    let Checker { infos, imports, functions_declared, diagnostics, .. } = check;
    let files = files.into_iter().zip(infos).map(|(tree, info)| CheckedFile { tree, info }).collect();
    CheckedPackage {
        id: package,
        name,
        files,
        imports,
        functions: functions_declared,
        init_order,
        diagnostics,
    }
}

/// The language version of a file: a `//go:build go1.N` line overrides that of the package, but not below Go 1.21.
fn file_version(config: &Config<'_>, file: &File, problems: &mut Vec<Diagnostic>) -> GoVersion {
    let of_build_line =
        file.build_lines.iter().filter_map(|line| version::of_build_line(&line.text)).next_back();
    let Some(of_file) = of_build_line else { return config.go_version };
    if of_file > GoVersion::LATEST {
        let message = format!("file requires newer Go version {of_file}");
        problems.push(Diagnostic::error(Code::TooNew, file_start(file), message));
    }
    of_file.max(GoVersion::new(21))
}

/// Where errors about a file as a whole are reported: at the name in its package clause.
fn file_start(file: &File) -> Span {
    file.package.map_or(Span::at(Pos::NONE), |ident| file.ident_span(ident))
}

impl Checker<'_> {
    /// Reports files of another package, and the package name `_`.
    fn check_package_names(&mut self) {
        for file in self.files {
            let Some(ident) = file.package else { continue };
            let name = file.name(ident);
            let at = file.ident_span(ident);
            if name.is_blank() {
                self.error(at, Code::BlankPkgName, "invalid package name _");
            } else if name != self.package_name {
                let message = format!("package {name}; expected package {}", self.package_name);
                self.error(at, Code::MismatchedPkgName, message);
            }
        }
    }

    /// Makes the package-level objects and the imports known to other packages.
    fn publish(&self) {
        let mut scope = Scope::default();
        for (name, object) in self.scopes.names(self.package_scope) {
            scope.insert(name, object);
        }
        self.types.set_scope(self.package, scope);
        self.types.set_imports(self.package, self.imports.clone());
    }

    /// Whether another package with the same name is imported, directly or not: then messages give the path.
    pub(crate) fn has_ambiguous_name(&self, package: PackageId) -> bool {
        let name = self.types.package(package).name;
        let mut seen = rustc_hash::FxHashSet::default();
        let mut pending = self.imports.clone();
        pending.push(self.package);
        let mut n_found = 0;
        while let Some(next) = pending.pop() {
            if !seen.insert(next) {
                continue;
            }
            let data = self.types.package(next);
            n_found += usize::from(data.name == name);
            pending.extend_from_slice(data.imports());
        }
        n_found > 1
    }
}
