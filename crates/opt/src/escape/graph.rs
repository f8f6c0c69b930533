//! The flow graph of one function, and the walks over it.

use super::known::leak_of;
use super::{Cause, Leak, MAX_SIDE_BYTES, Summaries, Summary, Verdict};
use crate::loops::Loops;
use base::Symbol;
use ir::function::ValueDef;
use ir::inst::AllocFlags;
use ir::{BlockId, Cfg, DomTree, FnAttrs, Function, InstId, Module, Op, RtEffect, SrcLoc, Type, ValueId};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

/// One step of an explanation: the instruction that makes the flow, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where.
    pub loc: SrcLoc,
    /// What it does with the pointer.
    pub how: How,
}

/// How a pointer flows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// It is copied or moved.
    Copy,
    /// It is read from memory.
    Load,
    /// It is stored in an object.
    Store,
    /// It is stored where the analysis does not follow.
    StoreToHeap,
    /// It is returned.
    Return,
    /// It is passed to this function, which leaks it.
    Pass(Symbol),
    /// It is passed to code that is not known.
    PassToUnknown,
    /// The code of a closure leaks what it captured.
    Capture(Symbol),
    /// The frame is replaced by a tail call.
    TailCall,
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    from: u32,
    derefs: i8,
    inst: Option<InstId>,
    how: How,
}

pub(super) struct Analysis<'a> {
    func: &'a Function,
    module: &'a Module,
    summaries: Summaries<'a>,
    loops: Loops,
    cfg: Cfg,
    /// All objects made here. Those that are in the frame anyway matter for what they hold.
    allocs: Vec<InstId>,
    /// Incoming edges by place: values, then objects in the order of `allocs`, results, the frame's end, the record of the
    /// wrapper, the heap.
    edges: Vec<SmallVec<[Edge; 2]>>,
    object_of: Vec<Option<u32>>,
    first_object: u32,
    first_result: u32,
    frame_end: u32,
    record: u32,
    heap: u32,
    /// For each object: why it escapes.
    escapes: Vec<Option<Vec<Step>>>,
    leaks: Vec<Leak>,
}

/// The state of one walk, by place.
#[derive(Clone, Copy)]
struct Visit {
    walk: u32,
    derefs: i8,
    /// The place and edge that it was reached by.
    from: u32,
    edge: u32,
}

impl<'a> Analysis<'a> {
    pub(super) fn new(module: &'a Module, summaries: Summaries<'a>, func: &'a Function) -> Analysis<'a> {
        let cfg = Cfg::new(func);
        let dom = DomTree::new(func, &cfg);
        let loops = Loops::new(func, &cfg, &dom);
        let mut allocs = Vec::new();
        for &block in &cfg.rpo {
            let is_object = |&inst: &InstId| func.inst(inst).op == Op::Alloc;
            allocs.extend(func.block_insts(block).filter(is_object));
        }
        let first_object = func.n_values() as u32;
        let first_result = first_object + allocs.len() as u32;
        let frame_end = first_result + func.sig.results.len() as u32;
        let record = frame_end + 1;
        let heap = record + 1;
        let mut object_of = vec![None; func.n_values()];
        for (index, &alloc) in allocs.iter().enumerate() {
            object_of[func.result(alloc).index()] = Some(first_object + index as u32);
        }
        let escapes = vec![None; allocs.len()];
        let leaks = vec![Leak::default(); func.sig.params.len()];
        let edges = vec![SmallVec::new(); heap as usize + 1];
        let mut analysis = Analysis {
            func,
            module,
            summaries,
            loops,
            cfg,
            allocs,
            edges,
            object_of,
            first_object,
            first_result,
            frame_end,
            record,
            heap,
            escapes,
            leaks,
        };
        analysis.build();
        analysis.walk_all();
        analysis
    }

    pub(super) fn summary(self) -> Summary {
        let mut params = self.leaks;
        params.iter_mut().for_each(|leak| leak.results.sort_unstable());
        Summary { params }
    }

    pub(super) fn verdicts(self) -> Vec<Verdict> {
        let verdict = |(&alloc, path): (&InstId, Option<Vec<Step>>)| {
            let cause = if self.func.inst(alloc).imm > MAX_SIDE_BYTES || self.func.inst(alloc).align() > 16 {
                Some(Cause::TooBig)
            } else if !self.loops.is_reducible {
                Some(Cause::Irreducible)
            } else {
                path.map(Cause::Flows)
            };
            Verdict { alloc, loc: self.func.loc(alloc), cause }
        };
        let is_open = |(alloc, _): &(&InstId, Option<Vec<Step>>)| {
            !self.func.inst(**alloc).alloc_flags().contains(AllocFlags::SIDE)
        };
        self.allocs.iter().zip(self.escapes).filter(is_open).map(verdict).collect()
    }

    // ---- building

    fn build(&mut self) {
        let func = self.func;
        if func.attrs.contains(FnAttrs::DEFER_BODY) {
            let record = func.params(func.entry())[0];
            let edge = Edge { from: self.record, derefs: -1, inst: None, how: How::Copy };
            self.edges[record.index()].push(edge);
        }
        for index in 0..self.cfg.rpo.len() {
            let block = self.cfg.rpo[index];
            for inst in func.block_insts(block) {
                self.inst(inst);
            }
            for target in func.successors(block) {
                for (&param, &arg) in func.params(target.block).iter().zip(&target.args) {
                    if carries_pointer(func.ty(param)) {
                        self.flow(place(param), arg, 0, Some(func.terminator(block)), How::Copy);
                    }
                }
            }
        }
    }

    fn flow(&mut self, to: u32, from: ValueId, derefs: i8, inst: Option<InstId>, how: How) {
        self.edges[to as usize].push(Edge { from: place(from), derefs, inst, how });
    }

    fn inst(&mut self, inst: InstId) {
        let func = self.func;
        let data = func.inst(inst);
        let args = func.args(inst);
        match data.op {
            Op::Alloc => {
                let result = func.result(inst);
                if let Some(object) = self.object_of[result.index()] {
                    let edge = Edge { from: object, derefs: -1, inst: Some(inst), how: How::Copy };
                    self.edges[result.index()].push(edge);
                }
            }
            Op::Load | Op::AtomicLoad if carries_pointer(data.ty) => {
                self.flow(place(func.result(inst)), args[0], 1, Some(inst), How::Load);
            }
            Op::Store | Op::StoreWb | Op::AtomicStore | Op::AtomicStoreWb if carries_pointer(data.ty) => {
                self.store(inst, args[0], args[1], 0);
            }
            Op::AtomicRmw | Op::AtomicXchgWb if carries_pointer(data.ty) => {
                self.store(inst, args[0], args[1], 0);
                self.flow(place(func.result(inst)), args[0], 1, Some(inst), How::Load);
            }
            Op::AtomicCas | Op::AtomicCasWb if carries_pointer(data.ty) => {
                self.store(inst, args[0], args[2], 0)
            }
            Op::MemCopy | Op::MemMove => self.store(inst, args[0], args[1], 1),
            Op::Return => {
                for (index, &arg) in args.iter().enumerate() {
                    if carries_pointer(func.ty(arg)) {
                        self.flow(self.first_result + index as u32, arg, 0, Some(inst), How::Return);
                    }
                }
            }
            Op::Call | Op::TailCall | Op::ProtectedCall => self.call(inst),
            Op::CallRt => self.call_rt(inst),
            Op::CallIndirect | Op::TailCallIndirect | Op::CallClosure | Op::TailCallClosure => {
                self.call_unknown(inst)
            }
            _ => self.copies(inst),
        }
        if data.op.is_terminator() && data.op.is_call() && data.op != Op::ProtectedCall {
            for &arg in args {
                self.flow(self.frame_end, arg, 0, Some(inst), How::TailCall);
            }
        }
    }

    /// Pure instructions, pointer arithmetic on integers included.
    fn copies(&mut self, inst: InstId) {
        let func = self.func;
        let is_arithmetic = matches!(
            func.inst(inst).op,
            Op::PtrAdd
                | Op::Select
                | Op::PtrToInt
                | Op::IntToPtr
                | Op::Iadd
                | Op::Isub
                | Op::And
                | Op::Or
                | Op::Xor
                | Op::Vsplat
                | Op::Vinsert
                | Op::Vextract
                | Op::Bitcast
        );
        if is_arithmetic {
            let result = func.result(inst);
            for &arg in func.args(inst).iter().filter(|&&arg| func.ty(arg).n_bytes() >= 8) {
                self.flow(place(result), arg, 0, Some(inst), How::Copy);
            }
        }
    }

    fn store(&mut self, inst: InstId, addr: ValueId, value: ValueId, derefs: i8) {
        match self.root_of(addr) {
            Some(root) => {
                self.flow(root, value, derefs, Some(inst), How::Store);
                self.captures(inst, addr, value);
            }
            None => self.flow(self.heap, value, derefs, Some(inst), How::StoreToHeap),
        }
    }

    /// The object that the pointer points into, if it was allocated here, or is the record, and only moved.
    fn root_of(&self, mut addr: ValueId) -> Option<u32> {
        loop {
            if let Some(object) = self.object_of[addr.index()] {
                return Some(object);
            }
            let Some(inst) = self.func.def_inst(addr) else {
                return self.is_record(addr).then_some(self.record);
            };
            if self.func.inst(inst).op != Op::PtrAdd {
                return None;
            }
            addr = self.func.args(inst)[0];
        }
    }

    fn is_record(&self, value: ValueId) -> bool {
        self.func.attrs.contains(FnAttrs::DEFER_BODY)
            && self.func.value_def(value) == ValueDef::Param(self.func.entry(), 0)
    }

    /// When the code of a closure is stored in its object: what that code does with the object.
    fn captures(&mut self, inst: InstId, object: ValueId, code: ValueId) {
        let Some(def) = self.func.def_inst(code) else { return };
        let is_first_word = self.func.inst(inst).imm == 0 || self.root_of(object) == Some(self.record);
        if self.func.inst(def).op != Op::CodeAddr || !is_first_word {
            return;
        }
        let name = self.func.inst(def).sym;
        let leak = match self.module.func_id(name) {
            Some(id) => self.summaries.of(id).params.first().cloned().unwrap_or_default(),
            None => Leak::everything(),
        };
        let to_results = leak.results.iter().map(|&(_, derefs)| derefs);
        for derefs in leak.heap.into_iter().chain(to_results) {
            self.flow(self.heap, object, derefs as i8, Some(inst), How::Capture(name));
        }
    }

    fn call(&mut self, inst: InstId) {
        let func = self.func;
        let callee = func.inst(inst).sym;
        let summary = self.module.func_id(callee).map(|id| self.summaries.of(id));
        for (index, &arg) in func.args(inst).iter().enumerate() {
            if !carries_pointer(func.ty(arg)) {
                continue;
            }
            let leak = match summary {
                Some(summary) => summary.params.get(index).cloned().unwrap_or_else(Leak::everything),
                None => Leak::everything(),
            };
            self.pass(inst, arg, &leak, callee);
        }
    }

    fn pass(&mut self, inst: InstId, arg: ValueId, leak: &Leak, callee: Symbol) {
        let func = self.func;
        if let Some(derefs) = leak.heap {
            self.flow(self.heap, arg, derefs as i8, Some(inst), How::Pass(callee));
        }
        for &(result, derefs) in &leak.results {
            let to = match func.results(inst).nth(usize::from(result)) {
                Some(value) => place(value),
                // A tail call returns what its callee returns.
                None => self.first_result + u32::from(result),
            };
            self.flow(to, arg, derefs as i8, Some(inst), How::Pass(callee));
        }
    }

    fn call_rt(&mut self, inst: InstId) {
        let func = self.func;
        let data = func.inst(inst);
        for (index, &arg) in func.args(inst).iter().enumerate() {
            if !carries_pointer(func.ty(arg)) {
                continue;
            }
            if matches!(data.rt_effect(), RtEffect::Pure | RtEffect::Reads) {
                for result in func.results(inst) {
                    self.flow(place(result), arg, 0, Some(inst), How::Pass(data.sym));
                    self.flow(place(result), arg, 1, Some(inst), How::Pass(data.sym));
                }
                continue;
            }
            let leak = leak_of(data.sym.as_str(), index);
            self.pass(inst, arg, &leak, data.sym);
        }
    }

    fn call_unknown(&mut self, inst: InstId) {
        let func = self.func;
        for &arg in &func.args(inst)[1..] {
            if carries_pointer(func.ty(arg)) {
                self.flow(self.heap, arg, 0, Some(inst), How::PassToUnknown);
            }
        }
    }

    // ---- walking

    fn walk_all(&mut self) {
        let unseen = Visit { walk: 0, derefs: 0, from: 0, edge: 0 };
        let mut visits = vec![unseen; self.edges.len()];
        let mut roots: Vec<u32> = (self.first_object..=self.heap).collect();
        for index in 0..self.loops.loops.len() {
            let params = self.func.params(self.loops.loops[index].header);
            roots.extend(
                params
                    .iter()
                    .filter(|&&param| carries_pointer(self.func.ty(param)))
                    .map(|&param| place(param)),
            );
        }
        // The last root is walked first: the heap last of all would be as right, and slower.
        let n_objects = self.first_result - self.first_object;
        roots.rotate_left(n_objects as usize);
        roots.reverse();
        let mut walk = 0;
        while let Some(root) = roots.pop() {
            walk += 1;
            self.walk(root, walk, &mut visits, &mut roots);
        }
    }

    /// Finds everything that flows to `root`, as in gc's `walkOne`; objects that turn out to escape become roots again.
    fn walk(&mut self, root: u32, walk: u32, visits: &mut [Visit], roots: &mut Vec<u32>) {
        visits[root as usize] = Visit { walk, derefs: 0, from: root, edge: u32::MAX };
        let mut work = vec![root];
        while let Some(at) = work.pop() {
            let is_address = visits[at as usize].derefs < 0;
            // In `root = &l; l = x` the address of l flows to root, but x does not.
            let derefs = visits[at as usize].derefs.max(0);
            if is_address && self.is_object(at) && self.outlives(root, at) && !self.is_escaping(at) {
                self.escapes[(at - self.first_object) as usize] = Some(self.path(root, at, visits));
                roots.push(at);
                continue;
            }
            self.leak(root, at, derefs);
            for (edge_idx, edge) in self.edges[at as usize].iter().enumerate() {
                if self.is_escaping(edge.from) {
                    continue;
                }
                let total = derefs.saturating_add(edge.derefs).min(100);
                let seen = &mut visits[edge.from as usize];
                if seen.walk != walk || seen.derefs > total {
                    *seen = Visit { walk, derefs: total, from: at, edge: edge_idx as u32 };
                    work.push(edge.from);
                }
            }
        }
    }

    fn is_object(&self, place: u32) -> bool {
        (self.first_object..self.first_result).contains(&place)
    }

    fn is_escaping(&self, place: u32) -> bool {
        self.is_object(place) && self.escapes[(place - self.first_object) as usize].is_some()
    }

    /// Whether something at `root` may be used when the object at `object` is no more, or is another one.
    fn outlives(&self, root: u32, object: u32) -> bool {
        if root >= self.first_result || self.is_escaping(root) {
            return true;
        }
        let alloc = self.allocs[(object - self.first_object) as usize];
        let home = |inst| self.func.inst_block(inst).expect("live allocations are in blocks");
        let root_depth = if self.is_object(root) {
            self.loops.depth(home(self.allocs[(root - self.first_object) as usize]))
        } else {
            // A loop-carried value belongs to the loop outside.
            self.loops.depth(self.header_of(root)) - 1
        };
        root_depth < self.loops.depth(home(alloc))
    }

    fn header_of(&self, place: u32) -> BlockId {
        match self.func.value_def(ValueId::new(place as usize)) {
            ValueDef::Param(block, _) => block,
            _ => unreachable!("only loop parameters are roots"),
        }
    }

    fn leak(&mut self, root: u32, at: u32, derefs: i8) {
        if at >= self.first_object
            || (root < self.first_result && !self.is_escaping(root))
            || root == self.frame_end
            || root == self.record
        {
            return;
        }
        let ValueDef::Param(block, index) = self.func.value_def(ValueId::new(at as usize)) else { return };
        if block != self.func.entry() {
            return;
        }
        let leak = &mut self.leaks[usize::from(index)];
        if (self.first_result..self.frame_end).contains(&root) {
            leak.leak_to_result((root - self.first_result) as u16, derefs as u8);
        } else {
            leak.leak_to_heap(derefs as u8);
        }
    }

    /// The way from `object` to `root`. A place that was reached again with fewer loads remembers only its last way, so
    /// the ways of two places may lead to each other: the walk back ends there.
    fn path(&self, root: u32, object: u32, visits: &[Visit]) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut passed = FxHashSet::default();
        let mut at = object;
        while at != root && passed.insert(at) {
            let visit = visits[at as usize];
            let edge = &self.edges[visit.from as usize][visit.edge as usize];
            let is_new =
                edge.how != How::Copy || edge.inst.is_some_and(|inst| self.func.inst(inst).op == Op::Alloc);
            if is_new {
                let loc = edge.inst.map_or(SrcLoc::NONE, |inst| self.func.loc(inst));
                steps.push(Step { loc, how: edge.how });
            }
            at = visit.from;
        }
        steps.reverse();
        steps
    }
}

fn place(value: ValueId) -> u32 {
    value.index() as u32
}

/// Whether a value of this type may hold a pointer that the analysis follows.
fn carries_pointer(ty: Type) -> bool {
    matches!(ty, Type::Ptr | Type::V128)
}
