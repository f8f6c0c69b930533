//! Modules: the main modules, the versions of the others, and where a package of any of them is.
//!
//! **Terms.** A *main module* is one that the user works on: the one whose go.mod is in the current directory or above,
//! or all those of a go.work file. The *build list* is the selected version of every other module: for each, the
//! largest that anything in the graph of requirements asks for (minimal version selection).
//!
//! A go.mod of Go 1.17 or later lists every module that its packages need, so the graph is only walked when the main
//! modules' own requirements do not provide a package.
//!
//! Nothing is downloaded here: a module is in a vendor directory, in a replacement directory or in the module cache.

mod build_list;
mod vendor;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base::System;
use diag::Code;

use crate::error::{LoadError, short_path};
use crate::goenv::GoEnv;
use crate::goroot::{GO_MINOR, GO_VERSION};
use crate::modfile::{self, LineError, ModFile, Replace, Strictness};
use crate::semver;
use build_list::{BuildList, Selected};
use vendor::Vendor;

/// The language version of a module without a `go` line.
const DEFAULT_GO_MINOR: u32 = 16;

/// The `-mod` flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModFlag {
    /// The go.mod file is right; packages come from the module cache.
    Readonly,
    /// As readonly here: nothing is written or downloaded.
    Mod,
    /// Packages come from the vendor directory.
    Vendor,
}

/// A module of the user.
#[derive(Clone, Debug)]
pub struct MainModule {
    /// Its directory.
    pub dir: PathBuf,
    /// Its path.
    pub path: Box<str>,
    /// Its go.mod.
    pub file: ModFile,
}

impl MainModule {
    /// The language version of its packages.
    pub fn go_minor(&self) -> u32 {
        self.file.go.as_deref().and_then(semver::go_minor).unwrap_or(DEFAULT_GO_MINOR)
    }

    /// The directory that the package `path` would be in, if the path belongs to this module.
    fn dir_of(&self, path: &str) -> Option<PathBuf> {
        subpath(path, &self.path).map(|rest| self.dir.join(rest))
    }
}

/// A module that provides a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRef {
    /// Its path.
    pub path: Box<str>,
    /// Its version; none for a main module.
    pub version: Option<Box<str>>,
    /// The language version of its packages.
    pub go_minor: u32,
    /// Its directory; the vendor directory's part for a vendored one.
    pub dir: PathBuf,
}

/// All modules of a run.
#[derive(Debug)]
pub struct Modules {
    /// The user's modules; never empty.
    pub main: Vec<MainModule>,
    /// The go.work file, if one is in force.
    work_file: Option<PathBuf>,
    replace: Vec<Replaced>,
    vendor: Option<Vendor>,
    flag: Option<ModFlag>,
    cache: Option<PathBuf>,
    roots: OnceLock<BuildList>,
    all: OnceLock<BuildList>,
}

/// A replacement and the directory that its relative path starts from.
#[derive(Clone, Debug)]
struct Replaced {
    rule: Replace,
    base: PathBuf,
}

/// Finds and reads the main modules for work in `dir`. `None`: there is no go.mod or go.work in sight.
pub(crate) fn find(
    system: &dyn System,
    dir: &Path,
    env: &GoEnv,
    flag: Option<ModFlag>,
    mod_file: Option<&Path>,
) -> Result<Option<Modules>, LoadError> {
    if let Some(work) = find_work(system, dir, env) {
        return from_work(system, dir, &work, env, flag).map(Some);
    }
    let Some(root) = dir.ancestors().find(|dir| system.is_file(&dir.join("go.mod"))) else { return Ok(None) };
    let path = mod_file.map_or_else(|| root.join("go.mod"), |file| dir.join(file));
    let main = read_main(system, dir, root, &path)?;
    let replace =
        main.file.replace.iter().map(|rule| Replaced { rule: rule.clone(), base: root.to_owned() }).collect();
    let vendor_dir = root.join("vendor");
    let is_vendored = match flag {
        Some(flag) => flag == ModFlag::Vendor,
        None => main.go_minor() >= 14 && system.is_dir(&vendor_dir),
    };
    let mut modules = Modules::new(vec![main], replace, env, flag);
    if is_vendored {
        modules.vendor =
            Some(vendor::read(system, &vendor_dir, &modules.main, &modules.replace, flag.is_some())?);
    }
    Ok(Some(modules))
}

fn find_work(system: &dyn System, dir: &Path, env: &GoEnv) -> Option<PathBuf> {
    match env.get("GOWORK") {
        "off" => None,
        "" => dir.ancestors().map(|dir| dir.join("go.work")).find(|path| system.is_file(path)),
        path => Some(PathBuf::from(path)),
    }
}

fn from_work(
    system: &dyn System,
    dir: &Path,
    path: &Path,
    env: &GoEnv,
    flag: Option<ModFlag>,
) -> Result<Modules, LoadError> {
    let shown = short_path(path, dir);
    let text = read_text(system, path, &shown)?;
    let (work, errors) = modfile::parse_work(&path.display().to_string(), &text);
    fail_on(&errors, &shown)?;
    check_go_version(work.go.as_deref(), "go.work")?;
    let root = path.parent().unwrap_or(dir);
    let mut main = Vec::new();
    let mut replace: Vec<Replaced> =
        work.replace.into_iter().map(|rule| Replaced { rule, base: root.to_owned() }).collect();
    for used in &work.use_dirs {
        let module_dir = clean(&root.join(&**used));
        let module = read_main(system, dir, &module_dir, &module_dir.join("go.mod"))?;
        let base = || module_dir.clone();
        replace.extend(module.file.replace.iter().map(|rule| Replaced { rule: rule.clone(), base: base() }));
        main.push(module);
    }
    if main.is_empty() {
        return Err(LoadError::plain(
            Code::ModFile,
            "go: no modules were found in the current workspace; see 'go help work'",
        ));
    }
    let vendor_dir = root.join("vendor");
    let is_vendored = match flag {
        Some(flag) => flag == ModFlag::Vendor,
        None => work.go.as_deref().and_then(semver::go_minor) >= Some(22) && system.is_dir(&vendor_dir),
    };
    let mut modules = Modules::new(main, replace, env, flag);
    modules.work_file = Some(path.to_owned());
    if is_vendored {
        modules.vendor =
            Some(vendor::read(system, &vendor_dir, &modules.main, &modules.replace, flag.is_some())?);
    }
    Ok(modules)
}

fn read_main(system: &dyn System, cwd: &Path, dir: &Path, path: &Path) -> Result<MainModule, LoadError> {
    let shown = short_path(path, cwd);
    let text = read_text(system, path, &shown)?;
    let (file, errors) = modfile::parse_mod(&path.display().to_string(), &text, Strictness::Strict);
    fail_on(&errors, &shown)?;
    let Some(module) = file.module.clone() else {
        let message = format!(
            "go: error reading {shown}: missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod"
        );
        return Err(LoadError::plain(Code::ModFile, message));
    };
    if let Some(malformed) = crate::resolve::malformed_module(&module) {
        return Err(LoadError::plain(Code::ModFile, format!("go: {malformed}")));
    }
    check_go_version(file.go.as_deref(), &shown)?;
    Ok(MainModule { dir: dir.to_owned(), path: module, file })
}

fn read_text(system: &dyn System, path: &Path, shown: &str) -> Result<String, LoadError> {
    let bytes = system.read(path).map_err(|error| {
        LoadError::plain(
            Code::FileAccess,
            format!("go: cannot load module: open {shown}: {}", io_text(&error)),
        )
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The text that Go's `syscall.Errno` has for an error.
pub fn io_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => error.to_string(),
    }
}

fn fail_on(errors: &[LineError], shown: &str) -> Result<(), LoadError> {
    if errors.is_empty() {
        return Ok(());
    }
    let lines = errors.iter().map(|error| format!("\n{}", error.text(shown)));
    Err(LoadError::plain(Code::ModFile, format!("go: errors parsing {shown}:{}", lines.collect::<String>())))
}

fn check_go_version(go: Option<&str>, shown: &str) -> Result<(), LoadError> {
    let running = GO_VERSION.trim_start_matches("go");
    match go {
        Some(go) if semver::compare_go(go, running).is_gt() => {
            let message =
                format!("go: {shown} requires go >= {go} (running go {running}; GOTOOLCHAIN=local)");
            Err(LoadError::plain(Code::ModFile, message))
        }
        _ => Ok(()),
    }
}

/// What is known about where a package is.
#[derive(Debug)]
pub(crate) enum Provided {
    /// Here.
    In(PathBuf, ModuleRef),
    /// Nowhere; the text of the error.
    Missing(String),
}

impl Modules {
    fn new(main: Vec<MainModule>, replace: Vec<Replaced>, env: &GoEnv, flag: Option<ModFlag>) -> Self {
        let cache = env.mod_cache();
        let (roots, all) = (OnceLock::new(), OnceLock::new());
        Self { main, work_file: None, replace, vendor: None, flag, cache, roots, all }
    }

    /// The file that names the main modules: go.work, else go.mod.
    pub fn root_file(&self) -> PathBuf {
        self.work_file.clone().unwrap_or_else(|| self.main[0].dir.join("go.mod"))
    }

    /// The main module that `dir` is in.
    pub fn main_of_dir(&self, dir: &Path) -> Option<&MainModule> {
        let inside = self.main.iter().filter(|module| dir.starts_with(&module.dir));
        inside.max_by_key(|module| module.dir.as_os_str().len())
    }

    /// The import path of the package in `dir`, when a main module or the vendor directory holds it.
    pub(crate) fn import_path_of(&self, dir: &Path) -> Option<String> {
        if let Some(vendor) = &self.vendor
            && let Ok(rest) = dir.strip_prefix(vendor.dir())
        {
            return Some(rest.to_str()?.to_owned());
        }
        let module = self.main_of_dir(dir)?;
        let rest = dir.strip_prefix(&module.dir).ok()?.to_str()?;
        Some(if rest.is_empty() { module.path.to_string() } else { format!("{}/{rest}", module.path) })
    }

    /// Finds the directory of the package `path`.
    pub(crate) fn provide(&self, system: &dyn System, path: &str) -> Provided {
        if let Some((dir, module)) = self.in_main(system, path) {
            return Provided::In(dir, main_ref(module));
        }
        if let Some(vendor) = &self.vendor {
            return vendor.provide(system, path, self.flag);
        }
        let roots = self.roots.get_or_init(|| build_list::of_roots(system, self));
        if let Some(found) = roots.provide(system, path) {
            return found;
        }
        let all = self.all.get_or_init(|| build_list::of_graph(system, self));
        all.provide(system, path).unwrap_or_else(|| Provided::Missing(self.missing_text(path)))
    }

    fn in_main(&self, system: &dyn System, path: &str) -> Option<(PathBuf, &MainModule)> {
        let here = |module: &MainModule| {
            let dir = module.dir_of(path)?;
            (has_go_files(system, &dir) && !is_nested_module(system, &module.dir, &dir)).then_some(dir)
        };
        let mut found: Vec<_> = self.main.iter().filter_map(|module| Some((here(module)?, module))).collect();
        found.sort_by_key(|(_, module)| std::cmp::Reverse(module.path.len()));
        found.into_iter().next()
    }

    fn missing_text(&self, path: &str) -> String {
        if self.flag == Some(ModFlag::Mod) {
            return format!("cannot find module providing package {path}");
        }
        format!("no required module provides package {path}; to add it:\n\tgo get {path}")
    }

    /// Every module of the build list that is not a main module, with its version.
    pub fn dependencies(&self, system: &dyn System) -> Vec<ModuleRef> {
        if let Some(vendor) = &self.vendor {
            return vendor.modules();
        }
        let all = self.all.get_or_init(|| build_list::of_graph(system, self));
        all.modules().map(Selected::module_ref).collect()
    }
}

fn main_ref(module: &MainModule) -> ModuleRef {
    ModuleRef {
        path: module.path.clone(),
        version: None,
        go_minor: module.go_minor(),
        dir: module.dir.clone(),
    }
}

/// The part of import path `path` below the module or prefix `prefix`; empty when they are equal.
pub(crate) fn subpath<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// Whether the directory holds any Go file, whatever its constraints.
pub(crate) fn has_go_files(system: &dyn System, dir: &Path) -> bool {
    let entries = system.read_dir(dir).unwrap_or_default();
    entries.iter().any(|entry| entry.kind == base::FileKind::File && entry.name.ends_with(".go"))
}

/// Whether a go.mod between `root` and `dir` makes `dir` part of another module.
fn is_nested_module(system: &dyn System, root: &Path, dir: &Path) -> bool {
    let between = dir.ancestors().take_while(|dir| *dir != root);
    between.into_iter().any(|dir| system.is_file(&dir.join("go.mod")))
}

/// `path` without `.` and `..` parts.
pub(crate) fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(cleaned.pop()),
            other => cleaned.push(other),
        }
    }
    cleaned
}

const _: () = assert!(DEFAULT_GO_MINOR < GO_MINOR);
