//! `len` and `cap`.

use ir::{Type as IrType, ValueId};
use syntax::{ExprId, ExprKind, UnaryOp};
use types::{Type, TypeId};

use crate::{
    func::FnCx,
    value::{Address, Place, Val},
};

impl FnCx<'_, '_, '_> {
    pub(super) fn len(&mut self, x: ExprId) -> Val {
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

    pub(super) fn cap(&mut self, x: ExprId) -> Val {
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
}
