//! From an import path, as one package writes it, to the directory that holds the imported package.

mod versions;

use std::path::{Path, PathBuf};

use base::System;
use diag::Code;

use crate::error::LoadError;
use crate::goroot::GO_MINOR;
use crate::modules::{self, ModuleRef, Modules, Provided, has_go_files, subpath};
use crate::program::Origin;
use crate::{Config, overlay};

/// How packages outside of the standard library are found.
#[derive(Debug)]
pub enum Layout {
    /// `GO111MODULE=off`: below these directories.
    Gopath(Vec<PathBuf>),
    /// In modules.
    Modules(Box<Modules>),
    /// Module mode without a go.mod: there are none.
    Loose,
}

impl Layout {
    /// Decides as the go command does, from GO111MODULE and the go.mod and go.work files in sight.
    pub fn detect(system: &dyn System, config: &Config) -> Result<Self, LoadError> {
        let mode = config.env.get("GO111MODULE");
        if mode == "off" {
            return Ok(Self::Gopath(config.env.gopath()));
        }
        // The standard library's own go.mod is no module of the user's.
        if config.dir.starts_with(config.goroot.src()) {
            return Ok(Self::Loose);
        }
        let modules =
            modules::find(system, &config.dir, &config.env, config.mod_flag, config.mod_file.as_deref())?;
        Ok(match modules {
            Some(modules) => Self::Modules(Box::new(modules)),
            None if mode == "auto" => Self::Gopath(config.env.gopath()),
            None => Self::Loose,
        })
    }
}

/// Where a package is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The import path that is its identity.
    pub(crate) path: String,
    pub(crate) dir: PathBuf,
    pub(crate) origin: Origin,
}

impl Place {
    /// The language version of the package.
    pub(crate) fn go_minor(&self) -> u32 {
        match &self.origin {
            Origin::Module(module) => module.go_minor,
            Origin::Standard | Origin::Gopath | Origin::Loose => GO_MINOR,
        }
    }
}

/// Why there is no such package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unresolved {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Unresolved {
    fn missing(message: String) -> Self {
        Self { code: Code::PackageNotFound, message }
    }
}

/// Who imports, as far as resolution depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Importer<'a> {
    pub(crate) path: &'a str,
    pub(crate) dir: &'a Path,
    pub(crate) is_standard: bool,
}

pub(crate) struct Resolver<'a> {
    pub(crate) system: &'a dyn System,
    pub(crate) config: &'a Config,
    pub(crate) layout: &'a Layout,
}

impl Resolver<'_> {
    /// Finds what `path` means in a file of `importer`; `None` for the command line.
    pub(crate) fn resolve(&self, path: &str, importer: Option<Importer<'_>>) -> Result<Place, Unresolved> {
        if is_relative(path) {
            return self.relative(path, importer);
        }
        // On the command line the rules of modules go first: they say which character it is.
        if importer.is_none()
            && !matches!(self.layout, Layout::Gopath(_))
            && let Some(message) = malformed_argument(path)
        {
            return Err(Unresolved { code: Code::BadImportPath, message });
        }
        if let Some(invalid) = invalid_path(path) {
            return Err(Unresolved { code: Code::BadImportPath, message: invalid });
        }
        if let Some(importer) = importer
            && importer.is_standard
        {
            return self.in_standard(path, importer);
        }
        if !matches!(self.layout, Layout::Gopath(_))
            && let Some(malformed) = malformed_path(path)
        {
            return Err(Unresolved { code: Code::BadImportPath, message: malformed });
        }
        match self.layout {
            Layout::Gopath(roots) => self.in_gopath(path, importer, roots),
            Layout::Modules(modules) => {
                self.standard(path).map_or_else(|| self.in_modules(path, modules), Ok)
            }
            Layout::Loose => self.standard(path).ok_or_else(|| Unresolved::missing(self.missing_text(path))),
        }
    }

    /// The package `path` of the standard library.
    pub(crate) fn standard(&self, path: &str) -> Option<Place> {
        let dir = self.config.goroot.src().join(path);
        let exists = overlay::package(path).is_some() || path == "unsafe" || has_go_files(self.system, &dir);
        exists.then(|| Place { path: path.to_owned(), dir, origin: Origin::Standard })
    }

    /// Packages of the standard library see their vendored modules under the plain names.
    fn in_standard(&self, path: &str, importer: Importer<'_>) -> Result<Place, Unresolved> {
        let prefix = if subpath(importer.path, "cmd").is_some() { "cmd/vendor" } else { "vendor" };
        let vendored =
            if first_element(path).contains('.') { self.standard(&format!("{prefix}/{path}")) } else { None };
        vendored.or_else(|| self.standard(path)).ok_or_else(|| Unresolved::missing(self.missing_text(path)))
    }

    fn in_modules(&self, path: &str, modules: &Modules) -> Result<Place, Unresolved> {
        match modules.provide(self.system, path) {
            Provided::In(dir, module) => {
                Ok(Place { path: path.to_owned(), dir, origin: Origin::Module(module) })
            }
            Provided::Missing(_) if !first_element(path).contains('.') => {
                Err(Unresolved::missing(self.missing_text(path)))
            }
            Provided::Missing(message) => Err(Unresolved::missing(message)),
        }
    }

    fn missing_text(&self, path: &str) -> String {
        if first_element(path).contains('.') {
            return format!(
                "no required module provides package {path}: go.mod file not found in current directory or any parent directory; see 'go help modules'"
            );
        }
        format!("package {path} is not in std ({})", self.config.goroot.src().join(path).display())
    }

    fn in_gopath(
        &self,
        path: &str,
        importer: Option<Importer<'_>>,
        roots: &[PathBuf],
    ) -> Result<Place, Unresolved> {
        if let Some(importer) = importer
            && let Some(place) = self.gopath_vendored(path, importer, roots)
        {
            return Ok(place);
        }
        if let Some(place) = self.standard(path) {
            return Ok(place);
        }
        let plain =
            importer.and_then(|importer| versions::without_version(self.system, path, importer.dir, roots));
        let path = plain.as_deref().unwrap_or(path);
        let candidates = roots.iter().map(|root| root.join("src").join(path));
        if let Some(dir) = candidates.clone().find(|dir| has_go_files(self.system, dir)) {
            return Ok(Place { path: path.to_owned(), dir, origin: Origin::Gopath });
        }
        // A directory without Go files is found, and then found empty.
        if let Some(dir) = candidates.clone().find(|dir| self.system.is_dir(dir)) {
            return Ok(Place { path: path.to_owned(), dir, origin: Origin::Gopath });
        }
        let mut message = format!("cannot find package {path:?} in any of:");
        message += &format!("\n\t{} (from $GOROOT)", self.config.goroot.src().join(path).display());
        for (i, dir) in candidates.enumerate() {
            let note = if i == 0 { " (from $GOPATH)" } else { "" };
            message += &format!("\n\t{}{note}", dir.display());
        }
        Err(Unresolved::missing(message))
    }

    /// In GOPATH mode every directory above the importer may have a `vendor` directory; the nearest wins.
    fn gopath_vendored(&self, path: &str, importer: Importer<'_>, roots: &[PathBuf]) -> Option<Place> {
        let root = roots.iter().map(|root| root.join("src")).find(|src| importer.dir.starts_with(src))?;
        for above in importer.dir.ancestors().take_while(|dir| dir.starts_with(&root)) {
            let dir = above.join("vendor").join(path);
            if has_go_files(self.system, &dir) {
                let path = dir.strip_prefix(&root).ok()?.to_str()?.to_owned();
                return Some(Place { path, dir, origin: Origin::Gopath });
            }
        }
        None
    }

    /// `./x` works between directories outside of everything, in GOPATH mode only.
    fn relative(&self, path: &str, importer: Option<Importer<'_>>) -> Result<Place, Unresolved> {
        let base = importer.map_or(self.config.dir.as_path(), |importer| importer.dir);
        if importer.is_some() && !matches!(self.layout, Layout::Gopath(_)) {
            let message =
                format!("{path:?} is relative, but relative import paths are not supported in module mode");
            return Err(Unresolved { code: Code::BadImportPath, message });
        }
        self.directory(&modules::clean(&base.join(path)))
    }

    /// The package in `dir`, named by that directory.
    pub(crate) fn directory(&self, dir: &Path) -> Result<Place, Unresolved> {
        let dir = dir.to_owned();
        if let Ok(path) = dir.strip_prefix(self.config.goroot.src())
            && let Some(path) = path.to_str().filter(|path| !path.is_empty())
        {
            return Ok(Place { path: path.to_owned(), dir, origin: Origin::Standard });
        }
        match self.layout {
            Layout::Gopath(roots) => {
                let inside = roots.iter().find_map(|root| dir.strip_prefix(root.join("src")).ok()?.to_str());
                let path = inside.map_or_else(|| format!("_{}", dir.display()), str::to_owned);
                let origin = if inside.is_some() { Origin::Gopath } else { Origin::Loose };
                Ok(Place { path, dir, origin })
            }
            Layout::Modules(modules) => self.module_directory(dir, modules),
            Layout::Loose => Err(Unresolved {
                code: Code::ModFile,
                message: "go: go.mod file not found in current directory or any parent directory; see 'go help modules'"
                    .to_owned(),
            }),
        }
    }

    fn module_directory(&self, dir: PathBuf, modules: &Modules) -> Result<Place, Unresolved> {
        let outside = |dir: &Path| {
            let message =
                format!("directory {} outside main module or its selected dependencies", dir.display());
            Unresolved::missing(message)
        };
        let path = modules.import_path_of(&dir).ok_or_else(|| outside(&dir))?;
        let module = match modules.main_of_dir(&dir) {
            Some(main) => {
                let (path, go_minor, dir) = (main.path.clone(), main.go_minor(), main.dir.clone());
                ModuleRef { path, version: None, go_minor, dir }
            }
            None => return Err(outside(&dir)),
        };
        Ok(Place { path, dir, origin: Origin::Module(module) })
    }
}

/// Whether an import path names a directory.
pub(crate) fn is_relative(path: &str) -> bool {
    path == "." || path == ".." || path.starts_with("./") || path.starts_with("../")
}

fn first_element(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// Whether a path has characters that no import path may have.
pub(crate) fn is_invalid(path: &str) -> bool {
    const ILLEGAL: &str = "!\"#$%&'()*,:;<=>?[\\]^`{|}\u{fffd}";
    path.is_empty() || path.contains(|c: char| c.is_whitespace() || c.is_control() || ILLEGAL.contains(c))
}

/// What is wrong with the spelling of an import path, for everybody. As go/build, isValidImport.
fn invalid_path(path: &str) -> Option<String> {
    if is_invalid(path) {
        return Some(format!("invalid import path: {path}"));
    }
    if path.starts_with('/') {
        return Some(format!("{path:?} is not a package path; see 'go help packages'"));
    }
    None
}

/// What is wrong with an import path in module mode. As golang.org/x/mod/module, CheckImportPath.
fn malformed_path(path: &str) -> Option<String> {
    if path.contains('@') {
        let message = "can only use path@version syntax with 'go get' and 'go install' in module-aware mode";
        return Some(message.to_owned());
    }
    path_problem(path).map(|problem| format!("malformed import path {path:?}: {problem}"))
}

/// What is wrong with the path of a main module.
pub(crate) fn malformed_module(path: &str) -> Option<String> {
    path_problem(path).map(|problem| format!("malformed module path {path:?}: {problem}"))
}

fn path_problem(path: &str) -> Option<String> {
    if path.starts_with('-') {
        Some("leading dash".to_owned())
    } else if path.contains("//") {
        Some("double slash".to_owned())
    } else if path.ends_with('/') {
        Some("trailing slash".to_owned())
    } else {
        path.split('/').find_map(malformed_element)
    }
}

/// As [`malformed_path`], for an argument of a command.
fn malformed_argument(path: &str) -> Option<String> {
    let message = if path.is_empty() { None } else { malformed_path(path) }?;
    Some(if path.contains('@') { format!("package {path}: {message}") } else { message })
}

fn malformed_element(element: &str) -> Option<String> {
    const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
    if element.bytes().all(|byte| byte == b'.') {
        return Some(format!("invalid path element {element:?}"));
    }
    if element.ends_with('.') {
        return Some("trailing dot in path element".to_owned());
    }
    if let Some(c) = element.chars().find(|&c| !c.is_ascii_alphanumeric() && !"-._~+".contains(c)) {
        return Some(format!("invalid char {c:?}"));
    }
    let short = element.split('.').next().unwrap_or(element).to_ascii_lowercase();
    let is_port =
        |name: &str| short.strip_prefix(name).is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']));
    if RESERVED.contains(&short.as_str()) || is_port("com") || is_port("lpt") {
        let short = &element[..short.len()];
        return Some(format!("{short:?} disallowed as path element component on Windows"));
    }
    let is_tilde_number = short
        .rsplit_once('~')
        .is_some_and(|(_, digits)| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    is_tilde_number.then(|| "trailing tilde and digits in path element".to_owned())
}

/// Whether a package may import another, by the rule of `internal` directories.
///
/// As cmd/go/internal/load, disallowInternal: what is below `a/internal` is seen by what is below `a` only. The copy of
/// the cryptographic module in the standard library keeps to itself.
pub(crate) fn may_import(importer_path: &str, importer_dir: &Path, imported: &Place) -> bool {
    const FIPS: &str = "crypto/internal/fips140";
    let path = imported.path.as_str();
    let Some(at) = internal_at(path) else { return true };
    if subpath(importer_path, "crypto").is_some() && subpath(path, FIPS).is_some() {
        return true;
    }
    if subpath(importer_path, FIPS).is_some() {
        return subpath(path, "crypto/internal").is_some();
    }
    let parent = path[..at].trim_end_matches('/');
    match &imported.origin {
        Origin::Module(_) => parent.is_empty() || subpath(importer_path, parent).is_some(),
        _ => {
            // The import path is the tail of the directory, so its parent is found by counting elements.
            let n_up = path[at..].split('/').count();
            let parent_dir = imported.dir.ancestors().nth(n_up);
            parent_dir.is_some_and(|parent| importer_dir.starts_with(parent))
        }
    }
}

/// The offset of the last `internal` element.
fn internal_at(path: &str) -> Option<usize> {
    let mut offset = 0;
    let mut found = None;
    for element in path.split('/') {
        if element == "internal" {
            found = Some(offset);
        }
        offset += element.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str, dir: &str, origin: Origin) -> Place {
        Place { path: path.into(), dir: dir.into(), origin }
    }

    #[test]
    fn internal_packages_are_seen_from_below_their_parent_only() {
        let std = |path: &str| place(path, &format!("/go/src/{path}"), Origin::Standard);
        let from = |path: &str| PathBuf::from(format!("/go/src/{path}"));
        assert!(may_import("fmt", &from("fmt"), &std("internal/abi")));
        assert!(!may_import("example.com/m", Path::new("/home/m"), &std("internal/abi")));
        assert!(may_import("net/http/pprof", &from("net/http/pprof"), &std("net/http/internal/ascii")));
        assert!(!may_import("net", &from("net"), &std("net/http/internal")));
        assert!(may_import("crypto/tls", &from("crypto/tls"), &std("crypto/internal/fips140/aes")));
        assert!(!may_import(
            "crypto/internal/fips140/aes",
            &from("crypto/internal/fips140/aes"),
            &std("internal/abi")
        ));
    }

    #[test]
    fn internal_packages_of_modules_go_by_import_path() {
        let module = ModuleRef { path: "m.org/a".into(), version: None, go_minor: 27, dir: "/x".into() };
        let inner = place("m.org/a/b/internal/c", "/x/b/internal/c", Origin::Module(module));
        assert!(may_import("m.org/a/b", Path::new("/elsewhere"), &inner));
        assert!(!may_import("m.org/a", Path::new("/x"), &inner));
        assert!(!may_import("m.org/a/bb", Path::new("/x/bb"), &inner));
    }

    #[test]
    fn import_paths_are_checked_for_their_spelling() {
        assert_eq!(invalid_path("a b").as_deref(), Some("invalid import path: a b"));
        let slash = "\"/a\" is not a package path; see 'go help packages'";
        assert_eq!(invalid_path("/a").as_deref(), Some(slash));
        assert_eq!(invalid_path("example.com/a-b/v2"), None);
    }

    #[test]
    fn modules_want_import_paths_that_every_system_can_store() {
        let problem = |path| malformed_path(path).and_then(|text| Some(text.rsplit_once(": ")?.1.to_owned()));
        assert_eq!(problem("example.com/a-b/v2"), None);
        assert_eq!(problem("a//b").as_deref(), Some("double slash"));
        assert_eq!(problem("a/").as_deref(), Some("trailing slash"));
        assert_eq!(problem("a/../b").as_deref(), Some("invalid path element \"..\""));
        assert_eq!(problem("a/b.").as_deref(), Some("trailing dot in path element"));
        assert_eq!(problem("x/é").as_deref(), Some("invalid char 'é'"));
        assert_eq!(
            problem("Con.x").as_deref(),
            Some("\"Con\" disallowed as path element component on Windows")
        );
        assert_eq!(problem("a/b~1").as_deref(), Some("trailing tilde and digits in path element"));
    }
}
