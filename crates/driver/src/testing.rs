//! Test executables: for each package that the command line names, its tests as a program.

use load::{LoadError, Named, TestProgram};

use crate::report::Report;
use crate::session::Session;
use crate::{BuildError, RUNTIME, building, checking};

/// What became of the test of one package.
#[derive(Debug)]
pub enum TestBuild {
    /// The executable.
    Executable(Vec<u8>),
    /// The package is right, and there are no test files.
    NoTests,
    /// A pattern matched a directory that holds nothing for this platform: as if it had not been there.
    Nothing,
    /// It cannot be loaded.
    SetupFailed(Vec<LoadError>),
    /// It has errors.
    Wrong(Report),
    /// It has none, but the executable cannot be made.
    Failed(BuildError),
}

/// The packages that each of `args` names, or why there are none.
///
/// # Errors
/// When it is not clear how packages are found.
pub fn named<'a>(
    session: &Session<'_>,
    args: &'a [String],
) -> Result<Vec<load::NamedByArgument<'a>>, LoadError> {
    load::named(session.system, &session.config, args)
}

/// Builds the test of a package. The session is for this test alone: other tests see other builds of the same packages.
pub fn build_test(session: &Session<'_>, named: &Named) -> TestBuild {
    session.run(|| {
        let implied = [RUNTIME.to_owned()];
        let TestProgram { program, package, main } =
            load::load_test(session.system, &session.sources, &session.config, named, &implied);
        if !program.errors.is_empty() {
            return TestBuild::SetupFailed(program.errors);
        }
        if package.is_none() {
            return TestBuild::Nothing;
        }
        let mut checked = checking::check_program(session, &program);
        let report = Report::of_check(session, &program, &mut checked);
        if !report.is_clean() {
            return TestBuild::Wrong(report);
        }
        if main.is_none() {
            return TestBuild::NoTests;
        }
        match building::build_program(session, &program, checked) {
            Ok(executable) => TestBuild::Executable(executable),
            Err(error) => TestBuild::Failed(error),
        }
    })
}
