//! `append`, `copy` and `clear`.

use ir::{IntCond, Op, Type as IrType, ValueId};
use syntax::{ExprId, ExprKind};
use types::{Builtin, Type, TypeId};

use super::Arg;
use crate::{
    func::FnCx,
    value::{Address, Val},
};

const SLICE: [IrType; 3] = [IrType::Ptr, IrType::I64, IrType::I64];

impl FnCx<'_, '_, '_> {
    /// `append(s, x, y)`: in place when the capacity is enough.
    pub(super) fn append(&mut self, id: ExprId, args: &[ExprId]) -> Val {
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
    pub(super) fn append_slice(&mut self, id: ExprId, slice: ExprId, more: ExprId) -> Val {
        let ty = self.type_of(id);
        let elem = self.slice_elem(ty);
        let slice = self.expr_as(slice, ty);
        if self.src.info.exprs[more].mode == check::Mode::Nil {
            return slice;
        }
        if let Some(n_new) = self.made_length(more) {
            return self.append_zeros(id, &slice, n_new, elem);
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

    /// The `n` of `make([]T, n)`.
    fn made_length(&self, x: ExprId) -> Option<ExprId> {
        let tree = self.src.tree;
        let x = tree.unparen(x);
        let ExprKind::Call { fun, args, .. } = tree[x].kind else { return None };
        if self.early.has(x) || self.is_type(fun) || self.builtin_of(fun) != Some(Builtin::Make) {
            return None;
        }
        match tree[args] {
            [_, n] => Some(n),
            _ => None,
        }
    }

    /// `append(s, make([]T, n)...)`: without making the second slice.
    fn append_zeros(&mut self, id: ExprId, slice: &Val, n: ExprId, elem: TypeId) -> Val {
        let n_new = self.size_arg(&Arg::Expr(n));
        self.at(self.src.tree[id].pos);
        self.check_made_length(n_new);
        let (data, old_len, new_len, cap) = self.grow(slice, n_new, elem);
        let n_bytes = self.shape(elem).n_bytes;
        let offset = self.scale(old_len, n_bytes.max(1));
        let base = self.b.ptr_add(data, offset);
        let val = Val::many(&[base, n_new, n_new]);
        self.clear_elems(&val, elem);
        Val::many(&[data, new_len, cap])
    }

    /// Panics as `make` does for a negative length; one that is too large is found when the slice grows, as with gc.
    fn check_made_length(&mut self, n: ValueId) {
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        let is_negative = self.b.icmp_imm(IntCond::Slt, n, 0);
        self.b.br_if(is_negative, bad, good);
        self.b.func.set_cold(bad);
        self.enter(bad);
        self.runtime_panic("panicmakeslicelen", &[]);
        self.enter(good);
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

    pub(super) fn copy_builtin(&mut self, args: &[ExprId]) -> Val {
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

    pub(super) fn clear_builtin(&mut self, x: ExprId) -> Vec<(Val, TypeId)> {
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
        self.clear_elems(val, elem);
    }

    /// Makes the elements of a slice zero.
    fn clear_elems(&mut self, val: &Val, elem: TypeId) {
        let shape = self.shape(elem);
        let n_bytes = self.scale(val.scalars()[1], shape.n_bytes.max(1));
        if shape.has_pointers {
            let desc = self.type_addr(elem);
            self.rust(abi::RtFn::typed_slice_clear, &[desc, val.scalars()[0], n_bytes]);
        } else if shape.n_bytes > 0 {
            self.b.emit(ir::Inst::new(Op::MemZero, IrType::Ptr), &[val.scalars()[0], n_bytes]);
        }
    }
}
