//! Channels: send, receive, close; direct hand-over between goroutines.
//!
//! **Terms.** A *waiter* (Go's `sudog`) is a goroutine in a channel's queue, with the address of its element.
//!
//! **Invariants**, under the channel's lock (as runtime/chan.go):
//! 1. At least one of the two queues is empty, except that one goroutine may be in both by one `select`.
//! 2. `count > 0` implies that no receiver waits; `count < cap` implies that no sender waits.
//! 3. A waiter's element is on its goroutine's side stack or in the heap; whoever dequeues the waiter may use it until
//!    the goroutine is readied.
//!
//! The four axioms: receiving from a closed channel gives the zero value, sending panics (the overlay does), and a nil
//! channel blocks for ever in both directions.

mod select;
mod waiter;

pub(crate) use select::{cleanup, selectgo};
pub use waiter::{Queue, Waiter, acquire_waiter, release_waiter};

use crate::{fatal, g::GRef, heap, m::current_g, sched, seam, timer, trampoline::Verdict};
use abi::{Chan, ChanStatus, Type, WaitReason};
use core::{
    ptr,
    sync::atomic::{AtomicU32, Ordering},
};
use rt_sync::{Rank, RawLock};

/// Numbers of channels, for reports; owned by this module.
static NEXT_ID: AtomicU32 = AtomicU32::new(1);

/// A channel of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChanRef(*mut Chan);

impl ChanRef {
    /// # Safety
    /// - `addr` is a channel that stays alive during the operation (its caller holds it), or 0.
    unsafe fn from_addr(addr: usize) -> Option<ChanRef> {
        (addr != 0).then_some(ChanRef(addr as *mut Chan))
    }

    fn addr(self) -> usize {
        self.0 as usize
    }

    #[expect(clippy::mut_from_ref, reason = "the lock orders all uses")]
    fn get(&self) -> &mut Chan {
        // SAFETY: alive by `from_addr`; used between `lock` and `unlock`, or for the fields that never change.
        unsafe { &mut *self.0 }
    }

    fn raw_lock<'a>(self) -> &'a RawLock {
        // SAFETY: the word is the channel's lock.
        unsafe { RawLock::at(&raw mut (*self.0).lock) }
    }

    /// Only threads that hold a processor lock channels. So with one processor nobody else is here, and nobody can come
    /// before the lock is released: their number changes while the world is stopped.
    #[inline]
    fn lock(self) {
        if sched::n_procs() == 1 {
            self.raw_lock().lock_alone(Rank::Chan)
        } else {
            self.raw_lock().lock(Rank::Chan)
        }
    }

    #[inline]
    fn unlock(self) {
        let lock = self.raw_lock();
        // SAFETY: the caller locked it, with as many processors as there are now.
        unsafe { if sched::n_procs() == 1 { lock.unlock_alone(Rank::Chan) } else { lock.unlock(Rank::Chan) } }
    }

    /// If a timer stands behind the channel and is due, it sends now: nobody may have scheduled since.
    #[inline]
    fn run_timer(self) {
        if self.get().timer != 0 {
            timer::run_if_due(self.get().timer);
        }
    }

    /// A channel of a bubble may be used in that bubble only.
    #[inline]
    fn check_bubble(self, text: &str) {
        let bubble = self.get().bubble;
        if bubble != 0 && bubble != crate::bubble::current_id() {
            fatal::fatal_under_lock(text);
        }
    }

    fn receivers(self) -> Queue {
        // SAFETY: the words are a queue.
        unsafe { Queue::at(&raw mut (*self.0).recv_queue) }
    }

    fn senders(self) -> Queue {
        // SAFETY: as above.
        unsafe { Queue::at(&raw mut (*self.0).send_queue) }
    }

    fn slot(self, idx: usize) -> usize {
        let chan = self.get();
        chan.buf + idx * chan.elem_size as usize
    }

    /// Copies one element, with write barriers.
    #[inline]
    fn copy(self, dst: usize, src: usize) {
        if dst != 0 && self.get().elem_size != 0 {
            heap::typed_move(self.get().elem_type, dst, src);
        }
    }

    #[inline]
    fn clear(self, dst: usize) {
        if dst != 0 && self.get().elem_size != 0 {
            heap::typed_clear(self.get().elem_type, dst);
        }
    }

    /// Appends to the buffer.
    fn push(self, elem: usize) {
        let chan = self.get();
        self.copy(self.slot(chan.send_idx), elem);
        chan.send_idx = after(chan.send_idx, chan.cap);
        chan.count += 1;
    }

    /// Takes the oldest of the buffer.
    fn pop(self, elem: usize) {
        let chan = self.get();
        let slot = self.slot(chan.recv_idx);
        self.copy(elem, slot);
        if heap::has_pointers(chan.elem_type) {
            self.clear(slot); // What it points to lives no longer than it must.
        }
        chan.recv_idx = after(chan.recv_idx, chan.cap);
        chan.count -= 1;
    }
}

/// The index after `idx` in a ring of `cap`.
fn after(idx: usize, cap: usize) -> usize {
    if idx + 1 == cap { 0 } else { idx + 1 }
}

/// A channel for `n` elements of the channel type `ty`; the size has been checked.
pub(crate) extern "C" fn makechan(ty: *const Type, n: usize) -> usize {
    // SAFETY: the overlay passes a channel type, whose element type follows the head.
    let elem = unsafe { *ty.byte_add(Type::ELEM as usize).cast::<*const Type>() };
    // SAFETY: a type descriptor.
    let (elem_size, has_pointers) = unsafe { ((*elem).size, (*elem).ptr_bytes != 0) };
    let chan = heap::new_chan();
    // Nobody knows the channel yet: its goroutine's head keeps it while the buffer is made.
    let g = current_g();
    g.set_ret(0, chan as u64);
    let buf = match n * elem_size {
        0 => 0,
        _ if has_pointers => heap::new_array(elem, n),
        n_bytes => heap::alloc_noscan(n_bytes),
    };
    // SAFETY: fresh, zeroed memory of a channel's size.
    let object = unsafe { &mut *(chan as *mut Chan) };
    object.cap = n;
    object.buf = buf;
    object.elem_type = elem as usize;
    object.elem_size = elem_size as u32;
    object.bubble = crate::bubble::current_id();
    object.id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    g.set_ret(0, 0);
    chan
}

/// What an attempt under the lock came to.
#[must_use]
enum Attempt {
    /// Done; the goroutine, if any, is to be readied after unlocking.
    Done(ChanStatus, Option<GRef>),
    /// It would block.
    Blocks,
}

/// Tries to send. The lock is held.
#[inline]
fn try_send(chan: ChanRef, elem: usize) -> Attempt {
    if chan.get().closed != 0 {
        return Attempt::Done(ChanStatus::Closed, None);
    }
    if let Some(receiver) = chan.receivers().dequeue() {
        // SAFETY: by (3).
        let waiter = unsafe { &mut *receiver };
        chan.copy(waiter.elem, elem);
        return Attempt::Done(ChanStatus::Done, Some(waiter.complete(ChanStatus::Done)));
    }
    if chan.get().count < chan.get().cap {
        chan.push(elem);
        return Attempt::Done(ChanStatus::Done, None);
    }
    Attempt::Blocks
}

/// Tries to receive. The lock is held.
#[inline]
fn try_receive(chan: ChanRef, elem: usize) -> Attempt {
    let state = chan.get();
    if state.closed != 0 && state.count == 0 {
        chan.clear(elem);
        return Attempt::Done(ChanStatus::Closed, None);
    }
    if let Some(sender) = chan.senders().dequeue() {
        // SAFETY: by (3).
        let waiter = unsafe { &mut *sender };
        if state.cap == 0 {
            chan.copy(elem, waiter.elem);
        } else {
            // The buffer is full: the oldest goes out, the sender's element in.
            chan.pop(elem);
            chan.push(waiter.elem);
        }
        return Attempt::Done(ChanStatus::Done, Some(waiter.complete(ChanStatus::Done)));
    }
    if state.count > 0 {
        chan.pop(elem);
        return Attempt::Done(ChanStatus::Done, None);
    }
    Attempt::Blocks
}

/// `c <- *elem`; `ret[0]` is a `ChanStatus`.
pub(crate) extern "C" fn chansend(chan: usize, elem: usize, block: usize) -> Verdict {
    // SAFETY: the caller holds the channel.
    let Some(chan) = (unsafe { ChanRef::from_addr(chan) }) else {
        return nil_chan(block, WaitReason::ChanSendNil);
    };
    chan.check_bubble("send on synctest channel from outside bubble");
    if block == 0 && chan.get().closed == 0 && looks_full(chan) {
        return answer(ChanStatus::WouldBlock);
    }
    chan.lock();
    match try_send(chan, elem) {
        Attempt::Done(status, woken) => finish(chan, status, woken),
        Attempt::Blocks => wait_or_fail(chan, chan.senders(), elem, block, WaitReason::ChanSend),
    }
}

/// `*elem = <-c`; `ret[0]` is a `ChanStatus`.
pub(crate) extern "C" fn chanrecv(chan: usize, elem: usize, block: usize) -> Verdict {
    // SAFETY: the caller holds the channel.
    let Some(chan) = (unsafe { ChanRef::from_addr(chan) }) else {
        return nil_chan(block, WaitReason::ChanReceiveNil);
    };
    chan.check_bubble("receive on synctest channel from outside bubble");
    chan.run_timer();
    if block == 0 && looks_empty(chan) {
        return answer(ChanStatus::WouldBlock);
    }
    chan.lock();
    match try_receive(chan, elem) {
        Attempt::Done(status, woken) => finish(chan, status, woken),
        Attempt::Blocks if chan.get().timer != 0 && block != 0 => wait_for_timer(chan, elem),
        Attempt::Blocks => wait_or_fail(chan, chan.receivers(), elem, block, WaitReason::ChanReceive),
    }
}

/// Puts the timer of the locked channel into a heap before it parks.
#[cold]
fn wait_for_timer(chan: ChanRef, elem: usize) -> Verdict {
    chan.unlock();
    timer::begin_wait(chan.get().timer);
    chan.lock();
    match try_receive(chan, elem) {
        Attempt::Done(status, woken) => {
            chan.unlock();
            timer::end_wait(chan.get().timer);
            ready_and_answer(status, woken)
        }
        Attempt::Blocks => wait_or_fail(chan, chan.receivers(), elem, 1, WaitReason::ChanReceive),
    }
}

fn answer(status: ChanStatus) -> Verdict {
    current_g().set_ret(0, status as u64);
    Verdict::Continue
}

fn nil_chan(block: usize, reason: WaitReason) -> Verdict {
    if block == 0 {
        return answer(ChanStatus::WouldBlock);
    }
    sched::park_current(current_g(), reason, 0)
}

/// Without the lock: whether a send would block now. One word each is read, and both moments are inside the call.
fn looks_full(chan: ChanRef) -> bool {
    let chan = chan.0;
    // SAFETY: the channel is alive; stale values are values of some moment.
    unsafe {
        match (*chan).cap {
            0 => (&raw const (*chan).recv_queue[0]).read_volatile() == 0,
            cap => (&raw const (*chan).count).read_volatile() == cap,
        }
    }
}

/// Without the lock: whether a receive would block now. A channel seen empty and then open was empty and open.
fn looks_empty(chan: ChanRef) -> bool {
    let chan = chan.0;
    // SAFETY: as above.
    unsafe {
        let is_empty = match (*chan).cap {
            0 => (&raw const (*chan).send_queue[0]).read_volatile() == 0,
            _ => (&raw const (*chan).count).read_volatile() == 0,
        };
        is_empty && (&raw const (*chan).closed).read_volatile() == 0
    }
}

/// Unlocks, readies the other side, and answers; under simulation it may yield, too.
fn finish(chan: ChanRef, status: ChanStatus, woken: Option<GRef>) -> Verdict {
    chan.unlock();
    ready_and_answer(status, woken)
}

fn ready_and_answer(status: ChanStatus, woken: Option<GRef>) -> Verdict {
    if let Some(g) = woken {
        sched::ready(g);
    }
    let g = current_g();
    g.set_ret(0, status as u64);
    if seam::yields_here() { sched::yield_current(g) } else { Verdict::Continue }
}

fn wait_or_fail(chan: ChanRef, queue: Queue, elem: usize, block: usize, reason: WaitReason) -> Verdict {
    if block == 0 {
        chan.unlock();
        return answer(ChanStatus::WouldBlock);
    }
    let g = current_g();
    let waiter = acquire_waiter(g);
    waiter.elem = elem;
    waiter.chan = chan.addr();
    waiter.is_receiver = reason == WaitReason::ChanReceive;
    g.waiters.set(waiter);
    queue.enqueue(waiter);
    g.forget_results();
    let verdict = sched::park_current(g, crate::bubble::durable(g, chan.get().bubble, reason), chan.addr());
    chan.unlock();
    verdict
}

/// Closes; `ret[0]` is 1 when it is closed already.
pub(crate) extern "C" fn closechan(chan: usize) -> Verdict {
    // SAFETY: the overlay has checked for nil.
    let chan = unsafe { ChanRef::from_addr(chan) }.expect("close of a nil channel is the overlay's panic");
    let g = current_g();
    chan.check_bubble("close of synctest channel from outside bubble");
    chan.lock();
    if chan.get().closed != 0 {
        chan.unlock();
        g.set_ret(0, 1);
        return Verdict::Continue;
    }
    chan.get().closed = 1;
    let mut woken: Option<GRef> = None;
    let mut last: Option<GRef> = None;
    while let Some(waiter) = chan.receivers().dequeue().or_else(|| chan.senders().dequeue()) {
        // SAFETY: by (3). A sender's element is only read by who sends it.
        let waiter = unsafe { &mut *waiter };
        if waiter.is_receiver {
            chan.clear(waiter.elem);
        }
        let other = waiter.complete(ChanStatus::Closed);
        other.link.set(None);
        match last.replace(other) {
            Some(before) => before.link.set(Some(other)),
            None => woken = Some(other),
        }
    }
    chan.unlock();
    g.set_ret(0, 0);
    sched::ready_all(woken);
    Verdict::Continue
}

/// `len(c)`; a timer's channel looks unbuffered.
pub(crate) extern "C" fn chanlen(chan: usize) -> usize {
    visible(chan, |chan| chan.count)
}

/// `cap(c)`.
pub(crate) extern "C" fn chancap(chan: usize) -> usize {
    visible(chan, |chan| chan.cap)
}

fn visible(chan: usize, f: impl FnOnce(&Chan) -> usize) -> usize {
    // SAFETY: the caller holds the channel.
    match unsafe { ChanRef::from_addr(chan) } {
        Some(chan) if chan.get().timer == 0 => f(chan.get()),
        _ => 0,
    }
}

/// A timer sends: never blocks, drops the value when one is waiting already.
pub(crate) fn send_time(chan: usize, value: &[usize; 3]) -> timer::Receiver {
    // SAFETY: the timer keeps its channel alive.
    let Some(chan) = (unsafe { ChanRef::from_addr(chan) }) else { return timer::Receiver::Other };
    chan.lock();
    let attempt = try_send(chan, ptr::from_ref(value) as usize);
    chan.unlock();
    let Attempt::Done(_, Some(g)) = attempt else { return timer::Receiver::Other };
    let selects = !g.waiters.get().is_null();
    sched::ready(g);
    if selects { timer::Receiver::Other } else { timer::Receiver::Waited }
}

/// Remembers that a timer stands behind the channel.
pub(crate) fn set_timer(chan: usize, timer: usize) {
    // SAFETY: the overlay has just made both.
    if let Some(chan) = unsafe { ChanRef::from_addr(chan) } {
        chan.get().timer = timer;
    }
}

/// Empties a timer's channel; whether there was a value.
pub(crate) fn discard(chan: usize) -> bool {
    // SAFETY: the timer keeps its channel alive.
    let Some(chan) = (unsafe { ChanRef::from_addr(chan) }) else { return false };
    chan.lock();
    let had_value = chan.get().count > 0;
    while chan.get().count > 0 {
        chan.pop(0);
    }
    chan.unlock();
    had_value
}
