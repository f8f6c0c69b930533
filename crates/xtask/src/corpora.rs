//! What tests need and the repository does not hold: fetched once, kept in Groundhog's cache directory.
//!
//! Go's `test/` directory comes from Debian's `golang-1.27-src`, Go modules from Debian's packages of them, whose apt sources
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
/// The modules of the conformance set `debian`; what they import comes with them.
const MODULES: &[&str] = &[
    "golang-etcd-server-dev",
    "golang-github-avast-retry-go-dev",
    "golang-github-burntsushi-toml-dev",
    "golang-github-cenkalti-backoff-dev",
    "golang-github-coreos-bbolt-dev",
    "golang-github-go-chi-chi-dev",
    "golang-github-google-btree-dev",
    "golang-github-google-go-cmp-dev",
    "golang-github-google-uuid-dev",
    "golang-github-rs-zerolog-dev",
    "golang-github-spf13-cobra-dev",
    "golang-github-stretchr-testify-dev",
    "golang-github-yuin-goldmark-dev",
    "golang-go.uber-zap-dev",
    "golang-golang-x-sync-dev",
    "golang-golang-x-time-dev",
    "golang-google-grpc-dev",
    "golang-google-protobuf-dev",
    "golang-gopkg-yaml.v3-dev",
    // For the tests of yaml.
    "golang-gopkg-check.v1-dev",
];
/// Has files of the same names as its successor.
const SUPERSEDED: &str = "golang-github-golang-protobuf-1-3-dev";
const WRK: [&str; 2] = ["wrk", "libluajit-5.1-2"];
const INSTALLED: &str = "usr/share/go-1.27/test";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Fetches everything.
pub(crate) fn fetch_all() -> Result<()> {
    println!("standard library: {}", goroot()?.dir().display());
    println!("Go's tests: {}", go_tests()?.display());
    println!("grpc-go: {}", grpc()?.display());
    println!("modules of Debian: {}", debian()?.display());
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
        fetch_gopath(&goal, GRPC)
            .context("cannot fetch grpc-go (set GROUNDHOG_TOUR_GOPATH to do without)")?;
    }
    Ok(goal)
}

/// The GOPATH with Debian's modules and all that they import, once it was fetched.
pub(crate) fn debian_if_fetched() -> Result<Option<PathBuf>> {
    if let Some(dir) = SystemOs.env("GROUNDHOG_DEBIAN_GOPATH") {
        return Ok(Some(dir.into()));
    }
    let goal = home()?.join("gopath-debian");
    Ok(SystemOs.is_dir(&goal).then_some(goal))
}

/// The same, fetched if need be; `$GROUNDHOG_DEBIAN_GOPATH` names one that is already there.
pub(crate) fn debian() -> Result<PathBuf> {
    if let Some(dir) = debian_if_fetched()? {
        return Ok(dir);
    }
    let goal = home()?.join("gopath-debian");
    let fetch = || fetch_gopath(&goal, &with_dependencies(MODULES)?);
    fetch().context("cannot fetch Debian's modules (set GROUNDHOG_DEBIAN_GOPATH to do without)")?;
    Ok(goal)
}

/// wrk, which makes requests of HTTP, and the directory of the library that it needs; fetched if need be.
pub(crate) fn wrk() -> Result<(PathBuf, PathBuf)> {
    let goal = home()?.join("wrk");
    if !SystemOs.is_dir(&goal) {
        fetch_packages(&goal, "usr", &WRK).context("cannot fetch wrk")?;
    }
    Ok((goal.join("bin/wrk"), goal.join("lib/x86_64-linux-gnu")))
}

/// Debian's packages of Go modules among these and all that they depend on.
fn with_dependencies(packages: &[&str]) -> Result<Vec<String>> {
    let mut command = Command::new("apt-cache");
    command.args(["depends", "--recurse", "--important"]).args(packages);
    let text = String::from_utf8(output(&mut command)?)?;
    let is_module =
        |name: &&str| name.starts_with("golang-") && name.ends_with("-dev") && *name != SUPERSEDED;
    // A package stands at the start of a line, what it depends on is indented.
    let mut names: Vec<String> = text.lines().filter(is_module).map(str::to_owned).collect();
    names.sort();
    ensure!(
        packages.iter().all(|package| names.iter().any(|name| name == package)),
        "apt knows {names:?} only"
    );
    Ok(names)
}

/// Makes a GOPATH of Debian's packages of Go modules.
fn fetch_gopath<S: AsRef<str>>(goal: &Path, packages: &[S]) -> Result<()> {
    fetch_packages(goal, "usr/share/gocode", packages)
}

/// Downloads packages; `goal` becomes what all of them have in the directory `inside`.
fn fetch_packages<S: AsRef<str>>(goal: &Path, inside: &str, packages: &[S]) -> Result<()> {
    let home = home()?;
    SystemOs.create_dir_all(&home)?;
    let scratch = tempfile::Builder::new().prefix("fetching").tempdir_in(&home)?;
    let dir = scratch.path();
    let words: Vec<&str> = ["download"].into_iter().chain(packages.iter().map(AsRef::as_ref)).collect();
    apt(dir, &words, &[])?;
    let unpacked = dir.join("unpacked");
    for entry in SystemOs.read_dir(dir)?.into_iter().filter(|entry| entry.name.ends_with(".deb")) {
        run(Command::new("dpkg-deb").arg("-x").arg(dir.join(&entry.name)).arg(&unpacked))?;
    }
    SystemOs.rename(&unpacked.join(inside), goal)?;
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
    output(command).map(drop)
}

fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{:?}: {}", command.get_program(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}
