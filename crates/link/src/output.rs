//! The executable file: headers, segments, section headers, symbol table.

use code::{DataContent, Program, Section};

use crate::{
    Keep, Options, build_info,
    dwarf::DebugSection,
    elf::{
        EHDR_SIZE, FileHeader, PAGE, PF_R, PF_W, PF_X, PHDR_SIZE, PT_GNU_STACK, PT_LOAD, SHF_ALLOC,
        SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS, SHT_PROGBITS, SHT_STRTAB, SHT_SYMTAB, SYM_SIZE, SectionHeader,
        Segment, StringTable, SymbolKind, SymbolTable, align_up, pad_to,
    },
    image::Image,
    layout::Layout,
    sections::Content,
    tables::Tables,
};

/// Numbers of the program's own sections, counted from the first one behind the image's.
const TEXT: u16 = 0;
const RODATA: u16 = 1;
const DATA: u16 = 2;
const BSS: u16 = 3;

/// An 8-byte value to put at an address of the image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch {
    pub(crate) address: u64,
    pub(crate) value: u64,
}

/// What goes into the file besides the image and the symbol table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) content: &'a Content,
    pub(crate) tables: &'a Tables,
    pub(crate) debug: &'a [DebugSection],
    pub(crate) patch: Patch,
}

impl Parts<'_> {
    /// The size of all parts with the image, and a little for headers and padding.
    fn n_bytes(&self, image: &Image<'_>) -> usize {
        const SLACK: usize = 1 << 16;
        let image: usize = image.segments.iter().map(|segment| segment.bytes.len()).sum();
        let debug: usize = self.debug.iter().map(|section| section.bytes.len()).sum();
        let content = self.content.text.len() + self.content.rodata.len() + self.content.data.len();
        image + content + self.tables.bytes.len() + debug + SLACK
    }
}

/// Writes the file.
pub(crate) fn write(
    program: &Program,
    image: &Image<'_>,
    layout: &Layout,
    parts: &Parts<'_>,
    options: Options,
) -> Vec<u8> {
    let mut file = Writer::new(image.segments.len() + 5, parts.n_bytes(image));
    write_image(&mut file, image, parts.patch);
    let first_own = file.sections.len() as u16;
    write_own_segments(&mut file, layout, parts.content, parts.tables);
    for section in parts.debug {
        let header = SectionHeader { kind: SHT_PROGBITS, align: 1, ..SectionHeader::default() };
        file.unloaded(section.name, &section.bytes, header);
    }
    if options.symbols == Keep::Yes {
        write_symbols(&mut file, program, image, layout, first_own);
    }
    file.finish(image.entry)
}

fn write_image(file: &mut Writer, image: &Image<'_>, patch: Patch) {
    for segment in &image.segments {
        let offset = file.load(segment.address, segment.bytes, segment.mem_size, segment.flags);
        let at = patch.address.wrapping_sub(segment.address);
        if at < segment.bytes.len() as u64 {
            let at = (offset + at) as usize;
            file.bytes[at..at + 8].copy_from_slice(&patch.value.to_le_bytes());
        }
    }
    for section in &image.sections {
        let header = SectionHeader {
            kind: section.kind,
            flags: section.flags,
            address: section.address,
            file_offset: file.offset_of(section.address),
            size: section.size,
            align: section.align,
            ..SectionHeader::default()
        };
        file.section(section.name, header);
    }
}

fn write_own_segments(file: &mut Writer, layout: &Layout, content: &Content, tables: &Tables) {
    let own = |flags: u64, address: u64, file_offset: u64, size: u64, align: u64| SectionHeader {
        kind: SHT_PROGBITS,
        flags: SHF_ALLOC | flags,
        address,
        file_offset,
        size,
        align,
        ..SectionHeader::default()
    };
    let (text, rodata) = (layout.text.start, layout.rodata.start);
    let offset = file.load(text, &content.text, content.text.len() as u64, PF_R | PF_X);
    file.section(".gotext", own(SHF_EXECINSTR, text, offset, content.text.len() as u64, 16));
    let offset = file.load(rodata, &content.rodata, content.rodata.len() as u64, PF_R);
    file.section(".gorodata", own(0, rodata, offset, content.rodata.len() as u64, 64));
    let (data, bss) = (&layout.data_span, &layout.bss);
    let offset = file.load(data.start, &content.data, bss.end - data.start, PF_R | PF_W);
    file.section(".godata", own(SHF_WRITE, data.start, offset, data.end - data.start, 64));
    let zero =
        SectionHeader { kind: SHT_NOBITS, ..own(SHF_WRITE, bss.start, offset, bss.end - bss.start, 64) };
    file.section(".gobss", zero);
    let n_bytes = tables.bytes.len() as u64;
    let offset = file.load(layout.tables_start, &tables.bytes, n_bytes, PF_R);
    file.section(".gotables", own(0, layout.tables_start, offset, n_bytes, 8));
    let (address, n_bytes) = tables.build_info;
    let offset = offset + (address - layout.tables_start);
    file.section(build_info::SECTION, own(0, address, offset, n_bytes, build_info::ALIGN as u64));
}

fn write_symbols(file: &mut Writer, program: &Program, image: &Image<'_>, layout: &Layout, first_own: u16) {
    let mut table = SymbolTable::new();
    for symbol in &image.symbols {
        // Section headers start with the null section.
        table.add(symbol.name, symbol.kind, symbol.section as u16 + 1, symbol.address, symbol.size);
    }
    for (function, &address) in program.functions.iter().zip(&layout.functions) {
        let n_bytes = function.bytes.len() as u64;
        table.add(function.symbol.as_str(), SymbolKind::Function, first_own + TEXT, address, n_bytes);
    }
    for (object, &address) in program.data.iter().zip(&layout.data) {
        let section = match (object.section, &object.content) {
            (Section::ReadOnly, _) => RODATA,
            (Section::Writable, DataContent::Bytes(_)) => DATA,
            (Section::Writable, DataContent::Zero(_)) => BSS,
        };
        let n_bytes = object.content.n_bytes();
        table.add(object.symbol.as_str(), SymbolKind::Object, first_own + section, address, n_bytes);
    }
    let strings_section = file.sections.len() as u32 + 1;
    file.unloaded(
        ".symtab",
        &table.bytes,
        SectionHeader {
            kind: SHT_SYMTAB,
            link: strings_section,
            // The first global symbol: all but the null symbol are global.
            info: 1,
            align: 8,
            entry_size: SYM_SIZE,
            ..SectionHeader::default()
        },
    );
    let strings = SectionHeader { kind: SHT_STRTAB, align: 1, ..SectionHeader::default() };
    file.unloaded(".strtab", &table.strings.bytes, strings);
}

/// An ELF file under construction. Segments are appended in address order.
struct Writer {
    bytes: Vec<u8>,
    segments: Vec<Segment>,
    sections: Vec<SectionHeader>,
    names: StringTable,
}

impl Writer {
    /// A file for `max_segments` segments with about `n_bytes` of content.
    fn new(max_segments: usize, n_bytes: usize) -> Writer {
        let headers = EHDR_SIZE + PHDR_SIZE * max_segments as u64;
        // Growing step by step would copy large programs several times.
        let mut bytes = Vec::with_capacity(n_bytes);
        bytes.resize(headers as usize, 0);
        Writer {
            bytes,
            segments: Vec::new(),
            sections: vec![SectionHeader::default()],
            names: StringTable::new(),
        }
    }

    /// Appends a loadable segment, gives its file offset. An empty one leaves no header.
    fn load(&mut self, address: u64, content: &[u8], mem_size: u64, flags: u32) -> u64 {
        // The loader maps whole pages: offset and address must agree within a page.
        let mut offset = align_up(self.bytes.len() as u64, PAGE) + address % PAGE;
        if content.is_empty() {
            offset = self.bytes.len() as u64;
        } else {
            pad_to(&mut self.bytes, offset);
            self.bytes.extend_from_slice(content);
        }
        if mem_size != 0 {
            let file_size = content.len() as u64;
            let file_offset = if content.is_empty() { address % PAGE } else { offset };
            self.segments.push(Segment { kind: PT_LOAD, flags, file_offset, address, file_size, mem_size });
        }
        offset
    }

    /// The file offset of an address in a segment that was loaded.
    fn offset_of(&self, address: u64) -> u64 {
        let segment = self
            .segments
            .iter()
            .find(|segment| (segment.address..segment.address + segment.mem_size.max(1)).contains(&address));
        segment.map_or(0, |segment| segment.file_offset + (address - segment.address).min(segment.file_size))
    }

    fn section(&mut self, name: &str, header: SectionHeader) {
        let name = self.names.add(name);
        self.sections.push(SectionHeader { name, ..header });
    }

    /// Appends a section that is in the file only.
    fn unloaded(&mut self, name: &str, content: &[u8], header: SectionHeader) {
        let file_offset = align_up(self.bytes.len() as u64, header.align);
        pad_to(&mut self.bytes, file_offset);
        self.bytes.extend_from_slice(content);
        self.section(name, SectionHeader { file_offset, size: content.len() as u64, ..header });
    }

    fn finish(mut self, entry: u64) -> Vec<u8> {
        // The names table names itself, so its name goes in before its content comes out.
        let name = self.names.add(".shstrtab");
        let names = std::mem::take(&mut self.names.bytes);
        let file_offset = self.bytes.len() as u64;
        self.bytes.extend_from_slice(&names);
        let size = names.len() as u64;
        let header =
            SectionHeader { name, kind: SHT_STRTAB, file_offset, size, align: 1, ..SectionHeader::default() };
        self.sections.push(header);
        let sections_offset = align_up(self.bytes.len() as u64, 8);
        pad_to(&mut self.bytes, sections_offset);
        for section in &self.sections {
            section.write(&mut self.bytes);
        }
        let stack = Segment {
            kind: PT_GNU_STACK,
            flags: PF_R | PF_W,
            file_offset: 0,
            address: 0,
            file_size: 0,
            mem_size: 0,
        };
        self.segments.push(stack);
        let n_sections = self.sections.len() as u16;
        let n_segments = self.segments.len() as u16;
        let mut headers = Vec::new();
        let names_section = n_sections - 1;
        FileHeader { entry, n_segments, sections_offset, n_sections, names_section }.write(&mut headers);
        for segment in &self.segments {
            segment.write(&mut headers);
        }
        self.bytes[..headers.len()].copy_from_slice(&headers);
        self.bytes
    }
}
