//! Any bytes parse to a tree that can be walked and printed. Seed it with Go files:
//! `cargo +nightly fuzz run parse corpus $(go env GOROOT)/test`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| syntax::fuzzing::survive(bytes));
