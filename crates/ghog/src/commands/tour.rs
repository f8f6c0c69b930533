//! `ghog tour`: small programs that show the system at work, carried inside `ghog`; their sources are in
//! `examples/tour/`.
//!
//! A program says about itself, in comments before its package clause: what it shows (the first line), and which
//! variables it wants (`// env: NAME=VALUE`).

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use base::{FileMode, System, SystemOs};

use crate::console;
use crate::flags::Invocation;

/// One program.
struct Stop {
    name: &'static str,
    source: &'static str,
}

macro_rules! stops {
    ($($name:literal)*) => {
        &[$(Stop {
            name: $name,
            source: include_str!(concat!("../../../../examples/tour/", $name, "/main.go")),
        }),*]
    };
}

/// Every program, in the order of the tour.
const STOPS: &[Stop] = stops! {
    "replay"
    "interface" "channels" "deadlock" "map"
    "memory" "collector"
    "functions" "escape" "stack"
    "goroutine" "suspension" "scheduler" "stealing" "syscalls" "poller"
    "sync" "leaks"
    "decorator" "adapter" "factory" "abstract_factory" "builder" "solid" "clean"
    "repeater" "retrier" "breaker" "limiter"
    "sockets" "frames" "grpc"
};

impl Stop {
    /// What it shows, in one line.
    fn summary(&self) -> &'static str {
        self.source.lines().next().unwrap_or_default().trim_start_matches("// ")
    }

    /// The variables that it wants.
    fn env(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let comments = self.source.lines().take_while(|line| !line.starts_with("package "));
        comments.filter_map(|line| line.strip_prefix("// env: ")?.split_once('='))
    }
}

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    match invocation.args.as_slice() {
        [] => {
            console::print(&list());
            ExitCode::SUCCESS
        }
        [name, args @ ..] => match STOPS.iter().find(|stop| stop.name == name) {
            Some(stop) if invocation.values.source => {
                console::print(stop.source);
                ExitCode::SUCCESS
            }
            Some(stop) => visit(stop, args).unwrap_or_else(|error| {
                console::error(&format!("ghog: {error}\n"));
                ExitCode::FAILURE
            }),
            None => {
                super::usage_error(&format!("tour {name}: no such program. Run 'ghog tour' for the list."))
            }
        },
    }
}

fn list() -> String {
    let line = |stop: &Stop| format!("{:<18}{}\n", stop.name, stop.summary());
    STOPS.iter().map(line).collect()
}

/// Runs a program as `ghog run` does, with the variables that it wants unless they are set.
fn visit(stop: &Stop, args: &[String]) -> std::io::Result<ExitCode> {
    let (dir, _guard) = directory(stop)?;
    let path = dir.join("main.go");
    SystemOs.write_atomic(&path, stop.source.as_bytes(), FileMode::Data)?;
    let env = stop.env().filter(|(name, _)| SystemOs.env(name).is_none());
    let status =
        Command::new(std::env::current_exe()?).arg("run").arg(&path).args(args).envs(env).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where its source goes: always the same place in the cache, or else a temporary directory.
fn directory(stop: &Stop) -> std::io::Result<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(cache) = driver::goroot::cache_dir(&SystemOs) {
        let dir = cache.join("tour").join(stop.name);
        if SystemOs.create_dir_all(&dir).is_ok() {
            return Ok((dir, None));
        }
    }
    let dir = tempfile::Builder::new().prefix("ghog-tour").tempdir()?;
    Ok((dir.path().to_owned(), Some(dir)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_says_what_it_shows() {
        for stop in STOPS {
            assert!(stop.source.starts_with("// "), "{}", stop.name);
            assert!(stop.summary().ends_with('.') && stop.summary().len() <= 120, "{}", stop.name);
            assert!(stop.source.contains("\npackage main\n"), "{}", stop.name);
        }
    }
}
