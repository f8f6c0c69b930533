//! Expressions of generated programs. They have no side effects but panics, so that the order of evaluation, where the
//! language leaves it open, does not matter.

use super::random::Random;
use super::types::{INT, INTS, Int, N_STRUCTS, Ty};

/// A variable in scope.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) ty: Ty,
    /// Whether it may be assigned to: loop counters may not.
    pub(super) is_writable: bool,
}

/// What expressions are made from.
pub(super) struct Scope<'a> {
    pub(super) random: &'a mut Random,
    pub(super) vars: Vec<Var>,
    /// The fields of each struct type.
    pub(super) structs: &'a [Vec<Ty>],
}

impl Scope<'_> {
    /// The name of a variable of a type.
    pub(super) fn var(&mut self, ty: Ty) -> Option<String> {
        let fitting: Vec<usize> = (0..self.vars.len()).filter(|&i| self.vars[i].ty == ty).collect();
        (!fitting.is_empty()).then(|| self.vars[self.random.pick(&fitting)].name.clone())
    }

    /// An expression of a type that is not a constant.
    pub(super) fn expr(&mut self, ty: Ty, depth: u32) -> String {
        if depth == 0 || self.random.percent(20) {
            return self.leaf(ty);
        }
        match ty {
            Ty::Int(int) => self.int(int, depth - 1),
            Ty::Float(n_bits) => self.float(n_bits, depth - 1),
            Ty::Bool => self.bool(depth - 1),
            Ty::String => self.string(depth - 1),
            Ty::Slice(elem) => self.slice(elem, depth - 1),
            Ty::Array(elem) => {
                let elems: Vec<String> = (0..4).map(|_| self.expr(Ty::Int(elem), depth - 1)).collect();
                format!("[4]{}{{{}}}", elem.name, elems.join(", "))
            }
            Ty::Struct(n) => self.struct_literal(n, depth - 1),
            Ty::Pointer(n) => format!("&{}", self.struct_literal(n, depth - 1)),
            Ty::Map(key) => {
                let entry = (self.expr(Ty::Int(key), depth - 1), self.expr(Ty::Int(INTS[4]), depth - 1));
                format!("map[{}]int64{{{}: {}}}", key.name, entry.0, entry.1)
            }
            Ty::Shape => self.shape(depth - 1),
        }
    }

    /// A variable, or else what makes a value from the seed variable `z`, of type int.
    fn leaf(&mut self, ty: Ty) -> String {
        if let Some(name) = self.var(ty) {
            return name;
        }
        let k = self.random.below(100);
        match ty {
            Ty::Int(int) => format!("{}(z+{k})", int.name),
            Ty::Float(n_bits) => format!("float{n_bits}(z-{k})"),
            Ty::Bool => format!("(z > {k})"),
            Ty::String => format!("texts[(z+{k})&7]"),
            Ty::Slice(elem) => format!("make([]{}, 5)", elem.name),
            Ty::Array(elem) => format!("[4]{}{{}}", elem.name),
            Ty::Struct(n) => format!("S{n}{{}}"),
            Ty::Pointer(n) => format!("new(S{n})"),
            Ty::Map(key) => format!("map[{}]int64{{}}", key.name),
            Ty::Shape => format!("Shape(S{}{{}})", self.random.pick(&[0, 2])),
        }
    }

    fn int(&mut self, int: Int, depth: u32) -> String {
        let ty = Ty::Int(int);
        match self.random.below(16) {
            0..=5 => {
                let op = self.random.pick(&["+", "-", "*", "&", "|", "^", "&^"]);
                format!("({} {op} {})", self.expr(ty, depth), self.operand(int, depth))
            }
            6 => {
                let op = self.random.pick(&["/", "%"]);
                format!("({} {op} ({} | 1))", self.expr(ty, depth), self.expr(ty, depth))
            }
            7 => {
                let op = self.random.pick(&["/", "%"]);
                format!("({} {op} {})", self.expr(ty, depth), self.random.pick(&[1, 2, 3, 7, 8, 10, 100]))
            }
            8 => {
                let op = self.random.pick(&["<<", ">>"]);
                format!(
                    "({} {op} {})",
                    self.expr(ty, depth),
                    self.random.pick(&[0, 1, 3, 7, 8, 31, 63, 64, 65])
                )
            }
            9 => {
                let count = self.random.pick(&INTS);
                let op = self.random.pick(&["<<", ">>"]);
                format!("({} {op} ({} & 71))", self.expr(ty, depth), self.expr(Ty::Int(count), depth))
            }
            10 => format!("{}{}", self.random.pick(&["-", "^"]), self.paren(ty, depth)),
            11 => {
                let from = Ty::Int(self.random.pick(&INTS));
                format!("{}({})", int.name, self.expr(from, depth))
            }
            12 => {
                let n_bits = self.random.pick(&[32, 64]);
                format!("{}({})", int.name, self.expr(Ty::Float(n_bits), depth))
            }
            13 => format!(
                "{}({}, {})",
                self.random.pick(&["min", "max"]),
                self.expr(ty, depth),
                self.expr(ty, depth)
            ),
            14 => self.element(int, depth),
            _ => self.length_or_field(int, depth),
        }
    }

    fn paren(&mut self, ty: Ty, depth: u32) -> String {
        format!("({})", self.expr(ty, depth))
    }

    /// The second operand of an operator that allows any.
    fn operand(&mut self, int: Int, depth: u32) -> String {
        if self.random.percent(30) {
            return self.literal(int);
        }
        self.expr(Ty::Int(int), depth)
    }

    /// A constant of a type.
    pub(super) fn literal(&mut self, int: Int) -> String {
        let edges: Vec<i128> = if int.is_signed {
            let top = 1i128 << (int.n_bits - 1);
            vec![0, 1, -1, 2, 5, 10, top - 1, -top, -top + 1, 100]
        } else {
            let top = 1i128 << int.n_bits;
            vec![0, 1, 2, 5, 10, top - 1, top - 2, top / 2, top / 2 - 1, 100]
        };
        let value = self.random.pick(&edges);
        if value < 0 { format!("({value})") } else { value.to_string() }
    }

    /// An element of a slice or array; the index is often in range.
    fn element(&mut self, int: Int, depth: u32) -> String {
        let of = if self.random.percent(50) { Ty::Slice(int) } else { Ty::Array(int) };
        let Some(name) = self.var(of) else { return self.leaf(Ty::Int(int)) };
        let mask = if matches!(of, Ty::Array(_)) { 3 } else { self.random.pick(&[3, 3, 3, 7]) };
        format!("{name}[({}) & {mask}]", self.expr(Ty::Int(INT), depth))
    }

    fn length_or_field(&mut self, int: Int, depth: u32) -> String {
        if self.random.percent(40) {
            let of = self.random.pick(&[Ty::String, Ty::Slice(int), Ty::Map(int)]);
            return format!("{}(len({}))", int.name, self.expr(of, depth.min(1)));
        }
        self.field(Ty::Int(int)).unwrap_or_else(|| self.leaf(Ty::Int(int)))
    }

    /// A field of a struct variable, or behind a pointer variable.
    fn field(&mut self, ty: Ty) -> Option<String> {
        let mut found = Vec::new();
        for (n, fields) in self.structs.iter().enumerate() {
            for (index, &field) in fields.iter().enumerate() {
                if field == ty {
                    found.push((n, index));
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        let (n, index) = self.random.pick(&found);
        let of = self.random.pick(&[Ty::Struct(n), Ty::Pointer(n)]);
        self.var(of).map(|name| format!("{name}.F{index}"))
    }

    fn float(&mut self, n_bits: u32, depth: u32) -> String {
        let ty = Ty::Float(n_bits);
        match self.random.below(8) {
            0..=3 => {
                let op = self.random.pick(&["+", "-", "*", "/"]);
                format!("({} {op} {})", self.expr(ty, depth), self.expr(ty, depth))
            }
            4 => {
                let from = Ty::Int(self.random.pick(&INTS));
                format!("float{n_bits}({})", self.expr(from, depth))
            }
            5 => format!("float{n_bits}({})", self.expr(Ty::Float(96 - n_bits), depth)),
            6 => format!("-{}", self.paren(ty, depth)),
            _ => self.field(ty).unwrap_or_else(|| self.leaf(ty)),
        }
    }

    fn bool(&mut self, depth: u32) -> String {
        match self.random.below(6) {
            0..=2 => {
                let ty = Ty::simple(self.random);
                let ops: &[&str] =
                    if ty == Ty::Bool { &["==", "!="] } else { &["==", "!=", "<", "<=", ">", ">="] };
                let op = self.random.pick(ops);
                format!("({} {op} {})", self.expr(ty, depth), self.expr(ty, depth))
            }
            3 => {
                let op = self.random.pick(&["&&", "||"]);
                format!("({} {op} {})", self.expr(Ty::Bool, depth), self.expr(Ty::Bool, depth))
            }
            4 => format!("!{}", self.paren(Ty::Bool, depth)),
            _ => {
                let n = self.random.below(N_STRUCTS);
                let ty = self.random.pick(&[Ty::Struct(n), Ty::Pointer(n), Ty::Shape, Ty::Array(INT)]);
                format!(
                    "({} == {})",
                    self.operand_of_comparison(ty, depth),
                    self.operand_of_comparison(ty, depth)
                )
            }
        }
    }

    /// A composite literal needs parentheses in a condition.
    fn operand_of_comparison(&mut self, ty: Ty, depth: u32) -> String {
        self.paren(ty, depth)
    }

    fn string(&mut self, depth: u32) -> String {
        match self.random.below(6) {
            0 | 1 => format!("short({} + {})", self.expr(Ty::String, depth), self.expr(Ty::String, depth)),
            2 => format!("string(rune({} & 0x7ff))", self.expr(Ty::Int(INTS[3]), depth)),
            3 => format!("texts[({}) & 7]", self.expr(Ty::Int(INT), depth)),
            4 => match self.var(Ty::String) {
                Some(name) => {
                    let at = self.expr(Ty::Int(INT), depth);
                    format!("{name}[:min(len({name}), ({at}) & 15)]")
                }
                None => self.leaf(Ty::String),
            },
            _ => self.field(Ty::String).unwrap_or_else(|| self.leaf(Ty::String)),
        }
    }

    fn slice(&mut self, elem: Int, depth: u32) -> String {
        let ty = Ty::Slice(elem);
        match self.random.below(5) {
            0 => {
                let elems: Vec<String> = (0..4).map(|_| self.expr(Ty::Int(elem), depth)).collect();
                format!("[]{}{{{}}}", elem.name, elems.join(", "))
            }
            1 => format!("append({}, {})", self.leaf(ty), self.expr(Ty::Int(elem), depth)),
            2 => format!("append({}, few({})...)", self.leaf(ty), self.leaf(ty)),
            3 => match self.var(ty) {
                Some(name) => {
                    let low = self.expr(Ty::Int(INT), depth);
                    format!("{name}[({low}) & 3:]")
                }
                None => self.leaf(ty),
            },
            _ => format!("append([]{}(nil), {}...)", elem.name, self.leaf(ty)),
        }
    }

    fn struct_literal(&mut self, n: usize, depth: u32) -> String {
        let fields = self.structs[n].clone();
        let values: Vec<String> = fields
            .iter()
            .enumerate()
            .filter(|_| self.random.percent(80))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|(index, &ty)| format!("F{index}: {}", self.expr(ty, depth.min(2))))
            .collect();
        format!("S{n}{{{}}}", values.join(", "))
    }

    fn shape(&mut self, depth: u32) -> String {
        let n = self.random.below(N_STRUCTS);
        // Even structs have value methods, odd ones pointer methods.
        let ty = if n.is_multiple_of(2) && self.random.percent(60) { Ty::Struct(n) } else { Ty::Pointer(n) };
        format!("Shape({})", self.expr(ty, depth))
    }
}
