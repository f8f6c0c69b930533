//! The kinds of mistakes.
//!
//! The names of the type checker's kinds are those of Go's internal/types/errors, so that they can be looked up there.

use std::fmt;

macro_rules! codes {
    ($($group:ident: [$($name:ident,)+])+) => {
        /// What kind of mistake a diagnostic is about.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $($(
                #[doc = concat!("Of the group `", stringify!($group), "`.")]
                $name,
            )+)+
        }

        impl Code {
            /// Every code, in the order of declaration.
            pub const ALL: &[Self] = &[$($(Self::$name,)+)+];

            /// The name of the code, as `ghog explain` takes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$name => stringify!($name),)+)+
                }
            }
        }
    };
}

codes! {
    // A mistake in one file's text.
    syntax: [
    Syntax, Directive,
    ]
    // A mistake in what is imported, built or configured.
    load: [
    NoGoFiles, PackageNotFound, ImportCycle, InternalImport, BuildConstraint, EmbedPattern, ModFile, FileAccess,
    WrongTestSignature,
    ]
    // A mistake that the type checker finds, under its name in Go's internal/types/errors.
    check: [
    InvalidSyntaxTree, BlankPkgName, MismatchedPkgName, InvalidPkgUse, BadImportPath, BrokenImport,
    ImportCRenamed, UnusedImport, InvalidInitCycle, DuplicateDecl, InvalidDeclCycle, InvalidTypeCycle,
    InvalidConstInit, InvalidConstVal, InvalidConstType, UntypedNilUse, WrongAssignCount,
    UnassignableOperand, NoNewVar, MultiValAssignOp, InvalidIfaceAssign, InvalidChanAssign,
    IncompatibleAssign, UnaddressableFieldAssign, NotAType, InvalidArrayLen, BlankIfaceMethod,
    IncomparableMapKey, InvalidPtrEmbed, BadRecv, InvalidRecv, DuplicateFieldAndMethod, DuplicateMethod,
    InvalidBlank, InvalidIota, MissingInitBody, InvalidInitSig, InvalidInitDecl, InvalidMainDecl,
    TooManyValues, NotAnExpr, TruncatedFloat, NumericOverflow, UndefinedOp, MismatchedTypes, DivByZero,
    NonNumericIncDec, UnaddressableOperand, InvalidIndirection, NonIndexableOperand, InvalidIndex,
    SwappedSliceIndices, NonSliceableOperand, InvalidSliceExpr, InvalidShiftCount, InvalidShiftOperand,
    InvalidReceive, InvalidSend, DuplicateLitKey, MissingLitKey, InvalidLitIndex, OversizeArrayLit,
    MixedStructLit, InvalidStructLit, MissingLitField, DuplicateLitField, UnexportedLitField,
    InvalidLitField, UntypedLit, InvalidLit, AmbiguousSelector, UndeclaredImportedName, UnexportedName,
    UndeclaredName, MissingFieldOrMethod, BadDotDotDotSyntax, NonVariadicDotDotDot, InvalidDotDotDot,
    UncalledBuiltin, InvalidAppend, InvalidCap, InvalidClose, InvalidCopy, InvalidComplex, InvalidDelete,
    InvalidImag, InvalidLen, SwappedMakeArgs, InvalidMake, InvalidReal, InvalidAssert, ImpossibleAssert,
    InvalidConversion, InvalidUntypedConversion, BadOffsetofSyntax, InvalidOffsetof, UnusedExpr,
    UnusedVar, MissingReturn, WrongResultCount, OutOfScopeResult, InvalidCond, InvalidPostDecl,
    InvalidIterVar, InvalidRangeExpr, MisplacedBreak, MisplacedContinue, MisplacedFallthrough,
    DuplicateCase, DuplicateDefault, BadTypeKeyword, InvalidTypeSwitch, InvalidExprSwitch,
    InvalidSelectCase, UndeclaredLabel, DuplicateLabel, MisplacedLabel, UnusedLabel, JumpOverDecl,
    JumpIntoBlock, InvalidMethodExpr, WrongArgCount, InvalidCall, UnusedResults, InvalidDefer, InvalidGo,
    BadDecl, RepeatedDecl, InvalidUnsafeAdd, InvalidUnsafeSlice, UnsupportedFeature, NotAGenericType,
    WrongTypeArgCount, CannotInferTypeArgs, InvalidTypeArg, InvalidInstanceCycle, InvalidUnion, MisplacedConstraintIface,
    InvalidMethodTypeParams, MisplacedTypeParam, InvalidUnsafeSliceData, InvalidUnsafeString,
    InvalidClear, TypeTooLarge, InvalidMinMaxOperand, TooNew,
    ]
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
