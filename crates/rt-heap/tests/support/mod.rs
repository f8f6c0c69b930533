//! A heap without a program: memory from the system, roots from a list, one call for a whole collection.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(unreachable_pub, reason = "a module of several test crates")]

use std::sync::{
    Mutex,
    atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed},
};

use abi::heap::{AllocKind, N_NOSCAN_KINDS, PtrLayout};
use rt_heap::{Config, DebugConfig, Finish, Heap, Os, OwnsP, ProcRef, Roots, Scan, WorldStopped};

/// The host's memory.
pub struct TestOs;

impl Os for TestOs {
    fn reserve(hint: usize, n_bytes: usize) -> Option<usize> {
        rt_sys::mem::reserve(hint, n_bytes).ok().map(|addr| addr as usize)
    }

    fn unreserve(addr: usize, n_bytes: usize) {
        // SAFETY: the heap gives back what it reserved.
        unsafe { rt_sys::mem::unmap(addr as *mut u8, n_bytes) }
    }

    fn commit(addr: usize, n_bytes: usize) -> bool {
        // SAFETY: the heap commits what it reserved.
        unsafe { rt_sys::mem::commit(addr as *mut u8, n_bytes) }.is_ok()
    }

    fn advise_huge_pages(addr: usize, n_bytes: usize) {
        rt_sys::mem::advise_huge_pages(addr as *mut u8, n_bytes, rt_sys::mem::HugePages::Yes);
    }

    fn decommit(addr: usize, n_bytes: usize) {
        // SAFETY: the heap owns the range.
        unsafe { rt_sys::mem::decommit(addr as *mut u8, n_bytes) }
    }

    fn nanotime() -> u64 {
        rt_sys::clock::monotonic() as u64
    }

    fn relax(attempt: u32) {
        if attempt < 4 { std::hint::spin_loop() } else { rt_sys::thread::yield_now() }
    }

    fn out_of_memory(n_bytes: usize) -> ! {
        panic!("out of memory: {n_bytes} bytes")
    }
}

/// Heaps of one process lie 64 GB apart.
static N_HEAPS: AtomicUsize = AtomicUsize::new(0);

/// A heap with a program's kinds and debug modes.
pub fn heap_with(kinds: &'static [AllocKind], debug: DebugConfig) -> &'static Heap<TestOs> {
    let heap: &'static Heap<TestOs> = Box::leak(Box::new(Heap::new()));
    heap.init(&Config {
        base: rt_heap::DEFAULT_BASE + (N_HEAPS.fetch_add(1, Relaxed) << 36),
        kinds,
        barrier_flag: Box::leak(Box::new(AtomicU32::new(0))),
        gc_percent: 100,
        memory_limit: i64::MAX,
        seed: 1,
        debug,
    });
    heap
}

/// A heap without kinds of its own.
pub fn heap() -> &'static Heap<TestOs> {
    heap_with(&[], DebugConfig::default())
}

/// The processor, for a test that is alone with its heap.
pub fn own<'p>(proc: ProcRef) -> OwnsP<'p> {
    // SAFETY: the test has one thread and asks for one `OwnsP` at a time.
    unsafe { proc.own() }
}

/// A layout as the compiler writes it.
pub fn layout(pattern: &str) -> &'static PtrLayout {
    let n_bits = pattern.rfind('p').map_or(0, |last| last + 1);
    let mut words = vec![0_u64; 2 + n_bits.div_ceil(64).max(1)];
    words[0] = (pattern.len() as u64) << 32;
    words[1] = n_bits as u64;
    for (idx, _) in pattern.chars().enumerate().filter(|(_, c)| *c == 'p') {
        words[2 + idx / 64] |= 1 << (idx % 64);
    }
    // SAFETY: the words spell a `PtrLayout` {id, period, n_bits, reserved} and its mask.
    unsafe { &*words.leak().as_ptr().cast::<PtrLayout>() }
}

/// A kinds table as the linker writes it: the fixed part, then `own`.
pub fn kinds(own: &[(u32, Option<&'static PtrLayout>)]) -> &'static [AllocKind] {
    let fixed = (0..N_NOSCAN_KINDS).map(|class| (u32::from(abi::size_class::CLASS_SIZES[class]), None));
    let table: Vec<AllocKind> = fixed
        .chain(own.iter().copied())
        .map(|(size, layout)| AllocKind {
            layout: layout.map_or(0, |layout| std::ptr::from_ref(layout) as usize),
            size,
            reserved: 0,
        })
        .collect();
    table.leak()
}

/// Roots that are a list of words.
#[derive(Default)]
pub struct List(pub Mutex<Vec<usize>>);

impl List {
    pub fn of(words: &[usize]) -> List {
        List(Mutex::new(words.to_vec()))
    }
}

impl Roots for List {
    fn n_jobs(&self) -> usize {
        1
    }

    fn n_bytes(&self) -> usize {
        0
    }

    fn scan(&self, job: usize, scan: &mut dyn Scan) {
        assert_eq!(job, 0);
        let words = self.0.lock().expect("no test fails while it holds the list");
        // SAFETY: the words of the vector.
        unsafe { scan.range(words.as_ptr() as usize, words.len()) };
    }
}

/// A whole cycle, sweep included, by the test's only thread.
pub fn collect(heap: &'static Heap<TestOs>, proc: ProcRef, roots: &dyn Roots) {
    // SAFETY: one thread, and it has no `OwnsP` here.
    let world = unsafe { WorldStopped::assume() };
    heap.start(&world, roots);
    while {
        let mut p = own(proc);
        while heap.mark(&mut p, roots, 1 << 20) == rt_heap::MarkStep::Progress {}
        heap.try_finish(&world, roots) == Finish::MoreWork
    } {}
    heap.sweep_all();
}

/// The word at an address.
pub fn load(addr: usize) -> usize {
    // SAFETY: tests load from objects they allocated.
    unsafe { (addr as *const usize).read_volatile() }
}

/// Stores without a barrier.
pub fn store(addr: usize, word: usize) {
    // SAFETY: tests store to objects they allocated.
    unsafe { (addr as *mut usize).write_volatile(word) }
}

/// Exact numbers of a heap whose world is the calling thread.
pub fn stats(heap: &'static Heap<TestOs>) -> rt_heap::MemStats {
    // SAFETY: one thread, and it has no `OwnsP` here.
    heap.mem_stats(&unsafe { WorldStopped::assume() })
}
