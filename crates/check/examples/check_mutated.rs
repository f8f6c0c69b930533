//! Checks damaged versions of Go's own test files, to find inputs that make the checker panic or take long:
//! `check_mutated GOROOT N_CASES [SEED [FIRST]]`.
//!
//! Every thousandth case is counted on standard error. A case that never ends is found by starting at FIRST.
//! What is damaged are words and lines rather than bytes, so that most cases get past the parser.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example for the terminal")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base::{SourceMap, SourceText, System as _, SystemOs, sym};
use check::{Config, GoVersion, ImportError, Importer, check_package};
use types::{PackageId, Types};

/// A case that takes longer is reported.
const SLOW: Duration = Duration::from_secs(2);

struct NoImports;

impl Importer for NoImports {
    fn import(&self, _: &str) -> Result<PackageId, ImportError> {
        Err(ImportError { reason: "no imports here".to_owned() })
    }
}

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

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [goroot, n_cases, seed @ ..] = args.as_slice() else { return };
    let n_cases: usize = n_cases.parse().expect("a number of cases");
    let first = seed.get(1).map_or(0, |first| first.parse().expect("the number of a case"));
    let seed = seed.first().map_or(1, |seed| seed.parse().expect("a seed"));
    let mut corpus = Vec::new();
    for directory in ["internal/types/testdata", "cmd/compile/internal/types2/testdata"] {
        read_all(&Path::new(goroot).join("src").join(directory), &mut corpus);
    }
    let mut random = Random(seed);
    let mut n_failed = 0;
    for case in 0..n_cases {
        let source = &corpus[random.below(corpus.len())];
        let text = mutate(&mut random, source, &corpus);
        if case < first {
            continue;
        }
        if case % 1000 == 0 || first > 0 {
            eprintln!("{case}");
        }
        let start = SystemOs.monotonic();
        let result = catch_unwind(AssertUnwindSafe(|| check(&text)));
        let elapsed = SystemOs.monotonic() - start;
        if result.is_err() || elapsed > SLOW {
            n_failed += 1;
            let path = std::env::temp_dir().join(format!("check-case-{seed}-{case}.go"));
            SystemOs.write_atomic(&path, text.as_bytes(), base::FileMode::Data).expect("room for a case");
            println!("{}: {elapsed:?}{}", path.display(), if result.is_err() { ", panicked" } else { "" });
        }
    }
    println!("{n_cases} cases, {n_failed} failed");
}

fn read_all(directory: &Path, corpus: &mut Vec<String>) {
    let mut paths: Vec<PathBuf> =
        SystemOs.read_dir(directory).into_iter().flatten().map(|entry| directory.join(entry.name)).collect();
    paths.sort();
    for path in paths {
        if path.extension().is_some_and(|extension| extension == "go") {
            corpus.extend(SystemOs.read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()));
        } else {
            read_all(&path, corpus);
        }
    }
}

/// Replaces, removes, doubles and moves some words and lines.
fn mutate(random: &mut Random, source: &str, corpus: &[String]) -> String {
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
                let other: Vec<&str> = corpus[random.below(corpus.len())].lines().collect();
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
    lines.join("\n")
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

fn check(text: &str) {
    let sources = SourceMap::new();
    let types = Types::new();
    let id = sources.add("f.go", SourceText::new(text.as_bytes().to_vec())).expect("one file fits");
    let (tree, _) = syntax::parse(&sources, id);
    let name = tree.package.map_or(sym::BLANK, |ident| tree.name(ident));
    let package = types.add_package(name, name, false);
    let config = Config {
        types: &types,
        sources: &sources,
        go_version: GoVersion::LATEST,
        importer: &NoImports,
        test_builtins: true,
        fake_import_c: true,
        check_branches: true,
    };
    check_package(&config, package, vec![Arc::new(tree)]);
}
