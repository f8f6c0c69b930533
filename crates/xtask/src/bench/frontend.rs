//! `cargo xtask bench check`: `ghog check` against a program made of go/parser and go/types, on the packages that
//! net/http needs.
//!
//! Runs alternate. On a busy machine only processor time means something, so that is what one thread is compared by; how
//! much two threads gain is a matter of the clock, and the fastest run counts there.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use base::{FileMode, System as _, SystemOs};
use testkit::{Job, Limits, Oracle, Streams, process};

use super::{Request, median};
use crate::repo;

/// What is checked, with everything that it imports.
const PACKAGE: &str = "net/http";

pub(super) fn run(request: &Request) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let oracle = Oracle::find()?;
    let contest = Contest {
        gotypes: build_gotypes(&oracle, scratch.path())?,
        ghog: repo::build_release_ghog()?,
        goroot: oracle.goroot().to_owned(),
    };
    let mut runs = [const { Vec::new() }; 4];
    for _ in 0..request.n_runs {
        for (index, runs) in runs.iter_mut().enumerate() {
            runs.push(contest.run(index)?);
        }
    }
    let table = render(&runs.map(|runs| Summary::of(&runs)));
    print!("{table}");
    if request.is_update {
        let path = repo::root().join("scores").join("bench-check.tsv");
        SystemOs.write_atomic(&path, table.as_bytes(), FileMode::Data)?;
    }
    Ok(())
}

fn build_gotypes(oracle: &Oracle, scratch: &Path) -> Result<PathBuf> {
    let out = scratch.join("gotypes");
    let dir = repo::root().join("bench").join("frontend").join("gotypes");
    let mut command = Command::new(oracle.go());
    command.args(["build", "-o"]).arg(&out).arg(".").current_dir(dir).envs(oracle.env());
    ensure!(command.status().context("cannot run go")?.success(), "gc does not build gotypes");
    Ok(out)
}

/// The two programs.
struct Contest {
    gotypes: PathBuf,
    ghog: PathBuf,
    goroot: PathBuf,
}

impl Contest {
    /// One run: of gotypes when `index` is even, of ghog when it is odd; the first two have one thread, the others two.
    fn run(&self, index: usize) -> Result<Usage> {
        let n_threads = (index / 2 + 1).to_string();
        let [gotypes, ghog, goroot] =
            [&self.gotypes, &self.ghog, &self.goroot].map(|path| path.display().to_string());
        let words = if index.is_multiple_of(2) {
            vec![gotypes, goroot.clone(), PACKAGE.to_owned()]
        } else {
            vec![ghog, "check".into(), "-p".into(), n_threads.clone(), PACKAGE.to_owned()]
        };
        let env = [("GOMAXPROCS", n_threads), ("GROUNDHOG_GOROOT", goroot), ("GO111MODULE", "off".into())];
        let env = env.map(|(name, value)| (name.to_owned(), value)).into();
        let dir = "/".into();
        let start = SystemOs.monotonic();
        let outcome =
            process::run(&Job { words, dir, env, limits: Limits::default(), streams: Streams::Apart })?;
        let wall = (SystemOs.monotonic() - start).as_secs_f64();
        ensure!(outcome.is_success(), "exit code {}: {}", outcome.code, outcome.all_output());
        let process::Usage { cpu, n_peak_bytes } = outcome.usage;
        Ok(Usage { wall, cpu: cpu.as_secs_f64(), megabytes: n_peak_bytes as f64 / f64::from(1 << 20) })
    }
}

/// What one run used.
struct Usage {
    /// Seconds on the clock.
    wall: f64,
    /// Seconds of all processors together.
    cpu: f64,
    /// The largest resident size.
    megabytes: f64,
}

/// What the runs of one program with one number of threads come to.
struct Summary {
    cpu: f64,
    wall: f64,
    megabytes: f64,
}

impl Summary {
    fn of(runs: &[Usage]) -> Self {
        let all = |of: fn(&Usage) -> f64| runs.iter().map(of).collect::<Vec<_>>();
        Self {
            cpu: median(all(|usage| usage.cpu)),
            wall: all(|usage| usage.wall).into_iter().fold(f64::INFINITY, f64::min),
            megabytes: all(|usage| usage.megabytes).into_iter().fold(0.0, f64::max),
        }
    }
}

fn render([go_1, ghog_1, go_2, ghog_2]: &[Summary; 4]) -> String {
    let mut table = String::from("threads\tmetric\tgo/types\tghog check\tratio\n");
    for (n_threads, go, ghog) in [(1, go_1, ghog_1), (2, go_2, ghog_2)] {
        let rows = [
            ("processor seconds (median)", go.cpu, ghog.cpu),
            ("seconds (fastest)", go.wall, ghog.wall),
            ("megabytes (largest)", go.megabytes, ghog.megabytes),
        ];
        for (metric, go, ghog) in rows {
            table += &format!("{n_threads}\t{metric}\t{go:.2}\t{ghog:.2}\t{:.2}\n", go / ghog);
        }
    }
    let gain = |one: &Summary, two: &Summary| one.wall / two.wall;
    let (go, ghog) = (gain(go_1, go_2), gain(ghog_1, ghog_2));
    table += &format!("2 over 1\tseconds (fastest)\t{go:.2}\t{ghog:.2}\t{:.2}\n", ghog / go);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_say_how_many_times_faster_ghog_is() {
        let summary = |cpu, wall| Summary { cpu, wall, megabytes: 100.0 };
        let table = render(&[summary(4.0, 4.0), summary(1.0, 1.0), summary(4.0, 2.0), summary(1.0, 0.5)]);
        assert!(table.contains("1\tprocessor seconds (median)\t4.00\t1.00\t4.00\n"), "{table}");
        assert!(table.contains("2 over 1\tseconds (fastest)\t2.00\t2.00\t1.00\n"), "{table}");
    }
}
