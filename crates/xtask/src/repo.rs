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

/// Builds `ghog` as for tests and returns the path of the executable. How it is built says nothing about the programs that it
/// makes.
pub(crate) fn build_ghog() -> Result<PathBuf> {
    let cargo = std::env!("CARGO");
    shell(&[cargo, "build", "--quiet", "--package", "ghog"])?;
    Ok(target_dir().join("debug").join("ghog"))
}

/// Builds `ghog` as for users: for measuring `ghog` itself.
pub(crate) fn build_release_ghog() -> Result<PathBuf> {
    let cargo = std::env!("CARGO");
    shell(&[cargo, "build", "--quiet", "--release", "--package", "ghog"])?;
    Ok(target_dir().join("release").join("ghog"))
}

/// The directory that cargo builds into: the one that this program is in.
fn target_dir() -> PathBuf {
    let own = std::env::current_exe().ok();
    let found = own.as_deref().and_then(Path::parent).and_then(Path::parent).map(Path::to_owned);
    found.unwrap_or_else(|| root().join("target"))
}
