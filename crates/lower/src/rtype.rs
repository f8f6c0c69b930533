//! Type descriptors and method tables, in the layout of upstream's `internal/abi` (facts: section C.1 of the inventory).
//!
//! ```text
//!   Type (48 bytes) | what the kind adds | UncommonType, if the type has a name or methods | methods, parameters
//! ```
//!
//! Offsets of names, types and code are 32-bit addresses: everything is linked below 2 GB. The code of a method is filled in
//! only when some call through an interface has its name (see [`MethodSlot`]): others are never called.

mod kind;
mod map;
mod mask;
mod methods;
mod name;

use abi::TFlag;
use base::Symbol;
use types::{MemberName, Type, TypeId};

pub(crate) use map::{MAP_SLOTS, group_of, hash_may_panic};

use crate::{
    data::DataBuilder,
    methods::{interface_methods, is_direct_iface},
    names::{Style, type_name},
    unit::Unit,
    wrapper::Wrapper,
};

/// The size of `abi.Type`.
const HEAD: usize = size_of::<abi::Type>();
/// The size of `abi.UncommonType`.
const UNCOMMON: usize = 16;

/// A place for the code of a method, in a type descriptor or method table.
#[derive(Clone, Debug)]
pub(crate) struct MethodSlot {
    /// The data object and the place in it.
    pub(crate) data: Symbol,
    pub(crate) offset: u32,
    pub(crate) receiver: TypeId,
    pub(crate) name: MemberName,
    pub(crate) kind: SlotKind,
}

/// What is wanted in a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SlotKind {
    /// 8 bytes in a method table: takes the data word.
    Table,
    /// 4 bytes in a descriptor: takes the data word.
    Word,
    /// 4 bytes in a descriptor: the code of a func value that takes the receiver as it is; for `reflect`.
    Value,
}

impl Unit<'_> {
    /// The code of a method that takes the data word of an interface.
    pub(crate) fn word_code(&mut self, receiver: TypeId, name: MemberName) -> Symbol {
        if let types::Lookup::Found(selected) = self.types.lookup_method_of(receiver, name)
            && selected.path.is_empty()
            && let types::Member::Method { object, owner, .. } = selected.member
            && self.types.as_pointer(receiver).is_some()
            && self.types.object(object).as_func().is_some_and(|func| func.has_pointer_receiver())
        {
            let owner = self.types.canonical(owner);
            let args: Vec<TypeId> =
                self.types.type_args(owner).iter().map(|&arg| self.types.canonical(arg)).collect();
            return self.func(object, &args);
        }
        self.wrapper(Wrapper::Word { receiver, name })
    }
}

/// Makes the descriptor of a type.
pub(crate) fn lower_type_desc(unit: &mut Unit<'_>, ty: TypeId, symbol: Symbol) {
    let mut desc = Descriptor { data: DataBuilder::new(HEAD, 8), unit, ty, symbol };
    desc.kind_part();
    let methods = desc.uncommon_part();
    desc.signature_tail(methods);
    desc.head();
    let Descriptor { data, unit, .. } = desc;
    // Read-only in the program: method slots are filled at the end of lowering, and `reflect` keeps its own tables.
    unit.out.data.push(data.finish_readonly(symbol));
}

/// A descriptor in the making.
struct Descriptor<'u, 'p> {
    unit: &'u mut Unit<'p>,
    ty: TypeId,
    symbol: Symbol,
    data: DataBuilder,
}

impl Descriptor<'_, '_> {
    fn type_ref(&mut self, ty: TypeId) {
        let at = self.data.extend(8);
        let symbol = self.unit.type_desc(ty);
        self.data.addr(at, symbol, 0);
    }

    fn int(&mut self, value: u64, n_bytes: usize) {
        let at = self.data.extend(n_bytes);
        self.data.int(at, value, n_bytes);
    }

    fn symbol_ref(&mut self, symbol: Symbol) {
        let at = self.data.extend(8);
        self.data.addr(at, symbol, 0);
    }

    /// The package path as `abi.Name`; nothing for types of no package.
    fn package_ref(&mut self, package: Option<types::PackageId>) {
        match package {
            Some(package) => {
                let path = crate::names::package_prefix(self.unit.types, package);
                let name = self.unit.name_data(path, "", false, false);
                self.symbol_ref(name);
            }
            None => self.int(0, 8),
        }
    }

    /// `abi.Type` itself.
    fn head(&mut self) {
        let (unit_ty, types) = (self.ty, self.unit.types);
        let shape = self.unit.shape(unit_ty);
        let text = type_name(types, unit_ty, Style::Reflect);
        let link_name = type_name(types, unit_ty, Style::Link);
        if shape.has_pointers {
            let (mask, n_bits) = self.unit.pointer_mask(unit_ty);
            self.data.int(8, 8 * n_bits, 8);
            self.data.addr(32, mask, size_of::<abi::heap::PtrLayout>() as i64);
        }
        self.data.int(0, shape.n_bytes, 8);
        self.data.int(16, crate::data::fnv(link_name.as_bytes(), 0) & 0xffff_ffff, 4);
        let align = u64::from(shape.align);
        let flags = self.flags();
        self.data.int(20, u64::from(flags), 1);
        self.data.int(21, align, 1);
        self.data.int(22, align, 1);
        self.data.int(23, kind::kind_of(types.under(unit_ty)) as u64, 1);
        if types.is_comparable(unit_ty) {
            let code = self.unit.equal_code(unit_ty);
            let closure = self.unit.static_closure(code);
            self.data.addr(24, closure, 0);
        }
        // An unnamed pointer type is as visible as what it points to.
        let seen = types.as_named(unit_ty).or_else(|| types.as_named(types.as_pointer(unit_ty)?));
        let is_exported = seen.is_some_and(|(_, named)| types.object(named.object).name.is_exported());
        let name = self.unit.name_data(&format!("*{text}"), "", is_exported, false);
        self.data.addr32(40, name);
        if self.needs_pointer_type() {
            let pointer = self.unit.type_desc(types.pointer(unit_ty));
            self.data.addr32(44, pointer);
        }
    }

    /// Whether `reflect` could not make the type of pointers to this one by itself: it has methods.
    fn needs_pointer_type(&self) -> bool {
        let types = self.unit.types;
        let can_have_methods =
            types.as_named(self.ty).is_some() || matches!(types.resolved(self.ty), Type::Struct(_));
        can_have_methods
            && types.as_interface(self.ty).is_none()
            && !types.method_set(types.pointer(self.ty)).entries.is_empty()
    }

    fn flags(&mut self) -> u8 {
        let types = self.unit.types;
        let mut flags = TFlag::EXTRA_STAR;
        let is_named = types.as_named(self.ty).is_some() || matches!(types.resolved(self.ty), Type::Basic(_));
        if is_named {
            flags |= TFlag::NAMED;
        }
        if self.has_uncommon() {
            flags |= TFlag::UNCOMMON;
        }
        if crate::algorithm::is_plain_memory(self.unit, self.ty) {
            flags |= TFlag::REGULAR_MEMORY;
        }
        if is_direct_iface(self.unit, self.ty) {
            flags |= TFlag::DIRECT_IFACE;
        }
        flags
    }
}

/// Makes the method table of a concrete type for an interface type.
pub(crate) fn lower_itab(unit: &mut Unit<'_>, interface: TypeId, concrete: TypeId, symbol: Symbol) {
    let methods = interface_methods(unit.types, interface).to_vec();
    let mut data = DataBuilder::new(crate::call::ITAB_FUN as usize + 8 * methods.len(), 8);
    let (inter, typ) = (unit.type_desc(interface), unit.type_desc(concrete));
    data.addr(0, inter, 0);
    data.addr(8, typ, 0);
    let hash = crate::data::fnv(type_name(unit.types, concrete, Style::Link).as_bytes(), 0) & 0xffff_ffff;
    data.int(16, hash, 4);
    for (idx, method) in methods.iter().enumerate() {
        let offset = (crate::call::ITAB_FUN as usize + 8 * idx) as u32;
        let slot =
            MethodSlot { data: symbol, offset, receiver: concrete, name: method.name, kind: SlotKind::Table };
        unit.out.method_slots.push(slot);
    }
    unit.out.data.push(data.finish_readonly(symbol));
}
