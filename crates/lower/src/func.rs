//! Lowering one function: its state, and the small operations that everything else is made of.
//!
//! A function literal (and the body of a range-over-func loop) is a function of its own: it is lowered by a nested
//! [`FnCx`] that finds the variables it shares with the functions around it in its closure object.

use std::rc::Rc;
use std::sync::Arc;

use base::{Pos, Symbol};
use ir::{
    AllocFlags, BlockId, FuncBuilder, Inst, IntCond, MemFlags, Op, Region, SrcLoc, Type as IrType, ValueId,
    Variable,
};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use types::{ObjectId, TypeId, Types};

use crate::{
    facts::VarFacts,
    flow::Flow,
    order::Early,
    program::Source,
    shape::{Scalar, Shape},
    unit::Unit,
    value::{Address, Place, Scalars, Val},
};

/// Where a variable lives.
#[derive(Clone, Debug)]
pub(crate) enum Storage {
    /// In SSA variables, one per scalar.
    Ssa(SmallVec<[Variable; 4]>),
    /// In memory; the SSA variable holds the address, which differs from one execution of the declaration to the next.
    Memory {
        /// Holds the address.
        addr: Variable,
        /// Whether pointers stored there need the write barrier.
        barrier: bool,
    },
}

/// The state of lowering one function.
pub(crate) struct FnCx<'u, 'f, 'p> {
    pub(crate) unit: &'u mut Unit<'p>,
    pub(crate) types: &'p Types,
    pub(crate) b: FuncBuilder<'f>,
    /// The file that the function is in.
    pub(crate) src: Source<'p>,
    /// What the type parameters stand for.
    pub(crate) subst: Rc<Subst>,
    /// What is known about the variables of the outermost function.
    pub(crate) facts: Rc<VarFacts>,
    pub(crate) vars: FxHashMap<ObjectId, Storage>,
    pub(crate) flow: Flow,
    /// What was evaluated before the operands around it.
    pub(crate) early: Early,
    /// The function's linker name, from which those of its literals are made.
    pub(crate) name: Symbol,
    /// The function's name in tracebacks.
    pub(crate) display: Symbol,
    /// How many literals were lowered so far, shared with the literals inside: gc numbers them together.
    pub(crate) n_literals: u32,
    /// Bodies of loops over functions so far.
    pub(crate) n_loop_bodies: u32,
}

/// The type arguments of the function being lowered.
#[derive(Default, Debug)]
pub(crate) struct Subst {
    pub(crate) params: Vec<TypeId>,
    pub(crate) args: Vec<TypeId>,
}

impl<'u, 'f, 'p> FnCx<'u, 'f, 'p> {
    // ---- types ---------------------------------------------------------------------------------------------------

    /// A type as it is in this copy of the function: canonical, without type parameters.
    pub(crate) fn mono(&self, ty: TypeId) -> TypeId {
        if self.subst.params.is_empty() {
            return self.types.canonical(ty);
        }
        let substitution = types::Substitution::new(&self.subst.params, &self.subst.args);
        self.types.canonical(self.types.monomorphise(ty, &substitution))
    }

    pub(crate) fn shape(&mut self, ty: TypeId) -> Arc<Shape> {
        self.unit.shape(ty)
    }

    // ---- source positions ----------------------------------------------------------------------------------------

    /// Says where the following instructions come from.
    pub(crate) fn at(&mut self, pos: Pos) {
        self.b.set_loc(SrcLoc { pos, site: None });
    }

    // ---- blocks --------------------------------------------------------------------------------------------------

    /// Makes sure that there is a current block; after a terminator it is one that control does not reach.
    pub(crate) fn ensure_block(&mut self) {
        if self.b.current().is_none() {
            let block = self.b.create_block();
            self.b.seal(block);
            self.b.switch_to(block);
        }
    }

    /// Seals a block that has all its predecessors, and makes it current.
    pub(crate) fn enter(&mut self, block: BlockId) {
        self.b.seal(block);
        self.b.switch_to(block);
    }

    /// Goes to `block` unless the current code has ended already.
    pub(crate) fn goto(&mut self, block: BlockId) {
        if self.b.current().is_some() {
            self.b.jump(block, &[]);
        }
    }

    // ---- constants and arithmetic --------------------------------------------------------------------------------

    pub(crate) fn int(&mut self, value: i64) -> ValueId {
        self.b.iconst(IrType::I64, value)
    }

    /// The value of an integer constant.
    pub(crate) fn const_int(&self, value: ValueId) -> Option<i64> {
        let inst = self.b.func.inst(self.b.func.def_inst(value)?);
        (inst.op == Op::Iconst).then_some(inst.imm)
    }

    pub(crate) fn bool(&mut self, value: bool) -> ValueId {
        self.b.iconst(IrType::I8, i64::from(value))
    }

    pub(crate) fn nil(&mut self) -> ValueId {
        self.b.iconst(IrType::Ptr, 0)
    }

    /// 1 if `x` is 0, else 0.
    pub(crate) fn not(&mut self, x: ValueId) -> ValueId {
        self.b.icmp_imm(IntCond::Eq, x, 0)
    }

    /// The zero value of a type.
    pub(crate) fn zero(&mut self, ty: TypeId) -> Val {
        let shape = self.shape(ty);
        match &shape.scalars {
            Some(scalars) => Val::Scalars(scalars.iter().map(|scalar| self.b.zero(scalar.ty)).collect()),
            None => {
                let addr = self.temp_zeroed(&shape);
                Val::Memory { addr: addr.base, owned: true }
            }
        }
    }

    // ---- memory --------------------------------------------------------------------------------------------------

    /// Memory for one value on the side stack, which nothing outlives: to pass or build a value. Not cleared.
    pub(crate) fn temp(&mut self, shape: &Shape) -> Address {
        self.side_alloc(shape.n_bytes, shape.align, AllocFlags::SIDE | AllocFlags::UNINIT)
    }

    /// As `temp`, with all bytes zero.
    pub(crate) fn temp_zeroed(&mut self, shape: &Shape) -> Address {
        self.side_alloc(shape.n_bytes, shape.align, AllocFlags::SIDE)
    }

    /// Memory of the side stack.
    pub(crate) fn side_alloc(&mut self, n_bytes: u64, align: u32, flags: AllocFlags) -> Address {
        Address::side(self.b.alloc(n_bytes.max(1), align, flags, crate::unit::no_type()))
    }

    /// A zeroed variable of this type that may outlive the function; escape analysis may move it to the side stack.
    pub(crate) fn new_object(&mut self, ty: TypeId) -> ValueId {
        let shape = self.shape(ty);
        if shape.n_bytes == 0 {
            let base = self.unit.zero_base();
            return self.b.data_addr(base, 0);
        }
        let desc = self.unit.type_desc(ty);
        let flags = if shape.has_pointers { AllocFlags::empty() } else { AllocFlags::NOSCAN };
        self.b.alloc(shape.n_bytes, shape.align, flags, desc)
    }

    /// Reads one scalar.
    pub(crate) fn load(&mut self, at: Address, ty: IrType) -> ValueId {
        self.b.load(ty, at.base, at.offset, MemFlags::NOTRAP, Region::ANY)
    }

    /// Writes one scalar, with the write barrier where it is needed.
    pub(crate) fn store(&mut self, at: Address, scalar: &Scalar, value: ValueId) {
        if at.barrier && scalar.is_heap_ptr {
            self.b.store_wb(value, at.base, at.offset, MemFlags::NOTRAP, Region::ANY);
        } else {
            self.b.store(value, at.base, at.offset, MemFlags::NOTRAP, Region::ANY);
        }
    }

    /// Reads a value of a type. A memory value stays where it is: the caller copies it if it must survive a write.
    pub(crate) fn load_val(&mut self, at: Address, ty: TypeId) -> Val {
        let shape = self.shape(ty);
        match &shape.scalars {
            Some(scalars) => {
                Val::Scalars(scalars.iter().map(|scalar| self.load(at.scalar(scalar), scalar.ty)).collect())
            }
            None => Val::Memory { addr: self.b.ptr_add_imm(at.base, at.offset), owned: false },
        }
    }

    /// Writes a value of a type.
    pub(crate) fn store_val(&mut self, at: Address, ty: TypeId, val: &Val) {
        let shape = self.shape(ty);
        match val {
            Val::Scalars(values) => {
                for (scalar, &value) in shape.scalars().iter().zip(values) {
                    self.store(at.scalar(scalar), scalar, value);
                }
            }
            Val::Memory { addr, .. } => {
                let dst = self.b.ptr_add_imm(at.base, at.offset);
                self.copy(dst, *addr, ty, &shape, at.barrier);
            }
        }
    }

    /// Writes a value of a type to memory that may overlap that of the value.
    pub(crate) fn move_val(&mut self, at: Address, ty: TypeId, val: &Val) {
        let shape = self.shape(ty);
        match val {
            Val::Memory { addr, owned: false } if !(at.barrier && shape.has_pointers) => {
                let dst = self.b.ptr_add_imm(at.base, at.offset);
                let n_bytes = self.int(shape.n_bytes as i64);
                self.b.emit(Inst::new(Op::MemMove, IrType::Ptr), &[dst, *addr, n_bytes]);
            }
            _ => self.store_val(at, ty, val),
        }
    }

    /// Copies a memory value; source and destination may be the same, but do not overlap otherwise.
    fn copy(&mut self, dst: ValueId, src: ValueId, ty: TypeId, shape: &Shape, barrier: bool) {
        if barrier && shape.has_pointers {
            let desc = self.unit.type_desc(ty);
            let desc = self.b.data_addr(desc, 0);
            self.rust(abi::RtFn::typed_memmove, &[desc, dst, src]);
        } else {
            let n_bytes = self.int(shape.n_bytes as i64);
            self.b.emit(Inst::new(Op::MemCopy, IrType::Ptr), &[dst, src, n_bytes]);
        }
    }

    /// A value that later writes do not change.
    pub(crate) fn keep(&mut self, val: Val, ty: TypeId) -> Val {
        match val {
            Val::Memory { addr, owned: false } => {
                let shape = self.shape(ty);
                let temp = self.temp(&shape);
                self.copy(temp.base, addr, ty, &shape, false);
                Val::Memory { addr: temp.base, owned: true }
            }
            other => other,
        }
    }

    /// The address of memory that holds the value and that nobody else writes.
    pub(crate) fn spill(&mut self, val: Val, ty: TypeId) -> ValueId {
        match self.keep(val, ty) {
            Val::Memory { addr, .. } => addr,
            scalars => {
                let shape = self.shape(ty);
                let temp = self.temp(&shape);
                self.store_val(temp, ty, &scalars);
                temp.base
            }
        }
    }

    /// The address of memory that holds the value, for immediate reading.
    pub(crate) fn in_memory(&mut self, val: Val, ty: TypeId) -> ValueId {
        match val {
            Val::Memory { addr, .. } => addr,
            scalars => self.spill(scalars, ty),
        }
    }

    // ---- parts of values -----------------------------------------------------------------------------------------

    /// The field `index` of a struct value.
    pub(crate) fn field_val(&mut self, val: &Val, struct_ty: TypeId, index: usize) -> Val {
        let (field_ty, offset) = self.field(struct_ty, index);
        match val {
            Val::Scalars(scalars) => {
                let range = self.scalar_range(struct_ty, index);
                Val::many(&scalars[range])
            }
            Val::Memory { addr, .. } => self.load_val(Address::side(*addr).plus(offset), field_ty),
        }
    }

    /// The type of a field, without type parameters, and its offset.
    pub(crate) fn field(&mut self, struct_ty: TypeId, index: usize) -> (TypeId, u64) {
        let (id, struct_) = self.types.as_struct(struct_ty).expect("the checker found a field");
        let offset = self.types.struct_layout(id).offsets[index] as u64;
        (self.types.canonical(struct_.fields[index].ty), offset)
    }

    /// Which scalars of a struct belong to a field.
    pub(crate) fn scalar_range(&mut self, struct_ty: TypeId, index: usize) -> std::ops::Range<usize> {
        let (_, struct_) = self.types.as_struct(struct_ty).expect("the checker found a field");
        let mut start = 0;
        for field in &struct_.fields[..index] {
            start += self.unit.shape(field.ty).scalars().len();
        }
        let n_scalars = self.unit.shape(struct_.fields[index].ty).scalars().len();
        start..start + n_scalars
    }

    // ---- calls of the runtime --------------------------------------------------------------------------------------

    /// Calls a Rust function of the runtime.
    pub(crate) fn rust(&mut self, function: abi::RtFn, args: &[ValueId]) -> Scalars {
        let signature = function.signature();
        debug_assert_eq!(signature.params.len(), args.len(), "{}", function.symbol());
        let results: SmallVec<[IrType; 4]> = signature.results.iter().map(|&word| word_type(word)).collect();
        let effect = rt_effect(signature.effect);
        let inst = self.b.call_rt(Symbol::intern(function.symbol()), effect, args, &results);
        if signature.effect == abi::Effect::NoReturn {
            self.b.unreachable();
            return Scalars::new();
        }
        self.b.func.results(inst).collect()
    }

    /// Calls a Go function of package runtime.
    pub(crate) fn runtime(&mut self, name: &str, args: &[ValueId], results: &[IrType]) -> Scalars {
        let symbol = self.unit.runtime(name);
        if let Some(function) = abi::RtFn::from_symbol(symbol.as_str()) {
            return self.rust_as(function, args, results);
        }
        let inst = self.b.call(symbol, args, results);
        self.b.func.results(inst).collect()
    }

    /// Calls a Rust function with operands and results of other widths than its words; booleans and unsigned operands only.
    fn rust_as(&mut self, function: abi::RtFn, args: &[ValueId], results: &[IrType]) -> Scalars {
        let words = function.signature().params;
        let mut wide = Vec::with_capacity(args.len());
        for (&arg, &word) in args.iter().zip(words) {
            wide.push(self.widen_word(arg, word, TypeId::UINT64));
        }
        let words = self.rust(function, &wide);
        words.into_iter().zip(results).map(|(word, &ty)| self.narrow_word(word, ty)).collect()
    }

    /// Calls a Go function of package runtime that has one result.
    pub(crate) fn runtime1(&mut self, name: &str, args: &[ValueId], result: IrType) -> ValueId {
        self.runtime(name, args, &[result])[0]
    }

    /// Calls a Go function of package runtime that does not return.
    pub(crate) fn runtime_panic(&mut self, name: &str, args: &[ValueId]) {
        self.runtime(name, args, &[]);
        self.b.unreachable();
    }

    /// The address of the descriptor of a type.
    pub(crate) fn type_addr(&mut self, ty: TypeId) -> ValueId {
        let desc = self.unit.type_desc(ty);
        self.b.data_addr(desc, 0)
    }

    // ---- variables -------------------------------------------------------------------------------------------------

    /// Declares a variable of this function with its first value (`None`: zero).
    pub(crate) fn declare(&mut self, object: ObjectId, ty: TypeId, init: Option<Val>) {
        let storage = self.new_storage(object, ty, init.as_ref());
        self.vars.insert(object, storage);
    }

    /// Storage for a variable, with its first value.
    pub(crate) fn new_storage(&mut self, object: ObjectId, ty: TypeId, init: Option<&Val>) -> Storage {
        let shape = self.shape(ty);
        if self.facts.needs_memory(object) {
            let base = self.new_object(ty);
            if let Some(val) = init {
                self.store_val(Address::heap(base), ty, val);
            }
            return self.memory_storage(base, true);
        }
        match &shape.scalars {
            Some(scalars) => {
                let val = match init {
                    Some(val) => val.clone(),
                    None => self.zero(ty),
                };
                let vars =
                    scalars.iter().map(|scalar| self.b.declare_var(scalar.ty)).collect::<SmallVec<_>>();
                for (&var, &value) in vars.iter().zip(val.scalars()) {
                    self.b.def_var(var, value);
                }
                Storage::Ssa(vars)
            }
            None if shape.n_bytes > MAX_SIDE_VAR => {
                let base = self.new_object(ty);
                if let Some(val) = init {
                    self.store_val(Address::heap(base), ty, val);
                }
                self.memory_storage(base, true)
            }
            None => {
                let at = match init {
                    Some(val) => {
                        let at = self.temp(&shape);
                        self.store_val(at, ty, val);
                        at
                    }
                    None => self.temp_zeroed(&shape),
                };
                self.memory_storage(at.base, false)
            }
        }
    }

    /// Storage at an address.
    pub(crate) fn memory_storage(&mut self, base: ValueId, barrier: bool) -> Storage {
        let addr = self.b.declare_var(IrType::Ptr);
        self.b.def_var(addr, base);
        Storage::Memory { addr, barrier }
    }

    /// The place of a local variable.
    pub(crate) fn storage_place(&mut self, storage: &Storage) -> Place {
        match storage {
            Storage::Ssa(vars) => Place::Ssa(vars.clone()),
            Storage::Memory { addr, barrier } => {
                let base = self.b.use_var(*addr);
                Place::Memory(Address { base, offset: 0, barrier: *barrier })
            }
        }
    }
}

/// Variables with more bytes than this go to the heap, as gc does with explicitly declared ones.
const MAX_SIDE_VAR: u64 = 128 * 1024;

/// The machine type of a parameter or result of a Rust function.
pub(crate) fn word_type(word: abi::Word) -> IrType {
    match word {
        abi::Word::Int => IrType::I64,
        abi::Word::Ptr => IrType::Ptr,
        abi::Word::F64 => IrType::F64,
    }
}

fn rt_effect(effect: abi::Effect) -> ir::RtEffect {
    match effect {
        abi::Effect::Leaf => ir::RtEffect::Leaf,
        abi::Effect::MayGc => ir::RtEffect::MayGc,
        abi::Effect::MayPark => ir::RtEffect::MayPark,
        abi::Effect::NoReturn => ir::RtEffect::NoReturn,
    }
}
