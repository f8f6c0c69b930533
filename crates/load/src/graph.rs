//! The import graph: from what the command line names to every package that it needs.
//!
//! Loading goes in waves. The packages of a wave are read and parsed in parallel; the next wave is what they import and
//! nobody imported before. Between the two, files are numbered by one thread in a fixed order, so that positions and
//! everything that follows from them do not depend on timing.

mod files;
mod heads;
mod order;
mod testing;
mod variants;

use std::path::{Path, PathBuf};

use base::{FileId, SourceMap, SourceText, Symbol, System};
use diag::Code;
use indexmap::IndexMap;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::{Branches, Config, HeadRules, Tests};
use crate::embed;
use crate::error::{Import, LoadError, ShowStack, short_path};
use crate::patterns::{self, Root};
use crate::program::{Origin, Package, PackageId, Program, TestFiles, Variant};
use crate::resolve::{Importer, Layout, Place, Resolver, Unresolved};
use crate::select::{Candidate, Selection};
use files::{
    Numbered, NumberedFile, ONLY_TESTS, Parsed, embed_patterns, import_paths, imports_c, imports_of, parse,
    select_fault, select_files,
};
use heads::Heads;
pub use testing::{Named, NamedByArgument, TestProgram, load_test, named};

/// The name of the package that files given by name make up.
const COMMAND_LINE: &str = "command-line-arguments";

/// Loads what `args` name and everything that it imports.
pub fn load(system: &dyn System, sources: &SourceMap, config: &Config, args: &[String]) -> Program {
    load_with(system, sources, config, args, &[])
}

/// As [`load`], with the standard packages `implied` and what they import, which every executable contains.
pub fn load_with(
    system: &dyn System,
    sources: &SourceMap,
    config: &Config,
    args: &[String],
    implied: &[String],
) -> Program {
    let layout = match Layout::detect(system, config) {
        Ok(layout) => layout,
        Err(error) => return Program { errors: vec![error], ..Program::default() },
    };
    let resolver = Resolver { system, config, layout: &layout };
    let (roots, errors) = patterns::expand(&resolver, args);
    let mut loader = Loader::new(resolver, sources);
    loader.program.errors = errors;
    for root in roots {
        loader.add_root(root);
    }
    for path in implied {
        loader.add_implied(path);
    }
    while !loader.pending.is_empty() {
        loader.wave();
    }
    loader.finish()
}

struct Loader<'a> {
    resolver: Resolver<'a>,
    sources: &'a SourceMap,
    program: Program,
    /// What went wrong in or about each package; the place of import is added by [`order`].
    faults: FxHashMap<PackageId, Vec<Fault>>,
    ids: FxHashMap<String, PackageId>,
    /// Results of resolution, by who asks (as far as it matters) and for what.
    resolved: FxHashMap<(ImporterClass, Symbol), PackageId>,
    pending: Vec<Pending>,
    matched: Vec<PackageId>,
}

/// Importers for which a path always means the same.
#[derive(Clone, PartialEq, Eq, Hash)]
enum ImporterClass {
    Standard,
    Command,
    Module,
    /// In GOPATH mode vendor directories make every directory a class of its own.
    Directory(PathBuf),
}

/// A package that is known and not read yet.
struct Pending {
    id: PackageId,
    place: Place,
    named_files: Option<Vec<PathBuf>>,
    reads_tests: bool,
}

/// Something wrong with one package.
#[derive(Clone, Debug)]
struct Fault {
    code: Code,
    message: String,
    /// Where in the package itself; without one, the import that leads to it is the place.
    location: Option<base::Location>,
    show: ShowStack,
    /// Whether the position of the import helps the user.
    is_located_at_import: bool,
}

impl Fault {
    fn new(code: Code, message: String) -> Self {
        Self { code, message, location: None, show: ShowStack::WithoutLocation, is_located_at_import: true }
    }

    fn into_error(self, location: Option<base::Location>, stack: &[Import]) -> LoadError {
        let at_import = if self.is_located_at_import { location } else { None };
        LoadError {
            code: self.code,
            location: self.location.or(at_import),
            stack: if stack.len() > 1 || self.show != ShowStack::WithoutLocation {
                stack.to_vec()
            } else {
                Vec::new()
            },
            show: self.show,
            message: self.message,
        }
    }
}

impl<'a> Loader<'a> {
    fn new(resolver: Resolver<'a>, sources: &'a SourceMap) -> Self {
        Self {
            resolver,
            sources,
            program: Program::default(),
            faults: FxHashMap::default(),
            ids: FxHashMap::default(),
            resolved: FxHashMap::default(),
            pending: Vec::new(),
            matched: Vec::new(),
        }
    }

    fn add_root(&mut self, root: Root) {
        let reads_tests = self.resolver.config.tests == Tests::With;
        let id = match root {
            Root::Files(dir, files) => self.add_files(dir, files),
            Root::Named(place) => self.intern(place, reads_tests),
            Root::Matched(place) => {
                let id = self.intern(place, reads_tests);
                self.matched.push(id);
                id
            }
        };
        if !self.program.roots.contains(&id) {
            self.program.roots.push(id);
        }
    }

    /// Adds a package of the standard library that nobody named.
    fn add_implied(&mut self, path: &str) {
        match self.resolver.standard(path) {
            Some(place) => {
                let id = self.intern(place, false);
                self.program.implied.push(id);
            }
            None => {
                let message = format!("package {path} is not in std");
                self.program.errors.push(LoadError::plain(Code::PackageNotFound, message));
            }
        }
    }

    fn add_files(&mut self, dir: PathBuf, files: Vec<PathBuf>) -> PackageId {
        let origin = match self.resolver.layout {
            Layout::Modules(_) => self.resolver.directory(&dir).map_or(Origin::Loose, |place| place.origin),
            _ if dir.starts_with(self.resolver.config.goroot.src()) => Origin::Standard,
            _ => Origin::Loose,
        };
        let place = Place { path: COMMAND_LINE.to_owned(), dir, origin };
        let id = self.intern(place, false);
        if let Some(pending) = self.pending.last_mut() {
            pending.named_files = Some(files);
        }
        id
    }

    /// The package at `place`, added when it is new.
    fn intern(&mut self, place: Place, reads_tests: bool) -> PackageId {
        if let Some(&id) = self.ids.get(&place.path) {
            return id;
        }
        let id = self.program.packages.push(empty_package(&place));
        self.ids.insert(place.path.clone(), id);
        if !self.program.packages[id].is_unsafe() {
            self.pending.push(Pending { id, place, named_files: None, reads_tests });
        }
        id
    }

    fn wave(&mut self) {
        let wave = std::mem::take(&mut self.pending);
        let resolver = &self.resolver;
        let selections: Vec<_> = wave.par_iter().map(|pending| select_files(resolver, pending)).collect();
        let numbered: Vec<_> = wave
            .iter()
            .zip(selections)
            .map(|(pending, selection)| selection.map(|selection| self.number_files(pending, selection)))
            .collect();
        let parser = match self.resolver.config.branches {
            Branches::Parser => syntax::parse,
            Branches::Checker => syntax::parse_grammar,
        };
        let sources = self.sources;
        let takes_cgo = self.resolver.config.branches == Branches::Checker;
        let parse_one = |id: FileId| {
            let (tree, diagnostics) = parser(sources, id);
            let is_ignored = !takes_cgo && imports_c(&tree);
            (tree, diagnostics, is_ignored)
        };
        let heads = (self.resolver.config.heads == HeadRules::GoCommand)
            .then(|| Heads { sources, dir: &self.resolver.config.dir });
        let parsed: Vec<_> = wave
            .par_iter()
            .zip(numbered)
            .map(|(pending, numbered)| numbered.map(|numbered| parse(&parse_one, heads, pending, numbered)))
            .collect();
        for (pending, parsed) in wave.iter().zip(parsed) {
            match parsed {
                Ok(parsed) => self.take(pending, parsed),
                Err(error) => self.break_package(pending.id, select_fault(pending, error)),
            }
        }
    }

    /// Gives every selected file its place on the number line.
    fn number_files(&mut self, pending: &Pending, selection: Selection) -> Numbered {
        self.program.packages[pending.id].has_assembly = !selection.assembly.is_empty();
        let mut files = Vec::new();
        for Candidate { name, bytes, .. } in selection.go {
            if name.ends_with("_test.go") && !pending.reads_tests && pending.named_files.is_none() {
                files.push(NumberedFile::Unread);
                continue;
            }
            let path = pending.place.dir.join(&name);
            match self.sources.add(&path.display().to_string(), SourceText::new(bytes)) {
                Some(id) => files.push(NumberedFile::Read { id, name, path }),
                None => files.push(NumberedFile::TooMuch { name }),
            }
        }
        Numbered { files, ignored: selection.ignored }
    }

    fn take(&mut self, pending: &Pending, parsed: Result<Parsed, Fault>) {
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(fault) => return self.break_package(pending.id, fault),
        };
        let package = &mut self.program.packages[pending.id];
        let units = || parsed.plain.iter().chain(&parsed.tests.internal).chain(&parsed.tests.external);
        package.ignored = parsed.ignored;
        let Some(name) = parsed.name else {
            // Without any package clause there are only syntax errors to report.
            package.files = parsed.plain;
            return;
        };
        package.name = name;
        let imports = imports_of(units().map(AsRef::as_ref));
        package.files = parsed.plain;
        package.tests = parsed.tests;
        for import in imports {
            let id = self.resolve_import(pending, import);
            self.program.packages[pending.id].imports.insert(import, id);
        }
        self.resolve_embeds(pending.id);
    }

    fn resolve_import(&mut self, pending: &Pending, import: Symbol) -> PackageId {
        let place = &pending.place;
        let importer =
            Importer { path: &place.path, dir: &place.dir, is_standard: place.origin == Origin::Standard };
        let key = (self.importer_class(importer), import);
        if let Some(&id) = self.resolved.get(&key) {
            return id;
        }
        let id = match self.resolver.resolve(import.as_str(), Some(importer)) {
            Ok(place) => self.intern(place, false),
            Err(unresolved) => self.missing(import, unresolved),
        };
        self.resolved.insert(key, id);
        id
    }

    fn importer_class(&self, importer: Importer<'_>) -> ImporterClass {
        match self.resolver.layout {
            _ if importer.is_standard && importer.path.starts_with("cmd") => ImporterClass::Command,
            _ if importer.is_standard => ImporterClass::Standard,
            Layout::Gopath(_) => ImporterClass::Directory(importer.dir.to_owned()),
            _ => ImporterClass::Module,
        }
    }

    /// A package that stands for an import path which leads nowhere.
    fn missing(&mut self, import: Symbol, unresolved: Unresolved) -> PackageId {
        let place = Place { path: import.to_string(), dir: PathBuf::new(), origin: Origin::Loose };
        let id = match self.ids.get(&place.path) {
            Some(&id) => return id,
            None => self.program.packages.push(empty_package(&place)),
        };
        self.ids.insert(place.path, id);
        self.break_package(id, Fault::new(unresolved.code, unresolved.message));
        id
    }

    fn break_package(&mut self, id: PackageId, fault: Fault) {
        self.program.packages[id].is_broken = true;
        self.faults.entry(id).or_default().push(fault);
    }

    /// Finds the files of every pattern; as the go command, one that matches nothing hides those that sort after it.
    fn resolve_embeds(&mut self, id: PackageId) {
        let package = &self.program.packages[id];
        let units = package.files.iter().chain(&package.tests.internal).chain(&package.tests.external);
        let mut patterns: Vec<_> = units.flat_map(|unit| embed_patterns(unit)).collect();
        patterns.sort();
        patterns.dedup_by(|a, b| a.0 == b.0);
        let mut embeds = IndexMap::new();
        let mut fault = None;
        for (pattern, pos) in patterns {
            match embed::resolve(self.resolver.system, &package.dir, pattern) {
                Ok(files) => drop(embeds.insert(pattern.to_owned(), files)),
                Err(message) => {
                    let location = self.sources.location(pos).map(|location| self.shorten(location));
                    fault = Some(Fault { location, ..Fault::new(Code::EmbedPattern, message) });
                    break;
                }
            }
        }
        self.program.packages[id].embeds = embeds;
        self.faults.entry(id).or_default().extend(fault);
    }

    /// A location as load errors show it.
    fn shorten(&self, location: base::Location) -> base::Location {
        let name = short_path(Path::new(&*location.name), &self.resolver.config.dir);
        base::Location { name: name.into(), ..location }
    }

    fn finish(mut self) -> Program {
        self.drop_unmatched();
        if self.resolver.config.tests == Tests::With {
            variants::add(&mut self.program);
        }
        order::finish(&mut self);
        if let Layout::Modules(modules) = self.resolver.layout {
            self.program.main_modules.clone_from(&modules.main);
        }
        self.program
    }

    /// A pattern does not complain about directories that hold nothing for this platform.
    fn drop_unmatched(&mut self) {
        let mut dropped = FxHashSet::default();
        for &id in &self.matched {
            let faults = self.faults.get(&id).map_or(&[][..], |faults| faults);
            let is_nothing = !faults.is_empty() && faults.iter().all(|fault| fault.code == Code::NoGoFiles);
            if is_nothing && faults.iter().any(|fault| fault.message.starts_with(ONLY_TESTS)) {
                self.faults.remove(&id);
                self.program.packages[id].is_broken = false;
            } else if is_nothing {
                dropped.insert(id);
            }
        }
        self.program.roots.retain(|id| !dropped.contains(id));
    }
}

fn empty_package(place: &Place) -> Package {
    Package {
        path: Symbol::intern(&place.path),
        variant: Variant::Plain,
        name: Symbol::intern(place.path.rsplit('/').next().unwrap_or_default()),
        dir: place.dir.clone(),
        go_minor: place.go_minor(),
        origin: place.origin.clone(),
        files: Vec::new(),
        tests: TestFiles::default(),
        imports: IndexMap::new(),
        has_assembly: false,
        embeds: IndexMap::new(),
        ignored: Vec::new(),
        is_broken: false,
    }
}
