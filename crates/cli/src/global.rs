//! The global options that each command uses. Others are refused, and neither its help nor completions and man pages
//! show them.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory as _, Error, FromArgMatches as _};

use hss_client::operations;

use crate::args::{Cli, CompletionValues, raw};
use crate::{api, auth, scan, version};

/// Settings of requests, and of all commands that send any.
const REQUESTS: &[&str] = &[
    "region",
    "endpoint",
    "iam_endpoint",
    "project_id",
    "enterprise_project_id",
    "token_file",
    "rate",
    "max_attempts",
    "concurrency",
    "timeout",
    "dry_run",
    "verbose",
    "quiet",
    "demo",
];

/// The format of the output.
const OUTPUT: &[&str] = &["output", "query", "columns", "wide", "raw_csv"];

/// Returns the ids of the global options that a command uses. A test lists them for every command.
fn used(command: &[&str]) -> [&'static [&'static str]; 2] {
    match command {
        ["scan", "report"] => [REQUESTS, &[]],
        ["api", operation] if returns_file(operation) => [REQUESTS, &[]],
        ["scan" | "api" | "auth", _] => [REQUESTS, OUTPUT],
        // With --list. Otherwise, the operation is part of the name.
        ["api"] => [&["quiet"], OUTPUT],
        ["emulator"] => [&["rate", "timeout", "quiet"], &[]],
        ["man"] => [&["quiet"], &[]],
        ["version"] => [&[], OUTPUT],
        _ => [&[], &[]],
    }
}

/// Returns whether the response of an operation is a file, which has no other format.
fn returns_file(id: &str) -> bool {
    operations::ALL.iter().any(|operation| operation.id == id && operation.success.binary)
}

/// Returns the columns of a command that are known without a response.
fn columns(command: &[&str]) -> Vec<&'static str> {
    match command {
        ["scan", name] => scan::columns(name),
        ["auth", "status"] => auth::columns(),
        ["api"] => api::columns(),
        ["version"] => version::columns(),
        _ => Vec::new(),
    }
}

/// Parses the command line.
///
/// # Errors
///
/// An error of clap; a global option that the command does not use.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Error> {
    let matches = command().try_get_matches_from(arguments)?;
    check(&matches)?;
    Cli::from_arg_matches(&matches)
}

fn check(matches: &ArgMatches) -> Result<(), Error> {
    let (mut names, mut innermost) = (Vec::new(), matches);
    while let Some((name, subcommand)) = innermost.subcommand() {
        names.push(name);
        innermost = subcommand;
    }
    // Without --list, the missing operation is the error.
    if names == ["api"] && !innermost.get_flag("list") {
        return Ok(());
    }
    let is_given = |option: &Arg| innermost.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine);
    match globals(&Cli::command()).iter().find(|option| is_given(option) && !uses(&names, option)) {
        Some(option) => {
            let list = if names == ["api"] { " --list" } else { "" };
            let (name, command) = (option.get_long().unwrap_or_default(), names.join(" "));
            let message = format!("--{name} has no effect on hss {command}{list}");
            Err(raw(ErrorKind::ArgumentConflict, &message))
        }
        None => Ok(()),
    }
}

/// Returns the parser of the command line. The help of each command shows only the global options that it uses.
pub(crate) fn command() -> Command {
    let root = Cli::command();
    let globals = globals(&root);
    // clap adds a global option to a command that has none with its id.
    adapted(root, &mut Vec::new(), &|mut command, names| {
        if command.has_subcommands() {
            return command;
        }
        for option in globals.iter().filter(|option| !uses(names, option)) {
            command = add(command, option.clone().hide(true));
        }
        command
    })
}

/// Returns the command line for completions and man pages: each command has exactly the global options that it uses.
pub(crate) fn documented() -> Command {
    let root = Cli::command().mut_args(|option| option.global(false));
    let globals = globals(&Cli::command());
    adapted(root, &mut Vec::new(), &|mut command, names| {
        let subcommands: Vec<_> =
            command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
        for option in &globals {
            let is_used_by_subcommand =
                subcommands.iter().any(|name| uses(&[names, &[name.as_str()]].concat(), option));
            if uses(names, option) || is_used_by_subcommand {
                let mut shown = option.clone().global(subcommands.is_empty());
                let column_names = columns(names);
                if option.get_id() == "columns" && !column_names.is_empty() {
                    shown = shown.global(false).value_parser(CompletionValues(column_names)).hide_possible_values(true);
                }
                command = add(command, shown);
            }
        }
        command
    })
}

fn globals(root: &Command) -> Vec<Arg> {
    root.get_arguments().filter(|option| option.is_global_set()).cloned().collect()
}

fn uses(command: &[&str], option: &Arg) -> bool {
    used(command).iter().any(|options| options.contains(&option.get_id().as_str()))
}

/// Adds an option to a command, unless the command has one with its id.
fn add(command: Command, option: Arg) -> Command {
    if command.get_arguments().any(|own| own.get_id() == option.get_id()) { command } else { command.arg(option) }
}

/// Applies a function to a command and to all commands below it. It gets the name of each without `hss`.
fn adapted(command: Command, names: &mut Vec<String>, adapt: &impl Fn(Command, &[&str]) -> Command) -> Command {
    let mut command = adapt(command, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let subcommands: Vec<_> = command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
    for name in subcommands {
        names.push(name.clone());
        command = command.mut_subcommand(name, |subcommand| adapted(subcommand, names, adapt));
        names.pop();
    }
    command
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Adds the name of a command and the global options that it shows, and those of the commands below it.
    fn list(name: &str, command: &Command, listed: &mut Vec<(String, String)>) {
        let globals = globals(&Cli::command());
        let shown = command.get_arguments().filter(|option| globals.iter().any(|global| global == *option));
        let shown: Vec<_> = shown.filter_map(|option| option.get_long()).collect();
        listed.push((name.to_owned(), shown.join(" ")));
        for subcommand in command.get_subcommands() {
            list(&format!("{name} {}", subcommand.get_name()), subcommand, listed);
        }
    }

    #[test]
    fn every_command_uses_exactly_these_global_options() {
        let all = "region endpoint iam-endpoint project-id enterprise-project-id output query columns wide raw-csv \
                   token-file rate max-attempts concurrency timeout dry-run verbose quiet demo";
        let without_output = all.replace("output query columns wide raw-csv ", "");
        let mut expected = vec![
            ("hss", all),
            ("hss scan", all),
            ("hss scan hosts", all),
            ("hss scan list", all),
            ("hss scan show", all),
            ("hss scan start", all),
            ("hss scan wait", all),
            ("hss scan rescan", all),
            ("hss scan report", &without_output),
            ("hss api", all),
        ];
        let operations = operations::ALL.iter();
        let operations: Vec<_> = operations.map(|one| (format!("hss api {}", one.id), one.success.binary)).collect();
        let globals_of = |is_file: bool| if is_file { without_output.as_str() } else { all };
        expected.extend(operations.iter().map(|(name, is_file)| (name.as_str(), globals_of(*is_file))));
        expected.extend([
            ("hss auth", all),
            ("hss auth status", all),
            ("hss emulator", "rate timeout quiet"),
            ("hss completions", ""),
            ("hss man", "quiet"),
            ("hss version", "output query columns wide raw-csv"),
        ]);
        let mut listed = Vec::new();
        list("hss", &documented(), &mut listed);
        for (listed, expected) in listed.iter().zip(&expected) {
            // The order of options that are a command's own is not that of others.
            let sorted = |options: &str| options.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!((listed.0.as_str(), sorted(&listed.1)), (expected.0, sorted(expected.1)));
        }
        assert_eq!(listed.len(), expected.len());
    }

    #[test]
    fn refuses_an_ignored_option_before_and_after_the_command() {
        for (line, option) in [
            ("hss --demo emulator", "--demo has no effect on hss emulator"),
            ("hss emulator --demo", "--demo has no effect on hss emulator"),
            ("hss --region r completions bash", "--region has no effect on hss completions"),
            ("hss man d -o json", "--output has no effect on hss man"),
            ("hss scan report t --html f --columns a", "--columns has no effect on hss scan report"),
            (
                "hss api ListDownloadExportedFile --file_id f --query a",
                "--query has no effect on hss api ListDownloadExportedFile",
            ),
            ("hss --max-attempts 2 api --list", "--max-attempts has no effect on hss api --list"),
        ] {
            let error = parse(line.split(' ').map(OsString::from)).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().starts_with(&format!("error: {option}\n")), "{line}: {error}");
        }
        for line in [
            "hss --rate 5/min emulator",
            "hss api --list -o json",
            "hss -q man d",
            "hss completions bash",
            "hss --demo api",
        ] {
            assert!(parse(line.split(' ').map(OsString::from)).is_ok(), "{line}");
        }
    }

    #[test]
    fn help_shows_only_the_global_options_that_a_command_uses() {
        for (line, shown, hidden) in [
            ("hss emulator --help", &["--timeout", "--quiet"][..], &["--demo", "--region", "--columns"][..]),
            ("hss scan list --help", &["--columns", "--demo"], &[]),
            ("hss completions --help", &[], &["Global options", "--quiet"]),
        ] {
            let help = parse(line.split(' ').map(OsString::from)).unwrap_err().to_string();
            assert!(shown.iter().all(|option| help.contains(option)), "{line}: {help}");
            assert!(!hidden.iter().any(|option| help.contains(option)), "{line}: {help}");
        }
    }
}
