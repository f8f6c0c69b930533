//! `cargo xtask bench`: the programs of `bench/`, built with gc and with Groundhog and run in turns.
//!
//! Runs alternate (A B A B ...), so a machine that drifts hits both alike; the median of each side counts, and the median of the
//! ratios of the pairs. Whole programs are measured in processor time, which says the same on a busy machine; wall time and
//! peak memory stand beside it. With `-update` the result is written to `scores/bench-<group>.tsv`. `bench check` compares
//! type checkers: see [`frontend`].
//!
//! `ghog` is built as for tests: what it compiles, and the runtime inside, do not depend on how it was built itself. Where
//! `ghog` itself is measured it is built as for users.

mod frontend;
mod net;
mod toolchain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base::{FileMode, System as _, SystemOs};
use testkit::{Job, Limits, Oracle, Outcome, Streams, fixtures, process};

use crate::repo;

/// What a command line asks for.
struct Request {
    group: Group,
    n_runs: usize,
    filter: Option<String>,
    is_update: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    /// Whole programs, measured from outside.
    Compute,
    /// Programs that measure themselves.
    Runtime,
    /// Servers, driven from outside.
    Net,
    /// The tools, measured with small programs.
    Toolchain,
    /// `ghog check` against go/types.
    Check,
}

/// Metric to the values of each side.
type Measured = BTreeMap<String, [Vec<f64>; 2]>;

/// Processor time of a whole program.
const CPU: &str = "cpu s";
const SIDES: [&str; 2] = ["gc", "ghog"];

pub(crate) fn run(args: &[String]) -> Result<()> {
    let request = parse(args)?;
    let group = match request.group {
        Group::Compute => "compute",
        Group::Runtime => "runtime",
        Group::Net => "net",
        Group::Toolchain => "toolchain",
        Group::Check => return frontend::run(&request),
    };
    let bench = Bench::new(request.group)?;
    let home = repo::root().join("bench").join(group);
    let mut table = String::from("program\tmetric\tgc\tghog\tratio\n");
    for entry in SystemOs.read_dir(&home)? {
        if request.filter.as_ref().is_some_and(|filter| !entry.name.contains(filter.as_str())) {
            continue;
        }
        let dir = home.join(&entry.name);
        let measured = match request.group {
            Group::Toolchain if !SystemOs.is_file(&dir.join("main.go")) => continue,
            Group::Toolchain => bench.compare_tools(&dir, request.n_runs),
            Group::Net => bench.compare_servers(&dir, request.n_runs),
            Group::Compute | Group::Runtime | Group::Check => bench.compare(&dir, &request),
        };
        let lines = match measured {
            Ok(measured) => render(&entry.name, &measured),
            Err(error) => {
                format!("{}\tfailed: {}\t\t\t\n", entry.name, format!("{error:#}").replace(['\n', '\t'], " "))
            }
        };
        print!("{lines}");
        table += &lines;
    }
    let mean = mean_line(&table);
    print!("{mean}");
    table += &mean;
    if request.is_update {
        let path = repo::root().join("scores").join(format!("bench-{group}.tsv"));
        SystemOs.write_atomic(&path, table.as_bytes(), FileMode::Data)?;
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<Request> {
    let mut request = Request { group: Group::Compute, n_runs: 5, filter: None, is_update: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().with_context(|| format!("{arg} needs a value"));
        match arg.trim_start_matches('-') {
            "compute" => request.group = Group::Compute,
            "runtime" => request.group = Group::Runtime,
            "net" => request.group = Group::Net,
            "toolchain" => request.group = Group::Toolchain,
            "check" => request.group = Group::Check,
            "n" => request.n_runs = value()?.parse().context("-n needs a number")?,
            "filter" => request.filter = Some(value()?),
            "update" => request.is_update = true,
            _ => bail!("unknown argument {arg}"),
        }
    }
    Ok(request)
}

struct Bench {
    oracle: Oracle,
    ghog: PathBuf,
    scratch: tempfile::TempDir,
}

impl Bench {
    fn new(group: Group) -> Result<Self> {
        let ghog = if group == Group::Toolchain { repo::build_release_ghog() } else { repo::build_ghog() };
        Ok(Self { oracle: Oracle::find()?, ghog: ghog?, scratch: tempfile::tempdir()? })
    }

    fn compare(&self, dir: &Path, request: &Request) -> Result<Measured> {
        let executables = [self.build(dir, &self.oracle.go(), "gc")?, self.build(dir, &self.ghog, "ghog")?];
        let mut measured = Measured::new();
        for _ in 0..request.n_runs {
            for (side, executable) in executables.iter().enumerate() {
                let start = SystemOs.monotonic();
                let outcome = self.execute(executable, dir)?;
                let wall = SystemOs.monotonic() - start;
                ensure!(outcome.is_success(), "{}: exit code {}", SIDES[side], outcome.code);
                for (metric, value) in metrics(dir, request.group, &outcome, wall)? {
                    measured.entry(metric).or_default()[side].push(value);
                }
            }
        }
        Ok(measured)
    }

    fn build(&self, dir: &Path, compiler: &Path, side: &str) -> Result<PathBuf> {
        let out = self.scratch.path().join(side);
        let words = [
            compiler.display().to_string(),
            "build".into(),
            "-o".into(),
            out.display().to_string(),
            ".".into(),
        ];
        let limits = Limits { time: Duration::from_secs(300), ..Limits::default() };
        let mut env = self.oracle.env();
        env.push(("GROUNDHOG_GOROOT".to_owned(), self.oracle.goroot().display().to_string()));
        let outcome = process::run(&Job {
            words: words.into(),
            dir: dir.to_owned(),
            env,
            limits,
            streams: Streams::Apart,
        })?;
        ensure!(outcome.is_success(), "{side} does not build it: {}", outcome.all_output());
        Ok(out)
    }

    fn execute(&self, executable: &Path, dir: &Path) -> Result<Outcome> {
        let limits = Limits { time: Duration::from_secs(120), ..Limits::default() };
        let words = vec![executable.display().to_string()];
        process::run(&Job { words, dir: dir.to_owned(), env: Vec::new(), limits, streams: Streams::Apart })
    }
}

fn metrics(dir: &Path, group: Group, outcome: &Outcome, wall: Duration) -> Result<Vec<(String, f64)>> {
    if group == Group::Compute {
        let expected = fixtures::read(&dir.join("expected.txt"))?;
        ensure!(outcome.stdout == expected, "wrong output:\n{}", fixtures::diff(&expected, &outcome.stdout));
        let usage = outcome.usage;
        return Ok(vec![
            (CPU.to_owned(), usage.cpu.as_secs_f64()),
            ("peak MB".to_owned(), usage.n_peak_bytes as f64 / 1e6),
            ("wall s".to_owned(), wall.as_secs_f64()),
        ]);
    }
    let own = outcome.stdout.lines().filter_map(|line| {
        let mut words = line.strip_prefix("metric\t")?.split('\t');
        let (name, value, unit) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        Some((format!("{name} ({unit})"), value))
    });
    Ok(own.collect())
}

fn render(program: &str, measured: &Measured) -> String {
    let mut lines = String::new();
    for (metric, sides) in measured {
        let ratios = sides[0].iter().zip(&sides[1]).map(|(gc, ghog)| ghog / gc).collect();
        let (ratio, [gc, ghog]) = (median(ratios), sides.clone().map(median));
        lines += &format!("{program}\t{metric}\t{gc:.4}\t{ghog:.4}\t{ratio:.3}\n");
    }
    lines
}

/// The geometric mean of the ratios of processor time; nothing when none was measured.
fn mean_line(table: &str) -> String {
    let ratio = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields.get(1) != Some(&CPU) {
            return None;
        }
        fields.get(4)?.parse::<f64>().ok()
    };
    let logs: Vec<f64> = table.lines().filter_map(ratio).map(f64::ln).collect();
    if logs.is_empty() {
        return String::new();
    }
    let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
    format!("all\t{CPU}, geometric mean\t\t\t{mean:.3}\n")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_medians_of_sides_and_of_pairs_are_shown() {
        let mut measured = Measured::new();
        measured.insert(CPU.to_owned(), [vec![2.0, 9.0, 1.0], vec![1.0, 9.0, 2.0]]);
        let lines = render("fib", &measured);
        assert_eq!(lines, "fib\tcpu s\t2.0000\t2.0000\t1.000\n");
        let table = lines + "nbody\tcpu s\t1\t4\t4.000\nnbody\twall s\t1\t9\t9.000\n";
        assert_eq!(mean_line(&table), "all\tcpu s, geometric mean\t\t\t2.000\n");
        assert_eq!(mean_line("alloc\tns/op\t1\t2\t2.000\n"), "");
    }
}
