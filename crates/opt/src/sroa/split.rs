//! The rewriting half: loads and stores of split objects become values of variables, one per slot.

use super::{Objects, Place, Slot};
use crate::ssa::{Variables, zero_before};
use ir::{BlockId, Cfg, DomTree, Function, Inst, InstId, MemFlags, Op, Region, Type, ValueId};

struct Splitter<'a> {
    func: &'a mut Function,
    cfg: &'a Cfg,
    objects: &'a Objects,
    vars: Variables,
    /// The first variable of each object.
    first_var: Vec<u32>,
    /// The value of a variable in the current block, if it has one yet.
    current: Vec<Option<ValueId>>,
    /// Variables set in the current block.
    touched: Vec<u32>,
    /// Loads of what a block starts with, to be found when all blocks are done.
    pending: Vec<Pending>,
    dead: Vec<InstId>,
}

/// A use of the value of a variable at the start of a block: this stands for it until then.
struct Pending {
    var: u32,
    block: BlockId,
    stand_in: ValueId,
    inst: InstId,
}

pub(super) fn split(func: &mut Function, cfg: &Cfg, dom: &DomTree, objects: &Objects) {
    let mut vars = Variables::default();
    let mut first_var = Vec::new();
    let mut n_vars = 0;
    for object in &objects.allocs {
        first_var.push(n_vars);
        if object.is_split {
            for slot in &object.slots {
                n_vars = vars.declare(slot.ty) + 1;
            }
        }
    }
    let (current, touched) = (vec![None; n_vars as usize], Vec::new());
    let (pending, dead) = (Vec::new(), Vec::new());
    let mut splitter = Splitter { func, cfg, objects, vars, first_var, current, touched, pending, dead };
    for &block in dom.preorder() {
        splitter.block(block);
    }
    splitter.finish();
}

impl Splitter<'_> {
    fn block(&mut self, block: BlockId) {
        let mut next = self.func.first_inst(block);
        while let Some(inst) = next {
            next = self.func.next_inst(inst);
            self.inst(block, inst);
        }
        for var in std::mem::take(&mut self.touched) {
            if let Some(value) = self.current[var as usize].take() {
                self.vars.define_end(var, block, value);
            }
        }
    }

    fn inst(&mut self, block: BlockId, inst: InstId) {
        let data = *self.func.inst(inst);
        match data.op {
            Op::Alloc => self.alloc(inst),
            Op::Load => {
                if let Some((object, offset)) = self.split_place(self.func.args(inst)[0]) {
                    let value = self.read(block, inst, (object, offset + data.imm), data.ty);
                    self.func.replace_value(self.func.result(inst), value);
                    self.dead.push(inst);
                }
            }
            Op::Store | Op::StoreWb => {
                let &[addr, value] = self.func.args(inst) else { return };
                if let Some((object, offset)) = self.split_place(addr) {
                    let value = self.func.resolve(value);
                    self.write(inst, (object, offset + data.imm), value);
                    self.dead.push(inst);
                }
            }
            Op::MemZero => self.zero_range(inst),
            Op::MemCopy | Op::MemMove => self.copy_range(block, inst),
            Op::NilCheck | Op::PtrAdd if self.split_place(self.func.args(inst)[0]).is_some() => {
                self.dead.push(inst);
            }
            _ => {}
        }
    }

    fn split_place(&self, value: ValueId) -> Option<Place> {
        // Values made by this pass are past the end of the table.
        let place = self.objects.places.get(value.index()).copied().flatten()?;
        self.objects.allocs[place.0].is_split.then_some(place)
    }

    fn var(&self, (object, offset): Place) -> u32 {
        let slots = &self.objects.allocs[object].slots;
        let index = slots.iter().position(|slot| slot.offset == offset).expect("every access has a slot");
        self.first_var[object] + index as u32
    }

    fn slot(&self, (object, offset): Place) -> Slot {
        let slots = &self.objects.allocs[object].slots;
        *slots.iter().find(|slot| slot.offset == offset).expect("every access has a slot")
    }

    fn set(&mut self, var: u32, value: ValueId) {
        self.current[var as usize] = Some(value);
        self.touched.push(var);
    }

    fn read(&mut self, block: BlockId, at: InstId, place: Place, ty: Type) -> ValueId {
        let (var, slot) = (self.var(place), self.slot(place));
        let value = match self.current[var as usize] {
            Some(value) => value,
            None => {
                // Any value of the right type will do until the real one is known.
                let stand_in = zero_before(self.func, at, slot.ty);
                let inst = self.func.def_inst(stand_in).expect("a zero is an instruction");
                self.pending.push(Pending { var, block, stand_in, inst });
                self.set(var, stand_in);
                stand_in
            }
        };
        convert(self.func, at, value, ty)
    }

    fn write(&mut self, at: InstId, place: Place, value: ValueId) {
        let (var, slot) = (self.var(place), self.slot(place));
        let value = convert(self.func, at, value, slot.ty);
        self.set(var, value);
    }

    fn alloc(&mut self, inst: InstId) {
        let result = self.func.result(inst);
        let Some((object, _)) = self.split_place(result) else { return };
        for index in 0..self.objects.allocs[object].slots.len() {
            let slot = self.objects.allocs[object].slots[index];
            let zero = zero_before(self.func, inst, slot.ty);
            self.set(self.first_var[object] + index as u32, zero);
        }
        self.dead.push(inst);
    }

    fn n_range_bytes(&self, inst: InstId) -> i64 {
        let n_bytes = *self.func.args(inst).last().expect("range operations have a length");
        self.func.as_iconst(n_bytes).expect("objects with dynamic ranges are not split")
    }

    fn zero_range(&mut self, inst: InstId) {
        let Some((object, start)) = self.split_place(self.func.args(inst)[0]) else { return };
        let n_bytes = self.n_range_bytes(inst);
        let slots: Vec<Slot> = self.objects.allocs[object].slots_within(start, n_bytes).collect();
        for slot in slots {
            let zero = zero_before(self.func, inst, slot.ty);
            self.write(inst, (object, slot.offset), zero);
        }
        self.dead.push(inst);
    }

    fn copy_range(&mut self, block: BlockId, inst: InstId) {
        let &[to, from, _] = self.func.args(inst) else { return };
        let (to_place, from_place) = (self.split_place(to), self.split_place(from));
        let Some((object, start)) = from_place.or(to_place) else { return };
        let n_bytes = self.n_range_bytes(inst);
        let slots: Vec<Slot> = self.objects.allocs[object].slots_within(start, n_bytes).collect();
        // All reads before all writes, in case memory overlaps itself.
        let mut values = Vec::new();
        for slot in &slots {
            let at = slot.offset - start;
            values.push(match from_place {
                Some((object, start)) => self.read(block, inst, (object, start + at), slot.ty),
                None => self.access(inst, Op::Load, slot.ty, &[from], at).expect("a load has a result"),
            });
        }
        for (slot, value) in slots.iter().zip(values) {
            let at = slot.offset - start;
            match to_place {
                Some((object, start)) => self.write(inst, (object, start + at), value),
                None => drop(self.access(inst, Op::Store, slot.ty, &[to, value], at)),
            }
        }
        self.dead.push(inst);
    }

    fn access(&mut self, before: InstId, op: Op, ty: Type, args: &[ValueId], offset: i64) -> Option<ValueId> {
        let data = Inst::new(op, ty).mem(offset, MemFlags::empty(), Region::ANY);
        let types = [ty];
        let results = if op == Op::Load { &types[..] } else { &[] };
        let inst = self.func.make_inst(data, args, results, self.func.loc(before));
        self.func.insert_before(before, inst);
        self.func.results(inst).next()
    }

    fn finish(mut self) {
        for Pending { var, block, stand_in, inst } in std::mem::take(&mut self.pending) {
            let value = self.vars.at_start(self.func, self.cfg, var, block);
            // A loop that never sets the variable gives the stand-in back: then it is as good as any value.
            if self.func.resolve(value) != stand_in {
                self.func.replace_value(stand_in, value);
                self.dead.push(inst);
            }
        }
        for inst in self.dead {
            self.func.unlink_inst(inst);
        }
        self.func.resolve_aliases();
    }
}

/// The same bits as another type of the same size.
fn convert(func: &mut Function, before: InstId, value: ValueId, to: Type) -> ValueId {
    let from = func.ty(value);
    if from == to {
        return value;
    }
    let mut emit = |op, ty, arg| {
        let inst = func.make_inst(Inst::new(op, ty), &[arg], &[ty], func.loc(before));
        func.insert_before(before, inst);
        func.result(inst)
    };
    let value = if from == Type::Ptr { emit(Op::PtrToInt, Type::I64, value) } else { value };
    match (from, to) {
        (Type::Ptr, Type::I64) => value,
        (Type::I64, Type::Ptr) => emit(Op::IntToPtr, Type::Ptr, value),
        (_, Type::Ptr) => {
            let bits = emit(Op::Bitcast, Type::I64, value);
            emit(Op::IntToPtr, Type::Ptr, bits)
        }
        _ => emit(Op::Bitcast, to, value),
    }
}
