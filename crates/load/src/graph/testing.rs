//! Loading the test of one package: the package, its tests, the generated main package, and all that they import.
//!
//! Each test is a program of its own, because a package with test files and everything that imports it is built anew.

use std::path::Path;
use std::sync::Arc;

use base::{SourceMap, SourceText, Symbol, System};
use diag::Code;
use indexmap::IndexMap;

use super::variants::{self, TestBuilds};
use super::{COMMAND_LINE, Fault, Loader, order};
use crate::config::Config;
use crate::error::LoadError;
use crate::patterns::{self, Root};
use crate::program::{Origin, Package, PackageId, Program, SourceUnit, TestFiles, Variant};
use crate::resolve::{Layout, Resolver};
use crate::testmain::{self, Subject};

/// A package that the command line names.
#[derive(Debug)]
pub struct Named {
    root: Root,
}

impl Named {
    /// Its import path.
    pub fn path(&self) -> &str {
        match &self.root {
            Root::Files(..) => COMMAND_LINE,
            Root::Named(place) | Root::Matched(place) => &place.path,
        }
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        match &self.root {
            Root::Files(dir, _) => dir,
            Root::Named(place) | Root::Matched(place) => &place.dir,
        }
    }
}

/// What one argument of a command names: packages, or why there are none.
pub type NamedByArgument<'a> = (&'a str, Result<Vec<Named>, LoadError>);

/// What each of the arguments names; files given by name count as one argument.
pub fn named<'a>(
    system: &dyn System,
    config: &Config,
    args: &'a [String],
) -> Result<Vec<NamedByArgument<'a>>, LoadError> {
    let layout = Layout::detect(system, config)?;
    let resolver = Resolver { system, config, layout: &layout };
    let expand = |args: &'a [String]| -> NamedByArgument<'a> {
        let (roots, errors) = patterns::expand(&resolver, args);
        let named = roots.into_iter().map(|root| Named { root }).collect();
        (args.first().map_or(".", |arg| arg), errors.into_iter().next().map_or(Ok(named), Err))
    };
    let are_files = args.first().is_some_and(|arg| arg.ends_with(".go"));
    Ok(if are_files || args.is_empty() { vec![expand(args)] } else { args.chunks(1).map(expand).collect() })
}

/// The program that tests one package.
#[derive(Debug)]
pub struct TestProgram {
    /// Its packages.
    pub program: Program,
    /// The package itself, without its tests; none when a pattern matched a directory that holds nothing for this platform.
    pub package: Option<PackageId>,
    /// The generated main package; none when there are no test files.
    pub main: Option<PackageId>,
}

/// Loads the test of a package, and the standard packages `implied`, which every executable contains.
pub fn load_test(
    system: &dyn System,
    sources: &SourceMap,
    config: &Config,
    named: &Named,
    implied: &[String],
) -> TestProgram {
    let layout = match Layout::detect(system, config) {
        Ok(layout) => layout,
        Err(error) => {
            let program = Program { errors: vec![error], ..Program::default() };
            return TestProgram { program, package: None, main: None };
        }
    };
    let mut loader = Loader::new(Resolver { system, config, layout: &layout }, sources);
    loader.add_root(named.root.clone());
    for path in implied {
        loader.add_implied(path);
    }
    let main_imports: Vec<_> =
        testmain::IMPORTS.iter().filter_map(|path| Some((*path, loader.standard_package(path)?))).collect();
    while !loader.pending.is_empty() {
        loader.wave();
    }
    loader.drop_unmatched();
    let Some(&package) = loader.program.roots.first() else {
        return TestProgram { program: loader.program, package: None, main: None };
    };
    let main = loader.add_test_main(package, &main_imports);
    order::finish(&mut loader);
    TestProgram { program: loader.program, package: Some(package), main }
}

impl Loader<'_> {
    fn standard_package(&mut self, path: &str) -> Option<PackageId> {
        let place = self.resolver.standard(path)?;
        Some(self.intern(place, false))
    }

    /// Adds the builds of the package under test and the main package that calls them, which becomes the only root.
    fn add_test_main(&mut self, package: PackageId, imports: &[(&str, PackageId)]) -> Option<PackageId> {
        let tests = variants::take_tests(&mut self.program, package);
        if self.program.packages[package].is_broken || tests.files.is_empty() {
            return None;
        }
        let unit = match self.generate(package, &tests.files) {
            Ok(unit) => unit,
            Err(fault) => {
                self.faults.entry(package).or_default().push(fault);
                return None;
            }
        };
        let mut builds = variants::add_builds(&mut self.program, package, tests);
        let main = self.main_package(package, unit, imports, &mut builds);
        self.program.roots = vec![main];
        let implied = self.program.implied.clone();
        self.program.implied = implied.into_iter().map(|id| builds.rebuild(&mut self.program, id)).collect();
        Some(main)
    }

    /// Generates and parses the file of the main package.
    fn generate(&mut self, package: PackageId, tests: &TestFiles) -> Result<Arc<SourceUnit>, Fault> {
        let tested = &self.program.packages[package];
        let path = tested.path.as_str();
        let module = match &tested.origin {
            Origin::Module(module) => module.path.to_string(),
            Origin::Standard | Origin::Gopath | Origin::Loose => String::new(),
        };
        let subject = Subject {
            path,
            shown_path: if path == COMMAND_LINE { "" } else { path },
            module: &module,
            has_package: !tested.files.is_empty() || !tests.internal.is_empty(),
            internal: &tests.internal,
            external: &tests.external,
        };
        let text = testmain::source(&subject).map_err(|wrong| {
            let location = self.sources.location(wrong.pos);
            Fault { location, ..Fault::new(Code::WrongTestSignature, wrong.message) }
        })?;
        let too_much = || Fault::new(Code::FileAccess, "more than 4 GB of source in one program".to_owned());
        let id =
            self.sources.add(testmain::FILE_NAME, SourceText::new(text.into_bytes())).ok_or_else(too_much)?;
        let (tree, diagnostics) = syntax::parse(self.sources, id);
        let name = testmain::FILE_NAME.to_owned();
        let path = testmain::FILE_NAME.into();
        Ok(Arc::new(SourceUnit { id, name, path, tree: Arc::new(tree), diagnostics }))
    }

    fn main_package(
        &mut self,
        tested: PackageId,
        unit: Arc<SourceUnit>,
        imports: &[(&str, PackageId)],
        builds: &mut TestBuilds,
    ) -> PackageId {
        let written = super::imports_of(std::iter::once(&*unit));
        let program = &mut self.program;
        let path = program.packages[tested].path;
        let external_path = Symbol::intern(&format!("{path}_test"));
        let mut resolved = IndexMap::new();
        for import in written {
            let standard = imports.iter().find(|(path, _)| *path == import.as_str()).map(|&(_, id)| id);
            let id = match (import, builds.external) {
                _ if import == path => Some(tested),
                (import, Some(external)) if import == external_path => Some(external),
                _ => standard,
            };
            if let Some(id) = id {
                resolved.insert(import, builds.rebuild(program, id));
            }
        }
        let main = Package {
            path: Symbol::intern(&format!("{path}.test")),
            variant: Variant::TestMain,
            name: base::sym::MAIN,
            files: vec![unit],
            imports: resolved,
            embeds: IndexMap::new(),
            ignored: Vec::new(),
            has_assembly: false,
            ..program.packages[tested].clone()
        };
        program.packages.push(main)
    }
}
