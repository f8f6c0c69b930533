//! `cargo xtask differential`: random programs, each run as gc builds it, as Groundhog builds it, and without optimisation.
//!
//! All three must print the same. Many programs are packed into one build, each as a package of its own; a line of the
//! output names the function that went wrong. Where a pack does not build, or dies, its programs are tried apart. The
//! program of a seed is always the same one. `-record` enters what was run into `scores/differential.tsv`.

mod expr;
mod program;
mod random;
mod stmt;
mod types;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base::{System as _, SystemOs};
use testkit::{Job, Limits, Oracle, Outcome, Streams, fixtures, process};

use crate::repo;

/// Functions in a program.
const N_FUNCTIONS: usize = 8;

/// Programs in one build.
const N_IN_PACK: u64 = 50;

/// What the output of a program in a pack starts with, before its seed.
const MARK: &str = "== seed ";

/// How Groundhog builds: the name of the column, and flags.
const BUILDS: [(&str, &[&str]); 2] = [("optimised", &[]), ("not optimised", &["-gcflags=-N"])];

/// What to run.
struct Request {
    n_programs: u64,
    seed: u64,
    /// Where to leave the program of the seed, instead of running it.
    keep: Option<PathBuf>,
    is_recorded: bool,
}

/// How many programs behave as with gc, in each of [`BUILDS`].
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    n_programs: u64,
    n_right: [u64; BUILDS.len()],
}

pub(crate) fn run(args: &[String]) -> Result<()> {
    let request = parse(args)?;
    if let Some(path) = &request.keep {
        return fixtures::write(path, &program::generate(request.seed, N_FUNCTIONS, "main"));
    }
    let ghog = repo::build_ghog()?;
    let seeds = request.seed..request.seed + request.n_programs;
    let tally = check(&ghog, seeds.clone())?;
    if request.is_recorded {
        record(&seeds, &tally)?;
    }
    tally.judge()
}

/// Runs some programs: for CI.
pub(crate) fn sample(ghog: &Path) -> Result<()> {
    check(ghog, 1..1 + N_IN_PACK)?.judge()
}

fn check(ghog: &Path, seeds: Range<u64>) -> Result<Tally> {
    let oracle = Oracle::find()?;
    let mut tally = Tally::default();
    let mut start = seeds.start;
    while start < seeds.end {
        let end = seeds.end.min(start + N_IN_PACK);
        compare(ghog, &oracle, start..end, &mut tally)?;
        start = end;
    }
    Ok(tally)
}

impl Tally {
    fn judge(&self) -> Result<()> {
        let Self { n_programs, n_right } = self;
        println!("differential: {n_programs} programs of {N_FUNCTIONS} functions; as with gc: {n_right:?}");
        if n_right.iter().any(|n| n != n_programs) {
            bail!("programs behave differently; `cargo xtask differential -seed N -keep FILE` writes one");
        }
        Ok(())
    }
}

fn parse(args: &[String]) -> Result<Request> {
    let mut request = Request { n_programs: 100, seed: 1, keep: None, is_recorded: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} wants a value"));
        match arg.as_str() {
            "-n" => request.n_programs = value()?.parse().context("-n wants a number")?,
            "-seed" => request.seed = value()?.parse().context("-seed wants a number")?,
            "-keep" => request.keep = Some(PathBuf::from(value()?)),
            "-record" => request.is_recorded = true,
            _ => bail!("usage: cargo xtask differential [-n N] [-seed S] [-keep FILE] [-record]"),
        }
    }
    Ok(request)
}

/// Compares the programs of these seeds in one build; what differs is printed.
fn compare(ghog: &Path, oracle: &Oracle, seeds: Range<u64>, tally: &mut Tally) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let dir = scratch.path();
    write_pack(dir, seeds.clone())?;
    // Its first build compiles the standard library too.
    let limits = Limits { time: Duration::from_secs(300), ..Limits::default() };
    let built = oracle.run(dir, &["build", "-o", "gc.exe", "."], limits)?;
    ensure!(built.is_success(), "seeds {seeds:?}: gc refuses the programs:\n{}", built.all_output());
    let expected = execute(&dir.join("gc.exe"), dir)?;
    let mut outcomes = Vec::new();
    for (_, flags) in BUILDS {
        outcomes.push(build_and_execute(ghog, oracle, dir, flags)?);
    }
    let is_whole = |outcome: &Outcome| outcome.is_success();
    if seeds.end - seeds.start > 1 && !(is_whole(&expected) && outcomes.iter().all(is_whole)) {
        return seeds.into_iter().try_for_each(|seed| compare(ghog, oracle, seed..seed + 1, tally));
    }
    ensure!(is_whole(&expected), "seeds {seeds:?}: gc's program dies:\n{}", expected.all_output());
    let expected = sections(&expected.stdout);
    tally.n_programs += seeds.end - seeds.start;
    for (column, (name, _)) in BUILDS.iter().enumerate() {
        let actual = sections(&outcomes[column].stdout);
        for seed in seeds.clone() {
            let seed = seed.to_string();
            let of_seed = |all: &BTreeMap<String, String>| all.get(&seed).cloned().unwrap_or_default();
            if is_whole(&outcomes[column]) && of_seed(&actual) == of_seed(&expected) {
                tally.n_right[column] += 1;
            } else {
                let text = if actual.is_empty() { outcomes[column].stdout.clone() } else { of_seed(&actual) };
                println!("seed {seed}, {name}:\n{}", fixtures::diff(&of_seed(&expected), &text));
            }
        }
    }
    Ok(())
}

/// Writes a module with a package for each program and a main package that calls them.
fn write_pack(dir: &Path, seeds: Range<u64>) -> Result<()> {
    fixtures::write(&dir.join("go.mod"), &format!("module random\n\ngo 1.{}\n", load::GO_MINOR))?;
    let (mut imports, mut calls) = (String::new(), String::new());
    for seed in seeds {
        let package = format!("p{seed}");
        fixtures::write(&dir.join(&package).join("p.go"), &program::generate(seed, N_FUNCTIONS, &package))?;
        let _ = writeln!(imports, "import \"random/{package}\"");
        let _ = writeln!(calls, "\tprintln(\"{MARK}{seed}\")\n\t{package}.Main()");
    }
    fixtures::write(&dir.join("main.go"), &format!("package main\n\n{imports}\nfunc main() {{\n{calls}}}\n"))
}

/// The outcome of the program, or of its build if that fails.
fn build_and_execute(ghog: &Path, oracle: &Oracle, dir: &Path, flags: &[&str]) -> Result<Outcome> {
    let exe = dir.join("ghog.exe");
    let mut words = vec![ghog.display().to_string(), "build".to_owned()];
    words.extend(flags.iter().map(|&flag| flag.to_owned()));
    words.extend(["-o".to_owned(), exe.display().to_string(), ".".to_owned()]);
    // A cache of its own: none of this is built again.
    let cache = dir.join("cache").display().to_string();
    let goroot = oracle.goroot().display().to_string();
    let env = vec![("GROUNDHOG_GOROOT".to_owned(), goroot), ("GROUNDHOG_CACHE".to_owned(), cache)];
    let built = process::run(&job(words, dir, env))?;
    if built.is_success() { execute(&exe, dir) } else { Ok(built) }
}

/// The output of each program of a pack, by its seed.
fn sections(output: &str) -> BTreeMap<String, String> {
    let mut sections = BTreeMap::new();
    for part in output.split(MARK).skip(1) {
        let (seed, text) = part.split_once('\n').unwrap_or((part, ""));
        sections.insert(seed.to_owned(), text.to_owned());
    }
    sections
}

/// Enters a run into the table of runs; one that started with the same seed is replaced.
fn record(seeds: &Range<u64>, tally: &Tally) -> Result<()> {
    const HEAD: &str = "first seed\tprograms\toptimised\tnot optimised\tgc\n";
    let path = repo::root().join("scores").join("differential.tsv");
    let old = if SystemOs.is_file(&path) { fixtures::read(&path)? } else { String::new() };
    let rows = old.lines().filter_map(|line| Some((line.split('\t').next()?.parse().ok()?, line.to_owned())));
    let mut rows: BTreeMap<u64, String> = rows.collect();
    let Tally { n_programs, n_right: [optimised, plain] } = tally;
    rows.insert(seeds.start, format!("{}\t{n_programs}\t{optimised}\t{plain}\t{n_programs}", seeds.start));
    let rows: String = rows.values().map(|row| format!("{row}\n")).collect();
    fixtures::write(&path, &format!("{HEAD}{rows}"))
}

fn execute(exe: &Path, dir: &Path) -> Result<Outcome> {
    process::run(&job(vec![exe.display().to_string()], dir, Vec::new()))
}

fn job(words: Vec<String>, dir: &Path, env: Vec<(String, String)>) -> Job {
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    Job { words, dir: dir.to_owned(), env, limits, streams: Streams::Merged }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_told_apart_by_seed() {
        let found = sections("== seed 3\nf0 1 2\n== seed 10\n");
        let expected = [("10", ""), ("3", "f0 1 2\n")].map(|(seed, text)| (seed.to_owned(), text.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
    }

    #[test]
    fn a_program_that_differs_in_one_column_is_an_error() {
        assert!(Tally { n_programs: 2, n_right: [2, 2] }.judge().is_ok());
        assert!(Tally { n_programs: 2, n_right: [2, 1] }.judge().is_err());
    }
}
