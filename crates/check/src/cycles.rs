//! Cycles of declarations.

use base::Span;
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;
use syntax::DeclKind;
use types::{ObjectId, ObjectKind, Type, TypeId};

use crate::checker::Checker;

/// A step of a cycle.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Step {
    /// A declared object.
    Object(ObjectId),
    /// An instance of a generic type, which is placed where it is first written.
    Instance(TypeId),
}

/// What is being checked, each step because the one before refers to it.
#[derive(Debug, Default)]
pub(crate) struct ObjectPath {
    steps: Vec<Step>,
    places: FxHashMap<Step, usize>,
}

impl ObjectPath {
    pub(crate) fn push(&mut self, step: Step) {
        self.places.insert(step, self.steps.len());
        self.steps.push(step);
    }

    pub(crate) fn pop(&mut self) {
        if let Some(step) = self.steps.pop() {
            self.places.remove(&step);
        }
    }

    pub(crate) fn contains(&self, step: Step) -> bool {
        self.places.contains_key(&step)
    }

    /// The path from `step` on, if it is on the path.
    pub(crate) fn cycle(&self, step: Step) -> Option<Vec<Step>> {
        self.places.get(&step).map(|&start| self.steps[start..].to_vec())
    }
}

impl Checker<'_> {
    /// Whether the cycle through `object`, which is on the path, is valid; reports it if not.
    pub(crate) fn is_valid_cycle(&mut self, object: ObjectId) -> bool {
        let Some(cycle) = self.path.cycle(Step::Object(object)) else { return true };
        let mut n_values = 0;
        let mut n_definitions = 0;
        for &step in &cycle {
            let Step::Object(object) = step else {
                n_definitions += 1;
                continue;
            };
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

    /// The index of the step that comes first in the source.
    pub(crate) fn first_in_source(&self, cycle: &[Step]) -> usize {
        (0..cycle.len()).min_by_key(|&index| self.step_span(cycle[index]).start).unwrap_or(0)
    }

    /// The object that a step is about.
    fn step_object(&self, step: Step) -> Option<ObjectId> {
        match step {
            Step::Object(object) => Some(object),
            Step::Instance(ty) => match self.types.get(ty) {
                Type::Named(named) => Some(named.object),
                _ => None,
            },
        }
    }

    fn step_span(&self, step: Step) -> Span {
        let written = match step {
            Step::Instance(ty) => self.instance_positions.get(&ty).map(|&pos| Span::at(pos)),
            Step::Object(_) => None,
        };
        written.or_else(|| self.step_object(step).map(|object| self.object_span(object))).unwrap_or_default()
    }

    /// The name in messages, qualified if it is of another package.
    fn step_name(&self, step: Step) -> String {
        match step {
            Step::Instance(ty) => self.ty(ty),
            Step::Object(object) => {
                let mut printer = types::Printer::new(self.types, self);
                printer.object_name(object);
                printer.finish()
            }
        }
    }

    /// The step for a declared type.
    pub(crate) fn step_of(&self, ty: TypeId) -> Option<Step> {
        match self.types.get(ty) {
            Type::Named(named) if named.origin.is_some() => Some(Step::Instance(ty)),
            Type::Named(named) => Some(Step::Object(named.object)),
            _ => None,
        }
    }

    /// Reports a cycle, beginning with the step at `start`.
    pub(crate) fn cycle_error(&mut self, cycle: &[Step], start: usize) {
        let first = cycle[start];
        let declared = self.step_object(first).map(|object| self.types.object(object));
        let is_type = declared.is_some_and(|data| data.is_type_name());
        if let Some(ty) = declared.and_then(|data| data.ty.get())
            && is_type
            && matches!(self.types.get(ty), Type::Alias(_))
        {
            self.types.set_rhs(ty, TypeId::INVALID);
        }
        let name = self.step_name(first);
        let at = self.step_span(first);
        if let [_] = cycle {
            let what = if is_type { "invalid recursive type" } else { "invalid cycle in declaration" };
            self.error(at, Code::InvalidDeclCycle, format!("{what}: {name} refers to itself"));
            return;
        }
        let what = if is_type { "invalid recursive type" } else { "invalid cycle in declaration of" };
        let mut error = Diagnostic::error(Code::InvalidDeclCycle, at, format!("{what} {name}"));
        let mut from = first;
        for i in 1..=cycle.len() {
            let to = cycle[(start + i) % cycle.len()];
            let message = format!("{} refers to {}", self.step_name(from), self.step_name(to));
            error = error.with_note(self.step_span(from), message);
            from = to;
        }
        self.report(error);
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
                        let cycle: Vec<Step> =
                            path[place..].iter().map(|&object| Step::Object(object)).collect();
                        self.cycle_error(&cycle, self.first_in_source(&cycle));
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
            let step =
                if self.types.type_args(ty).is_empty() { Step::Object(object) } else { Step::Instance(ty) };
            if let Some(cycle) = self.path.cycle(step) {
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
            Type::Named(_) => {
                if let Some(&known) = self.var_sizes.get(&ty) {
                    return known;
                }
                let Some(step) = self.step_of(ty) else { return false };
                if let Some(cycle) = self.path.cycle(step) {
                    self.cycle_error(&cycle, self.first_in_source(&cycle));
                    return true;
                }
                self.path.push(step);
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
