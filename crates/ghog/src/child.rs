//! Running a program on behalf of the user: signals go to the program, and its end is told in Go's words.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::signal::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::Signals;

/// The signals that are passed on.
const PASSED_ON: &[i32] = &[SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH];
/// Those of them that a terminal sends to everybody in the foreground by itself.
const FROM_TERMINAL: &[i32] = &[SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGWINCH];

/// Runs the command `words` to its end, with our input and output.
pub(crate) fn run(words: &[&OsStr]) -> io::Result<ExitStatus> {
    run_with(words, &[])
}

/// The same with additions to the environment.
pub(crate) fn run_with(words: &[&OsStr], env: &[(&str, &Path)]) -> io::Result<ExitStatus> {
    // Before the program starts, so that no signal ends us and leaves it running.
    let mut signals = Signals::new(PASSED_ON.iter().chain([&SIGCHLD]))?;
    let mut child = Command::new(words[0]).args(&words[1..]).envs(env.iter().copied()).spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        for signal in signals.wait() {
            if signal != SIGCHLD {
                pass_on(signal, &child);
            }
        }
    }
}

fn pass_on(signal: i32, child: &Child) {
    if FROM_TERMINAL.contains(&signal) && is_in_foreground() {
        return;
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(signal)) {
        // It may have ended meanwhile.
        let _is_sent = kill_process(pid, signal).is_ok();
    }
}

/// Whether the terminal sends its signals to us, and so to the program as well.
fn is_in_foreground() -> bool {
    tcgetpgrp(rustix::stdio::stdin()).is_ok_and(|group| group == getpgrp())
}

/// How a program ended that did not succeed: `exit status 3`, `signal: killed`. As os.ProcessState.
pub(crate) fn describe(status: ExitStatus) -> String {
    let core = if status.core_dumped() { " (core dumped)" } else { "" };
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal: {}{core}", signal_name(signal)),
        (None, None) => "exit status unknown".to_owned(),
    }
}

/// As syscall.Signal has it on Linux.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// A signal to this process goes to every program that it runs: one test at a time.
    static TURN: Mutex<()> = Mutex::new(());

    fn run_shell(script: &str) -> String {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        describe(run(&[OsStr::new("sh"), OsStr::new("-c"), OsStr::new(script)]).unwrap())
    }

    #[test]
    fn the_end_of_a_program_is_told_in_gos_words() {
        assert_eq!(run_shell("exit 3"), "exit status 3");
        assert_eq!(run_shell("kill -9 $$"), "signal: killed");
        assert!(run_shell("kill -TERM $$").starts_with("signal: terminated"));
    }

    #[test]
    fn a_signal_reaches_the_program() {
        // The parent of the shell is this process.
        let script = "trap 'exit 7' USR1; kill -USR1 $PPID; while :; do sleep 0.01; done";
        assert_eq!(run_shell(script), "exit status 7");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        assert_eq!(run(&[OsStr::new("/none/x")]).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
