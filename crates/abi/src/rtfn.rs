//! The runtime's functions as data: what the compiler needs to call one.
//!
//! **Calling one.** With [`Conv::Tail`] (all effects but `cold`): an ordinary call in the convention of Go functions,
//! with at most six integer and eight float parameters; results in rax, rcx, rdx, rsi and xmm0. With
//! [`Conv::PreserveAll`]: arguments in the same registers, every register survives, and results are read from
//! [`crate::GHead::ret`] directly after the call. `ptr` and `int` are 64-bit; a Go bool is an `int` of 0 or 1.
//! No argument may point into a native stack, except of `asm` functions, which run on it.

/// The machine type of a parameter or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// A 64-bit integer.
    Int,
    /// An address.
    Ptr,
    /// A float64.
    F64,
}

/// What a call can do besides computing its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: assembly on the goroutine's own stack, or Rust code that neither allocates nor parks.
    Leaf,
    /// May allocate, so a collection may run; the goroutine keeps running.
    MayGc,
    /// The goroutine may be descheduled (and its stack moved or shrunk); includes `MayGc`.
    MayPark,
    /// Does not return.
    NoReturn,
}

/// How arguments, results and registers behave in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conv {
    /// As a Go function.
    Tail,
    /// Preserves every register; results in [`crate::GHead::ret`].
    PreserveAll,
}

/// A function's parameters, results and behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Parameters in order.
    pub params: &'static [Word],
    /// Results in order.
    pub results: &'static [Word],
    /// What the call can do.
    pub effect: Effect,
    /// How it is called.
    pub conv: Conv,
}

macro_rules! word {
    (int) => {
        Word::Int
    };
    (ptr) => {
        Word::Ptr
    };
    (f64) => {
        Word::F64
    };
}

macro_rules! behaviour {
    (asm) => {
        (Effect::Leaf, Conv::Tail)
    };
    (leaf) => {
        (Effect::Leaf, Conv::Tail)
    };
    (may_gc) => {
        (Effect::MayGc, Conv::Tail)
    };
    (may_park) => {
        (Effect::MayPark, Conv::Tail)
    };
    (cold) => {
        (Effect::MayPark, Conv::PreserveAll)
    };
    (cold_leaf) => {
        (Effect::Leaf, Conv::PreserveAll)
    };
    (noreturn) => {
        (Effect::NoReturn, Conv::Tail)
    };
    (asm_noreturn) => {
        (Effect::NoReturn, Conv::Tail)
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* $kind:ident $name:ident($($param:ident: $pty:ident),*) $(-> ($($rty:ident),*))?;)*) => {
        /// A function of the runtime that compiled code can call; `symbol` is `gh_` and the variant's name.
        #[expect(non_camel_case_types, reason = "a variant is spelled as the function that it stands for")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RtFn { $($(#[$doc])* $name,)* }

        impl RtFn {
            /// Every function, in the order of the table.
            pub const ALL: &[RtFn] = &[$(RtFn::$name),*];

            /// The linker's name.
            pub const fn symbol(self) -> &'static str {
                match self { $(RtFn::$name => concat!("gh_", stringify!($name))),* }
            }

            /// Parameters, results and behaviour.
            pub const fn signature(self) -> Signature {
                match self {
                    $(RtFn::$name => Signature {
                        params: &[$(word!($pty)),*],
                        results: &[$($(word!($rty)),*)?],
                        effect: behaviour!($kind).0,
                        conv: behaviour!($kind).1,
                    },)*
                }
            }
        }
    };
}

crate::runtime_functions!(define);

impl RtFn {
    /// The function with this linker name.
    pub fn from_symbol(symbol: &str) -> Option<RtFn> {
        RtFn::ALL.iter().copied().find(|function| function.symbol() == symbol)
    }
}

// The trampolines pass what registers hold, and G has four result words.
const _: () = {
    let mut idx = 0;
    while idx < RtFn::ALL.len() {
        let signature = RtFn::ALL[idx].signature();
        assert!(signature.params.len() <= 7);
        assert!(signature.results.len() <= 4);
        idx += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_found_again() {
        for &function in RtFn::ALL {
            assert_eq!(RtFn::from_symbol(function.symbol()), Some(function));
        }
        assert_eq!(RtFn::from_symbol("gh_nonsense"), None);
    }

    #[test]
    fn only_raw_system_calls_take_more_than_six_integers() {
        for &function in RtFn::ALL {
            let n_ints = function.signature().params.iter().filter(|&&word| word != Word::F64).count();
            assert!(n_ints <= 6 || function == RtFn::syscall6, "{}", function.symbol());
        }
    }
}
