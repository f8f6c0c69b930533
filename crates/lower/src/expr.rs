//! Expressions: what an expression evaluates to. One function per form; operators, conversions, calls, literals and places
//! have files of their own.

use base::Symbol;
use constant::Value;
use ir::{BlockId, BoundsKind, IntCond, Type as IrType, ValueId};
use syntax::{BinaryOp, ExprId, ExprKind, IdentId, UnaryOp};
use types::{Basic, Member, ObjectId, ObjectKind, Selected, Type, TypeId};

use crate::{
    func::{FnCx, Storage},
    value::{Address, Place, Val},
};

impl<'p> FnCx<'_, '_, 'p> {
    // ---- what the checker found ------------------------------------------------------------------------------------

    /// The type of an expression in this copy of the function.
    pub(crate) fn type_of(&self, expr: ExprId) -> TypeId {
        let ty = self.src.info.type_of(expr).expect("the checker typed every expression");
        self.mono(ty)
    }

    /// The value of a constant expression.
    pub(crate) fn const_of(&self, expr: ExprId) -> Option<&'p Value> {
        self.src.info.value_of(expr)
    }

    /// Whether the expression is a type.
    pub(crate) fn is_type(&self, expr: ExprId) -> bool {
        self.src.info.exprs[expr].mode == check::Mode::Type
    }

    /// What an identifier stands for.
    pub(crate) fn object_of(&self, ident: IdentId) -> Option<ObjectId> {
        self.src.info.idents[ident]
    }

    /// The type arguments of a generic function where it is used.
    pub(crate) fn args_of(&self, ident: IdentId) -> Vec<TypeId> {
        let instance = self.src.info.instances.get(&ident);
        instance.map_or(Vec::new(), |instance| instance.args.iter().map(|&arg| self.mono(arg)).collect())
    }

    /// The field or method `x.sel`, looked up in the type that `x` has in this copy of the function.
    pub(crate) fn select(&self, x_ty: TypeId, sel: IdentId) -> Selected {
        let name = self.src.tree.name(sel);
        match self.types.lookup(x_ty, true, Some(self.src.package), name) {
            types::Lookup::Found(selected) => selected,
            other => unreachable!("the checker found {} but there is {other:?}", name.as_str()),
        }
    }

    // ---- evaluation --------------------------------------------------------------------------------------------------

    /// Evaluates an expression that has one value.
    pub(crate) fn expr(&mut self, id: ExprId) -> Val {
        self.ensure_block();
        if let Some(value) = self.const_of(id) {
            let ty = self.type_of(id);
            return self.constant(value, ty);
        }
        if let Some(mut vals) = self.early.take(id) {
            return vals.pop().expect("an operand has a value").0;
        }
        let expr = self.src.tree[id];
        match expr.kind {
            ExprKind::Paren(x) => self.expr(x),
            ExprKind::Name(ident) => self.name(id, ident),
            ExprKind::BasicLit(_) => unreachable!("a literal is a constant"),
            ExprKind::CompositeLit { .. } => self.composite(id),
            ExprKind::FuncLit { ty, body } => self.func_lit(id, ty, body),
            ExprKind::Selector { x, sel } => self.selector(id, x, sel),
            ExprKind::Index { x, .. } => self.index(id, x),
            ExprKind::Slice { x, low, high, max } => self.slice_expr(id, x, [low, high, max]),
            ExprKind::Assert { x, .. } => {
                self.at(expr.pos);
                let to = self.type_of(id);
                self.assert(x, to)
            }
            ExprKind::Unary { op, x } => self.unary(id, op, x),
            ExprKind::Binary { op, x, y } => self.binary(id, op, x, y),
            ExprKind::Call { .. } => self.call_value(id),
            other => unreachable!("{other:?} has no value"),
        }
    }

    /// Evaluates an expression and converts it, as an assignment does, to a type.
    pub(crate) fn expr_as(&mut self, id: ExprId, to: TypeId) -> Val {
        if self.src.info.exprs[id].mode == check::Mode::Nil {
            self.ensure_block();
            return self.zero(to);
        }
        let from = self.type_of(id);
        if let Some(value) = self.const_of(id) {
            self.ensure_block();
            return self.constant_as(value, from, to);
        }
        let val = self.expr(id);
        self.assign_convert(val, from, to)
    }

    /// Evaluates an expression of one scalar.
    pub(crate) fn scalar(&mut self, id: ExprId) -> ValueId {
        self.expr(id).scalar()
    }

    /// Evaluates a condition and branches. Spec: "Logical operators".
    pub(crate) fn branch(&mut self, id: ExprId, yes: BlockId, no: BlockId) {
        let expr = self.src.tree[id];
        match expr.kind {
            _ if self.const_of(id).is_some() => {
                let value = self.scalar(id);
                self.b.br_if(value, yes, no);
            }
            ExprKind::Paren(x) => self.branch(x, yes, no),
            ExprKind::Unary { op: UnaryOp::Not, x } => self.branch(x, no, yes),
            ExprKind::Binary { op: BinaryOp::AndAnd, x, y } => {
                let rest = self.b.create_block();
                self.branch(x, rest, no);
                self.enter(rest);
                self.branch(y, yes, no);
            }
            ExprKind::Binary { op: BinaryOp::OrOr, x, y } => {
                let rest = self.b.create_block();
                self.branch(x, yes, rest);
                self.enter(rest);
                self.branch(y, yes, no);
            }
            _ => {
                self.units_first(&[id]);
                let value = self.scalar(id);
                self.b.br_if(value, yes, no);
            }
        }
    }

    // ---- constants -------------------------------------------------------------------------------------------------

    /// A constant of a type.
    pub(crate) fn constant(&mut self, value: &Value, ty: TypeId) -> Val {
        match self.types.under(ty) {
            Type::Basic(basic) => self.basic_constant(value, *basic),
            Type::Interface(_) => {
                let from = default_type(value);
                self.constant_as(value, from, ty)
            }
            // A constant of a pointer-like type is an unsafe.Pointer or uintptr conversion of 0.
            other => unreachable!("a constant of type {other:?}"),
        }
    }

    /// A constant of type `from`, converted to `to` as an assignment does.
    fn constant_as(&mut self, value: &Value, from: TypeId, to: TypeId) -> Val {
        if self.types.as_interface(to).is_some() && self.types.as_interface(from).is_none() {
            let from = if self.types.is_untyped(from) { default_type(value) } else { from };
            return self.box_constant(value, from, to);
        }
        if self.types.as_interface(to).is_some() {
            let from = default_type(value);
            return self.box_constant(value, from, to);
        }
        self.constant(value, to)
    }

    fn basic_constant(&mut self, value: &Value, basic: Basic) -> Val {
        match basic {
            Basic::String | Basic::UntypedString => {
                let bytes = value.as_bytes().expect("a string constant");
                self.string(&bytes)
            }
            Basic::Bool | Basic::UntypedBool => {
                Val::one(self.bool(value.as_bool().expect("a boolean constant")))
            }
            Basic::Float32 => Val::one(self.b.f32const(float32(value))),
            Basic::Float64 | Basic::UntypedFloat => Val::one(self.b.f64const(float64(value))),
            Basic::Complex64 => {
                let (re, im) =
                    (self.b.f32const(float32(&value.real())), self.b.f32const(float32(&value.imag())));
                Val::many(&[re, im])
            }
            Basic::Complex128 | Basic::UntypedComplex => {
                let (re, im) =
                    (self.b.f64const(float64(&value.real())), self.b.f64const(float64(&value.imag())));
                Val::many(&[re, im])
            }
            Basic::UnsafePointer => {
                let bits = int_bits(value);
                let int = self.int(bits);
                Val::one(self.b.convert(ir::Op::IntToPtr, IrType::Ptr, int))
            }
            Basic::UntypedNil => Val::one(self.nil()),
            number => Val::one(self.b.iconst(crate::shape::number_type(number), int_bits(value))),
        }
    }

    /// A string with these bytes.
    pub(crate) fn string(&mut self, bytes: &[u8]) -> Val {
        let len = self.int(bytes.len() as i64);
        if bytes.is_empty() {
            return Val::many(&[self.nil(), len]);
        }
        let symbol = self.unit.bytes(bytes);
        Val::many(&[self.b.data_addr(symbol, 0), len])
    }

    // ---- names -----------------------------------------------------------------------------------------------------

    fn name(&mut self, id: ExprId, ident: IdentId) -> Val {
        let object = self.object_of(ident).expect("the checker resolved every name");
        match &self.types.object(object).kind {
            ObjectKind::Var(_) => {
                let ty = self.type_of(id);
                let place = self.variable(object);
                self.read(&place, ty)
            }
            ObjectKind::Func(_) => {
                let args = self.args_of(ident);
                let ty = self.type_of(id);
                self.func_value(object, &args, ty)
            }
            ObjectKind::Nil => {
                let ty = self.type_of(id);
                self.zero(ty)
            }
            other => unreachable!("{other:?} is not a value"),
        }
    }

    /// A variable as a place.
    pub(crate) fn variable(&mut self, object: ObjectId) -> Place {
        if let Some(storage) = self.vars.get(&object) {
            let storage: Storage = storage.clone();
            return self.storage_place(&storage);
        }
        debug_assert!(
            self.types.object(object).package_level,
            "{} has no storage",
            self.types.object(object).name.as_str()
        );
        let ty = self.object_type(object);
        // All variables without size are at one address.
        let is_empty = self.shape(ty).n_bytes == 0;
        let symbol = if is_empty { self.unit.zero_base() } else { self.unit.global(object) };
        Place::Memory(Address::heap(self.b.data_addr(symbol, 0)))
    }

    /// The func value of a declared function: a static closure object.
    pub(crate) fn func_value(&mut self, object: ObjectId, args: &[TypeId], ty: TypeId) -> Val {
        let symbol = self.unit.func(object, args);
        self.symbol_value(symbol, ty)
    }

    /// The func value of the code at a symbol, whose Go type is `ty`.
    pub(crate) fn symbol_value(&mut self, code: Symbol, ty: TypeId) -> Val {
        let closure = self.unit.func_value(code, ty);
        Val::one(self.b.data_addr(closure, 0))
    }

    // ---- selectors -------------------------------------------------------------------------------------------------

    fn selector(&mut self, id: ExprId, x: ExprId, sel: IdentId) -> Val {
        if !self.src.info.selections.contains_key(&id) {
            return self.name(id, sel); // a qualified identifier
        }
        if self.is_type(x) {
            return self.method_expr(id, x, sel);
        }
        let x_ty = self.type_of(x);
        let selected = self.select(x_ty, sel);
        match selected.member {
            Member::Field { .. } => self.field_read(x, x_ty, &selected),
            _ => self.method_value(id, x, sel, &selected),
        }
    }

    /// Reads `x.f` without reading the rest of `x` where that is possible.
    fn field_read(&mut self, x: ExprId, x_ty: TypeId, selected: &Selected) -> Val {
        let Member::Field { index, .. } = selected.member else { unreachable!("a field is selected") };
        let (mut val, mut ty) = match self.lazy_operand(x) {
            Some(place) => {
                let (place, ty) = self.walk_place(place, x_ty, selected, index);
                return self.read(&place, ty);
            }
            None => (self.expr(x), x_ty),
        };
        for step in selected.path.iter().copied().chain([index]) {
            (val, ty) = self.step_val(val, ty, step as usize);
        }
        val
    }

    /// The field `index` of a struct, or of the struct that a pointer points to.
    pub(crate) fn step_val(&mut self, val: Val, ty: TypeId, index: usize) -> (Val, TypeId) {
        if let Some(elem) = self.types.as_pointer(ty) {
            let ptr = val.scalar();
            self.b.nil_check(ptr);
            let (field_ty, offset) = self.field(elem, index);
            return (self.load_val(Address::heap(ptr).plus(offset), field_ty), field_ty);
        }
        let (field_ty, _) = self.field(ty, index);
        (self.field_val(&val, ty, index), field_ty)
    }

    // ---- indexing --------------------------------------------------------------------------------------------------

    fn index(&mut self, id: ExprId, x: ExprId) -> Val {
        let ExprKind::Index { indices, .. } = self.src.tree[id].kind else {
            unreachable!("an index expression")
        };
        if let Some((x, sel)) = self.generic_method(x) {
            return self.selected_method(id, x, sel);
        }
        // `f[T]`: a use of a generic function.
        if let Some(ident) = self.generic_name(x) {
            return self.name(id, ident);
        }
        let pos = self.src.tree[id].pos;
        let index = self.src.tree[indices][0];
        let x_ty = self.type_of(x);
        match self.types.under(x_ty) {
            Type::Basic(_) => {
                let string = self.expr(x);
                let (idx, is_unsigned) = self.index_value(index);
                let &[data, len] = string.scalars() else { unreachable!("a string has two scalars") };
                self.at(pos);
                self.check_index(idx, is_unsigned, len);
                let addr = self.b.ptr_add(data, idx);
                Val::one(self.load(Address::side(addr), IrType::I8))
            }
            Type::Map { .. } => {
                let (val, _) = self.map_read(id, false);
                val
            }
            Type::Array { n_elems, elem } if self.lazy_operand_kind(x).is_none() => {
                self.index_array_value(x, x_ty, *n_elems, *elem, index, pos)
            }
            _ => {
                let ty = self.type_of(id);
                let place = self.place(id);
                self.at(pos);
                self.read(&place, ty)
            }
        }
    }

    /// An element of an array that is not a variable.
    fn index_array_value(
        &mut self,
        x: ExprId,
        x_ty: TypeId,
        n_elems: i64,
        elem: TypeId,
        index: ExprId,
        pos: base::Pos,
    ) -> Val {
        let array = self.expr(x);
        let (idx, is_unsigned) = self.index_value(index);
        let len = self.int(n_elems);
        self.at(pos);
        self.check_index(idx, is_unsigned, len);
        let elem = self.types.canonical(elem);
        let shape = self.shape(elem);
        if shape.n_bytes == 0 {
            return self.zero(elem);
        }
        let base = self.in_memory(array, x_ty);
        let offset = self.scale(idx, shape.n_bytes);
        let addr = self.b.ptr_add(base, offset);
        self.load_val(Address::side(addr), elem)
    }

    /// The identifier of a generic function that an index expression instantiates.
    /// The operand and the name of `y.m` in `y.m[T]`, when `m` is a generic method.
    fn generic_method(&self, x: ExprId) -> Option<(ExprId, IdentId)> {
        let tree = self.src.tree;
        let selector = tree.unparen(x);
        let ExprKind::Selector { x, sel } = tree[selector].kind else { return None };
        let info = self.src.info;
        (info.selections.contains_key(&selector) && info.instances.contains_key(&sel)).then_some((x, sel))
    }

    /// `x.m` for a method; `id` is the whole expression, with type arguments if there are any.
    fn selected_method(&mut self, id: ExprId, x: ExprId, sel: IdentId) -> Val {
        if self.is_type(x) {
            return self.method_expr(id, x, sel);
        }
        let x_ty = self.type_of(x);
        let selected = self.select(x_ty, sel);
        self.method_value(id, x, sel, &selected)
    }

    fn generic_name(&self, x: ExprId) -> Option<IdentId> {
        let tree = self.src.tree;
        let ident = match tree[tree.unparen(x)].kind {
            ExprKind::Name(ident) => ident,
            ExprKind::Selector { sel, .. } => sel,
            _ => return None,
        };
        let object = self.object_of(ident)?;
        let is_func = matches!(self.types.object(object).kind, ObjectKind::Func(_));
        (is_func && self.src.info.instances.contains_key(&ident)).then_some(ident)
    }

    /// An index as a 64-bit integer, and whether its type is unsigned.
    pub(crate) fn index_value(&mut self, index: ExprId) -> (ValueId, bool) {
        if let Some(value) = self.const_of(index) {
            return (self.int(int_bits(&value.to_int())), false);
        }
        let ty = self.type_of(index);
        let value = self.scalar(index);
        let is_unsigned = self.is_unsigned(ty);
        (self.extend(value, is_unsigned), is_unsigned)
    }

    /// An integer extended to 64 bits.
    pub(crate) fn extend(&mut self, value: ValueId, is_unsigned: bool) -> ValueId {
        if self.b.func.ty(value) == IrType::I64 {
            return value;
        }
        let op = if is_unsigned { ir::Op::Uextend } else { ir::Op::Sextend };
        self.b.convert(op, IrType::I64, value)
    }

    pub(crate) fn is_unsigned(&self, ty: TypeId) -> bool {
        self.types.is_basic(ty, types::BasicInfo::UNSIGNED)
    }

    /// Panics unless `idx < len`.
    pub(crate) fn check_index(&mut self, idx: ValueId, is_unsigned: bool, len: ValueId) {
        self.b.bounds_check(BoundsKind::Index, is_unsigned, idx, len);
    }

    /// `idx * n_bytes`
    pub(crate) fn scale(&mut self, idx: ValueId, n_bytes: u64) -> ValueId {
        if n_bytes == 1 {
            return idx;
        }
        if n_bytes.is_power_of_two() {
            let shift = self.int(i64::from(n_bytes.trailing_zeros()));
            return self.b.binary(ir::Op::Shl, idx, shift);
        }
        let n_bytes = self.int(n_bytes as i64);
        self.b.binary(ir::Op::Imul, idx, n_bytes)
    }

    // ---- unary operators ---------------------------------------------------------------------------------------------

    fn unary(&mut self, id: ExprId, op: UnaryOp, x: ExprId) -> Val {
        let pos = self.src.tree[id].pos;
        match op {
            UnaryOp::Addr => self.address_of(x),
            UnaryOp::Deref => {
                let ty = self.type_of(id);
                let place = self.place(id);
                self.at(pos);
                self.read(&place, ty)
            }
            UnaryOp::Recv => {
                self.at(pos);
                let ty = self.type_of(x);
                self.receive(x, ty).0
            }
            UnaryOp::Not => {
                let value = self.scalar(x);
                Val::one(self.not(value))
            }
            UnaryOp::Add => self.expr(x),
            UnaryOp::Sub => {
                let val = self.expr(x);
                self.negate(&val)
            }
            UnaryOp::Xor => {
                let value = self.scalar(x);
                Val::one(self.b.unary(ir::Op::Inot, value))
            }
            UnaryOp::Tilde => unreachable!("~T is a type term"),
        }
    }

    fn negate(&mut self, val: &Val) -> Val {
        let values = val.scalars().iter().map(|&value| {
            let op = if self.b.func.ty(value).is_float() { ir::Op::Fneg } else { ir::Op::Ineg };
            self.b.unary(op, value)
        });
        Val::Scalars(values.collect())
    }

    /// `x op y` for the operators that do not evaluate both operands.
    pub(crate) fn short_circuit(&mut self, id: ExprId) -> Val {
        let result = self.b.declare_var(IrType::I8);
        let (yes, no, end) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.branch(id, yes, no);
        for (block, value) in [(yes, true), (no, false)] {
            self.enter(block);
            let value = self.bool(value);
            self.b.def_var(result, value);
            self.b.jump(end, &[]);
        }
        self.enter(end);
        Val::one(self.b.use_var(result))
    }

    /// Whether a pointer is nil.
    pub(crate) fn is_nil(&mut self, ptr: ValueId) -> ValueId {
        self.b.icmp_imm(IntCond::Eq, ptr, 0)
    }
}

/// The type that an untyped constant gets where nothing asks for another one.
pub(crate) fn default_type(value: &Value) -> TypeId {
    match value.kind() {
        constant::Kind::Bool => TypeId::BOOL,
        constant::Kind::String => TypeId::STRING,
        constant::Kind::Float => TypeId::FLOAT64,
        constant::Kind::Complex => TypeId::COMPLEX128,
        _ => TypeId::INT,
    }
}

/// The low 64 bits of an integer constant.
pub(crate) fn int_bits(value: &Value) -> i64 {
    value.to_int().low_bits().unwrap_or(0) as i64
}

/// A numeric constant rounded to float64.
pub(crate) fn float64(value: &Value) -> f64 {
    value.real().to_float().to_f64().unwrap_or(0.0)
}

/// A numeric constant rounded to float32.
pub(crate) fn float32(value: &Value) -> f32 {
    value.real().to_float().to_f32().unwrap_or(0.0)
}
