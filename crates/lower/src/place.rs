//! Places: operands of assignments, of `&`, and everything that can be read without copying the whole it is a part of.
//! Spec: "Address operators", "Assignment statements".

use base::Pos;
use ir::{BoundsKind, Type as IrType, ValueId};
use smallvec::SmallVec;
use syntax::{ExprId, ExprKind, UnaryOp};
use types::{Member, ObjectKind, Selected, Type, TypeId};

use crate::{
    func::FnCx,
    value::{Address, ElemPlace, MapPlace, Place, Val},
};

/// How an operand can be a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LazyKind {
    Variable,
    Deref,
    Part,
}

impl FnCx<'_, '_, '_> {
    /// Whether an operand is (a part of) a variable, so that a part of it can be read alone.
    pub(crate) fn lazy_operand_kind(&self, x: ExprId) -> Option<LazyKind> {
        let tree = self.src.tree;
        let x = tree.unparen(x);
        match tree[x].kind {
            ExprKind::Name(ident) => {
                let object = self.object_of(ident)?;
                matches!(self.types.object(object).kind, ObjectKind::Var(_)).then_some(LazyKind::Variable)
            }
            ExprKind::Unary { op: UnaryOp::Deref, .. } => Some(LazyKind::Deref),
            ExprKind::Selector { x: inner, sel } if !self.src.info.selections.contains_key(&x) => {
                let _ = inner;
                let object = self.object_of(sel)?;
                matches!(self.types.object(object).kind, ObjectKind::Var(_)).then_some(LazyKind::Variable)
            }
            ExprKind::Selector { x: inner, sel } => {
                if self.is_type(inner) {
                    return None;
                }
                let inner_ty = self.type_of(inner);
                let selected = self.select(inner_ty, sel);
                if !matches!(selected.member, Member::Field { .. }) {
                    return None;
                }
                let through_pointer = self.types.as_pointer(inner_ty).is_some() || selected.indirect;
                (through_pointer || self.lazy_operand_kind(inner).is_some()).then_some(LazyKind::Part)
            }
            ExprKind::Index { x: inner, .. } => {
                let inner_ty = self.src.info.type_of(inner).map(|ty| self.mono(ty))?;
                match self.types.under(inner_ty) {
                    Type::Slice(_) | Type::Pointer(_) => Some(LazyKind::Part),
                    Type::Array { .. } => self.lazy_operand_kind(inner).map(|_| LazyKind::Part),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The operand as a place, if it is one.
    pub(crate) fn lazy_operand(&mut self, x: ExprId) -> Option<Place> {
        self.lazy_operand_kind(x)?;
        Some(self.place(x))
    }

    /// Evaluates the operands of an assignable expression.
    pub(crate) fn place(&mut self, id: ExprId) -> Place {
        self.ensure_block();
        let tree = self.src.tree;
        let expr = tree[id];
        match expr.kind {
            ExprKind::Paren(x) => self.place(x),
            ExprKind::Name(ident) if tree.name(ident).is_blank() => Place::Blank,
            ExprKind::Name(ident) => {
                let object = self.object_of(ident).expect("the checker resolved every name");
                self.variable(object)
            }
            ExprKind::Unary { op: UnaryOp::Deref, x } => Place::Deref(Address::heap(self.scalar(x))),
            ExprKind::Selector { sel, .. } if !self.src.info.selections.contains_key(&id) => {
                let object = self.object_of(sel).expect("the checker resolved every name");
                self.variable(object)
            }
            ExprKind::Selector { x, sel } => {
                let x_ty = self.type_of(x);
                let selected = self.select(x_ty, sel);
                self.at(expr.pos);
                self.field_place(x, x_ty, &selected)
            }
            ExprKind::Index { x, .. } => self.index_place(id, x),
            ExprKind::CompositeLit { .. } => {
                let ty = self.type_of(id);
                let val = self.expr(id);
                let addr = self.box_in_heap(val, ty);
                Place::Memory(Address::heap(addr))
            }
            other => unreachable!("{other:?} is not assignable"),
        }
    }

    fn field_place(&mut self, x: ExprId, x_ty: TypeId, selected: &Selected) -> Place {
        let Member::Field { index, .. } = selected.member else { unreachable!("a field is selected") };
        let place = match self.lazy_operand(x) {
            Some(place) => place,
            None => {
                // The value of a call or conversion: a pointer, or a struct with an embedded pointer on the way.
                let val = self.expr(x);
                Place::Memory(Address::side(self.in_memory(val, x_ty)))
            }
        };
        self.walk_place(place, x_ty, selected, index).0
    }

    /// Follows the embedded fields of a selection, and then the field itself.
    pub(crate) fn walk_place(
        &mut self,
        place: Place,
        ty: TypeId,
        selected: &Selected,
        index: u32,
    ) -> (Place, TypeId) {
        selected
            .path
            .iter()
            .copied()
            .chain([index])
            .fold((place, ty), |(place, ty), step| self.step_place(place, ty, step as usize))
    }

    /// The field `index` of the struct at a place, or of the struct that the pointer there points to.
    pub(crate) fn step_place(&mut self, place: Place, ty: TypeId, index: usize) -> (Place, TypeId) {
        if let Some(elem) = self.types.as_pointer(ty) {
            let ptr = self.read(&place, ty).scalar();
            let (field_ty, offset) = self.field(elem, index);
            return (Place::Deref(Address::heap(ptr).plus(offset)), field_ty);
        }
        let (field_ty, offset) = self.field(ty, index);
        let place = match place {
            Place::Ssa(vars) => {
                let range = self.scalar_range(ty, index);
                Place::Ssa(SmallVec::from_slice(&vars[range]))
            }
            Place::Memory(at) => Place::Memory(at.plus(offset)),
            Place::Deref(at) => Place::Deref(at.plus(offset)),
            Place::Elem(elem) => Place::Elem(ElemPlace { offset: elem.offset + offset as i64, ..elem }),
            Place::Blank | Place::MapEntry(_) => unreachable!("a map entry has no assignable fields"),
        };
        (place, field_ty)
    }

    fn index_place(&mut self, id: ExprId, x: ExprId) -> Place {
        let ExprKind::Index { indices, .. } = self.src.tree[id].kind else {
            unreachable!("an index expression")
        };
        let index = self.src.tree[indices][0];
        let pos = self.src.tree[id].pos;
        let x_ty = self.type_of(x);
        match self.types.under(x_ty) {
            Type::Slice(elem) => {
                let slice = self.expr(x);
                let &[data, len, _] = slice.scalars() else { unreachable!("a slice has three scalars") };
                self.elem_place(data, len, index, *elem, pos)
            }
            Type::Pointer(array) => {
                let ptr = self.scalar(x);
                let Type::Array { n_elems, elem } = self.types.under(*array) else {
                    unreachable!("an array pointer")
                };
                let (n_elems, elem) = (*n_elems, *elem);
                let len = self.int(n_elems);
                let place = self.elem_place(ptr, len, index, elem, pos);
                if n_elems != 0 {
                    self.at(self.src.tree[id].pos);
                    self.b.nil_check(ptr);
                }
                place
            }
            Type::Array { n_elems, elem } => {
                let (n_elems, elem) = (*n_elems, *elem);
                let array = match self.lazy_operand(x) {
                    Some(place) => place,
                    None => {
                        let val = self.expr(x);
                        Place::Memory(Address::side(self.in_memory(val, x_ty)))
                    }
                };
                self.array_elem(array, x_ty, n_elems, elem, (index, pos))
            }
            Type::Map { key, .. } => {
                let key_ty = self.types.canonical(*key);
                let map = self.scalar(x);
                let key = self.expr_as(index, key_ty);
                let key = self.keep(key, key_ty);
                Place::MapEntry(MapPlace { ty: x_ty, map, key })
            }
            other => unreachable!("{other:?} has no assignable elements"),
        }
    }

    fn elem_place(&mut self, data: ValueId, len: ValueId, index: ExprId, elem: TypeId, pos: Pos) -> Place {
        let (index, is_unsigned) = self.index_value(index);
        let n_bytes = self.shape(elem).n_bytes;
        Place::Elem(ElemPlace { data, len, index, is_unsigned, n_bytes, offset: 0, pos })
    }

    /// An element of an array variable. The index is checked at once, since the array itself is an operand.
    fn array_elem(
        &mut self,
        array: Place,
        array_ty: TypeId,
        n_elems: i64,
        elem: TypeId,
        (index, pos): (ExprId, Pos),
    ) -> Place {
        let elem_shape = self.shape(elem);
        if elem_shape.n_bytes == 0 {
            let (idx, is_unsigned) = self.index_value(index);
            let len = self.int(n_elems);
            self.at(pos);
            self.check_index(idx, is_unsigned, len);
            return Place::Ssa(SmallVec::new());
        }
        match array {
            Place::Ssa(vars) => {
                // Only arrays of no elements are held in (no) variables: the check fails.
                let (idx, is_unsigned) = self.index_value(index);
                let len = self.int(n_elems);
                self.at(pos);
                self.check_index(idx, is_unsigned, len);
                debug_assert!(vars.is_empty());
                let zero = self.zero_place(elem);
                Place::Memory(zero)
            }
            place => {
                let at = self.settle(&place, array_ty);
                let base = self.b.ptr_add_imm(at.base, at.offset);
                let (idx, is_unsigned) = self.index_value(index);
                let len = self.int(n_elems);
                self.at(pos);
                self.check_index(idx, is_unsigned, len);
                let offset = self.scale(idx, elem_shape.n_bytes);
                Place::Memory(Address { base: self.b.ptr_add(base, offset), offset: 0, barrier: at.barrier })
            }
        }
    }

    fn zero_place(&mut self, ty: TypeId) -> Address {
        let shape = self.shape(ty);
        self.temp_zeroed(&shape)
    }

    /// Makes the checks that a place in memory still needs, and gives its address.
    pub(crate) fn settle(&mut self, place: &Place, ty: TypeId) -> Address {
        match place {
            Place::Memory(at) => *at,
            Place::Deref(at) => {
                self.b.nil_check(at.base);
                *at
            }
            Place::Elem(elem) => {
                let outer = self.b.loc();
                self.at(elem.pos);
                self.b.bounds_check(BoundsKind::Index, elem.is_unsigned, elem.index, elem.len);
                self.b.set_loc(outer);
                let offset = self.scale(elem.index, elem.n_bytes);
                Address::heap(self.b.ptr_add(elem.data, offset)).plus(elem.offset as u64)
            }
            Place::Ssa(_) | Place::Blank | Place::MapEntry(_) => {
                unreachable!(
                    "a value of type {} is not in memory here",
                    crate::names::type_name(self.types, ty, crate::names::Style::Link)
                )
            }
        }
    }

    /// Reads a place.
    pub(crate) fn read(&mut self, place: &Place, ty: TypeId) -> Val {
        match place {
            Place::Ssa(vars) => Val::Scalars(vars.iter().map(|&var| self.b.use_var(var)).collect()),
            Place::MapEntry(entry) => {
                let entry = entry.clone();
                self.map_get(&entry)
            }
            Place::Blank => unreachable!("_ has no value"),
            other => {
                let at = self.settle(other, ty);
                self.load_val(at, ty)
            }
        }
    }

    /// Writes a place.
    pub(crate) fn write(&mut self, place: &Place, ty: TypeId, val: &Val) {
        match place {
            Place::Blank => {}
            Place::Ssa(vars) => {
                for (&var, &value) in vars.iter().zip(val.scalars()) {
                    self.b.def_var(var, value);
                }
            }
            Place::MapEntry(entry) => {
                let entry = entry.clone();
                self.map_set(&entry, val);
            }
            // Two pointers to arrays may come from one slice.
            Place::Deref(_) if matches!(self.types.under(ty), Type::Array { .. }) => {
                let at = self.settle(place, ty);
                self.move_val(at, ty, val);
            }
            other => {
                let at = self.settle(other, ty);
                self.store_val(at, ty, val);
            }
        }
    }

    /// `&x`
    pub(crate) fn address_of(&mut self, x: ExprId) -> Val {
        let tree = self.src.tree;
        let x = tree.unparen(x);
        let ty = self.type_of(x);
        if let ExprKind::CompositeLit { .. } = tree[x].kind {
            return Val::one(self.new_composite(x, ty));
        }
        let place = self.place(x);
        self.at(tree[x].pos);
        Val::one(self.address(&place, ty))
    }

    /// The address of a place.
    pub(crate) fn address(&mut self, place: &Place, ty: TypeId) -> ValueId {
        if let Place::Ssa(_) = place {
            // Only values without size are held in no variables although their address is taken.
            debug_assert_eq!(self.shape(ty).n_bytes, 0);
            let base = self.unit.zero_base();
            return self.b.data_addr(base, 0);
        }
        let at = self.settle(place, ty);
        self.b.ptr_add_imm(at.base, at.offset)
    }

    /// A new variable in the heap with this value.
    pub(crate) fn box_in_heap(&mut self, val: Val, ty: TypeId) -> ValueId {
        let addr = self.new_object(ty);
        self.store_val(Address::heap(addr), ty, &val);
        addr
    }

    /// The machine type of a type that has one scalar.
    pub(crate) fn scalar_type(&mut self, ty: TypeId) -> IrType {
        self.shape(ty).scalars()[0].ty
    }
}
