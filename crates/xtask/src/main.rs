//! The project's own commands: `cargo xtask <command>`.
//!
//! | command | what it does |
//! | --- | --- |
//! | `ready` | exactly what CI runs: format, lints, tests, `tidy`, samples of the conformance corpora and of `differential` |
//! | `tidy` | checks the rules that no compiler checks |
//! | `conformance check\|run` | compares with Go's own test corpora; scores are committed under `scores/` |
//! | `differential` | compares random programs with gc's builds of them |
//! | `bench` | compares speed with gc, program by program, in paired runs |
//! | `stress` | runs random mixes of everything the runtime does, for minutes |
//! | `robust` | the long form of the tests that kill builds; the programs of the tour that need modules |
//! | `corpora` | fetches what the tests need |

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]

mod bench;
mod conformance;
mod corpora;
mod differential;
mod ready;
mod repo;
mod stress;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask ready | tidy | conformance check|run [-set S] [-filter S] [-update] [-v] [-every N] [-stress stacks|heap] | differential [-n N] [-seed S] [-keep FILE] [-record] | bench [compute|runtime|net|toolchain|check] [-n N] [-filter S] | stress [-minutes N] [-seed S] | robust | corpora";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let Some((command, rest)) = args.split_first() else { bail!("{USAGE}") };
    match command.as_str() {
        "ready" => ready::run(),
        "tidy" => tidy::run(),
        "bench" => bench::run(rest),
        "differential" => differential::run(rest),
        "conformance" => conformance::run(rest),
        "stress" => stress::run(rest),
        "robust" => robust(),
        "corpora" => corpora::fetch_all(),
        _ => bail!("{USAGE}"),
    }
}

/// The long form of the tests that kill builds, and the programs of the tour that need modules.
fn robust() -> Result<()> {
    let gopath = format!("GROUNDHOG_TOUR_GOPATH={}", corpora::grpc()?.display());
    let test = |variable: &str, name: &str| {
        let cargo = std::env!("CARGO");
        repo::shell(&["env", variable, cargo, "test", "--package", "ghog", "--test", name])
    };
    test("GROUNDHOG_N_KILLS=200", "caches")?;
    test(&gopath, "tour")
}
