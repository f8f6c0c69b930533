//! Conversions: explicit ones, and those that an assignment makes. Spec: "Conversions", "Assignability".

use base::Pos;
use constant::Value;
use ir::{AllocFlags, BoundsKind, IntCond, Op, PanicKind, Type as IrType, ValueId};
use syntax::{ExprId, ExprKind};
use types::{Basic, BasicInfo, Type, TypeId};

use crate::{
    call::ITAB_TYPE,
    func::FnCx,
    methods::{interface_methods, is_direct_iface},
    value::{Address, Val},
};

const STRING: [IrType; 2] = [IrType::Ptr, IrType::I64];
const SLICE: [IrType; 3] = [IrType::Ptr, IrType::I64, IrType::I64];

/// What a type is for a conversion.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Integer,
    Float,
    Complex,
    String,
    Pointer,
    Slice,
    Interface,
    Other,
}

/// Size of the buffer for a small string: `tmpBuf` of package runtime.
pub(crate) const STRING_BUFFER: u64 = 32;

impl FnCx<'_, '_, '_> {
    /// `T(x)`
    pub(crate) fn conversion(&mut self, x: ExprId, to: TypeId, pos: Pos) -> Val {
        let mode = self.src.info.exprs[x].mode;
        if mode == check::Mode::Nil {
            return self.zero(to);
        }
        let from = self.type_of(x);
        if let Some(value) = self.const_of(x) {
            return self.convert_constant(value, from, to);
        }
        let val = self.expr(x);
        self.at(pos);
        self.convert(val, from, to)
    }

    /// The slice in `string(b)`, when that converts bytes.
    pub(crate) fn bytes_of_string(&self, x: ExprId) -> Option<ExprId> {
        let tree = self.src.tree;
        let ExprKind::Call { fun, args, .. } = tree[tree.unparen(x)].kind else { return None };
        let &[bytes] = &tree[args] else { return None };
        let is_plain = self.is_type(fun)
            && self.const_of(bytes).is_none()
            && self.src.info.exprs[bytes].mode != check::Mode::Nil;
        if !is_plain || !self.is_string(self.type_of(x)) {
            return None;
        }
        let from = self.type_of(bytes);
        let is_slice = matches!(self.types.under(from), Type::Slice(_));
        (is_slice && self.is_byte_slice(from)).then_some(bytes)
    }

    /// `string(b)` without a copy, for a use that ends before the bytes can change.
    pub(crate) fn string_view(&mut self, x: ExprId) -> Option<Val> {
        let bytes = self.bytes_of_string(x)?;
        let val = self.expr(bytes);
        let &[data, len, _] = val.scalars() else { unreachable!("a slice has three scalars") };
        Some(Val::many(&[data, len]))
    }

    /// A constant operand of a conversion whose result is not constant: `[]byte("x")`, `any(1)`, a type parameter's type.
    fn convert_constant(&mut self, value: &Value, from: TypeId, to: TypeId) -> Val {
        self.ensure_block();
        let from = if self.types.is_untyped(from) { crate::expr::default_type(value) } else { from };
        if self.types.as_interface(to).is_some() && self.types.as_interface(from).is_none() {
            return self.box_constant(value, from, to);
        }
        let is_number = |class| matches!(class, Class::Integer | Class::Float | Class::Complex);
        let (from_class, to_class) = (self.class(from), self.class(to));
        if is_number(from_class) && is_number(to_class) && to_class != Class::Integer {
            return self.constant(value, to);
        }
        let val = self.constant(value, from);
        self.convert(val, from, to)
    }

    /// The conversion that an assignment to a variable of type `to` makes: only to interfaces is there anything to do.
    pub(crate) fn assign_convert(&mut self, val: Val, from: TypeId, to: TypeId) -> Val {
        if from == to || self.types.as_interface(to).is_none() {
            return val;
        }
        if self.types.as_interface(from).is_some() {
            return self.convert_interface(&val, from, to);
        }
        self.box_value(val, from, to)
    }

    /// Converts an evaluated operand.
    pub(crate) fn convert(&mut self, val: Val, from: TypeId, to: TypeId) -> Val {
        let (from_class, to_class) = (self.class(from), self.class(to));
        match (from_class, to_class) {
            (_, Class::Interface) => self.assign_convert(val, from, to),
            (Class::Integer, Class::Integer) => Val::one(self.convert_integer(val.scalar(), from, to)),
            (Class::Integer, Class::Float) => Val::one(self.integer_to_float(val.scalar(), from, to)),
            (Class::Float, Class::Integer) => Val::one(self.float_to_integer(val.scalar(), to)),
            (Class::Float, Class::Float) => Val::one(self.convert_float(val.scalar(), to)),
            (Class::Complex, Class::Complex) => {
                let part = self.scalar_type(to);
                let parts = val.scalars().to_vec();
                Val::Scalars(parts.into_iter().map(|x| self.float_as(x, part)).collect())
            }
            (Class::Integer, Class::String) => self.integer_to_string(val.scalar(), from),
            (Class::Slice, Class::String) => self.slice_to_string(&val, from),
            (Class::String, Class::Slice) => self.string_to_slice(&val, to),
            (Class::Slice, _) if self.is_array(to) => self.slice_to_array(&val, to),
            (Class::Slice, Class::Pointer)
                if self.types.as_pointer(to).is_some_and(|elem| self.is_array(elem)) =>
            {
                let array = self.types.as_pointer(to).expect("just seen");
                Val::one(self.slice_to_array_pointer(&val, array))
            }
            (Class::Pointer, Class::Integer) => {
                Val::one(self.b.convert(Op::PtrToInt, IrType::I64, val.scalar()))
            }
            (Class::Integer, Class::Pointer) => {
                let wide = self.extend(val.scalar(), true);
                Val::one(self.b.convert(Op::IntToPtr, IrType::Ptr, wide))
            }
            // Identical underlying types.
            _ => val,
        }
    }

    fn class(&self, ty: TypeId) -> Class {
        match self.types.under(ty) {
            Type::Basic(Basic::UnsafePointer) | Type::Pointer(_) => Class::Pointer,
            Type::Basic(basic) => {
                let info = basic.info();
                if info.intersects(BasicInfo::INTEGER) {
                    Class::Integer
                } else if info.intersects(BasicInfo::FLOAT) {
                    Class::Float
                } else if info.intersects(BasicInfo::COMPLEX) {
                    Class::Complex
                } else if info.intersects(BasicInfo::STRING) {
                    Class::String
                } else {
                    Class::Other
                }
            }
            Type::Slice(_) => Class::Slice,
            Type::Interface(_) => Class::Interface,
            _ => Class::Other,
        }
    }

    fn is_array(&self, ty: TypeId) -> bool {
        matches!(self.types.under(ty), Type::Array { .. })
    }

    // ---- numbers -----------------------------------------------------------------------------------------------------

    fn convert_integer(&mut self, value: ValueId, from: TypeId, to: TypeId) -> ValueId {
        let to = self.scalar_type(to);
        let from_bits = self.b.func.ty(value).n_bits();
        match to.n_bits().cmp(&from_bits) {
            std::cmp::Ordering::Equal => value,
            std::cmp::Ordering::Less => self.b.convert(Op::Ireduce, to, value),
            std::cmp::Ordering::Greater => {
                let op = if self.is_unsigned(from) { Op::Uextend } else { Op::Sextend };
                self.b.convert(op, to, value)
            }
        }
    }

    fn integer_to_float(&mut self, value: ValueId, from: TypeId, to: TypeId) -> ValueId {
        let to = self.scalar_type(to);
        let is_unsigned = self.is_unsigned(from);
        let is_wide = self.b.func.ty(value) == IrType::I64;
        let value = self.extend(value, is_unsigned);
        let op = if is_unsigned && is_wide { Op::FcvtFromUint } else { Op::FcvtFromSint };
        self.b.convert(op, to, value)
    }

    /// Out of range and NaN give what gc gives on amd64: small types are cut from a wider signed conversion.
    fn float_to_integer(&mut self, value: ValueId, to: TypeId) -> ValueId {
        let is_unsigned = self.is_unsigned(to);
        let to = self.scalar_type(to);
        match to {
            IrType::I64 => {
                self.b.convert(if is_unsigned { Op::FcvtToUint } else { Op::FcvtToSint }, to, value)
            }
            IrType::I32 if is_unsigned => {
                let wide = self.b.convert(Op::FcvtToSint, IrType::I64, value);
                self.b.convert(Op::Ireduce, to, wide)
            }
            IrType::I32 => self.b.convert(Op::FcvtToSint, to, value),
            _ => {
                let wide = self.b.convert(Op::FcvtToSint, IrType::I32, value);
                self.b.convert(Op::Ireduce, to, wide)
            }
        }
    }

    fn convert_float(&mut self, value: ValueId, to: TypeId) -> ValueId {
        let to = self.scalar_type(to);
        self.float_as(value, to)
    }

    fn float_as(&mut self, value: ValueId, to: IrType) -> ValueId {
        match (self.b.func.ty(value), to) {
            (IrType::F32, IrType::F64) => self.b.convert(Op::Fpromote, to, value),
            (IrType::F64, IrType::F32) => self.b.convert(Op::Fdemote, to, value),
            _ => value,
        }
    }

    // ---- strings and slices --------------------------------------------------------------------------------------------

    /// Memory that a conversion or concatenation may put its result into, if that does not outlive the function; else nil.
    pub(crate) fn result_buffer(&mut self, n_bytes: u64) -> ValueId {
        let flags = AllocFlags::NOSCAN | AllocFlags::UNINIT | AllocFlags::OPTIONAL;
        self.b.alloc(n_bytes, 8, flags, crate::unit::no_type())
    }

    fn integer_to_string(&mut self, value: ValueId, from: TypeId) -> Val {
        let is_unsigned = self.is_unsigned(from);
        let wide = self.extend(value, is_unsigned);
        let buffer = self.result_buffer(4);
        Val::Scalars(self.runtime("intstring", &[buffer, wide], &STRING))
    }

    /// Whether the elements of a slice are bytes; otherwise they are runes.
    fn is_byte_slice(&self, slice: TypeId) -> bool {
        self.types
            .as_basic(self.slice_elem(slice))
            .is_some_and(|basic| matches!(basic, Basic::Uint8 | Basic::Byte))
    }

    fn slice_to_string(&mut self, val: &Val, from: TypeId) -> Val {
        let buffer = self.result_buffer(STRING_BUFFER);
        let &[data, len, cap] = val.scalars() else { unreachable!("a slice has three scalars") };
        if self.is_byte_slice(from) {
            return Val::Scalars(self.runtime("slicebytetostring", &[buffer, data, len], &STRING));
        }
        Val::Scalars(self.runtime("slicerunetostring", &[buffer, data, len, cap], &STRING))
    }

    fn string_to_slice(&mut self, val: &Val, to: TypeId) -> Val {
        let &[data, len] = val.scalars() else { unreachable!("a string has two scalars") };
        let (name, n_bytes) = match self.is_byte_slice(to) {
            true => ("stringtoslicebyte", STRING_BUFFER),
            false => ("stringtoslicerune", 4 * STRING_BUFFER),
        };
        let buffer = self.result_buffer(n_bytes);
        Val::Scalars(self.runtime(name, &[buffer, data, len], &SLICE))
    }

    fn slice_to_array_pointer(&mut self, val: &Val, array: TypeId) -> ValueId {
        let &[data, len, _] = val.scalars() else { unreachable!("a slice has three scalars") };
        let Type::Array { n_elems, .. } = self.types.under(array) else { unreachable!("an array") };
        let n_elems = self.int(*n_elems);
        self.b.bounds_check(BoundsKind::Convert, false, n_elems, len);
        data
    }

    fn slice_to_array(&mut self, val: &Val, array: TypeId) -> Val {
        let data = self.slice_to_array_pointer(val, array);
        let loaded = self.load_val(Address::side(data), array);
        self.keep(loaded, array)
    }

    // ---- to interfaces -----------------------------------------------------------------------------------------------

    /// The first word of an interface value that holds a value of type `concrete`.
    pub(crate) fn table_word(&mut self, concrete: TypeId, interface: TypeId) -> ValueId {
        if interface_methods(self.types, interface).is_empty() {
            return self.type_addr(concrete);
        }
        let itab = self.unit.itab(interface, concrete);
        self.b.data_addr(itab, 0)
    }

    /// An interface value that holds a value of a concrete type.
    fn box_value(&mut self, val: Val, from: TypeId, to: TypeId) -> Val {
        let table = self.table_word(from, to);
        let data = self.box_data(val, from);
        Val::many(&[table, data])
    }

    /// The data word for a value: itself, or the address of a copy.
    pub(crate) fn box_data(&mut self, val: Val, from: TypeId) -> ValueId {
        let shape = self.shape(from);
        if shape.n_bytes == 0 {
            let base = self.unit.zero_base();
            return self.b.data_addr(base, 0);
        }
        if is_direct_iface(self.unit, from) {
            return match val {
                Val::Scalars(scalars) => scalars[0],
                Val::Memory { addr, .. } => self.load(Address::side(addr), IrType::Ptr),
            };
        }
        if let [only] = shape.scalars()
            && only.ty.is_int()
        {
            return self.box_integer(val.scalar(), from);
        }
        self.box_in_heap(val, from)
    }

    /// Small integers are in a table of the runtime.
    fn box_integer(&mut self, value: ValueId, from: TypeId) -> ValueId {
        const N_STATIC: i64 = 256;
        let table = self.unit.global_by_name("runtime.staticuint64s");
        if self.b.func.ty(value) == IrType::I8 {
            let wide = self.extend(value, true);
            let offset = self.scale(wide, 8);
            let table = self.b.data_addr(table, 0);
            return self.b.ptr_add(table, offset);
        }
        let result = self.b.declare_var(IrType::Ptr);
        let (small, large, end) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let is_small = self.b.icmp_imm(IntCond::Ult, value, N_STATIC);
        self.b.br_if(is_small, small, large);
        self.enter(small);
        let wide = self.extend(value, true);
        let offset = self.scale(wide, 8);
        let table = self.b.data_addr(table, 0);
        let addr = self.b.ptr_add(table, offset);
        self.b.def_var(result, addr);
        self.b.jump(end, &[]);
        self.enter(large);
        let addr = self.box_in_heap(Val::one(value), from);
        self.b.def_var(result, addr);
        self.b.jump(end, &[]);
        self.enter(end);
        self.b.use_var(result)
    }

    /// An interface value that holds a constant: read-only memory.
    pub(crate) fn box_constant(&mut self, value: &Value, from: TypeId, to: TypeId) -> Val {
        let table = self.table_word(from, to);
        let data = self.unit.constant_data(value, from);
        Val::many(&[table, self.b.data_addr(data, 0)])
    }

    /// An interface value of type `from` as one of type `to`, which `from` implements.
    fn convert_interface(&mut self, val: &Val, from: TypeId, to: TypeId) -> Val {
        let (from_methods, to_methods) =
            (interface_methods(self.types, from), interface_methods(self.types, to));
        if from_methods.is_empty() && to_methods.is_empty() {
            return val.clone();
        }
        let &[table, data] = val.scalars() else { unreachable!("an interface has two scalars") };
        let has_methods = !from_methods.is_empty();
        if to_methods.is_empty() {
            return Val::many(&[self.type_word(table, has_methods), data]);
        }
        // Each interface type has its own method tables, also when the methods are the same; nil stays nil.
        let result = self.b.declare_var(IrType::Ptr);
        let (some, end) = (self.b.create_block(), self.b.create_block());
        self.b.def_var(result, table);
        let is_nil = self.is_nil(table);
        self.b.br_if(is_nil, end, some);
        self.enter(some);
        let concrete = self.load(Address::side(table).plus(ITAB_TYPE as u64), IrType::Ptr);
        let interface = self.type_addr(to);
        let itab = self.runtime1("assertE2I", &[interface, concrete], IrType::Ptr);
        self.b.def_var(result, itab);
        self.b.jump(end, &[]);
        self.enter(end);
        Val::many(&[self.b.use_var(result), data])
    }

    /// The type descriptor of an interface value's dynamic type; nil for a nil interface.
    pub(crate) fn type_word(&mut self, table: ValueId, has_methods: bool) -> ValueId {
        if !has_methods {
            return table;
        }
        let result = self.b.declare_var(IrType::Ptr);
        let (some, end) = (self.b.create_block(), self.b.create_block());
        self.b.def_var(result, table);
        let is_nil = self.is_nil(table);
        self.b.br_if(is_nil, end, some);
        self.enter(some);
        let concrete = self.load(Address::side(table).plus(ITAB_TYPE as u64), IrType::Ptr);
        self.b.def_var(result, concrete);
        self.b.jump(end, &[]);
        self.enter(end);
        self.b.use_var(result)
    }

    /// The value in an interface's data word.
    pub(crate) fn unbox(&mut self, data: ValueId, ty: TypeId) -> Val {
        let shape = self.shape(ty);
        if shape.n_bytes == 0 {
            return self.zero(ty);
        }
        if is_direct_iface(self.unit, ty) {
            return match shape.is_memory() {
                false => Val::one(data),
                true => {
                    let temp = self.temp(&shape);
                    self.b.store(data, temp.base, 0, ir::MemFlags::NOTRAP, ir::Region::ANY);
                    Val::Memory { addr: temp.base, owned: true }
                }
            };
        }
        self.load_val(Address::side(data), ty)
    }

    // ---- checks of unsafe.Slice and unsafe.String ----------------------------------------------------------------------

    /// Panics for a negative length.
    pub(crate) fn check_not_negative(&mut self, len: ValueId, kind: PanicKind) {
        let is_negative = self.b.icmp_imm(IntCond::Slt, len, 0);
        self.b.panic_if(kind, is_negative);
    }
}
