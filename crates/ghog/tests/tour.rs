//! The tour: each program of `examples/tour/` prints what its `output.txt` says, the official toolchain agrees where it can
//! run the program, and the pages under `docs/` show the same.
//!
//! Headers of programs: `// env: NAME=VALUE` and `// exit: N`. `// needs: WHAT` says why a program cannot be run
//! everywhere; `GROUNDHOG_TOUR_GOPATH` is a GOPATH that has it. In outputs the program's directory and the offsets of
//! return addresses are blotted out. `UPDATE_EXPECT=1` rewrites the outputs and what the pages show of them; people read the difference.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base::{System as _, SystemOs};
use testkit::fixtures::{self, Case};
use testkit::{Job, Limits, Oracle, Outcome, Streams, oracle, process};

/// What only Groundhog can compile.
const OURS: &str = "\"groundhog/";

fn main() -> std::process::ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().unwrap_or(root);
    let programs = fixtures::files(&root.join("examples/tour"), "go").expect("the tour can be listed");
    let mut cases: Vec<Case> = programs.iter().flat_map(|path| cases_of(path)).collect();
    let mut pages = fixtures::files(&root.join("docs"), "md").expect("the pages can be listed");
    pages.push(root.join("README.md"));
    for page in pages {
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let root = root.clone();
        cases.push(Case { name: format!("page::{name}"), run: Box::new(move || check_page(&page, &root)) });
    }
    cases.push(Case { name: "list".to_owned(), run: Box::new(move || check_list(&root)) });
    fixtures::main(cases)
}

/// The tests of one program.
fn cases_of(path: &Path) -> Vec<Case> {
    let source = fixtures::read(path).expect("a program can be read");
    let name = name_of(path);
    let has = |header: &str| headers(&source, header).next().is_some();
    if has("needs") && gopath().is_none() {
        return Vec::new();
    }
    let mut cases = Vec::new();
    if !source.contains(OURS) && !has("exit") && !has("env") {
        let path = path.to_owned();
        cases.push(Case { name: format!("gc::{name}"), run: Box::new(move || agree(&path)) });
    }
    let path = path.to_owned();
    cases.push(Case { name, run: Box::new(move || run(&path)) });
    cases
}

/// What the test may take instead of the GOPATH that a program's header says.
fn gopath() -> Option<(String, String)> {
    let gopath = SystemOs.env("GROUNDHOG_TOUR_GOPATH")?;
    Some(("GOPATH".to_owned(), gopath))
}

/// The name of a program's directory.
fn name_of(path: &Path) -> String {
    path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
}

/// The values of a header.
fn headers<'s>(source: &'s str, name: &str) -> impl Iterator<Item = &'s str> {
    let start = format!("// {name}: ");
    let comments = source.lines().take_while(|line| !line.starts_with("package "));
    comments.filter_map(move |line| line.strip_prefix(start.as_str()))
}

/// Runs a program of the tour and compares its output.
fn run(path: &Path) -> Result<()> {
    let source = fixtures::read(path)?;
    let env = headers(&source, "env").filter_map(|setting| setting.split_once('='));
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).chain(gopath());
    let env: Vec<(String, String)> = env.collect();
    let scratch = tempfile::tempdir()?;
    let executable = scratch.path().join("program").display().to_string();
    let words = ["build", "-o", &executable, &path.display().to_string()];
    let built = ghog_with(&words, scratch.path(), env.clone())?;
    ensure!(built.is_success(), "does not build: {}", built.stdout);
    let dir = path.parent().context("a program is in a directory")?;
    let outcome = process::run(&job(vec![executable], dir, env))?;
    let wanted = headers(&source, "exit").next().map_or(Ok(0), str::parse)?;
    ensure!(outcome.code == wanted, "exit code {} instead of {wanted}:\n{}", outcome.code, outcome.stdout);
    fixtures::assert_golden(&path.with_file_name("output.txt"), &blot(&outcome.stdout, dir))
}

/// Compares the expected output with what the official toolchain makes of the program.
fn agree(path: &Path) -> Result<()> {
    let dir = path.parent().context("a program is in a directory")?;
    let oracle = Oracle::find()?;
    let outcome = oracle.run(dir, &["run", "main.go"], limits())?;
    let expected = fixtures::read(&path.with_file_name("output.txt"))?;
    let actual = outcome.all_output();
    ensure!(actual == expected, "the official toolchain differs:\n{}", fixtures::diff(&expected, &actual));
    Ok(())
}

/// Every `console` block of a page that starts with `$ ghog tour NAME` shows the program's output, one that starts with
/// `$ ghog explain` what that prints; and links lead somewhere.
fn check_page(page: &Path, root: &Path) -> Result<()> {
    let text = fixtures::read(page)?;
    let mut wanted = String::new();
    for (i, part) in text.split("```console\n").enumerate() {
        if i > 0 {
            wanted += "```console\n";
        }
        let (block, rest) = part.split_once("```").filter(|_| i > 0).unwrap_or(("", part));
        wanted += &block_as_it_is(block, root)?;
        wanted += if i > 0 { "```" } else { "" };
        wanted += rest;
    }
    fixtures::assert_golden(page, &wanted)?;
    for link in links(&text) {
        let target = page.parent().unwrap_or(root).join(link.split('#').next().unwrap_or_default());
        ensure!(target.exists(), "{} links to {link}, which does not exist", page.display());
    }
    Ok(())
}

/// What a block should show.
fn block_as_it_is(block: &str, root: &Path) -> Result<String> {
    let command = block.lines().next().unwrap_or_default();
    if let Some(words) = command.strip_prefix("$ ghog explain ") {
        let words: Vec<&str> = ["explain"].into_iter().chain(words.split(' ')).collect();
        return Ok(format!("{command}\n{}", ghog(&words, root)?.stdout));
    }
    let Some(name) = command.strip_prefix("$ ghog tour ") else { return Ok(block.to_owned()) };
    let output = fixtures::read(&root.join("examples/tour").join(name).join("output.txt"))?;
    Ok(format!("{command}\n{output}"))
}

/// The relative links of a page.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#'))
}

/// `ghog tour` names every program, each has a page, and `-source` prints it.
fn check_list(root: &Path) -> Result<()> {
    let list = ghog(&["tour"], root)?.stdout;
    let listed: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let mut pages = String::new();
    for page in fixtures::files(&root.join("docs"), "md")? {
        pages += &fixtures::read(&page)?;
    }
    let programs = fixtures::files(&root.join("examples/tour"), "go")?;
    ensure!(programs.len() == listed.len(), "{} programs, {} listed", programs.len(), listed.len());
    for path in programs {
        let name = name_of(&path);
        ensure!(listed.contains(&name.as_str()), "ghog tour does not list {name}");
        ensure!(pages.contains(&format!("$ ghog tour {name}\n")), "no page shows {name}");
        ensure!(
            ghog(&["tour", "-source", &name], root)?.stdout == fixtures::read(&path)?,
            "source of {name}"
        );
    }
    Ok(())
}

fn ghog(args: &[&str], dir: &Path) -> Result<Outcome> {
    ghog_with(args, dir, Vec::new())
}

fn ghog_with(args: &[&str], dir: &Path, mut env: Vec<(String, String)>) -> Result<Outcome> {
    let words = [env!("CARGO_BIN_EXE_ghog")].iter().chain(args).map(|&word| word.to_owned()).collect();
    let goroot = oracle::find_goroot()?;
    env.push(("GROUNDHOG_GOROOT".to_owned(), goroot.dir().display().to_string()));
    process::run(&job(words, dir, env))
}

fn limits() -> Limits {
    Limits { time: Duration::from_secs(120), ..Limits::default() }
}

fn job(words: Vec<String>, dir: &Path, env: Vec<(String, String)>) -> Job {
    Job { words, dir: PathBuf::from(dir), env, limits: limits(), streams: Streams::Merged }
}

/// The output without the program's directory, and without the offsets in tracebacks.
fn blot(output: &str, dir: &Path) -> String {
    let output = output.replace(&format!("{}/", dir.display()), "");
    let mut pieces = output.split(" +0x");
    let mut blotted = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        blotted += piece.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    blotted
}
