//! What is printed for a test that was not run, or could not be built.

use std::path::PathBuf;

use base::SourceMap;
use driver::{LoadError, Report};

use super::events::{self, Converter};
use crate::commands::check;
use crate::console;
use crate::flags::Values;

/// How the test of a package ended.
pub(super) struct Outcome {
    pub(super) is_success: bool,
    /// What is still to be printed, when it is the turn of this package.
    pub(super) output: Vec<u8>,
}

impl Outcome {
    /// All is well, and nothing is to be said.
    pub(super) fn silent() -> Self {
        Self { is_success: true, output: Vec::new() }
    }
}

/// How results are printed.
pub(super) struct Reporter {
    pub(super) is_json: bool,
    pub(super) dir: PathBuf,
    pub(super) values: Values,
}

impl Reporter {
    pub(super) fn no_test_files(&self, package: &str) -> Outcome {
        self.line(package, &format!("?   \t{package}\t[no test files]\n"), true, None)
    }

    /// The package cannot be loaded: the reasons go out at once.
    pub(super) fn setup_failed(&self, package: &str, errors: &[LoadError]) -> Outcome {
        let lines: String = errors.iter().map(|error| format!("{error}\n")).collect();
        self.print_build_output(package, &format!("# {package}\n{lines}"));
        self.line(package, &format!("FAIL\t{package} [setup failed]\n"), false, Some(package))
    }

    /// The package has errors, of which the first in `failed`.
    pub(super) fn build_failed(&self, package: &str, failed: Option<&str>) -> Outcome {
        self.line(package, &format!("FAIL\t{package} [build failed]\n"), false, failed)
    }

    /// Prints errors; the name of the first package that has any.
    pub(super) fn print_errors(&self, sources: &SourceMap, report: Report) -> Option<String> {
        let first = report.packages.first().map(|package| package.title.clone());
        if !self.is_json {
            check::print_report(sources, &self.dir, report, &self.values);
            return first;
        }
        for package in report.packages {
            let title = package.title.clone();
            let text = check::plain_text(sources, &self.dir, package, &self.values);
            self.print_build_output(&title, &text);
        }
        first
    }

    fn print_build_output(&self, package: &str, text: &str) {
        if self.is_json {
            console::print(&events::build_output(package, text));
        } else {
            console::error(text);
        }
    }

    /// One line in place of a test's output.
    fn line(&self, package: &str, line: &str, is_success: bool, failed_build: Option<&str>) -> Outcome {
        if !self.is_json {
            return Outcome { is_success, output: line.as_bytes().to_vec() };
        }
        let mut converter = Converter::new(package);
        converter.write(line.as_bytes());
        converter.finish(is_success, failed_build);
        Outcome { is_success, output: Vec::new() }
    }
}
