//! The binary event trace: one fixed-size record per scheduling event.

/// What happened.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// A goroutine was created; `arg` is the new goroutine's id, `pc` the `go` statement.
    Create = 1,
    /// A processor starts running the goroutine; `detail` is the queue that it was found in, as `rt`'s `Source`.
    Start = 2,
    /// The goroutine blocks; `detail` is the [`crate::WaitReason`], `arg` the object's address or id.
    Block = 3,
    /// `g` made goroutine `arg` ready.
    Unblock = 4,
    /// Preempted at a safe point.
    Preempt = 5,
    /// `runtime.Gosched`.
    Yield = 6,
    /// Entered a system call.
    SyscallEnter = 7,
    /// Came back; `detail` is 1 when the processor had been taken away.
    SyscallExit = 8,
    /// A processor stole `arg` goroutines from processor `detail`.
    Steal = 9,
    /// The stack grew to `arg` bytes.
    StackGrow = 10,
    /// The stack shrank to `arg` bytes.
    StackShrink = 11,
    /// The goroutine ended.
    End = 12,
    /// A timer fired.
    Timer = 13,
    /// The poller readied goroutine `arg`.
    PollReady = 14,
    /// The world was stopped; `detail` is the reason.
    StopWorld = 15,
    /// The world runs again.
    StartWorld = 16,
    /// A region, task or log entry of the program; `detail` says which.
    User = 18,
    /// A collection changed phase; `detail` is the phase.
    GcPhase = 17,
}

/// One record of a ring.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TraceEvent {
    /// Monotonic time in nanoseconds (virtual under simulation).
    pub time: u64,
    /// The goroutine that acts, 0 for the scheduler.
    pub g: u64,
    /// See the kind.
    pub arg: u64,
    /// See the kind; else 0.
    pub pc: u32,
    /// The processor's number.
    pub p: u16,
    /// A [`TraceKind`]; 0 is an empty slot.
    pub kind: u8,
    /// See the kind.
    pub detail: u8,
}

const _: () = assert!(size_of::<TraceEvent>() == 32);
