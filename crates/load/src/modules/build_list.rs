//! Minimal version selection, and the directories of the selected modules.
//!
//! The requirements of a module are read from its replacement directory, or from the `.mod` file that the module cache
//! keeps for its version. A `.mod` file that is not there adds nothing: what it would have asked for can then only be
//! missing, and is reported when a package is looked for.

use std::path::{Path, PathBuf};

use base::System;
use indexmap::IndexMap;
use rustc_hash::FxHashSet;

use super::{DEFAULT_GO_MINOR, ModuleRef, Modules, Provided, Replaced, clean, has_go_files, subpath};
use crate::modfile::{self, ModFile, Strictness};
use crate::semver;

/// The selected version of each module that is not a main module.
#[derive(Debug, Default)]
pub(super) struct BuildList {
    /// Longest path first, so that the first that provides a package is the right one.
    selected: Vec<Selected>,
}

/// One module of the list.
#[derive(Debug)]
pub(super) struct Selected {
    path: Box<str>,
    version: Box<str>,
    source: Source,
    go_minor: u32,
}

/// Where the files of a module are.
#[derive(Clone, Debug)]
enum Source {
    /// A directory of the module cache.
    Cache(PathBuf),
    /// A replacement directory, and how go.mod spells it.
    Replacement(PathBuf, Box<str>),
    /// There is no module cache.
    Nowhere,
}

impl Source {
    fn dir(&self) -> Option<&Path> {
        match self {
            Source::Cache(dir) | Source::Replacement(dir, _) => Some(dir),
            Source::Nowhere => None,
        }
    }
}

impl Selected {
    pub(super) fn module_ref(&self) -> ModuleRef {
        ModuleRef {
            path: self.path.clone(),
            version: Some(self.version.clone()),
            go_minor: self.go_minor,
            dir: self.source.dir().unwrap_or(Path::new("")).to_owned(),
        }
    }

    /// Why the files of the module cannot be read, if they cannot.
    fn absence(&self, system: &dyn System) -> Option<String> {
        let id = format!("{}@{}", self.path, self.version);
        match &self.source {
            Source::Replacement(dir, spelled) if !system.is_dir(dir) => {
                Some(format!("{id}: replacement directory {spelled} does not exist"))
            }
            Source::Cache(dir) if !system.is_dir(dir) => Some(format!(
                "{id}: module is not in the module cache; to download it:\n\tgo mod download {}",
                self.path
            )),
            Source::Nowhere => {
                Some(format!("{id}: module cache not found: neither GOMODCACHE nor GOPATH is set"))
            }
            _ => None,
        }
    }
}

impl BuildList {
    pub(super) fn modules(&self) -> impl Iterator<Item = &Selected> {
        self.selected.iter()
    }

    /// The directory of the package `path`; `None` when no module of the list has it.
    pub(super) fn provide(&self, system: &dyn System, path: &str) -> Option<Provided> {
        let mut absence = None;
        for module in &self.selected {
            let Some(rest) = subpath(path, &module.path) else { continue };
            if let Some(text) = module.absence(system) {
                absence.get_or_insert(text);
            } else if let Some(dir) = module.source.dir().map(|dir| dir.join(rest))
                && has_go_files(system, &dir)
            {
                return Some(Provided::In(dir, module.module_ref()));
            }
        }
        absence.map(Provided::Missing)
    }
}

/// The modules that the main modules themselves require.
pub(super) fn of_roots(system: &dyn System, modules: &Modules) -> BuildList {
    let mut graph = Graph::new(system, modules);
    graph.add_roots();
    graph.finish()
}

/// All modules that any required module requires.
pub(super) fn of_graph(system: &dyn System, modules: &Modules) -> BuildList {
    let mut graph = Graph::new(system, modules);
    graph.add_roots();
    graph.walk();
    graph.finish()
}

struct Graph<'a> {
    system: &'a dyn System,
    modules: &'a Modules,
    selected: IndexMap<Box<str>, Box<str>>,
    pending: Vec<(Box<str>, Box<str>)>,
}

impl<'a> Graph<'a> {
    fn new(system: &'a dyn System, modules: &'a Modules) -> Self {
        Self { system, modules, selected: IndexMap::new(), pending: Vec::new() }
    }

    fn add_roots(&mut self) {
        for module in &self.modules.main {
            self.require(&module.file);
        }
    }

    fn require(&mut self, file: &ModFile) {
        for need in &file.require {
            let is_main = self.modules.main.iter().any(|module| module.path == need.path);
            let is_excluded = self.modules.main.iter().any(|module| {
                module
                    .file
                    .exclude
                    .iter()
                    .any(|(path, version)| (path, version) == (&need.path, &need.version))
            });
            if is_main || is_excluded {
                continue;
            }
            let selected = self.selected.entry(need.path.clone()).or_insert_with(|| need.version.clone());
            if semver::compare(&need.version, selected).is_gt() {
                selected.clone_from(&need.version);
            }
            self.pending.push((need.path.clone(), need.version.clone()));
        }
    }

    fn walk(&mut self) {
        let mut seen = FxHashSet::default();
        while let Some(module) = self.pending.pop() {
            if !seen.insert(module.clone()) {
                continue;
            }
            if let Some(file) = self.mod_file(&module.0, &module.1) {
                self.require(&file);
            }
        }
    }

    fn replacement(&self, path: &str, version: &str) -> Option<&'a Replaced> {
        let rules = self.modules.replace.iter().filter(|replaced| *replaced.rule.old == *path);
        let exact = rules.clone().find(|replaced| replaced.rule.old_version.as_deref() == Some(version));
        exact.or_else(|| rules.clone().find(|replaced| replaced.rule.old_version.is_none()))
    }

    fn source(&self, path: &str, version: &str) -> Source {
        let cached = |path: &str, version: &str| match &self.modules.cache {
            Some(cache) => Source::Cache(cache.join(format!("{}@{}", escape(path), escape(version)))),
            None => Source::Nowhere,
        };
        match self.replacement(path, version).map(|replaced| (&replaced.rule, &replaced.base)) {
            Some((rule, base)) => match &rule.new_version {
                None => Source::Replacement(clean(&base.join(&*rule.new)), rule.new.clone()),
                Some(version) => cached(&rule.new, version),
            },
            None => cached(path, version),
        }
    }

    fn mod_file(&self, path: &str, version: &str) -> Option<ModFile> {
        let file = match (self.source(path, version), self.replacement(path, version)) {
            (Source::Replacement(dir, _), _) => dir.join("go.mod"),
            (_, Some(replaced)) => {
                self.cached_mod_file(&replaced.rule.new, replaced.rule.new_version.as_deref()?)?
            }
            (_, None) => self.cached_mod_file(path, version)?,
        };
        let bytes = self.system.read(&file).ok()?;
        Some(modfile::parse_mod("go.mod", &String::from_utf8_lossy(&bytes), Strictness::Lax).0)
    }

    fn cached_mod_file(&self, path: &str, version: &str) -> Option<PathBuf> {
        let cache = self.modules.cache.as_ref()?;
        Some(
            cache
                .join("cache/download")
                .join(escape(path))
                .join("@v")
                .join(format!("{}.mod", escape(version))),
        )
    }

    fn finish(self) -> BuildList {
        let mut selected: Vec<Selected> = Vec::new();
        for (path, version) in &self.selected {
            let file = self.mod_file(path, version).unwrap_or_default();
            selected.push(Selected {
                path: path.clone(),
                version: version.clone(),
                source: self.source(path, version),
                go_minor: file.go.as_deref().and_then(semver::go_minor).unwrap_or(DEFAULT_GO_MINOR),
            });
        }
        selected.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.path.cmp(&b.path)));
        BuildList { selected }
    }
}

/// Module paths in file names: an upper-case letter becomes `!` and the lower-case one.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_case_letters_are_escaped_in_file_names() {
        assert_eq!(escape("github.com/BurntSushi/toml"), "github.com/!burnt!sushi/toml");
    }
}
