//! Outcomes of tests, and the committed ones.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use base::{FileMode, System as _, SystemOs};

use super::Request;
use crate::repo;

/// The outcome of one test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Score {
    /// Its name within the set.
    pub(crate) test: String,
    /// What became of it.
    pub(crate) verdict: Verdict,
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It passed.
    Pass,
    /// It failed: why, for a person.
    Fail(String),
    /// It does not apply: why, in a word or two.
    Skip(&'static str),
    /// It is many tests.
    Counted {
        /// How many pass.
        n_passed: usize,
        /// How many should.
        n_expected: usize,
        /// What is wrong with the others, for a person.
        why: String,
    },
}

/// What a set gave.
pub(crate) struct Found {
    /// The tests.
    pub(crate) scores: Vec<Score>,
    /// What the tests add up to.
    pub(crate) measures: Vec<Measure>,
}

/// One number that a set is judged by.
pub(crate) struct Measure {
    /// What is counted.
    pub(crate) what: &'static str,
    /// How many are right.
    pub(crate) n_right: usize,
    /// Of how many.
    pub(crate) n_all: usize,
}

impl Found {
    /// Tests that are counted as what they are.
    pub(crate) fn plain(what: &'static str, scores: Vec<Score>) -> Self {
        let measures = vec![Measure::of_tests(what, scores.iter())];
        Self { scores, measures }
    }
}

impl Measure {
    /// Counts the tests that passed, of those that were not skipped.
    pub(crate) fn of_tests<'s>(what: &'static str, scores: impl Iterator<Item = &'s Score>) -> Self {
        let mut measure = Self { what, n_right: 0, n_all: 0 };
        for (n_passed, n_expected) in scores.map(|score| score.verdict.counts()) {
            measure.n_right += n_passed;
            measure.n_all += n_expected;
        }
        measure
    }

    fn percent(&self) -> f64 {
        100.0 * self.n_right as f64 / self.n_all.max(1) as f64
    }
}

impl Verdict {
    fn word(&self) -> String {
        match self {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Fail(_) => "fail".to_owned(),
            Verdict::Skip(why) => format!("skip\t{why}"),
            Verdict::Counted { n_passed, n_expected, .. } => format!("{n_passed}\t{n_expected}"),
        }
    }

    /// Passed and expected tests.
    fn counts(&self) -> (usize, usize) {
        match *self {
            Verdict::Pass => (1, 1),
            Verdict::Fail(_) => (0, 1),
            Verdict::Skip(_) => (0, 0),
            Verdict::Counted { n_passed, n_expected, .. } => (n_passed, n_expected),
        }
    }

    /// Why it is worse than the committed verdict, or than it should be when nothing is committed.
    fn complaint(&self, committed: Option<&str>) -> Option<&str> {
        match self {
            Verdict::Fail(why) => committed.is_none_or(|word| word == "pass").then_some(why),
            Verdict::Counted { n_passed, n_expected, why } => {
                let before =
                    committed.map_or(Some(*n_expected), |word| word.split('\t').next()?.parse().ok());
                (Some(*n_passed) < before).then_some(why)
            }
            Verdict::Pass | Verdict::Skip(_) => None,
        }
    }
}

/// Prints the outcome of a set, compares it with the committed one, and returns the number of regressions.
pub(super) fn settle(set: &str, found: &Found, request: &Request) -> Result<usize> {
    let scores = &found.scores;
    if request.is_verbose {
        for score in scores {
            if let Some(why) = score.verdict.complaint(None) {
                println!("FAIL {set} {}\n{}", score.test, indent(why));
            }
        }
    }
    let path = path_of(set);
    let committed = read(&path)?;
    let mut n_regressions = 0;
    for score in scores {
        let Some(before) = committed.get(&score.test) else { continue };
        if let Some(why) = score.verdict.complaint(Some(before)) {
            n_regressions += 1;
            println!("REGRESSION {set} {}\n{}", score.test, indent(why));
        }
    }
    for measure in &found.measures {
        let Measure { what, n_right, n_all } = measure;
        println!("{set}: {n_right} of {n_all} {what} pass ({:.2} %)", measure.percent());
    }
    if request.is_update {
        write_summary(set, &found.measures)?;
        let lines: String =
            scores.iter().map(|score| format!("{}\t{}\n", score.test, score.verdict.word())).collect();
        SystemOs.write_atomic(&path, lines.as_bytes(), FileMode::Data)?;
        return Ok(0);
    }
    Ok(n_regressions)
}

/// The committed scores of a set.
pub(super) fn committed(set: &str) -> Result<BTreeMap<String, String>> {
    read(&path_of(set))
}

/// Replaces the rows of a set in the table of what all sets add up to.
fn write_summary(set: &str, measures: &[Measure]) -> Result<()> {
    let path = path_of("summary");
    let mut rows = read(&path)?;
    rows.retain(|name, _| name != "set" && !name.starts_with(&format!("{set}: ")));
    for measure in measures {
        let Measure { what, n_right, n_all } = measure;
        rows.insert(format!("{set}: {what}"), format!("{n_right}\t{n_all}\t{:.2}", measure.percent()));
    }
    let rows: String = rows.iter().map(|(name, row)| format!("{name}\t{row}\n")).collect();
    let text = format!("set\tpass\tof\tpercent\n{rows}");
    Ok(SystemOs.write_atomic(&path, text.as_bytes(), FileMode::Data)?)
}

fn indent(text: &str) -> String {
    const N_LINES: usize = 20;
    text.lines().take(N_LINES).map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn path_of(set: &str) -> PathBuf {
    repo::root().join("scores").join(format!("{set}.tsv"))
}

/// Test name to the rest of its line. A set that was never scored has no file yet.
fn read(path: &std::path::Path) -> Result<BTreeMap<String, String>> {
    if !SystemOs.is_file(path) {
        return Ok(BTreeMap::new());
    }
    let text = SystemOs.read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.map(|(test, verdict)| (test.to_owned(), verdict.to_owned())).collect())
}
