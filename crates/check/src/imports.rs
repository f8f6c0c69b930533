//! Import declarations.

use base::{Span, Symbol, sym};
use diag::{Code, Diagnostic};
use syntax::{DeclId, DeclKind, ExprId, IdentId, LitKind};
use types::{ObjectId, ObjectKind, PackageId};

use crate::{checker::Checker, collect::FileScope};

/// The characters that no import path has. As types2/resolver.go, `validatedImportPath`.
const ILLEGAL: &str = "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{FFFD}";

/// An import that must be used.
#[derive(Debug)]
pub(crate) struct ImportName {
    pub(crate) object: ObjectId,
    /// Where the import is, all of it.
    pub(crate) span: Span,
}

impl Checker<'_> {
    /// Declares what an import declares.
    pub(crate) fn import_decl(&mut self, decl: DeclId, scope: &FileScope) {
        let file = self.file();
        let DeclKind::Import { local, path } = file[decl].kind else {
            unreachable!("the caller has an import")
        };
        let Some(path_expr) = path else { return };
        let Some(path) = self.import_path(path_expr) else { return };
        let package = self.import(path_expr, &path);
        let name = local.map_or(self.types.package(package).name, |ident| file.name(ident));
        if let Some(local) = local
            && path == "C"
        {
            self.error(file.ident_span(local), Code::ImportCRenamed, "cannot rename import \"C\"");
            return;
        }
        let span = Span::new(file[decl].pos, file[decl].end);
        if name == sym::INIT {
            self.error(span, Code::InvalidInitDecl, "cannot import package as init - init must be a func");
            return;
        }
        if !self.imports.contains(&package) {
            self.imports.push(package);
        }
        let kind = ObjectKind::PackageName { imported: package };
        let object = self.types.declare(name, self.package, span.start, false, kind);
        self.types.object(object).ty.set(types::TypeId::INVALID);
        if let Some(local) = local {
            self.record_object(local, object);
        }
        if self.types.package(package).fake {
            self.used.insert(object);
        }
        self.import_names.push(ImportName { object, span });
        if name == sym::DOT {
            self.dot_import(local, object, package, scope);
        } else {
            self.declare(scope.id, None, object);
        }
    }

    /// The import path that a literal spells.
    fn import_path(&mut self, expr: ExprId) -> Option<String> {
        let file = self.file();
        match file[expr].kind {
            syntax::ExprKind::BasicLit(lit) if lit.kind == LitKind::String && !lit.is_bad => {}
            _ => return None,
        }
        let value = constant::parse_literal(constant::Literal::String, file.literal_text(expr));
        let path = String::from_utf8_lossy(&value.as_bytes()?).into_owned();
        let problem = if path.is_empty() {
            Some("empty string".to_owned())
        } else {
            path.chars()
                .find(|&c| c.is_whitespace() || c.is_control() || ILLEGAL.contains(c))
                .map(|c| format!("invalid character {}", unicode_name(c)))
        };
        if let Some(problem) = problem {
            self.error(self.at(expr), Code::BadImportPath, format!("invalid import path ({problem})"));
            return None;
        }
        Some(path)
    }

    /// The package for a path. When it cannot be imported, that is reported once, and a made-up package stands for it.
    fn import(&mut self, at: ExprId, path: &str) -> PackageId {
        let symbol = Symbol::intern(path);
        if let Some(&known) = self.imported.get(&symbol) {
            return known;
        }
        let package = if path == "C" && self.config.fake_import_c {
            self.types.add_package(symbol, symbol, true)
        } else if path == "unsafe" {
            self.types.unsafe_package()
        } else {
            match self.config.importer.import(path) {
                Ok(package) => package,
                Err(error) => {
                    let message = format!("could not import {path} ({})", error.reason);
                    self.error(self.at(at), Code::BrokenImport, message);
                    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
                    self.types.add_package(symbol, Symbol::intern(name), true)
                }
            }
        };
        self.imported.insert(symbol, package);
        package
    }

    /// Declares the exported objects of a package in the file itself.
    fn dot_import(&mut self, dot: Option<IdentId>, name: ObjectId, package: PackageId, scope: &FileScope) {
        let Some(imported) = self.types.package(package).scope() else { return };
        for (symbol, object) in imported.sorted() {
            if !symbol.is_exported() {
                continue;
            }
            match self.scopes.insert(scope.id, symbol, object) {
                Some(other) => {
                    let at = dot.map_or(Span::default(), |dot| self.file().ident_span(dot));
                    let error = Diagnostic::error(
                        Code::DuplicateDecl,
                        at,
                        format!("{symbol} redeclared in this block"),
                    );
                    let error = self.with_other_declaration(error, other);
                    self.report(error);
                }
                None => {
                    self.dot_imported.insert((scope.id, symbol), name);
                }
            }
        }
    }

    /// Reports imports that nothing refers to. Spec: "Import declarations".
    pub(crate) fn unused_imports(&mut self) {
        for import in std::mem::take(&mut self.import_names) {
            let object = self.types.object(import.object);
            if object.name == sym::BLANK || self.used.contains(&import.object) {
                continue;
            }
            let Some(package) = object.imported() else { continue };
            let path = self.types.package(package).path.as_str();
            let last = path.rsplit('/').next().unwrap_or(path);
            let quoted = constant::quote(path.as_bytes());
            let message = if object.name == sym::DOT || object.name.as_str() == last {
                format!("{quoted} imported and not used")
            } else {
                format!("{quoted} imported as {} and not used", object.name)
            };
            self.error(import.span, Code::UnusedImport, message);
        }
    }
}

/// A character as Go's `%#U` prints it.
fn unicode_name(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    if c.is_control() { code } else { format!("{code} '{c}'") }
}
