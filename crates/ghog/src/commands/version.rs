//! `ghog version`: of Groundhog itself, or of executables.

use std::path::Path;
use std::process::ExitCode;

use base::{FileKind, System as _, SystemOs};

use crate::console;
use crate::flags::{Invocation, Values};

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let values = &invocation.values;
    if invocation.args.is_empty() {
        if values.module_info || values.verbose {
            return super::usage_error("version: flags can only be used with arguments");
        }
        let (go, os, arch) = (driver::GO_VERSION, driver::GOOS, driver::GOARCH);
        console::print(&format!("ghog version {} {go} {os}/{arch}\n", env!("CARGO_PKG_VERSION")));
        return ExitCode::SUCCESS;
    }
    let mut is_fine = true;
    for arg in &invocation.args {
        let path = Path::new(arg);
        match SystemOs.stat(path) {
            Ok(metadata) if metadata.kind == FileKind::Directory => describe_below(path, values),
            Ok(_) => is_fine &= describe(path, values, true),
            Err(error) => {
                console::error(&format!("{arg}: {error}\n"));
                is_fine = false;
            }
        }
    }
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every Go executable in a directory and below it.
fn describe_below(dir: &Path, values: &Values) {
    for entry in SystemOs.read_dir(dir).unwrap_or_default() {
        let path = dir.join(&entry.name);
        match entry.kind {
            FileKind::Directory if !entry.is_symlink => describe_below(&path, values),
            FileKind::File => {
                describe(&path, values, false);
            }
            _ => {}
        }
    }
}

/// Prints the version of one file. Whether it is a Go executable.
fn describe(path: &Path, values: &Values, is_named: bool) -> bool {
    let info = SystemOs.read(path).ok().and_then(|bytes| driver::read_build_info(&bytes));
    let shown = path.display();
    let Some(info) = info else {
        if is_named || values.verbose {
            console::error(&format!(
                "{shown}: could not read Go build info from {shown}: not a Go executable\n"
            ));
        }
        return false;
    };
    console::print(&format!("{shown}: {}\n", info.version));
    if values.module_info {
        info.modules.lines().for_each(|line| console::print(&format!("\t{line}\n")));
    }
    true
}
