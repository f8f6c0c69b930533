//! System calls of goroutines: the processor may be taken away while the thread is in the kernel.
//!
//! **Protocol.** `entersyscall` stores `Syscall` into the processor's state and leaves it lying there; whoever changes
//! that state by compare-and-swap owns the processor: the thread when it comes back (`Running`), sysmon (`Idle`), or
//! who stops the world (`Stopped`).

use super::{SCHED, STOPPING, queues, sysmon, threads};
use crate::{
    g::{GRef, Status},
    m::{MRef, current_g},
    p::PStatus,
    seam, signal, stack,
    trace::event,
    trampoline::Verdict,
};
use abi::TraceKind;
use core::sync::atomic::{AtomicU64, Ordering};
use rt_sys::{signal as sys_signal, sys};

/// Stack that a forked child may use without growing it.
const FORK_STACK: usize = 32 << 10;

/// Signal mask before a fork; owned by this module, used under `syscall.ForkLock`.
static FORK_MASK: AtomicU64 = AtomicU64::new(0);

/// The goroutine is about to call the kernel.
pub(crate) extern "C" fn entersyscall() {
    let g = current_g();
    // The trampoline has pushed the caller's frame pointer and the callee-saved registers; their slots are reused while
    // the call is made, but they may hold the only reference to something.
    let at = (g.saved_bp() - size_of::<[usize; 4]>()) as *const [usize; 5];
    // SAFETY: these words were pushed.
    let [registers @ .., frame] = unsafe { *at };
    g.syscall_registers.set(registers);
    g.syscall_frame.set(frame);
    enter_blocking(g);
}

/// From here on this thread may block: others may take its processor.
pub fn enter_blocking(g: GRef) {
    let m = MRef::current();
    let p = m.p();
    g.set_status(Status::Running, Status::Syscall);
    event(TraceKind::SyscallEnter, g.goid(), 0, 0);
    g.syscall_tick.set(p.syscall_tick.load(Ordering::Relaxed));
    m.old_p.set(Some(p));
    m.set_p(None);
    if seam::is_simulated() {
        return;
    }
    sysmon::wake();
    p.set_status(PStatus::Syscall);
    if STOPPING.load(Ordering::SeqCst) != 0 && p.try_status(PStatus::Syscall, PStatus::Stopped) {
        p.set_m(None);
        p.syscall_tick.fetch_add(1, Ordering::Relaxed);
        SCHED.lock().one_stopped();
    }
}

/// The call is over.
pub(crate) extern "C" fn exitsyscall() -> Verdict {
    leave_blocking(current_g())
}

/// Pairs with `enter_blocking`.
pub fn leave_blocking(g: GRef) -> Verdict {
    let m = MRef::current();
    let old = m.old_p.take().expect("exitsyscall pairs with entersyscall");
    if seam::is_simulated() || old.try_status(PStatus::Syscall, PStatus::Running) {
        // Another thread may have held it meanwhile, and be in a system call, too.
        old.set_m(Some(m));
        m.set_p(Some(old));
        old.syscall_tick.fetch_add(1, Ordering::Relaxed);
        return back(g, 0);
    }
    let idle = SCHED.lock().get_idle_p();
    if let Some(p) = idle {
        threads::acquire(m, p);
        return back(g, 1);
    }
    event(TraceKind::SyscallExit, g.goid(), 0, 1);
    m.set_cur_g(None);
    g.set_status(Status::Syscall, Status::Runnable);
    queues::put_global(g);
    Verdict::Park
}

fn back(g: GRef, lost_p: u8) -> Verdict {
    let m = MRef::current();
    g.set_status(Status::Syscall, Status::Running);
    g.bind(m, m.sys_sp.get(), m.retbuf.as_ptr() as usize, m.p().heap.alloc_cache());
    g.clear_preemption();
    if m.p().preempt.load(Ordering::SeqCst) != 0 {
        g.request_preemption();
    }
    event(TraceKind::SyscallExit, g.goid(), 0, lost_p);
    Verdict::Continue
}

/// Threads that exist.
pub(crate) extern "C" fn num_threads() -> usize {
    SCHED.lock().n_m as usize
}

/// `debug.SetMaxThreads`.
pub(crate) extern "C" fn set_max_threads(n: usize) -> usize {
    threads::MAX_THREADS.swap(n.min(u32::MAX as usize) as u32, Ordering::Relaxed) as usize
}

/// Before a fork: no signals, no preemption, and stack enough that the child needs none.
pub(crate) extern "C" fn before_fork() -> Verdict {
    let g = current_g();
    g.clear_preemption();
    stack::reserve(g, FORK_STACK);
    g.set_pinned(g.pinned() + 1);
    FORK_MASK.store(sys_signal::block_all(), Ordering::Relaxed);
    g.set_stack_guard(abi::NO_PREEMPT_GUARD);
    Verdict::Continue
}

/// In the parent.
pub(crate) extern "C" fn after_fork() {
    let g = current_g();
    g.set_pinned(g.pinned() - 1);
    g.clear_preemption();
    sys_signal::set_mask(FORK_MASK.load(Ordering::Relaxed));
}

/// In the child: handlers would run on memory shared with the parent.
pub(crate) extern "C" fn after_fork_in_child() {
    signal::reset_handlers();
    sys_signal::set_mask(FORK_MASK.load(Ordering::Relaxed));
}

/// No threads may be created until `after_exec`.
pub(crate) extern "C" fn before_exec() {
    SCHED.lock().exec_lock = true;
}

/// The exec failed.
pub(crate) extern "C" fn after_exec() {
    SCHED.lock().exec_lock = false;
}

/// A system call on every thread: `args` is the number and six arguments.
pub(crate) extern "C" fn all_threads_syscall(args: *const [usize; 7]) -> Verdict {
    let g = current_g();
    // SAFETY: the overlay passes seven words.
    let [number, rest @ ..] = unsafe { *args };
    // SAFETY: the program asked for this system call.
    let result = unsafe { sys::syscall6(number, rest) };
    if result >= 0 {
        signal::run_on_other_threads(number, rest);
    }
    let is_error = (-4095..0).contains(&result);
    g.set_ret(0, result as u64 | if is_error { u64::MAX } else { 0 });
    g.set_ret(1, 0);
    g.set_ret(2, if is_error { -result as u64 } else { 0 });
    Verdict::Continue
}
