//! Package-level variables whose contents come from outside of the language: `//go:embed`, and the linker flag `-X`.

use base::Symbol;
use types::TypeId;

use crate::{data::DataBuilder, unit::Unit};

/// What a variable holds at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preset {
    /// A string.
    Text(Vec<u8>),
    /// A slice of bytes.
    Bytes(Vec<u8>),
    /// An `embed.FS` of these files, named by slash-separated paths.
    Files(Vec<(String, Vec<u8>)>),
}

/// The size of embed's `file`: a name, the content as a string, and a digest that nothing reads.
const FILE_SIZE: usize = 48;
/// The size of the slice header in front of the files.
const SLICE_SIZE: usize = 24;

/// Makes the variable `symbol`.
pub(crate) fn lower_preset(unit: &mut Unit<'_>, preset: &Preset, ty: TypeId, symbol: Symbol) {
    let shape = unit.shape(ty);
    let mut data = DataBuilder::new(shape.n_bytes as usize, shape.align);
    match preset {
        Preset::Text(text) => write_string(unit, &mut data, 0, text),
        Preset::Bytes(bytes) => write_bytes(unit, &mut data, bytes, symbol),
        Preset::Files(files) => {
            let list = lower_files(unit, files, symbol);
            data.addr(0, list, 0);
        }
    }
    let mask = unit.root_mask(ty);
    unit.out.data.push(data.finish_writable(symbol, mask));
}

fn write_string(unit: &mut Unit<'_>, data: &mut DataBuilder, at: usize, text: &[u8]) {
    if !text.is_empty() {
        let bytes = unit.bytes(text);
        data.addr(at, bytes, 0);
    }
    data.int(at + 8, text.len() as u64, 8);
}

/// The bytes may be written to, so they are the variable's own.
fn write_bytes(unit: &mut Unit<'_>, data: &mut DataBuilder, bytes: &[u8], symbol: Symbol) {
    let array = if bytes.is_empty() {
        unit.zero_base()
    } else {
        let name = Symbol::intern(&format!("{}.bytes", symbol.as_str()));
        let mut array = DataBuilder::new(bytes.len(), 1);
        array.slice(0, bytes);
        unit.out.data.push(array.finish_writable(name, Vec::new()));
        name
    };
    data.addr(0, array, 0);
    data.int(8, bytes.len() as u64, 8);
    data.int(16, bytes.len() as u64, 8);
}

/// The `[]file` that an `embed.FS` points to: the files and all directories above them, in the order that package embed
/// searches by: the directory first, then the name in it.
fn lower_files(unit: &mut Unit<'_>, files: &[(String, Vec<u8>)], symbol: Symbol) -> Symbol {
    let mut entries: Vec<(String, &[u8])> = Vec::new();
    for (path, content) in files {
        entries.push((path.clone(), content));
        entries.extend(path.match_indices('/').map(|(at, _)| (path[..=at].to_owned(), &[][..])));
    }
    entries.sort_by(|(a, _), (b, _)| split(a).cmp(&split(b)));
    entries.dedup_by(|(a, _), (b, _)| a == b);
    let name = Symbol::intern(&format!("{}.files", symbol.as_str()));
    let mut data = DataBuilder::new(SLICE_SIZE + entries.len() * FILE_SIZE, 8);
    data.addr(0, name, SLICE_SIZE as i64);
    data.int(8, entries.len() as u64, 8);
    data.int(16, entries.len() as u64, 8);
    for (idx, (path, content)) in entries.iter().enumerate() {
        let at = SLICE_SIZE + idx * FILE_SIZE;
        write_string(unit, &mut data, at, path.as_bytes());
        write_string(unit, &mut data, at + 16, content);
    }
    unit.out.data.push(data.finish_readonly(name));
    name
}

/// The directory and the name in it, without the slash at the end of a directory.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.rsplit_once('/').unwrap_or((".", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_as_package_embed_splits_them() {
        assert_eq!(split("a.txt"), (".", "a.txt"));
        assert_eq!(split("d/"), (".", "d"));
        assert_eq!(split("d/e/f"), ("d/e", "f"));
        assert_eq!(split("d/e/"), ("d", "e"));
    }
}
