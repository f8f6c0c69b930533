//! The text form. Values and blocks are numbered in layout order, so the text does not depend on the history of the
//! arenas, and two functions are equal when their texts are.
//!
//! ```text
//! func @main.add(i64, ptr) -> i64 noinline !17 {
//! block0(v0: i64, v1: ptr):
//!     v2 = load.i64 [v1+8] notrap r3 !21
//!     v3 = iadd.i64 v0, v2
//!     br_if v4, block1(v3), block2
//! block2 cold:
//!     v5, v6 = call @f(v3) -> i64, ptr !30/0
//! ```
//!
//! `!pos` is a source position and `!pos/n` one in inlined call n; `r3` a region. A symbol that is not a plain word is quoted.
//! `;` starts a comment.

use crate::entity::{BlockId, InstId, ValueId};
use crate::function::{FN_ATTR_TEXTS, FnAttrs, Function, SrcLoc, Target};
use crate::inst::{AllocFlags, Inst, MemFlags};
use crate::module::{Contents, DataObject, Module, RelocKind};
use crate::op::{Field, Op, Slot};
use base::{IdxVec, Pos, Symbol, sym};
use std::fmt::{self, Display, Formatter, Write};

/// The numbers of values and blocks in the text.
#[derive(Debug)]
pub struct Numbering {
    values: IdxVec<ValueId, u32>,
    blocks: IdxVec<BlockId, u32>,
}

impl Numbering {
    /// Numbers what is in the layout; everything else is printed as `v?`.
    pub fn new(func: &Function) -> Numbering {
        let mut values = IdxVec::from_elem(u32::MAX, func.n_values());
        let mut blocks = IdxVec::from_elem(u32::MAX, func.n_blocks());
        let mut n_values = 0;
        let mut number = |value| {
            values[value] = n_values;
            n_values += 1;
        };
        for (index, &block) in func.layout.iter().enumerate() {
            blocks[block] = index as u32;
            func.params(block).iter().copied().for_each(&mut number);
            for inst in func.block_insts(block) {
                func.results(inst).for_each(&mut number);
            }
        }
        Numbering { values, blocks }
    }
}

impl Display for Module {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for object in &self.data {
            writeln!(f, "{object}")?;
        }
        for func in &self.funcs {
            writeln!(f, "{func}")?;
        }
        Ok(())
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let numbering = Numbering::new(self);
        let printer = Printer { func: self, numbering: &numbering };
        printer.header(f)?;
        if !self.has_body() {
            return writeln!(f);
        }
        writeln!(f, " {{")?;
        printer.tables(f)?;
        for &block in &self.layout {
            printer.block(f, block)?;
        }
        writeln!(f, "}}")
    }
}

impl Display for DataObject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "data {} align {}", Name(self.name), self.align)?;
        for (is_set, word) in [(self.readonly, " readonly"), (self.dup_ok, " dup_ok")] {
            f.write_str(if is_set { word } else { "" })?;
        }
        if !self.pointer_mask.is_empty() {
            write!(f, " ptrs {}", Hex(&self.pointer_mask))?;
        }
        match &self.contents {
            Contents::Zero(n_bytes) => write!(f, " zero {n_bytes}")?,
            Contents::Bytes(bytes) => write!(f, " bytes {}", Hex(bytes))?,
        }
        for reloc in &self.relocs {
            let kind = match reloc.kind {
                RelocKind::Abs64 => "abs64",
                RelocKind::Abs32 => "abs32",
            };
            write!(f, "\n    {kind} {} = {}{}", reloc.offset, Name(reloc.symbol), Offset(reloc.addend))?;
        }
        writeln!(f)
    }
}

/// One instruction as it is printed within its function, for messages.
pub fn inst_text(func: &Function, inst: InstId) -> String {
    let numbering = Numbering::new(func);
    format!("{}", InstText { printer: &Printer { func, numbering: &numbering }, inst })
}

struct Printer<'a> {
    func: &'a Function,
    numbering: &'a Numbering,
}

impl Printer<'_> {
    fn header(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let func = self.func;
        write!(f, "func {}({})", Name(func.name), Commas(&func.sig.params))?;
        if !func.sig.results.is_empty() {
            write!(f, " -> {}", Commas(&func.sig.results))?;
        }
        if func.display != func.name {
            write!(f, " as {}", Name(func.display))?;
        }
        write!(f, "{}{}", Attrs(func.attrs), Loc(SrcLoc { pos: func.pos, site: None }))
    }

    fn tables(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for site in &self.func.inline_sites {
            writeln!(f, "    site {}{}{}", Name(site.callee), Attrs(site.attrs), Loc(site.call))?;
        }
        for &(value, name) in &self.func.value_names {
            if self.numbering.values[value] != u32::MAX {
                writeln!(f, "    name {} {}", self.value(value), Name(name))?;
            }
        }
        Ok(())
    }

    fn block(&self, f: &mut Formatter<'_>, block: BlockId) -> fmt::Result {
        write!(f, "{}", self.block_name(block))?;
        let params = self.func.params(block);
        if !params.is_empty() {
            let typed = params.iter().map(|&param| format!("{}: {}", self.value(param), self.func.ty(param)));
            write!(f, "({})", Commas(&typed.collect::<Vec<_>>()))?;
        }
        writeln!(f, "{}:", if self.func.is_cold(block) { " cold" } else { "" })?;
        for inst in self.func.block_insts(block) {
            writeln!(f, "    {}", InstText { printer: self, inst })?;
        }
        Ok(())
    }

    fn value(&self, value: ValueId) -> String {
        match self.numbering.values[self.func.resolve(value)] {
            u32::MAX => "v?".to_owned(),
            number => format!("v{number}"),
        }
    }

    fn block_name(&self, block: BlockId) -> String {
        match self.numbering.blocks[block] {
            u32::MAX => "block?".to_owned(),
            number => format!("block{number}"),
        }
    }

    fn values(&self, values: impl IntoIterator<Item = ValueId>) -> String {
        let texts: Vec<String> = values.into_iter().map(|value| self.value(value)).collect();
        texts.join(", ")
    }

    fn target(&self, target: &Target) -> String {
        let block = self.block_name(target.block);
        if target.args.is_empty() {
            block
        } else {
            format!("{block}({})", self.values(target.args.iter().copied()))
        }
    }

    fn targets(&self, inst: InstId) -> String {
        let texts: Vec<String> = self.func.targets(inst).iter().map(|target| self.target(target)).collect();
        texts.join(", ")
    }
}

struct InstText<'a> {
    printer: &'a Printer<'a>,
    inst: InstId,
}

impl Display for InstText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (printer, func) = (self.printer, self.printer.func);
        let data = func.inst(self.inst);
        let info = data.op.info();
        if data.n_results() > 0 {
            write!(f, "{} = ", printer.values(func.results(self.inst)))?;
        }
        f.write_str(info.text)?;
        if info.types.only().is_none() {
            write!(f, ".{}", data.ty)?;
        }
        self.fields(f, data)?;
        if info.results.contains(&Slot::Many) && data.n_results() > 0 {
            let types: Vec<_> = func.results(self.inst).map(|value| func.ty(value)).collect();
            write!(f, " -> {}", Commas(&types))?;
        }
        write!(f, "{}", Loc(func.loc(self.inst)))
    }
}

impl InstText<'_> {
    fn fields(&self, f: &mut Formatter<'_>, data: &Inst) -> fmt::Result {
        match data.op.info().field {
            Field::None => self.operands(f, ""),
            Field::Imm => self.operands(f, &format!(" {}", data.imm)),
            Field::Bits => self.operands(f, &format!(" {:#x}", data.imm as u64)),
            Field::IntCond => self.words(f, &[data.int_cond().text()]),
            Field::FloatCond => self.words(f, &[data.float_cond().text()]),
            Field::Mem => self.mem(f, data),
            Field::Sym => write!(f, " {}{}", Name(data.sym), Offset(data.imm)),
            Field::Alloc => alloc(f, data),
            Field::Bounds => {
                self.words(f, &[data.bounds_kind().text(), if data.is_unsigned() { "unsigned" } else { "" }])
            }
            Field::Panic => self.words(f, &[data.panic_kind().text()]),
            Field::Rmw => self.words(f, &[data.rmw_op().text()]),
            Field::Lanes => self.words(f, &[data.lanes().text()]),
            Field::Lane => self.operands(f, &format!(" {} {}", data.lanes(), data.imm)),
            Field::Call => self.call(f, &Name(data.sym).to_string(), 0),
            Field::CallValue => self.call(f, &self.printer.value(self.args()[0]), 1),
            Field::CallRt => self.call(f, &format!("{} {}", data.rt_effect(), Name(data.sym)), 0),
            Field::Targets if data.op == Op::ProtectedCall => {
                self.call(f, &Name(data.sym).to_string(), 0)?;
                write!(f, " {}", self.printer.targets(self.inst))
            }
            Field::Targets => {
                self.operands(f, "")?;
                let comma = if data.n_args() > 0 { "," } else { "" };
                write!(f, "{comma} {}", self.printer.targets(self.inst))
            }
            Field::Switch => self.switch(f),
        }
    }

    fn args(&self) -> &[ValueId] {
        self.printer.func.args(self.inst)
    }

    fn operands(&self, f: &mut Formatter<'_>, before: &str) -> fmt::Result {
        let args = self.printer.values(self.args().iter().copied());
        let separator = match (before.is_empty(), args.is_empty()) {
            (_, true) => "",
            (true, false) => " ",
            (false, false) => ", ",
        };
        write!(f, "{before}{separator}{args}")
    }

    fn words(&self, f: &mut Formatter<'_>, words: &[&str]) -> fmt::Result {
        for word in words.iter().filter(|word| !word.is_empty()) {
            write!(f, " {word}")?;
        }
        self.operands(f, "")
    }

    fn mem(&self, f: &mut Formatter<'_>, data: &Inst) -> fmt::Result {
        write!(f, " [{}{}]", self.printer.value(self.args()[0]), Offset(data.imm))?;
        for &arg in &self.args()[1..] {
            write!(f, ", {}", self.printer.value(arg))?;
        }
        for (flag, word) in MEM_FLAG_TEXTS {
            f.write_str(if data.mem_flags().contains(*flag) { word } else { "" })?;
        }
        if data.sub != 0 { write!(f, " r{}", data.sub) } else { Ok(()) }
    }

    fn call(&self, f: &mut Formatter<'_>, callee: &str, n_skipped: usize) -> fmt::Result {
        write!(f, " {callee}({})", self.printer.values(self.args()[n_skipped..].iter().copied()))
    }

    fn switch(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.operands(f, "")?;
        let (default, cases) =
            self.printer.func.targets(self.inst).split_first().expect("a switch has a default");
        write!(f, ", {}", self.printer.target(default))?;
        for target in cases {
            write!(f, ", {}: {}", target.case, self.printer.target(target))?;
        }
        Ok(())
    }
}

/// The words for memory flags, each with a leading blank.
pub(crate) const MEM_FLAG_TEXTS: &[(MemFlags, &str)] =
    &[(MemFlags::NOTRAP, " notrap"), (MemFlags::READONLY, " readonly"), (MemFlags::CAN_MOVE, " can_move")];

/// The words for flags of allocations, each with a leading blank.
pub(crate) const ALLOC_FLAG_TEXTS: &[(AllocFlags, &str)] =
    &[(AllocFlags::NOSCAN, " noscan"), (AllocFlags::UNINIT, " uninit"), (AllocFlags::OPTIONAL, " optional")];

fn alloc(f: &mut Formatter<'_>, data: &Inst) -> fmt::Result {
    let flags = data.alloc_flags();
    let place = if flags.contains(AllocFlags::SIDE) { "side" } else { "heap" };
    write!(f, " {place} {} align {}", data.imm, data.align())?;
    for &(flag, word) in ALLOC_FLAG_TEXTS {
        f.write_str(if flags.contains(flag) { word } else { "" })?;
    }
    if data.sym != sym::EMPTY { write!(f, " {}", Name(data.sym)) } else { Ok(()) }
}

struct Commas<'a, T>(&'a [T]);

impl<T: Display> Display for Commas<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

struct Attrs(FnAttrs);

impl Display for Attrs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (bit, text) in FN_ATTR_TEXTS.iter().enumerate() {
            if self.0.bits() >> bit & 1 != 0 {
                write!(f, " {text}")?;
            }
        }
        Ok(())
    }
}

struct Loc(SrcLoc);

impl Display for Loc {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            SrcLoc { pos: Pos::NONE, site: None } => Ok(()),
            SrcLoc { pos, site: None } => write!(f, " !{}", pos.as_u32()),
            SrcLoc { pos, site: Some(site) } => write!(f, " !{}/{}", pos.as_u32(), site.index()),
        }
    }
}

struct Offset(i64);

impl Display for Offset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, "{:+}", self.0) }
    }
}

struct Hex<'a>(&'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A symbol, quoted if it is not a plain word.
struct Name(Symbol);

/// Whether a character may stand in an unquoted symbol.
pub(crate) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '$' | '·')
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        f.write_char('@')?;
        if !text.is_empty() && text.chars().all(is_plain) {
            return f.write_str(text);
        }
        f.write_char('"')?;
        for c in text.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                _ => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}
