//! Which files make up a program: modules, GOPATH, vendor, build constraints, the import graph, the overlay.
//!
//! The only crate that decides which files are read. It parses them, because imports are in them; it does not know types.
//!
//! | to | use |
//! | --- | --- |
//! | have a standard library | [`goroot::find_or_fetch`] |
//! | know Go's environment | [`GoEnv`] |
//! | load a program | [`load()`] with a [`Config`], giving a [`Program`] |
//! | load the test of a package | [`named()`], then [`load_test()`] for each, giving a [`TestProgram`] |
//! | see what is ours in the standard library | [`overlay`] |
//!
//! Errors are data ([`LoadError`]) in the go command's words; loading goes on after one.

#![forbid(unsafe_code)]

pub mod goroot;
pub mod overlay;

mod config;
mod constraint;
mod embed;
mod error;
mod goenv;
mod graph;
mod modfile;
mod modules;
mod patterns;
mod program;
mod resolve;
mod select;
mod semver;
mod tags;
mod testmain;

pub use config::{Branches, Config, HeadRules, Tests};
pub use error::{Import, LoadError, ShowStack, short_path};
pub use goenv::{GoEnv, NAMES as ENV_NAMES, edit_env_file, env_file, is_env_name};
pub use goroot::{GO_MINOR, GO_VERSION, Goroot, GorootError, Progress};
pub use graph::{Named, NamedByArgument, TestProgram, load, load_test, load_with, named};
pub use modfile::{ModFile, Replace, Require};
pub use modules::io_text;
pub use modules::{MainModule, ModFlag, ModuleRef, Modules};
pub use program::{Origin, Package, PackageId, Program, SourceUnit, TestFiles, Variant};
pub use resolve::Layout;
pub use tags::{GOARCH, GOOS};
