//! The tables by which the runtime knows the program: `abi::ProgramInfo` and everything that it points to.

use abi::{FuncEntry, FuncFlags, InlineNode, ProgramInfo, RootRange, pctab::Row};
use code::{Function, FunctionFlags, Program, SiteId, Symbol};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{build_info, kinds::Kinds, layout::Layout, pointers::pointer_map, resolve::Symbols};

/// Who refers to the symbols that only the tables mention.
pub(crate) const REFERRER: &str = "the runtime";

/// The finished tables: one read-only block.
#[derive(Debug)]
pub(crate) struct Tables {
    /// The block, to be loaded at [`Layout::tables_start`].
    pub(crate) bytes: Vec<u8>,
    /// Where in the address space the `ProgramInfo` is.
    pub(crate) program_info: u64,
    /// Address and size of the build information.
    pub(crate) build_info: (u64, u64),
}

/// Builds the tables of a program whose addresses are known.
pub(crate) fn build(program: &Program, layout: &Layout, symbols: &mut Symbols<'_>, kinds: &Kinds) -> Tables {
    let mut lines = LineTables::new(program.functions.len());
    for (function, &address) in program.functions.iter().zip(&layout.functions) {
        lines.add(function, (address - layout.text.start) as u32);
    }
    let mut block = Block { bytes: Vec::new(), start: layout.tables_start };
    let files: Vec<u8> = lines.file_names().flat_map(u32::to_le_bytes).collect();
    let typelinks = addresses(&program.typelinks, symbols).flat_map(|address| (address as u32).to_le_bytes());
    let typelinks: Vec<u8> = typelinks.collect();
    let itabs: Vec<u8> = addresses(&program.itabs, symbols).flat_map(u64::to_le_bytes).collect();

    let mut info = InfoWriter::default();
    info.word(ProgramInfo::MAGIC);
    info.word(required(&program.main, symbols));
    info.word(required(&program.sigpanic, symbols));
    info.slice((layout.text.start, layout.text.end - layout.text.start));
    info.slice(block.add(&lines.funcs, lines.funcs.len() / size_of::<FuncEntry>()));
    info.slice(block.add(&lines.strings, lines.strings.len()));
    info.slice(block.add(&lines.tables, lines.tables.len()));
    info.slice(block.add(&files, files.len() / 4));
    // Type and name offsets are addresses: their base is 0.
    info.slice((0, layout.rodata.end));
    info.slice(block.add(&typelinks, program.typelinks.len()));
    info.slice(block.add(&itabs, program.itabs.len()));
    info.slice(block.add(&kinds.table(symbols), kinds.len()));
    let roots = root_ranges(program, layout, &mut block);
    info.slice(roots);
    info.slice((layout.data_span.start, layout.bss.end - layout.data_span.start));
    info.word(mem_profile_rate(program, symbols));
    let defaults = &program.defaults;
    for text in [&defaults.godebug, &defaults.build_info, &defaults.version, &defaults.goroot] {
        info.slice(block.add(text.as_bytes(), text.len()));
    }
    assert_eq!(info.bytes.len(), size_of::<ProgramInfo>(), "every field of ProgramInfo is written");
    let (program_info, _) = block.add(&info.bytes, 1);
    let build_info = build_info::section(defaults);
    block.align(build_info::ALIGN as u64);
    let build_info = block.add(&build_info, build_info.len());
    Tables { bytes: block.bytes, program_info, build_info }
}

fn addresses<'s>(list: &'s [Symbol], symbols: &'s mut Symbols<'_>) -> impl Iterator<Item = u64> + 's {
    list.iter().map(|&symbol| symbols.address(symbol, Symbol::intern(REFERRER)))
}

/// The variable that says how often allocations are sampled, if anything in the program can tell of the samples.
fn mem_profile_rate(program: &Program, symbols: &mut Symbols<'_>) -> u64 {
    let reader = Symbol::intern("runtime.memProfile");
    let is_read = program.functions.iter().any(|function| function.symbol == reader);
    if is_read { required(&Symbol::intern("runtime.MemProfileRate"), symbols) } else { 0 }
}

fn required(symbol: &Symbol, symbols: &mut Symbols<'_>) -> u64 {
    symbols.address(*symbol, Symbol::intern(REFERRER))
}

/// The one range of roots: all objects with pointers lie side by side.
fn root_ranges(program: &Program, layout: &Layout, block: &mut Block) -> (u64, u64) {
    let bitmap = pointer_map(program, layout);
    let (mask, _) = block.add(&bitmap, bitmap.len());
    let mut range = InfoWriter::default();
    range.word(layout.pointers.start);
    range.word((layout.pointers.end - layout.pointers.start) / 8);
    range.word(mask);
    assert_eq!(range.bytes.len(), size_of::<RootRange>(), "every field of RootRange is written");
    block.add(&range.bytes, 1)
}

/// Parts that are placed one behind another, each 8-aligned.
struct Block {
    bytes: Vec<u8>,
    start: u64,
}

impl Block {
    /// Lets the next part begin at a multiple of `align`, which is at least 8.
    fn align(&mut self, align: u64) {
        let end = self.start + self.bytes.len() as u64;
        let n_padding = end.next_multiple_of(align) - end;
        self.bytes.resize(self.bytes.len() + n_padding as usize, 0);
    }

    /// Appends a part of `len` elements; gives its address and `len`.
    fn add(&mut self, part: &[u8], len: usize) -> (u64, u64) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let address = self.start + self.bytes.len() as u64;
        self.bytes.extend_from_slice(part);
        (address, len as u64)
    }
}

/// Writes a structure of 8-byte words in field order.
#[derive(Default)]
struct InfoWriter {
    bytes: Vec<u8>,
}

impl InfoWriter {
    fn word(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn slice(&mut self, (address, len): (u64, u64)) {
        self.word(address);
        self.word(len);
    }
}

/// Function entries, line tables, inline trees and the strings and files that they mention.
struct LineTables {
    funcs: Vec<u8>,
    tables: Vec<u8>,
    strings: Vec<u8>,
    string_offsets: FxHashMap<Symbol, u32>,
    frame_maps: FxHashMap<Vec<u8>, u32>,
    files: IndexSet<Symbol, FxBuildHasher>,
}

impl LineTables {
    fn new(n_functions: usize) -> LineTables {
        LineTables {
            funcs: Vec::with_capacity(n_functions * size_of::<FuncEntry>()),
            // Offset 0 means "no table".
            tables: vec![0; 4],
            strings: Vec::new(),
            frame_maps: FxHashMap::default(),
            string_offsets: FxHashMap::with_capacity_and_hasher(n_functions, FxBuildHasher),
            files: IndexSet::default(),
        }
    }

    fn add(&mut self, function: &Function, entry: u32) {
        let files: Vec<u32> =
            function.files.iter().map(|&file| self.files.insert_full(file).0 as u32).collect();
        let name = self.string(function.name);
        let inlines = self.inline_tree(function, &files);
        let lines = self.line_table(function, &files);
        let map = self.frame_map(function);
        let file = files.first().copied().unwrap_or(0);
        let fields = [
            entry,
            function.bytes.len() as u32,
            name,
            function.frame_size,
            lines,
            inlines,
            file,
            function.line,
            flag_bits(function.flags),
            map,
        ];
        assert_eq!(size_of_val(&fields), size_of::<FuncEntry>(), "every field of FuncEntry is written");
        self.funcs.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    }

    fn line_table(&mut self, function: &Function, files: &[u32]) -> u32 {
        let offset = self.tables.len() as u32;
        let rows = function.rows.iter().map(|row| Row {
            pc: row.start,
            file: files[row.file as usize],
            line: row.line,
            inline: node_number(row.site),
        });
        let tables = &mut self.tables;
        abi::pctab::encode(rows, |byte| tables.push(byte));
        offset
    }

    /// Equal maps are kept once.
    fn frame_map(&mut self, function: &Function) -> u32 {
        if function.frame_map.is_empty() {
            return 0;
        }
        let tables = &mut self.tables;
        *self.frame_maps.entry(function.frame_map.clone()).or_insert_with(|| {
            let offset = tables.len() as u32;
            tables.extend_from_slice(&function.frame_map);
            offset
        })
    }

    fn inline_tree(&mut self, function: &Function, files: &[u32]) -> u32 {
        if function.sites.is_empty() {
            return 0;
        }
        let start = self.tables.len().next_multiple_of(4);
        self.tables.resize(start, 0);
        for site in &function.sites {
            let fields = [
                node_number(site.parent) as u32,
                self.string(site.callee),
                files[site.call_file as usize],
                site.call_line,
                site.callee_line,
                flag_bits(site.callee_flags),
            ];
            assert_eq!(size_of_val(&fields), size_of::<InlineNode>(), "every field of InlineNode is written");
            self.tables.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        }
        start as u32
    }

    /// The offset of a length-prefixed copy of the symbol's text.
    fn string(&mut self, symbol: Symbol) -> u32 {
        if let Some(&offset) = self.string_offsets.get(&symbol) {
            return offset;
        }
        let offset = self.strings.len() as u32;
        let text = symbol.as_str();
        let strings = &mut self.strings;
        abi::pctab::put_varint(text.len() as u64, |byte| strings.push(byte));
        self.strings.extend_from_slice(text.as_bytes());
        self.string_offsets.insert(symbol, offset);
        offset
    }

    /// The string offset of each file, in the order of file numbers.
    fn file_names(&mut self) -> impl Iterator<Item = u32> + use<> {
        let files: Vec<Symbol> = self.files.iter().copied().collect();
        let offsets: Vec<u32> = files.into_iter().map(|file| self.string(file)).collect();
        offsets.into_iter()
    }
}

/// Inline nodes are counted from 0, and -1 is the function itself; sites are one higher.
fn node_number(site: SiteId) -> i32 {
    site.0 as i32 - 1
}

fn flag_bits(flags: FunctionFlags) -> u32 {
    let FunctionFlags { kind, is_runtime, is_nosplit, is_niladic } = flags;
    let kind = match kind {
        code::FunctionKind::Ordinary => 0,
        code::FunctionKind::Wrapper => FuncFlags::WRAPPER,
        code::FunctionKind::DeferWrapper => FuncFlags::DEFER_WRAPPER,
        code::FunctionKind::DeferBody => FuncFlags::DEFER_BODY,
    };
    let runtime = if is_runtime { FuncFlags::RUNTIME } else { 0 };
    let nosplit = if is_nosplit { FuncFlags::NO_SPLIT } else { 0 };
    let niladic = if is_niladic { FuncFlags::NILADIC } else { 0 };
    kind | runtime | nosplit | niladic
}
