//! Any bytes that parse can be checked. Seed it with the type checker's own tests:
//! `cargo +nightly fuzz run check corpus $(go env GOROOT)/src/internal/types/testdata/*`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::fuzzing::survive(bytes));
