//! What the kind of a type adds to its descriptor, behind the head.

use abi::Kind;
use types::{Basic, ChanDir, Field, Type};

use super::{Descriptor, UNCOMMON};
use crate::methods::interface_methods;

impl Descriptor<'_, '_> {
    pub(super) fn kind_part(&mut self) {
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
        let n_methods = interface_methods(self.unit.types, self.ty).len();
        let package = self.interface_package();
        self.package_ref(package);
        self.slice_of_members(n_methods);
    }

    /// The package that unexported methods of an interface are from unless their names say otherwise.
    pub(super) fn interface_package(&self) -> Option<types::PackageId> {
        let methods = interface_methods(self.unit.types, self.ty);
        self.package().or_else(|| methods.iter().find_map(|method| method.name.package))
    }

    fn struct_part(&mut self, fields: &[Field]) {
        let package = fields.iter().find_map(|field| field.name.package);
        self.package_ref(package);
        self.slice_of_members(fields.len());
    }

    /// The slice of the fields or methods, which stand behind it and the uncommon part.
    fn slice_of_members(&mut self, n_members: usize) {
        let at = self.data.extend(24);
        let start = self.data.len() + if self.has_uncommon() { UNCOMMON } else { 0 };
        self.data.addr(at, self.symbol, start as i64);
        self.data.int(at + 8, n_members as u64, 8);
        self.data.int(at + 16, n_members as u64, 8);
    }
}

pub(super) fn kind_of(under: &Type) -> Kind {
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
