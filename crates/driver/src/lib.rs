//! The pipeline: session, caches, parallelism; the only crate that calls a phase.
