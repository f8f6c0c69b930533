//! Clocks and random numbers as the program sees them.

use crate::{bubble, m::current_g, seam};

/// Monotonic nanoseconds.
pub(crate) extern "C" fn nanotime() -> i64 {
    bubble::nanotime(current_g())
}

/// Wall seconds, nanoseconds and monotonic time or 0, in `ret`.
pub(crate) extern "C" fn time_now() {
    let g = current_g();
    let (wall, monotonic) = bubble::clocks(g.bubble());
    g.set_ret(0, wall.sec as u64);
    g.set_ret(1, wall.nsec as u64);
    g.set_ret(2, monotonic.unwrap_or(0) as u64);
}

/// 64 random bits.
pub(crate) extern "C" fn rand() -> u64 {
    seam::random()
}
