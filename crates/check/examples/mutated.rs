//! Parses or checks damaged versions of Go's own test files, to find inputs that make the front end panic or take long:
//! `mutated parse|check N_CASES SEED [FIRST] DIRECTORY...`.
//!
//! Prints one line per case that failed, which is kept as a file, and at last one line for `scores/mutated.tsv`. Every
//! thousandth case is counted on standard error. A case that never ends is found by starting at FIRST.
//! For the parser, bytes are damaged; for the checker words and lines, so that most cases get past the parser.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example for the terminal")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::Duration,
};

use base::{System as _, SystemOs};

/// A case that takes longer is reported.
const SLOW: Duration = Duration::from_secs(2);

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// Damages a file of the corpus, by itself or with parts of the others.
type Mutate = fn(&mut Random, &[u8], &[Vec<u8>]) -> Vec<u8>;

/// What is done with a case, and how it is made.
struct Kind {
    name: &'static str,
    mutate: Mutate,
    survive: fn(&[u8]),
}

const KINDS: [Kind; 2] = [
    Kind { name: "parse", mutate: mutate_bytes, survive: syntax::fuzzing::survive },
    Kind { name: "check", mutate: mutate_words, survive: check::fuzzing::survive },
];

fn main() {
    // As the driver's threads: the nesting limits of the parser are made for such a stack.
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run).expect("a thread");
    thread.join().expect("the thread ends");
}

fn run() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [kind, n_cases, seed, rest @ ..] = args.as_slice() else { return };
    let kind = KINDS.iter().find(|known| known.name == kind).expect("parse or check");
    let n_cases: usize = n_cases.parse().expect("a number of cases");
    let seed: u64 = seed.parse().expect("a seed");
    let first: usize = rest.first().and_then(|first| first.parse().ok()).unwrap_or(0);
    let mut corpus = Vec::new();
    for directory in rest {
        read_all(Path::new(directory), &mut corpus);
    }
    let mut random = Random(seed);
    let (mut n_failed, mut slowest) = (0, Duration::ZERO);
    for case in 0..n_cases {
        let source = &corpus[random.below(corpus.len())];
        let text = (kind.mutate)(&mut random, source, &corpus);
        if case < first {
            continue;
        }
        if case % 1000 == 0 || first > 0 {
            eprintln!("{case}");
        }
        let start = SystemOs.monotonic();
        let result = catch_unwind(AssertUnwindSafe(|| (kind.survive)(&text)));
        let elapsed = SystemOs.monotonic() - start;
        slowest = slowest.max(elapsed);
        if result.is_err() || elapsed > SLOW {
            n_failed += 1;
            let path = std::env::temp_dir().join(format!("{}-case-{seed}-{case}.go", kind.name));
            SystemOs.write_atomic(&path, &text, base::FileMode::Data).expect("room for a case");
            println!("{}: {elapsed:?}{}", path.display(), if result.is_err() { ", panicked" } else { "" });
        }
    }
    println!("{}\t{seed}\t{n_cases}\t{}\t{n_failed}\t{}", kind.name, corpus.len(), slowest.as_millis());
}

fn read_all(directory: &Path, corpus: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<PathBuf> =
        SystemOs.read_dir(directory).into_iter().flatten().map(|entry| directory.join(entry.name)).collect();
    paths.sort();
    for path in paths {
        if path.extension().is_some_and(|extension| extension == "go") {
            corpus.extend(SystemOs.read(&path).ok().filter(|bytes| !bytes.is_empty()));
        } else {
            read_all(&path, corpus);
        }
    }
}

/// Removes, repeats, overwrites and brings in a few stretches of bytes.
fn mutate_bytes(random: &mut Random, source: &[u8], corpus: &[Vec<u8>]) -> Vec<u8> {
    const PUNCTUATION: &[u8] = b"(){}[];,.:=<-*~|'\"`/\\\0\n";
    let mut bytes = source.to_vec();
    for _ in 0..=random.below(6) {
        if bytes.is_empty() {
            break;
        }
        let start = random.below(bytes.len());
        let end = (start + 1 + random.below(24)).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(start..end)),
            1 => {
                let piece = bytes[start..end].repeat(1 + random.below(3));
                let at = random.below(bytes.len());
                bytes.splice(at..at, piece);
            }
            2 => bytes[start] = random.below(256) as u8,
            3 => bytes.insert(start, PUNCTUATION[random.below(PUNCTUATION.len())]),
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                let piece = other[from..(from + random.below(200)).min(other.len())].to_vec();
                bytes.splice(start..end, piece);
            }
            _ => bytes.truncate(start),
        }
    }
    bytes
}

/// Replaces, removes, doubles and moves some words and lines.
fn mutate_words(random: &mut Random, source: &[u8], corpus: &[Vec<u8>]) -> Vec<u8> {
    let source = String::from_utf8_lossy(source);
    let mut lines: Vec<String> = source.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(4) {
        if lines.is_empty() {
            break;
        }
        let at = random.below(lines.len());
        match random.below(8) {
            0 => drop(lines.remove(at)),
            1 => {
                let line = lines[random.below(lines.len())].clone();
                lines.insert(at, line);
            }
            2 => {
                let other = String::from_utf8_lossy(&corpus[random.below(corpus.len())]);
                let other: Vec<&str> = other.lines().collect();
                if !other.is_empty() {
                    lines.insert(at, other[random.below(other.len())].to_owned());
                }
            }
            _ => {
                let donor = lines[random.below(lines.len())].clone();
                lines[at] = mutate_line(random, &lines[at], &donor);
            }
        }
    }
    lines.join("\n").into_bytes()
}

fn mutate_line(random: &mut Random, line: &str, donor: &str) -> String {
    let mut words = split(line);
    let donors = split(donor);
    if words.is_empty() || donors.is_empty() {
        return line.to_owned();
    }
    let at = random.below(words.len());
    match random.below(3) {
        0 => drop(words.remove(at)),
        1 => words.insert(at, donors[random.below(donors.len())]),
        _ => words[at] = donors[random.below(donors.len())],
    }
    words.concat()
}

/// Words, and the characters between them.
fn split(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let len = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (part, next) = rest.split_at(len);
        parts.push(part);
        rest = next;
    }
    parts
}
