//! Types that would contain themselves. Spec: "Type declarations", invalid recursive types.
//!
//! **Terms.** The *nest* of a type is the stack of declared types whose memory (or, for interfaces, whose elements) it is
//! part of. A type in its own nest has no size. The *path* is the whole way here, for the message; the nest is shorter
//! after a step from a type parameter to its argument, which is part of the place where the instance is written.

use types::{ObjectId, Type, TypeId};

use crate::{checker::Checker, cycles::Step};

impl Checker<'_> {
    /// Reports a declared type that contains itself, and makes it invalid.
    pub(crate) fn valid_type(&mut self, ty: TypeId) {
        if !self.is_surely_finite(ty, &mut Vec::new()) {
            self.is_finite(ty, &mut Vec::new(), &mut Vec::new());
        }
    }

    /// Whether a type contains no declared type twice on any way, where instances are taken to contain their arguments and
    /// type parameters to contain nothing. Then no instance contains itself. This looks at each declaration once, and
    /// [`Self::is_finite`] as often as it is mentioned on different ways.
    fn is_surely_finite(&mut self, ty: TypeId, active: &mut Vec<TypeId>) -> bool {
        let types = self.types;
        let ty = types.unalias(ty);
        match types.get(ty) {
            Type::Array { elem, .. } => self.is_surely_finite(*elem, active),
            Type::Struct(struct_) => {
                struct_.fields.iter().all(|field| self.is_surely_finite(field.ty, active))
            }
            Type::Union(terms) => terms.iter().all(|term| self.is_surely_finite(term.ty, active)),
            Type::Interface(interface) => {
                interface.embedded.iter().all(|&elem| self.is_surely_finite(elem, active))
            }
            Type::Named(named) => {
                named.args.iter().all(|&arg| self.is_surely_finite(arg, active))
                    && self.is_declaration_surely_finite(types.origin(ty), active)
            }
            _ => true,
        }
    }

    fn is_declaration_surely_finite(&mut self, origin: TypeId, active: &mut Vec<TypeId>) -> bool {
        let is_imported = self.types.type_params(origin).is_empty() && !self.is_local(origin);
        if is_imported || self.surely_finite.contains(&origin) {
            return true;
        }
        if active.contains(&origin) {
            return false;
        }
        let Some(rhs) = self.rhs(origin) else { return false };
        active.push(origin);
        let is_finite = self.is_surely_finite(rhs, active);
        active.pop();
        if is_finite {
            self.surely_finite.insert(origin);
        }
        is_finite
    }

    fn is_finite(&mut self, ty: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let types = self.types;
        let ty = types.unalias(ty);
        match types.get(ty) {
            Type::Array { elem, .. } => self.is_finite(*elem, nest, path),
            Type::Struct(struct_) => struct_.fields.iter().all(|field| self.is_finite(field.ty, nest, path)),
            Type::Union(terms) => terms.iter().all(|term| self.is_finite(term.ty, nest, path)),
            Type::Interface(interface) => {
                interface.embedded.iter().all(|&elem| self.is_finite(elem, nest, path))
            }
            Type::Named(_) => self.is_declared_finite(ty, nest, path),
            Type::TypeParam(_) => self.is_argument_finite(ty, nest, path),
            _ => true,
        }
    }

    fn is_declared_finite(&mut self, ty: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let types = self.types;
        let origin = types.origin(ty);
        let is_plain = types.type_params(ty).is_empty();
        // A type that is not generic is the same everywhere: look once, and not at all into other packages.
        if is_plain && (self.finite_types.contains(&ty) || !self.is_local(origin)) {
            return true;
        }
        if nest.iter().any(|&outer| types.identical(outer, ty)) {
            types.set_rhs(origin, TypeId::INVALID);
            let start = path.iter().position(|&outer| types.identical(outer, ty)).unwrap_or(0);
            let cycle: Vec<Step> = path[start..].iter().filter_map(|&ty| self.step_of(ty)).collect();
            self.cycle_error(&cycle, 0);
            return false;
        }
        nest.push(ty);
        path.push(ty);
        let rhs = self.rhs(origin);
        let is_finite = rhs.is_none_or(|rhs| self.is_finite(rhs, nest, path));
        nest.pop();
        path.pop();
        if is_finite && is_plain {
            self.finite_types.insert(ty);
        }
        is_finite
    }

    /// A type parameter stands for the argument of the innermost instance around it.
    fn is_argument_finite(&mut self, param: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let Some(&instance) = nest.last() else { return true };
        let index = self.types.type_params(instance).iter().position(|&p| p == param);
        let Some(&arg) = index.and_then(|index| self.types.type_args(instance).get(index)) else {
            return true;
        };
        // The argument is part of the place where the instance is written.
        nest.pop();
        let is_finite = self.is_finite(arg, nest, path);
        nest.push(instance);
        is_finite
    }

    fn is_local(&self, declared: TypeId) -> bool {
        self.type_object(declared)
            .is_some_and(|object| self.types.object(object).package == Some(self.package))
    }

    fn type_object(&self, ty: TypeId) -> Option<ObjectId> {
        match self.types.get(ty) {
            Type::Named(named) => Some(named.object),
            _ => None,
        }
    }
}
