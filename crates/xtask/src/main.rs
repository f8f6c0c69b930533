//! The project's own commands: ready, tidy, conformance, bench, score.
fn main() {}
