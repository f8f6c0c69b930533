//! `abi.UncommonType` with the methods of a type, and the members that stand between: fields, methods of interfaces,
//! parameters.

use types::{Basic, Signature, Type};

use super::{Descriptor, MethodSlot, SlotKind, UNCOMMON};
use crate::methods::interface_methods;

impl Descriptor<'_, '_> {
    /// The package of the type's declaration; of a pointer, array, slice or channel type, that of its element.
    pub(super) fn package(&self) -> Option<types::PackageId> {
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

    pub(super) fn has_uncommon(&self) -> bool {
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

    /// `abi.UncommonType`, then fields, methods of an interface or parameters. Returns the methods, which follow.
    pub(super) fn uncommon_part(&mut self) -> Vec<types::MethodSetEntry> {
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
    pub(super) fn signature_tail(&mut self, methods: Vec<types::MethodSetEntry>) {
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
