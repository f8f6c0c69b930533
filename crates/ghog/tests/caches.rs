//! The caches under bad conditions: killed builds, many builds at once, directories that cannot be written.
//!
//! `GROUNDHOG_N_KILLS` is how many builds are killed (`cargo xtask robust` asks for 200).

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use base::{FileMode, System as _, SystemOs};

const PROGRAM: &str = "package main\n\nfunc main() { println(\"hello\", N) }\n";

/// A directory with a program and a cache.
struct World {
    dir: tempfile::TempDir,
    goroot: PathBuf,
}

impl World {
    fn new() -> Self {
        let goroot = testkit::oracle::find_goroot().expect("the standard library").dir().to_owned();
        let world = World { dir: tempfile::tempdir().expect("a scratch directory"), goroot };
        world.edit(0);
        world
    }

    fn edit(&self, n: usize) {
        let text = PROGRAM.replace('N', &n.to_string());
        SystemOs
            .write_atomic(&self.path("main.go"), text.as_bytes(), FileMode::Data)
            .expect("a written file");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn ghog(&self, cache: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ghog"));
        command.args(args).current_dir(self.dir.path());
        command.env("GROUNDHOG_CACHE", cache).env("GROUNDHOG_GOROOT", &self.goroot);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self) -> Output {
        self.ghog(&self.path("cache"), &["run", "main.go"]).output().expect("ghog starts")
    }

    /// The names of everything in the directory and in the cache below it.
    fn temporary_files(&self) -> Vec<String> {
        let entries = SystemOs.read_dir(self.dir.path()).expect("a listing");
        entries.into_iter().map(|entry| entry.name).filter(|name| name.starts_with(".tmp")).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn assert_says(output: &Output, n: usize) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert_eq!((out.as_str(), err.as_str()), ("", &*format!("hello {n}\n")));
}

#[test]
fn a_build_that_was_killed_harms_no_later_one() {
    let world = World::new();
    let n_kills = SystemOs.env("GROUNDHOG_N_KILLS").and_then(|n| n.parse().ok()).unwrap_or(4);
    let start = SystemOs.monotonic();
    assert_says(&world.run(), 0);
    let whole = SystemOs.monotonic() - start;
    for n in 1..=n_kills {
        world.edit(n);
        let mut child = world.ghog(&world.path("cache"), &["run", "main.go"]).spawn().unwrap();
        // The moments cover a whole build evenly, in an order that is not the order of time.
        let moment = whole * ((n * 7919 % 100) as u32) / 100;
        let deadline = SystemOs.monotonic() + moment;
        while SystemOs.monotonic() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if n % 4 == 0 {
            assert_says(&world.run(), n);
        }
    }
    assert_says(&world.run(), n_kills);
}

#[test]
fn four_builds_at_once_share_the_cache() {
    let world = World::new();
    let children: Vec<_> =
        (0..4).map(|_| world.ghog(&world.path("cache"), &["run", "main.go"]).spawn().unwrap()).collect();
    for child in children {
        assert_says(&child.wait_with_output().unwrap(), 0);
    }
    assert_says(&world.run(), 0);
}

/// The files below a directory.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = SystemOs.read_dir(dir).expect("a listing");
    let below = |entry: base::DirEntry| {
        let path = dir.join(entry.name);
        if SystemOs.is_dir(&path) { files_below(&path) } else { vec![path] }
    };
    entries.into_iter().flat_map(below).collect()
}

#[test]
fn functions_that_were_cut_or_changed_are_compiled_again() {
    let world = World::new();
    assert_says(&world.run(), 0);
    let packs = files_below(&world.path("cache").join("build/code"));
    let notes = files_below(&world.path("cache").join("build/notes"));
    assert!(packs.len() > 5 && packs.len() == notes.len(), "one for each package: {packs:?} {notes:?}");
    for (n, pack) in packs.iter().chain(&notes).enumerate() {
        let mut bytes = SystemOs.read(pack).expect("a pack");
        let at = bytes.len() * (n % 7) / 7;
        match n % 3 {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1,
            _ => {}
        }
        SystemOs.write_atomic(pack, &bytes, FileMode::Data).expect("a written file");
    }
    world.edit(1);
    assert_says(&world.run(), 1);
    let whole = |pack: &PathBuf| SystemOs.stat(pack).expect("a pack").n_bytes;
    let n_bytes: Vec<u64> = packs.iter().map(whole).collect();
    world.edit(2);
    assert_says(&world.run(), 2);
    let again: Vec<u64> = packs.iter().map(whole).collect();
    let n_different = n_bytes.iter().zip(&again).filter(|(before, after)| before != after).count();
    assert!(n_different <= 2, "only main and what calls it: {n_different} of {}", packs.len());
}

/// A program in which functions see much of each other, and what it prints.
const EDITED: &str = r#"package main

const size = 3

type point struct{ x, y int }

type shape interface{ area() int }

type named interface{ name() string }

type square struct{ side int }

func (s square) area() int    { return s.side * s.side }
func (s square) name() string { return "square" }

var kept *point

func leaf(n int) int   { return n + 1 }
func middle(n int) int { return leaf(n) * 2 }
func top(n int) int    { return middle(n) + middle(n+1) }

func store(p *point) int { return p.x }
func passes() int        { p := point{x: 7}; return store(&p) + p.y }

//go:noinline
func each(f func(int) int) (sum int) {
	for i := range size {
		sum += f(i)
	}
	return sum
}

func even(n int) bool { return n == 0 || odd(n-1) }
func odd(n int) bool  { return n != 0 && even(n-1) }

//go:noinline
func show(v any) int {
	if s, is := v.(shape); is {
		return s.area()
	}
	return -1
}

func main() {
	k := 10
	f := func(i int) int { return i*k + top(i) }
	println(top(1), passes(), each(f), even(10), show(square{4}), kept == nil)
}
"#;
/// What is replaced by what in it, one after the other, and what it prints then.
const EDITS: &[(&str, &str, &str)] = &[
    ("return n + 1", "return n + 2", "14 7 72 true 16 true"),
    ("size = 3", "size = 4", "14 7 124 true 16 true"),
    ("{ x, y int }", "{ z, y, x int }", "14 7 124 true 16 true"),
    ("int { return p.x }", "int { kept = p; p.y = 1; return p.x }", "14 8 124 true 16 false"),
    ("return n == 0 || odd(n-1)", "return n != 0 && odd(n-1)", "14 8 124 false 16 false"),
    (
        "return s.area()",
        "if n, is := v.(named); is { return s.area() + len(n.name()) }",
        "14 8 124 false 22 false",
    ),
    ("func (s square) area", "func (s *square) area", "14 8 124 false -1 false"),
    ("i*k + top(i)", "i*k - top(i)", "14 8 -4 false -1 false"),
];

#[test]
fn an_executable_is_the_same_whether_or_not_its_functions_were_kept() {
    let world = World::new();
    let build = |cache: &str, out: &str| {
        let output = world.ghog(&world.path(cache), &["build", "-o", out, "main.go"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        SystemOs.read(&world.path(out)).expect("an executable")
    };
    let mut program = EDITED.to_owned();
    for (n, (old, new, said)) in [("", "", "10 7 60 true 16 true")].iter().chain(EDITS).enumerate() {
        assert!(program.contains(old), "{old}");
        program = program.replacen(old, new, 1);
        SystemOs.write_atomic(&world.path("main.go"), program.as_bytes(), FileMode::Data).unwrap();
        let (warm, cold) = (build("cache", "warm"), build(&format!("other{n}"), "cold"));
        assert!(warm == cold, "what is in a cache changes no byte: {new}");
        let output = Command::new(world.path("warm")).output().unwrap();
        assert_eq!(text(&output.stderr), format!("{said}\n"), "{new}");
    }
}

#[test]
fn a_comment_at_the_end_changes_no_byte() {
    // Names contain places in packages: they must not move when another package grows.
    let world = World::new();
    let build = |n: usize, program: &str| {
        SystemOs.write_atomic(&world.path("main.go"), program.as_bytes(), FileMode::Data).unwrap();
        let command = &["build", "-o", "out", "main.go"];
        let output = world.ghog(&world.path(&format!("cache{n}")), command).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        SystemOs.read(&world.path("out")).expect("an executable")
    };
    assert!(build(0, EDITED) == build(1, &format!("{EDITED}\n// The end.\n")));
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let world = World::new();
    // Nobody, whatever their rights, makes a directory below a file.
    let cache = world.path("main.go").join("cache");
    let output = world.ghog(&cache, &["run", "main.go"]).output().unwrap();
    let err = text(&output.stderr);
    let lines: Vec<_> = err.lines().collect();
    assert!(output.status.success() && lines.len() == 2, "{err}");
    assert!(lines[0].starts_with("ghog: warning: cannot write the cache: "), "{err}");
    assert_eq!(lines[1], "hello 0");
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let world = World::new();
    let script =
        format!("trap '' XFSZ; ulimit -f 64; exec {} build -o out main.go", env!("CARGO_BIN_EXE_ghog"));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(world.dir.path());
    command.env("GROUNDHOG_CACHE", world.path("cache")).env("GROUNDHOG_GOROOT", &world.goroot);
    let output = command.output().unwrap();
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(err.lines().count(), 2, "a warning about the cache and the failure: {err}");
    assert!(!SystemOs.is_file(&world.path("out")));
    assert_eq!(world.temporary_files(), [""; 0]);
    assert_says(&world.run(), 0);
}
