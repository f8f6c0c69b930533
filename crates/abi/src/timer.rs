//! Timers and the poller: the numbers that the overlay and the runtime exchange.

/// What a timer does when it fires.
#[repr(u64)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerKind {
    /// Starts a goroutine that runs a closure (`time.AfterFunc`).
    Spawn = 0,
    /// Sends the current `time.Time` into a channel with one buffered element (`time.NewTimer`, `time.NewTicker`).
    Send = 1,
}

/// What `poll_reset` and `poll_wait` answer: `internal/poll`'s error numbers.
#[repr(u64)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollStatus {
    /// Ready, or reset.
    Ok = 0,
    /// The descriptor is being closed.
    Closing = 1,
    /// The deadline has passed.
    Timeout = 2,
    /// The descriptor cannot be polled.
    NotPollable = 3,
}
