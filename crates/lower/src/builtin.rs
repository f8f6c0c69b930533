//! The predeclared functions, one function each. Spec: "Built-in functions", "Package unsafe".

use ir::{IntCond, Op, PanicKind, Type as IrType, ValueId};
use syntax::{BinaryOp, ExprId, ExprKind, List, UnaryOp};
use types::{Basic, BasicInfo, Builtin, Type, TypeId};

use crate::{
    func::FnCx,
    value::{Address, MapPlace, Place, Val},
};

/// An argument: an expression, or a result of the one call whose results are all arguments.
pub(crate) enum Arg {
    Expr(ExprId),
    Result(Val, TypeId),
}

const SLICE: [IrType; 3] = [IrType::Ptr, IrType::I64, IrType::I64];

impl FnCx<'_, '_, '_> {
    /// A call of a predeclared function.
    pub(crate) fn builtin(
        &mut self,
        id: ExprId,
        builtin: Builtin,
        args: List<ExprId>,
        has_dots: bool,
    ) -> Vec<(Val, TypeId)> {
        self.ensure_block();
        let args = &self.src.tree[args];
        let pos = self.src.tree[id].pos;
        let val = match builtin {
            Builtin::Append if has_dots => self.append_slice(id, args[0], args[1]),
            Builtin::Append => self.append(id, args),
            Builtin::Cap => self.cap(args[0]),
            Builtin::Clear => return self.clear_builtin(args[0]),
            Builtin::Close => return self.close(args[0], pos),
            Builtin::Complex => self.complex(id, args),
            Builtin::Copy => self.copy_builtin(args),
            Builtin::Delete => return self.delete(args, pos),
            Builtin::Imag => self.complex_part(args[0], 1),
            Builtin::Real => self.complex_part(args[0], 0),
            Builtin::Len => self.len(args[0]),
            Builtin::Make => self.make(id, args),
            Builtin::Max => self.min_max(id, args, BinaryOp::Gtr),
            Builtin::Min => self.min_max(id, args, BinaryOp::Lss),
            Builtin::New => self.new_builtin(id, args[0]),
            Builtin::Panic => return self.panic(args[0], pos),
            Builtin::Print => return self.print(args, false),
            Builtin::Println => return self.print(args, true),
            Builtin::Recover => self.recover(),
            Builtin::UnsafeAdd => self.unsafe_add(args),
            Builtin::UnsafeSlice => self.unsafe_slice(args, pos),
            Builtin::UnsafeSliceData => self.slice_data(args[0]),
            Builtin::UnsafeString => self.unsafe_string(args, pos),
            Builtin::UnsafeStringData => Val::one(self.expr(args[0]).scalars()[0]),
            Builtin::UnsafeAlignof => self.alignof(args[0]),
            Builtin::UnsafeOffsetof => self.offsetof(args[0]),
            Builtin::UnsafeSizeof => self.sizeof(args[0]),
            Builtin::Assert | Builtin::Trace => unreachable!("only in the checker's tests"),
        };
        vec![(val, self.type_of(id))]
    }

    // ---- arguments ---------------------------------------------------------------------------------------------------

    /// The arguments as they are written, or the results of the call that stands for them.
    pub(crate) fn args(&mut self, args: &[ExprId]) -> Vec<Arg> {
        match args {
            &[only] if self.is_multi_value(only) => {
                self.call(only).into_iter().map(|(val, ty)| Arg::Result(val, ty)).collect()
            }
            _ => args.iter().map(|&arg| Arg::Expr(arg)).collect(),
        }
    }

    pub(crate) fn arg_type(&self, arg: &Arg) -> TypeId {
        match arg {
            Arg::Expr(x) => self.type_of(*x),
            Arg::Result(_, ty) => *ty,
        }
    }

    fn arg(&mut self, arg: &Arg) -> Val {
        match arg {
            Arg::Expr(x) => self.expr(*x),
            Arg::Result(val, _) => val.clone(),
        }
    }

    pub(crate) fn arg_as(&mut self, arg: &Arg, ty: TypeId) -> Val {
        match arg {
            Arg::Expr(x) => self.expr_as(*x, ty),
            Arg::Result(val, from) => self.assign_convert(val.clone(), *from, ty),
        }
    }

    /// An integer argument extended to 64 bits, and whether its type is unsigned.
    fn index_arg(&mut self, arg: &Arg) -> (ValueId, bool) {
        match arg {
            Arg::Expr(x) => self.index_value(*x),
            Arg::Result(val, ty) => {
                let is_unsigned = self.is_unsigned(*ty);
                (self.extend(val.scalar(), is_unsigned), is_unsigned)
            }
        }
    }

    // ---- slices ------------------------------------------------------------------------------------------------------

    /// `append(s, x, y)`: in place when the capacity is enough.
    fn append(&mut self, id: ExprId, args: &[ExprId]) -> Val {
        let ty = self.type_of(id);
        let elem = self.slice_elem(ty);
        let args = self.args(args);
        let slice = self.arg_as(&args[0], ty);
        let vals: Vec<Val> = args[1..]
            .iter()
            .map(|arg| {
                let val = self.arg_as(arg, elem);
                self.keep(val, elem)
            })
            .collect();
        self.at(self.src.tree[id].pos);
        if vals.is_empty() {
            return slice;
        }
        let n_new = self.int(vals.len() as i64);
        let (data, old_len, new_len, cap) = self.grow(&slice, n_new, elem);
        let n_bytes = self.shape(elem).n_bytes;
        let offset = self.scale(old_len, n_bytes.max(1));
        let base = self.b.ptr_add(data, offset);
        if n_bytes > 0 {
            for (idx, val) in vals.iter().enumerate() {
                self.store_val(Address::heap(base).plus(idx as u64 * n_bytes), elem, val);
            }
        }
        Val::many(&[data, new_len, cap])
    }

    /// Makes room behind a slice: data pointer, old length, new length, capacity.
    fn grow(&mut self, slice: &Val, n_new: ValueId, elem: TypeId) -> (ValueId, ValueId, ValueId, ValueId) {
        let &[data, len, cap] = slice.scalars() else { unreachable!("a slice has three scalars") };
        let new_len = self.b.binary(Op::Iadd, len, n_new);
        let (data_var, cap_var) = (self.b.declare_var(IrType::Ptr), self.b.declare_var(IrType::I64));
        self.b.def_var(data_var, data);
        self.b.def_var(cap_var, cap);
        let (slow, end) = (self.b.create_block(), self.b.create_block());
        let is_full = self.b.icmp(IntCond::Ugt, new_len, cap);
        self.b.br_if(is_full, slow, end);
        self.b.func.set_cold(slow);
        self.enter(slow);
        let desc = self.type_addr(elem);
        let grown = self.runtime("growslice", &[data, new_len, cap, n_new, desc], &SLICE);
        self.b.def_var(data_var, grown[0]);
        self.b.def_var(cap_var, grown[2]);
        self.b.jump(end, &[]);
        self.enter(end);
        (self.b.use_var(data_var), len, new_len, self.b.use_var(cap_var))
    }

    /// `append(s, t...)`, where t may be a string.
    fn append_slice(&mut self, id: ExprId, slice: ExprId, more: ExprId) -> Val {
        let ty = self.type_of(id);
        let elem = self.slice_elem(ty);
        let slice = self.expr_as(slice, ty);
        if self.src.info.exprs[more].mode == check::Mode::Nil {
            return slice;
        }
        let more = self.expr(more);
        self.at(self.src.tree[id].pos);
        let (more_data, more_len) = (more.scalars()[0], more.scalars()[1]);
        let (data, old_len, new_len, cap) = self.grow(&slice, more_len, elem);
        let n_bytes = self.shape(elem).n_bytes;
        if n_bytes > 0 {
            let offset = self.scale(old_len, n_bytes);
            let base = self.b.ptr_add(data, offset);
            self.move_elems(base, more_data, more_len, elem);
        }
        Val::many(&[data, new_len, cap])
    }

    /// Copies elements between ranges that may overlap.
    fn move_elems(&mut self, dst: ValueId, src: ValueId, n_elems: ValueId, elem: TypeId) {
        let shape = self.shape(elem);
        let n_bytes = self.scale(n_elems, shape.n_bytes);
        if shape.has_pointers {
            let desc = self.type_addr(elem);
            self.rust(abi::RtFn::typed_slice_move, &[desc, dst, src, n_bytes]);
        } else {
            self.b.emit(ir::Inst::new(Op::MemMove, IrType::Ptr), &[dst, src, n_bytes]);
        }
    }

    fn copy_builtin(&mut self, args: &[ExprId]) -> Val {
        let args = self.args(args);
        let ty = self.arg_type(&args[0]);
        let dst = self.arg(&args[0]);
        let src = self.arg(&args[1]);
        self.copy_values(&dst, ty, &src)
    }

    /// `copy(dst, src)` for evaluated operands; src may be a string.
    pub(crate) fn copy_values(&mut self, dst: &Val, dst_ty: TypeId, src: &Val) -> Val {
        let elem = self.slice_elem(dst_ty);
        let (dst, src) = (dst.scalars(), src.scalars());
        let n_elems = self.b.binary(Op::Smin, dst[1], src[1]);
        if self.shape(elem).n_bytes > 0 {
            self.move_elems(dst[0], src[0], n_elems, elem);
        }
        Val::one(n_elems)
    }

    fn clear_builtin(&mut self, x: ExprId) -> Vec<(Val, TypeId)> {
        let ty = self.type_of(x);
        let val = self.expr(x);
        self.clear_value(&val, ty);
        Vec::new()
    }

    /// `clear(x)` for an evaluated map or slice.
    pub(crate) fn clear_value(&mut self, val: &Val, ty: TypeId) {
        if let Type::Map { .. } = self.types.under(ty) {
            let desc = self.type_addr(ty);
            self.runtime("mapclear", &[desc, val.scalar()], &[]);
            return;
        }
        let elem = self.slice_elem(ty);
        let shape = self.shape(elem);
        let n_bytes = self.scale(val.scalars()[1], shape.n_bytes.max(1));
        if shape.has_pointers {
            let desc = self.type_addr(elem);
            self.rust(abi::RtFn::typed_slice_clear, &[desc, val.scalars()[0], n_bytes]);
        } else if shape.n_bytes > 0 {
            self.b.emit(ir::Inst::new(Op::MemZero, IrType::Ptr), &[val.scalars()[0], n_bytes]);
        }
    }

    // ---- sizes -------------------------------------------------------------------------------------------------------

    fn len(&mut self, x: ExprId) -> Val {
        let ty = self.type_of(x);
        match self.types.under(ty) {
            Type::Basic(_) | Type::Slice(_) => Val::one(self.expr(x).scalars()[1]),
            Type::Map { .. } => {
                let map = self.scalar(x);
                Val::one(self.load_if_not_nil(map, 0))
            }
            Type::Chan { .. } => {
                let chan = self.scalar(x);
                Val::one(self.rust(abi::RtFn::chanlen, &[chan])[0])
            }
            _ => self.array_len(x, ty),
        }
    }

    fn cap(&mut self, x: ExprId) -> Val {
        let ty = self.type_of(x);
        match self.types.under(ty) {
            Type::Slice(_) => Val::one(self.expr(x).scalars()[2]),
            Type::Chan { .. } => {
                let chan = self.scalar(x);
                Val::one(self.rust(abi::RtFn::chancap, &[chan])[0])
            }
            _ => self.array_len(x, ty),
        }
    }

    /// The length of an array that is not a constant: the operand is evaluated for its calls.
    fn array_len(&mut self, x: ExprId, ty: TypeId) -> Val {
        let array = self.types.as_pointer(ty).unwrap_or(ty);
        let Type::Array { n_elems, .. } = self.types.under(array) else { unreachable!("an array") };
        let n_elems = *n_elems;
        if self.const_of(x).is_none() {
            self.evaluate_for_calls(x);
        }
        Val::one(self.int(n_elems))
    }

    /// Evaluates an array, or pointer to one, whose value is not wanted, if it has calls or receives: with the checks that
    /// reading it would make.
    pub(crate) fn evaluate_for_calls(&mut self, x: ExprId) {
        let tree = self.src.tree;
        let has_effect = crate::visit::in_expr(tree, x, |id| match tree[id].kind {
            ExprKind::Unary { op, .. } => op == UnaryOp::Recv,
            ExprKind::Call { fun, .. } => !self.is_type(fun),
            _ => false,
        });
        if !has_effect {
            return;
        }
        let ty = self.type_of(x);
        match self.lazy_operand(x) {
            Some(place @ (Place::Memory(_) | Place::Deref(_) | Place::Elem(_))) => {
                self.settle(&place, ty);
            }
            Some(_) => {}
            None => {
                self.expr(x);
            }
        }
    }

    /// The word at an offset of an object; 0 for nil.
    fn load_if_not_nil(&mut self, object: ValueId, offset: u64) -> ValueId {
        let result = self.b.declare_var(IrType::I64);
        let (some, end) = (self.b.create_block(), self.b.create_block());
        let zero = self.int(0);
        self.b.def_var(result, zero);
        let is_nil = self.is_nil(object);
        self.b.br_if(is_nil, end, some);
        self.enter(some);
        let value = self.load(Address::heap(object).plus(offset), IrType::I64);
        self.b.def_var(result, value);
        self.b.jump(end, &[]);
        self.enter(end);
        self.b.use_var(result)
    }

    fn alignof(&mut self, x: ExprId) -> Val {
        let ty = self.type_of(x);
        let align = self.shape(ty).align;
        Val::one(self.int(i64::from(align)))
    }

    fn sizeof(&mut self, x: ExprId) -> Val {
        let ty = self.type_of(x);
        let n_bytes = self.shape(ty).n_bytes;
        Val::one(self.int(n_bytes as i64))
    }

    /// `unsafe.Offsetof(x.f)`: from the struct that holds `f`, through embedded structs.
    fn offsetof(&mut self, x: ExprId) -> Val {
        let tree = self.src.tree;
        let ExprKind::Selector { x, sel } = tree[tree.unparen(x)].kind else { unreachable!("a selector") };
        let mut ty = self.type_of(x);
        let selected = self.select(ty, sel);
        let types::Member::Field { index, .. } = selected.member else { unreachable!("a field") };
        let mut offset = 0;
        for step in selected.path.iter().copied().chain([index]) {
            let struct_ty = self.types.as_pointer(ty).unwrap_or(ty);
            let (field_ty, field_offset) = self.field(struct_ty, step as usize);
            offset += field_offset;
            ty = field_ty;
        }
        Val::one(self.int(offset as i64))
    }

    // ---- making ------------------------------------------------------------------------------------------------------

    fn new_builtin(&mut self, id: ExprId, x: ExprId) -> Val {
        let ptr_ty = self.type_of(id);
        let elem = self.types.as_pointer(ptr_ty).expect("new gives a pointer");
        let elem = self.types.canonical(elem);
        if self.is_type(x) {
            return Val::one(self.new_object(elem));
        }
        let val = self.expr_as(x, elem);
        Val::one(self.box_in_heap(val, elem))
    }

    fn make(&mut self, id: ExprId, args: &[ExprId]) -> Val {
        let ty = self.type_of(id);
        match self.types.under(ty) {
            Type::Slice(elem) => {
                let elem = self.types.canonical(*elem);
                self.make_slice(args, elem)
            }
            Type::Map { .. } => self.make_map(ty, args),
            Type::Chan { .. } => self.make_chan(ty, args),
            other => unreachable!("make of {other:?}"),
        }
    }

    /// A size argument as an int; unsigned values too large for one stay too large.
    fn size_arg(&mut self, arg: &Arg) -> ValueId {
        let (value, is_unsigned) = self.index_arg(arg);
        if !is_unsigned {
            return value;
        }
        let most = self.int(i64::MAX);
        self.b.binary(Op::Umin, value, most)
    }

    fn make_slice(&mut self, args: &[ExprId], elem: TypeId) -> Val {
        let len = self.size_arg(&Arg::Expr(args[1]));
        let cap = args.get(2).map_or(len, |&cap| self.size_arg(&Arg::Expr(cap)));
        if let Some(val) = self.make_small_slice(len, cap, elem) {
            return val;
        }
        let desc = self.type_addr(elem);
        let data = self.runtime1("makeslice", &[desc, len, cap], IrType::Ptr);
        Val::many(&[data, len, cap])
    }

    /// A slice of constant, small capacity is an array variable, which may not have to be in the heap.
    fn make_small_slice(&mut self, len: ValueId, cap: ValueId, elem: TypeId) -> Option<Val> {
        const MAX_BYTES: u64 = 64 * 1024;
        let n_elems = u64::try_from(self.const_int(cap)?).ok()?;
        let len_const = u64::try_from(self.const_int(len)?).ok()?;
        let n_bytes = self.shape(elem).n_bytes.checked_mul(n_elems)?;
        if n_bytes > MAX_BYTES || len_const > n_elems {
            return None;
        }
        let array = self.types.canonical(self.types.array(n_elems as i64, elem));
        let data = self.new_object(array);
        Some(Val::many(&[data, len, cap]))
    }

    fn make_map(&mut self, ty: TypeId, args: &[ExprId]) -> Val {
        let desc = self.type_addr(ty);
        let Some(&hint) = args.get(1) else {
            return Val::one(self.runtime1("makemap_small", &[], IrType::Ptr));
        };
        let hint = self.size_arg(&Arg::Expr(hint));
        let no_memory = self.nil();
        Val::one(self.runtime1("makemap", &[desc, hint, no_memory], IrType::Ptr))
    }

    fn make_chan(&mut self, ty: TypeId, args: &[ExprId]) -> Val {
        let desc = self.type_addr(ty);
        let size = match args.get(1) {
            Some(&size) => self.size_arg(&Arg::Expr(size)),
            None => self.int(0),
        };
        Val::one(self.runtime1("makechan", &[desc, size], IrType::Ptr))
    }

    // ---- maps and channels ---------------------------------------------------------------------------------------------

    fn delete(&mut self, args: &[ExprId], pos: base::Pos) -> Vec<(Val, TypeId)> {
        let args = self.args(args);
        let ty = self.arg_type(&args[0]);
        let (key_ty, _) = self.map_types(ty);
        let map = self.arg(&args[0]).scalar();
        let key = self.arg_as(&args[1], key_ty);
        self.at(pos);
        self.map_delete(&MapPlace { ty, map, key });
        Vec::new()
    }

    fn close(&mut self, chan: ExprId, pos: base::Pos) -> Vec<(Val, TypeId)> {
        let chan = self.scalar(chan);
        self.at(pos);
        self.runtime("closechan", &[chan], &[]);
        Vec::new()
    }

    // ---- numbers -------------------------------------------------------------------------------------------------------

    fn complex(&mut self, id: ExprId, args: &[ExprId]) -> Val {
        let ty = self.type_of(id);
        let is_single = self.types.as_basic(ty) == Some(Basic::Complex64);
        let part = if is_single { TypeId::FLOAT32 } else { TypeId::FLOAT64 };
        let args = self.args(args);
        let re = self.arg_as(&args[0], part).scalar();
        let im = self.arg_as(&args[1], part).scalar();
        Val::many(&[re, im])
    }

    fn complex_part(&mut self, x: ExprId, part: usize) -> Val {
        let val = self.expr(x);
        Val::one(val.scalars()[part])
    }

    fn min_max(&mut self, id: ExprId, args: &[ExprId], better: BinaryOp) -> Val {
        let ty = self.type_of(id);
        let vals: Vec<Val> = self.args(args).iter().map(|arg| self.arg_as(arg, ty)).collect();
        self.at(self.src.tree[id].pos);
        let mut vals = vals.into_iter();
        let first = vals.next().expect("min and max have an argument");
        vals.fold(first, |best, next| self.better(best, next, ty, better))
    }

    fn better(&mut self, best: Val, next: Val, ty: TypeId, better: BinaryOp) -> Val {
        let is_min = better == BinaryOp::Lss;
        if self.is_string(ty) {
            let name = if is_min { "strmin" } else { "strmax" };
            let args: Vec<ValueId> = best.scalars().iter().chain(next.scalars()).copied().collect();
            return Val::Scalars(self.runtime(name, &args, &[IrType::Ptr, IrType::I64]));
        }
        let op = match (self.types.is_basic(ty, BasicInfo::FLOAT), self.is_unsigned(ty), is_min) {
            (true, _, true) => Op::Fmin,
            (true, _, false) => Op::Fmax,
            (_, true, true) => Op::Umin,
            (_, true, false) => Op::Umax,
            (_, false, true) => Op::Smin,
            (_, false, false) => Op::Smax,
        };
        Val::one(self.b.binary(op, best.scalar(), next.scalar()))
    }

    // ---- panics --------------------------------------------------------------------------------------------------------

    fn panic(&mut self, x: ExprId, pos: base::Pos) -> Vec<(Val, TypeId)> {
        let any = self.any_type();
        let val = self.expr_as(x, any);
        self.at(pos);
        self.runtime_panic("gopanic", val.scalars());
        Vec::new()
    }

    /// `interface{}`
    pub(crate) fn any_type(&self) -> TypeId {
        self.types.canonical(self.types.interface(Vec::new(), Vec::new()))
    }

    // ---- printing ------------------------------------------------------------------------------------------------------

    fn print(&mut self, args: &[ExprId], is_println: bool) -> Vec<(Val, TypeId)> {
        let vals: Vec<(Val, TypeId)> = self
            .args(args)
            .iter()
            .map(|arg| {
                let ty = self.arg_type(arg);
                let ty = if ty == TypeId::UNTYPED_NIL { TypeId::UNSAFE_POINTER } else { ty };
                let val = self.arg_as(arg, ty);
                (self.keep(val, ty), ty)
            })
            .collect();
        self.print_values(&vals, is_println);
        Vec::new()
    }

    /// Prints evaluated operands.
    pub(crate) fn print_values(&mut self, vals: &[(Val, TypeId)], is_println: bool) {
        self.runtime("printlock", &[], &[]);
        for (idx, (val, ty)) in vals.iter().enumerate() {
            if is_println && idx > 0 {
                self.runtime("printsp", &[], &[]);
            }
            self.print_one(val, *ty);
        }
        if is_println {
            self.runtime("printnl", &[], &[]);
        }
        self.runtime("printunlock", &[], &[]);
    }

    fn print_one(&mut self, val: &Val, ty: TypeId) {
        let (name, wide) = match self.types.under(ty) {
            Type::Basic(basic) => print_basic(*basic),
            Type::Interface(_) if crate::methods::interface_methods(self.types, ty).is_empty() => {
                ("printeface", None)
            }
            Type::Interface(_) => ("printiface", None),
            Type::Slice(_) => ("printslice", None),
            _ => ("printpointer", None),
        };
        let args: Vec<ValueId> = val
            .scalars()
            .iter()
            .map(|&value| match wide {
                Some(is_unsigned) => self.extend(value, is_unsigned),
                None => value,
            })
            .collect();
        self.runtime(name, &args, &[]);
    }

    // ---- package unsafe ------------------------------------------------------------------------------------------------

    fn unsafe_add(&mut self, args: &[ExprId]) -> Val {
        let args = self.args(args);
        let ptr = self.arg(&args[0]).scalar();
        let (offset, _) = self.index_arg(&args[1]);
        // The result may be outside of the object for a while: computed as an integer.
        let addr = self.b.convert(Op::PtrToInt, IrType::I64, ptr);
        let sum = self.b.binary(Op::Iadd, addr, offset);
        Val::one(self.b.convert(Op::IntToPtr, IrType::Ptr, sum))
    }

    fn unsafe_slice(&mut self, args: &[ExprId], pos: base::Pos) -> Val {
        let args = self.args(args);
        let ptr_ty = self.arg_type(&args[0]);
        let elem = self.types.as_pointer(ptr_ty).expect("unsafe.Slice takes a pointer");
        let ptr = self.arg(&args[0]).scalar();
        // Unsigned values too large for an int are negative as one, which is refused too.
        let (len, _) = self.index_arg(&args[1]);
        self.at(pos);
        let desc = self.type_addr(elem);
        self.runtime("unsafeslice", &[desc, ptr, len], &[]);
        Val::many(&[ptr, len, len])
    }

    fn unsafe_string(&mut self, args: &[ExprId], pos: base::Pos) -> Val {
        let args = self.args(args);
        let ptr = self.arg(&args[0]).scalar();
        // Unsigned values too large for an int are negative as one, which is refused too.
        let (len, _) = self.index_arg(&args[1]);
        self.at(pos);
        self.check_not_negative(len, PanicKind::UnsafeStringLen);
        self.runtime("unsafestring", &[ptr, len], &[]);
        Val::many(&[ptr, len])
    }

    fn slice_data(&mut self, x: ExprId) -> Val {
        let val = self.expr(x);
        Val::one(val.scalars()[0])
    }
}

/// The function that prints a basic type; and whether to extend the operand to 64 bits, and how.
fn print_basic(basic: Basic) -> (&'static str, Option<bool>) {
    match basic {
        Basic::Bool | Basic::UntypedBool => ("printbool", None),
        Basic::String | Basic::UntypedString => ("printstring", None),
        Basic::Float32 => ("printfloat32", None),
        Basic::Float64 | Basic::UntypedFloat => ("printfloat64", None),
        Basic::Complex64 => ("printcomplex64", None),
        Basic::Complex128 | Basic::UntypedComplex => ("printcomplex128", None),
        Basic::UnsafePointer | Basic::UntypedNil => ("printpointer", None),
        Basic::Uintptr => ("printuintptr", None),
        _ if basic.info().intersects(BasicInfo::UNSIGNED) => ("printuint", Some(true)),
        _ => ("printint", Some(false)),
    }
}
