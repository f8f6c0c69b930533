//! The part of a map type's descriptor: what `internal/runtime/maps` wants to know about keys, elements and groups.

use base::Symbol;
use types::{BasicInfo, Field, MemberName, Type, TypeId};

use super::Descriptor;
use crate::unit::Unit;

/// Keys and elements with more bytes are kept by address in a map (`abi.MapMaxKeyBytes`, `abi.MapMaxElemBytes`).
const MAX_MAP_SLOT: u64 = 128;
/// Slots of a map's group (`abi.MapGroupSlots`).
pub(crate) const MAP_SLOTS: u64 = 8;

impl Descriptor<'_, '_> {
    /// As upstream's `reflectdata.writeType` for maps: a group is a control word and eight slots.
    pub(super) fn map_part(&mut self, key: TypeId, elem: TypeId) {
        let types = self.unit.types;
        let (slot_key, slot_elem) = (slot_type(self.unit, key), slot_type(self.unit, elem));
        let group = group_type(types, slot_key, slot_elem);
        let pair = pair_type(types, slot_key, slot_elem);
        let pair_layout = types.struct_layout(types.underlying(pair)).into_owned();
        let group_layout = types.struct_layout(types.underlying(group)).into_owned();
        self.type_ref(key);
        self.type_ref(elem);
        self.type_ref(group);
        let hash = self.unit.hash_code(key);
        let hasher = self.unit.static_closure(hash);
        self.symbol_ref(hasher);
        let n_bytes = |layout: &types::StructLayout| layout.layout.map_or(0, |layout| layout.size as u64);
        let (slots, slot_size) = (group_layout.offsets[1] as u64, n_bytes(&pair_layout));
        let elem_off = pair_layout.offsets[1] as u64;
        self.int(n_bytes(&group_layout), 8);
        self.int(slots, 8);
        self.int(slot_size, 8);
        self.int(slots + elem_off, 8);
        self.int(slot_size, 8);
        self.int(elem_off, 8);
        let flags = self.map_flags(key, elem);
        self.int(flags, 4);
        self.int(0, 4);
    }

    fn map_flags(&mut self, key: TypeId, elem: TypeId) -> u64 {
        let types = self.unit.types;
        let needs_update = needs_key_update(types, key);
        let may_panic = hash_may_panic(types, key);
        let indirect_key = self.unit.shape(key).n_bytes > MAX_MAP_SLOT;
        let indirect_elem = self.unit.shape(elem).n_bytes > MAX_MAP_SLOT;
        [needs_update, may_panic, indirect_key, indirect_elem]
            .into_iter()
            .enumerate()
            .map(|(bit, is_set)| u64::from(is_set) << bit)
            .sum()
    }
}

/// The type of the groups of a map with these keys and elements.
pub(crate) fn group_of(unit: &mut Unit<'_>, key: TypeId, elem: TypeId) -> TypeId {
    let (key, elem) = (slot_type(unit, key), slot_type(unit, elem));
    group_type(unit.types, key, elem)
}

/// How a key or element is kept in a slot.
fn slot_type(unit: &mut Unit<'_>, ty: TypeId) -> TypeId {
    let types = unit.types;
    if unit.shape(ty).n_bytes > MAX_MAP_SLOT { types.canonical(types.pointer(ty)) } else { ty }
}

/// `struct { ctrl uint64; slots [8]struct { key K; elem E } }`
fn group_type(types: &types::Types, key: TypeId, elem: TypeId) -> TypeId {
    let slots = types.array(MAP_SLOTS as i64, pair_type(types, key, elem));
    struct_of(types, &[("ctrl", TypeId::UINT64), ("slots", slots)])
}

fn pair_type(types: &types::Types, key: TypeId, elem: TypeId) -> TypeId {
    struct_of(types, &[("key", key), ("elem", elem)])
}

fn struct_of(types: &types::Types, fields: &[(&str, TypeId)]) -> TypeId {
    let field = |&(name, ty): &(&str, TypeId)| Field {
        name: MemberName { symbol: Symbol::intern(name), package: None },
        ty,
        embedded: false,
        tag: Symbol::intern(""),
    };
    types.canonical(types.struct_type(fields.iter().map(field).collect::<Vec<_>>()))
}

/// Whether overwriting an entry must replace its key too: equal keys may look different (+0 and -0, strings of other memory).
fn needs_key_update(types: &types::Types, key: TypeId) -> bool {
    match types.under(key) {
        Type::Basic(basic) => {
            let info = basic.info();
            info.intersects(BasicInfo::FLOAT)
                || info.intersects(BasicInfo::COMPLEX)
                || info.intersects(BasicInfo::STRING)
        }
        Type::Interface(_) => true,
        Type::Array { elem, .. } => needs_key_update(types, *elem),
        Type::Struct(struct_) => struct_.fields.iter().any(|field| needs_key_update(types, field.ty)),
        _ => false,
    }
}

/// Whether hashing a key may panic: it contains an interface.
pub(crate) fn hash_may_panic(types: &types::Types, key: TypeId) -> bool {
    match types.under(key) {
        Type::Interface(_) => true,
        Type::Array { elem, .. } => hash_may_panic(types, *elem),
        Type::Struct(struct_) => struct_.fields.iter().any(|field| hash_may_panic(types, field.ty)),
        _ => false,
    }
}
