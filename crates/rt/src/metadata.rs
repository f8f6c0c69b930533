//! The program's description of itself: functions, lines, inlined calls.

use crate::fatal;
use abi::{FuncEntry, InlineNode, ProgramInfo, Slice, StrOff, framemap::FrameMap, pctab};
use core::{ptr, slice};

/// Patched by the linker with the address of the program's description. In `.data`, because `.bss` is not in the file.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".data")]
#[used]
static mut gh_program: *const ProgramInfo = ptr::null();

/// The program's description.
pub fn program() -> &'static ProgramInfo {
    // SAFETY: the linker wrote the address of a structure that is never changed; volatile, because the compiler of
    // the image believes it to be null.
    unsafe {
        let info = (&raw const gh_program).read_volatile();
        &*info
    }
}

/// The description, for the overlay.
pub(crate) extern "C" fn program_info() -> *const ProgramInfo {
    program()
}

/// Refuses a program of another format, or none.
pub fn check() {
    // SAFETY: as above.
    let info = unsafe { (&raw const gh_program).read_volatile() };
    if info.is_null() {
        fatal::throw("the runtime image was started without a program");
    }
    if program().magic != ProgramInfo::MAGIC {
        fatal::throw("the program was linked for another runtime");
    }
}

/// A byte slice of the program's tables.
pub fn bytes(slice: Slice) -> &'static [u8] {
    // SAFETY: bytes are bytes.
    unsafe { table(slice) }
}

/// A table of the program.
///
/// # Safety
/// - `slice` is a field of `ProgramInfo`, documented to hold elements of this type.
pub(crate) unsafe fn table<T>(slice: Slice) -> &'static [T] {
    if slice.len == 0 {
        return &[];
    }
    // SAFETY: passed on to the caller; the linker's tables are never written or freed.
    unsafe { slice::from_raw_parts(slice.ptr as *const T, slice.len) }
}

/// Whether an address is in the program's code.
pub fn is_code(pc: usize) -> bool {
    let text = program().text;
    pc.wrapping_sub(text.ptr) < text.len
}

/// A function of the program.
#[derive(Clone, Copy, Debug)]
pub struct Func(&'static FuncEntry);

/// The function around `pc`.
pub fn find_func(pc: usize) -> Option<Func> {
    if !is_code(pc) {
        return None;
    }
    let offset = (pc - program().text.ptr) as u32;
    // SAFETY: as documented.
    let funcs = unsafe { table::<FuncEntry>(program().funcs) };
    let after = funcs.partition_point(|func| func.entry <= offset);
    let func = funcs.get(after.checked_sub(1)?)?;
    (offset - func.entry < func.size).then_some(Func(func))
}

/// A string of the program.
pub fn string(offset: StrOff) -> &'static [u8] {
    let strings = bytes(program().strings);
    let mut at = offset as usize;
    let len = pctab::get_varint(strings, &mut at).unwrap_or(0) as usize;
    strings.get(at..at + len).unwrap_or(b"")
}

/// A source file's name.
pub fn file_name(file: u32) -> &'static [u8] {
    // SAFETY: as documented.
    let files = unsafe { table::<u32>(program().files) };
    files.get(file as usize).map_or(b"?", |&name| string(name))
}

impl Func {
    /// The table's entry.
    pub fn entry(self) -> &'static FuncEntry {
        self.0
    }

    /// Address of the first byte.
    pub fn start(self) -> usize {
        program().text.ptr + self.0.entry as usize
    }

    /// What is needed of its frames, if that is known.
    pub fn frame_map(self) -> Option<FrameMap<'static>> {
        let at = (self.0.map as usize).checked_sub(1)? + 1;
        FrameMap::read(bytes(program().tables).get(at..)?)
    }

    fn inline_node(self, idx: i32) -> Option<&'static InlineNode> {
        if idx < 0 || self.0.inlines == 0 {
            return None;
        }
        let nodes = program().tables.ptr + self.0.inlines as usize;
        // SAFETY: the function's inline tree starts there, and line tables only hold indices of its nodes.
        Some(unsafe { &*(nodes as *const InlineNode).add(idx as usize) })
    }

    /// The source positions at `pc`, innermost inlined call first.
    pub fn positions(self, pc: usize) -> impl Iterator<Item = Position> {
        let tables = bytes(program().tables);
        let lines = if self.0.lines == 0 { &[][..] } else { &tables[self.0.lines as usize..] };
        let row = pctab::lookup(lines, (pc - self.start()) as u32);
        let mut next =
            Some(row.map_or((self.0.file, self.0.line, -1), |row| (row.file, row.line, row.inline)));
        core::iter::from_fn(move || {
            let (file, line, inline) = next.take()?;
            let node = self.inline_node(inline);
            next = node.map(|node| (node.call_file, node.call_line, node.parent));
            Some(Position {
                name: node.map_or(self.0.name, |node| node.name),
                file,
                line,
                flags: node.map_or(self.0.flags, |node| node.flags),
                is_inlined: node.is_some(),
            })
        })
    }
}

/// A function name and a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Go's name of the function.
    pub name: StrOff,
    /// File number.
    pub file: u32,
    /// Line.
    pub line: u32,
    /// Bits of `FuncFlags`.
    pub flags: u32,
    /// Whether the call was inlined into the next position.
    pub is_inlined: bool,
}
