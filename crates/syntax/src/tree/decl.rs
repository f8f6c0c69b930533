//! Declarations and directives.

use super::{ExprId, FieldId, IdentId, List, StmtId};
use base::{Pos, Symbol};
use std::ops::Range;

base::newtype_index! {
    /// A parenthesized group of declarations.
    pub struct GroupId;
}

/// A declaration: one spec, grouped or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decl {
    /// The first byte of the spec (after the keyword); for a function, after `func`.
    pub pos: Pos,
    /// The byte after its last.
    pub end: Pos,
    /// The parentheses that it is in. Specs of one group follow each other.
    pub group: Option<GroupId>,
    /// The `//go:` lines above it.
    pub directives: Directives,
    /// What it declares.
    pub kind: DeclKind,
}

/// What a declaration declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeclKind {
    /// `import local "path"`
    Import {
        /// The name given, `.` and `_` included.
        local: Option<IdentId>,
        /// A [`super::ExprKind::BasicLit`]; none when it was missing.
        path: Option<ExprId>,
    },
    /// `const names ty = values`
    Const {
        /// At least one.
        names: List<IdentId>,
        /// The type, if written.
        ty: Option<ExprId>,
        /// Empty means: as the spec before in the group.
        values: List<ExprId>,
    },
    /// `type name[tparams] ty`, or `type name[tparams] = ty`
    Type {
        /// The name.
        name: IdentId,
        /// The type parameters.
        tparams: List<FieldId>,
        /// Whether there is a `=`.
        is_alias: bool,
        /// The type.
        ty: ExprId,
    },
    /// `var names ty = values`
    Var {
        /// At least one.
        names: List<IdentId>,
        /// The type, if written.
        ty: Option<ExprId>,
        /// Empty means: the zero value.
        values: List<ExprId>,
    },
    /// `func (recv) name[tparams](...) ... body`
    Func {
        /// The receiver of a method.
        recv: Option<FieldId>,
        /// The name.
        name: IdentId,
        /// The type parameters.
        tparams: List<FieldId>,
        /// An [`super::ExprKind::FuncType`].
        ty: ExprId,
        /// A block; none when the function is implemented elsewhere.
        body: Option<StmtId>,
    },
}

/// A run of [`super::File::directives`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Directives {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Directives {
    /// The indices of the run.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A `//go:` line that stands alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// Where it is, after the slashes.
    pub pos: Pos,
    /// What it says.
    pub kind: DirectiveKind,
}

/// What a `//go:` line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DirectiveKind {
    /// `go:build constraint`
    Build,
    /// `go:embed patterns`
    Embed(Vec<String>),
    /// `go:linkname local remote`, or `go:linknamestd`
    Linkname {
        /// Whether it is `linknamestd`.
        is_std: bool,
        /// The name in this package.
        local: Symbol,
        /// The symbol in the program; none means that others may refer to `local`.
        remote: Option<Symbol>,
    },
    /// `go:noescape`
    Noescape,
    /// `go:noinline`
    Noinline,
    /// `go:nosplit`
    Nosplit,
    /// `go:norace`
    Norace,
    /// `go:nocheckptr`
    Nocheckptr,
    /// `go:uintptrescapes`
    Uintptrescapes,
    /// `go:uintptrkeepalive`
    Uintptrkeepalive,
    /// `go:systemstack`
    Systemstack,
    /// `go:nowritebarrier`
    Nowritebarrier,
    /// `go:nowritebarrierrec`
    Nowritebarrierrec,
    /// `go:yeswritebarrierrec`
    Yeswritebarrierrec,
    /// `go:registerparams`
    Registerparams,
    /// `go:cgo_unsafe_args`
    CgoUnsafeArgs,
    /// `go:debug key=value`
    Debug(Symbol),
    /// `go:generate`, `go:fix`, and what later versions may bring: the text after the slashes.
    Other(Symbol),
}
