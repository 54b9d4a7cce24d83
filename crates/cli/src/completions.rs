//! The `hss completions` command.

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::CommandError;
use crate::output::Output;

/// The line of the PowerShell script that begins the look-up of completions. The command is known there.
const PLACE: &str = "    $completions = @(switch ($command) {\n";

/// Writes the completion script of a shell.
pub(crate) fn run(shell: Shell, output: &Output) -> Result<(), CommandError> {
    output.data(script(shell).as_bytes())
}

fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hss", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::PowerShell { with_values(&script, &command) } else { script }
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
    script.replacen(PLACE, &format!("{lookup}{PLACE}"), 1)
}

/// Adds the values of each option of a command and its subcommands to the table, by command and option. Global options
/// are listed for the top-level command only.
fn tabulate(name: &str, command: &Command, table: &mut String) {
    let options = command
        .get_arguments()
        .filter(|argument| argument.get_action().takes_values() && (name == "hss" || !argument.is_global_set()));
    for argument in options {
        let values: Vec<_> =
            argument.get_possible_values().iter().map(|value| format!("'{}'", value.get_name())).collect();
        if !values.is_empty() {
            for option in names(argument) {
                table.push_str(&format!("        '{name} {option}' = @({})\n", values.join(", ")));
            }
        }
    }
    for below in command.get_subcommands() {
        tabulate(&format!("{name};{}", below.get_name()), below, table);
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
}
