//! The set `debian`: the tests of Go modules that Debian packages, in GOPATH mode, by `ghog test -short`.
//!
//! The score file is also the list: the tests that pass with gc, and whether they pass here. With `-update` gc runs them again, and
//! `docs/compatibility.md` gets its table. The modules are fetched on first use; `ready` does without when they are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testkit::{Job, Limits, Oracle, Outcome, Streams, fixtures, process};

use super::scores::{self, Found, Score, Verdict};
use super::standard_tests::Results;
use super::{Request, Subject, on_workers};
use crate::{corpora, repo};

/// The name of the set.
pub(super) const NAME: &str = "debian";

/// The modules, by the import paths at which Debian has them.
const MODULES: [&str; 19] = [
    "github.com/BurntSushi/toml",
    "github.com/avast/retry-go",
    "github.com/cenkalti/backoff",
    "github.com/go-chi/chi",
    "github.com/google/btree",
    "github.com/google/go-cmp",
    "github.com/google/uuid",
    "github.com/rs/zerolog",
    "github.com/spf13/cobra",
    "github.com/stretchr/testify",
    "github.com/yuin/goldmark",
    "go.etcd.io/bbolt",
    "go.etcd.io/etcd/raft",
    "go.uber.org/zap",
    "golang.org/x/sync/errgroup",
    "golang.org/x/time/rate",
    "google.golang.org/grpc",
    "google.golang.org/protobuf",
    "gopkg.in/yaml.v3",
];

/// What `ready` runs, if it is there.
const SAMPLE: &str = "github.com/google/uuid";

/// What is said of a test, or of a package, that gc does not pass either.
const NOT_WITH_GC: &str = "fails with gc";

const TIME_LIMIT: Duration = Duration::from_secs(400);
const FLAGS: [&str; 5] = ["test", "-short", "-vet=off", "-json", "-timeout=300s"];

/// A toolchain that runs tests.
struct Tester {
    program: PathBuf,
    env: Vec<(String, String)>,
}

/// Package to its tests, and what is committed of each.
type Packages = BTreeMap<String, BTreeMap<String, String>>;

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let is_sample = request.stride > 1;
    let Some(gopath) = (if is_sample { corpora::debian_if_fetched()? } else { Some(corpora::debian()?) })
    else {
        println!("{NAME}: SKIPPED: Debian's modules are not there; `cargo xtask corpora` fetches them");
        return Ok(Found::plain("tests", Vec::new()));
    };
    let ghog = Tester::new(subject.ghog.clone(), subject.env.clone(), &gopath);
    let committed = committed()?;
    let is_wanted = |package: &String| request.wants(0, package) && (!is_sample || package == SAMPLE);
    let (wanted, kept): (Packages, Packages) =
        committed.into_iter().partition(|(package, _)| is_wanted(package));
    if !request.is_update {
        let scores = on_workers(wanted, |(package, tests)| ghog.score(&package, &tests, request))?;
        return Ok(Found::plain("tests", scores.into_iter().flatten().collect()));
    }
    let oracle = Oracle::find()?;
    let gc = Tester::new(oracle.go(), oracle.env(), &gopath);
    let packages = gc.packages()?.into_iter().filter(is_wanted);
    let scores = on_workers(packages, |package| ghog.score(&package, &gc.list(&package)?, request))?;
    let mut scores: Vec<Score> = scores.into_iter().flatten().collect();
    scores.extend(kept.iter().flat_map(|(package, tests)| keep(package, tests)));
    write_table(&scores)?;
    Ok(Found::plain("tests", scores))
}

/// The committed scores by package.
fn committed() -> Result<Packages> {
    let mut packages = Packages::new();
    for (test, verdict) in scores::committed(NAME)? {
        let (package, test) = test.rsplit_once(' ').with_context(|| format!("a line of scores: {test}"))?;
        packages.entry(package.to_owned()).or_default().insert(test.to_owned(), verdict);
    }
    Ok(packages)
}

/// The scores of a package that an update leaves alone.
fn keep(package: &str, tests: &BTreeMap<String, String>) -> Vec<Score> {
    let verdict = |word: &str| match word {
        "pass" => Verdict::Pass,
        "fail" => Verdict::Fail(String::new()),
        _ => Verdict::Skip(NOT_WITH_GC),
    };
    let score = |(test, word): (&String, &String)| Score {
        test: format!("{package} {test}"),
        verdict: verdict(word),
    };
    tests.iter().map(score).collect()
}

impl Tester {
    fn new(program: PathBuf, mut env: Vec<(String, String)>, gopath: &Path) -> Self {
        // What needs cgo is left out by both.
        let own = [("GO111MODULE", "off"), ("CGO_ENABLED", "0"), ("GOPATH", &gopath.display().to_string())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        env.extend(own);
        Self { program, env }
    }

    fn run(&self, args: &[&str]) -> Result<Outcome> {
        let words = [self.program.display().to_string()].into_iter();
        let words = words.chain(args.iter().map(|arg| (*arg).to_owned())).collect();
        let limits = Limits { time: TIME_LIMIT, ..Limits::default() };
        process::run(&Job { words, dir: "/".into(), env: self.env.clone(), limits, streams: Streams::Apart })
    }

    /// The packages of the modules that have tests.
    fn packages(&self) -> Result<Vec<String>> {
        const SHOW: &str = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}";
        let patterns: Vec<String> = MODULES.iter().map(|module| format!("{module}/...")).collect();
        let args: Vec<&str> =
            ["list", "-e", "-f", SHOW].into_iter().chain(patterns.iter().map(String::as_str)).collect();
        let listed = self.run(&args)?;
        ensure!(listed.is_success(), "go list: {}", listed.stderr);
        Ok(listed.stdout.lines().map(str::to_owned).collect())
    }

    /// The tests of a package: what passes, and what does not, in the words of the score file.
    fn list(&self, package: &str) -> Result<BTreeMap<String, String>> {
        let outcome = self.test(package)?;
        let results = Results::of_events(&outcome.stdout);
        let bad = format!("skip\t{NOT_WITH_GC}");
        let passed = results.passed.iter().map(|test| (test.clone(), "pass".to_owned()));
        let others = results.failed.iter().chain(&results.lost).map(|test| (test.clone(), bad.clone()));
        let mut tests: BTreeMap<String, String> = passed.chain(others).collect();
        if tests.is_empty() && !outcome.is_success() {
            tests.insert("*".to_owned(), bad);
        }
        Ok(tests)
    }

    fn test(&self, package: &str) -> Result<Outcome> {
        self.run(&FLAGS.into_iter().chain([package]).collect::<Vec<_>>())
    }

    /// Tests a package: each of `tests` that passes with gc has to.
    fn score(
        &self,
        package: &str,
        tests: &BTreeMap<String, String>,
        request: &Request,
    ) -> Result<Vec<Score>> {
        let is_expected = |word: &str| !word.starts_with("skip");
        if !tests.values().any(|word| is_expected(word)) {
            return Ok(keep(package, tests));
        }
        let outcome = self.test(package)?;
        let results = Results::of_events(&outcome.stdout);
        let passed: BTreeSet<&String> = results.passed.iter().collect();
        let verdict = |test: &String, word: &str| {
            if !is_expected(word) {
                Verdict::Skip(NOT_WITH_GC)
            } else if passed.contains(test) {
                Verdict::Pass
            } else {
                Verdict::Fail(results.explain(&outcome, None))
            }
        };
        if request.is_verbose {
            println!(
                "{package}: {} of {}",
                passed.len(),
                tests.values().filter(|word| is_expected(word)).count()
            );
        }
        let score = |(test, word): (&String, &String)| Score {
            test: format!("{package} {test}"),
            verdict: verdict(test, word),
        };
        Ok(tests.iter().map(score).collect())
    }
}

/// Puts the totals of each module into `docs/compatibility.md`.
fn write_table(scores: &[Score]) -> Result<()> {
    const HEAD: &str = "| module | tests that pass with gc | of these pass here |\n| --- | --- | --- |\n";
    let path = repo::root().join("docs/compatibility.md");
    let text = fixtures::read(&path)?;
    let (before, after) = text.split_once(HEAD).context("docs/compatibility.md has no table of modules")?;
    let is_row = |line: &&str| line.starts_with('|');
    let after: String = after.split_inclusive('\n').skip_while(is_row).collect();
    let rows: String = MODULES.iter().map(|module| row(module, scores)).collect();
    fixtures::write(&path, &format!("{before}{HEAD}{rows}{after}"))
}

fn row(module: &str, scores: &[Score]) -> String {
    let is_in = |score: &&Score| {
        let rest = score.test.strip_prefix(module);
        rest.is_some_and(|rest| rest.starts_with([' ', '/']))
    };
    let verdicts = || scores.iter().filter(is_in).map(|score| &score.verdict);
    let n_passed = verdicts().filter(|verdict| matches!(verdict, Verdict::Pass)).count();
    let n_failed = verdicts().filter(|verdict| matches!(verdict, Verdict::Fail(_))).count();
    format!("| `{module}` | {} | {n_passed} |\n", n_passed + n_failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_what_gc_passes_too() {
        let score = |test: &str, verdict| Score { test: test.to_owned(), verdict };
        let scores = [
            score("x.org/m TestA", Verdict::Pass),
            score("x.org/m/sub TestB", Verdict::Fail(String::new())),
            score("x.org/m TestC", Verdict::Skip(NOT_WITH_GC)),
            score("x.org/mm TestD", Verdict::Pass),
        ];
        assert_eq!(row("x.org/m", &scores), "| `x.org/m` | 2 | 1 |\n");
    }
}
