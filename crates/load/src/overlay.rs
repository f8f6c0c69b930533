//! The packages of the standard library that are ours: the directory `overlay/`, carried inside the program.

mod manifest;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

pub use manifest::{Entry, Mode, parse as parse_manifest};

/// `overlay/manifest.toml` as it was when Groundhog was built.
pub const MANIFEST: &str = include_str!("../../../overlay/manifest.toml");

/// Import path, file name, contents.
static FILES: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/overlay_files.rs"));

/// One replaced package.
#[derive(Debug)]
pub struct OverlayPackage {
    /// Its line in the manifest.
    pub entry: Entry,
    /// File names and contents, sorted by name.
    pub files: Vec<(&'static str, &'static [u8])>,
}

/// The overlay of the package `path` of the standard library, if there is one.
pub fn package(path: &str) -> Option<&'static OverlayPackage> {
    static PACKAGES: LazyLock<FxHashMap<String, OverlayPackage>> = LazyLock::new(|| {
        let entries = parse_manifest(MANIFEST).expect("build.rs refuses a broken manifest");
        let with_files = |entry: Entry| {
            let files = FILES.iter().filter(|(of, ..)| *of == entry.path);
            let files = files.map(|&(_, name, bytes)| (name, bytes)).collect();
            (entry.path.clone(), OverlayPackage { entry, files })
        };
        entries.into_iter().map(with_files).collect()
    });
    PACKAGES.get(path)
}

/// Every replaced package, in the order of the manifest.
pub fn entries() -> Vec<Entry> {
    parse_manifest(MANIFEST).expect("build.rs refuses a broken manifest")
}

/// A number that is different for every different overlay; cache keys contain it.
pub fn fingerprint() -> u64 {
    use std::hash::{BuildHasher as _, BuildHasherDefault};
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one((MANIFEST, FILES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_package_carries_its_files() {
        for entry in entries() {
            let package = package(&entry.path).expect("it is listed");
            assert!(!package.files.is_empty(), "{}", entry.path);
        }
        assert!(package("no/such/package").is_none());
    }

    #[test]
    fn a_manifest_is_read_strictly() {
        let text = "# why\n[[package]]\npath = \"a/b\"\nmode = \"files\"\ndrop = [\"x.go\", \"y.s\"]\nreason = \"because\"\n";
        let entries = parse_manifest(text).unwrap();
        assert_eq!(entries[0].drop, ["x.go", "y.s"]);
        assert_eq!(entries[0].mode, Mode::Files);
        let error = |text| parse_manifest(text).unwrap_err();
        assert_eq!(error("path = \"x\"\n"), "line 1: expected [[package]]");
        assert_eq!(error("[[package]]\npath = \"x\"\nmode = \"package\"\n"), "line 1: no reason");
        assert_eq!(error("[[package]]\nmode = \"some\"\n"), "line 2: unknown mode \"some\"");
        assert_eq!(error("[[package]]\nbogus\n"), "line 2: expected `key = value`");
    }
}
