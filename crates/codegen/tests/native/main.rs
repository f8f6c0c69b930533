//! Programs in IR, compiled, linked with the tiny image and executed.

mod agree;
mod machine;
mod programs;
