//! Where things are in the repository, and how its programs are built.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Runs a command at the root, with its output passed through.
pub(crate) fn shell(words: &[&str]) -> Result<()> {
    println!("$ {}", words.join(" "));
    let (program, args) = words.split_first().context("no command")?;
    let status = Command::new(program).args(args).current_dir(root()).status();
    let status = status.with_context(|| format!("cannot run {program}"))?;
    ensure!(status.success(), "{} failed", words.join(" "));
    Ok(())
}

/// How `ghog` is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// For tests.
    Dev,
    /// For measuring.
    Release,
}

/// Builds `ghog` and returns the path of the executable.
pub(crate) fn build_ghog(profile: Profile) -> Result<PathBuf> {
    let cargo = std::env!("CARGO");
    let (flags, dir): (&[&str], _) = match profile {
        Profile::Dev => (&[], "debug"),
        Profile::Release => (&["--release"], "release"),
    };
    let mut words = vec![cargo, "build", "--quiet", "--package", "ghog"];
    words.extend(flags);
    shell(&words)?;
    Ok(target_dir().join(dir).join("ghog"))
}

/// The directory that cargo builds into: the one that this program is in.
fn target_dir() -> PathBuf {
    let own = std::env::current_exe().ok();
    let found = own.as_deref().and_then(Path::parent).and_then(Path::parent).map(Path::to_owned);
    found.unwrap_or_else(|| root().join("target"))
}
