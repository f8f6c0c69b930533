//! Types as text, as Go's error messages print them.

use std::fmt::Write;

use base::{Pos, Symbol};

use crate::{ChanDir, Interface, Object, ObjectId, PackageId, Param, Signature, Struct, Type, TypeId, Types};

/// A type whose text gets longer than this is not written to its end: declarations of a few lines can stand for a type that
/// nobody could print.
const MAX_BYTES: usize = 64 << 10;

/// How a package-level name is printed outside its package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PackagePath {
    /// Without qualifier.
    None,
    /// As `text.Name`.
    Qualified(String),
}

/// What a printer must ask the place where the text appears.
pub trait Qualifier {
    /// How names of `package` are qualified.
    fn package(&self, package: PackageId) -> PackagePath;
    /// A position in words.
    fn position(&self, pos: Pos) -> String;
}

/// Qualifies every name by its full import path, and knows no positions.
pub struct FullPaths<'a>(pub &'a Types);

impl Qualifier for FullPaths<'_> {
    fn package(&self, package: PackageId) -> PackagePath {
        let path = self.0.package(package).path.as_str();
        // A test variant is called `path [variant]` in the store.
        PackagePath::Qualified(path.split(" [").next().unwrap_or(path).to_owned())
    }

    fn position(&self, _: Pos) -> String {
        String::from("-")
    }
}

/// Prints types.
pub struct Printer<'a> {
    types: &'a Types,
    qualifier: &'a dyn Qualifier,
    param_names: bool,
    /// Whether the first unexported field is still to be annotated with its package.
    annotate_package: bool,
    active: Vec<TypeId>,
    out: String,
}

impl<'a> Printer<'a> {
    /// A printer that starts with no text.
    pub fn new(types: &'a Types, qualifier: &'a dyn Qualifier) -> Self {
        Self {
            types,
            qualifier,
            param_names: true,
            annotate_package: false,
            active: Vec::new(),
            out: String::new(),
        }
    }

    /// Leaves parameter names out.
    #[must_use]
    pub fn without_param_names(mut self) -> Self {
        self.param_names = false;
        self
    }

    /// Says to which package the first unexported field belongs.
    #[must_use]
    pub fn with_field_package(mut self) -> Self {
        self.annotate_package = true;
        self
    }

    /// The text so far.
    pub fn finish(self) -> String {
        self.out
    }

    /// Appends text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.out.push_str(text);
        self
    }

    /// Appends a type.
    pub fn ty(&mut self, ty: TypeId) -> &mut Self {
        if self.active.contains(&ty) {
            return self.text("<cycle>");
        }
        if self.out.len() > MAX_BYTES {
            return self.text("...");
        }
        self.active.push(ty);
        match self.types.get(ty) {
            Type::Basic(basic) => {
                self.text(basic.name());
            }
            Type::Named(named) => self.declared(named.object, ty, &named.args),
            Type::Alias(alias) => self.declared(alias.object, ty, &alias.args),
            Type::TypeParam(param) => self.type_param(param.object),
            Type::Pointer(elem) => {
                self.text("*").ty(*elem);
            }
            Type::Slice(elem) => {
                self.text("[]").ty(*elem);
            }
            Type::Array { n_elems, elem } => {
                let _ = write!(self.out, "[{n_elems}]");
                self.ty(*elem);
            }
            Type::Map { key, elem } => {
                self.text("map[").ty(*key).text("]").ty(*elem);
            }
            Type::Chan { dir, elem } => self.chan(*dir, *elem),
            Type::Struct(struct_) => self.struct_(struct_),
            Type::Tuple(elems) => {
                self.text("(").list(elems).text(")");
            }
            Type::Signature(signature) => {
                self.text("func").signature(signature);
            }
            Type::Interface(interface) => self.interface(interface),
            Type::Union(terms) => {
                for (i, term) in terms.iter().enumerate() {
                    self.text(if i > 0 { " | " } else { "" })
                        .text(if term.tilde { "~" } else { "" })
                        .ty(term.ty);
                }
            }
        }
        self.active.pop();
        self
    }

    /// Appends types with commas between them.
    pub fn list(&mut self, types: &[TypeId]) -> &mut Self {
        for (i, &ty) in types.iter().enumerate() {
            self.text(if i > 0 { ", " } else { "" }).ty(ty);
        }
        self
    }

    /// Appends the qualified name of an object.
    pub fn object_name(&mut self, object: ObjectId) -> &mut Self {
        let Object { name, package, .. } = *self.types.object(object);
        self.qualified(package, name)
    }

    fn qualified(&mut self, package: Option<PackageId>, name: Symbol) -> &mut Self {
        if let Some(package) = package
            && let PackagePath::Qualified(path) = self.qualifier.package(package)
        {
            self.text(&path).text(".");
        }
        self.text(name.as_str())
    }

    fn declared(&mut self, object: ObjectId, ty: TypeId, args: &[TypeId]) {
        self.object_name(object);
        if !args.is_empty() {
            self.text("[").list(args).text("]");
        } else {
            let params = self.types.type_params(ty);
            if !params.is_empty() {
                self.type_param_list(params);
            }
        }
    }

    fn type_param(&mut self, object: ObjectId) {
        let Object { name, pos, .. } = *self.types.object(object);
        self.text(name.as_str());
        if self.types.universe().get(name).is_some() {
            let position = self.qualifier.position(pos);
            let _ = write!(self.out, " /* with {name} declared at {position} */");
        }
    }

    /// Appends a type parameter list with its constraints.
    fn type_param_list(&mut self, params: &[TypeId]) {
        self.text("[");
        let mut previous = None;
        for (i, &param) in params.iter().enumerate() {
            let bound = self.types.bound(param);
            if i > 0 {
                if let Some(previous) = previous.filter(|&previous| previous != bound) {
                    self.text(" ").ty(previous);
                }
                self.text(", ");
            }
            previous = Some(bound);
            self.ty(param);
        }
        if let Some(bound) = previous {
            self.text(" ").ty(bound);
        }
        self.text("]");
    }

    fn chan(&mut self, dir: ChanDir, elem: TypeId) {
        let (text, parenthesise) = match dir {
            ChanDir::Both => {
                ("chan ", matches!(self.types.get(elem), Type::Chan { dir: ChanDir::ReceiveOnly, .. }))
            }
            ChanDir::SendOnly => ("chan<- ", false),
            ChanDir::ReceiveOnly => ("<-chan ", false),
        };
        self.text(text).text(if parenthesise { "(" } else { "" }).ty(elem);
        self.text(if parenthesise { ")" } else { "" });
    }

    fn struct_(&mut self, struct_: &Struct) {
        self.text("struct{");
        for (i, field) in struct_.fields.iter().enumerate() {
            self.text(if i > 0 { "; " } else { "" });
            let annotation = field.name.package.filter(|_| self.annotate_package);
            self.annotate_package &= annotation.is_none();
            if !field.embedded {
                self.text(field.name.symbol.as_str()).text(" ");
            }
            self.ty(field.ty);
            if let Some(package) = annotation {
                let path = self.types.package(package).path;
                let _ = write!(self.out, " /* package {path} */ ");
            }
            if field.tag != base::sym::EMPTY {
                let _ = write!(self.out, " {}", quote(field.tag.as_str()));
            }
        }
        self.text("}");
    }

    fn interface(&mut self, interface: &Interface) {
        if interface.comparable {
            self.text("interface{comparable}");
            return;
        }
        if interface.implicit
            && let [only] = *interface.embedded
        {
            self.ty(only);
            return;
        }
        self.text("interface{");
        let mut separator = "";
        for method in &interface.methods {
            self.text(separator).text(method.name.symbol.as_str());
            separator = "; ";
            if let Type::Signature(signature) = self.types.get(method.ty) {
                self.signature(signature);
            }
        }
        for &element in &interface.embedded {
            self.text(separator).ty(element);
            separator = "; ";
        }
        self.text("}");
    }

    /// Appends a signature without the word `func`.
    pub fn signature(&mut self, signature: &Signature) -> &mut Self {
        if !signature.type_params.is_empty() {
            self.type_param_list(&signature.type_params);
        }
        self.params(&signature.params, signature.variadic);
        match signature.results.as_slice() {
            [] => self,
            [only] if only.name == base::sym::EMPTY => self.text(" ").ty(only.ty),
            results => self.text(" ").params(results, false),
        }
    }

    fn params(&mut self, params: &[Param], variadic: bool) -> &mut Self {
        self.text("(");
        for (i, param) in params.iter().enumerate() {
            self.text(if i > 0 { ", " } else { "" });
            if param.name != base::sym::EMPTY && self.param_names {
                self.text(param.name.as_str()).text(" ");
            }
            if variadic && i + 1 == params.len() {
                match self.types.get(param.ty) {
                    Type::Slice(elem) => self.text("...").ty(*elem),
                    // append([]byte, string...): the dots follow a type that is not a slice.
                    _ => self.ty(param.ty).text("..."),
                };
            } else {
                self.ty(param.ty);
            }
        }
        self.text(")")
    }
}

/// A string as Go's `strconv.Quote` writes it.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
