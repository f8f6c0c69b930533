//! The cycle: who may do what, when.
//!
//! ```text
//!            start(&WorldStopped)                    try_finish(&WorldStopped)
//!   ┌─────┐  barrier on, runs made black   ┌──────┐  flush barriers; nothing grey left?
//!   │ Off │ ─────────────────────────────> │ Mark │ ──────────────┐
//!   └─────┘                                └──────┘ <── MoreWork ─┤ Done: barrier off, generation + 1
//!      ^                                                          v
//!      │            the last span is swept (nobody waits)    ┌───────┐
//!      └──────────────────────────────────────────────────── │ Sweep │   (phase Off, `is_swept()` false)
//!                                                            └───────┘
//! ```
//!
//! | who | calls | when |
//! |---|---|---|
//! | whoever sees `Events::collect` | `sweep_all`, then stops the world and calls `start` | Off |
//! | mark workers, each with an `OwnsP` | `mark` in slices | Mark |
//! | allocating goroutines | `assist` after a slow allocation | Mark |
//! | whoever sees `looks_finished` | stops the world, `try_finish` | Mark |
//! | background | `sweep_one`, `scavenge` | any |
//!
//! Sweep is not a phase of its own because nobody's behaviour depends on it: a span knows whether it was swept.

use core::sync::atomic::Ordering::Relaxed;

use abi::{heap::Run, size_class::PAGE_SIZE};

use crate::{Heap, Os, Roots, WorldStopped, proc::ProcHeap};

/// Bytes that are scanned while the world is stopped at the end: less than 0.1 ms.
const FINISH_WORK: u64 = 64 << 10;

/// The heap's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// No marking: the barrier is off, new objects are white.
    Off = 0,
    /// Marking: the barrier is on, new objects are black.
    Mark = 1,
}

/// The outcome of [`Heap::try_finish`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Finish {
    /// Grey objects turned up: start the world and go on marking.
    MoreWork,
    /// Marking is over; what was not marked is garbage.
    Done,
}

impl Phase {
    pub(crate) fn from_u8(value: u8) -> Phase {
        if value == Phase::Mark as u8 { Phase::Mark } else { Phase::Off }
    }
}

impl<O: Os> Heap<O> {
    /// Begins a cycle. [`Heap::sweep_all`] has been called; it is called again here for what slipped in between.
    pub fn start(&self, world: &WorldStopped<'_>, roots: &dyn Roots) {
        debug_assert!(self.phase() == Phase::Off, "one cycle at a time");
        self.sweep_all();
        self.totals.cycle_started(O::nanotime());
        self.pacer.start_cycle(roots.n_bytes());
        self.each_proc(world, |proc| self.prepare(proc));
        self.mark.start(1 + roots.n_jobs());
        self.set_phase(world, Phase::Mark);
    }

    /// Ends the marking if there is nothing left to mark.
    ///
    /// # Panics
    /// When the second marker (a debug mode) found an object that the first one did not.
    pub fn try_finish(&self, world: &WorldStopped<'_>, roots: &dyn Roots) -> Finish {
        debug_assert!(self.phase() == Phase::Mark, "nothing to finish");
        self.each_proc(world, |proc| self.flush(proc));
        // The buffers of a busy program always hold something. A little is scanned here, rather than stopping again.
        self.drain_stopped(world, FINISH_WORK);
        if self.has_work() {
            return Finish::MoreWork;
        }
        if self.has_second_marker() {
            self.mark_again(world, roots);
        }
        self.set_phase(world, Phase::Off);
        self.next_generation(world);
        let mut marked = 0;
        self.each_proc(world, |proc| marked += self.settle(proc));
        self.pacer.end_cycle(marked as usize, self.overhead());
        self.totals.cycle_ended(O::nanotime());
        self.sweep.start();
        Finish::Done
    }

    /// Sets GOGC; negative turns collection by growth off. The old value.
    pub fn set_gc_percent(&self, percent: i32) -> i32 {
        let old = self.pacer.set_percent(percent);
        self.pacer.update(self.overhead());
        old
    }

    /// GOGC, or -1 when it is off.
    #[must_use]
    pub fn gc_percent(&self) -> i32 {
        self.pacer.percent()
    }

    /// Sets GOMEMLIMIT in bytes; a negative limit only asks. The old value.
    pub fn set_memory_limit(&self, limit: i64) -> i64 {
        if limit < 0 {
            return self.pacer.limit();
        }
        let old = self.pacer.set_limit(limit);
        self.pacer.update(self.overhead());
        old
    }

    /// The heap size at which the next cycle begins has been reached, or a debug mode collects all the time.
    #[must_use]
    pub fn should_collect(&self) -> bool {
        let is_due = self.pacer.live() >= self.pacer.trigger() || self.collect_every.load(Relaxed) != 0;
        self.phase() == Phase::Off && is_due
    }

    /// Makes a processor's runs black and forgets its tiny block, which may be white.
    fn prepare(&self, proc: &mut ProcHeap) {
        proc.tiny = Run { cur: 0, end: 0 };
        proc.debt = 0;
        proc.counts.marked_bytes = 0;
        proc.counts.scanned_bytes = 0;
        for id in self.kinds.ids() {
            let run = proc.runs[id.idx()];
            if run.cur == run.end {
                continue;
            }
            // The span may have left this processor at the end of an earlier cycle; the run did not.
            let Some(first) = self.find(run.cur) else { continue };
            let n_slots = (run.end - run.cur) / first.span.size();
            let n_white = first.span.blacken(first.idx, first.idx + n_slots);
            proc.counts.marked_bytes += (n_white * first.span.size()) as u64;
        }
    }

    /// Gives up a processor's spans, which are unswept now; what it marked.
    fn settle(&self, proc: &mut ProcHeap) -> u64 {
        let before = self.generation().wrapping_sub(1);
        for id in self.kinds.ids() {
            if let Some(span) = proc.owned[id.idx()].span.take() {
                self.kinds.get(id).lists.lock().put(span, before);
            }
        }
        proc.events.collect = false;
        proc.counts.marked_bytes
    }

    /// Bytes of memory in use that are not live objects, as well as can be told.
    fn overhead(&self) -> usize {
        let resident =
            (self.pages.counts.used.load(Relaxed) + self.pages.counts.dirty.load(Relaxed)) * PAGE_SIZE;
        (resident + self.persistent.n_bytes()).saturating_sub(self.pacer.live())
    }
}
