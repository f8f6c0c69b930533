//! `ghog build`: an executable file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::{FileKind, FileMode, System, SystemOs};
use driver::{BuildError, Cache, Failure, Found, Recorder, Request, Session};

use crate::console::{self, ProgressLine};
use crate::flags::{Invocation, Values};
use crate::settings;

/// What went wrong has been printed; the exit status says the rest.
pub(super) struct Reported(pub(super) ExitCode);

/// An executable.
pub(super) struct Built {
    pub(super) bytes: Vec<u8>,
    /// Where the cache keeps it, if it does.
    pub(super) path: Option<PathBuf>,
}

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let values = &invocation.values;
    match (values.emitted, &values.function, &values.output) {
        (Some(_), _, Some(_)) => return super::usage_error("build: -emit prints, it cannot be used with -o"),
        (Some(form), ..) => return super::explain::show(invocation, &invocation.args, form),
        (None, Some(_), _) => return super::usage_error("build: -func can only be used with -emit"),
        (None, None, _) => {}
    }
    let dir = match settings::directory(&SystemOs, values) {
        Ok(dir) => dir,
        Err(problem) => return failed(&problem).0,
    };
    let output = match &values.output {
        Some(output)
            if output.as_os_str().as_encoded_bytes().ends_with(b"/")
                || SystemOs.is_dir(&dir.join(output)) =>
        {
            dir.join(output).join(default_name(&dir, &invocation.args))
        }
        Some(output) => dir.join(output),
        None => dir.join(default_name(&dir, &invocation.args)),
    };
    if values.dry_run || values.commands_shown {
        console::error(&format!("build -o {} {}\n", output.display(), invocation.args.join(" ")));
    }
    if values.dry_run {
        return ExitCode::SUCCESS;
    }
    match try_executable(invocation, &invocation.args) {
        Ok(built) => write(&built.bytes, &output),
        // As `go build`: what is no program is only compiled.
        Err(Stop::NotMain(_)) if values.output.is_none() => ExitCode::SUCCESS,
        Err(stop) => stop.report().0,
    }
}

/// Why there is no executable.
enum Stop {
    /// That has been printed.
    Reported(Reported),
    /// What was named has no mistakes, and is not one program.
    NotMain(String),
}

impl Stop {
    fn report(self) -> Reported {
        match self {
            Self::Reported(reported) => reported,
            Self::NotMain(problem) => failed(&problem),
        }
    }
}

impl From<Reported> for Stop {
    fn from(reported: Reported) -> Self {
        Self::Reported(reported)
    }
}

/// Prints one line.
pub(super) fn failed(problem: &str) -> Reported {
    console::error(&format!("ghog: {problem}\n"));
    Reported(ExitCode::FAILURE)
}

/// The executable of what `args` name: from the cache when it is there, else built.
pub(super) fn executable(invocation: &Invocation, args: &[String]) -> Result<Built, Reported> {
    try_executable(invocation, args).map_err(Stop::report)
}

fn try_executable(invocation: &Invocation, args: &[String]) -> Result<Built, Stop> {
    let values = &invocation.values;
    let dir = settings::directory(&SystemOs, values).map_err(|problem| failed(&problem))?;
    let cache = Cache::open(&SystemOs);
    let request = Request::new(&SystemOs, &dir, &values.build_words(args));
    if let Some(request) = request.as_ref().filter(|_| !values.always_build)
        && let Some(Found { path, bytes }) = cache.find_executable(request)
    {
        return Ok(Built { bytes, path: Some(path) });
    }
    let recorder = Recorder::new(&SystemOs);
    let bytes = build(&recorder, &cache, invocation, args)?;
    let path = request.and_then(|request| cache.keep_executable(&request, &recorder, &bytes));
    if let Some(complaint) = cache.complaint() {
        console::error(&format!("ghog: warning: {complaint}\n"));
    }
    Ok(Built { bytes, path })
}

/// Builds, with what the cache holds of the program's functions.
fn build(
    recorder: &Recorder<'_>,
    cache: &Cache<'_>,
    invocation: &Invocation,
    args: &[String],
) -> Result<Vec<u8>, Stop> {
    let cache = Some(cache).filter(|_| !invocation.values.always_build);
    try_in_session(recorder, cache, invocation, |session| driver::build(session, args))
}

/// What `work` makes of the program that is named, or the report of why it cannot.
pub(super) fn in_session<T>(
    system: &dyn System,
    cache: Option<&Cache<'_>>,
    invocation: &Invocation,
    work: impl FnOnce(&Session<'_>) -> Result<T, Failure>,
) -> Result<T, Reported> {
    try_in_session(system, cache, invocation, work).map_err(Stop::report)
}

fn try_in_session<T>(
    system: &dyn System,
    cache: Option<&Cache<'_>>,
    invocation: &Invocation,
    work: impl FnOnce(&Session<'_>) -> Result<T, Failure>,
) -> Result<T, Stop> {
    let values = &invocation.values;
    let system = settings::overlaid(system, values).map_err(|problem| failed(&problem))?;
    let config = settings::config(&system, invocation).map_err(|problem| failed(&problem))?;
    let progress = ProgressLine::new();
    let mut session = Session::new(&system, config, settings::settings(values))
        .with_progress(&progress)
        .with_output(values.linked.clone());
    if let Some(cache) = cache {
        session = session.with_cache(cache);
    }
    let result = work(&session);
    session.progress.finish();
    describe(&session, values);
    result.map_err(|failure| match failure {
        Failure::Report(report) => {
            super::check::print_report(&session.sources, &session.config.dir, report, values);
            Reported(ExitCode::FAILURE).into()
        }
        Failure::Build(BuildError::NotMain(problem)) => Stop::NotMain(problem),
        Failure::Build(error @ (BuildError::NoMainFunction(_) | BuildError::NotStrings(..))) => {
            console::error(&format!("{error}\n"));
            Reported(ExitCode::FAILURE).into()
        }
        Failure::Build(error) => failed(&error.to_string()).into(),
    })
}

/// What `-v` and `-debug-timings` ask for.
fn describe(session: &Session<'_>, values: &Values) {
    if values.verbose {
        session.package_names().iter().for_each(|name| console::error(&format!("{name}\n")));
    }
    if values.timings {
        for (phase, elapsed) in session.timings() {
            console::error(&format!("{phase:<10}{:>9.1} ms\n", elapsed.as_secs_f64() * 1e3));
        }
    }
}

fn write(bytes: &[u8], output: &Path) -> ExitCode {
    if SystemOs.stat(output).is_ok_and(|metadata| metadata.kind == FileKind::Other) {
        // A rename would replace the device by a file.
        return match output.to_str() {
            Some("/dev/null") => ExitCode::SUCCESS,
            _ => failed(&format!("build output {output:?} already exists and is not a file")).0,
        };
    }
    match SystemOs.write_atomic(output, bytes, FileMode::Executable) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("{}: {error}", output.display())).0,
    }
}

/// The name that Go gives to an executable: that of the first file, or of the package's directory.
fn default_name(dir: &Path, args: &[String]) -> String {
    let named = args.first().map_or(dir.to_path_buf(), |arg| dir.join(arg));
    let named = if named.file_name().is_some() { named } else { dir.to_path_buf() };
    let stem = if named.extension().is_some_and(|extension| extension == "go") {
        named.file_stem()
    } else {
        named.file_name()
    };
    stem.map_or_else(|| "main".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
