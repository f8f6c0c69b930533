//! `ghog env`: the settings that commands see.

mod change;

use std::process::ExitCode;

use base::{System as _, SystemOs};
use driver::GoEnv;

use crate::flags::{EnvValues, Invocation};
use crate::{console, settings};

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let EnvValues { only_changed, removes, writes } = invocation.values.env;
    let done = match (writes, removes) {
        _ if invocation.values.json && writes => Err("cannot use -json with -w".to_owned()),
        _ if invocation.values.json && removes => Err("cannot use -json with -u".to_owned()),
        (true, true) => Err("cannot use -u with -w".to_owned()),
        (true, false) => environment(invocation).and_then(|env| change::write(&env, &invocation.args)),
        (false, true) => change::remove(&invocation.args),
        (false, false) if only_changed => show_changed(invocation),
        (false, false) => show(invocation),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            console::error(&format!("ghog: {problem}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Prints all variables as a shell script, or the values of those that are named.
fn show(invocation: &Invocation) -> Result<(), String> {
    let variables = variables(invocation)?;
    let names = &invocation.args;
    if invocation.values.json || names.is_empty() {
        let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
        print(invocation, variables.iter().filter(|(name, _)| is_wanted(name)));
        return Ok(());
    }
    let value =
        |name: &str| variables.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value);
    names.iter().for_each(|name| console::print(&format!("{}\n", value(name))));
    Ok(())
}

/// Prints the variables, or those of them that are named, that somebody changed.
fn show_changed(invocation: &Invocation) -> Result<(), String> {
    let (variables, env, names) = (variables(invocation)?, environment(invocation)?, &invocation.args);
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    print(invocation, variables.iter().filter(|(name, _)| is_wanted(name) && env.is_changed(name)));
    Ok(())
}

fn print<'v>(invocation: &Invocation, variables: impl Iterator<Item = &'v (&'static str, String)>) {
    if invocation.values.json {
        let object: serde_json::Map<_, _> =
            variables.map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        console::print(&format!("{:#}\n", serde_json::Value::Object(object)));
    } else {
        variables.for_each(|(name, value)| console::print(&format!("{name}='{}'\n", quote(value))));
    }
}

/// The settings of the process, the user and the standard library.
fn environment(invocation: &Invocation) -> Result<GoEnv, String> {
    Ok(GoEnv::read(&SystemOs, &settings::goroot(&SystemOs, &invocation.values)?))
}

/// Every variable, sorted by name.
fn variables(invocation: &Invocation) -> Result<Vec<(&'static str, String)>, String> {
    let goroot = settings::goroot(&SystemOs, &invocation.values)?;
    let env = GoEnv::read(&SystemOs, &goroot);
    let shown =
        |path: Option<std::path::PathBuf>| path.map_or_else(String::new, |path| path.display().to_string());
    let dir = settings::directory(&SystemOs, &invocation.values)?;
    let above = |name: &str| dir.ancestors().map(|dir| dir.join(name)).find(|path| SystemOs.is_file(path));
    let mut variables: Vec<_> =
        driver::ENV_NAMES.iter().map(|&name| (name, env.get(name).to_owned())).collect();
    let mut set =
        |name: &'static str, value: String| match variables.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => variables.push((name, value)),
        };
    set("GOROOT", goroot.dir().display().to_string());
    set("GOPATH", std::env::join_paths(env.gopath()).unwrap_or_default().to_string_lossy().into_owned());
    set("GOMODCACHE", shown(env.mod_cache()));
    set("GOCACHE", shown(driver::goroot::cache_dir(&SystemOs)));
    set("GOMOD", shown(above("go.mod")));
    set("GOOS", driver::GOOS.to_owned());
    set("GOARCH", driver::GOARCH.to_owned());
    set("GOVERSION", driver::GO_VERSION.to_owned());
    set("CGO_ENABLED", "0".to_owned());
    variables.sort_by_key(|&(name, _)| name);
    Ok(variables)
}

/// For a single-quoted word of a shell.
fn quote(value: &str) -> String {
    value.replace('\'', "'\\''")
}
