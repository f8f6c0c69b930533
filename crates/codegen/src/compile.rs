//! Functions through Cranelift, one at a time or all in parallel.

use base::SourceMap;
use code::{Function, Reloc, RelocKind, Symbol};
use cranelift_codegen::{
    Context, FinalizedMachReloc, FinalizedRelocTarget,
    binemit::Reloc as ClifReloc,
    control::ControlPlane,
    ir::{ExternalName, UserExternalNameRef},
};
use rayon::prelude::*;

use crate::{
    liveness,
    positions::{self, Tables},
    splice::{StackUse, splice},
    target::Target,
    translate::{Facts, Scratch, translate},
};

/// A function that could not be compiled: a bug in this compiler.
#[derive(Debug, thiserror::Error)]
#[error("cannot generate code for {function}: {message}")]
pub struct Error {
    /// The function's symbol.
    pub function: Symbol,
    /// What Cranelift says.
    pub message: String,
}

/// Compiles all functions, in parallel. The results are in the order of the functions.
///
/// # Errors
/// When Cranelift refuses a function; the first one in order is reported.
pub fn compile_all(
    functions: &[&ir::Function],
    target: &Target,
    sources: &SourceMap,
) -> Result<Vec<Function>, Error> {
    functions
        .par_iter()
        .map_init(|| Compiler::new(target.clone()), |compiler, function| compiler.compile(function, sources))
        .collect()
}

/// Compiles functions one after another and keeps its memory in between.
pub struct Compiler {
    target: Target,
    pub(crate) context: Context,
    scratch: Scratch,
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Compiler {
    /// A compiler for `target`.
    #[must_use]
    pub fn new(target: Target) -> Compiler {
        Compiler { target, context: Context::new(), scratch: Scratch::default() }
    }

    /// Compiles one function.
    ///
    /// # Errors
    /// When Cranelift refuses it.
    pub fn compile(&mut self, function: &ir::Function, sources: &SourceMap) -> Result<Function, Error> {
        let facts = self.translate(function);
        self.generate(function.name)?;
        Ok(self.finish(function, facts, sources))
    }

    /// Generates machine code from the CLIF in the context.
    pub(crate) fn generate(&mut self, name: Symbol) -> Result<(), Error> {
        let compiled = self.context.compile(&**self.target.isa(), &mut ControlPlane::default());
        compiled.map(drop).map_err(|error| {
            let message = cranelift_codegen::print_errors::pretty_error(error.func, error.inner);
            Error { function: name, message }
        })
    }

    /// Puts the CLIF of a function into the context.
    pub(crate) fn translate(&mut self, function: &ir::Function) -> Facts {
        self.context.clear();
        translate(function, &mut self.context.func, &mut self.scratch, self.target.has_fma())
    }

    /// The compiled code with its stack check and tables.
    fn finish(&self, function: &ir::Function, facts: Facts, sources: &SourceMap) -> Function {
        let compiled = self.context.compiled_code().expect("the function was compiled");
        let buffer = &compiled.buffer;
        let frame_size = buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
        let has_calls = buffer.call_sites().next().is_some();
        let spliced =
            splice(buffer.data(), StackUse { frame: frame_size + facts.n_tail_arg_bytes, has_calls });

        let relocs = buffer.relocs().iter().map(|reloc| self.reloc(reloc, function.name, spliced.shift));
        let relocs = relocs.chain(spliced.reloc).collect();
        let (mut tables, line) = Tables::new(sources, function.pos);
        tables.add_rows(&self.scratch.locations, buffer.get_srclocs_sorted(), spliced.shift);
        tables.add_sites(function);
        let (files, rows, sites) = tables.into_files();
        let mut flags = positions::flags(function.display, function.attrs);
        flags.is_nosplit = spliced.shift == 0;
        Function {
            symbol: function.name,
            name: function.display,
            bytes: spliced.bytes,
            body_offset: spliced.shift,
            relocs,
            frame_size,
            frame_map: liveness::frame_map(compiled, spliced.shift),
            flags,
            line,
            files,
            sites,
            rows,
        }
    }

    /// A relocation of the body as one of the function.
    fn reloc(&self, reloc: &FinalizedMachReloc, function: Symbol, shift: u32) -> Reloc {
        let (relative, target, bias) = match reloc.target {
            FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
                let (kind, target) = self.referent(name).relative_reloc();
                (kind, target, 0)
            }
            FinalizedRelocTarget::Func(offset) => (RelocKind::Pc32, function, i64::from(offset + shift)),
            ref other => unreachable!("translation makes no reference to {other:?}"),
        };
        let kind = match reloc.kind {
            ClifReloc::X86PCRel4 | ClifReloc::X86CallPCRel4 => relative,
            ClifReloc::Abs8 => RelocKind::Abs64,
            other => unreachable!("relocation {other:?} in {function}"),
        };
        Reloc { offset: reloc.offset + shift, kind, target, addend: reloc.addend + bias }
    }

    /// The external names of the function translated last.
    pub(crate) fn names(&self) -> &crate::names::Names {
        &self.scratch.names
    }

    fn referent(&self, name: UserExternalNameRef) -> crate::names::Referent {
        let name = &self.context.func.params.user_named_funcs()[name];
        self.scratch.names.get(name)
    }
}
