//! The set `std-test`: the standard library's own tests, by `ghog test -short`. The set `std-repeat`: those of what
//! leans on the scheduler most, 20 times in a row on 1, 2 and 8 processors.
//!
//! The score file is also its list: for each package how many top-level tests, examples and fuzz targets pass here and how
//! many pass with gc. What is known to fail, and why, is in `scores/std-test-known.tsv`; tests whose cause ends with
//! "skipped" would wait until the time is up, and take the tests behind them along.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result};
use base::{System as _, SystemOs};
use serde_json::Value;
use testkit::{Job, Limits, Outcome, Streams, process};

use super::scores::{self, Found, Score, Verdict};
use super::{Request, Subject, on_workers};
use crate::repo;

/// The name of the set.
pub(super) const NAME: &str = "std-test";

/// The name of the other one.
pub(super) const REPEAT_NAME: &str = "std-repeat";

/// How tests are run and judged.
struct Suite {
    /// The name of the set.
    name: &'static str,
    /// Packages whose tests take no time, for `ready`.
    sample: &'static [&'static str],
    /// Flags of `ghog test`.
    flags: &'static [&'static str],
    time: Duration,
}

/// The slowest package takes 25 seconds with gc.
const ONCE: Suite = Suite {
    name: NAME,
    sample: &[
        "container/heap",
        "container/list",
        "container/ring",
        "errors",
        "sort",
        "strconv",
        "unicode/utf8",
    ],
    flags: &["-timeout=100s"],
    time: Duration::from_secs(200),
};

/// The slowest takes 6 minutes.
const REPEAT: Suite = Suite {
    name: REPEAT_NAME,
    sample: &["context", "iter"],
    flags: &["-timeout=2400s", "-count=20", "-cpu=1,2,8"],
    time: Duration::from_secs(2450),
};

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    run_suite(&ONCE, subject, request)
}

pub(super) fn run_repeatedly(subject: &Subject, request: &Request) -> Result<Found> {
    run_suite(&REPEAT, subject, request)
}

fn run_suite(suite: &Suite, subject: &Subject, request: &Request) -> Result<Found> {
    let known = known_failures()?;
    let mut found = Vec::new();
    let mut wanted = Vec::new();
    for (package, counts) in scores::committed(suite.name)? {
        let (n_passed, n_expected) =
            counts_of(&counts).with_context(|| format!("{package} has no counts in the score file"))?;
        let is_in_sample = request.stride <= 1 || suite.sample.contains(&package.as_str());
        if is_in_sample && request.wants(0, &package) {
            wanted.push((package, n_expected));
        } else if request.is_update {
            let verdict = Verdict::Counted { n_passed, n_expected, why: String::new() };
            found.push(Score { test: package, verdict });
        }
    }
    let work = |(package, n_expected)| score(suite, subject, request, package, n_expected, &known);
    found.extend(on_workers(wanted, work)?);
    Ok(Found::plain("tests", found))
}

/// Passed and expected tests, from a line of the score file.
fn counts_of(counts: &str) -> Option<(usize, usize)> {
    let (n_passed, n_expected) = counts.split_once('\t')?;
    Some((n_passed.parse().ok()?, n_expected.parse().ok()?))
}

/// Tests one package.
fn score(
    suite: &Suite,
    subject: &Subject,
    request: &Request,
    package: String,
    n_expected: usize,
    known: &BTreeMap<String, Known>,
) -> Result<Score> {
    let outcome = test(suite, subject, &package, known.get(&package))?;
    let results = Results::of_events(&outcome.stdout);
    if request.is_verbose {
        let bad: Vec<_> = results.failed.iter().chain(&results.lost).collect();
        let stopped = if outcome.is_stopped { ", stopped" } else { "" };
        println!("{package}: {} of {n_expected}{stopped}; not passed: {bad:?}", results.passed.len());
    }
    let why = results.explain(&outcome, known.get(&package));
    Ok(Score { test: package, verdict: Verdict::Counted { n_passed: results.passed.len(), n_expected, why } })
}

fn test(suite: &Suite, subject: &Subject, package: &str, known: Option<&Known>) -> Result<Outcome> {
    let ghog = subject.ghog.display().to_string();
    let skip = known.and_then(Known::skip_flag);
    let words = [&ghog, "test", "-short", "-json"]
        .into_iter()
        .chain(suite.flags.iter().copied())
        .chain(skip.as_deref())
        .chain([package]);
    let words = words.map(str::to_owned).collect();
    let limits = Limits { time: suite.time, ..Limits::default() };
    process::run(&Job { words, dir: "/".into(), env: subject.env.clone(), limits, streams: Streams::Apart })
}

/// Tests of a package that are known to fail.
#[derive(Debug, Default)]
pub(super) struct Known {
    tests: BTreeSet<String>,
    /// Of these, the ones that are not even begun.
    skipped: Vec<String>,
}

impl Known {
    fn skip_flag(&self) -> Option<String> {
        (!self.skipped.is_empty()).then(|| format!("-skip=^({})$", self.skipped.join("|")))
    }
}

/// Package to tests that are known to fail.
fn known_failures() -> Result<BTreeMap<String, Known>> {
    let path = repo::root().join("scores").join("std-test-known.tsv");
    let text = SystemOs.read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(read_known(&String::from_utf8_lossy(&text)))
}

fn read_known(text: &str) -> BTreeMap<String, Known> {
    let mut all: BTreeMap<String, Known> = BTreeMap::new();
    for line in text.lines() {
        if let [package, test, cause] = line.split('\t').collect::<Vec<_>>()[..] {
            let known = all.entry(package.to_owned()).or_default();
            known.tests.insert(test.to_owned());
            if cause.ends_with("skipped") {
                known.skipped.push(test.to_owned());
            }
        }
    }
    all
}

/// What the top-level tests of a package did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Results {
    /// As often as they passed.
    pub(super) passed: Vec<String>,
    pub(super) failed: Vec<String>,
    /// Started, and never heard of again.
    pub(super) lost: BTreeSet<String>,
    pub(super) output: String,
}

impl Results {
    /// Reads what `ghog test -json` prints.
    pub(super) fn of_events(events: &str) -> Self {
        let mut results = Self::default();
        for event in events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let text = |name: &str| event[name].as_str().unwrap_or_default();
            results.output += text("Output");
            let test = text("Test");
            if test.is_empty() || test.contains('/') {
                continue;
            }
            match text("Action") {
                "run" => drop(results.lost.insert(test.to_owned())),
                action @ ("pass" | "fail" | "skip") => {
                    results.lost.remove(test);
                    match action {
                        "pass" => results.passed.push(test.to_owned()),
                        "fail" => results.failed.push(test.to_owned()),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        results
    }

    /// What went wrong and is not known to.
    pub(super) fn explain(&self, outcome: &Outcome, known: Option<&Known>) -> String {
        let is_known = |test: &&String| known.is_some_and(|known| known.tests.contains(*test));
        let news: Vec<_> = self.failed.iter().chain(&self.lost).filter(|test| !is_known(test)).collect();
        let late = if outcome.is_stopped { "stopped; " } else { "" };
        let lines: Vec<_> = self.output.lines().collect();
        let tail = lines[lines.len().saturating_sub(12)..].join("\n");
        format!("{late}exit code {}; unexpected: {news:?}\n{tail}\n{}", outcome.code, outcome.stderr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_never_end_are_skipped() {
        let known = read_known(
            "package\ttest\tcause\np\tTestA\tfails\np\tTestB\thangs; skipped\np\tTestC\tskipped\n",
        );
        assert_eq!(known["p"].tests.len(), 3);
        assert_eq!(known["p"].skip_flag().as_deref(), Some("-skip=^(TestB|TestC)$"));
        assert_eq!(known["package"].skip_flag(), None);
    }

    #[test]
    fn only_top_level_tests_count() {
        let events = r#"{"Action":"run","Test":"TestA"}
            {"Action":"pass","Test":"TestA/sub"}
            {"Action":"pass","Test":"TestA"}
            {"Action":"run","Test":"TestB"}
            {"Action":"fail","Test":"TestB"}
            {"Action":"run","Test":"TestC"}
            {"Action":"output","Output":"panic\n"}
            not json
            {"Action":"fail","Package":"p"}"#;
        let results = Results::of_events(events);
        assert_eq!((results.passed.len(), results.failed.as_slice()), (1, &["TestB".to_owned()][..]));
        assert_eq!(results.lost.into_iter().collect::<Vec<_>>(), ["TestC"]);
        assert_eq!(results.output, "panic\n");
    }
}
