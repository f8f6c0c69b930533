//! Which files of a directory make up a package.
//!
//! Every `.go` and `.s` file is read once; the tag rule of [`crate::tags`] then decides, if need be twice, which of
//! them exist. Nothing is parsed here: what depends on the package clause or the imports is decided in
//! [`graph`](crate::graph).

use std::io;
use std::path::{Path, PathBuf};

use base::{FileKind, System};

use crate::constraint::{self, Constraint};
use crate::overlay::{self, Mode, OverlayPackage};
use crate::tags::{self, Arch, TagSet};

/// A file of the directory, as far as selection is concerned.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Base name.
    pub(crate) name: String,
    /// The contents; empty for assembly that is not selected.
    pub(crate) bytes: Vec<u8>,
    /// The constraint at its head.
    pub(crate) constraint: Option<Constraint>,
}

impl Candidate {
    pub(crate) fn is_go(&self) -> bool {
        self.name.ends_with(".go")
    }
}

/// The outcome for one directory.
#[derive(Debug)]
pub(crate) struct Selection {
    /// The `.go` files that exist under the chosen tags, tests included, sorted by name.
    pub(crate) go: Vec<Candidate>,
    /// Names of the `.s` files that exist: their presence allows functions without a body.
    pub(crate) assembly: Vec<String>,
    /// Names of the `.go` files that the constraints leave out.
    pub(crate) ignored: Vec<String>,
    /// The tags that were on.
    pub(crate) tags: TagSet,
}

/// Why a directory cannot be selected from.
#[derive(Debug)]
pub(crate) enum SelectError {
    /// It cannot be read.
    Io(PathBuf, io::Error),
    /// A constraint is malformed: file name and text.
    Constraint(String, String),
    /// A file of this name is too large to be read.
    TooMuch(String),
}

/// The longest file that is read: positions are numbers of 32 bits.
const MAX_FILE: u64 = u32::MAX as u64;

/// What kind of package it is for the tag rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of the standard library: "no assembly" tags are always on, and the overlay applies.
    Standard,
    /// Any other.
    User,
}

/// Selects the files of `dir`, which holds the package `import_path`.
pub(crate) fn select(
    system: &dyn System,
    dir: &Path,
    import_path: &str,
    kind: Kind,
    user_tags: &[Box<str>],
) -> Result<Selection, SelectError> {
    let overlay = if kind == Kind::Standard { overlay::package(import_path) } else { None };
    let mut candidates = match overlay {
        Some(package) if package.entry.mode == Mode::Package => Vec::new(),
        _ => read_directory(system, dir)?,
    };
    if let Some(package) = overlay {
        lay_over(&mut candidates, package)?;
    }
    Ok(apply_tag_rule(candidates, import_path, kind, user_tags))
}

/// Selects among files that are not found by listing a directory but given by name.
pub(crate) fn select_named(
    system: &dyn System,
    paths: &[PathBuf],
    tags: TagSet,
) -> Result<Selection, SelectError> {
    let mut go = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let candidate = read_candidate(system, path, name)?;
        go.push(candidate);
    }
    Ok(Selection { go, assembly: Vec::new(), ignored: Vec::new(), tags })
}

fn read_directory(system: &dyn System, dir: &Path) -> Result<Vec<Candidate>, SelectError> {
    let entries = system.read_dir(dir).map_err(|error| SelectError::Io(dir.to_owned(), error))?;
    let is_source = |name: &str| name.ends_with(".go") || name.ends_with(".s");
    entries
        .into_iter()
        .filter(|entry| entry.kind != FileKind::Directory && is_source(&entry.name))
        .filter(|entry| !entry.name.starts_with(['_', '.']))
        .map(|entry| read_candidate(system, &dir.join(&entry.name), entry.name))
        .collect()
}

fn read_candidate(system: &dyn System, path: &Path, name: String) -> Result<Candidate, SelectError> {
    if system.stat(path).is_ok_and(|metadata| metadata.n_bytes > MAX_FILE) {
        return Err(SelectError::TooMuch(name));
    }
    let bytes = system.read(path).map_err(|error| SelectError::Io(path.to_owned(), error))?;
    candidate(name, bytes)
}

fn candidate(name: String, bytes: Vec<u8>) -> Result<Candidate, SelectError> {
    match constraint::of_source(&bytes) {
        Ok(constraint) => Ok(Candidate { name, bytes, constraint }),
        Err(error) => Err(SelectError::Constraint(name, error.to_string())),
    }
}

fn lay_over(candidates: &mut Vec<Candidate>, package: &OverlayPackage) -> Result<(), SelectError> {
    candidates.retain(|file| !package.entry.drop.contains(&file.name));
    for file in candidates.iter_mut() {
        overlay::hide_functions(&mut file.bytes, &package.entry.replace);
    }
    for &(name, bytes) in &package.files {
        candidates.retain(|file| file.name != name);
        candidates.push(candidate(name.to_owned(), bytes.to_vec())?);
    }
    candidates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

/// Tries the tag sets in order of preference until no assembly is left, or none is left to try.
fn apply_tag_rule(candidates: Vec<Candidate>, import_path: &str, kind: Kind, user: &[Box<str>]) -> Selection {
    let set = |arch, is_pure_go| TagSet { arch, is_pure_go, user: user.to_vec() };
    let tag_sets = match (tags::pinned(import_path), kind) {
        (Some(arch), _) => vec![set(arch, true)],
        (None, Kind::Standard) => vec![set(Arch::Amd64, true), set(Arch::Unknown, true)],
        (None, Kind::User) => vec![set(Arch::Amd64, false), set(Arch::Amd64, true), set(Arch::Unknown, true)],
    };
    let has_assembly = |tags: &TagSet| {
        candidates.iter().any(|file| !file.is_go() && tags.selects(&file.name, file.constraint.as_ref()))
    };
    let chosen = tag_sets.iter().find(|tags| !has_assembly(tags)).or(tag_sets.last());
    let tags = chosen.cloned().unwrap_or_else(|| set(Arch::Amd64, true));
    let mut selection = Selection { go: Vec::new(), assembly: Vec::new(), ignored: Vec::new(), tags };
    for file in candidates {
        let is_selected = selection.tags.selects(&file.name, file.constraint.as_ref());
        match (file.is_go(), is_selected) {
            (true, true) => selection.go.push(file),
            (true, false) => selection.ignored.push(file.name),
            (false, true) => selection.assembly.push(file.name),
            (false, false) => {}
        }
    }
    selection
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SystemMem;

    fn names(system: &SystemMem, path: &str, kind: Kind) -> (Vec<String>, Vec<String>) {
        let selection = select(system, Path::new("/p"), path, kind, &[]).unwrap();
        (selection.go.into_iter().map(|file| file.name).collect(), selection.assembly)
    }

    #[test]
    fn assembly_makes_a_package_fall_back_to_pure_go() {
        let system = SystemMem::with_files([
            ("/p/a.go", "package p"),
            ("/p/a_amd64.go", "package p"),
            ("/p/a_amd64.s", ""),
            ("/p/a_noasm.go", "//go:build !amd64\n\npackage p"),
            ("/p/a_windows.go", "package p"),
            ("/p/_hidden.go", "package q"),
            ("/p/a_test.go", "package p"),
        ]);
        let expected: Vec<String> = ["a.go", "a_noasm.go", "a_test.go"].map(String::from).into();
        assert_eq!(names(&system, "math", Kind::Standard), (expected.clone(), vec![]));
        assert_eq!(names(&system, "example.com/p", Kind::User), (expected, vec![]));
        // A pinned package keeps its assembly.
        assert_eq!(names(&system, "syscall", Kind::Standard).1, ["a_amd64.s"]);
    }

    #[test]
    fn pure_go_tags_come_before_an_unknown_architecture() {
        let system = SystemMem::with_files([
            ("/p/a.go", "//go:build !purego\n\npackage p"),
            ("/p/a_amd64.s", "//go:build !purego\n"),
            ("/p/b.go", "//go:build purego && amd64\n\npackage p"),
            ("/p/c.go", "//go:build !amd64\n\npackage p"),
        ]);
        assert_eq!(names(&system, "x", Kind::User).0, ["b.go"]);
    }

    #[test]
    fn a_user_package_without_assembly_does_not_see_the_pure_go_tags() {
        let system =
            SystemMem::with_files([("/p/a.go", "//go:build purego\n\npackage p"), ("/p/b.go", "package p")]);
        assert_eq!(names(&system, "x", Kind::User).0, ["b.go"]);
        assert_eq!(names(&system, "x", Kind::Standard).0, ["a.go", "b.go"]);
    }

    #[test]
    fn a_malformed_constraint_is_an_error() {
        let system = SystemMem::with_files([("/p/a.go", "//go:build a &&\n\npackage p")]);
        let error = select(&system, Path::new("/p"), "x", Kind::User, &[]).unwrap_err();
        let SelectError::Constraint(name, text) = error else { panic!("{error:?}") };
        assert_eq!((&*name, &*text), ("a.go", "parsing //go:build line: unexpected end of expression"));
    }
}
