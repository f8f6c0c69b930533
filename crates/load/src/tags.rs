//! Which build tags are on, and the rule that picks an architecture tag for each package.
//!
//! Groundhog runs on linux/amd64 and has no assembler. So a package is selected as for amd64, unless assembly is then
//! among its files: it is selected again as for an architecture that nobody has heard of, and falls back to pure Go.
//! The packages of [`PINNED`] have no such fallback, or a better one.
//!
//! Checked over all packages of the standard library: no name is undefined under this rule.

use crate::constraint::{self, Constraint};
use crate::goroot::GO_MINOR;

/// The operating system that programs are built for.
pub const GOOS: &str = "linux";

/// The architecture that programs are built for.
pub const GOARCH: &str = "amd64";

/// The architecture tag that is on for a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Arch {
    /// The real one.
    Amd64,
    /// Another 64-bit little-endian one, for a package that lists architectures by name and has no default.
    Mips64le,
    /// None that any file mentions.
    Unknown,
}

/// Packages whose architecture tag does not follow the rule. Their missing bodies are the runtime's or the compiler's.
const PINNED: &[(&str, Arch)] = &[
    ("internal/cpu", Arch::Amd64),
    // Its counters are coverage that only an instrumenting compiler makes.
    ("internal/fuzz", Arch::Unknown),
    ("internal/runtime/atomic", Arch::Amd64),
    ("internal/runtime/maps", Arch::Mips64le),
    ("internal/runtime/syscall/linux", Arch::Amd64),
    ("runtime", Arch::Amd64),
    ("runtime/cgo", Arch::Amd64),
    ("runtime/debug", Arch::Amd64),
    ("syscall", Arch::Amd64),
];

/// Pinned in whatever module they are vendored: raw system calls, and processor features.
const PINNED_IN_MODULES: [&str; 2] = ["golang.org/x/sys/cpu", "golang.org/x/sys/unix"];

/// The pinned architecture tag of a package, if it has one.
pub(crate) fn pinned(import_path: &str) -> Option<Arch> {
    if PINNED_IN_MODULES.iter().any(|path| import_path.ends_with(path)) {
        return Some(Arch::Amd64);
    }
    PINNED.iter().find(|(path, _)| *path == import_path).map(|&(_, arch)| arch)
}

/// The experiments that are on in this Go, but for those about gc's register calling convention, which is not ours.
const EXPERIMENTS: [&str; 5] =
    ["dwarf5", "greenteagc", "jsonv2", "randomizedheapbase64", "sizespecializedmalloc"];

/// The tags that libraries use to mean "no assembly".
const PURE_GO: [&str; 2] = ["math_big_pure_go", "purego"];

/// The set of tags that are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagSet {
    /// The architecture tag.
    pub(crate) arch: Arch,
    /// Whether the tags that mean "no assembly" are on.
    pub(crate) is_pure_go: bool,
    /// The tags of the `-tags` flag.
    pub(crate) user: Vec<Box<str>>,
}

impl TagSet {
    /// Whether `tag` is on.
    pub(crate) fn is_on(&self, tag: &str) -> bool {
        match tag {
            GOOS | "unix" | "gc" => true,
            "amd64" | "amd64.v1" => self.arch == Arch::Amd64,
            "mips64le" => self.arch == Arch::Mips64le,
            _ if self.is_pure_go && PURE_GO.contains(&tag) => true,
            _ => is_release(tag) || is_experiment(tag) || self.user.iter().any(|user| **user == *tag),
        }
    }

    /// Whether a file of this name and constraint is part of the build.
    pub(crate) fn selects(&self, file_name: &str, constraint: Option<&Constraint>) -> bool {
        self.selects_name(file_name) && constraint.is_none_or(|c| c.eval(&|tag| self.is_on(tag)))
    }

    /// Whether the name alone lets a file be part of the build.
    pub(crate) fn selects_name(&self, file_name: &str) -> bool {
        constraint::tags_of_file_name(file_name).all(|tag| self.is_on(tag))
    }
}

fn is_release(tag: &str) -> bool {
    let minor = tag.strip_prefix("go1.").and_then(|minor| minor.parse::<u32>().ok());
    minor.is_some_and(|minor| (1..=GO_MINOR).contains(&minor))
}

fn is_experiment(tag: &str) -> bool {
    tag.strip_prefix("goexperiment.").is_some_and(|name| EXPERIMENTS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(arch: Arch) -> TagSet {
        TagSet { arch, is_pure_go: false, user: vec!["mine".into()] }
    }

    #[test]
    fn the_tags_of_linux_amd64_are_on() {
        let tags = tags(Arch::Amd64);
        for tag in ["linux", "unix", "amd64", "gc", "go1.1", "go1.27", "goexperiment.jsonv2", "mine"] {
            assert!(tags.is_on(tag), "{tag}");
        }
        for tag in
            ["windows", "cgo", "go1.28", "go1.0", "goexperiment.regabiargs", "purego", "ignore", "race"]
        {
            assert!(!tags.is_on(tag), "{tag}");
        }
    }

    #[test]
    fn file_names_select_by_the_architecture_tag() {
        assert!(tags(Arch::Amd64).selects_name("x_linux_amd64.go"));
        assert!(!tags(Arch::Unknown).selects_name("x_amd64.go"));
        assert!(!tags(Arch::Unknown).selects_name("x_arm64.go"));
        assert!(tags(Arch::Unknown).selects_name("x_linux.go"));
    }

    #[test]
    fn raw_system_calls_are_pinned_wherever_they_are_vendored() {
        assert_eq!(pinned("cmd/vendor/golang.org/x/sys/unix"), Some(Arch::Amd64));
        assert_eq!(pinned("internal/runtime/maps"), Some(Arch::Mips64le));
        assert_eq!(pinned("math"), None);
    }
}
