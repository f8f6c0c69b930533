//! The outside world of one function: what its external names stand for.

use code::{RelocKind, Symbol};
use cranelift_codegen::ir::{ExternalName, Function, UserExternalName};
use rustc_hash::FxHashMap;

/// Something outside the function that its code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Referent {
    /// The address of a symbol.
    Symbol(Symbol),
    /// The number of an allocation kind. It is small, and code is below 2 GB, so that the distance from the code to
    /// the number, taken as an address, fits a rip-relative `lea`.
    AllocKind { n_bytes: u32, descriptor: Symbol },
}

impl Referent {
    /// The relocation that puts the distance to the referent into four bytes.
    pub(crate) fn relative_reloc(self) -> (RelocKind, Symbol) {
        match self {
            Referent::Symbol(symbol) => (RelocKind::Pc32, symbol),
            Referent::AllocKind { n_bytes, descriptor } => (RelocKind::AllocKind { n_bytes }, descriptor),
        }
    }
}

/// The referents of one function, numbered.
#[derive(Debug, Default)]
pub(crate) struct Names {
    referents: Vec<Referent>,
    numbers: FxHashMap<Referent, u32>,
}

impl Names {
    pub(crate) fn clear(&mut self) {
        self.referents.clear();
        self.numbers.clear();
    }

    /// The Cranelift name of `referent` in `function`.
    pub(crate) fn declare(&mut self, function: &mut Function, referent: Referent) -> ExternalName {
        let number = *self.numbers.entry(referent).or_insert_with(|| {
            self.referents.push(referent);
            self.referents.len() as u32 - 1
        });
        let name = function.declare_imported_user_function(UserExternalName::new(0, number));
        ExternalName::user(name)
    }

    /// What the name stands for.
    pub(crate) fn get(&self, name: &UserExternalName) -> Referent {
        self.referents[name.index as usize]
    }

    /// All referents, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, Referent)> + '_ {
        self.referents.iter().copied().enumerate()
    }
}
