//! Runs the type checker's own tests of the Go project and prints how many of their expectations are met:
//! `check_testdata GOROOT [-v] [FILTER...]`.
//!
//! A test is a file (or the files of a directory) with comments `/* ERROR "text" */` or `/* ERRORx "regexp" */`: at the
//! token before such a comment an error must be reported that contains the text, and no other errors may be.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use base::{FileId, SourceMap, SourceText, Symbol, System, SystemOs, sym};
use check::{Config, GoVersion, ImportError, Importer, check_package};
use diag::Diagnostic;
use load::{GoEnv, Tests};
use regex::Regex;
use syntax::File;
use types::{PackageId, Types};

/// The folders of tests with the column tolerance that the Go project's own runner has.
const FOLDERS: [(&str, u32); 4] = [("check", 50), ("spec", 20), ("examples", 125), ("fixedbugs", 100)];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((goroot, rest)) = args.split_first() else { return };
    let is_verbose = rest.iter().any(|arg| arg == "-v");
    let filters: Vec<&String> = rest.iter().filter(|arg| *arg != "-v").collect();
    let root = Path::new(goroot).join("src/internal/types/testdata");
    let mut tests = Vec::new();
    for (folder, tolerance) in FOLDERS {
        for paths in find_tests(&root.join(folder)) {
            tests.push(Test::read(paths, tolerance));
        }
    }
    let sources = SourceMap::new();
    let types = Types::new();
    let imports = check_imports(goroot, &sources, &types, &tests);
    let mut total = Outcome::default();
    let (mut n_clean, mut n_run) = (0, 0);
    for test in &tests {
        let name = test.name();
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
            continue;
        }
        let run = || test.run(&sources, &types, &imports);
        let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| test.crashed());
        n_run += 1;
        n_clean += u32::from(outcome.problems.is_empty());
        if !outcome.problems.is_empty() || is_verbose {
            println!("=== {name}");
            outcome.problems.iter().for_each(|problem| println!("{problem}"));
        }
        total.n_expected += outcome.n_expected;
        total.n_met += outcome.n_met;
        total.n_unexpected += outcome.n_unexpected;
    }
    let Outcome { n_expected, n_met, n_unexpected, .. } = total;
    println!("{n_met} of {n_expected} errors as expected, {n_unexpected} others, {n_clean} of {n_run} files clean");
}

/// The tests of a folder: its files, and the files of each folder in it.
fn find_tests(folder: &Path) -> Vec<Vec<PathBuf>> {
    let entries = |dir: &Path| {
        let entries = SystemOs.read_dir(dir).unwrap_or_default();
        let mut names: Vec<String> = entries.into_iter().map(|entry| entry.name).collect();
        names.sort();
        names.into_iter().map(|name| dir.join(name)).collect::<Vec<_>>()
    };
    let go_files = |paths: Vec<PathBuf>| paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "go"));
    let mut tests = Vec::new();
    for path in entries(folder) {
        let inner: Vec<PathBuf> = go_files(entries(&path)).collect();
        if inner.is_empty() { tests.extend(go_files(vec![path]).map(|path| vec![path])) } else { tests.push(inner) }
    }
    tests
}

struct Test {
    paths: Vec<PathBuf>,
    texts: Vec<String>,
    tolerance: u32,
}

/// An expected error.
struct Expected {
    line: u32,
    column: u32,
    pattern: Regex,
    is_met: bool,
}

#[derive(Default)]
struct Outcome {
    n_expected: u32,
    n_met: u32,
    n_unexpected: u32,
    problems: Vec<String>,
}

/// The packages of the standard library by path.
type Imports = BTreeMap<String, PackageId>;

struct TestImporter<'a>(&'a Imports);

impl Importer for TestImporter<'_> {
    fn import(&self, path: &str) -> Result<PackageId, ImportError> {
        let reason = || format!("package {path} is not in std");
        self.0.get(path).copied().ok_or_else(|| ImportError { reason: reason() })
    }
}

impl Test {
    fn read(paths: Vec<PathBuf>, tolerance: u32) -> Self {
        let read = |path: &PathBuf| String::from_utf8_lossy(&SystemOs.read(path).unwrap_or_default()).into_owned();
        let texts = paths.iter().map(read).collect();
        Self { paths, texts, tolerance }
    }

    fn name(&self) -> String {
        self.paths[0].to_string_lossy().into_owned()
    }

    /// A flag on the first line, as in `// -lang=go1.17`.
    fn flag(&self, name: &str) -> Option<&str> {
        let line = self.texts[0].lines().next()?.strip_prefix("//")?.trim_start();
        let mut flags = line.starts_with('-').then_some(line)?.split_whitespace();
        flags.find_map(|flag| flag.trim_start_matches('-').strip_prefix(name)?.strip_prefix('='))
    }

    fn has_flag(&self, name: &str) -> bool {
        let line = self.texts[0].lines().next().and_then(|line| line.strip_prefix("//"));
        line.is_some_and(|line| line.trim_start().starts_with('-') && line.contains(name))
    }

    fn expected(&self) -> Vec<Vec<Expected>> {
        self.texts.iter().map(|text| expectations(text)).collect()
    }

    fn crashed(&self) -> Outcome {
        let n_expected = self.expected().iter().map(|file| file.len() as u32).sum();
        Outcome { n_expected, n_unexpected: 1, problems: vec!["CRASH".to_owned()], ..Outcome::default() }
    }

    fn run(&self, sources: &SourceMap, types: &Types, imports: &Imports) -> Outcome {
        let mut diagnostics = Vec::new();
        let mut trees = Vec::new();
        for (path, text) in self.paths.iter().zip(&self.texts) {
            let text = SourceText::new(text.clone().into_bytes());
            let id = sources.add(&path.to_string_lossy(), text).expect("a small file");
            let (tree, found) = syntax::parse_grammar(sources, id);
            diagnostics.extend(found);
            trees.push(Arc::new(tree));
        }
        diagnostics.extend(self.check(sources, types, imports, &trees));
        self.compare(sources, &trees, &diagnostics)
    }

    fn check(
        &self,
        sources: &SourceMap,
        types: &Types,
        imports: &Imports,
        trees: &[Arc<File>],
    ) -> Vec<Diagnostic> {
        let name = trees[0].package.map_or(sym::EMPTY, |ident| trees[0].name(ident));
        // As many tests are called `p` as there are tests; their names differ by what looks like a test variant.
        let package = types.add_package(Symbol::intern(&format!("{name} [{}]", self.name())), name, false);
        let config = Config {
            types,
            sources,
            go_version: self.flag("lang").and_then(GoVersion::parse).unwrap_or(GoVersion::LATEST),
            importer: &TestImporter(imports),
            test_builtins: true,
            check_branches: true,
            fake_import_c: self.has_flag("fakeImportC"),
        };
        check_package(&config, package, trees.to_vec()).diagnostics
    }

    fn compare(&self, sources: &SourceMap, trees: &[Arc<File>], diagnostics: &[Diagnostic]) -> Outcome {
        let ids: Vec<FileId> = trees.iter().map(|tree| tree.id).collect();
        let mut expected = self.expected();
        let mut outcome =
            Outcome { n_expected: expected.iter().map(|file| file.len() as u32).sum(), ..Outcome::default() };
        for diagnostic in diagnostics {
            let message = full_message(sources, diagnostic);
            let place = sources.physical_location(diagnostic.pos());
            let (line, column) = place.map_or((0, 0), |place| (place.line, place.column));
            let file = sources.file_of(diagnostic.pos()).and_then(|id| ids.iter().position(|&other| other == id));
            let candidates = file.map(|file| expected[file].iter_mut()).into_iter().flatten();
            let closest = candidates
                .filter(|expected| !expected.is_met && expected.line == line && expected.pattern.is_match(&message))
                .min_by_key(|expected| expected.column.abs_diff(column));
            let path = &self.paths[file.unwrap_or(0)];
            let problem = match closest {
                Some(expected) => {
                    expected.is_met = true;
                    outcome.n_met += 1;
                    if expected.column.abs_diff(column) <= self.tolerance {
                        continue;
                    }
                    format!("got column {column}, want {}", expected.column)
                }
                None => {
                    outcome.n_unexpected += 1;
                    format!("unexpected: {message:?}")
                }
            };
            outcome.problems.push(format!("{}:{line}:{column}: {problem}", path.display()));
        }
        for (path, expected) in self.paths.iter().zip(&expected) {
            for missed in expected.iter().filter(|expected| !expected.is_met) {
                let Expected { line, column, pattern, .. } = missed;
                outcome.problems.push(format!("{}:{line}:{column}: missing: {pattern}", path.display()));
            }
        }
        outcome
    }
}

/// The message with its notes, as Go's type checker puts them together.
fn full_message(sources: &SourceMap, diagnostic: &Diagnostic) -> String {
    let mut message = diagnostic.message.clone();
    for note in &diagnostic.notes {
        message.push_str("\n\t");
        if let Some(place) = sources.location(note.span.start) {
            message.push_str(&format!("{place}: "));
        }
        message.push_str(&note.message);
    }
    message
}

/// The `ERROR` comments of a file, at the places of the tokens before them.
fn expectations(text: &str) -> Vec<Expected> {
    let mut expected = Vec::new();
    let mut tokens = Tokens { text, offset: 0 };
    let mut previous = 0;
    while let Some((start, token)) = tokens.next() {
        let comment = match token.get(..2) {
            Some("//") => &token[2..],
            Some("/*") => &token[2..token.len() - 2],
            _ => {
                previous = start;
                continue;
            }
        };
        let pattern = match (comment.strip_prefix(" ERROR "), comment.strip_prefix(" ERRORx ")) {
            (Some(text), _) => Regex::new(&regex::escape(&unquote(text))),
            // In Go's regular expressions a lone brace stands for itself.
            (None, Some(pattern)) => Regex::new(&unquote(pattern).replace("{}", r"\{\}")),
            (None, None) => continue,
        };
        let before = &text[..previous];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        expected.push(Expected {
            line: before.matches('\n').count() as u32 + 1,
            column: (previous - line_start) as u32 + 1,
            pattern: pattern.expect("a valid regular expression"),
            is_met: false,
        });
    }
    expected
}

/// The text of a Go string literal.
fn unquote(literal: &str) -> String {
    let value = constant::parse_literal(constant::Literal::String, literal.trim());
    String::from_utf8_lossy(&value.as_bytes().unwrap_or_default()).into_owned()
}

/// Splits Go source into words, literals, comments and single characters, as far as their places need it.
struct Tokens<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<(usize, &'a str)> {
        let rest = self.text[self.offset..].trim_start();
        let start = self.text.len() - rest.len();
        let first = rest.chars().next()?;
        let to_end_of_line = || rest.find('\n').unwrap_or(rest.len());
        let len = match first {
            '/' if rest.starts_with("//") => to_end_of_line(),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '`' => rest[1..].find('`').map_or(rest.len(), |end| end + 2),
            '"' | '\'' => quoted_len(rest, first).min(to_end_of_line()),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        self.offset = start + len.max(1);
        Some((start, &rest[..len.max(1)]))
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn quoted_len(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return i + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}

/// Checks everything that the tests import.
fn check_imports(goroot: &str, sources: &SourceMap, types: &Types, tests: &[Test]) -> Imports {
    let import = Regex::new(r#"(?m)^\s*(?:import\s+)?(?:[\w.]+\s+)?"([a-z0-9/]+)""#).expect("a valid expression");
    let texts = tests.iter().flat_map(|test| &test.texts);
    let paths: BTreeSet<String> =
        texts.flat_map(|text| import.captures_iter(text).map(|found| found[1].to_owned())).collect();
    let system = SystemOs;
    let goroot = load::goroot::find(&system, Some(Path::new(goroot))).expect("a readable GOROOT").expect("a GOROOT");
    let is_std = |path: &String| system.read_dir(&goroot.src().join(path)).is_ok();
    let patterns: Vec<String> = paths.into_iter().filter(is_std).collect();
    let env = GoEnv::read(&system, &goroot);
    let dir = goroot.src();
    let config =
        load::Config { goroot, dir, env, tags: vec![], mod_flag: None, mod_file: None, tests: Tests::Without, branches: load::Branches::Parser };
    let program = load::load(&system, sources, &config, &patterns);
    let mut ids: BTreeMap<load::PackageId, PackageId> = BTreeMap::new();
    let mut imports = Imports::new();
    for &id in &program.order {
        let package = &program.packages[id];
        if package.path == sym::UNSAFE {
            ids.insert(id, types.unsafe_package());
            imports.insert("unsafe".to_owned(), types.unsafe_package());
            continue;
        }
        let checked = types.add_package(package.path, package.name, false);
        ids.insert(id, checked);
        imports.insert(package.path.as_str().to_owned(), checked);
        let own = package.imports.iter().filter_map(|(path, id)| Some((path.as_str().to_owned(), *ids.get(id)?)));
        let own: Imports = own.collect();
        let config = Config {
            types,
            sources,
            go_version: GoVersion::LATEST,
            importer: &TestImporter(&own),
            test_builtins: false,
            check_branches: false,
            fake_import_c: false,
        };
        let trees = package.files.iter().map(|unit| Arc::clone(&unit.tree)).collect();
        for diagnostic in check_package(&config, checked, trees).diagnostics {
            println!("{}: {}", package.path, full_message(sources, &diagnostic));
        }
    }
    imports
}
