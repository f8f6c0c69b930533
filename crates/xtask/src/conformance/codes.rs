//! The set `codes`: the examples in the comments of `internal/types/errors/codes.go`, each of which is in error.
//!
//! An example stands after a line `Example:` in the comment of the code that it is about. That code must be among those
//! that `ghog check` reports for it: Go reports mistakes in the order of its work, Groundhog by position.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base::{FileMode, System as _, SystemOs};
use rayon::prelude::*;
use serde_json::Value;
use testkit::{Job, Limits, Streams, process};

use super::scores::{Found, Score, Verdict};
use super::{Request, Subject};

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let path = crate::corpora::goroot()?.src().join("internal/types/errors/codes.go");
    let source = testkit::fixtures::read(&path)?;
    let wanted: Vec<_> = examples(&source)
        .into_iter()
        .enumerate()
        .filter(|(index, example)| request.wants(*index, &example.name()))
        .map(|(_, example)| example)
        .collect();
    let score = |example: &Example| {
        let verdict = judge(subject, example).unwrap_or_else(|error| Verdict::Fail(format!("{error:#}")));
        Score { test: example.name(), verdict }
    };
    Ok(Found::plain("examples", wanted.par_iter().map(score).collect()))
}

/// An example of a code.
struct Example {
    code: String,
    /// Which of the code's examples, from 1.
    number: usize,
    source: String,
}

impl Example {
    fn name(&self) -> String {
        format!("{}/{}", self.code, self.number)
    }
}

/// The examples in the comments of the constants that `source` declares.
fn examples(source: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in source.lines() {
        let line = line.strip_prefix('\t').unwrap_or(line);
        if let Some(text) = line.strip_prefix("//") {
            comment += text.strip_prefix(' ').unwrap_or(text);
            comment.push('\n');
            continue;
        }
        let name: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let parts = std::mem::take(&mut comment);
        for (index, part) in parts.split("Example:\n").enumerate().skip(1) {
            let text = part.trim();
            let header = if text.starts_with("package") { "" } else { "package p\n\n" };
            found.push(Example { code: name.clone(), number: index, source: format!("{header}{text}\n") });
        }
    }
    found
}

fn judge(subject: &Subject, example: &Example) -> Result<Verdict> {
    let scratch = tempfile::tempdir()?;
    let path = scratch.path().join("example.go");
    SystemOs.write_atomic(&path, example.source.as_bytes(), FileMode::Data)?;
    let words = [&subject.ghog.display().to_string(), "check", "-json", "-checkertest", "example.go"];
    let job = Job {
        words: words.map(str::to_owned).into(),
        dir: scratch.path().to_owned(),
        env: subject.env.clone(),
        limits: Limits { time: Duration::from_secs(20), ..Limits::default() },
        streams: Streams::Apart,
    };
    let outcome = process::run(&job)?;
    ensure!(outcome.code == 1, "exit code {}:\n{}", outcome.code, outcome.all_output());
    let mut codes = Vec::new();
    for line in outcome.stdout.lines() {
        let error: Value = serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))?;
        codes.push(error["code"].as_str().unwrap_or_default().to_owned());
    }
    let is_there = codes.contains(&example.code);
    Ok(if is_there { Verdict::Pass } else { Verdict::Fail(format!("reported: {}", outcome.stdout)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_found_in_the_comments_of_their_codes() {
        let source = "const (\n\t// A occurs.\n\t//\n\t// Example:\n\t//  var x\n\t//\n\t// Example:\n\t//  package q\n\tA\n\n\t// B occurs.\n\tB\n)\n";
        let found = examples(source);
        let shown: Vec<_> = found.iter().map(|e| (e.name(), e.source.as_str())).collect();
        assert_eq!(shown, [("A/1".to_owned(), "package p\n\nvar x\n"), ("A/2".to_owned(), "package q\n")]);
    }
}
