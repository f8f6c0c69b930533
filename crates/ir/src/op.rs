//! The opcodes, declared once: spelling, operand and result types, immediates, effects.
//!
//! **Terms.** `T` is the controlling type of an instruction, its `ty` field, printed after the mnemonic (`iadd.i64`) unless
//! the opcode allows only one. A *field* is an immediate part of an instruction and says how it is printed.
//!
//! **Semantics that the table cannot say.**
//! - Integers wrap. Shift and rotate amounts are taken modulo the width. `clz`, `ctz` of 0 give the width.
//! - `sdiv`, `udiv`, `srem`, `urem` need a non-zero divisor, and signed ones no MIN/-1: `lower` has checked.
//!   `udiv_wide` needs `divisor > high`.
//! - Float to integer conversions give what amd64 and gc give: signed ones yield MIN when out of range or NaN;
//!   unsigned 64-bit ones convert `x - 2^63` for `x >= 2^63` and set the top bit.
//! - `fmin`, `fmax` are Go's `min` and `max`: NaN if either is NaN, -0 below +0.
//! - When a `bounds_check` is executed, its length operand is not negative: it is a length, a capacity, or a bound that was
//!   checked before. The optimiser relies on that.
//! - Loads may be dropped when their result is not used: what must panic on nil says `nil_check`.
//! - `alloc heap` gives zeroed memory. `alloc side` names the function's own slot for this instruction, and zeroes it each
//!   time it is executed, so a slot in a loop is one object per iteration. With `uninit` nothing is zeroed.
//! - `ptr_add` must stay inside (or one past) the object of its base: amendment 6. So an index expression is computed
//!   completely as an integer first, and added once.
//! - `store_wb`, and the `*_wb` atomics, are the ways to store a pointer where the collector may look; plain `store` of a
//!   pointer is for side memory and for fresh heap objects before the next instruction that may collect.
//! - `mem_copy` needs disjoint (or equal) ranges. None of the bulk operations has a write barrier.
//! - `protected_call` runs its callee, a function without results, with a handler installed: codegen writes the frame offset
//!   and the handler's pc into the record that is the first argument, just before the call. The first target is the normal
//!   return, the second the entry of the handler. Neither may take arguments from registers: values live across come from memory.
//!   (Codegen spills them; the target arguments are ordinary values.)
//! - `g_load`, `g_store` access the field of the current G at byte offset `imm` (`abi::GHead`).
//! - `own_frame` is `stack_hi - fp` of this function's frame, `parent_frame` that of the frame that called it. Both survive
//!   stack moves; `recover` compares the second with the frame that runs deferred calls.
//! - `caller_pc` is the return address of this function; `caller_sp` the stack pointer of the caller at the call, as an
//!   integer that is only good until the next safe point.

use crate::types::Type;

bitflags::bitflags! {
    /// What an instruction does besides computing its results.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Effects: u16 {
        /// Reads memory that a store may change.
        const READS = 1;
        /// Writes memory.
        const WRITES = 2;
        /// May panic (or, for calls, not return).
        const PANICS = 4;
        /// May collect garbage; a safe point.
        const GC = 8;
        /// May park the goroutine.
        const PARKS = 16;
        /// Must stay where it is, though it has no other effect.
        const PINNED = 32;
        /// Ends a block.
        const TERMINATOR = 64;
        /// Operands may be exchanged.
        const COMMUTES = 128;
        /// The result is new memory: equal instructions give different results, but an unused one may go.
        const FRESH = 256;
        /// Everything a call of unknown code may do.
        const CALL = 1 | 2 | 4 | 8 | 16;
    }
}

bitflags::bitflags! {
    /// A set of types, as a controlling type may be restricted.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct TypeSet: u8 {
        /// `i8`
        const I8 = 1 << Type::I8 as u8;
        /// `i16`
        const I16 = 1 << Type::I16 as u8;
        /// `i32`
        const I32 = 1 << Type::I32 as u8;
        /// `i64`
        const I64 = 1 << Type::I64 as u8;
        /// `f32`
        const F32 = 1 << Type::F32 as u8;
        /// `f64`
        const F64 = 1 << Type::F64 as u8;
        /// `ptr`
        const PTR = 1 << Type::Ptr as u8;
        /// `v128`
        const V128 = 1 << Type::V128 as u8;
        /// Integers.
        const INT = 0x0f;
        /// Floats.
        const FLOAT = 0x30;
        /// Integers and pointers.
        const WORD = 0x4f;
        /// Integers and vectors.
        const INT_VEC = 0x8f;
        /// All but vectors.
        const SCALAR = 0x7f;
        /// All types.
        const ANY = 0xff;
    }
}

impl TypeSet {
    /// Whether the type is in the set.
    #[inline]
    pub fn has(self, ty: Type) -> bool {
        self.bits() >> (ty as u8) & 1 != 0
    }

    /// The only type of the set, if there is only one: then the text form leaves it out.
    pub fn only(self) -> Option<Type> {
        (self.bits().count_ones() == 1).then(|| Type::ALL[self.bits().trailing_zeros() as usize])
    }
}

/// The type of one operand or result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// The controlling type.
    T,
    /// Exactly this type.
    Is(Type),
    /// Any type of a set.
    In(TypeSet),
    /// Any number of operands or results of any type; only last.
    Many,
    /// The scalar type of the instruction's lanes.
    Lane,
}

/// The immediate part of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// Nothing.
    None,
    /// An integer in `imm`.
    Imm,
    /// The bits of a float in `imm`, printed in hexadecimal.
    Bits,
    /// An [`IntCond`](crate::IntCond) in `sub`.
    IntCond,
    /// A [`FloatCond`](crate::FloatCond) in `sub`.
    FloatCond,
    /// Address `[arg0 + imm]`, `MemFlags` in `flags`, region in `sub`.
    Mem,
    /// A symbol in `sym` and an offset in `imm`.
    Sym,
    /// Size in `imm`, log2 of the alignment in `sub`, `AllocFlags` in `flags`, type descriptor in `sym`.
    Alloc,
    /// A [`BoundsKind`](crate::BoundsKind) in `sub`; 1 in `flags` if the index is printed as unsigned.
    Bounds,
    /// A [`PanicKind`](crate::PanicKind) in `sub`.
    Panic,
    /// A [`RmwOp`](crate::RmwOp) in `sub`.
    Rmw,
    /// [`Lanes`](crate::Lanes) in `sub`.
    Lanes,
    /// [`Lanes`](crate::Lanes) in `sub`, the lane number in `imm`.
    Lane,
    /// The callee in `sym`.
    Call,
    /// The callee is the first operand.
    CallValue,
    /// The callee in `sym`, its [`RtEffect`](crate::RtEffect) in `sub`.
    CallRt,
    /// Branch targets; with the callee in `sym` for `protected_call`.
    Targets,
    /// A default target, then one per case.
    Switch,
}

/// Everything about an opcode.
#[derive(Debug)]
pub struct OpInfo {
    /// The spelling in the text form.
    pub text: &'static str,
    /// What the controlling type may be.
    pub types: TypeSet,
    /// Operand types.
    pub args: &'static [Slot],
    /// Result types.
    pub results: &'static [Slot],
    /// Immediates.
    pub field: Field,
    /// Effects; those of `call_rt` depend on the instruction.
    pub effects: Effects,
}

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident $text:literal $types:ident
        ($($arg:expr),*) -> ($($res:expr),*) $field:ident $(+ $effect:ident)*;)*) => {
        /// An opcode.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $name,)* }

        impl Op {
            /// Every opcode, in declaration order.
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];
        }

        static TABLE: &[OpInfo] = &[$(OpInfo {
            text: $text,
            types: TypeSet::$types,
            args: &[$($arg),*],
            results: &[$($res),*],
            field: Field::$field,
            effects: Effects::empty()$(.union(Effects::$effect))*,
        },)*];
    };
}

const T: Slot = Slot::T;
const B: Slot = Slot::Is(Type::I8);
const I64: Slot = Slot::Is(Type::I64);
const P: Slot = Slot::Is(Type::Ptr);
const V: Slot = Slot::Is(Type::V128);
const INT: Slot = Slot::In(TypeSet::INT);
const FLOAT: Slot = Slot::In(TypeSet::FLOAT);
const ANY: Slot = Slot::In(TypeSet::ANY);
const MANY: Slot = Slot::Many;
const LANE: Slot = Slot::Lane;

ops! {
    // Constants and symbols.
    /// The integer `imm`, sign-extended to 64 bits in the field; `iconst.ptr 0` is nil.
    Iconst "iconst" WORD () -> (T) Imm;
    /// The float with the bits `imm`.
    Fconst "fconst" FLOAT () -> (T) Bits;
    /// Address of a function's code.
    CodeAddr "code_addr" PTR () -> (T) Sym;
    /// Address of a data object plus an offset.
    DataAddr "data_addr" PTR () -> (T) Sym;

    // Integers.
    /// Sum.
    Iadd "iadd" INT (T, T) -> (T) None + COMMUTES;
    /// Difference.
    Isub "isub" INT (T, T) -> (T) None;
    /// Product.
    Imul "imul" INT (T, T) -> (T) None + COMMUTES;
    /// Signed quotient, towards zero. The smallest value by -1 is an error of whoever makes the instruction.
    Sdiv "sdiv" INT (T, T) -> (T) None;
    /// Unsigned quotient.
    Udiv "udiv" INT (T, T) -> (T) None;
    /// Signed remainder, with the sign of the dividend; that of the smallest value by -1 is 0.
    Srem "srem" INT (T, T) -> (T) None;
    /// Unsigned remainder.
    Urem "urem" INT (T, T) -> (T) None;
    /// Bitwise and.
    And "and" INT_VEC (T, T) -> (T) None + COMMUTES;
    /// Bitwise or.
    Or "or" INT_VEC (T, T) -> (T) None + COMMUTES;
    /// Bitwise exclusive or.
    Xor "xor" INT_VEC (T, T) -> (T) None + COMMUTES;
    /// Shift left.
    Shl "shl" INT (T, INT) -> (T) None;
    /// Logical shift right.
    Ushr "ushr" INT (T, INT) -> (T) None;
    /// Arithmetic shift right.
    Sshr "sshr" INT (T, INT) -> (T) None;
    /// Rotate left.
    Rotl "rotl" INT (T, INT) -> (T) None;
    /// Two's complement.
    Ineg "ineg" INT (T) -> (T) None;
    /// Bitwise complement.
    Inot "inot" INT_VEC (T) -> (T) None;
    /// Signed minimum.
    Smin "smin" INT (T, T) -> (T) None + COMMUTES;
    /// Signed maximum.
    Smax "smax" INT (T, T) -> (T) None + COMMUTES;
    /// Unsigned minimum.
    Umin "umin" INT (T, T) -> (T) None + COMMUTES;
    /// Unsigned maximum.
    Umax "umax" INT (T, T) -> (T) None + COMMUTES;
    /// Number of leading zero bits.
    Clz "clz" INT (T) -> (T) None;
    /// Number of trailing zero bits.
    Ctz "ctz" INT (T) -> (T) None;
    /// Number of one bits.
    Popcnt "popcnt" INT (T) -> (T) None;
    /// Bytes reversed.
    Bswap "bswap" INT (T) -> (T) None;
    /// Bits reversed.
    Bitrev "bitrev" INT (T) -> (T) None;
    /// Sum of two numbers and a carry of 0 or 1, and the carry out.
    AddCarry "add_carry" INT (T, T, B) -> (T, B) None;
    /// Difference of two numbers less a borrow of 0 or 1, and the borrow out.
    SubBorrow "sub_borrow" INT (T, T, B) -> (T, B) None;
    /// High and low half of the unsigned double-width product.
    UmulWide "umul_wide" I64 (T, T) -> (T, T) None + COMMUTES;
    /// High half of the unsigned product.
    UmulHi "umul_hi" INT (T, T) -> (T) None + COMMUTES;
    /// High half of the signed product.
    SmulHi "smul_hi" INT (T, T) -> (T) None + COMMUTES;
    /// Quotient and remainder of `high:low` by a divisor above `high`: operands high, low, divisor.
    UdivWide "udiv_wide" I64 (T, T, T) -> (T, T) None;
    /// Comparison, giving 0 or 1.
    Icmp "icmp" WORD (T, T) -> (B) IntCond;

    // Conversions. T is the result type.
    /// Sign extension.
    Sextend "sextend" INT (INT) -> (T) None;
    /// Zero extension.
    Uextend "uextend" INT (INT) -> (T) None;
    /// Truncation to fewer bits.
    Ireduce "ireduce" INT (INT) -> (T) None;
    /// A pointer's address; a safe point may come between this and `int_to_ptr` only if the object is kept alive.
    PtrToInt "ptr_to_int" I64 (P) -> (T) None;
    /// An address as a pointer.
    IntToPtr "int_to_ptr" PTR (I64) -> (T) None;
    /// The same pointer; the programmer vouches that it does not leak where escape analysis would say so.
    Hide "hide" PTR (T) -> (T) None;
    /// Signed integer to float.
    FcvtFromSint "fcvt_from_sint" FLOAT (INT) -> (T) None;
    /// Unsigned integer to float.
    FcvtFromUint "fcvt_from_uint" FLOAT (INT) -> (T) None;
    /// Float to signed integer (`i32` or `i64`).
    FcvtToSint "fcvt_to_sint" INT (FLOAT) -> (T) None;
    /// Float to unsigned integer (`i32` or `i64`).
    FcvtToUint "fcvt_to_uint" INT (FLOAT) -> (T) None;
    /// `f32` to `f64`.
    Fpromote "fpromote" F64 (Slot::Is(Type::F32)) -> (T) None;
    /// `f64` to `f32`.
    Fdemote "fdemote" F32 (Slot::Is(Type::F64)) -> (T) None;
    /// The same bits as another type of the same size; not to or from `ptr`.
    Bitcast "bitcast" ANY (ANY) -> (T) None;

    // Floats.
    /// Sum.
    Fadd "fadd" FLOAT (T, T) -> (T) None + COMMUTES;
    /// Difference.
    Fsub "fsub" FLOAT (T, T) -> (T) None;
    /// Product.
    Fmul "fmul" FLOAT (T, T) -> (T) None + COMMUTES;
    /// Quotient.
    Fdiv "fdiv" FLOAT (T, T) -> (T) None;
    /// Sign flipped.
    Fneg "fneg" FLOAT (T) -> (T) None;
    /// Sign cleared.
    Fabs "fabs" FLOAT (T) -> (T) None;
    /// Square root.
    Fsqrt "fsqrt" FLOAT (T) -> (T) None;
    /// Rounded down.
    Ffloor "ffloor" FLOAT (T) -> (T) None;
    /// Rounded up.
    Fceil "fceil" FLOAT (T) -> (T) None;
    /// Rounded towards zero.
    Ftrunc "ftrunc" FLOAT (T) -> (T) None;
    /// Rounded to nearest, ties to even.
    Fnearest "fnearest" FLOAT (T) -> (T) None;
    /// `a * b + c`, rounded once.
    Fma "fma" FLOAT (T, T, T) -> (T) None;
    /// The first operand with the sign of the second.
    Fcopysign "fcopysign" FLOAT (T, T) -> (T) None;
    /// Go's `min`.
    Fmin "fmin" FLOAT (T, T) -> (T) None + COMMUTES;
    /// Go's `max`.
    Fmax "fmax" FLOAT (T, T) -> (T) None + COMMUTES;
    /// Comparison, giving 0 or 1.
    Fcmp "fcmp" FLOAT (T, T) -> (B) FloatCond;

    // Choice and addresses.
    /// The second operand if the first is not 0, else the third.
    Select "select" ANY (B, T, T) -> (T) None;
    /// A pointer moved by a byte offset inside its object.
    PtrAdd "ptr_add" PTR (T, I64) -> (T) None;

    // Memory.
    /// Reads `[address + imm]`.
    Load "load" ANY (P) -> (T) Mem + READS;
    /// Writes `[address + imm]`: operands address, value.
    Store "store" ANY (P, T) -> () Mem + WRITES;
    /// Writes a pointer with the collector's write barrier.
    StoreWb "store_wb" PTR (T, T) -> () Mem + WRITES;
    /// Sequentially consistent read.
    AtomicLoad "atomic_load" WORD (P) -> (T) Mem + READS + WRITES;
    /// Sequentially consistent write.
    AtomicStore "atomic_store" WORD (P, T) -> () Mem + READS + WRITES;
    /// Sequentially consistent write of a pointer, with the write barrier.
    AtomicStoreWb "atomic_store_wb" PTR (T, T) -> () Mem + READS + WRITES;
    /// Read-modify-write, giving the old value.
    AtomicRmw "atomic_rmw" WORD (P, T) -> (T) Rmw + READS + WRITES;
    /// Pointer exchange with the write barrier, giving the old value.
    AtomicXchgWb "atomic_xchg_wb" PTR (T, T) -> (T) Mem + READS + WRITES;
    /// Compare and swap, giving 1 on success: operands address, expected, new.
    AtomicCas "atomic_cas" WORD (P, T, T) -> (B) Mem + READS + WRITES;
    /// Pointer compare and swap with the write barrier.
    AtomicCasWb "atomic_cas_wb" PTR (T, T, T) -> (B) Mem + READS + WRITES;
    /// Copies bytes between disjoint ranges: operands destination, source, length.
    MemCopy "mem_copy" PTR (T, T, I64) -> () None + READS + WRITES;
    /// Copies bytes between ranges that may overlap.
    MemMove "mem_move" PTR (T, T, I64) -> () None + READS + WRITES;
    /// Clears bytes: operands address, length.
    MemZero "mem_zero" PTR (T, I64) -> () None + WRITES;
    /// Whether two ranges hold the same bytes.
    MemEqual "mem_equal" PTR (T, T, I64) -> (B) None + READS;
    /// New memory; see the module doc.
    Alloc "alloc" PTR () -> (T) Alloc + FRESH + GC;
    /// Does nothing, but the value is alive until here.
    KeepAlive "keep_alive" PTR (ANY) -> () None + PINNED;

    // Checks.
    /// Panics (nil dereference) if the pointer is below the first page's end.
    NilCheck "nil_check" PTR (T) -> () None + PANICS;
    /// Panics unless the index is in bounds: operands index, length.
    BoundsCheck "bounds_check" I64 (T, T) -> () Bounds + PANICS;
    /// Panics if the operand is not 0.
    PanicIf "panic_if" I8 (T) -> () Panic + PANICS;

    // Calls.
    /// Calls a function by name.
    Call "call" PTR (MANY) -> (MANY) Call + CALL;
    /// Calls the code at the first operand with the others.
    CallIndirect "call_indirect" PTR (P, MANY) -> (MANY) CallValue + CALL;
    /// Calls the code in word 0 of the closure object, passing all operands, the object first.
    CallClosure "call_closure" PTR (P, MANY) -> (MANY) CallValue + CALL;
    /// Calls a runtime function through its trampoline.
    CallRt "call_rt" PTR (MANY) -> (MANY) CallRt + CALL;

    // The goroutine and the frame.
    /// A preemption point.
    Poll "poll" PTR () -> () None + PINNED + GC + PARKS;
    /// The current G.
    GetG "get_g" PTR () -> (T) None + PINNED;
    /// Reads a field of the current G.
    GLoad "g_load" ANY () -> (T) Imm + READS + PINNED;
    /// Writes a field of the current G.
    GStore "g_store" ANY (T) -> () Imm + WRITES + PINNED;
    /// Return address of this function.
    CallerPc "caller_pc" I64 () -> (T) None + PINNED;
    /// Stack pointer of the caller at the call.
    CallerSp "caller_sp" I64 () -> (T) None + PINNED;
    /// Offset of this frame from the top of the stack.
    OwnFrame "own_frame" I64 () -> (T) None + PINNED;
    /// Offset of the calling frame from the top of the stack.
    ParentFrame "parent_frame" I64 () -> (T) None + PINNED;

    // Vectors. T is always v128.
    /// One scalar in all lanes.
    Vsplat "vsplat" V128 (LANE) -> (T) Lanes;
    /// One lane as a scalar.
    Vextract "vextract" V128 (T) -> (LANE) Lane;
    /// A vector with one lane replaced.
    Vinsert "vinsert" V128 (T, LANE) -> (T) Lane;
    /// Lane-wise sum.
    Vadd "vadd" V128 (T, T) -> (T) Lanes + COMMUTES;
    /// Lane-wise difference.
    Vsub "vsub" V128 (T, T) -> (T) Lanes;
    /// Lane-wise product.
    Vmul "vmul" V128 (T, T) -> (T) Lanes + COMMUTES;
    /// Lane-wise quotient of floats.
    Vdiv "vdiv" V128 (T, T) -> (T) Lanes;
    /// Lane-wise equality of integers: all ones or 0.
    Veq "veq" V128 (V, V) -> (T) Lanes + COMMUTES;
    /// The top bit of each lane, lane 0 lowest, as an `i32`.
    VhighBits "vhigh_bits" V128 (T) -> (Slot::Is(Type::I32)) Lanes;

    // Terminators.
    /// Goes to the only target.
    Jump "jump" PTR () -> () Targets + TERMINATOR;
    /// Goes to the first target if the operand is not 0, else to the second.
    BrIf "br_if" I8 (T) -> () Targets + TERMINATOR;
    /// Goes to the target of the operand's case, else to the default.
    Switch "switch" INT (T) -> () Switch + TERMINATOR;
    /// Returns the operands.
    Return "return" PTR (MANY) -> () None + TERMINATOR;
    /// Replaces this frame by a call of a function by name.
    TailCall "tail_call" PTR (MANY) -> () Call + CALL + TERMINATOR;
    /// As `call_indirect`, in place of this frame.
    TailCallIndirect "tail_call_indirect" PTR (P, MANY) -> () CallValue + CALL + TERMINATOR;
    /// As `call_closure`, in place of this frame.
    TailCallClosure "tail_call_closure" PTR (P, MANY) -> () CallValue + CALL + TERMINATOR;
    /// Calls with a recovery handler; see the module doc.
    ProtectedCall "protected_call" PTR (P, MANY) -> () Targets + CALL + TERMINATOR;
    /// Control never comes here.
    Unreachable "unreachable" PTR () -> () None + TERMINATOR;
}

impl Op {
    /// The table row.
    #[inline]
    pub fn info(self) -> &'static OpInfo {
        &TABLE[self as usize]
    }

    /// The spelling.
    #[inline]
    pub fn text(self) -> &'static str {
        self.info().text
    }

    /// The opcode with this spelling.
    pub fn from_text(text: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.text() == text)
    }

    /// Whether the opcode ends a block.
    #[inline]
    pub fn is_terminator(self) -> bool {
        self as u8 >= Op::Jump as u8
    }

    /// Whether the opcode transfers control to other code and may come back, or not.
    #[inline]
    pub fn is_call(self) -> bool {
        matches!(self.info().field, Field::Call | Field::CallValue | Field::CallRt)
            || self == Op::ProtectedCall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminators_are_the_last_opcodes_and_spellings_are_unique() {
        for (index, &op) in Op::ALL.iter().enumerate() {
            assert_eq!(op as usize, index);
            assert_eq!(op.is_terminator(), op.info().effects.contains(Effects::TERMINATOR), "{op:?}");
            assert_eq!(Op::from_text(op.text()), Some(op));
        }
    }

    #[test]
    fn many_is_always_last() {
        for &op in Op::ALL {
            for slots in [op.info().args, op.info().results] {
                assert!(slots.iter().rev().skip(1).all(|&slot| slot != Slot::Many), "{op:?}");
            }
        }
    }
}
