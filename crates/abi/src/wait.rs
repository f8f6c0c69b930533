//! Why a goroutine waits: the words that Go prints in brackets in a traceback.

macro_rules! wait_reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Why a goroutine waits; the number is what the overlay passes.
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum WaitReason { $($(#[$doc])* $name,)* }

        impl WaitReason {
            /// All reasons, in numeric order.
            pub const ALL: &[WaitReason] = &[$(WaitReason::$name),*];

            /// Go's words.
            pub const fn text(self) -> &'static str {
                match self { $(WaitReason::$name => $text),* }
            }
        }
    };
}

wait_reasons! {
    /// No reason recorded.
    None = "";
    /// A finalizer goroutine between jobs.
    FinalizerWait = "finalizer wait";
    /// A cleanup goroutine between jobs.
    CleanupWait = "cleanup wait";
    /// Waiting to assist the collector.
    GcAssistWait = "GC assist wait";
    /// `runtime.GC` waiting for a cycle.
    WaitForGcCycle = "wait for GC cycle";
    /// A background worker of the collector.
    GcWorker = "GC worker (idle)";
    /// Send on a channel.
    ChanSend = "chan send";
    /// Receive from a channel.
    ChanReceive = "chan receive";
    /// Send on a nil channel.
    ChanSendNil = "chan send (nil chan)";
    /// Receive from a nil channel.
    ChanReceiveNil = "chan receive (nil chan)";
    /// A `select` with cases.
    Select = "select";
    /// `select {}`.
    SelectNoCases = "select (no cases)";
    /// The network poller.
    IoWait = "IO wait";
    /// `time.Sleep`.
    Sleep = "sleep";
    /// A semaphore without a better name.
    SemAcquire = "semacquire";
    /// `sync.Cond.Wait`.
    SyncCondWait = "sync.Cond.Wait";
    /// `sync.Mutex.Lock`.
    SyncMutexLock = "sync.Mutex.Lock";
    /// `sync.RWMutex.RLock`.
    SyncRWMutexRLock = "sync.RWMutex.RLock";
    /// `sync.RWMutex.Lock`.
    SyncRWMutexLock = "sync.RWMutex.Lock";
    /// `sync.WaitGroup.Wait`.
    SyncWaitGroupWait = "sync.WaitGroup.Wait";
    /// Preempted at a safe point.
    Preempted = "preempted";
    /// The os/signal goroutine.
    SignalReceive = "syscall";
    /// The other side of an `iter.Pull`.
    Coroutine = "coroutine";
    /// `synctest.Run`.
    SynctestRun = "synctest.Run";
    /// `synctest.Wait`.
    SynctestWait = "synctest.Wait";
    /// Receive in a synctest bubble, from a channel of the bubble.
    SynctestChanReceive = "chan receive (durable)";
    /// Send in a synctest bubble, to a channel of the bubble.
    SynctestChanSend = "chan send (durable)";
    /// Select in a synctest bubble, all channels of the bubble.
    SynctestSelect = "select (durable)";
    /// `WaitGroup.Wait` in a synctest bubble.
    SynctestWaitGroupWait = "sync.WaitGroup.Wait (durable)";
    /// `runtime.gopark` used by the overlay for its own service goroutines.
    ForceGcIdle = "force gc (idle)";
    /// Waiting for all threads to stop.
    StoppingTheWorld = "stopping the world";
    /// Parked in a call of the debugger-like services.
    DebugCall = "debug call";
    /// Waiting for the trace reader.
    TraceReaderBlocked = "trace reader (blocked)";
    /// Flushing other processors' caches.
    FlushProcCaches = "flushing proc caches";
    /// `panic` waiting for another goroutine's fatal panic to finish.
    PanicWait = "panicwait";
    /// `runtime.main` waiting after exit hooks.
    ExitWait = "exit wait";
}
