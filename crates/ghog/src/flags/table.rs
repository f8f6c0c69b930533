//! The table of flags, sorted by name.

use std::path::PathBuf;

use driver::ModFlag;

use super::{BUILDING, Flag, LOADING, Value, Values};

/// Every flag.
pub(crate) const FLAGS: &[Flag] = &[
    text("C", LOADING, "dir", "change to dir before doing anything", |values, dir| {
        values.dir = Some(PathBuf::from(dir));
        Ok(())
    }),
    switch("a", BUILDING, "build, even if the executable is in the cache", |values, is_on| {
        values.always_build = is_on;
    }),
    refused("asan", BUILDING, "there is no address sanitizer"),
    refused("asmflags", BUILDING, "Groundhog has no assembler"),
    refused("buildmode", BUILDING, "every program becomes a static executable"),
    text("buildvcs", BUILDING, "bool", "false or auto: no version control information", buildvcs),
    switch("cache", &["clean"], "remove everything that builds have cached", |values, is_on| {
        values.cleaned.retain(|what| *what != "cache");
        values.cleaned.extend(is_on.then_some("cache"));
    }),
    refused("changed", &["env"], "all settings are printed"),
    switch(
        "checkertest",
        &["check"],
        "check by the rules of the type checker's own tests",
        |values, is_on| {
            values.is_checker_test = is_on;
        },
    ),
    refused("compiler", LOADING, "Groundhog is the compiler"),
    switch("complete", &["check"], "functions without a body are errors (the default)", |values, is_on| {
        values.is_incomplete = !is_on;
    }),
    refused("cover", BUILDING, "coverage is not measured yet"),
    refused("covermode", BUILDING, "coverage is not measured yet"),
    refused("coverpkg", BUILDING, "coverage is not measured yet"),
    switch("debug-timings", BUILDING, "print how long each phase of the build took", |values, is_on| {
        values.timings = is_on;
    }),
    switch("deps", &["list"], "list the imported packages too", |values, is_on| values.deps = is_on),
    switch("e", &["check", "list"], "report all errors, not ten per package", |values, is_on| {
        values.all_errors = is_on;
    }),
    text("exec", &["run"], "command", "run the executable by this command", |values, command| {
        values.executor = split_quoted(command)?;
        Ok(())
    }),
    text("f", &["list"], "template", "print each package through the template", |values, format| {
        values.format = Some(format.to_owned());
        Ok(())
    }),
    refused("gcflags", BUILDING, "they are flags of another compiler"),
    text(
        "goroot",
        &["build", "check", "env", "list", "run"],
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
    switch("json", &["check", "env", "list"], "print JSON", |values, is_on| values.json = is_on),
    text("lang", &["check"], "version", "the language version of the named packages, as go1.N", language),
    text(
        "ldflags",
        BUILDING,
        "flags",
        "-s: no symbols; -w: no DWARF; -X name=value: set a string",
        linker_flags,
    ),
    switch("m", &["version"], "print the modules that executables were made of", |values, is_on| {
        values.module_info = is_on;
    }),
    text("mod", LOADING, "mode", "where modules come from: readonly, vendor or mod", module_mode),
    refused("modcache", &["clean"], "downloaded modules belong to Go"),
    text("modfile", LOADING, "file", "use file in place of go.mod", |values, file| {
        values.mod_file = Some(PathBuf::from(file));
        Ok(())
    }),
    refused("msan", BUILDING, "there is no memory sanitizer"),
    switch("n", BUILDING, "say what would be made, and do not make it", |values, is_on| {
        values.dry_run = is_on;
    }),
    text("o", &["build"], "file", "write the executable to file", |values, file| {
        values.output = Some(PathBuf::from(file));
        Ok(())
    }),
    text("overlay", LOADING, "file", "read files as the JSON in file says", |values, file| {
        values.overlay = Some(PathBuf::from(file));
        Ok(())
    }),
    text("p", LOADING, "n", "use n threads", threads),
    text("pgo", BUILDING, "file", "off or auto: profiles are not used", |_, mode| match mode {
        "off" | "auto" => Ok(()),
        _ => Err("profiles are not used: only off and auto are supported".to_owned()),
    }),
    refused("pkgdir", BUILDING, "packages are not installed"),
    refused("race", BUILDING, "there is no race detector yet"),
    text("tags", LOADING, "tag,list", "build tags that are on", |values, tags| {
        let tags = tags.split([',', ' ']).filter(|tag| !tag.is_empty());
        values.tags = tags.map(Into::into).collect();
        Ok(())
    }),
    switch("test", &["check", "list"], "the tests of the named packages too", |values, is_on| {
        values.test = is_on
    }),
    refused("toolexec", BUILDING, "no other programs take part in a build"),
    switch("trimpath", BUILDING, "write import paths in place of directories", |values, is_on| {
        values.linked.are_paths_trimmed = is_on;
    }),
    refused("u", &["env"], "settings are Go's: go env -u changes them"),
    switch("v", BUILDING, "print the names of packages as they are compiled", |values, is_on| {
        values.verbose = is_on;
    }),
    switch("v", &["version"], "report files that are no Go executables", |values, is_on| {
        values.verbose = is_on;
    }),
    refused("w", &["env"], "settings are Go's: go env -w changes them"),
    refused("work", BUILDING, "there is no temporary work directory"),
    switch("x", BUILDING, "say what is made", |values, is_on| values.commands_shown = is_on),
];

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

fn threads(values: &mut Values, n: &str) -> Result<(), String> {
    match n.parse() {
        Ok(n @ 1..) => values.n_threads = n,
        Ok(0) => return Err("must be positive".to_owned()),
        Err(_) => return Err("parse error".to_owned()),
    }
    Ok(())
}
