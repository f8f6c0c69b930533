//! `ghog explain`: what the compiler did with functions; and the forms of functions for `ghog build -emit`.

use std::process::ExitCode;

use base::SystemOs;
use driver::Form;

use super::build::{Reported, in_session};
use super::usage_error;
use crate::console;
use crate::flags::Invocation;

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let form = match invocation.args.first().map(String::as_str) {
        Some("escape") => Form::Escapes,
        Some("frame") => Form::Frame,
        Some(other) => return usage_error(&format!("explain {other}: it can be escape or frame")),
        None => return usage_error("explain takes escape or frame, and what to compile"),
    };
    show(invocation, &invocation.args[1..], form)
}

/// Prints a form of the functions of the program that `args` name.
pub(super) fn show(invocation: &Invocation, args: &[String], form: Form) -> ExitCode {
    let name = invocation.values.function.as_deref();
    match in_session(&SystemOs, None, invocation, |session| driver::show(session, args, form, name)) {
        Ok(text) => {
            console::print(&text);
            ExitCode::SUCCESS
        }
        Err(Reported(code)) => code,
    }
}
