//! The end of the process: fatal errors, uncaught panics, exit. Nothing here allocates or waits for a lock.

use crate::{
    m::MRef,
    print::Printer,
    sched, start_config,
    traceback::{self, Detail},
    trampoline::Verdict,
};
use core::sync::atomic::{AtomicU32, Ordering};
use rt_sys::{io, signal, thread};

/// Go's exit status of a crash.
const CRASH_STATUS: i32 = 2;
/// How long the others get to stop before their stacks are printed.
const FREEZE_NANOS: i64 = 2_000_000;

/// Threads that are dying; the first prints, the others wait for the end. Owned by this module.
static DYING: AtomicU32 = AtomicU32::new(0);
/// `debug.SetTraceback`: bit 31 set, then detail in bits 0-1, all in bit 2, crash in bit 3. Owned by this module.
static TRACEBACK: AtomicU32 = AtomicU32::new(0);

/// Whether the process is dying.
pub fn is_dying() -> bool {
    DYING.load(Ordering::Relaxed) != 0
}

/// What GOTRACEBACK asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    /// `None`: no traceback at all.
    detail: Option<Detail>,
    all: bool,
    crash: bool,
}

impl Wanted {
    fn parse(level: &[u8]) -> Wanted {
        let (detail, all, crash) = match level {
            b"none" | b"0" => (None, false, false),
            b"all" | b"1" => (Some(Detail::User), true, false),
            b"system" | b"2" => (Some(Detail::System), true, false),
            b"crash" | b"wer" => (Some(Detail::System), true, true),
            _ => (Some(Detail::User), false, false),
        };
        Wanted { detail, all, crash }
    }

    fn pack(self) -> u32 {
        let detail = match self.detail {
            None => 0,
            Some(Detail::User) => 1,
            Some(Detail::System) => 2,
        };
        1 << 31 | detail | u32::from(self.all) << 2 | u32::from(self.crash) << 3
    }

    fn current() -> Wanted {
        let from_env = Wanted::parse(start_config::env(b"GOTRACEBACK").unwrap_or(b""));
        let packed = TRACEBACK.load(Ordering::Relaxed).max(from_env.pack());
        let detail = match packed & 3 {
            0 => None,
            1 => Some(Detail::User),
            _ => Some(Detail::System),
        };
        Wanted { detail, all: packed & 4 != 0, crash: packed & 8 != 0 }
    }
}

/// A broken invariant or an exhausted resource of the runtime.
pub fn throw(text: &str) -> ! {
    die(text.as_bytes(), Blame::Runtime)
}

/// The same, after a line of details.
pub fn throw_with(details: impl FnOnce(&mut Printer), text: &str) -> ! {
    start_dying();
    details(&mut Printer::stderr());
    finish(text.as_bytes(), Blame::Runtime)
}

/// A mistake of the program, found under the scheduler's lock.
pub fn fatal_under_lock(text: &str) -> ! {
    die(text.as_bytes(), Blame::Program)
}

/// Whose fault it is: decides which frames are worth showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    Program,
    Runtime,
}

fn die(text: &[u8], blame: Blame) -> ! {
    start_dying();
    finish(text, blame)
}

fn finish(text: &[u8], blame: Blame) -> ! {
    Printer::stderr().text("fatal error: ").indented(text).text("\n");
    let mut wanted = Wanted::current();
    wanted.all = true;
    if blame == Blame::Runtime && wanted.detail.is_some() {
        wanted.detail = Some(Detail::System);
    }
    print_and_exit(wanted)
}

/// The first thread goes on; others wait for the process to end; a thread that dies while dying gives up.
fn start_dying() {
    let m = MRef::current();
    match m.dying.replace(m.dying.get() + 1) {
        0 => {}
        1 => {
            Printer::stderr().text("panic during panic\n");
            io::exit(3)
        }
        _ => io::exit(5),
    }
    if DYING.fetch_add(1, Ordering::SeqCst) != 0 {
        loop {
            thread::yield_now();
        }
    }
    sched::stop_the_world_for(FREEZE_NANOS);
}

fn print_and_exit(wanted: Wanted) -> ! {
    let m = MRef::current();
    if let Some(detail) = wanted.detail {
        let mut printer = Printer::stderr();
        if let Some(g) = m.cur_g() {
            print_signal(&mut printer, g);
            printer.text("\n");
            traceback::print_goroutine(&mut printer, g, detail);
        }
        if wanted.all || m.cur_g().is_none() {
            traceback::print_others(&mut printer, m.cur_g(), detail);
        }
    }
    if wanted.crash {
        let _ = signal::set_action(signal::number::SIGABRT, signal::Action::Default);
        signal::set_mask(0);
        thread::kill(thread::id(), signal::number::SIGABRT);
    }
    io::exit(CRASH_STATUS)
}

/// `[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x...]`, when the panic came from a signal.
fn print_signal(printer: &mut Printer, g: crate::g::GRef) {
    if g.sig() == 0 {
        return;
    }
    printer
        .text("[signal ")
        .text(crate::signal::name(g.sig() as i32))
        .text(" code=")
        .hex(g.sig_code() as u32 as u64)
        .text(" addr=")
        .hex(g.sig_addr() as u64)
        .text(" pc=")
        .hex(g.sig_pc() as u64)
        .text("]\n");
}

/// # Safety
/// - `text` and `n` are a string.
unsafe fn bytes<'t>(text: *const u8, n: usize) -> &'t [u8] {
    if n == 0 {
        return b"";
    }
    // SAFETY: passed on to the caller.
    unsafe { core::slice::from_raw_parts(text, n) }
}

/// `gh_throw`.
pub(crate) extern "C" fn throw_entry(text: *const u8, n: usize) -> ! {
    // SAFETY: the overlay passes a string.
    die(unsafe { bytes(text, n) }, Blame::Runtime)
}

/// `gh_fatal`.
pub(crate) extern "C" fn fatal(text: *const u8, n: usize) -> ! {
    // SAFETY: as above.
    die(unsafe { bytes(text, n) }, Blame::Program)
}

/// Before the text of an uncaught panic: stops the others. `ret[0]` is 1 when this goroutine may print.
pub(crate) extern "C" fn start_panic() -> Verdict {
    start_dying();
    crate::m::current_g().set_ret(0, 1);
    Verdict::Continue
}

/// After the text of an uncaught panic.
pub(crate) extern "C" fn fatal_panic() -> ! {
    print_and_exit(Wanted::current())
}

/// `os.Exit`.
pub(crate) extern "C" fn exit(code: i32) -> ! {
    io::exit(code)
}

/// `debug.SetTraceback`: raises the level, never below what GOTRACEBACK asked for.
pub(crate) extern "C" fn set_traceback(level: *const u8, n: usize) {
    // SAFETY: the overlay passes a string.
    TRACEBACK.store(Wanted::parse(unsafe { bytes(level, n) }).pack(), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_as_they_are_packed() {
        let levels =
            [&b"none"[..], b"single", b"all", b"system", b"crash"].map(|level| Wanted::parse(level).pack());
        assert!(levels.is_sorted());
        assert_eq!(Wanted::parse(b""), Wanted::parse(b"single"));
    }
}
