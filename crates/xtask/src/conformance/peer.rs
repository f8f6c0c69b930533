//! The set `peer`: `tests/peer`, a server with TLS, HTTP/1.1 and HTTP/2, against curl, and against a client of its own.
//!
//! Afterwards neither goroutines nor memory may have grown. curl is the machine's own; `ready` does without when there is none.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base::{FileMode, System as _, SystemOs};
use testkit::{Job, Limits, Outcome, Streams, process};

use super::scores::{Found, Score, Verdict};
use super::{Request, Subject};
use crate::repo;

/// The name of the set.
pub(super) const NAME: &str = "peer";

const TIME_LIMIT: Duration = Duration::from_secs(300);
const N_BYTES: usize = 1 << 20;
/// What may be in use after thousands of requests that was not before: buffers that pools keep.
const HEAP_SLACK: u64 = 4 << 20;

/// What curl is asked for: a name, the options, the URL's end, and how many answers that makes.
const EXCHANGES: [(&str, &[&str], &str, usize); 5] = [
    ("10,000 requests on one connection of HTTP/2", &["--http2"], "/hello?[1-10000]", 10_000),
    ("1,000 requests on one connection of HTTP/1.1", &["--http1.1"], "/hello?[1-1000]", 1000),
    (
        "2,000 requests, 50 streams at a time",
        &["--http2", "-Z", "--parallel-max", "50"],
        "/hello?[1-2000]",
        2000,
    ),
    ("bodies of 1 MB over HTTP/2", &["--http2", "--data-binary", "@body"], "/echo?[1-20]", 20),
    ("bodies of 1 MB over HTTP/1.1", &["--http1.1", "--data-binary", "@body"], "/echo?[1-20]", 20),
];
const LEAK_TEST: &str = "no goroutine and no memory is left";
const PAIR_TEST: &str = "10,000 requests of a client in the same process, and nothing is left";

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let is_sample = request.stride > 1;
    if Command::new("curl").arg("--version").output().is_err() {
        ensure!(is_sample, "there is no curl (Debian's package curl has it)");
        println!("{NAME}: SKIPPED: there is no curl (Debian's package curl has it)");
        return Ok(Found::plain("exchanges", Vec::new()));
    }
    let scratch = tempfile::tempdir()?;
    let program = build(subject, scratch.path())?;
    let mut scores = with_curl(&program, scratch.path(), request)?;
    if !is_sample && request.wants(0, PAIR_TEST) {
        let outcome = execute(vec![program.display().to_string(), "pair".to_owned()], scratch.path())?;
        let is_right = outcome.is_success() && outcome.stdout == "ok\n";
        let verdict = if is_right { Verdict::Pass } else { Verdict::Fail(outcome.all_output()) };
        scores.push(Score { test: PAIR_TEST.to_owned(), verdict });
    }
    Ok(Found::plain("exchanges", scores))
}

fn build(subject: &Subject, dir: &Path) -> Result<PathBuf> {
    let program = dir.join("peer");
    let source = repo::root().join("tests/peer/main.go");
    let words = [&subject.ghog, Path::new("build"), Path::new("-o"), &program, &source];
    let words = words.map(|word| word.display().to_string()).into();
    let env = subject.env.clone();
    let limits = Limits { time: TIME_LIMIT, ..Limits::default() };
    let built = process::run(&Job { words, dir: dir.to_owned(), env, limits, streams: Streams::Apart })?;
    ensure!(built.is_success(), "tests/peer does not build:\n{}", built.all_output());
    Ok(program)
}

/// Everything with curl, and what is in use before and after it.
fn with_curl(program: &Path, dir: &Path, request: &Request) -> Result<Vec<Score>> {
    let body: Vec<u8> = (0..N_BYTES).map(|i| (i / 3) as u8).collect();
    SystemOs.write_atomic(&dir.join("body"), &body, FileMode::Data)?;
    let mut server = Server::start(program, dir)?;
    // Once for what is made on first use.
    for (_, options, path, _) in EXCHANGES {
        server.curl(dir, options, path.split('?').next().unwrap_or(path))?;
    }
    let before = server.in_use()?;
    let mut scores = Vec::new();
    for (index, (name, options, path, n_answers)) in EXCHANGES.into_iter().enumerate() {
        if request.wants(index, name) {
            let outcome = server.curl(dir, options, path)?;
            let is_single = !options.contains(&"-Z");
            let verdict = judge(&outcome, options, n_answers, is_single, &dir.join("answer"), &body);
            scores.push(Score { test: name.to_owned(), verdict });
        }
    }
    let after = server.in_use()?;
    if request.wants(0, LEAK_TEST) {
        let is_right = after.0 <= before.0 && after.1 <= before.1 + HEAP_SLACK;
        let why = format!("goroutines and bytes: {before:?} before, {after:?} after");
        let verdict = if is_right { Verdict::Pass } else { Verdict::Fail(why) };
        scores.push(Score { test: LEAK_TEST.to_owned(), verdict });
    }
    Ok(scores)
}

/// Each answer gave a line: protocol, status, and how many connections were made for it.
fn judge(
    outcome: &Outcome,
    options: &[&str],
    n_answers: usize,
    is_single: bool,
    answer: &Path,
    body: &[u8],
) -> Verdict {
    let protocol = if options.contains(&"--http2") { "2 200 " } else { "1.1 200 " };
    let connections: Vec<usize> =
        outcome.stdout.lines().filter_map(|line| line.strip_prefix(protocol)?.parse().ok()).collect();
    let n_connections: usize = connections.iter().sum();
    let is_echoed =
        !options.contains(&"--data-binary") || SystemOs.read(answer).is_ok_and(|bytes| bytes == body);
    if outcome.is_success()
        && connections.len() == n_answers
        && is_echoed
        && (n_connections == 1 || !is_single)
    {
        return Verdict::Pass;
    }
    let n_right = connections.len();
    Verdict::Fail(format!(
        "exit code {}, {n_right} right answers of {n_answers}, {n_connections} connections, body right: {is_echoed}\n{}",
        outcome.code, outcome.stderr
    ))
}

/// The program as a server; it ends when this is dropped.
struct Server {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    url: String,
}

impl Server {
    fn start(program: &Path, dir: &Path) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["serve", "certificate.pem"])
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take().context("a pipe")?;
        let answers = BufReader::new(child.stdout.take().context("a pipe")?);
        let mut server = Self { child, questions, answers, url: String::new() };
        server.url = server.line()?;
        ensure!(server.url.starts_with("https://"), "the server does not start");
        Ok(server)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// How many goroutines there are, and how many bytes of heap are in use.
    fn in_use(&mut self) -> Result<(u64, u64)> {
        self.questions.write_all(b"\n")?;
        let line = self.line()?;
        let numbers = line.split_once(' ').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        numbers.with_context(|| format!("the server says {line:?}"))
    }

    fn curl(&self, dir: &Path, options: &[&str], path: &str) -> Result<Outcome> {
        const SHOW: &str = "%{http_version} %{http_code} %{num_connects}\\n";
        let common = ["curl", "-sS", "--cacert", "certificate.pem", "-o", "answer", "-w", SHOW];
        let words = common.into_iter().chain(options.iter().copied()).map(str::to_owned);
        execute(words.chain([format!("{}{path}", self.url)]).collect(), dir)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn execute(words: Vec<String>, dir: &Path) -> Result<Outcome> {
    let limits = Limits { time: TIME_LIMIT, ..Limits::default() };
    process::run(&Job { words, dir: dir.to_owned(), env: Vec::new(), limits, streams: Streams::Apart })
}
