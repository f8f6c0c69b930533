//! Every flag, once: its name, its argument, the commands that take it, and what it does.
//!
//! Flags are written as in Go: `-x`, `-x=value`, `-x value`, with one dash or two; the first word that is no flag ends
//! them. A flag of Go's that is not supported is in the table too, so that it is refused by name and never ignored.

mod duration;
mod table;
mod testing;

use std::path::PathBuf;

use crate::commands::Command;
pub(crate) use duration::GoDuration;
pub(crate) use table::FLAGS;
pub(crate) use testing::TestValues;

/// The commands that load packages.
pub(crate) const LOADING: &[&str] = &["build", "check", "explain", "fmt", "list", "run", "test", "vet"];
/// The commands that make an executable.
pub(crate) const BUILDING: &[&str] = &["build", "run"];
/// The same, and those that make and run executables of tests.
pub(crate) const MAKING: &[&str] = &["build", "run", "test"];

/// One flag.
pub(crate) struct Flag {
    /// Without the dash.
    pub(crate) name: &'static str,
    /// The commands that take it.
    pub(crate) commands: &'static [&'static str],
    /// What follows it.
    pub(crate) value: Value,
    /// One sentence.
    pub(crate) help: &'static str,
}

/// What a flag takes and does.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// `-x`, or `-x=false`.
    Switch(fn(&mut Values, bool)),
    /// `-x value`: the name that help shows, and the parser.
    Text(&'static str, fn(&mut Values, &str) -> Result<(), String>),
    /// A flag of test executables, which `ghog test` passes on.
    Forwarded(Forward),
    /// Go has it, Groundhog does not: the reason.
    Refused(&'static str),
}

/// The values that a flag of test executables takes.
#[derive(Clone, Copy)]
pub(crate) enum Forward {
    Switch,
    /// The name that help shows.
    Text(&'static str),
    Number,
    Duration,
    /// A switch that can also be `test2json`.
    Verbose,
    /// `on`, `off` or a seed.
    Shuffle,
}

/// What `ghog env` is to do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EnvValues {
    pub(crate) only_changed: bool,
    pub(crate) removes: bool,
    pub(crate) writes: bool,
}

/// The values of all flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) all_errors: bool,
    pub(crate) always_build: bool,
    pub(crate) build_events: bool,
    pub(crate) cleaned: Vec<&'static str>,
    pub(crate) commands_shown: bool,
    pub(crate) deps: bool,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) dry_run: bool,
    pub(crate) env: EnvValues,
    pub(crate) emitted: Option<driver::Form>,
    pub(crate) executor: Vec<String>,
    pub(crate) format: Option<String>,
    pub(crate) function: Option<String>,
    pub(crate) goroot: Option<PathBuf>,
    pub(crate) json: bool,
    pub(crate) lang_minor: Option<u32>,
    pub(crate) mod_file: Option<PathBuf>,
    pub(crate) mod_flag: Option<driver::ModFlag>,
    pub(crate) module_info: bool,
    pub(crate) n_threads: usize,
    pub(crate) linked: driver::Output,
    pub(crate) output: Option<PathBuf>,
    pub(crate) overlay: Option<PathBuf>,
    pub(crate) source: bool,
    pub(crate) tags: Vec<Box<str>>,
    pub(crate) test: bool,
    pub(crate) testing: TestValues,
    pub(crate) timings: bool,
    pub(crate) verbose: bool,
    /// Flags of vet's own.
    pub(crate) vet_flags: Vec<String>,
    pub(crate) is_checker_test: bool,
    pub(crate) is_compiler_alone: bool,
    pub(crate) is_unoptimised: bool,
    pub(crate) is_incomplete: bool,
}

impl Values {
    /// The words that determine what is built: everything but how the work is done, and what is done with the result.
    pub(crate) fn build_words(&self, args: &[String]) -> Vec<String> {
        let made_of = Values {
            always_build: false,
            build_events: false,
            cleaned: Vec::new(),
            commands_shown: false,
            dry_run: false,
            executor: Vec::new(),
            json: false,
            n_threads: 0,
            output: None,
            timings: false,
            verbose: false,
            ..self.clone()
        };
        let mut words = vec![format!("{made_of:?}")];
        words.extend_from_slice(args);
        words
    }
}

/// A command line, understood.
pub(crate) struct Invocation {
    pub(crate) values: Values,
    /// What follows the flags.
    pub(crate) args: Vec<String>,
}

/// Why there is nothing to run.
pub(crate) enum Stop {
    /// `-h` was asked for.
    Help,
    /// One line about what is wrong.
    Usage(String),
}

/// Parses the words after the command's name.
pub(crate) fn parse(command: &Command, words: &[String]) -> Result<Invocation, Stop> {
    if command.name == "test" {
        return testing::parse(command, words);
    }
    if command.name == "doc" {
        return Ok(Invocation { values: Values::default(), args: words.to_vec() });
    }
    let mut values = Values::default();
    // What `ghog explain` is to explain comes first; flags follow it.
    let has_subject = command.name == "explain" && words.first().is_some_and(|word| !word.starts_with('-'));
    let (subject, mut rest) = words.split_at(usize::from(has_subject));
    while let Some((word, after)) = rest.split_first() {
        let Some(flag) = word.strip_prefix('-').filter(|flag| !flag.is_empty()) else { break };
        rest = after;
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        if flag.is_empty() {
            break;
        }
        if flag.starts_with(['-', '=']) {
            return Err(Stop::Usage(format!("bad flag syntax: {word}")));
        }
        rest = parse_flag(command, flag, rest, &mut values)?;
    }
    Ok(Invocation { values, args: [subject, rest].concat() })
}

fn parse_flag<'w>(
    command: &Command,
    word: &str,
    rest: &'w [String],
    values: &mut Values,
) -> Result<&'w [String], Stop> {
    let (name, inline) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    if matches!(name, "h" | "help") {
        return Err(Stop::Help);
    }
    let Some(flag) = find(command, name) else {
        if command.name == "vet" {
            values.vet_flags.push(format!("-{word}"));
            return Ok(rest);
        }
        return Err(Stop::Usage(format!("flag provided but not defined: -{name}")));
    };
    let usage = |message: String| Stop::Usage(message);
    match flag.value {
        Value::Switch(set) => {
            let is_on = match inline {
                None => true,
                Some(value) => testing::boolean(value).ok_or_else(|| {
                    usage(format!("invalid boolean value {value:?} for -{name}: parse error"))
                })?,
            };
            set(values, is_on);
            Ok(rest)
        }
        Value::Text(_, set) => {
            let (value, rest) = match inline {
                Some(value) => (value, rest),
                None => rest
                    .split_first()
                    .map(|(value, rest)| (value.as_str(), rest))
                    .ok_or_else(|| usage(format!("flag needs an argument: -{name}")))?,
            };
            set(values, value)
                .map_err(|why| usage(format!("invalid value {value:?} for flag -{name}: {why}")))?;
            Ok(rest)
        }
        Value::Forwarded(_) => unreachable!("only `ghog test` has flags to pass on"),
        Value::Refused(why) => Err(usage(format!("-{name} is not supported: {why}"))),
    }
}

/// The flag `name` of a command.
fn find(command: &Command, name: &str) -> Option<&'static Flag> {
    of_command(command).find(|flag| flag.name == name)
}

/// All flags of a command, in the order of the table.
pub(crate) fn of_command(command: &Command) -> impl Iterator<Item = &'static Flag> {
    let command = command.name;
    FLAGS.iter().filter(move |flag| flag.commands.contains(&command))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(command: &str, words: &[&str]) -> Result<Invocation, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        parse(Command::find(command).unwrap(), &words).map_err(|stop| match stop {
            Stop::Help => "help".to_owned(),
            Stop::Usage(message) => message,
        })
    }

    #[test]
    fn flags_are_read_as_go_reads_them() {
        let parsed =
            parse_words("check", &["-tags", "a,b", "--e", "-lang=go1.20", "x.go", "-e=false"]).unwrap();
        assert_eq!(parsed.values.tags, ["a".into(), "b".into()]);
        assert!(parsed.values.all_errors);
        assert_eq!(parsed.values.lang_minor, Some(20));
        assert_eq!(parsed.args, ["x.go", "-e=false"]);
        assert_eq!(parse_words("run", &["--", "-x"]).unwrap().args, ["-x"]);
    }

    #[test]
    fn what_is_wrong_takes_one_line() {
        let error = |command, words| parse_words(command, words).err().unwrap();
        assert_eq!(error("check", &["-bogus"]), "flag provided but not defined: -bogus");
        assert_eq!(error("check", &["-=x"]), "bad flag syntax: -=x");
        assert_eq!(error("check", &["---x"]), "bad flag syntax: ---x");
        assert_eq!(error("build", &["-o"]), "flag needs an argument: -o");
        assert_eq!(error("check", &["-e=maybe"]), "invalid boolean value \"maybe\" for -e: parse error");
        assert_eq!(error("check", &["-p", "x"]), "invalid value \"x\" for flag -p: parse error");
        assert!(error("build", &["-race"]).starts_with("-race is not supported: "));
        assert!(error("build", &["-ldflags=-H=x"]).ends_with("the linker flag -H is not supported"));
        assert_eq!(error("check", &["-h"]), "help");
    }

    #[test]
    fn linker_flags_are_split_as_go_splits_them() {
        let flags = "-ldflags=-s -X main.a=b -X 'main.c=d e' -X=x/y.z=";
        let linked = parse_words("build", &[flags, "."]).unwrap().values.linked;
        assert!(linked.is_stripped && !linked.has_no_dwarf);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(linked.string_values, [pair("main.a", "b"), pair("main.c", "d e"), pair("x/y.z", "")]);
    }

    #[test]
    fn only_what_changes_the_executable_tells_builds_apart() {
        let words = |flags: &[&str]| {
            let parsed = parse_words("build", flags).unwrap();
            parsed.values.build_words(&parsed.args)
        };
        assert_eq!(words(&["-o", "x", "-v", "-p=2", "-a", "."]), words(&["."]));
        for other in [&["-tags=a", "."][..], &["-trimpath", "."], &["-ldflags=-s", "."], &["./a"]] {
            assert_ne!(words(other), words(&["."]), "{other:?}");
        }
    }

    #[test]
    fn the_table_is_in_order_and_names_real_commands() {
        assert!(FLAGS.is_sorted_by_key(|flag| (flag.name, flag.commands)), "sorted by name");
        for flag in FLAGS {
            assert!(flag.commands.iter().all(|name| Command::find(name).is_some()), "-{}", flag.name);
        }
    }
}
