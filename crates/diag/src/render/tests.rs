//! Renderings of one diagnostic, in all forms.

use crate::{Code, Colour, Diagnostic, Limit, render_go, render_json, render_snippets, select};
use base::{FileId, Pos, SourceMap, SourceText, Span};
use expect_test::{Expect, expect};

const TEXT: &str = "package p\n\nvar x int\nvar x = \"世\"\n";

fn sources(text: &str) -> SourceMap {
    let sources = SourceMap::new();
    sources.add("p.go", SourceText::new(text.into())).unwrap();
    sources
}

fn pos(sources: &SourceMap, offset: u32) -> Pos {
    sources.file(FileId::new(0)).pos(offset)
}

fn redeclared(sources: &SourceMap) -> Vec<Diagnostic> {
    let span = |start, end| Span::new(pos(sources, start), pos(sources, end));
    let error = Diagnostic::error(Code::DuplicateDecl, span(25, 26), "x redeclared in this block");
    vec![error.with_note(span(15, 16), "other declaration of x")]
}

fn check(text: String, expect: &Expect) {
    expect.assert_eq(&text);
}

#[test]
fn go_puts_notes_on_indented_lines() {
    let sources = sources(TEXT);
    let selection = select(&sources, redeclared(&sources), Limit::Ten);
    check(
        render_go(&sources, &selection),
        &expect![[r#"
            p.go:4:5: x redeclared in this block
            	p.go:3:5: other declaration of x
        "#]],
    );
}

#[test]
fn a_terminal_gets_the_source() {
    let sources = sources(TEXT);
    let selection = select(&sources, redeclared(&sources), Limit::Ten);
    check(
        render_snippets(&sources, &selection, Colour::No),
        &expect![[r#"
        error: x redeclared in this block
         --> p.go:4:5
          |
        4 | var x = "世"
          |     ^
          |
         ::: p.go:3:5
          |
        3 | var x int
          |     - other declaration of x

    "#]],
    );
}

#[test]
fn json_has_the_places_of_notes() {
    let sources = sources(TEXT);
    let selection = select(&sources, redeclared(&sources), Limit::Ten);
    check(
        render_json(&sources, &selection),
        &expect![[r#"
        {"code":"DuplicateDecl","column":5,"file":"p.go","line":4,"message":"x redeclared in this block","notes":[{"column":5,"file":"p.go","line":3,"message":"other declaration of x"}],"severity":"error"}
    "#]],
    );
}

#[test]
fn the_tenth_error_is_the_last_and_lines_are_sorted() {
    let sources = sources(&"\n".repeat(20));
    let errors = |n: u32| -> Vec<Diagnostic> {
        (0..n)
            .rev()
            .map(|i| Diagnostic::error(Code::UnusedVar, pos(&sources, i), format!("error {i}")))
            .collect()
    };
    let selection = select(&sources, errors(9), Limit::Ten);
    assert_eq!((selection.diagnostics.len(), selection.too_many_at), (9, None));
    let selection = select(&sources, errors(12), Limit::Ten);
    assert_eq!((selection.diagnostics.len(), selection.too_many_at), (10, Some(pos(&sources, 2))));
    let text = render_go(&sources, &selection);
    assert!(text.starts_with("p.go:3:1: error 2\np.go:4:1: error 3\n"), "{text}");
    assert!(text.ends_with("p.go:12:1: error 11\np.go:3:1: too many errors\n"), "{text}");
    assert_eq!(select(&sources, errors(12), Limit::None).diagnostics.len(), 12);
}

#[test]
fn one_syntax_error_per_line_and_no_repeated_message() {
    let sources = sources("abc\ndef\n");
    let error = |offset, text: &str| Diagnostic::error(Code::Syntax, pos(&sources, offset), text);
    let reported = vec![
        error(0, "syntax error: one"),
        error(1, "syntax error: two"),
        error(4, "other"),
        error(5, "other"),
        error(6, "another"),
    ];
    let selection = select(&sources, reported, Limit::Ten);
    check(
        render_go(&sources, &selection),
        &expect![[r#"
            p.go:1:1: syntax error: one
            p.go:2:1: other
            p.go:2:3: another
        "#]],
    );
}
