//! What `ghog check` says about bad input: Go's words, and Go's exit status.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of it")]

use std::path::Path;
use std::process::{Command, Output};

/// A directory with a module of these files, and the command in it.
struct World(tempfile::TempDir);

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::Builder::new().prefix("bad").tempdir().unwrap();
        for (name, text) in [("go.mod", "module m\n\ngo 1.27\n")].iter().chain(files) {
            base::System::write_atomic(
                &base::SystemOs,
                &dir.path().join(name),
                text.as_bytes(),
                base::FileMode::Data,
            )
            .unwrap();
        }
        Self(dir)
    }

    fn command(&self, program: &str, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path());
        for name in ["GOFLAGS", "GOENV", "GO111MODULE", "GOWORK"] {
            command.env(name, if name == "GOENV" || name == "GOWORK" { "off" } else { "" });
        }
        command.output().unwrap()
    }

    /// The exit status and everything that was printed, with the directory as DIR.
    fn check(&self, args: &[&str]) -> String {
        let args = [&["check"][..], args].concat();
        let output = self.command(env!("CARGO_BIN_EXE_ghog"), &args);
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = text.concat().replace(&self.dir(), "DIR");
        format!("{}\n{text}", output.status.code().unwrap())
    }

    fn dir(&self) -> String {
        let dir: &Path = self.0.path();
        dir.display().to_string()
    }
}

#[test]
fn what_is_not_there_is_named() {
    let world = World::new(&[("x.go", "package main\n\nfunc main() {}\n"), ("empty/README", "")]);
    assert_eq!(world.check(&["./nosuch"]), "1\nstat DIR/nosuch: directory not found\n");
    assert_eq!(world.check(&["./empty"]), "1\nno Go files in DIR/empty\n");
    assert!(world.check(&["nosuch"]).starts_with("1\npackage nosuch is not in std ("));
    let missing =
        "1\nno required module provides package example.com/a; to add it:\n\tgo get example.com/a\n";
    assert_eq!(world.check(&["example.com/a"]), missing);
    let module = "1\nno required module provides package y.go; to add it:\n\tgo get y.go\n";
    assert_eq!(world.check(&["y.go"]), module);
    assert_eq!(world.check(&["x.go", "y.go"]), "1\nstat y.go: no such file or directory\n");
    assert_eq!(world.check(&["x.go", "y.txt"]), "1\nnamed files must be .go files: y.txt\n");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let world = World::new(&[("p/p.go", "package p\n")]);
    std::os::unix::fs::symlink("/nonexistent", world.0.path().join("p/q.go")).unwrap();
    assert_eq!(world.check(&["./p"]), "1\nopen DIR/p/q.go: no such file or directory\n");
}

#[test]
fn a_directory_is_not_a_file() {
    let world = World::new(&[("x.go", "package main\n"), ("y.go/README", "")]);
    let not_a_file = "1\ny.go is a directory, should be a Go file\n";
    assert_eq!(world.check(&["x.go", "y.go"]), not_a_file);
    assert_eq!(world.check(&["."]), "0\n");
}

#[test]
fn the_head_of_a_file_is_read_with_the_go_commands_words() {
    let world = World::new(&[
        ("x.go", "func main() {}\n"),
        ("empty.go", ""),
        ("nul.go", "package p\n\0"),
        ("p/p.go", "package p\n\0"),
        ("q/q.go", "pakage q\n"),
        ("r/r.go", "package r\n\nimport _ \"m/q\"\n"),
    ]);
    assert_eq!(world.check(&["x.go"]), "1\nx.go:1:1: expected 'package', found 'func'\n");
    assert_eq!(world.check(&["empty.go"]), "1\nempty.go:1:1: expected 'package', found 'EOF'\n");
    assert_eq!(world.check(&["nul.go"]), "1\ngo: reading nul.go: unexpected NUL in input\n");
    assert_eq!(world.check(&["./p"]), "1\nread DIR/p/p.go: unexpected NUL in input\n");
    assert_eq!(world.check(&["./r"]), "1\nq/q.go:1:1: expected 'package', found pakage\n");
}

#[test]
fn more_source_than_fits_is_refused() {
    let world = World::new(&[("go.sum", "")]);
    // A hole: it takes no room on the disk, and is refused unread.
    std::fs::File::create(world.0.path().join("x.go")).unwrap().set_len(5 << 30).unwrap();
    assert_eq!(world.check(&["x.go"]), "1\nx.go: more than 4 GB of source in one program\n");
}

#[test]
fn what_is_no_program_is_only_compiled() {
    let world = World::new(&[
        ("p/p.go", "package p\n"),
        ("bad/bad.go", "package bad\n\nvar x int = 1.5\n"),
        ("m.go", "package main\n"),
    ]);
    let build = |args: &[&str]| {
        let args = [&["build"][..], args].concat();
        let output = world.command(env!("CARGO_BIN_EXE_ghog"), &args);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(build(&["./p"]), (Some(0), String::new()));
    let bad = "# m/bad\nbad/bad.go:3:13: cannot use 1.5 (untyped float constant) as int value in variable declaration (truncated)\n";
    assert_eq!(build(&["./p", "./bad"]), (Some(1), bad.to_owned()));
    let undeclared = "# m\nruntime.main_main·f: function main is undeclared in the main package\n";
    assert_eq!(build(&["."]), (Some(1), undeclared.to_owned()));
}

#[test]
fn imports_that_lead_nowhere_are_placed() {
    let world = World::new(&[
        ("a/a.go", "package a\n\nimport _ \"m/b\"\n"),
        ("b/b.go", "package b\n\nimport _ \"m/a\"\n"),
        ("c/c.go", "package c\n\nimport _ \"c//d\"\n"),
        ("d/d.go", "package d\n\nimport _ \"a!\"\n"),
        ("two/a.go", "package a\n"),
        ("two/b.go", "package b\n"),
    ]);
    let cycle =
        "1\npackage m/a\n\timports m/b from a.go\n\timports m/a from b.go: import cycle not allowed\n";
    assert_eq!(world.check(&["./a"]), cycle);
    assert_eq!(world.check(&["./c"]), "1\nc/c.go:3:8: malformed import path \"c//d\": double slash\n");
    assert_eq!(world.check(&["./d"]), "1\nDIR/d/d.go:3:8: invalid import path: a!\n");
    assert_eq!(world.check(&["./two"]), "1\nfound packages a (a.go) and b (b.go) in DIR/two\n");
}

#[test]
fn a_broken_go_mod_is_explained() {
    let broken = |text: &str| World::new(&[("go.mod", text), ("p/p.go", "package p\n")]).check(&["./p"]);
    let parsing = "1\ngo: errors parsing go.mod:\ngo.mod:";
    assert_eq!(broken("module m\n\nfoo bar\n"), format!("{parsing}3: unknown directive: foo\n"));
    let version = "3: invalid go version 'x': must match format 1.23.0\n";
    assert_eq!(broken("module m\n\ngo x\n"), format!("{parsing}{version}"));
    let usage = "3: usage: require module/path v1.2.3\n";
    assert_eq!(broken("module m\n\nrequire a.org/x\n"), format!("{parsing}{usage}"));
    assert!(
        broken("module m\n\ngo 1.99\n").starts_with("1\ngo: go.mod requires go >= 1.99 (running go 1.27.3")
    );
}

#[test]
fn text_that_is_not_go_is_placed() {
    let check = |text: &str| World::new(&[("x.go", text)]).check(&["x.go"]);
    let header = "1\n# command-line-arguments\n./x.go:";
    assert_eq!(check("package p\n\nvar x\0y int\n"), format!("{header}3:6: invalid NUL character\n"));
    assert_eq!(
        check("package p\n\u{feff}\n"),
        format!("{header}2:1: invalid BOM in the middle of the file\n")
    );
    assert_eq!(check("\u{feff}package p\n"), "0\n");
    let deep = format!("package p\n\nvar x = {}1{}\n", "(".repeat(5000), ")".repeat(5000));
    assert!(check(&deep).contains(": nesting is deeper than 1000 levels\n"));
}

#[test]
fn what_imports_a_wrong_package_is_not_reported() {
    let wrong_body = "func F() {\n\tx := 1\n}\n";
    let importer = "import _ \"m/p\"\n\n";
    let world = World::new(&[
        ("p/p.go", &format!("package p\n\n{wrong_body}")),
        ("q/q.go", &format!("package q\n\n{importer}{wrong_body}")),
        ("r/r.go", &format!("package r\n\nimport _ \"m/q\"\n\n{wrong_body}")),
    ]);
    assert_eq!(world.check(&["./..."]), "1\n# m/p\np/p.go:4:2: declared and not used: x\n");
}

#[test]
fn types_that_double_with_every_declaration_are_laid_out_once() {
    let doubled: String = (0..70).map(|n| format!("type T{} struct{{ a, b T{n} }}\n", n + 1)).collect();
    let text = format!("package p\n\ntype T0 struct{{ x int }}\n{doubled}\nvar x, y T70\n\nvar z = x == y\n");
    assert_eq!(
        World::new(&[("x.go", &text)]).check(&["x.go"]),
        "1\n# command-line-arguments\n./x.go:50:10: type struct{a T46; b T46} too large\n"
    );
}

/// Forty declarations, each of which mentions the one before twice, and what is done with the last: looking at every
/// mention would take longer than there is time.
#[test]
fn declarations_that_mention_each_other_twice_are_looked_at_once() {
    let check = |first: &str, next: &str, last: &str| {
        let number =
            |text: &str, n: usize| text.replace("N+1", &(n + 1).to_string()).replace('N', &n.to_string());
        let declarations: String = (0..40).map(|n| number(next, n) + "\n").collect();
        let text = format!("package p\n\n{}\n{declarations}{}\n", number(first, 0), number(last, 40));
        World::new(&[("x.go", &text)]).check(&["x.go"])
    };
    for (first, next, last) in [
        ("type TN[P any] struct{ x P }", "type TN+1[P any] struct{ a, b TN[P] }", "var x TN[int]"),
        ("type TN[P any] struct{ x P }", "type TN+1[P any] struct{ a TN[P]; b TN[*P] }", ""),
        (
            "type TN[P any] = func(P)",
            "type TN+1[P any] = func(a, b TN[P])",
            "func f[P any](x TN[P]) {}\nfunc g(x TN[int]) { f(x) }",
        ),
        (
            "type CN interface{ ~int }",
            "type CN+1 interface{ CN | CN }",
            "func f[P CN](x P) {}\nfunc g() { f(1) }",
        ),
        (
            "func f[A any](a A) func(A, A) A { panic(a) }",
            "",
            &format!("var x = {}1{}", "f(".repeat(40), ")".repeat(40)),
        ),
    ] {
        assert_eq!(check(first, next, last), "0\n", "{first}");
    }
    let other = check(
        "type AN struct{}\ntype BN struct{}",
        "type AN+1 = struct{ a, b *AN }\ntype BN+1 = struct{ a, b *BN }",
        "var x AN\nvar y = BN(x)",
    );
    assert!(other.ends_with(": cannot convert x (variable of struct type A40) to type B40\n"), "{other}");
    let text = check(
        "func f[A any](a A) (r struct{ x, y A }) { return }",
        "",
        &format!("var x int = {}1{}", "f(".repeat(40), ")".repeat(40)),
    );
    assert!(text.contains("as int value in variable declaration"), "a type that is too long to print");
    assert!(text.len() < 100_000);
}

#[test]
fn a_misused_command_line_takes_one_line_and_exit_status_2() {
    let world = World::new(&[("x.go", "package p\n")]);
    assert_eq!(world.check(&["-bogus"]), "2\nghog check: flag provided but not defined: -bogus\n");
    assert_eq!(world.check(&["-lang"]), "2\nghog check: flag needs an argument: -lang\n");
    let lang = "2\nghog check: invalid value \"go1.99\" for flag -lang: max known version is \"go1.27\"\n";
    assert_eq!(world.check(&["-lang=go1.99", "x.go"]), lang);
}

#[test]
fn ten_errors_are_shown_or_all() {
    let lines: String = (0..12).map(|i| format!("var _ int = \"{i}\"\n")).collect();
    let world = World::new(&[("x.go", &format!("package p\n\n{lines}"))]);
    let few = world.check(&["x.go"]);
    assert_eq!(few.matches("cannot use").count(), 10);
    assert!(few.ends_with("./x.go:12:13: too many errors\n"), "{few}");
    assert_eq!(world.check(&["-e", "x.go"]).matches("cannot use").count(), 12);
}

#[test]
fn errors_are_objects_with_json() {
    let world = World::new(&[("x.go", "package p\n\nvar x int = \"a\"\n")]);
    let text = world.check(&["-json", "x.go"]);
    let (status, object) = text.split_once('\n').unwrap();
    let object: serde_json::Value = serde_json::from_str(object).unwrap();
    assert_eq!(status, "1");
    assert_eq!((object["line"].as_u64(), object["column"].as_u64()), (Some(3), Some(13)));
    assert_eq!(object["code"], "IncompatibleAssign");
    assert!(object["message"].as_str().unwrap().starts_with("cannot use \"a\""));
}

#[test]
fn a_terminal_gets_the_source_around_the_error() {
    let world = World::new(&[("x.go", "package p\n\nvar x int = \"a\"\n")]);
    let ghog = format!("{} check x.go", env!("CARGO_BIN_EXE_ghog"));
    // From Debian's essential bsdutils: a terminal for the command, and its exit status.
    let output = world.command("script", &["-q", "-e", "-c", &ghog, "/dev/null"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("var x int = ") && text.contains("^^^") && text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_linker_sets_nothing_but_strings_and_takes_no_giant() {
    let text = "package main\n\nvar b bool\n\ntype text string\n\nvar t text\n\nvar s = \"no\"\n\n\
                func main() { println(b, t, s) }\n";
    let world = World::new(&[("x.go", text), ("big/x.go", BIG)]);
    let build = |args: &[&str]| {
        let output =
            world.command(env!("CARGO_BIN_EXE_ghog"), &[&["build", "-o", "x.exe"][..], args].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = build(&["-ldflags=-X main.b=true -X main.t=x -X main.s=yes -X main.none=x", "."]);
    let refused = "# m\nmain.b: cannot set with -X: not a var of type string (type:bool)\n\
                   main.t: cannot set with -X: not a var of type string (type:main.text)\n";
    assert_eq!((code, said.as_str()), (Some(1), refused));
    let (code, said) = build(&["./big"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("main.a: symbol too large (2000000001 bytes > 2000000000 bytes)"), "{said}");
}

/// A program with a variable that is a byte too large.
const BIG: &str = "package main\n\nvar a [2_000_000_001]byte\n\nfunc main() { println(a[len(a)-1]) }\n";
