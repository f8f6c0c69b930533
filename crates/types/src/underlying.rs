//! What a type is made of: aliases resolved, right-hand sides followed, instances expanded.
//!
//! Expansion is lazy and memoised in the instance's own cells. Two threads may expand the same instance at the same time:
//! interning makes them store the same id.

use crate::{Alias, Named, ObjectId, Substitution, Type, TypeId, TypeParam, Types};

impl Types {
    /// `ty` without aliases around it. The invalid type for an alias whose declaration is still being checked.
    #[inline]
    pub fn unalias(&self, ty: TypeId) -> TypeId {
        match self.get(ty) {
            Type::Alias(_) => self.try_unalias(ty).unwrap_or(TypeId::INVALID),
            _ => ty,
        }
    }

    /// As [`Types::unalias`], but `None` for an alias whose declaration is still being checked.
    pub fn try_unalias(&self, mut ty: TypeId) -> Option<TypeId> {
        while let Type::Alias(alias) = self.get(ty) {
            ty = self.alias_rhs(alias)?;
        }
        Some(ty)
    }

    /// What an alias stands for, possibly another alias.
    pub fn alias_rhs(&self, alias: &Alias) -> Option<TypeId> {
        if let Some(rhs) = alias.rhs.get() {
            return Some(rhs);
        }
        let origin = alias.origin?;
        let Type::Alias(generic) = self.get(origin) else {
            unreachable!("the origin of an alias is an alias")
        };
        let rhs =
            self.substitute(generic.rhs.get()?, &Substitution::new(self.type_params(origin), &alias.args));
        alias.rhs.set(rhs);
        Some(rhs)
    }

    /// The type's structure after unaliasing: what to match on when a declared type must stay one.
    #[inline]
    pub fn resolved(&self, ty: TypeId) -> &Type {
        self.get(self.unalias(ty))
    }

    /// The underlying type. Of a type parameter, its constraint interface; of an incomplete type, the invalid type.
    #[inline]
    pub fn underlying(&self, ty: TypeId) -> TypeId {
        self.try_underlying(ty).unwrap_or(TypeId::INVALID)
    }

    /// The structure of the underlying type.
    #[inline]
    pub fn under(&self, ty: TypeId) -> &Type {
        self.get(self.underlying(ty))
    }

    /// As [`Types::underlying`], but `None` for an incomplete type.
    pub fn try_underlying(&self, ty: TypeId) -> Option<TypeId> {
        match self.get(ty) {
            Type::Named(named) => named.underlying.get().or_else(|| self.resolve_underlying(ty)),
            Type::Alias(_) => self.try_underlying(self.try_unalias(ty)?),
            Type::TypeParam(param) => Some(self.constraint_interface(param)),
            _ => Some(ty),
        }
    }

    /// Whether the type has an underlying type yet.
    pub fn is_complete(&self, ty: TypeId) -> bool {
        self.try_underlying(ty).is_some()
    }

    /// Follows the chain of right-hand sides and memoises its end in every link.
    fn resolve_underlying(&self, start: TypeId) -> Option<TypeId> {
        let mut chain = crate::store::TypeList::new();
        let mut ty = start;
        let end = loop {
            ty = self.try_unalias(ty)?;
            let Type::Named(named) = self.get(ty) else { break self.underlying(ty) };
            if let Some(underlying) = named.underlying.get() {
                break underlying;
            }
            if chain.contains(&ty) {
                break TypeId::INVALID;
            }
            chain.push(ty);
            ty = self.named_rhs(named)?;
        };
        for link in chain {
            if let Type::Named(named) = self.get(link) {
                named.underlying.set(end);
            }
        }
        Some(end)
    }

    /// The right-hand side of the declaration; of an instance, after substitution. `None` while it is not known.
    pub fn named_rhs(&self, named: &Named) -> Option<TypeId> {
        if let Some(rhs) = named.rhs.get() {
            return Some(rhs);
        }
        let origin = named.origin?;
        let Type::Named(generic) = self.get(origin) else {
            unreachable!("the origin of an instance is declared")
        };
        let rhs = generic.rhs.get()?;
        let params = self.type_params(origin);
        let rhs = if named.args.len() != params.len() {
            TypeId::INVALID
        } else if named.outer_args.is_empty() {
            self.substitute(rhs, &Substitution::new(params, &named.args))
        } else {
            let all_params: Vec<_> = generic.outer_args.iter().chain(params).copied().collect();
            let all_args: Vec<_> = named.outer_args.iter().chain(&named.args).copied().collect();
            self.monomorphise(rhs, &Substitution::new(&all_params, &all_args))
        };
        named.rhs.set(rhs);
        Some(rhs)
    }

    /// The constraint of a type parameter as an interface.
    fn constraint_interface(&self, param: &TypeParam) -> TypeId {
        if let Some(interface) = param.interface.get() {
            return interface;
        }
        let bound = param.bound.get().unwrap_or(TypeId::INVALID);
        if self.is_type_param(bound) {
            return TypeId::EMPTY_INTERFACE; // An error, reported where the bound is written.
        }
        let Some(underlying) = self.try_underlying(bound) else { return TypeId::EMPTY_INTERFACE };
        let interface = match self.get(underlying) {
            Type::Interface(_) => underlying,
            _ if underlying == TypeId::INVALID => return TypeId::EMPTY_INTERFACE,
            _ => self.implicit_interface(bound),
        };
        param.interface.set(interface);
        interface
    }

    /// The constraint of a type parameter as it is spelled, wrapped into an interface if it is none.
    pub fn constraint(&self, param: TypeId) -> TypeId {
        let bound = self.bound(param);
        if self.is_interface(bound) || !self.is_valid(bound) { bound } else { self.underlying(param) }
    }

    /// The type parameters that a declared type or alias was declared with; for an instance, those of its origin.
    pub fn type_params(&self, ty: TypeId) -> &[TypeId] {
        let (origin, params) = match self.get(ty) {
            Type::Named(named) => (named.origin, &named.type_params),
            Type::Alias(alias) => (alias.origin, &alias.type_params),
            _ => return &[],
        };
        match origin {
            Some(origin) => self.type_params(origin),
            None => params.get().map_or(&[], |params| params),
        }
    }

    /// The type arguments of an instance; empty for anything else.
    pub fn type_args(&self, ty: TypeId) -> &[TypeId] {
        match self.get(ty) {
            Type::Named(named) => &named.args,
            Type::Alias(alias) => &alias.args,
            _ => &[],
        }
    }

    /// The generic type that an instance was made from; the type itself if it is no instance.
    pub fn origin(&self, ty: TypeId) -> TypeId {
        match self.get(ty) {
            Type::Named(named) => named.origin.unwrap_or(ty),
            Type::Alias(alias) => alias.origin.unwrap_or(ty),
            _ => ty,
        }
    }

    /// Whether this is a generic type (or alias) that still needs arguments.
    pub fn is_generic(&self, ty: TypeId) -> bool {
        match self.get(ty) {
            Type::Alias(alias) if alias.origin.is_none() && alias.type_params.get().is_some() => true,
            Type::Alias(_) => self.try_unalias(ty).is_some_and(|ty| self.is_generic(ty)),
            Type::Named(named) => named.origin.is_none() && !self.type_params(ty).is_empty(),
            _ => false,
        }
    }

    /// The declared type behind aliases, if it is one.
    pub fn as_named(&self, ty: TypeId) -> Option<(TypeId, &Named)> {
        let ty = self.unalias(ty);
        match self.get(ty) {
            Type::Named(named) => Some((ty, named)),
            _ => None,
        }
    }

    /// The methods that are declared for a type, in source order; for an instance, those of its origin.
    pub fn methods(&self, ty: TypeId) -> &[ObjectId] {
        match self.get(self.origin(ty)) {
            Type::Named(named) => named.methods.get().map_or(&[], |methods| methods),
            _ => &[],
        }
    }

    /// The signature of the method `index` of a declared type; for an instance, after substitution. `None` while the
    /// method's declaration is not checked.
    pub fn method_type(&self, ty: TypeId, index: u32) -> Option<TypeId> {
        let methods = self.methods(ty);
        let object = self.object(*methods.get(index as usize)?);
        let declared = object.ty.get()?;
        let Type::Named(named) = self.get(ty) else { return Some(declared) };
        if named.origin.is_none() {
            return Some(declared);
        }
        let receiver = object.as_func().and_then(|func| func.receiver.get())?;
        if receiver.type_params.len() != named.args.len() {
            return Some(declared);
        }
        let cells =
            named.method_types.get_or_init(|| methods.iter().map(|_| crate::TypeCell::unset()).collect());
        let cell = &cells[index as usize];
        if let Some(known) = cell.get() {
            return Some(known);
        }
        let substituted = self.substitute(declared, &Substitution::new(&receiver.type_params, &named.args));
        cell.set(substituted);
        Some(substituted)
    }
}
