//! `cargo xtask tidy`: the rules of this repository that no compiler checks.
//!
//! A rule is a function from the committed files to complaints. All of them run; any complaint fails the command.

mod files;
mod layers;
mod overlay;

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use base::{System as _, SystemOs};

use crate::repo;

/// One committed text file.
pub(crate) struct CommittedFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl CommittedFile {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The crate that the file belongs to.
    fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

type Rule = fn(&[CommittedFile]) -> Vec<String>;

const RULES: &[(&str, Rule)] = &[
    ("every Rust file starts with a module doc", files::module_docs),
    ("a long file states why it is one thing", files::lengths),
    ("a TODO names an issue", files::todos),
    ("unsafe code is in the runtime's crates only", files::unsafe_code),
    ("no file names this machine or a registry", files::strangers),
    ("crates depend on what the layer table allows", layers::edges),
    ("the overlay is what its manifest says", overlay::manifest),
];

pub(crate) fn run() -> Result<()> {
    let files = committed_files()?;
    let mut n_complaints = 0;
    for (title, rule) in RULES {
        let complaints = rule(&files);
        if !complaints.is_empty() {
            println!("{title}:");
            complaints.iter().for_each(|complaint| println!("    {complaint}"));
            n_complaints += complaints.len();
        }
    }
    ensure!(n_complaints == 0, "{n_complaints} complaints");
    println!("tidy: {} rules over {} files", RULES.len(), files.len());
    Ok(())
}

/// What git has, as it is in the working tree.
fn committed_files() -> Result<Vec<CommittedFile>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(repo::root()).output();
    let output = output.context("cannot run git")?;
    ensure!(output.status.success(), "git ls-files failed");
    let names = String::from_utf8(output.stdout)?;
    let mut files = Vec::new();
    for path in names.split('\0').filter(|path| !path.is_empty()) {
        // A deleted file that is not committed yet is nothing to complain about; neither is one that is not text.
        let Ok(bytes) = SystemOs.read(&repo::root().join(path)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(CommittedFile { path: path.to_owned(), text });
        }
    }
    Ok(files)
}
