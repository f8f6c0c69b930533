//! Which crate may depend on which: the architecture as data.

use super::CommittedFile;

/// Each crate with the crates of ours that it may name, tests aside. A new edge is a design decision: it is added here,
/// in a commit of its own.
const LAYERS: &[(&str, &[&str])] = &[
    ("abi", &[]),
    ("base", &[]),
    ("check", &["base", "constant", "diag", "syntax", "types"]),
    ("code", &["base"]),
    ("codegen", &["abi", "base", "code", "ir"]),
    ("constant", &[]),
    ("diag", &["base"]),
    (
        "driver",
        &[
            "abi", "base", "check", "code", "codegen", "diag", "ir", "link", "load", "lower", "opt",
            "syntax", "types",
        ],
    ),
    ("ghog", &["base", "diag", "driver"]),
    ("ir", &["base"]),
    ("link", &["abi", "base", "code"]),
    ("load", &["base", "diag", "syntax"]),
    ("lower", &["abi", "base", "check", "code", "constant", "ir", "syntax", "types"]),
    ("opt", &["abi", "base", "ir"]),
    ("rt", &["abi", "rt-heap", "rt-sync", "rt-sys"]),
    ("rt-heap", &["abi", "rt-sync", "rt-sys"]),
    ("rt-sync", &["rt-sys"]),
    ("rt-sys", &["abi"]),
    ("syntax", &["base", "diag"]),
    ("testkit", &["base", "load"]),
    ("types", &["base", "constant"]),
    ("xtask", &["base", "load", "testkit"]),
];

/// The crates that may contain unsafe code: what runs inside the user's program, and what both sides share.
pub(super) const MAY_BE_UNSAFE: &[&str] = &["abi", "rt", "rt-heap", "rt-sync", "rt-sys"];

pub(super) fn edges(files: &[CommittedFile]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let Some(name) = file.crate_name() else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
            complaints.push(format!("{name} is not in the layer table"));
            continue;
        };
        for dependency in dependencies(&file.text) {
            let is_ours = LAYERS.iter().any(|(layer, _)| *layer == dependency);
            if is_ours && !allowed.contains(&dependency) {
                complaints.push(format!("{name} may not depend on {dependency}"));
            }
        }
    }
    complaints
}

/// The names in the `[dependencies]` table of a manifest.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let lines = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let table = lines.take_while(|line| !line.starts_with('['));
    table.filter_map(|line| line.split(['.', '=', ' ']).next()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_is_not_in_the_table_is_reported() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\nbase.workspace = true\nlink = { path = \"x\" }\nsha2.workspace = true\n[dev-dependencies]\ncheck.workspace = true\n";
        let file = |path: &str| CommittedFile { path: path.to_owned(), text: manifest.to_owned() };
        assert_eq!(edges(&[file("crates/load/Cargo.toml")]), ["load may not depend on link"]);
        assert_eq!(edges(&[file("crates/new/Cargo.toml")]), ["new is not in the layer table"]);
    }
}
