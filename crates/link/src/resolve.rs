//! Symbols to addresses.

use code::{Program, Reloc, RelocKind, Symbol};

use crate::{LinkError, error::Undefined, image::Image, kinds::Kinds, layout::Layout};

/// Report at most this many missing symbols.
const MAX_REPORTED: usize = 20;

/// The addresses of all symbols of a program; the image's symbols stand behind them.
pub(crate) struct Symbols<'a> {
    /// Address by symbol number; 0 is undefined. Dense, because there are a few lookups per function of the program.
    addresses: Vec<u32>,
    image: &'a Image<'a>,
    undefined: Vec<Undefined>,
}

impl<'a> Symbols<'a> {
    /// Enters the program's definitions.
    pub(crate) fn new(
        program: &Program,
        image: &'a Image<'a>,
        layout: &Layout,
    ) -> Result<Symbols<'a>, LinkError> {
        let mut symbols = Symbols { addresses: Vec::new(), image, undefined: Vec::new() };
        for (function, &address) in program.functions.iter().zip(&layout.functions) {
            symbols.define(function.symbol, address, false)?;
        }
        for (object, &address) in program.data.iter().zip(&layout.data) {
            symbols.define(object.symbol, address, object.dup_ok)?;
        }
        Ok(symbols)
    }

    fn define(&mut self, symbol: Symbol, address: u64, dup_ok: bool) -> Result<(), LinkError> {
        let slot = self.slot(symbol);
        if *slot == 0 {
            *slot = address as u32;
        } else if !dup_ok {
            return Err(LinkError::Duplicate(symbol.to_string()));
        }
        Ok(())
    }

    fn slot(&mut self, symbol: Symbol) -> &mut u32 {
        let index = symbol.as_u32() as usize;
        if index >= self.addresses.len() {
            self.addresses.resize(index + index / 4 + 1, 0);
        }
        &mut self.addresses[index]
    }

    /// The address of `symbol`; a missing one is noted against `referrer` and gets address 0.
    pub(crate) fn address(&mut self, symbol: Symbol, referrer: Symbol) -> u64 {
        let known = *self.slot(symbol);
        if known != 0 {
            return u64::from(known);
        }
        match self.image.address_of(symbol.as_str()) {
            Some(address) => {
                *self.slot(symbol) = address as u32;
                address
            }
            None => {
                self.note_undefined(symbol.as_str(), referrer.as_str());
                0
            }
        }
    }

    fn note_undefined(&mut self, symbol: &str, referrer: &str) {
        let undefined = Undefined { symbol: symbol.to_owned(), referrer: referrer.to_owned() };
        if self.undefined.len() < MAX_REPORTED && !self.undefined.contains(&undefined) {
            self.undefined.push(undefined);
        }
    }

    /// Patches `bytes`, which start at `address` and belong to `owner`.
    pub(crate) fn relocate(
        &mut self,
        bytes: &mut [u8],
        address: u64,
        owner: Symbol,
        relocs: &[Reloc],
        kinds: &Kinds,
    ) -> Result<(), LinkError> {
        for reloc in relocs {
            let offset = reloc.offset as usize;
            let place = address + u64::from(reloc.offset);
            let value = match reloc.kind {
                RelocKind::AllocKind { n_bytes } => kinds.offset(n_bytes, reloc.target).wrapping_sub(place),
                RelocKind::Pc32 => self.address(reloc.target, owner).wrapping_sub(place),
                RelocKind::Abs32 | RelocKind::Abs64 => self.address(reloc.target, owner),
            };
            let value = value.wrapping_add_signed(reloc.addend) as i64;
            let field = &mut bytes[offset..offset + reloc.kind.n_bytes()];
            if reloc.kind == RelocKind::Abs64 {
                field.copy_from_slice(&value.to_le_bytes());
            } else if let Ok(value) = i32::try_from(value) {
                field.copy_from_slice(&value.to_le_bytes());
            } else {
                let (referrer, target) = (owner.to_string(), reloc.target.to_string());
                return Err(LinkError::OutOfRange { referrer, target, addend: reloc.addend });
            }
        }
        Ok(())
    }

    /// Fails when a symbol was missing.
    pub(crate) fn finish(self) -> Result<(), LinkError> {
        if self.undefined.is_empty() { Ok(()) } else { Err(LinkError::Undefined(self.undefined)) }
    }
}
