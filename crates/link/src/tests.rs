//! Links tiny programs against the tiny image, and runs the result.

use code::{
    Data, DataContent, Function, FunctionFlags, InlineSite, LineRow, PointerMap, Program, Reloc, RelocKind,
    Section, SiteId, Symbol,
};
use expect_test::expect;

use crate::{
    Image, Keep, LinkError, Options, link,
    tiny_image::{execute, tiny_image},
};

const BOTH: Options = Options { symbols: Keep::Yes, debug_info: Keep::Yes };

fn function(name: &str, bytes: &[u8], relocs: Vec<Reloc>) -> Function {
    Function {
        symbol: Symbol::intern(name),
        name: Symbol::intern(name),
        bytes: bytes.to_vec(),
        body_offset: 0,
        relocs,
        frame_size: 0,
        frame_map: Vec::new(),
        flags: FunctionFlags::default(),
        line: 1,
        files: vec![Symbol::intern("main.go")],
        sites: Vec::new(),
        rows: vec![LineRow { start: 0, site: SiteId::OUTERMOST, file: 0, line: 2 }],
    }
}

fn data(name: &str, content: DataContent, relocs: Vec<Reloc>) -> Data {
    Data {
        symbol: Symbol::intern(name),
        section: Section::Writable,
        align: 8,
        content,
        relocs,
        pointers: PointerMap::None,
        dup_ok: false,
    }
}

fn reloc(offset: u32, kind: RelocKind, target: &str, addend: i64) -> Reloc {
    Reloc { offset, kind, target: Symbol::intern(target), addend }
}

/// `main` calls `leaf`, which returns the int32 at `answer + 4`.
fn answer_program() -> Program {
    let main = reloc(1, RelocKind::Pc32, "main.leaf", -4);
    // call rel32; ret
    let main = function("main.main", &[0xe8, 0, 0, 0, 0, 0xc3], vec![main]);
    // mov eax, [rip + disp32]; ret: rip is 4 behind the field, so this reads 4 behind the symbol.
    let leaf = reloc(2, RelocKind::Pc32, "main.answer", 0);
    let leaf = function("main.leaf", &[0x8b, 0x05, 0, 0, 0, 0, 0xc3], vec![leaf]);
    let closure = DataContent::Bytes(vec![0; 32]);
    let mut program = Program::new();
    program.functions = vec![main, leaf, function("runtime.sigpanic", &[0xc3], Vec::new())];
    program.data = vec![
        data("runtime.main·f", closure, vec![reloc(0, RelocKind::Abs64, "main.main", 0)]),
        data("main.answer", DataContent::Bytes(vec![0, 0, 0, 0, 42, 0, 0, 0]), Vec::new()),
        data("main.big", DataContent::Zero(1 << 20), Vec::new()),
    ];
    program
}

fn run(executable: &[u8]) -> Option<i32> {
    execute(executable).unwrap().status.code()
}

#[test]
fn a_linked_program_runs() {
    let image = tiny_image();
    let executable = link(&answer_program(), &Image::parse(&image).unwrap(), BOTH).unwrap();
    assert_eq!(run(&executable), Some(42));
}

#[test]
fn build_information_is_where_go_looks_for_it() {
    let mut program = answer_program();
    program.defaults.version = "go1.2".to_owned();
    program.defaults.build_info = "path\tx\n".to_owned();
    let executable = link(&program, &Image::parse(&tiny_image()).unwrap(), BOTH).unwrap();
    let info = crate::read_build_info(&executable).unwrap();
    assert_eq!((info.version.as_str(), info.modules.as_str()), ("go1.2", "path\tx\n"));
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let image = tiny_image();
    let image = Image::parse(&image).unwrap();
    let first = link(&answer_program(), &image, BOTH).unwrap();
    assert!(first == link(&answer_program(), &image, BOTH).unwrap());
}

#[test]
fn a_stripped_program_runs_and_has_no_symbols() {
    let image = tiny_image();
    let image = Image::parse(&image).unwrap();
    let full = link(&answer_program(), &image, BOTH).unwrap();
    let stripped =
        link(&answer_program(), &image, Options { symbols: Keep::No, debug_info: Keep::No }).unwrap();
    let mentions = |file: &[u8]| file.windows(12).any(|window| window == b"\0main.answer");
    assert!(mentions(&full) && !mentions(&stripped));
    assert_eq!(run(&stripped), Some(42));
}

#[test]
fn symbols_have_go_names_and_addresses() {
    let image = tiny_image();
    let executable = link(&answer_program(), &Image::parse(&image).unwrap(), BOTH).unwrap();
    // What `link` writes is again something that it can read.
    let linked = Image::parse(&executable).unwrap();
    let text = abi::PROGRAM_BASE as u64;
    assert_eq!(linked.address_of("main.main"), Some(text));
    assert_eq!(linked.address_of("main.leaf"), Some(text + 16));
    assert_eq!(linked.address_of("_start"), Image::parse(&image).unwrap().address_of("_start"));
}

#[test]
fn missing_symbols_are_named_with_their_referrers() {
    let image = tiny_image();
    let mut program = answer_program();
    program.functions.remove(1);
    program.functions.remove(1);
    let error = link(&program, &Image::parse(&image).unwrap(), BOTH).unwrap_err();
    expect![[r#"
        main.main: relocation target main.leaf not defined
        the runtime: relocation target runtime.sigpanic not defined"#]]
    .assert_eq(&error.to_string());
}

#[test]
fn a_symbol_defined_twice_is_an_error_unless_both_say_that_it_may_be() {
    let image = tiny_image();
    let image = Image::parse(&image).unwrap();
    let mut program = answer_program();
    program.data.push(program.data[1].clone());
    let error = link(&program, &image, BOTH).unwrap_err();
    assert!(matches!(error, LinkError::Duplicate(symbol) if symbol == "main.answer"));
    program.data.last_mut().unwrap().dup_ok = true;
    link(&program, &image, BOTH).unwrap();
}

#[test]
fn bodies_are_aligned_whatever_their_prefix() {
    let image = tiny_image();
    let mut program = answer_program();
    program.functions[1].body_offset = 2;
    program.functions[1].bytes = [&[0x66, 0x90][..], &program.functions[1].bytes].concat();
    program.functions[1].relocs[0].offset += 2;
    let executable = link(&program, &Image::parse(&image).unwrap(), BOTH).unwrap();
    let linked = Image::parse(&executable).unwrap();
    assert_eq!(linked.address_of("main.leaf").map(|address| address % 16), Some(14));
    assert_eq!(run(&executable), Some(42));
}

#[test]
fn line_tables_and_inline_trees_are_what_the_runtime_reads() {
    let image = tiny_image();
    let mut program = answer_program();
    let main = &mut program.functions[0];
    main.files.push(Symbol::intern("other.go"));
    main.sites = vec![InlineSite {
        parent: SiteId::OUTERMOST,
        callee: Symbol::intern("main.inlined"),
        callee_line: 7,
        call_file: 0,
        call_line: 3,
        callee_flags: FunctionFlags::default(),
    }];
    main.rows.push(LineRow { start: 5, site: SiteId(1), file: 1, line: 8 });
    let image = Image::parse(&image).unwrap();
    let layout = crate::layout::lay_out(&program, &image).unwrap();
    let mut symbols = crate::resolve::Symbols::new(&program, &image, &layout).unwrap();
    let kinds = crate::kinds::Kinds::collect(&program).unwrap();
    let tables = crate::tables::build(&program, &layout, &mut symbols, &kinds);
    let at = |address: u64| &tables.bytes[(address - layout.tables_start) as usize..];
    let word = |address: u64| u64::from_le_bytes(at(address)[..8].try_into().unwrap());
    let field = |bytes: &[u8], i: usize| u32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().unwrap());
    let string = |offset: u32| {
        let strings = at(word(tables.program_info + 56));
        let len = usize::from(strings[offset as usize]);
        str::from_utf8(&strings[offset as usize + 1..][..len]).unwrap().to_owned()
    };
    let entry = at(word(tables.program_info + 40));
    assert_eq!(string(field(entry, 2)), "main.main");
    let table = at(word(tables.program_info + 72));
    let rows: Vec<_> = abi::pctab::decode(&table[field(entry, 4) as usize..]).collect();
    assert_eq!(
        rows.iter().map(|row| (row.pc, row.file, row.line, row.inline)).collect::<Vec<_>>(),
        [(0, 0, 2, -1), (5, 1, 8, 0)]
    );
    let node = &table[field(entry, 5) as usize..];
    assert_eq!(field(node, 0) as i32, -1);
    assert_eq!(string(field(node, 1)), "main.inlined");
    assert_eq!((field(node, 3), field(node, 4)), (3, 7));
    let files = at(word(tables.program_info + 88));
    assert_eq!(string(field(files, 1)), "other.go");
}

#[test]
fn debug_information_maps_addresses_to_lines_and_functions() {
    let image = tiny_image();
    let mut program = answer_program();
    program.functions[1].rows.push(LineRow { start: 6, site: SiteId::OUTERMOST, file: 0, line: 9 });
    let executable = link(&program, &Image::parse(&image).unwrap(), BOTH).unwrap();
    let sections = debug_sections(&executable);
    let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
        let bytes = sections.iter().find(|(name, _)| name == id.name()).map_or(&[][..], |(_, bytes)| bytes);
        Ok(gimli::EndianSlice::new(bytes, gimli::LittleEndian))
    };
    let dwarf = gimli::Dwarf::load(section).unwrap();
    let header = dwarf.units().next().unwrap().unwrap();
    let unit = dwarf.unit(header).unwrap();
    let (lines, sequences) = unit.line_program.clone().unwrap().sequences().unwrap();
    let mut rows = lines.resume_from(&sequences[1]);
    let mut found = Vec::new();
    while let Some((_, row)) = rows.next_row().unwrap() {
        found.push((row.address() - abi::PROGRAM_BASE as u64, row.line().map_or(0, |line| line.get())));
    }
    assert_eq!(found[..2], [(16, 2), (22, 9)]);
    let mut entries = unit.entries();
    let mut names = Vec::new();
    while let Some(entry) = entries.next_dfs().unwrap() {
        if entry.tag() == gimli::DW_TAG_subprogram {
            let name = entry.attr_value(gimli::DW_AT_name).unwrap();
            names.push(dwarf.attr_string(&unit, name).unwrap().to_string().unwrap().to_owned());
        }
    }
    assert_eq!(names, ["main.main", "main.leaf", "runtime.sigpanic"]);
}

/// Names and contents of the debug sections of an executable.
fn debug_sections(executable: &[u8]) -> Vec<(String, Vec<u8>)> {
    use object::{Object as _, ObjectSection as _};
    let file = object::File::parse(executable).unwrap();
    let sections = file.sections().filter(|section| section.name().unwrap().starts_with(".debug"));
    sections.map(|section| (section.name().unwrap().to_owned(), section.data().unwrap().to_vec())).collect()
}

#[test]
fn a_hundred_thousand_functions_link() {
    let image = tiny_image();
    let mut program = answer_program();
    for i in 0..100_000 {
        let call = reloc(1, RelocKind::Pc32, if i % 2 == 0 { "main.leaf" } else { "main.main" }, -4);
        program.functions.push(function(&format!("many.f{i}"), &[0xe8, 0, 0, 0, 0, 0xc3], vec![call]));
    }
    let executable = link(&program, &Image::parse(&image).unwrap(), BOTH).unwrap();
    let linked = Image::parse(&executable).unwrap();
    assert!(linked.address_of("many.f99999").is_some());
    assert_eq!(run(&executable), Some(42));
}
