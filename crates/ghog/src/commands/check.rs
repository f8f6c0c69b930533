//! `ghog check`: everything that is wrong, and nothing built.

use std::path::Path;
use std::process::ExitCode;

use base::{SourceMap, SystemOs};
use diag::{Colour, Limit};
use driver::{LoadError, PackageReport, Report, Session};

use crate::flags::{Invocation, Values};
use crate::{console, settings};

pub(super) fn run(invocation: &Invocation) -> ExitCode {
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
    let session = Session::new(&system, config, settings::settings(&invocation.values));
    let report = driver::check(&session, &invocation.args);
    let is_clean = report.is_clean();
    print_report(&session.sources, &session.config.dir, report, &invocation.values);
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a report as the go command prints errors; on a terminal, with the source around them.
pub(super) fn print_report(sources: &SourceMap, dir: &Path, report: Report, values: &Values) {
    for error in &report.load_errors {
        if values.build_events {
            print_events(None, &format!("{error}\n"));
        } else if values.json {
            console::print(&json(error))
        } else {
            console::error(&format!("{error}\n"))
        }
    }
    for package in report.packages {
        print_package(sources, dir, package, values);
    }
}

/// A load error in the form that [`diag::render_json`] has for the others.
fn json(error: &LoadError) -> String {
    let mut object = serde_json::json!({ "code": error.code.as_str(), "severity": "error", "notes": [] });
    match &error.location {
        Some(location) => {
            object["file"] = (*location.name).into();
            object["line"] = location.line.into();
            object["column"] = location.column.into();
            object["message"] = error.message.as_str().into();
        }
        None => object["message"] = error.to_string().into(),
    }
    format!("{object}\n")
}

fn print_package(sources: &SourceMap, dir: &Path, package: PackageReport, values: &Values) {
    if !values.json && (values.build_events || !console::is_terminal()) {
        let title = package.title.clone();
        let text = plain_text(sources, dir, package, values);
        return if values.build_events { print_events(Some(&title), &text) } else { console::error(&text) };
    }
    let selection = diag::select(sources, package.diagnostics, limit(values));
    if values.json {
        return console::print(&diag::render_json(sources, &selection));
    }
    let text = diag::render_snippets(sources, &selection, Colour::Yes);
    console::error(&format!("# {}\n{}", package.title, shorten(&text, &package.dir, dir)));
}

/// The errors of a package as the go command prints them.
pub(super) fn plain_text(sources: &SourceMap, dir: &Path, package: PackageReport, values: &Values) -> String {
    let selection = diag::select(sources, package.diagnostics, limit(values));
    let text = diag::render_go(sources, &selection);
    format!("# {}\n{}", package.title, shorten(&text, &package.dir, dir))
}

fn limit(values: &Values) -> Limit {
    match (values.is_checker_test, values.all_errors) {
        (true, _) => Limit::Nothing,
        (false, true) => Limit::None,
        (false, false) => Limit::Ten,
    }
}

/// What `go build -json` prints for a package that fails; a package that could not be loaded has no name.
fn print_events(package: Option<&str>, text: &str) {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let package = package.map_or_else(String::new, |package| format!("\"ImportPath\":{},", quoted(package)));
    for line in text.split_inclusive('\n') {
        let output = quoted(line);
        console::print(&format!("{{{package}\"Action\":\"build-output\",\"Output\":{output}}}\n"));
    }
    console::print(&format!("{{{package}\"Action\":\"build-fail\"}}\n"));
}

/// Writes paths below a package's directory, or beside it, relative to the current one. As cmd/go, showOutput.
fn shorten(text: &str, package_dir: &Path, dir: &Path) -> String {
    let mut text = format!("\n{text}");
    for long in [Some(package_dir), package_dir.parent()].into_iter().flatten() {
        let short = driver::short_path(long, dir);
        let long = long.display().to_string();
        if short == long || long == "/" {
            continue;
        }
        for before in ["\n", "\n\t", " "] {
            text = text.replace(&format!("{before}{long}/"), &format!("{before}{short}/"));
        }
    }
    text.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_as_the_go_command_shows_them() {
        let shorten = |text, package, dir| shorten(text, Path::new(package), Path::new(dir));
        assert_eq!(shorten("/w/m/a/x.go:1:2: no\n", "/w/m/a", "/w/m"), "a/x.go:1:2: no\n");
        assert_eq!(shorten("/w/m/x.go:1:2: no\n", "/w/m", "/w/m"), "./x.go:1:2: no\n");
        assert_eq!(
            shorten("/w/m/x.go:1:2: no\n\t/w/m/y.go:3:4: other\n", "/w/m", "/w/m/b"),
            "../x.go:1:2: no\n\t../y.go:3:4: other\n"
        );
        assert_eq!(shorten("/usr/x.go:1:2: no\n", "/usr", "/home/me/deep"), "/usr/x.go:1:2: no\n");
    }
}
