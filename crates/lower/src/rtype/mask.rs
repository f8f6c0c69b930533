//! Pointer masks: which words of a value the collector follows.

use base::Symbol;
use types::{Type, TypeId};

use crate::{data::DataBuilder, unit::Unit};

impl Unit<'_> {
    /// The symbol of the pointer mask of a type: one bit per word, behind an `abi::PtrLayout`.
    pub(super) fn pointer_mask(&mut self, ty: TypeId) -> (Symbol, u64) {
        let shape = self.shape(ty);
        let mut mask = Mask::default();
        mask.add(self, ty, 0);
        let n_bits = mask.n_bits();
        let period = shape.n_bytes.div_ceil(8).max(1);
        let mut name = format!("go:gcmask.{period}.");
        mask.bytes.iter().for_each(|byte| name.push_str(&format!("{byte:02x}")));
        if name.len() > 128 {
            name = format!(
                "go:gcmask.{period}.{:016x}{:016x}",
                crate::data::fnv(&mask.bytes, 0),
                crate::data::fnv(&mask.bytes, 1)
            );
        }
        let symbol = Symbol::intern(&name);
        if self.first_use(symbol) {
            let header = size_of::<abi::heap::PtrLayout>();
            let mut data = DataBuilder::new(header + mask.bytes.len().next_multiple_of(8), 8);
            data.int(4, period, 4);
            data.int(8, n_bits, 4);
            data.slice(header, &mask.bytes);
            // The runtime writes its number of the layout into the header.
            self.out.data.push(data.finish_writable(symbol, Vec::new()));
        }
        (symbol, n_bits)
    }

    /// The pointer mask of a variable for the collector: one bit per word.
    pub(crate) fn root_mask(&mut self, ty: TypeId) -> Vec<u8> {
        let mut mask = Mask::default();
        mask.add(self, ty, 0);
        mask.bytes
    }
}

/// A growing bit set of the words that are pointers.
#[derive(Default)]
struct Mask {
    bytes: Vec<u8>,
}

impl Mask {
    fn n_bits(&self) -> u64 {
        let last = self.bytes.iter().rposition(|&byte| byte != 0);
        last.map_or(0, |last| 8 * last as u64 + 8 - u64::from(self.bytes[last].leading_zeros()))
    }

    fn set(&mut self, word: u64) {
        let byte = word as usize / 8;
        if self.bytes.len() <= byte {
            self.bytes.resize(byte + 1, 0);
        }
        self.bytes[byte] |= 1 << (word % 8);
    }

    fn add(&mut self, unit: &mut Unit<'_>, ty: TypeId, offset: u64) {
        let shape = unit.shape(ty);
        if !shape.has_pointers {
            return;
        }
        if let Some(scalars) = &shape.scalars {
            for scalar in scalars.iter().filter(|scalar| scalar.is_heap_ptr) {
                self.set((offset + u64::from(scalar.offset)) / 8);
            }
            return;
        }
        match unit.types.under(ty) {
            Type::Array { n_elems, elem } => {
                let n_bytes = unit.shape(*elem).n_bytes;
                for idx in 0..*n_elems as u64 {
                    self.add(unit, *elem, offset + idx * n_bytes);
                }
            }
            Type::Struct(struct_) => {
                let layout = unit.types.struct_layout(unit.types.underlying(ty)).into_owned();
                for (field, field_offset) in struct_.fields.iter().zip(layout.offsets) {
                    self.add(unit, field.ty, offset + field_offset as u64);
                }
            }
            other => unreachable!("{other:?} has scalars"),
        }
    }
}
