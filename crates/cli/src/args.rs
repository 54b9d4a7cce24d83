//! The command line: commands, options and the parsers of option values.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, which is not Markdown")]

mod api;
mod invalid;
mod query;
mod scan;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use hss_client::{Rate, Retries, SERVICE};
use hss_emulator::Auth;

pub(crate) use self::api::{ApiArgs, Call};
pub(crate) use self::invalid::{raw, reword};
pub(crate) use self::query::describe;
pub(crate) use self::scan::{
    FailOnArgs, GroupBy, HostsArgs, ListArgs, PaginationArgs, PollingArgs, ReportArgs, RescanArgs, Scan, StartArgs,
    TaskArgs, WaitArgs,
};
pub(crate) use self::value::{CompletionValues, FailOn};
use crate::deadline::{Deadline, Start};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::help;

/// Command line for Huawei Cloud Host Security Service (HSS).
#[derive(Debug, Parser)]
#[command(name = "hss", version, max_term_width = 120, after_help = help::HSS, after_long_help = help::HSS_LONG)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command accepts before or after its name.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option that is given or not")]
pub(crate) struct Globals {
    /// Region, such as cn-north-4 [env: HUAWEICLOUD_SDK_REGION_ID, HW_REGION_NAME]
    #[arg(long, global = true, value_name = "REGION", value_parser = value::CompletionValues(SERVICE.regions.to_vec()), hide_possible_values = true)]
    pub(crate) region: Option<String>,
    /// Service URL [default: the endpoint of the region]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// IAM URL [default: the IAM endpoint of the region]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) iam_endpoint: Option<String>,
    /// Project ID [env: HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) project_id: Option<String>,
    /// Enterprise project ID, or all_granted_eps [env: HW_ENTERPRISE_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) enterprise_project_id: Option<String>,
    /// Output format [default: table]
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    /// Apply a JMESPath expression to the JSON document (rows: data_list[])
    #[arg(long, global = true, value_name = "JMESPATH", value_parser = query::parse)]
    pub(crate) query: Option<String>,
    /// Columns of table, csv and tsv output, in this order (names: --help of the command)
    #[arg(long, global = true, value_name = "NAME,...", value_delimiter = ',', value_hint = ValueHint::Other)]
    pub(crate) columns: Vec<String>,
    /// Show all columns of a table at full width
    #[arg(long, global = true)]
    pub(crate) wide: bool,
    /// Do not escape cells of csv and tsv that a spreadsheet runs as formulas
    #[arg(long, global = true)]
    pub(crate) raw_csv: bool,
    /// File with an IAM token, or - for standard input; replaces other credentials
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Request rate limit: adaptive, N/min, N/s or off
    #[arg(long, global = true, value_name = "RATE", default_value = "adaptive", value_parser = value::rate)]
    pub(crate) rate: Rate,
    /// Maximum attempts per request [default: 5; 1 to 100]
    #[arg(long, global = true, value_name = "N", value_parser = value::attempts, allow_hyphen_values = true)]
    pub(crate) max_attempts: Option<u32>,
    /// Maximum concurrent page requests within the quota [default: 4; minimum: 1]
    #[arg(long, global = true, value_name = "N", value_parser = value::count, allow_hyphen_values = true)]
    pub(crate) concurrency: Option<usize>,
    /// Time limit of the whole command, such as 500ms, 30s or 2m [default: none]
    #[arg(long, global = true, value_name = "DURATION", value_parser = value::duration)]
    pub(crate) timeout: Option<Duration>,
    /// Send nothing; print the first request as a curl command with masked secrets
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Log the source of the credentials, pages, waits and request IDs to standard error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Write only errors to standard error
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Use a built-in emulator: needs no account, network or environment variables
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    #[arg(skip)]
    pub(crate) start: Start,
}

impl Globals {
    /// Returns the deadline that `--timeout` sets, counted from the start of the command.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::new(self.start, self.timeout)
    }

    /// Returns the retry settings.
    pub(crate) fn retries(&self) -> Retries {
        let default = Retries::default();
        default.attempts(self.max_attempts.unwrap_or(default.attempts))
    }

    /// Refuses options that exclude each other. clap only compares options on the same side of the command name.
    pub(crate) fn check(&self) -> Result<()> {
        if self.quiet && self.verbose {
            return Err(Error::usage("--quiet cannot be used with --verbose"));
        }
        if !self.columns.is_empty() && matches!(self.output, Some(Format::Json | Format::Ndjson)) {
            return Err(Error::usage("--columns cannot be used with -o json or -o ndjson")
                .hint("Select fields with --query 'data_list[].{host_name: host_name}'."));
        }
        let account_options = [
            ("--endpoint", self.endpoint.is_some()),
            ("--iam-endpoint", self.iam_endpoint.is_some()),
            ("--region", self.region.is_some()),
            ("--token-file", self.token_file.is_some()),
        ];
        match account_options.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) if self.demo => Err(Error::usage(format!("--demo cannot be used with {option}"))),
            _ => Ok(()),
        }
    }
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Vulnerability scan tasks
    #[command(after_help = help::SCAN)]
    Scan {
        #[command(subcommand)]
        command: Scan,
    },
    /// Call any operation of the API by its name
    #[command(after_help = help::API)]
    Api(ApiArgs),
    /// Credentials and settings
    #[command(after_help = help::AUTH)]
    Auth {
        #[command(subcommand)]
        command: AuthCommand,
    },
    /// Run a local HSS emulator for development and tests
    #[command(after_help = help::EMULATOR)]
    Emulator(EmulatorArgs),
    /// Print a shell completion script
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// Shell that loads the script
        shell: Shell,
    },
    /// Write the man pages to a directory
    #[command(after_help = help::MAN)]
    Man {
        /// Directory for the man pages; created if missing
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Show the version, and version and hash of the OpenAPI document
    #[command(after_help = help::VERSION)]
    Version,
}

/// `hss auth`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// Show the credentials and settings in use, with their sources
    #[command(after_help = help::AUTH_STATUS)]
    Status {
        /// Send one request to check that the service accepts the credentials
        #[arg(long)]
        check: bool,
    },
}

/// `hss emulator`.
#[derive(Debug, Args)]
pub(crate) struct EmulatorArgs {
    /// IP address and port; port 0 selects a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = value::socket_address)]
    pub(crate) listen: SocketAddr,
    /// Number of servers in the newest scan task [default: 30; 0 to 1000000]
    #[arg(long, value_name = "N", value_parser = value::hosts, allow_hyphen_values = true)]
    pub(crate) hosts: Option<u32>,
    /// Seed of generated data and, if given, of tokens and keys [default: 1]
    #[arg(long, value_name = "N", value_parser = value::seed, allow_hyphen_values = true)]
    pub(crate) seed: Option<u64>,
    /// Required authentication
    #[arg(long, value_name = "WHICH", default_value = "off", value_parser = PossibleValuesParser::new(["off", "token", "aksk", "any"]).try_map(|value| value.parse::<Auth>()))]
    pub(crate) auth: Auth,
    /// Quota by operation and caller: N/min, N/s or off
    // This has the id of the global option, so that both positions set it.
    #[arg(long, value_name = "RATE", default_value = "off", value_parser = value::quota)]
    pub(crate) rate: Rate,
    /// Refuse signatures that do not cover X-Security-Token
    #[arg(long)]
    pub(crate) require_signed_security_token: bool,
    /// Delay before each response, such as 80ms [default: none]
    #[arg(long, value_name = "DUR", value_parser = value::duration)]
    pub(crate) latency: Option<Duration>,
    /// TOML or JSON file with faults to inject
    #[arg(long, value_name = "FILE")]
    pub(crate) fault: Option<PathBuf>,
    /// Clock offset, such as 20m or -20m [default: none]
    #[arg(long, value_name = "DUR", value_parser = value::offset, allow_hyphen_values = true)]
    pub(crate) clock_offset: Option<i64>,
    /// Allow --listen on an address that other machines can reach
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// Additional host name to answer, such as that of a container; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use hss_client::operations;

    use super::*;
    use crate::bounds::bounds;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bounds_in_help_hold_for_every_listing() {
        for name in ["limit", "offset"] {
            let (minimum, maximum) = bounds(&operations::LIST_VUL_SCAN_TASK_HOST, name).unwrap();
            let (tasks_minimum, tasks_maximum) = bounds(&operations::LIST_VUL_SCAN_TASK, name).unwrap();
            assert!(tasks_minimum <= minimum && tasks_maximum == maximum, "{name}");
        }
    }

    #[test]
    fn global_options_are_accepted_before_and_after_the_command() {
        for line in
            ["hss -o json --region r scan list", "hss scan list -o json --region r", "hss scan -o json list --region r"]
        {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!((cli.globals.output, cli.globals.region.as_deref()), (Some(Format::Json), Some("r")), "{line}");
        }
    }

    #[test]
    fn refuses_conflicting_options_before_and_after_the_command() {
        for line in [
            "hss --demo scan list --region r",
            "hss --endpoint u scan list --demo",
            "hss --demo --token-file f scan list",
            "hss -q scan list -v",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).unwrap().globals.check().is_err(), "{line}");
        }
        assert!(
            Cli::try_parse_from(["hss", "--demo", "scan", "list", "--project-id", "p"])
                .unwrap()
                .globals
                .check()
                .is_ok()
        );
    }
}
