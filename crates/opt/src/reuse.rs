//! Functions that need not be optimised again, because what became of them is kept: what others must know about them.
//!
//! A caller sees three things of a callee: its body, if that may be copied; what it does with pointers; whether it checks its
//! stack. And it sees bodies of lower *levels* of the call graph only. [`Facts`] has all of it but the body. When a caller
//! copies a callee whose facts are known, the body is made again, by what would have been done to it: that depends on the
//! callee and on lower levels, so it is made at once, whenever it is asked for.
//!
//! **Invariants**
//! 1. Facts are those that optimising the whole program would find. Whoever keeps them keeps them under a key of
//!    everything that the function can reach.
//! 2. When one function of a cycle of calls is known, all are: levels and summaries are found for cycles as a whole.

use crate::escape::Summary;
use ir::{Function, Signature};

/// What callers must know about a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Its level in the graph of calls before inlining.
    pub level: u32,
    /// Whether copies of it may be made.
    pub is_inlinable: bool,
    /// Whether it is sure to check its stack, when all is done.
    pub checks_stack: bool,
    /// What it does with pointers.
    pub summary: Summary,
}

/// Takes the known functions out; what stands in their places has no body.
pub(crate) fn set_aside(funcs: &mut [Function], known: &[Option<Facts>]) -> Vec<Option<Function>> {
    let take = |(func, known): (&mut Function, &Option<Facts>)| {
        known.as_ref().map(|_| std::mem::replace(func, placeholder()))
    };
    funcs.iter_mut().zip(known).map(take).collect()
}

/// What stands in the place of a function that is elsewhere.
pub(crate) fn placeholder() -> Function {
    Function::new(base::sym::EMPTY, Signature::default())
}

/// Adds summaries to the facts.
pub(crate) fn set_summaries(facts: &mut [Facts], summaries: Vec<Summary>) {
    for (facts, summary) in facts.iter_mut().zip(summaries) {
        facts.summary = summary;
    }
}

#[cfg(test)]
mod tests {
    use crate::{Effort, optimize_rest};

    const PROGRAM: &str = "
        func @top(i64) -> i64 {\nblock0(v0: i64):\n v1 = call @middle(v0) -> i64\n v2 = call @big(v1) -> i64\n return v2\n}
        func @middle(i64) -> i64 {\nblock0(v0: i64):\n v1 = call @leaf(v0) -> i64\n v2 = iadd.i64 v1, v1\n return v2\n}
        func @leaf(i64) -> i64 {\nblock0(v0: i64):\n v1 = iconst.i64 7\n v2 = iadd.i64 v0, v1\n return v2\n}
        func @big(i64) -> i64 {\nblock0(v0: i64):\n v1 = call @out(v0) -> i64\n v2 = call @out(v1) -> i64\n \
        v3 = call @out(v2) -> i64\n v4 = call @out(v3) -> i64\n return v4\n}";

    #[test]
    fn a_function_is_optimised_the_same_when_others_are_known() {
        let mut whole = ir::parse_module(PROGRAM).unwrap();
        let all = optimize_rest(&mut whole, Effort::Full, vec![None; 4]);
        assert_eq!(all.iter().map(|facts| facts.level).collect::<Vec<_>>(), [2, 1, 0, 0]);
        assert_eq!(all.iter().map(|facts| facts.is_inlinable).collect::<Vec<_>>(), [true, true, true, false]);
        for n_known in 0..16 {
            let known = (0..4).map(|index| (n_known >> index & 1 == 1).then(|| all[index].clone()));
            let mut rest = ir::parse_module(PROGRAM).unwrap();
            assert_eq!(optimize_rest(&mut rest, Effort::Full, known.collect()), all);
            for (index, (rest, whole)) in rest.funcs.iter().zip(whole.funcs.iter()).enumerate() {
                assert_eq!(rest.has_body(), n_known >> index & 1 == 0);
                assert!(
                    !rest.has_body() || rest.to_string() == whole.to_string(),
                    "{n_known}: {rest}{whole}"
                );
            }
        }
    }
}
