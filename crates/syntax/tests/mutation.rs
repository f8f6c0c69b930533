//! Whatever is done to a file, the parser returns, and what it returns stays within the file.

use base::{Pos, SourceMap, SourceText};
use syntax::{Descend, File, Node, parse, walk_file};

/// A file with a bit of everything.
const SEED: &str = r#"//go:build linux

package p

import ( . "a"; _ "b" )

//go:noinline
func (r *R[P, _]) M[Q ~[]E | *T, E any](a, b int, c ...Q) (x struct { A, B int `t`; *p.E; G[int] }, err error) {
L:
	for i, v := range f[int](a[:], b[1:2:3], <-c) {
		switch x := v.(type) {
		case int, chan<- string: continue L
		default: switch { case a: fallthrough; default: }
		}
		if x := 'a' + 0x1p-2 &^ 1_000i; x != "\u00e9" && !(y) { goto L } else if z { return } else { x++ }
	}
	select { case v, ok := <-c: v += 1; case c <- 1: default: }
	defer func() { go f(1, x...) }()
	var _, q = [...]T{1: {a: 1}, {}}, map[string]func(int) <-chan int{}
	/*line x.go:1:2*/
	return
}

const ( A, B = iota, `raw`; C, D )
type ( I interface { m(int); ~int | string; comparable }; T[P I] = []P; U [N]int )
"#;

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

const PUNCTUATION: &[u8] = b"(){}[];,.:=<-*~|'\"`/\\\0\n";

/// Removes, repeats, moves and overwrites a few stretches of bytes.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let start = random.below(bytes.len());
        let end = (start + 1 + random.below(12)).min(bytes.len());
        match random.below(5) {
            0 => drop(bytes.drain(start..end)),
            1 => {
                let piece = bytes[start..end].to_vec();
                let at = random.below(bytes.len());
                bytes.splice(at..at, piece);
            }
            2 => bytes[start] = random.below(256) as u8,
            3 => bytes[start] = PUNCTUATION[random.below(PUNCTUATION.len())],
            _ => bytes.truncate(end),
        }
        if bytes.is_empty() {
            bytes.push(b'x');
        }
    }
}

fn assert_within(file: &File, start: Pos, end: Pos, what: Node) {
    // A name that had to be made up may lie at the end of the file.
    let limit = file.end.plus(1);
    assert!(file.start <= start && start <= end && end <= limit, "{what:?} at {start:?}..{end:?}");
}

fn check(bytes: Vec<u8>) {
    let sources = SourceMap::new();
    let id = sources.add("f.go", SourceText::new(bytes)).expect("one file fits");
    let (file, diagnostics) = parse(&sources, id);
    for diagnostic in &diagnostics {
        assert!(file.start <= diagnostic.pos() && diagnostic.pos() <= file.end, "{diagnostic:?}");
        assert!(sources.location(diagnostic.pos()).is_some());
    }
    walk_file(&file, |node| {
        match node {
            Node::Expr(expr) => {
                assert_within(&file, file.start_of(expr), file[expr].end, node);
                assert!(!file.expr_string(expr).is_empty());
            }
            Node::Stmt(stmt) => assert_within(&file, file[stmt].pos, file[stmt].end, node),
            Node::Decl(decl) => assert_within(&file, file[decl].pos, file[decl].end, node),
            Node::Clause(clause) => assert_within(&file, file[clause].pos, file[clause].end, node),
            Node::Field(field) => assert_within(&file, file[field].pos, file.end, node),
            Node::Ident(ident) => assert_within(&file, file[ident].pos, file[ident].end(), node),
        }
        Descend::Into
    });
}

#[test]
fn the_seed_is_fine() {
    let sources = SourceMap::new();
    let id = sources.add("f.go", SourceText::new(SEED.into())).expect("one file fits");
    assert_eq!(parse(&sources, id).1, []);
}

#[test]
fn mutated_files_give_trees_within_the_file() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..5_000 {
        let mut bytes = SEED.as_bytes().to_vec();
        mutate(&mut random, &mut bytes);
        check(bytes);
    }
}

#[test]
fn every_prefix_gives_a_tree_within_the_file() {
    for length in 0..SEED.len() {
        check(SEED.as_bytes()[..length].to_vec());
    }
}
