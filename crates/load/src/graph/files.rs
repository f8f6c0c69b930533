//! The files of one package: which they are, and what they are once they are parsed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{FileId, Symbol};
use diag::{Code, Diagnostic};
use rayon::prelude::*;
use syntax::{DeclKind, DirectiveKind};

use super::heads::Heads;
use super::{Fault, Pending};
use crate::error::ShowStack;
use crate::modules::io_text;
use crate::program::{Origin, SourceUnit, TestFiles};
use crate::resolve::Resolver;
use crate::select::{self, Kind, SelectError, Selection};
use crate::tags::{Arch, TagSet};

/// What is wrong with a package that has test files only, when it is not under test.
pub(super) const ONLY_TESTS: &str = "no non-test Go files in";

/// A package that was read: its units in the three roles, or what stopped it.
pub(super) struct Parsed {
    /// Its name, `p` also where all files are of package `p_test`.
    pub(super) name: Option<Symbol>,
    pub(super) plain: Vec<Arc<SourceUnit>>,
    pub(super) tests: TestFiles,
    pub(super) ignored: Vec<String>,
}

pub(super) fn select_files(resolver: &Resolver<'_>, pending: &Pending) -> Result<Selection, SelectError> {
    let place = &pending.place;
    let user_tags = &resolver.config.tags;
    match &pending.named_files {
        Some(files) => {
            let tags = TagSet { arch: Arch::Amd64, is_pure_go: false, user: user_tags.clone() };
            select::select_named(resolver.system, files, tags)
        }
        None => {
            let kind = if place.origin == Origin::Standard { Kind::Standard } else { Kind::User };
            select::select(resolver.system, &place.dir, &place.path, kind, user_tags)
        }
    }
}

pub(super) fn select_fault(pending: &Pending, error: SelectError) -> Fault {
    match error {
        SelectError::Io(path, error) => {
            let message = format!("open {}: {}", path.display(), io_text(&error));
            Fault::new(Code::FileAccess, message)
        }
        SelectError::TooMuch(file) => too_much(&file),
        SelectError::Constraint(file, message) => {
            let fault = Fault::new(Code::BuildConstraint, format!("{file}: {message}"));
            Fault { is_located_at_import: !pending.reads_tests, ..fault }
        }
    }
}

fn too_much(file: &str) -> Fault {
    Fault::new(Code::FileAccess, format!("{file}: more than 4 GB of source in one program"))
}

/// The files of one package on their way to the parser.
pub(super) struct Numbered {
    pub(super) files: Vec<NumberedFile>,
    pub(super) ignored: Vec<String>,
}

pub(super) enum NumberedFile {
    Read {
        id: FileId,
        name: String,
        path: PathBuf,
    },
    /// A test file that does not matter here.
    Unread,
    /// The source map is full.
    TooMuch {
        name: String,
    },
}

/// How a numbered file becomes a tree, and whether the file is cgo's.
pub(super) type ParseOne<'p> = dyn Fn(FileId) -> (syntax::File, Vec<Diagnostic>, bool) + Sync + 'p;

pub(super) fn parse(
    parse_one: &ParseOne<'_>,
    heads: Option<Heads<'_>>,
    pending: &Pending,
    numbered: Numbered,
) -> Result<Parsed, Fault> {
    let n_unread = numbered.files.iter().filter(|file| matches!(file, NumberedFile::Unread)).count();
    let mut ignored = numbered.ignored;
    let mut units = Vec::new();
    let files: Vec<_> = numbered.files.into_par_iter().map(|file| parse_file(parse_one, file)).collect();
    for file in files {
        match file {
            ParsedFile::Ignored(name) => ignored.push(name),
            ParsedFile::Unit(unit) => match heads.and_then(|heads| heads.fault(pending, &unit)) {
                Some(fault) => return Err(fault),
                None => units.push(unit),
            },
            ParsedFile::Unread => {}
            ParsedFile::TooMuch(name) => {
                return Err(too_much(&name));
            }
        }
    }
    sort_into_roles(units, ignored, n_unread)
}

enum ParsedFile {
    Unit(Arc<SourceUnit>),
    Ignored(String),
    Unread,
    TooMuch(String),
}

fn parse_file(parse_one: &ParseOne<'_>, file: NumberedFile) -> ParsedFile {
    match file {
        NumberedFile::Read { id, name, path } => {
            let (tree, diagnostics, is_ignored) = parse_one(id);
            if is_ignored {
                return ParsedFile::Ignored(name);
            }
            ParsedFile::Unit(Arc::new(SourceUnit { id, name, path, tree: Arc::new(tree), diagnostics }))
        }
        NumberedFile::Unread => ParsedFile::Unread,
        NumberedFile::TooMuch { name } => ParsedFile::TooMuch(name),
    }
}

/// Splits files into the package, its tests and its external tests, and checks that they agree on a name.
fn sort_into_roles(
    units: Vec<Arc<SourceUnit>>,
    ignored: Vec<String>,
    n_unread: usize,
) -> Result<Parsed, Fault> {
    let mut parsed = Parsed { name: None, plain: Vec::new(), tests: TestFiles::default(), ignored };
    let mut first: Option<(Symbol, String)> = None;
    for unit in units {
        let Some(name) = unit.tree.package.map(|ident| unit.tree.name(ident)) else {
            parsed.plain.push(unit);
            continue;
        };
        let is_test = unit.name.ends_with("_test.go");
        let external = if is_test { name.as_str().strip_suffix("_test") } else { None };
        let base_name = external.map_or(name, Symbol::intern);
        match &first {
            Some((other, file)) if *other != base_name => {
                let message = format!("found packages {other} ({file}) and {base_name} ({}) in ", unit.name);
                let dir = unit.path.parent().unwrap_or(Path::new("")).display();
                return Err(Fault::new(Code::MismatchedPkgName, format!("{message}{dir}")));
            }
            _ => first = Some((base_name, unit.name.clone())),
        }
        parsed.name = parsed.name.or(Some(base_name));
        match (is_test, external.is_some()) {
            (false, _) => parsed.plain.push(unit),
            (true, false) => parsed.tests.internal.push(unit),
            (true, true) => parsed.tests.external.push(unit),
        }
    }
    let n_tests = parsed.tests.internal.len() + parsed.tests.external.len();
    if parsed.plain.is_empty() && n_tests == 0 {
        return Err(no_files(&parsed, n_unread));
    }
    Ok(parsed)
}

/// The directory is added to the text by [`order`], which knows how the package is named.
fn no_files(parsed: &Parsed, n_unread: usize) -> Fault {
    let message = match (n_unread, parsed.ignored.is_empty()) {
        (1.., _) => ONLY_TESTS,
        (0, false) => "build constraints exclude all Go files in",
        (0, true) => "no Go files in",
    };
    let fault = Fault::new(Code::NoGoFiles, message.to_owned());
    Fault { show: ShowStack::Always, is_located_at_import: false, ..fault }
}

/// Whether a file is cgo's, which Groundhog builds without.
pub(super) fn imports_c(tree: &syntax::File) -> bool {
    import_paths(tree).any(|(path, _)| path == "C")
}

/// The import paths of a file, and where each is written.
pub(super) fn import_paths(tree: &syntax::File) -> impl Iterator<Item = (String, base::Pos)> + '_ {
    tree[tree.decls].iter().filter_map(|&decl| match tree[decl].kind {
        DeclKind::Import { path: Some(path), .. } => {
            let text = syntax::unquote(tree.literal_text(path))?;
            Some((String::from_utf8(text).ok()?, tree[decl].pos))
        }
        _ => None,
    })
}

/// The distinct import paths of some files, sorted.
pub(super) fn imports_of<'u>(units: impl Iterator<Item = &'u SourceUnit>) -> Vec<Symbol> {
    let mut imports: Vec<_> =
        units.flat_map(|unit| import_paths(&unit.tree).map(|(path, _)| Symbol::intern(&path))).collect();
    imports.sort();
    imports.dedup();
    imports
}

/// The patterns of a file's `//go:embed` lines, and where each is written.
pub(super) fn embed_patterns(unit: &SourceUnit) -> impl Iterator<Item = (&str, base::Pos)> {
    let file_end = unit.tree.end;
    // Elsewhere the directive is an error, which the compiler reports.
    let counts = import_paths(&unit.tree).any(|(path, _)| path == "embed");
    unit.tree.directives.iter().filter(move |_| counts).flat_map(move |directive| {
        let DirectiveKind::Embed(patterns) = &directive.kind else { return Vec::new() };
        let line = unit.tree.text_between(directive.pos, file_end).lines().next().unwrap_or_default();
        let mut at = "go:embed".len();
        let mut placed = Vec::new();
        for pattern in patterns {
            // A quoted pattern with escapes is not found as it is: its place is then the end of the one before.
            let start = line[at..].find(pattern.as_str()).map_or(at, |offset| at + offset);
            let offset = u32::try_from(start).expect("a line is shorter than the number line");
            placed.push((pattern.as_str(), directive.pos.plus(offset)));
            at = (start + pattern.len()).min(line.len());
        }
        placed
    })
}
