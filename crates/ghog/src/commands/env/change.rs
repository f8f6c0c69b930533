//! `ghog env -w` and `-u`: changes to the user's file of settings. As cmd/go/internal/envcmd.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use base::{FileMode, System as _, SystemOs};
use driver::GoEnv;

use crate::console;

/// Writes `NAME=VALUE` words to the file.
pub(super) fn write(env: &GoEnv, words: &[String]) -> Result<(), String> {
    if words.is_empty() {
        return Err("no KEY=VALUE arguments given".to_owned());
    }
    let mut changes = BTreeMap::new();
    for word in words {
        let (name, value) = word
            .split_once('=')
            .ok_or_else(|| format!("arguments must be KEY=VALUE: invalid argument: {word}"))?;
        check_name(name)?;
        check_value(name, value)?;
        if changes.insert(name, Some(value)).is_some() {
            return Err(format!("multiple values for key: {name}"));
        }
        if env.is_in_process(name) {
            let warning = "does not override conflicting OS environment variable";
            console::error(&format!("warning: ghog env -w {name}=... {warning}\n"));
        }
    }
    apply(&changes.into_iter().collect::<Vec<_>>())
}

/// Removes settings from the file.
pub(super) fn remove(names: &[String]) -> Result<(), String> {
    if names.is_empty() {
        return Err("'ghog env -u' requires an argument".to_owned());
    }
    names.iter().try_for_each(|name| check_name(name))?;
    apply(&names.iter().map(|name| (name.as_str(), None)).collect::<Vec<_>>())
}

fn check_name(name: &str) -> Result<(), String> {
    match name {
        "GOEXE" | "GOGCCFLAGS" | "GOHOSTARCH" | "GOHOSTOS" | "GOMOD" | "GOROOT" | "GOTELEMETRY"
        | "GOTELEMETRYDIR" | "GOTOOLDIR" | "GOVERSION" | "GOWORK" => {
            Err(format!("{name} cannot be modified"))
        }
        "GODEBUG" | "GOENV" => Err(format!("{name} can only be set using the OS environment")),
        "GOARCH" | "GOOS" | "CGO_ENABLED" => Ok(()),
        _ if driver::is_env_name(name) => Ok(()),
        _ => Err(format!("unknown go command variable {name}")),
    }
}

fn check_value(name: &str, value: &str) -> Result<(), String> {
    let is_relative = |path: &str| !path.is_empty() && !Path::new(path).is_absolute();
    match name {
        "GOOS" if value != driver::GOOS => {
            Err(format!("unsupported GOOS/GOARCH pair {value}/{}", driver::GOARCH))
        }
        "GOARCH" if value != driver::GOARCH => {
            Err(format!("unsupported GOOS/GOARCH pair {}/{value}", driver::GOOS))
        }
        "CGO_ENABLED" if value != "0" => Err("CGO_ENABLED can only be 0: there is no cgo".to_owned()),
        "GO111MODULE" if !matches!(value, "" | "auto" | "on" | "off") => {
            Err(format!("invalid {name} value {value:?}"))
        }
        "GOPATH" => match value.split(':').find(|path| is_relative(path)) {
            Some(path) => Err(format!("GOPATH entry is relative; must be absolute path: {path:?}")),
            None => Ok(()),
        },
        "GOTMPDIR" if is_relative(value) => Err(format!("{name} must be an absolute path")),
        _ => Ok(()),
    }
}

/// Changes the file, which need not exist.
fn apply(changes: &[(&str, Option<&str>)]) -> Result<(), String> {
    let path =
        driver::env_file(&SystemOs).ok_or("cannot find the file of settings: GOENV=off, or no HOME")?;
    let text = match SystemOs.read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("reading go env config: {}: {error}", path.display())),
    };
    let edited = driver::edit_env_file(&text, changes);
    if edited == text {
        return Ok(());
    }
    let written = SystemOs.write_atomic(&path, edited.as_bytes(), FileMode::Data);
    written.map_err(|error| format!("writing go env config: {}: {error}", path.display()))
}
