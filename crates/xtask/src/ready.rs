//! `cargo xtask ready`: exactly what CI runs, in the order of speed.

use anyhow::Result;

use crate::{conformance, differential, repo, tidy};

pub(crate) fn run() -> Result<()> {
    repo::shell(&["cargo", "fmt", "--all", "--check"])?;
    tidy::run()?;
    repo::shell(&["cargo", "clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])?;
    repo::shell(&["cargo", "test", "--workspace", "--quiet"])?;
    conformance::run_sample()?;
    differential::sample(&repo::build_ghog()?)?;
    println!("ready");
    Ok(())
}
