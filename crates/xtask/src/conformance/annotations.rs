//! The set `types`: the type checker's own test files, in `internal/types/testdata` of the standard library.
//!
//! A comment `/* ERROR "text" */` or `/* ERRORx "regexp" */` (or the same after `//`) says that an error is reported at the
//! token before it. As types2's check_test.go: each reported error takes the nearest annotation of its line that it
//! matches, within a tolerance of columns; nothing may be left over on either side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use base::{FileKind, System as _, SystemOs};
use rayon::prelude::*;
use regex::Regex;
use serde_json::Value;
use testkit::{Job, Limits, Streams, process};

use super::scores::{Found, Measure, Score, Verdict};
use super::{Request, Subject};

/// Directories, and how many columns off an error may be.
const DIRECTORIES: [(&str, u32); 4] = [("check", 50), ("examples", 125), ("fixedbugs", 100), ("spec", 20)];

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let home = crate::corpora::goroot()?.src().join("internal/types/testdata");
    let mut tests = Vec::new();
    for (dir, tolerance) in DIRECTORIES {
        for entry in SystemOs.read_dir(&home.join(dir))? {
            let path = home.join(dir).join(&entry.name);
            let files = match entry.kind {
                FileKind::Directory => testkit::fixtures::files(&path, "go")?,
                _ => vec![path],
            };
            tests.push((format!("{dir}/{}", entry.name), files, tolerance));
        }
    }
    let wanted: Vec<_> =
        tests.into_iter().enumerate().filter(|(i, (name, ..))| request.wants(*i, name)).collect();
    let score = |(_, (test, files, tolerance)): (usize, (String, Vec<PathBuf>, u32))| {
        let (verdict, counts) = judge(subject, &files, tolerance)
            .unwrap_or_else(|error| (Verdict::Fail(format!("{error:#}")), Counts::NOTHING_RIGHT));
        (Score { test, verdict }, counts)
    };
    let (scores, counts): (Vec<_>, Vec<_>) = wanted.into_par_iter().map(score).unzip();
    let sum = |of: fn(&Counts) -> usize| counts.iter().map(of).sum();
    let measures = vec![
        Measure::of_tests("files", scores.iter()),
        Measure {
            what: "annotations",
            n_right: sum(|counts| counts.n_matched),
            n_all: sum(|counts| counts.n_annotations),
        },
        Measure {
            what: "files without unexpected errors",
            n_right: sum(|counts| usize::from(counts.n_unexpected == 0)),
            n_all: counts.len(),
        },
    ];
    Ok(Found { scores, measures })
}

/// What became of the annotations of one test.
#[derive(Clone, Copy)]
struct Counts {
    n_annotations: usize,
    n_matched: usize,
    n_unexpected: usize,
}

impl Counts {
    /// For a test that did not run to its end.
    const NOTHING_RIGHT: Self = Self { n_annotations: 0, n_matched: 0, n_unexpected: 1 };
}

fn judge(subject: &Subject, files: &[PathBuf], tolerance: u32) -> Result<(Verdict, Counts)> {
    let first = testkit::fixtures::read(files.first().context("an empty directory")?)?;
    let mut flags = flags_of(&first);
    // With -checkertest a package C is always there.
    flags.retain(|flag| flag != "-fakeImportC");
    if flags.iter().any(|flag| !flag.starts_with("-lang=")) {
        let counts = Counts { n_annotations: 0, n_matched: 0, n_unexpected: 0 };
        return Ok((Verdict::Skip("experiment"), counts));
    }
    let mut words = vec![subject.ghog.display().to_string(), "check".into(), "-e".into(), "-json".into()];
    words.push("-checkertest".to_owned());
    words.extend(flags);
    words.extend(files.iter().map(|file| file.display().to_string()));
    let dir = files[0].parent().unwrap_or(Path::new("/")).to_owned();
    let env = subject.env.clone();
    let job = Job { words, dir, env, limits: Limits::default(), streams: Streams::Apart };
    let outcome = process::run(&job)?;
    ensure!(
        outcome.code <= 1 && !outcome.is_stopped,
        "exit code {}:\n{}",
        outcome.code,
        outcome.all_output()
    );
    let mut wanted = BTreeMap::new();
    for file in files {
        let source = testkit::fixtures::read(file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for annotation in annotations(&source)? {
            wanted.entry((name.clone(), annotation.line)).or_insert_with(Vec::new).push(annotation);
        }
    }
    let n_annotations = wanted.values().map(Vec::len).sum();
    let mut problems = Vec::new();
    for line in outcome.stdout.lines() {
        let error: Value = serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))?;
        problems.extend(take(&mut wanted, &error, tolerance));
    }
    problems.extend(outcome.stderr.lines().map(|line| format!("outside of JSON: {line}")));
    let n_unexpected = problems.len();
    let n_missing: usize = wanted.values().map(Vec::len).sum();
    let counts = Counts { n_annotations, n_matched: n_annotations - n_missing, n_unexpected };
    for ((file, line), left) in &wanted {
        problems.extend(
            left.iter().map(|want| format!("{file}:{line}:{}: not reported: {}", want.column, want.text)),
        );
    }
    let verdict = if problems.is_empty() { Verdict::Pass } else { Verdict::Fail(problems.join("\n")) };
    Ok((verdict, counts))
}

/// The flags in a comment on the first line.
fn flags_of(source: &str) -> Vec<String> {
    let first = source.lines().next().unwrap_or_default();
    let flags = first.strip_prefix("//").map(str::trim).filter(|flags| flags.starts_with('-'));
    flags.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// An expected error.
#[derive(Debug)]
struct Annotation {
    line: u32,
    column: u32,
    text: String,
    pattern: Pattern,
}

#[derive(Debug)]
enum Pattern {
    Contains(String),
    Matches(Regex),
}

impl Pattern {
    fn matches(&self, message: &str) -> bool {
        match self {
            Pattern::Contains(text) => message.contains(text),
            Pattern::Matches(regex) => regex.is_match(message),
        }
    }
}

/// Crosses out the annotation that a reported error matches; the result is what is wrong with the error.
fn take(
    wanted: &mut BTreeMap<(String, u32), Vec<Annotation>>,
    error: &Value,
    tolerance: u32,
) -> Option<String> {
    let number = |name: &str| error[name].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let file = text(&error["file"]);
    let file = file.rsplit('/').next().unwrap_or_default().to_owned();
    let (line, column) = (number("line"), number("column"));
    let mut message = text(&error["message"]);
    for note in error["notes"].as_array().into_iter().flatten() {
        message += &format!("\n\t{}", text(&note["message"]));
    }
    let unexpected = || Some(format!("{file}:{line}:{column}: no error expected: {message}"));
    let Some(candidates) = wanted.get_mut(&(file.clone(), line)) else { return unexpected() };
    let matching = candidates.iter().enumerate().filter(|(_, want)| want.pattern.matches(&message));
    let Some((index, nearest)) = matching.min_by_key(|(_, want)| want.column.abs_diff(column)) else {
        return unexpected();
    };
    let (wanted_column, distance) = (nearest.column, nearest.column.abs_diff(column));
    candidates.remove(index);
    (distance > tolerance).then(|| format!("{file}:{line}: column {column}, want {wanted_column}: {message}"))
}

/// The annotations of a source file, with the position of the token before each.
fn annotations(source: &str) -> Result<Vec<Annotation>> {
    let mut found = Vec::new();
    let mut token_at = 0;
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let len = token_len(rest);
        let text = &rest[..len];
        if let Some(comment) = text.strip_prefix("//").or_else(|| text.strip_prefix("/*")) {
            let comment = if text.starts_with("/*") { comment.trim_end_matches("*/") } else { comment };
            found.extend(annotation(source, token_at, comment)?);
        } else if !text.trim().is_empty() {
            token_at = at;
        }
        at += len;
    }
    Ok(found)
}

fn annotation(source: &str, token_at: usize, comment: &str) -> Result<Option<Annotation>> {
    let (quoted, is_regex) = match (comment.strip_prefix(" ERROR "), comment.strip_prefix(" ERRORx ")) {
        (Some(quoted), _) => (quoted, false),
        (_, Some(quoted)) => (quoted, true),
        _ => return Ok(None),
    };
    let text = unquote(quoted.trim()).with_context(|| format!("cannot unquote {quoted}"))?;
    let pattern =
        if is_regex { Pattern::Matches(super::go_regex(&text)?) } else { Pattern::Contains(text.clone()) };
    let before = &source[..token_at];
    let line = before.matches('\n').count() + 1;
    let column = token_at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    Ok(Some(Annotation { line: u32::try_from(line)?, column: u32::try_from(column)?, text, pattern }))
}

fn unquote(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.to_owned());
    }
    // The escapes that the annotations use are also JSON's.
    serde_json::from_str(text).ok()
}

/// The length of the token, comment or run of blanks at the start of `rest`.
fn token_len(rest: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let first = rest.chars().next().unwrap_or(' ');
    let until = |found: Option<usize>| found.unwrap_or(rest.len());
    match first {
        _ if rest.starts_with("//") => until(rest.find('\n')),
        _ if rest.starts_with("/*") => until(rest.find("*/").map(|at| at + 2)),
        c if c.is_whitespace() => until(rest.find(|c: char| !c.is_whitespace())),
        c if is_word(c) => until(rest.find(|c: char| !is_word(c))),
        '"' | '\'' => quoted_len(rest, first),
        '`' => until(rest[1..].find('`').map(|at| at + 2)),
        c => {
            OPERATORS.iter().find(|operator| rest.starts_with(**operator)).map_or(c.len_utf8(), |op| op.len())
        }
    }
}

/// The operators of more than one character, longest first.
const OPERATORS: [&str; 25] = [
    "<<=", ">>=", "&^=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=", "-=", "*=",
    "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^",
];

fn quoted_len(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_belongs_to_the_token_before_it() {
        let source =
            "package p\n\nvar x = y /* ERROR \"undefined: y\" */ + \"a /* ERROR\" // ERRORx `mis.*ed`\n";
        let found = annotations(source).unwrap();
        let places: Vec<_> = found.iter().map(|want| (want.line, want.column, want.text.as_str())).collect();
        assert_eq!(places, [(3, 9, "undefined: y"), (3, 40, "mis.*ed")]);
    }

    #[test]
    fn an_error_takes_the_nearest_annotation_that_it_matches() {
        let source = "x /* ERROR \"bad\" */ := y /* ERROR \"bad\" */\n";
        let mut wanted = BTreeMap::new();
        wanted.insert(("f.go".to_owned(), 1), annotations(source).unwrap());
        let error = |column: u32, message: &str| serde_json::json!({"file": "/d/f.go", "line": 1, "column": column, "message": message, "notes": []});
        assert_eq!(take(&mut wanted, &error(24, "so bad"), 5), None);
        assert_eq!(wanted[&("f.go".to_owned(), 1)][0].column, 1);
        assert!(take(&mut wanted, &error(1, "good"), 5).unwrap().contains("no error expected"));
        assert!(take(&mut wanted, &error(20, "bad"), 5).unwrap().contains("column 20, want 1"));
    }
}
