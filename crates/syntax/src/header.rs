//! The start of a file: what decides whether it is part of a build, and what it imports.
//!
//! As go/build, which reads this much of every file of a directory before it chooses.

use crate::parser;
use crate::tree::{DeclKind, DirectiveKind, File};
use crate::unquote;
use base::{Pos, SourceMap, SourceText, Symbol};

/// The start of a file. Positions are byte offsets in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The name in the package clause; none when there is no proper one.
    pub package: Option<Symbol>,
    /// The imports in order.
    pub imports: Vec<HeaderImport>,
    /// The `//go:build` lines that count. More than one is an error.
    pub go_build: Vec<HeaderLine>,
    /// The `// +build` lines that count when there is no `//go:build` line.
    pub plus_build: Vec<HeaderLine>,
    /// The `//go:` lines above the package clause and among the imports; `//go:debug` is the one of interest.
    pub directives: Vec<HeaderDirective>,
    /// What is wrong with this part of the file.
    pub errors: Vec<HeaderError>,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderImport {
    /// Where the path is.
    pub offset: u32,
    /// The name given, `.` and `_` included.
    pub local: Option<Symbol>,
    /// The path, unquoted. It may be any string.
    pub path: String,
}

/// A build constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// Its first slash.
    pub offset: u32,
    /// From the slashes on, trimmed.
    pub text: String,
}

/// A `//go:` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderDirective {
    /// Where it is, after the slashes.
    pub offset: u32,
    /// What it says.
    pub kind: DirectiveKind,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// Where.
    pub offset: u32,
    /// What.
    pub message: String,
}

/// Reads the start of the file `text`.
#[must_use]
pub fn parse_header(text: &SourceText) -> Header {
    let mut header = Header::default();
    find_constraints(text.as_str(), &mut header);
    // The file is not part of the session yet: positions are those of a map of its own.
    let sources = SourceMap::new();
    let Some(id) = sources.add("", text.clone()) else {
        header.errors.push(HeaderError { offset: 0, message: "file is too large".to_owned() });
        return header;
    };
    let (file, diagnostics) = parser::parse_imports(&sources, id);
    let offset = |pos: Pos| pos.as_u32() - file.start.as_u32();
    header.package = file.package.map(|package| file.name(package));
    header.imports =
        file[file.decls].iter().filter_map(|&decl| import(&file, file[decl].kind, offset)).collect();
    let directives = file.directives.iter();
    header.directives = directives
        .map(|directive| HeaderDirective { offset: offset(directive.pos), kind: directive.kind.clone() })
        .collect();
    let errors = diagnostics.into_iter();
    header.errors =
        errors.map(|error| HeaderError { offset: offset(error.pos()), message: error.message }).collect();
    header
}

fn import(file: &File, decl: DeclKind, offset: impl Fn(Pos) -> u32) -> Option<HeaderImport> {
    let DeclKind::Import { local, path: Some(path) } = decl else { return None };
    let text = String::from_utf8(unquote(file.literal_text(path))?).ok()?;
    let local = local.map(|local| file.name(local));
    Some(HeaderImport { offset: offset(file[path].pos), local, path: text })
}

/// Finds the build constraints: a `//go:build` line counts among the comments and blank lines that a file starts with, a
/// `// +build` line only if a blank line follows before anything else does. As go/build, parseFileHeader.
fn find_constraints(text: &str, header: &mut Header) {
    let mut plus_build = Vec::new();
    let mut is_in_comment = false;
    let mut only_line_comments = true;
    let mut offset = 0;
    for full_line in text.split_inclusive('\n') {
        let line = full_line.trim();
        let start = offset + (full_line.len() - full_line.trim_start().len());
        offset += full_line.len();
        if line.is_empty() && only_line_comments {
            header.plus_build.append(&mut plus_build);
            continue;
        }
        only_line_comments &= line.starts_with("//");
        let here = HeaderLine { offset: start as u32, text: line.to_owned() };
        if !is_in_comment && is_go_build(line) {
            header.go_build.push(here);
        } else if only_line_comments && is_plus_build(line) {
            plus_build.push(here);
        }
        if has_code(line, &mut is_in_comment) {
            return;
        }
    }
}

fn is_go_build(line: &str) -> bool {
    line.strip_prefix("//go:build").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

fn is_plus_build(line: &str) -> bool {
    let text = line.strip_prefix("//").map(str::trim_start);
    let rest = text.and_then(|text| text.strip_prefix("+build"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Whether there is more on `line` than comments. `is_in_comment`: whether it starts, and then ends, within one.
fn has_code(mut line: &str, is_in_comment: &mut bool) -> bool {
    loop {
        if *is_in_comment {
            let Some((_, after)) = line.split_once("*/") else { return false };
            *is_in_comment = false;
            line = after.trim_start();
        }
        if line.is_empty() || line.starts_with("//") {
            return false;
        }
        let Some(after) = line.strip_prefix("/*") else { return true };
        *is_in_comment = true;
        line = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Header {
        parse_header(&SourceText::new(text.into()))
    }

    fn texts(lines: &[HeaderLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn imports_are_read_and_nothing_after_them() {
        let header = header("package p; import \"a\"; import (\n\t. \"b\"\n\tc `d`\n)\nvar x = ) @ nonsense");
        assert_eq!(header.package, Some(Symbol::intern("p")));
        let imports: Vec<_> =
            header.imports.iter().map(|import| (import.local, import.path.as_str())).collect();
        let name = |text| Some(Symbol::intern(text));
        assert_eq!(imports, [(None, "a"), (name("."), "b"), (name("c"), "d")]);
        assert_eq!(header.imports[0].offset, 18);
        assert_eq!(header.errors, []);
    }

    #[test]
    fn a_file_without_package_clause_has_an_error() {
        let header = header("// nothing\n");
        assert_eq!(header.package, None);
        assert_eq!(header.errors[0].message, "syntax error: package statement must be first");
    }

    #[test]
    fn go_build_lines_count_before_code_only() {
        let header =
            header("/* a\n//go:build no\n*/\n  //go:build linux && !cgo\npackage p\n//go:build no\n");
        assert_eq!(texts(&header.go_build), ["//go:build linux && !cgo"]);
        assert_eq!(header.go_build[0].offset, 24);
    }

    #[test]
    fn plus_build_lines_count_before_a_blank_line_only() {
        let header = header("// +build a\n//+build b c\n\n// +build no\npackage p\n");
        assert_eq!(texts(&header.plus_build), ["// +build a", "//+build b c"]);
    }

    #[test]
    fn debug_directives_are_in_the_header() {
        let header = header("//go:debug panicnil=1\n\npackage main\n");
        let kind = DirectiveKind::Debug(Symbol::intern("panicnil=1"));
        assert_eq!(header.directives, [HeaderDirective { offset: 2, kind }]);
    }
}
