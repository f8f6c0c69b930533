//! The builds of packages under test.
//!
//! Testing `p` replaces `p` by a build with its test files (`p [p.test]`), adds the package of its external tests, and
//! rebuilds every package between the two that imports `p`, so that all of the test program agrees on what `p` is.

use std::sync::Arc;

use base::Symbol;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::imports_of;
use crate::program::{Package, PackageId, Program, SourceUnit, TestFiles, Variant};

/// The test files of a package that was loaded with them.
pub(super) struct Tests {
    pub(super) files: TestFiles,
    /// The imports of all its files.
    imports: IndexMap<Symbol, PackageId>,
}

/// The builds for the test of one package.
pub(super) struct TestBuilds {
    /// The import path of the package under test.
    tested: Symbol,
    /// The build with test files, when there are any.
    with_tests: Option<PackageId>,
    /// The package of external tests.
    pub(super) external: Option<PackageId>,
    rebuilt: FxHashMap<PackageId, PackageId>,
}

/// Adds the test builds of every root that has tests, as further roots.
pub(super) fn add(program: &mut Program) {
    for root in program.roots.clone() {
        let tests = take_tests(program, root);
        if tests.files.is_empty() {
            continue;
        }
        let builds = add_builds(program, root, tests);
        program.roots.extend(builds.with_tests);
        program.roots.extend(builds.external);
    }
    // A root that only has tests is no package for others.
    let packages = &program.packages;
    program.roots.retain(|&root| !packages[root].files.is_empty() || packages[root].is_broken);
}

/// Leaves in the package only what others import.
pub(super) fn take_tests(program: &mut Program, package: PackageId) -> Tests {
    let package = &mut program.packages[package];
    let files = std::mem::take(&mut package.tests);
    let imports = std::mem::take(&mut package.imports);
    package.imports = imports_for(&imports, &package.files);
    Tests { files, imports }
}

/// Adds the builds of a package with its tests.
pub(super) fn add_builds(program: &mut Program, tested: PackageId, tests: Tests) -> TestBuilds {
    let path = program.packages[tested].path;
    let mut builds =
        TestBuilds { tested: path, with_tests: None, external: None, rebuilt: FxHashMap::default() };
    // Without test files of its own the package is what others import; a program must become importable, though.
    let is_program = program.packages[tested].name == base::sym::MAIN;
    if !tests.files.internal.is_empty() || is_program && !program.packages[tested].files.is_empty() {
        let mut with_tests = program.packages[tested].clone();
        with_tests.variant = Variant::WithTests;
        with_tests.files.extend(tests.files.internal);
        let imports = imports_for(&tests.imports, &with_tests.files);
        let id = program.packages.push(with_tests);
        builds.rebuilt.insert(tested, id);
        // An import that leads back to the package is a cycle from here on, and found as such.
        program.packages[id].imports = builds.rebuild_all(program, imports);
        builds.with_tests = Some(id);
    }
    if !tests.files.external.is_empty() {
        let external = Package {
            path: Symbol::intern(&format!("{path}_test")),
            name: Symbol::intern(&format!("{}_test", program.packages[tested].name)),
            variant: Variant::ExternalTest,
            imports: builds.rebuild_all(program, imports_for(&tests.imports, &tests.files.external)),
            files: tests.files.external,
            ..program.packages[tested].clone()
        };
        builds.external = Some(program.packages.push(external));
    }
    builds
}

/// The imports of some of a package's files.
fn imports_for(all: &IndexMap<Symbol, PackageId>, files: &[Arc<SourceUnit>]) -> IndexMap<Symbol, PackageId> {
    let written = imports_of(files.iter().map(AsRef::as_ref));
    written.into_iter().filter_map(|import| Some((import, *all.get(&import)?))).collect()
}

impl TestBuilds {
    /// The build of `id` for the tests: itself, unless something that it imports is rebuilt.
    pub(super) fn rebuild(&mut self, program: &mut Program, id: PackageId) -> PackageId {
        if let Some(&done) = self.rebuilt.get(&id) {
            return done;
        }
        // Cycles are reported elsewhere; here they must only end.
        self.rebuilt.insert(id, id);
        let imports = self.rebuild_all(program, program.packages[id].imports.clone());
        if imports == program.packages[id].imports {
            return id;
        }
        let package =
            Package { imports, variant: Variant::ForTest(self.tested), ..program.packages[id].clone() };
        let done = program.packages.push(package);
        self.rebuilt.insert(id, done);
        done
    }

    fn rebuild_all(
        &mut self,
        program: &mut Program,
        mut imports: IndexMap<Symbol, PackageId>,
    ) -> IndexMap<Symbol, PackageId> {
        for import in imports.values_mut() {
            *import = self.rebuild(program, *import);
        }
        imports
    }
}
