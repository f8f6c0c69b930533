//! The outside world as one trait: files, the environment and the clock.
//!
//! Nothing else in the compiler calls `std::fs`, `std::env` or a clock (`clippy.toml` sees to it), so a test can run the
//! whole of it on [`SystemMem`].

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// What a path leads to, symbolic links followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A device, a pipe, a socket.
    Other,
}

/// What [`System::stat`] knows about a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Its length, for files.
    pub n_bytes: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// What tells one state of a file or directory from another without reading it. Equal stamps mean equal content, unless
/// the stamp is as young as the clock is coarse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Stamp {
    /// The length.
    pub n_bytes: u64,
    /// When the content was last changed, in nanoseconds since 1970; anybody may set it.
    pub modified: i128,
    /// When anything about it was last changed, in nanoseconds since 1970; nobody can set it.
    pub changed: i128,
    /// Its number in the file system.
    pub inode: u64,
}

/// One name in a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirEntry {
    /// The name, without its directory. Names that are not UTF-8 are not listed: no Go tool could name them either.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Whether the name is a symbolic link to it.
    pub is_symlink: bool,
}

/// How a file is created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileMode {
    /// Data, readable by all.
    Data,
    /// A program.
    Executable,
}

/// Files, environment and clock.
pub trait System: Send + Sync {
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Makes `path` hold `bytes`, creating directories on the way; a reader sees all of the old or all of the new.
    fn write_atomic(&self, path: &Path, bytes: &[u8], mode: FileMode) -> io::Result<()>;
    /// The names in a directory, sorted.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>>;
    /// What `path` leads to.
    fn stat(&self, path: &Path) -> io::Result<Metadata>;
    /// The stamp of what `path` leads to.
    fn stamp(&self, path: &Path) -> io::Result<Stamp>;
    /// Makes the file one that was changed now.
    fn touch(&self, path: &Path) -> io::Result<()>;
    /// `path` made absolute, with every symbolic link followed.
    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf>;
    /// Makes a directory and its parents.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Moves a file or directory, atomically.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file, or a directory with all that is in it.
    fn remove_all(&self, path: &Path) -> io::Result<()>;
    /// An environment variable.
    fn env(&self, name: &str) -> Option<String>;
    /// The directory that relative paths start from.
    fn current_dir(&self) -> io::Result<PathBuf>;
    /// The time of day.
    fn now(&self) -> SystemTime;
    /// A clock for measuring, which never goes back.
    fn monotonic(&self) -> Duration;

    /// Whether `path` is a regular file.
    fn is_file(&self, path: &Path) -> bool {
        self.stat(path).is_ok_and(|metadata| metadata.kind == FileKind::File)
    }

    /// Whether `path` is a directory.
    fn is_dir(&self, path: &Path) -> bool {
        self.stat(path).is_ok_and(|metadata| metadata.kind == FileKind::Directory)
    }
}

/// The operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemOs;

#[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
impl System for SystemOs {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn write_atomic(&self, path: &Path, bytes: &[u8], mode: FileMode) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let permissions = std::fs::Permissions::from_mode(match mode {
            FileMode::Data => 0o644,
            FileMode::Executable => 0o755,
        });
        let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(directory)?;
        file.write_all(bytes)?;
        // Closed before it has its name: the kernel executes no file that somebody may still write to.
        file.into_temp_path().persist(path)?;
        Ok(())
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let file_type = entry.file_type()?;
            // A dangling link is neither file nor directory.
            let kind = if file_type.is_symlink() {
                std::fs::metadata(entry.path())
                    .map_or(FileKind::Other, |metadata| kind_of(metadata.file_type()))
            } else {
                kind_of(file_type)
            };
            entries.push(DirEntry { name, kind, is_symlink: file_type.is_symlink() });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn stat(&self, path: &Path) -> io::Result<Metadata> {
        let metadata = std::fs::metadata(path)?;
        Ok(Metadata {
            kind: kind_of(metadata.file_type()),
            n_bytes: metadata.len(),
            modified: metadata.modified()?,
        })
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(path)?;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Ok(Stamp {
            n_bytes: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        })
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        std::fs::File::open(path)?.set_modified(SystemTime::now())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        std::fs::canonicalize(path)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        if std::fs::symlink_metadata(path)?.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        }
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        std::env::current_dir()
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        static START: std::sync::LazyLock<std::time::Instant> =
            std::sync::LazyLock::new(std::time::Instant::now);
        START.elapsed()
    }
}

fn kind_of(file_type: std::fs::FileType) -> FileKind {
    if file_type.is_dir() {
        FileKind::Directory
    } else if file_type.is_file() {
        FileKind::File
    } else {
        FileKind::Other
    }
}

/// A world in memory: files and variables that a test puts there, and a clock that stands still.
///
/// Paths are taken as they are written; the current directory is `/`. A directory exists while a file is under it or
/// [`System::create_dir_all`] made it.
#[derive(Debug, Default)]
pub struct SystemMem {
    files: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
    directories: Mutex<BTreeMap<PathBuf, ()>>,
    env: FxHashMap<String, String>,
}

impl SystemMem {
    /// A world with these files.
    pub fn with_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter().map(|(path, text)| (absolute(Path::new(path)), text.into())).collect();
        Self { files: Mutex::new(files), ..Self::default() }
    }

    /// The same world, with this environment variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn directories(&self) -> MutexGuard<'_, BTreeMap<PathBuf, ()>> {
        self.directories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every path that exists below `path`, with its kind.
    fn below(&self, path: &Path) -> Vec<(PathBuf, FileKind)> {
        let files = self.files().keys().map(|path| (path.clone(), FileKind::File)).collect::<Vec<_>>();
        let directories =
            self.directories().keys().map(|path| (path.clone(), FileKind::Directory)).collect::<Vec<_>>();
        let mut all = files;
        all.extend(directories);
        all.retain(|(other, _)| other.starts_with(path) && other != path);
        all
    }
}

fn absolute(path: &Path) -> PathBuf {
    Path::new("/").join(path).components().filter(|part| *part != std::path::Component::CurDir).collect()
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl System for SystemMem {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files().get(&absolute(path)).cloned().ok_or_else(not_found)
    }

    fn write_atomic(&self, path: &Path, bytes: &[u8], _mode: FileMode) -> io::Result<()> {
        self.files().insert(absolute(path), bytes.to_vec());
        Ok(())
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        if self.stat(path)?.kind != FileKind::Directory {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let path = absolute(path);
        let mut names = BTreeMap::new();
        for (below, kind) in self.below(&path) {
            let mut parts = below.strip_prefix(&path).expect("it is below").components();
            let Some(name) = parts.next() else { continue };
            let kind = if parts.next().is_some() { FileKind::Directory } else { kind };
            names.insert(name.as_os_str().to_string_lossy().into_owned(), kind);
        }
        Ok(names.into_iter().map(|(name, kind)| DirEntry { name, kind, is_symlink: false }).collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Metadata> {
        let path = absolute(path);
        let modified = SystemTime::UNIX_EPOCH;
        if let Some(bytes) = self.files().get(&path) {
            return Ok(Metadata { kind: FileKind::File, n_bytes: bytes.len() as u64, modified });
        }
        let exists =
            path == Path::new("/") || self.directories().contains_key(&path) || !self.below(&path).is_empty();
        if exists {
            Ok(Metadata { kind: FileKind::Directory, n_bytes: 0, modified })
        } else {
            Err(not_found())
        }
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        self.stat(path).map(|metadata| Stamp { n_bytes: metadata.n_bytes, ..Stamp::default() })
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        self.stat(path).map(|_| ())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.stat(path).map(|_| absolute(path))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.directories().insert(absolute(path), ());
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (absolute(from), absolute(to));
        self.stat(&from)?;
        let mut files = self.files();
        let moved: Vec<PathBuf> = files.keys().filter(|path| path.starts_with(&from)).cloned().collect();
        for path in moved {
            let bytes = files.remove(&path).expect("it was listed");
            let rest = path.strip_prefix(&from).expect("it is below");
            files.insert(to.join(rest).components().collect(), bytes);
        }
        Ok(())
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        let path = absolute(path);
        self.stat(&path)?;
        self.files().retain(|other, _| !other.starts_with(&path));
        self.directories().retain(|other, ()| !other.starts_with(&path));
        Ok(())
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        Ok(PathBuf::from("/"))
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_lists_directories_from_paths() {
        let system =
            SystemMem::with_files([("m/go.mod", "module m"), ("m/a/x.go", "x"), ("m/a/b/y.go", "y")]);
        let names = |path: &str| -> Vec<String> {
            system.read_dir(Path::new(path)).unwrap().into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names("/m"), ["a", "go.mod"]);
        assert_eq!(names("m/a"), ["b", "x.go"]);
        assert!(system.is_dir(Path::new("/m/a/b")) && system.is_file(Path::new("/m/a/b/y.go")));
        assert_eq!(system.read_dir(Path::new("/none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn memory_moves_and_removes_whole_directories() {
        let system = SystemMem::with_files([("a/x", "1"), ("a/d/y", "2"), ("ab", "3")]);
        system.rename(Path::new("a"), Path::new("c")).unwrap();
        assert_eq!(system.read(Path::new("/c/d/y")).unwrap(), b"2");
        assert!(!system.is_dir(Path::new("/a")));
        system.remove_all(Path::new("c")).unwrap();
        assert!(system.read(Path::new("/c/x")).is_err());
        assert_eq!(system.read(Path::new("/ab")).unwrap(), b"3");
    }

    #[test]
    fn writing_replaces_and_creates_directories() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/file");
        SystemOs.write_atomic(&path, b"one", FileMode::Data).unwrap();
        SystemOs.write_atomic(&path, b"two", FileMode::Executable).unwrap();
        assert_eq!(SystemOs.read(&path).unwrap(), b"two");
        let names = SystemOs.read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(names.len(), 1, "no temporary file is left behind");
        assert_eq!(SystemOs.stat(&path).unwrap().n_bytes, 3);
        assert_eq!(SystemOs.stamp(&path).unwrap().n_bytes, 3);
    }

    #[test]
    fn another_file_of_the_same_name_has_another_stamp() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        SystemOs.write_atomic(&path, b"one", FileMode::Data).unwrap();
        let old = SystemOs.stamp(&path).unwrap();
        assert_eq!(SystemOs.stamp(&path).unwrap(), old);
        SystemOs.write_atomic(&path, b"two", FileMode::Data).unwrap();
        SystemOs.touch(&path).unwrap();
        assert_ne!(SystemOs.stamp(&path).unwrap(), old);
    }
}
