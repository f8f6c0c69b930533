//! From flags and environment to the settings of a session.

use std::path::{Path, PathBuf};

use base::System;
use driver::{
    Bodies, Branches, Config, GoEnv, Goroot, HeadRules, ModFlag, Replaced, Replacements, Rules, Settings,
    Tests, io_text,
};

use crate::console::ProgressLine;
use crate::flags::{Invocation, Values};

/// What cannot be decided, in one line.
pub(crate) type Problem = String;

/// The directory that the command works in: `-C`, else the current one.
pub(crate) fn directory(system: &dyn System, values: &Values) -> Result<PathBuf, Problem> {
    let current =
        system.current_dir().map_err(|error| format!("cannot find the current directory: {error}"))?;
    let Some(dir) = &values.dir else { return Ok(current) };
    let to = current.join(dir);
    system.canonicalize(&to).map_err(|error| format!("chdir {}: {}", dir.display(), io_text(&error)))
}

/// The standard library, fetched if need be.
pub(crate) fn goroot(system: &dyn System, values: &Values) -> Result<Goroot, Problem> {
    let flag: Option<&Path> = values.goroot.as_deref();
    driver::goroot::find_or_fetch(system, flag, &ProgressLine::new()).map_err(|error| error.to_string())
}

/// `system` as the `-overlay` flag wants it.
pub(crate) fn overlaid<'a>(system: &'a dyn System, values: &Values) -> Result<Replaced<'a>, Problem> {
    let Some(overlay) = &values.overlay else { return Ok(Replaced::new(system, Replacements::new())) };
    let dir = directory(system, values)?;
    let path = dir.join(overlay);
    let bytes =
        system.read(&path).map_err(|error| format!("reading overlay: {}: {error}", path.display()))?;
    let json: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| format!("parsing overlay JSON: {error}"))?;
    let mut files = Replacements::new();
    for (from, to) in json["Replace"].as_object().into_iter().flatten() {
        let to = to.as_str().ok_or("parsing overlay JSON: a replacement is not a string")?;
        files.insert(absolute(&dir, from), (!to.is_empty()).then(|| absolute(&dir, to)));
    }
    Ok(Replaced::new(system, files))
}

/// A path as overlays are looked up: from the root, without `.` and `..`.
fn absolute(dir: &Path, path: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in dir.join(path).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(clean.pop()),
            part => clean.push(part),
        }
    }
    clean
}

/// The settings for loading; words of GOFLAGS count where the command line is silent.
pub(crate) fn config(system: &dyn System, invocation: &Invocation) -> Result<Config, Problem> {
    let values = &invocation.values;
    let dir = directory(system, values)?;
    let goroot = goroot(system, values)?;
    let env = GoEnv::read(system, &goroot);
    refuse_unsupported(system, &env)?;
    let (mut mod_flag, mut tags) = (values.mod_flag, values.tags.clone());
    for word in env.flags() {
        let word = word.trim_start_matches('-');
        match word.split_once('=') {
            Some(("mod", mode)) if mod_flag.is_none() => mod_flag = Some(module_mode(mode)?),
            Some(("tags", list)) if tags.is_empty() => tags = list.split(',').map(Into::into).collect(),
            _ => {}
        }
    }
    let tests = if values.test { Tests::With } else { Tests::Without };
    let branches = if values.is_checker_test { Branches::Checker } else { Branches::Parser };
    let is_compiler = values.is_checker_test || values.is_compiler_alone;
    let heads = if is_compiler { HeadRules::Compiler } else { HeadRules::GoCommand };
    let mod_file = values.mod_file.clone();
    Ok(Config { goroot, dir, env, tags, mod_flag, mod_file, tests, branches, heads })
}

fn module_mode(mode: &str) -> Result<ModFlag, Problem> {
    match mode {
        "readonly" => Ok(ModFlag::Readonly),
        "vendor" => Ok(ModFlag::Vendor),
        "mod" => Ok(ModFlag::Mod),
        _ => Err(format!("GOFLAGS: -mod={mode} not supported (can be 'mod', 'readonly', or 'vendor')")),
    }
}

/// Programs are built for one platform; a wish for another must not be passed over.
fn refuse_unsupported(system: &dyn System, env: &GoEnv) -> Result<(), Problem> {
    let fixed = [("GOOS", driver::GOOS), ("GOARCH", driver::GOARCH), ("CGO_ENABLED", "0")];
    for (name, only) in fixed {
        if let Some(value) = system.env(name).filter(|value| !value.is_empty() && value != only)
            && name != "CGO_ENABLED"
        {
            return Err(format!("{name}={value} is not supported: Groundhog builds for {only} only"));
        }
    }
    match env.get("GOEXPERIMENT") {
        "" => Ok(()),
        experiment => Err(format!("GOEXPERIMENT={experiment} is not supported")),
    }
}

/// The settings for the phases after loading.
pub(crate) fn settings(values: &Values) -> Settings {
    Settings {
        lang_minor: values.lang_minor,
        n_threads: values.n_threads,
        bodies: if values.is_incomplete { Bodies::Elsewhere } else { Bodies::Required },
        effort: if values.is_unoptimised { driver::Effort::Quick } else { driver::Effort::Full },
        rules: if values.is_checker_test { Rules::CheckerTest } else { Rules::Compiler },
    }
}
