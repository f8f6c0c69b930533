//! The command line.
//!
//! The only crate that prints, and the only `main` of the compiler. What a command does is in [`commands`]; which flags
//! there are is one table, [`flags`], from which parsing, help, completions and the man page follow.
//!
//! Exit codes: 0 success, 1 the program or the input is at fault, 2 the command line is, 70 Groundhog is.

#![forbid(unsafe_code)]

mod child;
mod commands;
mod completion;
mod console;
mod crash;
mod flags;
mod help;
mod settings;

use std::process::ExitCode;

use commands::Command;

fn main() -> ExitCode {
    crash::install_hook();
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let Some((name, rest)) = args.split_first() else {
        console::error(help::overview());
        return ExitCode::from(2);
    };
    if let Some((_, why)) = commands::LEFT_TO_GO.iter().find(|(left, _)| left == name) {
        console::error(&format!("ghog {name}: not supported: {why}\n"));
        return ExitCode::from(2);
    }
    let Some(command) = Command::find(name) else {
        console::error(&format!("ghog {name}: unknown command\nRun 'ghog help' for usage.\n"));
        return ExitCode::from(2);
    };
    match flags::parse(command, rest) {
        Ok(invocation) => (command.run)(&invocation),
        Err(flags::Stop::Help) => {
            console::print(&help::of_command(command));
            ExitCode::SUCCESS
        }
        Err(flags::Stop::Usage(message)) => {
            console::error(&format!("ghog {}: {message}\n", command.name));
            ExitCode::from(2)
        }
    }
}
