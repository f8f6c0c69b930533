//! Methods: their order in interfaces and method tables, and how to reach the code of one.

use types::{MemberName, Method, Type, TypeId, Types};

/// The methods of an interface type in the order of method tables: exported names first, then by name, then by package.
pub(crate) fn interface_methods(types: &Types, interface: TypeId) -> &[Method] {
    let under = types.underlying(interface);
    match types.get(under) {
        Type::Interface(_) => &types.type_set(under).methods,
        other => unreachable!("{other:?} is not an interface"),
    }
}

/// The place of a method in the method tables of an interface type.
pub(crate) fn method_index(types: &Types, interface: TypeId, name: MemberName) -> usize {
    let methods = interface_methods(types, interface);
    methods.iter().position(|method| method.name == name).expect("the checker found the method")
}

/// Whether values of the type are held in an interface's data word itself, not behind a pointer.
pub(crate) fn is_direct_iface(unit: &mut crate::unit::Unit<'_>, ty: TypeId) -> bool {
    let shape = unit.shape(ty);
    shape.n_bytes == 8 && shape.has_pointers
}
