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

/// Gives functions (`F`) and methods (`T.M`) the name `_`, so that the package may declare others. Positions do not change.
pub(crate) fn hide_functions(source: &mut [u8], names: &[String]) {
    for name in names {
        if let Some(place) = name_of_function(source, name) {
            source[place.clone()].fill(b' ');
            source[place.start] = b'_';
        }
    }
}

/// Where the name stands in the declaration of a function, which starts a line in formatted source.
fn name_of_function(source: &[u8], name: &str) -> Option<std::ops::Range<usize>> {
    let (receiver, name) = name.split_once('.').map_or((None, name), |(of, name)| (Some(of), name));
    let mut start = 0;
    for line in source.split_inclusive(|&byte| byte == b'\n') {
        let place = std::str::from_utf8(line).ok().and_then(|line| name_in_line(line, receiver, name));
        if let Some(place) = place {
            return Some(start + place..start + place + name.len());
        }
        start += line.len();
    }
    None
}

fn name_in_line(line: &str, receiver: Option<&str>, name: &str) -> Option<usize> {
    let mut rest = line.strip_prefix("func ")?;
    if let Some(receiver) = receiver {
        let (inside, behind) = rest.strip_prefix('(')?.split_once(") ")?;
        let ty = inside.rsplit([' ', '*']).next()?;
        rest = (ty == receiver).then_some(behind)?;
    }
    rest.strip_prefix(name)?.starts_with(['(', '[']).then(|| line.len() - rest.len())
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
    fn hidden_functions_leave_everything_else_in_place() {
        let mut source = b"func F(x int) {}\nfunc (v Value) call(f F) {}\nfunc (v *T) call() {}\n".to_vec();
        hide_functions(&mut source, &["Value.call".to_owned(), "F".to_owned(), "absent".to_owned()]);
        let hidden = "func _(x int) {}\nfunc (v Value) _   (f F) {}\nfunc (v *T) call() {}\n";
        assert_eq!(std::str::from_utf8(&source), Ok(hidden));
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
