//! Types that are larger than a machine can hold, or than channels and maps are made for.
//!
//! As cmd/compile/internal/types, CalcSize: the limits are its limits. Only types that are written down are looked at.

use check::CheckedFile;
use diag::{Code, Diagnostic};
use syntax::{Descend, Node, walk_file};
use types::{PackageId, PackagePath, Printer, Qualifier, Type, TypeId, Types};

use super::Subject;

/// The first size that is too large for any type.
const MAX_SIZE: i64 = 1 << 50;
/// The first size that is too large for the element of a channel.
const MAX_CHAN_ELEM: i64 = 1 << 16;
/// The first size that is too large for the key or the element of a map.
const MAX_MAP_PART: i64 = 1 << 31;

pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for file in &subject.checked.files {
        check_file(subject, file, diagnostics);
    }
}

fn check_file(subject: &Subject<'_>, file: &CheckedFile, diagnostics: &mut Vec<Diagnostic>) {
    let types = &subject.session.types;
    let names = Names { types, home: subject.checked.id };
    walk_file(&file.tree, |node| {
        if let Node::Expr(expr) = node
            && file.info.exprs[expr].mode == check::Mode::Type
            && let Some(ty) = file.info.type_of(expr)
            && let Some(message) = problem(&names, ty)
        {
            diagnostics.push(Diagnostic::error(Code::TypeTooLarge, file.tree[expr].pos, message));
        }
        Descend::Into
    });
}

/// What is wrong with a type literal; its parts are looked at where they are written.
fn problem(names: &Names<'_>, ty: TypeId) -> Option<String> {
    let types = names.types;
    let reaches = |part: TypeId, limit: i64| {
        !types.may_mention_type_params(part) && types.size_of(part).is_none_or(|size| size >= limit)
    };
    match types.get(ty) {
        Type::Chan { elem, .. } if reaches(*elem, MAX_CHAN_ELEM) => {
            Some("channel element type too large (>64kB)".to_owned())
        }
        Type::Map { elem, .. } if reaches(*elem, MAX_MAP_PART) => {
            Some("map element type too large".to_owned())
        }
        Type::Map { key, .. } if reaches(*key, MAX_MAP_PART) => Some("map key type too large".to_owned()),
        Type::Array { elem, .. } if reaches(ty, MAX_SIZE) && !reaches(*elem, MAX_SIZE) => {
            Some(format!("type {} larger than address space", names.text(ty)))
        }
        Type::Struct(struct_)
            if reaches(ty, MAX_SIZE) && !struct_.fields.iter().any(|field| reaches(field.ty, MAX_SIZE)) =>
        {
            Some(format!("type {} too large", names.text(ty)))
        }
        _ => None,
    }
}

/// Prints types as the compiler does for the package `home`.
struct Names<'a> {
    types: &'a Types,
    home: PackageId,
}

impl Names<'_> {
    fn text(&self, ty: TypeId) -> String {
        let mut printer = Printer::new(self.types, self);
        printer.ty(ty);
        printer.finish()
    }
}

impl Qualifier for Names<'_> {
    fn package(&self, package: PackageId) -> PackagePath {
        if package == self.home {
            return PackagePath::None;
        }
        PackagePath::Qualified(self.types.package(package).name.to_string())
    }

    fn position(&self, _: base::Pos) -> String {
        String::from("-")
    }
}
