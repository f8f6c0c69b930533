//! `ghog clean`: an empty cache.

use std::process::ExitCode;

use base::SystemOs;
use driver::Cache;

use super::usage_error;
use crate::console;
use crate::flags::Invocation;

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    if !invocation.args.is_empty() {
        return usage_error("clean takes no packages: builds leave nothing in their directories");
    }
    if invocation.values.cleaned.is_empty() {
        return usage_error("clean: say what to remove: -cache");
    }
    match Cache::open(&SystemOs).clear() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::error(&format!("ghog: clean -cache: {error}\n"));
            ExitCode::FAILURE
        }
    }
}
