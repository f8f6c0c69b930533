//! Expressions and types.

use super::{ExprId, FieldId, IdentId, List, StmtId};
use base::{Pos, Symbol};
use std::fmt;

/// One occurrence of a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ident {
    /// Its first byte.
    pub pos: Pos,
    /// The name; `_` when the source has none where one must be.
    pub name: Symbol,
}

impl Ident {
    /// The byte after it.
    #[must_use]
    pub fn end(self) -> Pos {
        self.pos.plus(self.name.as_str().len() as u32)
    }
}

/// An expression or a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expr {
    /// Where Go reports it; see invariant 2 of [`super`].
    pub pos: Pos,
    /// The byte after its last.
    pub end: Pos,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExprKind {
    /// What could not be parsed; it was reported.
    Bad,
    /// `x`
    Name(IdentId),
    /// A literal number, rune or string.
    BasicLit(BasicLit),
    /// `T{a, k: v}`; inside another one `T` may be missing. Its `pos` is the brace.
    CompositeLit {
        /// `T`
        ty: Option<ExprId>,
        /// The elements, of which some are [`ExprKind::KeyValue`].
        elems: List<ExprId>,
    },
    /// `key: value` in a composite literal. Its `pos` is the colon.
    KeyValue {
        /// Before the colon.
        key: ExprId,
        /// After the colon.
        value: ExprId,
    },
    /// `func(...) ... { ... }`
    FuncLit {
        /// An [`ExprKind::FuncType`].
        ty: ExprId,
        /// A block.
        body: StmtId,
    },
    /// `(x)`. The parser keeps parentheses only where a rule is about them; see [`File::unparen`](super::File::unparen).
    Paren(ExprId),
    /// `x.sel`. Its `pos` is the dot.
    Selector {
        /// Before the dot.
        x: ExprId,
        /// After the dot.
        sel: IdentId,
    },
    /// `x[i]`, `x[T1, T2]`: an index or an instantiation. Its `pos` is the bracket.
    Index {
        /// Before the bracket.
        x: ExprId,
        /// At least one.
        indices: List<ExprId>,
    },
    /// `x[low:high:max]`. Its `pos` is the bracket.
    Slice {
        /// Before the bracket.
        x: ExprId,
        /// First index.
        low: Option<ExprId>,
        /// Second index.
        high: Option<ExprId>,
        /// Third index; it is there exactly when there are two colons.
        max: Option<ExprId>,
    },
    /// `x.(T)`. Its `pos` is the dot.
    Assert {
        /// Before the dot.
        x: ExprId,
        /// `T`
        ty: ExprId,
    },
    /// `x.(type)` or `lhs := x.(type)`. Its `pos` is the dot.
    TypeSwitchGuard {
        /// The name that each clause declares anew.
        lhs: Option<IdentId>,
        /// Before the dot.
        x: ExprId,
    },
    /// `op x`, `*T` included. Its `pos` is the operator.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        x: ExprId,
    },
    /// `x op y`, unions of type terms included. Its `pos` is the operator.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        x: ExprId,
        /// Right operand.
        y: ExprId,
    },
    /// `fun(args)`, a conversion included. Its `pos` is the parenthesis.
    Call {
        /// What is called.
        fun: ExprId,
        /// The arguments.
        args: List<ExprId>,
        /// Whether the last argument is followed by `...`.
        has_dots: bool,
    },
    /// `[len]elem`; without `len` it is `[...]elem`.
    ArrayType {
        /// The length.
        len: Option<ExprId>,
        /// The element type.
        elem: ExprId,
    },
    /// `[]elem`
    SliceType {
        /// The element type.
        elem: ExprId,
    },
    /// `...elem`, the type of a variadic parameter.
    DotsType {
        /// The element type.
        elem: ExprId,
    },
    /// `struct { ... }`
    StructType {
        /// The fields; an embedded one has no name.
        fields: List<FieldId>,
    },
    /// `interface { ... }`
    InterfaceType {
        /// Methods (named, of function type) and embedded elements (without a name).
        elems: List<FieldId>,
    },
    /// `func(params) results`. Its `pos` is the parenthesis.
    FuncType {
        /// Parameters: either all are named or none is.
        params: List<FieldId>,
        /// Results: either all are named or none is.
        results: List<FieldId>,
    },
    /// `map[key]value`
    MapType {
        /// The key type.
        key: ExprId,
        /// The element type.
        value: ExprId,
    },
    /// `chan elem`, `<-chan elem`, `chan<- elem`
    ChanType {
        /// Which operations are allowed.
        dir: ChanDir,
        /// The element type.
        elem: ExprId,
    },
}

/// A literal number, rune or string; [`File::literal_text`](super::File::literal_text) is its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BasicLit {
    /// What is written.
    pub kind: LitKind,
    /// Whether it was reported as malformed.
    pub is_bad: bool,
}

/// The kinds of literals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LitKind {
    Int,
    Float,
    Imag,
    Rune,
    String,
}

/// Which operations a channel type allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChanDir {
    /// `chan T`
    Both,
    /// `chan<- T`
    SendOnly,
    /// `<-chan T`
    RecvOnly,
}

/// A parameter, result, receiver, type parameter, struct field, or interface element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its first byte.
    pub pos: Pos,
    /// Its name, unless it is anonymous or embedded.
    pub name: Option<IdentId>,
    /// Its type; shared by fields that are declared together.
    pub ty: ExprId,
    /// The tag of a struct field, a [`ExprKind::BasicLit`].
    pub tag: Option<ExprId>,
}

macro_rules! operators {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// The operator as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

operators! {
    /// Operators with one operand.
    UnaryOp {
        Add = "+", Sub = "-", Not = "!", Xor = "^", Deref = "*", Addr = "&", Recv = "<-", Tilde = "~",
    }
}

operators! {
    /// Operators with two operands.
    BinaryOp {
        OrOr = "||", AndAnd = "&&",
        Eql = "==", Neq = "!=", Lss = "<", Leq = "<=", Gtr = ">", Geq = ">=",
        Add = "+", Sub = "-", Or = "|", Xor = "^",
        Mul = "*", Div = "/", Rem = "%", And = "&", AndNot = "&^", Shl = "<<", Shr = ">>",
    }
}

impl BinaryOp {
    /// How tightly it binds: 1 (`||`) to 5 (`*`). Spec: "Operator precedence".
    #[must_use]
    pub const fn precedence(self) -> u8 {
        match self {
            Self::OrOr => 1,
            Self::AndAnd => 2,
            Self::Eql | Self::Neq | Self::Lss | Self::Leq | Self::Gtr | Self::Geq => 3,
            Self::Add | Self::Sub | Self::Or | Self::Xor => 4,
            Self::Mul | Self::Div | Self::Rem | Self::And | Self::AndNot | Self::Shl | Self::Shr => 5,
        }
    }

    /// Whether it compares: `==`, `!=`, `<`, `<=`, `>`, `>=`.
    #[must_use]
    pub const fn is_comparison(self) -> bool {
        self.precedence() == 3
    }

    /// Whether it shifts: `<<`, `>>`.
    #[must_use]
    pub const fn is_shift(self) -> bool {
        matches!(self, Self::Shl | Self::Shr)
    }
}
