//! Puts variables back into SSA form in a finished graph: given the definitions at the ends of blocks, finds the value at the
//! start of any block, making block parameters where definitions meet (Braun et al., on a complete graph).

use ir::{BlockId, Cfg, Function, Inst, Op, Type, ValueId};
use rustc_hash::FxHashMap;

/// A set of variables, numbered densely.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    types: Vec<Type>,
    ends: FxHashMap<(u32, BlockId), ValueId>,
    starts: FxHashMap<(u32, BlockId), ValueId>,
}

impl Variables {
    /// Declares a variable and numbers it.
    pub(crate) fn declare(&mut self, ty: Type) -> u32 {
        self.types.push(ty);
        self.types.len() as u32 - 1
    }

    /// Says what the variable is at the end of the block. All calls come before the first `at_start`.
    pub(crate) fn define_end(&mut self, var: u32, block: BlockId, value: ValueId) {
        self.ends.insert((var, block), value);
    }

    /// The value at the start of a block.
    pub(crate) fn at_start(&mut self, func: &mut Function, cfg: &Cfg, var: u32, block: BlockId) -> ValueId {
        let mut work = Vec::new();
        let value = self.find(func, cfg, var, block, &mut work);
        while let Some((block, index)) = work.pop() {
            for edge_idx in 0..cfg.preds(block).len() {
                let edge = cfg.preds(block)[edge_idx];
                let arg = match self.ends.get(&(var, edge.from)) {
                    Some(&value) => value,
                    None => self.find(func, cfg, var, edge.from, &mut work),
                };
                func.target_mut(edge.target).args[index] = arg;
            }
        }
        value
    }

    fn find(
        &mut self,
        func: &mut Function,
        cfg: &Cfg,
        var: u32,
        block: BlockId,
        work: &mut Vec<(BlockId, usize)>,
    ) -> ValueId {
        let mut path = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(&value) = self.starts.get(&(var, at)) {
                break value;
            }
            path.push(at);
            match cfg.preds(at) {
                [] => break zero_at(func, at, self.types[var as usize]),
                [edge] => {
                    if let Some(&value) = self.ends.get(&(var, edge.from)) {
                        break value;
                    }
                    at = edge.from;
                }
                edges => {
                    let param = func.append_param(at, self.types[var as usize]);
                    let index = func.params(at).len() - 1;
                    for edge in edges {
                        func.target_mut(edge.target).args.push(param);
                    }
                    work.push((at, index));
                    break param;
                }
            }
        };
        for block in path {
            self.starts.insert((var, block), value);
        }
        value
    }
}

/// A zero at the start of a block.
pub(crate) fn zero_at(func: &mut Function, block: BlockId, ty: Type) -> ValueId {
    let first = func.first_inst(block).expect("a block has a terminator");
    zero_before(func, first, ty)
}

/// A zero before an instruction.
pub(crate) fn zero_before(func: &mut Function, before: ir::InstId, ty: Type) -> ValueId {
    let loc = func.loc(before);
    let lane;
    let (inst, args): (Inst, &[ValueId]) = match ty {
        Type::F32 | Type::F64 => (Inst::new(Op::Fconst, ty), &[]),
        Type::V128 => {
            lane = zero_before(func, before, Type::I8);
            (Inst::new(Op::Vsplat, ty), std::slice::from_ref(&lane))
        }
        _ => (Inst::new(Op::Iconst, ty), &[]),
    };
    let zero = func.make_inst(inst, args, &[ty], loc);
    func.insert_before(before, zero);
    func.result(zero)
}
