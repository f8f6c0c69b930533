//! Go's environment: the process's variables, the user's `go env -w` file, and the defaults that GOROOT ships.

use std::path::{Path, PathBuf};

use base::System;
use indexmap::IndexMap;

use crate::goroot::Goroot;

/// The settings of one run.
#[derive(Clone, Debug, Default)]
pub struct GoEnv {
    process: IndexMap<&'static str, String>,
    user: IndexMap<String, String>,
    shipped: IndexMap<String, String>,
    home: Option<PathBuf>,
}

/// The variables that are read, in the order of `ghog env`.
pub const NAMES: &[&str] = &[
    "GO111MODULE",
    "GOCACHE",
    "GODEBUG",
    "GOENV",
    "GOEXPERIMENT",
    "GOFLAGS",
    "GOMODCACHE",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOROOT",
    "GOSUMDB",
    "GOTOOLCHAIN",
    "GOWORK",
];

impl GoEnv {
    /// Reads all three sources.
    pub fn read(system: &dyn System, goroot: &Goroot) -> Self {
        let process =
            NAMES.iter().filter_map(|&name| Some((name, system.env(name).filter(|v| !v.is_empty())?)));
        let process: IndexMap<_, _> = process.collect();
        let file =
            |path: &Path| system.read(path).map_or_else(|_| IndexMap::new(), |bytes| parse_env_file(&bytes));
        let home = system.env("HOME").map(PathBuf::from);
        let user_file = match process.get("GOENV").map(String::as_str) {
            Some("off") => None,
            Some(path) => Some(PathBuf::from(path)),
            None => {
                let config = system.env("XDG_CONFIG_HOME").filter(|dir| !dir.is_empty()).map(PathBuf::from);
                config
                    .or_else(|| home.as_ref().map(|home| home.join(".config")))
                    .map(|dir| dir.join("go/env"))
            }
        };
        let user = user_file.map_or_else(IndexMap::new, |path| file(&path));
        Self { process, user, shipped: file(&goroot.dir().join("go.env")), home }
    }

    /// The setting `name`; empty when nobody set it.
    pub fn get(&self, name: &str) -> &str {
        let value = self.process.get(name).or_else(|| self.user.get(name)).or_else(|| self.shipped.get(name));
        value.map_or("", String::as_str)
    }

    /// The GOPATH directories.
    pub fn gopath(&self) -> Vec<PathBuf> {
        match self.get("GOPATH") {
            "" => self.home.iter().map(|home| home.join("go")).collect(),
            list => std::env::split_paths(list).filter(|dir| dir.is_absolute()).collect(),
        }
    }

    /// The module cache.
    pub fn mod_cache(&self) -> Option<PathBuf> {
        match self.get("GOMODCACHE") {
            "" => self.gopath().first().map(|dir| dir.join("pkg/mod")),
            dir => Some(PathBuf::from(dir)),
        }
    }

    /// The words of GOFLAGS.
    pub fn flags(&self) -> impl Iterator<Item = &str> {
        self.get("GOFLAGS").split_ascii_whitespace()
    }
}

/// `KEY=value` lines; `#` starts a comment line.
fn parse_env_file(bytes: &[u8]) -> IndexMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
