//! Random programs do the same before and after optimisation, as the interpreter sees it. A failure prints its seed; run
//! that one alone with `RANDOM_SEED=n`.

use base::Symbol;
use ir::interp::{Stop, run};
use ir::{
    AllocFlags, BoundsKind, FuncBuilder, FuncId, Function, IntCond, MemFlags, Module, Op, Region, Signature,
    Type, ValueId, Variable, verify_module,
};

const N_PROGRAMS: u64 = 1500;
const N_FUNCS: usize = 4;
const OBJECT_BYTES: u64 = 32;

/// A small generator of random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// Writes statements into one function. Function `i` calls only functions with higher numbers.
struct Writer<'a, 'f> {
    b: FuncBuilder<'f>,
    random: &'a mut Random,
    number: usize,
    ints: Vec<Variable>,
    ptrs: Vec<Variable>,
}

fn program(seed: u64) -> Module {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..8 {
        random.below(2);
    }
    let mut module = Module::new();
    for number in 0..N_FUNCS {
        let sig = Signature { params: vec![Type::I64, Type::I64, Type::Ptr], results: vec![Type::I64] };
        let mut func = Function::new(name(number), sig);
        write_function(&mut func, &mut random, number);
        module.add_func(func);
    }
    let start = Signature { params: vec![Type::I64, Type::I64], results: vec![Type::I64] };
    let mut func = Function::new(Symbol::intern("start"), start);
    let mut b = FuncBuilder::new(&mut func);
    let &[x, y] = b.params(b.func.entry()) else { unreachable!("two parameters") };
    let object = b.alloc(OBJECT_BYTES, 8, AllocFlags::empty(), base::sym::EMPTY);
    let call = b.call(name(0), &[x, y, object], &[Type::I64]);
    let result = b.func.result(call);
    b.ret(&[result]);
    b.finish();
    module.add_func(func);
    module
}

fn name(number: usize) -> Symbol {
    Symbol::intern(&format!("f{number}"))
}

fn write_function(func: &mut Function, random: &mut Random, number: usize) {
    let mut b = FuncBuilder::new(func);
    let &[x, y, object] = b.params(b.func.entry()) else { unreachable!("three parameters") };
    let mut declare = |ty, value| {
        let var = b.declare_var(ty);
        b.def_var(var, value);
        var
    };
    let ints = vec![declare(Type::I64, x), declare(Type::I64, y), declare(Type::I64, x)];
    let ptrs = vec![declare(Type::Ptr, object), declare(Type::Ptr, object)];
    let mut writer = Writer { b, random, number, ints, ptrs };
    writer.statements(7, 0);
    let result = writer.int();
    writer.b.ret(&[result]);
    writer.b.finish();
}

impl Writer<'_, '_> {
    fn int(&mut self) -> ValueId {
        if self.random.below(4) == 0 {
            let constant = self.random.pick(&[0, 1, 2, 3, 7, 8, -1, 100, i64::MIN, i64::MAX]);
            return self.b.iconst(Type::I64, constant);
        }
        let var = self.random.pick(&self.ints);
        self.b.use_var(var)
    }

    fn ptr(&mut self) -> ValueId {
        let var = self.random.pick(&self.ptrs);
        self.b.use_var(var)
    }

    fn cond(&mut self) -> ValueId {
        let (x, y) = (self.int(), self.int());
        let cond = self.random.pick(IntCond::ALL);
        self.b.icmp(cond, x, y)
    }

    fn statements(&mut self, n: usize, depth: usize) {
        for _ in 0..1 + self.random.below(n) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        match self.random.below(14) {
            0..=2 => self.arithmetic(),
            3 => self.narrow(),
            4 | 5 => self.store(),
            6 | 7 => self.load(),
            8 => self.alloc(),
            9 => self.index(),
            10 => self.call(),
            11 if depth < 3 => self.branch(depth),
            12 if depth < 2 => self.count(depth),
            _ => self.aggregate(),
        }
    }

    fn set_int(&mut self, value: ValueId) {
        let var = self.random.pick(&self.ints);
        self.b.def_var(var, value);
    }

    fn arithmetic(&mut self) {
        let (x, y) = (self.int(), self.int());
        let ops = [
            Op::Iadd,
            Op::Iadd,
            Op::Isub,
            Op::Imul,
            Op::And,
            Op::Or,
            Op::Xor,
            Op::Shl,
            Op::Ushr,
            Op::Sshr,
            Op::Rotl,
            Op::Smin,
            Op::Umax,
            Op::UmulHi,
        ];
        let op = self.random.pick(&ops);
        let value = self.b.binary(op, x, y);
        self.set_int(value);
    }

    fn narrow(&mut self) {
        let x = self.int();
        let ty = self.random.pick(&[Type::I8, Type::I16, Type::I32]);
        let small = self.b.convert(Op::Ireduce, ty, x);
        let sum = self.b.binary(Op::Iadd, small, small);
        let back = self.random.pick(&[Op::Sextend, Op::Uextend]);
        let value = self.b.convert(back, Type::I64, sum);
        self.set_int(value);
    }

    fn offset(&mut self) -> i64 {
        8 * self.random.below(3) as i64
    }

    fn store(&mut self) {
        let (value, addr, offset) = (self.int(), self.ptr(), self.offset());
        self.b.store(value, addr, offset, MemFlags::empty(), Region::ANY);
    }

    fn load(&mut self) {
        let (addr, offset) = (self.ptr(), self.offset());
        let value = self.b.load(Type::I64, addr, offset, MemFlags::empty(), Region::ANY);
        self.set_int(value);
    }

    /// A new object, sometimes reached through another one.
    fn alloc(&mut self) {
        let mut object = self.b.alloc(OBJECT_BYTES, 8, AllocFlags::empty(), base::sym::EMPTY);
        if self.random.below(3) == 0 {
            let holder = self.b.alloc(OBJECT_BYTES, 8, AllocFlags::empty(), base::sym::EMPTY);
            self.b.store_wb(object, holder, 24, MemFlags::empty(), Region::ANY);
            if self.random.below(2) == 0 {
                let target = self.ptr();
                self.b.store_wb(target, holder, 24, MemFlags::empty(), Region::ANY);
            }
            object = self.b.load(Type::Ptr, holder, 24, MemFlags::empty(), Region::ANY);
        }
        let var = self.random.pick(&self.ptrs);
        self.b.def_var(var, object);
    }

    /// An access with an index that is checked, and mostly in bounds.
    fn index(&mut self) {
        let x = self.int();
        let mask = self.b.iconst(Type::I64, self.random.pick(&[1, 3, 7]));
        let idx = self.b.binary(Op::And, x, mask);
        let len = self.b.iconst(Type::I64, 4);
        self.b.bounds_check(BoundsKind::Index, false, idx, len);
        let three = self.b.iconst(Type::I64, 3);
        let offset = self.b.binary(Op::Shl, idx, three);
        let base = self.ptr();
        let addr = self.b.ptr_add(base, offset);
        // The last word may hold a pointer, whose number differs from run to run.
        let last = self.b.icmp(IntCond::Eq, idx, three);
        let (there, done) = (self.b.create_block(), self.b.create_block());
        self.b.br_if(last, done, there);
        self.b.seal(there);
        self.b.switch_to(there);
        let value = self.b.load(Type::I64, addr, 0, MemFlags::empty(), Region::ANY);
        self.set_int(value);
        self.b.jump(done, &[]);
        self.b.seal(done);
        self.b.switch_to(done);
    }

    fn aggregate(&mut self) {
        let to = self.b.alloc(OBJECT_BYTES, 8, AllocFlags::empty(), base::sym::EMPTY);
        let from = self.ptr();
        let n_bytes = self.b.iconst(Type::I64, 24);
        self.b.emit(ir::Inst::new(Op::MemCopy, Type::Ptr), &[to, from, n_bytes]);
        if self.random.below(2) == 0 {
            let eight = self.b.iconst(Type::I64, 8);
            self.b.emit(ir::Inst::new(Op::MemZero, Type::Ptr), &[to, eight]);
        }
        let var = self.random.pick(&self.ptrs);
        self.b.def_var(var, to);
    }

    fn call(&mut self) {
        let (x, y) = (self.int(), self.int());
        if self.number + 1 < N_FUNCS && self.random.below(3) > 0 {
            let callee = self.number + 1 + self.random.below(N_FUNCS - self.number - 1);
            let object = self.ptr();
            let call = self.b.call(name(callee), &[x, y, object], &[Type::I64]);
            let value = self.b.func.result(call);
            self.set_int(value);
        } else {
            self.b.call(Symbol::intern("stranger"), &[x, y], &[]);
        }
    }

    fn branch(&mut self, depth: usize) {
        let cond = self.cond();
        let (then, otherwise, join) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.br_if(cond, then, otherwise);
        for block in [then, otherwise] {
            self.b.seal(block);
            self.b.switch_to(block);
            self.statements(3, depth + 1);
            self.b.jump(join, &[]);
        }
        self.b.seal(join);
        self.b.switch_to(join);
    }

    /// `for i := start; i < start + few; i += step`, with the counter readable inside.
    fn count(&mut self, depth: usize) {
        let counter = self.b.declare_var(Type::I64);
        let start = self.random.below(3) as i64;
        let first = self.b.iconst(Type::I64, start);
        self.b.def_var(counter, first);
        let (head, body, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let i = self.b.use_var(counter);
        let limit = start + self.random.below(5) as i64;
        let cond = self.b.icmp_imm(IntCond::Slt, i, limit);
        self.b.br_if(cond, body, done);
        self.b.seal(body);
        self.b.seal(done);
        self.b.switch_to(body);
        self.ints.push(counter);
        let copy = self.b.declare_var(Type::I64);
        self.b.def_var(copy, i);
        self.ints.pop();
        self.ints.push(copy);
        self.statements(4, depth + 1);
        self.ints.pop();
        let i = self.b.use_var(counter);
        let step = self.b.iconst(Type::I64, 1 + self.random.below(2) as i64);
        let next = self.b.binary(Op::Iadd, i, step);
        self.b.def_var(counter, next);
        self.b.jump(head, &[]);
        self.b.seal(head);
        self.b.switch_to(done);
    }
}

#[expect(clippy::disallowed_methods, reason = "to repeat one seed by hand")]
fn seeds() -> Vec<u64> {
    match std::env::var("RANDOM_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (1..=N_PROGRAMS).collect(),
    }
}

#[test]
fn random_programs_keep_their_meaning() {
    let mut n_compared = 0;
    let (mut n_before, mut n_after) = (0, 0);
    for seed in seeds() {
        let before = program(seed);
        verify_module(&before).expect("the generator makes valid programs");
        let mut after = before.clone();
        let effort = if seed % 4 == 0 { opt::Effort::Quick } else { opt::Effort::Full };
        opt::optimize_with(&mut after, effort);
        verify_module(&after).expect("the optimiser makes valid programs");
        let start = FuncId::new(N_FUNCS);
        let after_start = after.func_id(Symbol::intern("start")).expect("the start is kept");
        for args in [[0, 0], [3, 1], [u128::from(u64::MAX), 100]] {
            let (old, new) = (run(&before, start, &args, 100_000), run(&after, after_start, &args, 100_000));
            if old.outcome == Err(Stop::OutOfFuel) || new.outcome == Err(Stop::OutOfFuel) {
                continue;
            }
            assert_eq!(
                (old.outcome, old.trace),
                (new.outcome, new.trace),
                "seed {seed}, {args:?}\n{before}\n=>\n{after}"
            );
            n_compared += 1;
            n_before += old.n_steps;
            n_after += new.n_steps;
        }
    }
    assert!(n_compared > 0 && n_after < n_before, "{n_compared} runs, {n_before} steps became {n_after}");
}
