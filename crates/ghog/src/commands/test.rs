//! `ghog test`: builds the tests of packages, runs them, and prints what Go prints.
//!
//! **Protocol.** One thread builds executables, in the order of the packages; some threads run them as they come; the main
//! thread prints results in the order of the packages, each as soon as all before it are printed. Only what is streamed
//! (local directory mode, `-bench`, `-v` with one package, `-json`) is printed by the threads themselves.

mod events;
mod execute;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

use base::{FileMode, System as _, SystemOs};
use driver::{Cache, Config, LoadError, Named, Replaced, Session, TestBuild, Tests};
use tempfile::TempDir;

use crate::flags::Invocation;
use crate::{console, settings};
use execute::{Execution, Mode};
use report::{Outcome, Reporter};

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    match prepare(invocation) {
        Ok(suite) if suite.run() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            console::error(&format!("ghog: {problem}\n"));
            ExitCode::FAILURE
        }
    }
}

/// One thing on the command line, or one package that it matches.
enum Subject {
    Package(Named),
    /// An argument that names nothing.
    Missing(String, LoadError),
}

/// Everything that one command tests.
struct Suite<'i> {
    invocation: &'i Invocation,
    config: Config,
    /// The files as `-overlay` wants them.
    system: Replaced<'static>,
    subjects: Vec<Subject>,
    /// Executables while they run.
    scratch: TempDir,
    reporter: Reporter,
    /// Whether a test has failed and no other is to start: `-failfast`.
    is_over: AtomicBool,
}

fn prepare(invocation: &Invocation) -> Result<Suite<'_>, String> {
    let config = Config { tests: Tests::With, ..settings::config(&SystemOs, invocation)? };
    let system = settings::overlaid(&SystemOs, &invocation.values)?;
    let session = Session::new(&system, config.clone(), settings::settings(&invocation.values));
    let found = driver::named(&session, &invocation.args).map_err(|error| error.to_string())?;
    let mut subjects = Vec::new();
    for (arg, named) in found {
        match named {
            Ok(named) => subjects.extend(named.into_iter().map(Subject::Package)),
            Err(error) => subjects.push(Subject::Missing(arg.to_owned(), error)),
        }
    }
    if subjects.is_empty() {
        return Err("no packages to test".to_owned());
    }
    let values = &invocation.values;
    if let Some(output) = &values.output
        && subjects.len() > 1
        && !is_directory(&config.dir, output)
    {
        return Err("with multiple packages, -o must refer to a directory or /dev/null".to_owned());
    }
    let scratch =
        tempfile::Builder::new().prefix("ghog-test").tempdir().map_err(|error| error.to_string())?;
    let reporter = Reporter { is_json: values.json, dir: config.dir.clone(), values: values.clone() };
    Ok(Suite { invocation, config, system, subjects, scratch, reporter, is_over: AtomicBool::new(false) })
}

fn is_directory(dir: &Path, output: &Path) -> bool {
    output.to_string_lossy().ends_with('/') || SystemOs.is_dir(&dir.join(output))
}

/// What the builder hands to those who run.
struct Built {
    /// The place among the subjects.
    index: usize,
    state: State,
}

enum State {
    Ready(PathBuf),
    Done(Outcome),
}

impl Suite<'_> {
    /// Tests everything; says whether all is well.
    fn run(&self) -> bool {
        let n_runners = if self.is_serial() { 1 } else { self.n_runners() };
        let (to_run, built) = mpsc::sync_channel(n_runners);
        let (to_print, done) = mpsc::channel();
        let built = Mutex::new(built);
        std::thread::scope(|scope| {
            scope.spawn(move || self.build_all(&to_run));
            for _ in 0..n_runners {
                let (built, to_print) = (&built, to_print.clone());
                scope.spawn(move || {
                    while let Some(Built { index, state }) = next(built) {
                        let outcome = match state {
                            State::Ready(executable) => self.execute(index, &executable),
                            State::Done(outcome) => outcome,
                        };
                        // The printer ends last.
                        let _ = to_print.send((index, outcome));
                    }
                });
            }
            drop(to_print);
            self.print_in_order(&done)
        })
    }

    /// Benchmarks run one at a time, or they would measure each other.
    fn is_serial(&self) -> bool {
        self.invocation.values.testing.is_benchmark
    }

    fn n_runners(&self) -> usize {
        match self.invocation.values.n_threads {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            n => n,
        }
    }

    fn build_all(&self, to_run: &SyncSender<Built>) {
        for (index, subject) in self.subjects.iter().enumerate() {
            let state = match subject {
                Subject::Missing(arg, error) => {
                    State::Done(self.reporter.setup_failed(arg, std::slice::from_ref(error)))
                }
                Subject::Package(named) => self.build(index, named),
            };
            if to_run.send(Built { index, state }).is_err() {
                return;
            }
        }
    }

    fn build(&self, index: usize, named: &Named) -> State {
        let values = &self.invocation.values;
        let cache = Cache::open(&SystemOs);
        let mut session = Session::new(&self.system, self.config.clone(), settings::settings(values))
            .with_output(values.linked.clone().of_test());
        if !values.always_build {
            session = session.with_cache(&cache);
        }
        let reporter = &self.reporter;
        let path = named.path();
        match driver::build_test(&session, named) {
            TestBuild::Executable(bytes) => match self.write(index, named, &bytes) {
                Ok(executable) if !self.invocation.values.testing.is_build_only => State::Ready(executable),
                Ok(_) => State::Done(Outcome::silent()),
                Err(problem) => {
                    console::error(&format!("ghog: {problem}\n"));
                    State::Done(reporter.build_failed(path, None))
                }
            },
            TestBuild::NoTests => State::Done(reporter.no_test_files(path)),
            TestBuild::Nothing => State::Done(Outcome::silent()),
            TestBuild::SetupFailed(errors) => State::Done(reporter.setup_failed(path, &errors)),
            TestBuild::Wrong(report) => {
                let failed = reporter.print_errors(&session.sources, report);
                State::Done(reporter.build_failed(path, failed.as_deref()))
            }
            TestBuild::Failed(error) => {
                console::error(&format!("# {path}\nghog: {error}\n"));
                State::Done(reporter.build_failed(path, None))
            }
        }
    }

    /// Writes the executable to where it is run, and to where the user wants it.
    fn write(&self, index: usize, named: &Named, bytes: &[u8]) -> Result<PathBuf, String> {
        let values = &self.invocation.values;
        let name = executable_name(named.path());
        let write = |path: &Path| {
            let written = SystemOs.write_atomic(path, bytes, FileMode::Executable);
            written.map_err(|error| format!("{}: {error}", path.display()))
        };
        let dir = &self.config.dir;
        match &values.output {
            Some(output) if output == Path::new("/dev/null") => {}
            Some(output) if is_directory(dir, output) => write(&dir.join(output).join(&name))?,
            Some(output) => write(&dir.join(output))?,
            None if values.testing.is_build_only => write(&dir.join(&name))?,
            None => {}
        }
        let executable = self.scratch.path().join(format!("b{index:03}")).join(name);
        if !values.testing.is_build_only {
            write(&executable)?;
        }
        Ok(executable)
    }

    fn execute(&self, index: usize, executable: &Path) -> Outcome {
        let Subject::Package(named) = &self.subjects[index] else { return Outcome::silent() };
        if self.is_over.load(Ordering::Relaxed) {
            return Outcome::silent();
        }
        let execution = Execution {
            executable,
            dir: named.dir(),
            package: named.path(),
            goroot: self.config.goroot.dir(),
            testing: &self.invocation.values.testing,
            mode: self.mode(),
        };
        let outcome = execution.run();
        // The executable is large, and there may be many.
        let _ = SystemOs.remove_all(executable);
        if !outcome.is_success && self.invocation.values.testing.is_fail_fast {
            self.is_over.store(true, Ordering::Relaxed);
        }
        outcome
    }

    fn mode(&self) -> Mode {
        let values = &self.invocation.values;
        match () {
            () if values.json => Mode::Json,
            () if self.invocation.args.is_empty() || values.testing.is_benchmark => Mode::Inherited,
            () if values.testing.shows_pass && (self.subjects.len() == 1 || values.n_threads == 1) => {
                Mode::Streamed
            }
            () => Mode::Kept,
        }
    }

    /// Prints outcomes in the order of the subjects as they come in; says whether all are well.
    fn print_in_order(&self, done: &Receiver<(usize, Outcome)>) -> bool {
        let mut waiting: Vec<Option<Outcome>> = self.subjects.iter().map(|_| None).collect();
        let mut next = 0;
        let mut is_success = true;
        while let Ok((index, outcome)) = done.recv() {
            waiting[index] = Some(outcome);
            while let Some(outcome) = waiting.get_mut(next).and_then(Option::take) {
                console::print_bytes(&outcome.output);
                is_success &= outcome.is_success;
                next += 1;
            }
        }
        let values = &self.invocation.values;
        if !is_success && !values.json && !values.testing.is_build_only {
            console::print("FAIL\n");
        }
        is_success
    }
}

/// The next executable to run; none when all are built and taken.
fn next(built: &Mutex<Receiver<Built>>) -> Option<Built> {
    built.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// The name of a test executable: after the last element of the import path that is not a version.
fn executable_name(path: &str) -> String {
    let is_version = |element: &str| {
        element.strip_prefix('v').is_some_and(|n| {
            !n.is_empty() && n != "1" && !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let mut elements = path.rsplit('/');
    let last = elements.next().unwrap_or(path);
    let element = if is_version(last) { elements.next().unwrap_or(last) } else { last };
    format!("{element}.test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_named_after_packages() {
        for (path, name) in
            [("errors", "errors"), ("m.org/a/b", "b"), ("m.org/a/v2", "a"), ("m/v1", "v1"), ("v2", "v2")]
        {
            assert_eq!(executable_name(path), format!("{name}.test"), "{path}");
        }
    }
}
