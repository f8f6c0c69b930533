//! Statements, but for loops and the statements with clauses. Spec: "Statements".

use base::Symbol;
use syntax::{
    BinaryOp, BranchKind, CallKind, DeclId, DeclKind, ExprId, ExprKind, IdentId, List, StmtId, StmtKind,
    UnaryOp,
};
use types::{ObjectId, TypeId};

use crate::{
    entry::known_condition,
    flow::Exit,
    func::FnCx,
    value::{Place, Val},
};

impl FnCx<'_, '_, '_> {
    pub(crate) fn stmts(&mut self, stmts: List<StmtId>) {
        for &stmt in &self.src.tree[stmts] {
            self.stmt(stmt);
        }
    }

    /// Lowers a statement. What follows a jump is lowered too: a label may be in it.
    pub(crate) fn stmt(&mut self, id: StmtId) {
        self.ensure_block();
        let stmt = self.src.tree[id];
        self.at(stmt.pos);
        self.early.clear();
        let label = self.flow.label.take();
        match stmt.kind {
            StmtKind::Empty => {}
            StmtKind::Labeled { label, stmt } => self.labeled(label, stmt),
            StmtKind::Block(stmts) => self.stmts(stmts),
            StmtKind::Expr(x) => self.expr_stmt(x),
            StmtKind::Send { chan, value } => self.send_stmt(chan, value, stmt.pos),
            StmtKind::Decl(decls) => self.src.tree[decls].iter().for_each(|&decl| self.local_decl(decl)),
            StmtKind::Assign { lhs, rhs } => self.assign(lhs, rhs),
            StmtKind::Define { lhs, rhs } => self.define(lhs, rhs),
            StmtKind::OpAssign { op, lhs, rhs } => self.op_assign(id, op, lhs, rhs),
            StmtKind::IncDec { op, x } => self.inc_dec(op, x),
            StmtKind::Branch { kind, label } => self.jump_stmt(kind, label),
            StmtKind::Call { kind: CallKind::Go, call } => self.go_stmt(call),
            StmtKind::Call { kind: CallKind::Defer, call } => self.defer_stmt(call),
            StmtKind::Return(results) => self.return_stmt(results),
            StmtKind::If { init, cond, then, els } => self.if_stmt(init, cond, then, els),
            StmtKind::For { init, cond, post, body } => self.for_stmt(label, init, cond, post, body),
            StmtKind::Range { lhs, is_define, x, body, .. } => {
                self.range_stmt(id, label, lhs, is_define, x, body)
            }
            StmtKind::Switch { init, tag, clauses } => self.switch_stmt(label, init, tag, clauses),
            StmtKind::TypeSwitch { init, guard, clauses } => self.type_switch(label, init, guard, clauses),
            StmtKind::Select { clauses } => self.select_stmt(label, clauses),
        }
    }

    pub(crate) fn opt_stmt(&mut self, stmt: Option<StmtId>) {
        if let Some(stmt) = stmt {
            self.stmt(stmt);
        }
    }

    fn expr_stmt(&mut self, x: ExprId) {
        let tree = self.src.tree;
        let x = tree.unparen(x);
        match tree[x].kind {
            ExprKind::Call { .. } => {
                self.call(x);
            }
            ExprKind::Unary { op: UnaryOp::Recv, x: chan } => {
                let ty = self.type_of(chan);
                self.receive(chan, ty);
            }
            _ => {
                self.units_first(&[x]);
                self.expr(x);
            }
        }
    }

    fn send_stmt(&mut self, chan: ExprId, value: ExprId, pos: base::Pos) {
        let chan_ty = self.type_of(chan);
        let elem = self.chan_elem(chan_ty);
        self.units_first(&[chan, value]);
        let chan = self.scalar(chan);
        let val = self.expr_as(value, elem);
        self.at(pos);
        self.send(chan, val, elem);
    }

    // ---- declarations and assignments --------------------------------------------------------------------------------

    fn local_decl(&mut self, decl: DeclId) {
        let DeclKind::Var { names, values, .. } = self.src.tree[decl].kind else { return };
        self.at(self.src.tree[decl].pos);
        let names = self.src.tree[names].to_vec();
        if values.is_empty() {
            for name in names {
                if let Some((object, ty)) = self.declared(name) {
                    self.declare(object, ty, None);
                }
            }
            return;
        }
        let objects: Vec<Option<(ObjectId, TypeId)>> =
            names.iter().map(|&name| self.declared(name)).collect();
        let types: Vec<TypeId> =
            objects.iter().map(|object| object.map_or(TypeId::INVALID, |(_, ty)| ty)).collect();
        let vals = self.right_side(&types, values);
        for (object, val) in objects.into_iter().zip(vals) {
            if let Some((object, ty)) = object {
                self.declare(object, ty, Some(val));
            }
        }
    }

    /// The variable that an identifier declares, unless it is blank.
    pub(crate) fn declared(&mut self, name: IdentId) -> Option<(ObjectId, TypeId)> {
        let object = self.object_of(name)?;
        let ty = self.object_type(object);
        (!self.src.tree.name(name).is_blank()).then_some((object, ty))
    }

    /// The type of a variable in this copy of the function.
    pub(crate) fn object_type(&self, object: ObjectId) -> TypeId {
        self.mono(self.types.object(object).type_or_invalid())
    }

    /// Evaluates the right side of an assignment, each value converted to the type that `target` gives for its place.
    fn values_for(&mut self, rhs: List<ExprId>, target: impl Fn(usize, TypeId) -> TypeId) -> Vec<Val> {
        let rhs = self.src.tree[rhs].to_vec();
        if let [only] = rhs[..]
            && let Some(vals) = self.several(only)
        {
            let convert = |(idx, (val, from)): (usize, (Val, TypeId))| {
                let to = target(idx, from);
                self.assign_convert(val, from, to)
            };
            return vals.into_iter().enumerate().map(convert).collect();
        }
        self.units_first(&rhs);
        let single = rhs.len() == 1;
        let mut vals = Vec::with_capacity(rhs.len());
        for (idx, &value) in rhs.iter().enumerate() {
            let from = self.type_of(value);
            let to = target(idx, from);
            let val = self.expr_as(value, to);
            vals.push(if single { val } else { self.keep(val, to) });
        }
        vals
    }

    /// The values of a call with several results.
    fn several(&mut self, x: ExprId) -> Option<Vec<(Val, TypeId)>> {
        let x = self.src.tree.unparen(x);
        self.is_multi_value(x).then(|| self.call(x))
    }

    /// The values of the right side of `var a, b = x`.
    pub(crate) fn several_values(&mut self, x: ExprId) -> Vec<(Val, TypeId)> {
        match self.comma_ok(x) {
            Some(vals) => vals.to_vec(),
            None => self.call(self.src.tree.unparen(x)),
        }
    }

    /// The two values of `m[k]`, `<-c` or `x.(T)` where both are wanted.
    fn comma_ok(&mut self, x: ExprId) -> Option<[(Val, TypeId); 2]> {
        let tree = self.src.tree;
        let x = tree.unparen(x);
        let (val, ty, ok) = match tree[x].kind {
            ExprKind::Index { x: map, indices } => {
                self.units_first(&[map, tree[indices][0]]);
                let map_ty = self.type_of(map);
                let (_, elem) = self.map_types(map_ty);
                let (val, ok) = self.map_read(x, true);
                (val, elem, ok.expect("asked for"))
            }
            ExprKind::Unary { op: UnaryOp::Recv, x: chan } => {
                let chan_ty = self.type_of(chan);
                let (val, ok) = self.receive(chan, chan_ty);
                (val, self.chan_elem(chan_ty), ok)
            }
            ExprKind::Assert { x: operand, ty } => {
                let (from, to) = (self.type_of(operand), self.type_of(ty));
                self.units_first(&[operand]);
                let operand = self.expr(operand);
                self.at(tree[x].pos);
                let (val, ok) = self.assert_ok(&operand, from, to);
                (val, to, ok)
            }
            _ => return None,
        };
        Some([(val, ty), (Val::one(ok), TypeId::BOOL)])
    }

    fn assign(&mut self, lhs: List<ExprId>, rhs: List<ExprId>) {
        let pos = self.b.loc().pos;
        let tree = self.src.tree;
        let lhs = &tree[lhs];
        let types: Vec<TypeId> = lhs.iter().map(|&lhs| self.assigned_type(lhs)).collect();
        let (places, vals) = if tree[rhs].len() < lhs.len() {
            // One operation with several results.
            self.units_of_later(lhs);
            let vals = self.right_side(&types, rhs);
            (self.places(lhs), vals)
        } else {
            let is_name = |x: ExprId| tree.as_name(tree.unparen(x)).is_some();
            let read = lhs.iter().copied().filter(|&x| !is_name(x));
            let operands: Vec<ExprId> = read.chain(tree[rhs].iter().copied()).collect();
            self.units_first(&operands);
            let places = self.places(lhs);
            (places, self.right_side(&types, rhs))
        };
        self.at(pos);
        for ((place, ty), val) in places.iter().zip(types).zip(&vals) {
            self.write(place, ty, val);
        }
    }

    fn places(&mut self, lhs: &[ExprId]) -> Vec<Place> {
        lhs.iter().map(|&lhs| self.place(lhs)).collect()
    }

    /// The type of what is assigned to an operand; for `_` it does not matter.
    fn assigned_type(&self, lhs: ExprId) -> TypeId {
        let tree = self.src.tree;
        let lhs = tree.unparen(lhs);
        if tree.as_name(lhs).is_some_and(|name| tree.name(name).is_blank()) {
            return TypeId::INVALID;
        }
        self.type_of(lhs)
    }

    /// The values of the right side for targets of these types.
    fn right_side(&mut self, types: &[TypeId], rhs: List<ExprId>) -> Vec<Val> {
        let target = |idx: usize, from: TypeId| match types[idx] {
            TypeId::INVALID => from,
            ty => ty,
        };
        if let &[only] = &self.src.tree[rhs]
            && types.len() == 2
            && let Some(vals) = self.comma_ok(only)
        {
            let mut idx = 0;
            return vals
                .map(|(val, from)| {
                    let to = target(idx, from);
                    idx += 1;
                    self.assign_convert(val, from, to)
                })
                .to_vec();
        }
        self.values_for(rhs, target)
    }

    /// `lhs := rhs`: declares what is new, assigns the rest.
    fn define(&mut self, lhs: List<ExprId>, rhs: List<ExprId>) {
        let pos = self.b.loc().pos;
        let tree = self.src.tree;
        let mut targets = Vec::with_capacity(lhs.len());
        for &lhs in &tree[lhs] {
            targets.push(self.define_target(lhs));
        }
        let types: Vec<TypeId> = targets.iter().map(DefineTarget::ty).collect();
        let vals = self.right_side(&types, rhs);
        self.at(pos);
        for (target, val) in targets.into_iter().zip(vals) {
            match target {
                DefineTarget::New(object, ty) => self.declare(object, ty, Some(val)),
                DefineTarget::Old(place, ty) => self.write(&place, ty, &val),
                DefineTarget::Blank => {}
            }
        }
    }

    /// What one operand on the left of `:=` is.
    pub(crate) fn define_target(&mut self, lhs: ExprId) -> DefineTarget {
        let tree = self.src.tree;
        let ident = tree.as_name(tree.unparen(lhs)).expect("the left side of := has names");
        if tree.name(ident).is_blank() {
            return DefineTarget::Blank;
        }
        let object = self.object_of(ident).expect("the checker resolved every name");
        let ty = self.object_type(object);
        if self.types.object(object).pos == tree[ident].pos {
            return DefineTarget::New(object, ty);
        }
        DefineTarget::Old(self.variable(object), ty)
    }

    fn op_assign(&mut self, id: StmtId, op: BinaryOp, lhs: ExprId, rhs: ExprId) {
        let pos = self.src.tree[id].pos;
        let ty = self.type_of(lhs);
        self.units_first(&[lhs, rhs]);
        let place = self.place(lhs);
        if op.is_shift() {
            let value = self.read(&place, ty).scalar();
            let result = self.shift(op, value, ty, rhs, pos);
            return self.write(&place, ty, &Val::one(result));
        }
        let place = self.settled(place, ty);
        let right = self.expr_as(rhs, ty);
        let left = self.read(&place, ty);
        self.at(pos);
        let divisor = self.const_of(rhs).map(crate::expr::int_bits);
        let result = self.arithmetic(op, &left, &right, ty, divisor);
        self.write(&place, ty, &result);
    }

    fn inc_dec(&mut self, op: BinaryOp, x: ExprId) {
        let ty = self.type_of(x);
        self.units_first(&[x]);
        let place = self.place(x);
        let place = self.settled(place, ty);
        let value = self.read(&place, ty);
        let one = self.constant(&constant::Value::i64(1), ty);
        let result = self.arithmetic(op, &value, &one, ty, None);
        self.write(&place, ty, &result);
    }

    /// A place that is read and then written: checked once.
    fn settled(&mut self, place: Place, ty: TypeId) -> Place {
        match place {
            Place::Deref(_) | Place::Elem(_) => Place::Memory(self.settle(&place, ty)),
            other => other,
        }
    }

    // ---- control -------------------------------------------------------------------------------------------------------

    fn if_stmt(&mut self, init: Option<StmtId>, cond: ExprId, then: StmtId, els: Option<StmtId>) {
        self.opt_stmt(init);
        // What is never taken is not lowered, so that its defer statements, literals and callees are not there.
        match known_condition(self.src, cond) {
            Some(true) => return self.stmt(then),
            Some(false) => return self.opt_stmt(els),
            None => {}
        }
        let (yes, end) = (self.b.create_block(), self.b.create_block());
        let no = if els.is_some() { self.b.create_block() } else { end };
        self.branch(cond, yes, no);
        self.enter(yes);
        self.stmt(then);
        self.goto(end);
        if let Some(els) = els {
            self.enter(no);
            self.stmt(els);
            self.goto(end);
        }
        self.enter(end);
    }

    fn label_block(&mut self, label: Symbol) -> ir::BlockId {
        if let Some(&block) = self.flow.labels.get(&label) {
            return block;
        }
        let block = self.b.create_block();
        self.flow.labels.insert(label, block);
        block
    }

    fn labeled(&mut self, label: IdentId, stmt: StmtId) {
        let label = self.src.tree.name(label);
        let block = self.label_block(label);
        self.goto(block);
        self.b.switch_to(block);
        self.flow.label = Some(label);
        let is_breakable = matches!(
            self.src.tree[stmt].kind,
            StmtKind::Block(_) | StmtKind::If { .. } | StmtKind::Labeled { .. }
        );
        if !is_breakable {
            return self.stmt(stmt);
        }
        self.flow.label = None;
        self.stmt(stmt);
    }

    fn jump_stmt(&mut self, kind: BranchKind, label: Option<IdentId>) {
        let label = label.map(|label| self.src.tree.name(label));
        self.jump_to(kind, label);
    }

    /// Goes where a branch statement says.
    pub(crate) fn jump_to(&mut self, kind: BranchKind, label: Option<Symbol>) {
        let target = match kind {
            BranchKind::Break => self.flow.break_target(label),
            BranchKind::Continue => self.flow.continue_target(label),
            BranchKind::Fallthrough => self.flow.fallthrough,
            BranchKind::Goto => {
                let label = label.expect("goto has a label");
                if self.leaves_loop_body_to(label) { None } else { Some(self.label_block(label)) }
            }
        };
        match target {
            Some(block) => {
                self.b.jump(block, &[]);
            }
            None => self.leave_loop_body(kind, label),
        }
    }

    fn return_stmt(&mut self, results: List<ExprId>) {
        if results.is_empty() {
            return self.return_variables();
        }
        let pos = self.b.loc().pos;
        let tys: Vec<TypeId> = self.flow.results.iter().map(|result| result.ty).collect();
        let vals = self.values_for(results, |idx, _| tys[idx]);
        self.at(pos);
        self.return_values(&vals);
    }

    /// `return` without operands: the named results, if there are any.
    pub(crate) fn return_variables(&mut self) {
        if !matches!(self.flow.exit, Exit::Plain) {
            return self.exit_with_results_set();
        }
        let slots = self.flow.results.clone();
        let vals: Vec<Val> = slots
            .iter()
            .map(|slot| {
                let storage = slot.storage.as_ref().expect("results without names are returned explicitly");
                let place = self.storage_place(storage);
                self.read(&place, slot.ty)
            })
            .collect();
        self.return_plain(&vals);
    }

    /// Returns values that are of the result types.
    pub(crate) fn return_values(&mut self, vals: &[Val]) {
        if matches!(self.flow.exit, Exit::Plain) {
            return self.return_plain(vals);
        }
        let slots = self.flow.results.clone();
        for (slot, val) in slots.iter().zip(vals) {
            let storage = slot.storage.as_ref().expect("the results of this function are variables");
            let place = self.storage_place(storage);
            self.write(&place, slot.ty, val);
        }
        self.exit_with_results_set();
    }

    fn return_plain(&mut self, vals: &[Val]) {
        let slots = self.flow.results.clone();
        let mut scalars = Vec::new();
        for (slot, val) in slots.iter().zip(vals) {
            match slot.area {
                Some(area) => self.store_val(crate::value::Address::side(area), slot.ty, val),
                None => scalars.extend_from_slice(val.scalars()),
            }
        }
        self.b.ret(&scalars);
    }
}

/// An operand on the left of `:=`.
pub(crate) enum DefineTarget {
    /// A new variable.
    New(ObjectId, TypeId),
    /// One that the scope has already.
    Old(Place, TypeId),
    /// `_`
    Blank,
}

impl DefineTarget {
    /// The type that the value is converted to; the invalid type for `_`.
    pub(crate) fn ty(&self) -> TypeId {
        match self {
            DefineTarget::New(_, ty) | DefineTarget::Old(_, ty) => *ty,
            DefineTarget::Blank => TypeId::INVALID,
        }
    }
}
