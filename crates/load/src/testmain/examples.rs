//! Example functions and the output that their last comment promises.
//!
//! The tree has no comments, so the body of an example is scanned again. Facts: go/doc, example.go; go/ast, `CommentGroup.Text`.

use syntax::{DeclKind, ExprKind, File};

use super::is_test;

/// An example function.
pub(super) struct Example<'t> {
    pub(super) name: &'t str,
    /// What it must print; an example without that is compiled and not executed.
    pub(super) output: Option<Output>,
}

/// The text after `// Output:` or `// Unordered output:`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) text: String,
    pub(super) is_unordered: bool,
}

/// The examples of a file, in source order.
pub(super) fn of_file(tree: &File) -> Vec<Example<'_>> {
    tree[tree.decls].iter().filter_map(|&decl| example(tree, tree[decl].kind)).collect()
}

fn example(tree: &File, kind: DeclKind) -> Option<Example<'_>> {
    let DeclKind::Func { recv: None, name, ty, body: Some(body), .. } = kind else { return None };
    let name = tree.name(name).as_str();
    let ExprKind::FuncType { params, results } = tree[ty].kind else { return None };
    if !is_test(name, "Example") || !params.is_empty() || !results.is_empty() {
        return None;
    }
    let body = tree[body];
    Some(Example { name, output: promised_output(tree.text_between(body.pos, body.end)) })
}

/// The output that the last comment of a function body promises.
fn promised_output(body: &str) -> Option<Output> {
    let text = last_comment(body)?;
    let rest = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    let (rest, is_unordered) = match strip_prefix_ignoring_case(rest, "unordered ") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let output = strip_prefix_ignoring_case(rest, "output:")?.trim_start_matches(' ');
    let output = output.strip_prefix('\n').unwrap_or(output);
    Some(Output { text: output.to_owned(), is_unordered })
}

fn strip_prefix_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The text of the last group of comments in a function body.
fn last_comment(body: &str) -> Option<String> {
    let mut scan = Scan { rest: body, line: 0, group: Vec::new(), end_line: 0, may_grow: false };
    let mut last_code_line = None;
    while let Some(lexeme) = scan.next() {
        match lexeme {
            Lexeme::Code => {
                scan.may_grow = false;
                last_code_line = Some(scan.line);
            }
            Lexeme::Comment { text, line } => {
                // What stands behind code on its line is a group of its own.
                let is_trailing = last_code_line == Some(line);
                scan.add_comment(text, line, is_trailing);
            }
        }
    }
    let comments = scan.group;
    (!comments.is_empty()).then(|| group_text(&comments))
}

enum Lexeme<'t> {
    Comment { text: &'t str, line: usize },
    Code,
}

struct Scan<'t> {
    rest: &'t str,
    line: usize,
    /// The comments of the last group so far.
    group: Vec<&'t str>,
    end_line: usize,
    /// Whether a comment on the next line belongs to the group.
    may_grow: bool,
}

impl<'t> Scan<'t> {
    fn add_comment(&mut self, text: &'t str, line: usize, is_trailing: bool) {
        let joins = !self.group.is_empty() && self.may_grow && line <= self.end_line + 1;
        if !joins {
            self.group.clear();
        }
        self.group.push(text);
        self.end_line = self.line;
        self.may_grow = !is_trailing;
    }

    fn next(&mut self) -> Option<Lexeme<'t>> {
        loop {
            let first = self.rest.chars().next()?;
            let line = self.line;
            let n_bytes = match first {
                '/' if self.rest.starts_with("//") => {
                    let n_bytes = self.rest.find('\n').unwrap_or(self.rest.len());
                    return Some(Lexeme::Comment { text: self.take(n_bytes), line });
                }
                '/' if self.rest.starts_with("/*") => {
                    let n_bytes = self.rest.find("*/").map_or(self.rest.len(), |end| end + 2);
                    return Some(Lexeme::Comment { text: self.take(n_bytes), line });
                }
                '`' => self.rest[1..].find('`').map_or(self.rest.len(), |end| end + 2),
                '"' | '\'' => quoted_length(self.rest, first),
                _ => first.len_utf8(),
            };
            self.take(n_bytes);
            if !first.is_whitespace() {
                return Some(Lexeme::Code);
            }
        }
    }

    fn take(&mut self, n_bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(n_bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}

/// How long an interpreted string or a rune literal is, quotes included.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote || c == '\n' => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The lines of comments without their markers, without directives, with runs of blank lines made one.
fn group_text(comments: &[&str]) -> String {
    let mut text = String::new();
    let mut is_after_blank = true;
    for line in comments.iter().flat_map(|comment| comment_lines(comment)) {
        if line.is_empty() && is_after_blank {
            continue;
        }
        is_after_blank = line.is_empty();
        text += &line;
        text.push('\n');
    }
    // The newline of the last line does for a blank line at the end.
    if text.ends_with("\n\n") {
        text.pop();
    }
    text
}

fn comment_lines(comment: &str) -> Vec<String> {
    let comment = comment.replace('\r', "");
    let contents = match comment.strip_prefix("//") {
        Some(line) => match line.strip_prefix(' ') {
            Some(line) => line,
            None if is_directive(line) => return Vec::new(),
            None => line,
        },
        None => comment.trim_start_matches("/*").trim_end_matches("*/"),
    };
    contents.split('\n').map(|line| line.trim_end_matches([' ', '\t', '\r']).to_owned()).collect()
}

/// Whether `//` before `text` makes a directive such as `//go:noinline`.
fn is_directive(text: &str) -> bool {
    if ["line ", "extern ", "export "].iter().any(|word| text.starts_with(word)) {
        return true;
    }
    let Some((name, rest)) = text.split_once(':') else { return false };
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !name.is_empty() && name.chars().all(is_plain) && rest.chars().next().is_some_and(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promised(body: &str) -> Option<(String, bool)> {
        promised_output(body).map(|output| (output.text, output.is_unordered))
    }

    #[test]
    fn the_last_comment_promises_the_output() {
        assert_eq!(promised("{ f()\n\t// Output: a\n\t// b\n}"), Some(("a\nb\n".to_owned(), false)));
        assert_eq!(promised("{ // Output: a\n f()\n}"), Some(("a\n".to_owned(), false)));
        // One line end is dropped behind the colon, as go/doc does; what is printed is compared without blanks around it.
        assert_eq!(
            promised("{\n// unordered OUTPUT:\n//\n// x\n//\n//\n// y\n}"),
            Some(("\nx\n\ny\n".to_owned(), true))
        );
        assert_eq!(promised("{\n/* Output:\n   x  */ }"), Some(("   x\n".to_owned(), false)));
        assert_eq!(promised("{\n// Output:\n}"), Some((String::new(), false)));
        assert_eq!(promised("{\n// Output: a\n\n// Other.\n}"), None);
        assert_eq!(promised("{ f() }"), None);
    }

    #[test]
    fn a_comment_behind_code_does_not_join_the_next_line() {
        assert_eq!(promised("{\nf() // Prints.\n// Output: a\n}"), Some(("a\n".to_owned(), false)));
    }

    #[test]
    fn literals_hide_comments() {
        let body = "{\nf(\"\\\"//\", '\"', `\n// Output: no`)\n// Output: yes\ng('\\'', \"/*\")\n}";
        assert_eq!(promised(body), Some(("yes\n".to_owned(), false)));
    }
}
