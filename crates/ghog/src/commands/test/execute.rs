//! Running one test executable: its directory, its environment, its output, and what ends it when it hangs.

use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use base::{System as _, SystemOs};
use rustix::process::{Pid, Signal, kill_process};

use super::events::Converter;
use super::report::Outcome;
use crate::flags::{GoDuration, TestValues};
use crate::{child, console};

/// What package testing says when nothing matches.
const NO_TESTS: &[u8] = b"testing: warning: no tests to run\n";

/// How long a program may take to end itself, after its time is up, before it is made to.
const GRACE: GoDuration = GoDuration::MINUTE;

/// Where the output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Straight to ours.
    Inherited,
    /// To ours as it comes, and kept for a look at the end.
    Streamed,
    /// As events.
    Json,
    /// Kept until it is the package's turn.
    Kept,
}

/// One test executable and how to run it.
pub(super) struct Execution<'e> {
    pub(super) executable: &'e Path,
    /// The package's directory, in which tests run.
    pub(super) dir: &'e Path,
    pub(super) package: &'e str,
    pub(super) goroot: &'e Path,
    pub(super) testing: &'e TestValues,
    pub(super) mode: Mode,
}

/// Where the text of one test goes.
struct Sink<'s> {
    mode: Mode,
    converter: Option<Converter<'s>>,
    kept: Vec<u8>,
}

/// How the process ended.
enum End {
    Exited(ExitStatus),
    /// It was asked to show its stacks and end, after the time given.
    Signaled(ExitStatus),
    /// It ended, and something that it started holds its output open.
    OutputOpen,
}

impl Execution<'_> {
    pub(super) fn run(&self) -> Outcome {
        let start = SystemOs.monotonic();
        let converter = (self.mode == Mode::Json).then(|| Converter::new(self.package));
        let mut sink = Sink { mode: self.mode, converter, kept: Vec::new() };
        let end = self.start().and_then(|(child, output)| self.attend(child, output, &mut sink));
        let elapsed = SystemOs.monotonic() - start;
        let time = format!("{:.3}s", elapsed.as_secs_f64());
        let is_success = matches!(&end, Ok(End::Exited(status)) if status.success());
        if is_success {
            self.report_success(&mut sink, &time)
        } else {
            self.report_failure(&mut sink, &end, &time)
        }
        if let Some(converter) = sink.converter.take() {
            converter.finish(is_success, None);
        }
        let output = if self.mode == Mode::Kept { sink.kept } else { Vec::new() };
        Outcome { is_success, output }
    }

    /// Starts the process; its output, unless it is inherited.
    fn start(&self) -> io::Result<(Child, Option<io::PipeReader>)> {
        let (stdout, stderr, reader) = match self.mode {
            Mode::Inherited => {
                let ours = || io::stdout().as_fd().try_clone_to_owned();
                (Stdio::from(ours()?), Stdio::from(ours()?), None)
            }
            _ => {
                let (reader, writer) = io::pipe()?;
                (Stdio::from(writer.try_clone()?), Stdio::from(writer), Some(reader))
            }
        };
        let bin = self.goroot.join("bin");
        let path = SystemOs.env("PATH").map_or_else(String::new, |path| format!(":{path}"));
        let child = Command::new(self.executable)
            .arg("-test.paniconexit0")
            .args(&self.testing.args)
            .current_dir(self.dir)
            .env("PWD", self.dir)
            .env("PATH", format!("{}{path}", bin.display()))
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()?;
        Ok((child, reader))
    }

    /// Takes the output until there is no more, and sees to the end of the process.
    fn attend(&self, child: Child, output: Option<io::PipeReader>, sink: &mut Sink<'_>) -> io::Result<End> {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let mut is_open = output.is_some();
        let messages = watch(child, output)?;
        let mut status = None;
        let mut is_signaled = false;
        let start = SystemOs.monotonic();
        let mut deadline = self.kill_timeout().map(|timeout| start + timeout);
        while status.is_none() || is_open {
            match receive(&messages, deadline) {
                Some(Message::Output(bytes)) => sink.write(&bytes),
                Some(Message::EndOfOutput) => is_open = false,
                Some(Message::Exit(exit)) => {
                    status = Some(exit?);
                    deadline = Some(SystemOs.monotonic() + self.wait_delay());
                }
                None if status.is_some() => return Ok(End::OutputOpen),
                None => {
                    // First the signal that makes a Go program show its stacks; then the one that nothing survives.
                    let signal = if is_signaled { Signal::KILL } else { Signal::QUIT };
                    if let Some(pid) = pid {
                        // It may have ended in the meantime.
                        let _ = kill_process(pid, signal);
                    }
                    is_signaled = true;
                    deadline = Some(SystemOs.monotonic() + self.wait_delay());
                }
            }
        }
        let status = status.unwrap_or_default();
        Ok(if is_signaled { End::Signaled(status) } else { End::Exited(status) })
    }

    /// The time after which the process is signaled; none when it may take for ever.
    fn kill_timeout(&self) -> Option<Duration> {
        let timeout = self.testing.timeout;
        let is_limited = timeout.0 > 0 && !self.testing.is_benchmark;
        is_limited.then(|| timeout.to_std() + self.wait_delay().max(GRACE.to_std()))
    }

    fn wait_delay(&self) -> Duration {
        (self.testing.timeout.to_std() / 10).max(5 * GoDuration::SECOND.to_std())
    }

    fn report_success(&self, sink: &mut Sink<'_>, time: &str) {
        let is_empty = is_without_tests(&sink.kept);
        let needs_newline = sink.kept.last().is_some_and(|&last| last != b'\n');
        if !self.testing.shows_pass && self.mode == Mode::Kept {
            sink.kept.clear();
        }
        if needs_newline {
            sink.write(b"\n");
        }
        let note = if is_empty { " [no tests to run]" } else { "" };
        sink.write(format!("ok  \t{}\t{time}{note}\n", self.package).as_bytes());
    }

    fn report_failure(&self, sink: &mut Sink<'_>, end: &io::Result<End>, time: &str) {
        let is_exit = matches!(end, Ok(End::Exited(status)) if status.code().is_some());
        let (is_silent, needs_newline) = (sink.kept.is_empty(), sink.kept.last() != Some(&b'\n'));
        match end {
            Ok(End::Signaled(_)) => {
                let limit = self.kill_timeout().map_or(0, |limit| limit.as_nanos() as i64);
                let limit = GoDuration(limit);
                sink.write(format!("*** Test killed with quit: ran too long ({limit}).\n").as_bytes());
            }
            Ok(End::OutputOpen) => {
                let delay = GoDuration(self.wait_delay().as_nanos() as i64);
                sink.write(format!("*** Test I/O incomplete {delay} after exiting.\n").as_bytes());
            }
            Ok(End::Exited(_)) | Err(_) => {}
        }
        if !is_exit || is_silent {
            sink.write(format!("{}\n", describe(end)).as_bytes());
        } else if needs_newline {
            sink.write(b"\n");
        }
        // The mark tells the converter that the line is not the test's.
        let mark = if self.mode == Mode::Json { "\x16" } else { "" };
        sink.write(format!("{mark}FAIL\t{}\t{time}\n", self.package).as_bytes());
    }
}

impl Sink<'_> {
    fn write(&mut self, bytes: &[u8]) {
        match self.mode {
            Mode::Inherited => return console::print_bytes(bytes),
            Mode::Streamed => console::print_bytes(bytes),
            Mode::Json => {
                if let Some(converter) = &mut self.converter {
                    converter.write(bytes);
                }
            }
            Mode::Kept => {}
        }
        self.kept.extend_from_slice(bytes);
    }
}

fn is_without_tests(output: &[u8]) -> bool {
    output.split_inclusive(|&byte| byte == b'\n').any(|line| line == NO_TESTS)
}

/// What the threads around a process have to tell.
enum Message {
    Output(Vec<u8>),
    EndOfOutput,
    Exit(io::Result<ExitStatus>),
}

/// Starts a thread that waits for the process and one that reads its output.
///
/// They are not joined: what a test leaves behind may hold its output open for ever.
fn watch(mut child: Child, output: Option<io::PipeReader>) -> io::Result<Receiver<Message>> {
    let (sender, messages) = mpsc::channel();
    if let Some(mut output) = output {
        let sender = sender.clone();
        let reader = std::thread::Builder::new().name("test output".to_owned());
        reader.spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(n_bytes @ 1..) = output.read(&mut buffer) {
                if sender.send(Message::Output(buffer[..n_bytes].to_vec())).is_err() {
                    return;
                }
            }
            let _ = sender.send(Message::EndOfOutput);
        })?;
    }
    let waiter = std::thread::Builder::new().name("test process".to_owned());
    waiter.spawn(move || {
        let _ = sender.send(Message::Exit(child.wait()));
    })?;
    Ok(messages)
}

/// The next message; none when the deadline passes first.
fn receive(messages: &Receiver<Message>, deadline: Option<Duration>) -> Option<Message> {
    let Some(deadline) = deadline else { return messages.recv().ok() };
    let left = deadline.saturating_sub(SystemOs.monotonic());
    messages.recv_timeout(left).ok()
}

/// The error of a run as Go's os/exec words it.
fn describe(end: &io::Result<End>) -> String {
    match end {
        Ok(End::Exited(status) | End::Signaled(status)) => child::describe(*status),
        Ok(End::OutputOpen) => "exec: WaitDelay expired before I/O complete".to_owned(),
        Err(error) => error.to_string(),
    }
}
