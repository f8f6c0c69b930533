//! The first line of a test in Go's `test/` directory: what to do with the file, and with which flags.

use std::time::Duration;

/// What to do with a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The kind: `run`, `errorcheck`, `compiledir`, ...
    pub(super) kind: String,
    /// Flags for the compiler or the go command.
    pub(super) flags: Vec<String>,
    /// Arguments for the program.
    pub(super) args: Vec<String>,
    /// Whether compiling must fail.
    pub(super) wants_error: bool,
    /// Whether every file of a directory is a package of its own.
    pub(super) is_file_a_package: bool,
    /// The time that the test itself allows.
    pub(super) time: Option<Duration>,
    /// Variables for the program.
    pub(super) env: Vec<(String, String)>,
    /// The language version for the go.mod of a `runindir` test.
    pub(super) mod_version: Option<String>,
}

/// The recipe of a source file; build constraints may stand before it.
pub(super) fn of_source(source: &str) -> Option<Recipe> {
    let is_constraint = |line: &&str| line.starts_with("//go:build") || line.starts_with("// +build");
    let line = source.lines().find(|line| !line.trim().is_empty() && !is_constraint(line))?;
    let mut words = split_quoted(line.strip_prefix("//")?.trim()).into_iter();
    let kind = words.next()?;
    let mut recipe = Recipe {
        wants_error: matches!(
            kind.as_str(),
            "errorcheck" | "errorcheckdir" | "errorcheckoutput" | "errorcheckwithauto"
        ),
        kind,
        flags: Vec::new(),
        args: Vec::new(),
        is_file_a_package: false,
        time: None,
        env: Vec::new(),
        mod_version: None,
    };
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            recipe.args.push(word);
            break;
        }
        match word.as_str() {
            "-0" => recipe.wants_error = false,
            "-1" => recipe.wants_error = true,
            "-s" => recipe.is_file_a_package = true,
            "-t" => recipe.time = words.next().and_then(|n| n.parse().ok()).map(Duration::from_secs),
            "-goexperiment" => recipe.env.push(("GOEXPERIMENT".to_owned(), words.next().unwrap_or_default())),
            "-godebug" => recipe.env.push(("GODEBUG".to_owned(), words.next().unwrap_or_default())),
            "-gomodversion" => recipe.mod_version = words.next(),
            _ => recipe.flags.push(word),
        }
    }
    recipe.args.extend(words);
    Some(recipe)
}

/// Words; quotes, single or double, hold blanks together.
fn split_quoted(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Whether the build constraints of a test hold on linux/amd64 with gc's usual tags.
pub(super) fn is_for_this_platform(source: &str) -> bool {
    let header = source.split("\npackage").next().unwrap_or_default();
    let lines = header.lines().filter(|line| line.starts_with("//go:build") || line.starts_with("// +build"));
    lines.into_iter().all(holds)
}

fn holds(line: &str) -> bool {
    let Some(expr) = line.strip_prefix("//go:build ") else {
        let words = line.trim_start_matches("// +build").split_whitespace();
        return words.into_iter().any(|word| word.split(',').all(term));
    };
    let mut tokens = expr.replace('(', " ( ").replace(')', " ) ").replace('!', " ! ");
    tokens = tokens.replace("&&", " && ").replace("||", " || ");
    let tokens: Vec<&str> = tokens.split_whitespace().collect();
    or(&mut tokens.into_iter().peekable())
}

type Tokens<'a> = std::iter::Peekable<std::vec::IntoIter<&'a str>>;

fn or(tokens: &mut Tokens<'_>) -> bool {
    let mut value = and(tokens);
    while tokens.next_if_eq(&"||").is_some() {
        value |= and(tokens);
    }
    value
}

fn and(tokens: &mut Tokens<'_>) -> bool {
    let mut value = not(tokens);
    while tokens.next_if_eq(&"&&").is_some() {
        value &= not(tokens);
    }
    value
}

fn not(tokens: &mut Tokens<'_>) -> bool {
    match tokens.next() {
        Some("!") => !not(tokens),
        Some("(") => {
            let value = or(tokens);
            tokens.next_if_eq(&")");
            value
        }
        Some(tag) => term(tag),
        None => false,
    }
}

fn term(tag: &str) -> bool {
    if let Some(tag) = tag.strip_prefix('!') {
        return !term(tag);
    }
    let is_release =
        tag.strip_prefix("go1.").is_some_and(|n| n.parse().is_ok_and(|n: u32| n <= load::GO_MINOR));
    is_release
        || matches!(
            tag,
            "linux" | "amd64" | "gc" | "test_run" | "goexperiment.jsonv2" | "goexperiment.greenteagc"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_found_behind_build_constraints() {
        let recipe =
            of_source("//go:build linux\n\n// run -t 30 -gcflags '-N -l' a.go x y\n\npackage main\n")
                .unwrap();
        assert_eq!(recipe.kind, "run");
        assert_eq!(recipe.time, Some(Duration::from_secs(30)));
        assert_eq!(recipe.flags, ["-gcflags", "-N -l"]);
        assert_eq!(recipe.args, ["a.go", "x", "y"]);
        let recipe = of_source("// errorcheck -0 -m=2\n").unwrap();
        assert!(!recipe.wants_error);
        assert!(of_source("// errorcheckdir -s\n").unwrap().is_file_a_package);
    }

    #[test]
    fn constraints_decide_whether_a_test_applies() {
        assert!(is_for_this_platform("//go:build !windows && (amd64 || 386)\n\npackage p\n"));
        assert!(!is_for_this_platform("//go:build cgo && linux\n\npackage p\n"));
        assert!(is_for_this_platform("// run\n\npackage p\n//go:build never\n"));
    }
}
