//! What any bytes must survive, for the targets of `fuzz/` and for `examples/mutated.rs` of `check`.

use base::{SourceMap, SourceText};

use crate::{Descend, Node, parse, walk_file};

/// Parses the bytes, and walks and prints the tree, whose parts must be where they say.
///
/// # Panics
/// When they are not.
pub fn survive(bytes: &[u8]) {
    let sources = SourceMap::new();
    let Some(id) = sources.add("f.go", SourceText::new(bytes.to_vec())) else { return };
    let (file, _) = parse(&sources, id);
    walk_file(&file, |node| {
        if let Node::Expr(expr) = node {
            assert!(file.start_of(expr) <= file[expr].end, "an expression ends before it starts");
            assert!(!file.expr_string(expr).is_empty(), "an expression prints as nothing");
        }
        Descend::Into
    });
}
