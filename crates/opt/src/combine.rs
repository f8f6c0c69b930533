//! Makes one access of several to neighbouring bytes: `x[0] | x[1]<<8 | ..` becomes a load, `x[0] = v; x[1] = v>>8; ..` a store,
//! with the bytes reversed where they are in the other order.
//!
//! **Loads** are combined where the last of them is: there all have been executed, so each byte may be read; nothing between the
//! first and the last may write. **Stores** are combined where the last of them is, too; nothing between them may read, write or
//! panic, since it would see, or leave, some of the bytes only.

use crate::pass::Scratch;
use ir::{BlockId, Effects, Function, Inst, InstId, MemFlags, Op, Type, ValueId};
use smallvec::SmallVec;

/// Bytes of the widest access.
const MAX_BYTES: usize = 8;

/// Combines loads, then stores.
pub fn combine(func: &mut Function, _: &mut Scratch) -> bool {
    let mut has_changed = false;
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        has_changed |= combine_loads(func, block);
        has_changed |= combine_stores(func, block);
    }
    if has_changed {
        func.resolve_aliases();
    }
    has_changed
}

/// An address: a pointer, summands that are not constant, and one that is.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    base: ValueId,
    terms: SmallVec<[ValueId; 2]>,
    offset: i64,
}

impl Place {
    /// What a load or store accesses.
    fn of(func: &Function, inst: InstId) -> Place {
        let mut place = Place {
            base: func.resolve(func.args(inst)[0]),
            terms: SmallVec::new(),
            offset: func.inst(inst).imm,
        };
        while let Some(add) = func.def_inst(place.base).filter(|&def| func.inst(def).op == Op::PtrAdd) {
            let &[base, moved] = func.args(add) else { unreachable!("the verifier counts operands") };
            place.base = base;
            place.add(func, moved);
        }
        place.terms.sort_unstable();
        place
    }

    fn add(&mut self, func: &Function, mut value: ValueId) {
        while let Some(sum) = func.def_inst(value).filter(|&def| func.inst(def).op == Op::Iadd) {
            let &[x, y] = func.args(sum) else { unreachable!("the verifier counts operands") };
            let Some(constant) = func.as_iconst(y) else { break };
            self.offset = self.offset.wrapping_add(constant);
            value = x;
        }
        match func.as_iconst(value) {
            Some(constant) => self.offset = self.offset.wrapping_add(constant),
            None => self.terms.push(value),
        }
    }

    /// The distance from another place with the same base.
    fn distance(&self, from: &Place) -> Option<i64> {
        let is_same = self.base == from.base && self.terms == from.terms;
        is_same.then(|| self.offset.wrapping_sub(from.offset))
    }
}

/// One byte in memory, and where it is in the value: an access, and how far to the left its byte is shifted.
#[derive(Clone)]
struct Piece {
    access: InstId,
    place: Place,
    shift: u32,
}

type Pieces = SmallVec<[Piece; MAX_BYTES]>;

/// Pieces that make up a value.
struct Whole {
    /// The access to the lowest address.
    lowest: InstId,
    ty: Type,
    is_reversed: bool,
}

/// Whether the pieces are all bytes of a number, in one order or the other.
fn whole(func: &Function, pieces: &Pieces) -> Option<Whole> {
    let ty = match pieces.len() {
        2 => Type::I16,
        4 => Type::I32,
        8 => Type::I64,
        _ => return None,
    };
    let first = &pieces[0].place;
    let mut bytes: SmallVec<[(i64, u32, InstId); MAX_BYTES]> = SmallVec::new();
    for piece in pieces {
        bytes.push((piece.place.distance(first)?, piece.shift, piece.access));
    }
    bytes.sort_unstable();
    let (start, _, lowest) = bytes[0];
    let region = func.inst(lowest).region();
    let top = 8 * (bytes.len() as u32 - 1);
    let is_in_order = |is_reversed: bool| {
        bytes.iter().zip(0_u32..).all(|(&(at, shift, access), index)| {
            let expected = if is_reversed { top - 8 * index } else { 8 * index };
            at.wrapping_sub(start) == i64::from(index)
                && shift == expected
                && func.inst(access).region() == region
        })
    };
    let is_reversed = if is_in_order(false) {
        false
    } else if is_in_order(true) {
        true
    } else {
        return None;
    };
    Some(Whole { lowest, ty, is_reversed })
}

/// The access to all bytes, like that to the lowest one.
fn wide(func: &Function, pieces: &Pieces, whole: &Whole) -> Inst {
    let all = |flags: MemFlags, piece: &Piece| flags & func.inst(piece.access).mem_flags();
    let flags = pieces.iter().fold(MemFlags::all(), all);
    let data = func.inst(whole.lowest);
    Inst::new(data.op, whole.ty).mem(data.imm, flags, data.region())
}

fn insert(func: &mut Function, before: InstId, inst: Inst, args: &[ValueId]) -> ValueId {
    let made = func.make_inst(inst, args, &[inst.ty], func.loc(before));
    func.insert_before(before, made);
    func.result(made)
}

// ---- loads

fn combine_loads(func: &mut Function, block: BlockId) -> bool {
    let mut has_changed = false;
    // Backwards, so that the root of a tree comes before its parts.
    let mut next = func.last_inst(block);
    while let Some(root) = next {
        next = func.prev_inst(root);
        let data = func.inst(root);
        if matches!(data.op, Op::Or | Op::Iadd) && data.ty.is_int() && data.ty != Type::I8 {
            has_changed |= combine_tree(func, block, root);
        }
    }
    has_changed
}

fn combine_tree(func: &mut Function, block: BlockId, root: InstId) -> bool {
    let ty = func.inst(root).ty;
    let mut pieces = Pieces::new();
    if !args_are_pieces(func, root, 0, ty.n_bits(), &mut pieces) {
        return false;
    }
    let Some(whole) = whole(func, &pieces) else { return false };
    let Some(last) = last_load(func, block, &pieces) else { return false };
    let after = func.next_inst(last).expect("a block has a terminator");
    let load = wide(func, &pieces, &whole);
    let pointer = func.args(whole.lowest)[0];
    let mut value = insert(func, after, load, &[pointer]);
    if whole.is_reversed {
        value = insert(func, after, Inst::new(Op::Bswap, whole.ty), &[value]);
    }
    if whole.ty != ty {
        value = insert(func, after, Inst::new(Op::Uextend, ty), &[value]);
    }
    func.replace_value(func.result(root), value);
    func.unlink_inst(root);
    true
}

/// Finds the loads below a sum; false if there is anything else. Bits from `limit` up are cut off.
fn args_are_pieces(func: &Function, sum: InstId, shift: u32, limit: u32, pieces: &mut Pieces) -> bool {
    func.args(sum).iter().all(|&arg| is_pieces(func, arg, shift, limit, pieces))
}

fn is_pieces(func: &Function, value: ValueId, shift: u32, limit: u32, pieces: &mut Pieces) -> bool {
    let Some(inst) = func.def_inst(func.resolve(value)) else { return false };
    let data = func.inst(inst);
    match data.op {
        Op::Or | Op::Iadd => args_are_pieces(func, inst, shift, limit, pieces),
        Op::Shl => {
            let &[x, amount] = func.args(inst) else { unreachable!("the verifier counts operands") };
            match func.as_iconst(amount) {
                Some(amount @ 0..64) if shift + (amount as u32) < limit => {
                    is_pieces(func, x, shift + amount as u32, limit, pieces)
                }
                _ => false,
            }
        }
        Op::Uextend => {
            let arg = func.args(inst)[0];
            is_pieces(func, arg, shift, limit.min(shift + func.ty(arg).n_bits()), pieces)
        }
        Op::Load if data.ty == Type::I8 => {
            let fits = pieces.len() < MAX_BYTES && shift + 8 <= limit;
            if fits {
                pieces.push(Piece { access: inst, place: Place::of(func, inst), shift });
            }
            fits
        }
        _ => false,
    }
}

/// The last of the loads, if all are in the block and nothing between the first and the last writes.
fn last_load(func: &Function, block: BlockId, pieces: &Pieces) -> Option<InstId> {
    if pieces.iter().any(|piece| func.inst_block(piece.access) != Some(block)) {
        return None;
    }
    let mut n_left = pieces.len();
    let mut at = func.first_inst(block);
    while let Some(inst) = at {
        if pieces.iter().any(|piece| piece.access == inst) {
            n_left -= 1;
            if n_left == 0 {
                return Some(inst);
            }
        } else if n_left < pieces.len()
            && func.inst(inst).effects().intersects(Effects::WRITES | Effects::PARKS | Effects::GC)
        {
            return None;
        }
        at = func.next_inst(inst);
    }
    None
}

// ---- stores

/// Stores of the bytes of one value.
#[derive(Default)]
struct Group {
    value: Option<ValueId>,
    pieces: Pieces,
}

fn combine_stores(func: &mut Function, block: BlockId) -> bool {
    let mut has_changed = false;
    let mut group = Group::default();
    let mut next = func.first_inst(block);
    while let Some(inst) = next {
        next = func.next_inst(inst);
        let data = func.inst(inst);
        if let Some((value, piece)) = stored_byte(func, inst) {
            if group.value != Some(value) || group.pieces.len() == MAX_BYTES {
                has_changed |= group.finish(func);
                group.value = Some(value);
            }
            group.pieces.push(piece);
        } else if data.op == Op::Load || !data.effects().is_empty() && !data.is_pure() {
            has_changed |= group.finish(func);
        }
    }
    has_changed | group.finish(func)
}

/// Which byte of what a store writes.
fn stored_byte(func: &Function, store: InstId) -> Option<(ValueId, Piece)> {
    let data = func.inst(store);
    if data.op != Op::Store || data.ty != Type::I8 {
        return None;
    }
    let reduce = func.def_inst(func.args(store)[1]).filter(|&inst| func.inst(inst).op == Op::Ireduce)?;
    let mut value = func.args(reduce)[0];
    let mut shift = 0;
    if let Some(def) = func.def_inst(value)
        && matches!(func.inst(def).op, Op::Ushr | Op::Sshr)
        && let Some(amount) = func.as_iconst(func.args(def)[1])
        && (0..i64::from(func.inst(def).ty.n_bits())).contains(&amount)
    {
        value = func.args(def)[0];
        shift = amount as u32;
    }
    // The same number may be there in several widths.
    while let Some(def) = func.def_inst(value)
        && matches!(func.inst(def).op, Op::Ireduce | Op::Uextend | Op::Sextend)
        && shift + 8 <= func.ty(func.args(def)[0]).n_bits().min(func.ty(value).n_bits())
    {
        value = func.args(def)[0];
    }
    // A byte that a shift has filled up with signs is none of the value's.
    let is_inside = shift + 8 <= func.ty(value).n_bits();
    is_inside.then(|| (value, Piece { access: store, place: Place::of(func, store), shift }))
}

impl Group {
    /// Combines the stores, if they make up a value, and starts anew.
    fn finish(&mut self, func: &mut Function) -> bool {
        let Group { value, pieces } = std::mem::take(self);
        let Some(value) = value else { return false };
        let Some(whole) = whole(func, &pieces) else { return false };
        let last = pieces.last().expect("a whole has pieces").access;
        let store = wide(func, &pieces, &whole);
        let pointer = func.args(whole.lowest)[0];
        let mut stored = value;
        if func.ty(value) != whole.ty {
            stored = insert(func, last, Inst::new(Op::Ireduce, whole.ty), &[stored]);
        }
        if whole.is_reversed {
            stored = insert(func, last, Inst::new(Op::Bswap, whole.ty), &[stored]);
        }
        let made = func.make_inst(store, &[pointer, stored], &[], func.loc(last));
        func.insert_before(last, made);
        for piece in &pieces {
            func.unlink_inst(piece.access);
        }
        true
    }
}
