//! `abi.Name`: flags, a length, the text; then, if the flags say so, a tag and the address of a package's path.

use base::Symbol;
use types::MemberName;

use crate::{data::DataBuilder, unit::Unit};

/// The flag of an `abi.Name` that the address of a package path's name follows.
const NAME_HAS_PACKAGE: u8 = 1 << 2;

impl Unit<'_> {
    /// The symbol of `abi.Name` data.
    pub(super) fn name_data(
        &mut self,
        name: &str,
        tag: &str,
        is_exported: bool,
        is_embedded: bool,
    ) -> Symbol {
        let flags = u8::from(is_exported) | u8::from(!tag.is_empty()) << 1 | u8::from(is_embedded) << 3;
        let mut bytes = vec![flags];
        for text in [name, tag] {
            if text.is_empty() && !bytes[1..].is_empty() {
                continue;
            }
            push_varint(&mut bytes, text.len());
            bytes.extend_from_slice(text.as_bytes());
        }
        self.bytes(&bytes)
    }

    /// As `name_data`, for a method. Behind an unexported name of a package other than that of its type (`home`) stands the
    /// address of the package's path.
    pub(super) fn member_data(&mut self, name: MemberName, home: Option<types::PackageId>) -> Symbol {
        let text = name.symbol.as_str();
        let Some(package) = name.package.filter(|&package| Some(package) != home) else {
            return self.name_data(text, "", name.package.is_none(), false);
        };
        let path = crate::names::package_prefix(self.types, package);
        let symbol = Symbol::intern(&format!("go:name.{path}.{text}"));
        if self.first_use(symbol) {
            let mut bytes = vec![NAME_HAS_PACKAGE];
            push_varint(&mut bytes, text.len());
            bytes.extend_from_slice(text.as_bytes());
            let mut data = DataBuilder::new(bytes.len() + 4, 1);
            data.slice(0, &bytes);
            let path = self.name_data(path, "", false, false);
            data.addr32(bytes.len(), path);
            self.out.data.push(data.finish_readonly(symbol));
        }
        symbol
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
