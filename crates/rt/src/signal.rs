//! Signals: faults become panics, others go to `os/signal`, and SIGQUIT prints everything.
//!
//! **Delivery to `os/signal`.** The handler sets a bit in `PENDING` and wakes the receiver; a goroutine of `os/signal`
//! parks in `signal_recv`. Handlers run on the signal stack, with all signals blocked, and touch atomics only; because
//! a handler cannot take the scheduler's locks, the receiver's goroutine is readied by a service thread that sleeps on
//! a futex, started with the first `signal.Notify`.

use crate::{
    fatal,
    g::{GRef, Status},
    m::{MRef, current_g},
    metadata,
    print::Printer,
    profile, sched, start_config,
    traceback::{self, Detail},
    trampoline::Verdict,
};
use abi::WaitReason;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use rt_sync::{Lock, Parker, Rank};
use rt_sys::{
    io,
    signal::{self as sys, Action, Context, Info, number::*},
    thread,
    tls::ThreadHead,
};

/// Signals that arrived and have not been received; owned by this module, as all statics here.
static PENDING: AtomicU64 = AtomicU64::new(0);
/// Signals that `os/signal` wants.
static WANTED: AtomicU64 = AtomicU64::new(0);
/// Signals that `os/signal` ignores.
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// Of SIGHUP and SIGINT, those that were ignored when the program started, as under `nohup`.
static IGNORED_AT_START: AtomicU64 = AtomicU64::new(0);
/// Handlers that are between looking at `WANTED` and having set `PENDING`.
static DELIVERING: AtomicU32 = AtomicU32::new(0);
/// Wakes the service thread.
static SERVICE: Parker = Parker::new();
/// The service thread has been started.
static HAS_SERVICE: AtomicBool = AtomicBool::new(false);
/// The goroutine that waits in `signal_recv`.
static RECEIVER: Lock<Option<GRef>> = Lock::new(Rank::Signal, None);
/// The mask that threads run with.
static MASK: AtomicU64 = AtomicU64::new(0);
/// A system call for all threads: number, arguments, threads that have not made it.
static BROADCAST: [AtomicUsize; 7] = [const { AtomicUsize::new(0) }; 7];
static BROADCAST_LEFT: AtomicU32 = AtomicU32::new(0);

/// The real-time signal that makes threads execute `BROADCAST`; Go reserves none, glibc would use 33.
const SIG_BROADCAST: i32 = 33;

const FAULTS: [i32; 5] = [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV];

/// Signals that a program without handlers would die of, and that a Go program catches and drops; so are
/// `FIRST_CAUGHT_REAL_TIME` and above.
const CAUGHT: [i32; 9] = [SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR];
/// Those before it belong to C libraries.
const FIRST_CAUGHT_REAL_TIME: i32 = 35;

/// Has a handler even when nobody wants it.
fn is_always_handled(signal: i32) -> bool {
    FAULTS.contains(&signal)
        || [SIGQUIT, SIGABRT, SIGPIPE, SIGSYS, SIGURG].contains(&signal)
        || CAUGHT.contains(&signal)
        || signal >= FIRST_CAUGHT_REAL_TIME
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Go's words for a signal.
pub fn name(signal: i32) -> &'static str {
    match signal {
        SIGHUP => "SIGHUP: terminal line hangup",
        SIGINT => "SIGINT: interrupt",
        SIGQUIT => "SIGQUIT: quit",
        SIGILL => "SIGILL: illegal instruction",
        SIGTRAP => "SIGTRAP: trace trap",
        SIGABRT => "SIGABRT: abort",
        SIGBUS => "SIGBUS: bus error",
        SIGFPE => "SIGFPE: floating-point exception",
        SIGSEGV => "SIGSEGV: segmentation violation",
        SIGPIPE => "SIGPIPE: write to broken pipe",
        SIGTERM => "SIGTERM: termination",
        SIGSTKFLT => "SIGSTKFLT: stack fault",
        SIGSYS => "SIGSYS: bad system call",
        _ => "signal",
    }
}

/// The mask of new threads.
pub fn thread_mask() -> u64 {
    MASK.load(Ordering::Relaxed)
}

/// The mask of threads that never run goroutines: signals are for others, but a system call on every thread is for them too.
pub fn service_mask() -> u64 {
    !bit(SIG_BROADCAST)
}

/// Installs the handlers that every Go program has.
pub fn init() {
    MASK.store(sys::set_mask(0), Ordering::Relaxed);
    sys::set_mask(thread_mask());
    (1..sys::N_SIGNALS as i32).filter(|&signal| is_always_handled(signal)).for_each(handle);
    for signal in [SIGHUP, SIGINT] {
        if sys::is_ignored(signal) {
            IGNORED.fetch_or(bit(signal), Ordering::Relaxed);
            IGNORED_AT_START.fetch_or(bit(signal), Ordering::Relaxed);
        }
    }
    handle(SIG_BROADCAST);
}

fn handle(signal: i32) {
    let _ = sys::set_action(signal, Action::Handle(handler));
}

/// In a forked child: no handler of ours may run there.
pub fn reset_handlers() {
    for signal in (1..sys::N_SIGNALS as i32).filter(|&signal| signal != SIGKILL && signal != SIGSTOP) {
        if IGNORED.load(Ordering::Relaxed) & bit(signal) == 0 && !sys::is_ignored(signal) {
            let _ = sys::set_action(signal, Action::Default);
        }
    }
}

/// Every signal arrives here, on the signal stack.
extern "C" fn handler(signal: i32, info: *mut Info, context: *mut Context) {
    // SAFETY: the kernel passes valid structures.
    let (info, context) = unsafe { (&*info, &mut *context) };
    match signal {
        SIG_BROADCAST => return execute_broadcast(),
        SIGPROF => profile::cpu::tick(&context.registers),
        SIGURG if WANTED.load(Ordering::Relaxed) & bit(SIGURG) == 0 => return,
        _ => {}
    }
    if FAULTS.contains(&signal) && signal != SIGTRAP && info.code > 0 {
        return fault(signal, info, context);
    }
    if deliver_if_wanted(signal) {
        return;
    }
    if IGNORED.load(Ordering::Relaxed) & bit(signal) != 0 {
        return;
    }
    unwanted(signal, info, context)
}

fn deliver_if_wanted(signal: i32) -> bool {
    DELIVERING.fetch_add(1, Ordering::SeqCst);
    let is_wanted = WANTED.load(Ordering::SeqCst) & bit(signal) != 0;
    if is_wanted {
        PENDING.fetch_or(bit(signal), Ordering::SeqCst);
        SERVICE.unpark();
    }
    DELIVERING.fetch_sub(1, Ordering::SeqCst);
    is_wanted
}

/// A fault of Go code becomes a call of `runtime.sigpanic`; any other is the end.
fn fault(signal: i32, info: &Info, context: &mut Context) {
    let registers = &mut context.registers;
    let pc = registers.rip as usize;
    let g = MRef::current().cur_g();
    let Some(g) = g.filter(|g| g.head() as u64 == registers.r15 && g.status() == Status::Running) else {
        unexpected(signal, info, pc)
    };
    // On a goroutine's stack: the program's code, or a memory routine that it called.
    let is_memory_routine = is_in_memops(pc);
    if !metadata::is_code(pc) && !is_memory_routine && pc >= 4096 {
        unexpected(signal, info, pc)
    }
    g.set_sig(signal as u32);
    g.set_sig_code(info.code);
    g.set_sig_addr(info.addr);
    g.set_sig_pc(pc);
    if !is_memory_routine && pc >= 4096 {
        // As if the faulting instruction were a call. A memory routine has no frame: its caller is the one that
        // panics, and its return address is on top of the stack already. So is it after a call of a nil function.
        registers.rsp -= 8;
        // SAFETY: every function leaves room for this below its stack check.
        unsafe { *(registers.rsp as *mut usize) = pc };
    }
    registers.rip = metadata::program().sigpanic as u64;
}

/// Whether `pc` is in a memory routine, which runs on the stack of its caller.
pub fn is_in_memops(pc: usize) -> bool {
    unsafe extern "C" {
        fn gh_memops_start();
        fn gh_memops_end();
    }
    (gh_memops_start as *const () as usize..gh_memops_end as *const () as usize).contains(&pc)
}

fn unexpected(signal: i32, info: &Info, pc: usize) -> ! {
    Printer::stderr()
        .text("[signal ")
        .text(name(signal))
        .text(" code=")
        .hex(info.code as u32 as u64)
        .text(" addr=")
        .hex(info.addr as u64)
        .text(" pc=")
        .hex(pc as u64)
        .text("]\n");
    fatal::throw("unexpected signal during runtime execution")
}

/// Nobody asked for this signal: what Go does by default.
fn unwanted(signal: i32, info: &Info, context: &Context) {
    match signal {
        SIGHUP | SIGINT | SIGTERM => die_of(signal),
        SIGQUIT | SIGABRT | SIGILL | SIGTRAP | SIGBUS | SIGFPE | SIGSEGV | SIGSYS | SIGSTKFLT => {
            dump(signal, info, context)
        }
        _ => {}
    }
}

/// Prints every goroutine and ends the process with status 2.
fn dump(signal: i32, info: &Info, context: &Context) -> ! {
    const STATUS: i32 = 2;
    let mut printer = Printer::stderr();
    printer.text(name(signal)).text("\nPC=").hex(context.registers.rip);
    printer.text(" m=").uint(u64::from(MRef::current().id));
    printer.text(" sigcode=").uint(i64::from(info.code) as u64);
    if signal == SIGSEGV || signal == SIGBUS {
        printer.text(" addr=").hex(info.addr as u64);
    }
    printer.text("\n");
    sched::stop_the_world_for(10_000_000);
    let detail =
        if start_config::env(b"GOTRACEBACK") == Some(b"system") { Detail::System } else { Detail::User };
    traceback::print_others(&mut printer, None, detail);
    drop(printer);
    io::exit(STATUS)
}

/// Ends the process by the signal's default action.
fn die_of(signal: i32) {
    let _ = sys::set_action(signal, Action::Default);
    sys::set_mask(0);
    thread::kill(thread::id(), signal);
}

/// The service thread: readies the receiver when signals are pending.
extern "C" fn service(_head: *mut ThreadHead) -> ! {
    let m = MRef::current();
    sched::start::enter_service(m);
    loop {
        SERVICE.park();
        deliver();
    }
}

fn deliver() {
    let receiver = {
        let mut receiver = RECEIVER.lock();
        if PENDING.load(Ordering::SeqCst) == 0 { None } else { receiver.take() }
    };
    receiver.into_iter().for_each(sched::ready);
}

/// Whether a signal could still wake something: no deadlock then.
pub fn is_expecting() -> bool {
    WANTED.load(Ordering::Relaxed) != 0
}

/// The next signal: `ret[0]`, or 0 when the overlay must ask again.
pub(crate) extern "C" fn signal_recv() -> Verdict {
    let g = current_g();
    let mut receiver = RECEIVER.lock();
    let pending = PENDING.load(Ordering::SeqCst);
    if pending != 0 {
        let signal = pending.trailing_zeros() + 1;
        PENDING.fetch_and(!bit(signal as i32), Ordering::SeqCst);
        g.set_ret(0, u64::from(signal));
        return Verdict::Continue;
    }
    g.set_ret(0, 0);
    *receiver = Some(g);
    sched::park_current(g, WaitReason::SignalReceive, 0)
}

/// `signal.Notify`.
pub(crate) extern "C" fn signal_enable(signal: i32) {
    if !HAS_SERVICE.swap(true, Ordering::SeqCst) {
        sched::start::start_service(service);
    }
    if !is_valid(signal) {
        return;
    }
    WANTED.fetch_or(bit(signal), Ordering::SeqCst);
    IGNORED.fetch_and(!bit(signal), Ordering::SeqCst);
    handle(signal);
}

fn is_valid(signal: i32) -> bool {
    (1..sys::N_SIGNALS as i32).contains(&signal) && signal != SIG_BROADCAST
}

/// Nobody wants it any more.
pub(crate) extern "C" fn signal_disable(signal: i32) {
    if !is_valid(signal) {
        return;
    }
    WANTED.fetch_and(!bit(signal), Ordering::SeqCst);
    if is_always_handled(signal) {
        return;
    }
    let was_ignored = IGNORED_AT_START.load(Ordering::Relaxed) & bit(signal) != 0;
    let _ = sys::set_action(signal, if was_ignored { Action::Ignore } else { Action::Default });
}

/// `signal.Ignore`.
pub(crate) extern "C" fn signal_ignore(signal: i32) {
    if !is_valid(signal) {
        return;
    }
    WANTED.fetch_and(!bit(signal), Ordering::SeqCst);
    IGNORED.fetch_or(bit(signal), Ordering::SeqCst);
    let _ = sys::set_action(signal, Action::Ignore);
}

/// Whether it is ignored.
pub(crate) extern "C" fn signal_ignored(signal: i32) -> usize {
    usize::from(is_valid(signal) && IGNORED.load(Ordering::SeqCst) & bit(signal) != 0)
}

/// Whether all signals that arrived have been received and passed on (`ret[0]`); lets others run when not.
pub(crate) extern "C" fn signal_wait_idle() -> Verdict {
    let g = current_g();
    // A receiver that has come back for more has passed on what it received before.
    let is_idle = DELIVERING.load(Ordering::SeqCst) == 0 && {
        let receiver = RECEIVER.lock();
        PENDING.load(Ordering::SeqCst) == 0 && receiver.is_some()
    };
    g.set_ret(0, u64::from(is_idle));
    if is_idle {
        return Verdict::Continue;
    }
    SERVICE.unpark();
    sched::yield_current(g)
}

/// A write to a broken pipe on standard output or error: dies as a program without a handler would.
pub(crate) extern "C" fn sigpipe() {
    if WANTED.load(Ordering::Relaxed) & bit(SIGPIPE) == 0
        && IGNORED.load(Ordering::Relaxed) & bit(SIGPIPE) == 0
    {
        die_of(SIGPIPE);
    }
}

/// Sets or lifts the ignoring of SIGSYS.
pub(crate) extern "C" fn ignore_sigsys(ignore: usize) {
    if ignore != 0 {
        let _ = sys::set_action(SIGSYS, Action::Ignore);
    } else {
        handle(SIGSYS);
    }
}

/// Makes all other threads execute a system call that has succeeded on this one.
pub fn run_on_other_threads(number: usize, args: [usize; 6]) {
    BROADCAST[0].store(number, Ordering::SeqCst);
    for (slot, arg) in BROADCAST[1..].iter().zip(args) {
        slot.store(arg, Ordering::SeqCst);
    }
    let own = thread::id();
    // Counted as they are told, because threads come and go.
    BROADCAST_LEFT.store(1, Ordering::SeqCst);
    sched::start::for_each_thread(|tid| {
        if tid != own && tid != 0 {
            BROADCAST_LEFT.fetch_add(1, Ordering::SeqCst);
            thread::kill(tid, SIG_BROADCAST);
        }
    });
    BROADCAST_LEFT.fetch_sub(1, Ordering::SeqCst);
    while BROADCAST_LEFT.load(Ordering::SeqCst) != 0 {
        thread::yield_now();
    }
}

fn execute_broadcast() {
    let [number, args @ ..]: [usize; 7] = core::array::from_fn(|idx| BROADCAST[idx].load(Ordering::SeqCst));
    // SAFETY: the program asked for this system call on every thread.
    let _ = unsafe { rt_sys::sys::syscall6(number, args) };
    BROADCAST_LEFT.fetch_sub(1, Ordering::SeqCst);
}
