//! Module versions (`v1.2.3-pre+incompatible`) and their order; Go versions (`1.27`, `1.27rc1`, `1.27.3`) and theirs.

use std::cmp::Ordering;

/// Orders two module versions by semantic versioning; an invalid version is less than any valid one.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    Version::parse(a).cmp(&Version::parse(b))
}

/// Whether `text` is a version with all three numbers, as go.mod demands.
pub(crate) fn is_valid(text: &str) -> bool {
    Version::parse(text).is_some()
}

/// The major version that a module path ends in: `v2` of `a.org/x/v2` and of `gopkg.in/x.v2`.
pub(crate) fn path_major(path: &str) -> Option<&str> {
    let path = path.strip_suffix("-unstable").unwrap_or(path);
    let separator = if path.starts_with("gopkg.in/") { '.' } else { '/' };
    let (_, last) = path.rsplit_once(separator)?;
    let is_major = last.strip_prefix('v').is_some_and(is_number);
    is_major.then_some(last)
}

#[derive(PartialEq, Eq)]
struct Version<'a> {
    numbers: [&'a str; 3],
    pre: &'a str,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Version<'a>> {
        let text = text.strip_prefix('v')?;
        let text = text.split_once('+').map_or(text, |(version, _build)| version);
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let numbers: Vec<_> = numbers.split('.').collect();
        let numbers: [&str; 3] = numbers.try_into().ok()?;
        numbers.iter().all(|number| is_number(number)).then_some(Version { numbers, pre })
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0')) && !text.is_empty()
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.iter().zip(&other.numbers).map(|(a, b)| compare_numbers(a, b));
        numbers
            .reduce(Ordering::then)
            .unwrap_or(Ordering::Equal)
            .then_with(|| compare_pre(self.pre, other.pre))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Numbers of any length: the longer is larger.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// A version without a pre-release part is later than one with it; identifiers compare one by one, numbers first.
fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let key = |part: &str| is_number(part);
    let mut others = b.split('.');
    for part in a.split('.') {
        let Some(other) = others.next() else { return Ordering::Greater };
        let order = match (key(part), key(other)) {
            (true, true) => compare_numbers(part, other),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => part.cmp(other),
        };
        if order.is_ne() {
            return order;
        }
    }
    if others.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

/// The minor version N of a Go version `1.N`, `1.N.P` or `1.NrcP`, with or without the prefix `go`.
pub(crate) fn go_minor(text: &str) -> Option<u32> {
    let text = text.strip_prefix("go").unwrap_or(text);
    let rest = text.strip_prefix("1.")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Orders two Go versions: `1.21 < 1.21rc1 < 1.21.0 < 1.21.1`.
pub(crate) fn compare_go(a: &str, b: &str) -> Ordering {
    go_key(a).cmp(&go_key(b))
}

/// Major, minor, then 0 for the bare language version, 1 for beta, 2 for rc, 3 for a release; then its number.
fn go_key(text: &str) -> (u64, u64, u8, u64) {
    let text = text.strip_prefix("go").unwrap_or(text);
    let (major, rest) = leading_number(text);
    let (minor, rest) = leading_number(rest.strip_prefix('.').unwrap_or(rest));
    let (kind, rest) = if let Some(rest) = rest.strip_prefix("beta") {
        (1, rest)
    } else if let Some(rest) = rest.strip_prefix("rc") {
        (2, rest)
    } else if let Some(rest) = rest.strip_prefix('.') {
        (3, rest)
    } else {
        (if minor < 21 { 3 } else { 0 }, rest)
    };
    (major, minor, kind, leading_number(rest).0)
}

fn leading_number(text: &str) -> (u64, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().unwrap_or(0), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_versions_are_ordered_as_semantic_versions() {
        let sorted = [
            "nonsense",
            "v0.0.0-20200101000000-abcdef",
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-rc.2",
            "v1.0.0-rc.10",
            "v1.0.0",
            "v1.9.0",
            "v1.10.0",
        ];
        assert!(sorted.is_sorted_by(|a, b| compare(a, b).is_lt()));
        assert_eq!(compare("v2.0.0+incompatible", "v2.0.0"), Ordering::Equal);
        assert!(!is_valid("v1.2") && !is_valid("1.2.3") && !is_valid("v01.2.3"));
    }

    #[test]
    fn go_versions_put_candidates_before_releases() {
        let sorted = ["1.4", "1.20", "1.20.1", "1.21", "1.21rc1", "1.21.0", "1.27", "1.27.3"];
        assert!(sorted.is_sorted_by(|a, b| compare_go(a, b).is_lt()));
        assert_eq!(go_minor("go1.27rc1"), Some(27));
        assert_eq!(go_minor("1.5.2"), Some(5));
    }
}
