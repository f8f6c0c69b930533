//! Equality and hashing of whole types: the functions that type and map descriptors refer to.
//!
//! Both are closures without captures. Plain memory (no padding, floats, strings or interfaces) is handled by the runtime as
//! bytes, so only the size matters; other types get a function that goes through their parts.

use base::Symbol;
use ir::{FnAttrs, Function, IntCond, Op, Type as IrType, ValueId};
use types::{Basic, BasicInfo, Type, TypeId};

use crate::{
    entry::with_cx,
    func::FnCx,
    names::{Style, type_name},
    unit::{Item, Unit},
    value::{Address, Val},
    wrapper::no_scope,
};

/// Whether two values are equal exactly when their bytes are.
pub(crate) fn is_plain_memory(unit: &mut Unit<'_>, ty: TypeId) -> bool {
    let types = unit.types;
    match types.under(ty) {
        Type::Basic(basic) => {
            !basic.info().intersects(BasicInfo::STRING)
                && !basic.info().intersects(BasicInfo::FLOAT)
                && !basic.info().intersects(BasicInfo::COMPLEX)
        }
        Type::Pointer(_) | Type::Chan { .. } => true,
        Type::Array { n_elems, elem } => *n_elems == 0 || is_plain_memory(unit, *elem),
        Type::Struct(struct_) => {
            let mut end = 0;
            let layout = types.struct_layout(types.underlying(ty));
            for (field, &offset) in struct_.fields.iter().zip(&layout.offsets) {
                if field.name.symbol.is_blank() || offset as u64 != end || !is_plain_memory(unit, field.ty) {
                    return false;
                }
                end += unit.shape(field.ty).n_bytes;
            }
            end == unit.shape(ty).n_bytes
        }
        _ => false,
    }
}

impl Unit<'_> {
    /// The code that compares two values in memory: `(context, p, q) -> bool`.
    pub(crate) fn equal_code(&mut self, ty: TypeId) -> Symbol {
        let ty = self.types.canonical(ty);
        if is_plain_memory(self, ty) {
            let symbol = Symbol::intern(&format!("type:eq:mem{}", self.shape(ty).n_bytes));
            return self.mention(symbol, Item::Equal(ty));
        }
        let symbol = Symbol::intern(&format!("type:eq:{}", type_name(self.types, ty, Style::Link)));
        self.mention(symbol, Item::Equal(ty))
    }

    /// The code that hashes a value in memory: `(context, p, seed) -> hash`.
    pub(crate) fn hash_code(&mut self, ty: TypeId) -> Symbol {
        let ty = self.types.canonical(ty);
        if is_plain_memory(self, ty) {
            let symbol = Symbol::intern(&format!("type:hash:mem{}", self.shape(ty).n_bytes));
            return self.mention(symbol, Item::Hash(ty));
        }
        let symbol = Symbol::intern(&format!("type:hash:{}", type_name(self.types, ty, Style::Link)));
        self.mention(symbol, Item::Hash(ty))
    }
}

/// Makes the code of `equal_code`.
pub(crate) fn lower_equal(unit: &mut Unit<'_>, ty: TypeId, name: Symbol) {
    let sig = ir::Signature { params: vec![IrType::Ptr; 3], results: vec![IrType::I8] };
    lower_algorithm(unit, sig, name, |cx, params| {
        let equal = cx.equal_parts(params[1], params[2], ty);
        cx.b.ret(&[equal]);
    });
}

/// Makes the code of `hash_code`.
pub(crate) fn lower_hash(unit: &mut Unit<'_>, ty: TypeId, name: Symbol) {
    let sig =
        ir::Signature { params: vec![IrType::Ptr, IrType::Ptr, IrType::I64], results: vec![IrType::I64] };
    lower_algorithm(unit, sig, name, |cx, params| {
        let hash = cx.hash_parts(params[1], params[2], ty);
        cx.b.ret(&[hash]);
    });
}

fn lower_algorithm(
    unit: &mut Unit<'_>,
    sig: ir::Signature,
    name: Symbol,
    lower: impl FnOnce(&mut FnCx<'_, '_, '_>, &[ValueId]),
) {
    let mut function = Function::new(name, sig);
    function.attrs = FnAttrs::CLOSURE | FnAttrs::WRAPPER | FnAttrs::DUP_OK;
    let scope = no_scope(unit);
    let function = with_cx(unit, scope, function, (name, name), |cx| {
        let params = cx.b.params(cx.b.func.entry()).to_vec();
        lower(cx, &params);
    });
    unit.out.funcs.push(function);
}

impl FnCx<'_, '_, '_> {
    /// Compares two values in memory part by part.
    fn equal_parts(&mut self, x: ValueId, y: ValueId, ty: TypeId) -> ValueId {
        if is_plain_memory(self.unit, ty) {
            let n_bytes = self.shape(ty).n_bytes;
            let n_bytes = self.int(n_bytes as i64);
            let inst = self.b.emit(ir::Inst::new(Op::MemEqual, IrType::Ptr), &[x, y, n_bytes]);
            return self.b.func.result(inst);
        }
        match self.types.under(ty) {
            Type::Struct(_) => {
                let at = |addr| Val::Memory { addr, owned: true };
                self.equal_fields(&at(x), &at(y), ty)
            }
            Type::Array { n_elems, elem } => {
                let elem = self.types.canonical(*elem);
                let no = self.b.create_block();
                self.for_elems(*n_elems, elem, |cx, offset| {
                    let (x, y) = (cx.b.ptr_add(x, offset), cx.b.ptr_add(y, offset));
                    let equal = cx.equal_at(x, y, elem);
                    cx.continue_if(equal, no);
                });
                self.all_or(no)
            }
            _ => self.equal_at(x, y, ty),
        }
    }

    fn continue_if(&mut self, cond: ValueId, otherwise: ir::BlockId) {
        let next = self.b.create_block();
        self.b.br_if(cond, next, otherwise);
        self.enter(next);
    }

    /// 1 here, 0 from `no`.
    fn all_or(&mut self, no: ir::BlockId) -> ValueId {
        let yes = self.bool(true);
        self.b.ret(&[yes]);
        self.enter(no);
        self.bool(false)
    }

    /// Compares two values in memory.
    fn equal_at(&mut self, x: ValueId, y: ValueId, ty: TypeId) -> ValueId {
        let x = self.load_val(Address::side(x), ty);
        let y = self.load_val(Address::side(y), ty);
        self.equal(&x, &y, ty)
    }

    /// Runs `each` in a loop with the offset of every element.
    fn for_elems(&mut self, n_elems: i64, elem: TypeId, each: impl FnOnce(&mut Self, ValueId)) {
        let n_bytes = self.shape(elem).n_bytes as i64;
        let zero = self.int(0);
        let offset = self.new_var(zero);
        let (head, body, end) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let at = self.b.use_var(offset);
        let more = self.b.icmp_imm(IntCond::Ult, at, n_elems * n_bytes);
        self.b.br_if(more, body, end);
        self.enter(body);
        each(self, at);
        let step = self.int(n_bytes);
        let next = self.b.binary(Op::Iadd, at, step);
        self.b.def_var(offset, next);
        self.b.jump(head, &[]);
        self.b.seal(head);
        self.enter(end);
    }

    /// Hashes plain memory. Small sizes have functions of their own, which the map implementation uses directly as well.
    fn hash_memory(&mut self, p: ValueId, seed: ValueId, ty: TypeId) -> ValueId {
        match self.shape(ty).n_bytes {
            4 => self.runtime1("memhash32", &[p, seed], IrType::I64),
            8 => self.runtime1("memhash64", &[p, seed], IrType::I64),
            n_bytes => {
                let n_bytes = self.int(n_bytes as i64);
                self.runtime1("memhash", &[p, seed, n_bytes], IrType::I64)
            }
        }
    }

    /// Hashes a value in memory, starting from a seed.
    fn hash_parts(&mut self, p: ValueId, seed: ValueId, ty: TypeId) -> ValueId {
        if is_plain_memory(self.unit, ty) {
            return self.hash_memory(p, seed, ty);
        }
        match self.types.under(ty) {
            Type::Struct(struct_) => {
                let mut hash = seed;
                for (index, field) in struct_.fields.iter().enumerate() {
                    if field.name.symbol.is_blank() {
                        continue;
                    }
                    let (field_ty, offset) = self.field(ty, index);
                    let p = self.b.ptr_add_imm(p, offset as i64);
                    hash = self.hash_parts(p, hash, field_ty);
                }
                hash
            }
            Type::Array { n_elems, elem } => {
                let elem = self.types.canonical(*elem);
                let hash = self.new_var(seed);
                self.for_elems(*n_elems, elem, |cx, offset| {
                    let p = cx.b.ptr_add(p, offset);
                    let seed = cx.b.use_var(hash);
                    let next = cx.hash_parts(p, seed, elem);
                    cx.b.def_var(hash, next);
                });
                self.b.use_var(hash)
            }
            Type::Interface(_) => {
                let is_empty = crate::methods::interface_methods(self.types, ty).is_empty();
                self.runtime1(if is_empty { "nilinterhash" } else { "interhash" }, &[p, seed], IrType::I64)
            }
            Type::Basic(basic) => self.runtime1(basic_hash(*basic), &[p, seed], IrType::I64),
            other => unreachable!("{other:?} is not hashable"),
        }
    }
}

fn basic_hash(basic: Basic) -> &'static str {
    match basic {
        Basic::String => "strhash",
        Basic::Float32 => "f32hash",
        Basic::Float64 => "f64hash",
        Basic::Complex64 => "c64hash",
        Basic::Complex128 => "c128hash",
        other => unreachable!("{other:?} is plain memory"),
    }
}
