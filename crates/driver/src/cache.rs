//! What is kept between runs: a directory of checked entries, found by the hash of what determined them.
//!
//! Four kinds of things are kept: executables by what was asked for, the manifests that say whether that still holds, the
//! machine code of functions by their optimised IR, and by the IR before that what became of them.
//!
//! **Terms.** A *key* is a SHA-256. An *entry* is a file `build/<kind>/<two digits>/<key>` under the cache directory.
//!
//! **Invariants**
//! 1. An entry appears whole, by a rename. A process that is killed leaves at most a temporary file, which trimming removes.
//! 2. Nothing is trusted for its name: the content of every entry is checked against a sum before it is used, and a wrong
//!    one is removed and made again.
//! 3. No process waits for another. Two that make the same entry write the same bytes.
//! 4. No failure to read or write here fails a build: the first one is kept as the [`Cache::complaint`].
//!
//! **Rejected:** a lock around the directory (a hung process would stop all others); an index file (it can disagree with
//! the directory).

mod closures;
mod codec;
mod executables;
mod functions;
mod manifest;
mod notes;
mod recorder;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use base::{FileMode, System};
use sha2::{Digest as _, Sha256};

pub use executables::{Found, Request};
pub(crate) use functions::Known;
pub use recorder::Recorder;

/// A SHA-256.
pub(crate) type Key = [u8; 32];

/// How much is kept; the entries that were used longest ago go first.
const LIMIT_BYTES: u64 = 2 << 30;
/// The directory is looked through at most this often.
const TRIM_INTERVAL: Duration = Duration::from_mins(10);
/// Entries count as used when they are younger than this, so that not every use writes to the disk.
const USE_INTERVAL: Duration = Duration::from_hours(1);
/// The file whose age says when the directory was last looked through.
const TRIM_MARK: &str = "trimmed";
/// The part of the cache directory that this module owns.
const HOME: &str = "build";

/// What kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A linked program; its key is the hash of its bytes, so it is an executable file as it is.
    Executable,
    /// What a build read, and which executable came out; followed by the sum of itself.
    Manifest,
    /// Functions of one package as machine code; followed by the sum of itself.
    Functions,
    /// What else is known about functions of one package; followed by the sum of itself.
    Notes,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Executable, Kind::Manifest, Kind::Functions, Kind::Notes];

    fn dir(self) -> &'static str {
        match self {
            Kind::Executable => "exe",
            Kind::Manifest => "manifest",
            Kind::Functions => "code",
            Kind::Notes => "notes",
        }
    }
}

/// The cache of one process.
pub struct Cache<'a> {
    system: &'a dyn System,
    home: Option<PathBuf>,
    complaint: OnceLock<String>,
}

/// The hash of some bytes.
pub(crate) fn hash(bytes: &[u8]) -> Key {
    Sha256::digest(bytes).into()
}

/// A text that tells this compiler from every other one, when that can be done.
pub(crate) fn compiler(system: &dyn System) -> Option<String> {
    let path = std::env::current_exe().ok()?;
    let stamp = system.stamp(&path).ok()?;
    Some(format!("{} {} {stamp:?}", env!("CARGO_PKG_VERSION"), path.display()))
}

impl<'a> Cache<'a> {
    /// The cache that the environment names. Nothing is created yet.
    pub fn open(system: &'a dyn System) -> Self {
        let home = load::goroot::cache_dir(system).map(|dir| dir.join(HOME));
        Cache { system, home, complaint: OnceLock::new() }
    }

    /// The first reason why something could not be kept, if any.
    pub fn complaint(&self) -> Option<&str> {
        self.complaint.get().map(String::as_str)
    }

    /// Removes every entry.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        let Some(home) = &self.home else { return Ok(()) };
        match self.system.remove_all(home) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The content of an entry that is there and right.
    pub(crate) fn get(&self, kind: Kind, key: &Key) -> Option<Vec<u8>> {
        let path = self.path(kind, key)?;
        let mut bytes = self.system.read(&path).ok()?;
        let is_right = match kind {
            Kind::Executable => hash(&bytes) == *key,
            Kind::Manifest | Kind::Functions | Kind::Notes => strip_sum(&mut bytes),
        };
        if !is_right {
            // If it cannot be removed, it is found to be wrong again the next time.
            let _is_removed = self.system.remove_all(&path).is_ok();
            return None;
        }
        self.mark_used(&path);
        Some(bytes)
    }

    /// Keeps an entry. The path of the file, when it could be written.
    pub(crate) fn put(&self, kind: Kind, key: &Key, content: &[u8]) -> Option<PathBuf> {
        let path = self.path(kind, key)?;
        let result = match kind {
            Kind::Executable => self.system.write_atomic(&path, content, FileMode::Executable),
            Kind::Manifest | Kind::Functions | Kind::Notes => {
                let with_sum = [content, &hash(content)].concat();
                self.system.write_atomic(&path, &with_sum, FileMode::Data)
            }
        };
        if let Err(error) = result {
            self.complaint.get_or_init(|| format!("cannot write the cache: {}: {error}", path.display()));
            return None;
        }
        self.trim_now_and_then();
        Some(path)
    }

    /// Where an entry is, whether or not it exists.
    pub(crate) fn path(&self, kind: Kind, key: &Key) -> Option<PathBuf> {
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(self.home.as_ref()?.join(kind.dir()).join(&name[..2]).join(name))
    }

    /// Tells trimming that the entry is wanted.
    fn mark_used(&self, path: &Path) {
        if self.age(path).is_some_and(|age| age > USE_INTERVAL) {
            // In a cache that cannot be written to nothing is trimmed either.
            let _is_marked = self.system.touch(path).is_ok();
        }
    }

    fn age(&self, path: &Path) -> Option<Duration> {
        let modified = self.system.stat(path).ok()?.modified;
        Some(self.system.now().duration_since(modified).unwrap_or_default())
    }

    fn trim_now_and_then(&self) {
        let Some(home) = &self.home else { return };
        let mark = home.join(TRIM_MARK);
        if self.age(&mark).is_none_or(|age| age > TRIM_INTERVAL)
            && self.system.write_atomic(&mark, b"", FileMode::Data).is_ok()
        {
            self.trim(LIMIT_BYTES);
        }
    }

    /// Removes what was used longest ago until three quarters of the limit are left, when there is more than the limit;
    /// and in any case the temporary files of processes that died.
    fn trim(&self, limit: u64) {
        let mut entries = Vec::new();
        for kind in Kind::ALL {
            let Some(home) = &self.home else { return };
            for dir in self.children(&home.join(kind.dir())) {
                entries.extend(self.children(&dir).into_iter().filter_map(|path| self.entry(path)));
            }
        }
        let n_bytes: u64 = entries.iter().map(|entry| entry.n_bytes).sum();
        let mut excess = if n_bytes > limit { n_bytes - limit / 4 * 3 } else { 0 };
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.age));
        for entry in entries {
            let is_abandoned = entry.is_temporary && entry.age > USE_INTERVAL;
            if is_abandoned || excess > 0 {
                // Another process may have been quicker.
                let _is_removed = self.system.remove_all(&entry.path).is_ok();
                excess = excess.saturating_sub(entry.n_bytes);
            }
        }
    }

    fn children(&self, dir: &Path) -> Vec<PathBuf> {
        let entries = self.system.read_dir(dir).unwrap_or_default();
        entries.into_iter().map(|entry| dir.join(entry.name)).collect()
    }

    fn entry(&self, path: PathBuf) -> Option<Entry> {
        let metadata = self.system.stat(&path).ok()?;
        let age = self.system.now().duration_since(metadata.modified).unwrap_or_default();
        let is_temporary = path.file_name()?.to_str()?.starts_with('.');
        Some(Entry { path, n_bytes: metadata.n_bytes, age, is_temporary })
    }
}

/// A file, as trimming sees it.
struct Entry {
    path: PathBuf,
    n_bytes: u64,
    age: Duration,
    is_temporary: bool,
}

/// Removes the sum at the end of an entry. Whether it was right.
fn strip_sum(bytes: &mut Vec<u8>) -> bool {
    let Some(n_content) = bytes.len().checked_sub(size_of::<Key>()) else { return false };
    let is_right = hash(&bytes[..n_content]) == bytes[n_content..];
    bytes.truncate(n_content);
    is_right
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SystemOs;
    use std::os::unix::fs::PermissionsExt as _;

    fn cache(dir: &Path) -> Cache<'static> {
        Cache { system: &SystemOs, home: Some(dir.join(HOME)), complaint: OnceLock::new() }
    }

    #[test]
    fn an_entry_that_was_cut_or_changed_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        for (kind, key) in
            [(Kind::Manifest, [1; 32]), (Kind::Functions, [2; 32]), (Kind::Executable, hash(b"content"))]
        {
            let path = cache.put(kind, &key, b"content").unwrap();
            assert_eq!(cache.get(kind, &key).unwrap(), b"content");
            let whole = SystemOs.read(&path).unwrap();
            for n_kept in 0..whole.len() {
                SystemOs.write_atomic(&path, &whole[..n_kept], FileMode::Data).unwrap();
                assert_eq!(cache.get(kind, &key), None, "{kind:?} cut to {n_kept}");
                assert!(!SystemOs.is_file(&path), "a wrong entry is removed");
            }
            let mut changed = whole;
            changed[3] ^= 1;
            SystemOs.write_atomic(&path, &changed, FileMode::Data).unwrap();
            assert_eq!(cache.get(kind, &key), None);
        }
    }

    #[test]
    fn trimming_removes_what_was_used_longest_ago_and_abandoned_files() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let long_ago = SystemOs.now() - 2 * USE_INTERVAL;
        let set_age = |path: &Path, n: u32| {
            let file = std::fs::File::open(path).unwrap();
            file.set_modified(long_ago - n * Duration::from_secs(60)).unwrap();
        };
        let paths: Vec<_> = (0..4_u8)
            .map(|n| {
                let path = cache.put(Kind::Manifest, &[n; 32], &[n; 968]).unwrap();
                set_age(&path, u32::from(n));
                path
            })
            .collect();
        let abandoned = paths[0].with_file_name(".tmpXYZ");
        SystemOs.write_atomic(&abandoned, b"", FileMode::Data).unwrap();
        set_age(&abandoned, 0);
        cache.get(Kind::Manifest, &[3; 32]).unwrap();
        cache.trim(3200);
        let left: Vec<_> = paths.iter().map(|path| SystemOs.is_file(path)).collect();
        assert_eq!(left, [true, false, false, true], "the last one was just used");
        assert!(!SystemOs.is_file(&abandoned));
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_a_complaint() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        SystemOs.write_atomic(&file, b"", FileMode::Data).unwrap();
        let cache = cache(&file);
        assert_eq!(cache.put(Kind::Manifest, &[0; 32], b""), None);
        assert!(cache.complaint().unwrap().starts_with("cannot write the cache: "));
    }

    #[test]
    fn an_executable_is_kept_executable() {
        let dir = tempfile::tempdir().unwrap();
        let path = cache(dir.path()).put(Kind::Executable, &hash(b"#!"), b"#!").unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o111, 0o111);
    }
}
