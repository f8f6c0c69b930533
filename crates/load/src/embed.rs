//! `//go:embed` patterns and the files that they match.
//!
//! A pattern is a path below the package's directory with the wildcards of path.Match. One that matches a directory
//! embeds what is in it, but for names that start with `.` or `_`; the prefix `all:` takes those too.

use std::path::Path;

use base::{FileKind, System};

/// The files that `pattern` matches below `dir`, sorted; or why there are none, in the go command's words.
pub(crate) fn resolve(system: &dyn System, dir: &Path, pattern: &str) -> Result<Vec<String>, String> {
    let (glob, takes_hidden) = pattern.strip_prefix("all:").map_or((pattern, false), |glob| (glob, true));
    if !is_valid(glob) {
        return Err(format!("pattern {pattern}: invalid pattern syntax"));
    }
    let mut matched = Vec::new();
    expand(system, dir, "", glob, &mut matched);
    let mut files = Vec::new();
    for path in &matched {
        add(system, dir, path, takes_hidden, &mut files)
            .map_err(|reason| format!("pattern {pattern}: {reason}"))?;
    }
    if files.is_empty() {
        let only_dirs = matched.first().filter(|_| !matched.is_empty());
        return Err(match only_dirs {
            Some(path) => {
                format!("pattern {pattern}: cannot embed directory {path}: contains no embeddable files")
            }
            None => format!("pattern {pattern}: no matching files found"),
        });
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// As io/fs, ValidPath, which also keeps patterns inside the package.
fn is_valid(glob: &str) -> bool {
    glob == "." || glob.split('/').all(|element| !matches!(element, "" | "." | ".."))
}

/// Walks one path element per round, so only matching directories are read.
fn expand(system: &dyn System, dir: &Path, prefix: &str, glob: &str, matched: &mut Vec<String>) {
    let (element, rest) = glob.split_once('/').map_or((glob, None), |(element, rest)| (element, Some(rest)));
    if element == "." {
        matched.push(".".to_owned());
        return;
    }
    for entry in system.read_dir(&dir.join(prefix)).unwrap_or_default() {
        if !matches_glob(element.as_bytes(), entry.name.as_bytes()) {
            continue;
        }
        let path = join(prefix, &entry.name);
        match rest {
            None => matched.push(path),
            Some(rest) if entry.kind == FileKind::Directory => expand(system, dir, &path, rest, matched),
            Some(_) => {}
        }
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() || prefix == "." { name.to_owned() } else { format!("{prefix}/{name}") }
}

fn add(
    system: &dyn System,
    dir: &Path,
    path: &str,
    takes_hidden: bool,
    files: &mut Vec<String>,
) -> Result<(), String> {
    let full = dir.join(path);
    match system.stat(&full).map(|metadata| metadata.kind) {
        Ok(FileKind::File) => files.push(path.to_owned()),
        Ok(FileKind::Directory) if path != "." && system.is_file(&full.join("go.mod")) => {
            return Err(format!("cannot embed directory {path}: in different module"));
        }
        Ok(FileKind::Directory) => add_below(system, dir, path, takes_hidden, files),
        _ => return Err(format!("cannot embed irregular file {path}")),
    }
    Ok(())
}

fn add_below(system: &dyn System, dir: &Path, path: &str, takes_hidden: bool, files: &mut Vec<String>) {
    for entry in system.read_dir(&dir.join(path)).unwrap_or_default() {
        let is_version_control = matches!(entry.name.as_str(), ".bzr" | ".hg" | ".git" | ".svn");
        let is_hidden = entry.name.starts_with(['.', '_']) && !takes_hidden;
        if is_version_control || is_hidden {
            continue;
        }
        let below = join(path, &entry.name);
        match entry.kind {
            FileKind::File if !entry.is_symlink => files.push(below),
            FileKind::Directory if !system.is_file(&dir.join(&below).join("go.mod")) => {
                add_below(system, dir, &below, takes_hidden, files);
            }
            _ => {}
        }
    }
}

/// `*`, `?`, `[a-z]`, `[^a-z]` and `\c`, as path.Match within one element.
fn matches_glob(glob: &[u8], name: &[u8]) -> bool {
    let Some((&first, rest)) = glob.split_first() else { return name.is_empty() };
    match first {
        b'*' => (0..=name.len()).any(|skipped| matches_glob(rest, &name[skipped..])),
        b'?' => !name.is_empty() && matches_glob(rest, &name[1..]),
        b'[' => match (class(rest, name.first().copied()), name.split_first()) {
            (Some((true, rest)), Some((_, name))) => matches_glob(rest, name),
            _ => false,
        },
        b'\\' => {
            matches!((rest, name), ([c, rest @ ..], [n, name @ ..]) if c == n && matches_glob(rest, name))
        }
        _ => name.first() == Some(&first) && matches_glob(rest, &name[1..]),
    }
}

/// Whether the class that starts after `[` has `byte`, and what follows its `]`.
fn class(glob: &[u8], byte: Option<u8>) -> Option<(bool, &[u8])> {
    let end = glob.iter().skip(1).position(|&c| c == b']')? + 1;
    let (is_negated, members) = match glob.first() {
        Some(b'^') => (true, &glob[1..end]),
        _ => (false, &glob[..end]),
    };
    let byte = byte?;
    let mut is_member = false;
    let mut at = 0;
    while at < members.len() {
        if members.get(at + 1) == Some(&b'-') && at + 2 < members.len() {
            is_member |= (members[at]..=members[at + 2]).contains(&byte);
            at += 3;
        } else {
            is_member |= members[at] == byte;
            at += 1;
        }
    }
    Some((is_member != is_negated, &glob[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SystemMem;

    fn matched(pattern: &str) -> Result<String, String> {
        let system = SystemMem::with_files([
            ("/p/a.txt", ""),
            ("/p/b.txt", ""),
            ("/p/.hidden", ""),
            ("/p/d/x", ""),
            ("/p/d/_y", ""),
            ("/p/d/e/z", ""),
            ("/p/m/go.mod", ""),
            ("/p/only/.hidden", ""),
        ]);
        resolve(&system, Path::new("/p"), pattern).map(|files| files.join(" "))
    }

    #[test]
    fn patterns_match_files_and_directories() {
        assert_eq!(matched("*.txt").unwrap(), "a.txt b.txt");
        assert_eq!(matched("[b-z].txt").unwrap(), "b.txt");
        assert_eq!(matched(".hidden").unwrap(), ".hidden");
        assert_eq!(matched("d").unwrap(), "d/e/z d/x");
        assert_eq!(matched("all:d").unwrap(), "d/_y d/e/z d/x");
        assert_eq!(matched("d/?").unwrap(), "d/e/z d/x");
    }

    #[test]
    fn failures_have_gos_words() {
        assert_eq!(matched("*.zz").unwrap_err(), "pattern *.zz: no matching files found");
        assert_eq!(matched("../x").unwrap_err(), "pattern ../x: invalid pattern syntax");
        assert_eq!(matched("m").unwrap_err(), "pattern m: cannot embed directory m: in different module");
        assert_eq!(
            matched("only").unwrap_err(),
            "pattern only: cannot embed directory only: contains no embeddable files"
        );
    }
}
