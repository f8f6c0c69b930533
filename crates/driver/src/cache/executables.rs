//! Executables by what was asked for, as long as everything that the build looked at is as it was.

use std::path::{Path, PathBuf};

use base::System;

use super::codec::{Reader, Writer};
use super::manifest::{Manifest, Verdict};
use super::{Cache, Key, Kind, Recorder, hash};

/// Something that can be built, as the command line names it.
pub struct Request {
    key: Key,
}

/// An executable in the cache.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// A file that can be executed, and may be removed at any time.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Request {
    /// What `words` ask for in the directory `dir`. There is none when the compiler cannot tell itself from another one.
    pub fn new(system: &dyn System, dir: &Path, words: &[String]) -> Option<Self> {
        let mut writer = Writer::default();
        writer.text(super::compiler(system)?.as_bytes());
        writer.text(dir.as_os_str().as_encoded_bytes());
        for word in words {
            writer.text(word.as_bytes());
        }
        Some(Request { key: hash(&writer.bytes) })
    }
}

impl Cache<'_> {
    /// The executable that building the request would make.
    pub fn find_executable(&self, request: &Request) -> Option<Found> {
        let entry = self.get(Kind::Manifest, &request.key)?;
        let mut reader = Reader { rest: &entry };
        let executable = reader.key()?;
        let mut manifest = Manifest::read(&mut reader)?;
        let verdict = manifest.compare(self.system);
        if verdict == Verdict::Different {
            return None;
        }
        let bytes = self.get(Kind::Executable, &executable)?;
        if verdict == Verdict::Restamped {
            self.put_manifest(request, &executable, &manifest);
        }
        Some(Found { path: self.path(Kind::Executable, &executable)?, bytes })
    }

    /// Keeps the executable that a build made of what it saw through `recorder`. Where it is, when it could be kept.
    pub fn keep_executable(
        &self,
        request: &Request,
        recorder: &Recorder<'_>,
        bytes: &[u8],
    ) -> Option<PathBuf> {
        let executable = hash(bytes);
        let path = self.put(Kind::Executable, &executable, bytes)?;
        self.put_manifest(request, &executable, &recorder.manifest());
        Some(path)
    }

    fn put_manifest(&self, request: &Request, executable: &Key, manifest: &Manifest) {
        let mut writer = Writer::default();
        writer.key(executable);
        manifest.write(&mut writer);
        self.put(Kind::Manifest, &request.key, &writer.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{FileMode, SystemOs};
    use std::time::{Duration, SystemTime};

    struct World {
        dir: tempfile::TempDir,
        home: PathBuf,
    }

    impl World {
        /// A directory with a file that is old enough for its stamp to count.
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let world = World { home: dir.path().join("cache"), dir };
            world.write("src/a.go", "a");
            world
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            SystemOs.write_atomic(&self.path(name), text.as_bytes(), FileMode::Data).unwrap();
        }

        fn cache(&self) -> Cache<'static> {
            let home = Some(self.home.clone());
            Cache { system: &SystemOs, home, complaint: std::sync::OnceLock::new() }
        }

        fn request(&self) -> Request {
            Request::new(&SystemOs, self.dir.path(), &["x".to_owned()]).unwrap()
        }

        /// Builds "the executable", which is what the directory holds.
        fn build(&self) {
            let recorder = Recorder::new(&SystemOs);
            let mut bytes = Vec::new();
            for entry in recorder.read_dir(&self.path("src")).unwrap() {
                bytes.extend(recorder.read(&self.path("src").join(entry.name)).unwrap());
            }
            recorder.is_file(&self.path("go.mod"));
            recorder.env("GROUNDHOG_NO_SUCH_VARIABLE");
            self.cache().keep_executable(&self.request(), &recorder, &bytes).unwrap();
        }

        fn found(&self) -> Option<Vec<u8>> {
            self.cache().find_executable(&self.request()).map(|found| found.bytes)
        }
    }

    #[test]
    fn an_executable_is_found_until_something_that_was_looked_at_changes() {
        let world = World::new();
        assert_eq!(world.found(), None);
        world.build();
        assert_eq!(world.found().unwrap(), b"a");
        for (name, text) in [("src/a.go", "b"), ("src/b.go", "b"), ("go.mod", "module m")] {
            world.write(name, text);
            assert_eq!(world.found(), None, "{name} is new");
            world.build();
            assert!(world.found().is_some());
        }
        SystemOs.remove_all(&world.path("src/b.go")).unwrap();
        assert_eq!(world.found(), None, "src/b.go is gone");
    }

    #[test]
    fn a_touched_file_with_the_same_content_changes_nothing() {
        let world = World::new();
        world.build();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        std::fs::File::open(world.path("src/a.go")).unwrap().set_modified(old).unwrap();
        assert_eq!(world.found().unwrap(), b"a");
        world.write("src/a.go", "a");
        assert_eq!(world.found().unwrap(), b"a");
    }

    #[test]
    fn a_change_that_keeps_size_and_time_is_noticed() {
        let world = World::new();
        let set_time = |name: &str| {
            let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
            std::fs::File::open(world.path(name)).unwrap().set_modified(old).unwrap();
        };
        set_time("src/a.go");
        world.build();
        world.write("src/a.go", "c");
        set_time("src/a.go");
        assert_eq!(world.found(), None);
    }

    #[test]
    fn manifests_survive_writing_and_reading() {
        let world = World::new();
        let recorder = Recorder::new(&SystemOs);
        recorder.read(&world.path("src/a.go")).unwrap();
        recorder.read_dir(&world.path("src")).unwrap();
        recorder.canonicalize(&world.path("src")).unwrap();
        recorder.env("PATH");
        let manifest = recorder.manifest();
        let mut writer = Writer::default();
        manifest.write(&mut writer);
        assert_eq!(Manifest::read(&mut Reader { rest: &writer.bytes }), Some(manifest));
        for n_kept in 0..writer.bytes.len() {
            assert_eq!(Manifest::read(&mut Reader { rest: &writer.bytes[..n_kept] }), None);
        }
    }

    #[test]
    fn another_wish_is_another_request() {
        let world = World::new();
        world.build();
        let other = Request::new(&SystemOs, world.dir.path(), &["y".to_owned()]).unwrap();
        assert_eq!(world.cache().find_executable(&other), None);
    }
}
