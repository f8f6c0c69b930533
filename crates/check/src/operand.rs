//! Operands: what checking an expression results in.

use std::rc::Rc;

use base::Pos;
use constant::Value;
use syntax::ExprId;
use types::{Builtin, TypeId};

/// The result of checking an expression: how it may be used, its type, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) mode: Mode,
    pub(crate) ty: TypeId,
    pub(crate) source: Source,
}

/// How an operand may be used.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    /// Not at all: it is in error, and that was reported.
    Invalid,
    /// The call of a function without results.
    NoValue,
    /// A predeclared function; it can only be called.
    Builtin(Builtin),
    /// A type.
    TypeExpr,
    /// A constant of a basic type.
    Constant(Value),
    /// Something addressable.
    Variable,
    /// An element of a map: can be assigned to, and gives a second value.
    MapIndex,
    /// A computed value.
    Value,
    /// The value `nil`, before or after it got a type.
    Nil,
    /// A value that comes with a second one, whether it is there: a receive or a type assertion.
    CommaOk,
}

/// What an operand is in the source.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// An expression of the current file.
    Expr(ExprId),
    /// Something that has no expression of its own, such as the second result of a call; the text is for messages.
    Described(Pos, Rc<str>),
}

/// What role an expression may play as a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExprKind {
    Conversion,
    Expression,
    /// A call or receive: may stand alone.
    Statement,
}

impl Operand {
    /// The operand of an expression in error.
    pub(crate) fn invalid(source: impl Into<Source>) -> Self {
        Self { mode: Mode::Invalid, ty: TypeId::INVALID, source: source.into() }
    }

    pub(crate) fn new(mode: Mode, ty: TypeId, source: impl Into<Source>) -> Self {
        Self { mode, ty, source: source.into() }
    }

    pub(crate) fn is_valid(&self) -> bool {
        !matches!(self.mode, Mode::Invalid)
    }

    pub(crate) fn invalidate(&mut self) {
        self.mode = Mode::Invalid;
    }

    pub(crate) fn is_nil(&self) -> bool {
        matches!(self.mode, Mode::Nil)
    }

    pub(crate) fn is_variable(&self) -> bool {
        matches!(self.mode, Mode::Variable)
    }

    pub(crate) fn is_type(&self) -> bool {
        matches!(self.mode, Mode::TypeExpr)
    }

    pub(crate) fn is_no_value(&self) -> bool {
        matches!(self.mode, Mode::NoValue)
    }

    pub(crate) fn is_constant(&self) -> bool {
        matches!(self.mode, Mode::Constant(_))
    }

    /// The value of a constant.
    pub(crate) fn value(&self) -> Option<&Value> {
        match &self.mode {
            Mode::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The expression, if it is one of the source.
    pub(crate) fn expr(&self) -> Option<ExprId> {
        match self.source {
            Source::Expr(expr) => Some(expr),
            _ => None,
        }
    }
}

impl Mode {
    /// The words of Go's messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Invalid => "invalid operand",
            Self::NoValue => "no value",
            Self::Builtin(_) => "built-in",
            Self::TypeExpr => "type",
            Self::Constant(_) => "constant",
            Self::Variable => "variable",
            Self::MapIndex => "map index expression",
            Self::Value => "value",
            Self::Nil => "nil",
            Self::CommaOk => "comma, ok expression",
        }
    }
}

impl From<ExprId> for Source {
    fn from(expr: ExprId) -> Self {
        Self::Expr(expr)
    }
}
