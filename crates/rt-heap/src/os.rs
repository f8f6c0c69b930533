//! What the heap needs from the operating system.

/// Memory, time and a way to wait. `rt` implements it over `rt-sys`; the tests implement it themselves.
pub trait Os: Sized + Send + Sync + 'static {
    /// Reserves `n_bytes` of address space at `hint` or, when that is taken, anywhere (also when `hint` is 0). The
    /// memory cannot be used before [`Os::commit`]. Both numbers are multiples of 64 KB.
    fn reserve(hint: usize, n_bytes: usize) -> Option<usize>;

    /// Gives a reservation back. Nothing in it was committed.
    fn unreserve(addr: usize, n_bytes: usize);

    /// Makes reserved memory readable and writable. It reads as zero and costs nothing until it is touched.
    /// False when the system refuses.
    #[must_use]
    fn commit(addr: usize, n_bytes: usize) -> bool;

    /// Says that large pages should back committed memory. It is advice.
    fn advise_huge_pages(addr: usize, n_bytes: usize);

    /// Returns the physical memory behind committed pages. They stay usable and read as zero.
    fn decommit(addr: usize, n_bytes: usize);

    /// Nanoseconds of a monotonic clock.
    fn nanotime() -> u64;

    /// Called in the loop of a thread that waits for another to finish, with the number of fruitless attempts so far.
    fn relax(attempt: u32);

    /// The program ends here: the system refused `n_bytes`. Must not allocate.
    fn out_of_memory(n_bytes: usize) -> !;
}
