//! Clocks, read through the vDSO when the kernel offers one.

use crate::sys::{call, nr};
use core::{
    ffi::CStr,
    mem::transmute,
    sync::atomic::{AtomicUsize, Ordering},
};

const REALTIME: usize = 0;
const MONOTONIC: usize = 1;

/// The kernel's `timespec`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timespec {
    /// Seconds.
    pub sec: i64,
    /// Nanoseconds, below 10^9.
    pub nsec: i64,
}

impl Timespec {
    /// A duration.
    pub fn from_nanos(nanos: i64) -> Timespec {
        Timespec { sec: nanos / 1_000_000_000, nsec: nanos % 1_000_000_000 }
    }

    /// The number of nanoseconds.
    pub fn as_nanos(self) -> i64 {
        self.sec * 1_000_000_000 + self.nsec
    }
}

type ClockGettime = unsafe extern "C" fn(usize, *mut Timespec) -> i32;

/// Address of the vDSO's function, or 0. Written once, by [`init`], before other threads exist.
static VDSO: AtomicUsize = AtomicUsize::new(0);

/// Nanoseconds of the monotonic clock.
pub fn monotonic() -> i64 {
    now(MONOTONIC).as_nanos()
}

/// The wall clock.
pub fn realtime() -> Timespec {
    now(REALTIME)
}

/// Sends SIGPROF whenever the process has used another `micros` of processor time; 0: no more.
pub fn tick_processor_time(micros: usize) {
    const PROF: usize = 2;
    let time = [micros / 1_000_000, micros % 1_000_000];
    let interval_and_first = [time, time];
    // SAFETY: the kernel reads two `timeval`s.
    let _ = unsafe { call(nr::SETITIMER, [PROF, (&raw const interval_and_first) as usize, 0]) };
}

fn now(clock: usize) -> Timespec {
    let mut time = Timespec::default();
    let vdso = VDSO.load(Ordering::Relaxed);
    if vdso != 0 {
        // SAFETY: `init` stored the address of the function of this type.
        let clock_gettime = unsafe { transmute::<usize, ClockGettime>(vdso) };
        // SAFETY: writes one timespec.
        if unsafe { clock_gettime(clock, &raw mut time) } == 0 {
            return time;
        }
    }
    // SAFETY: writes one timespec.
    let _ = unsafe { call(nr::CLOCK_GETTIME, [clock, &raw mut time as usize]) };
    time
}

/// Finds the vDSO's clock, given the value of `AT_SYSINFO_EHDR` (0: none).
///
/// # Safety
/// - `image` is 0 or the address of the vDSO that the kernel mapped.
pub unsafe fn init(image: usize) {
    if image != 0 {
        // SAFETY: passed on to the caller.
        let found = unsafe { find_symbol(image, c"__vdso_clock_gettime") };
        VDSO.store(found.unwrap_or(0), Ordering::Relaxed);
    }
}

/// Reads a `T` at an address of the vDSO.
///
/// # Safety
/// - A `T` is there.
unsafe fn at<T: Copy>(addr: usize) -> T {
    // SAFETY: passed on to the caller.
    unsafe { (addr as *const T).read_unaligned() }
}

/// Looks a symbol up in an ELF image in memory, through its dynamic section.
///
/// # Safety
/// - `image` is the address of a mapped, well-formed 64-bit ELF image.
unsafe fn find_symbol(image: usize, name: &CStr) -> Option<usize> {
    const PT_LOAD: u32 = 1;
    const PT_DYNAMIC: u32 = 2;
    const DT_HASH: i64 = 4;
    const DT_STRTAB: i64 = 5;
    const DT_SYMTAB: i64 = 6;
    const DT_GNU_HASH: i64 = 0x6fff_fef5;
    // SAFETY: all addresses follow the ELF format from `image`.
    unsafe {
        let headers = image + at::<u64>(image + 32) as usize;
        let (entry_size, n_headers) = (at::<u16>(image + 54) as usize, at::<u16>(image + 56) as usize);
        let (mut bias, mut dynamic) = (None, None);
        for header in (0..n_headers).map(|idx| headers + idx * entry_size) {
            let vaddr = at::<u64>(header + 16) as usize;
            match at::<u32>(header) {
                PT_LOAD if bias.is_none() => bias = Some(image.wrapping_sub(vaddr)),
                PT_DYNAMIC => dynamic = Some(vaddr),
                _ => {}
            }
        }
        let bias = bias?;
        let mut entry = bias.wrapping_add(dynamic?);
        let (mut strings, mut symbols, mut n_symbols) = (0, 0, 0);
        while at::<i64>(entry) != 0 {
            let value = bias.wrapping_add(at::<u64>(entry + 8) as usize);
            match at::<i64>(entry) {
                DT_STRTAB => strings = value,
                DT_SYMTAB => symbols = value,
                DT_HASH => n_symbols = at::<u32>(value + 4) as usize,
                DT_GNU_HASH if n_symbols == 0 => n_symbols = count_gnu_hash(value),
                _ => {}
            }
            entry += 16;
        }
        (1..n_symbols).map(|idx| symbols + idx * 24).find_map(|symbol| {
            let candidate = CStr::from_ptr((strings + at::<u32>(symbol) as usize) as *const _);
            (candidate == name).then(|| bias.wrapping_add(at::<u64>(symbol + 8) as usize))
        })
    }
}

/// The number of symbols that a GNU hash table covers.
///
/// # Safety
/// - `table` is the address of a well-formed table.
unsafe fn count_gnu_hash(table: usize) -> usize {
    // SAFETY: all addresses follow the table's format.
    unsafe {
        let [n_buckets, first, n_bloom] = at::<[u32; 3]>(table);
        let buckets = table + 16 + n_bloom as usize * 8;
        let chains = buckets + n_buckets as usize * 4;
        let last = (0..n_buckets as usize).map(|idx| at::<u32>(buckets + idx * 4)).max().unwrap_or(0);
        if last < first {
            return first as usize;
        }
        let mut symbol = last as usize;
        while at::<u32>(chains + (symbol - first as usize) * 4) & 1 == 0 {
            symbol += 1;
        }
        symbol + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let first = monotonic();
        assert!(monotonic() >= first);
        assert!(first > 0);
    }

    #[test]
    fn nanoseconds_survive_the_round_trip() {
        assert_eq!(Timespec::from_nanos(3_000_000_007), Timespec { sec: 3, nsec: 7 });
        assert_eq!(Timespec { sec: 3, nsec: 7 }.as_nanos(), 3_000_000_007);
    }
}
