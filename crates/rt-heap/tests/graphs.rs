//! A program of several threads that builds, changes and drops random graphs while the collector runs beside it.
//!
//! Every object begins with an identity from which its type and its last word follow, so a reachable object that was
//! freed, reused, or never zeroed is noticed when the graph is walked. Each thread has a stack of roots that only it
//! changes; half of the objects are also reachable through globals that all threads change. When the program has
//! stopped, the number of objects that survive a collection must be exactly the number that a walk finds.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod support;

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use abi::heap::PtrLayout;
use rt_heap::{
    DebugConfig, Finish, Heap, LayoutId, MarkStep, OwnsP, ProcRef, Roots, Scan, WorldStopped, Zero,
};
use support::{TestOs, heap_with, kinds, layout, load, stats, store};

const N_GLOBALS: usize = 64;
const MAX_STACK: usize = 200;
/// The program runs until the collector has been at work this often.
const MIN_CYCLES: usize = 8;

/// What an object looks like: word 0 is its identity, the last word a function of it.
struct Shape {
    n_words: usize,
    layout: Option<&'static PtrLayout>,
    pointers: Vec<usize>,
}

fn shapes() -> Vec<Shape> {
    let shape = |pattern: &str, n_repeats: usize| Shape {
        n_words: pattern.len() * n_repeats,
        layout: pattern.contains('p').then(|| layout(pattern)),
        pointers: (1..pattern.len() * n_repeats - 1)
            .filter(|word| pattern.as_bytes()[word % pattern.len()] == b'p')
            .collect(),
    };
    let long = format!("-{}-", "pp-".repeat(30));
    vec![
        shape("--", 1),
        shape("---", 1),
        shape("-p-", 1),
        shape("-pp-", 1),
        shape("-p", 5),
        shape("-pppp---", 1),
        shape(&long, 1),
        shape("-p---", 60),
        shape("--------", 40),
        shape("-p--", 3000),
        shape("----", 2000),
    ]
}

/// The program and its collector.
struct Program {
    heap: &'static Heap<TestOs>,
    shapes: Vec<Shape>,
    /// Held for reading by whoever runs, for writing by whoever stops the world.
    world: RwLock<()>,
    /// A thread holds its stack's lock while it runs: the collector looks at a stack only between two steps.
    stacks: Vec<Mutex<Vec<usize>>>,
    globals: Vec<AtomicUsize>,
    stop: AtomicBool,
    n_cycles: AtomicUsize,
}

impl Roots for Program {
    fn n_jobs(&self) -> usize {
        self.stacks.len() + 1
    }

    fn n_bytes(&self) -> usize {
        (N_GLOBALS + self.stacks.len() * MAX_STACK) * 8
    }

    fn scan(&self, job: usize, scan: &mut dyn Scan) {
        if job == 0 {
            let mask = [!0_u8; N_GLOBALS / 8];
            // SAFETY: the globals and a bit for each.
            unsafe { scan.masked(self.globals.as_ptr() as usize, N_GLOBALS, mask.as_ptr()) };
            return;
        }
        let stack = self.stacks[job - 1].lock().unwrap();
        // SAFETY: the words of the vector.
        unsafe { scan.range(stack.as_ptr() as usize, stack.len()) };
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % n
    }
}

fn check_word(id: usize) -> usize {
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 << 63
}

impl Program {
    fn new(n_threads: usize, debug: DebugConfig) -> Program {
        let shapes = shapes();
        let own: Vec<_> =
            shapes.iter().filter(|s| s.n_words <= 128).map(|s| (s.n_words as u32 * 8, s.layout)).collect();
        Program {
            heap: heap_with(kinds(&own), debug),
            shapes,
            world: RwLock::new(()),
            stacks: (0..n_threads).map(|_| Mutex::new(Vec::new())).collect(),
            globals: (0..N_GLOBALS).map(|_| AtomicUsize::new(0)).collect(),
            stop: AtomicBool::new(false),
            n_cycles: AtomicUsize::new(0),
        }
    }

    fn new_object(&self, p: &mut OwnsP<'_>, random: &mut Random) -> usize {
        // Big shapes are rarer.
        let shape_idx = random.below(self.shapes.len()).min(random.below(self.shapes.len()));
        let shape = &self.shapes[shape_idx];
        let layout = shape.layout.map_or(LayoutId::NOSCAN, |layout| self.heap.layout_of(layout));
        let addr = self.heap.malloc(p, shape.n_words * 8, layout, Zero::Yes);
        assert!((0..shape.n_words).all(|word| load(addr + word * 8) == 0), "fresh memory is zero");
        let id = shape_idx << 56 | random.below(1 << 40) << 8 | 1;
        store(addr, id);
        store(addr + (shape.n_words - 1) * 8, check_word(id));
        addr
    }

    fn shape_of(&self, addr: usize) -> &Shape {
        let id = load(addr);
        assert!(id & 1 == 1 && id >> 56 < self.shapes.len(), "object {addr:#x} has identity {id:#x}");
        let shape = &self.shapes[id >> 56];
        assert_eq!(
            load(addr + (shape.n_words - 1) * 8),
            check_word(id),
            "object {addr:#x}, identity {id:#x}"
        );
        shape
    }

    /// A random walk of a few steps from a root.
    fn walk(&self, start: usize, random: &mut Random) -> usize {
        let mut at = start;
        for _ in 0..random.below(6) {
            let shape = self.shape_of(at);
            if shape.pointers.is_empty() {
                break;
            }
            let next = load(at + 8 * shape.pointers[random.below(shape.pointers.len())]);
            if next == 0 {
                break;
            }
            at = next;
        }
        self.shape_of(at);
        at
    }

    fn barrier_store(&self, p: &mut OwnsP<'_>, slot: usize, value: usize) {
        // SAFETY: a pointer slot of an object or a global.
        unsafe { self.heap.write_barrier(p, slot, value) };
        store(slot, value);
    }

    fn step(&self, p: &mut OwnsP<'_>, stack: &mut Vec<usize>, random: &mut Random) {
        let global = &self.globals[random.below(N_GLOBALS)];
        let global_addr = global.as_ptr() as usize;
        match random.below(12) {
            0..=4 if stack.len() < MAX_STACK => stack.push(self.new_object(p, random)),
            5..=7 if stack.len() > 1 => {
                let (from, to) = (stack[random.below(stack.len())], stack[random.below(stack.len())]);
                let (from, to) = (self.walk(from, random), self.walk(to, random));
                let shape = self.shape_of(from);
                if !shape.pointers.is_empty() {
                    let slot = from + 8 * shape.pointers[random.below(shape.pointers.len())];
                    self.barrier_store(p, slot, if random.below(3) == 0 { 0 } else { to });
                }
            }
            8 if !stack.is_empty() => {
                self.barrier_store(p, global_addr, self.walk(stack[random.below(stack.len())], random));
            }
            9 => {
                let value = global.load(SeqCst);
                if value != 0 && stack.len() < MAX_STACK {
                    stack.push(self.walk(value, random));
                }
            }
            10 => self.barrier_store(p, global_addr, 0),
            _ if !stack.is_empty() => {
                stack.swap_remove(random.below(stack.len()));
            }
            _ => {}
        }
    }

    fn mutate(&self, proc: ProcRef, idx: usize, n_steps: usize, seed: u64) {
        let mut random = Random(seed);
        let mut done = 0;
        while done < n_steps || self.n_cycles.load(SeqCst) < MIN_CYCLES {
            let _running = self.world.read().unwrap();
            let mut stack = self.stacks[idx].lock().unwrap();
            // SAFETY: this thread alone uses the processor, and the world runs.
            let mut p = unsafe { proc.own() };
            for _ in 0..50 {
                self.step(&mut p, &mut stack, &mut random);
            }
            drop(stack);
            if self.heap.is_marking() {
                self.heap.assist(&mut p, self);
            }
            done += 50;
        }
    }

    /// One cycle beside the program.
    fn cycle(&self, workers: &[ProcRef]) {
        self.heap.sweep_all();
        {
            let _stopped = self.world.write().unwrap();
            // SAFETY: every other user of the heap holds `world` for reading, or is inside of `sweep_one`, never here.
            self.heap.start(&unsafe { WorldStopped::assume() }, self);
        }
        loop {
            thread::scope(|scope| {
                for proc in workers {
                    scope.spawn(|| self.mark_until_idle(*proc));
                }
            });
            let _stopped = self.world.write().unwrap();
            // SAFETY: as above.
            if self.heap.try_finish(&unsafe { WorldStopped::assume() }, self) == Finish::Done {
                return;
            }
        }
    }

    fn mark_until_idle(&self, proc: ProcRef) {
        loop {
            let _running = self.world.read().unwrap();
            // SAFETY: this thread alone uses the processor, and the world runs.
            let mut p = unsafe { proc.own() };
            if self.heap.mark(&mut p, self, 4 << 10) == MarkStep::NoWork {
                return;
            }
        }
    }

    /// All objects that can be reached, checked on the way.
    fn reachable(&self) -> BTreeSet<usize> {
        let mut grey: Vec<usize> = self.globals.iter().map(|global| global.load(SeqCst)).collect();
        self.stacks.iter().for_each(|stack| grey.extend(stack.lock().unwrap().iter()));
        let mut seen = BTreeSet::new();
        while let Some(addr) = grey.pop() {
            if addr != 0 && seen.insert(addr) {
                grey.extend(self.shape_of(addr).pointers.iter().map(|word| load(addr + word * 8)));
            }
        }
        seen
    }

    fn run(&self, n_steps: usize, seed: u64) {
        let mutators: Vec<ProcRef> = self.stacks.iter().map(|_| self.heap.new_processor()).collect();
        let workers = [self.heap.new_processor(), self.heap.new_processor()];
        thread::scope(|scope| {
            let collector = scope.spawn(|| {
                while !self.stop.load(SeqCst) {
                    self.cycle(&workers);
                    self.n_cycles.fetch_add(1, SeqCst);
                    while self.heap.sweep_one() {}
                }
            });
            let threads: Vec<_> = mutators
                .iter()
                .enumerate()
                .map(|(idx, proc)| scope.spawn(move || self.mutate(*proc, idx, n_steps, seed + idx as u64)))
                .collect();
            let results: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
            self.stop.store(true, SeqCst);
            collector.join().unwrap();
            results.into_iter().for_each(|result| result.unwrap());
        });
        self.settle(workers[0], seed);
    }

    /// The program stands: what a collection leaves is what a walk finds.
    fn settle(&self, proc: ProcRef, seed: u64) {
        let reachable = self.reachable();
        support::collect(self.heap, proc, self);
        assert_eq!(self.reachable(), reachable, "seed {seed}");
        let stats = stats(self.heap);
        assert_eq!(stats.mallocs - stats.frees, reachable.len() as u64, "seed {seed}");
        self.globals.iter().for_each(|global| global.store(0, SeqCst));
        self.stacks.iter().for_each(|stack| stack.lock().unwrap().clear());
        support::collect(self.heap, proc, self);
        assert_eq!(support::stats(self.heap).heap_alloc, 0, "seed {seed}");
    }
}

#[test]
fn graphs_survive_a_collector_that_runs_beside_the_program() {
    for seed in 1..4 {
        Program::new(3, DebugConfig::default()).run(60_000, seed);
    }
}

#[test]
fn graphs_survive_with_poison_and_a_second_marker() {
    let debug = DebugConfig { poison: true, second_marker: true, collect_every: 0 };
    for seed in 10..13 {
        Program::new(2, debug).run(60_000, seed);
    }
}

#[test]
fn graphs_survive_when_every_allocation_takes_the_slow_path() {
    let debug = DebugConfig { poison: true, second_marker: true, collect_every: 100 };
    Program::new(2, debug).run(40_000, 20);
}
