//! Calls of known code become direct calls, and loads from read-only data become constants.
//!
//! A closure object is written once, when it is made: a `call_closure` of an object allocated here calls the code whose address
//! is stored in word 0. Method tables and the closure objects of top-level functions are read-only data.

use crate::rules::defined_by;
use base::Symbol;
use ir::builder::normalize;
use ir::{Contents, Def, Function, Inst, InstId, Module, Op, RelocKind, Type, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Resolves what it can; returns whether something changed.
pub fn devirt(func: &mut Function, module: &Module) -> bool {
    let closures = closure_codes(func);
    let mut has_changed = false;
    for index in 0..func.layout.len() {
        let mut next = func.first_inst(func.layout[index]);
        while let Some(inst) = next {
            next = func.next_inst(inst);
            has_changed |= match func.inst(inst).op {
                Op::Load => fold_load(func, module, inst),
                Op::CallIndirect => direct(func, inst, Op::Call, false, code_of),
                Op::TailCallIndirect => direct(func, inst, Op::TailCall, false, code_of),
                Op::CallClosure => direct(func, inst, Op::Call, true, |func, object| {
                    closure_code(func, module, &closures, object)
                }),
                Op::TailCallClosure => direct(func, inst, Op::TailCall, true, |func, object| {
                    closure_code(func, module, &closures, object)
                }),
                _ => false,
            };
        }
    }
    has_changed
}

fn direct(
    func: &mut Function,
    inst: InstId,
    op: Op,
    keeps_callee: bool,
    resolve: impl FnOnce(&Function, ValueId) -> Option<Symbol>,
) -> bool {
    let Some(code) = resolve(func, func.args(inst)[0]) else { return false };
    let args: SmallVec<[ValueId; 8]> = SmallVec::from_slice(&func.args(inst)[usize::from(!keeps_callee)..]);
    func.set_args(inst, &args);
    let data = func.inst_mut(inst);
    (data.op, data.sym) = (op, code);
    true
}

fn code_of(func: &Function, value: ValueId) -> Option<Symbol> {
    defined_by(func, value, Op::CodeAddr).map(|inst| func.inst(inst).sym)
}

/// The code stored in word 0 of each object allocated here; `None` when there are several stores.
fn closure_codes(func: &Function) -> FxHashMap<ValueId, Option<Symbol>> {
    let mut codes = FxHashMap::default();
    for &block in &func.layout {
        for inst in func.block_insts(block) {
            let data = func.inst(inst);
            if data.op != Op::Store || data.imm != 0 {
                continue;
            }
            let &[object, value] = func.args(inst) else { continue };
            if defined_by(func, object, Op::Alloc).is_some() {
                let code = code_of(func, value);
                codes.entry(object).and_modify(|known| *known = None).or_insert(code);
            }
        }
    }
    codes
}

fn closure_code(
    func: &Function,
    module: &Module,
    closures: &FxHashMap<ValueId, Option<Symbol>>,
    object: ValueId,
) -> Option<Symbol> {
    if let Some(code) = closures.get(&object) {
        return *code;
    }
    let inst = defined_by(func, object, Op::DataAddr)?;
    match read_only_word(module, func.inst(inst).sym, func.inst(inst).imm, Type::Ptr)? {
        Word::Address(symbol, 0) if module.func_id(symbol).is_some() => Some(symbol),
        _ => None,
    }
}

/// What a place in read-only data holds.
enum Word {
    Constant(i64),
    Address(Symbol, i64),
}

fn fold_load(func: &mut Function, module: &Module, inst: InstId) -> bool {
    let data = *func.inst(inst);
    let Some(addr) = defined_by(func, func.args(inst)[0], Op::DataAddr) else { return false };
    let base = *func.inst(addr);
    let Some(word) = read_only_word(module, base.sym, base.imm.wrapping_add(data.imm), data.ty) else {
        return false;
    };
    let new = match word {
        Word::Constant(bits) if data.ty.is_float() => Inst::new(Op::Fconst, data.ty).imm(bits),
        Word::Constant(value) => Inst::new(Op::Iconst, data.ty).imm(normalize(data.ty, value)),
        Word::Address(symbol, 0) if module.func_id(symbol).is_some() => {
            Inst::new(Op::CodeAddr, data.ty).sym(symbol)
        }
        Word::Address(symbol, addend) => Inst::new(Op::DataAddr, data.ty).sym(symbol).imm(addend),
    };
    func.set_args(inst, &[]);
    let slot = func.inst_mut(inst);
    (slot.op, slot.sub, slot.flags, slot.sym, slot.imm) = (new.op, new.sub, new.flags, new.sym, new.imm);
    true
}

fn read_only_word(module: &Module, name: Symbol, offset: i64, ty: Type) -> Option<Word> {
    let Some(Def::Data(id)) = module.def(name) else { return None };
    let object = &module.data[id];
    let n_bytes = ty.n_bytes() as usize;
    let start = usize::try_from(offset).ok()?;
    if !object.readonly || ty == Type::V128 || (start + n_bytes) as u64 > object.contents.n_bytes() {
        return None;
    }
    let covers = |reloc: &&ir::Reloc| {
        let reloc_bytes = if reloc.kind == RelocKind::Abs64 { 8 } else { 4 };
        (reloc.offset as usize) < start + n_bytes && start < reloc.offset as usize + reloc_bytes
    };
    if let Some(reloc) = object.relocs.iter().find(covers) {
        let is_whole = reloc.kind == RelocKind::Abs64 && reloc.offset as usize == start && ty == Type::Ptr;
        // Code outside the module has no data address; its symbol may be either.
        let is_known = module.def(reloc.symbol).is_some();
        return (is_whole && is_known).then_some(Word::Address(reloc.symbol, reloc.addend));
    }
    let mut buffer = [0; 8];
    if let Contents::Bytes(bytes) = &object.contents {
        buffer[..n_bytes].copy_from_slice(bytes.get(start..start + n_bytes)?);
    }
    let bits = i64::from_le_bytes(buffer);
    (ty != Type::Ptr || bits == 0).then_some(Word::Constant(bits))
}
