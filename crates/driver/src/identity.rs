//! What an executable says about itself: `debug.ReadBuildInfo`, default GODEBUG settings, names of source files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use base::Symbol;
use load::{Origin, PackageId, Program};
use rustc_hash::FxHashMap;
use syntax::DirectiveKind;

use crate::Session;

/// The instructions that compiled code uses.
const GOAMD64: &str = "v3";
/// The language version of packages in GOPATH, as far as GODEBUG is concerned.
const GOPATH_GO_MINOR: u32 = 20;

/// The defaults of the program whose main package is `main`.
pub(crate) fn defaults(session: &Session<'_>, program: &Program, main: PackageId) -> code::Defaults {
    let godebug = godebug(session, program, main);
    let goroot = match session.output.are_paths_trimmed {
        true => String::new(),
        false => session.config.goroot.dir().display().to_string(),
    };
    let build_info = build_info(session, program, main, &godebug);
    code::Defaults { godebug, build_info, version: load::GO_VERSION.to_owned(), goroot }
}

/// The module information, in the form of `go version -m`. As cmd/go/internal/load, setBuildInfo.
fn build_info(session: &Session<'_>, program: &Program, main: PackageId, godebug: &str) -> String {
    let package = &program.packages[main];
    let mut text = format!("path\t{}\n", package.path.as_str());
    let sums = sums(session, program);
    if let Origin::Module(module) = &package.origin {
        push(&mut text, &format!("mod\t{}\t(devel)\t", module.path));
        let mut deps = BTreeMap::new();
        for &id in &program.order {
            if let Origin::Module(module) = &program.packages[id].origin
                && let Some(version) = &module.version
            {
                deps.insert(&module.path, version);
            }
        }
        for (path, version) in deps {
            let sum = sums.get(&format!("{path} {version}")).map_or("", String::as_str);
            push(&mut text, &format!("dep\t{path}\t{version}\t{sum}"));
        }
    }
    let mut set = |key: &str, value: &str| {
        if !value.is_empty() {
            let is_plain = !value.contains([' ', '\t', '"', '`', '\n', '\r']);
            let value = if is_plain { value.to_owned() } else { format!("{value:?}") };
            push(&mut text, &format!("build\t{key}={value}"));
        }
    };
    set("-buildmode", "exe");
    set("-compiler", "gc");
    set("-ldflags", if session.output.are_paths_trimmed { "" } else { &session.output.linker_flags });
    set("-tags", &session.config.tags.join(","));
    set("-trimpath", if session.output.are_paths_trimmed { "true" } else { "" });
    set("DefaultGODEBUG", godebug);
    set("CGO_ENABLED", "0");
    set("GOARCH", load::GOARCH);
    set("GOOS", load::GOOS);
    set("GOAMD64", GOAMD64);
    text
}

fn push(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

/// `path version` to the checksum in the go.sum files.
fn sums(session: &Session<'_>, program: &Program) -> FxHashMap<String, String> {
    let mut sums = FxHashMap::default();
    for module in &program.main_modules {
        let bytes = session.system.read(&module.dir.join("go.sum")).unwrap_or_default();
        for line in String::from_utf8_lossy(&bytes).lines() {
            if let Some((module, sum)) = line.rsplit_once(' ') {
                sums.insert(module.to_owned(), sum.to_owned());
            }
        }
    }
    sums
}

/// The settings that differ from those of the newest Go: what was different in the Go that the main module names, then
/// the `godebug` lines of go.mod, then the `//go:debug` lines of package main. As cmd/go/internal/load, defaultGODEBUG.
fn godebug(session: &Session<'_>, program: &Program, main: PackageId) -> String {
    let package = &program.packages[main];
    let mut explicit = BTreeMap::new();
    let module = program.main_modules.first();
    for (key, value) in module.map_or(&[][..], |module| &module.file.godebug) {
        explicit.insert(key.to_string(), value.to_string());
    }
    for unit in &package.files {
        for directive in &unit.tree.directives {
            if let DirectiveKind::Debug(text) = &directive.kind
                && let Some((key, value)) = text.as_str().split_once('=')
            {
                explicit.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
    let of_module = match &package.origin {
        Origin::Module(module) => Some(module.go_minor),
        Origin::Gopath => Some(GOPATH_GO_MINOR),
        Origin::Standard | Origin::Loose => None,
    };
    let named = explicit.remove("default");
    let named = named.and_then(|version| version.strip_prefix("go1.")?.split('.').next()?.parse().ok());
    let mut settings = match named.or(of_module) {
        Some(minor) if minor < load::GO_MINOR => old_settings(session, minor),
        _ => BTreeMap::new(),
    };
    settings.extend(explicit);
    let settings: Vec<_> = settings.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    settings.join(",")
}

/// How Go 1.`minor` behaved where later ones differ, by the standard library's own table.
fn old_settings(session: &Session<'_>, minor: u32) -> BTreeMap<String, String> {
    let table = session.config.goroot.src().join("internal/godebugs/table.go");
    let text = session.system.read(&table).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().filter_map(|line| old_setting(line, minor)).collect()
}

/// One line of the table: `{Name: "x", Package: "p", Changed: 23, Old: "1"},`.
fn old_setting(line: &str, minor: u32) -> Option<(String, String)> {
    let name = line.trim().strip_prefix("{Name: \"")?.split_once('"')?.0;
    let changed: u32 = line.split_once("Changed: ")?.1.split([',', '}']).next()?.trim().parse().ok()?;
    let old = line.split_once("Old: \"")?.1.split_once('"')?.0;
    (minor < changed).then(|| (name.to_owned(), old.to_owned()))
}

/// Replaces directories in the names of source files by import paths, as `-trimpath` asks.
pub(crate) fn trim_paths(program: &Program, functions: &mut [code::Function]) {
    let mut dirs = FxHashMap::default();
    for package in program.packages.iter() {
        let mut path = package.path.to_string();
        if let Origin::Module(module) = &package.origin
            && let Some(version) = &module.version
        {
            let below = path.strip_prefix(&*module.path).unwrap_or_default();
            path = format!("{}@{version}{below}", module.path);
        }
        dirs.insert(package.dir.clone(), path);
    }
    for file in functions.iter_mut().flat_map(|function| &mut function.files) {
        let path = Path::new(file.as_str());
        if let (Some(dir), Some(name)) = (path.parent(), path.file_name())
            && let Some(path) = dirs.get(dir)
        {
            *file = Symbol::intern(&format!("{path}/{}", name.to_string_lossy()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_settings_says_how_older_versions_behaved() {
        let line = "\t{Name: \"asynctimerchan\", Package: \"time\", Changed: 23, Old: \"1\"},";
        let setting = Some(("asynctimerchan".to_owned(), "1".to_owned()));
        assert_eq!(old_setting(line, 22), setting);
        assert_eq!(old_setting(line, 23), None);
        assert_eq!(old_setting("\t{Name: \"execerrdot\", Package: \"os/exec\"},", 20), None);
        assert_eq!(old_setting("}", 20), None);
    }
}
