//! Any bytes parse to a tree that can be walked and printed. Seed it with Go files:
//! `cargo +nightly fuzz run parse corpus $(go env GOROOT)/test`.

#![no_main]

use base::{SourceMap, SourceText};
use libfuzzer_sys::fuzz_target;
use syntax::{Descend, Node, parse, walk_file};

fuzz_target!(|bytes: &[u8]| {
    let sources = SourceMap::new();
    let id = sources.add("f.go", SourceText::new(bytes.to_vec())).expect("one file fits");
    let (file, _) = parse(&sources, id);
    walk_file(&file, |node| {
        if let Node::Expr(expr) = node {
            assert!(file.start_of(expr) <= file[expr].end);
            assert!(!file.expr_string(expr).is_empty());
        }
        Descend::Into
    });
});
