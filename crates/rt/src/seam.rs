//! The determinism seam: every choice that could make two runs differ is made here, and nowhere else.
//!
//! **Terms.** *Production* chooses as Go does: real clocks, random numbers from the kernel, the scheduler's own order.
//! *Simulation* (`GROUNDHOG_SEED=n`) takes every choice from one seeded generator: one processor, virtual time that
//! advances when everything waits, goroutines picked and preempted at random. The same seed gives the same run.
//!
//! **Invariants.** 1. No other module of the runtime reads a clock or a random source. 2. Under simulation one thread
//! at a time runs Go code or this module, so that the order of draws is the order of the program.
//!
//! **Cost.** One predictable branch on a word that never changes after start.

mod production;
mod rng;
mod simulation;

pub use rng::Rng;

use core::sync::atomic::{AtomicBool, Ordering};
use production::Production;
use rt_sys::clock::Timespec;
use simulation::Simulation;

/// What differs between production and simulation.
trait Seam {
    /// Monotonic nanoseconds.
    fn nanotime() -> i64;
    /// The wall clock.
    fn walltime() -> Timespec;
    /// 64 random bits for maps, selects, and the program.
    fn random() -> u64;
    /// Which of `n` runnable goroutines runs next, 0 being the oldest.
    fn pick(n: usize) -> usize;
    /// Safe points until a goroutine that starts to run is preempted; 0: only by the clock.
    fn budget() -> u32;
    /// Whether an operation that could yield should.
    fn yields_here() -> bool;
    /// A goroutine has been preempted: it ran for a while.
    fn slice_used();
    /// Everything waits until `deadline`: true when time has been advanced instead of sleeping.
    fn skip_to(deadline: i64) -> bool;
}

/// Written once at start, before other threads exist.
static SIMULATED: AtomicBool = AtomicBool::new(false);

/// Whether this run is simulated.
#[inline]
pub fn is_simulated() -> bool {
    SIMULATED.load(Ordering::Relaxed)
}

/// Switches to simulation, at start.
pub fn simulate(seed: u64) {
    simulation::start(seed);
    SIMULATED.store(true, Ordering::Relaxed);
}

macro_rules! dispatch {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            pub fn $name($($arg: $ty),*) -> $ret {
                if is_simulated() { Simulation::$name($($arg),*) } else { Production::$name($($arg),*) }
            }
        )*
    };
}

dispatch! {
    /// Monotonic nanoseconds.
    nanotime() -> i64;
    /// The wall clock.
    walltime() -> Timespec;
    /// 64 random bits.
    random() -> u64;
    /// Which of `n` runnable goroutines runs next.
    pick(n: usize) -> usize;
    /// Safe points until a preemption, 0: none.
    budget() -> u32;
    /// Whether to yield at an operation that could.
    yields_here() -> bool;
    /// A goroutine has been preempted.
    slice_used() -> ();
    /// Advances time instead of sleeping, if that is possible.
    skip_to(deadline: i64) -> bool;
}

/// A random number below `n`.
#[inline]
pub fn random_below(n: u32) -> u32 {
    (((random() >> 32) * u64::from(n)) >> 32) as u32
}
