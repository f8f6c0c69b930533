//! `new` and `make`.

use ir::{Op, Type as IrType, ValueId};
use syntax::ExprId;
use types::{Type, TypeId};

use super::Arg;
use crate::{func::FnCx, rtype::MAP_SLOTS, value::Val};

impl FnCx<'_, '_, '_> {
    pub(super) fn new_builtin(&mut self, id: ExprId, x: ExprId) -> Val {
        let ptr_ty = self.type_of(id);
        let elem = self.types.as_pointer(ptr_ty).expect("new gives a pointer");
        let elem = self.types.canonical(elem);
        if self.is_type(x) {
            return Val::one(self.new_object(elem));
        }
        let val = self.expr_as(x, elem);
        Val::one(self.box_in_heap(val, elem))
    }

    pub(super) fn make(&mut self, id: ExprId, args: &[ExprId]) -> Val {
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
    pub(super) fn size_arg(&mut self, arg: &Arg) -> ValueId {
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
        let Some(&hint) = args.get(1) else { return Val::one(self.small_map(ty)) };
        let hint = self.size_arg(&Arg::Expr(hint));
        if self.const_int(hint).is_some_and(|hint| (0..=MAP_SLOTS as i64).contains(&hint)) {
            return Val::one(self.small_map(ty));
        }
        let desc = self.type_addr(ty);
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
}
