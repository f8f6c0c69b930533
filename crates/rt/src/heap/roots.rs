//! Where the program's pointers into the heap are: globals, goroutines, and what the runtime itself holds.
//!
//! Native stacks and side stacks are looked at word by word: there are no stack maps (DESIGN, decision 5).

use crate::{
    g::{GRef, Status},
    metadata, sched,
    stack::{self, side_ranges},
    timer,
};
use abi::{GHead, RootRange};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use rt_heap::{Roots, Scan};

const WORD: usize = size_of::<usize>();
/// Goroutines of one job.
const GOROUTINES_PER_JOB: usize = 64;

/// The program's roots. Job 0 is the runtime's own, then one per range of globals, then the goroutines in batches.
pub(super) struct ProgramRoots;

/// Closures that the runtime keeps for the overlay (pool cleanup); owned by this module.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Keeps a closure alive for ever; the old one is let go.
pub(super) fn keep(closure: usize) {
    KEPT.store(closure, Relaxed);
}

/// The closure that is kept.
pub(super) fn kept() -> usize {
    KEPT.load(Relaxed)
}

/// Bytes of globals that are looked at.
pub(super) fn global_bytes() -> usize {
    globals().iter().map(|range| range.n_words * WORD).sum()
}

fn globals() -> &'static [RootRange] {
    // SAFETY: `ProgramInfo` documents the type of this table.
    unsafe { metadata::table(metadata::program().roots) }
}

impl Roots for ProgramRoots {
    fn n_jobs(&self) -> usize {
        1 + globals().len() + sched::ALL_G.lock().len().div_ceil(GOROUTINES_PER_JOB)
    }

    fn n_bytes(&self) -> usize {
        global_bytes() + stack::mapped_bytes()
    }

    fn scan(&self, job: usize, scan: &mut dyn Scan) {
        let globals = globals();
        match job.checked_sub(1) {
            None => scan_runtime(scan),
            Some(range) if range < globals.len() => scan_range(&globals[range], scan),
            Some(batch) => scan_goroutines(batch - globals.len(), scan),
        }
    }
}

fn scan_runtime(scan: &mut dyn Scan) {
    scan.word(kept());
    timer::for_each_root(|timer| scan.word(timer));
}

fn scan_range(range: &RootRange, scan: &mut dyn Scan) {
    // SAFETY: the linker describes mapped data; the mask has a bit per word.
    unsafe {
        match range.mask {
            0 => scan.range(range.start, range.n_words),
            mask => scan.masked(range.start, range.n_words, mask as *const u8),
        }
    }
}

fn scan_goroutines(batch: usize, scan: &mut dyn Scan) {
    for idx in batch * GOROUTINES_PER_JOB..(batch + 1) * GOROUTINES_PER_JOB {
        let Some(g) = sched::ALL_G.lock().get(idx).copied() else { return };
        if g.status() != Status::Dead {
            scan_goroutine(g, scan);
        }
    }
}

/// Shows everything that a goroutine holds. It does not run.
fn scan_goroutine(g: GRef, scan: &mut dyn Scan) {
    // The head holds pending results, the closure, labels, panics: words like any others.
    // SAFETY: a goroutine's head is always mapped.
    unsafe { scan.range(g.head() as usize, size_of::<GHead>() / WORD) };
    g.syscall_registers.get().into_iter().for_each(|word| scan.word(word));
    let (sp, hi) = (g.saved_sp(), g.stack.get().hi);
    // SAFETY: the used part of the stack; the goroutine left Go code with this `rsp`.
    unsafe { scan.range(sp, (hi - sp) / WORD) };
    for (start, end) in side_ranges(g) {
        // SAFETY: the used part of a chunk.
        unsafe { scan.range(start, (end - start) / WORD) };
    }
}
