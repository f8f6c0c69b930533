//! `cargo xtask differential`: random programs, each run as gc builds it, as Groundhog builds it, and without optimisation.
//!
//! All three must print the same. A program holds many functions, each called with several arguments, so that one build
//! tests much; a line of the output names the function that went wrong. The programs of a seed are always the same ones.

mod expr;
mod program;
mod random;
mod stmt;
mod types;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base::{FileMode, System as _, SystemOs};
use testkit::{Job, Limits, Oracle, Outcome, Streams, fixtures, process};

use crate::repo;

/// Functions in a program.
const N_FUNCTIONS: usize = 40;

/// What to run.
struct Request {
    n_programs: u64,
    seed: u64,
    /// Where to leave the program of the seed, instead of running it.
    keep: Option<PathBuf>,
}

pub(crate) fn run(args: &[String]) -> Result<()> {
    let request = parse(args)?;
    if let Some(path) = &request.keep {
        return write(path, &program::generate(request.seed, N_FUNCTIONS));
    }
    let ghog = repo::build_ghog()?;
    check(&ghog, request.seed, request.n_programs)
}

/// Runs a few programs: for CI. The program of seed 4 needs more memory than a machine has, with gc, too.
pub(crate) fn sample(ghog: &Path) -> Result<()> {
    const N_PROGRAMS: u64 = 3;
    check(ghog, 1, N_PROGRAMS)
}

fn check(ghog: &Path, seed: u64, n_programs: u64) -> Result<()> {
    let oracle = Oracle::find()?;
    let mut n_wrong = 0;
    for seed in seed..seed + n_programs {
        if let Some(difference) = compare(ghog, &oracle, seed)? {
            n_wrong += 1;
            println!("seed {seed}:\n{difference}");
        }
    }
    println!("differential: {n_programs} programs of {N_FUNCTIONS} functions, {n_wrong} of them wrong");
    if n_wrong > 0 {
        bail!("programs behave differently; `cargo xtask differential -seed N -keep FILE` writes one");
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<Request> {
    let mut request = Request { n_programs: 10, seed: 1, keep: None };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args.next().with_context(|| format!("{arg} wants a value"))?;
        match arg.as_str() {
            "-n" => request.n_programs = value.parse().context("-n wants a number")?,
            "-seed" => request.seed = value.parse().context("-seed wants a number")?,
            "-keep" => request.keep = Some(PathBuf::from(value)),
            _ => bail!("usage: cargo xtask differential [-n N] [-seed S] [-keep FILE]"),
        }
    }
    Ok(request)
}

/// The difference between the outputs of the program of a seed; nothing when they agree.
fn compare(ghog: &Path, oracle: &Oracle, seed: u64) -> Result<Option<String>> {
    let scratch = tempfile::tempdir()?;
    let dir = scratch.path();
    write(&dir.join("main.go"), &program::generate(seed, N_FUNCTIONS))?;
    let built = oracle.run(dir, &["build", "-o", "gc.exe", "main.go"], Limits::default())?;
    ensure!(built.is_success(), "seed {seed}: gc refuses the program:\n{}", built.all_output());
    let expected = execute(&dir.join("gc.exe"), dir)?;
    for (name, flags) in [("optimised", &[][..]), ("not optimised", &["-gcflags=-N"][..])] {
        let exe = dir.join("ghog.exe");
        let mut words = vec![ghog.display().to_string(), "build".to_owned()];
        words.extend(flags.iter().map(|&flag| flag.to_owned()));
        words.extend(["-o".to_owned(), exe.display().to_string(), "main.go".to_owned()]);
        let env = vec![("GROUNDHOG_GOROOT".to_owned(), oracle.goroot().display().to_string())];
        let built = process::run(&job(words, dir, env))?;
        if !built.is_success() {
            return Ok(Some(format!("{name}: does not build:\n{}", built.all_output())));
        }
        let actual = execute(&exe, dir)?;
        if (actual.code, &actual.stdout) != (expected.code, &expected.stdout) {
            let diff = fixtures::diff(&expected.stdout, &actual.stdout);
            return Ok(Some(format!("{name}: exit code {}\n{diff}", actual.code)));
        }
    }
    Ok(None)
}

fn execute(exe: &Path, dir: &Path) -> Result<Outcome> {
    process::run(&job(vec![exe.display().to_string()], dir, Vec::new()))
}

fn job(words: Vec<String>, dir: &Path, env: Vec<(String, String)>) -> Job {
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    Job { words, dir: dir.to_owned(), env, limits, streams: Streams::Merged }
}

fn write(path: &Path, text: &str) -> Result<()> {
    SystemOs
        .write_atomic(path, text.as_bytes(), FileMode::Data)
        .with_context(|| format!("cannot write {}", path.display()))
}
