//! Go's types: identity, method sets, sizes; interned, so that equality is an id comparison.
//!
//! **Purpose.** One process-wide [`Types`] store holds every type, object and package that any phase talks about. It is
//! append-only and `Sync`: packages are checked in parallel, and `lower` reads it without locks.
//!
//! **Terms.**
//! - A *spelled* type remembers what error messages must repeat: alias names, parameter names, how an interface was
//!   written. Spelled types are interned too, so equal spellings have equal ids.
//! - The *canonical* type of a spelled type is the one representative of its identity class:
//!   `types.canonical(a) == types.canonical(b)` exactly when Go calls `a` and `b` identical. Phases after `check` take the
//!   canonical id first and compare ids from there on.
//! - *Declared* (Go's `Named`) types, aliases and type parameters are never interned: each declaration makes a new one.
//!   Their instances are interned by origin and arguments.
//! - A type is *incomplete* while its declaration is being checked. Nothing computed from an incomplete type is memoised.
//!
//! **What this crate must not know.** Trees, diagnostics, files. Positions are opaque numbers here.
//!
//! **The way in.** [`Types::new`], the constructors in `store`, then [`Types::underlying`], [`Types::canonical`],
//! [`Types::lookup`], [`Types::method_set`], [`Types::substitute`], [`Types::size_of`], and [`Printer`] for messages.
#![forbid(unsafe_code)]

mod canonical;
mod cell;
mod ids;
mod kind;
mod lookup;
mod method_set;
mod object;
mod package;
mod predicates;
mod print;
mod sizes;
mod store;
mod substitute;
mod table;
mod terms;
mod type_set;
mod underlying;
mod universe;

pub use crate::{
    cell::TypeCell,
    ids::{ObjectId, PackageId, TypeId},
    kind::{
        Alias, Basic, BasicInfo, ChanDir, Field, Interface, MemberName, Method, Named, Param, Signature,
        Struct, Term, Type, TypeParam,
    },
    lookup::{Lookup, Member, Path, Selected},
    method_set::{MethodSet, MethodSetEntry},
    object::{Builtin, Func, Object, ObjectKind, Receiver, VarKind},
    package::{Package, Scope},
    predicates::Incomparable,
    print::{FullPaths, PackagePath, Printer, Qualifier},
    sizes::{Layout, StructLayout},
    store::Types,
    substitute::Substitution,
    terms::TermList,
    type_set::{SpecificTypes, TypeSet},
};
