//! Parses files and directories and prints what is wrong with them, as the compiler would: `parse [-e] [--all] PATH...`.
//!
//! `-e` shows more than ten errors per file; `--all` goes into directories named `testdata`, too.
//! On standard error it says how much it parsed and how long that took, reading not included.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use base::{FileId, FileKind, SourceMap, SourceText, System, SystemOs};
use diag::{Limit, render_go, select};
use std::path::{Path, PathBuf};

fn main() {
    let mut paths = Vec::new();
    let mut limit = Limit::Ten;
    let mut skipped = "testdata";
    for arg in std::env::args().skip(1) {
        match arg.as_str() {
            "-e" => limit = Limit::None,
            "--all" => skipped = "",
            path => collect(Path::new(path), skipped, &mut paths),
        }
    }
    let sources = SourceMap::new();
    let ids: Vec<FileId> = paths.iter().filter_map(|path| add(&sources, path)).collect();

    let start = SystemOs.monotonic();
    let parsed: Vec<_> = ids.iter().map(|&id| syntax::parse(&sources, id)).collect();
    let seconds = (SystemOs.monotonic() - start).as_secs_f64();

    let n_bytes: usize = ids.iter().map(|&id| sources.file(id).text().as_str().len()).sum();
    let n_exprs: usize = parsed.iter().map(|(file, _)| file.exprs().len()).sum();
    let n_idents: usize = parsed.iter().map(|(file, _)| file.idents().len()).sum();
    let n_stmts: usize = parsed.iter().map(|(file, _)| file.stmts().len()).sum();
    let mega = |n: usize| n as f64 / 1e6;
    eprintln!(
        "{} files, {:.1} MB in {:.0} ms, {:.1} MB/s; {:.2} M expressions, {:.2} M identifiers, {:.2} M statements",
        ids.len(),
        mega(n_bytes),
        seconds * 1e3,
        mega(n_bytes) / seconds,
        mega(n_exprs),
        mega(n_idents),
        mega(n_stmts),
    );
    for (_, diagnostics) in parsed {
        print!("{}", render_go(&sources, &select(&sources, diagnostics, limit)));
    }
}

/// The Go files at and under `path`, but not what is in directories named `skipped`.
fn collect(path: &Path, skipped: &str, paths: &mut Vec<PathBuf>) {
    if !SystemOs.is_dir(path) {
        paths.push(path.to_owned());
        return;
    }
    for entry in SystemOs.read_dir(path).unwrap_or_default() {
        let is_wanted = match entry.kind {
            FileKind::Directory => entry.name != skipped,
            _ => entry.name.ends_with(".go"),
        };
        if is_wanted {
            collect(&path.join(entry.name), skipped, paths);
        }
    }
}

fn add(sources: &SourceMap, path: &Path) -> Option<FileId> {
    match SystemOs.read(path) {
        Ok(bytes) => sources.add(&path.to_string_lossy(), SourceText::new(bytes)),
        Err(err) => {
            eprintln!("{}: {err}", path.display());
            None
        }
    }
}
