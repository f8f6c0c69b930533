//! Production: Go's behaviour.

use super::Seam;
use crate::m::MRef;
use rt_sys::clock::{self, Timespec};

pub(super) struct Production;

impl Seam for Production {
    #[inline]
    fn nanotime() -> i64 {
        clock::monotonic()
    }

    #[inline]
    fn walltime() -> Timespec {
        clock::realtime()
    }

    #[inline]
    fn random() -> u64 {
        MRef::current().rng().next()
    }

    #[inline]
    fn pick(_n: usize) -> usize {
        0
    }

    #[inline]
    fn budget() -> u32 {
        0
    }

    #[inline]
    fn yields_here() -> bool {
        false
    }

    #[inline]
    fn slice_used() {}

    #[inline]
    fn skip_to(_deadline: i64) -> bool {
        false
    }
}
