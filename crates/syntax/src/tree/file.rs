//! The file: the owner of all nodes.

use super::{
    Clause, ClauseId, Decl, DeclId, Directive, Directives, Expr, ExprId, ExprKind, Field, FieldId, Ident,
    IdentId, Stmt, StmtId,
};
use base::{FileId, IdxVec, Pos, SourceFile, SourceText, Span, Symbol};
use std::marker::PhantomData;
use std::ops::Index;

/// A run of ids of one kind; `&file[list]` is the slice.
pub struct List<I> {
    pub(crate) start: u32,
    pub(crate) len: u32,
    marker: PhantomData<fn() -> I>,
}

impl<I> List<I> {
    /// The list of nothing.
    pub const EMPTY: Self = Self { start: 0, len: 0, marker: PhantomData };

    /// How many ids it has.
    #[must_use]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The list of the last ids of `pool`, from `start` on.
    pub(crate) fn tail(pool: &[I], start: usize) -> Self {
        // The pool is at most as long as the file, which has less than 2^32 bytes.
        Self { start: start as u32, len: (pool.len() - start) as u32, marker: PhantomData }
    }
}

impl<I> Clone for List<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for List<I> {}

impl<I> PartialEq for List<I> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}

impl<I> Eq for List<I> {}

impl<I> std::fmt::Debug for List<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}; {}]", self.start, self.len)
    }
}

/// A `//go:build` line (or a `// +build` one) above the package clause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildLine {
    /// Its first slash.
    pub pos: Pos,
    /// The line from the slashes on, without the newline.
    pub text: String,
}

/// The tree of one file. `file[id]` is a node, `&file[list]` a slice of ids.
#[derive(Clone, Debug)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// The position of its first byte.
    pub start: Pos,
    /// The position after its last byte.
    pub end: Pos,
    /// The name in the package clause; none when that clause is missing, and then there are no declarations.
    pub package: Option<IdentId>,
    /// The directives above the package clause.
    pub package_directives: Directives,
    /// The declarations in order, groups opened.
    pub decls: List<DeclId>,
    /// Build constraints in order.
    pub build_lines: Vec<BuildLine>,
    /// Every `//go:` line in order.
    pub directives: Vec<Directive>,
    /// How many groups of declarations there are.
    pub n_groups: u32,
    pub(crate) text: SourceText,
    pub(crate) arenas: Arenas,
    pub(crate) pools: Pools,
}

/// The nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arenas {
    pub(crate) exprs: IdxVec<ExprId, Expr>,
    pub(crate) stmts: IdxVec<StmtId, Stmt>,
    pub(crate) decls: IdxVec<DeclId, Decl>,
    pub(crate) fields: IdxVec<FieldId, Field>,
    pub(crate) clauses: IdxVec<ClauseId, Clause>,
    pub(crate) idents: IdxVec<IdentId, Ident>,
}

impl Arenas {
    /// Arenas with room for the nodes of a usual file of this length.
    fn for_text(n_bytes: usize) -> Self {
        Self {
            exprs: IdxVec::with_capacity(n_bytes / 9),
            stmts: IdxVec::with_capacity(n_bytes / 52),
            idents: IdxVec::with_capacity(n_bytes / 15),
            ..Self::default()
        }
    }
}

/// What lists are runs of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pools {
    pub(crate) exprs: Vec<ExprId>,
    pub(crate) stmts: Vec<StmtId>,
    pub(crate) decls: Vec<DeclId>,
    pub(crate) fields: Vec<FieldId>,
    pub(crate) clauses: Vec<ClauseId>,
    pub(crate) idents: Vec<IdentId>,
}

macro_rules! indexed_by {
    ($($id:ident -> $node:ident in $table:ident;)+) => {$(
        impl Index<$id> for File {
            type Output = $node;
            #[inline]
            fn index(&self, id: $id) -> &$node {
                &self.arenas.$table[id]
            }
        }

        impl Index<List<$id>> for File {
            type Output = [$id];
            #[inline]
            fn index(&self, list: List<$id>) -> &[$id] {
                &self.pools.$table[list.start as usize..][..list.len as usize]
            }
        }
    )+};
}

indexed_by! {
    ExprId -> Expr in exprs;
    StmtId -> Stmt in stmts;
    DeclId -> Decl in decls;
    FieldId -> Field in fields;
    ClauseId -> Clause in clauses;
    IdentId -> Ident in idents;
}

impl Index<Directives> for File {
    type Output = [Directive];
    fn index(&self, run: Directives) -> &[Directive] {
        &self.directives[run.range()]
    }
}

impl File {
    /// The tree of nothing yet, for the file `id`.
    pub(crate) fn empty(id: FileId, source: &SourceFile) -> Self {
        let n_bytes = source.text().as_str().len();
        Self {
            id,
            start: source.start(),
            end: source.pos(n_bytes as u32),
            package: None,
            package_directives: Directives::default(),
            decls: List::EMPTY,
            build_lines: Vec::new(),
            directives: Vec::new(),
            n_groups: 0,
            text: source.text().clone(),
            arenas: Arenas::for_text(n_bytes),
            pools: Pools::default(),
        }
    }

    /// All expressions: its length is the length of a side table.
    #[must_use]
    pub fn exprs(&self) -> &IdxVec<ExprId, Expr> {
        &self.arenas.exprs
    }

    /// All statements.
    #[must_use]
    pub fn stmts(&self) -> &IdxVec<StmtId, Stmt> {
        &self.arenas.stmts
    }

    /// All declarations, local ones included.
    #[must_use]
    pub fn all_decls(&self) -> &IdxVec<DeclId, Decl> {
        &self.arenas.decls
    }

    /// All fields.
    #[must_use]
    pub fn fields(&self) -> &IdxVec<FieldId, Field> {
        &self.arenas.fields
    }

    /// All clauses.
    #[must_use]
    pub fn clauses(&self) -> &IdxVec<ClauseId, Clause> {
        &self.arenas.clauses
    }

    /// All identifiers.
    #[must_use]
    pub fn idents(&self) -> &IdxVec<IdentId, Ident> {
        &self.arenas.idents
    }

    /// The name that `ident` is an occurrence of.
    #[must_use]
    pub fn name(&self, ident: IdentId) -> Symbol {
        self[ident].name
    }

    /// The identifier that `expr` is, if it is just that.
    #[must_use]
    pub fn as_name(&self, expr: ExprId) -> Option<IdentId> {
        match self[expr].kind {
            ExprKind::Name(ident) => Some(ident),
            _ => None,
        }
    }

    /// `expr` without the parentheses around it.
    #[must_use]
    pub fn unparen(&self, mut expr: ExprId) -> ExprId {
        while let ExprKind::Paren(x) = self[expr].kind {
            expr = x;
        }
        expr
    }

    /// The source text of the literal `expr`. A byte that is not UTF-8, and was reported, is a NUL in it.
    #[must_use]
    pub fn literal_text(&self, expr: ExprId) -> &str {
        let Expr { pos, end, .. } = self[expr];
        self.text_between(pos, end)
    }

    /// The source text from `start` up to `end`.
    #[must_use]
    pub fn text_between(&self, start: Pos, end: Pos) -> &str {
        let offset = |pos: Pos| (pos.as_u32() - self.start.as_u32()) as usize;
        &self.text.as_str()[offset(start)..offset(end)]
    }

    /// The first byte of `expr`, but of a slice expression its bracket: there Go reports it. As syntax.StartPos.
    #[must_use]
    pub fn start_of(&self, mut expr: ExprId) -> Pos {
        loop {
            let Expr { pos, kind, .. } = self[expr];
            expr = match kind {
                ExprKind::TypeSwitchGuard { lhs: Some(lhs), .. } => return self[lhs].pos,
                ExprKind::CompositeLit { ty: Some(x), .. }
                | ExprKind::KeyValue { key: x, .. }
                | ExprKind::Selector { x, .. }
                | ExprKind::Index { x, .. }
                | ExprKind::Assert { x, .. }
                | ExprKind::TypeSwitchGuard { x, .. }
                | ExprKind::Binary { x, .. }
                | ExprKind::Call { fun: x, .. } => x,
                _ => return pos,
            };
        }
    }

    /// All of `expr`.
    #[must_use]
    pub fn span_of(&self, expr: ExprId) -> Span {
        Span::new(self.start_of(expr), self[expr].end)
    }

    /// All of an identifier.
    #[must_use]
    pub fn ident_span(&self, ident: IdentId) -> Span {
        Span::new(self[ident].pos, self[ident].end())
    }
}
