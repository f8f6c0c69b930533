//! IR to machine code, metadata tables and DWARF; the only crate that names Cranelift.
