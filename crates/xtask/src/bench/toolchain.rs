//! `cargo xtask bench toolchain`: how long the tools take, from nothing to a running program, and what they make.
//!
//! | metric | what is timed |
//! | --- | --- |
//! | `*_cold` | with an empty cache |
//! | `*_warm` | again, unchanged |
//! | `*_touched` | after `main.go` got a new time |
//! | `*_edited` | after `main.go` got a new constant |
//! | `exec` | the executable alone |

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use base::{FileMode, System as _, SystemOs};

use super::{Bench, Measured, SIDES};

/// A cold start takes long, so only every so many rounds have one.
const COLD_EVERY: usize = 2;

impl Bench {
    /// Measures both toolchains with one program.
    pub(super) fn compare_tools(&self, program: &Path, n_runs: usize) -> Result<Measured> {
        let sides = [Tool::new(self, 0, program)?, Tool::new(self, 1, program)?];
        let mut measured = Measured::new();
        for round in 0..n_runs {
            for (side, tool) in sides.iter().enumerate() {
                for (metric, value) in tool.measure(round)? {
                    measured.entry(metric).or_default()[side].push(value);
                }
            }
        }
        Ok(measured)
    }
}

/// One toolchain with a copy of the program and a cache of its own.
struct Tool {
    compiler: String,
    env: Vec<(String, String)>,
    dir: PathBuf,
    cache: PathBuf,
    source: PathBuf,
    text: String,
    executable: PathBuf,
}

impl Tool {
    fn new(bench: &Bench, side: usize, program: &Path) -> Result<Self> {
        let name = program.file_name().context("a directory with a name")?;
        let dir = bench.scratch.path().join(SIDES[side]).join(name);
        let cache = dir.join("cache");
        let text = String::from_utf8(SystemOs.read(&program.join("main.go"))?)?;
        let compiler = if side == 0 { bench.oracle.go() } else { bench.ghog.clone() };
        let mut env = bench.oracle.env();
        let mut set = |name: &str, value: &Path| env.push((name.to_owned(), value.display().to_string()));
        set("GOCACHE", &cache);
        set("GROUNDHOG_CACHE", &cache);
        set("GROUNDHOG_GOROOT", bench.oracle.goroot());
        let tool = Self {
            compiler: compiler.display().to_string(),
            env,
            source: dir.join("main.go"),
            executable: dir.join("program"),
            dir,
            cache,
            text,
        };
        SystemOs.write_atomic(&tool.source, tool.text.as_bytes(), FileMode::Data)?;
        Ok(tool)
    }

    /// One round of everything.
    fn measure(&self, round: usize) -> Result<Vec<(String, f64)>> {
        let mut values = Vec::new();
        for command in ["run", "build"] {
            let mut time = |when: &str| -> Result<()> {
                values.push((format!("{command}_{when} (s)"), self.time(&self.words(command, &[]))?));
                Ok(())
            };
            if round.is_multiple_of(COLD_EVERY) {
                self.empty_cache()?;
                time("cold")?;
            }
            self.finish(&self.words(command, &[]))?;
            time("warm")?;
            SystemOs.touch(&self.source)?;
            time("touched")?;
            self.edit()?;
            time("edited")?;
        }
        values.push(("exec (s)".to_owned(), self.time(&[self.executable.display().to_string()])?));
        values.push(("executable (bytes)".to_owned(), self.size()?));
        self.finish(&self.words("build", &["-ldflags=-s -w"]))?;
        values.push(("executable -s -w (bytes)".to_owned(), self.size()?));
        Ok(values)
    }

    fn empty_cache(&self) -> Result<()> {
        if SystemOs.is_dir(&self.cache) {
            SystemOs.remove_all(&self.cache)?;
        }
        Ok(SystemOs.create_dir_all(&self.cache)?)
    }

    /// Gives the program a constant that it did not have before.
    fn edit(&self) -> Result<()> {
        let now = SystemOs.now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        let text = format!("{}\nfunc init() {{ edited = {now} % 1000 }}\n\nvar edited int\n", self.text);
        Ok(SystemOs.write_atomic(&self.source, text.as_bytes(), FileMode::Data)?)
    }

    fn words(&self, command: &str, flags: &[&str]) -> Vec<String> {
        let mut words = vec![self.compiler.clone(), command.to_owned()];
        if command == "build" {
            words.extend(["-o".to_owned(), self.executable.display().to_string()]);
        }
        words.extend(flags.iter().map(|flag| (*flag).to_owned()));
        words.push("main.go".to_owned());
        words
    }

    fn size(&self) -> Result<f64> {
        Ok(SystemOs.stat(&self.executable)?.n_bytes as f64)
    }

    fn time(&self, words: &[String]) -> Result<f64> {
        let start = SystemOs.monotonic();
        self.finish(words)?;
        Ok((SystemOs.monotonic() - start).as_secs_f64())
    }

    /// Runs a command to its end. Not through `testkit::process`, which looks for the end at intervals.
    fn finish(&self, words: &[String]) -> Result<()> {
        let output = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(&self.dir)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", words[0]))?;
        ensure!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}
