//! The names of types and functions: what the linker sees, what `reflect` prints, what a traceback shows.
//!
//! | | `pkg` of a declared type | type arguments | example |
//! |---|---|---|---|
//! | [`Style::Link`] | import path | import paths | `example.com/a.T[example.com/b.U]` |
//! | [`Style::Argument`] | import path | the same | `example.com/a.T[int]` |
//! | [`Style::Reflect`] | package name | import paths, as gc | `a.T[example.com/b.U]` |
//!
//! Types declared inside functions share a name and differ in [`Style::Link`] by the place of their declaration in the package, in
//! [`Style::Argument`] by its number.

use std::fmt::Write as _;

use base::Symbol;
use types::{Basic, ChanDir, MemberName, Named, ObjectId, PackageId, Signature, Struct, Type, TypeId, Types};

/// How packages are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// Unique in the program: equal exactly for identical types.
    Link,
    /// What `reflect.Type.String` gives.
    Reflect,
    /// What it gives for type arguments.
    Argument,
}

/// The name of a type without type parameters.
pub(crate) fn type_name(types: &Types, ty: TypeId, style: Style) -> String {
    let mut writer = Writer { types, style, out: String::new() };
    writer.ty(ty);
    writer.out
}

/// The linker's prefix for what a package declares: its path, which is `main` for a program that is not under test.
pub(crate) fn package_prefix(types: &Types, package: PackageId) -> &'static str {
    types.package(package).path.as_str()
}

/// `[A,B]` with linker names, or nothing without arguments.
pub(crate) fn arguments(types: &Types, args: &[TypeId]) -> String {
    let mut writer = Writer { types, style: Style::Link, out: String::new() };
    writer.arguments(args, &[]);
    writer.out
}

struct Writer<'a> {
    types: &'a Types,
    style: Style,
    out: String,
}

impl Writer<'_> {
    fn ty(&mut self, ty: TypeId) {
        match self.types.resolved(ty) {
            Type::Basic(basic) => self.out.push_str(basic_name(*basic)),
            Type::Named(named) => self.named(named),
            Type::Pointer(elem) => self.prefixed("*", *elem),
            Type::Slice(elem) => self.prefixed("[]", *elem),
            Type::Array { n_elems, elem } => {
                let _ = write!(self.out, "[{n_elems}]");
                self.ty(*elem);
            }
            Type::Map { key, elem } => {
                self.prefixed("map[", *key);
                self.prefixed("]", *elem);
            }
            Type::Chan { dir, elem } => self.chan(*dir, *elem),
            Type::Struct(struct_) => self.struct_type(struct_),
            Type::Signature(signature) => {
                self.out.push_str("func");
                self.signature(signature);
            }
            Type::Interface(_) => self.interface(ty),
            Type::Tuple(elems) => self.tuple(elems.iter().copied()),
            other => unreachable!("{other:?} has no name in a program"),
        }
    }

    fn prefixed(&mut self, prefix: &str, ty: TypeId) {
        self.out.push_str(prefix);
        self.ty(ty);
    }

    fn package(&mut self, package: PackageId) {
        let prefix = match self.style {
            Style::Link | Style::Argument => package_prefix(self.types, package),
            Style::Reflect => self.types.package(package).name.as_str(),
        };
        self.out.push_str(prefix);
        self.out.push('.');
    }

    fn named(&mut self, named: &Named) {
        let object = self.types.object(named.object);
        if let Some(package) = object.package {
            self.package(package);
        }
        self.out.push_str(object.name.as_str());
        if !object.package_level && self.style == Style::Link {
            let _ = write!(self.out, "·{}", number(self.types, object));
        }
        self.arguments(&named.args, &named.outer_args);
        if !object.package_level && self.style == Style::Argument {
            let _ = write!(self.out, "·{}", self.types.local_number(named.object));
        }
    }

    /// `[A,B]`, for a type declared inside a generic function `[A;B]` with the function's arguments first.
    fn arguments(&mut self, args: &[TypeId], outer: &[TypeId]) {
        let is_param = |ty: &TypeId| matches!(self.types.resolved(*ty), Type::TypeParam(_));
        let outer: &[TypeId] = if outer.iter().any(is_param) { &[] } else { outer };
        if args.is_empty() && outer.is_empty() {
            return;
        }
        let inner = if self.style == Style::Link { Style::Link } else { Style::Argument };
        let style = std::mem::replace(&mut self.style, inner);
        self.out.push('[');
        self.list(outer);
        if !outer.is_empty() {
            self.out.push(';');
        }
        self.list(args);
        self.out.push(']');
        self.style = style;
    }

    fn list(&mut self, tys: &[TypeId]) {
        for (idx, &ty) in tys.iter().enumerate() {
            if idx > 0 {
                self.out.push(',');
            }
            self.ty(ty);
        }
    }

    fn chan(&mut self, dir: ChanDir, elem: TypeId) {
        let prefix = match dir {
            ChanDir::Both => "chan ",
            ChanDir::SendOnly => "chan<- ",
            ChanDir::ReceiveOnly => "<-chan ",
        };
        self.out.push_str(prefix);
        let needs_paren = dir == ChanDir::Both
            && matches!(self.types.resolved(elem), Type::Chan { dir: ChanDir::ReceiveOnly, .. });
        if needs_paren {
            self.prefixed("(", elem);
            self.out.push(')');
        } else {
            self.ty(elem);
        }
    }

    fn struct_type(&mut self, struct_: &Struct) {
        if struct_.fields.is_empty() {
            self.out.push_str("struct {}");
            return;
        }
        self.out.push_str("struct {");
        for (idx, field) in struct_.fields.iter().enumerate() {
            self.out.push_str(if idx == 0 { " " } else { "; " });
            if !field.embedded {
                self.member(field.name);
                self.out.push(' ');
            } else if self.style != Style::Reflect {
                // An embedded field may have an alias's name; the linker's name must tell it apart.
                self.member(field.name);
                self.out.push_str(" = ");
            }
            self.ty(field.ty);
            if !field.tag.as_str().is_empty() {
                let _ = write!(self.out, " {}", constant::quote(field.tag.as_str().as_bytes()));
            }
        }
        self.out.push_str(" }");
    }

    fn member(&mut self, name: MemberName) {
        if let (Some(package), Style::Link | Style::Argument) = (name.package, self.style) {
            self.package(package);
        }
        self.out.push_str(name.symbol.as_str());
    }

    fn interface(&mut self, ty: TypeId) {
        let methods = crate::methods::interface_methods(self.types, ty);
        if methods.is_empty() {
            self.out.push_str("interface {}");
            return;
        }
        self.out.push_str("interface {");
        for (idx, method) in methods.iter().enumerate() {
            self.out.push_str(if idx == 0 { " " } else { "; " });
            if let (Some(package), Style::Reflect) = (method.name.package, self.style) {
                self.package(package);
            }
            self.member(method.name);
            if let Type::Signature(signature) = self.types.resolved(method.ty) {
                self.signature(signature);
            }
        }
        self.out.push_str(" }");
    }

    fn signature(&mut self, signature: &Signature) {
        self.out.push('(');
        for (idx, param) in signature.params.iter().enumerate() {
            if idx > 0 {
                self.out.push_str(", ");
            }
            match self.types.resolved(param.ty) {
                Type::Slice(elem) if signature.variadic && idx + 1 == signature.params.len() => {
                    self.prefixed("...", *elem);
                }
                _ => self.ty(param.ty),
            }
        }
        self.out.push(')');
        match &*signature.results {
            [] => {}
            [only] => {
                self.prefixed(" ", only.ty);
            }
            several => {
                self.out.push(' ');
                self.tuple(several.iter().map(|result| result.ty));
            }
        }
    }

    fn tuple(&mut self, tys: impl Iterator<Item = TypeId>) {
        self.out.push('(');
        for (idx, ty) in tys.enumerate() {
            if idx > 0 {
                self.out.push_str(", ");
            }
            self.ty(ty);
        }
        self.out.push(')');
    }
}

/// `byte` and `rune` are other spellings of the same types.
fn basic_name(basic: Basic) -> &'static str {
    match basic {
        Basic::Byte => "uint8",
        Basic::Rune => "int32",
        other => other.name(),
    }
}

/// The linker symbol of a function or method for these type arguments (those of the receiver first).
pub(crate) fn function_symbol(types: &Types, object: ObjectId, args: &[TypeId]) -> Symbol {
    Symbol::intern(&function_name(types, object, &arguments(types, args)))
}

/// The name of a function in a traceback: type arguments are `[...]`, as gc prints them.
pub(crate) fn function_display(types: &Types, object: ObjectId, args: &[TypeId]) -> Symbol {
    Symbol::intern(&function_name(types, object, if args.is_empty() { "" } else { "[...]" }))
}

/// What tells an object from others of its name in its package.
pub(crate) fn number(types: &Types, object: &types::Object) -> u32 {
    object.package.map_or(object.pos.as_u32(), |package| types.package(package).number_of(object.pos))
}

/// The name of one of a package's `init` functions in a traceback: they are counted.
pub(crate) fn init_display(types: &Types, object: ObjectId, number: u32) -> Symbol {
    let prefix = types.object(object).package.map_or("", |package| package_prefix(types, package));
    Symbol::intern(&format!("{prefix}.init.{number}"))
}

fn function_name(types: &Types, id: ObjectId, args: &str) -> String {
    let object = types.object(id);
    let prefix = object.package.map_or("", |package| package_prefix(types, package));
    let receiver = object.as_func().and_then(|func| func.receiver.get());
    let name = object.name.as_str();
    // Several `_` functions and methods may stand beside each other, and several `init`s that are no methods.
    let is_repeatable = name == "_" || name == "init" && receiver.is_none();
    let unique = if is_repeatable { format!("·{}", number(types, object)) } else { String::new() };
    match receiver {
        None => format!("{prefix}.{name}{unique}{args}"),
        Some(receiver) => {
            let base = types.as_named(receiver.base).map_or(id, |(_, named)| named.object);
            let base = types.object(base);
            let local = if base.package_level { String::new() } else { format!("·{}", number(types, base)) };
            let base = base.name.as_str();
            match types.resolved(receiver.ty) {
                Type::Pointer(_) => format!("{prefix}.(*{base}{local}{args}).{name}{unique}"),
                _ => format!("{prefix}.{base}{local}{args}.{name}{unique}"),
            }
        }
    }
}
