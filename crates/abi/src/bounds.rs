//! The kinds of failed bounds checks: what `gh` code passes to `runtime.panicBounds`.

/// Which check failed; the numbers are passed from compiled code to the overlay.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoundsKind {
    /// `s[x]`, 0 <= x < len(s) failed.
    Index = 0,
    /// `s[?:x]`, 0 <= x <= len(s) failed (strings, arrays).
    SliceLen = 1,
    /// `s[?:x]`, 0 <= x <= cap(s) failed.
    SliceCap = 2,
    /// `s[x:y]`, 0 <= x <= y failed.
    SliceLow = 3,
    /// `s[::x]`, 0 <= x <= len(s) failed.
    Slice3Len = 4,
    /// `s[::x]`, 0 <= x <= cap(s) failed.
    Slice3Cap = 5,
    /// `s[:x:y]`, 0 <= x <= y failed.
    Slice3High = 6,
    /// `s[x:y:]`, 0 <= x <= y failed.
    Slice3Low = 7,
    /// `(*[x]T)(s)`, x <= len(s) failed.
    Convert = 8,
}

impl BoundsKind {
    /// Added to the kind when the index is of an unsigned type: `runtime.panicBounds(index, length, kind | UNSIGNED)`.
    pub const UNSIGNED: u8 = 16;

    /// All kinds, in numeric order.
    pub const ALL: [BoundsKind; 9] = [
        BoundsKind::Index,
        BoundsKind::SliceLen,
        BoundsKind::SliceCap,
        BoundsKind::SliceLow,
        BoundsKind::Slice3Len,
        BoundsKind::Slice3Cap,
        BoundsKind::Slice3High,
        BoundsKind::Slice3Low,
        BoundsKind::Convert,
    ];
}
