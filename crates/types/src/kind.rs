//! The kinds of types, as data.
//!
//! A component of a type is a [`TypeId`]; recursion always passes through a declared type, whose parts are filled in
//! later through cells.

use std::sync::OnceLock;

use base::Symbol;
use smallvec::SmallVec;

use crate::{ObjectId, PackageId, TypeCell, TypeId, TypeSet, sizes::StructLayout};

/// A spelled type.
#[derive(Debug)]
pub enum Type {
    /// A predeclared basic type, an untyped kind, or the invalid type.
    Basic(Basic),
    /// A declared (defined) type, or an instance of a generic one.
    Named(Box<Named>),
    /// An alias declaration, or an instance of a generic one.
    Alias(Box<Alias>),
    /// A type parameter.
    TypeParam(Box<TypeParam>),
    /// `*T`.
    Pointer(TypeId),
    /// `[]T`.
    Slice(TypeId),
    /// `[n]T`.
    Array {
        /// The number of elements, never negative.
        n_elems: i64,
        /// The element type.
        elem: TypeId,
    },
    /// `map[K]V`.
    Map {
        /// The key type.
        key: TypeId,
        /// The element type.
        elem: TypeId,
    },
    /// `chan T`, `chan<- T`, `<-chan T`.
    Chan {
        /// Which operations are allowed.
        dir: ChanDir,
        /// The element type.
        elem: TypeId,
    },
    /// `struct{...}`.
    Struct(Box<Struct>),
    /// The results of a call that has none or several.
    Tuple(Box<[TypeId]>),
    /// A function type.
    Signature(Box<Signature>),
    /// `interface{...}`.
    Interface(Box<Interface>),
    /// `A | ~B`, only as an element of an interface.
    Union(Box<[Term]>),
}

/// A basic type. The order is Go's `types.BasicKind`; `Byte` and `Rune` are spellings of `Uint8` and `Int32`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
#[repr(u8)]
pub enum Basic {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
    Byte,
    Rune,
}

/// What an operator may ask about a basic type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BasicInfo(u8);

impl BasicInfo {
    /// No property.
    pub const NONE: Self = Self(0);
    /// Boolean types.
    pub const BOOLEAN: Self = Self(1);
    /// Integer types, signed or not.
    pub const INTEGER: Self = Self(2);
    /// Unsigned integer types.
    pub const UNSIGNED: Self = Self(4);
    /// Floating-point types.
    pub const FLOAT: Self = Self(8);
    /// Complex types.
    pub const COMPLEX: Self = Self(16);
    /// String types.
    pub const STRING: Self = Self(32);
    /// The types of constants without a type.
    pub const UNTYPED: Self = Self(64);
    /// Types with an order: `<`.
    pub const ORDERED: Self = Self(2 | 8 | 32);
    /// Types with arithmetic.
    pub const NUMERIC: Self = Self(2 | 8 | 16);
    /// Numbers that are not complex.
    pub const REAL: Self = Self(2 | 8);
    /// Types whose values can be added.
    pub const NUMERIC_OR_STRING: Self = Self(2 | 8 | 16 | 32);
    /// Types that constants can have.
    pub const CONST: Self = Self(1 | 2 | 8 | 16 | 32);

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two have a property in common.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Basic {
    /// All basic types, in the order of their ids.
    pub const ALL: [Self; 28] = [
        Self::Invalid,
        Self::Bool,
        Self::Int,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Uintptr,
        Self::Float32,
        Self::Float64,
        Self::Complex64,
        Self::Complex128,
        Self::String,
        Self::UnsafePointer,
        Self::UntypedBool,
        Self::UntypedInt,
        Self::UntypedRune,
        Self::UntypedFloat,
        Self::UntypedComplex,
        Self::UntypedString,
        Self::UntypedNil,
        Self::Byte,
        Self::Rune,
    ];

    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Uintptr => "uintptr",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::UnsafePointer => "unsafe.Pointer",
            Self::UntypedBool => "untyped bool",
            Self::UntypedInt => "untyped int",
            Self::UntypedRune => "untyped rune",
            Self::UntypedFloat => "untyped float",
            Self::UntypedComplex => "untyped complex",
            Self::UntypedString => "untyped string",
            Self::UntypedNil => "untyped nil",
            Self::Byte => "byte",
            Self::Rune => "rune",
        }
    }

    /// The properties of the type.
    pub const fn info(self) -> BasicInfo {
        use BasicInfo as I;
        match self {
            Self::Invalid | Self::UnsafePointer => I::NONE,
            Self::Bool => I::BOOLEAN,
            Self::Int | Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64 | Self::Rune => I::INTEGER,
            Self::Uint
            | Self::Uint8
            | Self::Uint16
            | Self::Uint32
            | Self::Uint64
            | Self::Uintptr
            | Self::Byte => I::INTEGER.with(I::UNSIGNED),
            Self::Float32 | Self::Float64 => I::FLOAT,
            Self::Complex64 | Self::Complex128 => I::COMPLEX,
            Self::String => I::STRING,
            Self::UntypedBool => I::BOOLEAN.with(I::UNTYPED),
            Self::UntypedInt | Self::UntypedRune => I::INTEGER.with(I::UNTYPED),
            Self::UntypedFloat => I::FLOAT.with(I::UNTYPED),
            Self::UntypedComplex => I::COMPLEX.with(I::UNTYPED),
            Self::UntypedString => I::STRING.with(I::UNTYPED),
            Self::UntypedNil => I::UNTYPED,
        }
    }

    /// Whether this is a type of untyped constants or of `nil`.
    pub const fn is_untyped(self) -> bool {
        self.info().intersects(BasicInfo::UNTYPED)
    }

    /// The id of the type in every store.
    pub const fn id(self) -> TypeId {
        TypeId::from_index(self as u32)
    }
}

macro_rules! basic_ids {
    ($($id:ident $basic:ident,)*) => {
        /// The basic types have the same ids in every store.
        #[expect(missing_docs, reason = "the names say it")]
        impl TypeId {
            $(pub const $id: Self = Basic::$basic.id();)*
        }
    };
}

basic_ids! {
    INVALID Invalid,
    BOOL Bool,
    INT Int,
    INT8 Int8,
    INT16 Int16,
    INT32 Int32,
    INT64 Int64,
    UINT Uint,
    UINT8 Uint8,
    UINT16 Uint16,
    UINT32 Uint32,
    UINT64 Uint64,
    UINTPTR Uintptr,
    FLOAT32 Float32,
    FLOAT64 Float64,
    COMPLEX64 Complex64,
    COMPLEX128 Complex128,
    STRING String,
    UNSAFE_POINTER UnsafePointer,
    UNTYPED_BOOL UntypedBool,
    UNTYPED_INT UntypedInt,
    UNTYPED_RUNE UntypedRune,
    UNTYPED_FLOAT UntypedFloat,
    UNTYPED_COMPLEX UntypedComplex,
    UNTYPED_STRING UntypedString,
    UNTYPED_NIL UntypedNil,
    BYTE Byte,
    RUNE Rune,
}

/// The name of a field or method: unexported names of different packages differ.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct MemberName {
    /// The identifier.
    pub symbol: Symbol,
    /// The package of an unexported name; `None` for an exported one.
    pub package: Option<PackageId>,
}

/// A declared type, or an instance of a generic declared type.
#[derive(Debug)]
pub struct Named {
    /// The type name; of an instance, that of its origin.
    pub object: ObjectId,
    /// The generic type that this is an instance of.
    pub origin: Option<TypeId>,
    /// The type arguments of an instance.
    pub args: Box<[TypeId]>,
    /// Of a type declared inside a generic function: the function's type parameters; of an instance of such a type made
    /// by [`Types::monomorphise`](crate::Types::monomorphise): their arguments.
    pub outer_args: Box<[TypeId]>,
    /// The right-hand side of the declaration; of an instance, after substitution.
    pub rhs: TypeCell,
    /// The underlying type, once the chain of right-hand sides is complete.
    pub(crate) underlying: TypeCell,
    /// The type parameters of a declared type.
    pub(crate) type_params: OnceLock<Box<[TypeId]>>,
    /// The methods of a declared type, in source order.
    pub(crate) methods: OnceLock<Box<[ObjectId]>>,
    /// Of an instance: the signatures of the methods after substitution, made on first use.
    pub(crate) method_types: OnceLock<Box<[TypeCell]>>,
}

/// An alias declaration, or an instance of a generic one.
#[derive(Debug)]
pub struct Alias {
    /// The type name; of an instance, that of its origin.
    pub object: ObjectId,
    /// The generic alias that this is an instance of.
    pub origin: Option<TypeId>,
    /// The type arguments of an instance.
    pub args: Box<[TypeId]>,
    /// What it stands for, possibly another alias. Unset while the declaration is being checked.
    pub rhs: TypeCell,
    /// The type parameters of a declared generic alias.
    pub(crate) type_params: OnceLock<Box<[TypeId]>>,
}

/// A type parameter.
#[derive(Debug)]
pub struct TypeParam {
    /// Its type name.
    pub object: ObjectId,
    /// Its place in the list that declares it; `u32::MAX` until the list is bound.
    pub index: u32,
    /// The constraint as written; the invalid type until it is known.
    pub bound: TypeCell,
    /// The constraint as an interface, memoised when the bound is complete.
    pub(crate) interface: TypeCell,
}

/// The direction of a channel.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ChanDir {
    Both,
    SendOnly,
    ReceiveOnly,
}

/// A struct type.
#[derive(Debug)]
pub struct Struct {
    /// The fields in source order.
    pub fields: Box<[Field]>,
    /// Size, alignment and offsets, computed on first use.
    pub(crate) layout: OnceLock<StructLayout>,
}

/// A field of a struct.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// Its name; of an embedded field, the name of its type.
    pub name: MemberName,
    /// Its type.
    pub ty: TypeId,
    /// Whether it was written without a name.
    pub embedded: bool,
    /// The tag's value, the empty symbol when there is none.
    pub tag: Symbol,
}

/// A function type. The receiver of a method is not part of it.
#[derive(Default, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    /// The type parameters of a generic function that is not instantiated.
    pub type_params: Box<[TypeId]>,
    /// The parameters. The last one of a variadic function has a slice type (or a string type for `append`).
    pub params: SmallVec<[Param; 2]>,
    /// The results.
    pub results: SmallVec<[Param; 2]>,
    /// Whether the last parameter is `...T`.
    pub variadic: bool,
}

/// A parameter or result.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Param {
    /// The name, the empty symbol when there is none. Not part of the identity.
    pub name: Symbol,
    /// The type.
    pub ty: TypeId,
}

/// An interface type as written. What it means is its [`TypeSet`](crate::TypeSet).
#[derive(Debug)]
pub struct Interface {
    /// The methods written here, in source order.
    pub methods: Box<[Method]>,
    /// The embedded elements, in source order.
    pub embedded: Box<[TypeId]>,
    /// Whether this is the constraint literal `~T | U` without `interface{}` around it.
    pub implicit: bool,
    /// Whether this is the predeclared `comparable`.
    pub comparable: bool,
    /// The type set, computed on first use after everything that is embedded is complete.
    pub(crate) type_set: OnceLock<Box<TypeSet>>,
}

impl Interface {
    /// What tells spellings of interfaces apart.
    pub(crate) fn spelling(&self) -> (&[Method], &[TypeId], bool, bool) {
        (&self.methods, &self.embedded, self.implicit, self.comparable)
    }
}

/// A method of an interface.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Method {
    /// Its name.
    pub name: MemberName,
    /// Its signature.
    pub ty: TypeId,
}

/// A term of a union: `T` or `~T`.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Term {
    /// Whether all types with this underlying type are meant.
    pub tilde: bool,
    /// The type.
    pub ty: TypeId,
}
