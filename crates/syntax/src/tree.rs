//! The syntax tree of one file: plain data in dense tables, nodes named by ids.
//!
//! **Terms.** An *identifier* ([`Ident`]) is one occurrence of a name, declaring or using; an expression that is just a name
//! is `ExprKind::Name` of one. Types are expressions. A *list* ([`List`]) is a run of ids in a pool of its file.
//!
//! **Invariants**
//! 1. An id is only meaningful in the file that made it; ids are dense from 0, so phases use `IdxVec<ExprId, _>` as
//!    side tables. An arena may hold nodes that no other node refers to (the parser changed its mind); a walk from
//!    [`File::decls`] never meets them.
//! 2. `pos` of a node is where Go's compiler puts it (operator of a binary expression, `(` of a call, `.` of a selector);
//!    [`File::start_of`] is the leftmost byte and `end` the byte after the last.
//! 3. Fields that are declared together (`a, b int`) share one type expression id.
//! 4. Children have no parent link, and a child is in the arena before its parent is.

mod decl;
mod expr;
mod file;
mod stmt;

pub use decl::{Decl, DeclKind, Directive, DirectiveKind, Directives, GroupId};
pub use expr::{BasicLit, BinaryOp, ChanDir, Expr, ExprKind, Field, Ident, LitKind, UnaryOp};
pub use file::{BuildLine, File, List};
pub use stmt::{BranchKind, CallKind, Clause, ClauseGuard, Stmt, StmtKind};

base::newtype_index! {
    /// An expression or a type.
    pub struct ExprId;
    /// A statement.
    pub struct StmtId;
    /// A declaration: one spec, grouped or not.
    pub struct DeclId;
    /// A parameter, result, receiver, type parameter, struct field, or interface element.
    pub struct FieldId;
    /// A `case` of a switch or select.
    pub struct ClauseId;
    /// One occurrence of an identifier.
    pub struct IdentId;
}
