//! Questions about types that the language's rules ask.

use rustc_hash::FxHashSet;

use crate::{Basic, BasicInfo, Interface, Signature, Struct, Type, TypeId, Types};

/// Why a type cannot be compared with `==`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Incomparable {
    /// Its kind cannot be.
    Kind,
    /// A struct that contains a field of this type.
    Field(TypeId),
    /// An array of such elements; this is the array type.
    Array(TypeId),
    /// A type parameter whose type set is empty.
    EmptyTypeSet,
    /// A type parameter whose type set has incomparable types.
    TypeSet,
}

/// Predicates on the underlying type. A type parameter is none of these.
impl Types {
    /// The basic type that is the underlying type.
    #[inline]
    pub fn as_basic(&self, ty: TypeId) -> Option<Basic> {
        match self.under(ty) {
            Type::Basic(basic) => Some(*basic),
            _ => None,
        }
    }

    /// The struct that is the underlying type, with its id.
    pub fn as_struct(&self, ty: TypeId) -> Option<(TypeId, &Struct)> {
        let id = self.underlying(ty);
        match self.get(id) {
            Type::Struct(struct_) => Some((id, struct_)),
            _ => None,
        }
    }

    /// The interface that is the underlying type (of a type parameter, its constraint), with its id.
    pub fn as_interface(&self, ty: TypeId) -> Option<(TypeId, &Interface)> {
        let id = self.underlying(ty);
        match self.get(id) {
            Type::Interface(interface) => Some((id, interface)),
            _ => None,
        }
    }

    /// The function type that is the underlying type.
    pub fn as_signature(&self, ty: TypeId) -> Option<&Signature> {
        match self.under(ty) {
            Type::Signature(signature) => Some(signature),
            _ => None,
        }
    }

    /// What a pointer type points to.
    pub fn as_pointer(&self, ty: TypeId) -> Option<TypeId> {
        match self.under(ty) {
            Type::Pointer(elem) => Some(*elem),
            _ => None,
        }
    }

    /// Whether the type is a basic type with one of these properties.
    #[inline]
    pub fn is_basic(&self, ty: TypeId, info: BasicInfo) -> bool {
        self.as_basic(ty).is_some_and(|basic| basic.info().intersects(info))
    }

    /// As [`Types::is_basic`] for a type; for a type parameter, whether it holds for all its specific types.
    pub fn all_basic(&self, ty: TypeId, info: BasicInfo) -> bool {
        if self.is_type_param(ty) {
            return self.all_underlying(ty, |under| under.is_some_and(|under| self.is_basic(under, info)));
        }
        self.is_basic(ty, info)
    }

    /// Whether the type is valid: the result of a declaration or expression without error. An alias whose declaration is
    /// still being checked counts as valid.
    #[inline]
    pub fn is_valid(&self, ty: TypeId) -> bool {
        self.try_unalias(ty) != Some(TypeId::INVALID)
    }

    /// Whether the type is that of an untyped constant or `nil`. Neither aliases nor declared types are.
    #[inline]
    pub fn is_untyped(&self, ty: TypeId) -> bool {
        matches!(self.get(ty), Type::Basic(basic) if basic.is_untyped())
    }

    /// Whether the type is an untyped number.
    pub fn is_untyped_numeric(&self, ty: TypeId) -> bool {
        self.is_untyped(ty) && self.is_basic(ty, BasicInfo::NUMERIC)
    }

    /// Whether the type is a type parameter.
    #[inline]
    pub fn is_type_param(&self, ty: TypeId) -> bool {
        matches!(self.resolved(ty), Type::TypeParam(_))
    }

    /// Whether the underlying type is an interface; type parameters included.
    #[inline]
    pub fn is_interface(&self, ty: TypeId) -> bool {
        matches!(self.under(ty), Type::Interface(_))
    }

    /// Whether values of the type are interface values.
    pub fn is_interface_value(&self, ty: TypeId) -> bool {
        !self.is_type_param(ty) && self.is_interface(ty)
    }

    /// Whether the type has a name: declared, basic, or a type parameter.
    pub fn has_name(&self, ty: TypeId) -> bool {
        matches!(self.resolved(ty), Type::Basic(_) | Type::Named(_) | Type::TypeParam(_))
    }

    /// Whether the type includes `nil`. Of a type parameter, whether all its specific types do.
    pub fn has_nil(&self, ty: TypeId) -> bool {
        match self.under(ty) {
            Type::Basic(basic) => *basic == Basic::UnsafePointer,
            Type::Slice(_) | Type::Pointer(_) | Type::Signature(_) | Type::Map { .. } | Type::Chan { .. } => {
                true
            }
            Type::Interface(_) => {
                !self.is_type_param(ty)
                    || self.all_underlying(ty, |under| under.is_some_and(|under| self.has_nil(under)))
            }
            _ => false,
        }
    }

    /// The type that an untyped value gets where nothing else asks for one; any other type unchanged.
    pub fn default_type(&self, ty: TypeId) -> TypeId {
        match ty {
            TypeId::UNTYPED_BOOL => TypeId::BOOL,
            TypeId::UNTYPED_INT => TypeId::INT,
            TypeId::UNTYPED_RUNE => TypeId::RUNE,
            TypeId::UNTYPED_FLOAT => TypeId::FLOAT64,
            TypeId::UNTYPED_COMPLEX => TypeId::COMPLEX128,
            TypeId::UNTYPED_STRING => TypeId::STRING,
            other => other,
        }
    }
}

/// Comparison.
impl Types {
    /// Whether values can be compared, possibly with a panic at run time. Spec: "Comparison operators".
    pub fn is_comparable(&self, ty: TypeId) -> bool {
        self.why_incomparable(ty).is_none()
    }

    /// Why values cannot be compared.
    pub fn why_incomparable(&self, ty: TypeId) -> Option<Incomparable> {
        self.incomparable(ty, true, &mut FxHashSet::default())
    }

    /// Whether comparing values never panics.
    pub fn is_strictly_comparable(&self, ty: TypeId) -> bool {
        self.incomparable(ty, false, &mut FxHashSet::default()).is_none()
    }

    /// `dynamic`: interface values count as comparable.
    fn incomparable(&self, ty: TypeId, dynamic: bool, seen: &mut FxHashSet<TypeId>) -> Option<Incomparable> {
        if matches!(self.get(ty), Type::Basic(_) | Type::Pointer(_)) {
            return (ty == TypeId::UNTYPED_NIL).then_some(Incomparable::Kind);
        }
        if !seen.insert(ty) {
            return None;
        }
        let underlying = self.underlying(ty);
        match self.get(underlying) {
            Type::Basic(basic) => (*basic == Basic::UntypedNil).then_some(Incomparable::Kind),
            Type::Pointer(_) | Type::Chan { .. } => None,
            Type::Struct(struct_) => struct_
                .fields
                .iter()
                .find(|field| self.incomparable(field.ty, dynamic, seen).is_some())
                .map(|field| Incomparable::Field(field.ty)),
            Type::Array { elem, .. } => {
                self.incomparable(*elem, dynamic, seen).map(|_| Incomparable::Array(ty))
            }
            Type::Interface(_) => self.interface_incomparable(ty, underlying, dynamic, seen),
            _ => Some(Incomparable::Kind),
        }
    }

    fn interface_incomparable(
        &self,
        ty: TypeId,
        interface: TypeId,
        dynamic: bool,
        seen: &mut FxHashSet<TypeId>,
    ) -> Option<Incomparable> {
        if dynamic && !self.is_type_param(ty) {
            return None;
        }
        let set = self.type_set(interface);
        if set.is_empty() {
            return Some(Incomparable::EmptyTypeSet);
        }
        let comparable = match set.specific_terms() {
            None => set.comparable,
            Some(terms) => terms.iter().all(|term| self.incomparable(term.ty, false, seen).is_none()),
        };
        (!comparable).then_some(Incomparable::TypeSet)
    }
}
