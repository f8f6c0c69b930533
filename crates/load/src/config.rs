//! What a command decides before anything is loaded.

use std::path::PathBuf;

use crate::goenv::GoEnv;
use crate::goroot::Goroot;
use crate::modules::ModFlag;

/// The settings of one load.
#[derive(Clone, Debug)]
pub struct Config {
    /// The standard library.
    pub goroot: Goroot,
    /// The directory that relative paths start from, absolute.
    pub dir: PathBuf,
    /// Go's environment.
    pub env: GoEnv,
    /// The tags of `-tags`.
    pub tags: Vec<Box<str>>,
    /// The `-mod` flag.
    pub mod_flag: Option<ModFlag>,
    /// The `-modfile` flag.
    pub mod_file: Option<PathBuf>,
    /// Whether the tests of the named packages are loaded too.
    pub tests: Tests,
    /// Who checks labels and branches.
    pub branches: Branches,
    /// Who reads the heads of files first.
    pub heads: HeadRules,
}

/// Who reads the package clause and the imports of a file first, and so finds what is wrong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadRules {
    /// The go command.
    GoCommand,
    /// The compiler, when it is run by itself.
    Compiler,
}

/// Who checks labels and branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branches {
    /// The parser, as in Go's compiler.
    Parser,
    /// The type checker, as in its own tests.
    Checker,
}

/// Whether test files count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tests {
    /// They do not exist.
    Without,
    /// Those of the packages that the command line names do.
    With,
}
