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
}

impl Verdict {
    fn word(&self) -> String {
        match self {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Fail(_) => "fail".to_owned(),
            Verdict::Skip(why) => format!("skip\t{why}"),
        }
    }
}

/// Prints the outcome of a set, compares it with the committed one, and returns the number of regressions.
pub(super) fn settle(set: &str, scores: &[Score], request: &Request) -> Result<usize> {
    let count = |wanted: fn(&Verdict) -> bool| scores.iter().filter(|score| wanted(&score.verdict)).count();
    let n_passed = count(|verdict| *verdict == Verdict::Pass);
    let n_failed = count(|verdict| matches!(verdict, Verdict::Fail(_)));
    let percent = 100.0 * n_passed as f64 / (n_passed + n_failed).max(1) as f64;
    if request.is_verbose {
        for score in scores {
            if let Verdict::Fail(why) = &score.verdict {
                println!("FAIL {set} {}\n{}", score.test, indent(why));
            }
        }
    }
    let path = path_of(set);
    let committed = read(&path)?;
    let mut n_regressions = 0;
    for score in scores {
        let passed_before = committed.get(&score.test).is_some_and(|word| word == "pass");
        if let (true, Verdict::Fail(why)) = (passed_before, &score.verdict) {
            n_regressions += 1;
            println!("REGRESSION {set} {}\n{}", score.test, indent(why));
        }
    }
    println!("{set}: {n_passed} of {} pass ({percent:.1} %)", n_passed + n_failed);
    if request.is_update {
        let lines: String =
            scores.iter().map(|score| format!("{}\t{}\n", score.test, score.verdict.word())).collect();
        SystemOs.write_atomic(&path, lines.as_bytes(), FileMode::Data)?;
        return Ok(0);
    }
    Ok(n_regressions)
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
