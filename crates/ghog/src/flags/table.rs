//! The table of flags, sorted by name.

use std::path::PathBuf;

use driver::{Form, ModFlag};

use super::{BUILDING, Flag, Forward, LOADING, MAKING, Value, Values};

/// Every flag.
pub(crate) const FLAGS: &[Flag] = &[
    text("C", LOADING, "dir", "change to dir before doing anything", |values, dir| {
        values.dir = Some(PathBuf::from(dir));
        Ok(())
    }),
    switch("a", MAKING, "build, even if the executable is in the cache", |values, is_on| {
        values.always_build = is_on;
    }),
    refused("artifacts", TEST, "test artifacts are not kept yet"),
    refused("asan", MAKING, "there is no address sanitizer"),
    refused("asmflags", MAKING, "Groundhog has no assembler"),
    switch("bare", &["check"], "say what the compiler says when it is run by itself", |values, is_on| {
        values.is_compiler_alone = is_on;
    }),
    forwarded("bench", Forward::Text("regexp"), "run the benchmarks that match regexp"),
    forwarded("benchmem", Forward::Switch, "show the allocations of benchmarks"),
    forwarded(
        "benchtime",
        Forward::Text("time"),
        "run each benchmark for this time, or this often: 2s, 100x",
    ),
    forwarded("blockprofile", Forward::Text("file"), "write a profile of blocked goroutines to file"),
    forwarded("blockprofilerate", Forward::Text("n"), "set the rate of -blockprofile"),
    refused("buildmode", MAKING, "every program becomes a static executable"),
    text("buildvcs", MAKING, "bool", "false or auto: no version control information", buildvcs),
    switch("c", TEST, "make the test executable and do not run it", |values, is_on| {
        values.testing.is_build_only = is_on;
    }),
    switch("cache", &["clean"], "remove everything that builds have cached", |values, is_on| {
        values.cleaned.retain(|what| *what != "cache");
        values.cleaned.extend(is_on.then_some("cache"));
    }),
    switch("changed", &["env"], "print only what differs from the defaults", |values, is_on| {
        values.env.only_changed = is_on;
    }),
    switch(
        "checkertest",
        &["check"],
        "check by the rules of the type checker's own tests",
        |values, is_on| {
            values.is_checker_test = is_on;
        },
    ),
    refused("compiler", LOADING, "Groundhog is the compiler"),
    switch(
        "complete",
        &["build", "check", "run"],
        "functions without a body are errors (the default)",
        |values, is_on| {
            values.is_incomplete = !is_on;
        },
    ),
    forwarded("count", Forward::Number, "run each test n times"),
    refused("cover", MAKING, "coverage is not measured yet"),
    refused("covermode", MAKING, "coverage is not measured yet"),
    refused("coverpkg", MAKING, "coverage is not measured yet"),
    refused("coverprofile", TEST, "coverage is not measured yet"),
    forwarded("cpu", Forward::Text("list"), "run with each of these values of GOMAXPROCS"),
    forwarded("cpuprofile", Forward::Text("file"), "write a profile of processor time to file"),
    switch("debug-timings", BUILDING, "print how long each phase of the build took", |values, is_on| {
        values.timings = is_on;
    }),
    switch("deps", &["list"], "list the imported packages too", |values, is_on| values.deps = is_on),
    switch("e", &["check", "list"], "report all errors, not ten per package", |values, is_on| {
        values.all_errors = is_on;
    }),
    text(
        "emit",
        &["build"],
        "form",
        "print functions as ir, clif or asm, and build nothing",
        |values, form| {
            values.emitted = Some(emitted_form(form)?);
            Ok(())
        },
    ),
    text("exec", &["run"], "command", "run the executable by this command", |values, command| {
        values.executor = split_quoted(command)?;
        Ok(())
    }),
    refused("exec", TEST, "test executables are executed directly"),
    text("f", &["list"], "template", "print each package through the template", |values, format| {
        values.format = Some(format.to_owned());
        Ok(())
    }),
    forwarded("failfast", Forward::Switch, "stop after the first test that fails"),
    forwarded("fullpath", Forward::Switch, "show the full names of files"),
    text("func", &["build", "explain"], "name", "show only this function", |values, name| {
        values.function = Some(name.to_owned());
        Ok(())
    }),
    refused("fuzz", TEST, "there is no fuzzing yet; seeds and corpora run as tests"),
    refused("fuzzminimizetime", TEST, "there is no fuzzing yet"),
    refused("fuzztime", TEST, "there is no fuzzing yet"),
    text(
        "gcflags",
        MAKING,
        "flags",
        "flags of Go's compiler: -N for quick builds, without -l or with it",
        gc_flags,
    ),
    text(
        "goroot",
        &["build", "check", "env", "fmt", "list", "run", "test", "vet"],
        "dir",
        "the standard library to use",
        |values, dir| {
            values.goroot = Some(PathBuf::from(dir));
            Ok(())
        },
    ),
    switch("json", BUILDING, "print errors as build events in JSON", |values, is_on| {
        values.build_events = is_on;
    }),
    switch("json", &["check", "env", "list", "test"], "print JSON", |values, is_on| values.json = is_on),
    text("lang", &["check"], "version", "the language version of the named packages, as go1.N", language),
    text(
        "ldflags",
        MAKING,
        "flags",
        "-s: no symbols; -w: no DWARF; -X name=value: set a string",
        linker_flags,
    ),
    forwarded("list", Forward::Text("regexp"), "list the tests that match regexp, and run none"),
    switch("m", &["version"], "print the modules that executables were made of", |values, is_on| {
        values.module_info = is_on;
    }),
    forwarded("memprofile", Forward::Text("file"), "write a profile of allocations to file"),
    forwarded("memprofilerate", Forward::Text("n"), "set the rate of -memprofile"),
    text("mod", LOADING, "mode", "where modules come from: readonly, vendor or mod", module_mode),
    refused("modcache", &["clean"], "downloaded modules belong to Go"),
    text("modfile", LOADING, "file", "use file in place of go.mod", |values, file| {
        values.mod_file = Some(PathBuf::from(file));
        Ok(())
    }),
    refused("msan", MAKING, "there is no memory sanitizer"),
    forwarded("mutexprofile", Forward::Text("file"), "write a profile of contended mutexes to file"),
    forwarded("mutexprofilefraction", Forward::Text("n"), "set the fraction of -mutexprofile"),
    switch("n", BUILDING, "say what would be made, and do not make it", |values, is_on| {
        values.dry_run = is_on;
    }),
    switch("n", &["fmt"], "print the command, and do not run it", |values, is_on| values.dry_run = is_on),
    refused("n", TEST, "tests are built and run at once"),
    text("o", &["build", "test"], "file", "write the executable to file", |values, file| {
        values.output = Some(PathBuf::from(file));
        Ok(())
    }),
    forwarded("outputdir", Forward::Text("dir"), "put profiles into dir"),
    text("overlay", LOADING, "file", "read files as the JSON in file says", |values, file| {
        values.overlay = Some(PathBuf::from(file));
        Ok(())
    }),
    text("p", LOADING, "n", "use n threads", threads),
    forwarded("parallel", Forward::Number, "run at most n tests of one executable at once"),
    text("pgo", MAKING, "file", "off or auto: profiles are not used", |_, mode| match mode {
        "off" | "auto" => Ok(()),
        _ => Err("profiles are not used: only off and auto are supported".to_owned()),
    }),
    refused("pkgdir", MAKING, "packages are not installed"),
    refused("race", MAKING, "there is no race detector yet"),
    forwarded("run", Forward::Text("regexp"), "run only the tests and examples that match regexp"),
    forwarded("short", Forward::Switch, "ask long tests to be short"),
    forwarded("shuffle", Forward::Shuffle, "run tests in another order: on, off, or a seed"),
    forwarded("skip", Forward::Text("regexp"), "do not run what matches regexp"),
    switch("source", &["tour"], "print the program instead of running it", |values, is_on| {
        values.source = is_on;
    }),
    text("tags", LOADING, "tag,list", "build tags that are on", |values, tags| {
        let tags = tags.split([',', ' ']).filter(|tag| !tag.is_empty());
        values.tags = tags.map(Into::into).collect();
        Ok(())
    }),
    switch("test", &["check", "list"], "the tests of the named packages too", |values, is_on| {
        values.test = is_on
    }),
    forwarded("timeout", Forward::Duration, "end a test executable that runs longer, 10m0s by default"),
    refused("toolexec", MAKING, "no other programs take part in a build"),
    forwarded("trace", Forward::Text("file"), "write an execution trace to file"),
    switch("trimpath", MAKING, "write import paths in place of directories", |values, is_on| {
        values.linked.are_paths_trimmed = is_on;
    }),
    switch("u", &["env"], "remove the named settings from the user's file", |values, is_on| {
        values.env.removes = is_on;
    }),
    switch("v", BUILDING, "print the names of packages as they are compiled", |values, is_on| {
        values.verbose = is_on;
    }),
    forwarded("v", Forward::Verbose, "show every test as it runs"),
    switch("v", &["version"], "report files that are no Go executables", |values, is_on| {
        values.verbose = is_on;
    }),
    text("vet", TEST, "list", "the checks of vet that come first; only off is supported", vet),
    switch("w", &["env"], "write settings, as NAME=VALUE, to the user's file", |values, is_on| {
        values.env.writes = is_on;
    }),
    refused("work", MAKING, "there is no temporary work directory"),
    switch("x", BUILDING, "say what is made", |values, is_on| values.commands_shown = is_on),
    switch("x", &["fmt"], "print the command", |values, is_on| values.commands_shown = is_on),
    refused("x", TEST, "tests are built by no other programs"),
];

const TEST: &[&str] = &["test"];

const fn forwarded(name: &'static str, kind: Forward, help: &'static str) -> Flag {
    Flag { name, commands: TEST, value: Value::Forwarded(kind), help }
}

const fn switch(
    name: &'static str,
    commands: &'static [&'static str],
    help: &'static str,
    set: fn(&mut Values, bool),
) -> Flag {
    Flag { name, commands, value: Value::Switch(set), help }
}

const fn text(
    name: &'static str,
    commands: &'static [&'static str],
    value: &'static str,
    help: &'static str,
    set: fn(&mut Values, &str) -> Result<(), String>,
) -> Flag {
    Flag { name, commands, value: Value::Text(value, set), help }
}

const fn refused(name: &'static str, commands: &'static [&'static str], why: &'static str) -> Flag {
    Flag { name, commands, value: Value::Refused(why), help: "" }
}

fn language(values: &mut Values, version: &str) -> Result<(), String> {
    let minor = version.strip_prefix("go1.").and_then(|minor| minor.parse().ok());
    let minor: u32 = minor.ok_or("should be something like \"go1.12\"")?;
    if minor > driver::GO_MINOR {
        return Err(format!("max known version is \"go1.{}\"", driver::GO_MINOR));
    }
    values.lang_minor = Some(minor);
    Ok(())
}

fn module_mode(values: &mut Values, mode: &str) -> Result<(), String> {
    values.mod_flag = match mode {
        "" => None,
        "readonly" => Some(ModFlag::Readonly),
        "vendor" => Some(ModFlag::Vendor),
        "mod" => Some(ModFlag::Mod),
        _ => return Err("can be '', 'mod', 'readonly', or 'vendor'".to_owned()),
    };
    Ok(())
}

fn buildvcs(_: &mut Values, mode: &str) -> Result<(), String> {
    match mode {
        "auto" | "false" => Ok(()),
        "true" => Err("version control is not asked: only auto and false are supported".to_owned()),
        _ => Err("value is neither 'auto' nor a valid bool".to_owned()),
    }
}

/// As cmd/link reads them; `all=` in front is allowed, since there is one link.
fn linker_flags(values: &mut Values, text: &str) -> Result<(), String> {
    let linked = &mut values.linked;
    text.clone_into(&mut linked.linker_flags);
    let words = split_quoted(text.strip_prefix("all=").unwrap_or(text))?;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let flag = word.strip_prefix('-').ok_or_else(|| format!("{word} is not a flag"))?;
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("s", "" | "true") => linked.is_stripped = true,
            ("w", "" | "true") => linked.has_no_dwarf = true,
            ("s", "false") => linked.is_stripped = false,
            ("w", "false") => linked.has_no_dwarf = false,
            ("X", definition) => {
                let mut next = || words.next().map_or("", String::as_str);
                let definition = if definition.is_empty() { next() } else { definition };
                let (name, value) = definition
                    .split_once('=')
                    .filter(|(name, _)| name.contains('.'))
                    .ok_or("-X flag requires argument of the form importpath.name=value")?;
                linked.string_values.push((name.to_owned(), value.to_owned()));
            }
            (name, _) => return Err(format!("the linker flag -{name} is not supported")),
        }
    }
    Ok(())
}

/// Words between spaces; quotes of either kind keep a word together. As cmd/internal/quoted.
fn split_quoted(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            '\'' | '"' => {
                rest[1..].split_once(first).ok_or_else(|| format!("unterminated {first} string"))?
            }
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

fn emitted_form(form: &str) -> Result<Form, String> {
    match form {
        "ir" => Ok(Form::Ir),
        "clif" => Ok(Form::Clif),
        "asm" => Ok(Form::Asm),
        _ => Err("can be ir, clif or asm".to_owned()),
    }
}

fn vet(_values: &mut Values, list: &str) -> Result<(), String> {
    match list {
        "" | "off" => Ok(()),
        _ => Err("there is no vet yet, only off is supported".to_owned()),
    }
}

fn threads(values: &mut Values, n: &str) -> Result<(), String> {
    match n.parse() {
        Ok(n @ 1..) => values.n_threads = n,
        Ok(0) => return Err("must be positive".to_owned()),
        Err(_) => return Err("parse error".to_owned()),
    }
    Ok(())
}

/// The flags of Go's compiler that mean something here: those that switch optimisation off.
fn gc_flags(values: &mut Values, flags: &str) -> Result<(), String> {
    let flags = flags.strip_prefix("all=").unwrap_or(flags);
    for flag in flags.split_whitespace() {
        match flag {
            "-N" => values.is_unoptimised = true,
            "-l" => {}
            _ => return Err(format!("{flag} is a flag of another compiler (can be '-N' or '-N -l')")),
        }
    }
    Ok(())
}
