//! Error messages for an invalid command line, with suggestions.

use clap::CommandFactory as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};
use hss_client::{Operation, operations, printable};

use super::Cli;

/// Rewrites an error of clap in the style of this program, and adds suggestions.
///
/// An invalid value becomes `invalid rate "5": expected adaptive, off, N/min or N/s`, with hidden characters escaped.
/// Other messages are those of clap. `root` is the command line that was parsed: only its options are suggested.
pub(crate) fn reword(mut error: Error, root: &Command) -> Error {
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => match invalid_value(&error) {
            Some(message) => raw(error.kind(), &message),
            None => error,
        },
        ErrorKind::MissingRequiredArgument => {
            if let Some(example) = example_body(&error) {
                let tip = StyledStr::from(format!("example of a request body: {example}"));
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
            }
            error
        }
        ErrorKind::UnknownArgument => {
            drop_misleading_option(&mut error, root);
            error
        }
        ErrorKind::InvalidSubcommand => {
            if let Some(message) = unknown_operation(&error, root) {
                return raw(error.kind(), &message);
            }
            if let Some(ContextValue::Strings(names)) = error.get(ContextKind::SuggestedSubcommand)
                && let Some(given) = text(&error, ContextKind::InvalidSubcommand)
            {
                let names = names.iter().filter(|name| is_similar(given, name)).cloned().collect();
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(names));
            }
            error
        }
        _ => error,
    }
}

/// Removes a suggested option that the command does not use, or that is not similar to the unknown one.
fn drop_misleading_option(error: &mut Error, root: &Command) {
    let Some((given, suggested)) = text(error, ContextKind::InvalidArg).zip(text(error, ContextKind::SuggestedArg))
    else {
        return;
    };
    let Some(mut command) = command(error, root) else { return };
    let is_named = |option: &Arg| {
        option.get_long_and_visible_aliases().is_some_and(|names| names.contains(&suggested.trim_start_matches('-')))
    };
    let is_used = command.get_arguments().any(|option| !option.is_hide_set() && is_named(option));
    if !is_used || !is_similar(given.trim_start_matches('-'), suggested.trim_start_matches('-')) {
        error.remove(ContextKind::SuggestedArg);
        // The usage names the suggested option, too.
        error.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
    }
}

/// Describes an unknown operation of `hss api`; `None` if the error is about another command.
fn unknown_operation(error: &Error, root: &Command) -> Option<String> {
    let given = text(error, ContextKind::InvalidSubcommand)?;
    command(error, root).filter(|command| command.get_name() == "api")?;
    let mut message = format!("unknown operation \"{}\"\n", printable(given));
    if let Some(ContextValue::Strings(names)) = error.get(ContextKind::SuggestedSubcommand) {
        for name in names.iter().filter(|name| is_similar(given, name)) {
            message.push_str(&format!("\n  tip: a similar operation exists: \"{name}\""));
        }
    }
    Some(message + "\n  tip: to list the operations, run hss api --list")
}

/// Returns the command that an error is about, which its usage names.
fn command(error: &Error, root: &Command) -> Option<Command> {
    let ContextValue::StyledStr(usage) = error.get(ContextKind::Usage)? else { return None };
    let mut command = root.clone();
    command.build();
    // Usage: hss scan list [OPTIONS]
    for name in usage.to_string().split_whitespace().skip(2) {
        let Some(subcommand) = command.find_subcommand(name) else { break };
        command = subcommand.clone();
    }
    Some(command)
}

/// Returns whether a name is probably a misspelling or a part of another.
fn is_similar(given: &str, other: &str) -> bool {
    other.starts_with(given) || strsim::damerau_levenshtein(given, other) * 3 <= other.chars().count()
}

/// Returns an error with the colours of the command line.
pub(crate) fn raw(kind: ErrorKind, message: &str) -> Error {
    Error::raw(kind, format!("{message}\n\nFor more information, try '--help'.\n")).with_cmd(&Cli::command())
}

/// Describes an invalid value; `None` if the value is missing.
fn invalid_value(error: &Error) -> Option<String> {
    let argument = text(error, ContextKind::InvalidArg)?;
    let value = text(error, ContextKind::InvalidValue)?;
    let (name, shown) = (name(argument), printable(value));
    let mut message = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(_)) if value.is_empty() => return None,
        Some(ContextValue::Strings(valid)) => {
            format!("invalid {name} \"{shown}\": expected {}", join_alternatives(valid))
        }
        _ => {
            let reason = std::error::Error::source(error)?.to_string();
            // An expression is shown below the reason, with a mark at the error.
            if reason.contains('\n') {
                format!("invalid {name}: {reason}")
            } else {
                format!("invalid {name} \"{shown}\": {reason}")
            }
        }
    };
    if let Some(similar) = similar(error, value) {
        message.push_str(&format!("\n\n  tip: a similar value exists: \"{similar}\""));
    }
    Some(message)
}

fn text(error: &Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

/// Returns the name of an argument that clap shows as `--rate <RATE>` or `<SHELL>`.
fn name(argument: &str) -> String {
    let is_end = |character: char| !character.is_ascii_alphanumeric() && character != '-' && character != '_';
    let start = argument.trim_start_matches(['-', '<', '[']);
    start.split(is_end).next().unwrap_or(start).to_ascii_lowercase()
}

/// Joins values: `scanning, success or failed`.
fn join_alternatives(values: &[String]) -> String {
    match values {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => values.concat(),
    }
}

/// Returns the valid value that differs only in case, or else the one that clap suggests.
fn similar<'a>(error: &'a Error, value: &str) -> Option<&'a str> {
    if let Some(ContextValue::Strings(valid)) = error.get(ContextKind::ValidValue)
        && let Some(similar) = valid.iter().find(|valid| valid.eq_ignore_ascii_case(value))
    {
        return Some(similar);
    }
    text(error, ContextKind::SuggestedValue).filter(|suggested| is_similar(value, suggested))
}

/// Returns the documented body of the operation whose `--body` is missing.
fn example_body(error: &Error) -> Option<&'static str> {
    match error.get(ContextKind::InvalidArg)? {
        ContextValue::Strings(missing) if missing.iter().any(|argument| argument.starts_with("--body ")) => {}
        _ => return None,
    }
    let ContextValue::StyledStr(usage) = error.get(ContextKind::Usage)? else { return None };
    let usage = usage.to_string();
    let is_named = |operation: &&&Operation| usage.split_whitespace().any(|word| word == operation.id);
    Some(operations::ALL.iter().find(is_named)?.body?.sample.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the first line of the reworded error without its prefix.
    fn first_line(arguments: &[&str]) -> String {
        let error = Cli::command().try_get_matches_from([&["hss"], arguments].concat()).unwrap_err();
        let text = reword(error, &Cli::command()).to_string();
        text.lines().next().unwrap().strip_prefix("error: ").unwrap().to_owned()
    }

    #[test]
    fn an_invalid_value_is_shown_with_the_values_that_are_expected() {
        let whole = "expected a whole number";
        let duration = "expected a duration such as 500ms, 30s or 2m";
        for (arguments, expected) in [
            (&["--rate", "5"][..], r#"invalid rate "5": expected adaptive, off, N/min or N/s"#.to_owned()),
            (&["--rate", ""], r#"invalid rate "": expected adaptive, off, N/min or N/s"#.to_owned()),
            (&["--timeout", "30"], format!(r#"invalid timeout "30": {duration}"#)),
            (&["--timeout", "0s"], r#"invalid timeout "0s": expected at least 1ms"#.to_owned()),
            (&["--max-attempts", "0"], format!(r#"invalid max-attempts "0": {whole} from 1 to 100"#)),
            (&["--concurrency", "-1"], format!(r#"invalid concurrency "-1": {whole} from 1"#)),
            (&["-o", "xml"], r#"invalid output "xml": expected table, json, ndjson, csv or tsv"#.to_owned()),
            (&["scan", "list", "--max", "0"], format!(r#"invalid max "0": {whole} from 1"#)),
            (&["scan", "list", "--offset", "1e2"], format!(r#"invalid offset "1e2": {whole}"#)),
            (&["scan", "list", "--page-size", "x"], format!(r#"invalid page-size "x": {whole}"#)),
            (&["scan", "list", "--type", "x"], r#"invalid type "x": expected manual or schedule"#.to_owned()),
            (
                &["scan", "show", "t", "--fail-on", "failed=0"],
                r#"invalid fail-on "failed=0": expected failed or failed=N, N a whole number from 1"#.to_owned(),
            ),
            (&["scan", "wait", "t", "--interval", "1"], format!(r#"invalid interval "1": {duration}"#)),
            (&["emulator", "--hosts", "-1"], format!(r#"invalid hosts "-1": {whole} from 0 to 1000000"#)),
            (&["emulator", "--hosts", "1000001"], format!(r#"invalid hosts "1000001": {whole} from 0 to 1000000"#)),
            (&["emulator", "--seed", "x"], format!(r#"invalid seed "x": {whole} from 0 to 18446744073709551615"#)),
            (&["emulator", "--latency", "1"], format!(r#"invalid latency "1": {duration}"#)),
            (
                &["emulator", "--clock-offset", "1"],
                r#"invalid clock-offset "1": expected a duration such as 20m or -30s"#.to_owned(),
            ),
            (&["emulator", "--auth", "x"], r#"invalid auth "x": expected off, token, aksk or any"#.to_owned()),
        ] {
            assert_eq!(first_line(arguments), expected);
        }
        assert_eq!(
            first_line(&["completions", "tcsh"]),
            r#"invalid shell "tcsh": expected bash, elvish, fish, powershell or zsh"#
        );
    }

    #[test]
    fn a_missing_value_keeps_the_message_of_clap() {
        assert!(first_line(&["--rate"]).contains("a value is required for '--rate <RATE>'"));
        assert!(first_line(&["scan", "list", "--type", ""]).contains("a value is required for '--type <SCAN_TYPE>'"));
    }

    #[test]
    fn every_operation_with_a_body_has_an_example() {
        for operation in operations::ALL.iter().filter(|operation| operation.body.is_some()) {
            let error = Cli::command().try_get_matches_from(["hss", "api", operation.id]).unwrap_err();
            let example = example_body(&error).unwrap();
            assert_eq!(example, operation.body.unwrap().sample.trim());
        }
    }
}
