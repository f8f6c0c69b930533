//! The profile of the processors: what runs when the timer of processor time ticks.
//!
//! ```text
//!   SIGPROF ──> handler: free ──> being written ──> written      (a slot of the ring; none free: the tick is lost)
//!                          ^                           │
//!                          └──── the overlay copies ───┘
//! ```
//!
//! **Invariants.** 1. The ring is a variable of the overlay, so the collector sees the labels in it; its slots are
//! written by whoever took them from free. 2. `BUSY` counts handlers that may use the ring: it is taken away only when
//! there are none. A label needs no write barrier: a goroutine that runs while marking is on has been scanned, labels
//! included.

use crate::{m::MRef, signal, traceback::Frames};
use core::{
    ptr,
    sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};
use rt_sys::{clock, signal::Registers, thread};

/// Frames of a sample, as many as Go keeps.
const DEPTH: usize = 64;

const FREE: u32 = 0;
const BEING_WRITTEN: u32 = 1;
const WRITTEN: u32 = 2;

/// A tick; the overlay's `cpuSample`.
#[repr(C)]
pub(crate) struct Sample {
    state: AtomicU32,
    depth: u32,
    labels: usize,
    stack: [usize; DEPTH],
}

/// The ring, or null when there is no profile; owned by this module, as all statics here.
static RING: AtomicPtr<Sample> = AtomicPtr::new(ptr::null_mut());
static N_SLOTS: AtomicUsize = AtomicUsize::new(0);
/// Where to look for a free slot.
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// Handlers at work.
static BUSY: AtomicU32 = AtomicU32::new(0);
/// Ticks for which there was no slot.
static LOST: AtomicU64 = AtomicU64::new(0);
/// What a tick is counted for when no goroutine runs.
static SYSTEM_PC: AtomicUsize = AtomicUsize::new(0);

/// Begins a profile of `hz` ticks per second of processor time, or ends it (0). Answers how many ticks were lost.
pub(crate) extern "C" fn cpu_profile(hz: usize, ring: *mut Sample, n: usize, system_pc: usize) -> usize {
    if hz == 0 {
        clock::tick_processor_time(0);
        RING.store(ptr::null_mut(), Ordering::SeqCst);
        while BUSY.load(Ordering::SeqCst) != 0 {
            thread::yield_now();
        }
        return LOST.swap(0, Ordering::Relaxed) as usize;
    }
    N_SLOTS.store(n, Ordering::Relaxed);
    SYSTEM_PC.store(system_pc, Ordering::Relaxed);
    RING.store(ring, Ordering::SeqCst);
    clock::tick_processor_time(1_000_000 / hz);
    0
}

/// A tick, in the signal handler of the thread that was interrupted.
pub fn tick(registers: &Registers) {
    // Before the ring is read: pairs with `cpu_profile`, which looks the other way round.
    BUSY.fetch_add(1, Ordering::SeqCst);
    let ring = RING.load(Ordering::SeqCst);
    if !ring.is_null() {
        let idx = NEXT.fetch_add(1, Ordering::Relaxed) % N_SLOTS.load(Ordering::Relaxed);
        // SAFETY: the ring has that many slots, and stays by (2).
        write(unsafe { ring.add(idx) }, registers);
    }
    BUSY.fetch_sub(1, Ordering::SeqCst);
}

fn write(slot: *mut Sample, registers: &Registers) {
    // SAFETY: the slot is valid; the state is shared.
    let state = unsafe { &(*slot).state };
    // Acquire pairs with the overlay's store of FREE.
    if state.compare_exchange(FREE, BEING_WRITTEN, Ordering::Acquire, Ordering::Relaxed).is_err() {
        LOST.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let mut stack = [0; DEPTH];
    let g = MRef::current().cur_g();
    let frames = g.map(|g| Frames::interrupted(g, registers, signal::is_in_memops(registers.rip as usize)));
    let mut depth = 0;
    for frame in frames.into_iter().flatten().filter(|frame| !frame.is_hidden()).take(DEPTH) {
        stack[depth] = frame.pc;
        depth += 1;
    }
    if depth == 0 {
        // The address is taken for one behind a call.
        stack[0] = SYSTEM_PC.load(Ordering::Relaxed) + 1;
        depth = 1;
    }
    // SAFETY: by (1).
    unsafe {
        (&raw mut (*slot).depth).write(depth as u32);
        (&raw mut (*slot).labels).write(g.map_or(0, |g| g.labels()));
        (&raw mut (*slot).stack).write(stack);
    }
    // Release pairs with the overlay's load.
    state.store(WRITTEN, Ordering::Release);
}
