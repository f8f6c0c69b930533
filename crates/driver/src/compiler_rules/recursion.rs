//! Interfaces without a name that contain themselves.
//!
//! The language does not forbid them, but no compiler could describe them: as cmd/compile/internal/noder, cycleFinder.

use check::CheckedFile;
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;
use syntax::{Descend, ExprKind, Node, walk_file};
use types::{Type, TypeId, Types};

use super::Subject;

const MESSAGE: &str =
    "invalid recursive type: anonymous interface refers to itself (see https://go.dev/issue/56103)";

pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for file in &subject.checked.files {
        check_file(subject, file, diagnostics);
    }
}

fn check_file(subject: &Subject<'_>, file: &CheckedFile, diagnostics: &mut Vec<Diagnostic>) {
    let types = &subject.session.types;
    let mut finder = Finder { types, is_on_path: FxHashMap::default() };
    walk_file(&file.tree, |node| {
        let Node::Expr(expr) = node else { return Descend::Into };
        let ExprKind::InterfaceType { .. } = file.tree[expr].kind else { return Descend::Into };
        let Some(interface) = file.info.type_of(expr).map(|ty| types.unalias(ty)) else {
            return Descend::Over;
        };
        if matches!(types.get(interface), Type::Interface(_)) && finder.has_cycle(interface) {
            diagnostics.push(Diagnostic::error(Code::InvalidTypeCycle, file.tree[expr].pos, MESSAGE));
            // One report per cycle is enough.
            finder.is_on_path.values_mut().for_each(|is_on_path| *is_on_path = false);
        }
        Descend::Over
    });
}

struct Finder<'a> {
    types: &'a Types,
    /// The interfaces met so far, and whether the search is inside of each.
    is_on_path: FxHashMap<TypeId, bool>,
}

impl Finder<'_> {
    /// Whether the methods of an interface, embedded ones included, lead back to an interface on the path.
    fn has_cycle(&mut self, interface: TypeId) -> bool {
        let types = self.types;
        types.type_set(interface).methods.iter().any(|method| self.leads_back(method.ty))
    }

    fn leads_back(&mut self, ty: TypeId) -> bool {
        let types = self.types;
        let ty = types.unalias(ty);
        match types.get(ty) {
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array { elem, .. } | Type::Chan { elem, .. } => {
                self.leads_back(*elem)
            }
            Type::Map { key, elem } => self.leads_back(*key) || self.leads_back(*elem),
            Type::Struct(struct_) => struct_.fields.iter().any(|field| self.leads_back(field.ty)),
            Type::Signature(signature) => {
                signature.params.iter().chain(&signature.results).any(|param| self.leads_back(param.ty))
            }
            Type::Tuple(elems) => elems.iter().any(|&elem| self.leads_back(elem)),
            Type::Interface(interface) => {
                !(interface.methods.is_empty() && interface.embedded.is_empty())
                    && self.interface_leads_back(ty)
            }
            // What has a name can be described by it.
            Type::Basic(_) | Type::Named(_) | Type::Alias(_) | Type::TypeParam(_) | Type::Union(_) => false,
        }
    }

    fn interface_leads_back(&mut self, interface: TypeId) -> bool {
        if let Some(&is_on_path) = self.is_on_path.get(&interface) {
            return is_on_path;
        }
        self.is_on_path.insert(interface, true);
        let has_cycle = self.has_cycle(interface);
        if !has_cycle {
            self.is_on_path.insert(interface, false);
        }
        has_cycle
    }
}
