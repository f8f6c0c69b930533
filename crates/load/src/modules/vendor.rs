//! The vendor directory and its list, `modules.txt`.

use std::path::{Path, PathBuf};

use base::System;
use diag::Code;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::{DEFAULT_GO_MINOR, MainModule, ModFlag, ModuleRef, Provided, Replaced, has_go_files};
use crate::error::LoadError;
use crate::semver;

/// What the vendor directory holds.
#[derive(Debug)]
pub(super) struct Vendor {
    dir: PathBuf,
    modules: IndexMap<Box<str>, VendoredModule>,
    /// Package to the index of its module.
    packages: FxHashMap<Box<str>, usize>,
}

/// One module of `modules.txt`.
#[derive(Debug, Default)]
struct VendoredModule {
    version: Option<Box<str>>,
    is_explicit: bool,
    go: Option<Box<str>>,
    /// The text after `=>`.
    replacement: Option<Box<str>>,
}

/// Reads `modules.txt` and compares it with the go.mod files, as the go command does before it trusts the directory.
pub(super) fn read(
    system: &dyn System,
    dir: &Path,
    main: &[MainModule],
    replace: &[Replaced],
    is_flag_set: bool,
) -> Result<Vendor, LoadError> {
    let text = system.read(&dir.join("modules.txt")).unwrap_or_default();
    let vendor = parse(dir, &String::from_utf8_lossy(&text));
    if main.iter().all(|module| module.go_minor() >= 14) {
        vendor.check_consistency(main, replace, is_flag_set)?;
    }
    Ok(vendor)
}

/// Lines: `# path version [=> replacement]`, `## explicit; go 1.20`, and package paths.
fn parse(dir: &Path, text: &str) -> Vendor {
    let mut vendor = Vendor { dir: dir.to_owned(), modules: IndexMap::new(), packages: FxHashMap::default() };
    for line in text.lines() {
        if let Some(annotations) = line.strip_prefix("## ") {
            if let Some((_, module)) = vendor.modules.last_mut() {
                annotations.split(';').for_each(|annotation| annotate(module, annotation.trim()));
            }
        } else if let Some(module) = line.strip_prefix("# ") {
            let (left, replacement) =
                module.split_once(" => ").map_or((module, None), |(l, r)| (l, Some(r.into())));
            let mut words = left.split_ascii_whitespace();
            let Some(path) = words.next() else { continue };
            let version = words.next().map(Into::into);
            let module = VendoredModule { version, replacement, ..VendoredModule::default() };
            vendor.modules.insert(path.into(), module);
        } else if !line.trim().is_empty() && !vendor.modules.is_empty() {
            vendor.packages.insert(line.trim().into(), vendor.modules.len() - 1);
        }
    }
    vendor
}

fn annotate(module: &mut VendoredModule, annotation: &str) {
    if annotation == "explicit" {
        module.is_explicit = true;
    } else if let Some(go) = annotation.strip_prefix("go ") {
        module.go = Some(go.into());
    }
}

impl Vendor {
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn modules(&self) -> Vec<ModuleRef> {
        (0..self.modules.len()).map(|index| self.module_ref(index)).collect()
    }

    fn module_ref(&self, index: usize) -> ModuleRef {
        let (path, module) = self.modules.get_index(index).expect("packages refer to listed modules");
        ModuleRef {
            path: path.clone(),
            version: module.version.clone(),
            go_minor: module.go.as_deref().and_then(semver::go_minor).unwrap_or(DEFAULT_GO_MINOR),
            dir: self.dir.join(&**path),
        }
    }

    pub(super) fn provide(&self, system: &dyn System, path: &str, flag: Option<ModFlag>) -> Provided {
        let dir = self.dir.join(path);
        if let Some(&index) = self.packages.get(path)
            && has_go_files(system, &dir)
        {
            return Provided::In(dir, self.module_ref(index));
        }
        let mut text =
            format!("cannot find module providing package {path}: import lookup disabled by -mod=vendor");
        if flag.is_none() {
            text.push_str("\n\t(Go version in go.mod is at least 1.14 and vendor directory exists.)");
        }
        Provided::Missing(text)
    }

    fn check_consistency(
        &self,
        main: &[MainModule],
        replace: &[Replaced],
        is_flag_set: bool,
    ) -> Result<(), LoadError> {
        let mut problems = Vec::new();
        for need in main.iter().flat_map(|module| &module.file.require) {
            let id = format!("{}@{}", need.path, need.version);
            match self.modules.get(&need.path) {
                Some(module) if module.version.as_ref() == Some(&need.version) && module.is_explicit => {}
                // A workspace's main modules need each other without vendoring each other.
                _ if main.iter().any(|module| module.path == need.path) => {}
                _ => problems.push(format!(
                    "{id}: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"
                )),
            }
        }
        for (path, module) in &self.modules {
            let needs = || main.iter().flat_map(|main| &main.file.require);
            let is_required =
                needs().any(|need| need.path == *path && Some(&need.version) == module.version.as_ref());
            if module.is_explicit && !is_required {
                let version = module.version.as_deref().unwrap_or_default();
                problems.push(format!("{path}@{version}: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod"));
            }
        }
        for Replaced { rule, .. } in replace {
            let vendored = self.modules.get(&rule.old).and_then(|module| module.replacement.as_deref());
            let wanted = match &rule.new_version {
                Some(version) => format!("{} {version}", rule.new),
                None => rule.new.to_string(),
            };
            if self.modules.contains_key(&rule.old) && vendored != Some(&wanted) {
                problems.push(format!(
                    "{}: is replaced in go.mod, but not marked as replaced in vendor/modules.txt",
                    rule.old
                ));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(self.inconsistent(&problems, is_flag_set)) }
    }

    fn inconsistent(&self, problems: &[String], is_flag_set: bool) -> LoadError {
        let root = self.dir.parent().unwrap_or(&self.dir).display();
        let list: String = problems.iter().map(|problem| format!("\n\t{problem}")).collect();
        let ignore = if is_flag_set {
            ""
        } else {
            "\n\n\tTo ignore the vendor directory, use -mod=readonly or -mod=mod."
        };
        let message = format!(
            "go: inconsistent vendoring in {root}:{list}{ignore}\n\tTo sync the vendor directory, run:\n\t\tgo mod vendor"
        );
        LoadError::plain(Code::ModFile, message)
    }
}
