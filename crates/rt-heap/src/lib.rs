//! The heap of a Go program: pages, size classes, spans, allocation, marking and sweeping.
//!
//! **Purpose.** Gives the program zeroed memory in a few instructions, and takes back what the program can no longer
//! reach, while the program runs.
//!
//! **Must not know** goroutines, scheduling, threads, or where roots come from: the program is seen through [`Roots`]
//! and shown to a [`Scan`]; the operating system through [`Os`]; the scheduler's promises arrive as values
//! ([`OwnsP`], [`WorldStopped`]). Nothing here allocates from Rust's allocator.
//!
//! **The way in.** [`Heap`] holds everything. A processor of the scheduler keeps a [`ProcRef`]; while a thread holds the
//! processor, it has an [`OwnsP`] and allocates with [`Heap::alloc`] and [`Heap::malloc`]. The table in [`Phase`]'s
//! module (`cycle.rs`) says who drives a collection.
//!
//! ```text
//!   compiled code           alloc.rs           kind.rs            span.rs           pages.rs
//!   bump in a run   ──>   refill of a run ──> lists of spans ──> slots and bits ──> pages in 64 MB arenas
//!   (abi::heap)           (proc.rs)           (size class,       (mark.rs,
//!                                              layout.rs)         sweep.rs)
//! ```
//!
//! **The idea.** All objects of a span have the same size class *and* the same pointer layout. Then an object needs no
//! header and no pointer bitmap: allocation writes nothing but the object, and the collector learns how to scan an
//! object from its span, whose first cache line says everything. Runs of free slots are given to a processor whole:
//! their bits are set, their memory zeroed and, while marking is on, their slots blackened at that moment, not once per
//! object.
//!
//! **Rejected.** Size classes alone, with bitmaps or headers for pointers (Go): see `layout.rs`. Bump allocation of
//! mixed sizes in blocks (Immix): best allocation speed, but an interior pointer then needs a search for the start of
//! its object. Moving objects: conservative stacks pin them. One mark bit per word of the heap, by address: finding the
//! bit is cheaper, but sweeping and counting must then know every object's start.
//!
//! **Tests.** `tests/` runs programs that build and drop random graphs on several threads against a model, with every
//! debug mode; unit tests are beside the code. `examples/paths.rs` measures the allocation paths.
#![cfg_attr(not(test), no_std)]

mod alloc;
mod heap;
mod proc;

mod kind;
mod layout;
mod pages;
mod span;

mod cycle;
mod describe;
mod mark;
mod queue;
mod ring;
mod roots;
mod second;
mod special;
mod sweep;

mod lock;
mod mem;
mod os;
mod pacer;
mod persistent;
mod stats;
mod witness;

pub use crate::{
    alloc::Zero,
    cycle::{Finish, Phase},
    describe::Description,
    heap::{Config, DEFAULT_BASE, DebugConfig, Heap},
    kind::KindId,
    layout::LayoutId,
    mark::MarkStep,
    os::Os,
    proc::{Events, OwnsP, ProcRef},
    roots::{Roots, Scan},
    special::Ready,
    stats::{BySize, CycleStats, MemStats},
    witness::WorldStopped,
};
