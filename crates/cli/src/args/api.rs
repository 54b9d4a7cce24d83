//! The command line of `hss api`: one subcommand per operation, generated from the operation table.

use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use hss_client::operation::{Parameter, ParameterType, Source};
use hss_client::{Arguments, Operation, operations};

use super::{Globals, value};
use crate::help;
use crate::shell::quoted;

/// Reserved option names besides the global options. A parameter of this name gets a prefix.
const RESERVED: [&str; 4] = ["help", BODY, OUTPUT_FILE, FORCE];
const BODY: &str = "body";
/// The options of operations that return a file.
const OUTPUT_FILE: &str = "output-file";
const FORCE: &str = "force";

/// `hss api`.
#[derive(Debug, Args)]
#[command(
    override_usage = "hss api OPERATION_ID [--NAME VALUE]... [--body FILE]\n       hss api --list",
    disable_help_subcommand = true
)]
pub(crate) struct ApiArgs {
    /// List the operations
    #[arg(long)]
    pub(crate) list: bool,
    #[command(subcommand)]
    pub(crate) call: Option<Call>,
}

/// One operation with its arguments, not yet validated.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) arguments: Arguments,
    pub(crate) body: Option<PathBuf>,
    /// The file for a response of bytes.
    pub(crate) output_file: Option<PathBuf>,
    /// Whether an existing file may be replaced.
    pub(crate) force: bool,
}

impl Subcommand for Call {
    fn augment_subcommands(command: Command) -> Command {
        let reserved_names = reserved_names();
        command.subcommands(operations::ALL.iter().map(|operation| operation_command(operation, &reserved_names)))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        operation_by_id(name).is_some()
    }
}

impl FromArgMatches for Call {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let call = matches.subcommand().and_then(|(name, matches)| Some((operation_by_id(name)?, matches)));
        let Some((operation, matches)) = call else {
            return Err(clap::Error::new(clap::error::ErrorKind::MissingSubcommand));
        };
        let mut arguments = Arguments::new();
        for parameter in operation.parameters {
            for value in matches.get_many::<String>(&id(parameter)).into_iter().flatten() {
                arguments.push(parameter.name, value);
            }
        }
        let body = match operation.body {
            Some(_) => matches.get_one::<PathBuf>(BODY).cloned(),
            None => None,
        };
        let (output_file, force) = if operation.success.binary {
            (matches.get_one::<PathBuf>(OUTPUT_FILE).cloned(), matches.get_flag(FORCE))
        } else {
            (None, false)
        };
        Ok(Self { operation, arguments, body, output_file, force })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn operation_by_id(id: &str) -> Option<&'static Operation> {
    operations::ALL.iter().copied().find(|operation| operation.id == id)
}

/// Returns the clap id of a parameter's option. It differs from the ids of global options.
fn id(parameter: &Parameter) -> String {
    format!("parameter {}", parameter.name)
}

/// Returns the option names that parameters cannot use.
fn reserved_names() -> Vec<String> {
    let globals = Globals::augment_args(Command::new("globals"));
    let globals = globals.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned));
    globals.chain(RESERVED.map(str::to_owned)).collect()
}

fn operation_command(operation: &'static Operation, reserved_names: &[String]) -> Command {
    let mut command = Command::new(operation.id)
        .visible_alias(operation.name)
        .about(match operation.deprecated {
            Some(_) => format!("{} (deprecated)", operation.summary),
            None => operation.summary.to_owned(),
        })
        .long_about(format!("{}.\n\n{}{}", operation.summary, plain(operation.description), deprecation(operation)))
        .after_help(details(operation))
        .next_help_heading("Parameters")
        .args(operation.parameters.iter().map(|parameter| parameter_argument(parameter, operation, reserved_names)));
    if let Some(body) = operation.body {
        let help = format!("File with the JSON request body ({}); - for standard input", body.schema);
        let argument = Arg::new(BODY).long(BODY).value_name("FILE").value_parser(ValueParser::path_buf());
        command = command.arg(argument.required(true).help(help));
    }
    if operation.success.binary {
        let file = Arg::new(OUTPUT_FILE).long(OUTPUT_FILE).value_name("FILE").value_parser(ValueParser::path_buf());
        let force = Arg::new(FORCE).long(FORCE).action(ArgAction::SetTrue).help("Overwrite an existing file");
        command = command.arg(file.help("File for the response; - for standard output [default: -]")).arg(force);
    }
    command
}

fn parameter_argument(parameter: &'static Parameter, operation: &'static Operation, reserved_names: &[String]) -> Arg {
    let is_reserved = |long: &str| reserved_names.iter().any(|name| name == long);
    let long =
        if is_reserved(parameter.name) { format!("parameter-{}", parameter.name) } else { parameter.name.to_owned() };
    let hyphenated = parameter.name.replace('_', "-");
    let is_free = !is_reserved(&hyphenated) && operation.parameter(&hyphenated).is_none();
    let argument = Arg::new(id(parameter))
        .long(long)
        .value_name(match parameter.kind {
            ParameterType::Integer { .. } => "NUMBER",
            _ => "VALUE",
        })
        // The operation table validates values and their number.
        .action(ArgAction::Append)
        .value_parser(value::CompletionValues(match parameter.kind {
            ParameterType::String { allowed, .. } => allowed.to_vec(),
            ParameterType::Boolean => vec!["true", "false"],
            ParameterType::Integer { .. } => Vec::new(),
        }))
        .hide_possible_values(true)
        .allow_hyphen_values(true)
        .required(is_required(parameter, operation))
        .help(describe(parameter, operation));
    if is_free { argument.visible_alias(hyphenated) } else { argument }
}

/// Returns whether the command line must give a parameter. Others are optional, come from a setting, or select a page.
fn is_required(parameter: &Parameter, operation: &Operation) -> bool {
    parameter.required && parameter.setting.is_none() && operation.page_default(parameter.name).is_none()
}

/// Converts Markdown to text for a terminal, which wraps its own lines. Blocks of code keep their lines.
fn plain(description: &str) -> String {
    let mut is_code = false;
    let mut text = String::new();
    for line in description.trim().lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            text.push_str(&format!("  {line}\n"));
        } else if line.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
        } else {
            let separator = if text.is_empty() || text.ends_with('\n') { "" } else { " " };
            text.push_str(&format!("{separator}{}", line.replace('`', "")));
        }
    }
    text.trim_end().to_owned()
}

/// Describes a parameter and the values that the operation table allows.
fn describe(parameter: &Parameter, operation: &Operation) -> String {
    let meaning = plain(parameter.description);
    let setting = parameter.setting.map(|setting| format!("--{}", setting.replace('_', "-")));
    let page = operation.page_default(parameter.name).filter(|_| parameter.required).map(|value| value.to_string());
    let default = page.or(parameter.default.map(str::to_owned));
    let defaults: Vec<_> = setting.into_iter().chain(default).collect();
    let notes = [
        parameter.deprecated.map(|note| format!("deprecated: {}", plain(note))),
        is_required(parameter, operation).then(|| "required".to_owned()),
        parameter.repeated.then(|| "may be repeated".to_owned()),
        help::describe_bounds(parameter),
        (!defaults.is_empty()).then(|| format!("default: {}", defaults.join(", or "))),
    ];
    let notes = notes.into_iter().flatten().collect::<Vec<_>>().join("; ");
    format!("{meaning} [{notes}]").replace(" []", "").trim().to_owned()
}

/// Returns a paragraph about the operation and each field of its bodies that is deprecated.
fn deprecation(operation: &Operation) -> String {
    let sent = operation.body.map(|body| body.fields).unwrap_or_default().iter();
    let sent = sent.filter_map(|field| Some((field.name, field.deprecated?)));
    let fields = sent.chain(operation.success.deprecated.iter().copied());
    let whole = operation.deprecated.map(|note| format!("\n\nDeprecated: {}", plain(note)));
    let fields = fields.map(|(path, note)| format!("\n\nDeprecated field {path}: {}", plain(note)));
    whole.into_iter().chain(fields).collect()
}

/// Returns the request line, the quota, the manual page and an example with the required parameters.
fn details(operation: &Operation) -> String {
    let quota =
        operation.rate_limit.map(|limit| format!("Quota:   {} requests in {} seconds", limit.requests, limit.seconds));
    let manual = operation.source.map(origin);
    let request = format!("Request: {} {}", operation.method, operation.path);
    let body = operation.body.map(|body| format!("\nExample of the body:\n{}", body.sample.trim()));
    let required = operation.parameters.iter().filter(|parameter| is_required(parameter, operation));
    let mut options: Vec<String> = required
        .map(|parameter| {
            let value = parameter.example.map_or_else(|| parameter.name.to_uppercase().into(), quoted);
            format!("--{} {value}", parameter.name)
        })
        .collect();
    options.extend(operation.body.map(|_| "--body request.json".to_owned()));
    options.extend(operation.success.binary.then(|| "--output-file FILE".to_owned()));
    options.extend(operation.pagination.map(|pagination| format!("-o ndjson --query {}", pagination.items)));
    let example = format!("\nExamples:\n{}", command_line(&format!("hss api {}", operation.id), &options));
    [Some(request), quota, manual, body, Some(example)].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Returns an indented command that a shell can read, on several lines if it is long.
fn command_line(command: &str, options: &[String]) -> String {
    const WIDTH: usize = 90;
    let mut lines = vec![format!("  {command}")];
    for option in options {
        match lines.last_mut() {
            Some(line) if line.len() + option.len() < WIDTH => line.extend([" ", option]),
            _ => lines.push(format!("    {option}")),
        }
    }
    lines.join(" \\\n")
}

/// Returns where the facts about an operation are from.
fn origin(source: Source) -> String {
    let language = match source.language {
        "en" => None,
        "zh" => Some("in Chinese".to_owned()),
        other => Some(format!("language {other}")),
    };
    let (of, notes) = match (source.page, source.sdk) {
        (Some(page), _) => (format!("Manual:  {page}"), source.updated.map(str::to_owned)),
        (None, sdk) => (format!("SDK:     {}", sdk.unwrap_or("unknown")), Some("no page in the manual".to_owned())),
    };
    let notes: Vec<_> = notes.into_iter().chain(language).collect();
    format!("{of} ({})", notes.join(", "))
}

#[cfg(test)]
mod tests {
    use hss_client::SERVICE;
    use hss_client::operation::{Body, Field, Location, Success};

    use super::*;

    const fn text(name: &'static str) -> Parameter {
        Parameter::new(
            name,
            Location::Query,
            ParameterType::String { min_length: None, max_length: Some(9), allowed: &[] },
        )
        .required(true)
        .description("What it\nmeans.")
        .repeated(true)
        .default(Some("d"))
    }

    #[test]
    fn help_states_where_the_facts_are_from() {
        let page = Source::new("https://example.com/List", "2024-11-19");
        assert_eq!(origin(page), "Manual:  https://example.com/List (2024-11-19)");
        assert_eq!(origin(page.language("zh")), "Manual:  https://example.com/List (2024-11-19, in Chinese)");
        let sdk = Source::of_sdk("huaweicloudsdkhss 3.1.219").language("fr");
        assert_eq!(origin(sdk), "SDK:     huaweicloudsdkhss 3.1.219 (no page in the manual, language fr)");
    }

    static CONFLICTING: Operation = Operation::new(&SERVICE, "Clash", "clash", "POST", "/clash", Success::new(200))
        .summary("Clash")
        .parameters(&[
            text("region"),
            text("help"),
            text("body"),
            text("project_id"),
            text("a_b"),
            text("a-b"),
            text("X-Y"),
        ])
        .body(Some(Body::new("Clash", "{}", &[])));

    #[test]
    fn a_parameter_with_the_name_of_an_option_gets_a_prefix() {
        let command =
            Globals::augment_args(Command::new("hss")).subcommand(operation_command(&CONFLICTING, &reserved_names()));
        command.clone().debug_assert();
        let line = "hss --region r Clash --parameter-region 1 --parameter-help 2 --parameter-body 3 --project-id g \
                    --project_id 4 --a_b 5 --a-b 6 --X-Y 7 --X-Y -8 --body -";
        let matches = command.try_get_matches_from(line.split_whitespace()).unwrap();
        let matches = matches.subcommand_matches("Clash").unwrap();
        let values =
            |parameter| matches.get_many::<String>(&id(parameter)).unwrap().map(String::as_str).collect::<Vec<_>>();
        let given: Vec<_> = CONFLICTING.parameters.iter().map(values).collect();
        assert_eq!(given, [vec!["1"], vec!["2"], vec!["3"], vec!["4"], vec!["5"], vec!["6"], vec!["7", "-8"]]);
        assert_eq!(matches.get_one::<String>("region").map(String::as_str), Some("r"));
        assert_eq!(matches.get_one::<String>("project_id").map(String::as_str), Some("g"));
    }

    #[test]
    fn the_help_states_what_is_deprecated() {
        const ANSWER: Success = Success::new(200).deprecated(&[("rows[].past", "Use `present`.")]);
        static DEPRECATED: Operation = Operation::new(&SERVICE, "Old", "old", "POST", "/old", ANSWER)
            .deprecated(Some("Call `Other`."))
            .body(Some(Body::new("Old", "{}", &[Field::new("old").deprecated(Some("Use `new`."))])));
        let help = operation_command(&DEPRECATED, &[]).render_long_help().to_string();
        let expected =
            "Deprecated: Call Other.\n\nDeprecated field old: Use new.\n\nDeprecated field rows[].past: Use present.";
        assert!(help.contains(expected), "{help}");
        let parameter = text("a").deprecated(Some("Use `b`."));
        assert_eq!(
            describe(&parameter, &DEPRECATED),
            "What it means. [deprecated: Use b.; required; may be repeated; at most 9 characters; default: d]"
        );
    }

    #[test]
    fn describes_a_parameter_as_in_the_operation_table() {
        assert_eq!(
            describe(&text("a"), &CONFLICTING),
            "What it means. [required; may be repeated; at most 9 characters; default: d]"
        );
    }
}
