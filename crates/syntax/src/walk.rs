//! Going through a tree in source order.

use crate::tree::{
    ClauseGuard, ClauseId, DeclId, DeclKind, ExprId, ExprKind, FieldId, File, IdentId, List, StmtId, StmtKind,
};

/// A node of any kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Node {
    Expr(ExprId),
    Stmt(StmtId),
    Decl(DeclId),
    Field(FieldId),
    Clause(ClauseId),
    /// An identifier that is not an expression: it declares, selects or labels.
    Ident(IdentId),
}

/// Whether to visit what is inside a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Descend {
    /// Visit its children.
    Into,
    /// Go on behind it.
    Over,
}

/// Calls `visit` on `root` and on every node below it, parents before children, children in the order of the source.
///
/// The type that several fields share is visited once, with the last of them. It does not recurse: any depth is fine.
pub fn walk(file: &File, root: Node, mut visit: impl FnMut(Node) -> Descend) {
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        if visit(node) == Descend::Into {
            let first = pending.len();
            push_children(file, node, &mut pending);
            pending[first..].reverse();
        }
    }
}

/// [`walk`] over all declarations of `file`.
pub fn walk_file(file: &File, mut visit: impl FnMut(Node) -> Descend) {
    for &decl in &file[file.decls] {
        walk(file, Node::Decl(decl), &mut visit);
    }
}

/// Collects the children of a node in order.
struct Children<'a> {
    file: &'a File,
    nodes: &'a mut Vec<Node>,
}

fn push_children(file: &File, node: Node, nodes: &mut Vec<Node>) {
    let mut children = Children { file, nodes };
    match node {
        Node::Expr(expr) => children.of_expr(file[expr].kind),
        Node::Stmt(stmt) => children.of_stmt(file[stmt].kind),
        Node::Decl(decl) => children.of_decl(file[decl].kind),
        Node::Field(field) => {
            let field = file[field];
            children.ident(field.name);
            children.expr(field.ty);
            children.exprs(field.tag);
        }
        Node::Clause(clause) => {
            match file[clause].guard {
                ClauseGuard::Default => {}
                ClauseGuard::Cases(cases) => children.exprs(file[cases].iter().copied()),
                ClauseGuard::Comm(comm) => children.stmts(Some(comm)),
            }
            children.stmts(file[file[clause].body].iter().copied());
        }
        Node::Ident(_) => {}
    }
}

impl Children<'_> {
    fn expr(&mut self, expr: ExprId) {
        self.nodes.push(Node::Expr(expr));
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = ExprId>) {
        self.nodes.extend(exprs.into_iter().map(Node::Expr));
    }

    fn expr_list(&mut self, list: List<ExprId>) {
        self.exprs(self.file[list].iter().copied());
    }

    fn stmts(&mut self, stmts: impl IntoIterator<Item = StmtId>) {
        self.nodes.extend(stmts.into_iter().map(Node::Stmt));
    }

    fn ident(&mut self, ident: impl Into<Option<IdentId>>) {
        self.nodes.extend(ident.into().map(Node::Ident));
    }

    fn idents(&mut self, list: List<IdentId>) {
        self.nodes.extend(self.file[list].iter().copied().map(Node::Ident));
    }

    /// Fields; of those that share a type, all but the last are just their names.
    fn fields(&mut self, list: List<FieldId>) {
        let file = self.file;
        let fields = &file[list];
        for (index, &field) in fields.iter().enumerate() {
            let shares = fields.get(index + 1).is_some_and(|&next| file[next].ty == file[field].ty);
            match file[field].name {
                Some(name) if shares => self.ident(name),
                _ => self.nodes.push(Node::Field(field)),
            }
        }
    }

    fn clauses(&mut self, list: List<ClauseId>) {
        self.nodes.extend(self.file[list].iter().copied().map(Node::Clause));
    }

    fn of_expr(&mut self, kind: ExprKind) {
        match kind {
            ExprKind::Bad | ExprKind::BasicLit(_) | ExprKind::Name(_) => {}
            ExprKind::CompositeLit { ty, elems } => {
                self.exprs(ty);
                self.expr_list(elems);
            }
            ExprKind::KeyValue { key: x, value: y }
            | ExprKind::Binary { x, y, .. }
            | ExprKind::Assert { x, ty: y }
            | ExprKind::MapType { key: x, value: y } => self.exprs([x, y]),
            ExprKind::FuncLit { ty, body } => {
                self.expr(ty);
                self.stmts(Some(body));
            }
            ExprKind::Paren(x)
            | ExprKind::Unary { x, .. }
            | ExprKind::SliceType { elem: x }
            | ExprKind::DotsType { elem: x }
            | ExprKind::ChanType { elem: x, .. } => self.expr(x),
            ExprKind::Selector { x, sel } => {
                self.expr(x);
                self.ident(sel);
            }
            ExprKind::Index { x, indices: list } | ExprKind::Call { fun: x, args: list, .. } => {
                self.expr(x);
                self.expr_list(list);
            }
            ExprKind::Slice { x, low, high, max } => {
                self.expr(x);
                self.exprs([low, high, max].into_iter().flatten());
            }
            ExprKind::TypeSwitchGuard { lhs, x } => {
                self.ident(lhs);
                self.expr(x);
            }
            ExprKind::ArrayType { len, elem } => {
                self.exprs(len);
                self.expr(elem);
            }
            ExprKind::StructType { fields } | ExprKind::InterfaceType { elems: fields } => {
                self.fields(fields)
            }
            ExprKind::FuncType { params, results } => {
                self.fields(params);
                self.fields(results);
            }
        }
    }

    fn of_stmt(&mut self, kind: StmtKind) {
        match kind {
            StmtKind::Empty => {}
            StmtKind::Labeled { label, stmt } => {
                self.ident(label);
                self.stmts(Some(stmt));
            }
            StmtKind::Block(stmts) => self.stmts(self.file[stmts].iter().copied()),
            StmtKind::Expr(x) | StmtKind::IncDec { x, .. } | StmtKind::Call { call: x, .. } => self.expr(x),
            StmtKind::Send { chan: x, value: y } | StmtKind::OpAssign { lhs: x, rhs: y, .. } => {
                self.exprs([x, y])
            }
            StmtKind::Decl(decls) => self.nodes.extend(self.file[decls].iter().copied().map(Node::Decl)),
            StmtKind::Assign { lhs, rhs } | StmtKind::Define { lhs, rhs } => {
                self.expr_list(lhs);
                self.expr_list(rhs);
            }
            StmtKind::Branch { label, .. } => self.ident(label),
            StmtKind::Return(results) => self.expr_list(results),
            StmtKind::If { init, cond, then, els } => {
                self.stmts(init);
                self.expr(cond);
                self.stmts(Some(then));
                self.stmts(els);
            }
            StmtKind::For { init, cond, post, body } => {
                self.stmts(init);
                self.exprs(cond);
                self.stmts(post);
                self.stmts(Some(body));
            }
            StmtKind::Range { lhs, x, body, .. } => {
                self.expr_list(lhs);
                self.expr(x);
                self.stmts(Some(body));
            }
            StmtKind::Switch { init, tag, clauses } => {
                self.stmts(init);
                self.exprs(tag);
                self.clauses(clauses);
            }
            StmtKind::TypeSwitch { init, guard, clauses } => {
                self.stmts(init);
                self.expr(guard);
                self.clauses(clauses);
            }
            StmtKind::Select { clauses } => self.clauses(clauses),
        }
    }

    fn of_decl(&mut self, kind: DeclKind) {
        match kind {
            DeclKind::Import { local, path } => {
                self.ident(local);
                self.exprs(path);
            }
            DeclKind::Const { names, ty, values } | DeclKind::Var { names, ty, values } => {
                self.idents(names);
                self.exprs(ty);
                self.expr_list(values);
            }
            DeclKind::Type { name, tparams, ty, .. } => {
                self.ident(name);
                self.fields(tparams);
                self.expr(ty);
            }
            DeclKind::Func { recv, name, tparams, ty, body } => {
                self.nodes.extend(recv.map(Node::Field));
                self.ident(name);
                self.fields(tparams);
                self.expr(ty);
                self.stmts(body);
            }
        }
    }
}
