//! Composite literals. Spec: "Composite literals".

use ir::ValueId;
use syntax::{ExprId, ExprKind, List};
use types::{Type, TypeId};

use crate::{
    func::FnCx,
    value::{Address, MapPlace, Scalars, Val},
};

impl FnCx<'_, '_, '_> {
    /// `T{...}`
    pub(crate) fn composite(&mut self, id: ExprId) -> Val {
        let ty = self.type_of(id);
        self.composite_of(id, ty)
    }

    /// The value of type `ty` that a literal stands for: its own type, or what its elided `&T` points to.
    fn composite_of(&mut self, id: ExprId, ty: TypeId) -> Val {
        let ExprKind::CompositeLit { elems, .. } = self.src.tree[id].kind else {
            unreachable!("a composite literal")
        };
        match self.types.under(ty) {
            // `&T` elided in an element of a composite literal.
            Type::Pointer(elem) => {
                let elem = self.types.canonical(*elem);
                Val::one(self.new_composite(id, elem))
            }
            Type::Slice(elem) => {
                let elem = self.types.canonical(*elem);
                self.slice_literal(id, elems, elem)
            }
            Type::Map { .. } => self.map_literal(elems, ty),
            Type::Struct(_) if !self.shape(ty).is_memory() => self.struct_value(elems, ty),
            Type::Array { elem, .. } if !self.shape(ty).is_memory() => {
                // Nothing is kept, but the elements are evaluated.
                let elem = self.types.canonical(*elem);
                for (_, value) in self.indexed_elems(elems) {
                    self.expr_as(value, elem);
                }
                self.zero(ty)
            }
            _ => {
                let shape = self.shape(ty);
                if let Some(static_val) = self.static_composite(id, ty) {
                    return static_val;
                }
                let at = self.temp_zeroed(&shape);
                self.fill(id, ty, at);
                Val::Memory { addr: at.base, owned: true }
            }
        }
    }

    /// `&T{...}`: a new variable.
    pub(crate) fn new_composite(&mut self, id: ExprId, ty: TypeId) -> ValueId {
        let shape = self.shape(ty);
        if matches!(self.types.under(ty), Type::Struct(_) | Type::Array { .. }) && shape.is_memory() {
            let addr = self.new_object(ty);
            self.fill(id, ty, Address::heap(addr));
            return addr;
        }
        let val = self.composite_of(id, ty);
        self.box_in_heap(val, ty)
    }

    /// Writes the elements of a struct or array literal into zeroed memory that nothing else refers to yet.
    fn fill(&mut self, id: ExprId, ty: TypeId, at: Address) {
        let ExprKind::CompositeLit { elems, .. } = self.src.tree[id].kind else {
            unreachable!("a composite literal")
        };
        match self.types.under(ty) {
            Type::Struct(_) => {
                for (path, value) in self.struct_elems(elems, ty) {
                    let (field_ty, at) = path.iter().fold((ty, at), |(ty, at), &index| {
                        let (field_ty, offset) = self.field(ty, index);
                        (field_ty, at.plus(offset))
                    });
                    if self.is_blank_field(ty, &path) {
                        // Blank fields stay zero.
                        self.expr_as(value, field_ty);
                        continue;
                    }
                    self.fill_elem(value, field_ty, at);
                }
            }
            Type::Array { elem, .. } => {
                let elem = self.types.canonical(*elem);
                let n_bytes = self.shape(elem).n_bytes;
                for (index, value) in self.indexed_elems(elems) {
                    self.fill_elem(value, elem, at.plus(index * n_bytes));
                }
            }
            other => unreachable!("{other:?} is not filled in place"),
        }
    }

    fn fill_elem(&mut self, value: ExprId, ty: TypeId, at: Address) {
        let is_nested = matches!(self.src.tree[value].kind, ExprKind::CompositeLit { .. })
            && self.type_of(value) == ty
            && matches!(self.types.under(ty), Type::Struct(_) | Type::Array { .. })
            && self.shape(ty).is_memory();
        if is_nested {
            return self.fill(value, ty, at);
        }
        let val = self.expr_as(value, ty);
        self.store_val(at, ty, &val);
    }

    /// The elements of a struct literal: the way to the field (longer than one step for a promoted one), and the value.
    pub(crate) fn struct_elems(&self, elems: List<ExprId>, ty: TypeId) -> Vec<(Vec<usize>, ExprId)> {
        let tree = self.src.tree;
        let elems = tree[elems].iter().enumerate();
        elems
            .map(|(idx, &elem)| match tree[elem].kind {
                ExprKind::KeyValue { key, value } => {
                    let ident = tree.as_name(key).expect("the key of a struct literal is a name");
                    let selected = self.select(ty, ident);
                    let types::Member::Field { index, .. } = selected.member else { unreachable!("a field") };
                    let path = selected.path.iter().copied().chain([index]);
                    (path.map(|step| step as usize).collect(), value)
                }
                _ => (vec![idx], elem),
            })
            .collect()
    }

    /// Whether a path of a struct literal is one step, to a blank field.
    pub(crate) fn is_blank_field(&self, ty: TypeId, path: &[usize]) -> bool {
        let (_, struct_) = self.types.as_struct(ty).expect("a struct");
        path.len() == 1 && struct_.fields[path[0]].name.symbol.is_blank()
    }

    /// A struct that is held in scalars.
    fn struct_value(&mut self, elems: List<ExprId>, ty: TypeId) -> Val {
        let Val::Scalars(mut scalars) = self.zero(ty) else { unreachable!("not a memory type") };
        for (path, value) in self.struct_elems(elems, ty) {
            let (mut field_ty, mut start) = (ty, 0);
            let mut len = scalars.len();
            for &index in &path {
                let range = self.scalar_range(field_ty, index);
                field_ty = self.field(field_ty, index).0;
                start += range.start;
                len = range.len();
            }
            let val = self.expr_as(value, field_ty);
            if self.is_blank_field(ty, &path) {
                continue;
            }
            scalars[start..start + len].copy_from_slice(val.scalars());
        }
        Val::Scalars(scalars)
    }

    /// A slice over a new array.
    fn slice_literal(&mut self, id: ExprId, elems: List<ExprId>, elem: TypeId) -> Val {
        let list = self.indexed_elems(elems);
        let n_elems = list.iter().map(|(index, _)| index + 1).max().unwrap_or(0);
        let array = self.types.canonical(self.types.array(n_elems as i64, elem));
        let data = self.new_object(array);
        let len = self.int(n_elems as i64);
        if !self.copy_static(id, array, data) {
            let n_bytes = self.shape(elem).n_bytes;
            for (index, value) in list {
                self.fill_elem(value, elem, Address::heap(data).plus(index * n_bytes));
            }
        }
        Val::many(&[data, len, len])
    }

    fn map_literal(&mut self, elems: List<ExprId>, ty: TypeId) -> Val {
        let (key_ty, elem_ty) = self.map_types(ty);
        let map = if elems.len() <= 8 {
            self.small_map(ty)
        } else {
            let (desc, hint, nil) = (self.type_addr(ty), self.int(elems.len() as i64), self.nil());
            self.runtime1("makemap", &[desc, hint, nil], ir::Type::Ptr)
        };
        for &elem in &self.src.tree[elems] {
            let ExprKind::KeyValue { key, value } = self.src.tree[elem].kind else {
                unreachable!("a key and a value")
            };
            self.units_first(&[key, value]);
            let key = self.expr_as(key, key_ty);
            let key = self.keep(key, key_ty);
            let val = self.expr_as(value, elem_ty);
            let val = self.keep(val, elem_ty);
            self.map_set(&MapPlace { ty, map, key }, &val);
        }
        Val::one(map)
    }

    /// A struct or array literal whose elements are all constant: read-only memory. Small ones are as quick to build.
    fn static_composite(&mut self, id: ExprId, ty: TypeId) -> Option<Val> {
        let symbol = self.static_data(id, ty)?;
        Some(Val::Memory { addr: self.b.data_addr(symbol, 0), owned: false })
    }

    /// Fills the array of a slice literal from read-only memory, if all its elements are constant.
    fn copy_static(&mut self, id: ExprId, array: TypeId, data: ValueId) -> bool {
        match self.static_data(id, array) {
            Some(symbol) => {
                let source = self.b.data_addr(symbol, 0);
                self.store_val(Address::heap(data), array, &Val::Memory { addr: source, owned: true });
                true
            }
            None => false,
        }
    }

    /// Scalars of several values in a row.
    pub(crate) fn flatten(vals: &[Val]) -> Scalars {
        vals.iter().flat_map(|val| val.scalars().iter().copied()).collect()
    }
}
