//! One emitter per opcode, in one module per family.

mod alloc;
mod atomic;
mod bulk;
mod call;
mod check;
mod control;
mod float;
mod goroutine;
mod int;
mod memory;
pub(crate) mod side;
mod vector;

use ir::{InstId, Op};

use crate::translate::Translator;

/// Writes the code of one instruction.
type Emitter = fn(&mut Translator<'_>, InstId);

/// Writes the code of `inst`.
pub(crate) fn emit(translator: &mut Translator<'_>, inst: InstId) {
    emitter(translator.inst(inst).op)(translator, inst);
}

#[expect(clippy::too_many_lines, reason = "the table of opcodes")]
fn emitter(op: Op) -> Emitter {
    match op {
        Op::Iconst => int::iconst,
        Op::Fconst => float::fconst,
        Op::CodeAddr => memory::code_addr,
        Op::DataAddr => memory::data_addr,

        Op::Iadd => int::iadd,
        Op::Isub => int::isub,
        Op::Imul => int::imul,
        Op::Sdiv => int::sdiv,
        Op::Udiv => int::udiv,
        Op::Srem => int::srem,
        Op::Urem => int::urem,
        Op::And => int::band,
        Op::Or => int::bor,
        Op::Xor => int::bxor,
        Op::Shl => int::ishl,
        Op::Ushr => int::ushr,
        Op::Sshr => int::sshr,
        Op::Rotl => int::rotl,
        Op::Ineg => int::ineg,
        Op::Inot => int::bnot,
        Op::Smin => int::smin,
        Op::Smax => int::smax,
        Op::Umin => int::umin,
        Op::Umax => int::umax,
        Op::Clz => int::clz,
        Op::Ctz => int::ctz,
        Op::Popcnt => int::popcnt,
        Op::Bswap => int::bswap,
        Op::Bitrev => int::bitrev,
        Op::AddCarry => int::add_carry,
        Op::SubBorrow => int::sub_borrow,
        Op::UmulWide => int::umul_wide,
        Op::UmulHi => int::umulhi,
        Op::SmulHi => int::smulhi,
        Op::UdivWide => int::udiv_wide,
        Op::Icmp => int::icmp,
        Op::Sextend => int::sextend,
        Op::Uextend => int::uextend,
        Op::Ireduce => int::ireduce,
        Op::PtrToInt | Op::IntToPtr | Op::Hide => int::same_bits,

        Op::FcvtFromSint => float::from_sint,
        Op::FcvtFromUint => float::from_uint,
        Op::FcvtToSint => float::to_sint,
        Op::FcvtToUint => float::to_uint,
        Op::Fpromote => float::fpromote,
        Op::Fdemote => float::fdemote,
        Op::Bitcast => float::bitcast,
        Op::Fadd => float::fadd,
        Op::Fsub => float::fsub,
        Op::Fmul => float::fmul,
        Op::Fdiv => float::fdiv,
        Op::Fneg => float::fneg,
        Op::Fabs => float::fabs,
        Op::Fsqrt => float::sqrt,
        Op::Ffloor => float::floor,
        Op::Fceil => float::ceil,
        Op::Ftrunc => float::trunc,
        Op::Fnearest => float::nearest,
        Op::Fma => float::fma,
        Op::Fcopysign => float::fcopysign,
        Op::Fmin => float::fmin,
        Op::Fmax => float::fmax,
        Op::Fcmp => float::fcmp,

        Op::Select => control::select,
        Op::PtrAdd => int::iadd,

        Op::Load => memory::load,
        Op::Store => memory::store,
        Op::StoreWb => memory::store_wb,
        Op::AtomicLoad => atomic::load,
        Op::AtomicStore => atomic::store,
        Op::AtomicStoreWb => atomic::store_wb,
        Op::AtomicRmw => atomic::rmw,
        Op::AtomicXchgWb => atomic::xchg_wb,
        Op::AtomicCas => atomic::cas,
        Op::AtomicCasWb => atomic::cas_wb,
        Op::MemCopy => bulk::copy,
        Op::MemMove => bulk::move_,
        Op::MemZero => bulk::zero,
        Op::MemEqual => bulk::equal,
        Op::Alloc => alloc::alloc,
        Op::KeepAlive => goroutine::keep_alive,

        Op::NilCheck => check::nil_check,
        Op::BoundsCheck => check::bounds_check,
        Op::PanicIf => check::panic_if,

        Op::Call => call::call,
        Op::CallIndirect => call::call_indirect,
        Op::CallClosure => call::call_closure,
        Op::CallRt => call::call_rt,

        Op::Poll => goroutine::poll,
        Op::GetG => goroutine::get_g,
        Op::GLoad => goroutine::g_load,
        Op::GStore => goroutine::g_store,
        Op::CallerPc => goroutine::caller_pc,
        Op::CallerSp => goroutine::caller_sp,
        Op::OwnFrame => goroutine::own_frame,
        Op::ParentFrame => goroutine::parent_frame,

        Op::Vsplat => vector::splat,
        Op::Vextract => vector::extract,
        Op::Vinsert => vector::insert,
        Op::Vadd => vector::add,
        Op::Vsub => vector::sub,
        Op::Vmul => vector::mul,
        Op::Vdiv => vector::div,
        Op::Veq => vector::eq,
        Op::VhighBits => vector::high_bits,

        Op::Jump => control::jump,
        Op::BrIf => control::br_if,
        Op::Switch => control::switch,
        Op::Return => control::return_,
        Op::TailCall => call::tail_call,
        Op::TailCallIndirect => call::tail_call_indirect,
        Op::TailCallClosure => call::tail_call_closure,
        Op::ProtectedCall => call::protected_call,
        Op::Unreachable => control::unreachable,
    }
}
