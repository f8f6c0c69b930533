//! Epoll and the event descriptor that interrupts it.

use crate::{
    io,
    sys::{Errno, call, nr},
};

/// Readable.
pub const IN: u32 = 0x001;
/// Writable.
pub const OUT: u32 = 0x004;
/// Error.
pub const ERR: u32 = 0x008;
/// Hung up.
pub const HUP: u32 = 0x010;
/// The peer stopped sending.
pub const RDHUP: u32 = 0x2000;
/// Edge-triggered.
pub const ET: u32 = 1 << 31;

/// The kernel's `epoll_event`.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Event {
    /// What happened, or what to look for.
    pub events: u32,
    /// The word registered with the descriptor.
    pub data: u64,
}

/// A new epoll instance.
pub fn create() -> Result<i32, Errno> {
    const CLOEXEC: usize = 0x8_0000;
    // SAFETY: no memory is involved.
    unsafe { call(nr::EPOLL_CREATE1, [CLOEXEC]) }.map(|fd| fd as i32)
}

/// A new event descriptor.
pub fn event_fd() -> Result<i32, Errno> {
    const NONBLOCK_CLOEXEC: usize = 0x8_0800;
    // SAFETY: no memory is involved.
    unsafe { call(nr::EVENTFD2, [0, NONBLOCK_CLOEXEC]) }.map(|fd| fd as i32)
}

/// Registers `fd`.
pub fn add(epoll: i32, fd: i32, event: Event) -> Result<(), Errno> {
    const ADD: usize = 1;
    // SAFETY: the event is readable.
    unsafe { call(nr::EPOLL_CTL, [epoll as usize, ADD, fd as usize, &raw const event as usize]) }.map(drop)
}

/// Unregisters `fd`.
pub fn delete(epoll: i32, fd: i32) -> Result<(), Errno> {
    const DEL: usize = 2;
    let event = Event::default();
    // SAFETY: the event is readable.
    unsafe { call(nr::EPOLL_CTL, [epoll as usize, DEL, fd as usize, &raw const event as usize]) }.map(drop)
}

/// Waits up to `timeout_ms` (negative: for ever); the number of events stored.
pub fn wait(epoll: i32, events: &mut [Event], timeout_ms: i32) -> Result<usize, Errno> {
    // SAFETY: the slice is writable.
    unsafe {
        call(
            nr::EPOLL_WAIT,
            [epoll as usize, events.as_mut_ptr() as usize, events.len(), timeout_ms as isize as usize],
        )
    }
}

/// Makes an event descriptor readable.
pub fn signal_event_fd(fd: i32) {
    let _ = io::write(fd, &1u64.to_ne_bytes());
}

/// Makes an event descriptor unreadable again.
pub fn drain_event_fd(fd: i32) {
    let _ = io::read(fd, &mut [0; 8]);
}
