//! A [`System`] that remembers what was asked of it and what it answered.
//!
//! A build sees the world only through [`System`], so the answers, together with the command line and the compiler itself,
//! determine what it makes. What it writes is not recorded.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base::{DirEntry, FileKind, FileMode, Metadata, Stamp, System};

use super::manifest::{self, Content, Manifest};

/// Passes everything on, and remembers.
pub struct Recorder<'a> {
    system: &'a dyn System,
    started: SystemTime,
    seen: Mutex<Manifest>,
}

impl<'a> Recorder<'a> {
    /// A recorder that has seen nothing yet.
    pub fn new(system: &'a dyn System) -> Self {
        Recorder { system, started: system.now(), seen: Mutex::default() }
    }

    /// What was seen.
    pub(super) fn manifest(&self) -> Manifest {
        let mut manifest = self.seen().clone();
        manifest.forget_young_stamps(self.started);
        manifest
    }

    fn seen(&self) -> MutexGuard<'_, Manifest> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the content of `path`; the stamp is from before it was read, so a change in between is noticed later.
    fn remember_content(&self, path: &Path, kind: FileKind, stamp: Option<Stamp>, fingerprint: super::Key) {
        let content = Content { fingerprint, stamp };
        let mut seen = self.seen();
        let fact = seen.paths.entry(path.to_owned()).or_default();
        fact.kind = Some(kind);
        fact.content.get_or_insert(content);
    }

    fn remember_kind(&self, path: &Path, kind: Option<FileKind>) {
        let mut seen = self.seen();
        let is_known = seen.paths.get(path).is_some_and(|fact| fact.content.is_some());
        if !is_known {
            seen.paths.entry(path.to_owned()).or_default().kind = kind;
        }
    }
}

impl System for Recorder<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let stamp = self.system.stamp(path).ok();
        let result = self.system.read(path);
        match &result {
            Ok(bytes) => self.remember_content(path, FileKind::File, stamp, super::hash(bytes)),
            Err(_) => self.remember_kind(path, self.system.stat(path).ok().map(|metadata| metadata.kind)),
        }
        result
    }

    fn write_atomic(&self, path: &Path, bytes: &[u8], mode: FileMode) -> io::Result<()> {
        self.system.write_atomic(path, bytes, mode)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let stamp = self.system.stamp(path).ok();
        let result = self.system.read_dir(path);
        match &result {
            Ok(entries) => {
                // What a link leads to can change while the directory does not.
                let has_links = entries.iter().any(|entry| entry.is_symlink);
                let stamp = stamp.filter(|_| !has_links);
                self.remember_content(path, FileKind::Directory, stamp, manifest::listing(entries));
            }
            Err(_) => self.remember_kind(path, self.system.stat(path).ok().map(|metadata| metadata.kind)),
        }
        result
    }

    fn stat(&self, path: &Path) -> io::Result<Metadata> {
        let result = self.system.stat(path);
        self.remember_kind(path, result.as_ref().ok().map(|metadata| metadata.kind));
        // Only the kind is recorded, so nobody gets to see the rest.
        result.map(|metadata| Metadata { n_bytes: 0, modified: SystemTime::UNIX_EPOCH, ..metadata })
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        self.system.stamp(path)
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        self.system.touch(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        let result = self.system.canonicalize(path);
        self.seen().links.insert(path.to_owned(), result.as_ref().ok().cloned());
        result
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
        let value = self.system.env(name);
        self.seen().env.insert(name.to_owned(), value.clone());
        value
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

/// What is known of one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fact {
    /// What is there, if anything.
    pub(super) kind: Option<FileKind>,
    /// What is in it, if somebody looked.
    pub(super) content: Option<Content>,
}

/// Facts by path.
pub(super) type Facts = BTreeMap<PathBuf, Fact>;
