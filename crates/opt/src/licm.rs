//! Moves what does not change in a loop in front of it: pure instructions always; checks and loads when they are
//! executed whenever the loop is entered, before anything else can be observed.
//!
//! A load moves only if nothing in the loop may write what it reads. Constants stay: they are free to make and costly to
//! keep.

use crate::alias::{Private, access};
use crate::loops::Loops;
use crate::pass::Scratch;
use ir::function::ValueDef;
use ir::{BlockId, Cfg, Effects, Function, Inst, InstId, MemFlags, Op, Target, Type, ValueId};
use smallvec::SmallVec;

/// Hoists from all loops, inner ones first.
pub fn licm(func: &mut Function, scratch: &mut Scratch) -> bool {
    let flow = scratch.flow(func);
    let (cfg, loops) = (&flow.cfg, flow.loops(func));
    if loops.loops.is_empty() || !loops.is_reducible {
        return false;
    }
    let private = Private::new(func);
    let mut has_changed = false;
    let mut made = Vec::new();
    for index in (0..loops.loops.len()).rev() {
        let (private, made, index) = (&private, &mut made, index as u32);
        let mut hoister = Hoister { func, cfg, loops, private, index, made, writers: None };
        let movable = hoister.find();
        if !movable.is_empty() {
            hoister.hoist(&movable);
            has_changed = true;
        }
    }
    if has_changed {
        scratch.graph_changed();
    }
    has_changed
}

struct Hoister<'a> {
    func: &'a mut Function,
    cfg: &'a Cfg,
    loops: &'a Loops,
    private: &'a Private,
    index: u32,
    /// Blocks that this pass has made, each with the header of the loop that it is in front of.
    made: &'a mut Vec<(BlockId, BlockId)>,
    /// The instructions of the loop that may write, once they are needed.
    writers: Option<Vec<InstId>>,
}

impl Hoister<'_> {
    /// What can move, in an order in which it can be executed.
    fn find(&mut self) -> Vec<InstId> {
        let found = &self.loops.loops[self.index as usize];
        let mut movable: Vec<InstId> = Vec::new();
        let mut is_moved = vec![];
        for &block in &found.blocks {
            let is_header = block == found.header;
            // Whether all that was executed since the loop was entered has moved out, or cannot be observed.
            let mut is_first = is_header;
            let insts: Vec<InstId> = self.func.block_insts(block).collect();
            for inst in insts {
                let can_move = self.can_move(inst, is_first) && self.is_invariant(inst, &is_moved);
                if can_move {
                    movable.push(inst);
                    is_moved.resize(is_moved.len().max(inst.index() + 1), false);
                    is_moved[inst.index()] = true;
                } else {
                    let observable = Effects::WRITES | Effects::PANICS | Effects::PARKS | Effects::GC;
                    let data = self.func.inst(inst);
                    is_first &= !data.effects().intersects(observable) && data.op != Op::Load;
                }
            }
        }
        movable
    }

    fn can_move(&mut self, inst: InstId, is_first: bool) -> bool {
        let data = *self.func.inst(inst);
        match data.op {
            Op::Iconst | Op::Fconst | Op::CodeAddr | Op::DataAddr => false,
            Op::NilCheck | Op::BoundsCheck | Op::PanicIf => is_first,
            Op::Load => {
                let flags = data.mem_flags();
                let is_safe = is_first || flags.contains(MemFlags::NOTRAP | MemFlags::CAN_MOVE);
                is_safe && (flags.contains(MemFlags::READONLY) || !self.is_written(inst))
            }
            // Division by a divisor that a check in the loop may still refuse.
            Op::Sdiv | Op::Udiv | Op::Srem | Op::Urem | Op::UdivWide => is_first,
            _ => data.is_pure() && data.n_results() > 0,
        }
    }

    fn is_written(&mut self, load: InstId) -> bool {
        if self.writers.is_none() {
            let writes = |inst: &InstId| {
                let effects = self.func.inst(*inst).effects();
                effects.intersects(Effects::WRITES | Effects::PARKS) || self.func.inst(*inst).op == Op::Alloc
            };
            let blocks = &self.loops.loops[self.index as usize].blocks;
            let insts = blocks.iter().flat_map(|&block| self.func.block_insts(block));
            self.writers = Some(insts.filter(writes).collect());
        }
        let read = access(self.func, load);
        let writers = self.writers.as_deref().unwrap_or_default();
        writers.iter().any(|&writer| read.may_be_written_by(self.func, writer, self.private))
    }

    fn is_invariant(&self, inst: InstId, is_moved: &[bool]) -> bool {
        self.func.args(inst).iter().all(|&arg| {
            let home = match self.func.value_def(arg) {
                ValueDef::Param(block, _) => Some(block),
                ValueDef::Result(def, _) => {
                    if is_moved.get(def.index()).copied().unwrap_or(false) || is_constant(self.func, arg) {
                        return true;
                    }
                    self.func.inst_block(def)
                }
                ValueDef::Alias(_) => None,
            };
            home.is_some_and(|home| !self.is_inside(home))
        })
    }

    fn is_inside(&self, block: BlockId) -> bool {
        if block.index() < self.loops.n_blocks() {
            return self.loops.contains(self.index, block);
        }
        // What is in front of an inner loop is inside of this one.
        let own_header = self.loops.loops[self.index as usize].header;
        let inner = self.made.iter().find(|(made, header)| *made == block && *header != own_header);
        inner.is_some_and(|&(_, header)| self.loops.contains(self.index, header))
    }

    fn hoist(&mut self, movable: &[InstId]) {
        let place = self.preheader();
        let end = self.func.terminator(place);
        for &inst in movable {
            for index in 0..self.func.args(inst).len() {
                let arg = self.func.args(inst)[index];
                if let Some(def) = self.func.def_inst(arg)
                    && self.func.inst_block(def).is_some_and(|block| self.is_inside(block))
                {
                    // Only constants are left behind: make another one.
                    let copy = self.func.make_inst(
                        *self.func.inst(def),
                        &[],
                        &[self.func.ty(arg)],
                        self.func.loc(def),
                    );
                    self.func.insert_before(end, copy);
                    self.func.args_mut(inst)[index] = self.func.result(copy);
                }
            }
            self.func.unlink_inst(inst);
            self.func.insert_before(end, inst);
        }
    }

    /// The block that all ways into the loop go through, and that goes nowhere else.
    fn preheader(&mut self) -> BlockId {
        let header = self.loops.loops[self.index as usize].header;
        let entering: SmallVec<[ir::cfg::Edge; 4]> =
            self.cfg.preds(header).iter().copied().filter(|edge| !self.is_inside(edge.from)).collect();
        if let [edge] = entering.as_slice()
            && self.func.target(edge.target).block == header
            && self.func.inst(self.func.terminator(edge.from)).op == Op::Jump
        {
            return edge.from;
        }
        let place = self.func.make_block();
        self.made.push((place, header));
        let params: SmallVec<[ValueId; 4]> = SmallVec::from_slice(self.func.params(header));
        let args = params.iter().map(|&param| self.func.append_param(place, self.func.ty(param))).collect();
        for edge in &entering {
            self.func.target_mut(edge.target).block = place;
        }
        let loc = self.func.loc(self.func.terminator(header));
        let jump = self.func.make_inst(Inst::new(Op::Jump, Type::Ptr), &[], &[], loc);
        self.func.append_inst(place, jump);
        self.func.set_targets(jump, [Target { block: header, args, case: 0 }]);
        let at =
            self.func.layout.iter().position(|&block| block == header).expect("the header is in the layout");
        self.func.layout.insert(at, place);
        place
    }
}

fn is_constant(func: &Function, value: ValueId) -> bool {
    func.def_inst(value).is_some_and(|inst| {
        matches!(func.inst(inst).op, Op::Iconst | Op::Fconst | Op::CodeAddr | Op::DataAddr)
    })
}
