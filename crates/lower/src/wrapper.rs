//! Small functions that adapt one way of calling to another.
//!
//! | wrapper | is called with | calls |
//! |---|---|---|
//! | [`Wrapper::Intrinsic`] | the operands | instructions |
//! | [`Wrapper::Word`] | the data word of an interface | a method, maybe of an embedded field |
//! | [`Wrapper::Expr`] | the receiver as first parameter | the same |
//! | [`Wrapper::Bound`], [`Wrapper::BoundPointer`] | a closure that holds the receiver | a method |
//! | [`Wrapper::Later`], `LaterPointer`, `LaterClosure`, `LaterBuiltin` | a closure that holds all operands | anything |
//! | [`Wrapper::FuncValue`], [`Wrapper::ExprValue`] | a closure that holds nothing | a function, a method expression |
//!
//! Wherever the stack allows it the call replaces the wrapper's frame: then `recover` in a deferred function sees that it is
//! called by what runs deferred calls, and tracebacks do not show wrappers.

use std::rc::Rc;

use base::Symbol;
use ir::{FnAttrs, Function, IntCond, Type as IrType, ValueId};
use types::{Builtin, Lookup, Member, MemberName, Selected, Signature, TypeId};

use crate::{
    call::{Callee, Code, machine_signature, passed_as},
    entry::{Scope, with_cx},
    facts::VarFacts,
    func::{FnCx, Subst},
    methods::{is_direct_iface, method_index},
    names::{Style, type_name},
    unit::Unit,
    value::{Address, MapPlace, Place, Val},
};

/// Ends the symbol of a method expression's code.
const EXPR_SUFFIX: &str = "·expr";

/// A wrapper to be made.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Wrapper {
    /// The code of a function whose calls are instructions, for where its address is taken.
    Intrinsic { code: Symbol, signature: TypeId },
    /// Code for a method table.
    Word { receiver: TypeId, name: MemberName },
    /// A method expression, or `reflect`'s function for a method.
    Expr { receiver: TypeId, name: MemberName, own_args: Vec<TypeId> },
    /// A method value whose code is known.
    Bound { code: Symbol, receiver: TypeId, signature: TypeId },
    /// A method value of an interface value: the closure holds the code too.
    BoundPointer { signature: TypeId },
    /// `go` or `defer` of known code.
    Later { code: Symbol, receiver: Option<TypeId>, signature: TypeId },
    /// `go` or `defer` of a method of an interface value.
    LaterPointer { signature: TypeId },
    /// `go` or `defer` of a func value.
    LaterClosure { signature: TypeId },
    /// `go` or `defer` of a predeclared function.
    LaterBuiltin { builtin: Builtin, operands: Vec<TypeId> },
    /// A declared function as a func value.
    FuncValue { code: Symbol, signature: TypeId },
    /// A method expression as a func value; its code wants the receiver first.
    ExprValue { code: Symbol, receiver: TypeId, signature: TypeId },
}

impl Wrapper {
    /// The linker's name.
    pub(crate) fn symbol(&self, unit: &Unit<'_>) -> Symbol {
        let name = |ty: TypeId| type_name(unit.types, unit.types.canonical(ty), Style::Link);
        let member = |member: &MemberName| match member.package {
            Some(package) => {
                format!("{}.{}", unit.types.package(package).path.as_str(), member.symbol.as_str())
            }
            None => member.symbol.as_str().to_owned(),
        };
        let text = match self {
            Wrapper::Intrinsic { code, .. } => return *code,
            Wrapper::Word { receiver, name: method } => {
                format!("{}.{}·word", name(*receiver), member(method))
            }
            Wrapper::Expr { receiver, name: method, own_args } => {
                let args = crate::names::arguments(unit.types, own_args);
                format!("{}.{}{args}{EXPR_SUFFIX}", name(*receiver), member(method))
            }
            Wrapper::Bound { code, .. } => format!("{}-fm", code.as_str()),
            Wrapper::BoundPointer { signature } => format!("bound:{}", name(*signature)),
            Wrapper::Later { code, .. } => format!("{}·later", code.as_str()),
            Wrapper::LaterPointer { signature } => format!("later:method:{}", name(*signature)),
            Wrapper::LaterClosure { signature } => format!("later:closure:{}", name(*signature)),
            Wrapper::LaterBuiltin { builtin, operands } => {
                let operands: Vec<String> = operands.iter().map(|&ty| name(ty)).collect();
                format!("later:{builtin:?}:{}", operands.join(","))
            }
            Wrapper::FuncValue { code, .. } => format!("{}·fn", code.as_str()),
            Wrapper::ExprValue { code, .. } => format!("{}·efn", code.as_str()),
        };
        Symbol::intern(&text)
    }
}

/// A scope for code that comes from no file.
pub(crate) fn no_scope<'p>(unit: &Unit<'p>) -> Scope<'p> {
    let src = unit.shared.program.source(0, 0);
    Scope { src, subst: Rc::new(Subst::default()), facts: Rc::new(VarFacts::default()) }
}

/// Makes the code of a wrapper.
pub(crate) fn lower_wrapper(unit: &mut Unit<'_>, wrapper: &Wrapper, name: Symbol) {
    let signature = wrapper_signature(unit, wrapper);
    let mut function = Function::new(name, signature);
    function.attrs = FnAttrs::WRAPPER | FnAttrs::DUP_OK;
    if !matches!(wrapper, Wrapper::Word { .. } | Wrapper::Expr { .. } | Wrapper::Intrinsic { .. }) {
        function.attrs |= FnAttrs::CLOSURE;
    }
    let scope = no_scope(unit);
    // In tracebacks and for `runtime.FuncForPC` a func value is the function itself.
    let display = match wrapper {
        Wrapper::ExprValue { code, receiver, .. } => displayed_method(unit, *code, *receiver),
        Wrapper::Expr { receiver, .. } => displayed_method(unit, name, *receiver),
        Wrapper::FuncValue { code, .. } => displayed(*code),
        _ => name,
    };
    function.display = display;
    let function = with_cx(unit, scope, function, (name, display), |cx| cx.wrapper_body(wrapper));
    unit.out.funcs.push(function);
}

/// The name of a method expression, from its symbol: Go's for the method of the receiver's type, `p.(*T).m`.
fn displayed_method(unit: &Unit<'_>, code: Symbol, receiver: TypeId) -> Symbol {
    let Some(text) = code.as_str().strip_suffix(EXPR_SUFFIX) else { return displayed(code) };
    let receiver = type_name(unit.types, unit.types.canonical(receiver), Style::Link);
    let member = text.strip_prefix(receiver.as_str()).unwrap_or(text);
    let member = member.split_once('[').map_or(member, |(member, _)| member);
    let method = member.rsplit_once('.').map_or(member, |(_, method)| method);
    let is_declared = |name: &str| !name.starts_with(['*', '[', '(']) && !name.contains([' ', '{']);
    let receiver = match receiver.strip_prefix('*').filter(|name| is_declared(name)) {
        Some(name) => {
            let path_end = name.split('[').next().and_then(|head| head.rfind('/')).unwrap_or(0);
            let dot = name[path_end..].find('.').map_or(path_end, |at| path_end + at + 1);
            format!("{}(*{})", &name[..dot], &name[dot..])
        }
        None => receiver.to_string(),
    };
    displayed(Symbol::intern(&format!("{receiver}.{method}")))
}

/// The name of a function in a traceback, from its symbol: type arguments are `[...]`.
fn displayed(code: Symbol) -> Symbol {
    let name = code.as_str();
    match (name.find('['), name.rfind(']')) {
        (Some(open), Some(close)) if open < close => {
            Symbol::intern(&format!("{}[...]{}", &name[..open], &name[close + 1..]))
        }
        _ => code,
    }
}

fn wrapper_signature(unit: &mut Unit<'_>, wrapper: &Wrapper) -> ir::Signature {
    let types = unit.types;
    let of = |ty: TypeId| types.as_signature(ty).expect("a function type");
    match wrapper {
        Wrapper::Intrinsic { signature, .. } => machine_signature(unit, of(*signature), &[]),
        Wrapper::Word { receiver, name } => {
            let signature = method_signature(unit, *receiver, *name, &[]);
            machine_signature(unit, of(signature), &[IrType::Ptr])
        }
        Wrapper::Expr { receiver, name, own_args } => {
            let signature = method_signature(unit, *receiver, *name, own_args);
            let leading = passed_as(unit, *receiver);
            machine_signature(unit, of(signature), &leading)
        }
        Wrapper::Bound { signature, .. }
        | Wrapper::BoundPointer { signature }
        | Wrapper::FuncValue { signature, .. }
        | Wrapper::ExprValue { signature, .. } => machine_signature(unit, of(*signature), &[IrType::Ptr]),
        Wrapper::Later { .. }
        | Wrapper::LaterPointer { .. }
        | Wrapper::LaterClosure { .. }
        | Wrapper::LaterBuiltin { .. } => ir::Signature { params: vec![IrType::Ptr], results: Vec::new() },
    }
}

/// A method of a type, with the way to it.
fn find_method(unit: &Unit<'_>, receiver: TypeId, name: MemberName) -> Selected {
    match unit.types.lookup_method_of(receiver, name) {
        Lookup::Found(selected) => selected,
        other => {
            let receiver = type_name(unit.types, receiver, Style::Link);
            unreachable!("{receiver} has a method {}: {other:?}", name.symbol.as_str())
        }
    }
}

/// The signature of a method, without its receiver.
pub(crate) fn method_signature(
    unit: &Unit<'_>,
    receiver: TypeId,
    name: MemberName,
    own_args: &[TypeId],
) -> TypeId {
    let selected = find_method(unit, receiver, name);
    let ty = unit.types.member_type(selected.member).expect("a checked method has a type");
    let ty = if own_args.is_empty() { ty } else { unit.types.instantiate_signature(ty, own_args) };
    unit.types.canonical(ty)
}

/// The type of a method expression: the receiver is the first parameter.
pub(crate) fn method_expr_type(unit: &Unit<'_>, receiver: TypeId, name: MemberName) -> TypeId {
    let signature = method_signature(unit, receiver, name, &[]);
    let signature = unit.types.as_signature(signature).expect("a method has a signature");
    let params = std::iter::once(receiver).chain(signature.params.iter().map(|param| param.ty));
    let params: Vec<TypeId> = params.collect();
    let results: Vec<TypeId> = signature.results.iter().map(|result| result.ty).collect();
    unit.types.canonical(unit.types.func(&params, &results, signature.variadic))
}

impl FnCx<'_, '_, '_> {
    fn wrapper_body(&mut self, wrapper: &Wrapper) {
        let params = self.b.params(self.b.func.entry()).to_vec();
        match wrapper {
            Wrapper::Intrinsic { code, signature } => self.intrinsic_body(*code, *signature, &params),
            Wrapper::Word { receiver, name } => self.word_wrapper(*receiver, *name, &params),
            Wrapper::Expr { receiver, name, own_args } => {
                self.expr_wrapper(*receiver, *name, own_args, &params)
            }
            Wrapper::Bound { code, receiver, .. } => {
                let mut parts = self.closure_parts(params[0], &[*receiver]);
                let receiver_val = parts.remove(0);
                self.forward(Code::Symbol(*code), Some((receiver_val, *receiver)), &params[1..]);
            }
            Wrapper::BoundPointer { .. } => {
                let parts = self.closure_parts(params[0], &[TypeId::UINTPTR, TypeId::UNSAFE_POINTER]);
                let code = self.b.convert(ir::Op::IntToPtr, IrType::Ptr, parts[0].scalar());
                let receiver = Some((parts[1].clone(), TypeId::UNSAFE_POINTER));
                self.forward(Code::Pointer(code), receiver, &params[1..]);
            }
            Wrapper::FuncValue { code, .. } => self.forward(Code::Symbol(*code), None, &params[1..]),
            Wrapper::ExprValue { code, receiver, signature } => {
                self.expr_value(*code, *receiver, *signature, &params[1..])
            }
            Wrapper::Later { code, receiver, signature } => {
                let tys: Vec<TypeId> = receiver.iter().copied().chain(self.param_types(*signature)).collect();
                let mut parts = self.closure_parts(params[0], &tys);
                let receiver_val = receiver.map(|ty| (parts.remove(0), ty));
                self.call_now(
                    Callee { code: Code::Symbol(*code), receiver: receiver_val, signature: *signature },
                    &parts,
                );
            }
            Wrapper::LaterPointer { signature } => self.later_pointer(params[0], *signature),
            Wrapper::LaterClosure { signature } => self.later_closure(params[0], *signature),
            Wrapper::LaterBuiltin { builtin, operands } => self.later_builtin(params[0], *builtin, operands),
        }
    }

    fn param_types(&self, signature: TypeId) -> Vec<TypeId> {
        let signature = self.types.as_signature(signature).expect("a function type");
        signature.params.iter().map(|param| self.types.canonical(param.ty)).collect()
    }

    // ---- methods ---------------------------------------------------------------------------------------------------------

    fn word_wrapper(&mut self, receiver: TypeId, name: MemberName, params: &[ValueId]) {
        let word = params[0];
        let place = if is_direct_iface(self.unit, receiver) {
            let val = self.unbox(word, receiver);
            self.place_of_val(val)
        } else {
            // The value that an interface holds never changes.
            Place::Memory(Address::side(word))
        };
        self.method_wrapper(place, receiver, name, &[], &params[1..]);
    }

    fn expr_wrapper(&mut self, receiver: TypeId, name: MemberName, own_args: &[TypeId], params: &[ValueId]) {
        let shape = self.shape(receiver);
        let (val, rest) = match &shape.scalars {
            Some(scalars) => {
                let (values, rest) = params.split_at(scalars.len());
                (Val::many(values), rest)
            }
            None => (Val::Memory { addr: params[0], owned: true }, &params[1..]),
        };
        let place = self.place_of_val(val);
        self.method_wrapper(place, receiver, name, own_args, rest);
    }

    /// Calls the code of a method expression, which wants the receiver in front of the memory for results.
    fn expr_value(&mut self, code: Symbol, receiver: TypeId, signature: TypeId, params: &[ValueId]) {
        let signature = self.types.as_signature(signature).expect("a function type");
        let n_areas =
            signature.results.iter().filter(|result| self.unit.shape(result.ty).is_memory()).count();
        let (areas, rest) = params.split_at(n_areas);
        let (receiver, rest) = rest.split_at(passed_as(self.unit, receiver).len());
        self.forward(Code::Symbol(code), None, &[receiver, areas, rest].concat());
    }

    /// A value as a place, so that parts of it can be selected.
    fn place_of_val(&mut self, val: Val) -> Place {
        match val {
            Val::Memory { addr, .. } => Place::Memory(Address::side(addr)),
            Val::Scalars(scalars) => Place::Ssa(scalars.iter().map(|&value| self.new_var(value)).collect()),
        }
    }

    /// Calls the method of what is at a place, through embedded fields.
    fn method_wrapper(
        &mut self,
        place: Place,
        receiver: TypeId,
        name: MemberName,
        own_args: &[TypeId],
        rest: &[ValueId],
    ) {
        let selected = find_method(self.unit, receiver, name);
        let (mut place, mut ty) = (place, receiver);
        for &step in &selected.path {
            (place, ty) = self.step_place(place, ty, step as usize);
        }
        match selected.member {
            Member::InterfaceMethod { .. } => {
                let val = self.read(&place, ty);
                let index = method_index(self.types, ty, name);
                let callee = self.interface_callee(&val, ty, index, TypeId::INVALID);
                self.forward(callee.code, callee.receiver, rest);
            }
            Member::Method { object, owner, .. } => {
                let wants_pointer =
                    self.types.object(object).as_func().is_some_and(|func| func.has_pointer_receiver());
                let receiver = self.wrapped_receiver(&place, ty, wants_pointer, name);
                let code = self.method_symbol(object, owner, own_args);
                self.forward(Code::Symbol(code), Some(receiver), rest);
            }
            Member::Field { .. } => unreachable!("a method is wrapped"),
        }
    }

    fn wrapped_receiver(
        &mut self,
        place: &Place,
        ty: TypeId,
        wants_pointer: bool,
        name: MemberName,
    ) -> (Val, TypeId) {
        match (wants_pointer, self.types.as_pointer(ty)) {
            (true, Some(_)) => (self.read(place, ty), ty),
            (true, None) => (Val::one(self.address(place, ty)), TypeId::UNSAFE_POINTER),
            (false, Some(elem)) => {
                let elem = self.types.canonical(elem);
                let ptr = self.read(place, ty).scalar();
                self.check_value_method(ptr, elem, name);
                (self.load_val(Address::heap(ptr), elem), elem)
            }
            (false, None) => match self.read(place, ty) {
                // The wrapper's own memory, or a value in an interface: nobody writes it.
                Val::Memory { addr, .. } => (Val::Memory { addr, owned: true }, ty),
                val => (val, ty),
            },
        }
    }

    /// A value method called through a nil pointer has a panic of its own.
    fn check_value_method(&mut self, ptr: ValueId, elem: TypeId, name: MemberName) {
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        let is_nil = self.b.icmp_imm(IntCond::Eq, ptr, 0);
        self.b.br_if(is_nil, bad, good);
        self.b.func.set_cold(bad);
        self.enter(bad);
        let full = type_name(self.types, elem, Style::Reflect);
        let (package, ty) = full.split_once('.').unwrap_or(("", &full));
        let words = [package, ty, name.symbol.as_str()].map(|word| self.string(word.as_bytes()));
        let words = Self::flatten(&words);
        self.runtime_panic("panicwrap", &words);
        self.enter(good);
    }

    /// Calls with this wrapper's parameters behind the receiver, and returns what the callee returns.
    fn forward(&mut self, code: Code, receiver: Option<(Val, TypeId)>, rest: &[ValueId]) {
        let mut operands = Vec::new();
        if let Code::Pointer(code) = code {
            operands.push(code);
        }
        // A copy of the receiver is in this frame, which must stay then.
        let mut keeps_frame = false;
        if let Some((val, ty)) = receiver {
            keeps_frame = matches!(val, Val::Memory { owned: false, .. });
            self.push_operand(&mut operands, val, ty);
        }
        operands.extend_from_slice(rest);
        if keeps_frame {
            let results = self.b.func.sig.results.clone();
            let inst = match code {
                Code::Symbol(symbol) => self.b.call(symbol, &operands, &results),
                _ => self.b.call_value(ir::Op::CallIndirect, &operands, &results),
            };
            let results: Vec<ValueId> = self.b.func.results(inst).collect();
            self.b.ret(&results);
            return;
        }
        self.tail_call(code, &operands);
    }

    fn tail_call(&mut self, code: Code, operands: &[ValueId]) {
        let op = match code {
            Code::Symbol(symbol) => {
                self.b.tail_call(symbol, operands);
                return;
            }
            Code::Pointer(_) => ir::Op::TailCallIndirect,
            Code::Closure(_) => ir::Op::TailCallClosure,
        };
        self.b.terminate(ir::Inst::new(op, IrType::Ptr), operands, smallvec::SmallVec::new());
    }

    // ---- calls kept for later ----------------------------------------------------------------------------------------------

    fn later_pointer(&mut self, closure: ValueId, signature: TypeId) {
        let mut tys = vec![TypeId::UINTPTR, TypeId::UNSAFE_POINTER];
        tys.extend(self.param_types(signature));
        let parts = self.closure_parts(closure, &tys);
        let code = self.b.convert(ir::Op::IntToPtr, IrType::Ptr, parts[0].scalar());
        let receiver = Some((parts[1].clone(), TypeId::UNSAFE_POINTER));
        self.call_now(Callee { code: Code::Pointer(code), receiver, signature }, &parts[2..]);
    }

    fn later_closure(&mut self, closure: ValueId, signature: TypeId) {
        let mut tys = vec![TypeId::UNSAFE_POINTER];
        tys.extend(self.param_types(signature));
        let parts = self.closure_parts(closure, &tys);
        let code = Code::Closure(parts[0].scalar());
        self.call_now(Callee { code, receiver: None, signature }, &parts[1..]);
    }

    /// Makes the call; its results are dropped.
    fn call_now(&mut self, callee: Callee, args: &[Val]) {
        let signature: &Signature = self.types.as_signature(callee.signature).expect("a function type");
        let needs_frame = |cx: &mut Self, ty: TypeId| cx.shape(ty).is_memory();
        let is_rust =
            matches!(callee.code, Code::Symbol(code) if abi::RtFn::from_symbol(code.as_str()).is_some());
        let keeps_frame = is_rust
            || signature.params.iter().chain(&signature.results).any(|param| needs_frame(self, param.ty))
            || matches!(callee.receiver, Some((Val::Memory { .. }, _)));
        if keeps_frame {
            self.emit_call(&callee, args);
            self.ensure_block();
            self.b.ret(&[]);
            return;
        }
        let mut operands = Vec::new();
        match callee.code {
            Code::Pointer(code) => operands.push(code),
            Code::Closure(closure) => {
                self.b.nil_check(closure);
                operands.push(closure);
            }
            Code::Symbol(_) => {}
        }
        operands.extend(callee.receiver.iter().flat_map(|(val, _)| val.scalars().iter().copied()));
        operands.extend(Self::flatten(args));
        self.tail_call(callee.code, &operands);
    }

    fn later_builtin(&mut self, closure: ValueId, builtin: Builtin, operands: &[TypeId]) {
        let parts = self.closure_parts(closure, operands);
        let typed: Vec<(Val, TypeId)> = parts.iter().cloned().zip(operands.iter().copied()).collect();
        match builtin {
            Builtin::Close => {
                self.runtime("closechan", &[parts[0].scalar()], &[]);
            }
            Builtin::Delete => {
                let key = self.keep(parts[1].clone(), operands[1]);
                self.map_delete(&MapPlace { ty: operands[0], map: parts[0].scalar(), key });
            }
            Builtin::Panic => {
                self.runtime_panic("gopanic", parts[0].scalars());
                return;
            }
            Builtin::Print => self.print_values(&typed, false),
            Builtin::Println => self.print_values(&typed, true),
            Builtin::Clear => self.clear_value(&parts[0], operands[0]),
            Builtin::Copy => {
                self.copy_values(&parts[0], operands[0], &parts[1]);
            }
            Builtin::Recover => {
                // A goroutine that starts with it has no panic.
                if let [record] = &parts[..] {
                    self.runtime("deferredrecover", &[record.scalar()], &[]);
                }
            }
            other => unreachable!("{other:?} is not a statement"),
        }
        self.b.ret(&[]);
    }
}
