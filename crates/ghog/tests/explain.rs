//! What `ghog explain` and `ghog build -emit` show of a program.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of it")]

use std::process::Command;

use base::{FileMode, System as _, SystemOs};

const PROGRAM: &str = "\
package main

type node struct {
	next *node
	value int
}

var kept *node

//go:noinline
func keep(n *node) { kept = n }

//go:noinline
func heap() { keep(&node{value: 1}) }

//go:noinline
func frame() int { return sum(&node{value: 2}) }

//go:noinline
func sum(n *node) int { return n.value }

func main() {
	heap()
	println(frame())
}
";

/// The exit status and what was printed, with the directory cut off.
fn ghog(args: &[&str]) -> (i32, String) {
    let dir = tempfile::Builder::new().prefix("explain").tempdir().unwrap();
    SystemOs.write_atomic(&dir.path().join("x.go"), PROGRAM.as_bytes(), FileMode::Data).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_ghog")).args(args).current_dir(dir.path()).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap(), text.concat())
}

#[test]
fn escape_names_the_way_to_the_heap() {
    let (code, text) = ghog(&["explain", "escape", "x.go"]);
    assert_eq!(code, 0, "{text}");
    let heap = "x.go:14:19: allocation in main.heap (16 bytes, main.node) escapes to the heap\n  \
                x.go:14:19: it is passed to main.keep, which keeps it\n";
    assert!(text.contains(heap), "{text}");
    assert!(text.contains("allocation in main.frame (16 bytes, main.node) stays in the frame\n"), "{text}");
    let (_, one) = ghog(&["explain", "escape", "-func", "frame", "x.go"]);
    assert!(one.contains("main.frame") && !one.contains("main.heap"), "{one}");
}

#[test]
fn frame_tells_what_a_call_takes() {
    let (code, text) = ghog(&["explain", "frame", "-func=main.frame", "x.go"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("x.go:17:18: main.frame\n  code "), "{text}");
    assert!(text.ends_with("  side frame  16 bytes, objects with an address in it: 1\n"), "{text}");
}

#[test]
fn functions_are_shown_in_each_form() {
    for (form, marks) in [
        ("ir", ["func @main.sum(", "load.i64", "return"]),
        ("clif", ["function ", "load.i64", "return"]),
        ("asm", ["block0:", "movq", "retq"]),
    ] {
        let (code, text) = ghog(&["build", "-emit", form, "-func", "sum", "x.go"]);
        assert_eq!(code, 0, "{text}");
        assert!(marks.iter().all(|mark| text.contains(mark)), "{form}: {text}");
    }
}

#[test]
fn misuse_is_told_in_one_line() {
    let (code, text) = ghog(&["build", "-emit=ir", "-func=nosuch", "x.go"]);
    assert_eq!((code, text.lines().count()), (1, 1), "{text}");
    assert!(text.starts_with("ghog: there is no function nosuch in the program"), "{text}");
    assert_eq!(ghog(&["explain", "why", "x.go"]).0, 2);
    for words in [&["-emit=wat"][..], &["-emit=ir", "-o", "y"], &["-func=main"]] {
        assert_eq!(ghog(&[&["build"], words, &["x.go"]].concat()).0, 2);
    }
}
