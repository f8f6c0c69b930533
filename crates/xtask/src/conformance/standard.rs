//! The set `std`: every package of the standard library, and the programs that come with it, check without an error.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use testkit::{Job, Limits, Streams, process};

use super::scores::{Found, Score, Verdict};
use super::{Request, Subject};

/// Checked with everything that they import.
const PROGRAMS: [&str; 4] = ["cmd/go", "cmd/compile", "cmd/vet", "cmd/gofmt"];

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let ghog = |args: &[&str]| {
        let mut words = vec![subject.ghog.display().to_string()];
        words.extend(args.iter().chain(&PROGRAMS).map(|word| (*word).to_owned()));
        let limits = Limits { time: Duration::from_secs(600), ..Limits::default() };
        let env = subject.env.clone();
        process::run(&Job { words, dir: "/".into(), env, limits, streams: Streams::Apart })
    };
    let names = ghog(&["list", "-deps", "std"])?;
    let checked = ghog(&["check", "-e", "std"])?;
    let mut errors = by_package(&checked.stderr);
    // What is said outside of any package, a crash for example, is everybody's failure.
    let common = errors.remove("").unwrap_or_default();
    let common = if checked.code > 1 || checked.is_stopped { checked.all_output() } else { common };
    let verdict = |name: &str| match errors.get(name) {
        _ if !common.is_empty() => Verdict::Fail(common.clone()),
        Some(text) => Verdict::Fail(text.clone()),
        None => Verdict::Pass,
    };
    let wanted = names.stdout.lines().filter(|name| request.wants(0, name));
    let scores = wanted.map(|name| Score { test: name.to_owned(), verdict: verdict(name) });
    Ok(Found::plain("packages", scores.collect()))
}

/// Splits the output at its `# package` lines.
fn by_package(output: &str) -> BTreeMap<String, String> {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in output.lines() {
        match line.strip_prefix("# ") {
            Some(package) => current = package.to_owned(),
            None => *sections.entry(current.clone()).or_default() += &format!("{line}\n"),
        }
    }
    sections
}
