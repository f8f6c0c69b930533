//! `ghog list`: the packages that a command would work on.

use std::collections::BTreeSet;
use std::process::ExitCode;

use base::SystemOs;
use driver::{Origin, Package, Program, Session, SourceUnit};
use serde_json::{Map, Value};

use super::template;
use crate::flags::Invocation;
use crate::{console, settings};

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let values = &invocation.values;
    let system = match settings::overlaid(&SystemOs, &invocation.values) {
        Ok(system) => system,
        Err(problem) => {
            console::error(&format!("ghog: {problem}\n"));
            return ExitCode::FAILURE;
        }
    };
    let config = match settings::config(&system, invocation) {
        Ok(config) => config,
        Err(problem) => {
            console::error(&format!("ghog: {problem}\n"));
            return ExitCode::FAILURE;
        }
    };
    let session = Session::new(&system, config, settings::settings(values));
    let program = driver::list(&session, &invocation.args);
    let ids = if values.deps { &program.order } else { &program.roots };
    for &id in ids {
        let package = &program.packages[id];
        if package.is_broken && !values.all_errors {
            continue;
        }
        match render(&program, package, invocation) {
            Ok(text) => console::print(&text),
            Err(problem) => {
                console::error(&format!("ghog: {problem}\n"));
                return ExitCode::from(2);
            }
        }
    }
    for error in &program.errors {
        console::error(&format!("{error}\n"));
    }
    if program.errors.is_empty() || values.all_errors { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn render(program: &Program, package: &Package, invocation: &Invocation) -> Result<String, String> {
    let values = &invocation.values;
    if values.json {
        return Ok(format!("{:#}\n", Value::Object(fields(program, package))));
    }
    match &values.format {
        None => Ok(format!("{}\n", package.display_name())),
        Some(format) => {
            Ok(format!("{}\n", template::fill(format, &Value::Object(fields(program, package)))?))
        }
    }
}

/// The fields of Go's `go list -json` that loading knows; empty ones are left out.
fn fields(program: &Program, package: &Package) -> Map<String, Value> {
    let names = |units: &[std::sync::Arc<SourceUnit>]| -> Value {
        units.iter().map(|unit| Value::from(unit.name.as_str())).collect()
    };
    let import_path = |id| program.packages[id].display_name();
    let mut imports: Vec<_> = package.imports.values().copied().map(import_path).collect();
    imports.sort();
    let all: [(&str, Value); 17] = [
        ("Dir", package.dir.display().to_string().into()),
        ("ImportPath", package.display_name().into()),
        ("Name", package.name.as_str().into()),
        ("Standard", package.is_standard().into()),
        ("Goroot", package.is_standard().into()),
        ("Module", module(program, package)),
        ("Root", root(package)),
        ("DepOnly", is_dependency(program, package).into()),
        ("Incomplete", package.is_broken.into()),
        ("GoFiles", names(&package.files)),
        ("IgnoredGoFiles", package.ignored.iter().map(String::as_str).collect()),
        ("EmbedPatterns", package.embeds.keys().map(String::as_str).collect()),
        ("EmbedFiles", package.embeds.values().flatten().map(String::as_str).collect()),
        ("Imports", imports.into()),
        ("Deps", deps(program, package)),
        ("TestGoFiles", names(&package.tests.internal)),
        ("XTestGoFiles", names(&package.tests.external)),
    ];
    let is_empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(is_set) => !is_set,
        Value::Null => true,
        _ => false,
    };
    all.into_iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// As cmd/go/internal/modinfo, ModulePublic.
fn module(program: &Program, package: &Package) -> Value {
    let Origin::Module(module) = &package.origin else { return Value::Null };
    let mut fields = Map::new();
    fields.insert("Path".to_owned(), (*module.path).into());
    if let Some(version) = &module.version {
        fields.insert("Version".to_owned(), (**version).into());
    }
    if let Some(main) = program.main_modules.iter().find(|main| main.path == module.path) {
        fields.insert("Main".to_owned(), true.into());
        fields.insert("GoMod".to_owned(), main.dir.join("go.mod").display().to_string().into());
    }
    fields.insert("Dir".to_owned(), module.dir.display().to_string().into());
    fields.insert("GoVersion".to_owned(), format!("1.{}", module.go_minor).into());
    Value::Object(fields)
}

fn root(package: &Package) -> Value {
    match &package.origin {
        Origin::Module(module) => module.dir.display().to_string().into(),
        Origin::Standard | Origin::Gopath | Origin::Loose => Value::Null,
    }
}

fn is_dependency(program: &Program, package: &Package) -> bool {
    !program.roots.iter().any(|&root| std::ptr::eq(&raw const program.packages[root], package))
}

/// Everything that a package imports, directly or not, sorted.
fn deps(program: &Program, package: &Package) -> Value {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<_> = package.imports.values().copied().collect();
    while let Some(id) = waiting.pop() {
        if seen.insert(program.packages[id].display_name()) {
            waiting.extend(program.packages[id].imports.values());
        }
    }
    seen.into_iter().collect()
}
