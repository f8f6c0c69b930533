//! Waiters and the queues that they form in channels.

use crate::{g::GRef, m::MRef};
use abi::ChanStatus;
use alloc::boxed::Box;
use core::{ptr, sync::atomic::Ordering};

/// A goroutine in a channel's queue (Go's `sudog`).
#[derive(Debug)]
pub struct Waiter {
    g: Option<GRef>,
    /// Where the element is or goes; 0: nowhere.
    pub elem: usize,
    /// The channel.
    pub chan: usize,
    next: *mut Waiter,
    prev: *mut Waiter,
    /// The next waiter of the same `select`, or of the free list.
    pub of_g: *mut Waiter,
    /// Index of the case in its `select`, or -1 outside of one.
    pub case: i32,
    /// Whether it receives.
    pub is_receiver: bool,
    /// In a queue.
    is_queued: bool,
}

/// A processor keeps at most this many unused waiters.
const MAX_FREE: u32 = 128;

impl Waiter {
    fn g(&self) -> GRef {
        self.g.expect("a queued waiter has a goroutine")
    }

    /// Its operation is done: delivers the result; answers the goroutine to ready. The channel's lock is held.
    pub fn complete(&mut self, status: ChanStatus) -> GRef {
        let g = self.g();
        if self.case >= 0 {
            super::select::deliver(g, self, status);
        } else {
            g.set_ret(0, status as u64);
            g.waiters.set(ptr::null_mut());
            release_waiter(self);
        }
        g
    }
}

/// A waiter for `g`, which is the current goroutine.
pub fn acquire_waiter<'a>(g: GRef) -> &'a mut Waiter {
    let p = MRef::current().p();
    let free = p.free_waiters.get();
    let waiter = if free.is_null() {
        Box::into_raw(Box::new(Waiter {
            g: None,
            elem: 0,
            chan: 0,
            next: ptr::null_mut(),
            prev: ptr::null_mut(),
            of_g: ptr::null_mut(),
            case: -1,
            is_receiver: false,
            is_queued: false,
        }))
    } else {
        // SAFETY: the free list belongs to this processor.
        p.free_waiters.set(unsafe { (*free).of_g });
        p.n_free_waiters.set(p.n_free_waiters.get() - 1);
        free
    };
    // SAFETY: unused until now.
    let waiter = unsafe { &mut *waiter };
    waiter.g = Some(g);
    waiter.case = -1;
    waiter.of_g = ptr::null_mut();
    waiter
}

/// Gives a waiter back that is in no queue.
pub fn release_waiter(waiter: &mut Waiter) {
    waiter.g = None;
    waiter.elem = 0;
    waiter.chan = 0;
    let raw = ptr::from_mut(waiter);
    match MRef::current().try_p() {
        Some(p) if p.n_free_waiters.get() < MAX_FREE => {
            waiter.of_g = p.free_waiters.get();
            p.free_waiters.set(raw);
            p.n_free_waiters.set(p.n_free_waiters.get() + 1);
        }
        // SAFETY: it came from a box, and is in no queue.
        _ => drop(unsafe { Box::from_raw(raw) }),
    }
}

/// A doubly linked queue whose two words lie in a channel.
#[derive(Clone, Copy, Debug)]
pub struct Queue(*mut [usize; 2]);

impl Queue {
    /// # Safety
    /// - `words` are first and last of a queue, both 0 when empty, and used under the channel's lock only.
    pub unsafe fn at(words: *mut [usize; 2]) -> Queue {
        Queue(words)
    }

    fn ends(&mut self) -> &mut [usize; 2] {
        // SAFETY: by `at`.
        unsafe { &mut *self.0 }
    }

    /// Appends.
    pub fn enqueue(mut self, waiter: &mut Waiter) {
        let raw = ptr::from_mut(waiter);
        waiter.next = ptr::null_mut();
        waiter.is_queued = true;
        let [first, last] = self.ends();
        waiter.prev = *last as *mut Waiter;
        if *last == 0 {
            *first = raw as usize;
        } else {
            // SAFETY: a queued waiter is valid.
            unsafe { (*(*last as *mut Waiter)).next = raw };
        }
        *last = raw as usize;
    }

    /// Takes the first whose `select`, if it is in one, has not chosen another case meanwhile.
    pub fn dequeue(mut self) -> Option<*mut Waiter> {
        loop {
            let first = self.ends()[0] as *mut Waiter;
            if first.is_null() {
                return None;
            }
            // SAFETY: a queued waiter is valid.
            let waiter = unsafe { &mut *first };
            self.remove(waiter);
            if waiter.case < 0 {
                return Some(first);
            }
            let is_ours =
                waiter.g().select_done.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).is_ok();
            if is_ours {
                return Some(first);
            }
        }
    }

    /// Takes a waiter out of the middle, if it is still queued.
    pub fn remove(mut self, waiter: &mut Waiter) {
        if !waiter.is_queued {
            return;
        }
        waiter.is_queued = false;
        let (next, prev) = (waiter.next, waiter.prev);
        let [first, last] = self.ends();
        // SAFETY: neighbours in the queue are valid.
        unsafe {
            if prev.is_null() {
                *first = next as usize
            } else {
                (*prev).next = next
            }
            if next.is_null() { *last = prev as usize } else { (*next).prev = prev }
        }
        (waiter.next, waiter.prev) = (ptr::null_mut(), ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn waiter(case: i32) -> Waiter {
        Waiter {
            g: Some(GRef::new()),
            elem: 0,
            chan: 0,
            next: ptr::null_mut(),
            prev: ptr::null_mut(),
            of_g: ptr::null_mut(),
            case,
            is_receiver: false,
            is_queued: false,
        }
    }

    #[test]
    fn waiters_leave_in_order_and_from_the_middle() {
        let mut words = [0, 0];
        let mut waiters: Vec<Waiter> = (0..4).map(|_| waiter(-1)).collect();
        // SAFETY: the words are an empty queue.
        let queue = unsafe { Queue::at(&raw mut words) };
        waiters.iter_mut().for_each(|waiter| queue.enqueue(waiter));
        queue.remove(&mut waiters[1]);
        queue.remove(&mut waiters[1]);
        let order = [&raw mut waiters[0], &raw mut waiters[2], &raw mut waiters[3]];
        for expected in order {
            assert_eq!(queue.dequeue(), Some(expected));
        }
        assert_eq!(queue.dequeue(), None);
        assert_eq!(words, [0, 0]);
    }

    #[test]
    fn a_select_that_has_chosen_is_skipped() {
        let mut words = [0, 0];
        let (mut chosen, mut other) = (waiter(0), waiter(1));
        chosen.g().select_done.store(1, Ordering::Relaxed);
        // SAFETY: the words are an empty queue.
        let queue = unsafe { Queue::at(&raw mut words) };
        queue.enqueue(&mut chosen);
        queue.enqueue(&mut other);
        assert_eq!(queue.dequeue(), Some(&raw mut other));
        assert_eq!(other.g().select_done.load(Ordering::Relaxed), 1);
    }
}
