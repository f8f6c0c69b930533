//! Func values: function literals, method values and expressions, and the closures that `go` and `defer` call.
//! Spec: "Function literals", "Method values", "Go statements", "Defer statements".
//!
//! A closure object is a struct whose first word is the code pointer; what it captures follows:
//!
//! ```text
//!   +------+----------------+--------------------+
//!   | code | &x (by address) | y (by value) ...  |
//!   +------+----------------+--------------------+
//! ```
//!
//! Its type is an ordinary struct type, so the collector needs no special case.

use std::rc::Rc;

use base::Symbol;
use ir::{FnAttrs, Function, Type as IrType, ValueId};
use syntax::{ExprId, ExprKind, IdentId, StmtId};
use types::{Field, Member, MemberName, ObjectId, Selected, TypeId};

use crate::{
    call::{Callee, Code, machine_signature},
    func::{FnCx, Storage},
    value::{Address, Val},
    wrapper::Wrapper,
};

/// A variable that a closure shares with the functions around it.
#[derive(Clone, Copy)]
pub(crate) struct Capture {
    pub(crate) object: ObjectId,
    pub(crate) ty: TypeId,
    /// Whether the closure holds the variable's address, and not its value.
    pub(crate) by_address: bool,
}

impl<'p> FnCx<'_, '_, 'p> {
    // ---- closure objects -----------------------------------------------------------------------------------------------

    /// The struct type of a closure object that holds values of these types.
    pub(crate) fn closure_type(&self, captured: &[TypeId]) -> TypeId {
        let field = |(idx, ty): (usize, TypeId)| Field {
            name: MemberName { symbol: Symbol::intern(&format!("X{idx}")), package: None },
            ty,
            embedded: false,
            tag: Symbol::intern(""),
        };
        let tys = std::iter::once(TypeId::UINTPTR).chain(captured.iter().copied());
        let fields: Vec<Field> = tys.enumerate().map(field).collect();
        self.types.canonical(self.types.struct_type(fields))
    }

    /// A new closure object.
    pub(crate) fn new_closure(&mut self, code: Symbol, captured: &[(Val, TypeId)]) -> ValueId {
        let ty = self.type_of_closure(captured);
        let object = Address::heap(self.new_object(ty));
        self.fill_closure(object, ty, code, captured);
        object.base
    }

    /// The type of a closure object with these captured values.
    pub(crate) fn type_of_closure(&self, captured: &[(Val, TypeId)]) -> TypeId {
        let tys: Vec<TypeId> = captured.iter().map(|(_, ty)| *ty).collect();
        self.closure_type(&tys)
    }

    /// Writes a closure object of type `ty`.
    pub(crate) fn fill_closure(
        &mut self,
        object: Address,
        ty: TypeId,
        code: Symbol,
        captured: &[(Val, TypeId)],
    ) {
        let code = self.b.code_addr(code);
        self.b.store(code, object.base, object.offset, ir::MemFlags::NOTRAP, ir::Region::ANY);
        for (idx, (val, captured_ty)) in captured.iter().enumerate() {
            let (_, offset) = self.field(ty, idx + 1);
            self.store_val(object.plus(offset), *captured_ty, val);
        }
    }

    /// Reads what a closure object holds.
    pub(crate) fn closure_parts(&mut self, object: ValueId, tys: &[TypeId]) -> Vec<Val> {
        let ty = self.closure_type(tys);
        let mut vals = Vec::with_capacity(tys.len());
        for (idx, &part) in tys.iter().enumerate() {
            let (_, offset) = self.field(ty, idx + 1);
            vals.push(self.load_val(Address::heap(object).plus(offset), part));
        }
        vals
    }

    // ---- function literals ---------------------------------------------------------------------------------------------

    /// `func(...) ... { ... }`
    pub(crate) fn func_lit(&mut self, id: ExprId, ty: ExprId, body: StmtId) -> Val {
        let (code, captured) = self.literal_parts(id, ty, body);
        if captured.is_empty() {
            let object = self.unit.static_closure(code);
            return Val::one(self.b.data_addr(object, 0));
        }
        Val::one(self.new_closure(code, &captured))
    }

    /// The code of a function literal, and what it captures.
    pub(crate) fn literal_parts(
        &mut self,
        id: ExprId,
        ty: ExprId,
        body: StmtId,
    ) -> (Symbol, Vec<(Val, TypeId)>) {
        let objects = self.src.info.captures.get(&id).cloned().unwrap_or_default();
        let captures = self.captures(&objects);
        let signature = self.type_of(id);
        let name = self.literal_name();
        self.lower_literal(name, signature, ty, body, &captures);
        (name.0, captures.iter().map(|capture| self.capture_part(capture)).collect())
    }

    /// How each of some variables is captured.
    pub(crate) fn captures(&self, objects: &[ObjectId]) -> Vec<Capture> {
        let capture = |&object: &ObjectId| {
            let ty = self.object_type(object);
            Capture { object, ty, by_address: self.facts.needs_memory(object) }
        };
        objects.iter().filter(|object| self.vars.contains_key(object)).map(capture).collect()
    }

    /// The captured value or address, with the type of the closure's field.
    pub(crate) fn capture_part(&mut self, capture: &Capture) -> (Val, TypeId) {
        let place = self.variable(capture.object);
        if capture.by_address {
            let addr = self.address(&place, capture.ty);
            return (Val::one(addr), self.types.canonical(self.types.pointer(capture.ty)));
        }
        (self.read(&place, capture.ty), capture.ty)
    }

    /// The linker's name and the display name of the next literal: `outer.func1`, inside of that `outer.func1.1`.
    pub(crate) fn literal_name(&mut self) -> (Symbol, Symbol) {
        self.n_literals += 1;
        let is_nested = self.name.as_str().rsplit('.').next().is_some_and(is_literal_part);
        let number =
            if is_nested { format!(".{}", self.n_literals) } else { format!(".func{}", self.n_literals) };
        self.inner_name(&number)
    }

    /// The names of the body of the next loop over a function: `outer-range1`. Package `testing` knows this form.
    pub(crate) fn loop_body_name(&mut self) -> (Symbol, Symbol) {
        self.n_loop_bodies += 1;
        self.inner_name(&format!("-range{}", self.n_loop_bodies))
    }

    fn inner_name(&self, suffix: &str) -> (Symbol, Symbol) {
        let name = |outer: Symbol| Symbol::intern(&format!("{}{suffix}", outer.as_str()));
        (name(self.name), name(self.display))
    }

    /// Lowers the code of a literal as a function of its own.
    fn lower_literal(
        &mut self,
        (name, display): (Symbol, Symbol),
        signature: TypeId,
        ty: ExprId,
        body: StmtId,
        captures: &[Capture],
    ) {
        let ExprKind::FuncType { params, results } = self.src.tree[ty].kind else {
            unreachable!("a function type")
        };
        let frame =
            crate::entry::Frame { signature, recv: None, params, results, body, is_literal: true, captures };
        crate::entry::lower_code(self.unit, self.scope(), name, display, &frame);
    }

    /// What a function shares with the literals inside.
    pub(crate) fn scope(&self) -> crate::entry::Scope<'p> {
        crate::entry::Scope { src: self.src, subst: Rc::clone(&self.subst), facts: Rc::clone(&self.facts) }
    }

    /// Declares the captured variables in the code of a closure.
    pub(crate) fn bind_captures(&mut self, object: ValueId, captures: &[Capture]) {
        self.bind_captures_with(object, captures, &[], |_, _| {});
    }

    /// As `bind_captures`, for a closure that holds more: `rest` gets the values of these types.
    pub(crate) fn bind_captures_with(
        &mut self,
        object: ValueId,
        captures: &[Capture],
        more: &[(Val, TypeId)],
        rest: impl FnOnce(&mut Self, Vec<Val>),
    ) {
        let mut tys: Vec<TypeId> = captures
            .iter()
            .map(|capture| match capture.by_address {
                true => self.types.canonical(self.types.pointer(capture.ty)),
                false => capture.ty,
            })
            .collect();
        tys.extend(more.iter().map(|(_, ty)| *ty));
        let mut parts = self.closure_parts(object, &tys);
        let extra = parts.split_off(captures.len());
        for (capture, val) in captures.iter().zip(parts) {
            let storage = match (capture.by_address, &val) {
                (true, _) => self.memory_storage(val.scalar(), true),
                (false, Val::Memory { addr, .. }) => self.memory_storage(*addr, true),
                (false, Val::Scalars(scalars)) => {
                    let vars = scalars.iter().map(|&value| {
                        let var = self.b.declare_var(self.b.func.ty(value));
                        self.b.def_var(var, value);
                        var
                    });
                    Storage::Ssa(vars.collect())
                }
            };
            self.vars.insert(capture.object, storage);
        }
        rest(self, extra);
    }

    // ---- methods as values -----------------------------------------------------------------------------------------------

    /// `x.m` not called: a closure over the receiver.
    pub(crate) fn method_value(&mut self, id: ExprId, x: ExprId, sel: IdentId, selected: &Selected) -> Val {
        let signature = self.type_of(id);
        let callee = self.callee_of(id, x, sel, selected, signature);
        let Some((receiver, receiver_ty)) = callee.receiver.clone() else {
            unreachable!("a method has a receiver")
        };
        match callee.code {
            Code::Symbol(code) => {
                let code = self.unit.wrapper(Wrapper::Bound { code, receiver: receiver_ty, signature });
                let receiver = self.keep(receiver, receiver_ty);
                Val::one(self.new_closure(code, &[(receiver, receiver_ty)]))
            }
            Code::Pointer(method) => {
                let code = self.unit.wrapper(Wrapper::BoundPointer { signature });
                let method = self.b.convert(ir::Op::PtrToInt, IrType::I64, method);
                let parts = [(Val::one(method), TypeId::UINTPTR), (receiver, receiver_ty)];
                Val::one(self.new_closure(code, &parts))
            }
            Code::Closure(closure) => Val::one(closure),
        }
    }

    fn callee_of(
        &mut self,
        id: ExprId,
        _x: ExprId,
        _sel: IdentId,
        selected: &Selected,
        signature: TypeId,
    ) -> Callee {
        debug_assert!(!matches!(selected.member, Member::Field { .. }));
        let callee = self.callee(id, self.src.tree[id].pos);
        Callee { signature, ..callee }
    }

    /// `T.m`: a function whose first parameter is the receiver.
    pub(crate) fn method_expr(&mut self, id: ExprId, x: ExprId, sel: IdentId) -> Val {
        let receiver = self.type_of(x);
        let selected = self.select(receiver, sel);
        let ty = self.type_of(id);
        let own_args = self.args_of(sel);
        let code = match self.direct_method(receiver, &selected, &own_args) {
            Some(code) => code,
            None => {
                let name = self.types.member_name(self.src.tree.name(sel), Some(self.src.package));
                self.unit.wrapper(Wrapper::Expr { receiver, name, own_args })
            }
        };
        let closure = self.unit.method_expr_value(code, receiver, ty);
        Val::one(self.b.data_addr(closure, 0))
    }

    /// The method itself, when nothing has to be done to the receiver before it is called.
    fn direct_method(
        &mut self,
        receiver: TypeId,
        selected: &Selected,
        own_args: &[TypeId],
    ) -> Option<Symbol> {
        let Member::Method { object, owner, .. } = selected.member else { return None };
        let wants_pointer =
            self.types.object(object).as_func().is_some_and(|func| func.has_pointer_receiver());
        let has_pointer = self.types.as_pointer(receiver).is_some();
        (selected.path.is_empty() && wants_pointer == has_pointer)
            .then(|| self.method_symbol(object, owner, own_args))
    }
}

/// Whether a part of a name was given by [`FnCx::literal_name`]. As with gc, bodies of loops in bodies of loops count as
/// literals, and other bodies do not.
fn is_literal_part(part: &str) -> bool {
    if part.contains("-range") {
        return part.matches("-range").count() > 1;
    }
    let digits = part.strip_prefix("func").unwrap_or(part);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The machine function of a closure's code, without a body yet.
pub(crate) fn closure_function(
    unit: &mut crate::unit::Unit<'_>,
    name: Symbol,
    display: Symbol,
    signature: &types::Signature,
) -> Function {
    let mut function = Function::new(name, machine_signature(unit, signature, &[IrType::Ptr]));
    function.display = display;
    function.attrs = FnAttrs::CLOSURE;
    function
}
