//! Machine code by the IR that it was made of.
//!
//! ```text
//!            closures            notes                 code
//!  lowered ----------> closure ---------> facts, and ---------> machine code     nothing to do
//!    IR                  key              code key
//!                         |                   ^
//!                         | not there         |
//!                         +---> optimise -----+---- not there -> compile
//! ```
//!
//! **Terms.** The *code key* of a function is the hash of its optimised IR, with file names and lines in place of positions; its
//! *closure key* ([`super::closures`]) that of all lowered IR that the function can reach. A *pack* is two entries of the cache,
//! for the functions of one package: the code under code keys, and under closure keys the notes. Its name is the hash of the
//! package's name, the compiler and the target; so the functions that a program shares with the one before are read in a few
//! files, and a pack that somebody else replaced at the same time costs no more than compiling again.
//!
//! **Invariants**
//! 1. A function is known when its note and its code are there, and so are those of all functions in its component.
//! 2. A build that knows some functions gives the bytes of a build that knows none.
//!
//! An entry that lacked something is written anew: first what this program has of the package, then what it had before, up to
//! a bound.
//!
//! **Rejected:** a file per function (a web server has 20,000 of them); keeping optimised IR for callers that copy it (it is
//! made again in less time than it is read).

use std::sync::Arc;

use base::{Pos, SourceMap};
use code::{Function, FunctionFlags, FunctionKind, InlineSite, LineRow, Reloc, RelocKind, SiteId, Symbol};
use indexmap::IndexMap;
use ir::Module;
use ir::function::Sink;
use opt::Facts;
use rayon::prelude::*;

use super::closures::{Closures, closures};
use super::codec::{Reader, Writer, read_list};
use super::notes::{Note, read_notes, write_notes};
use super::{Cache, Key, Kind, hash};

/// A pack keeps functions that the last program did not have while there are fewer of them than this beyond as many as it had:
/// a small program that is built between two builds of a large one must not cost the large one its functions.
const N_SPARE: usize = 512;

/// The key of a function.
fn key_of(function: &ir::Function, sources: &SourceMap) -> Key {
    hash(&key_and_symbols(function, sources).0)
}

/// What the key of a function is the hash of, and the symbols that are in it.
pub(super) fn key_and_symbols(function: &ir::Function, sources: &SourceMap) -> (Vec<u8>, Vec<Symbol>) {
    let writer = Writer::default();
    let mut hasher = KeyWriter { sources, writer, symbols: Vec::new(), pos: Pos::NONE, name: "".into() };
    function.encode(&mut hasher);
    (hasher.writer.bytes, hasher.symbols)
}

struct KeyWriter<'a> {
    sources: &'a SourceMap,
    writer: Writer,
    symbols: Vec<Symbol>,
    /// The position that was written last.
    pos: Pos,
    /// The file that was written last.
    name: Arc<str>,
}

impl KeyWriter<'_> {
    fn text(&mut self, text: &str) {
        self.writer.number(text.len() as u64);
        self.writer.bytes.extend(text.as_bytes());
    }
}

impl Sink for KeyWriter<'_> {
    fn number(&mut self, number: u64) {
        self.writer.number(number);
    }

    fn symbol(&mut self, symbol: Symbol) {
        if symbol != base::sym::EMPTY {
            self.symbols.push(symbol);
        }
        self.text(symbol.as_str());
    }

    fn pos(&mut self, pos: Pos) {
        if pos == self.pos {
            return self.writer.number(0);
        }
        self.pos = pos;
        let Some(location) = self.sources.location(pos) else { return self.writer.number(1) };
        if location.name != self.name {
            self.writer.number(2);
            self.text(&location.name);
            self.name = location.name;
        }
        self.writer.number(u64::from(location.line) + 3);
    }
}

/// The functions of a program, and the packs they belong to.
pub(crate) struct Known<'c, 'a> {
    cache: &'c Cache<'a>,
    /// By function of the module.
    closure_keys: Vec<Key>,
    /// By function of the module; none for those that have no body.
    notes: Vec<Option<Note>>,
    packs: Vec<Pack>,
}

/// The functions of one package.
struct Pack {
    /// Those of the program, by their place in the module.
    members: Vec<usize>,
    /// The name of its two entries.
    name: Key,
    /// All that is in the entry of notes, by closure key.
    notes: IndexMap<Key, Note, rustc_hash::FxBuildHasher>,
    /// What is in the entry of code and not taken out yet.
    code: IndexMap<Key, Function, rustc_hash::FxBuildHasher>,
    /// Whether some code that the program needs was not there.
    is_incomplete: bool,
}

impl<'c, 'a> Known<'c, 'a> {
    /// Looks for the functions of a lowered program. Nothing when the compiler cannot tell itself from another one.
    pub(crate) fn open(
        cache: &'c Cache<'a>,
        target: &str,
        module: &Module,
        sources: &SourceMap,
    ) -> Option<Self> {
        let compiler = super::compiler(cache.system)?;
        let closures = closures(module, sources);
        Some(Self::open_closures(cache, &format!("{compiler}\n{target}"), &names(module), closures))
    }

    fn open_closures(
        cache: &'c Cache<'a>,
        compiler: &str,
        names: &[Option<Symbol>],
        closures: Closures,
    ) -> Self {
        let mut by_package: IndexMap<&str, Vec<usize>, rustc_hash::FxBuildHasher> = IndexMap::default();
        for (index, symbol) in names.iter().enumerate() {
            if let Some(symbol) = symbol {
                by_package.entry(package_of(symbol.as_str())).or_default().push(index);
            }
        }
        let read = |(package, members)| Pack::read(cache, package, compiler, members);
        let by_package: Vec<_> = by_package.into_iter().collect();
        let packs: Vec<Pack> = by_package.into_par_iter().map(read).collect();
        let mut notes = vec![None; names.len()];
        for pack in &packs {
            for &member in &pack.members {
                let note = pack.notes.get(&closures.keys[member]);
                notes[member] = note.filter(|note| pack.code.contains_key(&note.code)).cloned();
            }
        }
        forget_parts(&closures, names, &mut notes);
        Known { cache, closure_keys: closures.keys, notes, packs }
    }

    /// What is known about each function of the module.
    pub(crate) fn facts(&self) -> Vec<Option<Facts>> {
        self.notes.iter().map(|note| note.as_ref().map(|note| note.facts.clone())).collect()
    }

    /// The code of the functions whose facts were known, and of the optimised ones of which it is there all the same; by function
    /// of the module.
    pub(crate) fn find(
        &mut self,
        functions: &[ir::Function],
        facts: Vec<Facts>,
        sources: &SourceMap,
    ) -> Vec<Option<Function>> {
        let note = |(note, (function, facts)): (&mut Option<Note>, (&ir::Function, Facts))| {
            if note.is_none() && function.has_body() {
                *note = Some(Note { code: key_of(function, sources), facts });
            }
        };
        self.notes.par_iter_mut().zip(functions.par_iter().zip(facts)).for_each(note);
        let mut found: Vec<Option<Function>> = functions.iter().map(|_| None).collect();
        for pack in &mut self.packs {
            for &member in &pack.members {
                let note = self.notes[member].as_ref().expect("a member has a body");
                found[member] = pack.code.swap_remove(&note.code);
                pack.is_incomplete |= found[member].is_none();
            }
        }
        found
    }

    /// Keeps all functions of the program, by function of the module.
    pub(crate) fn keep(self, functions: &[Option<Function>]) {
        let Known { cache, closure_keys, notes, packs } = self;
        packs.into_par_iter().for_each(|pack| {
            // After the first failure the others would fail too.
            if cache.complaint().is_none() {
                pack.keep_code(cache, &notes, functions);
                pack.keep_notes(cache, &notes, &closure_keys);
            }
        });
    }
}

impl Pack {
    fn read(cache: &Cache<'_>, package: &str, compiler: &str, members: Vec<usize>) -> Self {
        let name = hash(format!("{package}\n{compiler}").as_bytes());
        let code = cache.get(Kind::Functions, &name).and_then(|bytes| read_pack(&bytes));
        let notes = cache.get(Kind::Notes, &name).and_then(|bytes| read_notes(&bytes));
        Pack {
            members,
            name,
            notes: notes.unwrap_or_default().into_iter().collect(),
            code: code.unwrap_or_default().into_iter().collect(),
            is_incomplete: false,
        }
    }

    fn keep_code(&self, cache: &Cache<'_>, notes: &[Option<Note>], functions: &[Option<Function>]) {
        if self.is_incomplete {
            let member = |&member: &usize| Some((&notes[member].as_ref()?.code, functions[member].as_ref()?));
            let used = self.members.iter().filter_map(member);
            let spare = self.code.iter().take(N_SPARE + self.members.len());
            cache.put(Kind::Functions, &self.name, &write_pack(used.chain(spare)));
        }
    }

    fn keep_notes(&self, cache: &Cache<'_>, notes: &[Option<Note>], closure_keys: &[Key]) {
        let member = |&member: &usize| Some((&closure_keys[member], notes[member].as_ref()?));
        let mut all: IndexMap<&Key, &Note, rustc_hash::FxBuildHasher> =
            self.members.iter().filter_map(member).collect();
        if all.iter().all(|(key, note)| self.notes.get(*key) == Some(*note)) {
            return;
        }
        let n_kept = all.len() + N_SPARE + self.members.len();
        for (key, note) in &self.notes {
            all.entry(key).or_insert(note);
        }
        all.truncate(n_kept);
        cache.put(Kind::Notes, &self.name, &write_notes(all.into_iter()));
    }
}

/// The names of the functions that have a body.
fn names(module: &Module) -> Vec<Option<Symbol>> {
    module.funcs.iter().map(|func| func.has_body().then_some(func.name)).collect()
}

/// Forgets what is known of a cycle when it is not known of all its functions.
fn forget_parts(closures: &Closures, names: &[Option<Symbol>], notes: &mut [Option<Note>]) {
    let mut is_whole = vec![true; closures.n_components];
    for ((name, note), &component) in names.iter().zip(&*notes).zip(&closures.component) {
        is_whole[component as usize] &= note.is_some() || name.is_none();
    }
    for (note, &component) in notes.iter_mut().zip(&closures.component) {
        note.take_if(|_| !is_whole[component as usize]);
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
            frame_map,
            flags,
            line,
            files,
            sites,
            rows,
        } = function;
        self.symbol(*symbol);
        self.symbol(*name);
        self.writer.text(bytes);
        self.writer.text(frame_map);
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

fn read_function(reader: &mut Reader<'_>, names: &[Symbol]) -> Option<Function> {
    Some(Function {
        symbol: read_symbol(reader, names)?,
        name: read_symbol(reader, names)?,
        bytes: reader.text()?.to_vec(),
        frame_map: reader.text()?.to_vec(),
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
            frame_map: vec![0, 7],
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

    const PROGRAM: &str = "
        func @main.f() {\nblock0:\n call @main.g()\n return\n}
        func @main.g() {\nblock0:\n call @main.f()\n return\n}
        func @fmt.F() {\nblock0:\n call @fmt.G()\n return\n}";

    /// Builds `text` with what the cache has, and keeps the functions: the names of those that were known, and found.
    fn build(cache: &Cache<'_>, compiler: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let (module, sources) = (ir::parse_module(text).unwrap(), SourceMap::new());
        let closures = closures(&module, &sources);
        let mut known = Known::open_closures(cache, compiler, &names(&module), closures);
        let funcs = module.funcs.as_slice();
        let name = |index: usize| funcs[index].name.to_string();
        let facts = known.facts();
        let are_known = (0..funcs.len()).filter(|&index| facts[index].is_some()).map(name).collect();
        let facts = facts.into_iter().map(Option::unwrap_or_default).collect();
        let found = known.find(funcs, facts, &sources);
        let are_found = (0..funcs.len()).filter(|&index| found[index].is_some()).map(name).collect();
        let compiled: Vec<_> = funcs.iter().map(|func| Some(function(func.name.as_str()))).collect();
        for (found, compiled) in found.iter().zip(&compiled) {
            assert!(found.is_none() || found == compiled);
        }
        known.keep(&compiled);
        (are_known, are_found)
    }

    fn both(names: &[&str]) -> (Vec<String>, Vec<String>) {
        let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
        (names.clone(), names)
    }

    #[test]
    fn what_was_kept_is_found_by_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        assert_eq!(build(&cache, "v1", PROGRAM), both(&[]));
        assert_eq!(build(&cache, "v1", PROGRAM), both(&["main.f", "main.g", "fmt.F"]));
        assert_eq!(build(&cache, "v2", PROGRAM), both(&[]), "another compiler");
        // What the optimiser makes of main.f may be another thing; here it is the same.
        let edited = PROGRAM.replace("call @main.f()", "call @main.f()\n call @fmt.F()");
        let (known, found) = build(&cache, "v1", &edited);
        assert_eq!(known, ["fmt.F"]);
        assert_eq!(found, ["main.f", "fmt.F"]);
        // The other version does not displace the first.
        for text in [PROGRAM, &edited] {
            assert_eq!(build(&cache, "v1", text), both(&["main.f", "main.g", "fmt.F"]));
        }
    }

    #[test]
    fn of_a_cycle_all_is_known_or_nothing() {
        let closures = Closures { keys: Vec::new(), component: vec![0, 1, 0, 0], n_components: 2 };
        let note = || Some(Note { code: [0; 32], facts: Facts::default() });
        let name = Some(Symbol::intern("main.f"));
        let mut notes = vec![note(), note(), None, note()];
        forget_parts(&closures, &[name, name, None, name], &mut notes);
        assert!(notes[0].is_some(), "a function without a body has no note");
        forget_parts(&closures, &[name; 4], &mut notes);
        assert_eq!(notes, [None, note(), None, None]);
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
