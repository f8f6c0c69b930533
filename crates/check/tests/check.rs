//! What the checker says about small programs, and what it finds out about them.
//!
//! The corpora of the Go project test every rule (`cargo xtask conformance check`); here is one example of each kind of
//! result, in the words that a user sees.

use std::{fmt::Write as _, sync::Arc};

use base::{SourceMap, SourceText};
use check::{CheckedPackage, Config, GoVersion, ImportError, Importer, SelectionKind, check_package};
use expect_test::{Expect, expect};
use types::{FullPaths, ObjectKind, PackageId, Printer, Type, TypeId, Types};

/// There is nothing to import.
struct Nothing;

impl Importer for Nothing {
    fn import(&self, path: &str) -> Result<PackageId, ImportError> {
        Err(ImportError { reason: format!("package {path} is not in std") })
    }
}

/// A checked program with the tables that it needs.
struct World {
    types: Types,
    sources: SourceMap,
}

impl World {
    fn new() -> Self {
        Self { types: Types::new(), sources: SourceMap::new() }
    }

    fn check(&self, source: &str) -> CheckedPackage {
        let id =
            self.sources.add("p.go", SourceText::new(source.as_bytes().to_vec())).expect("one file fits");
        let (tree, syntax_errors) = syntax::parse(&self.sources, id);
        assert!(syntax_errors.is_empty(), "{syntax_errors:?}");
        let name = tree.name(tree.package.expect("a package clause"));
        let package = self.types.add_package(name, name, false);
        let config = Config {
            types: &self.types,
            sources: &self.sources,
            go_version: GoVersion::LATEST,
            importer: &Nothing,
            test_builtins: false,
            check_branches: true,
            fake_import_c: false,
        };
        check_package(&config, package, vec![Arc::new(tree)])
    }

    fn ty(&self, ty: TypeId) -> String {
        let qualifier = FullPaths(&self.types);
        let mut printer = Printer::new(&self.types, &qualifier);
        printer.ty(ty);
        printer.finish()
    }
}

/// Checks that a program has exactly these errors, notes indented.
fn check(source: &str, expected: Expect) {
    let world = World::new();
    let result = world.check(source);
    let mut text = String::new();
    for diagnostic in &result.diagnostics {
        let place = world.sources.location(diagnostic.pos()).expect("every error has a place");
        let _ =
            writeln!(text, "{}:{}: {} [{}]", place.line, place.column, diagnostic.message, diagnostic.code);
        for note in &diagnostic.notes {
            let _ = writeln!(text, "    {}", note.message);
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn a_correct_program_has_no_errors() {
    check(
        "package p
type List[T any] struct { head *node[T]; n int }
type node[T any] struct { value T; next *node[T] }
func (l *List[T]) Push(value T) { l.head = &node[T]{value, l.head}; l.n++ }
func (l *List[T]) All() func(yield func(int, T) bool) {
	return func(yield func(int, T) bool) {
		i := 0
		for n := l.head; n != nil; n = n.next {
			if !yield(i, n.value) { return }
			i++
		}
	}
}
func Sum[T ~int | ~float64](l *List[T]) (sum T) {
	for _, v := range l.All() { sum += v }
	return
}
var total = Sum(&List[int]{})
",
        expect![""],
    );
}

#[test]
fn unused_names_and_unknown_names_are_reported_in_source_order_of_discovery() {
    check(
        "package p
func f() {
	x := 1
	var y int = undefined
	_ = y
}
",
        expect![[r#"
            4:14: undefined: undefined [UndeclaredName]
            3:2: declared and not used: x [UnusedVar]
        "#]],
    );
}

#[test]
fn an_error_silences_its_consequences() {
    check(
        "package p
var a = missing
var b = a + 1
func f() int { return b.field }
",
        expect![[r#"
            2:9: undefined: missing [UndeclaredName]
        "#]],
    );
}

#[test]
fn a_missing_method_is_shown_with_both_signatures() {
    check(
        "package p
type Reader interface { Read(p []byte) (int, error) }
type T struct{}
func (T) Read(p []byte) int { return 0 }
var _ Reader = T{}
",
        expect![[r#"
            5:16: cannot use T{} (value of struct type T) as Reader value in variable declaration: T does not implement Reader (wrong type for method Read)
            		have Read([]byte) int
            		want Read([]byte) (int, error) [InvalidIfaceAssign]
        "#]],
    );
}

#[test]
fn a_type_that_contains_itself_is_reported_with_its_cycle() {
    check(
        "package p
type A struct { b B }
type B [2]A
type C struct { next *C }
",
        expect![[r#"
            2:6: invalid recursive type A [InvalidDeclCycle]
                A refers to B
                B refers to A
        "#]],
    );
}

#[test]
fn an_interface_may_embed_what_mentions_it_by_mistake() {
    check(
        "package p
type (
	A interface { func() interface { B } }
	B interface { A; []int }
)
var _ A
",
        expect![[r#"
            3:23: cannot use type interface{B} outside a type constraint: interface contains type constraints [MisplacedConstraintIface]
            6:7: cannot use type A outside a type constraint: interface contains type constraints [MisplacedConstraintIface]
        "#]],
    );
}

#[test]
fn type_arguments_are_inferred_or_the_reason_is_told() {
    check(
        "package p
func Map[T, U any](list []T, f func(T) U) []U { return nil }
func Zero[T any]() (zero T) { return }
var _ []string = Map([]int{1}, func(int) string { return \"\" })
var _ = Zero()
var _ = Map([]int{1}, func(string) bool { return true })
",
        expect![[r#"
            5:13: in call to Zero, cannot infer T (declared at p.go:3:11) [CannotInferTypeArgs]
            6:23: in call to Map, type func(string) bool of func(string) bool {…} does not match inferred type func(int) U for func(T) U [CannotInferTypeArgs]
        "#]],
    );
}

#[test]
fn instantiation_cycles_without_end_are_rejected() {
    check(
        "package p
func f[T any](n int) { if n > 0 { f[*T](n - 1) } }
",
        expect![[r#"
            2:8: instantiation cycle: [InvalidInstanceCycle]
                T instantiated as *T
        "#]],
    );
}

#[test]
fn initialisation_follows_references_through_functions() {
    let world = World::new();
    let result = world.check(
        "package p
var a = b + f()
var b = 2
var c, d = pair()
func f() int { return d }
func pair() (int, int) { return b, b }
",
    );
    let name = |object| world.types.object(object).name.as_str();
    let order: Vec<String> = result
        .init_order
        .iter()
        .map(|initializer| {
            initializer.variables.iter().map(|&variable| name(variable)).collect::<Vec<_>>().join(",")
        })
        .collect();
    assert_eq!(order, ["b", "c,d", "a"]);
}

#[test]
fn initialisation_cycles_are_reported_with_their_path() {
    check(
        "package p
var x = f()
func f() int { return x }
",
        expect![[r#"
            2:5: initialization cycle for x [InvalidInitCycle]
                x refers to f
                f refers to x
        "#]],
    );
}

#[test]
fn literals_record_what_they_capture_through_all_levels() {
    let world = World::new();
    let result = world.check(
        "package p
var global int
func f(param int) func() {
	local := 1
	return func() {
		own := param
		func() { own += local + global }()
	}
}
",
    );
    assert!(result.diagnostics.is_empty());
    let info = &result.files[0].info;
    let mut captures: Vec<Vec<&str>> = info
        .exprs
        .ids()
        .filter_map(|literal| info.captures.get(&literal))
        .map(|variables| {
            variables.iter().map(|&variable| world.types.object(variable).name.as_str()).collect()
        })
        .collect();
    captures.sort();
    assert_eq!(captures, [vec!["own", "local"], vec!["param", "local"]]);
}

#[test]
fn selections_record_the_path_through_embedded_fields() {
    let world = World::new();
    let result = world.check(
        "package p
type Inner struct { value int }
func (*Inner) Get() int { return 0 }
type Middle struct { x int; *Inner }
type Outer struct { Middle }
func f(o Outer) int { return o.value + o.Get() }
",
    );
    let info = &result.files[0].info;
    let mut found: Vec<(SelectionKind, Vec<u32>, bool, String)> = info
        .exprs
        .ids()
        .filter_map(|expr| info.selections.get(&expr))
        .map(|s| (s.kind, s.selected.path.to_vec(), s.selected.indirect, world.ty(s.ty)))
        .collect();
    found.sort_by_key(|(_, _, _, ty)| ty.clone());
    assert_eq!(
        found,
        [
            (SelectionKind::MethodValue, vec![0, 1], true, "func() int".to_owned()),
            (SelectionKind::Field, vec![0, 1], true, "int".to_owned()),
        ]
    );
}

#[test]
fn local_types_of_generic_functions_are_instantiated_with_them() {
    let world = World::new();
    let result =
        world.check("package p\nfunc f[T any]() any { type local struct { x T }; return local{} }\n");
    let info = &result.files[0].info;
    let local = info
        .idents
        .iter()
        .flatten()
        .map(|&object| world.types.object(object))
        .find(|object| matches!(object.kind, ObjectKind::TypeName) && object.name.as_str() == "local")
        .and_then(|object| object.ty.get())
        .expect("the type is declared");
    let Type::Named(named) = world.types.get(local) else { panic!("a declared type") };
    let of_int =
        world.types.monomorphise(local, &types::Substitution::new(&named.outer_args, &[TypeId::INT]));
    assert_ne!(of_int, local);
    assert_eq!(world.ty(world.types.underlying(of_int)), "struct{x int}");
}
