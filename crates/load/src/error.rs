//! What can be wrong with what is to be loaded, in the go command's words.

use std::fmt;
use std::path::Path;

use base::Location;
use diag::Code;

/// Something that stops a program from being loaded.
///
/// Loading goes on after one, so that all of them are reported; but a program with any is not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The kind of mistake.
    pub code: Code,
    /// The import declaration, or the file, that is at fault.
    pub location: Option<Location>,
    /// The imports that lead to the package, outermost first.
    pub stack: Vec<Import>,
    /// How the stack is shown.
    pub show: ShowStack,
    /// Go's text.
    pub message: String,
}

/// One step of an import stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The imported package.
    pub path: String,
    /// Base name of the importing file; none for a package named on the command line.
    pub from: Option<String>,
}

/// When the import stack is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowStack {
    /// Only when there is no location.
    WithoutLocation,
    /// Always.
    Always,
    /// Always, with the importing files.
    WithFiles,
}

impl LoadError {
    /// An error about no package in particular.
    pub fn plain(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            location: None,
            stack: Vec::new(),
            show: ShowStack::WithoutLocation,
            message: message.into(),
        }
    }

    /// An error at an import declaration.
    pub fn at(code: Code, location: Option<Location>, message: impl Into<String>) -> Self {
        Self { location, ..Self::plain(code, message) }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location
            && (self.stack.is_empty() || self.show == ShowStack::WithoutLocation)
        {
            return write!(f, "{location}: {}", self.message);
        }
        let Some((first, rest)) = self.stack.split_first() else { return f.write_str(&self.message) };
        write!(f, "package {}", first.path)?;
        for import in rest {
            write!(f, "\n\timports {}", import.path)?;
            if let (ShowStack::WithFiles, Some(from)) = (self.show, &import.from) {
                write!(f, " from {from}")?;
            }
        }
        if let Some(location) = &self.location {
            write!(f, "\n\t{location}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// `path` as the go command shows it: relative to `dir` when that is shorter.
pub fn short_path(path: &Path, dir: &Path) -> String {
    let full = path.display().to_string();
    match relative(path, dir) {
        Some(short) if short.len() < full.len() => short,
        _ => full,
    }
}

fn relative(path: &Path, dir: &Path) -> Option<String> {
    let mut up = 0;
    let mut base = dir;
    let rest = loop {
        if let Ok(rest) = path.strip_prefix(base) {
            break rest;
        }
        base = base.parent()?;
        up += 1;
    };
    let mut parts = vec![".."; up];
    parts.extend(rest.iter().filter_map(|part| part.to_str()));
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_shown_as_the_go_command_shows_them() {
        let import = |path: &str, from: &str| Import { path: path.into(), from: Some(from.into()) };
        let root = Import { path: "m/a".into(), from: None };
        let mut error = LoadError::plain(Code::ImportCycle, "import cycle not allowed");
        assert_eq!(error.to_string(), "import cycle not allowed");
        error.stack = vec![root, import("m/b", "x.go"), import("m/a", "y.go")];
        error.show = ShowStack::WithFiles;
        assert_eq!(
            error.to_string(),
            "package m/a\n\timports m/b from x.go\n\timports m/a from y.go: import cycle not allowed"
        );
        error.location = Some(Location { name: "a/x.go".into(), line: 3, column: 8 });
        error.show = ShowStack::Always;
        assert_eq!(
            error.to_string(),
            "package m/a\n\timports m/b\n\timports m/a\n\ta/x.go:3:8: import cycle not allowed"
        );
        error.show = ShowStack::WithoutLocation;
        assert_eq!(error.to_string(), "a/x.go:3:8: import cycle not allowed");
    }

    #[test]
    fn paths_are_shown_relative_when_that_is_shorter() {
        let short = |path, dir| short_path(Path::new(path), Path::new(dir));
        assert_eq!(short("/a/b/c.go", "/a/b"), "c.go");
        assert_eq!(short("/aaa/d/c.go", "/aaa/b"), "../d/c.go");
        assert_eq!(short("/x/c.go", "/a/b/c"), "/x/c.go");
        assert_eq!(short("/a/b", "/a/b"), ".");
    }
}
