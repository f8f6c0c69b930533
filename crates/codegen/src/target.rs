//! What code is generated for, and with how much effort.

use std::sync::Arc;

use cranelift_codegen::{
    isa::{self, OwnedTargetIsa},
    settings::{self, Configurable as _},
};

/// How much of the machine's instruction set may be used: Go's `GOAMD64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// SSE4.2 and POPCNT: every machine since 2009. Also what `GOAMD64=v1` gets, since gc tests for these at run time.
    #[default]
    V2,
    /// AVX2, FMA, BMI.
    V3,
}

/// How hard the compiler tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Effort {
    /// Good code.
    #[default]
    Speed,
    /// Quick compilation; the code is about twice as large and slow.
    Quick,
}

/// A machine to compile for. Cheap to clone; shared between threads.
#[derive(Clone)]
pub struct Target {
    pub(crate) isa: OwnedTargetIsa,
    pub(crate) level: Level,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("level", &self.level).finish_non_exhaustive()
    }
}

/// Flags that do not depend on the request, each with what would go wrong without it.
const SHARED_FLAGS: &[(&str, &str)] = &[
    // r15 is G.
    ("enable_pinned_reg", "true"),
    // The stack is walked and relocated by its frame pointers.
    ("preserve_frame_pointers", "true"),
    // The prefix checks the stack.
    ("enable_probestack", "false"),
    // Programs are linked at fixed addresses below 2 GB.
    ("is_pic", "false"),
    // Liveness must know where blocks begin.
    ("machine_code_cfg_info", "true"),
    // Unwinding goes by frame pointers.
    ("unwind_info", "false"),
    // More results than registers must be an error here, never a hidden pointer to the stack.
    ("enable_multi_ret_implicit_sret", "false"),
];

const V2_FLAGS: &[&str] =
    &["has_sse3", "has_ssse3", "has_cmpxchg16b", "has_sse41", "has_sse42", "has_popcnt"];
const V3_FLAGS: &[&str] = &["has_avx", "has_avx2", "has_fma", "has_bmi1", "has_bmi2", "has_lzcnt"];

impl Target {
    /// The target with these options.
    #[must_use]
    pub fn new(level: Level, effort: Effort) -> Target {
        let mut flags = settings::builder();
        let (opt_level, algorithm) = match effort {
            Effort::Speed => ("speed", "backtracking"),
            Effort::Quick => ("none", "single_pass"),
        };
        let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
        let chosen =
            [("opt_level", opt_level), ("regalloc_algorithm", algorithm), ("enable_verifier", verifier)];
        for &(name, value) in SHARED_FLAGS.iter().chain(&chosen) {
            flags.set(name, value).expect("Cranelift knows the flag");
        }
        let mut builder =
            isa::lookup_by_name("x86_64-unknown-linux").expect("Cranelift is built with x86-64");
        let v3 = if level >= Level::V3 { V3_FLAGS } else { &[] };
        for feature in V2_FLAGS.iter().chain(v3) {
            builder.enable(feature).expect("Cranelift knows the feature");
        }
        let isa = builder.finish(settings::Flags::new(flags)).expect("the flags fit together");
        Target { isa, level }
    }

    /// A text that determines everything about the target that generated code depends on, for cache keys.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let settings = self.isa.flags().iter().chain(self.isa.isa_flags());
        let settings: Vec<String> = settings.map(|value| value.to_string()).collect();
        format!("cranelift {} {}", cranelift_codegen::VERSION, settings.join(" "))
    }

    pub(crate) fn has_fma(&self) -> bool {
        self.level >= Level::V3
    }

    pub(crate) fn isa(&self) -> &Arc<dyn isa::TargetIsa> {
        &self.isa
    }
}
