//! Printing to standard error without allocation: `print`, panics, fatal errors, traces.

use crate::m::MRef;
use core::{
    fmt,
    sync::atomic::{AtomicI32, Ordering},
};
use rt_sync::{Rank, RawLock};
use rt_sys::io;

/// Serialises output of several parts; owned by this module.
static LOCK: RawLock = RawLock::new();
/// `debug.SetCrashOutput`'s descriptor, or -1; owned by this module.
static CRASH_FD: AtomicI32 = AtomicI32::new(-1);

const BUFFER: usize = 512;

/// A buffered writer to a descriptor; flushes when dropped.
pub struct Printer {
    fd: i32,
    len: usize,
    buffer: [u8; BUFFER],
    /// Where to put the text instead of a descriptor.
    target: Option<(*mut u8, usize, usize)>,
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").field("fd", &self.fd).finish_non_exhaustive()
    }
}

impl Printer {
    /// To standard error.
    pub fn stderr() -> Printer {
        Printer { fd: io::STDERR, len: 0, buffer: [0; BUFFER], target: None }
    }

    /// To memory: `n` bytes at `out`; what does not fit is dropped.
    ///
    /// # Safety
    /// - The memory is writable while the printer lives.
    pub unsafe fn memory(out: *mut u8, n: usize) -> Printer {
        Printer { fd: -1, len: 0, buffer: [0; BUFFER], target: Some((out, n, 0)) }
    }

    /// Bytes that went to memory.
    pub fn written(mut self) -> usize {
        self.flush();
        self.target.map_or(0, |(_, _, written)| written)
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Printer {
        for &byte in bytes {
            if self.len == BUFFER {
                self.flush();
            }
            self.buffer[self.len] = byte;
            self.len += 1;
        }
        self
    }

    /// Text whose lines after the first are indented, so that none can pass for a goroutine's header.
    pub fn indented(&mut self, text: &[u8]) -> &mut Printer {
        for (idx, line) in text.split(|&byte| byte == b'\n').enumerate() {
            if idx > 0 {
                self.text("\n\t");
            }
            self.bytes(line);
        }
        self
    }

    /// Text.
    pub fn text(&mut self, text: &str) -> &mut Printer {
        self.bytes(text.as_bytes())
    }

    /// A decimal number.
    pub fn uint(&mut self, value: u64) -> &mut Printer {
        self.radix(value, 10)
    }

    /// A signed decimal number.
    pub fn int(&mut self, value: i64) -> &mut Printer {
        if value < 0 {
            self.text("-");
        }
        self.radix(value.unsigned_abs(), 10)
    }

    /// `0x` and hexadecimal digits.
    pub fn hex(&mut self, value: u64) -> &mut Printer {
        self.text("0x").radix(value, 16)
    }

    fn radix(&mut self, mut value: u64, radix: u64) -> &mut Printer {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdef"[(value % radix) as usize];
            value /= radix;
            if value == 0 {
                return self.bytes(&digits[at..]);
            }
        }
    }

    fn flush(&mut self) {
        let bytes = &self.buffer[..self.len];
        self.len = 0;
        if let Some((out, capacity, written)) = &mut self.target {
            let n = bytes.len().min(*capacity - *written);
            // SAFETY: by `memory`.
            unsafe { out.add(*written).copy_from_nonoverlapping(bytes.as_ptr(), n) };
            *written += n;
            return;
        }
        io::write_all(self.fd, bytes);
        let crash_fd = CRASH_FD.load(Ordering::Relaxed);
        if crash_fd >= 0 && crate::fatal::is_dying() {
            io::write_all(crash_fd, bytes);
        }
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.flush();
    }
}

impl fmt::Write for Printer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// Begins a statement's output.
pub(crate) extern "C" fn print_lock() {
    let m = MRef::current();
    let depth = m.print_depth.get();
    m.print_depth.set(depth + 1);
    if let Some(g) = m.cur_g() {
        g.set_pinned(g.pinned() + 1);
    }
    if depth == 0 {
        LOCK.lock(Rank::Print);
    }
}

/// Ends it.
pub(crate) extern "C" fn print_unlock() {
    let m = MRef::current();
    let depth = m.print_depth.get();
    m.print_depth.set(depth - 1);
    if depth == 1 {
        // SAFETY: `print_lock` took it on this thread: the goroutine was pinned since.
        unsafe { LOCK.unlock(Rank::Print) };
    }
    if let Some(g) = m.cur_g() {
        g.set_pinned(g.pinned() - 1);
    }
}

/// Prints bytes.
pub(crate) extern "C" fn print_string(text: *const u8, n: usize) {
    if n != 0 {
        // SAFETY: the overlay passes a string.
        Printer::stderr().bytes(unsafe { core::slice::from_raw_parts(text, n) });
    }
}

/// Prints a signed number.
pub(crate) extern "C" fn print_int(value: i64) {
    Printer::stderr().int(value);
}

/// Prints an unsigned number.
pub(crate) extern "C" fn print_uint(value: u64) {
    Printer::stderr().uint(value);
}

/// Prints a hexadecimal number.
pub(crate) extern "C" fn print_hex(value: u64) {
    Printer::stderr().hex(value);
}

/// `write(2)`: bytes written or -errno.
pub(crate) extern "C" fn write(fd: i32, bytes: *const u8, n: usize) -> isize {
    if n == 0 {
        return 0;
    }
    // SAFETY: the overlay passes a slice.
    match io::write(fd, unsafe { core::slice::from_raw_parts(bytes, n) }) {
        Ok(n) => n as isize,
        Err(error) => -(error.0 as isize),
    }
}

/// `debug.SetCrashOutput`'s descriptor; answers the old one.
pub(crate) extern "C" fn set_crash_fd(fd: i32) -> isize {
    CRASH_FD.swap(fd, Ordering::Relaxed) as isize
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    fn printed(f: impl FnOnce(&mut Printer)) -> std::string::String {
        let mut memory = [0; 2000];
        // SAFETY: the array outlives the printer.
        let mut printer = unsafe { Printer::memory(memory.as_mut_ptr(), memory.len()) };
        f(&mut printer);
        let n = printer.written();
        std::string::String::from_utf8(memory[..n].to_vec()).unwrap()
    }

    #[test]
    fn numbers_look_as_go_prints_them() {
        let text = printed(|printer| {
            printer.int(i64::MIN).text(" ").uint(0).text(" ").hex(0xc0_ffee);
        });
        assert_eq!(text, "-9223372036854775808 0 0xc0ffee");
    }

    #[test]
    fn text_longer_than_the_buffer_arrives_whole() {
        let long = "x".repeat(1500);
        assert_eq!(
            printed(|printer| {
                printer.text(&long);
            }),
            long
        );
    }
}
