//! What compiled code and the runtime agree on.
#![no_std]

pub mod heap;
pub mod size_class;
