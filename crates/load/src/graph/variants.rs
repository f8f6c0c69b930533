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

/// Adds the test builds of every root that has tests, as further roots.
pub(super) fn add(program: &mut Program) {
    for root in program.roots.clone() {
        let tests = std::mem::take(&mut program.packages[root].tests);
        let all_imports = std::mem::take(&mut program.packages[root].imports);
        let plain = imports_for(&all_imports, &program.packages[root].files);
        program.packages[root].imports = plain;
        if !tests.internal.is_empty() || !tests.external.is_empty() {
            add_tests_of(program, root, tests, &all_imports);
        }
    }
    // A root that only has tests is no package for others.
    let packages = &program.packages;
    program.roots.retain(|&root| !packages[root].files.is_empty() || packages[root].is_broken);
}

fn add_tests_of(
    program: &mut Program,
    tested: PackageId,
    tests: TestFiles,
    imports: &IndexMap<Symbol, PackageId>,
) {
    let mut rebuilt = FxHashMap::default();
    let path = program.packages[tested].path;
    if !tests.internal.is_empty() || !program.packages[tested].files.is_empty() {
        let mut with_tests = program.packages[tested].clone();
        with_tests.variant = Variant::WithTests;
        with_tests.files.extend(tests.internal);
        with_tests.imports = imports_for(imports, &with_tests.files);
        let id = program.packages.push(with_tests);
        rebuilt.insert(tested, id);
        program.roots.push(id);
    }
    if tests.external.is_empty() {
        return;
    }
    let mut external = Package {
        path: Symbol::intern(&format!("{path}_test")),
        name: Symbol::intern(&format!("{}_test", program.packages[tested].name)),
        variant: Variant::ExternalTest,
        imports: imports_for(imports, &tests.external),
        files: tests.external,
        ..program.packages[tested].clone()
    };
    let mut imports = std::mem::take(&mut external.imports);
    for id in imports.values_mut() {
        *id = rebuild(program, *id, path, &mut rebuilt);
    }
    external.imports = imports;
    let id = program.packages.push(external);
    program.roots.push(id);
}

/// The imports of some of a package's files.
fn imports_for(all: &IndexMap<Symbol, PackageId>, files: &[Arc<SourceUnit>]) -> IndexMap<Symbol, PackageId> {
    let written = imports_of(files.iter().map(AsRef::as_ref));
    written.into_iter().filter_map(|import| Some((import, *all.get(&import)?))).collect()
}

/// The build of `id` for the tests of `tested`: itself, unless something that it imports is rebuilt.
fn rebuild(
    program: &mut Program,
    id: PackageId,
    tested: Symbol,
    rebuilt: &mut FxHashMap<PackageId, PackageId>,
) -> PackageId {
    if let Some(&done) = rebuilt.get(&id) {
        return done;
    }
    // Cycles are reported elsewhere; here they must only end.
    rebuilt.insert(id, id);
    let mut imports = program.packages[id].imports.clone();
    for import in imports.values_mut() {
        *import = rebuild(program, *import, tested, rebuilt);
    }
    if imports == program.packages[id].imports {
        return id;
    }
    let package = Package { imports, variant: Variant::ForTest(tested), ..program.packages[id].clone() };
    let done = program.packages.push(package);
    rebuilt.insert(id, done);
    done
}
