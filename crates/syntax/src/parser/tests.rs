//! Trees and messages for texts good and bad.

use crate::{DeclKind, Descend, ExprKind, File, Node, StmtKind, parse, walk_file};
use base::{SourceMap, SourceText};
use diag::{Limit, render_go, select};
use expect_test::{Expect, expect};
use std::fmt::Write as _;

fn parse_text(text: &str) -> (SourceMap, File, String) {
    let sources = SourceMap::new();
    let id = sources.add("f.go", SourceText::new(text.into())).unwrap();
    let (file, diagnostics) = parse(&sources, id);
    let errors = render_go(&sources, &select(&sources, diagnostics, Limit::None));
    (sources, file, errors)
}

/// The errors of a file.
fn errors(text: &str, expect: &Expect) {
    expect.assert_eq(&parse_text(text).2);
}

/// The errors of statements, whose first line is line 2.
fn stmt_errors(text: &str, expect: &Expect) {
    errors(&format!("package p; func f() {{\n{text}\n}}"), expect);
}

fn describe(file: &File, node: Node) -> (&'static str, base::Span) {
    let span = |start, end| base::Span::new(start, end);
    match node {
        Node::Expr(expr) => {
            let name = match file[expr].kind {
                ExprKind::Bad => "bad",
                ExprKind::Name(_) => "name",
                ExprKind::BasicLit(_) => "literal",
                ExprKind::CompositeLit { .. } => "composite",
                ExprKind::KeyValue { .. } => "key-value",
                ExprKind::FuncLit { .. } => "func-lit",
                ExprKind::Paren(_) => "paren",
                ExprKind::Selector { .. } => "selector",
                ExprKind::Index { .. } => "index",
                ExprKind::Slice { .. } => "slice",
                ExprKind::Assert { .. } => "assert",
                ExprKind::TypeSwitchGuard { .. } => "guard",
                ExprKind::Unary { .. } => "unary",
                ExprKind::Binary { .. } => "binary",
                ExprKind::Call { .. } => "call",
                _ => "type",
            };
            (name, file.span_of(expr))
        }
        Node::Stmt(stmt) => {
            let name = match file[stmt].kind {
                StmtKind::Range { .. } => "range",
                StmtKind::TypeSwitch { .. } => "type-switch",
                StmtKind::OpAssign { .. } => "op-assign",
                StmtKind::Labeled { .. } => "labeled",
                _ => "stmt",
            };
            (name, span(file[stmt].pos, file[stmt].end))
        }
        Node::Decl(decl) => ("decl", span(file[decl].pos, file[decl].end)),
        Node::Field(field) => ("field", span(file[field].pos, file[file[field].ty].end)),
        Node::Clause(clause) => ("clause", span(file[clause].pos, file[clause].end)),
        Node::Ident(ident) => ("ident", file.ident_span(ident)),
    }
}

/// Every node with its text, parents first.
fn tree(text: &str, expect: &Expect) {
    let (_, file, errors) = parse_text(&format!("package p; {text}"));
    let mut out = errors;
    walk_file(&file, |node| {
        let (name, span) = describe(&file, node);
        writeln!(out, "{name:<10} {}", file.text_between(span.start, span.end)).unwrap();
        Descend::Into
    });
    expect.assert_eq(&out);
}

#[test]
fn operators_bind_by_precedence() {
    tree(
        "var _ = a + -b*c == d && e",
        &expect![[r#"
        decl       _ = a + -b*c == d && e
        ident      _
        binary     a + -b*c == d && e
        binary     a + -b*c == d
        binary     a + -b*c
        name       a
        binary     -b*c
        unary      -b
        name       b
        name       c
        name       d
        name       e
    "#]],
    );
}

#[test]
fn chains_of_operands() {
    tree(
        "var _ = f[int](x...).g.(T)[1:2:3]",
        &expect![[r#"
        decl       _ = f[int](x...).g.(T)[1:2:3]
        ident      _
        slice      [1:2:3]
        assert     f[int](x...).g.(T)
        selector   f[int](x...).g
        call       f[int](x...)
        index      f[int]
        name       f
        name       int
        name       x
        ident      g
        name       T
        literal    1
        literal    2
        literal    3
    "#]],
    );
}

#[test]
fn composite_literals_end_at_headers() {
    tree(
        "func _() { if x == (T{1}) {}; for range []T{{a: 1}} {} }",
        &expect![[r#"
        decl       _() { if x == (T{1}) {}; for range []T{{a: 1}} {} }
        ident      _
        type       ()
        stmt       { if x == (T{1}) {}; for range []T{{a: 1}} {} }
        stmt       if x == (T{1}) {}
        binary     x == (T{1})
        name       x
        paren      (T{1})
        composite  T{1}
        name       T
        literal    1
        stmt       {}
        range      for range []T{{a: 1}} {}
        composite  []T{{a: 1}}
        type       []T
        name       T
        composite  {a: 1}
        key-value  a: 1
        name       a
        literal    1
        stmt       {}
    "#]],
    );
}

#[test]
fn type_parameters_and_array_lengths_are_told_apart() {
    tree(
        "type A[P *C] int",
        &expect![[r#"
        decl       A[P *C] int
        ident      A
        type       [P *C] int
        binary     P *C
        name       P
        name       C
        name       int
    "#]],
    );
    tree(
        "type A[P *C,] int",
        &expect![[r#"
        decl       A[P *C,] int
        ident      A
        field      P *C
        ident      P
        unary      *C
        name       C
        name       int
    "#]],
    );
    tree(
        "type A[P *[]int|~C] = B[P]",
        &expect![[r#"
        decl       A[P *[]int|~C] = B[P]
        ident      A
        field      P *[]int|~C
        ident      P
        binary     *[]int|~C
        unary      *[]int
        type       []int
        name       int
        unary      ~C
        name       C
        index      B[P]
        name       B
        name       P
    "#]],
    );
}

#[test]
fn generic_methods_and_constraints() {
    tree(
        "func (r *R[P]) m[Q interface{ ~int | string; m() }](a, b Q) (_ P, err error)",
        &expect![[r#"
        decl       (r *R[P]) m[Q interface{ ~int | string; m() }](a, b Q) (_ P, err error)
        field      r *R[P]
        ident      r
        unary      *R[P]
        index      R[P]
        name       R
        name       P
        ident      m
        field      Q interface{ ~int | string; m() }
        ident      Q
        type       interface{ ~int | string; m() }
        field      ~int | string
        binary     ~int | string
        unary      ~int
        name       int
        name       string
        field      m()
        ident      m
        type       ()
        type       [Q interface{ ~int | string; m() }](a, b Q) (_ P, err error)
        ident      a
        field      b Q
        ident      b
        name       Q
        field      _ P
        ident      _
        name       P
        field      err error
        ident      err
        name       error
    "#]],
    );
}

#[test]
fn arrows_belong_to_channel_types_first() {
    tree(
        "var _ <-chan int = <-chan<- (chan T)(x)",
        &expect![[r#"
        decl       _ <-chan int = <-chan<- (chan T)(x)
        ident      _
        type       <-chan int
        name       int
        unary      <-chan<- (chan T)(x)
        call       chan<- (chan T)(x)
        type       chan<- (chan T)
        type       chan T
        name       T
        name       x
    "#]],
    );
}

#[test]
fn statements_with_clauses() {
    tree(
        "func _() { L: switch x := y.(type) { case int, string: break L; default: }; select { case v <- c: x += 1 } }",
        &expect![[r#"
            decl       _() { L: switch x := y.(type) { case int, string: break L; default: }; select { case v <- c: x += 1 } }
            ident      _
            type       ()
            stmt       { L: switch x := y.(type) { case int, string: break L; default: }; select { case v <- c: x += 1 } }
            labeled    : switch x := y.(type) { case int, string: break L; default: }
            ident      L
            type-switch switch x := y.(type) { case int, string: break L; default: }
            guard      x := y.(type)
            ident      x
            name       y
            clause     case int, string: break L;
            name       int
            name       string
            stmt       break L
            ident      L
            clause     default:
            stmt       select { case v <- c: x += 1 }
            clause     case v <- c: x += 1
            stmt       <- c
            name       v
            name       c
            op-assign  += 1
            name       x
            literal    1
        "#]],
    );
}

#[test]
fn struct_fields_with_and_without_names() {
    tree(
        "type _ struct { a, b int `t`; *p.E; G[int]; c [2]int }",
        &expect![[r#"
        decl       _ struct { a, b int `t`; *p.E; G[int]; c [2]int }
        ident      _
        type       struct { a, b int `t`; *p.E; G[int]; c [2]int }
        ident      a
        field      b int
        ident      b
        name       int
        literal    `t`
        field      *p.E
        unary      *p.E
        selector   p.E
        name       p
        ident      E
        field      G[int]
        index      G[int]
        name       G
        name       int
        field      c [2]int
        ident      c
        type       [2]int
        literal    2
        name       int
    "#]],
    );
}

#[test]
fn errors_name_the_unexpected_token() {
    stmt_errors(
        "x := 1 2\nif x { } else\nfor i := 0; i < 10 { }\nswitch { foo }\n",
        &expect![[r#"
        f.go:2:8: syntax error: unexpected literal 2 at end of statement
        f.go:4:1: syntax error: else must be followed by if or statement block
        f.go:5:10: syntax error: unexpected name foo, expected case or default or }
    "#]],
    );
}

#[test]
fn conditions_are_expressions() {
    stmt_errors(
        "if x = 0 {}\nif a || b = 1 {}\nif x := 1; {}\nif {}\nfor var i = 0; ; {}\n",
        &expect![[r#"
        f.go:2:6: syntax error: cannot use assignment x = 0 as value
        f.go:3:11: syntax error: cannot use assignment (a || b) = 1 as value
        f.go:4:10: syntax error: missing condition in if statement
        f.go:5:4: syntax error: missing condition in if statement
        f.go:6:9: syntax error: var declaration not allowed in for initializer
    "#]],
    );
    stmt_errors(
        "if f(func() {}) := x {}\nif x\n{}",
        &expect![[r#"
        f.go:2:17: syntax error: cannot use f(func() {}) := x as value
        f.go:3:5: syntax error: unexpected newline, expected { after if clause
    "#]],
    );
}

#[test]
fn parameter_lists_are_consistent() {
    errors(
        "package p\nfunc f(a, b int, string)\nfunc g(a int, b)\nfunc h(a ...int, b int) (c ...int)\n\
         type T[P any, Q] int\ntype U[P] int\nfunc k[]()\nfunc (a, b T) m()\nfunc () n()\n",
        &expect![[r#"
            f.go:2:24: syntax error: missing parameter type
            f.go:3:16: syntax error: missing parameter type
            f.go:4:10: can only use ... with final parameter
            f.go:4:28: invalid use of ...
            f.go:5:16: syntax error: missing type constraint
            f.go:7:8: syntax error: empty type parameter list
            f.go:8:15: method has multiple receivers
            f.go:9:9: method has no receiver
        "#]],
    );
}

#[test]
fn the_file_has_an_order() {
    errors(
        "package p\nvar x int\nimport \"a\"\nx = 1\nfunc f()\n{\n}\n",
        &expect![[r#"
        f.go:3:1: syntax error: imports must appear before other declarations
        f.go:4:1: syntax error: non-declaration statement outside function body
        f.go:6:1: syntax error: unexpected semicolon or newline before {
    "#]],
    );
    errors(
        "import \"a\"\n",
        &expect![[r#"
        f.go:1:1: syntax error: package statement must be first
    "#]],
    );
}

#[test]
fn directives_stand_where_they_mean_something() {
    errors(
        "//go:build x\n\npackage p\n//go:noinline\nvar a int\n//go:embed x\nfunc f() { //go:nosplit\n}\n//go:noinline\n\
         func g() {}\n//go:linkname\n//go:linkname f\n//go:embed\nvar b string\n//go:nosplit\n",
        &expect![[r#"
            f.go:4:3: misplaced compiler directive
            f.go:6:3: misplaced go:embed directive
            f.go:7:14: misplaced compiler directive
            f.go:13:3: usage: //go:embed pattern...
            f.go:15:3: misplaced compiler directive
        "#]],
    );
}

#[test]
fn line_directives_move_errors() {
    errors(
        "package p\n//line x.y:10\nvar\n/*line :20:5*/)\n//line z:0\n",
        &expect![[r#"
        x.y:20:5: syntax error: unexpected ), expected name
        x.y:21:10: invalid line number: 0
    "#]],
    );
}

#[test]
fn only_one_syntax_error_per_line() {
    stmt_errors(
        "x x x x\ny y",
        &expect![[r#"
        f.go:2:3: syntax error: unexpected name x at end of statement
        f.go:3:3: syntax error: unexpected name y at end of statement
    "#]],
    );
}

#[test]
fn branches_have_targets() {
    stmt_errors(
        "break; continue; goto M\nfor { func() { break }() }\nswitch { case a: fallthrough; ; case b: { fallthrough }; fallthrough }\n\
         switch x.(type) { case a: fallthrough; default: }\nselect { case <-c: fallthrough; default: continue }",
        &expect![[r#"
            f.go:2:1: break is not in a loop, switch, or select
            f.go:2:8: continue is not in a loop
            f.go:2:23: label M not defined
            f.go:3:16: break is not in a loop, switch, or select
            f.go:4:43: fallthrough statement out of place
            f.go:4:58: cannot fallthrough final case in switch
            f.go:5:27: cannot fallthrough in type switch
            f.go:6:20: fallthrough statement out of place
            f.go:6:42: continue is not in a loop
        "#]],
    );
    stmt_errors(
        "L: for { break L; continue L; goto L }\nN: switch { default: break N; continue N }\nO: { break O }\nP: x(); for { break P }",
        &expect![[r#"
            f.go:3:40: invalid continue label N
            f.go:4:12: invalid break label O
            f.go:5:21: invalid break label P
        "#]],
    );
}

#[test]
fn gotos_neither_enter_blocks_nor_jump_over_variables() {
    stmt_errors(
        "goto L; goto M\n{ L: }\nvar x, y int\nM: { goto N; x, y := 1, 2 }\nN: ; goto N\nU: ; goto U\nV:\nV:\n_: ;",
        &expect![[r#"
            f.go:2:6: goto L jumps into block starting at f.go:3:1
            f.go:2:14: goto M jumps over declaration of x at f.go:4:5
            f.go:8:1: label V defined and not used
            f.go:9:1: label V already defined at f.go:8:1
        "#]],
    );
}

#[test]
fn branches_are_not_checked_where_the_grammar_is_broken() {
    stmt_errors(
        "break; 1 2",
        &expect![[r#"
        f.go:2:10: syntax error: unexpected literal 2 at end of statement
    "#]],
    );
}

#[test]
fn deep_nesting_has_a_limit() {
    for (open, close) in
        [("(", ")"), ("[]T{", "}"), ("- ", ""), ("[", "]"), ("func() { _ = ", "}"), ("*", ""), ("{", "}")]
    {
        let text = format!("package p; var x = T{{ {}1{} }}", open.repeat(100_000), close.repeat(100_000));
        let errors = parse_text(&text).2;
        assert!(errors.contains(": nesting is deeper than 1000 levels\n"), "{open}: {errors}");
    }
    let chain = "if x {} else ".repeat(100_000);
    let errors = parse_text(&format!("package p; func f() {{ {chain} {{}} }}")).2;
    assert!(errors.contains(": nesting is deeper than 1000 levels\n"), "{errors}");
}

#[test]
fn long_chains_are_not_deep() {
    for (start, link) in [("a", "+a"), ("a", ".b"), ("f", "()"), ("a", "[0]"), ("a", "|b"), ("a", "[:]")] {
        let chain = format!("{start}{}", link.repeat(100_000));
        let (_, file, errors) = parse_text(&format!("package p; var _ = {chain}; type T[P (*{chain}),] int"));
        assert_eq!(errors, "");
        let DeclKind::Var { values, .. } = file[file[file.decls][0]].kind else { panic!("there is a var") };
        assert!(file.expr_list_string(values).len() >= chain.len());
    }
}
