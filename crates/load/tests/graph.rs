//! Whole loads in a world in memory: what is found, and what is said when it is not.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of it")]

use std::path::{Path, PathBuf};

use base::{SourceMap, System as _, SystemMem};
use expect_test::{Expect, expect};
use load::{Branches, Config, GoEnv, Program, Tests};

const GOROOT: [(&str, &str); 8] = [
    ("/go/VERSION", "go1.27.3\n"),
    ("/go/src/runtime/r.go", "package runtime"),
    ("/go/src/fmt/f.go", "package fmt; import _ \"internal/x\"; import _ \"golang.org/x/v\""),
    ("/go/src/internal/x/x.go", "package x"),
    ("/go/src/vendor/golang.org/x/v/v.go", "package v"),
    ("/go/src/math/m.go", "package math"),
    ("/go/src/math/m_amd64.s", ""),
    ("/go/src/math/m_noasm.go", "//go:build !amd64\n\npackage math"),
];

/// Loads `args` in the directory `/w`, with these variables.
fn load_world(
    files: &[(&str, &str)],
    env: &[(&str, &str)],
    args: &[&str],
    tests: Tests,
) -> (Program, SourceMap) {
    let mut system = SystemMem::with_files(GOROOT.iter().chain(files).copied());
    for (name, value) in env {
        system = system.with_env(name, value);
    }
    let goroot = load::goroot::find(&system, Some(Path::new("/go"))).unwrap().unwrap();
    let env = GoEnv::read(&system, &goroot);
    system.create_dir_all(Path::new("/w")).unwrap();
    let config = Config {
        goroot,
        dir: PathBuf::from("/w"),
        env,
        tags: vec![],
        mod_flag: None,
        mod_file: None,
        tests,
        branches: Branches::Parser,
        heads: load::HeadRules::GoCommand,
    };
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let sources = SourceMap::new();
    let program = load::load(&system, &sources, &config, &args);
    (program, sources)
}

/// Packages in order with their files, then errors.
fn describe(program: &Program) -> String {
    let mut out = String::new();
    for &id in &program.order {
        let package = &program.packages[id];
        let files: Vec<_> = package.files.iter().map(|unit| unit.name.as_str()).collect();
        let broken = if package.is_broken { " broken" } else { "" };
        out += &format!("{} go1.{}: {}{broken}\n", package.display_name(), package.go_minor, files.join(" "));
    }
    for error in &program.errors {
        out += &format!("{error}\n");
    }
    out
}

fn check(files: &[(&str, &str)], env: &[(&str, &str)], args: &[&str], expected: Expect) {
    expected.assert_eq(&describe(&load_world(files, env, args, Tests::Without).0));
}

#[test]
fn the_standard_library_sees_its_vendored_packages() {
    check(
        &[("/w/main.go", "package main; import (\"fmt\"; \"math\"; \"unsafe\")")],
        &[],
        &["main.go"],
        expect![[r#"
            vendor/golang.org/x/v go1.27: v.go
            internal/x go1.27: x.go
            fmt go1.27: f.go
            math go1.27: m.go m_noasm.go
            unsafe go1.27: 
            command-line-arguments go1.27: main.go
        "#]],
    );
}

#[test]
fn modules_are_replaced_by_directories_and_keep_their_language_version() {
    check(
        &[
            ("/w/go.mod", "module m.org/w\ngo 1.24\nrequire m.org/dep v1.0.0\nreplace m.org/dep => ../dep\n"),
            ("/w/a/a.go", "package a; import _ \"m.org/dep/p\"; import _ \"m.org/w/b\""),
            ("/w/b/b.go", "package b"),
            ("/w/b/other/go.mod", "module m.org/w/b/other\n"),
            ("/w/b/other/o.go", "package other"),
            ("/w/vendored/testdata/x.go", "package x"),
            ("/dep/go.mod", "module m.org/dep\ngo 1.18\n"),
            ("/dep/p/p.go", "package p"),
        ],
        &[],
        &["./..."],
        expect![[r#"
            m.org/dep/p go1.18: p.go
            m.org/w/b go1.24: b.go
            m.org/w/a go1.24: a.go
        "#]],
    );
}

#[test]
fn a_vendor_directory_is_used_when_it_is_there() {
    check(
        &[
            ("/w/go.mod", "module m.org/w\ngo 1.24\nrequire m.org/dep v1.0.0\n"),
            ("/w/a.go", "package a; import _ \"m.org/dep/p\"; import _ \"m.org/dep/q\""),
            ("/w/vendor/modules.txt", "# m.org/dep v1.0.0\n## explicit; go 1.20\nm.org/dep/p\n"),
            ("/w/vendor/m.org/dep/p/p.go", "package p"),
        ],
        &[],
        &["."],
        expect![[r#"
            m.org/dep/p go1.20: p.go
            m.org/dep/q go1.27:  broken
            m.org/w go1.24: a.go
            a.go:1:43: cannot find module providing package m.org/dep/q: import lookup disabled by -mod=vendor
            	(Go version in go.mod is at least 1.14 and vendor directory exists.)
        "#]],
    );
}

#[test]
fn a_workspace_has_several_main_modules() {
    check(
        &[
            ("/w/go.work", "go 1.27\nuse ./a\nuse ./b\n"),
            ("/w/a/go.mod", "module m.org/a\ngo 1.21\n"),
            ("/w/a/a.go", "package a; import _ \"m.org/b\""),
            ("/w/b/go.mod", "module m.org/b\ngo 1.22\n"),
            ("/w/b/b.go", "package b"),
        ],
        &[],
        &["./a"],
        expect![[r#"
            m.org/b go1.22: b.go
            m.org/a go1.21: a.go
        "#]],
    );
}

#[test]
fn the_module_cache_holds_the_selected_versions() {
    check(
        &[
            ("/w/go.mod", "module m.org/w\ngo 1.16\nrequire m.org/A v1.0.0\nrequire m.org/b v1.0.0\n"),
            ("/w/w.go", "package w; import _ \"m.org/A\""),
            ("/c/cache/download/m.org/!a/@v/v1.0.0.mod", "module m.org/A\nrequire m.org/b v1.2.0\n"),
            ("/c/m.org/!a@v1.0.0/a.go", "package a; import _ \"m.org/b\"; import _ \"m.org/c\""),
            ("/c/cache/download/m.org/b/@v/v1.0.0.mod", "module m.org/b\nrequire m.org/c v1.0.0\n"),
            ("/c/m.org/b@v1.0.0/b.go", "package b"),
            ("/c/m.org/b@v1.2.0/b.go", "package b"),
            ("/c/m.org/c@v1.0.0/c.go", "package c"),
        ],
        &[("GOMODCACHE", "/c")],
        &["."],
        expect![[r#"
            m.org/b go1.16: b.go
            m.org/c go1.16: c.go
            m.org/A go1.16: a.go
            m.org/w go1.16: w.go
        "#]],
    );
}

#[test]
fn gopath_mode_takes_the_version_of_a_path_from_go_mod() {
    check(
        &[
            ("/g/src/x.org/m/go.mod", "// A comment.\nmodule x.org/m/v5\n\nnonsense"),
            ("/g/src/x.org/m/m.go", "package m"),
            ("/g/src/x.org/m/sub/s.go", "package sub; import _ \"x.org/m/v5\"; import _ \"x.org/m/v4/sub\""),
            ("/g/src/p/p.go", "package p; import _ \"x.org/m/v5/sub\""),
        ],
        &[("GO111MODULE", "off"), ("GOPATH", "/g")],
        &["x.org/m/sub", "p"],
        expect![[r#"
            x.org/m/v4/sub go1.27:  broken
            x.org/m go1.27: m.go
            x.org/m/sub go1.27: s.go
            x.org/m/v5/sub go1.27:  broken
            p go1.27: p.go
            /g/src/x.org/m/sub/s.go:1:44: cannot find package "x.org/m/v4/sub" in any of:
            	/go/src/x.org/m/v4/sub (from $GOROOT)
            	/g/src/x.org/m/v4/sub (from $GOPATH)
            /g/src/p/p.go:1:19: cannot find package "x.org/m/v5/sub" in any of:
            	/go/src/x.org/m/v5/sub (from $GOROOT)
            	/g/src/x.org/m/v5/sub (from $GOPATH)
        "#]],
    );
}

#[test]
fn gopath_mode_looks_into_vendor_directories_first() {
    check(
        &[
            ("/g/src/p/p.go", "package p; import _ \"x.org/q\"; import _ \"nowhere\""),
            ("/g/src/p/vendor/x.org/q/q.go", "package q"),
            ("/g/src/x.org/q/q.go", "package q"),
        ],
        &[("GO111MODULE", "off"), ("GOPATH", "/g")],
        &["p"],
        expect![[r#"
            nowhere go1.27:  broken
            p/vendor/x.org/q go1.27: q.go
            p go1.27: p.go
            /g/src/p/p.go:1:39: cannot find package "nowhere" in any of:
            	/go/src/nowhere (from $GOROOT)
            	/g/src/nowhere (from $GOPATH)
        "#]],
    );
}

#[test]
fn what_is_wrong_is_said_in_the_go_commands_words() {
    check(
        &[
            ("/w/go.mod", "module m.org/w\ngo 1.27\n"),
            ("/w/cycle/a.go", "package a; import _ \"m.org/w/back\""),
            ("/w/back/b.go", "package b; import _ \"m.org/w/cycle\""),
            ("/w/inner/a.go", "package a; import _ \"internal/x\""),
            ("/w/two/a.go", "package a"),
            ("/w/two/b.go", "package b"),
            ("/w/none/a_windows.go", "package a"),
            (
                "/w/user/a.go",
                "package a; import _ \"m.org/w/none\"; import _ \"nosuch/pkg\"; import _ \"m.org/w/prog\"",
            ),
            ("/w/prog/a.go", "package main"),
            ("/w/embeds/a.go", "package a\nimport _ \"embed\"\n//go:embed x.txt y*\nvar s string\n"),
            ("/w/embeds/x.txt", ""),
            ("/go/src/embed/e.go", "package embed"),
        ],
        &[],
        &["./cycle", "./inner", "./two", "./user", "./embeds"],
        expect![[r#"
            m.org/w/back go1.27: b.go
            m.org/w/cycle go1.27: a.go
            internal/x go1.27: x.go
            m.org/w/inner go1.27: a.go
            m.org/w/two go1.27:  broken
            m.org/w/none go1.27:  broken
            m.org/w/prog go1.27: a.go
            nosuch/pkg go1.27:  broken
            m.org/w/user go1.27: a.go
            embed go1.27: e.go
            m.org/w/embeds go1.27: a.go
            package m.org/w/cycle
            	imports m.org/w/back from a.go
            	imports m.org/w/cycle from b.go: import cycle not allowed
            package m.org/w/inner
            	inner/a.go:1:19: use of internal package internal/x not allowed
            found packages a (a.go) and b (b.go) in /w/two
            package m.org/w/user
            	imports m.org/w/none: build constraints exclude all Go files in /w/none
            user/a.go:1:44: package nosuch/pkg is not in std (/go/src/nosuch/pkg)
            user/a.go:1:67: import "m.org/w/prog" is a program, not an importable package
            embeds/a.go:3:18: pattern y*: no matching files found
        "#]],
    );
}

#[test]
fn packages_under_test_are_built_anew_for_their_tests() {
    let files = [
        ("/w/go.mod", "module m.org/w\ngo 1.27\n"),
        ("/w/a/a.go", "package a"),
        ("/w/a/a_test.go", "package a; import _ \"math\""),
        ("/w/a/x_test.go", "package a_test; import (_ \"m.org/w/a\"; _ \"m.org/w/b\")"),
        ("/w/b/b.go", "package b; import _ \"m.org/w/a\""),
        ("/w/b/b_test.go", "package b"),
    ];
    let (program, _) = load_world(&files, &[], &["./a"], Tests::With);
    expect![[r#"
        m.org/w/a go1.27: a.go
        math go1.27: m.go m_noasm.go
        m.org/w/a [m.org/w/a.test] go1.27: a.go a_test.go
        m.org/w/b [m.org/w/a.test] go1.27: b.go
        m.org/w/a_test [m.org/w/a.test] go1.27: x_test.go
    "#]]
    .assert_eq(&describe(&program));
}

#[test]
fn positions_do_not_depend_on_timing() {
    let files = [("/w/main.go", "package main; import (\"fmt\"; \"math\")")];
    let positions = || {
        let (program, _) = load_world(&files, &[], &["main.go"], Tests::Without);
        let units = program.packages.iter().flat_map(|package| package.files.clone());
        units.map(|unit| (unit.name.clone(), unit.tree.start)).collect::<Vec<_>>()
    };
    let first = positions();
    assert!((0..20).all(|_| positions() == first));
}
