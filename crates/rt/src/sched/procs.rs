//! The processors: how many there are, and changing that.

use super::{SCHED, cgroup, goroutine, threads, world};
use crate::{
    g::GRef,
    m::{MRef, current_g},
    p::{PRef, PStatus},
    seam, start_config, timer,
    trampoline::Verdict,
};
use alloc::{boxed::Box, vec::Vec};
use core::{
    ptr,
    sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering},
};
use rt_sys::thread;

/// All processors ever made; the slice behind it is replaced while the world is stopped, and never freed.
static PROCS: AtomicPtr<PRef> = AtomicPtr::new(ptr::null_mut());
/// Length of `PROCS`.
static N_ALL: AtomicUsize = AtomicUsize::new(0);
/// GOMAXPROCS.
static N_PROCS: AtomicU32 = AtomicU32::new(0);

/// All processors that may be in use.
pub fn all_procs() -> &'static [PRef] {
    // The length is stored before the pointer when growing; stale pairs are prefixes of each other.
    let n = N_PROCS.load(Ordering::Acquire) as usize;
    let procs = PROCS.load(Ordering::Acquire);
    if procs.is_null() {
        return &[];
    }
    // SAFETY: `resize` published at least `n` elements, and never frees them.
    unsafe { core::slice::from_raw_parts(procs, n) }
}

/// GOMAXPROCS.
pub fn n_procs() -> u32 {
    N_PROCS.load(Ordering::Relaxed)
}

/// Processors that the machine and affinity offer.
pub(crate) extern "C" fn num_cpu() -> usize {
    thread::affinity_count()
}

/// Go's default: affinity, limited by the cgroup's quota rounded up, but at least 2 when there are 2.
pub(super) fn default_procs() -> u32 {
    if seam::is_simulated() {
        return 1;
    }
    let n_cpu = num_cpu() as u32;
    if let Some(n) = start_config::number(b"GOMAXPROCS").filter(|&n| n > 0) {
        return n.min(1 << 15) as u32;
    }
    match cgroup::cpu_limit() {
        Some(limit) => cgroup::adjust(n_cpu, limit),
        None => n_cpu,
    }
}

/// Makes `n` processors exist; the world is stopped, or not started yet.
pub(super) fn resize(n: u32) {
    let n_all = N_ALL.load(Ordering::Relaxed);
    if n as usize > n_all {
        let mut procs: Vec<PRef> = Vec::with_capacity(n as usize);
        procs.extend(raw_all(n_all));
        procs.extend((n_all as u32..n).map(PRef::new));
        PROCS.store(Box::leak(procs.into_boxed_slice()).as_mut_ptr(), Ordering::Release);
        N_ALL.store(n as usize, Ordering::Relaxed);
    }
    N_PROCS.store(n, Ordering::Release);
    SCHED.lock().n_procs = n;
}

fn raw_all(n: usize) -> &'static [PRef] {
    let procs = PROCS.load(Ordering::Relaxed);
    if n == 0 {
        return &[];
    }
    // SAFETY: `n` elements were published.
    unsafe { core::slice::from_raw_parts(procs, n) }
}

/// `runtime.GOMAXPROCS`.
pub(crate) extern "C" fn gomaxprocs(n: isize) -> Verdict {
    let g = current_g();
    let old = n_procs();
    g.set_ret(0, u64::from(old));
    if n <= 0 || n as u32 == old || seam::is_simulated() {
        return Verdict::Continue;
    }
    let n = n.min(1 << 15) as u32;
    world::with_world_stopped(world::StopReason::Program, |_| {
        let retired: Vec<PRef> =
            raw_all(N_ALL.load(Ordering::Relaxed)).iter().skip(n as usize).copied().collect();
        resize(n);
        for &p in all_procs() {
            if p.status() == PStatus::Dead {
                p.set_m(None);
                p.set_status(PStatus::Stopped);
            }
        }
        retired.into_iter().for_each(retire);
    });
    Verdict::Continue
}

/// Empties a processor that is no longer used. When it is this thread's own, the thread continues on one that nobody
/// holds, or takes one from a thread that waits in `stop_point`, which finds out and waits for another.
fn retire(p: PRef) {
    {
        let mut sched = SCHED.lock();
        let items = core::iter::from_fn(|| p.queue.take_next().or_else(|| p.queue.get()));
        for item in items {
            // SAFETY: run queues hold addresses of goroutines.
            if let Some(g) = unsafe { GRef::from_addr(item) } {
                sched.put(g);
            }
        }
    }
    goroutine::keep_count(p);
    timer::move_all(p, all_procs()[0]);
    p.set_status(PStatus::Dead);
    p.set_m(None);
    let m = MRef::current();
    if m.try_p() == Some(p) {
        let is_free = |p: &&PRef| p.m().is_none();
        let other = *all_procs().iter().find(is_free).unwrap_or(&all_procs()[0]);
        other.set_m(Some(m));
        m.set_p(Some(other));
        threads::change_caches(m, other);
    }
}
