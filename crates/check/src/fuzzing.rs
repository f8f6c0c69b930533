//! What any bytes must survive, for `examples/mutated.rs` and for the targets of `fuzz/`.

use std::sync::Arc;

use base::{SourceMap, SourceText, sym};
use types::{PackageId, Types};

use crate::{Config, GoVersion, ImportError, Importer, check_package};

struct NoImports;

impl Importer for NoImports {
    fn import(&self, _: &str) -> Result<PackageId, ImportError> {
        Err(ImportError { reason: "no imports here".to_owned() })
    }
}

/// Checks the bytes as the only file of a package whose imports lead nowhere.
pub fn survive(bytes: &[u8]) {
    let sources = SourceMap::new();
    let types = Types::new();
    let Some(id) = sources.add("f.go", SourceText::new(bytes.to_vec())) else { return };
    let (tree, _) = syntax::parse(&sources, id);
    let name = tree.package.map_or(sym::BLANK, |ident| tree.name(ident));
    let package = types.add_package(name, name, false);
    let config = Config {
        types: &types,
        sources: &sources,
        go_version: GoVersion::LATEST,
        importer: &NoImports,
        test_builtins: true,
        fake_import_c: true,
        check_branches: true,
    };
    check_package(&config, package, vec![Arc::new(tree)]);
}
