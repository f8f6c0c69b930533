//! The parts of messages: types, expressions and operands in Go's words.

use base::Pos;
use syntax::ExprId;
use types::{BasicInfo, FullPaths, ObjectId, PackageId, PackagePath, Printer, Qualifier, Term, Type, TypeId};

use crate::{
    checker::Checker,
    expr_text::expr_text,
    operand::{Mode, Operand, Source},
};

/// What starts messages about operands that an operator does not take.
pub(crate) const INVALID_OP: &str = "invalid operation: ";
/// What starts messages about arguments of predeclared functions.
pub(crate) const INVALID_ARG: &str = "invalid argument: ";

impl Qualifier for Checker<'_> {
    fn package(&self, package: PackageId) -> PackagePath {
        if package == self.package {
            return PackagePath::None;
        }
        let data = self.types.package(package);
        // When several packages have this name, the path tells them apart.
        if self.has_ambiguous_name(package) {
            return PackagePath::Qualified(constant::quote(data.path.as_str().as_bytes()));
        }
        PackagePath::Qualified(data.name.as_str().to_owned())
    }

    fn position(&self, pos: Pos) -> String {
        self.position_text(pos)
    }
}

impl Checker<'_> {
    /// `file:line:col`.
    pub(crate) fn position_text(&self, pos: Pos) -> String {
        self.config.sources.location(pos).map_or_else(|| "-".to_owned(), |location| location.to_string())
    }

    /// A type.
    pub(crate) fn ty(&self, ty: TypeId) -> String {
        let mut printer = Printer::new(self.types, self);
        printer.ty(ty);
        printer.finish()
    }

    /// A term of a union. Go prints the names in it with the paths of their packages.
    pub(crate) fn term_text(&self, term: Term) -> String {
        let qualifier = FullPaths(self.types);
        let mut printer = Printer::new(self.types, &qualifier);
        printer.text(if term.tilde { "~" } else { "" }).ty(term.ty);
        printer.finish()
    }

    /// An expression of the current file.
    pub(crate) fn expr_text(&self, expr: ExprId) -> String {
        expr_text(self.file(), expr)
    }

    /// The expression of an operand.
    pub(crate) fn source_text(&self, x: &Operand) -> String {
        match &x.source {
            Source::Expr(expr) => self.expr_text(*expr),
            Source::Described(_, text) => text.to_string(),
        }
    }

    /// An operand with everything that is known about it, such as `x (variable of type int)`.
    pub(crate) fn describe(&self, x: &Operand) -> String {
        if x.is_nil() {
            return match x.ty {
                TypeId::INVALID => "nil (with invalid type)".to_owned(),
                TypeId::UNTYPED_NIL => "nil".to_owned(),
                ty => format!("nil (of type {})", self.ty(ty)),
            };
        }
        let expr = self.source_text(x);
        let mut description = String::new();
        let has_type = !matches!(x.mode, Mode::Invalid | Mode::NoValue | Mode::Builtin(_) | Mode::TypeExpr);
        let is_untyped = has_type && self.types.is_untyped(x.ty);
        if is_untyped {
            description.push_str(&self.ty(x.ty));
            description.push(' ');
        }
        description.push_str(x.mode.describe());
        if let Mode::Constant(value) = &x.mode {
            let value = value.to_string();
            if value != expr {
                description.push(' ');
                description.push_str(&value);
            }
        }
        if has_type && !is_untyped {
            description.push_str(&self.describe_type(x.ty));
        }
        if expr.is_empty() { description } else { format!("{expr} ({description})") }
    }

    fn describe_type(&self, ty: TypeId) -> String {
        if !self.types.is_valid(ty) {
            return " with invalid type".to_owned();
        }
        let generic = if self.types.is_generic(ty) { "generic " } else { "" };
        let name = self.ty(ty);
        if let Type::TypeParam(_) = self.types.resolved(ty) {
            let bound = self.types.bound(self.types.unalias(ty));
            let empty = if self.has_empty_type_set(ty) { " with empty type set" } else { "" };
            return format!(" of {generic}type {name} constrained by {}{empty}", self.ty(bound));
        }
        // Of a declared type, say what it is made of.
        let kind = match self.types.get(ty) {
            Type::Alias(_) | Type::Named(_) => match self.composite_kind(ty) {
                "" => self.ty(self.types.underlying(ty)) + " ",
                kind => format!("{kind} "),
            },
            _ => String::new(),
        };
        format!(" of {generic}{kind}type {name}")
    }

    fn has_empty_type_set(&self, ty: TypeId) -> bool {
        self.types.as_interface(ty).is_some_and(|(id, _)| self.types.type_set(id).is_empty())
    }

    /// The kind of a composite type; empty for a basic one.
    pub(crate) fn composite_kind(&self, ty: TypeId) -> &'static str {
        match self.types.under(ty) {
            Type::Array { .. } => "array",
            Type::Slice(_) => "slice",
            Type::Struct(_) => "struct",
            Type::Pointer(_) => "pointer",
            Type::Signature(_) => "func",
            Type::Interface(_) => "interface",
            Type::Map { .. } => "map",
            Type::Chan { .. } => "chan",
            Type::Tuple(_) => "tuple",
            Type::Union(_) => "union",
            Type::Basic(_) | Type::Named(_) | Type::Alias(_) | Type::TypeParam(_) => "",
        }
    }

    /// The types of arguments or results, as in `have (number, string)`. `dots` is what goes with the last one.
    pub(crate) fn types_summary(&self, list: &[TypeId], dots: Dots) -> String {
        let mut parts: Vec<String> = list.iter().map(|&ty| self.summarize_type(ty)).collect();
        if let (Some(part), Some(&ty)) = (parts.last_mut(), list.last()) {
            match dots {
                Dots::None => {}
                Dots::Argument => part.push_str("..."),
                Dots::Parameter => match self.types.get(ty) {
                    Type::Slice(elem) => *part = format!("...{}", self.ty(*elem)),
                    _ => part.insert_str(0, "..."),
                },
            }
        }
        format!("({})", parts.join(", "))
    }

    fn summarize_type(&self, ty: TypeId) -> String {
        if !self.types.is_valid(ty) {
            "unknown type".to_owned()
        } else if !self.types.is_untyped(ty) {
            self.ty(ty)
        } else if self.types.is_basic(ty, BasicInfo::NUMERIC) {
            // "have number, want float64" asks for less than "have untyped int, want float64".
            "number".to_owned()
        } else {
            self.ty(ty).replace("untyped ", "")
        }
    }

    /// An object with its declaration in short, such as `var x int`.
    pub(crate) fn describe_variable(&self, object: ObjectId) -> String {
        let data = self.types.object(object);
        format!("var {} {}", data.name, self.ty(data.type_or_invalid()))
    }
}

/// What follows or precedes the last type of a summary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dots {
    None,
    /// `T...`: the call passes a slice.
    Argument,
    /// `...T`: the function is variadic.
    Parameter,
}

/// `1 value`, `2 values`.
pub(crate) fn measure(n: usize, unit: &str) -> String {
    if n == 1 { format!("{n} {unit}") } else { format!("{n} {unit}s") }
}
