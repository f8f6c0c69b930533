//! Machine code by the IR that it was made of.
//!
//! **Terms.** The *key* of a function is the hash of its optimised IR, with file names and lines in place of positions. A *pack* is
//! one entry of the cache: the functions of one package, each under its key. Its name is the hash of the package's name, the
//! compiler and the target; so the functions that a program shares with the one before are read in a few files, and a pack
//! that somebody else replaced at the same time costs no more than compiling again.
//!
//! A pack that lacked something is written anew: first what this program has of the package, then what it had before, up to
//! a bound.
//!
//! **Rejected:** a file per function (a web server has 20,000 of them).

use std::sync::Arc;

use base::{Pos, SourceMap};
use code::{Function, FunctionFlags, FunctionKind, InlineSite, LineRow, Reloc, RelocKind, SiteId, Symbol};
use indexmap::IndexMap;
use ir::function::Sink;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::codec::{Reader, Writer};
use super::{Cache, Key, Kind, hash};

/// A pack keeps functions that the last program did not have while there are fewer of them than this beyond as many as it had.
const N_SPARE: usize = 64;

/// The key of a function.
fn key_of(function: &ir::Function, sources: &SourceMap) -> Key {
    let mut hasher = KeyWriter { sources, writer: Writer::default(), pos: Pos::NONE, name: "".into() };
    function.encode(&mut hasher);
    hash(&hasher.writer.bytes)
}

struct KeyWriter<'a> {
    sources: &'a SourceMap,
    writer: Writer,
    /// The position that was written last.
    pos: Pos,
    /// The file that was written last.
    name: Arc<str>,
}

impl Sink for KeyWriter<'_> {
    fn number(&mut self, number: u64) {
        self.writer.number(number);
    }

    fn symbol(&mut self, symbol: Symbol) {
        let text = symbol.as_str().as_bytes();
        self.writer.number(text.len() as u64);
        self.writer.bytes.extend(text);
    }

    fn pos(&mut self, pos: Pos) {
        if pos == self.pos {
            return self.writer.number(0);
        }
        self.pos = pos;
        let Some(location) = self.sources.location(pos) else { return self.writer.number(1) };
        if location.name != self.name {
            self.writer.number(2);
            self.symbol(Symbol::intern(&location.name));
            self.name = location.name;
        }
        self.writer.number(u64::from(location.line) + 3);
    }
}

/// The functions of a program that were found, and the packs they belong to.
pub(crate) struct Known<'c, 'a> {
    cache: &'c Cache<'a>,
    keys: Vec<Key>,
    packs: Vec<Pack>,
}

/// The functions of one package.
struct Pack {
    name: Key,
    /// Those of the program, by their place in it.
    members: Vec<usize>,
    /// Whether there are members that were not found.
    is_incomplete: bool,
    /// What else was in the entry.
    spare: Vec<(Key, Function)>,
}

impl<'c, 'a> Known<'c, 'a> {
    /// Looks for functions. What was found is in the same order; nothing can be kept when the compiler cannot tell itself
    /// from another one.
    pub(crate) fn find(
        cache: &'c Cache<'a>,
        target: &str,
        functions: &[ir::Function],
        sources: &SourceMap,
    ) -> (Option<Self>, Vec<Option<Function>>) {
        let Some(compiler) = super::compiler(cache.system) else {
            return (None, functions.iter().map(|_| None).collect());
        };
        let keys = functions.par_iter().map(|function| key_of(function, sources)).collect();
        let symbols: Vec<Symbol> = functions.iter().map(|function| function.name).collect();
        let (known, found) = Self::find_keys(cache, &format!("{compiler}\n{target}"), &symbols, keys);
        (Some(known), found)
    }

    fn find_keys(
        cache: &'c Cache<'a>,
        compiler: &str,
        symbols: &[Symbol],
        keys: Vec<Key>,
    ) -> (Self, Vec<Option<Function>>) {
        let mut by_package: IndexMap<&str, Vec<usize>, rustc_hash::FxBuildHasher> = IndexMap::default();
        for (index, symbol) in symbols.iter().enumerate() {
            by_package.entry(package_of(symbol.as_str())).or_default().push(index);
        }
        let read = |(package, members): (&str, Vec<usize>)| {
            let name = hash(format!("{package}\n{compiler}").as_bytes());
            let entry = cache.get(Kind::Functions, &name).and_then(|bytes| read_pack(&bytes));
            Pack::new(name, members, &keys, entry.unwrap_or_default())
        };
        let by_package: Vec<_> = by_package.into_iter().collect();
        let (packs, found): (Vec<_>, Vec<_>) = by_package.into_par_iter().map(read).unzip();
        let mut functions: Vec<Option<Function>> = symbols.iter().map(|_| None).collect();
        for (member, function) in found.into_iter().flatten() {
            functions[member] = Some(function);
        }
        (Known { cache, keys, packs }, functions)
    }

    /// Keeps all functions of the program, which are in the order in which they were asked for.
    pub(crate) fn keep(self, functions: &[Function]) {
        let Known { cache, keys, packs } = self;
        packs.into_par_iter().filter(|pack| pack.is_incomplete).for_each(|pack| {
            // After the first failure the others would fail too.
            if cache.complaint().is_none() {
                let used = pack.members.iter().map(|&member| (&keys[member], &functions[member]));
                let n_spare = N_SPARE + pack.members.len();
                let spare = pack.spare.iter().take(n_spare).map(|(key, function)| (key, function));
                cache.put(Kind::Functions, &pack.name, &write_pack(used.chain(spare)));
            }
        });
    }
}

impl Pack {
    /// The pack with these entries, and which of its members were among them.
    fn new(
        name: Key,
        members: Vec<usize>,
        keys: &[Key],
        entries: Vec<(Key, Function)>,
    ) -> (Self, Vec<(usize, Function)>) {
        let wanted: FxHashMap<Key, usize> = members.iter().map(|&member| (keys[member], member)).collect();
        let (mut found, mut spare) = (Vec::new(), Vec::new());
        for (key, function) in entries {
            match wanted.get(&key) {
                Some(&member) => found.push((member, function)),
                None => spare.push((key, function)),
            }
        }
        (Pack { name, is_incomplete: found.len() < members.len(), members, spare }, found)
    }
}

/// The part of a linker symbol that names a package, or what stands in its place.
fn package_of(symbol: &str) -> &str {
    let plain = symbol.find(['[', '(', ',', '·']).map_or(symbol, |end| &symbol[..end]);
    let last_element = plain.rfind('/').map_or(0, |slash| slash + 1);
    plain[last_element..].find('.').map_or(plain, |dot| &plain[..last_element + dot])
}

/// A pack as bytes: its names, then its functions, which refer to names by number.
fn write_pack<'f>(functions: impl Iterator<Item = (&'f Key, &'f Function)>) -> Vec<u8> {
    let mut pack = PackWriter::default();
    let mut n_functions = 0;
    for (key, function) in functions {
        pack.writer.key(key);
        pack.function(function);
        n_functions += 1;
    }
    let mut all = Writer::default();
    all.number(pack.names.len() as u64);
    for name in pack.names.keys() {
        all.text(name.as_str().as_bytes());
    }
    all.number(n_functions);
    all.bytes.extend(pack.writer.bytes);
    all.bytes
}

#[derive(Default)]
struct PackWriter {
    writer: Writer,
    names: IndexMap<Symbol, (), rustc_hash::FxBuildHasher>,
}

impl PackWriter {
    fn symbol(&mut self, symbol: Symbol) {
        let number = self.names.insert_full(symbol, ()).0;
        self.writer.number(number as u64);
    }

    fn numbers(&mut self, numbers: &[u32]) {
        numbers.iter().for_each(|&number| self.writer.number(number.into()));
    }

    fn function(&mut self, function: &Function) {
        let Function {
            symbol,
            name,
            bytes,
            body_offset,
            relocs,
            frame_size,
            flags,
            line,
            files,
            sites,
            rows,
        } = function;
        self.symbol(*symbol);
        self.symbol(*name);
        self.writer.text(bytes);
        self.numbers(&[*body_offset, *frame_size, *line, flag_bits(*flags)]);
        self.writer.number(relocs.len() as u64);
        relocs.iter().for_each(|reloc| self.reloc(reloc));
        self.writer.number(files.len() as u64);
        files.iter().for_each(|&file| self.symbol(file));
        self.writer.number(sites.len() as u64);
        for InlineSite { parent, callee, callee_line, call_file, call_line, callee_flags } in sites {
            self.symbol(*callee);
            self.numbers(&[parent.0, *callee_line, *call_file, *call_line, flag_bits(*callee_flags)]);
        }
        self.writer.number(rows.len() as u64);
        for LineRow { start, site, file, line } in rows {
            self.numbers(&[*start, site.0, *file, *line]);
        }
    }

    fn reloc(&mut self, &Reloc { offset, kind, target, addend }: &Reloc) {
        let (code, n_bytes) = match kind {
            RelocKind::Abs64 => (0, 0),
            RelocKind::Abs32 => (1, 0),
            RelocKind::Pc32 => (2, 0),
            RelocKind::AllocKind { n_bytes } => (3, n_bytes),
        };
        self.symbol(target);
        self.numbers(&[offset, code, n_bytes]);
        self.writer.u64(addend as u64);
    }
}

/// The functions of a pack; nothing when the bytes make no sense.
fn read_pack(bytes: &[u8]) -> Option<Vec<(Key, Function)>> {
    let mut reader = Reader { rest: bytes };
    let names =
        read_list(&mut reader, |reader| Some(Symbol::intern(std::str::from_utf8(reader.text()?).ok()?)))?;
    let functions = read_list(&mut reader, |reader| Some((reader.key()?, read_function(reader, &names)?)))?;
    reader.rest.is_empty().then_some(functions)
}

fn read_list<'b, T>(
    reader: &mut Reader<'b>,
    mut element: impl FnMut(&mut Reader<'b>) -> Option<T>,
) -> Option<Vec<T>> {
    let n_elements = reader.number()?;
    (0..n_elements).map(|_| element(reader)).collect()
}

fn read_function(reader: &mut Reader<'_>, names: &[Symbol]) -> Option<Function> {
    Some(Function {
        symbol: read_symbol(reader, names)?,
        name: read_symbol(reader, names)?,
        bytes: reader.text()?.to_vec(),
        body_offset: reader.u32()?,
        frame_size: reader.u32()?,
        line: reader.u32()?,
        flags: flags_of_bits(reader.u32()?)?,
        relocs: read_list(reader, |reader| read_reloc(reader, names))?,
        files: read_list(reader, |reader| read_symbol(reader, names))?,
        sites: read_list(reader, |reader| read_site(reader, names))?,
        rows: read_list(reader, read_row)?,
    })
}

fn read_symbol(reader: &mut Reader<'_>, names: &[Symbol]) -> Option<Symbol> {
    names.get(usize::try_from(reader.number()?).ok()?).copied()
}

fn read_reloc(reader: &mut Reader<'_>, names: &[Symbol]) -> Option<Reloc> {
    let target = read_symbol(reader, names)?;
    let (offset, code, n_bytes) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let kind = match code {
        0 => RelocKind::Abs64,
        1 => RelocKind::Abs32,
        2 => RelocKind::Pc32,
        3 => RelocKind::AllocKind { n_bytes },
        _ => return None,
    };
    Some(Reloc { offset, kind, target, addend: reader.u64()? as i64 })
}

fn read_site(reader: &mut Reader<'_>, names: &[Symbol]) -> Option<InlineSite> {
    Some(InlineSite {
        callee: read_symbol(reader, names)?,
        parent: SiteId(reader.u32()?),
        callee_line: reader.u32()?,
        call_file: reader.u32()?,
        call_line: reader.u32()?,
        callee_flags: flags_of_bits(reader.u32()?)?,
    })
}

fn read_row(reader: &mut Reader<'_>) -> Option<LineRow> {
    let (start, site) = (reader.u32()?, SiteId(reader.u32()?));
    Some(LineRow { start, site, file: reader.u32()?, line: reader.u32()? })
}

const KINDS: [FunctionKind; 4] =
    [FunctionKind::Ordinary, FunctionKind::Wrapper, FunctionKind::DeferWrapper, FunctionKind::DeferBody];

fn flag_bits(flags: FunctionFlags) -> u32 {
    let FunctionFlags { kind, is_runtime, is_nosplit, is_niladic } = flags;
    let kind = KINDS.iter().position(|&known| known == kind).expect("every kind is in the table") as u32;
    kind << 3 | u32::from(is_runtime) << 2 | u32::from(is_nosplit) << 1 | u32::from(is_niladic)
}

fn flags_of_bits(bits: u32) -> Option<FunctionFlags> {
    let kind = *KINDS.get((bits >> 3) as usize)?;
    let has = |bit: u32| bits >> bit & 1 == 1;
    Some(FunctionFlags { kind, is_runtime: has(2), is_nosplit: has(1), is_niladic: has(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str) -> Function {
        let symbol = Symbol::intern;
        let reloc = |kind, addend| Reloc { offset: 3, kind, target: symbol("runtime.f"), addend };
        let flags = FunctionFlags { kind: FunctionKind::DeferBody, is_niladic: true, ..Default::default() };
        Function {
            symbol: symbol(name),
            name: symbol("main.f"),
            bytes: vec![1, 2, 3, 0xff],
            body_offset: 300,
            relocs: vec![reloc(RelocKind::Pc32, -4), reloc(RelocKind::AllocKind { n_bytes: 24 }, 0)],
            frame_size: 72,
            flags,
            line: 9,
            files: vec![symbol("a.go"), symbol("b.go")],
            sites: vec![InlineSite {
                parent: SiteId(0),
                callee: symbol("main.g"),
                callee_line: 1,
                call_file: 1,
                call_line: 2,
                callee_flags: flags,
            }],
            rows: vec![LineRow { start: 0, site: SiteId(1), file: 1, line: u32::MAX }],
        }
    }

    fn cache(dir: &std::path::Path) -> Cache<'static> {
        let home = Some(dir.to_owned());
        Cache { system: &base::SystemOs, home, complaint: std::sync::OnceLock::new() }
    }

    #[test]
    fn packs_survive_writing_and_reading_and_no_part_of_one_does() {
        let functions = [([1; 32], function("main.f")), ([2; 32], function("main.h"))];
        let bytes = write_pack(functions.iter().map(|(key, function)| (key, function)));
        assert_eq!(read_pack(&bytes).unwrap(), functions);
        for n_kept in 0..bytes.len() {
            assert_eq!(read_pack(&bytes[..n_kept]), None, "cut to {n_kept}");
        }
    }

    #[test]
    fn what_was_kept_is_found_by_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let symbols = ["main.f", "fmt.Println", "main.g"].map(Symbol::intern);
        let functions = symbols.map(|symbol| function(symbol.as_str()));
        let keys = |n: u8| vec![[1; 32], [2; 32], [n; 32]];
        let (known, found) = Known::find_keys(&cache, "v1", &symbols, keys(3));
        assert_eq!(found, [None, None, None]);
        known.keep(&functions);
        // Another version of the last function does not displace the first.
        let (known, found) = Known::find_keys(&cache, "v1", &symbols, keys(4));
        assert_eq!(found, [Some(functions[0].clone()), Some(functions[1].clone()), None]);
        known.keep(&functions);
        for n in [3, 4] {
            let (_, found) = Known::find_keys(&cache, "v1", &symbols, keys(n));
            assert_eq!(found, functions.clone().map(Some));
        }
        let (_, found) = Known::find_keys(&cache, "v2", &symbols, keys(3));
        assert_eq!(found, [None, None, None], "another compiler");
    }

    #[test]
    fn packages_are_found_in_symbols() {
        for (symbol, package) in [
            ("main.main", "main"),
            ("golang.org/x/net/http2.(*Framer).ReadFrame", "golang.org/x/net/http2"),
            ("slices.SortFunc[go/ast.Node]", "slices"),
            ("encoding/json.f·1", "encoding/json"),
        ] {
            assert_eq!(package_of(symbol), package);
        }
    }
}
