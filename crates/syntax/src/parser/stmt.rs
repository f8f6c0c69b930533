//! Statements.

use super::Parser;
use crate::token::{Op, SemiKind, Token};
use crate::tree::{
    BranchKind, CallKind, Clause, ClauseGuard, ClauseId, ExprId, ExprKind, IdentId, List, StmtId, StmtKind,
};
use base::Pos;
use diag::Code;

/// `range x` and what is before it.
struct RangeClause {
    pos: Pos,
    lhs: List<ExprId>,
    is_define: bool,
    x: ExprId,
}

/// A simple statement, or what may be in its place after `for`.
enum SimpleStmt {
    Stmt(StmtId),
    Range(RangeClause),
}

/// What is between the keyword of a control statement and its brace.
#[derive(Default)]
struct Header {
    init: Option<StmtId>,
    cond: Option<ExprId>,
    post: Option<StmtId>,
    range: Option<RangeClause>,
}

/// The semicolon behind the first statement of a header.
struct HeaderSemi {
    pos: Pos,
    kind: SemiKind,
}

impl Parser<'_> {
    /// `FunctionBody = Block .`
    pub(super) fn func_body(&mut self) -> StmtId {
        self.function_depth += 1;
        let n_errors = self.n_errors;
        let body = self.block("");
        self.function_depth -= 1;
        if self.n_errors == n_errors {
            self.sound_bodies.push(body);
        }
        body
    }

    /// `Block = "{" StatementList "}" .` Without `context`, there is a brace for sure.
    fn block(&mut self, context: &str) -> StmtId {
        let pos = self.pos();
        if !self.got(Token::Lbrace) {
            self.syntax_error(&format!("expected {{ after {context}"));
            self.advance(&[Token::Name, Token::Rbrace]);
            if self.got(Token::Rbrace) {
                return self.stmt_node(pos, StmtKind::Block(List::EMPTY));
            }
        }
        let stmts = self.stmt_list();
        self.want(Token::Rbrace);
        self.stmt_node(pos, StmtKind::Block(stmts))
    }

    /// `StatementList = { Statement ";" } .`
    fn stmt_list(&mut self) -> List<StmtId> {
        let start = self.scratch.stmts.len();
        while !self.at_any(&[Token::Eof, Token::Rbrace, Token::Case, Token::Default]) {
            let stmt = self.stmt_or_none();
            self.drop_directives();
            let Some(stmt) = stmt else { break };
            self.scratch.stmts.push(stmt);
            if !self.got(Token::Semi) && !self.at(Token::Rbrace) {
                self.syntax_error("at end of statement");
                self.advance(&[Token::Semi, Token::Rbrace, Token::Case, Token::Default]);
                self.got(Token::Semi);
            }
        }
        self.finish_stmts(start)
    }

    /// A statement, if there is the start of one.
    fn stmt_or_none(&mut self) -> Option<StmtId> {
        self.nested(Self::stmt_or_none_nested, |_| None)
    }

    fn stmt_or_none_nested(&mut self) -> Option<StmtId> {
        if !self.at_any(&[Token::Var, Token::Const, Token::Type]) {
            self.drop_directives();
        }
        match self.token {
            Token::Name => self.simple_or_labeled_stmt(),
            Token::Var | Token::Const | Token::Type => Some(self.decl_stmt()),
            Token::Lbrace => Some(self.block("")),
            Token::Operator | Token::Star
                if !matches!(self.op().unary(), None | Some(crate::UnaryOp::Tilde)) =>
            {
                Some(self.simple_stmt())
            }
            Token::Literal
            | Token::Func
            | Token::Lparen
            | Token::Lbrack
            | Token::Struct
            | Token::Map
            | Token::Chan
            | Token::Interface
            | Token::Arrow => Some(self.simple_stmt()),
            Token::For => Some(self.for_stmt()),
            Token::Switch => Some(self.switch_stmt()),
            Token::Select => Some(self.select_stmt()),
            Token::If => Some(self.if_stmt()),
            Token::Fallthrough => Some(self.branch_stmt(BranchKind::Fallthrough)),
            Token::Break => Some(self.branch_stmt(BranchKind::Break)),
            Token::Continue => Some(self.branch_stmt(BranchKind::Continue)),
            Token::Goto => Some(self.branch_stmt(BranchKind::Goto)),
            Token::Go => Some(self.call_stmt(CallKind::Go)),
            Token::Defer => Some(self.call_stmt(CallKind::Defer)),
            Token::Return => Some(self.return_stmt()),
            Token::Semi => {
                let pos = self.pos();
                Some(self.stmt_node(pos, StmtKind::Empty))
            }
            _ => None,
        }
    }

    // ---- Simple statements.

    fn simple_or_labeled_stmt(&mut self) -> Option<StmtId> {
        let lhs = self.expr_list();
        if self.at(Token::Colon)
            && let &[single] = &self.file[lhs]
            && let Some(label) = self.file.as_name(single)
        {
            return self.labeled_stmt(label);
        }
        Some(self.simple_stmt_from(lhs))
    }

    fn labeled_stmt(&mut self, label: IdentId) -> Option<StmtId> {
        let pos = self.pos();
        self.want(Token::Colon);
        let stmt = if self.at(Token::Rbrace) {
            let here = self.pos();
            Some(self.stmt_node(here, StmtKind::Empty))
        } else {
            self.stmt_or_none()
        };
        match stmt {
            Some(stmt) => Some(self.stmt_node(pos, StmtKind::Labeled { label, stmt })),
            None => {
                self.syntax_error_at(pos, "missing statement after label");
                None
            }
        }
    }

    fn simple_stmt(&mut self) -> StmtId {
        let lhs = self.expr_list();
        self.simple_stmt_from(lhs)
    }

    fn simple_stmt_from(&mut self, lhs: List<ExprId>) -> StmtId {
        match self.simple_stmt_after(lhs, None) {
            SimpleStmt::Stmt(stmt) => stmt,
            SimpleStmt::Range(_) => unreachable!("only `for` has range clauses"),
        }
    }

    /// A simple statement in the header of `keyword`.
    fn header_stmt(&mut self, keyword: Token) -> SimpleStmt {
        if keyword == Token::For && self.at(Token::Range) {
            return SimpleStmt::Range(self.range_clause(List::EMPTY, false));
        }
        let lhs = self.expr_list();
        self.simple_stmt_after(lhs, Some(keyword))
    }

    /// `SimpleStmt = ExpressionStmt | SendStmt | IncDecStmt | Assignment | ShortVarDecl .` The expressions on the left
    /// are parsed already.
    fn simple_stmt_after(&mut self, lhs: List<ExprId>, keyword: Option<Token>) -> SimpleStmt {
        let pos = self.pos();
        if self.at_any(&[Token::Assign, Token::Define]) {
            return self.assignment(lhs, keyword);
        }
        let first = self.file[lhs][0];
        if lhs.len() > 1 {
            let n_before = self.diagnostics.len();
            self.syntax_error("expected := or = or comma");
            if self.at(Token::AssignOp) {
                self.recode(n_before, Code::MultiValAssignOp);
            }
            self.advance(&[Token::Semi, Token::Rbrace]);
            return self.expr_stmt(first);
        }
        let op = self.op();
        let kind = match (self.token, op) {
            (Token::AssignOp, Op::Binary(op)) => {
                self.next();
                StmtKind::OpAssign { op, lhs: first, rhs: self.expr() }
            }
            (Token::IncOp, Op::Binary(op)) => {
                self.next();
                StmtKind::IncDec { op, x: first }
            }
            (Token::Arrow, _) => {
                self.next();
                StmtKind::Send { chan: first, value: self.expr() }
            }
            _ => return self.expr_stmt(first),
        };
        SimpleStmt::Stmt(self.stmt_node(pos, kind))
    }

    fn expr_stmt(&mut self, x: ExprId) -> SimpleStmt {
        SimpleStmt::Stmt(self.stmt_node(self.file[x].pos, StmtKind::Expr(x)))
    }

    /// At `=` or `:=`.
    fn assignment(&mut self, lhs: List<ExprId>, keyword: Option<Token>) -> SimpleStmt {
        let pos = self.pos();
        let is_define = self.at(Token::Define);
        self.next();
        if keyword == Some(Token::For) && self.at(Token::Range) {
            return SimpleStmt::Range(self.range_clause(lhs, is_define));
        }
        let rhs = self.expr_list();
        if keyword == Some(Token::Switch)
            && is_define
            && let (&[name], &[guard]) = (&self.file[lhs], &self.file[rhs])
            && let Some(name) = self.file.as_name(name)
            && let ExprKind::TypeSwitchGuard { lhs, .. } = &mut self.file.arenas.exprs[guard].kind
        {
            *lhs = Some(name);
            return self.expr_stmt(guard);
        }
        let kind = if is_define { StmtKind::Define { lhs, rhs } } else { StmtKind::Assign { lhs, rhs } };
        SimpleStmt::Stmt(self.stmt_node(pos, kind))
    }

    /// At `range`.
    fn range_clause(&mut self, lhs: List<ExprId>, is_define: bool) -> RangeClause {
        let pos = self.pos();
        self.next();
        RangeClause { pos, lhs, is_define, x: self.expr() }
    }

    // ---- Statements that start with a keyword.

    fn decl_stmt(&mut self) -> StmtId {
        let pos = self.pos();
        let decls = self.local_decls();
        self.stmt_node(pos, StmtKind::Decl(decls))
    }

    fn branch_stmt(&mut self, kind: BranchKind) -> StmtId {
        let pos = self.pos();
        self.next();
        let label = match kind {
            BranchKind::Fallthrough => None,
            BranchKind::Goto => Some(self.ident()),
            BranchKind::Break | BranchKind::Continue => self.at(Token::Name).then(|| self.ident()),
        };
        self.stmt_node(pos, StmtKind::Branch { kind, label })
    }

    fn call_stmt(&mut self, kind: CallKind) -> StmtId {
        let pos = self.pos();
        let keyword = self.token.as_str();
        self.next();
        let call = self.called_expr(keyword);
        self.stmt_node(pos, StmtKind::Call { kind, call })
    }

    fn return_stmt(&mut self) -> StmtId {
        let pos = self.pos();
        self.next();
        let results = if self.at_any(&[Token::Semi, Token::Rbrace]) { List::EMPTY } else { self.expr_list() };
        self.stmt_node(pos, StmtKind::Return(results))
    }

    fn for_stmt(&mut self) -> StmtId {
        let pos = self.pos();
        let Header { init, cond, post, range } = self.header(Token::For);
        let body = self.block("for clause");
        let kind = match range {
            Some(RangeClause { pos: range_pos, lhs, is_define, x }) => {
                StmtKind::Range { range_pos, lhs, is_define, x, body }
            }
            None => StmtKind::For { init, cond, post, body },
        };
        self.stmt_node(pos, kind)
    }

    fn if_stmt(&mut self) -> StmtId {
        let pos = self.pos();
        let Header { init, cond, .. } = self.header(Token::If);
        let cond = cond.unwrap_or_else(|| self.bad_expr());
        let then = self.block("if clause");
        let els = if self.got(Token::Else) { self.else_branch() } else { None };
        self.stmt_node(pos, StmtKind::If { init, cond, then, els })
    }

    fn else_branch(&mut self) -> Option<StmtId> {
        match self.token {
            Token::If => self.nested(|parser| Some(parser.if_stmt()), |_| None),
            Token::Lbrace => Some(self.block("")),
            _ => {
                self.syntax_error("else must be followed by if or statement block");
                self.advance(&[Token::Name, Token::Rbrace]);
                None
            }
        }
    }

    fn switch_stmt(&mut self) -> StmtId {
        let pos = self.pos();
        let Header { init, cond: tag, .. } = self.header(Token::Switch);
        let clauses = self.clauses("missing { after switch clause", Self::switch_guard);
        let kind = match tag {
            Some(guard) if matches!(self.file[guard].kind, ExprKind::TypeSwitchGuard { .. }) => {
                StmtKind::TypeSwitch { init, guard, clauses }
            }
            _ => StmtKind::Switch { init, tag, clauses },
        };
        self.stmt_node(pos, kind)
    }

    fn select_stmt(&mut self) -> StmtId {
        let pos = self.pos();
        self.next();
        let clauses = self.clauses("missing { after select clause", Self::select_guard);
        self.stmt_node(pos, StmtKind::Select { clauses })
    }

    fn switch_guard(&mut self) -> ClauseGuard {
        ClauseGuard::Cases(self.expr_list())
    }

    fn select_guard(&mut self) -> ClauseGuard {
        ClauseGuard::Comm(self.simple_stmt())
    }

    /// `"{" { ( "case" guard | "default" ) ":" StatementList } "}" .`
    fn clauses(&mut self, missing_brace: &str, guard: fn(&mut Self) -> ClauseGuard) -> List<ClauseId> {
        if !self.got(Token::Lbrace) {
            self.syntax_error(missing_brace);
            self.advance(&[Token::Case, Token::Default, Token::Rbrace]);
        }
        let start = self.scratch.clauses.len();
        while !self.at_any(&[Token::Eof, Token::Rbrace]) {
            let clause = self.clause(guard);
            self.scratch.clauses.push(clause);
        }
        self.want(Token::Rbrace);
        self.finish_clauses(start)
    }

    fn clause(&mut self, guard: fn(&mut Self) -> ClauseGuard) -> ClauseId {
        let pos = self.pos();
        let guard = match self.token {
            Token::Case => {
                self.next();
                guard(self)
            }
            Token::Default => {
                self.next();
                ClauseGuard::Default
            }
            _ => {
                self.syntax_error("expected case or default or }");
                self.advance(&[Token::Colon, Token::Case, Token::Default, Token::Rbrace]);
                ClauseGuard::Default
            }
        };
        let colon = self.pos();
        self.want(Token::Colon);
        let body = self.stmt_list();
        let end = self.last_end.max(pos);
        self.file.arenas.clauses.push(Clause { pos, colon, end, guard, body })
    }

    // ---- Headers.

    /// `keyword [ SimpleStmt ";" ] [ condition ] [ ";" SimpleStmt ] .`
    fn header(&mut self, keyword: Token) -> Header {
        self.want(keyword);
        if self.at(Token::Lbrace) {
            let mut header = Header::default();
            if keyword == Token::If {
                self.syntax_error("missing condition in if statement");
                header.cond = Some(self.bad_expr());
            }
            return header;
        }
        let outer_level = std::mem::replace(&mut self.expr_level, -1);
        let header = self.header_without_keyword(keyword);
        self.expr_level = outer_level;
        header
    }

    fn header_without_keyword(&mut self, keyword: Token) -> Header {
        let mut header = Header::default();
        if !self.at(Token::Semi) {
            if self.got(Token::Var) {
                let keyword = keyword.as_str();
                self.syntax_error(&format!("var declaration not allowed in {keyword} initializer"));
            }
            match self.header_stmt(keyword) {
                SimpleStmt::Stmt(stmt) => header.init = Some(stmt),
                SimpleStmt::Range(range) => return Header { range: Some(range), ..header },
            }
        }
        if self.at(Token::Lbrace) {
            let cond = header.init.take();
            header.cond = self.condition(keyword, cond, None);
            return header;
        }
        let semi = self.header_semi();
        let mut cond = None;
        if keyword == Token::For {
            if self.at(Token::Lbrace) {
                self.syntax_error("expected for loop condition");
                return header;
            }
            if !self.at(Token::Semi) {
                cond = Some(self.simple_stmt());
            }
            self.want(Token::Semi);
            if !self.at(Token::Lbrace) {
                header.post = Some(self.post_stmt());
            }
        } else if !self.at(Token::Lbrace) {
            cond = match self.header_stmt(keyword) {
                SimpleStmt::Stmt(stmt) => Some(stmt),
                SimpleStmt::Range(_) => unreachable!("only `for` has range clauses"),
            };
        }
        header.cond = self.condition(keyword, cond, semi);
        header
    }

    fn header_semi(&mut self) -> Option<HeaderSemi> {
        if self.at(Token::Semi) {
            let semi = HeaderSemi { pos: self.pos(), kind: self.scanner.payload.semi };
            self.next();
            return Some(semi);
        }
        // To ask for a brace, rather than a semicolon, makes the better message.
        self.want(Token::Lbrace);
        if !self.at(Token::Lbrace) {
            self.advance(&[Token::Lbrace, Token::Rbrace]);
        }
        None
    }

    fn post_stmt(&mut self) -> StmtId {
        let post = self.simple_stmt();
        if let StmtKind::Define { .. } = self.file[post].kind {
            let n_before = self.diagnostics.len();
            self.syntax_error_at(self.file[post].pos, "cannot declare in post statement of for loop");
            self.recode(n_before, Code::InvalidPostDecl);
        }
        post
    }

    /// The expression that the statement in place of a condition is.
    fn condition(
        &mut self,
        keyword: Token,
        stmt: Option<StmtId>,
        semi: Option<HeaderSemi>,
    ) -> Option<ExprId> {
        let Some(stmt) = stmt else {
            let HeaderSemi { pos, kind } = semi.filter(|_| keyword == Token::If)?;
            let message = match kind {
                SemiKind::Written => "missing condition in if statement".to_owned(),
                _ => format!("unexpected {}, expected {{ after if clause", kind.as_str()),
            };
            self.syntax_error_at(pos, &message);
            return Some(self.bad_expr_at(pos));
        };
        let text = match self.file[stmt].kind {
            StmtKind::Expr(x) => return Some(x),
            StmtKind::Assign { lhs, rhs } => {
                // `a = b` is easily written for `a == b`.
                format!("assignment {} = {}", self.emphasized(lhs), self.emphasized(rhs))
            }
            _ => self.file.simple_stmt_string(stmt),
        };
        self.syntax_error_at(self.file[stmt].pos, &format!("cannot use {text} as value"));
        None
    }

    /// One side of an assignment, in parentheses if it is a binary expression.
    fn emphasized(&self, side: List<ExprId>) -> String {
        let text = self.file.expr_list_string(side);
        match &self.file[side] {
            &[x] if matches!(self.file[x].kind, ExprKind::Binary { .. }) => format!("({text})"),
            _ => text,
        }
    }
}
