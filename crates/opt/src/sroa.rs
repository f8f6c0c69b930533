//! Scalar replacement of aggregates: objects of the side stack whose address is only used to load and store at constant
//! offsets become SSA values.
//!
//! **Terms.** A *slot* is a range of bytes of an object that is accessed as a whole. An object is split if its slots do not
//! overlap; copies between objects carry the slots of one over to the other. A slot has the type of its first access;
//! accesses of another type of the same size convert.

mod split;

use crate::pass::Scratch;
use crate::simplify_cfg::{for_each_use, merge_params};
use ir::inst::AllocFlags;
use ir::{DomTree, Function, InstId, Op, Type, ValueId};

/// Objects with more slots stay in memory: values that live long would only be spilled.
const MAX_SLOTS: usize = 64;

/// Replaces objects by values.
pub fn sroa(func: &mut Function, scratch: &mut Scratch) -> bool {
    if !has_objects(func) {
        return false;
    }
    let flow = scratch.flow(func);
    let (cfg, dom) = (&flow.cfg, &flow.dom);
    let mut objects = find_objects(func, dom);
    if objects.allocs.is_empty() {
        return false;
    }
    collect_uses(func, dom, &mut objects);
    settle_slots(&mut objects);
    let has_changed = objects.allocs.iter().any(|object| object.is_split);
    if has_changed {
        split::split(func, cfg, dom, &objects);
        merge_params(func, cfg);
    }
    drop_barriers(func, &objects) | has_changed
}

/// A range of bytes of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Slot {
    offset: i64,
    ty: Type,
}

impl Slot {
    fn end(self) -> i64 {
        self.offset + i64::from(self.ty.n_bytes())
    }
}

#[derive(Debug)]
struct Object {
    n_bytes: i64,
    /// Sorted by offset when uses are collected.
    slots: Vec<Slot>,
    is_split: bool,
}

impl Object {
    fn add_slot(&mut self, offset: i64, ty: Type) -> bool {
        let n_bytes = ty.n_bytes();
        if offset < 0 || offset + i64::from(n_bytes) > self.n_bytes || self.slots.len() > MAX_SLOTS {
            self.is_split = false;
        }
        match self.slots.iter_mut().find(|slot| slot.offset == offset && slot.ty.n_bytes() == n_bytes) {
            Some(slot) => {
                if ty == Type::Ptr {
                    slot.ty = ty;
                }
                false
            }
            None => {
                self.slots.push(Slot { offset, ty });
                self.is_split
            }
        }
    }

    fn slots_are_disjoint(&mut self) -> bool {
        self.slots.sort_unstable();
        self.slots.windows(2).all(|pair| pair[0].end() <= pair[1].offset)
            // Conversions between vectors and scalars are not worth having.
            && (self.slots.len() <= 1 || self.slots.iter().all(|slot| slot.ty != Type::V128))
    }

    fn slots_within(&self, start: i64, n_bytes: i64) -> impl Iterator<Item = Slot> + '_ {
        self.slots.iter().copied().filter(move |slot| slot.offset < start + n_bytes && start < slot.end())
    }
}

/// A place in an object: which, and where.
type Place = (usize, i64);

/// A copy or clearing of a range.
#[derive(Clone, Copy, Debug)]
struct RangeOp {
    to: Option<Place>,
    from: Option<Place>,
    n_bytes: i64,
    is_copy: bool,
}

#[derive(Debug, Default)]
struct Objects {
    allocs: Vec<Object>,
    /// Where a value points into an object.
    places: Vec<Option<Place>>,
    ranges: Vec<RangeOp>,
}

impl Objects {
    fn place(&self, value: ValueId) -> Option<Place> {
        self.places[value.index()]
    }

    /// How many objects are split, and how many slots there are: the one only falls, the other only rises.
    fn progress(&self) -> (usize, usize) {
        let n_split = self.allocs.iter().filter(|object| object.is_split).count();
        (n_split, self.allocs.iter().map(|object| object.slots.len()).sum())
    }
}

fn has_objects(func: &Function) -> bool {
    func.layout.iter().any(|&block| func.block_insts(block).any(|inst| func.inst(inst).op == Op::Alloc))
}

fn find_objects(func: &Function, dom: &DomTree) -> Objects {
    let mut objects = Objects { places: vec![None; func.n_values()], ..Objects::default() };
    for &block in dom.preorder() {
        for inst in func.block_insts(block) {
            let data = func.inst(inst);
            match data.op {
                Op::Alloc if data.alloc_flags().contains(AllocFlags::SIDE) => {
                    objects.places[func.result(inst).index()] = Some((objects.allocs.len(), 0));
                    let slots = Vec::new();
                    objects.allocs.push(Object { n_bytes: data.imm, slots, is_split: true });
                }
                Op::PtrAdd => {
                    let &[base, offset] = func.args(inst) else { continue };
                    if let (Some((object, at)), Some(offset)) = (objects.place(base), func.as_iconst(offset))
                    {
                        objects.places[func.result(inst).index()] = Some((object, at + offset));
                    }
                }
                _ => {}
            }
        }
    }
    objects
}

fn collect_uses(func: &Function, dom: &DomTree, objects: &mut Objects) {
    for &block in dom.preorder() {
        for inst in func.block_insts(block) {
            collect_use(func, objects, inst);
        }
    }
}

fn collect_use(func: &Function, objects: &mut Objects, inst: InstId) {
    let data = func.inst(inst);
    let args = func.args(inst);
    match data.op {
        Op::Load | Op::Store | Op::StoreWb => {
            if let Some((object, offset)) = objects.place(args[0]) {
                objects.allocs[object].add_slot(offset + data.imm, data.ty);
            }
            keep_whole(objects, &args[1..]);
        }
        Op::MemZero | Op::MemCopy | Op::MemMove => {
            let n_operands = args.len() - 1;
            let Some(n_bytes) = func.as_iconst(args[n_operands]) else { return keep_whole(objects, args) };
            let is_copy = n_operands == 2;
            let (to, from) = (objects.place(args[0]), is_copy.then(|| objects.place(args[1])).flatten());
            if to.is_some() || from.is_some() {
                // A copy within an object may overlap.
                if let (Some((a, _)), Some((b, _))) = (to, from)
                    && a == b
                {
                    objects.allocs[a].is_split = false;
                }
                objects.ranges.push(RangeOp { to, from, n_bytes, is_copy });
            }
        }
        Op::NilCheck => {}
        // The result is a place of its own.
        Op::PtrAdd if objects.place(func.result(inst)).is_some() => {}
        _ => for_each_use(func, inst, |value| keep_whole(objects, &[value])),
    }
}

fn keep_whole(objects: &mut Objects, values: &[ValueId]) {
    for &value in values {
        if let Some((object, _)) = objects.place(value) {
            objects.allocs[object].is_split = false;
        }
    }
}

/// Finds out which objects are split, and into what. That an object stays whole is news for those that are copied to it:
/// what is copied must then have slots.
fn settle_slots(objects: &mut Objects) {
    share_slots(objects);
    loop {
        let before = objects.progress();
        fill_gaps(objects);
        for object in &mut objects.allocs {
            object.is_split &= object.slots_are_disjoint();
        }
        if objects.progress() == before {
            return;
        }
    }
}

/// Carries slots over copies between objects until both sides have the same.
fn share_slots(objects: &mut Objects) {
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for index in 0..objects.ranges.len() {
            let RangeOp { to, from, n_bytes, .. } = objects.ranges[index];
            if let (Some(to), Some(from)) = (to, from) {
                has_changed |= carry_slots(objects, from, to, n_bytes);
                has_changed |= carry_slots(objects, to, from, n_bytes);
            }
            for (object, start) in [to, from].into_iter().flatten() {
                let object = &mut objects.allocs[object];
                let is_whole = |slot: Slot| slot.offset >= start && slot.end() <= start + n_bytes;
                let is_cut = object.slots_within(start, n_bytes).any(|slot| !is_whole(slot));
                if object.is_split && (is_cut || start < 0 || start + n_bytes > object.n_bytes) {
                    object.is_split = false;
                }
            }
        }
    }
}

fn carry_slots(objects: &mut Objects, from: Place, to: Place, n_bytes: i64) -> bool {
    if !objects.allocs[from.0].is_split || !objects.allocs[to.0].is_split {
        return false;
    }
    let slots: Vec<Slot> = objects.allocs[from.0].slots_within(from.1, n_bytes).collect();
    let mut has_changed = false;
    for slot in slots {
        has_changed |= objects.allocs[to.0].add_slot(slot.offset - from.1 + to.1, slot.ty);
    }
    has_changed
}

/// Bytes that are copied to memory without being accessed otherwise get slots too.
fn fill_gaps(objects: &mut Objects) {
    for index in 0..objects.ranges.len() {
        let RangeOp { to, from, n_bytes, is_copy } = objects.ranges[index];
        let Some((object, start)) = from else { continue };
        let goes_to_memory = to.is_none_or(|(to, _)| !objects.allocs[to].is_split);
        if !is_copy || !goes_to_memory || !objects.allocs[object].is_split {
            continue;
        }
        let object = &mut objects.allocs[object];
        let mut at = start;
        while at < start + n_bytes && object.is_split {
            if let Some(slot) = object.slots_within(at, 1).next() {
                at = slot.end();
                continue;
            }
            let fits = |ty: &&Type| {
                let size = i64::from(ty.n_bytes());
                at % size == 0
                    && at + size <= start + n_bytes
                    && object.slots_within(at, size).next().is_none()
            };
            let ty = *[Type::I64, Type::I32, Type::I16].iter().find(fits).unwrap_or(&Type::I8);
            object.add_slot(at, ty);
            at += i64::from(ty.n_bytes());
        }
    }
    // Gaps of one object may be new slots for the objects it was copied from.
    share_slots(objects);
}

/// Stores into objects that stay in the frame need no write barrier: the collector scans frames as roots.
fn drop_barriers(func: &mut Function, objects: &Objects) -> bool {
    let mut has_changed = false;
    for index in 0..func.layout.len() {
        let mut next = func.first_inst(func.layout[index]);
        while let Some(inst) = next {
            next = func.next_inst(inst);
            if func.inst(inst).op == Op::StoreWb && points_into_frame(func, objects, func.args(inst)[0]) {
                func.inst_mut(inst).op = Op::Store;
                has_changed = true;
            }
        }
    }
    has_changed
}

fn points_into_frame(func: &Function, objects: &Objects, mut addr: ValueId) -> bool {
    loop {
        if objects.places.get(addr.index()).is_some_and(Option::is_some) {
            return true;
        }
        match func.def_inst(addr) {
            Some(inst) if func.inst(inst).op == Op::PtrAdd => addr = func.args(inst)[0],
            _ => return false,
        }
    }
}
