//! Executes IR, to compare a function before and after a pass. Slow, deterministic, without a collector.
//!
//! Memory is one array of bytes; addresses below [`FIRST_ADDR`] fault as nil dereferences. Code that is not in the module
//! is a *stranger*: a call of it is recorded with its scalar arguments in the trace, and returns numbers made from its name and
//! how often it was called, so that any difference in what is called, or in which order, shows.

use crate::builder::normalize;
use crate::entity::{BlockId, FuncId, InstId, ValueId};
use crate::eval::{eval, int_compare, to_f64, zero_extend};
use crate::function::Function;
use crate::inst::Inst;
use crate::module::{Contents, Module, RelocKind};
use crate::op::{Effects, Op};
use crate::types::{IntCond, Lanes, RmwOp, RtEffect, Type};
use base::{IdxVec, Symbol};
use rustc_hash::FxHashMap;

/// Addresses below fault.
pub const FIRST_ADDR: u64 = 1 << 16;
/// Code addresses start here.
const FIRST_CODE: u64 = 1 << 40;
const MAX_DEPTH: u32 = 200;

/// Why a run ended without returning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// A Go panic, named by its cause.
    Panic(String),
    /// More steps or deeper calls than allowed.
    OutOfFuel,
    /// Something that valid programs do not do.
    Bug(String),
}

/// What a run did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Results (as 128 bits, zero-extended), or why there are none.
    pub outcome: Result<Vec<u128>, Stop>,
    /// Calls of strangers, in order.
    pub trace: Vec<String>,
    /// How many instructions were executed.
    pub n_steps: u64,
}

/// Runs a function of the module on these arguments for at most `fuel` instructions.
pub fn run(module: &Module, func: FuncId, args: &[u128], fuel: u64) -> Run {
    let mut machine = Machine::new(module, fuel);
    let outcome = machine.call(func, args.to_vec(), 0);
    Run { outcome, trace: machine.trace, n_steps: fuel - machine.fuel }
}

struct Machine<'m> {
    module: &'m Module,
    memory: Vec<u8>,
    data: FxHashMap<Symbol, u64>,
    g: [u8; 1024],
    trace: Vec<String>,
    fuel: u64,
}

type Exec<T> = Result<T, Stop>;

/// What follows an instruction.
enum Flow {
    Next,
    Goto(BlockId, Vec<u128>),
    Return(Vec<u128>),
    TailCall(FuncId, Vec<u128>),
}

struct Frame<'f> {
    func: &'f Function,
    values: IdxVec<ValueId, u128>,
    depth: u32,
}

impl Frame<'_> {
    fn get(&self, value: ValueId) -> u128 {
        self.values[self.func.resolve(value)]
    }

    /// A scalar, sign-extended.
    fn scalar(&self, value: ValueId) -> i64 {
        normalize(self.func.ty(value), self.get(value) as u64 as i64)
    }

    fn set_scalar(&mut self, value: ValueId, bits: i64) {
        self.values[value] = u128::from(zero_extend(self.func.ty(value), bits));
    }
}

impl<'m> Machine<'m> {
    fn new(module: &'m Module, fuel: u64) -> Machine<'m> {
        let (data, trace) = (FxHashMap::default(), Vec::new());
        let mut machine = Machine { module, memory: Vec::new(), data, g: [0; 1024], trace, fuel };
        for object in module.data.iter() {
            let addr = machine.allocate(object.contents.n_bytes(), u64::from(object.align));
            machine.data.insert(object.name, addr);
            if let Contents::Bytes(bytes) = &object.contents {
                let start = (addr - FIRST_ADDR) as usize;
                machine.memory[start..start + bytes.len()].copy_from_slice(bytes);
            }
        }
        for object in module.data.iter() {
            for reloc in &object.relocs {
                let at = machine.data[&object.name] + u64::from(reloc.offset);
                let n_bytes = if reloc.kind == RelocKind::Abs64 { 8 } else { 4 };
                let addr = machine.symbol(reloc.symbol).wrapping_add(reloc.addend as u64);
                machine.memory[(at - FIRST_ADDR) as usize..][..n_bytes]
                    .copy_from_slice(&addr.to_le_bytes()[..n_bytes]);
            }
        }
        machine
    }

    fn allocate(&mut self, n_bytes: u64, align: u64) -> u64 {
        let start = (self.memory.len() as u64).next_multiple_of(align.max(1));
        // One byte more, so that pointers past the end are not pointers to the next object.
        self.memory.resize((start + n_bytes + 1) as usize, 0);
        FIRST_ADDR + start
    }

    fn symbol(&mut self, name: Symbol) -> u64 {
        if let Some(func) = self.module.func_id(name) {
            return FIRST_CODE + 16 * func.index() as u64;
        }
        if let Some(&addr) = self.data.get(&name) {
            return addr;
        }
        let addr = self.allocate(64, 16);
        self.data.insert(name, addr);
        addr
    }

    fn bytes(&mut self, addr: u64, n_bytes: u64) -> Exec<&mut [u8]> {
        if addr < FIRST_ADDR && n_bytes > 0 {
            return Err(Stop::Panic("nil dereference".to_owned()));
        }
        let start = addr.wrapping_sub(FIRST_ADDR) as usize;
        let range = start..start.wrapping_add(n_bytes as usize);
        if n_bytes == 0 {
            return Ok(&mut []);
        }
        self.memory.get_mut(range).ok_or_else(|| Stop::Bug(format!("wild address {addr:#x}")))
    }

    fn read(&mut self, addr: u64, ty: Type) -> Exec<u128> {
        let mut buffer = [0; 16];
        let n_bytes = ty.n_bytes() as usize;
        buffer[..n_bytes].copy_from_slice(self.bytes(addr, n_bytes as u64)?);
        Ok(u128::from_le_bytes(buffer))
    }

    fn write(&mut self, addr: u64, ty: Type, value: u128) -> Exec<()> {
        let n_bytes = ty.n_bytes() as usize;
        self.bytes(addr, n_bytes as u64)?.copy_from_slice(&value.to_le_bytes()[..n_bytes]);
        Ok(())
    }

    fn call(&mut self, mut callee: FuncId, mut args: Vec<u128>, depth: u32) -> Exec<Vec<u128>> {
        if depth > MAX_DEPTH {
            return Err(Stop::OutOfFuel);
        }
        loop {
            let module = self.module;
            let func = &module.funcs[callee];
            if !func.has_body() {
                return Ok(self.stranger(func.name.as_str(), &args, &func.sig.params, &func.sig.results));
            }
            let mut frame = Frame { func, values: IdxVec::from_elem(0, func.n_values()), depth };
            let mut block = func.entry();
            'blocks: loop {
                for (&param, &arg) in func.params(block).iter().zip(&args) {
                    frame.values[param] = arg;
                }
                for inst in func.block_insts(block) {
                    self.fuel = self.fuel.checked_sub(1).ok_or(Stop::OutOfFuel)?;
                    match self.step(&mut frame, inst)? {
                        Flow::Next => {}
                        Flow::Goto(next, next_args) => {
                            (block, args) = (next, next_args);
                            continue 'blocks;
                        }
                        Flow::Return(results) => return Ok(results),
                        Flow::TailCall(next, next_args) => {
                            (callee, args) = (next, next_args);
                            break 'blocks;
                        }
                    }
                }
                return Err(Stop::Bug("fell off a block".to_owned()));
            }
        }
    }

    fn step(&mut self, frame: &mut Frame<'_>, inst: InstId) -> Exec<Flow> {
        let func = frame.func;
        let data = *func.inst(inst);
        let args = func.args(inst);
        if data.op.is_terminator() {
            return self.terminator(frame, inst);
        }
        if data.op.is_call() {
            return self.call_inst(frame, inst).map(|()| Flow::Next);
        }
        if data.op.info().effects.intersects(Effects::READS | Effects::WRITES | Effects::FRESH) {
            return self.memory_op(frame, inst).map(|()| Flow::Next);
        }
        match data.op {
            Op::NilCheck if (frame.get(args[0]) as u64) < 4096 => return panic("nil dereference"),
            Op::BoundsCheck => bounds_check(&data, frame.scalar(args[0]), frame.scalar(args[1]))?,
            Op::PanicIf if frame.scalar(args[0]) != 0 => return panic(data.panic_kind().text()),
            Op::NilCheck | Op::PanicIf | Op::KeepAlive | Op::Poll => {}
            Op::CodeAddr | Op::DataAddr => {
                let addr = self.symbol(data.sym).wrapping_add(data.imm as u64);
                frame.set_scalar(func.result(inst), addr as i64);
            }
            Op::GetG | Op::CallerPc | Op::CallerSp | Op::OwnFrame | Op::ParentFrame => {
                frame.set_scalar(func.result(inst), i64::from(frame.depth));
            }
            _ if data.ty == Type::V128 || args.iter().any(|&arg| func.ty(arg) == Type::V128) => {
                vector_op(frame, inst)?
            }
            _ => scalar_op(frame, inst)?,
        }
        Ok(Flow::Next)
    }

    fn terminator(&mut self, frame: &mut Frame<'_>, inst: InstId) -> Exec<Flow> {
        let func = frame.func;
        let data = func.inst(inst);
        let args: Vec<u128> = func.args(inst).iter().map(|&arg| frame.get(arg)).collect();
        let index = match data.op {
            Op::Jump => 0,
            Op::BrIf => usize::from(args[0] == 0),
            Op::Switch => {
                let value = frame.scalar(func.args(inst)[0]);
                let cases = &func.targets(inst)[1..];
                cases.iter().position(|target| target.case == value).map_or(0, |index| index + 1)
            }
            Op::Return => return Ok(Flow::Return(args)),
            Op::TailCall => match self.module.func_id(data.sym) {
                Some(callee) => return Ok(Flow::TailCall(callee, args)),
                None => {
                    let types: Vec<Type> = func.args(inst).iter().map(|&arg| func.ty(arg)).collect();
                    return Ok(Flow::Return(self.stranger(
                        data.sym.as_str(),
                        &args,
                        &types,
                        &func.sig.results,
                    )));
                }
            },
            Op::TailCallIndirect => {
                return Ok(Flow::TailCall(self.code(args[0] as u64)?, args[1..].to_vec()));
            }
            Op::TailCallClosure => {
                let code = self.read(args[0] as u64, Type::Ptr)? as u64;
                return Ok(Flow::TailCall(self.code(code)?, args));
            }
            Op::ProtectedCall => {
                let callee =
                    self.module.func_id(data.sym).ok_or_else(|| Stop::Bug("no callee".to_owned()))?;
                match self.call(callee, args, frame.depth + 1) {
                    Ok(_) => 0,
                    Err(Stop::Panic(_)) => 1,
                    Err(stop) => return Err(stop),
                }
            }
            _ => return Err(Stop::Bug("unreachable code was reached".to_owned())),
        };
        let target = &func.targets(inst)[index];
        Ok(Flow::Goto(target.block, target.args.iter().map(|&arg| frame.get(arg)).collect()))
    }

    // ---- calls

    fn code(&self, addr: u64) -> Exec<FuncId> {
        let index = addr.wrapping_sub(FIRST_CODE) / 16;
        if addr < FIRST_ADDR {
            return panic("nil dereference");
        }
        if index >= self.module.funcs.len() as u64 {
            return Err(Stop::Bug(format!("no code at {addr:#x}")));
        }
        Ok(FuncId::new(index as usize))
    }

    fn call_inst(&mut self, frame: &mut Frame<'_>, inst: InstId) -> Exec<()> {
        let func = frame.func;
        let data = func.inst(inst);
        let mut args: Vec<u128> = func.args(inst).iter().map(|&arg| frame.get(arg)).collect();
        let callee = match data.op {
            Op::CallIndirect => Some(self.code(args.remove(0) as u64)?),
            Op::CallClosure => {
                let code = self.read(args[0] as u64, Type::Ptr)? as u64;
                Some(self.code(code)?)
            }
            _ => self.module.func_id(data.sym),
        };
        let results = match callee {
            Some(callee) => self.call(callee, args, frame.depth + 1)?,
            None => {
                let types = |values: &mut dyn Iterator<Item = ValueId>| {
                    values.map(|v| func.ty(v)).collect::<Vec<_>>()
                };
                let params = types(&mut func.args(inst).iter().copied());
                let results =
                    self.stranger(data.sym.as_str(), &args, &params, &types(&mut func.results(inst)));
                if data.op == Op::CallRt && data.rt_effect() == RtEffect::NoReturn {
                    return panic(data.sym.as_str());
                }
                results
            }
        };
        for (result, value) in func.results(inst).zip(results) {
            frame.values[result] = value;
        }
        Ok(())
    }

    fn stranger(&mut self, name: &str, args: &[u128], params: &[Type], results: &[Type]) -> Vec<u128> {
        let shown = args
            .iter()
            .zip(params)
            .map(|(arg, ty)| if *ty == Type::Ptr { "ptr".into() } else { arg.to_string() });
        self.trace.push(format!("{name}({})", shown.collect::<Vec<_>>().join(", ")));
        let seed = name.len() as i64 * 31 + self.trace.len() as i64;
        results
            .iter()
            .map(|&ty| match ty {
                Type::Ptr => u128::from(self.allocate(64, 16)),
                _ => u128::from(zero_extend(ty, seed)),
            })
            .collect()
    }

    // ---- memory

    fn memory_op(&mut self, frame: &mut Frame<'_>, inst: InstId) -> Exec<()> {
        let func = frame.func;
        let data = *func.inst(inst);
        let args: Vec<u128> = func.args(inst).iter().map(|&arg| frame.get(arg)).collect();
        let addr = args.first().map_or(0, |&base| (base as u64).wrapping_add(data.imm as u64));
        let result = match data.op {
            Op::Load | Op::AtomicLoad => self.read(addr, data.ty)?,
            Op::Store | Op::StoreWb | Op::AtomicStore | Op::AtomicStoreWb => {
                return self.write(addr, data.ty, args[1]);
            }
            Op::AtomicRmw | Op::AtomicXchgWb => {
                let old = self.read(addr, data.ty)?;
                let op = if data.op == Op::AtomicRmw { data.rmw_op() } else { RmwOp::Xchg };
                let new = match op {
                    RmwOp::Add => old.wrapping_add(args[1]),
                    RmwOp::And => old & args[1],
                    RmwOp::Or => old | args[1],
                    RmwOp::Xchg => args[1],
                };
                self.write(addr, data.ty, new)?;
                old
            }
            Op::AtomicCas | Op::AtomicCasWb => {
                let is_equal = self.read(addr, data.ty)? == args[1];
                if is_equal {
                    self.write(addr, data.ty, args[2])?;
                }
                u128::from(is_equal)
            }
            Op::MemCopy | Op::MemMove => {
                let bytes = self.bytes(args[1] as u64, args[2] as u64)?.to_vec();
                self.bytes(args[0] as u64, args[2] as u64)?.copy_from_slice(&bytes);
                return Ok(());
            }
            Op::MemZero => {
                self.bytes(args[0] as u64, args[1] as u64)?.fill(0);
                return Ok(());
            }
            Op::MemEqual => {
                let left = self.bytes(args[0] as u64, args[2] as u64)?.to_vec();
                u128::from(self.bytes(args[1] as u64, args[2] as u64)? == left.as_slice())
            }
            Op::Alloc => u128::from(self.allocate(data.imm as u64, u64::from(data.align()))),
            Op::GLoad => {
                let mut buffer = [0; 16];
                let n_bytes = data.ty.n_bytes() as usize;
                buffer[..n_bytes].copy_from_slice(&self.g[data.imm as usize..][..n_bytes]);
                u128::from_le_bytes(buffer)
            }
            Op::GStore => {
                let n_bytes = data.ty.n_bytes() as usize;
                self.g[data.imm as usize..][..n_bytes].copy_from_slice(&args[0].to_le_bytes()[..n_bytes]);
                return Ok(());
            }
            _ => return Err(Stop::Bug(format!("{} is not a memory operation", data.op.text()))),
        };
        frame.values[func.result(inst)] = result;
        Ok(())
    }
}

fn panic<T>(what: &str) -> Exec<T> {
    Err(Stop::Panic(what.to_owned()))
}

fn bounds_check(data: &Inst, idx: i64, len: i64) -> Exec<()> {
    let cond = if data.bounds_kind().is_strict() { IntCond::Ult } else { IntCond::Ule };
    if int_compare(cond, Type::I64, idx, len) {
        return Ok(());
    }
    panic(&format!("{} {idx} {len}", data.bounds_kind()))
}

fn scalar_op(frame: &mut Frame<'_>, inst: InstId) -> Exec<()> {
    let func = frame.func;
    let args = func.args(inst);
    let scalars: Vec<i64> = args.iter().map(|&arg| frame.scalar(arg)).collect();
    let arg_ty = args.first().map_or(Type::I64, |&arg| func.ty(arg));
    let undefined = || Stop::Bug(format!("{} has no result", func.inst(inst).op.text()));
    let results = eval(func.inst(inst), arg_ty, &scalars).ok_or_else(undefined)?;
    for (result, bits) in func.results(inst).zip(results) {
        frame.set_scalar(result, bits);
    }
    Ok(())
}

fn vector_op(frame: &mut Frame<'_>, inst: InstId) -> Exec<()> {
    let func = frame.func;
    let data = func.inst(inst);
    let args: Vec<u128> = func.args(inst).iter().map(|&arg| frame.get(arg)).collect();
    let value = match data.op {
        Op::And => args[0] & args[1],
        Op::Or => args[0] | args[1],
        Op::Xor => args[0] ^ args[1],
        Op::Inot => !args[0],
        Op::Bitcast => args[0],
        Op::Select => {
            if args[0] as u8 != 0 {
                args[1]
            } else {
                args[2]
            }
        }
        Op::Vextract => lane(data.lanes(), args[0], data.imm as u32),
        Op::Vsplat => map_lanes(data.lanes(), |_| args[1.min(args.len() - 1)]),
        Op::Vinsert => {
            let place = data.imm as u32;
            map_lanes(data.lanes(), |i| if i == place { args[1] } else { lane(data.lanes(), args[0], i) })
        }
        Op::VhighBits => {
            let n_bits = data.lanes().lane_type().n_bits();
            let top = |i: u32| lane(data.lanes(), args[0], i) >> (n_bits - 1) & 1;
            (0..data.lanes().n_lanes()).map(|i| top(i) << i).sum()
        }
        op => map_lanes(data.lanes(), |i| {
            lane_op(op, data.lanes(), lane(data.lanes(), args[0], i), lane(data.lanes(), args[1], i))
        }),
    };
    frame.values[func.result(inst)] = value;
    Ok(())
}

fn lane(lanes: Lanes, vector: u128, index: u32) -> u128 {
    let n_bits = lanes.lane_type().n_bits();
    vector >> (index * n_bits) & ((1 << n_bits) - 1)
}

fn map_lanes(lanes: Lanes, value: impl Fn(u32) -> u128) -> u128 {
    let n_bits = lanes.lane_type().n_bits();
    let mask = (1 << n_bits) - 1;
    (0..lanes.n_lanes()).fold(0, |vector, i| vector | (value(i) & mask) << (i * n_bits))
}

fn lane_op(op: Op, lanes: Lanes, a: u128, b: u128) -> u128 {
    let ty = lanes.lane_type();
    if op == Op::Veq {
        return if a == b { u128::MAX } else { 0 };
    }
    let scalar = match (op, ty.is_float()) {
        (Op::Vadd, false) => Op::Iadd,
        (Op::Vsub, false) => Op::Isub,
        (Op::Vmul, false) => Op::Imul,
        (Op::Vadd, true) => Op::Fadd,
        (Op::Vsub, true) => Op::Fsub,
        (Op::Vmul, true) => Op::Fmul,
        _ => Op::Fdiv,
    };
    let args = [normalize(ty, a as i64), normalize(ty, b as i64)];
    let results = eval(&Inst::new(scalar, ty), ty, &args).expect("lane operations are total");
    u128::from(zero_extend(ty, results[0]))
}

/// A result as the double that it holds, for tests.
pub fn as_f64(bits: u128) -> f64 {
    to_f64(Type::F64, bits as u64 as i64)
}
