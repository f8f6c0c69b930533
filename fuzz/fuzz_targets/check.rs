//! Any bytes that parse can be checked. Seed it with the type checker's own tests:
//! `cargo +nightly fuzz run check corpus $(go env GOROOT)/src/internal/types/testdata/*`.

#![no_main]

use std::sync::Arc;

use base::{SourceMap, SourceText, sym};
use check::{Config, GoVersion, ImportError, Importer, check_package};
use libfuzzer_sys::fuzz_target;
use types::{PackageId, Types};

struct NoImports;

impl Importer for NoImports {
    fn import(&self, _: &str) -> Result<PackageId, ImportError> {
        Err(ImportError { reason: "no imports here".to_owned() })
    }
}

fuzz_target!(|bytes: &[u8]| {
    let sources = SourceMap::new();
    let types = Types::new();
    let id = sources.add("f.go", SourceText::new(bytes.to_vec())).expect("one file fits");
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
});
