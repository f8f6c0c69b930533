//! Go's environment: the process's variables, the user's `go env -w` file, and the defaults that GOROOT ships.

mod file;

use std::path::{Path, PathBuf};

use base::System;
use indexmap::IndexMap;

use crate::goroot::Goroot;

pub use file::edit_env_file;

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

/// Variables that only Go's own tools read: they may stand in the user's file, too.
const OF_GO_ALONE: &[&str] = &[
    "AR",
    "CC",
    "CGO_CFLAGS",
    "CGO_CFLAGS_ALLOW",
    "CGO_CFLAGS_DISALLOW",
    "CGO_CPPFLAGS",
    "CGO_CPPFLAGS_ALLOW",
    "CGO_CPPFLAGS_DISALLOW",
    "CGO_CXXFLAGS",
    "CGO_CXXFLAGS_ALLOW",
    "CGO_CXXFLAGS_DISALLOW",
    "CGO_FFLAGS",
    "CGO_FFLAGS_ALLOW",
    "CGO_FFLAGS_DISALLOW",
    "CGO_LDFLAGS",
    "CGO_LDFLAGS_ALLOW",
    "CGO_LDFLAGS_DISALLOW",
    "CXX",
    "FC",
    "GCCGO",
    "GOAMD64",
    "GOAUTH",
    "GOBIN",
    "GOCACHEPROG",
    "GOFIPS140",
    "GOINSECURE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOTMPDIR",
    "GOVCS",
    "GO_EXTLINK_ENABLED",
    "PKG_CONFIG",
];

/// Whether the user's file may have a value for `name`.
pub fn is_env_name(name: &str) -> bool {
    NAMES.contains(&name) || OF_GO_ALONE.contains(&name)
}

/// The file of the user's settings; none with `GOENV=off`, or without a home.
pub fn env_file(system: &dyn System) -> Option<PathBuf> {
    let set = |name: &str| system.env(name).filter(|value| !value.is_empty());
    match set("GOENV").as_deref() {
        Some("off") => None,
        Some(path) => Some(PathBuf::from(path)),
        None => {
            let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
            let config = config.or_else(|| Some(PathBuf::from(system.env("HOME")?).join(".config")));
            config.map(|dir| dir.join("go/env"))
        }
    }
}

impl GoEnv {
    /// Reads all three sources.
    pub fn read(system: &dyn System, goroot: &Goroot) -> Self {
        let process =
            NAMES.iter().filter_map(|&name| Some((name, system.env(name).filter(|v| !v.is_empty())?)));
        let process: IndexMap<_, _> = process.collect();
        let read =
            |path: &Path| system.read(path).map_or_else(|_| IndexMap::new(), |bytes| file::parse(&bytes));
        let home = system.env("HOME").map(PathBuf::from);
        let user = env_file(system).map_or_else(IndexMap::new, |path| read(&path));
        Self { process, user, shipped: read(&goroot.dir().join("go.env")), home }
    }

    /// The setting `name`; empty when nobody set it.
    pub fn get(&self, name: &str) -> &str {
        let value = self.process.get(name).or_else(|| self.user.get(name)).or_else(|| self.shipped.get(name));
        value.map_or("", String::as_str)
    }

    /// Whether somebody gave `name` another value than it has by itself.
    pub fn is_changed(&self, name: &str) -> bool {
        let Some(value) = self.process.get(name).or_else(|| self.user.get(name)) else { return false };
        let path = |path: Option<PathBuf>| path.map_or_else(String::new, |path| path.display().to_string());
        let default = match name {
            "GOPATH" => path(self.home.as_ref().map(|home| home.join("go"))),
            "GOMODCACHE" => path(self.gopath().first().map(|dir| dir.join("pkg/mod"))),
            _ => self.shipped.get(name).cloned().unwrap_or_default(),
        };
        !value.is_empty() && *value != default
    }

    /// Whether the process's environment has a value for `name`, which counts for more than the user's file.
    pub fn is_in_process(&self, name: &str) -> bool {
        self.process.contains_key(name)
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
