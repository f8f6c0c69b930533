//! The set `compiler-test`: the tests in cmd/compile that are Go programs, not tests of gc's own parts.
//!
//! | upstream | here |
//! | --- | --- |
//! | `internal/test/testdata/*_test.go` | one test executable of all files, as its TestCode makes it |
//! | `internal/rangefunc` | its test file |
//! | `internal/loopvar/testdata` | each program in modules of Go 1.21 and 1.22, which decide what its loop variables are: it ends as with gc |
//!
//! What is left out is in [`LEFT_OUT`], and in the scores, with the reason.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base::{System as _, SystemOs};
use regex::Regex;
use testkit::{Job, Limits, Oracle, Outcome, Streams, fixtures, process};

use super::scores::{Found, Score, Verdict};
use super::standard_tests::Results;
use super::{Request, Subject};

/// The name of the set.
pub(super) const NAME: &str = "compiler-test";

const TIME_LIMIT: Duration = Duration::from_secs(200);

/// Tests of what only gc has.
const LEFT_OUT: [(&str, &str); 3] = [
    ("loopvar/TestLoopVarHashes", "gc's debugging variables"),
    ("loopvar/TestLoopVarInlinesGo1_21", "gc's flags for single packages"),
    ("loopvar/messages of -d=loopvar", "gc's debugging flags"),
];

/// The programs of `loopvar/testdata`; the exit status of one says what it finds wrong.
const LOOP_PROGRAMS: [&str; 15] = [
    "for_complicated_esc_address.go",
    "for_esc_address.go",
    "for_esc_closure.go",
    "for_esc_method.go",
    "for_esc_minimal_closure.go",
    "for_nested.go",
    "inlines/main.go",
    "opt-121.go",
    "opt-122.go",
    "opt.go",
    "range_esc_address.go",
    "range_esc_closure.go",
    "range_esc_closure_linedir.go",
    "range_esc_method.go",
    "range_esc_minimal_closure.go",
];

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let goroot = subject.env.iter().find(|(name, _)| name == "GROUNDHOG_GOROOT").context("a GOROOT")?;
    let internal = PathBuf::from(&goroot.1).join("src/cmd/compile/internal");
    let mut scores = test_files(subject, request, "test", &internal.join("test/testdata"))?;
    scores.extend(test_files(subject, request, "rangefunc", &internal.join("rangefunc"))?);
    let oracle = Oracle::find()?;
    let programs = LOOP_PROGRAMS.iter().flat_map(|&file| [(file, 21), (file, 22)]);
    for (index, (file, minor)) in programs.enumerate() {
        let test = format!("loopvar/{file} of Go 1.{minor}");
        if request.wants(index, &test) {
            let verdict = loop_program(subject, &oracle, &internal.join("loopvar/testdata"), file, minor)?;
            scores.push(Score { test, verdict });
        }
    }
    let left_out = LEFT_OUT.iter().filter(|(test, _)| request.wants(0, test));
    scores.extend(left_out.map(|&(test, why)| Score { test: test.to_owned(), verdict: Verdict::Skip(why) }));
    Ok(Found::plain("tests", scores))
}

/// Runs the wanted tests of a directory's test files, all of them in one executable.
fn test_files(subject: &Subject, request: &Request, group: &str, dir: &Path) -> Result<Vec<Score>> {
    let mut words = vec![subject.ghog.display().to_string(), "test".to_owned(), "-json".to_owned()];
    let mut files = Vec::new();
    let mut wanted = Vec::new();
    let entries = SystemOs.read_dir(dir)?.into_iter().filter(|entry| entry.name.ends_with("_test.go"));
    for entry in entries {
        files.push(entry.name.clone());
        wanted.extend(tests_of(&fixtures::read(&dir.join(&entry.name))?));
    }
    ensure!(!wanted.is_empty(), "no tests in {}", dir.display());
    let mut index = 0;
    wanted.retain(|test| {
        index += 1;
        request.wants(index - 1, &format!("{group}/{test}"))
    });
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    words.push(format!("-run=^({})$", wanted.join("|")));
    words.extend(files);
    let outcome = execute(subject, words, dir)?;
    let results = Results::of_events(&outcome.stdout);
    let verdict = |test: &String| {
        if results.passed.contains(test) {
            return Verdict::Pass;
        }
        let late = if outcome.is_stopped { "stopped; " } else { "" };
        Verdict::Fail(format!("{late}exit code {}\n{}\n{}", outcome.code, outcome.stderr, results.output))
    };
    let score = |test: &String| Score { test: format!("{group}/{test}"), verdict: verdict(test) };
    Ok(wanted.iter().map(score).collect())
}

/// The names of the test functions in a file.
fn tests_of(source: &str) -> Vec<String> {
    static HEAD: OnceLock<Regex> = OnceLock::new();
    let head = HEAD.get_or_init(|| {
        Regex::new(r"(?m)^func (Test\w*)\(\w+ \*testing\.T\)").expect("the expression is a constant")
    });
    head.captures_iter(source).map(|found| found[1].to_owned()).collect()
}

/// Builds a program in a module of Go 1.`minor`, which must print and exit as with gc.
fn loop_program(subject: &Subject, oracle: &Oracle, from: &Path, file: &str, minor: u32) -> Result<Verdict> {
    let scratch = tempfile::tempdir()?;
    let dir = scratch.path();
    lay_out(from, file, minor, dir)?;
    let built = oracle.run(dir, &["build", "-o", "gc.exe", "."], Limits::default())?;
    ensure!(built.is_success(), "gc does not build {file}:\n{}", built.all_output());
    let expected = execute(subject, vec![dir.join("gc.exe").display().to_string()], dir)?;
    let exe = dir.join("ghog.exe").display().to_string();
    let words = [&subject.ghog.display().to_string(), "build", "-o", &exe, "."].map(str::to_owned);
    let built = execute(subject, words.into(), dir)?;
    if !built.is_success() {
        return Ok(Verdict::Fail(built.all_output()));
    }
    let outcome = execute(subject, vec![exe], dir)?;
    let is_right = (outcome.code, &outcome.stdout) == (expected.code, &expected.stdout);
    let diff = || fixtures::diff(&expected.stdout, &outcome.stdout);
    let why = || format!("exit code {} instead of {}\n{}", outcome.code, expected.code, diff());
    Ok(if is_right { Verdict::Pass } else { Verdict::Fail(why()) })
}

/// Makes a module of a program: of a file, or of a directory with packages, whose paths become the module's.
fn lay_out(from: &Path, file: &str, minor: u32, dir: &Path) -> Result<()> {
    fixtures::write(&dir.join("go.mod"), &format!("module test\n\ngo 1.{minor}\n"))?;
    let Some((parent, _)) = file.split_once('/') else {
        return fixtures::write(&dir.join(file), &fixtures::read(&from.join(file))?);
    };
    let root = from.join(parent);
    for source in fixtures::files(&root, "go")? {
        let path = format!("\"cmd/compile/internal/loopvar/testdata/{parent}/");
        let text = fixtures::read(&source)?.replace(&path, "\"test/");
        fixtures::write(&dir.join(source.strip_prefix(&root)?), &text)?;
    }
    Ok(())
}

fn execute(subject: &Subject, words: Vec<String>, dir: &Path) -> Result<Outcome> {
    let limits = Limits { time: TIME_LIMIT, ..Limits::default() };
    let env = subject.env.clone();
    process::run(&Job { words, dir: dir.to_owned(), env, limits, streams: Streams::Apart })
}

#[cfg(test)]
mod tests {
    #[test]
    fn test_functions_are_found_by_their_parameter() {
        let source = "func TestA(t *testing.T) {\nfunc TestB() {}\n\tfunc TestC(t *testing.T)\nfunc TestD(x *testing.T) {}";
        assert_eq!(super::tests_of(source), ["TestA", "TestD"]);
    }
}
