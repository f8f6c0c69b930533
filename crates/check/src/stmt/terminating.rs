//! Whether control can reach the end of a function. Spec: "Terminating statements".

use base::Symbol;
use syntax::{BranchKind, ClauseGuard, ClauseId, ExprId, ExprKind, File, List, StmtId, StmtKind};
use types::{Builtin, ObjectKind};

use crate::checker::Checker;

impl Checker<'_> {
    /// Whether a statement is terminating.
    pub(super) fn is_terminating(&self, stmt: StmtId) -> bool {
        self.ends(stmt, None)
    }

    /// `label`: that of the statement, if it has one.
    fn ends(&self, stmt: StmtId, label: Option<Symbol>) -> bool {
        let file = self.file();
        match file[stmt].kind {
            StmtKind::Labeled { label, stmt } => self.ends(stmt, Some(file.name(label))),
            StmtKind::Expr(expr) => self.is_panic(expr),
            StmtKind::Return(_) => true,
            StmtKind::Branch { kind, .. } => matches!(kind, BranchKind::Goto | BranchKind::Fallthrough),
            StmtKind::Block(list) => self.list_ends(list),
            StmtKind::If { then, els, .. } => {
                els.is_some_and(|els| self.ends(then, None) && self.ends(els, None))
            }
            StmtKind::Switch { clauses, .. } | StmtKind::TypeSwitch { clauses, .. } => {
                let has_default =
                    file[clauses].iter().any(|&clause| file[clause].guard == ClauseGuard::Default);
                has_default && self.clauses_end(clauses, label)
            }
            StmtKind::Select { clauses } => self.clauses_end(clauses, label),
            StmtKind::For { cond: None, body, .. } => !has_break(file, body, label, true),
            _ => false,
        }
    }

    fn list_ends(&self, list: List<StmtId>) -> bool {
        let file = self.file();
        let last = file[list].iter().rev().find(|&&stmt| file[stmt].kind != StmtKind::Empty);
        last.is_some_and(|&last| self.ends(last, None))
    }

    fn clauses_end(&self, clauses: List<ClauseId>, label: Option<Symbol>) -> bool {
        let file = self.file();
        file[clauses].iter().all(|&clause| {
            let body = file[clause].body;
            self.list_ends(body) && !list_has_break(file, body, label, true)
        })
    }

    /// Whether an expression calls the predeclared `panic`.
    fn is_panic(&self, expr: ExprId) -> bool {
        let file = self.file();
        let ExprKind::Call { fun, .. } = file[file.unparen(expr)].kind else { return false };
        let ident = file.as_name(file.unparen(fun));
        let object = ident.and_then(|ident| self.infos[self.env.file].idents[ident]);
        object.is_some_and(|object| {
            matches!(self.types.object(object).kind, ObjectKind::Builtin(Builtin::Panic))
        })
    }
}

/// Whether a statement contains a break out of the statement with `label`, or, if `implicit`, one without a label that
/// belongs to the innermost statement around it.
fn has_break(file: &File, stmt: StmtId, label: Option<Symbol>, implicit: bool) -> bool {
    match file[stmt].kind {
        StmtKind::Labeled { stmt, .. } => has_break(file, stmt, label, implicit),
        StmtKind::Branch { kind: BranchKind::Break, label: target } => match target {
            None => implicit,
            Some(target) => label == Some(file.name(target)),
        },
        StmtKind::Block(list) => list_has_break(file, list, label, implicit),
        StmtKind::If { then, els, .. } => {
            has_break(file, then, label, implicit)
                || els.is_some_and(|els| has_break(file, els, label, implicit))
        }
        StmtKind::Switch { clauses, .. }
        | StmtKind::TypeSwitch { clauses, .. }
        | StmtKind::Select { clauses } => {
            label.is_some()
                && file[clauses].iter().any(|&clause| list_has_break(file, file[clause].body, label, false))
        }
        StmtKind::For { body, .. } | StmtKind::Range { body, .. } => {
            label.is_some() && has_break(file, body, label, false)
        }
        _ => false,
    }
}

fn list_has_break(file: &File, list: List<StmtId>, label: Option<Symbol>, implicit: bool) -> bool {
    file[list].iter().any(|&stmt| has_break(file, stmt, label, implicit))
}
