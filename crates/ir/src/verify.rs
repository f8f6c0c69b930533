//! Checks the invariants of a function, and of calls within a module.

use crate::cfg::Cfg;
use crate::dom::DomTree;
use crate::entity::{BlockId, InstId, ValueId};
use crate::function::{FnAttrs, Function, ValueDef};
use crate::inst::{AllocFlags, Inst};
use crate::module::{Def, Module};
use crate::op::{Field, Op, Slot};
use crate::print::inst_text;
use crate::types::{Lanes, Type};
use base::{IdxVec, Symbol};
use std::fmt::Write;

/// What is wrong with a function: a bug of whoever made it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("function {func} is not valid IR:\n{problems}")]
pub struct VerifyError {
    /// Which function.
    pub func: Symbol,
    /// One line per problem.
    pub problems: String,
}

/// Checks one function by itself.
pub fn verify(func: &Function) -> Result<(), VerifyError> {
    let mut verifier = Verifier { func, problems: String::new() };
    if func.has_body() {
        // Dominance means something only when the graph is well formed.
        verifier.graph();
        if verifier.problems.is_empty() {
            verifier.instructions();
        }
        if verifier.problems.is_empty() {
            verifier.dominance();
        }
    }
    verifier.finish()
}

/// Checks each function, and that direct calls fit their callees.
pub fn verify_module(module: &Module) -> Result<(), VerifyError> {
    for func in module.funcs.iter() {
        verify(func)?;
        let mut verifier = Verifier { func, problems: String::new() };
        for &block in &func.layout {
            for inst in func.block_insts(block) {
                verifier.callee(module, inst);
            }
        }
        verifier.finish()?;
    }
    Ok(())
}

struct Verifier<'f> {
    func: &'f Function,
    problems: String,
}

impl Verifier<'_> {
    fn finish(self) -> Result<(), VerifyError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(VerifyError { func: self.func.name, problems: self.problems })
    }

    fn problem(&mut self, message: &str) {
        let _ = writeln!(self.problems, "  {message}");
    }

    fn problem_at(&mut self, inst: InstId, message: &str) {
        let text = inst_text(self.func, inst);
        self.problem(&format!("`{text}`: {message}"));
    }

    // ---- blocks and edges

    fn graph(&mut self) {
        let func = self.func;
        let mut is_laid_out = IdxVec::<BlockId, bool>::from_elem(false, func.n_blocks());
        for &block in &func.layout {
            if std::mem::replace(&mut is_laid_out[block], true) {
                self.problem(&format!("{block:?} is twice in the layout"));
                return;
            }
        }
        let entry_types: Vec<Type> = func.params(func.entry()).iter().map(|&param| func.ty(param)).collect();
        if entry_types != func.sig.params {
            self.problem("the parameters of the entry block are not those of the signature");
        }
        for &block in &func.layout {
            self.terminator(block, &is_laid_out);
        }
    }

    fn terminator(&mut self, block: BlockId, is_laid_out: &IdxVec<BlockId, bool>) {
        let func = self.func;
        let Some(last) = func.last_inst(block) else {
            self.problem("a block is empty");
            return;
        };
        for inst in func.block_insts(block) {
            if func.inst(inst).op.is_terminator() != (inst == last) {
                self.problem_at(inst, "a block must end in its only terminator");
            }
        }
        for index in 0..func.targets(last).len() {
            let target = &func.targets(last)[index];
            if !is_laid_out[target.block] {
                self.problem_at(last, "a target is not in the layout");
            } else if target.block == func.entry() {
                self.problem_at(last, "nothing may branch to the entry");
            }
            let found = target.args.iter().map(|&arg| func.ty(arg));
            if !found.eq(func.params(target.block).iter().map(|&param| func.ty(param))) {
                self.problem_at(last, "arguments do not fit the parameters of a target");
            }
        }
    }

    // ---- instructions

    fn instructions(&mut self) {
        for &block in &self.func.layout {
            for inst in self.func.block_insts(block) {
                self.types(inst);
                self.immediates(inst);
                self.shape(inst);
            }
        }
    }

    fn types(&mut self, inst: InstId) {
        let func = self.func;
        let data = func.inst(inst);
        let info = data.op.info();
        if !info.types.has(data.ty) {
            self.problem_at(inst, "not a type of this instruction");
        }
        if !fits(data, info.args, func.args(inst).iter().map(|&arg| func.ty(arg))) {
            self.problem_at(inst, "operands do not have the types of the opcode");
        }
        if !fits(data, info.results, func.results(inst).map(|result| func.ty(result))) {
            self.problem_at(inst, "results do not have the types of the opcode");
        }
        for &arg in func.args(inst) {
            if matches!(func.value_def(arg), ValueDef::Alias(_)) {
                self.problem_at(inst, "an operand is an alias");
            }
        }
    }

    fn immediates(&mut self, inst: InstId) {
        let data = self.func.inst(inst);
        let is_good = match data.op.info().field {
            Field::Imm if data.op == Op::Iconst => crate::builder::normalize(data.ty, data.imm) == data.imm,
            Field::Bits => data.ty == Type::F64 || data.imm >> 32 == 0,
            Field::Lane => (0..i64::from(data.lanes().n_lanes())).contains(&data.imm),
            Field::Alloc => {
                data.imm >= 0 && (!data.alloc_flags().contains(AllocFlags::SIDE) || data.align() <= 16)
            }
            Field::Mem => i32::try_from(data.imm).is_ok(),
            Field::Switch => self.cases_differ(inst),
            _ => true,
        };
        if !is_good {
            self.problem_at(inst, "immediate out of range");
        }
    }

    fn cases_differ(&self, inst: InstId) -> bool {
        let mut cases: Vec<i64> = self.func.targets(inst).iter().skip(1).map(|target| target.case).collect();
        cases.sort_unstable();
        cases.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// What neither types nor immediates say.
    fn shape(&mut self, inst: InstId) {
        let func = self.func;
        let data = func.inst(inst);
        let arg_ty = |index: usize| func.args(inst).get(index).map_or(data.ty, |&arg| func.ty(arg));
        let n_targets = func.targets(inst).len();
        let is_good = match data.op {
            Op::Sextend | Op::Uextend => arg_ty(0).n_bits() < data.ty.n_bits(),
            Op::Ireduce => arg_ty(0).n_bits() > data.ty.n_bits(),
            Op::Bitcast => {
                arg_ty(0).n_bits() == data.ty.n_bits() && arg_ty(0) != Type::Ptr && data.ty != Type::Ptr
            }
            Op::FcvtToSint | Op::FcvtToUint => data.ty.n_bits() >= 32,
            Op::FcvtFromSint | Op::FcvtFromUint => arg_ty(0).n_bits() >= 32,
            Op::Vdiv => matches!(data.lanes(), Lanes::F32x4 | Lanes::F64x2),
            Op::Return => {
                func.args(inst).iter().map(|&arg| func.ty(arg)).eq(func.sig.results.iter().copied())
            }
            Op::Jump => n_targets == 1,
            Op::BrIf => n_targets == 2,
            Op::ProtectedCall => n_targets == 2 && func.attrs.contains(FnAttrs::DEFERS),
            _ => true,
        };
        if !is_good {
            self.problem_at(inst, "operands, targets or attributes do not fit the opcode");
        }
    }

    // ---- dominance

    fn dominance(&mut self) {
        let func = self.func;
        let cfg = Cfg::new(func);
        let dom = DomTree::new(func, &cfg);
        let mut position = IdxVec::<crate::entity::InstId, u32>::from_elem(u32::MAX, func.n_insts());
        for &block in &cfg.rpo {
            for (index, inst) in func.block_insts(block).enumerate() {
                position[inst] = index as u32;
            }
        }
        for &block in &cfg.rpo {
            for inst in func.block_insts(block) {
                let uses =
                    func.args(inst).iter().chain(func.targets(inst).iter().flat_map(|target| &target.args));
                for &arg in uses {
                    if !is_available(func, &dom, &position, arg, block, inst) {
                        self.problem_at(inst, "an operand is used before it is defined");
                    }
                }
            }
        }
    }

    // ---- the module

    fn callee(&mut self, module: &Module, inst: InstId) {
        let func = self.func;
        let data = func.inst(inst);
        if !matches!(data.op, Op::Call | Op::TailCall | Op::ProtectedCall) {
            return;
        }
        match module.def(data.sym) {
            // Defined elsewhere.
            None => {}
            Some(Def::Data(_)) => self.problem_at(inst, "the callee is data"),
            Some(Def::Func(callee)) => {
                let sig = &module.funcs[callee].sig;
                let results: Vec<Type> = match data.op {
                    Op::Call => func.results(inst).map(|result| func.ty(result)).collect(),
                    Op::TailCall => func.sig.results.clone(),
                    _ => Vec::new(),
                };
                let args_fit = func.args(inst).iter().map(|&arg| func.ty(arg)).eq(sig.params.iter().copied());
                if !args_fit || results != sig.results {
                    self.problem_at(inst, "does not fit the signature of the callee");
                }
            }
        }
    }
}

fn fits(inst: &Inst, slots: &[Slot], mut types: impl ExactSizeIterator<Item = Type>) -> bool {
    for slot in slots {
        if *slot == Slot::Many {
            return true;
        }
        let is_good = types.next().is_some_and(|ty| match *slot {
            Slot::T => ty == inst.ty,
            Slot::Is(wanted) => ty == wanted,
            Slot::In(set) => set.has(ty),
            Slot::Lane => ty == inst.lanes().lane_type(),
            Slot::Many => true,
        });
        if !is_good {
            return false;
        }
    }
    types.len() == 0
}

fn is_available(
    func: &Function,
    dom: &DomTree,
    position: &IdxVec<InstId, u32>,
    value: ValueId,
    block: BlockId,
    user: InstId,
) -> bool {
    match func.value_def(value) {
        ValueDef::Param(home, _) => dom.dominates(home, block),
        ValueDef::Result(def, _) => match func.inst_block(def) {
            Some(home) if home == block => position[def] < position[user],
            Some(home) => dom.dominates(home, block),
            None => false,
        },
        ValueDef::Alias(_) => false,
    }
}
