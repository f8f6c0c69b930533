//! Type descriptors and method tables, in the layout of upstream's `internal/abi` (facts: section C.1 of the inventory).
//!
//! ```text
//!   Type (48 bytes) | what the kind adds | UncommonType, if the type has a name or methods | methods, parameters
//! ```
//!
//! Offsets of names, types and code are 32-bit addresses: everything is linked below 2 GB. The code of a method is filled in
//! only when some call through an interface has its name (see [`MethodSlot`]): others are never called.

use abi::{Kind, TFlag};
use base::Symbol;
use types::{Basic, ChanDir, Field, MemberName, Signature, Type, TypeId};

use crate::{
    data::DataBuilder,
    methods::{interface_methods, is_direct_iface},
    names::{Style, type_name},
    unit::{Item, Unit},
    wrapper::Wrapper,
};

/// The size of `abi.Type`.
const HEAD: usize = size_of::<abi::Type>();
/// The size of `abi.UncommonType`.
const UNCOMMON: usize = 16;
/// Keys and elements with more bytes are kept by address in a map (`abi.MapMaxKeyBytes`, `abi.MapMaxElemBytes`).
const MAX_MAP_SLOT: u64 = 128;
/// The flag of an `abi.Name` that the address of a package path's name follows.
const NAME_HAS_PACKAGE: u8 = 1 << 2;
/// Slots of a map's group (`abi.MapGroupSlots`).
const MAP_SLOTS: u64 = 8;

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

    /// The symbol of `abi.Name` data.
    fn name_data(&mut self, name: &str, tag: &str, is_exported: bool, is_embedded: bool) -> Symbol {
        let flags = u8::from(is_exported) | u8::from(!tag.is_empty()) << 1 | u8::from(is_embedded) << 3;
        let mut bytes = vec![flags];
        for text in [name, tag] {
            if text.is_empty() && !bytes[1..].is_empty() {
                continue;
            }
            push_varint(&mut bytes, text.len());
            bytes.extend_from_slice(text.as_bytes());
        }
        self.bytes(&bytes)
    }

    /// As `name_data`, for a method. Behind an unexported name of a package other than that of its type (`home`) stands the
    /// address of the package's path.
    fn member_data(&mut self, name: MemberName, home: Option<types::PackageId>) -> Symbol {
        let text = name.symbol.as_str();
        let Some(package) = name.package.filter(|&package| Some(package) != home) else {
            return self.name_data(text, "", name.package.is_none(), false);
        };
        let path = crate::names::package_prefix(self.types, package);
        let symbol = Symbol::intern(&format!("go:name.{path}.{text}"));
        if self.first_use(symbol) {
            let mut bytes = vec![NAME_HAS_PACKAGE];
            push_varint(&mut bytes, text.len());
            bytes.extend_from_slice(text.as_bytes());
            let mut data = DataBuilder::new(bytes.len() + 4, 1);
            data.slice(0, &bytes);
            let path = self.name_data(path, "", false, false);
            data.addr32(bytes.len(), path);
            self.out.data.push(data.finish_readonly(symbol));
        }
        symbol
    }

    /// The symbol of the pointer mask of a type: one bit per word, behind an `abi::PtrLayout`.
    fn pointer_mask(&mut self, ty: TypeId) -> (Symbol, u64) {
        let shape = self.shape(ty);
        let mut mask = Mask::default();
        mask.add(self, ty, 0);
        let n_bits = mask.n_bits();
        let period = shape.n_bytes.div_ceil(8).max(1);
        let mut name = format!("go:gcmask.{period}.");
        mask.bytes.iter().for_each(|byte| name.push_str(&format!("{byte:02x}")));
        if name.len() > 128 {
            name = format!(
                "go:gcmask.{period}.{:016x}{:016x}",
                crate::data::fnv(&mask.bytes, 0),
                crate::data::fnv(&mask.bytes, 1)
            );
        }
        let symbol = Symbol::intern(&name);
        if self.first_use(symbol) {
            let header = size_of::<abi::heap::PtrLayout>();
            let mut data = DataBuilder::new(header + mask.bytes.len().next_multiple_of(8), 8);
            data.int(4, period, 4);
            data.int(8, n_bits, 4);
            data.slice(header, &mask.bytes);
            // The runtime writes its number of the layout into the header.
            self.out.data.push(data.finish_writable(symbol, Vec::new()));
        }
        (symbol, n_bits)
    }

    /// The pointer mask of a variable for the collector: one bit per word.
    pub(crate) fn root_mask(&mut self, ty: TypeId) -> Vec<u8> {
        let mut mask = Mask::default();
        mask.add(self, ty, 0);
        mask.bytes
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// A growing bit set of the words that are pointers.
#[derive(Default)]
struct Mask {
    bytes: Vec<u8>,
}

impl Mask {
    fn n_bits(&self) -> u64 {
        let last = self.bytes.iter().rposition(|&byte| byte != 0);
        last.map_or(0, |last| 8 * last as u64 + 8 - u64::from(self.bytes[last].leading_zeros()))
    }

    fn set(&mut self, word: u64) {
        let byte = word as usize / 8;
        if self.bytes.len() <= byte {
            self.bytes.resize(byte + 1, 0);
        }
        self.bytes[byte] |= 1 << (word % 8);
    }

    fn add(&mut self, unit: &mut Unit<'_>, ty: TypeId, offset: u64) {
        let shape = unit.shape(ty);
        if !shape.has_pointers {
            return;
        }
        if let Some(scalars) = &shape.scalars {
            for scalar in scalars.iter().filter(|scalar| scalar.is_heap_ptr) {
                self.set((offset + u64::from(scalar.offset)) / 8);
            }
            return;
        }
        match unit.types.under(ty) {
            Type::Array { n_elems, elem } => {
                let n_bytes = unit.shape(*elem).n_bytes;
                for idx in 0..*n_elems as u64 {
                    self.add(unit, *elem, offset + idx * n_bytes);
                }
            }
            Type::Struct(struct_) => {
                let layout = unit.types.struct_layout(unit.types.underlying(ty)).into_owned();
                for (field, field_offset) in struct_.fields.iter().zip(layout.offsets) {
                    self.add(unit, field.ty, offset + field_offset as u64);
                }
            }
            other => unreachable!("{other:?} has scalars"),
        }
    }
}

/// Makes the descriptor of a type.
pub(crate) fn lower_type_desc(unit: &mut Unit<'_>, ty: TypeId, symbol: Symbol) {
    let mut desc = Descriptor { data: DataBuilder::new(HEAD, 8), unit, ty, symbol };
    desc.kind_part();
    let variable = desc.uncommon_part();
    desc.signature_tail(variable);
    desc.head();
    let Descriptor { data, unit, .. } = desc;
    // Not read-only: method slots are filled at the end of lowering, and `reflect` caches pointer types elsewhere.
    unit.out.data.push(data.finish_readonly(symbol));
}

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

    // ---- the head --------------------------------------------------------------------------------------------------------

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
        let flags = self.flags(&text);
        self.data.int(20, u64::from(flags), 1);
        self.data.int(21, align, 1);
        self.data.int(22, align, 1);
        self.data.int(23, kind_of(types.under(unit_ty)) as u64, 1);
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

    fn flags(&mut self, _text: &str) -> u8 {
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

    // ---- what the kind adds ------------------------------------------------------------------------------------------------

    fn kind_part(&mut self) {
        let types = self.unit.types;
        match types.under(self.ty) {
            Type::Basic(_) => {}
            Type::Pointer(elem) | Type::Slice(elem) => self.type_ref(*elem),
            Type::Array { n_elems, elem } => {
                self.type_ref(*elem);
                self.type_ref(types.slice(*elem));
                self.int(*n_elems as u64, 8);
            }
            Type::Chan { dir, elem } => {
                self.type_ref(*elem);
                let dir = match dir {
                    ChanDir::ReceiveOnly => 1,
                    ChanDir::SendOnly => 2,
                    ChanDir::Both => 3,
                };
                self.int(dir, 8);
            }
            Type::Signature(signature) => {
                let variadic = if signature.variadic { 0x8000 } else { 0 };
                self.int(signature.params.len() as u64, 2);
                self.int(signature.results.len() as u64 | variadic, 2);
                self.int(0, 4);
            }
            Type::Interface(_) => self.interface_part(),
            Type::Map { key, elem } => self.map_part(*key, *elem),
            Type::Struct(struct_) => self.struct_part(&struct_.fields),
            other => unreachable!("{other:?} has no descriptor"),
        }
    }

    fn interface_part(&mut self) {
        let methods = interface_methods(self.unit.types, self.ty).to_vec();
        let package = self.interface_package();
        self.package_ref(package);
        // The methods follow; the slice refers to them.
        let at = self.data.extend(24);
        let start = self.data.len();
        self.data.addr(at, self.symbol, (start + if self.has_uncommon() { UNCOMMON } else { 0 }) as i64);
        self.data.int(at + 8, methods.len() as u64, 8);
        self.data.int(at + 16, methods.len() as u64, 8);
    }

    /// The package that unexported methods of an interface are from unless their names say otherwise.
    fn interface_package(&self) -> Option<types::PackageId> {
        let methods = interface_methods(self.unit.types, self.ty);
        self.package().or_else(|| methods.iter().find_map(|method| method.name.package))
    }

    fn struct_part(&mut self, fields: &[Field]) {
        let package = fields.iter().find_map(|field| field.name.package);
        self.package_ref(package);
        let at = self.data.extend(24);
        let start = self.data.len();
        self.data.addr(at, self.symbol, (start + if self.has_uncommon() { UNCOMMON } else { 0 }) as i64);
        self.data.int(at + 8, fields.len() as u64, 8);
        self.data.int(at + 16, fields.len() as u64, 8);
    }

    /// As upstream's `reflectdata.writeType` for maps: a group is a control word and eight slots.
    fn map_part(&mut self, key: TypeId, elem: TypeId) {
        let types = self.unit.types;
        let slot = |unit: &mut Unit<'_>, ty: TypeId| {
            if unit.shape(ty).n_bytes > MAX_MAP_SLOT { types.canonical(types.pointer(ty)) } else { ty }
        };
        let (slot_key, slot_elem) = (slot(self.unit, key), slot(self.unit, elem));
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

    // ---- names and methods -------------------------------------------------------------------------------------------------

    /// The package of the type's declaration; of a pointer, array, slice or channel type, that of its element.
    fn package(&self) -> Option<types::PackageId> {
        let types = self.unit.types;
        let named = types.as_named(self.ty).or_else(|| match types.resolved(self.ty) {
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array { elem, .. } | Type::Chan { elem, .. } => {
                types.as_named(*elem)
            }
            _ => None,
        });
        types.object(named?.1.object).package
    }

    fn is_unsafe_pointer(&self) -> bool {
        matches!(self.unit.types.resolved(self.ty), Type::Basic(Basic::UnsafePointer))
    }

    fn has_uncommon(&self) -> bool {
        self.unit.types.as_named(self.ty).is_some() || self.is_unsafe_pointer() || !self.methods().is_empty()
    }

    /// The methods that `reflect` and interfaces can see, in the order of descriptors.
    fn methods(&self) -> Vec<types::MethodSetEntry> {
        let types = self.unit.types;
        if types.as_interface(self.ty).is_some() {
            return Vec::new();
        }
        let mut entries = types.method_set(self.ty).entries;
        // Generic methods are in no interface, and invisible to reflect.
        entries.retain(|entry| {
            let ty = types.member_type(entry.selected.member);
            ty.and_then(|ty| types.as_signature(ty)).is_some_and(|signature| signature.type_params.is_empty())
        });
        entries
    }

    /// `abi.UncommonType`, then fields or methods of interfaces, then the methods. Returns where the last part's reference
    /// to it is to be completed.
    fn uncommon_part(&mut self) -> Vec<types::MethodSetEntry> {
        let has_uncommon = self.has_uncommon();
        let methods = self.methods();
        let uncommon = self.data.len();
        if has_uncommon {
            self.data.extend(UNCOMMON);
        }
        self.members();
        if let Type::Signature(signature) = self.unit.types.under(self.ty) {
            // Parameter types stand directly behind.
            self.signature_types(signature);
        }
        if has_uncommon {
            let path = match self.package() {
                Some(package) => Some(crate::names::package_prefix(self.unit.types, package)),
                None => self.is_unsafe_pointer().then_some("unsafe"),
            };
            if let Some(path) = path {
                let name = self.unit.name_data(path, "", false, false);
                self.data.addr32(uncommon, name);
            }
            let n_exported = methods.iter().filter(|entry| entry.name.package.is_none()).count();
            self.data.int(uncommon + 4, methods.len() as u64, 2);
            self.data.int(uncommon + 6, n_exported as u64, 2);
            let start = self.data.len();
            self.data.int(uncommon + 8, (start - uncommon) as u64, 4);
        }
        methods
    }

    /// The fields of a struct, or the methods of an interface.
    fn members(&mut self) {
        let types = self.unit.types;
        match types.under(self.ty) {
            Type::Struct(struct_) => {
                let layout = types.struct_layout(types.underlying(self.ty)).into_owned();
                for (field, offset) in struct_.fields.iter().zip(layout.offsets) {
                    let is_exported = field.name.package.is_none();
                    let (name, tag) = (field.name.symbol.as_str(), field.tag.as_str());
                    let name = self.unit.name_data(name, tag, is_exported, field.embedded);
                    self.symbol_ref(name);
                    self.type_ref(field.ty);
                    self.int(offset as u64, 8);
                }
            }
            Type::Interface(_) => {
                let home = self.interface_package();
                for method in interface_methods(types, self.ty).to_vec() {
                    let name = self.unit.member_data(method.name, home);
                    let ty = self.unit.type_desc(method.ty);
                    let at = self.data.extend(8);
                    self.data.addr32(at, name);
                    self.data.addr32(at + 4, ty);
                }
            }
            _ => {}
        }
    }

    fn signature_types(&mut self, signature: &Signature) {
        for param in signature.params.iter().chain(&signature.results) {
            self.type_ref(param.ty);
        }
    }

    /// The methods of the type.
    fn signature_tail(&mut self, methods: Vec<types::MethodSetEntry>) {
        let home = self.package();
        for entry in methods {
            let ty = self.unit.types.member_type(entry.selected.member).expect("a checked method has a type");
            let name = self.unit.member_data(entry.name, home);
            let at = self.data.extend(16);
            let desc = self.unit.type_desc(ty);
            self.data.addr32(at, name);
            self.data.addr32(at + 4, desc);
            for (offset, kind) in [(8, SlotKind::Word), (12, SlotKind::Value)] {
                let slot = MethodSlot {
                    data: self.symbol,
                    offset: (at + offset) as u32,
                    receiver: self.ty,
                    name: entry.name,
                    kind,
                };
                self.unit.out.method_slots.push(slot);
            }
        }
    }
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

use types::BasicInfo;

/// Whether hashing a key may panic: it contains an interface.
pub(crate) fn hash_may_panic(types: &types::Types, key: TypeId) -> bool {
    match types.under(key) {
        Type::Interface(_) => true,
        Type::Array { elem, .. } => hash_may_panic(types, *elem),
        Type::Struct(struct_) => struct_.fields.iter().any(|field| hash_may_panic(types, field.ty)),
        _ => false,
    }
}

fn kind_of(under: &Type) -> Kind {
    match under {
        Type::Basic(basic) => basic_kind(*basic),
        Type::Pointer(_) => Kind::Pointer,
        Type::Slice(_) => Kind::Slice,
        Type::Array { .. } => Kind::Array,
        Type::Map { .. } => Kind::Map,
        Type::Chan { .. } => Kind::Chan,
        Type::Struct(_) => Kind::Struct,
        Type::Signature(_) => Kind::Func,
        Type::Interface(_) => Kind::Interface,
        other => unreachable!("{other:?} has no kind"),
    }
}

fn basic_kind(basic: Basic) -> Kind {
    match basic {
        Basic::Bool => Kind::Bool,
        Basic::Int => Kind::Int,
        Basic::Int8 => Kind::Int8,
        Basic::Int16 => Kind::Int16,
        Basic::Int32 | Basic::Rune => Kind::Int32,
        Basic::Int64 => Kind::Int64,
        Basic::Uint => Kind::Uint,
        Basic::Uint8 | Basic::Byte => Kind::Uint8,
        Basic::Uint16 => Kind::Uint16,
        Basic::Uint32 => Kind::Uint32,
        Basic::Uint64 => Kind::Uint64,
        Basic::Uintptr => Kind::Uintptr,
        Basic::Float32 => Kind::Float32,
        Basic::Float64 => Kind::Float64,
        Basic::Complex64 => Kind::Complex64,
        Basic::Complex128 => Kind::Complex128,
        Basic::String => Kind::String,
        Basic::UnsafePointer => Kind::UnsafePointer,
        other => unreachable!("{other:?} has no descriptor"),
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
    debug_assert!(
        matches!(unit.types.under(interface), Type::Interface(_)),
        "{:?}",
        Item::TypeDesc(interface)
    );
}
