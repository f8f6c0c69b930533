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
    refused("a", BUILDING, "there is no cache of packages to bypass"),
    refused("asmflags", BUILDING, "Groundhog has no assembler"),
    refused("buildmode", BUILDING, "every program becomes a static executable"),
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
    switch("deps", &["list"], "list the imported packages too", |values, is_on| values.deps = is_on),
    switch("e", &["check", "list"], "report all errors, not ten per package", |values, is_on| {
        values.all_errors = is_on;
    }),
    refused("exec", &["run"], "programs are executed directly"),
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
    switch("json", &["check", "env", "list"], "print JSON", |values, is_on| values.json = is_on),
    text("lang", &["check"], "version", "the language version of the named packages, as go1.N", language),
    refused("ldflags", BUILDING, "the linker takes no flags yet"),
    text("mod", LOADING, "mode", "where modules come from: readonly, vendor or mod", module_mode),
    text("modfile", LOADING, "file", "use file in place of go.mod", |values, file| {
        values.mod_file = Some(PathBuf::from(file));
        Ok(())
    }),
    refused("msan", BUILDING, "there is no memory sanitizer"),
    switch("n", BUILDING, "say what would be made, and do not make it", |values, is_on| {
        values.commands_shown = is_on;
    }),
    text("o", &["build"], "file", "write the executable to file", |values, file| {
        values.output = Some(PathBuf::from(file));
        Ok(())
    }),
    refused("overlay", LOADING, "files are read from where they are"),
    text("p", LOADING, "n", "use n threads", threads),
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
    refused("work", BUILDING, "there is no temporary work directory"),
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

fn threads(values: &mut Values, n: &str) -> Result<(), String> {
    match n.parse() {
        Ok(n @ 1..) => values.n_threads = n,
        Ok(0) => return Err("must be positive".to_owned()),
        Err(_) => return Err("parse error".to_owned()),
    }
    Ok(())
}
