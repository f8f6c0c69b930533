//! `cargo xtask conformance`: Go's own test corpora, and how much of them passes.
//!
//! A *set* is a corpus with its own rules. The outcome of every test is committed under `scores/`, one line per test, so
//! that progress and regressions are a diff. A test that passed and now fails makes the command fail.

mod annotations;
mod codes;
mod compiler_test;
mod debian;
mod errorcheck;
mod peer;
mod programs;
mod recipe;
mod scores;
mod standard;
mod standard_tests;
mod testdir;
mod testprog;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use regex::Regex;

use crate::repo;
use scores::Found;

/// What a command line asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// Only this set.
    set: Option<String>,
    /// Only tests with this in their name.
    filter: Option<String>,
    /// Rewrite the committed scores.
    is_update: bool,
    /// Show why tests fail.
    is_verbose: bool,
    /// Only every n-th test.
    stride: usize,
    /// The debug mode of the runtime that programs run in.
    stress: Option<Stress>,
}

/// A debug mode of the runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stress {
    name: &'static str,
    env: &'static [(&'static str, &'static str)],
}

const STRESSES: [Stress; 2] = [
    Stress { name: "stacks", env: &[("GROUNDHOG_STACKMOVE", "1")] },
    Stress { name: "heap", env: &[("GROUNDHOG_GCEVERY", "100"), ("GROUNDHOG_GCPOISON", "1")] },
];

/// The program under test.
pub(crate) struct Subject {
    /// `ghog`.
    pub(crate) ghog: PathBuf,
    /// Variables for it.
    pub(crate) env: Vec<(String, String)>,
}

/// A set: its name, and what runs it.
type Set = (&'static str, fn(&Subject, &Request) -> Result<Found>);

const CHECK_SETS: &[Set] = &[
    ("std", standard::run),
    ("types", annotations::run),
    ("codes", codes::run),
    ("go-check", testdir::run_check),
];
const RUN_SETS: &[Set] = &[
    (testdir::RUN_NAME, testdir::run_run),
    (compiler_test::NAME, compiler_test::run),
    (standard_tests::NAME, standard_tests::run),
    (standard_tests::REPEAT_NAME, standard_tests::run_repeatedly),
    ("testprog", testprog::run),
    (debian::NAME, debian::run),
    (programs::NAME, programs::run),
    (peer::NAME, peer::run),
];

pub(crate) fn run(args: &[String]) -> Result<()> {
    let (kind, rest) = args.split_first().context("conformance of what: check or run?")?;
    let request = parse(rest)?;
    let sets = match kind.as_str() {
        "check" => CHECK_SETS,
        "run" => RUN_SETS,
        _ => bail!("conformance of what: check or run?"),
    };
    run_sets(sets, &request)
}

/// A part of each set that takes about a minute.
pub(crate) fn run_sample() -> Result<()> {
    let request = Request { stride: 10, ..Request::default() };
    run_sets(CHECK_SETS, &request)?;
    run_sets(RUN_SETS, &request)?;
    STRESSES.into_iter().try_for_each(|stress| {
        println!("stress: {}", stress.name);
        let set = Some(testdir::RUN_NAME.to_owned());
        run_sets(RUN_SETS, &Request { stride: 60, stress: Some(stress), set, ..Request::default() })
    })
}

fn parse(args: &[String]) -> Result<Request> {
    let mut request = Request { stride: 1, ..Request::default() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().with_context(|| format!("{arg} needs a value"));
        match arg.trim_start_matches('-') {
            "set" => request.set = Some(value()?),
            "filter" => request.filter = Some(value()?),
            "update" => request.is_update = true,
            "v" => request.is_verbose = true,
            "every" => request.stride = value()?.parse().context("-every wants a number")?,
            "stress" => {
                let name = value()?;
                let found = STRESSES.into_iter().find(|stress| stress.name == name);
                request.stress = Some(found.context("-stress wants stacks or heap")?);
            }
            _ => bail!("unknown argument {arg}"),
        }
    }
    ensure!(!request.is_update || request.stress.is_none(), "the scores are those of runs without -stress");
    ensure!(!request.is_update || request.stride <= 1, "-update needs a whole set, not a sample");
    // That set keeps the scores of what the filter leaves out.
    let keeps_others = matches!(
        request.set.as_deref(),
        Some(standard_tests::NAME | standard_tests::REPEAT_NAME | debian::NAME)
    );
    ensure!(
        !request.is_update || request.filter.is_none() || keeps_others,
        "-update needs a whole set, not a filter"
    );
    Ok(request)
}

fn run_sets(sets: &[Set], request: &Request) -> Result<()> {
    let ghog = repo::build_ghog()?;
    let goroot = crate::corpora::goroot()?;
    let mut env = vec![
        ("GROUNDHOG_GOROOT".to_owned(), goroot.dir().display().to_string()),
        ("GOENV".to_owned(), "off".to_owned()),
        ("GOFLAGS".to_owned(), String::new()),
        ("GOPROXY".to_owned(), "off".to_owned()),
        ("GO111MODULE".to_owned(), String::new()),
    ];
    let stress = request.stress.map_or(&[][..], |stress| stress.env);
    env.extend(stress.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    let subject = Subject { ghog, env };
    let mut n_regressions = 0;
    for (name, run_set) in sets {
        if request.set.as_deref().is_some_and(|wanted| wanted != *name) {
            continue;
        }
        let mut found = run_set(&subject, request)?;
        found.scores.sort();
        n_regressions += scores::settle(name, &found, request)?;
    }
    ensure!(n_regressions == 0, "{n_regressions} tests that passed fail now");
    Ok(())
}

/// Tests that are run at the same time: while one waits for timers, another is built.
const N_WORKERS: usize = 2;

/// Does the same to each item, some at a time; the results are in no order.
fn on_workers<T: Send, R: Send>(
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    work: impl Fn(T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let queue = Mutex::new(items.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || std::iter::from_fn(next).map(&work).collect::<Result<Vec<R>>>();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..N_WORKERS).map(|_| scope.spawn(work)).collect();
        let mut results = Vec::new();
        for worker in workers {
            results.extend(worker.join().map_err(|_| anyhow!("a worker panicked"))??);
        }
        Ok(results)
    })
}

/// A regular expression of Go's: there a brace that starts no repetition stands for itself.
fn go_regex(pattern: &str) -> Result<Regex> {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '\\']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let len =
            from.strip_prefix('\\').map_or(1, |escaped| 1 + escaped.chars().next().map_or(0, char::len_utf8));
        let is_repetition = || from[1..].split_once('}').is_some_and(|(inside, _)| is_repetition(inside));
        text.push_str(if from.starts_with('{') && !is_repetition() { "\\{" } else { &from[..len] });
        rest = &from[len..];
    }
    text.push_str(rest);
    Ok(Regex::new(&text)?)
}

/// `3`, `3,` or `3,5`.
fn is_repetition(inside: &str) -> bool {
    inside.starts_with(|c: char| c.is_ascii_digit()) && inside.chars().all(|c| c.is_ascii_digit() || c == ',')
}

impl Request {
    /// Whether the test `name`, the `index`-th of its set, is wanted.
    fn wants(&self, index: usize, name: &str) -> bool {
        let is_in_sample = index.is_multiple_of(self.stride.max(1));
        is_in_sample && self.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_brace_that_starts_no_repetition_stands_for_itself() {
        let matches = |pattern, text: &str| super::go_regex(pattern).unwrap().is_match(text);
        assert!(matches("T1{} .* as", "T1{} x as"));
        assert!(matches("^a{2,3}$", "aaa") && !matches("^a{2}$", "a{2}"));
        assert!(matches(r"\{x\}", "{x}"));
    }
}
