//! Objects: what identifiers stand for.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use base::{Pos, Symbol};
use constant::Value;

use crate::{PackageId, TypeCell, TypeId};

/// A declared entity.
///
/// Fields of structs and methods of interfaces are not objects: they are data of their type.
#[derive(Debug)]
pub struct Object {
    /// The identifier.
    pub name: Symbol,
    /// The package that declares it; `None` for the universe.
    pub package: Option<PackageId>,
    /// Where it is declared; the unknown position for the universe.
    pub pos: Pos,
    /// Whether it is declared at package level (or in the universe). Methods are not.
    pub package_level: bool,
    /// Its type: of a type name the declared type, of a function or method its signature. Unset until checked.
    pub ty: TypeCell,
    /// What it is.
    pub kind: ObjectKind,
}

/// What an object is.
#[derive(Debug)]
pub enum ObjectKind {
    /// The name of an imported package in a file.
    PackageName {
        /// The package that the name stands for.
        imported: PackageId,
    },
    /// A constant; its value, once checked.
    Const(OnceLock<Value>),
    /// A type name: declared type, alias, type parameter or basic type.
    TypeName,
    /// A variable.
    Var(VarKind),
    /// A function or a method of a declared type.
    Func(Box<Func>),
    /// A label.
    Label,
    /// A predeclared function.
    Builtin(Builtin),
    /// `nil`.
    Nil,
}

/// Where a variable is declared.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum VarKind {
    Package,
    Local,
    Receiver,
    Param,
    Result,
}

/// A function or method.
#[derive(Debug, Default)]
pub struct Func {
    /// Whether it is declared with a receiver.
    pub is_method: bool,
    /// Whether the receiver is a pointer; known before the receiver's type is.
    pointer_receiver: AtomicBool,
    /// The receiver, once its type is checked.
    pub receiver: OnceLock<Receiver>,
}

impl Func {
    /// A function, or a method whose receiver is not known yet.
    pub fn new(is_method: bool) -> Self {
        Self { is_method, ..Self::default() }
    }

    /// Whether the method's receiver is a pointer.
    pub fn has_pointer_receiver(&self) -> bool {
        // Pairs with nothing: other threads see the method only after its package is complete.
        self.pointer_receiver.load(Ordering::Relaxed)
    }

    /// Says whether the method's receiver is a pointer.
    pub fn set_pointer_receiver(&self, is_pointer: bool) {
        self.pointer_receiver.store(is_pointer, Ordering::Relaxed);
    }
}

/// The receiver of a method.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The receiver's name, the empty symbol when there is none.
    pub name: Symbol,
    /// The receiver's type as declared: `T`, `*T`, or with the method's own type parameters `T[P]`, `*T[P]`.
    pub ty: TypeId,
    /// The declared type that the method belongs to; invalid when the receiver is in error.
    pub base: TypeId,
    /// The type parameters that the receiver declares; parallel to those of `base`.
    pub type_params: Box<[TypeId]>,
}

/// The predeclared functions, those of package `unsafe` included.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Builtin {
    Append,
    Cap,
    Clear,
    Close,
    Complex,
    Copy,
    Delete,
    Imag,
    Len,
    Make,
    Max,
    Min,
    New,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    UnsafeAdd,
    UnsafeAlignof,
    UnsafeOffsetof,
    UnsafeSizeof,
    UnsafeSlice,
    UnsafeSliceData,
    UnsafeString,
    UnsafeStringData,
    /// Only in the checker's own tests.
    Assert,
    /// Only in the checker's own tests.
    Trace,
}

impl Object {
    /// The type, or the invalid type as long as it is not known.
    pub fn type_or_invalid(&self) -> TypeId {
        self.ty.get().unwrap_or(TypeId::INVALID)
    }

    /// The function data of a function or method.
    pub fn as_func(&self) -> Option<&Func> {
        match &self.kind {
            ObjectKind::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The value of a constant whose declaration is checked.
    pub fn const_value(&self) -> Option<&Value> {
        match &self.kind {
            ObjectKind::Const(value) => value.get(),
            _ => None,
        }
    }

    /// The variable's kind.
    pub fn var_kind(&self) -> Option<VarKind> {
        match self.kind {
            ObjectKind::Var(kind) => Some(kind),
            _ => None,
        }
    }

    /// Whether this is a type name.
    pub fn is_type_name(&self) -> bool {
        matches!(self.kind, ObjectKind::TypeName)
    }

    /// The package that an import name stands for.
    pub fn imported(&self) -> Option<PackageId> {
        match self.kind {
            ObjectKind::PackageName { imported } => Some(imported),
            _ => None,
        }
    }
}
