//! Loads packages with everything that they import, checks them, and prints errors and the time that it took:
//! `check_packages GOROOT PATTERN...`.
#![expect(clippy::print_stdout, reason = "an example for the terminal")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use base::{SourceMap, Symbol, System as _, SystemOs, sym};
use check::{Config, GoVersion, ImportError, Importer, check_package};
use load::{GoEnv, Tests};
use types::{PackageId, Types};

/// The packages that one package imports.
struct Imports<'a>(&'a BTreeMap<String, Option<PackageId>>);

impl Importer for Imports<'_> {
    fn import(&self, path: &str) -> Result<PackageId, ImportError> {
        self.0.get(path).copied().flatten().ok_or_else(|| ImportError { reason: "not loaded".to_owned() })
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((goroot, patterns)) = args.split_first() else { return };
    let system = SystemOs;
    let start = system.monotonic();
    let goroot =
        load::goroot::find(&system, Some(Path::new(goroot))).expect("a readable GOROOT").expect("a GOROOT");
    let env = GoEnv::read(&system, &goroot);
    let dir = goroot.src();
    let config = load::Config {
        goroot,
        dir,
        env,
        tags: vec![],
        mod_flag: None,
        mod_file: None,
        tests: Tests::Without,
        branches: load::Branches::Parser,
        heads: load::HeadRules::GoCommand,
    };
    let sources = SourceMap::new();
    let program = load::load(&system, &sources, &config, patterns);
    for error in &program.errors {
        println!("{error}");
    }
    let loaded = system.monotonic();
    let types = Types::new();
    let mut ids: BTreeMap<load::PackageId, PackageId> = BTreeMap::new();
    let (mut n_errors, mut n_lines, mut n_bad) = (0, 0, 0);
    for &id in &program.order {
        let package = &program.packages[id];
        if package.path == sym::UNSAFE {
            ids.insert(id, types.unsafe_package());
            continue;
        }
        let checked = types.add_package(Symbol::intern(&package.display_name()), package.name, false);
        ids.insert(id, checked);
        let imports: BTreeMap<_, _> = package
            .imports
            .iter()
            .map(|(path, id)| (path.as_str().to_owned(), ids.get(id).copied()))
            .collect();
        let check_config = Config {
            types: &types,
            sources: &sources,
            go_version: GoVersion::new(package.go_minor as u16),
            importer: &Imports(&imports),
            test_builtins: false,
            check_branches: false,
            fake_import_c: false,
        };
        let trees: Vec<_> = package.files.iter().map(|unit| Arc::clone(&unit.tree)).collect();
        n_lines += package.files.iter().map(|unit| sources.file(unit.id).line_starts().len()).sum::<usize>();
        let result = check_package(&check_config, checked, trees);
        n_errors += result.diagnostics.len();
        n_bad += usize::from(!result.diagnostics.is_empty());
        for diagnostic in result.diagnostics.iter().take(10) {
            let place =
                sources.location(diagnostic.pos()).map_or_else(|| "-".to_owned(), |place| place.to_string());
            println!("{place}: {} [{}]", diagnostic.message, diagnostic.code);
        }
    }
    let done = system.monotonic();
    let millis = |from: std::time::Duration, to: std::time::Duration| (to - from).as_millis();
    println!(
        "{} packages ({n_bad} with errors), {n_lines} lines, {n_errors} errors; load {} ms, check {} ms, {} types",
        program.order.len(),
        millis(start, loaded),
        millis(loaded, done),
        types.n_types(),
    );
}
