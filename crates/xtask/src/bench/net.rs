//! `cargo xtask bench net`: servers of `bench/net` on loopback, driven by wrk from Debian's package, for a few seconds per round.
//!
//! | metric | what is counted |
//! | --- | --- |
//! | `requests/s` | answers per second: here a ratio above 1 is good |
//! | `cpu us/request` | the server's processor time for one |
//! | `p99 ms` | 99 of 100 answers came within |
//! | `peak MB` | the server's memory |

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base::{System as _, SystemOs};
use testkit::{Job, Limits, Streams, process};

use super::{Bench, Measured, SIDES};
use crate::corpora;

const N_CONNECTIONS: u32 = 50;
const N_SECONDS: u32 = 4;

impl Bench {
    /// Measures both builds of a server, in turns.
    pub(super) fn compare_servers(&self, dir: &Path, n_runs: usize) -> Result<Measured> {
        let executables = [self.build(dir, &self.oracle.go(), "gc")?, self.build(dir, &self.ghog, "ghog")?];
        let mut measured = Measured::new();
        for round in 0..n_runs {
            for turn in 0..2 {
                // Who is first changes, too.
                let side = (round + turn) % 2;
                let values = drive(&executables[side]).with_context(|| SIDES[side].to_owned())?;
                for (metric, value) in values {
                    measured.entry(metric.to_owned()).or_default()[side].push(value);
                }
            }
        }
        Ok(measured)
    }
}

/// A server that runs until this is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(executable: &Path) -> Result<Self> {
        let child = Command::new(executable).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut server = Self { child, address: String::new() };
        let stdout = server.child.stdout.take().context("a pipe")?;
        BufReader::new(stdout).read_line(&mut server.address)?;
        server.address = server.address.trim_end().to_owned();
        ensure!(!server.address.is_empty(), "the server does not start");
        Ok(server)
    }

    /// Processor seconds so far, and the most megabytes.
    fn usage(&self) -> Result<(f64, f64)> {
        let proc_dir = Path::new("/proc").join(self.child.id().to_string());
        let stat = String::from_utf8(SystemOs.read(&proc_dir.join("stat"))?)?;
        // The fields behind the name, which is in parentheses; times are in hundredths of seconds.
        let fields: Vec<&str> = stat.rsplit_once(')').context("a name")?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        let status = String::from_utf8(SystemOs.read(&proc_dir.join("status"))?)?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
        let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse()?;
        Ok(((ticks(11) + ticks(12)) / 100.0, kilobytes / 1000.0))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drive(executable: &Path) -> Result<Vec<(&'static str, f64)>> {
    let (wrk, libraries) = corpora::wrk()?;
    let server = Server::start(executable)?;
    let (connections, seconds) = (format!("-c{N_CONNECTIONS}"), format!("-d{N_SECONDS}s"));
    let url = format!("http://{}/", server.address);
    let words = [&wrk.display().to_string(), "-t1", &connections, &seconds, "--latency", &url];
    let env = vec![("LD_LIBRARY_PATH".to_owned(), libraries.display().to_string())];
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    let words = words.map(str::to_owned).into();
    let outcome = process::run(&Job { words, dir: "/".into(), env, limits, streams: Streams::Apart })?;
    let (cpu, peak) = server.usage()?;
    let report = Report::of(&outcome.stdout).with_context(|| format!("wrk: {}", outcome.all_output()))?;
    ensure!(report.n_errors == 0, "wrk: {}", outcome.stdout);
    Ok(vec![
        ("requests/s", report.rate),
        ("cpu us/request", cpu * 1e6 / report.n_requests),
        ("p99 ms", report.p99),
        ("peak MB", peak),
    ])
}

/// What wrk found.
#[derive(Debug, PartialEq)]
struct Report {
    n_requests: f64,
    /// Per second.
    rate: f64,
    /// In milliseconds.
    p99: f64,
    /// Lines that tell of failed answers.
    n_errors: usize,
}

impl Report {
    fn of(text: &str) -> Option<Self> {
        let words = || text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let after = |name: &str| words().find(|words| words.first() == Some(&name))?.get(1).copied();
        let n_requests =
            words().find(|words| words.get(1..3) == Some(&["requests", "in"]))?[0].parse().ok()?;
        let is_error = |line: &&str| line.contains("Socket errors") || line.contains("Non-2xx");
        Some(Self {
            n_requests,
            rate: after("Requests/sec:")?.parse().ok()?,
            p99: milliseconds(after("99%")?)?,
            n_errors: text.lines().filter(is_error).count(),
        })
    }
}

/// `1.50ms`, `90.00us`, `1.02s`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    units.into_iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_wrk_is_read() {
        let text = "  Latency Distribution\n     50%    1.20ms\n     99%   90.00us\n  79142 requests in 4.01s, 10.19MB read\nRequests/sec:  19741.23\nTransfer/sec:      2.54MB\n";
        let report = Report { n_requests: 79142.0, rate: 19741.23, p99: 0.09, n_errors: 0 };
        assert_eq!(Report::of(text), Some(report));
        assert_eq!(Report::of("unable to connect"), None);
    }
}
