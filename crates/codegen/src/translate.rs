//! One IR function to one CLIF function: blocks, values and the state that the emitters share.
//!
//! IR blocks become Cranelift blocks with the same parameters. An instruction may split its block: emitters leave the
//! cursor where the next instruction goes. Blocks are filled in reverse post-order, so every use finds its definition.

use base::{IdxVec, Symbol};
use cranelift_codegen::{
    cursor::{Cursor as _, FuncCursor},
    ir::{
        AliasRegion, AliasRegionData, Block, BlockArg, ExtFuncData, FuncRef, Function as ClifFunction,
        GlobalValue, GlobalValueData, Inst as ClifInst, InstBuilder as _, MemFlagsData, SigRef, Signature,
        Type as ClifType, Value, types,
    },
    isa::CallConv,
};
use cranelift_entity::packed_option::ReservedValue as _;
use ir::{BlockId, Cfg, InstId, SrcLoc, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    emit::{self, side::SideFrame},
    names::{Names, Referent},
    positions::Locations,
    signature::{clif_type, signature},
};

/// Regions of memory that only generated code touches. Those of the IR are numbered from 1 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum OwnRegion {
    /// The fields of G.
    G = 256,
    /// The result buffer.
    Retbuf,
    /// The runs of the allocation cache.
    Runs,
    /// The flag of the write barrier.
    BarrierFlag,
}

/// Values, mostly few.
pub(crate) type Values = SmallVec<[Value; 8]>;

/// What translation needs besides the function; reused from function to function.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) names: Names,
    pub(crate) locations: Locations,
}

/// What the stack check must know and Cranelift does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    /// Bytes of stack arguments of the largest tail call.
    pub(crate) n_tail_arg_bytes: u32,
}

/// Fills `clif` with the translation of `function`.
pub(crate) fn translate(
    function: &ir::Function,
    clif: &mut ClifFunction,
    scratch: &mut Scratch,
    has_fma: bool,
) -> Facts {
    scratch.names.clear();
    scratch.locations.reset(SrcLoc { pos: function.pos, site: None });
    let sig = &function.sig;
    clif.signature = signature(CallConv::Tail, sig.params.iter().copied(), sig.results.iter().copied());
    // Relative locations need number 0 as their base.
    clif.params.ensure_base_srcloc(cranelift_codegen::ir::SourceLoc::new(0));
    let cfg = Cfg::new(function);
    let mut translator = Translator {
        ir: function,
        cursor: FuncCursor::new(clif),
        names: &mut scratch.names,
        locations: &mut scratch.locations,
        values: IdxVec::from_elem(Value::reserved_value(), function.n_values()),
        blocks: IdxVec::from_elem(Block::reserved_value(), function.n_blocks()),
        signatures: FxHashMap::default(),
        functions: FxHashMap::default(),
        globals: FxHashMap::default(),
        side: SideFrame::plan(function, &cfg),
        faulting: FxHashMap::default(),
        has_protected_call: false,
        has_fma,
        facts: Facts::default(),
    };
    translator.make_blocks(&cfg);
    for &block in &cfg.rpo {
        translator.fill_block(block);
    }
    translator.facts
}

/// The translation of one function in progress.
pub(crate) struct Translator<'a> {
    pub(crate) ir: &'a ir::Function,
    pub(crate) cursor: FuncCursor<'a>,
    names: &'a mut Names,
    locations: &'a mut Locations,
    values: IdxVec<ValueId, Value>,
    blocks: IdxVec<BlockId, Block>,
    signatures: FxHashMap<Signature, SigRef>,
    functions: FxHashMap<(Symbol, SigRef), FuncRef>,
    globals: FxHashMap<(Referent, i64), GlobalValue>,
    pub(crate) side: Option<SideFrame>,
    /// Accesses that stand for an earlier nil check of their address, with the check's location.
    pub(crate) faulting: FxHashMap<InstId, SrcLoc>,
    pub(crate) has_protected_call: bool,
    pub(crate) has_fma: bool,
    pub(crate) facts: Facts,
}

impl<'a> Translator<'a> {
    fn make_blocks(&mut self, cfg: &Cfg) {
        for &id in &self.ir.layout {
            if !cfg.is_reachable(id) {
                continue;
            }
            let block = self.cursor.func.dfg.make_block();
            self.cursor.func.layout.append_block(block);
            if self.ir.is_cold(id) && id != self.ir.entry() {
                self.cursor.func.layout.set_cold(block);
            }
            self.blocks[id] = block;
            for &param in self.ir.params(id) {
                let ty = clif_type(self.ir.ty(param));
                self.values[param] = self.cursor.func.dfg.append_block_param(block, ty);
            }
        }
    }

    fn fill_block(&mut self, id: BlockId) {
        let block = self.blocks[id];
        self.cursor.goto_bottom(block);
        if id == self.ir.entry() {
            self.set_location(SrcLoc::NONE);
            emit::side::enter(self);
        }
        for inst in self.ir.block_insts(id) {
            self.set_location(self.location(inst));
            emit::emit(self, inst);
        }
    }

    /// Where a fault of the instruction happens: for an access that stands for a nil check, and for an operation that
    /// Cranelift may fold such a load into, at the check.
    fn location(&self, inst: InstId) -> SrcLoc {
        let of_check = |inst: &InstId| self.faulting.get(inst).copied();
        let of_operand = || {
            let is_pure = self.ir.inst(inst).effects().is_empty();
            let mut operands = self.ir.args(inst).iter().filter(|_| is_pure);
            operands.find_map(|&operand| self.ir.def_inst(operand).as_ref().and_then(of_check))
        };
        if self.faulting.is_empty() {
            return self.ir.loc(inst);
        }
        of_check(&inst).or_else(of_operand).unwrap_or_else(|| self.ir.loc(inst))
    }

    fn set_location(&mut self, loc: SrcLoc) {
        let number = self.locations.number(loc);
        self.cursor.set_srcloc(number);
    }

    // ---- operands and results

    /// The instruction.
    pub(crate) fn inst(&self, inst: InstId) -> &'a ir::Inst {
        self.ir.inst(inst)
    }

    /// The Cranelift value of an IR value.
    pub(crate) fn value(&self, value: ValueId) -> Value {
        let translated = self.values[value];
        debug_assert!(translated != Value::reserved_value(), "{value:?} is used before its definition");
        translated
    }

    /// Operand `index`.
    pub(crate) fn arg(&self, inst: InstId, index: usize) -> Value {
        self.value(self.ir.args(inst)[index])
    }

    /// All operands.
    pub(crate) fn args(&self, inst: InstId) -> Values {
        self.ir.args(inst).iter().map(|&arg| self.value(arg)).collect()
    }

    /// The Cranelift type of the controlling type.
    pub(crate) fn ty(&self, inst: InstId) -> ClifType {
        clif_type(self.inst(inst).ty)
    }

    /// Defines the only result.
    pub(crate) fn set_result(&mut self, inst: InstId, value: Value) {
        self.values[self.ir.result(inst)] = value;
    }

    /// Defines all results.
    pub(crate) fn set_results(&mut self, inst: InstId, values: &[Value]) {
        debug_assert_eq!(self.ir.results(inst).len(), values.len(), "every result has a value");
        for (result, &value) in self.ir.results(inst).zip(values) {
            self.values[result] = value;
        }
    }

    // ---- writing

    /// Writes the next instruction.
    pub(crate) fn ins(&mut self) -> cranelift_codegen::ir::InsertBuilder<'_, &mut FuncCursor<'a>> {
        self.cursor.ins()
    }

    /// A 64-bit constant.
    pub(crate) fn iconst(&mut self, value: i64) -> Value {
        self.ins().iconst(types::I64, value)
    }

    /// The Cranelift block of an IR block.
    pub(crate) fn block(&self, id: BlockId) -> Block {
        self.blocks[id]
    }

    /// The block that is being written.
    pub(crate) fn current_block(&self) -> Block {
        self.cursor.current_block().expect("the cursor is in a block")
    }

    /// A new block right behind the current one in the layout; the cursor stays.
    pub(crate) fn next_block(&mut self) -> Block {
        let current = self.current_block();
        let block = self.cursor.func.dfg.make_block();
        self.cursor.func.layout.insert_block_after(block, current);
        block
    }

    /// A new block off the hot path; the cursor stays.
    pub(crate) fn cold_block(&mut self) -> Block {
        let block = self.cursor.func.dfg.make_block();
        self.cursor.func.layout.append_block(block);
        self.cursor.func.layout.set_cold(block);
        block
    }

    /// Adds a parameter to a block.
    pub(crate) fn block_param(&mut self, block: Block, ty: ClifType) -> Value {
        self.cursor.func.dfg.append_block_param(block, ty)
    }

    /// Continues writing in an empty block.
    pub(crate) fn switch_to(&mut self, block: Block) {
        self.cursor.goto_bottom(block);
    }

    /// Goes to `block` with arguments.
    pub(crate) fn jump(&mut self, block: Block, args: &[Value]) -> ClifInst {
        let args: SmallVec<[BlockArg; 4]> = args.iter().copied().map(BlockArg::Value).collect();
        self.ins().jump(block, &args)
    }

    /// Goes to `then` if `condition` is not 0, else to `otherwise`.
    pub(crate) fn branch(&mut self, condition: Value, then: Block, otherwise: Block) {
        self.ins().brif(condition, then, &[], otherwise, &[]);
    }

    /// The arguments of a target.
    pub(crate) fn target_args(&self, target: &ir::Target) -> SmallVec<[BlockArg; 4]> {
        target.args.iter().map(|&arg| BlockArg::Value(self.value(arg))).collect()
    }

    // ---- memory that only generated code touches

    /// Flags of an access that cannot fault, to memory of one region.
    pub(crate) fn own_flags(&mut self, region: OwnRegion) -> MemFlagsData {
        let region = self.alias_region(region as u32);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    /// The alias region with this number.
    pub(crate) fn alias_region(&mut self, user_id: u32) -> AliasRegion {
        self.cursor.func.dfg.alias_regions.insert(AliasRegionData { user_id, description: "".into() })
    }

    /// The current G. Never kept: each use asks again.
    pub(crate) fn g(&mut self) -> Value {
        self.ins().get_pinned_reg(types::I64)
    }

    /// Reads a field of G.
    pub(crate) fn g_load(&mut self, ty: ClifType, offset: i32) -> Value {
        let flags = self.own_flags(OwnRegion::G);
        let g = self.g();
        self.ins().load(ty, flags, g, offset)
    }

    /// Writes a field of G.
    pub(crate) fn g_store(&mut self, value: Value, offset: i32) {
        let flags = self.own_flags(OwnRegion::G);
        let g = self.g();
        self.ins().store(flags, value, g, offset);
    }

    // ---- the outside world

    /// A signature.
    pub(crate) fn signature(&mut self, signature: Signature) -> SigRef {
        if let Some(&known) = self.signatures.get(&signature) {
            return known;
        }
        let imported = self.cursor.func.import_signature(signature.clone());
        self.signatures.insert(signature, imported);
        imported
    }

    /// A function to call by name.
    pub(crate) fn function(&mut self, symbol: Symbol, signature: SigRef) -> FuncRef {
        if let Some(&known) = self.functions.get(&(symbol, signature)) {
            return known;
        }
        let name = self.names.declare(self.cursor.func, Referent::Symbol(symbol));
        let data = ExtFuncData { name, signature, colocated: true, patchable: false };
        let imported = self.cursor.func.import_function(data);
        self.functions.insert((symbol, signature), imported);
        imported
    }

    /// The address (or number) of something outside, plus an offset.
    pub(crate) fn address_of(&mut self, referent: Referent, offset: i64) -> Value {
        let global = match self.globals.get(&(referent, offset)) {
            Some(&known) => known,
            None => {
                let name = self.names.declare(self.cursor.func, referent);
                let offset_imm = offset.into();
                let data = GlobalValueData::Symbol { name, offset: offset_imm, colocated: true, tls: false };
                let global = self.cursor.func.create_global_value(data);
                self.globals.insert((referent, offset), global);
                global
            }
        };
        self.ins().symbol_value(types::I64, global)
    }
}
