//! Statements.

use super::{BinaryOp, ClauseId, DeclId, ExprId, IdentId, List, StmtId};
use base::Pos;

/// A statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stmt {
    /// Where Go reports it: the keyword, or the operator of a simple statement.
    pub pos: Pos,
    /// The byte after its last. A statement that ends in a brace has it at `end - 1`.
    pub end: Pos,
    /// What it is.
    pub kind: StmtKind,
}

/// What a statement is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StmtKind {
    /// Nothing, between two semicolons.
    Empty,
    /// `label: stmt`. Its `pos` is the colon.
    Labeled {
        /// The label.
        label: IdentId,
        /// The statement; [`StmtKind::Empty`] before a brace.
        stmt: StmtId,
    },
    /// `{ stmts }`
    Block(List<StmtId>),
    /// An expression for its effect.
    Expr(ExprId),
    /// `chan <- value`
    Send {
        /// The channel.
        chan: ExprId,
        /// What is sent.
        value: ExprId,
    },
    /// `const`, `type` or `var` in a function.
    Decl(List<DeclId>),
    /// `lhs = rhs`
    Assign {
        /// At least one.
        lhs: List<ExprId>,
        /// At least one.
        rhs: List<ExprId>,
    },
    /// `lhs := rhs`
    Define {
        /// At least one; each should be a name.
        lhs: List<ExprId>,
        /// At least one.
        rhs: List<ExprId>,
    },
    /// `lhs op= rhs`
    OpAssign {
        /// The operator without the `=`.
        op: BinaryOp,
        /// Left operand and destination.
        lhs: ExprId,
        /// Right operand.
        rhs: ExprId,
    },
    /// `x++` or `x--`
    IncDec {
        /// [`BinaryOp::Add`] or [`BinaryOp::Sub`].
        op: BinaryOp,
        /// Operand and destination.
        x: ExprId,
    },
    /// `break`, `continue`, `goto`, `fallthrough`
    Branch {
        /// Which.
        kind: BranchKind,
        /// Where to; `goto` always has it, `fallthrough` never.
        label: Option<IdentId>,
    },
    /// `go call` or `defer call`
    Call {
        /// Which.
        kind: CallKind,
        /// Should be an [`super::ExprKind::Call`].
        call: ExprId,
    },
    /// `return results`
    Return(List<ExprId>),
    /// `if init; cond then else els`
    If {
        /// A simple statement.
        init: Option<StmtId>,
        /// The condition.
        cond: ExprId,
        /// A block.
        then: StmtId,
        /// A block or an `if`.
        els: Option<StmtId>,
    },
    /// `for init; cond; post body`
    For {
        /// A simple statement.
        init: Option<StmtId>,
        /// The condition.
        cond: Option<ExprId>,
        /// A simple statement.
        post: Option<StmtId>,
        /// A block.
        body: StmtId,
    },
    /// `for lhs := range x body`
    Range {
        /// The position of `range`, where Go reports the clause.
        range_pos: Pos,
        /// Variables; any number parses.
        lhs: List<ExprId>,
        /// Whether `:=` declares the variables.
        is_define: bool,
        /// What is ranged over.
        x: ExprId,
        /// A block.
        body: StmtId,
    },
    /// `switch init; tag { clauses }`
    Switch {
        /// A simple statement.
        init: Option<StmtId>,
        /// The tag; none means `true`.
        tag: Option<ExprId>,
        /// The cases.
        clauses: List<ClauseId>,
    },
    /// `switch init; lhs := x.(type) { clauses }`
    TypeSwitch {
        /// A simple statement.
        init: Option<StmtId>,
        /// Always an [`super::ExprKind::TypeSwitchGuard`].
        guard: ExprId,
        /// The cases.
        clauses: List<ClauseId>,
    },
    /// `select { clauses }`
    Select {
        /// The cases.
        clauses: List<ClauseId>,
    },
}

/// Statements that go elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BranchKind {
    Break,
    Continue,
    Goto,
    Fallthrough,
}

/// Statements that call at another time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CallKind {
    Go,
    Defer,
}

/// A `case` or `default` of a switch or select.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clause {
    /// The keyword.
    pub pos: Pos,
    /// The colon.
    pub colon: Pos,
    /// The byte after its last statement.
    pub end: Pos,
    /// What selects it.
    pub guard: ClauseGuard,
    /// What it does.
    pub body: List<StmtId>,
}

/// What selects a clause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClauseGuard {
    /// `default`
    Default,
    /// `case x, y` of a switch: values or types.
    Cases(List<ExprId>),
    /// `case stmt` of a select: should be a send, or a receive as expression, assignment or definition.
    Comm(StmtId),
}
