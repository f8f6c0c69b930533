//! The set `testprog`: the programs that come with the runtime's own tests die, print and exit as with gc.
//!
//! `testprog.txt` says for each program how gc 1.27.3 ends it and what it prints up to the first traceback, with
//! addresses and numbers of goroutines blotted out. Programs that look inside of gc, or whose words differ from run to
//! run, are not in it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base::{System as _, SystemOs};
use regex::Regex;
use testkit::{Job, Limits, Outcome, Streams, fixtures, process};

use super::scores::{Found, Score, Verdict};
use super::{Request, Subject};

const EXPECTED: &str = include_str!("testprog.txt");

/// Files that are for other systems, are assembly's other half, or use what only gc has.
const LEFT_OUT: [&str; 7] = [
    "_windows.go",
    "_freebsd.go",
    "_amd64.go",
    "framepointer.go",
    "syscalls_none.go",
    "abort.go",
    "setcgotraceback.go",
];

/// How a program must end.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    directory: String,
    program: String,
    exit: i32,
    words: String,
}

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let expected = parse(EXPECTED)?;
    let scratch = tempfile::tempdir()?;
    let mut built: Vec<(String, Result<PathBuf, String>)> = Vec::new();
    let mut scores = Vec::new();
    for (_, wish) in expected.iter().enumerate().filter(|(i, wish)| request.wants(*i, &wish.program)) {
        if !built.iter().any(|(directory, _)| *directory == wish.directory) {
            let exe = scratch.path().join(&wish.directory);
            built.push((wish.directory.clone(), build(subject, &wish.directory, exe)?));
        }
        let (_, exe) =
            built.iter().find(|(directory, _)| *directory == wish.directory).context("built above")?;
        let verdict = match exe {
            Ok(exe) => judge(&execute(subject, exe, wish)?, wish),
            Err(why) => Verdict::Fail(why.clone()),
        };
        scores.push(Score { test: format!("{}/{}", wish.directory, wish.program), verdict });
    }
    Ok(Found::plain("programs", scores))
}

/// Reads `== DIRECTORY PROGRAM exit N` lines, each with the words below it.
fn parse(text: &str) -> Result<Vec<Expected>> {
    let mut all: Vec<Expected> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("== ") {
            Some(head) => {
                let fields: Vec<&str> = head.split(' ').collect();
                let [directory, program, "exit", exit] = fields[..] else {
                    anyhow::bail!("not a head: {line}");
                };
                let (directory, program) = (directory.to_owned(), program.to_owned());
                all.push(Expected { directory, program, exit: exit.parse()?, words: String::new() });
            }
            None => {
                let last = all.last_mut().context("words before the first program")?;
                last.words += line;
                last.words.push('\n');
            }
        }
    }
    Ok(all)
}

/// Builds the programs of a directory into one executable; the error is what the build said.
fn build(subject: &Subject, directory: &str, exe: PathBuf) -> Result<Result<PathBuf, String>> {
    let goroot = subject.env.iter().find(|(name, _)| name == "GROUNDHOG_GOROOT").context("a GOROOT")?;
    let dir = PathBuf::from(&goroot.1).join("src/runtime/testdata").join(directory);
    let files = SystemOs.read_dir(&dir)?.into_iter().map(|entry| entry.name);
    let is_wanted = |name: &String| name.ends_with(".go") && !LEFT_OUT.iter().any(|end| name.ends_with(end));
    let mut words = vec![subject.ghog.display().to_string(), "build".to_owned(), "-o".to_owned()];
    words.push(exe.display().to_string());
    words.extend(files.filter(is_wanted));
    ensure!(words.len() > 4, "no programs in {}", dir.display());
    let limits = Limits { time: Duration::from_secs(300), ..Limits::default() };
    let job = Job { words, dir, env: subject.env.clone(), limits, streams: Streams::Apart };
    let outcome = process::run(&job)?;
    Ok(if outcome.is_success() { Ok(exe) } else { Err(outcome.all_output()) })
}

fn execute(subject: &Subject, exe: &Path, wish: &Expected) -> Result<Outcome> {
    let words = vec![exe.display().to_string(), wish.program.clone()];
    let limits = Limits { time: Duration::from_secs(30), ..Limits::default() };
    process::run(&Job { words, dir: "/".into(), env: subject.env.clone(), limits, streams: Streams::Merged })
}

fn judge(outcome: &Outcome, wish: &Expected) -> Verdict {
    let words = words(&outcome.stdout);
    if outcome.is_stopped {
        Verdict::Fail(format!("stopped\n{words}"))
    } else if outcome.code != wish.exit {
        Verdict::Fail(format!("exit code {} instead of {}\n{words}", outcome.code, wish.exit))
    } else if words != wish.words {
        Verdict::Fail(fixtures::diff(&wish.words, &words))
    } else {
        Verdict::Pass
    }
}

/// What is printed before the first traceback, without what differs from run to run.
fn words(output: &str) -> String {
    static NUMBERS: OnceLock<(Regex, Regex)> = OnceLock::new();
    let (addresses, goroutines) = NUMBERS.get_or_init(|| {
        let regex = |text| Regex::new(text).expect("the expression is a constant");
        (regex("0x[0-9a-f]+"), regex(r"goroutine \d+"))
    });
    let text = addresses.replace_all(output, "0x?");
    let text = goroutines.replace_all(&text, "goroutine ?");
    let is_traceback = |line: &&str| line.starts_with("goroutine ?") || *line == "runtime stack:";
    let lines: Vec<&str> = text.lines().take_while(|line| !is_traceback(line)).collect();
    let words = lines.join("\n").trim().to_owned();
    if words.is_empty() { words } else { words + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_the_first_traceback() {
        let output = "panic: x 0xc000\n[recovered]\n\ngoroutine 7 [running]:\nmain.main()\n";
        assert_eq!(words(output), "panic: x 0x?\n[recovered]\n");
        assert_eq!(words("fatal error: all\n\nruntime stack:\n"), "fatal error: all\n");
        assert_eq!(words(""), "");
    }

    #[test]
    fn a_program_with_other_words_or_another_status_fails() {
        let wish = &parse("== testprog Crash exit 2\npanic: test\n").unwrap()[0];
        let outcome = |code, stdout: &str| Outcome {
            code,
            is_stopped: false,
            stdout: stdout.to_owned(),
            stderr: String::new(),
            usage: process::Usage::default(),
        };
        assert_eq!(judge(&outcome(2, "panic: test\n\ngoroutine 1 [running]:\n"), wish), Verdict::Pass);
        assert!(matches!(judge(&outcome(0, "panic: test\n"), wish), Verdict::Fail(_)));
        assert!(matches!(judge(&outcome(2, "panic: other\n"), wish), Verdict::Fail(_)));
    }

    #[test]
    fn the_expectations_can_be_read() {
        let expected = parse(EXPECTED).unwrap();
        assert!(expected.len() > 80);
        assert!(expected.iter().any(|wish| wish.exit == 0) && expected.iter().any(|wish| wish.exit == 2));
    }
}
