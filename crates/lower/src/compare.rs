//! Comparison of values of any type. Spec: "Comparison operators".

use ir::{IntCond, Op, Type as IrType, ValueId};
use syntax::{BinaryOp, ExprId};
use types::{BasicInfo, Type, TypeId};

use crate::{
    func::FnCx,
    ops::{float_cond, int_cond},
    value::{Address, Val},
};

/// Arrays of up to this many simple elements are compared element by element in line.
const MAX_INLINE_ELEMS: i64 = 4;

impl FnCx<'_, '_, '_> {
    /// `x op y` for a comparison operator: 0 or 1.
    pub(crate) fn comparison(&mut self, id: ExprId, op: BinaryOp, x: ExprId, y: ExprId) -> ValueId {
        let is_nil = |cx: &Self, e: ExprId| cx.src.info.exprs[e].mode == check::Mode::Nil;
        if is_nil(self, y) || is_nil(self, x) {
            let operand = if is_nil(self, y) { x } else { y };
            return self.compare_nil(op, operand);
        }
        let (x_ty, y_ty) = (self.type_of(x), self.type_of(y));
        let ty = self.comparison_type(x, x_ty, y, y_ty);
        let left = self.left_operand(x, x_ty, ty, y);
        let right = match self.string_view(y) {
            Some(view) => view,
            None => self.expr_as_operand(y, y_ty, ty),
        };
        self.at(self.src.tree[id].pos);
        match op {
            BinaryOp::Eql => self.equal(&left, &right, ty),
            BinaryOp::Neq => {
                let equal = self.equal(&left, &right, ty);
                self.not(equal)
            }
            _ => self.ordered(op, &left, &right, ty),
        }
    }

    /// The operand that is evaluated first.
    fn left_operand(&mut self, x: ExprId, x_ty: TypeId, ty: TypeId, next: ExprId) -> Val {
        let converted = self.bytes_of_string(next).unwrap_or(next);
        let is_last = self.const_of(converted).is_some() || self.lazy_operand_kind(converted).is_some();
        if is_last && let Some(view) = self.string_view(x) {
            return view;
        }
        let left = self.expr_as_operand(x, x_ty, ty);
        self.keep_if_call_follows(left, ty, next)
    }

    /// The type in which two operands are compared: an interface type if one is, and the other implements it.
    fn comparison_type(&self, x: ExprId, x_ty: TypeId, y: ExprId, y_ty: TypeId) -> TypeId {
        let is_interface = |ty| self.types.as_interface(ty).is_some();
        if x_ty == y_ty {
            return x_ty;
        }
        match (is_interface(x_ty), is_interface(y_ty)) {
            (true, false) => x_ty,
            (false, true) => y_ty,
            // Two interface types of which one is assignable to the other: compare as the larger (smaller method set).
            (true, true) => {
                let n_methods = |ty| crate::methods::interface_methods(self.types, ty).len();
                if n_methods(x_ty) <= n_methods(y_ty) { x_ty } else { y_ty }
            }
            (false, false) if self.const_of(x).is_some() => y_ty,
            (false, false) if self.const_of(y).is_some() => x_ty,
            (false, false) => x_ty,
        }
    }

    fn expr_as_operand(&mut self, id: ExprId, from: TypeId, to: TypeId) -> Val {
        // Operands of identical underlying type (a defined and an undefined one, channels of other direction) need nothing.
        if self.types.as_interface(to).is_some() || self.const_of(id).is_some() || from == to {
            return self.expr_as(id, to);
        }
        self.expr(id)
    }

    /// Copies a memory operand that evaluating the other one may change.
    fn keep_if_call_follows(&mut self, val: Val, ty: TypeId, next: ExprId) -> Val {
        let is_simple = self.const_of(next).is_some() || self.lazy_operand_kind(next).is_some();
        if is_simple { val } else { self.keep(val, ty) }
    }

    /// `x == nil` or `x != nil`.
    fn compare_nil(&mut self, op: BinaryOp, x: ExprId) -> ValueId {
        // Of slices the data pointer, of interfaces the type word, of everything else the only scalar.
        if self.src.info.exprs[x].mode == check::Mode::Nil {
            return self.bool(op == BinaryOp::Eql);
        }
        let val = self.expr(x);
        self.b.icmp_imm(int_cond(op, true), val.scalars()[0], 0)
    }

    fn ordered(&mut self, op: BinaryOp, x: &Val, y: &Val, ty: TypeId) -> ValueId {
        if self.is_string(ty) {
            let args: Vec<ValueId> = x.scalars().iter().chain(y.scalars()).copied().collect();
            let order = self.runtime1("cmpstring", &args, IrType::I64);
            return self.b.icmp_imm(int_cond(op, false), order, 0);
        }
        let (x, y) = (x.scalar(), y.scalar());
        if self.b.func.ty(x).is_float() {
            return self.b.fcmp(float_cond(op), x, y);
        }
        let is_unsigned = self.is_unsigned(ty);
        self.b.icmp(int_cond(op, is_unsigned), x, y)
    }

    /// Whether two values of a comparable type are equal. Comparing interfaces may panic.
    pub(crate) fn equal(&mut self, x: &Val, y: &Val, ty: TypeId) -> ValueId {
        match self.types.under(ty) {
            Type::Basic(basic) if basic.info().intersects(BasicInfo::STRING) => self.equal_strings(x, y),
            Type::Interface(_) => self.equal_interfaces(x, y, ty),
            Type::Struct(_) => self.equal_structs(x, y, ty),
            Type::Array { n_elems, elem } => self.equal_arrays(x, y, ty, *n_elems, *elem),
            _ => self.equal_scalars(x, y),
        }
    }

    fn equal_scalars(&mut self, x: &Val, y: &Val) -> ValueId {
        let mut result = None;
        for (&x, &y) in x.scalars().iter().zip(y.scalars()) {
            let equal = if self.b.func.ty(x).is_float() {
                self.b.fcmp(ir::FloatCond::Eq, x, y)
            } else {
                self.b.icmp(IntCond::Eq, x, y)
            };
            result = Some(self.both(result, equal));
        }
        result.unwrap_or_else(|| self.bool(true))
    }

    fn both(&mut self, so_far: Option<ValueId>, next: ValueId) -> ValueId {
        match so_far {
            Some(so_far) => self.b.binary(Op::And, so_far, next),
            None => next,
        }
    }

    /// Lengths first; the bytes only when they agree.
    fn equal_strings(&mut self, x: &Val, y: &Val) -> ValueId {
        let (&[x_data, x_len], &[y_data, y_len]) = (x.scalars(), y.scalars()) else {
            unreachable!("two strings")
        };
        let same_len = self.b.icmp(IntCond::Eq, x_len, y_len);
        self.and_then(same_len, |cx| {
            cx.b.emit(ir::Inst::new(Op::MemEqual, IrType::Ptr), &[x_data, y_data, x_len])
        })
    }

    /// 0 if `first` is 0, else what `second` (an instruction of one result) computes.
    fn and_then(&mut self, first: ValueId, second: impl FnOnce(&mut Self) -> ir::InstId) -> ValueId {
        let result = self.b.declare_var(IrType::I8);
        let (more, end) = (self.b.create_block(), self.b.create_block());
        let no = self.bool(false);
        self.b.def_var(result, no);
        self.b.br_if(first, more, end);
        self.enter(more);
        let inst = second(self);
        let value = self.b.func.result(inst);
        self.b.def_var(result, value);
        self.b.jump(end, &[]);
        self.enter(end);
        self.b.use_var(result)
    }

    /// The first words first; the values only when they agree.
    fn equal_interfaces(&mut self, x: &Val, y: &Val, ty: TypeId) -> ValueId {
        let (&[x_tab, x_data], &[y_tab, y_data]) = (x.scalars(), y.scalars()) else {
            unreachable!("two interfaces")
        };
        let name =
            if crate::methods::interface_methods(self.types, ty).is_empty() { "efaceeq" } else { "ifaceeq" };
        let same_type = self.b.icmp(IntCond::Eq, x_tab, y_tab);
        let symbol = self.unit.runtime(name);
        self.and_then(same_type, |cx| cx.b.call(symbol, &[x_tab, x_data, y_data], &[IrType::I8]))
    }

    fn equal_structs(&mut self, x: &Val, y: &Val, ty: TypeId) -> ValueId {
        if let (Val::Memory { addr: x, .. }, Val::Memory { addr: y, .. }) = (x, y) {
            return self.equal_memory(*x, *y, ty);
        }
        self.equal_fields(x, y, ty)
    }

    /// Compares two structs field by field.
    pub(crate) fn equal_fields(&mut self, x: &Val, y: &Val, ty: TypeId) -> ValueId {
        let (_, struct_) = self.types.as_struct(ty).expect("a struct");
        let (mut result, mut run) = (None, Vec::new());
        for (index, field) in struct_.fields.iter().enumerate() {
            if field.name.symbol.is_blank() {
                continue;
            }
            let (field_ty, _) = self.field(ty, index);
            let pair = (self.field_val(x, ty, index), self.field_val(y, ty, index), field_ty);
            // What may panic is compared if, and only if, everything before it is equal.
            if crate::rtype::hash_may_panic(self.types, field_ty) {
                result = self.equal_run(result, &run);
                run.clear();
                let (x, y, _) = pair;
                result = Some(self.and_equal(result, |cx| cx.equal(&x, &y, field_ty)));
            } else {
                run.push(pair);
            }
        }
        self.equal_run(result, &run).unwrap_or_else(|| self.bool(true))
    }

    /// Fields that cannot panic: those that are a few instructions and the lengths of strings first.
    fn equal_run(&mut self, so_far: Option<ValueId>, run: &[(Val, Val, TypeId)]) -> Option<ValueId> {
        let mut cheap = None;
        for (x, y, ty) in run {
            let equal = if self.compares_in_line(*ty) {
                self.equal(x, y, *ty)
            } else if self.is_string(*ty) {
                self.b.icmp(IntCond::Eq, x.scalars()[1], y.scalars()[1])
            } else {
                continue;
            };
            cheap = Some(self.both(cheap, equal));
        }
        let mut result = match (so_far, cheap) {
            (Some(so_far), Some(cheap)) => Some(self.b.binary(Op::And, so_far, cheap)),
            (so_far, cheap) => so_far.or(cheap),
        };
        for (x, y, ty) in run {
            if self.compares_in_line(*ty) {
                continue;
            }
            result = Some(match self.is_string(*ty) {
                true => self.and_equal(result, |cx| {
                    let operands = [x.scalars()[0], y.scalars()[0], x.scalars()[1]];
                    let inst = cx.b.emit(ir::Inst::new(Op::MemEqual, IrType::Ptr), &operands);
                    cx.b.func.result(inst)
                }),
                false => self.and_equal(result, |cx| cx.equal(x, y, *ty)),
            });
        }
        result
    }

    fn and_equal(&mut self, so_far: Option<ValueId>, next: impl FnOnce(&mut Self) -> ValueId) -> ValueId {
        match so_far {
            None => next(self),
            Some(so_far) => self.and_val(so_far, next),
        }
    }

    /// Whether comparing is a few instructions without branches.
    fn compares_in_line(&self, ty: TypeId) -> bool {
        match self.types.under(ty) {
            Type::Basic(basic) => !basic.info().intersects(BasicInfo::STRING),
            Type::Pointer(_) | Type::Chan { .. } => true,
            _ => false,
        }
    }

    fn and_val(&mut self, first: ValueId, second: impl FnOnce(&mut Self) -> ValueId) -> ValueId {
        let result = self.b.declare_var(IrType::I8);
        let (more, end) = (self.b.create_block(), self.b.create_block());
        let no = self.bool(false);
        self.b.def_var(result, no);
        self.b.br_if(first, more, end);
        self.enter(more);
        let value = second(self);
        self.b.def_var(result, value);
        self.b.jump(end, &[]);
        self.enter(end);
        self.b.use_var(result)
    }

    fn equal_arrays(&mut self, x: &Val, y: &Val, ty: TypeId, n_elems: i64, elem: TypeId) -> ValueId {
        let (Val::Memory { addr: x, .. }, Val::Memory { addr: y, .. }) = (x, y) else {
            return self.bool(true);
        };
        let elem = self.types.canonical(elem);
        if n_elems > MAX_INLINE_ELEMS || !self.compares_in_line(elem) {
            return self.equal_memory(*x, *y, ty);
        }
        let n_bytes = self.shape(elem).n_bytes;
        let mut result = None;
        for idx in 0..n_elems as u64 {
            let x = self.load_val(Address::side(*x).plus(idx * n_bytes), elem);
            let y = self.load_val(Address::side(*y).plus(idx * n_bytes), elem);
            let equal = self.equal(&x, &y, elem);
            result = Some(self.both(result, equal));
        }
        result.unwrap_or_else(|| self.bool(true))
    }

    /// Compares two values in memory: as bytes if that is enough, else by the type's own function.
    fn equal_memory(&mut self, x: ValueId, y: ValueId, ty: TypeId) -> ValueId {
        if crate::algorithm::is_plain_memory(self.unit, ty) {
            let n_bytes = self.shape(ty).n_bytes;
            let n_bytes = self.int(n_bytes as i64);
            let inst = self.b.emit(ir::Inst::new(Op::MemEqual, IrType::Ptr), &[x, y, n_bytes]);
            return self.b.func.result(inst);
        }
        let code = self.unit.equal_code(ty);
        let context = self.nil();
        let inst = self.b.call(code, &[context, x, y], &[IrType::I8]);
        self.b.func.result(inst)
    }
}
