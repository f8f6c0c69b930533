//! Processes with limits, the incumbent as oracle, and pages that run as tests.
//!
//! | to | use |
//! | --- | --- |
//! | run a program that may hang or eat memory | [`process::run`] |
//! | ask Go itself | [`Oracle`] |
//! | turn a folder of fixtures into tests | [`fixtures`] |
//! | check prose with programs in it | [`page`] |

#![forbid(unsafe_code)]

pub mod fixtures;
pub mod oracle;
pub mod page;
pub mod process;

pub use oracle::Oracle;
pub use process::{Job, Limits, Outcome, Streams};
