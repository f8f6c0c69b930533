//! The pipeline: session, caches, parallelism; the only crate that calls a phase.
//!
//! ```text
//! load -> check -> (lower -> opt -> codegen -> link)
//! ```
//!
//! [`check()`] and its relatives read as the contents page: each line is a phase. A phase never prints: what went wrong
//! comes back as a [`Report`], and only `ghog` turns that into text.

#![forbid(unsafe_code)]

mod checking;
mod compiler_rules;
mod report;
mod session;

pub use checking::CheckedProgram;
pub use load::{
    Branches, Config, ENV_NAMES, GO_MINOR, GO_VERSION, GOARCH, GOOS, GoEnv, Goroot, GorootError, LoadError,
    ModFlag, Origin, Package, Program, Progress, SourceUnit, Tests, Variant, goroot, short_path,
};
pub use report::{PackageReport, Report};
pub use session::{Rules, Session, Settings};

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
        let checked = checking::check_program(session, &program);
        Report::of_check(session, &program, checked)
    })
}
