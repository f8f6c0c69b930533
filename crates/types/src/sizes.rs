//! Sizes, alignments and offsets, as the official compiler lays values out on amd64.

use crate::{Basic, Field, Type, TypeId, Types};

/// The word size of the only architecture.
const WORD: i64 = 8;

/// Where a value's bytes are.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The number of bytes, a multiple of the alignment.
    pub size: i64,
    /// The alignment in bytes.
    pub align: i64,
}

/// The layout of a struct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StructLayout {
    /// Size and alignment of the whole; `None` when it is too large for an `int64`.
    pub layout: Option<Layout>,
    /// The alignment in bytes, also of what is too large.
    pub align: i64,
    /// Where each field starts; `-1` for fields beyond what an `int64` can say.
    pub offsets: Box<[i64]>,
}

impl Types {
    /// The layout of a type without type parameters; `None` when it is too large.
    pub fn layout(&self, ty: TypeId) -> Option<Layout> {
        match self.under(ty) {
            Type::Basic(basic) => Some(basic_layout(*basic)),
            Type::Array { n_elems, elem } => self.array_layout(*n_elems, *elem),
            Type::Slice(_) => Some(Layout { size: 3 * WORD, align: WORD }),
            Type::Interface(_) => Some(Layout { size: 2 * WORD, align: WORD }),
            Type::Struct(_) => self.struct_layout(ty).layout,
            _ => Some(Layout { size: WORD, align: WORD }),
        }
    }

    /// The size in bytes; `None` when it is too large.
    pub fn size_of(&self, ty: TypeId) -> Option<i64> {
        self.layout(ty).map(|layout| layout.size)
    }

    /// The alignment in bytes.
    pub fn align_of(&self, ty: TypeId) -> i64 {
        match self.under(ty) {
            Type::Array { elem, .. } => self.align_of(*elem),
            Type::Struct(_) => self.struct_layout(ty).align,
            _ => self.layout(ty).map_or(1, |layout| layout.align),
        }
    }

    /// The layout of a struct type. Remembered, unless the struct mentions type parameters.
    pub fn struct_layout(&self, ty: TypeId) -> std::borrow::Cow<'_, StructLayout> {
        let (id, struct_) = self.as_struct(ty).expect("the caller has a struct");
        if let Some(known) = struct_.layout.get() {
            return std::borrow::Cow::Borrowed(known);
        }
        let computed = self.compute_struct(id, &struct_.fields);
        if struct_.fields.iter().all(|field| self.has_final_size(field.ty)) {
            return std::borrow::Cow::Borrowed(struct_.layout.get_or_init(|| computed));
        }
        std::borrow::Cow::Owned(computed)
    }

    /// Whether the type's size can be remembered: everything that it consists of is complete.
    fn has_final_size(&self, ty: TypeId) -> bool {
        if self.may_mention_type_params(ty) {
            return false;
        }
        let Some(underlying) = self.try_underlying(ty) else { return false };
        match self.get(underlying) {
            Type::Array { elem, .. } => self.has_final_size(*elem),
            Type::Struct(struct_) => {
                struct_.layout.get().is_some()
                    || struct_.fields.iter().all(|field| self.has_final_size(field.ty))
            }
            _ => true,
        }
    }

    fn array_layout(&self, n_elems: i64, elem: TypeId) -> Option<Layout> {
        let align = self.align_of(elem);
        if n_elems <= 0 {
            return Some(Layout { size: 0, align });
        }
        let size = self.layout(elem)?.size.checked_mul(n_elems)?;
        Some(Layout { size, align })
    }

    fn struct_align(&self, ty: TypeId, fields: &[Field]) -> i64 {
        if fields.is_empty() && self.is_atomic_align64(ty) {
            return 8;
        }
        fields.iter().map(|field| self.align_of(field.ty)).max().unwrap_or(1)
    }

    fn compute_struct(&self, ty: TypeId, fields: &[Field]) -> StructLayout {
        let align = self.struct_align(ty, fields);
        let mut end = Some(0i64);
        let mut last_size = 0;
        let mut offsets = Vec::with_capacity(fields.len());
        for field in fields {
            let offset = end.and_then(|end| round_up(end, self.align_of(field.ty)));
            offsets.push(offset.unwrap_or(-1));
            let size = self.layout(field.ty).map(|layout| layout.size);
            end = offset.zip(size).and_then(|(offset, size)| offset.checked_add(size));
            last_size = size.unwrap_or(1);
        }
        // A pointer to a field of size zero at the end must not point behind the object.
        let end = end.and_then(|end| if end > 0 && last_size == 0 { end.checked_add(1) } else { Some(end) });
        let layout = end.and_then(|end| round_up(end, align)).map(|size| Layout { size, align });
        StructLayout { layout, align, offsets: offsets.into() }
    }

    /// Whether this is the empty struct by which `sync/atomic` asks for an alignment of 8.
    fn is_atomic_align64(&self, ty: TypeId) -> bool {
        let Some((_, named)) = self.as_named(ty) else { return false };
        let object = self.object(named.object);
        object.name.as_str() == "align64"
            && object.package.is_some_and(|package| {
                matches!(self.package(package).path.as_str(), "sync/atomic" | "internal/runtime/atomic")
            })
    }
}

fn round_up(offset: i64, align: i64) -> Option<i64> {
    offset.checked_add(align - 1).map(|end| end / align * align)
}

fn basic_layout(basic: Basic) -> Layout {
    let (size, align) = match basic {
        Basic::Bool | Basic::Int8 | Basic::Uint8 | Basic::Byte => (1, 1),
        Basic::Int16 | Basic::Uint16 => (2, 2),
        Basic::Int32 | Basic::Uint32 | Basic::Float32 | Basic::Rune => (4, 4),
        Basic::Complex64 => (8, 4),
        Basic::Complex128 => (16, 8),
        Basic::String | Basic::UntypedString => (16, 8),
        _ => (8, 8),
    };
    Layout { size, align }
}
