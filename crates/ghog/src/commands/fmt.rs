//! `ghog fmt`: gofmt on the files of packages.

use std::path::Path;
use std::process::ExitCode;

use base::{System, SystemOs};
use driver::Session;

use super::build::{Reported, failed};
use super::tools;
use crate::flags::Invocation;
use crate::{console, settings};

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    format(invocation).unwrap_or_else(|Reported(code)| code)
}

fn format(invocation: &Invocation) -> Result<ExitCode, Reported> {
    let values = &invocation.values;
    let (files, are_all_found) = files(invocation)?;
    let not_found = if are_all_found { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if files.is_empty() {
        return Ok(not_found);
    }
    let args: Vec<String> = ["-l", "-w"].into_iter().map(str::to_owned).chain(files).collect();
    if values.dry_run || values.commands_shown {
        console::print(&format!("gofmt {}\n", args.join(" ")));
    }
    if values.dry_run {
        return Ok(not_found);
    }
    let tool = tools::find(invocation, "cmd/gofmt", None)?;
    let code = tools::run(&tool, &args, &[])?;
    Ok(if code == ExitCode::SUCCESS { not_found } else { ExitCode::FAILURE })
}

/// The files of the named packages, and whether there were such packages.
fn files(invocation: &Invocation) -> Result<(Vec<String>, bool), Reported> {
    let config = settings::config(&SystemOs, invocation).map_err(|problem| failed(&problem))?;
    let session = Session::new(&SystemOs, config, settings::settings(&invocation.values));
    if invocation.args.iter().all(|arg| arg.ends_with(".go")) && !invocation.args.is_empty() {
        let dir = &session.config.dir;
        return Ok((
            invocation.args.iter().map(|arg| shown(invocation, &dir.join(arg), dir)).collect(),
            true,
        ));
    }
    let found = driver::named(&session, &invocation.args).map_err(|error| failed(&error.to_string()))?;
    let mut files = Vec::new();
    let mut are_all_found = true;
    for (_, packages) in found {
        match packages {
            Ok(packages) => {
                for package in packages {
                    files.extend(go_files(invocation, package.dir(), &session.config.dir));
                }
            }
            Err(error) => {
                console::error(&format!("{error}\n"));
                are_all_found = false;
            }
        }
    }
    Ok((files, are_all_found))
}

/// The Go files in a directory, whatever build constraints say of them.
fn go_files(invocation: &Invocation, package: &Path, dir: &Path) -> Vec<String> {
    let entries = SystemOs.read_dir(package).unwrap_or_default();
    let names = entries.into_iter().map(|entry| entry.name);
    let names = names.filter(|name| name.ends_with(".go") && !name.starts_with(['_', '.']));
    names.map(|name| shown(invocation, &package.join(name), dir)).collect()
}

/// A path as gofmt is to show it; after `-C` one that means the same from where we are.
fn shown(invocation: &Invocation, path: &Path, dir: &Path) -> String {
    match invocation.values.dir {
        Some(_) => path.display().to_string(),
        None => driver::short_path(path, dir),
    }
}
