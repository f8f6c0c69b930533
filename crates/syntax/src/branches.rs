//! Labels, and the statements that branch: what the shape of a function body alone forbids.
//!
//! The rules and messages are those of cmd/compile/internal/syntax, which checks this as soon as a function is parsed. A
//! `goto` whose label was not met yet is a *forward* one: it waits in its block, then in the block around, until the
//! label comes. Spec: "Labeled statements", "Break statements" and the sections after.

use crate::tree::{BranchKind, ClauseGuard, DeclKind, File, IdentId, List, StmtId, StmtKind};
use base::{Pos, SourceMap, Symbol};
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;

/// Checks the function body `body`, of which no part had syntax errors.
pub(crate) fn check(sources: &SourceMap, file: &File, body: StmtId, diagnostics: &mut Vec<Diagnostic>) {
    let StmtKind::Block(stmts) = file[body].kind else { return };
    let mut branches = Branches {
        sources,
        file,
        diagnostics,
        labels: Vec::new(),
        label_by_name: FxHashMap::default(),
        blocks: Vec::new(),
        n_blocks: 0,
    };
    let left_over = branches.block(Targets::default(), None, file[body].pos, &file[stmts]);
    branches.finish(&left_over);
}

/// A label of the function.
struct Label {
    ident: IdentId,
    /// The statement that it labels, with the label.
    stmt: StmtId,
    block: BlockNumber,
    block_start: Pos,
    is_used: bool,
}

/// Counts the blocks of a function.
type BlockNumber = u32;

/// A block around the current statement.
struct Block {
    number: BlockNumber,
    start: Pos,
    /// The labeled statement that the block is the body of.
    labeled: Option<StmtId>,
}

/// Where branches without label go.
#[derive(Clone, Copy, Default)]
struct Targets {
    breaks: Option<StmtId>,
    continues: Option<StmtId>,
    /// Whether the current list is that of a clause, and of the last one.
    clause: Option<IsLast>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IsLast {
    Yes,
    No,
}

/// The variable declared last in a block.
struct Declared {
    pos: Pos,
    text: String,
    /// The forward gotos before it.
    jumped_by: Vec<IdentId>,
}

/// What is known of a block while its list is walked.
#[derive(Default)]
struct Walked {
    forward: Vec<IdentId>,
    declared: Option<Declared>,
}

struct Branches<'a> {
    sources: &'a SourceMap,
    file: &'a File,
    diagnostics: &'a mut Vec<Diagnostic>,
    labels: Vec<Label>,
    label_by_name: FxHashMap<Symbol, usize>,
    /// Outermost first.
    blocks: Vec<Block>,
    n_blocks: u32,
}

impl Branches<'_> {
    fn error(&mut self, ident: IdentId, code: Code, message: String) {
        self.diagnostics.push(Diagnostic::error(code, self.file.ident_span(ident), message));
    }

    /// The place `pos` in a message.
    fn place(&self, pos: Pos) -> String {
        self.sources.location(pos).map_or_else(String::new, |location| location.to_string())
    }

    fn label(&mut self, name: Symbol) -> Option<&mut Label> {
        self.label_by_name.get(&name).map(|&index| &mut self.labels[index])
    }

    /// Reports the gotos that found no label, and the labels that no branch found.
    fn finish(&mut self, left_over: &[IdentId]) {
        for &goto in left_over {
            let name = self.file.name(goto);
            let start = self.label(name).map(|label| {
                label.is_used = true; // One error is enough.
                label.block_start
            });
            match start {
                Some(start) => {
                    let place = self.place(start);
                    let message = format!("goto {name} jumps into block starting at {place}");
                    self.error(goto, Code::JumpIntoBlock, message);
                }
                None => self.error(goto, Code::UndeclaredLabel, format!("label {name} not defined")),
            }
        }
        for Label { ident, .. } in std::mem::take(&mut self.labels).into_iter().filter(|label| !label.is_used)
        {
            let name = self.file.name(ident);
            self.error(ident, Code::UnusedLabel, format!("label {name} defined and not used"));
        }
    }

    /// Walks a block and returns the forward gotos that leave it.
    fn block(
        &mut self,
        targets: Targets,
        labeled: Option<StmtId>,
        start: Pos,
        stmts: &[StmtId],
    ) -> Vec<IdentId> {
        self.blocks.push(Block { number: self.n_blocks, start, labeled });
        self.n_blocks += 1;
        let mut walked = Walked::default();
        // Behind the last statement there may be empty ones.
        let is_empty = |stmt: &&StmtId| matches!(self.file[**stmt].kind, StmtKind::Empty);
        let n_stmts = stmts.len() - stmts.iter().rev().take_while(is_empty).count();
        for (index, &stmt) in stmts[..n_stmts].iter().enumerate() {
            let clause = targets.clause.filter(|_| index + 1 == n_stmts);
            self.stmt(Targets { clause, ..targets }, &mut walked, None, stmt);
        }
        self.blocks.pop();
        walked.forward
    }

    /// `targets.clause` is set only for the last statement of a clause. `labeled` is the statement with its label.
    fn stmt(&mut self, targets: Targets, walked: &mut Walked, labeled: Option<StmtId>, stmt: StmtId) {
        let file = self.file;
        match file[stmt].kind {
            StmtKind::Decl(decls) => {
                let vars = file[decls].iter().map(|&decl| file[decl]);
                let first = vars.filter_map(|decl| match decl.kind {
                    DeclKind::Var { names, .. } => Some((decl.pos, file.name(file[names][0]))),
                    _ => None,
                });
                for (pos, name) in first.take(1) {
                    walked.declare(pos, name.to_string());
                }
            }
            StmtKind::Define { lhs, .. } => walked.declare(file[stmt].pos, file.expr_list_string(lhs)),
            StmtKind::Labeled { label, stmt: inner } => {
                let mut labeled = labeled;
                if !file.name(label).is_blank() {
                    self.declare_label(walked, label, stmt);
                    labeled = Some(stmt);
                }
                self.stmt(targets, walked, labeled, inner);
            }
            StmtKind::Branch { kind, label: None } => self.branch(targets, stmt, kind),
            StmtKind::Branch { kind: BranchKind::Goto, label: Some(label) } => self.goto(walked, label),
            StmtKind::Branch { kind, label: Some(label) } => self.labeled_branch(kind, label),
            _ => self.inner_blocks(targets, walked, labeled, stmt),
        }
    }

    /// Walks the blocks that `stmt` consists of.
    fn inner_blocks(&mut self, targets: Targets, walked: &mut Walked, labeled: Option<StmtId>, stmt: StmtId) {
        let file = self.file;
        let inner = Targets { clause: None, ..targets };
        let mut forward = match file[stmt].kind {
            StmtKind::Block(_) => self.body(inner, labeled, stmt),
            StmtKind::If { then, els, .. } => {
                let mut forward = self.body(inner, labeled, then);
                if let Some(els) = els {
                    forward.extend(self.block(inner, labeled, file[els].pos, &[els]));
                }
                forward
            }
            StmtKind::For { body, .. } | StmtKind::Range { body, .. } => {
                let inner = Targets { breaks: Some(stmt), continues: Some(stmt), clause: None };
                self.body(inner, labeled, body)
            }
            StmtKind::Switch { clauses, .. }
            | StmtKind::TypeSwitch { clauses, .. }
            | StmtKind::Select { clauses } => {
                let inner = Targets { breaks: Some(stmt), ..targets };
                self.clauses(inner, labeled, clauses)
            }
            _ => return,
        };
        walked.forward.append(&mut forward);
    }

    fn body(&mut self, targets: Targets, labeled: Option<StmtId>, block: StmtId) -> Vec<IdentId> {
        let StmtKind::Block(stmts) = self.file[block].kind else { unreachable!("a body is a block") };
        self.block(targets, labeled, self.file[block].pos, &self.file[stmts])
    }

    fn clauses(
        &mut self,
        targets: Targets,
        labeled: Option<StmtId>,
        clauses: List<crate::ClauseId>,
    ) -> Vec<IdentId> {
        let mut forward = Vec::new();
        let file = self.file;
        for (index, &clause) in file[clauses].iter().enumerate() {
            let is_comm = matches!(file[clause].guard, ClauseGuard::Comm(_));
            let is_last = if index + 1 == clauses.len() { IsLast::Yes } else { IsLast::No };
            let targets = Targets { clause: (!is_comm).then_some(is_last), ..targets };
            forward.extend(self.block(targets, labeled, file[clause].pos, &file[file[clause].body]));
        }
        forward
    }

    // ---- Labels.

    fn declare_label(&mut self, walked: &mut Walked, ident: IdentId, stmt: StmtId) {
        let name = self.file.name(ident);
        let Block { number: block, start: block_start, .. } =
            *self.blocks.last().expect("a statement is in a block");
        if let Some(&index) = self.label_by_name.get(&name) {
            let place = self.place(self.file[self.labels[index].ident].pos);
            self.error(ident, Code::DuplicateLabel, format!("label {name} already defined at {place}"));
        } else {
            self.label_by_name.insert(name, self.labels.len());
            self.labels.push(Label { ident, stmt, block, block_start, is_used: false });
        }
        let file = self.file;
        let (found, others) =
            std::mem::take(&mut walked.forward).into_iter().partition(|&goto| file.name(goto) == name);
        walked.forward = others;
        let found: Vec<IdentId> = found;
        for goto in found {
            if let Some(label) = self.label(name) {
                label.is_used = true;
            }
            if let Some(Declared { pos, text, jumped_by }) = &walked.declared
                && jumped_by.contains(&goto)
            {
                let message = format!("goto {name} jumps over declaration of {text} at {}", self.place(*pos));
                self.error(goto, Code::JumpOverDecl, message);
            }
        }
    }

    // ---- Branches.

    fn goto(&mut self, walked: &mut Walked, ident: IdentId) {
        let target_block = self.label(self.file.name(ident)).map(|label| {
            label.is_used = true; // Even if the goto cannot reach it.
            label.block
        });
        let is_reached =
            target_block.is_some_and(|number| self.blocks.iter().any(|block| block.number == number));
        if !is_reached {
            walked.forward.push(ident);
        }
    }

    /// `break` or `continue` with a label.
    fn labeled_branch(&mut self, kind: BranchKind, ident: IdentId) {
        let name = self.file.name(ident);
        let keyword = if kind == BranchKind::Break { "break" } else { "continue" };
        let Some(label) = self.label(name) else {
            self.error(ident, Code::UndeclaredLabel, format!("{keyword} label not defined: {name}"));
            return;
        };
        label.is_used = true;
        let labeled = label.stmt;
        let encloses = self.blocks.iter().any(|block| block.labeled == Some(labeled));
        let StmtKind::Labeled { stmt, .. } = self.file[labeled].kind else { unreachable!("labels label") };
        let is_valid = match self.file[stmt].kind {
            StmtKind::For { .. } | StmtKind::Range { .. } => true,
            StmtKind::Switch { .. } | StmtKind::TypeSwitch { .. } | StmtKind::Select { .. } => {
                kind == BranchKind::Break
            }
            _ => false,
        };
        if !(encloses && is_valid) {
            self.error(ident, Code::MisplacedLabel, format!("invalid {keyword} label {name}"));
        }
    }

    fn branch(&mut self, targets: Targets, stmt: StmtId, kind: BranchKind) {
        let (code, message) = match kind {
            BranchKind::Break if targets.breaks.is_none() => {
                (Code::MisplacedBreak, "break is not in a loop, switch, or select")
            }
            BranchKind::Continue if targets.continues.is_none() => {
                (Code::MisplacedContinue, "continue is not in a loop")
            }
            BranchKind::Fallthrough => {
                let Some(message) = self.misplaced_fallthrough(targets) else { return };
                (Code::MisplacedFallthrough, message)
            }
            _ => return,
        };
        let stmt = self.file[stmt];
        self.diagnostics.push(Diagnostic::error(code, base::Span::new(stmt.pos, stmt.end), message));
    }

    fn misplaced_fallthrough(&self, targets: Targets) -> Option<&'static str> {
        let around = targets.breaks.map(|stmt| self.file[stmt].kind);
        match (around, targets.clause) {
            (Some(StmtKind::TypeSwitch { .. }), _) => Some("cannot fallthrough in type switch"),
            (Some(StmtKind::Switch { .. }), Some(IsLast::No)) => None,
            (Some(StmtKind::Switch { .. }), Some(IsLast::Yes)) => {
                Some("cannot fallthrough final case in switch")
            }
            _ => Some("fallthrough statement out of place"),
        }
    }
}

impl Walked {
    fn declare(&mut self, pos: Pos, text: String) {
        self.declared = Some(Declared { pos, text, jumped_by: self.forward.clone() });
    }
}
