//! Cycles of declarations.

use base::Pos;
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;
use syntax::DeclKind;
use types::{ObjectId, ObjectKind, Type, TypeId};

use crate::checker::Checker;

/// The objects whose declarations are being checked, each because the one before refers to it.
#[derive(Debug, Default)]
pub(crate) struct ObjectPath {
    objects: Vec<ObjectId>,
    places: FxHashMap<ObjectId, usize>,
}

impl ObjectPath {
    pub(crate) fn push(&mut self, object: ObjectId) {
        self.places.insert(object, self.objects.len());
        self.objects.push(object);
    }

    pub(crate) fn pop(&mut self) {
        if let Some(object) = self.objects.pop() {
            self.places.remove(&object);
        }
    }

    pub(crate) fn contains(&self, object: ObjectId) -> bool {
        self.places.contains_key(&object)
    }

    /// The path from `object` on, if it is on the path.
    pub(crate) fn cycle(&self, object: ObjectId) -> Option<Vec<ObjectId>> {
        self.places.get(&object).map(|&start| self.objects[start..].to_vec())
    }
}

impl Checker<'_> {
    /// Whether the cycle through `object`, which is on the path, is valid; reports it if not.
    pub(crate) fn is_valid_cycle(&mut self, object: ObjectId) -> bool {
        let Some(cycle) = self.path.cycle(object) else { return true };
        let mut n_values = 0;
        let mut n_definitions = 0;
        for &object in &cycle {
            let data = self.types.object(object);
            match data.kind {
                ObjectKind::Const(_) | ObjectKind::Var(_) => n_values += 1,
                ObjectKind::TypeName => {
                    // Through a type parameter list: the generic type is complete enough.
                    if self.env.in_type_params && data.ty.get().is_some_and(|ty| self.types.is_generic(ty)) {
                        return true;
                    }
                    n_definitions += usize::from(!self.is_alias_name(object));
                }
                _ => {}
            }
        }
        // A cycle of values alone is reported with the order of initialisation. One of types alone must have a definition:
        // aliases alone would expand for ever.
        if n_values == cycle.len() || n_values == 0 && n_definitions > 0 {
            return true;
        }
        self.cycle_error(&cycle, self.first_in_source(&cycle));
        false
    }

    fn is_alias_name(&self, object: ObjectId) -> bool {
        match self.types.object(object).ty.get() {
            Some(ty) => matches!(self.types.get(ty), Type::Alias(_)),
            None => self.type_declaration(object).is_some_and(|(declaration, decl)| {
                matches!(self.files[declaration.file][decl].kind, DeclKind::Type { is_alias: true, .. })
            }),
        }
    }

    /// The index of the object that comes first in the source.
    pub(crate) fn first_in_source(&self, cycle: &[ObjectId]) -> usize {
        let pos = |index: &usize| -> Pos { self.types.object(cycle[*index]).pos };
        (0..cycle.len()).min_by_key(pos).unwrap_or(0)
    }

    /// Reports a cycle, starting with the object at `start`.
    pub(crate) fn cycle_error(&mut self, cycle: &[ObjectId], start: usize) {
        let object = cycle[start];
        let data = self.types.object(object);
        let is_type = data.is_type_name();
        if let Some(ty) = data.ty.get()
            && is_type
            && matches!(self.types.get(ty), Type::Alias(_))
        {
            self.types.set_rhs(ty, TypeId::INVALID);
        }
        let name = self.qualified_name(object);
        let at = self.object_span(object);
        if let [_] = cycle {
            let what = if is_type { "invalid recursive type" } else { "invalid cycle in declaration" };
            self.error(at, Code::InvalidDeclCycle, format!("{what}: {name} refers to itself"));
            return;
        }
        let what = if is_type { "invalid recursive type" } else { "invalid cycle in declaration of" };
        let mut error = Diagnostic::error(Code::InvalidDeclCycle, at, format!("{what} {name}"));
        let mut from = object;
        for i in 1..=cycle.len() {
            let to = cycle[(start + i) % cycle.len()];
            let message = format!("{} refers to {}", self.qualified_name(from), self.qualified_name(to));
            error = error.with_note(self.object_span(from), message);
            from = to;
        }
        self.report(error);
    }

    /// The name of an object, qualified if it is of another package.
    fn qualified_name(&self, object: ObjectId) -> String {
        let mut printer = types::Printer::new(self.types, self);
        printer.object_name(object);
        printer.finish()
    }

    /// Reports cycles of package-level type declarations that consist of nothing but names, and makes them invalid.
    pub(crate) fn direct_cycles(&mut self) {
        /// Whether a type name was visited; if it is on the current path, its place there.
        enum Visit {
            Active(usize),
            Done,
        }
        let mut visits: FxHashMap<ObjectId, Visit> = FxHashMap::default();
        let objects = self.declarations.objects().to_vec();
        for (start, _) in objects {
            let mut path = Vec::new();
            let mut next = self.types.object(start).is_type_name().then_some(start);
            while let Some(name) = next {
                match visits.get(&name) {
                    Some(Visit::Done) => break,
                    Some(&Visit::Active(place)) => {
                        self.types.object(name).ty.set(TypeId::INVALID);
                        let cycle = &path[place..];
                        self.cycle_error(cycle, self.first_in_source(cycle));
                        break;
                    }
                    None => {
                        visits.insert(name, Visit::Active(path.len()));
                        path.push(name);
                        next = self.named_right_side(name);
                    }
                }
            }
            for name in path {
                visits.insert(name, Visit::Done);
            }
        }
    }

    /// The type name of this package that is the whole right-hand side of a type declaration.
    fn named_right_side(&self, object: ObjectId) -> Option<ObjectId> {
        let (declaration, decl) = self.type_declaration(object)?;
        let file = &self.files[declaration.file];
        let DeclKind::Type { ty, .. } = file[decl].kind else { return None };
        let target = self.scopes.own(self.package_scope, file.name(file.as_name(ty)?))?;
        self.types.object(target).is_type_name().then_some(target)
    }

    /// Whether a type has an underlying type. If it has none because it is being declared, reports the cycle.
    pub(crate) fn is_complete(&mut self, mut ty: TypeId) -> bool {
        loop {
            let object = match self.types.get(ty) {
                Type::Named(named) => named.object,
                Type::Alias(alias) => alias.object,
                _ => return true,
            };
            let is_declared = self.types.type_args(ty).is_empty();
            if let Some(cycle) = self.path.cycle(object).filter(|_| is_declared) {
                self.cycle_error(&cycle, self.first_in_source(&cycle));
                return false;
            }
            // Names may refer to each other: type A B; type B [unsafe.Sizeof(A{})]int.
            match self.rhs(ty) {
                Some(rhs) => ty = rhs,
                None => return true,
            }
        }
    }

    /// Whether the size of a type depends on type parameters, or the type contains itself and has no size.
    pub(crate) fn has_var_size(&mut self, ty: TypeId) -> bool {
        let ty = self.types.unalias(ty);
        match self.types.get(ty) {
            Type::Named(named) => {
                if let Some(&known) = self.var_sizes.get(&ty) {
                    return known;
                }
                if let Some(cycle) = self.path.cycle(named.object) {
                    self.cycle_error(&cycle, self.first_in_source(&cycle));
                    return true;
                }
                self.path.push(named.object);
                let rhs = self.rhs(ty).unwrap_or(TypeId::INVALID);
                let is_variable = self.has_var_size(rhs);
                self.path.pop();
                self.var_sizes.insert(ty, is_variable);
                is_variable
            }
            Type::Array { elem, .. } => self.has_var_size(*elem),
            Type::Struct(struct_) => struct_.fields.iter().any(|field| self.has_var_size(field.ty)),
            Type::TypeParam(_) => true,
            _ => false,
        }
    }
}
