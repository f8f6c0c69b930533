//! What a build saw of the world, and whether the world still looks like that.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base::{DirEntry, FileKind, Stamp, System};

use super::codec::{Reader, Writer};
use super::recorder::{Fact, Facts};
use super::{Key, hash};

/// A file that was changed this shortly before it was read may be changed again without a new stamp.
const YOUNG: Duration = Duration::from_secs(2);

/// The answers that a build got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Environment variables.
    pub(super) env: BTreeMap<String, Option<String>>,
    /// Paths with their links followed.
    pub(super) links: BTreeMap<PathBuf, Option<PathBuf>>,
    /// Files and directories.
    pub(super) paths: Facts,
}

/// What is in a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// The hash of the bytes, or of the listing.
    pub(super) fingerprint: Key,
    /// If what is there has this stamp, it has this content.
    pub(super) stamp: Option<Stamp>,
}

/// How a recorded world compares with the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every stamp is the same.
    Same,
    /// Every content is the same, but not every stamp; the manifest has the new ones now.
    Restamped,
    /// Something is different.
    Different,
}

/// The fingerprint of a directory.
pub(super) fn listing(entries: &[DirEntry]) -> Key {
    let mut writer = Writer::default();
    for entry in entries {
        writer.text(entry.name.as_bytes());
        writer.u8(kind_code(Some(entry.kind)));
        writer.u8(u8::from(entry.is_symlink));
    }
    hash(&writer.bytes)
}

impl Manifest {
    /// Forgets the stamps that say nothing because they were given shortly before `when`.
    pub(super) fn forget_young_stamps(&mut self, when: SystemTime) {
        for content in self.paths.values_mut().filter_map(|fact| fact.content.as_mut()) {
            content.stamp = content.stamp.filter(|stamp| is_old(stamp, when));
        }
    }

    /// Compares with the world as it is.
    pub(super) fn compare(&mut self, system: &dyn System) -> Verdict {
        let is_env_same = self.env.iter().all(|(name, value)| system.env(name) == *value);
        let are_links_same = self.links.iter().all(|(path, to)| system.canonicalize(path).ok() == *to);
        if !is_env_same || !are_links_same {
            return Verdict::Different;
        }
        let now = system.now();
        let mut verdict = Verdict::Same;
        for (path, fact) in &mut self.paths {
            match fact.compare(path, system, now) {
                Verdict::Different => return Verdict::Different,
                Verdict::Restamped => verdict = Verdict::Restamped,
                Verdict::Same => {}
            }
        }
        verdict
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u64(self.env.len() as u64);
        for (name, value) in &self.env {
            writer.text(name.as_bytes());
            write_option(writer, value.as_ref().map(String::as_bytes));
        }
        writer.u64(self.links.len() as u64);
        for (path, to) in &self.links {
            writer.text(path.as_os_str().as_bytes());
            write_option(writer, to.as_ref().map(|to| to.as_os_str().as_bytes()));
        }
        writer.u64(self.paths.len() as u64);
        for (path, fact) in &self.paths {
            writer.text(path.as_os_str().as_bytes());
            fact.write(writer);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut manifest = Manifest::default();
        for _ in 0..reader.u64()? {
            let name = text(reader)?;
            let value = read_option(reader)?.map(|value| String::from_utf8(value.to_vec()).ok());
            manifest.env.insert(name, value.flatten());
        }
        for _ in 0..reader.u64()? {
            let path = path(reader.text()?);
            manifest.links.insert(path, read_option(reader)?.map(self::path));
        }
        for _ in 0..reader.u64()? {
            let path = path(reader.text()?);
            manifest.paths.insert(path, Fact::read(reader)?);
        }
        Some(manifest)
    }
}

impl Fact {
    fn compare(&mut self, path: &Path, system: &dyn System, now: SystemTime) -> Verdict {
        let Some(content) = &mut self.content else {
            let kind = system.stat(path).ok().map(|metadata| metadata.kind);
            return if kind == self.kind { Verdict::Same } else { Verdict::Different };
        };
        let Ok(stamp) = system.stamp(path) else { return Verdict::Different };
        if content.stamp == Some(stamp) {
            return Verdict::Same;
        }
        let (fingerprint, has_links) = match self.kind {
            Some(FileKind::Directory) => match system.read_dir(path) {
                Ok(entries) => (listing(&entries), entries.iter().any(|entry| entry.is_symlink)),
                Err(_) => return Verdict::Different,
            },
            _ => match system.read(path) {
                Ok(bytes) => (hash(&bytes), false),
                Err(_) => return Verdict::Different,
            },
        };
        if fingerprint != content.fingerprint {
            return Verdict::Different;
        }
        if has_links || !is_old(&stamp, now) {
            return Verdict::Same;
        }
        content.stamp = Some(stamp);
        Verdict::Restamped
    }

    fn write(&self, writer: &mut Writer) {
        writer.u8(kind_code(self.kind));
        let Some(content) = &self.content else { return writer.u8(0) };
        writer.u8(1 + u8::from(content.stamp.is_some()));
        writer.key(&content.fingerprint);
        if let Some(stamp) = content.stamp {
            writer.u64(stamp.n_bytes);
            writer.i128(stamp.modified);
            writer.i128(stamp.changed);
            writer.u64(stamp.inode);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let kind = kind_of_code(reader.u8()?)?;
        let n_parts = reader.u8()?;
        if n_parts == 0 {
            return Some(Fact { kind, content: None });
        }
        let fingerprint = reader.key()?;
        let stamp = if n_parts == 1 { None } else { Some(read_stamp(reader)?) };
        Some(Fact { kind, content: Some(Content { fingerprint, stamp }) })
    }
}

fn read_stamp(reader: &mut Reader<'_>) -> Option<Stamp> {
    Some(Stamp {
        n_bytes: reader.u64()?,
        modified: reader.i128()?,
        changed: reader.i128()?,
        inode: reader.u64()?,
    })
}

/// Whether a later change would have given another stamp.
fn is_old(stamp: &Stamp, when: SystemTime) -> bool {
    let when = when.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(YOUNG);
    let when = i128::try_from(when.as_nanos()).unwrap_or(i128::MAX);
    stamp.modified < when && stamp.changed < when
}

fn kind_code(kind: Option<FileKind>) -> u8 {
    match kind {
        None => 0,
        Some(FileKind::File) => 1,
        Some(FileKind::Directory) => 2,
        Some(FileKind::Other) => 3,
    }
}

fn kind_of_code(code: u8) -> Option<Option<FileKind>> {
    match code {
        0 => Some(None),
        1 => Some(Some(FileKind::File)),
        2 => Some(Some(FileKind::Directory)),
        3 => Some(Some(FileKind::Other)),
        _ => None,
    }
}

fn write_option(writer: &mut Writer, value: Option<&[u8]>) {
    writer.u8(u8::from(value.is_some()));
    if let Some(value) = value {
        writer.text(value);
    }
}

fn read_option<'b>(reader: &mut Reader<'b>) -> Option<Option<&'b [u8]>> {
    match reader.u8()? {
        0 => Some(None),
        1 => reader.text().map(Some),
        _ => None,
    }
}

fn text(reader: &mut Reader<'_>) -> Option<String> {
    String::from_utf8(reader.text()?.to_vec()).ok()
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}
