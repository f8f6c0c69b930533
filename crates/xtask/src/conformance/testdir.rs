//! The sets `go-check` and `go-run`: Go's own `test/` directory, by the kinds of its tests.
//!
//! | kind | set | what must hold |
//! | --- | --- | --- |
//! | `errorcheck`, `errorcheckdir` | `go-check` | the errors are those of the `// ERROR` comments |
//! | `compile`, `compiledir` | `go-check` | there is no error |
//! | `build`, `builddir` | `go-run` | an executable comes of it |
//! | `run`, `buildrun`, `rundir`, `runindir`, `buildrundir`, `runoutput` | `go-run` | it prints what the `.out` file says, and exits with 0 |
//! | `errorcheckandrundir` | `go-run` | both |
//!
//! Tests of gc's own diagnostics, flags, assembler, race detector and commands are skipped, with the reason in the scores.
//! Programs run in the root of the tests, and `go` is Groundhog for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base::{FileKind, FileMode, System as _, SystemOs};
use rayon::prelude::*;
use tempfile::TempDir;
use testkit::{Job, Limits, Outcome, Streams, fixtures, process};

use super::errorcheck::{self, Source};
use super::recipe::{self, Recipe};
use super::scores::{Found, Measure, Score, Verdict};
use super::{Request, Subject};

/// Where tests are.
const DIRECTORIES: [&str; 10] = [
    ".",
    "abi",
    "chan",
    "dwarf",
    "fixedbugs",
    "interface",
    "internal/runtime/sys",
    "ken",
    "syntax",
    "typeparam",
];
const DEEPER: &str = "typeparam/mdempsky";

const CHECK_KINDS: [&str; 4] = ["compile", "compiledir", "errorcheck", "errorcheckdir"];
const RUN_KINDS: [&str; 9] = [
    "build",
    "builddir",
    "buildrun",
    "buildrundir",
    "errorcheckandrundir",
    "run",
    "rundir",
    "runindir",
    "runoutput",
];

/// The module that the packages of a directory test become.
const MODULE: &str = "test";

/// What the kinds of tests are counted as.
const GROUPS: [(&str, &[&str]); 4] = [
    ("tests of errors (errorcheck, errorcheckdir)", &["errorcheck", "errorcheckdir"]),
    ("tests without errors (compile, compiledir)", &["compile", "compiledir"]),
    ("tests that build (build, builddir)", &["build", "builddir"]),
    ("tests that run", &["run", "rundir", "runindir", "buildrun", "buildrundir", "runoutput"]),
];

/// Tests that gc 1.27 fails itself: the list `types2Failures` of cmd/internal/testdir.
const GC_FAILS: [&str; 7] = [
    "fixedbugs/issue10700.go",
    "fixedbugs/issue18331.go",
    "fixedbugs/issue18419.go",
    "fixedbugs/issue20233.go",
    "fixedbugs/issue20245.go",
    "fixedbugs/issue31053.go",
    "shift1.go",
];

/// Tests that are left out one by one, each with the reason.
const LEFT_OUT: [(&str, &str); 3] = [
    // Four-byte objects share blocks of 16 bytes there, which the test looks for.
    ("finprofiled.go", "gc's size classes"),
    ("nosplit.go", "assembly"),
    // Its 240,000 generated lines are compiled for minutes.
    ("rangegen.go", "slow"),
];

pub(super) fn run_check(subject: &Subject, request: &Request) -> Result<Found> {
    run_kinds(subject, request, &CHECK_KINDS)
}

/// The name of the set of programs.
pub(super) const RUN_NAME: &str = "go-run";

pub(super) fn run_run(subject: &Subject, request: &Request) -> Result<Found> {
    run_kinds(subject, request, &RUN_KINDS)
}

fn run_kinds(subject: &Subject, request: &Request, kinds: &[&str]) -> Result<Found> {
    let home = crate::corpora::go_tests()?;
    let tests = find(&home, kinds)?;
    let wanted: Vec<_> = tests
        .iter()
        .enumerate()
        .filter(|(i, test)| request.wants(*i, &test.name))
        .map(|(_, test)| test)
        .collect();
    let score = |test: &&Test| {
        let verdict = judge(subject, test).unwrap_or_else(|error| Verdict::Fail(format!("{error:#}")));
        Score { test: test.name.clone(), verdict }
    };
    let scores: Vec<Score> = wanted.par_iter().map(score).collect();
    let of_group = |group: &[&str]| {
        let is_in_group = |test: &Test| group.contains(&test.recipe.kind.as_str());
        let tests = wanted.iter().zip(&scores).filter(|(test, _)| is_in_group(test));
        tests.map(|(_, score)| score).collect::<Vec<_>>()
    };
    let groups = GROUPS.iter().filter(|(_, group)| kinds.contains(&group[0]));
    let measures = groups.map(|(what, group)| Measure::of_tests(what, of_group(group).into_iter())).collect();
    Ok(Found { scores, measures })
}

/// One test.
struct Test {
    /// Its path in the directory of tests.
    name: String,
    path: PathBuf,
    source: String,
    recipe: Recipe,
    /// The root of the tests.
    home: PathBuf,
}

fn find(home: &Path, kinds: &[&str]) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for dir in DIRECTORIES.into_iter().chain([DEEPER]) {
        let entries =
            SystemOs.read_dir(&home.join(dir)).with_context(|| format!("Go's tests have no {dir}"))?;
        for entry in
            entries.into_iter().filter(|entry| entry.kind == FileKind::File && entry.name.ends_with(".go"))
        {
            let path = home.join(dir).join(&entry.name);
            let source = fixtures::read(&path)?;
            let Some(recipe) =
                recipe::of_source(&source).filter(|recipe| kinds.contains(&recipe.kind.as_str()))
            else {
                continue;
            };
            let name = if dir == "." { entry.name } else { format!("{dir}/{}", entry.name) };
            tests.push(Test { name, path, source, recipe, home: home.to_owned() });
        }
    }
    Ok(tests)
}

fn judge(subject: &Subject, test: &Test) -> Result<Verdict> {
    if let Some(why) = reason_to_skip(test) {
        return Ok(Verdict::Skip(why));
    }
    let scratch = tempfile::tempdir()?;
    let run = Run { subject, test, scratch: &scratch };
    match test.recipe.kind.as_str() {
        "errorcheck" => run.errorcheck(),
        "compile" => run.compile(),
        "errorcheckdir" => run.errorcheckdir(),
        "compiledir" => run.compiledir(),
        "build" => run.build_only(),
        "run" | "buildrun" => run.run_file(),
        "runoutput" => run.runoutput(),
        "rundir" => run.rundir(),
        "errorcheckandrundir" => run.errorcheckandrundir(),
        "builddir" | "buildrundir" => run.buildrundir(),
        "runindir" => run.runindir(),
        other => bail!("unknown kind {other}"),
    }
}

/// Flags that mean something to any Go compiler.
fn is_language_flag(flag: &str) -> bool {
    flag.starts_with("-lang=") || matches!(flag, "-e" | "-d=panic" | "-complete")
}

fn reason_to_skip(test: &Test) -> Option<&'static str> {
    let recipe = &test.recipe;
    if GC_FAILS.contains(&test.name.as_str()) {
        return Some("gc fails it too");
    }
    if let Some((_, why)) = LEFT_OUT.iter().find(|(name, _)| *name == test.name) {
        return Some(why);
    }
    if !recipe::is_for_this_platform(&test.source) {
        return Some("other platform");
    }
    if recipe.env.iter().any(|(name, _)| name == "GOEXPERIMENT") {
        return Some("experiment");
    }
    if recipe.flags.iter().any(|flag| flag == "-race") {
        return Some("race detector");
    }
    if recipe.flags.iter().any(|flag| !is_language_flag(flag)) {
        return Some("gc flags");
    }
    if test.source.contains("\nimport \"C\"") {
        return Some("cgo");
    }
    let calls = |command: &str| {
        let words = format!("\"tool\", \"{command}\"");
        test.source.contains(&words) || test.source.contains(&format!("go tool {command}"))
    };
    if recipe.kind == "run" && (calls("compile") || calls("link")) {
        return Some("gc's commands");
    }
    let is_directory = recipe.kind.ends_with("dir");
    let has_assembly = || {
        let entries = SystemOs.read_dir(&test.directory()).unwrap_or_default();
        entries.iter().any(|entry| entry.name.ends_with(".s"))
    };
    (is_directory && has_assembly()).then_some("assembly")
}

impl Test {
    /// The directory of a directory test.
    fn directory(&self) -> PathBuf {
        self.path.with_extension("dir")
    }

    fn base_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A test on its way.
struct Run<'a> {
    subject: &'a Subject,
    test: &'a Test,
    scratch: &'a TempDir,
}

impl Run<'_> {
    fn job(&self, words: Vec<String>, dir: &Path, streams: Streams) -> Job {
        const TIME: Duration = Duration::from_secs(60);
        // A test maps 16 GB that it does not touch.
        const ADDRESS_SPACE: u64 = 40 << 30;
        let time = self.test.recipe.time.unwrap_or(TIME);
        let limits = Limits { time, n_bytes: ADDRESS_SPACE, ..Limits::default() };
        let mut env = self.subject.env.clone();
        env.push(("GROUNDHOG_CACHE".to_owned(), self.scratch.path().join("cache").display().to_string()));
        let path = SystemOs.env("PATH").unwrap_or_default();
        env.push(("PATH".to_owned(), format!("{}:{path}", self.scratch.path().join("bin").display())));
        env.extend(self.test.recipe.env.clone());
        Job { words, dir: dir.to_owned(), env, limits, streams }
    }

    fn ghog(&self, command: &str, dir: &Path, args: &[String]) -> Result<Outcome> {
        let mut words = vec![self.subject.ghog.display().to_string(), command.to_owned()];
        words.extend_from_slice(args);
        let outcome = process::run(&self.job(words, dir, Streams::Apart))?;
        // 70 and above: an internal error, or a signal.
        if outcome.is_stopped || outcome.code > 2 {
            bail!("ghog {command}: exit code {}\n{}", outcome.code, outcome.all_output());
        }
        Ok(outcome)
    }

    fn check(&self, dir: &Path, args: &[String]) -> Result<Outcome> {
        let lang = self.test.recipe.flags.iter().filter(|flag| flag.starts_with("-lang="));
        let is_complete = self.test.recipe.flags.iter().any(|flag| flag == "-complete");
        let mut words = vec!["-e".to_owned(), "-bare".to_owned(), format!("-complete={is_complete}")];
        words.extend(lang.cloned());
        words.extend_from_slice(args);
        self.ghog("check", dir, &words)
    }

    fn here(&self) -> &Path {
        self.test.path.parent().unwrap_or(Path::new("/"))
    }

    fn errorcheck(&self) -> Result<Verdict> {
        let outcome = self.check(self.here(), &[self.test.base_name()])?;
        if self.test.recipe.wants_error == outcome.is_success() {
            let what = if outcome.is_success() { "accepted" } else { "rejected" };
            return Ok(Verdict::Fail(format!("{what}\n{}", outcome.stderr)));
        }
        let source = Source { name: self.test.base_name(), text: self.test.source.clone() };
        verdict(errorcheck::mismatches(&outcome.stderr, &[source])?)
    }

    fn compile(&self) -> Result<Verdict> {
        Ok(accepted(&self.check(self.here(), &[self.test.base_name()])?))
    }

    fn compiledir(&self) -> Result<Verdict> {
        self.lay_out()?;
        Ok(accepted(&self.check(self.scratch.path(), &["./...".to_owned()])?))
    }

    fn errorcheckdir(&self) -> Result<Verdict> {
        let packages = self.lay_out()?;
        self.errors_of(&packages)
    }

    /// All packages are checked; the last one is a program in spite of the errors in one before it.
    fn errorcheckandrundir(&self) -> Result<Verdict> {
        let packages = self.lay_out()?;
        match self.errors_of(&packages)? {
            Verdict::Pass => self.run_last(&packages),
            verdict => Ok(verdict),
        }
    }

    fn errors_of(&self, packages: &[DirPackage]) -> Result<Verdict> {
        let outcome = self.check(self.scratch.path(), &["./...".to_owned()])?;
        let files = packages.iter().flat_map(|package| &package.files);
        let source = |file: &String| -> Result<Source> {
            Ok(Source { name: file.clone(), text: fixtures::read(&self.test.directory().join(file))? })
        };
        verdict(errorcheck::mismatches(&outcome.stderr, &files.map(source).collect::<Result<Vec<_>>>()?)?)
    }

    fn build(&self, dir: &Path, args: &[String]) -> Result<Result<PathBuf, Verdict>> {
        let exe = self.scratch.path().join("a.exe");
        let mut words = vec!["-o".to_owned(), exe.display().to_string()];
        words.extend_from_slice(args);
        let outcome = self.ghog("build", dir, &words)?;
        Ok(if outcome.is_success() { Ok(exe) } else { Err(Verdict::Fail(outcome.all_output())) })
    }

    /// A `go` on the path of programs that call it.
    fn provide_go(&self) -> Result<()> {
        if !self.test.source.contains("\"os/exec\"") {
            return Ok(());
        }
        let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", self.subject.ghog.display());
        let go = self.scratch.path().join("bin/go");
        SystemOs.write_atomic(&go, script.as_bytes(), FileMode::Executable).context("cannot write bin/go")
    }

    fn build_only(&self) -> Result<Verdict> {
        // Building a package that is not a program leaves nothing behind.
        if package_name(&self.test.source).is_some_and(|name| name != "main") {
            return self.compile();
        }
        Ok(self.build(self.here(), &[self.test.base_name()])?.err().unwrap_or(Verdict::Pass))
    }

    /// Runs an executable in the directory of tests, and compares with the `.out` file beside the test.
    fn execute(&self, exe: &Path, args: &[String]) -> Result<Verdict> {
        let mut words = vec![exe.display().to_string()];
        words.extend_from_slice(args);
        self.provide_go()?;
        let outcome = process::run(&self.job(words, &self.test.home, Streams::Merged))?;
        if !outcome.is_success() {
            let late = if outcome.is_stopped { " (stopped)" } else { "" };
            return Ok(Verdict::Fail(format!("exit code {}{late}\n{}", outcome.code, outcome.stdout)));
        }
        let expected = SystemOs.read(&self.test.path.with_extension("out")).unwrap_or_default();
        let expected = String::from_utf8_lossy(&expected);
        let actual = outcome.stdout.replace("\r\n", "\n");
        Ok(if actual == expected { Verdict::Pass } else { Verdict::Fail(fixtures::diff(&expected, &actual)) })
    }

    /// The files of a program, and the arguments that it gets.
    fn sources_and_args(&self) -> (Vec<String>, Vec<String>) {
        let args = self.test.recipe.args.iter().cloned();
        let (files, args): (Vec<_>, Vec<_>) = args.partition(|arg| arg.ends_with(".go"));
        let sources = std::iter::once(self.test.base_name()).chain(files).collect();
        (sources, args)
    }

    fn run_file(&self) -> Result<Verdict> {
        let (sources, args) = self.sources_and_args();
        match self.build(self.here(), &sources)? {
            Ok(exe) => self.execute(&exe, &args),
            Err(verdict) => Ok(verdict),
        }
    }

    fn runoutput(&self) -> Result<Verdict> {
        let (sources, args) = self.sources_and_args();
        let exe = match self.build(self.here(), &sources)? {
            Ok(exe) => exe,
            Err(verdict) => return Ok(verdict),
        };
        let mut words = vec![exe.display().to_string()];
        words.extend(args);
        let outcome = process::run(&self.job(words, &self.test.home, Streams::Apart))?;
        if !outcome.is_success() {
            return Ok(Verdict::Fail(format!("the generator: {}", outcome.all_output())));
        }
        let generated = self.scratch.path().join("tmp__.go");
        fixtures::write(&generated, &outcome.stdout)?;
        match self.build(self.scratch.path(), &[generated.display().to_string()])? {
            Ok(exe) => self.execute(&exe, &[]),
            Err(verdict) => Ok(verdict),
        }
    }

    fn rundir(&self) -> Result<Verdict> {
        let packages = self.lay_out()?;
        self.run_last(&packages)
    }

    fn run_last(&self, packages: &[DirPackage]) -> Result<Verdict> {
        let main = packages.last().context("an empty directory")?;
        // As the compiler alone is run: functions without body are somebody else's business.
        let args = ["-complete=false".to_owned(), format!("./{}", main.dir)];
        match self.build(self.scratch.path(), &args)? {
            Ok(exe) => self.execute(&exe, &self.test.recipe.args),
            Err(verdict) => Ok(verdict),
        }
    }

    /// All files of the directory are one program.
    fn buildrundir(&self) -> Result<Verdict> {
        let files = fixtures::files(&self.test.directory(), "go")?;
        let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        match self.build(&self.test.directory(), &files)? {
            Ok(exe) if self.test.recipe.kind == "buildrundir" => self.execute(&exe, &[]),
            Ok(_) => Ok(Verdict::Pass),
            Err(verdict) => Ok(verdict),
        }
    }

    /// The directory is a module of its own.
    fn runindir(&self) -> Result<Verdict> {
        let from = self.test.directory();
        let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let to = self.scratch.path().join(&name);
        copy_tree(&from, &to)?;
        let version = self.test.recipe.mod_version.as_deref().unwrap_or("1.14");
        fixtures::write(&to.join("go.mod"), &format!("module {name}\ngo {version}\n"))?;
        match self.build(&to, &[".".to_owned()])? {
            Ok(exe) => self.execute(&exe, &[]),
            Err(verdict) => Ok(verdict),
        }
    }

    /// Copies the packages of a directory test into a module, each into the directory that its importers mean.
    ///
    /// Files of one package name are one package, named by its first file. Imports `"./x"` mean that module's `x`.
    fn lay_out(&self) -> Result<Vec<DirPackage>> {
        let dir = self.test.directory();
        let mut packages: Vec<DirPackage> = Vec::new();
        let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
        let entries = SystemOs.read_dir(&dir)?;
        for entry in entries.into_iter().filter(|entry| entry.name.ends_with(".go")) {
            let text = fixtures::read(&dir.join(&entry.name))?;
            let name = package_name(&text).with_context(|| format!("{} has no package name", entry.name))?;
            let known = if self.test.recipe.is_file_a_package { None } else { by_name.get(&name).copied() };
            let index = known.unwrap_or_else(|| {
                // Not a test file of some package, whatever its name.
                let stem = entry.name.trim_end_matches(".go");
                packages.push(DirPackage {
                    dir: stem.strip_suffix("_test").map_or(stem.to_owned(), |stem| format!("{stem}_tests")),
                    files: Vec::new(),
                });
                packages.len() - 1
            });
            by_name.insert(name, index);
            let text =
                text.replace("\"./", &format!("\"{MODULE}/")).replace("\"../", &format!("\"{MODULE}/"));
            let name = entry.name.replace("_test.go", "_tests.go");
            fixtures::write(&self.scratch.path().join(&packages[index].dir).join(&name), &text)?;
            packages[index].files.push(entry.name);
        }
        let module = format!("module {MODULE}\ngo 1.{}\n", load::GO_MINOR);
        fixtures::write(&self.scratch.path().join("go.mod"), &module)?;
        Ok(packages)
    }
}

/// One package of a directory test.
struct DirPackage {
    dir: String,
    files: Vec<String>,
}

fn package_name(source: &str) -> Option<String> {
    let line = source.lines().find_map(|line| line.strip_prefix("package "))?;
    Some(line.split(|c: char| !c.is_alphanumeric() && c != '_').next()?.to_owned())
}

fn verdict(problems: Vec<String>) -> Result<Verdict> {
    Ok(if problems.is_empty() { Verdict::Pass } else { Verdict::Fail(problems.join("\n")) })
}

fn accepted(outcome: &Outcome) -> Verdict {
    if outcome.is_success() { Verdict::Pass } else { Verdict::Fail(outcome.all_output()) }
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for entry in SystemOs.read_dir(from)? {
        let (from, to) = (from.join(&entry.name), to.join(&entry.name));
        match entry.kind {
            FileKind::Directory => copy_tree(&from, &to)?,
            _ => SystemOs.write_atomic(&to, &SystemOs.read(&from)?, FileMode::Data)?,
        }
    }
    Ok(())
}
