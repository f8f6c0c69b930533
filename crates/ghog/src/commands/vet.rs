//! `ghog vet`: Go's own, one package at a time.
//!
//! Go's vet reads the types of imported packages from files that Go's compiler writes. Ours checks the sources of these
//! packages instead: `vet/sources.go` is added to vet when it is compiled. What one package tells another (that a
//! function formats like Printf) goes through files, as with Go.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use base::{FileMode, System as _, SystemOs};
use driver::{Package, Program, Session, SourceUnit, Tests, Variant};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::build::{Reported, failed};
use super::tools::{self, Tool};
use crate::flags::Invocation;
use crate::{console, settings};

/// Is added to vet.
const SOURCES: &str = include_str!("vet/sources.go");
/// The package of vet that it becomes part of.
const CHECKER: &str = "cmd/vendor/golang.org/x/tools/go/analysis/unitchecker/sources.go";

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    vet(invocation).unwrap_or_else(|Reported(code)| code)
}

fn vet(invocation: &Invocation) -> Result<ExitCode, Reported> {
    let system = settings::overlaid(&SystemOs, &invocation.values).map_err(|problem| failed(&problem))?;
    let mut config = settings::config(&system, invocation).map_err(|problem| failed(&problem))?;
    config.tests = Tests::With;
    let session = Session::new(&system, config, settings::settings(&invocation.values));
    let program = driver::list(&session, &invocation.args);
    if !program.errors.is_empty() {
        program.errors.iter().for_each(|error| console::error(&format!("{error}\n")));
        return Ok(ExitCode::FAILURE);
    }
    let fail = |error: std::io::Error| failed(&error.to_string());
    let scratch = tempfile::Builder::new().prefix("ghog-vet").tempdir().map_err(fail)?;
    let tool = tool(invocation, &session, &scratch)?;
    let vetting = Vetting { invocation, session: &session, program: &program, scratch, tool };
    vetting.run().map_err(fail)
}

/// Vet, which can read sources.
fn tool(invocation: &Invocation, session: &Session<'_>, scratch: &TempDir) -> Result<Tool, Reported> {
    let fail = |error: std::io::Error| failed(&error.to_string());
    // The same place each time, so that the same executable is found in the cache.
    let home = driver::goroot::cache_dir(&SystemOs).map(|dir| dir.join("vet"));
    let home = home.filter(|dir| SystemOs.create_dir_all(dir).is_ok());
    let home = home.unwrap_or_else(|| scratch.path().to_owned());
    let (added, overlay) = (home.join("sources.go"), home.join("overlay.json"));
    let goal = session.config.goroot.src().join(CHECKER);
    let replace = json!({ "Replace": { goal.display().to_string(): added.display().to_string() } });
    for (path, text) in [(&added, SOURCES.to_owned()), (&overlay, replace.to_string())] {
        if SystemOs.read(path).ok().as_deref() != Some(text.as_bytes()) {
            SystemOs.write_atomic(path, text.as_bytes(), FileMode::Data).map_err(fail)?;
        }
    }
    tools::find(invocation, "cmd/vet", Some(overlay))
}

/// All that is known while packages are vetted.
struct Vetting<'a> {
    invocation: &'a Invocation,
    session: &'a Session<'a>,
    program: &'a Program,
    scratch: TempDir,
    tool: Tool,
}

impl Vetting<'_> {
    /// Vets the packages that were named, after those of their imports that are no part of the standard library.
    fn run(&self) -> std::io::Result<ExitCode> {
        let sources = self.scratch.path().join("sources.json");
        self.write(&sources, &self.sources()?)?;
        let mut facts = BTreeMap::new();
        let mut is_clean = true;
        for (number, &id) in self.program.order.iter().enumerate() {
            let package = &self.program.packages[id];
            let is_named = self.program.roots.contains(&id) && !self.is_tested_elsewhere(package);
            if package.files.is_empty()
                || package.variant == Variant::TestMain
                || (package.is_standard() && !is_named)
            {
                continue;
            }
            let output = self.scratch.path().join(format!("{number}.vetx"));
            let config = self.config(package, is_named, &facts, &output, &sources);
            facts.insert(package.display_name(), output.display().to_string());
            let path = self.scratch.path().join(format!("{number}.cfg"));
            self.write(&path, &config)?;
            is_clean &= self.vet(&path)? || !is_named;
        }
        Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Whether the same package is there with its tests, which says it all.
    fn is_tested_elsewhere(&self, package: &Package) -> bool {
        let is_same = |other: &Package| other.path == package.path && other.variant == Variant::WithTests;
        package.variant == Variant::Plain && self.program.packages.iter().any(is_same)
    }

    fn write(&self, path: &Path, value: &Value) -> std::io::Result<()> {
        SystemOs.write_atomic(path, value.to_string().as_bytes(), FileMode::Data)
    }

    /// Where the sources of every package are, for `sources.go`.
    fn sources(&self) -> std::io::Result<Value> {
        let mut units = serde_json::Map::new();
        for &id in &self.program.order {
            let package = &self.program.packages[id];
            let files: std::io::Result<Vec<String>> =
                package.files.iter().map(|unit| self.readable(package, unit)).collect();
            let unit = json!({
                "Path": package.path.as_str(),
                "Files": files?,
                "Imports": self.imports(package),
                "Go": format!("go1.{}", package.go_minor),
            });
            units.insert(package.display_name(), unit);
        }
        Ok(units.into())
    }

    /// A file that holds the text that was loaded: itself, or a copy where the text is not what the disk has.
    fn readable(&self, package: &Package, unit: &SourceUnit) -> std::io::Result<String> {
        let source = self.session.sources.file(unit.id);
        let text = source.text().as_str().as_bytes();
        if SystemOs.read(&unit.path).ok().as_deref() == Some(text) {
            return Ok(unit.path.display().to_string());
        }
        let copy = self.scratch.path().join("src").join(package.path.as_str()).join(&unit.name);
        SystemOs.write_atomic(&copy, text, FileMode::Data)?;
        Ok(copy.display().to_string())
    }

    fn imports(&self, package: &Package) -> BTreeMap<String, String> {
        let name = |id| self.program.packages[id].display_name();
        package.imports.iter().map(|(path, &id)| (path.to_string(), name(id))).collect()
    }

    /// What vet wants to know of a package: Go's `vet.cfg`.
    fn config(
        &self,
        package: &Package,
        is_named: bool,
        facts: &BTreeMap<String, String>,
        output: &Path,
        sources: &Path,
    ) -> Value {
        let files: Vec<String> = package.files.iter().map(|unit| unit.path.display().to_string()).collect();
        let standard = self.program.packages.iter().filter(|package| package.is_standard());
        let standard: BTreeMap<String, bool> =
            standard.map(|package| (package.path.to_string(), true)).collect();
        // Facts are looked up by the path of a package, whichever build of it was imported.
        let known = package.imports.values().chain(self.program.order.iter());
        let known = known.filter_map(|&id| {
            let package = &self.program.packages[id];
            Some((package.path.to_string(), facts.get(&package.display_name())?.clone()))
        });
        let known: BTreeMap<String, String> = known.collect();
        json!({
            "ID": package.display_name(),
            "Compiler": "gc",
            "Dir": package.dir.display().to_string(),
            "ImportPath": package.display_name(),
            "GoVersion": format!("go1.{}", package.go_minor),
            "GoFiles": files,
            "ImportMap": self.imports(package),
            "PackageFile": { "sources": sources.display().to_string() },
            "Standard": standard,
            "PackageVetx": known,
            "VetxOnly": !is_named,
            "VetxOutput": output.display().to_string(),
        })
    }

    /// Vets one package, and shows what is wrong with it. Whether that is nothing.
    fn vet(&self, config: &Path) -> std::io::Result<bool> {
        let mut command = Command::new(&self.tool.path);
        command
            .args(&self.invocation.values.vet_flags)
            .arg(config)
            .env("GOROOT", self.session.config.goroot.dir());
        let output = command.output()?;
        let dir = format!("{}/", self.session.config.dir.display());
        let shorten = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let lines =
                text.split_inclusive('\n').map(|line| line.strip_prefix(dir.as_str()).unwrap_or(line));
            lines.collect::<String>()
        };
        console::print(&shorten(&output.stdout));
        console::error(&shorten(&output.stderr));
        Ok(output.status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_to_vet_is_of_the_package_it_becomes_part_of() {
        assert!(SOURCES.contains("\npackage unitchecker\n"));
        assert_eq!(Path::new(CHECKER).file_name().unwrap(), "sources.go");
    }
}
