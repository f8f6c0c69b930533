//! Tokens to a tree: recursive descent with one token of lookahead, which never fails.
//!
//! The grammar, the recovery from errors and every message are those of cmd/compile/internal/syntax, so that the same
//! mistake in the same place gives the same words. Functions are annotated with the productions of the spec.
//!
//! **Invariants**
//! 1. Every loop consumes a token per round or leaves: [`Parser::advance`] is what makes it so after an error.
//! 2. Recursion is at most [`MAX_DEPTH`] productions deep; beyond it the rest of the file is skipped.
//! 3. Lists are collected on the scratch stacks and moved to their pool when complete, so they are contiguous.

mod decl;
mod expr;
mod params;
mod stmt;
mod types;

use crate::branches;
use crate::directive;
use crate::scanner::{Event, Scanner};
use crate::token::{Op, Token, TokenSet};
use crate::tree::{
    BinaryOp, BuildLine, ClauseId, DeclId, Directive, Directives, Expr, ExprId, ExprKind, FieldId, File,
    Ident, IdentId, List, Stmt, StmtId, StmtKind,
};
use base::{FileId, LineDirective, Pos, SourceFile, SourceMap, Span, Symbol, sym};
use diag::{Code, Diagnostic};
use std::sync::Arc;

/// How deeply expressions, types and statements may nest. Later phases recurse over the tree with bigger frames than
/// the parser's, and must survive it.
const MAX_DEPTH: u32 = 1_000;

/// The tokens that start a statement: good places to go on after an error.
const STATEMENT_START: TokenSet = TokenSet::of(&[
    Token::Break,
    Token::Const,
    Token::Continue,
    Token::Defer,
    Token::Fallthrough,
    Token::For,
    Token::Go,
    Token::Goto,
    Token::If,
    Token::Return,
    Token::Select,
    Token::Switch,
    Token::Type,
    Token::Var,
]);

/// Parses the file `id` of `sources`, checks labels and branches, and tells `sources` of the `//line` directives in it.
///
/// The result is a tree for any input. The diagnostics are in the order in which Go's compiler would report them, but
/// for those about branches, which come last.
#[must_use]
pub fn parse(sources: &SourceMap, id: FileId) -> (File, Vec<Diagnostic>) {
    let (file, mut diagnostics, bodies) = parse_with_bodies(sources, id);
    for body in bodies {
        branches::check(sources, &file, body, &mut diagnostics);
    }
    (file, diagnostics)
}

/// [`parse`] without the check of branches, for the tests of the type checker, which does it in other words.
#[must_use]
pub fn parse_grammar(sources: &SourceMap, id: FileId) -> (File, Vec<Diagnostic>) {
    let (file, diagnostics, _) = parse_with_bodies(sources, id);
    (file, diagnostics)
}

/// The tree, what is wrong, and the function bodies in which nothing is, inner ones first.
fn parse_with_bodies(sources: &SourceMap, id: FileId) -> (File, Vec<Diagnostic>, Vec<StmtId>) {
    let source = sources.file(id);
    let mut parser = Parser::new(id, &source);
    parser.next();
    parser.file();
    sources.set_line_directives(id, parser.line_directives);
    (parser.file, parser.diagnostics, parser.sound_bodies)
}

/// Ids of lists that are not complete yet.
#[derive(Default)]
struct Scratch {
    exprs: Vec<ExprId>,
    stmts: Vec<StmtId>,
    decls: Vec<DeclId>,
    fields: Vec<FieldId>,
    clauses: Vec<ClauseId>,
    idents: Vec<IdentId>,
    params: Vec<params::Param>,
}

/// Defines `$finish`, which moves the ids on the scratch stack from `start` on to the pool.
macro_rules! finish_list {
    ($($finish:ident: $id:ident in $table:ident;)+) => {
        impl Parser<'_> {$(
            fn $finish(&mut self, start: usize) -> List<$id> {
                let pool = &mut self.file.pools.$table;
                let first = pool.len();
                pool.extend(self.scratch.$table.drain(start..));
                List::tail(pool, first)
            }
        )+}
    };
}

finish_list! {
    finish_exprs: ExprId in exprs;
    finish_stmts: StmtId in stmts;
    finish_decls: DeclId in decls;
    finish_fields: FieldId in fields;
    finish_clauses: ClauseId in clauses;
    finish_idents: IdentId in idents;
}

struct Parser<'a> {
    source: &'a Arc<SourceFile>,
    scanner: Scanner<'a>,
    /// The offset of the file's first byte on the number line of positions.
    base: Pos,
    /// The current token.
    token: Token,
    /// The position after the token before the current one.
    last_end: Pos,

    file: File,
    scratch: Scratch,

    diagnostics: Vec<Diagnostic>,
    /// How many errors there were, unreported ones included, but not those about directives.
    n_errors: u32,
    /// Where the last reported syntax error was: there is at most one per line.
    last_syntax_error: Option<u32>,
    /// Directives from here on wait for a declaration to belong to.
    first_pending_directive: usize,
    line_directives: Vec<LineDirective>,
    /// The bodies of functions without mistakes: others would give errors that only follow from these.
    sound_bodies: Vec<StmtId>,

    /// Whether the package clause is still to come.
    is_at_top: bool,
    /// How many functions the current token is in.
    function_depth: u32,
    /// Negative in the header of a control statement, where `{` does not start a composite literal.
    expr_level: i32,
    /// How deep the recursion is.
    depth: u32,
}

impl<'a> Parser<'a> {
    fn new(id: FileId, source: &'a Arc<SourceFile>) -> Self {
        Self {
            source,
            scanner: Scanner::new(source.text()),
            base: source.start(),
            token: Token::Eof,
            last_end: source.start(),
            file: File::empty(id, source),
            scratch: Scratch::default(),
            diagnostics: Vec::new(),
            n_errors: 0,
            last_syntax_error: None,
            first_pending_directive: 0,
            line_directives: Vec::new(),
            sound_bodies: Vec::new(),
            is_at_top: true,
            function_depth: 0,
            expr_level: 0,
            depth: 0,
        }
    }

    // ---- Tokens.

    #[inline]
    fn next(&mut self) {
        self.last_end = self.base.plus(self.scanner.end() as u32);
        self.scanner.next();
        self.token = self.scanner.token;
        if !self.scanner.events.is_empty() {
            self.take_events();
        }
    }

    /// The position of the current token.
    #[inline]
    fn pos(&self) -> Pos {
        self.base.plus(self.scanner.start as u32)
    }

    fn offset_of(&self, pos: Pos) -> u32 {
        pos.as_u32() - self.base.as_u32()
    }

    #[inline]
    fn at(&self, token: Token) -> bool {
        self.token == token
    }

    fn at_any(&self, tokens: &[Token]) -> bool {
        tokens.contains(&self.token)
    }

    fn at_op(&self, op: Op) -> bool {
        self.token == Token::Operator && self.scanner.payload.op == op
    }

    /// Whether the current token is `|`, which joins the terms of a union.
    fn at_or(&self) -> bool {
        self.at_op(Op::Binary(BinaryOp::Or))
    }

    /// The operator that the current token is or contains.
    fn op(&self) -> Op {
        self.scanner.payload.op
    }

    #[inline]
    fn got(&mut self, token: Token) -> bool {
        let is_there = self.token == token;
        if is_there {
            self.next();
        }
        is_there
    }

    fn want(&mut self, token: Token) {
        if !self.got(token) {
            self.syntax_error(&format!("expected {}", token.describe()));
            self.advance(&[]);
        }
    }

    /// Takes `=`, and `:=` with a complaint.
    fn got_assign(&mut self) -> bool {
        if self.at(Token::Define) {
            self.syntax_error("expected =");
        }
        let is_there = self.at_any(&[Token::Define, Token::Assign]);
        if is_there {
            self.next();
        }
        is_there
    }

    /// Skips to one of `follow`, or in a function to the start of a statement. Without `follow`, skips one token.
    fn advance(&mut self, follow: &[Token]) {
        if follow.is_empty() {
            if !self.at(Token::Eof) {
                self.next();
            }
            return;
        }
        let mut stops = TokenSet::of(&[Token::Eof]).union(TokenSet::of(follow));
        if self.function_depth > 0 {
            stops = stops.union(STATEMENT_START);
        }
        while !stops.contains(self.token) {
            self.next();
        }
    }

    // ---- Errors.

    fn error_at(&mut self, pos: Pos, message: impl Into<String>) {
        self.n_errors += 1;
        self.diagnostics.push(Diagnostic::error(Code::Syntax, pos, message));
    }

    fn error(&mut self, message: &str) {
        self.error_at(self.pos(), message);
    }

    fn error_as(&mut self, code: Code, message: &str) {
        let n_before = self.diagnostics.len();
        self.error(message);
        self.recode(n_before, code);
    }

    /// Says what kind of mistake those are that were reported since there were `n_before`.
    fn recode(&mut self, n_before: usize, code: Code) {
        self.diagnostics[n_before..].iter_mut().for_each(|diagnostic| diagnostic.code = code);
    }

    fn syntax_error(&mut self, message: &str) {
        self.syntax_error_at(self.pos(), message);
    }

    /// Reports `message`; one that starts with `in`, `at`, `after` or `expected` is put behind the unexpected token.
    fn syntax_error_at(&mut self, pos: Pos, message: &str) {
        if self.at(Token::Eof) && self.n_errors > 0 {
            return; // It would only say that what was wrong before is still wrong.
        }
        let separator = if message.is_empty() {
            ""
        } else if ["in ", "at ", "after "].iter().any(|start| message.starts_with(start)) {
            " "
        } else if message.starts_with("expected ") {
            ", "
        } else {
            self.report_syntax_error(pos, format!("syntax error: {message}"));
            return;
        };
        let text = format!("syntax error: unexpected {}{separator}{message}", self.describe_token());
        self.report_syntax_error(pos, text);
    }

    /// As cmd/compile/internal/base, ErrorfAt: one syntax error per line is enough.
    fn report_syntax_error(&mut self, pos: Pos, message: String) {
        self.n_errors += 1;
        let line = self.source.line_column(self.offset_of(pos)).0;
        if self.last_syntax_error.replace(line) != Some(line) {
            // What was not UTF-8 is a NUL in the text.
            let message = message.replace('\0', "\u{fffd}");
            let end = if pos == self.pos() { self.base.plus(self.scanner.end() as u32) } else { pos };
            self.diagnostics.push(Diagnostic::error(Code::Syntax, Span::new(pos, end), message));
        }
    }

    fn describe_token(&self) -> String {
        let payload = &self.scanner.payload;
        match self.token {
            Token::Name => format!("name {}", payload.name),
            Token::Semi => payload.semi.as_str().to_owned(),
            Token::Literal => format!("literal {}", self.scanner.token_text()),
            Token::Operator => payload.op.as_str().to_owned(),
            Token::AssignOp => format!("{}=", payload.op.as_str()),
            Token::IncOp => payload.op.as_str().repeat(2),
            token => token.describe(),
        }
    }

    /// Runs `parse` one level deeper. At the limit, complains and skips the rest of the file instead.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> T, give_up: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth == MAX_DEPTH {
            if !self.at(Token::Eof) {
                self.error(&format!("nesting is deeper than {MAX_DEPTH} levels"));
            }
            while !self.at(Token::Eof) {
                self.next();
            }
            return give_up(self);
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    // ---- What the scanner met besides tokens.

    #[cold]
    fn take_events(&mut self) {
        for event in std::mem::take(&mut self.scanner.events) {
            match event {
                Event::Error(offset, message) => self.error_at(self.base.plus(offset), message),
                Event::Directive { start, end, is_alone } => self.directive(start, end, is_alone),
                Event::Line { start, end, effective } => self.line_directive(start, end, effective),
            }
        }
    }

    fn directive(&mut self, start: u32, end: u32, is_alone: bool) {
        let text = &self.source.text().as_str()[start as usize..end as usize];
        let pos = self.base.plus(start + 2);
        if self.is_at_top && text.starts_with("//go:build ") {
            self.file.build_lines.push(BuildLine { pos: self.base.plus(start), text: text.to_owned() });
        }
        if !is_alone {
            self.misplaced(pos, "compiler");
            return;
        }
        match directive::parse(&text[2..]) {
            Ok(kind) => self.file.directives.push(Directive { pos, kind }),
            Err(message) => self.diagnostics.push(Diagnostic::error(Code::Directive, pos, message)),
        }
    }

    fn misplaced(&mut self, pos: Pos, what: &str) {
        self.diagnostics.push(Diagnostic::error(Code::Directive, pos, format!("misplaced {what} directive")));
    }

    fn line_directive(&mut self, start: u32, end: u32, effective: u32) {
        let text = &self.source.text().as_str()[start as usize..end as usize];
        let previous = self.line_directives.last().map_or(self.source.name(), |directive| &directive.name);
        match directive::parse_line(text, self.source.name(), previous) {
            Ok(Some((name, line, column))) => {
                self.line_directives.push(LineDirective { offset: effective, name, line, column });
            }
            Ok(None) => {}
            Err((at, message)) => self.error_at(self.base.plus(start + at), message),
        }
    }

    /// The directives that wait for a declaration.
    fn take_directives(&mut self) -> Directives {
        let start = std::mem::replace(&mut self.first_pending_directive, self.file.directives.len());
        Directives { start: start as u32, end: self.file.directives.len() as u32 }
    }

    /// Complains of the directives that wait for a declaration, where none can come.
    fn drop_directives(&mut self) {
        if self.first_pending_directive < self.file.directives.len() {
            let dropped = self.take_directives();
            self.check_directives(dropped, directive::Place::Nowhere);
        }
    }

    /// Complains of directives that mean nothing at `place`.
    fn check_directives(&mut self, directives: Directives, place: directive::Place) {
        for index in directives.range() {
            let Directive { pos, kind } = &self.file.directives[index];
            if let Some(what) = directive::misplaced(kind, place) {
                let pos = *pos;
                self.misplaced(pos, what);
            }
        }
    }

    // ---- Nodes.

    /// A node that starts at `pos` and ends with the token before the current one.
    #[inline]
    fn expr_node(&mut self, pos: Pos, kind: ExprKind) -> ExprId {
        let end = self.last_end.max(pos);
        self.file.arenas.exprs.push(Expr { pos, end, kind })
    }

    #[inline]
    fn stmt_node(&mut self, pos: Pos, kind: StmtKind) -> StmtId {
        let end = self.last_end.max(pos);
        self.file.arenas.stmts.push(Stmt { pos, end, kind })
    }

    fn bad_expr(&mut self) -> ExprId {
        self.bad_expr_at(self.pos())
    }

    fn bad_expr_at(&mut self, pos: Pos) -> ExprId {
        self.file.arenas.exprs.push(Expr { pos, end: pos, kind: ExprKind::Bad })
    }

    fn name_expr(&mut self, ident: IdentId) -> ExprId {
        let Ident { pos, name } = self.file[ident];
        let end = pos.plus(name.as_str().len() as u32);
        self.file.arenas.exprs.push(Expr { pos, end, kind: ExprKind::Name(ident) })
    }

    /// A name where the source has none.
    fn blank_ident(&mut self, pos: Pos) -> IdentId {
        self.file.arenas.idents.push(Ident { pos, name: sym::BLANK })
    }

    fn ident_named(&mut self, pos: Pos, name: Symbol) -> IdentId {
        self.file.arenas.idents.push(Ident { pos, name })
    }

    // ---- Common productions.

    /// `identifier .`
    fn ident(&mut self) -> IdentId {
        let pos = self.pos();
        if self.at(Token::Name) {
            let ident = self.ident_named(pos, self.scanner.payload.name);
            self.next();
            return ident;
        }
        let ident = self.blank_ident(pos);
        self.syntax_error("expected name");
        self.advance(&[]);
        ident
    }

    /// `IdentifierList = identifier { "," identifier } .`
    fn ident_list(&mut self, first: IdentId) -> List<IdentId> {
        let start = self.scratch.idents.len();
        self.scratch.idents.push(first);
        while self.got(Token::Comma) {
            let ident = self.ident();
            self.scratch.idents.push(ident);
        }
        self.finish_idents(start)
    }

    /// `list = [ element { sep element } [ sep ] ] close .` Ends early when `element` returns true.
    ///
    /// Returns the position of `close`.
    fn list(
        &mut self,
        context: &str,
        sep: Token,
        close: Token,
        mut element: impl FnMut(&mut Self) -> bool,
    ) -> Pos {
        let mut is_done = false;
        while !self.at(Token::Eof) && !self.at(close) && !is_done {
            is_done = element(self);
            if !self.got(sep) && !self.at(close) {
                let (sep, close_text) = (sep.describe(), close.describe());
                self.syntax_error(&format!("in {context}; possibly missing {sep} or {close_text}"));
                self.advance(&[Token::Rparen, Token::Rbrack, Token::Rbrace]);
                if !self.at(close) {
                    return self.pos();
                }
            }
        }
        let pos = self.pos();
        self.want(close);
        pos
    }
}

#[cfg(test)]
mod tests;
