//! What lasts as long as one command: settings, sources, types, threads.

use base::{SourceMap, System};
use rayon::{ThreadPool, ThreadPoolBuilder};
use types::Types;

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
}

/// Whether a function must have a body, in a package without assembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// It must.
    Required,
    /// It may be defined elsewhere, as for Go's compiler without `-complete`.
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
    threads: ThreadPool,
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
        Self { system, sources: SourceMap::new(), types: Types::new(), config, settings, threads }
    }

    /// Runs `work` on the session's threads.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }
}
