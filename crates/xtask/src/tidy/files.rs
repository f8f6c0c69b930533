//! Rules about single files.

use super::CommittedFile;
use super::layers::MAY_BE_UNSAFE;

/// Beyond this many lines without tests a file has to explain itself.
const MAX_LINES: usize = 900;

/// The paragraph of the module doc that explains it.
const EXPLANATION: &str = "//! **One file.**";

fn rust_files(files: &[CommittedFile]) -> impl Iterator<Item = &CommittedFile> {
    files.iter().filter(|file| file.is_rust())
}

pub(super) fn module_docs(files: &[CommittedFile]) -> Vec<String> {
    let undocumented = rust_files(files).filter(|file| !file.text.starts_with("//!"));
    undocumented.map(|file| file.path.clone()).collect()
}

pub(super) fn lengths(files: &[CommittedFile]) -> Vec<String> {
    let n_lines =
        |file: &CommittedFile| file.text.split("#[cfg(test)]\nmod ").next().unwrap_or("").lines().count();
    rust_files(files)
        .filter(|file| n_lines(file) > MAX_LINES && !file.text.contains(EXPLANATION))
        .map(|file| format!("{}: {} lines, and no `{EXPLANATION}`", file.path, n_lines(file)))
        .collect()
}

pub(super) fn todos(files: &[CommittedFile]) -> Vec<String> {
    let marker = concat!("TO", "DO");
    let is_wrong = |line: &str| match line.split_once(marker) {
        Some((before, after)) => before.trim_start().starts_with("//") && !after.starts_with("(#"),
        None => false,
    };
    complain(rust_files(files), is_wrong)
}

pub(super) fn unsafe_code(files: &[CommittedFile]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in rust_files(files) {
        let name = file.crate_name().unwrap_or_default();
        let is_root =
            ["lib.rs", "main.rs"].iter().any(|root| file.path == format!("crates/{name}/src/{root}"));
        if is_root && !MAY_BE_UNSAFE.contains(&name) && !file.text.contains("#![forbid(unsafe_code)]") {
            complaints.push(format!("{}: no #![forbid(unsafe_code)]", file.path));
        }
    }
    complaints
}

/// Paths of a developer's machine, and hosts that only tools may name.
pub(super) fn strangers(files: &[CommittedFile]) -> Vec<String> {
    // In pieces, so that this file does not complain about itself.
    let words: [String; 8] = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/tmp/", "gh"],
        ["/tmp/", "goroot"],
        ["py", "pi.org"],
        ["proxy.", "golang.org"],
        ["sum.", "golang.org"],
        ["index.crates", ".io"],
    ]
    .map(|pieces| pieces.concat());
    let candidates = files.iter().filter(|file| file.path != "Cargo.lock");
    complain(candidates, |line| words.iter().any(|word| line.contains(word.as_str())))
}

fn complain<'f>(
    files: impl Iterator<Item = &'f CommittedFile>,
    is_wrong: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        let wrong = file.text.lines().enumerate().filter(|(_, line)| is_wrong(line));
        complaints.extend(wrong.map(|(i, line)| format!("{}:{}: {}", file.path, i + 1, line.trim())));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> CommittedFile {
        CommittedFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn each_rule_finds_what_it_is_for() {
        let long = format!("//! x\n{}", "\n".repeat(1000));
        let marker = concat!("// TO", "DO later");
        let stranger = ["see /wo", "rk/x"].concat();
        assert_eq!(module_docs(&[file("a.rs", "fn f() {}"), file("b.rs", "//! B.")]), ["a.rs"]);
        assert_eq!(lengths(&[file("a.rs", &long)]).len(), 1);
        assert_eq!(lengths(&[file("a.rs", &format!("{EXPLANATION} because\n{long}"))]).len(), 0);
        assert_eq!(todos(&[file("a.rs", marker), file("b.rs", "// TODO(#1): x")]).len(), 1);
        assert_eq!(
            unsafe_code(&[file("crates/load/src/lib.rs", "//! x"), file("crates/rt/src/lib.rs", "//! x")])
                .len(),
            1
        );
        assert_eq!(strangers(&[file("a.md", &stranger)]).len(), 1);
    }
}
