//! Statements and function bodies. Spec: "Statements".

mod labels;
mod range;
mod switch;
mod terminating;

use std::rc::Rc;

use base::Span;
use diag::{Code, Diagnostic};
use syntax::{
    BinaryOp, BranchKind, CallKind, ClauseGuard, ClauseId, ExprId, ExprKind as Syntax, IdentId, List, StmtId,
    StmtKind, UnaryOp,
};
use types::{BasicInfo, Type, VarKind};

use crate::{
    checker::{Checker, Environment, Function},
    expr::unary::Transfer,
    operand::{ExprKind, Mode},
    signature::FuncType,
};

/// Which statements may stand at a place, and what to say about those that may not.
#[derive(Copy, Clone, Default)]
struct Context {
    allows_break: bool,
    allows_continue: bool,
    allows_fallthrough: bool,
    is_final_case: bool,
    is_in_type_switch: bool,
}

impl Context {
    /// The context of statements inside a statement.
    fn inner(self) -> Self {
        Self { allows_fallthrough: false, is_final_case: false, is_in_type_switch: false, ..self }
    }
}

impl<'a> Checker<'a> {
    /// Checks the body of a function or function literal.
    pub(crate) fn func_body(&mut self, function: FuncType, body: StmtId) {
        let env = Environment {
            declaration: self.env.declaration,
            iota: self.env.iota.clone(),
            function: Some(Rc::new(Function { results: function.results })),
            ..Environment::of_file(self.env.file, function.scope, self.env.version)
        };
        let outer = std::mem::replace(&mut self.env, env);
        if let StmtKind::Block(list) = self.file()[body].kind {
            self.stmt_list(Context::default(), list);
        }
        if self.env.has_label && self.config.check_branches {
            self.labels(body);
        }
        let has_results =
            matches!(self.types.get(function.signature), Type::Signature(s) if !s.results.is_empty());
        if has_results && !self.is_terminating(body) {
            let brace = self.closing_brace(body);
            self.error(brace, Code::MissingReturn, "missing return");
        }
        self.unused_variables();
        self.env = outer;
    }

    /// The place of the brace that ends a block.
    fn closing_brace(&self, block: StmtId) -> Span {
        let end = self.file()[block].end;
        Span::new(base::Pos::from_u32(end.as_u32().saturating_sub(1)), end)
    }

    /// Spec: "Implementation restriction: A compiler may make it illegal to declare a variable inside a function body if
    /// the variable is never used."
    fn unused_variables(&mut self) {
        let mut unused: Vec<_> = self.scopes.objects_of_function(self.env.scope);
        unused.retain(|object| {
            self.types.object(*object).var_kind() == Some(VarKind::Local) && !self.used.contains(object)
        });
        unused.sort_by_key(|&object| self.types.object(object).pos);
        for object in unused {
            let message = format!("declared and not used: {}", self.types.object(object).name);
            self.error(self.object_span(object), Code::UnusedVar, message);
        }
    }

    fn stmt_list(&mut self, context: Context, list: List<StmtId>) {
        let file = self.file();
        let stmts = &file[list];
        // Empty statements at the end are invisible to fallthrough.
        let n = stmts.iter().rposition(|&stmt| file[stmt].kind != StmtKind::Empty).map_or(0, |last| last + 1);
        for (i, &stmt) in stmts[..n].iter().enumerate() {
            let allows_fallthrough = context.allows_fallthrough && i + 1 == n;
            self.stmt(Context { allows_fallthrough, ..context }, stmt);
        }
    }

    fn simple_stmt(&mut self, stmt: Option<StmtId>) {
        if let Some(stmt) = stmt {
            self.stmt(Context::default(), stmt);
        }
    }

    fn stmt(&mut self, context: Context, stmt: StmtId) {
        let mark = self.delayed.len();
        self.stmt_by_kind(context, stmt);
        // Function literals see the scope as it is now.
        self.process_delayed(mark);
    }

    fn stmt_by_kind(&mut self, context: Context, stmt: StmtId) {
        let file = self.file();
        let inner = context.inner();
        match file[stmt].kind {
            StmtKind::Empty => {}
            StmtKind::Labeled { stmt, .. } => {
                self.env.has_label = true;
                self.stmt(context, stmt);
            }
            StmtKind::Block(list) => self.in_scope(|check| check.stmt_list(inner, list)),
            StmtKind::Expr(expr) => self.expr_stmt(expr),
            StmtKind::Send { chan, value } => self.send_stmt(stmt, chan, value),
            StmtKind::Decl(decls) => self.decl_stmt(&file[decls]),
            StmtKind::Assign { lhs, rhs } => self.assign_vars(&file[lhs], &file[rhs]),
            StmtKind::Define { lhs, rhs } => {
                self.short_var_decl(Span::at(file[stmt].pos), &file[lhs], &file[rhs]);
            }
            StmtKind::OpAssign { op, lhs, rhs } => {
                let mut x = self.binary(None, lhs, rhs, op);
                self.assign_operand(lhs, &mut x, "assignment");
            }
            StmtKind::IncDec { op, x } => self.inc_dec(op, x),
            StmtKind::Branch { kind, label } => self.branch(context, stmt, kind, label),
            StmtKind::Call { kind, call } => self.suspended_call(kind, call),
            StmtKind::Return(results) => self.return_stmt(stmt, results),
            StmtKind::If { init, cond, then, els } => self.in_scope(|check| {
                check.simple_stmt(init);
                check.condition(cond, "if");
                check.stmt(inner, then);
                if let Some(els) = els {
                    check.stmt(inner, els);
                }
            }),
            StmtKind::For { init, cond, post, body } => self.in_scope(|check| {
                check.simple_stmt(init);
                if let Some(cond) = cond {
                    check.condition(cond, "for");
                }
                check.simple_stmt(post);
                // The parser has reported a declaration here; what it declares counts as used.
                if let Some(StmtKind::Define { lhs, .. }) = post.map(|post| file[post].kind) {
                    check.use_exprs(&file[lhs]);
                }
                check.stmt(Context { allows_break: true, allows_continue: true, ..inner }, body);
            }),
            StmtKind::Range { .. } => {
                self.range_stmt(Context { allows_break: true, allows_continue: true, ..inner }, stmt);
            }
            StmtKind::Switch { init, tag, clauses } => self.in_scope(|check| {
                check.simple_stmt(init);
                check.switch_stmt(Context { allows_break: true, ..inner }, stmt, tag, clauses);
            }),
            StmtKind::TypeSwitch { init, guard, clauses } => self.in_scope(|check| {
                check.simple_stmt(init);
                let inner = Context { allows_break: true, is_in_type_switch: true, ..inner };
                check.type_switch_stmt(inner, guard, clauses);
            }),
            StmtKind::Select { clauses } => {
                self.select_stmt(Context { allows_break: true, ..inner }, clauses)
            }
        }
    }

    /// Runs `body` in a new block scope.
    fn in_scope(&mut self, body: impl FnOnce(&mut Self)) {
        let outer = self.env.scope;
        self.open_scope();
        body(self);
        self.env.scope = outer;
    }

    fn condition(&mut self, cond: ExprId, statement: &str) {
        let x = self.expr(None, cond);
        if x.is_valid() && !self.types.all_basic(x.ty, BasicInfo::BOOLEAN) {
            let message = format!("non-boolean condition in {statement} statement");
            self.error(self.at(cond), Code::InvalidCond, message);
        }
    }

    /// Spec: "With the exception of specific built-in functions, function and method calls and receive operations can
    /// appear in statement context."
    fn expr_stmt(&mut self, expr: ExprId) {
        let (x, kind) = self.raw_expr(None, expr, None, false);
        let (code, problem) = match x.mode {
            Mode::Builtin(_) => (Code::UncalledBuiltin, "must be called"),
            Mode::TypeExpr => (Code::NotAnExpr, "is not an expression"),
            _ if kind == ExprKind::Statement => return,
            _ => (Code::UnusedExpr, "is not used"),
        };
        let message = format!("{} {problem}", self.describe(&x));
        self.error(self.at_operand(&x), code, message);
    }

    fn send_stmt(&mut self, stmt: StmtId, chan: ExprId, value: ExprId) {
        let ch = self.expr(None, chan);
        let mut x = self.generic_expr(value, None);
        if !ch.is_valid() || !x.is_valid() {
            return;
        }
        if let Some(elem) = self.channel_elem(self.at_stmt(stmt), &ch, Transfer::Send) {
            self.assignment(&mut x, Some(elem), "send");
        }
    }

    fn inc_dec(&mut self, op: BinaryOp, expr: ExprId) {
        let mut x = self.expr(None, expr);
        if !x.is_valid() {
            return;
        }
        if !self.types.all_basic(x.ty, BasicInfo::NUMERIC) {
            let (text, ty) = (self.expr_text(expr), self.ty(x.ty));
            let message = format!("invalid operation: {text}{op}{op} (non-numeric type {ty})");
            self.error(self.at(expr), Code::NonNumericIncDec, message);
            return;
        }
        self.assign_operand(expr, &mut x, "assignment");
    }

    fn branch(&mut self, context: Context, stmt: StmtId, kind: BranchKind, label: Option<IdentId>) {
        if !self.config.check_branches {
            return;
        }
        if label.is_some() {
            self.env.has_label = true; // Checked when all labels are known.
            return;
        }
        let (code, message) = match kind {
            BranchKind::Break if !context.allows_break => {
                (Code::MisplacedBreak, "break not in for, switch, or select statement")
            }
            BranchKind::Continue if !context.allows_continue => {
                (Code::MisplacedContinue, "continue not in for statement")
            }
            BranchKind::Fallthrough if !context.allows_fallthrough => {
                let message = if context.is_final_case {
                    "cannot fallthrough final case in switch"
                } else if context.is_in_type_switch {
                    "cannot fallthrough in type switch"
                } else {
                    "fallthrough statement out of place"
                };
                (Code::MisplacedFallthrough, message)
            }
            _ => return,
        };
        self.error(self.at_stmt(stmt), code, message);
    }

    fn suspended_call(&mut self, kind: CallKind, call: ExprId) {
        let (keyword, code) = match kind {
            CallKind::Go => ("go", Code::InvalidGo),
            CallKind::Defer => ("defer", Code::InvalidDefer),
        };
        if !matches!(self.file()[call].kind, Syntax::Call { .. }) {
            let message = format!("expression in {keyword} must be function call");
            self.error(self.at(call), code, message);
            self.use_exprs(&[call]);
            return;
        }
        let (x, role) = self.raw_expr(None, call, None, false);
        let (code, problem) = match role {
            ExprKind::Conversion => (code, "requires function call, not conversion"),
            ExprKind::Expression => (Code::UnusedResults, "discards result of"),
            ExprKind::Statement => return,
        };
        let message = format!("{keyword} {problem} {}", self.describe(&x));
        self.error(self.at_operand(&x), code, message);
    }

    fn return_stmt(&mut self, stmt: StmtId, results: List<ExprId>) {
        let file = self.file();
        let Some(function) = self.env.function.clone() else { return };
        let is_named =
            function.results.first().is_some_and(|&first| self.types.object(first).name != base::sym::EMPTY);
        if !results.is_empty() || !is_named {
            self.init_vars_or_no_results(&function, &file[results], stmt);
            return;
        }
        // Spec: a result parameter must not be hidden at a return without expressions.
        for &result in &function.results {
            let name = self.types.object(result).name;
            let Some(other) = self.lookup(name).filter(|&other| other != result) else { continue };
            let message = format!("result parameter {name} not in scope at return");
            let note = format!("inner declaration of {}", self.describe_variable(result));
            let error = Diagnostic::error(Code::OutOfScopeResult, self.at_stmt(stmt), message);
            self.report(error.with_note(self.object_span(other), note));
        }
    }

    fn init_vars_or_no_results(&mut self, function: &Function, values: &[ExprId], stmt: StmtId) {
        if function.results.is_empty() && values.is_empty() {
            return;
        }
        self.init_vars(&function.results, values, Some(stmt));
    }

    fn select_stmt(&mut self, inner: Context, clauses: List<ClauseId>) {
        let file = self.file();
        self.report_several_defaults(&file[clauses]);
        for &clause in &file[clauses] {
            let comm = match file[clause].guard {
                ClauseGuard::Comm(comm) => Some(comm),
                ClauseGuard::Default | ClauseGuard::Cases(_) => None,
            };
            if let Some(comm) = comm.filter(|&comm| !self.is_communication(comm)) {
                let message = "select case must be send or receive (possibly with assignment)";
                self.error(self.at_stmt(comm), Code::InvalidSelectCase, message);
                continue;
            }
            self.in_scope(|check| {
                if let Some(comm) = comm {
                    check.stmt(inner, comm);
                }
                check.stmt_list(inner, file[clause].body);
            });
        }
    }

    /// Whether a statement sends or receives.
    fn is_communication(&self, stmt: StmtId) -> bool {
        let file = self.file();
        let received = match file[stmt].kind {
            StmtKind::Send { .. } => return true,
            StmtKind::Expr(x) => x,
            StmtKind::Assign { rhs, .. } | StmtKind::Define { rhs, .. } if rhs.len() == 1 => file[rhs][0],
            StmtKind::OpAssign { rhs, .. } => rhs,
            _ => return false,
        };
        matches!(file[file.unparen(received)].kind, Syntax::Unary { op: UnaryOp::Recv, .. })
    }

    fn report_several_defaults(&mut self, clauses: &[ClauseId]) {
        let file = self.file();
        let mut defaults = clauses.iter().filter(|&&clause| file[clause].guard == ClauseGuard::Default);
        let Some(&first) = defaults.next() else { return };
        let place = self.position_text(file[first].pos);
        for &clause in defaults {
            let message = format!("multiple defaults (first at {place})");
            self.error(Span::at(file[clause].pos), Code::DuplicateDefault, message);
        }
    }
}
