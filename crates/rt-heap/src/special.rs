//! What can hang on an object besides its content: finalizers, cleanups, weak pointers, profile records, owners.
//!
//! ```text
//!   Span.specials ─> Special{addr, Finalizer} ─> Special{addr, Weak} ─> ...        ready ─> Special ─> ...
//!                    one list per span, unordered                                  for the program to run
//! ```
//!
//! **Rules** (as Go's).
//! 1. What a finalizer's object points to stays alive, the object itself does not count. When the sweep finds the object
//!    dead, its weak pointers are cleared, the finalizer becomes ready, and the object lives for one more cycle.
//! 2. Otherwise all specials of a dead object go: weak pointers are cleared, cleanups become ready, the profile is told.
//! 3. The function of a finalizer or cleanup and the handle of a weak pointer are alive while the special exists.
//! 4. A weak pointer is made strong only after its object's span was swept: then the object is alive, or gone.
//!
//! One lock guards all specials: they are made thousands of times less often than objects.

use core::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use abi::size_class::size_class;
use rt_sync::{Lock, Rank};

use crate::{
    Heap, Os, OwnsP, Scan, Zero,
    layout::LayoutId,
    mem,
    persistent::{Persistent, Zeroed},
    span::{Slot, Span},
};

/// Something attached to an object.
#[repr(C)]
pub(crate) struct Special {
    next: AtomicPtr<Special>,
    /// Any address inside the object.
    addr: AtomicUsize,
    kind: AtomicU8,
    words: [AtomicUsize; 4],
}

// SAFETY: integers and a null pointer.
unsafe impl Zeroed for Special {}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    /// words: whatever the overlay stored; the first is the function.
    Finalizer = 0,
    /// words: function, number.
    Cleanup = 1,
    /// words: handle.
    Weak = 2,
    /// words: profile record.
    Profile = 3,
    /// words: owner.
    Owner = 4,
}

/// A finalizer or cleanup that the program should run now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Call a finalizer with the object.
    Finalizer {
        /// The pointer that was given to [`Heap::add_finalizer`].
        object: usize,
        /// The words that were given to it.
        words: [usize; 4],
    },
    /// Call a cleanup.
    Cleanup {
        /// The func value.
        function: usize,
    },
}

/// All specials.
pub(crate) struct Specials {
    state: Lock<State>,
    n_ready: AtomicUsize,
    next_number: AtomicUsize,
}

struct State {
    /// Spans that had specials at the last look, linked by `next_special`.
    spans: Option<&'static Span>,
    ready: Option<&'static Special>,
    last_ready: Option<&'static Special>,
    unused: Option<&'static Special>,
}

impl Specials {
    pub(crate) const fn new() -> Self {
        Specials {
            state: Lock::new(
                Rank::Special,
                State { spans: None, ready: None, last_ready: None, unused: None },
            ),
            n_ready: AtomicUsize::new(0),
            next_number: AtomicUsize::new(1),
        }
    }
}

impl<O: Os> Heap<O> {
    /// Attaches a finalizer; `words[0]` is the function, all four are alive until it has been taken from the ready
    /// queue. False when the object has one.
    pub fn add_finalizer(&self, p: &mut OwnsP<'_>, object: usize, words: [usize; 4]) -> bool {
        let Some(slot) = self.swept_slot(object) else { return false };
        {
            let mut state = self.specials.state.lock();
            if slot.specials().any(|special| special.is(&slot, Kind::Finalizer)) {
                return false;
            }
            state.attach(&self.persistent, &slot, object, Kind::Finalizer, words);
        }
        if self.is_marking() {
            // Marking may have passed the root job that would have looked at it.
            let mut marker = self.marker(p);
            words.iter().for_each(|word| marker.word(*word));
            marker.inside(object);
        }
        true
    }

    /// Detaches the finalizer of an object, if it has one.
    pub fn remove_finalizer(&self, object: usize) -> bool {
        self.detach(object, |special, slot| special.is(slot, Kind::Finalizer))
    }

    /// Attaches a cleanup; its number.
    pub fn add_cleanup(&self, p: &mut OwnsP<'_>, object: usize, function: usize) -> Option<usize> {
        let slot = self.swept_slot(object)?;
        let number = self.specials.next_number.fetch_add(1, Relaxed);
        let words = [function, number, 0, 0];
        self.specials.state.lock().attach(&self.persistent, &slot, object, Kind::Cleanup, words);
        if self.is_marking() {
            self.marker(p).word(function);
        }
        Some(number)
    }

    /// Detaches a cleanup by its number.
    pub fn remove_cleanup(&self, object: usize, number: usize) -> bool {
        self.detach(object, |special, slot| {
            special.is(slot, Kind::Cleanup) && special.words[1].load(Relaxed) == number
        })
    }

    /// Attaches a profile record to an object.
    pub fn add_profile_record(&self, object: usize, record: usize) {
        if let Some(slot) = self.swept_slot(object) {
            let words = [record, 0, 0, 0];
            self.specials.state.lock().attach(&self.persistent, &slot, object, Kind::Profile, words);
        }
    }

    /// The owner of what lies at `addr`; it becomes `owner` if it has none. None: it is not in the heap.
    pub fn adopt(&self, addr: usize, owner: usize) -> Option<usize> {
        let slot = self.swept_slot(addr)?;
        let mut state = self.specials.state.lock();
        let known = slot.specials().find(|special| special.owns(addr));
        if known.is_none() {
            state.attach(&self.persistent, &slot, addr, Kind::Owner, [owner, 0, 0, 0]);
        }
        Some(known.map_or(owner, |special| special.words[0].load(Relaxed)))
    }

    /// The owner of what lies at `addr`, if it has one.
    pub fn owner(&self, addr: usize) -> Option<usize> {
        let slot = self.swept_slot(addr)?;
        let _state = self.specials.state.lock();
        let special = slot.specials().find(|special| special.owns(addr))?;
        Some(special.words[0].load(Relaxed))
    }

    /// What lies at `addr` has no owner from now on.
    pub fn disown(&self, addr: usize) -> bool {
        self.detach(addr, |special, _| special.owns(addr))
    }

    /// The handle of the weak pointers to an object: an 8-byte object that holds the address while the object lives,
    /// then 0. Equal objects have equal handles.
    pub fn weak_handle(&self, p: &mut OwnsP<'_>, object: usize) -> Option<usize> {
        let slot = self.swept_slot(object)?;
        let fresh = self.malloc(p, mem::WORD, LayoutId::NOSCAN, Zero::Yes);
        let handle = {
            let mut state = self.specials.state.lock();
            let known = slot.specials().find(|special| special.is(&slot, Kind::Weak));
            if let Some(special) = known {
                special.words[0].load(Relaxed)
            } else {
                // SAFETY: `fresh` is a new object of one word.
                unsafe { mem::store(fresh, object) };
                state.attach(&self.persistent, &slot, object, Kind::Weak, [fresh, 0, 0, 0]);
                fresh
            }
        };
        if self.is_marking() {
            self.marker(p).word(handle);
        }
        Some(handle)
    }

    /// The object of a weak handle, or 0. The object is alive from now on: the caller holds a pointer to it.
    pub fn strong_from_weak(&self, p: &mut OwnsP<'_>, handle: usize) -> usize {
        // SAFETY: handles are objects of one word.
        let object = unsafe { mem::load(handle) };
        if object == 0 || self.swept_slot(object).is_none() {
            return 0;
        }
        // SAFETY: as above. The sweep of the object's span is over; it cleared the handle if the object was dead.
        let object = unsafe { mem::load(handle) };
        if object != 0 && self.is_marking() {
            self.marker(p).word(object);
        }
        object
    }

    /// The next finalizer or cleanup to run.
    pub fn take_ready(&self) -> Option<Ready> {
        if self.n_ready() == 0 {
            return None;
        }
        let mut state = self.specials.state.lock();
        let special = state.ready?;
        state.ready = special.next();
        if state.ready.is_none() {
            state.last_ready = None;
        }
        self.specials.n_ready.fetch_sub(1, Relaxed);
        let words = special.words.each_ref().map(|word| word.load(Relaxed));
        let ready = match special.kind() {
            Kind::Finalizer => Ready::Finalizer { object: special.addr.load(Relaxed), words },
            Kind::Cleanup | Kind::Weak | Kind::Profile | Kind::Owner => Ready::Cleanup { function: words[0] },
        };
        state.recycle(special);
        Some(ready)
    }

    /// How many finalizers and cleanups wait to be run.
    pub fn n_ready(&self) -> usize {
        // Pairs with the Release in `sweep_specials`.
        self.specials.n_ready.load(Acquire)
    }

    /// The object at `addr` in a span that was swept in this cycle.
    fn swept_slot(&self, addr: usize) -> Option<Slot> {
        let slot = self.find(addr)?;
        self.ensure_swept(slot.span);
        slot.is_allocated().then_some(slot)
    }

    fn detach(&self, object: usize, is_it: impl Fn(&Special, &Slot) -> bool) -> bool {
        let Some(slot) = self.swept_slot(object) else { return false };
        let mut state = self.specials.state.lock();
        state.filter(slot.span, |special| !is_it(special, &slot)) != 0
    }

    /// The root job of the specials (rules 1 and 3, and the ready queue).
    pub(crate) fn scan_specials(&self, scan: &mut dyn Scan) {
        let mut state = self.specials.state.lock();
        let mut span = state.spans.take();
        while let Some(this) = span {
            span = next_span(this);
            for special in specials_of(this) {
                special.scan(scan);
            }
            if this.specials.load(Relaxed).is_null() {
                this.in_special_list.store(0, Relaxed);
            } else {
                this.next_special.store(ptr_of(state.spans), Relaxed);
                state.spans = Some(this);
            }
        }
        let mut ready = state.ready;
        while let Some(special) = ready {
            scan.word(special.addr.load(Relaxed));
            special.words.iter().for_each(|word| scan.word(word.load(Relaxed)));
            ready = special.next();
        }
    }

    /// Rules 1 and 2 for a span that is about to be swept by this thread.
    pub(crate) fn sweep_specials(&self, span: &'static Span) {
        let mut state = self.specials.state.lock();
        // First: finalizers keep their object, so that the others see it alive.
        let mut to_finalize: Option<&'static Special> = None;
        state.split(span, &mut to_finalize, |special| {
            special.kind() == Kind::Finalizer && special.slot(span).is_none_or(|slot| !slot.is_marked())
        });
        let mut next = to_finalize;
        while let Some(special) = next {
            next = special.next();
            let addr = special.addr.load(Relaxed);
            for weak in specials_of(span) {
                if weak.kind() == Kind::Weak && same_slot(span, weak.addr.load(Relaxed), addr) {
                    weak.clear_handle();
                }
            }
        }
        let mut next = to_finalize;
        while let Some(special) = next {
            next = special.next();
            if let Some(slot) = special.slot(span) {
                slot.mark();
            }
            self.make_ready(&mut state, special);
        }
        let mut dead: Option<&'static Special> = None;
        state.split(span, &mut dead, |special| special.slot(span).is_none_or(|slot| !slot.is_marked()));
        while let Some(special) = dead {
            dead = special.next();
            match special.kind() {
                Kind::Cleanup | Kind::Finalizer => self.make_ready(&mut state, special),
                Kind::Weak => {
                    special.clear_handle();
                    state.recycle(special);
                }
                Kind::Profile => {
                    self.profile_freed(special.words[0].load(Relaxed));
                    state.recycle(special);
                }
                Kind::Owner => state.recycle(special),
            }
        }
    }

    fn make_ready(&self, state: &mut State, special: &'static Special) {
        special.set_next(None);
        match state.last_ready {
            Some(last) => last.set_next(Some(special)),
            None => state.ready = Some(special),
        }
        state.last_ready = Some(special);
        self.specials.n_ready.fetch_add(1, Release);
    }
}

impl State {
    fn attach<O: Os>(
        &mut self,
        persistent: &Persistent<O>,
        slot: &Slot,
        addr: usize,
        kind: Kind,
        words: [usize; 4],
    ) {
        let special = match self.unused {
            Some(special) => {
                self.unused = special.next();
                special
            }
            None => persistent.one(),
        };
        special.addr.store(addr, Relaxed);
        special.kind.store(kind as u8, Relaxed);
        for (to, from) in special.words.iter().zip(words) {
            to.store(from, Relaxed);
        }
        let span = slot.span;
        if span.in_special_list.swap(1, Relaxed) == 0 {
            span.next_special.store(ptr_of(self.spans), Relaxed);
            self.spans = Some(span);
        }
        special.next.store(span.specials.load(Relaxed), Relaxed);
        span.specials.store(core::ptr::from_ref(special).cast_mut(), Relaxed);
    }

    fn recycle(&mut self, special: &'static Special) {
        special.set_next(self.unused);
        self.unused = Some(special);
    }

    /// Keeps the specials of a span that `keep` likes; the number of the others, which are recycled.
    fn filter(&mut self, span: &'static Span, keep: impl Fn(&Special) -> bool) -> usize {
        let (mut others, mut n_others) = (None, 0);
        self.split(span, &mut others, |special| !keep(special));
        while let Some(special) = others {
            others = special.next();
            self.recycle(special);
            n_others += 1;
        }
        n_others
    }

    /// Moves the specials of a span that `wanted` likes to `to`.
    fn split(
        &mut self,
        span: &'static Span,
        to: &mut Option<&'static Special>,
        wanted: impl Fn(&Special) -> bool,
    ) {
        let mut kept: Option<&'static Special> = None;
        // SAFETY: null or a persistent special.
        let mut next = unsafe { span.specials.load(Relaxed).as_ref() };
        while let Some(special) = next {
            next = special.next();
            let list = if wanted(special) { &mut *to } else { &mut kept };
            special.set_next(*list);
            *list = Some(special);
        }
        span.specials.store(ptr_of(kept), Relaxed);
    }
}

impl Special {
    fn kind(&self) -> Kind {
        match self.kind.load(Relaxed) {
            0 => Kind::Finalizer,
            1 => Kind::Cleanup,
            2 => Kind::Weak,
            3 => Kind::Profile,
            _ => Kind::Owner,
        }
    }

    fn next(&self) -> Option<&'static Special> {
        // SAFETY: null or a persistent special.
        unsafe { self.next.load(Relaxed).as_ref() }
    }

    fn set_next(&self, next: Option<&'static Special>) {
        self.next.store(ptr_of(next), Relaxed);
    }

    fn slot(&self, span: &'static Span) -> Option<Slot> {
        span.slot_of(self.addr.load(Relaxed))
    }

    fn is(&self, slot: &Slot, kind: Kind) -> bool {
        self.kind() == kind && self.slot(slot.span).is_some_and(|own| own.idx == slot.idx)
    }

    fn scan(&self, scan: &mut dyn Scan) {
        match self.kind() {
            Kind::Finalizer => {
                self.words.iter().for_each(|word| scan.word(word.load(Relaxed)));
                scan.inside(self.addr.load(Relaxed));
            }
            Kind::Cleanup | Kind::Weak => scan.word(self.words[0].load(Relaxed)),
            Kind::Profile | Kind::Owner => {}
        }
    }

    /// Whether it says who owns what lies at exactly `addr`.
    fn owns(&self, addr: usize) -> bool {
        self.kind() == Kind::Owner && self.addr.load(Relaxed) == addr
    }

    fn clear_handle(&self) {
        // SAFETY: the handle is an object of one word, alive because the special is (rule 3).
        unsafe { mem::store(self.words[0].load(Relaxed), 0) }
    }
}

impl Slot {
    /// The specials of the slot's span.
    fn specials(&self) -> impl Iterator<Item = &'static Special> + use<> {
        specials_of(self.span)
    }
}

fn specials_of(span: &'static Span) -> impl Iterator<Item = &'static Special> {
    // SAFETY: null or a persistent special.
    let first = unsafe { span.specials.load(Relaxed).as_ref() };
    core::iter::successors(first, |special| special.next())
}

fn next_span(span: &'static Span) -> Option<&'static Span> {
    // SAFETY: null or a persistent span.
    unsafe { span.next_special.load(Relaxed).as_ref() }
}

fn same_slot(span: &'static Span, a: usize, b: usize) -> bool {
    match (span.slot_of(a), span.slot_of(b)) {
        (Some(a), Some(b)) => a.idx == b.idx,
        _ => false,
    }
}

fn ptr_of<T>(reference: Option<&'static T>) -> *mut T {
    reference.map_or(core::ptr::null_mut(), |reference| core::ptr::from_ref(reference).cast_mut())
}

const _: () = assert!(size_class(mem::WORD) == 1);
