//! Where the program's pointers into the heap are: globals, goroutines, and what the runtime itself holds.
//!
//! Of native stacks only those words count that the program will read again ([`super::frames`]), side stacks are looked
//! at word by word. A word that looks like a pointer is one: nobody knows the types of what is on a stack.
//!
//! **When a goroutine is scanned.** What counts is what it held when the cycle began. Goroutines that run or are in
//! system calls are scanned while the world is still stopped. The others cannot change what they hold until they run:
//! each is scanned once, by a job or, if it is to run first, by the thread that will run it ([`before_run`]). New
//! goroutines hold nothing that was not reachable or black.
//!
//! **Protocol of `G::scanned_in`**: twice the number of the cycle in which the goroutine was scanned, plus 1 while
//! somebody scans it. Who brings it from an older number to the odd one owns the parked goroutine until it stores the
//! even one; then also may halve its stack.

use super::{HEAP, frames::scan_stack, own};
use crate::{
    g::{GRef, Status},
    metadata, sched,
    stack::{self, side_ranges},
    timer, trampoline,
};
use abi::{GHead, RootRange};
use core::{
    mem::offset_of,
    sync::atomic::{
        AtomicU32, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
};
use rt_heap::{Roots, Scan};
use rt_sys::thread;

const WORD: usize = size_of::<usize>();
/// Goroutines of one job.
const GOROUTINES_PER_JOB: usize = 64;

/// The program's roots. Job 0 is the runtime's own, then one per range of globals, then the goroutines in batches.
pub(super) struct ProgramRoots;

/// The number of the cycle; changes while the world is stopped. Owned by this module.
static CYCLE: AtomicU32 = AtomicU32::new(0);

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
            // Timers change while the program runs: they were scanned by `begin`.
            None => {}
            Some(range) if range < globals.len() => scan_range(&globals[range], scan),
            Some(batch) => scan_goroutines(batch - globals.len(), |g| scan_parked(g, scan)),
        }
    }

    fn scan_again(&self, job: usize, scan: &mut dyn Scan) {
        let globals = globals();
        match job.checked_sub(1) {
            None => scan_runtime(scan),
            Some(range) if range < globals.len() => scan_range(&globals[range], scan),
            Some(batch) => scan_goroutines(batch - globals.len(), |g| {
                if g.status() != Status::Dead {
                    scan_goroutine(g, scan);
                }
            }),
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

fn scan_goroutines(batch: usize, mut scan: impl FnMut(GRef)) {
    for idx in batch * GOROUTINES_PER_JOB..(batch + 1) * GOROUTINES_PER_JOB {
        let Some(g) = sched::ALL_G.lock().get(idx).copied() else { return };
        scan(g);
    }
}

/// What [`claim`] found.
#[must_use]
enum Claim {
    /// The caller scans the goroutine, then calls [`release`].
    Mine,
    /// Somebody scans it.
    Busy,
    /// It was scanned in this cycle.
    Done,
}

fn claim(g: GRef) -> Claim {
    let done = CYCLE.load(Relaxed) << 1;
    // Pairs with the Release in `release`.
    match g.scanned_in.load(Acquire) {
        seen if seen == done => Claim::Done,
        seen if seen == done | 1 => Claim::Busy,
        seen => match g.scanned_in.compare_exchange(seen, done | 1, AcqRel, Relaxed) {
            Ok(_) => Claim::Mine,
            Err(_) => Claim::Busy,
        },
    }
}

fn release(g: GRef) {
    // Pairs with the Acquire in `claim`.
    g.scanned_in.store(CYCLE.load(Relaxed) << 1, Release);
}

/// Scans a goroutine that does not run, unless it has been.
fn scan_parked(g: GRef, scan: &mut dyn Scan) {
    if let Claim::Mine = claim(g) {
        if g.status() != Status::Dead {
            scan_goroutine(g, scan);
            sched::visit_at_collection(g);
        }
        release(g);
    }
}

/// A cycle begins: scans what cannot wait. The world is stopped.
pub(super) fn begin(scan: &mut dyn Scan) {
    scan_runtime(scan);
    // A thread has a goroutine exactly while that runs or is in a system call.
    sched::for_each_m(|m| {
        if let Some(g) = m.cur_g()
            && let Claim::Mine = claim(g)
        {
            scan_goroutine(g, scan);
            release(g);
        }
    });
}

/// The number of the cycle rises: before the heap asks for the number of jobs. The world is stopped.
pub(super) fn next_cycle() {
    CYCLE.fetch_add(1, Relaxed);
}

/// This thread is about to run `g`: it must have been scanned, if the collector marks.
#[inline]
pub fn before_run(g: GRef) {
    if HEAP.is_marking() {
        scan_before_run(g);
    }
}

#[cold]
fn scan_before_run(g: GRef) {
    loop {
        match claim(g) {
            Claim::Done => return,
            Claim::Busy => thread::yield_now(),
            Claim::Mine => {
                HEAP.show(&mut own(), |scan| scan_goroutine(g, scan));
                return release(g);
            }
        }
    }
}

/// Shows everything that a goroutine holds. It does not run.
fn scan_goroutine(g: GRef, scan: &mut dyn Scan) {
    scan_head(g, scan);
    scan_stack(g, scan);
    for (start, end) in side_ranges(g) {
        // SAFETY: the used part of a chunk.
        unsafe { scan.range(start, (end - start) / WORD) };
    }
}

/// The words of the head that hold pointers for the goroutine: pending results, and what the overlay keeps there. The
/// closure that it starts with is in its frames from then on, if anybody needs it.
fn scan_head(g: GRef, scan: &mut dyn Scan) {
    const OF_OVERLAY: [usize; 5] = [
        offset_of!(GHead, defer_frame),
        offset_of!(GHead, panics),
        offset_of!(GHead, labels),
        offset_of!(GHead, fips),
        offset_of!(GHead, coro),
    ];
    let head = g.head() as usize;
    // SAFETY: a goroutine's head is always mapped.
    unsafe { scan.range(head + offset_of!(GHead, ret), 4) };
    for offset in OF_OVERLAY {
        // SAFETY: as above.
        unsafe { scan.range(head + offset, 1) };
    }
    if g.resume_pc() == trampoline::gh_gostart as *const () as usize {
        scan.word(g.start_fn());
    }
}
