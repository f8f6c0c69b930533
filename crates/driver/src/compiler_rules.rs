//! What Go's compiler adds to its type checker: a few rules about directives and bodies, and hints about versions.
//!
//! The checker does not know them, because they are about how a package is built and not about the language.

use check::{CheckedFile, CheckedPackage, GoVersion};
use diag::{Code, Diagnostic};
use load::Package;
use syntax::{DeclKind, DirectiveKind, File};

use crate::Session;
use crate::session::Bodies;

/// Adds to `diagnostics` what the compiler would have said about a checked package.
pub(crate) fn apply(
    session: &Session<'_>,
    package: &Package,
    checked: &CheckedPackage,
    package_version: GoVersion,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for diagnostic in &mut *diagnostics {
        explain_version(session, checked, package_version, diagnostic);
    }
    for file in &checked.files {
        linkname_needs_unsafe(&file.tree, diagnostics);
        let is_complete = session.settings.bodies == Bodies::Required;
        if is_complete && !package.has_assembly && !package.is_standard() {
            missing_bodies(&file.tree, diagnostics);
        }
    }
}

/// A feature that is too new: says who asked for the older version. As cmd/compile/internal/noder, checkFiles.
fn explain_version(
    session: &Session<'_>,
    checked: &CheckedPackage,
    package_version: GoVersion,
    diagnostic: &mut Diagnostic,
) {
    let is_about_version =
        diagnostic.message.contains("requires go1.") && diagnostic.message.ends_with("or later");
    if !is_about_version {
        return;
    }
    let id = session.sources.file_of(diagnostic.pos());
    let file = checked.files.iter().find(|file| Some(file.tree.id) == id);
    let file_version = file.map_or(package_version, |file: &CheckedFile| file.info.go_version);
    let says_so = |file: &CheckedFile| {
        file.tree.build_lines.iter().any(|line| line.text.ends_with(&format!(" {file_version}")))
    };
    diagnostic.message += &if file.is_some_and(says_so) {
        format!(" (file declares //go:build {file_version})")
    } else {
        format!(" (-lang was set to {package_version}; check go.mod)")
    };
}

/// `//go:linkname` reaches into other packages, so a file that uses it has to say `unsafe`.
fn linkname_needs_unsafe(tree: &File, diagnostics: &mut Vec<Diagnostic>) {
    if imports(tree, "unsafe") {
        return;
    }
    let linknames =
        tree.directives.iter().filter(|directive| matches!(directive.kind, DirectiveKind::Linkname { .. }));
    diagnostics.extend(linknames.map(|directive| {
        let message = "//go:linkname only allowed in Go files that import \"unsafe\"";
        Diagnostic::error(Code::Directive, directive.pos, message)
    }));
}

fn imports(tree: &File, wanted: &str) -> bool {
    tree[tree.decls].iter().any(|&decl| match tree[decl].kind {
        DeclKind::Import { path: Some(path), .. } => {
            tree.literal_text(path).trim_matches(['"', '`']) == wanted
        }
        _ => false,
    })
}

/// A function without a body is somewhere else: in assembly, or where a linkname says.
fn missing_bodies(tree: &File, diagnostics: &mut Vec<Diagnostic>) {
    for &decl in &tree[tree.decls] {
        let DeclKind::Func { name, body: None, .. } = tree[decl].kind else { continue };
        let is_linked = tree.directives.iter().any(|directive| match directive.kind {
            DirectiveKind::Linkname { local, .. } => local == tree.name(name),
            _ => false,
        });
        if !is_linked {
            diagnostics.push(Diagnostic::error(Code::BadDecl, tree[name].pos, "missing function body"));
        }
    }
}
