//! Descriptors: just enough to print, and to read small files of `/proc` and `/sys`.

use crate::sys::{Errno, call, nr};

/// Standard error.
pub const STDERR: i32 = 2;

/// Writes; the number of bytes written.
pub fn write(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the slice is readable.
    unsafe { call(nr::WRITE, [fd as usize, bytes.as_ptr() as usize, bytes.len()]) }
}

/// Writes everything, as long as the descriptor takes it.
pub fn write_all(fd: i32, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(_) => return,
        }
    }
}

/// Reads up to `buffer.len()` bytes of the file at `path` (which ends with a NUL); the number read.
pub fn read_file(path: &[u8], buffer: &mut [u8]) -> Result<usize, Errno> {
    debug_assert_eq!(path.last(), Some(&0), "a C string");
    const O_CLOEXEC: usize = 0x8_0000;
    // SAFETY: `path` is a C string.
    let fd = unsafe { call(nr::OPEN, [path.as_ptr() as usize, O_CLOEXEC, 0]) }? as i32;
    let mut n_read = 0;
    while n_read < buffer.len() {
        match read(fd, &mut buffer[n_read..]) {
            Ok(0) => break,
            Ok(n) => n_read += n,
            Err(Errno::EINTR) => {}
            Err(error) => {
                close(fd);
                return Err(error);
            }
        }
    }
    close(fd);
    Ok(n_read)
}

/// Reads once.
pub fn read(fd: i32, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the slice is writable.
    unsafe { call(nr::READ, [fd as usize, buffer.as_mut_ptr() as usize, buffer.len()]) }
}

/// Closes.
pub fn close(fd: i32) {
    // SAFETY: affects the descriptor only.
    let _ = unsafe { call(nr::CLOSE, [fd as usize]) };
}

/// Random bytes from the kernel; `false` when it has none for us.
pub fn random(buffer: &mut [u8]) -> bool {
    // SAFETY: the slice is writable.
    let n_read = unsafe { call(nr::GETRANDOM, [buffer.as_mut_ptr() as usize, buffer.len(), 0]) };
    n_read == Ok(buffer.len())
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: does not return.
        let _ = unsafe { call(nr::EXIT_GROUP, [code as usize]) };
    }
}
