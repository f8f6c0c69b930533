//! Whole programs.

use std::fmt::Write as _;

use super::expr::{Scope, Var};
use super::random::Random;
use super::stmt::{Body, Signature, mixed};
use super::types::{INT, INT64, N_STRUCTS, Ty};

/// What every program starts with: the result is a number that everything is mixed into.
const PRELUDE: &str = r#"
import "math"

var sum uint64

func mix(x uint64) { sum = (sum ^ x) * 0x100000001b3 }

func mixBool(b bool) {
	if b {
		mix(1)
	} else {
		mix(2)
	}
}

func mixFloat(f float64) {
	if f != f {
		mix(3)
	} else {
		mix(math.Float64bits(f))
	}
}

func mixString(s string) {
	mix(uint64(len(s)))
	for i := 0; i < len(s); i++ {
		mix(uint64(s[i]))
	}
}

// unordered counts entries of a map whatever their order.
func unordered(k uint64, x int64) { sum += (k ^ 0x9e3779b97f4a7c15) * uint64(x|1) }

// short and few keep what grows in loops small.
func short(s string) string { return s[:min(len(s), 64)] }

func few[E any](s []E) []E { return s[:min(len(s), 16)] }

var texts = [8]string{"", "a", "héllo", "world", "\xff\xfe", "0123456789", "日本", "z"}

type Shape interface{ measure(int64) int64 }

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

func fold[T integer](a, b T) T {
	for i := T(0); i < 3; i++ {
		a = a*31 + b>>1 ^ i
		if a > b {
			a, b = b, a
		}
	}
	return a - b
}

func found[T comparable](list []T, x T) int {
	for i, y := range list {
		if x == y {
			return i
		}
	}
	return -1
}

// guarded tells whether f panics, and mixes in how.
func guarded(f func()) (result uint64) {
	defer func() {
		if r := recover(); r != nil {
			result = 7
			mixPanic(r)
		}
	}()
	f()
	return 5
}

func mixPanic(r any) {
	switch r := r.(type) {
	case error:
		mixString(r.Error())
	case string:
		mixString(r)
	}
}

func boxed(x any) uint64 {
	switch x := x.(type) {
	case int, uint, int64, uint64:
		return 11
	case int8:
		return uint64(x)
	case uint16:
		return uint64(x)
	case string:
		return uint64(len(x))
	case bool:
		return 12
	case float64:
		return 13
	}
	return 14
}

func try(name string, f func()) {
	sum = 0xcbf29ce484222325
	code := guarded(f)
	println(name, code, sum)
}
"#;

/// A program of this many functions: package `main`, or another one that has a function `Main` for it.
pub(super) fn generate(seed: u64, n_functions: usize, package: &str) -> String {
    let mut random = Random::new(seed);
    let mut out = format!("package {package}\n{PRELUDE}");
    let structs: Vec<Vec<Ty>> =
        (0..N_STRUCTS).map(|_| (0..2 + random.below(8)).map(|_| Ty::simple(&mut random)).collect()).collect();
    for (n, fields) in structs.iter().enumerate() {
        declare_struct(&mut out, n, fields);
    }
    let mut done: Vec<Signature> = Vec::new();
    for n in 0..n_functions {
        let signature = declare_function(&mut out, &mut random, &structs, &done, n);
        done.push(signature);
    }
    let main = if package == "main" { "main" } else { "Main" };
    main_function(&mut out, &mut random, &structs, &done, main);
    out
}

fn declare_struct(out: &mut String, n: usize, fields: &[Ty]) {
    let _ = writeln!(out, "\ntype S{n} struct {{");
    for (index, ty) in fields.iter().enumerate() {
        let _ = writeln!(out, "\tF{index} {}", ty.text());
    }
    let star = if n.is_multiple_of(2) { "" } else { "*" };
    let _ = writeln!(out, "}}\n\nfunc (s {star}S{n}) measure(x int64) int64 {{");
    for (index, &ty) in fields.iter().enumerate() {
        let _ = writeln!(out, "\t{}", mixed(ty, &format!("s.F{index}")));
    }
    let _ = writeln!(out, "\treturn x*{} + int64(sum&0xff)\n}}", n + 3);
}

fn declare_function(
    out: &mut String,
    random: &mut Random,
    structs: &[Vec<Ty>],
    callable: &[Signature],
    n: usize,
) -> Signature {
    let params: Vec<Ty> = (0..random.below(7)).map(|_| Ty::any(random)).collect();
    let mut results = vec![Ty::Int(INT64)];
    results.extend((0..random.below(4)).map(|_| Ty::any(random)));
    let signature = Signature { name: format!("f{n}"), params, results };
    let list: Vec<String> =
        signature.params.iter().enumerate().map(|(i, ty)| format!(", p{i} {}", ty.text())).collect();
    let results = signature.results.iter().enumerate().map(|(i, ty)| format!("r{i} {}", ty.text()));
    let results = results.collect::<Vec<_>>().join(", ");
    let _ = writeln!(out, "\nfunc f{n}(z int{}) ({results}) {{", list.concat());
    let mut vars = vec![Var { name: "z".to_owned(), ty: Ty::Int(INT), is_writable: false }];
    let as_var = |(i, &ty): (usize, &Ty)| Var { name: format!("p{i}"), ty, is_writable: true };
    vars.extend(signature.params.iter().enumerate().map(as_var));
    let as_var = |(i, &ty): (usize, &Ty)| Var { name: format!("r{i}"), ty, is_writable: true };
    vars.extend(signature.results.iter().enumerate().map(as_var));
    let recovers = random.percent(25);
    let n_stmts = 4 + random.below(14);
    // A function that calls others is called by nobody in a loop, so that programs end soon.
    let callable = &callable[callable.len().saturating_sub(3)..];
    let scope = Scope { random, vars, structs };
    let mut body =
        Body { scope, out: String::new(), indent: 1, n_names: 0, callable, budget: 40, loop_depth: 0 };
    if recovers {
        body.line("defer func() { if r := recover(); r != nil { mixPanic(r); r0 += 1000 } }()");
    }
    for _ in 0..n_stmts {
        body.stmt();
    }
    let values: Vec<String> = signature.results.iter().map(|&ty| body.scope.expr(ty, 3)).collect();
    body.line(&format!("return {}", values.join(", ")));
    out.push_str(&body.out);
    out.push_str("}\n");
    signature
}

fn main_function(
    out: &mut String,
    random: &mut Random,
    structs: &[Vec<Ty>],
    functions: &[Signature],
    main: &str,
) {
    let _ = writeln!(out, "\nfunc {main}() {{");
    for function in functions {
        for z in [0i64, 1, -1, 77, 1 << 40] {
            let vars = vec![Var { name: "z".to_owned(), ty: Ty::Int(INT), is_writable: false }];
            let mut scope = Scope { random: &mut *random, vars, structs };
            let args: Vec<String> =
                function.params.iter().map(|&ty| format!(", {}", scope.expr(ty, 1))).collect();
            let (name, args) = (&function.name, args.concat());
            let results: Vec<String> = (0..function.results.len()).map(|i| format!("r{i}")).collect();
            let _ = writeln!(out, "\ttry(\"{name}\", func() {{\n\t\tz := {z}");
            let _ = writeln!(out, "\t\t{} := {name}(z{args})", results.join(", "));
            for (result, &ty) in results.iter().zip(&function.results) {
                let _ = writeln!(out, "\t\t{}", mixed(ty, result));
            }
            out.push_str("\t})\n");
        }
    }
    out.push_str("}\n");
}
