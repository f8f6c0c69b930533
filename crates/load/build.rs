//! Puts the overlay directory into the library, so that a lone `ghog` binary carries it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "src/overlay/manifest.rs"]
#[expect(unreachable_pub, reason = "the same file is a module of the library")]
mod manifest;

#[expect(clippy::disallowed_methods, reason = "a build script stands outside of base::System")]
fn main() {
    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../overlay");
    println!("cargo::rerun-if-changed={}", overlay.display());
    println!("cargo::rerun-if-changed=src/overlay/manifest.rs");
    let text = fs::read_to_string(overlay.join("manifest.toml")).expect("overlay/manifest.toml is readable");
    let entries = manifest::parse(&text).unwrap_or_else(|error| panic!("overlay/manifest.toml: {error}"));
    let mut table = String::from("&[\n");
    for entry in &entries {
        let dir = overlay.join(&entry.path);
        let files = source_files(&dir);
        assert!(!files.is_empty(), "overlay/manifest.toml: {} has no files in {}", entry.path, dir.display());
        for file in files {
            let name = file.file_name().expect("it was listed in a directory").to_string_lossy();
            let row =
                format!("({:?}, {name:?}, include_bytes!({:?})),", entry.path, file.display().to_string());
            writeln!(table, "{row}").expect("writing to a string cannot fail");
        }
    }
    table.push(']');
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("overlay_files.rs"), table).expect("OUT_DIR is writable");
}

fn source_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the overlay is readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "go" || extension == "s"));
    files.sort();
    files
}
