//! `ghog run`: build and execute.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode};

use base::{FileMode, System, SystemOs};

use super::build::{Reported, executable};
use crate::console;
use crate::flags::Invocation;

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let (named, args) = split_args(&invocation.args);
    if named.is_empty() {
        console::error("ghog: no go files listed\n");
        return ExitCode::FAILURE;
    }
    match executable(invocation, named) {
        Ok((bytes, _)) => execute(&bytes, args),
        Err(Reported(code)) => code,
    }
}

/// The files or the package, and the arguments of the program. As cmd/go: all leading `.go` files, else one package.
fn split_args(args: &[String]) -> (&[String], &[String]) {
    let n_files = args.iter().take_while(|arg| arg.ends_with(".go")).count();
    args.split_at(if n_files > 0 { n_files } else { args.len().min(1) })
}

/// Runs the executable from a temporary directory, and prints its exit status as the go command does.
fn execute(bytes: &[u8], args: &[String]) -> ExitCode {
    let fail = |error: std::io::Error| {
        console::error(&format!("ghog: {error}\n"));
        ExitCode::FAILURE
    };
    let dir = match tempfile::Builder::new().prefix("ghog-run").tempdir() {
        Ok(dir) => dir,
        Err(error) => return fail(error),
    };
    let path = dir.path().join("main");
    if let Err(error) = SystemOs.write_atomic(&path, bytes, FileMode::Executable) {
        return fail(error);
    }
    match Command::new(&path).args(args).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => {
            let text = match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit status {code}\n"),
                (None, signal) => format!("signal: {}\n", signal.unwrap_or_default()),
            };
            console::error(&text);
            ExitCode::FAILURE
        }
        Err(error) => fail(error),
    }
}
