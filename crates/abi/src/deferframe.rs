//! The records behind `defer`: one per active call of a function that defers, on its side stack.
//!
//! A function with `defer` is compiled as a wrapper that owns a [`DeferFrame`] and calls its body by `protected_call`.
//! A panic finds the innermost frame in [`crate::GHead::defer_frame`], runs its deferred calls on top of the panicking
//! stack, and, when one of them recovers, continues the wrapper at `handler` through `gh_resume_handler`.

use core::mem::offset_of;

/// The head of a wrapper's record; `results` cells of 8 bytes follow it.
#[repr(C)]
#[derive(Debug)]
pub struct DeferFrame {
    /// The next outer frame of this goroutine, or null.
    pub link: usize,
    /// `stack_hi - fp` of the wrapper, which survives moves of the stack.
    pub fp_offset: usize,
    /// The wrapper's recovery block.
    pub handler: usize,
    /// `GHead::side_ptr` in the wrapper.
    pub side_ptr: usize,
    /// The most recent [`DeferEntry`], or null.
    pub defers: usize,
    /// Bits for the overlay: recovered, running, range-over-func.
    pub flags: u32,
    /// Result cells that follow.
    pub n_results: u32,
}

impl DeferFrame {
    /// Offset of the link.
    pub const LINK: i32 = offset_of!(DeferFrame, link) as i32;
    /// Offset of the frame pointer, as `stack_hi - fp`.
    pub const FP_OFFSET: i32 = offset_of!(DeferFrame, fp_offset) as i32;
    /// Offset of the handler's pc.
    pub const HANDLER: i32 = offset_of!(DeferFrame, handler) as i32;
    /// Offset of the saved side stack pointer.
    pub const SIDE_PTR: i32 = offset_of!(DeferFrame, side_ptr) as i32;
    /// Offset of the list of deferred calls.
    pub const DEFERS: i32 = offset_of!(DeferFrame, defers) as i32;
    /// Offset of the first result cell.
    pub const RESULTS: i32 = size_of::<DeferFrame>() as i32;
}

const _: () = assert!(DeferFrame::RESULTS == 48 && DeferFrame::LINK == 0);

/// One deferred call: a closure without parameters or results.
#[repr(C)]
#[derive(Debug)]
pub struct DeferEntry {
    /// The call deferred before this one, or null.
    pub link: usize,
    /// The func value to call.
    pub closure: usize,
}
