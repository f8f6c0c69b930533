//! Functions of the standard library that are instructions: one table of names, one function per family.

use base::Symbol;
use ir::{Inst, IntCond, MemFlags, Op, Region, RmwOp, Type as IrType, ValueId};
use syntax::{ExprId, List};
use types::{Basic, Type, TypeId};

use crate::{func::FnCx, value::Val};

/// What an intrinsic does.
#[derive(Clone, Copy)]
enum Kind {
    /// An operation of one operand.
    Unary(Op),
    /// An operation of two operands.
    Binary(Op),
    /// Bit counting: the result is an `int`.
    Count(Op),
    /// `bits.Len*`: the width less the leading zeros.
    Len,
    /// `bits.RotateLeft*`.
    Rotate,
    /// `bits.Add*`: sum and carry.
    AddCarry,
    /// `bits.Sub*`: difference and borrow.
    SubBorrow,
    /// `bits.Mul*`: high and low half.
    MulWide,
    /// The operand, as another type that is held alike.
    Same,
    /// Reinterpretation of bits.
    Bits,
    /// An atomic load.
    AtomicLoad,
    /// An atomic store.
    AtomicStore,
    /// A read-modify-write that gives the old value.
    AtomicOld(RmwOp),
    /// A read-modify-write that gives the new value.
    AtomicNew(RmwOp),
    /// A read-modify-write whose result is dropped.
    AtomicDrop(RmwOp),
    /// Compare and swap.
    AtomicCas,
    /// The current goroutine's head.
    GetG,
    /// A register or frame query.
    Query(Op),
    /// `runtime.KeepAlive`.
    KeepAlive,
    /// The code of a function value.
    FuncPc,
    /// Nothing for types that have no pointers but those of strings, for others a call.
    EscapeNonString,
    /// Nothing at all.
    Nothing,
}

const ATOMIC_SUFFIXES: &[&str] = &["Int32", "Int64", "Uint32", "Uint64", "Uintptr"];

fn lookup(symbol: &str) -> Option<Kind> {
    let (package, name) = symbol.rsplit_once('.')?;
    match package {
        "math/bits" => bits(name),
        "math" => math(name),
        "sync/atomic" => sync_atomic(name),
        "internal/runtime/atomic" => runtime_atomic(name),
        "internal/runtime/sys" => sys(name),
        "internal/abi" => abi_function(name),
        "crypto/internal/constanttime" => (name == "boolToUint8").then_some(Kind::Same),
        "runtime" => runtime(name),
        _ => None,
    }
}

fn bits(name: &str) -> Option<Kind> {
    let kind = match name {
        "TrailingZeros64" | "TrailingZeros32" | "TrailingZeros16" | "TrailingZeros8" | "TrailingZeros" => {
            Kind::Count(Op::Ctz)
        }
        "LeadingZeros64" | "LeadingZeros32" | "LeadingZeros16" | "LeadingZeros8" | "LeadingZeros" => {
            Kind::Count(Op::Clz)
        }
        "OnesCount64" | "OnesCount32" | "OnesCount16" | "OnesCount8" | "OnesCount" => Kind::Count(Op::Popcnt),
        "Len64" | "Len32" | "Len16" | "Len8" | "Len" => Kind::Len,
        "ReverseBytes64" | "ReverseBytes32" | "ReverseBytes16" | "ReverseBytes" => Kind::Unary(Op::Bswap),
        "Reverse64" | "Reverse32" | "Reverse16" | "Reverse8" | "Reverse" => Kind::Unary(Op::Bitrev),
        "RotateLeft64" | "RotateLeft32" | "RotateLeft16" | "RotateLeft8" | "RotateLeft" => Kind::Rotate,
        "Add64" | "Add" => Kind::AddCarry,
        "Sub64" | "Sub" => Kind::SubBorrow,
        "Mul64" | "Mul" => Kind::MulWide,
        _ => return None,
    };
    Some(kind)
}

fn math(name: &str) -> Option<Kind> {
    let kind = match name {
        "Sqrt" | "sqrt" => Kind::Unary(Op::Fsqrt),
        "Floor" | "floor" => Kind::Unary(Op::Ffloor),
        "Ceil" | "ceil" => Kind::Unary(Op::Fceil),
        "Trunc" | "trunc" => Kind::Unary(Op::Ftrunc),
        "RoundToEven" => Kind::Unary(Op::Fnearest),
        "Abs" => Kind::Unary(Op::Fabs),
        "Copysign" => Kind::Binary(Op::Fcopysign),
        "Float64bits" | "Float64frombits" | "Float32bits" | "Float32frombits" => Kind::Bits,
        _ => return None,
    };
    Some(kind)
}

fn sync_atomic(name: &str) -> Option<Kind> {
    let verb = |verb: &str| name.strip_prefix(verb).is_some_and(|suffix| ATOMIC_SUFFIXES.contains(&suffix));
    let kind = if verb("Load") {
        Kind::AtomicLoad
    } else if verb("Store") {
        Kind::AtomicStore
    } else if verb("Swap") {
        Kind::AtomicOld(RmwOp::Xchg)
    } else if verb("CompareAndSwap") {
        Kind::AtomicCas
    } else if verb("Add") {
        Kind::AtomicNew(RmwOp::Add)
    } else if verb("And") {
        Kind::AtomicOld(RmwOp::And)
    } else if verb("Or") {
        Kind::AtomicOld(RmwOp::Or)
    } else {
        match name {
            "LoadPointer" => Kind::AtomicLoad,
            "StorePointer" => Kind::AtomicStore,
            "SwapPointer" => Kind::AtomicOld(RmwOp::Xchg),
            "CompareAndSwapPointer" => Kind::AtomicCas,
            _ => return None,
        }
    };
    Some(kind)
}

fn runtime_atomic(name: &str) -> Option<Kind> {
    let kind = match name {
        "Load" | "Loadp" | "Load8" | "Load64" | "LoadAcq" | "LoadAcq64" | "LoadAcquintptr" | "Loadint32"
        | "Loadint64" | "Loaduint" | "Loaduintptr" => Kind::AtomicLoad,
        "Store" | "Store8" | "Store64" | "StoreRel" | "StoreRel64" | "StoreReluintptr" | "Storeint32"
        | "Storeint64" | "Storeuintptr" | "StorepNoWB" => Kind::AtomicStore,
        "Xadd" | "Xadd64" | "Xaddint32" | "Xaddint64" | "Xadduintptr" => Kind::AtomicNew(RmwOp::Add),
        "Xchg" | "Xchg8" | "Xchg64" | "Xchgint32" | "Xchgint64" | "Xchguintptr" => {
            Kind::AtomicOld(RmwOp::Xchg)
        }
        "And8" | "And" => Kind::AtomicDrop(RmwOp::And),
        "Or8" | "Or" => Kind::AtomicDrop(RmwOp::Or),
        "And32" | "And64" | "Anduintptr" => Kind::AtomicOld(RmwOp::And),
        "Or32" | "Or64" | "Oruintptr" => Kind::AtomicOld(RmwOp::Or),
        "Cas" | "Cas64" | "CasRel" | "Casint32" | "Casint64" | "Casuintptr" | "Casp1" => Kind::AtomicCas,
        _ => return None,
    };
    Some(kind)
}

fn sys(name: &str) -> Option<Kind> {
    let kind = match name {
        "TrailingZeros64" | "TrailingZeros32" | "TrailingZeros8" => Kind::Count(Op::Ctz),
        "LeadingZeros64" | "LeadingZeros8" => Kind::Count(Op::Clz),
        "OnesCount64" => Kind::Count(Op::Popcnt),
        "Len64" | "Len8" => Kind::Len,
        "Bswap64" | "Bswap32" => Kind::Unary(Op::Bswap),
        "GetCallerPC" => Kind::Query(Op::CallerPc),
        "GetCallerSP" => Kind::Query(Op::CallerSp),
        "Prefetch" | "PrefetchStreamed" => Kind::Nothing,
        _ => return None,
    };
    Some(kind)
}

fn abi_function(name: &str) -> Option<Kind> {
    match name {
        "FuncPCABI0" | "FuncPCABIInternal" => Some(Kind::FuncPc),
        "NoEscape" => Some(Kind::Unary(Op::Hide)),
        "EscapeNonString" => Some(Kind::EscapeNonString),
        _ => None,
    }
}

fn runtime(name: &str) -> Option<Kind> {
    let kind = match name {
        "getg" => Kind::GetG,
        "ownframe" => Kind::Query(Op::OwnFrame),
        "parentframe" => Kind::Query(Op::ParentFrame),
        "getcallerpc" => Kind::Query(Op::CallerPc),
        "KeepAlive" => Kind::KeepAlive,
        _ => return None,
    };
    Some(kind)
}

/// Whether calls of the function with this name are instructions.
pub(crate) fn is_known(symbol: Symbol) -> bool {
    lookup(symbol.as_str()).is_some()
}

impl FnCx<'_, '_, '_> {
    /// The body of an intrinsic's function: for func values, and for calls kept for later.
    pub(crate) fn intrinsic_body(&mut self, code: Symbol, signature: TypeId, params: &[ValueId]) {
        let kind = lookup(code.as_str()).expect("it is known");
        let signature = self.types.as_signature(signature).expect("a function");
        let mut rest = params;
        let mut args = Vec::new();
        for param in &signature.params {
            let n_scalars = self.shape(param.ty).scalars.as_ref().map_or(1, |scalars| scalars.len());
            let (scalars, others) = rest.split_at(n_scalars);
            args.push(Val::many(scalars));
            rest = others;
        }
        let tys: Vec<TypeId> =
            signature.results.iter().map(|result| self.types.canonical(result.ty)).collect();
        let results = self.intrinsic(kind, &args, &tys);
        self.b.ret(&results);
    }

    /// The results of a call that is an intrinsic.
    pub(crate) fn intrinsic_call(
        &mut self,
        id: ExprId,
        fun: ExprId,
        args: List<ExprId>,
    ) -> Option<Vec<(Val, TypeId)>> {
        let (object, _) = self.static_func(fun)?;
        let symbol = crate::names::function_symbol(self.types, object, &[]);
        let kind = lookup(symbol.as_str())?;
        if let Kind::EscapeNonString = kind {
            let arg = self.src.tree[args][0];
            let ty = self.type_of(arg);
            if self.points_beyond_strings(ty) {
                return None;
            }
            self.expr(arg);
            return Some(Vec::new());
        }
        let signature_ty = self.type_of(fun);
        if let (Kind::FuncPc, &[func]) = (kind, &self.src.tree[args])
            && let Some((object, ident)) = self.static_func(func)
        {
            // Of a declared function its own code, not that of its func value.
            let own_args = self.args_of(ident);
            let code = self.unit.func(object, &own_args);
            let code = self.b.code_addr(code);
            let pc = self.b.convert(Op::PtrToInt, IrType::I64, code);
            return Some(vec![(Val::one(pc), TypeId::UINTPTR)]);
        }
        let args = self.arguments(args, signature_ty, false);
        self.at(self.src.tree[id].pos);
        let signature = self.types.as_signature(signature_ty).expect("a function");
        let tys: Vec<TypeId> =
            signature.results.iter().map(|result| self.types.canonical(result.ty)).collect();
        let vals = self.intrinsic(kind, &args, &tys);
        Some(vals.into_iter().map(Val::one).zip(tys).collect())
    }

    /// Whether values of a type hold pointers other than those of strings.
    fn points_beyond_strings(&mut self, ty: TypeId) -> bool {
        match self.types.under(ty) {
            Type::Basic(basic) => *basic == Basic::UnsafePointer,
            Type::Array { n_elems, elem } => {
                *n_elems > 0 && self.points_beyond_strings(self.types.canonical(*elem))
            }
            Type::Struct(struct_) => {
                struct_.fields.iter().any(|field| self.points_beyond_strings(self.types.canonical(field.ty)))
            }
            _ => self.shape(ty).has_pointers,
        }
    }

    fn intrinsic(&mut self, kind: Kind, args: &[Val], results: &[TypeId]) -> Vec<ValueId> {
        let x = |idx: usize| args[idx].scalar();
        let one = match kind {
            Kind::Unary(op) => self.b.unary(op, x(0)),
            Kind::Binary(op) => self.b.binary(op, x(0), x(1)),
            Kind::Count(op) => {
                let count = self.b.unary(op, x(0));
                self.extend(count, true)
            }
            Kind::Len => self.bit_len(x(0)),
            Kind::Rotate => self.b.binary(Op::Rotl, x(0), x(1)),
            Kind::AddCarry => return self.with_carry(Op::AddCarry, x(0), x(1), x(2)),
            Kind::SubBorrow => return self.with_carry(Op::SubBorrow, x(0), x(1), x(2)),
            Kind::MulWide => {
                let inst = self.b.emit(Inst::new(Op::UmulWide, IrType::I64), &[x(0), x(1)]);
                return self.b.func.results(inst).collect();
            }
            Kind::Same => x(0),
            Kind::Bits => {
                let to = self.scalar_type(results[0]);
                self.b.convert(Op::Bitcast, to, x(0))
            }
            Kind::AtomicLoad => {
                let ty = self.scalar_type(results[0]);
                self.atomic(Op::AtomicLoad, ty, &[x(0)])[0]
            }
            Kind::AtomicStore => return self.atomic_store(x(0), x(1)),
            Kind::AtomicOld(RmwOp::Xchg) if self.b.func.ty(x(1)) == IrType::Ptr => {
                self.atomic(Op::AtomicXchgWb, IrType::Ptr, &[x(0), x(1)])[0]
            }
            Kind::AtomicOld(op) => self.b.atomic_rmw(op, x(0), x(1)),
            Kind::AtomicNew(op) => {
                let old = self.b.atomic_rmw(op, x(0), x(1));
                self.b.binary(Op::Iadd, old, x(1))
            }
            Kind::AtomicDrop(op) => {
                self.b.atomic_rmw(op, x(0), x(1));
                return Vec::new();
            }
            Kind::AtomicCas => {
                let ty = self.b.func.ty(x(1));
                let op = if ty == IrType::Ptr { Op::AtomicCasWb } else { Op::AtomicCas };
                self.atomic(op, ty, &[x(0), x(1), x(2)])[0]
            }
            Kind::GetG => {
                let inst = self.b.emit(Inst::new(Op::GetG, IrType::Ptr), &[]);
                self.b.func.result(inst)
            }
            Kind::Query(op) => {
                let inst = self.b.emit(Inst::new(op, IrType::I64), &[]);
                self.b.func.result(inst)
            }
            Kind::KeepAlive => {
                let data = args[0].scalars()[1];
                self.b.emit(Inst::new(Op::KeepAlive, IrType::Ptr), &[data]);
                return Vec::new();
            }
            Kind::FuncPc => self.func_pc(args[0].scalars()[1]),
            Kind::Nothing | Kind::EscapeNonString => return Vec::new(),
        };
        vec![one]
    }

    fn bit_len(&mut self, x: ValueId) -> ValueId {
        let width = i64::from(self.b.func.ty(x).n_bits());
        let zeros = self.b.unary(Op::Clz, x);
        let zeros = self.extend(zeros, true);
        let width = self.int(width);
        self.b.binary(Op::Isub, width, zeros)
    }

    /// Sum or difference of 64-bit numbers with carry; a carry operand other than 0 is 1.
    fn with_carry(&mut self, op: Op, x: ValueId, y: ValueId, carry: ValueId) -> Vec<ValueId> {
        let carry = self.b.icmp_imm(IntCond::Ne, carry, 0);
        let inst = self.b.emit(Inst::new(op, IrType::I64), &[x, y, carry]);
        let mut results = self.b.func.results(inst);
        let (value, carry) = (results.next().expect("a value"), results.next().expect("a carry"));
        let carry = self.extend(carry, true);
        vec![value, carry]
    }

    fn atomic(&mut self, op: Op, ty: IrType, operands: &[ValueId]) -> Vec<ValueId> {
        let inst = Inst::new(op, ty).mem(0, MemFlags::empty(), Region::ANY);
        let inst = self.b.emit(inst, operands);
        self.b.func.results(inst).collect()
    }

    fn atomic_store(&mut self, addr: ValueId, value: ValueId) -> Vec<ValueId> {
        let ty = self.b.func.ty(value);
        let op = if ty == IrType::Ptr { Op::AtomicStoreWb } else { Op::AtomicStore };
        self.atomic(op, ty, &[addr, value])
    }

    /// The code behind a func value in an interface: word 0 of its closure object.
    fn func_pc(&mut self, closure: ValueId) -> ValueId {
        let code = self.b.load(IrType::Ptr, closure, 0, MemFlags::empty(), Region::ANY);
        self.b.convert(Op::PtrToInt, IrType::I64, code)
    }
}
