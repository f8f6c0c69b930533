//! What is predeclared: the universe scope and package `unsafe`.

use std::sync::OnceLock;

use base::{Pos, Symbol, sym};
use constant::Value;

use crate::{
    Basic, Builtin, Method, Object, ObjectId, ObjectKind, PackageId, Scope, TypeCell, TypeId, Types,
};

/// The universe of a store.
pub(crate) struct Universe {
    pub(crate) scope: Scope,
    pub(crate) unsafe_package: PackageId,
    pub(crate) iota: ObjectId,
    pub(crate) nil: ObjectId,
}

impl TypeId {
    /// `interface{}`.
    pub const EMPTY_INTERFACE: Self = Self::from_index(Basic::ALL.len() as u32);
    /// The alias `any`.
    pub const ANY: Self = Self::from_index(Basic::ALL.len() as u32 + 1);
    /// The declared type `error`.
    pub const ERROR: Self = Self::from_index(Basic::ALL.len() as u32 + 2);
    /// The declared type `comparable`.
    pub const COMPARABLE: Self = Self::from_index(Basic::ALL.len() as u32 + 3);
}

const FUNCTIONS: [(Symbol, Builtin); 18] = [
    (sym::APPEND, Builtin::Append),
    (sym::CAP, Builtin::Cap),
    (sym::CLEAR, Builtin::Clear),
    (sym::CLOSE, Builtin::Close),
    (sym::COMPLEX, Builtin::Complex),
    (sym::COPY, Builtin::Copy),
    (sym::DELETE, Builtin::Delete),
    (sym::IMAG, Builtin::Imag),
    (sym::LEN, Builtin::Len),
    (sym::MAKE, Builtin::Make),
    (sym::MAX, Builtin::Max),
    (sym::MIN, Builtin::Min),
    (sym::NEW, Builtin::New),
    (sym::PANIC, Builtin::Panic),
    (sym::PRINT, Builtin::Print),
    (sym::PRINTLN, Builtin::Println),
    (sym::REAL, Builtin::Real),
    (sym::RECOVER, Builtin::Recover),
];

const UNSAFE_FUNCTIONS: [(Symbol, Builtin); 8] = [
    (sym::ADD, Builtin::UnsafeAdd),
    (sym::ALIGNOF, Builtin::UnsafeAlignof),
    (sym::OFFSETOF, Builtin::UnsafeOffsetof),
    (sym::SIZEOF, Builtin::UnsafeSizeof),
    (sym::SLICE, Builtin::UnsafeSlice),
    (sym::SLICE_DATA, Builtin::UnsafeSliceData),
    (sym::UNSAFE_STRING, Builtin::UnsafeString),
    (sym::STRING_DATA, Builtin::UnsafeStringData),
];

impl Universe {
    /// Fills an empty store. The order of the first types is that of the constants of [`TypeId`].
    pub(crate) fn declare(types: &Types) -> Self {
        for basic in Basic::ALL {
            types.add_basic(basic);
        }
        let mut scope = Scope::default();
        declare_any_error_comparable(types, &mut scope);
        for basic in Basic::ALL {
            if !basic.is_untyped() && !matches!(basic, Basic::Invalid | Basic::UnsafePointer) {
                declare(types, &mut scope, basic.name().into(), Some(basic.id()), ObjectKind::TypeName);
            }
        }
        for (name, builtin) in FUNCTIONS {
            declare(types, &mut scope, name, Some(TypeId::INVALID), ObjectKind::Builtin(builtin));
        }
        for (name, value) in [(sym::TRUE, true), (sym::FALSE, false)] {
            declare(types, &mut scope, name, Some(TypeId::UNTYPED_BOOL), constant(Value::bool(value)));
        }
        let iota = declare(types, &mut scope, sym::IOTA, Some(TypeId::UNTYPED_INT), constant(Value::i64(0)));
        let nil = declare(types, &mut scope, sym::NIL, Some(TypeId::UNTYPED_NIL), ObjectKind::Nil);
        Self { scope, unsafe_package: declare_unsafe(types), iota, nil }
    }
}

impl Types {
    /// The object of `iota`, whose value depends on where it is used.
    pub fn iota(&self) -> ObjectId {
        self.declared_universe().iota
    }

    /// The object of `nil`.
    pub fn nil(&self) -> ObjectId {
        self.declared_universe().nil
    }

    /// Adds a predeclared function that is not part of the universe.
    pub fn declare_builtin(&self, name: Symbol, builtin: Builtin) -> ObjectId {
        self.add_object(object(name, None, Some(TypeId::INVALID), ObjectKind::Builtin(builtin)))
    }

    /// The functions `assert` and `trace`, which only the tests of the checker have: they are declared on request.
    pub fn test_builtins(&self) -> [(Symbol, Builtin); 2] {
        [(Symbol::intern("assert"), Builtin::Assert), (Symbol::intern("trace"), Builtin::Trace)]
    }
}

fn constant(value: Value) -> ObjectKind {
    ObjectKind::Const(OnceLock::from(value))
}

fn object(name: Symbol, package: Option<PackageId>, ty: Option<TypeId>, kind: ObjectKind) -> Object {
    Object { name, package, pos: Pos::NONE, package_level: true, ty: TypeCell::new(ty), kind }
}

fn declare(types: &Types, scope: &mut Scope, name: Symbol, ty: Option<TypeId>, kind: ObjectKind) -> ObjectId {
    let id = types.add_object(object(name, None, ty, kind));
    scope.insert(name, id);
    id
}

fn declare_any_error_comparable(types: &Types, scope: &mut Scope) {
    let empty = types.interface([], []);
    debug_assert_eq!(empty, TypeId::EMPTY_INTERFACE);

    let any = declare(types, scope, sym::ANY, None, ObjectKind::TypeName);
    let any_type = types.new_alias(any);
    types.set_rhs(any_type, empty);
    types.object(any).ty.set(any_type);
    debug_assert_eq!(any_type, TypeId::ANY);

    let error = declare(types, scope, sym::ERROR_TYPE, None, ObjectKind::TypeName);
    let error_type = types.new_named(error, Box::default());
    types.object(error).ty.set(error_type);
    debug_assert_eq!(error_type, TypeId::ERROR);

    let comparable = declare(types, scope, sym::COMPARABLE, None, ObjectKind::TypeName);
    let comparable_type = types.new_named(comparable, Box::default());
    types.object(comparable).ty.set(comparable_type);
    debug_assert_eq!(comparable_type, TypeId::COMPARABLE);

    let returns_string = types.func(&[], &[TypeId::STRING], false);
    let method = Method { name: types.member_name(sym::ERROR_METHOD, None), ty: returns_string };
    types.set_rhs(error_type, types.interface([method], []));
    types.set_rhs(comparable_type, types.interface_with(Box::default(), Box::default(), false, true));
}

fn declare_unsafe(types: &Types) -> PackageId {
    let package = types.add_package(sym::UNSAFE, sym::UNSAFE, false);
    let mut scope = Scope::default();
    let mut add = |name, ty, kind| {
        scope.insert(name, types.add_object(object(name, Some(package), Some(ty), kind)));
    };
    add(sym::POINTER, TypeId::UNSAFE_POINTER, ObjectKind::TypeName);
    for (name, builtin) in UNSAFE_FUNCTIONS {
        add(name, TypeId::INVALID, ObjectKind::Builtin(builtin));
    }
    types.set_scope(package, scope);
    package
}
