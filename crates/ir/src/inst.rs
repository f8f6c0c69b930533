//! One instruction: a fixed-size record whose operands, results and targets are ranges in the function's arenas.

use crate::op::{Effects, Field, Op};
use crate::types::{BoundsKind, FloatCond, IntCond, Lanes, PanicKind, RmwOp, RtEffect, Type};
use base::{Symbol, sym};

bitflags::bitflags! {
    /// What is known about a memory access.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct MemFlags: u8 {
        /// The address is known to be good: the access cannot fault.
        const NOTRAP = 1;
        /// Nothing ever writes this memory while the function runs.
        const READONLY = 2;
        /// The access needs no condition that control flow established: it may be hoisted.
        const CAN_MOVE = 4;
    }
}

bitflags::bitflags! {
    /// Attributes of an allocation.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct AllocFlags: u8 {
        /// In the side-stack frame instead of the heap.
        const SIDE = 1;
        /// Contains no pointers.
        const NOSCAN = 2;
        /// Need not be zeroed: completely written before it is read (and before the next safe point, if it has pointers).
        const UNINIT = 4;
        /// Nil, unless it can be in the side-stack frame: memory that a callee may use instead of the heap.
        const OPTIONAL = 8;
    }
}

/// A class of memory. Accesses with different regions, both not `ANY`, never overlap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Region(pub u8);

impl Region {
    /// May overlap everything.
    pub const ANY: Region = Region(0);

    /// Whether accesses with these regions may touch the same byte.
    #[inline]
    pub fn may_overlap(self, other: Region) -> bool {
        self == other || self == Region::ANY || other == Region::ANY
    }
}

/// An instruction. Which of the fields mean something depends on `op`; those that do not are zero, so that two
/// instructions that do the same compare equal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// The controlling type.
    pub ty: Type,
    /// Condition, kind, lanes, region or alignment.
    pub sub: u8,
    /// `MemFlags` or `AllocFlags`.
    pub flags: u8,
    pub(crate) n_args: u16,
    pub(crate) n_results: u16,
    pub(crate) first_arg: u32,
    pub(crate) first_result: u32,
    /// Callee, data object or type descriptor; empty if there is none.
    pub sym: Symbol,
    /// Constant, offset, size or lane; for terminators the range of targets.
    pub imm: i64,
}

impl Inst {
    /// An instruction without operands, results or immediates.
    pub fn new(op: Op, ty: Type) -> Inst {
        let (sub, flags, n_args, n_results) = (0, 0, 0, 0);
        Inst { op, ty, sub, flags, n_args, n_results, first_arg: 0, first_result: 0, sym: sym::EMPTY, imm: 0 }
    }

    /// With this immediate.
    #[must_use]
    pub fn imm(mut self, imm: i64) -> Inst {
        self.imm = imm;
        self
    }

    /// With this sub-code (`cond as u8`, ...).
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "named for the field; nobody subtracts instructions")]
    pub fn sub(mut self, sub: u8) -> Inst {
        self.sub = sub;
        self
    }

    /// With this symbol.
    #[must_use]
    pub fn sym(mut self, sym: Symbol) -> Inst {
        self.sym = sym;
        self
    }

    /// With this offset, flags and region, for memory operations.
    #[must_use]
    pub fn mem(mut self, offset: i64, flags: MemFlags, region: Region) -> Inst {
        self.imm = offset;
        self.flags = flags.bits();
        self.sub = region.0;
        self
    }

    /// Number of operands.
    #[inline]
    pub fn n_args(&self) -> usize {
        usize::from(self.n_args)
    }

    /// Number of results.
    #[inline]
    pub fn n_results(&self) -> usize {
        usize::from(self.n_results)
    }

    /// The condition of an `icmp`.
    #[inline]
    pub fn int_cond(&self) -> IntCond {
        debug_assert_eq!(self.op.info().field, Field::IntCond);
        IntCond::from_code(self.sub)
    }

    /// The condition of an `fcmp`.
    #[inline]
    pub fn float_cond(&self) -> FloatCond {
        debug_assert_eq!(self.op.info().field, Field::FloatCond);
        FloatCond::from_code(self.sub)
    }

    /// The kind of a `bounds_check`.
    #[inline]
    pub fn bounds_kind(&self) -> BoundsKind {
        debug_assert_eq!(self.op, Op::BoundsCheck);
        BoundsKind::from_code(self.sub)
    }

    /// Whether the index of a `bounds_check` is of an unsigned Go type, for the message.
    #[inline]
    pub fn is_unsigned(&self) -> bool {
        debug_assert_eq!(self.op, Op::BoundsCheck);
        self.flags != 0
    }

    /// The kind of a `panic_if`.
    #[inline]
    pub fn panic_kind(&self) -> PanicKind {
        debug_assert_eq!(self.op, Op::PanicIf);
        PanicKind::from_code(self.sub)
    }

    /// The operation of an `atomic_rmw`.
    #[inline]
    pub fn rmw_op(&self) -> RmwOp {
        debug_assert_eq!(self.op, Op::AtomicRmw);
        RmwOp::from_code(self.sub)
    }

    /// The lanes of a vector operation.
    #[inline]
    pub fn lanes(&self) -> Lanes {
        debug_assert!(matches!(self.op.info().field, Field::Lanes | Field::Lane));
        Lanes::from_code(self.sub)
    }

    /// What the function called by a `call_rt` may do.
    #[inline]
    pub fn rt_effect(&self) -> RtEffect {
        debug_assert_eq!(self.op, Op::CallRt);
        RtEffect::from_code(self.sub)
    }

    /// The flags of a memory access.
    #[inline]
    pub fn mem_flags(&self) -> MemFlags {
        debug_assert_eq!(self.op.info().field, Field::Mem);
        MemFlags::from_bits_truncate(self.flags)
    }

    /// The region of a memory access; `ANY` for operations that have none.
    #[inline]
    pub fn region(&self) -> Region {
        if self.op.info().field == Field::Mem { Region(self.sub) } else { Region::ANY }
    }

    /// The flags of an `alloc`.
    #[inline]
    pub fn alloc_flags(&self) -> AllocFlags {
        debug_assert_eq!(self.op, Op::Alloc);
        AllocFlags::from_bits_truncate(self.flags)
    }

    /// The alignment in bytes of an `alloc`.
    #[inline]
    pub fn align(&self) -> u32 {
        debug_assert_eq!(self.op, Op::Alloc);
        1 << self.sub
    }

    /// The effects, which for `call_rt`, `alloc` and loads depend on more than the opcode.
    #[inline]
    pub fn effects(&self) -> Effects {
        let effects = self.op.info().effects;
        match self.op {
            Op::CallRt => rt_effects(self.rt_effect()),
            Op::Alloc if self.alloc_flags().contains(AllocFlags::SIDE) => effects - Effects::GC,
            Op::Load if self.mem_flags().contains(MemFlags::READONLY) => effects - Effects::READS,
            _ => effects,
        }
    }

    /// Whether an instruction without uses of its results may be dropped.
    #[inline]
    pub fn is_removable(&self) -> bool {
        let keep = Effects::WRITES | Effects::PANICS | Effects::PINNED | Effects::TERMINATOR | Effects::PARKS;
        self.op == Op::GetG || self.op == Op::GLoad || !self.effects().intersects(keep)
    }

    /// Whether the results depend on nothing but operands and immediates, so that equal instructions may be merged and
    /// executed anywhere where the operands are known.
    #[inline]
    pub fn is_pure(&self) -> bool {
        !self.effects().intersects(Effects::all() - Effects::COMMUTES) && self.op != Op::Load
    }
}

fn rt_effects(effect: RtEffect) -> Effects {
    match effect {
        RtEffect::Pure => Effects::empty(),
        RtEffect::Reads => Effects::READS,
        RtEffect::Leaf => Effects::READS | Effects::WRITES,
        RtEffect::MayGc | RtEffect::NoReturn => Effects::CALL - Effects::PARKS,
        RtEffect::MayPark => Effects::CALL,
    }
}
