//! Labels and the branches to them. Spec: "Labeled statements", "Goto statements".
//!
//! A label is visible in its whole function, but a `goto` must not jump into a block or over a variable declaration. The
//! blocks are walked once; a jump whose label was not seen yet is a *forward jump*, handed to the block around until some
//! block declares the label.

use base::{Pos, Symbol};
use diag::{Code, Diagnostic};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use syntax::{BranchKind, DeclKind, IdentId, List, StmtId, StmtKind};
use types::{ObjectId, ObjectKind, TypeId};

use crate::checker::Checker;

/// A label of the function.
struct Label {
    object: ObjectId,
    is_used: bool,
}

type Labels = IndexMap<Symbol, Label, FxBuildHasher>;

/// A block whose statements are being walked.
struct Block {
    /// The label of the statement that the block belongs to, with that statement.
    labeled: Option<(Symbol, StmtId)>,
    /// The labels declared in the block so far.
    labels: Vec<Symbol>,
}

struct Walk<'w, 'a> {
    check: &'w mut Checker<'a>,
    labels: Labels,
    /// The blocks around the current statement, outermost first.
    blocks: Vec<Block>,
}

/// The jumps of one block whose labels are not found yet.
#[derive(Default)]
struct Jumps {
    forward: Vec<IdentId>,
    /// Those of `forward` that come before the last variable declaration, and the place of that.
    over_declaration: Vec<IdentId>,
    declaration: Pos,
}

impl Jumps {
    fn declare_variable(&mut self, pos: Pos) {
        self.declaration = pos;
        self.over_declaration.clone_from(&self.forward);
    }
}

impl Checker<'_> {
    /// Checks the labels of a function whose body is `body`.
    pub(super) fn labels(&mut self, body: StmtId) {
        let StmtKind::Block(list) = self.file()[body].kind else { return };
        let mut walk = Walk { check: self, labels: Labels::default(), blocks: Vec::new() };
        let left_over = walk.block(None, list);
        walk.finish(&left_over);
    }
}

impl Walk<'_, '_> {
    fn finish(&mut self, left_over: &[IdentId]) {
        for &ident in left_over {
            let name = self.check.file().name(ident);
            let (code, message) = match self.labels.get_mut(&name) {
                Some(label) => {
                    label.is_used = true;
                    (Code::JumpIntoBlock, format!("goto {name} jumps into block"))
                }
                None => (Code::UndeclaredLabel, format!("label {name} not declared")),
            };
            let at = self.check.file().ident_span(ident);
            self.check.error(at, code, message);
        }
        for (name, label) in std::mem::take(&mut self.labels) {
            if !label.is_used {
                let message = format!("label {name} declared and not used");
                let at = self.check.object_span(label.object);
                self.check.error(at, Code::UnusedLabel, message);
            }
        }
    }

    /// Walks a block, and returns the jumps out of it.
    fn block(&mut self, labeled: Option<(Symbol, StmtId)>, list: List<StmtId>) -> Vec<IdentId> {
        self.blocks.push(Block { labeled, labels: Vec::new() });
        let mut jumps = Jumps::default();
        for &stmt in &self.check.file()[list] {
            self.stmt(None, stmt, &mut jumps);
        }
        self.blocks.pop();
        jumps.forward
    }

    fn stmt(&mut self, labeled: Option<(Symbol, StmtId)>, stmt: StmtId, jumps: &mut Jumps) {
        let file = self.check.file();
        match file[stmt].kind {
            StmtKind::Decl(decls) => {
                for &decl in &file[decls] {
                    if matches!(file[decl].kind, DeclKind::Var { .. }) {
                        jumps.declare_variable(file[decl].pos);
                    }
                }
            }
            StmtKind::Define { .. } => jumps.declare_variable(file[stmt].pos),
            StmtKind::Labeled { label, stmt: inner } => {
                let name = file.name(label);
                let mut labeled = labeled;
                if !name.is_blank() {
                    self.declare(label, jumps);
                    labeled = Some((name, inner));
                }
                self.stmt(labeled, inner, jumps);
            }
            StmtKind::Branch { kind, label: Some(label) } => self.branch(kind, label, jumps),
            StmtKind::Block(list) => {
                let left_over = self.block(labeled, list);
                jumps.forward.extend(left_over);
            }
            StmtKind::If { then, els, .. } => {
                self.stmt(labeled, then, jumps);
                if let Some(els) = els {
                    self.stmt(labeled, els, jumps);
                }
            }
            StmtKind::Switch { clauses, .. }
            | StmtKind::TypeSwitch { clauses, .. }
            | StmtKind::Select { clauses } => {
                self.blocks.push(Block { labeled, labels: Vec::new() });
                for &clause in &file[clauses] {
                    let left_over = self.block(None, file[clause].body);
                    jumps.forward.extend(left_over);
                }
                self.blocks.pop();
            }
            StmtKind::For { body, .. } | StmtKind::Range { body, .. } => self.stmt(labeled, body, jumps),
            _ => {}
        }
    }

    fn declare(&mut self, ident: IdentId, jumps: &mut Jumps) {
        let name = self.check.file().name(ident);
        let at = self.check.file().ident_span(ident);
        let object = self.check.new_object(ident, false, ObjectKind::Label);
        self.check.types.object(object).ty.set(TypeId::INVALID);
        if let Some(other) = self.labels.get(&name) {
            let error = Diagnostic::error(Code::DuplicateLabel, at, format!("label {name} already declared"));
            let error = self.check.with_other_declaration(error, other.object);
            self.check.report(error);
        } else {
            self.labels.insert(name, Label { object, is_used: false });
            if let Some(block) = self.blocks.last_mut() {
                block.labels.push(name);
            }
            self.check.record_object(ident, object);
        }
        let (matching, others): (Vec<_>, Vec<_>) =
            jumps.forward.drain(..).partition(|&jump| self.check.file().name(jump) == name);
        jumps.forward = others;
        for jump in matching {
            self.use_label(name, jump);
            if jumps.over_declaration.contains(&jump) {
                let line =
                    self.check.config.sources.location(jumps.declaration).map_or(0, |place| place.line);
                let message = format!("goto {name} jumps over variable declaration at line {line}");
                self.check.error(self.check.file().ident_span(jump), Code::JumpOverDecl, message);
            }
        }
    }

    fn use_label(&mut self, name: Symbol, ident: IdentId) {
        if let Some(label) = self.labels.get_mut(&name) {
            label.is_used = true;
            let object = label.object;
            self.check.record_object(ident, object);
        }
    }

    fn branch(&mut self, kind: BranchKind, ident: IdentId, jumps: &mut Jumps) {
        let name = self.check.file().name(ident);
        let is_valid = match kind {
            BranchKind::Break => self.enclosing(name).is_some_and(|stmt| {
                matches!(
                    self.check.file()[stmt].kind,
                    StmtKind::Switch { .. }
                        | StmtKind::TypeSwitch { .. }
                        | StmtKind::Select { .. }
                        | StmtKind::For { .. }
                        | StmtKind::Range { .. }
                )
            }),
            BranchKind::Continue => self.enclosing(name).is_some_and(|stmt| {
                matches!(self.check.file()[stmt].kind, StmtKind::For { .. } | StmtKind::Range { .. })
            }),
            BranchKind::Goto => {
                if !self.blocks.iter().any(|block| block.labels.contains(&name)) {
                    jumps.forward.push(ident);
                    return;
                }
                true
            }
            BranchKind::Fallthrough => return,
        };
        if is_valid {
            self.use_label(name, ident);
        } else {
            let word = if kind == BranchKind::Break { "break" } else { "continue" };
            let at = self.check.file().ident_span(ident);
            self.check.error(at, Code::MisplacedLabel, format!("invalid {word} label {name}"));
        }
    }

    /// The innermost statement around the current one that has this label.
    fn enclosing(&self, name: Symbol) -> Option<StmtId> {
        let labeled = self.blocks.iter().rev().filter_map(|block| block.labeled);
        labeled.into_iter().find(|&(label, _)| label == name).map(|(_, stmt)| stmt)
    }
}
