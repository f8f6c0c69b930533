//! The pipeline: session, caches, parallelism; the only crate that calls a phase.
//!
//! ```text
//! load -> check -> (lower -> opt -> codegen -> link)
//! ```
//!
//! [`check()`] and its relatives read as the contents page: each line is a phase. A phase never prints: what went wrong
//! comes back as a [`Report`], and only `ghog` turns that into text.

#![forbid(unsafe_code)]

mod building;
mod cache;
mod checking;
mod compiler_rules;
mod compiling;
mod explaining;
mod identity;
mod presets;
mod replaced;
mod report;
mod session;
mod testing;

use base::IdxVec;

pub use building::BuildError;
pub use cache::{Cache, Found, Recorder, Request};
pub use checking::CheckedProgram;
pub use explaining::{Form, show};
pub use link::{BuildInfo, read_build_info};
pub use load::{
    Branches, Config, ENV_NAMES, GO_MINOR, GO_VERSION, GOARCH, GOOS, GoEnv, Goroot, GorootError, HeadRules,
    LoadError, ModFlag, Named, NamedByArgument, Origin, Package, Program, Progress, SourceUnit, Tests,
    Variant, edit_env_file, env_file, goroot, io_text, is_env_name, short_path,
};
pub use opt::Effort;
pub use replaced::{Replaced, Replacements};
pub use report::{PackageReport, Report};
pub use session::{Bodies, Output, Rules, Session, Settings};
pub use testing::{TestBuild, build_test, named};

/// Loads what `args` name, without checking it.
pub fn list(session: &Session<'_>, args: &[String]) -> Program {
    session.run(|| load::load(session.system, &session.sources, &session.config, args))
}

/// Checks what `args` name and everything that it imports.
///
/// A program that cannot be loaded whole is checked as far as it goes.
pub fn check(session: &Session<'_>, args: &[String]) -> Report {
    session.run(|| {
        let program = load::load(session.system, &session.sources, &session.config, args);
        let mut checked = checking::check_program(session, &program);
        Report::of_check(session, &program, &mut checked)
    })
}

/// The executable of the main package that `args` name, or what is wrong with it.
///
/// # Errors
/// The report of [`check()`], or why a program without errors cannot be built.
pub fn build(session: &Session<'_>, args: &[String]) -> Result<Vec<u8>, Failure> {
    session.run(|| {
        let (program, checked) = checked_program(session, args)?;
        building::build_program(session, &program, checked).map_err(Failure::Build)
    })
}

/// The program that `args` name, without errors.
fn checked_program(session: &Session<'_>, args: &[String]) -> Result<(Program, CheckedProgram), Failure> {
    let implied = [RUNTIME.to_owned()];
    let load = || load::load_with(session.system, &session.sources, &session.config, args, &implied);
    let program = session.time("load", load);
    session.set_packages(&program);
    if !program.errors.is_empty() {
        // As the go command: nothing is compiled before everything is found.
        let mut unchecked = CheckedProgram { packages: IdxVec::new(), diagnostics: Vec::new() };
        return Err(Failure::Report(Report::of_check(session, &program, &mut unchecked)));
    }
    let mut checked = session.time("check", || checking::check_program(session, &program));
    let report = Report::of_check(session, &program, &mut checked);
    if !report.is_clean() {
        return Err(Failure::Report(report));
    }
    Ok((program, checked))
}

/// The package that every executable contains.
const RUNTIME: &str = "runtime";

/// Why there is no executable.
#[derive(Debug)]
pub enum Failure {
    /// The program is wrong.
    Report(Report),
    /// The program is right, but there is nothing to build, or it cannot be built.
    Build(BuildError),
}
