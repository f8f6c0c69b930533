//! Compiled functions, data and the runtime image to an ELF executable.
