//! The set `programs`: programs of the Go distribution, built by Groundhog, do what the official executables do.
//!
//! | program | what must be the same |
//! | --- | --- |
//! | `gofmt` | `gofmt -s -d` of every directory of the standard library and of its commands: the differences, complaints and exit code |
//! | `vet` | the unit checker's protocol with every package of the standard library: findings, exit code, and the file of facts |
//! | `go` | what commands that list packages print |
//! | `compile` | the object file of every package of the standard library, byte for byte |
//!
//! The official `go` says which packages there are, and makes the export data that both sides read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base::{System as _, SystemOs};
use serde_json::{Value, json};
use testkit::{Job, Limits, Oracle, Outcome, Streams, fixtures, process};

use super::scores::{Found, Score, Verdict};
use super::{Request, Subject, on_workers};

/// The name of the set.
pub(super) const NAME: &str = "programs";

const TIME_LIMIT: Duration = Duration::from_secs(300);

/// What `go` is asked.
const GO_COMMANDS: [&str; 7] = [
    "list -deps std",
    "list -json -deps std",
    "list -test std",
    "list cmd/...",
    "list -find -f {{.Dir}}{{.Name}}{{.Doc}} std",
    "help build",
    "version",
];

/// A program as both sides have it.
struct Pair {
    official: PathBuf,
    ours: PathBuf,
}

/// One package of the standard library.
struct Unit {
    path: String,
    dir: PathBuf,
    go_files: Vec<String>,
    other_files: Vec<String>,
    /// What an import path means here, where that is not what it says.
    import_map: Value,
    imports: Vec<String>,
}

/// What all tests share.
struct Bench<'a> {
    subject: &'a Subject,
    request: &'a Request,
    oracle: Oracle,
    scratch: tempfile::TempDir,
}

pub(super) fn run(subject: &Subject, request: &Request) -> Result<Found> {
    let bench = Bench { subject, request, oracle: Oracle::find()?, scratch: tempfile::tempdir()? };
    let mut scores = bench.gofmt()?;
    // The others take minutes to build.
    if request.stride <= 1 {
        scores.extend(bench.go()?);
        scores.extend(bench.packages()?);
    }
    Ok(Found::plain("comparisons", scores))
}

impl Bench<'_> {
    /// Builds a program of the distribution; the official one is where the distribution has it.
    fn pair(&self, name: &str, official: &str) -> Result<Pair> {
        let ours = self.scratch.path().join(name);
        let ghog = self.subject.ghog.display().to_string();
        let words = [&ghog, "build", "-o", &ours.display().to_string(), &format!("cmd/{name}")];
        let env = self.subject.env.clone();
        let built = execute(words.map(str::to_owned).into(), Path::new("/"), env)?;
        ensure!(built.is_success(), "cmd/{name} does not build:\n{}", built.all_output());
        Ok(Pair { official: self.oracle.goroot().join(official), ours })
    }

    fn wants(&self, index: usize, test: &str) -> bool {
        self.request.wants(index, test)
    }

    fn gofmt(&self) -> Result<Vec<Score>> {
        let src = self.oracle.goroot().join("src");
        let mut dirs = subdirectories(&src, "")?;
        dirs.retain(|dir| dir != "cmd");
        dirs.extend(subdirectories(&src, "cmd")?);
        let wanted: Vec<String> = (dirs.into_iter().enumerate())
            .filter(|(index, dir)| self.wants(*index, &format!("gofmt {dir}")))
            .map(|(_, dir)| dir)
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let pair = self.pair("gofmt", "bin/gofmt")?;
        on_workers(wanted, |dir| {
            let verdict = self.compare(&pair, &["-s", "-d", &dir], &src)?;
            Ok(Score { test: format!("gofmt {dir}"), verdict })
        })
    }

    fn go(&self) -> Result<Vec<Score>> {
        let wanted: Vec<&str> =
            GO_COMMANDS.into_iter().filter(|command| self.wants(0, &format!("go {command}"))).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let pair = self.pair("go", "bin/go")?;
        on_workers(wanted, |command| {
            let args: Vec<&str> = command.split(' ').collect();
            let verdict = self.compare(&pair, &args, &self.oracle.goroot().join("src"))?;
            Ok(Score { test: format!("go {command}"), verdict })
        })
    }

    /// Runs both with these arguments: they must print the same and end the same.
    fn compare(&self, pair: &Pair, args: &[&str], dir: &Path) -> Result<Verdict> {
        let run = |program: &Path| {
            let words = [program.display().to_string()].into_iter();
            let words = words.chain(args.iter().map(|arg| (*arg).to_owned())).collect();
            execute(words, dir, self.oracle.env())
        };
        Ok(judge(&run(&pair.official)?, &run(&pair.ours)?))
    }

    /// `vet` and `compile`, package by package.
    fn packages(&self) -> Result<Vec<Score>> {
        let wants = |program: &str, unit: &Unit| self.wants(0, &format!("{program} {}", unit.path));
        let (units, exports) = self.units()?;
        let mut scores = Vec::new();
        let vetted: Vec<&Unit> = units.iter().filter(|unit| wants("vet", unit)).collect();
        if !vetted.is_empty() {
            let pair = self.pair("vet", "pkg/tool/linux_amd64/vet")?;
            // One after the other: the facts about a package are wanted where it is imported.
            for unit in vetted {
                let verdict = self.vet(&pair, unit, &exports)?;
                scores.push(Score { test: format!("vet {}", unit.path), verdict });
            }
        }
        let compiled: Vec<&Unit> = units.iter().filter(|unit| wants("compile", unit)).collect();
        if !compiled.is_empty() {
            let pair = self.pair("compile", "pkg/tool/linux_amd64/compile")?;
            scores.extend(on_workers(compiled, |unit| {
                let verdict = self.compile(&pair, unit, &exports)?;
                Ok(Score { test: format!("compile {}", unit.path), verdict })
            })?);
        }
        Ok(scores)
    }

    /// The packages of the standard library, dependencies first, and where the export data of each is.
    fn units(&self) -> Result<(Vec<Unit>, BTreeMap<String, String>)> {
        const FIELDS: &str =
            "-json=ImportPath,Dir,GoFiles,SFiles,HFiles,ImportMap,Imports,Export,EmbedPatterns";
        let args = ["list", "-deps", "-export", FIELDS, "std"];
        let limits = Limits { time: Duration::from_secs(900), ..Limits::default() };
        let listed = self.oracle.run(Path::new("/"), &args, limits)?;
        ensure!(listed.is_success(), "go list -export: {}", listed.stderr);
        let (mut units, mut exports) = (Vec::new(), BTreeMap::new());
        for package in serde_json::Deserializer::from_str(&listed.stdout).into_iter::<Value>() {
            let package = package?;
            let path = text(&package["ImportPath"]);
            if path == "unsafe" {
                continue;
            }
            exports.insert(path.clone(), text(&package["Export"]));
            // What is embedded is only named when the compiler is told which files that is.
            if package["EmbedPatterns"].is_null() {
                units.push(Unit::of(path, &package));
            }
        }
        Ok((units, exports))
    }

    fn vet(&self, pair: &Pair, unit: &Unit, exports: &BTreeMap<String, String>) -> Result<Verdict> {
        let dir = self.scratch.path().join("facts");
        SystemOs.create_dir_all(&dir)?;
        let facts_of = |path: &str| dir.join(format!("{}.facts", path.replace('/', "-")));
        let facts: BTreeMap<&String, String> = exports
            .keys()
            .map(|path| (path, facts_of(path)))
            .filter(|(_, file)| SystemOs.is_file(file))
            .map(|(path, file)| (path, file.display().to_string()))
            .collect();
        let run = |program: &Path, output: &Path| {
            let config = unit.vet_config(exports, &facts, output);
            let file = dir.join("vet.cfg");
            fixtures::write(&file, &config.to_string())?;
            let words = [program, &file].map(|word| word.display().to_string());
            execute(words.into(), &unit.dir, self.oracle.env())
        };
        let (theirs, ours) = (facts_of(&unit.path), dir.join("ours.facts"));
        let outcomes = (run(&pair.official, &theirs)?, run(&pair.ours, &ours)?);
        Ok(match judge(&outcomes.0, &outcomes.1) {
            Verdict::Pass => same_bytes(&theirs, &ours),
            other => other,
        })
    }

    fn compile(&self, pair: &Pair, unit: &Unit, exports: &BTreeMap<String, String>) -> Result<Verdict> {
        let dir = self.scratch.path().join("objects").join(unit.path.replace('/', "-"));
        SystemOs.create_dir_all(&dir)?;
        let config = dir.join("importcfg");
        fixtures::write(&config, &unit.import_config(exports))?;
        let run = |program: &Path, object: &Path| {
            let words = [program.display().to_string(), "-o".to_owned(), object.display().to_string()];
            let flags = ["-p", &unit.path, "-std", "-pack", "-nolocalimports", "-buildid", "same"];
            let config = ["-importcfg".to_owned(), config.display().to_string()];
            let is_low = unit.path == "runtime" || unit.path.starts_with("internal/runtime");
            let low = is_low.then(|| "-+".to_owned());
            let words = words.into_iter().chain(flags.map(str::to_owned)).chain(config).chain(low);
            execute(words.chain(unit.go_files.iter().cloned()).collect(), &unit.dir, self.oracle.env())
        };
        let (theirs, ours) = (dir.join("theirs.a"), dir.join("ours.a"));
        let outcomes = (run(&pair.official, &theirs)?, run(&pair.ours, &ours)?);
        ensure!(outcomes.0.is_success(), "gc does not compile {}: {}", unit.path, outcomes.0.all_output());
        let verdict = match judge(&outcomes.0, &outcomes.1) {
            Verdict::Pass => same_bytes(&theirs, &ours),
            other => other,
        };
        SystemOs.remove_all(&dir)?;
        Ok(verdict)
    }
}

impl Unit {
    fn of(path: String, package: &Value) -> Self {
        let list = |name: &str| package[name].as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
        Self {
            path,
            dir: text(&package["Dir"]).into(),
            go_files: list("GoFiles"),
            other_files: [list("SFiles"), list("HFiles")].concat(),
            import_map: package["ImportMap"].clone(),
            imports: list("Imports"),
        }
    }

    /// The file by which the go command tells a checker what to do.
    fn vet_config(
        &self,
        exports: &BTreeMap<String, String>,
        facts: &BTreeMap<&String, String>,
        output: &Path,
    ) -> Value {
        let inside = |files: &[String]| {
            files.iter().map(|file| self.dir.join(file).display().to_string()).collect::<Vec<_>>()
        };
        // The map wants every path that a file may write.
        let mut map: BTreeMap<String, String> =
            self.imports.iter().map(|path| (path.clone(), path.clone())).collect();
        for (from, to) in self.import_map.as_object().into_iter().flatten() {
            map.insert(from.clone(), text(to));
        }
        json!({
            "ID": self.path,
            "Compiler": "gc",
            "Dir": self.dir.display().to_string(),
            "ImportPath": self.path,
            "GoVersion": format!("go{}", Oracle::version().trim_start_matches("go")),
            "GoFiles": inside(&self.go_files),
            "NonGoFiles": inside(&self.other_files),
            "ImportMap": map,
            "PackageFile": exports,
            "PackageVetx": facts,
            "Standard": {},
            "VetxOnly": false,
            "VetxOutput": output.display().to_string(),
            "SucceedOnTypecheckFailure": false,
        })
    }

    /// The file by which the go command tells the compiler where packages are.
    fn import_config(&self, exports: &BTreeMap<String, String>) -> String {
        let mut config = String::new();
        for (from, to) in self.import_map.as_object().into_iter().flatten() {
            config += &format!("importmap {from}={}\n", text(to));
        }
        for (path, file) in exports {
            config += &format!("packagefile {path}={file}\n");
        }
        config
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The directories in a directory of `src`, by their path below it.
fn subdirectories(src: &Path, parent: &str) -> Result<Vec<String>> {
    let entries = SystemOs.read_dir(&src.join(parent))?.into_iter();
    let dirs = entries.filter(|entry| entry.kind == base::FileKind::Directory);
    let names = dirs.map(|entry| Path::new(parent).join(entry.name).display().to_string());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

fn judge(theirs: &Outcome, ours: &Outcome) -> Verdict {
    let is_same = |a: &Outcome, b: &Outcome| (a.code, &a.stdout, &a.stderr) == (b.code, &b.stdout, &b.stderr);
    if is_same(theirs, ours) && !ours.is_stopped {
        return Verdict::Pass;
    }
    let late = if ours.is_stopped { "stopped; " } else { "" };
    let diff = fixtures::diff(&theirs.all_output(), &ours.all_output());
    Verdict::Fail(format!("{late}exit code {} instead of {}\n{diff}", ours.code, theirs.code))
}

fn same_bytes(theirs: &Path, ours: &Path) -> Verdict {
    let (theirs, ours) = (SystemOs.read(theirs).ok(), SystemOs.read(ours).ok());
    let n_bytes = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    if theirs.is_some() && theirs == ours {
        return Verdict::Pass;
    }
    Verdict::Fail(format!("another file: {} bytes instead of {}", n_bytes(&ours), n_bytes(&theirs)))
}

fn execute(words: Vec<String>, dir: &Path, env: Vec<(String, String)>) -> Result<Outcome> {
    let limits = Limits { time: TIME_LIMIT, ..Limits::default() };
    let program = words.first().cloned().unwrap_or_default();
    process::run(&Job { words, dir: dir.to_owned(), env, limits, streams: Streams::Apart })
        .with_context(|| format!("cannot run {program}"))
}
