//! Makes executables of IR modules and runs them without a runtime: a G in static memory, and nothing behind the
//! runtime's names but breakpoints, unless the module defines them.

use std::os::unix::process::ExitStatusExt;

use abi::{DeferFrame, GHead, RtFn};
use base::{SourceMap, Symbol};
use code::{Data, DataContent, Function, FunctionFlags, PointerMap, Program, Reloc, RelocKind, Section};
use codegen::{Effort, Level, Target};
use link::{Image, Keep, Options};

/// What a program left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The content of `@out` when main returned, in words.
    pub(crate) words: Vec<u64>,
    /// Exit status, or the signal that ended the program.
    pub(crate) status: Result<i32, i32>,
}

/// Size of the variable `@out`, which modules write their results to.
const N_OUT_BYTES: u64 = 1 << 20;
/// Size of each memory area of the goroutine.
const N_AREA_BYTES: u64 = 1 << 20;

/// Names that the runtime defines besides its functions.
const RUNTIME_NAMES: &[&str] =
    &["gh_morestack", "runtime.panicBounds", "runtime.panicdivide", "runtime.panicshift", "runtime.sigpanic"];

/// Compiles and runs a module with a function `@main`, which gets a pointer and returns an `i64`.
pub(crate) fn run(module: &ir::Module, effort: Effort) -> Outcome {
    ir::verify_module(module).unwrap_or_else(|error| panic!("{error}"));
    let executable = build(module, effort);
    let output = link::execute(&executable).expect("the executable starts");
    let words = output
        .stdout
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().expect("chunks of eight")));
    let status = output.status.code().ok_or_else(|| output.status.signal().expect("it ended somehow"));
    Outcome { words: words.collect(), status }
}

/// Runs the text of a module.
pub(crate) fn run_text(text: &str) -> Outcome {
    run(&parse(text), Effort::Speed)
}

/// The module that the text is.
pub(crate) fn parse(text: &str) -> ir::Module {
    ir::parse_module(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn build(module: &ir::Module, effort: Effort) -> Vec<u8> {
    let functions: Vec<&ir::Function> = module.funcs.iter().filter(|function| function.has_body()).collect();
    let target = Target::new(Level::V2, effort);
    let mut program = Program::new();
    program.functions =
        codegen::compile_all(&functions, &target, &SourceMap::new()).expect("every function compiles");
    program.functions.extend(codegen::support_functions());
    program.data = module.data.iter().map(codegen::data_object).collect();
    add_environment(&mut program);
    let image = link::tiny_image();
    let image = Image::parse(&image).expect("the tiny image is one");
    let options = Options { symbols: Keep::Yes, debug_info: Keep::No };
    link::link(&program, &image, options).unwrap_or_else(|error| panic!("{error}"))
}

fn add_environment(program: &mut Program) {
    let runtime = RtFn::ALL.iter().map(|function| function.symbol()).chain(RUNTIME_NAMES.iter().copied());
    for name in runtime {
        let symbol = Symbol::intern(name);
        if program.functions.iter().all(|function| function.symbol != symbol) {
            program.functions.push(breakpoint(symbol));
        }
    }
    if let Some(guarded) = program.functions.iter().find(|function| function.symbol.as_str() == "guarded") {
        program.functions.push(resume(Symbol::intern("resume"), guarded));
    }
    let areas =
        [("side", N_AREA_BYTES), ("cache", N_AREA_BYTES), ("retbuf", N_AREA_BYTES), ("out", N_OUT_BYTES)];
    for (name, n_bytes) in areas {
        program.data.push(data(name, DataContent::Zero(n_bytes), Vec::new()));
    }
    program.data.push(data("gh_wb_enabled", DataContent::Zero(8), Vec::new()));
    let g = vec![
        pointer(GHead::SIDE_PTR, "side", 16),
        pointer(GHead::SIDE_BASE, "side", 0),
        pointer(GHead::SIDE_LIMIT, "side", N_AREA_BYTES as i64),
        pointer(GHead::RETBUF, "retbuf", 0),
        pointer(GHead::ALLOC_CACHE, "cache", 0),
    ];
    program.data.push(data("g", DataContent::Bytes(vec![0; size_of::<GHead>()]), g));
    let mut closure = vec![0; 32];
    closure[24..].copy_from_slice(&N_OUT_BYTES.to_le_bytes());
    let fields = vec![pointer(0, "main", 0), pointer(8, "g", 0), pointer(16, "out", 0)];
    program.data.push(data("runtime.main·f", DataContent::Bytes(closure), fields));
}

/// Continues at the handler of the record in rdi, whose frame is one of `function`.
fn resume(symbol: Symbol, function: &Function) -> Function {
    let mut bytes = vec![0x49, 0x8b, 0x6f, GHead::STACK_HI as u8]; // mov rbp, [r15 + STACK_HI]
    bytes.extend_from_slice(&[0x48, 0x2b, 0x6f, DeferFrame::FP_OFFSET as u8]); // sub rbp, [rdi + FP_OFFSET]
    bytes.extend_from_slice(&[0x48, 0x8d, 0xa5]); // lea rsp, [rbp - frame size]
    bytes.extend_from_slice(&(-(function.frame_size as i32)).to_le_bytes());
    bytes.extend_from_slice(&[0xff, 0x67, DeferFrame::HANDLER as u8]); // jmp [rdi + HANDLER]
    Function { bytes, ..breakpoint(symbol) }
}

fn breakpoint(symbol: Symbol) -> Function {
    Function {
        symbol,
        name: symbol,
        bytes: vec![0xcc],
        body_offset: 0,
        relocs: Vec::new(),
        frame_size: 0,
        frame_map: Vec::new(),
        flags: FunctionFlags::default(),
        line: 0,
        files: Vec::new(),
        sites: Vec::new(),
        rows: Vec::new(),
    }
}

fn pointer(offset: i32, target: &str, addend: i64) -> Reloc {
    Reloc { offset: offset as u32, kind: RelocKind::Abs64, target: Symbol::intern(target), addend }
}

fn data(name: &str, content: DataContent, relocs: Vec<Reloc>) -> Data {
    let symbol = Symbol::intern(name);
    let (section, pointers) = (Section::Writable, PointerMap::None);
    Data { symbol, section, align: 16, content, relocs, pointers, dup_ok: false }
}
