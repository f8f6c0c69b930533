//! What tests need and the repository does not hold: fetched once, kept in Groundhog's cache directory.
//!
//! Go's `test/` directory comes from Debian's `golang-1.27-src`, and grpc-go from Debian's packages of it, whose apt sources
//! the machine already has. Nothing is installed on the system: packages are downloaded with apt's own checks and unpacked.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use base::{System as _, SystemOs};
use load::{Goroot, goroot};

const PACKAGE: &str = "golang-1.27-src";
/// grpc-go and what it imports.
const GRPC: &[&str] = &[
    "golang-google-grpc-dev",
    "golang-google-genproto-dev",
    "golang-google-protobuf-dev",
    "golang-github-golang-protobuf-1-5-dev",
    "golang-golang-x-net-dev",
    "golang-golang-x-sys-dev",
    "golang-golang-x-text-dev",
    "golang-glog-dev",
];
const INSTALLED: &str = "usr/share/go-1.27/test";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Fetches everything.
pub(crate) fn fetch_all() -> Result<()> {
    println!("standard library: {}", goroot()?.dir().display());
    println!("Go's tests: {}", go_tests()?.display());
    println!("grpc-go: {}", grpc()?.display());
    Ok(())
}

/// The standard library.
pub(crate) fn goroot() -> Result<Goroot> {
    testkit::oracle::find_goroot()
}

/// The corpora's directory in the cache.
fn home() -> Result<PathBuf> {
    Ok(goroot::cache_dir(&SystemOs).context("no directory for caches")?.join("corpora"))
}

/// Go's `test` directory; `$GROUNDHOG_GO_TESTS` names one that is already there.
pub(crate) fn go_tests() -> Result<PathBuf> {
    if let Some(dir) = SystemOs.env("GROUNDHOG_GO_TESTS") {
        let dir = PathBuf::from(dir);
        ensure!(
            SystemOs.is_dir(&dir.join("fixedbugs")),
            "GROUNDHOG_GO_TESTS={} has no fixedbugs",
            dir.display()
        );
        return Ok(dir);
    }
    let goal = home()?.join("go-tests");
    if !SystemOs.is_dir(&goal) {
        fetch_go_tests(&goal)
            .context("cannot fetch Go's test directory (set GROUNDHOG_GO_TESTS to do without)")?;
    }
    Ok(goal)
}

fn fetch_go_tests(goal: &Path) -> Result<()> {
    let home = home()?;
    SystemOs.create_dir_all(&home)?;
    let scratch = tempfile::Builder::new().prefix("fetching").tempdir_in(&home)?;
    let dir = scratch.path();
    // A mirror that already has the package under the machine's own sources is asked first.
    if apt(dir, &["download", PACKAGE], &[]).is_err() {
        let options = unstable_sources(dir)?;
        apt(dir, &["update"], &options)?;
        apt(dir, &["download", PACKAGE], &options)?;
    }
    let package = SystemOs.read_dir(dir)?.into_iter().find(|entry| entry.name.ends_with(".deb"));
    let package = dir.join(package.context("apt-get left no package")?.name);
    let unpacked = dir.join("unpacked");
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked))?;
    SystemOs.rename(&unpacked.join(INSTALLED), goal)?;
    Ok(())
}

/// A GOPATH with grpc-go and what it imports; `$GROUNDHOG_TOUR_GOPATH` names one that is already there.
pub(crate) fn grpc() -> Result<PathBuf> {
    if let Some(dir) = SystemOs.env("GROUNDHOG_TOUR_GOPATH") {
        return Ok(dir.into());
    }
    let goal = home()?.join("gopath-grpc");
    if !SystemOs.is_dir(&goal) {
        fetch_grpc(&goal).context("cannot fetch grpc-go (set GROUNDHOG_TOUR_GOPATH to do without)")?;
    }
    Ok(goal)
}

fn fetch_grpc(goal: &Path) -> Result<()> {
    let home = home()?;
    SystemOs.create_dir_all(&home)?;
    let scratch = tempfile::Builder::new().prefix("fetching").tempdir_in(&home)?;
    let dir = scratch.path();
    let words: Vec<&str> = ["download"].into_iter().chain(GRPC.iter().copied()).collect();
    apt(dir, &words, &[])?;
    let unpacked = dir.join("unpacked");
    for entry in SystemOs.read_dir(dir)?.into_iter().filter(|entry| entry.name.ends_with(".deb")) {
        run(Command::new("dpkg-deb").arg("-x").arg(dir.join(&entry.name)).arg(&unpacked))?;
    }
    SystemOs.rename(&unpacked.join("usr/share/gocode"), goal)?;
    Ok(())
}

/// The options that let apt see Debian's unstable suite without the system noticing.
fn unstable_sources(dir: &Path) -> Result<Vec<String>> {
    let mirror = mirror().context("no Debian mirror is configured for apt")?;
    for below in ["lists/partial", "cache/archives/partial"] {
        SystemOs.create_dir_all(&dir.join(below))?;
    }
    let list = dir.join("sources.list");
    let line = format!("deb [signed-by={KEYRING}] {mirror} sid main\n");
    SystemOs.write_atomic(&list, line.as_bytes(), base::FileMode::Data)?;
    let dir = dir.display();
    Ok(vec![
        format!("Dir::Etc::sourcelist={}", list.display()),
        "Dir::Etc::sourceparts=-".to_owned(),
        format!("Dir::State::lists={dir}/lists"),
        format!("Dir::Cache={dir}/cache"),
    ])
}

/// The first mirror that the machine's own sources name.
fn mirror() -> Option<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    let parts = Path::new("/etc/apt/sources.list.d");
    files.extend(SystemOs.read_dir(parts).unwrap_or_default().iter().map(|entry| parts.join(&entry.name)));
    let texts = files.iter().filter_map(|file| SystemOs.read(file).ok());
    let words: Vec<String> = texts
        .flat_map(|text| {
            String::from_utf8_lossy(&text).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    words.into_iter().find(|word| word.starts_with("http") && word.trim_end_matches('/').ends_with("/debian"))
}

fn apt(dir: &Path, args: &[&str], options: &[String]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.arg("-qq").args(["-o", "APT::Sandbox::User=root"]);
    for option in options {
        command.args(["-o", option]);
    }
    run(command.args(args).current_dir(dir))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{:?}: {}", command.get_program(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
