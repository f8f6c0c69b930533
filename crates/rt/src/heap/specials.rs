//! Finalizers, cleanups, weak pointers and pinned objects, as the overlay calls them.

use super::{HEAP, own};
use crate::{m::current_g, sched, trampoline::Verdict};
use abi::WaitReason;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use rt_heap::{LayoutId, Ready};

/// The goroutine that waits in `next_finalizer`, or 0; owned by this module.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// What `set_finalizer` answers: the finalizer was set or removed.
const DONE: usize = 0;
/// The object has a finalizer already.
const EXISTS: usize = 1;
/// The pointer is not the address of a heap object.
const NO_OBJECT: usize = 2;

/// Attaches a finalizer closure, or removes the one there is.
pub(crate) extern "C" fn set_finalizer(object: usize, closure: usize, kind: usize) -> usize {
    if HEAP.object_at(object).is_none() {
        return NO_OBJECT;
    }
    if closure == 0 {
        HEAP.remove_finalizer(object);
        return DONE;
    }
    if HEAP.add_finalizer(&mut own(), object, [closure, kind, 0, 0]) { DONE } else { EXISTS }
}

/// Attaches a cleanup closure; its number, or 0 when the pointer is not the address of a heap object.
pub(crate) extern "C" fn add_cleanup(object: usize, closure: usize) -> usize {
    HEAP.add_cleanup(&mut own(), object, closure).unwrap_or(0)
}

/// Detaches a cleanup.
pub(crate) extern "C" fn stop_cleanup(object: usize, number: usize) {
    HEAP.remove_cleanup(object, number);
}

/// The next closure to call and its argument (0 for a cleanup); parks while there is none. One goroutine calls it.
pub(crate) extern "C" fn next_finalizer() -> Verdict {
    let g = current_g();
    if deliver(g) {
        return Verdict::Continue;
    }
    // What it was given before is done with.
    g.forget_results();
    let verdict = sched::park_current(g, WaitReason::FinalizerWait, 0);
    WAITING.store(g.addr(), SeqCst);
    wake_finalizers();
    verdict
}

/// Puts a ready closure into the goroutine's results.
fn deliver(g: crate::g::GRef) -> bool {
    let (closure, argument) = match HEAP.take_ready() {
        Some(Ready::Finalizer { object, words }) => (words[0], object),
        Some(Ready::Cleanup { function }) => (function, 0),
        None => return false,
    };
    let mut p = own();
    // They leave the ready queue, which is a root, for a goroutine that may have been scanned.
    HEAP.shade(&mut p, closure);
    HEAP.shade(&mut p, argument);
    g.set_ret(0, closure as u64);
    g.set_ret(1, argument as u64);
    true
}

/// Readies the goroutine that waits for finalizers, if there are any.
pub(super) fn wake_finalizers() {
    if HEAP.n_ready() == 0 {
        return;
    }
    // SAFETY: `next_finalizer` stored 0 or a goroutine that it has parked.
    if let Some(g) = unsafe { crate::g::GRef::from_addr(WAITING.swap(0, SeqCst)) } {
        deliver(g);
        sched::ready(g);
    }
}

/// Finalizers and cleanups that wait to be run or are being run; it presumes that their goroutine was started.
pub(crate) extern "C" fn finalizers_pending() -> usize {
    // In this order: who takes the last one is no longer waiting, and waits again when it has run.
    let n_ready = HEAP.n_ready();
    n_ready + usize::from(WAITING.load(SeqCst) == 0)
}

/// The handle of the weak pointers to an object; 0 when it is not a heap object.
pub(crate) extern "C" fn weak_register(object: usize) -> usize {
    HEAP.weak_handle(&mut own(), object).unwrap_or(0)
}

/// The object of a weak handle, or 0.
pub(crate) extern "C" fn weak_strong(handle: usize) -> usize {
    HEAP.strong_from_weak(&mut own(), handle)
}

/// The owner of what lies at `addr`, which becomes `owner` if there is none yet; None: it is not in the heap.
pub(crate) fn adopt(addr: usize, owner: usize) -> Option<usize> {
    HEAP.adopt(addr, owner)
}

/// The owner of what lies at `addr`.
pub(crate) fn owner(addr: usize) -> Option<usize> {
    HEAP.owner(addr)
}

/// What lies at `addr` has no owner from now on.
pub(crate) fn disown(addr: usize) {
    HEAP.disown(addr);
}

/// Whether the collector takes the word at `addr` for a pointer.
pub(crate) extern "C" fn may_hold_pointer(addr: usize) -> usize {
    usize::from(HEAP.may_hold_pointer(addr))
}

/// The object around `addr`: base, size, whether it is free of pointers; in `ret`.
pub(crate) extern "C" fn find_object(addr: usize) {
    let (base, size, noscan) = match HEAP.object_at(addr) {
        Some((base, size, layout)) => (base, size, layout == LayoutId::NOSCAN),
        None => (0, 0, false),
    };
    let g = current_g();
    g.set_ret(0, base as u64);
    g.set_ret(1, size as u64);
    g.set_ret(2, u64::from(noscan));
}
