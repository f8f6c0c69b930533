//! Running a program that may hang, fork, or eat memory: it gets a limit on each, and nothing of it survives.

use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use base::{System as _, SystemOs};
use rustix::process::{Pid, Signal, kill_process_group};

const POLL_INTERVAL: Duration = Duration::from_millis(5);
const EXIT_POLL_INTERVAL_MAX: Duration = Duration::from_millis(50);

/// What a process may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall-clock time.
    pub time: Duration,
    /// Address space, by `prlimit`.
    pub n_bytes: u64,
    /// Output that is kept; a program that writes more is stopped.
    pub n_output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), n_bytes: 16 << 30, n_output_bytes: 64 << 20 }
    }
}

/// A command to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Variables on top of the inherited ones.
    pub env: Vec<(String, String)>,
    /// What it may use.
    pub limits: Limits,
    /// Where its two outputs go.
    pub streams: Streams,
}

/// Where the outputs of a process go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Each into its own text.
    Apart,
    /// Both into `stdout`, in the order of writing.
    Merged,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; as shells, 128 and the number of the signal that ended it.
    pub code: i32,
    /// Whether it was stopped for taking too long or writing too much.
    pub is_stopped: bool,
    /// What it wrote.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
    /// What it used.
    pub usage: Usage,
}

/// What a process used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Usage {
    /// Processor time, of the program and the system, to a hundredth of a second. All children of this process that ended
    /// meanwhile are counted.
    pub cpu: Duration,
    /// The most memory that was resident, but for the last 50 ms.
    pub n_peak_bytes: u64,
}

impl Outcome {
    /// Whether it ended by itself with exit code 0.
    pub fn is_success(&self) -> bool {
        self.code == 0 && !self.is_stopped
    }

    /// Both streams, the errors last.
    pub fn all_output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs a job to its end.
pub fn run(job: &Job) -> Result<Outcome> {
    let (program, args) = job.words.split_first().context("a job needs a program")?;
    let (stdout, out_writer) = std::io::pipe()?;
    let (stderr, err_writer) = std::io::pipe()?;
    // Each writer is moved into the child: one that stayed here would keep its reader waiting for ever.
    let err_writer = match job.streams {
        Streams::Merged => {
            drop(err_writer);
            out_writer.try_clone()?
        }
        Streams::Apart => err_writer,
    };
    let mut child = Command::new("prlimit")
        .arg(format!("--as={}", job.limits.n_bytes))
        .arg("--core=0")
        .arg(program)
        .args(args)
        .current_dir(&job.dir)
        .envs(job.env.iter().map(|(name, value)| (name, value)))
        .env("PWD", &job.dir)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(out_writer)
        .stderr(err_writer)
        .spawn()
        .with_context(|| format!("cannot start prlimit {program}"))?;
    let limit = job.limits.n_output_bytes;
    std::thread::scope(|scope| {
        let stdout = scope.spawn(move || drain(stdout, limit));
        let stderr = scope.spawn(move || drain(stderr, limit));
        let cpu = children_cpu();
        let (code, is_late, n_peak_bytes) = wait(&mut child, job.limits.time)?;
        let usage = Usage { cpu: children_cpu().saturating_sub(cpu), n_peak_bytes };
        // Whatever it started is in its group, and holds the pipes open.
        kill_group(&child);
        let (stdout, is_cut_out) = stdout.join().expect("draining does not panic");
        let (stderr, is_cut_err) = stderr.join().expect("draining does not panic");
        Ok(Outcome { code, is_stopped: is_late || is_cut_out || is_cut_err, stdout, stderr, usage })
    })
}

/// Waits for the end, or makes it when the time is over.
fn wait(child: &mut Child, time: Duration) -> Result<(i32, bool, u64)> {
    let start = SystemOs.monotonic();
    let mut n_peak_bytes = 0;
    let mut interval = POLL_INTERVAL;
    let mut is_late = false;
    loop {
        if let Some(status) = child.try_wait()? {
            let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
            return Ok((code, is_late, n_peak_bytes));
        }
        n_peak_bytes = peak_bytes(child.id()).unwrap_or(n_peak_bytes);
        if SystemOs.monotonic() - start > time {
            is_late = true;
            kill_group(child);
        }
        std::thread::sleep(interval);
        interval = (interval * 2).min(EXIT_POLL_INTERVAL_MAX);
    }
}

/// The most memory that a running process had; nothing when it has ended.
fn peak_bytes(pid: u32) -> Option<u64> {
    let status = proc_file(&format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let n_kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(n_kilobytes << 10)
}

/// Processor time of this process's children that have ended.
fn children_cpu() -> Duration {
    // Fields 16 and 17 of the line, in hundredths of seconds; the second field is a name in parentheses.
    let n_ticks = || -> Option<u64> {
        let stat = proc_file("/proc/self/stat")?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?)
    };
    Duration::from_millis(n_ticks().unwrap_or(0) * 10)
}

fn proc_file(path: &str) -> Option<String> {
    let bytes = SystemOs.read(Path::new(path)).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn kill_group(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // An error means that the group is already gone.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// Everything that can be read, up to a limit; beyond it the pipe is closed, which ends most programs.
fn drain(stream: impl Read, limit: usize) -> (String, bool) {
    let mut bytes = Vec::new();
    // An error is the end of what can be read.
    let _ = stream.take(limit as u64 + 1).read_to_end(&mut bytes);
    let is_cut = bytes.len() > limit;
    bytes.truncate(limit);
    (String::from_utf8_lossy(&bytes).into_owned(), is_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limits: Limits) -> Outcome {
        let words = ["sh", "-c", script].map(String::from).into();
        let env = vec![("X".into(), "y".into())];
        run(&Job { words, dir: "/".into(), env, limits, streams: Streams::Apart }).unwrap()
    }

    #[test]
    fn output_and_exit_code_are_kept_apart() {
        let outcome = shell("echo $X; echo bad >&2; exit 3", Limits::default());
        assert_eq!((outcome.code, &*outcome.stdout, &*outcome.stderr), (3, "y\n", "bad\n"));
        assert_eq!(shell("kill -9 $$", Limits::default()).code, 137);
    }

    #[test]
    fn merged_output_keeps_its_order() {
        let words = ["sh", "-c", "echo 1; echo 2 >&2; echo 3"].map(String::from).into();
        let job =
            Job { words, dir: "/".into(), env: vec![], limits: Limits::default(), streams: Streams::Merged };
        assert_eq!(run(&job).unwrap().stdout, "1\n2\n3\n");
    }

    #[test]
    fn a_program_that_hangs_is_stopped_with_its_children() {
        let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
        let outcome = shell("sleep 100 & sleep 100", limits);
        assert!(outcome.is_stopped && !outcome.is_success());
    }

    #[test]
    fn a_child_left_behind_does_not_hold_the_caller() {
        assert!(shell("sleep 100 &", Limits::default()).is_success());
    }

    #[test]
    fn time_and_memory_are_counted() {
        let script =
            "x=$(head -c 8000000 /dev/zero | tr '\\0' x); i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let usage = shell(script, Limits::default()).usage;
        assert!(usage.cpu >= Duration::from_millis(20), "{usage:?}");
        assert!(usage.n_peak_bytes >= 8_000_000, "{usage:?}");
    }

    #[test]
    fn a_program_that_floods_its_output_is_stopped() {
        let limits = Limits { n_output_bytes: 1000, ..Limits::default() };
        let outcome = shell("yes", limits);
        assert!(outcome.is_stopped);
        assert_eq!(outcome.stdout.len(), 1000);
    }
}
