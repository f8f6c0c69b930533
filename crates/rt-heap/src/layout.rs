//! Pointer layouts: which words of an object can hold pointers, one small number per distinct pattern.
//!
//! A layout is a *repeating* pattern of words. An array has the layout of its element and a value the layout of its
//! type, so `T`, `[10]T` and the array behind a `[]T` are the same layout in different size classes. What lies between
//! the end of a value and the end of its slot is zero, so it does no harm that the pattern covers it too.
//!
//! ```text
//!   type                          words          minimal pattern
//!   *T, []*T, any, [4]func()      p p p p ..     "p"      period 1
//!   string, [3]string             p - p -        "p-"     period 2
//!   struct{ a *T; b, c int }      p - -          "p--"    period 3
//!   struct{ s []byte; n int }     p - - -        "p---"   period 4
//! ```
//!
//! Patterns are interned in their minimal form. A pattern that is too long to be worth a number, or that comes after
//! [`MAX_LAYOUTS`] others, is replaced by "every word": any word may be looked at, because looking up an address that
//! is no object finds nothing.
//!
//! **Rejected.** A type word in front of every object (Go from 512 bytes on): 8 bytes per object and one more load per
//! scanned object. A pointer bitmap at the end of each span (Go below 512 bytes): written on every allocation, which
//! inline allocation cannot afford. Interning (type, length) pairs: as many layouts as array lengths.

use core::sync::atomic::{
    AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use abi::{heap::PtrLayout, size_class::N_SIZE_CLASSES};
use rt_sync::{Lock, Rank};

use crate::{
    Os,
    mem::WORD,
    persistent::{Persistent, Zeroed},
};

/// The number of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutId(pub(crate) u16);

impl LayoutId {
    /// No pointers at all.
    pub const NOSCAN: LayoutId = LayoutId(0);
    /// Every word may be a pointer.
    pub const DENSE: LayoutId = LayoutId(1);
}

/// Numbers that can be given.
const MAX_LAYOUTS: usize = 1 << 16;
/// Longer patterns (64 KB of memory) are not kept.
const MAX_PERIOD: usize = 8192;
/// Buckets of the interning table.
const N_BUCKETS: usize = 4096;

/// One interned pattern.
#[repr(C)]
pub(crate) struct Layout {
    /// Words after which the pattern repeats.
    period: AtomicU32,
    /// For periods up to 64: how many words `bits` describes, a multiple of the period.
    n_unrolled: AtomicU32,
    /// The pattern, repeated as often as 64 bits can hold it whole.
    bits: AtomicU64,
    /// For longer periods: `period` bits in 64-bit words.
    mask: AtomicPtr<AtomicU64>,
    /// The next layout of the bucket.
    next: AtomicU32,
    /// Allocation kind by size class, 0 where there is none yet; null until the first.
    kinds: AtomicPtr<[AtomicU16; N_SIZE_CLASSES]>,
}

// SAFETY: integers and null pointers.
unsafe impl Zeroed for Layout {}

struct KindRow([AtomicU16; N_SIZE_CLASSES]);

// SAFETY: integers.
unsafe impl Zeroed for KindRow {}

/// All layouts of the program.
pub(crate) struct Layouts {
    table: AtomicUsize,
    state: Lock<State>,
}

struct State {
    n_layouts: usize,
    buckets: [u16; N_BUCKETS],
}

/// A pattern being interned: `bit(i)` says whether word `i` is a pointer.
struct Pattern<F> {
    period: usize,
    bit: F,
}

impl Layouts {
    pub(crate) const fn new() -> Self {
        Layouts {
            table: AtomicUsize::new(0),
            state: Lock::new(Rank::Tables, State { n_layouts: 0, buckets: [0; N_BUCKETS] }),
        }
    }

    /// Numbers the two layouts that always exist; before any other call.
    pub(crate) fn init<O: Os>(&self, persistent: &Persistent<O>) {
        self.table.store(persistent.slice::<Layout>(MAX_LAYOUTS).as_ptr() as usize, Relaxed);
        let mut state = self.state.lock();
        state.n_layouts = 2;
        self.get(LayoutId::NOSCAN).fill(persistent, &Pattern { period: 1, bit: |_| false });
        self.get(LayoutId::DENSE).fill(persistent, &Pattern { period: 1, bit: |_| true });
    }

    #[inline]
    pub(crate) fn get(&self, id: LayoutId) -> &'static Layout {
        let table = self.table.load(Relaxed) as *const Layout;
        // SAFETY: `init` made a table of MAX_LAYOUTS entries, and a u16 stays below that.
        unsafe { &*table.add(id.0 as usize) }
    }

    /// The number of a layout that the compiler wrote.
    #[inline]
    pub(crate) fn of<O: Os>(&self, persistent: &Persistent<O>, layout: &'static PtrLayout) -> LayoutId {
        // Pairs with the Release below: the number's entry is complete.
        match layout.id.load(Acquire) {
            0 => {
                let mask = core::ptr::from_ref(layout).wrapping_add(1).cast::<u8>();
                let (period, n_bits) = (layout.period as usize, layout.n_bits as usize);
                // SAFETY: the compiler puts `n_bits` mask bits behind the structure.
                let id = unsafe { self.intern(persistent, mask, n_bits, period) };
                layout.id.store(u32::from(id.0), Release);
                id
            }
            id => LayoutId(id as u16),
        }
    }

    /// The number of the layout whose first `n_bits` words are described by `mask` and whose period is `period`.
    ///
    /// # Safety
    /// - `mask` points to `n_bits` bits.
    pub(crate) unsafe fn intern<O: Os>(
        &self,
        persistent: &Persistent<O>,
        mask: *const u8,
        n_bits: usize,
        period: usize,
    ) -> LayoutId {
        if period > MAX_PERIOD {
            return LayoutId::DENSE;
        }
        let bit = |word: usize| {
            // SAFETY: below `n_bits`, by the caller's promise.
            word < n_bits && unsafe { *mask.add(word / 8) } >> (word % 8) & 1 != 0
        };
        if !(0..n_bits).any(bit) {
            return LayoutId::NOSCAN;
        }
        let pattern = Pattern { period: period.max(1), bit }.reduced();
        if pattern.period == 1 { LayoutId::DENSE } else { self.find_or_add(persistent, &pattern) }
    }

    fn find_or_add<O: Os>(
        &self,
        persistent: &Persistent<O>,
        pattern: &Pattern<impl Fn(usize) -> bool>,
    ) -> LayoutId {
        let bucket = pattern.hash() as usize % N_BUCKETS;
        let mut state = self.state.lock();
        let mut id = state.buckets[bucket];
        while id != 0 {
            let layout = self.get(LayoutId(id));
            if pattern.is(layout) {
                return LayoutId(id);
            }
            id = layout.next.load(Relaxed) as u16;
        }
        if state.n_layouts == MAX_LAYOUTS {
            return LayoutId::DENSE;
        }
        let id = LayoutId(state.n_layouts as u16);
        state.n_layouts += 1;
        let layout = self.get(id);
        layout.fill(persistent, pattern);
        layout.next.store(u32::from(state.buckets[bucket]), Relaxed);
        state.buckets[bucket] = id.0;
        id
    }
}

impl<F: Fn(usize) -> bool> Pattern<F> {
    fn word(&self, idx: usize) -> u64 {
        let n_bits = (self.period - idx * 64).min(64);
        (0..n_bits).fold(0, |word, bit| word | u64::from((self.bit)(idx * 64 + bit)) << bit)
    }

    /// The same pattern with its shortest period.
    fn reduced(self) -> Self {
        let shortest = (1..=self.period / 2)
            .filter(|period| self.period.is_multiple_of(*period))
            .find(|period| (*period..self.period).all(|word| (self.bit)(word) == (self.bit)(word - period)));
        Pattern { period: shortest.unwrap_or(self.period), bit: self.bit }
    }

    fn hash(&self) -> u64 {
        let seed = self.period as u64;
        (0..self.period.div_ceil(64)).fold(seed, |hash, idx| {
            (hash ^ self.word(idx)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        })
    }

    fn is(&self, layout: &Layout) -> bool {
        layout.period.load(Relaxed) as usize == self.period
            && (0..self.period.div_ceil(64)).all(|idx| layout.word(idx) == self.word(idx))
    }
}

impl Layout {
    fn fill<O: Os>(&self, persistent: &Persistent<O>, pattern: &Pattern<impl Fn(usize) -> bool>) {
        self.period.store(pattern.period as u32, Relaxed);
        if pattern.period <= 64 {
            let n_unrolled = pattern.period * (64 / pattern.period);
            let bits = (0..n_unrolled)
                .fold(0, |bits, word| bits | u64::from((pattern.bit)(word % pattern.period)) << word);
            self.bits.store(bits, Relaxed);
            self.n_unrolled.store(n_unrolled as u32, Relaxed);
            return;
        }
        let words = persistent.slice::<MaskWord>(pattern.period.div_ceil(64));
        for (idx, word) in words.iter().enumerate() {
            word.0.store(pattern.word(idx), Relaxed);
        }
        self.mask.store(words.as_ptr().cast::<AtomicU64>().cast_mut(), Relaxed);
    }

    /// Bits `64 * idx ..` of the pattern, cut off at the period.
    fn word(&self, idx: usize) -> u64 {
        let period = self.period.load(Relaxed) as usize;
        if period <= 64 {
            return self.bits.load(Relaxed) & (!0 >> (64 - period));
        }
        debug_assert!(idx < period.div_ceil(64));
        let mask = self.mask.load(Relaxed);
        // SAFETY: `fill` stored `period` bits, rounded up to words.
        unsafe { (*mask.add(idx)).load(Relaxed) }
    }

    /// The pattern over the words of a slot of at most 64 words.
    pub(crate) fn slot_mask(&self, n_words: usize) -> u64 {
        debug_assert!((1..=64).contains(&n_words));
        let period = self.period.load(Relaxed) as usize;
        if period > 64 {
            return self.word(0) & (!0 >> (64 - n_words));
        }
        let bits = self.word(0);
        (0..n_words).fold(0, |mask, word| mask | (bits >> (word % period) & 1) << word)
    }

    /// Calls `f` with the address of every pointer word in `[addr, end)`, where `phase` words of the pattern lie in
    /// front of `addr`.
    #[inline]
    pub(crate) fn each_pointer(&self, addr: usize, end: usize, phase: usize, mut f: impl FnMut(usize)) {
        let period = self.period.load(Relaxed) as usize;
        if period == 1 {
            (addr..end).step_by(WORD).for_each(f);
            return;
        }
        let n_unrolled = self.n_unrolled.load(Relaxed) as usize;
        let chunk_words = if n_unrolled != 0 { n_unrolled } else { period };
        let mut chunk = addr - phase % period * WORD;
        while chunk < end {
            for idx in 0..chunk_words.div_ceil(64) {
                let mut bits = if n_unrolled != 0 { self.bits.load(Relaxed) } else { self.word(idx) };
                while bits != 0 {
                    let word = chunk + (idx * 64 + bits.trailing_zeros() as usize) * WORD;
                    if word >= end {
                        break;
                    }
                    if word >= addr {
                        f(word);
                    }
                    bits &= bits - 1;
                }
            }
            chunk += chunk_words * WORD;
        }
    }

    /// The allocation kind of this layout in a size class, if there is one already.
    #[inline]
    pub(crate) fn kind(&self, class: u8) -> Option<u16> {
        // Pairs with the Release in `set_kind`.
        let row = self.kinds.load(Acquire);
        // SAFETY: null or a persistent row.
        let row = unsafe { row.as_ref() }?;
        // Pairs with the Release in `set_kind`: the kind is complete.
        match row[class as usize].load(Acquire) {
            0 => None,
            kind => Some(kind),
        }
    }

    /// Remembers the allocation kind of a size class. The caller holds the lock of the kinds.
    pub(crate) fn set_kind<O: Os>(&self, persistent: &Persistent<O>, class: u8, kind: u16) {
        let mut row = self.kinds.load(Relaxed).cast_const();
        if row.is_null() {
            row = &raw const persistent.one::<KindRow>().0;
            // Pairs with the Acquire in `kind`.
            self.kinds.store(row.cast_mut(), Release);
        }
        // SAFETY: rows are persistent.
        let row = unsafe { &*row };
        // Pairs with the Acquire in `kind`.
        row[class as usize].store(kind, Release);
    }
}

#[repr(transparent)]
struct MaskWord(AtomicU64);

// SAFETY: an integer.
unsafe impl Zeroed for MaskWord {}
