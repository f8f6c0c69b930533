//! Writing a function: a cursor with one method per kind of instruction, and SSA construction on the fly.
//!
//! SSA construction follows Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (CC 2013):
//! a *variable* is declared once, written with `def_var` and read with `use_var` in any block. A block is *sealed* when
//! all its predecessors are known. Reading a variable in a block that is not sealed adds a parameter that is completed by
//! `seal`. Reading a variable that was never written gives zero.
//!
//! **Invariants**
//! 1. A parameter made for a variable has, once its block is sealed, one argument on each incoming edge, at its index;
//!    until that argument is known, the parameter itself stands there.
//! 2. Parameters that turned out to be copies are aliases until `finish` removes them and their arguments.

use crate::entity::{BlockId, InstId, TargetId, ValueId};
use crate::function::{Function, SrcLoc, Target, ValueDef};
use crate::inst::{AllocFlags, Inst, MemFlags, Region};
use crate::op::{Op, Slot};
use crate::types::{BoundsKind, FloatCond, IntCond, PanicKind, RmwOp, RtEffect, Type};
use base::Symbol;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

/// A source variable during construction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Variable(u32);

/// Writes one function.
#[derive(Debug)]
pub struct FuncBuilder<'f> {
    /// The function being written.
    pub func: &'f mut Function,
    block: Option<BlockId>,
    loc: SrcLoc,
    vars: Vec<VarState>,
    /// Definitions of a variable at the end of other blocks than the last one that defined it.
    defs: FxHashMap<(Variable, BlockId), ValueId>,
    states: Vec<BlockState>,
}

#[derive(Debug)]
struct VarState {
    ty: Type,
    /// The latest definition; older ones are in `defs`.
    last: Option<(BlockId, ValueId)>,
}

#[derive(Debug, Default)]
struct BlockState {
    /// Incoming edges.
    preds: SmallVec<[(BlockId, TargetId); 2]>,
    is_sealed: bool,
    /// Parameters to complete when the block is sealed.
    pending: SmallVec<[(Variable, ValueId); 2]>,
    /// Whether some parameter became an alias.
    has_aliases: bool,
}

impl<'f> FuncBuilder<'f> {
    /// Starts with an entry block whose parameters are those of the signature, sealed and current.
    pub fn new(func: &'f mut Function) -> FuncBuilder<'f> {
        let mut builder = FuncBuilder {
            func,
            block: None,
            loc: SrcLoc::NONE,
            vars: Vec::new(),
            defs: FxHashMap::default(),
            states: Vec::new(),
        };
        let entry = builder.create_block();
        for ty in builder.func.sig.params.clone() {
            builder.func.append_param(entry, ty);
        }
        builder.switch_to(entry);
        builder.seal(entry);
        builder
    }

    // ---- blocks

    /// Makes a block. It joins the layout when it becomes current for the first time.
    pub fn create_block(&mut self) -> BlockId {
        self.states.push(BlockState::default());
        self.func.make_block()
    }

    /// Adds an explicit parameter to a block that has no predecessor yet.
    pub fn append_param(&mut self, block: BlockId, ty: Type) -> ValueId {
        debug_assert!(self.states[block.index()].preds.is_empty(), "edges to {block} lack this argument");
        self.func.append_param(block, ty)
    }

    /// The parameters of a block.
    pub fn params(&self, block: BlockId) -> &[ValueId] {
        self.func.params(block)
    }

    /// Makes an empty block current.
    pub fn switch_to(&mut self, block: BlockId) {
        debug_assert!(self.func.first_inst(block).is_none(), "{block} is already written");
        debug_assert!(self.block.is_none(), "the current block has no terminator");
        self.func.layout.push(block);
        self.block = Some(block);
    }

    /// The current block; none after a terminator.
    pub fn current(&self) -> Option<BlockId> {
        self.block
    }

    /// Whether code written now could be executed: there is a current block, and it has a predecessor or may still get one.
    pub fn is_reachable(&self) -> bool {
        self.block.is_some_and(|block| {
            let state = &self.states[block.index()];
            block == self.func.entry() || !state.is_sealed || !state.preds.is_empty()
        })
    }

    /// Says that the block has all its predecessors.
    pub fn seal(&mut self, block: BlockId) {
        let state = &mut self.states[block.index()];
        debug_assert!(!state.is_sealed, "{block} is sealed twice");
        state.is_sealed = true;
        let pending = std::mem::take(&mut state.pending);
        for &(_, param) in &pending {
            self.reserve_args(block, param);
        }
        self.complete_params(pending.into_iter().map(|(var, param)| (block, var, param)).collect());
    }

    /// Sets the source location of the following instructions.
    pub fn set_loc(&mut self, loc: SrcLoc) {
        self.loc = loc;
    }

    /// The source location of the following instructions.
    pub fn loc(&self) -> SrcLoc {
        self.loc
    }

    // ---- variables

    /// Declares a variable.
    pub fn declare_var(&mut self, ty: Type) -> Variable {
        self.vars.push(VarState { ty, last: None });
        Variable(self.vars.len() as u32 - 1)
    }

    /// Writes a variable in the current block.
    pub fn def_var(&mut self, var: Variable, value: ValueId) {
        debug_assert_eq!(self.vars[var.0 as usize].ty, self.func.ty(value), "a variable keeps its type");
        let block = self.block.expect("a variable is written in a block");
        self.set_def(var, block, value);
    }

    /// Reads a variable in the current block.
    pub fn use_var(&mut self, var: Variable) -> ValueId {
        let block = self.block.expect("a variable is read in a block");
        if let Some(value) = self.def_in(var, block) {
            return value;
        }
        let mut work = Vec::new();
        let value = self.find_def(var, block, &mut work);
        self.complete_params(work);
        self.func.resolve(value)
    }

    fn def_in(&mut self, var: Variable, block: BlockId) -> Option<ValueId> {
        let value = match self.vars[var.0 as usize].last {
            Some((last, value)) if last == block => value,
            _ => *self.defs.get(&(var, block))?,
        };
        Some(self.func.resolve_and_compress(value))
    }

    fn set_def(&mut self, var: Variable, block: BlockId, value: ValueId) {
        let last = &mut self.vars[var.0 as usize].last;
        if let Some((old_block, old_value)) = *last
            && old_block != block
        {
            self.defs.insert((var, old_block), old_value);
        }
        *last = Some((block, value));
    }

    /// The value of the variable at the end of `block`: walks up while there is one way to come, then makes a parameter.
    fn find_def(
        &mut self,
        var: Variable,
        block: BlockId,
        work: &mut Vec<(BlockId, Variable, ValueId)>,
    ) -> ValueId {
        let mut path: SmallVec<[BlockId; 8]> = smallvec![];
        let mut at = block;
        let value = loop {
            if let Some(value) = self.def_in(var, at) {
                break value;
            }
            path.push(at);
            let state = &self.states[at.index()];
            match state.preds.as_slice() {
                [(pred, _)] if state.is_sealed && !path.contains(pred) => at = *pred,
                [] if state.is_sealed => break self.zero_at_start(at, self.vars[var.0 as usize].ty),
                _ => break self.param_for(var, at, work),
            }
        };
        for block in path {
            self.set_def(var, block, value);
        }
        value
    }

    fn param_for(
        &mut self,
        var: Variable,
        block: BlockId,
        work: &mut Vec<(BlockId, Variable, ValueId)>,
    ) -> ValueId {
        let param = self.func.append_param(block, self.vars[var.0 as usize].ty);
        let state = &mut self.states[block.index()];
        if state.is_sealed {
            self.reserve_args(block, param);
            work.push((block, var, param));
        } else {
            state.pending.push((var, param));
        }
        param
    }

    fn reserve_args(&mut self, block: BlockId, param: ValueId) {
        for &(_, edge) in &self.states[block.index()].preds {
            self.func.target_mut(edge).args.push(param);
        }
    }

    fn complete_params(&mut self, mut work: Vec<(BlockId, Variable, ValueId)>) {
        while let Some((block, var, param)) = work.pop() {
            let preds = self.states[block.index()].preds.clone();
            let ValueDef::Param(_, param_idx) = self.func.value_def(param) else {
                unreachable!("a parameter becomes an alias only here, once")
            };
            let mut only = None;
            let mut is_copy = true;
            for (pred, target) in preds {
                let value = match self.def_in(var, pred) {
                    Some(value) => value,
                    None => self.find_def(var, pred, &mut work),
                };
                self.func.target_mut(target).args[usize::from(param_idx)] = value;
                is_copy &= value == param || *only.get_or_insert(value) == value;
            }
            if is_copy {
                let value =
                    only.unwrap_or_else(|| self.zero_at_start(self.func.entry(), self.func.ty(param)));
                self.func.replace_value(param, value);
                self.states[block.index()].has_aliases = true;
            }
        }
    }

    /// A zero defined where it dominates everything that `block` dominates.
    fn zero_at_start(&mut self, block: BlockId, ty: Type) -> ValueId {
        let zero = zero_inst(ty);
        if ty == Type::V128 {
            let lane = self.zero_at_start(block, Type::I8);
            let inst = self.func.make_inst(zero, &[lane], &[ty], self.loc);
            let lane_inst = self.func.def_inst(lane).expect("a constant has an instruction");
            match self.func.next_inst(lane_inst) {
                Some(next) => self.func.insert_before(next, inst),
                None => self.func.append_inst(block, inst),
            }
            return self.func.result(inst);
        }
        let inst = self.func.make_inst(zero, &[], &[ty], self.loc);
        self.func.prepend_inst(block, inst);
        self.func.result(inst)
    }

    // ---- instructions

    /// Writes any instruction; result types follow from the opcode where it determines them.
    pub fn emit(&mut self, inst: Inst, args: &[ValueId]) -> InstId {
        let mut types: SmallVec<[Type; 2]> = smallvec![];
        for slot in inst.op.info().results {
            match *slot {
                Slot::T => types.push(inst.ty),
                Slot::Is(ty) => types.push(ty),
                Slot::Lane => types.push(inst.lanes().lane_type()),
                Slot::In(_) | Slot::Many => {
                    unreachable!("the caller gives the result types of {:?}", inst.op)
                }
            }
        }
        self.emit_with(inst, args, &types)
    }

    /// Writes any instruction with these result types.
    pub fn emit_with(&mut self, inst: Inst, args: &[ValueId], results: &[Type]) -> InstId {
        let block = self.block.expect("an instruction is written into a block");
        let id = self.func.make_inst(inst, args, results, self.loc);
        self.func.append_inst(block, id);
        id
    }

    fn value(&mut self, inst: Inst, args: &[ValueId]) -> ValueId {
        let id = self.emit(inst, args);
        self.func.result(id)
    }

    /// An integer constant, or a pointer (nil for 0).
    pub fn iconst(&mut self, ty: Type, value: i64) -> ValueId {
        self.value(Inst::new(Op::Iconst, ty).imm(normalize(ty, value)), &[])
    }

    /// A `f64` constant.
    pub fn f64const(&mut self, value: f64) -> ValueId {
        self.value(Inst::new(Op::Fconst, Type::F64).imm(value.to_bits() as i64), &[])
    }

    /// A `f32` constant.
    pub fn f32const(&mut self, value: f32) -> ValueId {
        self.value(Inst::new(Op::Fconst, Type::F32).imm(i64::from(value.to_bits())), &[])
    }

    /// Zero of any type.
    pub fn zero(&mut self, ty: Type) -> ValueId {
        if ty == Type::V128 {
            let lane = self.iconst(Type::I8, 0);
            return self.value(zero_inst(ty), &[lane]);
        }
        self.value(zero_inst(ty), &[])
    }

    /// Address of code.
    pub fn code_addr(&mut self, name: Symbol) -> ValueId {
        self.value(Inst::new(Op::CodeAddr, Type::Ptr).sym(name), &[])
    }

    /// Address of data.
    pub fn data_addr(&mut self, name: Symbol, offset: i64) -> ValueId {
        self.value(Inst::new(Op::DataAddr, Type::Ptr).sym(name).imm(offset), &[])
    }

    /// An operation of one operand whose result has the same type (`ineg`, `clz`, `fsqrt`, ...).
    pub fn unary(&mut self, op: Op, x: ValueId) -> ValueId {
        self.value(Inst::new(op, self.func.ty(x)), &[x])
    }

    /// An operation of two operands whose result has the type of the first (`iadd`, `shl`, `fmul`, ...).
    pub fn binary(&mut self, op: Op, x: ValueId, y: ValueId) -> ValueId {
        self.value(Inst::new(op, self.func.ty(x)), &[x, y])
    }

    /// An operation whose result is of another type than its operand (`sextend`, `fcvt_to_sint`, `int_to_ptr`, ...).
    pub fn convert(&mut self, op: Op, to: Type, x: ValueId) -> ValueId {
        self.value(Inst::new(op, to), &[x])
    }

    /// An integer comparison.
    pub fn icmp(&mut self, cond: IntCond, x: ValueId, y: ValueId) -> ValueId {
        self.value(Inst::new(Op::Icmp, self.func.ty(x)).sub(cond as u8), &[x, y])
    }

    /// An integer comparison with a constant.
    pub fn icmp_imm(&mut self, cond: IntCond, x: ValueId, y: i64) -> ValueId {
        let y = self.iconst(self.func.ty(x), y);
        self.icmp(cond, x, y)
    }

    /// A float comparison.
    pub fn fcmp(&mut self, cond: FloatCond, x: ValueId, y: ValueId) -> ValueId {
        self.value(Inst::new(Op::Fcmp, self.func.ty(x)).sub(cond as u8), &[x, y])
    }

    /// `yes` if `cond` is not 0, else `no`.
    pub fn select(&mut self, cond: ValueId, yes: ValueId, no: ValueId) -> ValueId {
        self.value(Inst::new(Op::Select, self.func.ty(yes)), &[cond, yes, no])
    }

    /// `base` moved by `offset` bytes.
    pub fn ptr_add(&mut self, base: ValueId, offset: ValueId) -> ValueId {
        self.value(Inst::new(Op::PtrAdd, Type::Ptr), &[base, offset])
    }

    /// `base` moved by a constant.
    pub fn ptr_add_imm(&mut self, base: ValueId, offset: i64) -> ValueId {
        if offset == 0 {
            return base;
        }
        let offset = self.iconst(Type::I64, offset);
        self.ptr_add(base, offset)
    }

    /// Reads memory.
    pub fn load(&mut self, ty: Type, addr: ValueId, offset: i64, flags: MemFlags, region: Region) -> ValueId {
        self.value(Inst::new(Op::Load, ty).mem(offset, flags, region), &[addr])
    }

    /// Writes memory without a barrier.
    pub fn store(
        &mut self,
        value: ValueId,
        addr: ValueId,
        offset: i64,
        flags: MemFlags,
        region: Region,
    ) -> InstId {
        self.emit(Inst::new(Op::Store, self.func.ty(value)).mem(offset, flags, region), &[addr, value])
    }

    /// Writes a pointer with the write barrier.
    pub fn store_wb(
        &mut self,
        value: ValueId,
        addr: ValueId,
        offset: i64,
        flags: MemFlags,
        region: Region,
    ) -> InstId {
        self.emit(Inst::new(Op::StoreWb, Type::Ptr).mem(offset, flags, region), &[addr, value])
    }

    /// An atomic read-modify-write at an address; gives the old value.
    pub fn atomic_rmw(&mut self, op: RmwOp, addr: ValueId, operand: ValueId) -> ValueId {
        self.value(Inst::new(Op::AtomicRmw, self.func.ty(operand)).sub(op as u8), &[addr, operand])
    }

    /// New memory.
    pub fn alloc(&mut self, n_bytes: u64, align: u32, flags: AllocFlags, type_desc: Symbol) -> ValueId {
        debug_assert!(align.is_power_of_two());
        let mut inst = Inst::new(Op::Alloc, Type::Ptr).imm(n_bytes as i64).sub(align.trailing_zeros() as u8);
        inst.flags = flags.bits();
        self.value(inst.sym(type_desc), &[])
    }

    /// Panics if the pointer is nil.
    pub fn nil_check(&mut self, ptr: ValueId) -> InstId {
        self.emit(Inst::new(Op::NilCheck, Type::Ptr), &[ptr])
    }

    /// Panics unless the index is in bounds.
    pub fn bounds_check(
        &mut self,
        kind: BoundsKind,
        is_unsigned: bool,
        idx: ValueId,
        len: ValueId,
    ) -> InstId {
        let mut inst = Inst::new(Op::BoundsCheck, Type::I64).sub(kind as u8);
        inst.flags = u8::from(is_unsigned);
        self.emit(inst, &[idx, len])
    }

    /// Panics if the condition is not 0.
    pub fn panic_if(&mut self, kind: PanicKind, cond: ValueId) -> InstId {
        self.emit(Inst::new(Op::PanicIf, Type::I8).sub(kind as u8), &[cond])
    }

    /// Calls a function by name.
    pub fn call(&mut self, callee: Symbol, args: &[ValueId], results: &[Type]) -> InstId {
        self.emit_with(Inst::new(Op::Call, Type::Ptr).sym(callee), args, results)
    }

    /// Calls code or a closure: `op` is `call_indirect` or `call_closure`, the callee the first operand.
    pub fn call_value(&mut self, op: Op, args: &[ValueId], results: &[Type]) -> InstId {
        self.emit_with(Inst::new(op, Type::Ptr), args, results)
    }

    /// Calls a runtime function.
    pub fn call_rt(
        &mut self,
        callee: Symbol,
        effect: RtEffect,
        args: &[ValueId],
        results: &[Type],
    ) -> InstId {
        self.emit_with(Inst::new(Op::CallRt, Type::Ptr).sym(callee).sub(effect as u8), args, results)
    }

    // ---- terminators

    /// Writes a terminator; there is no current block afterwards.
    pub fn terminate(&mut self, inst: Inst, args: &[ValueId], targets: SmallVec<[Target; 2]>) -> InstId {
        debug_assert!(inst.op.is_terminator());
        let block = self.block.expect("a terminator ends a block");
        let id = self.emit_with(inst, args, &[]);
        if !targets.is_empty() {
            let blocks: SmallVec<[BlockId; 4]> = targets.iter().map(|target| target.block).collect();
            self.func.set_targets(id, targets);
            let first = self.func.first_target(id).index();
            for (index, to) in blocks.into_iter().enumerate() {
                let state = &mut self.states[to.index()];
                debug_assert!(!state.is_sealed, "{to} is sealed and cannot get another predecessor");
                state.preds.push((block, TargetId::new(first + index)));
            }
        }
        self.block = None;
        id
    }

    /// Goes to a block.
    pub fn jump(&mut self, to: BlockId, args: &[ValueId]) -> InstId {
        self.terminate(Inst::new(Op::Jump, Type::Ptr), &[], smallvec![target(to, args)])
    }

    /// Goes to one of two blocks, without arguments: variables travel by SSA construction.
    pub fn br_if(&mut self, cond: ValueId, then: BlockId, otherwise: BlockId) -> InstId {
        self.br_if_args(cond, (then, &[]), (otherwise, &[]))
    }

    /// Goes to one of two blocks with arguments.
    pub fn br_if_args(
        &mut self,
        cond: ValueId,
        (then, then_args): (BlockId, &[ValueId]),
        (otherwise, otherwise_args): (BlockId, &[ValueId]),
    ) -> InstId {
        let targets = smallvec![target(then, then_args), target(otherwise, otherwise_args)];
        self.terminate(Inst::new(Op::BrIf, Type::I8), &[cond], targets)
    }

    /// Goes to the block of the matching case.
    pub fn switch(&mut self, value: ValueId, cases: &[(i64, BlockId)], default: BlockId) -> InstId {
        let ty = self.func.ty(value);
        let mut targets = smallvec![target(default, &[])];
        targets.extend(
            cases.iter().map(|&(case, block)| Target { case: normalize(ty, case), ..target(block, &[]) }),
        );
        self.terminate(Inst::new(Op::Switch, ty), &[value], targets)
    }

    /// Returns from the function.
    pub fn ret(&mut self, values: &[ValueId]) -> InstId {
        self.terminate(Inst::new(Op::Return, Type::Ptr), values, smallvec![])
    }

    /// Ends a block that control never reaches the end of.
    pub fn unreachable(&mut self) -> InstId {
        self.terminate(Inst::new(Op::Unreachable, Type::Ptr), &[], smallvec![])
    }

    /// Replaces this frame by a call.
    pub fn tail_call(&mut self, callee: Symbol, args: &[ValueId]) -> InstId {
        self.terminate(Inst::new(Op::TailCall, Type::Ptr).sym(callee), args, smallvec![])
    }

    /// Calls `callee(record, args...)` with `recovered` as the handler.
    pub fn protected_call(
        &mut self,
        callee: Symbol,
        args: &[ValueId],
        normal: BlockId,
        recovered: BlockId,
    ) -> InstId {
        let targets = smallvec![target(normal, &[]), target(recovered, &[])];
        self.terminate(Inst::new(Op::ProtectedCall, Type::Ptr).sym(callee), args, targets)
    }

    // ---- the end

    /// Ends construction: removes parameters that are copies of one value.
    pub fn finish(self) {
        debug_assert!(self.block.is_none(), "the current block has no terminator");
        debug_assert!(
            self.states.iter().all(|state| state.is_sealed),
            "a block of {} is not sealed",
            self.func.name
        );
        for (index, state) in self.states.iter().enumerate() {
            if !state.has_aliases {
                continue;
            }
            let block = BlockId::new(index);
            let keep: SmallVec<[bool; 8]> =
                self.func.params(block).iter().map(|&p| !self.is_alias(p)).collect();
            for &(_, edge) in &state.preds {
                let mut index = 0;
                self.func.target_mut(edge).args.retain(|_| {
                    index += 1;
                    keep[index - 1]
                });
            }
            let mut index = 0;
            self.func.retain_params(block, |_| {
                index += 1;
                keep[index - 1]
            });
        }
        self.func.resolve_aliases();
    }

    fn is_alias(&self, value: ValueId) -> bool {
        matches!(self.func.value_def(value), ValueDef::Alias(_))
    }
}

fn target(block: BlockId, args: &[ValueId]) -> Target {
    Target { block, args: SmallVec::from_slice(args), case: 0 }
}

/// The zero of a type; for vectors a splat that needs an `i8` zero as operand.
fn zero_inst(ty: Type) -> Inst {
    match ty {
        Type::F32 | Type::F64 => Inst::new(Op::Fconst, ty),
        Type::V128 => Inst::new(Op::Vsplat, ty),
        _ => Inst::new(Op::Iconst, ty),
    }
}

/// The sign-extended form in which constants of a type are kept.
pub fn normalize(ty: Type, value: i64) -> i64 {
    match ty {
        Type::I8 => i64::from(value as i8),
        Type::I16 => i64::from(value as i16),
        Type::I32 => i64::from(value as i32),
        _ => value,
    }
}
