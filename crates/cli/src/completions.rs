//! `hss completions`.

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::Ending;
use crate::output::Output;

/// Where the script for PowerShell begins to look at the words.
const PLACE: &str = "    $commandElements = $commandAst.CommandElements\n";

/// Writes a script for a shell.
pub(crate) fn run(shell: Shell, output: &Output) -> Result<(), Ending> {
    output.data(script(shell).as_bytes())
}

fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hss", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::PowerShell { with_values(&script, &command) } else { script }
}

/// The script for PowerShell, which the generator lets complete names of options alone, with the values of options.
fn with_values(script: &str, command: &Command) -> String {
    let mut values = Vec::new();
    collect(command, &mut values);
    values.sort();
    values.dedup();
    let table: String = values
        .iter()
        .map(|(option, values)| {
            let values: Vec<_> = values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
            format!("        '{option}' = @({})\n", values.join(", "))
        })
        .collect();
    let lookup = format!(
        "    $values = @{{\n{table}    }}\n    \
         $words = @($commandAst.CommandElements | ForEach-Object {{ $_.Extent.Text }})\n    \
         $previous = if ($wordToComplete) {{ $words[-2] }} else {{ $words[-1] }}\n    \
         if ($previous -and $values.ContainsKey($previous)) {{\n        \
         $values[$previous] | Where-Object {{ $_ -like \"$wordToComplete*\" }} | ForEach-Object {{\n            \
         [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)\n        \
         }}\n        return\n    }}\n\n"
    );
    script.replacen(PLACE, &format!("{lookup}{PLACE}"), 1)
}

/// The values of each option of a command and of those below it. Options of one name with other values elsewhere offer
/// them all.
fn collect(command: &Command, values: &mut Vec<(String, Vec<String>)>) {
    for argument in command.get_arguments() {
        let possible: Vec<_> = argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        let takes_value = argument.get_action().takes_values();
        if !takes_value || possible.is_empty() {
            continue;
        }
        for name in names(argument) {
            let index = values.iter().position(|(option, _)| *option == name).unwrap_or_else(|| {
                values.push((name, Vec::new()));
                values.len() - 1
            });
            if let Some((_, known)) = values.get_mut(index) {
                known.extend(possible.iter().cloned());
                known.sort();
                known.dedup();
            }
        }
    }
    command.get_subcommands().for_each(|command| collect(command, values));
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
    fn every_shell_is_offered_regions_operations_and_states() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for offered in ["ListVulScanTaskHost", "rescan", "group-by"] {
                assert!(script.contains(offered), "{shell}: {offered}");
            }
            // The generator knows no values there.
            if *shell != Shell::Elvish {
                for value in ["cn-south-1", "scanning", "urgent_vul", "ndjson"] {
                    assert!(script.contains(value), "{shell}: {value}");
                }
            }
        }
    }
}
