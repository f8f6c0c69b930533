//! The last pass over the graph: an order in which packages can be compiled, and every error in the go command's order.
//!
//! A depth-first walk from the roots, imports in lexical order, sees each package once. What it finds wrong on the way
//! in (a cycle, an import that is not allowed) and what is wrong with the package itself is reported on the way out,
//! so an imported package's errors precede its importer's.

use base::{IdxVec, Location, Symbol};
use diag::Code;

use super::{Fault, Loader, import_paths};
use crate::error::{Import, LoadError, ShowStack};
use crate::program::{Package, PackageId, Program, Variant};
use crate::resolve::{self, Place};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Fills in `order` and `errors` of the program.
pub(super) fn finish(loader: &mut Loader<'_>) {
    let n_packages = loader.program.packages.len();
    let mut states = IdxVec::new();
    for _ in 0..n_packages {
        states.push(State::New);
    }
    let mut walk = Walk { loader, states, stack: Vec::new(), order: Vec::new(), errors: Vec::new() };
    let Program { roots, implied, .. } = &walk.loader.program;
    for root in [&roots[..], &implied[..]].concat() {
        let path = walk.loader.program.packages[root].path.to_string();
        if walk.states[root] == State::New {
            walk.stack.push(Import { path, from: None });
            walk.visit(root, None);
            walk.stack.pop();
        }
    }
    let Walk { order, errors, .. } = walk;
    loader.program.order = order;
    loader.program.errors.extend(errors);
}

struct Walk<'w, 'a> {
    loader: &'w mut Loader<'a>,
    states: IdxVec<PackageId, State>,
    stack: Vec<Import>,
    order: Vec<PackageId>,
    errors: Vec<LoadError>,
}

impl Walk<'_, '_> {
    /// Visits a new package, which is on top of the stack; `location` is the import that led here.
    fn visit(&mut self, id: PackageId, location: Option<Location>) {
        self.states[id] = State::Open;
        let mut own = Vec::new();
        let imports: Vec<_> =
            self.loader.program.packages[id].imports.iter().map(|(&p, &id)| (p, id)).collect();
        for (written, imported) in imports {
            own.extend(self.import(id, written, imported));
        }
        let faults = self.loader.faults.remove(&id).unwrap_or_default();
        let faults: Vec<_> =
            faults.into_iter().map(|fault| self.fault_error(id, fault, location.clone())).collect();
        self.errors.extend(faults);
        // As the go command does: one broken rule per importer is enough.
        self.errors.extend(own.into_iter().next());
        self.states[id] = State::Done;
        self.order.push(id);
    }

    /// Follows one import; the result is what is wrong with the import itself.
    fn import(&mut self, importer: PackageId, written: Symbol, imported: PackageId) -> Option<LoadError> {
        let (from, location) = self.import_site(importer, written);
        self.stack.push(Import { path: self.loader.program.packages[imported].path.to_string(), from });
        let error = match self.states[imported] {
            State::Open => Some(self.cycle_error(imported)),
            State::New => {
                self.visit(imported, location.clone());
                None
            }
            State::Done => None,
        };
        let error = error.or_else(|| self.rule_error(importer, imported, written, location));
        self.stack.pop();
        error
    }

    fn cycle_error(&self, imported: PackageId) -> LoadError {
        let is_test = self.loader.program.packages[imported].variant == Variant::WithTests;
        let message = if is_test { "import cycle not allowed in test" } else { "import cycle not allowed" };
        let stack = self.stack.clone();
        LoadError { stack, show: ShowStack::WithFiles, ..LoadError::plain(Code::ImportCycle, message) }
    }

    /// Imports that resolve and are not allowed.
    fn rule_error(
        &self,
        importer: PackageId,
        imported: PackageId,
        written: Symbol,
        location: Option<Location>,
    ) -> Option<LoadError> {
        let packages = &self.loader.program.packages;
        let (importer, package) = (&packages[importer], &packages[imported]);
        if package.is_broken || package.variant != Variant::Plain || importer.variant == Variant::TestMain {
            return None;
        }
        let path = package.path.as_str();
        if package.name.as_str() == "main" && !package.files.is_empty() {
            let message = format!("import {path:?} is a program, not an importable package");
            return Some(LoadError::at(Code::BrokenImport, location, message));
        }
        if written.as_str().contains("/vendor/") {
            let plain = written.as_str().rsplit_once("/vendor/").map_or("", |(_, plain)| plain);
            return Some(LoadError::at(
                Code::BadImportPath,
                location,
                format!("{written} must be imported as {plain}"),
            ));
        }
        let importer_path = self.loader.rule_path(importer);
        let place = Place { path: path.to_owned(), dir: package.dir.clone(), origin: package.origin.clone() };
        if resolve::may_import(&importer_path, &importer.dir, &place) {
            return None;
        }
        let stack = self.stack[..self.stack.len() - 1].to_vec();
        let message = format!("use of internal package {path} not allowed");
        let error = LoadError::at(Code::InternalImport, location, message);
        Some(LoadError { stack, show: ShowStack::Always, ..error })
    }

    /// The file and the place of an import declaration.
    fn import_site(&self, importer: PackageId, written: Symbol) -> (Option<String>, Option<Location>) {
        let package = &self.loader.program.packages[importer];
        let units = package.files.iter().chain(&package.tests.internal).chain(&package.tests.external);
        for unit in units {
            if let Some((_, pos)) = import_paths(&unit.tree).find(|(path, _)| *path == written.as_str()) {
                let location =
                    self.loader.sources.location(pos).map(|location| self.loader.shorten(location));
                return (Some(unit.name.clone()), location);
            }
        }
        (None, None)
    }

    fn fault_error(&self, id: PackageId, mut fault: Fault, location: Option<Location>) -> LoadError {
        if fault.code != Code::NoGoFiles {
            return fault.into_error(location, &self.stack);
        }
        let package = &self.loader.program.packages[id];
        let is_excluded = fault.message.starts_with("build constraints");
        fault.message += &format!(" {}", package.dir.display());
        match self.stack.len() {
            _ if fault.message.starts_with(super::ONLY_TESTS) => {
                LoadError::plain(fault.code, format!("{}: {}", package.path, fault.message))
            }
            0 | 1 if !is_excluded => LoadError::plain(fault.code, fault.message),
            _ => fault.into_error(location, &self.stack),
        }
    }
}

impl Loader<'_> {
    /// The import path that visibility rules go by: files given by name count as part of the package of their directory.
    fn rule_path(&self, importer: &Package) -> String {
        if importer.path.as_str() != super::COMMAND_LINE {
            return importer.path.to_string();
        }
        self.resolver.directory(&importer.dir).map_or_else(|_| ".".to_owned(), |place| place.path)
    }
}
