//! Writing to the terminal, or to whoever reads the other end of a pipe.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::{System as _, SystemOs};
use driver::Progress;

/// What the shell reports for a process that SIGPIPE ended, which is what Go programs do when nobody reads them.
const EXIT_BROKEN_PIPE: i32 = 128 + 13;

/// Writes to the standard output.
pub(crate) fn print(text: &str) {
    print_bytes(text.as_bytes());
}

/// Writes what a program wrote to the standard output.
pub(crate) fn print_bytes(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    end_if_broken(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Writes to the standard error.
pub(crate) fn error(text: &str) {
    end_if_broken(io::stderr().lock().write_all(text.as_bytes()));
}

#[expect(clippy::exit, reason = "a reader that has gone away ends the process, as a signal would")]
fn end_if_broken(result: io::Result<()>) {
    if result.is_err() {
        std::process::exit(EXIT_BROKEN_PIPE);
    }
}

/// Whether diagnostics go to a person.
pub(crate) fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// A line on the terminal that shows how far a long task has come; nothing when the task is short or there is no terminal.
pub(crate) struct ProgressLine {
    started: Duration,
    /// When the line was drawn last, if it is there.
    drawn: Mutex<Option<Duration>>,
}

const BAR_WIDTH: u64 = 30;
/// A task that ends before this needs no line.
const PATIENCE: Duration = Duration::from_secs(1);
/// The line is drawn at most this often.
const FRAME: Duration = Duration::from_millis(50);

impl ProgressLine {
    /// The task begins now.
    pub(crate) fn new() -> Self {
        Self { started: SystemOs.monotonic(), drawn: Mutex::new(None) }
    }

    fn drawn(&self) -> MutexGuard<'_, Option<Duration>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for ProgressLine {
    fn report(&self, stage: &str, done: u64, total: u64) {
        let now = SystemOs.monotonic();
        if total == 0 || now - self.started < PATIENCE || !is_terminal() {
            return;
        }
        let mut drawn = self.drawn();
        if drawn.is_some_and(|drawn| now - drawn < FRAME) {
            return;
        }
        *drawn = Some(now);
        let filled = (done * BAR_WIDTH / total).min(BAR_WIDTH) as usize;
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(BAR_WIDTH as usize - filled));
        error(&format!("\r{stage} [{bar}] {:3}%\x1b[K", done * 100 / total));
    }

    fn finish(&self) {
        if self.drawn().take().is_some() {
            error("\r\x1b[K");
        }
    }
}
