//! `ghog fmt` and `ghog vet`: Go's own tools, compiled here, say what the official ones say.

use std::path::Path;
use std::process::{Command, Output};

use base::{FileMode, System as _, SystemOs};

/// A module with mistakes in two packages and a test.
const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/v\n\ngo 1.27\n"),
    (
        "main.go",
        "package main\n\nimport (\n\t\"example.com/v/log\"\n\t\"fmt\"\n)\n\nfunc main() {\n\
         fmt.Printf(\"%d\\n\", \"x\")\n\tlog.Line(\"%s\", 3)\n}\n",
    ),
    (
        "log/log.go",
        "package log\n\nimport \"fmt\"\n\nfunc Line(format string, args ...any) { fmt.Printf(format, args...) }\n",
    ),
    (
        "log/log_test.go",
        "package log\n\nimport \"testing\"\n\nfunc TestLine(t *testing.T) { t.Errorf(\"%d\", \"x\") }\n",
    ),
];

fn module() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a scratch directory");
    for (name, text) in FILES {
        SystemOs
            .write_atomic(&dir.path().join(name), text.as_bytes(), FileMode::Data)
            .expect("a written file");
    }
    dir
}

fn ghog(dir: &Path, args: &[&str]) -> Output {
    let goroot = testkit::oracle::find_goroot().expect("the standard library");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ghog"));
    command.args(args).current_dir(dir).env("GROUNDHOG_GOROOT", goroot.dir()).env("GOFLAGS", "");
    command.output().expect("ghog starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn fmt_names_and_rewrites_the_files_that_gofmt_would_write_otherwise() {
    let module = module();
    let shown = ghog(module.path(), &["fmt", "-n", "./..."]);
    assert_eq!(text(&shown.stdout), "gofmt -l -w main.go log/log.go log/log_test.go\n", "{shown:?}");
    let output = ghog(module.path(), &["fmt", "./..."]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout), "main.go\n");
    let formatted = text(&SystemOs.read(&module.path().join("main.go")).expect("a file"));
    assert!(formatted.contains("\n\tfmt.Printf"), "{formatted}");
    assert_eq!(text(&ghog(module.path(), &["fmt", "./..."]).stdout), "");
    let missing = ghog(module.path(), &["fmt", "./none"]);
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
}

#[test]
fn vet_reports_what_facts_of_other_packages_and_tests_show() {
    let module = module();
    let output = ghog(module.path(), &["vet", "./..."]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let mut lines: Vec<String> = text(&output.stderr).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "log/log_test.go:5:41: (*testing.common).Errorf format %d has arg \"x\" of wrong type string",
            "main.go:10:12: example.com/v/log.Line format %s has arg 3 of wrong type int",
            "main.go:9:13: fmt.Printf format %d has arg \"x\" of wrong type string",
        ]
    );
    let quiet = ghog(module.path(), &["vet", "-printf=false", "./..."]);
    assert!(quiet.status.success() && quiet.stderr.is_empty(), "{quiet:?}");
}

#[test]
fn env_writes_and_removes_settings_of_the_user() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let goroot = testkit::oracle::find_goroot().expect("the standard library");
    let file = dir.path().join("go/env");
    let env = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ghog"));
        command
            .arg("env")
            .args(args)
            .env("XDG_CONFIG_HOME", dir.path())
            .env("GROUNDHOG_GOROOT", goroot.dir());
        for name in ["GOENV", "GOFLAGS", "GOPROXY", "GOPATH", "GOTOOLCHAIN", "GO111MODULE"] {
            command.env_remove(name);
        }
        let output = command.output().expect("ghog starts");
        text(&output.stdout) + &text(&output.stderr)
    };
    assert_eq!(env(&["-w", "GOPROXY=off", "GOFLAGS=-v", "AR=q"]), "");
    assert_eq!(text(&SystemOs.read(&file).expect("the file")), "AR=q\nGOFLAGS=-v\nGOPROXY=off\n");
    assert_eq!(env(&["-changed", "GOFLAGS", "GOPATH"]), "GOFLAGS='-v'\n");
    assert_eq!(env(&["-u", "GOFLAGS", "AR"]), "");
    assert_eq!(env(&["-changed", "GOFLAGS", "GOPROXY"]), "GOPROXY='off'\n");
    for (args, said) in [
        (&["-w", "NOSUCH=1"][..], "unknown go command variable NOSUCH"),
        (&["-w", "GOFLAGS"], "arguments must be KEY=VALUE: invalid argument: GOFLAGS"),
        (&["-w"], "no KEY=VALUE arguments given"),
        (&["-u"], "'ghog env -u' requires an argument"),
        (&["-w", "-u", "GOFLAGS=1"], "cannot use -u with -w"),
        (&["-w", "GOVERSION=1"], "GOVERSION cannot be modified"),
        (&["-w", "GOENV=off"], "GOENV can only be set using the OS environment"),
        (&["-w", "GOPATH=a"], "GOPATH entry is relative; must be absolute path: \"a\""),
        (&["-w", "GOPROXY=a", "GOPROXY=b"], "multiple values for key: GOPROXY"),
        (&["-w", "GOOS=plan9"], "unsupported GOOS/GOARCH pair plan9/amd64"),
    ] {
        assert_eq!(env(args), format!("ghog: {said}\n"), "{args:?}");
    }
    assert_eq!(text(&SystemOs.read(&file).expect("the file")), "GOPROXY=off\n");
}
