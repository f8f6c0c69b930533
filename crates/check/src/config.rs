//! What a check needs to know beyond the trees.

use base::SourceMap;
use types::{PackageId, Types};

use crate::GoVersion;

/// How to check one package.
#[derive(Copy, Clone)]
pub struct Config<'a> {
    /// The store that holds all types and the packages checked before.
    pub types: &'a Types,
    /// Turns positions into words where a message names one.
    pub sources: &'a SourceMap,
    /// The language version of the package: that of its module, or `-lang`.
    pub go_version: GoVersion,
    /// Finds imported packages.
    pub importer: &'a dyn Importer,
    /// Whether `assert` and `trace` are predeclared, as in the type checker's own test files.
    pub test_builtins: bool,
    /// Whether to check labels and branches, in the type checker's words. [`syntax::parse`] has done it in the compiler's,
    /// [`syntax::parse_grammar`] has not.
    pub check_branches: bool,
    /// Whether `import "C"` stands for a package that has every name, instead of being an error.
    pub fake_import_c: bool,
}

/// Resolves the import paths of one package: vendoring and module replacement are already decided.
pub trait Importer: Sync {
    /// The checked package for an import path as written.
    fn import(&self, path: &str) -> Result<PackageId, ImportError>;

    /// Called once in the course of a check, when everything at package level is declared and had no error: from now on the
    /// package can be imported, while the bodies of its functions are being checked.
    fn declared(&self) {}
}

/// Why a package cannot be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportError {
    /// The reason, as it completes `could not import p (...)`.
    pub reason: String,
}
