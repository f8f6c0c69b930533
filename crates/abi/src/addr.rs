//! Where things live in a linked executable.
//!
//! The runtime image is linked once at [`IMAGE_BASE`]; the program's segments follow from [`PROGRAM_BASE`]. Everything
//! lies below 2 GB, so that calls are rel32 and absolute addresses fit a sign-extended 32-bit immediate.

/// Where the runtime image is linked.
pub const IMAGE_BASE: usize = 0x0040_0000;

/// Where the program's first segment starts; the image, its bss included, ends below.
pub const PROGRAM_BASE: usize = 0x0200_0000;

/// No segment of an executable reaches this address.
pub const PROGRAM_LIMIT: usize = 0x7000_0000;

/// The image's data symbol (8 bytes, a `*const ProgramInfo`) that the linker patches.
pub const PROGRAM_SYMBOL: &str = "gh_program";

const _: () = assert!(IMAGE_BASE < PROGRAM_BASE && PROGRAM_BASE < PROGRAM_LIMIT);
