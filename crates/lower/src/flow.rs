//! Where control can go: loops and switches for `break` and `continue`, labels for `goto`, and what `return` does.

use base::Symbol;
use ir::{BlockId, ValueId, Variable};
use rustc_hash::FxHashMap;
use types::TypeId;

use crate::func::Storage;

/// The targets that statements of a function can jump to.
#[derive(Default)]
pub(crate) struct Flow {
    /// Enclosing loops, switches and selects, innermost last.
    pub(crate) targets: Vec<Target>,
    /// Blocks of labels; sealed at the end of the function, as any `goto` may come later.
    pub(crate) labels: FxHashMap<Symbol, BlockId>,
    /// The label of the statement that comes next.
    pub(crate) label: Option<Symbol>,
    /// The target of `fallthrough`.
    pub(crate) fallthrough: Option<BlockId>,
    /// The results of the function, in order.
    pub(crate) results: Vec<ResultSlot>,
    /// How the function ends.
    pub(crate) exit: Exit,
    /// What a function with `defer` statements passes to them.
    pub(crate) defer: Option<DeferState>,
    /// The frame that `recover` compares with, when it is not the caller of this machine function.
    pub(crate) recover_frame: Option<Variable>,
    /// The size of the record, with the entries for deferred calls and their closures behind it.
    pub(crate) record_bytes: u64,
    /// How many loops are around the current statement.
    pub(crate) loop_depth: u32,
}

/// A loop, switch or select.
pub(crate) struct Target {
    pub(crate) label: Option<Symbol>,
    pub(crate) on_break: BlockId,
    /// Of loops only.
    pub(crate) on_continue: Option<BlockId>,
}

/// A result of the function.
#[derive(Clone)]
pub(crate) struct ResultSlot {
    pub(crate) ty: TypeId,
    /// The variable, if the result has a name (or the function defers).
    pub(crate) storage: Option<Storage>,
    /// The caller's memory for a result of a memory type.
    pub(crate) area: Option<ValueId>,
}

/// What a return statement does.
#[derive(Default)]
pub(crate) enum Exit {
    /// Returns the results to the caller.
    #[default]
    Plain,
    /// Leaves the results in their variables: the wrapper of a deferring function returns them.
    InVariables,
    /// Ends the body of a range-over-func loop.
    LoopBody(crate::rangefunc::BodyExit),
}

/// The state of a function with `defer` statements.
#[derive(Clone)]
pub(crate) struct DeferState {
    /// Holds the address of the wrapper's record.
    pub(crate) record: Variable,
    /// Whether this is the function that owns the record's frame: then entries may be behind the record.
    pub(crate) owns_frame: bool,
}

impl Flow {
    /// The target of `break` (to a label).
    pub(crate) fn break_target(&self, label: Option<Symbol>) -> Option<BlockId> {
        let mut targets = self.targets.iter().rev();
        match label {
            None => targets.next(),
            Some(_) => targets.find(|target| target.label == label),
        }
        .map(|target| target.on_break)
    }

    /// The target of `continue` (to a label).
    pub(crate) fn continue_target(&self, label: Option<Symbol>) -> Option<BlockId> {
        let mut targets = self.targets.iter().rev().filter(|target| target.on_continue.is_some());
        match label {
            None => targets.next(),
            Some(_) => targets.find(|target| target.label == label),
        }
        .and_then(|target| target.on_continue)
    }
}
