//! Import paths with a major version, in GOPATH mode, where directories have none.
//!
//! As cmd/go/internal/load, moduleImportPath: code that has a go.mod above it may write `x/y/v2/z` for the directory `x/y/z`,
//! when `x/y/go.mod` says that its module is `x/y/v2`.

use std::path::{Path, PathBuf};

use base::System;

use crate::modules::has_go_files;

/// The path without the version, when it is one that only a go.mod explains.
pub(super) fn without_version(
    system: &dyn System,
    path: &str,
    importer_dir: &Path,
    roots: &[PathBuf],
) -> Option<String> {
    version_element(path)?;
    let sources = || roots.iter().map(|root| root.join("src"));
    let root = sources().find(|src| importer_dir.starts_with(src))?;
    let mut above = importer_dir.ancestors().take_while(|dir| dir.starts_with(&root));
    above.find(|dir| module_path(system, dir).is_some())?;
    let find = |path: &str| sources().map(|src| src.join(path)).find(|dir| has_go_files(system, dir));
    if find(path).is_some() {
        return None;
    }
    let mut end = path.len();
    while let Some((from, to)) = version_element(&path[..end]) {
        if let Some(module) = find(&path[..from]).and_then(|dir| module_path(system, &dir)) {
            return (module == path[..to]).then(|| format!("{}{}", &path[..from], &path[to..]));
        }
        end = from;
    }
    None
}

/// Where the last element that is a major version begins, with its slash, and ends.
fn version_element(path: &str) -> Option<(usize, usize)> {
    let mut end = path.len();
    while let Some(slash) = path[..end].rfind('/') {
        if is_version(&path[slash + 1..end]) {
            return Some((slash, end));
        }
        end = slash;
    }
    None
}

/// `v2` and above.
fn is_version(element: &str) -> bool {
    element.strip_prefix('v').is_some_and(|digits| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number && !digits.starts_with('0') && digits != "1"
    })
}

/// What the first `module` line of the go.mod in `dir` says, whatever else is in the file.
fn module_path(system: &dyn System, dir: &Path) -> Option<String> {
    let text = system.read(&dir.join("go.mod")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let path = text.lines().find_map(|line| line.strip_prefix("module "))?.trim();
    let unquoted = path.strip_prefix('"').map_or(Some(path), |rest| rest.strip_suffix('"'))?;
    (!unquoted.is_empty()).then(|| unquoted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_version_of_a_path_is_found() {
        let found = |path: &'static str| version_element(path).map(|(from, to)| &path[from..to]);
        assert_eq!(found("m.org/v2/api/v3/x"), Some("/v3"));
        assert_eq!(found("m.org/v1/v0/v02/vx/v"), None);
        assert_eq!(found("v2"), None);
    }
}
