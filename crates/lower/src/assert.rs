//! Type assertions. Spec: "Type assertions".

use ir::{IntCond, Type as IrType, ValueId};
use syntax::ExprId;
use types::TypeId;

use crate::{func::FnCx, methods::interface_methods, value::Val};

impl FnCx<'_, '_, '_> {
    /// `x.(T)` that panics when it does not hold.
    pub(crate) fn assert(&mut self, x: ExprId, to: TypeId) -> Val {
        let from = self.type_of(x);
        self.units_first(&[x]);
        let val = self.expr(x);
        let &[table, data] = val.scalars() else { unreachable!("an interface has two scalars") };
        if self.types.as_interface(to).is_some() {
            return self.assert_interface(table, data, from, to);
        }
        let have = self.dynamic_type(table, from);
        let holds = self.is_type_word(have, to);
        let (yes, no) = (self.b.create_block(), self.b.create_block());
        self.b.br_if(holds, yes, no);
        self.b.func.set_cold(no);
        self.enter(no);
        let (want, interface) = (self.type_addr(to), self.type_addr(from));
        self.runtime_panic("panicdottypeE", &[have, want, interface]);
        self.enter(yes);
        self.unbox(data, to)
    }

    fn assert_interface(&mut self, table: ValueId, data: ValueId, from: TypeId, to: TypeId) -> Val {
        let concrete = self.dynamic_type(table, from);
        let want = self.type_addr(to);
        if !interface_methods(self.types, to).is_empty() {
            let itab = self.runtime1("assertE2I", &[want, concrete], IrType::Ptr);
            return Val::many(&[itab, data]);
        }
        let (some, none) = (self.b.create_block(), self.b.create_block());
        let is_nil = self.is_nil(concrete);
        self.b.br_if(is_nil, none, some);
        self.b.func.set_cold(none);
        self.enter(none);
        self.runtime_panic("panicnildottype", &[want]);
        self.enter(some);
        Val::many(&[concrete, data])
    }

    /// `v, ok := x.(T)` for an evaluated interface value; `v` is zero unless `ok`.
    pub(crate) fn assert_ok(&mut self, val: &Val, from: TypeId, to: TypeId) -> (Val, ValueId) {
        let &[table, data] = val.scalars() else { unreachable!("an interface has two scalars") };
        if self.types.as_interface(to).is_some() {
            return self.assert_interface_ok(table, data, from, to);
        }
        let have = self.dynamic_type(table, from);
        let holds = self.is_type_word(have, to);
        let val = self.choose(holds, to, |cx| cx.unbox(data, to));
        (val, holds)
    }

    fn assert_interface_ok(
        &mut self,
        table: ValueId,
        data: ValueId,
        from: TypeId,
        to: TypeId,
    ) -> (Val, ValueId) {
        let concrete = self.dynamic_type(table, from);
        let table = self.interface_table(concrete, to);
        let ok = self.b.icmp_imm(IntCond::Ne, table, 0);
        let nil = self.nil();
        let data = self.b.select(ok, data, nil);
        (Val::many(&[table, data]), ok)
    }

    /// The descriptor of the dynamic type of an interface value of type `from` with this first word; nil if it is nil.
    pub(crate) fn dynamic_type(&mut self, table: ValueId, from: TypeId) -> ValueId {
        let has_methods = !interface_methods(self.types, from).is_empty();
        self.type_word(table, has_methods)
    }

    /// The first word of an interface value of type `to` for a dynamic type; nil if it does not implement it.
    pub(crate) fn interface_table(&mut self, concrete: ValueId, to: TypeId) -> ValueId {
        if interface_methods(self.types, to).is_empty() {
            return concrete;
        }
        let want = self.type_addr(to);
        self.runtime1("assertE2I2", &[want, concrete], IrType::Ptr)
    }

    /// Whether a dynamic type is `to`, a concrete type.
    pub(crate) fn is_type_word(&mut self, have: ValueId, to: TypeId) -> ValueId {
        let want = self.type_addr(to);
        self.b.icmp(IntCond::Eq, have, want)
    }

    /// `value()` if `cond` is not 0, else the zero value.
    pub(crate) fn choose(&mut self, cond: ValueId, ty: TypeId, value: impl FnOnce(&mut Self) -> Val) -> Val {
        let shape = self.shape(ty);
        let (yes, end) = (self.b.create_block(), self.b.create_block());
        if shape.is_memory() {
            let temp = self.temp_zeroed(&shape);
            self.b.br_if(cond, yes, end);
            self.enter(yes);
            let val = value(self);
            self.store_val(temp, ty, &val);
            self.b.jump(end, &[]);
            self.enter(end);
            return Val::Memory { addr: temp.base, owned: true };
        }
        let zero = self.zero(ty);
        let vars: Vec<_> = shape.scalars().iter().map(|scalar| self.b.declare_var(scalar.ty)).collect();
        for (&var, &zero) in vars.iter().zip(zero.scalars()) {
            self.b.def_var(var, zero);
        }
        self.b.br_if(cond, yes, end);
        self.enter(yes);
        let val = value(self);
        for (&var, &value) in vars.iter().zip(val.scalars()) {
            self.b.def_var(var, value);
        }
        self.b.jump(end, &[]);
        self.enter(end);
        Val::Scalars(vars.iter().map(|&var| self.b.use_var(var)).collect())
    }
}
