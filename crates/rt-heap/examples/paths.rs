//! Measures the allocation paths and the collector on the host: `cargo run --release -p rt-heap --example paths`.
//!
//! Numbers are nanoseconds per object, the collection's share included, with one thread; inline allocation is done here
//! as compiled code does it, so that the line "inline" is what a Go program pays.
#![expect(clippy::print_stdout, reason = "it prints a table")]

#[path = "../tests/support/mod.rs"]
mod support;

use abi::heap::{AllocCache, PtrLayout, Run};
use rt_heap::{DebugConfig, Heap, KindId, LayoutId, Os, ProcRef, Zero};
use support::{List, TestOs, collect, heap_with, kinds, layout, load, own, stats, store};

const N_OBJECTS: usize = 5_000_000;
/// Collections of which the fastest counts.
const N_COLLECTIONS: usize = 9;

fn main() {
    println!("{:<34} {:>8} {:>8}", "path", "ns/op", "cycles");
    for size in [16, 64, 256, 1024] {
        measure(&format!("inline, {size} B, no pointers"), size, None);
        measure(&format!("inline, {size} B, all pointers"), size, Some(layout("p")));
    }
    for (size, dense) in
        [(8, false), (64, true), (1024, false), (4096, true), (32 << 10, false), (32 << 10, true)]
    {
        measure_malloc(size, if dense { LayoutId::DENSE } else { LayoutId::NOSCAN });
    }
    measure_tree();
}

fn report(name: &str, heap: &'static Heap<TestOs>, start: u64, n: usize) {
    let elapsed = TestOs::nanotime() - start;
    println!("{name:<34} {:>8.2} {:>8}", elapsed as f64 / n as f64, stats(heap).num_gc);
}

/// Allocates as compiled code does.
fn inline(heap: &'static Heap<TestOs>, proc: ProcRef, offset: usize, size: usize, roots: &List) -> usize {
    let run = (proc.alloc_cache() as usize + AllocCache::RUNS as usize + offset) as *mut Run;
    // SAFETY: the run of this kind; no `OwnsP` exists.
    let run = unsafe { &mut *run };
    let (addr, next) = (run.cur, run.cur + size);
    if next <= run.end {
        run.cur = next;
        return addr;
    }
    let addr = heap.alloc(&mut own(proc), KindId::from_offset(offset));
    if own(proc).take_events().collect {
        roots.0.lock().expect("one thread")[0] = addr;
        collect(heap, proc, roots);
    }
    addr
}

fn measure(name: &str, size: usize, pointers: Option<&'static PtrLayout>) {
    let heap = heap_with(kinds(&[(size as u32, pointers)]), DebugConfig::default());
    let (proc, roots) = (heap.new_processor(), List::of(&[0]));
    let start = TestOs::nanotime();
    for idx in 0..N_OBJECTS {
        let addr = inline(heap, proc, 68 * 16, size, &roots);
        store(addr, idx);
    }
    report(name, heap, start, N_OBJECTS);
}

fn measure_malloc(size: usize, layout: LayoutId) {
    let heap = heap_with(&[], DebugConfig::default());
    let (proc, roots) = (heap.new_processor(), List::of(&[0]));
    let n = N_OBJECTS.min((4 << 30) / size);
    let start = TestOs::nanotime();
    for idx in 0..n {
        let mut p = own(proc);
        let addr = heap.malloc(&mut p, size, layout, Zero::Yes);
        store(addr, idx);
        if p.take_events().collect {
            collect(heap, proc, &roots);
        }
    }
    let kind = if layout == LayoutId::DENSE { "all pointers" } else { "no pointers" };
    report(&format!("malloc, {size} B, {kind}"), heap, start, n);
}

/// A live heap of a million nodes in random order: what marking costs.
fn measure_tree() {
    let heap = heap_with(kinds(&[(32, Some(layout("pp--")))]), DebugConfig::default());
    let (proc, roots) = (heap.new_processor(), List::of(&[0]));
    heap.set_gc_percent(-1);
    let n = 1 << 20;
    let nodes: Vec<usize> = (0..n).map(|_| inline(heap, proc, 68 * 16, 32, &roots)).collect();
    // Node i's children are 2i+1 and 2i+2 of a scattered order.
    let at = |idx: usize| nodes[idx.wrapping_mul(0x9e37_79b1) & (n - 1)];
    for idx in 0..n / 2 - 1 {
        store(at(idx), at(2 * idx + 1));
        store(at(idx) + 8, at(2 * idx + 2));
    }
    roots.0.lock().expect("one thread")[0] = at(0);
    assert_ne!(load(at(0)), 0);
    let best = (0..N_COLLECTIONS).map(|_| {
        let start = TestOs::nanotime();
        collect(heap, proc, &roots);
        TestOs::nanotime() - start
    });
    let best = best.min().unwrap_or(0);
    println!("{:<34} {:>8.2} {:>8}", "mark and sweep, scattered node", best as f64 / n as f64, N_COLLECTIONS);
}
