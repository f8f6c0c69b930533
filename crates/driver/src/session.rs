//! What lasts as long as one command: settings, sources, types, threads.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base::{SourceMap, System};
use load::Progress;
use rayon::{ThreadPool, ThreadPoolBuilder};
use types::Types;

use crate::Cache;

/// The recursion of the parser and the checker is bounded by nesting limits, not by the default stack of a thread.
const STACK_BYTES: usize = 256 << 20;

/// What the command line decides for the phases after loading.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The `-lang` flag: the language version of the named packages.
    pub lang_minor: Option<u32>,
    /// The `-p` flag; 0 is one thread per processor.
    pub n_threads: usize,
    /// By which rules packages are checked.
    pub rules: Rules,
    /// Whether functions without a body are errors.
    pub bodies: Bodies,
    /// How much the optimiser does.
    pub effort: opt::Effort,
}

/// Whether a function must have a body, in a package without assembly; and who looks at imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// It must, and imports are the go command's business.
    Required,
    /// It may be defined elsewhere, as for Go's compiler when no go command calls it: then `-complete` is off, and it is
    /// the compiler that complains of imports; nobody looks for embedded files.
    Elsewhere,
}

/// By which rules packages are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// As Go's compiler does.
    Compiler,
    /// As the type checker's own tests want it: `assert` and `trace` are predeclared, and neither a syntax error nor a
    /// missing package stops the checker.
    CheckerTest,
}

/// What the executable is to be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// `-ldflags=-s`: without symbol table.
    pub is_stripped: bool,
    /// `-ldflags=-w`: without DWARF.
    pub has_no_dwarf: bool,
    /// `-ldflags=-X=name=value`: contents of string variables.
    pub string_values: Vec<(String, String)>,
    /// The text of `-ldflags`, for the build information.
    pub linker_flags: String,
    /// `-trimpath`: import paths in place of directories.
    pub are_paths_trimmed: bool,
}

impl Output {
    /// The same for the executable of a test, which knows that it is one.
    #[must_use]
    pub fn of_test(mut self) -> Self {
        self.string_values.push(("testing.testBinary".to_owned(), "1".to_owned()));
        self
    }
}

/// One command's world.
pub struct Session<'a> {
    /// Files, environment, clock.
    pub system: &'a dyn System,
    /// The text of every file.
    pub sources: SourceMap,
    /// Every type.
    pub types: Types,
    /// How to load.
    pub config: load::Config,
    /// How to go on.
    pub settings: Settings,
    /// What the executable is to be like.
    pub output: Output,
    /// Is told how far the work has come.
    pub progress: &'a dyn Progress,
    pub(crate) cache: Option<&'a Cache<'a>>,
    timings: Mutex<Vec<(&'static str, Duration)>>,
    package_names: Mutex<Vec<String>>,
    threads: ThreadPool,
}

/// Nobody wants to know.
struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _stage: &str, _done: u64, _total: u64) {}
    fn finish(&self) {}
}

impl<'a> Session<'a> {
    /// A session; its threads are started.
    pub fn new(system: &'a dyn System, config: load::Config, settings: Settings) -> Self {
        let threads = ThreadPoolBuilder::new()
            .num_threads(settings.n_threads)
            .stack_size(STACK_BYTES)
            .thread_name(|index| format!("ghog {index}"))
            .build()
            .expect("a system that cannot start a thread cannot compile");
        let (sources, types, timings) = (SourceMap::new(), Types::new(), Mutex::default());
        let (output, package_names) = (Output::default(), Mutex::default());
        let progress = &NoProgress;
        let cache = None;
        Self {
            system,
            sources,
            types,
            config,
            settings,
            output,
            progress,
            cache,
            timings,
            package_names,
            threads,
        }
    }

    /// The same session, which tells `progress` how far it has come.
    #[must_use]
    pub fn with_progress(mut self, progress: &'a dyn Progress) -> Self {
        self.progress = progress;
        self
    }

    /// The same session, which makes executables like this.
    #[must_use]
    pub fn with_output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// The same session, which takes functions from this cache and puts functions there.
    #[must_use]
    pub fn with_cache(mut self, cache: &'a Cache<'a>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// How long each phase took, in the order in which they ended.
    pub fn timings(&self) -> Vec<(&'static str, Duration)> {
        self.timings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The packages that were loaded, each after its imports.
    pub fn package_names(&self) -> Vec<String> {
        self.package_names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers the packages of a program.
    pub(crate) fn set_packages(&self, program: &load::Program) {
        let names = program.order.iter().map(|&id| program.packages[id].display_name()).collect();
        *self.package_names.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Does `work`, and remembers how long it took.
    pub(crate) fn time<T>(&self, phase: &'static str, work: impl FnOnce() -> T) -> T {
        let start = self.system.monotonic();
        let result = work();
        let elapsed = self.system.monotonic() - start;
        self.timings.lock().unwrap_or_else(PoisonError::into_inner).push((phase, elapsed));
        result
    }

    /// Runs `work` on the session's threads.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }
}
