//! Machine code for every function of a program, in parallel.

use std::sync::atomic::{AtomicU64, Ordering};

use codegen::{Compiler, Effort, Level, Target};
use rayon::prelude::*;

use crate::cache::Known;
use crate::{BuildError, Session};

/// Progress is reported every so many functions.
const REPORT_EVERY: u64 = 64;

/// What code is generated for.
pub(crate) fn target() -> Target {
    Target::new(Level::V3, Effort::Speed)
}

/// What the cache has of a lowered program.
pub(crate) fn known<'s>(session: &Session<'s>, module: &ir::Module) -> Option<Known<'s, 's>> {
    let target = format!("{} {:?}", target().fingerprint(), session.settings.effort);
    Known::open(session.cache?, &target, module, &session.sources)
}

/// Compiles every function that has a body or is known; the result is in the order of the module.
///
/// What the cache has is taken from there, what it lacks is put there. Each function's IR is given up when its code is there:
/// the two together would be the most memory that a build needs.
pub(crate) fn compile(
    session: &Session<'_>,
    functions: Vec<ir::Function>,
    facts: Vec<opt::Facts>,
    mut known: Option<Known<'_, '_>>,
) -> Result<Vec<code::Function>, BuildError> {
    let found = match &mut known {
        Some(known) => known.find(&functions, facts, &session.sources),
        None => functions.iter().map(|_| None).collect(),
    };
    let compiled = compile_rest(session, functions, found)?;
    if let Some(known) = known {
        known.keep(&compiled);
    }
    Ok(compiled.into_iter().flatten().chain(codegen::support_functions()).collect())
}

/// Compiles the functions that were not found.
fn compile_rest(
    session: &Session<'_>,
    functions: Vec<ir::Function>,
    found: Vec<Option<code::Function>>,
) -> Result<Vec<Option<code::Function>>, BuildError> {
    let target = target();
    let n_found = found.iter().flatten().count() as u64;
    let (n_done, n_all) = (AtomicU64::new(n_found), functions.len() as u64);
    let compile = |compiler: &mut Compiler, (function, found): (ir::Function, Option<code::Function>)| {
        if found.is_some() || !function.has_body() {
            return Ok(found);
        }
        let n_before = n_done.fetch_add(1, Ordering::Relaxed);
        if n_before.is_multiple_of(REPORT_EVERY) {
            session.progress.report("compiling functions", n_before, n_all);
        }
        compiler.compile(&function, &session.sources).map(Some)
    };
    let functions = functions.into_par_iter().zip(found);
    let compiled: Result<Vec<_>, _> = functions.map_init(|| Compiler::new(target.clone()), compile).collect();
    compiled.map_err(refused)
}

/// What to say of a function that the back end refused.
pub(crate) fn refused(error: codegen::Error) -> BuildError {
    BuildError::Compile(format!("{}: {}", error.function.as_str(), error.message))
}
