//! Ranked locks, parking, the atomics facade and queues: what the runtime's threads share.
//!
//! **Purpose.** Everything here is about threads. Locks carry a rank, and with debug assertions a thread may only take
//! locks of rising rank; queues are lock-free and modelled under loom (`RUSTFLAGS="--cfg loom" cargo test -p rt-sync
//! --release`).
//!
//! **Must not know.** Goroutines: a queue item is a word.
#![cfg_attr(not(loom), no_std)]

pub mod atomic;
mod lock;
mod park;
mod run_queue;

pub use lock::{Guard, Lock, Rank, RawLock};
pub use park::{Parker, Unparked};
pub use run_queue::{Batch, CAPACITY as RUN_QUEUE_CAPACITY, Next, Put, RunQueue};
