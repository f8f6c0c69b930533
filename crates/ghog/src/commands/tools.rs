//! Tools that are Go programs of the standard library's own (`gofmt`, `vet`, `go doc`): compiled on first use, and taken from
//! the cache afterwards.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::{FileMode, System as _, SystemOs};
use tempfile::TempDir;

use super::build::{self, Built, Reported, failed};
use crate::flags::{Invocation, Values};
use crate::{child, console, settings};

/// An executable of a tool.
pub(super) struct Tool {
    pub(super) path: PathBuf,
    /// Where it is when there is no cache.
    _dir: Option<TempDir>,
}

/// Builds the tool that is the main package `package`; `overlay` is as for the flag.
pub(super) fn find(
    invocation: &Invocation,
    package: &str,
    overlay: Option<PathBuf>,
) -> Result<Tool, Reported> {
    let goroot = settings::goroot(&SystemOs, &invocation.values).map_err(|problem| failed(&problem))?;
    let dir = goroot.dir().to_owned();
    // What the user's flags and directory say is about the user's packages.
    let values = Values { dir: Some(dir.clone()), goroot: Some(dir), overlay, ..Values::default() };
    let args = vec![package.to_owned()];
    let Built { bytes, path } = build::executable(&Invocation { values, args: args.clone() }, &args)?;
    if let Some(path) = path.filter(|path| SystemOs.is_file(path)) {
        return Ok(Tool { path, _dir: None });
    }
    let fail = |error: std::io::Error| failed(&error.to_string());
    let dir = tempfile::Builder::new().prefix("ghog-tool").tempdir().map_err(fail)?;
    let path = dir.path().join("tool");
    SystemOs.write_atomic(&path, &bytes, FileMode::Executable).map_err(fail)?;
    Ok(Tool { path, _dir: Some(dir) })
}

/// Runs a tool with our input and output. Its exit status is ours.
pub(super) fn run(tool: &Tool, args: &[String], env: &[(&str, &Path)]) -> Result<ExitCode, Reported> {
    let words = [tool.path.as_os_str()].into_iter().chain(args.iter().map(OsStr::new));
    let status = child::run_with(&words.collect::<Vec<_>>(), env)
        .map_err(|error| failed(&format!("{}: {error}", tool.path.display())))?;
    if let Some(code) = status.code() {
        return Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)));
    }
    console::error(&format!("{}\n", child::describe(status)));
    Ok(ExitCode::FAILURE)
}
