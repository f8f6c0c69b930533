//! From a checked program to an executable: the second half of the pipeline.

use base::Symbol;
use codegen::{Effort, Level, Target};
use link::{Image, Keep};
use load::Program;
use thiserror::Error;

use crate::{CheckedProgram, Session};

/// Why a program that has no errors could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// What was named is not one main package.
    #[error("{0}")]
    NotMain(String),
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
    let main = main_package(program, &checked)?;
    let packages = in_import_order(program, checked);
    let lowered = lower::lower(&lower::Program { types: &session.types, packages: &packages, main });
    let mut module = lowered.module;
    opt::optimize(&mut module);
    let functions: Vec<&ir::Function> = module.funcs.iter().filter(|function| function.has_body()).collect();
    let target = Target::new(Level::V3, Effort::Speed);
    let mut functions = codegen::compile_all(&functions, &target, &session.sources)
        .map_err(|error| BuildError::Compile(format!("{}: {}", error.function.as_str(), error.message)))?;
    functions.extend(codegen::support_functions());
    let data = module.data.iter().map(codegen::data_object).collect();
    let output = code::Program {
        functions,
        data,
        typelinks: lowered.typelinks,
        itabs: lowered.itabs,
        defaults: defaults(session),
        ..code::Program::new()
    };
    let options = link::Options { symbols: Keep::Yes, debug_info: Keep::Yes };
    Ok(link::link(&output, &Image::parse(link::runtime_image())?, options)?)
}

/// The package that was named, which must be a main package.
fn main_package(program: &Program, checked: &CheckedProgram) -> Result<types::PackageId, BuildError> {
    let &[root] = program.roots.as_slice() else {
        return Err(BuildError::NotMain("name one package to build".to_owned()));
    };
    let package = &program.packages[root];
    if package.name != Symbol::intern("main") {
        return Err(BuildError::NotMain(format!("package {} is not a main package", package.path.as_str())));
    }
    let checked = checked.packages[root].as_ref();
    checked
        .map(|checked| checked.id)
        .ok_or_else(|| BuildError::NotMain("the package has no Go files".to_owned()))
}

fn in_import_order(program: &Program, mut checked: CheckedProgram) -> Vec<check::CheckedPackage> {
    program.order.iter().filter_map(|&id| checked.packages[id].take()).collect()
}

/// What the executable says about itself.
fn defaults(session: &Session<'_>) -> code::Defaults {
    code::Defaults {
        version: load::GO_VERSION.to_owned(),
        goroot: session.config.goroot.dir().display().to_string(),
        ..code::Defaults::default()
    }
}
