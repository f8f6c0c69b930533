//! ELF64 structures as bytes, little-endian x86-64.

/// Page size that segments are aligned to.
pub(crate) const PAGE: u64 = 0x1000;

pub(crate) const EHDR_SIZE: u64 = 64;
pub(crate) const PHDR_SIZE: u64 = 56;
pub(crate) const SHDR_SIZE: u64 = 64;
pub(crate) const SYM_SIZE: u64 = 24;

pub(crate) const PT_LOAD: u32 = 1;
pub(crate) const PT_GNU_STACK: u32 = 0x6474_e551;
pub(crate) const PF_X: u32 = 1;
pub(crate) const PF_W: u32 = 2;
pub(crate) const PF_R: u32 = 4;

pub(crate) const SHT_PROGBITS: u32 = 1;
pub(crate) const SHT_SYMTAB: u32 = 2;
pub(crate) const SHT_STRTAB: u32 = 3;
pub(crate) const SHT_NOBITS: u32 = 8;
pub(crate) const SHF_WRITE: u64 = 1;
pub(crate) const SHF_ALLOC: u64 = 2;
pub(crate) const SHF_EXECINSTR: u64 = 4;

/// Symbol kinds with global binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum SymbolKind {
    Untyped = 0x10,
    Object = 0x11,
    Function = 0x12,
}

/// A program header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) file_offset: u64,
    pub(crate) address: u64,
    pub(crate) file_size: u64,
    pub(crate) mem_size: u64,
}

/// A section header; the name is an offset into the section-name table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SectionHeader {
    pub(crate) name: u32,
    pub(crate) kind: u32,
    pub(crate) flags: u64,
    pub(crate) address: u64,
    pub(crate) file_offset: u64,
    pub(crate) size: u64,
    pub(crate) link: u32,
    pub(crate) info: u32,
    pub(crate) align: u64,
    pub(crate) entry_size: u64,
}

/// Where the header tables of a file are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileHeader {
    pub(crate) entry: u64,
    pub(crate) n_segments: u16,
    pub(crate) sections_offset: u64,
    pub(crate) n_sections: u16,
    pub(crate) names_section: u16,
}

impl FileHeader {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        // Magic, 64-bit, little-endian, version 1, System V ABI.
        out.extend_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0]);
        out.extend_from_slice(&[0; 8]);
        put16(out, 2); // ET_EXEC
        put16(out, 62); // EM_X86_64
        put32(out, 1);
        put64(out, self.entry);
        put64(out, EHDR_SIZE);
        put64(out, self.sections_offset);
        put32(out, 0);
        put16(out, EHDR_SIZE as u16);
        put16(out, PHDR_SIZE as u16);
        put16(out, self.n_segments);
        put16(out, SHDR_SIZE as u16);
        put16(out, self.n_sections);
        put16(out, self.names_section);
    }
}

impl Segment {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put32(out, self.kind);
        put32(out, self.flags);
        put64(out, self.file_offset);
        put64(out, self.address);
        put64(out, self.address);
        put64(out, self.file_size);
        put64(out, self.mem_size);
        put64(out, if self.kind == PT_LOAD { PAGE } else { 16 });
    }
}

impl SectionHeader {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put32(out, self.name);
        put32(out, self.kind);
        put64(out, self.flags);
        put64(out, self.address);
        put64(out, self.file_offset);
        put64(out, self.size);
        put32(out, self.link);
        put32(out, self.info);
        put64(out, self.align);
        put64(out, self.entry_size);
    }
}

/// A string table under construction: offset 0 is the empty string.
#[derive(Debug)]
pub(crate) struct StringTable {
    pub(crate) bytes: Vec<u8>,
}

impl StringTable {
    pub(crate) fn new() -> StringTable {
        StringTable { bytes: vec![0] }
    }

    pub(crate) fn add(&mut self, text: &str) -> u32 {
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        offset
    }
}

/// A symbol table under construction with its strings; entry 0 is the mandatory null symbol.
#[derive(Debug)]
pub(crate) struct SymbolTable {
    pub(crate) bytes: Vec<u8>,
    pub(crate) strings: StringTable,
}

impl SymbolTable {
    pub(crate) fn new() -> SymbolTable {
        SymbolTable { bytes: vec![0; SYM_SIZE as usize], strings: StringTable::new() }
    }

    pub(crate) fn add(&mut self, name: &str, kind: SymbolKind, section: u16, address: u64, size: u64) {
        let name = self.strings.add(name);
        put32(&mut self.bytes, name);
        self.bytes.extend_from_slice(&[kind as u8, 0]);
        put16(&mut self.bytes, section);
        put64(&mut self.bytes, address);
        put64(&mut self.bytes, size);
    }
}

/// `value` rounded up to a multiple of `align`, a power of two.
pub(crate) fn align_up(value: u64, align: u64) -> u64 {
    (value + align - 1) & !(align - 1)
}

/// Appends zeros to `out` up to `offset`.
pub(crate) fn pad_to(out: &mut Vec<u8>, offset: u64) {
    debug_assert!(out.len() as u64 <= offset, "parts of the file overlap");
    out.resize(offset as usize, 0);
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}
