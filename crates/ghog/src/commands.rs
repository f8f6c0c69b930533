//! The commands, in the order of `ghog help`.

mod build;
mod check;
mod clean;
mod doc;
mod env;
mod explain;
mod fmt;
mod list;
mod modules;
mod run;
mod template;
mod test;
mod tools;
mod tour;
mod version;
mod vet;

use std::process::ExitCode;

use crate::flags::Invocation;
use crate::{completion, console, help};

/// One command.
pub(crate) struct Command {
    /// The word after `ghog`.
    pub(crate) name: &'static str,
    /// The usage line without `ghog`.
    pub(crate) usage: &'static str,
    /// A few words for the list of commands.
    pub(crate) short: &'static str,
    /// What it does.
    pub(crate) long: &'static str,
    /// Does it.
    pub(crate) run: fn(&Invocation) -> ExitCode,
}

/// Every command.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "build",
        usage: "build [-o output] [build flags] [package]",
        short: "compile a main package to an executable",
        long: "Build makes a static executable of the named main package.\n\n\
               Without -o it is named after the package's directory, or after the first file.",
        run: build::run,
    },
    Command {
        name: "check",
        usage: "check [-e] [-json] [-lang=go1.N] [build flags] [packages]",
        short: "type-check packages",
        long: "Check reports every error in the named packages and in what they import, in Go's words.\n\n\
               Nothing is built. The exit status is 1 when there is an error.",
        run: check::run,
    },
    Command {
        name: "clean",
        usage: "clean -cache",
        short: "remove cached files",
        long: "Clean removes what earlier builds have left in the cache. The standard library, if it was fetched, stays.",
        run: clean::run,
    },
    Command {
        name: "completion",
        usage: "completion bash|zsh|fish",
        short: "print a completion script for a shell",
        long: "Completion prints a script to be sourced by the shell.",
        run: completion_script,
    },
    Command {
        name: "doc",
        usage: "doc [doc flags] [package|[package.]symbol[.methodOrField]]",
        short: "show the documentation of a package or symbol",
        long: "Doc is Go's own, which is compiled on first use: 'ghog doc -h' prints its flags.",
        run: doc::run,
    },
    Command {
        name: "env",
        usage: "env [-json] [-changed] [-u] [-w] [names]",
        short: "print Go environment information",
        long: "Env prints the settings that commands see, as a shell script, or the values of the named ones.\n\n\
               With -w it writes settings, NAME=VALUE, to the file that the go command keeps for the user, and with -u\n\
               it removes some; with -changed it prints those that differ from the defaults.",
        run: env::run,
    },
    Command {
        name: "explain",
        usage: "explain escape|frame [-func name] [build flags] [package]",
        short: "show what the compiler did with functions",
        long: "Explain compiles a main package and shows what became of its functions, or of one.\n\n\
               Escape names every allocation that is left after inlining, and for each that is in the heap the way by\n\
               which its address leaves the function. Frame tells how much of the goroutine's stack a call takes, and\n\
               what the function does on entry.",
        run: explain::run,
    },
    Command {
        name: "fmt",
        usage: "fmt [-n] [-x] [packages]",
        short: "gofmt the files of packages",
        long: "Fmt runs 'gofmt -l -w' on the files of the named packages and prints the names of those that it changes.\n\n\
               Gofmt is Go's own, which is compiled on first use.",
        run: fmt::run,
    },
    Command {
        name: "help",
        usage: "help [command]",
        short: "explain a command",
        long: "Help lists the commands, or explains one. 'ghog help -' prints the man page.",
        run: help_command,
    },
    Command {
        name: "list",
        usage: "list [-deps] [-e] [-f format] [-json] [-test] [build flags] [packages]",
        short: "list packages",
        long: "List prints the import paths of the named packages, one per line.\n\n\
               A format is a template with fields such as {{.ImportPath}}, and join, len, not, if, with and range;\n\
               -json prints all fields.",
        run: list::run,
    },
    Command {
        name: "mod",
        usage: "mod init module-path",
        short: "start a new module",
        long: "Mod init writes a go.mod file to the current directory, which becomes the root of a new module.",
        run: modules::run,
    },
    Command {
        name: "run",
        usage: "run [build flags] package [arguments]",
        short: "compile and run a main package",
        long: "Run builds the named main package, or the main package made of the named files, and executes it.\n\n\
               When the program's exit status is not 0, run prints it and exits with 1.",
        run: run::run,
    },
    Command {
        name: "test",
        usage: "test [build and test flags] [packages] [flags and arguments of the test executable]",
        short: "test packages",
        long: "Test builds the tests of the named packages, runs each package's in its directory, and prints a line for \
               each package: ok, FAIL, or ? when there are no tests. The output of a test that fails is shown.\n\n\
               Flags of test executables may be written with or without 'test.' in front. What follows -args goes \
               to the test executable as it is. There is no vet, and results are not cached.",
        run: test::run,
    },
    Command {
        name: "tour",
        usage: "tour [-source] [program [arguments]]",
        short: "show the runtime at work",
        long: "Tour lists small programs, each of which shows one part of the language and the runtime at work, or runs one.",
        run: tour::run,
    },
    Command {
        name: "version",
        usage: "version [-m] [-v] [files]",
        short: "print the versions of Groundhog and of Go, or of executables",
        long: "Version prints the version of Groundhog, of the standard library that it compiles, and the platform.\n\n\
               For files it prints the version of Go that each executable was made with; in directories it looks for\n\
               executables.",
        run: version::run,
    },
    Command {
        name: "vet",
        usage: "vet [build flags] [vet flags] [packages]",
        short: "report likely mistakes in packages",
        long: "Vet reports what the compiler accepts and nobody means, in the named packages and their tests.\n\n\
               Vet is Go's own, which is compiled on first use. Its flags are written as -printf=false or -json; each\n\
               analyzer's name is one.",
        run: vet::run,
    },
];

/// Commands of Go's that Groundhog leaves to it, with the reason.
pub(crate) const LEFT_TO_GO: &[(&str, &str)] = &[
    ("bug", "report what is wrong with Groundhog where it comes from"),
    ("fix", "no tool of Groundhog rewrites programs"),
    ("generate", "it runs other programs"),
    ("get", "Groundhog reads go.mod and does not change it"),
    ("install", "use ghog build -o"),
    ("telemetry", "Groundhog sends nothing to anybody"),
    ("tool", "no other tools belong to Groundhog"),
    ("work", "Groundhog reads go.work and does not change it"),
];

impl Command {
    /// The command of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Command> {
        let name = if matches!(name, "-h" | "-help" | "--help") { "help" } else { name };
        COMMANDS.iter().find(|command| command.name == name)
    }
}

/// Reports a misuse of the command line.
fn usage_error(message: &str) -> ExitCode {
    console::error(&format!("ghog: {message}\n"));
    ExitCode::from(2)
}

fn help_command(invocation: &Invocation) -> ExitCode {
    match invocation.args.as_slice() {
        [] => console::print(&help::commands()),
        [name] if name == "-" => console::print(&help::man_page()),
        [name] => match Command::find(name) {
            Some(command) => console::print(&help::of_command(command)),
            None => return usage_error(&format!("help {name}: unknown help topic. Run 'ghog help'.")),
        },
        _ => return usage_error("help takes one command"),
    }
    ExitCode::SUCCESS
}

fn completion_script(invocation: &Invocation) -> ExitCode {
    match invocation.args.as_slice() {
        [shell] => match completion::script(shell) {
            Some(script) => console::print(&script),
            None => {
                return usage_error(&format!(
                    "completion {shell}: unknown shell, expected bash, zsh or fish"
                ));
            }
        },
        _ => return usage_error("completion takes one shell: bash, zsh or fish"),
    }
    ExitCode::SUCCESS
}
