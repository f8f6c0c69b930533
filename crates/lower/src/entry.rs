//! The frame of a function: parameters, results, and the split of functions that defer.
//!
//! A function with `defer` statements becomes two: the *wrapper*, which has the function's name and signature, and the
//! *body*. The wrapper owns a record on its side stack; results are variables of the wrapper that the body gets the
//! addresses of.
//!
//! ```text
//!   wrapper:  record.link = g.defer_frame; g.defer_frame = record
//!             protected_call body(record, result addresses, parameters)   -- returns, or a panic in it was recovered
//!      run:   protected_call deferreturn(record)  -- runs what was deferred; after a recovered panic: again
//!             return results
//! ```

use std::rc::Rc;

use abi::{DeferFrame, GHead};
use base::Symbol;
use ir::{AllocFlags, FnAttrs, FuncBuilder, Function, Inst, MemFlags, Op, Region, Type as IrType, ValueId};
use rustc_hash::FxHashMap;
use syntax::{BinaryOp, CallKind, DirectiveKind, ExprId, ExprKind, FieldId, List, StmtId, StmtKind, UnaryOp};
use types::{ObjectId, TypeId};

use crate::{
    call::machine_signature,
    closure::Capture,
    facts::VarFacts,
    flow::{DeferState, Exit, Flow, ResultSlot},
    func::{FnCx, Subst},
    order::Early,
    program::Source,
    unit::Unit,
    value::{Address, Val},
    visit,
};

/// What a function shares with the literals inside it.
pub(crate) struct Scope<'p> {
    pub(crate) src: Source<'p>,
    pub(crate) subst: Rc<Subst>,
    pub(crate) facts: Rc<VarFacts>,
}

/// A function or literal to be lowered.
pub(crate) struct Frame<'a> {
    /// Its signature without receiver, without type parameters.
    pub(crate) signature: TypeId,
    pub(crate) recv: Option<FieldId>,
    pub(crate) params: List<FieldId>,
    pub(crate) results: List<FieldId>,
    pub(crate) body: StmtId,
    /// Whether this is a literal: its code gets the closure object, captures or not.
    pub(crate) is_literal: bool,
    /// What a literal shares with the functions around it.
    pub(crate) captures: &'a [Capture],
}

/// Lowers a declared function for some type arguments.
pub(crate) fn lower_func(unit: &mut Unit<'_>, object: ObjectId, args: &[TypeId], name: Symbol) {
    let decl = unit.shared.funcs[&object];
    let src = unit.shared.program.source(decl.package, decl.file);
    let parts = src.func_parts(decl.decl);
    let body = parts.body.expect("only functions with a body are lowered");
    let subst = Rc::new(Subst { params: type_params(unit, object), args: args.to_vec() });
    let mut facts = VarFacts::of_body(unit.types, src, body);
    let ExprKind::FuncType { params, results } = src.tree[parts.ty].kind else {
        unreachable!("a function type")
    };
    mark_results(&mut facts, src, results, body);
    // As with gc, a function is known by the symbol that it defines.
    let display = match (decl.link_name, decl.init_number) {
        (Some(name), _) => name,
        (None, Some(number)) => crate::names::init_display(unit.types, object, number),
        (None, None) => crate::names::function_display(unit.types, object, args),
    };
    let scope = Scope { src, subst, facts: Rc::new(facts) };
    let signature = mono(unit, &scope.subst, unit.types.object(object).type_or_invalid());
    let frame =
        Frame { signature, recv: parts.recv, params, results, body, is_literal: false, captures: &[] };
    let start = unit.out.funcs.len();
    lower_code(unit, scope, name, display, &frame);
    let attrs = directives(src, decl.decl);
    let is_init = unit.types.object(object).name.as_str() == "init" && parts.recv.is_none();
    for function in &mut unit.out.funcs[start..] {
        if function.name == name || function.name == body_name(name) {
            function.attrs |= attrs;
            if is_init {
                function.attrs |= FnAttrs::INIT;
            }
            // It keeps its own frame: every traceback of goroutine 1 ends with it.
            if name.as_str() == "main.main" {
                function.attrs |= FnAttrs::NOINLINE;
            }
        }
        if !args.is_empty() {
            function.attrs |= FnAttrs::DUP_OK;
        }
    }
}

/// The type parameters of a function, those of its receiver first.
fn type_params(unit: &Unit<'_>, object: ObjectId) -> Vec<TypeId> {
    let data = unit.types.object(object);
    let receiver = data.as_func().and_then(|func| func.receiver.get());
    let mut params = receiver.map_or(Vec::new(), |receiver| receiver.type_params.to_vec());
    if let Some(signature) = unit.types.as_signature(data.type_or_invalid()) {
        params.extend_from_slice(&signature.type_params);
    }
    params
}

fn mono(unit: &Unit<'_>, subst: &Subst, ty: TypeId) -> TypeId {
    if subst.params.is_empty() {
        return unit.types.canonical(ty);
    }
    let signature = unit.types.as_signature(ty).expect("a function");
    // The signature loses its own type parameters by being instantiated.
    let own = signature.type_params.len();
    let ty = if own > 0 {
        unit.types.instantiate_signature(ty, &subst.args[subst.args.len() - own..])
    } else {
        ty
    };
    let substitution = types::Substitution::new(&subst.params, &subst.args);
    unit.types.canonical(unit.types.monomorphise(ty, &substitution))
}

/// Named results of functions that defer, or that return from inside a range-over-func loop, are shared.
fn mark_results(facts: &mut VarFacts, src: Source<'_>, results: List<FieldId>, body: StmtId) {
    if facts.loop_captures.is_empty() && !defers(src, body) {
        return;
    }
    for field in &src.tree[results] {
        if let Some(&object) = src.info.params.get(field) {
            facts.mark_shared(object);
        }
    }
}

fn directives(src: Source<'_>, decl: syntax::DeclId) -> FnAttrs {
    let table = [
        (DirectiveKind::Noinline, FnAttrs::NOINLINE),
        (DirectiveKind::Nosplit, FnAttrs::NOSPLIT),
        (DirectiveKind::Noescape, FnAttrs::NOESCAPE),
    ];
    table.into_iter().filter(|(kind, _)| src.has_directive(decl, kind)).map(|(_, attrs)| attrs).collect()
}

/// Whether a function body has a defer statement of its own; those in range-over-func bodies count, those in branches
/// that are never taken (`if race.Enabled`) do not.
fn defers(src: Source<'_>, body: StmtId) -> bool {
    let is_defer = |kind: &StmtKind| matches!(kind, StmtKind::Call { kind: CallKind::Defer, .. });
    visit::any_live_stmt(src.tree, body, |cond| known_condition(src, cond), is_defer)
}

/// What a condition is when constants alone decide it. What is not evaluated before that must have no effect.
pub(crate) fn known_condition(src: Source<'_>, cond: ExprId) -> Option<bool> {
    if let Some(value) = src.info.value_of(cond) {
        return value.as_bool();
    }
    match src.tree[cond].kind {
        ExprKind::Paren(x) => known_condition(src, x),
        ExprKind::Unary { op: UnaryOp::Not, x } => known_condition(src, x).map(|value| !value),
        ExprKind::Binary { op: BinaryOp::AndAnd, x, y } => match known_condition(src, x)? {
            true => known_condition(src, y),
            false => Some(false),
        },
        ExprKind::Binary { op: BinaryOp::OrOr, x, y } => match known_condition(src, x)? {
            true => Some(true),
            false => known_condition(src, y),
        },
        _ => None,
    }
}

/// Whether a function body calls `recover` itself.
fn recovers(src: Source<'_>, body: StmtId) -> bool {
    visit::any_expr(src.tree, body, |expr| is_recover(src, expr))
}

fn is_recover(src: Source<'_>, expr: ExprId) -> bool {
    let ExprKind::Call { fun, .. } = src.tree[expr].kind else { return false };
    // The name alone decides: a function called so that is not the builtin only costs its caller some inlining.
    src.tree.as_name(src.tree.unparen(fun)).is_some_and(|name| src.tree.name(name).as_str() == "recover")
}

fn body_name(name: Symbol) -> Symbol {
    Symbol::intern(&format!("{}·body", name.as_str()))
}

/// Lowers the code of a function or literal under a name.
pub(crate) fn lower_code<'p>(
    unit: &mut Unit<'p>,
    scope: Scope<'p>,
    name: Symbol,
    display: Symbol,
    frame: &Frame<'_>,
) {
    let has_defer = defers(scope.src, frame.body);
    let has_recover = recovers(scope.src, frame.body);
    let leading = leading_types(unit, &scope, frame);
    let signature = unit.types.as_signature(frame.signature).expect("a function");
    let mut function = Function::new(name, machine_signature(unit, signature, &leading));
    function.display = display;
    function.pos = scope.src.tree[frame.body].pos;
    if frame.is_literal {
        function.attrs |= FnAttrs::CLOSURE;
    }
    if has_recover {
        function.attrs |= FnAttrs::RECOVERS | FnAttrs::NOINLINE;
    }
    // A probe sequence ends soon, and in each step of one a poll is noticeable.
    if unit.types.package(scope.src.package).path.as_str() == "internal/runtime/maps" {
        function.attrs |= FnAttrs::NOPOLL;
    }
    if signature.params.is_empty() && frame.recv.is_none() {
        function.attrs |= FnAttrs::NILADIC;
    }
    if !has_defer {
        let function = with_cx(unit, scope, function, (name, display), |cx| cx.plain_function(frame));
        unit.out.funcs.push(function);
        return;
    }
    function.attrs |= FnAttrs::DEFERS | FnAttrs::NOINLINE;
    let mut body_sig = ir::Signature { params: vec![IrType::Ptr, IrType::I64], results: Vec::new() };
    body_sig.params.extend(signature.results.iter().map(|_| IrType::Ptr));
    let n_areas = signature.results.iter().filter(|result| unit.shape(result.ty).is_memory()).count();
    body_sig.params.extend(&function.sig.params[..leading.len()]);
    body_sig.params.extend(&function.sig.params[leading.len() + n_areas..]);
    let mut body = Function::new(body_name(name), body_sig);
    body.display = display;
    body.pos = function.pos;
    body.attrs |= FnAttrs::NOINLINE | FnAttrs::DEFER_BODY | (function.attrs & FnAttrs::NILADIC);
    let shared = Scope { src: scope.src, subst: Rc::clone(&scope.subst), facts: Rc::clone(&scope.facts) };
    let mut record_bytes = 0;
    let body = with_cx(unit, scope, body, (name, display), |cx| {
        cx.deferring_body(frame);
        record_bytes = cx.flow.record_bytes;
    });
    let wrapper = with_cx(unit, shared, function, (name, display), |cx| {
        cx.deferring_wrapper(frame, leading.len(), record_bytes)
    });
    unit.out.funcs.push(wrapper);
    unit.out.funcs.push(body);
}

/// The machine types of the closure object or of the receiver.
fn leading_types(unit: &mut Unit<'_>, scope: &Scope<'_>, frame: &Frame<'_>) -> Vec<IrType> {
    match frame.recv {
        Some(field) => {
            let ty = recv_type(unit, scope, field);
            crate::call::passed_as(unit, ty).to_vec()
        }
        None if frame.is_literal => vec![IrType::Ptr],
        None => Vec::new(),
    }
}

fn recv_type(unit: &Unit<'_>, scope: &Scope<'_>, field: FieldId) -> TypeId {
    let object = scope.src.info.params[&field];
    let ty = unit.types.object(object).type_or_invalid();
    let substitution = types::Substitution::new(&scope.subst.params, &scope.subst.args);
    unit.types.canonical(unit.types.monomorphise(ty, &substitution))
}

/// Runs `lower` with the state of a function being written, and gives the function.
pub(crate) fn with_cx<'p>(
    unit: &mut Unit<'p>,
    scope: Scope<'p>,
    mut function: Function,
    (name, display): (Symbol, Symbol),
    lower: impl FnOnce(&mut FnCx<'_, '_, 'p>),
) -> Function {
    let types = unit.types;
    let pos = function.pos;
    let b = FuncBuilder::new(&mut function);
    let mut cx = FnCx {
        unit,
        types,
        b,
        src: scope.src,
        subst: scope.subst,
        facts: scope.facts,
        vars: FxHashMap::default(),
        flow: Flow::default(),
        early: Early::default(),
        name,
        display,
        n_literals: 0,
        n_loop_bodies: 0,
    };
    cx.at(pos);
    lower(&mut cx);
    let mut labels: Vec<_> = cx.flow.labels.iter().map(|(label, block)| (label.as_str(), *block)).collect();
    labels.sort_unstable();
    for (_, block) in labels {
        cx.b.seal(block);
    }
    cx.b.finish();
    function
}

impl FnCx<'_, '_, '_> {
    /// A function without `defer`.
    fn plain_function(&mut self, frame: &Frame<'_>) {
        let params = self.b.params(self.b.func.entry()).to_vec();
        let mut params = params.into_iter();
        self.bind_leading(frame, &mut params);
        self.bind_results(frame, &mut params);
        self.bind_params(frame, &mut params);
        self.finish_body(frame);
    }

    /// Lowers the statements; control that reaches the end returns.
    fn finish_body(&mut self, frame: &Frame<'_>) {
        self.stmt(frame.body);
        if self.b.current().is_some() {
            self.at(self.src.tree[frame.body].end);
            let is_unnamed = self.flow.results.iter().any(|result| result.storage.is_none());
            if is_unnamed || !self.b.is_reachable() {
                // The checker saw that this is not reached, or there is nothing to return.
                if self.flow.results.is_empty() {
                    self.return_variables()
                } else {
                    let _ = self.b.unreachable();
                }
            } else {
                self.return_variables();
            }
        }
    }

    fn bind_leading(&mut self, frame: &Frame<'_>, params: &mut impl Iterator<Item = ValueId>) {
        let scope = self.scope();
        match frame.recv {
            Some(field) => {
                let ty = recv_type(self.unit, &scope, field);
                self.bind_param(field, ty, params);
            }
            None if frame.is_literal => {
                let object = params.next().expect("a closure has its object");
                self.bind_captures(object, frame.captures);
            }
            None => {}
        }
    }

    fn bind_params(&mut self, frame: &Frame<'_>, params: &mut impl Iterator<Item = ValueId>) {
        let signature = self.types.as_signature(frame.signature).expect("a function");
        let fields = self.src.tree[frame.params].to_vec();
        for (field, param) in fields.into_iter().zip(&signature.params) {
            self.bind_param(field, self.types.canonical(param.ty), params);
        }
    }

    /// Takes the scalars of a parameter and declares its variable.
    fn bind_param(&mut self, field: FieldId, ty: TypeId, params: &mut impl Iterator<Item = ValueId>) {
        let shape = self.shape(ty);
        let val = match &shape.scalars {
            Some(scalars) => Val::Scalars(params.by_ref().take(scalars.len()).collect()),
            None => {
                Val::Memory { addr: params.next().expect("an address per memory parameter"), owned: false }
            }
        };
        let Some(&object) = self.src.info.params.get(&field) else { return };
        match val {
            // The caller's copy is good enough for a parameter that is only read.
            Val::Memory { addr, .. }
                if !self.facts.may_change(object) && !self.facts.needs_memory(object) =>
            {
                let storage = self.memory_storage(addr, true);
                self.vars.insert(object, storage);
            }
            val => self.declare(object, ty, Some(val)),
        }
    }

    fn result_fields(&self, frame: &Frame<'_>) -> Vec<(Option<ObjectId>, TypeId)> {
        let signature = self.types.as_signature(frame.signature).expect("a function");
        let fields = &self.src.tree[frame.results];
        let named = |field: &FieldId| {
            self.src.tree[*field].name?;
            self.src.info.params.get(field).copied()
        };
        let objects = fields.iter().map(named);
        objects
            .zip(&signature.results)
            .map(|(object, result)| (object, self.types.canonical(result.ty)))
            .collect()
    }

    fn bind_results(&mut self, frame: &Frame<'_>, params: &mut impl Iterator<Item = ValueId>) {
        let fields = self.result_fields(frame);
        let mut slots = Vec::with_capacity(fields.len());
        for (object, ty) in fields {
            let area = self.shape(ty).is_memory().then(|| params.next().expect("an area per memory result"));
            let shares_results = !self.facts.loop_captures.is_empty();
            let storage = if shares_results {
                // Return statements in range-over-func bodies need a variable in memory to leave the result in.
                let addr = self.new_object(ty);
                Some(self.memory_storage(addr, true))
            } else {
                object.map(|object| self.new_storage(object, ty, None))
            };
            if let (Some(object), Some(storage)) = (object, &storage) {
                self.vars.insert(object, storage.clone());
            }
            slots.push(ResultSlot { ty, storage, area });
        }
        self.flow.results = slots;
    }

    // ---- functions that defer ------------------------------------------------------------------------------------------

    fn deferring_wrapper(&mut self, frame: &Frame<'_>, n_leading: usize, record_bytes: u64) {
        let params = self.b.params(self.b.func.entry()).to_vec();
        let fields = self.result_fields(frame);
        let n_areas = fields.iter().filter(|(_, ty)| self.unit.shape(*ty).is_memory()).count();
        let (leading, rest) = params.split_at(n_leading);
        let (areas, rest) = rest.split_at(n_areas);
        let record = self.push_record(record_bytes);
        let parent = self.b.emit(Inst::new(Op::ParentFrame, IrType::I64), &[]);
        let parent = self.b.func.result(parent);
        let results: Vec<ValueId> = fields.iter().map(|(_, ty)| self.new_object(*ty)).collect();
        let mut operands = vec![record, parent];
        operands.extend_from_slice(&results);
        operands.extend_from_slice(leading);
        operands.extend_from_slice(rest);
        let run = self.b.create_block();
        let end = self.b.create_block();
        self.b.protected_call(body_name(self.name), &operands, run, run);
        self.b.switch_to(run);
        let deferreturn = self.unit.runtime("deferreturn");
        self.b.protected_call(deferreturn, &[record], end, run);
        self.b.seal(run);
        self.enter(end);
        self.return_from_wrapper(&fields, &results, areas);
    }

    /// Enters a record in the list of deferring functions that are active. Behind it there is room for entries and their
    /// closures: those of the body's side frame would not live until they are run.
    fn push_record(&mut self, n_bytes: u64) -> ValueId {
        let record = self.side_alloc(n_bytes, 8, AllocFlags::SIDE).base;
        let g_load = |cx: &mut Self, offset: i32| {
            let inst = cx.b.emit(Inst::new(Op::GLoad, IrType::Ptr).imm(i64::from(offset)), &[]);
            cx.b.func.result(inst)
        };
        let outer = g_load(self, GHead::DEFER_FRAME);
        let side = g_load(self, GHead::SIDE_PTR);
        for (offset, value) in [(DeferFrame::LINK, outer), (DeferFrame::SIDE_PTR, side)] {
            self.b.store(value, record, i64::from(offset), MemFlags::NOTRAP, Region::ANY);
        }
        self.b.emit(Inst::new(Op::GStore, IrType::Ptr).imm(i64::from(GHead::DEFER_FRAME)), &[record]);
        record
    }

    fn return_from_wrapper(
        &mut self,
        fields: &[(Option<ObjectId>, TypeId)],
        results: &[ValueId],
        areas: &[ValueId],
    ) {
        let mut areas = areas.iter();
        let mut scalars = Vec::new();
        for ((_, ty), &addr) in fields.iter().zip(results) {
            match self.load_val(Address::heap(addr), *ty) {
                Val::Scalars(values) => scalars.extend(values),
                memory => {
                    let area = *areas.next().expect("an area per memory result");
                    self.store_val(Address::side(area), *ty, &memory);
                }
            }
        }
        self.b.ret(&scalars);
    }

    fn deferring_body(&mut self, frame: &Frame<'_>) {
        let params = self.b.params(self.b.func.entry()).to_vec();
        let mut params = params.into_iter();
        let record = self.b.declare_var(IrType::Ptr);
        let value = params.next().expect("the record");
        self.b.def_var(record, value);
        let parent = self.b.declare_var(IrType::I64);
        let value = params.next().expect("the parent frame");
        self.b.def_var(parent, value);
        self.flow.defer = Some(DeferState { record, owns_frame: true });
        self.flow.record_bytes = size_of::<DeferFrame>() as u64;
        self.flow.recover_frame = Some(parent);
        self.flow.exit = Exit::InVariables;
        for (object, ty) in self.result_fields(frame) {
            let addr = params.next().expect("an address per result");
            let storage = self.memory_storage(addr, true);
            if let Some(object) = object {
                self.vars.insert(object, storage.clone());
            }
            self.flow.results.push(ResultSlot { ty, storage: Some(storage), area: None });
        }
        self.bind_leading(frame, &mut params);
        self.bind_params(frame, &mut params);
        self.finish_body(frame);
    }

    /// Ends a function whose results are in their variables.
    pub(crate) fn exit_with_results_set(&mut self) {
        match &self.flow.exit {
            Exit::Plain => unreachable!("a plain function returns its results"),
            Exit::InVariables => {
                self.b.ret(&[]);
            }
            Exit::LoopBody(_) => self.return_from_loop_body(),
        }
    }
}
