//! How a value of a Go type is held: as a short list of scalars, or in memory.
//!
//! **Terms.** The *shape* of a type is its size, its alignment, and, when the type is small and has no arrays, its
//! *scalars*: the machine words that make it up, with their offsets. A type without scalars list is a *memory type*: its
//! values are addresses of memory that nobody writes while the value is in use.
//!
//! | type | scalars |
//! |---|---|
//! | integers, floats, booleans | 1 |
//! | pointers, maps, channels, funcs, `unsafe.Pointer` | 1 pointer |
//! | strings | data pointer, length |
//! | slices | data pointer, length, capacity |
//! | interfaces | type or method table, data pointer |
//! | complex | real, imaginary |
//! | structs | those of the fields, blank ones included, if at most [`MAX_SCALARS`] |
//! | arrays | none for length 0, else a memory type |

use std::sync::Arc;

use ir::Type as IrType;
use smallvec::SmallVec;
use types::{Basic, Type, TypeId, Types};

/// Values with more scalars live in memory, and are passed by address.
pub(crate) const MAX_SCALARS: usize = 8;

/// One machine word of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Scalar {
    /// Offset in bytes from the start of the value in memory.
    pub(crate) offset: u32,
    /// Its machine type.
    pub(crate) ty: IrType,
    /// Whether it points into the heap, so that storing it needs the write barrier. Type and method-table words do not.
    pub(crate) is_heap_ptr: bool,
}

/// Size, alignment and scalars of a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub(crate) n_bytes: u64,
    /// Alignment in bytes.
    pub(crate) align: u32,
    /// The scalars in order of their offsets; `None` for a memory type.
    pub(crate) scalars: Option<SmallVec<[Scalar; 4]>>,
    /// Whether a value contains pointers that the collector follows.
    pub(crate) has_pointers: bool,
}

impl Shape {
    /// The scalars; none for a memory type.
    pub(crate) fn scalars(&self) -> &[Scalar] {
        self.scalars.as_deref().unwrap_or(&[])
    }

    /// Whether values are addresses.
    pub(crate) fn is_memory(&self) -> bool {
        self.scalars.is_none()
    }
}

/// Shapes by type, computed once per lowering thread.
#[derive(Default)]
pub(crate) struct Shapes {
    memo: rustc_hash::FxHashMap<TypeId, Arc<Shape>>,
}

impl Shapes {
    /// The shape of a type without type parameters.
    pub(crate) fn of(&mut self, types: &Types, ty: TypeId) -> Arc<Shape> {
        if let Some(shape) = self.memo.get(&ty) {
            return Arc::clone(shape);
        }
        let shape = Arc::new(self.compute(types, ty));
        self.memo.insert(ty, Arc::clone(&shape));
        shape
    }

    fn compute(&mut self, types: &Types, ty: TypeId) -> Shape {
        match types.under(ty) {
            Type::Basic(basic) => basic_shape(*basic),
            Type::Pointer(_) | Type::Map { .. } | Type::Chan { .. } | Type::Signature(_) => words(&[POINTER]),
            Type::Slice(_) => words(&[POINTER, INT, INT]),
            Type::Interface(_) => words(&[TABLE, POINTER]),
            Type::Array { n_elems, elem } => self.array_shape(types, *n_elems, *elem),
            Type::Struct(struct_) => self.struct_shape(types, ty, struct_),
            Type::Tuple(elems) if elems.is_empty() => words(&[]),
            other => unreachable!("no value has the type {other:?}"),
        }
    }

    fn array_shape(&mut self, types: &Types, n_elems: i64, elem: TypeId) -> Shape {
        let elem = self.of(types, elem);
        Shape {
            n_bytes: elem.n_bytes * n_elems as u64,
            align: elem.align,
            scalars: (n_elems == 0 || elem.n_bytes == 0).then(SmallVec::new),
            has_pointers: n_elems > 0 && elem.has_pointers,
        }
    }

    fn struct_shape(&mut self, types: &Types, ty: TypeId, struct_: &types::Struct) -> Shape {
        let mut scalars = Some(SmallVec::new());
        let (mut align, mut has_pointers) = (1, false);
        let layout = types.struct_layout(ty);
        for (field, &offset) in struct_.fields.iter().zip(&layout.offsets) {
            let shape = self.of(types, field.ty);
            align = align.max(shape.align);
            has_pointers |= shape.has_pointers;
            scalars = join(scalars, &shape, offset as u64);
        }
        let n_bytes = layout.layout.map_or(0, |layout| layout.size as u64);
        Shape { n_bytes, align, scalars, has_pointers }
    }
}

/// Adds the scalars of a field, if the whole stays small.
fn join(all: Option<SmallVec<[Scalar; 4]>>, field: &Shape, offset: u64) -> Option<SmallVec<[Scalar; 4]>> {
    let mut all = all?;
    let more = field.scalars.as_ref()?;
    if all.len() + more.len() > MAX_SCALARS {
        return None;
    }
    all.extend(more.iter().map(|scalar| Scalar { offset: scalar.offset + offset as u32, ..*scalar }));
    Some(all)
}

const POINTER: (IrType, bool) = (IrType::Ptr, true);
const TABLE: (IrType, bool) = (IrType::Ptr, false);
const INT: (IrType, bool) = (IrType::I64, false);

fn words(list: &[(IrType, bool)]) -> Shape {
    let scalars = list.iter().enumerate().map(|(idx, &(ty, is_heap_ptr))| Scalar {
        offset: 8 * idx as u32,
        ty,
        is_heap_ptr,
    });
    Shape {
        n_bytes: 8 * list.len() as u64,
        align: if list.is_empty() { 1 } else { 8 },
        scalars: Some(scalars.collect()),
        has_pointers: list.iter().any(|word| word.1),
    }
}

fn basic_shape(basic: Basic) -> Shape {
    match basic {
        Basic::String | Basic::UntypedString => words(&[POINTER, INT]),
        Basic::UnsafePointer | Basic::UntypedNil => words(&[POINTER]),
        Basic::Complex64 => pair(IrType::F32),
        Basic::Complex128 | Basic::UntypedComplex => pair(IrType::F64),
        _ => single(number_type(basic)),
    }
}

fn single(ty: IrType) -> Shape {
    let n_bytes = ty.n_bytes();
    let scalars = Some(SmallVec::from_slice(&[Scalar { offset: 0, ty, is_heap_ptr: false }]));
    Shape { n_bytes: u64::from(n_bytes), align: n_bytes, scalars, has_pointers: false }
}

fn pair(ty: IrType) -> Shape {
    let n_bytes = ty.n_bytes();
    let at = |offset| Scalar { offset, ty, is_heap_ptr: false };
    let scalars = Some(SmallVec::from_slice(&[at(0), at(n_bytes)]));
    Shape { n_bytes: u64::from(2 * n_bytes), align: n_bytes, scalars, has_pointers: false }
}

/// The machine type of a boolean, integer or float.
pub(crate) fn number_type(basic: Basic) -> IrType {
    match basic {
        Basic::Bool | Basic::UntypedBool | Basic::Int8 | Basic::Uint8 | Basic::Byte => IrType::I8,
        Basic::Int16 | Basic::Uint16 => IrType::I16,
        Basic::Int32 | Basic::Uint32 | Basic::Rune | Basic::UntypedRune => IrType::I32,
        Basic::Int | Basic::Int64 | Basic::Uint | Basic::Uint64 | Basic::Uintptr | Basic::UntypedInt => {
            IrType::I64
        }
        Basic::Float32 => IrType::F32,
        Basic::Float64 | Basic::UntypedFloat => IrType::F64,
        other => unreachable!("{other:?} is not a number"),
    }
}
