//! From a checked program to an executable: the second half of the pipeline.

use base::Symbol;
use link::{Image, Keep};
use load::Program;
use thiserror::Error;

use crate::cache::Known;
use crate::{CheckedProgram, Output, Session, compiling, identity, presets};

/// Why a program that has no errors could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// What was named is not one main package.
    #[error("{0}")]
    NotMain(String),
    /// The main package, by its path, has no function main.
    #[error("# {0}\nruntime.main_main·f: function main is undeclared in the main package")]
    NoMainFunction(String),
    /// A file cannot be embedded where it should be.
    #[error("{0}")]
    Embed(String),
    /// `-X` names variables, in lines, of the program with this path, that it cannot set.
    #[error("# {0}\n{1}")]
    NotStrings(String, String),
    /// There is nothing to show.
    #[error(
        "there is no function {0} in the program: it may be spelled otherwise, never called, or inlined everywhere"
    )]
    NoFunction(String),
    /// The back end refused a function.
    #[error("internal error: {0}")]
    Compile(String),
    /// The executable could not be put together.
    #[error("{0}")]
    Link(#[from] link::LinkError),
}

/// The bytes of the executable of the main package that was named.
pub(crate) fn build_program(
    session: &Session<'_>,
    program: &Program,
    checked: CheckedProgram,
) -> Result<Vec<u8>, BuildError> {
    let (root, lowered) = lower(session, program, checked)?;
    let mut module = lowered.module;
    let known = session.time("look up", || compiling::known(session, &module));
    let n_funcs = module.funcs.len();
    let known_facts = known.as_ref().map_or_else(|| vec![None; n_funcs], Known::facts);
    let effort = session.settings.effort;
    let facts = session.time("optimize", || opt::optimize_rest(&mut module, effort, known_facts));
    let functions = std::mem::take(&mut module.funcs).into_raw();
    let mut functions = session.time("compile", || compiling::compile(session, functions, facts, known))?;
    if session.output.are_paths_trimmed {
        identity::trim_paths(program, &mut functions);
    }
    let data = module.data.iter().map(codegen::data_object).collect();
    let output = code::Program {
        functions,
        data,
        typelinks: lowered.typelinks,
        itabs: lowered.itabs,
        defaults: identity::defaults(session, program, root),
        ..code::Program::new()
    };
    let Output { is_stripped, has_no_dwarf, .. } = session.output;
    let keep = |is_left_out: bool| if is_left_out { Keep::No } else { Keep::Yes };
    let options = link::Options { symbols: keep(is_stripped), debug_info: keep(is_stripped || has_no_dwarf) };
    let link = || link::link(&output, &Image::parse(link::runtime_image())?, options);
    Ok(session.time("link", link)?)
}

/// The main package, and the IR of everything that it can reach.
pub(crate) fn lower(
    session: &Session<'_>,
    program: &Program,
    checked: CheckedProgram,
) -> Result<(load::PackageId, lower::Lowered), BuildError> {
    let (root, main) = main_package(session, program, &checked)?;
    let presets = presets::collect(session, program, &checked, root)?;
    let packages = in_import_order(program, checked);
    let input = lower::Program { types: &session.types, packages: &packages, main, presets };
    Ok((root, session.time("lower", || lower::lower(&input))))
}

/// The package that was named, which must be a main package.
fn main_package(
    session: &Session<'_>,
    program: &Program,
    checked: &CheckedProgram,
) -> Result<(load::PackageId, types::PackageId), BuildError> {
    let &[root] = program.roots.as_slice() else {
        return Err(BuildError::NotMain("name one package to build".to_owned()));
    };
    let package = &program.packages[root];
    if package.name != Symbol::intern("main") {
        return Err(BuildError::NotMain(format!("package {} is not a main package", package.path.as_str())));
    }
    let Some(checked) = checked.packages[root].as_ref() else {
        return Err(BuildError::NotMain("the package has no Go files".to_owned()));
    };
    let scope = session.types.package(checked.id).scope();
    if scope.is_none_or(|scope| scope.get(Symbol::intern("main")).is_none()) {
        return Err(BuildError::NoMainFunction(package.path.to_string()));
    }
    Ok((root, checked.id))
}

fn in_import_order(program: &Program, mut checked: CheckedProgram) -> Vec<check::CheckedPackage> {
    program.order.iter().filter_map(|&id| checked.packages[id].take()).collect()
}
