//! Why a program cannot be linked.

use std::fmt;

/// The size from which on Go refuses a variable.
pub(crate) const MAX_SYMBOL_BYTES: u64 = 2_000_000_000;

/// Why a program cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Symbols that nobody defines.
    #[error("{}", Lines(.0))]
    Undefined(Vec<Undefined>),
    /// Two different definitions of one symbol.
    #[error("duplicated definition of symbol {0}")]
    Duplicate(String),
    /// The program needs more address space than 32-bit relocations reach.
    #[error("program too large: it ends at address {end:#x}, the limit is {limit:#x}", limit = abi::PROGRAM_LIMIT)]
    TooLarge {
        /// The first address behind the program.
        end: u64,
    },
    /// One object is larger than Go allows.
    #[error("{symbol}: symbol too large ({n_bytes} bytes > {limit} bytes)", limit = MAX_SYMBOL_BYTES)]
    SymbolTooLarge {
        /// The object.
        symbol: String,
        /// Its size.
        n_bytes: u64,
    },
    /// A relocated value does not fit its field.
    #[error("{referrer}: relocation to {target}+{addend:#x} does not fit in 32 bits")]
    OutOfRange {
        /// What was being relocated.
        referrer: String,
        /// The symbol.
        target: String,
        /// The offset from the symbol.
        addend: i64,
    },
    /// More allocation kinds than a processor's cache has runs.
    #[error("program too large: it allocates objects of more than {limit} kinds", limit = abi::heap::MAX_KINDS)]
    TooManyKinds,
    /// The tables for debuggers grew beyond their format.
    #[error("program too large for debug information: try -ldflags=-w")]
    DebugInfo,
    /// The runtime image is not a static ELF executable of the expected form.
    #[error("runtime image: {0}")]
    Image(&'static str),
}

/// One missing symbol and who needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// The missing symbol.
    pub symbol: String,
    /// The function or data object that refers to it, or what the linker itself needs it for.
    pub referrer: String,
}

struct Lines<'a>(&'a [Undefined]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, undefined) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(
                f,
                "{separator}{}: relocation target {} not defined",
                undefined.referrer, undefined.symbol
            )?;
        }
        Ok(())
    }
}
