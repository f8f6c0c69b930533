//! Checking type arguments against the type parameters that they are for.

use base::Span;
use diag::Code;
use types::{Substitution, TypeId};

use crate::checker::Checker;

impl Checker<'_> {
    /// Whether there are as many type arguments as type parameters; reports it if not.
    pub(crate) fn check_type_arg_count(
        &mut self,
        at: impl Into<Span>,
        name: &str,
        n_want: usize,
        n_have: usize,
    ) -> bool {
        let quantity = match n_have.cmp(&n_want) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => "not enough",
            std::cmp::Ordering::Greater => "too many",
        };
        self.error(
            at,
            Code::WrongTypeArgCount,
            format!("{quantity} type arguments for type {name}: have {n_have}, want {n_want}"),
        );
        false
    }

    /// Whether the type arguments satisfy the constraints. If not, the index of the first that does not, and why.
    pub(crate) fn verify(&mut self, params: &[TypeId], args: &[TypeId]) -> Result<(), (usize, String)> {
        let substitution = Substitution::new(params, args);
        for (index, (&param, &arg)) in params.iter().zip(args).enumerate() {
            // The constraint may mention the other type parameters.
            let bound = self.types.substitute(self.types.constraint(param), &substitution);
            let mut cause = String::new();
            if !self.implements(arg, bound, true, Some(&mut cause)) {
                return Err((index, cause));
            }
        }
        Ok(())
    }
}
