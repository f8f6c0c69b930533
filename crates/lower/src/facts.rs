//! What lowering must know about the local variables of a function before it starts.
//!
//! A variable needs memory when its address is taken, or when a function literal (or the body of a range-over-func loop)
//! shares it and somebody assigns to it after its declaration. A shared variable that is never assigned again is copied
//! into the closure instead.

use rustc_hash::{FxHashMap, FxHashSet};
use syntax::{
    ClauseGuard, ClauseId, DeclId, DeclKind, ExprId, ExprKind, File, IdentId, List, StmtId, StmtKind, UnaryOp,
};
use types::{Lookup, Member, ObjectId, Type, Types};

use crate::program::Source;

/// The variables of one declared function, its literals included.
#[derive(Default, Debug)]
pub(crate) struct VarFacts {
    addressed: FxHashSet<ObjectId>,
    shared: FxHashSet<ObjectId>,
    reassigned: FxHashSet<ObjectId>,
    /// The variables of enclosing functions that a range-over-func body uses, by the loop's statement; every such loop
    /// is in it.
    pub(crate) loop_captures: FxHashMap<StmtId, Vec<ObjectId>>,
}

impl VarFacts {
    /// Whether the variable must be in memory.
    pub(crate) fn needs_memory(&self, var: ObjectId) -> bool {
        self.addressed.contains(&var) || (self.shared.contains(&var) && self.reassigned.contains(&var))
    }

    /// Whether anything may change the variable after its declaration.
    pub(crate) fn may_change(&self, var: ObjectId) -> bool {
        self.addressed.contains(&var) || self.reassigned.contains(&var)
    }

    /// Looks at a function's body (or at a package-level initialiser).
    pub(crate) fn of_body(types: &Types, src: Source<'_>, body: StmtId) -> Self {
        let mut walk = Walk::new(types, src);
        walk.stmt(body);
        walk.facts
    }

    /// Looks at an expression outside functions.
    pub(crate) fn of_expr(types: &Types, src: Source<'_>, expr: ExprId) -> Self {
        let mut walk = Walk::new(types, src);
        walk.expr(expr);
        walk.facts
    }

    /// Says that results are assigned by return statements in another function than the one that reads them.
    pub(crate) fn mark_shared(&mut self, var: ObjectId) {
        self.shared.insert(var);
        self.reassigned.insert(var);
    }
}

struct Walk<'a> {
    types: &'a Types,
    src: Source<'a>,
    tree: &'a File,
    facts: VarFacts,
    /// In which function each variable is declared; 0 is the outermost one.
    homes: FxHashMap<ObjectId, usize>,
    /// The functions around the current position: the loop statement of a range-over-func body, or nothing for a literal.
    around: Vec<(usize, Option<StmtId>)>,
    n_functions: usize,
}

impl<'a> Walk<'a> {
    fn new(types: &'a Types, src: Source<'a>) -> Self {
        let facts = VarFacts::default();
        Walk {
            types,
            src,
            tree: src.tree,
            facts,
            homes: FxHashMap::default(),
            around: vec![(0, None)],
            n_functions: 1,
        }
    }

    fn local(&self, ident: IdentId) -> Option<ObjectId> {
        let object = self.src.info.idents[ident]?;
        let data = self.types.object(object);
        (data.var_kind().is_some() && !data.package_level).then_some(object)
    }

    fn inside(&mut self, loop_: Option<StmtId>, walk: impl FnOnce(&mut Self)) {
        self.around.push((self.n_functions, loop_));
        self.n_functions += 1;
        walk(self);
        self.around.pop();
    }

    fn declare(&mut self, object: ObjectId) {
        let home = self.around.last().map_or(0, |around| around.0);
        self.homes.insert(object, home);
    }

    fn use_ident(&mut self, ident: IdentId) {
        let Some(object) = self.local(ident) else { return };
        // Parameters are not declared by a statement: those of the outermost function are at home in function 0, and a
        // literal declares its own before its body is walked.
        let home = *self.homes.entry(object).or_insert(0);
        for idx in (0..self.around.len()).rev() {
            let (function, loop_) = self.around[idx];
            if function == home {
                break;
            }
            self.facts.shared.insert(object);
            if let Some(stmt) = loop_ {
                let captures = self.facts.loop_captures.entry(stmt).or_default();
                if !captures.contains(&object) {
                    captures.push(object);
                }
            }
        }
    }

    // ---- statements ------------------------------------------------------------------------------------------------

    fn stmts(&mut self, stmts: List<StmtId>) {
        for &stmt in &self.tree[stmts] {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        match self.tree[id].kind {
            StmtKind::Empty | StmtKind::Branch { .. } => {}
            StmtKind::Labeled { stmt, .. } => self.stmt(stmt),
            StmtKind::Block(stmts) => self.stmts(stmts),
            StmtKind::Expr(x) => self.expr(x),
            StmtKind::Send { chan, value } => {
                self.expr(chan);
                self.expr(value);
            }
            StmtKind::Decl(decls) => self.tree[decls].iter().for_each(|&decl| self.decl(decl)),
            StmtKind::Assign { lhs, rhs } => self.assign(lhs, rhs),
            StmtKind::Define { lhs, rhs } => self.define(lhs, rhs),
            StmtKind::OpAssign { lhs, rhs, .. } => {
                self.expr(rhs);
                self.assigned(lhs);
            }
            StmtKind::IncDec { x, .. } => self.assigned(x),
            StmtKind::Call { call, .. } => self.expr(call),
            StmtKind::Return(results) => self.exprs(results),
            StmtKind::If { init, cond, then, els } => {
                self.opt(init);
                self.expr(cond);
                self.stmt(then);
                self.opt(els);
            }
            StmtKind::For { init, cond, post, body } => {
                self.opt(init);
                cond.into_iter().for_each(|cond| self.expr(cond));
                self.opt(post);
                self.stmt(body);
            }
            StmtKind::Range { lhs, is_define, x, body, .. } => self.range(id, lhs, is_define, x, body),
            StmtKind::Switch { init, tag, clauses } => {
                self.opt(init);
                tag.into_iter().for_each(|tag| self.expr(tag));
                self.clauses(clauses);
            }
            StmtKind::TypeSwitch { init, guard, clauses } => {
                self.opt(init);
                self.expr(guard);
                self.clauses(clauses);
            }
            StmtKind::Select { clauses } => self.clauses(clauses),
        }
    }

    fn opt(&mut self, stmt: Option<StmtId>) {
        stmt.into_iter().for_each(|stmt| self.stmt(stmt));
    }

    fn clauses(&mut self, clauses: List<ClauseId>) {
        for &id in &self.tree[clauses] {
            let clause = self.tree[id];
            match clause.guard {
                ClauseGuard::Default => {}
                ClauseGuard::Cases(list) => self.exprs(list),
                ClauseGuard::Comm(stmt) => self.stmt(stmt),
            }
            if let Some(&object) = self.src.info.clause_variables.get(&id) {
                self.declare(object);
            }
            self.stmts(clause.body);
        }
    }

    fn decl(&mut self, decl: DeclId) {
        if let DeclKind::Var { names, values, .. } = self.tree[decl].kind {
            self.exprs(values);
            for &name in &self.tree[names] {
                self.local(name).into_iter().for_each(|object| self.declare(object));
            }
        }
    }

    fn assign(&mut self, lhs: List<ExprId>, rhs: List<ExprId>) {
        self.exprs(rhs);
        self.tree[lhs].iter().for_each(|&lhs| self.assigned(lhs));
    }

    fn define(&mut self, lhs: List<ExprId>, rhs: List<ExprId>) {
        self.exprs(rhs);
        for &lhs in &self.tree[lhs] {
            self.defined(lhs);
        }
    }

    /// An operand of `:=`: a new variable, or one that is assigned.
    fn defined(&mut self, lhs: ExprId) {
        let Some(ident) = self.tree.as_name(self.tree.unparen(lhs)) else { return self.assigned(lhs) };
        let Some(object) = self.local(ident) else { return };
        if self.types.object(object).pos == self.tree[ident].pos {
            self.declare(object);
        } else {
            self.assigned(lhs);
        }
    }

    fn range(&mut self, id: StmtId, lhs: List<ExprId>, is_define: bool, x: ExprId, body: StmtId) {
        self.expr(x);
        let is_func =
            self.src.info.type_of(x).is_some_and(|ty| matches!(self.core(ty), Some(Type::Signature(_))));
        // Before Go 1.22 each iteration assigns to the variables of the loop.
        let is_assigned = !is_define || self.src.info.go_version.minor < 22;
        let walk = |walk: &mut Self| {
            for &lhs in &walk.tree[lhs] {
                if is_define {
                    walk.defined(lhs);
                }
                if is_assigned {
                    walk.assigned(lhs);
                }
            }
            walk.stmt(body);
        };
        if !is_func {
            return walk(self);
        }
        // An entry for every such loop: a return statement in its body leaves the results in variables.
        self.facts.loop_captures.entry(id).or_default();
        self.inside(Some(id), walk);
    }

    /// The structure that all types of a type set share; for ordinary types, that of the underlying type.
    fn core(&self, ty: types::TypeId) -> Option<&Type> {
        match self.types.specific_types(ty) {
            types::SpecificTypes::None => None,
            types::SpecificTypes::Each(pairs) => pairs.first().map(|&(_, under)| self.types.get(under)),
        }
    }

    /// An operand that is assigned to.
    fn assigned(&mut self, lhs: ExprId) {
        self.expr(lhs);
        let mut at = lhs;
        loop {
            at = match self.tree[at].kind {
                ExprKind::Paren(x) => x,
                // Assigning to a part of a variable changes the variable.
                ExprKind::Selector { x, .. } if !self.is_pointer(x) => x,
                ExprKind::Index { x, .. } if self.is_array(x) => x,
                ExprKind::Name(ident) => {
                    if let Some(object) = self.local(ident) {
                        self.facts.reassigned.insert(object);
                    }
                    return;
                }
                _ => return,
            };
        }
    }

    // ---- expressions -----------------------------------------------------------------------------------------------

    fn exprs(&mut self, exprs: List<ExprId>) {
        for &expr in &self.tree[exprs] {
            self.expr(expr);
        }
    }

    fn expr(&mut self, id: ExprId) {
        match self.tree[id].kind {
            ExprKind::Name(ident) => self.use_ident(ident),
            ExprKind::CompositeLit { elems, .. } => self.composite(id, elems),
            ExprKind::KeyValue { key, value } => {
                self.expr(key);
                self.expr(value);
            }
            ExprKind::FuncLit { ty, body } => self.literal(ty, body),
            ExprKind::Paren(x) | ExprKind::TypeSwitchGuard { x, .. } | ExprKind::Assert { x, .. } => {
                self.expr(x)
            }
            ExprKind::Selector { x, sel } => self.selector(id, x, sel),
            ExprKind::Index { x, indices } => {
                self.expr(x);
                self.exprs(indices);
            }
            ExprKind::Slice { x, low, high, max } => {
                self.expr(x);
                [low, high, max].into_iter().flatten().for_each(|index| self.expr(index));
                if self.is_array(x) {
                    self.addressed(x);
                }
            }
            ExprKind::Unary { op, x } => {
                self.expr(x);
                if op == UnaryOp::Addr {
                    self.addressed(x);
                }
            }
            ExprKind::Binary { x, y, .. } => {
                self.expr(x);
                self.expr(y);
            }
            ExprKind::Call { fun, args, .. } => {
                self.expr(fun);
                self.exprs(args);
            }
            _ => {}
        }
    }

    fn composite(&mut self, id: ExprId, elems: List<ExprId>) {
        let is_struct = self.src.info.type_of(id).is_some_and(|ty| {
            let ty = self.types.as_pointer(ty).unwrap_or(ty);
            matches!(self.core(ty), Some(Type::Struct(_)))
        });
        for &elem in &self.tree[elems] {
            match self.tree[elem].kind {
                ExprKind::KeyValue { value, .. } if is_struct => self.expr(value),
                _ => self.expr(elem),
            }
        }
    }

    fn literal(&mut self, ty: ExprId, body: StmtId) {
        self.inside(None, |walk| {
            if let ExprKind::FuncType { params, results } = walk.tree[ty].kind {
                for &field in walk.tree[params].iter().chain(&walk.tree[results]) {
                    if let Some(&object) = walk.src.info.params.get(&field) {
                        walk.declare(object);
                    }
                }
                // Return statements assign to named results.
                let named = walk.tree[results].iter().filter_map(|field| walk.src.info.params.get(field));
                walk.facts.reassigned.extend(named);
            }
            walk.stmt(body);
        });
    }

    fn selector(&mut self, id: ExprId, x: ExprId, sel: IdentId) {
        if self.src.info.selections.contains_key(&id) {
            self.expr(x);
            if self.takes_address(x, sel) {
                self.addressed(x);
            }
        }
    }

    /// Whether `x.sel` is a method with a pointer receiver on an operand that is not a pointer.
    fn takes_address(&self, x: ExprId, sel: IdentId) -> bool {
        let Some(ty) = self.src.info.type_of(x) else { return false };
        let name = self.tree.name(sel);
        match self.types.lookup(ty, true, Some(self.src.package), name) {
            Lookup::Found(found) => match found.member {
                Member::Method { object, .. } => {
                    let has_pointer =
                        self.types.object(object).as_func().is_some_and(|f| f.has_pointer_receiver());
                    has_pointer && !found.indirect
                }
                // The method of a type argument may have a pointer receiver only if the operand is a pointer.
                _ => false,
            },
            _ => false,
        }
    }

    /// An operand whose address is taken: marks the variable that it is a part of.
    fn addressed(&mut self, mut x: ExprId) {
        loop {
            x = match self.tree[x].kind {
                ExprKind::Paren(inner) => inner,
                ExprKind::Selector { x: inner, .. } if !self.is_pointer(inner) => inner,
                ExprKind::Index { x: inner, .. } if self.is_array(inner) => inner,
                ExprKind::Name(ident) => {
                    if let Some(object) = self.local(ident) {
                        self.facts.addressed.insert(object);
                    }
                    return;
                }
                _ => return,
            };
        }
    }

    fn is_pointer(&self, x: ExprId) -> bool {
        self.src.info.type_of(x).is_some_and(|ty| matches!(self.core(ty), Some(Type::Pointer(_))))
    }

    fn is_array(&self, x: ExprId) -> bool {
        self.src.info.type_of(x).is_some_and(|ty| matches!(self.core(ty), Some(Type::Array { .. })))
    }
}
