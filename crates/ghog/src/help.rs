//! Help texts and the man page, made from the tables of commands and flags.

use std::fmt::Write as _;

use crate::commands::{COMMANDS, Command};
use crate::flags::{self, Flag, Forward, Value};

/// What `ghog` says without a command.
pub(crate) fn overview() -> &'static str {
    "Groundhog compiles and runs Go programs.\n\nUsage:\n\n\tghog <command> [arguments]\n\nRun 'ghog help' for the commands.\n"
}

/// The list of commands.
pub(crate) fn commands() -> String {
    let mut text = "Groundhog compiles and runs Go programs.\n\nUsage:\n\n\tghog <command> [arguments]\n\nThe commands are:\n\n".to_owned();
    for command in COMMANDS {
        push_line(&mut text, &format!("\t{:<12}{}", command.name, command.short));
    }
    text + "\nUse \"ghog help <command>\" for more about a command.\n"
}

/// Everything about one command.
pub(crate) fn of_command(command: &Command) -> String {
    let mut text = format!("usage: ghog {}\n\n{}\n", command.usage, command.long);
    let flags: Vec<_> = flags::of_command(command).filter(|flag| is_supported(flag)).collect();
    if !flags.is_empty() {
        text += "\nThe flags are:\n\n";
    }
    for flag in flags {
        push_line(&mut text, &format!("\t{}\n\t\t{}", spelling(flag), flag.help));
    }
    text
}

/// The man page, in troff.
pub(crate) fn man_page() -> String {
    let mut text = String::from(
        ".TH GHOG 1\n.SH NAME\nghog \\- compile and run Go programs\n.SH SYNOPSIS\n.B ghog\ncommand [arguments]\n.SH COMMANDS\n",
    );
    for command in COMMANDS {
        push_line(&mut text, &format!(".TP\n.B ghog {}\n{}", escape(command.usage), escape(command.long)));
    }
    text += ".SH FLAGS\n";
    for flag in flags::FLAGS.iter().filter(|flag| is_supported(flag)) {
        let commands = flag.commands.join(", ");
        push_line(
            &mut text,
            &format!(".TP\n.B {}\n{} ({commands})", escape(&spelling(flag)), escape(flag.help)),
        );
    }
    text + ".SH EXIT STATUS\n0 success; 1 the program or its input is at fault; 2 the command line is; 70 an internal error.\n"
}

fn is_supported(flag: &Flag) -> bool {
    !matches!(flag.value, Value::Refused(_))
}

fn spelling(flag: &Flag) -> String {
    match flag.value {
        Value::Text(value, _) | Value::Forwarded(Forward::Text(value)) => format!("-{} {value}", flag.name),
        Value::Forwarded(Forward::Number) => format!("-{} n", flag.name),
        Value::Forwarded(Forward::Duration) => format!("-{} d", flag.name),
        Value::Forwarded(Forward::Shuffle) => format!("-{} on|off|n", flag.name),
        _ => format!("-{}", flag.name),
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace("\n\n", "\n.PP\n")
}

fn push_line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_command_and_its_supported_flags() {
        let overview = commands();
        for command in COMMANDS {
            assert!(overview.contains(&format!("\t{}", command.name)));
            let help = of_command(command);
            for flag in flags::of_command(command) {
                assert_eq!(
                    help.contains(&format!("\t-{}", flag.name)),
                    is_supported(flag),
                    "{} -{}",
                    command.name,
                    flag.name
                );
            }
        }
    }

    #[test]
    fn the_man_page_names_every_command() {
        let page = man_page();
        assert!(COMMANDS.iter().all(|command| page.contains(&format!(".B ghog {}", command.name))));
    }
}
