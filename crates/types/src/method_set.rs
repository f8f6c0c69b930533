//! All methods that a value of some type has, promoted ones included. Spec: "Method sets".

use base::Symbol;
use rustc_hash::FxHashSet;

use crate::{Lookup, Member, MemberName, Selected, Type, TypeId, Types};

/// The methods of a type in the order of names that itabs and `reflect` use.
#[derive(Clone, Debug, Default)]
pub struct MethodSet {
    /// The methods, sorted by [`Types::compare_names`].
    pub entries: Vec<MethodSetEntry>,
}

/// A method of a method set.
#[derive(Clone, Debug)]
pub struct MethodSetEntry {
    /// Its name.
    pub name: MemberName,
    /// The method and the way to it.
    pub selected: Selected,
}

impl MethodSet {
    /// The method with this name.
    pub fn get(&self, name: MemberName) -> Option<&Selected> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| &entry.selected)
    }
}

impl Types {
    /// The method set of a type. Generic methods are in no method set that an interface can ask for, and are left out.
    pub fn method_set(&self, ty: TypeId) -> MethodSet {
        let mut names = Vec::new();
        self.collect_names(self.dereference(ty).0, &mut names, &mut FxHashSet::default());
        names.sort_by(|a, b| self.compare_names(*a, *b));
        names.dedup();
        let entries = names
            .into_iter()
            .filter_map(|name| match self.lookup(ty, false, name.package, name.symbol) {
                Lookup::Found(selected) if self.is_plain_method(selected.member) => {
                    Some(MethodSetEntry { name, selected })
                }
                _ => None,
            })
            .collect();
        MethodSet { entries }
    }

    /// Whether a member is a method without type parameters of its own.
    fn is_plain_method(&self, member: Member) -> bool {
        !matches!(member, Member::Field { .. })
            && self.member_type(member).is_some_and(
                |ty| matches!(self.get(ty), Type::Signature(signature) if signature.type_params.is_empty()),
            )
    }

    /// The names of all methods that `ty` or anything embedded in it has.
    fn collect_names(&self, ty: TypeId, names: &mut Vec<MemberName>, seen: &mut FxHashSet<TypeId>) {
        if !seen.insert(self.canonical(ty)) {
            return;
        }
        if let Some((named, _)) = self.as_named(ty) {
            names.extend(self.methods(named).iter().map(|&method| self.method_name(method)));
        }
        let underlying = self.underlying(ty);
        match self.get(underlying) {
            Type::Struct(struct_) => {
                for field in struct_.fields.iter().filter(|field| field.embedded) {
                    self.collect_names(self.dereference(field.ty).0, names, seen);
                }
            }
            Type::Interface(_) => {
                names.extend(self.type_set(underlying).methods.iter().map(|method| method.name))
            }
            _ => {}
        }
    }

    fn method_name(&self, method: crate::ObjectId) -> MemberName {
        let object = self.object(method);
        let name: Symbol = object.name;
        self.member_name(name, object.package)
    }
}
