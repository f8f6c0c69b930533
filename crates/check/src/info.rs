//! The result of a check: side tables over the trees.

use std::sync::Arc;

use base::{IdxVec, Symbol};
use constant::Value;
use diag::Diagnostic;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use syntax::{ClauseId, DeclId, ExprId, FieldId, File, IdentId};
use types::{ObjectId, PackageId, Selected, TypeId};

use crate::GoVersion;

/// A package after checking.
#[derive(Debug)]
pub struct CheckedPackage {
    /// The package in the store; its scope is set there.
    pub id: PackageId,
    /// The name in the package clauses.
    pub name: Symbol,
    /// The files in the order given.
    pub files: Vec<CheckedFile>,
    /// The packages imported by any file, without repetition, in the order of first import.
    pub imports: Vec<PackageId>,
    /// The functions and methods with a declaration, in source order; `init` and `_` included.
    pub functions: Vec<FuncDecl>,
    /// The initialisations of package-level variables in the order of execution.
    pub init_order: Vec<Initializer>,
    /// What was wrong, in the order found. The package is usable only without errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file with what is known about it.
#[derive(Debug)]
pub struct CheckedFile {
    /// The tree.
    pub tree: Arc<File>,
    /// What the tree's parts mean.
    pub info: Info,
}

/// A function or method declaration.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FuncDecl {
    /// The function.
    pub object: ObjectId,
    /// The index of the file in [`CheckedPackage::files`].
    pub file: u32,
    /// The declaration in it.
    pub decl: DeclId,
}

/// The initialisation of one or several package-level variables by one expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Initializer {
    /// The variables; several for a call with several results. Blank variables are here too.
    pub variables: SmallVec<[ObjectId; 1]>,
    /// The index of the file in [`CheckedPackage::files`].
    pub file: u32,
    /// The expression in it.
    pub value: ExprId,
}

/// What the parts of one file mean. Parts in error, and parts that the language gives no meaning, are absent.
#[derive(Debug)]
pub struct Info {
    /// The language version of the file.
    pub go_version: GoVersion,
    /// Mode and type of every expression, types included. Untyped constants have their final type here. Not in the table:
    /// names that only declare, and the names of fields, methods and packages in selectors.
    pub exprs: IdxVec<ExprId, ExprInfo>,
    /// The values of constant expressions.
    pub values: FxHashMap<ExprId, Value>,
    /// What each identifier declares or stands for. `None` for names of fields and interface methods, for package
    /// clauses, and for the variable of a type switch (see `clause_variables`).
    pub idents: IdxVec<IdentId, Option<ObjectId>>,
    /// Selector expressions that are not qualified identifiers; and the keys of struct literals.
    pub selections: FxHashMap<ExprId, Selection>,
    /// The type arguments of generic functions and types where they are used, written or inferred, by the identifier.
    pub instances: FxHashMap<IdentId, Instance>,
    /// The variable that each clause of a type switch with a variable declares.
    pub clause_variables: FxHashMap<ClauseId, ObjectId>,
    /// The variables of parameters, results and receivers, with or without a name.
    pub params: FxHashMap<FieldId, ObjectId>,
    /// The local variables of enclosing functions that each function literal uses, itself or in literals inside it, in
    /// the order of first use.
    pub captures: FxHashMap<ExprId, Vec<ObjectId>>,
}

/// What an expression is.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct ExprInfo {
    /// How it may be used.
    pub mode: Mode,
    /// Its type; of a builtin, a signature made for this call. `None` when nothing is known.
    pub ty: Option<TypeId>,
}

/// How an expression may be used.
#[derive(Copy, Clone, PartialEq, Eq, Default, Hash, Debug)]
pub enum Mode {
    /// Unknown or in error.
    #[default]
    Invalid,
    /// A call without results.
    NoValue,
    /// A predeclared function.
    Builtin,
    /// A type.
    Type,
    /// A constant; the value is in [`Info::values`].
    Constant,
    /// An addressable variable.
    Variable,
    /// An element of a map: not addressable, but assignable; may be used with a second, boolean, result.
    MapIndex,
    /// A computed value.
    Value,
    /// `nil`; the type says of which type.
    Nil,
    /// A computed value that may be used with a second, boolean, result.
    CommaOk,
}

/// What a selector selects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    /// How.
    pub kind: SelectionKind,
    /// The type of the operand `x` in `x.f`.
    pub receiver: TypeId,
    /// The field or method, and the embedded fields on the way to it.
    pub selected: Selected,
    /// The type of the whole: of the field, of the method value, of the method expression.
    pub ty: TypeId,
}

/// How a selector selects.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum SelectionKind {
    /// `x.f`, a field.
    Field,
    /// `x.f`, a method bound to `x`.
    MethodValue,
    /// `T.f`, a method with the receiver as first parameter.
    MethodExpr,
}

/// A use of something generic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance {
    /// The type arguments, one for each type parameter.
    pub args: Box<[TypeId]>,
    /// The instantiated type, or the instantiated signature.
    pub ty: TypeId,
}

impl Info {
    /// Empty tables for a file.
    pub fn new(file: &File, go_version: GoVersion) -> Self {
        Self {
            go_version,
            exprs: IdxVec::from_elem(ExprInfo::default(), file.exprs().len()),
            values: FxHashMap::default(),
            idents: IdxVec::from_elem(None, file.idents().len()),
            selections: FxHashMap::default(),
            instances: FxHashMap::default(),
            clause_variables: FxHashMap::default(),
            params: FxHashMap::default(),
            captures: FxHashMap::default(),
        }
    }

    /// The type of an expression.
    pub fn type_of(&self, expr: ExprId) -> Option<TypeId> {
        self.exprs[expr].ty
    }

    /// The value of a constant expression.
    pub fn value_of(&self, expr: ExprId) -> Option<&Value> {
        self.values.get(&expr)
    }
}
