//! Reporting errors, and finding the places where Go reports them.

use base::Span;
use diag::{Code, Diagnostic};
use syntax::{ExprId, StmtId, StmtKind};

use crate::{
    GoVersion,
    checker::Checker,
    operand::{Operand, Source},
};

impl Checker<'_> {
    /// All of an expression of the current file. Its start is where Go reports errors about it.
    pub(crate) fn at(&self, expr: ExprId) -> Span {
        self.file().span_of(expr)
    }

    /// The place of an expression's own token: the operator, bracket, dot or parenthesis.
    pub(crate) fn at_token(&self, expr: ExprId) -> Span {
        Span::at(self.file()[expr].pos)
    }

    /// The place of the expression that an operand is the result of.
    pub(crate) fn at_operand(&self, x: &Operand) -> Span {
        match x.source {
            Source::Expr(expr) => self.at(expr),
            Source::Described(pos, _) => Span::at(pos),
        }
    }

    /// Where Go reports errors about a statement: where it starts.
    pub(crate) fn at_stmt(&self, stmt: StmtId) -> Span {
        let file = self.file();
        let first = match file[stmt].kind {
            StmtKind::Send { chan: x, .. }
            | StmtKind::OpAssign { lhs: x, .. }
            | StmtKind::IncDec { x, .. } => x,
            StmtKind::Assign { lhs, .. } | StmtKind::Define { lhs, .. } if !lhs.is_empty() => file[lhs][0],
            _ => return Span::new(file[stmt].pos, file[stmt].end),
        };
        Span::new(file.start_of(first), file[stmt].end)
    }

    /// Reports an error.
    pub(crate) fn error(&mut self, at: impl Into<Span>, code: Code, message: impl Into<String>) {
        self.report(Diagnostic::error(code, at, message));
    }

    /// Reports a diagnostic, unless it can only be the consequence of one reported before.
    pub(crate) fn report(&mut self, mut diagnostic: Diagnostic) {
        let is_follow_on = |text: &str| diagnostic.message.find(text).is_some_and(|at| at > 0);
        if !self.diagnostics.is_empty() && (is_follow_on("invalid operand") || is_follow_on("invalid type")) {
            return;
        }
        if let Some(pos) = self.env.error_pos {
            diagnostic.span = Span::at(pos);
        }
        self.diagnostics.push(diagnostic);
    }

    /// Reports that `what` needs a newer version of the language.
    pub(crate) fn version_error(&mut self, at: impl Into<Span>, version: GoVersion, what: &str) {
        self.error(at, Code::UnsupportedFeature, format!("{what} requires {version} or later"));
    }

    /// Whether the file's version of the language has `what`; reports it if not.
    pub(crate) fn require(&mut self, at: impl Into<Span>, version: GoVersion, what: &str) -> bool {
        let allowed = self.allows(version);
        if !allowed {
            self.version_error(at, version, what);
        }
        allowed
    }
}
