//! The result of loading: packages, their files, and who imports whom.

use std::path::PathBuf;
use std::sync::Arc;

use base::{FileId, IdxVec, Symbol};
use diag::Diagnostic;
use indexmap::IndexMap;

use crate::error::LoadError;
use crate::modules::{MainModule, ModuleRef};

base::newtype_index! {
    /// A package of a [`Program`].
    pub struct PackageId;
}

/// Everything that one command works on.
#[derive(Debug, Default)]
pub struct Program {
    /// The packages, in the order in which they were found.
    pub packages: IdxVec<PackageId, Package>,
    /// What the command line named, in that order.
    pub roots: Vec<PackageId>,
    /// What every executable contains, whether or not something imports it.
    pub implied: Vec<PackageId>,
    /// All packages that can be compiled, each after those that it imports.
    pub order: Vec<PackageId>,
    /// The user's modules; none in GOPATH mode or outside of any module.
    pub main_modules: Vec<MainModule>,
    /// What is wrong, in the go command's order.
    pub errors: Vec<LoadError>,
}

/// A package, or one that should be there and is not: then it has no files, and an error says why.
#[derive(Clone, Debug)]
pub struct Package {
    /// The import path that is its identity: `fmt`, `vendor/golang.org/x/net/idna`, `command-line-arguments`.
    pub path: Symbol,
    /// Which build of it this is.
    pub variant: Variant,
    /// The name in its package clauses.
    pub name: Symbol,
    /// Its directory.
    pub dir: PathBuf,
    /// Where it comes from.
    pub origin: Origin,
    /// The language version of files that do not say another.
    pub go_minor: u32,
    /// Its files, sorted by name.
    pub files: Vec<Arc<SourceUnit>>,
    /// Test files of the package itself and of its external test; read only for packages under test.
    pub tests: TestFiles,
    /// Import paths as they are written, to packages.
    pub imports: IndexMap<Symbol, PackageId>,
    /// Whether assembly is part of it, so that functions may lack a body.
    pub has_assembly: bool,
    /// The patterns of its `//go:embed` lines, to the files that they match, relative to `dir`.
    pub embeds: IndexMap<String, Vec<String>>,
    /// Names of the Go files that build constraints leave out.
    pub ignored: Vec<String>,
    /// Whether it could be loaded at all.
    pub is_broken: bool,
}

/// The test files of a package.
#[derive(Clone, Debug, Default)]
pub struct TestFiles {
    /// Those of package `p`.
    pub internal: Vec<Arc<SourceUnit>>,
    /// Those of package `p_test`.
    pub external: Vec<Arc<SourceUnit>>,
}

impl TestFiles {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.internal.is_empty() && self.external.is_empty()
    }
}

/// Which build of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    /// The one that other packages import.
    Plain,
    /// With its own test files: `p [p.test]`.
    WithTests,
    /// The external tests: `p_test [p.test]`.
    ExternalTest,
    /// A package that imports one under test, so must be built against that build: `q [p.test]`.
    ForTest(Symbol),
    /// The generated main package of a test executable: `p.test`.
    TestMain,
}

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The standard library, `cmd` included.
    Standard,
    /// A module.
    Module(ModuleRef),
    /// A GOPATH directory.
    Gopath,
    /// Files given by name, or a directory outside of everything.
    Loose,
}

/// One file.
#[derive(Debug)]
pub struct SourceUnit {
    /// Its number in the source map.
    pub id: FileId,
    /// Its base name.
    pub name: String,
    /// Its full path. For a file of the overlay this is where the original would be.
    pub path: PathBuf,
    /// Its tree.
    pub tree: Arc<syntax::File>,
    /// Syntax errors.
    pub diagnostics: Vec<Diagnostic>,
}

impl Package {
    /// Whether it is part of the standard library.
    pub fn is_standard(&self) -> bool {
        self.origin == Origin::Standard
    }

    /// The name that headers of error output show: `path`, or `path [p.test]`.
    pub fn display_name(&self) -> String {
        match self.variant {
            Variant::Plain | Variant::TestMain => self.path.to_string(),
            Variant::WithTests => format!("{0} [{0}.test]", self.path),
            Variant::ExternalTest => {
                let tested = self.path.as_str().trim_end_matches("_test");
                format!("{} [{tested}.test]", self.path)
            }
            Variant::ForTest(tested) => format!("{} [{tested}.test]", self.path),
        }
    }

    /// Whether it is package `unsafe`, which the compiler knows without files.
    pub fn is_unsafe(&self) -> bool {
        self.is_standard() && self.path.as_str() == "unsafe"
    }
}
