//! The ids of the store: types, objects, packages.

use std::num::NonZeroU32;

macro_rules! store_id {
    ($(#[$doc:meta])* $name:ident, $tag:literal) => {
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The id of the entry with this index. Panics when there are four thousand million entries.
            pub const fn from_index(index: u32) -> Self {
                match NonZeroU32::new(index.wrapping_add(1)) {
                    Some(raw) => Self(raw),
                    None => panic!("too many entries"),
                }
            }

            /// The index of the entry.
            pub const fn index(self) -> u32 {
                self.0.get() - 1
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($tag, "{}"), self.index())
            }
        }
    };
}

store_id!(
    /// A spelled type. Two types are identical when their canonical ids are equal.
    TypeId,
    "t"
);
store_id!(
    /// A declared entity: package name, constant, type name, variable, function, label, builtin, nil.
    ///
    /// Ids depend on the order in which packages happened to be checked; nothing that a user sees may depend on them.
    ObjectId,
    "o"
);
store_id!(
    /// A package. Test variants of a package are packages of their own.
    PackageId,
    "p"
);

impl TypeId {
    /// A number that is never zero, for packing an optional id into an atomic.
    pub(crate) const fn raw(self) -> u32 {
        self.0.get()
    }

    /// The inverse of `raw`; zero is no id.
    pub(crate) const fn from_raw(raw: u32) -> Option<Self> {
        match NonZeroU32::new(raw) {
            Some(raw) => Some(Self(raw)),
            None => None,
        }
    }
}
