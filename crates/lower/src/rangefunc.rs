//! `for x := range f` where f is a function. Spec: "For statements with range clause".
//!
//! The loop body becomes a closure `func(x) bool` that f calls. It shares variables with the function around it as a literal
//! does, and besides them: the loop's state, the addresses of the function's results, its defer record and its recover frame.
//! A jump out of the body stores what is to be done, and returns false; behind the call of f it is done.
//!
//! | state | meaning |
//! |---|---|
//! | READY | the body may be called |
//! | PANIC | the body runs; still so afterwards if it panicked |
//! | DONE | the body has returned false |
//! | EXHAUSTED | f has returned |
//!
//! The numbers are those of `internal/abi`'s RF constants.

use base::Symbol;
use ir::{IntCond, MemFlags, Region, Type as IrType, ValueId, Variable};
use rustc_hash::FxHashSet;
use syntax::{BranchKind, ExprId, List, StmtId, StmtKind};
use types::TypeId;

use crate::{
    call::{Callee, Code},
    closure::closure_function,
    entry::with_cx,
    flow::{DeferState, Exit, ResultSlot},
    func::FnCx,
    value::Val,
};

const DONE: i64 = 0;
const READY: i64 = 1;
const PANIC: i64 = 2;
const EXHAUSTED: i64 = 3;
const MISSED_PANIC: i64 = 4;

/// Offset of what is to be done behind the loop, in the loop's state: 0, or 1 plus the number of a [`LoopExit`].
const NEXT: i64 = 8;

/// A jump out of a loop body that the function around it has to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LoopExit {
    /// Return; the results are in their variables.
    Return,
    /// Go somewhere else.
    Branch(BranchKind, Option<Symbol>),
}

/// What the code of a loop body knows about its loop.
pub(crate) struct BodyExit {
    /// Holds the address of the loop's state.
    state: Variable,
    /// The label of the loop.
    label: Option<Symbol>,
    /// The labels inside the body.
    inner_labels: FxHashSet<Symbol>,
    /// The jumps out of the body so far.
    exits: Vec<LoopExit>,
}

impl FnCx<'_, '_, '_> {
    /// The loop statement, in the function around it.
    pub(crate) fn range_func(
        &mut self,
        id: StmtId,
        label: Option<Symbol>,
        lhs: List<ExprId>,
        is_define: bool,
        x: ExprId,
        body: StmtId,
    ) {
        let pos = self.b.loc().pos;
        let func_ty = self.type_of(x);
        let func = self.scalar(x);
        let state_ty = self.types.canonical(self.types.array(2, TypeId::INT));
        let state = self.new_object(state_ty);
        self.set_word(state, 0, READY);
        let (closure, exits) = self.loop_closure(id, label, lhs, is_define, func_ty, body, state);
        self.at(pos);
        let callee = Callee { code: Code::Closure(func), receiver: None, signature: func_ty };
        self.emit_call(&callee, &[Val::one(closure)]);
        let value = self.word(state, 0);
        let missed = self.b.icmp_imm(IntCond::Eq, value, PANIC);
        self.panic_state_if(missed, Some(MISSED_PANIC), value);
        self.set_word(state, 0, EXHAUSTED);
        self.make_exits(state, &exits);
    }

    /// The closure of the body, and the jumps out of it.
    #[expect(clippy::too_many_arguments, reason = "the parts of a range statement")]
    fn loop_closure(
        &mut self,
        id: StmtId,
        label: Option<Symbol>,
        lhs: List<ExprId>,
        is_define: bool,
        func_ty: TypeId,
        body: StmtId,
        state: ValueId,
    ) -> (ValueId, Vec<LoopExit>) {
        let signature = self.types.as_signature(func_ty).expect("a function");
        let yield_ty = self.types.canonical(signature.params[0].ty);
        let yield_sig = self.types.as_signature(yield_ty).expect("a function");
        let objects = self.facts.loop_captures.get(&id).cloned().unwrap_or_default();
        let captures = self.captures(&objects);
        let shared = self.shared_state(state);
        let (name, display) = self.loop_body_name();
        let function = closure_function(self.unit, name, display, yield_sig);
        let results = self.flow.results.clone();
        let has_defer = self.flow.defer.is_some();
        let (mut exits, tree) = (Vec::new(), self.src.tree);
        let scope = self.scope();
        let function = with_cx(self.unit, scope, function, (name, display), |cx| {
            let params = cx.b.params(cx.b.func.entry()).to_vec();
            cx.bind_captures_with(params[0], &captures, &shared, |cx, extra| {
                cx.bind_shared_state(extra, &results, has_defer, label, inner_labels(tree, body));
            });
            cx.loop_body(&params[1..], yield_sig, lhs, is_define, body);
            if let Exit::LoopBody(exit) = &mut cx.flow.exit {
                exits = std::mem::take(&mut exit.exits);
            }
        });
        self.unit.out.funcs.push(function);
        let mut captured: Vec<(Val, TypeId)> =
            captures.iter().map(|capture| self.capture_part(capture)).collect();
        captured.extend(shared);
        (self.new_closure(name, &captured), exits)
    }

    /// What every loop body gets besides variables, with types: state, results, record, recover frame.
    fn shared_state(&mut self, state: ValueId) -> Vec<(Val, TypeId)> {
        let mut parts = vec![(Val::one(state), TypeId::UNSAFE_POINTER)];
        for slot in self.flow.results.clone() {
            let storage = slot.storage.expect("results are variables where a loop body may return");
            let place = self.storage_place(&storage);
            let addr = self.address(&place, slot.ty);
            parts.push((Val::one(addr), TypeId::UNSAFE_POINTER));
        }
        if let Some(defer) = self.flow.defer.clone() {
            let record = self.b.use_var(defer.record);
            parts.push((Val::one(record), TypeId::UNSAFE_POINTER));
        }
        let frame = match self.flow.recover_frame {
            Some(frame) => self.b.use_var(frame),
            None => {
                let inst = self.b.emit(ir::Inst::new(ir::Op::ParentFrame, IrType::I64), &[]);
                self.b.func.result(inst)
            }
        };
        parts.push((Val::one(frame), TypeId::UINTPTR));
        parts
    }

    /// Takes the shared state out of the closure, in the order of `shared_state`.
    fn bind_shared_state(
        &mut self,
        parts: Vec<Val>,
        results: &[ResultSlot],
        has_defer: bool,
        label: Option<Symbol>,
        inner_labels: FxHashSet<Symbol>,
    ) {
        let mut parts = parts.into_iter().map(|val| val.scalar());
        let mut next = || parts.next().expect("a part per use");
        let state = self.new_var(next());
        for slot in results {
            let storage = self.memory_storage(next(), true);
            self.flow.results.push(ResultSlot { storage: Some(storage), area: None, ..slot.clone() });
        }
        if has_defer {
            let record = self.new_var(next());
            self.flow.defer = Some(DeferState { record, owns_frame: false });
        }
        let frame = self.new_var(next());
        self.flow.recover_frame = Some(frame);
        self.flow.exit = Exit::LoopBody(BodyExit { state, label, inner_labels, exits: Vec::new() });
    }

    pub(crate) fn new_var(&mut self, value: ValueId) -> Variable {
        let var = self.b.declare_var(self.b.func.ty(value));
        self.b.def_var(var, value);
        var
    }

    /// The code of the body.
    fn loop_body(
        &mut self,
        params: &[ValueId],
        signature: &types::Signature,
        lhs: List<ExprId>,
        is_define: bool,
        body: StmtId,
    ) {
        let state = self.loop_state();
        let value = self.word(state, 0);
        let is_wrong = self.b.icmp_imm(IntCond::Ne, value, READY);
        // Also when the call is wrong: whoever swallows that panic is found out when f returns.
        self.set_word(state, 0, PANIC);
        self.panic_state_if(is_wrong, None, value);
        let mut params = params.iter().copied();
        let mut vals = Vec::new();
        for param in &signature.params {
            let ty = self.types.canonical(param.ty);
            let shape = self.shape(ty);
            let val = match &shape.scalars {
                Some(scalars) => Val::Scalars(params.by_ref().take(scalars.len()).collect()),
                None => Val::Memory { addr: params.next().expect("an address"), owned: false },
            };
            vals.push((val, ty));
        }
        let vars = self.range_vars(lhs, is_define);
        self.set_range_vars(&vars, &vals);
        self.stmt(body);
        if self.b.current().is_some() {
            self.end_iteration(true);
        }
    }

    fn loop_state(&mut self) -> ValueId {
        let Exit::LoopBody(exit) = &self.flow.exit else { unreachable!("in a loop body") };
        let state = exit.state;
        self.b.use_var(state)
    }

    /// Returns from the body: to be called again, or not.
    fn end_iteration(&mut self, goes_on: bool) {
        let state = self.loop_state();
        self.set_word(state, 0, if goes_on { READY } else { DONE });
        let result = self.bool(goes_on);
        self.b.ret(&[result]);
    }

    fn word(&mut self, base: ValueId, offset: i64) -> ValueId {
        self.b.load(IrType::I64, base, offset, MemFlags::NOTRAP, Region::ANY)
    }

    fn set_word(&mut self, base: ValueId, offset: i64, value: i64) {
        let value = self.int(value);
        self.b.store(value, base, offset, MemFlags::NOTRAP, Region::ANY);
    }

    /// Panics when the iterator function broke the rules.
    fn panic_state_if(&mut self, cond: ValueId, state: Option<i64>, value: ValueId) {
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        self.b.br_if(cond, bad, good);
        self.b.func.set_cold(bad);
        self.enter(bad);
        let state = state.map_or(value, |state| self.int(state));
        self.runtime_panic("panicrangestate", &[state]);
        self.enter(good);
    }

    // ---- jumps out of the body -------------------------------------------------------------------------------------------

    /// Whether a `goto` leaves the loop body that this function is.
    pub(crate) fn leaves_loop_body_to(&self, label: Symbol) -> bool {
        matches!(&self.flow.exit, Exit::LoopBody(exit) if !exit.inner_labels.contains(&label))
    }

    /// A jump whose target is not in this function.
    pub(crate) fn leave_loop_body(&mut self, kind: BranchKind, label: Option<Symbol>) {
        let Exit::LoopBody(exit) = &self.flow.exit else { unreachable!("the checker found every target") };
        let is_own = kind != BranchKind::Goto && (label.is_none() || label == exit.label);
        match kind {
            BranchKind::Continue if is_own => self.end_iteration(true),
            BranchKind::Break if is_own => self.end_iteration(false),
            _ => self.leave_by(LoopExit::Branch(kind, label)),
        }
    }

    /// `return` in a loop body, with the results in their variables.
    pub(crate) fn return_from_loop_body(&mut self) {
        self.leave_by(LoopExit::Return);
    }

    fn leave_by(&mut self, wanted: LoopExit) {
        let Exit::LoopBody(exit) = &mut self.flow.exit else { unreachable!("in a loop body") };
        let number = exit.exits.iter().position(|&known| known == wanted).unwrap_or_else(|| {
            exit.exits.push(wanted);
            exit.exits.len() - 1
        });
        let state = self.loop_state();
        self.set_word(state, NEXT, number as i64 + 1);
        self.end_iteration(false);
    }

    /// Behind the loop: makes the jump that the body asked for.
    fn make_exits(&mut self, state: ValueId, exits: &[LoopExit]) {
        if exits.is_empty() {
            return;
        }
        let next = self.word(state, NEXT);
        let end = self.b.create_block();
        let blocks: Vec<_> = exits.iter().map(|_| self.b.create_block()).collect();
        let cases: Vec<_> = blocks.iter().enumerate().map(|(idx, &block)| (idx as i64 + 1, block)).collect();
        self.b.switch(next, &cases, end);
        for (&exit, block) in exits.iter().zip(blocks) {
            self.enter(block);
            match exit {
                LoopExit::Return => self.return_variables(),
                LoopExit::Branch(kind, label) => self.jump_to(kind, label),
            }
        }
        self.enter(end);
    }
}

/// The labels inside a loop body.
fn inner_labels(tree: &syntax::File, body: StmtId) -> FxHashSet<Symbol> {
    let labels = std::cell::RefCell::new(FxHashSet::default());
    crate::visit::any_stmt(tree, body, |kind| {
        if let StmtKind::Labeled { label, .. } = *kind {
            labels.borrow_mut().insert(tree.name(label));
        }
        false
    });
    labels.into_inner()
}
