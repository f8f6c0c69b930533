//! From the kernel's entry to goroutine 1.

use super::{SCHED, goroutine, procs, queues, schedule, sysmon, threads};
use crate::{
    g::Role, heap, m::MRef, metadata, netpoll, seam, signal, stack, start_config, trace, trampoline,
};
use core::sync::atomic::{AtomicBool, Ordering};
use rt_sys::{
    clock, io,
    start::{AT_SYSINFO_EHDR, Vectors},
    tls,
};

/// Set when goroutine 1 exists; owned by this module.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Whether goroutine 1 exists.
pub fn has_started() -> bool {
    STARTED.load(Ordering::Relaxed)
}

/// Sets the runtime up and runs the program. On the initial stack; `sp` is what the kernel set.
///
/// # Safety
/// - Called once, first, with the initial stack pointer.
pub unsafe fn main(sp: *const usize) -> ! {
    // SAFETY: passed on to the caller.
    let vectors = unsafe { Vectors::from_stack(sp) };
    start_config::init(vectors);
    // SAFETY: the kernel's own value.
    unsafe { clock::init(vectors.aux(AT_SYSINFO_EHDR).unwrap_or(0)) };
    let mut seed = [0; 8];
    io::random(&mut seed);
    threads::SEED.store(usize::from_ne_bytes(seed), Ordering::Relaxed);
    if let Some(seed) = start_config::number(b"GROUNDHOG_SEED") {
        seam::simulate(seed as u64);
    }
    if start_config::number(b"GROUNDHOG_STACKMOVE") == Some(1) {
        stack::start_stress();
    }
    let m = threads::new_m();
    // SAFETY: an `M` is never freed, and its first word is its address.
    unsafe { tls::set_current(m.thread_head()) };
    SCHED.lock().n_m = 1;
    // SAFETY: the system stack is fresh; `boot` never returns.
    unsafe { on_stack(m.sys_sp.get(), boot) }
}

/// Continues at `f` on another stack.
#[unsafe(naked)]
unsafe extern "C" fn on_stack(sp: usize, f: extern "C" fn() -> !) -> ! {
    core::arch::naked_asm!("mov rsp, rdi", "xor ebp, ebp", "call rsi", "hlt")
}

extern "C" fn boot() -> ! {
    let m = MRef::current();
    threads::enter(m);
    metadata::check();
    trace::init();
    super::LAST_POLL.store(seam::nanotime(), Ordering::Relaxed);
    heap::init();
    procs::resize(procs::default_procs());
    {
        let mut sched = SCHED.lock();
        for &p in procs::all_procs().iter().skip(1).rev() {
            sched.put_idle_p(p);
        }
    }
    threads::acquire(m, procs::all_procs()[0]);
    signal::init();
    if !seam::is_simulated() {
        sysmon::start();
    }
    let main = goroutine::spawn(metadata::program().main, Role::User);
    STARTED.store(true, Ordering::Relaxed);
    queues::put_global(main);
    debug_assert!(!netpoll::is_initialised());
    // SAFETY: `schedule` answers a goroutine bound to this thread.
    unsafe { trampoline::gh_resume(schedule()) }
}

/// Starts a thread that never runs goroutines.
pub fn start_service(entry: rt_sys::thread::Entry) {
    let m = threads::new_m();
    {
        let mut sched = SCHED.lock();
        sched.n_m += 1;
        sched.n_system_m += 1;
    }
    threads::clone(m, entry);
}

/// What such a thread does first.
pub fn enter_service(m: MRef) {
    threads::enter(m);
    rt_sys::signal::set_mask(signal::service_mask());
}

/// Calls `f` with the kernel's number of every thread.
pub fn for_each_thread(mut f: impl FnMut(u32)) {
    threads::for_each_m(|m| f(m.tid.load(Ordering::Relaxed)));
}
