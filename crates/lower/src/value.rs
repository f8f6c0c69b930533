//! Values and places: what expressions evaluate to while a function is being lowered.

use ir::{ValueId, Variable};
use smallvec::SmallVec;
use types::TypeId;

use crate::shape::Scalar;

/// The scalars of a value, in the order of its shape.
pub(crate) type Scalars = SmallVec<[ValueId; 4]>;

/// The value of an expression; which form it has follows from the shape of its type.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    /// Its scalars.
    Scalars(Scalars),
    /// Its address. Nobody writes this memory while the value is in use.
    Memory {
        /// The address.
        addr: ValueId,
        /// Whether the memory is a temporary that only this value refers to, so that it need not be copied to be kept.
        owned: bool,
    },
}

impl Val {
    /// A value of one scalar.
    pub(crate) fn one(value: ValueId) -> Val {
        Val::Scalars(SmallVec::from_slice(&[value]))
    }

    /// A value of several scalars.
    pub(crate) fn many(values: &[ValueId]) -> Val {
        Val::Scalars(SmallVec::from_slice(values))
    }

    /// The scalars. The caller knows that the type is not a memory type.
    pub(crate) fn scalars(&self) -> &[ValueId] {
        match self {
            Val::Scalars(scalars) => scalars,
            Val::Memory { .. } => unreachable!("a memory value has no scalars"),
        }
    }

    /// The only scalar.
    pub(crate) fn scalar(&self) -> ValueId {
        debug_assert_eq!(self.scalars().len(), 1);
        self.scalars()[0]
    }
}

/// Something that can be assigned to. Its operands are evaluated; checks that Go makes when the assignment is carried out
/// (bounds, nil) are still to be made. Spec: "Assignment statements", the two phases.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// `_`
    Blank,
    /// A variable (or a part of one) that is held in SSA variables.
    Ssa(SmallVec<[Variable; 4]>),
    /// Memory at an address that is known to be good.
    Memory(Address),
    /// `*p`, or a field of it: nil is checked on use.
    Deref(Address),
    /// An element of a slice: the index is checked on use.
    Elem(ElemPlace),
    /// An entry of a map.
    MapEntry(MapPlace),
}

/// An address and what a store there needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    pub(crate) base: ValueId,
    pub(crate) offset: i64,
    /// Whether a pointer stored here needs the write barrier: everything but temporaries of the side stack.
    pub(crate) barrier: bool,
}

impl Address {
    /// Memory that the collector may look at.
    pub(crate) fn heap(base: ValueId) -> Address {
        Address { base, offset: 0, barrier: true }
    }

    /// A temporary of the side stack.
    pub(crate) fn side(base: ValueId) -> Address {
        Address { base, offset: 0, barrier: false }
    }

    /// A part of the memory here.
    pub(crate) fn plus(self, offset: u64) -> Address {
        Address { offset: self.offset + offset as i64, ..self }
    }

    /// One scalar of the value here.
    pub(crate) fn scalar(self, scalar: &Scalar) -> Address {
        self.plus(u64::from(scalar.offset))
    }
}

/// `s[i]`, or a part of it, with `i` not yet checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ElemPlace {
    /// Address of element 0.
    pub(crate) data: ValueId,
    /// The number of elements.
    pub(crate) len: ValueId,
    /// The index, 64 bits.
    pub(crate) index: ValueId,
    /// Whether the index is of an unsigned type.
    pub(crate) is_unsigned: bool,
    /// Size of an element.
    pub(crate) n_bytes: u64,
    /// Offset of the part inside the element.
    pub(crate) offset: i64,
    /// Where the check is.
    pub(crate) pos: base::Pos,
}

/// `m[k]`.
#[derive(Clone, Debug)]
pub(crate) struct MapPlace {
    /// The map type.
    pub(crate) ty: TypeId,
    /// The map.
    pub(crate) map: ValueId,
    /// The key, converted to the key type.
    pub(crate) key: Val,
}
