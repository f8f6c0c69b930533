//! Ids of the things in a function or module.

macro_rules! entities {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        base::newtype_index! { $(#[$doc])* pub struct $name; }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.index())
            }
        }
    )*};
}

entities! {
    /// An SSA value: a result of an instruction or a parameter of a block.
    ValueId = "v";
    /// A basic block.
    BlockId = "block";
    /// An instruction.
    InstId = "inst";
    /// One outgoing edge of a terminator.
    TargetId = "target";
    /// A node of a function's inline tree.
    InlineSiteId = "site";
    /// A function of a module.
    FuncId = "func";
    /// A data object of a module.
    DataId = "data";
}
