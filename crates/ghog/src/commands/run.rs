//! `ghog run`: build and execute.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use base::{FileMode, System, SystemOs};

use super::build::{Built, Reported, executable, failed};
use crate::child;
use crate::console;
use crate::flags::Invocation;

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let values = &invocation.values;
    let (named, args) = split_args(&invocation.args);
    if named.is_empty() {
        console::error("ghog: no go files listed\n");
        return ExitCode::FAILURE;
    }
    if values.dry_run {
        let words = [&values.executor[..], named, args].concat();
        console::error(&format!("run {}\n", words.join(" ")));
        return ExitCode::SUCCESS;
    }
    let result = executable(invocation, named).and_then(|built| {
        // The cache may have been cleaned since, or lie where nothing may be executed.
        let kept = built.path.as_ref().and_then(|path| execute(path, args, invocation).ok());
        kept.map_or_else(|| execute_copy(&built, args, invocation), Ok)
    });
    result.unwrap_or_else(|Reported(code)| code)
}

/// The files or the package, and the arguments of the program. As cmd/go: all leading `.go` files, else one package.
fn split_args(args: &[String]) -> (&[String], &[String]) {
    let n_files = args.iter().take_while(|arg| arg.ends_with(".go")).count();
    args.split_at(if n_files > 0 { n_files } else { args.len().min(1) })
}

/// Executes a copy of what was built: for a cache that cannot be written, or from which nothing may be executed.
fn execute_copy(built: &Built, args: &[String], invocation: &Invocation) -> Result<ExitCode, Reported> {
    let fail = |error: std::io::Error| failed(&error.to_string());
    let dir = tempfile::Builder::new().prefix("ghog-run").tempdir().map_err(fail)?;
    let path = dir.path().join("main");
    SystemOs.write_atomic(&path, &built.bytes, FileMode::Executable).map_err(fail)?;
    execute(&path, args, invocation).map_err(fail)
}

/// Runs the executable, and prints its exit status as the go command does.
fn execute(path: &Path, args: &[String], invocation: &Invocation) -> std::io::Result<ExitCode> {
    let values = &invocation.values;
    let executor = values.executor.iter().map(OsStr::new);
    let words: Vec<_> = executor.chain([path.as_os_str()]).chain(args.iter().map(OsStr::new)).collect();
    if values.commands_shown {
        let shown: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        console::error(&format!("{}\n", shown.join(" ")));
    }
    let status = child::run(&words)?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    console::error(&format!("{}\n", child::describe(status)));
    Ok(ExitCode::FAILURE)
}
