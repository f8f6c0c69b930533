//! A [`System`] in which some files have the content of others: Go's `-overlay` flag.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base::{DirEntry, FileKind, FileMode, Metadata, Stamp, System};

/// Absolute paths to the files that stand in for them; nothing means that the file does not exist.
pub type Replacements = BTreeMap<PathBuf, Option<PathBuf>>;

/// Another system with replacements.
pub struct Replaced<'a> {
    system: &'a dyn System,
    files: Replacements,
    /// Directories that exist because a replaced file is below them.
    dirs: BTreeSet<PathBuf>,
}

impl<'a> Replaced<'a> {
    /// `system` with these replacements.
    pub fn new(system: &'a dyn System, files: Replacements) -> Self {
        let present = files.iter().filter(|(_, by)| by.is_some());
        let dirs = present.flat_map(|(path, _)| path.ancestors().skip(1).map(Path::to_owned)).collect();
        Replaced { system, files, dirs }
    }

    /// The path where the content of `path` is.
    fn actual<'p>(&'p self, path: &'p Path) -> io::Result<&'p Path> {
        match self.files.get(path) {
            None => Ok(path),
            Some(Some(by)) => Ok(by),
            Some(None) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The replaced names in a directory.
    fn names_in<'p>(&'p self, dir: &'p Path) -> impl Iterator<Item = (&'p str, FileKind, bool)> + 'p {
        let name = |path: &'p PathBuf| {
            let name = path.file_name()?.to_str()?;
            (path.parent() == Some(dir)).then_some(name)
        };
        let files = self.files.iter();
        let files = files.filter_map(move |(path, by)| Some((name(path)?, FileKind::File, by.is_some())));
        files.chain(self.dirs.iter().filter_map(move |path| Some((name(path)?, FileKind::Directory, true))))
    }
}

impl System for Replaced<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.system.read(self.actual(path)?)
    }

    fn write_atomic(&self, path: &Path, bytes: &[u8], mode: FileMode) -> io::Result<()> {
        self.system.write_atomic(path, bytes, mode)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let entries = self.system.read_dir(path);
        let entries = if self.dirs.contains(path) { entries.unwrap_or_default() } else { entries? };
        let mut by_name: BTreeMap<_, _> =
            entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        for (name, kind, is_present) in self.names_in(path) {
            if is_present {
                let entry = DirEntry { name: name.to_owned(), kind, is_symlink: false };
                by_name.insert(name.to_owned(), entry);
            } else {
                by_name.remove(name);
            }
        }
        Ok(by_name.into_values().collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Metadata> {
        let result = self.system.stat(self.actual(path)?);
        match result {
            Err(_) if self.dirs.contains(path) => {
                let modified = SystemTime::UNIX_EPOCH;
                Ok(Metadata { kind: FileKind::Directory, n_bytes: 0, modified })
            }
            other => other,
        }
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        self.system.stamp(self.actual(path)?)
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        self.system.touch(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        let is_ours = self.dirs.contains(path) || self.actual(path)? != path;
        self.system.canonicalize(path).or_else(|error| if is_ours { Ok(path.to_owned()) } else { Err(error) })
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.system.create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.system.rename(from, to)
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        self.system.remove_all(path)
    }

    fn env(&self, name: &str) -> Option<String> {
        self.system.env(name)
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        self.system.current_dir()
    }

    fn now(&self) -> SystemTime {
        self.system.now()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SystemMem;

    #[test]
    fn replaced_files_are_where_the_overlay_puts_them() {
        let below = SystemMem::with_files([("/m/a.go", "old"), ("/m/gone.go", "x"), ("/o/1", "new")]);
        let by = |path: &str| Some(PathBuf::from(path));
        let files = [("/m/a.go", by("/o/1")), ("/m/gone.go", None), ("/m/d/b.go", by("/o/1"))];
        let files = files.into_iter().map(|(path, by)| (PathBuf::from(path), by)).collect();
        let system = Replaced::new(&below, files);
        let names = |dir: &str| -> Vec<String> {
            system.read_dir(Path::new(dir)).unwrap().into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names("/m"), ["a.go", "d"]);
        assert_eq!(names("/m/d"), ["b.go"]);
        assert_eq!(system.read(Path::new("/m/a.go")).unwrap(), b"new");
        assert!(system.read(Path::new("/m/gone.go")).is_err() && !system.is_file(Path::new("/m/gone.go")));
        assert!(system.is_dir(Path::new("/m/d")) && system.is_file(Path::new("/m/d/b.go")));
        assert!(system.read_dir(Path::new("/none")).is_err());
    }
}
