//! Machine code for every function of a program, in parallel.

use std::sync::atomic::{AtomicU64, Ordering};

use codegen::{Compiler, Effort, Level, Target};
use rayon::prelude::*;

use crate::{BuildError, Session};

/// Progress is reported every so many functions.
const REPORT_EVERY: u64 = 64;

/// What code is generated for.
pub(crate) fn target() -> Target {
    Target::new(Level::V3, Effort::Speed)
}

/// Compiles every function that has a body; the result is in the order of the module.
pub(crate) fn compile(session: &Session<'_>, module: &ir::Module) -> Result<Vec<code::Function>, BuildError> {
    let target = target();
    let functions: Vec<_> = module.funcs.iter().filter(|function| function.has_body()).collect();
    let (n_done, n_all) = (AtomicU64::new(0), functions.len() as u64);
    let compile = |compiler: &mut Compiler, function: &&ir::Function| {
        let n_before = n_done.fetch_add(1, Ordering::Relaxed);
        if n_before.is_multiple_of(REPORT_EVERY) {
            session.progress.report("compiling functions", n_before, n_all);
        }
        compiler.compile(function, &session.sources)
    };
    let compiled: Result<Vec<_>, _> =
        functions.par_iter().map_init(|| Compiler::new(target.clone()), compile).collect();
    let mut compiled = compiled
        .map_err(|error| BuildError::Compile(format!("{}: {}", error.function.as_str(), error.message)))?;
    compiled.extend(codegen::support_functions());
    Ok(compiled)
}
