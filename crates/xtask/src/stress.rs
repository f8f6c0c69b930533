//! `cargo xtask stress`: `tests/run/stress.go` again and again, with another seed, GOMAXPROCS and debug mode each time.
//!
//! A line is printed before each run, and says how to repeat it. A seed chooses the tasks of a run; in the mode `seed` it
//! chooses the schedule, too, and the run repeats exactly. The first run that fails ends the command.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use testkit::{Job, Limits, Outcome, Streams, oracle, process};

use crate::repo;

/// Seconds of one run.
const SECONDS: u64 = 10;
/// A run that lasts longer hangs. The program itself speaks up before, if it still can.
const LIMIT: Duration = Duration::from_secs(150);

/// How a program is run: name and variables.
type Mode = (&'static str, &'static [(&'static str, &'static str)]);

const MODES: [Mode; 5] = [
    ("plain", &[]),
    ("one", &[("GOMAXPROCS", "1")]),
    ("eight", &[("GOMAXPROCS", "8")]),
    ("heap", &[("GROUNDHOG_GCPOISON", "1"), ("GROUNDHOG_GCVERIFY", "1")]),
    ("seed", &[]),
];

/// What to run.
struct Request {
    minutes: u64,
    seed: u64,
}

pub(crate) fn run(args: &[String]) -> Result<()> {
    let request = parse(args)?;
    let ghog = repo::build_ghog()?;
    let scratch = tempfile::tempdir()?;
    let executable = scratch.path().join("stress");
    build(&ghog, &executable)?;
    let n_runs = (60 * request.minutes / SECONDS).max(1);
    for (seed, mode) in (request.seed..).zip(MODES.iter().cycle()).take(n_runs as usize) {
        let env = variables(seed, mode);
        let settings: Vec<String> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        println!("{}: {} stress", mode.0, settings.join(" "));
        judge(&execute(&executable, env)?)?;
    }
    println!("stress: {n_runs} runs without a failure");
    Ok(())
}

fn parse(args: &[String]) -> Result<Request> {
    let mut request = Request { minutes: 5, seed: 1 };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args.next().with_context(|| format!("{arg} wants a value"))?;
        match arg.as_str() {
            "-minutes" => request.minutes = value.parse().context("-minutes wants a number")?,
            "-seed" => request.seed = value.parse().context("-seed wants a number")?,
            _ => bail!("usage: cargo xtask stress [-minutes N] [-seed S]"),
        }
    }
    Ok(request)
}

fn build(ghog: &Path, executable: &Path) -> Result<()> {
    let source = repo::root().join("tests/run/stress.go");
    let words = ["build", "-o"].map(str::to_owned);
    let words = [ghog.display().to_string()].into_iter().chain(words);
    let words = words.chain([executable.display().to_string(), source.display().to_string()]).collect();
    let goroot = oracle::find_goroot()?.dir().display().to_string();
    let outcome = process::run(&job(words, vec![("GROUNDHOG_GOROOT".to_owned(), goroot)]))?;
    ensure!(outcome.is_success(), "the program does not build:\n{}", outcome.stdout);
    Ok(())
}

/// The variables of a run; the first ones choose what it does.
fn variables(seed: u64, (name, fixed): &Mode) -> Vec<(String, String)> {
    let mut env = vec![("STRESS_SEED".to_owned(), seed.to_string())];
    env.push(("STRESS_SECONDS".to_owned(), SECONDS.to_string()));
    if *name == "seed" {
        env.push(("GROUNDHOG_SEED".to_owned(), seed.to_string()));
    }
    env.extend(fixed.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    env
}

fn execute(executable: &Path, env: Vec<(String, String)>) -> Result<Outcome> {
    process::run(&job(vec![executable.display().to_string()], env))
}

fn job(words: Vec<String>, env: Vec<(String, String)>) -> Job {
    let limits = Limits { time: LIMIT, ..Limits::default() };
    Job { words, dir: "/".into(), env, limits, streams: Streams::Merged }
}

fn judge(outcome: &Outcome) -> Result<()> {
    ensure!(!outcome.is_stopped, "the run hangs:\n{}", outcome.stdout);
    ensure!(outcome.is_success(), "the run failed with exit code {}:\n{}", outcome.code, outcome.stdout);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_how_to_repeat_it() {
        let env = variables(7, &MODES[4]);
        assert!(env.contains(&("GROUNDHOG_SEED".to_owned(), "7".to_owned())));
        assert!(variables(7, &MODES[0]).iter().all(|(name, _)| name.starts_with("STRESS_")));
    }

    #[test]
    fn arguments_are_checked() {
        let args = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(parse(&args(&["-minutes", "3"])).unwrap().minutes, 3);
        assert!(parse(&args(&["-minutes"])).is_err());
        assert!(parse(&args(&["-hours", "3"])).is_err());
    }
}
