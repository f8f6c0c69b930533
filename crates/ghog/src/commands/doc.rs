//! `ghog doc`: Go's own, which is part of its command `go`.

use std::process::ExitCode;

use base::SystemOs;

use super::build::{Reported, failed};
use super::tools;
use crate::flags::Invocation;
use crate::settings;

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    show(invocation).unwrap_or_else(|Reported(code)| code)
}

fn show(invocation: &Invocation) -> Result<ExitCode, Reported> {
    let goroot = settings::goroot(&SystemOs, &invocation.values).map_err(|problem| failed(&problem))?;
    let tool = tools::find(invocation, "cmd/go", None)?;
    let args: Vec<String> = ["doc".to_owned()].into_iter().chain(invocation.args.iter().cloned()).collect();
    tools::run(&tool, &args, &[("GOROOT", goroot.dir())])
}
