//! Statements with clauses: `switch`, type switches and `select`. Spec: "Switch statements", "Select statements".

use base::Symbol;
use ir::{BlockId, IntCond, Type as IrType, ValueId};
use syntax::{Clause, ClauseGuard, ClauseId, ExprId, ExprKind, List, StmtId, StmtKind, UnaryOp};
use types::TypeId;

use crate::{
    flow::Target,
    func::FnCx,
    methods::interface_methods,
    stmt::DefineTarget,
    value::{Address, Place, Val},
};

/// From this many constant integer cases on, a switch is one instruction.
const MIN_TABLE_CASES: usize = 4;

/// A communication of a select statement with its operands evaluated.
struct Comm {
    clause: ClauseId,
    chan: ValueId,
    /// Where the element is read from or written to.
    elem: ValueId,
    elem_ty: TypeId,
    is_send: bool,
}

impl FnCx<'_, '_, '_> {
    fn push_breakable(&mut self, label: Option<Symbol>, end: BlockId) {
        self.flow.targets.push(Target { label, on_break: end, on_continue: None });
    }

    // ---- switch --------------------------------------------------------------------------------------------------------

    pub(crate) fn switch_stmt(
        &mut self,
        label: Option<Symbol>,
        init: Option<StmtId>,
        tag: Option<ExprId>,
        clauses: List<ClauseId>,
    ) {
        self.opt_stmt(init);
        let tree = self.src.tree;
        let list: Vec<Clause> = tree[clauses].iter().map(|&clause| tree[clause]).collect();
        let end = self.b.create_block();
        let blocks: Vec<BlockId> = list.iter().map(|_| self.b.create_block()).collect();
        let default = list.iter().position(|clause| clause.guard == ClauseGuard::Default);
        let otherwise = default.map_or(end, |idx| blocks[idx]);
        match tag {
            Some(tag) => self.dispatch_on(tag, &list, &blocks, otherwise),
            None => self.dispatch_bool(&list, &blocks, otherwise),
        }
        self.push_breakable(label, end);
        for (idx, clause) in list.iter().enumerate() {
            // The block of the next clause must stay open for `fallthrough`.
            self.enter(blocks[idx]);
            let outer = std::mem::replace(&mut self.flow.fallthrough, blocks.get(idx + 1).copied());
            self.stmts(clause.body);
            self.flow.fallthrough = outer;
            self.goto(end);
        }
        self.flow.targets.pop();
        self.enter(end);
    }

    /// `switch { case cond: ... }`
    fn dispatch_bool(&mut self, list: &[Clause], blocks: &[BlockId], otherwise: BlockId) {
        for (clause, &block) in list.iter().zip(blocks) {
            let ClauseGuard::Cases(cases) = clause.guard else { continue };
            for &case in &self.src.tree[cases] {
                let next = self.b.create_block();
                self.at(self.src.tree[case].pos);
                if self.types.as_interface(self.type_of(case)).is_some() {
                    // `true == case`, of which one side is an interface.
                    let yes = Val::one(self.bool(true));
                    let holds = self.case_equal(&yes, TypeId::BOOL, case);
                    self.b.br_if(holds, block, next);
                } else {
                    self.branch(case, block, next);
                }
                self.enter(next);
            }
        }
        self.b.jump(otherwise, &[]);
    }

    fn dispatch_on(&mut self, tag: ExprId, list: &[Clause], blocks: &[BlockId], otherwise: BlockId) {
        let tag_ty = self.type_of(tag);
        self.units_first(&[tag]);
        let tag_val = self.expr(tag);
        let tag_val = self.keep(tag_val, tag_ty);
        if let Some(cases) = self.integer_cases(tag_ty, list, blocks) {
            self.b.switch(tag_val.scalar(), &cases, otherwise);
            return;
        }
        for (clause, &block) in list.iter().zip(blocks) {
            let ClauseGuard::Cases(cases) = clause.guard else { continue };
            for &case in &self.src.tree[cases] {
                let next = self.b.create_block();
                self.at(self.src.tree[case].pos);
                let equal = self.case_equal(&tag_val, tag_ty, case);
                self.b.br_if(equal, block, next);
                self.enter(next);
            }
        }
        self.b.jump(otherwise, &[]);
    }

    /// Whether the tag equals the value of a case; one of the two may be an interface.
    fn case_equal(&mut self, tag: &Val, tag_ty: TypeId, case: ExprId) -> ValueId {
        if self.src.info.exprs[case].mode == check::Mode::Nil {
            return self.b.icmp_imm(IntCond::Eq, tag.scalars()[0], 0);
        }
        let case_ty = self.type_of(case);
        let tag_is_interface = self.types.as_interface(tag_ty).is_some();
        let case_is_interface = self.types.as_interface(case_ty).is_some();
        let ty = if case_is_interface && !tag_is_interface { case_ty } else { tag_ty };
        let tag = self.assign_convert(tag.clone(), tag_ty, ty);
        self.units_first(&[case]);
        let case = self.expr_as(case, ty);
        self.equal(&tag, &case, ty)
    }

    /// The cases of a switch over integers, if all are constant and there are enough of them.
    fn integer_cases(
        &mut self,
        ty: TypeId,
        list: &[Clause],
        blocks: &[BlockId],
    ) -> Option<Vec<(i64, BlockId)>> {
        if !self.types.is_basic(ty, types::BasicInfo::INTEGER) {
            return None;
        }
        let mut cases: Vec<(i64, BlockId)> = Vec::new();
        for (clause, &block) in list.iter().zip(blocks) {
            let ClauseGuard::Cases(values) = clause.guard else { continue };
            for &value in &self.src.tree[values] {
                let bits = crate::expr::int_bits(self.const_of(value)?);
                if self.types.as_interface(self.type_of(value)).is_some() {
                    return None;
                }
                if !cases.iter().any(|case| case.0 == bits) {
                    cases.push((bits, block));
                }
            }
        }
        (cases.len() >= MIN_TABLE_CASES).then_some(cases)
    }

    // ---- type switch -----------------------------------------------------------------------------------------------------

    pub(crate) fn type_switch(
        &mut self,
        label: Option<Symbol>,
        init: Option<StmtId>,
        guard: ExprId,
        clauses: List<ClauseId>,
    ) {
        self.opt_stmt(init);
        let tree = self.src.tree;
        let ExprKind::TypeSwitchGuard { x, .. } = tree[guard].kind else {
            unreachable!("a type switch has a guard")
        };
        let from = self.type_of(x);
        self.units_first(&[x]);
        let val = self.expr(x);
        // Read once for all cases.
        let concrete = self.dynamic_type(val.scalars()[0], from);
        let end = self.b.create_block();
        let ids = tree[clauses].to_vec();
        let blocks: Vec<BlockId> = ids.iter().map(|_| self.b.create_block()).collect();
        let default = ids.iter().position(|&id| tree[id].guard == ClauseGuard::Default);
        let otherwise = default.map_or(end, |idx| blocks[idx]);
        // Clauses of one type get their value where the type is found out.
        let mut bound: Vec<Option<ir::Variable>> = vec![None; ids.len()];
        for (idx, &id) in ids.iter().enumerate() {
            let ClauseGuard::Cases(types) = tree[id].guard else { continue };
            for &ty in &tree[types] {
                let next = self.b.create_block();
                self.at(tree[ty].pos);
                let (holds, table) = self.type_case(concrete, ty);
                if let Some(table) = table {
                    let var = *bound[idx].get_or_insert_with(|| self.b.declare_var(IrType::Ptr));
                    self.b.def_var(var, table);
                }
                self.b.br_if(holds, blocks[idx], next);
                self.enter(next);
            }
        }
        self.b.jump(otherwise, &[]);
        self.push_breakable(label, end);
        for (idx, &id) in ids.iter().enumerate() {
            self.enter(blocks[idx]);
            self.bind_clause(id, &val, from, bound[idx]);
            self.stmts(tree[id].body);
            self.goto(end);
        }
        self.flow.targets.pop();
        self.enter(end);
    }

    /// Whether the dynamic type is that of a case; for interface types also the first word of the value in that type.
    fn type_case(&mut self, concrete: ValueId, case: ExprId) -> (ValueId, Option<ValueId>) {
        if self.src.info.exprs[case].mode == check::Mode::Nil {
            return (self.is_nil(concrete), None);
        }
        let to = self.type_of(case);
        if self.types.as_interface(to).is_none() {
            return (self.is_type_word(concrete, to), None);
        }
        let table = self.interface_table(concrete, to);
        (self.b.icmp_imm(IntCond::Ne, table, 0), Some(table))
    }

    /// Declares the variable of a clause.
    fn bind_clause(&mut self, id: ClauseId, val: &Val, from: TypeId, table: Option<ir::Variable>) {
        let Some(&object) = self.src.info.clause_variables.get(&id) else { return };
        let ty = self.object_type(object);
        let is_single = matches!(self.src.tree[id].guard, ClauseGuard::Cases(types) if types.len() == 1);
        let bound = match table {
            Some(table) if is_single => {
                let table = self.b.use_var(table);
                Val::many(&[table, val.scalars()[1]])
            }
            _ if is_single && self.types.as_interface(ty).is_none() => self.unbox(val.scalars()[1], ty),
            _ => {
                debug_assert_eq!(
                    interface_methods(self.types, from).len(),
                    interface_methods(self.types, ty).len()
                );
                val.clone()
            }
        };
        self.declare(object, ty, Some(bound));
    }

    // ---- select ------------------------------------------------------------------------------------------------------------

    pub(crate) fn select_stmt(&mut self, label: Option<Symbol>, clauses: List<ClauseId>) {
        let tree = self.src.tree;
        let ids = tree[clauses].to_vec();
        let default = ids.iter().copied().find(|&id| tree[id].guard == ClauseGuard::Default);
        let comms: Vec<Comm> = ids.iter().filter_map(|&id| self.comm(id)).collect();
        let end = self.b.create_block();
        if comms.is_empty() && default.is_none() {
            self.runtime_panic("block", &[]);
            self.enter(end);
            return;
        }
        let (chosen, received) = self.choose_comm(&comms, default.is_none());
        let targets: Vec<BlockId> = comms.iter().map(|_| self.b.create_block()).collect();
        let otherwise = self.b.create_block();
        let cases: Vec<(i64, BlockId)> =
            case_numbers(&comms).into_iter().zip(targets.iter().copied()).collect();
        self.b.switch(chosen, &cases, otherwise);
        self.push_breakable(label, end);
        for (comm, &block) in comms.iter().zip(&targets) {
            self.enter(block);
            self.finish_comm(comm, received);
            self.stmts(tree[comm.clause].body);
            self.goto(end);
        }
        self.enter(otherwise);
        match default {
            Some(default) => {
                self.stmts(tree[default].body);
                self.goto(end);
            }
            None => {
                self.b.unreachable();
            }
        }
        self.flow.targets.pop();
        self.enter(end);
    }

    /// Evaluates the operands of a clause, in source order.
    fn comm(&mut self, clause: ClauseId) -> Option<Comm> {
        let ClauseGuard::Comm(stmt) = self.src.tree[clause].guard else { return None };
        self.at(self.src.tree[stmt].pos);
        if let StmtKind::Send { chan, value } = self.src.tree[stmt].kind {
            let chan_ty = self.type_of(chan);
            let elem_ty = self.chan_elem(chan_ty);
            // A clause is stricter than other statements: the channel is read before what the value calls.
            self.units_first(&[chan]);
            let chan = self.scalar(chan);
            self.units_first(&[value]);
            let val = self.expr_as(value, elem_ty);
            let elem = self.spill(val, elem_ty);
            return Some(Comm { clause, chan, elem, elem_ty, is_send: true });
        }
        let operand = self.received_operand(stmt);
        let chan_ty = self.type_of(operand);
        let elem_ty = self.chan_elem(chan_ty);
        self.units_first(&[operand]);
        let chan = self.scalar(operand);
        let shape = self.shape(elem_ty);
        let (_, elem) = self.receive_buffer(&shape);
        Some(Comm { clause, chan, elem, elem_ty, is_send: false })
    }

    /// The channel of `<-c`, `v = <-c` or `v := <-c`.
    fn received_operand(&self, stmt: StmtId) -> ExprId {
        let tree = self.src.tree;
        let x = match tree[stmt].kind {
            StmtKind::Expr(x) => x,
            StmtKind::Assign { rhs, .. } | StmtKind::Define { rhs, .. } => tree[rhs][0],
            other => unreachable!("{other:?} is no communication"),
        };
        match tree[tree.unparen(x)].kind {
            ExprKind::Unary { op: UnaryOp::Recv, x } => x,
            other => unreachable!("{other:?} is no receive"),
        }
    }

    /// Asks the runtime which communication happened: its number (-1: none), and whether an element was received.
    fn choose_comm(&mut self, comms: &[Comm], blocks: bool) -> (ValueId, ValueId) {
        const CASE_BYTES: u64 = size_of::<abi::SelectCase>() as u64;
        let flags = ir::AllocFlags::SIDE | ir::AllocFlags::UNINIT;
        let cases = self.side_alloc(CASE_BYTES * comms.len() as u64, 8, flags);
        let order = self.side_alloc(4 * comms.len() as u64, 8, flags);
        for (comm, number) in comms.iter().zip(case_numbers(comms)) {
            let at = cases.plus(CASE_BYTES * number as u64);
            for (offset, value) in [(0, comm.chan), (8, comm.elem)] {
                let at: Address = at.plus(offset);
                self.b.store(value, at.base, at.offset, ir::MemFlags::NOTRAP, ir::Region::ANY);
            }
        }
        let n_sends = comms.iter().filter(|comm| comm.is_send).count();
        let n_sends_val = self.int(n_sends as i64);
        let n_recvs_val = self.int((comms.len() - n_sends) as i64);
        let blocks = self.bool(blocks);
        let operands = [cases.base, order.base, n_sends_val, n_recvs_val, blocks];
        let results = self.runtime("selectgo", &operands, &[IrType::I64, IrType::I8]);
        (results[0], results[1])
    }

    /// Assigns what a receive clause received.
    fn finish_comm(&mut self, comm: &Comm, received: ValueId) {
        let ClauseGuard::Comm(stmt) = self.src.tree[comm.clause].guard else {
            unreachable!("a communication")
        };
        let tree = self.src.tree;
        let (lhs, is_define) = match tree[stmt].kind {
            StmtKind::Assign { lhs, .. } => (lhs, false),
            StmtKind::Define { lhs, .. } => (lhs, true),
            _ => return,
        };
        self.at(tree[stmt].pos);
        let val = if self.shape(comm.elem_ty).n_bytes == 0 {
            self.zero(comm.elem_ty)
        } else {
            self.received(Address::side(comm.elem), comm.elem_ty)
        };
        let vals = [(val, comm.elem_ty), (Val::one(received), TypeId::BOOL)];
        for (&lhs, (val, from)) in tree[lhs].iter().zip(vals) {
            let target = if is_define { self.define_target(lhs) } else { self.assign_target(lhs) };
            match target {
                DefineTarget::New(object, ty) => self.declare(object, ty, Some(val)),
                DefineTarget::Old(place, ty) => {
                    let val = self.assign_convert(val, from, ty);
                    self.write(&place, ty, &val);
                }
                DefineTarget::Blank => {}
            }
        }
    }

    fn assign_target(&mut self, lhs: ExprId) -> DefineTarget {
        match self.place_or_blank(lhs) {
            Place::Blank => DefineTarget::Blank,
            place => DefineTarget::Old(place, self.type_of(lhs)),
        }
    }

    fn place_or_blank(&mut self, lhs: ExprId) -> Place {
        let tree = self.src.tree;
        let lhs = tree.unparen(lhs);
        self.units_first(&[lhs]);
        self.place(lhs)
    }
}

/// The numbers that the runtime gives to communications: sends first, then receives, each in source order.
fn case_numbers(comms: &[Comm]) -> Vec<i64> {
    let n_sends = comms.iter().filter(|comm| comm.is_send).count() as i64;
    let (mut next_send, mut next_recv) = (0, n_sends);
    comms
        .iter()
        .map(|comm| {
            let next = if comm.is_send { &mut next_send } else { &mut next_recv };
            *next += 1;
            *next - 1
        })
        .collect()
}
