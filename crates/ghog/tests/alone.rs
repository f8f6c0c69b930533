//! Executables need nothing but the kernel: they run in an empty root directory.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use base::{FileMode, System as _, SystemOs};

const PROGRAM: &str = r#"package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	entries, err := os.ReadDir("/")
	if err != nil {
		panic(err)
	}
	done := make(chan int)
	go func() { done <- 7 }()
	fmt.Println(strings.ToUpper("alone"), <-done, len(entries), entries[0].Name())
}
"#;

/// The words before `ROOT PROGRAM`, when this process may change its root directory at all.
fn changer() -> Option<&'static [&'static str]> {
    const CHANGERS: [&[&str]; 2] = [&["unshare", "-r", "chroot"], &["chroot"]];
    CHANGERS.into_iter().find(|words| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(["/", "/bin/true"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

fn output(command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn an_executable_runs_in_an_empty_root_directory() {
    let goroot = testkit::oracle::find_goroot().expect("the standard library").dir().to_owned();
    let dir = tempfile::tempdir().expect("a scratch directory");
    let (source, root) = (dir.path().join("main.go"), dir.path().join("root"));
    SystemOs.write_atomic(&source, PROGRAM.as_bytes(), FileMode::Data).expect("a written file");
    SystemOs.create_dir_all(&root).expect("a directory");
    let mut build = Command::new(env!("CARGO_BIN_EXE_ghog"));
    build.args(["build", "-o"]).arg(root.join("program")).arg("main.go").current_dir(dir.path());
    output(build.env("GROUNDHOG_GOROOT", goroot));
    let Some(words) = changer() else {
        // Not by a macro, whose output nobody sees of a test that passes.
        let said = writeln!(std::io::stderr(), "skipped: this process may not change its root directory");
        return said.expect("a place to say so");
    };
    let run = output(Command::new(words[0]).args(&words[1..]).arg(&root).arg("/program"));
    assert_eq!(String::from_utf8_lossy(&run.stdout), "ALONE 7 1 program\n");
}
