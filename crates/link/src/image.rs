//! The runtime image: a static ELF executable, read in place.

use object::{
    LittleEndian as LE,
    elf::{self, FileHeader64},
    read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _, Sym as _},
};
use rustc_hash::FxHashMap;

use crate::{
    LinkError,
    elf::{PAGE, SymbolKind, align_up},
};

/// The runtime that this build carries: the bytes of an executable, for [`Image::parse`].
#[must_use]
pub fn runtime_image() -> &'static [u8] {
    /// ELF structures are read in place, so they must lie as they are aligned.
    #[repr(C, align(16))]
    struct Aligned<T: ?Sized>(T);

    static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/rt-image")));
    &IMAGE.0
}

/// A loadable segment of the image.
#[derive(Clone, Debug)]
pub(crate) struct ImageSegment<'data> {
    pub(crate) address: u64,
    pub(crate) mem_size: u64,
    pub(crate) flags: u32,
    pub(crate) bytes: &'data [u8],
}

/// An allocated section of the image; kept so that debuggers see the runtime as it was linked.
#[derive(Clone, Debug)]
pub(crate) struct ImageSection<'data> {
    pub(crate) name: &'data str,
    pub(crate) kind: u32,
    pub(crate) flags: u64,
    pub(crate) address: u64,
    pub(crate) size: u64,
    pub(crate) align: u64,
}

/// A named address of the image.
#[derive(Clone, Debug)]
pub(crate) struct ImageSymbol<'data> {
    pub(crate) name: &'data str,
    pub(crate) kind: SymbolKind,
    pub(crate) address: u64,
    pub(crate) size: u64,
    /// Index into [`Image::sections`].
    pub(crate) section: usize,
}

/// The runtime image: a static ELF executable, read in place.
#[derive(Clone, Debug)]
pub struct Image<'data> {
    pub(crate) entry: u64,
    pub(crate) segments: Vec<ImageSegment<'data>>,
    pub(crate) sections: Vec<ImageSection<'data>>,
    pub(crate) symbols: Vec<ImageSymbol<'data>>,
    by_name: FxHashMap<&'data str, usize>,
}

impl<'data> Image<'data> {
    /// Reads the headers and the symbol table of `bytes`.
    ///
    /// # Errors
    /// When `bytes` is not a static x86-64 executable with a symbol table and without thread-local storage.
    pub fn parse(bytes: &'data [u8]) -> Result<Image<'data>, LinkError> {
        let header = FileHeader64::<LE>::parse(bytes).map_err(|_| LinkError::Image("not an ELF file"))?;
        if header.e_type(LE) != elf::ET_EXEC || header.e_machine(LE) != elf::EM_X86_64 {
            return Err(LinkError::Image("not a static x86-64 executable"));
        }
        let segments = read_segments(header, bytes)?;
        let (sections, symbols) = read_sections(header, bytes)?;
        let by_name = symbols.iter().enumerate().map(|(i, symbol)| (symbol.name, i)).collect();
        Ok(Image { entry: header.e_entry(LE), segments, sections, symbols, by_name })
    }

    /// The address of `name`, if the image defines it.
    #[must_use]
    pub fn address_of(&self, name: &str) -> Option<u64> {
        self.by_name.get(name).map(|&i| self.symbols[i].address)
    }

    /// Whether the `n_bytes` from `address` on have content in the file.
    pub(crate) fn has_file_bytes(&self, address: u64, n_bytes: u64) -> bool {
        self.segments.iter().any(|segment| {
            let end = segment.address + segment.bytes.len() as u64;
            segment.address <= address && address + n_bytes <= end
        })
    }

    /// The first page boundary behind the image.
    pub(crate) fn end(&self) -> u64 {
        let end = self.segments.iter().map(|segment| segment.address + segment.mem_size).max();
        align_up(end.unwrap_or(0), PAGE)
    }
}

fn read_segments<'data>(
    header: &FileHeader64<LE>,
    bytes: &'data [u8],
) -> Result<Vec<ImageSegment<'data>>, LinkError> {
    let headers = header.program_headers(LE, bytes).map_err(|_| LinkError::Image("bad program headers"))?;
    let mut segments = Vec::new();
    for segment in headers {
        match segment.p_type(LE) {
            elf::PT_LOAD if segment.p_memsz(LE) != 0 => {
                let content = segment.data(LE, bytes).map_err(|()| LinkError::Image("truncated segment"))?;
                segments.push(ImageSegment {
                    address: segment.p_vaddr(LE),
                    mem_size: segment.p_memsz(LE),
                    flags: segment.p_flags(LE),
                    bytes: content,
                });
            }
            elf::PT_TLS => return Err(LinkError::Image("it has thread-local storage")),
            elf::PT_INTERP | elf::PT_DYNAMIC => return Err(LinkError::Image("it is dynamically linked")),
            _ => {}
        }
    }
    Ok(segments)
}

type SectionsAndSymbols<'data> = (Vec<ImageSection<'data>>, Vec<ImageSymbol<'data>>);

fn read_sections<'data>(
    header: &FileHeader64<LE>,
    bytes: &'data [u8],
) -> Result<SectionsAndSymbols<'data>, LinkError> {
    let table = header.sections(LE, bytes).map_err(|_| LinkError::Image("bad section headers"))?;
    let mut sections = Vec::new();
    let mut kept = vec![None; table.len()];
    for (index, section) in table.enumerate() {
        if section.sh_flags(LE) & u64::from(elf::SHF_ALLOC) == 0 {
            continue;
        }
        let name = table.section_name(LE, section).ok().and_then(|name| str::from_utf8(name).ok());
        kept[index.0] = Some(sections.len());
        sections.push(ImageSection {
            name: name.ok_or(LinkError::Image("bad section name"))?,
            kind: section.sh_type(LE),
            // Of the flags, only "write", "allocate" and "execute" mean something in an executable.
            flags: section.sh_flags(LE) & u64::from(elf::SHF_WRITE | elf::SHF_ALLOC | elf::SHF_EXECINSTR),
            address: section.sh_addr(LE),
            size: section.sh_size(LE),
            align: section.sh_addralign(LE),
        });
    }
    let table =
        table.symbols(LE, bytes, elf::SHT_SYMTAB).map_err(|_| LinkError::Image("bad symbol table"))?;
    let mut symbols = Vec::with_capacity(table.len());
    for symbol in table.iter() {
        let Some(&Some(section)) = kept.get(usize::from(symbol.st_shndx(LE))) else { continue };
        let name = symbol.name(LE, table.strings()).ok().and_then(|name| str::from_utf8(name).ok());
        let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
        let kind = match symbol.st_type() {
            elf::STT_FUNC => SymbolKind::Function,
            elf::STT_OBJECT => SymbolKind::Object,
            elf::STT_NOTYPE => SymbolKind::Untyped,
            _ => continue,
        };
        let (address, size) = (symbol.st_value(LE), symbol.st_size(LE));
        symbols.push(ImageSymbol { name, kind, address, size, section });
    }
    Ok((sections, symbols))
}
