//! The SSA form: data, builder, printer, parser, verifier.
