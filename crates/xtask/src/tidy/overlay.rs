//! The overlay: each directory is in the manifest, each entry has a directory, and the whole stays small.

use std::collections::BTreeSet;

use load::overlay;

use super::CommittedFile;

/// The standard library is a dependency; what replaces it must not become a second one.
const MAX_LINES: usize = 20_000;

pub(super) fn manifest(files: &[CommittedFile]) -> Vec<String> {
    let sources =
        files.iter().filter(|file| file.path.starts_with("overlay/") && file.path != "overlay/manifest.toml");
    let mut complaints = Vec::new();
    let mut found = BTreeSet::new();
    let mut n_lines = 0;
    for file in sources {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        found.insert(directory.trim_start_matches("overlay").trim_start_matches('/').to_owned());
        n_lines += file.text.lines().count();
    }
    let listed: BTreeSet<_> = overlay::entries().into_iter().map(|entry| entry.path).collect();
    complaints
        .extend(found.difference(&listed).map(|path| format!("{path} is not in overlay/manifest.toml")));
    complaints.extend(listed.difference(&found).map(|path| format!("{path} has no files in overlay/")));
    if n_lines > MAX_LINES {
        complaints.push(format!("{n_lines} lines, more than {MAX_LINES}"));
    }
    complaints
}
