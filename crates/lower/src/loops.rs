//! `for` statements. Spec: "For statements".
//!
//! ```text
//!        init            Every loop has the shape on the left; `range` over anything but a function is such a loop
//!          |             with its own condition and step. Since Go 1.22 each iteration has its own copy of the
//!   +---> head --no--+   variables; a copy is made only for variables in memory, where the difference shows.
//!   |      | yes     |
//!   |     body       |
//!   |      |         |
//!   +---- post      end
//! ```

use base::Symbol;
use ir::{BlockId, IntCond, Op, Type as IrType, ValueId, Variable};
use syntax::{ExprId, List, StmtId, StmtKind};
use types::{Basic, ObjectId, Type, TypeId};

use crate::{
    flow::Target,
    func::{FnCx, Storage},
    stmt::DefineTarget,
    value::{Address, Place, Val},
};

/// The blocks of a loop.
struct LoopBlocks {
    head: BlockId,
    body: BlockId,
    post: BlockId,
    end: BlockId,
}

/// The variables of a range clause.
pub(crate) struct RangeVars {
    targets: Vec<RangeVar>,
}

enum RangeVar {
    /// Declared anew in each iteration, or, before Go 1.22, once.
    New(ObjectId, TypeId),
    /// Evaluated anew in each iteration.
    Assigned(ExprId, TypeId),
    Blank,
}

impl FnCx<'_, '_, '_> {
    fn loop_blocks(&mut self) -> LoopBlocks {
        let mut block = || self.b.create_block();
        LoopBlocks { head: block(), body: block(), post: block(), end: block() }
    }

    /// Starts the head of a loop; it is sealed when the loop is closed.
    fn open_loop(&mut self, blocks: &LoopBlocks, label: Option<Symbol>) {
        self.b.jump(blocks.head, &[]);
        self.b.switch_to(blocks.head);
        let target = Target { label, on_break: blocks.end, on_continue: Some(blocks.post) };
        self.flow.targets.push(target);
        self.flow.loop_depth += 1;
    }

    /// Ends the body; what follows is the step to the next iteration.
    fn close_body(&mut self, blocks: &LoopBlocks) {
        self.goto(blocks.post);
        self.flow.targets.pop();
        self.enter(blocks.post);
    }

    /// Goes back to the head, and on behind the loop.
    fn close_loop(&mut self, blocks: &LoopBlocks) {
        self.b.jump(blocks.head, &[]);
        self.b.seal(blocks.head);
        self.flow.loop_depth -= 1;
        self.enter(blocks.end);
    }

    /// `for init; cond; post { body }`
    pub(crate) fn for_stmt(
        &mut self,
        label: Option<Symbol>,
        init: Option<StmtId>,
        cond: Option<ExprId>,
        post: Option<StmtId>,
        body: StmtId,
    ) {
        self.opt_stmt(init);
        let copied = init.map_or(Vec::new(), |init| self.per_iteration_vars(init));
        let blocks = self.loop_blocks();
        self.open_loop(&blocks, label);
        match cond {
            Some(cond) => self.branch(cond, blocks.body, blocks.end),
            None => {
                self.b.jump(blocks.body, &[]);
            }
        }
        self.enter(blocks.body);
        self.stmt(body);
        self.close_body(&blocks);
        for object in copied {
            self.copy_for_next_iteration(object);
        }
        self.opt_stmt(post);
        self.close_loop(&blocks);
    }

    /// Whether each iteration of a loop in this file has its own variables.
    fn has_iteration_scope(&self) -> bool {
        self.src.info.go_version.minor >= 22
    }

    /// The variables that an init statement declares and that closures or pointers may keep.
    fn per_iteration_vars(&self, init: StmtId) -> Vec<ObjectId> {
        let StmtKind::Define { lhs, .. } = self.src.tree[init].kind else { return Vec::new() };
        if !self.has_iteration_scope() {
            return Vec::new();
        }
        let tree = self.src.tree;
        let names = tree[lhs].iter().filter_map(|&lhs| tree.as_name(tree.unparen(lhs)));
        let objects = names.filter_map(|name| self.object_of(name));
        objects.filter(|&object| self.facts.needs_memory(object)).collect()
    }

    fn copy_for_next_iteration(&mut self, object: ObjectId) {
        let Some(Storage::Memory { addr, .. }) = self.vars.get(&object).cloned() else { return };
        let ty = self.object_type(object);
        let old = self.b.use_var(addr);
        let val = self.load_val(Address::heap(old), ty);
        let new = self.box_in_heap(val, ty);
        self.b.def_var(addr, new);
    }

    // ---- range -------------------------------------------------------------------------------------------------------

    /// `for lhs := range x { body }`
    pub(crate) fn range_stmt(
        &mut self,
        id: StmtId,
        label: Option<Symbol>,
        lhs: List<ExprId>,
        is_define: bool,
        x: ExprId,
        body: StmtId,
    ) {
        let ty = self.type_of(x);
        self.units_first(&[x]);
        if let Type::Signature(_) = self.types.under(ty) {
            return self.range_func(id, label, lhs, is_define, x, body);
        }
        let vars = self.range_vars(lhs, is_define);
        match self.types.under(ty) {
            Type::Basic(basic) if basic.info().intersects(types::BasicInfo::STRING) => {
                self.range_string(label, &vars, x, body);
            }
            Type::Basic(_) => self.range_int(label, &vars, x, ty, body),
            Type::Slice(elem) => {
                let elem = self.types.canonical(*elem);
                let slice = self.expr(x);
                self.range_elems(label, &vars, slice.scalars()[0], slice.scalars()[1], elem, body);
            }
            Type::Array { n_elems, elem } => {
                let (n_elems, elem) = (*n_elems, self.types.canonical(*elem));
                self.range_array(label, &vars, x, ty, n_elems, elem, body);
            }
            Type::Pointer(array) => self.range_array_pointer(label, &vars, x, *array, body),
            Type::Map { .. } => self.range_map(label, &vars, x, ty, body),
            Type::Chan { .. } => self.range_chan(label, &vars, x, ty, body),
            other => unreachable!("range over {other:?}"),
        }
    }

    pub(crate) fn range_vars(&mut self, lhs: List<ExprId>, is_define: bool) -> RangeVars {
        let tree = self.src.tree;
        let mut targets = Vec::with_capacity(lhs.len());
        for &lhs in &tree[lhs] {
            let name = tree.as_name(tree.unparen(lhs));
            if name.is_some_and(|name| tree.name(name).is_blank()) {
                targets.push(RangeVar::Blank);
            } else if is_define {
                match self.define_target(lhs) {
                    DefineTarget::New(object, ty) => {
                        if !self.has_iteration_scope() {
                            self.declare(object, ty, None);
                        }
                        targets.push(RangeVar::New(object, ty));
                    }
                    _ => targets.push(RangeVar::Assigned(lhs, self.type_of(lhs))),
                }
            } else {
                targets.push(RangeVar::Assigned(lhs, self.type_of(lhs)));
            }
        }
        RangeVars { targets }
    }

    /// Whether the clause wants its value number `idx`.
    fn wants(vars: &RangeVars, idx: usize) -> bool {
        vars.targets.get(idx).is_some_and(|var| !matches!(var, RangeVar::Blank))
    }

    /// Gives the variables their values for one iteration.
    pub(crate) fn set_range_vars(&mut self, vars: &RangeVars, vals: &[(Val, TypeId)]) {
        // Places first: their operands are evaluated before any of them is assigned.
        let assigned = vars.targets.iter().filter_map(|var| match var {
            RangeVar::Assigned(lhs, _) => Some(*lhs),
            _ => None,
        });
        self.units_first(&assigned.collect::<Vec<_>>());
        let mut places = Vec::new();
        for var in &vars.targets {
            places.push(match var {
                RangeVar::Assigned(lhs, _) => Some(self.place(*lhs)),
                _ => None,
            });
        }
        for ((var, place), (val, from)) in vars.targets.iter().zip(places).zip(vals) {
            match var {
                RangeVar::Blank => {}
                RangeVar::New(object, ty) => {
                    let val = self.assign_convert(val.clone(), *from, *ty);
                    if self.has_iteration_scope() {
                        self.declare(*object, *ty, Some(val));
                    } else {
                        let place = self.variable(*object);
                        self.write(&place, *ty, &val);
                    }
                }
                RangeVar::Assigned(_, ty) => {
                    let val = self.assign_convert(val.clone(), *from, *ty);
                    self.write(&place.unwrap_or(Place::Blank), *ty, &val);
                }
            }
        }
    }

    fn counter(&mut self, ty: IrType) -> Variable {
        let counter = self.b.declare_var(ty);
        let zero = self.b.zero(ty);
        self.b.def_var(counter, zero);
        counter
    }

    fn count_up(&mut self, counter: Variable) {
        let value = self.b.use_var(counter);
        let one = self.b.iconst(self.b.func.ty(value), 1);
        let next = self.b.binary(Op::Iadd, value, one);
        self.b.def_var(counter, next);
    }

    /// `range n`: the counter has the type of the variable when n is an untyped constant.
    fn range_int(&mut self, label: Option<Symbol>, vars: &RangeVars, x: ExprId, ty: TypeId, body: StmtId) {
        let counter_ty = match vars.targets.first() {
            Some(RangeVar::New(_, var_ty) | RangeVar::Assigned(_, var_ty)) if self.const_of(x).is_some() => {
                *var_ty
            }
            _ => ty,
        };
        let limit = self.expr_as(x, counter_ty).scalar();
        let is_unsigned = self.is_unsigned(counter_ty);
        let counter = self.counter(self.b.func.ty(limit));
        let blocks = self.loop_blocks();
        self.open_loop(&blocks, label);
        let value = self.b.use_var(counter);
        let cond = if is_unsigned { IntCond::Ult } else { IntCond::Slt };
        let more = self.b.icmp(cond, value, limit);
        self.b.br_if(more, blocks.body, blocks.end);
        self.enter(blocks.body);
        self.set_range_vars(vars, &[(Val::one(value), counter_ty)]);
        self.stmt(body);
        self.close_body(&blocks);
        self.count_up(counter);
        self.close_loop(&blocks);
    }

    /// Elements in a row in memory, whose number does not change.
    fn range_elems(
        &mut self,
        label: Option<Symbol>,
        vars: &RangeVars,
        data: ValueId,
        len: ValueId,
        elem: TypeId,
        body: StmtId,
    ) {
        let counter = self.counter(IrType::I64);
        let blocks = self.loop_blocks();
        self.open_loop(&blocks, label);
        let idx = self.b.use_var(counter);
        let more = self.b.icmp(IntCond::Slt, idx, len);
        self.b.br_if(more, blocks.body, blocks.end);
        self.enter(blocks.body);
        let mut vals = vec![(Val::one(idx), TypeId::INT)];
        if Self::wants(vars, 1) {
            let n_bytes = self.shape(elem).n_bytes;
            let val = if n_bytes == 0 {
                self.zero(elem)
            } else {
                let offset = self.scale(idx, n_bytes);
                let addr = self.b.ptr_add(data, offset);
                self.load_val(Address::side(addr), elem)
            };
            vals.push((val, elem));
        }
        self.set_range_vars(vars, &vals);
        self.stmt(body);
        self.close_body(&blocks);
        self.count_up(counter);
        self.close_loop(&blocks);
    }

    /// An array is copied first when its elements are wanted.
    #[expect(clippy::too_many_arguments, reason = "the parts of an array type and of a range clause")]
    fn range_array(
        &mut self,
        label: Option<Symbol>,
        vars: &RangeVars,
        x: ExprId,
        ty: TypeId,
        n_elems: i64,
        elem: TypeId,
        body: StmtId,
    ) {
        let len = self.int(n_elems);
        let data = if Self::wants(vars, 1) && self.shape(ty).n_bytes > 0 {
            let val = self.expr(x);
            self.spill(val, ty)
        } else {
            self.evaluate_for_calls(x);
            self.nil()
        };
        self.range_elems(label, vars, data, len, elem, body);
    }

    fn range_array_pointer(
        &mut self,
        label: Option<Symbol>,
        vars: &RangeVars,
        x: ExprId,
        array: TypeId,
        body: StmtId,
    ) {
        let Type::Array { n_elems, elem } = self.types.under(array) else { unreachable!("an array pointer") };
        let (n_elems, elem) = (*n_elems, self.types.canonical(*elem));
        let data = self.scalar(x);
        if Self::wants(vars, 1) && n_elems > 0 {
            self.b.nil_check(data);
        }
        let len = self.int(n_elems);
        self.range_elems(label, vars, data, len, elem, body);
    }

    /// Runes; a byte below 0x80 is one without a call.
    fn range_string(&mut self, label: Option<Symbol>, vars: &RangeVars, x: ExprId, body: StmtId) {
        let string = self.expr(x);
        let (data, len) = (string.scalars()[0], string.scalars()[1]);
        let (next, rune) = (self.counter(IrType::I64), self.counter(IrType::I32));
        let step = self.counter(IrType::I64);
        let blocks = self.loop_blocks();
        self.open_loop(&blocks, label);
        let idx = self.b.use_var(next);
        let more = self.b.icmp(IntCond::Slt, idx, len);
        self.b.br_if(more, blocks.body, blocks.end);
        self.enter(blocks.body);
        let addr = self.b.ptr_add(data, idx);
        let byte = self.load(Address::side(addr), IrType::I8);
        let wide = self.b.convert(Op::Uextend, IrType::I32, byte);
        self.b.def_var(rune, wide);
        let one = self.int(1);
        let after = self.b.binary(Op::Iadd, idx, one);
        self.b.def_var(step, after);
        let (multi, ready) = (self.b.create_block(), self.b.create_block());
        let is_ascii = self.b.icmp_imm(IntCond::Ult, wide, 0x80);
        self.b.br_if(is_ascii, ready, multi);
        self.enter(multi);
        let decoded = self.runtime("decoderune", &[data, len, idx], &[IrType::I32, IrType::I64]);
        self.b.def_var(rune, decoded[0]);
        self.b.def_var(step, decoded[1]);
        self.b.jump(ready, &[]);
        self.enter(ready);
        let value = self.b.use_var(rune);
        self.set_range_vars(vars, &[(Val::one(idx), TypeId::INT), (Val::one(value), Basic::Int32.id())]);
        self.stmt(body);
        self.close_body(&blocks);
        let after = self.b.use_var(step);
        self.b.def_var(next, after);
        self.close_loop(&blocks);
    }

    /// The iterator of the map implementation: its first two words are the addresses of key and element, nil at the end.
    fn range_map(&mut self, label: Option<Symbol>, vars: &RangeVars, x: ExprId, ty: TypeId, body: StmtId) {
        let (key_ty, elem_ty) = self.map_types(ty);
        let map = self.scalar(x);
        let iter_ty = self.unit.map_iter_type();
        let shape = self.shape(iter_ty);
        let iter = self.temp_zeroed(&shape);
        let desc = self.type_addr(ty);
        self.runtime("mapIterStart", &[desc, map, iter.base], &[]);
        let blocks = self.loop_blocks();
        self.open_loop(&blocks, label);
        let key = self.load(iter, IrType::Ptr);
        let more = self.b.icmp_imm(IntCond::Ne, key, 0);
        self.b.br_if(more, blocks.body, blocks.end);
        self.enter(blocks.body);
        let mut vals = Vec::new();
        let key_val = self.load_val(Address::side(key), key_ty);
        vals.push((key_val, key_ty));
        if Self::wants(vars, 1) {
            let elem = self.load(iter.plus(8), IrType::Ptr);
            let val = self.load_val(Address::side(elem), elem_ty);
            vals.push((val, elem_ty));
        }
        self.set_range_vars(vars, &vals);
        self.stmt(body);
        self.close_body(&blocks);
        self.runtime("mapIterNext", &[iter.base], &[]);
        self.close_loop(&blocks);
        // The iterator stays in the frame, where the collector would find the map's tables for as long as that lives.
        let n_bytes = self.int(shape.n_bytes as i64);
        self.b.emit(ir::Inst::new(ir::Op::MemZero, IrType::Ptr), &[iter.base, n_bytes]);
    }

    fn range_chan(&mut self, label: Option<Symbol>, vars: &RangeVars, x: ExprId, ty: TypeId, body: StmtId) {
        let elem = self.chan_elem(ty);
        let chan = self.scalar(x);
        let shape = self.shape(elem);
        let (at, addr) = self.receive_buffer(&shape);
        let blocks = self.loop_blocks();
        self.open_loop(&blocks, label);
        let ok = self.runtime1("chanrecv2", &[chan, addr], IrType::I8);
        self.b.br_if(ok, blocks.body, blocks.end);
        self.enter(blocks.body);
        let val = if shape.n_bytes == 0 { self.zero(elem) } else { self.load_val(at, elem) };
        self.set_range_vars(vars, &[(val, elem)]);
        self.stmt(body);
        self.close_body(&blocks);
        self.close_loop(&blocks);
    }
}
