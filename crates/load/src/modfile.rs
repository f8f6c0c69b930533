//! The text of go.mod and go.work files as data.
//!
//! Both are lines of words. `verb ( ... )` factors a verb out of several lines. Strings may be quoted as in Go.
//! A main module's file is read strictly; a dependency's laxly, so that directives of a later Go do no harm there.

use std::iter::Peekable;

use crate::semver;

/// What a go.mod file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModFile {
    /// The module's own path.
    pub module: Option<Box<str>>,
    /// The `go` line: the language version of the module's packages.
    pub go: Option<Box<str>>,
    /// The `toolchain` line.
    pub toolchain: Option<Box<str>>,
    /// Needed modules, in file order.
    pub require: Vec<Require>,
    /// Replacements, in file order; a later one does not win over an earlier one of the same module.
    pub replace: Vec<Replace>,
    /// Versions that may not be selected.
    pub exclude: Vec<(Box<str>, Box<str>)>,
    /// `godebug key=value` lines.
    pub godebug: Vec<(Box<str>, Box<str>)>,
    /// Directories that package patterns skip.
    pub ignore: Vec<Box<str>>,
}

/// What a go.work file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkFile {
    /// The `go` line.
    pub go: Option<Box<str>>,
    /// Directories of the workspace's main modules, as written.
    pub use_dirs: Vec<Box<str>>,
    /// Replacements for all of them.
    pub replace: Vec<Replace>,
    /// `godebug key=value` lines.
    pub godebug: Vec<(Box<str>, Box<str>)>,
}

/// One needed module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Require {
    /// The module path.
    pub path: Box<str>,
    /// The least version that serves.
    pub version: Box<str>,
    /// No package of the main module imports it directly (`// indirect`).
    pub is_indirect: bool,
}

/// One `replace old [version] => new [version]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// The module path that is replaced.
    pub old: Box<str>,
    /// The version that is replaced; all when absent.
    pub old_version: Option<Box<str>>,
    /// A module path, or a directory when it starts with `./`, `../` or `/`.
    pub new: Box<str>,
    /// The version of the new module; absent for a directory.
    pub new_version: Option<Box<str>>,
}

impl Replace {
    /// Whether the replacement is a directory and not another module.
    pub fn is_dir(&self) -> bool {
        is_dir_path(&self.new)
    }
}

fn is_dir_path(path: &str) -> bool {
    path == "." || path == ".." || path.starts_with("./") || path.starts_with("../") || path.starts_with('/')
}

/// One line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineError {
    /// Counted from 1.
    pub line: u32,
    /// In characters from 1; 0 when it is the line as a whole.
    pub column: u32,
    /// The go command's text.
    pub message: String,
}

impl LineError {
    /// The error as it is shown for the file `name`. As modfile, Error: a first column says nothing.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.column {
            0 | 1 => format!("{name}:{}: {}", self.line, self.message),
            column => format!("{name}:{}:{column}: {}", self.line, self.message),
        }
    }
}

/// Which unknown things are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// A main module's file: everything must be understood.
    Strict,
    /// A dependency's file: unknown directives are skipped, and so are those that count in a main module only.
    Lax,
}

/// Reads the go.mod file `name`; the errors are in line order, and the result holds what could be read.
pub(crate) fn parse_mod(name: &str, text: &str, strictness: Strictness) -> (ModFile, Vec<LineError>) {
    let mut file = ModFile::default();
    let errors = for_each_directive(name, text, |directive| mod_directive(&mut file, directive, strictness));
    (file, errors)
}

/// Reads the go.work file `name`.
pub(crate) fn parse_work(name: &str, text: &str) -> (WorkFile, Vec<LineError>) {
    let mut file = WorkFile::default();
    let errors = for_each_directive(name, text, |directive| work_directive(&mut file, directive));
    (file, errors)
}

/// One logical line: its verb, its words, and its comment.
struct Directive<'a> {
    verb: &'a str,
    args: &'a [String],
    comment: &'a str,
}

fn mod_directive(file: &mut ModFile, line: &Directive<'_>, strictness: Strictness) -> Result<(), String> {
    let is_strict = strictness == Strictness::Strict;
    match line.verb {
        "module" => set_once(&mut file.module, line, "usage: module module/path"),
        "go" => go_line(&mut file.go, line),
        "toolchain" if is_strict => toolchain_line(&mut file.toolchain, line),
        "require" => append(&mut file.require, require_line(line)),
        "replace" if is_strict => append(&mut file.replace, replace_line(line)),
        "exclude" if is_strict => append(&mut file.exclude, exclude_line(line)),
        "godebug" if is_strict => append(&mut file.godebug, godebug_line(line)),
        "ignore" => append(&mut file.ignore, one_arg(line, "ignore directive expects exactly one argument")),
        "tool" => one_arg(line, "tool directive expects exactly one argument").map(drop),
        "retract" => Ok(()),
        _ if is_strict => Err(format!("unknown directive: {}", line.verb)),
        _ => Ok(()),
    }
}

fn work_directive(file: &mut WorkFile, line: &Directive<'_>) -> Result<(), String> {
    match line.verb {
        "go" => go_line(&mut file.go, line),
        "use" => append(&mut file.use_dirs, one_arg(line, "usage: use local/dir")),
        "replace" => append(&mut file.replace, replace_line(line)),
        "godebug" => append(&mut file.godebug, godebug_line(line)),
        "toolchain" => Ok(()),
        _ => Err(format!("unknown directive: {}", line.verb)),
    }
}

fn append<T>(list: &mut Vec<T>, item: Result<T, String>) -> Result<(), String> {
    list.push(item?);
    Ok(())
}

fn one_arg(line: &Directive<'_>, usage: &str) -> Result<Box<str>, String> {
    match line.args {
        [arg] => Ok(arg.as_str().into()),
        _ => Err(usage.to_owned()),
    }
}

fn set_once(slot: &mut Option<Box<str>>, line: &Directive<'_>, usage: &str) -> Result<(), String> {
    if slot.is_some() {
        return Err(format!("repeated {} statement", line.verb));
    }
    *slot = Some(one_arg(line, usage)?);
    Ok(())
}

fn go_line(slot: &mut Option<Box<str>>, line: &Directive<'_>) -> Result<(), String> {
    set_once(slot, line, "go directive expects exactly one argument")?;
    match slot.as_deref() {
        Some(version) if semver::go_minor(version).is_none() => {
            Err(format!("invalid go version '{version}': must match format 1.23.0"))
        }
        _ => Ok(()),
    }
}

fn toolchain_line(slot: &mut Option<Box<str>>, line: &Directive<'_>) -> Result<(), String> {
    set_once(slot, line, "toolchain directive expects exactly one argument")?;
    let name = slot.as_deref().unwrap_or_default();
    let is_go1 = name.strip_prefix("go1").is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if is_go1 || name == "default" {
        return Ok(());
    }
    Err(format!("invalid toolchain version '{name}': must match format go1.23.0 or default"))
}

fn require_line(line: &Directive<'_>) -> Result<Require, String> {
    let [path, version] = line.args else { return Err("usage: require module/path v1.2.3".to_owned()) };
    let comment = line.comment.trim_start_matches('/').trim();
    Ok(Require {
        path: path.as_str().into(),
        version: checked_major("require", path, version)?,
        is_indirect: comment == "indirect" || comment.starts_with("indirect;"),
    })
}

fn exclude_line(line: &Directive<'_>) -> Result<(Box<str>, Box<str>), String> {
    let [path, version] = line.args else { return Err("usage: exclude module/path v1.2.3".to_owned()) };
    Ok((path.as_str().into(), checked_major("exclude", path, version)?))
}

/// As modfile and module.CheckPathMajor: a version beyond v1 needs a path that says so.
fn checked_major(verb: &str, path: &str, version: &str) -> Result<Box<str>, String> {
    let version = checked_version(path, version)?;
    let major = version.split('.').next().unwrap_or_default();
    let wanted = match semver::path_major(path) {
        Some(wanted) if wanted == major => return Ok(version),
        Some("v1") if version.starts_with("v0.0.0-") => return Ok(version),
        Some(wanted) => wanted,
        None if matches!(major, "v0" | "v1") || version.ends_with("+incompatible") => return Ok(version),
        None => "v0 or v1",
    };
    Err(format!("{verb} {path}: version {version:?} invalid: should be {wanted}, not {major}"))
}

fn checked_version(path: &str, version: &str) -> Result<Box<str>, String> {
    if semver::is_valid(version) {
        Ok(version.into())
    } else {
        Err(format!(
            "invalid module version {path:?}: version {version:?} invalid: must be of the form v1.2.3"
        ))
    }
}

fn replace_line(line: &Directive<'_>) -> Result<Replace, String> {
    const USAGE: &str = "usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory";
    let arrow = line.args.iter().position(|arg| arg == "=>").ok_or(USAGE)?;
    let (old, new) = (&line.args[..arrow], &line.args[arrow + 1..]);
    let (old, old_version) = match old {
        [path] => (path, None),
        [path, version] => (path, Some(checked_version(path, version)?)),
        _ => return Err(USAGE.to_owned()),
    };
    let (new, new_version) = match new {
        [path] if is_dir_path(path) => (path, None),
        [path] => {
            return Err(format!(
                "replacement module without version must be directory path (rooted or starting with . or ..): {path}"
            ));
        }
        [path, _] if is_dir_path(path) => {
            return Err(format!("replacement module directory path {path:?} cannot have version"));
        }
        [path, version] => (path, Some(checked_version(path, version)?)),
        _ => return Err(USAGE.to_owned()),
    };
    Ok(Replace { old: old.as_str().into(), old_version, new: new.as_str().into(), new_version })
}

fn godebug_line(line: &Directive<'_>) -> Result<(Box<str>, Box<str>), String> {
    let setting = one_arg(line, "usage: godebug key=value")?;
    let (key, value) = setting.split_once('=').ok_or("usage: godebug key=value")?;
    Ok((key.into(), value.into()))
}

/// Calls `take` for every logical line of the file and collects the errors. What is no word at all ends the file.
fn for_each_directive(
    name: &str,
    text: &str,
    mut take: impl FnMut(&Directive<'_>) -> Result<(), String>,
) -> Vec<LineError> {
    let mut errors = Vec::new();
    let mut block: Option<(String, u32)> = None;
    for (i, raw) in text.lines().enumerate() {
        let line = u32::try_from(i + 1).unwrap_or(u32::MAX);
        let (words, comment) = match split_line(raw) {
            Ok(split) => split,
            Err((column, message)) => return vec![LineError { line, column, message }],
        };
        let result = match (&block, words.as_slice()) {
            (_, []) => Ok(()),
            (Some(_), [close]) if close == ")" => {
                block = None;
                Ok(())
            }
            (Some((verb, _)), args) => take(&Directive { verb, args, comment }),
            (None, [verb, open]) if open == "(" => {
                block = Some((verb.clone(), line));
                Ok(())
            }
            (None, [_verb, open, close]) if open == "(" && close == ")" => Ok(()),
            (None, [verb, args @ ..]) => take(&Directive { verb, args, comment }),
        };
        errors.extend(result.err().map(|message| LineError { line, column: 0, message }));
    }
    if let Some((_, start)) = block {
        let line = u32::try_from(text.lines().count() + 1).unwrap_or(u32::MAX);
        let message = format!("syntax error (unterminated block started at {name}:{start}:1)");
        return vec![LineError { line, column: 0, message }];
    }
    errors
}

/// A column, and what is wrong there.
type Misspelt = (u32, String);

fn misspelt(line: &str, at: usize, message: &str) -> Misspelt {
    (u32::try_from(line[..at].chars().count() + 1).unwrap_or(u32::MAX), message.to_owned())
}

/// The words of a line and its `//` comment.
fn split_line(line: &str) -> Result<(Vec<String>, &str), Misspelt> {
    let mut words = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some(&(at, c)) = chars.peek() {
        match c {
            c if c.is_whitespace() => drop(chars.next()),
            '/' if line[at..].starts_with("//") => return Ok((words, &line[at..])),
            '(' | ')' | ',' | '[' | ']' => {
                words.push(c.to_string());
                chars.next();
            }
            '"' | '`' => words.push(quoted_word(line, at, &mut chars)?),
            _ => words.push(bare_word(line, at, &mut chars)?),
        }
    }
    Ok((words, ""))
}

type Chars<'a> = Peekable<std::str::CharIndices<'a>>;

fn quoted_word(line: &str, start: usize, chars: &mut Chars<'_>) -> Result<String, Misspelt> {
    let (_, quote) = chars.next().unwrap_or((start, '"'));
    let mut word = String::new();
    while let Some((_, c)) = chars.next() {
        match c {
            _ if c == quote => return Ok(word),
            '\\' if quote == '"' => word.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => word.push(c),
        }
    }
    Err(misspelt(line, line.len(), "unexpected newline in string"))
}

fn bare_word(line: &str, start: usize, chars: &mut Chars<'_>) -> Result<String, Misspelt> {
    while let Some(&(at, c)) = chars.peek() {
        if c.is_whitespace() || matches!(c, '(' | ')' | ',' | '[' | ']') || line[at..].starts_with("//") {
            return Ok(line[start..at].to_owned());
        }
        if line[at..].starts_with("/*") {
            return Err(misspelt(line, at, "mod files must use // comments (not /* */ comments)"));
        }
        chars.next();
    }
    Ok(line[start..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_go_mod_file_is_read_in_full() {
        let text = r#"
module "example.com/m" // the module

go 1.27
toolchain go1.27.3

require (
	example.com/a v1.2.3
	example.com/b v0.1.0-pre // indirect
)
require example.com/c v1.0.0
replace example.com/a v1.2.3 => ../a
replace (
	example.com/b => example.com/b2 v0.2.0
)
exclude example.com/c v1.1.0
godebug default=go1.21
retract [v1.0.0, v1.1.0]
tool example.com/a/cmd
"#;
        let (file, errors) = parse_mod("go.mod", text, Strictness::Strict);
        assert_eq!(errors, []);
        assert_eq!(file.module.as_deref(), Some("example.com/m"));
        assert_eq!(file.go.as_deref(), Some("1.27"));
        let required: Vec<_> = file.require.iter().map(|r| (&*r.path, &*r.version, r.is_indirect)).collect();
        assert_eq!(
            required,
            [
                ("example.com/a", "v1.2.3", false),
                ("example.com/b", "v0.1.0-pre", true),
                ("example.com/c", "v1.0.0", false)
            ]
        );
        assert!(file.replace[0].is_dir() && !file.replace[1].is_dir());
        assert_eq!(file.replace[1].new_version.as_deref(), Some("v0.2.0"));
        assert_eq!(file.godebug, [("default".into(), "go1.21".into())]);
    }

    #[test]
    fn errors_carry_gos_words_and_lines() {
        let text = "module example.com/m\ngo 1.21\nrequire foo\nbogus x\nreplace x\n";
        let (_, errors) = parse_mod("go.mod", text, Strictness::Strict);
        let errors: Vec<_> = errors.iter().map(|e| (e.line, &*e.message)).collect();
        assert_eq!(errors[0], (3, "usage: require module/path v1.2.3"));
        assert_eq!(errors[1], (4, "unknown directive: bogus"));
        assert!(errors[2].1.starts_with("usage: replace module/path"));
        assert_eq!(parse_mod("go.mod", "bogus x\n", Strictness::Lax).1, []);
    }

    #[test]
    fn a_go_work_file_lists_its_modules() {
        let (file, errors) =
            parse_work("go.work", "go 1.27\nuse (\n\t./a\n\t\"./b c\"\n)\nreplace x => ./y\n");
        assert_eq!(errors, []);
        assert_eq!(file.use_dirs, ["./a".into(), "./b c".into()]);
        assert_eq!(file.replace.len(), 1);
    }

    #[test]
    fn an_open_block_is_an_error() {
        let error = parse_mod("go.mod", "require (\n", Strictness::Strict).1.remove(0);
        assert_eq!(error.text("go.mod"), "go.mod:2: syntax error (unterminated block started at go.mod:1:1)");
    }

    #[test]
    fn what_is_no_word_ends_the_file() {
        let error = |text| {
            let (_, errors) = parse_mod("go.mod", text, Strictness::Strict);
            errors.iter().map(|error| error.text("go.mod")).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(error("foo\nmodule \"m\nbar\n"), "go.mod:2:10: unexpected newline in string");
        let comment = "mod files must use // comments (not /* */ comments)";
        assert_eq!(error("/* x */\n"), format!("go.mod:1: {comment}"));
        assert_eq!(error("module m/*x*/\n"), format!("go.mod:1:9: {comment}"));
    }

    #[test]
    fn versions_and_toolchains_have_a_form() {
        let error = |text: &str| {
            let (_, errors) = parse_mod("go.mod", text, Strictness::Strict);
            errors.into_iter().map(|error| error.message).collect::<String>()
        };
        assert_eq!(error("toolchain default\n"), "");
        assert_eq!(
            error("toolchain x\n"),
            "invalid toolchain version 'x': must match format go1.23.0 or default"
        );
        assert_eq!(error("require a.org/x v2.0.0+incompatible\nrequire a.org/x/v3 v3.1.0\n"), "");
        assert_eq!(error("require gopkg.in/yaml.v2 v2.4.0\n"), "");
        assert_eq!(
            error("require a.org/x v2.0.0\n"),
            "require a.org/x: version \"v2.0.0\" invalid: should be v0 or v1, not v2"
        );
        assert_eq!(
            error("require a.org/x/v3 v2.0.0\n"),
            "require a.org/x/v3: version \"v2.0.0\" invalid: should be v3, not v2"
        );
    }
}
