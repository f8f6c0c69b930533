//! Reads the text form of [`crate::print`].
//!
//! Values and blocks may be used before they are defined, and numbered as the writer likes. Parsing a function has two
//! steps: a tree of its lines with numbers for values and blocks, then the instructions in arena order.

mod lexer;

use crate::entity::{BlockId, InlineSiteId, ValueId};
use crate::function::{FN_ATTR_TEXTS, FnAttrs, Function, InlineSite, Signature, SrcLoc, Target};
use crate::inst::{AllocFlags, Inst};
use crate::module::{Contents, DataObject, Module, Reloc, RelocKind};
use crate::op::{Field, Op, Slot};
use crate::print::MEM_FLAG_TEXTS;
use crate::types::{BoundsKind, FloatCond, IntCond, Lanes, PanicKind, RmwOp, RtEffect, Type};
use base::{Pos, Symbol};
use lexer::{Token, tokens};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Why a text is not IR.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ParseError {
    /// Line from 1.
    pub line: u32,
    /// What was wrong.
    pub message: String,
}

/// Reads a module.
pub fn parse_module(text: &str) -> Result<Module, ParseError> {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    let mut module = Module::new();
    loop {
        match parser.next() {
            Token::End => return Ok(module),
            Token::Word("func") => {
                let func = parser.function()?;
                module.add_func(func);
            }
            Token::Word("data") => {
                let object = parser.data()?;
                module.add_data(object);
            }
            other => return Err(parser.error(&format!("expected `func` or `data`, found {other}"))),
        }
    }
}

/// Reads one function.
pub fn parse_function(text: &str) -> Result<Function, ParseError> {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    parser.expect_word("func")?;
    let func = parser.function()?;
    match parser.next() {
        Token::End => Ok(func),
        other => Err(parser.error(&format!("expected the end, found {other}"))),
    }
}

type Parsed<T> = Result<T, ParseError>;

struct Parser<'t> {
    tokens: Vec<(Token<'t>, u32)>,
    at: usize,
}

/// A block as written.
struct BlockText {
    number: u32,
    params: Vec<(u32, Type)>,
    is_cold: bool,
    insts: Vec<InstText>,
}

/// An instruction as written.
struct InstText {
    line: u32,
    inst: Inst,
    args: SmallVec<[u32; 4]>,
    results: SmallVec<[u32; 2]>,
    many_types: Vec<Type>,
    targets: SmallVec<[TargetText; 2]>,
    loc: SrcLoc,
}

struct TargetText {
    block: u32,
    args: SmallVec<[u32; 4]>,
    case: i64,
}

impl<'t> Parser<'t> {
    // ---- tokens

    fn peek(&self) -> &Token<'t> {
        &self.tokens[self.at].0
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn line(&self) -> u32 {
        self.tokens[self.at].1
    }

    fn error(&self, message: &str) -> ParseError {
        // The token complained about was consumed.
        ParseError { line: self.tokens[self.at.saturating_sub(1)].1, message: message.to_owned() }
    }

    fn eat(&mut self, punct: &str) -> bool {
        let is_there = matches!(self.peek(), Token::Punct(found) if *found == punct);
        self.at += usize::from(is_there);
        is_there
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is_there = matches!(self.peek(), Token::Word(found) if *found == word);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, punct: &str) -> Parsed<()> {
        if self.eat(punct) {
            return Ok(());
        }
        let found = self.next();
        Err(self.error(&format!("expected `{punct}`, found {found}")))
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) {
            return Ok(());
        }
        let found = self.next();
        Err(self.error(&format!("expected `{word}`, found {found}")))
    }

    fn word(&mut self) -> Parsed<&'t str> {
        match self.next() {
            Token::Word(word) => Ok(word),
            found => Err(self.error(&format!("expected a word, found {found}"))),
        }
    }

    /// A word of a closed set.
    fn word_of<T>(&mut self, what: &str, from_text: impl Fn(&str) -> Option<T>) -> Parsed<T> {
        let word = self.word()?;
        from_text(word).ok_or_else(|| self.error(&format!("`{word}` is not {what}")))
    }

    fn ty(&mut self) -> Parsed<Type> {
        self.word_of("a type", Type::from_text)
    }

    fn types(&mut self) -> Parsed<Vec<Type>> {
        let mut types = vec![self.ty()?];
        while self.eat(",") {
            types.push(self.ty()?);
        }
        Ok(types)
    }

    fn name(&mut self) -> Parsed<Symbol> {
        match self.next() {
            Token::Name(name) => Ok(Symbol::intern(&name)),
            found => Err(self.error(&format!("expected a symbol, found {found}"))),
        }
    }

    fn number(&mut self) -> Parsed<i64> {
        let is_negative = self.eat("-");
        match self.next() {
            Token::Number(number) => Ok(if is_negative { number.wrapping_neg() } else { number }),
            found => Err(self.error(&format!("expected a number, found {found}"))),
        }
    }

    fn unsigned(&mut self) -> Parsed<u32> {
        let number = self.number()?;
        u32::try_from(number).map_err(|_| self.error(&format!("{number} is out of range")))
    }

    /// `+8`, `-8` or nothing.
    fn offset(&mut self) -> Parsed<i64> {
        let is_next = matches!(self.peek(), Token::Punct("+" | "-"));
        self.eat("+");
        if is_next { self.number() } else { Ok(0) }
    }

    fn bytes(&mut self) -> Parsed<Vec<u8>> {
        match self.next() {
            Token::Bytes(bytes) => Ok(bytes),
            found => Err(self.error(&format!("expected bytes, found {found}"))),
        }
    }

    fn loc(&mut self) -> Parsed<SrcLoc> {
        if !self.eat("!") {
            return Ok(SrcLoc::NONE);
        }
        let pos = Pos::from_u32(self.unsigned()?);
        let site = if self.eat("/") { Some(InlineSiteId::new(self.unsigned()? as usize)) } else { None };
        Ok(SrcLoc { pos, site })
    }

    fn attrs(&mut self) -> Parsed<FnAttrs> {
        let mut attrs = FnAttrs::empty();
        while let Token::Word(word) = *self.peek() {
            let Some(bit) = FN_ATTR_TEXTS.iter().position(|text| *text == word) else { break };
            attrs |= FnAttrs::from_bits_truncate(1 << bit);
            self.at += 1;
        }
        Ok(attrs)
    }

    /// A value (`v`), block (`block`) or region (`r`) number.
    fn numbered(&mut self, prefix: &str) -> Parsed<u32> {
        let word = self.word()?;
        let number = word.strip_prefix(prefix).and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| self.error(&format!("expected `{prefix}` and a number, found `{word}`")))
    }

    fn values_until(&mut self, close: &str) -> Parsed<SmallVec<[u32; 4]>> {
        let mut values = SmallVec::new();
        if self.eat(close) {
            return Ok(values);
        }
        loop {
            values.push(self.numbered("v")?);
            if self.eat(close) {
                return Ok(values);
            }
            self.expect(",")?;
        }
    }

    fn next_is_value(&self) -> bool {
        matches!(self.peek(), Token::Word(word) if is_numbered(word, "v"))
    }

    // ---- data

    fn data(&mut self) -> Parsed<DataObject> {
        let name = self.name()?;
        self.expect_word("align")?;
        let align = self.unsigned()?;
        let readonly = self.eat_word("readonly");
        let dup_ok = self.eat_word("dup_ok");
        let pointer_mask = if self.eat_word("ptrs") { self.bytes()? } else { Vec::new() };
        let contents = match self.word()? {
            "zero" => Contents::Zero(self.number()? as u64),
            "bytes" => Contents::Bytes(self.bytes()?),
            other => return Err(self.error(&format!("expected `zero` or `bytes`, found `{other}`"))),
        };
        let mut relocs = Vec::new();
        while let Token::Word(word @ ("abs64" | "abs32")) = *self.peek() {
            self.at += 1;
            let kind = if word == "abs64" { RelocKind::Abs64 } else { RelocKind::Abs32 };
            let offset = self.unsigned()?;
            self.expect("=")?;
            relocs.push(Reloc { offset, kind, symbol: self.name()?, addend: self.offset()? });
        }
        Ok(DataObject { name, align, contents, relocs, readonly, pointer_mask, dup_ok })
    }

    // ---- functions

    fn function(&mut self) -> Parsed<Function> {
        let name = self.name()?;
        self.expect("(")?;
        let params = if self.eat(")") { Vec::new() } else { self.types_in_parens()? };
        let results = if self.eat("->") { self.types()? } else { Vec::new() };
        let mut func = Function::new(name, Signature { params, results });
        if self.eat_word("as") {
            func.display = self.name()?;
        }
        func.attrs = self.attrs()?;
        func.pos = self.loc()?.pos;
        if self.eat("{") {
            self.body(&mut func)?;
        }
        Ok(func)
    }

    fn types_in_parens(&mut self) -> Parsed<Vec<Type>> {
        let types = self.types()?;
        self.expect(")")?;
        Ok(types)
    }

    fn body(&mut self, func: &mut Function) -> Parsed<()> {
        while self.eat_word("site") {
            let callee = self.name()?;
            let attrs = self.attrs()?;
            func.inline_sites.push(InlineSite { callee, attrs, call: self.loc()? });
        }
        let mut names = Vec::new();
        while self.eat_word("name") {
            names.push((self.numbered("v")?, self.name()?));
        }
        let mut blocks = Vec::new();
        while !self.eat("}") {
            blocks.push(self.block()?);
        }
        Resolver::default().build(func, &blocks, &names)
    }

    fn block(&mut self) -> Parsed<BlockText> {
        let number = self.numbered("block")?;
        let mut params = Vec::new();
        if self.eat("(") {
            loop {
                let value = self.numbered("v")?;
                self.expect(":")?;
                params.push((value, self.ty()?));
                if self.eat(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        let is_cold = self.eat_word("cold");
        self.expect(":")?;
        let mut insts = Vec::new();
        while !matches!(self.peek(), Token::Punct("}") | Token::End) && !self.next_is_block() {
            insts.push(self.inst()?);
        }
        Ok(BlockText { number, params, is_cold, insts })
    }

    fn next_is_block(&self) -> bool {
        matches!(self.peek(), Token::Word(word) if is_numbered(word, "block"))
    }

    // ---- instructions

    fn inst(&mut self) -> Parsed<InstText> {
        let line = self.line();
        let mut results = SmallVec::new();
        if self.next_is_value() {
            results.push(self.numbered("v")?);
            while self.eat(",") {
                results.push(self.numbered("v")?);
            }
            self.expect("=")?;
        }
        let inst = self.mnemonic()?;
        let (args, many_types, targets) = Default::default();
        let mut text = InstText { line, inst, args, results, many_types, targets, loc: SrcLoc::NONE };
        self.fields(&mut text)?;
        if self.eat("->") {
            text.many_types = self.types()?;
        }
        text.loc = self.loc()?;
        Ok(text)
    }

    fn mnemonic(&mut self) -> Parsed<Inst> {
        let word = self.word()?;
        let (op_text, ty_text) = word.split_once('.').map_or((word, None), |(op, ty)| (op, Some(ty)));
        let op = Op::from_text(op_text).ok_or_else(|| self.error(&format!("no instruction `{op_text}`")))?;
        let ty = match (op.info().types.only(), ty_text) {
            (Some(only), None) => Some(only),
            (None, Some(text)) => Type::from_text(text),
            _ => None,
        };
        let ty = ty.ok_or_else(|| self.error(&format!("`{op_text}` with a wrong or missing type")))?;
        Ok(Inst::new(op, ty))
    }

    fn fields(&mut self, text: &mut InstText) -> Parsed<()> {
        match text.inst.op.info().field {
            Field::None => {}
            Field::Imm | Field::Bits => {
                text.inst.imm = self.number()?;
                self.eat(",");
            }
            Field::IntCond => text.inst.sub = self.word_of("a condition", IntCond::from_text)? as u8,
            Field::FloatCond => text.inst.sub = self.word_of("a condition", FloatCond::from_text)? as u8,
            Field::Mem => return self.mem(text),
            Field::Sym => {
                text.inst.sym = self.name()?;
                text.inst.imm = self.offset()?;
            }
            Field::Alloc => return self.alloc(&mut text.inst),
            Field::Bounds => {
                text.inst.sub = self.word_of("a kind of bounds check", BoundsKind::from_text)? as u8;
                text.inst.flags = u8::from(self.eat_word("unsigned"));
            }
            Field::Panic => text.inst.sub = self.word_of("a kind of panic", PanicKind::from_text)? as u8,
            Field::Rmw => text.inst.sub = self.word_of("an atomic operation", RmwOp::from_text)? as u8,
            Field::Lanes => text.inst.sub = self.word_of("lanes", Lanes::from_text)? as u8,
            Field::Lane => {
                text.inst.sub = self.word_of("lanes", Lanes::from_text)? as u8;
                text.inst.imm = self.number()?;
                self.expect(",")?;
            }
            Field::Call => return self.call(text),
            Field::CallValue => {
                text.args.push(self.numbered("v")?);
                return self.call_args(text);
            }
            Field::CallRt => {
                text.inst.sub = self.word_of("an effect", RtEffect::from_text)? as u8;
                return self.call(text);
            }
            Field::Targets => return self.branch(text),
            Field::Switch => return self.switch(text),
        }
        self.operands(text)
    }

    fn operands(&mut self, text: &mut InstText) -> Parsed<()> {
        // A value on a later line starts the next instruction.
        if self.next_is_value() && self.line() == text.line {
            text.args.push(self.numbered("v")?);
            while self.eat(",") {
                text.args.push(self.numbered("v")?);
            }
        }
        Ok(())
    }

    fn mem(&mut self, text: &mut InstText) -> Parsed<()> {
        self.expect("[")?;
        text.args.push(self.numbered("v")?);
        text.inst.imm = self.offset()?;
        self.expect("]")?;
        while self.eat(",") {
            text.args.push(self.numbered("v")?);
        }
        for (flag, word) in MEM_FLAG_TEXTS {
            if self.eat_word(word.trim_start()) {
                text.inst.flags |= flag.bits();
            }
        }
        if matches!(self.peek(), Token::Word(word) if is_numbered(word, "r")) {
            let region = self.numbered("r")?;
            text.inst.sub = u8::try_from(region).map_err(|_| self.error("region out of range"))?;
        }
        Ok(())
    }

    fn alloc(&mut self, inst: &mut Inst) -> Parsed<()> {
        let mut flags = match self.word()? {
            "side" => AllocFlags::SIDE,
            "heap" => AllocFlags::empty(),
            other => return Err(self.error(&format!("expected `heap` or `side`, found `{other}`"))),
        };
        inst.imm = self.number()?;
        self.expect_word("align")?;
        let align = self.unsigned()?;
        if !align.is_power_of_two() {
            return Err(self.error("the alignment is not a power of two"));
        }
        inst.sub = align.trailing_zeros() as u8;
        for &(flag, word) in crate::print::ALLOC_FLAG_TEXTS {
            if self.eat_word(word.trim_start()) {
                flags |= flag;
            }
        }
        inst.flags = flags.bits();
        if matches!(self.peek(), Token::Name(_)) {
            inst.sym = self.name()?;
        }
        Ok(())
    }

    fn call(&mut self, text: &mut InstText) -> Parsed<()> {
        text.inst.sym = self.name()?;
        self.call_args(text)
    }

    fn call_args(&mut self, text: &mut InstText) -> Parsed<()> {
        self.expect("(")?;
        text.args.extend(self.values_until(")")?);
        Ok(())
    }

    fn branch(&mut self, text: &mut InstText) -> Parsed<()> {
        if text.inst.op == Op::ProtectedCall {
            self.call(text)?;
        } else if self.next_is_value() {
            text.args.push(self.numbered("v")?);
            self.expect(",")?;
        }
        text.targets.push(self.target(0)?);
        while self.eat(",") {
            text.targets.push(self.target(0)?);
        }
        Ok(())
    }

    fn switch(&mut self, text: &mut InstText) -> Parsed<()> {
        text.args.push(self.numbered("v")?);
        self.expect(",")?;
        text.targets.push(self.target(0)?);
        while self.eat(",") {
            let case = self.number()?;
            self.expect(":")?;
            text.targets.push(self.target(case)?);
        }
        Ok(())
    }

    fn target(&mut self, case: i64) -> Parsed<TargetText> {
        let block = self.numbered("block")?;
        let args = if self.eat("(") { self.values_until(")")? } else { SmallVec::new() };
        Ok(TargetText { block, args, case })
    }
}

fn is_numbered(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Turns numbers into ids.
#[derive(Default)]
struct Resolver {
    values: FxHashMap<u32, ValueId>,
    blocks: FxHashMap<u32, BlockId>,
}

impl Resolver {
    fn build(mut self, func: &mut Function, blocks: &[BlockText], names: &[(u32, Symbol)]) -> Parsed<()> {
        for text in blocks {
            let block = func.append_block();
            self.blocks.insert(text.number, block);
            for &(number, ty) in &text.params {
                self.values.insert(number, func.append_param(block, ty));
            }
            if text.is_cold {
                func.set_cold(block);
            }
            for inst in &text.insts {
                self.make(func, block, inst)?;
            }
        }
        for (text, &block) in blocks.iter().zip(&func.layout.clone()) {
            let mut at = func.first_inst(block);
            for inst_text in &text.insts {
                let inst = at.expect("one instruction was made for each text");
                let args = self.resolve_all(&inst_text.args, inst_text.line)?;
                func.set_args(inst, &args);
                let targets = inst_text.targets.iter().map(|target| self.target(target, inst_text.line));
                let targets = targets.collect::<Parsed<Vec<_>>>()?;
                if !targets.is_empty() {
                    func.set_targets(inst, targets);
                }
                at = func.next_inst(inst);
            }
        }
        for &(number, name) in names {
            func.value_names.push((self.value(number, 0)?, name));
        }
        Ok(())
    }

    fn make(&mut self, func: &mut Function, block: BlockId, text: &InstText) -> Parsed<()> {
        let slots = text.inst.op.info().results;
        let fixed = |slot: &Slot| match *slot {
            Slot::T => Some(text.inst.ty),
            Slot::Is(ty) => Some(ty),
            Slot::Lane => Some(text.inst.lanes().lane_type()),
            Slot::In(_) | Slot::Many => None,
        };
        let mut types: Vec<Type> = slots.iter().filter_map(fixed).collect();
        types.extend_from_slice(&text.many_types);
        if types.len() != text.results.len() {
            let message = format!("{} results are named, {} are made", text.results.len(), types.len());
            return Err(ParseError { line: text.line, message });
        }
        let inst = func.make_inst(text.inst, &[], &types, text.loc);
        func.append_inst(block, inst);
        for (&number, value) in text.results.iter().zip(func.results(inst)) {
            if self.values.insert(number, value).is_some() {
                return Err(ParseError { line: text.line, message: format!("v{number} is defined twice") });
            }
        }
        Ok(())
    }

    fn value(&self, number: u32, line: u32) -> Parsed<ValueId> {
        let value = self.values.get(&number).copied();
        value.ok_or_else(|| ParseError { line, message: format!("v{number} is not defined") })
    }

    fn resolve_all(&self, numbers: &[u32], line: u32) -> Parsed<SmallVec<[ValueId; 4]>> {
        numbers.iter().map(|&number| self.value(number, line)).collect()
    }

    fn target(&self, text: &TargetText, line: u32) -> Parsed<Target> {
        let block = self.blocks.get(&text.block).copied();
        let message = || format!("block{} is not defined", text.block);
        let block = block.ok_or_else(|| ParseError { line, message: message() })?;
        Ok(Target { block, args: self.resolve_all(&text.args, line)?, case: text.case })
    }
}
