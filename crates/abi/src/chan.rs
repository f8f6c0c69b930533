//! Channels: the object's layout (so that `len` and `cap` are loads), and what the operations answer.

use core::mem::offset_of;

/// A channel (Go's `hchan`): a heap object whose only heap pointers are `buf` and `elem_type`.
#[repr(C)]
#[derive(Debug)]
pub struct Chan {
    /// Elements in the buffer: `len(c)`.
    pub count: usize,
    /// Capacity of the buffer: `cap(c)`.
    pub cap: usize,
    /// The buffer, `cap` elements; null when there is none.
    pub buf: usize,
    /// The element's type descriptor.
    pub elem_type: usize,
    /// Size of an element.
    pub elem_size: u32,
    /// Non-zero after `close`.
    pub closed: u32,
    /// Buffer index of the next send.
    pub send_idx: usize,
    /// Buffer index of the next receive.
    pub recv_idx: usize,
    /// First and last waiting receiver (runtime memory, not heap).
    pub recv_queue: [usize; 2],
    /// First and last waiting sender.
    pub send_queue: [usize; 2],
    /// The timer behind this channel (a heap object), or null.
    pub timer: usize,
    /// The synctest bubble that owns the channel, or 0.
    pub bubble: usize,
    /// The lock's word.
    pub lock: u32,
    /// A number for reports, given at creation.
    pub id: u32,
}

impl Chan {
    /// Offset of `len(c)`.
    pub const COUNT: i32 = offset_of!(Chan, count) as i32;
    /// Offset of `cap(c)`.
    pub const CAP: i32 = offset_of!(Chan, cap) as i32;
}

const _: () = assert!(Chan::COUNT == 0 && Chan::CAP == 8 && size_of::<Chan>() == 112);

/// What a send or receive answers in `ret[0]`.
#[repr(u64)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChanStatus {
    /// Done; for a receive, an element was received.
    Done = 0,
    /// Non-blocking, and it would have blocked.
    WouldBlock = 1,
    /// The channel is closed: a receive has zeroed its element, a send must panic.
    Closed = 2,
}

/// One case of a `select`; senders come first in the array, then receivers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SelectCase {
    /// The channel, possibly nil.
    pub chan: usize,
    /// Where the element is read from or written to (side stack or heap), possibly null for a receive.
    pub elem: usize,
}

/// What `select` answers in `ret[1]`; `ret[0]` is the index of the case, or -1 for `default`.
#[repr(u64)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectStatus {
    /// A send was done, `default` was chosen, or the receive found the channel closed.
    NotReceived = 0,
    /// An element was received.
    Received = 1,
    /// The chosen send's channel is closed: the caller must panic.
    SendOnClosed = 2,
}
