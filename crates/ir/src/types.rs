//! The types of values, and the small closed sets of words that instructions carry.

/// Declares a `u8` enum whose variants have a spelling in the text form.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every variant, in declaration order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The spelling in the text form.
            pub fn text(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The variant with this spelling.
            pub fn from_text(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }

            /// The variant with this number; the number comes from `self as u8`.
            #[inline]
            pub fn from_code(code: u8) -> $name {
                Self::ALL[usize::from(code)]
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.text())
            }
        }
    };
}

words! {
    /// The type of a value. Booleans are `i8` holding 0 or 1.
    Type {
        /// 8-bit integer or boolean.
        I8 = "i8",
        /// 16-bit integer.
        I16 = "i16",
        /// 32-bit integer.
        I32 = "i32",
        /// 64-bit integer.
        I64 = "i64",
        /// IEEE single.
        F32 = "f32",
        /// IEEE double.
        F64 = "f64",
        /// A 64-bit address the collector may care about.
        Ptr = "ptr",
        /// 128 bits, seen as lanes by each instruction.
        V128 = "v128",
    }
}

impl Type {
    /// Size in bytes, in memory and in a register.
    #[inline]
    pub fn n_bytes(self) -> u32 {
        match self {
            Type::I8 => 1,
            Type::I16 => 2,
            Type::I32 | Type::F32 => 4,
            Type::I64 | Type::F64 | Type::Ptr => 8,
            Type::V128 => 16,
        }
    }

    /// Size in bits.
    #[inline]
    pub fn n_bits(self) -> u32 {
        self.n_bytes() * 8
    }

    /// One of the four integer types.
    #[inline]
    pub fn is_int(self) -> bool {
        self as u8 <= Type::I64 as u8
    }

    /// `f32` or `f64`.
    #[inline]
    pub fn is_float(self) -> bool {
        matches!(self, Type::F32 | Type::F64)
    }
}

words! {
    /// Comparison of integers and pointers.
    IntCond {
        /// Equal.
        Eq = "eq",
        /// Not equal.
        Ne = "ne",
        /// Signed less than.
        Slt = "slt",
        /// Signed less than or equal.
        Sle = "sle",
        /// Signed greater than.
        Sgt = "sgt",
        /// Signed greater than or equal.
        Sge = "sge",
        /// Unsigned less than.
        Ult = "ult",
        /// Unsigned less than or equal.
        Ule = "ule",
        /// Unsigned greater than.
        Ugt = "ugt",
        /// Unsigned greater than or equal.
        Uge = "uge",
    }
}

impl IntCond {
    /// The condition that holds exactly when this one does not.
    pub fn negate(self) -> IntCond {
        use IntCond::*;
        match self {
            Eq => Ne,
            Ne => Eq,
            Slt => Sge,
            Sle => Sgt,
            Sgt => Sle,
            Sge => Slt,
            Ult => Uge,
            Ule => Ugt,
            Ugt => Ule,
            Uge => Ult,
        }
    }

    /// The condition with its operands exchanged.
    pub fn swap(self) -> IntCond {
        use IntCond::*;
        match self {
            Eq | Ne => self,
            Slt => Sgt,
            Sle => Sge,
            Sgt => Slt,
            Sge => Sle,
            Ult => Ugt,
            Ule => Uge,
            Ugt => Ult,
            Uge => Ule,
        }
    }
}

words! {
    /// Comparison of floats; all but `ne` are false when an operand is NaN.
    FloatCond {
        /// Equal.
        Eq = "eq",
        /// Not equal, or unordered.
        Ne = "ne",
        /// Less than.
        Lt = "lt",
        /// Less than or equal.
        Le = "le",
        /// Greater than.
        Gt = "gt",
        /// Greater than or equal.
        Ge = "ge",
    }
}

words! {
    /// Which run-time error a failed `bounds_check` raises; same order as `abi::BoundsKind`.
    /// `index` requires `idx < len`, all others `idx <= len`, both compared as unsigned.
    BoundsKind {
        /// `s[x]`.
        Index = "index",
        /// `s[?:x]`, x out of the length of a string or array.
        SliceLen = "slice_len",
        /// `s[?:x]`, x out of the capacity of a slice.
        SliceCap = "slice_cap",
        /// `s[x:y]`, x > y.
        SliceLow = "slice_low",
        /// `s[::x]`, x out of the length of an array.
        Slice3Len = "slice3_len",
        /// `s[::x]`, x out of the capacity of a slice.
        Slice3Cap = "slice3_cap",
        /// `s[:x:y]`, x > y.
        Slice3High = "slice3_high",
        /// `s[x:y:]`, x > y.
        Slice3Low = "slice3_low",
        /// `(*[x]T)(s)`: x is the operand `idx`.
        Convert = "convert",
    }
}

impl BoundsKind {
    /// Whether the check is `idx < len`; otherwise it is `idx <= len`.
    #[inline]
    pub fn is_strict(self) -> bool {
        self == BoundsKind::Index
    }
}

words! {
    /// Which run-time error a `panic_if` raises.
    PanicKind {
        /// Integer division by zero.
        Divide = "divide",
        /// Negative shift amount.
        Shift = "shift",
        /// `makeslice: len out of range`.
        MakeSliceLen = "makeslice_len",
        /// `makeslice: cap out of range`.
        MakeSliceCap = "makeslice_cap",
        /// `unsafe.Slice: len out of range`.
        UnsafeSliceLen = "unsafe_slice_len",
        /// `unsafe.Slice: ptr is nil and len is not zero`.
        UnsafeSliceNil = "unsafe_slice_nil",
        /// `unsafe.String: len out of range`.
        UnsafeStringLen = "unsafe_string_len",
        /// `unsafe.String: ptr is nil and len is not zero`.
        UnsafeStringNil = "unsafe_string_nil",
    }
}

words! {
    /// The operation of an atomic read-modify-write.
    RmwOp {
        /// Add.
        Add = "add",
        /// Bitwise and.
        And = "and",
        /// Bitwise or.
        Or = "or",
        /// Exchange.
        Xchg = "xchg",
    }
}

words! {
    /// How a `v128` is divided.
    Lanes {
        /// 16 bytes.
        I8x16 = "i8x16",
        /// 8 16-bit integers.
        I16x8 = "i16x8",
        /// 4 32-bit integers.
        I32x4 = "i32x4",
        /// 2 64-bit integers.
        I64x2 = "i64x2",
        /// 4 singles.
        F32x4 = "f32x4",
        /// 2 doubles.
        F64x2 = "f64x2",
    }
}

impl Lanes {
    /// The scalar type of one lane.
    pub fn lane_type(self) -> Type {
        match self {
            Lanes::I8x16 => Type::I8,
            Lanes::I16x8 => Type::I16,
            Lanes::I32x4 => Type::I32,
            Lanes::I64x2 => Type::I64,
            Lanes::F32x4 => Type::F32,
            Lanes::F64x2 => Type::F64,
        }
    }

    /// How many lanes there are.
    pub fn n_lanes(self) -> u32 {
        16 / self.lane_type().n_bytes()
    }
}

words! {
    /// What a runtime function may do, from the least to the most; `abi` says which one a function has.
    RtEffect {
        /// Reads nothing but its arguments: equal calls give equal results.
        Pure = "pure",
        /// Reads memory; never panics, never collects.
        Reads = "reads",
        /// Reads and writes memory; never collects.
        Leaf = "leaf",
        /// May collect garbage or panic.
        MayGc = "may_gc",
        /// May park the goroutine.
        MayPark = "may_park",
        /// Does not return.
        NoReturn = "noreturn",
    }
}
