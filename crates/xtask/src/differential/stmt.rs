//! Statements of generated functions.

use std::fmt::Write as _;

use super::expr::{Scope, Var};
use super::types::{INT, INT64, INTS, N_STRUCTS, Ty};

/// A function body being written.
pub(super) struct Body<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) out: String,
    pub(super) indent: usize,
    pub(super) n_names: usize,
    /// Functions that may be called: those before this one.
    pub(super) callable: &'a [Signature],
    /// How many more statements there may be.
    pub(super) budget: usize,
    pub(super) loop_depth: usize,
}

/// A generated function: its name, its parameters behind the first, and its results.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) name: String,
    pub(super) params: Vec<Ty>,
    pub(super) results: Vec<Ty>,
}

impl Body<'_> {
    pub(super) fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "\t".repeat(self.indent));
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.n_names += 1;
        format!("{prefix}{}", self.n_names)
    }

    /// A block of statements; the variables in it are gone afterwards.
    fn block(&mut self, n: usize) {
        let n_vars = self.scope.vars.len();
        self.indent += 1;
        for _ in 0..n {
            self.stmt();
        }
        self.indent -= 1;
        self.scope.vars.truncate(n_vars);
    }

    pub(super) fn stmt(&mut self) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        match self.scope.random.below(22) {
            0..=3 => self.declare(),
            4..=7 => self.assign(),
            8 | 9 => self.op_assign(),
            10 => self.store(),
            11 => self.mix(),
            12 | 13 => self.if_(),
            14 => self.for_(),
            15 => self.switch(),
            16 => self.range(),
            17 => self.call(),
            18 => self.closure(),
            19 => self.map(),
            20 => self.shape(),
            _ => self.rare(),
        }
    }

    fn push_var(&mut self, name: &str, ty: Ty, is_writable: bool) {
        self.scope.vars.push(Var { name: name.to_owned(), ty, is_writable });
    }

    pub(super) fn declare(&mut self) {
        let ty = Ty::any(self.scope.random);
        let value = self.scope.expr(ty, 3);
        let name = self.fresh("v");
        self.line(&format!("var {name} {} = {value}", ty.text()));
        self.line(&format!("_ = {name}"));
        self.push_var(&name, ty, true);
    }

    fn writable(&mut self, wanted: impl Fn(Ty) -> bool) -> Option<Var> {
        let vars = &self.scope.vars;
        let fitting: Vec<usize> =
            (0..vars.len()).filter(|&i| vars[i].is_writable && wanted(vars[i].ty)).collect();
        if fitting.is_empty() {
            return None;
        }
        let index = self.scope.random.pick(&fitting);
        Some(self.scope.vars[index].clone())
    }

    fn assign(&mut self) {
        let Some(var) = self.writable(|_| true) else { return self.declare() };
        let value = self.scope.expr(var.ty, 3);
        if self.scope.random.percent(15)
            && let Some(other) = self.writable(|ty| ty == var.ty)
        {
            let second = self.scope.expr(var.ty, 2);
            self.line(&format!("{}, {} = {value}, {second}", var.name, other.name));
            return;
        }
        self.line(&format!("{} = {value}", var.name));
    }

    fn op_assign(&mut self) {
        let Some(var) = self.writable(|ty| matches!(ty, Ty::Int(_))) else { return self.declare() };
        let Ty::Int(int) = var.ty else { return };
        if self.scope.random.percent(20) {
            let op = self.scope.random.pick(&["++", "--"]);
            return self.line(&format!("{}{op}", var.name));
        }
        let op = self.scope.random.pick(&["+=", "-=", "*=", "^=", "|=", "&=", "&^="]);
        let value =
            if self.scope.random.percent(30) { self.scope.literal(int) } else { self.scope.expr(var.ty, 2) };
        self.line(&format!("{} {op} {value}", var.name));
    }

    /// A store to an element or a field.
    fn store(&mut self) {
        let is_place = |ty| matches!(ty, Ty::Slice(_) | Ty::Array(_) | Ty::Struct(_) | Ty::Pointer(_));
        let Some(var) = self.writable(is_place) else { return self.assign() };
        match var.ty {
            Ty::Slice(elem) | Ty::Array(elem) => {
                let index = self.scope.expr(Ty::Int(INT), 2);
                let value = self.scope.expr(Ty::Int(elem), 2);
                self.line(&format!("{}[({index}) & 3] = {value}", var.name));
            }
            Ty::Struct(n) | Ty::Pointer(n) => {
                let index = self.scope.random.below(self.scope.structs[n].len());
                let value = self.scope.expr(self.scope.structs[n][index], 2);
                self.line(&format!("{}.F{index} = {value}", var.name));
            }
            _ => {}
        }
    }

    /// Makes a value count for the result.
    fn mix(&mut self) {
        let ty = Ty::simple(self.scope.random);
        let value = self.scope.expr(ty, 3);
        self.line(&mixed(ty, &value));
    }

    fn if_(&mut self) {
        let cond = self.scope.expr(Ty::Bool, 3);
        self.line(&format!("if {cond} {{"));
        self.block(2);
        if self.scope.random.percent(50) {
            self.line("} else {");
            self.block(2);
        }
        self.line("}");
    }

    fn for_(&mut self) {
        if self.loop_depth == 2 {
            return self.mix();
        }
        let name = self.fresh("i");
        let (start, n) = (self.scope.random.below(3), self.scope.random.pick(&[3, 4, 5, 9, 17]));
        let head = match self.scope.random.below(3) {
            0 => format!("for {name} := {start}; {name} < {n}; {name}++ {{"),
            1 => format!("for {name} := {n}; {name} > {start}; {name}-- {{"),
            _ => format!("for {name} := range {n} {{"),
        };
        self.line(&head);
        self.line(&format!("\t_ = {name}"));
        self.looped(|body| {
            body.push_var(&name, Ty::Int(INT), false);
            body.block(3);
        });
        self.line("}");
    }

    fn looped(&mut self, inside: impl FnOnce(&mut Self)) {
        let n_vars = self.scope.vars.len();
        self.loop_depth += 1;
        inside(self);
        if self.scope.random.percent(20) {
            let cond = self.scope.expr(Ty::Bool, 2);
            let word = self.scope.random.pick(&["break", "continue"]);
            self.line(&format!("\tif {cond} {{ {word} }}"));
        }
        self.loop_depth -= 1;
        self.scope.vars.truncate(n_vars);
    }

    fn switch(&mut self) {
        let int = self.scope.random.pick(&INTS);
        let tag = self.scope.expr(Ty::Int(int), 2);
        self.line(&format!("switch {tag} & 7 {{"));
        for case in 0..self.scope.random.below(6) {
            self.line(&format!("case {case}:"));
            self.block(1);
            if self.scope.random.percent(15) {
                self.line("\tfallthrough");
                self.line(&format!("case {}:", case + 20));
            }
        }
        self.line("default:");
        self.block(1);
        self.line("}");
    }

    fn range(&mut self) {
        if self.loop_depth == 2 {
            return self.mix();
        }
        let (index, elem) = (self.fresh("i"), self.fresh("e"));
        let over = match self.scope.random.below(3) {
            0 => Ty::Slice(self.scope.random.pick(&INTS)),
            1 => Ty::Array(self.scope.random.pick(&INTS)),
            _ => Ty::String,
        };
        let elem_ty = match over {
            Ty::Slice(int) | Ty::Array(int) => Ty::Int(int),
            _ => Ty::Int(INTS[3]),
        };
        let value = self.scope.expr(over, 2);
        self.line(&format!("for {index}, {elem} := range ({value}) {{"));
        self.line(&format!("\t_, _ = {index}, {elem}"));
        self.looped(|body| {
            body.push_var(&index, Ty::Int(INT), false);
            body.push_var(&elem, elem_ty, true);
            body.block(2);
        });
        self.line("}");
    }

    /// A call of an earlier function.
    fn call(&mut self) {
        if self.callable.is_empty() || self.loop_depth > 0 {
            return self.mix();
        }
        let callee = self.callable[self.scope.random.below(self.callable.len())].clone();
        let mut args = vec![self.scope.expr(Ty::Int(INT), 1)];
        args.extend(callee.params.iter().map(|&ty| self.scope.expr(ty, 2)));
        let names: Vec<String> = callee.results.iter().map(|_| self.fresh("v")).collect();
        self.line(&format!("{} := {}({})", names.join(", "), callee.name, args.join(", ")));
        for (name, &ty) in names.iter().zip(&callee.results) {
            self.line(&mixed(ty, name));
            self.push_var(name, ty, true);
        }
    }

    /// A closure that reads and writes what is around it.
    fn closure(&mut self) {
        let (param, result) = (Ty::simple(self.scope.random), Ty::simple(self.scope.random));
        let (name, arg) = (self.fresh("c"), self.fresh("a"));
        self.line(&format!("{name} := func({arg} {}) {} {{", param.text(), result.text()));
        let n_vars = self.scope.vars.len();
        let depth = std::mem::replace(&mut self.loop_depth, 1);
        self.push_var(&arg, param, true);
        self.block(2);
        let value = self.scope.expr(result, 2);
        self.line(&format!("\treturn {value}"));
        self.scope.vars.truncate(n_vars);
        self.loop_depth = depth;
        self.line("}");
        for _ in 0..1 + self.scope.random.below(2) {
            let value = self.scope.expr(param, 2);
            self.line(&mixed(result, &format!("{name}({value})")));
        }
    }

    fn map(&mut self) {
        let Some(var) = self.writable(|ty| matches!(ty, Ty::Map(_))) else { return self.declare() };
        let Ty::Map(key) = var.ty else { return };
        let index = self.scope.expr(Ty::Int(key), 2);
        match self.scope.random.below(5) {
            0 => self.line(&format!("delete({}, {index})", var.name)),
            1 => self.line(&format!("if x, ok := {}[{index}]; ok {{ mix(uint64(x)) }}", var.name)),
            2 => self.line(&format!("for k, x := range {} {{ unordered(uint64(k), x) }}", var.name)),
            3 => self.line(&format!("{}[{index}]++", var.name)),
            _ => {
                let value = self.scope.expr(Ty::Int(INT64), 2);
                self.line(&format!("{}[{index}] = {value}", var.name));
            }
        }
    }

    fn shape(&mut self) {
        let value = self.scope.expr(Ty::Shape, 2);
        let arg = self.scope.expr(Ty::Int(INT64), 2);
        if self.scope.random.percent(50) {
            return self.line(&format!("mix(uint64({value}.measure({arg})))"));
        }
        let name = self.fresh("t");
        self.line(&format!("switch {name} := Shape({value}).(type) {{"));
        for n in 0..N_STRUCTS {
            let star = if n % 2 == 0 { "" } else { "*" };
            self.line(&format!("case {star}S{n}:"));
            self.line(&format!("\tmix(uint64({name}.measure({arg})))"));
        }
        self.line("default:");
        self.line(&format!("\tmix(uint64({name}.measure(1)))"));
        self.line("}");
    }

    fn rare(&mut self) {
        let ty = Ty::simple(self.scope.random);
        let value = self.scope.expr(ty, 2);
        match self.scope.random.below(6) {
            0 => self.line(&format!("defer func(x {}) {{ {} }}({value})", ty.text(), mixed(ty, "x"))),
            1 => {
                let int = self.scope.random.pick(&INTS);
                let (a, b) = (self.scope.expr(Ty::Int(int), 2), self.scope.expr(Ty::Int(int), 2));
                self.line(&format!("mix(uint64(fold({a}, {b})))"));
            }
            2 => {
                let (a, b) = (self.scope.expr(ty, 2), self.scope.expr(ty, 2));
                self.line(&format!("mix(uint64(found([]{}{{{a}, {b}}}, {value})))", ty.text()));
            }
            3 => self.line(&format!("mix(guarded(func() {{ {} }}))", mixed(ty, &value))),
            4 => self.line(&format!("mix(boxed(any({value})))")),
            _ => {
                let cond = self.scope.expr(Ty::Bool, 2);
                self.line(&format!("if {cond} {{ panic(\"stopped\") }}"));
            }
        }
    }
}

/// The statement that makes a value count; `value` is a variable unless the type is simple.
pub(super) fn mixed(ty: Ty, value: &str) -> String {
    match ty {
        Ty::Int(_) => format!("mix(uint64({value}))"),
        Ty::Float(_) => format!("mixFloat(float64({value}))"),
        Ty::Bool => format!("mixBool({value})"),
        Ty::String => format!("mixString({value})"),
        Ty::Slice(_) | Ty::Array(_) => format!("for _, x := range {value} {{ mix(uint64(x)) }}"),
        Ty::Struct(_) => format!("mix(uint64({value}.measure(1)))"),
        Ty::Pointer(_) | Ty::Shape => format!("if {value} != nil {{ mix(uint64({value}.measure(2))) }}"),
        Ty::Map(_) => format!("mix(uint64(len({value})))"),
    }
}
