//! The main package of a test executable: what the test files declare, and the source that hands it to package testing.
//!
//! Facts: `go help testfunc`; cmd/go/internal/load, test.go.

mod examples;

use std::fmt::Write as _;
use std::sync::Arc;

use base::Pos;
use syntax::{DeclKind, Expr, ExprId, ExprKind, Field, FieldId, File, List, UnaryOp};

use crate::program::SourceUnit;

/// The name of the generated file, as tracebacks show it.
pub(crate) const FILE_NAME: &str = "_testmain.go";

/// What the generated file imports besides the package under test.
pub(crate) const IMPORTS: &[&str] = &["os", "reflect", "testing", "testing/internal/testdeps"];

/// A function of a test file that does not have the form that its name promises.
pub(crate) struct WrongSignature {
    pub(crate) pos: Pos,
    pub(crate) message: String,
}

/// What the generated file says about the package under test.
pub(crate) struct Subject<'s> {
    /// Its import path, which is how the generated file imports it.
    pub(crate) path: &'s str,
    /// The path that benchmarks show; empty for files given by name.
    pub(crate) shown_path: &'s str,
    pub(crate) module: &'s str,
    /// Whether the package itself has files.
    pub(crate) has_package: bool,
    pub(crate) internal: &'s [Arc<SourceUnit>],
    pub(crate) external: &'s [Arc<SourceUnit>],
}

/// The functions of one kind, in the order of declaration, as elements of a Go slice literal.
#[derive(Default)]
struct Functions {
    tests: String,
    benchmarks: String,
    fuzz_targets: String,
    examples: String,
    /// `TestMain`, with the name under which its package is imported.
    test_main: Option<&'static str>,
}

/// One of the two test packages while its files are read.
struct Side {
    /// The name under which the generated file imports it.
    import_name: &'static str,
    is_imported: bool,
    is_named: bool,
}

/// The generated file, or the first function that is not as it should be.
pub(crate) fn source(subject: &Subject<'_>) -> Result<String, WrongSignature> {
    let mut functions = Functions::default();
    let mut internal = Side { import_name: "_test", is_imported: subject.has_package, is_named: false };
    let mut external =
        Side { import_name: "_xtest", is_imported: !subject.external.is_empty(), is_named: false };
    for unit in subject.internal {
        functions.scan(&unit.tree, &mut internal)?;
    }
    for unit in subject.external {
        functions.scan(&unit.tree, &mut external)?;
    }
    Ok(render(subject, &functions, &internal, &external))
}

fn render(subject: &Subject<'_>, functions: &Functions, internal: &Side, external: &Side) -> String {
    let mut text = String::from("package main\n\nimport (\n\t\"os\"\n");
    if functions.test_main.is_some() {
        text += "\t\"reflect\"\n";
    }
    text += "\t\"testing\"\n\t\"testing/internal/testdeps\"\n";
    text += &import_line(internal, subject.path);
    text += &import_line(external, &format!("{}_test", subject.path));
    text += ")\n";
    let Functions { tests, benchmarks, fuzz_targets, examples, .. } = functions;
    for (name, kind, elements) in [
        ("tests", "Test", tests),
        ("benchmarks", "Benchmark", benchmarks),
        ("fuzzTargets", "FuzzTarget", fuzz_targets),
        ("examples", "Example", examples),
    ] {
        push(&mut text, format_args!("\nvar {name} = []testing.Internal{kind}{{\n{elements}}}\n"));
    }
    let (module, path) = (quote(subject.module), quote(subject.shown_path));
    push(
        &mut text,
        format_args!(
            "\nfunc init() {{\n\ttestdeps.ModulePath = {module}\n\ttestdeps.ImportPath = {path}\n}}\n"
        ),
    );
    text += "\nfunc main() {\n\tm := testing.MainStart(testdeps.TestDeps{}, tests, benchmarks, fuzzTargets, examples)\n";
    match functions.test_main {
        Some(package) => push(
            &mut text,
            format_args!(
                "\t{package}.TestMain(m)\n\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName(\"exitCode\").Int()))\n}}\n"
            ),
        ),
        None => text += "\tos.Exit(m.Run())\n}\n",
    }
    text
}

fn import_line(side: &Side, path: &str) -> String {
    let name = if side.is_named { side.import_name } else { "_" };
    if side.is_imported { format!("\t{name} {}\n", quote(path)) } else { String::new() }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string cannot fail");
}

impl Functions {
    /// Adds what a test file declares.
    fn scan(&mut self, tree: &File, side: &mut Side) -> Result<(), WrongSignature> {
        for &decl in &tree[tree.decls] {
            let DeclKind::Func { recv: None, name: ident, tparams, ty, .. } = tree[decl].kind else {
                continue;
            };
            let name = tree.name(ident);
            let function = Function { tree, name: name.as_str(), pos: tree[ident].pos, tparams, ty };
            if self.add(&function, side.import_name)? {
                side.is_imported = true;
                side.is_named = true;
            }
        }
        for example in examples::of_file(tree) {
            // Its file is part of the program whether it is executed or not.
            side.is_imported = true;
            let Some(output) = example.output else { continue };
            side.is_named = true;
            let name = example.name;
            let element = format_args!(
                "\t{{{}, {}.{name}, {}, {}}},\n",
                quote(name),
                side.import_name,
                quote(&output.text),
                output.is_unordered
            );
            push(&mut self.examples, element);
        }
        Ok(())
    }

    /// Adds a function when it is a test, a benchmark or a fuzz target; says whether it is.
    fn add(&mut self, function: &Function<'_>, package: &'static str) -> Result<bool, WrongSignature> {
        let name = function.name;
        if name == "TestMain" && !function.takes("T") {
            function.must_take("M")?;
            if self.test_main.replace(package).is_some() {
                return Err(function.wrong("multiple definitions of TestMain".to_owned()));
            }
            return Ok(true);
        }
        let (list, argument) = match name {
            _ if is_test(name, "Test") => (&mut self.tests, "T"),
            _ if is_test(name, "Benchmark") => (&mut self.benchmarks, "B"),
            _ if is_test(name, "Fuzz") => (&mut self.fuzz_targets, "F"),
            _ => return Ok(false),
        };
        function.must_take(argument)?;
        push(list, format_args!("\t{{{}, {package}.{name}}},\n", quote(name)));
        Ok(true)
    }
}

/// A function declaration of a test file.
struct Function<'t> {
    tree: &'t File,
    name: &'t str,
    pos: Pos,
    tparams: List<FieldId>,
    ty: ExprId,
}

impl Function<'_> {
    /// Whether its only parameter is a pointer to a type of this name, of whatever package, and it returns nothing.
    fn takes(&self, argument: &str) -> bool {
        let tree = self.tree;
        let ExprKind::FuncType { params, results } = tree[self.ty].kind else { return false };
        let &[param] = &tree[params] else { return false };
        let Field { ty, .. } = tree[param];
        let ExprKind::Unary { op: UnaryOp::Deref, x } = tree[ty].kind else { return false };
        results.is_empty() && type_name(tree, x) == Some(argument)
    }

    fn must_take(&self, argument: &str) -> Result<(), WrongSignature> {
        let name = self.name;
        if !self.tparams.is_empty() {
            let why = "test functions cannot have type parameters";
            return Err(self.wrong(format!("wrong signature for {name}, {why}")));
        }
        if !self.takes(argument) {
            let parameter = argument.to_lowercase();
            return Err(self.wrong(format!(
                "wrong signature for {name}, must be: func {name}({parameter} *testing.{argument})"
            )));
        }
        Ok(())
    }

    fn wrong(&self, message: String) -> WrongSignature {
        WrongSignature { pos: self.pos, message }
    }
}

/// The last name of `T` or `testing.T`.
fn type_name(tree: &File, ty: ExprId) -> Option<&'static str> {
    let Expr { kind, .. } = tree[tree.unparen(ty)];
    match kind {
        ExprKind::Name(ident) => Some(tree.name(ident).as_str()),
        ExprKind::Selector { sel, .. } => Some(tree.name(sel).as_str()),
        _ => None,
    }
}

/// Whether `name` is `prefix`, or goes on with anything but a lower-case letter.
fn is_test(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| !rest.chars().next().is_some_and(char::is_lowercase))
}

/// A Go string literal.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\0'..=' ' if c != ' ' => push(&mut quoted, format_args!("\\x{:02x}", u32::from(c))),
            '\u{7f}' | '\u{feff}' => push(&mut quoted, format_args!("\\u{:04x}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}
