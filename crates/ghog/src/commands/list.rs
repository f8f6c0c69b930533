//! `ghog list`: the packages that a command would work on.

use std::process::ExitCode;

use base::SystemOs;
use driver::{Origin, Package, Program, Session, SourceUnit};
use serde_json::{Map, Value};

use crate::flags::Invocation;
use crate::{console, settings};

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let values = &invocation.values;
    let config = match settings::config(&SystemOs, invocation) {
        Ok(config) => config,
        Err(problem) => {
            console::error(&format!("ghog: {problem}\n"));
            return ExitCode::FAILURE;
        }
    };
    let session = Session::new(&SystemOs, config, settings::settings(values));
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
        Some(format) => Ok(format!("{}\n", fill(format, &fields(program, package))?)),
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
    let (module, module_dir) = match &package.origin {
        Origin::Module(module) => (module.path.to_string(), module.dir.display().to_string()),
        Origin::Standard | Origin::Gopath | Origin::Loose => (String::new(), String::new()),
    };
    let all: [(&str, Value); 13] = [
        ("Dir", package.dir.display().to_string().into()),
        ("ImportPath", package.display_name().into()),
        ("Name", package.name.as_str().into()),
        ("Standard", package.is_standard().into()),
        ("Module", module.into()),
        ("ModuleDir", module_dir.into()),
        ("GoVersion", format!("1.{}", package.go_minor).into()),
        ("GoFiles", names(&package.files)),
        ("IgnoredGoFiles", package.ignored.iter().map(String::as_str).collect()),
        ("EmbedPatterns", package.embeds.keys().map(String::as_str).collect()),
        ("EmbedFiles", package.embeds.values().flatten().map(String::as_str).collect()),
        ("Imports", imports.into()),
        ("TestGoFiles", names(&package.tests.internal)),
    ];
    let is_empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(is_set) => !is_set,
        _ => false,
    };
    all.into_iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Replaces each `{{.Field}}`; templates with anything else in them are refused.
fn fill(format: &str, fields: &Map<String, Value>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("{{") {
        let (action, after) = after.split_once("}}").ok_or("template: unclosed action")?;
        let field = action.trim().strip_prefix('.').filter(|field| field.chars().all(char::is_alphanumeric));
        let field =
            field.ok_or_else(|| format!("template: only fields are supported, not {{{{{action}}}}}"))?;
        out.push_str(&unescape(before));
        match fields.get(field) {
            Some(Value::String(text)) => out.push_str(text),
            Some(Value::Array(items)) => out += &format!("[{}]", join(items)),
            Some(other) => out += &other.to_string(),
            None => {}
        }
        rest = after;
    }
    out.push_str(&unescape(rest));
    Ok(out)
}

fn join(items: &[Value]) -> String {
    items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

/// Shells pass `\n` and `\t` on as two characters, and Go's templates do so too; here they are what they look like.
fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_with_fields() {
        let mut fields = Map::new();
        fields.insert("Dir".into(), "/a".into());
        fields.insert("Imports".into(), vec!["b", "c"].into());
        assert_eq!(fill("x {{.Dir}}: {{ .Imports }}{{.None}}", &fields).unwrap(), "x /a: [b c]");
        let error = fill("{{join .Imports \",\"}}", &fields).unwrap_err();
        assert_eq!(error, "template: only fields are supported, not {{join .Imports \",\"}}");
    }
}
