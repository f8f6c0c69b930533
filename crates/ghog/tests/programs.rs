//! The programs of `tests/run`: each is built once and run plainly and in the runtime's debug modes.
//!
//! What a program prints, both streams together, is in the `.out` file beside it; its exit code is 0, unless a line
//! `// exit: N` before the package clause says otherwise. A line `// env: NAME=VALUE` sets a variable. What differs from
//! run to run is blotted out before the comparison: addresses, and the directory of the program. `UPDATE_EXPECT=1`
//! rewrites the `.out` files from the plain run.
//!
//! | mode | what it adds |
//! | --- | --- |
//! | plain | nothing |
//! | stacks | the stack moves at every function entry, and the old one is poisoned |
//! | heap | every hundredth allocation collects, freed memory is poisoned, a second marker has to agree |

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testkit::fixtures::{self, Case};
use testkit::{Job, Limits, Outcome, Streams, oracle, process};

/// How programs are run.
struct Mode {
    name: &'static str,
    env: &'static [(&'static str, &'static str)],
}

const MODES: [Mode; 3] = [
    Mode { name: "plain", env: &[] },
    Mode { name: "stacks", env: &[("GROUNDHOG_STACKMOVE", "1")] },
    Mode {
        name: "heap",
        env: &[("GROUNDHOG_GCEVERY", "100"), ("GROUNDHOG_GCPOISON", "1"), ("GROUNDHOG_GCVERIFY", "1")],
    },
];

fn main() -> std::process::ExitCode {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/run");
    let home = home.canonicalize().unwrap_or(home);
    let programs = fixtures::files(&home, "go").expect("tests/run can be listed");
    fixtures::main(programs.into_iter().map(case).collect())
}

fn case(path: PathBuf) -> Case {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Case { name, run: Box::new(move || run(&path)) }
}

/// Builds a program and runs it in every mode.
fn run(path: &Path) -> Result<()> {
    let wish = Wish::of(&fixtures::read(path)?)?;
    let scratch = tempfile::tempdir()?;
    let executable = build(path, scratch.path())?;
    for mode in MODES.iter().filter(|mode| !wish.excused.iter().any(|name| name == mode.name)) {
        let outcome = execute(&executable, path, &wish, mode)?;
        let output = blot(&outcome.stdout, path);
        let context = || format!("mode {}: exit code {}\n{output}", mode.name, outcome.code);
        ensure!(!outcome.is_stopped, "stopped: {}", context());
        ensure!(outcome.code == wish.exit, "exit code {} was wanted: {}", wish.exit, context());
        if mode.name == "plain" {
            fixtures::assert_golden(&path.with_extension("out"), &output)?;
        } else {
            let expected = fixtures::read(&path.with_extension("out"))?;
            ensure!(output == expected, "mode {}:\n{}", mode.name, fixtures::diff(&expected, &output));
        }
    }
    Ok(())
}

/// What a program says about its run, in comments before the package clause.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    exit: i32,
    env: Vec<(String, String)>,
    /// `// not in: MODE because ...`
    excused: Vec<String>,
}

impl Wish {
    fn of(source: &str) -> Result<Self> {
        let mut wish = Self::default();
        for line in source.lines().take_while(|line| !line.starts_with("package ")) {
            if let Some(code) = line.strip_prefix("// exit: ") {
                wish.exit = code.trim().parse().context("an exit code")?;
            } else if let Some(setting) = line.strip_prefix("// env: ") {
                let (name, value) = setting.split_once('=').context("NAME=VALUE")?;
                wish.env.push((name.to_owned(), value.trim().to_owned()));
            } else if let Some(excuse) = line.strip_prefix("// not in: ") {
                let (mode, _) = excuse.split_once(" because ").context("MODE because REASON")?;
                ensure!(MODES.iter().any(|known| known.name == mode), "no mode is called {mode}");
                wish.excused.push(mode.to_owned());
            }
        }
        Ok(wish)
    }
}

fn build(path: &Path, scratch: &Path) -> Result<PathBuf> {
    let executable = scratch.join("program");
    let words = [env!("CARGO_BIN_EXE_ghog"), "build", "-o"].map(str::to_owned).into_iter();
    let words = words.chain([executable.display().to_string(), path.display().to_string()]).collect();
    let goroot = oracle::find_goroot()?;
    let env = vec![("GROUNDHOG_GOROOT".to_owned(), goroot.dir().display().to_string())];
    let outcome = process::run(&job(words, scratch, env))?;
    ensure!(outcome.is_success(), "does not build: {}", outcome.stdout);
    Ok(executable)
}

fn execute(executable: &Path, path: &Path, wish: &Wish, mode: &Mode) -> Result<Outcome> {
    let mut env = wish.env.clone();
    env.extend(mode.env.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    let dir = path.parent().context("a program is in a directory")?;
    process::run(&job(vec![executable.display().to_string()], dir, env))
}

fn job(words: Vec<String>, dir: &Path, env: Vec<(String, String)>) -> Job {
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    Job { words, dir: dir.to_owned(), env, limits, streams: Streams::Merged }
}

/// The output without what no two runs share: `0x...` and the place of the program.
fn blot(output: &str, path: &Path) -> String {
    let dir = path.parent().map(|dir| format!("{}/", dir.display())).unwrap_or_default();
    let output = output.replace(&dir, "");
    let mut pieces = output.split("0x");
    let mut blotted = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        blotted += "0x?";
        blotted += piece.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    blotted
}
