//! `ghog build`: an executable file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::{FileMode, System, SystemOs};
use driver::{Failure, Session};

use crate::flags::Invocation;
use crate::{console, settings};

/// What went wrong has been printed; the exit status says the rest.
pub(super) struct Reported(pub(super) ExitCode);

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    match executable(invocation, &invocation.args) {
        Ok((bytes, dir)) => write(&bytes, &dir, invocation),
        Err(Reported(code)) => code,
    }
}

/// Builds what `args` name: the executable, and the directory that the command works in.
pub(super) fn executable(invocation: &Invocation, args: &[String]) -> Result<(Vec<u8>, PathBuf), Reported> {
    let config = settings::config(&SystemOs, invocation).map_err(|problem| {
        console::error(&format!("ghog: {problem}\n"));
        Reported(ExitCode::FAILURE)
    })?;
    let session = Session::new(&SystemOs, config, settings::settings(&invocation.values));
    driver::build(&session, args).map(|bytes| (bytes, session.config.dir.clone())).map_err(|failure| {
        match failure {
            Failure::Report(report) => {
                super::check::print_report(&session.sources, &session.config.dir, report, &invocation.values);
            }
            Failure::Build(error) => console::error(&format!("ghog: {error}\n")),
        }
        Reported(ExitCode::FAILURE)
    })
}

fn write(bytes: &[u8], dir: &Path, invocation: &Invocation) -> ExitCode {
    let output = match &invocation.values.output {
        Some(output) => dir.join(output),
        None => dir.join(default_name(dir, &invocation.args)),
    };
    match SystemOs.write_atomic(&output, bytes, FileMode::Executable) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::error(&format!("ghog: {}: {error}\n", output.display()));
            ExitCode::FAILURE
        }
    }
}

/// The name that Go gives to an executable: that of the first file, or of the package's directory.
fn default_name(dir: &Path, args: &[String]) -> String {
    let named = args.first().map_or(dir.to_path_buf(), |arg| dir.join(arg));
    let named = if named.file_name().is_some() { named } else { dir.to_path_buf() };
    let stem = if named.extension().is_some_and(|extension| extension == "go") {
        named.file_stem()
    } else {
        named.file_name()
    };
    stem.map_or_else(|| "main".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
