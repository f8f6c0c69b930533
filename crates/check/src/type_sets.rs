//! Rules about all types of a type parameter's type set at once.

use types::{BasicInfo, ChanDir, SpecificTypes, Type, TypeId};

use crate::checker::Checker;

/// A type of a type set with its underlying type; `None` stands for a type set without specific types.
pub(crate) type Specific = Option<(TypeId, TypeId)>;

impl Checker<'_> {
    /// The specific types of `ty`'s type set; of anything but a type parameter, the type itself.
    pub(crate) fn specific(&self, ty: TypeId) -> Vec<Specific> {
        match self.types.specific_types(ty) {
            SpecificTypes::None => vec![None],
            SpecificTypes::Each(pairs) => pairs.into_iter().map(Some).collect(),
        }
    }

    /// The underlying type that all types of the type set have in common, or why there is none. Channels may differ in
    /// direction as long as those do not conflict; the most restricted one counts.
    pub(crate) fn common_under(&self, ty: TypeId) -> Result<TypeId, String> {
        self.common_under_if(ty, |_| Ok(()))
    }

    /// As [`Checker::common_under`]; each type must satisfy `condition` before anything else.
    pub(crate) fn common_under_if(
        &self,
        ty: TypeId,
        condition: impl Fn(Specific) -> Result<(), String>,
    ) -> Result<TypeId, String> {
        let mut common: Specific = None;
        for specific in self.specific(ty) {
            condition(specific)?;
            let Some((t, u)) = specific else { return Err("no specific type".to_owned()) };
            common = match common {
                None => specific,
                Some(previous) => Some(self.combine(previous, (t, u))?),
            };
        }
        common.map(|(_, u)| u).ok_or_else(|| "no specific type".to_owned())
    }

    fn combine(
        &self,
        (ct, cu): (TypeId, TypeId),
        (t, u): (TypeId, TypeId),
    ) -> Result<(TypeId, TypeId), String> {
        if let (&Type::Chan { dir: common_dir, elem: common_elem }, &Type::Chan { dir, elem }) =
            (self.types.get(cu), self.types.get(u))
        {
            return if !self.types.identical(common_elem, elem) {
                Err(format!("channels {} and {} have different element types", self.ty(ct), self.ty(t)))
            } else if common_dir == dir || dir == ChanDir::Both {
                Ok((ct, cu))
            } else if common_dir == ChanDir::Both {
                Ok((t, u))
            } else {
                Err(format!("channels {} and {} have conflicting directions", self.ty(ct), self.ty(t)))
            };
        }
        if self.types.identical(cu, u) {
            Ok((ct, cu))
        } else {
            Err(format!("{} and {} have different underlying types", self.ty(ct), self.ty(t)))
        }
    }

    /// Whether the type is a basic type with one of these properties. A type parameter is not.
    pub(crate) fn is(&self, ty: TypeId, info: BasicInfo) -> bool {
        self.types.is_basic(ty, info)
    }

    /// Whether the type, or each type of the type set, is a basic type with one of these properties.
    pub(crate) fn all(&self, ty: TypeId, info: BasicInfo) -> bool {
        self.types.all_basic(ty, info)
    }

    /// The array type that `ty` is or (as an unnamed pointer) points to; any other type unchanged.
    pub(crate) fn array_behind(&self, ty: TypeId) -> TypeId {
        match self.types.resolved(ty) {
            Type::Pointer(elem) if matches!(self.types.under(*elem), Type::Array { .. }) => {
                self.types.underlying(*elem)
            }
            _ => ty,
        }
    }
}
