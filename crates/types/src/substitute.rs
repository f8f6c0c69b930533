//! Replacing type parameters by type arguments.

use crate::{
    Field, Method, Named, Object, ObjectKind, Param, Signature, Term, Type, TypeCell, TypeId, Types,
    store::{Mentions, TypeList},
};

/// Which type parameters are replaced by what.
#[derive(Copy, Clone, Debug)]
pub struct Substitution<'a> {
    params: &'a [TypeId],
    args: &'a [TypeId],
}

impl<'a> Substitution<'a> {
    /// Replaces each of `params` by the argument at the same place; surplus parameters stay.
    pub fn new(params: &'a [TypeId], args: &'a [TypeId]) -> Self {
        Self { params, args }
    }

    /// The argument for a type parameter.
    pub fn get(&self, param: TypeId) -> Option<TypeId> {
        let index = self.params.iter().position(|&p| p == param)?;
        self.args.get(index).copied()
    }
}

impl Types {
    /// `ty` with type parameters replaced.
    pub fn substitute(&self, ty: TypeId, substitution: &Substitution<'_>) -> TypeId {
        if substitution.params.is_empty() {
            return ty;
        }
        Substituter { types: self, substitution, reach: Mentions::TYPE_PARAMS }.visit(ty)
    }

    /// As [`Types::substitute`], and types declared inside generic functions become instances for these arguments: what
    /// one copy of a generic function's body uses. `substitution` covers the type parameters of that function.
    pub fn monomorphise(&self, ty: TypeId, substitution: &Substitution<'_>) -> TypeId {
        if substitution.params.is_empty() {
            return ty;
        }
        Substituter { types: self, substitution, reach: Mentions::ANYTHING }.visit(ty)
    }

    /// The signature of a generic function for these arguments.
    pub fn instantiate_signature(&self, signature: TypeId, args: &[TypeId]) -> TypeId {
        let Type::Signature(generic) = self.get(signature) else { return signature };
        let plain = self.signature(Signature {
            type_params: Box::default(),
            params: generic.params.clone(),
            results: generic.results.clone(),
            variadic: generic.variadic,
        });
        self.substitute(plain, &Substitution::new(&generic.type_params, args))
    }

    /// Whether `ty` may mention a type parameter: without one it has a size and needs no substitution.
    pub fn may_mention_type_params(&self, ty: TypeId) -> bool {
        self.entry(ty).mentions.intersects(Mentions::TYPE_PARAMS)
    }
}

struct Substituter<'a> {
    types: &'a Types,
    substitution: &'a Substitution<'a>,
    /// Only types that mention one of these can change.
    reach: Mentions,
}

impl Substituter<'_> {
    fn visit(&self, ty: TypeId) -> TypeId {
        let entry = self.types.entry(ty);
        if !entry.mentions.intersects(self.reach) {
            return ty;
        }
        match &entry.ty {
            Type::Basic(_) => ty,
            Type::TypeParam(_) => self.substitution.get(ty).unwrap_or(ty),
            Type::Named(named) => self.named(ty, named),
            Type::Alias(alias) => self.alias(ty, alias),
            Type::Pointer(elem) => self.types.pointer(self.visit(*elem)),
            Type::Slice(elem) => self.types.slice(self.visit(*elem)),
            Type::Array { n_elems, elem } => self.types.array(*n_elems, self.visit(*elem)),
            Type::Map { key, elem } => self.types.map(self.visit(*key), self.visit(*elem)),
            Type::Chan { dir, elem } => self.types.chan(*dir, self.visit(*elem)),
            Type::Struct(struct_) => self.struct_(&struct_.fields),
            Type::Tuple(elems) => self.types.tuple(self.list(elems).as_slice()),
            Type::Signature(signature) => self.signature(signature),
            Type::Interface(interface) => self.interface(ty, interface),
            Type::Union(terms) => {
                let terms: Vec<_> =
                    terms.iter().map(|term| Term { tilde: term.tilde, ty: self.visit(term.ty) }).collect();
                self.types.union(terms)
            }
        }
    }

    fn list(&self, types: &[TypeId]) -> TypeList {
        types.iter().map(|&ty| self.visit(ty)).collect()
    }

    fn named(&self, ty: TypeId, named: &Named) -> TypeId {
        let origin = named.origin.unwrap_or(ty);
        if named.origin.is_none() && !self.reach.intersects(Mentions::LOCAL_TYPES) {
            return ty;
        }
        // A local type that is not generic itself becomes an instance by its outer arguments alone.
        let outer = if self.reach.intersects(Mentions::LOCAL_TYPES) {
            self.list(&named.outer_args_or_of(self.types, origin))
        } else {
            TypeList::from_slice(&named.outer_args)
        };
        if named.origin.is_some() && named.args.len() != self.types.type_params(origin).len() {
            return TypeId::INVALID; // Reported where the instance is written.
        }
        let args = self.list(&named.args);
        if args[..] == named.args[..] && outer[..] == named.outer_args[..] {
            return ty;
        }
        self.types.instance_with_outer(origin, &args, &outer)
    }

    fn alias(&self, ty: TypeId, alias: &crate::Alias) -> TypeId {
        if self.reach.intersects(Mentions::LOCAL_TYPES) {
            // Spelling does not matter any more, and a local alias may mention the parameters of its function.
            return self.visit(self.types.unalias(ty));
        }
        let Some(origin) = alias.origin else { return ty };
        let args = self.list(&alias.args);
        if args[..] == alias.args[..] { ty } else { self.types.instance(origin, &args) }
    }

    fn struct_(&self, fields: &[Field]) -> TypeId {
        let fields: Vec<_> =
            fields.iter().map(|field| Field { ty: self.visit(field.ty), ..field.clone() }).collect();
        self.types.struct_type(fields)
    }

    fn params<'p>(&self, params: impl IntoIterator<Item = &'p Param>) -> smallvec::SmallVec<[Param; 2]> {
        params.into_iter().map(|param| Param { name: param.name, ty: self.visit(param.ty) }).collect()
    }

    fn signature(&self, signature: &Signature) -> TypeId {
        let own = &signature.type_params;
        if own.iter().any(|&param| self.substitution.get(param).is_some()) || own.is_empty() {
            return self.types.signature(Signature {
                type_params: own.clone(),
                params: self.params(&signature.params),
                results: self.params(&signature.results),
                variadic: signature.variadic,
            });
        }
        self.generic_signature(signature)
    }

    /// A generic method of an instance: its own type parameters are renamed, because their bounds may mention what is
    /// being replaced.
    fn generic_signature(&self, signature: &Signature) -> TypeId {
        let fresh: Vec<TypeId> =
            signature.type_params.iter().map(|&param| self.fresh_type_param(param)).collect();
        let params: Vec<_> = self.substitution.params.iter().chain(&signature.type_params).copied().collect();
        let n_args = self.substitution.params.len();
        let mut args: Vec<_> = self.substitution.args.iter().take(n_args).copied().collect();
        args.extend_from_slice(&self.substitution.params[args.len()..]);
        args.extend_from_slice(&fresh);
        let all = Substitution::new(&params, &args);
        let inner = Substituter { types: self.types, substitution: &all, reach: self.reach };
        for (&old, &new) in signature.type_params.iter().zip(&fresh) {
            if let Type::TypeParam(param) = self.types.get(old) {
                self.types.set_bound(new, inner.visit(param.bound.get().unwrap_or(TypeId::INVALID)));
            }
        }
        self.types.signature(Signature {
            type_params: fresh.into(),
            params: inner.params(&signature.params),
            results: inner.params(&signature.results),
            variadic: signature.variadic,
        })
    }

    fn fresh_type_param(&self, param: TypeId) -> TypeId {
        let Type::TypeParam(old) = self.types.get(param) else { return param };
        let name = self.types.object(old.object);
        let object = self.types.add_object(Object {
            name: name.name,
            package: name.package,
            pos: name.pos,
            package_level: false,
            ty: TypeCell::unset(),
            kind: ObjectKind::TypeName,
        });
        let fresh = self.types.new_type_param(object, old.index);
        self.types.object(object).ty.set(fresh);
        fresh
    }

    fn interface(&self, ty: TypeId, interface: &crate::Interface) -> TypeId {
        let methods: Vec<_> = interface
            .methods
            .iter()
            .map(|method| Method { name: method.name, ty: self.visit(method.ty) })
            .collect();
        let embedded = self.list(&interface.embedded);
        if methods[..] == interface.methods[..] && embedded[..] == interface.embedded[..] {
            return ty;
        }
        self.types.interface_with(
            methods.into(),
            embedded.as_slice().into(),
            interface.implicit,
            interface.comparable,
        )
    }
}

impl Named {
    /// The outer arguments of an instance, or of the declaration itself when this is it.
    fn outer_args_or_of(&self, types: &Types, origin: TypeId) -> TypeList {
        if !self.outer_args.is_empty() || self.origin.is_none() {
            return TypeList::from_slice(&self.outer_args);
        }
        match types.get(origin) {
            Type::Named(generic) => TypeList::from_slice(&generic.outer_args),
            _ => TypeList::new(),
        }
    }
}
