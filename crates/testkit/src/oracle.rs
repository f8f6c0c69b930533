//! The incumbent: the official Go toolchain of exactly our version.
//!
//! It is part of the package that the standard library is fetched as, so whoever has the one has the other. A `go` on
//! the PATH is only taken when its version is ours.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use base::{System as _, SystemOs};
use load::{GO_VERSION, Goroot, Progress, goroot};

use crate::process::{self, Job, Limits, Outcome, Streams};

/// The official toolchain.
#[derive(Clone, Debug)]
pub struct Oracle {
    goroot: Goroot,
    scratch: PathBuf,
}

/// Tests have nobody to show progress to.
struct Silent;

impl Progress for Silent {
    fn report(&self, _stage: &str, _done: u64, _total: u64) {}
    fn finish(&self) {}
}

/// The standard library for tests, fetched if need be.
pub fn find_goroot() -> Result<Goroot> {
    goroot::find_or_fetch(&SystemOs, None, &Silent).context("no standard library for the tests")
}

impl Oracle {
    /// Finds the toolchain.
    pub fn find() -> Result<Self> {
        let goroot = find_goroot()?;
        ensure!(SystemOs.is_file(&goroot.dir().join("bin/go")), "{} has no bin/go", goroot.dir().display());
        let cache = goroot::cache_dir(&SystemOs).context("no directory for caches")?;
        let scratch = cache.join("oracle");
        SystemOs.create_dir_all(&scratch)?;
        Ok(Self { goroot, scratch })
    }

    /// Its GOROOT.
    pub fn goroot(&self) -> &Path {
        self.goroot.dir()
    }

    /// The path of its `go`.
    pub fn go(&self) -> PathBuf {
        self.goroot.dir().join("bin/go")
    }

    /// Runs `go` with these arguments in a directory, without network and without the user's settings.
    pub fn run(&self, dir: &Path, args: &[&str], limits: Limits) -> Result<Outcome> {
        let mut words = vec![self.go().display().to_string()];
        words.extend(args.iter().map(|arg| (*arg).to_owned()));
        process::run(&Job { words, dir: dir.to_owned(), env: self.env(), limits, streams: Streams::Apart })
    }

    /// The variables that make runs repeatable.
    pub fn env(&self) -> Vec<(String, String)> {
        let scratch = |name: &str| self.scratch.join(name).display().to_string();
        [
            ("GOROOT", self.goroot.dir().display().to_string()),
            ("GOCACHE", scratch("cache")),
            ("GOPATH", scratch("path")),
            ("GOENV", "off".to_owned()),
            ("GOFLAGS", String::new()),
            ("GOPROXY", "off".to_owned()),
            ("GOTOOLCHAIN", "local".to_owned()),
            ("CGO_ENABLED", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The version that it must have.
    pub fn version() -> &'static str {
        GO_VERSION
    }
}
