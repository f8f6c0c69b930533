//! `ghog mod init`: a new go.mod. The rest of `go mod` is the go command's: Groundhog never changes a go.mod that exists.

use std::path::Path;
use std::process::ExitCode;

use base::{FileMode, System, SystemOs};

use super::build::failed;
use crate::flags::Invocation;
use crate::{console, settings};

const NO_PATH: &str = "go: cannot determine module path for source directory";
const EXAMPLES: &str = "Example usage:\n\
    \t'ghog mod init example.com/m' to initialize a v0 or v1 module\n\
    \t'ghog mod init example.com/m/v2' to initialize a v2 module\n";

pub(super) fn run(invocation: &Invocation) -> ExitCode {
    let dir = match settings::directory(&SystemOs, &invocation.values) {
        Ok(dir) => dir,
        Err(problem) => return failed(&problem).0,
    };
    let result = match invocation.args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["init"] => {
            let dir = dir.display();
            Err(format!("{NO_PATH} {dir} (outside GOPATH, module path must be specified)\n\n{EXAMPLES}"))
        }
        ["init", path] => init(&SystemOs, &dir, path),
        ["init", ..] => return super::usage_error("mod init takes at most one module path"),
        [other, ..] => {
            let message = "Groundhog reads go.mod and does not change it; the go command does";
            return super::usage_error(&format!("mod {other} is not supported: {message}"));
        }
        [] => return super::usage_error("mod: only mod init is supported"),
    };
    match result {
        Ok(text) => {
            console::error(&text);
            ExitCode::SUCCESS
        }
        Err(text) => {
            console::error(&format!("{}\n", text.trim_end()));
            ExitCode::FAILURE
        }
    }
}

/// Makes the file. What to say about it, in the go command's words.
fn init(system: &dyn System, dir: &Path, path: &str) -> Result<String, String> {
    check(path).map_err(|reason| format!("go: malformed module path {path:?}: {reason}"))?;
    let file = dir.join("go.mod");
    if system.stat(&file).is_ok() {
        return Err(format!("go: {} already exists", file.display()));
    }
    let version = driver::GO_VERSION.trim_start_matches("go");
    let text = format!("module {path}\n\ngo {version}\n");
    system
        .write_atomic(&file, text.as_bytes(), FileMode::Data)
        .map_err(|error| format!("go: {}: {error}", file.display()))?;
    Ok(format!("go: creating new go.mod: module {path}\n"))
}

/// As golang.org/x/mod/module, for the paths that people type.
fn check(path: &str) -> Result<(), String> {
    let is_fine = |char: char| char.is_ascii_alphanumeric() || "-._~/".contains(char);
    if path.is_empty() {
        return Err("empty string".to_owned());
    }
    if let Some(wrong) = path.chars().find(|&char| !is_fine(char)) {
        return Err(format!("invalid char {wrong:?}"));
    }
    if path.starts_with('-') {
        return Err("leading dash".to_owned());
    }
    if path.starts_with('/') {
        return Err("leading slash".to_owned());
    }
    if path.ends_with('/') {
        return Err("trailing slash".to_owned());
    }
    if path.contains("//") {
        return Err("double slash".to_owned());
    }
    match path.split('/').find(|element| element.starts_with('.') || element.ends_with('.')) {
        Some(element) if element.starts_with('.') => Err("leading dot in path element".to_owned()),
        Some(_) => Err("trailing dot in path element".to_owned()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SystemMem;

    #[test]
    fn a_module_is_made_once() {
        let system = SystemMem::default();
        let dir = Path::new("/m");
        assert_eq!(init(&system, dir, "ex.com/a").unwrap(), "go: creating new go.mod: module ex.com/a\n");
        assert_eq!(system.read(&dir.join("go.mod")).unwrap(), b"module ex.com/a\n\ngo 1.27.3\n");
        assert_eq!(init(&system, dir, "ex.com/a").unwrap_err(), "go: /m/go.mod already exists");
    }

    #[test]
    fn a_path_that_is_none_is_refused_in_gos_words() {
        let error = |path| init(&SystemMem::default(), Path::new("/"), path).unwrap_err();
        assert_eq!(error("a b"), "go: malformed module path \"a b\": invalid char ' '");
        assert_eq!(error("a/"), "go: malformed module path \"a/\": trailing slash");
        assert_eq!(error("/a"), "go: malformed module path \"/a\": leading slash");
        assert_eq!(error("a//b"), "go: malformed module path \"a//b\": double slash");
    }
}
