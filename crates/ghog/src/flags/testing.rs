//! The command line of `ghog test`: its flags, those of test executables, and package names, in almost any order.
//!
//! As cmd/go/internal/test, testflag.go: known flags may stand before and after the packages; what is not known belongs to
//! the test executable, and so does all that follows the first word after the packages that can only be an argument.

use super::duration::GoDuration;
use super::{Forward, Invocation, Stop, Value, Values, find, parse_flag};
use crate::commands::Command;

/// Go's default for `-timeout`.
const DEFAULT_TIMEOUT: GoDuration = GoDuration(10 * GoDuration::MINUTE.0);

/// What `ghog test` knows of the flags of the test executable.
#[derive(Clone, Debug)]
pub(crate) struct TestValues {
    /// The arguments of the test executable.
    pub(crate) args: Vec<String>,
    /// Whether the executable is only built: `-c`.
    pub(crate) is_build_only: bool,
    pub(crate) timeout: GoDuration,
    /// Whether the output of tests that pass is shown: `-v`, `-list`, `-help`.
    pub(crate) shows_pass: bool,
    pub(crate) is_benchmark: bool,
    pub(crate) is_fail_fast: bool,
}

impl Default for TestValues {
    fn default() -> Self {
        Self {
            args: Vec::new(),
            is_build_only: false,
            timeout: DEFAULT_TIMEOUT,
            shows_pass: false,
            is_benchmark: false,
            is_fail_fast: false,
        }
    }
}

/// Parses the words after `test`.
pub(super) fn parse(command: &Command, words: &[String]) -> Result<Invocation, Stop> {
    let mut parser = Parser { command, values: Values::default(), packages: None, args: Vec::new() };
    parser.words(words)?;
    let Parser { mut values, packages, args, .. } = parser;
    let mut test_args = Vec::new();
    if values.json {
        test_args.push("-test.v=test2json".to_owned());
    }
    if !args.iter().any(|arg| arg.starts_with("-test.timeout=")) && values.testing.timeout.0 > 0 {
        test_args.push(format!("-test.timeout={}", values.testing.timeout));
    }
    let is_help = |arg: &String| matches!(arg.as_str(), "-h" | "-help" | "--help");
    values.testing.shows_pass |= args.iter().take_while(|arg| *arg != "--").any(is_help);
    test_args.extend(args);
    values.testing.args = test_args;
    Ok(Invocation { values, args: packages.unwrap_or_default() })
}

struct Parser<'c> {
    command: &'c Command,
    values: Values,
    /// The packages so far; none before the place where they can stand.
    packages: Option<Vec<String>>,
    /// What goes to the test executable.
    args: Vec<String>,
}

impl Parser<'_> {
    fn words(&mut self, words: &[String]) -> Result<(), Stop> {
        let mut rest = words;
        let mut is_in_packages = false;
        let mut may_be_value = false;
        let mut unknown = None;
        while let Some((word, after)) = rest.split_first() {
            let was_value = std::mem::take(&mut may_be_value);
            let flag = word.strip_prefix('-').filter(|flag| !flag.is_empty());
            let Some(flag) = flag.map(|flag| flag.strip_prefix('-').unwrap_or(flag)) else {
                if !is_in_packages && self.packages.is_some() {
                    if !was_value {
                        self.args.extend_from_slice(rest);
                        break;
                    }
                    self.args.push(word.clone());
                } else {
                    is_in_packages = true;
                    self.packages.get_or_insert_default().push(word.clone());
                }
                rest = after;
                continue;
            };
            if flag.is_empty() {
                self.args.extend_from_slice(rest);
                break;
            }
            is_in_packages = false;
            if flag == "args" {
                self.args.extend_from_slice(after);
                break;
            }
            let name = flag.split_once('=').map_or(flag, |(name, _)| name);
            if let Some(remaining) = self.known(name, flag, after)? {
                rest = remaining;
                continue;
            }
            // What follows may be its value, so packages must have been named before.
            self.packages.get_or_insert_default();
            unknown.get_or_insert(word);
            self.args.push(word.clone());
            may_be_value = !flag.contains('=');
            rest = after;
        }
        match unknown {
            Some(word) if self.values.testing.is_build_only => {
                Err(Stop::Usage(format!("unknown flag {word} cannot be used with -c")))
            }
            _ => Ok(()),
        }
    }

    /// Takes a flag of the table, maybe with its value; none when there is no such flag.
    fn known<'w>(
        &mut self,
        name: &str,
        flag: &str,
        rest: &'w [String],
    ) -> Result<Option<&'w [String]>, Stop> {
        let (short, is_prefixed) = name.strip_prefix("test.").map_or((name, false), |short| (short, true));
        let Some(entry) = find(self.command, short) else {
            // Help is the table's, even though a test executable has one, too.
            return if matches!(name, "h" | "help") { Err(Stop::Help) } else { Ok(None) };
        };
        let Value::Forwarded(kind) = entry.value else {
            return match is_prefixed {
                true => Ok(None),
                false => parse_flag(self.command, flag, rest, &mut self.values).map(Some),
            };
        };
        let (value, rest) = match (flag.split_once('='), kind) {
            (Some((_, value)), _) => (value, rest),
            (None, Forward::Switch | Forward::Verbose) => ("true", rest),
            (None, _) => rest
                .split_first()
                .map(|(value, rest)| (value.as_str(), rest))
                .ok_or_else(|| Stop::Usage(format!("flag needs an argument: -{short}")))?,
        };
        let value = canonical(kind, value)
            .map_err(|why| Stop::Usage(format!("invalid value {value:?} for flag -{short}: {why}")))?;
        self.note(short, &value);
        self.args.push(format!("-test.{short}={value}"));
        Ok(Some(rest))
    }

    /// Remembers what matters for running the executable.
    fn note(&mut self, name: &str, value: &str) {
        let testing = &mut self.values.testing;
        match name {
            "v" => testing.shows_pass |= value != "false",
            "list" => testing.shows_pass |= !value.is_empty(),
            "bench" => testing.is_benchmark = !value.is_empty(),
            "failfast" => testing.is_fail_fast = value == "true",
            "timeout" => testing.timeout = GoDuration::parse(value).unwrap_or(DEFAULT_TIMEOUT),
            _ => {}
        }
    }
}

/// The value as Go's flag package would print it.
fn canonical(kind: Forward, value: &str) -> Result<String, String> {
    match kind {
        Forward::Text(_) => Ok(value.to_owned()),
        Forward::Switch => boolean(value).map(|is_on| is_on.to_string()).ok_or("parse error".to_owned()),
        Forward::Verbose if value == "test2json" => Ok(value.to_owned()),
        Forward::Verbose => {
            boolean(value).map(|is_on| is_on.to_string()).ok_or(format!("invalid flag -test.v={value}"))
        }
        Forward::Number => value.parse::<i64>().map(|n| n.to_string()).map_err(|_| "parse error".to_owned()),
        Forward::Duration => {
            GoDuration::parse(value).map(|duration| duration.to_string()).ok_or("parse error".to_owned())
        }
        Forward::Shuffle => match value {
            "on" | "off" => Ok(value.to_owned()),
            _ => value.parse::<i64>().map(|seed| seed.to_string()).map_err(|_| {
                format!(
                    "-shuffle argument must be \"on\", \"off\", or an int64: strconv.ParseInt: parsing {value:?}: invalid syntax"
                )
            }),
        },
    }
}

/// A boolean as Go's strconv reads it.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "t" | "T" | "TRUE" | "True" => Some(true),
        "false" | "0" | "f" | "F" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (Vec<String>, Vec<String>) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match super::super::parse(Command::find("test").unwrap(), &words) {
            Ok(invocation) => (invocation.args, invocation.values.testing.args),
            Err(Stop::Help) => (vec!["help".to_owned()], vec![]),
            Err(Stop::Usage(message)) => (vec!["usage".to_owned()], vec![message]),
        }
    }

    #[track_caller]
    fn check(line: &str, packages: &str, args: &str) {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parsed(line), (words(packages), words(args)), "{line}");
    }

    #[test]
    fn flags_stand_before_and_after_packages() {
        check("", "", "-test.timeout=10m0s");
        check("-v -run X ./a ./b", "./a ./b", "-test.timeout=10m0s -test.v=true -test.run=X");
        check("./a -short -count 2", "./a", "-test.timeout=10m0s -test.short=true -test.count=2");
        check("-timeout 90s -test.v .", ".", "-test.timeout=1m30s -test.v=true");
        check("-timeout=0 .", ".", "-test.timeout=0s");
        check("-json .", ".", "-test.v=test2json -test.timeout=10m0s");
    }

    #[test]
    fn what_is_not_known_goes_to_the_test() {
        check("a -custom x b", "a", "-test.timeout=10m0s -custom x b");
        check("-custom=1 a -v", "", "-test.timeout=10m0s -custom=1 a -v");
        check("a -args -v b", "a", "-test.timeout=10m0s -v b");
        check("a -v -- -x", "a", "-test.timeout=10m0s -test.v=true -- -x");
    }

    #[test]
    fn what_is_wrong_takes_one_line() {
        let wrong = |line: &str| parsed(line).1.join("\n");
        assert_eq!(wrong("-count x"), "invalid value \"x\" for flag -count: parse error");
        assert_eq!(wrong("-run"), "flag needs an argument: -run");
        assert_eq!(wrong("-c -custom"), "unknown flag -custom cannot be used with -c");
        assert!(wrong("-race").starts_with("-race is not supported: "));
        assert!(wrong("-vet=all").starts_with("invalid value \"all\" for flag -vet: "));
    }
}
