//! Maps, channels and slice expressions: operations that the runtime does, or that check bounds.
//! Spec: "Index expressions" (maps), "Slice expressions", "Receive operator", "Send statements".

use ir::{AllocFlags, BoundsKind, MemFlags, Op, Region, Type as IrType, ValueId};
use smallvec::SmallVec;
use syntax::{ExprId, ExprKind};
use types::{Basic, Type, TypeId};

use crate::{
    func::FnCx,
    value::{Address, MapPlace, Val},
};

/// The functions of the map implementation for a key type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MapKind {
    /// Keys by address.
    Any,
    /// 4-byte keys without pointers.
    Fast32,
    /// 8-byte keys without pointers.
    Fast64,
    /// 8-byte keys that are pointers.
    Fast64Ptr,
    /// Strings.
    FastStr,
}

impl MapKind {
    fn suffix(self, assigns: bool) -> &'static str {
        match self {
            MapKind::Any => "",
            MapKind::Fast32 => "_fast32",
            MapKind::Fast64Ptr if assigns => "_fast64ptr",
            MapKind::Fast64 | MapKind::Fast64Ptr => "_fast64",
            MapKind::FastStr => "_faststr",
        }
    }
}

/// Elements larger than this have no fast functions. As gc's `abi.MapMaxElemBytes`.
const MAX_FAST_ELEM: u64 = 128;

impl FnCx<'_, '_, '_> {
    // ---- maps ----------------------------------------------------------------------------------------------------------

    /// Key and element type of a map type.
    pub(crate) fn map_types(&self, map: TypeId) -> (TypeId, TypeId) {
        match self.types.under(map) {
            Type::Map { key, elem } => (self.types.canonical(*key), self.types.canonical(*elem)),
            other => unreachable!("{other:?} is not a map"),
        }
    }

    fn map_kind(&mut self, map: TypeId) -> MapKind {
        let (key, elem) = self.map_types(map);
        if self.shape(elem).n_bytes > MAX_FAST_ELEM {
            return MapKind::Any;
        }
        if self.is_string(key) {
            return MapKind::FastStr;
        }
        let is_word = match self.types.under(key) {
            Type::Basic(basic) => {
                !basic.info().intersects(types::BasicInfo::FLOAT) && *basic != Basic::Complex64
            }
            Type::Pointer(_) | Type::Chan { .. } => true,
            _ => false,
        };
        let shape = self.shape(key);
        match shape.n_bytes {
            4 if is_word => MapKind::Fast32,
            8 if is_word && shape.has_pointers => MapKind::Fast64Ptr,
            8 if is_word => MapKind::Fast64,
            _ => MapKind::Any,
        }
    }

    /// The operands that stand for a key.
    fn key_operands(&mut self, kind: MapKind, entry: &MapPlace, assigns: bool) -> SmallVec<[ValueId; 2]> {
        let (key_ty, _) = self.map_types(entry.ty);
        match kind {
            MapKind::Any => {
                let addr = self.spill(entry.key.clone(), key_ty);
                // Only an assignment keeps the key; equality functions, which look at it, are not known to keep nothing.
                let addr = if assigns { addr } else { self.b.unary(Op::Hide, addr) };
                SmallVec::from_slice(&[addr])
            }
            MapKind::Fast64Ptr if !assigns => {
                let key = entry.key.scalar();
                SmallVec::from_slice(&[self.b.convert(Op::PtrToInt, IrType::I64, key)])
            }
            _ => SmallVec::from_slice(entry.key.scalars()),
        }
    }

    fn map_operands(&mut self, kind: MapKind, entry: &MapPlace, assigns: bool) -> Vec<ValueId> {
        let mut operands = vec![self.type_addr(entry.ty), entry.map];
        operands.extend(self.key_operands(kind, entry, assigns));
        operands
    }

    /// A new map with room for a group. The group is in the frame if the map is; the runtime allocates others when they are
    /// needed. As gc's `walkMakeMap`.
    pub(crate) fn small_map(&mut self, ty: TypeId) -> ValueId {
        let map = self.runtime1("makemap_small", &[], IrType::Ptr);
        let (key, elem) = self.map_types(ty);
        let group_ty = crate::rtype::group_of(self.unit, key, elem);
        let shape = self.shape(group_ty);
        let desc = self.unit.type_desc(group_ty);
        let noscan = if shape.has_pointers { AllocFlags::empty() } else { AllocFlags::NOSCAN };
        let group = self.b.alloc(shape.n_bytes, shape.align, AllocFlags::OPTIONAL | noscan, desc);
        let (some, end) = (self.b.create_block(), self.b.create_block());
        let is_nil = self.is_nil(group);
        self.b.br_if(is_nil, end, some);
        self.enter(some);
        let empty = self.int(EMPTY_GROUP);
        self.b.store(empty, group, 0, MemFlags::NOTRAP, Region::ANY);
        self.b.store_wb(group, map, MAP_GROUP, MemFlags::NOTRAP, Region::ANY);
        self.b.jump(end, &[]);
        self.enter(end);
        map
    }

    /// `m[k]`; the zero value when there is no entry.
    pub(crate) fn map_get(&mut self, entry: &MapPlace) -> Val {
        let (_, elem) = self.map_types(entry.ty);
        let kind = self.map_kind(entry.ty);
        // The zero value that the map returns the address of has a limited size.
        if self.shape(elem).n_bytes > ZERO_VAL_BYTES {
            return self.map_get_ok(entry).0;
        }
        let operands = self.map_operands(kind, entry, false);
        let addr = self.runtime1(&format!("mapaccess1{}", kind.suffix(false)), &operands, IrType::Ptr);
        let val = self.load_val(Address::side(addr), elem);
        self.keep(val, elem)
    }

    /// `v, ok := m[k]`
    pub(crate) fn map_get_ok(&mut self, entry: &MapPlace) -> (Val, ValueId) {
        let (_, elem) = self.map_types(entry.ty);
        let kind = self.map_kind(entry.ty);
        let operands = self.map_operands(kind, entry, false);
        let name = format!("mapaccess2{}", kind.suffix(false));
        let results = self.runtime(&name, &operands, &[IrType::Ptr, IrType::I8]);
        let (addr, ok) = (results[0], results[1]);
        let val = self.choose(ok, elem, |cx| cx.load_val(Address::side(addr), elem));
        (val, ok)
    }

    /// Evaluates `m[k]` (in the form with `ok` when asked).
    pub(crate) fn map_read(&mut self, id: ExprId, with_ok: bool) -> (Val, Option<ValueId>) {
        let ExprKind::Index { x, indices } = self.src.tree[id].kind else {
            unreachable!("an index expression")
        };
        let index = self.src.tree[indices][0];
        let ty = self.type_of(x);
        let (key_ty, _) = self.map_types(ty);
        let map = self.scalar(x);
        let view = if self.map_kind(ty) == MapKind::FastStr { self.string_view(index) } else { None };
        let key = match view {
            Some(view) => view,
            None => self.expr_as(index, key_ty),
        };
        self.at(self.src.tree[id].pos);
        let entry = MapPlace { ty, map, key };
        if with_ok {
            let (val, ok) = self.map_get_ok(&entry);
            return (val, Some(ok));
        }
        (self.map_get(&entry), None)
    }

    /// The address where the element for a key is to be written; makes the entry.
    pub(crate) fn map_slot(&mut self, entry: &MapPlace) -> Address {
        let kind = self.map_kind(entry.ty);
        let operands = self.map_operands(kind, entry, true);
        Address::heap(self.runtime1(&format!("mapassign{}", kind.suffix(true)), &operands, IrType::Ptr))
    }

    /// `m[k] = v`
    pub(crate) fn map_set(&mut self, entry: &MapPlace, val: &Val) {
        let (_, elem) = self.map_types(entry.ty);
        let slot = self.map_slot(entry);
        self.store_val(slot, elem, val);
    }

    /// `delete(m, k)`
    pub(crate) fn map_delete(&mut self, entry: &MapPlace) {
        let kind = match self.map_kind(entry.ty) {
            MapKind::Fast64Ptr => MapKind::Fast64,
            kind => kind,
        };
        let operands = self.map_operands(kind, entry, false);
        let operands = match kind {
            MapKind::Fast64 if self.b.func.ty(operands[2]) == IrType::Ptr => {
                let key = self.b.convert(Op::PtrToInt, IrType::I64, operands[2]);
                vec![operands[0], operands[1], key]
            }
            _ => operands,
        };
        self.runtime(&format!("mapdelete{}", kind.suffix(false)), &operands, &[]);
    }

    // ---- channels ------------------------------------------------------------------------------------------------------

    /// The element type of a channel type.
    pub(crate) fn chan_elem(&self, chan: TypeId) -> TypeId {
        match self.types.under(chan) {
            Type::Chan { elem, .. } => self.types.canonical(*elem),
            other => unreachable!("{other:?} is not a channel"),
        }
    }

    /// `<-c`: the element, and whether one was sent.
    pub(crate) fn receive(&mut self, chan: ExprId, chan_ty: TypeId) -> (Val, ValueId) {
        let elem = self.chan_elem(chan_ty);
        self.units_first(&[chan]);
        let chan_val = self.scalar(chan);
        let shape = self.shape(elem);
        let (at, addr) = self.receive_buffer(&shape);
        let ok = self.runtime1("chanrecv2", &[chan_val, addr], IrType::I8);
        (self.received(at, elem), ok)
    }

    /// Memory that a receive fills in; nil for elements without size.
    pub(crate) fn receive_buffer(&mut self, shape: &crate::shape::Shape) -> (Address, ValueId) {
        if shape.n_bytes == 0 {
            let nil = self.nil();
            return (Address::side(nil), nil);
        }
        let at = self.temp_zeroed(shape);
        (at, at.base)
    }

    /// The element in a receive buffer.
    pub(crate) fn received(&mut self, at: Address, elem: TypeId) -> Val {
        match self.load_val(at, elem) {
            Val::Memory { addr, .. } => Val::Memory { addr, owned: true },
            scalars => scalars,
        }
    }

    /// `c <- v`
    pub(crate) fn send(&mut self, chan: ValueId, val: Val, elem: TypeId) {
        let addr = self.spill(val, elem);
        self.runtime("chansend1", &[chan, addr], &[]);
    }

    // ---- slices --------------------------------------------------------------------------------------------------------

    /// `x[low:high:max]`
    pub(crate) fn slice_expr(&mut self, id: ExprId, x: ExprId, indices: [Option<ExprId>; 3]) -> Val {
        let x_ty = self.type_of(x);
        let pos = self.src.tree[id].pos;
        let operands: SmallVec<[ExprId; 4]> =
            std::iter::once(x).chain(indices.into_iter().flatten()).collect();
        self.units_first(&operands);
        if self.is_string(x_ty) {
            return self.slice_string(x, indices, pos);
        }
        let (data, len, cap, elem) = self.sliceable(x, x_ty);
        let is_array = !matches!(self.types.under(x_ty), Type::Slice(_));
        let [low, high, max] = indices.map(|index| index.map(|index| self.index_value(index)));
        self.at(pos);
        let n_bytes = self.shape(elem).n_bytes;
        let (low, low_unsigned) = low.unwrap_or_else(|| (self.int(0), true));
        let bound = if is_array { BoundsKind::SliceLen } else { BoundsKind::SliceCap };
        let bound3 = if is_array { BoundsKind::Slice3Len } else { BoundsKind::Slice3Cap };
        let (high, new_cap_end) = match (high, max) {
            (Some((high, high_unsigned)), Some((max, max_unsigned))) => {
                self.b.bounds_check(bound3, max_unsigned, max, cap);
                self.b.bounds_check(BoundsKind::Slice3High, high_unsigned, high, max);
                self.b.bounds_check(BoundsKind::Slice3Low, low_unsigned, low, high);
                (high, max)
            }
            (Some((high, high_unsigned)), None) => {
                self.b.bounds_check(bound, high_unsigned, high, cap);
                self.b.bounds_check(BoundsKind::SliceLow, low_unsigned, low, high);
                (high, cap)
            }
            _ => {
                self.b.bounds_check(BoundsKind::SliceLow, low_unsigned, low, len);
                (len, cap)
            }
        };
        let new_len = self.b.binary(Op::Isub, high, low);
        let new_cap = self.b.binary(Op::Isub, new_cap_end, low);
        let data = self.advance(data, low, new_cap, n_bytes);
        Val::many(&[data, new_len, new_cap])
    }

    /// `data + low * n_bytes`, but `data` itself when nothing is left: the address must stay inside the object.
    fn advance(&mut self, data: ValueId, low: ValueId, left: ValueId, n_bytes: u64) -> ValueId {
        if self.const_int(low) == Some(0) || n_bytes == 0 {
            return data;
        }
        let is_empty = self.b.icmp_imm(ir::IntCond::Eq, left, 0);
        let zero = self.int(0);
        let offset = self.scale(low, n_bytes);
        let offset = self.b.select(is_empty, zero, offset);
        self.b.ptr_add(data, offset)
    }

    /// Data pointer, length, capacity and element type of a slice, an array variable, or an array behind a pointer.
    fn sliceable(&mut self, x: ExprId, x_ty: TypeId) -> (ValueId, ValueId, ValueId, TypeId) {
        match self.types.under(x_ty) {
            Type::Slice(elem) => {
                let elem = self.types.canonical(*elem);
                let val = self.expr(x);
                let &[data, len, cap] = val.scalars() else { unreachable!("a slice has three scalars") };
                (data, len, cap, elem)
            }
            Type::Pointer(array) => {
                let ptr = self.scalar(x);
                self.b.nil_check(ptr);
                self.array_parts(ptr, *array)
            }
            _ => {
                let ptr = self.address_of(x).scalar();
                self.array_parts(ptr, x_ty)
            }
        }
    }

    fn array_parts(&mut self, ptr: ValueId, array: TypeId) -> (ValueId, ValueId, ValueId, TypeId) {
        let Type::Array { n_elems, elem } = self.types.under(array) else { unreachable!("an array") };
        let (n_elems, elem) = (*n_elems, self.types.canonical(*elem));
        let len = self.int(n_elems);
        (ptr, len, len, elem)
    }

    fn slice_string(&mut self, x: ExprId, [low, high, _]: [Option<ExprId>; 3], pos: base::Pos) -> Val {
        let val = self.expr(x);
        let &[data, len] = val.scalars() else { unreachable!("a string has two scalars") };
        let [low, high] = [low, high].map(|index| index.map(|index| self.index_value(index)));
        self.at(pos);
        let (low, low_unsigned) = low.unwrap_or_else(|| (self.int(0), true));
        let high = match high {
            Some((high, high_unsigned)) => {
                self.b.bounds_check(BoundsKind::SliceLen, high_unsigned, high, len);
                high
            }
            None => len,
        };
        self.b.bounds_check(BoundsKind::SliceLow, low_unsigned, low, high);
        let new_len = self.b.binary(Op::Isub, high, low);
        let data = self.advance(data, low, new_len, 1);
        Val::many(&[data, new_len])
    }
}

/// The control word of a group without entries (`abi.MapCtrlEmpty` in every byte).
const EMPTY_GROUP: i64 = 0x8080_8080_8080_8080_u64.cast_signed();
/// Offset of the first group in a map (`maps.Map.dirPtr`).
const MAP_GROUP: i64 = 16;

/// Size of the zero value that a failed map access refers to (`abi.ZeroValSize`).
const ZERO_VAL_BYTES: u64 = 1024;
