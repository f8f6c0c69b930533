//! The functions of package unsafe.

use ir::{Op, PanicKind, Type as IrType};
use syntax::{ExprId, ExprKind};

use crate::{func::FnCx, value::Val};

impl FnCx<'_, '_, '_> {
    pub(super) fn unsafe_add(&mut self, args: &[ExprId]) -> Val {
        let args = self.args(args);
        let ptr = self.arg(&args[0]).scalar();
        let (offset, _) = self.index_arg(&args[1]);
        // The result may be outside of the object for a while: computed as an integer.
        let addr = self.b.convert(Op::PtrToInt, IrType::I64, ptr);
        let sum = self.b.binary(Op::Iadd, addr, offset);
        Val::one(self.b.convert(Op::IntToPtr, IrType::Ptr, sum))
    }

    pub(super) fn unsafe_slice(&mut self, args: &[ExprId], pos: base::Pos) -> Val {
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

    pub(super) fn unsafe_string(&mut self, args: &[ExprId], pos: base::Pos) -> Val {
        let args = self.args(args);
        let ptr = self.arg(&args[0]).scalar();
        // Unsigned values too large for an int are negative as one, which is refused too.
        let (len, _) = self.index_arg(&args[1]);
        self.at(pos);
        self.check_not_negative(len, PanicKind::UnsafeStringLen);
        self.runtime("unsafestring", &[ptr, len], &[]);
        Val::many(&[ptr, len])
    }

    pub(super) fn slice_data(&mut self, x: ExprId) -> Val {
        let val = self.expr(x);
        Val::one(val.scalars()[0])
    }

    pub(super) fn alignof(&mut self, x: ExprId) -> Val {
        let ty = self.type_of(x);
        let align = self.shape(ty).align;
        Val::one(self.int(i64::from(align)))
    }

    pub(super) fn sizeof(&mut self, x: ExprId) -> Val {
        let ty = self.type_of(x);
        let n_bytes = self.shape(ty).n_bytes;
        Val::one(self.int(n_bytes as i64))
    }

    /// `unsafe.Offsetof(x.f)`: from the struct that holds `f`, through embedded structs.
    pub(super) fn offsetof(&mut self, x: ExprId) -> Val {
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
}
