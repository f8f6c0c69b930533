//! Compiled functions, data and the runtime image to an ELF executable.
//!
//! The runtime of a Go program is linked once, when Groundhog itself is built, into a static executable at a fixed low
//! address: the *image*. Linking a program is then arithmetic: copy the image's segments, put the program's text,
//! read-only data and writable data behind them, resolve the program's own relocations, build the tables by which the
//! runtime finds functions, lines and pointers, and write the file. Same input, same bytes.
//!
//! The crate must not know Go, the IR or Cranelift; it reads no files. Way in: [`link`] with an [`Image`].
//!
//! Address space, low to high (everything within 2 GB, so that 32-bit relocations reach):
//!
//! ```text
//! image segments │ text R-X │ rodata R-- │ noptrdata · data │ bss · noptrbss │ tables R--
//!                                          └── file-backed ─┘ └─ zero pages ┘
//!                                                     └ pointer map ┘
//! ```
//!
//! **Rejected.** A general linker as a library (measured: 3.4 ms and 142 dependencies, and it owns the process's
//! thread pool); one relocatable runtime object (relocating the runtime anew for every program buys nothing).
#![forbid(unsafe_code)]

mod build_info;
mod dwarf;
mod elf;
mod error;
mod image;
mod kinds;
mod layout;
mod output;
mod pointers;
mod resolve;
mod sections;
mod tables;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "tiny-image"))]
mod tiny_image;

pub use crate::{
    build_info::{BuildInfo, read_build_info},
    error::{LinkError, Undefined},
    image::{Image, runtime_image},
};

#[cfg(any(test, feature = "tiny-image"))]
pub use crate::tiny_image::{execute, tiny_image};

use code::Program;

/// What to leave out of the executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Go's `-s`: no symbol table.
    pub symbols: Keep,
    /// Go's `-w`: no DWARF.
    pub debug_info: Keep,
}

/// Whether a part of the output that running the program does not need is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Write it.
    Yes,
    /// Leave it out.
    No,
}

/// Links `program` with `image` into the bytes of an executable file.
///
/// # Errors
/// When a symbol is missing or defined twice, when the program does not fit below 2 GB, or when the image is not one.
pub fn link(program: &Program, image: &Image<'_>, options: Options) -> Result<Vec<u8>, LinkError> {
    let layout = layout::lay_out(program, image)?;
    let mut symbols = resolve::Symbols::new(program, image, &layout)?;
    let kinds = kinds::Kinds::collect(program)?;
    let content = sections::build(program, &layout, &mut symbols, &kinds)?;
    let tables = tables::build(program, &layout, &mut symbols, &kinds);
    symbols.finish()?;
    layout::check_end(layout.tables_start + tables.bytes.len() as u64)?;
    let slot =
        image.address_of(abi::PROGRAM_SYMBOL).ok_or(LinkError::Image("it does not define gh_program"))?;
    if !image.has_file_bytes(slot, size_of::<u64>() as u64) {
        return Err(LinkError::Image("gh_program is not initialised data"));
    }
    let patch = output::Patch { address: slot, value: tables.program_info };
    let debug = match options.debug_info {
        Keep::Yes => dwarf::build(program, &layout)?,
        Keep::No => Vec::new(),
    };
    let parts = output::Parts { content: &content, tables: &tables, debug: &debug, patch };
    Ok(output::write(program, image, &layout, &parts, options))
}
