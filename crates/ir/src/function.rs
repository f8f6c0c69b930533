//! A function: blocks with parameters, instructions in block order, values, branch targets, source positions.
//!
//! **Invariants** (checked by [`crate::verify`])
//! 1. The first block of the layout is the entry; its parameters are the function's, and no branch goes to it.
//! 2. Each block of the layout ends in its only terminator.
//! 3. Each value is defined once, by the instruction or block parameter that `value_def` names, and the definition dominates
//!    all uses.
//! 4. Between passes no operand is an alias. Inside a pass [`Function::replace_value`] makes aliases in constant time;
//!    [`Function::resolve_aliases`] removes them in one sweep.
//!
//! Removed instructions, blocks and values stay in the arenas and are simply not reachable from the layout.

mod encode;

pub use encode::Sink;

use crate::entity::{BlockId, InlineSiteId, InstId, TargetId, ValueId};
use crate::inst::Inst;
use crate::op::{Field, Op};
use crate::types::Type;
use base::{IdxVec, Pos, Symbol};
use smallvec::SmallVec;

bitflags::bitflags! {
    /// What is special about a function.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct FnAttrs: u32 {
        /// `//go:noinline`.
        const NOINLINE = 1;
        /// `//go:nosplit`: no stack check.
        const NOSPLIT = 1 << 1;
        /// A wrapper that tracebacks hide.
        const WRAPPER = 1 << 2;
        /// Takes a closure object as first parameter.
        const CLOSURE = 1 << 3;
        /// Contains a `protected_call`.
        const DEFERS = 1 << 4;
        /// Contains a call of `recover`.
        const RECOVERS = 1 << 5;
        /// Never returns.
        const NORETURN = 1 << 6;
        /// Rarely executed: goes to the cold section, is not inlined.
        const COLD = 1 << 7;
        /// Inline whatever the size.
        const INLINE_ALWAYS = 1 << 8;
        /// Equal definitions from several places are one (instances of generics, wrappers).
        const DUP_OK = 1 << 9;
        /// Called or referred to from where the optimiser cannot see: the runtime, tables, assembly.
        const EXPORTED = 1 << 10;
        /// Pointer arguments do not leak: `//go:noescape`, on declarations without body.
        const NOESCAPE = 1 << 11;
        /// Has no body here; only the signature and attributes count.
        const EXTERNAL = 1 << 12;
        /// Must not get a poll (`//go:nosplit` runtime code, loops of the overlay that hold locks).
        const NOPOLL = 1 << 13;
        /// A package initialiser: runs once.
        const INIT = 1 << 14;
        /// The Go function has no parameters and no receiver: tracebacks show `f()`, not `f(...)`.
        const NILADIC = 1 << 15;
        /// The body of a deferring function: the first parameter is the record in the frame of its wrapper.
        const DEFER_BODY = 1 << 16;
    }
}

/// Names of the attributes in the text form, in bit order.
pub const FN_ATTR_TEXTS: &[&str] = &[
    "noinline",
    "nosplit",
    "wrapper",
    "closure",
    "defers",
    "recovers",
    "noreturn",
    "cold",
    "inline_always",
    "dup_ok",
    "exported",
    "noescape",
    "external",
    "nopoll",
    "init",
    "niladic",
    "defer_body",
];

/// Parameter and result types.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Signature {
    /// Types of the parameters: those of the entry block.
    pub params: Vec<Type>,
    /// Types of the results.
    pub results: Vec<Type>,
}

/// Where an instruction comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SrcLoc {
    /// Source position.
    pub pos: Pos,
    /// The inlined call it is part of; `None` for the function's own code.
    pub site: Option<InlineSiteId>,
}

impl SrcLoc {
    /// No position.
    pub const NONE: SrcLoc = SrcLoc { pos: Pos::NONE, site: None };
}

/// A call that was replaced by the body of its callee.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InlineSite {
    /// The Go display name of the callee.
    pub callee: Symbol,
    /// Where the call was.
    pub call: SrcLoc,
    /// Attributes of the callee that tracebacks need.
    pub attrs: FnAttrs,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValueDef {
    /// A result of an instruction.
    Result(InstId, u16),
    /// A parameter of a block.
    Param(BlockId, u16),
    /// Another value: a use means that one.
    Alias(ValueId),
}

/// One outgoing edge of a terminator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Where it goes.
    pub block: BlockId,
    /// Values for the parameters of the block.
    pub args: SmallVec<[ValueId; 4]>,
    /// The case value, in a `switch`; 0 elsewhere.
    pub case: i64,
}

#[derive(Clone, Copy, Debug)]
struct Value {
    ty: Type,
    def: ValueDef,
}

#[derive(Clone, Debug, Default)]
struct Block {
    params: SmallVec<[ValueId; 4]>,
    first: Option<InstId>,
    last: Option<InstId>,
    is_cold: bool,
}

/// The place of an instruction in its block.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    block: Option<BlockId>,
    prev: Option<InstId>,
    next: Option<InstId>,
}

/// A function in SSA form.
#[derive(Clone, Debug)]
pub struct Function {
    /// Linker symbol.
    pub name: Symbol,
    /// Go's name of it, for tracebacks and explanations.
    pub display: Symbol,
    /// Types of parameters and results.
    pub sig: Signature,
    /// What is special about it.
    pub attrs: FnAttrs,
    /// Position of the declaration.
    pub pos: Pos,
    /// Calls that were inlined.
    pub inline_sites: IdxVec<InlineSiteId, InlineSite>,
    /// Names of source variables, for explanations; entries of dead values may be dropped.
    pub value_names: Vec<(ValueId, Symbol)>,
    /// Block order; codegen emits it as it is.
    pub layout: Vec<BlockId>,
    blocks: IdxVec<BlockId, Block>,
    insts: IdxVec<InstId, Inst>,
    links: IdxVec<InstId, Link>,
    locs: IdxVec<InstId, SrcLoc>,
    values: IdxVec<ValueId, Value>,
    targets: Vec<Target>,
    arg_pool: Vec<ValueId>,
}

impl Function {
    /// A function without blocks.
    pub fn new(name: Symbol, sig: Signature) -> Function {
        Function {
            name,
            display: name,
            sig,
            attrs: FnAttrs::empty(),
            pos: Pos::NONE,
            inline_sites: IdxVec::new(),
            value_names: Vec::new(),
            layout: Vec::new(),
            blocks: IdxVec::new(),
            insts: IdxVec::new(),
            links: IdxVec::new(),
            locs: IdxVec::new(),
            values: IdxVec::new(),
            targets: Vec::new(),
            arg_pool: Vec::new(),
        }
    }

    // ---- blocks

    /// The entry block.
    #[inline]
    pub fn entry(&self) -> BlockId {
        self.layout[0]
    }

    /// Number of blocks ever made: the length of a side table.
    #[inline]
    pub fn n_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Makes a block outside the layout.
    pub fn make_block(&mut self) -> BlockId {
        self.blocks.push(Block::default())
    }

    /// Makes a block at the end of the layout.
    pub fn append_block(&mut self) -> BlockId {
        let block = self.make_block();
        self.layout.push(block);
        block
    }

    /// The parameters of a block.
    #[inline]
    pub fn params(&self, block: BlockId) -> &[ValueId] {
        &self.blocks[block].params
    }

    /// Adds a parameter; the caller adds an argument to each edge.
    pub fn append_param(&mut self, block: BlockId, ty: Type) -> ValueId {
        let index = self.blocks[block].params.len() as u16;
        let value = self.values.push(Value { ty, def: ValueDef::Param(block, index) });
        self.blocks[block].params.push(value);
        value
    }

    /// Keeps only the parameters for which `keep` says so; the caller does the same with the arguments of each edge.
    pub fn retain_params(&mut self, block: BlockId, mut keep: impl FnMut(ValueId) -> bool) {
        let mut params = std::mem::take(&mut self.blocks[block].params);
        params.retain(|value| keep(*value));
        for (index, &value) in params.iter().enumerate() {
            self.values[value].def = ValueDef::Param(block, index as u16);
        }
        self.blocks[block].params = params;
    }

    /// Whether the block is off the hot path.
    #[inline]
    pub fn is_cold(&self, block: BlockId) -> bool {
        self.blocks[block].is_cold
    }

    /// Says that the block is off the hot path.
    pub fn set_cold(&mut self, block: BlockId) {
        self.blocks[block].is_cold = true;
    }

    /// The first instruction of a block.
    #[inline]
    pub fn first_inst(&self, block: BlockId) -> Option<InstId> {
        self.blocks[block].first
    }

    /// The last instruction of a block.
    #[inline]
    pub fn last_inst(&self, block: BlockId) -> Option<InstId> {
        self.blocks[block].last
    }

    /// The terminator of a finished block.
    #[inline]
    pub fn terminator(&self, block: BlockId) -> InstId {
        self.blocks[block].last.expect("a finished block has a terminator")
    }

    /// The instructions of a block in order. To edit while walking, use `first_inst` and `next_inst`.
    pub fn block_insts(&self, block: BlockId) -> BlockInsts<'_> {
        BlockInsts { func: self, next: self.blocks[block].first }
    }

    /// The edges that leave a finished block.
    #[inline]
    pub fn successors(&self, block: BlockId) -> &[Target] {
        self.blocks[block].last.map_or(&[], |inst| self.targets(inst))
    }

    // ---- instructions

    /// The instruction.
    #[inline]
    pub fn inst(&self, inst: InstId) -> &Inst {
        &self.insts[inst]
    }

    /// The instruction, to change its code or immediates.
    #[inline]
    pub fn inst_mut(&mut self, inst: InstId) -> &mut Inst {
        &mut self.insts[inst]
    }

    /// Number of instructions ever made: the length of a side table.
    #[inline]
    pub fn n_insts(&self) -> usize {
        self.insts.len()
    }

    /// The block an instruction is in; none if it was removed.
    #[inline]
    pub fn inst_block(&self, inst: InstId) -> Option<BlockId> {
        self.links[inst].block
    }

    /// The following instruction of the block.
    #[inline]
    pub fn next_inst(&self, inst: InstId) -> Option<InstId> {
        self.links[inst].next
    }

    /// The preceding instruction of the block.
    #[inline]
    pub fn prev_inst(&self, inst: InstId) -> Option<InstId> {
        self.links[inst].prev
    }

    /// The source location.
    #[inline]
    pub fn loc(&self, inst: InstId) -> SrcLoc {
        self.locs[inst]
    }

    /// Changes the source location.
    pub fn set_loc(&mut self, inst: InstId, loc: SrcLoc) {
        self.locs[inst] = loc;
    }

    /// Makes an instruction outside all blocks, with results of these types.
    pub fn make_inst(&mut self, mut inst: Inst, args: &[ValueId], results: &[Type], loc: SrcLoc) -> InstId {
        inst.first_arg = self.arg_pool.len() as u32;
        inst.n_args = u16::try_from(args.len()).expect("lower passes big aggregates by pointer");
        inst.first_result = self.values.len() as u32;
        inst.n_results = results.len() as u16;
        self.arg_pool.extend_from_slice(args);
        let id = self.insts.push(inst);
        self.links.push(Link::default());
        self.locs.push(loc);
        for (index, &ty) in results.iter().enumerate() {
            self.values.push(Value { ty, def: ValueDef::Result(id, index as u16) });
        }
        id
    }

    /// Puts an instruction that is in no block at the end of one.
    pub fn append_inst(&mut self, block: BlockId, inst: InstId) {
        debug_assert!(self.links[inst].block.is_none());
        let prev = self.blocks[block].last;
        self.links[inst] = Link { block: Some(block), prev, next: None };
        match prev {
            Some(prev) => self.links[prev].next = Some(inst),
            None => self.blocks[block].first = Some(inst),
        }
        self.blocks[block].last = Some(inst);
    }

    /// Puts an instruction that is in no block before one that is.
    pub fn insert_before(&mut self, before: InstId, inst: InstId) {
        debug_assert!(self.links[inst].block.is_none());
        let block = self.links[before].block.expect("the place is in a block");
        let prev = self.links[before].prev;
        self.links[inst] = Link { block: Some(block), prev, next: Some(before) };
        self.links[before].prev = Some(inst);
        match prev {
            Some(prev) => self.links[prev].next = Some(inst),
            None => self.blocks[block].first = Some(inst),
        }
    }

    /// Puts an instruction that is in no block at the start of one.
    pub fn prepend_inst(&mut self, block: BlockId, inst: InstId) {
        match self.blocks[block].first {
            Some(first) => self.insert_before(first, inst),
            None => self.append_inst(block, inst),
        }
    }

    /// Takes an instruction out of its block; it can be put elsewhere, or forgotten.
    pub fn unlink_inst(&mut self, inst: InstId) {
        let Link { block, prev, next } = std::mem::take(&mut self.links[inst]);
        let block = block.expect("only an instruction in a block can be taken out");
        match prev {
            Some(prev) => self.links[prev].next = next,
            None => self.blocks[block].first = next,
        }
        match next {
            Some(next) => self.links[next].prev = prev,
            None => self.blocks[block].last = prev,
        }
    }

    /// Moves all instructions from `inst` on to the end of `to`.
    pub fn split_block_at(&mut self, inst: InstId, to: BlockId) {
        let from = self.links[inst].block.expect("the instruction is in a block");
        let prev = self.links[inst].prev;
        let last = self.blocks[from].last;
        match prev {
            Some(prev) => self.links[prev].next = None,
            None => self.blocks[from].first = None,
        }
        self.blocks[from].last = prev;
        let to_last = self.blocks[to].last;
        self.links[inst].prev = to_last;
        match to_last {
            Some(to_last) => self.links[to_last].next = Some(inst),
            None => self.blocks[to].first = Some(inst),
        }
        self.blocks[to].last = last;
        let mut next = Some(inst);
        while let Some(moved) = next {
            self.links[moved].block = Some(to);
            next = self.links[moved].next;
        }
    }

    // ---- operands, results, targets

    /// The operands.
    #[inline]
    pub fn args(&self, inst: InstId) -> &[ValueId] {
        let data = &self.insts[inst];
        let first = data.first_arg as usize;
        &self.arg_pool[first..first + data.n_args()]
    }

    /// The operands, to replace them one by one.
    #[inline]
    pub fn args_mut(&mut self, inst: InstId) -> &mut [ValueId] {
        let data = &self.insts[inst];
        let first = data.first_arg as usize;
        &mut self.arg_pool[first..first + data.n_args()]
    }

    /// Replaces all operands, possibly by a different number.
    pub fn set_args(&mut self, inst: InstId, args: &[ValueId]) {
        let data = &mut self.insts[inst];
        if args.len() > data.n_args() {
            data.first_arg = self.arg_pool.len() as u32;
            self.arg_pool.extend_from_slice(args);
        } else {
            let first = data.first_arg as usize;
            self.arg_pool[first..first + args.len()].copy_from_slice(args);
        }
        data.n_args = args.len() as u16;
    }

    /// The results.
    #[inline]
    pub fn results(&self, inst: InstId) -> impl ExactSizeIterator<Item = ValueId> + use<> {
        let data = &self.insts[inst];
        let first = data.first_result as usize;
        (first..first + data.n_results()).map(ValueId::new)
    }

    /// The only (or first) result.
    #[inline]
    pub fn result(&self, inst: InstId) -> ValueId {
        let data = &self.insts[inst];
        debug_assert!(data.n_results > 0, "{} has no result", data.op.text());
        ValueId::new(data.first_result as usize)
    }

    /// Drops the results of an instruction that nobody uses, when it is changed into one without.
    pub fn clear_results(&mut self, inst: InstId) {
        self.insts[inst].n_results = 0;
    }

    /// The targets of a terminator: for `switch` the default first, then the cases.
    #[inline]
    pub fn targets(&self, inst: InstId) -> &[Target] {
        let data = &self.insts[inst];
        match data.op.info().field {
            Field::Targets | Field::Switch => &self.targets[target_range(data)],
            _ => &[],
        }
    }

    /// The targets of a terminator, to change blocks and arguments.
    #[inline]
    pub fn targets_mut(&mut self, inst: InstId) -> &mut [Target] {
        let data = &self.insts[inst];
        match data.op.info().field {
            Field::Targets | Field::Switch => &mut self.targets[target_range(data)],
            _ => &mut [],
        }
    }

    /// The id of the first target of a terminator; the others follow.
    #[inline]
    pub fn first_target(&self, inst: InstId) -> TargetId {
        TargetId::new(target_range(&self.insts[inst]).start)
    }

    /// A target by id.
    #[inline]
    pub fn target(&self, target: TargetId) -> &Target {
        &self.targets[target.index()]
    }

    /// A target by id, to change it.
    #[inline]
    pub fn target_mut(&mut self, target: TargetId) -> &mut Target {
        &mut self.targets[target.index()]
    }

    /// Gives a terminator new targets.
    pub fn set_targets(&mut self, inst: InstId, targets: impl IntoIterator<Item = Target>) {
        let first = self.targets.len();
        for target in targets {
            self.targets.push(target);
        }
        let len = self.targets.len() - first;
        self.insts[inst].imm = (first as i64) << 32 | len as i64;
    }

    // ---- values

    /// The type of a value.
    #[inline]
    pub fn ty(&self, value: ValueId) -> Type {
        self.values[value].ty
    }

    /// Where a value comes from.
    #[inline]
    pub fn value_def(&self, value: ValueId) -> ValueDef {
        self.values[value].def
    }

    /// The instruction that defines a value; none for block parameters.
    #[inline]
    pub fn def_inst(&self, value: ValueId) -> Option<InstId> {
        match self.values[value].def {
            ValueDef::Result(inst, _) => Some(inst),
            _ => None,
        }
    }

    /// Number of values ever made: the length of a side table.
    #[inline]
    pub fn n_values(&self) -> usize {
        self.values.len()
    }

    /// The integer or pointer constant a value is.
    #[inline]
    pub fn as_iconst(&self, value: ValueId) -> Option<i64> {
        let inst = self.inst(self.def_inst(value)?);
        (inst.op == Op::Iconst).then_some(inst.imm)
    }

    /// Makes every use of `value` mean `with`, until [`Function::resolve_aliases`] rewrites the uses.
    pub fn replace_value(&mut self, value: ValueId, with: ValueId) {
        let with = self.resolve(with);
        debug_assert_ne!(value, with, "a value cannot replace itself");
        self.values[value].def = ValueDef::Alias(with);
    }

    /// The value that a use of `value` means.
    #[inline]
    pub fn resolve(&self, mut value: ValueId) -> ValueId {
        while let ValueDef::Alias(to) = self.values[value].def {
            value = to;
        }
        value
    }

    /// As `resolve`, and shortens the way for the next time.
    pub fn resolve_and_compress(&mut self, value: ValueId) -> ValueId {
        let end = self.resolve(value);
        let mut at = value;
        while let ValueDef::Alias(to) = self.values[at].def {
            self.values[at].def = ValueDef::Alias(end);
            at = to;
        }
        end
    }

    /// Rewrites all operands so that none is an alias.
    pub fn resolve_aliases(&mut self) {
        for value in self.values.ids() {
            self.resolve_and_compress(value);
        }
        let values = &self.values;
        let rewrite = |value: &mut ValueId| {
            if let ValueDef::Alias(to) = values[*value].def {
                *value = to;
            }
        };
        self.arg_pool.iter_mut().for_each(rewrite);
        self.targets.iter_mut().flat_map(|target| target.args.iter_mut()).for_each(rewrite);
        for (value, _) in &mut self.value_names {
            rewrite(value);
        }
    }

    /// Whether the function has a body.
    #[inline]
    pub fn has_body(&self) -> bool {
        !self.layout.is_empty()
    }
}

#[inline]
fn target_range(inst: &Inst) -> std::ops::Range<usize> {
    let first = (inst.imm >> 32) as usize;
    first..first + inst.imm as u32 as usize
}

/// The instructions of a block in order.
#[derive(Debug)]
pub struct BlockInsts<'f> {
    func: &'f Function,
    next: Option<InstId>,
}

impl Iterator for BlockInsts<'_> {
    type Item = InstId;

    #[inline]
    fn next(&mut self) -> Option<InstId> {
        let inst = self.next?;
        self.next = self.func.links[inst].next;
        Some(inst)
    }
}
