//! A folder of fixtures as a test binary: one trial per case, names that can be filtered.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base::{FileKind, FileMode, System as _, SystemOs};
use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

/// One test.
pub struct Case {
    /// What it is called on the command line.
    pub name: String,
    /// What it does; an error is a failure.
    pub run: Box<dyn FnOnce() -> Result<()> + Send>,
}

/// Runs the cases as `cargo test` would, and ends the process.
pub fn main(cases: Vec<Case>) -> std::process::ExitCode {
    let trial = |case: Case| {
        Trial::test(case.name, move || (case.run)().map_err(|error| Failed::from(format!("{error:#}"))))
    };
    libtest_mimic::run(&Arguments::from_args(), cases.into_iter().map(trial).collect()).exit_code()
}

/// The files below `dir` with this extension, sorted.
pub fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(dir, extension, &mut found)?;
    Ok(found)
}

fn collect(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in SystemOs.read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = dir.join(&entry.name);
        match entry.kind {
            FileKind::Directory => collect(&path, extension, found)?,
            FileKind::File if path.extension().is_some_and(|found| found == extension) => found.push(path),
            _ => {}
        }
    }
    Ok(())
}

/// The text of a file.
pub fn read(path: &Path) -> Result<String> {
    let bytes = SystemOs.read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Makes a file with this text.
pub fn write(path: &Path, text: &str) -> Result<()> {
    SystemOs
        .write_atomic(path, text.as_bytes(), FileMode::Data)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Fails when the text differs from that of the golden file; with `UPDATE_EXPECT=1` it rewrites the file instead.
pub fn assert_golden(path: &Path, actual: &str) -> Result<()> {
    let expected =
        SystemOs.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    if SystemOs.env("UPDATE_EXPECT").is_some() {
        return SystemOs.write_atomic(path, actual.as_bytes(), FileMode::Data).context("cannot update");
    }
    bail!("{} differs:\n{}", path.display(), diff(&expected, actual))
}

/// What has to change for `expected` to become `actual`.
pub fn diff(expected: &str, actual: &str) -> String {
    TextDiff::from_lines(expected, actual).unified_diff().header("expected", "actual").to_string()
}
