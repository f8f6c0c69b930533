//! Typed indices and the tables that they index.
//!
//! An id is four bytes, and so is an `Option` of it: the index is stored plus one in a `NonZeroU32`.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops;

/// A type that names a row of a table. Made with [`newtype_index!`](crate::newtype_index).
pub trait Idx: Copy + Eq + Ord + Hash + fmt::Debug + 'static {
    /// The id of row `index`.
    fn new(index: usize) -> Self;
    /// The row that this id names.
    fn index(self) -> usize;
}

/// Declares id types: `newtype_index! { /// A statement. pub struct StmtId; }`.
#[macro_export]
macro_rules! newtype_index {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(::std::num::NonZeroU32);

        impl $name {
            /// The id of row `index`.
            #[inline]
            #[must_use]
            $vis fn new(index: usize) -> Self {
                let raw = u32::try_from(index + 1).ok().and_then(::std::num::NonZeroU32::new);
                Self(raw.expect("a table has less than 2^32 - 1 rows"))
            }

            /// The row that this id names.
            #[inline]
            #[must_use]
            $vis const fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl $crate::Idx for $name {
            #[inline]
            fn new(index: usize) -> Self {
                Self::new(index)
            }
            #[inline]
            fn index(self) -> usize {
                self.index()
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index())
            }
        }
    )+};
}

/// A vector that is indexed by `I` only.
pub struct IdxVec<I, T> {
    raw: Vec<T>,
    marker: PhantomData<fn(I) -> I>,
}

impl<I: Idx, T> IdxVec<I, T> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { raw: Vec::new(), marker: PhantomData }
    }

    /// An empty table with room for `n_rows`.
    #[must_use]
    pub fn with_capacity(n_rows: usize) -> Self {
        Self::from_raw(Vec::with_capacity(n_rows))
    }

    /// A table of the rows of `raw`, in order.
    #[must_use]
    pub const fn from_raw(raw: Vec<T>) -> Self {
        Self { raw, marker: PhantomData }
    }

    /// A table with a clone of `value` for each of `n_rows`: the way to make a side table.
    #[must_use]
    pub fn from_elem(value: T, n_rows: usize) -> Self
    where
        T: Clone,
    {
        Self::from_raw(vec![value; n_rows])
    }

    /// Appends a row and returns its id.
    #[inline]
    pub fn push(&mut self, value: T) -> I {
        let id = self.next_id();
        self.raw.push(value);
        id
    }

    /// The id that the next pushed row will get.
    #[inline]
    #[must_use]
    pub fn next_id(&self) -> I {
        I::new(self.raw.len())
    }

    /// How many rows there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether there are no rows.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The row `id`, if the table is that long.
    #[inline]
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.raw.get(id.index())
    }

    /// The row `id`, if the table is that long.
    #[inline]
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.raw.get_mut(id.index())
    }

    /// The rows in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.raw.iter()
    }

    /// The rows in order, to change them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.raw.iter_mut()
    }

    /// The rows in order, each with its id.
    pub fn iter_enumerated(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.raw.iter().enumerate().map(|(index, value)| (I::new(index), value))
    }

    /// The ids of all rows, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.raw.len()).map(I::new)
    }

    /// Lengthens the table with `fill()` until it has a row `id`, and returns that row.
    pub fn ensure(&mut self, id: I, fill: impl FnMut() -> T) -> &mut T {
        if self.raw.len() <= id.index() {
            self.raw.resize_with(id.index() + 1, fill);
        }
        &mut self.raw[id.index()]
    }

    /// Shortens the table to `n_rows`.
    pub fn truncate(&mut self, n_rows: usize) {
        self.raw.truncate(n_rows);
    }

    /// Gives back the memory that no row uses.
    pub fn shrink_to_fit(&mut self) {
        self.raw.shrink_to_fit();
    }

    /// The rows as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.raw
    }

    /// The rows as a vector.
    #[must_use]
    pub fn into_raw(self) -> Vec<T> {
        self.raw
    }
}

impl<I: Idx, T> Default for IdxVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, T: Clone> Clone for IdxVec<I, T> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), marker: PhantomData }
    }
}

impl<I, T: PartialEq> PartialEq for IdxVec<I, T> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<I, T: Eq> Eq for IdxVec<I, T> {}

impl<I: Idx, T: fmt::Debug> fmt::Debug for IdxVec<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter_enumerated()).finish()
    }
}

impl<I: Idx, T> ops::Index<I> for IdxVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.raw[id.index()]
    }
}

impl<I: Idx, T> ops::IndexMut<I> for IdxVec<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.raw[id.index()]
    }
}

impl<I: Idx, T> FromIterator<T> for IdxVec<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(iter: It) -> Self {
        Self::from_raw(iter.into_iter().collect())
    }
}

impl<I: Idx, T> Extend<T> for IdxVec<I, T> {
    fn extend<It: IntoIterator<Item = T>>(&mut self, iter: It) {
        self.raw.extend(iter);
    }
}

impl<'a, I: Idx, T> IntoIterator for &'a IdxVec<I, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.raw.iter()
    }
}

impl<I: Idx, T> IntoIterator for IdxVec<I, T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.raw.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    newtype_index! {
        /// A row of the test table.
        struct RowId;
    }

    #[test]
    fn an_optional_id_is_four_bytes() {
        assert_eq!(size_of::<Option<RowId>>(), 4);
    }

    #[test]
    fn push_returns_the_id_that_finds_the_row() {
        let mut table: IdxVec<RowId, &str> = IdxVec::new();
        let a = table.push("a");
        let b = table.push("b");
        assert_eq!((table[a], table[b]), ("a", "b"));
        assert_eq!(table.ids().collect::<Vec<_>>(), [a, b]);
        assert_eq!(format!("{table:?}"), r#"{RowId(0): "a", RowId(1): "b"}"#);
    }

    #[test]
    fn ensure_lengthens_and_keeps() {
        let mut table: IdxVec<RowId, u8> = IdxVec::from_raw(vec![7]);
        *table.ensure(RowId::new(2), || 1) += 1;
        assert_eq!(table.as_slice(), [7, 1, 2]);
        assert_eq!(*table.ensure(RowId::new(0), || 9), 7);
    }
}
