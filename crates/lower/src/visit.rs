//! Looking for something in a function body, without going into function literals.

use syntax::{ClauseGuard, DeclKind, ExprId, ExprKind, File, StmtId, StmtKind};

/// Whether a statement below `root`, or itself, satisfies `test`.
pub(crate) fn any_stmt(tree: &File, root: StmtId, test: impl Fn(&StmtKind) -> bool) -> bool {
    let mut finder = Finder { tree, stmt: &|id| test(&tree[id].kind), expr: &|_| false, known: &|_| None };
    finder.in_stmt(root)
}

/// As [`any_stmt`], but leaves out the branches of `if` that `known` says are not taken.
pub(crate) fn any_live_stmt(
    tree: &File,
    root: StmtId,
    known: impl Fn(ExprId) -> Option<bool>,
    test: impl Fn(&StmtKind) -> bool,
) -> bool {
    let mut finder = Finder { tree, stmt: &|id| test(&tree[id].kind), expr: &|_| false, known: &known };
    finder.in_stmt(root)
}

/// Whether an expression below `root` satisfies `test`.
pub(crate) fn any_expr(tree: &File, root: StmtId, test: impl Fn(ExprId) -> bool) -> bool {
    let mut finder = Finder { tree, stmt: &|_| false, expr: &test, known: &|_| None };
    finder.in_stmt(root)
}

/// Whether an expression below `root`, or itself, satisfies `test`.
pub(crate) fn in_expr(tree: &File, root: ExprId, test: impl Fn(ExprId) -> bool) -> bool {
    let mut finder = Finder { tree, stmt: &|_| false, expr: &test, known: &|_| None };
    finder.in_expr(root)
}

struct Finder<'a> {
    tree: &'a File,
    stmt: &'a dyn Fn(StmtId) -> bool,
    expr: &'a dyn Fn(ExprId) -> bool,
    /// What a condition is, if it is known.
    known: &'a dyn Fn(ExprId) -> Option<bool>,
}

impl Finder<'_> {
    fn in_stmts(&mut self, stmts: &[StmtId]) -> bool {
        stmts.iter().any(|&stmt| self.in_stmt(stmt))
    }

    fn in_opt(&mut self, stmt: Option<StmtId>) -> bool {
        stmt.is_some_and(|stmt| self.in_stmt(stmt))
    }

    fn in_exprs(&mut self, exprs: &[ExprId]) -> bool {
        exprs.iter().any(|&expr| self.in_expr(expr))
    }

    fn in_stmt(&mut self, id: StmtId) -> bool {
        let tree = self.tree;
        if (self.stmt)(id) {
            return true;
        }
        match tree[id].kind {
            StmtKind::Empty | StmtKind::Branch { .. } => false,
            StmtKind::Labeled { stmt, .. } => self.in_stmt(stmt),
            StmtKind::Block(stmts) => self.in_stmts(&tree[stmts]),
            StmtKind::Expr(x) | StmtKind::Call { call: x, .. } | StmtKind::IncDec { x, .. } => {
                self.in_expr(x)
            }
            StmtKind::Send { chan, value } => self.in_exprs(&[chan, value]),
            StmtKind::Decl(decls) => tree[decls].iter().any(|&decl| match tree[decl].kind {
                DeclKind::Var { values, .. } => self.in_exprs(&tree[values]),
                _ => false,
            }),
            StmtKind::Assign { lhs, rhs } | StmtKind::Define { lhs, rhs } => {
                self.in_exprs(&tree[lhs]) || self.in_exprs(&tree[rhs])
            }
            StmtKind::OpAssign { lhs, rhs, .. } => self.in_exprs(&[lhs, rhs]),
            StmtKind::Return(results) => self.in_exprs(&tree[results]),
            StmtKind::If { init, cond, then, els } => {
                let known = (self.known)(cond);
                self.in_opt(init)
                    || self.in_expr(cond)
                    || (known != Some(false) && self.in_stmt(then))
                    || (known != Some(true) && self.in_opt(els))
            }
            StmtKind::For { init, cond, post, body } => {
                self.in_opt(init)
                    || cond.is_some_and(|cond| self.in_expr(cond))
                    || self.in_opt(post)
                    || self.in_stmt(body)
            }
            StmtKind::Range { lhs, x, body, .. } => {
                self.in_exprs(&tree[lhs]) || self.in_expr(x) || self.in_stmt(body)
            }
            StmtKind::Switch { init, tag, clauses } => {
                self.in_opt(init)
                    || tag.is_some_and(|tag| self.in_expr(tag))
                    || self.in_clauses(&tree[clauses])
            }
            StmtKind::TypeSwitch { init, guard, clauses } => {
                self.in_opt(init) || self.in_expr(guard) || self.in_clauses(&tree[clauses])
            }
            StmtKind::Select { clauses } => self.in_clauses(&tree[clauses]),
        }
    }

    fn in_clauses(&mut self, clauses: &[syntax::ClauseId]) -> bool {
        clauses.iter().any(|&id| {
            let clause = self.tree[id];
            let in_guard = match clause.guard {
                ClauseGuard::Default => false,
                ClauseGuard::Cases(cases) => self.in_exprs(&self.tree[cases]),
                ClauseGuard::Comm(stmt) => self.in_stmt(stmt),
            };
            in_guard || self.in_stmts(&self.tree[clause.body])
        })
    }

    fn in_expr(&mut self, id: ExprId) -> bool {
        let tree = self.tree;
        if (self.expr)(id) {
            return true;
        }
        match tree[id].kind {
            ExprKind::CompositeLit { elems, .. } => self.in_exprs(&tree[elems]),
            ExprKind::KeyValue { key, value } => self.in_exprs(&[key, value]),
            ExprKind::Paren(x)
            | ExprKind::Selector { x, .. }
            | ExprKind::Assert { x, .. }
            | ExprKind::TypeSwitchGuard { x, .. }
            | ExprKind::Unary { x, .. } => self.in_expr(x),
            ExprKind::Index { x, indices } => self.in_expr(x) || self.in_exprs(&tree[indices]),
            ExprKind::Slice { x, low, high, max } => {
                self.in_expr(x) || [low, high, max].into_iter().flatten().any(|index| self.in_expr(index))
            }
            ExprKind::Binary { x, y, .. } => self.in_exprs(&[x, y]),
            ExprKind::Call { fun, args, .. } => self.in_expr(fun) || self.in_exprs(&tree[args]),
            _ => false,
        }
    }
}
