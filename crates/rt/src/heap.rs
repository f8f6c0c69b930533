//! The heap's place in the runtime: the one [`Heap`] of the program, and what connects it to the scheduler.
//!
//! `rt-heap` knows neither goroutines nor processors; this module gives it memory ([`Linux`]), roots ([`roots`]), a
//! state per processor ([`HeapProc`]) and somebody to do its work ([`collect`]).
//!
//! ```text
//!   compiled code ─> trampolines ─> alloc.rs, typed.rs, specials.rs ─┐
//!   find_runnable ─> collect::help_idle, collect::share ─────────────┼─> HEAP (rt-heap)
//!   sysmon ────────> collect::periodic ──────────────────────────────┘
//! ```

mod alloc;
mod collect;
mod frames;
mod roots;
mod specials;
mod stats;
mod typed;

pub use alloc::{add_profile_record, alloc_noscan, new_chan, sample_allocations};
pub(crate) use alloc::{malloc, new_array, new_object, new_object_cold, round_size, slow_alloc};
pub(crate) use collect::{free_os_memory, gc, gc_cycles, register_pool_cleanup};
pub use collect::{help_idle, periodic, share, wants_help};
pub use roots::before_run;
pub(crate) use specials::{
    add_cleanup, adopt, disown, finalizers_pending, find_object, may_hold_pointer, next_finalizer, owner,
    set_finalizer, stop_cleanup, weak_register, weak_strong,
};
pub(crate) use stats::{read_gc_stats, read_memstats, set_gc_percent, set_memory_limit};
pub(crate) use typed::{
    bulk_barrier, typed_memclr_marking, typed_memmove_marking, typed_slice_clear_marking,
    typed_slice_move_marking, wb_flush,
};
pub use typed::{has_pointers, typed_clear, typed_move};

use crate::{m::MRef, metadata, profile, seam, start_config};
use core::sync::atomic::AtomicU32;
use rt_heap::{Config, DEFAULT_BASE, DebugConfig, Description, Heap, Os, OwnsP, ProcRef};
use rt_sys::{clock, mem, thread};

/// The program's heap; owned by this module.
static HEAP: Heap<Linux> = Heap::new();

/// What compiled code tests before it stores a pointer ([`abi::heap::WB_FLAG_SYMBOL`]); owned by [`HEAP`].
#[unsafe(no_mangle)]
pub(crate) static gh_wb_enabled: AtomicU32 = AtomicU32::new(0);

/// Memory and time for the heap.
#[derive(Debug)]
pub struct Linux;

impl Os for Linux {
    fn reserve(hint: usize, n_bytes: usize) -> Option<usize> {
        mem::reserve(hint, n_bytes).ok().map(|addr| addr as usize)
    }

    fn unreserve(addr: usize, n_bytes: usize) {
        // SAFETY: the heap gives back what it reserved.
        unsafe { mem::unmap(addr as *mut u8, n_bytes) }
    }

    fn commit(addr: usize, n_bytes: usize) -> bool {
        // SAFETY: the heap commits what it reserved.
        unsafe { mem::commit(addr as *mut u8, n_bytes) }.is_ok()
    }

    fn advise_huge_pages(addr: usize, n_bytes: usize) {
        mem::advise_huge_pages(addr as *mut u8, n_bytes, mem::HugePages::Yes);
    }

    fn decommit(addr: usize, n_bytes: usize) {
        // SAFETY: the heap owns the range and needs nothing in it.
        unsafe { mem::decommit(addr as *mut u8, n_bytes) }
    }

    fn nanotime() -> u64 {
        clock::monotonic() as u64
    }

    fn relax(attempt: u32) {
        if attempt < 8 { thread::spin(1 << attempt) } else { thread::yield_now() }
    }

    fn out_of_memory(n_bytes: usize) -> ! {
        crate::print::Printer::stderr()
            .text("runtime: out of memory: cannot allocate ")
            .uint(n_bytes as u64)
            .text("-byte block (")
            .uint(HEAP.live_bytes() as u64)
            .text(" in use)\n");
        crate::fatal::throw("out of memory")
    }
}

/// A processor's part of the heap.
#[derive(Clone, Copy, Debug)]
pub struct HeapProc {
    proc: ProcRef,
}

impl HeapProc {
    /// State for a new processor.
    pub fn new() -> HeapProc {
        HeapProc { proc: HEAP.new_processor() }
    }

    /// What [`abi::GHead::alloc_cache`] holds while a goroutine runs on the processor.
    pub fn alloc_cache(&self) -> usize {
        self.proc.alloc_cache() as usize
    }
}

/// The heap state of this thread's processor. The result must be dropped before anything that may stop the world.
fn own<'p>() -> OwnsP<'p> {
    let proc = MRef::current().p().heap.proc;
    // SAFETY: this thread holds the processor and is in the runtime, so no compiled code runs on it; runtime functions
    // do not keep the witness across calls into the scheduler.
    unsafe { proc.own() }
}

/// What the heap knows about an address.
pub(crate) fn describe(addr: usize) -> Option<Description> {
    HEAP.describe(addr)
}

/// The collector now: cycles finished, 1 while marking, live bytes, the live sizes that start and end the next cycle.
pub(crate) fn collector_words() -> [usize; 5] {
    let cycle = HEAP.cycle_stats();
    let is_marking = usize::from(HEAP.is_marking());
    [cycle.n_cycles as usize, is_marking, HEAP.live_bytes(), cycle.trigger, cycle.goal]
}

/// Sets the heap up: before the first processor.
pub fn init() {
    let program = metadata::program();
    // SAFETY: `ProgramInfo` documents the type of this table.
    let kinds = unsafe { metadata::table(program.kinds) };
    stats::init();
    HEAP.init(&Config {
        base: DEFAULT_BASE,
        kinds,
        barrier_flag: &gh_wb_enabled,
        gc_percent: stats::gc_percent_from_env(),
        memory_limit: stats::memory_limit_from_env(),
        seed: seam::random(),
        debug: DebugConfig {
            poison: start_config::number(b"GROUNDHOG_GCPOISON").is_some_and(|value| value != 0),
            collect_every: start_config::number(b"GROUNDHOG_GCEVERY").unwrap_or(0) as u32,
            second_marker: start_config::number(b"GROUNDHOG_GCVERIFY").is_some_and(|value| value != 0),
        },
    });
    profile::init();
}
