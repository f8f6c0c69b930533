//! Deadlock detection: nothing runs, and nothing ever will.

use super::{for_each_g, queues::Sched, start};
use crate::{
    fatal,
    g::{Role, Status},
    netpoll, signal, timer,
};

/// Called under the scheduler's lock when a thread goes to sleep: the last one finds out.
pub fn check_dead(sched: &mut Sched) {
    let n_sleeping = sched.n_idle_m + sched.n_idle_locked + sched.n_system_m;
    if sched.n_m > n_sleeping || !start::has_started() || fatal::is_dying() {
        return;
    }
    if timer::any() || netpoll::has_waiters() || signal::is_expecting() {
        return;
    }
    let mut n_waiting = 0;
    for_each_g(|g| {
        let counts = g.role.get() == Role::User && g.status() != Status::Dead;
        n_waiting += usize::from(counts);
    });
    let text = match n_waiting {
        0 => "no goroutines (main called runtime.Goexit) - deadlock!",
        _ => "all goroutines are asleep - deadlock!",
    };
    fatal::fatal_under_lock(text)
}
