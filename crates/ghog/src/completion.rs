//! Completion scripts for shells, made from the tables of commands and flags.

use crate::commands::COMMANDS;
use crate::flags;

/// The script for a shell, if there is one.
pub(crate) fn script(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash()),
        "zsh" => Some(format!("autoload -U +X bashcompinit && bashcompinit\n{}", bash())),
        "fish" => Some(fish()),
        _ => None,
    }
}

fn bash() -> String {
    let names: Vec<_> = COMMANDS.iter().map(|command| command.name).collect();
    let mut cases = String::new();
    for command in COMMANDS {
        let words: Vec<_> = flags::of_command(command).map(|flag| format!("-{}", flag.name)).collect();
        cases += &format!("    {}) flags='{}' ;;\n", command.name, words.join(" "));
    }
    format!(
        "_ghog() {{\n  local word=${{COMP_WORDS[COMP_CWORD]}} flags=\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    \
         COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n    return\n  fi\n  case ${{COMP_WORDS[1]}} in\n{cases}  esac\n  \
         case $word in\n    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) ;;\n    \
         *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n  esac\n}}\ncomplete -o filenames -F _ghog ghog\n",
        names.join(" ")
    )
}

fn fish() -> String {
    let mut script = String::new();
    for command in COMMANDS {
        script += &format!(
            "complete -c ghog -n __fish_use_subcommand -a {} -d '{}'\n",
            command.name,
            command.short.replace('\'', "\\'")
        );
        for flag in flags::of_command(command) {
            let help = flag.help.replace('\'', "\\'");
            script += &format!(
                "complete -c ghog -n '__fish_seen_subcommand_from {}' -o {} -d '{help}'\n",
                command.name, flag.name
            );
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in ["bash", "zsh", "fish"] {
            let script = script(shell).unwrap();
            assert!(COMMANDS.iter().all(|command| script.contains(command.name)), "{shell}");
        }
        assert_eq!(script("tcsh"), None);
    }
}
