//! What a program was built with and the runtime reads at start.

use crate::program::Slice;

/// Defaults written by the linker; environment variables override them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// `GODEBUG` settings from the go line and `//go:debug`, as `k=v,k=v`.
    pub godebug: Slice,
    /// The module information string of `debug.ReadBuildInfo`.
    pub build_info: Slice,
    /// `runtime.Version()`.
    pub version: Slice,
    /// `runtime.GOROOT()` default.
    pub goroot: Slice,
}
