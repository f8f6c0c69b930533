//! A slot for a type that becomes known later.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::TypeId;

/// An optional [`TypeId`] that the checker of the declaring package fills in, and may correct to the invalid type when it
/// finds a cycle. Other threads look at it only after that package is complete.
#[derive(Default)]
pub struct TypeCell(AtomicU32);

impl TypeCell {
    /// A cell without a type.
    pub const fn unset() -> Self {
        Self(AtomicU32::new(0))
    }

    /// A cell that holds `ty`.
    pub fn new(ty: Option<TypeId>) -> Self {
        Self(AtomicU32::new(ty.map_or(0, TypeId::raw)))
    }

    /// The type, once known.
    pub fn get(&self) -> Option<TypeId> {
        // Pairs with the Release in set(): whoever sees the id sees the entry that it names.
        TypeId::from_raw(self.0.load(Ordering::Acquire))
    }

    /// Makes the type known, or replaces it.
    pub fn set(&self, ty: TypeId) {
        self.0.store(ty.raw(), Ordering::Release);
    }

    /// Forgets the type, so that it is computed again.
    pub(crate) fn clear(&self) {
        self.0.store(0, Ordering::Release);
    }
}

impl std::fmt::Debug for TypeCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}
