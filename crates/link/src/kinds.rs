//! The table of allocation kinds: which pairs of size class and pointer layout the program allocates inline.

use abi::{
    heap::{AllocKind, MAX_KINDS, N_NOSCAN_KINDS, PtrLayout},
    size_class::{CLASS_SIZES, size_class},
};
use code::{Data, Program, RelocKind, Symbol};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{LinkError, resolve::Symbols, tables::REFERRER};

/// The pointer layout of a type: where its mask is, as a symbol and an offset. `None`: no pointers.
type Layout = Option<(Symbol, i64)>;

/// The kinds of a program; the first ones are the pointer-free ones of `abi`.
#[derive(Debug)]
pub(crate) struct Kinds {
    kinds: IndexSet<(u8, Layout), FxBuildHasher>,
    layouts: FxHashMap<Symbol, Layout>,
}

impl Kinds {
    /// Collects the kinds that the functions' relocations mention.
    pub(crate) fn collect(program: &Program) -> Result<Kinds, LinkError> {
        let mut kinds = Kinds { kinds: IndexSet::default(), layouts: FxHashMap::default() };
        kinds.kinds.extend((0..N_NOSCAN_KINDS).map(|class| (class as u8, None)));
        let mut descriptors: Option<FxHashMap<Symbol, &Data>> = None;
        for reloc in program.functions.iter().flat_map(|function| &function.relocs) {
            let RelocKind::AllocKind { n_bytes } = reloc.kind else { continue };
            let descriptors = descriptors
                .get_or_insert_with(|| program.data.iter().map(|data| (data.symbol, data)).collect());
            let layout = *kinds.layouts.entry(reloc.target).or_insert_with(|| {
                descriptors.get(&reloc.target).and_then(|descriptor| layout_of(descriptor))
            });
            kinds.kinds.insert((size_class(n_bytes as usize), layout));
        }
        if kinds.len() > MAX_KINDS { Err(LinkError::TooManyKinds) } else { Ok(kinds) }
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The offset of the kind of objects of `n_bytes` with this type descriptor.
    pub(crate) fn offset(&self, n_bytes: u32, descriptor: Symbol) -> u64 {
        let layout = self.layouts.get(&descriptor).copied().flatten();
        let kind = self.kinds.get_index_of(&(size_class(n_bytes as usize), layout));
        (kind.expect("all kinds were collected") * size_of::<AllocKind>()) as u64
    }

    /// The table as bytes.
    pub(crate) fn table(&self, symbols: &mut Symbols<'_>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len() * size_of::<AllocKind>());
        for &(class, layout) in &self.kinds {
            let layout = layout.map_or(0, |(symbol, offset)| {
                let mask = symbols.address(symbol, Symbol::intern(REFERRER)).wrapping_add_signed(offset);
                mask - size_of::<PtrLayout>() as u64
            });
            bytes.extend_from_slice(&layout.to_le_bytes());
            bytes.extend_from_slice(&u32::from(CLASS_SIZES[usize::from(class)]).to_le_bytes());
            bytes.extend_from_slice(&[0; 4]);
        }
        bytes
    }
}

/// What the `gc_data` field of a type descriptor points to.
fn layout_of(descriptor: &Data) -> Layout {
    let field = core::mem::offset_of!(abi::Type, gc_data);
    let reloc = descriptor.relocs.iter().find(|reloc| reloc.offset as usize == field)?;
    Some((reloc.target, reloc.addend))
}
