//! Calls: of Go functions, closures, the runtime and the helpers; tail calls; calls with a recovery handler.

use abi::{Conv, DeferFrame, GHead, RtFn, Word};
use code::Symbol;
use cranelift_codegen::{
    ir::{
        AbiParam, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, FuncRef, InstBuilder as _,
        MemFlagsData, SigRef, Signature, Type as ClifType, Value, types,
    },
    isa::CallConv,
};
use ir::{InstId, Type, ValueId};
use smallvec::SmallVec;

use super::side;
use crate::{
    signature::{Place, clif_type, result_places, signature},
    support::OWN_FRAME,
    translate::{OwnRegion, Translator, Values},
};

/// Register arguments of the Tail convention.
const N_INT_REGISTERS: usize = 6;
const N_FLOAT_REGISTERS: usize = 8;

/// Whom to call.
#[derive(Clone, Copy)]
enum Callee {
    Name(Symbol),
    Code(Value),
}

// ---- calls of Go functions

pub(super) fn call(t: &mut Translator<'_>, inst: InstId) {
    let callee = Callee::Name(t.inst(inst).sym);
    call_go(t, inst, callee, 0);
}

pub(super) fn call_indirect(t: &mut Translator<'_>, inst: InstId) {
    let callee = Callee::Code(t.arg(inst, 0));
    call_go(t, inst, callee, 1);
}

pub(super) fn call_closure(t: &mut Translator<'_>, inst: InstId) {
    let callee = closure_code(t, inst);
    call_go(t, inst, callee, 0);
}

/// The code of a closure object, which is the first operand. A nil func value faults here.
fn closure_code(t: &mut Translator<'_>, inst: InstId) -> Callee {
    let closure = t.arg(inst, 0);
    Callee::Code(t.ins().load(types::I64, MemFlagsData::new().with_readonly(), closure, 0))
}

/// Calls with the operands from `first_arg` on.
fn call_go(t: &mut Translator<'_>, inst: InstId, callee: Callee, first_arg: usize) {
    let result_types: SmallVec<[Type; 8]> = t.ir.results(inst).map(|result| t.ir.ty(result)).collect();
    let (sig, args) = go_signature(t, &t.ir.args(inst)[first_arg..], &result_types);
    let call = match callee {
        Callee::Name(symbol) => {
            let function = t.function(symbol, sig);
            t.ins().call(function, &args)
        }
        Callee::Code(code) => t.ins().call_indirect(sig, code, &args),
    };
    let registers: Values = t.cursor.func.dfg.inst_results(call).iter().copied().collect();
    let places = result_places(result_types.iter().copied());
    let in_buffer = places.iter().any(|place| matches!(place, Place::Retbuf(_)));
    let buffer = in_buffer.then(|| t.g_load(types::I64, GHead::RETBUF));
    let mut results = Values::new();
    for (&ty, place) in result_types.iter().zip(places) {
        results.push(match (place, buffer) {
            (Place::Register(index), _) => registers[index],
            (Place::Retbuf(word), Some(buffer)) => {
                let flags = t.own_flags(OwnRegion::Retbuf);
                t.ins().load(clif_type(ty), flags, buffer, word as i32 * 8)
            }
            (Place::Retbuf(_), None) => {
                unreachable!("a result in the buffer means that the buffer was loaded")
            }
        });
    }
    t.set_results(inst, &results);
}

/// Signature and arguments of a call with these operands and results.
fn go_signature(t: &mut Translator<'_>, args: &[ValueId], results: &[Type]) -> (SigRef, Values) {
    let function = t.ir;
    let params = args.iter().map(|&arg| function.ty(arg));
    let sig = t.signature(signature(CallConv::Tail, params, results.iter().copied()));
    (sig, args.iter().map(|&arg| t.value(arg)).collect())
}

// ---- tail calls

pub(super) fn tail_call(t: &mut Translator<'_>, inst: InstId) {
    let callee = Callee::Name(t.inst(inst).sym);
    tail_call_go(t, inst, callee, 0);
}

pub(super) fn tail_call_indirect(t: &mut Translator<'_>, inst: InstId) {
    let callee = Callee::Code(t.arg(inst, 0));
    tail_call_go(t, inst, callee, 1);
}

pub(super) fn tail_call_closure(t: &mut Translator<'_>, inst: InstId) {
    let callee = closure_code(t, inst);
    tail_call_go(t, inst, callee, 0);
}

fn tail_call_go(t: &mut Translator<'_>, inst: InstId, callee: Callee, first_arg: usize) {
    side::leave(t);
    let operands = &t.ir.args(inst)[first_arg..];
    note_tail_arguments(t, operands);
    let (sig, args) = go_signature(t, operands, &t.ir.sig.results);
    match callee {
        Callee::Name(symbol) => {
            let function = t.function(symbol, sig);
            t.ins().return_call(function, &args);
        }
        Callee::Code(code) => {
            t.ins().return_call_indirect(sig, code, &args);
        }
    }
}

/// The stack arguments of a tail call may reach below the frame that Cranelift reports.
fn note_tail_arguments(t: &mut Translator<'_>, operands: &[ValueId]) {
    let n_floats =
        operands.iter().filter(|&&arg| t.ir.ty(arg).is_float() || t.ir.ty(arg) == Type::V128).count();
    let n_ints = operands.len() - n_floats;
    let n_on_stack = n_ints.saturating_sub(N_INT_REGISTERS) + n_floats.saturating_sub(N_FLOAT_REGISTERS);
    // A vector takes two words.
    let n_bytes = 16 * n_on_stack as u32;
    t.facts.n_tail_arg_bytes = t.facts.n_tail_arg_bytes.max(n_bytes);
}

// ---- the runtime and the helpers

/// A runtime function that `abi` lists is called as its row says; narrower operands are widened and results narrowed.
pub(super) fn call_rt(t: &mut Translator<'_>, inst: InstId) {
    let symbol = t.inst(inst).sym;
    let function = RtFn::from_symbol(symbol.as_str())
        .unwrap_or_else(|| unreachable!("{symbol} is not a function of the runtime"));
    let args: Values = (0..t.ir.args(inst).len()).map(|index| widened(t, inst, index)).collect();
    let words = call_runtime(t, function, &args);
    let results: SmallVec<[ClifType; 4]> =
        t.ir.results(inst).map(|result| clif_type(t.ir.ty(result))).collect();
    let results: Values = results.iter().zip(words).map(|(&ty, word)| narrowed(t, ty, word)).collect();
    t.set_results(inst, &results);
}

fn widened(t: &mut Translator<'_>, inst: InstId, index: usize) -> Value {
    let value = t.arg(inst, index);
    let ty = t.cursor.func.dfg.value_type(value);
    if ty.is_int() && ty.bits() < 64 { t.ins().uextend(types::I64, value) } else { value }
}

fn narrowed(t: &mut Translator<'_>, ty: ClifType, word: Value) -> Value {
    if ty.is_int() && ty.bits() < 64 { t.ins().ireduce(ty, word) } else { word }
}

/// Calls a function of the runtime.
pub(super) fn call_runtime(t: &mut Translator<'_>, function: RtFn, args: &[Value]) -> Values {
    let row = function.signature();
    debug_assert_eq!(row.params.len(), args.len(), "{} has other parameters", function.symbol());
    let conv = match row.conv {
        Conv::Tail => CallConv::Tail,
        Conv::PreserveAll => CallConv::PreserveAll,
    };
    let mut signature = Signature::new(conv);
    signature.params.extend(row.params.iter().map(|&word| AbiParam::new(word_type(word))));
    if row.conv == Conv::Tail {
        signature.returns.extend(row.results.iter().map(|&word| AbiParam::new(word_type(word))));
    }
    let signature = t.signature(signature);
    let callee = t.function(Symbol::intern(function.symbol()), signature);
    let call = t.ins().call(callee, args);
    match row.conv {
        Conv::Tail => t.cursor.func.dfg.inst_results(call).iter().copied().collect(),
        Conv::PreserveAll => (0..row.results.len())
            .map(|index| t.g_load(word_type(row.results[index]), GHead::RET + 8 * index as i32))
            .collect(),
    }
}

/// Calls a cold function of the runtime that leaves an address in the first word of `G.ret`.
pub(super) fn call_cold(t: &mut Translator<'_>, function: RtFn, args: &[Value]) -> Value {
    call_runtime(t, function, args);
    t.g_load(types::I64, GHead::RET)
}

fn word_type(word: Word) -> ClifType {
    match word {
        Word::Int | Word::Ptr => types::I64,
        Word::F64 => types::F64,
    }
}

/// Calls a helper of this crate that takes and gives integers.
pub(super) fn call_helper(t: &mut Translator<'_>, helper: &str, args: &[Value], n_results: usize) -> Values {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params = vec![AbiParam::new(types::I64); args.len()];
    signature.returns = vec![AbiParam::new(types::I64); n_results];
    let signature = t.signature(signature);
    let callee: FuncRef = t.function(Symbol::intern(helper), signature);
    let call = t.ins().call(callee, args);
    t.cursor.func.dfg.inst_results(call).iter().copied().collect()
}

// ---- calls with a recovery handler

/// Writes where to continue after a recovered panic into the record (the first operand), and calls.
pub(super) fn protected_call(t: &mut Translator<'_>, inst: InstId) {
    let record = t.arg(inst, 0);
    let frame = frame_offset(t);
    let block = t.current_block();
    let handler = t.ins().get_exception_handler_address(types::I64, block, 0);
    let side_ptr = t.g_load(types::I64, GHead::SIDE_PTR);
    let fields =
        [(frame, DeferFrame::FP_OFFSET), (handler, DeferFrame::HANDLER), (side_ptr, DeferFrame::SIDE_PTR)];
    for (value, offset) in fields {
        t.ins().store(MemFlagsData::trusted(), value, record, offset);
    }
    let symbol = t.inst(inst).sym;
    let (sig, args) = go_signature(t, t.ir.args(inst), &[]);
    let function = t.function(symbol, sig);
    let [normal, recovered] = t.ir.targets(inst) else { unreachable!("a protected call has two targets") };
    let normal = block_call(t, normal);
    let recovered = block_call(t, recovered);
    let table = ExceptionTableData::new(sig, normal, [ExceptionTableItem::Default(recovered)]);
    let table = t.cursor.func.dfg.exception_tables.push(table);
    t.ins().try_call(function, &args, table);
}

fn block_call(t: &mut Translator<'_>, target: &ir::Target) -> BlockCall {
    let args: SmallVec<[BlockArg; 4]> = t.target_args(target);
    BlockCall::new(t.block(target.block), args, &mut t.cursor.func.dfg.value_lists)
}

/// `stack_hi - fp`. Cranelift treats the frame pointer as a constant of the function: it must not get a second use, or
/// it would stay in a register across a call, where the stack may move.
fn frame_offset(t: &mut Translator<'_>) -> Value {
    if std::mem::replace(&mut t.has_protected_call, true) {
        return call_helper(t, OWN_FRAME, &[], 1)[0];
    }
    let top = t.g_load(types::I64, GHead::STACK_HI);
    let frame = t.ins().get_frame_pointer(types::I64);
    t.ins().isub(top, frame)
}
