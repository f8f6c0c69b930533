//! Sets of types described by terms `T` and `~T`, in normal form.

use crate::{Term, TypeId, Types};

/// A union of terms, or all types.
///
/// **Invariant.** No two terms of the list have a type in common.
#[derive(Clone, Debug)]
pub enum TermList {
    /// The set of all types.
    All,
    /// The types of these terms; none when the list is empty.
    Of(Vec<Term>),
}

impl TermList {
    /// The set of no type.
    pub const EMPTY: Self = Self::Of(Vec::new());

    /// Whether no type is in the set.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Of(terms) if terms.is_empty())
    }

    /// Whether all types are in the set.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// The terms, when the set has neither all types nor none.
    pub fn specific(&self) -> Option<&[Term]> {
        match self {
            Self::Of(terms) if !terms.is_empty() => Some(terms),
            _ => None,
        }
    }

    /// The types that are in one of the sets.
    pub fn union(self, other: &Self, types: &Types) -> Self {
        let (Self::Of(mut terms), Self::Of(others)) = (self, other) else { return Self::All };
        for &new in others {
            add(&mut terms, new, types);
        }
        Self::Of(terms)
    }

    /// The types that are in both sets.
    pub fn intersect(&self, other: &Self, types: &Types) -> Self {
        match (self, other) {
            (Self::All, set) | (set, Self::All) => set.clone(),
            (Self::Of(a), Self::Of(b)) => {
                let mut common = Vec::new();
                for x in a {
                    for y in b {
                        if let Some(term) = intersect(*x, *y, types) {
                            add(&mut common, term, types);
                        }
                    }
                }
                Self::Of(common)
            }
        }
    }

    /// Whether `ty` is in the set.
    pub fn includes(&self, ty: TypeId, types: &Types) -> bool {
        match self {
            Self::All => true,
            Self::Of(terms) => terms.iter().any(|term| term.includes(ty, types)),
        }
    }

    /// Whether every type of this set is in the other.
    pub fn is_subset_of(&self, other: &Self, types: &Types) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::All, Self::Of(_)) => false,
            (Self::Of(a), Self::Of(b)) => a.iter().all(|x| b.iter().any(|y| x.is_subset_of(*y, types))),
        }
    }

    /// Whether both sets have the same types.
    pub fn equals(&self, other: &Self, types: &Types) -> bool {
        self.is_subset_of(other, types) && other.is_subset_of(self, types)
    }
}

/// Adds a term to a list in normal form, and keeps the form.
fn add(terms: &mut Vec<Term>, new: Term, types: &Types) {
    for old in terms.iter_mut() {
        if !old.is_disjoint(new, types) {
            // Same type underneath: the wider of the two stands for both.
            if new.tilde && !old.tilde {
                *old = new;
                let widened = *old;
                let mut seen = false;
                terms.retain(|term| term.is_disjoint(widened, types) || !std::mem::replace(&mut seen, true));
            }
            return;
        }
    }
    terms.push(new);
}

fn intersect(x: Term, y: Term, types: &Types) -> Option<Term> {
    if x.is_disjoint(y, types) {
        None
    } else if !x.tilde || y.tilde {
        Some(x)
    } else {
        Some(y)
    }
}

impl Term {
    /// Whether `ty` is one of the term's types.
    pub fn includes(self, ty: TypeId, types: &Types) -> bool {
        let ty = if self.tilde { types.underlying(ty) } else { ty };
        types.identical(self.ty, ty)
    }

    /// Whether every type of this term is one of the other's.
    pub fn is_subset_of(self, other: Self, types: &Types) -> bool {
        !self.is_disjoint(other, types) && (!self.tilde || other.tilde)
    }

    /// Whether the terms have no type in common.
    pub fn is_disjoint(self, other: Self, types: &Types) -> bool {
        let a = if other.tilde { types.underlying(self.ty) } else { self.ty };
        let b = if self.tilde { types.underlying(other.ty) } else { other.ty };
        !types.identical(a, b)
    }
}
