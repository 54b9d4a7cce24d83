//! The `hss completions` command.

use clap::{Arg, Command};
use clap_complete::Shell;

use crate::exit::CommandError;
use crate::global;
use crate::output::Output;

/// The line of the PowerShell script that begins the look-up of completions. The command is known there.
const POWERSHELL_LOOKUP: &str = "    $completions = @(switch ($command) {\n";

/// The lines of the script for fish that look for the command. They fail if the last word is an option whose value is
/// being completed.
const FISH_SEARCH: &str = "    argparse -s (__fish_hss_global_optspecs) -- $cmd 2>/dev/null\n    or return\n";
/// The same lines, which then ignore that option.
const FISH_SEARCH_TWICE: &str = "    argparse -s (__fish_hss_global_optspecs) -- $cmd 2>/dev/null\n    \
    or argparse -s (__fish_hss_global_optspecs) -- $cmd[1..-2] 2>/dev/null\n    or return\n";

/// The line of the script for zsh that begins the arguments of a command.
const ZSH_ARGUMENTS: &str = "_arguments \"${_arguments_options[@]}\" : \\\n";
/// The same line, for a command with subcommands: options after the name of one belong to it.
const ZSH_ARGUMENTS_BEFORE: &str = "_arguments \"${_arguments_options[@]}\" -A \"-*\" : \\\n";

/// Writes the completion script of a shell.
pub(crate) fn run(shell: Shell, output: &Output) -> Result<(), CommandError> {
    output.data(script(shell).as_bytes())
}

fn script(shell: Shell) -> String {
    let mut command = global::documented();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hss", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::PowerShell => with_values(&script, &command),
        Shell::Zsh => with_commands(&with_lists(shell, script, &command)),
        Shell::Fish => with_positionals(&with_lists(shell, script, &command), &command),
        _ => with_lists(shell, script, &command),
    }
}

/// Completes each value of a list that is separated by commas. The generator completes only the first.
fn with_lists(shell: Shell, mut script: String, command: &Command) -> String {
    for argument in command.get_arguments().filter(|argument| argument.get_value_delimiter() == Some(',')) {
        let values = values(argument);
        if values.is_empty() {
            continue;
        }
        let words = values.join(" ");
        let (one, list) = match shell {
            Shell::Bash => (
                format!(r#"$(compgen -W "{words}" -- "${{cur}}")"#),
                format!(r#"$(compgen -P "${{cur%"${{cur##*,}}"}}" -W "{words}" -- "${{cur##*,}}")"#),
            ),
            Shell::Zsh => (format!(":({words})'"), format!(":_values -s , value {words}'")),
            Shell::Fish => (
                format!("-a \"{}\\t''\"", values.join("\\t''\n")),
                format!("-a \"(__fish_complete_list , 'string split \\\" \\\" \\\"{words}\\\"')\""),
            ),
            _ => continue,
        };
        script = script.replace(&one, &list);
    }
    command.get_subcommands().fold(script, |script, subcommand| with_lists(shell, script, subcommand))
}

/// Lets a subcommand in the script for zsh complete its own options. The generator offers those of the command above it.
fn with_commands(script: &str) -> String {
    let mut pieces = script.split(ZSH_ARGUMENTS);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |script, piece| {
        let has_subcommands = piece.split("&& ret=0").next().is_some_and(|lines| lines.contains("\"*::: :->"));
        script + if has_subcommands { ZSH_ARGUMENTS_BEFORE } else { ZSH_ARGUMENTS } + piece
    })
}

/// Adds the values of arguments without an option to the script for fish, whose generator omits them.
fn with_positionals(script: &str, command: &Command) -> String {
    let mut script = script.replacen(FISH_SEARCH, FISH_SEARCH_TWICE, 1);
    for subcommand in command.get_subcommands() {
        for argument in subcommand.get_positionals() {
            let (name, words) = (subcommand.get_name(), values(argument).join(" "));
            if !words.is_empty() {
                script.push_str(&format!(
                    "complete -c hss -n \"__fish_hss_using_subcommand {name}\" -f -a \"{words}\"\n"
                ));
            }
        }
    }
    script
}

fn values(argument: &Arg) -> Vec<String> {
    argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}

/// Adds the values of options to the script for PowerShell.
///
/// The generator completes only the names of options. The `$command` of the script also contains the arguments, so the
/// look-up drops its last words one by one.
fn with_values(script: &str, command: &Command) -> String {
    let mut table = String::new();
    tabulate("hss", command, &mut table);
    let lookup = format!(
        "    $values = @{{\n{table}    }}\n    \
         $words = @($commandElements | ForEach-Object {{ $_.Extent.Text }})\n    \
         $previous = if ($wordToComplete) {{ $words[-2] }} else {{ $words[-1] }}\n    \
         for ($key = $command; $key; $key = $key -replace ';?[^;]*$') {{\n        \
         if ($values.ContainsKey(\"$key $previous\")) {{\n            \
         $values[\"$key $previous\"] | Where-Object {{ $_ -like \"$wordToComplete*\" }} | ForEach-Object {{\n                \
         [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)\n            \
         }}\n            return\n        }}\n    }}\n\n"
    );
    script.replacen(POWERSHELL_LOOKUP, &format!("{lookup}{POWERSHELL_LOOKUP}"), 1)
}

/// Adds the values of each option of a command and its subcommands to the table, by command and option. Global options
/// are listed for the top-level command only.
fn tabulate(name: &str, command: &Command, table: &mut String) {
    let options = command
        .get_arguments()
        .filter(|argument| argument.get_action().takes_values() && (name == "hss" || !argument.is_global_set()));
    for argument in options {
        let values: Vec<_> = values(argument).iter().map(|value| format!("'{value}'")).collect();
        if !values.is_empty() {
            for option in names(argument) {
                table.push_str(&format!("        '{name} {option}' = @({})\n", values.join(", ")));
            }
        }
    }
    for subcommand in command.get_subcommands() {
        tabulate(&format!("{name};{}", subcommand.get_name()), subcommand, table);
    }
}

fn names(argument: &Arg) -> Vec<String> {
    let long = argument.get_long_and_visible_aliases().unwrap_or_default().into_iter().map(|name| format!("--{name}"));
    let short = argument.get_short().map(|name| format!("-{name}"));
    long.chain(short).collect()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_script_completes_regions_operations_and_states() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for offered in ["ListVulScanTaskHost", "rescan", "group-by"] {
                assert!(script.contains(offered), "{shell}: {offered}");
            }
            // The generator does not support values for this shell.
            if *shell != Shell::Elvish {
                for value in ["cn-south-1", "scanning", "urgent_vul", "ndjson"] {
                    assert!(script.contains(value), "{shell}: {value}");
                }
            }
        }
    }

    #[test]
    fn the_texts_to_replace_are_in_the_scripts() {
        for (shell, replaced) in [
            (Shell::Bash, &["compgen -P", r#"-W "task_id id scan_type"#][..]),
            (Shell::Zsh, &[ZSH_ARGUMENTS_BEFORE, "_values -s , value task_id id"]),
            (Shell::Fish, &[FISH_SEARCH_TWICE, "__fish_complete_list , ", "\"bash elvish fish powershell zsh\"\n"]),
            (Shell::PowerShell, &["$values = @{", "'hss;scan;list --columns' = @('id', "]),
        ] {
            let script = script(shell);
            assert!(replaced.iter().all(|text| script.contains(text)), "{shell}: {script}");
        }
    }
}
