//! An image that is no runtime: it calls the program's main closure, writes what that left behind, and exits.
//!
//! It lets linked code be tested before, and apart from, the real runtime. The main closure has four words: code, the
//! address of G, and address and length of what to write to the standard output afterwards. The exit status is what
//! main returns.

use std::{
    io::Write as _,
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
    sync::Mutex,
};

use crate::elf::{
    EHDR_SIZE, FileHeader, PF_R, PF_W, PF_X, PHDR_SIZE, PT_LOAD, SHF_ALLOC, SHT_PROGBITS, SHT_STRTAB,
    SHT_SYMTAB, SYM_SIZE, SectionHeader, Segment, StringTable, SymbolKind, SymbolTable,
};

/// Runs an executable to its end.
///
/// # Errors
/// When it cannot be written or started.
pub fn execute(executable: &[u8]) -> std::io::Result<Output> {
    // A file that some process has open for writing cannot be executed, and a child that another thread forks has
    // all our files open until it executes its own program. So nobody forks while somebody writes.
    static WRITE_OR_FORK: Mutex<()> = Mutex::new(());
    let guard = WRITE_OR_FORK.lock();
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(executable)?;
    file.as_file().set_permissions(PermissionsExt::from_mode(0o755))?;
    let path = file.into_temp_path();
    let child = Command::new(&path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    drop(guard);
    child.wait_with_output()
}

const IMAGE_BASE: u64 = abi::IMAGE_BASE as u64;

const START: &[u8] = &[
    0x48, 0x8b, 0x04, 0x25, 0x00, 0x10, 0x40, 0x00, // mov rax, [0x401000]  (gh_program)
    0x48, 0x8b, 0x58, 0x08, // mov rbx, [rax + 8]  (ProgramInfo::main)
    0x4c, 0x8b, 0x7b, 0x08, // mov r15, [rbx + 8]
    0x48, 0x89, 0xdf, // mov rdi, rbx
    0xff, 0x13, // call [rbx]
    0x41, 0x89, 0xc4, // mov r12d, eax
    0x48, 0x8b, 0x73, 0x10, // mov rsi, [rbx + 16]
    0x48, 0x8b, 0x53, 0x18, // mov rdx, [rbx + 24]
    0xbf, 0x01, 0x00, 0x00, 0x00, // mov edi, 1
    0xb8, 0x01, 0x00, 0x00, 0x00, // mov eax, 1  (write)
    0x0f, 0x05, // syscall
    0x44, 0x89, 0xe7, // mov edi, r12d
    0xb8, 0x3c, 0x00, 0x00, 0x00, // mov eax, 60  (exit)
    0x0f, 0x05, // syscall
];

/// The image: one page of code at the base and one page of data, `gh_program`, behind it.
#[must_use]
pub fn tiny_image() -> Vec<u8> {
    let headers = EHDR_SIZE + 2 * PHDR_SIZE;
    let mut names = StringTable::new();
    let mut symbols = SymbolTable::new();
    symbols.add("_start", SymbolKind::Function, 1, IMAGE_BASE + headers, START.len() as u64);
    symbols.add("gh_program", SymbolKind::Object, 2, IMAGE_BASE + 0x1000, 8);
    let progbits = |name: u32, address: u64, size: u64| SectionHeader {
        name,
        kind: SHT_PROGBITS,
        flags: SHF_ALLOC,
        address,
        file_offset: address - IMAGE_BASE,
        size,
        align: 1,
        ..SectionHeader::default()
    };
    let mut sections = vec![
        SectionHeader::default(),
        progbits(names.add(".text"), IMAGE_BASE + headers, START.len() as u64),
        progbits(names.add(".data"), IMAGE_BASE + 0x1000, 8),
    ];
    let mut offset = 0x1008;
    let mut table = |name: u32, kind: u32, content: &[u8], link: u32| {
        let (file_offset, size) = (offset, content.len() as u64);
        offset += size;
        let (info, entry_size) = if kind == SHT_SYMTAB { (1, SYM_SIZE) } else { (0, 0) };
        SectionHeader {
            name,
            kind,
            file_offset,
            size,
            link,
            info,
            align: 1,
            entry_size,
            ..SectionHeader::default()
        }
    };
    sections.push(table(names.add(".symtab"), SHT_SYMTAB, &symbols.bytes, 4));
    sections.push(table(names.add(".strtab"), SHT_STRTAB, &symbols.strings.bytes, 0));
    sections.push(table(names.add(".shstrtab"), SHT_STRTAB, &names.bytes, 0));

    let load = |flags: u32, address: u64, size: u64| Segment {
        kind: PT_LOAD,
        flags,
        file_offset: address - IMAGE_BASE,
        address,
        file_size: size,
        mem_size: size,
    };
    let mut file = Vec::new();
    let sections_offset = offset;
    FileHeader {
        entry: IMAGE_BASE + headers,
        n_segments: 2,
        sections_offset,
        n_sections: 6,
        names_section: 5,
    }
    .write(&mut file);
    load(PF_R | PF_X, IMAGE_BASE, headers + START.len() as u64).write(&mut file);
    load(PF_R | PF_W, IMAGE_BASE + 0x1000, 8).write(&mut file);
    file.extend_from_slice(START);
    file.resize(0x1008, 0);
    file.extend_from_slice(&symbols.bytes);
    file.extend_from_slice(&symbols.strings.bytes);
    file.extend_from_slice(&names.bytes);
    for section in &sections {
        section.write(&mut file);
    }
    file
}
