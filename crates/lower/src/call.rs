//! Calls: who is called, with which values. Spec: "Calls", "Passing arguments to ... parameters", "Method values".
//!
//! **Convention.** `[leading] [result areas] [parameters]`, where *leading* is the closure object of a closure or the receiver
//! of a method, a *result area* is the address of caller's memory for a result of a memory type, and a parameter is its
//! scalars, or, for a memory type, the address of a copy that nobody writes. Results are the scalars of all others.

use base::{Pos, Symbol};
use ir::{Inst, Op, Type as IrType, ValueId};
use smallvec::SmallVec;
use syntax::{ExprId, ExprKind, IdentId, List};
use types::{Member, ObjectId, ObjectKind, Selected, Signature, Type, TypeId};

use crate::{
    func::FnCx,
    value::{Address, Place, Val},
};

/// Offset of the code pointers in a method table (`abi.ITab.Fun`), and of the concrete type.
pub(crate) const ITAB_FUN: i64 = 24;
pub(crate) const ITAB_TYPE: i64 = 8;

/// The code that a call goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Code {
    /// At a symbol.
    Symbol(Symbol),
    /// At an address; from a method table.
    Pointer(ValueId),
    /// In word 0 of a closure object.
    Closure(ValueId),
}

/// A callee with its receiver evaluated.
pub(crate) struct Callee {
    pub(crate) code: Code,
    /// The scalars of the receiver, or its address, with its type; none for functions and closures.
    pub(crate) receiver: Option<(Val, TypeId)>,
    /// The signature without receiver, without type parameters.
    pub(crate) signature: TypeId,
}

impl FnCx<'_, '_, '_> {
    /// The value of a call (or conversion) that has one.
    pub(crate) fn call_value(&mut self, id: ExprId) -> Val {
        let mut vals = self.call(id);
        vals.pop().map_or_else(|| Val::Scalars(SmallVec::new()), |(val, _)| val)
    }

    /// Evaluates a call, conversion or use of a builtin: its results with their types.
    pub(crate) fn call(&mut self, id: ExprId) -> Vec<(Val, TypeId)> {
        let tree = self.src.tree;
        let id = tree.unparen(id);
        if let Some(results) = self.early.take(id) {
            return results;
        }
        let ExprKind::Call { fun, args, has_dots } = tree[id].kind else { unreachable!("a call") };
        let pos = tree[id].pos;
        self.units_of_call(fun, args);
        if self.is_type(fun) {
            let to = self.type_of(id);
            let val = self.conversion(tree[args][0], to, pos);
            return vec![(val, to)];
        }
        if let Some(builtin) = self.builtin_of(fun) {
            return self.builtin(id, builtin, args, has_dots);
        }
        if let Some(results) = self.intrinsic_call(id, fun, args) {
            return results;
        }
        let callee = self.callee(fun, pos);
        let args = self.arguments(args, callee.signature, has_dots);
        self.at(pos);
        self.emit_call(&callee, &args)
    }

    /// The predeclared function that an expression names.
    pub(crate) fn builtin_of(&self, fun: ExprId) -> Option<types::Builtin> {
        let tree = self.src.tree;
        let ident = match tree[tree.unparen(fun)].kind {
            ExprKind::Name(ident) | ExprKind::Selector { sel: ident, .. } => ident,
            _ => return None,
        };
        match self.types.object(self.object_of(ident)?).kind {
            ObjectKind::Builtin(builtin) => Some(builtin),
            _ => None,
        }
    }

    // ---- the callee --------------------------------------------------------------------------------------------------

    /// Evaluates what is called; `pos` is that of the call.
    pub(crate) fn callee(&mut self, fun: ExprId, pos: Pos) -> Callee {
        let tree = self.src.tree;
        let fun = tree.unparen(fun);
        let signature = self.type_of(fun);
        if let Some((object, ident)) = self.static_func(fun) {
            let args = self.args_of(ident);
            let symbol = self.unit.func(object, &args);
            return Callee { code: Code::Symbol(symbol), receiver: None, signature };
        }
        match tree[fun].kind {
            ExprKind::Selector { x, sel }
                if self.src.info.selections.contains_key(&fun) && !self.is_type(x) =>
            {
                self.method_callee(fun, x, sel, signature, pos)
            }
            ExprKind::Index { x, .. } if self.is_method_selector(tree.unparen(x)) => {
                let ExprKind::Selector { x: operand, sel } = tree[tree.unparen(x)].kind else {
                    unreachable!("a selector")
                };
                self.method_callee(fun, operand, sel, signature, pos)
            }
            _ => {
                let closure = self.scalar(fun);
                Callee { code: Code::Closure(closure), receiver: None, signature }
            }
        }
    }

    /// A method with explicit type arguments: `x.m[T]`.
    fn is_method_selector(&self, x: ExprId) -> bool {
        let ExprKind::Selector { x: operand, sel } = self.src.tree[x].kind else { return false };
        self.src.info.selections.contains_key(&x)
            && !self.is_type(operand)
            && !matches!(self.select(self.type_of(operand), sel).member, Member::Field { .. })
    }

    /// The declared function that an expression names, with the identifier that carries its type arguments.
    pub(crate) fn static_func(&self, fun: ExprId) -> Option<(ObjectId, IdentId)> {
        let tree = self.src.tree;
        let ident = match tree[tree.unparen(fun)].kind {
            ExprKind::Name(ident) => ident,
            ExprKind::Selector { sel, .. } if !self.src.info.selections.contains_key(&tree.unparen(fun)) => {
                sel
            }
            ExprKind::Index { x, .. } => {
                return self.static_func(x).filter(|(_, ident)| !self.args_of(*ident).is_empty());
            }
            _ => return None,
        };
        let object = self.object_of(ident)?;
        matches!(self.types.object(object).kind, ObjectKind::Func(_)).then_some((object, ident))
    }

    fn method_callee(&mut self, fun: ExprId, x: ExprId, sel: IdentId, signature: TypeId, pos: Pos) -> Callee {
        let x_ty = self.type_of(x);
        let selected = self.select(x_ty, sel);
        self.at(self.src.tree[fun].pos);
        match selected.member {
            Member::Field { .. } => {
                let closure = self.scalar(fun);
                Callee { code: Code::Closure(closure), receiver: None, signature }
            }
            Member::Method { object, owner, .. } => {
                let (receiver, receiver_ty) = self.receiver(x, x_ty, &selected);
                let own_args = self.args_of(sel);
                let symbol = self.method_symbol(object, owner, &own_args);
                Callee { code: Code::Symbol(symbol), receiver: Some((receiver, receiver_ty)), signature }
            }
            Member::InterfaceMethod { owner, index } => {
                let (val, iface_ty) = self.operand_through(x, x_ty, &selected);
                debug_assert!(self.types.as_interface(iface_ty).is_some());
                self.at(pos);
                self.interface_callee(&val, owner, index as usize, signature)
            }
        }
    }

    /// The symbol of a method of a declared type or of an instance.
    pub(crate) fn method_symbol(&mut self, object: ObjectId, owner: TypeId, own_args: &[TypeId]) -> Symbol {
        let owner = self.types.canonical(owner);
        let mut args: Vec<TypeId> =
            self.types.type_args(owner).iter().map(|&arg| self.types.canonical(arg)).collect();
        args.extend_from_slice(own_args);
        self.unit.func(object, &args)
    }

    /// Method number `index` of an interface value.
    pub(crate) fn interface_callee(
        &mut self,
        val: &Val,
        interface: TypeId,
        index: usize,
        signature: TypeId,
    ) -> Callee {
        let name = crate::methods::interface_methods(self.types, interface)[index].name.symbol;
        let &[tab, data] = val.scalars() else { unreachable!("an interface has two scalars") };
        self.unit.out.called_methods.push(name);
        self.b.nil_check(tab);
        let slot = Address { base: tab, offset: ITAB_FUN + 8 * index as i64, barrier: false };
        let code = self.load(slot, IrType::Ptr);
        Callee {
            code: Code::Pointer(code),
            receiver: Some((Val::one(data), TypeId::UNSAFE_POINTER)),
            signature,
        }
    }

    /// The operand of a selection after following the embedded fields on the way.
    fn operand_through(&mut self, x: ExprId, x_ty: TypeId, selected: &Selected) -> (Val, TypeId) {
        let Some((&last, path)) = selected.path.split_last() else { return (self.expr(x), x_ty) };
        if let Some(mut place) = self.lazy_operand(x) {
            let mut ty = x_ty;
            for &step in path.iter().chain([&last]) {
                (place, ty) = self.step_place(place, ty, step as usize);
            }
            return (self.read(&place, ty), ty);
        }
        let (mut val, mut ty) = (self.expr(x), x_ty);
        for &step in path.iter().chain([&last]) {
            (val, ty) = self.step_val(val, ty, step as usize);
        }
        (val, ty)
    }

    /// The receiver of a declared method: `x` or what is embedded in it, its address, or what it points to.
    fn receiver(&mut self, x: ExprId, x_ty: TypeId, selected: &Selected) -> (Val, TypeId) {
        let Member::Method { object, .. } = selected.member else { unreachable!("a declared method") };
        let wants_pointer =
            self.types.object(object).as_func().is_some_and(|func| func.has_pointer_receiver());
        if wants_pointer && let Some(addr) = self.receiver_address(x, x_ty, selected) {
            return (Val::one(addr), TypeId::UNSAFE_POINTER);
        }
        let (val, ty) = self.operand_through(x, x_ty, selected);
        if !wants_pointer && let Some(elem) = self.types.as_pointer(ty) {
            let elem = self.types.canonical(elem);
            let at = self.settle(&Place::Deref(Address::heap(val.scalar())), elem);
            return (self.load_val(at, elem), elem);
        }
        (val, ty)
    }

    /// The address of the operand of a pointer-receiver method, when the operand is not a pointer itself.
    fn receiver_address(&mut self, x: ExprId, x_ty: TypeId, selected: &Selected) -> Option<ValueId> {
        if selected.path.is_empty() && self.types.as_pointer(x_ty).is_some() {
            return None;
        }
        let (mut place, mut ty) = match self.lazy_operand(x) {
            Some(place) => (place, x_ty),
            None if self.types.as_pointer(x_ty).is_some() => {
                // The embedded fields behind a computed pointer.
                let ptr = self.scalar(x);
                let elem = self.types.as_pointer(x_ty).expect("just seen");
                (Place::Deref(Address::heap(ptr)), self.types.canonical(elem))
            }
            None => return None,
        };
        for &step in &selected.path {
            (place, ty) = self.step_place(place, ty, step as usize);
        }
        if self.types.as_pointer(ty).is_some() {
            return Some(self.read(&place, ty).scalar());
        }
        Some(self.address(&place, ty))
    }

    // ---- arguments ---------------------------------------------------------------------------------------------------

    /// Evaluates arguments and converts them to the types of the parameters.
    pub(crate) fn arguments(&mut self, args: List<ExprId>, signature: TypeId, has_dots: bool) -> Vec<Val> {
        let tree = self.src.tree;
        let signature = self.types.as_signature(signature).expect("the callee is a function");
        let args = &tree[args];
        if let [only] = args
            && self.is_multi_value(*only)
        {
            let vals = self.call(*only);
            return self.spread(vals, signature);
        }
        let n_params = signature.params.len();
        let n_fixed = if signature.variadic && !has_dots { n_params - 1 } else { n_params };
        let mut vals = Vec::with_capacity(n_params);
        for (&arg, param) in args.iter().zip(&signature.params[..n_fixed]) {
            let ty = self.types.canonical(param.ty);
            let val = self.expr_as(arg, ty);
            vals.push(self.keep(val, ty));
        }
        if n_fixed < n_params {
            let slice_ty = self.types.canonical(signature.params[n_fixed].ty);
            let elem = self.slice_elem(slice_ty);
            let rest = args[n_fixed..].iter().map(|&arg| self.expr_as(arg, elem)).collect::<Vec<_>>();
            vals.push(self.pack(rest, slice_ty));
        }
        vals
    }

    /// Whether an expression is a call with several results.
    pub(crate) fn is_multi_value(&self, expr: ExprId) -> bool {
        let is_call = matches!(self.src.tree[self.src.tree.unparen(expr)].kind, ExprKind::Call { .. });
        is_call
            && self
                .src
                .info
                .type_of(expr)
                .is_some_and(|ty| matches!(self.types.get(ty), Type::Tuple(elems) if elems.len() != 1))
    }

    /// The results of one call as the arguments of another.
    fn spread(&mut self, vals: Vec<(Val, TypeId)>, signature: &Signature) -> Vec<Val> {
        let n_fixed = if signature.variadic { signature.params.len() - 1 } else { signature.params.len() };
        let mut args = Vec::with_capacity(signature.params.len());
        let mut rest = Vec::new();
        for (idx, (val, from)) in vals.into_iter().enumerate() {
            if idx < n_fixed {
                let to = self.types.canonical(signature.params[idx].ty);
                args.push(self.assign_convert(val, from, to));
            } else {
                let to = self.slice_elem(signature.params[n_fixed].ty);
                rest.push(self.assign_convert(val, from, to));
            }
        }
        if signature.variadic {
            let slice_ty = self.types.canonical(signature.params[n_fixed].ty);
            args.push(self.pack(rest, slice_ty));
        }
        args
    }

    /// The element type of a slice type.
    pub(crate) fn slice_elem(&self, slice: TypeId) -> TypeId {
        match self.types.under(slice) {
            Type::Slice(elem) => self.types.canonical(*elem),
            other => unreachable!("{other:?} is not a slice"),
        }
    }

    /// The slice that a variadic function gets for its last arguments; nil without any.
    fn pack(&mut self, vals: Vec<Val>, slice_ty: TypeId) -> Val {
        if vals.is_empty() {
            return self.zero(slice_ty);
        }
        let elem = self.slice_elem(slice_ty);
        let kept: Vec<(Val, TypeId)> = vals.into_iter().map(|val| self.kept(val, elem)).collect();
        let stored = kept[0].1;
        let array = self.types.canonical(self.types.array(kept.len() as i64, stored));
        let data = self.new_object(array);
        let n_bytes = self.shape(stored).n_bytes;
        for (idx, (val, _)) in kept.iter().enumerate() {
            self.store_val(Address::heap(data).plus(idx as u64 * n_bytes), stored, val);
        }
        let len = self.int(kept.len() as i64);
        Val::many(&[data, len, len])
    }

    /// An operand as it is kept in memory for a call. Where there is `//go:uintptrescapes` a `uintptr` keeps alive what it
    /// points to; elsewhere it does no harm.
    pub(crate) fn kept(&mut self, val: Val, ty: TypeId) -> (Val, TypeId) {
        if ty != TypeId::UINTPTR {
            return (val, ty);
        }
        let pointer = self.b.convert(Op::IntToPtr, IrType::Ptr, val.scalar());
        (Val::one(pointer), TypeId::UNSAFE_POINTER)
    }

    // ---- the call ----------------------------------------------------------------------------------------------------

    /// Calls with evaluated arguments, which are of the parameters' types.
    pub(crate) fn emit_call(&mut self, callee: &Callee, args: &[Val]) -> Vec<(Val, TypeId)> {
        let signature = self.types.as_signature(callee.signature).expect("the callee is a function");
        let mut operands: Vec<ValueId> = Vec::new();
        match callee.code {
            Code::Pointer(code) => operands.push(code),
            Code::Closure(closure) => {
                self.b.nil_check(closure);
                operands.push(closure);
            }
            Code::Symbol(_) => {}
        }
        if let Some((receiver, ty)) = &callee.receiver {
            self.push_operand(&mut operands, receiver.clone(), *ty);
        }
        let areas = self.result_areas(signature, &mut operands);
        for (val, param) in args.iter().zip(&signature.params) {
            self.push_operand(&mut operands, val.clone(), param.ty);
        }
        let result_types = self.result_types(signature);
        let inst = match callee.code {
            Code::Symbol(symbol) => match abi::RtFn::from_symbol(symbol.as_str()) {
                Some(function) => return self.call_rust(function, &operands, signature),
                None => self.b.call(symbol, &operands, &result_types),
            },
            Code::Pointer(_) => self.b.call_value(Op::CallIndirect, &operands, &result_types),
            Code::Closure(_) => self.b.call_value(Op::CallClosure, &operands, &result_types),
        };
        self.keep_converted(&operands);
        let mut scalars = self.b.func.results(inst);
        let mut areas = areas.into_iter();
        let mut results = Vec::with_capacity(signature.results.len());
        for result in &signature.results {
            let ty = self.types.canonical(result.ty);
            let shape = self.shape(ty);
            let val = if shape.is_memory() {
                Val::Memory { addr: areas.next().expect("an area per memory result"), owned: true }
            } else {
                Val::Scalars(scalars.by_ref().take(shape.scalars().len()).collect())
            };
            results.push((val, ty));
        }
        results
    }

    /// Package unsafe, rule 4: what a pointer points to, of which an argument is the address as an integer, lives until
    /// the call returns. Where the callee does not ask for it, it does no harm.
    fn keep_converted(&mut self, operands: &[ValueId]) {
        for &operand in operands {
            let Some(inst) = self.b.func.def_inst(operand) else { continue };
            if self.b.func.inst(inst).op == Op::PtrToInt {
                let pointer = self.b.func.args(inst)[0];
                self.b.emit(Inst::new(Op::KeepAlive, IrType::Ptr), &[pointer]);
            }
        }
    }

    /// Adds a value to the operands of a call.
    pub(crate) fn push_operand(&mut self, operands: &mut Vec<ValueId>, val: Val, ty: TypeId) {
        match self.keep(val, ty) {
            Val::Scalars(scalars) => operands.extend(scalars),
            Val::Memory { addr, .. } => operands.push(addr),
        }
    }

    /// Memory for the results of memory types, whose addresses are operands.
    fn result_areas(&mut self, signature: &Signature, operands: &mut Vec<ValueId>) -> SmallVec<[ValueId; 1]> {
        let mut areas = SmallVec::new();
        for result in &signature.results {
            let shape = self.shape(result.ty);
            if shape.is_memory() {
                areas.push(self.temp_zeroed(&shape).base);
            }
        }
        operands.extend_from_slice(&areas);
        areas
    }

    /// The machine types of the results that are returned as scalars.
    pub(crate) fn result_types(&mut self, signature: &Signature) -> Vec<IrType> {
        let mut types = Vec::new();
        for result in &signature.results {
            let shape = self.shape(result.ty);
            types.extend(shape.scalars().iter().map(|scalar| scalar.ty));
        }
        types
    }

    /// Calls a Rust function that a Go declaration without body stands for: its words are 64 bits wide.
    fn call_rust(
        &mut self,
        function: abi::RtFn,
        operands: &[ValueId],
        signature: &Signature,
    ) -> Vec<(Val, TypeId)> {
        let words = function.signature().params;
        debug_assert_eq!(
            words.len(),
            operands.len(),
            "{} is declared with other parameters",
            function.symbol()
        );
        let mut args = Vec::with_capacity(operands.len());
        let mut tys = signature
            .params
            .iter()
            .flat_map(|param| {
                let n_scalars = self.unit.shape(param.ty).scalars().len();
                std::iter::repeat_n(param.ty, n_scalars)
            })
            .collect::<Vec<_>>()
            .into_iter();
        for (&operand, &word) in operands.iter().zip(words) {
            let ty = tys.next().expect("a parameter per operand");
            args.push(self.widen_word(operand, word, ty));
        }
        let mut words = self.rust(function, &args).into_iter();
        let mut results = Vec::new();
        for result in &signature.results {
            let ty = self.types.canonical(result.ty);
            let shape = self.shape(ty);
            let scalars = shape.scalars().iter().map(|scalar| {
                let word = words.next().expect("a word per result");
                self.narrow_word(word, scalar.ty)
            });
            results.push((Val::Scalars(scalars.collect()), ty));
        }
        if self.b.current().is_none() {
            self.ensure_block();
        }
        results
    }

    pub(crate) fn widen_word(&mut self, value: ValueId, word: abi::Word, ty: TypeId) -> ValueId {
        match (word, self.b.func.ty(value)) {
            (abi::Word::Ptr, IrType::I64) => self.b.convert(Op::IntToPtr, IrType::Ptr, value),
            (abi::Word::Int, IrType::Ptr) => self.b.convert(Op::PtrToInt, IrType::I64, value),
            (abi::Word::Int, from) if from != IrType::I64 => {
                let is_unsigned = self.is_unsigned(ty) || from == IrType::I8;
                self.extend(value, is_unsigned)
            }
            _ => value,
        }
    }

    pub(crate) fn narrow_word(&mut self, value: ValueId, to: IrType) -> ValueId {
        match (self.b.func.ty(value), to) {
            (from, to) if from == to => value,
            (IrType::I64, IrType::Ptr) => self.b.convert(Op::IntToPtr, to, value),
            (IrType::Ptr, IrType::I64) => self.b.convert(Op::PtrToInt, to, value),
            _ => self.b.convert(Op::Ireduce, to, value),
        }
    }
}

/// The machine signature of a function: see the convention above. `leading` are the scalars of the closure or receiver.
pub(crate) fn machine_signature(
    unit: &mut crate::unit::Unit<'_>,
    signature: &Signature,
    leading: &[IrType],
) -> ir::Signature {
    let mut params = leading.to_vec();
    let mut results = Vec::new();
    for result in &signature.results {
        let shape = unit.shape(result.ty);
        match &shape.scalars {
            Some(scalars) => results.extend(scalars.iter().map(|scalar| scalar.ty)),
            None => params.push(IrType::Ptr),
        }
    }
    for param in &signature.params {
        params.extend(passed_as(unit, param.ty));
    }
    ir::Signature { params, results }
}

/// The machine types of a parameter.
pub(crate) fn passed_as(unit: &mut crate::unit::Unit<'_>, ty: TypeId) -> SmallVec<[IrType; 4]> {
    match &unit.shape(ty).scalars {
        Some(scalars) => scalars.iter().map(|scalar| scalar.ty).collect(),
        None => SmallVec::from_slice(&[IrType::Ptr]),
    }
}
